// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>

#include <libraw/libraw.h>

namespace ocellus {

/// LibRaw on bytes in memory, which must live as long. It is large: not for the stack.
struct raw_decoder {
    LibRaw raw;
    bool damaged = false;

    raw_decoder() {
        raw.set_dataerror_handler(
            [](void* flag, const char*, auto) { *static_cast<bool*>(flag) = true; }, &damaged);
    }
    raw_decoder(const raw_decoder&) = delete;
    raw_decoder& operator=(const raw_decoder&) = delete;

    /// A code of LibRaw. It only reads, but asks for memory that it might write to.
    int open(const void* bytes, std::size_t size) {
        return raw.open_buffer(const_cast<void*>(bytes), size);
    }
    /// Why the file cannot be "opened", say; empty when that went well.
    std::string problem(int result, const char* step) const {
        if (result == LIBRAW_SUCCESS && !damaged)
            return {};
        return fmt::format("the RAW file cannot be {}: {}", step,
                           damaged ? "it is damaged or truncated" : libraw_strerror(result));
    }
};

}  // namespace ocellus
