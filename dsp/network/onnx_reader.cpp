// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "dsp/network/check.h"
#include "dsp/network/graph_edit.h"
#include "dsp/network/reader.h"

namespace ocellus::dsp {
namespace {

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
    enum class kind { constant_value, float_input, integers, real_view, constant_view, pending };
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
    std::vector<std::int64_t> integers(const char* name) const {
        const auto at = by_name.find(name);
        if (at == by_name.end())
            return {};
        return {at->second->ints().begin(), at->second->ints().end()};
    }
    bool has(const char* name) const { return by_name.count(name) != 0; }
};

class onnx_reader {
  public:
    onnx_reader(const std::string& bytes, const std::string& file) : bytes_(bytes), file_(file) {}

    network read() {
        parse();
        const onnx::GraphProto& graph = model_.graph();
        n_.source = file_;
        n_.name = graph.name();
        n_.arithmetic = rounding::onnx;
        read_metadata();
        for (const onnx::TensorProto& t : graph.initializer()) {
            value v;
            v.data = read_constant(t, t.name());
            v.shape = v.data.shape;
            values_[t.name()] = std::move(v);
        }
        for (const onnx::ValueInfoProto& input : graph.input())
            if (values_.count(input.name()) == 0)
                read_input(input);
        for (const onnx::NodeProto& node : graph.node())
            for (const std::string& name : node.input())
                ++uses_[name];
        for (const onnx::ValueInfoProto& output : graph.output())
            ++uses_[output.name()];
        for (index_ = 0; index_ < graph.node_size(); ++index_)
            read_node(graph.node(index_));
        for (const onnx::ValueInfoProto& output : graph.output())
            n_.outputs.push_back(read_output(output.name()));
        if (n_.inputs.size() > static_cast<std::size_t>(graph.input_size()))
            fail_network(file_, "an input is quantized more than once");
        if (n_.layers.empty())
            fail_network(file_, "the network has no layers");
        remove_dead_layers(n_);
        remove_unused_tensors(n_);
        check_network(n_, file_);
        return std::move(n_);
    }

  private:
    // ---- parsing ------------------------------------------------------------------------------

