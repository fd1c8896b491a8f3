// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Wall and CPU time of the ISP over one 12.3 Mpx frame of 10 bits, beside a floor of the same run:
// what must be moved, every raw sample read once and every byte of the picture written once. Then
// the sensor (noise of the light, reading and patterns, conversion) followed by the ISP. Once for
// every instruction set of the machine. With --check the exit code is 1 when a frame takes more
// CPU time than two threads have within its bar (docs/isp.md): CPU time holds on a machine in use.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <systemc>
#include <thread>

#include "bench/stopwatch.h"
#include "core/random.h"
#include "core/simd.h"
#include "isp/exposure_statistics.h"
#include "isp/parameters.h"
#include "isp/pipeline.h"
#include "isp/zone_statistics.h"
#include "models/camera_colour.h"
#include "models/column_converters.h"
#include "models/exposed_frame.h"

using namespace ocellus;

namespace {

constexpr unsigned width = 4056, height = 3040;

plane<std::uint16_t> textured_frame() {
    plane<std::uint16_t> raw(width, height);
    random_sequence random(1, purpose::test, 0, 0);
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x)
            raw.row(y)[x] = static_cast<std::uint16_t>(
                64 + (x / 7 + y / 5) % 700 + static_cast<unsigned>(random.uniform() * 60));
    return raw;
}

struct variant {
    const char* name;
    bool tensor, picture;
    isp::stage_set more;
    isp::image_format format = isp::image_format::yuv422;
    bool sensor = false;
    bool exposure = false, zones = false;
    double bar = 0, bar_avx2 = 0;  // ms wall on two threads; 0: none
};

}  // namespace

/// The kernel library wants one.
int sc_main(int, char*[]) {
    return 0;
}

