// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/detection_quality.h"

#include <algorithm>
#include <numeric>

namespace ocellus::sim {
namespace {

double surface(const area& a) {
    return std::max(0.0, a.right - a.left) * std::max(0.0, a.bottom - a.top);
}

std::optional<double> ratio(double part, std::uint64_t whole) {
    if (whole == 0)
        return std::nullopt;
    return part / static_cast<double>(whole);
}

}  // namespace

double overlap(const area& a, const area& b) {
    const area both{std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right),
                    std::min(a.bottom, b.bottom)};
    const double common = surface(both), all = surface(a) + surface(b) - common;
    return common > 0 && all > 0 ? common / all : 0;
}

std::vector<match> match_objects(const compared_picture& picture, double least) {
    std::vector<std::size_t> order(picture.reported.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return picture.reported[a].score > picture.reported[b].score;
    });
    std::vector<bool> taken(picture.real.size());
    std::vector<match> out(picture.reported.size());
    for (const std::size_t k : order) {
        const reported_object& r = picture.reported[k];
        match& m = out[k];
        bool hidden = false;
        for (std::size_t i = 0; i < picture.real.size(); ++i) {
            const real_object& o = picture.real[i];
            if (o.class_id != r.class_id)
                continue;
            const double shared = overlap(r.box, o.box);
            if (shared < least)
                continue;
            if (!o.counts)
                hidden = true;
            else if (!taken[i] && (m.what != match::kind::right || shared > m.overlap))
                m = {match::kind::right, i, shared};
        }
        if (m.what == match::kind::right)
            taken[m.real] = true;
        else if (hidden)
            m.what = match::kind::neither;
    }
    return out;
}

std::optional<double> average_precision(const std::vector<bool>& right, std::uint64_t real) {
    if (real == 0)
        return std::nullopt;
    auto hits = static_cast<double>(std::count(right.begin(), right.end(), true));
    double best = 0, sum = 0;
    // From the lowest score up: the largest precision at this recall or a higher one.
    for (std::size_t n = right.size(); n > 0; --n)
        if (right[n - 1]) {
            best = std::max(best, hits / static_cast<double>(n));
            sum += best;
            --hits;
        }
    return sum / static_cast<double>(real);
}

std::optional<double> detection_figures::precision() const {
    return ratio(static_cast<double>(right), reported);
}

std::optional<double> detection_figures::recall() const {
    return ratio(static_cast<double>(right), real);
}

std::optional<double> detection_figures::f1() const {
    return ratio(2 * static_cast<double>(right), real + reported);
}

std::optional<double> detection_figures::mean_overlap() const {
    return ratio(overlap_sum, right);
}

detection_comparison compare_detections(const std::vector<compared_picture>& pictures, int classes,
                                        double least) {
    struct ranked {
        double score;
        bool right;
    };
    detection_comparison out;
    out.by_class.resize(static_cast<std::size_t>(std::max(classes, 0)));
    std::vector<std::vector<ranked>> reports(out.by_class.size());
    const auto known = [classes](int id) { return id >= 0 && id < classes; };
    for (const auto& picture : pictures) {
        for (const auto& o : picture.real)
            if (o.counts && known(o.class_id))
                ++out.by_class[static_cast<std::size_t>(o.class_id)].real;
        const auto matches = match_objects(picture, least);
        for (std::size_t k = 0; k < matches.size(); ++k) {
            const match& m = matches[k];
            if (m.what == match::kind::neither)
                continue;
            const reported_object& r = picture.reported[k];
            if (!known(r.class_id)) {
                ++out.all.reported;
                continue;
            }
            const auto c = static_cast<std::size_t>(r.class_id);
            ++out.by_class[c].reported;
            const bool right = m.what == match::kind::right;
            out.by_class[c].right += right;
            out.by_class[c].overlap_sum += m.overlap;
            reports[c].push_back({r.score, right});
        }
    }
    double sum = 0;
    std::uint64_t present = 0;
    for (std::size_t c = 0; c < reports.size(); ++c) {
        std::stable_sort(reports[c].begin(), reports[c].end(),
                         [](const ranked& a, const ranked& b) { return a.score > b.score; });
        std::vector<bool> right;
        for (const auto& r : reports[c])
            right.push_back(r.right);
        detection_figures& f = out.by_class[c];
        f.ap = average_precision(right, f.real);
        if (f.ap) {
            sum += *f.ap;
            ++present;
        }
        out.all.real += f.real;
        out.all.reported += f.reported;
        out.all.right += f.right;
        out.all.overlap_sum += f.overlap_sum;
    }
    out.all.ap = ratio(sum, present);
    return out;
}

}  // namespace ocellus::sim
