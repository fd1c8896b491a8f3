// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <random>

#include "core/diagnostics.h"
#include "elf_file.h"
#include "firmware_program.h"
#include "sim/firmware_image.h"
#include "tests/test_paths.h"

using namespace ocellus;
using ocellus::sim::firmware_image;
using ocellus::sim::memory_area;

namespace {

const std::vector<memory_area> areas = {
    {"ROM", 0, 0x8000}, {"SRAM", 0x04000000, 0x800000}, {"TCM", 0x10000000, 0x40000}};
constexpr std::uint32_t tcm = 0x10000000, nop = 0x13;

elf_file good() {
    return elf_file::program(tcm, {nop, nop, nop, nop});
}

firmware_image read(const elf_file& f) {
    return sim::read_elf_bytes(f.bytes(), "app.elf", areas);
}

/// What the reader says of a bad file.
std::string refusal(const std::string& bytes) {
    try {
        sim::read_elf_bytes(bytes, "dir/app.elf", areas);
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::usage);
        const std::string text = e.what();
        CHECK(text.rfind("error: dir/app.elf: ", 0) == 0);
        CHECK(contains(text, "\nNothing was simulated."));
        return text;
    }
    return "accepted";
}

std::string refusal(const std::function<void(elf_file&)>& spoil) {
    elf_file f = good();
    spoil(f);
    return refusal(f.bytes());
}

}  // namespace

TEST_CASE("an ELF file is read with segments, symbols and lines") {
    elf_file f = good();
    f.segments.push_back({tcm + 0x1000, "data", 0x20, 6});
    f.segments.push_back({0x04000100, "sram", 0, 4});
    f.segments.push_back({0x70000000, "a note", 0, 4, 4});  // not to be loaded
    f.symbols = {{"main", tcm, 8},
                 {"helper", tcm + 8, 8},
                 {"tohost", tcm + 0x1008, 8, 1},
                 {"label", tcm + 4, 0, 0},
                 {"$x", tcm, 0, 0}};
    f.entry = tcm + 4;
    const auto image = read(f);
    CHECK(image.name == "app.elf");
    CHECK(image.entry == tcm + 4);
    REQUIRE(image.segments.size() == 3);
    CHECK(image.segments[0].address == 0x04000100);
    CHECK_FALSE(image.segments[0].executable);
    CHECK_FALSE(image.segments[0].writable);
    CHECK(image.segments[1].executable);
    CHECK(image.segments[1].bytes.size() == 16);
    CHECK(image.segments[2].bytes == std::vector<unsigned char>{'d', 'a', 't', 'a'});
    CHECK(image.segments[2].memory_size == 0x20);
    CHECK(image.segments[2].writable);
    CHECK(image.address_of("tohost") == tcm + 0x1008);
    CHECK_FALSE(image.address_of("fromhost"));
    CHECK_FALSE(image.address_of("$x"));
    CHECK(image.place(tcm) == "0x10000000 main");
    CHECK(image.place(tcm + 4) == "0x10000004 main+0x4");  // the label lies in a function
    CHECK(image.place(tcm + 10) == "0x1000000a helper+0x2");
    CHECK(image.place(tcm + 16) == "0x10000010");
    CHECK(image.place(0x100) == "0x00000100");
}

TEST_CASE("segments are loaded at their physical address") {
    elf_file f = good();
    f.segments.push_back({tcm + 0x1000, "data", 0x20, 6});
    f.segments[1].physical = tcm + 0x200;
    f.segments.push_back({tcm + 0x2000, "", 0x40, 6});  // cleared memory, loaded nowhere
    f.segments[2].physical = 0x70000000;
    auto image = read(f);
    REQUIRE(image.segments.size() == 3);
    CHECK(image.segments[0].loads_in_place());
    CHECK(image.segments[1].address == tcm + 0x1000);
    CHECK(image.segments[1].load_address == tcm + 0x200);
    CHECK_FALSE(image.segments[1].loads_in_place());
    CHECK(image.segments[2].loads_in_place());
    // A tool that knows none leaves them 0.
    f.segments[0].physical = f.segments[1].physical = f.segments[2].physical = 0;
    image = read(f);
    for (const auto& s : image.segments)
        CHECK(s.loads_in_place());

    f = good();
    f.segments.push_back({tcm + 0x1000, "data", 0x20, 6});
    f.segments[1].physical = 0x70000000;
    CHECK(contains(refusal(f.bytes()), "to be loaded at 0x70000000 .. 0x70000003, outside"));
    f.segments[1].physical = tcm + 12;
    CHECK(contains(refusal(f.bytes()), "where another segment is loaded"));
    f.segments[1].physical = tcm + 16;
    CHECK(refusal(f.bytes()) == "accepted");
    f.segments[0].physical = tcm + 0x100;
    CHECK(contains(refusal(f.bytes()), "must be loaded where it runs"));
}

