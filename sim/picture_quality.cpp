// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/picture_quality.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "isp/image_quality.h"
#include "models/slanted_edge.h"

namespace ocellus::sim {
namespace {

rgb8_image coded(const light& v, unsigned width, unsigned height, double gain, bool linear) {
    rgb8_image out(width, height);
    for (std::size_t i = 0; i < v.size(); ++i) {
        const double l = std::clamp(v[i] * gain, 0.0, 1.0);
        out.data[i] =
            static_cast<std::uint8_t>(std::lround(255 * (linear ? l : isp::srgb_of_linear(l))));
    }
    return out;
}

/// Mean and deviation of one patch of a chart of columns x rows, its middle half.
struct patch {
    std::array<double, 3> mean{}, deviation{};
};
patch measure(const light& v, unsigned width, unsigned height, unsigned column, unsigned columns,
              unsigned row, unsigned rows) {
    const auto part = [](unsigned size, unsigned k, unsigned n, double share) {
        return static_cast<unsigned>(size * (k + share) / n);
    };
    patch p;
    std::array<double, 3> squares{};
    double n = 0;
    for (unsigned y = part(height, row, rows, 0.25); y < part(height, row, rows, 0.75); ++y)
        for (unsigned x = part(width, column, columns, 0.25);
             x < part(width, column, columns, 0.75); ++x, ++n)
            for (std::size_t c = 0; c < 3; ++c) {
                const double l = v[3 * (std::size_t{y} * width + x) + c];
                p.mean[c] += l;
                squares[c] += l * l;
            }
    n = std::max(1.0, n);
    for (std::size_t c = 0; c < 3; ++c) {
        p.mean[c] /= n;
        p.deviation[c] = std::sqrt(std::max(0.0, squares[c] / n - p.mean[c] * p.mean[c]));
    }
    return p;
}

}  // namespace

light ideal_light(const models::scene& scene, std::uint32_t frame, const settings& s,
                  unsigned width, unsigned height) {
    const auto array_width = static_cast<unsigned>(s.pixels.sensor.width),
               array_height = static_cast<unsigned>(s.pixels.sensor.height);
    const auto source = scene.frame(frame, array_width, array_height);
    light sums(std::size_t{3} * width * height, 0);
    std::vector<double> counts(std::size_t{width} * height, 0);
    const std::uint64_t w = source->width(), h = source->height();
    source->rows(0, source->height(),
                 [&](unsigned y, const float* red, const float* green, const float* blue) {
                     for (unsigned x = 0; x < w; ++x) {
                         const std::size_t at =
                             y * std::uint64_t{height} / h * width + x * std::uint64_t{width} / w;
                         sums[3 * at] += static_cast<double>(red[x]);
                         sums[3 * at + 1] += static_cast<double>(green[x]);
                         sums[3 * at + 2] += static_cast<double>(blue[x]);
                         counts[at] += 1;
                     }
                 });
    for (std::size_t i = 0; i < sums.size(); ++i)
        sums[i] /= std::max(1.0, counts[i / 3]);
    return sums;
}

picture_figures compare_picture(const rgb8_image& picture, bool linear, const light& truth,
                                const std::string& scene) {
    const unsigned width = picture.width, height = picture.height;
    light seen(truth.size());
    double both = 0, own = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        seen[i] = linear ? picture.data[i] / 255.0 : isp::linear_of_srgb(picture.data[i] / 255.0);
        // Saturated places say nothing of the exposure.
        if (picture.data[i] > 250)
            continue;
        both += seen[i] * truth[i];
        own += truth[i] * truth[i];
    }
    picture_figures f;
    f.exposure = own > 0 && both > 0 ? both / own : 1;
    const rgb8_image ideal = coded(truth, width, height, f.exposure, linear);
    f.psnr = isp::psnr(picture, ideal);
    if (width >= 11 && height >= 11)
        f.ssim = isp::ssim(picture, ideal);
    if (scene == "builtin:uniform") {
        const patch p = measure(seen, width, height, 0, 1, 0, 1);
        if (p.deviation[1] > 0)
            f.snr = 20 * std::log10(p.mean[1] / p.deviation[1]);
    }
    if (scene == "builtin:colorchecker") {
        double sum = 0, worst = 0, signal = 0;
        for (unsigned k = 0; k < 24; ++k) {
            patch p = measure(seen, width, height, k % 6, 6, k / 6, 4);
            if (k == 21 && p.deviation[1] > 0)  // the grey nearest to 18 %
                signal = 20 * std::log10(p.mean[1] / p.deviation[1]);
            const patch t = measure(truth, width, height, k % 6, 6, k / 6, 4);
            for (double& m : p.mean)
                m /= f.exposure;
            const double d =
                isp::delta_e_2000(isp::lab_of_linear(p.mean), isp::lab_of_linear(t.mean));
            sum += d;
            worst = std::max(worst, d);
        }
        f.delta_e = sum / 24;
        f.delta_e_max = worst;
        if (signal != 0)
            f.snr = signal;
    }
    if (scene == "builtin:slanted-edge") {
        // The middle of the picture, as high as the edge needs.
        const unsigned w = std::min(width, 160u), h = std::min(height, 160u);
        plane<std::uint16_t> edge(w, h);
        for (unsigned y = 0; y < h; ++y)
            for (unsigned x = 0; x < w; ++x)
                edge.row(y)[x] = static_cast<std::uint16_t>(std::lround(
                    65535 *
                    seen[3 * (std::size_t{y + (height - h) / 2} * width + x + (width - w) / 2) +
                         1]));
        f.mtf50 = models::measure_edge(edge).mtf50;
    }
    return f;
}

}  // namespace ocellus::sim
