// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/register_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace ocellus::sim {
namespace {

constexpr std::size_t most_mistakes = 1000;  // kinds of them

}  // namespace

std::string register_report::mistake::line() const {
    std::string out =
        fmt::format("{} {}: {}", write ? "write to" : "read of", target, ocellus::name_of(fault));
    if (write)
        out += fmt::format(" (0x{:x})", value);
    if (!by.empty())
        out += " by " + by;
    if (count > 1)
        out += fmt::format(", {} times", count);
    return out;
}

void register_report::watch(std::function<std::string()> who,
                            std::function<void(const mistake&)> noted) {
    who_ = std::move(who);
    noted_ = std::move(noted);
    for (const auto& w : directory_.windows())
        w.block->observe([this](const access_event& e) {
            note(e.target ? fmt::format("{}.{}", e.block->name(), e.target->name)
                          : fmt::format("{}+0x{:x}", e.block->name(), e.offset),
                 e.fault, e.write, e.value);
        });
}

void register_report::unmapped(std::uint64_t address, bool write) {
    note(fmt::format("0x{:08x}", address), access_fault::unmapped, write, 0);
}

void register_report::note(const std::string& target, access_fault fault, bool write,
                           std::uint32_t value) {
    const auto same = std::find_if(mistakes_.begin(), mistakes_.end(), [&](const mistake& m) {
        return m.target == target && m.fault == fault && m.write == write;
    });
    if (same != mistakes_.end()) {
        ++same->count;
        return;
    }
    if (mistakes_.size() >= most_mistakes)
        return;
    mistakes_.push_back({target, fault, write, 1, value, who_ ? who_() : std::string()});
    if (noted_)
        noted_(mistakes_.back());
}

std::string register_report::json() const {
    std::string out = "{\n  \"schema\": \"ocellus-registers-1\",\n  \"blocks\": {";
    bool first_block = true;
    for (const auto& w : directory_.windows()) {
        out += fmt::format("{}\n    {}: {{\"base\": \"0x{:08x}\", \"registers\": {{",
                           first_block ? "" : ",", json_string(w.block->name()), w.base);
        first_block = false;
        for (unsigned i = 0; i < w.block->all().size(); ++i)
            out += fmt::format("{}\n      {}: {{\"reads\": {}, \"writes\": {}}}", i ? "," : "",
                               json_string(w.block->all()[i].name), w.block->reads(i),
                               w.block->writes(i));
        out += "\n    }}";
    }
    out += "\n  },\n  \"mistakes\": [";
    for (std::size_t i = 0; i < mistakes_.size(); ++i) {
        const mistake& m = mistakes_[i];
        out += fmt::format(
            "{}\n    {{\"target\": {}, \"access\": \"{}\", \"fault\": {}, \"count\": {}, "
            "\"value\": {}, \"by\": {}}}",
            i ? "," : "", json_string(m.target), m.write ? "write" : "read",
            json_string(ocellus::name_of(m.fault)), m.count, m.value, json_string(m.by));
    }
    return out + "\n  ]\n}\n";
}

std::string register_report::text() const {
    std::uint64_t all = 0, read = 0, written = 0;
    for (const auto& w : directory_.windows())
        for (unsigned i = 0; i < w.block->all().size(); ++i) {
            ++all;
            read += w.block->reads(i) > 0;
            written += w.block->writes(i) > 0;
        }
    std::string out = fmt::format("registers: {} read, {} written, of {}\n", read, written, all);
    for (const auto& m : mistakes_)
        out += "register mistake: " + m.line() + "\n";
    return out;
}

}  // namespace ocellus::sim