TEST_CASE("assembly without sizes is named by its labels") {
    elf_file f = elf_file::program(0x100, std::vector<std::uint32_t>(8, nop));
    f.symbols = {{"first", 0x104, 0, 0}, {"second", 0x110, 0, 0}};
    const auto image = read(f);
    CHECK(image.symbol_at(0x100) == nullptr);
    CHECK(image.place(0x10c) == "0x0000010c first+0x8");
    CHECK(image.place(0x11c) == "0x0000011c second+0xc");
    CHECK(image.symbol_at(0x120) == nullptr);  // beyond the segment
}

TEST_CASE("lines are those of statements in code that is there") {
    elf_file f = good();
    f.source = "src/app.c";
    // The second sequence begins where the first ends; the third belongs to a function that the
    // linker threw away; the last would be the first by address.
    f.rows = {{tcm + 8, 20}, {tcm + 12, 21, false}, {tcm + 16, 0}, {0, 90},     {4, 91},
              {8, 0},        {tcm + 0, 300},        {tcm + 4, 7},  {tcm + 8, 0}};
    const auto image = read(f);
    REQUIRE(image.files.size() == 1);
    CHECK(image.files[0] == "src/app.c");
    const auto number = [&](std::uint32_t at) {
        const auto* l = image.line_at(at);
        return l ? l->number : 0;
    };
    CHECK(number(0) == 0);
    CHECK(number(4) == 0);
    CHECK(number(tcm) == 300);
    CHECK(number(tcm + 2) == 300);
    CHECK(number(tcm + 4) == 7);
    CHECK(number(tcm + 8) == 20);
    CHECK(number(tcm + 14) == 20);
    CHECK(number(tcm + 16) == 0);
    CHECK(image.place(tcm + 6) == "0x10000006 (app.c:7)");
}

TEST_CASE("the default firmware has symbols and lines, and no path of a machine") {
    const auto image =
        sim::read_elf(std::string(source_folder) + "/firmware/prebuilt/app.elf", areas);
    const auto start = image.address_of("hal_trap_entry");
    REQUIRE(start);
    CHECK(image.symbol_at(*start + 4)->name == "hal_trap_entry");
    CHECK(contains(image.place(*start + 4), "hal_trap_entry+0x4 (start.S:"));
    for (const auto& f : image.files)
        CHECK(f[0] != '/');
}

TEST_CASE("every kind of bad ELF file is refused with what was expected") {
    CHECK(refusal(good().bytes()) == "accepted");
    CHECK(contains(refusal(std::string()), "empty"));
    CHECK(contains(refusal("MZ\x90 some program"), "not an ELF file; expected an executable"));
    CHECK(contains(refusal("#!/bin/sh\necho hello\n"), "a script"));
    CHECK(contains(refusal(":10010000214601360121470136007EFE09D2190140\n"), "Intel HEX"));
    CHECK(contains(refusal("S00F000068656C6C6F202020202000003C\n"), "S-records"));
    CHECK(contains(refusal("!<arch>\nx.o/"), "an archive"));
    CHECK(contains(refusal(good().bytes().substr(0, 3)), "not an ELF file"));
    CHECK(contains(refusal(good().bytes().substr(0, 51)), "cut short: 51 bytes"));
    CHECK(contains(refusal([](elf_file& f) { f.elf_class = 2; }), "a 64-bit program"));
    CHECK(contains(refusal([](elf_file& f) { f.elf_class = 7; }), "class is 7"));
    CHECK(contains(refusal([](elf_file& f) { f.order = 2; }), "not little-endian"));
    CHECK(
        contains(refusal([](elf_file& f) { f.machine = 40; }), "another machine (ELF machine 40)"));
    CHECK(contains(refusal([](elf_file& f) { f.type = 1; }), "an object file; link it"));
    CHECK(contains(refusal([](elf_file& f) { f.type = 3; }), "-no-pie"));
    CHECK(contains(refusal([](elf_file& f) { f.type = 4; }), "its ELF type is 4"));
    for (const std::uint32_t abi : {2u, 4u, 6u})
        CHECK(contains(refusal([abi](elf_file& f) { f.flags |= abi; }), "-mabi=ilp32"));
    CHECK(contains(refusal([](elf_file& f) { f.flags |= 8; }), "RV32E"));
    CHECK(contains(refusal([](elf_file& f) { f.segments.clear(); }), "no program headers"));
    CHECK(contains(refusal([](elf_file& f) { f.segments[0].type = 4; }), "no PT_LOAD segment"));
    CHECK(contains(refusal([](elf_file& f) { f.program_header_size = 56; }),
                   "program headers have 56 bytes each; expected 32"));
}

