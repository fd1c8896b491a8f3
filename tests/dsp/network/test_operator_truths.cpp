// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <map>
#include <numeric>

#include "one_layer.h"

using namespace truth;

// Operators without a golden file, against closed forms and exact rational numbers computed here.
// Bounds of rounding: one rounding is half a step; a product rounded before it is shifted by one
// bit or more adds up to a quarter (TensorFlow Lite's double rounding).

namespace {

using numbers = std::vector<std::int64_t>;

double bound(rounding how) {
    return how == rounding::tflite_ref || how == rounding::tflite_x86 ? 0.751 : 0.501;
}

/// All pairs of int8 numbers.
std::pair<numbers, numbers> all_pairs() {
    numbers a, b;
    for (int i = -128; i < 128; ++i)
        for (int k = -128; k < 128; ++k) {
            a.push_back(i);
            b.push_back(k);
        }
    return {a, b};
}

std::size_t size_of_shape(const std::vector<int>& shape) {
    std::size_t n = 1;
    for (int d : shape)
        n *= static_cast<std::size_t>(d);
    return n;
}

/// Calls body(index) for every index of a shape, in order.
template <class Body>
void each(const std::vector<int>& shape, const Body& body) {
    std::vector<int> index(shape.size(), 0);
    for (std::size_t i = 0; i < size_of_shape(shape); ++i) {
        body(index);
        for (std::size_t d = shape.size(); d-- > 0;) {
            if (++index[d] < shape[d])
                break;
            index[d] = 0;
        }
    }
}

std::int64_t at(const numbers& v, const std::vector<int>& shape, const std::vector<int>& index) {
    std::size_t i = 0;
    for (std::size_t d = 0; d < shape.size(); ++d)
        i = i * static_cast<std::size_t>(shape[d]) + static_cast<std::size_t>(index[d]);
    return v[i];
}

}  // namespace

TEST_CASE("quotients of all pairs are the rational number's nearest", "[network]") {
    const auto [a, b] = all_pairs();
    for (rounding how : all_roundings)
        for (const auto& [za, zb, scale] :
             {std::tuple{0, 0, 0.1f}, {-17, 30, 0.02f}, {5, -128, 3.0f}}) {
            INFO(name_of(how) << " " << za << " " << zb << " " << scale);
            one_layer t(op::div);
            t.input({65536}, 0.5f, za).input({65536}, 0.25f, zb).output({65536}, scale, 7);
            const auto q = t.run({a, b}, how).at(0);
            std::vector<double> exact;
            numbers defined;
            for (std::size_t i = 0; i < a.size(); ++i) {
                const std::int64_t left = a[i] - za, right = b[i] - zb;
                if (right == 0) {
                    // The end of the range on the dividend's side.
                    CHECK(q[i] == (left < 0 ? -128 : left > 0 ? 127 : 7));
                    continue;
                }
                defined.push_back(q[i]);
                exact.push_back(static_cast<double>(left) * 0.5 /
                                    (static_cast<double>(right) * 0.25) /
                                    static_cast<double>(scale) +
                                7);
            }
            // A reciprocal is good to 2^-28; a half may fall either side of its rounding.
            CHECK(worst(defined, exact) <= 0.501);
        }
    // Signs: -a / b, a / -b and -(a / b) round alike away from ties, and every whole quotient is
    // exact.
    one_layer t(op::div);
    t.input({6}).input({6}).output({6});
    CHECK(t.run({{100, -100, 100, -100, 7, -128}, {5, 5, -5, -5, 7, 1}}).at(0) ==
          numbers{20, -20, -20, 20, 1, -128});
    // Published: -0.8 / -0.8, -0.2 / 0.4, 0.3 / 0.8, 0.7 / 1.0 over [-1, 1].
    const float step = 2.0f / 255;
    one_layer p(op::div);
    p.input({4}, step, -1).input({4}, step, -1).output({4}, step, -1);
    const auto code = [&](double x) {
        return static_cast<std::int64_t>(std::lround(x / static_cast<double>(step)) - 1);
    };
    const auto r = p.run({{code(-0.8), code(-0.2), code(0.3), code(0.7)},
                          {code(-0.8), code(0.4), code(0.8), code(1.0)}})
                       .at(0);
    const double published[] = {1.0, -0.5, 0.375, 0.7};
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(std::abs(static_cast<double>(r[i] + 1) * static_cast<double>(step) - published[i]) <=
              static_cast<double>(step) * 2.01);
}