    void parse() {
        if (bytes_.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
            fail_network(file_, "the ONNX model is larger than 2 GiB");
        const google::protobuf::LogSilencer quiet;
        google::protobuf::io::ArrayInputStream array(bytes_.data(),
                                                     static_cast<int>(bytes_.size()));
        google::protobuf::io::CodedInputStream stream(&array);
        stream.SetRecursionLimit(64);
        // A message cut between two fields still parses; what is missing shows below.
        if (!model_.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
            fail_network(file_, fmt::format("the ONNX model is truncated or damaged ({} bytes)",
                                            bytes_.size()));
        if (!model_.has_graph() || model_.graph().node_size() == 0)
            fail_network(file_, "not an ONNX model: it has no graph with nodes");
        for (const onnx::OperatorSetIdProto& o : model_.opset_import())
            if (o.domain().empty() || o.domain() == "ai.onnx")
                opset_ = o.version();
        if (opset_ < 10)
            fail_network(file_, fmt::format("operator set {}, expected 10 or later", opset_));
    }

    void read_metadata() {
        for (const onnx::StringStringEntryProto& p : model_.metadata_props())
            n_.metadata[p.key()] = p.value();
        const auto labels = n_.metadata.find("labels");
        if (labels == n_.metadata.end() || labels->second.empty())
            return;
        std::size_t from = 0;
        while (true) {
            const std::size_t comma = labels->second.find(',', from);
            std::string name = labels->second.substr(from, comma - from);
            name.erase(0, name.find_first_not_of(' '));
            name.erase(name.find_last_not_of(' ') + 1);
            n_.labels.push_back(name);
            if (comma == std::string::npos)
                return;
            from = comma + 1;
        }
    }

    [[noreturn]] void bad(const std::string& message) const {
        fail_network(file_,
                     fmt::format("node {} ({} '{}'): {}", index_, node_kind_, node_name_, message));
    }

    std::vector<int> small_shape(const google::protobuf::RepeatedField<std::int64_t>& dims,
                                 const std::string& name) const {
        std::vector<int> shape;
        std::int64_t elements = 1;
        for (std::int64_t d : dims) {
            if (d < 0 || d > largest_elements || (d > 0 && elements > largest_elements / d))
                fail_network(file_, fmt::format("constant '{}' has a dimension of {}", name, d));
            elements *= d;
            shape.push_back(static_cast<int>(d));
        }
        return shape;
    }

    template <typename T>
    static void unpack(const std::string& raw, std::vector<std::int64_t>& out) {
        for (std::size_t i = 0; i + sizeof(T) <= raw.size(); i += sizeof(T)) {
            T v;
            std::memcpy(&v, raw.data() + i, sizeof(T));
            out.push_back(static_cast<std::int64_t>(v));
        }
    }

    constant read_constant(const onnx::TensorProto& t, const std::string& name) const {
        constant c;
        c.type = t.data_type();
        c.shape = small_shape(t.dims(), name);
        if (t.data_location() == onnx::TensorProto::EXTERNAL)
            fail_network(
                file_, fmt::format("constant '{}' is stored in another file; export the model with "
                                   "its weights inside",
                                   name));
        const bool raw = t.has_raw_data();
        switch (c.type) {
            case onnx::TensorProto::FLOAT:
                if (raw) {
                    c.reals.resize(t.raw_data().size() / 4);
                    std::memcpy(c.reals.data(), t.raw_data().data(), c.reals.size() * 4);
                } else {
                    c.reals.assign(t.float_data().begin(), t.float_data().end());
                }
                break;
            case onnx::TensorProto::INT8:
                raw ? unpack<std::int8_t>(t.raw_data(), c.integers) : narrow(t, c.integers);
                break;
            case onnx::TensorProto::UINT8:
                raw ? unpack<std::uint8_t>(t.raw_data(), c.integers) : narrow(t, c.integers);
                break;
            case onnx::TensorProto::INT32:
                raw ? unpack<std::int32_t>(t.raw_data(), c.integers) : narrow(t, c.integers);
                break;
            case onnx::TensorProto::INT64:
                if (raw)
                    unpack<std::int64_t>(t.raw_data(), c.integers);
                else
                    c.integers.assign(t.int64_data().begin(), t.int64_data().end());
                break;
            default:
                return c;  // judged when a node uses it
        }
        std::size_t expected = 1;
        for (int d : c.shape)
            expected *= static_cast<std::size_t>(d);
        if (c.size() != expected)
            fail_network(file_, fmt::format("constant '{}' holds {} numbers, its shape needs {}",
                                            name, c.size(), expected));
        return c;
    }

    static void narrow(const onnx::TensorProto& t, std::vector<std::int64_t>& out) {
        out.assign(t.int32_data().begin(), t.int32_data().end());
    }

    static std::optional<element> activation_type(int onnx_type) {
        if (onnx_type == onnx::TensorProto::INT8)
            return element::int8;
        if (onnx_type == onnx::TensorProto::UINT8)
            return element::uint8;
        return std::nullopt;
    }

    void read_input(const onnx::ValueInfoProto& input) {
        const auto& type = input.type().tensor_type();
        value v;
        for (int i = 0; i < type.shape().dim_size(); ++i) {
            const auto& d = type.shape().dim(i);
            std::int64_t extent = d.has_dim_value() ? d.dim_value() : 0;
            // A batch left open means one picture at a time here.
            if (i == 0 && extent <= 0)
                extent = 1;
            if (extent <= 0 || extent > largest_elements)
                fail_network(
                    file_, fmt::format("input '{}' has a dynamic or empty dimension {}; export the "
                                       "network with fixed sizes",
                                       input.name(), i));
            v.shape.push_back(static_cast<int>(extent));
        }
        if (v.shape.empty() || !small(v.shape))
            fail_network(file_, fmt::format("input '{}' has no shape, or more than {} elements",
                                            input.name(), largest_elements));
        // A picture comes channels first, unless the network itself turns it around.
        const bool picture = v.shape.size() == 4 && !feeds_transpose(input.name());
        v.layout = picture ? order::channels_first : order::natural;
        if (type.elem_type() == onnx::TensorProto::FLOAT) {
            v.what = value::kind::float_input;
        } else if (const auto e = activation_type(type.elem_type())) {
            v.what = value::kind::integers;
            v.tensor_index = add_tensor(input.name(), memory_shape(v), *e);
            n_.inputs.push_back(v.tensor_index);
        } else {
            fail_network(
                file_, fmt::format("input '{}' has element type {}, expected float, int8 or uint8",
                                   input.name(), type.elem_type()));
        }
        values_[input.name()] = std::move(v);
    }

    static bool small(const std::vector<int>& shape) {
        std::int64_t elements = 1;
        for (int d : shape) {
            if (d < 1 || elements > largest_elements / d)
                return false;
            elements *= d;
        }
        return true;
    }

    /// Whether a change from channels last to channels first follows `name`, perhaps after it is
    /// quantized or dequantized.
    bool feeds_transpose(std::string name) const {
        for (const onnx::NodeProto& node : model_.graph().node()) {
            if (node.input_size() == 0 || node.input(0) != name || node.output_size() == 0)
                continue;
            if (node.op_type() == "Transpose") {
                const std::vector<std::int64_t> perm = attributes(node).integers("perm");
                return perm == std::vector<std::int64_t>{0, 3, 1, 2};
            }
            if (node.op_type() != "QuantizeLinear" && node.op_type() != "DequantizeLinear" &&
                node.op_type() != "Identity")
                return false;
            name = node.output(0);
        }
        return false;
    }

    int read_output(const std::string& name) {
        const auto at = values_.find(name);
        if (at == values_.end())
            fail_network(file_, fmt::format("output '{}' is computed by no node", name));
        const value& v = at->second;
        if (v.what == value::kind::integers || v.what == value::kind::real_view) {
            if (v.layout == order::flat_channels)
                fail_network(
                    file_,
                    fmt::format("output '{}' flattens a picture: its order would change; leave "
                                "the flattening to the host",
                                name));
            return v.tensor_index;
        }
        if (v.what == value::kind::pending)
            fail_network(
                file_,
                fmt::format("output '{}' of {} '{}' is float: the network is not int8, expected "
                            "QuantizeLinear after its last layer",
                            name, name_of(v.draft.kind), v.draft.name));
        fail_network(file_, fmt::format("output '{}' is not the result of a layer", name));
    }

    // ---- values -------------------------------------------------------------------------------

    int add_tensor(const std::string& name, std::vector<int> shape, element type) {
        tensor t;
        t.name = name;
        t.shape = std::move(shape);
        t.type = type;
        n_.tensors.push_back(std::move(t));
        return static_cast<int>(n_.tensors.size()) - 1;
    }
    tensor& tensor_at(int i) { return n_.tensors.at(static_cast<std::size_t>(i)); }

    value& input(const onnx::NodeProto& node, int k) {
        if (k >= node.input_size() || node.input(k).empty())
            bad(fmt::format("input {} is missing", k));
        const auto at = values_.find(node.input(k));
        if (at == values_.end())
            bad(fmt::format("input '{}' is not known at this point of the graph", node.input(k)));
        return at->second;
    }
    static bool has_input(const onnx::NodeProto& node, int k) {
        return k < node.input_size() && !node.input(k).empty();
    }

    const constant& constant_input(const onnx::NodeProto& node, int k) {
        const value& v = input(node, k);
        if (v.what != value::kind::constant_value)
            bad(fmt::format("input '{}' must be a constant", node.input(k)));
        return v.data;
    }

    std::vector<std::int64_t> integer_list(const onnx::NodeProto& node, int k) {
        const constant& c = constant_input(node, k);
        if (c.is_float() || c.shape.size() > 1 || c.size() > 64)
            bad(fmt::format("input '{}' must be a short list of integers", node.input(k)));
        return c.integers;
    }

    /// Scale and zero point given by two inputs.
    quantization read_quantization(const onnx::NodeProto& node, int scale, int zero) {
        quantization q;
        const constant& s = constant_input(node, scale);
        if (!s.is_float() || s.shape.size() > 1 || s.reals.empty())
            bad("its scale must be a float number or a list of them");
        q.scale = s.reals;
        q.zero_point.assign(q.scale.size(), 0);
        if (has_input(node, zero)) {
            const constant& z = constant_input(node, zero);
            if (z.is_float() || z.integers.size() != q.scale.size())
                bad("its zero point does not fit its scale");
            for (std::size_t i = 0; i < q.scale.size(); ++i)
                q.zero_point[i] = static_cast<std::int32_t>(std::clamp<std::int64_t>(
                    z.integers[i], std::numeric_limits<std::int32_t>::min(),
                    std::numeric_limits<std::int32_t>::max()));
        }
        for (float f : q.scale)
            if (!(f > 0.0f) || !std::isfinite(f))
                bad(fmt::format("has scale {}, expected a positive number", f));
        return q;
    }

    element zero_point_type(const onnx::NodeProto& node, int zero) {
        if (!has_input(node, zero))
            return element::uint8;
        const int type = constant_input(node, zero).type;
        const auto e = activation_type(type);
        if (!e)
            bad(fmt::format("quantizes to element type {}, expected int8 or uint8", type));
        return *e;
    }

    static bool same(const quantization& a, const quantization& b) {
        return a.scale == b.scale && a.zero_point == b.zero_point;
    }

    void define(const onnx::NodeProto& node, value v) {
        if (node.output_size() < 1 || node.output(0).empty())
            bad("has no output");
        for (int k = 1; k < node.output_size(); ++k)
            if (!node.output(k).empty())
                bad("has more than one output: this is not supported");
        if (values_.count(node.output(0)) != 0)
            bad(fmt::format("computes '{}' a second time", node.output(0)));
        values_[node.output(0)] = std::move(v);
    }

    /// The shape in memory of a value of the file.
    static std::vector<int> memory_shape(const value& v) {
        if (v.layout == order::channels_first && v.shape.size() == 4)
            return {v.shape[0], v.shape[2], v.shape[3], v.shape[1]};
        return v.shape;
    }

    // ---- quantization ends --------------------------------------------------------------------

    value dequantized(const value& x, const quantization& q, int axis) {
        value v = x;
        if (x.what == value::kind::constant_value) {
            v.what = value::kind::constant_view;
            v.quant = q;
            v.axis = axis;
            const int rank = static_cast<int>(x.shape.size());
            if (v.axis < 0)
                v.axis += rank;
            if (q.scale.size() > 1 &&
                (v.axis < 0 || v.axis >= rank ||
                 q.scale.size() !=
                     static_cast<std::size_t>(x.shape[static_cast<std::size_t>(v.axis)])))
                bad("its scales do not fit the axis they belong to");
            return v;
        }
        if (x.what != value::kind::integers && x.what != value::kind::real_view)
            bad("dequantizes a float value");
        tensor& t = tensor_at(x.tensor_index);
        if (q.scale.size() != 1)
            bad("has one scale per channel on an activation, expected a single one");
        if (t.quant.empty())
            set_quantization(x.tensor_index, q);
        else if (!same(t.quant, q))
            bad(fmt::format("reads '{}' with another scale or zero point than it was written with",
                            t.name));
        v.what = value::kind::real_view;
        return v;
    }

    /// Also for the tensors that it was reshaped from.
    void set_quantization(int index, const quantization& q) {
        tensor_at(index).quant = q;
        for (auto l = n_.layers.rbegin(); l != n_.layers.rend(); ++l)
            if (l->kind == op::reshape && l->outputs[0] == index &&
                tensor_at(l->inputs[0]).quant.empty()) {
                index = l->inputs[0];
                tensor_at(index).quant = q;
            }
    }

    /// Integers of a float constant, as QuantizeLinear makes them.
    constant quantized_constant(const constant& c, const quantization& q, int axis, int type,
                                const std::vector<int>& shape) {
        constant out;
        out.shape = shape;
        out.type = type;
        const double low = type == onnx::TensorProto::INT8    ? -128
                           : type == onnx::TensorProto::UINT8 ? 0
                                                              : -2147483648.0;
        const double high = type == onnx::TensorProto::INT8    ? 127
                            : type == onnx::TensorProto::UINT8 ? 255
                                                               : 2147483647.0;
        std::size_t inner = 1;
        for (std::size_t d = static_cast<std::size_t>(std::max(axis, 0)) + 1; d < shape.size(); ++d)
            inner *= static_cast<std::size_t>(shape[d]);
        for (std::size_t i = 0; i < c.reals.size(); ++i) {
            const std::size_t k = q.scale.size() == 1 ? 0 : i / inner % q.scale.size();
            const double scaled = std::nearbyint(static_cast<double>(c.reals[i] / q.scale[k])) +
                                  static_cast<double>(q.zero_point[k]);
            out.integers.push_back(static_cast<std::int64_t>(
                std::isnan(scaled) ? 0.0 : std::clamp(scaled, low, high)));
        }
        return out;
    }

    void finish(value& pending, const quantization& q, element type, const std::string& name,
                value& out) {
        layer l = pending.draft;
        if (l.kind == op::fully_connected || l.kind == op::conv2d || l.kind == op::depthwise_conv2d)
            add_bias(l);
        if (q.scale.size() != 1)
            bad("quantizes an activation per channel, expected a single scale");
        out.what = value::kind::integers;
        out.shape = pending.shape;
        out.layout = pending.layout;
        out.image = pending.image;
        if (!small(pending.shape))
            bad(fmt::format("its output [{}] is empty or too large",
                            fmt::join(pending.shape, "x")));
        out.tensor_index = add_tensor(name, memory_shape(pending), type);
        tensor& y = tensor_at(out.tensor_index);
        y.quant = q;
        clamp_to_real_range(y, pending.low, pending.high, l.clamp_min, l.clamp_max);
        if (l.name.empty())
            l.name = name;
        l.outputs = {out.tensor_index};
        n_.layers.push_back(std::move(l));
    }

    value quantized(const onnx::NodeProto& node, value& x, const quantization& q, element type) {
        value out;
        switch (x.what) {
            case value::kind::float_input: {
                out = x;
                out.what = value::kind::integers;
                out.tensor_index = add_tensor(node.output(0), memory_shape(x), type);
                tensor_at(out.tensor_index).quant = q;
                n_.inputs.push_back(out.tensor_index);
                return out;
            }
            case value::kind::pending:
                finish(x, q, type, node.output(0), out);
                return out;
            case value::kind::real_view: {
                const tensor& t = tensor_at(x.tensor_index);
                out = x;
                out.what = value::kind::integers;
                if (t.type == type && same(t.quant, q))
                    return out;
                value pending = x;
                pending.what = value::kind::pending;
                pending.draft.kind = op::quantize;
                pending.draft.name = node.name();
                pending.draft.inputs = {x.tensor_index};
                finish(pending, q, type, node.output(0), out);
                return out;
            }
            default:
                bad("quantizes something that is already an integer");
        }
    }

    // ---- layers -------------------------------------------------------------------------------

    /// A float operand that must be a view of an integer tensor.
    value& view(const onnx::NodeProto& node, int k) {
        value& v = input(node, k);
        require_view(v, node.input(k));
        return v;
    }

    void require_view(const value& v, const std::string& name) const {
        if (v.what == value::kind::float_input)
            bad(fmt::format(
                "works on the float input '{}', and is the first such layer: the network is not "
                "int8, quantize it first",
                name));
        if (v.what == value::kind::pending)
            bad(fmt::format(
                "works on '{}', a float result of {} '{}' that no QuantizeLinear follows: the "
                "network is not (fully) int8",
                name, name_of(v.draft.kind), v.draft.name));
        if (v.what == value::kind::integers)
            bad(fmt::format("works on the integers '{}', expected DequantizeLinear before it",
                            name));
        if (v.what != value::kind::real_view)
            bad(fmt::format("input '{}' must be an activation", name));
    }

    value start(const onnx::NodeProto& node, op kind, const value& x) {
        value v;
        v.what = value::kind::pending;
        v.draft.kind = kind;
        v.draft.name = node.name().empty() && node.output_size() > 0 ? node.output(0) : node.name();
        v.draft.inputs = {x.tensor_index};
        v.shape = x.shape;
        v.layout = x.layout;
        v.image = x.image;
        return v;
    }

    /// A picture in channels-first shape. Integer inputs and reshaped values that have one channel,
    /// or one pixel, are the same bytes in either order.
    value as_picture(value x, const std::string& name) const {
        if (x.shape.size() != 4)
            bad(fmt::format("'{}' has {} dimensions, expected 4 (batch, channels, height, width)",
                            name, x.shape.size()));
        if (x.layout != order::channels_first)
            bad(fmt::format("'{}' is not in channels-first order here", name));
        return x;
    }

    void set_window(const onnx::NodeProto& node, layer& l, const value& x,
                    std::vector<int>& out_shape, int channels) {
        const attributes a(node);
        const auto pair = [&](const char* name, int& h, int& w) {
            const auto list = a.integers(name);
            if (list.empty())
                return;
            if (list.size() != 2)
                bad(fmt::format("attribute {} has {} entries, expected 2", name, list.size()));
            for (std::int64_t v : list)
                if (v < 1 || v > 4096)
                    bad(fmt::format("attribute {} is {}, expected 1 to 4096", name, v));
            h = static_cast<int>(list[0]);
            w = static_cast<int>(list[1]);
        };
        pair("kernel_shape", l.kernel_h, l.kernel_w);
        pair("strides", l.stride_h, l.stride_w);
        pair("dilations", l.dilation_h, l.dilation_w);
        const std::string automatic = a.text("auto_pad", "NOTSET");
        const int in_h = x.shape[2], in_w = x.shape[3];
        if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
            int total = 0;
            const bool upper = automatic == "SAME_UPPER";
            int less = same_padding(in_h, l.kernel_h, l.stride_h, l.dilation_h, total);
            l.pad_top = upper ? less : total - less;
            l.pad_bottom = total - l.pad_top;
            less = same_padding(in_w, l.kernel_w, l.stride_w, l.dilation_w, total);
            l.pad_left = upper ? less : total - less;
            l.pad_right = total - l.pad_left;
        } else if (automatic == "NOTSET") {
            const auto pads = a.integers("pads");
            if (!pads.empty()) {
                if (pads.size() != 4)
                    bad(fmt::format("attribute pads has {} entries, expected 4", pads.size()));
                for (std::int64_t p : pads)
                    if (p < 0 || p > 4096)
                        bad(fmt::format("has a padding of {}, expected 0 to 4096", p));
                l.pad_top = static_cast<int>(pads[0]);
                l.pad_left = static_cast<int>(pads[1]);
                l.pad_bottom = static_cast<int>(pads[2]);
                l.pad_right = static_cast<int>(pads[3]);
            }
        } else if (automatic != "VALID") {
            bad("attribute auto_pad is '" + automatic + "'");
        }
        const bool ceiling = a.integer("ceil_mode", 0) != 0;
        const auto extent = [&](int in, int kernel, int stride, int dilation, int before,
                                int& after) {
            const int room = in + before + after - ((kernel - 1) * dilation + 1);
            if (room < 0)
                bad(fmt::format("its kernel of {} does not fit an input of {}", kernel, in));
            if (ceiling && room % stride != 0) {
                // One more window, unless it would start in the padding after the input.
                if ((room / stride + 1) * stride < in + before)
                    after += stride - room % stride;
            }
            return (in + before + after - ((kernel - 1) * dilation + 1)) / stride + 1;
        };
        out_shape = {x.shape[0], channels,
                     extent(in_h, l.kernel_h, l.stride_h, l.dilation_h, l.pad_top, l.pad_bottom),
                     extent(in_w, l.kernel_w, l.stride_w, l.dilation_w, l.pad_left, l.pad_right)};
    }

    /// Integer weights with their quantization, the output channel along `axis`.
    value weights(const onnx::NodeProto& node, int k) {
        value w = input(node, k);
        if (w.what == value::kind::constant_value)
            bad(fmt::format(
                "its weights '{}' are float: the network is not int8, quantize it first",
                node.input(k)));
        require_weights(w, node.input(k));
        return w;
    }

    void require_weights(const value& w, const std::string& name) const {
        if (w.what != value::kind::constant_view || !activation_type(w.data.type))
            bad(fmt::format("its weights '{}' must be int8 or uint8 constants", name));
        if (w.data.integers.empty())
            bad(fmt::format("its weights '{}' are empty", name));
    }

    int add_weights(const value& w, const std::string& name, std::vector<int> shape,
                    std::vector<std::uint8_t> bytes) {
        const int i = add_tensor(name, std::move(shape), *activation_type(w.data.type));
        tensor& t = tensor_at(i);
        t.quant = w.quant;
        t.data = std::move(bytes);
        return i;
    }

    value convolution(const onnx::NodeProto& node, const value& input_view, const value& w,
                      const std::string& input_name, const std::string& weight_name) {
        const value x = as_picture(input_view, input_name);
        require_weights(w, weight_name);
        if (w.shape.size() != 4)
            bad(fmt::format("its weights have {} dimensions, expected 4", w.shape.size()));
        if (w.quant.scale.size() > 1 && w.axis != 0)
            bad("its weights must be quantized along their output channels");
        const std::int64_t group = attributes(node).integer("group", 1);
        const int out_c = w.shape[0], in_c = x.shape[1], kh = w.shape[2], kw = w.shape[3];
        if (kh > 4096 || kw > 4096)
            bad(fmt::format("its kernel is {}x{}, expected at most 4096", kh, kw));
        const bool depthwise = group > 1 && group == in_c && w.shape[1] == 1;
        if (group < 1 || in_c % group != 0 || out_c % group != 0)
            bad(fmt::format("has {} groups of {} input and {} output channels", group, in_c,
                            out_c));
        const int group_in = static_cast<int>(in_c / group);
        if (depthwise ? out_c % in_c != 0 : w.shape[1] != group_in)
            bad(fmt::format("its weights [{}] do not fit {} input channels",
                            fmt::join(w.shape, "x"), in_c));
        value v = start(node, depthwise ? op::depthwise_conv2d : op::conv2d, x);
        layer& l = v.draft;
        l.kernel_h = kh;
        l.kernel_w = kw;
        l.depth_multiplier = depthwise ? out_c / in_c : 1;
        set_window(node, l, x, v.shape, out_c);
        if (l.kernel_h != kh || l.kernel_w != kw)
            bad("its kernel_shape differs from its weights");
        // OIHW becomes OHWI, or 1HWO for depthwise.
        const int depth = depthwise ? 1 : group_in;
        std::vector<std::uint8_t> bytes(w.data.integers.size());
        std::size_t from = 0;
        for (int o = 0; o < out_c; ++o)
            for (int i = 0; i < depth; ++i)
                for (int t = 0; t < kh * kw; ++t) {
                    const std::size_t to =
                        depthwise ? static_cast<std::size_t>(t * out_c + o)
                                  : static_cast<std::size_t>((o * kh * kw + t) * depth + i);
                    bytes[to] = static_cast<std::uint8_t>(w.data.integers[from++]);
                }
        std::vector<int> shape =
            depthwise ? std::vector<int>{1, kh, kw, out_c} : std::vector<int>{out_c, kh, kw, depth};
        l.inputs.push_back(add_weights(w, weight_name, std::move(shape), std::move(bytes)));
        return v;
    }

    /// x times w, where w is (depth, outputs), or (outputs, depth) when transposed.
    value product(const onnx::NodeProto& node, const value& x, const value& w, bool transposed,
                  const std::string& weight_name) {
        require_weights(w, weight_name);
        if (w.shape.size() != 2)
            bad(fmt::format("its weights have {} dimensions, expected 2", w.shape.size()));
        const int outputs = w.shape[transposed ? 0 : 1];
        const int depth = w.shape[transposed ? 1 : 0];
        if (w.quant.scale.size() > 1 && w.axis != (transposed ? 0 : 1))
            bad("its weights must be quantized along their output channels");
        if (x.shape.empty() || x.shape.back() != depth || x.layout == order::channels_first)
            bad(fmt::format("its input [{}] does not fit weights [{}]", fmt::join(x.shape, "x"),
                            fmt::join(w.shape, "x")));
        value v = start(node, op::fully_connected, x);
        v.shape.back() = outputs;
        v.layout = order::natural;
        // Inputs that were flattened from a picture lie channels last in memory.
        std::vector<std::size_t> place(static_cast<std::size_t>(depth));
        for (std::size_t k = 0; k < place.size(); ++k) {
            place[k] = k;
            if (x.layout == order::flat_channels) {
                const auto c = static_cast<std::size_t>(x.image[0]);
                const auto pixels = static_cast<std::size_t>(x.image[1] * x.image[2]);
                place[k] = k % pixels * c + k / pixels;
            }
        }
        v.image.clear();
        std::vector<std::uint8_t> bytes(w.data.integers.size());
        for (std::size_t o = 0; o < static_cast<std::size_t>(outputs); ++o)
            for (std::size_t k = 0; k < place.size(); ++k) {
                const std::size_t from =
                    transposed ? o * place.size() + k : k * static_cast<std::size_t>(outputs) + o;
                bytes[o * place.size() + place[k]] =
                    static_cast<std::uint8_t>(w.data.integers[from]);
            }
        v.draft.inputs.push_back(add_weights(w, weight_name, {outputs, depth}, std::move(bytes)));
        return v;
    }

    /// Keeps a bias with the pending layer; it becomes int32 when the layer is finished.
    void attach_bias(value& pending, const value& bias, const std::string& name) {
        const std::size_t channels = static_cast<std::size_t>(
            pending.layout == order::channels_first ? pending.shape[1] : pending.shape.back());
        const bool is_constant =
            bias.what == value::kind::constant_view || bias.what == value::kind::constant_value;
        if (!is_constant || bias.data.size() != channels)
            bad(fmt::format("its bias '{}' must be {} constants", name, channels));
        bias_entry entry;
        entry.name = name;
        for (std::size_t i = 0; i < channels; ++i) {
            if (bias.what == value::kind::constant_value) {
                if (!bias.data.is_float())
                    bad(fmt::format("its bias '{}' must be float or dequantized integers", name));
                entry.scale.push_back(1.0);
                entry.number.push_back(static_cast<double>(bias.data.reals[i]));
            } else {
                const std::size_t k = bias.quant.scale.size() == 1 ? 0 : i;
                if (k >= bias.quant.scale.size())
                    bad(fmt::format("its bias '{}' has {} scales", name, bias.quant.scale.size()));
                entry.scale.push_back(static_cast<double>(bias.quant.scale[k]));
                entry.number.push_back(static_cast<double>(bias.data.integers[i]) -
                                       static_cast<double>(bias.quant.zero_point[k]));
            }
            if (!std::isfinite(entry.number.back()))
                bad(fmt::format("its bias '{}' is not finite", name));
        }
        biases_.push_back(std::move(entry));
        pending.draft.inputs.push_back(-1 - static_cast<int>(biases_.size()));
    }

    /// Turns an attached bias into int32 of scale (input x weights).
    void add_bias(layer& l) {
        if (l.inputs.size() < 3)
            return;
        const bias_entry& b = biases_.at(static_cast<std::size_t>(-2 - l.inputs[2]));
        const tensor& x = tensor_at(l.inputs[0]);
        const tensor& w = tensor_at(l.inputs[1]);
        tensor t;
        t.name = b.name;
        t.shape = {static_cast<int>(b.number.size())};
        t.type = element::int32;
        t.data.resize(b.number.size() * 4);
        for (std::size_t i = 0; i < b.number.size(); ++i) {
            const double scale =
                static_cast<double>(x.quant.scale.at(0)) *
                static_cast<double>(w.quant.scale[w.quant.scale.size() == 1 ? 0 : i]);
            t.quant.scale.push_back(static_cast<float>(scale));
            t.quant.zero_point.push_back(0);
            // Quantizers write the product of scales rounded to float: those integers are exact.
            const double ratio = b.scale[i] / scale;
            const double q = std::abs(ratio - 1.0) < 1e-6 ? b.number[i] : b.number[i] * ratio;
            const double bounded = std::isnan(q) ? 0.0 : std::clamp(q, -2147483648.0, 2147483647.0);
            const auto integer = static_cast<std::int32_t>(std::nearbyint(bounded));
            std::memcpy(t.data.data() + 4 * i, &integer, 4);
        }
        n_.tensors.push_back(std::move(t));
        l.inputs[2] = static_cast<int>(n_.tensors.size()) - 1;
    }

    /// The second operand of an addition as a tensor of the first one's shape.
    int addend(const value& b, const value& x, const std::string& name) {
        if (b.what == value::kind::real_view) {
            bool fit = b.layout == x.layout && b.shape.size() == x.shape.size();
            for (std::size_t d = 0; fit && d < x.shape.size(); ++d)
                fit = b.shape[d] == x.shape[d] || b.shape[d] == 1 || x.shape[d] == 1;
            if (!fit || (b.layout == order::flat_channels && b.image != x.image))
                bad(fmt::format("combines [{}] and [{}], which do not fit", fmt::join(x.shape, "x"),
                                fmt::join(b.shape, "x")));
            return b.tensor_index;
        }
        if (b.what != value::kind::constant_view || !activation_type(b.data.type) ||
            b.quant.scale.size() != 1)
            bad(fmt::format("its operand '{}' must be an activation or an int8 constant", name));
        tensor t;
        t.name = name;
        t.type = *activation_type(b.data.type);
        t.quant = b.quant;
        for (std::int64_t q : b.data.integers)
            t.data.push_back(static_cast<std::uint8_t>(q));
        t.shape = b.shape;
        if (x.layout != order::natural && t.data.size() != 1) {
            // Channels first: only one number per channel, (C,1,1), can be turned around simply.
            if (x.layout != order::channels_first || t.shape.size() < 3 ||
                static_cast<std::size_t>(x.shape[1]) != t.data.size() ||
                t.shape[t.shape.size() - 3] != x.shape[1])
                bad(fmt::format("constant operand [{}] must be one number or one per channel",
                                fmt::join(t.shape, "x")));
            t.shape = {static_cast<int>(t.data.size())};
        }
        if (t.data.empty() || !broadcast_constant(t, memory_shape(x)))
            bad(fmt::format("constant operand [{}] does not fit [{}]", fmt::join(b.shape, "x"),
                            fmt::join(x.shape, "x")));
        n_.tensors.push_back(std::move(t));
        return static_cast<int>(n_.tensors.size()) - 1;
    }

    /// Add, Sub or Mul of two operands.
    value pair(const onnx::NodeProto& node, op kind, const value& a, const value& b,
               const std::string& a_name, const std::string& b_name) {
        const bool first = a.what == value::kind::real_view;
        const value& x = first ? a : b;
        require_view(x, first ? a_name : b_name);
        if (!first && kind == op::sub)
            bad("subtracts from a constant: this is not supported");
        const value& other = first ? b : a;
        value v = start(node, kind, x);
        v.draft.inputs.push_back(addend(other, x, first ? b_name : a_name));
        if (other.what == value::kind::real_view)
            for (std::size_t d = 0; d < v.shape.size(); ++d)
                v.shape[d] = std::max(v.shape[d], other.shape[d]);
        return v;
    }

    value pooling(const onnx::NodeProto& node, const value& input_view, op kind,
                  const std::string& name) {
        const value x = as_picture(input_view, name);
        value v = start(node, kind, x);
        set_window(node, v.draft, x, v.shape, x.shape[1]);
        const layer& l = v.draft;
        if (kind == op::average_pool && attributes(node).integer("count_include_pad", 0) != 0 &&
            (l.pad_top | l.pad_bottom | l.pad_left | l.pad_right) != 0)
            bad("counts its padding in the average: this is not supported");
        return v;
    }

    value global_average(const onnx::NodeProto& node, const value& input_view,
                         const std::string& name, bool keep) {
        const value x = as_picture(input_view, name);
        value v = start(node, op::mean, x);
        if (keep) {
            v.shape = {x.shape[0], x.shape[1], 1, 1};
        } else {
            v.shape = {x.shape[0], x.shape[1]};
            v.layout = order::natural;
        }
        return v;
    }

    value concatenation(const onnx::NodeProto& node, const std::vector<value>& parts) {
        const value& first = parts.front();
        value v = start(node, op::concat, first);
        v.draft.inputs.clear();
        const int rank = static_cast<int>(first.shape.size());
        std::int64_t axis = attributes(node).integer("axis", 0);
        axis = axis < 0 ? axis + rank : axis;
        if (axis < 0 || axis >= rank)
            bad(fmt::format("concatenates along axis {}", axis));
        const auto at = static_cast<std::size_t>(axis);
        std::int64_t sum = 0;
        for (const value& part : parts) {
            if (part.shape.size() != first.shape.size() || part.layout != first.layout ||
                part.layout == order::flat_channels)
                bad("its inputs differ in shape");
            v.draft.inputs.push_back(part.tensor_index);
            sum += part.shape[at];
        }
        if (sum > largest_elements)
            bad("its output is too large");
        v.shape[at] = static_cast<int>(sum);
        static constexpr int channels_last_axis[] = {0, 3, 1, 2};
        v.draft.axis =
            first.layout == order::channels_first ? channels_last_axis[at] : static_cast<int>(at);
        return v;
    }

    value softmax_like(const onnx::NodeProto& node, const value& x, op kind) {
        value v = start(node, kind, x);
        if (kind != op::softmax)
            return v;
        const int rank = static_cast<int>(x.shape.size());
        std::int64_t axis = attributes(node).integer("axis", opset_ >= 13 ? -1 : 1);
        axis = axis < 0 ? axis + rank : axis;
        // Before operator set 13 all dimensions from the axis on are one.
        const bool last = axis == rank - 1;
        const bool channel = x.layout == order::channels_first && axis == 1 &&
                             (opset_ >= 13 || (x.shape[2] == 1 && x.shape[3] == 1));
        if (!(x.layout == order::channels_first ? channel : last && x.layout == order::natural))
            bad(fmt::format("works along axis {} of [{}], expected its channels", axis,
                            fmt::join(x.shape, "x")));
        return v;
    }

    /// Reshape, Flatten, Squeeze, Unsqueeze: new shape, same values in the file's order.
    value reshaped(const onnx::NodeProto& node, const value& x, const std::vector<int>& shape) {
        value v = x;
        v.shape = shape;
        const bool picture = x.layout == order::channels_first && x.shape.size() == 4;
        const bool same_bytes = !picture || x.shape[1] == 1 || (x.shape[2] == 1 && x.shape[3] == 1);
        if (shape == x.shape)
            return v;
        if (x.layout == order::flat_channels)
            bad("reshapes a flattened picture: this is not supported");
        if (!same_bytes) {
            if (shape.size() != 2 || shape[0] != x.shape[0])
                bad(fmt::format("reshapes a picture [{}] to [{}]: only flattening is supported",
                                fmt::join(x.shape, "x"), fmt::join(shape, "x")));
            v.layout = order::flat_channels;
            v.image = {x.shape[1], x.shape[2], x.shape[3]};
        } else {
            // Four dimensions are a picture again when a picture of one channel or one pixel
            // results.
            const bool trivial =
                shape.size() == 4 && (shape[1] == 1 || (shape[2] == 1 && shape[3] == 1));
            v.layout = trivial ? order::channels_first : order::natural;
        }
        if (x.what == value::kind::float_input)
            return v;
        if (x.what == value::kind::pending)
            bad("reshapes a float result that no QuantizeLinear follows");
        // A layer of its own, unless only the file's view of the same bytes changes.
        if (memory_shape(v) != tensor_at(x.tensor_index).shape) {
            const tensor from = tensor_at(x.tensor_index);
            const int to = add_tensor(node.output(0), memory_shape(v), from.type);
            tensor_at(to).quant = from.quant;
            layer l;
            l.kind = op::reshape;
            l.name = node.name();
            l.inputs = {x.tensor_index};
            l.outputs = {to};
            l.clamp_min = lowest_of(from.type);
            l.clamp_max = highest_of(from.type);
            n_.layers.push_back(std::move(l));
            v.tensor_index = to;
        }
        return v;
    }

    static std::int64_t elements_of(const std::vector<int>& shape) {
        std::int64_t n = 1;
        for (int d : shape)
            n *= d;
        return n;
    }

    std::vector<int> target_shape(const onnx::NodeProto& node, const value& x) {
        const std::string& kind = node.op_type();
        const attributes a(node);
        const int rank = static_cast<int>(x.shape.size());
        std::vector<int> shape;
        if (kind == "Reshape") {
            const std::vector<std::int64_t> wanted = integer_list(node, 1);
            std::int64_t known = 1;
            int open = -1;
            for (std::size_t d = 0; d < wanted.size(); ++d) {
                std::int64_t extent = wanted[d];
                if (extent == 0 && d < x.shape.size() && a.integer("allowzero", 0) == 0)
                    extent = x.shape[d];
                if (extent == -1 && open < 0) {
                    open = static_cast<int>(d);
                    extent = 1;
                }
                if (extent < 1 || extent > largest_elements || known > largest_elements / extent)
                    bad(fmt::format("reshapes to a dimension of {}", wanted[d]));
                known *= extent;
                shape.push_back(static_cast<int>(extent));
            }
            if (open >= 0)
                shape[static_cast<std::size_t>(open)] =
                    static_cast<int>(elements_of(x.shape) / known);
        } else if (kind == "Flatten") {
            std::int64_t axis = a.integer("axis", 1);
            axis = axis < 0 ? axis + rank : axis;
            if (axis < 0 || axis > rank)
                bad(fmt::format("flattens from axis {}", axis));
            const auto middle = x.shape.begin() + static_cast<std::ptrdiff_t>(axis);
            shape = {static_cast<int>(elements_of({x.shape.begin(), middle})),
                     static_cast<int>(elements_of({middle, x.shape.end()}))};
        } else {
            std::vector<std::int64_t> axes =
                has_input(node, 1) ? integer_list(node, 1) : a.integers("axes");
            const bool insert = kind == "Unsqueeze";
            const auto full = static_cast<std::int64_t>(rank) +
                              (insert ? static_cast<std::int64_t>(axes.size()) : 0);
            std::set<std::int64_t> chosen;
            for (std::int64_t axis : axes)
                chosen.insert(axis < 0 ? axis + full : axis);
            if (!insert && axes.empty())
                for (int d = 0; d < rank; ++d)
                    if (x.shape[static_cast<std::size_t>(d)] == 1)
                        chosen.insert(d);
            std::size_t from = 0;
            for (std::int64_t d = 0; d < full; ++d) {
                const bool hit = chosen.count(d) != 0;
                if (insert && hit) {
                    shape.push_back(1);
                } else if (!hit) {
                    if (from >= x.shape.size())
                        bad("its axes do not fit its input");
                    shape.push_back(x.shape[from++]);
                } else {
                    ++from;
                }
            }
        }
        if (shape.empty() || elements_of(shape) != elements_of(x.shape))
            bad(fmt::format("reshapes [{}] to [{}]", fmt::join(x.shape, "x"),
                            fmt::join(shape, "x")));
        return shape;
    }

    value transposed(const onnx::NodeProto& node, const value& x) {
        std::vector<std::int64_t> perm = attributes(node).integers("perm");
        if (perm.empty())
            for (std::size_t d = x.shape.size(); d-- > 0;)
                perm.push_back(static_cast<std::int64_t>(d));
        std::vector<std::int64_t> sorted = perm;
        std::sort(sorted.begin(), sorted.end());
        bool valid = perm.size() == x.shape.size();
        for (std::size_t d = 0; valid && d < sorted.size(); ++d)
            valid = sorted[d] == static_cast<std::int64_t>(d);
        if (!valid)
            bad("its perm is not a permutation of the dimensions");
        value v = x;
        for (std::size_t d = 0; d < perm.size(); ++d)
            v.shape[d] = x.shape[static_cast<std::size_t>(perm[d])];
        if (v.shape == x.shape && sorted == perm)
            return v;
        const bool to_first = perm == std::vector<std::int64_t>{0, 3, 1, 2};
        const bool to_last = perm == std::vector<std::int64_t>{0, 2, 3, 1};
        if (to_first && x.layout == order::natural) {
            v.layout = order::channels_first;
            return v;
        }
        if (to_last && x.layout == order::channels_first) {
            v.layout = order::natural;
            return v;
        }
        // Moving dimensions of one around changes nothing.
        std::vector<std::int64_t> order_of_long;
        for (std::int64_t p : perm)
            if (x.shape[static_cast<std::size_t>(p)] != 1)
                order_of_long.push_back(p);
        if (x.layout == order::natural &&
            std::is_sorted(order_of_long.begin(), order_of_long.end()))
            return v;
        bad(fmt::format(
            "permutes [{}] by ({}): only changes between channels first and last are supported",
            fmt::join(x.shape, "x"), fmt::join(perm, ",")));
    }

    value padded(const onnx::NodeProto& node, const value& input_view) {
        const value x = as_picture(input_view, node.input(0));
        const attributes a(node);
        if (a.text("mode", "constant") != "constant")
            bad("pads by '" + a.text("mode", "constant") + "', expected 'constant'");
        const std::vector<std::int64_t> pads =
            has_input(node, 1) ? integer_list(node, 1) : a.integers("pads");
        if (pads.size() != 8 || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0)
            bad("only padding of height and width is supported");
        for (std::int64_t p : pads)
            if (p < 0 || p > 4096)
                bad(fmt::format("has a padding of {}, expected 0 to 4096", p));
        float fill = a.real("value", 0.0f);
        if (has_input(node, 2)) {
            const constant& c = constant_input(node, 2);
            fill = c.is_float() && c.reals.size() == 1 ? c.reals[0] : 1.0f;
        }
        if (fill != 0.0f)
            bad("pads with something else than 0");
        value v = start(node, op::pad, x);
        v.draft.paddings = {static_cast<int>(pads[2]), static_cast<int>(pads[6]),
                            static_cast<int>(pads[3]), static_cast<int>(pads[7])};
        v.shape[2] += v.draft.paddings[0] + v.draft.paddings[1];
        v.shape[3] += v.draft.paddings[2] + v.draft.paddings[3];
        return v;
    }

    /// A layer whose output keeps the quantization of its input, finished at once.
    value finished_like_input(const onnx::NodeProto& node, value pending, const value& x,
                              int output = 0) {
        const quantization q = tensor_at(x.tensor_index).quant;
        const element type = tensor_at(x.tensor_index).type;
        if (q.empty())
            bad("works on integers whose scale is not known");
        value out;
        finish(pending, q, type, node.output(output), out);
        out.what = x.what;
        return out;
    }

    /// An activation whose elements are only moved.
    value moved(const onnx::NodeProto& node) {
        const value& x = input(node, 0);
        if (x.what != value::kind::integers)
            require_view(x, node.input(0));
        if (x.layout == order::flat_channels)
            bad("takes a flattened picture apart: this is not supported");
        return x;
    }

    /// A slice in the file's order, as output `output` of the node.
    value sliced(const onnx::NodeProto& node, const value& x, const std::vector<int>& begin,
                 const std::vector<int>& steps, const std::vector<int>& shape, int output) {
        value v = start(node, op::slice, x);
        v.draft.name = node.output(output);
        v.shape = shape;
        static constexpr std::size_t channels_last[] = {0, 2, 3, 1};
        for (std::size_t d = 0; d < shape.size(); ++d) {
            const std::size_t from = x.layout == order::channels_first ? channels_last[d] : d;
            v.draft.begin.push_back(begin[from]);
            v.draft.steps.push_back(steps[from]);
        }
        return finished_like_input(node, v, x, output);
    }

    std::size_t axis_of(std::int64_t axis, const value& x) const {
        const auto rank = static_cast<std::int64_t>(x.shape.size());
        axis = axis < 0 ? axis + rank : axis;
        if (axis < 0 || axis >= rank)
            bad(fmt::format("works along axis {} of {}", axis, rank));
        return static_cast<std::size_t>(axis);
    }

    void read_slice(const onnx::NodeProto& node) {
        const value x = moved(node);
        const std::vector<std::int64_t> starts = integer_list(node, 1),
                                        ends = integer_list(node, 2);
        std::vector<std::int64_t> axes, steps(starts.size(), 1);
        for (std::size_t i = 0; i < starts.size(); ++i)
            axes.push_back(static_cast<std::int64_t>(i));
        if (has_input(node, 3))
            axes = integer_list(node, 3);
        if (has_input(node, 4))
            steps = integer_list(node, 4);
        if (ends.size() != starts.size() || axes.size() != starts.size() ||
            steps.size() != starts.size())
            bad("its starts, ends, axes and steps differ in number");
        std::vector<int> begin(x.shape.size(), 0), step(x.shape.size(), 1), shape = x.shape;
        for (std::size_t i = 0; i < starts.size(); ++i) {
            const std::size_t d = axis_of(axes[i], x);
            const std::int64_t extent = x.shape[d];
            if (steps[i] < 1)
                bad(fmt::format("has a step of {}, expected a positive one", steps[i]));
            const auto bounded = [&](std::int64_t at) {
                return std::clamp<std::int64_t>(at < 0 ? at + extent : at, 0, extent);
            };
            const std::int64_t from = bounded(starts[i]), to = bounded(ends[i]);
            if (from >= to)
                bad(fmt::format("takes nothing of dimension {}", d));
            const std::int64_t stride = std::min(steps[i], extent);
            begin[d] = static_cast<int>(from);
            step[d] = static_cast<int>(stride);
            shape[d] = static_cast<int>((to - from + stride - 1) / stride);
        }
        define(node, sliced(node, x, begin, step, shape, 0));
    }

    void read_split(const onnx::NodeProto& node) {
        const value x = moved(node);
        const attributes a(node);
        const std::size_t d = axis_of(a.integer("axis", 0), x);
        std::vector<std::int64_t> sizes =
            has_input(node, 1) ? integer_list(node, 1) : a.integers("split");
        if (sizes.empty())
            for (int k = 0; k < node.output_size(); ++k)
                sizes.push_back(x.shape[d] / node.output_size());
        std::vector<int> begin(x.shape.size(), 0);
        if (sizes.size() != static_cast<std::size_t>(node.output_size()))
            bad("its outputs do not fit its sizes");
        for (int k = 0; k < node.output_size(); ++k) {
            const std::int64_t size = sizes[static_cast<std::size_t>(k)];
            std::vector<int> shape = x.shape;
            if (size < 1 || size > x.shape[d] - begin[d])
                bad("its sizes do not fit its input");
            shape[d] = static_cast<int>(size);
            if (node.output(k).empty() || values_.count(node.output(k)) != 0)
                bad(fmt::format("computes '{}' a second time", node.output(k)));
            values_[node.output(k)] =
                sliced(node, x, begin, std::vector<int>(shape.size(), 1), shape, k);
            begin[d] += static_cast<int>(size);
        }
        if (begin[d] != x.shape[d])
            bad("its sizes do not fit its input");
    }

    /// Nearest enlargement by whole factors, where all the usual coordinates agree.
    void read_resize(const onnx::NodeProto& node) {
        const value x = as_picture(moved(node), node.input(0));
        const attributes a(node);
        const std::string coordinates = a.text("coordinate_transformation_mode", "half_pixel");
        const std::string nearest = a.text("nearest_mode", "round_prefer_floor");
        const bool plain = (coordinates == "asymmetric" && nearest == "floor") ||
                           (coordinates == "half_pixel" && nearest == "round_prefer_floor");
        if (a.text("mode", "nearest") != "nearest" || !plain)
            bad("only nearest resizing, asymmetric with floor or half_pixel with "
                "round_prefer_floor, is supported");
        std::vector<std::int64_t> factors;
        if (has_input(node, 3)) {
            const std::vector<std::int64_t> sizes = integer_list(node, 3);
            for (std::size_t d = 0; d < sizes.size() && d < 4; ++d)
                factors.push_back(sizes[d] % x.shape[d] == 0 ? sizes[d] / x.shape[d] : 0);
        } else {
            const constant& scales = constant_input(node, 2);
            for (float f : scales.reals)
                factors.push_back(f >= 1.0f && f <= 8.0f && f == std::floor(f)
                                      ? static_cast<std::int64_t>(f)
                                      : 0);
        }
        if (factors.size() != 4 || factors[0] != 1 || factors[1] != 1 || factors[2] < 1 ||
            factors[2] > 8 || factors[3] < 1 || factors[3] > 8)
            bad("only height and width can be enlarged, by whole factors from 1 to 8");
        value v = start(node, op::resize_nearest, x);
        v.shape[2] = static_cast<int>(x.shape[2] * factors[2]);
        v.shape[3] = static_cast<int>(x.shape[3] * factors[3]);
        define(node, finished_like_input(node, v, x));
    }

    void clamp(const onnx::NodeProto& node, float low, float high) {
        value& x = input(node, 0);
        if (x.what == value::kind::pending) {
            if (uses_[node.input(0)] != 1)
                bad(fmt::format("'{}' is also used without this clamp", node.input(0)));
            value v = x;
            v.high = std::min(std::max(v.high, low), high);
            v.low = std::max(std::min(v.low, high), low);
            define(node, std::move(v));
            return;
        }
        value v = start(node, op::relu, view(node, 0));
        v.low = low;
        v.high = high;
        define(node, std::move(v));
    }

    float real_constant(const onnx::NodeProto& node, int k) {
        const value& v = input(node, k);
        if (v.what == value::kind::constant_value && v.data.is_float() && v.data.reals.size() == 1)
            return v.data.reals[0];
        if (v.what == value::kind::constant_view && v.data.integers.size() == 1)
            return static_cast<float>(v.data.integers[0] - v.quant.zero_point[0]) *
                   v.quant.scale[0];
        bad(fmt::format("'{}' must be one float constant", node.input(k)));
    }

    /// The view (x, scale, zero point) of a QOperator node's inputs.
    value operand(const onnx::NodeProto& node, int k, int axis = 0) {
        return dequantized(input(node, k), read_quantization(node, k + 1, k + 2), axis);
    }

    void finish_operator(const onnx::NodeProto& node, value pending, int scale, int zero) {
        value out;
        finish(pending, read_quantization(node, scale, zero), zero_point_type(node, zero),
               node.output(0), out);
        define(node, std::move(out));
    }

    void read_node(const onnx::NodeProto& node) {
        node_kind_ = node.op_type();
        node_name_ = node.name().empty() && node.output_size() > 0 ? node.output(0) : node.name();
        if (node.output_size() < 1)
            bad("has no output");
        const std::string& kind = node.op_type();
        const attributes a(node);
        if (kind == "Constant") {
            const auto at = a.by_name.find("value");
            if (at == a.by_name.end() || !at->second->has_t())
                bad("holds no tensor");
            value v;
            v.data = read_constant(at->second->t(), node.output(0));
            v.shape = v.data.shape;
            define(node, std::move(v));
        } else if (kind == "Identity") {
            define(node, input(node, 0));
        } else if (kind == "QuantizeLinear") {
            value& x = input(node, 0);
            const quantization q = read_quantization(node, 1, 2);
            if (x.what == value::kind::constant_value && x.data.is_float()) {
                std::int64_t axis = a.integer("axis", 1);
                axis = axis < 0 ? axis + static_cast<std::int64_t>(x.shape.size()) : axis;
                if (q.scale.size() > 1 &&
                    (axis < 0 || axis >= static_cast<std::int64_t>(x.shape.size()) ||
                     q.scale.size() !=
                         static_cast<std::size_t>(x.shape[static_cast<std::size_t>(axis)])))
                    bad("its scales do not fit the axis they belong to");
                const int type = has_input(node, 2) ? constant_input(node, 2).type
                                                    : static_cast<int>(onnx::TensorProto::UINT8);
                value v;
                v.data = quantized_constant(x.data, q, static_cast<int>(axis), type, x.shape);
                v.shape = x.shape;
                define(node, std::move(v));
                return;
            }
            define(node, quantized(node, x, q, zero_point_type(node, 2)));
        } else if (kind == "DequantizeLinear") {
            const value& x = input(node, 0);
            define(node, dequantized(x, read_quantization(node, 1, 2),
                                     static_cast<int>(
                                         std::clamp<std::int64_t>(a.integer("axis", 1), -64, 64))));
        } else if (kind == "Conv") {
            value v =
                convolution(node, view(node, 0), weights(node, 1), node.input(0), node.input(1));
            if (has_input(node, 2))
                attach_bias(v, input(node, 2), node.input(2));
            define(node, std::move(v));
        } else if (kind == "QLinearConv") {
            value v =
                convolution(node, operand(node, 0), operand(node, 3), node.input(0), node.input(3));
            if (has_input(node, 8))
                attach_bias(v, integer_bias(node, 8, v), node.input(8));
            finish_operator(node, std::move(v), 6, 7);
        } else if (kind == "MatMul") {
            define(node, product(node, view(node, 0), weights(node, 1), false, node.input(1)));
        } else if (kind == "Gemm") {
            if (a.real("alpha", 1.0f) != 1.0f || a.real("beta", 1.0f) != 1.0f ||
                a.integer("transA", 0) != 0)
                bad("only Gemm with alpha 1, beta 1 and transA 0 is supported");
            value v = product(node, view(node, 0), weights(node, 1), a.integer("transB", 0) != 0,
                              node.input(1));
            if (has_input(node, 2))
                attach_bias(v, input(node, 2), node.input(2));
            define(node, std::move(v));
        } else if (kind == "QLinearMatMul") {
            value v = product(node, operand(node, 0), operand(node, 3, 1), false, node.input(3));
            finish_operator(node, std::move(v), 6, 7);
        } else if (kind == "QGemm") {
            if (a.real("alpha", 1.0f) != 1.0f || a.integer("transA", 0) != 0)
                bad("only QGemm with alpha 1 and transA 0 is supported");
            const bool turned = a.integer("transB", 0) != 0;
            value v = product(node, operand(node, 0), operand(node, 3, turned ? 0 : 1), turned,
                              node.input(3));
            if (has_input(node, 6))
                attach_bias(v, integer_bias(node, 6, v), node.input(6));
            finish_operator(node, std::move(v), 7, 8);
        } else if (kind == "Add") {
            value& left = input(node, 0);
            value& right = input(node, 1);
            const bool first = left.what == value::kind::pending;
            value& waiting = first ? left : right;
            const value& other = first ? right : left;
            if (waiting.what == value::kind::pending && waiting.draft.inputs.size() == 2 &&
                (waiting.draft.kind == op::fully_connected || waiting.draft.kind == op::conv2d ||
                 waiting.draft.kind == op::depthwise_conv2d) &&
                (other.what == value::kind::constant_view ||
                 other.what == value::kind::constant_value) &&
                std::isinf(waiting.low) && std::isinf(waiting.high)) {
                if (uses_[node.input(first ? 0 : 1)] != 1)
                    bad("its float operand is also used elsewhere");
                value v = waiting;
                attach_bias(v, other, node.input(first ? 1 : 0));
                define(node, std::move(v));
                return;
            }
            define(node, pair(node, op::add, left, right, node.input(0), node.input(1)));
        } else if (kind == "QLinearAdd") {
            finish_operator(node,
                            pair(node, op::add, operand(node, 0), operand(node, 3), node.input(0),
                                 node.input(3)),
                            6, 7);
        } else if (kind == "Sub" || kind == "Mul") {
            define(node, pair(node, kind == "Sub" ? op::sub : op::mul, input(node, 0),
                              input(node, 1), node.input(0), node.input(1)));
        } else if (kind == "QLinearMul") {
            finish_operator(node,
                            pair(node, op::mul, operand(node, 0), operand(node, 3), node.input(0),
                                 node.input(3)),
                            6, 7);
        } else if (kind == "Slice") {
            read_slice(node);
        } else if (kind == "Split") {
            read_split(node);
        } else if (kind == "Resize") {
            read_resize(node);
        } else if (kind == "Tanh") {
            define(node, softmax_like(node, view(node, 0), op::tanh));
        } else if (kind == "HardSwish") {
            define(node, softmax_like(node, view(node, 0), op::hard_swish));
        } else if (kind == "LeakyRelu" || kind == "QLinearLeakyRelu") {
            const bool fused = kind == "QLinearLeakyRelu";
            value v = start(node, op::leaky_relu, fused ? operand(node, 0) : view(node, 0));
            v.draft.alpha = a.real("alpha", 0.01f);
            if (fused)
                finish_operator(node, std::move(v), 3, 4);
            else
                define(node, std::move(v));
        } else if (kind == "Relu") {
            clamp(node, 0.0f, unbounded);
        } else if (kind == "Clip") {
            const float low =
                has_input(node, 1) ? real_constant(node, 1) : a.real("min", -unbounded);
            const float high =
                has_input(node, 2) ? real_constant(node, 2) : a.real("max", unbounded);
            clamp(node, low, high);
        } else if (kind == "MaxPool") {
            value& x = input(node, 0);
            if (x.what != value::kind::integers)
                require_view(x, node.input(0));
            define(node,
                   finished_like_input(node, pooling(node, x, op::max_pool, node.input(0)), x));
        } else if (kind == "AveragePool") {
            define(node, pooling(node, view(node, 0), op::average_pool, node.input(0)));
        } else if (kind == "QLinearAveragePool") {
            if (a.integer("channels_last", 0) != 0)
                bad("channels_last is not supported");
            finish_operator(node, pooling(node, operand(node, 0), op::average_pool, node.input(0)),
                            3, 4);
        } else if (kind == "GlobalAveragePool") {
            define(node, global_average(node, view(node, 0), node.input(0), true));
        } else if (kind == "QLinearGlobalAveragePool") {
            if (a.integer("channels_last", 0) != 0)
                bad("channels_last is not supported");
            finish_operator(node, global_average(node, operand(node, 0), node.input(0), true), 3,
                            4);
        } else if (kind == "ReduceMean") {
            std::vector<std::int64_t> axes =
                has_input(node, 1) ? integer_list(node, 1) : a.integers("axes");
            for (std::int64_t& axis : axes)
                axis = axis < 0 ? axis + 4 : axis;
            std::sort(axes.begin(), axes.end());
            if (axes != std::vector<std::int64_t>{2, 3})
                bad("only the mean over height and width is supported");
            define(node, global_average(node, view(node, 0), node.input(0),
                                        a.integer("keepdims", 1) != 0));
        } else if (kind == "Reshape" || kind == "Flatten" || kind == "Squeeze" ||
                   kind == "Unsqueeze") {
            const value& x = input(node, 0);
            if (x.what == value::kind::pending)
                require_view(x, node.input(0));
            if (x.what == value::kind::constant_value || x.what == value::kind::constant_view)
                bad("reshapes a constant: fold constants when exporting");
            define(node, reshaped(node, x, target_shape(node, x)));
        } else if (kind == "Transpose") {
            const value& x = input(node, 0);
            if (x.what == value::kind::pending)
                require_view(x, node.input(0));
            if (x.what == value::kind::constant_view && x.shape.size() == 2) {
                define(node, transposed_matrix(x));
                return;
            }
            if (x.what == value::kind::constant_value || x.what == value::kind::constant_view)
                bad("permutes a constant: fold constants when exporting");
            define(node, transposed(node, x));
        } else if (kind == "Pad") {
            define(node, padded(node, view(node, 0)));
        } else if (kind == "Softmax") {
            define(node, softmax_like(node, view(node, 0), op::softmax));
        } else if (kind == "QLinearSoftmax") {
            finish_operator(node, softmax_like(node, operand(node, 0), op::softmax), 3, 4);
        } else if (kind == "Sigmoid") {
            define(node, softmax_like(node, view(node, 0), op::logistic));
        } else if (kind == "QLinearSigmoid") {
            finish_operator(node, softmax_like(node, operand(node, 0), op::logistic), 3, 4);
        } else if (kind == "Concat") {
            std::vector<value> parts;
            for (int k = 0; k < node.input_size(); ++k)
                parts.push_back(view(node, k));
            if (parts.empty())
                bad("has no inputs");
            define(node, concatenation(node, parts));
        } else if (kind == "QLinearConcat") {
            std::vector<value> parts;
            for (int k = 2; k + 2 < node.input_size(); k += 3)
                parts.push_back(operand(node, k));
            if (parts.empty())
                bad("has no inputs");
            for (const value& part : parts)
                require_view(part, "input");
            finish_operator(node, concatenation(node, parts), 0, 1);
        } else {
            bad("this operator is not supported");
        }
    }

    static value transposed_matrix(const value& x) {
        value v = x;
        const auto rows = static_cast<std::size_t>(x.shape[0]);
        const auto columns = static_cast<std::size_t>(x.shape[1]);
        v.shape = {x.shape[1], x.shape[0]};
        v.data.shape = v.shape;
        v.axis = 1 - x.axis;
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < columns; ++c)
                v.data.integers[c * rows + r] = x.data.integers[r * columns + c];
        return v;
    }

    /// The int32 bias of a QOperator node: its scale is that of input times weights.
    value integer_bias(const onnx::NodeProto& node, int k, const value& pending) {
        value v = input(node, k);
        if (v.what != value::kind::constant_value || v.data.type != onnx::TensorProto::INT32)
            bad(fmt::format("its bias '{}' must be int32 constants", node.input(k)));
        v.what = value::kind::constant_view;
        const tensor& x = tensor_at(pending.draft.inputs[0]);
        const tensor& w = tensor_at(pending.draft.inputs[1]);
        for (float s : w.quant.scale) {
            v.quant.scale.push_back(x.quant.scale.at(0) * s);
            v.quant.zero_point.push_back(0);
        }
        return v;
    }

    /// A bias of number * scale per channel.
    struct bias_entry {
        std::vector<double> number, scale;
        std::string name;
    };

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

}  // namespace

network read_onnx(const std::string& bytes, const std::string& file_name) {
    return onnx_reader(bytes, file_name).read();
}

}  // namespace ocellus::dsp
