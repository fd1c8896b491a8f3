// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "core/diagnostics.h"
#include "program.h"
#include "sim/firmware_image.h"

using namespace ocellus;
using namespace ocellus::sim;

namespace {

const std::vector<memory_area> areas = {{"ROM", 0, 0x8000}, {"TCM", 0x10000000, 0x40000}};

template <class T>
void put(std::string& bytes, std::size_t at, T value) {
    if (bytes.size() < at + sizeof value)
        bytes.resize(at + sizeof value);
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

/// The header of an ELF32 executable for RISC-V with `segments` program headers at offset 52.
std::string header(std::uint16_t segments, std::uint32_t entry = 0x10000000) {
    std::string b("\177ELF\1\1\1", 7);
    b.resize(16);
    put<std::uint16_t>(b, 16, 2);    // executable
    put<std::uint16_t>(b, 18, 243);  // RISC-V
    put<std::uint32_t>(b, 20, 1);
    put<std::uint32_t>(b, 24, entry);
    put<std::uint32_t>(b, 28, 52);
    put<std::uint32_t>(b, 32, 0);
    put<std::uint32_t>(b, 36, 1);  // RVC
    put<std::uint16_t>(b, 40, 52);
    put<std::uint16_t>(b, 42, 32);
    put<std::uint16_t>(b, 44, segments);
    put<std::uint16_t>(b, 46, 40);
    put<std::uint16_t>(b, 48, 0);
    put<std::uint16_t>(b, 50, 0);
    return b;
}

void segment(std::string& b, unsigned number, std::uint32_t offset, std::uint32_t address,
             std::uint32_t file_size, std::uint32_t memory_size, std::uint32_t flags) {
    const std::size_t at = 52 + 32 * number;
    put<std::uint32_t>(b, at, 1);
    put<std::uint32_t>(b, at + 4, offset);
    put<std::uint32_t>(b, at + 8, address);
    put<std::uint32_t>(b, at + 12, address);
    put<std::uint32_t>(b, at + 16, file_size);
    put<std::uint32_t>(b, at + 20, memory_size);
    put<std::uint32_t>(b, at + 24, flags);
    put<std::uint32_t>(b, at + 28, 4);
}

/// Eight bytes of code at 0x10000000, sixteen bytes of data at 0x10001000.
std::string good() {
    std::string b = header(2);
    segment(b, 0, 128, 0x10000000, 8, 8, 5);
    segment(b, 1, 136, 0x10001000, 4, 16, 6);
    put<std::uint64_t>(b, 128, 0x1122334455667788u);
    put<std::uint32_t>(b, 136, 0xaabbccdd);
    return b;
}

std::string message_of(const std::string& bytes) {
    try {
        read_elf_bytes(bytes, "dir/app.elf", areas);
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::usage);
        CHECK(contains(e.what(), "dir/app.elf"));
        return e.what();
    }
    return "accepted";
}

std::string changed(std::size_t at, unsigned char value) {
    std::string b = good();
    b[at] = static_cast<char>(value);
    return b;
}

}  // namespace

TEST_CASE("elf: segments, entry and what is zero") {
    const auto image = read_elf_bytes(good(), "dir/app.elf", areas);
    CHECK(image.name == "app.elf");
    CHECK(image.entry == 0x10000000);
    REQUIRE(image.segments.size() == 2);
    CHECK(image.segments[0].executable);
    CHECK_FALSE(image.segments[0].writable);
    CHECK(image.segments[0].bytes.size() == 8);
    CHECK(image.segments[0].bytes[0] == 0x88);
    CHECK(image.segments[1].writable);
    CHECK(image.segments[1].memory_size == 16);
    CHECK(image.segments[1].bytes.size() == 4);
    CHECK(image.place(0x10000004) == "0x10000004");
}

