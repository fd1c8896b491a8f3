// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <systemc>
#include <tlm>
#include <vector>

namespace ocellus::sim {

/// Bus accesses of a test bench outside the simulation, one after the other, each with its bus
/// time: what a debug module or a second processor would do.
class external_port : public sc_core::sc_module {
  public:
    tlm_utils::simple_initiator_socket<external_port> memory_out{"memory_out"};

    struct access {
        tlm::tlm_command command = tlm::TLM_READ_COMMAND;
        std::uint32_t address = 0;
        std::vector<unsigned char> bytes;  ///< 1 to 4096, of a register exactly 4
        tlm::tlm_response_status response = tlm::TLM_INCOMPLETE_RESPONSE;
    };
    using completion = std::function<void(const access&)>;

    SC_HAS_PROCESS(external_port);
    explicit external_port(sc_core::sc_module_name name);

    /// Begins at the present time. Call while the simulation stands still; `done` is called in
    /// simulated time, when the last byte has moved.
    void submit(access a, completion done);
    static constexpr std::size_t largest_access = 4096;
    /// From a thread: writes any number of bytes, access by access, and returns when the last has
    /// moved.
    void write(std::uint32_t address, const std::uint8_t* data, std::size_t length);
    /// Calls `ring` in simulated time, so much later; earlier ones that have not rung are
    /// forgotten.
    void ring_after(const sc_core::sc_time& delay, std::function<void()> ring);
    /// Moves bytes without time; returns how many, up to the first address where nothing is.
    std::size_t debug(tlm::tlm_command command, std::uint32_t address, unsigned char* bytes,
                      std::size_t length);
    bool idle() const { return queue_.empty(); }

  private:
    void run();
    std::deque<std::pair<access, completion>> queue_;
    void alarm();
    sc_core::sc_event submitted_, due_;
    std::function<void()> ring_;
};

}  // namespace ocellus::sim
