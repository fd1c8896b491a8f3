// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

#include "dsp/network/fixed_point.h"
#include "dsp/network/graph.h"

namespace ocellus::dsp {

/// Turns one accumulator into one output integer:
/// clamp(round(accumulator * factor) + zero_point), rounded as `how` says.
struct requantizer {
    enum class step : std::uint8_t {
        away_from_zero,    ///< multiply_twice_rounded
        half_up,           ///< multiply_half_up
        single_precision,  ///< float32 product, ties to even
        once,              ///< multiply_once_rounded
    };
    step how = step::away_from_zero;
    fixed_multiplier fixed;
    float factor = 1.0f;
    std::int32_t zero_point = 0;
    std::int32_t low = -128;
    std::int32_t high = 127;

    std::int32_t operator()(std::int32_t accumulator) const {
        if (how == step::single_precision) {
            const float scaled = static_cast<float>(accumulator) * factor;
            const float least = static_cast<float>(low - zero_point);
            const float most = static_cast<float>(high - zero_point);
            const float bounded = scaled < least ? least : (scaled > most ? most : scaled);
            return nearest_even(bounded) + zero_point;
        }
        const std::int32_t scaled = how == step::half_up ? multiply_half_up(accumulator, fixed)
                                    : how == step::once
                                        ? multiply_once_rounded(accumulator, fixed)
                                        : multiply_twice_rounded(accumulator, fixed);
        const std::int32_t shifted = wrapping_add(scaled, zero_point);
        return shifted < low ? low : (shifted > high ? high : shifted);
    }

    /// Accumulators of 64 bits, as 16-bit activations have: 15 bits of the multiplier, halves up.
    std::int32_t wide(std::int64_t accumulator) const {
        const std::int64_t reduced =
            fixed.mantissa < 0x7fff0000 ? (fixed.mantissa + (1 << 15)) >> 16 : 0x7fff;
        const int shift = fixed.shift < 15 ? 15 - fixed.shift : 1;
        const auto product = static_cast<std::int64_t>(static_cast<std::uint64_t>(accumulator) *
                                                           static_cast<std::uint64_t>(reduced) +
                                                       (std::uint64_t{1} << (shift - 1)));
        const std::int64_t shifted = (product >> shift) + zero_point;
        return static_cast<std::int32_t>(shifted < low ? low : (shifted > high ? high : shifted));
    }
};

/// The requantizer of output channel `channel` of a convolution or fully connected layer.
requantizer weight_requantizer(const network& n, const layer& l, std::size_t channel);

/// The requantizer of a layer that only changes scale (quantize, relu, concat part): its factor is
/// scale of `from` / scale of `to`.
requantizer scale_requantizer(const network& n, const layer& l, const tensor& from,
                              const tensor& to);

/// The requantizer of a mean over `count` samples, for the sum of (q - zero_point).
requantizer mean_requantizer(const network& n, const layer& l, std::int64_t count);

/// The mean of `count` samples whose (q - zero_point) add up to a sum, as the mode computes it.
class averager {
  public:
    averager(const network& n, const layer& l, std::int64_t count);
    std::int32_t operator()(std::int32_t sum) const;

  private:
    requantizer once_, scale_;
    bool scale_first_;
    std::int32_t count_;
};

/// Constants of a quantized addition, or subtraction.
struct addition {
    rounding how = rounding::tflite_ref;
    std::int32_t zero_a = 0, zero_b = 0;
    fixed_multiplier a, b, sum;  ///< applied after a left shift of `left_shift`
    static constexpr int left_shift = 20;
    int shift = left_shift;  ///< 15 for 16-bit activations
    bool subtract = false;
    float scale_a = 1.0f, scale_b = 1.0f, scale_y = 1.0f;
    std::int32_t zero_y = 0, low = -128, high = 127;

    std::int32_t operator()(std::int32_t qa, std::int32_t qb) const {
        if (in_float32(how)) {
            const float left = static_cast<float>(qa - zero_a) * scale_a;
            const float right = static_cast<float>(qb - zero_b) * scale_b;
            const float real = subtract ? left - right : left + right;
            const float scaled = real / scale_y;
            const float least = static_cast<float>(low - zero_y);
            const float most = static_cast<float>(high - zero_y);
            const float bounded = scaled < least ? least : (scaled > most ? most : scaled);
            return nearest_even(bounded) + zero_y;
        }
        const std::int32_t wide_a = multiply(how, (qa - zero_a) * (1 << shift), a);
        const std::int32_t wide_b = multiply(how, (qb - zero_b) * (1 << shift), b);
        const std::int32_t scaled =
            multiply(how, wrapping_add(wide_a, subtract ? -wide_b : wide_b), sum);
        const std::int32_t shifted = wrapping_add(scaled, zero_y);
        return shifted < low ? low : (shifted > high ? high : shifted);
    }
};
addition addition_of(const network& n, const layer& l);

/// Constants of a quantized product of two activations.
struct product_requantizer {
    requantizer requantize;
    bool real = false;  ///< operator by operator in float32
    std::int32_t zero_a = 0, zero_b = 0;
    float scale_a = 1.0f, scale_b = 1.0f, scale_y = 1.0f;

    std::int32_t operator()(std::int32_t qa, std::int32_t qb) const {
        if (!real)
            return requantize((qa - zero_a) * (qb - zero_b));
        const float product =
            static_cast<float>(qa - zero_a) * scale_a * (static_cast<float>(qb - zero_b) * scale_b);
        const float scaled = product / scale_y;
        const float least = static_cast<float>(requantize.low - requantize.zero_point);
        const float most = static_cast<float>(requantize.high - requantize.zero_point);
        const float bounded = scaled < least ? least : (scaled > most ? most : scaled);
        return nearest_even(bounded) + requantize.zero_point;
    }
};
product_requantizer product_of(const network& n, const layer& l);

}  // namespace ocellus::dsp
