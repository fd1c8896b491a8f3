// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>

#include "core/diagnostics.h"
#include "dsp/compiler/compiled_network.h"
#include "dsp/npu/array_timing.h"
#include "dsp/npu/generated_networks.h"

using namespace ocellus;
using namespace ocellus::dsp;

namespace {

/// MobileNet V1 1.0 224, worked out apart from this code: MACs, bytes (input + weights + bias +
/// output) over 32 B/cycle, array cycles of 32 x 72 (h1), 48 x 48 im2col (h2) and 48 x 48 with the
/// taps in series (h3).
struct row {
    const char* name;
    std::uint64_t macs, bus32, h1, h2, h3;
};
const row expected[] = {
    {"conv1", 10838016, 17279, 12544, 12544, 112896},
    {"dw1", 3612672, 25101, 12544, 112896, 112896},
    {"pw1", 25690112, 37704, 25088, 25088, 25088},
    {"dw2", 1806336, 31386, 6272, 56448, 56448},
    {"pw2", 25690112, 19088, 12544, 18816, 18816},
    {"dw3", 3612672, 25140, 12544, 84672, 84672},
    {"pw3", 51380224, 25616, 25088, 28224, 28224},
    {"dw4", 903168, 15732, 3136, 21168, 21168},
    {"pw4", 25690112, 10464, 12544, 14112, 14112},
    {"dw5", 1806336, 12648, 6272, 42336, 42336},
    {"pw5", 51380224, 14624, 25088, 28224, 28224},
    {"dw6", 451584, 7944, 1568, 10584, 10584},
    {"pw6", 25690112, 8864, 12544, 12936, 12936},
    {"dw7", 903168, 6480, 3136, 19404, 19404},
    {"pw7", 51380224, 14528, 25088, 23716, 23716},
    {"dw8", 903168, 6480, 3136, 19404, 19404},
    {"pw8", 51380224, 14528, 25088, 23716, 23716},
    {"dw9", 903168, 6480, 3136, 19404, 19404},
    {"pw9", 51380224, 14528, 25088, 23716, 23716},
    {"dw10", 903168, 6480, 3136, 19404, 19404},
    {"pw10", 51380224, 14528, 25088, 23716, 23716},
    {"dw11", 903168, 6480, 3136, 19404, 19404},
    {"pw11", 51380224, 14528, 25088, 23716, 23716},
    {"dw12", 225792, 4128, 784, 4851, 4851},
    {"pw12", 25690112, 18864, 12544, 11858, 11858},
    {"dw13", 451584, 3552, 1568, 9702, 9702},
    {"pw13", 51380224, 36032, 23520, 23716, 23716},
    {"avgpool", 0, 1600, 66, 66, 66},
    {"fc", 1025024, 32221, 480, 462, 462},
};

std::shared_ptr<const compiled_network> compiled(const std::string& name,
                                                 std::uint64_t buffer = 262144) {
    return compile(generate_mobilenet_v1(), memory_budget{}, organisation(name), buffer);
}

}  // namespace

TEST_CASE("MobileNet V1 layer by layer equals the published-figure fits") {
    const auto h1 = compiled("h1"), h2 = compiled("h2"), h3 = compiled("h3");
    REQUIRE(h1->passes.size() == std::size(expected));
    std::uint64_t compute = 0, total = 0;
    for (std::size_t i = 0; i < std::size(expected); ++i) {
        const row& e = expected[i];
        const pass& p = h1->passes[i];
        INFO(e.name);
        CHECK(p.name == e.name);
        CHECK(p.macs == e.macs);
        CHECK(bus_cycles(p.input_bytes + p.weight_bytes + p.output_bytes, h1->array) == e.bus32);
        CHECK(p.compute == e.h1);
        CHECK(h2->passes[i].compute == e.h2);
        CHECK(h3->passes[i].compute == e.h3);
        CHECK(p.ideal_cycles == e.h1 + e.bus32 + 444);
        CHECK(h2->passes[i].ideal_cycles == std::max(e.h2, e.bus32));
        compute += p.compute;
        total += p.ideal_cycles - 444;
    }
    CHECK(compute == 347858);
    CHECK(total == 800885);
    CHECK(h1->macs() == 568741376);
    // 3.1 ms at 262.5 MHz are 813,750 cycles.
    CHECK(h1->ideal_cycles() == 800885 + 29 * 444);
    CHECK(static_cast<double>(h1->ideal_cycles()) == Approx(813750).epsilon(0.001));
    CHECK(h2->ideal_cycles() == 804541);
    CHECK(h3->ideal_cycles() == 842583);
    CHECK(compiled("h4")->ideal_cycles() == 382871 + 29 * 14858);
}

