// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/diagnostics.h"
#include "isp/defect_correction.h"
#include "isp/gamma.h"
#include "isp/lens_shading.h"
#include "isp/linearisation.h"

namespace ocellus::isp {

/// What a file of tables holds; what it does not hold is the parameters'.
struct isp_tables {
    std::optional<gamma_curve> gamma;
    std::optional<linearisation_curve> linearisation;
    std::shared_ptr<const shading_grid> shading;
    std::shared_ptr<const defect_list> defects;
};

/// Reads text: a word, then its numbers, over as many lines as one likes; # begins a comment.
///
///     gamma K_0 .. K_56            knots of the tone curve, 8.4 fixed, 0 .. 4095, never falling
///     linearisation K_0 .. K_32    knots of the linearisation, 0 .. 4095, never falling
///     shading red G_0 .. G_191     gains of one site, Q2.8, 0 .. 1023, 12 rows of 16; all four of
///                                  red, green_red, green_blue, blue or none
///     defect ROW COLUMN            a known defect of an array of width x height; any number of
///                                  them, in any order
///
/// Every mistake becomes an error at file:line:column. A file that cannot be read is one too.
isp_tables read_tables(const std::string& path, unsigned width, unsigned height,
                       diagnostics& problems);

}  // namespace ocellus::isp
