// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <systemc>
#include <utility>
#include <vector>

namespace ocellus {

/// What happens to a frame on its way through the chip, as an onlooker sees it. Unlike interrupts,
/// these do not depend on what firmware enables or acknowledges.
enum class event_kind : std::uint8_t {
    frame_started,   ///< readout of row 0 begins; id: frame
    frame_read_out,  ///< its last row was read; id: frame
    stream_stopped,  ///< the rolling shutter rests; id: frames since reset
    tensor_begun,    ///< the ISP takes this frame for a tensor; id: frame, value: bus address
    tensor_ready,    ///< its last row is in memory; id: frame, value: bus address
    tensor_lost,     ///< given up: the next frame began; id: frame
    job_started,     ///< id: JOB_ID of the NPU, value: bus address of the input
    job_ended,       ///< id: JOB_ID, value: NPU cycles
    job_failed,      ///< refused by the memory, or aborted; id: JOB_ID
    message_queued,  ///< metadata was handed to the transmitter; id: its METADATA_FRAME
    message_sent,    ///< its last bit has left; id: METADATA_FRAME
    interrupt_line,  ///< a line into the interrupt controller changes; id: source, value: level
};

struct block_event {
    event_kind kind;
    std::uint32_t id = 0;
    std::uint64_t value = 0;
    sc_core::sc_time at;
};

/// Passes events on to whoever listens, in the order of subscription, at the time they happen and
/// in the process that publishes. A listener must not wait.
class event_hub {
  public:
    using listener = std::function<void(const block_event&)>;
    void subscribe(listener l) { listeners_.push_back(std::move(l)); }
    void publish(event_kind kind, std::uint32_t id, std::uint64_t value = 0) const {
        const block_event e{kind, id, value, sc_core::sc_time_stamp()};
        for (const auto& l : listeners_)
            l(e);
    }

  private:
    std::vector<listener> listeners_;
};

}  // namespace ocellus
