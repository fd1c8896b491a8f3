// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/semihosting.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ocellus::sim {
namespace {

constexpr std::uint32_t before = 0x01f01013, after = 0x40705013;  // slli, srai
constexpr std::uint32_t failure = ~0u;
constexpr std::uint32_t application_exit = 0x20026;  // ADP_Stopped_ApplicationExit
// errno
constexpr std::uint32_t no_such_file = 2, bad_handle = 9, invalid = 22, not_supported = 95;
constexpr std::uint32_t longest_text = 1u << 20, longest_name = 256;
constexpr std::uint32_t handle_in = 1, handle_out = 2, handle_err = 3, handle_features = 4;
constexpr std::uint32_t ticks_per_second = 1000000000;
constexpr std::uint32_t write_modes = 4, append_modes = 8;  // r, w and a, four of each
/// What :semihosting-features holds: the magic, then SH_EXT_EXIT_EXTENDED and
/// SH_EXT_STDOUT_STDERR.
constexpr std::array<unsigned char, 5> features = {'S', 'H', 'F', 'B', 0x03};

enum operation : std::uint32_t {
    sys_open = 0x01,
    sys_close = 0x02,
    sys_writec = 0x03,
    sys_write0 = 0x04,
    sys_write = 0x05,
    sys_read = 0x06,
    sys_iserror = 0x08,
    sys_istty = 0x09,
    sys_seek = 0x0a,
    sys_flen = 0x0c,
    sys_tmpnam = 0x0d,
    sys_remove = 0x0e,
    sys_rename = 0x0f,
    sys_clock = 0x10,
    sys_time = 0x11,
    sys_system = 0x12,
    sys_errno = 0x13,
    sys_get_cmdline = 0x15,
    sys_heapinfo = 0x16,
    sys_exit = 0x18,
    sys_exit_extended = 0x20,
    sys_elapsed = 0x30,
    sys_tickfreq = 0x31,
};

const char* name_of(std::uint32_t operation) {
    switch (operation) {
        case sys_open:
            return "SYS_OPEN";
        case sys_write:
            return "SYS_WRITE";
        case sys_read:
            return "SYS_READ";
        case sys_seek:
            return "SYS_SEEK";
        case sys_flen:
            return "SYS_FLEN";
        case sys_tmpnam:
            return "SYS_TMPNAM";
        case sys_remove:
            return "SYS_REMOVE";
        case sys_rename:
            return "SYS_RENAME";
        case sys_system:
            return "SYS_SYSTEM";
        default:
            return "an operation that is not known";
    }
}

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

bool semihosting::put_word(std::uint32_t address, std::uint32_t value) {
    std::array<unsigned char, 4> b{};
    for (unsigned i = 0; i < 4; ++i)
        b[i] = static_cast<unsigned char>(value >> (8 * i));
    return machine_.write(address, b.data(), b.size());
}

std::string semihosting::text(std::uint32_t address, std::uint32_t length) const {
    std::string out;
    for (std::uint32_t i = 0; i < std::min(length, longest_name); ++i) {
        unsigned char c = 0;
        if (!machine_.read(address + i, &c, 1))
            break;
        out += c >= 32 && c < 127 ? static_cast<char>(c) : '?';
    }
    return out;
}

std::uint32_t semihosting::refuse(std::uint32_t operation, std::uint32_t error,
                                  const std::string& what) {
    ++refused_;
    error_ = error;
    if (machine_.refused && told_.insert(operation).second)
        machine_.refused(fmt::format("semihosting: {} (0x{:02x}) refused: {}", name_of(operation),
                                     operation, what));
    return failure;
}

std::uint32_t semihosting::open(std::uint32_t argument) {
    const auto name = word(argument), mode = word(argument + 4), length = word(argument + 8);
    if (!name || !mode || !length)
        return refuse(sys_open, invalid, "its argument lies outside the memory");
    const std::string file = text(*name, *length);
    if (file == ":tt")
        return *mode < write_modes ? handle_in : *mode < append_modes ? handle_out : handle_err;
    if (file == ":semihosting-features" && *mode < write_modes) {
        features_position_ = 0;
        return handle_features;
    }
    return refuse(
        sys_open, no_such_file,
        fmt::format("there is no file '{}'; a simulated sensor has only the console, :tt", file));
}

std::uint32_t semihosting::write_console(std::uint32_t argument) {
    const auto handle = word(argument), from = word(argument + 4), length = word(argument + 8);
    if (!handle || !from || !length)
        return failure;
    if (*handle != handle_out && *handle != handle_err) {
        refuse(sys_write, bad_handle, fmt::format("nothing is open to write as {}", *handle));
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

/// The console has no input: its end is reached at once.
std::uint32_t semihosting::read(std::uint32_t argument) {
    const auto handle = word(argument), to = word(argument + 4), length = word(argument + 8);
    if (!handle || !to || !length)
        return failure;
    if (*handle != handle_features)
        return *length;  // bytes that were not read
    std::uint32_t left = *length;
    while (left && features_position_ < features.size() &&
           machine_.write(*to + (*length - left), &features[features_position_], 1)) {
        ++features_position_;
        --left;
    }
    return left;
}

std::uint32_t semihosting::seek(std::uint32_t argument) {
    const auto handle = word(argument), position = word(argument + 4);
    if (!handle || !position || *handle != handle_features || *position > features.size())
        return refuse(sys_seek, invalid, "the console has no positions");
    features_position_ = *position;
    return 0;
}

std::uint32_t semihosting::command_line(std::uint32_t argument) {
    const auto to = word(argument), room = word(argument + 4);
    const std::string& line = machine_.command_line;
    // With the zero at its end, which the length does not count.
    if (!to || !room || *room <= line.size() ||
        !machine_.write(*to, reinterpret_cast<const unsigned char*>(line.c_str()),
                        line.size() + 1) ||
        !put_word(argument + 4, static_cast<std::uint32_t>(line.size())))
        return failure;
    return 0;
}

/// Heap and stack: zeros, which say that the program's linker script knows better.
std::uint32_t semihosting::heap_info(std::uint32_t argument) {
    const auto block = word(argument);
    for (std::uint32_t i = 0; block && i < 4; ++i)
        put_word(*block + 4 * i, 0);
    return 0;
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
            return read(argument);
        case sys_iserror:
            return word(argument) == failure ? 1 : 0;
        case sys_istty:
            return word(argument) == handle_features ? 0 : 1;
        case sys_seek:
            return seek(argument);
        case sys_flen:
            return word(argument) == handle_features ? static_cast<std::uint32_t>(features.size())
                                                     : 0;
        case sys_get_cmdline:
            return command_line(argument);
        case sys_heapinfo:
            return heap_info(argument);
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
            return refuse(operation, not_supported, "this simulation does not serve it");
    }
}

}  // namespace ocellus::sim
