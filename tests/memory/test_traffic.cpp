// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "core/random.h"
#include "memory/burst_latency.h"
#include "memory/time_series.h"

using namespace ocellus;
using namespace ocellus::memory;

TEST_CASE("bins of a latency meet without gap and overlap, an eighth wide at most") {
    CHECK(burst_latency::lower(0) == 0);
    for (unsigned b = 0; b < burst_latency::bins; ++b) {
        const auto low = burst_latency::lower(b), high = burst_latency::upper(b);
        REQUIRE(low <= high);
        REQUIRE(burst_latency::bin_of(low) == b);
        REQUIRE(burst_latency::bin_of(high) == b);
        if (b + 1 < burst_latency::bins)
            REQUIRE(burst_latency::lower(b + 1) == high + 1);
        REQUIRE(high - low <= low / 8);
    }
    CHECK(burst_latency::upper(burst_latency::bins - 1) == ~std::uint64_t{0});
}

TEST_CASE("percentiles of latencies are those of the sorted values, up to an eighth") {
    random_sequence r(3, purpose::test, 5);
    burst_latency l;
    std::vector<std::uint64_t> values;
    for (unsigned k = 0; k < 5000; ++k) {
        values.push_back(std::uint64_t{1 + r.below(1000)} << r.below(20));
        l.add(values.back());
    }
    std::sort(values.begin(), values.end());
    CHECK(l.longest() == values.back());
    CHECK(l.count() == values.size());
    for (const double p : {0.01, 0.5, 0.9, 0.99, 1.0}) {
        const auto rank = static_cast<std::size_t>(std::ceil(p * 5000)) - 1;
        const auto exact = static_cast<double>(values[rank]);
        const auto got = static_cast<double>(l.percentile(p));
        CHECK(got >= exact);
        CHECK(got <= exact * 1.125);
    }
    CHECK(burst_latency().percentile(0.5) == 0);
}

TEST_CASE("a time series keeps every amount, whatever the order, and bounds its memory") {
    time_series s;
    s.add(5, 0, 1);
    CHECK(s.rows() == 0);
    s.begin(2, 10);
    s.add(39, 1, 7);
    s.add(0, 0, 1);
    s.add(9, 0, 2);
    s.add(10, 0, 4);
    s.add(~std::uint64_t{0}, 0, 8);
    CHECK(s.value(0, 0) == 3);
    CHECK(s.value(1, 0) == 4);
    CHECK(s.value(3, 1) == 7);
    CHECK(s.rows() == time_series::most_rows);
    CHECK(s.value(time_series::most_rows - 1, 0) == 8);
    s.add(3, 1, 1);
    CHECK(s.value(0, 1) == 1);
}
