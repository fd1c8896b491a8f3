// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <google/protobuf/repeated_field.h>
#include <onnx/onnx_pb.h>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dsp/network/graph.h"

/// The reader of ONNX models, for the files that make it up: parsing and operators one by one
/// (onnx_reader.cpp), what names stand for (onnx_values.cpp), operators with weights or windows
/// (onnx_products.cpp), operators that move values (onnx_shapes.cpp).
namespace ocellus::dsp::onnx_detail {

constexpr std::int64_t largest_elements = std::int64_t{1} << 28;
constexpr float unbounded = std::numeric_limits<float>::infinity();

/// A constant of the file: integers, or float numbers.
struct constant {
    std::vector<int> shape;
    int type = 0;  ///< onnx::TensorProto data type
    std::vector<std::int64_t> integers;
    std::vector<float> reals;
    bool is_float() const { return type == onnx::TensorProto::FLOAT; }
    std::size_t size() const { return is_float() ? reals.size() : integers.size(); }
};

/// How the elements of a tensor in memory relate to the shape the file speaks of.
enum class order {
    natural,         ///< in the order of the file's shape
    channels_first,  ///< file: N,C,H,W; memory: N,H,W,C
    flat_channels,   ///< file: N,(C H W); memory: N,(H W C); the extents are in `image`
};

/// What a name of the graph stands for. Float values exist only as views of integer tensors, as
/// float constants, or as results that wait for their QuantizeLinear.
struct value {
    enum class kind {
        constant_value,
        float_input,
        integers,
        real_view,
        constant_view,
        pending,
        indices,  ///< int64, int32 or float32 results of the scalar unit
        broken,   ///< of a node that was refused
    };
    kind what = kind::constant_value;
    constant data;           ///< constant_value, constant_view
    int tensor_index = -1;   ///< integers, real_view
    quantization quant;      ///< constant_view
    int axis = 0;            ///< constant_view with several scales
    std::vector<int> shape;  ///< as the file has it
    order layout = order::natural;
    std::vector<int> image;  ///< C, H, W of flat_channels
    layer draft;             ///< pending
    float low = -unbounded;  ///< pending: clamp in real numbers
    float high = unbounded;
};

struct attributes {
    std::map<std::string, const onnx::AttributeProto*> by_name;
    explicit attributes(const onnx::NodeProto& node) {
        for (const onnx::AttributeProto& a : node.attribute())
            by_name[a.name()] = &a;
    }
    std::int64_t integer(const char* name, std::int64_t otherwise) const {
        const auto at = by_name.find(name);
        return at == by_name.end() ? otherwise : at->second->i();
    }
    float real(const char* name, float otherwise) const {
        const auto at = by_name.find(name);
        return at == by_name.end() ? otherwise : at->second->f();
    }
    std::string text(const char* name, const char* otherwise) const {
        const auto at = by_name.find(name);
        return at == by_name.end() ? otherwise : at->second->s();
    }
    std::vector<std::int64_t> integers(const char* name) const;
    bool has(const char* name) const { return by_name.count(name) != 0; }
};

class onnx_reader {
  public:
    onnx_reader(const std::string& bytes, const std::string& file) : bytes_(bytes), file_(file) {}
    network read();

  private:
    /// A bias of number * scale per channel.
    struct bias_entry {
        std::vector<double> number, scale;
        std::string name;
    };

