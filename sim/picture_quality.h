// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/image.h"
#include "core/picture.h"
#include "isp/bayer.h"
#include "models/scene.h"
#include "sim/settings.h"

namespace ocellus::sim {

/// Linear light, R G B interleaved, row by row.
using light = std::vector<double>;

/// How near a picture is to its scene; docs/isp.md has the formulas. Those that need another chart
/// have no value.
struct picture_figures {
    double exposure = 1;  ///< factor from the scene's light to the picture's
    double psnr = 0;      ///< dB
    double ssim = 0;
    std::optional<double> snr;                   ///< dB
    std::optional<double> mtf50;                 ///< cycles per pixel
    std::optional<double> delta_e, delta_e_max;  ///< CIEDE2000, mean and largest of the patches
};

/// Mean of the scene's light over each pixel of a picture of width x height.
light ideal_light(const models::scene& scene, std::uint32_t frame, const settings& s,
                  unsigned width, unsigned height);

/// The code values of a picture of 8 or 16 bits, 1.0 at the highest.
light codes_of(const picture& p);
light codes_of(const rgb8_image& p);

/// `codes`: of a picture of width x height, in linear light when `linear`, else as sRGB. PSNR and
/// SSIM are taken at 8 bits, the rest at the depth that it has. `truth`: of the same size. `scene`:
/// name of the chart, or anything else.
picture_figures compare_picture(light codes, unsigned width, unsigned height, bool linear,
                                const light& truth, const std::string& scene);

/// Signal to noise of the green sites of a mosaic, one sample a pixel in linear light; dB. None
/// where the chart has no flat patch.
std::optional<double> mosaic_snr(const light& samples, unsigned width, unsigned height,
                                 isp::bayer_phase phase, const std::string& scene);

}  // namespace ocellus::sim
