// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/frame_log.h"

#include <algorithm>
#include <utility>

namespace ocellus::sim {

const char* name_of(frame_outcome o) {
    switch (o) {
        case frame_outcome::pending:
            return "pending";
        case frame_outcome::delivered:
            return "delivered";
        case frame_outcome::dropped_no_slot:
            return "dropped: inference of earlier frames still ran";
        case frame_outcome::dropped_replaced:
            return "dropped: a newer frame took its place";
        case frame_outcome::lost:
            return "lost: rows of the frame did not arrive, or the NPU gave up its job";
        case frame_outcome::no_network:
            return "no network";
    }
    return "";
}

frame_log::frame_log(block_context& ctx, event_hub& events,
                     std::vector<std::shared_ptr<const dsp::compiled_network>> networks,
                     std::function<std::uint32_t()> running, std::vector<std::uint8_t> injected,
                     std::function<bool(std::uint32_t)> keep, memory_access memory)
    : ctx_(ctx),
      networks_(std::move(networks)),
      running_(std::move(running)),
      injected_(std::move(injected)),
      keep_(std::move(keep)),
      memory_(std::move(memory)) {
    events.subscribe([this](const block_event& e) { take(e); });
    auto& s = ctx.stats;
    s.add("frames.delivered", delivered_, "Frames whose metadata left the chip.");
    s.add("frames.dropped", dropped_, "Frames without inference because it was late.");
    s.add("frames.lost", lost_, "Frames whose tensor or inference did not complete.");
}

frame_record* frame_log::find(std::uint32_t frame) {
    return frame < frames_.size() ? &frames_[frame] : nullptr;
}

frame_record* frame_log::waiting_at(std::uint64_t address, std::uint32_t job) {
    const auto waits = [address](const frame_record& r) {
        return r.outcome == frame_outcome::pending && r.tensor_address == address &&
               r.tensor_ready != sc_core::SC_ZERO_TIME &&
               r.inference_start == sc_core::SC_ZERO_TIME;
    };
    // Most firmware tags a job with its frame.
    if (frame_record* const r = find(job))
        if (waits(*r))
            return r;
    const auto found = std::find_if(frames_.rbegin(), frames_.rend(), waits);
    return found == frames_.rend() ? nullptr : &*found;
}

void frame_log::end(frame_record& r, frame_outcome o) {
    r.outcome = o;
    lost_ += o == frame_outcome::lost;
    delivered_ += o == frame_outcome::delivered;
    dropped_ += o == frame_outcome::dropped_no_slot || o == frame_outcome::dropped_replaced;
}

void frame_log::take(const block_event& e) {
    switch (e.kind) {
        case event_kind::frame_started: {
            frame_record r;
            r.frame = e.id;
            r.start = e.at;
            end(r, networks_.empty() ? frame_outcome::no_network : frame_outcome::dropped_no_slot);
            frames_.push_back(std::move(r));
            break;
        }
        case event_kind::frame_read_out:
            if (auto* const r = find(e.id))
                r->read_out = true;
            break;
        case event_kind::tensor_begun:
            begun_[e.value] = e.id;
            for (auto& older : frames_)
                if (older.outcome == frame_outcome::pending && older.frame != e.id &&
                    older.tensor_address == e.value &&
                    older.tensor_ready != sc_core::SC_ZERO_TIME &&
                    older.inference_start == sc_core::SC_ZERO_TIME)
                    end(older, frame_outcome::dropped_replaced);
            if (auto* const r = find(e.id)) {
                dropped_ -= r->outcome == frame_outcome::dropped_no_slot;
                r->outcome = frame_outcome::pending;
                r->tensor_address = e.value;
            }
            break;
        case event_kind::tensor_ready:
            if (auto* const r = find(e.id)) {
                r->tensor_ready = e.at;
                last_tensor_ = e.value;
                if (!injected_.empty() && !ctx_.timing_only)
                    memory_(true, e.value, injected_.data(), injected_.size());
            }
            break;
        case event_kind::tensor_lost:
            if (auto* const r = find(e.id))
                if (r->outcome == frame_outcome::pending)
                    end(*r, frame_outcome::lost);
            break;
        case event_kind::job_started:
            if (auto* const r = waiting_at(e.value, e.id)) {
                r->inference_start = e.at;
                jobs_[e.id] = r->frame;
                r->network = running_();
                if (r->network < networks_.size() && keep_(r->frame) && !ctx_.timing_only) {
                    r->tensor.resize(networks_[r->network]->input_bytes());
                    memory_(false, e.value, r->tensor.data(), r->tensor.size());
                }
            }
            break;
        case event_kind::job_ended: {
            const auto job = jobs_.find(e.id);
            if (job == jobs_.end())
                break;
            frame_record& r = frames_[job->second];
            jobs_.erase(job);
            r.inference_end = e.at;
            r.inference_cycles = e.value;
            if (inferred_)
                inferred_(r);
            if (r.network >= networks_.size() || !keep_(r.frame) || ctx_.timing_only)
                break;
            const dsp::compiled_network& network = *networks_[r.network];
            for (std::size_t i = 0; i < network.outputs(); ++i) {
                r.outputs.emplace_back(network.output_bytes(i));
                memory_(false, network.output_address(i), r.outputs.back().data(),
                        r.outputs.back().size());
            }
            break;
        }
        case event_kind::job_failed: {
            const auto job = jobs_.find(e.id);
            if (job == jobs_.end())
                break;
            end(frames_[job->second], frame_outcome::lost);
            jobs_.erase(job);
            break;
        }
        case event_kind::message_queued:
            if (auto* const r = find(e.id))
                r->metadata_queued = e.at;
            break;
        case event_kind::message_sent:
            if (auto* const r = find(e.id)) {
                r->metadata_sent = e.at;
                if (r->outcome == frame_outcome::pending)
                    end(*r, frame_outcome::delivered);
            }
            break;
        case event_kind::stream_stopped:
        case event_kind::interrupt_line:
            break;
    }
}

std::uint64_t frame_log::ended() const {
    return static_cast<std::uint64_t>(std::count_if(
        frames_.begin(), frames_.end(),
        [](const frame_record& r) { return r.read_out && r.outcome != frame_outcome::pending; }));
}

void frame_log::settle() {
    for (auto& r : frames_)
        if (r.outcome == frame_outcome::pending && r.tensor_ready == sc_core::SC_ZERO_TIME)
            end(r, frame_outcome::lost);
}

std::vector<std::uint8_t> frame_log::last_tensor() const {
    if (networks_.empty() || last_tensor_ == 0 || ctx_.timing_only)
        return {};
    std::vector<std::uint8_t> bytes(networks_.front()->input_bytes());
    memory_(false, last_tensor_, bytes.data(), bytes.size());
    return bytes;
}

}  // namespace ocellus::sim
