// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/network_doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <utility>

#include "dsp/network/executor.h"
#include "dsp/network/float_network.h"
#include "dsp/network/input_mapping.h"
#include "sim/network_report.h"
#include "sim/postprocess.h"

namespace ocellus::sim {
namespace {

// What counts as ill. Eight-bit layers have 20 to 45 dB; a layer below 12 loses a quarter of its
// amplitude to noise.
constexpr double low_sqnr = 12, lost_sqnr = 3;
constexpr double much_clipped = 0.05;
constexpr unsigned few_codes = 12;
constexpr double many_dead = 0.6;
// Late layers of healthy networks have few positions, of which most channels say nothing.
constexpr std::size_t enough_values = 256;

double decibels(double signal, double noise) {
    if (noise <= 0)
        return 999;
    return signal <= 0 ? 0 : std::min(999.0, 10 * std::log10(signal / noise));
}

double noise_ratio(const std::vector<float>& truth, const std::vector<float>& value) {
    double signal = 0, noise = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        const double t = static_cast<double>(truth[i]), d = static_cast<double>(value[i]) - t;
        signal += t * t;
        noise += d * d;
    }
    return decibels(signal, noise);
}

bool is_weighted(dsp::op kind) {
    return kind == dsp::op::conv2d || kind == dsp::op::depthwise_conv2d ||
           kind == dsp::op::fully_connected || kind == dsp::op::transpose_conv2d;
}

double scale_of(const dsp::tensor& t) {
    return t.quant.scale.empty() ? 1.0 : static_cast<double>(t.quant.scale[0]);
}
int zero_of(const dsp::tensor& t) {
    return t.quant.zero_point.empty() ? 0 : t.quant.zero_point[0];
}

/// Bytes.
std::size_t size_of(const rgb8_image& p) {
    return std::size_t{p.width} * p.height * 3;
}

std::string db_text(double db) {
    return db >= 999 ? "no noise" : fmt::format("{:.1f} dB", db);
}

}  // namespace

std::vector<layer_health> look_at_layers(const dsp::network& n,
                                         const std::vector<std::uint8_t>& input) {
    // Integers of every tensor.
    std::vector<std::vector<std::uint8_t>> bytes(n.tensors.size());
    bytes[static_cast<std::size_t>(n.inputs.at(0))] = input;
    dsp::run(n, {input}, dsp::best_kernels(),
             [&](std::size_t l, const std::uint8_t* out, std::size_t size) {
                 bytes[static_cast<std::size_t>(n.layers[l].outputs[0])].assign(out, out + size);
             });
    std::vector<std::vector<float>> integers(n.tensors.size()), reals(n.tensors.size());
    const auto first = static_cast<std::size_t>(n.inputs[0]);
    integers[first] = dsp::real_values(n.tensors[first], input.data(), false);
    reals[first] = integers[first];

    std::vector<layer_health> list;
    for (const dsp::layer& l : n.layers) {
        layer_health h;
        h.name = l.name;
        h.kind = l.kind;
        h.weighted = is_weighted(l.kind);
        std::vector<const std::vector<float>*> from_integers, from_reals;
        for (int i : l.inputs) {
            const bool none = i < 0 || n.tensors[static_cast<std::size_t>(i)].constant();
            from_integers.push_back(none ? nullptr : &integers[static_cast<std::size_t>(i)]);
            from_reals.push_back(none ? nullptr : &reals[static_cast<std::size_t>(i)]);
        }
        const auto o = static_cast<std::size_t>(l.outputs[0]);
        const dsp::tensor& out = n.tensors[o];
        integers[o] = dsp::real_values(out, bytes[o].data(), false);
        const std::vector<float> alone = dsp::run_in_float(n, l, from_integers, h.exact);
        bool exact = true;
        reals[o] = dsp::run_in_float(n, l, from_reals, exact);
        h.sqnr_alone = noise_ratio(alone, integers[o]);
        h.sqnr = noise_ratio(reals[o], integers[o]);
        h.values = integers[o].size();

        if (out.type == dsp::element::int8 || out.type == dsp::element::uint8) {
            const bool is_signed = out.type == dsp::element::int8;
            const double scale = scale_of(out);
            const double low = scale * ((is_signed ? -128 : 0) - zero_of(out) - 0.75);
            const double high = scale * ((is_signed ? 127 : 255) - zero_of(out) + 0.75);
            std::size_t beyond = 0;
            for (float v : alone)
                beyond += static_cast<double>(v) < low || static_cast<double>(v) > high;
            h.clipped = static_cast<double>(beyond) /
                        static_cast<double>(std::max<std::size_t>(1, alone.size()));
            std::bitset<256> used;
            for (std::uint8_t b : bytes[o])
                used.set(b);
            h.codes = static_cast<unsigned>(used.count());
            h.channels = static_cast<unsigned>(out.shape.empty() ? 1 : out.shape.back());
            const std::size_t positions = bytes[o].size() / std::max(1u, h.channels);
            if (positions >= enough_values)
                for (std::size_t c = 0; c < h.channels; ++c) {
                    bool same = true;
                    for (std::size_t p = 1; p < positions && same; ++p)
                        same = bytes[o][p * h.channels + c] == bytes[o][c];
                    h.dead += same;
                }
        }
        list.push_back(std::move(h));
    }
    return list;
}

