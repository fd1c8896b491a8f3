// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "core/files.h"
#include "core/image_io.h"
#include "core/random.h"
#include "isp/develop.h"
#include "isp/image_quality.h"
#include "isp/parameters.h"
#include "isp/pipeline.h"
#include "tests/test_data.h"

using namespace ocellus;
using namespace ocellus::isp;

namespace {

/// Linear sRGB of the ColorChecker's patches from their published 8-bit sRGB codes (X-Rite).
const std::array<std::array<int, 3>, 24> patches = {
    {{{115, 82, 68}},   {{194, 150, 130}}, {{98, 122, 157}}, {{87, 108, 67}},   {{133, 128, 177}},
     {{103, 189, 170}}, {{214, 126, 44}},  {{80, 91, 166}},  {{193, 90, 99}},   {{94, 60, 108}},
     {{157, 188, 64}},  {{224, 163, 46}},  {{56, 61, 150}},  {{70, 148, 73}},   {{175, 54, 60}},
     {{231, 199, 31}},  {{187, 86, 149}},  {{8, 133, 161}},  {{243, 243, 242}}, {{200, 200, 200}},
     {{160, 160, 160}}, {{122, 122, 121}}, {{85, 85, 85}},   {{52, 52, 52}}}};

using matrix3 = std::array<std::array<double, 3>, 3>;

matrix3 inverse_of(const std::array<double, 9>& m) {
    matrix3 out{};
    const auto at = [&m](std::size_t i, std::size_t j) { return m[3 * (i % 3) + j % 3]; };
    double det = 0;
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j) {
            out[j][i] = at(i + 1, j + 1) * at(i + 2, j + 2) - at(i + 1, j + 2) * at(i + 2, j + 1);
            if (i == 0)
                det += at(0, j) * out[j][0];
        }
    for (auto& row : out)
        for (double& v : row)
            v /= det;
    return out;
}

/// Mosaic (black 64 at 10 bits) of a flat colour seen by the camera whose colours the ISP's matrix
/// and gains turn back; `exposure` is the green signal of white over saturation. Samples scatter
/// evenly over four steps, as noise makes them, so that the mean of a patch is that of the signal.
plane<std::uint16_t> patch_mosaic(const std::array<double, 3>& light, const isp_parameters& p,
                                  double exposure, unsigned bits, unsigned side) {
    const matrix3 camera = inverse_of(p.matrix);
    std::array<double, 3> raw{};
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            raw[i] += camera[i][j] * light[j];
    raw[0] /= p.white_balance_red;
    raw[2] /= p.white_balance_blue;
    plane<std::uint16_t> out(side, side);
    const double step = 1 << (bits - 10);
    for (unsigned y = 0; y < side; ++y)
        for (unsigned x = 0; x < side; ++x) {
            const std::size_t c = (y % 2) + (x % 2);
            // Plastic number: every part of the range as often.
            const double turns = (x / 2) * 0.7548776662 + (y / 2) * 0.5698402910;
            const double scatter = 4 * (turns - std::floor(turns)) - 1.5;
            out.row(y)[x] = static_cast<std::uint16_t>(
                std::clamp(std::floor(step * (64 + raw[c] * exposure * 959) + scatter), 0.0,
                           (1 << bits) - 1.0));
        }
    return out;
}

struct checker_errors {
    double mean = 0, worst = 0;
};

