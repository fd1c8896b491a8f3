// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "core/trace.h"

namespace ocellus {

std::uint64_t trace_description::field::of(const trace_event& e) const {
    const std::uint64_t word_value = (word == 'a' ? e.a : e.b) >> shift;
    return bits >= 64 ? word_value : word_value & ((std::uint64_t{1} << bits) - 1);
}

std::string trace_description::field_text(const field& f, const trace_event& e) const {
    const std::uint64_t v = f.of(e);
    if (f.kind == "name")
        return v < names.size() ? names[v] : fmt::format("name {}", v);
    if (f.kind == "hex")
        return fmt::format("0x{:0{}x}", v, (f.bits + 3) / 4);
    return fmt::format("{}", v);
}

std::string trace_description::fields_text(const trace_event& e) const {
    std::string out;
    for (const auto& f : type_of(e).fields)
        out += fmt::format("{}{}={}", out.empty() ? "" : " ", f.name, field_text(f, e));
    return out;
}

const trace_description::type& trace_description::type_of(const trace_event& e) const {
    return types[static_cast<std::size_t>(e.type)];
}

const std::string& trace_description::track_of(const trace_event& e) const {
    return tracks[e.track];
}

trace_reader::trace_reader(const std::string& path)
    : trace_reader(block_reader(path, block_file_kind::output_trace)) {}

trace_reader::trace_reader(block_reader file) : file_(std::move(file)) {
    try {
        describe();
    } catch (const nlohmann::json::exception& e) {
        file_.fail(fmt::format("damaged: its description ({})", e.what()));
    }
    for (const auto& b : file_.blocks())
        if (b.type == "EVTS" && b.raw != std::uint64_t{b.records} * trace_event::bytes)
            file_.fail(
                fmt::format("damaged: a block of {} events with {} bytes", b.records, b.raw));
}

void trace_reader::describe() {
    const auto j = nlohmann::json::parse(file_.read(file_.only("DESC")));
    auto& d = description_;
    if (j.at("schema") != "ocellus-trace-1" ||
        j.at("record_bytes") != std::size_t{trace_event::bytes})
        file_.fail("damaged: a description of another version");
    d.resolution = j.at("resolution_s");
    d.events = j.at("events");
    d.tracks = j.at("tracks").get<std::vector<std::string>>();
    d.names = j.at("names").get<std::vector<std::string>>();
    d.about = j.at("about").dump(2);
    if (!(d.resolution > 0 && d.resolution <= 1))
        file_.fail("damaged: an impossible resolution of time");
    for (const auto& t : j.at("types")) {
        trace_description::type known;
        known.name = t.at("name");
        known.sentence = t.at("sentence");
        for (const auto& f : t.at("fields")) {
            trace_description::field field;
            field.name = f.at("name");
            field.kind = f.at("kind");
            field.word = f.at("word") == "b" ? 'b' : 'a';
            field.shift = f.at("shift");
            field.bits = f.at("bits");
            if (field.shift > 63 || field.bits < 1 || field.bits > 64)
                file_.fail("damaged: a field outside its word");
            known.fields.push_back(std::move(field));
        }
        d.types.push_back(std::move(known));
    }
}

std::vector<trace_event> trace_reader::events_of(const block_entry& b) const {
    const std::string bytes = file_.read(b);
    std::vector<trace_event> out(bytes.size() / trace_event::bytes);
    std::memcpy(out.data(), bytes.data(), out.size() * trace_event::bytes);
    for (const auto& e : out)
        if (static_cast<std::size_t>(e.type) >= description_.types.size() ||
            e.track >= description_.tracks.size())
            file_.fail(fmt::format("damaged: an event of type {} on track {}, which are not known",
                                   static_cast<unsigned>(e.type), e.track));
    return out;
}

void trace_reader::for_each(const std::function<bool(const trace_event&)>& f) const {
    for_each_from(0, f);
}

void trace_reader::for_each_from(std::uint64_t from,
                                 const std::function<bool(const trace_event&)>& f) const {
    for (const auto& b : file_.blocks()) {
        if (b.type != "EVTS" || b.last < from)
            continue;
        for (const auto& e : events_of(b))
            if (e.key() >= from && !f(e))
                return;
    }
}

std::optional<trace_event> trace_reader::cursor::next() {
    while (at_ == events_.size()) {
        const auto& blocks = reader_->file_.blocks();
        while (block_ < blocks.size() && blocks[block_].type != "EVTS")
            ++block_;
        if (block_ == blocks.size())
            return std::nullopt;
        events_ = reader_->events_of(blocks[block_++]);
        at_ = 0;
    }
    return events_[at_++];
}

}  // namespace ocellus