std::vector<finding_of_doctor> judge_layers(const std::vector<layer_health>& layers) {
    std::vector<finding_of_doctor> list;
    for (const layer_health& h : layers) {
        const std::string name = fmt::format("{} ({})", short_name(h.name, 60), name_of(h.kind));
        if (h.channels >= 4 && h.weighted && h.dead > many_dead * h.channels)
            list.push_back({"dead_channels", name,
                            fmt::format("{} of {} channels have one value at every position",
                                        h.dead, h.channels),
                            "look at the weights and biases of these channels, and at whether the "
                            "input has the range that the network was trained with"});
        if (h.codes == 0 || !h.weighted || h.values < enough_values)
            continue;
        if (h.clipped > much_clipped)
            list.push_back({"range_too_narrow", name,
                            fmt::format("{:.1f} % of its outputs are beyond its range and saturate",
                                        100 * h.clipped),
                            "calibrate again with pictures like this one"});
        else if (h.sqnr_alone < low_sqnr && h.codes < few_codes)
            list.push_back({"range_too_wide", name,
                            fmt::format("it uses {} of 256 values ({} by itself)", h.codes,
                                        db_text(h.sqnr_alone)),
                            "its range is many times what it carries: calibrate again, with "
                            "pictures like this one and without outliers"});
        else if (h.sqnr_alone < low_sqnr)
            list.push_back({"noisy_layer", name,
                            fmt::format("its integers are {} from its real values by themselves",
                                        db_text(h.sqnr_alone)),
                            "give this layer wider weights or its own scale per channel"});
    }
    if (list.empty() && !layers.empty()) {
        // No layer alone is to blame.
        const auto worst = std::find_if(layers.begin(), layers.end(), [](const layer_health& h) {
            return h.weighted && h.values >= enough_values && h.sqnr < lost_sqnr;
        });
        if (worst != layers.end())
            list.push_back({"noise_adds_up", fmt::format("{}", short_name(worst->name, 60)),
                            fmt::format("from here on quantisation noise is as large as the "
                                        "signal ({})",
                                        db_text(worst->sqnr)),
                            "keep the layers with the lowest SQNR at 16 bits, or train with "
                            "quantisation"});
    }
    return list;
}

double evidence_of(const dsp::network& n, const std::vector<std::uint8_t>& input) {
    const metadata_record r = interpret(n, dsp::run(n, {input}), 64);
    double sum = 0;
    for (const auto& f : r.findings) {
        if (r.what != metadata_record::kind::detection)
            return static_cast<double>(f.score);
        sum += static_cast<double>(f.score);
    }
    return sum;
}

std::vector<std::uint8_t> tensor_of_picture(const dsp::network& n, const rgb8_image& picture,
                                            double black, double white, bool bgr) {
    const dsp::tensor& t = n.input();
    const auto channels = static_cast<std::size_t>(t.shape.back());
    const bool is_signed = t.type == dsp::element::int8;
    const double scale = scale_of(t);
    std::array<std::uint8_t, 256> map{};
    for (int v = 0; v < 256; ++v) {
        const double real = black + (white - black) * v / 255;
        const double q = std::clamp(std::floor(real / scale + 0.5) + zero_of(t),
                                    is_signed ? -128.0 : 0.0, is_signed ? 127.0 : 255.0);
        map[static_cast<std::size_t>(v)] = static_cast<std::uint8_t>(static_cast<int>(q));
    }
    std::vector<std::uint8_t> out(t.bytes());
    for (std::size_t i = 0; i < out.size() / channels; ++i) {
        const std::uint8_t* rgb = picture.data.get() + 3 * i;
        if (channels == 1)
            out[i] = map[(77u * rgb[0] + 150u * rgb[1] + 29u * rgb[2] + 128u) >> 8];
        else
            for (std::size_t c = 0; c < 3; ++c)
                out[3 * i + c] = map[rgb[bgr ? 2 - c : c]];
    }
    return out;
}

