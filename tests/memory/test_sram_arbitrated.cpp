// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <memory>
#include <numeric>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "core/diagnostics.h"
#include "core/posted_bursts.h"
#include "memory/interconnect.h"
#include "memory/sram.h"
#include "tests/memory/driver.h"

using namespace ocellus;
using namespace ocellus::memory;
using sc_core::sc_time;

namespace {

/// Three drivers on an approximately timed SRAM with one bank at 250 MHz (4 ns).
struct test_bench {
    worker_pool pool{0};
    statistics stats;
    block_context ctx{pool, stats, 1, false};
    std::unique_ptr<sram> ram;
    std::unique_ptr<interconnect> bus;
    driver a{"a"}, b{"b"}, c{"c"};

    explicit test_bench(arbitration policy, const std::string& shares = "",
                        memory_fidelity fidelity = memory_fidelity::approximately_timed) {
        sram_parameters p;
        p.size = 64 << 10;
        p.banks = 1;
        p.clock = 250e6;
        p.interleave = 4096;
        p.fidelity = fidelity;
        p.policy = policy;
        interconnect_parameters ip;
        ip.clock = 250e6;
        ip.shares = shares;
        ram = std::make_unique<sram>("ram", p, ctx);
        bus = std::make_unique<interconnect>("bus", ip, ctx);
        bus->attach_initiator("a", a.memory_out);
        bus->attach_initiator("b", b.memory_out);
        bus->attach_initiator("c", c.memory_out);
        bus->attach_target("sram", 0, ram->size(), ram->memory_in, ram->protocol());
    }
    double stat(const std::string& name) const { return stats.value(name); }
};

}  // namespace

TEST_CASE("approximately timed, an unloaded burst takes what it takes loosely timed") {
    test_bench t(arbitration::round_robin);
    t.a.body = [&] {
        CHECK(t.a.timed(rd, 0, nullptr, 256, 1000) == 1000 + 2 + 8 + 2);
        CHECK(t.a.timed(wr, 0, nullptr, 4096, 1000) == 2012 + 2 + 128 + 1);
        CHECK(t.a.timed(rd, 31, nullptr, 2) == 2143 + 2 + 2 + 2);
    };
    sc_core::sc_start();
    CHECK(t.ram->wait_cycles() == 0);
    CHECK(t.ram->busy_cycles() == 8 + 128 + 2);
    CHECK(t.stat("interconnect.a.latency_max") == Approx(131 * 4e-9));
}

TEST_CASE("two dependent streams on one bank take turns, and the matrix tells all stalls") {
    test_bench t(arbitration::round_robin);
    const auto stream = [](driver& d) {
        for (unsigned i = 0; i < 100; ++i)
            d.timed(rd, 256 * i, nullptr, 256);
    };
    t.a.body = [&] { stream(t.a); };
    t.b.body = [&] { stream(t.b); };
    t.c.body = [&] { stream(t.c); };
    sc_core::sc_start();
    // The bank is never idle once all ask: 300 bursts of 8 accesses, and the first one's latency.
    CHECK(sc_core::sc_time_stamp() == sc_time(4.0 * (2 + 300 * 8 + 2), sc_core::SC_NS));
    double sum = 0;
    std::uint64_t by_bank = 0;
    for (unsigned i = 0; i < 3; ++i)
        for (unsigned j = 0; j < 3; ++j) {
            sum += static_cast<double>(t.bus->waited(i, j));
            by_bank += t.ram->waited(0, i, j);
        }
    CHECK(sum == t.stat("sram.wait_cycles"));
    CHECK(by_bank == t.ram->wait_cycles());
    CHECK(t.bus->waited(0, 0) == 0);
    CHECK(t.bus->wait_cycles(0) == Approx(t.bus->wait_cycles(1)).epsilon(0.05));
}

TEST_CASE("posted bursts use the whole port, and drain waits for the last") {
    test_bench t(arbitration::round_robin);
    t.a.body = [&] {
        posted_bursts posted;
        tlm::tlm_generic_payload p;
        p.set_extension(&posted);
        p.set_command(rd);
        p.set_data_length(256);
        p.set_streaming_width(256);
        for (unsigned i = 0; i < 100; ++i) {
            sc_time delay;
            p.set_address(256 * i);
            p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
            t.a.memory_out->b_transport(p, delay);
            CHECK(p.is_response_ok());
            CHECK(posted.in_flight <= posted.most);
        }
        CHECK(posted.drain() == sc_time(4.0 * (2 + 800 + 2), sc_core::SC_NS));
        p.clear_extension(&posted);
    };
    sc_core::sc_start();
    CHECK(t.stat("interconnect.a.requests") == 100);
    CHECK(t.stat("interconnect.a.latency_mean") > 0);
}

namespace {

/// Longest latency, in cycles, of a stream of 64 B every 60 cycles beside two that always ask.
std::uint64_t longest_with(arbitration policy) {
    test_bench t(policy, "a: deadline=40 priority=0 weight=9");
    std::uint64_t longest = 0;
    bool over = false;
    t.a.body = [&] {
        for (unsigned i = 0; i < 200; ++i) {
            const std::uint64_t begin = sc_core::sc_time_stamp().value() / 4000;
            const std::uint64_t took = t.a.timed(wr, 0, nullptr, 64) - begin;
            longest = std::max(longest, took);
            sc_core::wait(4.0 * static_cast<double>(60 - std::min<std::uint64_t>(took, 59)),
                          sc_core::SC_NS);
        }
        over = true;
    };
    const auto hog = [&over](driver& d) {
        while (!over)
            d.timed(rd, 4096, nullptr, 1024);
    };
    t.b.body = [&] { hog(t.b); };
    t.c.body = [&] { hog(t.c); };
    sc_core::sc_start();
    return longest;
}

}  // namespace

TEST_CASE("in turn, a short write waits for both long reads") {
    CHECK(longest_with(arbitration::round_robin) > 2 + 2 + 1 + 32);
}
TEST_CASE("with a deadline, it waits for the one under way at most") {
    CHECK(longest_with(arbitration::deadline) <= 2 + 2 + 1 + 32);
}
TEST_CASE("with priority, it waits for the one under way at most") {
    CHECK(longest_with(arbitration::fixed_priority) <= 2 + 2 + 1 + 32);
}

TEST_CASE("shares are read, and mistakes are named before anything is simulated") {
    std::map<std::string, initiator_share> out;
    std::string why;
    REQUIRE(parse_shares("isp: deadline=2000 priority=0, npu_read: weight=2", out, why));
    CHECK(out["isp"].deadline == 2000);
    CHECK(out["isp"].priority == 0);
    CHECK(out["npu_read"].weight == 2);
    CHECK(out["npu_read"].priority == 8);
    CHECK(parse_shares("", out, why));
    CHECK(out.empty());
    CHECK_FALSE(parse_shares("isp deadline=1", out, why));
    CHECK(why.find("'isp deadline=1' does not begin with an initiator's name") == 0);
    CHECK_FALSE(parse_shares("isp: deadlin=1", out, why));
    CHECK_FALSE(parse_shares("isp: weight=0", out, why));
    CHECK_FALSE(parse_shares("isp: weight=1, isp: weight=2", out, why));
    CHECK(why == "'isp' is there twice");
    test_bench t(arbitration::round_robin, "nobody: weight=2");
    CHECK_THROWS_WITH(sc_core::sc_start(),
                      "error: interconnect.shares: there is no initiator 'nobody': a, b, c");
}
