// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "tflite_subset_generated.h"

namespace tfl = ocellus::dsp::tfl;

/// Scales and zero points of a tensor, and the dimension they belong to.
struct made_scales {
    std::vector<float> scale;
    std::vector<std::int64_t> zero;
    int axis = 0;
};

/// Makes TensorFlow Lite files, for tests only. Numbers of element types and operators are those of
/// the format.
class tflite_maker {
  public:
    enum element_code : std::int8_t {
        float32 = 0,
        int32 = 2,
        uint8 = 3,
        int64 = 4,
        boolean = 6,
        int16 = 7,
        int8 = 9,
        int4 = 17,
        int2 = 19,
    };
    using quantized = made_scales;
    using offset = flatbuffers::Offset<void>;

    tflite_maker() { buffers_.push_back(tfl::CreatebufferDirect(b_)); }

    /// Returns the tensor's number. Bytes make it a constant.
    int tensor(const std::vector<int>& shape, std::int8_t type, const quantized& q = {},
               const std::vector<std::uint8_t>* bytes = nullptr) {
        std::uint32_t buffer = 0;
        if (bytes) {
            buffers_.push_back(tfl::CreatebufferDirect(b_, bytes));
            buffer = static_cast<std::uint32_t>(buffers_.size()) - 1;
        }
        flatbuffers::Offset<tfl::quantization_parameters> scales;
        if (!q.scale.empty())
            scales = tfl::Createquantization_parametersDirect(b_, nullptr, nullptr, &q.scale,
                                                              &q.zero, 0, 0, q.axis);
        tensors_.push_back(tfl::CreatetensorDirect(
            b_, &shape, type, buffer, ("t" + std::to_string(tensors_.size())).c_str(), scales));
        return static_cast<int>(tensors_.size()) - 1;
    }
    int activation(const std::vector<int>& shape, float scale = 0.5f, int zero = 0,
                   std::int8_t type = int8) {
        return tensor(shape, type, {{scale}, {zero}});
    }
    int real(const std::vector<int>& shape) { return tensor(shape, float32); }
    int weights(const std::vector<int>& shape, const std::vector<std::uint8_t>& bytes,
                const quantized& q = {{0.5f}, {0}}, std::int8_t type = int8) {
        return tensor(shape, type, q, &bytes);
    }
    template <class T>
    int numbers(const std::vector<T>& values, std::int8_t type, const std::vector<int>& shape,
                const quantized& q = {}) {
        std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
        std::memcpy(bytes.data(), values.data(), bytes.size());
        return tensor(shape, type, q, &bytes);
    }
    int integers(const std::vector<std::int32_t>& values, const std::vector<int>& shape) {
        return numbers(values, int32, shape);
    }
    int integers(const std::vector<std::int32_t>& values) {
        return integers(values, {static_cast<int>(values.size())});
    }
    int reals(const std::vector<float>& values, const std::vector<int>& shape) {
        return numbers(values, float32, shape);
    }

    void layer(int code, const std::vector<int>& inputs, const std::vector<int>& outputs,
               tfl::builtin_options type = tfl::builtin_options_NONE, offset options = 0,
               const char* custom = nullptr, const std::vector<std::uint8_t>* bytes = nullptr) {
        codes_.push_back(tfl::Createoperator_codeDirect(
            b_, static_cast<std::int8_t>(code > 127 ? 127 : code), custom, 1, code));
        layers_.push_back(tfl::CreatelayerDirect(b_, static_cast<std::uint32_t>(codes_.size()) - 1,
                                                 &inputs, &outputs, type, options, bytes));
    }
    void metadata(const char* name, const std::string& text) {
        const std::vector<std::uint8_t> bytes(text.begin(), text.end());
        buffers_.push_back(tfl::CreatebufferDirect(b_, &bytes));
        metadata_.push_back(tfl::Createmetadata_entryDirect(
            b_, name, static_cast<std::uint32_t>(buffers_.size()) - 1));
    }
    std::string file(const std::vector<int>& inputs, const std::vector<int>& outputs) {
        const std::vector<flatbuffers::Offset<tfl::subgraph>> graphs = {
            tfl::CreatesubgraphDirect(b_, &tensors_, &inputs, &outputs, &layers_, "made")};
        tfl::FinishmodelBuffer(b_, tfl::CreatemodelDirect(b_, 3, &codes_, &graphs, "made",
                                                          &buffers_, nullptr, &metadata_));
        return {reinterpret_cast<const char*>(b_.GetBufferPointer()), b_.GetSize()};
    }
    /// A network of one layer.
    std::string file(int code, const std::vector<int>& inputs, const std::vector<int>& outputs,
                     const std::vector<int>& network_inputs,
                     tfl::builtin_options type = tfl::builtin_options_NONE, offset options = 0) {
        layer(code, inputs, outputs, type, options);
        return file(network_inputs, outputs);
    }

    flatbuffers::FlatBufferBuilder b_;

  private:
    std::vector<flatbuffers::Offset<tfl::tensor>> tensors_;
    std::vector<flatbuffers::Offset<tfl::buffer>> buffers_;
    std::vector<flatbuffers::Offset<tfl::operator_code>> codes_;
    std::vector<flatbuffers::Offset<tfl::layer>> layers_;
    std::vector<flatbuffers::Offset<tfl::metadata_entry>> metadata_;
};