/// The ISP's colours after the matrix (12 bit), mean over a patch, against the truth.
checker_errors colorchecker(const isp_parameters& p, const isp_parameters& camera, double exposure,
                            unsigned bits) {
    checker_errors e;
    worker_pool pool(0);
    for (const auto& patch : patches) {
        std::array<double, 3> light{};
        for (std::size_t c = 0; c < 3; ++c)
            light[c] = linear_of_srgb(patch[c] / 255.0);
        constexpr unsigned side = 48;
        const auto raw = patch_mosaic(light, camera, exposure, bits, side);
        frame_request q;
        q.settings = p.settings();
        q.width = q.height = side;
        q.bits = bits;
        q.image = true;
        q.dump = true;
        const auto work = frame_work::start(
            pool, [&raw](unsigned y) { return raw.row(y); }, q);
        std::array<double, 3> mean{};
        for (const auto& stage_out : work->stages())
            if (stage_out.made_by == stage::colour_matrix)
                for (unsigned y = 8; y < side - 8; ++y)
                    for (unsigned x = 8; x < side - 8; ++x)
                        for (std::size_t c = 0; c < 3; ++c)
                            mean[c] += stage_out.samples.row(y)[3 * x + c];
        for (double& m : mean)
            m /= 32 * 32 * exposure * 959 * 4 * p.digital_gain;  // white, not clipped
        const double d = delta_e_2000(lab_of_linear(light), lab_of_linear(mean));
        e.mean += d / patches.size();
        e.worst = std::max(e.worst, d);
    }
    return e;
}

/// A picture through the mosaic that an ideal camera would see, the colour of each site kept in
/// linear light, and back through a demosaic.
rgb8_image through(const rgb8_image& truth, demosaic_method how) {
    isp_settings s;
    s.black_level = 0;
    s.gains = {256, 256, 256, 256};
    s.matrix = {1024, 0, 0, 0, 1024, 0, 0, 0, 1024};
    s.demosaic = how;
    // Code values in, code values out: demosaicing is compared where PSNR is taken.
    s.gamma = linear_curve();
    plane<std::uint16_t> raw(truth.width & ~1u, truth.height & ~1u);
    for (unsigned y = 0; y < raw.height(); ++y)
        for (unsigned x = 0; x < raw.width(); ++x) {
            const unsigned v = truth.row(y)[3 * x + (y % 2) + (x % 2)];
            raw.row(y)[x] = static_cast<std::uint16_t>((v * 4095 + 127) / 255);
        }
    return develop(raw, 12, s, 1);
}

rgb8_image even_part(const rgb8_image& in, unsigned reduce) {
    rgb8_image out((in.width / reduce) & ~1u, (in.height / reduce) & ~1u);
    for (unsigned y = 0; y < out.height; ++y)
        for (unsigned x = 0; x < out.width; ++x)
            for (unsigned c = 0; c < 3; ++c) {
                unsigned sum = 0;
                for (unsigned k = 0; k < reduce * reduce; ++k)
                    sum += in.row(y * reduce + k / reduce)[3 * (x * reduce + k % reduce) + c];
                out.row(y)[3 * x + c] =
                    static_cast<std::uint8_t>((sum + reduce * reduce / 2) / (reduce * reduce));
            }
    return out;
}

/// PNG, JPEG, or an uncompressed 24-bit BMP.
rgb8_image photograph_of(const std::string& name) {
    const std::string path = test_data(name);
    if (name.substr(name.size() - 4) != ".bmp")
        return load_image(path);
    const std::string b = read_file(path);
    const auto number = [&b](std::size_t at) {
        unsigned v = 0;
        for (unsigned k = 0; k < 4; ++k)
            v |= static_cast<unsigned>(static_cast<unsigned char>(b.at(at + k))) << (8 * k);
        return v;
    };
    rgb8_image out(number(18), number(22));
    const std::size_t stride = (std::size_t{3} * out.width + 3) / 4 * 4;
    for (unsigned y = 0; y < out.height; ++y)
        for (unsigned x = 0; x < 3 * out.width; ++x)
            out.row(out.height - 1 - y)[x] =
                static_cast<std::uint8_t>(b.at(number(10) + y * stride + x / 3 * 3 + (2 - x % 3)));
    return out;
}

