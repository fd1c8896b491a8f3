// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/poisson_table.h"

#include <algorithm>
#include <vector>

#include "models/portable_math.h"

namespace ocellus::models {
namespace {

constexpr std::uint32_t per_slot = 1u << 18, whole = per_slot * poisson_slots;

/// Probabilities of 0 .. 63 in parts of 2^24 that add up to it.
std::vector<std::uint32_t> parts_of(double mean) {
    std::vector<std::uint32_t> parts(poisson_slots);
    double p = portable_exp2(-mean * 1.44269504088896341);
    // Rounding what has been given so far, instead of each part, keeps every sum right.
    double sum = 0;
    std::uint32_t given = 0;
    for (unsigned k = 0; k < poisson_slots; ++k) {
        sum += p;
        const auto until = static_cast<std::uint32_t>(std::min(1.0, sum) * whole + 0.5);
        parts[k] = until - given;
        given = until;
        p *= mean / (k + 1);
    }
    parts.back() += whole - given;
    return parts;
}

void fill_slots(std::vector<std::uint32_t> parts, std::uint32_t* slots) {
    std::vector<unsigned> poor, rich;
    for (unsigned k = 0; k < poisson_slots; ++k)
        (parts[k] < per_slot ? poor : rich).push_back(k);
    while (!poor.empty()) {
        const unsigned k = poor.back();
        poor.pop_back();
        // Parts add up to what the slots hold: while one has too little another has too much.
        const unsigned from = rich.empty() ? k : rich.back();
        slots[k] = (parts[k] << 6) | from;
        if (from == k)
            continue;
        parts[from] -= per_slot - parts[k];
        if (parts[from] < per_slot) {
            rich.pop_back();
            poor.push_back(from);
        }
    }
    for (const unsigned k : rich)
        slots[k] = (per_slot << 6) | k;
}

std::vector<std::uint32_t> all_tables() {
    constexpr auto tables = static_cast<unsigned>(poisson_table_below) * poisson_cells;
    std::vector<std::uint32_t> out(tables * poisson_slots);
    for (unsigned i = 0; i < tables; ++i)
        fill_slots(parts_of(static_cast<double>(i) / poisson_cells),
                   out.data() + i * poisson_slots);
    return out;
}

}  // namespace

const std::uint32_t* poisson_table() {
    static const std::vector<std::uint32_t> table = all_tables();
    return table.data();
}

}  // namespace ocellus::models
