// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/diagnostics.h"
#include "core/parameter.h"
#include "core/statistics.h"
#include "dsp/compiler/compiled_network.h"
#include "links/serial_memory.h"

namespace ocellus::sim {

/// weights.*: where weights that are not in SRAM come from.
struct weight_parameters {
    /// A bandwidth (npu.external_bandwidth), or a flash or host behind SPI.
    enum class place { bandwidth, flash, host } from = place::bandwidth;
    double clock = 35e6;
    std::uint64_t lanes = 1, burst = 4096, address_bits = 24, dummy = 8, gap = 2;
    double host_latency = 20e-6;
    double bit_energy = 16e-12, bit_error = 0.5;
    std::int64_t damaged_byte = -1;
    void declare(parameter_registry& r);
    bool serial() const { return from != place::bandwidth; }
    /// How they are read; of a serial place.
    links::serial_read read() const;
    /// What that means for a network's plan, at this clock of the NPU.
    void limit(dsp::memory_budget& budget, double npu_clock) const;
    void check(dsp::weight_home home, const parameter_registry& r, diagnostics& problems) const;
};

/// Puts the streamed weights of networks into an image, one network behind the other, and gives the
/// networks back with the weights that the image holds: those are what the NPU computes with.
/// Throws input_error(usage) when the image is larger than its addresses reach.
std::shared_ptr<const links::serial_image> store_weights(
    std::vector<std::shared_ptr<const dsp::compiled_network>>& networks,
    const weight_parameters& p);

/// The serial memory beside the sensor: each fetch of the NPU goes over its link, after whatever
/// else is under way there.
class weight_source {
  public:
    weight_source(const weight_parameters& p, std::shared_ptr<const links::serial_image> image,
                  const std::vector<std::shared_ptr<const dsp::compiled_network>>& networks,
                  statistics& stats);
    /// A fetch of network `number` that may begin at `earliest`; returns when it begins. Seconds.
    double fetch(std::uint32_t number, std::uint64_t offset, std::uint64_t bytes, double earliest);
    links::serial_link& link() { return link_; }
    std::uint64_t damaged() const { return damaged_; }

  private:
    links::serial_read read_;
    std::shared_ptr<const links::serial_image> image_;
    std::vector<std::uint64_t> bases_;  ///< of each network in the image
    links::serial_link link_;
    std::uint64_t fetches_ = 0, reads_ = 0, bytes_ = 0, damaged_ = 0;
    double busy_ = 0, waited_ = 0;
};

}  // namespace ocellus::sim