int main(int argc, char* argv[]) {
    const bool check = argc > 1 && std::strcmp(argv[1], "--check") == 0;
    const int more = check ? 2 : 1;
    const int repeats = argc > more ? std::atoi(argv[more]) : 9;
    if (repeats < 1) {
        std::fprintf(stderr,
                     "usage: bench_isp [--check] [repeats [least instruction set, 0 to 2]]\n");
        return 2;
    }
    const int least = argc > more + 1 ? std::atoi(argv[more + 1]) : 1;
    bool held = true;
    const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
    worker_pool pool(threads);
    const auto raw = textured_frame();
    const isp::isp_parameters parameters;
    using isp::image_format;
    using isp::stage;
    const variant variants[] = {
        {"picture and tensor", true, true, 0, image_format::yuv422, false, false, false, 25, 40},
        {"both and statistics", true, true, 0, image_format::yuv422, false, true, true, 25, 40},
        {"picture", false, true, 0},
        {"picture of YUV420", false, true, 0, image_format::yuv420},
        {"tensor", true, false, 0},
        {"with defects, shading", true, true,
         bit_of(stage::defect_correction) | bit_of(stage::lens_shading)},
        {"with Bayer noise red.", true, true, bit_of(stage::bayer_noise_reduction)},
        {"with sharpening", true, true, bit_of(stage::sharpening)},
        {"with luma noise red.", true, true, bit_of(stage::luma_noise_reduction),
         image_format::yuv422, false, false, false, 100, 100},
        {"sensor, then both", true, true, 0, image_format::yuv422, true, false, false, 50, 50},
        {"exposure statistics", false, false, 0, image_format::yuv422, false, true},
        {"zone statistics 16x12", false, false, 0, image_format::yuv422, false, false, true},
    };
    // The sensor in front: 5000 electrons of light, all noise sources.
    const auto light = lazy_plane<std::uint16_t>::start(
        pool, width, height, 64, [](plane<std::uint16_t>& out, unsigned first, unsigned last) {
            for (unsigned y = first; y < last; ++y)
                for (unsigned x = 0; x < width; ++x)
                    out.row(y)[x] = static_cast<std::uint16_t>(models::mosaic_white / 2);
        });
    light->all();
    const models::pixel_noise_parameters noise;
    models::column_adc_parameters adc;
    adc.bits = 10;
    const auto differences = models::pixel_differences::make(noise, {}, 1, width, height, 1, pool);
    differences.pattern->all();
    models::exposed_frame::settings exposure;
    exposure.seed = 1;
    exposure.exposure_time = 0.016;
    exposure.white_rate = 10000 / 0.016;
    const models::exposed_frame exposed(exposure, noise, light, differences);
    const models::column_converters converters(adc, 1, width, 1.0);

    plane<std::uint8_t> written(width * 2, height);
    const auto move = [&] {
        pool.parallel_for(height, 64, [&](std::size_t first, std::size_t last) {
            for (std::size_t y = first; y < last; ++y) {
                const auto* from =
                    reinterpret_cast<const std::uint8_t*>(raw.row(static_cast<unsigned>(y)));
                std::copy(from, from + 2 * width, written.row(static_cast<unsigned>(y)));
            }
        });
    };
    move();
    std::printf("4056x3040, 10 bits, YUV422, tensor 224x224, %u threads, shortest of %d\n", threads,
                repeats);
    std::printf("%-8s %-24s %9s %9s %9s %9s %7s\n", "", "", "wall ms", "CPU ms", "ns/px CPU",
                "floor ms", "floors");
    const char* const sets[] = {"plain", "avx2", "avx512"};
    const auto measure = [&](const variant& v, simd_level level, const char* set) {
        isp::frame_request q;
        q.settings = parameters.settings();
        q.settings.stages |= v.more;
        parameters.complete(q.settings, width, height);
        if (v.more & bit_of(stage::lens_shading))
            q.settings.shading =
                std::make_shared<const isp::shading_grid>(isp::radial_shading(2.76, width, height));
        q.width = width;
        q.height = height;
        q.image = v.picture;
        q.format = v.format;
        q.tensor = v.tensor;
        q.tensor_out = isp::make_tensor_format(224, 224, 3, true);
        q.window = {0, 0, width, height, 224, 224};
        isp::frame_work::storage storage;
        plane<std::uint16_t> samples;
        std::atomic<std::uint64_t> cells{0};
        const auto work = [&] {
            isp::raw_rows rows = [&](unsigned y) { return raw.row(y); };
            std::shared_ptr<lazy_plane<std::uint16_t>> made;
            if (v.sensor) {
                made = lazy_plane<std::uint16_t>::start(
                    pool, width, height, 64,
                    [&](plane<std::uint16_t>& out, unsigned first, unsigned last) {
                        converters.convert_band(exposed, 0, first, last, out);
                    },
                    std::move(samples));
                rows = [made](unsigned y) { return made->row(y); };
            }
            const isp::statistics_window window{0, 0, width, height};
            work_handle exposure_done, zones_done;
            if (v.exposure)
                exposure_done = pool.submit(
                    [&] { cells += isp::measure_exposure(rows, window, 10, q.settings).cells; });
            if (v.zones)
                zones_done = pool.submit([&] {
                    cells += isp::measure_zones(rows, window, 10, q.settings, {}).total().cells;
                });
            if (v.picture || v.tensor) {
                auto frame = isp::frame_work::start(pool, rows, q, std::move(storage));
                if (v.picture)
                    frame->image()->all();
                if (v.tensor)
                    frame->tensor();
                storage = frame->recycle();
            }
            exposure_done.wait();
            zones_done.wait();
            if (made)
                samples = made->recycle();
        };
        seconds best, floor;
        for (int i = 0; i < repeats; ++i) {
            time_once(work, best);
            time_once(move, floor);
        }
        std::printf("%-8s %-24s %9.1f %9.1f %9.2f %9.2f %7.1f\n", set, v.name, 1e3 * best.wall,
                    1e3 * best.cpu, 1e9 * best.cpu / (double{width} * height), 1e3 * floor.wall,
                    best.wall / floor.wall);
        const double bar = level == simd_level::avx512 ? v.bar
                           : level == simd_level::avx2 ? v.bar_avx2
                                                       : 0;
        if (bar > 0 && 1e3 * best.cpu > 2 * bar) {
            std::printf("         above %.0f ms on two threads\n", bar);
            held = false;
        }
    };
    for (int level = 2; level >= least; --level)
        if (limit_simd(static_cast<simd_level>(level)) == static_cast<simd_level>(level))
            for (const auto& v : variants)
                measure(v, static_cast<simd_level>(level), sets[level]);
    return check && !held ? 1 : 0;
}
