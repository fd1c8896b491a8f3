// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/egress_ledger.h"

#include <string>

namespace ocellus::links {

egress_ledger::egress_ledger(statistics& stats) {
    static const char* const names[ports] = {"csi2", "cci", "spi", "uart", "debug"};
    constexpr auto pixels = static_cast<unsigned>(egress_kind::pixels);
    constexpr auto metadata = static_cast<unsigned>(egress_kind::metadata);
    auto add = [&](const std::string& prefix, const std::string& where, const std::uint64_t& bytes,
                   const std::array<std::uint64_t, kinds>& kind) {
        stats.add(prefix + ".bytes", bytes, "Bytes that left " + where + ", overhead included.",
                  "B");
        stats.add(prefix + ".pixel_bytes", kind[pixels],
                  "Payload bytes that left " + where + " and derive from pixels.", "B");
        stats.add(prefix + ".metadata_bytes", kind[metadata],
                  "Payload bytes that left " + where + " and are not pixels.", "B");
    };
    for (unsigned p = 0; p < ports; ++p)
        add(std::string("egress.") + names[p], std::string("by ") + names[p], total_[p],
            by_kind_[p]);
    add("egress.total", "the chip", all_, all_by_kind_);
}

void egress_ledger::count(egress_port port, unsigned data_type, egress_kind kind,
                          std::uint64_t bytes) {
    const auto k = static_cast<unsigned>(kind);
    total_[index(port)] += bytes;
    by_kind_[index(port)][k] += bytes;
    by_type_[index(port)][data_type % types] += bytes;
    all_ += bytes;
    all_by_kind_[k] += bytes;
}

}  // namespace ocellus::links
