// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <memory>
#include <string>

#include "dsp/compiler/compiled_network.h"
#include "dsp/network/graph.h"
#include "sim/command_line.h"
#include "sim/settings.h"

/// What the verbs that look into a network begin with: the chip, and the network by its name.
namespace ocellus::sim {

/// The chip that a command line describes.
struct network_target {
    settings s;
    dsp::array_organisation array;
    dsp::memory_budget budget;
};
network_target target_of(const command_line& command);

/// Whether the name is that of a layer list.
bool is_layer_list(const std::string& name);

/// A network by file or built-in name, in the rounding that was asked for ("": its own).
dsp::network open_network(const std::string& name, const std::string& rounding);

std::shared_ptr<const dsp::compiled_network> compile_for(const network_target& t, dsp::network n);

}  // namespace ocellus::sim
