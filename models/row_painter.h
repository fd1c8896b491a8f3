// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

/// Anti-aliased painting of simple shapes, one picture row at a time. A picture is a list of
/// primitives painted in order; every row can be painted alone, so rows run in parallel.
/// Coordinates are picture widths: x from 0 to 1, y from 0 to 0.75 for a 4:3 picture. Colours are
/// sRGB code values from 0 to 1.
namespace ocellus::models {

struct rgb {
    float r = 0, g = 0, b = 0;
};

struct point {
    float x = 0, y = 0;
};

/// a * x + b * y + c is the distance to the line, positive inside; (a, b) is a unit vector.
struct half_plane {
    float a = 0, b = 0, c = 0;
};

/// A rotated coordinate system: u runs along (cosine, sine), v at a right angle to it.
struct local_frame {
    float x = 0, y = 0, cosine = 1, sine = 0;
    point to_picture(float u, float v) const {
        return {x + cosine * u - sine * v, y + sine * u + cosine * v};
    }
    point to_local(float px, float py) const {
        return {cosine * (px - x) + sine * (py - y), cosine * (py - y) - sine * (px - x)};
    }
};

enum class outline : std::uint8_t {
    polygon,  ///< convex, by its half planes
    ellipse,  ///< half axes half_u, half_v
    pillow,   ///< half_u x half_v with sides that curve inwards by `concavity` and keep the corners
};

/// How `second` is mixed into `colour`.
enum class pattern : std::uint8_t {
    none,
    stripes,  ///< square wave of duty `duty` in stripe_u * u + stripe_v * v + stripe_phase
    code,     ///< a row of dark and light modules along u (bar codes, lines of print)
};

/// How brightness varies over the shape, as a multiplier of the colour.
enum class relief : std::uint8_t {
    flat,      ///< slope_u * u + slope_v * v
    cylinder,  ///< axis along u, radius half_v, lit from light_v with a highlight
    cushion,   ///< bulging height field over half_u x half_v, lit from (light_u, light_v)
};

/// Running sum of up to 128 modules, for exact box filtering.
struct module_table {
    std::array<float, 130> sum{};
    unsigned modules = 0;
};

struct primitive {
    outline shape = outline::polygon;
    std::array<half_plane, 8> edges{};
    unsigned edge_count = 0;
    float left = 0, top = 0, right = 0, bottom = 0;  ///< bounds, without softness
    local_frame frame;
    float half_u = 0, half_v = 0;
    float concavity = 0;
    float softness = 0;  ///< width of the blurred edge; 0 = one pixel
    float alpha = 1;
    rgb colour, second;

    pattern mixing = pattern::none;
    float stripe_u = 0, stripe_v = 0, stripe_phase = 0, duty = 0.5f;
    float code_start = 0, code_module = 0;  ///< u of the first module, width of one
    std::shared_ptr<const module_table> code;

    relief shading = relief::flat;
    float slope_u = 0, slope_v = 0;
    float light_u = 0, light_v = 0, gloss = 0;

    float grain = 0, grain_u = 0, grain_v = 0;  ///< amplitude and cell of fine noise
    float crease = 0, crease_cell = 0;          ///< amplitude and cell of coarse noise
    std::uint32_t noise_seed = 0;
};

/// A convex polygon; the points may run either way round. Up to 8 corners.
primitive make_polygon(const std::vector<point>& corners);
/// The rectangle |u| <= half_u, |v| <= half_v around (u, v) of a frame.
primitive make_rectangle(const local_frame& frame, float u, float v, float half_u, float half_v);
primitive make_ellipse(const local_frame& frame, float half_u, float half_v);
primitive make_pillow(const local_frame& frame, float half_u, float half_v, float concavity);

/// Convex hull, counter-clockwise in x right, y up (clockwise on the screen), without repeated
/// points.
std::vector<point> convex_hull(std::vector<point> points);

/// One row of a picture in work, and scratch space for painting into it.
class row_canvas {
  public:
    row_canvas(unsigned width, unsigned height);
    /// Starts row `y` (0 .. height-1) in black.
    void begin(unsigned y);
    void paint(const primitive& p);
    /// Multiplies by (base + slope * x + bend * (x - 0.5)^2) * tint, clamps to 0..1 and writes
    /// width * 3 bytes.
    void finish(float base, float slope, float bend, const rgb& tint, std::uint8_t* out);
    unsigned width() const { return width_; }
    unsigned height() const { return height_; }
    /// y of the row's centre, in picture widths.
    float y() const { return y_; }

  private:
    unsigned width_, height_;
    float pixel_;
    float y_ = 0;
    std::vector<float> r_, g_, b_, distance_, shade_, mix_;
};

}  // namespace ocellus::models
