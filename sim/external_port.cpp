// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/external_port.h"

#include <algorithm>
#include <utility>

#include "core/payload.h"

namespace ocellus::sim {

external_port::external_port(sc_core::sc_module_name name) : sc_module(name) {
    SC_THREAD(run);
    SC_METHOD(alarm);
    sensitive << due_;
    dont_initialize();
}

void external_port::submit(access a, completion done) {
    queue_.emplace_back(std::move(a), std::move(done));
    submitted_.notify(sc_core::SC_ZERO_TIME);
}

void external_port::write(std::uint32_t address, const std::uint8_t* data, std::size_t length) {
    for (std::size_t done = 0; done < length; done += largest_access) {
        access a;
        a.command = tlm::TLM_WRITE_COMMAND;
        a.address = static_cast<std::uint32_t>(address + done);
        a.bytes.assign(data + done, data + std::min(length, done + largest_access));
        sc_core::sc_event written;
        submit(std::move(a), [&written](const access&) { written.notify(sc_core::SC_ZERO_TIME); });
        sc_core::wait(written);
    }
}

std::size_t external_port::debug(tlm::tlm_command command, std::uint32_t address,
                                 unsigned char* bytes, std::size_t length) {
    std::size_t done = 0;
    while (done < length) {
        const auto n = static_cast<unsigned>(std::min(largest_access, length - done));
        tlm::tlm_generic_payload p;
        p.set_command(command);
        p.set_address(address + done);
        p.set_data_ptr(bytes + done);
        p.set_data_length(n);
        p.set_streaming_width(n);
        const unsigned moved = memory_out->transport_dbg(p);
        done += moved;
        if (moved < n)
            break;
    }
    return done;
}

void external_port::ring_after(const sc_core::sc_time& delay, std::function<void()> ring) {
    ring_ = std::move(ring);
    due_.cancel();
    due_.notify(delay);
}

void external_port::alarm() {
    if (ring_)
        std::exchange(ring_, {})();
}

void external_port::run() {
    for (;;) {
        while (queue_.empty())
            wait(submitted_);
        access& a = queue_.front().first;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        a.response = burst(memory_out, a.command, a.address, a.bytes.data(),
                           static_cast<std::uint32_t>(a.bytes.size()), delay);
        if (delay != sc_core::SC_ZERO_TIME)
            wait(delay);
        const auto finished = std::move(queue_.front());
        queue_.pop_front();
        finished.second(finished.first);
    }
}

}  // namespace ocellus::sim
