// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <random>

#include "core/diagnostics.h"
#include "dsp/network/executor.h"
#include "dsp/network/reader.h"

using namespace ocellus;
using namespace ocellus::dsp;

namespace {

/// A float tensor in the file's own order, channels first.
struct picture {
    std::vector<int> shape;
    std::vector<double> values;
};

/// Builds QDQ graphs and at the same time computes them in double precision, operator by operator
/// in channels-first order, as the ONNX text defines them.
class graph_maker {
  public:
    explicit graph_maker(unsigned seed) : engine_(seed) {
        model_.set_ir_version(7);
        model_.add_opset_import()->set_version(13);
        model_.mutable_graph()->set_name("made");
    }
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
    double real(double low, double high) {
        return std::uniform_real_distribution<double>(low, high)(engine_);
    }

    std::string input(const std::vector<int>& shape, bool integers) {
        auto* info = model_.mutable_graph()->add_input();
        info->set_name("in");
        auto* type = info->mutable_type()->mutable_tensor_type();
        type->set_elem_type(integers ? onnx::TensorProto::INT8 : onnx::TensorProto::FLOAT);
        for (int d : shape)
            type->mutable_shape()->add_dim()->set_dim_value(d);
        picture p;
        p.shape = shape;
        std::size_t count = 1;
        for (int d : shape)
            count *= static_cast<std::size_t>(d);
        input_bytes.resize(count);
        for (std::size_t i = 0; i < count; ++i) {
            const int q = pick(-128, 127);
            input_bytes[i] = static_cast<std::uint8_t>(q);
            p.values.push_back((q - 3) * 0.02);
        }
        known_["in"] = p;
        if (integers)
            return dequantize("in", "in_d", 0.02f, 3);
        known_["in_q"] = p;
        node("QuantizeLinear", {"in", scale(0.02f), zero(3)}, "in_q");
        return dequantize("in_q", "in_d", 0.02f, 3);
    }

    void output(const std::string& quantized_name) {
        model_.mutable_graph()->add_output()->set_name(quantized_name);
        output_names.push_back(quantized_name);
    }

    /// Adds Q and DQ; remembers the integers a later output() compares with.
    std::string quantize(const std::string& x, float s, int z) {
        const std::string q = x + "_q";
        node("QuantizeLinear", {x, scale(s), zero(z)}, q);
        picture p = known_.at(x);
        for (double& v : p.values) {
            exact[q].push_back(std::min(std::max(v / static_cast<double>(s) + z, -128.0), 127.0));
            const double rounded = std::nearbyint(v / static_cast<double>(s));
            v = (std::min(std::max(rounded + z, -128.0), 127.0) - z) * static_cast<double>(s);
        }
        shapes[q] = p.shape;
        known_[q] = p;
        return dequantize(q, x + "_d", s, z);
    }

