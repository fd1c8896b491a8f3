// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "core/block.h"
#include "core/interrupt_lines.h"
#include "core/lazy_plane.h"
#include "core/lost_line.h"
#include "core/parameter.h"
#include "core/payload.h"
#include "core/registers.h"
#include "links/csi2_packet.h"
#include "links/egress_ledger.h"
#include "links/embedded_lines.h"
#include "registers/csi2.h"

namespace ocellus::links {

/// What leaves of a network's run beside the metadata.
enum class region_output : std::uint8_t {
    none,
    outputs,  ///< KPI, output tensors, PQ
    all,      ///< the input tensor too
};

struct csi2_parameters {
    std::uint64_t lanes = 2;        ///< 1, 2 or 4
    double lane_rate = 888e6;       ///< bit/s
    double hs_overhead = 380e-9;    ///< s, each packet
    std::uint64_t fifo_lines = 4;   ///< rows held, the one being sent included
    std::uint64_t image_vc = 0;     ///< virtual channel
    std::uint64_t metadata_vc = 1;  ///< virtual channel, not the image's
    std::uint64_t tensor_vc = 2;    ///< virtual channel of the tensor region
    region_output tensor_region = region_output::none;
    double header_error_rate = 0;        ///< packets whose header has one wrong bit
    double header_loss_rate = 0;         ///< packets whose header has two
    double payload_error_rate = 0;       ///< long packets whose payload has one
    std::uint64_t metadata_line = 2560;  ///< bytes of a full metadata line
    std::uint64_t metadata_queue = 4;    ///< messages
    std::uint64_t fetch_burst = 256;     ///< bytes
    bool line_sync = false;              ///< LS and LE around each row
    std::uint64_t embedded_lines = 0;    ///< in front of the image
    void declare(parameter_registry& r);
};

/// A tensor region (links/tensor_lines.h) to be put together from memory.
struct region_request {
    std::uint32_t frame = 0;
    std::uint16_t network = 0;
    std::uint32_t dnn_us = 0, dsp_us = 0;     ///< of the KPI line
    std::vector<std::uint8_t> ap_parameters;  ///< with header in one line
    /// The input as it lies in memory, height x width x channels; 8 bits an element.
    std::uint64_t input_address = 0;
    std::uint32_t width = 0, height = 0, channels = 0;
    struct output {
        std::uint64_t address = 0;
        std::uint64_t bytes = 0;
        std::uint8_t flip = 0;  ///< 0x80: two's complement becomes offset binary
    };
    std::uint8_t input_flip = 0;  ///< the same of the input
    std::vector<output> outputs;
    region_output parts = region_output::none;  ///< filled in by send_region()
    /// Whether the input's place still holds this frame's; empty: it does. Without it the input
    /// block is sent as not valid, with zeros, as the part does when an inference takes longer than
    /// a frame.
    std::function<bool()> input_is_there;
};

/// A row as the payload of its packet, whatever memory did to it; empty: it has no samples. Waits
/// for them.
std::vector<std::uint8_t> csi2_payload(const row_info& row);

/// Sends rows and metadata as CSI-2 packets.
///
/// Image: a frame start packet, one long packet per row (RAW8, RAW10, RAW12, RAW14 by the row's
/// bits; YUV422-8; RGB888), a frame end packet. A row that arrives while `fifo_lines` rows are held
/// is lost and counted; the frame goes on without it. Metadata: a frame of its own on another
/// virtual channel, in lines of embedded data fetched from memory. One wire: when it becomes free
/// the oldest image packet goes first, a metadata packet only when no image packet waits. A packet
/// is never interrupted. Tensor regions: frames of a third channel, in lines of data types 0x30 to
/// 0x33; the chip puts them together itself, from bursts.
///
/// One event per packet, at the time the wire becomes free.
class csi2_transmitter : public sc_core::sc_module {
  public:
    // STATUS bits
    static constexpr std::uint32_t status_sent = 1, status_rejected = 2, status_error = 4,
                                   status_lines_lost = 8;
    // METADATA_SEND bits
    static constexpr std::uint32_t send_start = 1, send_pixel_derived = 2;

    tlm_utils::simple_target_socket<csi2_transmitter> rows_in{"rows_in"};
    tlm_utils::simple_target_socket<csi2_transmitter> registers_in{"registers_in"};
    tlm_utils::simple_initiator_socket<csi2_transmitter> memory_out{"memory_out"};
    tlm_utils::simple_initiator_socket<csi2_transmitter> packets_out{"packets_out"};
    sc_core::sc_out<bool> sent_irq{"sent_irq"};

    csi2_transmitter(sc_core::sc_module_name name, const csi2_parameters& p, block_context& ctx,
                     egress_ledger& ledger);

    /// What TENSOR_REGION says; none where the channel is another's.
    region_output tensor_region() const;
    /// Queues a region, without time, or nothing where tensor_region() is none; it is dropped and
    /// counted where csi2.metadata_queue wait. It goes after the messages that wait.
    void send_region(region_request r);

    register_block& registers() { return registers_; }
    const register_block& registers() const { return registers_; }

    std::uint64_t lines_lost() const { return lines_lost_; }
    std::uint64_t frames_sent() const { return frames_; }
    /// Picture lines that came and have not left.
    std::uint64_t lines_waiting() const { return arrivals_.size() + lines_held_; }
    /// Nothing waits, nothing is on the wire.
    bool idle() const {
        return !wire_busy_ && arrivals_.empty() && image_.empty() && metadata_.empty() &&
               messages_.empty() && regions_.empty() && !fetching_;
    }

