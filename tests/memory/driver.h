// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <systemc>
#include <tlm>

#include "core/payload.h"

namespace ocellus {

constexpr auto rd = tlm::TLM_READ_COMMAND;
constexpr auto wr = tlm::TLM_WRITE_COMMAND;

/// An initiator that runs a function on a thread.
struct driver : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<driver> memory_out{"memory_out"};
    std::function<void()> body;

    explicit driver(sc_core::sc_module_name name) : sc_module(name) {
        SC_HAS_PROCESS(driver);
        SC_THREAD(run);
    }
    void run() {
        if (body)
            body();
    }
    /// Completion cycle of one burst sent `ahead` cycles from now, at 250 MHz (4 ns).
    std::uint64_t timed(tlm::tlm_command command, std::uint64_t address, void* data,
                        std::uint32_t bytes, std::uint64_t ahead = 0) {
        sc_core::sc_time delay(4.0 * static_cast<double>(ahead), sc_core::SC_NS);
        const auto response = burst(memory_out, command, address, data, bytes, delay);
        CHECK(response == tlm::TLM_OK_RESPONSE);
        return (sc_core::sc_time_stamp() + delay).value() / 4000;
    }
    std::uint32_t read_register(std::uint64_t address) {
        std::uint32_t v = 0;
        sc_core::sc_time delay;
        CHECK(ocellus::burst(memory_out, tlm::TLM_READ_COMMAND, address, &v, 4, delay) ==
              tlm::TLM_OK_RESPONSE);
        return v;
    }
    void write_register(std::uint64_t address, std::uint32_t v) {
        sc_core::sc_time delay;
        CHECK(ocellus::burst(memory_out, tlm::TLM_WRITE_COMMAND, address, &v, 4, delay) ==
              tlm::TLM_OK_RESPONSE);
    }
};

}  // namespace ocellus
