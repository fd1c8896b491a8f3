// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/parameter.h"

namespace ocellus::sim {

/// What happens to a frame's tensor when every input slot is taken because inference is late.
enum class late_policy {
    drop_new,     ///< the new frame is not written: the network sees older frames, none twice
    drop_oldest,  ///< the new frame replaces the oldest tensor that still waits
};

/// The program of the control CPU, and what the host tells it at boot. Firmware of others may
/// ignore the latter.
struct firmware_parameters {
    std::string file = "builtin:app";
    std::string uart = "auto";
    late_policy policy = late_policy::drop_new;
    std::uint64_t max_findings = 16;
    bool auto_exposure = false, auto_white_balance = false;
    std::uint64_t exposure_target = 110;
    double exposure_max = 30e-3;   ///< s
    std::uint64_t gain_max = 960;  ///< code
    double inference_timeout = 0;  ///< s; 0: none
    std::string schedule = "auto";
    void declare(parameter_registry& r);

    /// The networks of successive frames, repeated: one value of 0 or 1 each. Empty, with the
    /// reason in `why`, when the schedule says nothing of use. `updated`: the second replaces the
    /// first.
    std::vector<unsigned> networks_of_frames(bool two, bool updated, std::string& why) const;

    bool is_default() const { return file == "builtin:app"; }
    /// No program: the CPU stays in reset, and a client of the control socket plays the firmware.
    bool is_absent() const { return file == "none"; }
};

}  // namespace ocellus::sim
