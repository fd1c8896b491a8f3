// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/parcels.h"

#include <algorithm>
#include <cmath>

#include "core/random.h"
#include "models/parcel_outline.h"

namespace ocellus::models {
namespace {

constexpr float least_visible = 0.75f;     // of a parcel that others partly cover
constexpr float least_in_picture = 0.65f;  // of a parcel that the picture's edge cuts

template <std::size_t n>
rgb pick_colour(random_sequence& random, const std::array<rgb, n>& choices) {
    rgb c = choices[random.below(static_cast<std::uint32_t>(n))];
    const float tone = pick(random, 0.9, 1.1);
    c.r = std::min(c.r * tone * pick(random, 0.95, 1.05), 0.97f);
    c.g = std::min(c.g * tone * pick(random, 0.95, 1.05), 0.97f);
    c.b = std::min(c.b * tone * pick(random, 0.95, 1.05), 0.97f);
    return c;
}

constexpr std::array<rgb, 5> belt_colours{{{0.30f, 0.30f, 0.31f},
                                           {0.21f, 0.21f, 0.22f},
                                           {0.16f, 0.34f, 0.25f},
                                           {0.20f, 0.28f, 0.40f},
                                           {0.45f, 0.45f, 0.44f}}};
constexpr std::array<rgb, 5> rail_colours{{{0.62f, 0.64f, 0.66f},
                                           {0.55f, 0.55f, 0.53f},
                                           {0.72f, 0.60f, 0.16f},
                                           {0.25f, 0.33f, 0.48f},
                                           {0.44f, 0.45f, 0.47f}}};
constexpr std::array<rgb, 8> box_colours{{{0.74f, 0.58f, 0.40f},
                                          {0.68f, 0.51f, 0.34f},
                                          {0.79f, 0.65f, 0.48f},
                                          {0.60f, 0.45f, 0.30f},
                                          {0.71f, 0.56f, 0.40f},
                                          {0.86f, 0.85f, 0.82f},
                                          {0.24f, 0.38f, 0.58f},
                                          {0.62f, 0.22f, 0.20f}}};
constexpr std::array<rgb, 5> tape_colours{{{0.80f, 0.70f, 0.52f},
                                           {0.55f, 0.40f, 0.24f},
                                           {0.88f, 0.87f, 0.83f},
                                           {0.72f, 0.18f, 0.15f},
                                           {0.17f, 0.33f, 0.60f}}};
constexpr std::array<rgb, 7> envelope_colours{{{0.92f, 0.92f, 0.91f},
                                               {0.93f, 0.90f, 0.82f},
                                               {0.86f, 0.74f, 0.52f},
                                               {0.90f, 0.80f, 0.45f},
                                               {0.70f, 0.80f, 0.90f},
                                               {0.90f, 0.76f, 0.78f},
                                               {0.74f, 0.75f, 0.76f}}};
constexpr std::array<rgb, 6> tube_colours{{{0.72f, 0.57f, 0.40f},
                                           {0.62f, 0.47f, 0.32f},
                                           {0.90f, 0.90f, 0.88f},
                                           {0.30f, 0.31f, 0.33f},
                                           {0.66f, 0.20f, 0.18f},
                                           {0.22f, 0.40f, 0.62f}}};
constexpr std::array<rgb, 5> cap_colours{{{0.90f, 0.90f, 0.90f},
                                          {0.10f, 0.10f, 0.11f},
                                          {0.80f, 0.18f, 0.15f},
                                          {0.17f, 0.42f, 0.72f},
                                          {0.93f, 0.78f, 0.20f}}};
constexpr std::array<rgb, 8> bag_colours{{{0.86f, 0.87f, 0.89f},
                                          {0.30f, 0.31f, 0.34f},
                                          {0.90f, 0.52f, 0.14f},
                                          {0.80f, 0.20f, 0.22f},
                                          {0.20f, 0.42f, 0.78f},
                                          {0.52f, 0.28f, 0.66f},
                                          {0.22f, 0.60f, 0.36f},
                                          {0.92f, 0.50f, 0.66f}}};

struct exposure_of_parcel {
    float in_picture = 1;  // share inside the picture
    float visible = 1;     // share inside the picture and not covered
};

// Samples the silhouette of `which` on a grid over its bounds; `above` lie on top of it.
exposure_of_parcel sample_visibility(const std::vector<primitive>& which,
                                     const std::vector<const std::vector<primitive>*>& above,
                                     int grid) {
    const bounds b = bounds_of(which);
    int all = 0;
    int inside = 0;
    int free = 0;
    for (int j = 0; j < grid; ++j) {
        const float y =
            b.top + (b.bottom - b.top) * (static_cast<float>(j) + 0.5f) / static_cast<float>(grid);
        for (int i = 0; i < grid; ++i) {
            const float x = b.left + (b.right - b.left) * (static_cast<float>(i) + 0.5f) /
                                         static_cast<float>(grid);
            if (!contains(which, x, y))
                continue;
            ++all;
            if (x < 0.0f || x > 1.0f || y < 0.0f || y > picture_height)
                continue;
            ++inside;
            bool covered = false;
            for (const auto* other : above)
                covered = covered || contains(*other, x, y);
            free += covered ? 0 : 1;
        }
    }
    exposure_of_parcel e;
    if (all > 0) {
        e.in_picture = static_cast<float>(inside) / static_cast<float>(all);
        e.visible = static_cast<float>(free) / static_cast<float>(all);
    }
    return e;
}

bool apart(const std::vector<primitive>& a, const std::vector<primitive>& b) {
    const bounds p = bounds_of(a);
    const bounds q = bounds_of(b);
    return p.right < q.left || q.right < p.left || p.bottom < q.top || q.bottom < p.top;
}

parcel draw_parcel(random_sequence& random, const parcel_scene& scene) {
    parcel p;
    p.kind = static_cast<parcel_class>(random.below(4));
    const float turns = pick(random, 0, 1);
    const float size = 0.08f * std::sqrt(pick(random, 1.0, 12.0));  // longer side, 0.08 .. 0.277
    p.half_length = 0.5f * size;
    switch (p.kind) {
        case parcel_class::box:
            p.half_width = p.half_length * pick(random, 0.55, 1.0);
            p.height = pick(random, 0.06, 0.24);
            p.colour = pick_colour(random, box_colours);
            p.accent = pick_colour(random, tape_colours);
            break;
        case parcel_class::envelope:
            p.half_width = p.half_length * pick(random, 0.48, 0.74);
            p.colour = pick_colour(random, envelope_colours);
            p.accent = pick_colour(random, cap_colours);
            break;
        case parcel_class::tube:
            p.half_length *= 1.2f;
            p.half_width = p.half_length * pick(random, 0.13, 0.24);
            p.colour = pick_colour(random, tube_colours);
            p.accent = pick_colour(random, cap_colours);
            break;
        case parcel_class::bag:
            p.half_width = p.half_length * pick(random, 0.66, 0.98);
            p.colour = pick_colour(random, bag_colours);
            p.accent = pick_colour(random, cap_colours);
            break;
    }
    p.frame = direction(turns);
    p.frame.x = pick(random, 0.0, 1.0);
    p.frame.y = pick(random, scene.rail_top, scene.rail_bottom);
    const std::uint64_t high = random.next();
    p.seed = (high << 32) | random.next();
    return p;
}

}  // namespace

parcel_scene make_parcel_scene(std::uint64_t seed, std::uint32_t frame) {
    random_sequence random(seed, purpose::scene, frame);
    parcel_scene scene;
    scene.seed = seed;
    scene.frame = frame;
    scene.belt = pick_colour(random, belt_colours);
    scene.rail = pick_colour(random, rail_colours);
    scene.rail_top = pick(random, 0.03, 0.07);
    scene.rail_bottom = picture_height - pick(random, 0.03, 0.07);
    const local_frame light = direction(random.uniform());
    scene.light_x = light.cosine;
    scene.light_y = light.sine;
    scene.brightness = pick(random, 0.78, 1.10);
    const float gradient = pick(random, 0.0, 0.22);
    scene.slope_x = gradient * scene.light_x;
    scene.slope_y = gradient * scene.light_y;
    scene.vignette = -pick(random, 0.0, 0.35);
    scene.tint.r = pick(random, 0.95, 1.05);
    scene.tint.b = pick(random, 0.95, 1.05);

    const unsigned wanted = 1 + random.below(6);
    std::vector<std::vector<primitive>> outlines;
    for (unsigned attempt = 0; attempt < 60 && scene.parcels.size() < wanted; ++attempt) {
        parcel p = draw_parcel(random, scene);
        const std::vector<primitive> mine = silhouette(p);
        const bounds b = bounds_of(mine);
        // On the belt: rails stay free.
        if (b.top < scene.rail_top - 0.01f || b.bottom > scene.rail_bottom + 0.01f)
            continue;
        if (sample_visibility(mine, {}, 24).in_picture < least_in_picture)
            continue;
        bool fits = true;
        for (std::size_t i = 0; i < outlines.size() && fits; ++i) {
            if (apart(mine, outlines[i]))
                continue;
            std::vector<const std::vector<primitive>*> above{&mine};
            for (std::size_t j = i + 1; j < outlines.size(); ++j)
                above.push_back(&outlines[j]);
            const exposure_of_parcel e = sample_visibility(outlines[i], above, 24);
            fits = e.visible >= least_visible * e.in_picture;
        }
        if (!fits)
            continue;
        outlines.push_back(mine);
        scene.parcels.push_back(p);
    }
    if (scene.parcels.empty()) {
        // Sixty misses in a row are next to impossible; a scene always shows something.
        parcel p = draw_parcel(random, scene);
        p.frame.x = camera.x;
        p.frame.y = camera.y;
        scene.parcels.push_back(p);
    }
    return scene;
}

std::vector<parcel_truth> truth(const parcel_scene& scene, float lean) {
    std::vector<std::vector<primitive>> outlines;
    for (const parcel& p : scene.parcels)
        outlines.push_back(silhouette(p));
    std::vector<parcel_truth> result;
    for (std::size_t i = 0; i < outlines.size(); ++i) {
        bounds b = bounds_of(outlines[i]);
        if (lean != 0)
            lean_sideways(b, scene.parcels[i], lean);
        std::vector<const std::vector<primitive>*> above;
        for (std::size_t j = i + 1; j < outlines.size(); ++j)
            if (!apart(outlines[i], outlines[j]))
                above.push_back(&outlines[j]);
        const auto cut = [](float v) { return std::min(std::max(v, 0.0f), 1.0f); };
        parcel_truth t;
        t.class_id = static_cast<int>(scene.parcels[i].kind);
        t.left = cut(b.left);
        t.right = cut(b.right);
        t.top = cut(b.top / picture_height);
        t.bottom = cut(b.bottom / picture_height);
        t.visible = sample_visibility(outlines[i], above, 48).visible;
        result.push_back(t);
    }
    return result;
}

}  // namespace ocellus::models
