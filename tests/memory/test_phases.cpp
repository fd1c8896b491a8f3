// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// The base protocol of TLM-2.0 on the sockets of interconnect and SRAM, by an initiator and a
// checker that know only the standard.
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "core/payload_checker.h"
#include "core/posted_bursts.h"
#include "memory/interconnect.h"
#include "memory/sram.h"
#include "tests/memory/driver.h"
#include "tests/memory/phase_initiator.h"
#include "tests/memory/traffic_mix.h"

using namespace ocellus;
using namespace ocellus::memory;
using sc_core::sc_time;

namespace {

/// A target that ends each request after some cycles and answers some cycles later, one at a time;
/// or answers in the return of BEGIN_REQ.
struct slow_target : sc_core::sc_module {
    tlm_utils::simple_target_socket<slow_target> memory_in{"memory_in"};
    std::uint64_t accepts_after = 10, answers_after = 5;  ///< cycles
    bool at_once = false;
    std::deque<tlm::tlm_generic_payload*> taken;
    sc_core::sc_event request, answer;
    tlm::tlm_generic_payload* open = nullptr;

    SC_HAS_PROCESS(slow_target);
    explicit slow_target(sc_core::sc_module_name name) : sc_module(name) {
        memory_in.register_nb_transport_fw(this, &slow_target::nb_transport_fw);
        SC_METHOD(accept);
        sensitive << request;
        dont_initialize();
        SC_METHOD(respond);
        sensitive << answer;
        dont_initialize();
    }
    static sc_time cycles(std::uint64_t n) {
        return sc_time(4.0 * static_cast<double>(n), sc_core::SC_NS);
    }
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase,
                                       sc_time& delay) {
        if (phase == tlm::END_RESP)
            return tlm::TLM_COMPLETED;
        if (at_once) {
            p.set_response_status(tlm::TLM_OK_RESPONSE);
            delay += cycles(answers_after);
            phase = tlm::BEGIN_RESP;
            return tlm::TLM_UPDATED;
        }
        p.acquire();
        open = &p;
        request.notify(delay + cycles(accepts_after));
        return tlm::TLM_ACCEPTED;
    }
    void accept() {
        tlm::tlm_phase phase = tlm::END_REQ;
        sc_time delay;
        taken.push_back(open);
        memory_in->nb_transport_bw(*open, phase, delay);
        answer.notify(cycles(answers_after));
    }
    void respond() {
        tlm::tlm_generic_payload* const p = taken.front();
        taken.pop_front();
        p->set_response_status(tlm::TLM_OK_RESPONSE);
        tlm::tlm_phase phase = tlm::BEGIN_RESP;
        sc_time delay;
        CHECK(memory_in->nb_transport_bw(*p, phase, delay) == tlm::TLM_COMPLETED);
        p->release();
    }
};

constexpr std::uint64_t slow_base = 0x100000, register_base = 0x200000;

/// Two initiators by phases and one by b_transport, a checker in each hop, a memory of one bank at
/// 250 MHz (4 ns), a slow target and the interconnect's own registers.
struct test_bench {
    worker_pool pool{0};
    statistics stats;
    block_context ctx{pool, stats, 1, false};
    std::unique_ptr<sram> ram;
    std::unique_ptr<interconnect> bus;
    phase_initiator a{"a"}, b{"b"};
    driver c{"c"};
    slow_target slow{"slow"};
    phase_checker of_a{"of_a"}, of_b{"of_b"}, of_ram{"of_ram"}, of_slow{"of_slow"};

