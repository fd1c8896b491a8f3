// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/tensor_regions.h"

#include <fmt/format.h>

#include "core/diagnostics.h"
#include "links/tensor_lines.h"

namespace ocellus::sim {
namespace {

constexpr std::size_t most_outputs = 16;  // libcamera, imx500_tensor_parser

[[noreturn]] void refuse(const dsp::compiled_network& c, const std::string& what) {
    throw input_error(
        exit_code::usage,
        fmt::format("error: csi2.tensor_region: network {}: {}\nNothing was simulated.", c.net.name,
                    what));
}

unsigned bits_of(const dsp::compiled_network& c, const dsp::tensor& t) {
    switch (t.type) {
        case dsp::element::int8:
        case dsp::element::uint8:
        case dsp::element::boolean:
            return 8;
        case dsp::element::int16:
            return 16;
        case dsp::element::int32:
            return 32;
        case dsp::element::int64:
        case dsp::element::float32:
            break;
    }
    refuse(c, fmt::format("tensor {} has elements of type {}; the region carries integers of 8, 16 "
                          "or 32 bits",
                          t.name, dsp::name_of(t.type)));
}

links::tensor_description describe(const dsp::compiled_network& c, const dsp::tensor& t,
                                   std::size_t id) {
    links::tensor_description d;
    d.id = static_cast<std::uint8_t>(id);
    d.name = t.name;
    d.bits = static_cast<std::uint8_t>(bits_of(c, t));
    d.scale = t.quant.scale.empty() ? 1.0f : t.quant.scale[0];
    std::int64_t zero = t.quant.zero_point.empty() ? 0 : t.quant.zero_point[0];
    d.is_unsigned = d.bits == 8;
    if (t.type == dsp::element::int8)
        zero += 128;
    if (zero < 0 || zero > 65535)
        refuse(c,
               fmt::format("tensor {} has the zero point {}, expected 0 to 65535", t.name, zero));
    d.shift = static_cast<std::uint16_t>(zero);
    return d;
}

std::uint16_t axis(const dsp::compiled_network& c, const dsp::tensor& t, int size) {
    if (size > 65535)
        refuse(c, fmt::format("tensor {} has an axis of {} elements, expected at most 65535",
                              t.name, size));
    return static_cast<std::uint16_t>(size);
}

}  // namespace

links::region_request region_of(const dsp::compiled_network& c, unsigned number) {
    links::region_request r;
    r.network = static_cast<std::uint16_t>(number + 1);
    links::network_description n;
    n.id = r.network;
    n.name = n.type = c.net.name;

    const dsp::tensor& in = c.net.input();
    links::tensor_description d = describe(c, in, 0);
    if (d.bits != 8)
        refuse(c, fmt::format("its input has {} bits, expected 8", d.bits));
    // A picture, or a list of numbers as one row.
    const bool picture = in.shape.size() == 4;
    r.width = axis(c, in, picture ? in.shape[2] : static_cast<int>(in.elements()));
    r.height = axis(c, in, picture ? in.shape[1] : 1);
    r.channels = axis(c, in, picture ? in.shape[3] : 1);
    r.input_flip = in.type == dsp::element::int8 ? 0x80 : 0;
    const auto padding = [](std::size_t padded, std::size_t size) {
        return static_cast<std::uint8_t>(padded - size);
    };
    d.axes = {
        {0, static_cast<std::uint16_t>(r.width), 0, padding(links::padded_width(r.width), r.width)},
        {1, static_cast<std::uint16_t>(r.height), 1,
         padding(links::padded_height(r.height), r.height)},
        {2, static_cast<std::uint16_t>(r.channels), 2, 0}};
    n.inputs = {d};

    if (c.outputs() > most_outputs)
        refuse(c, fmt::format("it has {} outputs, expected at most {}", c.outputs(), most_outputs));
    for (std::size_t i = 0; i < c.outputs(); ++i) {
        const dsp::tensor& t = c.output_tensor(i);
        d = describe(c, t, i);
        for (std::size_t a = 0; a < t.shape.size(); ++a)
            d.axes.push_back({static_cast<std::uint8_t>(a), axis(c, t, t.shape[a]),
                              static_cast<std::uint8_t>(t.shape.size() - 1 - a), 0});
        n.outputs.push_back(d);
        r.outputs.push_back({c.output_address(i), c.output_bytes(i),
                             static_cast<std::uint8_t>(t.type == dsp::element::int8 ? 0x80 : 0)});
    }
    r.ap_parameters = links::encode_ap_parameters({n});
    const std::size_t room = links::tensor_line_bytes - links::dnn_header_bytes;
    if (r.ap_parameters.size() > room)
        refuse(c, fmt::format("its description takes {} bytes, {} is the room of a line: shorter "
                              "names of tensors help",
                              r.ap_parameters.size(), room));
    return r;
}

}  // namespace ocellus::sim
