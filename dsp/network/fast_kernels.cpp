// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/fast_kernels.h"

#include <algorithm>
#include <cstring>

#include "core/simd.h"
#include "dsp/network/fixed_point.h"
#include "dsp/network/gemm.h"
#include "dsp/network/reference_kernels.h"
#include "dsp/network/requantize_rows.h"

namespace ocellus::dsp {
namespace {

constexpr std::size_t round_up(std::size_t n, std::size_t step) {
    return (n + step - 1) / step * step;
}

const tensor& tensor_of(const network& n, const std::vector<int>& list, std::size_t i) {
    return n.tensors[static_cast<std::size_t>(list.at(i))];
}

/// The weights of a layer as w - zero_point, in file order. The channel changes every
/// `channel_stride`.
std::vector<std::int16_t> centred_weights(const tensor& w, std::size_t channels,
                                          std::size_t channel_stride) {
    std::vector<std::int16_t> out(w.data.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::size_t channel = i / channel_stride % channels;
        const std::int32_t zero =
            w.quant.zero_point.size() == 1 ? w.quant.zero_point[0] : w.quant.zero_point[channel];
        const std::int32_t q =
            w.type == element::int8 ? static_cast<std::int8_t>(w.data[i]) : w.data[i];
        out[i] = static_cast<std::int16_t>(q - zero);
    }
    return out;
}

const std::uint8_t* bias_of(const network& n, const layer& l) {
    if (l.inputs.size() < 3 || l.inputs[2] < 0)
        return nullptr;
    return tensor_of(n, l.inputs, 2).data.data();
}

/// Signed bytes become unsigned by flipping the upper bit.
OCELLUS_SIMD_CLONES
void copy_flipped(std::uint8_t* __restrict to, const std::uint8_t* __restrict from,
                  std::size_t count, std::uint8_t flip) {
    for (std::size_t i = 0; i < count; ++i)
        to[i] = from[i] ^ flip;
}

/// Bytes, made unsigned by `flip`, minus `zero`, as int16.
OCELLUS_SIMD_CLONES
void widen(std::int16_t* __restrict to, const std::uint8_t* __restrict from, std::size_t count,
           std::uint8_t flip, std::int16_t zero) {
    for (std::size_t i = 0; i < count; ++i)
        to[i] = static_cast<std::int16_t>(
            static_cast<std::int16_t>(static_cast<std::uint8_t>(from[i] ^ flip)) - zero);
}

/// Activations enter kernels as unsigned numbers: q + 128 for int8.
struct unsigned_input {
    std::uint8_t flip;
    std::int16_t zero;
    explicit unsigned_input(const tensor& x)
        : flip(x.type == element::int8 ? 0x80 : 0),
          zero(static_cast<std::int16_t>(x.quant.zero_point[0] +
                                         (x.type == element::int8 ? 128 : 0))) {}
};

// ---- convolution and fully connected
// -------------------------------------------------------------

class packed_product : public packed_layer {
  public:
    packed_product(const network& n, const layer& l, kernel_set kernels)
        : layer_(l), x_(tensor_of(n, l.inputs, 0)), y_(tensor_of(n, l.outputs, 0)), input_(x_) {
        const tensor& w = tensor_of(n, l.inputs, 1);
        const auto outputs = static_cast<std::size_t>(w.shape[0]);
        const std::size_t depth = w.elements() / outputs;
        const std::vector<std::int16_t> weights = centred_weights(w, outputs, depth);
        if (gemm_shape_of(kernels).bytes && !fits_int8(weights))
            kernels = kernel_set::avx2;
        shape_ = gemm_shape_of(kernels);
        weights_ = pack_gemm_weights(kernels, weights, outputs, depth);
        // Unsigned bytes keep their zero point: its product with the weights goes into the bias.
        std::vector<std::int64_t> correction(outputs, 0);
        if (shape_.bytes)
            for (std::size_t o = 0; o < outputs; ++o)
                for (std::size_t k = 0; k < depth; ++k)
                    correction[o] -= std::int64_t{input_.zero} * weights[o * depth + k];
        requantizers_ = arrays_of(n, l, kernels, outputs, bias_of(n, l), correction);
        if (l.kind == op::conv2d) {
            image_ = true;
            rows_ = static_cast<std::size_t>(y_.shape[1] * y_.shape[2]);
            plain_ = l.kernel_h == 1 && l.kernel_w == 1 && l.stride_h == 1 && l.stride_w == 1 &&
                     (l.pad_top | l.pad_left | l.pad_bottom | l.pad_right) == 0;
        } else {
            rows_ = x_.elements() / depth;
        }
        row_bytes_ = round_up(weights_.steps * 4, 64);
        panel_bytes_ = shape_.rows * row_bytes_;
        stride_ = weights_.blocks * gemm_block;
    }

