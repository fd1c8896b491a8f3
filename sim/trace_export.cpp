// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/trace_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <tuple>

#include "core/text.h"

namespace ocellus::sim {
namespace {

using type_info = trace_description::type;

/// What an event is called: what its field of kind "name" says, or its type.
std::string title_of(const trace_description& d, const trace_event& e) {
    const type_info& t = d.type_of(e);
    for (const auto& f : t.fields)
        if (f.kind == "name")
            return d.field_text(f, e);
    return t.name;
}

std::string frame_text(const trace_event& e) {
    return e.flow == trace_event::no_flow ? std::string() : fmt::format("{}", e.flow);
}

/// All events by time, with the number of their track as the last word on equal times.
std::vector<const trace_event*> in_order(const trace_view& v) {
    std::vector<const trace_event*> all;
    for (const auto& t : v.tracks)
        for (const auto& e : t)
            all.push_back(&e);
    std::stable_sort(all.begin(), all.end(),
                     [](const auto* x, const auto* y) { return x->start < y->start; });
    return all;
}

/// Protocol buffers, as much as is needed: fields in a string.
class message {
  public:
    message& number(unsigned field, std::uint64_t value) {
        varint(field << 3);
        varint(value);
        return *this;
    }
    message& fixed(unsigned field, std::uint64_t value) {
        varint(field << 3 | 1);
        put_number(bytes_, value);
        return *this;
    }
    message& text(unsigned field, const std::string& value) {
        varint(field << 3 | 2);
        varint(value.size());
        bytes_ += value;
        return *this;
    }
    message& nested(unsigned field, const message& m) { return text(field, m.bytes_); }
    const std::string& bytes() const { return bytes_; }

  private:
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7)
            bytes_ += static_cast<char>(value | 0x80);
        bytes_ += static_cast<char>(value);
    }
    std::string bytes_;
};

// Numbers of fields, perfetto/protos/perfetto/trace.
constexpr unsigned packet_in_trace = 1;
constexpr unsigned packet_timestamp = 8, packet_sequence = 10, packet_event = 11,
                   packet_interned = 12, packet_flags = 13, packet_descriptor = 60;
constexpr unsigned interned_names = 2, interned_annotations = 3;
constexpr unsigned track_uuid = 1, track_name = 2, track_process = 3, track_parent = 5,
                   track_counter = 8;
constexpr unsigned process_pid = 1, process_name = 6;
constexpr unsigned event_annotation = 4, event_type = 9, event_name = 10, event_track = 11,
                   event_counter = 30, event_flow = 47, event_last_flow = 48;
constexpr unsigned annotation_name = 1, annotation_number = 3, annotation_text = 6,
                   annotation_pointer = 7;
constexpr std::uint64_t slice_begin = 1, slice_end = 2, instant = 3, counter = 4;
constexpr std::uint64_t state_cleared = 1, needs_state = 2;

class perfetto_writer {
  public:
    explicit perfetto_writer(const trace_view& v)
        : v_(v), d_(*v.description), nanoseconds_(d_.resolution * 1e9) {}

    std::string run() {
        find_flows();
        message process;
        process.number(process_pid, 1).text(process_name, "ocellus");
        message root;
        root.number(track_uuid, 1).nested(track_process, process);
        descriptor(root);
        for (std::size_t t = 0; t < v_.tracks.size(); ++t)
            if (!v_.tracks[t].empty())
                track(t);
        // Interned words come first: everything else refers to them.
        message interned;
        for (const auto& [word, number] : names_)
            interned.nested(interned_names, message().number(1, number).text(2, word));
        for (const auto& [word, number] : annotations_)
            interned.nested(interned_annotations, message().number(1, number).text(2, word));
        message head;
        head.number(packet_sequence, 1)
            .number(packet_flags, state_cleared)
            .nested(packet_interned, interned);
        return message().nested(packet_in_trace, head).bytes() + out_;
    }

