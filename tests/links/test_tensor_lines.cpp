// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "core/diagnostics.h"
#include "links/tensor_lines.h"
#include "tests/test_paths.h"

using namespace ocellus;
using namespace ocellus::links;

namespace {

/// A network of one input tensor and two output tensors.
network_description example(std::uint16_t width, std::uint16_t height) {
    network_description n;
    n.id = 7;
    n.name = "parcels";
    n.type = "detection";
    tensor_description in;
    in.name = "input";
    in.axes = {{0, width, 0, static_cast<std::uint8_t>(padded_width(width) - width)},
               {1, height, 1, static_cast<std::uint8_t>(padded_height(height) - height)},
               {2, 3, 2, 0}};
    in.shift = 0;
    in.scale = 1.0f / 128;
    n.inputs = {in};
    tensor_description scores;
    scores.name = "scores";
    scores.axes = {{0, 3000, 0, 0}};
    scores.scale = 0.5f;
    scores.is_unsigned = true;
    tensor_description boxes;
    boxes.id = 1;
    boxes.name = "boxes";
    boxes.axes = {{0, 4, 0, 0}, {1, 5, 1, 0}};
    boxes.bits = 16;
    boxes.scale = 2;
    n.outputs = {scores, boxes};
    return n;
}

std::vector<std::uint8_t> noise(std::size_t bytes, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<std::uint8_t> v(bytes);
    for (auto& b : v)
        b = static_cast<std::uint8_t>(random());
    return v;
}

std::string output_of(const std::string& command) {
    std::string text;
    FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe);
    std::array<char, 4096> buffer{};
    for (std::size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
        text.append(buffer.data(), n);
    pclose(pipe);
    return text;
}

}  // namespace

TEST_CASE("input tensors of the public networks take the public number of lines") {
    struct row {
        const char* network;
        std::size_t width, height, lines;
    };
    // Read from the network files of raspberrypi/imx500-models.
    const row rows[] = {
        {"deeplabv3plus", 320, 320, 121},       {"efficientdet_lite0_pp", 320, 320, 121},
        {"higherhrnet_coco", 384, 288, 131},    {"inputtensoronly", 640, 480, 361},
        {"mobilenet_v2", 224, 224, 60},         {"mobilevit_xs", 256, 256, 78},
        {"mobilevit_xxs", 256, 256, 78},        {"nanodet_plus_416", 416, 416, 204},
        {"nanodet_plus_416_pp", 416, 416, 204}, {"posenet", 481, 353, 214},
        {"regnetx_002", 224, 224, 60},          {"regnety_002", 224, 224, 60},
        {"shufflenet_v2_x1_5", 224, 224, 60},   {"squeezenet1.0", 224, 224, 60},
        {"yolo11n_pp", 640, 640, 481},          {"yolov8n_pp", 640, 640, 481},
    };
    for (const auto& r : rows) {
        INFO(r.network);
        CHECK(input_tensor_lines(r.width, r.height, 3) == r.lines);
    }
    // 1,000 scores of a classifier, and the four small results of a detector with
    // post-processing.
    CHECK(output_tensor_lines({1000}) == 2);
    CHECK(output_tensor_lines({2400, 1200, 1200, 4}) == 5);
    CHECK(output_tensor_lines({2560, 2561}) == 1 + 1 + 2);
    CHECK(output_tensor_lines({}) == 1);
}

TEST_CASE("header and KPI stand where the host looks for them") {
    dnn_header h;
    h.valid = true;
    h.frame = 0xAB;
    h.network = 0x1234;
    h.output = true;
    const auto ap = encode_ap_parameters({example(120, 160)});
    const auto lines = tensor_block(h, ap, {noise(3000, 1), noise(40, 2)});
    REQUIRE(lines.size() == output_tensor_lines({3000, 40}));
    for (const auto& line : lines)
        CHECK(line.size() == 2560);
    const std::vector<std::uint8_t> head(lines[0].begin(), lines[0].begin() + 12);
    const auto low = static_cast<std::uint8_t>(ap.size());
    const auto high = static_cast<std::uint8_t>(ap.size() >> 8);
    CHECK(head ==
          std::vector<std::uint8_t>{1, 0xAB, 0x00, 0x0A, low, high, 0x34, 0x12, 1, 0, 0, 0});
    CHECK(std::equal(ap.begin(), ap.end(), lines[0].begin() + 12));

    const auto kpi = kpi_line(0x01020304, 3100);
    CHECK(kpi.size() == 2560);
    CHECK((kpi[36] == 4 && kpi[37] == 3 && kpi[38] == 2 && kpi[39] == 1));
    CHECK((kpi[40] == 0x1C && kpi[41] == 0x0C && kpi[42] == 0 && kpi[43] == 0));

    h.valid = false;
    const auto invalid = tensor_block(h, ap, {noise(3000, 1), noise(40, 2)});
    CHECK(invalid.size() == lines.size());
    CHECK(invalid[1] == region_line(2560, 0));

    CHECK_THROWS_AS(tensor_block(h, std::vector<std::uint8_t>(2549), {}), input_error);
    CHECK_NOTHROW(tensor_block(h, std::vector<std::uint8_t>(2548), {}));
}

