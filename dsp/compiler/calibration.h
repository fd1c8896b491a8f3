// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsp/compiler/layer_list.h"

/// Every public run time of the IMX500's DSP against every shipped organisation of its array. An
/// experiment with a stated error, not a fit: nothing here depends on one network.
namespace ocellus::dsp {

/// A public run time, or an upper bound of one, and one reading of what was run.
struct public_figure {
    std::string name;     ///< of the network
    std::string reading;  ///< what the source leaves open, as assumed here
    std::string source;
    double milliseconds = 0;  ///< run time; bound: what the frame period leaves after the readout
    std::vector<listed_layer> layers;
    unsigned weight_bits = 8;
    bool fit = false;      ///< in the subset that the fixed cycles are fitted on
    bool bound = false;    ///< the run time is at most this
    double likely_ms = 0;  ///< bound: less the overhead that was fitted on one measured network
};

/// MobileNet V1 1.0 (3.1 ms, press release of May 2020, input size and weight width not stated) in
/// four readings; three CIFAR networks measured by a third party (0.080, 0.121, 0.210 ms); and
/// upper bounds from the frame rates that the public network files and examples name, for the
/// networks whose layers are public.
std::vector<public_figure> public_figures();

/// Public networks with a frame rate that are in no figure, and why: "deeplabv3plus: ...".
std::vector<std::string> figures_left_out();

struct calibration_entry {
    std::uint64_t shipped = 0;  ///< cycles of the organisation as it is
    /// Against the figure, 0.1 is 10 % too slow. Of a bound: by how much it is broken, or 0.
    double shipped_error = 0;
    std::uint64_t fitted = 0;  ///< with the fixed cycles fitted on the subset
    double fitted_error = 0;
};

/// One organisation against all figures.
struct calibration_row {
    array_organisation array;
    std::uint64_t fitted_fixed_cycles = 0;   ///< smallest worst error over the subset
    std::vector<calibration_entry> entries;  ///< in the order of the figures
    /// Worst error over all figures; of a network in several readings, the one that suits best.
    double worst_shipped = 0, worst_fitted = 0;
    /// Indices of MobileNet V1's reading that suits best.
    std::size_t best_reading_shipped = 0, best_reading_fitted = 0;
    /// Bounds that hold only without the overhead (see public_figure::likely_ms).
    std::size_t beyond_likely = 0;
};

struct calibration {
    double clock = 262.5e6;  ///< Hz
    std::vector<public_figure> figures;
    std::vector<calibration_row> rows;
    std::size_t best_shipped = 0, best_fitted = 0;  ///< rows with the smallest worst error
};

/// Runs them all. The fit chooses the fixed cycles of a pass, 0 to 20,000, and nothing else, by the
/// smallest worst error over the figures marked `fit`; the others are predictions.
calibration calibrate();

std::string render_text(const calibration& c);
std::string render_csv(const calibration& c);
std::string render_json(const calibration& c);

}  // namespace ocellus::dsp