    explicit test_bench(memory_fidelity fidelity = memory_fidelity::approximately_timed,
                        std::uint64_t banks = 1) {
        sram_parameters p;
        p.size = 64 << 10;
        p.banks = banks;
        p.clock = 250e6;
        p.interleave = 4096;
        p.fidelity = fidelity;
        interconnect_parameters ip;
        ip.clock = 250e6;
        ram = std::make_unique<sram>("ram", p, ctx);
        bus = std::make_unique<interconnect>("bus", ip, ctx);
        a.memory_out.bind(of_a.bursts_in);
        b.memory_out.bind(of_b.bursts_in);
        bus->attach_initiator("a", of_a.bursts_out);
        bus->attach_initiator("b", of_b.bursts_out);
        bus->attach_initiator("c", c.memory_out);
        bus->attach_target("sram", 0, ram->size(), of_ram.bursts_in, ram->protocol());
        bus->attach_target("slow", slow_base, 0x1000, of_slow.bursts_in, transport::phases);
        bus->attach_target("registers", register_base, 0x1000, bus->registers_in);
        of_ram.bursts_out.bind(ram->memory_in);
        of_slow.bursts_out.bind(slow.memory_in);
    }
    void run() {
        sc_core::sc_start();
        for (phase_checker* checker : {&of_a, &of_b, &of_ram, &of_slow}) {
            checker->finish();
            INFO(checker->name());
            for (const auto& v : checker->violations())
                UNSCOPED_INFO(v);
            CHECK(checker->violations().empty());
        }
        // Every reference was given back.
        CHECK(a.payloads.in_use() == 0);
        CHECK(b.payloads.in_use() == 0);
        CHECK(bus->payloads_in_use() == 0);
    }
    double stat(const std::string& name) const { return stats.value(name); }
};

}  // namespace

TEST_CASE("a burst by phases takes what it takes by b_transport, with END_REQ at its arrival") {
    test_bench t;
    std::vector<std::uint8_t> out(256), in(256);
    for (std::size_t k = 0; k < out.size(); ++k)
        out[k] = static_cast<std::uint8_t>(3 * k);
    // interconnect.latency 2, accesses of 32 B, read_latency 2, write_latency 1.
    t.a.body = [&] {
        const auto write = t.a.finish(t.a.send(wr, 512, out.data(), 256, 1000));
        CHECK(write.end == 1000 + 2 + 8 + 1);
        CHECK(write.status == tlm::TLM_OK_RESPONSE);
        CHECK(write.answer == tlm::TLM_UPDATED);
        CHECK(phase_initiator::cycle() == write.end);
        const auto read = t.a.finish(t.a.send(rd, 512, in.data(), 256));
        CHECK(read.end == 1011 + 2 + 8 + 2);
        CHECK(in == out);
    };
    t.c.body = [&] {
        sc_core::wait(4.0 * 2000, sc_core::SC_NS);
        CHECK(t.c.timed(rd, 512, nullptr, 256) == 2000 + 2 + 8 + 2);
    };
    t.run();
    for (const phase_checker* checker : {&t.of_a, &t.of_ram}) {
        const std::uint64_t bursts = checker == &t.of_a ? 2 : 3;
        CHECK(checker->begin_req() == bursts);
        CHECK(checker->end_req() == bursts);
        CHECK(checker->begin_resp() == bursts);
        CHECK(checker->early() == 0);
    }
    CHECK(t.stat("interconnect.a.requests") == 2);
    CHECK(t.stat("interconnect.a.latency_max") == Approx(12 * 4e-9));
}

TEST_CASE("an initiator that ends its responses late waits itself, and nobody else does") {
    test_bench t(memory_fidelity::approximately_timed, 2);
    t.a.ends = phase_initiator::ending::later;
    t.a.ends_after = 50;
    t.b.ends = phase_initiator::ending::updated;
    t.a.body = [&] {
        for (unsigned k = 0; k < 4; ++k)
            t.a.send(rd, 32 * k, nullptr, 32);
    };
    t.b.body = [&] {
        for (unsigned k = 0; k < 4; ++k)
            t.b.send(rd, 4096 + 32 * k, nullptr, 32);
    };
    t.run();
    REQUIRE(t.a.results.size() == 4);
    REQUIRE(t.b.results.size() == 4);
    for (unsigned k = 0; k < 4; ++k) {
        CHECK(t.a.results[k].end == 2 + 1 + 2 + 50 * k);
        CHECK(t.b.results[k].end == 2 + 1 + k + 2);
    }
    CHECK(t.of_a.end_resp() == 4);
    CHECK(t.of_ram.begin_resp() == 8);
    // The memory's part was over when it answered.
    CHECK(t.stat("interconnect.a.latency_max") == Approx(8 * 4e-9));
}

