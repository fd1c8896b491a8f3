// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include "core/image.h"
#include "core/worker_pool.h"
#include "isp/parameters.h"
#include "links/csi2_receiver.h"

namespace ocellus::sim {

/// A received image as people look at it, 8-bit RGB: RAW is developed, reduced by `reduce` (1, 2 or
/// 4); an ISP's picture only changes its form. `flips`: of the readout, as row_info has them.
rgb8_image preview_of(const links::csi2_image& image, unsigned flips,
                      const isp::isp_parameters& isp, unsigned reduce, worker_pool& pool);

}  // namespace ocellus::sim