/// How much detail the colours of a photograph have in common: the correlation of red's and blue's
/// with green's, the smaller of both. Detail: a sample less the mean of the four beside it.
double common_detail(const rgb8_image& v) {
    std::array<double, 3> own{}, with_green{};
    for (unsigned y = 8; y + 8 < v.height; ++y)
        for (unsigned x = 8; x + 8 < v.width; ++x) {
            std::array<double, 3> d{};
            for (unsigned c = 0; c < 3; ++c) {
                const unsigned i = 3 * x + c;
                d[c] =
                    v.row(y)[i] -
                    (v.row(y)[i - 3] + v.row(y)[i + 3] + v.row(y - 1)[i] + v.row(y + 1)[i]) / 4.0;
            }
            for (unsigned c = 0; c < 3; ++c) {
                own[c] += d[c] * d[c];
                with_green[c] += d[c] * d[1];
            }
        }
    return std::min(with_green[0] / std::sqrt(own[0] * own[1]),
                    with_green[2] / std::sqrt(own[2] * own[1]));
}

plane<std::uint16_t> raw_scene(const std::string& order) {
    const std::string bytes =
        read_file(test_data("raw/DSC_1339_768x512_" + order + "14_u16le.raw"));
    plane<std::uint16_t> out(768, 512);
    if (bytes.size() != std::size_t{768} * 512 * 2)
        FAIL("the RAW scene has " << bytes.size() << " bytes");
    for (unsigned y = 0; y < 512; ++y)
        for (unsigned x = 0; x < 768; ++x) {
            const std::size_t at = 2 * (std::size_t{y} * 768 + x);
            out.row(y)[x] = static_cast<std::uint16_t>(
                static_cast<unsigned char>(bytes[at]) |
                static_cast<unsigned>(static_cast<unsigned char>(bytes[at + 1])) << 8);
        }
    return out;
}

}  // namespace

TEST_CASE("image quality: CIEDE2000 gives the published test data") {
    struct pair {
        lab_colour a, b;
        double expected;
    };
    // G. Sharma, W. Wu, E. N. Dalal 2005, table 1.
    const pair published[] = {{{50, 2.6772, -79.7751}, {50, 0, -82.7485}, 2.0425},
                              {{50, 3.1571, -77.2803}, {50, 0, -82.7485}, 2.8615},
                              {{50, 2.8361, -74.0200}, {50, 0, -82.7485}, 3.4412},
                              {{50, -1.3802, -84.2814}, {50, 0, -82.7485}, 1.0000},
                              {{50, 0, 0}, {50, -1, 2}, 2.3669},
                              {{50, 2.4900, -0.0010}, {50, -2.4900, 0.0009}, 7.1792},
                              {{50, 2.4900, -0.0010}, {50, -2.4900, 0.0011}, 7.2195},
                              {{50, 2.5, 0}, {73, 25, -18}, 27.1492},
                              {{60.2574, -34.0099, 36.2677}, {60.4626, -34.1751, 39.4387}, 1.2644},
                              {{2.0776, 0.0795, -1.1350}, {0.9033, -0.0636, -0.5514}, 0.9082}};
    for (const auto& p : published) {
        CHECK(delta_e_2000(p.a, p.b) == Approx(p.expected).margin(5e-5));
        CHECK(delta_e_2000(p.b, p.a) == Approx(p.expected).margin(5e-5));
    }
    CHECK(lab_of_linear({1, 1, 1}).lightness == Approx(100));
    // Mid grey: L* of 0.18 is 49.496.
    CHECK(lab_of_linear({0.18, 0.18, 0.18}).lightness == Approx(49.496).margin(1e-3));
    CHECK(std::fabs(lab_of_linear({0.18, 0.18, 0.18}).a) < 1e-9);
}

TEST_CASE("image quality: PSNR and SSIM of known differences") {
    rgb8_image a(32, 24), b(32, 24);
    for (unsigned i = 0; i < 32 * 24 * 3; ++i) {
        a.data[i] = 100;
        b.data[i] = 110;
    }
    CHECK(psnr(a, a) == 100);
    CHECK(psnr(a, b) == Approx(20 * std::log10(25.5)));
    CHECK(ssim(a, a) == Approx(1));
    // Flat pictures: the first factor alone, (2 m n + c1) / (m^2 + n^2 + c1).
    CHECK(ssim(a, b) == Approx((2 * 100 * 110 + 6.5025) / (100 * 100 + 110 * 110 + 6.5025)));
    // A border that is left out does not count.
    b = rgb8_image(32, 24);
    for (unsigned i = 0; i < 32 * 24 * 3; ++i)
        b.data[i] = 100;
    b.row(0)[0] = 0;
    CHECK(psnr(a, b, 1) == 100);
    CHECK(psnr(a, b) < 60);
}

