// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <systemc>
#include <tlm>
#include <utility>

namespace ocellus {

/// On the payload of an initiator that asks for several bursts before the first is complete. A
/// loosely timed memory answers with the time of completion, as always. In front of an
/// approximately timed one the interconnect returns as soon as it has sent the burst on
/// (BEGIN_REQ), and counts here until its BEGIN_RESP; the initiator then calls drain(). What the
/// answer on return says is only that it was sent: refused() tells of those that were answered with
/// an error later. The object outlives every burst, and one object serves one initiator.
struct posted_bursts : tlm::tlm_extension<posted_bursts> {
    unsigned in_flight = 0, most = 4;
    unsigned failed = 0;
    sc_core::sc_time last;      ///< completion of the latest
    sc_core::sc_event changed;  ///< one was completed

    /// Waits until all are complete, and returns when the last was.
    sc_core::sc_time drain() {
        while (in_flight > 0)
            sc_core::wait(changed);
        return last;
    }
    /// Bursts that were answered with an error since the last call.
    unsigned refused() { return std::exchange(failed, 0); }
    tlm::tlm_extension_base* clone() const override { return nullptr; }
    void copy_from(const tlm::tlm_extension_base&) override {}
    void free() override {}
};

}  // namespace ocellus
