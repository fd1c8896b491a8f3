// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <algorithm>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

namespace ocellus {

/// On the payload of an initiator that asks for several bursts before the first is complete. A
/// loosely timed memory answers with the time of completion, as always; a burst beyond the limit is
/// asked for when one of those before is complete. In front of an
/// approximately timed one the interconnect returns as soon as it has sent the burst on
/// (BEGIN_REQ), and counts here until its BEGIN_RESP; the initiator then calls drain(). What the
/// answer on return says is only that it was sent: refused() tells of those that were answered with
/// an error later. The object outlives every burst, and one object serves one initiator.
struct posted_bursts : tlm::tlm_extension<posted_bursts> {
    unsigned in_flight = 0, most = 4;
    unsigned failed = 0;
    std::vector<sc_core::sc_time> ends;  ///< of the latest `most`, loosely timed
    sc_core::sc_time last;               ///< completion of the latest
    sc_core::sc_event changed;           ///< one was completed

    /// Loosely timed: when there is room for the next one.
    sc_core::sc_time room() const {
        return ends.size() < most ? sc_core::SC_ZERO_TIME
                                  : *std::min_element(ends.begin(), ends.end());
    }
    /// Loosely timed: that one will be complete at `end`.
    void until(const sc_core::sc_time& end) {
        if (ends.size() < most)
            ends.push_back(end);
        else
            *std::min_element(ends.begin(), ends.end()) = end;
    }
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
