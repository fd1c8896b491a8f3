// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <numeric>

#include "dsp/network/fixed_point.h"
#include "dsp/network/reference_view.h"
#include "dsp/network/requantize.h"

namespace ocellus::dsp::reference {

/// Over the dimensions of `axes`: maximum, minimum, sum or mean.
void reduce(const view& v) {
    const tensor &x = v.x(), &y = v.y();
    std::vector<bool> reduced(x.shape.size(), false);
    std::int64_t count = 1;
    for (int a : v.l.axes) {
        reduced[static_cast<std::size_t>(a)] = true;
        count *= x.shape[static_cast<std::size_t>(a)];
    }
    // Steps in the output of each input dimension.
    std::vector<std::size_t> step(x.shape.size(), 0);
    std::size_t size = 1;
    for (std::size_t d = x.shape.size(); d-- > 0;)
        if (!reduced[d]) {
            step[d] = size;
            size *= static_cast<std::size_t>(x.shape[d]);
        }
    const bool adds = v.l.kind == op::reduce_sum || v.l.kind == op::mean;
    const bool largest = v.l.kind == op::reduce_max;
    const std::int32_t zero = x.quant.zero_point[0];
    std::vector<std::int64_t> totals(y.elements(), 0);
    std::vector<bool> begun(y.elements(), false);
    std::vector<int> index(x.shape.size(), 0);
    for (std::size_t i = 0; i < x.elements(); ++i) {
        std::size_t at = 0;
        for (std::size_t d = 0; d < index.size(); ++d)
            at += static_cast<std::size_t>(index[d]) * step[d];
        const std::int64_t q = load(x.type, v.in[0], i);
        if (adds)
            totals[at] += q - zero;
        else if (!begun[at] || (largest ? q > totals[at] : q < totals[at]))
            totals[at] = q;
        begun[at] = true;
        for (std::size_t d = index.size(); d-- > 0;) {
            if (++index[d] < x.shape[d])
                break;
            index[d] = 0;
        }
    }
    const averager average(v.n, v.l, count);
    const requantizer scale = scale_requantizer(v.n, v.l, x, y);
    for (std::size_t i = 0; i < totals.size(); ++i) {
        const auto total = static_cast<std::int32_t>(totals[i]);
        store(y.type, v.out, i,
              v.l.kind == op::mean         ? average(total)
              : v.l.kind == op::reduce_sum ? scale(total)
                                           : std::clamp(total, v.l.clamp_min, v.l.clamp_max));
    }
}

void arg_extreme(const view& v) {
    const tensor& x = v.x();
    const auto axis = static_cast<std::size_t>(v.l.axis);
    std::size_t outer = 1, inner = 1;
    for (std::size_t d = 0; d < x.shape.size(); ++d)
        if (d != axis)
            (d < axis ? outer : inner) *= static_cast<std::size_t>(x.shape[d]);
    const auto extent = static_cast<std::size_t>(x.shape[axis]);
    for (std::size_t o = 0; o < outer; ++o)
        for (std::size_t i = 0; i < inner; ++i) {
            std::size_t best = 0;
            std::int32_t value = 0;
            for (std::size_t k = 0; k < extent; ++k) {
                const std::int32_t q = load(x.type, v.in[0], (o * extent + k) * inner + i);
                if (k == 0 || (v.l.kind == op::arg_max ? q > value : q < value)) {
                    best = k;
                    value = q;
                }
            }
            store_index(v.y().type, v.out, o * inner + i, static_cast<std::int64_t>(best));
        }
}

/// Of the last dimension, in order of size; equals in order of their index.
void top_k(const view& v) {
    const tensor& x = v.x();
    const auto extent = static_cast<std::size_t>(x.shape.back());
    const auto k = static_cast<std::size_t>(v.y().shape.back());
    std::vector<std::size_t> order(extent);
    for (std::size_t row = 0; row < x.elements() / extent; ++row) {
        std::iota(order.begin(), order.end(), std::size_t{0});
        const auto value = [&](std::size_t i) { return load(x.type, v.in[0], row * extent + i); };
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return v.l.smallest ? value(a) < value(b) : value(a) > value(b);
        });
        for (std::size_t i = 0; i < k; ++i) {
            store(v.y().type, v.outs[0], row * k + i, value(order[i]));
            if (v.outs.size() > 1)
                store_index(v.output(1).type, v.outs[1], row * k + i,
                            static_cast<std::int64_t>(order[i]));
        }
    }
}

}  // namespace ocellus::dsp::reference
