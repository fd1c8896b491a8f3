// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/compiler/public_networks.h"

#include <algorithm>
#include <utility>

namespace ocellus::dsp {

namespace {

/// A feature map on its way through the layers.
struct map {
    unsigned height = 0, width = 0, channels = 0;
};

/// Appends layers; each takes a map and returns the next. Padding keeps ceil(size / stride).
class list_maker {
  public:
    explicit list_maker(std::vector<listed_layer>& to) : list_(to) {}

    map conv(const map& in, unsigned out, unsigned kernel, unsigned stride = 1,
             unsigned groups = 1) {
        return sized(in, {(in.height + stride - 1) / stride, (in.width + stride - 1) / stride, out},
                     kernel, groups);
    }
    map depthwise(const map& in, unsigned kernel, unsigned stride = 1) {
        return conv(in, in.channels, kernel, stride, in.channels);
    }
    /// Depthwise, then pointwise.
    map separable(const map& in, unsigned out, unsigned kernel, unsigned stride = 1) {
        return conv(depthwise(in, kernel, stride), out, 1);
    }
    map sized(const map& in, const map& out, unsigned kernel, unsigned groups = 1) {
        listed_layer l;
        l.name = "layer" + std::to_string(list_.size() + 1);
        l.in_height = in.height;
        l.in_width = in.width;
        l.in_channels = in.channels;
        l.out_height = out.height;
        l.out_width = out.width;
        l.out_channels = out.channels;
        l.kernel_height = l.kernel_width = kernel;
        l.groups = groups;
        list_.push_back(std::move(l));
        return out;
    }
    map dense(unsigned in, unsigned out) { return conv({1, 1, in}, out, 1); }

    /// Inverted bottleneck: expansion, depthwise, projection.
    map inverted(const map& in, unsigned out, unsigned expand, unsigned kernel, unsigned stride) {
        map m = in;
        if (expand > 1)
            m = conv(m, in.channels * expand, 1);
        return conv(depthwise(m, kernel, stride), out, 1);
    }

  private:
    std::vector<listed_layer>& list_;
};

map with_channels(map m, unsigned channels) {
    m.channels = channels;
    return m;
}

/// One stage of inverted bottlenecks: expansion, channels, repeats, first stride, kernel.
struct inverted_stage {
    unsigned expand, channels, repeats, stride, kernel;
};

template <class Stages>
map inverted_stages(list_maker& l, map m, const Stages& stages, std::vector<map>* each = nullptr) {
    for (const inverted_stage& s : stages) {
        for (unsigned i = 0; i < s.repeats; ++i)
            m = l.inverted(m, s.channels, s.expand, s.kernel, i == 0 ? s.stride : 1);
        if (each)
            each->push_back(m);
    }
    return m;
}

/// Stages 2 to 4 of ShuffleNet V2 1.5x.
std::vector<map> shuffle_stages(list_maker& l, map m) {
    std::vector<map> out;
    const std::pair<unsigned, unsigned> stages[] = {{176, 4}, {352, 8}, {704, 4}};
    for (const auto& [channels, repeats] : stages) {
        const unsigned half = channels / 2;
        l.separable(m, half, 3, 2);
        m = with_channels(l.conv(l.depthwise(l.conv(m, half, 1), 3, 2), half, 1), channels);
        for (unsigned i = 1; i < repeats; ++i)
            l.separable(l.conv(with_channels(m, half), half, 1), half, 3);
        out.push_back(m);
    }
    return out;
}

/// The detectors' block of split, bottlenecks and concatenation. `inner`: hidden channels.
class yolo_maker {
  public:
    explicit yolo_maker(list_maker& l) : l_(l) {}

