// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>

#include "assembler.h"
#include "dsp/cpu/clint.h"
#include "dsp/cpu/control_cpu.h"
#include "dsp/cpu/interrupt_arbiter.h"
#include "dsp/cpu/interrupt_controller.h"

using namespace ocellus;
using namespace ocellus::dsp;
using namespace assembler;
using sc_core::sc_time;

TEST_CASE("cpu: the interrupt arbiter orders by priority, then by number") {
    interrupt_arbiter a;
    CHECK(a.claim() == 0);
    for (unsigned s : {3u, 5u, 9u})
        a.set_level(s, true);
    a.enable(1u << 3 | 1u << 5 | 1u << 9 | 1u);
    CHECK(a.best() == 0);  // priority 0 never interrupts
    a.set_priority(3, 2);
    a.set_priority(5, 4);
    a.set_priority(9, 4);
    CHECK(a.claim() == 5);
    CHECK(a.pending() == (1u << 3 | 1u << 9));
    CHECK(a.claim() == 9);
    a.set_threshold(2);
    CHECK(a.claim() == 0);
    a.set_threshold(1);
    CHECK(a.claim() == 3);
    CHECK(a.claim() == 0);
    a.complete(5);  // its line is still up
    CHECK(a.claim() == 5);
    a.set_level(5, false);
    a.complete(5);
    a.complete(77);
    CHECK(a.claim() == 0);
    a.enable(0);
    a.complete(9);
    CHECK(a.best() == 0);
    CHECK(a.pending() == 1u << 9);
}

namespace {

struct entry {
    sc_time when;
    std::uint64_t offset;
    std::uint32_t value;
    bool operator==(const entry& o) const {
        return when == o.when && offset == o.offset && value == o.value;
    }
};

/// Logs what is written to it and when; raises its line at given times, until offset 8 is written.
class peripheral : public sc_core::sc_module {
  public:
    sc_core::sc_out<bool> irq{"irq"};
    std::vector<entry> log;
    std::vector<sc_time> raised;
    SC_HAS_PROCESS(peripheral);
    explicit peripheral(sc_core::sc_module_name name) : sc_module(name) {
        SC_THREAD(run);
        SC_METHOD(drive);
        sensitive << changed_;
    }
    void access(tlm::tlm_generic_payload& p, sc_time& delay) {
        const unsigned char* d = p.get_data_ptr();
        log.push_back({sc_core::sc_time_stamp(), p.get_address() & 0xfff,
                       d[0] | std::uint32_t{d[1]} << 8 | std::uint32_t{d[2]} << 16 |
                           std::uint32_t{d[3]} << 24});
        if ((p.get_address() & 0xfff) == 8)
            set_line(false);
        delay += sc_time(100, sc_core::SC_NS);
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    }

  private:
    void run() {
        for (unsigned k = 1; k <= 60; ++k) {
            wait(sc_time(5.0 + 0.0137 * k, sc_core::SC_US));
            raised.push_back(sc_core::sc_time_stamp());
            set_line(true);
        }
    }
    void set_line(bool level) {
        level_ = level;
        changed_.notify(sc_core::SC_ZERO_TIME);
    }
    void drive() { irq.write(level_); }
    bool level_ = false;
    sc_core::sc_event changed_;
};

/// The CPU, its interruptor and its interrupt controller behind a bus of 20 ns.
class small_system : public sc_core::sc_module {
  public:
    statistics stats;
    block_context context;
    control_cpu cpu;
    clint timer;
    interrupt_controller interrupts;
    peripheral device{"device"};
    tlm_utils::simple_target_socket<small_system> bus_in{"bus_in"}, fetch_in{"fetch_in"};
    tlm_utils::simple_initiator_socket<small_system> timer_out{"timer_out"},
        interrupts_out{"interrupts_out"};
    sc_core::sc_signal<bool> software{"software"}, timer_line{"timer_line"}, external{"external"},
        device_line{"device_line"};

    small_system(sc_core::sc_module_name name, worker_pool& pool, const control_cpu_parameters& p,
                 bool sleeps)
        : sc_module(name),
          context{pool, stats},
          cpu("cpu", p, context),
          timer("timer", clint_parameters{1e6}, context),
          interrupts("interrupts", 1, context) {
        cpu.data_out.bind(bus_in);
        cpu.fetch_out.bind(fetch_in);
        fetch_in.register_b_transport(this, &small_system::route);
        bus_in.register_b_transport(this, &small_system::route);
        timer_out.bind(timer.registers_in);
        interrupts_out.bind(interrupts.registers_in);
        timer.software_irq(software);
        timer.timer_irq(timer_line);
        interrupts.external_irq(external);
        interrupts.sources_in[0](device_line);
        device.irq(device_line);
        cpu.software_irq_in(software);
        cpu.timer_irq_in(timer_line);
        cpu.external_irq_in(external);
        cpu.set_time_source([this](const sc_time& t) { return timer.time_at(t); });
        program(sleeps);
    }