TEST_CASE("bad segments are refused with their addresses and the memories there are") {
    const auto add = [](elf_file::segment s) {
        return refusal([&](elf_file& f) { f.segments.push_back(s); });
    };
    const std::string memories =
        "ROM 0x00000000 .. 0x00007fff, SRAM 0x04000000 .. 0x047fffff, TCM 0x10000000 .. 0x1003ffff";
    auto text = add({0x80000000, "x"});
    CHECK(contains(text, "segment 1 (0x80000000 .. 0x80000000) lies outside"));
    CHECK(contains(text, memories));
    CHECK(
        contains(add({0x1003fffc, "12345"}), "segment 1 (0x1003fffc .. 0x10040000) lies outside"));
    CHECK(add({0x1003fffc, "1234"}) == "accepted");
    CHECK(contains(add({0x7fff, "12"}), "lies outside"));  // begins inside
    CHECK(contains(add({0xfffffff0, "x", 0x20}), "(0xfffffff0 .. 0x10000000f) lies outside"));
    CHECK(contains(add({tcm + 0x100, "x", 0xffffffff}), "lies outside"));
    CHECK(contains(add({tcm + 12, "x"}), "overlaps another segment at 0x10000000"));
    CHECK(contains(add({tcm, "x"}), "overlaps"));
    CHECK(add({tcm + 16, "x"}) == "accepted");
    CHECK(contains(add({tcm + 0x100, "x", 8, 5, 1, 9}), "9 bytes in the file and only 8"));
    CHECK(contains(add({tcm + 0x100, "x", 0, 5, 1, 0, 0x7fffffff}), "is cut short"));
    CHECK(contains(add({tcm + 0x100, "x", 0x20000, 5, 1, 0x10000}), "is cut short"));
    CHECK(contains(refusal([](elf_file& f) {
                       for (std::uint32_t i = 0; i < 70; ++i)
                           f.segments.push_back({tcm + 0x100 + 16 * i, "x"});
                   }),
                   "more than 64"));
}

TEST_CASE("an entry has to be at an instruction") {
    CHECK(contains(refusal([](elf_file& f) { f.entry = tcm + 16; }),
                   "its entry 0x10000010 lies in no executable segment"));
    CHECK(contains(refusal([](elf_file& f) { f.entry = 0; }), "0x00000000 lies in no"));
    CHECK(contains(refusal([](elf_file& f) { f.segments[0].flags = 6; }), "no executable"));
    CHECK(contains(refusal([](elf_file& f) { f.entry = tcm + 1; }), "is odd"));
}

TEST_CASE("a file cut short anywhere is refused or holds all that is loaded") {
    elf_file f = good();
    f.segments.push_back({tcm + 0x100, "data"});
    f.symbols = {{"main", tcm, 8}};
    f.rows = {{tcm, 1}, {tcm + 16, 0}};
    const std::string whole = f.bytes();
    const std::size_t loaded = 52 + 2 * 32 + 16 + 4;
    for (std::size_t n = 0; n < whole.size(); ++n) {
        INFO(n);
        if (n < loaded)
            CHECK_FALSE(refusal(whole.substr(0, n)) == "accepted");
        else
            CHECK(refusal(whole.substr(0, n)) == "accepted");  // what is missing is for debuggers
    }
    CHECK(contains(refusal(whole.substr(0, 100)), "its program headers would end at 116"));
}

