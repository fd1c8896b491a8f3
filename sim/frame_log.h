// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "dsp/compiler/compiled_network.h"

namespace ocellus::sim {

/// Why a frame ended as it did.
enum class frame_outcome {
    pending,
    delivered,
    dropped_no_slot,   ///< no tensor was made of it
    dropped_replaced,  ///< its tensor was overwritten before inference
    lost,              ///< rows did not arrive, or the NPU gave up its job
    no_network
};
const char* name_of(frame_outcome o);

/// One frame's way through the chip, for reports. Times are simulated; zero where it never came
/// there.
struct frame_record {
    std::uint32_t frame = 0;
    frame_outcome outcome = frame_outcome::pending;
    sc_core::sc_time start;  ///< row 0 began its readout
    sc_core::sc_time tensor_ready;
    sc_core::sc_time inference_start, inference_end;
    sc_core::sc_time metadata_queued, metadata_sent;
    std::uint64_t inference_cycles = 0;
    std::uint32_t network = 0;         ///< number of the one that its job ran
    std::vector<std::uint8_t> tensor;  ///< input as the network saw it; saved frames only
    std::vector<std::vector<std::uint8_t>> outputs;  ///< output tensors; saved frames only
    std::uint64_t tensor_address = 0;
    bool read_out = false;  ///< its last row left the pixel array
};

/// Writes down every frame's way from the events of the blocks. It looks and never acts, so that it
/// serves any firmware: it does not know what the firmware means to do, only what happened.
class frame_log {
  public:
    /// Reads (or, for injected tensors, writes) memory without time.
    using memory_access =
        std::function<void(bool write, std::uint64_t address, std::uint8_t* bytes, std::size_t)>;

    /// `networks` by their numbers in the NPU, `running` tells that of the job that runs.
    /// `keep(frame)`: whether the frame's tensors are wanted after the run. `injected` replaces
    /// each finished tensor, if not empty.
    frame_log(block_context& ctx, event_hub& events,
              std::vector<std::shared_ptr<const dsp::compiled_network>> networks,
              std::function<std::uint32_t()> running, std::vector<std::uint8_t> injected,
              std::function<bool(std::uint32_t)> keep, memory_access memory);

    /// Called when a job has ended, with its frame.
    void on_inference(std::function<void(const frame_record&)> f) { inferred_ = std::move(f); }
    /// The frame whose tensor was the last to be begun at `address`.
    bool holds(std::uint64_t address, std::uint32_t frame) const {
        const auto there = begun_.find(address);
        return there != begun_.end() && there->second == frame;
    }

    const std::vector<frame_record>& frames() const { return frames_; }
    /// Frames that have come to their end, whatever it was.
    std::uint64_t ended() const;
    /// After the last event: a frame whose tensor still lacks rows will never get them.
    void settle();
    std::uint64_t delivered() const { return delivered_; }
    std::uint64_t dropped() const { return dropped_; }
    std::uint64_t lost() const { return lost_; }

    /// The bytes of the last finished tensor and job, for test benches; empty before the first.
    std::vector<std::uint8_t> last_tensor() const;

  private:
    void take(const block_event& e);
    frame_record* find(std::uint32_t frame);
    /// The frame whose finished tensor lies at `address` and has not been looked at.
    frame_record* waiting_at(std::uint64_t address, std::uint32_t job);
    void end(frame_record& r, frame_outcome o);

    block_context& ctx_;
    std::vector<std::shared_ptr<const dsp::compiled_network>> networks_;
    std::function<std::uint32_t()> running_;
    std::vector<std::uint8_t> injected_;
    std::function<bool(std::uint32_t)> keep_;
    memory_access memory_;
    std::vector<frame_record> frames_;
    std::map<std::uint32_t, std::uint32_t> jobs_;  ///< running jobs: frame by JOB_ID
    std::uint64_t delivered_ = 0, dropped_ = 0, lost_ = 0;
    std::uint64_t last_tensor_ = 0;
    std::map<std::uint64_t, std::uint32_t> begun_;  ///< by address: frame of the last tensor
    std::function<void(const frame_record&)> inferred_;
};

}  // namespace ocellus::sim
