// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/linearisation.h"

namespace ocellus::isp {

linearisation_table make_linearisation_table(const linearisation_curve& k) {
    linearisation_table t;
    for (int x = signed_min; x <= linear_max; ++x)
        t.values[static_cast<std::size_t>(x - signed_min)] =
            static_cast<std::int16_t>(linearised(k, x));
    return t;
}

// A look-up in 16 KiB of first-level cache; a gather would not be faster.
void linearise_row(const linearisation_table& table, unsigned count, std::int16_t* samples) {
    const std::int16_t* __restrict values = table.values.data();
    std::int16_t* __restrict x = samples;
    for (std::size_t i = 0; i < count; ++i)
        x[i] = values[static_cast<std::size_t>(x[i] - signed_min) & 8191u];
}

}  // namespace ocellus::isp
