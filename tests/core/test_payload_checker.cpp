// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/payload_checker.h"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <systemc>
#include <vector>

#include "core/payload_pool.h"

using namespace ocellus;
using sc_core::sc_time;

namespace {

/// Answers calls as told.
struct receiver : sc_core::sc_module {
    tlm_utils::simple_target_socket<receiver> in{"in"};
    tlm::tlm_response_status answer = tlm::TLM_OK_RESPONSE;
    double extra = 0;  ///< seconds added to the delay
    bool meddle = false;
    bool refuse = false;  ///< throws
    std::uint64_t seen = 0;
    unsigned char bytes[64] = {};
    explicit receiver(sc_core::sc_module_name name) : sc_module(name) {
        in.register_b_transport(this, &receiver::b_transport);
        in.register_transport_dbg(this, &receiver::transport_dbg);
        in.register_get_direct_mem_ptr(this, &receiver::get_direct_mem_ptr);
    }
    void b_transport(tlm::tlm_generic_payload& p, sc_time& delay) {
        ++seen;
        if (refuse)
            throw std::runtime_error("refused");
        p.set_response_status(answer);
        if (extra > 0)
            delay += sc_time(extra, sc_core::SC_SEC);
        if (extra < 0)
            delay -= sc_time(-extra, sc_core::SC_SEC);
        if (meddle)
            p.set_data_length(p.get_data_length() + 1);
    }
    unsigned transport_dbg(tlm::tlm_generic_payload& p) { return p.get_data_length(); }
    bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
        dmi.set_dmi_ptr(bytes);
        return true;
    }
};

template <class Checker>
struct sender : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<sender> out{"out"};
    std::uint64_t invalidated = 0;
    explicit sender(sc_core::sc_module_name name) : sc_module(name) {
        out.register_invalidate_direct_mem_ptr(this, &sender::invalidate);
    }
    void invalidate(sc_dt::uint64, sc_dt::uint64) { ++invalidated; }
};

sc_time us(double t) {
    return sc_time(t, sc_core::SC_US);
}

/// The violations that `action` added.
template <class Checker, class Action>
std::vector<std::string> added(Checker& checker, Action action) {
    const std::size_t before = checker.violations().size();
    action();
    const auto& all = checker.violations();
    return {all.begin() + static_cast<std::ptrdiff_t>(before), all.end()};
}

using texts = std::vector<std::string>;

/// A write that carries an extension and can be spoiled before it is sent.
template <class Extension>
struct request {
    tlm::tlm_generic_payload p;
    Extension e;
    request(std::uint64_t address, unsigned bytes) {
        p.set_command(tlm::TLM_WRITE_COMMAND);
        p.set_address(address);
        p.set_data_length(bytes);
        p.set_streaming_width(bytes);
        p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        p.set_extension(&e);
    }
    ~request() { p.clear_extension(&e); }
    request(const request&) = delete;
    request& operator=(const request&) = delete;
};

}  // namespace

