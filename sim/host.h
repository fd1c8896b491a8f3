// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "core/payload.h"
#include "links/csi2_receiver.h"
#include "sim/metadata_record.h"

namespace ocellus::sim {

/// The other end of the cable: receives packets, checks them, rebuilds images and metadata. It
/// knows nothing of the sensor but what arrives on the lanes. A scoreboard beside it is told what
/// went into the transmitter and compares, bit for bit.
class host : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<host> packets_in{"packets_in"};

    /// `image_vc`, `metadata_vc`, `tensor_vc`: virtual channels by meaning. `keep(frame)` says
    /// which images to keep.
    host(sc_core::sc_module_name name, unsigned image_vc, unsigned metadata_vc, unsigned tensor_vc,
         std::function<bool(std::uint32_t frame)> keep, block_context& ctx);

    /// Scoreboard: a row that enters the transmitter.
    void expect(const row_info& row);

    /// Waits for all work and settles the counts. Call once after the simulation.
    void finish();

    struct received_image {
        std::uint32_t frame = 0;
        unsigned flips = 0;  ///< of the readout, as row_info has them
        std::shared_ptr<links::csi2_image> image;
        std::shared_ptr<const links::csi2_frame> packets;
    };
    const std::vector<received_image>& images() const { return kept_; }
    /// The bytes of a whole image as they came over the wire, without checksums.
    struct raw_image {
        std::uint32_t frame = 0, width = 0, height = 0;
        std::string format, bytes;
    };
    /// Makes the host remember the last image, for last_image().
    void remember_last() { remembers_ = true; }
    /// Told of every packet and the time at which its last bit came.
    void on_packet(std::function<void(const packet_info&, const sc_core::sc_time&)> f) {
        packet_ = std::move(f);
    }
    /// Tensor regions by frame, their lines one after the other; of frames that are kept.
    const std::map<std::uint32_t, std::vector<std::uint8_t>>& regions() const { return regions_; }
    std::optional<raw_image> last_image() const;
    /// Of that image what decode_image() wants; no packets: there is none.
    received_image last_packets() const {
        return {last_frame_, last_sent_.flips, nullptr, last_packets_};
    }
    /// By frame number.
    const std::map<std::uint32_t, metadata_record>& metadata() const { return metadata_; }
    std::uint64_t frames() const { return frames_; }
    std::uint64_t mismatches() const { return mismatches_; }
    std::uint64_t errors() const { return receiver_.errors() + crc_errors_ + metadata_errors_; }

  private:
    struct pending {
        std::uint32_t frame = 0;
        std::shared_ptr<links::csi2_image> image;
        std::shared_ptr<const links::csi2_frame> packets;
        row_info sent;
        bool compared = false;
        work_handle work;
        std::shared_ptr<std::uint64_t> differing;  ///< rows that differ
    };
    void receive(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    void frame_arrived(std::shared_ptr<const links::csi2_frame> f);
    void image_arrived(std::shared_ptr<const links::csi2_frame> f);
    void metadata_arrived(const links::csi2_frame& f);
    void region_arrived(const links::csi2_frame& f);
    void settle(std::size_t at_most);

    unsigned image_vc_, metadata_vc_, tensor_vc_;
    std::function<void(const packet_info&, const sc_core::sc_time&)> packet_;
    std::map<std::uint32_t, std::vector<std::uint8_t>> regions_;
    std::function<bool(std::uint32_t)> keep_;
    block_context& ctx_;
    links::csi2_receiver receiver_;
    std::deque<row_info> sent_;  // first row of each frame that entered the transmitter
    std::deque<pending> pending_;
    std::vector<received_image> kept_;
    std::map<std::uint32_t, metadata_record> metadata_;
    std::shared_ptr<links::csi2_image> spare_;
    bool remembers_ = false;
    std::uint32_t last_frame_ = 0;
    row_info last_sent_;
    std::shared_ptr<const links::csi2_frame> last_packets_;
    std::uint64_t frames_ = 0, incomplete_ = 0, mismatches_ = 0, compared_ = 0, crc_errors_ = 0;
    std::uint64_t metadata_records_ = 0, metadata_errors_ = 0;
};

}  // namespace ocellus::sim
