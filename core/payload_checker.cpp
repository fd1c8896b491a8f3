// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/payload_checker.h"

namespace ocellus {

namespace {

std::string number(std::uint64_t n) {
    return std::to_string(n);
}

}  // namespace

void violation_list::violation(const std::string& what) {
    if (list_.size() < 1000)
        list_.push_back(what);
}

void violation_list::check_request(const tlm::tlm_generic_payload& p, const std::string& what) {
    ++transactions_;
    if (p.get_byte_enable_ptr() != nullptr)
        violation(what + ": byte enables are not allowed");
    if (p.get_streaming_width() != p.get_data_length())
        violation(what + ": streaming width " + number(p.get_streaming_width()) +
                  " is not the data length " + number(p.get_data_length()));
    if (p.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE)
        violation(what + ": sent with a response already in it");
    if (p.is_dmi_allowed())
        violation(what + ": sent with DMI allowed");
}

row_checker::row_checker(sc_core::sc_module_name name) : sc_module(name) {
    rows_in.register_b_transport(this, &row_checker::b_transport);
}

void row_checker::check_row(const tlm::tlm_generic_payload& p, const row_info& r,
                            const std::string& what, const sc_core::sc_time& arrival) {
    if (r.width == 0 || r.height == 0 || r.bits == 0)
        violation(what + ": empty width, height or bits");
    if (r.row >= r.height)
        violation(what + ": row is outside the height " + number(r.height));
    if (p.get_address() != r.row)
        violation(what + ": address " + number(p.get_address()) + " is not the row");
    const std::uint64_t bytes = (std::uint64_t{r.width} * r.bits + 7) / 8;
    if (p.get_data_length() != bytes)
        violation(what + ": data length " + number(p.get_data_length()) + " is not the " +
                  number(bytes) + " bytes of the packed row");

    const bool in_frame = any_ && !last_.last();
    if (in_frame && r.frame != last_.frame) {
        violation(what + ": frame " + number(last_.frame) + " ended early, after row " +
                  number(last_.row) + " of " + number(last_.height));
        if (r.row != 0)
            violation(what + ": a frame begins with row 0");
    } else if (in_frame) {
        if (r.row != last_.row + 1)
            violation(what + ": row " + number(last_.row + 1) + " was expected");
        if (r.width != last_.width || r.height != last_.height)
            violation(what + ": size changed within the frame");
        if (r.format != last_.format || r.bits != last_.bits)
            violation(what + ": format changed within the frame");
        if (r.frame_start != last_.frame_start)
            violation(what + ": frame start changed within the frame");
    } else if (r.row != 0) {
        violation(what + ": a frame begins with row 0");
    }
    if (any_ && (!in_frame || r.frame != last_.frame) && r.frame <= last_.frame)
        violation(what + ": frame comes after frame " + number(last_.frame));

    if (any_ && arrival < last_arrival_)
        violation(what + ": arrives at " + arrival.to_string() + ", before the last row at " +
                  last_arrival_.to_string());
    if (arrival < r.frame_start)
        violation(what + ": arrives before its frame starts");
    if (arrival < r.exposure_start)
        violation(what + ": arrives before its exposure starts");
}

void row_checker::b_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    const row_info* r = row_of(p);
    const std::string what = r ? "frame " + number(r->frame) + " row " + number(r->row)
                               : "transaction " + number(transactions_);
    check_request(p, what);
    if (!p.is_write())
        violation(what + ": the command is not write");
    if (p.get_data_ptr() != nullptr)
        violation(what + ": the data pointer is not null");
    const sc_core::sc_time before = delay;
    const sc_core::sc_time arrival = sc_core::sc_time_stamp() + delay;
    if (r) {
        check_row(p, *r, what, arrival);
        any_ = true;
        last_ = *r;
        last_.electrons.reset();
        last_.raw.reset();
        last_.bytes.reset();
        complete_ += last_.last();
        last_arrival_ = arrival;
    } else {
        violation(what + ": carries no row");
    }
    rows_out->b_transport(p, delay);
    if (!p.is_response_ok())
        violation(what + ": the receiver answered " + p.get_response_string());
    if (delay != before)
        violation(what + ": the receiver changed the delay");
}