  private:
    std::uint64_t ns(std::uint64_t units) const {
        return static_cast<std::uint64_t>(
            std::floor(static_cast<double>(units) * nanoseconds_ + 1e-6));
    }

    void packet(message& p) {
        p.number(packet_sequence, 1).number(packet_flags, needs_state);
        out_ += message().nested(packet_in_trace, p).bytes();
    }

    void descriptor(const message& m) {
        message p;
        p.nested(packet_descriptor, m);
        packet(p);
    }

    std::uint64_t new_track(const std::string& name, std::uint64_t parent, bool counts) {
        message m;
        m.number(track_uuid, ++last_uuid_).text(track_name, name).number(track_parent, parent);
        if (counts)
            m.nested(track_counter, message());
        descriptor(m);
        return last_uuid_;
    }

    /// The block that a track belongs to: what is before the first dot.
    std::uint64_t group_of(const std::string& track_name_text) {
        const std::string block = track_name_text.substr(0, track_name_text.find('.'));
        const auto found = groups_.find(block);
        if (found != groups_.end())
            return found->second;
        return groups_[block] = new_track(block, 1, false);
    }

    static std::uint64_t intern(std::map<std::string, std::uint64_t>& words,
                                const std::string& word) {
        return words.emplace(word, words.size() + 1).first->second;
    }

    message event(std::uint64_t type, std::uint64_t uuid) {
        message m;
        m.number(event_type, type).number(event_track, uuid);
        return m;
    }

    void at(std::uint64_t units, const message& e) {
        message p;
        p.number(packet_timestamp, ns(units)).nested(packet_event, e);
        packet(p);
    }

    /// The events that a frame's flow goes through: of each type the first that belongs to it, and
    /// the last packet.
    void find_flows() {
        std::map<std::uint32_t, std::map<trace_type, const trace_event*>> first;
        std::map<std::uint32_t, const trace_event*> last;
        for (const auto& t : v_.tracks)
            for (const auto& e : t) {
                if (e.flow == trace_event::no_flow || e.duration == 0)
                    continue;
                auto& known = first[e.flow][e.type];
                if (!known || e.start < known->start)
                    known = &e;
                auto& end = last[e.flow];
                if (!end || e.start >= end->start)
                    end = &e;
            }
        for (const auto& [frame, types] : first)
            for (const auto& [type, e] : types)
                flows_[e] = frame;
        for (const auto& [frame, e] : last) {
            flows_[e] = frame;
            last_.push_back(e);
        }
    }

    void tell(std::uint64_t uuid, const trace_event& e) {
        message m = event(e.duration ? slice_begin : instant, uuid);
        m.number(event_name, intern(names_, title_of(d_, e)));
        const auto annotate = [&](const std::string& name, unsigned kind, std::uint64_t value,
                                  const std::string& words) {
            message a;
            a.number(annotation_name, intern(annotations_, name));
            if (kind == annotation_text)
                a.text(kind, words);
            else
                a.number(kind, value);
            m.nested(event_annotation, a);
        };
        if (e.flow != trace_event::no_flow)
            annotate("frame", annotation_number, e.flow, {});
        for (const auto& f : d_.type_of(e).fields)
            annotate(f.name,
                     f.kind == "hex"    ? annotation_pointer
                     : f.kind == "name" ? annotation_text
                                        : annotation_number,
                     f.of(e), f.kind == "name" ? d_.field_text(f, e) : std::string());
        const auto flow = flows_.find(&e);
        if (flow != flows_.end()) {
            const bool ends = std::find(last_.begin(), last_.end(), &e) != last_.end();
            m.fixed(ends ? event_last_flow : event_flow, std::uint64_t{flow->second} + 1);
        }
        at(e.start, m);
        if (e.duration)
            at(e.start + e.duration, event(slice_end, uuid));
    }

