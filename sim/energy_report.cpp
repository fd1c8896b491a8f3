// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/energy_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "core/text.h"
#include "models/sensor_timing.h"
#include "sim/sensor.h"
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

/// What the NPU counts when a job is over, as it happened: layer by layer.
struct job_spread {
    spread_events macs, cycles;
};

std::vector<energy_term> terms_of(const settings& s, const statistics& stats,
                                  const std::shared_ptr<const job_spread>& jobs) {
    std::vector<energy_term> out;
    const energy_parameters& p = s.energy;
    const auto entry = [&stats](const std::string& name) {
        // Where it is does not change any more once something is counted.
        return [&stats, name, e = static_cast<const statistics::entry*>(nullptr)]() mutable {
            if (!e)
                e = stats.find(name);
            return e;
        };
    };
    const auto count = [&entry](const std::string& name) {
        return [find = entry(name)]() mutable {
            const auto* const e = find();
            return e->integral ? e->integer() : static_cast<std::uint64_t>(e->real() + 0.5);
        };
    };
    const auto time = [&entry](const std::string& name) {
        return [find = entry(name)]() mutable { return nanoseconds(find()->real()); };
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
    out.back().until = [jobs](const sc_core::sc_time& t) { return jobs->macs.until(t); };
    add("npu", "cycles of jobs", "npu.cycles", s.npu.cycle_energy, p.npu_error);
    out.back().until = [jobs](const sc_core::sc_time& t) { return jobs->cycles.until(t); };
    add("sram", "bytes read", "sram.bytes_read", s.npu.read_energy, p.sram_error);
    add("sram", "bytes written", "sram.bytes_written", s.npu.write_energy, p.sram_error);
    for (const std::string& who : bus_initiators())
        out.push_back({"interconnect", "bytes of " + who, event_energy::of(p.bus_byte, p.bus_error),
                       count("interconnect." + who + ".bytes")});
    add("dma", "bytes", "dma.bytes", p.dma_byte, p.dma_error);
    add("cpu", "instructions", "cpu.instructions", p.instruction, p.cpu_error);
    add("csi2", "bytes", "csi2.wire_bytes", 8 * p.csi2_bit, p.csi2_error);
    if (s.weights.serial())
        add("spi", "bytes of weights", "weights.bytes", 8 * s.weights.bit_energy,
            s.weights.bit_error);
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
    // What it waits is counted when it wakes: what it works is known at any time.
    idle("CPU without work", s.cpu.clock,
         [cycles = count("cpu.cycles"), asleep = count("cpu.idle_cycles")]() mutable {
             return cycles() - asleep();
         });
    idle("NPU without a job", s.npu.clock, count("npu.cycles"));
    out.back().until = [jobs, hertz = s.npu.clock](const sc_core::sc_time& t) {
        return static_cast<std::uint64_t>((t - jobs->cycles.covered(t)).to_seconds() * hertz);
    };
    idle("ISP without pixels", s.isp.clock, count("isp.busy_cycles"));
    idle("memory and interconnect", s.sram.clock, {});
    const double lanes = static_cast<double>(s.csi2.lanes) + 1;
    state("static", "CSI-2 lanes in high speed mode", p.lane_power * lanes, p.static_error,
          time("csi2.wire_busy"));
    state("static", "bias and references and PLLs", p.analog_power, p.static_error, elapsed_ns);
    state("leakage", "logic", p.logic_leakage, p.leakage_error, elapsed_ns);
    const double sram = p.sram_leakage * static_cast<double>(s.sram.size) / (1 << 20);
    const auto banks = [&](const char* what, const char* statistic, double share) {
        state("leakage", what, sram * share, p.leakage_error, time(statistic));
    };
    banks("SRAM banks active", "sram.power.active", 1);
    banks("SRAM banks in retention", "sram.power.retention", p.retention);
    banks("SRAM banks off", "sram.power.off", p.off);
    return out;
}

/// Of a block, or all, with `count(term)` events each. Terms of a block that follow each other with
/// one constant, such as the bytes of each initiator, have one error.
template <class Count>
counted_energy sum(const std::vector<energy_term>& terms, const std::string& block, Count&& count) {
    const auto alike = [](const energy_term& a, const energy_term& b) {
        return a.block == b.block && a.each.attojoules == b.each.attojoules &&
               a.each.uncertainty == b.each.uncertainty;
    };
    counted_energy e;
    std::uint64_t n = 0;
    for (std::size_t t = 0; t < terms.size(); ++t) {
        if (!block.empty() && terms[t].block != block)
            continue;
        n += count(t);
        if (t + 1 < terms.size() && alike(terms[t], terms[t + 1]))
            continue;
        e += counted_energy(n, terms[t].each);
        n = 0;
    }
    return e;
}

}  // namespace

