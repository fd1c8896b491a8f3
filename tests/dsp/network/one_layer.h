// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "dsp/network/check.h"
#include "dsp/network/executor.h"
#include "dsp/network/graph_edit.h"

/// Networks of one layer, and their numbers as integers, for tests that know the result otherwise.
namespace truth {

using namespace ocellus::dsp;

struct one_layer {
    network n;
    explicit one_layer(op kind) {
        n.layers.emplace_back();
        n.layers[0].kind = kind;
        n.layers[0].name = "layer";
    }
    layer& l() { return n.layers[0]; }
    int add(const std::vector<int>& shape, element type, const quantization& q) {
        tensor t;
        t.name = "t" + std::to_string(n.tensors.size());
        t.shape = shape;
        t.type = type;
        t.quant = q;
        n.tensors.push_back(t);
        return static_cast<int>(n.tensors.size()) - 1;
    }
    one_layer& input(const std::vector<int>& shape, float scale = 1.0f, int zero = 0,
                     element type = element::int8) {
        const int t = add(
            shape, type, type == element::float32 ? quantization{} : quantization{{scale}, {zero}});
        n.inputs.push_back(t);
        l().inputs.push_back(t);
        return *this;
    }
    one_layer& constant(const std::vector<int>& shape, const std::vector<std::int64_t>& values,
                        const quantization& q, element type = element::int8) {
        const int t = add(shape, type, q);
        tensor& c = n.tensors.back();
        c.data.resize(c.bytes());
        REQUIRE(values.size() == c.elements());
        for (std::size_t i = 0; i < values.size(); ++i)
            std::memcpy(c.data.data() + i * size_of(type), &values[i], size_of(type));
        l().inputs.push_back(t);
        return *this;
    }
    one_layer& output(const std::vector<int>& shape, float scale = 1.0f, int zero = 0,
                      element type = element::int8) {
        const bool plain =
            type != element::int8 && type != element::uint8 && type != element::int16;
        const int t = add(shape, type, plain ? quantization{} : quantization{{scale}, {zero}});
        n.outputs.push_back(t);
        l().outputs.push_back(t);
        l().clamp_min = lowest_of(n.tensors[static_cast<std::size_t>(l().outputs[0])].type);
        l().clamp_max = highest_of(n.tensors[static_cast<std::size_t>(l().outputs[0])].type);
        return *this;
    }
    const tensor& of_input(std::size_t i) const {
        return n.tensors[static_cast<std::size_t>(n.inputs[i])];
    }
    /// Outputs as integers; the kernels there are agree.
    std::vector<std::vector<std::int64_t>> run(const std::vector<std::vector<std::int64_t>>& in,
                                               rounding how = rounding::tflite_ref) {
        n.arithmetic = how;
        check_network(n, "truth");
        std::vector<std::vector<std::uint8_t>> bytes;
        for (std::size_t i = 0; i < in.size(); ++i) {
            const tensor& t = of_input(i);
            REQUIRE(in[i].size() == t.elements());
            bytes.emplace_back(t.bytes());
            for (std::size_t k = 0; k < in[i].size(); ++k)
                std::memcpy(bytes.back().data() + k * size_of(t.type), &in[i][k], size_of(t.type));
        }
        return run_bytes(bytes);
    }
    std::vector<std::vector<std::int64_t>> run_bytes(
        const std::vector<std::vector<std::uint8_t>>& bytes) {
        const auto out = ocellus::dsp::run(n, bytes, kernel_set::reference);
        CHECK(ocellus::dsp::run(n, bytes) == out);
        std::vector<std::vector<std::int64_t>> values;
        for (std::size_t i = 0; i < out.size(); ++i) {
            const tensor& t = n.tensors[static_cast<std::size_t>(n.outputs[i])];
            values.emplace_back();
            for (std::size_t k = 0; k < t.elements(); ++k)
                values.back().push_back(integer(t.type, out[i].data() + k * size_of(t.type)));
        }
        return values;
    }
    static std::int64_t integer(element type, const std::uint8_t* b) {
        std::int64_t wide = 0;
        std::memcpy(&wide, b, size_of(type));
        switch (type) {
            case element::int8:
                return static_cast<std::int8_t>(wide);
            case element::int16:
                return static_cast<std::int16_t>(wide);
            case element::int32:
                return static_cast<std::int32_t>(wide);
            default:
                return wide;
        }
    }
};

constexpr rounding all_roundings[] = {rounding::tflite_ref, rounding::tflite_x86,
                                      rounding::tflite_single_rounding, rounding::onnx};

inline bool to_even(rounding how) {
    return how == rounding::onnx || how == rounding::imx500;
}

/// `count` integers of a type's range, scattered, its ends among them.
inline std::vector<std::int64_t> scattered(std::size_t count, std::int64_t low = -128,
                                           std::int64_t high = 127, unsigned seed = 1) {
    std::vector<std::int64_t> v;
    std::uint64_t state = seed * 2654435761u + 12345u;
    for (std::size_t i = 0; i < count; ++i) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const auto r =
            static_cast<std::int64_t>((state >> 33) % static_cast<std::uint64_t>(high - low + 1));
        v.push_back(i % 17 == 3 ? low : i % 19 == 5 ? high : low + r);
    }
    return v;
}

/// The largest distance of `q` from exact values in output steps, both held to the type's range.
inline double worst(const std::vector<std::int64_t>& q, const std::vector<double>& exact,
                    double low = -128.0, double high = 127.0) {
    REQUIRE(q.size() == exact.size());
    double most = 0.0;
    for (std::size_t i = 0; i < q.size(); ++i)
        most =
            std::max(most, std::abs(static_cast<double>(q[i]) - std::clamp(exact[i], low, high)));
    return most;
}

}  // namespace truth
