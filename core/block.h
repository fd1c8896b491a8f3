// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include "core/events.h"
#include "core/statistics.h"
#include "core/worker_pool.h"

namespace ocellus {

class tracer;

/// What every block of the sensor is given. No globals: one of these per simulated sensor.
struct block_context {
    worker_pool& pool;
    statistics& stats;
    std::uint64_t seed = 1;
    bool timing_only = false;           ///< no samples, no tensors: time and counts alone
    const event_hub* events = nullptr;  ///< null: nobody listens
    tracer* trace = nullptr;            ///< null: no trace is written

    void publish(event_kind kind, std::uint32_t id, std::uint64_t value = 0) const {
        if (events)
            events->publish(kind, id, value);
    }
};

}  // namespace ocellus
