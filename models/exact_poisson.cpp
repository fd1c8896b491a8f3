// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/exact_poisson.h"

#include <cmath>

#include "models/portable_math.h"

namespace ocellus::models {
namespace {

/// ln k! for k >= 0.
double log_factorial(double k) {
    static const double small[10] = {0,
                                     0,
                                     0.693147180559945309,
                                     1.791759469228055001,
                                     3.178053830347945620,
                                     4.787491742782045994,
                                     6.579251212010100995,
                                     8.525161361065414300,
                                     10.60460290274525023,
                                     12.80182748008146961};
    if (k < 10)
        return small[static_cast<int>(k)];
    // Stirling's series of ln Gamma(k + 1); the next term is below 1e-12.
    const double n = k + 1, r = 1 / n, q = r * r;
    return (n - 0.5) * portable_log(n) - n + 0.918938533204672742 +
           r * (1.0 / 12 - q * (1.0 / 360 - q * (1.0 / 1260 - q * (1.0 / 1680 - q / 1188))));
}

}  // namespace

double exact_poisson_draw(double mean, const philox4x32::key& key, std::uint32_t x,
                          std::uint32_t row, std::uint32_t frame) {
    const double b = 0.931 + 2.53 * std::sqrt(mean);
    const double a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double squeeze = 0.9277 - 3.6224 / (b - 2);
    const double log_mean = portable_log(mean);
    for (std::uint32_t block = 0; block < 0x10000; ++block) {
        const auto w = philox4x32::generate(
            {x + (block << 16), row, frame, static_cast<std::uint32_t>(purpose::exact_shot_noise)},
            key);
        for (unsigned i = 0; i < 4; i += 2) {
            const double u = (w[i] + 0.5) * 0x1p-32 - 0.5, v = (w[i + 1] + 0.5) * 0x1p-32;
            const double side = 0.5 - std::fabs(u);
            const double k = std::floor((2 * a / side + b) * u + mean + 0.43);
            if (side >= 0.07 && v <= squeeze)
                return k;
            if (k < 0 || (side < 0.013 && v > side))
                continue;
            if (portable_log(v) + portable_log(inverse_alpha) -
                    portable_log(a / (side * side) + b) <=
                k * log_mean - mean - log_factorial(k))
                return k;
        }
    }
    return std::floor(mean);  // not reached: a trial succeeds in more than two cases of three
}

}  // namespace ocellus::models