TEST_CASE("tiles add up to their pass") {
    for (const char* name : {"h1", "h2", "h3", "h4"})
        for (const std::uint64_t buffer : {131072u, 262144u}) {
            const auto c = compiled(name, buffer);
            for (const pass& p : c->passes) {
                INFO(name << " " << buffer << " " << p.name);
                std::uint64_t compute = 0, out = 0, weights = 0, in = 0, elements = 0, load = 0,
                              store = 0;
                for (const tile& t : p.tiles) {
                    compute += t.compute;
                    out += t.store_bytes;
                    weights += t.weight_bytes;
                    in += t.activation_bytes;
                    elements += std::uint64_t{t.rows} * t.channels;
                    load += t.load_cycles;
                    store += t.store_cycles;
                    std::uint64_t ranges = 0;
                    for (const auto& r : t.loads)
                        ranges += r.bytes;
                    CHECK(ranges == t.activation_bytes + t.weight_bytes);
                }
                if (p.kind == op::average_pool)  // each tile is rounded up
                    CHECK((compute >= p.compute && compute < p.compute + p.tiles.size()));
                else
                    CHECK(compute == p.compute);
                CHECK(out == p.output_bytes);
                CHECK(weights >= p.weight_bytes);
                CHECK(in >= p.input_bytes);
                CHECK(in + weights + out == p.moved_bytes);
                CHECK(load + store == bus_cycles(p.moved_bytes, c->array));
                CHECK(p.cut.fits);
                CHECK(p.cut.working_set <= buffer);
                CHECK(p.unloaded_cycles >= p.ideal_cycles);
                const std::uint64_t rows =
                    p.kind == op::fully_connected ? 1u : static_cast<std::uint64_t>(p.out_shape[1]);
                CHECK(elements == rows * static_cast<std::uint64_t>(p.out_shape.back()));
            }
        }
}

TEST_CASE("with the default buffer every tensor of MobileNet V1 moves once") {
    const auto h1 = compiled("h1");
    for (const pass& p : h1->passes) {
        INFO(p.name);
        CHECK(p.moved_bytes == p.input_bytes + p.weight_bytes + p.output_bytes);
    }
    CHECK(h1->unloaded_cycles() == h1->ideal_cycles());
    // Overlapped tiles pay the first load and the last store of each pass.
    const auto h2 = compiled("h2");
    CHECK(h2->unloaded_cycles() < h2->ideal_cycles() * 105 / 100);
}

TEST_CASE("a smaller buffer moves more and takes longer") {
    const auto large = compiled("h1", 262144), small = compiled("h1", 32768);
    CHECK(small->unloaded_cycles() > large->unloaded_cycles());
}

TEST_CASE("ranges of tiles stay inside their tensors") {
    const auto c = compiled("h1", 65536);
    const auto& plan = c->plan;
    for (const pass& p : c->passes)
        for (const tile& t : p.tiles) {
            for (const auto& r : t.loads) {
                if (r.network_input)
                    CHECK(r.offset + r.bytes <= c->input_bytes());
                else
                    CHECK(((r.offset >= plan.arena_offset &&
                            r.offset + r.bytes <= plan.arena_offset + plan.arena_bytes) ||
                           (r.offset >= plan.coefficients_offset &&
                            r.offset + r.bytes <= plan.budget.bytes)));
            }
            for (const auto& r : t.stores)
                CHECK((r.offset >= plan.arena_offset &&
                       r.offset + r.bytes <= plan.arena_offset + plan.arena_bytes));
        }
}