    std::size_t scratch_bytes() const override {
        return panel_bytes_ + (shape_.rows * stride_ + requantize_block) * 4;
    }

    void run(const std::vector<const std::uint8_t*>& inputs, std::uint8_t* output,
             std::uint8_t* scratch) const override {
        auto* accumulators = reinterpret_cast<std::int32_t*>(scratch + panel_bytes_);
        for (std::size_t first = 0; first < rows_; first += shape_.rows) {
            const std::size_t count = std::min(shape_.rows, rows_ - first);
            for (std::size_t r = 0; r < count; ++r) {
                std::uint8_t* to = scratch + r * row_bytes_;
                if (image_ && !plain_)
                    gather(inputs[0], first + r, to);
                else
                    convert(to, 0, inputs[0] + (first + r) * weights_.depth, weights_.depth);
            }
            gemm(weights_, scratch, row_bytes_, count, accumulators, stride_);
            requantize_rows(requantizers_, accumulators, stride_, count, 0, weights_.outputs,
                            output + first * weights_.outputs, weights_.outputs);
        }
    }

  private:
    static bool fits_int8(const std::vector<std::int16_t>& weights) {
        return std::all_of(weights.begin(), weights.end(),
                           [](std::int16_t w) { return w >= -128 && w <= 127; });
    }

    void convert(std::uint8_t* row, std::size_t at, const std::uint8_t* from,
                 std::size_t count) const {
        if (shape_.bytes)
            copy_flipped(row + at, from, count, input_.flip);
        else
            widen(reinterpret_cast<std::int16_t*>(row) + at, from, count, input_.flip, input_.zero);
    }

    void fill(std::uint8_t* row, std::size_t at, std::size_t count) const {
        if (shape_.bytes)
            std::memset(row + at, input_.zero, count);
        else
            std::memset(reinterpret_cast<std::int16_t*>(row) + at, 0, count * 2);
    }

    /// The samples under the window of one output pixel, in the order of the weights.
    void gather(const std::uint8_t* in, std::size_t pixel, std::uint8_t* row) const {
        const layer& l = layer_;
        const int in_h = x_.shape[1], in_w = x_.shape[2];
        const auto in_c = static_cast<std::size_t>(x_.shape[3]);
        const int out_w = y_.shape[2];
        const int top = static_cast<int>(pixel) / out_w * l.stride_h - l.pad_top;
        const int left = static_cast<int>(pixel) % out_w * l.stride_w - l.pad_left;
        const std::size_t line = static_cast<std::size_t>(l.kernel_w) * in_c;
        std::size_t at = 0;
        for (int ky = 0; ky < l.kernel_h; ++ky, at += line) {
            const int iy = top + ky * l.dilation_h;
            if (iy < 0 || iy >= in_h) {
                fill(row, at, line);
                continue;
            }
            const std::uint8_t* from = in + static_cast<std::size_t>(iy * in_w) * in_c;
            if (l.dilation_w == 1) {
                const int first = std::clamp(-left, 0, l.kernel_w);
                const int last = std::clamp(in_w - left, first, l.kernel_w);
                const std::size_t before = static_cast<std::size_t>(first) * in_c;
                const std::size_t inside = static_cast<std::size_t>(last - first) * in_c;
                fill(row, at, before);
                if (inside > 0)
                    convert(row, at + before, from + static_cast<std::size_t>(left + first) * in_c,
                            inside);
                fill(row, at + before + inside, line - before - inside);
                continue;
            }
            for (int kx = 0; kx < l.kernel_w; ++kx) {
                const int ix = left + kx * l.dilation_w;
                const std::size_t to = at + static_cast<std::size_t>(kx) * in_c;
                if (ix < 0 || ix >= in_w)
                    fill(row, to, in_c);
                else
                    convert(row, to, from + static_cast<std::size_t>(ix) * in_c, in_c);
            }
        }
    }

