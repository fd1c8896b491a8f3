// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "core/random.h"
#include "models/parcel_outline.h"
#include "models/parcels.h"

namespace ocellus::models {
namespace {

constexpr rgb paper{0.93f, 0.93f, 0.91f};
constexpr rgb ink{0.10f, 0.10f, 0.12f};
constexpr rgb black{0, 0, 0};

rgb scaled(const rgb& c, float factor) {
    return {c.r * factor, c.g * factor, c.b * factor};
}

class drawing {
  public:
    drawing(const parcel_scene& scene, std::vector<primitive>& out) : scene_(scene), out_(out) {}

    void belt();
    void draw(const parcel& p);
    void rails();

  private:
    primitive& add(primitive p) {
        out_.push_back(std::move(p));
        return out_.back();
    }
    primitive& rectangle(const local_frame& f, float u, float v, float hu, float hv, const rgb& c) {
        primitive& p = add(make_rectangle(f, u, v, hu, hv));
        p.colour = c;
        return p;
    }
    // A blurred dark copy of some points, away from the light.
    void shadow(std::vector<point> points, float reach, float blur, float darkness);
    // Dark and light modules along u: a bar code, or a line of words.
    primitive& modules(const local_frame& f, float u, float v, float hu, float hv, unsigned count,
                       bool words, random_sequence& random, const rgb& light, const rgb& dark);
    void label(const local_frame& f, float u, float v, float hu, float hv, random_sequence& random);
    void box(const parcel& p, random_sequence& random);
    void envelope(const parcel& p, random_sequence& random);
    void tube(const parcel& p, random_sequence& random);
    void bag(const parcel& p, random_sequence& random);

