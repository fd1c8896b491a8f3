// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "sim/detection_quality.h"
#include "tests/sim/host_run.h"
#include "tests/sim/program.h"
#include "tests/test_paths.h"

using namespace ocellus::sim;
using nlohmann::json;

namespace {

const std::string small = std::string(source_folder) + "/configs/small.toml";

using random_bits = std::mt19937;

double draw(random_bits& bits, double from, double to) {
    return from + (to - from) * static_cast<double>(bits()) / 4294967296.0;
}

area random_box(random_bits& bits) {
    const double x = draw(bits, 0, 6), y = draw(bits, 0, 6);
    return {x, y, x + draw(bits, 2, 4), y + draw(bits, 2, 4)};
}

area shifted(random_bits& bits, const area& a) {
    const double dx = draw(bits, -0.8, 0.8), dy = draw(bits, -0.8, 0.8);
    return {a.left + dx, a.top + dy, a.right + dx * 0.7, a.bottom + dy * 0.6};
}

/// Few objects and few reports, most of them near an object.
compared_picture random_picture(random_bits& bits, bool disjoint) {
    compared_picture p;
    for (unsigned tries = 0; tries < 5; ++tries) {
        const area box = random_box(bits);
        const bool free = std::all_of(p.real.begin(), p.real.end(), [&](const real_object& o) {
            return overlap(o.box, box) == 0;
        });
        if (!disjoint || free)
            p.real.push_back({static_cast<int>(bits() % 2), box});
    }
    const std::size_t reports = bits() % 7;
    for (std::size_t k = 0; k < reports; ++k)
        p.reported.push_back(
            {static_cast<int>(bits() % 2), static_cast<double>(bits() % 8) / 8,
             bits() % 5 ? shifted(bits, p.real[bits() % p.real.size()].box) : random_box(bits)});
    return p;
}

/// The most matches that any assignment has: all of them are tried.
std::size_t most_matches(const compared_picture& p, std::size_t report,
                         std::set<std::size_t> taken) {
    if (report == p.reported.size())
        return 0;
    std::size_t best = most_matches(p, report + 1, taken);
    for (std::size_t i = 0; i < p.real.size(); ++i)
        if (!taken.count(i) && p.real[i].class_id == p.reported[report].class_id &&
            overlap(p.real[i].box, p.reported[report].box) >= 0.5) {
            auto more = taken;
            more.insert(i);
            best = std::max(best, 1 + most_matches(p, report + 1, more));
        }
    return best;
}

/// By its definition: at each recall that occurs the largest precision of a list that is as long or
/// longer.
double average_precision_by_definition(const std::vector<bool>& right, std::size_t real) {
    double sum = 0;
    for (std::size_t wanted = 1; wanted <= real; ++wanted) {
        double best = 0;
        for (std::size_t length = 1; length <= right.size(); ++length) {
            const auto hits = static_cast<std::size_t>(std::count(
                right.begin(), right.begin() + static_cast<std::ptrdiff_t>(length), true));
            if (hits >= wanted)
                best = std::max(best, static_cast<double>(hits) / static_cast<double>(length));
        }
        sum += best;
    }
    return sum / static_cast<double>(real);
}

std::vector<json> lines_of(const std::string& file) {
    std::vector<json> out;
    std::istringstream in(file_bytes(file));
    for (std::string line; std::getline(in, line);)
        out.push_back(json::parse(line));
    return out;
}

/// A run of the small sensor and its folder.
std::string run_small(const std::vector<std::string>& settings, const std::string& frames = "6",
                      const std::vector<std::string>& more = {}) {
    const std::string out = scratch_folder() + "/out";
    std::vector<std::string> arguments{"run", small, "--frames", frames, "--quiet", "--out", out};
    for (const auto& s : settings) {
        arguments.emplace_back("--set");
        arguments.push_back(s);
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto r = ocellus_program(arguments);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    return out;
}

}  // namespace

TEST_CASE("detection quality: overlap of boxes") {
    CHECK(overlap({0, 0, 2, 2}, {0, 0, 2, 2}) == 1);
    CHECK(overlap({0, 0, 2, 2}, {1, 0, 3, 2}) == Approx(1.0 / 3));
    CHECK(overlap({0, 0, 2, 2}, {1, 1, 3, 3}) == Approx(1.0 / 7));
    CHECK(overlap({0, 0, 2, 2}, {2, 0, 4, 2}) == 0);
    CHECK(overlap({0, 0, 0, 2}, {0, 0, 0, 2}) == 0);
}

TEST_CASE("detection quality: the published example of average precision") {
    // R. Padilla et al., "A Survey on Performance Metrics for Object-Detection Algorithms", IWSSIP
    // 2020, and its repository: 24 reports by falling confidence, 15 objects, AP = 24.56 %.
    std::vector<bool> right(24);
    for (const std::size_t place : {1u, 3u, 10u, 12u, 13u, 14u, 23u})
        right[place - 1] = true;
    CHECK(average_precision(right, 15).value() == Approx(0.2456).margin(1e-4));
    // By hand: recall rises by 1/15 at 1/1, at 2/3, four times at 6/14 and at 7/23.
    CHECK(average_precision(right, 15).value() ==
          Approx((1 + 2.0 / 3 + 4 * 6.0 / 14 + 7.0 / 23) / 15));
    CHECK(average_precision({true, true}, 2).value() == 1);
    CHECK(average_precision({}, 3).value() == 0);
    CHECK_FALSE(average_precision({false}, 0).has_value());
}

TEST_CASE("detection quality: average precision is its definition") {
    random_bits bits(5);
    for (unsigned n = 0; n < 300; ++n) {
        std::vector<bool> right(bits() % 12);
        std::size_t hits = 0;
        for (std::size_t i = 0; i < right.size(); ++i)
            hits += right[i] = bits() % 2;
        const std::size_t real = std::max<std::size_t>(1, hits + bits() % 4);
        CHECK(average_precision(right, real).value() ==
              Approx(average_precision_by_definition(right, real)));
    }
}

TEST_CASE("detection quality: matches against the best of all assignments") {
    random_bits bits(11);
    std::size_t worse = 0, matched = 0;
    for (unsigned n = 0; n < 3000; ++n) {
        const bool disjoint = n % 2;
        const compared_picture p = random_picture(bits, disjoint);
        const auto found = match_objects(p);
        REQUIRE(found.size() == p.reported.size());
        std::set<std::size_t> used;
        for (std::size_t k = 0; k < found.size(); ++k) {
            if (found[k].what != match::kind::right)
                continue;
            const real_object& o = p.real.at(found[k].real);
            CHECK(used.insert(found[k].real).second);
            CHECK(o.class_id == p.reported[k].class_id);
            CHECK(found[k].overlap == overlap(o.box, p.reported[k].box));
            CHECK(found[k].overlap >= 0.5);
        }
        const std::size_t best = most_matches(p, 0, {});
        matched += used.size();
        CHECK(used.size() <= best);
        CHECK(2 * used.size() >= best);
        worse += used.size() < best;
        if (disjoint)
            CHECK(used.size() == best);
    }
    CHECK(matched > 2000);
    CHECK(worse < 60);  // crowds in which the best score takes what another needed
}

TEST_CASE("detection quality: the better score takes the object, a second report of it is wrong") {
    compared_picture p;
    p.real = {{0, {0, 0, 10, 10}}, {0, {20, 0, 30, 10}}};
    p.reported = {{0, 0.6, {0, 0, 10, 10}}, {0, 0.9, {0, 0, 10, 8}}, {1, 0.9, {20, 0, 30, 10}}};
    const auto m = match_objects(p);
    CHECK(m[0].what == match::kind::wrong);
    CHECK(m[1].what == match::kind::right);
    CHECK(m[1].overlap == Approx(0.8));
    CHECK(m[2].what == match::kind::wrong);  // of another class
    const auto c = compare_detections({p}, 2);
    CHECK(c.all.precision().value() == Approx(1.0 / 3));
    CHECK(c.all.recall().value() == Approx(0.5));
    CHECK(c.all.f1().value() == Approx(0.4));
    CHECK(c.all.mean_overlap().value() == Approx(0.8));
    CHECK(c.all.ap.value() == Approx(0.5));  // class 1 has no object
    CHECK_FALSE(c.by_class[1].ap.has_value());
}

TEST_CASE("detection quality: nothing reported, nothing there, hardly in sight") {
    const auto nothing = compare_detections({}, 4);
    CHECK_FALSE(nothing.all.precision().has_value());
    CHECK_FALSE(nothing.all.recall().has_value());
    CHECK_FALSE(nothing.all.f1().has_value());
    CHECK_FALSE(nothing.all.mean_overlap().has_value());
    CHECK_FALSE(nothing.all.ap.has_value());
    compared_picture p;
    p.real = {{0, {0, 0, 10, 10}}};
    const auto silent = compare_detections({p}, 4);
    CHECK_FALSE(silent.all.precision().has_value());
    CHECK(silent.all.recall().value() == 0);
    CHECK(silent.all.f1().value() == 0);
    CHECK(silent.all.ap.value() == 0);
    compared_picture ghost;
    ghost.reported = {{0, 0.9, {0, 0, 10, 10}}};
    const auto wrong = compare_detections({ghost}, 4);
    CHECK(wrong.all.precision().value() == 0);
    CHECK_FALSE(wrong.all.recall().has_value());
    p.real[0].counts = false;
    p.reported = {{0, 0.9, {0, 0, 10, 10}}, {0, 0.8, {0, 0, 10, 9}}, {-1, 0.7, {0, 0, 10, 10}}};
    const auto hidden = compare_detections({p}, 4);
    CHECK(hidden.all.real == 0);
    CHECK(hidden.all.reported == 1);  // of a class that the scene does not know
    CHECK(hidden.all.right == 0);
}

TEST_CASE("detection quality: a run's figures are those of its files") {
    const std::string out = run_small({"output.detections=on"});
    const auto found = lines_of(out + "/metadata.jsonl"), truth = lines_of(out + "/truth.jsonl");
    REQUIRE(found.size() == 6);
    std::size_t objects = 0, reported = 0, matched = 0;
    double overlaps = 0;
    const auto box = [](const json& b) {
        return area{b[0].get<double>(), b[1].get<double>(), b[2].get<double>(), b[3].get<double>()};
    };
    for (std::size_t n = 0; n < found.size(); ++n) {
        const auto& parcels = truth[n].at("parcels");
        std::set<std::size_t> taken;
        for (const auto& p : parcels)
            objects += p.at("visible").get<double>() >= 0.5;
        for (const auto& d : found[n].at("detections")) {  // best score first
            double best = 0.5;
            std::size_t which = parcels.size();
            bool hidden = false;
            for (std::size_t i = 0; i < parcels.size(); ++i) {
                const double shared = overlap(box(d.at("box")), box(parcels[i].at("box")));
                if (parcels[i].at("class") != d.at("class") || shared < 0.5)
                    continue;
                if (parcels[i].at("visible").get<double>() < 0.5)
                    hidden = true;
                else if (!taken.count(i) && shared >= best) {
                    best = shared;
                    which = i;
                }
            }
            if (which < parcels.size()) {
                taken.insert(which);
                ++matched;
                overlaps += best;
            } else if (hidden) {
                continue;
            }
            ++reported;
        }
    }
    REQUIRE(objects > 10);
    CHECK(statistic(out, "detection.frames") == 6);
    CHECK(statistic(out, "detection.objects") == static_cast<double>(objects));
    CHECK(statistic(out, "detection.reported") == static_cast<double>(reported));
    CHECK(statistic(out, "detection.matched") == static_cast<double>(matched));
    const auto ratio = [](std::size_t part, std::size_t whole) {
        return static_cast<double>(part) / static_cast<double>(whole);
    };
    CHECK(statistic(out, "detection.precision") == Approx(ratio(matched, reported)));
    CHECK(statistic(out, "detection.recall") == Approx(ratio(matched, objects)));
    CHECK(statistic(out, "detection.f1") == Approx(ratio(2 * matched, objects + reported)));
    CHECK(statistic(out, "detection.mean_iou") ==
          Approx(overlaps / static_cast<double>(matched)).margin(2e-3));
    CHECK(statistic(out, "detection.ap50") > 0.5);
    CHECK(statistic(out, "detection.ap50") <= 1);
    const std::string table = file_bytes(out + "/stats_detection.csv");
    CHECK(contains(table, "class,objects,reported,matched,precision,recall,f1,mean_iou,ap50"));
    CHECK(contains(table, "\r\nall," + std::to_string(objects) + "," + std::to_string(reported)));
}

TEST_CASE("detection quality: the truth is where flips, crops and windows put it") {
    const double plain = statistic(run_small({}), "detection.recall");
    CHECK(plain > 0.8);
    const std::vector<std::vector<std::string>> views = {
        {"sensor.flip_horizontal=true"},
        {"sensor.flip_vertical=true"},
        {"sensor.array_width=780", "sensor.array_height=584", "sensor.crop_left=80",
         "sensor.crop_top=60"},
        {"isp.window_x=100", "isp.window_y=76", "isp.window_width=520", "isp.window_height=390"},
    };
    for (const auto& v : views) {
        INFO(v.front());
        const std::string out = run_small(v);
        CHECK(statistic(out, "detection.objects") > 8);
        CHECK(statistic(out, "detection.recall") > 0.75);
        CHECK(statistic(out, "detection.mean_iou") > 0.75);
    }
}

TEST_CASE("detection quality: less light, fewer parcels found") {
    const auto recall = [](const char* exposure) {
        return statistic(run_small({std::string("sensor.exposure=") + exposure}, "8"),
                         "detection.recall");
    };
    const double bright = recall("16 ms"), dim = recall("1 ms"), dark = recall("125 us");
    CHECK(bright > 0.8);
    CHECK(dim < bright);
    CHECK(dark < dim);
}

TEST_CASE("detection quality: a classifier is right when its class is in sight") {
    const std::string folder = scratch_folder(), labels = folder + "/labels.txt";
    std::string names;
    for (unsigned k = 0; k < 1001; ++k)
        names += "bag\n";
    write_bytes(labels, names);
    const std::string out =
        run_small({"network.labels=" + labels}, "6", {"--network", "builtin:mobilenet_v1_1.0_224"});
    const auto found = lines_of(out + "/metadata.jsonl"), truth = lines_of(out + "/truth.jsonl");
    double frames = 0, right = 0;
    for (std::size_t n = 0; n < found.size(); ++n) {
        if (!found[n].contains("classes"))
            continue;
        ++frames;
        for (const auto& p : truth[n].at("parcels"))
            if (p.at("class") == "bag" && p.at("visible").get<double>() >= 0.5) {
                ++right;
                break;
            }
    }
    REQUIRE(frames > 0);
    CHECK(statistic(out, "detection.frames") == frames);
    CHECK(statistic(out, "detection.accuracy") == Approx(right / frames));
    CHECK_FALSE(contains(file_bytes(out + "/stats.json"), "detection.recall"));
}

TEST_CASE("detection quality: every obstacle is named, and nothing is simulated") {
    auto r = ocellus_program({"run", small, "--set", "output.detections=on", "--scene",
                              "builtin:colorchecker", "--network", "builtin:mobilenet_v1_1.0_224",
                              "--timing-only"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "nobody knows what the scene 'builtin:colorchecker' shows"));
    CHECK(contains(r.err, "--timing-only looks at no picture"));
    CHECK(contains(r.err, "no class of mobilenet_v1_1.0_224 is one of the scene"));
    CHECK(contains(r.err, "3 errors"));
    r = ocellus_program(
        {"run", small, "--set", "output.detections=on", "--network", "none", "--quiet"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "there is no network"));
    // Without being asked for, they are just not there.
    const std::string out = run_small({}, "1", {"--scene", "builtin:colorchecker"});
    CHECK_FALSE(contains(file_bytes(out + "/stats.json"), "detection."));
    const std::string off = run_small({"output.detections=off"}, "1");
    CHECK_FALSE(contains(file_bytes(off + "/stats.json"), "detection."));
}

TEST_CASE("sweep: detections, picture and energy stand beside each other") {
    const std::string out = scratch_folder() + "/sweep";
    const auto r = ocellus_program(
        {"sweep", std::string(source_folder) + "/configs/sweeps/detection.toml", "--out", out});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    const auto results = json::parse(file_bytes(out + "/results.json"));
    std::map<std::pair<std::string, double>, std::map<std::string, double>> points;
    for (const auto& p : results.at("points")) {
        std::map<std::string, double> m;
        for (const auto& [name, v] : p.at("metrics").items())
            if (v.is_number())
                m[name] = v.get<double>();
        const auto& k = p.at("knobs");
        points[{k.at("adc.bits").dump(), k.at("sensor.exposure").get<double>()}] = m;
    }
    CHECK(points.size() >= 6);
    for (const auto& [where, m] : points) {
        INFO(where.first << " " << where.second);
        CHECK(m.count("quality.psnr"));
        CHECK(m.count("detection.recall"));
        CHECK(m.count("energy.total"));
    }
    const auto& bright = points.at({"10", 0.016});
    const auto& dark = points.at({"10", 0.00025});
    CHECK(bright.at("detection.recall") > dark.at("detection.recall"));
    CHECK(bright.at("quality.ssim") > dark.at("quality.ssim"));
    // The ideal is as dark as the picture: more bits are what counts.
    CHECK(bright.at("quality.psnr") > points.at({"8", 0.016}).at("quality.psnr"));
    CHECK(points.at({"10", 0.016}).at("energy.total") > points.at({"8", 0.016}).at("energy.total"));
    const std::string chart = file_bytes(out + "/chart.svg");
    for (const char* name : {"quality.psnr", "quality.ssim", "detection.recall", "energy.total"})
        CHECK(contains(chart, name));
}
