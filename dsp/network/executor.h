// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "dsp/network/fast_kernels.h"
#include "dsp/network/graph.h"

namespace ocellus::dsp {

/// Runs a checked network on bytes. Constants are packed once, in the constructor; running changes
/// nothing in the object, so that several threads may run it at the same time on different arenas.
class executor {
  public:
    /// Keeps a reference to the network. `kernels` picks the implementation; results are the same.
    explicit executor(const network& n, kernel_set kernels = best_kernels());
    ~executor();
    executor(const executor&) = delete;
    executor& operator=(const executor&) = delete;

    std::size_t layers() const { return network_.layers.size(); }

    /// Called after each layer with its index, its output's bytes and their number.
    using layer_callback = std::function<void(std::size_t, const std::uint8_t*, std::size_t)>;

    /// Runs all layers. Activation tensor t lives at arena + tensor_offsets[t], t.bytes() long;
    /// entries of constants are ignored. The output of add, relu, quantize, logistic and reshape
    /// may share its place with an input of the same size that nobody reads later; all other
    /// tensors alive at the same time must not overlap. `input` is copied to the network's first
    /// input, or may be null when the arena holds all inputs already.
    void run(const std::uint8_t* input, std::uint8_t* arena,
             const std::vector<std::size_t>& tensor_offsets,
             const layer_callback& after_layer = {}) const;

    /// Runs one layer on the arena.
    void run_layer(std::size_t index, std::uint8_t* arena,
                   const std::vector<std::size_t>& tensor_offsets) const;

  private:
    const network& network_;
    std::vector<std::unique_ptr<packed_layer>> packed_;
    std::size_t scratch_bytes_ = 0;
    void run_layer(std::size_t index, std::uint8_t* arena,
                   const std::vector<std::size_t>& tensor_offsets, std::uint8_t* scratch) const;
};

/// Runs a network with an arena of its own, no tensor sharing its place: inputs in, outputs out.
std::vector<std::vector<std::uint8_t>> run(const network& n,
                                           const std::vector<std::vector<std::uint8_t>>& inputs,
                                           kernel_set kernels = best_kernels(),
                                           const executor::layer_callback& after_layer = {});

}  // namespace ocellus::dsp
