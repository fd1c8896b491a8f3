// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/reference_kernels.h"

#include <cstring>

#include "dsp/network/reference_view.h"

namespace ocellus::dsp {

using namespace reference;

void run_reference(const network& n, const layer& l, const std::vector<const std::uint8_t*>& inputs,
                   std::uint8_t* output) {
    const view v{n, l, inputs, output};
    switch (l.kind) {
        case op::conv2d:
        case op::depthwise_conv2d:
            convolution(v);
            return;
        case op::fully_connected:
            fully_connected(v);
            return;
        case op::add:
        case op::sub:
            add(v);
            return;
        case op::mul:
            multiply_elements(v);
            return;
        case op::maximum:
        case op::minimum:
            extremes(v);
            return;
        case op::transpose_conv2d:
            transpose_convolution(v);
            return;
        case op::slice:
            slice(v);
            return;
        case op::transpose:
            transpose(v);
            return;
        case op::resize_nearest:
            resize_nearest(v);
            return;
        case op::resize_bilinear:
            resize_bilinear(v);
            return;
        case op::average_pool:
        case op::max_pool:
            pool(v);
            return;
        case op::mean:
            mean(v);
            return;
        case op::reshape:
            if (output != inputs[0])
                std::memmove(output, inputs[0], v.y().elements());
            return;
        case op::pad:
            pad(v);
            return;
        case op::softmax:
            softmax(v);
            return;
        case op::quantize:
        case op::relu:
        case op::logistic:
        case op::tanh:
        case op::leaky_relu:
        case op::hard_swish:
            map_bytes(v);
            return;
        case op::dequantize:
            dequantize(v);
            return;
        case op::concat:
            concat(v);
            return;
    }
}

}  // namespace ocellus::dsp
