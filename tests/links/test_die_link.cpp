// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <catch2/catch.hpp>
#include <systemc>
#include <vector>

#include "core/payload.h"
#include "links/die_link.h"

using namespace ocellus;
using namespace ocellus::links;
using sc_core::sc_time;

namespace {

struct world : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<world> rows_out{"rows_out"};
    tlm_utils::simple_target_socket<world> rows_in{"rows_in"};
    std::vector<std::pair<std::uint32_t, sc_time>> arrived;
    unsigned rows = 0;
    double period = 0;

    explicit world(sc_core::sc_module_name name) : sc_module(name) {
        SC_HAS_PROCESS(world);
        SC_THREAD(run);
        rows_in.register_b_transport(this, &world::receive);
    }
    void run() {
        row_info r;
        r.width = 1000;
        r.height = rows;
        r.bits = 10;
        for (r.row = 0; r.row < rows; ++r.row) {
            // Announced ahead in threes: the contract allows it.
            const unsigned ahead = r.row % 3;
            CHECK(send_row(rows_out, r, sc_time(period * ahead, sc_core::SC_SEC)));
            if (ahead == 2)
                wait(sc_time(period * 3, sc_core::SC_SEC));
        }
    }
    void receive(tlm::tlm_generic_payload& p, sc_time& delay) {
        REQUIRE(row_of(p));
        arrived.emplace_back(row_of(p)->row, sc_core::sc_time_stamp() + delay);
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

struct test_bench {
    worker_pool pool{0};
    statistics stats;
    block_context ctx{pool, stats, 1, true};
    die_link link;
    world w{"w"};
    test_bench(const die_link_parameters& p, unsigned rows, double period) : link("link", p, ctx) {
        w.rows_out.bind(link.rows_in);
        link.rows_out.bind(w.rows_in);
        w.rows = rows;
        w.period = period;
        sc_core::sc_start();
    }
};

/// 10000 bits on 10 lanes at 100 Mb/s: 10 us a row.
die_link_parameters ten_microseconds() {
    die_link_parameters p;
    p.lanes = 10;
    p.lane_rate = 100e6;
    p.latency = 1e-6;
    p.fifo_rows = 2;
    return p;
}

}  // namespace

TEST_CASE("a fast enough link delays every row by its transfer and latency") {
    test_bench t(ten_microseconds(), 9, 12e-6);
    REQUIRE(t.w.arrived.size() == 9);
    for (unsigned y = 0; y < 9; ++y) {
        CHECK(t.w.arrived[y].first == y);
        CHECK(t.w.arrived[y].second.to_seconds() == Approx(12e-6 * y + 11e-6));
    }
    CHECK(t.link.rows_lost() == 0);
    CHECK(t.stats.value("die_link.busy_time") == Approx(90e-6));
}

TEST_CASE("a slow link fills its FIFO and then loses rows") {
    // Rows every 6 us: row 0 moves 0..10, row 1 (6) ..20, row 2 (12) ..30, row 3 (18) finds rows 1
    // and 2: lost; row 4 (24) ..40; row 5 (30) moves ..50 (row 2 has just left); row 6 (36) lost;
    // ...
    test_bench t(ten_microseconds(), 9, 6e-6);
    std::vector<std::uint32_t> rows;
    for (const auto& a : t.w.arrived)
        rows.push_back(a.first);
    CHECK(rows == std::vector<std::uint32_t>{0, 1, 2, 4, 5, 7});
    CHECK(t.w.arrived.back().second.to_seconds() == Approx(61e-6));
    CHECK(t.link.rows_lost() == 3);
    CHECK(t.stats.value("die_link.frames_damaged") == 1);
    CHECK(t.stats.value("die_link.fifo_peak") == 2);
}

TEST_CASE("the default link is faster than the fastest readout of the public chip") {
    die_link_parameters p;
    CHECK(p.row_seconds(4056, 10) < 16.52e-3 / 3040);
}
