// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/detection_decoder.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <locale>
#include <sstream>
#include <string>

#include "core/diagnostics.h"

namespace ocellus::dsp {
namespace {

[[noreturn]] void refuse(const network& net, const std::string& what) {
    throw input_error(exit_code::usage, "network " + net.source + ": " + what);
}

std::string value_of(const network& net, const std::string& key) {
    const auto found = net.metadata.find(key);
    if (found == net.metadata.end())
        refuse(net, "metadata key '" + key + "' is missing, which decoder 'centre-grid' needs");
    return found->second;
}

double number_of(const network& net, const std::string& key, double low, double high) {
    const std::string text = value_of(net, key);
    std::istringstream in(text);
    in.imbue(std::locale::classic());
    double value = 0;
    in >> value;
    if (!in || !(in >> std::ws).eof() || !(value >= low && value <= high)) {
        std::ostringstream message;
        message.imbue(std::locale::classic());
        message << "metadata '" << key << "' is '" << text << "', expected a number from " << low
                << " to " << high;
        refuse(net, message.str());
    }
    return value;
}

std::size_t whole_of(const network& net, const std::string& key, double low, double high) {
    const double value = number_of(net, key, low, high);
    if (value > std::floor(value))
        refuse(net, "metadata '" + key + "' must be a whole number");
    return static_cast<std::size_t>(value);
}

// Reads elements of an output tensor as real numbers.
class real_reader {
  public:
    real_reader(const tensor& t, const std::vector<std::uint8_t>& bytes) : t_(t), bytes_(bytes) {
        if (!t.quant.empty()) {
            scale_ = t.quant.scale[0];
            zero_ = t.quant.zero_point.empty() ? 0 : t.quant.zero_point[0];
        }
    }
    float operator()(std::size_t index) const {
        switch (t_.type) {
            case element::int8:
                return dequantised(static_cast<std::int8_t>(bytes_[index]));
            case element::uint8:
            case element::boolean:
                return dequantised(bytes_[index]);
            case element::int64: {
                std::int64_t q;
                std::memcpy(&q, &bytes_[index * 8], 8);
                return dequantised(static_cast<std::int32_t>(q));
            }
            case element::int16: {
                std::int16_t q;
                std::memcpy(&q, &bytes_[index * 2], 2);
                return dequantised(q);
            }
            case element::int32: {
                std::int32_t q;
                std::memcpy(&q, &bytes_[index * 4], 4);
                return dequantised(q);
            }
            case element::float32:
                break;
        }
        float value;
        std::memcpy(&value, &bytes_[index * 4], 4);
        return value;
    }

