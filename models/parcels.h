// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/image.h"
#include "core/worker_pool.h"
#include "models/row_painter.h"

/// A made-up scene of our own: parcels on a conveyor, seen from above. It feeds the sensor when the
/// user brings no photograph, and it is what the built-in network was trained on.
///
/// Coordinates of a scene are picture widths: x from 0 to 1, y from 0 to 0.75 (a 4:3 picture).
namespace ocellus::models {

enum class parcel_class : int { box = 0, envelope = 1, tube = 2, bag = 3 };

/// Names by class number, in the order of the network's outputs.
constexpr std::array<const char*, 4> parcel_class_names{"box", "envelope", "tube", "bag"};

/// One parcel. Smaller things on it (labels, tape, creases) come from `seed`.
struct parcel {
    parcel_class kind = parcel_class::box;
    local_frame frame;      ///< centre on the belt; u runs along the longer side
    float half_length = 0;  ///< along u
    float half_width = 0;   ///< along v; the radius of a tube
    float height = 0;       ///< boxes: the top is 1 + height times nearer to the camera
    rgb colour;
    rgb accent;  ///< tape, caps, print
    std::uint64_t seed = 0;
};

/// What one frame shows.
struct parcel_scene {
    std::uint64_t seed = 0;
    std::uint32_t frame = 0;
    std::vector<parcel> parcels;  ///< 1 to 6, later ones lie on top
    rgb belt;
    rgb rail;
    float rail_top = 0, rail_bottom = 0;  ///< inner edges of the rails
    float light_x = 0, light_y = 0;       ///< unit vector towards the light
    float brightness = 1;
    float slope_x = 0, slope_y = 0, vignette = 0;
    rgb tint{1, 1, 1};
};

/// Ground truth of one parcel. The box is that of the whole parcel, also where other parcels cover
/// it, cut at the picture's edge; left and right are fractions of the picture's width, top and
/// bottom of its height. `visible` is the share of its area that is inside the picture and not
/// covered, sampled on a grid of 48 x 48 points.
struct parcel_truth {
    int class_id = 0;
    float left = 0, top = 0, right = 0, bottom = 0;
    float visible = 1;
};

/// The scene of one frame: a new arrangement for each (seed, frame), the same on every machine.
parcel_scene make_parcel_scene(std::uint64_t seed, std::uint32_t frame);

/// One entry per parcel, in the scene's order. `lean`: how far what lies one picture width below
/// the picture's middle is moved to the right, in picture widths, and all else in proportion: what
/// a rolling shutter makes of a belt that runs. The share that is visible is that without it.
std::vector<parcel_truth> truth(const parcel_scene& scene, float lean = 0);

/// Draws the scene with anti-aliased edges, in sRGB, for any picture size. Rows run in the pool;
/// the bytes do not depend on its number of threads. Not to be called from inside the pool's own
/// work.
rgb8_image render_parcels(const parcel_scene& scene, unsigned width, unsigned height,
                          worker_pool& pool);

/// The same in the calling thread.
rgb8_image render_parcels(const parcel_scene& scene, unsigned width, unsigned height);

/// The same picture row by row: any row, in any order, from any thread.
class parcel_picture {
  public:
    parcel_picture(const parcel_scene& scene, unsigned width, unsigned height);
    unsigned width() const { return width_; }
    unsigned height() const { return height_; }
    /// Writes row `y` as 3 x width bytes.
    void row(unsigned y, std::uint8_t* rgb) const;

  private:
    parcel_scene scene_;
    std::vector<primitive> list_;
    unsigned width_, height_;
};

/// The list of shapes that make up the picture, in painting order.
std::vector<primitive> draw_list(const parcel_scene& scene);

}  // namespace ocellus::models
