// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/registers.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "isp/white_balance.h"

namespace ocellus::isp {

namespace {

unsigned log2_of(std::uint64_t scale) {
    return scale >= 4 ? 2 : scale >= 2 ? 1 : 0;
}

const std::array<const char*, 4> gain_names = {"GAIN_R", "GAIN_GR", "GAIN_GB", "GAIN_B"};
const std::array<const char*, 9> matrix_names = {"CCM_RR", "CCM_RG", "CCM_RB", "CCM_GR", "CCM_GG",
                                                 "CCM_GB", "CCM_BR", "CCM_BG", "CCM_BB"};

std::string knot_name(unsigned j) {
    return std::string("GAMMA_") + static_cast<char>('0' + j / 10) +
           static_cast<char>('0' + j % 10);
}

/// 13-bit two's complement of a matrix entry.
std::uint32_t matrix_field(int m) {
    return static_cast<std::uint32_t>(m) & 0x1FFFu;
}
int matrix_entry(std::uint32_t field) {
    const int v = static_cast<int>(field & 0x1FFFu);
    return v >= 0x1000 ? v - 0x2000 : v;
}

}  // namespace

std::uint32_t control_value(isp_output output, const isp_parameters& p) {
    return static_cast<std::uint32_t>(output) |
           (p.image_format == image_format::rgb888 ? 1u << 2 : 0u) | log2_of(p.image_scale) << 4 |
           static_cast<std::uint32_t>(p.colour_order) << 6;
}

std::uint32_t tensor_format_value(const tensor_format& f) {
    return f.channels | (f.bgr ? 1u << 2 : 0u) | (f.is_signed ? 1u << 3 : 0u);
}

void declare_registers(register_block& b, const isp_parameters& p,
                       register_block::on_write status_written) {
    const isp_settings s = p.settings();
    const tensor_format f = make_tensor_format(0, 0, 3, true);
    std::uint32_t offset = 0;
    const auto add = [&](const std::string& name, std::uint32_t reset, const std::string& sentence,
                         unsigned width, access mode = access::read_write) {
        std::vector<register_field> fields;
        if (width < 32)
            fields.push_back({"VALUE", 0, width, sentence});
        b.add({name, offset, mode, reset, sentence, std::move(fields)});
        offset += 4;
    };

    b.add({"CONTROL",
           0x00,
           access::read_write,
           control_value(isp_output::raw, p),
           "What the ISP makes of the next frame.",
           {{"OUTPUT", 0, 2, "To the transmitter: 0 nothing, 1 raw rows, 2 the ISP's picture."},
            {"IMAGE_FORMAT", 2, 1, "Picture: 0 YUV422, 1 RGB888."},
            {"IMAGE_SCALE", 4, 2, "Picture: log2 of the box scale, 0 to 2."},
            {"COLOUR_ORDER", 6, 2, "First colours: 0 RGGB, 1 GRBG, 2 GBRG, 3 BGGR."},
            {"TENSOR_ENABLE", 8, 1,
             "Write the scaled tensor of the next frame; cleared when a frame takes it."}}});
    b.add({"STATUS",
           0x04,
           access::write_one_to_clear,
           0,
           "Events; write 1 to clear.",
           {{"TENSOR_DONE", 0, 1, "The last row of a tensor is in memory; drives tensor_irq."},
            {"OVERFLOW", 1, 1, "An input row or a tensor row was lost."},
            {"CONFIG_ERROR", 2, 1, "A frame began with settings that cannot be followed."},
            {"BUS_ERROR", 3, 1, "A tensor burst was refused."}}},
          std::move(status_written));
    offset = 0x08;
    add("TENSOR_FRAME", 0, "Frame number of the last finished tensor.", 32, access::read_only);
    add("TENSOR_ADDRESS", 0, "Bus address of the tensor's first byte.", 32);
    add("TENSOR_WIDTH", 0, "Columns of the tensor, 1 to 4096.", 13);
    add("TENSOR_HEIGHT", 0, "Rows of the tensor, 1 to 4096.", 13);
    b.add({"TENSOR_FORMAT",
           offset,
           access::read_write,
           tensor_format_value(f),
           "Elements of the tensor.",
           {{"CHANNELS", 0, 2, "3 for colour, 1 for luma."},
            {"BGR", 2, 1, "Blue first."},
            {"SIGNED", 3, 1, "Elements are int8; else uint8. For readers: the map does it all."}}});
    offset += 4;
    const auto word = [](std::int32_t v) { return static_cast<std::uint32_t>(v); };
    add("TENSOR_MULTIPLIER", word(f.multiplier), "Signed factor of an 8-bit value.", 32);
    add("TENSOR_BIAS", word(f.bias), "Signed addend before the shift.", 32);
    add("TENSOR_SHIFT", word(f.shift), "Arithmetic right shift, 0 to 31.", 5);
    add("TENSOR_OFFSET", word(f.offset), "Signed addend after the shift.", 32);
    add("TENSOR_CLAMP_MIN", word(f.clamp_min), "Smallest element, signed.", 32);
    add("TENSOR_CLAMP_MAX", word(f.clamp_max), "Largest element, signed.", 32);
    const auto u32 = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
    add("WINDOW_X", u32(p.window_x), "First column that the tensor is made of.", 16);
    add("WINDOW_Y", u32(p.window_y), "First row that the tensor is made of.", 16);
    add("WINDOW_WIDTH", u32(p.window_width), "Columns of the window; 0: up to the border.", 16);
    add("WINDOW_HEIGHT", u32(p.window_height), "Rows of the window; 0: up to the border.", 16);
    add("BLACK_LEVEL", s.black_level, "Pedestal on the 12-bit scale.", 12);
    for (std::size_t i = 0; i < 4; ++i)
        add(gain_names[i], s.gains[i], "White balance times digital gain, 8.8 fixed, 1 to 4095.",
            12);
    for (std::size_t i = 0; i < 9; ++i)
        add(matrix_names[i], matrix_field(s.matrix[i]),
            "Colour matrix entry (output, input), Q10 in 13-bit two's complement.", 13);
    offset = 0x100;
    for (unsigned j = 0; j < gamma_knots; ++j)
        add(knot_name(j), s.gamma[j],
            "Tone curve at " + std::to_string(gamma_abscissa(j)) + ", 8.4 fixed.", 12);
}

std::vector<std::pair<const char*, std::uint32_t>> tensor_registers(const tensor_format& f) {
    const auto word = [](std::int32_t v) { return static_cast<std::uint32_t>(v); };
    return {{"TENSOR_WIDTH", f.width},
            {"TENSOR_HEIGHT", f.height},
            {"TENSOR_FORMAT", tensor_format_value(f)},
            {"TENSOR_MULTIPLIER", word(f.multiplier)},
            {"TENSOR_BIAS", word(f.bias)},
            {"TENSOR_SHIFT", word(f.shift)},
            {"TENSOR_OFFSET", word(f.offset)},
            {"TENSOR_CLAMP_MIN", word(f.clamp_min)},
            {"TENSOR_CLAMP_MAX", word(f.clamp_max)}};
}

void store_tensor_format(register_block& b, const tensor_format& f) {
    for (const auto& [name, value] : tensor_registers(f))
        b.set(name, value);
}

register_settings read_settings(const register_block& b, unsigned width, unsigned height,
                                unsigned bits) {
    register_settings r;
    frame_request& q = r.request;
    q.width = width;
    q.height = height;
    q.bits = bits;

    const std::uint32_t control = b.get("CONTROL");
    if ((control & 3u) <= 2)
        r.output = static_cast<isp_output>(control & 3u);
    else
        r.valid = false;
    q.format = (control >> 2 & 1u) != 0 ? image_format::rgb888 : image_format::yuv422;
    const unsigned scale = control >> 4 & 3u;
    q.scale = 1u << (scale <= 2 ? scale : 0);
    r.valid = r.valid && scale <= 2;
    q.settings.phase = static_cast<bayer_phase>(control >> 6 & 3u);
    q.image = r.output == isp_output::isp;
    q.tensor = (control & control_tensor_enable) != 0;

    q.settings.black_level = static_cast<std::uint16_t>(b.get("BLACK_LEVEL") & 0xFFFu);
    for (std::size_t i = 0; i < 4; ++i)
        q.settings.gains[i] = static_cast<std::uint16_t>(b.get(gain_names[i]) & 0xFFFu);
    for (std::size_t i = 0; i < 9; ++i)
        q.settings.matrix[i] = static_cast<std::int16_t>(matrix_entry(b.get(matrix_names[i])));
    for (unsigned j = 0; j < gamma_knots; ++j)
        q.settings.gamma[j] = static_cast<std::uint16_t>(b.get(knot_name(j)) & 0xFFFu);

    // The pipeline works on whole 2x2 cells and needs two of them for its borders.
    const bool workable =
        width >= 4 && height >= 4 && width % 2 == 0 && height % 2 == 0 && bits >= 8 && bits <= 16;
    if (!workable && (q.image || q.tensor)) {
        q.image = q.tensor = r.valid = false;
        if (r.output == isp_output::isp)
            r.output = isp_output::none;
    }
    if (!q.tensor)
        return r;
    const auto number = [&b](const char* name) { return static_cast<std::int32_t>(b.get(name)); };
    r.tensor_address = b.get("TENSOR_ADDRESS");
    tensor_format& f = q.tensor_out;
    f.width = b.get("TENSOR_WIDTH");
    f.height = b.get("TENSOR_HEIGHT");
    const std::uint32_t format = b.get("TENSOR_FORMAT");
    f.channels = format & 3u;
    f.bgr = (format >> 2 & 1u) != 0;
    f.is_signed = (format >> 3 & 1u) != 0;
    f.multiplier = number("TENSOR_MULTIPLIER");
    f.bias = number("TENSOR_BIAS");
    f.shift = number("TENSOR_SHIFT") & 31;
    f.offset = number("TENSOR_OFFSET");
    f.clamp_min = number("TENSOR_CLAMP_MIN");
    f.clamp_max = number("TENSOR_CLAMP_MAX");
    q.window.x = b.get("WINDOW_X");
    q.window.y = b.get("WINDOW_Y");
    q.window.width = b.get("WINDOW_WIDTH");
    q.window.height = b.get("WINDOW_HEIGHT");
    const auto side = [](unsigned n) { return n >= 1 && n <= tensor_side_max; };
    if (!side(f.width) || !side(f.height) || (f.channels != 1 && f.channels != 3) ||
        !clip_window(q.window, width, height)) {
        q.tensor = false;
        r.valid = false;
    }
    q.window.out_width = f.width;
    q.window.out_height = f.height;
    return r;
}

}  // namespace ocellus::isp