    std::string conv(const std::string& x, int out_c, int kernel, int stride, int pad,
                     bool depthwise, bool per_channel, int groups = 1) {
        const picture& in = known_.at(x);
        const int in_c = in.shape[1];
        const int depth = depthwise ? 1 : in_c / groups;
        std::vector<float> scales;
        for (int i = 0; i < (per_channel ? out_c : 1); ++i)
            scales.push_back(static_cast<float>(real(0.005, 0.02)));
        std::vector<int> w;
        std::vector<double> wr;
        for (int o = 0; o < out_c; ++o)
            for (int i = 0; i < depth * kernel * kernel; ++i) {
                w.push_back(pick(-127, 127));
                wr.push_back(w.back() * static_cast<double>(
                                            scales[per_channel ? static_cast<std::size_t>(o) : 0]));
            }
        const std::string id = "w" + std::to_string(++counter_);
        constant(id, onnx::TensorProto::INT8, {out_c, depth, kernel, kernel}, w);
        floats(id + "_s", scales, per_channel);
        auto* dq = node("DequantizeLinear", {id, id + "_s"}, id + "_d");
        attribute(dq, "axis", 0);
        std::vector<int> b;
        std::vector<float> bias_scales;
        std::vector<double> br;
        for (int o = 0; o < out_c; ++o) {
            const float s = 0.02f * scales[per_channel ? static_cast<std::size_t>(o) : 0];
            bias_scales.push_back(s);
            b.push_back(pick(-3000, 3000));
            br.push_back(b.back() * static_cast<double>(s));
        }
        constant(id + "_b", onnx::TensorProto::INT32, {out_c}, b);
        floats(id + "_bs", bias_scales, true);
        dq = node("DequantizeLinear", {id + "_b", id + "_bs"}, id + "_bd");
        attribute(dq, "axis", 0);
        const std::string y = "y" + std::to_string(counter_);
        auto* c = node("Conv", {x, id + "_d", id + "_bd"}, y);
        attribute_list(c, "kernel_shape", {kernel, kernel});
        attribute_list(c, "strides", {stride, stride});
        attribute_list(c, "pads", {pad, pad, pad, pad});
        attribute(c, "group", depthwise ? in_c : groups);
        picture out;
        const int h = (in.shape[2] + 2 * pad - kernel) / stride + 1;
        const int wd = (in.shape[3] + 2 * pad - kernel) / stride + 1;
        out.shape = {1, out_c, h, wd};
        for (int o = 0; o < out_c; ++o)
            for (int yy = 0; yy < h; ++yy)
                for (int xx = 0; xx < wd; ++xx) {
                    double sum = br[static_cast<std::size_t>(o)];
                    for (int i = 0; i < depth; ++i)
                        for (int ky = 0; ky < kernel; ++ky)
                            for (int kx = 0; kx < kernel; ++kx)
                                sum += wr[static_cast<std::size_t>(
                                           ((o * depth + i) * kernel + ky) * kernel + kx)] *
                                       at(in,
                                          depthwise ? o / (out_c / in_c)
                                                    : o / (out_c / groups) * depth + i,
                                          yy * stride + ky - pad, xx * stride + kx - pad, 0.0);
                    out.values.push_back(sum);
                }
        known_[y] = out;
        return y;
    }

    std::string clamp(const std::string& x, double low, double high, bool relu) {
        const std::string y = x + "_c";
        if (relu) {
            node("Relu", {x}, y);
        } else {
            floats(y + "_lo", {static_cast<float>(low)}, false);
            floats(y + "_hi", {static_cast<float>(high)}, false);
            node("Clip", {x, y + "_lo", y + "_hi"}, y);
        }
        picture p = known_.at(x);
        for (double& v : p.values)
            v = std::min(std::max(v, low), high);
        known_[y] = p;
        return y;
    }

    std::string add(const std::string& a, const std::string& b) {
        const std::string y = "sum" + std::to_string(++counter_);
        node("Add", {a, b}, y);
        picture p = known_.at(a);
        for (std::size_t i = 0; i < p.values.size(); ++i)
            p.values[i] += known_.at(b).values[i];
        known_[y] = p;
        return y;
    }

    /// Sub or Mul; the second operand may have one pixel for all.
    std::string pair(const char* kind, const std::string& a, const std::string& b) {
        const std::string y = std::string(kind) + std::to_string(++counter_);
        node(kind, {a, b}, y);
        picture p = known_.at(a);
        const picture& q = known_.at(b);
        const std::size_t repeat = p.values.size() / q.values.size();
        for (std::size_t i = 0; i < p.values.size(); ++i) {
            const double other = q.values[i / repeat];
            p.values[i] = std::string(kind) == "Mul" ? p.values[i] * other : p.values[i] - other;
        }
        known_[y] = p;
        return y;
    }

    std::string function(const char* kind, const std::string& x, double (*real_function)(double)) {
        const std::string y = std::string(kind) + std::to_string(++counter_);
        auto* n = node(kind, {x}, y);
        if (std::string(kind) == "LeakyRelu") {
            auto* a = n->add_attribute();
            a->set_name("alpha");
            a->set_type(onnx::AttributeProto::FLOAT);
            a->set_f(0.2f);
        }
        picture p = known_.at(x);
        for (double& v : p.values)
            v = real_function(v);
        known_[y] = p;
        return y;
    }