void row_checker::finish() {
    if (any_ && !last_.last())
        violation("frame " + number(last_.frame) + " is not complete: last row " +
                  number(last_.row) + " of " + number(last_.height));
}

packet_checker::packet_checker(sc_core::sc_module_name name) : sc_module(name) {
    packets_in.register_b_transport(this, &packet_checker::b_transport);
}

void packet_checker::check_packet(const tlm::tlm_generic_payload& p, const packet_info& i,
                                  const std::string& what) {
    if (p.get_data_length() != i.wire_bytes())
        violation(what + ": data length " + number(p.get_data_length()) + " is not the " +
                  number(i.wire_bytes()) + " bytes on the wire");
    // MIPI CSI-2: data types below 0x10 are short packets.
    const unsigned type = i.header[0] & 0x3Fu;
    const unsigned channel = i.header[0] >> 6;
    const unsigned word = i.header[1] | static_cast<unsigned>(i.header[2]) << 8;
    if (i.is_long != (type >= 0x10))
        violation(what + ": data type " + number(type) + " does not fit a " +
                  (i.is_long ? "long" : "short") + " packet");
    const auto open = open_.find(channel);
    if (i.is_long) {
        if (word != i.payload_bytes)
            violation(what + ": word count " + number(word) + " is not the " +
                      number(i.payload_bytes) + " payload bytes");
        if (i.bytes && (i.bytes_row >= i.bytes->height() || i.bytes->width() < i.payload_bytes + 2))
            violation(what + ": the bytes do not hold payload and checksum");
        if (open == open_.end())
            violation(what + ": long packet outside a frame");
        return;
    }
    if (i.payload_bytes != 0 || i.bytes)
        violation(what + ": short packet with a payload");
    if (type == 0x00) {
        if (open != open_.end())
            violation(what + ": frame start within a frame");
        open_[channel] = word;
    } else if (type == 0x01) {
        if (open == open_.end())
            violation(what + ": frame end without frame start");
        else if (open->second != word)
            violation(what + ": frame end of frame " + number(word) + ", but frame " +
                      number(open->second) + " was started");
        open_.erase(channel);
    }
}

void packet_checker::b_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    const std::string what = "packet " + number(p.get_address());
    check_request(p, what);
    if (!p.is_write())
        violation(what + ": the command is not write");
    if (p.get_data_ptr() != nullptr)
        violation(what + ": the data pointer is not null");
    if (p.get_address() != next_)
        violation(what + ": packet " + number(next_) + " was expected");
    next_ = p.get_address() + 1;
    if (const packet_info* i = packet_of(p))
        check_packet(p, *i, what);
    else
        violation(what + ": carries no packet");
    const sc_core::sc_time before = delay;
    const sc_core::sc_time arrival = sc_core::sc_time_stamp() + delay;
    if (arrival < last_arrival_)
        violation(what + ": leaves the lanes at " + arrival.to_string() +
                  ", before the last packet at " + last_arrival_.to_string());
    last_arrival_ = arrival;
    packets_out->b_transport(p, delay);
    if (!p.is_response_ok())
        violation(what + ": the receiver answered " + p.get_response_string());
    if (delay != before)
        violation(what + ": the receiver changed the delay");
}

void packet_checker::finish() {
    for (const auto& open : open_)
        violation("frame " + number(open.second) + " on virtual channel " + number(open.first) +
                  " was not ended");
}

