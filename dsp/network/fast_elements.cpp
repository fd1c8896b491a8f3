// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <cstring>
#include <limits>

#include "core/simd.h"
#include "dsp/network/fast_layer.h"
#include "dsp/network/fixed_point.h"
#include "dsp/network/reference_kernels.h"
#include "dsp/network/requantize.h"

/// Additions, subtractions, largest of a window, and maps of one byte to another.
namespace ocellus::dsp::fast {
namespace {

struct fixed_operands {
    const std::uint8_t *a, *b;
    const std::int32_t *table_a, *table_b;  ///< what one input byte adds to the sum
};
struct real_operands {
    const std::uint8_t *a, *b;
    const float *table_a, *table_b;
};

inline __attribute__((always_inline)) void add_fixed_body(const fixed_operands& in,
                                                          std::uint8_t* out, std::size_t count,
                                                          const addition& sum) {
    const std::uint8_t *a = in.a, *b = in.b;
    const std::int32_t* __restrict table_a = in.table_a;
    const std::int32_t* __restrict table_b = in.table_b;
    const std::int32_t left = sum.sum.shift > 0 ? sum.sum.shift : 0;
    const std::int32_t right = sum.sum.shift > 0 ? 0 : -sum.sum.shift;
    const std::int64_t mantissa = sum.sum.mantissa;
    const auto mask = static_cast<std::int32_t>((std::uint32_t{1} << right) - 1u);
    const std::int32_t zero = sum.zero_y, low = sum.low, high = sum.high;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t wide =
            static_cast<std::uint32_t>(table_a[a[i]]) + static_cast<std::uint32_t>(table_b[b[i]]);
        const auto x = static_cast<std::int32_t>(wide << left);
        const std::int64_t product = x * mantissa + (std::int64_t{1} << 30);
        const auto p = static_cast<std::int32_t>(static_cast<std::uint64_t>(product) >> 31);
        const std::int32_t threshold = (mask >> 1) + (p < 0 ? 1 : 0);
        const std::int32_t scaled = (p >> right) + ((p & mask) > threshold ? 1 : 0);
        const auto q = static_cast<std::int32_t>(static_cast<std::uint32_t>(scaled) +
                                                 static_cast<std::uint32_t>(zero));
        const std::int32_t above = q < low ? low : q;
        out[i] = static_cast<std::uint8_t>(above > high ? high : above);
    }
}

inline __attribute__((always_inline)) void add_once_body(const fixed_operands& in,
                                                         std::uint8_t* out, std::size_t count,
                                                         const addition& sum) {
    const std::uint8_t *a = in.a, *b = in.b;
    const std::int32_t* __restrict table_a = in.table_a;
    const std::int32_t* __restrict table_b = in.table_b;
    const std::int64_t mantissa = sum.sum.mantissa;
    const int shift = 31 - sum.sum.shift;
    const std::int64_t half = std::int64_t{1} << (shift - 1);
    const std::int32_t zero = sum.zero_y, low = sum.low, high = sum.high;
    constexpr std::int64_t least = std::numeric_limits<std::int32_t>::min();
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    for (std::size_t i = 0; i < count; ++i) {
        const auto x = static_cast<std::int32_t>(static_cast<std::uint32_t>(table_a[a[i]]) +
                                                 static_cast<std::uint32_t>(table_b[b[i]]));
        const std::int64_t rounded = (x * mantissa + half) >> shift;
        const std::int64_t bounded = rounded < least ? least : rounded > most ? most : rounded;
        const auto q = static_cast<std::int32_t>(static_cast<std::uint32_t>(bounded) +
                                                 static_cast<std::uint32_t>(zero));
        const std::int32_t above = q < low ? low : q;
        out[i] = static_cast<std::uint8_t>(above > high ? high : above);
    }
}

inline __attribute__((always_inline)) void add_real_body(const real_operands& in, std::uint8_t* out,
                                                         std::size_t count, const addition& sum) {
    const std::uint8_t *a = in.a, *b = in.b;
    const float* __restrict table_a = in.table_a;
    const float* __restrict table_b = in.table_b;
    const std::int32_t zero = sum.zero_y;
    const auto least = static_cast<float>(sum.low - zero);
    const auto most = static_cast<float>(sum.high - zero);
    const float scale = sum.scale_y;
    for (std::size_t i = 0; i < count; ++i) {
        const float scaled = (table_a[a[i]] + table_b[b[i]]) / scale;
        const float above = scaled < least ? least : scaled;
        const float bounded = above > most ? most : above;
        const float magic = 12582912.0f;
        out[i] =
            static_cast<std::uint8_t>(static_cast<std::int32_t>((bounded + magic) - magic) + zero);
    }
}

OCELLUS_SIMD_KERNEL(add_fixed,
                    (const fixed_operands& in, std::uint8_t* out, std::size_t count,
                     const addition& sum),
                    (in, out, count, sum))
OCELLUS_SIMD_KERNEL(add_once,
                    (const fixed_operands& in, std::uint8_t* out, std::size_t count,
                     const addition& sum),
                    (in, out, count, sum))
OCELLUS_SIMD_KERNEL(add_real,
                    (const real_operands& in, std::uint8_t* out, std::size_t count,
                     const addition& sum),
                    (in, out, count, sum))

/// Subtraction adds the negated operand.
class packed_addition : public packed_layer {
  public:
    packed_addition(const network& n, const layer& l)
        : sum_(addition_of(n, l)), count_(tensor_of(n, l.outputs, 0).elements()) {
        fill(tensor_of(n, l.inputs, 0), sum_.a, sum_.zero_a, sum_.scale_a, false, fixed_a_,
             real_a_);
        fill(tensor_of(n, l.inputs, 1), sum_.b, sum_.zero_b, sum_.scale_b, sum_.subtract, fixed_b_,
             real_b_);
    }
    void run(const std::vector<const std::uint8_t*>& inputs, std::uint8_t* output,
             std::uint8_t*) const override {
        if (in_float32(sum_.how))
            add_real({inputs[0], inputs[1], real_a_, real_b_}, output, count_, sum_);
        else if (sum_.how == rounding::tflite_single_rounding)
            add_once({inputs[0], inputs[1], fixed_a_, fixed_b_}, output, count_, sum_);
        else
            add_fixed({inputs[0], inputs[1], fixed_a_, fixed_b_}, output, count_, sum_);
    }