  private:
    void route(tlm::tlm_generic_payload& p, sc_time& delay) {
        delay += sc_time(20, sc_core::SC_NS);
        const std::uint64_t window = p.get_address() >> 24;
        if (window == 0x40 || window == 0x41) {
            p.set_address(p.get_address() & 0xffffff);
            window == 0x40 ? timer_out->b_transport(p, delay)
                           : interrupts_out->b_transport(p, delay);
        } else if (window == 0x50) {
            device.access(p, delay);
        } else {
            p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        }
    }
    void load(std::uint32_t at, const std::vector<word>& words) {
        std::vector<unsigned char> bytes;
        for (word w : words)
            for (unsigned k = 0; k < 4; ++k)
                bytes.push_back(static_cast<unsigned char>(w >> (8 * k)));
        REQUIRE(cpu.load_image(at, bytes));
    }
    void program(bool sleeps) {
        load(0, {addi(5, 0, 0x100),     csrrw(0, mtvec, 5),
                 lui(6, 0x50000),       lui(7, 0x41000),
                 lui(8, 0x40004),       lui(16, 0x10000),
                 addi(9, 0, 1),         sw(9, 7, 0x84),
                 addi(9, 0, 2),         sw(9, 7, 4),
                 addi(9, 0, 30),        sw(0, 8, 4),
                 sw(9, 8, 0),           lui(10, 1),
                 addi(10, 10, -0x780),  csrrw(0, mie, 10),
                 csrrsi(0, mstatus, 8), sleeps ? wfi : r_format(0x33, 4, 1, 11, 12, 13),
                 addi(14, 14, 1),       sw(14, 16, 16),
                 lw(15, 16, 16),        jal(0, -16)});
        // Log, tell timer from device, serve.
        load(0x100, {sw(14, 6, 0), csrrs(17, mcause, 0), sw(17, 6, 4), andi(17, 17, 4),
                     bne(17, 0, 24), lw(18, 7, 12), sw(18, 6, 8), sw(18, 7, 12),
                     csrrs(19, 0xc01, 0), mret, addi(9, 9, 30), sw(9, 8, 0), mret});
    }
};

}  // namespace

TEST_CASE(
    "cpu: the module takes interrupts less than one instruction late, the same in every mode") {
    worker_pool pool(1);
    struct mode {
        bool cache, direct;
        double run_ahead;
    };
    const mode modes[] = {{true, true, 1e-3},
                          {false, true, 1e-3},
                          {true, false, 1e-3},
                          {true, true, 1e-6},
                          {true, true, 3.3e-8}};
    std::deque<std::unique_ptr<small_system>> systems;
    for (const bool sleeps : {false, true})
        for (const mode& m : modes) {
            control_cpu_parameters p;
            p.hart.block_cache = m.cache;
            p.hart.direct_memory = m.direct;
            p.run_ahead = m.run_ahead;
            p.tcm_wait = 1;
            const std::string name = "system" + std::to_string(systems.size());
            systems.push_back(std::make_unique<small_system>(name.c_str(), pool, p, sleeps));
        }
    sc_core::sc_start(310, sc_core::SC_US);

    const std::size_t per_program = sizeof modes / sizeof *modes;
    for (std::size_t k = 0; k < systems.size(); ++k) {
        const small_system& first = *systems[k / per_program * per_program];
        INFO("system " << k);
        REQUIRE(systems[k]->device.log.size() > 120);
        REQUIRE(systems[k]->device.log == first.device.log);
        CHECK(systems[k]->stats.value("cpu.interrupts") == first.stats.value("cpu.interrupts"));
        CHECK(systems[k]->stats.value("cpu.bus_accesses") == first.stats.value("cpu.bus_accesses"));
        CHECK_FALSE(systems[k]->cpu.halted());
    }
    for (const std::size_t k : {std::size_t{0}, per_program}) {
        const small_system& s = *systems[k];
        const double cycle = 1.0 / s.cpu.clock().hertz();
        const instruction_costs costs;
        // Every interrupt of the device, unless the timer came in between.
        std::size_t served = 0, timers = 0;
        double latest = 0;
        sc_time before = sc_core::SC_ZERO_TIME;
        std::size_t next = 0;
        for (std::size_t i = 0; i + 1 < s.device.log.size(); ++i) {
            if (s.device.log[i].offset != 0)
                continue;
            const entry& cause = s.device.log[i + 1];
            REQUIRE(cause.offset == 4);
            if (cause.value == 0x80000007u) {
                ++timers;
                before = s.device.log[i].when;
                // On the tick of 30 us.
                const double due = 30e-6 * static_cast<double>(timers);
                const double late = s.device.log[i].when.to_seconds() - due;
                CHECK(late >= 0);
                CHECK(late < 2e-6);
                continue;
            }
            REQUIRE(cause.value == 0x8000000bu);
            REQUIRE(next < s.device.raised.size());
            const sc_time raised = s.device.raised[next++];
            ++served;
            const sc_time late = s.device.log[i].when - raised;
            REQUIRE(s.device.log[i].when > raised);
            if (before > sc_core::SC_ZERO_TIME && raised < before + sc_time(2, sc_core::SC_US))
                continue;
            CHECK(late.to_seconds() >= static_cast<double>(costs.trap_entry) * cycle * 0.999);
            latest = std::max(latest, late.to_seconds());
        }
        CHECK(served >= 50);
        CHECK(timers == 10);
        // One instruction, the fetch of the store in the handler, and the trap itself.
        const std::uint64_t longest = k == 0 ? costs.divide : costs.store + 1;
        CHECK(latest <= static_cast<double>(longest + costs.trap_entry + 1) * cycle);
        if (k == 0)
            CHECK(latest > 20 * cycle);  // the division is indeed hit
    }
}

