// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/parcel_belt.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "models/parcels.h"

namespace ocellus::models {
namespace {

const std::array<float, 256>& light_of_code() {
    static const std::array<float, 256> table = [] {
        std::array<float, 256> t{};
        for (unsigned i = 0; i < 256; ++i)
            t[i] = static_cast<float>(srgb_to_linear(i));
        return t;
    }();
    return table;
}

/// The parcels of the arrangement, `way` picture widths further to the right.
parcel_picture moved(const parcel_scene& scene, double way, unsigned width, unsigned height) {
    parcel_scene there = scene;
    for (auto& p : there.parcels)
        p.frame.x += static_cast<float>(way);
    return {there, width, height};
}

}  // namespace

std::shared_ptr<const linear_frame> parcel_belt::frame(std::uint32_t n, unsigned width,
                                                       unsigned height) const {
    // Half the array's resolution: finer than the tensor and than most lenses.
    const auto picture = std::make_shared<const parcel_picture>(make_parcel_scene(seed_, n),
                                                                (width + 1) / 2, (height + 1) / 2);
    row_source rows;
    rows.width = picture->width();
    rows.height = picture->height();
    rows.paint = [picture](unsigned y, std::uint8_t* rgb) { picture->row(y, rgb); };
    return resampled_frame(std::move(rows), width, height);
}

std::shared_ptr<const linear_frame> parcel_belt::frame(std::uint32_t n, unsigned width,
                                                       unsigned height, const shutter& when) const {
    if (speed_ == 0)
        return frame(n, width, height);
    const auto arrangement = std::make_shared<const parcel_scene>(make_parcel_scene(seed_, n));
    row_source rows;
    rows.width = (width + 1) / 2;
    rows.height = (height + 1) / 2;
    // The blur of the exposure is the mean of instants at most a pixel of the drawing apart, but of
    // no more than 16.
    const double blur = speed_ * when.exposure;
    const double steps = std::ceil(std::fabs(blur) * rows.width);
    const auto instants = static_cast<unsigned>(std::min(std::max(steps, 1.0), 16.0));
    const double lines = static_cast<double>(height) / rows.height;
    rows.shine = [=, w = rows.width, h = rows.height, speed = speed_](unsigned y, float* red,
                                                                      float* green, float* blue) {
        const double lean = speed * when.row_time * ((y + 0.5) * lines - height / 2.0);
        std::vector<std::uint8_t> rgb(std::size_t{w} * 3);
        std::fill_n(red, w, 0.0f);
        std::fill_n(green, w, 0.0f);
        std::fill_n(blue, w, 0.0f);
        const float share = 1.0f / static_cast<float>(instants);
        for (unsigned i = 0; i < instants; ++i) {
            moved(*arrangement, lean + blur * ((i + 0.5) / instants - 0.5), w, h)
                .row(y, rgb.data());
            for (unsigned x = 0; x < w; ++x) {
                red[x] += light_of_code()[rgb[3 * x]] * share;
                green[x] += light_of_code()[rgb[3 * x + 1]] * share;
                blue[x] += light_of_code()[rgb[3 * x + 2]] * share;
            }
        }
    };
    return resampled_frame(std::move(rows), width, height);
}

}  // namespace ocellus::models
