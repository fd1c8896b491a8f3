// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/registers.h"

#include <utility>
#include <vector>

#include "isp/white_balance.h"

namespace ocellus::isp {

namespace {

namespace reg = registers::isp;

unsigned log2_of(std::uint64_t scale) {
    return scale >= 4 ? 2 : scale >= 2 ? 1 : 0;
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

void set_resets(register_block& b, const isp_parameters& p) {
    const isp_settings s = p.settings();
    b.set_reset(reg::CONTROL, control_value(isp_output::raw, p));
    for (const auto& [index, value] : tensor_registers(make_tensor_format(0, 0, 3, true)))
        b.set_reset(index, value);
    const auto u32 = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
    b.set_reset(reg::WINDOW_X, u32(p.window_x));
    b.set_reset(reg::WINDOW_Y, u32(p.window_y));
    b.set_reset(reg::WINDOW_WIDTH, u32(p.window_width));
    b.set_reset(reg::WINDOW_HEIGHT, u32(p.window_height));
    b.set_reset(reg::BLACK_LEVEL, s.black_level);
    for (unsigned i = 0; i < 4; ++i)
        b.set_reset(reg::GAIN_R + i, s.gains[i]);
    for (unsigned i = 0; i < 9; ++i)
        b.set_reset(reg::CCM_RR + i, matrix_field(s.matrix[i]));
    for (unsigned j = 0; j < gamma_knots; ++j)
        b.set_reset(reg::GAMMA_00 + j, s.gamma[j]);
}

std::vector<std::pair<unsigned, std::uint32_t>> tensor_registers(const tensor_format& f) {
    const auto word = [](std::int32_t v) { return static_cast<std::uint32_t>(v); };
    return {{reg::TENSOR_WIDTH, f.width},
            {reg::TENSOR_HEIGHT, f.height},
            {reg::TENSOR_FORMAT, tensor_format_value(f)},
            {reg::TENSOR_MULTIPLIER, word(f.multiplier)},
            {reg::TENSOR_BIAS, word(f.bias)},
            {reg::TENSOR_SHIFT, word(f.shift)},
            {reg::TENSOR_OFFSET, word(f.offset)},
            {reg::TENSOR_CLAMP_MIN, word(f.clamp_min)},
            {reg::TENSOR_CLAMP_MAX, word(f.clamp_max)}};
}

void store_tensor_format(register_block& b, const tensor_format& f) {
    for (const auto& [index, value] : tensor_registers(f))
        b.set(index, value);
}

register_settings read_settings(const register_block& b, unsigned width, unsigned height,
                                unsigned bits) {
    register_settings r;
    frame_request& q = r.request;
    q.width = width;
    q.height = height;
    q.bits = bits;

    const std::uint32_t control = b.get(reg::CONTROL);
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

    q.settings.black_level = static_cast<std::uint16_t>(b.get(reg::BLACK_LEVEL) & 0xFFFu);
    for (unsigned i = 0; i < 4; ++i)
        q.settings.gains[i] = static_cast<std::uint16_t>(b.get(reg::GAIN_R + i) & 0xFFFu);
    for (unsigned i = 0; i < 9; ++i)
        q.settings.matrix[i] = static_cast<std::int16_t>(matrix_entry(b.get(reg::CCM_RR + i)));
    for (unsigned j = 0; j < gamma_knots; ++j)
        q.settings.gamma[j] = static_cast<std::uint16_t>(b.get(reg::GAMMA_00 + j) & 0xFFFu);

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
    const auto number = [&b](unsigned index) { return static_cast<std::int32_t>(b.get(index)); };
    r.tensor_address = b.get(reg::TENSOR_ADDRESS);
    tensor_format& f = q.tensor_out;
    f.width = b.get(reg::TENSOR_WIDTH);
    f.height = b.get(reg::TENSOR_HEIGHT);
    const std::uint32_t format = b.get(reg::TENSOR_FORMAT);
    f.channels = format & 3u;
    f.bgr = (format >> 2 & 1u) != 0;
    f.is_signed = (format >> 3 & 1u) != 0;
    f.multiplier = number(reg::TENSOR_MULTIPLIER);
    f.bias = number(reg::TENSOR_BIAS);
    f.shift = number(reg::TENSOR_SHIFT) & 31;
    f.offset = number(reg::TENSOR_OFFSET);
    f.clamp_min = number(reg::TENSOR_CLAMP_MIN);
    f.clamp_max = number(reg::TENSOR_CLAMP_MAX);
    q.window.x = b.get(reg::WINDOW_X);
    q.window.y = b.get(reg::WINDOW_Y);
    q.window.width = b.get(reg::WINDOW_WIDTH);
    q.window.height = b.get(reg::WINDOW_HEIGHT);
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
