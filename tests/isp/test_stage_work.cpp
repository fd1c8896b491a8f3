// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>

#include "isp/line_buffers.h"
#include "isp/stage_work.h"

using namespace ocellus;
using namespace ocellus::isp;

TEST_CASE("work of a pixel: stages that are off do nothing") {
    isp_settings s;
    s.stages = 0;
    for (const auto& w : work_of(s, false, false)) {
        CHECK(w.operations == 0);
        CHECK(w.line_samples == 0);
    }
    for (unsigned i = 0; i < stage_count; ++i) {
        s.stages = 1u << i;
        const auto work = work_of(s, false, false);
        for (unsigned k = 0; k < worker_count; ++k)
            CHECK((work[k].operations > 0) == (k == i));
    }
    s.stages = 0;
    CHECK(work_of(s, true, false)[worker_yuv].operations > 0);
    CHECK(work_of(s, false, true)[worker_scaler].operations > 0);
}

TEST_CASE("work of a pixel: line memories are those of the calculator") {
    for (const stage_set stages : {default_stages, every_stage}) {
        isp_settings s;
        s.stages = stages;
        std::uint64_t samples = 0, rows = 0;
        for (const auto& w : work_of(s, true, true))
            samples += w.line_samples;
        for (const auto& w : own_stages(stages))
            rows += w.stored_rows();
        CHECK(samples == rows);
    }
}

TEST_CASE("work of a pixel: bilinear demosaic needs less than Malvar's") {
    isp_settings s;
    const auto malvar = work_of(s, false, false);
    s.demosaic = demosaic_method::bilinear;
    const auto bilinear = work_of(s, false, false);
    const auto at = static_cast<std::size_t>(stage::demosaic);
    CHECK(bilinear[at].operations < malvar[at].operations);
    CHECK(bilinear[at].line_samples == malvar[at].line_samples);
}

TEST_CASE("energy of work is counts times energies, and errors of a kind add up") {
    const event_energy operation = event_energy::of(0.15e-12, 1),
                       sample = event_energy::of(4e-12, 2);
    const counted_energy e = energy_of({1000, 10}, operation, sample);
    CHECK(e.joules() == Approx(1000 * 0.15e-12 + 10 * 4e-12));
    CHECK(e.error() == Approx(std::sqrt(150e-12 * 150e-12 + 80e-12 * 80e-12)));
}
