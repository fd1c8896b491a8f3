// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <cctype>

#include "sim/network_check.h"

namespace ocellus::sim {
namespace {

/// Words of an operator's name, in capitals, and what to put in its place.
struct replacement {
    const char* word;
    const char* instead;
};
constexpr replacement replacements[] = {
    {"BATCHNORM", "fold it into the convolution before it when exporting"},
    {"BATCH_NORM", "fold it into the convolution before it when exporting"},
    {"INSTANCENORM", "train with batch normalisation instead, and fold that when exporting"},
    {"LAYERNORM", "train with batch normalisation instead, and fold that when exporting"},
    {"L2_NORM", "leave it to the host: end the network before it"},
    {"GELU", "train with HardSwish or Relu6 instead"},
    {"ERF", "it is part of a GELU: train with HardSwish or Relu6 instead"},
    {"MISH", "train with HardSwish instead"},
    {"SOFTPLUS", "it is part of a Mish: train with HardSwish instead"},
    {"SELU", "train with LeakyRelu instead"},
    {"CELU", "train with LeakyRelu instead"},
    {"ELU", "train with LeakyRelu instead"},
    {"LSTM", "use convolutions over a window of time, or leave the recurrent part to the host"},
    {"GRU", "use convolutions over a window of time, or leave the recurrent part to the host"},
    {"RNN", "use convolutions over a window of time, or leave the recurrent part to the host"},
    {"SVDF", "use convolutions over a window of time instead"},
    {"CONV_3D", "use convolutions of two dimensions, with time among the channels"},
    {"CONV3D", "use convolutions of two dimensions, with time among the channels"},
    {"EINSUM", "export it as MatMul, or as a convolution of 1 x 1"},
    {"ATTENTION", "export it as MatMul, Mul and Softmax"},
    {"CUSTOM", "leave it to the host: end the network before it"},
    {"IF", "export one branch only"},
    {"WHILE", "unroll the loop when exporting"},
    {"LOOP", "unroll the loop when exporting"},
};

std::string capitals(std::string text) {
    for (char& c : text)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

bool holds(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

/// A whole word, or the beginning of one: IF is not part of LIFT.
bool names(const std::string& kind, const std::string& word) {
    if (word.size() <= 3)
        return kind == word;
    return holds(kind, word.c_str());
}

}  // namespace

std::string advice_about(const dsp::finding& f) {
    if (!f.advice.empty())
        return f.advice;
    const std::string& p = f.problem;
    if (holds(p, "operator is not supported")) {
        const std::string kind = capitals(f.kind);
        for (const replacement& r : replacements)
            if (names(kind, r.word))
                return r.instead;
        return "replace it by supported operators (docs/networks.md, Operators), or end the "
               "network "
               "before it and leave the rest to the host";
    }
    if (holds(p, "quantizes a float result") || holds(p, "not (fully) int8") ||
        holds(p, "returns to float32 inside"))
        return "quantize the whole network: in TensorFlow Lite set supported_ops to "
               "TFLITE_BUILTINS_INT8, in ONNX Runtime use quantize_static in QDQ format for this "
               "operator too";
    if (holds(p, "not int8") || holds(p, "float numbers") || holds(p, "element type"))
        return "quantize it after training with pictures of the scene: TFLiteConverter with a "
               "representative_dataset, or ONNX Runtime's quantize_static in QDQ format";
    if (holds(p, "no quantization") || holds(p, "scale is not known"))
        return "convert again with calibration data: every activation needs a scale and a zero "
               "point";
    if (holds(p, "dynamic") || holds(p, "export the"))
        return "export with one fixed size of every dimension, and a batch of 1";
    if (holds(p, "expected exactly one tensor"))
        return "the chip has one input and one output: join the inputs before the network, or cut "
               "it in two";
    if (holds(p, "has no shape"))
        return "scales and zero points belong into the file as constants, and every input needs a "
               "fixed size: export it so, or run onnx.shape_inference on it";
    if (holds(p, "must be a constant") || holds(p, "must be int8 or uint8 constants") ||
        holds(p, "must be one constant") || holds(p, "must be one float constant") ||
        holds(p, "constant list"))
        return "store it in the file: fold constants when exporting (onnxsim, or "
               "do_constant_folding "
               "in torch.onnx.export)";
    if (holds(p, "per channel") && holds(p, "activation"))
        return "quantize activations per tensor; only weights may have a scale for each channel";
    if (holds(p, "weights") && holds(p, "quantized along"))
        return "quantize the weights along their output channels, or per tensor";
    if (holds(p, "has a cycle") || holds(p, "out of order"))
        return "sort the layers by their inputs: export the network again";
    if (holds(p, "powers of two"))
        return "convert with a toolkit that restricts activations to powers of two, or choose "
               "another --rounding";
    if (holds(p, "is not supported") || holds(p, "are not supported"))
        return "export it without this option, or end the network before it and leave the rest to "
               "the host";
    return "";
}

}  // namespace ocellus::sim
