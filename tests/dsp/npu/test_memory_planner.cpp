// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "core/diagnostics.h"
#include "core/random.h"
#include "dsp/compiler/memory_planner.h"
#include "dsp/compiler/passes.h"
#include "dsp/network/executor.h"
#include "dsp/network/reader.h"
#include "dsp/npu/generated_networks.h"
#include "tests/test_data.h"
#include "tests/test_paths.h"

using namespace ocellus;
using namespace ocellus::dsp;

namespace {

int add_tensor(network& n, const std::string& name, std::vector<int> shape, bool constant = false) {
    tensor t;
    t.name = name;
    t.shape = std::move(shape);
    t.quant = {{1.0f}, {0}};
    if (constant)
        t.data.resize(t.bytes());
    n.tensors.push_back(std::move(t));
    return static_cast<int>(n.tensors.size()) - 1;
}

int add_layer(network& n, op kind, std::vector<int> inputs, std::vector<int> shape) {
    layer l;
    l.kind = kind;
    l.name = name_of(kind) + std::to_string(n.layers.size());
    l.inputs = std::move(inputs);
    l.outputs = {add_tensor(n, l.name + ":out", std::move(shape))};
    n.layers.push_back(l);
    return l.outputs[0];
}

/// No two tensors of the arena that live at the same time may share a byte, unless they are
/// declared to share. Lives are recomputed here from the graph.
void check_plan(const network& n, const memory_plan& p) {
    const auto count = n.tensors.size();
    std::vector<int> first(count, -1), last(count, -1);
    for (std::size_t l = 0; l < n.layers.size(); ++l) {
        for (int t : n.layers[l].outputs)
            first[static_cast<std::size_t>(t)] = last[static_cast<std::size_t>(t)] =
                static_cast<int>(l);
        for (int t : n.layers[l].inputs)
            if (t >= 0)
                last[static_cast<std::size_t>(t)] = static_cast<int>(l);
    }
    for (int t : n.outputs)
        last[static_cast<std::size_t>(t)] = static_cast<int>(n.layers.size());
    for (std::size_t a = 0; a < count; ++a) {
        if (first[a] < 0)
            continue;
        if (p.share_offset[a] == 0)
            CHECK(p.tensor_offsets[a] % p.budget.alignment == 0);
        CHECK(p.tensor_offsets[a] + n.tensors[a].bytes() <= p.arena_bytes);
        for (std::size_t b = a + 1; b < count; ++b) {
            if (first[b] < 0 || p.shares[a] == p.shares[b])
                continue;
            if (first[a] > last[b] || first[b] > last[a])
                continue;
            const auto a0 = p.tensor_offsets[a], a1 = a0 + n.tensors[a].bytes();
            const auto b0 = p.tensor_offsets[b], b1 = b0 + n.tensors[b].bytes();
            INFO(n.tensors[a].name << " and " << n.tensors[b].name);
            CHECK((a1 <= b0 || b1 <= a0));
        }
    }
    // Every byte written is still there when it is read: run the graph on tokens, one for each byte
    // that is made. Operators that only move bytes move them here too, wherever they lie.
    std::vector<std::uint32_t> memory(p.arena_bytes, 0);
    std::vector<std::vector<std::uint32_t>> content(count);
    std::uint32_t fresh = 0;
    const auto write = [&](int t) {
        const auto i = static_cast<std::size_t>(t);
        std::copy(content[i].begin(), content[i].end(),
                  memory.begin() + static_cast<std::ptrdiff_t>(p.tensor_offsets[i]));
    };
    const auto holds = [&](int t) {
        const auto i = static_cast<std::size_t>(t);
        return std::equal(content[i].begin(), content[i].end(),
                          memory.begin() + static_cast<std::ptrdiff_t>(p.tensor_offsets[i]));
    };
    for (const auto& l : n.layers) {
        for (int t : l.inputs)
            if (t >= 0 && p.in_arena[static_cast<std::size_t>(t)])
                CHECK(holds(t));
        const auto out = static_cast<std::size_t>(l.outputs[0]);
        const auto in = static_cast<std::size_t>(l.inputs[0]);
        const std::size_t bytes = n.tensors[out].bytes();
        std::vector<std::uint32_t>& made = content[out];
        const bool known = p.in_arena[in];
        if (l.kind == op::reshape && known) {
            made = content[in];
        } else if (l.kind == op::concat && l.axis == 1) {  // rows: one input behind the other
            for (int t : l.inputs) {
                const auto& c = content[static_cast<std::size_t>(t)];
                made.insert(made.end(), c.begin(), c.end());
            }
        } else if (l.kind == op::slice && known) {
            const auto begin = static_cast<std::ptrdiff_t>(
                n.tensors[in].bytes() / static_cast<std::size_t>(n.tensors[in].shape[1]) *
                static_cast<std::size_t>(l.begin[1]));
            made.assign(content[in].begin() + begin,
                        content[in].begin() + begin + static_cast<std::ptrdiff_t>(bytes));
        } else {
            made.resize(bytes);
            for (auto& token : made)
                token = ++fresh;
        }
        REQUIRE(made.size() == bytes);
        write(l.outputs[0]);
    }
    for (int t : n.outputs) {
        CHECK(holds(t));
        CHECK(p.tensor_offsets[static_cast<std::size_t>(t)] % p.budget.alignment == 0);
    }
}

/// A random graph of adds, concatenations, reshapes and convolutions.
network random_network(std::uint64_t seed) {
    random_sequence random(seed, purpose::test);
    network n;
    n.name = "random";
    n.inputs = {add_tensor(n, "input", {1, 8, 8, 16})};
    std::vector<int> values;
    values.push_back(add_layer(n, op::reshape, {n.inputs[0]}, {1, 8, 8, 16}));
    const unsigned layers = 3 + random.below(20);
    for (unsigned i = 0; i < layers; ++i) {
        const int a = values[random.below(static_cast<std::uint32_t>(values.size()))];
        const auto shape = n.tensors[static_cast<std::size_t>(a)].shape;
        switch (random.below(7)) {
            case 0: {
                int b = a;
                for (int v : values)
                    if (n.tensors[static_cast<std::size_t>(v)].shape == shape && random.below(2))
                        b = v;
                values.push_back(add_layer(n, op::add, {a, b}, shape));
                break;
            }
            case 1:
                values.push_back(add_layer(n, op::reshape, {a}, shape));
                break;
            case 2:
                values.push_back(add_layer(n, op::relu, {a}, shape));
                break;
            case 3: {  // rows of several tensors of as many columns and channels
                std::vector<int> parts;
                int rows = 0;
                for (int v : values) {
                    const auto& other = n.tensors[static_cast<std::size_t>(v)].shape;
                    if (other[3] != shape[3] || random.below(2) || rows > 64)
                        continue;
                    parts.push_back(v);
                    rows += other[1];
                }
                if (parts.size() < 2)
                    break;
                values.push_back(add_layer(n, op::concat, parts, {1, rows, 8, shape[3]}));
                n.layers.back().axis = 1;
                break;
            }
            case 4: {
                if (shape[1] < 2)
                    break;
                const int first =
                    static_cast<int>(random.below(static_cast<std::uint32_t>(shape[1])));
                const int rows =
                    1 +
                    static_cast<int>(random.below(static_cast<std::uint32_t>(shape[1] - first)));
                values.push_back(add_layer(n, op::slice, {a}, {1, rows, 8, shape[3]}));
                n.layers.back().begin = {0, first, 0, 0};
                n.layers.back().steps = {1, 1, 1, 1};
                break;
            }
            default: {
                const int channels = 1 + static_cast<int>(random.below(64));
                const int w = add_tensor(n, "w", {channels, 1, 1, shape[3]}, true);
                values.push_back(
                    add_layer(n, op::conv2d, {a, w, -1}, {1, shape[1], shape[2], channels}));
            }
        }
    }
    n.outputs = {values.back()};
    if (random.below(2))
        n.outputs.push_back(values[values.size() / 2]);
    return n;
}

}  // namespace

