// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/scaler.h"

#include "core/simd.h"

namespace ocellus::isp {

namespace {

/// Rows of full weight that fit a 16-bit sum of bytes.
constexpr unsigned whole_rows_max = 257;

OCELLUS_INLINE void add_whole_body(const std::uint8_t* in, unsigned count, std::uint16_t* sums) {
    const std::uint8_t* __restrict v = in;
    std::uint16_t* __restrict s = sums;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < count; ++i)
        s[i] = static_cast<std::uint16_t>(s[i] + v[i]);
}

OCELLUS_SIMD_KERNEL(add_whole, (const std::uint8_t* in, unsigned count, std::uint16_t* sums),
                    (in, count, sums))

OCELLUS_INLINE void add_weighted_body(const std::uint8_t* in, unsigned count, std::uint32_t weight,
                                      std::uint32_t* sums) {
    const std::uint8_t* __restrict v = in;
    std::uint32_t* __restrict s = sums;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < count; ++i)
        s[i] += weight * v[i];
}

OCELLUS_SIMD_KERNEL(add_weighted,
                    (const std::uint8_t* in, unsigned count, std::uint32_t weight,
                     std::uint32_t* sums),
                    (in, count, weight, sums))

OCELLUS_INLINE void spill_whole_body(std::uint16_t* whole, unsigned count, std::uint32_t weight,
                                     std::uint32_t* sums) {
    std::uint16_t* __restrict w = whole;
    std::uint32_t* __restrict s = sums;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < count; ++i) {
        s[i] += weight * w[i];
        w[i] = 0;
    }
}

OCELLUS_SIMD_KERNEL(spill_whole,
                    (std::uint16_t * whole, unsigned count, std::uint32_t weight,
                     std::uint32_t* sums),
                    (whole, count, weight, sums))

/// Puts even and odd columns in order and clears them.
OCELLUS_INLINE void interleave_body(std::uint32_t* even, std::uint32_t* odd, unsigned count,
                                    std::uint32_t* out) {
    std::uint32_t* __restrict e = even;
    std::uint32_t* __restrict o = odd;
    std::uint32_t* __restrict to = out;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < count; ++i) {
        to[2 * i] = e[i];
        to[2 * i + 1] = o[i];
        e[i] = 0;
        o[i] = 0;
    }
}

OCELLUS_SIMD_KERNEL(interleave,
                    (std::uint32_t * even, std::uint32_t* odd, unsigned count, std::uint32_t* out),
                    (even, odd, count, out))

}  // namespace

scaler_accumulator::scaler_accumulator(const area_geometry& geometry) {
    restart(geometry);
}

void scaler_accumulator::restart(const area_geometry& g) {
    geometry_ = g;
    seen_ = used_ = false;
    row_.sums.resize(std::size_t{3} * g.out_width);
    if (g.method == scaler_method::bilinear) {
        places_.resize(g.out_width);
        for (unsigned t = 0; t < g.out_width; ++t)
            places_[t] = place_of(t, g.width, g.out_width);
        here_.resize(row_.sums.size());
        before_.resize(row_.sums.size());
        return;
    }
    first_half_ = g.x / 2;
    half_ = (g.x + g.width + 1) / 2 - first_half_;
    whole_.assign(std::size_t{6} * half_, 0);
    weighted_.assign(std::size_t{6} * half_, 0);
    columns_.resize(std::size_t{2} * half_);
    whole_rows_ = 0;
}

void scaler_accumulator::interpolate(const rgb8_half_rows& in) {
    here_.swap(before_);
    const std::array<const std::array<const std::uint8_t*, 2>*, 3> channels = {&in.red, &in.green,
                                                                               &in.blue};
    for (std::size_t c = 0; c < 3; ++c) {
        const auto at = [&](unsigned x) {
            const unsigned column = geometry_.x + x;
            return std::uint32_t{(*channels[c])[column & 1u][column / 2]};
        };
        std::uint32_t* to = here_.data() + c * geometry_.out_width;
        for (unsigned t = 0; t < geometry_.out_width; ++t) {
            const bilinear_place p = places_[t];
            to[t] =
                at(p.index) * (256 - p.fraction) + (p.fraction ? at(p.index + 1) * p.fraction : 0);
        }
    }
}

