// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "dsp/network/check.h"
#include "dsp/network/graph_edit.h"
#include "dsp/network/reader.h"
#include "tflite_subset_generated.h"

namespace ocellus::dsp {
namespace {

/// Operator numbers of the format, with those that a refusal should be able to name.
enum builtin : int {
    builtin_add = 0,
    builtin_average_pool_2d = 1,
    builtin_concatenation = 2,
    builtin_conv_2d = 3,
    builtin_depthwise_conv_2d = 4,
    builtin_dequantize = 6,
    builtin_fully_connected = 9,
    builtin_logistic = 14,
    builtin_max_pool_2d = 17,
    builtin_relu = 19,
    builtin_relu6 = 21,
    builtin_reshape = 22,
    builtin_softmax = 25,
    builtin_mul = 18,
    builtin_resize_bilinear = 23,
    builtin_tanh = 28,
    builtin_custom = 32,
    builtin_transpose = 39,
    builtin_sub = 41,
    builtin_strided_slice = 45,
    builtin_split = 49,
    builtin_maximum = 55,
    builtin_minimum = 57,
    builtin_slice = 65,
    builtin_transpose_conv = 67,
    builtin_pack = 83,
    builtin_unpack = 88,
    builtin_resize_nearest = 97,
    builtin_leaky_relu = 98,
    builtin_split_v = 102,
    builtin_hard_swish = 117,
    builtin_pad = 34,
    builtin_mean = 40,
    builtin_squeeze = 43,
    builtin_expand_dims = 70,
    builtin_quantize = 114,
};

struct builtin_name {
    int code;
    const char* name;
};
constexpr builtin_name builtin_names[] = {
    {0, "ADD"},
    {1, "AVERAGE_POOL_2D"},
    {2, "CONCATENATION"},
    {3, "CONV_2D"},
    {4, "DEPTHWISE_CONV_2D"},
    {5, "DEPTH_TO_SPACE"},
    {6, "DEQUANTIZE"},
    {7, "EMBEDDING_LOOKUP"},
    {8, "FLOOR"},
    {9, "FULLY_CONNECTED"},
    {11, "L2_NORMALIZATION"},
    {14, "LOGISTIC"},
    {16, "LSTM"},
    {17, "MAX_POOL_2D"},
    {18, "MUL"},
    {19, "RELU"},
    {20, "RELU_N1_TO_1"},
    {21, "RELU6"},
    {22, "RESHAPE"},
    {23, "RESIZE_BILINEAR"},
    {24, "RNN"},
    {25, "SOFTMAX"},
    {26, "SPACE_TO_DEPTH"},
    {27, "SVDF"},
    {28, "TANH"},
    {34, "PAD"},
    {36, "GATHER"},
    {37, "BATCH_TO_SPACE_ND"},
    {38, "SPACE_TO_BATCH_ND"},
    {39, "TRANSPOSE"},
    {40, "MEAN"},
    {41, "SUB"},
    {42, "DIV"},
    {43, "SQUEEZE"},
    {44, "UNIDIRECTIONAL_SEQUENCE_LSTM"},
    {45, "STRIDED_SLICE"},
    {47, "EXP"},
    {48, "TOPK_V2"},
    {49, "SPLIT"},
    {50, "LOG_SOFTMAX"},
    {53, "CAST"},
    {54, "PRELU"},
    {55, "MAXIMUM"},
    {56, "ARG_MAX"},
    {57, "MINIMUM"},
    {59, "NEG"},
    {60, "PADV2"},
    {65, "SLICE"},
    {67, "TRANSPOSE_CONV"},
    {70, "EXPAND_DIMS"},
    {74, "SUM"},
    {75, "SQRT"},
    {77, "SHAPE"},
    {78, "POW"},
    {82, "REDUCE_MAX"},
    {83, "PACK"},
    {88, "UNPACK"},
    {97, "RESIZE_NEAREST_NEIGHBOR"},
    {98, "LEAKY_RELU"},
    {99, "SQUARED_DIFFERENCE"},
    {100, "MIRROR_PAD"},
    {102, "SPLIT_V"},
    {114, "QUANTIZE"},
    {117, "HARD_SWISH"},
    {118, "IF"},
    {119, "WHILE"},
    {126, "BATCH_MATMUL"},
};

enum activation_code : int { no_activation = 0, relu = 1, relu_n1_to_1 = 2, relu6 = 3 };

class tflite_reader {
  public:
    tflite_reader(const std::string& bytes, const std::string& file) : bytes_(bytes), file_(file) {}

