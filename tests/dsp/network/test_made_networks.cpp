// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <set>

#include "dsp/network/executor.h"
#include "dsp/network/reader.h"
#include "made_networks.h"

using namespace ocellus::dsp;

TEST_CASE("a network of each operator is read, in either format, and runs", "[network]") {
    std::set<op> kinds;
    for (const auto& list : {made_tflite_networks(), made_onnx_networks()})
        for (const made_network& made : list) {
            INFO(made.name);
            network n;
            REQUIRE_NOTHROW(n = read_network_bytes(made.bytes, made.name));
            std::vector<std::vector<std::uint8_t>> inputs;
            for (int i : n.inputs) {
                inputs.emplace_back(n.tensors[static_cast<std::size_t>(i)].bytes());
                for (std::size_t k = 0; k < inputs.back().size(); ++k)
                    inputs.back()[k] = static_cast<std::uint8_t>(k * 29 + 7);
            }
            CHECK(run(n, inputs, kernel_set::reference) == run(n, inputs));
            for (const layer& l : n.layers)
                kinds.insert(l.kind);
        }
    // Every operator there is.
    CHECK(kinds.size() == static_cast<std::size_t>(op::non_max_suppression) + 1);
}