    const layer& layer_;
    const tensor& x_;
    const tensor& y_;
    unsigned_input input_;
    gemm_shape shape_;
    gemm_weights weights_;
    requantizer_arrays requantizers_;
    bool image_ = false, plain_ = false;
    std::size_t rows_ = 0, row_bytes_ = 0, panel_bytes_ = 0, stride_ = 0;
};

// ---- depthwise convolution
// -----------------------------------------------------------------------

constexpr std::size_t lanes = 8;
using words = std::int16_t __attribute__((vector_size(16)));
using sums = std::int32_t __attribute__((vector_size(32)));

struct depthwise_row {
    const std::int16_t* const* lines;  ///< one line of the input for each row of the kernel
    const std::int16_t* weights;
    std::size_t kernel_h, kernel_w, channels, step, dilation, width;
};

OCELLUS_SIMD_CLONES
void run_depthwise_row(const depthwise_row& d, std::int32_t* __restrict out) {
    for (std::size_t x = 0; x < d.width; ++x)
        for (std::size_t c = 0; c < d.channels; c += lanes) {
            sums sum = {};
            const std::int16_t* w = d.weights + c;
            for (std::size_t ky = 0; ky < d.kernel_h; ++ky) {
                const std::int16_t* line = d.lines[ky] + x * d.step + c;
                for (std::size_t kx = 0; kx < d.kernel_w; ++kx) {
                    words a, b;
                    std::memcpy(&a, line, sizeof a);
                    std::memcpy(&b, w, sizeof b);
                    sum += __builtin_convertvector(a, sums) * __builtin_convertvector(b, sums);
                    line += d.dilation;
                    w += d.channels;
                }
            }
            std::memcpy(out + x * d.channels + c, &sum, sizeof sum);
        }
}

/// The common 3x3 kernel: the weights of eight channels stay in registers along the row.
OCELLUS_SIMD_CLONES
void run_depthwise_row_3x3(const depthwise_row& d, std::int32_t* __restrict out) {
    for (std::size_t c = 0; c < d.channels; c += lanes) {
        sums w[9];
        for (std::size_t t = 0; t < 9; ++t) {
            words v;
            std::memcpy(&v, d.weights + t * d.channels + c, sizeof v);
            w[t] = __builtin_convertvector(v, sums);
        }
        const std::int16_t* const top = d.lines[0] + c;
        const std::int16_t* const middle = d.lines[1] + c;
        const std::int16_t* const bottom = d.lines[2] + c;
        for (std::size_t x = 0; x < d.width; ++x) {
            const std::size_t at = x * d.step;
            words v[9];
            std::memcpy(&v[0], top + at, sizeof v[0]);
            std::memcpy(&v[1], top + at + d.dilation, sizeof v[0]);
            std::memcpy(&v[2], top + at + 2 * d.dilation, sizeof v[0]);
            std::memcpy(&v[3], middle + at, sizeof v[0]);
            std::memcpy(&v[4], middle + at + d.dilation, sizeof v[0]);
            std::memcpy(&v[5], middle + at + 2 * d.dilation, sizeof v[0]);
            std::memcpy(&v[6], bottom + at, sizeof v[0]);
            std::memcpy(&v[7], bottom + at + d.dilation, sizeof v[0]);
            std::memcpy(&v[8], bottom + at + 2 * d.dilation, sizeof v[0]);
            const sums sum = ((__builtin_convertvector(v[0], sums) * w[0] +
                               __builtin_convertvector(v[1], sums) * w[1]) +
                              (__builtin_convertvector(v[2], sums) * w[2] +
                               __builtin_convertvector(v[3], sums) * w[3])) +
                             ((__builtin_convertvector(v[4], sums) * w[4] +
                               __builtin_convertvector(v[5], sums) * w[5]) +
                              (__builtin_convertvector(v[6], sums) * w[6] +
                               __builtin_convertvector(v[7], sums) * w[7])) +
                             __builtin_convertvector(v[8], sums) * w[8];
            std::memcpy(out + x * d.channels + c, &sum, sizeof sum);
        }
    }
}

class packed_depthwise : public packed_layer {
  public:
    packed_depthwise(const network& n, const layer& l, kernel_set kernels)
        : layer_(l), x_(tensor_of(n, l.inputs, 0)), y_(tensor_of(n, l.outputs, 0)), input_(x_) {
        const tensor& w = tensor_of(n, l.inputs, 1);
        const auto channels = static_cast<std::size_t>(y_.shape[3]);
        channels_ = round_up(channels, lanes);
        const std::vector<std::int16_t> weights = centred_weights(w, channels, 1);
        const std::size_t taps = weights.size() / channels;
        weights_.assign(taps * channels_, 0);
        for (std::size_t t = 0; t < taps; ++t)
            for (std::size_t c = 0; c < channels; ++c)
                weights_[t * channels_ + c] = weights[t * channels + c];
        requantizers_ = arrays_of(n, l, kernels, channels, bias_of(n, l), {});
        line_pixels_ = static_cast<std::size_t>(x_.shape[2] + l.pad_left + l.pad_right);
        line_words_ = round_up(line_pixels_ * channels_, 32);
        ring_ = static_cast<std::size_t>((l.kernel_h - 1) * l.dilation_h + 1);
    }