    network read() {
        flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes_.data()),
                                       bytes_.size(), 64, 10'000'000);
        if (bytes_.size() < 8 || !tfl::modelBufferHasIdentifier(bytes_.data()))
            fail_network(file_, "not a TensorFlow Lite file: \"TFL3\" is missing at byte 4");
        if (!tfl::VerifymodelBuffer(verifier))
            fail_network(file_,
                         fmt::format("the TensorFlow Lite file is truncated or damaged ({} bytes)",
                                     bytes_.size()));
        model_ = tfl::Getmodel(bytes_.data());
        if (model_->version() != 3)
            fail_network(file_, fmt::format("TensorFlow Lite schema version {}, expected 3",
                                            model_->version()));
        const auto* graphs = model_->subgraphs();
        if (!graphs || graphs->size() != 1)
            fail_network(file_,
                         fmt::format("{} subgraphs, expected 1", graphs ? graphs->size() : 0));
        graph_ = graphs->Get(0);
        codes_ = model_->operator_codes();
        buffers_ = model_->buffers();
        n_.source = file_;
        n_.name = text(graph_->name());
        n_.arithmetic = rounding::tflite_ref;
        read_tensors();
        n_.inputs = indices(graph_->inputs());
        n_.outputs = indices(graph_->outputs());
        for (int i : n_.inputs)
            tensor_at(i);
        for (int i : n_.outputs)
            tensor_at(i);
        if (const auto* layers = graph_->operators())
            for (index_ = 0; index_ < layers->size(); ++index_)
                read_layer(*layers->Get(index_));
        if (n_.layers.empty())
            fail_network(file_, "the network has no layers");
        remove_dead_layers(n_);
        remove_unused_tensors(n_);
        check_network(n_, file_);
        return std::move(n_);
    }

  private:
    static std::vector<int> indices(const flatbuffers::Vector<std::int32_t>* v) {
        std::vector<int> out;
        if (v)
            out.assign(v->data(), v->data() + v->size());
        return out;
    }
    static std::string text(const flatbuffers::String* s) { return s ? s->str() : std::string(); }

    tensor& tensor_at(int i) {
        if (i < 0 || static_cast<std::size_t>(i) >= n_.tensors.size())
            fail_network(file_,
                         fmt::format("tensor index {} is out of range, the file has {} tensors", i,
                                     n_.tensors.size()));
        return n_.tensors[static_cast<std::size_t>(i)];
    }

    void read_tensors() {
        const auto* tensors = graph_->tensors();
        if (!tensors)
            fail_network(file_, "the network has no tensors");
        for (const tfl::tensor* t : *tensors) {
            tensor out;
            out.name = text(t->name());
            out.shape = indices(t->shape());
            // A dimension of -1 in the signature is what the exporter left open; the shape holds
            // the size it assumed.
            int code = t->type();
            types_.push_back(code);
            switch (code) {
                case 0:
                    out.type = element::float32;
                    break;
                case 2:
                    out.type = element::int32;
                    break;
                case 3:
                    out.type = element::uint8;
                    break;
                case 7:
                    out.type = element::int16;
                    break;
                case 9:
                    out.type = element::int8;
                    break;
                default:
                    // Judged when a layer uses it.
                    out.type = element::float32;
                    break;
            }
            const tfl::quantization_parameters* q = t->quantization();
            quantized_dimension_.push_back(q ? q->quantized_dimension() : 0);
            const flatbuffers::Vector<float>* scales = q ? q->scale() : nullptr;
            if (scales) {
                for (float s : *scales)
                    out.quant.scale.push_back(s);
                out.quant.zero_point.assign(out.quant.scale.size(), 0);
                const flatbuffers::Vector<std::int64_t>* zeros = q->zero_point();
                if (zeros && zeros->size() == out.quant.scale.size())
                    for (flatbuffers::uoffset_t i = 0; i < zeros->size(); ++i)
                        out.quant.zero_point[i] = static_cast<std::int32_t>(
                            std::clamp<std::int64_t>(zeros->Get(i), -100000, 100000));
            }
            if (buffers_ && t->buffer() < buffers_->size() && t->buffer() != 0)
                if (const auto* data = buffers_->Get(t->buffer())->data())
                    out.data.assign(data->data(), data->data() + data->size());
            n_.tensors.push_back(std::move(out));
        }
    }