TEST_CASE("row checker") {
    sender<row_checker> s("sender");
    row_checker c("checker");
    receiver r("receiver");
    s.out.bind(c.rows_in);
    c.rows_out.bind(r.in);

    row_info i;
    i.width = 16;
    i.height = 3;
    i.bits = 10;
    double t = 10;
    const auto send = [&](std::uint32_t frame, std::uint32_t row) {
        i.frame = frame;
        i.row = row;
        t += 1;
        return added(c, [&] { send_row(s.out, i, us(t)); });
    };
    const auto frame = [&](std::uint32_t f) {
        texts all;
        for (std::uint32_t y = 0; y < 3; ++y)
            for (const auto& v : send(f, y))
                all.push_back(v);
        return all;
    };

    CHECK(frame(0) == texts{});
    CHECK(frame(1) == texts{});
    CHECK(frame(5) == texts{});  // dropped frames leave gaps
    CHECK(c.complete_frames() == 3);
    c.finish();
    CHECK(c.violations().empty());
    CHECK(r.seen == 9);
    CHECK(c.transactions() == 9);

    SECTION("a receiver that throws leaves the sender's row to the sender") {
        r.refuse = true;
        CHECK_THROWS_WITH(send_row(s.out, i, us(t)), "refused");
    }
    SECTION("order") {
        CHECK(send(6, 1) == texts{"frame 6 row 1: a frame begins with row 0"});
        CHECK(send(6, 2) == texts{});
        CHECK(frame(6) == texts{"frame 6 row 0: frame comes after frame 6"});
        CHECK(send(7, 0) == texts{});
        CHECK(send(7, 2) == texts{"frame 7 row 2: row 1 was expected"});
        CHECK(send(8, 0) == texts{});
        CHECK(send(8, 0) == texts{"frame 8 row 0: row 1 was expected"});
        CHECK(send(9, 0) == texts{"frame 9 row 0: frame 8 ended early, after row 0 of 3"});
        CHECK(send(4, 1) == texts{"frame 4 row 1: frame 9 ended early, after row 0 of 3",
                                  "frame 4 row 1: a frame begins with row 0",
                                  "frame 4 row 1: frame comes after frame 9"});
        CHECK(added(c, [&] { c.finish(); }) == texts{"frame 4 is not complete: last row 1 of 3"});
    }
    SECTION("format") {
        CHECK(send(6, 0) == texts{});
        i.width = 20;
        CHECK(send(6, 1) == texts{"frame 6 row 1: size changed within the frame"});
        i.format = row_format::yuv422;
        i.bits = 16;
        i.frame_start = us(1);
        CHECK(send(6, 2) == texts{"frame 6 row 2: format changed within the frame",
                                  "frame 6 row 2: frame start changed within the frame"});
        CHECK(frame(7) == texts{});
        i.height = 0;
        CHECK(send(8, 0) == texts{"frame 8 row 0: empty width, height or bits",
                                  "frame 8 row 0: row is outside the height 0"});
    }
    SECTION("time") {
        CHECK(send(6, 0) == texts{});
        t -= 2;
        CHECK(send(6, 1) == texts{"frame 6 row 1: arrives at 19 us, before the last row at 20 us"});
        t -= 1;
        CHECK(send(6, 2) == texts{});  // at the same time is fine
        i.frame_start = us(100);
        i.exposure_start = us(200);
        CHECK(send(7, 0) == texts{"frame 7 row 0: arrives before its frame starts",
                                  "frame 7 row 0: arrives before its exposure starts"});
    }
    SECTION("receiver") {
        r.answer = tlm::TLM_INCOMPLETE_RESPONSE;
        CHECK(send(6, 0) == texts{"frame 6 row 0: the receiver answered TLM_INCOMPLETE_RESPONSE"});
        r.answer = tlm::TLM_OK_RESPONSE;
        r.extra = 1e-9;
        CHECK(send(6, 1) == texts{"frame 6 row 1: the receiver changed the delay"});
    }
    SECTION("attributes") {
        unsigned char data[20] = {}, enable[20] = {};
        request<row_extension> q(1, 21);
        q.e.info = i;
        q.e.info.frame = 6;
        q.e.info.row = 0;
        q.p.set_command(tlm::TLM_READ_COMMAND);
        q.p.set_data_ptr(data);
        q.p.set_byte_enable_ptr(enable);
        q.p.set_streaming_width(7);
        q.p.set_response_status(tlm::TLM_OK_RESPONSE);
        q.p.set_dmi_allowed(true);
        sc_time delay = us(100);
        const std::string w = "frame 6 row 0: ";
        CHECK(added(c, [&] { s.out->b_transport(q.p, delay); }) ==
              texts{w + "byte enables are not allowed",
                    w + "streaming width 7 is not the data length 21",
                    w + "sent with a response already in it", w + "sent with DMI allowed",
                    w + "the command is not write", w + "the data pointer is not null",
                    w + "address 1 is not the row",
                    w + "data length 21 is not the 20 bytes of the packed row"});
        request<packet_extension> stranger(0, 4);
        CHECK(added(c, [&] { s.out->b_transport(stranger.p, delay); }) ==
              texts{"transaction 10: carries no row"});
    }
}

