// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/run_trace.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "core/text.h"
#include "core/units.h"

namespace ocellus::sim {
namespace {

[[noreturn]] void fail(const std::string& what) {
    throw input_error(exit_code::usage, "error: " + what);
}

std::uint64_t time_of(const std::string& text, const char* option) {
    double value = 0;
    std::string why;
    if (!parse_quantity(text, unit::second, value, why) || !(value >= 0) || value > 1e6)
        fail(fmt::format("{} {}: expected a time such as 33ms or 1.5 s", option, text));
    return sc_core::sc_time(value, sc_core::SC_SEC).value();
}

/// "3", "3..5", "3.." and "..5".
void frames_of(const std::string& text, trace_filter& f) {
    const auto number = [&](const std::string& digits) {
        if (digits.empty() || digits.size() > 9 ||
            digits.find_first_not_of("0123456789") != std::string::npos)
            fail(fmt::format("frames {}: expected frames such as 3 or 2..5", text));
        return static_cast<std::uint32_t>(std::stoul(digits));
    };
    const auto dots = text.find("..");
    if (dots == std::string::npos) {
        f.first_frame = f.last_frame = number(text);
        return;
    }
    const std::string first = text.substr(0, dots), last = text.substr(dots + 2);
    if (first.empty() && last.empty())
        number("");
    f.first_frame = first.empty() ? 0 : number(first);
    f.last_frame = last.empty() ? trace_event::no_flow : number(last);
    if (f.last_frame < f.first_frame)
        fail(fmt::format("frames {}: it ends before it begins", text));
}

const char* name_of(event_kind k) {
    switch (k) {
        case event_kind::frame_started:
            return "started";
        case event_kind::frame_read_out:
            return "read out";
        case event_kind::stream_stopped:
            return "stream stopped";
        case event_kind::tensor_begun:
            return "tensor begun";
        case event_kind::tensor_ready:
            return "tensor ready";
        case event_kind::tensor_lost:
            return "tensor lost";
        case event_kind::job_started:
            return "inference started";
        case event_kind::job_ended:
            return "inference ended";
        case event_kind::job_failed:
            return "inference failed";
        case event_kind::message_queued:
            return "metadata queued";
        case event_kind::message_sent:
            return "metadata sent";
        case event_kind::interrupt_line:
            break;
    }
    return "interrupt";
}

}  // namespace

instruction_trace::instruction_trace(tracer& t, dsp::control_cpu& cpu)
    : trace_(t), cpu_(cpu), track_(t.track("cpu.instructions")) {}

void instruction_trace::executed(const dsp::executed_run& run) {
    const std::uint64_t now = cpu_.core().cycles();
    if (run_.instructions > 0 && run_.end != run.pc)
        finish();
    if (run_.instructions == 0) {
        run_ = run;
        start_ = now - run.cycles;
    } else {
        run_.end = run.end;
        run_.instructions += run.instructions;
    }
    end_ = now;
    run_.how = run.how;
    if (run.how != dsp::transfer::none)
        finish();
}

void instruction_trace::trapped(std::uint32_t, std::uint32_t, std::uint32_t, std::uint64_t) {
    finish();
}

void instruction_trace::finish() {
    if (run_.instructions == 0)
        return;
    const auto& clock = cpu_.clock();
    const std::uint64_t from = clock.time_of(start_).value(), to = clock.time_of(end_).value();
    trace_.record({from, to - from, run_.pc | std::uint64_t{run_.end} << 32, run_.instructions,
                   trace_event::no_flow, track_, trace_type::instructions, 1});
    run_ = {};
}

trace_filter window_of(const command_line& command) {
    trace_filter f;
    if (!command.trace_from.empty())
        f.from = time_of(command.trace_from, "from");
    if (!command.trace_to.empty())
        f.to = time_of(command.trace_to, "to");
    if (f.to <= f.from)
        fail("the window of time ends before it begins");
    if (!command.trace_frames.empty())
        frames_of(command.trace_frames, f);
    f.tracks = command.trace_tracks;
    f.instructions = command.trace_instructions;
    return f;
}

void check_tracks(const std::vector<std::string>& globs, const std::vector<std::string>& tracks) {
    for (const auto& g : globs) {
        if (std::any_of(tracks.begin(), tracks.end(),
                        [&g](const auto& t) { return matches_glob(g, t); }))
            continue;
        const auto near = nearest_name(g, tracks);
        fail(fmt::format("no track fits '{}'{}\ntracks: {}", g,
                         near.empty() ? "" : "; did you mean " + near + "?", join(tracks, ", ")));
    }
}

run_trace::run_trace(const command_line& command, worker_pool& pool, output_folder* out)
    : path_(command.trace) {
    if (path_.empty()) {
        for (const auto& [given, option] :
             {std::pair(!command.trace_from.empty(), "--trace-from"),
              std::pair(!command.trace_to.empty(), "--trace-to"),
              std::pair(!command.trace_frames.empty(), "--trace-frames"),
              std::pair(!command.trace_tracks.empty(), "--trace-tracks"),
              std::pair(command.trace_instructions, "--trace-instructions")})
            if (given)
                fail(fmt::format("{} needs --trace FILE", option));
        return;
    }
    const trace_filter f = window_of(command);
    command_tracks_ = f.tracks;
    namespace fs = std::filesystem;
    std::error_code ignored;
    const auto folder_of = [](const fs::path& p) {
        return fs::absolute(p).lexically_normal().parent_path();
    };
    if (out && folder_of(path_) == folder_of(fs::path(command.out) / "x")) {
        path_ = out->path_for(fs::path(path_).filename().string());
        trace_ = std::make_unique<tracer>(path_, command.trace, f, &pool);
        return;
    }
    if (std::filesystem::is_directory(path_, ignored))
        throw input_error(exit_code::io, fmt::format("error: cannot write '{}': a folder", path_));
    partial_ = fmt::format("{}.partial.{}", path_, getpid());
    trace_ = std::make_unique<tracer>(partial_, path_, f, &pool);
}

run_trace::~run_trace() {
    trace_.reset();
    if (!partial_.empty())
        std::remove(partial_.c_str());
}

void run_trace::attach(sensor& chip, const run_inputs& in, bool timing_only) {
    if (!trace_)
        return;
    chip_ = &chip;
    inputs_ = &in;
    timing_only_ = timing_only;
    frames_ = trace_->track("frames");
    tensors_ = trace_->track("tensors");
    for (const auto& name : sensor::interrupt_names())
        lines_.push_back(trace_->track("irq." + name));
    chip.events().subscribe([this](const block_event& e) { take(e); });
    if (trace_->wants_instructions())
        instructions_ = std::make_unique<instruction_trace>(*trace_, chip.cpu());
    trace_->track("firmware");
    if (!command_tracks_.empty())
        check_tracks(command_tracks_, trace_->tracks());
}

void run_trace::checksum(trace_type type, std::uint32_t flow, std::uint64_t address,
                         std::size_t bytes, std::uint64_t a) {
    std::string content(timing_only_ ? 0 : bytes, '\0');
    if (!timing_only_)
        chip_->debug_read(static_cast<std::uint32_t>(address),
                          reinterpret_cast<unsigned char*>(content.data()), content.size());
    trace_->record({sc_core::sc_time_stamp().value(), 0, a, timing_only_ ? 0 : crc32_of(content),
                    flow, tensors_, type, 0});
}

void run_trace::take(const block_event& e) {
    const std::uint64_t now = e.at.value();
    if (e.kind == event_kind::interrupt_line) {
        trace_->record({now, 0, e.value, 0, trace_event::no_flow, lines_.at(e.id - 1),
                        trace_type::interrupt, 0});
        return;
    }
    trace_->record(
        {now, 0, trace_->name(name_of(e.kind)), e.value, e.id, frames_, trace_type::frame, 0});
    if (inputs_->networks.empty() || !trace_->wants(tensors_))
        return;
    if (e.kind == event_kind::tensor_ready) {
        // Which network it is for shows when its job begins: of several, what all of them read.
        std::uint64_t bytes = inputs_->network->input_bytes();
        for (const auto& c : inputs_->networks)
            bytes = std::min(bytes, c->input_bytes());
        checksum(trace_type::tensor, e.id, e.value, bytes, e.value);
    }
    const auto* const network = inputs_->networks.at(chip_->job_network()).get();
    if (e.kind == event_kind::job_ended)
        for (std::size_t i = 0; i < network->outputs(); ++i) {
            const std::uint64_t at = network->output_address(i);
            checksum(trace_type::output, e.id, at, network->output_bytes(i), i | at << 16);
        }
}

void run_trace::finish(const std::string& about) {
    if (!trace_)
        return;
    if (instructions_)
        instructions_->finish();
    trace_->close(about);
    if (partial_.empty())
        return;
    if (std::rename(partial_.c_str(), path_.c_str()) != 0)
        throw input_error(exit_code::io, fmt::format("error: cannot write '{}'", path_));
    partial_.clear();
}

std::string run_trace::summary() const {
    const double bytes = static_cast<double>(trace_->stored_bytes());
    return fmt::format("{} events, {:.1f} kB, {:.1f} B an event", trace_->events(), bytes / 1e3,
                       trace_->events() ? bytes / static_cast<double>(trace_->events()) : 0.0);
}

}  // namespace ocellus::sim