  private:
    float dequantised(std::int32_t q) const { return static_cast<float>(q - zero_) * scale_; }
    const tensor& t_;
    const std::vector<std::uint8_t>& bytes_;
    float scale_ = 1;
    std::int32_t zero_ = 0;
};

float score_of(float logit) {
    const double probability = 1.0 / (1.0 + std::exp(-static_cast<double>(logit)));
    return static_cast<float>(std::floor(probability * 4096.0 + 0.5) / 4096.0);
}

float overlap(const detection& a, const detection& b) {
    const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
    const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
    if (width <= 0.0f || height <= 0.0f)
        return 0.0f;
    const float inner = width * height;
    const float outer =
        (a.right - a.left) * (a.bottom - a.top) + (b.right - b.left) * (b.bottom - b.top) - inner;
    return inner / outer;
}

const tensor& output_tensor(const network& net, std::size_t index) {
    return net.tensors[static_cast<std::size_t>(net.outputs.at(index))];
}

}  // namespace

bool has_detection_decoder(const network& net) {
    return net.metadata.count("decoder") > 0;
}

detection_parameters detection_parameters_of(const network& net) {
    if (value_of(net, "decoder") != "centre-grid")
        refuse(net, "decoder '" + value_of(net, "decoder") + "' is unknown; known: centre-grid");
    if (value_of(net, "box") != "ltrb")
        refuse(net, "box encoding '" + value_of(net, "box") + "' is unknown; known: ltrb");
    if (value_of(net, "score") != "sigmoid")
        refuse(net, "score '" + value_of(net, "score") + "' is unknown; known: sigmoid");
    if (net.outputs.empty())
        refuse(net, "it has no outputs");
    detection_parameters p;
    const double last = static_cast<double>(net.outputs.size() - 1);
    p.stride = static_cast<int>(whole_of(net, "stride", 1, 4096));
    p.scores_output = whole_of(net, "scores_output", 0, last);
    p.boxes_output = whole_of(net, "boxes_output", 0, last);
    p.score_threshold = static_cast<float>(number_of(net, "score_threshold", 0, 1));
    p.nms_iou = static_cast<float>(number_of(net, "nms_iou", 0, 1));

    const tensor& scores = output_tensor(net, p.scores_output);
    const tensor& boxes = output_tensor(net, p.boxes_output);
    if (scores.shape.size() != 4 || boxes.shape.size() != 4 || boxes.shape[3] != 4 ||
        scores.shape[1] != boxes.shape[1] || scores.shape[2] != boxes.shape[2])
        refuse(
            net,
            "the detector's outputs must be two grids (1 x rows x columns x classes and 1 x rows x "
            "columns x 4)");
    return p;
}

std::vector<detection> decode_detections(const network& net,
                                         const std::vector<std::vector<std::uint8_t>>& outputs,
                                         const detection_parameters& parameters) {
    const tensor& score_grid = output_tensor(net, parameters.scores_output);
    const tensor& box_grid = output_tensor(net, parameters.boxes_output);
    const std::vector<std::uint8_t>& score_bytes = outputs.at(parameters.scores_output);
    const std::vector<std::uint8_t>& box_bytes = outputs.at(parameters.boxes_output);
    if (score_bytes.size() < score_grid.bytes() || box_bytes.size() < box_grid.bytes())
        refuse(net, "an output holds fewer bytes than its shape says");
    const real_reader logits(score_grid, score_bytes);
    const real_reader distances(box_grid, box_bytes);
    const std::size_t rows = static_cast<std::size_t>(score_grid.shape.at(1));
    const std::size_t columns = static_cast<std::size_t>(score_grid.shape.at(2));
    const std::size_t classes = static_cast<std::size_t>(score_grid.shape.at(3));
    const float cell_width =
        static_cast<float>(parameters.stride) / static_cast<float>(net.input().shape.at(2));
    const float cell_height =
        static_cast<float>(parameters.stride) / static_cast<float>(net.input().shape.at(1));

    struct candidate {
        float logit;
        std::size_t cell;
        int class_id;
    };
    std::vector<candidate> candidates;
    for (std::size_t cell = 0; cell < rows * columns; ++cell) {
        candidate c{-std::numeric_limits<float>::infinity(), cell, 0};
        for (std::size_t k = 0; k < classes; ++k) {
            const float logit = logits(cell * classes + k);
            if (logit > c.logit) {
                c.logit = logit;
                c.class_id = static_cast<int>(k);
            }
        }
        if (score_of(c.logit) >= parameters.score_threshold)
            candidates.push_back(c);
    }
    std::sort(candidates.begin(), candidates.end(), [](const candidate& a, const candidate& b) {
        return a.logit > b.logit || (!(b.logit > a.logit) && a.cell < b.cell);
    });

    std::vector<detection> result;
    for (const candidate& c : candidates) {
        const float x = static_cast<float>(c.cell % columns) + 0.5f;
        const float y = static_cast<float>(c.cell / columns) + 0.5f;
        const auto reach = [&](std::size_t side) {
            return std::max(distances(c.cell * 4 + side), 0.0f);
        };
        const auto cut = [](float v) { return std::min(std::max(v, 0.0f), 1.0f); };
        detection d;
        d.class_id = c.class_id;
        d.score = score_of(c.logit);
        d.left = cut((x - reach(0)) * cell_width);
        d.top = cut((y - reach(1)) * cell_height);
        d.right = cut((x + reach(2)) * cell_width);
        d.bottom = cut((y + reach(3)) * cell_height);
        const bool better = std::any_of(result.begin(), result.end(), [&](const detection& other) {
            return overlap(other, d) > parameters.nms_iou;
        });
        if (!better)
            result.push_back(d);
    }
    return result;
}

}  // namespace ocellus::dsp
