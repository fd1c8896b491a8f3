// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/registers.h"

#include <utility>
#include <vector>

#include "isp/scaler.h"
#include "isp/white_balance.h"

namespace ocellus::isp {

namespace {

unsigned log2_of(std::uint64_t scale) {
    return scale >= 4 ? 2 : scale >= 2 ? 1 : 0;
}

namespace reg = registers::isp;

/// 13-bit two's complement of a matrix entry.
std::uint32_t matrix_field(int m) {
    return static_cast<std::uint32_t>(m) & 0x1FFFu;
}
int matrix_entry(std::uint32_t field) {
    const int v = static_cast<int>(field & 0x1FFFu);
    return v >= 0x1000 ? v - 0x2000 : v;
}

/// Region and size of the picture; false when they cannot be followed.
bool read_picture(const register_block& b, scaler_method scaler, frame_request& q) {
    area_geometry& c = q.crop;
    c.x = b.get(reg::ROI_X);
    c.y = b.get(reg::ROI_Y);
    c.width = b.get(reg::ROI_WIDTH);
    c.height = b.get(reg::ROI_HEIGHT);
    c.out_width = b.get(reg::PICTURE_WIDTH);
    c.out_height = b.get(reg::PICTURE_HEIGHT);
    c.method = scaler;
    if (((c.x | c.y | c.width | c.height | c.out_width) & 1u) != 0 ||
        !clip_window(c, q.width, q.height) || (c.out_width == 0) != (c.out_height == 0))
        return false;
    if (c.out_width != 0 &&
        (!can_scale(c.width, c.out_width) || !can_scale(c.height, c.out_height)))
        return false;
    return q.image_width() >= 2 && q.image_height() >= 1;
}

}  // namespace

std::uint32_t control_value(isp_output output, const isp_parameters& p) {
    return static_cast<std::uint32_t>(output) | static_cast<std::uint32_t>(p.image_format) << 2 |
           log2_of(p.image_scale) << 4 | static_cast<std::uint32_t>(p.colour_order) << 6 |
           (p.scaler == scaler_method::bilinear ? control_scaler_bilinear : 0u);
}

std::uint32_t tensor_format_value(const tensor_format& f) {
    return (f.channels & 3u) | (f.bgr ? 1u << 2 : 0u) | (f.is_signed ? 1u << 3 : 0u) |
           static_cast<std::uint32_t>(f.order) << 4 | (f.planar ? 1u << 6 : 0u) |
           (f.affine ? 1u << 7 : 0u);
}

void set_up_registers(register_block& b, const isp_parameters& p,
                      register_block::on_write_function status_written) {
    const isp_settings s = p.settings();
    const auto u32 = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
    b.set_reset(reg::CONTROL, control_value(isp_output::raw, p));
    b.on_write(reg::STATUS, std::move(status_written));
    for (const auto& [index, value] : tensor_registers(make_tensor_format(0, 0, 3, true)))
        b.set_reset(index, value);
    b.set_reset(reg::WINDOW_X, u32(p.window_x));
    b.set_reset(reg::WINDOW_Y, u32(p.window_y));
    b.set_reset(reg::WINDOW_WIDTH, u32(p.window_width));
    b.set_reset(reg::WINDOW_HEIGHT, u32(p.window_height));
    b.set_reset(reg::BLACK_LEVEL, s.black_level);
    for (unsigned i = 0; i < 4; ++i)
        b.set_reset(reg::GAIN_R + i, s.gains[i]);
    for (unsigned i = 0; i < 9; ++i)
        b.set_reset(reg::CCM_RR + i, matrix_field(s.matrix[i]));
    b.set_reset(reg::STAGES, s.stages);
    b.set_reset(reg::DEMOSAIC, static_cast<std::uint32_t>(s.demosaic));
    b.set_reset(reg::DEFECT_THRESHOLD, static_cast<std::uint32_t>(s.defects.threshold));
    b.set_reset(reg::SHARPENING_AMOUNT, static_cast<std::uint32_t>(s.sharpening.amount));
    b.set_reset(reg::LUMA_NOISE_SLOPE, static_cast<std::uint32_t>(s.luma_noise_slope));
    b.set_reset(reg::YUV_MATRIX, static_cast<std::uint32_t>(s.yuv));
    b.set_reset(reg::ROI_X, u32(p.roi_x));
    b.set_reset(reg::ROI_Y, u32(p.roi_y));
    b.set_reset(reg::ROI_WIDTH, u32(p.roi_width));
    b.set_reset(reg::ROI_HEIGHT, u32(p.roi_height));
    b.set_reset(reg::PICTURE_WIDTH, u32(p.picture_width));
    b.set_reset(reg::PICTURE_HEIGHT, u32(p.picture_height));
    static_assert(reg::GAMMA_56 - reg::GAMMA_00 + 1 == gamma_knots);
    for (unsigned j = 0; j < gamma_knots; ++j)
        b.set_reset(reg::GAMMA_00 + j, s.gamma[j]);
}

std::vector<std::pair<unsigned, std::uint32_t>> tensor_registers(const tensor_format& f) {
    const auto word = [](std::int32_t v) { return static_cast<std::uint32_t>(v); };
    std::vector<std::pair<unsigned, std::uint32_t>> all = {
        {reg::TENSOR_WIDTH, f.width},
        {reg::TENSOR_HEIGHT, f.height},
        {reg::TENSOR_FORMAT, tensor_format_value(f)},
        {reg::TENSOR_MULTIPLIER, word(f.multiplier)},
        {reg::TENSOR_BIAS, word(f.bias)},
        {reg::TENSOR_SHIFT, word(f.shift)},
        {reg::TENSOR_OFFSET, word(f.offset)},
        {reg::TENSOR_CLAMP_MIN, word(f.clamp_min)},
        {reg::TENSOR_CLAMP_MAX, word(f.clamp_max)}};
    if (f.affine)
        for (unsigned i = 0; i < 12; ++i)
            all.emplace_back(reg::TENSOR_K00 + i, matrix_field(f.matrix[i]));
    return all;
}

void store_tensor_format(register_block& b, const tensor_format& f) {
    for (const auto& [index, value] : tensor_registers(f))
        b.set(index, value);
}

area_geometry window_of(const register_block& block) {
    area_geometry w;
    w.x = block.get(reg::WINDOW_X);
    w.y = block.get(reg::WINDOW_Y);
    w.width = block.get(reg::WINDOW_WIDTH);
    w.height = block.get(reg::WINDOW_HEIGHT);
    return w;
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
    const unsigned format_code = control >> 2 & 3u;
    q.format = format_code <= 2 ? static_cast<image_format>(format_code) : image_format::yuv422;
    r.valid = r.valid && format_code <= 2;
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

    isp_settings& s = q.settings;
    s.stages = b.get(reg::STAGES) & every_stage;
    const std::uint32_t method = b.get(reg::DEMOSAIC) & 3u;
    s.demosaic = method <= 2 ? static_cast<demosaic_method>(method) : demosaic_method::malvar;
    r.valid = r.valid && method <= 2;
    s.defects.threshold = static_cast<int>(b.get(reg::DEFECT_THRESHOLD) & 0xFFFu);
    s.sharpening.amount = static_cast<int>(b.get(reg::SHARPENING_AMOUNT) & 0xFFu);
    const int slope = static_cast<int>(b.get(reg::LUMA_NOISE_SLOPE) & 0xFFu);
    s.luma_noise_slope = clamped(slope, luma_noise_slope_min, luma_noise_slope_max);
    r.valid = r.valid && slope == s.luma_noise_slope;
    s.yuv = static_cast<yuv_matrix>(b.get(reg::YUV_MATRIX) & 1u);
    const scaler_method scaler =
        (control & control_scaler_bilinear) != 0 ? scaler_method::bilinear : scaler_method::area;

    // The pipeline works on whole 2x2 cells and needs two of them for its borders.
    const bool workable =
        width >= 4 && height >= 4 && width % 2 == 0 && height % 2 == 0 && bits >= 8 && bits <= 16;
    if (!workable && (q.image || q.tensor)) {
        q.image = q.tensor = r.valid = false;
        if (r.output == isp_output::isp)
            r.output = isp_output::none;
    }
    if (q.image && !read_picture(b, scaler, q)) {
        q.image = r.valid = false;
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
    const unsigned order = format >> 4 & 3u;
    f.order = static_cast<tensor_order>(order);
    f.planar = (format >> 6 & 1u) != 0;
    f.affine = (format >> 7 & 1u) != 0;
    if (order == 2)
        f.channels = 4;
    for (unsigned i = 0; i < 12; ++i)
        f.matrix[i] = static_cast<std::int16_t>(matrix_entry(b.get(reg::TENSOR_K00 + i)));
    f.multiplier = number(reg::TENSOR_MULTIPLIER);
    f.bias = number(reg::TENSOR_BIAS);
    f.shift = number(reg::TENSOR_SHIFT) & 31;
    f.offset = number(reg::TENSOR_OFFSET);
    f.clamp_min = number(reg::TENSOR_CLAMP_MIN);
    f.clamp_max = number(reg::TENSOR_CLAMP_MAX);
    q.window = window_of(b);
    const auto side = [](unsigned n) { return n >= 1 && n <= tensor_side_max; };
    q.window.method = scaler;
    q.window.out_width = f.width;
    q.window.out_height = f.height;
    bool fits = side(f.width) && side(f.height) && clip_window(q.window, width, height);
    switch (order) {
        case 0:
            fits = fits && (f.channels == 1 || f.channels == 3);
            break;
        case 1:
            fits = fits && f.channels == 3;
            break;
        case 2:  // whole cells; the matrix has three inputs
            fits = fits && !f.affine;
            q.window.width = (q.window.width + q.window.x % 2) & ~1u;
            q.window.height = (q.window.height + q.window.y % 2) & ~1u;
            q.window.x &= ~1u;
            q.window.y &= ~1u;
            break;
        default:
            fits = false;
            f.order = tensor_order::rgb;
    }
    if (fits) {
        const area_geometry g = q.tensor_geometry();
        fits = can_scale(g.width, f.width) && can_scale(g.height, f.height);
    }
    if (!fits) {
        q.tensor = false;
        r.valid = false;
    }
    return r;
}

}  // namespace ocellus::isp
