// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/test_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ocellus::sim {
namespace {

constexpr std::uint32_t print_character = 0x0101;  // device 1, command 1: the upper half of a word
constexpr std::uint32_t sys_write = 64, sys_exit = 93;
constexpr std::uint32_t not_implemented = ~38u + 1;  // -ENOSYS
constexpr std::uint32_t longest_text = 1u << 20;

}  // namespace

std::uint32_t test_host::word(std::uint32_t address) const {
    std::array<unsigned char, 4> b{};
    machine_.read(address, b.data(), b.size());
    return b[0] | std::uint32_t{b[1]} << 8 | std::uint32_t{b[2]} << 16 | std::uint32_t{b[3]} << 24;
}

void test_host::put(std::uint32_t address, std::uint32_t value) {
    std::array<unsigned char, 4> b{};
    for (unsigned i = 0; i < 4; ++i)
        b[i] = static_cast<unsigned char>(value >> (8 * i));
    machine_.write(address, b.data(), b.size());
}

void test_host::answer() {
    put(tohost_, 0);
    put(tohost_ + 4, 0);
    if (fromhost_)
        put(*fromhost_, 1);
}

void test_host::written(std::uint32_t address) {
    const std::uint32_t low = word(tohost_), high = word(tohost_ + 4);
    // A program of 32 bits stores one half after the other; the lower one says that all is there.
    if (address != tohost_)
        return;
    if (high >> 16 == print_character) {
        machine_.print(static_cast<char>(low & 0xffu));
        answer();
    } else if (low & 1u) {
        machine_.exit(low >> 1);
    } else if (low != 0 && call(low)) {
        answer();
    }
}

/// False: there is no call.
bool test_host::call(std::uint32_t at) {
    std::array<unsigned char, 64> block{};
    if (!machine_.read(at, block.data(), block.size()))
        return false;
    const std::uint32_t number = word(at), handle = word(at + 8), from = word(at + 16),
                        length = word(at + 24);
    if (number == 0 || word(at + 4) != 0)
        return false;
    if (number == sys_exit) {
        machine_.exit(handle);
        return true;
    }
    if (number == sys_write && (handle == 1 || handle == 2)) {
        const std::uint32_t count = std::min(length, longest_text);
        for (std::uint32_t i = 0; i < count; ++i) {
            unsigned char c = 0;
            if (!machine_.read(from + i, &c, 1))
                break;
            machine_.print(static_cast<char>(c));
        }
        put(at, count);
        put(at + 4, 0);
        return true;
    }
    if (machine_.refused && !told_)
        machine_.refused(fmt::format(
            "tohost: call {} refused; write (64) to handle 1 or 2 and exit (93) are served",
            number));
    told_ = true;
    put(at, not_implemented);
    put(at + 4, ~0u);
    return true;
}

}  // namespace ocellus::sim