burst_checker::burst_checker(sc_core::sc_module_name name) : sc_module(name) {
    bursts_in.register_b_transport(this, &burst_checker::b_transport);
    bursts_in.register_transport_dbg(this, &burst_checker::transport_dbg);
    bursts_in.register_get_direct_mem_ptr(this, &burst_checker::get_direct_mem_ptr);
    bursts_out.register_invalidate_direct_mem_ptr(this, &burst_checker::invalidate_direct_mem_ptr);
}

void burst_checker::b_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    const unsigned length = p.get_data_length();
    const unsigned char* const data = p.get_data_ptr();
    const std::string what = std::string(p.is_read()    ? "read"
                                         : p.is_write() ? "write"
                                                        : "ignore") +
                             " of " + number(length) + " bytes at " + number(p.get_address());
    check_request(p, what);
    if (!p.is_read() && !p.is_write())
        violation(what + ": the command is neither read nor write");
    if (length < 1 || length > 4096)
        violation(what + ": a burst has 1 .. 4096 bytes");
    const sc_core::sc_time before = delay;
    const sc_core::sc_time called = sc_core::sc_time_stamp();
    bursts_out->b_transport(p, delay);
    // A target may wait() instead of lengthening the delay.
    if (sc_core::sc_time_stamp() + delay < called + before)
        violation(what + ": the delay shrank");
    if (p.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE)
        violation(what + ": no response was given");
    if (p.get_data_ptr() != data || p.get_data_length() != length)
        violation(what + ": data pointer or length were changed on the way");
}

unsigned burst_checker::transport_dbg(tlm::tlm_generic_payload& p) {
    return bursts_out->transport_dbg(p);
}

bool burst_checker::get_direct_mem_ptr(tlm::tlm_generic_payload& p, tlm::tlm_dmi& dmi) {
    return bursts_out->get_direct_mem_ptr(p, dmi);
}

void burst_checker::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
    bursts_in->invalidate_direct_mem_ptr(first, last);
}

phase_checker::phase_checker(sc_core::sc_module_name name) : sc_module(name) {
    bursts_in.register_nb_transport_fw(this, &phase_checker::nb_transport_fw);
    bursts_in.register_b_transport(this, &phase_checker::b_transport);
    bursts_in.register_transport_dbg(this, &phase_checker::transport_dbg);
    bursts_in.register_get_direct_mem_ptr(this, &phase_checker::get_direct_mem_ptr);
    bursts_out.register_nb_transport_bw(this, &phase_checker::nb_transport_bw);
    bursts_out.register_invalidate_direct_mem_ptr(this, &phase_checker::invalidate_direct_mem_ptr);
}

void phase_checker::over(const tlm::tlm_generic_payload& p, bursts::iterator at) {
    if (p.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE)
        violation(at->second.what + ": complete without a response");
    if (p.get_command() != at->second.command || p.get_data_length() != at->second.length)
        violation(at->second.what + ": command or length were changed on the way");
    if (requesting_ == &p)
        requesting_ = nullptr;
    if (responding_ == &p)
        responding_ = nullptr;
    under_way_.erase(at);
}

