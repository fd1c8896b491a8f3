// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/energy_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "sim/settings.h"

namespace ocellus::sim {

void energy_parameters::declare(parameter_registry& r) {
    const auto joules = [&r](const char* name, double& value, const char* says, const char* source,
                             const char* moves) {
        r.quantity(name, value, unit::joule, 0, 1e-6)
            .says(says)
            .from(provenance::assumed, source)
            .moves(moves, +1);
    };
    const auto watts = [&r](const char* name, double& value, const char* says, const char* source,
                            const char* moves) {
        r.quantity(name, value, unit::watt, 0, 10)
            .says(says)
            .from(provenance::assumed, source)
            .moves(moves, +1);
    };
    const auto error = [&r](const char* name, double& value, const char* of, const char* source) {
        r.quantity(name, value, unit::percent, 0, 10)
            .says(std::string("Uncertainty of ") + of + ", one standard deviation.")
            .from(provenance::assumed, source)
            .moves("energy.total_error", +1)
            .compare("10 %", "1000 %");
    };
    joules("energy.isp_cycle", isp_cycle, "Energy of a clock in which the ISP's pipeline works.",
           "assumed: two pixels of some 200 operations, 0.15 pJ each (CamJ's model of the part)",
           "energy.isp");
    error("energy.isp_error", isp_error, "the ISP's energy", "assumed: no public figure");
    error("energy.npu_error", npu_error, "the NPU's energy",
          "the public 4.97 TOPS/W and CamJ's 0.15 pJ an operation are 35 % apart");
    error("energy.sram_error", sram_error, "npu.read_energy and npu.write_energy",
          "assumed: whether CamJ's word is a byte or four is not said");
    joules("energy.bus_byte", bus_byte, "Energy of a byte through the interconnect.",
           "assumed: half of the energy of reading it", "energy.interconnect");
    error("energy.bus_error", bus_error, "energy.bus_byte", "assumed: no public figure");
    joules("energy.dma_byte", dma_byte, "Energy of a byte through the DMA engine's buffer.",
           "assumed: half of the energy of reading it", "energy.dma");
    error("energy.dma_error", dma_error, "energy.dma_byte", "assumed: no public figure");
    joules("energy.instruction", instruction,
           "Energy of an instruction of the control CPU, its memories included.",
           "assumed: a small 32-bit core at 22 nm, 5 to 20 pJ", "energy.cpu");
    error("energy.cpu_error", cpu_error, "energy.instruction", "assumed: no public figure");
    joules("energy.csi2_bit", csi2_bit, "Energy of a bit on the CSI-2 lanes, beside their bias.",
           "assumed: no public figure of the part's D-PHY", "energy.csi2");
    error("energy.csi2_error", csi2_error, "energy.csi2_bit", "assumed: no public figure");
    joules("energy.idle_cycle", idle_cycle,
           "Energy of a clock cycle of a block that does nothing: CPU, NPU, ISP and memory each.",
           "assumed: the root of a gated clock tree, 2 % of the NPU's cycle", "energy.clock");
    error("energy.clock_error", clock_error, "energy.idle_cycle", "assumed: no public figure");
    watts("energy.lane_power", lane_power,
          "Power of a CSI-2 lane in high speed mode, or the clock's.",
          "assumed: 200 mV over 100 ohms from 1.2 V, twice for its receiver and serializer",
          "energy.static");
    watts("energy.analog_power", analog_power,
          "Power of the pixel die's and the chip's bias, references, charge pumps and PLLs.",
          "assumed: no public breakdown", "energy.static");
    error("energy.static_error", static_error, "energy.lane_power and energy.analog_power",
          "assumed: no public figure");
    watts("energy.logic_leakage", logic_leakage, "Leakage of the logic without the SRAM.",
          "assumed: a low-leakage 22 nm process", "energy.leakage");
    watts("energy.sram_leakage", sram_leakage, "Leakage of a MiB of SRAM whose banks are active.",
          "assumed: 60 pW a cell at room temperature", "energy.leakage");
    r.quantity("energy.retention", retention, unit::percent, 0, 1)
        .says("Share of that leakage of a bank in retention.")
        .from(provenance::assumed, "assumed: the lowest voltage that keeps the contents")
        .moves("energy.leakage", +1)
        .under("sram.retention_after=1000");
    r.quantity("energy.off", off, unit::percent, 0, 1)
        .says("Share of that leakage of a bank that is off.")
        .from(provenance::assumed, "assumed: the power switch leaks")
        .moves_nothing("only firmware switches banks off");
    error("energy.leakage_error", leakage_error, "all leakage",
          "assumed: a factor of two from 25 to 40 degC alone");
}

namespace {

std::uint64_t nanoseconds(double seconds) {
    return static_cast<std::uint64_t>(seconds * 1e9 + 0.5);
}

std::uint64_t elapsed_ns() {
    return nanoseconds(sc_core::sc_time_stamp().to_seconds());
}

std::vector<energy_term> terms_of(const settings& s, const statistics& stats) {
    std::vector<energy_term> out;
    const energy_parameters& p = s.energy;
    const auto count = [&stats](const std::string& name) {
        return [&stats, name] {
            const auto* e = stats.find(name);
            return e->integral ? e->integer() : static_cast<std::uint64_t>(e->real() + 0.5);
        };
    };
    const auto add = [&](const char* block, const char* what, const char* statistic, double joules,
                         double error) {
        out.push_back({block, what, event_energy::of(joules, error), count(statistic)});
    };
    // Power: one event a nanosecond.
    const auto state = [&](const char* block, const char* what, double watts, double error,
                           std::function<std::uint64_t()> ns) {
        out.push_back({block, what, event_energy::of(watts * 1e-9, error), std::move(ns)});
    };
    add("pixels", "read", "column_adc.pixels", s.adc.pixel_energy, s.adc.pixel_energy_error);
    add("adc", "conversions", "column_adc.conversions", s.adc.conversion_energy,
        s.adc.conversion_energy_error);
    add("adc", "counts", "column_adc.counts", s.adc.count_energy, s.adc.count_energy_error);
    add("die_link", "bits", "die_link.bits", s.die_link.bit_energy, s.die_link.bit_energy_error);
    add("isp", "busy cycles", "isp.busy_cycles", p.isp_cycle, p.isp_error);
    add("npu", "multiply-accumulates", "npu.macs", s.npu.mac_energy, p.npu_error);
    add("npu", "cycles of jobs", "npu.cycles", s.npu.cycle_energy, p.npu_error);
    add("sram", "bytes read", "sram.bytes_read", s.npu.read_energy, p.sram_error);
    add("sram", "bytes written", "sram.bytes_written", s.npu.write_energy, p.sram_error);
    for (const std::string& who : bus_initiators())
        out.push_back({"interconnect", "bytes of " + who, event_energy::of(p.bus_byte, p.bus_error),
                       count("interconnect." + who + ".bytes")});
    add("dma", "bytes", "dma.bytes", p.dma_byte, p.dma_error);
    add("cpu", "instructions", "cpu.instructions", p.instruction, p.cpu_error);
    add("csi2", "bytes", "csi2.wire_bytes", 8 * p.csi2_bit, p.csi2_error);
    // A clock that runs and does nothing.
    const auto idle = [&](const char* what, double hertz,
                          const std::function<std::uint64_t()>& busy) {
        out.push_back({"clock", what, event_energy::of(p.idle_cycle, p.clock_error),
                       [hertz, busy, last = std::uint64_t{0}]() mutable {
                           const auto all = static_cast<std::uint64_t>(
                               sc_core::sc_time_stamp().to_seconds() * hertz);
                           const std::uint64_t b = busy ? busy() : 0;
                           // A job is counted when it ends: idle cycles never go back.
                           last = std::max(last, all - std::min(all, b));
                           return last;
                       }});
    };
    add("clock", "CPU waiting", "cpu.idle_cycles", p.idle_cycle, p.clock_error);
    idle("NPU without a job", s.npu.clock, count("npu.cycles"));
    idle("ISP without pixels", s.isp.clock, count("isp.busy_cycles"));
    idle("memory and interconnect", s.sram.clock, {});
    const double lanes = static_cast<double>(s.csi2.lanes) + 1;
    state("static", "CSI-2 lanes in high speed mode", p.lane_power * lanes, p.static_error,
          [&stats] { return nanoseconds(stats.value("csi2.wire_busy")); });
    state("static", "bias and references and PLLs", p.analog_power, p.static_error, elapsed_ns);
    state("leakage", "logic", p.logic_leakage, p.leakage_error, elapsed_ns);
    const double sram = p.sram_leakage * static_cast<double>(s.sram.size) / (1 << 20);
    const auto banks = [&](const char* what, const char* statistic, double share) {
        state("leakage", what, sram * share, p.leakage_error,
              [&stats, statistic] { return nanoseconds(stats.value(statistic)); });
    };
    banks("SRAM banks active", "sram.power.active", 1);
    banks("SRAM banks in retention", "sram.power.retention", p.retention);
    banks("SRAM banks off", "sram.power.off", p.off);
    return out;
}

}  // namespace

energy_report::energy_report(std::vector<energy_term> terms, event_hub& events)
    : terms_(std::move(terms)) {
    rows_.push_back({sc_core::SC_ZERO_TIME, std::vector<std::uint64_t>(terms_.size())});
    events.subscribe([this](const block_event& e) {
        if (e.kind == event_kind::frame_started)
            take(e.at);
    });
}

energy_report::energy_report(const settings& s, statistics& stats, event_hub& events)
    : energy_report(terms_of(s, stats), events) {
    for (const auto& block : blocks())
        stats.add_computed(
            "energy." + block, [this, block] { return total(block).joules(); },
            "Energy of " + block + ", of the whole run.", "J");
    stats.add_computed(
        "energy.total", [this] { return total().joules(); },
        "Energy of the whole chip, of the whole run.", "J");
    stats.add_computed(
        "energy.total_error", [this] { return total().error(); },
        "Its uncertainty, one standard deviation.", "J");
}

std::vector<std::string> energy_report::blocks() const {
    std::vector<std::string> out;
    for (const auto& t : terms_)
        if (std::find(out.begin(), out.end(), t.block) == out.end())
            out.push_back(t.block);
    return out;
}

void energy_report::take(const sc_core::sc_time& at) {
    sample r{at, {}};
    for (const auto& t : terms_)
        r.counts.push_back(t.events());
    rows_.push_back(std::move(r));
}

double energy_report::seconds(std::size_t row) const {
    return (rows_[row + 1].start - rows_[row].start).to_seconds();
}

std::uint64_t energy_report::events(std::size_t row, std::size_t term) const {
    const std::uint64_t before = rows_[row].counts[term], after = rows_[row + 1].counts[term];
    // A reset has set the counter back: what it counted until then in this row is lost.
    return after < before ? after : after - before;
}

counted_energy energy_report::energy(std::size_t row, std::size_t term) const {
    return {events(row, term), terms_[term].each};
}

counted_energy energy_report::total(const std::string& block) const {
    counted_energy e;
    for (const auto& t : terms_)
        if (block.empty() || t.block == block)
            e += counted_energy(t.events(), t.each);
    return e;
}

std::string energy_report::csv() const {
    std::string out = "frame,start_s,duration_s,block,cause,events,energy_nj,energy_aj,power_w\n";
    for (std::size_t r = 0; r < rows(); ++r)
        for (std::size_t t = 0; t < terms_.size(); ++t) {
            const counted_energy e = energy(r, t);
            const double s = seconds(r);
            out += fmt::format("{},{},{},{},\"{}\",{},{},{},{}\n",
                               r == 0 ? "before" : std::to_string(r - 1),
                               json_number(rows_[r].start.to_seconds()), json_number(s),
                               terms_[t].block, terms_[t].what, events(r, t), e.nanojoules(),
                               e.attojoules(), json_number(s > 0 ? e.joules() / s : 0.0));
        }
    return out;
}

std::string energy_report::text() const {
    double all = 0;
    for (std::size_t r = 0; r < rows(); ++r)
        all += seconds(r);
    std::string out = fmt::format("{:<14} {:>12} {:>12} {:>12} {:>14} {:>8}\n", "block", "uJ",
                                  "mean mW", "+- mW", "peak mW", "in frame");
    auto names = blocks();
    names.emplace_back();
    for (const auto& block : names) {
        const auto of_block = [&](std::size_t r) {
            counted_energy e;
            for (std::size_t t = 0; t < terms_.size(); ++t)
                if (block.empty() || terms_[t].block == block)
                    e += energy(r, t);
            return e;
        };
        // A cause's error is one and the same in every frame: sum its events first.
        counted_energy sum;
        for (std::size_t t = 0; t < terms_.size(); ++t) {
            std::uint64_t n = 0;
            for (std::size_t r = 0; r < rows(); ++r)
                n += events(r, t);
            if (block.empty() || terms_[t].block == block)
                sum += counted_energy(n, terms_[t].each);
        }
        double peak = 0;
        std::size_t where = 0;
        for (std::size_t r = 1; r < rows(); ++r)
            if (seconds(r) > 0 && of_block(r).joules() / seconds(r) > peak) {
                peak = of_block(r).joules() / seconds(r);
                where = r - 1;
            }
        const double power = all > 0 ? 1e3 / all : 0;
        out += fmt::format("{:<14} {:>12.3f} {:>12.4f} {:>12.4f} {:>14.4f} {:>8}\n",
                           block.empty() ? "total" : block, sum.joules() * 1e6,
                           sum.joules() * power, sum.error() * power, peak * 1e3, where);
    }
    return out;
}

}  // namespace ocellus::sim