void scaler_accumulator::weigh(unsigned t, unsigned here, unsigned before) {
    row_.row = t;
    for (std::size_t i = 0; i < row_.sums.size(); ++i)
        row_.sums[i] = std::uint64_t{here_[i]} * here + std::uint64_t{before_[i]} * before;
}

void scaler_accumulator::accumulate(unsigned t, std::uint32_t weight, const rgb8_half_rows& in) {
    row_.row = t;
    used_ = true;
    const std::array<const std::array<const std::uint8_t*, 2>*, 3> channels = {&in.red, &in.green,
                                                                               &in.blue};
    if (weight == geometry_.out_height && whole_rows_ == whole_rows_max)
        spill();
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t parity = 0; parity < 2; ++parity) {
            const std::uint8_t* v = (*channels[c])[parity] + first_half_;
            const std::size_t at = (2 * c + parity) * half_;
            if (weight == geometry_.out_height)
                add_whole(v, half_, whole_.data() + at);
            else
                add_weighted(v, half_, weight, weighted_.data() + at);
        }
    if (weight == geometry_.out_height)
        ++whole_rows_;
}

void scaler_accumulator::spill() {
    spill_whole(whole_.data(), 6 * half_, geometry_.out_height, weighted_.data());
    whole_rows_ = 0;
}

void scaler_accumulator::reduce() {
    spill();
    const area_geometry& g = geometry_;
    for (std::size_t c = 0; c < 3; ++c) {
        std::uint32_t* even = weighted_.data() + 2 * c * half_;
        interleave(even, even + half_, half_, columns_.data());
        const std::uint32_t* column = columns_.data() + (g.x & 1u);
        std::uint64_t* sums = row_.sums.data() + c * g.out_width;
        for (unsigned t = 0; t < g.out_width; ++t) {
            const unsigned first = area_first(t, g.width, g.out_width);
            const unsigned last = area_last(t, g.width, g.out_width);
            std::uint64_t sum =
                std::uint64_t{column[first]} * area_weight(first, t, g.width, g.out_width);
            if (last > first) {
                std::uint64_t inner = 0;
                for (unsigned s = first + 1; s < last; ++s)
                    inner += column[s];
                sum += inner * g.out_width +
                       std::uint64_t{column[last]} * area_weight(last, t, g.width, g.out_width);
            }
            sums[t] = sum;
        }
    }
    used_ = false;
}

OCELLUS_INLINE void add_pairs_body(const std::uint8_t* even, const std::uint8_t* odd, unsigned half,
                                   std::uint16_t* sums) {
    const std::uint8_t* __restrict e = even;
    const std::uint8_t* __restrict o = odd;
    std::uint16_t* __restrict s = sums;
    OCELLUS_INDEPENDENT
    for (std::size_t i = 0; i < half; ++i)
        s[i] = static_cast<std::uint16_t>(s[i] + e[i] + o[i]);
}

OCELLUS_SIMD_KERNEL(add_pairs,
                    (const std::uint8_t* even, const std::uint8_t* odd, unsigned half,
                     std::uint16_t* sums),
                    (even, odd, half, sums))

OCELLUS_INLINE void box_means_body(const std::uint16_t* sums, unsigned scale, unsigned half,
                                   std::uint8_t* even, std::uint8_t* odd) {
    const std::uint16_t* __restrict s = sums;
    std::uint8_t* __restrict e = even;
    std::uint8_t* __restrict o = odd;
    if (scale == 2) {
        OCELLUS_INDEPENDENT
        for (std::size_t i = 0; i < half; ++i) {
            e[i] = static_cast<std::uint8_t>((s[2 * i] + 2) >> 2);
            o[i] = static_cast<std::uint8_t>((s[2 * i + 1] + 2) >> 2);
        }
    } else {
        OCELLUS_INDEPENDENT
        for (std::size_t i = 0; i < half; ++i) {
            e[i] = static_cast<std::uint8_t>((s[4 * i] + s[4 * i + 1] + 8) >> 4);
            o[i] = static_cast<std::uint8_t>((s[4 * i + 2] + s[4 * i + 3] + 8) >> 4);
        }
    }
}

OCELLUS_SIMD_KERNEL(box_means,
                    (const std::uint16_t* sums, unsigned scale, unsigned half, std::uint8_t* even,
                     std::uint8_t* odd),
                    (sums, scale, half, even, odd))

}  // namespace ocellus::isp