    std::size_t scratch_bytes() const override {
        return (ring_ + 1) * line_words_ * 2 +
               static_cast<std::size_t>(y_.shape[2]) * channels_ * 4 + requantize_block * 4;
    }

    void run(const std::vector<const std::uint8_t*>& inputs, std::uint8_t* output,
             std::uint8_t* scratch) const override {
        const layer& l = layer_;
        auto* zeros = reinterpret_cast<std::int16_t*>(scratch);
        auto* ring = zeros + line_words_;
        auto* accumulators = reinterpret_cast<std::int32_t*>(ring + ring_ * line_words_);
        std::vector<const std::int16_t*> lines(static_cast<std::size_t>(l.kernel_h));
        std::memset(scratch, 0, (ring_ + 1) * line_words_ * 2);
        const auto width = static_cast<std::size_t>(y_.shape[2]);
        const auto channels = static_cast<std::size_t>(y_.shape[3]);
        int converted = 0;  // lines of the input converted so far
        for (int y = 0; y < y_.shape[1]; ++y) {
            const int top = y * l.stride_h - l.pad_top;
            const int needed = std::min(top + static_cast<int>(ring_), x_.shape[1]);
            converted = std::max(converted, std::min(top, x_.shape[1]));
            for (; converted < needed; ++converted)
                convert_line(inputs[0], converted,
                             ring + static_cast<std::size_t>(converted) % ring_ * line_words_);
            for (int ky = 0; ky < l.kernel_h; ++ky) {
                const int iy = top + ky * l.dilation_h;
                lines[static_cast<std::size_t>(ky)] =
                    iy < 0 || iy >= x_.shape[1]
                        ? zeros
                        : ring + static_cast<std::size_t>(iy) % ring_ * line_words_;
            }
            const depthwise_row row{lines.data(),
                                    weights_.data(),
                                    static_cast<std::size_t>(l.kernel_h),
                                    static_cast<std::size_t>(l.kernel_w),
                                    channels_,
                                    static_cast<std::size_t>(l.stride_w) * channels_,
                                    static_cast<std::size_t>(l.dilation_w) * channels_,
                                    width};
            if (l.kernel_h == 3 && l.kernel_w == 3)
                run_depthwise_row_3x3(row, accumulators);
            else
                run_depthwise_row(row, accumulators);
            requantize_rows(requantizers_, accumulators, channels_, width, 0, channels,
                            output + static_cast<std::size_t>(y) * width * channels, channels);
        }
    }

  private:
    /// One input line as int16 minus the zero point, each channel depth_multiplier times, between
    /// margins of zero.
    void convert_line(const std::uint8_t* in, int y, std::int16_t* line) const {
        const auto in_c = static_cast<std::size_t>(x_.shape[3]);
        const auto in_w = static_cast<std::size_t>(x_.shape[2]);
        const std::uint8_t* from = in + static_cast<std::size_t>(y) * in_w * in_c;
        std::int16_t* to = line + static_cast<std::size_t>(layer_.pad_left) * channels_;
        const auto copies = static_cast<std::size_t>(layer_.depth_multiplier);
        if (copies == 1 && in_c == channels_) {
            widen(to, from, in_w * in_c, input_.flip, input_.zero);
            return;
        }
        for (std::size_t x = 0; x < in_w; ++x)
            for (std::size_t c = 0; c < in_c; ++c) {
                const auto q = static_cast<std::int16_t>(
                    static_cast<std::uint8_t>(from[x * in_c + c] ^ input_.flip) - input_.zero);
                for (std::size_t k = 0; k < copies; ++k)
                    to[x * channels_ + c * copies + k] = q;
            }
    }