TEST_CASE("every operator costs something, an alias nothing") {
    const array_organisation& a = organisation("h1");
    array_work w;
    w.pixels = 49;
    w.out_channels = 33;
    for (const op kind : {op::add, op::relu, op::pad, op::quantize, op::concat, op::reshape}) {
        w.kind = kind;
        CHECK(compute_cycles(w, a) == (49 * 33 + 31) / 32);
    }
    w.kind = op::softmax;
    CHECK(compute_cycles(w, a) == (49 * 33 + 31) / 32 * 8);
    w.kind = op::mean;
    w.taps = 4;
    CHECK(compute_cycles(w, a) == (49 * 33 * 4 + 767) / 768);
    CHECK_THROWS_AS(organisation("h9"), input_error);

    // input -> conv -> relu (in place) -> reshape (alias) -> softmax
    network n;
    n.name = "small";
    const auto add = [&](std::vector<int> shape, bool constant) {
        tensor t;
        t.shape = std::move(shape);
        t.quant = {{1.0f}, {0}};
        if (constant)
            t.data.resize(t.bytes());
        n.tensors.push_back(t);
        return static_cast<int>(n.tensors.size()) - 1;
    };
    n.inputs = {add({1, 4, 4, 3}, false)};
    const int weights = add({8, 3, 3, 3}, true);
    int x = n.inputs[0];
    const auto push = [&](op kind, std::vector<int> in, std::vector<int> shape) {
        layer l;
        l.kind = kind;
        l.name = name_of(kind);
        l.inputs = std::move(in);
        l.outputs = {add(std::move(shape), false)};
        if (kind == op::conv2d) {
            l.kernel_h = l.kernel_w = 3;
            l.pad_top = l.pad_left = l.pad_bottom = l.pad_right = 1;
        }
        n.layers.push_back(l);
        x = l.outputs[0];
    };
    push(op::conv2d, {x, weights, -1}, {1, 4, 4, 8});
    push(op::relu, {x}, {1, 4, 4, 8});
    push(op::reshape, {x}, {1, 128});
    push(op::softmax, {x}, {1, 128});
    n.outputs = {x};
    const auto c = compile(n, memory_budget{}, a, 262144);
    REQUIRE(c->passes.size() == 2);
    CHECK(c->passes[0].layers == std::vector<int>{0, 1});
    CHECK(c->passes[0].macs == 4 * 4 * 8 * 27);
    CHECK(c->passes[1].kind == op::softmax);
    CHECK(c->passes[1].layers == std::vector<int>{3});
    CHECK(c->passes[1].moved_bytes == 256);
    // By hand: 48 + 216 + 128 B = 13 beats, 16 pixels of one step; 8 beats and 4 x 8 cycles.
    CHECK(c->unloaded_cycles() == 444 + 13 + 16 + 444 + 8 + 32);
}

TEST_CASE("array cycles step at the lanes and the depth") {
    const auto cycles = [](const char* name, op kind, std::uint64_t out, std::uint64_t in,
                           std::uint64_t taps) {
        array_work w;
        w.kind = kind;
        w.pixels = 10;
        w.out_channels = out;
        w.in_channels = in;
        w.taps = taps;
        return compute_cycles(w, organisation(name));
    };
    CHECK(cycles("h1", op::conv2d, 32, 8, 9) == 10);
    CHECK(cycles("h1", op::conv2d, 33, 8, 9) == 20);
    CHECK(cycles("h1", op::conv2d, 32, 73, 1) == 20);
    CHECK(cycles("h2", op::conv2d, 48, 48, 1) == 10);
    CHECK(cycles("h2", op::conv2d, 49, 49, 1) == 40);
    CHECK(cycles("h3", op::conv2d, 48, 3, 9) == 90);
    CHECK(cycles("h1", op::depthwise_conv2d, 32, 1, 49) == 10);
    CHECK(cycles("h1", op::depthwise_conv2d, 32, 1, 81) == 20);
    CHECK(cycles("h2", op::depthwise_conv2d, 49, 1, 25) == 500);
}

TEST_CASE("overlapped schedule by hand") {
    array_organisation a = organisation("h2");
    a.fixed_cycles = 10;
    pass p;
    p.tiles.resize(3);
    for (auto& t : p.tiles) {
        t.load_cycles = 5;
        t.weight_bytes = 160;
        t.compute = 20;
        t.store_cycles = 3;
    }
    const auto times = schedule(p, a);
    // load 10-15, 15-20; compute 15-35, 35-55, 55-75; store 35-38; load 38-43; store 55-58, 75-78.
    CHECK(times[1].weights_end == 20);
    CHECK(times[1].compute_start == 35);
    CHECK(times[2].load_start == 38);
    CHECK(times[2].compute_end == 75);
    CHECK(times[2].store_end == 78);
    a.buffers = 1;
    CHECK(schedule(p, a).back().store_end == 10 + 3 * 28);
    a.buffers = 3;
    // Three loads at once: 10-25; the last result still goes out at 75.
    CHECK(schedule(p, a)[2].weights_end == 25);
    CHECK(schedule(p, a).back().store_end == 78);
}

