// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "core/diagnostics.h"
#include "core/random.h"
#include "dsp/network/detection_decoder.h"

using namespace ocellus;
using namespace ocellus::dsp;

namespace {

constexpr int rows = 3, columns = 4, classes = 2;

// A detector of 32 x 24 pixels: logits with scale 0.25, distances with scale 0.5 and zero point
// -10.
network small_detector() {
    network net;
    net.source = "test";
    net.tensors.resize(3);
    net.tensors[0].shape = {1, 24, 32, 3};
    net.tensors[1].shape = {1, rows, columns, classes};
    net.tensors[1].quant = {{0.25f}, {0}};
    net.tensors[2].shape = {1, rows, columns, 4};
    net.tensors[2].quant = {{0.5f}, {-10}};
    net.inputs = {0};
    net.outputs = {1, 2};
    net.metadata = {{"decoder", "centre-grid"}, {"stride", "8"},        {"box", "ltrb"},
                    {"score", "sigmoid"},       {"scores_output", "0"}, {"boxes_output", "1"},
                    {"score_threshold", "0.4"}, {"nms_iou", "0.5"}};
    return net;
}

struct grids {
    std::vector<std::vector<std::uint8_t>> bytes{
        std::vector<std::uint8_t>(rows * columns * classes, static_cast<std::uint8_t>(-100)),
        std::vector<std::uint8_t>(rows* columns * 4, static_cast<std::uint8_t>(-10))};
    void cell(int row, int column, int class_id, int logit, int l, int t, int r, int b) {
        const std::size_t at = static_cast<std::size_t>(row * columns + column);
        bytes[0][at * classes + static_cast<std::size_t>(class_id)] =
            static_cast<std::uint8_t>(logit);
        const int d[4] = {l, t, r, b};
        for (std::size_t k = 0; k < 4; ++k)
            bytes[1][at * 4 + k] = static_cast<std::uint8_t>(d[k]);
    }
};

std::string refusal(const network& net) {
    try {
        detection_parameters_of(net);
    } catch (const input_error& e) {
        REQUIRE(e.code() == exit_code::usage);
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a cell becomes a box around its centre") {
    const network net = small_detector();
    grids g;
    // Cell (1, 2): centre at x = 2.5 cells, y = 1.5 cells.
    g.cell(1, 2, 1, 8, -9, -8, -7, -10);  // logit 2; l = 0.5, t = 1, r = 1.5, b = 0
    const auto found = decode_detections(net, g.bytes, detection_parameters_of(net));
    REQUIRE(found.size() == 1);
    CHECK(found[0].class_id == 1);
    CHECK(found[0].score == std::round(4096 / (1 + std::exp(-2.0))) / 4096);
    CHECK(found[0].left == Approx(2.0 / 4));
    CHECK(found[0].top == Approx(0.5 / 3));
    CHECK(found[0].right == Approx(4.0 / 4));
    CHECK(found[0].bottom == Approx(1.5 / 3));
}

TEST_CASE("negative distances count as zero and edges are cut at the picture") {
    const network net = small_detector();
    grids g;
    g.cell(0, 0, 0, 20, 10, -30, 100, 100);
    const auto found = decode_detections(net, g.bytes, detection_parameters_of(net));
    REQUIRE(found.size() == 1);
    CHECK(found[0].left == 0.0f);
    CHECK(found[0].top == Approx(0.5 / 3));
    CHECK(found[0].right == 1.0f);
    CHECK(found[0].bottom == 1.0f);
}

TEST_CASE("weak cells are dropped at the threshold") {
    const network net = small_detector();
    auto p = detection_parameters_of(net);
    grids g;
    g.cell(1, 1, 0, 0, -8, -8, -8, -8);  // logit 0: score 0.5
    p.score_threshold = 0.5f;
    CHECK(decode_detections(net, g.bytes, p).size() == 1);
    p.score_threshold = 0.5f + 1.0f / 4096;
    CHECK(decode_detections(net, g.bytes, p).empty());
}

TEST_CASE("of overlapping boxes the best stays, whatever its class") {
    const network net = small_detector();
    grids g;
    g.cell(1, 1, 0, 10, -8, -8, -8, -8);
    g.cell(1, 2, 1, 12, -6, -8, -8,
           -8);                          // one cell to the right, reaches one further left: IoU 2/3
    g.cell(0, 0, 0, 4, -9, -9, -9, -9);  // elsewhere
    auto p = detection_parameters_of(net);
    auto found = decode_detections(net, g.bytes, p);
    REQUIRE(found.size() == 2);
    CHECK(found[0].class_id == 1);
    CHECK(found[1].left == 0.0f);
    p.nms_iou = 0.7f;
    found = decode_detections(net, g.bytes, p);
    REQUIRE(found.size() == 3);
    CHECK(found[0].score > found[1].score);
    CHECK(found[1].score > found[2].score);
}

TEST_CASE("equal scores keep the order of the grid") {
    const network net = small_detector();
    grids g;
    g.cell(2, 3, 0, 10, -9, -9, -9, -9);
    g.cell(0, 1, 0, 10, -9, -9, -9, -9);
    const auto found = decode_detections(net, g.bytes, detection_parameters_of(net));
    REQUIRE(found.size() == 2);
    CHECK(found[0].top < found[1].top);
}

TEST_CASE("float outputs give the same detections as the integers they came from") {
    network net = small_detector();
    random_sequence random(5, purpose::test);
    grids g;
    for (auto& output : g.bytes)
        for (auto& b : output)
            b = static_cast<std::uint8_t>(random.below(256));
    const auto p = detection_parameters_of(net);
    const auto from_integers = decode_detections(net, g.bytes, p);
    REQUIRE(from_integers.size() > 1);
    std::vector<std::vector<std::uint8_t>> real(2);
    for (std::size_t k = 0; k < 2; ++k) {
        const tensor& t = net.tensors[k + 1];
        for (const std::uint8_t b : g.bytes[k]) {
            const float v =
                static_cast<float>(static_cast<std::int8_t>(b) - t.quant.zero_point[0]) *
                t.quant.scale[0];
            std::uint8_t raw[4];
            std::memcpy(raw, &v, 4);
            real[k].insert(real[k].end(), raw, raw + 4);
        }
    }
    net.tensors[1].type = net.tensors[2].type = element::float32;
    const auto from_floats = decode_detections(net, real, p);
    REQUIRE(from_floats.size() == from_integers.size());
    for (std::size_t i = 0; i < from_floats.size(); ++i) {
        CHECK(from_floats[i].class_id == from_integers[i].class_id);
        CHECK(from_floats[i].score == from_integers[i].score);
        CHECK(from_floats[i].left == from_integers[i].left);
        CHECK(from_floats[i].bottom == from_integers[i].bottom);
    }
}

TEST_CASE("wrong decoder metadata is refused by name") {
    network net = small_detector();
    CHECK(has_detection_decoder(net));
    CHECK(refusal(net).empty());
    net.metadata["stride"] = "eight";
    CHECK(refusal(net).find("'stride' is 'eight'") != std::string::npos);
    net = small_detector();
    net.metadata.erase("nms_iou");
    CHECK(refusal(net).find("'nms_iou' is missing") != std::string::npos);
    net = small_detector();
    net.metadata["decoder"] = "anchors";
    CHECK(refusal(net).find("'anchors' is unknown") != std::string::npos);
    net = small_detector();
    net.metadata["boxes_output"] = "2";
    CHECK(refusal(net).find("'boxes_output'") != std::string::npos);
    net = small_detector();
    net.tensors[2].shape = {1, rows, columns + 1, 4};
    CHECK(refusal(net).find("two grids") != std::string::npos);
    net = small_detector();
    CHECK_THROWS_AS(decode_detections(net, {{}, {}}, detection_parameters_of(net)), input_error);
    net.metadata.clear();
    CHECK_FALSE(has_detection_decoder(net));
}