    const layer& layer_;
    const tensor& x_;
    const tensor& y_;
    unsigned_input input_;
    std::vector<std::int16_t> weights_;
    requantizer_arrays requantizers_;
    std::size_t channels_ = 0, line_pixels_ = 0, line_words_ = 0, ring_ = 0;
};

// ---- addition
// ------------------------------------------------------------------------------------

/// What one input byte adds to the sum: 256 entries for each operand.
OCELLUS_SIMD_CLONES
void add_fixed(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* out, std::size_t count,
               const std::int32_t* __restrict table_a, const std::int32_t* __restrict table_b,
               const addition& sum) {
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

OCELLUS_SIMD_CLONES
void add_real(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* out, std::size_t count,
              const float* __restrict table_a, const float* __restrict table_b,
              const addition& sum) {
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

class packed_addition : public packed_layer {
  public:
    packed_addition(const network& n, const layer& l)
        : sum_(addition_of(n, l)), count_(tensor_of(n, l.outputs, 0).elements()) {
        const tensor& a = tensor_of(n, l.inputs, 0);
        const tensor& b = tensor_of(n, l.inputs, 1);
        fill(a, sum_.a, sum_.zero_a, sum_.scale_a, fixed_a_, real_a_);
        fill(b, sum_.b, sum_.zero_b, sum_.scale_b, fixed_b_, real_b_);
    }
    void run(const std::vector<const std::uint8_t*>& inputs, std::uint8_t* output,
             std::uint8_t*) const override {
        if (in_float32(sum_.how))
            add_real(inputs[0], inputs[1], output, count_, real_a_, real_b_, sum_);
        else
            add_fixed(inputs[0], inputs[1], output, count_, fixed_a_, fixed_b_, sum_);
    }

  private:
    static void fill(const tensor& t, fixed_multiplier m, std::int32_t zero, float scale,
                     std::int32_t* fixed, float* real) {
        for (int i = 0; i < 256; ++i) {
            const std::int32_t q = t.type == element::int8 ? static_cast<std::int8_t>(i) : i;
            fixed[i] = multiply_twice_rounded((q - zero) * (1 << addition::left_shift), m);
            real[i] = static_cast<float>(q - zero) * scale;
        }
    }
    addition sum_;
    std::size_t count_;
    std::int32_t fixed_a_[256], fixed_b_[256];
    float real_a_[256], real_b_[256];
};

// ---- pooling and one-to-one maps
// -----------------------------------------------------------------

OCELLUS_SIMD_CLONES
void accumulate_largest(std::uint8_t* __restrict best, const std::uint8_t* __restrict in,
                        std::size_t count, std::uint8_t flip) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto q = static_cast<std::uint8_t>(in[i] ^ flip);
        best[i] = q > best[i] ? q : best[i];
    }
}

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

std::unique_ptr<packed_layer> pack_layer(const network& n, const layer& l, kernel_set kernels) {
    if (kernels == kernel_set::reference)
        return nullptr;
    // Fast kernels take and give bytes.
    for (int t : {l.inputs.at(0), l.outputs.at(0)})
        if (t < 0 || (n.tensors[static_cast<std::size_t>(t)].type != element::int8 &&
                      n.tensors[static_cast<std::size_t>(t)].type != element::uint8))
            return nullptr;
    // One rounding has no vector code; one-to-one maps go through the reference's table.
    const bool once = n.arithmetic == rounding::tflite_single_rounding;
    const auto grouped = [&] {
        return tensor_of(n, l.inputs, 1).shape[3] != tensor_of(n, l.inputs, 0).shape[3];
    };
    switch (l.kind) {
        case op::conv2d:
            if (once || grouped())
                return nullptr;
            return std::make_unique<packed_product>(n, l, kernels);
        case op::fully_connected:
            if (once)
                return nullptr;
            return std::make_unique<packed_product>(n, l, kernels);
        case op::depthwise_conv2d:
            if (once)
                return nullptr;
            return std::make_unique<packed_depthwise>(n, l, kernels);
        case op::add:
            if (once || tensor_of(n, l.inputs, 0).shape != tensor_of(n, l.outputs, 0).shape ||
                tensor_of(n, l.inputs, 1).shape != tensor_of(n, l.outputs, 0).shape)
                return nullptr;
            return std::make_unique<packed_addition>(n, l);
        case op::max_pool:
            return std::make_unique<packed_max_pool>(n, l);
        case op::relu:
        case op::quantize:
        case op::logistic:
        case op::tanh:
        case op::leaky_relu:
        case op::hard_swish:
        case op::swish:
            return std::make_unique<packed_map>(n, l);
        default:
            return nullptr;
    }
}

}  // namespace ocellus::dsp