    /// Channels from `first` on, `step` apart, and rows from 1 on.
    std::string slice(const std::string& x, int first, int step) {
        const std::string y = "slice" + std::to_string(++counter_);
        constant(y + "_s", onnx::TensorProto::INT32, {2}, {first, 1});
        constant(y + "_e", onnx::TensorProto::INT32, {2}, {1000, 1000});
        constant(y + "_a", onnx::TensorProto::INT32, {2}, {1, -2});
        constant(y + "_t", onnx::TensorProto::INT32, {2}, {step, 1});
        node("Slice", {x, y + "_s", y + "_e", y + "_a", y + "_t"}, y);
        const picture& in = known_.at(x);
        picture out;
        out.shape = {1, (in.shape[1] - first + step - 1) / step, in.shape[2] - 1, in.shape[3]};
        for (int c = first; c < in.shape[1]; c += step)
            for (int yy = 1; yy < in.shape[2]; ++yy)
                for (int xx = 0; xx < in.shape[3]; ++xx)
                    out.values.push_back(at(in, c, yy, xx, 0.0));
        known_[y] = out;
        return y;
    }

    /// Along the channels, in two parts.
    std::pair<std::string, std::string> split(const std::string& x, int first) {
        const std::string y = "split" + std::to_string(++counter_);
        const picture& in = known_.at(x);
        constant(y + "_n", onnx::TensorProto::INT32, {2}, {first, in.shape[1] - first});
        auto* n = node("Split", {x, y + "_n"}, y + "a");
        n->add_output(y + "b");
        attribute(n, "axis", 1);
        const auto middle =
            in.values.begin() + static_cast<std::ptrdiff_t>(first * in.shape[2] * in.shape[3]);
        known_[y + "a"] = {{1, first, in.shape[2], in.shape[3]}, {in.values.begin(), middle}};
        known_[y + "b"] = {{1, in.shape[1] - first, in.shape[2], in.shape[3]},
                           {middle, in.values.end()}};
        return {y + "a", y + "b"};
    }

    std::string enlarge(const std::string& x, int factor) {
        const std::string y = "large" + std::to_string(++counter_);
        const auto f = static_cast<float>(factor);
        floats(y + "_s", {1.0f, 1.0f, f, f}, true);
        node("Resize", {x, "", y + "_s"}, y);
        const picture& in = known_.at(x);
        picture out;
        out.shape = {1, in.shape[1], in.shape[2] * factor, in.shape[3] * factor};
        for (int c = 0; c < out.shape[1]; ++c)
            for (int yy = 0; yy < out.shape[2]; ++yy)
                for (int xx = 0; xx < out.shape[3]; ++xx)
                    out.values.push_back(at(in, c, yy / factor, xx / factor, 0.0));
        known_[y] = out;
        return y;
    }

    std::string pool(const std::string& x, const char* kind, int kernel, int stride, int pad) {
        const std::string y = "pool" + std::to_string(++counter_);
        auto* n = node(kind, {x}, y);
        attribute_list(n, "kernel_shape", {kernel, kernel});
        attribute_list(n, "strides", {stride, stride});
        attribute_list(n, "pads", {pad, pad, pad, pad});
        const picture& in = known_.at(x);
        const bool largest = std::string(kind) == "MaxPool";
        picture out;
        out.shape = {1, in.shape[1], (in.shape[2] + 2 * pad - kernel) / stride + 1,
                     (in.shape[3] + 2 * pad - kernel) / stride + 1};
        for (int c = 0; c < out.shape[1]; ++c)
            for (int yy = 0; yy < out.shape[2]; ++yy)
                for (int xx = 0; xx < out.shape[3]; ++xx) {
                    double best = -1e9, sum = 0.0;
                    int count = 0;
                    for (int ky = 0; ky < kernel; ++ky)
                        for (int kx = 0; kx < kernel; ++kx) {
                            const double v =
                                at(in, c, yy * stride + ky - pad, xx * stride + kx - pad, -1e9);
                            if (v == -1e9)
                                continue;
                            best = std::max(best, v);
                            sum += v;
                            ++count;
                        }
                    out.values.push_back(largest ? best : sum / count);
                }
        known_[y] = out;
        return y;
    }

