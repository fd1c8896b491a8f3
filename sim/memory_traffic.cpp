// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/memory_traffic.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"

namespace ocellus::sim {
namespace {

using column = memory::sram::occupancy_column;

double nanoseconds(std::uint64_t units) {
    return static_cast<double>(units) * sc_core::sc_get_time_resolution().to_seconds() * 1e9;
}

double mean(const memory::burst_latency& l) {
    return l.count() ? nanoseconds(l.total()) / static_cast<double>(l.count()) : 0.0;
}

double rate(std::uint64_t bytes, double seconds) {
    return seconds > 0 ? static_cast<double>(bytes) / seconds : 0.0;
}

std::uint64_t amount(const memory::sram& sram, std::size_t row, column c) {
    return sram.occupancy().value(row, static_cast<std::size_t>(c));
}

/// Of the cycles of all ports in an interval.
double share(const memory::sram& sram, std::size_t row) {
    return static_cast<double>(amount(sram, row, column::accesses)) /
           (static_cast<double>(sram.occupancy().interval()) * sram.ports());
}

}  // namespace

std::string traffic_csv(const memory::interconnect& bus, double seconds) {
    std::string out =
        "initiator,requests,bytes,bytes_per_s,wait_cycles,latency_mean_ns,latency_p50_ns,"
        "latency_p90_ns,latency_p99_ns,latency_max_ns\n";
    for (unsigned id = 0; id < bus.initiators(); ++id) {
        const auto& l = bus.latency(id);
        out += fmt::format("{},{},{},{},{},{}", bus.initiator_name(id), bus.requests(id),
                           bus.bytes(id), json_number(rate(bus.bytes(id), seconds)),
                           bus.wait_cycles(id), json_number(mean(l)));
        for (const double p : {0.5, 0.9, 0.99, 1.0})
            out += "," + json_number(nanoseconds(l.percentile(p)));
        out += "\n";
    }
    return out;
}

std::string latency_csv(const memory::interconnect& bus) {
    using memory::burst_latency;
    std::string out = "initiator,from_ns,to_ns,bursts\n";
    for (unsigned id = 0; id < bus.initiators(); ++id)
        for (unsigned b = 0; b < burst_latency::bins; ++b)
            if (const auto n = bus.latency(id).in_bin(b))
                out += fmt::format("{},{},{},{}\n", bus.initiator_name(id),
                                   json_number(nanoseconds(burst_latency::lower(b))),
                                   json_number(nanoseconds(burst_latency::upper(b))), n);
    return out;
}

std::string occupancy_csv(const memory::interconnect& bus, const memory::sram& sram) {
    std::string out = "start_s,accesses,occupancy,wait_cycles";
    for (unsigned id = 0; id < bus.initiators(); ++id)
        out += "," + bus.initiator_name(id) + "_bytes";
    out += "\n";
    const std::size_t rows = std::max(bus.series().rows(), sram.occupancy().rows());
    for (std::size_t row = 0; row < rows; ++row) {
        out += fmt::format("{},{},{},{}",
                           json_number(sram.clock().seconds_of(row * sram.occupancy().interval())),
                           amount(sram, row, column::accesses), json_number(share(sram, row)),
                           amount(sram, row, column::waits));
        for (unsigned id = 0; id < bus.initiators(); ++id)
            out += fmt::format(",{}", bus.series().value(row, id));
        out += "\n";
    }
    return out;
}

std::string traffic_text(const memory::interconnect& bus, const memory::sram& sram,
                         const statistics& stats, double seconds) {
    std::string out =
        fmt::format("{:<16} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}\n", "initiator",
                    "bursts", "MB/s", "stalls", "mean ns", "p50 ns", "p99 ns", "max ns");
    for (unsigned id = 0; id < bus.initiators(); ++id) {
        const auto& l = bus.latency(id);
        if (bus.requests(id) == 0)
            continue;
        out += fmt::format(
            "{:<16} {:>10} {:>10.3f} {:>10} {:>10.1f} {:>10.1f} {:>10.1f} {:>10.1f}\n",
            bus.initiator_name(id), bus.requests(id), rate(bus.bytes(id), seconds) / 1e6,
            bus.wait_cycles(id), mean(l), nanoseconds(l.percentile(0.5)),
            nanoseconds(l.percentile(0.99)), nanoseconds(l.longest()));
    }
    std::size_t fullest = 0;
    for (std::size_t row = 1; row < sram.occupancy().rows(); ++row)
        if (share(sram, row) > share(sram, fullest))
            fullest = row;
    const double cycles = seconds * sram.clock().hertz() * sram.ports();
    out += fmt::format(
        "\nbanks occupied {:.3f} %, at most {:.3f} % (from {:.3f} ms on, in {:.3f} ms)\n\n",
        cycles > 0 ? 100 * static_cast<double>(sram.busy_cycles()) / cycles : 0.0,
        100 * share(sram, fullest),
        1e3 * sram.clock().seconds_of(fullest * sram.occupancy().interval()),
        1e3 * sram.clock().seconds_of(sram.occupancy().interval()));
    const std::string end = "_peak";
    for (const auto* e : stats.all())
        if (e->integral && e->name.size() > end.size() &&
            e->name.compare(e->name.size() - end.size(), end.size(), end) == 0)
            out += fmt::format("{:<24} {:>6}   {}\n", e->name, e->integer(), e->sentence);
    return out;
}

}  // namespace ocellus::sim