TEST_CASE("bound to the memory itself, responses take turns with END_RESP") {
    worker_pool pool{0};
    statistics stats;
    block_context ctx{pool, stats, 1, false};
    sram_parameters p;
    p.clock = 250e6;
    p.fidelity = memory_fidelity::approximately_timed;
    sram ram("ram", p, ctx);
    phase_initiator a("a");
    phase_checker checker("checker");
    a.memory_out.bind(checker.bursts_in);
    checker.bursts_out.bind(ram.memory_in);
    a.ends = phase_initiator::ending::later;
    a.ends_after = 20;
    a.body = [&] {
        for (unsigned k = 0; k < 3; ++k)
            a.send(wr, 256 * k, nullptr, 32);
    };
    sc_core::sc_start();
    checker.finish();
    for (const auto& v : checker.violations())
        UNSCOPED_INFO(v);
    CHECK(checker.violations().empty());
    for (unsigned k = 0; k < 3; ++k)
        CHECK(a.results.at(k).end == 2 + 20 * k);
    CHECK(a.payloads.in_use() == 0);
}

TEST_CASE("a loosely timed memory completes early, with the time of completion") {
    test_bench t(memory_fidelity::loosely_timed);
    std::uint8_t out[4] = {1, 2, 3, 4}, in[4] = {};
    t.a.body = [&] {
        auto r = t.a.finish(t.a.send(wr, 0, out, 4, 100));
        CHECK(r.answer == tlm::TLM_COMPLETED);
        CHECK(r.end == 100 + 2 + 1 + 1);
        // In front of it there is room in the calendar, behind it there is not.
        r = t.a.finish(t.a.send(rd, 0, in, 4, 100));
        CHECK(r.end == 100 + 2 + 2 + 2);
        CHECK(std::memcmp(in, out, 4) == 0);
        CHECK(phase_initiator::cycle() == 0);
    };
    t.run();
    CHECK(t.of_a.early() == 2);
    CHECK(t.of_ram.early() == 2);
    CHECK(t.stat("interconnect.a.wait_cycles") == 1);
}

