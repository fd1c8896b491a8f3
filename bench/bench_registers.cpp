// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// What a register access costs in wall time beside a b_transport that does nothing, both through a
// socket, in one run: the ratio does not depend on the machine as much as the times do.
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "core/registers.h"
#include "registers/npu.h"

using namespace ocellus;

namespace {

struct target : sc_core::sc_module {
    tlm_utils::simple_target_socket<target> registers_in{"registers_in"}, nothing_in{"nothing_in"};
    register_block block{registers::npu::map};
    std::uint64_t counter = 0;
    explicit target(sc_core::sc_module_name n) : sc_module(n) {
        registers_in.register_b_transport(this, &target::access);
        nothing_in.register_b_transport(this, &target::nothing);
        block.counter(registers::npu::CYCLES, counter);
        block.on_write(registers::npu::IRQ_ENABLE, [this](std::uint32_t v) { counter += v; });
    }
    void access(tlm::tlm_generic_payload& p, sc_core::sc_time&) { block.transport(p); }
    void nothing(tlm::tlm_generic_payload& p, sc_core::sc_time&) {
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

struct initiator : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<initiator> registers_out{"registers_out"},
        nothing_out{"nothing_out"};
    explicit initiator(sc_core::sc_module_name n) : sc_module(n) {}
};

/// Nanoseconds of one access, over many.
template <class Socket>
double time_of(Socket& socket, tlm::tlm_command command, unsigned index) {
    constexpr unsigned accesses = 1000000;
    unsigned char data[4] = {2, 0, 0, 0};
    tlm::tlm_generic_payload p;
    const auto begin = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < accesses; ++i) {
        sc_core::sc_time delay;
        p.set_command(command);
        p.set_address(registers::npu::map.registers[index].offset);
        p.set_data_ptr(data);
        p.set_data_length(4);
        p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        socket->b_transport(p, delay);
        if (!p.is_response_ok())
            throw std::logic_error("a register access was refused");
    }
    const std::chrono::duration<double, std::nano> t = std::chrono::steady_clock::now() - begin;
    return t.count() / accesses;
}

}  // namespace

int sc_main(int, char*[]) {
    target t("t");
    initiator i("i");
    i.registers_out.bind(t.registers_in);
    i.nothing_out.bind(t.nothing_in);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    struct {
        const char* what;
        tlm::tlm_command command;
        unsigned index;
        double best = 1e9;
    } cases[] = {
        {"read of a stored value", tlm::TLM_READ_COMMAND, registers::npu::NETWORK},
        {"read with a callback", tlm::TLM_READ_COMMAND, registers::npu::CYCLES},
        {"write of a stored value", tlm::TLM_WRITE_COMMAND, registers::npu::NETWORK},
        {"write with a callback", tlm::TLM_WRITE_COMMAND, registers::npu::IRQ_ENABLE},
    };
    // Rounds of all, the best of each: whatever disturbs the machine disturbs them alike.
    double empty = 1e9;
    for (unsigned round = 0; round < 9; ++round) {
        empty =
            std::min(empty, time_of(i.nothing_out, tlm::TLM_READ_COMMAND, registers::npu::NETWORK));
        for (auto& c : cases)
            c.best = std::min(c.best, time_of(i.registers_out, c.command, c.index));
    }
    std::printf("%-28s %6.1f ns\n", "empty b_transport", empty);
    for (const auto& c : cases)
        std::printf("%-28s %6.1f ns  %5.2f times the empty one\n", c.what, c.best, c.best / empty);
    return 0;
}
