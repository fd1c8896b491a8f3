// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/boot_info.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>

#include "dsp/network/detection_decoder.h"
#include "firmware/include/ocellus_boot.h"
#include "sim/metadata_record.h"
#include "sim/postprocess.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "the boot information is copied as it lies in memory");

namespace ocellus::sim {
namespace {

constexpr std::size_t metadata_records = 2;

/// How the ISP fills the network's input: the whole range of 8-bit colour onto the whole range of
/// the quantized input. A network whose input is no picture gets its bytes injected; the ISP then
/// writes a row of as many bytes, so that the time is that of a tensor of this size.
isp::tensor_format tensor_of(const dsp::network& n, const isp::isp_parameters& p) {
    const auto& t = n.input();
    if (takes_pictures(n))
        return p.tensor_format_of(static_cast<unsigned>(t.shape[2]),
                                  static_cast<unsigned>(t.shape[1]),
                                  static_cast<unsigned>(t.shape[3]), t.type == dsp::element::int8);
    const auto bytes = static_cast<unsigned>(t.bytes());
    const unsigned width = std::min(bytes, 512u);
    return isp::make_tensor_format(width, bytes / width, 1, true);
}

std::uint32_t element_code(dsp::element e) {
    switch (e) {
        case dsp::element::int8:
            return OCELLUS_INT8;
        case dsp::element::uint8:
        case dsp::element::boolean:
            return OCELLUS_UINT8;
        case dsp::element::int64:
            throw input_error(exit_code::usage,
                              "error: an output of the network is int64, which firmware and tensor "
                              "lines have no code for; cast it to int32\nNothing was simulated.");
        case dsp::element::int16:
            return OCELLUS_INT16;
        case dsp::element::int32:
            return OCELLUS_INT32;
        case dsp::element::float32:
            break;
    }
    return OCELLUS_FLOAT32;
}

[[noreturn]] void too_many(const dsp::compiled_network& c, const char* what, std::size_t there,
                           std::size_t room) {
    throw input_error(exit_code::usage,
                      fmt::format("error: network {}: {} {}, the boot information of the firmware "
                                  "has room for {}\nNothing was simulated.",
                                  c.net.name, there, what, room));
}

void describe_network(ocellus_boot_info& b, const settings& s, const run_inputs& in,
                      std::size_t number, std::uint32_t networks_there) {
    const dsp::compiled_network& c = *in.networks[number];
    const auto u32 = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
    b.network = static_cast<std::uint32_t>(number) + 1;
    b.network_is_there = networks_there >> number & 1u;
    std::string ignored;
    const auto frames = s.firmware.networks_of_frames(
        in.networks.size() > 1, s.run.uploads_later() || s.boot.cold, ignored);
    b.schedule_count = static_cast<std::uint32_t>(std::min(frames.size(), std::size(b.schedule)));
    std::copy_n(frames.begin(), b.schedule_count, std::begin(b.schedule));
    if (c.input_slots() > std::size(b.input_slot))
        too_many(c, "input slots", c.input_slots(), std::size(b.input_slot));
    b.input_slot_count = u32(c.input_slots());
    for (std::size_t i = 0; i < c.input_slots(); ++i)
        b.input_slot[i] = u32(c.input_address(i));
    if (c.outputs() > std::size(b.output))
        too_many(c, "outputs", c.outputs(), std::size(b.output));
    b.output_count = u32(c.outputs());
    for (std::size_t i = 0; i < c.outputs(); ++i) {
        const dsp::tensor& t = c.output_tensor(i);
        ocellus_tensor_info& o = b.output[i];
        o.address = u32(c.output_address(i));
        o.bytes = u32(c.output_bytes(i));
        o.type = element_code(t.type);
        std::fill(std::begin(o.dims), std::end(o.dims), 1u);
        const std::size_t known = std::min(t.shape.size(), std::size(o.dims));
        for (std::size_t k = 0; k < known; ++k)
            o.dims[std::size(o.dims) - known + k] =
                static_cast<std::uint32_t>(t.shape[t.shape.size() - known + k]);
        o.scale = t.quant.scale.empty() ? 1.0f : static_cast<float>(t.quant.scale[0]);
        o.zero_point = t.quant.zero_point.empty() ? 0 : t.quant.zero_point[0];
    }
    // The kibibyte that the plan keeps free at the bottom of the SRAM holds the records.
    const std::size_t slots =
        std::min({c.plan.output_slot.size(), std::size(b.output_slot), metadata_records});
    b.output_slot_count = u32(slots);
    b.metadata_count = u32(slots);
    for (std::size_t k = 0; k < slots; ++k) {
        for (std::size_t i = 0; i < c.outputs(); ++i)
            b.output_slot[k][i] = u32(c.output_slot_address(k, i));
        b.metadata_address[k] =
            u32(sram_base + k * record_bytes(static_cast<unsigned>(s.firmware.max_findings)));
    }
    const auto& shape = c.net.input().shape;
    if (shape.size() == 4) {
        b.input_width = static_cast<std::uint32_t>(shape[2]);
        b.input_height = static_cast<std::uint32_t>(shape[1]);
    }
    if (!is_detector(c.net)) {
        const auto type = c.output_tensor(0).type;
        const bool scores = type == dsp::element::int8 || type == dsp::element::uint8;
        b.task = scores ? OCELLUS_TASK_CLASSIFICATION : OCELLUS_TASK_RAW;
        b.scores_are_probabilities = ends_in_probabilities(c.net);
        return;
    }
    const auto p = dsp::detection_parameters_of(c.net);
    b.task = OCELLUS_TASK_DETECTION;
    b.stride = static_cast<std::uint32_t>(p.stride);
    b.scores_output = u32(p.scores_output);
    b.boxes_output = u32(p.boxes_output);
    b.score_threshold = p.score_threshold;
    b.nms_iou = p.nms_iou;
}

}  // namespace

std::vector<unsigned char> make_boot_info(const settings& s, const run_inputs& in,
                                          const register_directory& directory,
                                          std::uint32_t address, std::uint32_t networks_there) {
    ocellus_boot_info b{};
    std::vector<ocellus_register_write> writes;
    const auto write = [&](const char* block, const char* name, std::uint64_t value) {
        writes.push_back({static_cast<std::uint32_t>(directory.address(block, name)),
                          static_cast<std::uint32_t>(value)});
    };
    const auto mode = s.pixels.sensor.registers();
    if (!s.pixels.sensor.standby) {  // else the mode is the host's
        write("pixel_array", "FRAME_LENGTH", mode.frame_length);
        write("pixel_array", "LINE_LENGTH", mode.line_length);
        write("pixel_array", "EXPOSURE", mode.exposure);
        write("pixel_array", "ANALOGUE_GAIN", mode.gain_code);
    }
    // After the mode the tensor of each network; only the first one's is written at boot.
    std::vector<std::size_t> tensor_at;
    for (const auto& c : in.networks) {
        tensor_at.push_back(writes.size());
        for (const auto& [index, value] : isp::tensor_registers(tensor_of(c->net, s.isp)))
            write("isp", registers::isp::map.registers[index].name, value);
    }
    tensor_at.push_back(writes.size());

    b.magic = OCELLUS_BOOT_MAGIC;
    b.size = sizeof b;
    b.version = OCELLUS_BOOT_VERSION;
    b.frames = static_cast<std::uint32_t>(s.run.frames);
    const std::size_t descriptions = std::max<std::size_t>(1, in.networks.size());
    b.writes_address = address + static_cast<std::uint32_t>(descriptions * sizeof b);
    b.write_count = static_cast<std::uint32_t>(in.networks.empty() ? writes.size() : tensor_at[1]);
    const auto output = s.run.image == image_output::raw   ? isp::isp_output::raw
                        : s.run.image == image_output::isp ? isp::isp_output::isp
                                                           : isp::isp_output::none;
    b.isp_control = isp::control_value(output, s.isp);
    b.late_policy =
        s.firmware.policy == late_policy::drop_new ? OCELLUS_DROP_NEW : OCELLUS_DROP_OLDEST;
    b.max_findings = static_cast<std::uint32_t>(s.firmware.max_findings);
    b.npu_timeout_us =
        static_cast<std::uint32_t>(std::ceil(std::min(s.firmware.inference_timeout * 1e6, 4e9)));
    b.auto_exposure = (s.firmware.auto_exposure ? OCELLUS_AUTO_EXPOSURE : 0) |
                      (s.firmware.auto_white_balance ? OCELLUS_AUTO_WHITE_BALANCE : 0);
    b.ae_target = static_cast<std::uint32_t>(s.firmware.exposure_target);
    b.exposure_min = models::min_exposure_lines;
    b.exposure_max =
        models::clip_exposure(models::lines_of(s.firmware.exposure_max, mode), mode.frame_length);
    b.gain_max = static_cast<std::uint32_t>(s.firmware.gain_max);

    std::vector<unsigned char> bytes(descriptions * sizeof b + writes.size() * sizeof writes[0]);
    for (std::size_t k = 0; k < descriptions; ++k) {
        ocellus_boot_info one = b;
        if (k < in.networks.size()) {
            describe_network(one, s, in, k, networks_there);
            one.tensor_writes_address =
                b.writes_address + static_cast<std::uint32_t>(tensor_at[k] * sizeof writes[0]);
            one.tensor_write_count = static_cast<std::uint32_t>(tensor_at[k + 1] - tensor_at[k]);
            if (k + 1 < in.networks.size())
                one.next_network = address + static_cast<std::uint32_t>((k + 1) * sizeof b);
        }
        std::memcpy(bytes.data() + k * sizeof b, &one, sizeof one);
    }
    if (!writes.empty())
        std::memcpy(bytes.data() + descriptions * sizeof b, writes.data(),
                    writes.size() * sizeof writes[0]);
    if (bytes.size() > boot_info_room)
        throw input_error(exit_code::internal, "the boot information does not fit");
    return bytes;
}

}  // namespace ocellus::sim