    /// Asked before a picture line or a metadata line of `bytes` that derive from pixels is sent,
    /// in their order: false keeps it back. Without it everything may leave.
    void set_guard(std::function<bool(std::uint32_t frame, std::uint32_t bytes)> f) {
        guard_ = std::move(f);
    }
    /// Tells how many of the bytes in memory derive from pixels.
    void set_provenance(std::function<std::uint64_t(std::uint64_t, std::uint64_t)> f) {
        provenance_ = std::move(f);
    }
    /// Registers of the frame whose first row is being taken, for csi2.embedded_lines.
    void set_embedded(std::function<register_bytes(std::uint32_t frame)> f) {
        embedded_ = std::move(f);
    }
    /// One more row finds a line of the FIFO free.
    bool has_room() const { return lines_waiting() < p_.fifo_lines; }
    /// Called when a row has left its line of the FIFO.
    void on_line_left(std::function<void()> f) { line_left_ = std::move(f); }
    const std::vector<lost_line>& losses() const { return losses_; }

    /// Called when it has become idle.
    void on_idle(std::function<void()> f) { idle_ = std::move(f); }

  private:
    /// What a packet means to us, beyond its bytes.
    enum class role : std::uint8_t {
        sync,
        row,
        frame_end,
        metadata_line,
        metadata_end,
        region_end
    };
    struct outgoing {
        packet_info info;
        std::uint32_t frame = 0;  ///< of metadata: METADATA_FRAME of the message
        sc_core::sc_time ready;   ///< since when it could have been sent
        std::uint8_t data_type = 0;
        role what = role::sync;
        egress_kind kind = egress_kind::overhead;
    };
    struct arrival {
        sc_core::sc_time at;
        row_info row;
    };
    struct message {
        std::uint64_t address = 0;
        std::uint32_t length = 0;
        std::uint32_t frame = 0;
        bool pixel_derived = false;
    };
    using byte_plane = lazy_plane<std::uint8_t>;

    void declare_registers();
    void row_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    void register_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    unsigned register_debug(tlm::tlm_generic_payload& payload);
    std::uint32_t messages_waiting() const {
        return static_cast<std::uint32_t>(messages_.size() + (fetching_message_ ? 1u : 0u));
    }

    void transmit();  ///< method
    void admit(const arrival& a);
    void begin_frame(const row_info& row);
    void put_embedded(const row_info& row);
    void finish_packet();
    void start_packet();
    void fetch_metadata();  ///< thread
    bool fetch_message(const message& m);
    bool fetch_region(const region_request& r);
    bool read_memory(std::uint64_t address, std::uint8_t* bytes, std::uint32_t length);
    void put_line(std::uint64_t vc, csi2_data_type type, std::uint32_t frame, bool pixels,
                  std::vector<std::uint8_t> line, std::uint32_t bytes);
    bool may_leave(std::uint32_t frame, bool pixels, std::uint32_t bytes);
    void spoil(outgoing& o);
    void tell(const sc_core::sc_time& start, const sc_core::sc_time& duration);
    std::uint32_t lines() const;
    void lines_changed() { irq_.update(lines(), registers_.ahead()); }
    void drive_irq();  ///< method

    void start_packing(const row_info& row);
    outgoing short_packet(std::uint64_t vc, csi2_data_type t, std::uint16_t value) const;
    outgoing long_packet(std::uint64_t vc, csi2_data_type t, std::uint32_t bytes) const;
    sc_core::sc_time wire_time(std::uint32_t wire_bytes) const;
    void set_status(std::uint32_t bits);
    void send_requested(std::uint32_t value);

    csi2_parameters p_;
    worker_pool& pool_;
    block_context& ctx_;
    std::uint16_t track_ = 0;  ///< of the trace
    std::function<void()> idle_, line_left_;
    std::vector<lost_line> losses_;
    std::function<bool(std::uint32_t, std::uint32_t)> guard_;
    std::function<register_bytes(std::uint32_t)> embedded_;
    std::function<std::uint64_t(std::uint64_t, std::uint64_t)> provenance_;
    egress_ledger& ledger_;
    register_block registers_{registers::csi2::map};
    unsigned lanes_;

    sc_core::sc_event next_, message_queued_, line_taken_;
    interrupt_lines irq_;
    // Image side: rows on their way, packets waiting in order, rows that hold a FIFO line.
    std::deque<arrival> arrivals_;
    std::deque<outgoing> image_;
    std::uint64_t lines_held_ = 0;
    bool in_frame_ = false;
    std::uint32_t frame_ = 0;
    bool frame_damaged_ = false;
    csi2_data_type row_type_ = csi2_data_type::raw10;
    std::shared_ptr<const byte_plane> packed_;
    std::vector<std::shared_ptr<byte_plane>> planes_;  ///< storage to reuse
    // Metadata side.
    std::deque<message> messages_;
    std::deque<outgoing> metadata_;
    std::uint64_t metadata_lines_held_ = 0;
    std::deque<region_request> regions_;
    bool fetching_ = false, fetching_message_ = false;
    // The wire.
    bool wire_busy_ = false;
    sc_core::sc_time wire_free_;
    outgoing on_wire_;

    std::uint64_t packets_ = 0, frames_ = 0, lines_ = 0, lines_lost_ = 0, frames_damaged_ = 0;
    std::uint64_t lines_blocked_ = 0, metadata_blocked_ = 0;
    std::uint64_t fifo_peak_ = 0, wire_bytes_ = 0;
    std::uint64_t messages_sent_ = 0, messages_rejected_ = 0, messages_failed_ = 0;
    std::uint64_t metadata_line_count_ = 0, regions_sent_ = 0, regions_dropped_ = 0;
    std::uint64_t spoiled_ = 0;
    std::uint64_t wire_time_ = 0, row_latency_max_ = 0;  ///< in units of the kernel's resolution
};

}  // namespace ocellus::links