    map c2f(const map& in, unsigned out, unsigned repeats) {
        const unsigned c = out / 2;
        map m = with_channels(l_.conv(in, 2 * c, 1), c);
        for (unsigned i = 0; i < repeats; ++i)
            m = l_.conv(l_.conv(m, c, 3), c, 3);
        return l_.conv(with_channels(m, (2 + repeats) * c), out, 1);
    }
    /// `nested`: the inner block is itself a split one with two bottlenecks of 3 x 3.
    map c3k2(const map& in, unsigned out, bool nested, unsigned divide) {
        const unsigned c = out / divide;
        map m = with_channels(l_.conv(in, 2 * c, 1), c);
        if (nested) {
            const unsigned d = c / 2;
            l_.conv(m, d, 1);
            map n = l_.conv(m, d, 1);
            for (int i = 0; i < 2; ++i)
                n = l_.conv(l_.conv(n, d, 3), d, 3);
            m = l_.conv(with_channels(n, 2 * d), c, 1);
        } else {
            m = l_.conv(l_.conv(m, c / 2, 3), c, 3);
        }
        return l_.conv(with_channels(m, 3 * c), out, 1);
    }
    map pooled(const map& in) {
        const map m = l_.conv(in, in.channels / 2, 1);
        return l_.conv(with_channels(m, 4 * m.channels), in.channels, 1);
    }
    /// Attention on half of the channels: heads of 64 values with keys of 32, a positional
    /// depthwise convolution, and a feed-forward pair.
    map attention(const map& in) {
        const unsigned c = in.channels / 2, heads = c / 64, tokens = in.height * in.width;
        l_.conv(in, 2 * c, 1);
        const map half = with_channels(in, c);
        l_.conv(half, c + 2 * heads * 32, 1);
        l_.conv(with_channels(in, heads * 32), heads * tokens, 1, 1, heads);
        l_.conv(with_channels(in, heads * tokens), c, 1, 1, heads);
        l_.depthwise(half, 3);
        l_.conv(half, c, 1);
        l_.conv(l_.conv(half, 2 * c, 1), c, 1);
        return l_.conv(in, in.channels, 1);
    }