    std::string global_average(const std::string& x) {
        const std::string y = "mean" + std::to_string(++counter_);
        node("GlobalAveragePool", {x}, y);
        const picture& in = known_.at(x);
        const std::size_t pixels = static_cast<std::size_t>(in.shape[2] * in.shape[3]);
        picture out;
        out.shape = {1, in.shape[1], 1, 1};
        for (std::size_t c = 0; c < static_cast<std::size_t>(in.shape[1]); ++c) {
            double sum = 0.0;
            for (std::size_t i = 0; i < pixels; ++i)
                sum += in.values[c * pixels + i];
            out.values.push_back(sum / static_cast<double>(pixels));
        }
        known_[y] = out;
        return y;
    }

    std::string concat(const std::string& a, const std::string& b) {
        const std::string y = "cat" + std::to_string(++counter_);
        attribute(node("Concat", {a, b}, y), "axis", 1);
        picture p = known_.at(a);
        const picture& q = known_.at(b);
        p.shape[1] += q.shape[1];
        p.values.insert(p.values.end(), q.values.begin(), q.values.end());
        known_[y] = p;
        return y;
    }

    std::string flatten(const std::string& x) {
        const std::string y = "flat" + std::to_string(++counter_);
        node("Flatten", {x}, y);
        picture p = known_.at(x);
        p.shape = {1, p.shape[1] * p.shape[2] * p.shape[3]};
        known_[y] = p;
        return y;
    }

    std::string gemm(const std::string& x, int outputs, bool transposed) {
        const picture& in = known_.at(x);
        const int depth = in.shape[1];
        const std::string id = "g" + std::to_string(++counter_);
        std::vector<int> w;
        for (int i = 0; i < outputs * depth; ++i)
            w.push_back(pick(-127, 127));
        constant(id, onnx::TensorProto::INT8,
                 transposed ? std::vector<int>{outputs, depth} : std::vector<int>{depth, outputs},
                 w);
        floats(id + "_s", {0.01f}, false);
        node("DequantizeLinear", {id, id + "_s"}, id + "_d");
        std::vector<float> bias;
        for (int o = 0; o < outputs; ++o)
            bias.push_back(static_cast<float>(real(-2.0, 2.0)));
        floats(id + "_b", bias, true);
        const std::string y = id + "_y";
        auto* n = node("Gemm", {x, id + "_d", id + "_b"}, y);
        attribute(n, "transB", transposed ? 1 : 0);
        picture out;
        out.shape = {1, outputs};
        for (int o = 0; o < outputs; ++o) {
            double sum = static_cast<double>(bias[static_cast<std::size_t>(o)]);
            for (int k = 0; k < depth; ++k)
                sum += in.values[static_cast<std::size_t>(k)] * static_cast<double>(0.01f) *
                       w[static_cast<std::size_t>(transposed ? o * depth + k : k * outputs + o)];
            out.values.push_back(sum);
        }
        known_[y] = out;
        return y;
    }

    void metadata(const std::string& key, const std::string& text) {
        auto* p = model_.add_metadata_props();
        p->set_key(key);
        p->set_value(text);
    }

    std::string bytes() const { return model_.SerializeAsString(); }
    onnx::ModelProto& model() { return model_; }

    std::vector<std::uint8_t> input_bytes;  ///< channels first
    std::vector<std::string> output_names;
    std::map<std::string, std::vector<double>> exact;  ///< real-valued integers before rounding
    std::map<std::string, std::vector<int>> shapes;

    onnx::NodeProto* node(const char* kind, const std::vector<std::string>& inputs,
                          const std::string& y) {
        auto* n = model_.mutable_graph()->add_node();
        n->set_op_type(kind);
        n->set_name(y);
        for (const std::string& x : inputs)
            n->add_input(x);
        n->add_output(y);
        return n;
    }