    void track(std::size_t index) {
        const std::string& name = d_.tracks[index];
        const std::uint64_t group = group_of(name);
        std::vector<std::pair<std::uint64_t, std::uint64_t>> lanes;  // track, free from
        std::map<std::string, std::uint64_t> counters;
        for (const auto& e : v_.tracks[index]) {
            auto lane = std::find_if(lanes.begin(), lanes.end(),
                                     [&](const auto& l) { return l.second <= e.start; });
            if (lane == lanes.end()) {
                const std::string label =
                    lanes.empty() ? name : fmt::format("{} ({})", name, lanes.size() + 1);
                lanes.emplace_back(new_track(label, group, false), 0);
                lane = lanes.end() - 1;
            }
            lane->second = e.start + e.duration;
            tell(lane->first, e);
            for (const auto& f : d_.type_of(e).fields) {
                if (f.kind != "level")
                    continue;
                auto& uuid = counters[f.name];
                if (!uuid)
                    uuid = new_track(name + "." + f.name, group, true);
                message c = event(counter, uuid);
                c.number(event_counter, f.of(e));
                at(e.start, c);
            }
        }
    }

    const trace_view& v_;
    const trace_description& d_;
    double nanoseconds_;
    std::string out_;
    std::uint64_t last_uuid_ = 1;
    std::map<std::string, std::uint64_t> groups_, names_, annotations_;
    std::map<const trace_event*, std::uint32_t> flows_;
    std::vector<const trace_event*> last_;
};

constexpr double view_pixels = 1100, pixels_of_a_step = 200;  // of GTKWave

/// A signal of a dump.
struct signal {
    std::string block, name;
    unsigned bits = 1;
    std::string code() const {
        std::string out;
        std::size_t n = number;
        do {
            out += static_cast<char>('!' + n % 94);
            n /= 94;
        } while (n > 0);
        return out;
    }
    std::size_t number = 0;
    bool hex = false;
};

struct change {
    std::uint64_t time;
    std::size_t signal;
    std::uint64_t value;
};

std::string signal_name(std::string text) {
    for (char& c : text)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            c = '_';
    return text;
}

void signals_of(const trace_view& v, std::vector<signal>& signals, std::vector<change>& changes) {
    const auto& d = *v.description;
    const auto add = [&](const std::string& block, const std::string& name, unsigned bits) {
        signal s{block, name, bits, signals.size(), false};
        signals.push_back(s);
        return s.number;
    };
    for (std::size_t t = 0; t < v.tracks.size(); ++t) {
        if (v.tracks[t].empty())
            continue;
        const std::string& track = d.tracks[t];
        const std::string block = signal_name(track.substr(0, track.find('.')));
        const auto dot = track.find('.');
        const std::string rest =
            dot == std::string::npos ? std::string() : signal_name(track.substr(dot + 1)) + "_";
        std::map<std::string, std::size_t> levels;
        std::size_t busy = ~std::size_t{0}, value = ~std::size_t{0};
        std::string shown;  // the field that `value` is
        std::vector<std::pair<std::uint64_t, int>> edges;
        for (const auto& e : v.tracks[t]) {
            const auto& fields = d.type_of(e).fields;
            for (const auto& f : fields)
                if (f.kind == "level") {
                    const auto known = levels.find(f.name);
                    const std::size_t s = known != levels.end()
                                              ? known->second
                                              : levels[f.name] = add(block, rest + f.name, f.bits);
                    changes.push_back({e.start, s, f.of(e)});
                }
            if (e.duration) {
                if (busy == ~std::size_t{0})
                    busy = add(block, rest + "busy", 1);
                edges.emplace_back(e.start, 1);
                edges.emplace_back(e.start + e.duration, -1);
            }
            if (!fields.empty() && fields.front().kind != "level") {
                if (value == ~std::size_t{0}) {
                    shown = fields.front().name;
                    value = add(block, rest + shown, std::min(fields.front().bits, 64u));
                    signals[value].hex = fields.front().kind == "hex";
                }
                if (fields.front().name == shown)
                    changes.push_back({e.start, value, fields.front().of(e)});
            }
        }
        // Busy while any of them lasts; one that ends as the next begins leaves it high.
        std::sort(edges.begin(), edges.end(), [](const auto& x, const auto& y) {
            return x.first != y.first ? x.first < y.first : x.second > y.second;
        });
        int depth = 0;
        for (const auto& [time, step] : edges) {
            const bool before = depth > 0;
            depth += step;
            if (before != (depth > 0))
                changes.push_back({time, busy, depth > 0 ? 1u : 0u});
        }
    }
    std::stable_sort(changes.begin(), changes.end(),
                     [](const change& x, const change& y) { return x.time < y.time; });
}