  private:
    list_maker& l_;
};

}  // namespace

std::uint64_t public_network::macs() const {
    std::uint64_t sum = 0;
    for (const listed_layer& l : layers)
        sum += l.macs();
    return sum;
}

std::uint64_t public_network::weights() const {
    std::uint64_t sum = 0;
    for (const listed_layer& l : layers)
        sum += l.out_channels * l.taps() * (l.in_channels / l.groups);
    return sum;
}

public_network list_mobilenet_v1(double alpha, unsigned height, unsigned width, unsigned classes) {
    public_network n{"MobileNet V1", "arXiv 1704.04861", {}};
    list_maker l(n.layers);
    const auto scaled = [alpha](unsigned channels) {
        return std::max(8u, static_cast<unsigned>(channels * alpha + 0.5));
    };
    map m = l.conv({height, width, 3}, scaled(32), 3, 2);
    const std::pair<unsigned, unsigned> blocks[] = {
        {64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
        {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
    for (const auto& [channels, stride] : blocks)
        m = l.separable(m, scaled(channels), 3, stride);
    if (classes > 0)
        l.dense(m.channels, classes);
    return n;
}

public_network list_mobilenet_v2(unsigned size) {
    public_network n{"MobileNet V2 1.0", "arXiv 1801.04381", {}};
    list_maker l(n.layers);
    const inverted_stage stages[] = {{1, 16, 1, 1, 3}, {6, 24, 2, 2, 3}, {6, 32, 3, 2, 3},
                                     {6, 64, 4, 2, 3}, {6, 96, 3, 1, 3}, {6, 160, 3, 2, 3},
                                     {6, 320, 1, 1, 3}};
    map m = inverted_stages(l, l.conv({size, size, 3}, 32, 3, 2), stages);
    l.conv(m, 1280, 1);
    l.dense(1280, 1000);
    return n;
}

public_network list_resnet18() {
    public_network n{"ResNet-18", "arXiv 1512.03385", {}};
    list_maker l(n.layers);
    map m = l.conv({224, 224, 3}, 64, 7, 2);
    m.height = m.width = 56;
    for (const unsigned channels : {64u, 128u, 256u, 512u}) {
        const unsigned stride = channels == 64 ? 1 : 2;
        if (stride == 2)
            l.conv(m, channels, 1, 2);
        m = l.conv(l.conv(m, channels, 3, stride), channels, 3);
        m = l.conv(l.conv(m, channels, 3), channels, 3);
    }
    l.dense(512, 1000);
    return n;
}

public_network list_squeezenet() {
    public_network n{"SqueezeNet 1.0", "arXiv 1602.07360", {}};
    list_maker l(n.layers);
    map m = l.sized({224, 224, 3}, {109, 109, 96}, 7);
    const auto fire = [&l](const map& in, unsigned squeeze, unsigned expand) {
        const map s = l.conv(in, squeeze, 1);
        l.conv(s, expand, 1);
        return with_channels(l.conv(s, expand, 3), 2 * expand);
    };
    m.height = m.width = 54;
    m = fire(fire(fire(m, 16, 64), 16, 64), 32, 128);
    m.height = m.width = 27;
    m = fire(fire(fire(fire(m, 32, 128), 48, 192), 48, 192), 64, 256);
    m.height = m.width = 13;
    m = fire(m, 64, 256);
    l.conv(m, 1000, 1);
    return n;
}

public_network list_shufflenet_v2() {
    public_network n{"ShuffleNet V2 1.5x", "arXiv 1807.11164", {}};
    list_maker l(n.layers);
    map m = l.conv({224, 224, 3}, 24, 3, 2);
    m.height = m.width = 56;
    m = shuffle_stages(l, m).back();
    l.conv(m, 1024, 1);
    l.dense(1024, 1000);
    return n;
}

public_network list_regnet(bool squeeze_excite) {
    public_network n{squeeze_excite ? "RegNetY-200MF" : "RegNetX-200MF", "arXiv 2003.13678", {}};
    list_maker l(n.layers);
    map m = l.conv({224, 224, 3}, 32, 3, 2);
    const std::pair<unsigned, unsigned> stages[] = {{24, 1}, {56, 1}, {152, 4}, {368, 7}};
    for (const auto& [channels, repeats] : stages)
        for (unsigned i = 0; i < repeats; ++i) {
            const unsigned stride = i == 0 ? 2 : 1;
            if (i == 0)
                l.conv(m, channels, 1, stride);
            const map grouped = l.conv(l.conv(m, channels, 1), channels, 3, stride, channels / 8);
            if (squeeze_excite) {
                const unsigned squeezed = m.channels / 4;
                l.dense(channels, squeezed);
                l.dense(squeezed, channels);
            }
            m = l.conv(grouped, channels, 1);
        }
    l.dense(368, 1000);
    return n;
}

public_network list_mobilevit(bool xxs) {
    public_network n{xxs ? "MobileViT-XXS" : "MobileViT-XS",
                     "arXiv 2110.02178; products of attention as grouped 1 x 1 convolutions",
                     {}};
    list_maker l(n.layers);
    const unsigned expand = xxs ? 2 : 4;
    // Channels of the stages, and the width of the transformers of the last three.
    const unsigned channels[] = {
        16, xxs ? 16u : 32u, xxs ? 24u : 48u, xxs ? 48u : 64u, xxs ? 64u : 80u, xxs ? 80u : 96u};
    const unsigned width[] = {xxs ? 64u : 96u, xxs ? 80u : 120u, xxs ? 96u : 144u};
    const unsigned depth[] = {2, 4, 3};
    map m = l.conv({256, 256, 3}, channels[0], 3, 2);
    m = l.inverted(m, channels[1], expand, 3, 1);
    m = l.inverted(m, channels[2], expand, 3, 2);
    m = l.inverted(l.inverted(m, channels[2], expand, 3, 1), channels[2], expand, 3, 1);
    for (unsigned k = 0; k < 3; ++k) {
        m = l.inverted(m, channels[3 + k], expand, 3, 2);
        const unsigned d = width[k], heads = 4, tokens = m.height * m.width / 4;
        const map t = l.conv(l.conv(m, m.channels, 3), d, 1);
        for (unsigned i = 0; i < depth[k]; ++i) {
            l.conv(t, 3 * d, 1);
            l.conv(t, heads * tokens, 1, 1, heads);
            l.conv(with_channels(t, heads * tokens), d, 1, 1, heads);
            l.conv(t, d, 1);
            l.conv(l.conv(t, 2 * d, 1), d, 1);
        }
        l.conv(t, m.channels, 1);
        l.conv(with_channels(m, 2 * m.channels), m.channels, 3);
    }
    const unsigned last = xxs ? 320 : 384;
    l.conv(m, last, 1);
    l.dense(last, 1000);
    return n;
}

public_network list_yolov8n() {
    public_network n{"YOLOv8n", "its maker's model description, without NMS", {}};
    list_maker l(n.layers);
    yolo_maker y(l);
    map m = l.conv(l.conv({640, 640, 3}, 16, 3, 2), 32, 3, 2);
    m = y.c2f(m, 32, 1);
    const map p3 = y.c2f(l.conv(m, 64, 3, 2), 64, 2);
    const map p4 = y.c2f(l.conv(p3, 128, 3, 2), 128, 2);
    const map p5 = y.pooled(y.c2f(l.conv(p4, 256, 3, 2), 256, 1));
    const map up4 = y.c2f(with_channels(p4, 384), 128, 1);
    const map out3 = y.c2f(with_channels(p3, 192), 64, 1);
    const map out4 = y.c2f(with_channels(l.conv(out3, 64, 3, 2), 64 + up4.channels), 128, 1);
    const map out5 = y.c2f(with_channels(l.conv(out4, 128, 3, 2), 128 + p5.channels), 256, 1);
    for (const map& out : {out3, out4, out5}) {
        l.conv(l.conv(l.conv(out, 64, 3), 64, 3), 64, 1);
        l.conv(l.conv(l.conv(out, 80, 3), 80, 3), 80, 1);
    }
    return n;
}

public_network list_yolo11n() {
    public_network n{"YOLO11n", "its maker's model description, without NMS", {}};
    list_maker l(n.layers);
    yolo_maker y(l);
    map m = l.conv(l.conv({640, 640, 3}, 16, 3, 2), 32, 3, 2);
    m = y.c3k2(m, 64, false, 4);
    const map p3 = y.c3k2(l.conv(m, 64, 3, 2), 128, false, 4);
    const map p4 = y.c3k2(l.conv(p3, 128, 3, 2), 128, true, 2);
    const map p5 = y.attention(y.pooled(y.c3k2(l.conv(p4, 256, 3, 2), 256, true, 2)));
    const map up4 = y.c3k2(with_channels(p4, 128 + p5.channels), 128, false, 2);
    const map out3 = y.c3k2(with_channels(p3, 128 + up4.channels), 64, false, 2);
    const map out4 = y.c3k2(with_channels(l.conv(out3, 64, 3, 2), 64 + 128), 128, false, 2);
    const map out5 = y.c3k2(with_channels(l.conv(out4, 128, 3, 2), 128 + 256), 256, true, 2);
    for (const map& out : {out3, out4, out5}) {
        l.conv(l.conv(l.conv(out, 64, 3), 64, 3), 64, 1);
        l.conv(l.separable(l.separable(out, 80, 3), 80, 3), 80, 1);
    }
    return n;
}

public_network list_efficientdet_lite0() {
    public_network n{"EfficientDet-Lite0",
                     "arXiv 1911.09070, approximated: 3 layers of 64 channels, 9 anchors, 90 "
                     "classes, no NMS",
                     {}};
    list_maker l(n.layers);
    const inverted_stage stages[] = {{1, 16, 1, 1, 3}, {6, 24, 2, 2, 3},  {6, 40, 2, 2, 5},
                                     {6, 80, 3, 2, 3}, {6, 112, 3, 1, 5}, {6, 192, 4, 2, 5},
                                     {6, 320, 1, 1, 3}};
    std::vector<map> each;
    inverted_stages(l, l.conv({320, 320, 3}, 32, 3, 2), stages, &each);
    const map p5 = each[6];
    std::vector<map> levels = {l.conv(each[2], 64, 1), l.conv(each[4], 64, 1), l.conv(p5, 64, 1)};
    levels.push_back({5, 5, 64});
    l.conv(p5, 64, 1);  // to the two levels above, before they are pooled
    levels.push_back({3, 3, 64});
    for (int cell = 0; cell < 3; ++cell) {
        for (const unsigned k : {3u, 2u, 1u, 0u})
            l.separable(levels[k], 64, 3);
        for (const unsigned k : {1u, 2u, 3u, 4u})
            l.separable(levels[k], 64, 3);
    }
    for (const map& level : levels)
        for (const unsigned outputs : {810u, 36u}) {
            map m = level;
            for (int i = 0; i < 3; ++i)
                m = l.separable(m, 64, 3);
            l.separable(m, outputs, 3);
        }
    return n;
}

public_network list_nanodet_plus() {
    public_network n{"NanoDet-Plus-m-1.5x",
                     "its authors' description, approximated: which width the part's file has is "
                     "concluded from its size",
                     {}};
    list_maker l(n.layers);
    map m = l.conv({416, 416, 3}, 24, 3, 2);
    m.height = m.width = 104;
    std::vector<map> levels;
    for (const map& stage : shuffle_stages(l, m))
        levels.push_back(l.conv(stage, 128, 1));
    // Ghost blocks: half of the channels by a pointwise, the others by a depthwise convolution.
    const auto ghost = [&l](const map& in) {
        const map half = l.conv(with_channels(in, 256), 64, 1);
        l.depthwise(half, 3);
        const map wide = with_channels(half, 128);
        l.depthwise(half, 3);
        l.conv(wide, 64, 1);
        l.separable(with_channels(in, 256), 128, 5);
        return wide;
    };
    ghost(levels[1]);
    ghost(levels[0]);
    l.separable(levels[0], 128, 5, 2);
    ghost(levels[1]);
    l.separable(levels[1], 128, 5, 2);
    ghost(levels[2]);
    l.separable(levels[2], 128, 5, 2);
    levels.push_back(l.separable(levels[2], 128, 5, 2));
    for (const map& level : levels)
        l.conv(l.separable(l.separable(level, 128, 5), 128, 5), 112, 1);
    return n;
}

}  // namespace ocellus::dsp