    void parse();
    void read_metadata();
    [[noreturn]] void bad(const std::string& message) const;
    std::vector<int> small_shape(const google::protobuf::RepeatedField<std::int64_t>& dims,
                                 const std::string& name) const;
    constant read_constant(const onnx::TensorProto& t, const std::string& name) const;
    static void narrow(const onnx::TensorProto& t, std::vector<std::int64_t>& out);
    static std::optional<element> activation_type(int onnx_type);
    void read_input(const onnx::ValueInfoProto& input);
    static bool small(const std::vector<int>& shape);
    /// " of node 3 (Conv 'stem')": the first that reads `name`; "" when none does.
    std::string reader_of(const std::string& name) const;
    static std::string node_name(const onnx::NodeProto& node);
    /// "int8" for onnx::TensorProto::INT8.
    static std::string type_name(std::int64_t type);
    [[noreturn]] void refuse_unknown(const std::string& name) const;
    /// Whether a change from channels last to channels first follows `name`, perhaps after it is
    /// quantized or dequantized.
    bool feeds_transpose(std::string name) const;
    int read_output(const std::string& name);
    int add_tensor(const std::string& name, std::vector<int> shape, element type);
    tensor& tensor_at(int i) { return n_.tensors.at(static_cast<std::size_t>(i)); }
    value& input(const onnx::NodeProto& node, int k);
    static bool has_input(const onnx::NodeProto& node, int k);
    /// "" when the node has no such input.
    static const std::string& input_name(const onnx::NodeProto& node, int k) {
        static const std::string none;
        return k >= 0 && k < node.input_size() ? node.input(k) : none;
    }
    const constant& constant_input(const onnx::NodeProto& node, int k);
    std::vector<std::int64_t> integer_list(const onnx::NodeProto& node, int k);
    /// Scale and zero point given by two inputs.
    quantization read_quantization(const onnx::NodeProto& node, int scale, int zero);
    element zero_point_type(const onnx::NodeProto& node, int zero);
    static bool same(const quantization& a, const quantization& b);
    void define(const onnx::NodeProto& node, value v);
    /// The shape in memory of a value of the file.
    static std::vector<int> memory_shape(const value& v);
    value dequantized(const value& x, const quantization& q, int axis);
    int scale_axis(const onnx::NodeProto& node, const value& x, const quantization& q);
    bool dequantized_end(const onnx::NodeProto& node);
    /// Also for the tensors that it was reshaped from.
    void set_quantization(int index, const quantization& q);
    /// Integers of a float constant, as QuantizeLinear makes them.
    constant quantized_constant(const constant& c, const quantization& q, int axis, int type,
                                const std::vector<int>& shape);
    void finish(value& pending, const quantization& q, element type, const std::string& name,
                value& out);
    value quantized(const onnx::NodeProto& node, value& x, const quantization& q, element type);
    /// A float operand that must be a view of an integer tensor.
    value& view(const onnx::NodeProto& node, int k);
    void require_view(const value& v, const std::string& name) const;
    value start(const onnx::NodeProto& node, op kind, const value& x);
    /// A picture in channels-first shape. Integer inputs and reshaped values that have one channel,
    /// or one pixel, are the same bytes in either order.
    value as_picture(const value& x, const std::string& name);
    /// The same values in memory in the order of the file's shape: a transposition, or a reshaping,
    /// where a picture lies channels last.
    value in_file_order(const value& x, const std::string& name);
    /// A layer that only moves the values of a tensor; they may have no scale yet.
    int moved_tensor(int from, op kind, std::vector<int> shape, std::vector<int> axes,
                     const std::string& name);
    /// A constant with its dimensions in another order.
    static value permuted_constant(const value& x, const std::vector<std::int64_t>& perm);
    value reshaped_constant(const value& x, const std::vector<int>& shape) const;
    /// Returns whether rounding sizes up has added padding.
    bool set_window(const onnx::NodeProto& node, layer& l, const value& x,
                    std::vector<int>& out_shape, int channels);
    /// Integer weights with their quantization, the output channel along `axis`.
    value weights(const onnx::NodeProto& node, int k);
    void require_weights(const value& w, const std::string& name) const;
    int add_weights(const value& w, const std::string& name, std::vector<int> shape,
                    std::vector<std::uint8_t> bytes);
    value convolution(const onnx::NodeProto& node, const value& input_view, const value& w,
                      const std::string& input_name, const std::string& weight_name);
    /// x times w, where w is (depth, outputs), or (outputs, depth) when transposed.
    value product(const onnx::NodeProto& node, const value& x, const value& w, bool transposed,
                  const std::string& weight_name);
    /// Keeps a bias with the pending layer; it becomes int32 when the layer is finished.
    void attach_bias(value& pending, const value& bias, const std::string& name);
    /// Turns an attached bias into int32 of scale (input x weights).
    void add_bias(layer& l);
    /// The second operand of an addition as a tensor that repeats to the first one's shape, or the
    /// first to its.
    int addend(const value& b, const value& x, const std::string& name);
    static bool same_order(const value& a, const value& b);
    /// Add, Sub or Mul of two operands.
    value pair(const onnx::NodeProto& node, op kind, const value& a, const value& b,
               const std::string& a_name, const std::string& b_name);
    value pooling(const onnx::NodeProto& node, const value& input_view, op kind,
                  const std::string& name);
    value global_average(const onnx::NodeProto& node, const value& input_view,
                         const std::string& name, bool keep);
    value concatenation(const onnx::NodeProto& node, std::vector<value> parts);
    value softmax_like(const onnx::NodeProto& node, const value& x, op kind);
    /// Reshape, Flatten, Squeeze, Unsqueeze: new shape, same values in the file's order.
    value reshaped(const onnx::NodeProto& node, const value& x, const std::vector<int>& shape);
    static std::int64_t elements_of(const std::vector<int>& shape);
    std::vector<int> target_shape(const onnx::NodeProto& node, const value& x);
    value transposed(const onnx::NodeProto& node, const value& x);
    value padded(const onnx::NodeProto& node, const value& input_view);
    /// A layer whose output keeps the quantization of its input, finished at once.
    value finished_like_input(const onnx::NodeProto& node, value pending, const value& x,
                              int output = 0);
    /// An activation whose elements are only moved.
    value moved(const onnx::NodeProto& node);
    /// A slice in the file's order, as output `output` of the node.
    value sliced(const onnx::NodeProto& node, const value& x, const std::vector<int>& begin,
                 const std::vector<int>& steps, const std::vector<int>& shape, int output);
    std::size_t axis_of(std::int64_t axis, const value& x) const;
    void read_slice(const onnx::NodeProto& node);
    void read_split(const onnx::NodeProto& node);
    void read_resize(const onnx::NodeProto& node);
    void clamp(const onnx::NodeProto& node, float low, float high);
    float real_constant(const onnx::NodeProto& node, int k);
    /// The view (x, scale, zero point) of a QOperator node's inputs.
    value operand(const onnx::NodeProto& node, int k, int axis = 0);
    void finish_operator(const onnx::NodeProto& node, value pending, int scale, int zero);
    void read_node(const onnx::NodeProto& node);
    /// Operators of one family; false for another kind.
    bool read_integer_product(const onnx::NodeProto& node);
    bool read_choice(const onnx::NodeProto& node);
    bool read_block(const onnx::NodeProto& node);
    bool read_more(const onnx::NodeProto& node);
    /// Whether a node reads what a refused one should have made; its own results break too.
    bool breaks(const onnx::NodeProto& node);
    void mark_broken(const onnx::NodeProto& node);
    void read_broken(const onnx::NodeProto& node);
    bool swish(const onnx::NodeProto& node);
    /// Adds a layer with outputs of these names, types and shapes (in memory order).
    void add_layer(layer l, const onnx::NodeProto& node, int output, const std::vector<int>& shape,
                   element type, order layout, const std::vector<int>& file_shape);
    value transposed_convolution(const onnx::NodeProto& node, const value& x, const value& w);
    value matrix_product(const onnx::NodeProto& node, const value& a, const value& b,
                         const std::string& b_name);
    value reduced(const onnx::NodeProto& node, op kind, const value& x);
    /// Axis of the file's shape to axis in memory.
    int memory_axis(const value& x, std::size_t axis) const;
    bool is_output(const std::string& name) const;
    int operand_tensor(const value& v, const std::string& name);
    /// The int32 bias of a QOperator node: its scale is that of input times weights.
    value integer_bias(const onnx::NodeProto& node, int k, const value& pending);
    const std::string& bytes_;
    const std::string& file_;
    onnx::ModelProto model_;
    std::int64_t opset_ = 0;
    network n_;
    std::map<std::string, value> values_;
    std::map<std::string, int> uses_;
    std::vector<bias_entry> biases_;
    int index_ = 0;
    std::string node_kind_;
    std::string node_name_;
};

}  // namespace ocellus::dsp::onnx_detail