TEST_CASE("elf: every kind of wrong file is told what is expected") {
    CHECK(contains(message_of(""), "empty"));
    CHECK(contains(message_of("#!/bin/sh\necho no\n"), "text"));
    CHECK(contains(message_of(std::string(100, 'x')), "not an ELF file"));
    CHECK(contains(message_of(good().substr(0, 30)), "cut short"));
    CHECK(contains(message_of(changed(4, 2)), "64-bit"));
    CHECK(contains(message_of(changed(4, 7)), "class"));
    CHECK(contains(message_of(changed(5, 2)), "little-endian"));
    CHECK(contains(message_of(changed(18, 40)), "another machine"));
    CHECK(contains(message_of(changed(16, 1)), "link it"));
    CHECK(contains(message_of(changed(16, 3)), "fixed addresses"));
    CHECK(contains(message_of(changed(36, 5)), "-mabi=ilp32"));
    CHECK(contains(message_of(changed(36, 9)), "RV32E"));
    CHECK(contains(message_of(changed(44, 0)), "no program headers"));
    CHECK(contains(message_of(good().substr(0, 130)), "cut short"));

    std::string b = header(1);
    segment(b, 0, 128, 0x20000000, 8, 8, 5);
    b.resize(136);
    CHECK(contains(message_of(b), "outside the memories"));
    CHECK(contains(message_of(b), "TCM 0x10000000 .. 0x1003ffff"));
    segment(b, 0, 128, 0x1003fffc, 8, 8, 5);
    CHECK(contains(message_of(b), "outside the memories"));
    segment(b, 0, 128, 0xfffffffc, 8, 8, 5);
    CHECK(contains(message_of(b), "outside the memories"));
    segment(b, 0, 128, 0x10000000, 8, 4, 5);
    CHECK(contains(message_of(b), "only 4 in memory"));
    segment(b, 0, 128, 0x10000000, 8, 8, 6);
    CHECK(contains(message_of(b), "no executable segment"));
    segment(b, 0, 0xfffffff0, 0x10000000, 8, 8, 5);
    CHECK(contains(message_of(b), "cut short"));
    b = header(1, 0x10000001);
    segment(b, 0, 128, 0x10000000, 8, 8, 5);
    b.resize(136);
    CHECK(contains(message_of(b), "odd"));
    b = header(2);
    segment(b, 0, 128, 0x10000000, 8, 8, 5);
    segment(b, 1, 128, 0x10000004, 8, 8, 6);
    b.resize(136);
    CHECK(contains(message_of(b), "overlaps"));
    b = header(1);
    put<std::uint32_t>(b, 52, 4);  // a note
    b.resize(136);
    CHECK(contains(message_of(b), "nothing in it is to be loaded"));
}

TEST_CASE("elf: the real application has symbols, lines and places") {
    const auto image = read_elf(
        std::string(OCELLUS_SOURCE_DIR) + "/firmware/prebuilt/app.elf",
        {{"TCM", 0x10000000, 0x3e000}});
    const auto start = image.address_of("hal_trap_entry");
    REQUIRE(start);
    CHECK(image.symbol_at(*start + 4)->name == "hal_trap_entry");
    CHECK(contains(image.place(*start + 4), "hal_trap_entry+0x4 (start.S:"));
    CHECK(image.address_of("no such symbol") == std::nullopt);
    CHECK(image.symbol_at(0x20000000) == nullptr);
    for (const auto& f : image.files)
        CHECK(f.substr(0, 5) != "/work");
}

TEST_CASE("elf: changed bytes never do harm") {
    const std::string real =
        file_bytes(std::string(OCELLUS_SOURCE_DIR) + "/firmware/prebuilt/boot_rom.elf");
    const std::string small = good();
    std::mt19937 random(1);
    unsigned accepted = 0;
    for (int round = 0; round < 4000; ++round) {
        std::string b = round % 2 ? real : small;
        const unsigned changes = 1 + random() % 8;
        for (unsigned k = 0; k < changes; ++k)
            b[random() % b.size()] = static_cast<char>(random());
        if (random() % 4 == 0)
            b.resize(random() % b.size());
        try {
            const auto image = read_elf_bytes(b, "x.elf", areas);
            image.place(image.entry);
            ++accepted;
        } catch (const input_error& e) {
            CHECK(e.code() == exit_code::usage);
        }
    }
    CHECK(accepted > 0);
    CHECK(accepted < 4000);
}
