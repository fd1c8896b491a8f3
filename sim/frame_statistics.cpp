// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/frame_statistics.h"

#include <fmt/format.h>

#include "core/text.h"

namespace ocellus::sim {

frame_statistics::frame_statistics(const statistics& stats, event_hub& events) : stats_(stats) {
    rows_.push_back({});
    events.subscribe([this](const block_event& e) {
        if (e.kind == event_kind::frame_started)
            take(e.at);
    });
}

std::vector<const statistics::entry*> frame_statistics::columns() const {
    std::vector<const statistics::entry*> out;
    for (const auto* e : stats_.all())
        if (e->integral && !statistics::is_peak(*e))
            out.push_back(e);
    return out;
}

void frame_statistics::take(const sc_core::sc_time& at) {
    if (columns_.empty())
        columns_ = columns();
    row r;
    r.start = at.to_seconds();
    for (const auto* e : columns_)
        r.values.push_back(e->integer());
    rows_.push_back(std::move(r));
}

void frame_statistics::finish() {
    take(sc_core::sc_time_stamp());
}

std::vector<std::uint64_t> frame_statistics::change(std::size_t r) const {
    const auto& end = rows_[r + 1].values;
    const auto& begin = rows_[r].values;
    std::vector<std::uint64_t> out;
    for (std::size_t i = 0; i < end.size(); ++i)
        out.push_back(end[i] - (i < begin.size() ? begin[i] : 0));
    return out;
}

std::string frame_statistics::csv() const {
    std::string out = "frame,start_s";
    for (const auto* e : columns_)
        out += "," + e->name;
    out += "\r\n";
    for (std::size_t r = 0; r + 1 < rows_.size(); ++r) {
        out += (r == 0 ? "before" : std::to_string(r - 1)) + "," + json_number(rows_[r].start);
        for (const auto v : change(r))
            out += fmt::format(",{}", v);
        out += "\r\n";
    }
    return out;
}

std::string frame_statistics::json() const {
    std::string out = "{\n  \"schema\": \"ocellus-frame-stats-1\",\n  \"statistics\": [";
    for (std::size_t i = 0; i < columns_.size(); ++i)
        out += (i ? ", " : "") + json_string(columns_[i]->name);
    out += "],\n  \"units\": [";
    for (std::size_t i = 0; i < columns_.size(); ++i)
        out += (i ? ", " : "") + json_string(columns_[i]->unit);
    out += "],\n  \"rows\": [";
    for (std::size_t r = 0; r + 1 < rows_.size(); ++r) {
        out += fmt::format("{}\n    {{\"frame\": {}, \"start_s\": {}, \"values\": [", r ? "," : "",
                           r == 0 ? "null" : std::to_string(r - 1), json_number(rows_[r].start));
        const auto values = change(r);
        for (std::size_t i = 0; i < values.size(); ++i)
            out += fmt::format("{}{}", i ? ", " : "", values[i]);
        out += "]}";
    }
    return out + "\n  ]\n}\n";
}

}  // namespace ocellus::sim
