// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "core/diagnostics.h"
#include "core/trace.h"
#include "temporary_folder.h"

using namespace ocellus;

namespace {

struct recording {
    temporary_folder folder;
    std::string path = folder.path().string() + "/x.otr";
    tracer t;
    explicit recording(const trace_filter& filter = {}) : t(path, path, filter, nullptr) {}
    std::string bytes() {
        t.close("\"seed\": 1");
        return read_file(path);
    }
};

trace_event event(std::uint64_t start, std::uint64_t duration, std::uint16_t track,
                  std::uint64_t a = 0, std::uint32_t flow = trace_event::no_flow,
                  bool late = false) {
    return {start, duration, a, 0, flow, track, trace_type::row_read, late};
}

std::vector<trace_event> events_of(const std::string& path) {
    std::vector<trace_event> out;
    trace_reader(path).for_each([&](const trace_event& e) {
        out.push_back(e);
        return true;
    });
    return out;
}

}  // namespace

TEST_CASE("a trace is the same in whatever order its events are told") {
    std::vector<trace_event> events;
    std::minstd_rand random(7);
    for (unsigned i = 0; i < 50000; ++i)
        events.push_back(event(random() % 1000, random() % 50, static_cast<std::uint16_t>(i % 3), i,
                               trace_event::no_flow, i % 2));
    std::string first;
    for (int k = 0; k < 3; ++k) {
        recording r;
        for (const char* name : {"one", "two", "three"})
            r.t.track(name);
        for (const auto& e : events)
            r.t.record(e);
        const std::string bytes = r.bytes();
        if (first.empty())
            first = bytes;
        CHECK((bytes == first));
        std::shuffle(events.begin(), events.end(), random);
        const auto read = events_of(r.path);
        REQUIRE(read.size() == events.size());
        CHECK(std::is_sorted(read.begin(), read.end(),
                             [](const auto& x, const auto& y) { return x.key() < y.key(); }));
    }
}

TEST_CASE("fields, tracks, names and values that come later are read back") {
    recording r;
    const auto track = r.t.track("npu.layers"), again = r.t.track("npu.layers");
    CHECK(track == again);
    const auto name = r.t.name("conv_1");
    CHECK(r.t.name("conv_1") == name);
    r.t.record({5, 10, name, 7 | std::uint64_t{3} << 32, 2, track, trace_type::layer, 0});
    bool asked = false;
    r.t.record({7, 1, 9 | std::uint64_t{0x2b} << 32 | std::uint64_t{4} << 40, 0, 2, track,
                trace_type::image_line, 0},
               [&asked] {
                   asked = true;
                   return std::uint64_t{0xabcd};
               });
    CHECK_FALSE(asked);
    r.bytes();
    CHECK(asked);
    const trace_reader reader(r.path);
    const auto& d = reader.description();
    CHECK(d.events == 2);
    CHECK(d.resolution == 1e-12);
    CHECK(d.about.find("seed") != std::string::npos);
    const auto all = events_of(r.path);
    REQUIRE(all.size() == 2);
    CHECK(d.track_of(all[0]) == "npu.layers");
    CHECK(d.type_of(all[0]).name == "layer");
    CHECK(d.fields_text(all[0]) == "pass=conv_1 cycles=7 stall_cycles=3");
    CHECK(d.fields_text(all[1]) == "row=9 data_type=0x2b fifo_lines=4 checksum=0x0000abcd");
}

TEST_CASE("windows by time, frame and track") {
    const auto kept = [](const trace_filter& f) {
        recording r(f);
        const auto a = r.t.track("npu.jobs"), b = r.t.track("csi2");
        r.t.record(event(0, 10, a, 0, 0));
        r.t.record(event(20, 10, b, 1, 1));
        r.t.record(event(40, 0, a, 2));
        r.t.record(event(60, 10, a, 3, 2));
        r.bytes();
        std::string out;
        for (const auto& e : events_of(r.path))
            out += static_cast<char>('0' + e.a);
        return out;
    };
    CHECK(kept({}) == "0123");
    trace_filter f;
    f.from = 25;
    CHECK(kept(f) == "123");  // what begins before and lasts belongs to it
    f.to = 60;
    CHECK(kept(f) == "12");
    f = {};
    f.first_frame = 1;
    f.last_frame = 1;
    CHECK(kept(f) == "12");  // what belongs to no frame stays
    f = {};
    f.tracks = {"npu.*"};
    CHECK(kept(f) == "023");
}

TEST_CASE("a trace whose description does not fit its events is refused") {
    temporary_folder folder;
    const std::string path = folder.path().string() + "/x.otr";
    const auto write = [&](const std::string& description, std::size_t bytes, unsigned records) {
        block_writer w(path, path, block_file_kind::output_trace, nullptr);
        w.add("EVTS", std::string(bytes, '\x01'), records);
        w.add("DESC", description);
        w.close();
    };
    const auto refused = [&] {
        try {
            events_of(path);
        } catch (const input_error& e) {
            CHECK(std::string(e.what()).find("damaged") != std::string::npos);
            return e.code() == exit_code::usage;
        }
        return false;
    };
    const std::string head =
        R"({"schema": "ocellus-trace-1", "resolution_s": 1e-12, "record_bytes": 40, "events": 1, )";
    write("{", 40, 1);
    CHECK(refused());
    write("[]", 40, 1);
    CHECK(refused());
    write(head + R"("tracks": [], "names": [], "types": [], "about": {}})", 40, 1);
    CHECK(refused());
    write(head + R"("tracks": ["a"], "names": [], "about": {}, "types": [{"name": "t", "sentence":
        "", "fields": [{"name": "f", "word": "a", "shift": 64, "bits": 1, "kind": ""}]}]})",
          40, 1);
    CHECK(refused());
    write(head + R"("tracks": ["a"], "names": [], "types": [], "about": {}})", 41, 1);
    CHECK(refused());
}