    static std::string operator_name(int code) {
        for (const builtin_name& b : builtin_names)
            if (b.code == code)
                return b.name;
        return fmt::format("number {}", code);
    }

    [[noreturn]] void bad(const std::string& message) const {
        fail_network(file_, fmt::format("layer {} ({} '{}'): {}", index_, kind_, name_, message));
    }

    tensor& input(const layer& l, std::size_t k) {
        if (k >= l.inputs.size())
            bad(fmt::format("has {} inputs, expected at least {}", l.inputs.size(), k + 1));
        return tensor_at(l.inputs[k]);
    }

    bool is_float(const tensor& t) const { return !t.constant() && (t.type == element::float32); }

    /// The integers of a small constant (axes, paddings).
    std::vector<std::int64_t> integers(int index) {
        const tensor& t = tensor_at(index);
        const int code = types_[static_cast<std::size_t>(index)];
        const std::size_t width = code == 4 ? 8 : 4;
        if (!t.constant() || (code != 2 && code != 4) || t.data.size() % width != 0 ||
            t.data.size() > 1024)
            bad(fmt::format("'{}' must be a constant list of integers", t.name));
        std::vector<std::int64_t> values;
        for (std::size_t i = 0; i < t.data.size(); i += width) {
            std::int64_t wide = 0;
            std::int32_t narrow = 0;
            if (width == 8)
                std::memcpy(&wide, t.data.data() + i, 8);
            else
                std::memcpy(&narrow, t.data.data() + i, 4);
            values.push_back(width == 8 ? wide : narrow);
        }
        return values;
    }

    template <typename Options>
    const Options& options(const Options* o) const {
        if (!o)
            bad("its options are missing");
        return *o;
    }

    void set_activation(layer& l, int code) {
        constexpr float unbounded = std::numeric_limits<float>::infinity();
        const tensor& y = tensor_at(l.outputs.at(0));
        switch (code) {
            case no_activation:
                clamp_to_real_range(y, -unbounded, unbounded, l.clamp_min, l.clamp_max);
                return;
            case relu:
                clamp_to_real_range(y, 0.0f, unbounded, l.clamp_min, l.clamp_max);
                return;
            case relu_n1_to_1:
                clamp_to_real_range(y, -1.0f, 1.0f, l.clamp_min, l.clamp_max);
                return;
            case relu6:
                clamp_to_real_range(y, 0.0f, 6.0f, l.clamp_min, l.clamp_max);
                return;
            default:
                bad(fmt::format("fused activation number {} is not supported", code));
        }
    }

    void set_padding(layer& l, int padding) {
        const tensor& x = input(l, 0);
        if (padding != 0 && padding != 1)
            bad(fmt::format("padding number {} is not supported", padding));
        if (x.shape.size() != 4)
            bad(fmt::format("its input has {} dimensions, expected 4", x.shape.size()));
        if (padding != 0)
            return;
        for (int v : {l.kernel_h, l.kernel_w, l.stride_h, l.stride_w, l.dilation_h, l.dilation_w})
            if (v < 1)
                bad(fmt::format("has a kernel, stride or dilation of {}", v));
        int total = 0;
        l.pad_top = same_padding(x.shape[1], l.kernel_h, l.stride_h, l.dilation_h, total);
        l.pad_bottom = total - l.pad_top;
        l.pad_left = same_padding(x.shape[2], l.kernel_w, l.stride_w, l.dilation_w, total);
        l.pad_right = total - l.pad_left;
    }

    void set_kernel_from_weights(layer& l) {
        const tensor& w = input(l, 1);
        if (w.shape.size() != 4)
            bad(fmt::format("its weights have {} dimensions, expected 4", w.shape.size()));
        l.kernel_h = w.shape[1];
        l.kernel_w = w.shape[2];
    }

    void require_channel_axis(const layer& l, int axis) {
        const auto index = static_cast<std::size_t>(l.inputs.at(1));
        const int actual = quantized_dimension_[index];
        if (n_.tensors[index].quant.scale.size() > 1 && actual != axis)
            bad(fmt::format("its weights are quantized along dimension {}, expected {}", actual,
                            axis));
    }

