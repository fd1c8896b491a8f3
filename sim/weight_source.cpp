// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/weight_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dsp/network/narrow_numbers.h"

namespace ocellus::sim {
namespace {

/// Bytes of a network's image: from its first streamed layer to the end of its last.
std::uint64_t image_bytes(const dsp::memory_plan& plan) {
    std::uint64_t end = 0;
    for (std::size_t l = 0; l < plan.streamed_bytes.size(); ++l)
        if (plan.streamed_bytes[l] > 0)
            end = std::max(end, plan.external_offset[l] + plan.streamed_bytes[l]);
    return end;
}

/// Calls `f(tensor, offset in the network's image)` for each constant that is streamed.
template <class F>
void for_each_streamed(const dsp::compiled_network& c, F f) {
    const dsp::memory_plan& plan = c.plan;
    std::vector<bool> seen(c.net.tensors.size());
    for (std::size_t l = 0; l < c.net.layers.size(); ++l) {
        std::uint64_t within = 0;
        for (const int i : c.net.layers[l].inputs) {
            if (i < 0)
                continue;
            const auto t = static_cast<std::size_t>(i);
            if (!c.net.tensors[t].constant() || seen[t])
                continue;
            seen[t] = true;
            if (plan.streamed_bytes[l] > 0)
                f(t, plan.external_offset[l] + within);
            const std::uint64_t align = plan.budget.alignment;
            within += (c.net.tensors[t].stored_bytes() + align - 1) / align * align;
        }
    }
}

/// A tensor's data as they come from the image.
std::vector<std::uint8_t> loaded_data(const dsp::tensor& t, const std::uint8_t* stored) {
    if (t.bits == 8)
        return {stored, stored + t.data.size()};
    return dsp::unpacked_numbers(stored, t.data.size(), t.bits, t.type == dsp::element::int8);
}

}  // namespace

void weight_parameters::declare(parameter_registry& r) {
    constexpr const char* streamed = "npu.weights=streamed";
    constexpr const char* from_flash = "weights.from=flash";
    r.choice("weights.from", from,
             {{"bandwidth", place::bandwidth}, {"flash", place::flash}, {"host", place::host}})
        .says(
            "Where weights come from that are not in SRAM: npu.external_bandwidth of whatever "
            "memory, or a flash or the host behind SPI (docs/npu.md).")
        .from(provenance::chosen, "the part has no memory outside for them")
        .moves("npu.cycles.streaming", +1)
        .compare("bandwidth", "flash")
        .under(streamed);
    r.quantity("weights.spi_clock", clock, unit::hertz, 1e3, 1e9)
        .says("Clock of that SPI.")
        .from(provenance::published, "the part's SPI target: at most 35 MHz (Linux device tree)")
        .moves("npu.cycles.streaming", -1)
        .under(streamed)
        .under(from_flash);
    r.integer("weights.lanes", lanes, 1, 4)
        .says("Its data lines: 1 or 4.")
        .from(provenance::published, "the part's SPI target has one")
        .moves("npu.cycles.streaming", -1)
        .compare("1", "4")
        .under(streamed)
        .under(from_flash);
    r.integer("weights.burst", burst, 4, 1 << 20, unit::byte)
        .must_be_power_of_two()
        .says("Bytes of one read, or of one transfer of the host.")
        .from(provenance::chosen, "a sector of common NOR flash; the public host sends up to 1 MiB")
        .moves("npu.cycles.streaming", -1)
        .compare("64 B", "4096 B")
        .under(streamed)
        .under(from_flash);
    r.integer("weights.address_bits", address_bits, 24, 32)
        .says("Bits of an address of the flash: 24 up to 16 MiB, 32 beyond.")
        .from(provenance::derived, "JEDEC's commands of common NOR flash (0x0B, 0xEB)")
        .moves("npu.cycles.streaming", +1)
        .compare("24", "32")
        .under(streamed)
        .under(from_flash)
        .under("weights.burst=64 B");
    r.integer("weights.dummy", dummy, 0, 64, unit::cycles)
        .says("Clocks between address and data of a read of the flash.")
        .from(provenance::derived, "8 with one line (0x0B), 6 with four (0xEB, mode bits included)")
        .moves("npu.cycles.streaming", +1)
        .compare("0", "64")
        .under(streamed)
        .under(from_flash)
        .under("weights.burst=64 B");
    r.integer("weights.gap", gap, 0, 1 << 16, unit::cycles)
        .says("Clocks between two reads or transfers, in which nothing is selected.")
        .from(provenance::assumed, "assumed: 50 ns at the highest clock")
        .moves("npu.cycles.streaming", +1)
        .compare("0", "64")
        .under(streamed)
        .under(from_flash)
        .under("weights.burst=64 B");
    r.quantity("weights.host_latency", host_latency, unit::second, 0, 1)
        .says("Time until the host begins a transfer that it was asked for.")
        .from(provenance::assumed, "assumed: an interrupt and a DMA transfer of a Linux host")
        .moves("npu.cycles.streaming", +1)
        .compare("0 s", "100 us")
        .under(streamed)
        .under("weights.from=host");
    r.quantity("weights.bit_energy", bit_energy, unit::joule, 0, 1e-6)
        .says("Energy of a bit over that SPI, on the sensor's side.")
        .from(provenance::derived, "10 pF x (1.8 V)^2, every other bit a change")
        .moves("energy.spi", +1)
        .under(streamed)
        .under(from_flash);
    r.quantity("weights.bit_error", bit_error, unit::percent, 0, 10)
        .says("Uncertainty of weights.bit_energy, one standard deviation.")
        .from(provenance::assumed, "assumed: the load of the board is not known")
        .moves("energy.total_error", +1)
        .compare("10 %", "1000 %")
        .under(streamed)
        .under(from_flash);
    r.signed_integer("weights.damaged_byte", damaged_byte, -1, (std::int64_t{1} << 32) - 1)
        .says("A byte of the image whose cells have failed: all its bits are inverted; -1: none.")
        .from(provenance::chosen, "for tests")
        .moves("weights.crc_errors", +1)
        .compare("-1", "100")
        .under(streamed)
        .under(from_flash);
}

links::serial_read weight_parameters::read() const {
    links::serial_read r;
    r.clock = clock;
    r.lanes = static_cast<unsigned>(lanes);
    r.burst = burst;
    r.gap_clocks = static_cast<unsigned>(gap);
    if (from == place::host) {
        r.command_bits = r.address_bits = r.dummy_clocks = 0;
        r.latency = host_latency;
    } else {
        r.address_bits = static_cast<unsigned>(address_bits);
        r.dummy_clocks = static_cast<unsigned>(dummy);
    }
    return r;
}

void weight_parameters::limit(dsp::memory_budget& budget, double npu_clock) const {
    if (!serial())
        return;
    const links::serial_read r = read();
    budget.external_bytes_per_cycle = r.bits_per_second() / 8 / npu_clock;
    budget.external_burst = r.burst;
    budget.external_burst_cycles = r.overhead_seconds() * npu_clock;
}

void weight_parameters::check(dsp::weight_home home, const parameter_registry& r,
                              diagnostics& problems) const {
    if (lanes != 1 && lanes != 4)
        problems.error(r.where("weights.lanes"), fmt::format("weights.lanes = {}", lanes),
                       "1 or 4");
    if (address_bits != 24 && address_bits != 32)
        problems.error(r.where("weights.address_bits"),
                       fmt::format("weights.address_bits = {}", address_bits), "24 or 32");
    if (serial() && home == dsp::weight_home::resident)
        problems.error(r.where("weights.from"),
                       "weights.from: all weights are in SRAM (npu.weights = resident)",
                       "npu.weights = streamed, or automatic for what does not fit");
    if (!serial() && damaged_byte >= 0)
        problems.error(r.where("weights.damaged_byte"),
                       "weights.damaged_byte without an image: weights.from = bandwidth",
                       "weights.from = flash or host");
}

std::shared_ptr<const links::serial_image> store_weights(
    std::vector<std::shared_ptr<const dsp::compiled_network>>& networks,
    const weight_parameters& p) {
    if (!p.serial())
        return nullptr;
    auto image = std::make_shared<links::serial_image>();
    std::uint64_t base = 0;
    for (const auto& c : networks) {
        for_each_streamed(*c, [&](std::size_t t, std::uint64_t offset) {
            image->write(base + offset, dsp::stored_data(c->net.tensors[t]));
        });
        base += image_bytes(c->plan);
    }
    const std::uint64_t reach = std::uint64_t{1} << p.address_bits;
    if (p.from == weight_parameters::place::flash && image->size() > reach)
        throw input_error(exit_code::usage,
                          fmt::format("error: the weights take {} bytes of flash, but an address "
                                      "of {} bits reaches {}; weights.address_bits = 32\nNothing "
                                      "was simulated.",
                                      image->size(), p.address_bits, reach));
    if (p.damaged_byte >= 0 && !image->damage(static_cast<std::uint64_t>(p.damaged_byte)))
        throw input_error(exit_code::usage,
                          fmt::format("error: weights.damaged_byte = {}, but the image has {} "
                                      "bytes\nNothing was simulated.",
                                      p.damaged_byte, image->size()));
    base = 0;
    for (auto& c : networks) {
        auto stored = std::make_shared<dsp::compiled_network>(*c);
        for_each_streamed(*c, [&](std::size_t t, std::uint64_t offset) {
            dsp::tensor& x = stored->net.tensors[t];
            x.data = loaded_data(x, image->at(base + offset));
        });
        base += image_bytes(c->plan);
        c = std::move(stored);
    }
    return image;
}

weight_source::weight_source(
    const weight_parameters& p, std::shared_ptr<const links::serial_image> image,
    const std::vector<std::shared_ptr<const dsp::compiled_network>>& networks, statistics& stats)
    : read_(p.read()), image_(std::move(image)) {
    std::uint64_t base = 0;
    for (const auto& c : networks) {
        bases_.push_back(base);
        base += image_bytes(c->plan);
    }
    stats.add("weights.fetches", fetches_, "Layers' weights that were brought over SPI.");
    stats.add("weights.reads", reads_, "Reads, or transfers of the host, that this took.");
    stats.add("weights.bytes", bytes_, "Bytes of weights over SPI.", "B");
    stats.add("weights.busy_time", busy_, "Time in which they took the link, gaps included.", "s");
    stats.add("weights.link_wait", waited_, "Time that they waited for a link in use.", "s");
    stats.add("weights.crc_errors", damaged_, "Pieces that came and were not what was stored.");
}

double weight_source::fetch(std::uint32_t number, std::uint64_t offset, std::uint64_t bytes,
                            double earliest) {
    const double lasts = read_.seconds(bytes), begin = link_.take(earliest, lasts);
    ++fetches_;
    reads_ += read_.reads(bytes);
    bytes_ += bytes;
    busy_ += lasts;
    waited_ += begin - earliest;
    if (image_ && number < bases_.size())
        damaged_ += image_->damaged(bases_[number] + offset, bytes);
    return begin;
}

}  // namespace ocellus::sim