  private:
    void fill(const tensor& t, fixed_multiplier m, std::int32_t zero, float scale, bool negative,
              std::int32_t* fixed, float* real) const {
        for (int i = 0; i < 256; ++i) {
            const std::int32_t q = t.type == element::int8 ? static_cast<std::int8_t>(i) : i;
            fixed[i] = multiply(sum_.how, (q - zero) * (1 << addition::left_shift), m);
            real[i] = static_cast<float>(q - zero) * scale;
            if (negative) {
                fixed[i] = -fixed[i];
                real[i] = -real[i];
            }
        }
    }
    addition sum_;
    std::size_t count_;
    std::int32_t fixed_a_[256], fixed_b_[256];
    float real_a_[256], real_b_[256];
};

inline __attribute__((always_inline)) void accumulate_largest_body(
    std::uint8_t* __restrict best, const std::uint8_t* __restrict in, std::size_t count,
    std::uint8_t flip) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto q = static_cast<std::uint8_t>(in[i] ^ flip);
        best[i] = q > best[i] ? q : best[i];
    }
}

OCELLUS_SIMD_KERNEL(accumulate_largest,
                    (std::uint8_t * best, const std::uint8_t* in, std::size_t count,
                     std::uint8_t flip),
                    (best, in, count, flip))

class packed_max_pool : public packed_layer {
  public:
    packed_max_pool(const network& n, const layer& l)
        : layer_(l),
          x_(tensor_of(n, l.inputs, 0)),
          y_(tensor_of(n, l.outputs, 0)),
          table_(unary_table(n, l, x_, y_)) {}
    std::size_t scratch_bytes() const override { return static_cast<std::size_t>(x_.shape[3]); }
    void run(const std::vector<const std::uint8_t*>& inputs, std::uint8_t* output,
             std::uint8_t* scratch) const override {
        const layer& l = layer_;
        const std::uint8_t flip = x_.type == element::int8 ? 0x80 : 0;
        const auto channels = static_cast<std::size_t>(x_.shape[3]);
        for (int y = 0; y < y_.shape[1]; ++y)
            for (int x = 0; x < y_.shape[2]; ++x) {
                std::memset(scratch, 0, channels);
                for (int ky = 0; ky < l.kernel_h; ++ky)
                    for (int kx = 0; kx < l.kernel_w; ++kx) {
                        const int iy = y * l.stride_h - l.pad_top + ky * l.dilation_h;
                        const int ix = x * l.stride_w - l.pad_left + kx * l.dilation_w;
                        if (iy < 0 || iy >= x_.shape[1] || ix < 0 || ix >= x_.shape[2])
                            continue;
                        accumulate_largest(
                            scratch,
                            inputs[0] + static_cast<std::size_t>(iy * x_.shape[2] + ix) * channels,
                            channels, flip);
                    }
                std::uint8_t* to =
                    output + static_cast<std::size_t>(y * y_.shape[2] + x) * channels;
                for (std::size_t c = 0; c < channels; ++c)
                    to[c] = table_[scratch[c] ^ flip];
            }
    }

  private:
    const layer& layer_;
    const tensor& x_;
    const tensor& y_;
    std::vector<std::uint8_t> table_;
};

class packed_map : public packed_layer {
  public:
    packed_map(const network& n, const layer& l)
        : table_(unary_table(n, l, tensor_of(n, l.inputs, 0), tensor_of(n, l.outputs, 0))),
          count_(tensor_of(n, l.outputs, 0).elements()) {}
    void run(const std::vector<const std::uint8_t*>& inputs, std::uint8_t* output,
             std::uint8_t*) const override {
        const std::uint8_t* in = inputs[0];
        for (std::size_t i = 0; i < count_; ++i)
            output[i] = table_[in[i]];
    }

  private:
    std::vector<std::uint8_t> table_;
    std::size_t count_;
};

}  // namespace

std::unique_ptr<packed_layer> pack_addition(const network& n, const layer& l) {
    return std::make_unique<packed_addition>(n, l);
}
std::unique_ptr<packed_layer> pack_max_pool(const network& n, const layer& l) {
    return std::make_unique<packed_max_pool>(n, l);
}
std::unique_ptr<packed_layer> pack_map(const network& n, const layer& l) {
    return std::make_unique<packed_map>(n, l);
}

}  // namespace ocellus::dsp::fast
