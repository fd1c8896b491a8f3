// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/executor.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "dsp/network/reference_kernels.h"

namespace ocellus::dsp {

executor::executor(const network& n, kernel_set kernels) : network_(n) {
    for (const layer& l : n.layers) {
        packed_.push_back(pack_layer(n, l, kernels));
        if (packed_.back())
            scratch_bytes_ = std::max(scratch_bytes_, packed_.back()->scratch_bytes());
    }
}

executor::~executor() = default;

void executor::run_layer(std::size_t index, std::uint8_t* arena,
                         const std::vector<std::size_t>& tensor_offsets,
                         std::uint8_t* scratch) const {
    const layer& l = network_.layers.at(index);
    std::vector<const std::uint8_t*> inputs;
    for (int i : l.inputs) {
        if (i < 0) {
            inputs.push_back(nullptr);
            continue;
        }
        const auto t = static_cast<std::size_t>(i);
        const tensor& in = network_.tensors[t];
        inputs.push_back(in.constant() ? in.data.data() : arena + tensor_offsets[t]);
    }
    std::vector<std::uint8_t*> outputs;
    for (int o : l.outputs)
        outputs.push_back(arena + tensor_offsets[static_cast<std::size_t>(o)]);
    if (!packed_[index]) {
        run_reference(network_, l, inputs, outputs);
        return;
    }
    // Pictures of a batch one after the other.
    const std::size_t batch = batch_of(network_, l);
    for (std::size_t b = 0; b < batch; ++b) {
        packed_[index]->run(inputs, outputs[0], scratch);
        inputs[0] += network_.tensors[static_cast<std::size_t>(l.inputs[0])].bytes() / batch;
        outputs[0] += network_.tensors[static_cast<std::size_t>(l.outputs[0])].bytes() / batch;
    }
}

void executor::run_layer(std::size_t index, std::uint8_t* arena,
                         const std::vector<std::size_t>& tensor_offsets) const {
    std::vector<std::uint8_t> scratch(scratch_bytes_ + scratch_alignment);
    run_layer(index, arena, tensor_offsets, aligned(scratch.data()));
}

void executor::run(const std::uint8_t* input, std::uint8_t* arena,
                   const std::vector<std::size_t>& tensor_offsets,
                   const layer_callback& after_layer) const {
    if (tensor_offsets.size() < network_.tensors.size())
        throw std::invalid_argument("executor::run needs an offset for each tensor");
    if (input) {
        const auto t = static_cast<std::size_t>(network_.inputs.at(0));
        std::memcpy(arena + tensor_offsets[t], input, network_.tensors[t].bytes());
    }
    std::vector<std::uint8_t> scratch(scratch_bytes_ + scratch_alignment);
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
        run_layer(i, arena, tensor_offsets, aligned(scratch.data()));
        if (after_layer) {
            // The first output stands for the layer.
            const auto t = static_cast<std::size_t>(network_.layers[i].outputs[0]);
            after_layer(i, arena + tensor_offsets[t], network_.tensors[t].bytes());
        }
    }
}

std::vector<std::vector<std::uint8_t>> run(const network& n,
                                           const std::vector<std::vector<std::uint8_t>>& inputs,
                                           kernel_set kernels,
                                           const executor::layer_callback& after_layer) {
    if (inputs.size() != n.inputs.size())
        throw std::invalid_argument("run needs the bytes of each input");
    std::vector<std::size_t> offsets(n.tensors.size(), 0);
    std::size_t size = 0;
    for (std::size_t i = 0; i < n.tensors.size(); ++i)
        if (!n.tensors[i].constant()) {
            offsets[i] = size;
            size += (n.tensors[i].bytes() + 63) / 64 * 64;
        }
    std::vector<std::uint8_t> arena(size);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const auto t = static_cast<std::size_t>(n.inputs[i]);
        if (inputs[i].size() != n.tensors[t].bytes())
            throw std::invalid_argument("run got an input of the wrong size");
        std::memcpy(arena.data() + offsets[t], inputs[i].data(), inputs[i].size());
    }
    executor(n, kernels).run(nullptr, arena.data(), offsets, after_layer);
    std::vector<std::vector<std::uint8_t>> outputs;
    for (int i : n.outputs) {
        const auto t = static_cast<std::size_t>(i);
        const tensor& out = n.tensors[t];
        const std::uint8_t* first = out.constant() ? out.data.data() : arena.data() + offsets[t];
        outputs.emplace_back(first, first + out.bytes());
    }
    return outputs;
}

}  // namespace ocellus::dsp
