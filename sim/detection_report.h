// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/diagnostics.h"
#include "core/events.h"
#include "core/parameter.h"
#include "core/statistics.h"
#include "models/pixel_array.h"
#include "sim/detection_quality.h"
#include "sim/inputs.h"
#include "sim/metadata_record.h"
#include "sim/sensor.h"
#include "sim/settings.h"

namespace ocellus::sim {

/// Compares what the host received from the sensor's networks with what the scene really showed
/// while the frame was exposed: statistics detection.*, a table by class, a line of the report.
/// docs/parcels.md says how.
class detection_report {
  public:
    /// Registers the statistics where there is something to compare (output.detections). Throws
    /// input_error with every obstacle at once when that was demanded and is impossible.
    detection_report(const settings& s, const parameter_registry& r, const run_inputs& in,
                     statistics& stats, sensor& chip, bool timing_only);

    /// Whether there is something to compare.
    bool active() const { return active_; }
    /// After the run, before anything is written.
    void finish(const std::map<std::uint32_t, metadata_record>& received);
    /// The run's figures by class: RFC 4180, a ratio of nothing is empty.
    std::string csv() const;
    /// For the report: name and text of its lines.
    std::vector<std::pair<std::string, std::string>> lines() const;

    /// Share of a parcel that has to be in sight, or else it does not count.
    static constexpr float least_visible = 0.5f;

  private:
    /// Where the network's picture lies in the scene, in pixels of the image.
    struct view {
        models::pixel_array::view picture;
        isp::area_geometry window;
        double lean = 0;    ///< of the scene in it: see models::truth()
        bool shown = true;  ///< the picture is of the run's scene
    };
    void take(const block_event& e);
    std::vector<real_object> objects(std::uint32_t frame, const view& v) const;

    const settings& settings_;
    const run_inputs& in_;
    sensor& chip_;
    bool active_ = false, detects_ = false, classifies_ = false;
    /// By network: class of the scene for each class of the network; -1: not there.
    std::vector<std::vector<int>> classes_;
    std::map<std::uint32_t, view> views_;
    detection_comparison found_;
    std::uint64_t frames_ = 0, classified_ = 0, classified_right_ = 0;
};

}  // namespace ocellus::sim
