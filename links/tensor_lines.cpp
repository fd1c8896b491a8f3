// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/tensor_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "ap_parameters_generated.h"
#include "core/diagnostics.h"

namespace ocellus::links {
namespace {

namespace fb = ap_format;

flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<fb::dimension>>> encode_axes(
    flatbuffers::FlatBufferBuilder& b, const std::vector<tensor_axis>& axes) {
    std::vector<flatbuffers::Offset<fb::dimension>> list;
    for (const auto& a : axes)
        list.push_back(fb::Createdimension(b, a.id, a.size, a.serialization_index, a.padding));
    return b.CreateVector(list);
}

template <class Tensor>
tensor_description decode_tensor(const Tensor& t) {
    tensor_description d;
    d.id = t.id();
    if (t.name())
        d.name = t.name()->str();
    if (t.dimensions())
        for (const auto* a : *t.dimensions())
            d.axes.push_back({a->id(), a->size(), a->serialization_index(), a->padding()});
    d.shift = t.shift();
    d.scale = t.scale();
    d.is_unsigned = t.format() == 1;
    return d;
}

void put(region_line& line, std::size_t at, std::uint32_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i)
        line[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

std::size_t lines_for(std::size_t bytes, std::size_t line_bytes) {
    return (bytes + line_bytes - 1) / line_bytes;
}

}  // namespace

std::vector<std::uint8_t> encode_ap_parameters(const std::vector<network_description>& networks) {
    flatbuffers::FlatBufferBuilder b;
    std::vector<flatbuffers::Offset<fb::network>> list;
    for (const auto& n : networks) {
        std::vector<flatbuffers::Offset<fb::input_tensor>> inputs;
        for (const auto& t : n.inputs) {
            const auto name = b.CreateString(t.name);
            const auto axes = encode_axes(b, t.axes);
            inputs.push_back(fb::Createinput_tensor(b, t.id, name,
                                                    static_cast<std::uint8_t>(t.axes.size()), axes,
                                                    t.shift, t.scale, t.is_unsigned ? 1 : 0));
        }
        std::vector<flatbuffers::Offset<fb::output_tensor>> outputs;
        for (const auto& t : n.outputs) {
            const auto name = b.CreateString(t.name);
            const auto axes = encode_axes(b, t.axes);
            outputs.push_back(
                fb::Createoutput_tensor(b, t.id, name, static_cast<std::uint8_t>(t.axes.size()),
                                        axes, t.bits, t.shift, t.scale, t.is_unsigned ? 1 : 0));
        }
        const auto name = b.CreateString(n.name);
        const auto type = b.CreateString(n.type);
        const auto input_list = b.CreateVector(inputs);
        const auto output_list = b.CreateVector(outputs);
        list.push_back(fb::Createnetwork(b, n.id, name, type, input_list, output_list));
    }
    b.Finish(fb::Createap_parameters(b, b.CreateVector(list)));
    return {b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize()};
}

bool decode_ap_parameters(const std::vector<std::uint8_t>& bytes,
                          std::vector<network_description>& networks, std::string& why) {
    flatbuffers::Verifier check(bytes.data(), bytes.size());
    if (!check.VerifyBuffer<fb::ap_parameters>(nullptr)) {
        why = fmt::format("{} bytes that are no AP parameters", bytes.size());
        return false;
    }
    networks.clear();
    const auto* root = flatbuffers::GetRoot<fb::ap_parameters>(bytes.data());
    if (!root->networks())
        return true;
    for (const auto* n : *root->networks()) {
        network_description d;
        d.id = n->id();
        if (n->name())
            d.name = n->name()->str();
        if (n->type())
            d.type = n->type()->str();
        if (n->input_tensors())
            for (const auto* t : *n->input_tensors())
                d.inputs.push_back(decode_tensor(*t));
        if (n->output_tensors())
            for (const auto* t : *n->output_tensors()) {
                d.outputs.push_back(decode_tensor(*t));
                d.outputs.back().bits = t->bits_per_element();
            }
        networks.push_back(std::move(d));
    }
    return true;
}

std::size_t input_tensor_lines(std::size_t width, std::size_t height, std::size_t channels,
                               std::size_t line_bytes) {
    return 1 + lines_for(padded_width(width) * padded_height(height) * channels, line_bytes);
}

std::size_t output_tensor_lines(const std::vector<std::size_t>& tensor_bytes,
                                std::size_t line_bytes) {
    std::size_t lines = 1;
    for (const std::size_t n : tensor_bytes)
        lines += lines_for(n, line_bytes);
    return lines;
}

region_line kpi_line(std::uint32_t dnn_us, std::uint32_t dsp_us, std::size_t line_bytes) {
    region_line line(line_bytes, 0);
    put(line, 9 * 4, dnn_us, 4);
    put(line, 10 * 4, dsp_us, 4);
    return line;
}

std::vector<region_line> tensor_block(const dnn_header& header,
                                      const std::vector<std::uint8_t>& ap_parameters,
                                      const std::vector<std::vector<std::uint8_t>>& tensors) {
    const std::size_t line_bytes = header.line_bytes;
    if (dnn_header_bytes + ap_parameters.size() > line_bytes)
        throw input_error(
            exit_code::usage,
            fmt::format("the description of the network takes {} bytes on CSI-2, a line has room "
                        "for {}: shorten the names of its tensors",
                        ap_parameters.size(),
                        line_bytes > dnn_header_bytes ? line_bytes - dnn_header_bytes : 0));
    std::vector<region_line> lines(1, region_line(line_bytes, 0));
    region_line& first = lines.front();
    first[0] = header.valid ? 1 : 0;
    first[1] = header.frame;
    put(first, 2, header.line_bytes, 2);
    put(first, 4, static_cast<std::uint32_t>(ap_parameters.size()), 2);
    put(first, 6, header.network, 2);
    first[8] = header.output ? 1 : 0;
    std::copy(ap_parameters.begin(), ap_parameters.end(),
              first.begin() + static_cast<std::ptrdiff_t>(dnn_header_bytes));
    for (const auto& t : tensors)
        for (std::size_t done = 0; done < t.size(); done += line_bytes) {
            const std::size_t n = std::min(line_bytes, t.size() - done);
            lines.emplace_back(line_bytes, std::uint8_t{0});
            if (header.valid)
                std::copy_n(t.begin() + static_cast<std::ptrdiff_t>(done), n, lines.back().begin());
        }
    return lines;
}

}  // namespace ocellus::links
