// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/requantize_rows.h"

#include <cstring>

#include "core/simd.h"

namespace ocellus::dsp {
namespace {

struct row_constants {
    const std::int32_t* bias;
    const std::int32_t* mantissa;
    const std::int32_t* left;
    const std::int32_t* right;
    const float* factor;
    std::int32_t zero_point, low, high;
};

inline __attribute__((always_inline)) std::int32_t high_product(std::int32_t x, std::int32_t left,
                                                                std::int32_t mantissa) {
    const auto shifted = static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << left);
    const std::int64_t product = static_cast<std::int64_t>(shifted) * mantissa + (std::int64_t{1} << 30);
    return static_cast<std::int32_t>(static_cast<std::uint64_t>(product) >> 31);
}

inline __attribute__((always_inline)) std::uint8_t finish(std::int32_t scaled, std::int32_t zero,
                                                          std::int32_t low, std::int32_t high) {
    const auto q =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(scaled) + static_cast<std::uint32_t>(zero));
    const std::int32_t above = q < low ? low : q;
    return static_cast<std::uint8_t>(above > high ? high : above);
}

OCELLUS_SIMD_CLONES
void row_away_from_zero(const row_constants& c, const std::int32_t* __restrict in, std::size_t columns,
                        std::uint8_t* __restrict out) {
    const std::int32_t* __restrict bias = c.bias;
    const std::int32_t* __restrict mantissa = c.mantissa;
    const std::int32_t* __restrict left = c.left;
    const std::int32_t* __restrict right = c.right;
    const std::int32_t zero = c.zero_point, low = c.low, high = c.high;
    for (std::size_t i = 0; i < columns; ++i) {
        const auto x = static_cast<std::int32_t>(static_cast<std::uint32_t>(in[i]) +
                                                 static_cast<std::uint32_t>(bias[i]));
        const std::int32_t p = high_product(x, left[i], mantissa[i]);
        const auto mask = static_cast<std::int32_t>((std::uint32_t{1} << right[i]) - 1u);
        const std::int32_t remainder = p & mask;
        const std::int32_t threshold = (mask >> 1) + (p < 0 ? 1 : 0);
        out[i] = finish((p >> right[i]) + (remainder > threshold ? 1 : 0), zero, low, high);
    }
}

OCELLUS_SIMD_CLONES
void row_half_up(const row_constants& c, const std::int32_t* __restrict in, std::size_t columns,
                 std::uint8_t* __restrict out) {
    const std::int32_t* __restrict bias = c.bias;
    const std::int32_t* __restrict mantissa = c.mantissa;
    const std::int32_t* __restrict left = c.left;
    const std::int32_t* __restrict right = c.right;
    const std::int32_t zero = c.zero_point, low = c.low, high = c.high;
    for (std::size_t i = 0; i < columns; ++i) {
        const auto x = static_cast<std::int32_t>(static_cast<std::uint32_t>(in[i]) +
                                                 static_cast<std::uint32_t>(bias[i]));
        const std::int32_t p = high_product(x, left[i], mantissa[i]);
        const std::int32_t before = right[i] == 0 ? 0 : right[i] - 1;
        const std::int32_t half = right[i] == 0 ? 0 : (p >> before) & 1;
        out[i] = finish((p >> right[i]) + half, zero, low, high);
    }
}

OCELLUS_SIMD_CLONES
void row_single_precision(const row_constants& c, const std::int32_t* __restrict in, std::size_t columns,
                          std::uint8_t* __restrict out) {
    const std::int32_t* __restrict bias = c.bias;
    const float* __restrict factor = c.factor;
    const std::int32_t zero = c.zero_point;
    const auto least = static_cast<float>(c.low - zero);
    const auto most = static_cast<float>(c.high - zero);
    for (std::size_t i = 0; i < columns; ++i) {
        const auto x = static_cast<std::int32_t>(static_cast<std::uint32_t>(in[i]) +
                                                 static_cast<std::uint32_t>(bias[i]));
        const float scaled = static_cast<float>(x) * factor[i];
        const float above = scaled < least ? least : scaled;
        const float bounded = above > most ? most : above;
        const float magic = 12582912.0f;
        out[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>((bounded + magic) - magic) + zero);
    }
}

}  // namespace

requantizer_arrays arrays_of(const network& n, const layer& l, std::size_t channels, std::size_t block,
                             const std::uint8_t* bias, const std::vector<std::int64_t>& correction) {
    requantizer_arrays a;
    const std::size_t padded = (channels + block - 1) / block * block;
    a.bias.assign(padded, 0);
    a.mantissa.assign(padded, 0);
    a.left.assign(padded, 0);
    a.right.assign(padded, 0);
    a.factor.assign(padded, 0.0f);
    for (std::size_t c = 0; c < channels; ++c) {
        const requantizer r = weight_requantizer(n, l, c);
        a.how = r.how;
        a.zero_point = r.zero_point;
        a.low = r.low;
        a.high = r.high;
        std::int32_t b = 0;
        if (bias)
            std::memcpy(&b, bias + 4 * c, 4);
        a.bias[c] = static_cast<std::int32_t>(b + (correction.empty() ? 0 : correction[c]));
        a.mantissa[c] = r.fixed.mantissa;
        a.left[c] = r.fixed.shift > 0 ? r.fixed.shift : 0;
        a.right[c] = r.fixed.shift > 0 ? 0 : -r.fixed.shift;
        a.factor[c] = r.factor;
    }
    return a;
}

void requantize_rows(const requantizer_arrays& r, const std::int32_t* accumulators, std::size_t stride,
                     std::size_t rows, std::size_t first_channel, std::size_t columns, std::uint8_t* out,
                     std::size_t out_stride) {
    const row_constants c{r.bias.data() + first_channel,
                          r.mantissa.data() + first_channel,
                          r.left.data() + first_channel,
                          r.right.data() + first_channel,
                          r.factor.data() + first_channel,
                          r.zero_point,
                          r.low,
                          r.high};
    const auto row = r.how == requantizer::step::single_precision ? row_single_precision
                     : r.how == requantizer::step::half_up        ? row_half_up
                                                                   : row_away_from_zero;
    for (std::size_t y = 0; y < rows; ++y)
        row(c, accumulators + y * stride, columns, out + y * out_stride);
}

}  // namespace ocellus::dsp