    int add_tensor(const tensor& like, std::vector<int> shape) {
        tensor t;
        t.name = like.name + "/part";
        t.shape = std::move(shape);
        t.type = like.type;
        t.quant = like.quant;
        n_.tensors.push_back(std::move(t));
        return static_cast<int>(n_.tensors.size()) - 1;
    }

    void add_reshape(int from, int to) {
        layer l;
        l.kind = op::reshape;
        l.name = name_;
        l.inputs = {from};
        l.outputs = {to};
        set_activation(l, no_activation);
        n_.layers.push_back(std::move(l));
    }
    int reshaped(int from, std::vector<int> shape) {
        const tensor like = tensor_at(from);
        const int to = add_tensor(like, std::move(shape));
        add_reshape(from, to);
        return to;
    }

    /// A slice of input `x` with `size` entries of each dimension, to tensor `y`, whose shape may
    /// leave out dimensions of one.
    void add_slice(int x, std::vector<int> begin, std::vector<int> steps, std::vector<int> size,
                   int y) {
        layer l;
        l.kind = op::slice;
        l.name = name_;
        l.inputs = {x};
        l.begin = std::move(begin);
        l.steps = std::move(steps);
        const bool direct = tensor_at(y).shape == size;
        const tensor like = tensor_at(y);
        l.outputs = {direct ? y : add_tensor(like, std::move(size))};
        set_activation(l, no_activation);
        const int made = l.outputs[0];
        n_.layers.push_back(std::move(l));
        if (!direct)
            add_reshape(made, y);
    }

    /// SPLIT, SPLIT_V and UNPACK: one slice for each output.
    void read_parts(const tfl::layer& source, const layer& l, int kind) {
        const std::size_t place = kind == builtin_split ? 1 : 0;
        input(l, place);
        const int x = l.inputs[place];
        const std::vector<int> shape = tensor_at(x).shape;
        std::int64_t axis = 0;
        if (kind == builtin_unpack) {
            axis = options(source.options_as_unpack()).axis();
        } else {
            const std::size_t axis_place = kind == builtin_split ? 0 : 2;
            input(l, axis_place);
            const std::vector<std::int64_t> list = integers(l.inputs[axis_place]);
            if (list.size() != 1)
                bad("its axis must be one integer");
            axis = list[0];
        }
        axis = axis < 0 ? axis + static_cast<std::int64_t>(shape.size()) : axis;
        if (axis < 0 || axis >= static_cast<std::int64_t>(shape.size()))
            bad(fmt::format("splits along axis {}", axis));
        const auto at = static_cast<std::size_t>(axis);
        int first = 0;
        for (int y : l.outputs) {
            std::vector<int> begin(shape.size(), 0), size = shape;
            begin[at] = first;
            const std::vector<int>& part = tensor_at(y).shape;
            size[at] = kind == builtin_unpack ? 1 : at < part.size() ? part[at] : 0;
            first += size[at];
            if (size[at] < 1 || first > shape[at])
                bad("its outputs do not fit its input");
            add_slice(x, std::move(begin), std::vector<int>(shape.size(), 1), std::move(size), y);
        }
    }

