// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/latency_histogram.h"

namespace ocellus {

void latency_histogram::add_to(statistics& s, const std::string& name, const std::string& what,
                               const std::string& unit, bool with_bins) const {
    s.add(name + ".count", count_, what + ": how many.");
    s.add(name + ".min", min_, what + ": shortest.", unit);
    s.add(name + ".max", max_, what + ": longest.", unit);
    s.add_computed(
        name + ".mean", [this] { return mean(); }, what + ": mean.", unit);
    for (unsigned b = 0; with_bins && b < bins; ++b) {
        const std::string number = (b < 10 ? "0" : "") + std::to_string(b);
        const std::uint64_t low = b == 0 ? 0 : std::uint64_t{1} << b;
        const std::string range = b + 1 == bins ? std::to_string(low) + " " + unit + " or more"
                                                : std::to_string(low) + " to " +
                                                      std::to_string((std::uint64_t{2} << b) - 1) +
                                                      " " + unit;
        s.add(name + ".bin_" + number, bins_[b], what + ": " + range + ".");
    }
}

}  // namespace ocellus
