// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/cci_bridge.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/payload.h"

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
};

bool is_window(std::uint16_t index) {
    return index >= window_v_offset && index <= window_h_size;
}

}  // namespace

cci_bridge::cci_bridge(sc_core::sc_module_name name, links::cci_target& target, statistics& stats,
                       surroundings around)
    : sc_module(name), target_(target), around_(std::move(around)) {
    auto& space = target_.space();
    space.on_write([this](const links::cci_register& r, unsigned element, std::uint32_t value) {
        written(r, element, value);
    });
    space.on_read([this](const links::cci_register& r, unsigned) { return read(r); });
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

void cci_bridge::written(const links::cci_register& r, unsigned, std::uint32_t value) {
    const auto position = static_cast<std::size_t>(&r - links::cci_registers().data());
    if (r.index == mode_select) {
        if (value != 0 && window_written_)
            set_window();
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

std::optional<std::uint32_t> cci_bridge::read(const links::cci_register& r) {
    const auto position = static_cast<std::size_t>(&r - links::cci_registers().data());
    switch (r.index) {
        case temperature: {
            if ((stored(temperature_control) & 1u) == 0)
                return 0;
            const double limited = std::clamp(around_.temperature(), -20.0, 80.0);
            return static_cast<std::uint32_t>(static_cast<std::uint8_t>(std::lround(limited)));
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
            if (addresses_[position] == 0 || is_window(r.index))
                return std::nullopt;
            return get(addresses_[position]);
    }
}

/// What hosts may have changed goes back to what it was after power-up.
void cci_bridge::software_reset() {
    const auto& all = links::cci_registers();
    set(address("pixel_array.STANDBY"), 1);
    for (std::size_t k = 0; k < all.size(); ++k)
        if (addresses_[k] != 0 && all[k].mode == access::read_write && all[k].index != mode_select)
            set(addresses_[k], resets_[k]);
    set(address("column_adc.BINNING"), get(address("pixel_array.BINNING")));
    window_written_ = false;
}

}  // namespace ocellus::sim
