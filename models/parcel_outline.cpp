// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/parcel_outline.h"

#include <algorithm>
#include <cmath>

namespace ocellus::models {
namespace {

bool contains(const primitive& s, float x, float y) {
    const point q = s.frame.to_local(x, y);
    if (s.shape == outline::ellipse) {
        const float a = q.x / s.half_u;
        const float b = q.y / s.half_v;
        return a * a + b * b <= 1.0f;
    }
    if (s.shape == outline::pillow) {
        const float a = q.x / s.half_u;
        const float b = q.y / s.half_v;
        return std::fabs(a) <= 1.0f - s.concavity * (1.0f - b * b) &&
               std::fabs(b) <= 1.0f - s.concavity * (1.0f - a * a);
    }
    for (unsigned e = 0; e < s.edge_count; ++e)
        if (s.edges[e].a * x + s.edges[e].b * y + s.edges[e].c < 0.0f)
            return false;
    return true;
}

}  // namespace

// Own sine and cosine of `turns` of a circle: the C library's may differ in the last digit between
// machines, and scenes must not.
local_frame direction(double turns) {
    const double eighths = turns * 8.0;
    const int octant = static_cast<int>(eighths + 0.5);  // nearest eighth
    const double x = (eighths - octant) * 0.78539816339744830962;
    const double q = x * x;
    const double s = x * (1 - q / 6 * (1 - q / 20 * (1 - q / 42 * (1 - q / 72 * (1 - q / 110)))));
    const double c = 1 - q / 2 * (1 - q / 12 * (1 - q / 30 * (1 - q / 56 * (1 - q / 90))));
    constexpr double h = 0.70710678118654752440;
    constexpr std::array<double, 8> base_c{1, h, 0, -h, -1, -h, 0, h};
    constexpr std::array<double, 8> base_s{0, h, 1, h, 0, -h, -1, -h};
    const std::size_t o = static_cast<std::size_t>(octant % 8);
    local_frame f;
    f.cosine = static_cast<float>(base_c[o] * c - base_s[o] * s);
    f.sine = static_cast<float>(base_s[o] * c + base_c[o] * s);
    return f;
}

point raised(const point& p, float height) {
    return {camera.x + (p.x - camera.x) * (1.0f + height),
            camera.y + (p.y - camera.y) * (1.0f + height)};
}

std::array<point, 4> corners_of(const parcel& p) {
    const local_frame& f = p.frame;
    return {f.to_picture(-p.half_length, -p.half_width), f.to_picture(p.half_length, -p.half_width),
            f.to_picture(p.half_length, p.half_width), f.to_picture(-p.half_length, p.half_width)};
}

local_frame moved(const local_frame& f, float u, float v) {
    local_frame g = f;
    const point p = f.to_picture(u, v);
    g.x = p.x;
    g.y = p.y;
    return g;
}

std::vector<primitive> silhouette(const parcel& p) {
    const std::array<point, 4> floor = corners_of(p);
    switch (p.kind) {
        case parcel_class::box: {
            std::vector<point> all(floor.begin(), floor.end());
            for (const point& c : floor)
                all.push_back(raised(c, p.height));
            return {make_polygon(all)};
        }
        case parcel_class::envelope:
            break;
        case parcel_class::tube:
            return {make_rectangle(p.frame, 0, 0, p.half_length, p.half_width),
                    make_ellipse(moved(p.frame, -p.half_length, 0), tube_end * p.half_width,
                                 p.half_width),
                    make_ellipse(moved(p.frame, p.half_length, 0), tube_end * p.half_width,
                                 p.half_width)};
        case parcel_class::bag:
            return {make_pillow(p.frame, p.half_length, p.half_width, bag_concavity)};
    }
    return {make_rectangle(p.frame, 0, 0, p.half_length, p.half_width)};
}

bool contains(const std::vector<primitive>& parts, float x, float y) {
    for (const primitive& s : parts)
        if (contains(s, x, y))
            return true;
    return false;
}

bounds bounds_of(const std::vector<primitive>& parts) {
    bounds b;
    for (const primitive& s : parts) {
        b.left = std::min(b.left, s.left);
        b.top = std::min(b.top, s.top);
        b.right = std::max(b.right, s.right);
        b.bottom = std::max(b.bottom, s.bottom);
    }
    return b;
}

void lean_sideways(bounds& b, const parcel& p, float lean) {
    b.left = 1e9f;
    b.right = -1e9f;
    const auto reach = [&](const point& c, float most) {
        const float x = c.x + lean * (c.y - camera.y);
        b.left = std::min(b.left, x - most);
        b.right = std::max(b.right, x + most);
    };
    for (const point& c : corners_of(p)) {
        reach(c, 0);
        if (p.kind == parcel_class::box)
            reach(raised(c, p.height), 0);
    }
    if (p.kind != parcel_class::tube)
        return;
    // An ellipse reaches as far in a direction as its half axes do together, squares added.
    const point u = p.frame.to_picture(tube_end * p.half_width, 0),
                v = p.frame.to_picture(0, p.half_width);
    const auto across = [&](const point& q) { return q.x - p.frame.x + lean * (q.y - p.frame.y); };
    const float most = std::sqrt(across(u) * across(u) + across(v) * across(v));
    reach(p.frame.to_picture(-p.half_length, 0), most);
    reach(p.frame.to_picture(p.half_length, 0), most);
}

}  // namespace ocellus::models
