// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "dsp/network/check.h"
#include "dsp/network/graph.h"
#include "tflite_subset_generated.h"

/// The reader of TensorFlow Lite files, for the files that make it up: the graph
/// (tflite_reader.cpp), operators that compute (tflite_operators.cpp), operators that move values
/// (tflite_shapes.cpp).
namespace ocellus::dsp::tflite_detail {

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
    builtin_depth_to_space = 5,
    builtin_relu_n1_to_1 = 20,
    builtin_space_to_depth = 26,
    builtin_gather = 36,
    builtin_batch_to_space = 37,
    builtin_space_to_batch = 38,
    builtin_div = 42,
    builtin_top_k = 48,
    builtin_cast = 53,
    builtin_prelu = 54,
    builtin_arg_max = 56,
    builtin_less = 58,
    builtin_padv2 = 60,
    builtin_greater = 61,
    builtin_greater_equal = 62,
    builtin_less_equal = 63,
    builtin_equal = 71,
    builtin_not_equal = 72,
    builtin_sum = 74,
    builtin_arg_min = 79,
    builtin_reduce_max = 82,
    builtin_reduce_min = 89,
    builtin_mirror_pad = 100,
    builtin_nms_v4 = 120,
    builtin_nms_v5 = 121,
    builtin_batch_matmul = 126,
};

enum activation_code : int { no_activation = 0, relu = 1, relu_n1_to_1 = 2, relu6 = 3 };

class tflite_reader {
  public:
    tflite_reader(const std::string& bytes, const std::string& file) : bytes_(bytes), file_(file) {}
    network read();

  private:
    static std::vector<int> indices(const flatbuffers::Vector<std::int32_t>* v);
    static std::string text(const flatbuffers::String* s) { return s ? s->str() : std::string(); }
    tensor& tensor_at(int i);
    void read_tensors();
    static std::vector<std::uint8_t> unpacked(const tensor& t);
    static std::string operator_name(int code);
    [[noreturn]] void bad(const std::string& message) const;
    tensor& input(const layer& l, std::size_t k);
    bool is_float(const tensor& t) const { return !t.constant() && (t.type == element::float32); }
    /// The integers of a small constant (axes, paddings).
    std::vector<std::int64_t> integers(int index);
    template <typename Options>
    const Options& options(const Options* o) const {
        if (!o)
            bad("its options are missing");
        return *o;
    }
    void set_activation(layer& l, int code);
    void set_padding(layer& l, int padding);
    void set_kernel_from_weights(layer& l);
    void require_channel_axis(const layer& l, int axis);
    int add_tensor(const tensor& like, std::vector<int> shape);
    void add_reshape(int from, int to);
    int reshaped(int from, std::vector<int> shape);
    /// A slice of input `x` with `size` entries of each dimension, to tensor `y`, whose shape may
    /// leave out dimensions of one.
    void add_slice(int x, std::vector<int> begin, std::vector<int> steps, std::vector<int> size,
                   int y);
    /// SPLIT, SPLIT_V and UNPACK: one slice for each output.
    void read_parts(const tfl::layer& source, const layer& l, int kind);
    void read_slice(const tfl::layer& source, const layer& l, int kind);
    void read_layer(const tfl::layer& source);
    void read_layer_of(const tfl::layer& source, int kind);
    /// Post-processing, whose numbers may be float.
    bool read_choices(const tfl::layer& source, int kind, layer& l);
    void read_detection(const tfl::layer& source, layer& l);
    void read_weight_bits();
    /// Refuses tensors of a layer whose shape or element type nothing here can have, each once.
    void check_tensors(const layer& l);
    void refuse_tensor(int i, const char* role, const std::string& problem);
    bool refused(int i) const {
        return std::find(refused_.said.begin(), refused_.said.end(), i) != refused_.said.end();
    }
    bool valid(int i) const { return i >= 0 && static_cast<std::size_t>(i) < n_.tensors.size(); }
    std::vector<int> axes_of(const layer& l, const tensor& x);
    float real_constant(int index);
    /// The operators of one family; false for another kind. A layer left without outputs has been
    /// added already.
    bool read_products(const tfl::layer& source, int kind, layer& l);
    bool read_elements(const tfl::layer& source, int kind, layer& l);
    bool read_moves(const tfl::layer& source, int kind, layer& l);

    const std::string& bytes_;
    const std::string& file_;
    const tfl::model* model_ = nullptr;
    const tfl::subgraph* graph_ = nullptr;
    const flatbuffers::Vector<flatbuffers::Offset<tfl::operator_code>>* codes_ = nullptr;
    const flatbuffers::Vector<flatbuffers::Offset<tfl::buffer>>* buffers_ = nullptr;
    network n_;
    std::vector<int> types_;
    std::vector<int> quantized_dimension_;
    refused_parts refused_;
    bool float_said_ = false;
    flatbuffers::uoffset_t index_ = 0;
    std::string kind_;
    std::string name_;
};

}  // namespace ocellus::dsp::tflite_detail
