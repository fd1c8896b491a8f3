// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/conservation.h"

#include <fmt/format.h>

#include "core/text.h"

namespace ocellus::sim {
namespace {

double value_of(const balance::term& t, const statistics& stats) {
    return t.value >= 0 ? t.value : stats.value(t.name);
}

double sum_of(const std::vector<balance::term>& side, const statistics& stats) {
    double sum = 0;
    for (const auto& t : side)
        sum += t.factor * value_of(t, stats);
    return sum;
}

std::string text_of(const std::vector<balance::term>& side, const statistics& stats) {
    std::string out;
    for (const auto& t : side)
        out += fmt::format("{}{}{} ({})", out.empty() ? "" : " + ",
                           t.factor == 1 ? "" : shortest(t.factor) + " * ", t.name,
                           shortest(value_of(t, stats)));
    return out;
}

}  // namespace

std::vector<std::string> violations(const std::vector<balance>& all, const statistics& stats) {
    std::vector<std::string> out;
    for (const auto& b : all)
        if (sum_of(b.left, stats) != sum_of(b.right, stats))
            out.push_back(fmt::format("{}: {} is not {}", b.what, text_of(b.left, stats),
                                      text_of(b.right, stats)));
    return out;
}

}  // namespace ocellus::sim
