// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <stdexcept>

#include "core/lazy_plane.h"
#include "core/worker_pool.h"

using namespace ocellus;

TEST_CASE("worker pool: all work is done, with any number of threads") {
    for (const unsigned threads : {0u, 1u, 2u, 8u}) {
        INFO(threads << " threads");
        worker_pool pool(threads);
        CHECK(pool.threads() == threads);
        std::vector<unsigned> results(1000);
        std::vector<work_handle> handles;
        for (unsigned i = 0; i < results.size(); ++i)
            handles.push_back(pool.submit([&results, i] { results[i] = i * i; }));
        for (unsigned i = 0; i < results.size(); ++i) {
            handles[i].wait();
            CHECK(handles[i].done());
            REQUIRE(results[i] == i * i);
        }
        for (const std::size_t count : {0u, 1u, 7u, 100u}) {
            for (const std::size_t grain : {0u, 1u, 3u, 1000u}) {
                std::vector<std::atomic<int>> touched(count);
                pool.parallel_for(count, grain, [&](std::size_t first, std::size_t last) {
                    for (std::size_t i = first; i < last; ++i)
                        ++touched[i];
                });
                for (auto& t : touched)
                    REQUIRE(t == 1);
            }
        }
    }
    work_handle empty;
    CHECK(empty.done());
    CHECK_NOTHROW(empty.wait());
}

TEST_CASE("worker pool: what work throws arrives where it is waited for") {
    for (const unsigned threads : {0u, 1u, 2u, 8u}) {
        INFO(threads << " threads");
        worker_pool pool(threads);
        auto bad = pool.submit([] { throw std::runtime_error("bad"); });
        auto good = pool.submit([] {});
        CHECK_THROWS_WITH(bad.wait(), "bad");
        CHECK_THROWS_WITH(bad.wait(), "bad");  // every time
        CHECK_NOTHROW(good.wait());
        std::atomic<int> bodies{0};
        CHECK_THROWS_WITH(pool.parallel_for(10, 1,
                                            [&](std::size_t first, std::size_t) {
                                                ++bodies;
                                                if (first == 0 || first == 5)
                                                    throw std::runtime_error("piece");
                                            }),
                          "piece");
        CHECK(bodies == 10);  // none is left running on dead references
    }
}

TEST_CASE("worker pool: work may wait for earlier work") {
    for (const unsigned threads : {0u, 1u, 2u, 8u}) {
        INFO(threads << " threads");
        worker_pool pool(threads);
        std::vector<work_handle> chain;
        std::vector<int> value(201);
        value[0] = 1;
        chain.push_back(
            pool.submit([] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }));
        for (std::size_t i = 1; i <= 200; ++i) {
            const work_handle before = chain.back();
            chain.push_back(pool.submit([before, &value, i] {
                before.wait();
                value[i] = value[i - 1] + 1;
            }));
        }
        chain.back().wait();
        CHECK(value[200] == 201);
    }
}

TEST_CASE("worker pool: destruction finishes what was submitted") {
    std::atomic<int> n{0};
    {
        worker_pool pool(2);
        for (int i = 0; i < 100; ++i)
            pool.submit([&n] { ++n; });
    }
    CHECK(n == 100);
}

TEST_CASE("lazy plane: the same rows with any number of threads, bands made in order") {
    for (const unsigned threads : {0u, 1u, 2u, 8u}) {
        INFO(threads << " threads");
        worker_pool pool(threads);
        auto source = lazy_plane<std::uint16_t>::start(
            pool, 100, 53, 8, [](plane<std::uint16_t>& out, unsigned first, unsigned last) {
                for (unsigned y = first; y < last; ++y)
                    for (unsigned x = 0; x < out.width(); ++x)
                        out.row(y)[x] = static_cast<std::uint16_t>(y * 100 + x);
            });
        // A second plane that needs a row of the next band of the first one.
        auto sum = lazy_plane<std::uint16_t>::start(
            pool, 100, 53, 10, [source](plane<std::uint16_t>& out, unsigned first, unsigned last) {
                for (unsigned y = first; y < last; ++y) {
                    const auto* below = source->row(y + 1 < 53 ? y + 1 : y);
                    for (unsigned x = 0; x < out.width(); ++x)
                        out.row(y)[x] = static_cast<std::uint16_t>(source->row(y)[x] + below[x]);
                }
            });
        CHECK(sum->rows_per_band() == 10);
        for (const unsigned y : {52u, 0u, 17u})
            for (unsigned x = 0; x < 100; ++x)
                REQUIRE(sum->row(y)[x] == y * 100 + x + (y < 52 ? y + 1 : y) * 100 + x);
        CHECK(&sum->all() == &sum->all());
        CHECK(sum->all().row(52)[99] == 5299 * 2);
    }
}

TEST_CASE("lazy plane: storage is reused, errors arrive, rows are aligned") {
    worker_pool pool(2);
    const auto fill = [](plane<std::uint8_t>& out, unsigned first, unsigned last) {
        for (unsigned y = first; y < last; ++y)
            out.row(y)[0] = static_cast<std::uint8_t>(y);
    };
    auto a = lazy_plane<std::uint8_t>::start(pool, 70, 9, 4, fill);
    const auto* storage = a->row(0);
    CHECK(reinterpret_cast<std::uintptr_t>(a->row(1)) % 64 == 0);
    plane<std::uint8_t> used = a->recycle();
    auto b = lazy_plane<std::uint8_t>::start(pool, 70, 9, 4, fill, std::move(used));
    CHECK(b->row(0) == storage);
    CHECK(b->row(8)[0] == 8);
    auto c = lazy_plane<std::uint8_t>::start(pool, 71, 9, 4, fill, b->recycle());
    CHECK(c->width() == 71);

    auto bad = lazy_plane<std::uint8_t>::start(pool, 8, 8, 4,
                                               [](plane<std::uint8_t>&, unsigned first, unsigned) {
                                                   if (first == 4)
                                                       throw std::runtime_error("band");
                                               });
    CHECK_NOTHROW(bad->row(3));
    CHECK_THROWS_WITH(bad->row(4), "band");
    CHECK_THROWS_WITH(bad->all(), "band");
    // For whoever meets it through a kernel that keeps the text alone.
    REQUIRE(pool.first_error());
    CHECK_THROWS_AS(std::rethrow_exception(pool.first_error()), std::runtime_error);
    CHECK(!worker_pool(1).first_error());
}
