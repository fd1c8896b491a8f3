// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <systemc>
#include <tlm>

namespace ocellus {

/// On the payload of an initiator that asks for several bursts before the first is complete. A
/// loosely timed memory answers with the time of completion, as always. An approximately timed one
/// returns as soon as it has taken the burst, and counts here; the initiator then calls drain().
/// The object outlives every burst, and one object serves one initiator.
struct posted_bursts : tlm::tlm_extension<posted_bursts> {
    unsigned in_flight = 0, most = 4;
    sc_core::sc_time last;      ///< completion of the latest
    sc_core::sc_event changed;  ///< one was completed

    /// Waits until all are complete, and returns when the last was.
    sc_core::sc_time drain() {
        while (in_flight > 0)
            sc_core::wait(changed);
        return last;
    }
    tlm::tlm_extension_base* clone() const override { return nullptr; }
    void copy_from(const tlm::tlm_extension_base&) override {}
    void free() override {}
};

}  // namespace ocellus
