// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <flatbuffers/flexbuffers.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "dsp/network/executor.h"
#include "dsp/network/reader.h"
#include "dsp/network/tflite_graph.h"
#include "made_onnx.h"
#include "made_tflite.h"

using namespace ocellus::dsp;
using namespace ocellus::dsp::tflite_detail;

// Post-processing of detections against the figures that the runtimes' own tests publish
// (tensorflow/tflite-micro detection_postprocess_test.cc, tensorflow non_max_suppression_test.cc,
// onnx nonmaxsuppression.py), and against rational numbers where a decision is on the edge.

namespace {

using reals = std::vector<float>;

std::vector<std::uint8_t> bytes_of(const reals& v) {
    std::vector<std::uint8_t> b(v.size() * 4);
    std::memcpy(b.data(), v.data(), b.size());
    return b;
}

reals reals_of(const std::vector<std::uint8_t>& b) {
    reals v(b.size() / 4);
    std::memcpy(v.data(), b.data(), b.size());
    return v;
}

template <class T>
std::vector<T> integers_of(const std::vector<std::uint8_t>& b) {
    std::vector<T> v(b.size() / sizeof(T));
    std::memcpy(v.data(), b.data(), b.size());
    return v;
}

// ---- TFLite_Detection_PostProcess -----------------------------------------------------------

struct detections {
    reals boxes, classes, scores;
    float count = 0.0f;
};

struct postprocess {
    bool regular = false;
    int most = 3, per_class = 1, classes_of_box = 1, classes = 2;
    float least = 0.0f, iou = 0.5f;
    float y_scale = 10.0f, x_scale = 10.0f, h_scale = 5.0f, w_scale = 5.0f;
};

detections detect(const postprocess& p, int count, const reals& codes, const reals& scores,
                  const reals& anchors) {
    tflite_maker m;
    const int width = static_cast<int>(codes.size()) / count;
    const int columns = static_cast<int>(scores.size()) / count;
    const int boxes = m.real({1, count, width}), values = m.real({1, count, columns});
    const int fixed = m.reals(anchors, {count, 4});
    const int places = p.regular ? p.most : p.most * std::min(p.classes_of_box, p.classes);
    const std::vector<int> out = {m.real({1, places, 4}), m.real({1, places}), m.real({1, places}),
                                  m.real({1})};
    flexbuffers::Builder f;
    f.Map([&] {
        f.Int("max_detections", p.most);
        f.Int("max_classes_per_detection", p.classes_of_box);
        f.Int("detections_per_class", p.per_class);
        f.Bool("use_regular_nms", p.regular);
        f.Float("nms_score_threshold", p.least);
        f.Float("nms_iou_threshold", p.iou);
        f.Int("num_classes", p.classes);
        f.Float("y_scale", p.y_scale);
        f.Float("x_scale", p.x_scale);
        f.Float("h_scale", p.h_scale);
        f.Float("w_scale", p.w_scale);
    });
    f.Finish();
    m.layer(builtin_custom, {boxes, values, fixed}, out, tfl::builtin_options_NONE, 0,
            "TFLite_Detection_PostProcess", &f.GetBuffer());
    const network n = read_network_bytes(m.file({boxes, values}, out), "detections.tflite");
    const auto r = run(n, {bytes_of(codes), bytes_of(scores)});
    return {reals_of(r[0]), reals_of(r[1]), reals_of(r[2]), reals_of(r[3]).at(0)};
}

const reals six_codes = {0, 0, 0, 0, 0, 1, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
const reals six_anchors = {0.5f, 0.5f,  1, 1, 0.5f, 0.5f,  1, 1, 0.5f, 0.5f,   1, 1,
                           0.5f, 10.5f, 1, 1, 0.5f, 10.5f, 1, 1, 0.5f, 100.5f, 1, 1};
const reals with_background = {0, .9f,  .8f,  0, .75f, .72f, 0, .6f, .5f,
                               0, .93f, .95f, 0, .5f,  .4f,  0, .3f, .2f};
const reals without_background = {.9f, .8f, .75f, .72f, .6f, .5f, .93f, .95f, .5f, .4f, .3f, .2f};

/// Corner boxes as codes: anchors of size one at the box's centre, scales of one.
detections detect_corners(postprocess p, const std::vector<std::array<float, 4>>& boxes,
                          const reals& scores) {
    p.y_scale = p.x_scale = p.h_scale = p.w_scale = 1.0f;
    reals codes, anchors;
    for (const auto& b : boxes) {
        codes.insert(codes.end(), {0, 0, 0, 0});
        anchors.insert(anchors.end(),
                       {(b[0] + b[2]) / 2, (b[1] + b[3]) / 2, b[2] - b[0], b[3] - b[1]});
    }
    return detect(p, static_cast<int>(boxes.size()), codes, scores, anchors);
}

}  // namespace

TEST_CASE("detection post-processing equals the figures of the runtime's tests", "[network]") {
    const reals best_boxes = {0, 10, 1, 11, 0, 0, 1, 1, 0, 100, 1, 101};
    for (bool background : {true, false}) {
        const reals& scores = background ? with_background : without_background;
        // Boxes of four numbers, and with a key point behind them.
        for (bool keypoint : {false, true}) {
            reals codes;
            for (std::size_t i = 0; i < 6; ++i) {
                codes.insert(codes.end(), six_codes.begin() + static_cast<std::ptrdiff_t>(4 * i),
                             six_codes.begin() + static_cast<std::ptrdiff_t>(4 * i + 4));
                if (keypoint)
                    codes.push_back(1.0f);
            }
            postprocess p;
            detections d = detect(p, 6, codes, scores, six_anchors);
            CHECK(d.boxes == best_boxes);
            CHECK(d.classes == reals{1, 0, 0});
            CHECK(d.scores == reals{.95f, .9f, .3f});
            CHECK(d.count == 3.0f);
            p.regular = true;
            d = detect(p, 6, codes, scores, six_anchors);
            CHECK(d.boxes == reals{0, 10, 1, 11, 0, 10, 1, 11, 0, 0, 0, 0});
            CHECK(d.classes == reals{1, 0, 0});
            CHECK(d.scores == reals{.95f, .93f, 0});
            CHECK(d.count == 2.0f);
        }
    }
    // Equal scores keep the order of their boxes.
    const detections d = detect({}, 6, six_codes,
                                {0.015625f, 0.007812f, 0.003906f, 0.015625f, 0.015625f, 0.007812f,
                                 0.019531f, 0.019531f, 0.007812f, 0.003906f, 0.003906f, 0.003906f},
                                six_anchors);
    CHECK(d.boxes == best_boxes);
    CHECK(d.classes == reals{0, 0, 0});
    CHECK(d.scores == reals{0.019531f, 0.015625f, 0.003906f});
}

TEST_CASE("detection post-processing decodes, and decides on the edge, as its text says",
          "[network]") {
    // Centre and size: y = code / scale * h + y, and e^(code / scale) times the anchor.
    postprocess p;
    p.most = 1;
    const reals code = {2, -3, 1.5f, -0.75f}, anchor = {0.25f, 0.75f, 0.5f, 0.4f};
    detections d = detect(p, 1, code, {0, .7f, .2f}, anchor);
    const double y = 2.0 / 10 * 0.5 + 0.25, x = -3.0 / 10 * static_cast<double>(0.4f) + 0.75;
    const double h = std::exp(1.5 / 5) * 0.5, w = std::exp(-0.75 / 5) * static_cast<double>(0.4f);
    CHECK(static_cast<double>(d.boxes[0]) == Approx(y - h / 2).margin(1e-7));
    CHECK(static_cast<double>(d.boxes[1]) == Approx(x - w / 2).margin(1e-7));
    CHECK(static_cast<double>(d.boxes[2]) == Approx(y + h / 2).margin(1e-7));
    CHECK(static_cast<double>(d.boxes[3]) == Approx(x + w / 2).margin(1e-7));
    // [0,0,1,1] and [0,0,1,2] overlap by 1/2 exactly: more than the threshold hides, as much does
    // not. A score as large as the threshold counts.
    for (bool regular : {false, true}) {
        postprocess q;
        q.regular = regular;
        q.per_class = 3;
        q.classes = 1;
        q.least = 0.25f;
        const std::vector<std::array<float, 4>> boxes = {{0, 0, 1, 1}, {0, 0, 1, 2}, {4, 4, 5, 5}};
        d = detect_corners(q, boxes, {.75f, .5f, .25f});
        CHECK(d.count == 3.0f);
        CHECK(d.scores == reals{.75f, .5f, .25f});
        q.iou = std::nextafter(0.5f, 0.0f);
        q.least = std::nextafter(0.25f, 1.0f);
        d = detect_corners(q, boxes, {.75f, .5f, .25f});
        CHECK(d.count == 1.0f);
        CHECK(d.scores == reals{.75f, 0, 0});
    }
    // Two classes of each box, the better first.
    postprocess q;
    q.classes_of_box = 2;
    q.most = 2;
    d = detect_corners(q, {{0, 0, 1, 1}, {2, 2, 3, 3}}, {.1f, .9f, .4f, .3f});
    CHECK(d.classes == reals{1, 0, 0, 1});
    CHECK(d.scores == reals{.9f, .1f, .4f, .3f});
    CHECK(d.boxes == reals{0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3});
    CHECK(d.count == 4.0f);
}

// ---- NON_MAX_SUPPRESSION_V4 and V5 ----------------------------------------------------------

namespace {

struct suppressed {
    std::vector<std::int32_t> indices;
    reals scores;
    std::int32_t count = 0;
};

suppressed suppress(const reals& boxes, const reals& scores, int most, float iou, float least,
                    bool soft, float sigma = 0.0f) {
    tflite_maker m;
    const int count = static_cast<int>(scores.size());
    const int b = m.real({count, 4}), s = m.real({count});
    std::vector<int> in = {b, s, m.integers({most}, {}), m.reals({iou}, {}), m.reals({least}, {})};
    std::vector<int> out = {m.tensor({most}, tflite_maker::int32)};
    if (soft) {
        in.push_back(m.reals({sigma}, {}));
        out.push_back(m.real({most}));
    }
    out.push_back(m.tensor({}, tflite_maker::int32));
    m.layer(soft ? builtin_nms_v5 : builtin_nms_v4, in, out);
    const network n = read_network_bytes(m.file({b, s}, out), "nms.tflite");
    const auto r = run(n, {bytes_of(boxes), bytes_of(scores)});
    return {integers_of<std::int32_t>(r[0]), soft ? reals_of(r[1]) : reals{},
            integers_of<std::int32_t>(r.back()).at(0)};
}

using indices = std::vector<std::int32_t>;

const reals flipped_boxes = {1, 1,  0, 0,  0, 0.1f,  1, 1.1f,  0, .9f, 1, -0.1f,
                             0, 10, 1, 11, 1, 10.1f, 0, 11.1f, 1, 101, 0, 100};
const reals six_scores = {.9f, .75f, .6f, .95f, .5f, .3f};

}  // namespace

TEST_CASE("TensorFlow Lite box suppression equals the figures of its tests", "[network]") {
    suppressed s = suppress(flipped_boxes, six_scores, 6, 0.5f, 0.4f, false);
    CHECK(s.indices == indices{3, 0, 0, 0, 0, 0});
    CHECK(s.count == 2);
    s = suppress(flipped_boxes, six_scores, 6, 0.5f, 0.99f, false);
    CHECK(s.indices == indices{0, 0, 0, 0, 0, 0});
    CHECK(s.count == 0);
    s = suppress(flipped_boxes, six_scores, 1, 0.5f, 0.4f, false);
    CHECK(s.indices == indices{3});
    CHECK(s.count == 1);
    s = suppress(flipped_boxes, six_scores, 6, 0.5f, 0.0f, true, 0.5f);
    CHECK(s.indices == indices{3, 0, 5, 0, 0, 0});
    CHECK(s.scores == reals{.95f, .9f, .3f, 0, 0, 0});
    CHECK(s.count == 3);
    s = suppress(flipped_boxes, six_scores, 6, 0.5f, 0.99f, true, 0.5f);
    CHECK(s.indices == indices{0, 0, 0, 0, 0, 0});
    CHECK(s.scores == reals{0, 0, 0, 0, 0, 0});
    CHECK(s.count == 0);
}

TEST_CASE("TensorFlow Lite box suppression on the edge and in its soft form", "[network]") {
    // An overlap of 1/2 exactly hides, a score as large as the threshold does not count.
    const reals boxes = {0, 0, 1, 1, 0, 0, 1, 2};
    CHECK(suppress(boxes, {.75f, .5f}, 2, 0.5f, 0.0f, false).count == 1);
    CHECK(suppress(boxes, {.75f, .5f}, 2, std::nextafter(0.5f, 1.0f), 0.0f, false).count == 2);
    CHECK(suppress(boxes, {.75f, .5f}, 2, 0.9f, 0.5f, false).count == 1);
    CHECK(suppress(boxes, {.75f, .5f}, 2, 0.9f, std::nextafter(0.5f, 0.0f), false).count == 2);
    // Soft: an overlap of 1/2 leaves e^(-0.25 / (2 sigma)) of the score, and a third box passes by.
    const reals three = {0, 0, 1, 1, 0, 0, 1, 2, 5, 5, 6, 6};
    const suppressed s = suppress(three, {.9f, .8f, .5f}, 3, 1.0f, 0.0f, true, 0.25f);
    CHECK(s.indices == indices{0, 2, 1});
    CHECK(static_cast<double>(s.scores[2]) == Approx(0.8 * std::exp(-0.5)).epsilon(1e-6));
    // Below the threshold after that, it is not taken.
    CHECK(suppress(three, {.9f, .8f, .5f}, 3, 1.0f, 0.4853f, true, 0.25f).count == 2);
    CHECK(suppress(three, {.9f, .8f, .5f}, 3, 1.0f, 0.4851f, true, 0.25f).count == 3);
}

// ---- ONNX NonMaxSuppression ------------------------------------------------------------------

namespace {

using rows = std::vector<std::int64_t>;

rows onnx_nms(const reals& boxes, int batches, const reals& scores, int classes, int most,
              float iou, float least, bool centre = false) {
    onnx_maker m;
    const int count = static_cast<int>(boxes.size()) / 4 / batches;
    m.input("boxes", onnx::TensorProto::FLOAT, {batches, count, 4});
    m.input("scores", onnx::TensorProto::FLOAT, {batches, classes, count});
    auto* n = m.node(
        "NonMaxSuppression",
        {"boxes", "scores", m.list({most}), m.reals({iou}, {1}), m.reals({least}, {1})}, {"y"});
    onnx_maker::attribute(n, "center_point_box", std::int64_t{centre});
    m.output("y");
    const network net = read_network_bytes(m.file(), "nms.onnx");
    rows all = integers_of<std::int64_t>(run(net, {bytes_of(boxes), bytes_of(scores)}).at(0));
    // What is not used holds -1, at the end.
    while (!all.empty() && all.back() == -1)
        all.pop_back();
    return all;
}

const reals corner_boxes = {0, 0,  1, 1,  0, 0.1f,  1, 1.1f,  0, -0.1f, 1, 0.9f,
                            0, 10, 1, 11, 0, 10.1f, 1, 11.1f, 0, 100,   1, 101};

reals twice(const reals& v) {
    reals w = v;
    w.insert(w.end(), v.begin(), v.end());
    return w;
}

}  // namespace

TEST_CASE("ONNX box suppression equals the operator's published cases", "[network]") {
    CHECK(onnx_nms(corner_boxes, 1, six_scores, 1, 3, .5f, 0) == rows{0, 0, 3, 0, 0, 0, 0, 0, 5});
    CHECK(onnx_nms(corner_boxes, 1, six_scores, 1, 3, .5f, .4f) == rows{0, 0, 3, 0, 0, 0});
    CHECK(onnx_nms(flipped_boxes, 1, six_scores, 1, 3, .5f, 0) == rows{0, 0, 3, 0, 0, 0, 0, 0, 5});
    CHECK(onnx_nms(corner_boxes, 1, six_scores, 1, 2, .5f, 0) == rows{0, 0, 3, 0, 0, 0});
    CHECK(onnx_nms({0, 0, 1, 1}, 1, {.9f}, 1, 3, .5f, 0) == rows{0, 0, 0});
    reals same;
    for (int i = 0; i < 10; ++i)
        same.insert(same.end(), {0, 0, 1, 1});
    CHECK(onnx_nms(same, 1, reals(10, .9f), 1, 3, .5f, 0) == rows{0, 0, 0});
    const reals centres = {.5f, .5f,   1, 1, .5f, .6f,   1, 1, .5f, .4f,    1, 1,
                           .5f, 10.5f, 1, 1, .5f, 10.6f, 1, 1, .5f, 100.5f, 1, 1};
    CHECK(onnx_nms(centres, 1, six_scores, 1, 3, .5f, 0, true) == rows{0, 0, 3, 0, 0, 0, 0, 0, 5});
    CHECK(onnx_nms(corner_boxes, 1, twice(six_scores), 2, 2, .5f, 0) ==
          rows{0, 0, 3, 0, 0, 0, 0, 1, 3, 0, 1, 0});
    CHECK(onnx_nms(twice(corner_boxes), 2, twice(six_scores), 1, 2, .5f, 0) ==
          rows{0, 0, 3, 0, 0, 0, 1, 0, 3, 1, 0, 0});
    // An overlap of 1/2 exactly does not hide here.
    CHECK(onnx_nms({0, 0, 1, 1, 0, 0, 1, 2}, 1, {.75f, .5f}, 1, 2, .5f, 0).size() == 6);
    CHECK(onnx_nms({0, 0, 1, 1, 0, 0, 1, 2}, 1, {.75f, .5f}, 1, 2, .49f, 0).size() == 3);
}