void spread_events::add(const sc_core::sc_time& begin, const sc_core::sc_time& end,
                        std::uint64_t amount) {
    span s{begin.value(), std::max(begin, end).value(), 0, amount, 0};
    if (!spans_.empty()) {
        const span& last = spans_.back();
        s.before = last.before + last.amount;
        s.time_before = last.time_before + last.end - last.begin;
    }
    spans_.push_back(s);
}

const spread_events::span* spread_events::last_begun(std::uint64_t at) const {
    const auto next = std::upper_bound(spans_.begin(), spans_.end(), at,
                                       [](std::uint64_t v, const span& s) { return v < s.begin; });
    return next == spans_.begin() ? nullptr : &*std::prev(next);
}

std::uint64_t spread_events::until(const sc_core::sc_time& t) const {
    const span* const s = last_begun(t.value());
    if (!s)
        return 0;
    if (t.value() >= s->end)
        return s->before + s->amount;
    __extension__ using wide = unsigned __int128;
    return s->before + static_cast<std::uint64_t>(wide{s->amount} * (t.value() - s->begin) /
                                                  (s->end - s->begin));
}

sc_core::sc_time spread_events::covered(const sc_core::sc_time& t) const {
    const span* const s = last_begun(t.value());
    return sc_core::sc_time::from_value(
        s ? s->time_before + std::min<std::uint64_t>(t.value(), s->end) - s->begin : 0);
}

/// Looks at the counters between the beginnings of frames. It never is the last to be awake: with
/// nothing else left to happen the frame is over.
class energy_report::sampler : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(sampler);
    sampler(sc_core::sc_module_name name, energy_report& report)
        : sc_module(name), report_(report) {
        SC_METHOD(look);
        sensitive << due_;
        dont_initialize();
    }
    void begin(const sc_core::sc_time& frame) {
        interval_ = sc_core::sc_time::from_value(frame.value() / intervals_of_frame);
        left_ = interval_ == sc_core::SC_ZERO_TIME ? 0 : intervals_of_frame - 1;
        due_.cancel();
        again();
    }

  private:
    void again() {
        if (left_ > 0)
            due_.notify(interval_);
    }
    void look() {
        if (!sc_core::sc_pending_activity())
            return;
        --left_;
        report_.take(sc_core::sc_time_stamp());
        again();
    }
    energy_report& report_;
    sc_core::sc_time interval_;
    unsigned left_ = 0;
    sc_core::sc_event due_;
};

energy_report::energy_report(std::vector<energy_term> terms, event_hub& events,
                             std::function<sc_core::sc_time()> frame_time)
    : terms_(std::move(terms)), frames_{0}, frame_time_(std::move(frame_time)) {
    for (const auto& t : terms_)
        if (std::find(blocks_.begin(), blocks_.end(), t.block) == blocks_.end())
            blocks_.push_back(t.block);
    samples_.push_back({sc_core::SC_ZERO_TIME, std::vector<std::uint64_t>(terms_.size())});
    if (frame_time_)
        sampler_ = std::make_unique<sampler>("power", *this);
    events.subscribe([this](const block_event& e) {
        if (e.kind == event_kind::frame_started)
            frame_begins(e.at);
    });
}

energy_report::~energy_report() = default;

namespace {

/// Follows the jobs from now on.
std::shared_ptr<const job_spread> follow_jobs(sensor& chip) {
    auto jobs = std::make_shared<job_spread>();
    chip.events().subscribe([jobs, &chip](const block_event& e) {
        if (e.kind != event_kind::job_ended)
            return;
        const dsp::job_timing& job = chip.last_job();
        for (const dsp::layer_timing& l : chip.last_job_layers()) {
            const auto at = [&](std::uint64_t cycle) {
                return job.start + chip.npu_clock().time_of(cycle);
            };
            jobs->macs.add(at(l.start), at(l.start + l.cycles), l.macs);
            jobs->cycles.add(at(l.start), at(l.start + l.cycles), l.cycles);
        }
    });
    return jobs;
}

}  // namespace

