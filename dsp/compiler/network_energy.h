// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>

/// Energy by counted events, in whole attojoules, so that the energies of layers add up exactly to
/// that of the network.
namespace ocellus::dsp {

/// Attojoules (1e-18 J) by cause. At 1 pJ an event, 1.8e13 events fit.
struct energy_causes {
    std::uint64_t macs = 0, reads = 0, writes = 0, cycles = 0;
    std::uint64_t total() const { return macs + reads + writes + cycles; }
    double joules() const { return static_cast<double>(total()) * 1e-18; }
    void add(const energy_causes& other) {
        macs += other.macs;
        reads += other.reads;
        writes += other.writes;
        cycles += other.cycles;
    }
};

/// What an event costs, in attojoules.
struct event_energies {
    std::uint64_t mac = 0, read_byte = 0, written_byte = 0, cycle = 0;

    /// From joules, rounded to attojoules.
    static event_energies of(double mac, double read_byte, double written_byte, double cycle) {
        const auto whole = [](double joules) {
            return static_cast<std::uint64_t>(joules * 1e18 + 0.5);
        };
        return {whole(mac), whole(read_byte), whole(written_byte), whole(cycle)};
    }
    energy_causes of_events(std::uint64_t macs, std::uint64_t bytes_read,
                            std::uint64_t bytes_written, std::uint64_t cycles) const {
        return {macs * mac, bytes_read * read_byte, bytes_written * written_byte, cycles * cycle};
    }
};

}  // namespace ocellus::dsp