TEST_CASE("MobileNet V1 plans at its lower bound") {
    const network n = generate_mobilenet_v1();
    const memory_plan p = plan_memory(n, memory_budget{});
    // Largest live pair: output of dw1 and output of pw1.
    CHECK(p.arena_lower_bound == 401408 + 802816);
    CHECK(p.arena_bytes == 1204224);
    check_plan(n, p);
    CHECK(p.budget.bytes == 8388480);
    CHECK(p.input_slot == std::vector<std::uint64_t>{1024, 1024 + 150528});
    CHECK(p.output_slot_bytes == 1024);  // 1001 bytes, aligned
    CHECK(p.coefficients_bytes >= 4210112 + 47780);
    CHECK(p.coefficients_bytes < 4210112 + 47780 + 56 * 64);
    CHECK(p.coefficients_offset + p.coefficients_bytes == p.budget.bytes);
    CHECK(p.arena_offset + p.arena_bytes + p.free_bytes == p.coefficients_offset);
    CHECK(p.largest.front().bytes == 1048576 + 4096);  // pw13
    CHECK(p.largest.front().name == "pw13");
}

TEST_CASE("regions and constants do not overlap") {
    const network n = generate_mobilenet_v1(0.5, 96);
    const memory_plan p = plan_memory(n, memory_budget{});
    std::vector<std::pair<std::uint64_t, std::uint64_t>> used{{0, p.budget.reserved}};
    for (auto s : p.input_slot)
        used.emplace_back(s, s + p.input_slot_bytes);
    for (auto s : p.output_slot)
        used.emplace_back(s, s + p.output_slot_bytes);
    used.emplace_back(p.arena_offset, p.arena_offset + p.arena_bytes);
    for (std::size_t t = 0; t < n.tensors.size(); ++t)
        if (n.tensors[t].constant()) {
            CHECK(p.constant_offset[t] % 64 == 0);
            used.emplace_back(p.constant_offset[t], p.constant_offset[t] + n.tensors[t].bytes());
        }
    for (std::size_t i = 0; i < used.size(); ++i) {
        CHECK(used[i].second <= p.budget.bytes);
        for (std::size_t j = i + 1; j < used.size(); ++j)
            CHECK((used[i].second <= used[j].first || used[j].second <= used[i].first));
    }
}

