// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/postprocess.h"

#include <algorithm>
#include <cmath>

#include "dsp/network/detection_decoder.h"

namespace ocellus::sim {
namespace {

constexpr std::size_t best_classes = 5;

std::vector<double> real_values(const dsp::tensor& t, const std::vector<std::uint8_t>& bytes) {
    const double scale = t.quant.scale.empty() ? 1.0 : static_cast<double>(t.quant.scale[0]);
    const std::int32_t zero = t.quant.zero_point.empty() ? 0 : t.quant.zero_point[0];
    std::vector<double> out(t.elements());
    for (std::size_t i = 0; i < out.size() && i < bytes.size(); ++i) {
        const int q = t.type == dsp::element::int8 ? static_cast<std::int8_t>(bytes[i])
                                                   : static_cast<int>(bytes[i]);
        out[i] = scale * (q - zero);
    }
    return out;
}

/// Scores 0 .. 1: as they are when the network ends with softmax or logistic, else their softmax,
/// rounded to 1/4096 so that the last bits of exp() do not matter.
void to_scores(const dsp::network& n, std::vector<double>& values) {
    if (values.empty() || ends_in_probabilities(n))
        return;
    const double top = *std::max_element(values.begin(), values.end());
    double sum = 0;
    for (auto& v : values)
        sum += v = std::exp(v - top);
    for (auto& v : values)
        v = std::floor(v / sum * 4096 + 0.5) / 4096;
}

}  // namespace

bool ends_in_probabilities(const dsp::network& n) {
    auto last = n.layers.rbegin();
    while (last != n.layers.rend() &&
           (last->kind == dsp::op::quantize || last->kind == dsp::op::reshape))
        ++last;
    return last == n.layers.rend() || last->kind == dsp::op::softmax ||
           last->kind == dsp::op::logistic;
}

bool is_detector(const dsp::network& network) {
    return dsp::has_detection_decoder(network);
}

metadata_record interpret(const dsp::network& network,
                          const std::vector<std::vector<std::uint8_t>>& outputs,
                          unsigned capacity) {
    metadata_record record;
    if (is_detector(network)) {
        record.what = metadata_record::kind::detection;
        for (const auto& d :
             dsp::decode_detections(network, outputs, dsp::detection_parameters_of(network))) {
            if (record.findings.size() == capacity)
                break;
            finding f;
            f.class_id = static_cast<std::uint16_t>(d.class_id);
            f.score = d.score;
            f.left = d.left;
            f.top = d.top;
            f.right = d.right;
            f.bottom = d.bottom;
            record.findings.push_back(f);
        }
        return record;
    }
    record.what = metadata_record::kind::classification;
    const auto& t = network.tensors.at(static_cast<std::size_t>(network.outputs.at(0)));
    if (t.type != dsp::element::int8 && t.type != dsp::element::uint8)
        return record;
    auto scores = real_values(t, outputs.at(0));
    to_scores(network, scores);
    std::vector<std::size_t> order(scores.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    const std::size_t wanted = std::min({order.size(), best_classes, std::size_t{capacity}});
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(wanted),
                      order.end(), [&](std::size_t a, std::size_t b) {
                          return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
                      });
    for (std::size_t i = 0; i < wanted; ++i) {
        finding f;
        f.class_id = static_cast<std::uint16_t>(order[i]);
        f.score = static_cast<float>(std::min(1.0, std::max(0.0, scores[order[i]])));
        record.findings.push_back(f);
    }
    return record;
}

}  // namespace ocellus::sim