energy_report::energy_report(const settings& s, statistics& stats, sensor& chip)
    : energy_report(terms_of(s, stats, follow_jobs(chip)), chip.events(), [&chip] {
          return sc_core::sc_time(models::timing_of(chip.mode()).frame_time, sc_core::SC_SEC);
      }) {
    for (const auto& block : blocks_) {
        stats.add_computed(
            "energy." + block, [this, block] { return total(block).joules(); },
            "Energy of " + block + ", of the whole run.", "J");
        stats.add_computed(
            "energy.power_peak." + block, [this, block] { return peak(block).watts; },
            "Largest power of " + block + " in an interval of a frame.", "W");
    }
    stats.add_computed(
        "energy.total", [this] { return total().joules(); },
        "Energy of the whole chip, of the whole run.", "J");
    stats.add_computed(
        "energy.total_error", [this] { return total().error(); },
        "Its uncertainty, one standard deviation.", "J");
    stats.add_computed(
        "energy.power_mean", [this] { return mean_power(); },
        "Mean power of the whole chip over the whole run.", "W");
    stats.add_computed(
        "energy.power_peak", [this] { return peak().watts; },
        "Its largest power in an interval of a frame.", "W");
    stats.add_computed(
        "energy.power_frame", [this] { return fullest_frame().watts; },
        "The largest mean power of a frame.", "W");
}

void energy_report::take(const sc_core::sc_time& at) {
    sample r{at, {}};
    r.counts.reserve(terms_.size());
    for (const auto& t : terms_)
        r.counts.push_back(t.until ? 0 : t.events());
    samples_.push_back(std::move(r));
}

void energy_report::frame_begins(const sc_core::sc_time& at) {
    take(at);
    frames_.push_back(intervals());
    if (sampler_ && frames_.size() <= frames_with_intervals + 1)
        sampler_->begin(frame_time_());
}

void energy_report::finish() {
    take(sc_core::sc_time_stamp());
    for (std::size_t t = 0; t < terms_.size(); ++t)
        if (terms_[t].until)
            for (auto& s : samples_)
                s.counts[t] = terms_[t].until(s.start);
    const auto& names = blocks_;
    cells_.assign(intervals() * names.size(), {});
    for (std::size_t t = 0; t < terms_.size(); ++t) {
        const auto b = static_cast<std::size_t>(
            std::find(names.begin(), names.end(), terms_[t].block) - names.begin());
        for (std::size_t i = 0; i < intervals(); ++i)
            cells_[i * names.size() + b] += counted_energy(interval_events(i, t), terms_[t].each);
    }
    find_peaks();
}

double energy_report::interval_seconds(std::size_t interval) const {
    return (samples_[interval + 1].start - samples_[interval].start).to_seconds();
}

double energy_report::seconds(std::size_t row) const {
    return (samples_[end_interval(row)].start - samples_[frames_[row]].start).to_seconds();
}

std::uint64_t energy_report::interval_events(std::size_t interval, std::size_t term) const {
    const std::uint64_t before = samples_[interval].counts[term],
                        after = samples_[interval + 1].counts[term];
    // A reset has set the counter back: what it counted until then in this interval is lost.
    return after < before ? after : after - before;
}

std::uint64_t energy_report::events(std::size_t row, std::size_t term) const {
    std::uint64_t sum = 0;
    for (std::size_t i = frames_[row]; i < end_interval(row); ++i)
        sum += interval_events(i, term);
    return sum;
}

counted_energy energy_report::energy(std::size_t row, std::size_t term) const {
    return {events(row, term), terms_[term].each};
}

std::size_t energy_report::index_of(const std::string& block) const {
    return block.empty() ? blocks_.size()
                         : static_cast<std::size_t>(
                               std::find(blocks_.begin(), blocks_.end(), block) - blocks_.begin());
}

counted_energy energy_report::interval_energy(std::size_t interval,
                                              const std::string& block) const {
    const counted_energy* const cells = &cells_[interval * blocks_.size()];
    if (!block.empty())
        return cells[index_of(block)];
    counted_energy e;
    for (std::size_t b = 0; b < blocks_.size(); ++b)
        e += cells[b];
    return e;
}

/// Of each block, and of all behind them.
void energy_report::find_peaks() {
    const std::size_t blocks = blocks_.size();
    peaks_.assign(blocks + 1, {});
    fullest_.assign(blocks + 1, {});
    const auto raise = [](power_peak& most, const counted_energy& e, const sample& begin, double s,
                          std::size_t frame) {
        const double watts = s > 0 ? e.joules() / s : 0;
        if (watts > most.watts)
            most = {watts, begin.start, s, frame};
    };
    std::vector<counted_energy> row(blocks + 1);
    for (std::size_t r = 1; r < rows(); ++r) {
        row.assign(blocks + 1, {});
        for (std::size_t i = frames_[r]; i < end_interval(r); ++i) {
            counted_energy all;
            for (std::size_t b = 0; b < blocks; ++b) {
                const counted_energy& e = cells_[i * blocks + b];
                raise(peaks_[b], e, samples_[i], interval_seconds(i), r - 1);
                all += e;
                row[b] += e;
            }
            raise(peaks_[blocks], all, samples_[i], interval_seconds(i), r - 1);
            row[blocks] += all;
        }
        for (std::size_t b = 0; b <= blocks; ++b)
            raise(fullest_[b], row[b], samples_[frames_[r]], seconds(r), r - 1);
    }
}

