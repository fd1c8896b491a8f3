// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/picture_quality.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

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

/// The middle half of one patch of a chart of columns x rows.
struct patch {
    unsigned column = 0, columns = 1, row = 0, rows = 1;
    template <class Use>
    void each(unsigned width, unsigned height, Use&& use) const {
        const auto part = [](unsigned size, unsigned k, unsigned n, double share) {
            return static_cast<unsigned>(size * (k + share) / n);
        };
        for (unsigned y = part(height, row, rows, 0.25); y < part(height, row, rows, 0.75); ++y)
            for (unsigned x = part(width, column, columns, 0.25);
                 x < part(width, column, columns, 0.75); ++x)
                use(x, y);
    }
};
patch checker_patch(unsigned k) {
    return {k % 6, 6, k / 6, 4};
}

/// Where signal and noise of a chart are measured; none on charts without a flat place.
std::optional<patch> flat_patch(const std::string& scene) {
    if (scene == "builtin:uniform")
        return patch{};
    if (scene == "builtin:colorchecker")
        return checker_patch(21);  // the grey nearest to 18 %
    return std::nullopt;
}

struct spread {
    double n = 0, sum = 0, squares = 0;
    void add(double v) {
        ++n;
        sum += v;
        squares += v * v;
    }
    double mean() const { return sum / std::max(1.0, n); }
    /// 20 lg(mean / deviation); none without either.
    std::optional<double> snr() const {
        const double variance = squares / std::max(1.0, n) - mean() * mean();
        if (variance <= 0 || mean() <= 0)
            return std::nullopt;
        return 20 * std::log10(mean() / std::sqrt(variance));
    }
};
std::array<spread, 3> measure(const light& v, unsigned width, unsigned height, const patch& p) {
    std::array<spread, 3> s;
    p.each(width, height, [&](unsigned x, unsigned y) {
        for (std::size_t c = 0; c < 3; ++c)
            s[c].add(v[3 * (std::size_t{y} * width + x) + c]);
    });
    return s;
}

template <class T>
light scaled(const T* in, std::size_t count, double top) {
    light out(count);
    for (std::size_t i = 0; i < count; ++i)
        out[i] = in[i] / top;
    return out;
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

light codes_of(const picture& p) {
    const std::size_t count = std::size_t{3} * p.width * p.height;
    if (p.type == sample_type::u8)
        return scaled(p.data.get(), count, 255);
    std::vector<std::uint16_t> deep(count);
    std::memcpy(deep.data(), p.data.get(), 2 * count);
    return scaled(deep.data(), count, 65535);
}

light codes_of(const rgb8_image& p) {
    return scaled(p.data.get(), std::size_t{3} * p.width * p.height, 255);
}

picture_figures compare_picture(light codes, unsigned width, unsigned height, bool linear,
                                const light& truth, const std::string& scene) {
    rgb8_image picture(width, height);
    light& seen = codes;
    double both = 0, own = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        picture.data[i] = static_cast<std::uint8_t>(std::lround(255 * codes[i]));
        seen[i] = linear ? codes[i] : isp::linear_of_srgb(codes[i]);
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
    if (const auto flat = flat_patch(scene))
        f.snr = measure(seen, width, height, *flat)[1].snr();
    if (scene == "builtin:colorchecker") {
        double sum = 0, worst = 0;
        for (unsigned k = 0; k < 24; ++k) {
            const auto own_colour = measure(seen, width, height, checker_patch(k)),
                       true_colour = measure(truth, width, height, checker_patch(k));
            std::array<double, 3> p{}, t{};
            for (std::size_t c = 0; c < 3; ++c) {
                p[c] = own_colour[c].mean() / f.exposure;
                t[c] = true_colour[c].mean();
            }
            const double d = isp::delta_e_2000(isp::lab_of_linear(p), isp::lab_of_linear(t));
            sum += d;
            worst = std::max(worst, d);
        }
        f.delta_e = sum / 24;
        f.delta_e_max = worst;
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

std::optional<double> mosaic_snr(const light& samples, unsigned width, unsigned height,
                                 isp::bayer_phase phase, const std::string& scene) {
    const auto flat = flat_patch(scene);
    if (!flat)
        return std::nullopt;
    // The two greens may have gains of their own: the noise about the mean of each.
    std::array<spread, 2> s;
    flat->each(width, height, [&](unsigned x, unsigned y) {
        const isp::bayer_site site = isp::site_of(phase, y, x);
        if (site == isp::bayer_site::green_red || site == isp::bayer_site::green_blue)
            s[site == isp::bayer_site::green_blue ? 1 : 0].add(samples[std::size_t{y} * width + x]);
    });
    const auto a = s[0].snr(), b = s[1].snr();
    if (!a || !b)
        return std::nullopt;
    return (*a + *b) / 2;
}

}  // namespace ocellus::sim