TEST_CASE(
    "image quality: the ColorChecker comes out as it is, with the matrix' inverse as camera") {
    const isp_parameters p;
    const checker_errors good = colorchecker(p, p, 1, 10), fine = colorchecker(p, p, 1, 12),
                         dark = colorchecker(p, p, 0.05, 10);
    CAPTURE(good.mean, good.worst, fine.mean, fine.worst, dark.mean, dark.worst);
    CHECK(good.mean < 0.1);
    CHECK(good.worst < 0.25);
    CHECK(fine.mean < 0.1);
    CHECK(fine.worst < 0.25);
    CHECK(dark.mean < 1.2);
    // The check sees a wrong colour: a gain that is 2 % off.
    isp_parameters wrong = p;
    wrong.white_balance_red *= 1.02;
    CHECK(colorchecker(p, wrong, 1, 10).mean > 0.3);
}

TEST_CASE("image quality: Malvar's demosaic beats the bilinear one by 3 dB on photographs") {
    if (!have_test_data())
        return;
    // The filters put the detail of the colour that a site has into the other two. That gains where
    // the three have their detail in common, which the photograph alone decides. docs/isp.md has
    // this table.
    struct photograph {
        const char* file;
        unsigned reduce;
        double gain, common;  // dB; correlation
    };
    unsigned held = 0;
    for (const auto& p : {photograph{"images/cat.bmp", 1, 5.68, 0.976},
                          photograph{"images/grace_hopper.bmp", 1, 5.57, 0.972},
                          photograph{"images_hi/redcar_4272x2848.jpg", 2, 4.16, 0.932},
                          photograph{"images_hi/redcar_4272x2848.jpg", 3, 3.65, 0.920},
                          photograph{"images_hi/redcar_4272x2848.jpg", 4, 3.31, 0.891},
                          photograph{"images_hi/redcar_4272x2848.jpg", 6, 3.44, 0.877},
                          photograph{"images/parrot.jpg", 1, 1.68, 0.723},
                          photograph{"images/parrot.jpg", 2, 1.40, 0.751}}) {
        const rgb8_image truth = even_part(photograph_of(p.file), p.reduce);
        const double malvar = psnr(through(truth, demosaic_method::malvar), truth, 8),
                     bilinear = psnr(through(truth, demosaic_method::bilinear), truth, 8),
                     common = common_detail(truth);
        CAPTURE(p.file, truth.width, truth.height, malvar, bilinear, common);
        CHECK(common == Approx(p.common).margin(0.001));
        CHECK(malvar - bilinear == Approx(p.gain).margin(0.1));
        CHECK(bilinear > 20);
        CHECK((malvar - bilinear >= 3) == (common >= 0.85));
        held += malvar - bilinear >= 3 ? 1u : 0u;
    }
    CHECK(held == 6);
}

