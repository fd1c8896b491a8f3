// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Wall and CPU time of one noisy 12.3 Mpx frame, from the light's mosaic to digital numbers, with
// all noise sources, for every instruction set of this machine, beside the floor of the same run:
// the random numbers that a pixel needs (from Philox4x32-10 a normal number for the reading and
// another for the light, or, in the dark, 48 bits for its Poisson number), its mosaic and fixed
// pattern read and its digital number written. Prints figures, judges nothing.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <systemc>
#include <thread>
#include <utility>
#include <vector>

#include "bench/stopwatch.h"
#include "core/simd.h"
#include "models/camera_colour.h"
#include "models/column_converters.h"
#include "models/exposed_frame.h"
#include "models/normal_batch.h"

using namespace ocellus;
using namespace ocellus::models;

namespace {

constexpr unsigned width = 4056, height = 3040;

using band = std::function<void(unsigned first, unsigned last)>;

/// Shortest times of several runs of all bands, of two kinds of work in turn: what else the machine
/// does then meets both.
std::pair<seconds, seconds> shortest(worker_pool& pool, int repeats, const band& a, const band& b) {
    const auto once = [&pool](const band& work, seconds& best) {
        time_once(
            [&] {
                pool.parallel_for(height, 32, [&](std::size_t first, std::size_t last) {
                    work(static_cast<unsigned>(first), static_cast<unsigned>(last));
                });
            },
            best);
    };
    std::pair<seconds, seconds> best;
    for (int i = 0; i < repeats; ++i) {
        once(a, best.first);
        once(b, best.second);
    }
    return best;
}

using mosaic = std::shared_ptr<const lazy_plane<std::uint16_t>>;

/// Light of `level` of the full count, with `dark` parts of the rows' ends dark.
mosaic light(worker_pool& pool, double level, double dark_part, double dark_level) {
    auto made = lazy_plane<std::uint16_t>::start(
        pool, width, height, 64, [=](plane<std::uint16_t>& out, unsigned first, unsigned last) {
            for (unsigned y = first; y < last; ++y)
                for (unsigned x = 0; x < width; ++x)
                    out.row(y)[x] = static_cast<std::uint16_t>(
                        (y < height * dark_part ? dark_level : level) * mosaic_white);
        });
    made->all();
    return made;
}

}  // namespace

/// The kernel library wants one.
int sc_main(int, char*[]) {
    return 0;
}

int main(int argc, char* argv[]) {
    const int repeats = argc > 1 ? std::atoi(argv[1]) : 7;
    if (repeats < 1) {
        std::fprintf(stderr, "usage: bench_noise [repeats [2: AVX-512 alone, 1: AVX2 too]]\n");
        return 2;
    }
    const int least = argc > 2 ? std::atoi(argv[2]) : 0;  // 2: AVX-512 alone
    const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
    worker_pool pool(threads);
    const double pixels = double{width} * height;
    pixel_noise_parameters noise;
    column_adc_parameters adc;
    adc.bits = 12;
    const auto differences = pixel_differences::make(noise, {}, 1, width, height, 1, pool);
    differences.pattern->all();
    plane<std::uint16_t> out(width, height);
    std::memset(out.row(0), 1, out.stride() * height * 2);
    const char* names[] = {"plain", "avx2", "avx512"};
    std::printf("4056x3040, 12 bits, %u threads, shortest of %d\n", threads, repeats);
    std::printf("%-8s %-26s %9s %9s %9s %9s %7s\n", "", "frame", "wall ms", "CPU ms", "ns/px 1T",
                "floor CPU", "floors");
    for (int level = 2; level >= least; --level) {
        if (limit_simd(static_cast<simd_level>(level)) != static_cast<simd_level>(level))
            continue;
        const auto floor_of = [&](const mosaic& in, bool light_too, bool dark) -> band {
            return [&, in, light_too, dark](unsigned first, unsigned last) {
                alignas(64) float a[normal_chunk], b[normal_chunk];
                alignas(64) std::uint32_t words[normal_chunk];
                alignas(64) std::uint16_t halves[normal_chunk];
                const philox4x32::key key = key_of(7);
                for (unsigned y = first; y < last; ++y) {
                    const std::uint16_t* from = in->row(y);
                    const std::uint16_t* pattern = differences.pattern->row(y);
                    std::uint16_t* to = out.row(y);
                    for (unsigned x = 0; x < width; x += normal_chunk) {
                        normal_batch(key, x / normal_chunk, y, 3, purpose::test, a);
                        if (light_too)
                            normal_batch(key, x / normal_chunk, y, 4, purpose::test, b);
                        if (dark)
                            draw_bits(key, x / normal_chunk, y, 5, purpose::test, normal_chunk,
                                      words, halves);
                        const unsigned n = std::min(normal_chunk, width - x);
                        for (unsigned i = 0; i < n; ++i)
                            to[x + i] = static_cast<std::uint16_t>(from[x + i] ^ pattern[x + i]);
                        // The numbers are needed: without this the compiler could drop them.
                        asm volatile("" : : "r"(a), "r"(b), "r"(words), "r"(halves) : "memory");
                    }
                }
            };
        };
        const auto compare = [&](const char* what, const mosaic& in, double full,
                                 const band& floor_work) {
            exposed_frame::settings s;
            s.seed = 1;
            s.exposure_time = 0.016;
            s.white_rate = full / 0.016;
            const exposed_frame frame(s, noise, in, differences);
            const column_converters converters(adc, 1, width, 1.0);
            const auto [floor, t] =
                shortest(pool, repeats, floor_work, [&](unsigned first, unsigned last) {
                    converters.convert_band(frame, 0, first, last, out);
                });
            std::printf("%-8s %-26s %9.2f %9.2f %9.3f %9.2f %7.2f\n", names[level], what,
                        t.wall * 1e3, t.cpu * 1e3, t.cpu / pixels * 1e9, floor.cpu * 1e3,
                        t.cpu / floor.cpu);
        };
        const mosaic bright = light(pool, 0.5, 0, 0);
        const band light_floor = floor_of(bright, true, false),
                   dark_floor = floor_of(bright, false, true),
                   both_floor = floor_of(bright, true, true);
        compare("5000 e-", bright, 10000, light_floor);
        compare("5000 e-, a quarter 10 e-", light(pool, 0.5, 0.25, 0.001), 10000,
                [&](unsigned first, unsigned last) {
                    (first < height / 4 ? dark_floor : light_floor)(first, last);
                });
        for (const double electrons : {0.1, 1.0, 5.0, 11.0, 20.0, 24.0, 30.0}) {
            char name[32];
            std::snprintf(name, sizeof name, "%g e-", electrons);
            // At 24 e- the pixels' own gains put some on either side.
            compare(name, bright, 2 * electrons,
                    electrons < 23   ? dark_floor
                    : electrons < 26 ? both_floor
                                     : light_floor);
        }
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("largest memory %.0f MB\n", static_cast<double>(usage.ru_maxrss) / 1024);
    return 0;
}
