// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <set>

#include "models/parcel_outline.h"
#include "models/parcels.h"

using namespace ocellus;
using namespace ocellus::models;

namespace {

bool same(const rgb8_image& a, const rgb8_image& b) {
    return a.width == b.width && a.height == b.height &&
           std::memcmp(a.data.get(), b.data.get(), std::size_t{a.width} * a.height * 3) == 0;
}

std::uint64_t fnv(const rgb8_image& image) {
    std::uint64_t h = 0xcbf29ce484222325u;
    for (std::size_t i = 0; i < std::size_t{image.width} * image.height * 3; ++i)
        h = (h ^ image.data[i]) * 0x100000001b3u;
    return h;
}

// One white parcel on black, nothing else: the drawn area can be measured.
parcel_scene lonely(parcel_class kind) {
    parcel_scene scene;
    scene.rail_top = -1;
    scene.rail_bottom = 2;
    scene.light_x = 1;
    parcel p;
    p.kind = kind;
    p.frame.x = 0.62f;
    p.frame.y = 0.31f;
    p.frame.cosine = 0.8f;
    p.frame.sine = 0.6f;
    p.half_length = 0.12f;
    p.half_width = kind == parcel_class::tube ? 0.025f : 0.08f;
    p.height = kind == parcel_class::box ? 0.15f : 0.0f;
    p.colour = p.accent = {0.9f, 0.9f, 0.9f};
    p.seed = 11;
    scene.parcels.push_back(p);
    return scene;
}

}  // namespace

TEST_CASE("a scene depends on seed and frame alone") {
    const auto a = make_parcel_scene(3, 7);
    const auto b = make_parcel_scene(3, 7);
    REQUIRE(same(render_parcels(a, 160, 120), render_parcels(b, 160, 120)));
    CHECK_FALSE(
        same(render_parcels(a, 160, 120), render_parcels(make_parcel_scene(3, 8), 160, 120)));
    CHECK_FALSE(
        same(render_parcels(a, 160, 120), render_parcels(make_parcel_scene(4, 7), 160, 120)));
}

TEST_CASE("the bytes do not depend on the number of threads") {
    const auto scene = make_parcel_scene(1, 0);
    const auto alone = render_parcels(scene, 500, 375);
    for (const unsigned threads : {0u, 1u, 2u, 8u}) {
        worker_pool pool(threads);
        CHECK(same(alone, render_parcels(scene, 500, 375, pool)));
    }
}

TEST_CASE("scenes hold one to six parcels of all four classes, on the belt and mostly visible") {
    std::array<int, 4> classes{};
    std::set<std::size_t> counts;
    int small = 0;
    int large = 0;
    for (std::uint32_t frame = 0; frame < 400; ++frame) {
        const auto scene = make_parcel_scene(1, frame);
        const auto boxes = truth(scene);
        REQUIRE(boxes.size() == scene.parcels.size());
        REQUIRE(boxes.size() >= 1);
        REQUIRE(boxes.size() <= 6);
        counts.insert(boxes.size());
        for (const auto& t : boxes) {
            ++classes[static_cast<std::size_t>(t.class_id)];
            CHECK(t.left >= 0.0f);
            CHECK(t.top >= 0.0f);
            CHECK(t.right <= 1.0f);
            CHECK(t.bottom <= 1.0f);
            CHECK(t.right - t.left > 0.02f);
            CHECK(t.right - t.left < 0.45f);
            CHECK(t.visible > 0.45f);
            small += t.right - t.left < 0.1f;
            large += t.right - t.left > 0.25f;
        }
    }
    CHECK(counts.size() == 6);
    CHECK(small > 50);
    CHECK(large > 50);
    const int total = classes[0] + classes[1] + classes[2] + classes[3];
    for (const int n : classes)
        CHECK(n > total / 6);
}

TEST_CASE("truth agrees with where the pixels are") {
    // The parcel is drawn twice: as it is and removed; the pixels that turn brighter are the parcel
    // (its shadow and the belt only turn darker).
    for (const auto kind :
         {parcel_class::box, parcel_class::envelope, parcel_class::tube, parcel_class::bag}) {
        const auto scene = lonely(kind);
        auto empty = scene;
        empty.parcels.clear();
        constexpr unsigned width = 1600, height = 1200;
        const auto with = render_parcels(scene, width, height);
        const auto without = render_parcels(empty, width, height);
        unsigned left = width, right = 0, top = height, bottom = 0;
        for (unsigned y = 0; y < height; ++y)
            for (unsigned x = 0; x < width; ++x)
                if (with.row(y)[3 * x + 1] > without.row(y)[3 * x + 1] + 40) {
                    left = std::min(left, x);
                    right = std::max(right, x + 1);
                    top = std::min(top, y);
                    bottom = std::max(bottom, y + 1);
                }
        const auto t = truth(scene).at(0);
        INFO(parcel_class_names[static_cast<std::size_t>(kind)]);
        CHECK(t.visible == 1.0f);
        CHECK(t.left * width == Approx(left).margin(3));
        CHECK(t.right * width == Approx(right).margin(3));
        CHECK(t.top * height == Approx(top).margin(3));
        CHECK(t.bottom * height == Approx(bottom).margin(3));
    }
}

TEST_CASE("the truth of a turned envelope has a closed form") {
    const auto t = truth(lonely(parcel_class::envelope)).at(0);
    const float reach_x = 0.12f * 0.8f + 0.08f * 0.6f;
    const float reach_y = 0.12f * 0.6f + 0.08f * 0.8f;
    CHECK(t.left == Approx(0.62f - reach_x));
    CHECK(t.right == Approx(0.62f + reach_x));
    CHECK(t.top == Approx((0.31f - reach_y) / 0.75f));
    CHECK(t.bottom == Approx((0.31f + reach_y) / 0.75f));
}

