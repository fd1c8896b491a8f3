// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <map>
#include <set>
#include <string>

#include "core/registers.h"
#include "core/statistics.h"

/// COUNTER_ registers against the statistics that they show, now. COUNTER_ROWS_LOST of isp shows
/// isp.rows_lost; where the names differ, `statistic` says which.
inline void check_counters(const ocellus::register_block& block, const ocellus::statistics& stats,
                           const std::string& prefix,
                           const std::map<std::string, std::string>& statistic, unsigned at_least) {
    std::set<std::string> shown;
    for (unsigned i = 0; i < block.all().size(); ++i) {
        std::string name = block.all()[i].name;
        if (name.rfind("COUNTER_", 0) != 0)
            continue;
        INFO(name);
        name = name.substr(8);
        const auto drop = [&](const std::string& end) {
            const bool has =
                name.size() > end.size() && name.substr(name.size() - end.size()) == end;
            if (has)
                name.resize(name.size() - end.size());
            return has;
        };
        const bool high = drop("_HIGH");
        drop("_LOW");
        const auto other = statistic.find(name);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        name = prefix + "." + (other != statistic.end() ? other->second : name);
        const auto* entry = stats.find(name);
        REQUIRE(entry);
        const std::uint64_t expected = entry->integer();
        CHECK(block.peek(i) == static_cast<std::uint32_t>(high ? expected >> 32 : expected));
        shown.insert(name);
    }
    CHECK(shown.size() >= at_least);
}
