// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <tlm>

#include "memory/arbitration.h"
#include "memory/bank_calendar.h"

namespace ocellus::memory {

/// How the interconnect asks a target for the bursts that its initiators send by b_transport.
enum class transport : std::uint8_t {
    blocking,  ///< by b_transport
    phases,    ///< by nb_transport, with the four phases of the base protocol
};

/// Who sent a burst. The interconnect attaches it for the time of the burst, so that a target can
/// account its conflicts by initiator without knowing any initiator.
struct initiator_extension : tlm::tlm_extension<initiator_extension> {
    /// Owner of bursts that carry no extension (a memory wired without interconnect).
    static constexpr unsigned unattributed = bank_calendar::max_owners - 1;
    /// Owner of the SRAM's own accesses: the scrubber's.
    static constexpr unsigned scrubber = bank_calendar::max_owners - 2;

    unsigned id = unattributed;
    /// Cycles waited, by the initiator that was in the way; bank_calendar::max_owners counters or
    /// null.
    std::uint64_t* waited_for = nullptr;
    /// Its share of an arbitrated memory. May be null.
    const initiator_share* share = nullptr;

    tlm::tlm_extension_base* clone() const override { return new initiator_extension(*this); }
    /// Belongs to the interconnect, not to the payload: a run may end with a burst on its way, and
    /// its payload is then destroyed with the extension still attached.
    void free() override {}
    void copy_from(const tlm::tlm_extension_base& other) override {
        const auto& o = static_cast<const initiator_extension&>(other);
        id = o.id;
        waited_for = o.waited_for;
        share = o.share;
    }
};

}  // namespace ocellus::memory