namespace {

void check_errors(memory_fidelity fidelity) {
    test_bench t(fidelity);
    t.a.body = [&] {
        const auto answer = [&](tlm::tlm_command command, std::uint64_t address,
                                std::uint32_t bytes, std::uint32_t streaming = 0) {
            const auto r = t.a.finish(t.a.send(command, address, nullptr, bytes, 7, streaming));
            CHECK(r.answer == tlm::TLM_COMPLETED);
            return r.status;
        };
        CHECK(answer(rd, 0x900000, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
        CHECK(answer(wr, t.ram->size() - 2, 4) == tlm::TLM_BURST_ERROR_RESPONSE);
        CHECK(answer(wr, 0, 4097) == tlm::TLM_BURST_ERROR_RESPONSE);
        CHECK(answer(tlm::TLM_IGNORE_COMMAND, 0, 4) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        CHECK(t.stat("interconnect.unmapped") == 1);
        CHECK(t.stat("interconnect.crossing") == 1);
        CHECK(t.stat("sram.refused") == 2);
        CHECK(t.stat("interconnect.a.errors") == 4);
        CHECK(t.stat("sram.busy_cycles") == 0);
    };
    t.run();
    CHECK(t.of_a.early() == 4);
}

}  // namespace

TEST_CASE("errors come back by phases, loosely timed") {
    check_errors(memory_fidelity::loosely_timed);
}
TEST_CASE("errors come back by phases, approximately timed") {
    check_errors(memory_fidelity::approximately_timed);
}

TEST_CASE("a word that cannot be corrected is an error in BEGIN_RESP, also of a posted burst") {
    test_bench t;
    t.ram->control().set(registers::sram_control::CONTROL,
                         sram::control_ecc | sram::control_bus_error);
    t.ram->flip(64, {3, 0});
    t.a.body = [&] {
        const auto r = t.a.finish(t.a.send(rd, 64, nullptr, 8));
        CHECK(r.answer == tlm::TLM_UPDATED);
        CHECK(r.status == tlm::TLM_GENERIC_ERROR_RESPONSE);
    };
    t.c.body = [&] {
        sc_core::wait(4000, sc_core::SC_NS);
        posted_bursts posted;
        tlm::tlm_generic_payload p;
        const carried<posted_bursts> on_payload(p, posted);
        for (const std::uint64_t address : {0, 64, 128, 64}) {
            sc_time delay;
            p.set_command(rd);
            p.set_address(address);
            p.set_data_length(8);
            p.set_streaming_width(8);
            p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
            t.c.memory_out->b_transport(p, delay);
            CHECK(p.is_response_ok());
        }
        CHECK(posted.drain() == sc_core::sc_time_stamp());
        CHECK(posted.refused() == 2);
        CHECK(posted.refused() == 0);
        sc_time delay;
        CHECK(burst(t.c.memory_out, rd, 64, nullptr, 8, delay) == tlm::TLM_GENERIC_ERROR_RESPONSE);
    };
    t.run();
    CHECK(t.stat("interconnect.a.errors") == 1);
    CHECK(t.stat("interconnect.c.errors") == 3);
}

TEST_CASE("requests wait for a target that has not ended the one before; registers answer too") {
    test_bench t;
    std::uint32_t count = 0;
    t.a.body = [&] {
        t.a.send(rd, slow_base, nullptr, 4);
        t.a.send(rd, slow_base + 4, nullptr, 4);
        const auto r = t.a.finish(
            t.a.send(rd, register_base + 4 * registers::interconnect::INITIATORS, &count, 4));
        CHECK(r.status == tlm::TLM_OK_RESPONSE);
        CHECK(count == 3);
    };
    t.b.body = [&] { t.b.send(rd, slow_base, nullptr, 4, 1); };
    t.c.body = [&] {
        posted_bursts posted;
        tlm::tlm_generic_payload p;
        const carried<posted_bursts> on_payload(p, posted);
        for (unsigned k = 0; k < 2; ++k) {
            sc_time delay;
            p.set_command(wr);
            p.set_address(slow_base);
            p.set_data_length(4);
            p.set_streaming_width(4);
            p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
            t.c.memory_out->b_transport(p, delay);
        }
        CHECK(posted.in_flight == 2);
        posted.drain();
        CHECK(posted.refused() == 0);
        CHECK(phase_initiator::cycle() == 47);
        // Blocking, behind a's second request, which ends in cycle 52; the answer comes with it.
        t.slow.at_once = true;
        CHECK(t.c.timed(rd, slow_base, nullptr, 4) == 52 + 5);
    };
    t.run();
    CHECK(t.of_slow.begin_req() == 6);
    CHECK(t.of_slow.begin_resp() == 6);
    // Each request occupies the target's socket for 10 cycles; all but the first were queued.
    std::vector<std::uint64_t> ends{t.a.results[0].end, t.a.results[1].end, t.b.results[0].end};
    CHECK(t.a.results[0].end == 2 + 10 + 5);
    std::sort(ends.begin(), ends.end());
    for (unsigned k = 1; k < 3; ++k)
        CHECK((ends[k] - 17) % 10 == 0);
    CHECK(t.stat("interconnect.c.requests") == 3);
}

namespace {

/// A master of a mix, by phases, by b_transport, or posting: what its burst k waits for is what
/// the reference lets it wait for.
struct mix_master {
    std::unique_ptr<phase_initiator> phases;
    std::unique_ptr<driver> calls;
    posted_bursts posted;
    std::vector<std::uint64_t> ends;  ///< of phases and blocking calls
};

/// One mix on the real interconnect and memory.
struct mix_system {
    static constexpr std::uint64_t bus_latency = 1, memory_latency = 3;
    mix::system s;
    worker_pool pool{0};
    statistics stats;
    block_context ctx{pool, stats, 1, false};
    std::unique_ptr<sram> ram;
    std::unique_ptr<interconnect> bus;
    std::unique_ptr<phase_checker> checker;
    std::vector<mix_master> masters;

    mix_system(unsigned number, arbitration policy, std::uint64_t longest_grant)
        : s(mix::random_system(number, 60)), masters(s.masters.size()) {
        const std::string name = "mix_" + std::to_string(number);
        s.policy = policy;
        s.longest_grant = longest_grant;
        s.latency = bus_latency + memory_latency;
        sram_parameters p;
        p.banks = s.banks;
        p.interleave = s.interleave;
        p.mapping = s.mapping;
        p.ports = s.ports;
        p.clock = 250e6;
        p.read_latency = p.write_latency = memory_latency;
        p.fidelity = memory_fidelity::approximately_timed;
        p.policy = policy;
        p.longest_grant = longest_grant;
        interconnect_parameters ip;
        ip.clock = 250e6;
        ip.latency = bus_latency;
        for (unsigned m = 0; m < masters.size(); ++m)
            ip.shares += (m ? ", m" : "m") + std::to_string(m) +
                         ": priority=" + std::to_string(s.shares[m].priority) +
                         " weight=" + std::to_string(s.shares[m].weight) +
                         " deadline=" + std::to_string(s.shares[m].deadline);
        ram = std::make_unique<sram>((name + "_ram").c_str(), p, ctx);
        bus = std::make_unique<interconnect>((name + "_bus").c_str(), ip, ctx);
        checker = std::make_unique<phase_checker>((name + "_checker").c_str());
        for (unsigned m = 0; m < masters.size(); ++m)
            add(name + "_" + std::to_string(m), "m" + std::to_string(m), m);
        bus->attach_target("sram", 0, ram->size(), checker->bursts_in, ram->protocol());
        checker->bursts_out.bind(ram->memory_in);
        // The memory sees each burst a way through the interconnect later.
        for (auto& m : s.masters)
            for (auto& o : m.ops)
                o.at += bus_latency;
    }
    static void wait_for(std::uint64_t cycle) {
        const sc_time at(4.0 * static_cast<double>(cycle), sc_core::SC_NS);
        if (at > sc_core::sc_time_stamp())
            sc_core::wait(at - sc_core::sc_time_stamp());
    }
    void add(const std::string& name, const std::string& called, unsigned m) {
        mix::master& habits = s.masters[m];
        mix_master& x = masters[m];
        if (m % 3 == 0) {
            x.phases = std::make_unique<phase_initiator>(name.c_str());
            bus->attach_initiator(called, x.phases->memory_out);
            x.phases->body = [&habits, &x] {
                for (std::size_t k = 0; k < habits.ops.size(); ++k) {
                    const mix::op& o = habits.ops[k];
                    if (k >= habits.outstanding)
                        x.phases->finish(k - habits.outstanding);
                    wait_for(o.at - bus_latency);
                    x.phases->send(o.write ? wr : rd, o.address, nullptr,
                                   static_cast<std::uint32_t>(o.bytes));
                }
            };
            return;
        }
        const bool posts = m % 3 == 1;
        habits.outstanding = posts ? static_cast<unsigned>(habits.ops.size()) : 1;
        x.posted.most = ~0u;
        x.calls = std::make_unique<driver>(name.c_str());
        bus->attach_initiator(called, x.calls->memory_out);
        x.calls->body = [&habits, &x, posts] {
            tlm::tlm_generic_payload p;
            for (const mix::op& o : habits.ops) {
                wait_for(o.at - bus_latency);
                sc_time delay;
                if (!posts) {
                    burst(x.calls->memory_out, o.write ? wr : rd, o.address, nullptr,
                          static_cast<std::uint32_t>(o.bytes), delay);
                    x.ends.push_back(phase_initiator::cycle());
                    continue;
                }
                const carried<posted_bursts> on_payload(p, x.posted);
                p.set_command(o.write ? wr : rd);
                p.set_address(o.address);
                p.set_data_length(static_cast<unsigned>(o.bytes));
                p.set_streaming_width(p.get_data_length());
                p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
                x.calls->memory_out->b_transport(p, delay);
            }
            if (posts)
                x.ends.push_back(x.posted.drain().value() / 4000);
        };
    }
    void check() const {
        const mix::outcome expected = mix::by_cycles(s);
        CHECK(checker->violations().empty());
        CHECK(ram->wait_cycles() == expected.stalls);
        for (unsigned m = 0; m < masters.size(); ++m) {
            INFO("master " << m);
            CHECK(bus->wait_cycles(m) == expected.by_master[m]);
            std::vector<std::uint64_t> ends = expected.ends[m];
            for (auto& end : ends)
                end += memory_latency;
            if (masters[m].phases)
                for (const auto& r : masters[m].phases->results)
                    REQUIRE(r.end == ends.at(static_cast<std::size_t>(
                                         &r - masters[m].phases->results.data())));
            else if (m % 3 == 1)
                CHECK(masters[m].ends.at(0) == *std::max_element(ends.begin(), ends.end()));
            else
                CHECK(masters[m].ends == ends);
        }
    }
};

}  // namespace

TEST_CASE("interconnect, phases and memory: stalls and ends of 60 mixes are the reference's") {
    std::vector<std::unique_ptr<mix_system>> all;
    constexpr arbitration policies[] = {arbitration::round_robin, arbitration::fixed_priority,
                                        arbitration::weighted, arbitration::deadline,
                                        arbitration::first_come};
    for (unsigned k = 0; k < 60; ++k)
        all.push_back(std::make_unique<mix_system>(1000 + k, policies[k % 5], k % 2 ? 2 : 4096));
    sc_core::sc_start();
    for (const auto& m : all) {
        INFO(m->ram->name());
        m->check();
    }
}
