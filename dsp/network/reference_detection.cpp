// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <cmath>
#include <numeric>

#include "dsp/network/fixed_point.h"
#include "dsp/network/reference_view.h"

namespace ocellus::dsp::reference {

namespace {

/// Corners, the lower first.
struct box {
    float top = 0.0f, left = 0.0f, bottom = 0.0f, right = 0.0f;
    float area() const { return (bottom - top) * (right - left); }
};

float overlap(const box& a, const box& b) {
    if (a.area() <= 0.0f || b.area() <= 0.0f)
        return 0.0f;
    const float height = std::max(std::min(a.bottom, b.bottom) - std::max(a.top, b.top), 0.0f);
    const float width = std::max(std::min(a.right, b.right) - std::max(a.left, b.left), 0.0f);
    const float common = height * width;
    return common / (a.area() + b.area() - common);
}

/// e^x, held to what single precision can tell from 0 and infinity.
double exponential(double x) {
    const double bounded = std::isnan(x) ? 0.0 : std::clamp(x, -80.0, 80.0);
    return bounded > 0.0 ? 1.0 / portable_exp(-bounded) : portable_exp(bounded);
}

/// Indices of scores that are at least `threshold`, the largest first, equals by index.
std::vector<std::size_t> candidates(const std::vector<float>& scores, float threshold,
                                    bool above_only) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (above_only ? scores[i] > threshold : scores[i] >= threshold)
            order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    return order;
}

/// The best boxes that overlap none of those before them by more than the threshold.
std::vector<std::size_t> suppress(const std::vector<box>& boxes, const std::vector<float>& scores,
                                  float score_threshold, bool above_only, float iou_threshold,
                                  bool equal_suppresses, std::size_t most) {
    std::vector<std::size_t> kept;
    for (std::size_t i : candidates(scores, score_threshold, above_only)) {
        if (kept.size() == most)
            break;
        const bool hidden = std::any_of(kept.begin(), kept.end(), [&](std::size_t k) {
            const float o = overlap(boxes[k], boxes[i]);
            return equal_suppresses ? o >= iou_threshold : o > iou_threshold;
        });
        if (!hidden)
            kept.push_back(i);
    }
    return kept;
}

}  // namespace

/// The custom operator of TensorFlow's object detection models: centre-size boxes against anchors,
/// class scores (with or without a background in front), then suppression.
void detection_postprocess(const view& v) {
    const detection_settings& d = v.l.detection;
    const tensor &codes = v.x(), &scores = v.w(),
                 &anchors = v.n.tensors[static_cast<std::size_t>(v.l.inputs[2])];
    const auto count = static_cast<std::size_t>(codes.shape[1]);
    const auto columns = static_cast<std::size_t>(scores.shape[2]);
    const auto classes = static_cast<std::size_t>(d.classes);
    const std::size_t background = columns - classes;
    const std::size_t width = static_cast<std::size_t>(codes.shape[2]);
    std::vector<box> boxes(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto code = [&](std::size_t k) { return real_at(codes, v.in[0], i * width + k); };
        const auto anchor = [&](std::size_t k) { return real_at(anchors, v.in[2], i * 4 + k); };
        // In double precision, rounded once, as the runtime does.
        const auto centre = [&](std::size_t k, float scale) {
            return static_cast<float>(static_cast<double>(code(k)) / static_cast<double>(scale) *
                                          static_cast<double>(anchor(k + 2)) +
                                      static_cast<double>(anchor(k)));
        };
        const auto half = [&](std::size_t k, float scale) {
            return static_cast<float>(
                0.5 * exponential(static_cast<double>(code(k)) / static_cast<double>(scale)) *
                static_cast<double>(anchor(k)));
        };
        const float y = centre(0, d.y_scale), x = centre(1, d.x_scale);
        const float half_h = half(2, d.h_scale), half_w = half(3, d.w_scale);
        boxes[i] = {y - half_h, x - half_w, y + half_h, x + half_w};
    }
    const auto score = [&](std::size_t i, std::size_t c) {
        return real_at(scores, v.in[1], i * columns + background + c);
    };
    struct found {
        std::size_t box, label;
        float score;
    };
    std::vector<found> results;
    const auto most = static_cast<std::size_t>(d.max_detections);
    if (d.regular) {
        for (std::size_t c = 0; c < classes; ++c) {
            std::vector<float> column(count);
            for (std::size_t i = 0; i < count; ++i)
                column[i] = score(i, c);
            for (std::size_t i : suppress(boxes, column, d.score_threshold, false, d.iou_threshold,
                                          false, static_cast<std::size_t>(d.detections_per_class)))
                results.push_back({i, c, column[i]});
            std::stable_sort(results.begin(), results.end(),
                             [](const found& a, const found& b) { return a.score > b.score; });
            results.resize(std::min(results.size(), most));
        }
    } else {
        const auto per_box =
            std::min(static_cast<std::size_t>(d.max_classes_per_detection), classes);
        std::vector<float> best(count);
        std::vector<std::vector<std::size_t>> order(count);
        for (std::size_t i = 0; i < count; ++i) {
            order[i].resize(classes);
            std::iota(order[i].begin(), order[i].end(), std::size_t{0});
            std::stable_sort(order[i].begin(), order[i].end(), [&](std::size_t a, std::size_t b) {
                return score(i, a) > score(i, b);
            });
            best[i] = score(i, order[i][0]);
        }
        for (std::size_t i :
             suppress(boxes, best, d.score_threshold, false, d.iou_threshold, false, most))
            for (std::size_t k = 0; k < per_box; ++k)
                results.push_back({i, order[i][k], score(i, order[i][k])});
    }
    const std::size_t places = v.output(1).elements();
    for (std::size_t i = 0; i < places; ++i) {
        const bool held = i < results.size();
        const box b = held ? boxes[results[i].box] : box{};
        store_real(v.outs[0], 4 * i, b.top);
        store_real(v.outs[0], 4 * i + 1, b.left);
        store_real(v.outs[0], 4 * i + 2, b.bottom);
        store_real(v.outs[0], 4 * i + 3, b.right);
        store_real(v.outs[1], i, held ? static_cast<float>(results[i].label) : 0.0f);
        store_real(v.outs[2], i, held ? results[i].score : 0.0f);
    }
    store_real(v.outs[3], 0, static_cast<float>(std::min(results.size(), places)));
}