TEST_CASE("image quality: noise about black keeps its mean until the demosaic cuts it off") {
    // A dark grey in noise of its own size, at the default gains of red, green and blue.
    constexpr unsigned side = 256;
    constexpr double signal = 25, deviation = 25 / 1.07;  // 12 bit, after and before the gains
    isp_settings s;
    plane<std::uint16_t> raw(side, side);
    random_sequence random(31, purpose::test);
    for (unsigned y = 0; y < side; ++y)
        for (unsigned x = 0; x < side; ++x) {
            double normal = -6;
            for (int k = 0; k < 12; ++k)
                normal += random.uniform();
            const double mean = signal * 256 / s.gain_at(y, x & 1u);
            raw.row(y)[x] = static_cast<std::uint16_t>(
                std::lround(std::max(0.0, 256 + mean + deviation * normal)));
        }
    /// Means of red and green at their own sites.
    const auto means = [&](stage of, bool reduced) {
        frame_request q;
        q.settings = s;
        if (reduced) {
            q.settings.stages |= bit_of(stage::bayer_noise_reduction);
            q.settings.bayer_noise = {96, 0, 512, 0};
        }
        q.width = q.height = side;
        q.bits = 12;
        q.image = q.dump = true;
        worker_pool pool(0);
        const auto work = frame_work::start(
            pool, [&raw](unsigned y) { return raw.row(y); }, q);
        std::array<double, 2> mean{};
        for (const auto& p : work->stages())
            if (p.made_by == of)
                for (unsigned y = 0; y < side; y += 2)
                    for (unsigned x = 0; x < side; x += 2) {
                        const std::int16_t* row = p.samples.row(y);
                        mean[0] += p.channels == 1 ? row[x] : row[3 * x];
                        mean[1] += p.channels == 1 ? row[x + 1] : row[3 * (x + 1) + 1];
                    }
        for (double& m : mean)
            m /= side / 2 * (side / 2);
        return mean;
    };
    // E max(0, x) of a normal x.
    const auto cut_off = [&](double gain) {
        const double d = deviation * gain, at = signal / d;
        return signal * 0.5 * std::erfc(-at / std::sqrt(2.0)) +
               d * std::exp(-at * at / 2) / std::sqrt(2 * 3.14159265358979);
    };
    const double red_gain = s.gains[0] / 256.0, green_gain = s.gains[1] / 256.0;
    const auto kept = means(stage::white_balance, false), cut = means(stage::demosaic, false),
               reduced = means(stage::demosaic, true);
    CAPTURE(kept[0], kept[1], cut[0], cut[1], reduced[0], reduced[1], cut_off(red_gain));
    for (std::size_t c = 0; c < 2; ++c)  // three deviations of the mean
        CHECK(std::fabs(kept[c] - signal) <
              3 * deviation * (c == 0 ? red_gain : green_gain) / (side / 2));
    CHECK(cut[0] == Approx(cut_off(red_gain)).epsilon(0.02));
    CHECK(cut[1] == Approx(cut_off(green_gain)).epsilon(0.02));
    // What the docs say: the cast of red, and that noise reduction before the cut takes it off.
    CHECK(cut[0] / cut[1] > 1.35);
    CHECK(reduced[0] / reduced[1] < 1.1);
}

TEST_CASE("develop: one scene in two Bayer orders is the same picture") {
    if (!have_test_data())
        return;
    // The second file is the first with red and blue of every cell exchanged. So the cells' means
    // are the same to the last bit, and the full pictures but for a pixel's diagonal shift of red
    // and blue.
    isp_settings s;
    const auto picture = [&](const std::string& order, bayer_phase phase, unsigned reduce) {
        s.phase = phase;
        return develop(raw_scene(order), 14, s, reduce);
    };
    const auto differences = [](const rgb8_image& a, const rgb8_image& b) {
        std::size_t n = 0;
        for (std::size_t i = 0; i < std::size_t{a.width} * a.height * 3; ++i)
            n += a.data[i] != b.data[i];
        return n;
    };
    for (unsigned reduce : {2u, 4u}) {
        const rgb8_image a = picture("rggb", bayer_phase::rggb, reduce);
        CHECK(differences(a, picture("bggr", bayer_phase::bggr, reduce)) == 0);
        CHECK(differences(a, picture("bggr", bayer_phase::rggb, reduce)) > 10000);
    }
    const rgb8_image a = picture("rggb", bayer_phase::rggb, 1);
    CHECK(psnr(a, picture("bggr", bayer_phase::bggr, 1)) > 25);
    CHECK(psnr(a, picture("bggr", bayer_phase::rggb, 1)) < 20);
}
