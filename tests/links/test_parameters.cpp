// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>

#include "core/diagnostics.h"
#include "core/parameter.h"
#include "links/csi2_transmitter.h"
#include "links/die_link.h"

using namespace ocellus;

TEST_CASE("link parameters are declared completely and take values with units") {
    links::csi2_parameters csi2;
    links::die_link_parameters die;
    parameter_registry r;
    csi2.declare(r);
    die.declare(r);
    diagnostics d;
    for (const auto* p : r.all()) {
        INFO(p->name);
        CHECK_FALSE(p->sentence.empty());
        CHECK_FALSE(p->source.empty());
        r.assign(p->name, p->get(), {}, "test", d);
        CHECK_FALSE(d.has_errors());
    }
    r.assign("csi2.lane_rate", "1.5 Gb/s", {}, "test", d);
    r.assign("csi2.lanes", "4", {}, "test", d);
    CHECK_FALSE(d.has_errors());
    CHECK(csi2.lane_rate == 1.5e9);
    CHECK(csi2.lanes == 4);
    r.assign("csi2.lanes", "3", {}, "test", d);
    CHECK(d.errors().size() == 1);
}
