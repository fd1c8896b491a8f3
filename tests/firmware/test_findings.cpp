// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "sim/metadata_record.h"
#include "sim/postprocess.h"

extern "C" {
#include "metadata.h"
#include "postprocess.h"
}

/// The firmware's findings and records, bit for bit those of the host's own reading of the same
/// output tensors.

namespace {

using ocellus::dsp::element;
using bytes = std::vector<std::uint8_t>;

std::uint32_t code_of(element e) {
    switch (e) {
        case element::int8:
            return OCELLUS_INT8;
        case element::uint8:
            return OCELLUS_UINT8;
        case element::int16:
            return OCELLUS_INT16;
        case element::int32:
            return OCELLUS_INT32;
        default:  // no other kind reaches firmware
            break;
    }
    return OCELLUS_FLOAT32;
}

struct example {
    ocellus::dsp::network net;
    std::vector<bytes> outputs;
    ocellus_boot_info info{};

    int add(element type, std::vector<int> shape, float scale, int zero) {
        ocellus::dsp::tensor t;
        t.type = type;
        t.shape = std::move(shape);
        if (type != element::float32) {
            t.quant.scale = {scale};
            t.quant.zero_point = {zero};
        }
        net.tensors.push_back(t);
        return static_cast<int>(net.tensors.size()) - 1;
    }
    void add_output(element type, const std::vector<int>& shape, float scale, int zero,
                    bytes data) {
        const int index = add(type, shape, scale, zero);
        net.outputs.push_back(index);
        auto& t = info.output[info.output_count++];
        t.type = code_of(type);
        t.bytes = static_cast<std::uint32_t>(data.size());
        std::fill(std::begin(t.dims), std::end(t.dims), 1u);
        for (std::size_t i = 0; i < shape.size(); ++i)
            t.dims[4 - shape.size() + i] = static_cast<std::uint32_t>(shape[i]);
        t.scale = type == element::float32 ? 1.0f : scale;
        t.zero_point = type == element::float32 ? 0 : zero;
        outputs.push_back(std::move(data));
    }
};

/// Both readings, as records of `capacity` findings.
void compare(const example& e, unsigned capacity) {
    std::vector<finding> mine(capacity);
    std::vector<const std::uint8_t*> pointers;
    for (const auto& o : e.outputs)
        pointers.push_back(o.data());
    metadata m{};
    postprocess_prepare(&e.info);
    m.count = postprocess(&e.info, pointers.data(), capacity, mine.data(), &m.kind);
    m.frame = 0x80001234;
    m.frame_start_ns = 1234567890123456789;
    m.tensor_ready_ns = 5;
    m.inference_start_ns = 0xffffffff;
    m.inference_end_ns = 0x100000000;
    m.inference_cycles = 0xfedcba98;

    auto truth = ocellus::sim::interpret(e.net, e.outputs, capacity);
    REQUIRE(m.count == truth.findings.size());
    REQUIRE(m.kind == static_cast<std::uint32_t>(truth.what));
    bool same = true;
    for (std::size_t i = 0; i < m.count; ++i) {
        const auto& a = mine[i];
        const auto& b = truth.findings[i];
        const float x[5] = {a.score, a.left, a.top, a.right, a.bottom};
        const float y[5] = {b.score, b.left, b.top, b.right, b.bottom};
        same = same && a.class_id == b.class_id && std::memcmp(x, y, sizeof x) == 0;
    }
    REQUIRE(same);
    truth.frame = m.frame;
    truth.frame_start_ns = m.frame_start_ns;
    truth.tensor_ready_ns = m.tensor_ready_ns;
    truth.inference_start_ns = m.inference_start_ns;
    truth.inference_end_ns = m.inference_end_ns;
    truth.inference_cycles = m.inference_cycles;
    bytes record(metadata_bytes(capacity), 0xee);
    metadata_encode(&m, mine.data(), capacity, record.data());
    REQUIRE(record == ocellus::sim::encode(truth, capacity));
}

class dice {
  public:
    explicit dice(unsigned seed) : source_(seed) {}
    int whole(int low, int high) {  // same on every machine, unlike std's distributions
        return low + static_cast<int>(source_() % static_cast<unsigned>(high - low + 1));
    }
    float real(float low, float high) {
        return low + (high - low) * static_cast<float>(source_() & 0xffffff) / 16777216.0f;
    }