TEST_CASE("packet checker") {
    sender<packet_checker> s("sender");
    packet_checker c("checker");
    receiver r("receiver");
    s.out.bind(c.packets_in);
    c.packets_out.bind(r.in);

    std::uint64_t next = 0;
    double t = 0;
    const auto send = [&](unsigned identifier, unsigned word, bool is_long, std::uint32_t payload) {
        packet_info i;
        i.header[0] = static_cast<std::uint8_t>(identifier);
        i.header[1] = static_cast<std::uint8_t>(word);
        i.header[2] = static_cast<std::uint8_t>(word >> 8);
        i.is_long = is_long;
        i.payload_bytes = payload;
        t += 1;
        return added(c, [&] { send_packet(s.out, i, next++, us(t)); });
    };

    CHECK(send(0x00, 1, false, 0) == texts{});
    CHECK(send(0x02, 1, false, 0) == texts{});       // line start
    CHECK(send(0x2B, 5070, true, 5070) == texts{});  // RAW10
    CHECK(send(0x40, 9, false, 0) == texts{});       // another virtual channel
    CHECK(send(0x01, 1, false, 0) == texts{});
    CHECK(send(0x41, 9, false, 0) == texts{});
    c.finish();
    CHECK(c.violations().empty());
    CHECK(r.seen == 6);

    SECTION("headers and frames") {
        CHECK(send(0x2B, 10, true, 10) == texts{"packet 6: long packet outside a frame"});
        CHECK(send(0x01, 2, false, 0) == texts{"packet 7: frame end without frame start"});
        CHECK(send(0x00, 2, false, 0) == texts{});
        CHECK(send(0x00, 2, false, 0) == texts{"packet 9: frame start within a frame"});
        CHECK(send(0x2B, 11, true, 10) ==
              texts{"packet 10: word count 11 is not the 10 payload bytes"});
        CHECK(send(0x05, 10, true, 10) ==
              texts{"packet 11: data type 5 does not fit a long packet"});
        CHECK(send(0x2B, 0, false, 0) ==
              texts{"packet 12: data type 43 does not fit a short packet"});
        CHECK(added(c, [&] { c.finish(); }) == texts{"frame 2 on virtual channel 0 was not ended"});
        CHECK(send(0x01, 3, false, 0) ==
              texts{"packet 13: frame end of frame 3, but frame 2 was started"});
    }
    SECTION("order, time, receiver") {
        next = 8;
        CHECK(send(0x02, 0, false, 0) == texts{"packet 8: packet 6 was expected"});
        t = 2;
        CHECK(send(0x02, 0, false, 0) ==
              texts{"packet 9: leaves the lanes at 3 us, before the last packet at 7 us"});
        r.answer = tlm::TLM_GENERIC_ERROR_RESPONSE;
        r.extra = 1e-9;
        CHECK(send(0x02, 0, false, 0) ==
              texts{"packet 10: the receiver answered TLM_GENERIC_ERROR_RESPONSE",
                    "packet 10: the receiver changed the delay"});
    }
    SECTION("bytes and attributes") {
        worker_pool pool(0);
        packet_info i;
        i.is_long = true;
        i.payload_bytes = 10;
        i.header[0] = 0x2B;
        i.header[1] = 10;
        i.bytes = lazy_plane<std::uint8_t>::start(pool, 11, 1, 1,
                                                  [](plane<std::uint8_t>&, unsigned, unsigned) {});
        send(0x00, 2, false, 0);
        CHECK(added(c, [&] { send_packet(s.out, i, next++, us(t)); }) ==
              texts{"packet 7: the bytes do not hold payload and checksum"});
        unsigned char data[8] = {};
        request<packet_extension> q(8, 5);
        q.e.info.payload_bytes = 1;
        q.e.info.header[0] = 2;
        q.p.set_data_ptr(data);
        q.p.set_command(tlm::TLM_READ_COMMAND);
        sc_time delay = us(100);
        CHECK(added(c, [&] { s.out->b_transport(q.p, delay); }) ==
              texts{"packet 8: the command is not write", "packet 8: the data pointer is not null",
                    "packet 8: data length 5 is not the 4 bytes on the wire",
                    "packet 8: short packet with a payload"});
        request<row_extension> stranger(9, 4);
        CHECK(added(c, [&] { s.out->b_transport(stranger.p, delay); }) ==
              texts{"packet 9: carries no packet"});
    }
}