TEST_CASE("prelu multiplies what is below zero by its slope", "[network]") {
    const auto [a, b] = all_pairs();
    for (rounding how : all_roundings)
        for (float scale : {0.011f, 0.3f, 0.9f}) {
            INFO(name_of(how) << " " << scale);
            one_layer t(op::prelu);
            t.input({65536}, 0.25f, 11).input({65536}, 0.02f, -3).output({65536}, scale, -20);
            const auto q = t.run({a, b}, how).at(0);
            std::vector<double> exact;
            for (std::size_t i = 0; i < a.size(); ++i) {
                const double x = 0.25 * static_cast<double>(a[i] - 11);
                const double s = static_cast<double>(0.02f) * static_cast<double>(b[i] + 3);
                exact.push_back((x < 0 ? x * s : x) / static_cast<double>(scale) - 20);
            }
            CHECK(worst(q, exact) <= bound(how));
        }
    // A slope for each channel.
    one_layer t(op::prelu);
    t.input({1, 2, 1, 3}).constant({3}, {1, 2, -1}, {{1.0f}, {0}}).output({1, 2, 1, 3});
    CHECK(t.run({{-1, -2, -3, 4, 5, 6}}).at(0) == numbers{-1, -4, 3, 4, 5, 6});
}

TEST_CASE("comparisons decide as rational numbers do", "[network]") {
    const auto [a, b] = all_pairs();
    for (rounding how : all_roundings)
        for (comparison_kind kind : {comparison_kind::equal, comparison_kind::not_equal,
                                     comparison_kind::less, comparison_kind::less_equal,
                                     comparison_kind::greater, comparison_kind::greater_equal}) {
            // 3 and 2 quarters to a step: equal where 3 (a + 9) = 2 (b - 4).
            one_layer t(op::compare);
            t.l().comparison = kind;
            t.input({65536}, 0.75f, -9)
                .input({65536}, 0.5f, 4)
                .output({65536}, 1, 0, element::boolean);
            const auto q = t.run({a, b}, how).at(0);
            int wrong = 0;
            for (std::size_t i = 0; i < a.size(); ++i) {
                const std::int64_t left = 3 * (a[i] + 9), right = 2 * (b[i] - 4);
                const bool expected = kind == comparison_kind::equal        ? left == right
                                      : kind == comparison_kind::not_equal  ? left != right
                                      : kind == comparison_kind::less       ? left < right
                                      : kind == comparison_kind::less_equal ? left <= right
                                      : kind == comparison_kind::greater    ? left > right
                                                                            : left >= right;
                wrong += q[i] == (expected ? 1 : 0) ? 0 : 1;
            }
            INFO(name_of(how) << " " << static_cast<int>(kind));
            CHECK(wrong == 0);
        }
    // TensorFlow Lite compares multiples of 2^-8, rounded: what differs by more is decided.
    one_layer t(op::compare);
    t.l().comparison = comparison_kind::less;
    t.input({65536}, 0.037f, -9).input({65536}, 0.051f, 4).output({65536}, 1, 0, element::boolean);
    for (rounding how : all_roundings) {
        const auto q = t.run({a, b}, how).at(0);
        int wrong = 0;
        for (std::size_t i = 0; i < a.size(); ++i) {
            const double d = static_cast<double>(0.037f) * static_cast<double>(a[i] + 9) -
                             static_cast<double>(0.051f) * static_cast<double>(b[i] - 4);
            if (std::abs(d) > (to_even(how) ? 1e-5 : 1.01 / 256))
                wrong += (d < 0) == (q[i] == 1) ? 0 : 1;
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("reductions over any dimensions are rational sums, means and extremes", "[network]") {
    const std::vector<int> shape = {2, 3, 4, 5};
    const numbers x = scattered(120);
    for (const std::vector<int>& axes :
         {std::vector<int>{0}, {1}, {3}, {1, 2}, {2, 3}, {0, 3}, {0, 1, 2, 3}, {1, 2, 3}}) {
        std::vector<int> kept = shape;
        double extent = 1;
        for (int d : axes) {
            extent *= shape[static_cast<std::size_t>(d)];
            kept[static_cast<std::size_t>(d)] = 1;
        }
        std::map<std::vector<int>, numbers> groups;
        each(shape, [&](std::vector<int> index) {
            const std::int64_t q = at(x, shape, index);
            for (int d : axes)
                index[static_cast<std::size_t>(d)] = 0;
            groups[index].push_back(q);
        });
        for (op kind : {op::reduce_sum, op::mean, op::reduce_max, op::reduce_min})
            for (rounding how : all_roundings) {
                INFO(name_of(kind) << " " << name_of(how) << " " << axes.size() << axes[0]);
                const bool moves = kind == op::reduce_max || kind == op::reduce_min;
                const float scale = moves ? 0.3f : kind == op::mean ? 0.17f : 2.3f;
                one_layer t(kind);
                t.input(shape, 0.3f, moves ? -8 : 21).output(kept, scale, -8);
                t.l().axes = axes;
                const auto q = t.run({x}, how).at(0);
                std::vector<double> exact;
                for (const auto& [index, list] : groups) {
                    double sum = 0;
                    for (std::int64_t v : list)
                        sum += static_cast<double>(v - 21);
                    const double real = static_cast<double>(0.3f) *
                                        (kind == op::mean ? sum / extent : sum) /
                                        static_cast<double>(scale);
                    exact.push_back(
                        kind == op::reduce_max
                            ? static_cast<double>(*std::max_element(list.begin(), list.end()))
                        : kind == op::reduce_min
                            ? static_cast<double>(*std::min_element(list.begin(), list.end()))
                            : real - 8);
                }
                // On x86 the sum is scaled to an integer first, and divided after.
                const bool twice = kind == op::mean && how == rounding::tflite_x86;
                CHECK(worst(q, exact) <= (moves ? 0.0 : twice ? 1.001 : bound(how)));
            }
    }
}

TEST_CASE("searches take the first of equals, and the largest in order", "[network]") {
    const std::vector<int> shape = {2, 4, 3};
    const numbers x = {5, 9, -3, 5, 2, 7, -8, 9, 7, 5, 9, 0, 1, 1, 1, 1, 0, 1, 2, 2, 2, 2, 2, 1};
    for (int axis = 0; axis < 3; ++axis)
        for (op kind : {op::arg_max, op::arg_min})
            for (element type : {element::int32, element::int64}) {
                std::vector<int> kept = shape;
                kept[static_cast<std::size_t>(axis)] = 1;
                one_layer t(kind);
                t.input(shape, 0.5f, 1).output(kept, 1, 0, type);
                t.l().axis = axis;
                numbers expected;
                each(kept, [&](std::vector<int> index) {
                    std::int64_t best = 0, value = 0;
                    for (int k = 0; k < shape[static_cast<std::size_t>(axis)]; ++k) {
                        index[static_cast<std::size_t>(axis)] = k;
                        const std::int64_t q = at(x, shape, index);
                        if (k == 0 || (kind == op::arg_max ? q > value : q < value)) {
                            best = k;
                            value = q;
                        }
                    }
                    expected.push_back(best);
                });
                CHECK(t.run({x}).at(0) == expected);
            }
    for (bool smallest : {false, true}) {
        one_layer t(op::top_k);
        t.input({2, 6}, 0.5f, 0).output({2, 4}, 0.5f, 0).output({2, 4}, 1, 0, element::int32);
        t.l().clamp_min = -128;
        t.l().clamp_max = 127;
        t.l().smallest = smallest;
        const auto out = t.run({{3, 9, 9, -4, 0, 9, 1, 1, 1, 1, 1, 1}});
        CHECK(out[0] ==
              (smallest ? numbers{-4, 0, 3, 9, 1, 1, 1, 1} : numbers{9, 9, 9, 3, 1, 1, 1, 1}));
        CHECK(out[1] ==
              (smallest ? numbers{3, 4, 0, 1, 0, 1, 2, 3} : numbers{1, 2, 5, 0, 0, 1, 2, 3}));
    }
}

TEST_CASE("gathers take listed slices, also from the end and twice", "[network]") {
    const std::vector<int> shape = {2, 3, 4};
    const numbers x = scattered(24);
    for (int axis = 0; axis < 3; ++axis)
        for (element type : {element::int32, element::int64}) {
            const std::int64_t last = shape[static_cast<std::size_t>(axis)] - 1;
            const numbers list = {last, 0, -1, 0, -last - 1};
            std::vector<int> out = shape;
            out[static_cast<std::size_t>(axis)] = 5;
            one_layer t(op::gather);
            t.input(shape, 0.5f, 1).constant({5}, list, {}, type).output(out, 0.5f, 1);
            t.l().axis = axis;
            const numbers taken = {last, 0, last, 0, 0};
            numbers expected;
            each(out, [&](std::vector<int> index) {
                int& k = index[static_cast<std::size_t>(axis)];
                k = static_cast<int>(taken[static_cast<std::size_t>(k)]);
                expected.push_back(at(x, shape, index));
            });
            CHECK(t.run({x}).at(0) == expected);
        }
}

TEST_CASE("blocks become channels or pictures of a batch, and come back", "[network]") {
    // out[b][h / s][w / s][(h % s * s + w % s) * C + c] = in[b][h][w][c]
    const std::vector<int> fine = {2, 6, 4, 3}, deep = {2, 3, 2, 12};
    const numbers x = scattered(144);
    numbers expected(144);
    each(fine, [&](const std::vector<int>& i) {
        const int part = i[1] % 2 * 2 + i[2] % 2;
        const auto to =
            static_cast<std::size_t>(((i[0] * 3 + i[1] / 2) * 2 + i[2] / 2) * 12 + part * 3 + i[3]);
        expected[to] = at(x, fine, i);
    });
    one_layer s(op::space_to_depth), d(op::depth_to_space);
    s.input(fine, 0.5f, 3).output(deep, 0.5f, 3);
    d.input(deep, 0.5f, 3).output(fine, 0.5f, 3);
    s.l().kernel_h = s.l().kernel_w = d.l().kernel_h = d.l().kernel_w = 2;
    CHECK(s.run({x}).at(0) == expected);
    CHECK(d.run({expected}).at(0) == x);

    // Blocks of 2 x 3 over a picture padded by 1, 0 and 2, 1: what is outside is zero, 3.
    const std::vector<int> picture = {2, 5, 3, 2}, parts = {12, 3, 2, 2};
    const numbers y = scattered(60);
    numbers split;
    each(parts, [&](const std::vector<int>& i) {
        const int block = i[0] / 2;
        const int h = i[1] * 2 + block / 3 - 1, w = i[2] * 3 + block % 3 - 2;
        split.push_back(
            h < 0 || h >= 5 || w < 0 || w >= 3 ? 3 : at(y, picture, {i[0] % 2, h, w, i[3]}));
    });
    one_layer to(op::space_to_batch), from(op::batch_to_space);
    to.input(picture, 0.5f, 3).output(parts, 0.5f, 3);
    from.input(parts, 0.5f, 3).output(picture, 0.5f, 3);
    to.l().kernel_h = from.l().kernel_h = 2;
    to.l().kernel_w = from.l().kernel_w = 3;
    to.l().paddings = from.l().paddings = {1, 0, 2, 1};
    CHECK(to.run({y}).at(0) == split);
    CHECK(from.run({split}).at(0) == y);
}

TEST_CASE("batched matrix products are rational sums, turned and repeated too", "[network]") {
    const numbers a = scattered(2 * 3 * 4 * 5), b = scattered(3 * 5 * 6, -128, 127, 7);
    for (bool turn_a : {false, true})
        for (bool turn_b : {false, true})
            for (rounding how : all_roundings) {
                // [2, 3, 4, 5] times [3, 5, 6]; steps of 1/4 and 1/8 to 16: a 512th.
                one_layer t(op::batch_matmul);
                t.input(turn_a ? std::vector<int>{2, 3, 5, 4} : std::vector<int>{2, 3, 4, 5}, 0.25f,
                        3)
                    .input(turn_b ? std::vector<int>{3, 6, 5} : std::vector<int>{3, 5, 6}, 0.125f,
                           -7)
                    .output({2, 3, 4, 6}, 16.0f, 11);
                t.l().turn_a = turn_a;
                t.l().turn_b = turn_b;
                numbers expected;
                each({2, 3, 4, 6}, [&](const std::vector<int>& i) {
                    std::int64_t sum = 0;
                    for (int k = 0; k < 5; ++k) {
                        const std::vector<int> left = turn_a
                                                          ? std::vector<int>{i[0], i[1], k, i[2]}
                                                          : std::vector<int>{i[0], i[1], i[2], k};
                        const std::vector<int> right = turn_b ? std::vector<int>{i[1], i[3], k}
                                                              : std::vector<int>{i[1], k, i[3]};
                        sum += (at(a, t.of_input(0).shape, left) - 3) *
                               (at(b, t.of_input(1).shape, right) + 7);
                    }
                    // TensorFlow Lite multiplies by 1/2 with halves up, then shifts by 8: halves
                    // away from zero, or up.
                    const double once = static_cast<double>(sum) / 512;
                    const double twice = std::floor((static_cast<double>(sum) + 1) / 2) / 256;
                    const double q = to_even(how) ? std::nearbyint(once)
                                     : how == rounding::tflite_single_rounding
                                         ? std::floor(once + 0.5)
                                     : how == rounding::tflite_x86 ? std::floor(twice + 0.5)
                                                                   : std::round(twice);
                    expected.push_back(
                        static_cast<std::int64_t>(std::clamp(q + 11, -128.0, 127.0)));
                });
                INFO(name_of(how) << turn_a << turn_b);
                CHECK(t.run({a, b}, how).at(0) == expected);
            }
}

TEST_CASE("casts keep numbers and cut what does not fit", "[network]") {
    one_layer t(op::cast);
    t.input({5}, 0.5f, 3).output({5}, 1, 0, element::int32);
    CHECK(t.run({{-128, -1, 0, 3, 127}}).at(0) == numbers{-128, -1, 0, 3, 127});
    one_layer b(op::cast);
    b.input({3}, 0.5f, 3).output({3}, 1, 0, element::boolean);
    CHECK(b.run({{-1, 0, 3}}).at(0) == numbers{1, 0, 1});
    one_layer f(op::cast);
    f.input({3}, 0.5f, 3).output({3}, 1, 0, element::float32);
    f.n.arithmetic = rounding::tflite_ref;
    check_network(f.n, "truth");
    const auto bytes = ocellus::dsp::run(f.n, {{0x80, 0, 7}}).at(0);
    float reals[3];
    std::memcpy(reals, bytes.data(), 12);
    CHECK(reals[0] == -128.0f);
    CHECK(reals[1] == 0.0f);
    CHECK(reals[2] == 7.0f);
}

TEST_CASE("padding fills with zero, or mirrors with and without the edge", "[network]") {
    // Two dimensions of 3 and 4, padded by 2, 1 and 1, 2.
    numbers x;
    for (int i = 0; i < 12; ++i)
        x.push_back(i * 3 - 20);
    const std::vector<int> in = {3, 4}, out = {6, 7};
    for (int mode = 0; mode < 3; ++mode) {
        one_layer t(op::pad);
        t.input(in, 0.5f, 9).output(out, 0.5f, 9);
        t.l().paddings = {2, 1, 1, 2};
        t.l().mirror = mode != 0;
        t.l().mirror_edge = mode == 2;
        const auto mirrored = [&](int i, int extent) {
            if (i >= 0 && i < extent)
                return i;
            // ... 2 1 [0 1 2] 1 0 ..., or ... 1 0 [0 1 2] 2 1 ...
            const int before = mode == 2 ? -1 - i : -i;
            const int after = mode == 2 ? 2 * extent - 1 - i : 2 * extent - 2 - i;
            return i < 0 ? before : after;
        };
        numbers expected;
        each(out, [&](const std::vector<int>& i) {
            const int r = i[0] - 2, c = i[1] - 1;
            const bool inside = r >= 0 && r < 3 && c >= 0 && c < 4;
            expected.push_back(mode == 0 && !inside ? 9
                                                    : at(x, in, {mirrored(r, 3), mirrored(c, 4)}));
        });
        CHECK(t.run({x}).at(0) == expected);
    }
}

TEST_CASE("swish follows real arithmetic on every byte", "[network]") {
    numbers x(256);
    std::iota(x.begin(), x.end(), -128);
    for (rounding how : all_roundings)
        for (float scale : {0.02f, 0.11f}) {
            one_layer t(op::swish);
            t.input({256}, scale, -9).output({256}, 0.035f, -100);
            const auto q = t.run({x}, how).at(0);
            std::vector<double> exact;
            for (std::int64_t v : x) {
                const double r = static_cast<double>(scale) * static_cast<double>(v + 9);
                exact.push_back(r / (1 + std::exp(-r)) / static_cast<double>(0.035f) - 100);
            }
            CHECK(worst(q, exact) <= 0.501);
        }
}

TEST_CASE("numbers change between int8, uint8 and int16 by their real value", "[network]") {
    for (element from : {element::int8, element::uint8, element::int16})
        for (element to : {element::int8, element::uint8, element::int16})
            for (rounding how : all_roundings) {
                const bool wide_in = from == element::int16, wide_out = to == element::int16;
                const int zx = wide_in ? 0 : from == element::int8 ? -12 : 100;
                const int zy = wide_out ? 0 : to == element::int8 ? 20 : 140;
                const float sx = wide_in ? 0.003f : 0.3f, sy = wide_out ? 0.004f : 0.41f;
                const numbers x = scattered(300, lowest_of(from), highest_of(from));
                one_layer t(op::quantize);
                t.input({300}, sx, zx, from).output({300}, sy, zy, to);
                const auto q = t.run({x}, how).at(0);
                std::vector<double> exact;
                for (std::int64_t v : x)
                    exact.push_back(static_cast<double>(sx) * static_cast<double>(v - zx) /
                                        static_cast<double>(sy) +
                                    zy);
                INFO(name_of(from) << " " << name_of(to) << " " << name_of(how));
                CHECK(worst(q, exact, lowest_of(to), highest_of(to)) <= bound(how));
            }
}