TEST_CASE("cpu: a bus error traps precisely and a stop is reported") {
    worker_pool pool(1);
    control_cpu_parameters p;
    small_system s("system", pool, p, false);
    std::vector<unsigned char> bytes;
    for (word w : {lui(5, 0x60000), lw(6, 5, 4)})  // nobody there, and no handler: mtvec is 0
        for (unsigned k = 0; k < 4; ++k)
            bytes.push_back(static_cast<unsigned char>(w >> (8 * k)));
    REQUIRE(s.cpu.load_image(0x10000000, bytes));
    s.cpu.core().set_pc(0x10000000);
    s.cpu.core().write_csr(mtvec, 0x70000000);
    CHECK_FALSE(s.cpu.load_image(0x1003fffc, std::vector<unsigned char>(8)));
    sc_core::sc_start(10, sc_core::SC_US);
    CHECK(s.cpu.halted());
    CHECK(s.cpu.halt_reason() == stop_reason::double_trap);
    std::uint32_t v = 0;
    // The handler cannot be fetched; its own trap is what stays.
    s.cpu.core().read_csr(mcause, v);
    CHECK(v == 5);
    s.cpu.core().read_csr(mtval, v);
    CHECK(v == 0x60000004);
    s.cpu.core().read_csr(mepc, v);
    CHECK(v == 0x10000004);
    CHECK(s.stats.value("cpu.bus_errors") == 2);
}

TEST_CASE(
    "cpu: an interrupt that the CPU raises over the bus is taken before its next instruction") {
    worker_pool pool(1);
    control_cpu_parameters p;
    small_system s("system", pool, p, false);
    std::vector<unsigned char> bytes;
    for (word w : {lui(5, 0x40000), csrrsi(0, mie, 8), csrrsi(0, mstatus, 8), addi(6, 0, 1),
                   sw(6, 5, 0), addi(14, 14, 1), addi(14, 14, 1), jal(0, -8)})
        for (unsigned k = 0; k < 4; ++k)
            bytes.push_back(static_cast<unsigned char>(w >> (8 * k)));
    REQUIRE(s.cpu.load_image(0x10000000, bytes));
    REQUIRE(s.cpu.load_image(0x10000400, {0x6f, 0, 0, 0}));  // jumps to itself
    s.cpu.core().set_pc(0x10000000);
    s.cpu.core().write_csr(mtvec, 0x10000400);
    sc_core::sc_start(4, sc_core::SC_US);
    CHECK(s.cpu.core().pc() == 0x10000400);
    CHECK(s.cpu.core().x(14) == 0);
    std::uint32_t v = 0;
    s.cpu.core().read_csr(mepc, v);
    CHECK(v == 0x10000014);
    s.cpu.core().read_csr(mcause, v);
    CHECK(v == 0x80000003);
}

TEST_CASE("cpu: wall time of a register access from the CPU", "[.speed]") {
    worker_pool pool(1);
    control_cpu_parameters p;
    small_system s("system", pool, p, false);
    std::vector<unsigned char> bytes;
    for (word w :
         {lui(5, 0x41000), lw(6, 5, 4), lw(6, 5, 4), lw(6, 5, 4), lw(6, 5, 4), jal(0, -16)})
        for (unsigned k = 0; k < 4; ++k)
            bytes.push_back(static_cast<unsigned char>(w >> (8 * k)));
    REQUIRE(s.cpu.load_image(0x10000000, bytes));
    s.cpu.core().set_pc(0x10000000);
    const auto start = std::chrono::steady_clock::now();
    sc_core::sc_start(50, sc_core::SC_MS);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const double accesses = s.stats.value("cpu.bus_accesses");
    CHECK(accesses > 100000);
    std::printf("%.0f accesses, %.0f ns each\n", accesses, took.count() / accesses * 1e9);
}
