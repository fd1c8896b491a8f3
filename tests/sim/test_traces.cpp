// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Output traces of real runs, their exports and comparisons.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "core/image_io.h"
#include "core/trace.h"
#include "firmware_program.h"
#include "sim/diff.h"
#include "sim/trace_export.h"
#include "tests/test_paths.h"

namespace fs = std::filesystem;
using namespace ocellus;

namespace {

const std::string small = std::string(source_folder) + "/configs/small.toml";

program_result trace_run(const std::string& trace, std::vector<std::string> more = {}) {
    std::vector<std::string> all = {"run", small, "--quiet", "--trace", trace};
    all.insert(all.end(), more.begin(), more.end());
    const auto r = ocellus_program(all);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    return r;
}

std::map<std::string, std::vector<trace_event>> by_track(const std::string& path) {
    const trace_reader reader(path);
    std::map<std::string, std::vector<trace_event>> out;
    reader.for_each([&](const trace_event& e) {
        out[reader.description().track_of(e)].push_back(e);
        return true;
    });
    return out;
}

/// A protocol buffer's fields, as far as wire types tell.
struct field {
    unsigned number = 0;
    std::uint64_t value = 0;
    std::string bytes;
};

std::vector<field> fields_of(const std::string& bytes) {
    std::vector<field> out;
    std::size_t at = 0;
    const auto varint = [&] {
        std::uint64_t v = 0;
        for (unsigned shift = 0;; shift += 7) {
            REQUIRE(at < bytes.size());
            const auto b = static_cast<unsigned char>(bytes[at++]);
            v |= std::uint64_t{b & 0x7fu} << shift;
            if (b < 0x80)
                return v;
        }
    };
    while (at < bytes.size()) {
        const auto key = varint();
        field f;
        f.number = static_cast<unsigned>(key >> 3);
        switch (key & 7u) {
            case 0:
                f.value = varint();
                break;
            case 1:
                REQUIRE(at + 8 <= bytes.size());
                for (unsigned i = 0; i < 8; ++i)
                    f.value |= std::uint64_t{static_cast<unsigned char>(bytes[at++])} << (8 * i);
                break;
            case 2: {
                const auto n = varint();
                REQUIRE(n <= bytes.size() - at);
                f.bytes = bytes.substr(at, n);
                at += n;
                break;
            }
            default:
                FAIL("wire type " << (key & 7u));
        }
        out.push_back(std::move(f));
    }
    return out;
}

const field* find(const std::vector<field>& all, unsigned number) {
    for (const auto& f : all)
        if (f.number == number)
            return &f;
    return nullptr;
}

std::uint64_t value_of(const std::vector<field>& all, unsigned number) {
    const auto* const f = find(all, number);
    return f ? f->value : ~std::uint64_t{0};
}

std::string text_of(const std::vector<field>& all, unsigned number) {
    const auto* const f = find(all, number);
    return f ? f->bytes : std::string();
}

}  // namespace

TEST_CASE("a trace holds what the statistics count") {
    const std::string folder = scratch_folder(), out = folder + "/out";
    trace_run(out + "/trace.otr", {"--frames", "3", "--out", out});
    const auto stats = nlohmann::json::parse(file_bytes(out + "/stats.json")).at("statistics");
    const auto value = [&](const std::string& name) {
        return stats.at(name).at("value").get<std::uint64_t>();
    };
    const auto tracks = by_track(out + "/trace.otr");
    CHECK(tracks.at("pixel_array.exposure").size() == 3);
    CHECK(tracks.at("pixel_array.rows").size() == value("pixel_array.rows"));
    CHECK(tracks.at("column_adc").size() == value("column_adc.rows"));
    CHECK(tracks.at("die_link").size() == value("die_link.rows"));
    CHECK(tracks.at("csi2").size() == value("csi2.packets"));
    CHECK(tracks.at("npu.jobs").size() == value("npu.jobs"));
    CHECK(tracks.at("isp.tensor").size() == value("isp.tensor_rows"));
    for (const char* who :
         {"isp", "npu_read", "npu_weight", "npu_write", "dma", "csi2", "cpu_data"})
        CHECK(tracks.at(std::string("bus.") + who).size() ==
              value(std::string("interconnect.") + who + ".requests"));
    // Instructions come from ROM and RAM of the CPU's own.
    CHECK(value("interconnect.cpu_fetch.requests") == 0);
    CHECK(tracks.count("bus.cpu_fetch") == 0);
    std::uint64_t cycles = 0, layers = 0;
    for (const auto& e : tracks.at("npu.jobs"))
        cycles += e.b;
    for (const auto& e : tracks.at("npu.layers"))
        layers += e.b & 0xffffffff;
    CHECK(cycles == value("npu.cycles"));
    CHECK(layers == cycles);  // a job is its passes, one after the other
    CHECK(tracks.at("cpu.interrupts").size() == value("cpu.interrupts"));
    // Every event lies within the run, and checksums of a row are those of the host's.
    const double end = stats.at("run.simulated_time").at("value").get<double>() * 1e12;
    for (const auto& [name, events] : tracks)
        for (const auto& e : events)
            CHECK(static_cast<double>(e.start + (name == "pixel_array.rows" ? 0 : e.duration)) <=
                  end * 1.0000001);
}

