// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

#include "core/statistics.h"

namespace ocellus::links {

/// Where bytes can leave the chip. `debug`: whoever looks into the chip beside its interfaces, a
/// debugger, a test bench, semihosting.
enum class egress_port : unsigned { csi2, cci, spi, uart, debug };

/// What leaving bytes are. Pixel-derived: image rows and anything from which pixels can be read
/// back (the network's input tensor); the parts of a chip's promise "metadata only" are checked on
/// it.
enum class egress_kind : unsigned {
    overhead,  ///< headers, checksums, synchronisation
    pixels,    ///< pixel-derived payload
    metadata,  ///< everything else: results, status, register values
};

/// Every byte that leaves the chip, by port, data type and kind. Bytes count when their packet has
/// been given to the port, also in timing-only runs. Statistics egress.<port>.{bytes, pixel_bytes,
/// metadata_bytes} and egress.total.{...}; what `bytes` has more is overhead.
class egress_ledger {
  public:
    static constexpr unsigned ports = 5, types = 64, kinds = 3;

    explicit egress_ledger(statistics& stats);
    egress_ledger(const egress_ledger&) = delete;
    egress_ledger& operator=(const egress_ledger&) = delete;

    /// `data_type`: the 6-bit type of CSI-2; 0 for ports without types.
    void count(egress_port port, unsigned data_type, egress_kind kind, std::uint64_t bytes);

    std::uint64_t bytes(egress_port port) const { return total_[index(port)]; }
    std::uint64_t bytes(egress_port port, egress_kind kind) const {
        return by_kind_[index(port)][static_cast<unsigned>(kind)];
    }
    std::uint64_t bytes_of_type(egress_port port, unsigned data_type) const {
        return by_type_[index(port)][data_type % types];
    }
    std::uint64_t total() const { return all_; }
    std::uint64_t total(egress_kind kind) const {
        return all_by_kind_[static_cast<unsigned>(kind)];
    }

  private:
    static unsigned index(egress_port port) { return static_cast<unsigned>(port); }
    std::array<std::uint64_t, ports> total_{};
    std::array<std::array<std::uint64_t, kinds>, ports> by_kind_{};
    std::array<std::array<std::uint64_t, types>, ports> by_type_{};
    std::uint64_t all_ = 0;
    std::array<std::uint64_t, kinds> all_by_kind_{};
};

}  // namespace ocellus::links
