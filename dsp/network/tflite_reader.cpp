// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "dsp/network/check.h"
#include "dsp/network/graph_edit.h"
#include "dsp/network/narrow_numbers.h"
#include "dsp/network/reader.h"
#include "dsp/network/tflite_graph.h"

namespace ocellus::dsp::tflite_detail {

namespace {

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
    {71, "EQUAL"},
    {72, "NOT_EQUAL"},
    {58, "LESS"},
    {61, "GREATER"},
    {62, "GREATER_EQUAL"},
    {63, "LESS_EQUAL"},
    {79, "ARG_MIN"},
    {89, "REDUCE_MIN"},
    {120, "NON_MAX_SUPPRESSION_V4"},
    {121, "NON_MAX_SUPPRESSION_V5"},
    {10, "HASHTABLE_LOOKUP"},
    {13, "LOCAL_RESPONSE_NORMALIZATION"},
    {64, "SELECT"},
    {66, "SIN"},
    {69, "TILE"},
    {73, "LOG"},
    {76, "RSQRT"},
    {81, "REDUCE_PROD"},
    {84, "LOGICAL_OR"},
    {85, "ONE_HOT"},
    {86, "LOGICAL_AND"},
    {87, "LOGICAL_NOT"},
    {90, "FLOOR_DIV"},
    {92, "SQUARE"},
    {94, "FILL"},
    {101, "ABS"},
    {105, "REVERSE_V2"},
    {107, "GATHER_ND"},
    {109, "WHERE"},
    {111, "ELU"},
    {116, "ROUND"},
    {123, "SELECT_V2"},
    {128, "CUMSUM"},
    {130, "BROADCAST_TO"},
    {141, "CONV_3D"},
    {150, "GELU"},
    {126, "BATCH_MATMUL"},
};

}  // namespace

network tflite_reader::read() {
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
        fail_network(
            file_, fmt::format("TensorFlow Lite schema version {}, expected 3", model_->version()));
    const auto* graphs = model_->subgraphs();
    if (!graphs || graphs->size() != 1)
        fail_network(file_, fmt::format("{} subgraphs, expected 1", graphs ? graphs->size() : 0));
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
    finding_list found;
    found.run([&] { read_weight_bits(); });
    if (const auto* layers = graph_->operators())
        for (index_ = 0; index_ < layers->size(); ++index_) {
            const tfl::layer& source = *layers->Get(index_);
            const std::size_t before = n_.layers.size();
            const std::vector<int> in = indices(source.inputs()), out = indices(source.outputs());
            const auto said = [&](int i) { return refused(i); };
            const bool behind = std::any_of(in.begin(), in.end(), said) ||
                                std::any_of(out.begin(), out.end(), said);
            if (!behind && found.run([&] { read_layer(source); })) {
                for (std::size_t k = before; k < n_.layers.size(); ++k)
                    n_.layers[k].place = static_cast<int>(index_);
                continue;
            }
            n_.layers.resize(before);
            for (int i : out)
                if (valid(i))
                    refused_.missing.push_back(i);
            for (int i : in)
                if (valid(i))
                    refused_.wanted.push_back(i);
        }
    if (!found.empty())
        check_rest(n_, refused_, file_, found);
    found.raise(file_);
    if (n_.layers.empty())
        fail_network(file_, "the network has no layers");
    remove_dead_layers(n_);
    remove_unused_tensors(n_);
    check_network(n_, file_);
    return std::move(n_);
}

std::vector<int> tflite_reader::indices(const flatbuffers::Vector<std::int32_t>* v) {
    std::vector<int> out;
    if (v)
        out.assign(v->data(), v->data() + v->size());
    return out;
}

tensor& tflite_reader::tensor_at(int i) {
    if (i < 0 || static_cast<std::size_t>(i) >= n_.tensors.size())
        fail_network(file_, fmt::format("tensor index {} is out of range, the file has {} tensors",
                                        i, n_.tensors.size()));
    return n_.tensors[static_cast<std::size_t>(i)];
}