std::vector<signal> by_block(std::vector<signal> signals) {
    std::stable_sort(signals.begin(), signals.end(),
                     [](const signal& x, const signal& y) { return x.block < y.block; });
    return signals;
}

std::string vcd_value(const signal& s, std::uint64_t value) {
    if (s.bits == 1)
        return (value ? "1" : "0") + s.code() + "\n";
    std::string digits;
    for (; value; value >>= 1)
        digits.insert(digits.begin(), value & 1 ? '1' : '0');
    return "b" + (digits.empty() ? "0" : digits) + " " + s.code() + "\n";
}

const char* vcd_timescale(double resolution) {
    const int exponent = static_cast<int>(std::lround(std::log10(resolution)));
    switch (exponent) {
        case -15:
            return "1 fs";
        case -14:
            return "10 fs";
        case -13:
            return "100 fs";
        case -11:
            return "10 ps";
        case -10:
            return "100 ps";
        case -9:
            return "1 ns";
        default:
            return "1 ps";
    }
}

}  // namespace

std::string time_of(const trace_description& d, std::uint64_t units) {
    return fmt::format("{:.6f} us", static_cast<double>(units) * d.resolution * 1e6);
}

trace_view load_view(const trace_reader& trace, const trace_filter& window) {
    trace_view v;
    v.description = &trace.description();
    v.tracks.resize(v.description->tracks.size());
    std::vector<bool> wanted;
    for (const auto& name : v.description->tracks)
        wanted.push_back(window.tracks.empty() ||
                         std::any_of(window.tracks.begin(), window.tracks.end(),
                                     [&](const auto& g) { return matches_glob(g, name); }));
    trace.for_each_from(window.from, [&](const trace_event& e) {
        const bool in_time = e.start < window.to && e.start + e.duration >= window.from;
        const bool of_frame = e.flow == trace_event::no_flow
                                  ? window.first_frame == 0
                                  : e.flow >= window.first_frame && e.flow <= window.last_frame;
        if (wanted[e.track] && in_time && of_frame)
            v.tracks[e.track].push_back(e);
        return true;
    });
    for (auto& t : v.tracks)
        std::stable_sort(t.begin(), t.end(),
                         [](const auto& x, const auto& y) { return x.start < y.start; });
    return v;
}

std::string perfetto_of(const trace_view& v) {
    return perfetto_writer(v).run();
}

std::string vcd_of(const trace_view& v) {
    std::vector<signal> signals;
    std::vector<change> changes;
    signals_of(v, signals, changes);
    std::string out = fmt::format(
        "$comment a trace of ocellus $end\n$timescale {} $end\n$scope module ocellus "
        "$end\n",
        vcd_timescale(v.description->resolution));
    std::string block;
    for (const auto& s : by_block(signals)) {
        if (s.block != block) {
            out += block.empty() ? "" : "$upscope $end\n";
            out += "$scope module " + s.block + " $end\n";
            block = s.block;
        }
        out += fmt::format("$var wire {} {} {}{} $end\n", s.bits, s.code(), s.name,
                           s.bits > 1 ? fmt::format(" [{}:0]", s.bits - 1) : "");
    }
    out += block.empty() ? "" : "$upscope $end\n";
    out += "$upscope $end\n$enddefinitions $end\n#0\n$dumpvars\n";
    for (const auto& s : signals)
        out += vcd_value(s, 0);
    out += "$end\n";
    std::uint64_t now = 0;
    for (const auto& c : changes) {
        if (c.time != now) {
            now = c.time;
            out += fmt::format("#{}\n", now);
        }
        out += vcd_value(signals[c.signal], c.value);
    }
    return out;
}

