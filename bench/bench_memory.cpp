// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Transactions a second through interconnect and SRAM: four masters with bursts of 256 B that meet
// in the default 16 banks, in both fidelities.
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/stopwatch.h"
#include "core/block.h"
#include "core/payload.h"
#include "core/posted_bursts.h"
#include "core/random.h"
#include "memory/interconnect.h"
#include "memory/sram.h"

using namespace ocellus;

namespace {

constexpr unsigned masters = 4, burst_bytes = 256;
constexpr std::uint64_t bursts = 500000;  ///< of each master in a round

struct master : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<master> memory_out{"memory_out"};
    sc_core::sc_event begin;
    posted_bursts posted;
    std::vector<std::uint32_t> addresses;

    SC_HAS_PROCESS(master);
    master(sc_core::sc_module_name name, unsigned number) : sc_module(name) {
        random_sequence r(number, purpose::test, 1);
        for (unsigned k = 0; k < 4096; ++k)
            addresses.push_back(r.below((8u << 20) / burst_bytes) * burst_bytes);
        SC_THREAD(run);
    }
    void run() {
        for (;;) {
            wait(begin);
            tlm::tlm_generic_payload p;
            p.set_data_length(burst_bytes);
            p.set_streaming_width(burst_bytes);
            const carried<posted_bursts> on_payload(p, posted);
            // One master on its own would ask for 32 B a cycle: four of them meet.
            const std::uint64_t pace = sc_core::sc_time(8 * 4, sc_core::SC_NS).value();
            std::uint64_t due = sc_core::sc_time_stamp().value();
            for (std::uint64_t k = 0; k < bursts; ++k) {
                const std::uint64_t now = sc_core::sc_time_stamp().value();
                sc_core::sc_time delay = sc_core::sc_time::from_value(due > now ? due - now : 0);
                due += pace;
                p.set_command(k & 1 ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
                p.set_address(addresses[k % addresses.size()]);
                p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
                memory_out->b_transport(p, delay);
                if (k % 64 == 63 && delay > sc_core::SC_ZERO_TIME)
                    wait(delay);
            }
            posted.drain();
        }
    }
};

struct system_under_test {
    statistics stats;
    std::unique_ptr<block_context> context_;
    memory::sram ram;
    memory::interconnect bus;
    std::vector<std::unique_ptr<master>> all;

    system_under_test(const std::string& name, memory::memory_fidelity fidelity, worker_pool& pool)
        : ram((name + "_sram").c_str(), parameters(fidelity), context(pool)),
          bus((name + "_bus").c_str(), {}, context(pool)) {
        for (unsigned m = 0; m < masters; ++m) {
            all.push_back(std::make_unique<master>((name + "_" + std::to_string(m)).c_str(), m));
            bus.attach_initiator("m" + std::to_string(m), all.back()->memory_out);
        }
        bus.attach_target("sram", 0, ram.size(), ram.memory_in, ram.protocol());
    }
    static memory::sram_parameters parameters(memory::memory_fidelity fidelity) {
        memory::sram_parameters p;
        p.fidelity = fidelity;
        return p;
    }
    block_context& context(worker_pool& pool) {
        if (!context_)
            context_ = std::make_unique<block_context>(block_context{pool, stats, 1, true});
        return *context_;
    }

    void measure(const char* what) {
        seconds best;
        for (unsigned round = 0; round < 5; ++round) {
            for (auto& m : all)
                m->begin.notify(sc_core::SC_ZERO_TIME);
            time_once([] { sc_core::sc_start(); }, best);
        }
        std::printf(
            "%-22s %6.2f M transactions/s (CPU time, best of 5; %.2f cycles waited each)\n", what,
            1e-6 * masters * static_cast<double>(bursts) / best.cpu,
            static_cast<double>(ram.wait_cycles()) / (5.0 * masters * static_cast<double>(bursts)));
    }
};

}  // namespace

int sc_main(int, char*[]) {
    worker_pool pool(0);
    system_under_test loose("loose", memory::memory_fidelity::loosely_timed, pool);
    system_under_test timed("timed", memory::memory_fidelity::approximately_timed, pool);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    loose.measure("loosely timed");
    timed.measure("approximately timed");
    return 0;
}
