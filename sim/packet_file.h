// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <systemc>

#include "core/files.h"
#include "core/payload.h"

namespace ocellus::sim {

/// Every CSI-2 packet with its time, as a pcap file (nanoseconds, link type 147, "user 0"): one
/// record a packet, header to checksum, stamped with the simulated time at which its last bit left.
/// A file appears whole, when finish() is called; a named pipe is written as packets come.
class packet_file {
  public:
    /// Throws input_error(exit_code::io) when nothing can be written there.
    explicit packet_file(const std::string& path);
    /// Without finish(), nothing stays behind.
    ~packet_file();
    packet_file(const packet_file&) = delete;
    packet_file& operator=(const packet_file&) = delete;

    void take(const packet_info& packet, const sc_core::sc_time& left);
    void finish();
    std::uint64_t packets() const { return packets_; }

  private:
    /// Payloads are made by workers: packets are written when a whole frame has come.
    void drain();
    struct waiting {
        packet_info packet;
        std::uint64_t nanoseconds;
    };
    std::string path_, partial_;  ///< partial_ is empty for a pipe
    std::unique_ptr<output_file> file_;
    std::deque<waiting> waiting_;
    std::uint64_t packets_ = 0;
    bool finished_ = false;
};

}  // namespace ocellus::sim
