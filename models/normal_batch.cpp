// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/normal_batch.h"

#include "core/simd.h"
#include "models/philox_batch.h"

namespace ocellus::models {
namespace {

constexpr unsigned half = normal_chunk / 2;

static inline __attribute__((always_inline)) void normals_body(
    const std::uint32_t* __restrict radius, const std::uint32_t* __restrict angle,
    float* __restrict first, float* __restrict second) {
    for (unsigned j = 0; j < half; ++j)
        normal_pair(radius[j], angle[j], first[j], second[j]);
}

OCELLUS_SIMD_KERNEL(normals,
                    (const std::uint32_t* __restrict radius, const std::uint32_t* __restrict angle,
                     float* __restrict first, float* __restrict second),
                    (radius, angle, first, second))

}  // namespace

void normal_batch(const philox4x32::key& key, std::uint32_t index, std::uint32_t b, std::uint32_t c,
                  purpose why, float* first, float* second) {
    alignas(64) std::uint32_t words[4][half];
    philox_batch(key, index * half, b, c, why, half, words[0], words[1], words[2], words[3]);
    normals(words[0], words[1], first, second);
    normals(words[2], words[3], first + half, second + half);
}

}  // namespace ocellus::models
