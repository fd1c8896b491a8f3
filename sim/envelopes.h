// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/diagnostics.h"
#include "core/parameter.h"
#include "sim/metadata_record.h"

namespace ocellus::sim {

/// The host's messages to the cloud (links/metadata_envelope.h), made of the metadata that arrived.
struct envelope_parameters {
    bool written = false;
    std::string device_id = "Aid-80010001-0000-2000-9002-000000000001";
    std::string model_id = "0311030000000100";
    std::string epoch = "2026-01-01T00:00:00Z";
    std::uint64_t per_message = 1;

    void declare(parameter_registry& r);
    void check(const parameter_registry& r, diagnostics& problems) const;
};

/// "yyyy-mm-ddThh:mm:ssZ" as seconds since 1970; false when the text is no such date or before
/// 1970.
bool epoch_seconds(const std::string& text, std::uint64_t& seconds);

/// One envelope a line, `per_message` inferences each, in order of the frames. Records of a
/// timing-only run hold no result and give none. Boxes are in pixels of the network's input, whose
/// width and height `input_size(number of the network)` tells; an inference's time is `epoch` plus
/// the start of its frame's readout.
std::string envelope_lines(
    const envelope_parameters& p, const std::vector<metadata_record>& records,
    const std::function<std::pair<unsigned, unsigned>(std::uint32_t)>& input_size,
    bool with_images);

}  // namespace ocellus::sim
