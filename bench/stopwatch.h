// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <functional>

/// Shortest times so far, seconds.
struct seconds {
    double wall = 1e9, cpu = 1e9;
};

/// CPU time of all threads of this process.
inline double cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Does the work and keeps its times where they are the shortest.
inline void time_once(const std::function<void()>& work, seconds& best) {
    const auto begin = std::chrono::steady_clock::now();
    const double cpu = cpu_seconds();
    work();
    best.cpu = std::min(best.cpu, cpu_seconds() - cpu);
    best.wall = std::min(
        best.wall, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
}