  private:
    static double at(const picture& p, int c, int y, int x, double outside) {
        if (y < 0 || x < 0 || y >= p.shape[2] || x >= p.shape[3])
            return outside;
        return p.values[static_cast<std::size_t>((c * p.shape[2] + y) * p.shape[3] + x)];
    }
    static void attribute(onnx::NodeProto* n, const char* name, std::int64_t v) {
        auto* a = n->add_attribute();
        a->set_name(name);
        a->set_type(onnx::AttributeProto::INT);
        a->set_i(v);
    }
    static void attribute_list(onnx::NodeProto* n, const char* name, const std::vector<int>& list) {
        auto* a = n->add_attribute();
        a->set_name(name);
        a->set_type(onnx::AttributeProto::INTS);
        for (int v : list)
            a->add_ints(v);
    }
    void constant(const std::string& name, int type, const std::vector<int>& shape,
                  const std::vector<int>& v) {
        auto* t = model_.mutable_graph()->add_initializer();
        t->set_name(name);
        t->set_data_type(type);
        for (int d : shape)
            t->add_dims(d);
        for (int q : v)
            t->add_int32_data(q);
    }
    void floats(const std::string& name, const std::vector<float>& v, bool list) {
        auto* t = model_.mutable_graph()->add_initializer();
        t->set_name(name);
        t->set_data_type(onnx::TensorProto::FLOAT);
        if (list)
            t->add_dims(static_cast<std::int64_t>(v.size()));
        for (float f : v)
            t->add_float_data(f);
    }
    std::string scale(float s) {
        const std::string name = "s" + std::to_string(++counter_);
        floats(name, {s}, false);
        return name;
    }
    std::string zero(int z) {
        const std::string name = "z" + std::to_string(++counter_);
        constant(name, onnx::TensorProto::INT8, {}, {z});
        return name;
    }
    std::string dequantize(const std::string& q, const std::string& y, float s, int z) {
        node("DequantizeLinear", {q, scale(s), zero(z)}, y);
        known_[y] = known_.at(q);
        return y;
    }

    std::mt19937 engine_;
    onnx::ModelProto model_;
    std::map<std::string, picture> known_;
    int counter_ = 0;
};

/// Runs what was made and compares each output with the double-precision result: every integer must
/// be a nearest one (0.5 away at most, and a little for biases that were float).
void compare(const graph_maker& g, const std::vector<int>& in_shape) {
    const network n = read_onnx(g.bytes(), "made.onnx");
    std::vector<std::uint8_t> nhwc(g.input_bytes.size());
    const auto c_count = static_cast<std::size_t>(in_shape[1]);
    const std::size_t pixels = nhwc.size() / c_count;
    for (std::size_t c = 0; c < c_count; ++c)
        for (std::size_t i = 0; i < pixels; ++i)
            nhwc[i * c_count + c] = g.input_bytes[c * pixels + i];
    REQUIRE(n.outputs.size() == g.output_names.size());
    const auto results = run(n, {nhwc});
    for (std::size_t k = 0; k < results.size(); ++k) {
        const std::vector<double>& exact = g.exact.at(g.output_names[k]);
        const std::vector<int>& shape = g.shapes.at(g.output_names[k]);
        REQUIRE(results[k].size() == exact.size());
        const auto channels = static_cast<std::size_t>(shape[1]);
        const std::size_t area = exact.size() / channels;
        double worst = 0.0;
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t i = 0; i < area; ++i)
                worst = std::max(worst,
                                 std::abs(static_cast<std::int8_t>(results[k][i * channels + c]) -
                                          exact[c * area + i]));
        INFO(g.output_names[k]);
        CHECK(worst <= 0.501);
    }
}

}  // namespace