    void read_slice(const tfl::layer& source, const layer& l, int kind) {
        const std::vector<int> shape = tensor_at(l.inputs.at(0)).shape;
        const auto list = [&](std::size_t k) {
            input(l, k);
            std::vector<std::int64_t> v = integers(l.inputs[k]);
            if (v.size() != shape.size())
                bad(fmt::format("slices {} dimensions of {}", v.size(), shape.size()));
            return v;
        };
        std::vector<int> begin, steps, size;
        const std::vector<std::int64_t> first = list(1), last = list(2);
        std::vector<std::int64_t> step(shape.size(), 1);
        int begin_mask = 0, end_mask = 0, shrink = 0;
        if (kind == builtin_strided_slice) {
            step = list(3);
            const auto& o = options(source.options_as_strided_slice());
            if (o.ellipsis_mask() != 0 || o.new_axis_mask() != 0)
                bad("ellipsis and new axes are not supported");
            begin_mask = o.begin_mask();
            end_mask = o.end_mask();
            shrink = o.shrink_axis_mask();
        }
        for (std::size_t d = 0; d < shape.size(); ++d) {
            const std::int64_t extent = shape[d];
            const auto bit = [&](int mask) { return d < 31 && ((mask >> d) & 1) != 0; };
            std::int64_t from = first[d], to = last[d];
            if (kind == builtin_slice) {
                to = to < 0 ? extent : from + std::min(to, extent);
            } else {
                if (step[d] < 1)
                    bad(fmt::format("has a step of {}, expected a positive one", step[d]));
                from = bit(begin_mask) ? 0 : from < 0 ? from + extent : from;
                to = bit(end_mask) ? extent : to < 0 ? to + extent : to;
                if (bit(shrink))
                    to = from + 1;
            }
            to = std::min(to, extent);
            if (from < 0 || from >= to)
                bad(fmt::format("takes nothing of dimension {}", d));
            begin.push_back(static_cast<int>(from));
            steps.push_back(static_cast<int>(std::min<std::int64_t>(step[d], extent)));
            size.push_back(static_cast<int>((to - from + step[d] - 1) / step[d]));
        }
        add_slice(l.inputs[0], std::move(begin), std::move(steps), std::move(size), l.outputs[0]);
    }

