// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <flatbuffers/flexbuffers.h>

#include <functional>

#include "dsp/network/tflite_graph.h"
#include "made_networks.h"
#include "made_tflite.h"

using namespace ocellus::dsp::tflite_detail;
using maker = tflite_maker;

namespace {

using bytes = std::vector<std::uint8_t>;

bytes pattern(int count) {
    bytes b;
    for (int i = 0; i < count; ++i)
        b.push_back(static_cast<std::uint8_t>(i * 37 + 11));
    return b;
}

class collection {
  public:
    void add(const std::string& name, const std::function<std::string(maker&)>& make) {
        maker m;
        all.push_back({"tflite/" + name, make(m)});
    }
    /// An operator from one activation to another without options.
    void plain(const std::string& name, int code, const std::vector<int>& from,
               const std::vector<int>& to) {
        add(name, [&](maker& m) {
            const int x = m.activation(from), y = m.activation(to);
            return m.file(code, {x}, {y}, {x});
        });
    }
    void pair(const std::string& name, int code, bool boolean = false) {
        add(name, [&](maker& m) {
            const int a = m.activation({1, 2, 3, 2}), b = m.activation({1, 1, 1, 2});
            const int y =
                boolean ? m.tensor({1, 2, 3, 2}, maker::boolean) : m.activation({1, 2, 3, 2});
            return m.file(code, {a, b}, {y}, {a, b});
        });
    }
    std::vector<made_network> all;
};

void add_products(collection& c) {
    c.add("conv_2d", [](maker& m) {
        const int x = m.activation({1, 4, 5, 3});
        const int w = m.weights({2, 3, 3, 3}, pattern(54), {{0.02f, 0.03f}, {0, 0}, 0});
        const int b = m.numbers<std::int32_t>({100, -200}, maker::int32, {2});
        const int y = m.activation({1, 2, 3, 2});
        const auto o = tfl::Createconv_2d_options(m.b_, 0, 2, 2, 1).Union();
        return m.file(builtin_conv_2d, {x, w, b}, {y}, {x}, tfl::builtin_options_conv_2d, o);
    });
    c.add("conv_2d grouped", [](maker& m) {
        const int x = m.activation({1, 3, 3, 4});
        const int w = m.weights({2, 1, 1, 2}, pattern(4));
        const int y = m.activation({1, 3, 3, 2});
        const auto o = tfl::Createconv_2d_options(m.b_, 1, 1, 1, 3).Union();
        return m.file(builtin_conv_2d, {x, w, -1}, {y}, {x}, tfl::builtin_options_conv_2d, o);
    });
    c.add("conv_2d 16 bits", [](maker& m) {
        const int x = m.activation({1, 3, 3, 2}, 0.01f, 0, maker::int16);
        const int w = m.weights({2, 2, 2, 2}, pattern(16));
        const int b = m.numbers<std::int64_t>({100, -200}, maker::int64, {2});
        const int y = m.activation({1, 2, 2, 2}, 0.5f, 0, maker::int16);
        const auto o = tfl::Createconv_2d_options(m.b_, 1, 1, 1, 0).Union();
        return m.file(builtin_conv_2d, {x, w, b}, {y}, {x}, tfl::builtin_options_conv_2d, o);
    });
    c.add("fully_connected int4", [](maker& m) {
        const int x = m.activation({1, 5});
        const int w = m.weights({3, 5}, pattern(8), {{0.5f}, {0}}, maker::int4);
        const int y = m.activation({1, 3});
        const auto o = tfl::Createfully_connected_options(m.b_).Union();
        return m.file(builtin_fully_connected, {x, w, -1}, {y}, {x},
                      tfl::builtin_options_fully_connected, o);
    });
    c.add("fully_connected 2 bits", [](maker& m) {
        const int x = m.activation({1, 4});
        const int w = m.weights({2, 4}, {0, 1, 254, 255, 1, 1, 0, 255});
        const int y = m.activation({1, 2});
        m.metadata("weight_bits", "t1=2");
        const auto o = tfl::Createfully_connected_options(m.b_).Union();
        return m.file(builtin_fully_connected, {x, w, -1}, {y}, {x},
                      tfl::builtin_options_fully_connected, o);
    });
    c.add("depthwise_conv_2d", [](maker& m) {
        const int x = m.activation({1, 4, 4, 2}, 0.5f, 128, maker::uint8);
        const int w = m.weights({1, 3, 3, 4}, pattern(36), {{0.01f}, {120}, 3}, maker::uint8);
        const int y = m.activation({1, 4, 4, 4}, 0.5f, 0, maker::uint8);
        const auto o = tfl::Createdepthwise_conv_2d_options(m.b_, 0, 1, 1, 2, 1).Union();
        return m.file(builtin_depthwise_conv_2d, {x, w, -1}, {y}, {x},
                      tfl::builtin_options_depthwise_conv_2d, o);
    });
    c.add("transpose_conv", [](maker& m) {
        const int shape = m.integers({1, 4, 6, 2});
        const int w = m.weights({2, 2, 2, 3}, pattern(24));
        const int x = m.activation({1, 2, 3, 3}), y = m.activation({1, 4, 6, 2});
        const int b = m.numbers<std::int32_t>({5, 6}, maker::int32, {2});
        const auto o = tfl::Createtranspose_conv_options(m.b_, 0, 2, 2, 0).Union();
        return m.file(builtin_transpose_conv, {shape, w, x, b}, {y}, {x},
                      tfl::builtin_options_transpose_conv, o);
    });
    for (int code : {builtin_average_pool_2d, builtin_max_pool_2d})
        c.add(code == builtin_max_pool_2d ? "max_pool_2d" : "average_pool_2d", [&](maker& m) {
            const int x = m.activation({1, 5, 4, 2}), y = m.activation({1, 3, 2, 2});
            const auto o = tfl::Createpool_2d_options(m.b_, 0, 2, 2, 3, 3, 1).Union();
            return m.file(code, {x}, {y}, {x}, tfl::builtin_options_pool_2d, o);
        });
    c.add("batch_matmul", [](maker& m) {
        const int a = m.activation({2, 3, 4}), b = m.activation({1, 5, 4});
        const int y = m.activation({2, 3, 5});
        const auto o = tfl::Createbatch_matmul_options(m.b_, false, true).Union();
        return m.file(builtin_batch_matmul, {a, b}, {y}, {a, b}, tfl::builtin_options_batch_matmul,
                      o);
    });
    const std::pair<const char*, int> reductions[] = {{"mean", builtin_mean},
                                                      {"sum", builtin_sum},
                                                      {"reduce_max", builtin_reduce_max},
                                                      {"reduce_min", builtin_reduce_min}};
    for (const auto& [name, code] : reductions)
        c.add(name, [code = code](maker& m) {
            const int x = m.activation({1, 3, 2, 4}), axes = m.integers({-1, 1});
            const int y = m.activation({1, 2});
            return m.file(code, {x, axes}, {y}, {x});
        });
    c.add("mean of a picture", [](maker& m) {
        const int x = m.activation({1, 3, 2, 4}), axes = m.integers({1, 2});
        const int y = m.activation({1, 4}, 0.25f, 3);
        return m.file(builtin_mean, {x, axes}, {y}, {x});
    });
}

void add_elements(collection& c) {
    c.pair("add", builtin_add);
    c.pair("sub", builtin_sub);
    c.pair("mul", builtin_mul);
    c.pair("div", builtin_div);
    c.pair("maximum", builtin_maximum);
    c.pair("minimum", builtin_minimum);
    c.pair("prelu", builtin_prelu);
    c.pair("equal", builtin_equal, true);
    c.pair("not_equal", builtin_not_equal, true);
    c.pair("less", builtin_less, true);
    c.pair("less_equal", builtin_less_equal, true);
    c.pair("greater", builtin_greater, true);
    c.pair("greater_equal", builtin_greater_equal, true);
    c.add("add a constant", [](maker& m) {
        const int a = m.activation({1, 2, 3, 2}), b = m.weights({2}, {3, 4});
        const int y = m.activation({1, 2, 3, 2});
        const auto o = tfl::Createadd_options(m.b_, 1).Union();
        return m.file(builtin_add, {a, b}, {y}, {a}, tfl::builtin_options_add, o);
    });
    c.plain("relu", builtin_relu, {1, 6}, {1, 6});
    c.plain("relu6", builtin_relu6, {1, 6}, {1, 6});
    c.plain("relu_n1_to_1", builtin_relu_n1_to_1, {1, 6}, {1, 6});
    c.plain("hard_swish", builtin_hard_swish, {1, 6}, {1, 6});
    c.add("leaky_relu", [](maker& m) {
        const int x = m.activation({1, 6}), y = m.activation({1, 6});
        const auto o = tfl::Createleaky_relu_options(m.b_, 0.1f).Union();
        return m.file(builtin_leaky_relu, {x}, {y}, {x}, tfl::builtin_options_leaky_relu, o);
    });
    c.add("tanh", [](maker& m) {
        const int x = m.activation({1, 6}), y = m.activation({1, 6}, 1.0f / 128);
        return m.file(builtin_tanh, {x}, {y}, {x});
    });
    c.add("logistic", [](maker& m) {
        const int x = m.activation({1, 6}), y = m.activation({1, 6}, 1.0f / 256, -128);
        return m.file(builtin_logistic, {x}, {y}, {x});
    });
    c.add("softmax", [](maker& m) {
        const int x = m.activation({2, 6}), y = m.activation({2, 6}, 1.0f / 256, -128);
        const auto o = tfl::Createsoftmax_options(m.b_, 1.0f).Union();
        return m.file(builtin_softmax, {x}, {y}, {x}, tfl::builtin_options_softmax, o);
    });
    c.add("quantize", [](maker& m) {
        const int x = m.activation({1, 6}), y = m.activation({1, 6}, 0.25f, 128, maker::uint8);
        return m.file(builtin_quantize, {x}, {y}, {x});
    });
    c.add("cast", [](maker& m) {
        const int x = m.activation({1, 6}), y = m.tensor({1, 6}, maker::int32);
        return m.file(builtin_cast, {x}, {y}, {x});
    });
}

void add_moves(collection& c) {
    c.plain("reshape", builtin_reshape, {1, 2, 3, 2}, {1, 12});
    c.plain("squeeze", builtin_squeeze, {1, 1, 3, 2}, {3, 2});
    c.plain("expand_dims", builtin_expand_dims, {3, 2}, {1, 3, 2});
    c.add("pad", [](maker& m) {
        const int x = m.activation({1, 2, 2, 1}), p = m.integers({0, 0, 1, 2, 0, 1, 0, 0}, {4, 2});
        const int y = m.activation({1, 5, 3, 1});
        return m.file(builtin_pad, {x, p}, {y}, {x});
    });
    c.add("padv2", [](maker& m) {
        const int x = m.activation({2, 2}), p = m.integers({0, 1, 1, 0}, {2, 2});
        const int fill = m.weights({1}, {0}), y = m.activation({3, 3});
        return m.file(builtin_padv2, {x, p, fill}, {y}, {x});
    });
    c.add("mirror_pad", [](maker& m) {
        const int x = m.activation({1, 3, 3, 1}), p = m.integers({0, 0, 1, 1, 2, 0, 0, 0}, {4, 2});
        const int y = m.activation({1, 5, 5, 1});
        const auto o = tfl::Createmirror_pad_options(m.b_, 1).Union();
        return m.file(builtin_mirror_pad, {x, p}, {y}, {x}, tfl::builtin_options_mirror_pad, o);
    });
    c.add("concatenation", [](maker& m) {
        const int a = m.activation({1, 2, 2}), b = m.activation({1, 2, 3}, 0.25f, 1);
        const int y = m.activation({1, 2, 5});
        const auto o = tfl::Createconcatenation_options(m.b_, -1, 0).Union();
        return m.file(builtin_concatenation, {a, b}, {y}, {a, b},
                      tfl::builtin_options_concatenation, o);
    });
    c.add("split", [](maker& m) {
        const int axis = m.integers({1}, {}), x = m.activation({1, 4});
        const int a = m.activation({1, 2}), b = m.activation({1, 2});
        return m.file(builtin_split, {axis, x}, {a, b}, {x});
    });
    c.add("split_v", [](maker& m) {
        const int x = m.activation({1, 2, 6}), axis = m.integers({-1}), sizes = m.integers({1, 5});
        const int a = m.activation({1, 2, 1}), b = m.activation({1, 2, 5});
        return m.file(builtin_split_v, {x, sizes, axis}, {a, b}, {x});
    });
    c.add("slice", [](maker& m) {
        const int x = m.activation({1, 3, 4, 2}), y = m.activation({1, 2, 2, 1});
        const int begin = m.integers({0, 1, 1, 1}), size = m.integers({1, -1, 2, 1});
        return m.file(builtin_slice, {x, begin, size}, {y}, {x});
    });
    c.add("strided_slice", [](maker& m) {
        const int x = m.activation({1, 3, 4, 2}), y = m.activation({1, 2, 2});
        const int begin = m.integers({9, -2, 9, 1}), end = m.integers({9, 9, 9, 9});
        const int steps = m.integers({1, 1, 3, 1});
        const auto o = tfl::Createstrided_slice_options(m.b_, 5, 7, 0, 0, 8).Union();
        return m.file(builtin_strided_slice, {x, begin, end, steps}, {y}, {x},
                      tfl::builtin_options_strided_slice, o);
    });
    c.add("pack", [](maker& m) {
        const int a = m.activation({1, 3}), b = m.activation({1, 3}), y = m.activation({1, 3, 2});
        const auto o = tfl::Createpack_options(m.b_, 2, -1).Union();
        return m.file(builtin_pack, {a, b}, {y}, {a, b}, tfl::builtin_options_pack, o);
    });
    c.add("unpack", [](maker& m) {
        const int x = m.activation({1, 2, 3}), a = m.activation({1, 3}), b = m.activation({1, 3});
        const auto o = tfl::Createpack_options(m.b_, 2, 1).Union();
        return m.file(builtin_unpack, {x}, {a, b}, {x}, tfl::builtin_options_unpack, o);
    });
    c.add("transpose", [](maker& m) {
        const int x = m.activation({1, 2, 3}), y = m.activation({3, 1, 2});
        const int axes = m.integers({2, 0, 1});
        return m.file(builtin_transpose, {x, axes}, {y}, {x});
    });
    c.add("gather", [](maker& m) {
        const int x = m.activation({2, 4}), list = m.integers({3, 0, 3}), y = m.activation({2, 3});
        const auto o = tfl::Creategather_options(m.b_, 1, 0).Union();
        return m.file(builtin_gather, {x, list}, {y}, {x}, tfl::builtin_options_gather, o);
    });
    for (bool to_depth : {true, false})
        c.add(to_depth ? "space_to_depth" : "depth_to_space", [&](maker& m) {
            const int fine = m.activation({1, 4, 2, 3}), deep = m.activation({1, 2, 1, 12});
            const auto o = tfl::Createblock_options(m.b_, 2).Union();
            const int x = to_depth ? fine : deep, y = to_depth ? deep : fine;
            return m.file(to_depth ? builtin_space_to_depth : builtin_depth_to_space, {x}, {y}, {x},
                          to_depth ? tfl::builtin_options_space_to_depth
                                   : tfl::builtin_options_depth_to_space,
                          o);
        });
    for (bool to_batch : {true, false})
        c.add(to_batch ? "space_to_batch" : "batch_to_space", [&](maker& m) {
            const int picture = m.activation({1, 3, 4, 1}), parts = m.activation({4, 2, 2, 1});
            const int block = m.integers({2, 2}), edges = m.integers({1, 0, 0, 0}, {2, 2});
            const int x = to_batch ? picture : parts, y = to_batch ? parts : picture;
            return m.file(to_batch ? builtin_space_to_batch : builtin_batch_to_space,
                          {x, block, edges}, {y}, {x});
        });
    c.add("resize_nearest", [](maker& m) {
        const int x = m.activation({1, 2, 3, 1}), y = m.activation({1, 4, 5, 1});
        const int size = m.integers({4, 5});
        const auto o = tfl::Createresize_nearest_options(m.b_, false, true).Union();
        return m.file(builtin_resize_nearest, {x, size}, {y}, {x},
                      tfl::builtin_options_resize_nearest, o);
    });
    c.add("resize_bilinear", [](maker& m) {
        const int x = m.activation({1, 2, 3, 1}), y = m.activation({1, 4, 5, 1});
        const int size = m.integers({4, 5});
        const auto o = tfl::Createresize_bilinear_options(m.b_, 0, 0, true, false).Union();
        return m.file(builtin_resize_bilinear, {x, size}, {y}, {x},
                      tfl::builtin_options_resize_bilinear, o);
    });
}

void add_choices(collection& c) {
    for (bool most : {true, false})
        c.add(most ? "arg_max" : "arg_min", [&](maker& m) {
            const int x = m.activation({2, 3}), axis = m.integers({-1}, {});
            const int y = m.tensor({2}, maker::int32);
            return m.file(most ? builtin_arg_max : builtin_arg_min, {x, axis}, {y}, {x});
        });
    c.add("topk_v2", [](maker& m) {
        const int x = m.activation({2, 5}), k = m.integers({2}, {});
        const int y = m.activation({2, 2}), index = m.tensor({2, 2}, maker::int32);
        return m.file(builtin_top_k, {x, k}, {y, index}, {x});
    });
    for (bool soft : {false, true})
        c.add(soft ? "non_max_suppression_v5" : "non_max_suppression_v4", [&](maker& m) {
            const int boxes = m.real({4, 4}), scores = m.real({4});
            const int most = m.integers({3}, {}), iou = m.reals({0.5f}, {});
            const int least = m.reals({0.1f}, {}), sigma = m.reals({0.5f}, {});
            const int index = m.tensor({3}, maker::int32), best = m.real({3});
            const int count = m.tensor({}, maker::int32);
            std::vector<int> in = {boxes, scores, most, iou, least}, out = {index, count};
            if (soft) {
                in.push_back(sigma);
                out = {index, best, count};
            }
            m.layer(soft ? builtin_nms_v5 : builtin_nms_v4, in, out);
            return m.file({boxes, scores}, out);
        });
    c.add("detection_postprocess", [](maker& m) {
        const int boxes = m.activation({1, 3, 4}, 0.1f), scores = m.activation({1, 3, 3}, 0.01f);
        const int anchors = m.weights({3, 4}, pattern(12));
        const int out[] = {m.real({1, 2, 4}), m.real({1, 2}), m.real({1, 2}), m.real({1})};
        flexbuffers::Builder f;
        f.Map([&] {
            f.Int("max_detections", 2);
            f.Int("max_classes_per_detection", 1);
            f.Int("num_classes", 2);
            f.Bool("use_regular_nms", false);
            f.Float("nms_score_threshold", 0.1f);
            f.Float("nms_iou_threshold", 0.5f);
            f.Float("y_scale", 10.0f);
            f.Float("x_scale", 10.0f);
            f.Float("h_scale", 5.0f);
            f.Float("w_scale", 5.0f);
        });
        f.Finish();
        m.layer(builtin_custom, {boxes, scores, anchors}, {out[0], out[1], out[2], out[3]},
                tfl::builtin_options_NONE, 0, "TFLite_Detection_PostProcess", &f.GetBuffer());
        return m.file({boxes, scores}, {out[0], out[1], out[2], out[3]});
    });
}

void add_chains(collection& c) {
    // Float ends, and everything a small classifier has.
    c.add("chain", [](maker& m) {
        const int in = m.real({1, 6, 6, 2}), x = m.activation({1, 6, 6, 2}, 0.1f, 3);
        const int w =
            m.weights({4, 3, 3, 2}, pattern(72), {{0.01f, 0.02f, 0.03f, 0.04f}, {0, 0, 0, 0}, 0});
        const int b = m.numbers<std::int32_t>({1, 2, 3, 4}, maker::int32, {4});
        const int a = m.activation({1, 3, 3, 4}, 0.2f, -128);
        const int d = m.activation({1, 3, 3, 4}, 0.2f, -10);
        const int dw = m.weights({1, 3, 3, 4}, pattern(36), {{0.01f}, {0}, 3});
        const int s = m.activation({1, 3, 3, 4}, 0.3f, -5),
                  p = m.activation({1, 1, 1, 4}, 0.3f, -5);
        const int f = m.activation({1, 4}, 0.3f, -5), g = m.activation({1, 3}, 0.5f, 0);
        const int fw = m.weights({3, 4}, pattern(12)), y = m.activation({1, 3}, 1.0f / 256, -128);
        const int out = m.real({1, 3});
        m.layer(builtin_quantize, {in}, {x});
        m.layer(builtin_conv_2d, {x, w, b}, {a}, tfl::builtin_options_conv_2d,
                tfl::Createconv_2d_options(m.b_, 0, 2, 2, 1).Union());
        m.layer(builtin_depthwise_conv_2d, {a, dw, -1}, {d}, tfl::builtin_options_depthwise_conv_2d,
                tfl::Createdepthwise_conv_2d_options(m.b_, 0, 1, 1, 1, 0).Union());
        m.layer(builtin_add, {a, d}, {s}, tfl::builtin_options_add,
                tfl::Createadd_options(m.b_).Union());
        m.layer(builtin_average_pool_2d, {s}, {p}, tfl::builtin_options_pool_2d,
                tfl::Createpool_2d_options(m.b_, 1, 3, 3, 3, 3, 0).Union());
        m.layer(builtin_reshape, {p}, {f});
        m.layer(builtin_fully_connected, {f, fw, -1}, {g}, tfl::builtin_options_fully_connected,
                tfl::Createfully_connected_options(m.b_).Union());
        m.layer(builtin_softmax, {g}, {y}, tfl::builtin_options_softmax,
                tfl::Createsoftmax_options(m.b_, 1.0f).Union());
        m.layer(builtin_dequantize, {y}, {out});
        return m.file({in}, {out});
    });
}

}  // namespace

std::vector<made_network> made_tflite_networks() {
    collection c;
    add_products(c);
    add_elements(c);
    add_moves(c);
    add_choices(c);
    add_chains(c);
    return c.all;
}
