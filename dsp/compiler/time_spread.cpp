// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/compiler/time_spread.h"

#include <algorithm>

namespace ocellus::dsp {

namespace {

template <class Cycles>
time_spread over_hypotheses(const Cycles& cycles) {
    time_spread s;
    for (const std::string& name : hypothesis_names()) {
        const std::uint64_t n = cycles(organisation(name));
        if (s.fastest.empty() || n < s.least) {
            s.least = n;
            s.fastest = name;
        }
        if (s.slowest.empty() || n > s.most) {
            s.most = n;
            s.slowest = name;
        }
    }
    return s;
}

}  // namespace

void time_spread::hold(std::uint64_t cycles, const std::string& organisation) {
    const auto names = hypothesis_names();
    if (std::find(names.begin(), names.end(), organisation) == names.end())
        return;
    if (cycles < least) {
        least = cycles;
        fastest = organisation;
    }
    if (cycles > most) {
        most = cycles;
        slowest = organisation;
    }
}

time_spread spread_of(const compiled_network& c, unsigned weight_bits) {
    return over_hypotheses([&](const array_organisation& a) {
        return ideal_cycles(c.net, c.plan, with_weight_bits(a, weight_bits));
    });
}

time_spread spread_of(const std::vector<listed_layer>& layers, unsigned weight_bits) {
    return over_hypotheses(
        [&](const array_organisation& a) { return cycles_of(layers, a, weight_bits); });
}

}  // namespace ocellus::dsp