TEST_CASE("burst checker") {
    sender<burst_checker> s("sender");
    burst_checker c("checker");
    receiver r("receiver");
    s.out.bind(c.bursts_in);
    c.bursts_out.bind(r.in);

    unsigned char data[4096] = {};
    sc_time delay = us(5);
    const auto send = [&](tlm::tlm_command command, unsigned bytes) {
        return added(c, [&] { burst(s.out, command, 256, data, bytes, delay); });
    };
    r.extra = 1e-6;
    CHECK(send(tlm::TLM_READ_COMMAND, 1) == texts{});
    CHECK(send(tlm::TLM_WRITE_COMMAND, 4096) == texts{});
    CHECK(delay == us(7));
    r.answer = tlm::TLM_ADDRESS_ERROR_RESPONSE;  // an answer, too
    CHECK(send(tlm::TLM_READ_COMMAND, 64) == texts{});

    CHECK(send(tlm::TLM_READ_COMMAND, 0) ==
          texts{"read of 0 bytes at 256: a burst has 1 .. 4096 bytes"});
    CHECK(send(tlm::TLM_WRITE_COMMAND, 4097) ==
          texts{"write of 4097 bytes at 256: a burst has 1 .. 4096 bytes"});
    CHECK(send(tlm::TLM_IGNORE_COMMAND, 4) ==
          texts{"ignore of 4 bytes at 256: the command is neither read nor write"});
    r.extra = -1e-6;
    r.answer = tlm::TLM_INCOMPLETE_RESPONSE;
    r.meddle = true;
    CHECK(send(tlm::TLM_READ_COMMAND, 4) ==
          texts{"read of 4 bytes at 256: the delay shrank",
                "read of 4 bytes at 256: no response was given",
                "read of 4 bytes at 256: data pointer or length were changed on the way"});
    r.extra = 0;
    r.answer = tlm::TLM_OK_RESPONSE;
    r.meddle = false;

    tlm::tlm_generic_payload p;
    p.set_write();
    p.set_data_ptr(data);
    p.set_data_length(8);
    p.set_streaming_width(4);
    p.set_byte_enable_ptr(data);
    p.set_response_status(tlm::TLM_OK_RESPONSE);
    CHECK(added(c, [&] { s.out->b_transport(p, delay); }) ==
          texts{"write of 8 bytes at 0: byte enables are not allowed",
                "write of 8 bytes at 0: streaming width 4 is not the data length 8",
                "write of 8 bytes at 0: sent with a response already in it"});

    // Debug accesses and DMI pass in both directions.
    CHECK(s.out->transport_dbg(p) == 8);
    tlm::tlm_dmi dmi;
    CHECK(s.out->get_direct_mem_ptr(p, dmi));
    CHECK(dmi.get_dmi_ptr() == r.bytes);
    r.in->invalidate_direct_mem_ptr(0, 63);
    CHECK(s.invalidated == 1);
    // Far too many violations do not fill the memory.
    for (int i = 0; i < 3000; ++i)
        send(tlm::TLM_READ_COMMAND, 0);
    CHECK(c.violations().size() == 1000);
    CHECK(c.transactions() == 3008);
}