TEST_CASE("speed switches and threads leave a trace's events as they are") {
    const std::string folder = scratch_folder();
    const std::vector<std::string> common = {"--frames", "2", "--trace-instructions"};
    const auto with = [&](const std::string& name, std::vector<std::string> more) {
        more.insert(more.end(), common.begin(), common.end());
        trace_run(folder + "/" + name, more);
        return folder + "/" + name;
    };
    const std::string plain = with("plain", {});
    CHECK(file_bytes(with("again", {"--threads", "1"})) == file_bytes(plain));
    CHECK(by_track(plain).at("cpu.instructions").size() > 1000);
    for (const auto& set : {"cpu.decoupled=false", "cpu.run_ahead=3 us", "cpu.block_cache=false",
                            "cpu.direct_memory=false"}) {
        INFO(set);
        const std::string other = with("other", {"--set", set});
        const auto parted = sim::first_divergence(trace_reader(plain), trace_reader(other));
        if (parted)
            FAIL(parted->what);
    }
}

TEST_CASE("a trace is off by default and makes no file when nothing is simulated") {
    const std::string folder = scratch_folder();
    auto r = ocellus_program({"run", small, "--trace", folder + "/x.otr", "--set", "adc.bits=99"});
    CHECK(r.exit_code == 2);
    CHECK(fs::is_empty(folder));
    r = ocellus_program({"run", small, "--trace-from", "1ms"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "--trace-from needs --trace FILE"));
    for (const auto& bad : {"--trace-from=soon", "--trace-frames=5..2", "--trace-frames=..",
                            "--trace-frames=x", "--trace-to=0s"}) {
        r = ocellus_program({"run", small, "--trace", folder + "/x.otr", bad});
        CHECK(r.exit_code == 2);
        CHECK(fs::is_empty(folder));
    }
    r = ocellus_program(
        {"run", small, "--timing-only", "--trace", folder + "/x.otr", "--trace-tracks", "npu.job"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "no track fits 'npu.job'; did you mean npu.jobs?"));
    CHECK(fs::is_empty(folder));
    r = ocellus_program({"run", small, "--timing-only", "--trace", folder + "/no/such/x.otr"});
    CHECK(r.exit_code == 7);
    r = ocellus_program({"run", small, "--timing-only", "--trace", folder});
    CHECK(r.exit_code == 7);
}