TEST_CASE("AP parameters come back as they were, and damaged ones are refused") {
    const auto bytes = encode_ap_parameters({example(120, 160), network_description{}});
    std::vector<network_description> back;
    std::string why;
    REQUIRE(decode_ap_parameters(bytes, back, why));
    REQUIRE(back.size() == 2);
    CHECK(back[0].id == 7);
    CHECK(back[0].type == "detection");
    REQUIRE(back[0].inputs.size() == 1);
    CHECK(back[0].inputs[0].axes[0].padding == 8);
    CHECK(back[0].inputs[0].scale == 1.0f / 128);
    REQUIRE(back[0].outputs.size() == 2);
    CHECK(back[0].outputs[0].is_unsigned);
    CHECK(back[0].outputs[1].bits == 16);
    CHECK(back[0].outputs[1].axes[1].size == 5);
    for (std::size_t n = 0; n + 3 < bytes.size(); ++n)  // the last bytes may be padding
        CHECK_FALSE(decode_ap_parameters(
            {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)}, back, why));
}

TEST_CASE("a reader written from the public interface alone finds the same tensors") {
    const std::uint16_t width = 13, height = 7;
    const auto network = example(width, height);
    const auto ap = encode_ap_parameters({network});
    const auto plane = noise(padded_width(width) * padded_height(height) * 3, 3);
    const auto scores = noise(3000, 4), boxes = noise(40, 5);
    dnn_header in, out;
    in.valid = out.valid = true;
    in.frame = out.frame = 200;
    in.network = out.network = 7;
    out.output = true;
    std::vector<region_line> lines = {kpi_line(4200, 3100)};
    for (auto& l : tensor_block(in, ap, {plane}))
        lines.push_back(std::move(l));
    const std::size_t input_lines = lines.size() - 1;
    for (auto& l : tensor_block(out, ap, {scores, boxes}))
        lines.push_back(std::move(l));
    const std::size_t output_lines = lines.size() - 1 - input_lines;
    lines.emplace_back(2560, std::uint8_t{0});
    CHECK(input_lines == input_tensor_lines(width, height, 3));

    const std::string file = fmt::format("/tmp/ocellus_region_{}.bin", getpid());
    {
        std::ofstream f(file, std::ios::binary);
        for (const auto& l : lines)
            f.write(reinterpret_cast<const char*>(l.data()),
                    static_cast<std::streamsize>(l.size()));
    }
    const std::string program =
        "python3 " + std::string(source_folder) + "/clients/python/ocellus_metadata.py " + file;
    const auto text = output_of(
        fmt::format("{} --input-lines {} --output-lines {}", program, input_lines, output_lines));
    INFO(text);
    const auto j = nlohmann::json::parse(text);
    CHECK(j["frame"] == 200);
    CHECK(j["dnn_us"] == 4200);
    CHECK(j["dsp_us"] == 3100);
    CHECK(j["network"] == "detection");
    std::vector<int> expected;
    for (unsigned c = 0; c < 3; ++c)
        for (unsigned y = 0; y < height; ++y)
            for (unsigned x = 0; x < width; ++x)
                expected.push_back(static_cast<std::int8_t>(
                    plane[(c * padded_height(height) + y) * padded_width(width) + x]));
    CHECK(j["input"] == expected);
    CHECK(j["outputs"][0]["values"] == std::vector<int>(scores.begin(), scores.end()));
    expected.clear();
    for (std::size_t i = 0; i < boxes.size(); i += 2)
        expected.push_back(
            static_cast<std::int16_t>(boxes[i] | static_cast<unsigned>(boxes[i + 1]) << 8));
    CHECK(j["outputs"][1]["values"] == expected);

    const auto wrong = output_of(fmt::format("{} --input-lines {} --output-lines {}", program,
                                             input_lines + 1, output_lines));
    CHECK(wrong.find("error: " + file) == 0);
    std::remove(file.c_str());
}
