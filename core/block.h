// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include "core/statistics.h"
#include "core/worker_pool.h"

namespace ocellus {

/// What every block of the sensor is given. No globals: one of these per simulated sensor.
struct block_context {
    worker_pool& pool;
    statistics& stats;
    std::uint64_t seed = 1;
    bool timing_only = false;  ///< no samples, no tensors: time and counts alone
};

}  // namespace ocellus