/// Signed numbers of 4 or 2 bits as bytes; the last byte may have room that holds none.
std::vector<std::uint8_t> tflite_reader::unpacked(const tensor& t) {
    std::vector<std::uint8_t> bytes =
        unpacked_numbers(t.data.data(), t.data.size() * (8 / t.bits), t.bits, true);
    std::int64_t count = 1;
    for (int d : t.shape)
        count = d < 0 || count > std::int64_t{1} << 28 ? 0 : count * d;
    const auto room = static_cast<std::int64_t>(bytes.size()) - count;
    if (room > 0 && room < static_cast<std::int64_t>(8 / t.bits))
        bytes.resize(static_cast<std::size_t>(count));
    return bytes;
}

void tflite_reader::read_tensors() {
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
            case 4:
                out.type = element::int64;
                break;
            case 6:
                out.type = element::boolean;
                break;
            case 17:  // several numbers a byte, the first in the lowest bits
            case 19:
                out.type = element::int8;
                out.bits = code == 17 ? 4 : 2;
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
                for (flatbuffers::uoffset_t i = 0; i < zeros->size(); ++i) {
                    // Copied: the format's verifier does not ask for their alignment.
                    std::int64_t zero = 0;
                    std::memcpy(&zero, zeros->Data() + std::size_t{8} * i, 8);
                    out.quant.zero_point[i] =
                        static_cast<std::int32_t>(std::clamp<std::int64_t>(zero, -100000, 100000));
                }
        }
        if (buffers_ && t->buffer() < buffers_->size() && t->buffer() != 0)
            if (const auto* data = buffers_->Get(t->buffer())->data())
                out.data.assign(data->data(), data->data() + data->size());
        if (out.bits < 8 && out.constant()) {
            out.data = unpacked(out);
        } else if (out.bits < 8) {
            out.bits = 8;  // judged when a layer uses it
            out.type = element::float32;
        }
        n_.tensors.push_back(std::move(out));
    }
}

std::string tflite_reader::operator_name(int code) {
    for (const builtin_name& b : builtin_names)
        if (b.code == code)
            return b.name;
    return fmt::format("number {}", code);
}

namespace {

/// The format's names of element types.
std::string type_name(int code) {
    static const char* const names[] = {
        "float32", "float16",   "int32",  "uint8",   "int64",      "string", "boolean",
        "int16",   "complex64", "int8",   "float64", "complex128", "uint64", "resource",
        "variant", "uint32",    "uint16", "int4",    "bfloat16",   "int2",   "uint4"};
    return code >= 0 && static_cast<std::size_t>(code) < std::size(names)
               ? names[code]
               : fmt::format("of type number {}", code);
}

bool known_type(int code, bool constant) {
    switch (code) {
        case 0:
        case 2:
        case 3:
        case 4:
        case 6:
        case 7:
        case 9:
            return true;
        default:
            return constant && (code == 17 || code == 19);
    }
}

}  // namespace

void tflite_reader::refuse_tensor(int i, const char* role, const std::string& problem) {
    refused_.said.push_back(i);
    bad(fmt::format("its {} '{}' {}", role, tensor_at(i).name, problem));
}

void tflite_reader::check_tensors(const layer& l) {
    const bool open_outputs = kind_ == "custom operator TFLite_Detection_PostProcess";
    for (const auto* list : {&l.inputs, &l.outputs})
        for (int i : *list) {
            const bool output = list == &l.outputs;
            if (i < 0)
                continue;
            const tensor& t = tensor_at(i);
            const char* role = output ? "output" : "input";
            const int code = types_[static_cast<std::size_t>(i)];
            if (!known_type(code, t.constant()))
                refuse_tensor(i, role,
                              "is " + type_name(code) + ": expected int8, uint8 or int16 numbers");
            std::int64_t elements = 1;
            for (int d : t.shape) {
                if (output && open_outputs)
                    break;
                const std::string shape = fmt::format("has shape [{}]: ", fmt::join(t.shape, "x"));
                if (d <= 0)
                    refuse_tensor(i, role,
                                  shape +
                                      "dynamic and empty dimensions are not supported, export "
                                      "the network with fixed sizes");
                elements *= d;
                if (elements > std::int64_t{1} << 28)
                    refuse_tensor(i, role, shape + fmt::format("more than {} elements", 1 << 28));
            }
        }
}

void tflite_reader::bad(const std::string& message) const {
    fail_layer(file_, static_cast<int>(index_), kind_, name_, message);
}