TEST_CASE("each stream has its own buffers") {
    array_organisation a = organisation("h2");
    a.fixed_cycles = 0;
    pass p;
    p.tiles.resize(3);
    for (auto& t : p.tiles) {
        t.activation_bytes = 4 * 32;
        t.weight_bytes = 6 * 32;
        t.activation_cycles = 4;
        t.load_cycles = 10;
        t.compute = 20;
        t.store_cycles = 3;
    }
    const auto end = [&p](const array_organisation& o) { return schedule(p, o).back().store_end; };
    // Nothing overlaps.
    a.buffers = a.weight_buffers = a.result_buffers = 1;
    CHECK(end(a) == 3 * (10 + 20 + 3));
    // Weights come while the tile before computes, its activations only then: a 0-4, w 4-10,
    // compute 10-30, w of 1 10-16; result 30-33, a of 1 33-37, compute 37-57, ...
    a.weight_buffers = 2;
    const auto times = schedule(p, a);
    CHECK(times[0].load_end == 4);
    CHECK(times[0].weights_end == 10);
    CHECK(times[1].weights_start == 10);
    CHECK(times[1].weights_end == 16);
    CHECK(times[1].load_start == 33);
    CHECK(times[1].compute_start == 37);
    CHECK(end(a) == 10 + 20 + 2 * (3 + 4 + 20) + 3);
    // All loads ahead, one buffer for results: each waits for the one before to leave.
    a.buffers = a.weight_buffers = 2;
    CHECK(end(a) == 10 + 3 * (20 + 3));
    // Two everywhere: only the first load and the last result show.
    a.result_buffers = 2;
    CHECK(end(a) == 10 + 3 * 20 + 3);
    // A stream without bytes does not wait for anybody.
    a.buffers = 1;
    for (auto& t : p.tiles) {
        t.load_cycles = t.weight_bytes = t.store_cycles = 0;
        t.activation_cycles = t.activation_bytes = 0;
    }
    CHECK(end(a) == 60);
}

TEST_CASE("more buffers are never slower, and never faster than bus and array allow") {
    for (const std::uint64_t local : {16384u, 65536u}) {
        std::uint64_t before = ~std::uint64_t{0};
        for (const unsigned buffers : {1u, 2u, 3u}) {
            array_organisation a = organisation("h2");
            a.buffers = buffers;
            // The same tiles for all, so that the buffers alone differ.
            const auto c = compile(generate_mobilenet_v1(0.5, 128), memory_budget{},
                                   organisation("h2"), local);
            std::uint64_t cycles = 0;
            for (const pass& p : c->passes) {
                const std::uint64_t end = schedule(p, a).back().store_end;
                std::uint64_t compute = 0;
                for (const tile& t : p.tiles)
                    compute += t.compute;
                CHECK(end >= std::max(compute, bus_cycles(p.moved_bytes, a)));
                CHECK(end <= p.control_cycles + compute + bus_cycles(p.moved_bytes, a));
                cycles += end;
            }
            CHECK(cycles <= before);
            before = cycles;
        }
    }
}

TEST_CASE("built-in network names") {
    CHECK(generate_network("builtin:mobilenet_v1_1.0_224").name == "mobilenet_v1_1.0_224");
    const network n = generate_network("builtin:mobilenet_v1_0.25_96");
    CHECK(n.name == "mobilenet_v1_0.25_96");
    CHECK(n.input().shape == std::vector<int>{1, 96, 96, 3});
    CHECK_THROWS_AS(generate_network("builtin:mobilenet_v1_1.0_224x"), input_error);
    CHECK_THROWS_AS(generate_network("builtin:resnet"), input_error);
    CHECK_THROWS_AS(generate_mobilenet_v1(0.0), input_error);
    CHECK(constant_bytes(generate_mobilenet_v1()) == 4210112 + 47780);
    CHECK(generate_mobilenet_v1(0.25, 96, 1).tensors[1].data !=
          generate_mobilenet_v1(0.25, 96, 2).tensors[1].data);
}