  private:
    std::mt19937 source_;
};

bytes random_data(dice& d, element type, std::size_t elements, int spread) {
    bytes out(elements * ocellus::dsp::size_of(type));
    for (std::size_t i = 0; i < elements; ++i) {
        std::uint8_t* const at = &out[i * ocellus::dsp::size_of(type)];
        if (type == element::int8) {
            const auto v = static_cast<std::int8_t>(d.whole(-spread - 1, spread));
            std::memcpy(at, &v, 1);
        } else if (type == element::uint8) {
            *at = static_cast<std::uint8_t>(d.whole(0, 2 * spread + 1));
        } else if (type == element::int16) {
            const auto v = static_cast<std::int16_t>(d.whole(-30 * spread, 30 * spread));
            std::memcpy(at, &v, 2);
        } else if (type == element::int32) {
            const auto v = static_cast<std::int32_t>(d.whole(-300 * spread, 300 * spread));
            std::memcpy(at, &v, 4);
        } else {
            const float v = d.real(-8.0f, 8.0f);
            std::memcpy(at, &v, 4);
        }
    }
    return out;
}

float scale_for(dice& d, element type) {
    const float s = d.real(0.003f, 0.12f);
    return type == element::int16 ? s / 30 : type == element::int32 ? s / 300 : s;
}

example detector(dice& d, element scores, element boxes) {
    example e;
    const int rows = d.whole(1, 9), columns = d.whole(1, 9), classes = d.whole(1, 5);
    const int stride = 1 << d.whole(0, 5);
    const int width = columns * stride + d.whole(0, 3), height = rows * stride + d.whole(0, 3);
    e.net.inputs.push_back(e.add(element::int8, {1, height, width, 3}, 1, 0));
    const bool swapped = d.whole(0, 1) == 1;
    const auto put_scores = [&] {
        e.add_output(scores, {1, rows, columns, classes}, scale_for(d, scores), d.whole(-40, 40),
                     random_data(d, scores, static_cast<std::size_t>(rows * columns * classes),
                                 d.whole(1, 127)));
    };
    const auto put_boxes = [&] {
        e.add_output(boxes, {1, rows, columns, 4}, scale_for(d, boxes), d.whole(-100, 60),
                     random_data(d, boxes, static_cast<std::size_t>(rows * columns * 4), 127));
    };
    if (swapped)
        put_boxes();
    put_scores();
    if (!swapped)
        put_boxes();
    const std::string threshold = "0." + std::to_string(d.whole(100, 900));
    const std::string iou = "0." + std::to_string(d.whole(100, 900));
    e.net.metadata = {{"decoder", "centre-grid"},
                      {"box", "ltrb"},
                      {"score", "sigmoid"},
                      {"stride", std::to_string(stride)},
                      {"scores_output", swapped ? "1" : "0"},
                      {"boxes_output", swapped ? "0" : "1"},
                      {"score_threshold", threshold},
                      {"nms_iou", iou}};
    e.info.task = OCELLUS_TASK_DETECTION;
    e.info.input_width = static_cast<std::uint32_t>(width);
    e.info.input_height = static_cast<std::uint32_t>(height);
    e.info.stride = static_cast<std::uint32_t>(stride);
    e.info.scores_output = swapped ? 1 : 0;
    e.info.boxes_output = swapped ? 0 : 1;
    e.info.score_threshold = static_cast<float>(std::stod(threshold));
    e.info.nms_iou = static_cast<float>(std::stod(iou));
    return e;
}

example classifier(dice& d, element type, bool probabilities) {
    example e;
    const int classes = d.whole(1, d.whole(1, 1000));
    e.net.inputs.push_back(e.add(element::int8, {1, 8, 8, 3}, 1, 0));
    e.add_output(type, {1, classes}, probabilities ? 1.0f / 256 : scale_for(d, type),
                 probabilities && type == element::int8 ? -128 : d.whole(-20, 20),
                 random_data(d, type, static_cast<std::size_t>(classes), d.whole(0, 127)));
    ocellus::dsp::layer last;
    last.kind = probabilities ? ocellus::dsp::op::softmax : ocellus::dsp::op::fully_connected;
    e.net.layers.push_back(last);
    e.info.task = OCELLUS_TASK_CLASSIFICATION;
    e.info.scores_are_probabilities = probabilities;
    return e;
}

}  // namespace