rgb8_image picture_of_tensor(const dsp::network& n, const std::vector<std::uint8_t>& input) {
    const dsp::input_mapping m = dsp::mapping_of(n);
    rgb8_image picture(static_cast<unsigned>(m.width), static_cast<unsigned>(m.height));
    const auto channels = static_cast<std::size_t>(m.channels);
    for (std::size_t i = 0; i < size_of(picture) / 3; ++i)
        for (std::size_t c = 0; c < 3; ++c)
            picture.data[3 * i + c] = m.colour_of(input[channels * i + (channels == 3 ? c : 0)]);
    return picture;
}

namespace {

/// A way to turn the same picture into the input.
struct treatment {
    const char* what;
    const char* says;
    double black, white;
    bool bgr;
};

double mean_of(const rgb8_image& p) {
    double sum = 0;
    for (std::size_t i = 0; i < size_of(p); ++i)
        sum += p.data[i];
    return sum / static_cast<double>(std::max<std::size_t>(1, size_of(p)));
}

double share_of(const rgb8_image& p, std::uint8_t low, std::uint8_t high) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < size_of(p); ++i)
        count += p.data[i] >= low && p.data[i] <= high;
    return static_cast<double>(count) / static_cast<double>(std::max<std::size_t>(1, size_of(p)));
}

/// Correlation of the ratio of red to blue (its logarithm) in two pictures of one size, each about
/// its mean, so that a cast does not matter; -1 .. 1, 0 when either has hardly any colours.
double colour_agreement(const rgb8_image& a, const rgb8_image& b) {
    double sum_a = 0, sum_b = 0, ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i + 2 < size_of(a); i += 3) {
        const auto ratio = [i](const rgb8_image& p) {
            return std::log((p.data[i] + 8.0) / (p.data[i + 2] + 8.0));
        };
        const double x = ratio(a), y = ratio(b);
        sum_a += x;
        sum_b += y;
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    const double pixels = std::max(1.0, static_cast<double>(size_of(a)) / 3);
    ab -= sum_a * sum_b / pixels;
    aa -= sum_a * sum_a / pixels;
    bb -= sum_b * sum_b / pixels;
    if (aa < 0.0025 * pixels || bb < 0.0025 * pixels)
        return 0;
    return ab / std::sqrt(aa * bb);
}

void judge_range(const dsp::network& n, const dsp::input_mapping& m,
                 std::vector<finding_of_doctor>& list) {
    const double span = m.real_max - m.real_min;
    // 0..1, -1..1, -0.5..0.5, powers of two nearby, normalised by mean and deviation (up to 5.3
    // wide), 0..255 and -128..127.
    const bool usual = (span > 0.9 && span < 6) || (span > 240 && span < 270);
    if (!usual)
        list.push_back(
            {"input_range", "",
             fmt::format("black to white are {:.4g} to {:.4g} to the network, by the scale {:.4g} "
                         "and zero point {} of its input '{}'; usual are 0 to 1, -1 to 1, 0 to 255 "
                         "and what mean and deviation make of them",
                         m.real_min, m.real_max, scale_of(n.input()), zero_of(n.input()),
                         short_name(n.input().name, 40)),
             "export the network again with the normalisation that it was trained with"});
}

void judge_view(const dsp::input_mapping& m, const field_of_view& view,
                std::vector<finding_of_doctor>& list) {
    const double window = view.array_aspect * view.width / view.height;
    const double tensor = static_cast<double>(m.width) / m.height;
    const double stretch = std::max(window / tensor, tensor / window);
    if (stretch > 1.1)
        list.push_back(
            {"aspect", "",
             fmt::format("the window of the array that the network sees is {:.2f} times as wide as "
                         "high, its input {:.2f} times: pictures are stretched by {:.2f}",
                         window, tensor, stretch),
             "give isp.window_width and isp.window_height the aspect of the input, if the network "
             "was trained on pictures that were not stretched"});
    if (view.width * view.height < 0.3)
        list.push_back({"crop", "",
                        fmt::format("the network sees {:.0f} % of the pixel array",
                                    100 * view.width * view.height),
                        "look at isp.window_x, window_y, window_width and window_height"});
}

