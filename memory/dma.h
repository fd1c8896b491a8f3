// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <systemc>
#include <tlm>
#include <vector>

#include "core/block.h"
#include "core/interrupt_lines.h"
#include "core/parameter.h"
#include "core/registers.h"
#include "registers/dma.h"

namespace ocellus::memory {

struct dma_parameters {
    std::uint64_t burst = 256;  ///< bytes
    void declare(parameter_registry& r);
};

/// Copies bytes from one address to another, in one piece or row by row with strides. It reads a
/// burst into one of two buffers while the other buffer is being written, in the order of
/// addresses, so an overlapping copy to a lower address is correct. A burst never crosses a
/// multiple of its length at the source. It stops at the first error response and keeps the
/// address.
///
/// A list of descriptors in memory is worked through one after the other; the engine fetches each
/// when the one before is complete, so that firmware may write the next while one is at work. A
/// list may be a ring: STOP ends it. Refused: a descriptor that is not at a multiple of 32, or
/// whose last word is not 0.
class dma : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<dma> registers_in{"registers_in"};
    tlm_utils::simple_initiator_socket<dma> memory_out{"memory_out"};
    sc_core::sc_out<bool> done_irq{"done_irq"};

    // STATUS bits
    static constexpr std::uint32_t status_busy = 1, status_done = 2, status_error = 4;
    // CONTROL bits
    static constexpr std::uint32_t control_start = 1, control_start_list = 2, control_stop = 4;
    static constexpr std::uint32_t descriptor_bytes = 32;

    /// What is copied: rows of `length` bytes.
    struct job {
        std::uint32_t source = 0, destination = 0, length = 0, rows = 1, source_stride = 0,
                      destination_stride = 0;
    };

    dma(sc_core::sc_module_name name, const dma_parameters& p, block_context& ctx);

    register_block& registers() { return registers_; }
    const register_block& registers() const { return registers_; }

  private:
    void declare_registers();
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    unsigned transport_debug(tlm::tlm_generic_payload& payload);
    void start(bool list);
    void copy();  ///< thread
    bool copy_job(const job& j);
    void copy_list();
    std::uint32_t lines() const;
    void lines_changed() { irq_.update(lines(), registers_.ahead()); }
    void drive_irq();  ///< method
    bool fail(std::uint64_t address);

    dma_parameters p_;
    bool timing_only_;
    register_block registers_{registers::dma::map};
    bool busy_ = false, list_ = false, stop_ = false;
    sc_core::sc_event started_;
    interrupt_lines irq_;
    std::vector<std::uint8_t> buffers_[2];

    std::uint64_t jobs_ = 0, descriptors_ = 0, bytes_ = 0, errors_ = 0, rejected_ = 0;
    std::uint64_t busy_time_ = 0;  ///< in units of the kernel's resolution
};

}  // namespace ocellus::memory