TEST_CASE("firmware's detections are those of the host, bit for bit") {
    const auto scores =
        GENERATE(element::int8, element::uint8, element::int16, element::int32, element::float32);
    const auto boxes = GENERATE(element::int8, element::uint8, element::int16);
    dice d(static_cast<unsigned>(scores) * 16 + static_cast<unsigned>(boxes));
    std::size_t found = 0;
    for (int i = 0; i < 300; ++i) {
        const example e = detector(d, scores, boxes);
        compare(e, static_cast<unsigned>(d.whole(1, 22)));
        found += ocellus::sim::interpret(e.net, e.outputs, 22).findings.size();
    }
    CHECK(found > 500);  // the cases are not empty
}

TEST_CASE("firmware's classes are those of the host, bit for bit") {
    const auto type = GENERATE(element::int8, element::uint8);
    const bool probabilities = GENERATE(false, true);
    dice d(static_cast<unsigned>(type) * 2 + probabilities);
    for (int i = 0; i < 600; ++i)
        compare(classifier(d, type, probabilities), static_cast<unsigned>(d.whole(1, 22)));
}

TEST_CASE("equal scores come in the order of the classes and of the grid") {
    example e;
    e.net.inputs.push_back(e.add(element::int8, {1, 8, 8, 3}, 1, 0));
    e.add_output(element::int8, {1, 9}, 0.1f, 0, bytes{1, 7, 7, 3, 7, 7, 7, 7, 7});
    e.info.task = OCELLUS_TASK_CLASSIFICATION;
    e.net.layers.emplace_back();
    compare(e, 5);
    const std::uint8_t* const outputs[] = {e.outputs[0].data()};
    finding best[5];
    std::uint32_t kind = 0;
    REQUIRE(postprocess(&e.info, outputs, 5, best, &kind) == 5);
    CHECK(best[0].class_id == 1);
    CHECK(best[1].class_id == 2);
    CHECK(best[4].class_id == 6);
}

TEST_CASE("a network that is no detector and has wide outputs has no findings") {
    example e;
    e.net.inputs.push_back(e.add(element::int8, {1, 8, 8, 3}, 1, 0));
    e.add_output(element::int16, {1, 4}, 0.1f, 0, bytes(8, 3));
    e.net.layers.emplace_back();
    e.info.task = OCELLUS_TASK_RAW;
    compare(e, 5);
}

TEST_CASE("more cells than there is room for: the best are kept") {
    // 64 x 64 cells all above the threshold, boxes that do not touch: the findings are the best.
    example e;
    constexpr int side = 64;
    e.net.inputs.push_back(e.add(element::int8, {1, side * 8, side * 8, 3}, 1, 0));
    dice d(7);
    bytes scores(side * side);
    for (auto& s : scores)
        s = static_cast<std::uint8_t>(d.whole(1, 127));
    e.add_output(element::int8, {1, side, side, 1}, 0.05f, 0, scores);
    e.add_output(element::int8, {1, side, side, 4}, 0.1f, 0, bytes(side * side * 4, 4));
    e.net.metadata = {{"decoder", "centre-grid"}, {"box", "ltrb"},
                      {"score", "sigmoid"},       {"stride", "8"},
                      {"scores_output", "0"},     {"boxes_output", "1"},
                      {"score_threshold", "0.5"}, {"nms_iou", "0.5"}};
    e.info.task = OCELLUS_TASK_DETECTION;
    e.info.input_width = e.info.input_height = side * 8;
    e.info.stride = 8;
    e.info.boxes_output = 1;
    e.info.score_threshold = 0.5f;
    e.info.nms_iou = 0.5f;
    REQUIRE(side * side > POSTPROCESS_MOST_CANDIDATES);
    compare(e, 22);
}
