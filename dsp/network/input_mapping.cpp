// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/input_mapping.h"

namespace ocellus::dsp {

input_mapping mapping_of(const network& n) {
    const tensor& x = n.input();
    input_mapping m;
    if (x.quant.scale.empty())
        return m;  // float numbers: no picture
    if (x.shape.size() == 4 && (x.shape[3] == 1 || x.shape[3] == 3)) {
        m.height = x.shape[1];
        m.width = x.shape[2];
        m.channels = x.shape[3];
    }
    m.offset = x.type == element::int8 ? -128 : 0;
    const double scale = static_cast<double>(x.quant.scale.at(0));
    const double zero = x.quant.zero_point.at(0);
    m.real_min = scale * (m.offset - zero);
    m.real_max = scale * (m.offset + 255 - zero);
    return m;
}

}  // namespace ocellus::dsp
