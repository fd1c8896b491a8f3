// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>
#include <vector>

#include "sim/settings.h"

namespace ocellus::sim {

/// The shortest time from one row to the next that a part on a row's way can follow.
struct line_limit {
    std::string part;  ///< "pixel clock", "converters", "die link", "ISP", "CSI-2"
    double seconds = 0;
};

/// Of every part that rows pass with these settings, in order of their way.
std::vector<line_limit> line_limits(const settings& s);

/// The slowest of them.
const line_limit& slowest(const std::vector<line_limit>& limits);

/// Rows of the array to each row that is sent: the scale of the picture.
double rows_per_wire_row(const settings& s);

/// Bytes of one image row (of YUV420: their mean) on the CSI-2 lanes; 0 when no image is sent.
std::uint32_t wire_row_bytes(const settings& s);

}  // namespace ocellus::sim