namespace {

/// Any bytes are either refused properly, or make an image that can be used: then true.
bool survives(const std::string& bytes) {
    firmware_image image;
    try {
        image = sim::read_elf_bytes(bytes, "app.elf", areas);
    } catch (const input_error& e) {
        if (e.code() != exit_code::usage || !contains(e.what(), "app.elf"))
            FAIL(e.what());
        return false;
    }
    std::uint64_t last = 0;
    bool entered = false;
    for (const auto& s : image.segments) {
        const std::uint64_t end = std::uint64_t{s.address} + s.memory_size;
        const bool inside = std::any_of(areas.begin(), areas.end(), [&](const memory_area& a) {
            return s.address >= a.base && end <= a.base + a.size;
        });
        if (!inside || s.address < last || s.bytes.size() > s.memory_size)
            FAIL("a bad segment was accepted");
        last = end;
        entered = entered || (s.executable && image.entry >= s.address && image.entry < end);
    }
    if (!entered)
        FAIL("a bad entry was accepted");
    for (const std::uint32_t at : {0u, image.entry, tcm + 8, 0xffffffffu})
        if (image.place(at).empty())
            FAIL("no place");
    for (const auto& l : image.lines)
        if (l.file >= image.files.size())
            FAIL("a line without a file");
    return true;
}

/// How many times as much as usual; a nightly run sets it.
unsigned effort() {
    const char* const n = std::getenv("OCELLUS_FUZZ_EFFORT");
    return n ? static_cast<unsigned>(std::max(1, std::atoi(n))) : 1;
}

/// One change in `header_share` hits the headers.
void mutate_and_read(const std::string& original, unsigned times, unsigned most_changes,
                     unsigned header_share, unsigned seed) {
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
    const std::uint32_t nasty[] = {0,          1,          2,          0x7f,       0x80,
                                   0xff,       0x7fff,     0x8000,     0xffff,     0x7fffffff,
                                   0x80000000, 0xfffffff0, 0xffffffff, 0x10000000, 0x10000010};
    unsigned accepted = 0;
    for (unsigned i = 0; i < times; ++i) {
        std::string bytes = original;
        for (std::size_t changes = 1 + below(most_changes); changes > 0 && !bytes.empty();
             --changes) {
            const std::size_t most =
                below(header_share) ? bytes.size() : std::min<std::size_t>(bytes.size(), 160);
            const std::size_t at = below(most);
            switch (below(6)) {
                case 0:
                    bytes[at] = static_cast<char>(random());
                    break;
                case 1:
                    bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
                    break;
                case 2:
                case 3: {  // a word
                    std::string word;
                    elf_file::append(word, nasty[below(std::size(nasty))], below(2) ? 4 : 2);
                    bytes.replace(at & ~std::size_t{1}, word.size(), word);
                    break;
                }
                case 4:  // bytes of elsewhere
                    bytes.replace(at, 8, original.substr(below(original.size()), 8));
                    break;
                default:
                    if (below(100) == 0)
                        bytes.resize(at);
            }
        }
        accepted += survives(bytes);
    }
    // All parts of the reader were reached.
    CHECK(accepted > times / 20);
    CHECK(accepted < times - times / 20);
}

}  // namespace

TEST_CASE("mutations of a small ELF file do no harm") {
    elf_file f = good();
    f.segments.push_back({tcm + 0x100, "data", 0x40, 6});
    f.symbols = {{"main", tcm, 8}, {"tohost", tcm + 0x108, 8, 1}, {"label", tcm + 8, 0, 0}};
    f.rows = {{tcm, 10}, {tcm + 4, 11}, {tcm + 8, 12, false}, {tcm + 16, 0}};
    mutate_and_read(f.bytes(), 100000 * effort(), 6, 3, 1);
}

TEST_CASE("mutations of the default firmware do no harm") {
    const auto bytes = file_bytes(std::string(source_folder) + "/firmware/prebuilt/app.elf");
    CHECK(refusal(bytes) == "accepted");
    mutate_and_read(bytes, 1000 * effort(), 200, 400, 2);
}

TEST_CASE("a bad firmware file ends the program before anything is simulated") {
    const std::string folder = scratch_folder();
    const auto run = [&](const std::string& file) {
        return ocellus_program({"run", "--firmware", file, "--quiet", "--out", folder + "/out"});
    };
    write_bytes(folder + "/script.elf", "#!/bin/sh\n");
    elf_file outside = good();
    outside.segments[0].address = outside.entry = 0x80000000;
    write_bytes(folder + "/outside.elf", outside.bytes());
    for (const char* name : {"/script.elf", "/outside.elf", "/missing.elf", ""}) {
        const auto r = run(folder + name);
        INFO(name << "\n" << r.err);
        CHECK(r.exit_code == 2);
        CHECK(contains(r.err, folder + name));
        CHECK(contains(r.err, "Nothing was simulated."));
        CHECK(run_program({"ls", folder + "/out"}).exit_code != 0);
    }
    CHECK(contains(run(folder + "/outside.elf").err, "SRAM 0x04000000"));
    const auto r = run("builtin:ap");
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "did you mean builtin:app?"));
}
