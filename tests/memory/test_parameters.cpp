// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>

#include "core/diagnostics.h"
#include "core/parameter.h"
#include "memory/dma.h"
#include "memory/interconnect.h"
#include "memory/sram.h"

using namespace ocellus;

TEST_CASE("memory parameters are declared completely and take values with units") {
    memory::sram_parameters sram;
    memory::interconnect_parameters bus;
    memory::dma_parameters dma;
    parameter_registry r;
    sram.declare(r);
    bus.declare(r);
    dma.declare(r);
    diagnostics d;
    for (const auto* p : r.all()) {
        INFO(p->name);
        CHECK_FALSE(p->sentence.empty());
        CHECK_FALSE(p->source.empty());
        r.assign(p->name, p->get(), {}, "test", d);
        CHECK_FALSE(d.has_errors());
    }
    r.assign("sram.size", "2 MiB", {}, "test", d);
    r.assign("sram.clock", "100 MHz", {}, "test", d);
    CHECK_FALSE(d.has_errors());
    CHECK(sram.size == 2u << 20);
    CHECK(sram.clock == 100e6);
    r.assign("sram.banks", "24", {}, "test", d);
    CHECK(d.errors().size() == 1);
}