/// TensorFlow Lite: indices, scores (soft form only) and their number; unused entries are 0. ONNX:
/// (batch, class, box) of each; unused rows are -1, since the number of rows must be known before.
void non_max_suppression(const view& v) {
    const detection_settings& d = v.l.detection;
    const tensor &where = v.x(), &scores = v.w();
    const std::size_t rank = where.shape.size();
    const auto count = static_cast<std::size_t>(where.shape[rank - 2]);
    const std::size_t batches = d.by_class ? static_cast<std::size_t>(where.shape[0]) : 1;
    const std::size_t classes = d.by_class ? static_cast<std::size_t>(scores.shape[1]) : 1;
    const auto most = static_cast<std::size_t>(d.max_detections);
    std::size_t row = 0;
    const std::size_t rows = d.by_class ? v.output(0).elements() / 3 : v.output(0).elements();
    for (std::size_t b = 0; b < batches; ++b) {
        std::vector<box> boxes(count);
        for (std::size_t i = 0; i < count; ++i) {
            const auto at = [&](std::size_t k) {
                return real_at(where, v.in[0], (b * count + i) * 4 + k);
            };
            if (d.centre)
                boxes[i] = {at(1) - at(3) / 2, at(0) - at(2) / 2, at(1) + at(3) / 2,
                            at(0) + at(2) / 2};
            else
                boxes[i] = {std::min(at(0), at(2)), std::min(at(1), at(3)), std::max(at(0), at(2)),
                            std::max(at(1), at(3))};
        }
        for (std::size_t c = 0; c < classes; ++c) {
            std::vector<float> column(count);
            for (std::size_t i = 0; i < count; ++i)
                column[i] = real_at(scores, v.in[1], (b * classes + c) * count + i);
            std::vector<std::size_t> kept;
            if (d.sigma > 0.0f) {
                // Overlaps lower the score instead; the best of what is left comes next.
                std::vector<bool> used(count, false);
                while (kept.size() < most) {
                    std::size_t best = count;
                    for (std::size_t i = 0; i < count; ++i)
                        if (!used[i] && column[i] > d.score_threshold &&
                            (best == count || column[i] > column[best]))
                            best = i;
                    if (best == count)
                        break;
                    used[best] = true;
                    kept.push_back(best);
                    for (std::size_t i = 0; i < count; ++i) {
                        const float o = used[i] ? 0.0f : overlap(boxes[best], boxes[i]);
                        if (o >= d.iou_threshold)
                            used[i] = true;
                        else if (!used[i])
                            column[i] *= static_cast<float>(
                                exponential(static_cast<double>(-0.5f / d.sigma * o * o)));
                    }
                }
            } else {
                kept = suppress(boxes, column, d.score_threshold, true, d.iou_threshold,
                                !d.by_class, most);
            }
            for (std::size_t i : kept) {
                if (row == rows)
                    break;
                if (d.by_class) {
                    store_index(v.y().type, v.out, 3 * row, static_cast<std::int64_t>(b));
                    store_index(v.y().type, v.out, 3 * row + 1, static_cast<std::int64_t>(c));
                    store_index(v.y().type, v.out, 3 * row + 2, static_cast<std::int64_t>(i));
                } else {
                    store_index(v.y().type, v.out, row, static_cast<std::int64_t>(i));
                    if (v.outs.size() == 3)
                        store_real(v.outs[1], row, column[i]);
                }
                ++row;
            }
        }
    }
    const std::size_t held = row;
    for (; row < rows; ++row) {
        for (std::size_t k = 0; d.by_class && k < 3; ++k)
            store_index(v.y().type, v.out, 3 * row + k, -1);
        if (!d.by_class) {
            store_index(v.y().type, v.out, row, 0);
            if (v.outs.size() == 3)
                store_real(v.outs[1], row, 0.0f);
        }
    }
    if (!d.by_class)
        store_index(v.l.outputs.size() > 1 ? v.output(v.outs.size() - 1).type : element::int32,
                    v.outs.back(), 0, static_cast<std::int64_t>(held));
}

}  // namespace ocellus::dsp::reference