    void read_layer(const tfl::layer& source) {
        if (!codes_ || source.opcode_index() >= codes_->size())
            fail_network(file_, fmt::format("layer {}: operator index {} is out of range", index_,
                                            source.opcode_index()));
        const tfl::operator_code& code = *codes_->Get(source.opcode_index());
        // Writers before 2020 fill only the byte-sized field, later ones both.
        const int kind = std::max<int>(code.deprecated_builtin_code(), code.builtin_code());
        kind_ = kind == builtin_custom ? "custom operator " + text(code.custom_code())
                                       : operator_name(kind);
        layer l;
        l.inputs = indices(source.inputs());
        l.outputs = indices(source.outputs());
        name_ = l.outputs.empty() ? "?" : tensor_at(l.outputs[0]).name;
        l.name = name_;
        for (int i : l.inputs)
            if (i != -1)
                tensor_at(i);
        for (int i : l.outputs)
            tensor_at(i);
        if (kind == builtin_split || kind == builtin_split_v || kind == builtin_unpack) {
            read_parts(source, l, kind);
            return;
        }
        if (l.outputs.size() != 1)
            bad(fmt::format("has {} outputs: this operator is not supported", l.outputs.size()));
        const tensor& y = tensor_at(l.outputs[0]);
        const tensor& x = input(l, kind == builtin_transpose_conv ? 2 : 0);

        if (kind == builtin_quantize && is_float(x)) {
            const auto at = std::find(n_.inputs.begin(), n_.inputs.end(), l.inputs[0]);
            if (at != n_.inputs.end()) {
                *at = l.outputs[0];
                return;
            }
        }
        if (kind == builtin_dequantize && is_float(y) && !is_float(x)) {
            const auto at = std::find(n_.outputs.begin(), n_.outputs.end(), l.outputs[0]);
            if (at != n_.outputs.end()) {
                *at = l.inputs[0];
                return;
            }
        }
        if (is_float(x) || is_float(y))
            bad("works on float numbers, and is the first such layer: the network is not int8, "
                "quantize it "
                "first");

        switch (kind) {
            case builtin_conv_2d: {
                l.kind = op::conv2d;
                const auto& o = options(source.options_as_conv_2d());
                set_kernel_from_weights(l);
                require_channel_axis(l, 0);
                l.stride_h = o.stride_h();
                l.stride_w = o.stride_w();
                l.dilation_h = o.dilation_h();
                l.dilation_w = o.dilation_w();
                set_padding(l, o.padding());
                set_activation(l, o.activation());
                break;
            }
            case builtin_depthwise_conv_2d: {
                l.kind = op::depthwise_conv2d;
                const auto& o = options(source.options_as_depthwise_conv_2d());
                set_kernel_from_weights(l);
                require_channel_axis(l, 3);
                l.stride_h = o.stride_h();
                l.stride_w = o.stride_w();
                l.dilation_h = o.dilation_h();
                l.dilation_w = o.dilation_w();
                l.depth_multiplier = o.depth_multiplier();
                set_padding(l, o.padding());
                set_activation(l, o.activation());
                break;
            }
            case builtin_fully_connected: {
                l.kind = op::fully_connected;
                const auto& o = options(source.options_as_fully_connected());
                if (o.weights_format() != 0)
                    bad("shuffled weights are not supported");
                require_channel_axis(l, 0);
                set_activation(l, o.activation());
                break;
            }
            case builtin_add: {
                l.kind = op::add;
                const auto* o = source.options_as_add();
                for (std::size_t k = 0; k < 2; ++k)
                    if (input(l, k).constant() && y.shape.size() >= input(l, k).shape.size())
                        broadcast_constant(input(l, k), y.shape);
                set_activation(l, o ? o->activation() : 0);
                break;
            }
            case builtin_sub:
            case builtin_mul:
            case builtin_maximum:
            case builtin_minimum: {
                l.kind = kind == builtin_sub       ? op::sub
                         : kind == builtin_mul     ? op::mul
                         : kind == builtin_maximum ? op::maximum
                                                   : op::minimum;
                const auto* o = kind == builtin_sub   ? source.options_as_sub()
                                : kind == builtin_mul ? source.options_as_mul()
                                                      : nullptr;
                set_activation(l, o ? o->activation() : 0);
                break;
            }
            case builtin_transpose_conv: {
                l.kind = op::transpose_conv2d;
                const auto& o = options(source.options_as_transpose_conv());
                input(l, 2);
                // The format has the output's shape first, then weights, input and bias.
                const int bias = l.inputs.size() > 3 ? l.inputs[3] : -1;
                l.inputs = {l.inputs[2], l.inputs[1], bias};
                set_kernel_from_weights(l);
                require_channel_axis(l, 0);
                l.stride_h = o.stride_h();
                l.stride_w = o.stride_w();
                if (l.stride_h < 1 || l.stride_w < 1)
                    bad("has a stride below 1");
                if (y.shape.size() != 4)
                    bad(fmt::format("its output has {} dimensions, expected 4", y.shape.size()));
                if (o.padding() == 0) {
                    int total = 0;
                    l.pad_top = same_padding(y.shape[1], l.kernel_h, l.stride_h, 1, total);
                    l.pad_bottom = total - l.pad_top;
                    l.pad_left = same_padding(y.shape[2], l.kernel_w, l.stride_w, 1, total);
                    l.pad_right = total - l.pad_left;
                }
                set_activation(l, o.activation());
                break;
            }
            case builtin_resize_nearest: {
                l.kind = op::resize_nearest;
                const auto* o = source.options_as_resize_nearest();
                l.align_corners = o && o->align_corners();
                l.half_pixel_centers = o && o->half_pixel_centers();
                l.inputs.resize(1);
                set_activation(l, no_activation);
                break;
            }
            case builtin_resize_bilinear: {
                l.kind = op::resize_bilinear;
                const auto* o = source.options_as_resize_bilinear();
                l.align_corners = o && o->align_corners();
                l.half_pixel_centers = o && o->half_pixel_centers();
                l.inputs.resize(1);
                set_activation(l, no_activation);
                break;
            }
            case builtin_transpose: {
                l.kind = op::transpose;
                input(l, 1);
                for (std::int64_t a : integers(l.inputs[1]))
                    l.axes.push_back(static_cast<int>(std::clamp<std::int64_t>(a, -1, 64)));
                l.inputs.resize(1);
                set_activation(l, no_activation);
                break;
            }
            case builtin_slice:
            case builtin_strided_slice:
                read_slice(source, l, kind);
                return;
            case builtin_pack: {
                l.kind = op::concat;
                const auto& o = options(source.options_as_pack());
                l.axis = o.axis() < 0 ? o.axis() + static_cast<int>(y.shape.size()) : o.axis();
                if (l.axis < 0 || static_cast<std::size_t>(l.axis) >= y.shape.size())
                    bad(fmt::format("stacks along axis {}", o.axis()));
                // Each part with a dimension of one, then a concatenation along it.
                const std::size_t rank = y.shape.size();
                for (int& part : l.inputs) {
                    std::vector<int> shape = tensor_at(part).shape;
                    if (shape.size() + 1 != rank)
                        bad("its inputs and its output do not fit");
                    shape.insert(shape.begin() + l.axis, 1);
                    part = reshaped(part, std::move(shape));
                }
                set_activation(l, no_activation);
                break;
            }
            case builtin_tanh:
                l.kind = op::tanh;
                set_activation(l, no_activation);
                break;
            case builtin_hard_swish:
                l.kind = op::hard_swish;
                set_activation(l, no_activation);
                break;
            case builtin_leaky_relu:
                l.kind = op::leaky_relu;
                l.alpha = options(source.options_as_leaky_relu()).alpha();
                set_activation(l, no_activation);
                break;
            case builtin_average_pool_2d:
            case builtin_max_pool_2d: {
                l.kind = kind == builtin_max_pool_2d ? op::max_pool : op::average_pool;
                const auto& o = options(source.options_as_pool_2d());
                l.kernel_h = o.filter_height();
                l.kernel_w = o.filter_width();
                l.stride_h = o.stride_h();
                l.stride_w = o.stride_w();
                set_padding(l, o.padding());
                set_activation(l, o.activation());
                break;
            }
            case builtin_mean: {
                l.kind = op::mean;
                input(l, 1);
                std::vector<std::int64_t> axes = integers(l.inputs[1]);
                for (std::int64_t& a : axes)
                    a = a < 0 ? a + static_cast<std::int64_t>(x.shape.size()) : a;
                std::sort(axes.begin(), axes.end());
                if (axes != std::vector<std::int64_t>{1, 2} || x.shape.size() != 4)
                    bad("only the mean over height and width of a 4-dimensional tensor is "
                        "supported");
                l.inputs.resize(1);
                set_activation(l, no_activation);
                break;
            }
            case builtin_pad: {
                l.kind = op::pad;
                input(l, 1);
                const std::vector<std::int64_t> p = integers(l.inputs[1]);
                if (p.size() != 8 || p[0] != 0 || p[1] != 0 || p[6] != 0 || p[7] != 0)
                    bad("only padding of height and width of a 4-dimensional tensor is supported");
                for (std::size_t k = 2; k < 6; ++k) {
                    if (p[k] < 0 || p[k] > 1 << 20)
                        bad(fmt::format("has a padding of {}", p[k]));
                    l.paddings.push_back(static_cast<int>(p[k]));
                }
                l.inputs.resize(1);
                set_activation(l, no_activation);
                break;
            }
            case builtin_reshape:
            case builtin_squeeze:
            case builtin_expand_dims:
                l.kind = op::reshape;
                l.inputs.resize(1);
                set_activation(l, no_activation);
                break;
            case builtin_softmax: {
                l.kind = op::softmax;
                l.beta = options(source.options_as_softmax()).beta();
                set_activation(l, no_activation);
                break;
            }
            case builtin_logistic:
                l.kind = op::logistic;
                set_activation(l, no_activation);
                break;
            case builtin_relu:
                l.kind = op::relu;
                set_activation(l, relu);
                break;
            case builtin_relu6:
                l.kind = op::relu;
                set_activation(l, relu6);
                break;
            case builtin_quantize:
                l.kind = op::quantize;
                set_activation(l, no_activation);
                break;
            case builtin_dequantize:
                l.kind = op::dequantize;
                break;
            case builtin_concatenation: {
                l.kind = op::concat;
                const auto& o = options(source.options_as_concatenation());
                l.axis = o.axis() < 0 ? o.axis() + static_cast<int>(y.shape.size()) : o.axis();
                set_activation(l, o.activation());
                break;
            }
            default:
                bad("this operator is not supported");
        }
        n_.layers.push_back(std::move(l));
    }

    const std::string& bytes_;
    const std::string& file_;
    const tfl::model* model_ = nullptr;
    const tfl::subgraph* graph_ = nullptr;
    const flatbuffers::Vector<flatbuffers::Offset<tfl::operator_code>>* codes_ = nullptr;
    const flatbuffers::Vector<flatbuffers::Offset<tfl::buffer>>* buffers_ = nullptr;
    network n_;
    std::vector<int> types_;
    std::vector<int> quantized_dimension_;
    flatbuffers::uoffset_t index_ = 0;
    std::string kind_;
    std::string name_;
};

}  // namespace

network read_tflite(const std::string& bytes, const std::string& file_name) {
    return tflite_reader(bytes, file_name).read();
}

}  // namespace ocellus::dsp