TEST_CASE("random graphs keep every byte until its last use") {
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
        const network n = random_network(seed);
        INFO("seed " << seed);
        const memory_plan p = plan_memory(n, memory_budget{});
        check_plan(n, p);
        CHECK(p.arena_bytes >= p.arena_lower_bound);
        CHECK(p.arena_bytes <= p.arena_lower_bound + p.arena_lower_bound / 50);
        CHECK(plan_memory(n, memory_budget{}).tensor_offsets == p.tensor_offsets);
    }
}

TEST_CASE("in place only where the input dies") {
    network n;
    n.name = "small";
    n.inputs = {add_tensor(n, "input", {1, 4, 4, 8})};
    const int w = add_tensor(n, "w", {8, 1, 1, 8}, true);
    const int a = add_layer(n, op::conv2d, {n.inputs[0], w, -1}, {1, 4, 4, 8});
    const int b = add_layer(n, op::relu, {a}, {1, 4, 4, 8});    // a is needed later
    const int c = add_layer(n, op::add, {a, b}, {1, 4, 4, 8});  // both die here
    const int d = add_layer(n, op::reshape, {c}, {1, 128});     // the same bytes
    const int e =
        add_layer(n, op::reshape, {n.inputs[0]}, {1, 128});  // the input is not in the arena
    const int f = add_layer(n, op::add, {d, e}, {1, 128});
    n.outputs = {f, d};  // d stays: f may not overwrite it
    const memory_plan p = plan_memory(n, memory_budget{});
    const auto at = [&](int t) { return p.shares[static_cast<std::size_t>(t)]; };
    CHECK(at(b) == b);
    CHECK(at(c) == a);
    CHECK(at(d) == a);
    CHECK(at(e) == e);
    CHECK(at(f) == e);
    CHECK(p.arena_bytes == 256);
    check_plan(n, p);
}