std::string gtkw_of(const trace_view& v, const std::string& vcd_name) {
    std::vector<signal> signals;
    std::vector<change> changes;
    signals_of(v, signals, changes);
    // The zoom shows everything: a step of one halves the picture; then the marker and 26 more.
    const std::uint64_t first = changes.empty() ? 0 : changes.front().time;
    const double span = changes.empty() ? 1 : static_cast<double>(changes.back().time - first + 1);
    std::string out = fmt::format(
        "[dumpfile] \"{}\"\n[timestart] {}\n[size] 1600 1000\n[pos] -1 -1\n*{:.6f} {}", vcd_name,
        first, -std::log2(std::max(1.0, span / view_pixels * pixels_of_a_step)), first);
    for (int marker = 0; marker < 26; ++marker)
        out += " -1";
    out += "\n[treeopen] ocellus.\n[sst_expanded] 1\n";
    std::string block;
    for (const auto& s : by_block(signals)) {
        if (s.block != block) {
            out += "@200\n-" + s.block + "\n";  // a comment line above a group
            block = s.block;
        }
        // Decimal for numbers, plain for bits.
        out += s.bits == 1 ? "@28\n" : s.hex ? "@22\n" : "@24\n";
        out += "ocellus." + s.block + "." + s.name +
               (s.bits > 1 ? fmt::format("[{}:0]", s.bits - 1) : "") + "\n";
    }
    return out;
}

std::string csv_of(const trace_view& v) {
    const auto& d = *v.description;
    const double ps = d.resolution * 1e12;
    std::string out = "start_ps,duration_ps,track,type,frame,fields\r\n";
    for (const auto* e : in_order(v))
        out +=
            fmt::format("{},{},{},{},{},{}\r\n", shortest(static_cast<double>(e->start) * ps),
                        shortest(static_cast<double>(e->duration) * ps), csv_field(d.track_of(*e)),
                        d.type_of(*e).name, frame_text(*e), csv_field(d.fields_text(*e)));
    return out;
}

std::string summary_of(const trace_view& v) {
    const auto& d = *v.description;
    std::string out = fmt::format("{:<28} {:>10} {:>16} {:>16} {:>16}\n", "track", "events",
                                  "busy us", "first us", "last us");
    std::uint64_t events = 0;
    for (std::size_t t = 0; t < v.tracks.size(); ++t) {
        if (v.tracks[t].empty())
            continue;
        std::uint64_t busy = 0, free = 0;
        for (const auto& e : v.tracks[t]) {
            const std::uint64_t end = e.start + e.duration, from = std::max(e.start, free);
            busy += end > from ? end - from : 0;
            free = std::max(free, end);
        }
        events += v.tracks[t].size();
        const auto us = [&d](std::uint64_t units) {
            return static_cast<double>(units) * d.resolution * 1e6;
        };
        out += fmt::format("{:<28} {:>10} {:>16.3f} {:>16.3f} {:>16.3f}\n", d.tracks[t],
                           v.tracks[t].size(), us(busy), us(v.tracks[t].front().start), us(free));
    }
    return out + fmt::format("{:<28} {:>10}\n", "all", events);
}

std::string list_of(const trace_view& v, std::size_t limit) {
    const auto& d = *v.description;
    std::string out;
    std::size_t shown = 0;
    for (const auto* e : in_order(v)) {
        if (shown++ == limit)
            return out + fmt::format("... more than {} events; --limit N shows more\n", limit);
        out += fmt::format("{:>18} {:>16} {:<22} {:<14} {:<5} {}\n", time_of(d, e->start),
                           e->duration ? "+" + time_of(d, e->duration) : "", d.track_of(*e),
                           d.type_of(*e).name, frame_text(*e), d.fields_text(*e));
    }
    return out;
}

}  // namespace ocellus::sim
