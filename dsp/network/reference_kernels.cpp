// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/reference_kernels.h"

#include <cstring>

#include "dsp/network/reference_view.h"

namespace ocellus::dsp {

using namespace reference;

namespace {
void run_one(const network& n, const layer& l, const std::vector<const std::uint8_t*>& inputs,
             const std::vector<std::uint8_t*>& outputs);
}

void run_reference(const network& n, const layer& l, const std::vector<const std::uint8_t*>& inputs,
                   const std::vector<std::uint8_t*>& outputs) {
    // Pictures of a batch one after the other.
    const std::size_t batch = batch_of(n, l);
    std::vector<const std::uint8_t*> from = inputs;
    std::vector<std::uint8_t*> to = outputs;
    for (std::size_t b = 0; b < batch; ++b) {
        run_one(n, l, from, to);
        from[0] += n.tensors[static_cast<std::size_t>(l.inputs[0])].bytes() / batch;
        to[0] += n.tensors[static_cast<std::size_t>(l.outputs[0])].bytes() / batch;
    }
}

namespace {
void run_one(const network& n, const layer& l, const std::vector<const std::uint8_t*>& inputs,
             const std::vector<std::uint8_t*>& outputs) {
    std::uint8_t* const output = outputs.at(0);
    const view v{n, l, inputs, output, outputs};
    const bool bytes = size_of(v.y().type) == 1 && size_of(v.x().type) == 1;
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
                std::memmove(output, inputs[0], v.y().bytes());
            return;
        case op::pad:
            pad(v);
            return;
        case op::softmax:
            softmax(v);
            return;
        case op::quantize:
        case op::relu:
            if (v.x().type == element::float32)
                quantize_real(v);
            else if (bytes)
                map_bytes(v);
            else
                quantize_wide(v);
            return;
        case op::logistic:
        case op::tanh:
        case op::leaky_relu:
        case op::hard_swish:
        case op::swish:
            map_bytes(v);
            return;
        case op::dequantize:
            dequantize(v);
            return;
        case op::concat:
            concat(v);
            return;
        case op::div:
            divide(v);
            return;
        case op::prelu:
            prelu(v);
            return;
        case op::compare:
            compare(v);
            return;
        case op::cast:
            cast(v);
            return;
        case op::reduce_max:
        case op::reduce_min:
        case op::reduce_sum:
            reduce(v);
            return;
        case op::arg_max:
        case op::arg_min:
            arg_extreme(v);
            return;
        case op::top_k:
            top_k(v);
            return;
        case op::gather:
            gather_indices(v);
            return;
        case op::space_to_depth:
        case op::depth_to_space:
            space_and_depth(v);
            return;
        case op::space_to_batch:
        case op::batch_to_space:
            space_and_batch(v);
            return;
        case op::batch_matmul:
            batch_matmul(v);
            return;
        case op::dynamic_quantize:
            dynamic_quantize(v);
            return;
        case op::detection_postprocess:
            detection_postprocess(v);
            return;
        case op::non_max_suppression:
            non_max_suppression(v);
            return;
    }
}

}  // namespace

}  // namespace ocellus::dsp