TEST_CASE("concatenation and slices of rows take no bytes and no time of their own") {
    network n;
    n.name = "joined";
    n.inputs = {add_tensor(n, "input", {1, 8, 8, 16})};
    const int w = add_tensor(n, "w", {16, 1, 1, 16}, true);
    const int a = add_layer(n, op::conv2d, {n.inputs[0], w, -1}, {1, 8, 8, 16});
    const int b = add_layer(n, op::conv2d, {n.inputs[0], w, -1}, {1, 8, 8, 16});
    const int c = add_layer(n, op::concat, {a, b}, {1, 16, 8, 16});
    n.layers.back().axis = 1;
    const int d = add_layer(n, op::slice, {c}, {1, 4, 8, 16});
    n.layers.back().begin = {0, 12, 0, 0};
    n.layers.back().steps = {1, 1, 1, 1};
    const int e = add_layer(n, op::conv2d, {d, w, -1}, {1, 4, 8, 16});
    n.outputs = {e};
    const memory_plan p = plan_memory(n, memory_budget{});
    check_plan(n, p);
    const auto at = [&](int t) { return p.tensor_offsets[static_cast<std::size_t>(t)]; };
    CHECK(at(a) == at(c));
    CHECK(at(b) == at(c) + 1024);
    CHECK(at(d) == at(c) + 12 * 128);
    CHECK(p.arena_lower_bound == 2048 + 512);
    CHECK(p.arena_bytes == 2048 + 512);
    CHECK(make_passes(n, p, organisation("h1"), 262144).size() == 3);
    // Other scales mean other numbers: a copy.
    n.tensors[static_cast<std::size_t>(a)].quant.scale = {0.5f};
    const memory_plan q = plan_memory(n, memory_budget{});
    CHECK(q.arena_bytes == 4096);
    CHECK(make_passes(n, q, organisation("h1"), 262144).size() == 4);
    // Along channels the parts interleave: a copy too.
    network m = n;
    m.tensors[static_cast<std::size_t>(a)].quant.scale = {1.0f};
    m.layers[2].axis = 3;
    m.tensors[static_cast<std::size_t>(c)].shape = {1, 8, 8, 32};
    m.layers.resize(3);
    m.outputs = {c};
    CHECK(plan_memory(m, memory_budget{}).arena_bytes == 4096);
}

TEST_CASE("weights that do not fit are streamed, as few as possible") {
    const network n = generate_mobilenet_v1();
    const memory_plan whole = plan_memory(n, memory_budget{});
    memory_budget b;
    b.weights = weight_home::automatic;
    CHECK(plan_memory(n, b).stage_bytes == 0);  // it fits
    b.bytes = 4500000;
    const memory_plan p = plan_memory(n, b);
    check_plan(n, p);
    std::uint64_t streamed = 0, largest = 0;
    for (const std::uint64_t x : p.streamed_bytes) {
        streamed += x;
        largest = std::max(largest, x);
    }
    CHECK(p.stage_bytes == largest);
    CHECK(p.used_bytes <= b.bytes);
    CHECK(p.used_bytes == whole.used_bytes - streamed + 2 * largest + b.bytes % 64);
    CHECK(p.arena_offset + p.arena_bytes <= p.stage_offset);
    CHECK(p.stage_offset + 2 * p.stage_bytes <= p.commands_offset);
    CHECK(streamed < whole.coefficients_bytes);
    b.weights = weight_home::streamed;
    CHECK(plan_memory(n, b).coefficients_bytes == 0);
}

TEST_CASE("channels padded to 32 take the room of 32") {
    const network n = generate_mobilenet_v1();
    memory_budget b;
    b.channel_padding = 32;
    b.bytes = 16u << 20;
    const memory_plan p = plan_memory(n, b);
    CHECK(p.input_slot_bytes == 224 * 224 * 32);  // 1.6 MB
    CHECK(p.arena_bytes == 1204224);              // channels are multiples of 32 already
}

TEST_CASE("every network is planned within 2 % of its lower bound") {
    std::vector<network> nets;
    for (const double alpha : {0.25, 0.5, 0.75, 1.0})
        for (const int size : {96, 128, 160, 192, 224})
            nets.push_back(generate_mobilenet_v1(alpha, size));
    nets.push_back(read_network(std::string(source_folder) + "/configs/networks/parcels.onnx"));
    if (have_test_data())
        for (const char* folder : {"nets/tflite", "nets/tflite_layers", "nets/onnx/micro_kws",
                                   "nets/onnx/qdq_converted"})
            for (const auto& f : std::filesystem::directory_iterator(test_data(folder)))
                if (f.path().extension() == ".tflite" || f.path().extension() == ".onnx")
                    nets.push_back(read_network(f.path().string()));
    memory_budget b;
    b.weights = weight_home::automatic;
    for (const network& n : nets) {
        if (n.inputs.size() != 1)
            continue;  // the NPU takes one tensor
        INFO(n.source << " " << n.name);
        const memory_plan p = plan_memory(n, b);
        CHECK(p.arena_bytes >= p.arena_lower_bound);
        CHECK(p.arena_bytes <= p.arena_lower_bound + p.arena_lower_bound / 50);
    }
}