TEST_CASE("what covers a parcel lowers its visible share, what cuts it lowers its box") {
    auto scene = lonely(parcel_class::envelope);
    scene.parcels.push_back(scene.parcels[0]);
    scene.parcels[1].frame = scene.parcels[0].frame;
    const point moved = scene.parcels[0].frame.to_picture(0.12f, 0);
    scene.parcels[1].frame.x = moved.x;
    scene.parcels[1].frame.y = moved.y;
    const auto half = truth(scene);
    CHECK(half[0].visible == Approx(0.5).margin(0.03));
    CHECK(half[1].visible == 1.0f);

    auto cut = lonely(parcel_class::envelope);
    cut.parcels[0].frame.x = 0.0f;
    const auto t = truth(cut).at(0);
    CHECK(t.left == 0.0f);
    CHECK(t.visible == Approx(0.5).margin(0.03));
}

TEST_CASE("the picture is the same at every resolution") {
    const auto scene = make_parcel_scene(5, 2);
    const auto large = render_parcels(scene, 1280, 960);
    const auto small = render_parcels(scene, 320, 240);
    double difference = 0;
    for (unsigned y = 0; y < 240; ++y)
        for (unsigned x = 0; x < 320 * 3; ++x) {
            int sum = 0;
            for (unsigned j = 0; j < 4; ++j)
                for (unsigned i = 0; i < 4; ++i)
                    sum += large.row(4 * y + j)[(4 * (x / 3) + i) * 3 + x % 3];
            difference += std::abs(sum / 16.0 - small.row(y)[x]);
        }
    CHECK(difference / (240 * 320 * 3) <
          2.0);  // code values: texture finer than a pixel averages out
}

TEST_CASE("scenes do not change unnoticed: the built-in network was trained on them") {
    CHECK(fnv(render_parcels(make_parcel_scene(1, 0), 160, 120)) == 0xa3044820bcbc9970u);
    CHECK(fnv(render_parcels(make_parcel_scene(2, 5), 333, 250)) == 0x1343ae6c5fe1c447u);
}

TEST_CASE("convex hulls drop inner points and repeated ones") {
    const auto hull =
        convex_hull({{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0.5f, 0.5f}, {0, 0}, {0.5f, 0}});
    CHECK(hull.size() == 4);
}

TEST_CASE("coverage of a turned rectangle adds up to its area") {
    constexpr unsigned width = 400, height = 300;
    local_frame f;
    f.x = 0.5f;
    f.y = 0.375f;
    f.cosine = 0.96f;
    f.sine = 0.28f;
    primitive p = make_rectangle(f, 0, 0, 0.2f, 0.1f);
    p.colour = {1, 1, 1};
    primitive e = make_ellipse(f, 0.2f, 0.1f);
    e.colour = {1, 1, 1};
    double area = 0;
    double round_area = 0;
    row_canvas canvas(width, height);
    std::vector<std::uint8_t> row(width * 3);
    for (unsigned y = 0; y < height; ++y) {
        canvas.begin(y);
        canvas.paint(p);
        canvas.finish(1, 0, 0, {1, 1, 1}, row.data());
        for (unsigned x = 0; x < width; ++x)
            area += row[3 * x] / 255.0;
        canvas.begin(y);
        canvas.paint(e);
        canvas.finish(1, 0, 0, {1, 1, 1}, row.data());
        for (unsigned x = 0; x < width; ++x)
            round_area += row[3 * x] / 255.0;
    }
    CHECK(area / (400.0 * 400.0) == Approx(0.4 * 0.2).epsilon(0.002));
    CHECK(round_area / (400.0 * 400.0) == Approx(3.14159265 * 0.2 * 0.1).epsilon(0.004));
}

TEST_CASE("a belt that runs leans the boxes as it leans every point") {
    constexpr int grid = 600;
    std::set<int> kinds;
    for (std::uint32_t frame = 0; frame < 12; ++frame) {
        const auto scene = make_parcel_scene(21, frame);
        const float lean = frame % 2 ? 0.35f : -0.2f;
        const auto leaning = truth(scene, lean), upright = truth(scene);
        for (std::size_t i = 0; i < scene.parcels.size(); ++i) {
            const auto parts = silhouette(scene.parcels[i]);
            const bounds around = bounds_of(parts);
            double left = 2, right = -1;
            for (int y = 0; y < grid; ++y)
                for (int x = -grid / 2; x < grid * 3 / 2; ++x) {
                    const float px = (static_cast<float>(x) + 0.5f) / grid,
                                py = (static_cast<float>(y) + 0.5f) / grid;
                    if (px < around.left || px > around.right || !contains(parts, px, py))
                        continue;
                    const double moved = static_cast<double>(px + lean * (py - 0.375f));
                    left = std::min(left, moved);
                    right = std::max(right, moved);
                }
            INFO("frame " << frame << " parcel " << i);
            const auto cut = [](double v) { return std::min(std::max(v, 0.0), 1.0); };
            CHECK(static_cast<double>(leaning[i].left) == Approx(cut(left)).margin(3.0 / grid));
            CHECK(static_cast<double>(leaning[i].right) == Approx(cut(right)).margin(3.0 / grid));
            CHECK(leaning[i].top == upright[i].top);
            CHECK(leaning[i].bottom == upright[i].bottom);
            kinds.insert(leaning[i].class_id);
        }
    }
    CHECK(kinds.size() == 4);
}