tensor& tflite_reader::input(const layer& l, std::size_t k) {
    if (k >= l.inputs.size())
        bad(fmt::format("has {} inputs, expected at least {}", l.inputs.size(), k + 1));
    return tensor_at(l.inputs[k]);
}

std::vector<std::int64_t> tflite_reader::integers(int index) {
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

namespace {

/// Whether the reader has a layer for this operator.
bool supported(int kind) {
    static const int list[] = {builtin_add,
                               builtin_average_pool_2d,
                               builtin_concatenation,
                               builtin_conv_2d,
                               builtin_depthwise_conv_2d,
                               builtin_dequantize,
                               builtin_fully_connected,
                               builtin_logistic,
                               builtin_max_pool_2d,
                               builtin_relu,
                               builtin_relu6,
                               builtin_reshape,
                               builtin_softmax,
                               builtin_mul,
                               builtin_resize_bilinear,
                               builtin_tanh,
                               builtin_transpose,
                               builtin_sub,
                               builtin_strided_slice,
                               builtin_split,
                               builtin_maximum,
                               builtin_minimum,
                               builtin_slice,
                               builtin_transpose_conv,
                               builtin_pack,
                               builtin_unpack,
                               builtin_resize_nearest,
                               builtin_leaky_relu,
                               builtin_split_v,
                               builtin_hard_swish,
                               builtin_pad,
                               builtin_mean,
                               builtin_squeeze,
                               builtin_expand_dims,
                               builtin_quantize,
                               builtin_depth_to_space,
                               builtin_relu_n1_to_1,
                               builtin_space_to_depth,
                               builtin_gather,
                               builtin_batch_to_space,
                               builtin_space_to_batch,
                               builtin_div,
                               builtin_top_k,
                               builtin_cast,
                               builtin_prelu,
                               builtin_arg_max,
                               builtin_less,
                               builtin_padv2,
                               builtin_greater,
                               builtin_greater_equal,
                               builtin_less_equal,
                               builtin_equal,
                               builtin_not_equal,
                               builtin_sum,
                               builtin_arg_min,
                               builtin_reduce_max,
                               builtin_reduce_min,
                               builtin_mirror_pad,
                               builtin_nms_v4,
                               builtin_nms_v5,
                               builtin_batch_matmul};
    return std::find(std::begin(list), std::end(list), kind) != std::end(list);
}

}  // namespace

/// "weight_bits" of the file's metadata, "name=4,other=2": widths of constant int8 weights.
void tflite_reader::read_weight_bits() {
    const auto* entries = model_->metadata();
    if (!entries || !buffers_)
        return;
    for (const tfl::metadata_entry* m : *entries)
        if (text(m->name()) == "weight_bits" && m->buffer() < buffers_->size())
            if (const auto* data = buffers_->Get(m->buffer())->data())
                set_weight_bits(n_, {reinterpret_cast<const char*>(data->data()), data->size()},
                                file_);
}

void tflite_reader::read_layer(const tfl::layer& source) {
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
    if (kind == builtin_custom ? kind_ != "custom operator TFLite_Detection_PostProcess"
                               : !supported(kind))
        bad("this operator is not supported");
    check_tensors(l);
    if (kind == builtin_split || kind == builtin_split_v || kind == builtin_unpack) {
        read_parts(source, l, kind);
        return;
    }
    if (read_choices(source, kind, l)) {
        n_.layers.push_back(std::move(l));
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
    const bool returns = kind == builtin_dequantize || kind == builtin_cast;
    if (kind == builtin_quantize && is_float(x))
        bad("quantizes a float result inside the network: the network is not (fully) int8");
    if (is_float(x) || (is_float(y) && !returns))
        bad(std::exchange(float_said_, true)
                ? "works on float numbers, too"
                : "works on float numbers, and is the first such layer: the network is not int8, "
                  "quantize it first");
    if (!read_products(source, kind, l) && !read_elements(source, kind, l) &&
        !read_moves(source, kind, l))
        bad("this operator is not supported");
    if (!l.outputs.empty())
        n_.layers.push_back(std::move(l));
}

}  // namespace ocellus::dsp::tflite_detail

namespace ocellus::dsp {

network read_tflite(const std::string& bytes, const std::string& file_name) {
    return tflite_detail::tflite_reader(bytes, file_name).read();
}

}  // namespace ocellus::dsp