TEST_CASE("Perfetto: slices nest, and one flow follows each frame") {
    const std::string folder = scratch_folder();
    trace_run(folder + "/x.otr", {"--frames", "4"});
    auto r = ocellus_program({"trace", folder + "/x.otr", "--perfetto", folder + "/x.pftrace"});
    REQUIRE(r.exit_code == 0);
    std::map<std::uint64_t, std::string> tracks;
    std::map<std::uint64_t, std::uint64_t> parents;
    std::map<std::uint64_t, std::vector<std::pair<std::uint64_t, std::uint64_t>>> slices;
    std::map<std::uint64_t, std::pair<int, int>> flows;  // passing, ending
    std::set<std::uint64_t> counters, counted;
    std::size_t events = 0;
    for (const auto& p : fields_of(file_bytes(folder + "/x.pftrace"))) {
        REQUIRE(p.number == 1);
        const auto packet = fields_of(p.bytes);
        CHECK(find(packet, 10));  // sequence
        if (const auto* d = find(packet, 60)) {
            const auto track = fields_of(d->bytes);
            const auto uuid = value_of(track, 1);
            CHECK(tracks.emplace(uuid, text_of(track, 2)).second);
            if (find(track, 5))
                parents[uuid] = value_of(track, 5);
            if (find(track, 8))
                counters.insert(uuid);
        }
        const auto* e = find(packet, 11);
        if (!e)
            continue;
        const auto event = fields_of(e->bytes);
        const auto type = value_of(event, 9), uuid = value_of(event, 11);
        const auto time = value_of(packet, 8);
        CHECK(tracks.count(uuid) == 1);
        if (type == 1) {
            CHECK(find(event, 10));  // a name
            slices[uuid].push_back({time, ~std::uint64_t{0}});
            ++events;
        } else if (type == 2) {
            REQUIRE_FALSE(slices[uuid].empty());
            CHECK(slices[uuid].back().second == ~std::uint64_t{0});
            CHECK(time >= slices[uuid].back().first);
            slices[uuid].back().second = time;
        } else if (type == 3) {
            ++events;
        } else {
            CHECK(type == 4);
            CHECK(counters.count(uuid) == 1);
            counted.insert(uuid);
        }
        for (const auto& f : event) {
            flows[f.value].first += f.number == 47;
            flows[f.value].second += f.number == 48;
        }
        if (!find(event, 47) && !find(event, 48))
            continue;
    }
    for (const auto& [uuid, all] : slices)
        for (std::size_t i = 1; i < all.size(); ++i)
            CHECK(all[i - 1].second <= all[i].first);  // lanes do not overlap
    for (const auto& [uuid, parent] : parents)
        CHECK(tracks.count(parent) == 1);
    CHECK(counted == counters);
    CHECK(events == trace_reader(folder + "/x.otr").description().events);
    for (std::uint64_t frame = 0; frame < 4; ++frame) {
        INFO(frame);
        CHECK(flows[frame + 1].first >= 6);   // exposure, row, conversion, link, ISP, job, line ...
        CHECK(flows[frame + 1].second == 1);  // and ends with the last packet
    }
}

TEST_CASE("VCD: interrupt lines toggle as they did, values are in order of time") {
    const std::string folder = scratch_folder();
    trace_run(folder + "/x.otr", {"--frames", "3", "--timing-only"});
    REQUIRE(ocellus_program({"trace", folder + "/x.otr", "--vcd", folder + "/x.vcd"}).exit_code ==
            0);
    std::istringstream in(file_bytes(folder + "/x.vcd"));
    std::map<std::string, std::string> names;  // code to name
    std::map<std::string, std::vector<std::pair<std::uint64_t, std::string>>> changes;
    std::string line, scope;
    std::uint64_t now = 0, last = 0;
    bool defined = false;
    int depth = 0;
    while (std::getline(in, line)) {
        std::istringstream words(line);
        std::string w;
        words >> w;
        if (w == "$scope") {
            words >> w >> scope;
            ++depth;
        } else if (w == "$upscope") {
            --depth;
        } else if (w == "$var") {
            std::string type, bits, code, name;
            words >> type >> bits >> code >> name;
            CHECK(names.emplace(code, scope + "." + name).second);
        } else if (w == "$enddefinitions") {
            defined = true;
            CHECK(depth == 0);
        } else if (defined && w[0] == '#') {
            now = std::stoull(w.substr(1));
            CHECK(now >= last);
            last = now;
        } else if (defined && (w[0] == '0' || w[0] == '1')) {
            REQUIRE(names.count(w.substr(1)) == 1);
            changes[names[w.substr(1)]].emplace_back(now, w.substr(0, 1));
        } else if (defined && w[0] == 'b') {
            std::string code;
            words >> code;
            REQUIRE(names.count(code) == 1);
            changes[names[code]].emplace_back(now, w.substr(1));
        }
    }
    const auto tracks = by_track(folder + "/x.otr");
    for (const char* name : {"frame", "tensor", "npu"}) {
        const auto& events = tracks.at(std::string("irq.") + name);
        auto& seen = changes.at(std::string("irq.") + name + "_level");
        REQUIRE(seen.size() == events.size() + 1);  // and the first value
        for (std::size_t i = 0; i < events.size(); ++i) {
            CHECK(seen[i + 1].first == events[i].start);
            CHECK(seen[i + 1].second == std::to_string(events[i].a));
        }
    }
    const auto& busy = changes.at("npu.jobs_busy");
    CHECK(busy.size() == 1 + 2 * tracks.at("npu.jobs").size());
    // The view names signals that the dump has.
    std::istringstream view(file_bytes(folder + "/x.gtkw"));
    std::size_t signals = 0;
    std::set<std::string> known;
    for (const auto& [code, name] : names)
        known.insert("ocellus." + name);
    while (std::getline(view, line))
        if (line.rfind("ocellus.", 0) == 0) {
            ++signals;
            CHECK(known.count(line.substr(0, line.find('['))) == 1);
        }
    CHECK(signals == names.size());
}