TEST_CASE("a detector-like QDQ graph equals its definition", "[network]") {
    for (unsigned seed = 0; seed < 8; ++seed) {
        INFO("seed " << seed);
        graph_maker g(seed);
        const std::vector<int> shape = {1, 3, 13, 17};
        const std::string in = g.input(shape, seed % 2 == 0);
        const std::string a =
            g.quantize(g.clamp(g.conv(in, 8, 3, 2, 1, false, true), 0.0, 1e9, true), 0.02f, -128);
        g.output(a.substr(0, a.size() - 2) + "_q");
        compare(g, shape);
    }
    for (unsigned seed = 0; seed < 8; ++seed) {
        INFO("seed " << seed);
        graph_maker g(100 + seed);
        const std::vector<int> shape = {1, 4, 12, 10};
        const std::string in = g.input(shape, true);
        const std::string dw = g.quantize(g.conv(in, 8, 3, 1, 1, true, seed % 2 == 0), 0.02f, 5);
        const std::string pw =
            g.quantize(g.clamp(g.conv(dw, 8, 1, 1, 0, false, true), 0.0, 2.0, false), 0.02f, -100);
        const std::string sum = g.quantize(g.clamp(g.add(dw, pw), 0.0, 1e9, true), 0.03f, -128);
        const std::string cat = g.quantize(g.concat(sum, pw), 0.03f, -120);
        const std::string small = g.quantize(g.pool(cat, "MaxPool", 2, 2, 0), 0.03f, -120);
        const std::string mean = g.quantize(g.pool(cat, "AveragePool", 3, 2, 1), 0.03f, -120);
        for (const std::string& y : {dw, pw, sum, cat, small, mean})
            g.output(y.substr(0, y.size() - 2) + "_q");
        compare(g, shape);
    }
}

TEST_CASE("flattening a picture before a fully connected layer keeps its order", "[network]") {
    for (unsigned seed = 0; seed < 6; ++seed) {
        INFO("seed " << seed);
        graph_maker g(200 + seed);
        const std::vector<int> shape = {1, 5, 6, 7};
        const std::string in = g.input(shape, seed % 2 == 0);
        const std::string flat =
            g.flatten(seed < 3 ? in : g.quantize(g.pool(in, "MaxPool", 3, 2, 1), 0.02f, 3));
        const std::string y = g.quantize(g.gemm(flat, 9, seed % 3 == 0), 0.2f, 7);
        g.output(y.substr(0, y.size() - 2) + "_q");
        compare(g, shape);
    }
    graph_maker g(300);
    const std::vector<int> shape = {1, 6, 5, 4};
    const std::string y = g.quantize(
        g.gemm(g.flatten(g.quantize(g.global_average(g.input(shape, true)), 0.01f, 0)), 4, true),
        0.05f, 0);
    g.output(y.substr(0, y.size() - 2) + "_q");
    compare(g, shape);
}

TEST_CASE("metadata and labels of an ONNX file are kept", "[network]") {
    graph_maker g(1);
    const std::string in = g.input({1, 1, 4, 4}, true);
    const std::string y = g.quantize(g.conv(in, 2, 1, 1, 0, false, false), 0.05f, 0);
    g.output(y.substr(0, y.size() - 2) + "_q");
    g.metadata("labels", "box, envelope,tube,bag");
    g.metadata("decoder.stride", "8");
    const network n = read_onnx(g.bytes(), "made.onnx");
    CHECK(n.labels == std::vector<std::string>{"box", "envelope", "tube", "bag"});
    CHECK(n.metadata.at("decoder.stride") == "8");
    CHECK(n.input().shape == std::vector<int>{1, 4, 4, 1});
}

