// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/cci_bridge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "core/payload.h"
#include "isp/gamma.h"

namespace ocellus::sim {
namespace {

/// Indices of the registers whose numbers differ from those of the block's register.
enum : std::uint16_t {
    frame_count = 0x0005,
    mode_select = 0x0100,
    lane_mode = 0x0114,
    temperature_control = 0x0138,
    temperature = 0x013A,
    x_start = 0x0344,
    y_start = 0x0346,
    binning_mode = 0x0900,
    binning_type = 0x0901,
    system_state = 0xD02A,
    window_v_offset = 0xD500,
    window_h_offset = 0xD502,
    window_v_size = 0xD504,
    window_h_size = 0xD506,
    digital_gain = 0x020E,
    frame_has_metadata = 0x3052,
    metadata_lines = 0x305C,
    metadata_data_type = 0x3068,
    image_only_mode = 0xA700,
    yc_matrix = 0xD76C,
    norm_clip = 0xD7D8,
    dnn_gain = 0xD804,
    dnn_black_level = 0xD80C,
    dnn_gamma = 0xD814,
    dnn_shading = 0xD822,
    dnn_shading_2 = 0xD823,
    gamma_green = 0xD8A8,
    shading_red = 0xE000,
    shading_blue = 0xE300,
};

bool is_window(std::uint16_t index) {
    return index >= window_v_offset && index <= window_h_size;
}

/// Bits of isp.STAGES, of isp.TENSOR_FORMAT.
constexpr std::uint32_t stage_shading = 1u << 3, stage_gamma = 1u << 8, format_affine = 1u << 7;

/// The part's table of 43 knots as the public driver writes it (imx500.c). Where on the abscissa
/// they lie is not public; here each lies where the sRGB curve has its value, so that this table is
/// the default curve and another one bends it.
constexpr unsigned public_knots = 43;
constexpr std::array<std::uint8_t, public_knots> public_curve = {
    0,   1,   2,   4,   5,   6,   8,   9,   10,  12,  15,  18,  20,  28,  36,
    42,  48,  54,  60,  70,  81,  90,  100, 117, 132, 146, 158, 169, 178, 186,
    193, 199, 205, 209, 214, 222, 228, 233, 238, 243, 247, 251, 255};

/// The first of 0 .. 4095 at which the default curve reaches a value in 8.4; between samples by a
/// straight line, in 1/256.
double place_of(double value) {
    for (unsigned j = 0; j + 1 < isp::gamma_knots; ++j) {
        const double low = isp::srgb_curve[j], high = isp::srgb_curve[j + 1];
        if (value <= high)
            return isp::gamma_abscissa(j) + (value - low) / (high - low) * isp::gamma_step(j);
    }
    return 4096;
}

/// Whether the block's register says in numbers of its own what this one does.
bool speaks_otherwise(std::uint16_t index) {
    switch (index) {
        case digital_gain:
        case frame_has_metadata:
        case metadata_lines:
        case metadata_data_type:
        case image_only_mode:
        case norm_clip:
        case dnn_black_level:
        case dnn_gamma:
        case dnn_shading:
        case dnn_shading_2:
        case gamma_green:
            return true;
        default:
            return is_window(index);
    }
}

}  // namespace

cci_bridge::cci_bridge(sc_core::sc_module_name name, links::cci_target& target, statistics& stats,
                       surroundings around)
    : sc_module(name), target_(target), around_(std::move(around)) {
    auto& space = target_.space();
    space.on_write([this](const links::cci_register& r, unsigned element, std::uint32_t value) {
        written(r, element, value);
    });
    space.on_read(
        [this](const links::cci_register& r, unsigned element) { return read(r, element); });
    space.on_reset([this] { software_reset(); });
    stats.add("cci.bus_errors", bus_errors_,
              "Accesses from CCI that the block's register refused.");
}

void cci_bridge::connect(const register_directory& directory) {
    directory_ = &directory;
    for (const auto& r : links::cci_registers()) {
        const std::string acts = r.acts;
        std::uint64_t at = 0;
        if (!acts.empty() && !directory.find(acts, at))
            throw std::logic_error("CCI register " + std::string(r.name) + " acts on " + acts +
                                   ", which does not exist");
        addresses_.push_back(static_cast<std::uint32_t>(at));
        std::uint32_t reset = 0;
        for (const auto& w : directory.windows()) {
            const int i = at < w.base ? -1 : w.block->find(at - w.base);
            if (at != 0 && i >= 0 && at - w.base < w.block->map().size)
                reset = w.block->peek(static_cast<unsigned>(i));
        }
        resets_.push_back(reset);
    }
    const auto also = [&](const std::string& first, unsigned count) {
        const std::uint32_t at = address(first.c_str());
        for (const auto& w : directory.windows())
            if (at >= w.base && at - w.base < w.block->map().size)
                for (unsigned k = 0; k < count; ++k)
                    others_[at + 4 * k] =
                        w.block->peek(static_cast<unsigned>(w.block->find(at + 4 * k - w.base)));
    };
    also("isp.GAIN_R", 4);
    also("isp.TENSOR_K00", 12);
    also("isp.GAMMA_00", isp::gamma_knots);
    also("isp.TENSOR_CLAMP_MIN", 1);
    also("isp.TENSOR_FORMAT", 1);
}

std::uint32_t cci_bridge::address(const char* name) const {
    std::uint64_t at = 0;
    directory_->find(name, at);
    return static_cast<std::uint32_t>(at);
}

void cci_bridge::set(std::uint32_t at, std::uint32_t value) {
    sc_core::sc_time delay;
    bus_errors_ +=
        burst(memory_out, tlm::TLM_WRITE_COMMAND, at, &value, 4, delay) != tlm::TLM_OK_RESPONSE;
    target_.take(delay);
}

std::uint32_t cci_bridge::get(std::uint32_t at) {
    sc_core::sc_time delay;
    std::uint32_t value = 0;
    bus_errors_ +=
        burst(memory_out, tlm::TLM_READ_COMMAND, at, &value, 4, delay) != tlm::TLM_OK_RESPONSE;
    target_.take(delay);
    return value;
}

std::uint32_t cci_bridge::stored(std::uint16_t index) const {
    return target_.space().get(*links::cci_register_at(index));
}

std::uint32_t cci_bridge::stored(std::uint16_t index, unsigned element) const {
    return target_.space().get(*links::cci_register_at(index), element);
}

/// Of all elements, rounded half up.
std::uint32_t cci_bridge::mean_of(const links::cci_register& r) const {
    std::uint32_t sum = r.count / 2u;
    for (unsigned e = 0; e < r.count; ++e)
        sum += target_.space().get(r, e);
    return sum / r.count;
}

void cci_bridge::set_stage(std::uint32_t bit, bool on) {
    const std::uint32_t at = address("isp.STAGES"), stages = get(at);
    set(at, on ? stages | bit : stages & ~bit);
}

/// The host's table, of straight lines between its knots, at the knots of ours.
void cci_bridge::set_gamma() {
    std::array<double, public_knots> x{}, y{};
    for (unsigned k = 0; k < public_knots; ++k) {
        x[k] = place_of(16.0 * public_curve[k]);
        // The low half of every 32-bit word, which is sent last, is the earlier knot.
        y[k] = 16.0 * std::min<std::uint32_t>(255, stored(gamma_green, k ^ 1u));
    }
    x.back() = 4096;
    unsigned k = 0;
    double last = 0;
    for (unsigned j = 0; j < isp::gamma_knots; ++j) {
        const double at = isp::gamma_abscissa(j);
        while (k + 2 < public_knots && x[k + 1] < at)
            ++k;
        const double value = y[k] + (y[k + 1] - y[k]) * (at - x[k]) / (x[k + 1] - x[k]);
        // A curve that falls is none: it stays level.
        last = std::max(last, std::clamp(value, 0.0, 4095.0));
        set(address("isp.GAMMA_00") + 4 * j, static_cast<std::uint32_t>(std::lround(last)));
    }
}

/// Nodes row by row, each with the gains of its two colours: R and Gr, B and Gb (presumed).
void cci_bridge::set_shading() {
    isp::shading_grid grid = isp::flat_shading();
    for (unsigned node = 0; node < isp::shading_nodes; ++node)
        for (unsigned second = 0; second < 2; ++second) {
            const auto gain = [&](std::uint16_t table) {
                return static_cast<std::uint16_t>(
                    std::min<std::uint32_t>(isp::shading_max, stored(table, 2 * node + second)));
            };
            grid[second][node] = gain(shading_red);
            grid[3 - second][node] = gain(shading_blue);
        }
    around_.set_shading(std::make_shared<const isp::shading_grid>(grid));
}

void cci_bridge::set_region() {
    constexpr unsigned input = 1, output = 2;
    std::uint32_t parts = 0;
    if (stored(image_only_mode) == 0 && stored(frame_has_metadata) != 0 &&
        stored(metadata_lines, output) != 0)
        parts = stored(metadata_lines, input) != 0 ? 2 : 1;
    set(address("csi2.TENSOR_REGION"), parts);
}

/// The window in pixels of the image, which depends on where the image begins and on its binning.
void cci_bridge::set_window() {
    const std::uint32_t binning = std::max<std::uint32_t>(1, get(address("pixel_array.BINNING")));
    const auto pixels = [&](std::uint32_t array_pixels, std::uint32_t first) {
        return array_pixels > first ? (array_pixels - first) / binning : 0;
    };
    const std::uint32_t x = get(address("pixel_array.X_START")),
                        y = get(address("pixel_array.Y_START"));
    set(address("isp.WINDOW_X"), pixels(stored(window_h_offset), x));
    set(address("isp.WINDOW_Y"), pixels(stored(window_v_offset), y));
    set(address("isp.WINDOW_WIDTH"), stored(window_h_size) / binning);
    set(address("isp.WINDOW_HEIGHT"), stored(window_v_size) / binning);
}

void cci_bridge::written(const links::cci_register& r, unsigned element, std::uint32_t value) {
    if (around_.is_boot(r.index))
        return around_.boot_write(r.index, value);
    const auto position = static_cast<std::size_t>(&r - links::cci_registers().data());
    switch (r.index) {
        case frame_has_metadata:
        case metadata_lines:
        case image_only_mode:
            return set_region();
        case metadata_data_type: {
            std::uint32_t types = 0;
            for (unsigned e = 0; e < 4; ++e)
                types |= stored(metadata_data_type, e) << 8 * e;
            return set(addresses_[position], types);
        }
        case digital_gain:
        case dnn_black_level:
            return set(addresses_[position], mean_of(r));
        case dnn_gamma:
            return set_stage(stage_gamma, value != 0);
        case dnn_shading:
        case dnn_shading_2:
            return set_stage(stage_shading, stored(dnn_shading) != 0 && stored(dnn_shading_2) != 0);
        case norm_clip: {
            if (element != 0)
                return;
            const auto nine_bits = [](std::uint32_t v) {
                return v & 0x100u ? v | 0xffffff00u : v & 0xffu;
            };
            set(address("isp.TENSOR_CLAMP_MAX"), nine_bits(value >> 16 & 0x1ffu));
            return set(address("isp.TENSOR_CLAMP_MIN"), nine_bits(value & 0x1ffu));
        }
        case gamma_green:
            gamma_written_ = true;
            return;
        case shading_red:
        case shading_blue:
            shading_written_ = true;
            return;
        case yc_matrix:
            matrix_written_ = true;
            return set(addresses_[position] + 4 * element, value);
        case dnn_gain:
            return set(addresses_[position] + 4 * element, value);
        default:
            break;
    }
    if (r.index == mode_select) {
        if (value != 0 && window_written_)
            set_window();
        if (value != 0 && gamma_written_)
            set_gamma();
        if (value != 0 && shading_written_)
            set_shading();
        if (value != 0 && matrix_written_)
            set(address("isp.TENSOR_FORMAT"), get(address("isp.TENSOR_FORMAT")) | format_affine);
        return set(addresses_[position], value != 0 ? 0 : 1);
    }
    if (is_window(r.index)) {
        window_written_ = true;
        return set_window();
    }
    if (r.index == binning_mode || r.index == binning_type) {
        const std::uint32_t type = stored(binning_type);
        const bool square = type >> 4 == (type & 0xfu);
        const std::uint32_t binning = (stored(binning_mode) & 1u) == 0 ? 1
                                      : square                         ? type >> 4
                                                                       : type;
        set(address("pixel_array.BINNING"), binning);
        set(address("column_adc.BINNING"), binning);
        if (window_written_)
            set_window();
        return;
    }
    if (addresses_[position] != 0)
        set(addresses_[position], r.index == lane_mode ? value + 1 : value);
}

std::optional<std::uint32_t> cci_bridge::read(const links::cci_register& r, unsigned element) {
    if (around_.is_boot(r.index))
        return around_.boot_read(r.index);
    const auto position = static_cast<std::size_t>(&r - links::cci_registers().data());
    switch (r.index) {
        case temperature: {
            if ((stored(temperature_control) & 1u) == 0)
                return 0;
            return links::temperature_byte(around_.temperature());
        }
        case system_state:
            return around_.system_state();
        case mode_select:
            return get(addresses_[position]) == 0 ? 1 : 0;
        case frame_count: {
            const std::uint32_t frames = get(addresses_[position]);
            return frames == 0 ? 0xFF : (frames - 1) % 0xFF;
        }
        case lane_mode:
            return get(addresses_[position]) - 1;
        case binning_mode:
        case binning_type:
            return std::nullopt;
        default:
            if (addresses_[position] == 0 || speaks_otherwise(r.index))
                return std::nullopt;
            return get(addresses_[position] + 4 * element);
    }
}

void cci_bridge::power_down() {
    software_reset();
    target_.space().reset();
}

/// What hosts may have changed goes back to what it was after power-up.
void cci_bridge::software_reset() {
    const auto& all = links::cci_registers();
    set(address("pixel_array.STANDBY"), 1);
    for (std::size_t k = 0; k < all.size(); ++k)
        if (addresses_[k] != 0 && all[k].mode == access::read_write && all[k].index != mode_select)
            set(addresses_[k], resets_[k]);
    set(address("column_adc.BINNING"), get(address("pixel_array.BINNING")));
    for (const auto& [at, value] : others_)
        set(at, value);
    window_written_ = gamma_written_ = matrix_written_ = shading_written_ = false;
    around_.set_shading(nullptr);
}

}  // namespace ocellus::sim
