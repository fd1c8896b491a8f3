// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <functional>
#include <map>
#include <systemc>
#include <tlm>
#include <vector>

#include "core/payload_pool.h"

namespace ocellus {

/// An approximately timed initiator of the base protocol as IEEE Std 1666-2011 has it, which knows
/// nothing of the project's interconnect and memory. Its function runs on a thread and sends; 4 ns
/// a cycle.
struct phase_initiator : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<phase_initiator> memory_out{"memory_out"};
    std::function<void()> body;
    /// How it ends responses: by the answer to BEGIN_RESP, either way, or by END_RESP so many
    /// cycles later.
    enum class ending : std::uint8_t { completed, updated, later } ends = ending::completed;
    std::uint64_t ends_after = 0;

    struct result {
        std::uint64_t end = ~std::uint64_t{0};  ///< cycle of BEGIN_RESP
        tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;
        tlm::tlm_sync_enum answer = tlm::TLM_ACCEPTED;  ///< to BEGIN_REQ
        bool complete() const { return end != ~std::uint64_t{0}; }
    };
    std::vector<result> results;  ///< by number of the burst
    sc_core::sc_event answered;
    payload_pool payloads;

    SC_HAS_PROCESS(phase_initiator);
    explicit phase_initiator(sc_core::sc_module_name name) : sc_module(name) {
        memory_out.register_nb_transport_bw(this, &phase_initiator::nb_transport_bw);
        SC_THREAD(run);
        SC_METHOD(end_responses);
        sensitive << end_response_;
        dont_initialize();
    }
    static std::uint64_t cycle() { return sc_core::sc_time_stamp().value() / 4000; }

    /// Sends BEGIN_REQ `ahead` cycles from now, when the request before has ended; returns the
    /// number of the burst.
    std::size_t send(tlm::tlm_command command, std::uint64_t address, void* data,
                     std::uint32_t bytes, std::uint64_t ahead = 0, std::uint32_t streaming = 0) {
        while (requesting_)
            wait(request_ended_);
        tlm::tlm_generic_payload& p = payloads.take();
        p.set_command(command);
        p.set_address(address);
        p.set_data_ptr(static_cast<unsigned char*>(data));
        p.set_data_length(bytes);
        p.set_streaming_width(streaming ? streaming : bytes);
        p.set_byte_enable_ptr(nullptr);
        p.set_dmi_allowed(false);
        p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        const std::size_t number = results.size();
        results.emplace_back();
        numbers_[&p] = number;
        requesting_ = &p;
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time delay(4.0 * static_cast<double>(ahead), sc_core::SC_NS);
        const tlm::tlm_sync_enum answer = memory_out->nb_transport_fw(p, phase, delay);
        results[number].answer = answer;
        if (answer == tlm::TLM_COMPLETED) {
            requesting_ = nullptr;
            complete(p, delay);
            p.release();
        } else if (answer == tlm::TLM_UPDATED && phase == tlm::END_REQ) {
            requesting_ = nullptr;
        } else if (answer == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP) {
            requesting_ = nullptr;
            complete(p, delay);
            end_later(p, delay);
        }
        return number;
    }
    const result& finish(std::size_t number) {
        while (!results[number].complete())
            wait(answered);
        return results[number];
    }

  private:
    void run() {
        if (body)
            body();
    }
    void complete(const tlm::tlm_generic_payload& p, const sc_core::sc_time& delay) {
        result& r = results[numbers_.at(&p)];
        r.end = (sc_core::sc_time_stamp() + delay).value() / 4000;
        r.status = p.get_response_status();
        numbers_.erase(&p);
        answered.notify(sc_core::SC_ZERO_TIME);
    }
    void end_later(tlm::tlm_generic_payload& p, const sc_core::sc_time& delay) {
        ending_ = &p;
        end_response_.notify(
            delay + sc_core::sc_time(4.0 * static_cast<double>(ends_after), sc_core::SC_NS));
    }
    void end_responses() {
        tlm::tlm_generic_payload& p = *ending_;
        ending_ = nullptr;
        tlm::tlm_phase phase = tlm::END_RESP;
        sc_core::sc_time delay;
        memory_out->nb_transport_fw(p, phase, delay);
        p.release();
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) {
        if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP) {
            if (requesting_ == &p) {
                requesting_ = nullptr;
                request_ended_.notify(delay + sc_core::SC_ZERO_TIME);
            }
        }
        if (phase != tlm::BEGIN_RESP)
            return tlm::TLM_ACCEPTED;
        complete(p, delay);
        if (ends == ending::later) {
            end_later(p, delay);
            return tlm::TLM_ACCEPTED;
        }
        p.release();
        if (ends == ending::completed)
            return tlm::TLM_COMPLETED;
        phase = tlm::END_RESP;
        return tlm::TLM_UPDATED;
    }
    std::map<const tlm::tlm_generic_payload*, std::size_t> numbers_;
    const tlm::tlm_generic_payload* requesting_ = nullptr;
    tlm::tlm_generic_payload* ending_ = nullptr;
    sc_core::sc_event request_ended_, end_response_;
};

}  // namespace ocellus
