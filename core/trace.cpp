// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <tuple>
#include <utility>

#include "core/diagnostics.h"
#include "core/text.h"

namespace ocellus {
namespace {

constexpr std::size_t events_to_hold = 1u << 15;
constexpr std::size_t batches_under_way = 4;
constexpr std::size_t events_of_a_block = 1u << 14;
constexpr std::size_t most_tracks = 0xffff;

auto order_of(const trace_event& e) {
    return std::tie(e.track, e.type, e.start, e.duration, e.flow, e.a, e.b, e.late);
}

}  // namespace

tracer::tracer(const std::string& path, const std::string& shown, const trace_filter& filter,
               worker_pool* pool)
    : filter_(filter),
      // A batch is compressed by whoever orders it.
      file_(path, shown, block_file_kind::output_trace, nullptr),
      pool_(pool),
      flush_at_(events_to_hold) {}

tracer::~tracer() {
    for (auto& b : under_way_) {
        try {
            b.wait();
        } catch (...) {
        }
    }
}

std::uint16_t tracer::track(const std::string& text) {
    const auto found = std::find(tracks_.begin(), tracks_.end(), text);
    if (found != tracks_.end())
        return static_cast<std::uint16_t>(found - tracks_.begin());
    if (tracks_.size() == most_tracks)
        throw input_error(exit_code::internal, "a trace of too many tracks");
    tracks_.push_back(text);
    wanted_.push_back(filter_.tracks.empty() ||
                      std::any_of(filter_.tracks.begin(), filter_.tracks.end(),
                                  [&](const auto& glob) { return matches_glob(glob, text); }));
    return static_cast<std::uint16_t>(tracks_.size() - 1);
}

std::uint32_t tracer::name(const std::string& text) {
    const auto number =
        static_cast<std::uint32_t>(std::find(names_.begin(), names_.end(), text) - names_.begin());
    if (number == names_.size())
        names_.push_back(text);
    return number;
}

bool tracer::passes(const trace_event& e) const {
    if (!wanted_[e.track] || e.start >= filter_.to || e.start + e.duration < filter_.from)
        return false;
    return e.flow == trace_event::no_flow ||
           (e.flow >= filter_.first_frame && e.flow <= filter_.last_frame);
}

void tracer::record(const trace_event& e) {
    if (!passes(e))
        return;
    if (waiting_.size() >= flush_at_)
        flush(sc_core::sc_time_stamp().value());
    waiting_.push_back({e, -1});
}

void tracer::record(const trace_event& e, later b) {
    if (!passes(e))
        return;
    record(e);
    waiting_.back().digest = static_cast<std::int32_t>(digests_.size());
    digests_.push_back(std::move(b));
}

/// Hands on the events whose time is before `before`: none of that time can come any more.
void tracer::flush(std::uint64_t before) {
    auto b = std::make_shared<batch>();
    b->events.reserve(waiting_.size());
    std::vector<waiting> rest;
    std::vector<later> left;
    for (const waiting& w : waiting_) {
        const bool goes = w.event.key() < before;
        auto& events = goes ? b->events : rest;
        auto& digests = goes ? b->digests : left;
        events.push_back(w);
        if (w.digest < 0)
            continue;
        events.back().digest = static_cast<std::int32_t>(digests.size());
        digests.push_back(std::move(digests_[static_cast<std::size_t>(w.digest)]));
    }
    waiting_ = std::move(rest);
    digests_ = std::move(left);
    flush_at_ = std::max(events_to_hold, 2 * waiting_.size());
    if (!pool_) {
        order(*b);
        return;
    }
    while (under_way_.size() >= batches_under_way) {
        under_way_.front().wait();
        under_way_.pop_front();
    }
    // One after the other. Work may wait for earlier work, rows whose checksums it wants included.
    const work_handle former = under_way_.empty() ? work_handle() : under_way_.back();
    under_way_.push_back(pool_->submit([this, b, former] {
        former.wait();
        order(*b);
    }));
}

void tracer::order(batch& b) {
    std::vector<std::pair<std::uint64_t, const trace_event*>> sorted;
    sorted.reserve(b.events.size());
    for (auto& w : b.events) {
        if (w.digest >= 0)
            w.event.b = b.digests[static_cast<std::size_t>(w.digest)]();
        sorted.emplace_back(w.event.key(), &w.event);
    }
    std::sort(sorted.begin(), sorted.end(), [](const auto& x, const auto& y) {
        return x.first != y.first ? x.first < y.first : order_of(*x.second) < order_of(*y.second);
    });
    // Blocks are of one size, whenever they are written.
    for (const auto& [key, event] : sorted) {
        ready_.push_back(*event);
        if (ready_.size() == events_of_a_block)
            write();
    }
}

void tracer::write() {
    if (ready_.empty())
        return;
    events_ += ready_.size();
    std::string bytes(ready_.size() * trace_event::bytes, '\0');
    // Little-endian machines only: a record lies in the file as in memory.
    std::memcpy(bytes.data(), ready_.data(), bytes.size());
    file_.add("EVTS", std::move(bytes), static_cast<std::uint32_t>(ready_.size()),
              ready_.front().key(), ready_.back().key());
    ready_.clear();
}

void tracer::close(const std::string& about) {
    flush(~std::uint64_t{0});
    while (!under_way_.empty()) {
        const work_handle b = under_way_.front();
        under_way_.pop_front();
        b.wait();
    }
    write();
    std::string d = "{\n  \"schema\": \"ocellus-trace-1\",\n";
    d += fmt::format("  \"resolution_s\": {},\n  \"record_bytes\": {},\n  \"events\": {},\n",
                     json_number(sc_core::sc_get_time_resolution().to_seconds()),
                     std::size_t{trace_event::bytes}, events_);
    const auto list = [&d](const char* what, const std::vector<std::string>& words) {
        d += fmt::format("  \"{}\": [", what);
        for (std::size_t i = 0; i < words.size(); ++i)
            d += (i ? ", " : "") + json_string(words[i]);
        d += "],\n";
    };
    list("tracks", tracks_);
    list("names", names_);
    d += "  \"types\": [";
    bool first_type = true;
    for (const auto& t : trace_types()) {
        d += fmt::format("{}\n    {{\"name\": \"{}\", \"sentence\": {}, \"fields\": [",
                         first_type ? "" : ",", t.name, json_string(t.sentence));
        first_type = false;
        bool first_field = true;
        for (const auto& f : t.fields) {
            d += fmt::format(
                "{}{{\"name\": \"{}\", \"word\": \"{}\", \"shift\": {}, \"bits\": {}, \"kind\": "
                "\"{}\"}}",
                first_field ? "" : ", ", f.name, f.word, f.shift, f.bits, f.kind);
            first_field = false;
        }
        d += "]}";
    }
    d += "\n  ],\n  \"about\": {" + about + "}\n}\n";
    file_.add("DESC", std::move(d));
    file_.close();
}

}  // namespace ocellus