void phase_checker::moved(const tlm::tlm_generic_payload& p, unsigned phase,
                          const sc_core::sc_time& delay, bool from_initiator) {
    const sc_core::sc_time at = sc_core::sc_time_stamp() + delay;
    auto found = under_way_.find(&p);
    const bool initiators = phase == tlm::BEGIN_REQ || phase == tlm::END_RESP;
    if (initiators != from_initiator)
        violation("phase " + number(phase) + " from the wrong side");
    if (phase == tlm::BEGIN_REQ) {
        const std::string what =
            "burst " + number(transactions_ + 1) + " at " + number(p.get_address());
        check_request(p, what);
        if (!p.has_mm())
            violation(what + ": BEGIN_REQ of a payload without memory manager");
        else if (p.get_ref_count() < 1)
            violation(what + ": BEGIN_REQ of a payload without reference");
        if (found != under_way_.end()) {
            violation(what + ": BEGIN_REQ of a burst that is under way");
            under_way_.erase(found);
        }
        if (requesting_)
            violation(what + ": BEGIN_REQ before END_REQ of the burst before");
        requesting_ = &p;
        under_way_[&p] = {what, phase, at, p.get_data_length(), p.get_command()};
        return;
    }
    if (found == under_way_.end())
        return violation("phase " + number(phase) + " of a burst that is not under way");
    burst_state& b = found->second;
    if (at < b.last)
        violation(b.what + ": phase " + number(phase) + " at " + at.to_string() +
                  ", before the last one at " + b.last.to_string());
    b.last = at;
    const unsigned before = b.phase;
    b.phase = phase;
    if (phase == tlm::END_REQ) {
        ++seen_[0];
        if (before != tlm::BEGIN_REQ)
            violation(b.what + ": END_REQ after phase " + number(before));
        if (requesting_ == &p)
            requesting_ = nullptr;
    } else if (phase == tlm::BEGIN_RESP) {
        ++seen_[1];
        if (before != tlm::BEGIN_REQ && before != tlm::END_REQ)
            violation(b.what + ": BEGIN_RESP after phase " + number(before));
        if (p.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE)
            violation(b.what + ": BEGIN_RESP without a response");
        if (requesting_ == &p)
            requesting_ = nullptr;  // implies END_REQ
        if (responding_)
            violation(b.what + ": BEGIN_RESP before END_RESP of the burst before");
        responding_ = &p;
    } else if (phase == tlm::END_RESP) {
        ++seen_[2];
        if (before != tlm::BEGIN_RESP)
            violation(b.what + ": END_RESP after phase " + number(before));
        over(p, found);
    }
}

void phase_checker::returned(const tlm::tlm_generic_payload& p, tlm::tlm_sync_enum answer,
                             unsigned sent, unsigned phase, const sc_core::sc_time& before,
                             const sc_core::sc_time& delay, bool from_initiator) {
    if (answer == tlm::TLM_ACCEPTED) {
        if (phase != sent)
            violation("TLM_ACCEPTED with another phase than that of the call");
        return;
    }
    if (delay < before)
        violation("the delay shrank in a call of nb_transport");
    if (answer == tlm::TLM_UPDATED) {
        if (phase == sent)
            return violation("TLM_UPDATED with the phase of the call");
        return moved(p, phase, delay, !from_initiator);
    }
    const auto found = under_way_.find(&p);
    if (found == under_way_.end()) {
        // END_RESP itself has ended it.
        if (sent != tlm::END_RESP)
            violation("TLM_COMPLETED for a burst that is not under way");
        return;
    }
    // An initiator completes what has been answered, a target answers by completing.
    if (from_initiator)
        ++early_;
    else if (found->second.phase != tlm::BEGIN_RESP)
        violation(found->second.what + ": TLM_COMPLETED by the initiator before BEGIN_RESP");
    over(p, found);
}

tlm::tlm_sync_enum phase_checker::nb_transport_fw(tlm::tlm_generic_payload& p,
                                                  tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    const unsigned sent = phase;
    const sc_core::sc_time before = delay;
    moved(p, sent, delay, true);
    const tlm::tlm_sync_enum answer = bursts_out->nb_transport_fw(p, phase, delay);
    returned(p, answer, sent, phase, before, delay, true);
    return answer;
}

tlm::tlm_sync_enum phase_checker::nb_transport_bw(tlm::tlm_generic_payload& p,
                                                  tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    const unsigned sent = phase;
    const sc_core::sc_time before = delay;
    moved(p, sent, delay, false);
    const tlm::tlm_sync_enum answer = bursts_in->nb_transport_bw(p, phase, delay);
    returned(p, answer, sent, phase, before, delay, false);
    return answer;
}

void phase_checker::finish() {
    for (const auto& [payload, burst] : under_way_)
        violation(burst.what + " is not complete: its last phase was " + number(burst.phase));
}

}  // namespace ocellus
