// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>

#include "core/diagnostics.h"
#include "dsp/network/executor.h"
#include "dsp/network/reader.h"
#include "made_tflite.h"

using namespace ocellus;
using namespace ocellus::dsp;

// Files of one operator, made here and read back: attributes, axes and masks in every combination
// that the reader takes.

namespace {

using file_maker = tflite_maker;

std::vector<std::uint8_t> counted(int count) {
    std::vector<std::uint8_t> bytes;
    for (int i = 0; i < count; ++i)
        bytes.push_back(static_cast<std::uint8_t>(i));
    return bytes;
}

using bytes = std::vector<std::uint8_t>;

/// Results for the input 0, 1, 2, ...; and damaged copies are refused, or run.
std::vector<bytes> results(const std::string& file) {
    const network n = read_network_bytes(file, "made.tflite");
    const auto run_counted = [](const network& x) {
        std::vector<bytes> inputs;
        for (int i : x.inputs)
            inputs.push_back(
                counted(static_cast<int>(x.tensors[static_cast<std::size_t>(i)].bytes())));
        return run(x, inputs);
    };
    for (std::size_t i = 8; i < file.size(); ++i)
        for (int value : {0, 1, 7, 127, 255}) {
            std::string damaged = file;
            damaged[i] = static_cast<char>(value);
            try {
                const network x = read_network_bytes(damaged, "damaged.tflite");
                std::size_t size = 0;
                for (const tensor& t : x.tensors)
                    size += t.bytes();
                if (size < 100000)
                    run_counted(x);
            } catch (const input_error& e) {
                CHECK(e.code() == exit_code::usage);
            }
        }
    return run_counted(n);
}

}  // namespace

TEST_CASE("TensorFlow Lite slices: begin and size, strides, masks", "[network]") {
    {
        file_maker m;
        const int x = m.activation({1, 3, 4, 2}), y = m.activation({1, 2, 2, 1});
        const int begin = m.integers({0, 1, 1, 1}), size = m.integers({1, -1, 2, 1});
        CHECK(results(m.file(65, {x, begin, size}, {y}, {x})).at(0) == bytes{11, 13, 19, 21});
    }
    {
        // x[:, -2:, ::3, 1], the last dimension dropped
        file_maker m;
        const int x = m.activation({1, 3, 4, 2}), y = m.activation({1, 2, 2});
        const int begin = m.integers({9, -2, 9, 1}), end = m.integers({9, 9, 9, 9});
        const int steps = m.integers({1, 1, 3, 1});
        const auto o = tfl::Createstrided_slice_options(m.b_, 5, 7, 0, 0, 8).Union();
        CHECK(results(m.file(45, {x, begin, end, steps}, {y}, {x},
                             tfl::builtin_options_strided_slice, o))
                  .at(0) == bytes{9, 15, 17, 23});
    }
}

TEST_CASE("TensorFlow Lite splits, stacks, unstacks and transpositions", "[network]") {
    {
        file_maker m;
        const int x = m.activation({1, 2, 6}), axis = m.integers({-1}), sizes = m.integers({1, 5});
        const int a = m.activation({1, 2, 1}), b = m.activation({1, 2, 5});
        const auto out = results(m.file(102, {x, sizes, axis}, {a, b}, {x}));
        CHECK(out.at(0) == bytes{0, 6});
        CHECK(out.at(1) == bytes{1, 2, 3, 4, 5, 7, 8, 9, 10, 11});
    }
    {
        file_maker m;
        const int x = m.activation({1, 2, 3}), a = m.activation({1, 3}), b = m.activation({1, 3});
        const auto o = tfl::Createpack_options(m.b_, 2, 1).Union();
        const auto out = results(m.file(88, {x}, {a, b}, {x}, tfl::builtin_options_unpack, o));
        CHECK(out.at(0) == bytes{0, 1, 2});
        CHECK(out.at(1) == bytes{3, 4, 5});
    }
    {
        file_maker m;
        const int a = m.activation({1, 3}), b = m.activation({1, 3}), y = m.activation({1, 3, 2});
        const auto o = tfl::Createpack_options(m.b_, 2, -1).Union();
        CHECK(results(m.file(83, {a, b}, {y}, {a, b}, tfl::builtin_options_pack, o)).at(0) ==
              bytes{0, 0, 1, 1, 2, 2});
    }
    {
        file_maker m;
        const int x = m.activation({1, 2, 3}), y = m.activation({3, 1, 2});
        const int axes = m.integers({2, 0, 1});
        CHECK(results(m.file(39, {x, axes}, {y}, {x})).at(0) == bytes{0, 3, 1, 4, 2, 5});
    }
}

TEST_CASE("TensorFlow Lite resizing, transposed convolution and pairs", "[network]") {
    for (bool half : {false, true}) {
        file_maker m;
        const int x = m.activation({1, 1, 3, 1}), y = m.activation({1, 1, 6, 1});
        const int size = m.integers({1, 6});
        const auto o = tfl::Createresize_nearest_options(m.b_, false, half).Union();
        CHECK(results(m.file(97, {x, size}, {y}, {x}, tfl::builtin_options_resize_nearest, o))
                  .at(0) == bytes{0, 0, 1, 1, 2, 2});
    }
    {
        // Corners aligned: 0, 1, 2 at twice the pace plus the end.
        file_maker m;
        const int x = m.activation({1, 1, 9, 1}), y = m.activation({1, 1, 5, 1});
        const int size = m.integers({1, 5});
        const auto o = tfl::Createresize_bilinear_options(m.b_, 0, 0, true, false).Union();
        CHECK(results(m.file(23, {x, size}, {y}, {x}, tfl::builtin_options_resize_bilinear, o))
                  .at(0) == bytes{0, 2, 4, 6, 8});
    }
    {
        // Weights 2, 4 of scale 0.5 are 1 and 2: each input goes to two outputs.
        file_maker m;
        const int shape = m.integers({1, 1, 6, 1}), w = m.weights({1, 1, 2, 1}, {2, 4});
        const int x = m.activation({1, 1, 3, 1}), y = m.activation({1, 1, 6, 1});
        const auto o = tfl::Createtranspose_conv_options(m.b_, 1, 2, 1, 0).Union();
        CHECK(results(m.file(67, {shape, w, x}, {y}, {x}, tfl::builtin_options_transpose_conv, o))
                  .at(0) == bytes{0, 0, 1, 2, 2, 4});
    }
    {
        // 0.5 a - 0.5 b with a = b is 0; 0.5 a * 0.5 b is a b / 2 in steps of 0.5.
        file_maker m;
        const int a = m.activation({1, 4}), b = m.activation({1, 4}), y = m.activation({1, 4});
        CHECK(results(m.file(41, {a, b}, {y}, {a, b})).at(0) == bytes{0, 0, 0, 0});
        file_maker k;
        const int c = k.activation({1, 5}), d = k.activation({1, 1}), z = k.activation({1, 5});
        CHECK(results(k.file(57, {c, d}, {z}, {c, d})).at(0) == bytes{0, 0, 0, 0, 0});
        file_maker p;
        const int e = p.activation({1, 5}), f = p.activation({1, 5}), r = p.activation({1, 5});
        CHECK(results(p.file(18, {e, f}, {r}, {e, f})).at(0) == bytes{0, 1, 2, 5, 8});
    }
}