    const parcel_scene& scene_;
    std::vector<primitive>& out_;
};

void drawing::shadow(std::vector<point> points, float reach, float blur, float darkness) {
    const std::size_t n = points.size();
    for (std::size_t i = 0; i < n; ++i)
        points.push_back(
            {points[i].x - scene_.light_x * reach, points[i].y - scene_.light_y * reach});
    primitive& p = add(make_polygon(points));
    p.softness = blur;
    p.alpha = darkness;
    p.colour = black;
}

primitive& drawing::modules(const local_frame& f, float u, float v, float hu, float hv,
                            unsigned count, bool words, random_sequence& random, const rgb& light,
                            const rgb& dark) {
    auto table = std::make_shared<module_table>();
    table->modules = count;
    unsigned run = 0;
    bool on = true;
    for (unsigned i = 0; i < count; ++i) {
        if (run == 0) {
            on = i == 0 || !on;
            run = words ? (on ? 2 + random.below(7) : 1) : 1 + random.below(3);
        }
        --run;
        table->sum[i + 1] = table->sum[i] + (on ? 1.0f : 0.0f);
    }
    for (std::size_t i = count + 1; i < table->sum.size(); ++i)
        table->sum[i] = table->sum[count];
    primitive& p = rectangle(f, u, v, hu, hv, light);
    p.second = dark;
    p.mixing = pattern::code;
    p.code_start = -hu;
    p.code_module = 2.0f * hu / static_cast<float>(count);
    p.code = std::move(table);
    return p;
}

void drawing::label(const local_frame& f, float u, float v, float hu, float hv,
                    random_sequence& random) {
    rectangle(f, u, v, hu * 1.04f, hv * 1.06f, {0.3f, 0.3f, 0.3f}).alpha = 0.35f;
    primitive& sheet = rectangle(f, u, v, hu, hv, paper);
    sheet.slope_u = pick(random, -0.1, 0.1) / (2.0f * hu);
    modules(f, u, v + 0.45f * hv, 0.82f * hu, 0.38f * hv, 60 + random.below(40), false, random,
            paper, ink);
    const unsigned lines = 2 + random.below(3);
    for (unsigned i = 0; i < lines; ++i) {
        const float length = pick(random, 0.35, 0.8);
        const float y = v - hv * (0.78f - 0.7f * static_cast<float>(i) / static_cast<float>(lines));
        modules(f, u - hu * (0.82f - length), y, length * hu, 0.055f * hv, 30, true, random, paper,
                {0.25f, 0.25f, 0.28f});
    }
    if (chance(random, 0.4))
        rectangle(f, u + 0.68f * hu, v - 0.62f * hv, 0.2f * hu, 0.24f * hv,
                  chance(random, 0.5) ? ink : rgb{0.85f, 0.45f, 0.10f});
}

void drawing::belt() {
    random_sequence random(scene_.seed, purpose::scene, scene_.frame, 1);
    local_frame f;
    f.x = camera.x;
    f.y = camera.y;
    // Fabric: a fine weave, blotches of wear, streaks along the direction of travel.
    primitive& cloth = rectangle(f, 0, 0, 0.51f, 0.39f, scaled(scene_.belt, 1.06f));
    cloth.second = scaled(scene_.belt, 0.9f);
    cloth.mixing = pattern::stripes;
    cloth.stripe_u = 190.0f;
    cloth.stripe_v = 190.0f;
    cloth.grain = 0.10f;
    cloth.grain_u = 0.05f;
    cloth.grain_v = 0.0035f;
    cloth.crease = 0.08f;
    cloth.crease_cell = pick(random, 0.02, 0.08);
    cloth.noise_seed = random.next();

    // Joints across the belt.
    const float spacing = pick(random, 0.28, 0.75);
    for (float x = pick(random, -0.1, 0.2); x < 1.1f; x += spacing) {
        local_frame joint = direction(0.25 + 0.02);
        joint.x = x;
        joint.y = camera.y;
        rectangle(joint, 0, 0, 0.5f, 0.0022f, scaled(scene_.belt, 0.55f)).alpha = 0.8f;
        rectangle(joint, 0, 0.0032f, 0.5f, 0.001f, scaled(scene_.belt, 1.5f)).alpha = 0.5f;
    }
    // Stains and scraps that are not parcels.
    for (unsigned n = random.below(4); n > 0; --n) {
        local_frame at = direction(random.uniform());
        at.x = pick(random, 0, 1);
        at.y = pick(random, 0.08, 0.67);
        const float size = pick(random, 0.015, 0.06);
        primitive& stain = add(make_ellipse(at, size, size * pick(random, 0.4, 1.0)));
        stain.softness = 0.35f * size;
        stain.alpha = pick(random, 0.1, 0.3);
        stain.colour = chance(random, 0.6) ? black : rgb{0.5f, 0.48f, 0.44f};
    }
    for (unsigned n = random.below(3); n > 0; --n) {
        local_frame at = direction(random.uniform());
        at.x = pick(random, 0, 1);
        at.y = pick(random, 0.1, 0.65);
        const bool tape = chance(random, 0.5);
        const float size = pick(random, 0.008, 0.016);
        primitive& scrap =
            rectangle(at, 0, 0, size * (tape ? 2.0f : 1.0f), size * (tape ? 0.3f : 0.6f),
                      tape ? rgb{0.70f, 0.62f, 0.48f} : paper);
        scrap.alpha = tape ? 0.55f : 0.9f;
    }
}

void drawing::rails() {
    random_sequence random(scene_.seed, purpose::scene, scene_.frame, 2);
    const unsigned bolts = 3 + random.below(6);
    const float phase = pick(random, 0, 1);
    for (int side = 0; side < 2; ++side) {
        const bool upper = side == 0;
        const float inner = upper ? scene_.rail_top : scene_.rail_bottom;
        const float outer = upper ? -0.02f : picture_height + 0.02f;
        local_frame f;
        f.x = 0.5f;
        f.y = 0.5f * (inner + outer);
        const float half = 0.5f * std::fabs(inner - outer);
        const float inward = upper ? 1.0f : -1.0f;
        primitive& fall = rectangle(f, 0, inward * half, 0.52f, 0.014f, black);
        fall.softness = 0.018f;
        fall.alpha = 0.55f;
        primitive& metal = rectangle(f, 0, 0, 0.52f, half, scene_.rail);
        metal.slope_v = (scene_.light_y < 0 ? -1.0f : 1.0f) * 6.0f;
        metal.grain = 0.07f;
        metal.grain_u = 0.2f;
        metal.grain_v = 0.001f;
        metal.noise_seed = random.next();
        rectangle(f, 0, inward * (half - 0.0025f), 0.52f, 0.0016f, scaled(scene_.rail, 1.3f));
        rectangle(f, 0, inward * half, 0.52f, 0.0009f, scaled(scene_.rail, 0.3f));
        for (unsigned i = 0; i <= bolts; ++i) {
            local_frame at;
            at.x = (static_cast<float>(i) + phase) / static_cast<float>(bolts);
            at.y = inner - inward * 0.016f;
            add(make_ellipse(at, 0.0062f, 0.0062f)).colour = scaled(scene_.rail, 0.45f);
            primitive& head = add(make_ellipse(at, 0.005f, 0.005f));
            head.colour = scaled(scene_.rail, 1.1f);
            head.slope_u = scene_.light_x * 60.0f;
            head.slope_v = scene_.light_y * 60.0f;
            rectangle(at, 0, 0, 0.0036f, 0.0007f, scaled(scene_.rail, 0.4f));
        }
    }
}

void drawing::box(const parcel& p, random_sequence& random) {
    const std::array<point, 4> floor = corners_of(p);
    std::array<point, 4> top;
    for (std::size_t i = 0; i < 4; ++i)
        top[i] = raised(floor[i], p.height);
    shadow({floor.begin(), floor.end()}, 0.30f * p.height + 0.004f, 0.02f + 0.06f * p.height, 0.6f);
    shadow({floor.begin(), floor.end()}, 0.002f, 0.010f, 0.5f);

    const rgb inside_tape = p.accent;
    const bool taped = chance(random, 0.85);
    const float tape = pick(random, 0.07, 0.14);
    for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t j = (i + 1) % 4;
        const point middle{0.5f * (floor[i].x + floor[j].x), 0.5f * (floor[i].y + floor[j].y)};
        const float nx = middle.x - p.frame.x;
        const float ny = middle.y - p.frame.y;
        const float length = std::sqrt(nx * nx + ny * ny);
        if (nx * (camera.x - middle.x) + ny * (camera.y - middle.y) <= 0.0f)
            continue;  // turned away from the camera
        const float lambert = (nx * scene_.light_x + ny * scene_.light_y) / length;
        primitive& side = add(make_polygon({floor[i], floor[j], top[j], top[i]}));
        side.colour = scaled(p.colour, 0.56f + 0.2f * lambert);
        side.grain = 0.05f;
        side.grain_u = side.grain_v = 0.004f;
        side.noise_seed = random.next();
        if (taped && i % 2 == 1) {
            // The tape runs over the two short sides, down to half their height.
            const auto on_side = [&](float along, float up) {
                const point low{floor[i].x + (floor[j].x - floor[i].x) * along,
                                floor[i].y + (floor[j].y - floor[i].y) * along};
                const point high{top[i].x + (top[j].x - top[i].x) * along,
                                 top[i].y + (top[j].y - top[i].y) * along};
                return point{low.x + (high.x - low.x) * up, low.y + (high.y - low.y) * up};
            };
            primitive& strip = add(make_polygon(
                {on_side(0.5f - 0.5f * tape, 0.45f), on_side(0.5f + 0.5f * tape, 0.45f),
                 on_side(0.5f + 0.5f * tape, 1.0f), on_side(0.5f - 0.5f * tape, 1.0f)}));
            strip.colour = scaled(inside_tape, 0.6f + 0.2f * lambert);
            strip.alpha = 0.8f;
        }
    }

