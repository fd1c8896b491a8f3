// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/yuv.h"

#include <cstring>

#include "core/simd.h"

namespace ocellus::isp {

namespace {

/// Two bytes in the order of memory.
OCELLUS_INLINE void store_pair(std::uint8_t* to, unsigned first, unsigned second) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const auto word = static_cast<std::uint16_t>(first | second << 8);
    std::memcpy(to, &word, 2);
#else
    to[0] = static_cast<std::uint8_t>(first);
    to[1] = static_cast<std::uint8_t>(second);
#endif
}

}  // namespace

OCELLUS_SIMD_CLONES
void yuv422_row(const rgb8_half_rows& in, unsigned half, std::uint8_t* out) {
    const std::uint8_t* __restrict r0 = in.red[0];
    const std::uint8_t* __restrict r1 = in.red[1];
    const std::uint8_t* __restrict g0 = in.green[0];
    const std::uint8_t* __restrict g1 = in.green[1];
    const std::uint8_t* __restrict b0 = in.blue[0];
    const std::uint8_t* __restrict b1 = in.blue[1];
    std::uint8_t* __restrict to = out;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < half; ++i) {
        const int r = r0[i] + r1[i], g = g0[i] + g1[i], b = b0[i] + b1[i];
        to[4 * i] = static_cast<std::uint8_t>(chroma_u_of_two(r, g, b));
        to[4 * i + 1] = static_cast<std::uint8_t>(luma(r0[i], g0[i], b0[i]));
        to[4 * i + 2] = static_cast<std::uint8_t>(chroma_v_of_two(r, g, b));
        to[4 * i + 3] = static_cast<std::uint8_t>(luma(r1[i], g1[i], b1[i]));
    }
}

OCELLUS_SIMD_CLONES
void rgb888_row(const rgb8_half_rows& in, unsigned half, std::uint8_t* out) {
    const std::uint8_t* __restrict r0 = in.red[0];
    const std::uint8_t* __restrict r1 = in.red[1];
    const std::uint8_t* __restrict g0 = in.green[0];
    const std::uint8_t* __restrict g1 = in.green[1];
    const std::uint8_t* __restrict b0 = in.blue[0];
    const std::uint8_t* __restrict b1 = in.blue[1];
    std::uint8_t* __restrict to = out;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < half; ++i) {
        // Six bytes as three words, because the compiler interleaves three streams but not six.
        store_pair(to + 6 * i, b0[i], g0[i]);
        store_pair(to + 6 * i + 2, r0[i], b1[i]);
        store_pair(to + 6 * i + 4, g1[i], r1[i]);
    }
}

}  // namespace ocellus::isp
