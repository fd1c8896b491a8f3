// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "dsp/compiler/compiled_network.h"
#include "dsp/network/reader.h"
#include "tests/dsp/network/made_networks.h"

using namespace ocellus::dsp;

// No operator is free: whatever a network can have takes cycles of the array or the scalar unit,
// but for a reshaping, which is the same bytes under another name.

TEST_CASE("every operator costs cycles on every organisation", "[npu]") {
    for (const std::string& name : organisation_names()) {
        const array_organisation& array = organisation(name);
        std::set<op> costed;
        for (const auto& list : {made_tflite_networks(), made_onnx_networks()})
            for (const made_network& made : list) {
                network n = read_network_bytes(made.bytes, made.name);
                if (n.inputs.size() != 1)
                    continue;  // the part has one input; the next networks have the operator
                INFO(name << " " << made.name);
                const auto c = compile(std::move(n), memory_budget{}, array, 262144);
                for (const pass& p : c->passes) {
                    CHECK(p.unloaded_cycles > 0);
                    CHECK(p.compute > 0);
                    for (int l : p.layers)
                        costed.insert(c->net.layers[static_cast<std::size_t>(l)].kind);
                }
                // A layer without a pass moves nothing.
                for (std::size_t l = 0; l < c->net.layers.size(); ++l) {
                    const bool has_pass =
                        std::any_of(c->passes.begin(), c->passes.end(), [&](const pass& p) {
                            return std::find(p.layers.begin(), p.layers.end(),
                                             static_cast<int>(l)) != p.layers.end();
                        });
                    const op kind = c->net.layers[l].kind;
                    INFO(name_of(kind));
                    CHECK((has_pass || kind == op::reshape || kind == op::concat ||
                           kind == op::slice));
                }
            }
        for (int k = 0; k <= static_cast<int>(op::non_max_suppression); ++k)
            if (static_cast<op>(k) != op::reshape) {
                INFO(name_of(static_cast<op>(k)));
                CHECK(costed.count(static_cast<op>(k)) == 1);
            }
    }
}
