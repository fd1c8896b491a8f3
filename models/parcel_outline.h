// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <vector>

#include "core/random.h"
#include "models/parcels.h"

/// What arranging and drawing parcels share: where the camera is, and the shapes that parcels have.
namespace ocellus::models {

constexpr point camera{0.5f, 0.375f};    ///< the middle of the picture, seen from straight above
constexpr float picture_height = 0.75f;  ///< in picture widths
constexpr float bag_concavity = 0.10f;   ///< how far a bag's sides curve inwards
constexpr float tube_end = 0.30f;        ///< half axis of the ellipse at a tube's end, in radii

inline float pick(random_sequence& random, double low, double high) {
    return static_cast<float>(random.uniform(low, high));
}

inline bool chance(random_sequence& random, double probability) {
    return random.uniform() < probability;
}

/// A frame at the origin, turned by `turns` (0 .. 1) of a circle. The same bits on every machine.
local_frame direction(double turns);

/// The frame moved by (u, v) in its own directions.
local_frame moved(const local_frame& f, float u, float v);

/// Where the camera sees a point of the belt that is raised by `height`.
point raised(const point& p, float height);

/// The four corners of a parcel's rectangle on the belt, in order.
std::array<point, 4> corners_of(const parcel& p);

/// The parts whose union is the parcel's silhouette.
std::vector<primitive> silhouette(const parcel& p);

bool contains(const std::vector<primitive>& parts, float x, float y);

struct bounds {
    float left = 1e9f, top = 1e9f, right = -1e9f, bottom = -1e9f;
};

bounds bounds_of(const std::vector<primitive>& parts);

/// Left and right of a parcel's silhouette when each of its points is moved to the right by `lean`
/// times its distance below the picture's middle.
void lean_sideways(bounds& b, const parcel& p, float lean);

}  // namespace ocellus::models
