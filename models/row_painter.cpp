// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/row_painter.h"

#include <algorithm>
#include <cmath>

#include "core/simd.h"

namespace ocellus::models {
namespace {

// The loops below run over one span of one row. x of sample i is x0 + i * step; lanes are
// independent.

inline __attribute__((always_inline)) float at(float x0, float step, int i) {
    return x0 + step * static_cast<float>(i);
}

inline __attribute__((always_inline)) float clamp01(float v) {
    const float low = v > 0.0f ? v : 0.0f;
    return low < 1.0f ? low : 1.0f;
}

OCELLUS_SIMD_CLONES
void edge_distance(float* __restrict d, int n, float start, float step, bool first) {
    if (first) {
        for (int i = 0; i < n; ++i)
            d[i] = at(start, step, i);
        return;
    }
    for (int i = 0; i < n; ++i) {
        const float e = at(start, step, i);
        d[i] = e < d[i] ? e : d[i];
    }
}

// Distance to an ellipse, first order: f / |grad f| with f = 1 - |p / axes|.
OCELLUS_SIMD_CLONES
void ellipse_distance(float* __restrict d, int n, float u0, float du, float v0, float dv,
                      float inverse_u, float inverse_v) {
    for (int i = 0; i < n; ++i) {
        const float a = at(u0, du, i) * inverse_u;
        const float b = at(v0, dv, i) * inverse_v;
        const float radius = std::sqrt(a * a + b * b) + 1e-12f;
        const float ga = a * inverse_u;
        const float gb = b * inverse_v;
        const float gradient = std::sqrt(ga * ga + gb * gb) + 1e-12f;
        // In the middle the gradient vanishes; there the shorter axis bounds the distance.
        const float e = (1.0f - radius) * radius / gradient;
        d[i] = radius < 0.5f ? 1.0f : e;
    }
}

OCELLUS_SIMD_CLONES
void pillow_distance(float* __restrict d, int n, float u0, float du, float v0, float dv,
                     float half_u, float half_v, float concavity) {
    const float inverse_u = 1.0f / half_u;
    const float inverse_v = 1.0f / half_v;
    for (int i = 0; i < n; ++i) {
        const float u = at(u0, du, i);
        const float v = at(v0, dv, i);
        const float a = u * inverse_u;
        const float b = v * inverse_v;
        const float limit_u = half_u * (1.0f - concavity * (1.0f - b * b));
        const float limit_v = half_v * (1.0f - concavity * (1.0f - a * a));
        const float eu = limit_u - (u < 0.0f ? -u : u);
        const float ev = limit_v - (v < 0.0f ? -v : v);
        d[i] = eu < ev ? eu : ev;
    }
}

OCELLUS_SIMD_CLONES
void coverage_sharp(float* __restrict d, int n, float inverse_width, float alpha) {
    for (int i = 0; i < n; ++i)
        d[i] = clamp01(d[i] * inverse_width + 0.5f) * alpha;
}

OCELLUS_SIMD_CLONES
void coverage_soft(float* __restrict d, int n, float inverse_width, float alpha) {
    for (int i = 0; i < n; ++i) {
        const float t = clamp01(d[i] * inverse_width + 0.5f);
        d[i] = t * t * (3.0f - 2.0f * t) * alpha;
    }
}

OCELLUS_SIMD_CLONES
void shade_flat(float* __restrict s, int n, float start, float step) {
    for (int i = 0; i < n; ++i)
        s[i] = at(start, step, i);
}

OCELLUS_SIMD_CLONES
void shade_cylinder(float* __restrict s, int n, float v0, float dv, float inverse_radius,
                    float light, float gloss) {
    const float up = std::sqrt(1.0f - light * light);
    for (int i = 0; i < n; ++i) {
        const float t0 = at(v0, dv, i) * inverse_radius;
        const float t1 = t0 > -1.0f ? t0 : -1.0f;
        const float t = t1 < 1.0f ? t1 : 1.0f;
        const float normal = std::sqrt(1.0f - t * t);
        const float lambert0 = light * t + up * normal;
        const float lambert = lambert0 > 0.0f ? lambert0 : 0.0f;
        const float p2 = lambert * lambert;
        const float p4 = p2 * p2;
        const float p8 = p4 * p4;
        const float p32 = p8 * p8 * p8 * p8;
        s[i] = 0.42f + 0.63f * lambert + gloss * p32;
    }
}

OCELLUS_SIMD_CLONES
void shade_cushion(float* __restrict s, int n, float u0, float du, float v0, float dv,
                   float inverse_u, float inverse_v, float light_u, float light_v, float gloss) {
    for (int i = 0; i < n; ++i) {
        const float a = at(u0, du, i) * inverse_u;
        const float b = at(v0, dv, i) * inverse_v;
        const float a2 = a * a;
        const float b2 = b * b;
        // Height (1 - a^4)(1 - b^4); slopes give the normal.
        const float sa = 2.0f * a2 * a * (1.0f - b2 * b2);
        const float sb = 2.0f * b2 * b * (1.0f - a2 * a2);
        const float norm = 1.0f / std::sqrt(1.0f + sa * sa + sb * sb);
        const float lambert0 = (0.6f * (light_u * sa + light_v * sb) + 0.8f) * norm;
        const float lambert = lambert0 > 0.0f ? lambert0 : 0.0f;
        const float p2 = lambert * lambert;
        const float p4 = p2 * p2;
        const float p16 = p4 * p4 * p4 * p4;
        s[i] = 0.5f + 0.55f * lambert + gloss * p16;
    }
}

inline __attribute__((always_inline)) float lattice(std::uint32_t iu, std::uint32_t iv) {
    std::uint32_t h = iu * 0x9E3779B1u + iv;
    h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
    h = (h ^ (h >> 12)) * 0x297A2D39u;
    h ^= h >> 15;
    return static_cast<float>(static_cast<std::int32_t>(h >> 8)) * 0x1p-23f - 1.0f;
}

// Adds value noise: hashed lattice points, smoothly interpolated. Coordinates are offset to be
// positive.
OCELLUS_SIMD_CLONES
void add_noise(float* __restrict s, int n, float u0, float du, float v0, float dv, float amplitude,
               std::uint32_t seed) {
    for (int i = 0; i < n; ++i) {
        const float u = at(u0, du, i) + 4096.0f;
        const float v = at(v0, dv, i) + 4096.0f;
        const std::int32_t iu = static_cast<std::int32_t>(u);
        const std::int32_t iv = static_cast<std::int32_t>(v);
        const float fu = u - static_cast<float>(iu);
        const float fv = v - static_cast<float>(iv);
        const float wu = fu * fu * (3.0f - 2.0f * fu);
        const float wv = fv * fv * (3.0f - 2.0f * fv);
        const std::uint32_t ku = static_cast<std::uint32_t>(iu);
        const std::uint32_t kv = static_cast<std::uint32_t>(iv) * 0x85EBCA77u + seed;
        const float n00 = lattice(ku, kv);
        const float n10 = lattice(ku + 1u, kv);
        const float n01 = lattice(ku, kv + 0x85EBCA77u);
        const float n11 = lattice(ku + 1u, kv + 0x85EBCA77u);
        const float low = n00 + wu * (n10 - n00);
        const float high = n01 + wu * (n11 - n01);
        s[i] += amplitude * (low + wv * (high - low));
    }
}

// Integral of a square wave of period 1 that is 1 for the first `duty` of each period (t > 0).
inline __attribute__((always_inline)) float wave_integral(float t, float duty) {
    const float whole = static_cast<float>(static_cast<std::int32_t>(t));
    const float part = t - whole;
    return whole * duty + (part < duty ? part : duty);
}

OCELLUS_SIMD_CLONES
void mix_stripes(float* __restrict m, int n, float t0, float dt, float footprint, float duty) {
    const float inverse = 1.0f / footprint;
    for (int i = 0; i < n; ++i) {
        const float t = at(t0, dt, i) + 1024.0f;
        m[i] = (wave_integral(t + 0.5f * footprint, duty) -
                wave_integral(t - 0.5f * footprint, duty)) *
               inverse;
    }
}

inline __attribute__((always_inline)) float code_integral(const float* __restrict sum, float t,
                                                          float modules) {
    const float low = t > 0.0f ? t : 0.0f;
    const float c = low < modules ? low : modules;
    const std::int32_t i = static_cast<std::int32_t>(c);
    const float part = c - static_cast<float>(i);
    return sum[i] + part * (sum[i + 1] - sum[i]);
}

OCELLUS_SIMD_CLONES
void mix_code(float* __restrict m, int n, float t0, float dt, float footprint,
              const float* __restrict sum, float modules) {
    const float inverse = 1.0f / footprint;
    for (int i = 0; i < n; ++i) {
        const float t = at(t0, dt, i);
        m[i] = (code_integral(sum, t + 0.5f * footprint, modules) -
                code_integral(sum, t - 0.5f * footprint, modules)) *
               inverse;
    }
}

OCELLUS_SIMD_CLONES
void blend_plain(float* __restrict out, int n, const float* __restrict cover,
                 const float* __restrict shade, float colour) {
    for (int i = 0; i < n; ++i)
        out[i] += cover[i] * (colour * shade[i] - out[i]);
}

OCELLUS_SIMD_CLONES
void blend_mixed(float* __restrict out, int n, const float* __restrict cover,
                 const float* __restrict shade, const float* __restrict mix, float colour,
                 float difference) {
    for (int i = 0; i < n; ++i)
        out[i] += cover[i] * ((colour + mix[i] * difference) * shade[i] - out[i]);
}

OCELLUS_SIMD_CLONES
void light_channel(float* __restrict c, int n, float base, float slope, float bend, float pixel,
                   float tint) {
    for (int i = 0; i < n; ++i) {
        const float x = (static_cast<float>(i) + 0.5f) * pixel;
        const float centred = x - 0.5f;
        const float light = base + slope * x + bend * centred * centred;
        c[i] = clamp01(c[i] * light * tint) * 255.0f + 0.5f;
    }
}

OCELLUS_SIMD_CLONES
void interleave(std::uint8_t* __restrict out, int n, const float* __restrict r,
                const float* __restrict g, const float* __restrict b) {
    for (int i = 0; i < n; ++i) {
        out[3 * i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(r[i]));
        out[3 * i + 1] = static_cast<std::uint8_t>(static_cast<std::int32_t>(g[i]));
        out[3 * i + 2] = static_cast<std::uint8_t>(static_cast<std::int32_t>(b[i]));
    }
}

}  // namespace

std::vector<point> convex_hull(std::vector<point> points) {
    std::sort(points.begin(), points.end(), [](const point& p, const point& q) {
        return p.x < q.x || (!(q.x < p.x) && p.y < q.y);
    });
    if (points.size() < 3)
        return points;
    const auto turn = [](const point& o, const point& p, const point& q) {
        return (p.x - o.x) * (q.y - o.y) - (p.y - o.y) * (q.x - o.x);
    };
    std::vector<point> hull;
    for (int pass = 0; pass < 2; ++pass) {
        const std::size_t base = hull.size();
        for (const point& p : points) {
            while (hull.size() >= base + 2 && turn(hull[hull.size() - 2], hull.back(), p) <= 1e-12f)
                hull.pop_back();
            hull.push_back(p);
        }
        hull.pop_back();
        std::reverse(points.begin(), points.end());
    }
    return hull;
}

primitive make_polygon(const std::vector<point>& corners) {
    primitive p;
    p.shape = outline::polygon;
    const std::vector<point> hull = convex_hull(corners);
    p.left = p.top = 1e9f;
    p.right = p.bottom = -1e9f;
    for (const point& c : hull) {
        p.left = std::min(p.left, c.x);
        p.right = std::max(p.right, c.x);
        p.top = std::min(p.top, c.y);
        p.bottom = std::max(p.bottom, c.y);
    }
    for (std::size_t i = 0; i < hull.size() && p.edge_count < p.edges.size(); ++i) {
        const point& from = hull[i];
        const point& to = hull[(i + 1) % hull.size()];
        const float dx = to.x - from.x;
        const float dy = to.y - from.y;
        const float length = std::sqrt(dx * dx + dy * dy);
        if (length < 1e-7f)
            continue;
        const float a = -dy / length;
        const float b = dx / length;
        p.edges[p.edge_count++] = {a, b, -(a * from.x + b * from.y)};
    }
    p.frame.x = 0.5f * (p.left + p.right);
    p.frame.y = 0.5f * (p.top + p.bottom);
    return p;
}

primitive make_rectangle(const local_frame& frame, float u, float v, float half_u, float half_v) {
    primitive p = make_polygon(
        {frame.to_picture(u - half_u, v - half_v), frame.to_picture(u + half_u, v - half_v),
         frame.to_picture(u + half_u, v + half_v), frame.to_picture(u - half_u, v + half_v)});
    p.frame = frame;
    const point centre = frame.to_picture(u, v);
    p.frame.x = centre.x;
    p.frame.y = centre.y;
    p.half_u = half_u;
    p.half_v = half_v;
    return p;
}

primitive make_ellipse(const local_frame& frame, float half_u, float half_v) {
    primitive p;
    p.shape = outline::ellipse;
    p.frame = frame;
    p.half_u = half_u;
    p.half_v = half_v;
    const float uc = half_u * frame.cosine;
    const float us = half_u * frame.sine;
    const float vc = half_v * frame.cosine;
    const float vs = half_v * frame.sine;
    const float reach_x = std::sqrt(uc * uc + vs * vs);
    const float reach_y = std::sqrt(us * us + vc * vc);
    p.left = frame.x - reach_x;
    p.right = frame.x + reach_x;
    p.top = frame.y - reach_y;
    p.bottom = frame.y + reach_y;
    return p;
}

primitive make_pillow(const local_frame& frame, float half_u, float half_v, float concavity) {
    primitive p = make_rectangle(frame, 0, 0, half_u, half_v);
    p.shape = outline::pillow;
    p.concavity = concavity;
    return p;
}

row_canvas::row_canvas(unsigned width, unsigned height)
    : width_(width),
      height_(height),
      pixel_(1.0f / static_cast<float>(width)),
      r_(width),
      g_(width),
      b_(width),
      distance_(width),
      shade_(width),
      mix_(width) {}

void row_canvas::begin(unsigned y) {
    y_ = (static_cast<float>(y) + 0.5f) * 0.75f / static_cast<float>(height_);
    std::fill(r_.begin(), r_.end(), 0.0f);
    std::fill(g_.begin(), g_.end(), 0.0f);
    std::fill(b_.begin(), b_.end(), 0.0f);
}

void row_canvas::paint(const primitive& p) {
    const float edge = p.softness > pixel_ ? p.softness : pixel_;
    const float margin = 0.5f * edge;
    if (y_ < p.top - margin || y_ > p.bottom + margin)
        return;
    float from = p.left - margin;
    float to = p.right + margin;
    // The half planes also bound pillows, whose corners are those of their rectangle.
    for (unsigned e = 0; e < p.edge_count; ++e) {
        const half_plane& h = p.edges[e];
        const float rest = h.b * y_ + h.c + margin;
        if (h.a > 1e-6f)
            from = std::max(from, -rest / h.a);
        else if (h.a < -1e-6f)
            to = std::min(to, -rest / h.a);
        else if (rest < 0.0f)
            return;
    }
    const float columns = static_cast<float>(width_);
    from = std::min(std::max(from * columns - 1.0f, 0.0f), columns);
    to = std::min(std::max(to * columns + 1.0f, 0.0f), columns);
    const int first = static_cast<int>(from);
    const int n = static_cast<int>(to) - first;
    if (n <= 0)
        return;
    const float x0 = (static_cast<float>(first) + 0.5f) * pixel_;

    const local_frame& f = p.frame;
    const point start = f.to_local(x0, y_);
    const float du = f.cosine * pixel_;
    const float dv = -f.sine * pixel_;

    float* cover = distance_.data();
    switch (p.shape) {
        case outline::polygon:
            for (unsigned e = 0; e < p.edge_count; ++e) {
                const half_plane& h = p.edges[e];
                edge_distance(cover, n, h.a * x0 + h.b * y_ + h.c, h.a * pixel_, e == 0);
            }
            break;
        case outline::ellipse:
            ellipse_distance(cover, n, start.x, du, start.y, dv, 1.0f / p.half_u, 1.0f / p.half_v);
            break;
        case outline::pillow:
            pillow_distance(cover, n, start.x, du, start.y, dv, p.half_u, p.half_v, p.concavity);
            break;
    }
    if (p.softness > pixel_)
        coverage_soft(cover, n, 1.0f / edge, p.alpha);
    else
        coverage_sharp(cover, n, 1.0f / edge, p.alpha);

    float* shade = shade_.data();
    switch (p.shading) {
        case relief::flat:
            shade_flat(shade, n, 1.0f + p.slope_u * start.x + p.slope_v * start.y,
                       p.slope_u * du + p.slope_v * dv);
            break;
        case relief::cylinder:
            shade_cylinder(shade, n, start.y, dv, 1.0f / p.half_v, p.light_v, p.gloss);
            break;
        case relief::cushion:
            shade_cushion(shade, n, start.x, du, start.y, dv, 1.0f / p.half_u, 1.0f / p.half_v,
                          p.light_u, p.light_v, p.gloss);
            break;
    }
    if (p.grain > 0.0f) {
        // Cells smaller than a pixel average out.
        const float smaller = std::min(p.grain_u, p.grain_v);
        const float amplitude = p.grain * std::min(1.0f, smaller / pixel_);
        add_noise(shade, n, start.x / p.grain_u, du / p.grain_u, start.y / p.grain_v,
                  dv / p.grain_v, amplitude, p.noise_seed);
    }
    if (p.crease > 0.0f)
        add_noise(shade, n, start.x / p.crease_cell, du / p.crease_cell, start.y / p.crease_cell,
                  dv / p.crease_cell, p.crease, p.noise_seed + 0x51ED270Bu);

    float* r = r_.data() + first;
    float* g = g_.data() + first;
    float* b = b_.data() + first;
    if (p.mixing == pattern::none) {
        blend_plain(r, n, cover, shade, p.colour.r);
        blend_plain(g, n, cover, shade, p.colour.g);
        blend_plain(b, n, cover, shade, p.colour.b);
        return;
    }
    float* mix = mix_.data();
    if (p.mixing == pattern::stripes) {
        const float rate = std::sqrt(p.stripe_u * p.stripe_u + p.stripe_v * p.stripe_v);
        mix_stripes(mix, n, p.stripe_u * start.x + p.stripe_v * start.y + p.stripe_phase,
                    p.stripe_u * du + p.stripe_v * dv, std::max(rate * pixel_, 1e-3f), p.duty);
    } else {
        mix_code(mix, n, (start.x - p.code_start) / p.code_module, du / p.code_module,
                 pixel_ / p.code_module, p.code->sum.data(), static_cast<float>(p.code->modules));
    }
    blend_mixed(r, n, cover, shade, mix, p.colour.r, p.second.r - p.colour.r);
    blend_mixed(g, n, cover, shade, mix, p.colour.g, p.second.g - p.colour.g);
    blend_mixed(b, n, cover, shade, mix, p.colour.b, p.second.b - p.colour.b);
}

void row_canvas::finish(float base, float slope, float bend, const rgb& tint, std::uint8_t* out) {
    const int n = static_cast<int>(width_);
    light_channel(r_.data(), n, base, slope, bend, pixel_, tint.r);
    light_channel(g_.data(), n, base, slope, bend, pixel_, tint.g);
    light_channel(b_.data(), n, base, slope, bend, pixel_, tint.b);
    interleave(out, n, r_.data(), g_.data(), b_.data());
}

}  // namespace ocellus::models