TEST_CASE("a network that does not fit says by how much and why") {
    const network n = generate_mobilenet_v1();
    memory_budget b;
    b.bytes = 5500000;
    const memory_plan whole = plan_memory(n, memory_budget{});
    try {
        plan_memory(n, b);
        FAIL("expected an error");
    } catch (const input_error& e) {
        const std::string m = e.what();
        INFO(m);
        CHECK(e.code() == exit_code::usage);
        CHECK(m.find("mobilenet_v1_1.0_224 does not fit the SRAM") != std::string::npos);
        CHECK(m.find("B more than the 5,500,000 B there are") != std::string::npos);
        CHECK(m.find("1,052,672 B  pw13: weights") != std::string::npos);
        CHECK(m.find("pw1") != std::string::npos);
        CHECK(m.find("what to try") != std::string::npos);
        // All weights out, two places for the largest layer's in.
        const std::uint64_t saved = whole.coefficients_bytes - 2 * 1052672;
        CHECK(m.find("streamed weights") != std::string::npos);
        std::string digits = std::to_string(saved);
        digits.insert(4, ",").insert(1, ",");
        INFO(digits);
        CHECK(m.find("\"streamed\"): saves " + digits + " B, which is enough") !=
              std::string::npos);
        CHECK(m.find("instead of 224 x 224: saves ") != std::string::npos);
        // 1,024 + 2 * 150,528 + 2 * 1,024 + 1,204,224 + coefficients + 224 B below alignment.
        CHECK(whole.used_bytes == 1024 + 301056 + 2048 + 1204224 + whole.coefficients_bytes);
    }
    b.bytes = whole.used_bytes;
    CHECK(plan_memory(n, b).free_bytes == 0);
    b.bytes -= 64;
    CHECK_THROWS_AS(plan_memory(n, b), input_error);
}

TEST_CASE("real networks run in their planned arena") {
    if (!have_test_data())
        return;
    const struct {
        const char *file, *golden;
    } cases[] = {{"nets/tflite/mlperf_vww_96_int8.tflite", "golden/mlperf_vww_96_int8/cat"},
                 {"nets/tflite/mlperf_ic_resnet_quant.tflite", "golden/mlperf_ic_resnet_quant/cat"},
                 {"nets/tflite/mlperf_kws_ref.tflite", nullptr},
                 {"nets/tflite/coral_tf2_mobilenet_v2_1.0_224_ptq.tflite",
                  "golden/coral_tf2_mobilenet_v2_1.0_224_ptq/cat"}};
    for (const auto& c : cases) {
        INFO(c.file);
        const network n = read_network(test_data(c.file));
        const memory_plan p = plan_memory(n, memory_budget{});
        check_plan(n, p);
        CHECK(p.arena_bytes <= p.arena_lower_bound + p.arena_lower_bound / 50);
        std::string input(n.input().bytes(), '\x11');
        if (c.golden) {
            std::ifstream in(test_data(std::string(c.golden) + "/in.bin"), std::ios::binary);
            REQUIRE(in.read(&input[0], static_cast<std::streamsize>(input.size())));
        }
        // The whole SRAM, filled with rubbish; offsets from its base as the NPU gives them.
        std::vector<std::uint8_t> sram(p.budget.bytes, 0xa5);
        std::vector<std::size_t> offsets = p.tensor_offsets;
        for (std::size_t t = 0; t < offsets.size(); ++t)
            if (p.in_arena[t])
                offsets[t] += p.arena_offset;
        offsets[static_cast<std::size_t>(n.inputs[0])] = p.input_slot[1];
        std::copy(input.begin(), input.end(),
                  sram.begin() + static_cast<std::ptrdiff_t>(p.input_slot[1]));
        executor(n).run(nullptr, sram.data(), offsets);
        const auto out = static_cast<std::size_t>(n.outputs[0]);
        const auto begin = sram.begin() + static_cast<std::ptrdiff_t>(offsets[out]);
        const std::vector<std::uint8_t> got(
            begin, begin + static_cast<std::ptrdiff_t>(n.tensors[out].bytes()));
        CHECK(got == run(n, {{input.begin(), input.end()}})[0]);
        if (c.golden) {
            std::vector<char> expected(got.size());
            std::ifstream in(test_data(std::string(c.golden) + "/out0_tflm.bin"), std::ios::binary);
            REQUIRE(in.read(expected.data(), static_cast<std::streamsize>(expected.size())));
            CHECK(std::equal(got.begin(), got.end(), expected.begin(), [](std::uint8_t a, char b) {
                return a == static_cast<std::uint8_t>(b);
            }));
        }
        CHECK(std::equal(input.begin(), input.end(),
                         sram.begin() + static_cast<std::ptrdiff_t>(p.input_slot[1]),
                         [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }));
    }
}
