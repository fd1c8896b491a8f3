// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/simd.h"

#include <atomic>
#include <cstdlib>
#include <string>

namespace ocellus {
namespace {

simd_level of_the_machine() {
    simd_level widest = simd_level::plain;
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("fma"))
        widest = simd_level::avx2;
    if (widest == simd_level::avx2 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        widest = simd_level::avx512;
#endif
    const char* text = std::getenv("OCELLUS_SIMD");
    const std::string wish = text ? text : "";
    if (wish == "plain" || (wish == "avx2" && widest == simd_level::avx512))
        return wish == "plain" ? simd_level::plain : simd_level::avx2;
    return widest;
}

std::atomic<simd_level>& in_use() {
    static std::atomic<simd_level> level{of_the_machine()};
    return level;
}

}  // namespace

simd_level simd_in_use() {
    return in_use().load(std::memory_order_relaxed);
}

simd_level limit_simd(simd_level most) {
    static const simd_level machine = of_the_machine();
    const simd_level chosen = most < machine ? most : machine;
    in_use().store(chosen, std::memory_order_relaxed);
    return chosen;
}

}  // namespace ocellus
