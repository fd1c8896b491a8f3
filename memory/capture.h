// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <systemc>
#include <tlm>
#include <vector>

#include "core/block.h"
#include "core/interrupt_lines.h"
#include "core/lost_line.h"
#include "core/parameter.h"
#include "core/payload.h"
#include "core/posted_bursts.h"
#include "core/registers.h"
#include "memory/bank_calendar.h"
#include "memory/interconnect.h"
#include "memory/sram.h"
#include "registers/capture.h"

namespace ocellus::memory {

struct capture_parameters {
    std::uint64_t lines = 0;        ///< of the ring in the SRAM; 0: rows go past the memory
    std::uint64_t fifo_lines = 2;   ///< before the writer, the line being written included
    std::uint64_t burst = 256;      ///< bytes
    std::uint64_t outstanding = 4;  ///< bursts of writer and reader each
    void declare(parameter_registry& r);

    /// Bytes between two lines of the ring: whole bursts.
    std::uint64_t pitch(std::uint64_t row_bytes) const {
        return (row_bytes + burst - 1) / burst * burst;
    }
    std::uint64_t ring_bytes(std::uint64_t row_bytes) const { return lines * pitch(row_bytes); }
};

/// The way of the picture through the memory: a writer puts each row into a ring of lines in the
/// SRAM, a reader fetches it again as soon as it is there and the transmitter has room for it.
///
/// The rolling shutter does not wait: a row that finds the writer's FIFO full is lost, and losses()
/// says which and for whom the FIFO's oldest line had waited. Samples travel with the row: the
/// bursts carry bytes where the memory's cells do not hold what was written (keep_bytes()), and the
/// row then tells what has become of it. With `lines` = 0 rows go straight through.
class capture : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<capture> rows_in{"rows_in"};
    tlm_utils::simple_initiator_socket<capture> rows_out{"rows_out"};
    tlm_utils::simple_initiator_socket<capture> writer_out{"writer_out"};
    tlm_utils::simple_initiator_socket<capture> reader_out{"reader_out"};
    tlm_utils::simple_target_socket_optional<capture> registers_in{"registers_in"};
    /// A STATUS bit is set that IRQ_ENABLE lets through.
    sc_core::sc_port<sc_core::sc_signal_inout_if<bool>, 1, sc_core::SC_ZERO_OR_MORE_BOUND>
        error_irq{"error_irq"};

    /// STATUS and IRQ_ENABLE.
    enum : std::uint32_t { status_lines_lost = 1, status_refused = 2, status_enabled = 1 << 8 };

    SC_HAS_PROCESS(capture);
    /// `base`: bus address of the ring; `row_bytes`: of the widest row.
    capture(sc_core::sc_module_name name, const capture_parameters& p, std::uint64_t base,
            std::uint64_t row_bytes, block_context& ctx);

    /// Who stands behind the two sockets on the bus. `room()`: the receiver of rows takes one more;
    /// call room_again() when that has become true.
    void connect(const interconnect& bus, unsigned writer, unsigned reader,
                 std::function<bool()> room);
    /// The bytes of a row as it is packed in the ring; empty in a timing-only run. May wait for the
    /// pool.
    using packer = std::function<std::vector<std::uint8_t>(const row_info&)>;
    /// `memory` holds the ring, and stands at `memory_base` on the bus.
    void keep_bytes(sram& memory, std::uint64_t memory_base, packer packed);
    void room_again() { changed_.notify(sc_core::SC_ZERO_TIME); }
    bool idle() const {
        return coming_.empty() && waiting_.empty() && ring_.empty() && !reading_ && !writing_;
    }
    void on_idle(std::function<void()> f) { idle_ = std::move(f); }
    std::uint64_t lines_lost() const { return lines_lost_; }
    std::uint64_t lines_waiting() const {
        return coming_.size() + waiting_.size() + ring_.size() + (reading_ ? 1u : 0u);
    }
    const std::vector<lost_line>& losses() const { return losses_; }
    register_block& registers() { return registers_; }
    const register_block& registers() const { return registers_; }

  private:
    using waits = std::array<std::uint64_t, bank_calendar::max_owners>;
    struct line {
        row_info row;
        sc_core::sc_time at;
        waits writer, reader;  ///< waited by then
    };
    void row_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    void admit();  ///< method
    void write();  ///< thread
    void read();   ///< thread
    void lose(const line& l);
    void declare_registers();
    void register_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
        registers_.transport(payload, delay);
    }
    unsigned register_debug(tlm::tlm_generic_payload& payload) {
        return registers_.transport_debug(payload);
    }
    void set_status(std::uint32_t bits);
    std::uint32_t lines() const;
    void lines_changed() { irq_.update(lines(), registers_.ahead()); }
    void drive_irq();  ///< method
    std::uint64_t bytes_of(const row_info& row) const {
        return (std::uint64_t{row.width} * row.bits + 7) / 8;
    }
    template <class Socket>
    void move(Socket& socket, tlm::tlm_command command, std::uint64_t slot, const row_info& row,
              posted_bursts& posted);
    /// Where a burst that meets faulty cells puts its bytes; null: no cell is faulty.
    unsigned char* faulty_bytes(const row_info& row, std::uint64_t address, std::uint64_t offset,
                                std::uint32_t bytes);
    void compare(std::uint64_t offset, std::uint32_t bytes);
    waits waited(unsigned who) const;

    capture_parameters p_;
    register_block registers_{registers::capture::map};
    interrupt_lines irq_;
    std::uint64_t base_, pitch_;
    const interconnect* bus_ = nullptr;
    unsigned writer_ = 0, reader_ = 0;
    std::function<bool()> room_;
    std::function<void()> idle_;
    sram* memory_ = nullptr;
    std::uint64_t memory_base_ = 0;
    packer packed_;
    std::vector<std::uint8_t> row_written_, burst_read_;  ///< of the row that is being read
    std::vector<byte_error> damage_;
    posted_bursts writer_bursts_, reader_bursts_;
    sc_core::sc_event arrival_, changed_;
    std::deque<line> coming_, waiting_;  ///< on their way; in the FIFO, the one written first
    std::deque<row_info> ring_;          ///< in the memory, or being read
    std::uint64_t written_ = 0, fetched_ = 0, taken_ = 0;
    bool reading_ = false, writing_ = false, reader_stuck_ = false;
    std::uint64_t lines_ = 0, lines_lost_ = 0, refused_ = 0, fifo_peak_ = 0, ring_peak_ = 0;
    std::uint64_t wrong_bytes_ = 0;
    std::uint64_t fifo_high_ = 0;       ///< as FIFO_PEAK shows it
    std::uint64_t write_time_max_ = 0;  ///< in units of the kernel's resolution
    std::vector<lost_line> losses_;
};

}  // namespace ocellus::memory