void judge_exposure(const rgb8_image& seen, const rgb8_image& expected,
                    std::vector<finding_of_doctor>& list) {
    const double is = mean_of(seen), should = mean_of(expected);
    const double black = share_of(seen, 0, 3) - share_of(expected, 0, 3);
    const double white = share_of(seen, 252, 255) - share_of(expected, 252, 255);
    const char* advice = "look at sensor.exposure, sensor.gain, isp.digital_gain and isp.gamma";
    if (is < 0.55 * should || black > 0.4)
        list.push_back(
            {"too_dark", "",
             fmt::format("its mean is {:.0f} of 255, of the scene {:.0f}; {:.0f} % of its "
                         "values are black",
                         is, should, 100 * share_of(seen, 0, 3)),
             advice});
    else if (is - should > 0.35 * (255 - should) || white > 0.4)
        list.push_back(
            {"too_bright", "",
             fmt::format("its mean is {:.0f} of 255, of the scene {:.0f}; {:.0f} % of its "
                         "values are white",
                         is, should, 100 * share_of(seen, 252, 255)),
             advice});
}

}  // namespace

std::vector<finding_of_doctor> judge_input(const dsp::network& n,
                                           const std::vector<std::uint8_t>& input,
                                           const rgb8_image& expected, const field_of_view& view) {
    std::vector<finding_of_doctor> list;
    const dsp::input_mapping m = dsp::mapping_of(n);
    if (m.channels == 0)
        return list;
    const rgb8_image seen = picture_of_tensor(n, input);
    judge_range(n, m, list);
    judge_view(m, view, list);
    judge_exposure(seen, expected, list);
    const double agreement = m.channels == 3 && view.width > 0.95 && view.height > 0.95
                                 ? colour_agreement(seen, expected)
                                 : 0;
    if (agreement < -0.3)
        list.push_back(
            {"colour_order", "",
             fmt::format("where the scene is red the tensor is blue (correlation {:.2f})",
                         agreement),
             "look at isp.colour_order and at the firmware's choice of RGB or BGR"});

    if (!list.empty())
        return list;  // what follows would blame the network for it
    // Does the network see more in the same picture, given in another way?
    const double now = evidence_of(n, input);
    const bool detector = is_detector(n);
    const treatment treatments[] = {
        {"colour_order", "with red and blue exchanged", m.real_min, m.real_max, true},
        {"normalisation", "with black to white as 0 to 1", 0, 1, false},
        {"normalisation", "with black to white as -1 to 1", -1, 1, false},
        {"normalisation", "with black to white as -0.5 to 0.5", -0.5, 0.5, false},
        {"normalisation", "with black to white as 0 to 255", 0, 255, false},
        {"normalisation", "with black to white as -128 to 127", -128, 127, false},
        {"normalisation", "with black to white as -2.1 to 2.6 (mean and deviation)", -2.1, 2.6,
         false},
    };
    double best = 0;
    const treatment* found = nullptr;
    for (const treatment& t : treatments) {
        if (t.bgr && m.channels != 3)
            continue;
        const double e = evidence_of(n, tensor_of_picture(n, seen, t.black, t.white, t.bgr));
        // A network that does answer may be right: a wrong treatment makes findings, too.
        const bool better = detector ? now < 0.7 && e > 2 * now + 0.7 : now < 0.35 && e > 0.7;
        if (better && e > best) {
            best = e;
            found = &t;
        }
    }
    if (found)
        list.push_back(
            {found->what, "",
             fmt::format("{} the network answers with {:.2f} instead of {:.2f} ({}); now "
                         "they are {:.4g} to {:.4g}",
                         found->says, best, now,
                         detector ? "sum of the scores found" : "best score", m.real_min,
                         m.real_max),
             found->bgr ? "the network was trained on BGR: exchange the channels of its "
                          "first weights, or have the firmware set the BGR bit"
                        : "export the network with this range as that of its input's "
                          "integers, or have the firmware set the ISP's tensor map"});
    return list;
}

}  // namespace ocellus::sim
