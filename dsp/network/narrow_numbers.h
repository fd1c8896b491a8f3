// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ocellus::dsp {

/// `count` numbers of `bits` (4 or 2), the first in the lowest bits of a byte, as a byte each; with
/// a sign, its copies fill the byte. The reverse of stored_data() (dsp/network/graph.h).
inline std::vector<std::uint8_t> unpacked_numbers(const std::uint8_t* packed, std::size_t count,
                                                  unsigned bits, bool is_signed) {
    const unsigned mask = (1u << bits) - 1, sign = is_signed ? 1u << (bits - 1) : 0;
    std::vector<std::uint8_t> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        const unsigned v = packed[i * bits / 8] >> i * bits % 8 & mask;
        out[i] = static_cast<std::uint8_t>((v ^ sign) - sign);
    }
    return out;
}

}  // namespace ocellus::dsp