    const float scale = 1.0f + p.height;
    local_frame f = p.frame;
    const point centre = raised({p.frame.x, p.frame.y}, p.height);
    f.x = centre.x;
    f.y = centre.y;
    const float hu = p.half_length * scale;
    const float hv = p.half_width * scale;
    primitive& lid = rectangle(f, 0, 0, hu, hv, p.colour);
    const float along_light = f.cosine * scene_.light_x + f.sine * scene_.light_y;
    const float across_light = f.cosine * scene_.light_y - f.sine * scene_.light_x;
    lid.slope_u = 0.07f * along_light / hu;
    lid.slope_v = 0.07f * across_light / hu;
    lid.grain = 0.06f;
    lid.grain_u = 0.012f;
    lid.grain_v = 0.0013f;
    lid.crease = 0.03f;
    lid.crease_cell = 0.03f;
    lid.noise_seed = random.next();
    // Worn, lighter edges and the joint of the two flaps.
    const rgb worn = scaled(p.colour, 1.18f);
    rectangle(f, 0, -hv + 0.0008f, hu, 0.0008f, worn).alpha = 0.6f;
    rectangle(f, 0, hv - 0.0008f, hu, 0.0008f, worn).alpha = 0.6f;
    rectangle(f, -hu + 0.0008f, 0, 0.0008f, hv, worn).alpha = 0.6f;
    rectangle(f, hu - 0.0008f, 0, 0.0008f, hv, worn).alpha = 0.6f;
    rectangle(f, 0, 0, hu, 0.0016f, scaled(p.colour, 0.42f));
    if (taped) {
        primitive& strip = rectangle(f, 0, 0, hu, tape * hv, p.accent);
        strip.alpha = 0.82f;
        strip.crease = 0.06f;
        strip.crease_cell = 0.02f;
        strip.noise_seed = random.next();
        primitive& shine = rectangle(f, 0, -0.4f * tape * hv, hu, 0.15f * tape * hv, {1, 1, 1});
        shine.alpha = 0.18f;
    }
    if (chance(random, 0.75)) {
        const float lu = hu * pick(random, 0.28, 0.42);
        const float lv = std::min(hv * pick(random, 0.26, 0.36), lu);
        const float su = chance(random, 0.5) ? 1.0f : -1.0f;
        const float sv = chance(random, 0.5) ? 1.0f : -1.0f;
        const float at_v = sv * (hv - lv) * pick(random, 0.75, 0.92);
        const float at_u = su * (hu - lu) * pick(random, 0.5, 0.9);
        label(f, at_u, at_v, lu, lv, random);
        if (chance(random, 0.35))  // "fragile"
            rectangle(f, -su * hu * 0.6f, -sv * hv * 0.6f, hu * 0.2f, hv * 0.14f,
                      {0.82f, 0.16f, 0.13f});
    }
    if (chance(random, 0.3)) {  // straps
        const float at = pick(random, 0.45, 0.7) * hu;
        const rgb strap = chance(random, 0.5) ? rgb{0.12f, 0.12f, 0.13f} : rgb{0.20f, 0.55f, 0.30f};
        rectangle(f, at, 0, 0.0028f, hv, strap);
        rectangle(f, -at, 0, 0.0028f, hv, strap);
    }
}

void drawing::envelope(const parcel& p, random_sequence& random) {
    const std::array<point, 4> corners = corners_of(p);
    const local_frame& f = p.frame;
    const float hu = p.half_length;
    const float hv = p.half_width;
    shadow({corners.begin(), corners.end()}, 0.003f, 0.007f, 0.55f);
    primitive& sheet = rectangle(f, 0, 0, hu, hv, p.colour);
    sheet.slope_u = pick(random, -0.05, 0.05) / hu;
    sheet.slope_v = pick(random, -0.05, 0.05) / hv;
    sheet.grain = 0.025f;
    sheet.grain_u = sheet.grain_v = 0.002f;
    sheet.crease = 0.03f;
    sheet.crease_cell = 0.05f;
    sheet.noise_seed = random.next();
    const rgb line = scaled(p.colour, 0.62f);

    if (chance(random, 0.38)) {
        // The back: side seams and a flap, perhaps with a seal.
        const float tip = pick(random, -0.05, 0.25) * hv;
        const auto stroke = [&](float u0, float v0, float u1, float v1) {
            const point a = f.to_picture(u0, v0);
            const point b = f.to_picture(u1, v1);
            const float dx = b.x - a.x;
            const float dy = b.y - a.y;
            const float length = std::sqrt(dx * dx + dy * dy);
            local_frame along = f;
            along.x = 0.5f * (a.x + b.x);
            along.y = 0.5f * (a.y + b.y);
            along.cosine = dx / length;
            along.sine = dy / length;
            primitive& s = rectangle(along, 0, 0, 0.5f * length, 0.0014f, line);
            s.alpha = 0.8f;
        };
        stroke(-hu, hv, 0, tip * 0.4f);
        stroke(hu, hv, 0, tip * 0.4f);
        primitive& flap = add(
            make_polygon({f.to_picture(-hu, -hv), f.to_picture(hu, -hv), f.to_picture(0, tip)}));
        flap.colour = scaled(p.colour, 0.95f);
        stroke(-hu, -hv, 0, tip);
        stroke(hu, -hv, 0, tip);
        if (chance(random, 0.5)) {
            primitive& seal =
                add(make_ellipse(moved(f, 0, tip - 0.1f * hv), 0.11f * hv, 0.11f * hv));
            seal.colour = p.accent;
        }
        return;
    }
    if (chance(random, 0.35)) {
        // Airmail: slanted red and blue bars around the rim.
        const float band = 0.07f * hv;
        for (int side = 0; side < 4; ++side) {
            const bool along = side < 2;
            const float sign = side % 2 == 0 ? 1.0f : -1.0f;
            primitive& rim = along ? rectangle(f, 0, sign * (hv - band), hu, band, paper)
                                   : rectangle(f, sign * (hu - band), 0, band, hv, paper);
            rim.colour = side % 2 == 0 ? rgb{0.78f, 0.16f, 0.18f} : rgb{0.15f, 0.26f, 0.58f};
            rim.second = paper;
            rim.mixing = pattern::stripes;
            rim.stripe_u = (along ? 4.0f : 2.0f) / hu;
            rim.stripe_v = (along ? 2.0f : 4.0f) / hu;
        }
    }
    // The front: sender, address, stamp or a window.
    const unsigned lines = 3 + random.below(2);
    const bool window = chance(random, 0.35);
    const float au = window ? -0.35f * hu : 0.15f * hu;
    if (window) {
        primitive& pane =
            rectangle(f, au, 0.25f * hv, 0.45f * hu, 0.36f * hv, {0.80f, 0.83f, 0.85f});
        pane.slope_u = 0.12f / hu;
        pane.slope_v = 0.12f / hv;
    }
    for (unsigned i = 0; i < lines; ++i) {
        const float length = pick(random, 0.2, 0.4);
        primitive& text =
            modules(f, au - (0.4f - length) * hu, (0.05f + 0.14f * static_cast<float>(i)) * hv,
                    length * hu, 0.035f * hv, 26, true, random, p.colour, {0.2f, 0.2f, 0.32f});
        text.alpha = 0.9f;
    }
    for (unsigned i = 0; i < 2; ++i)
        modules(f, -0.65f * hu, (-0.75f + 0.13f * static_cast<float>(i)) * hv, 0.22f * hu,
                0.028f * hv, 18, true, random, p.colour, {0.35f, 0.35f, 0.4f});
    const float stamp = std::min(0.17f * hu, 0.24f * hv);
    rectangle(f, hu - 1.5f * stamp, -hv + 1.6f * stamp, stamp, 1.15f * stamp, paper);
    primitive& picture =
        rectangle(f, hu - 1.5f * stamp, -hv + 1.6f * stamp, 0.82f * stamp, 0.95f * stamp, p.accent);
    picture.slope_v = 0.35f / stamp;
    if (chance(random, 0.6))  // postmark
        for (int i = 0; i < 3; ++i)
            rectangle(f, hu - 3.4f * stamp, -hv + (1.1f + 0.4f * static_cast<float>(i)) * stamp,
                      1.6f * stamp, 0.05f * stamp, {0.25f, 0.25f, 0.28f})
                .alpha = 0.6f;
}

void drawing::tube(const parcel& p, random_sequence& random) {
    const std::array<point, 4> corners = corners_of(p);
    const float radius = p.half_width;
    const float hu = p.half_length;
    const local_frame& f = p.frame;
    shadow({corners.begin(), corners.end()}, 0.9f * radius, 0.012f + 0.3f * radius, 0.55f);
    shadow({corners.begin(), corners.end()}, 0.002f, 0.008f, 0.45f);
    const float across = f.cosine * scene_.light_y - f.sine * scene_.light_x;
    const float light = 0.75f * across;
    const float gloss = pick(random, 0.0, 0.25);
    const auto rounded = [&](primitive& s) {
        s.shading = relief::cylinder;
        s.half_v = radius;
        s.light_v = light;
        s.gloss = gloss;
    };
    // The end that points to the middle of the picture shows its lid.
    const point low = f.to_picture(-hu, 0);
    const point high = f.to_picture(hu, 0);
    const float low_distance =
        (low.x - camera.x) * (low.x - camera.x) + (low.y - camera.y) * (low.y - camera.y);
    const float high_distance =
        (high.x - camera.x) * (high.x - camera.x) + (high.y - camera.y) * (high.y - camera.y);
    const float near = low_distance < high_distance ? -1.0f : 1.0f;

    primitive& far_end = add(make_ellipse(moved(f, -near * hu, 0), tube_end * radius, radius));
    far_end.colour = p.accent;
    rounded(far_end);
    primitive& body = rectangle(f, 0, 0, hu, radius, p.colour);
    rounded(body);
    body.grain = 0.04f;
    body.grain_u = 0.008f;
    body.grain_v = 0.002f;
    body.noise_seed = random.next();
    if (chance(random, 0.6)) {  // wound from a paper strip
        body.mixing = pattern::stripes;
        body.second = scaled(p.colour, 0.72f);
        body.stripe_u = 1.0f / (radius * pick(random, 1.6, 2.6));
        body.stripe_v = body.stripe_u * pick(random, 0.5, 1.0);
        body.duty = 0.09f;
    }
    const float cap = std::min(radius * pick(random, 0.25, 0.6), 0.12f * hu);
    rounded(rectangle(f, hu - cap, 0, cap, radius, p.accent));
    rounded(rectangle(f, -hu + cap, 0, cap, radius, p.accent));
    if (chance(random, 0.7)) {
        const float lu = hu * pick(random, 0.16, 0.3);
        primitive& sheet = rectangle(f, pick(random, -0.3, 0.3) * hu, 0, lu, 0.82f * radius, paper);
        const local_frame at = sheet.frame;
        rounded(sheet);
        modules(at, 0, 0.05f * radius, 0.8f * lu, 0.3f * radius, 60, false, random, paper, ink);
    }
    primitive& rim = add(make_ellipse(moved(f, near * hu, 0), tube_end * radius, radius));
    rim.colour = scaled(p.accent, 0.8f);
    primitive& lid =
        add(make_ellipse(moved(f, near * hu, 0), 0.78f * tube_end * radius, 0.8f * radius));
    lid.colour = p.accent;
    lid.slope_v = 0.25f * across / radius;
}

void drawing::bag(const parcel& p, random_sequence& random) {
    const float hu = p.half_length;
    const float hv = p.half_width;
    const local_frame& f = p.frame;
    local_frame away = f;
    away.x -= scene_.light_x * 0.06f * hv;
    away.y -= scene_.light_y * 0.06f * hv;
    primitive& fall = add(make_pillow(away, hu * 1.03f, hv * 1.03f, bag_concavity));
    fall.softness = 0.012f + 0.06f * hv;
    fall.alpha = 0.6f;
    fall.colour = black;
    primitive& skin = add(make_pillow(f, hu, hv, bag_concavity));
    skin.colour = p.colour;
    skin.shading = relief::cushion;
    skin.light_u = f.cosine * scene_.light_x + f.sine * scene_.light_y;
    skin.light_v = f.cosine * scene_.light_y - f.sine * scene_.light_x;
    skin.gloss = pick(random, 0.25, 0.6);
    skin.crease = pick(random, 0.16, 0.32);
    skin.crease_cell = hv * pick(random, 0.16, 0.34);
    skin.grain = 0.12f;
    skin.grain_u = hv * 0.5f;
    skin.grain_v = hv * 0.07f;
    skin.noise_seed = random.next();
    const primitive look = skin;  // add() below may move the list
    // Welded seams at both ends, ribbed.
    for (int end = 0; end < 2; ++end) {
        const float sign = end == 0 ? 1.0f : -1.0f;
        const float at = sign * hu * (1.0f - bag_concavity) * 0.93f;
        primitive& seam = rectangle(f, at, 0, 0.028f * hu, 0.93f * hv, scaled(p.colour, 1.15f));
        seam.second = scaled(p.colour, 0.66f);
        seam.mixing = pattern::stripes;
        seam.stripe_v = 16.0f / hv;
        seam.alpha = 0.75f;
    }
    if (chance(random, 0.5)) {  // a printed sign
        const float at_v = pick(random, -0.3, 0.3) * hv;
        const float at_u = pick(random, -0.4, -0.2) * hu;
        primitive& disc = add(make_ellipse(moved(f, at_u, at_v), 0.2f * hv, 0.2f * hv));
        disc.colour = p.accent;
        disc.alpha = 0.85f;
    }
    if (chance(random, 0.7)) {
        const float at_v = pick(random, -0.25, 0.25) * hv;
        const float at_u = pick(random, 0.15, 0.35) * hu;
        label(f, at_u, at_v, 0.34f * hu, 0.3f * hv, random);
    }
    // Folds also run over what is stuck on: light and dark patches that follow the creases.
    primitive& folds = add(make_pillow(f, hu, hv, bag_concavity));
    folds.colour = {0.95f, 0.95f, 0.97f};
    folds.alpha = 0.10f;
    folds.crease = 0.8f;
    folds.crease_cell = look.crease_cell;
    folds.noise_seed = look.noise_seed;
}

void drawing::draw(const parcel& p) {
    random_sequence random(p.seed, purpose::scene, 3);
    switch (p.kind) {
        case parcel_class::box:
            box(p, random);
            break;
        case parcel_class::envelope:
            envelope(p, random);
            break;
        case parcel_class::tube:
            tube(p, random);
            break;
        case parcel_class::bag:
            bag(p, random);
            break;
    }
}

}  // namespace

