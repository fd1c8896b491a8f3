// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/network_target.h"

#include <filesystem>

#include "dsp/network/check.h"
#include "dsp/network/reader.h"
#include "dsp/npu/generated_networks.h"
#include "sim/embedded.h"
#include "sim/inputs.h"

namespace ocellus::sim {

namespace fs = std::filesystem;

network_target target_of(const command_line& command) {
    network_target t;
    parameter_registry registry;
    resolve_settings(command, t.s, registry);
    t.array = dsp::with_weight_bits(t.s.npu.array(), command.weight_bits);
    t.budget = t.s.network_budget();
    return t;
}

bool is_layer_list(const std::string& name) {
    return fs::path(name).extension() == ".csv";
}

dsp::network open_network(const std::string& name, const std::string& rounding) {
    dsp::network n;
    if (name == "builtin:parcels") {
        n = dsp::read_network_bytes(embedded_network(), name);
        n.name = "parcels";
    } else if (name.rfind("builtin:", 0) == 0) {
        n = dsp::generate_network(name);
    } else {
        n = dsp::read_network_bytes(read_input_file(name), name);
        n.name = fs::path(name).stem().string();
    }
    if (!rounding.empty())
        n.arithmetic = dsp::rounding_named(rounding);
    dsp::check_arithmetic(n, name);
    return n;
}

std::shared_ptr<const dsp::compiled_network> compile_for(const network_target& t, dsp::network n) {
    return dsp::compile(std::move(n), t.budget, t.array, t.s.npu.local_buffer);
}

}  // namespace ocellus::sim
