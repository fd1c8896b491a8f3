// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/preview.h"

#include <algorithm>

#include "isp/develop.h"
#include "isp/yuv.h"
#include "links/csi2_packet.h"

namespace ocellus::sim {
namespace {

/// Interleaved 8-bit RGB of a received ISP picture.
rgb8_image picture_of(const links::csi2_image& image, isp::yuv_matrix m) {
    rgb8_image out(image.width, image.height);
    for (unsigned y = 0; y < image.height; ++y) {
        const std::uint8_t* in = image.bytes->row(y);
        std::uint8_t* to = out.row(y);
        if (image.type == links::csi2_data_type::rgb888)
            for (unsigned x = 0; x < image.width; ++x)
                for (unsigned c = 0; c < 3; ++c)
                    to[3 * x + c] = in[3 * x + 2 - c];
        else if (image.type == links::csi2_data_type::yuv420_8 && y % 2 == 0)
            isp::rgb_from_yuv420(in, image.bytes->row(std::min(y + 1, image.height - 1)),
                                 image.width, to, m);
        else
            isp::rgb_from_yuv422(in, image.width, to, m);
    }
    return out;
}

}  // namespace

rgb8_image preview_of(const links::csi2_image& image, unsigned flips,
                      const isp::isp_parameters& isp, unsigned reduce, worker_pool& pool) {
    if (!image.raw)
        return picture_of(image, isp.yuv);
    isp::isp_parameters as_read = isp;
    as_read.colour_order =
        static_cast<isp::bayer_phase>(static_cast<unsigned>(as_read.colour_order) ^ flips);
    return isp::develop(image.raw->all(), links::bits_of(image.type), as_read, reduce, &pool);
}

}  // namespace ocellus::sim