TEST_CASE("float and dynamic ONNX networks are refused with the first layer", "[network]") {
    const auto refusal = [](graph_maker& g) {
        try {
            read_onnx(g.bytes(), "net.onnx");
        } catch (const input_error& e) {
            return std::string(e.what());
        }
        return std::string("accepted");
    };
    {
        graph_maker g(1);
        g.input({1, 1, 4, 4}, false);
        g.node("Relu", {"in"}, "first");
        g.output("first");
        CHECK(refusal(g).find("Relu 'first'") != std::string::npos);
        CHECK(refusal(g).find("not int8") != std::string::npos);
    }
    {
        graph_maker g(2);
        const std::string in = g.input({1, 1, 4, 4}, true);
        g.output(g.conv(in, 2, 1, 1, 0, false, false));
        CHECK(refusal(g).find("expected QuantizeLinear") != std::string::npos);
    }
    {
        graph_maker g(3);
        const std::string in = g.input({1, 1, 4, 4}, true);
        const std::string y = g.quantize(g.conv(in, 2, 1, 1, 0, false, false), 0.05f, 0);
        g.output(y.substr(0, y.size() - 2) + "_q");
        g.model()
            .mutable_graph()
            ->mutable_input(0)
            ->mutable_type()
            ->mutable_tensor_type()
            ->mutable_shape()
            ->mutable_dim(2)
            ->set_dim_param("height");
        CHECK(refusal(g).find("dynamic") != std::string::npos);
    }
    {
        graph_maker g(4);
        const std::string in = g.input({1, 1, 4, 4}, true);
        g.node("Einsum", {in}, "odd");
        g.output("odd");
        CHECK(refusal(g).find("Einsum 'odd'") != std::string::npos);
    }
}

TEST_CASE("grouped convolutions, differences, gates and functions of QDQ graphs", "[network]") {
    for (unsigned seed = 0; seed < 12; ++seed) {
        INFO("seed " << seed);
        graph_maker g(500 + seed);
        std::string x = g.input({1, 8, 6, 5}, seed % 2 == 0);
        x = g.quantize(g.conv(x, 12, 3, 1, 1, false, seed % 3 == 0, seed % 2 == 0 ? 4 : 2), 0.5f,
                       -7);
        g.output(x.substr(0, x.size() - 2) + "_q");
        compare(g, {1, 8, 6, 5});
    }
    for (unsigned seed = 0; seed < 4; ++seed) {
        INFO("seed " << seed);
        const auto check = [&](const std::function<std::string(graph_maker&, std::string)>& make,
                               float scale, int zero) {
            graph_maker g(600 + seed);
            const std::string x = g.input({1, 6, 4, 5}, seed % 2 == 0);
            const std::string y = make(g, x);
            g.quantize(y, scale, zero);
            g.output(y + "_q");
            compare(g, {1, 6, 4, 5});
        };
        // A gate of one pixel, as in squeeze and excite; a difference with a convolution.
        check(
            [](graph_maker& g, const std::string& x) {
                // A scale that leaves no mean of 20 samples half way between two integers.
                const std::string gate = g.quantize(g.global_average(x), 0.0137f, 4);
                return g.pair("Mul", x, gate);
            },
            0.013f, -3);
        check(
            [](graph_maker& g, const std::string& x) {
                return g.pair("Sub", x, g.quantize(g.conv(x, 6, 1, 1, 0, false, true), 0.3f, 2));
            },
            0.35f, 9);
        check(
            [](graph_maker& g, const std::string& x) {
                return g.function(
                    "Tanh", x, +[](double v) { return std::tanh(v); });
            },
            1.0f / 128.0f, 0);
        check(
            [](graph_maker& g, const std::string& x) {
                return g.function(
                    "LeakyRelu", x,
                    +[](double v) { return v < 0.0 ? v * static_cast<double>(0.2f) : v; });
            },
            0.017f, -50);
        check(
            [](graph_maker& g, const std::string& x) {
                return g.function(
                    "HardSwish", x,
                    +[](double v) { return v * std::min(std::max(v / 6.0 + 0.5, 0.0), 1.0); });
            },
            0.011f, -90);
    }
}

TEST_CASE("slices, splits and enlargements of QDQ graphs", "[network]") {
    for (unsigned seed = 0; seed < 6; ++seed) {
        INFO("seed " << seed);
        graph_maker g(700 + seed);
        const std::string x = g.input({1, 7, 4, 5}, seed % 2 == 0);
        const auto put = [&](const std::string& y) {
            g.quantize(y, 0.023f, -5);
            g.output(y + "_q");
        };
        put(g.slice(x, 1, 1 + static_cast<int>(seed % 3)));
        const auto parts = g.split(x, 3);
        put(parts.first);
        put(parts.second);
        put(g.enlarge(x, 2 + static_cast<int>(seed)));
        compare(g, {1, 7, 4, 5});
    }
}
