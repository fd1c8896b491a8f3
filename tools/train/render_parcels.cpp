// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors

// Renders scenes of models/parcels.h for training: each frame is drawn four times larger than the
// tensor and averaged, as sRGB code values.
//
//     render_parcels SEED FIRST COUNT DIR [stacked]
//
// writes DIR/frames.u8 (COUNT x 120 x 160 x 3 bytes) and DIR/truth.jsonl (one line per frame).
// With "stacked" only frames count in which the middle of one parcel lies within the box of
// another.

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/parcels.h"

namespace {

constexpr unsigned tensor_width = 160;
constexpr unsigned tensor_height = 120;
constexpr unsigned factor = 4;
constexpr unsigned picture_width = 4056;
constexpr unsigned picture_height = 3040;

// The same lines as those of a simulated run: boxes in pixels of the sensor's picture.
std::string truth_line(const ocellus::models::parcel_scene& scene) {
    std::string line = fmt::format("{{\"frame\":{},\"parcels\":[", scene.frame);
    const char* comma = "";
    for (const auto& t : ocellus::models::truth(scene)) {
        const auto x = [](float v) { return static_cast<double>(v) * picture_width; };
        const auto y = [](float v) { return static_cast<double>(v) * picture_height; };
        line += fmt::format(
            "{}{{\"class\":\"{}\",\"class_id\":{},\"box\":[{:.1f},{:.1f},{:.1f},{:.1f}],"
            "\"visible\":{:.3f}}}",
            comma, ocellus::models::parcel_class_names.at(static_cast<std::size_t>(t.class_id)),
            t.class_id, x(t.left), y(t.top), x(t.right), y(t.bottom),
            static_cast<double>(t.visible));
        comma = ",";
    }
    return line + "]}\n";
}

// One parcel's middle lies in the box of another: what a detector finds hardest.
bool is_stacked(const ocellus::models::parcel_scene& scene) {
    const auto all = ocellus::models::truth(scene);
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t k = 0; k < all.size(); ++k) {
            const float x = (all[i].left + all[i].right) / 2;
            const float y = (all[i].top + all[i].bottom) / 2;
            if (i != k && x > all[k].left && x < all[k].right && y > all[k].top &&
                y < all[k].bottom)
                return true;
        }
    return false;
}

void average(const ocellus::rgb8_image& image, std::vector<std::uint8_t>& out) {
    for (unsigned y = 0; y < tensor_height; ++y)
        for (unsigned x = 0; x < tensor_width; ++x)
            for (unsigned c = 0; c < 3; ++c) {
                unsigned sum = 0;
                for (unsigned j = 0; j < factor; ++j)
                    for (unsigned i = 0; i < factor; ++i)
                        sum += image.row(y * factor + j)[(x * factor + i) * 3 + c];
                out[(std::size_t{y} * tensor_width + x) * 3 + c] =
                    static_cast<std::uint8_t>((sum + factor * factor / 2) / (factor * factor));
            }
}

int run(const std::vector<std::string>& arguments) {
    const bool stacked = arguments.size() == 5 && arguments[4] == "stacked";
    if (arguments.size() != 4 && !stacked) {
        std::fprintf(stderr, "usage: render_parcels SEED FIRST COUNT DIR [stacked]\n");
        return 2;
    }
    const std::uint64_t seed = std::stoull(arguments[0]);
    const std::uint32_t first = static_cast<std::uint32_t>(std::stoul(arguments[1]));
    const std::uint32_t count = static_cast<std::uint32_t>(std::stoul(arguments[2]));
    std::ofstream frames(arguments[3] + "/frames.u8", std::ios::binary);
    std::ofstream truth(arguments[3] + "/truth.jsonl", std::ios::binary);
    if (!frames || !truth)
        throw std::runtime_error("cannot write into " + arguments[3]);
    std::vector<std::uint8_t> tensor(std::size_t{tensor_width} * tensor_height * 3);
    std::uint32_t written = 0;
    for (std::uint32_t frame = first; written < count; ++frame) {
        const auto scene = ocellus::models::make_parcel_scene(seed, frame);
        if (stacked && !is_stacked(scene))
            continue;
        ++written;
        average(
            ocellus::models::render_parcels(scene, tensor_width * factor, tensor_height * factor),
            tensor);
        for (std::uint8_t v : tensor)
            frames.put(static_cast<char>(v));
        truth << truth_line(scene);
    }
    frames.close();
    truth.close();
    if (!frames || !truth)
        throw std::runtime_error("cannot write into " + arguments[3]);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& e) {
        std::fprintf(stderr, "render_parcels: %s\n", e.what());
        return 7;
    }
}
