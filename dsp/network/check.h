// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/diagnostics.h"
#include "dsp/network/graph.h"

namespace ocellus::dsp {

/// One reason why a network cannot run.
struct finding {
    int layer = -1;            ///< its place in the file; -1: not about one layer
    std::string kind;          ///< the file's name of the operator
    std::string tensor;        ///< the tensor that the layer writes, or the one it is about
    std::string problem;       ///< what is wrong, and what was expected
    std::string advice;        ///< the nearest thing to do
    std::string line() const;  ///< as one sentence, without the file
};

/// All that was found, in the order of the file; what() has a line for each.
class network_error : public input_error {
  public:
    network_error(const std::string& file, std::vector<finding> all);
    const std::vector<finding>& findings() const { return findings_; }

  private:
    std::vector<finding> findings_;
};

/// Collects what goes wrong in pieces of work that do not depend on each other.
class finding_list {
  public:
    /// Does `work`; its network_error becomes findings. Whether it went well.
    template <class Work>
    bool run(Work&& work) {
        try {
            work();
            return true;
        } catch (const network_error& e) {
            add(e);
            return false;
        }
    }
    void add(const network_error& e) {
        for (const finding& f : e.findings())
            if (all_.size() < most)
                all_.push_back(f);
    }
    bool empty() const { return all_.empty(); }
    /// Throws network_error when there is anything.
    void raise(const std::string& file) {
        if (!all_.empty())
            throw network_error(file, std::move(all_));
    }

  private:
    static constexpr std::size_t most = 1000;
    std::vector<finding> all_;
};

/// Throws network_error: "file: message".
[[noreturn]] void fail_network(const std::string& file, const std::string& message);
/// The same about one layer: "file: layer 3 (CONV_2D 'name'): message". `word` is what the format
/// calls its layers.
[[noreturn]] void fail_layer(const std::string& file, int layer, const std::string& kind,
                             const std::string& tensor, const std::string& message,
                             const char* word = "layer");

/// "layer 3 (conv2d 'stem/conv')", by its place in the file.
std::string describe_layer(const network& n, std::size_t index);

/// Verifies everything that the operators rely on: indices, shapes, element types, quantization,
/// the order of execution. A network that passes can be executed whatever bytes it was read from.
/// Throws network_error with everything that was found, which names the file, layers and tensors.
void check_network(const network& n, const std::string& file);

/// What is known to be wrong when the rest of a network is verified.
struct refused_parts {
    std::vector<int> missing;  ///< tensors that refused layers should have written
    std::vector<int> wanted;   ///< tensors that they read
    std::vector<int> said;     ///< tensors that have been refused themselves
};

/// Verifies what a reader could read of a network in which other layers were refused. Adds to
/// `found`.
void check_rest(network n, const refused_parts& refused, const std::string& file,
                finding_list& found);

/// Whether `n.arithmetic` can run the network: rounding::imx500 needs every activation's scale to
/// be a power of two. Throws input_error(exit_code::usage) that names the first tensor which is
/// not.
void check_arithmetic(const network& n, const std::string& file);

}  // namespace ocellus::dsp