std::vector<primitive> draw_list(const parcel_scene& scene) {
    std::vector<primitive> list;
    drawing d(scene, list);
    d.belt();
    d.rails();
    for (const parcel& p : scene.parcels)
        d.draw(p);
    return list;
}

parcel_picture::parcel_picture(const parcel_scene& scene, unsigned width, unsigned height)
    : scene_(scene), list_(draw_list(scene)), width_(width), height_(height) {}

void parcel_picture::row(unsigned y, std::uint8_t* rgb) const {
    // Scratch space is kept from row to row; begin() clears it.
    thread_local std::optional<row_canvas> canvas;
    if (!canvas || canvas->width() != width_ || canvas->height() != height_)
        canvas.emplace(width_, height_);
    canvas->begin(y);
    for (const primitive& p : list_)
        canvas->paint(p);
    const float dy = canvas->y() - camera.y;
    const float base = scene_.brightness * (1.0f + scene_.slope_y * dy - 0.5f * scene_.slope_x +
                                            scene_.vignette * dy * dy);
    canvas->finish(base, scene_.brightness * scene_.slope_x, scene_.brightness * scene_.vignette,
                   scene_.tint, rgb);
}

rgb8_image render_parcels(const parcel_scene& scene, unsigned width, unsigned height,
                          worker_pool& pool) {
    rgb8_image image(width, height);
    const parcel_picture picture(scene, width, height);
    pool.parallel_for(height, 32, [&](std::size_t first, std::size_t last) {
        for (std::size_t y = first; y < last; ++y)
            picture.row(static_cast<unsigned>(y), image.row(static_cast<unsigned>(y)));
    });
    return image;
}

rgb8_image render_parcels(const parcel_scene& scene, unsigned width, unsigned height) {
    rgb8_image image(width, height);
    const parcel_picture picture(scene, width, height);
    for (unsigned y = 0; y < height; ++y)
        picture.row(y, image.row(y));
    return image;
}

}  // namespace ocellus::models
