// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/interrupt_arbiter.h"

namespace ocellus::dsp {

unsigned interrupt_arbiter::best() const {
    const std::uint32_t candidates = pending() & enabled_;
    std::uint32_t highest = threshold_;
    unsigned found = 0;
    for (unsigned source = 1; source < sources; ++source)
        if ((candidates >> source & 1u) && priority_[source] > highest) {
            highest = priority_[source];
            found = source;
        }
    return found;
}

unsigned interrupt_arbiter::claim() {
    const unsigned source = best();
    if (source)
        in_service_ |= 1u << source;
    return source;
}

void interrupt_arbiter::complete(std::uint32_t source) {
    if (source > 0 && source < sources)
        in_service_ &= ~(1u << source);
}

}  // namespace ocellus::dsp