TEST_CASE("CSV and lists show every event once") {
    const std::string folder = scratch_folder(), trace = folder + "/x.otr";
    trace_run(trace, {"--timing-only"});
    REQUIRE(ocellus_program({"trace", trace, "--csv", folder + "/x.csv"}).exit_code == 0);
    const auto csv = file_bytes(folder + "/x.csv");
    const auto events = trace_reader(trace).description().events;
    CHECK(static_cast<std::uint64_t>(std::count(csv.begin(), csv.end(), '\n')) == events + 1);
    auto r = ocellus_program({"trace", trace});
    CHECK(contains(r.out, "npu.layers"));
    r = ocellus_program({"trace", trace, "--list", "--tracks", "npu.jobs"});
    CHECK(std::count(r.out.begin(), r.out.end(), '\n') == 1);
    CHECK(contains(r.out, "job=0 failed=0"));
    r = ocellus_program({"trace", trace, "--list", "--limit", "3"});
    CHECK(std::count(r.out.begin(), r.out.end(), '\n') == 4);
    r = ocellus_program({"trace", small});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "not a trace"));
    CHECK(ocellus_program({"trace"}).exit_code == 2);
    CHECK(ocellus_program({"trace", folder + "/none.otr"}).exit_code == 2);
}

TEST_CASE("diff: the same, and what differs in which knob, metric and event") {
    const std::string folder = scratch_folder();
    const auto run = [&](const std::string& name, std::vector<std::string> more = {}) {
        const std::string out = folder + "/" + name;
        more.insert(more.end(), {"--out", out, "--frames", "2"});
        trace_run(out + "/trace.otr", more);
        return out;
    };
    const auto a = run("a"), b = run("b", {"--threads", "1"}),
               c = run("c", {"--set", "npu.clock=400 MHz"});
    auto r = ocellus_program({"diff", a, b});
    CHECK(r.exit_code == 0);
    CHECK(contains(r.out, "same"));
    r = ocellus_program({"diff", a, c});
    CHECK(r.exit_code == 1);
    CHECK(contains(r.out, "npu.clock                            262.5 MHz -> 400 MHz"));
    CHECK(contains(r.out, "first diverging event"));
    CHECK(contains(r.out, "in bus.npu_"));
    r = ocellus_program({"diff", a, c, "--json"});
    const auto j = nlohmann::json::parse(r.out);
    CHECK(j.at("configuration").size() == 1);
    CHECK(j.at("first_divergence").at("before").size() == 10);
    CHECK(j.at("first_divergence").at("actual").size() == 10);
    // Nothing but the clock has changed what the network says.
    for (const auto& f : j.at("files"))
        // They tell times, and what was in which frame.
        CHECK((f.at("name") == "metadata.jsonl" || f.at("name") == "conflicts.csv" ||
               f.at("name").get<std::string>().rfind("stats_", 0) == 0));
    CHECK(ocellus_program({"diff", a}).exit_code == 2);
    CHECK(ocellus_program({"diff", a, folder}).exit_code == 2);
    CHECK(ocellus_program({"diff", a + "/trace.otr", small}).exit_code == 2);
}

// One pixel of the second picture is another; where its light falls is known.
TEST_CASE("diff: one byte of an input leads to frame, block and row") {
    const std::string folder = scratch_folder();
    rgb8_image picture(676, 506);
    for (std::size_t i = 0; i < std::size_t{3} * picture.width * picture.height; ++i)
        picture.data[i] = static_cast<std::uint8_t>(40 + i * 7 % 150);
    const auto write = [&](const std::string& name) {
        std::ofstream(folder + "/" + name, std::ios::binary) << encode_png_rgb8(picture, 1);
        return folder + "/" + name;
    };
    const auto run = [&](const std::string& trace, const std::string& scene) {
        trace_run(folder + "/" + trace, {"--scene", scene, "--set", "noise.enable=false"});
        return folder + "/" + trace;
    };
    const auto first = run("a.otr", write("a.png"));
    constexpr unsigned row = 321;
    picture.row(row)[3 * 200 + 1] ^= 0x40;
    const auto second = run("b.otr", write("b.png"));
    const auto parted = sim::first_divergence(trace_reader(first), trace_reader(second));
    REQUIRE(parted);
    INFO(parted->what);
    CHECK(parted->block == "csi2");
    CHECK(parted->expected->flow == 0);
    CHECK(parted->expected->type == trace_type::image_line);
    CHECK(contains(parted->what, "checksum: expected 0x"));
    const auto where = parted->expected->a & 0xffffffff;
    CHECK(where >= row - 3);
    CHECK(where <= row + 1);
}