power_peak energy_report::peak(const std::string& block) const {
    return peaks_.empty() ? power_peak() : peaks_[index_of(block)];
}

power_peak energy_report::fullest_frame(const std::string& block) const {
    return fullest_.empty() ? power_peak() : fullest_[index_of(block)];
}

double energy_report::mean_power() const {
    const double all = samples_.back().start.to_seconds();
    counted_energy sum;
    for (const auto& cell : cells_)
        sum += cell;
    return all > 0 ? sum.joules() / all : 0;
}

counted_energy energy_report::total(const std::string& block) const {
    return sum(terms_, block, [this](std::size_t t) { return terms_[t].now(); });
}

std::string energy_report::csv() const {
    std::string out = "frame,start_s,duration_s,block,cause,events,energy_nj,energy_aj,power_w\n";
    for (std::size_t r = 0; r < rows(); ++r)
        for (std::size_t t = 0; t < terms_.size(); ++t) {
            const counted_energy e = energy(r, t);
            const double s = seconds(r);
            out += fmt::format("{},{},{},{},\"{}\",{},{},{},{}\n",
                               r == 0 ? "before" : std::to_string(r - 1),
                               json_number(samples_[frames_[r]].start.to_seconds()), json_number(s),
                               terms_[t].block, terms_[t].what, events(r, t), e.nanojoules(),
                               e.attojoules(), json_number(s > 0 ? e.joules() / s : 0.0));
        }
    return out;
}

std::string energy_report::power_csv() const {
    const auto& names = blocks_;
    std::string out = "frame,start_s,duration_s";
    for (const auto& block : names)
        out += "," + block + "_aj";
    out += ",total_aj,power_w\n";
    const auto attojoules = [](const counted_energy& e) {
        return e.nanojoules() ? fmt::format("{}{:09}", e.nanojoules(), e.attojoules())
                              : std::to_string(e.attojoules());
    };
    for (std::size_t r = 0; r < rows(); ++r)
        for (std::size_t i = frames_[r]; i < end_interval(r); ++i) {
            const double s = interval_seconds(i);
            out += fmt::format("{},{},{}", r == 0 ? "before" : std::to_string(r - 1),
                               json_number(samples_[i].start.to_seconds()), json_number(s));
            for (const auto& block : names)
                out += "," + attojoules(interval_energy(i, block));
            const counted_energy all = interval_energy(i);
            out += fmt::format(",{},{}\n", attojoules(all),
                               json_number(s > 0 ? all.joules() / s : 0.0));
        }
    return out;
}

std::string energy_report::text() const {
    const double all = samples_.back().start.to_seconds();
    std::string out =
        fmt::format("{:<14} {:>12} {:>12} {:>12} {:>14} {:>12} {:>14} {:>8}\n", "block", "uJ",
                    "mean mW", "+- mW", "peak mW", "at ms", "frame mW", "frame");
    auto names = blocks_;
    names.emplace_back();
    for (const auto& block : names) {
        // A cause's error is one and the same in every frame: sum its events first.
        const counted_energy whole = sum(terms_, block, [this](std::size_t t) {
            std::uint64_t n = 0;
            for (std::size_t r = 0; r < rows(); ++r)
                n += events(r, t);
            return n;
        });
        const power_peak top = peak(block), frame = fullest_frame(block);
        const double power = all > 0 ? 1e3 / all : 0;
        out += fmt::format(
            "{:<14} {:>12.3f} {:>12.4f} {:>12.4f} {:>14.4f} {:>12.4f} {:>14.4f} {:>8}\n",
            block.empty() ? "total" : block, whole.joules() * 1e6, whole.joules() * power,
            whole.error() * power, top.watts * 1e3, top.start.to_seconds() * 1e3, frame.watts * 1e3,
            frame.frame);
    }
    return out;
}

std::string energy_report::line() const {
    const power_peak top = peak(), frame = fullest_frame();
    return fmt::format(
        "{:>11.3f} mW   mean; peak {:.3f} mW for {:.0f} us at {:.3f} ms, fullest frame {:.3f} mW",
        mean_power() * 1e3, top.watts * 1e3, top.seconds * 1e6, top.start.to_seconds() * 1e3,
        frame.watts * 1e3);
}

}  // namespace ocellus::sim
