// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/boot_port.h"

#include <algorithm>
#include <utility>

namespace ocellus::sim {
namespace {

constexpr std::size_t network_room = std::size_t{8} << 20;  // of an image in flash
constexpr std::size_t flash_bytes =
    links::boot_flash::sector_bytes + 2 * (network_room + links::boot_flash::sector_bytes);
constexpr std::size_t head_bytes = 12, piece_head_bytes = 8;

double now() {
    return sc_core::sc_time_stamp().to_seconds();
}

void put32(links::byte_string& to, std::uint64_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        to.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::uint32_t get32(const std::uint8_t* from) {
    return std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 |
           std::uint32_t{from[2]} << 8 | from[3];
}

}  // namespace

void cold_boot_parameters::declare(parameter_registry& r) {
    constexpr const char* why = "simulated time before the stream; nothing of a frame";
    r.boolean("boot.cold", cold)
        .says(
            "Begin in reset, with nothing loaded: a host brings loader, main firmware and network "
            "(docs/boot.md). Else they are there when the run begins.")
        .from(provenance::chosen, "most runs are about frames")
        .moves_nothing("a run without a host would have no frame");
    r.quantity("boot.spi_clock", times.spi_clock, unit::hertz, 1e3, 1e9)
        .says("Clock at which the host sends images over SPI.")
        .from(provenance::published, "the part's SPI target: at most 35 MHz (Linux device tree)")
        .moves_nothing(why);
    r.quantity("boot.signature_time", times.signature_time, unit::second, 0, 10)
        .says("Time of one check of a signature.")
        .from(provenance::assumed, "no public figure")
        .moves_nothing(why);
}

links::byte_string network_payload(std::uint32_t number, const dsp::compiled_network& c) {
    links::byte_string out = {'O', 'C', 'N', 'N'};
    put32(out, number);
    put32(out, 0);
    std::uint32_t pieces = 0;
    c.program_memory([&](std::uint64_t address, const std::uint8_t* data, std::size_t length) {
        put32(out, address);
        put32(out, length);
        out.insert(out.end(), data, data + length);
        ++pieces;
    });
    out[11] = static_cast<std::uint8_t>(pieces);
    out[10] = static_cast<std::uint8_t>(pieces >> 8);
    return out;
}

boot_port::boot_port(sc_core::sc_module_name name, const cold_boot_parameters& p,
                     external_port& bus,
                     std::vector<std::shared_ptr<const dsp::compiled_network>> networks,
                     statistics& stats, surroundings around)
    : sc_module(name),
      compiled_(std::move(networks)),
      bus_(bus),
      around_(std::move(around)),
      controller_(p.times, links::signing_key::test_key().public_half()) {
    if (p.cold) {
        const auto key = links::signing_key::test_key().public_half();
        store_.emplace(flash_.emplace(flash_bytes), links::image_kind::network, key);
        controller_ = links::boot_controller(p.times, key, &*store_);
    }
    controller_.on_use([this](links::image_kind kind, const links::image_manifest&,
                              const links::byte_string& payload) { return use(kind, payload); });
    controller_.on_clear([this] {
        to_copy_.clear();
        around_.networks_gone();
    });
    SC_METHOD(look);
    sensitive << look_;
    dont_initialize();
    SC_THREAD(copy);
    if (!p.cold) {
        controller_.begin_in(compiled_.empty() ? links::boot_state::without_network
                                               : links::boot_state::with_network);
        return;
    }
    stats.add("boot.transfers", transfers_, "SPI transfers.");
    stats.add("boot.bytes", bytes_, "Bytes received over SPI.", "B");
    stats.add("boot.spi_time", spi_time_, "Time in which SPI moved bits.", "s");
    stats.add("boot.power_cuts", power_cuts_, "Times that power failed while flash was written.");
    stats.add("boot.loaded", loaded_, "Images that came into use.");
}

const std::vector<links::byte_string>& boot_port::networks() {
    for (auto k = networks_.size(); k < compiled_.size(); ++k)
        networks_.push_back(network_payload(static_cast<std::uint32_t>(k), *compiled_[k]));
    return networks_;
}

bool boot_port::owns(std::uint16_t index) {
    using c = links::boot_controller;
    return index == c::command_interrupt || index == c::main_firmware_version ||
           (index >= c::state_transition && index <= c::error_status);
}

void boot_port::write(std::uint16_t index, std::uint32_t value) {
    powered([&] { controller_.write(index, value, now()); });
}

std::uint32_t boot_port::read(std::uint16_t index) {
    std::uint32_t value = 0;
    powered([&] { value = controller_.read(index, now()); });
    return value;
}

sc_core::sc_time boot_port::spi(const links::byte_string& bytes) {
    const double asked = now(),
                 begin = around_.link ? std::max(asked, around_.link->free_at()) : asked;
    double end = begin;
    powered([&] { end = controller_.spi(bytes.data(), bytes.size(), begin); });
    if (around_.link)
        around_.link->take(begin, end - begin);
    ++transfers_;
    bytes_ += bytes.size();
    spi_time_ += end - begin;
    return {end - asked, sc_core::SC_SEC};
}

/// What the controller does by itself happens without a host that looks.
void boot_port::look() {
    powered([&] { controller_.at(now()); });
}

void boot_port::power_cycle() {
    if (flash_)
        flash_->power_up();
    controller_.reset();
    to_copy_.clear();
    around_.powered_down();
    look_again();
}

void boot_port::look_again() {
    look_.cancel();
    const auto due = controller_.due();
    if (!due)
        return;
    // A kernel's tick later, where seconds and ticks do not agree to the last bit.
    const double left = std::max(0.0, *due - now());
    look_.notify(sc_core::sc_time(left, sc_core::SC_SEC) + sc_core::sc_time(1, sc_core::SC_PS));
}

bool boot_port::use(links::image_kind kind, const links::byte_string& payload) {
    switch (kind) {
        case links::image_kind::loader:
            break;
        case links::image_kind::main_firmware:
            if (!around_.start_firmware(payload))
                return false;
            break;
        case links::image_kind::network: {
            const auto& all = networks();
            const auto found = std::find(all.begin(), all.end(), payload);
            if (found == all.end())
                return false;
            to_copy_.push_back(static_cast<std::uint32_t>(found - all.begin()));
            copy_.notify(sc_core::SC_ZERO_TIME);
            break;
        }
    }
    ++loaded_;
    return true;
}

void boot_port::copy() {
    for (;;) {
        if (to_copy_.empty())
            wait(copy_);
        if (to_copy_.empty())
            continue;
        const std::uint32_t number = to_copy_.front();
        const links::byte_string& all = networks()[number];
        std::size_t at = head_bytes;
        while (at < all.size()) {
            const std::uint32_t address = get32(&all[at]), length = get32(&all[at + 4]);
            at += piece_head_bytes;
            bus_.write(address, all.data() + at, length);
            at += length;
        }
        // Cleared meanwhile, it is not there.
        if (to_copy_.empty() || to_copy_.front() != number)
            continue;
        to_copy_.pop_front();
        around_.network_there(number);
    }
}

}  // namespace ocellus::sim
