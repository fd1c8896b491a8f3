// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/semihosting.h"

#include <algorithm>
#include <array>

namespace ocellus::sim {
namespace {

constexpr std::uint32_t before = 0x01f01013, after = 0x40705013;  // slli, srai
constexpr std::uint32_t failure = ~0u;
constexpr std::uint32_t application_exit = 0x20026;            // ADP_Stopped_ApplicationExit
constexpr std::uint32_t no_such_file = 2, not_supported = 95;  // errno
constexpr std::uint32_t longest_text = 1u << 20;
constexpr std::uint32_t handle_in = 1, handle_out = 2;
constexpr std::uint32_t ticks_per_second = 1000000000;

enum operation : std::uint32_t {
    sys_open = 0x01,
    sys_close = 0x02,
    sys_writec = 0x03,
    sys_write0 = 0x04,
    sys_write = 0x05,
    sys_read = 0x06,
    sys_iserror = 0x08,
    sys_istty = 0x09,
    sys_clock = 0x10,
    sys_time = 0x11,
    sys_errno = 0x13,
    sys_exit = 0x18,
    sys_exit_extended = 0x20,
    sys_elapsed = 0x30,
    sys_tickfreq = 0x31,
};

}  // namespace

std::optional<std::uint32_t> semihosting::word(std::uint32_t address) const {
    std::array<unsigned char, 4> b{};
    if (!machine_.read(address, b.data(), b.size()))
        return std::nullopt;
    return b[0] | std::uint32_t{b[1]} << 8 | std::uint32_t{b[2]} << 16 | std::uint32_t{b[3]} << 24;
}

bool semihosting::is_call(std::uint32_t pc) const {
    return word(pc - 4) == before && word(pc + 4) == after;
}

void semihosting::call() {
    ++calls_;
    const std::uint32_t result = serve(machine_.x(10), machine_.x(11));
    machine_.set_x(10, result);
}

void semihosting::exit_with(std::uint32_t reason, std::uint32_t code) {
    // Every other reason is a failure of some kind.
    machine_.exit(reason == application_exit ? code : std::max(code, 1u));
}

std::uint32_t semihosting::open(std::uint32_t argument) {
    const auto name = word(argument), mode = word(argument + 4), length = word(argument + 8);
    unsigned char text[3] = {};
    if (name && mode && length == 3u && machine_.read(*name, text, sizeof text) &&
        std::equal(text, text + 3, ":tt"))
        return *mode < 4 ? handle_in : handle_out;
    ++refused_;
    error_ = no_such_file;
    return failure;
}

std::uint32_t semihosting::write_console(std::uint32_t argument) {
    const auto handle = word(argument), from = word(argument + 4), length = word(argument + 8);
    if (!handle || !from || !length)
        return failure;
    if (*handle != handle_out) {
        ++refused_;
        return *length;
    }
    const std::uint32_t count = std::min(*length, longest_text);
    for (std::uint32_t i = 0; i < count; ++i) {
        unsigned char c = 0;
        if (!machine_.read(*from + i, &c, 1))
            return *length - i;  // bytes that were not written
        machine_.print(static_cast<char>(c));
    }
    return *length - count;
}

std::uint32_t semihosting::serve(std::uint32_t operation, std::uint32_t argument) {
    switch (operation) {
        case sys_open:
            return open(argument);
        case sys_close:
            return 0;
        case sys_writec: {
            unsigned char c = 0;
            if (machine_.read(argument, &c, 1))
                machine_.print(static_cast<char>(c));
            return 0;
        }
        case sys_write0:
            for (std::uint32_t i = 0; i < longest_text; ++i) {
                unsigned char c = 0;
                if (!machine_.read(argument + i, &c, 1) || c == 0)
                    break;
                machine_.print(static_cast<char>(c));
            }
            return 0;
        case sys_write:
            return write_console(argument);
        case sys_read:
            return word(argument + 8).value_or(0);  // nothing was read
        case sys_iserror:
            return word(argument) == failure ? 1 : 0;
        case sys_istty:
            return 1;
        case sys_clock:
            return static_cast<std::uint32_t>(machine_.now() / 10000000);  // hundredths
        case sys_time:
            return static_cast<std::uint32_t>(machine_.now() / ticks_per_second);
        case sys_errno:
            return error_;
        case sys_exit:
            exit_with(argument, argument == application_exit ? 0 : 1);
            return 0;
        case sys_exit_extended:
            exit_with(word(argument).value_or(0), word(argument + 4).value_or(1));
            return 0;
        case sys_elapsed: {
            const std::uint64_t now = machine_.now();
            std::array<unsigned char, 8> b{};
            for (unsigned i = 0; i < 8; ++i)
                b[i] = static_cast<unsigned char>(now >> (8 * i));
            return machine_.write(argument, b.data(), b.size()) ? 0 : failure;
        }
        case sys_tickfreq:
            return ticks_per_second;
        default:
            ++refused_;
            error_ = not_supported;
            return failure;
    }
}

}  // namespace ocellus::sim