namespace {

/// Both ends of a hop, which do what they are told.
struct phase_ends : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<phase_ends> out{"out"};
    tlm_utils::simple_target_socket<phase_ends> in{"in"};
    tlm::tlm_sync_enum answer = tlm::TLM_ACCEPTED;
    tlm::tlm_phase answer_phase = tlm::UNINITIALIZED_PHASE;  ///< unchanged
    double answer_extra = 0;                                 ///< us on the delay
    explicit phase_ends(sc_core::sc_module_name name) : sc_module(name) {
        out.register_nb_transport_bw(this, &phase_ends::called);
        in.register_nb_transport_fw(this, &phase_ends::called);
    }
    tlm::tlm_sync_enum called(tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_time& delay) {
        if (answer_phase != tlm::UNINITIALIZED_PHASE)
            phase = answer_phase;
        delay = us(delay.to_seconds() * 1e6 + answer_extra);
        return answer;
    }
};

}  // namespace

TEST_CASE("phase checker") {
    struct hop {
        phase_ends e{sc_core::sc_gen_unique_name("ends")};
        phase_checker c{sc_core::sc_gen_unique_name("checker")};
        std::size_t told = 0;
        hop() {
            e.out.bind(c.bursts_in);
            c.bursts_out.bind(e.in);
        }
        std::vector<std::string> news() {
            const auto& all = c.violations();
            std::vector<std::string> added(all.begin() + static_cast<std::ptrdiff_t>(told),
                                           all.end());
            told = all.size();
            return added;
        }
    };
    hop hops[5];
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    using texts = std::vector<std::string>;
    payload_pool pool;
    const auto fresh = [&]() -> tlm::tlm_generic_payload& {
        auto& p = pool.take();
        p.set_command(tlm::TLM_READ_COMMAND);
        p.set_address(64);
        p.set_data_length(4);
        p.set_streaming_width(4);
        p.set_dmi_allowed(false);
        p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        return p;
    };
    hop* h = hops;
    const auto call = [&](bool forward, tlm::tlm_generic_payload& p, tlm::tlm_phase phase,
                          double delay, tlm::tlm_sync_enum answer,
                          tlm::tlm_phase answer_phase = tlm::UNINITIALIZED_PHASE,
                          double extra = 0) {
        h->e.answer = answer;
        h->e.answer_phase = answer_phase;
        h->e.answer_extra = extra;
        sc_time d = us(delay);
        if (forward)
            h->e.out->nb_transport_fw(p, phase, d);
        else
            h->e.in->nb_transport_bw(p, phase, d);
    };
    constexpr auto accepted = tlm::TLM_ACCEPTED;
    constexpr auto updated = tlm::TLM_UPDATED;
    constexpr auto completed = tlm::TLM_COMPLETED;

    // All ways through the phases.
    h = &hops[0];
    {
        auto& a = fresh();
        call(true, a, tlm::BEGIN_REQ, 1, accepted);
        call(false, a, tlm::END_REQ, 2, accepted);
        a.set_response_status(tlm::TLM_OK_RESPONSE);
        call(false, a, tlm::BEGIN_RESP, 3, accepted);
        call(true, a, tlm::END_RESP, 3, completed);
        auto& b = fresh();
        call(true, b, tlm::BEGIN_REQ, 0, updated, tlm::END_REQ, 1);
        b.set_response_status(tlm::TLM_OK_RESPONSE);
        call(false, b, tlm::BEGIN_RESP, 1, updated, tlm::END_RESP);
        auto& d = fresh();
        call(true, d, tlm::BEGIN_REQ, 0, accepted);
        d.set_response_status(tlm::TLM_OK_RESPONSE);
        call(false, d, tlm::BEGIN_RESP, 1, completed);
        h->c.finish();
        CHECK(h->news().empty());
        CHECK(h->c.begin_req() == 3);
        CHECK(h->c.end_req() == 2);
        CHECK(h->c.begin_resp() == 3);
        CHECK(h->c.end_resp() == 2);
    }
    // Exclusion rules.
    h = &hops[1];
    {
        auto &a = fresh(), &b = fresh();
        call(true, a, tlm::BEGIN_REQ, 0, accepted);
        call(true, b, tlm::BEGIN_REQ, 0, updated, tlm::END_REQ);
        CHECK(h->news() == texts{"burst 2 at 64: BEGIN_REQ before END_REQ of the burst before"});
        a.set_response_status(tlm::TLM_OK_RESPONSE);
        b.set_response_status(tlm::TLM_OK_RESPONSE);
        call(false, a, tlm::BEGIN_RESP, 0, accepted);
        call(false, b, tlm::BEGIN_RESP, 0, accepted);
        CHECK(h->news() == texts{"burst 2 at 64: BEGIN_RESP before END_RESP of the burst before"});
    }
    // Order of phases.
    h = &hops[2];
    {
        auto& a = fresh();
        call(true, a, tlm::END_RESP, 0, completed);
        CHECK(h->news() == texts{"phase 4 of a burst that is not under way"});
        call(true, a, tlm::BEGIN_REQ, 0, accepted);
        call(true, a, tlm::BEGIN_REQ, 0, accepted);
        CHECK(h->news() == texts{"burst 2 at 64: BEGIN_REQ of a burst that is under way",
                                 "burst 2 at 64: BEGIN_REQ before END_REQ of the burst before"});
        call(false, a, tlm::END_REQ, 0, accepted);
        call(false, a, tlm::END_REQ, 0, accepted);
        CHECK(h->news() == texts{"burst 2 at 64: END_REQ after phase 2"});
        call(false, a, tlm::BEGIN_RESP, 0, completed);
        CHECK(h->news() == texts{"burst 2 at 64: BEGIN_RESP without a response",
                                 "burst 2 at 64: complete without a response"});
        auto& b = fresh();
        call(true, b, tlm::BEGIN_REQ, 0, accepted);
        call(true, b, tlm::END_REQ, 0, accepted);
        CHECK(h->news() == texts{"phase 2 from the wrong side"});
        h->c.finish();
        CHECK(h->news() == texts{"burst 3 at 64 is not complete: its last phase was 2"});
    }
    // Times and answers.
    h = &hops[3];
    {
        auto& a = fresh();
        call(true, a, tlm::BEGIN_REQ, 5, updated, tlm::END_REQ, -1);
        CHECK(h->news() == texts{"the delay shrank in a call of nb_transport",
                                 "burst 1 at 64: phase 2 at 4 us, before the last one at 5 us"});
        a.set_response_status(tlm::TLM_OK_RESPONSE);
        call(false, a, tlm::BEGIN_RESP, 3, completed);
        CHECK(h->news() == texts{"burst 1 at 64: phase 3 at 3 us, before the last one at 4 us"});
        auto& b = fresh();
        call(true, b, tlm::BEGIN_REQ, 0, accepted, tlm::END_REQ);
        CHECK(h->news() == texts{"TLM_ACCEPTED with another phase than that of the call"});
        call(false, b, tlm::END_REQ, 0, completed);
        CHECK(h->news() == texts{"burst 2 at 64: TLM_COMPLETED by the initiator before BEGIN_RESP",
                                 "burst 2 at 64: complete without a response"});
    }
    // Payloads.
    h = &hops[4];
    {
        tlm::tlm_generic_payload p;
        p.set_data_length(4);
        p.set_streaming_width(4);
        call(true, p, tlm::BEGIN_REQ, 0, accepted);
        CHECK(h->news() == texts{"burst 1 at 0: BEGIN_REQ of a payload without memory manager"});
        auto& a = fresh();
        a.set_response_status(tlm::TLM_OK_RESPONSE);
        call(false, p, tlm::END_REQ, 0, accepted);
        call(true, a, tlm::BEGIN_REQ, 0, updated, tlm::END_REQ);
        CHECK(h->news() == texts{"burst 2 at 64: sent with a response already in it"});
        a.set_data_length(8);
        call(false, a, tlm::BEGIN_RESP, 0, completed);
        CHECK(h->news() == texts{"burst 2 at 64: command or length were changed on the way"});
    }
}
