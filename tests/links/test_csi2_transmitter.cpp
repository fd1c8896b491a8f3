// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <numeric>
#include <systemc>
#include <vector>

#include "core/diagnostics.h"
#include "core/payload.h"
#include "links/csi2_receiver.h"
#include "links/csi2_transmitter.h"
#include "tests/registers/counters.h"

using namespace ocellus;
using namespace ocellus::links;
using sc_core::sc_time;

namespace {

constexpr auto rd = tlm::TLM_READ_COMMAND;
constexpr auto wr = tlm::TLM_WRITE_COMMAND;
constexpr std::uint32_t memory_bytes = 1 << 16;

/// Everything around a transmitter: rows, a memory of fixed latency, a receiver that keeps times.
struct world : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<world> rows_out{"rows_out"};
    tlm_utils::simple_initiator_socket<world> registers_out{"registers_out"};
    tlm_utils::simple_target_socket<world> memory_in{"memory_in"};
    tlm_utils::simple_target_socket<world> packets_in{"packets_in"};
    std::function<void()> body;

    struct seen {
        csi2_header header;
        sc_time begin, end;
        bool has_bytes = false;
    };
    std::vector<seen> packets;
    std::vector<std::shared_ptr<const csi2_frame>> frames;
    csi2_receiver receiver{
        [this](std::shared_ptr<const csi2_frame> f) { frames.push_back(std::move(f)); }};
    std::vector<std::uint8_t> memory = std::vector<std::uint8_t>(memory_bytes);

    explicit world(sc_core::sc_module_name name) : sc_module(name) {
        SC_HAS_PROCESS(world);
        SC_THREAD(run);
        memory_in.register_b_transport(this, &world::serve);
        packets_in.register_b_transport(this, &world::receive);
    }
    void run() {
        if (body)
            body();
    }
    void serve(tlm::tlm_generic_payload& p, sc_time& delay) {
        if (p.get_address() + p.get_data_length() > memory_bytes) {
            p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
            return;
        }
        if (p.get_data_ptr())
            std::copy_n(memory.data() + p.get_address(), p.get_data_length(), p.get_data_ptr());
        delay += sc_time(10, sc_core::SC_NS);
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    }
    void receive(tlm::tlm_generic_payload& p, sc_time& delay) {
        const packet_info* info = packet_of(p);
        REQUIRE(info);
        CHECK(p.get_address() == packets.size());
        CHECK(p.get_data_length() == info->wire_bytes());
        seen s;
        REQUIRE(decode_header(info->header, s.header) == header_check::good);
        s.begin = sc_core::sc_time_stamp();
        s.end = s.begin + delay;
        s.has_bytes = info->bytes != nullptr;
        if (!packets.empty())
            CHECK(s.begin >= packets.back().end);  // one wire
        packets.push_back(s);
        receiver.receive(*info);
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    }
    std::uint32_t get(std::uint64_t offset) {
        std::uint32_t v = 0;
        sc_time delay;
        CHECK(burst(registers_out, rd, offset, &v, 4, delay) == tlm::TLM_OK_RESPONSE);
        return v;
    }
    void set(std::uint64_t offset, std::uint32_t v) {
        sc_time delay;
        CHECK(burst(registers_out, wr, offset, &v, 4, delay) == tlm::TLM_OK_RESPONSE);
    }
    void send_metadata(std::uint32_t address, std::uint32_t length, std::uint32_t frame,
                       std::uint32_t flags = csi2_transmitter::send_start) {
        set(0x20, address);
        set(0x24, length);
        set(0x28, frame);
        set(0x2C, flags);
    }
};

std::uint16_t pixel(unsigned x, unsigned y, unsigned frame) {
    return static_cast<std::uint16_t>((x * 31 + y * 7 + frame * 211) & 0x3FF);
}

/// 2 lanes at 800 Mb/s and 1 us of overhead: a byte pair takes 10 ns.
csi2_parameters simple() {
    csi2_parameters p;
    p.lane_rate = 800e6;
    p.hs_overhead = 1e-6;
    return p;
}
constexpr double short_time = 1e-6 + 2 * 10e-9;
constexpr double line_time(unsigned payload) {
    return 1e-6 + (payload + 6) / 2 * 10e-9;
}

struct test_bench {
    worker_pool pool;
    statistics stats;
    block_context ctx;
    egress_ledger ledger{stats};
    csi2_transmitter tx;
    world w{"w"};
    sc_core::sc_signal<bool> irq{"irq"};

    explicit test_bench(const csi2_parameters& p = simple(), bool timing_only = false,
                        unsigned threads = 1)
        : pool(threads), ctx{pool, stats, 1, timing_only}, tx("csi2", p, ctx, ledger) {
        w.rows_out.bind(tx.rows_in);
        w.registers_out.bind(tx.registers_in);
        tx.memory_out.bind(w.memory_in);
        tx.packets_out.bind(w.packets_in);
        tx.sent_irq(irq);
    }

    std::shared_ptr<lazy_plane<std::uint16_t>> image(unsigned width, unsigned height,
                                                     unsigned frame) {
        return lazy_plane<std::uint16_t>::start(
            pool, width, height, 4, [=](plane<std::uint16_t>& out, unsigned first, unsigned last) {
                for (unsigned y = first; y < last; ++y)
                    for (unsigned x = 0; x < width; ++x)
                        out.row(y)[x] = pixel(x, y, frame);
            });
    }
    /// Sends the rows of one frame, `period` seconds apart, from now on.
    void frame(unsigned width, unsigned height, unsigned number, double period,
               bool ahead = false) {
        row_info r;
        r.frame = number;
        r.width = width;
        r.height = height;
        r.bits = 10;
        if (!ctx.timing_only)
            r.raw = image(width, height, number);
        for (unsigned y = 0; y < height; ++y) {
            r.row = y;
            const sc_time step(period, sc_core::SC_SEC);
            CHECK(send_row(w.rows_out, r, ahead ? step * y : sc_core::SC_ZERO_TIME));
            if (!ahead)
                sc_core::wait(step);
        }
        if (ahead)
            sc_core::wait(sc_time(period * height, sc_core::SC_SEC));
    }
    void check_image(std::size_t i, unsigned width, unsigned height, unsigned number) {
        REQUIRE(i < w.frames.size());
        auto decoded = decode_image(pool, w.frames[i]);
        REQUIRE(decoded);
        CHECK(decoded->crc_errors() == 0);
        REQUIRE(decoded->width == width);
        REQUIRE(decoded->height == height);
        for (unsigned y = 0; y < height; ++y)
            for (unsigned x = 0; x < width; ++x)
                REQUIRE(decoded->raw->row(y)[x] == pixel(x, y, number));
    }
};

}  // namespace

TEST_CASE("rows become packets at the times of the closed form") {
    test_bench t;
    const unsigned width = 400, payload = 500;
    const double period = 10e-6;
    t.w.body = [&] {
        t.frame(width, 5, 0, period);
        t.frame(width, 5, 1, period);
    };
    sc_core::sc_start();
    const auto& p = t.w.packets;
    REQUIRE(p.size() == 2 * 7);
    CHECK(p[0].header.type == csi2_data_type::frame_start);
    CHECK(p[0].header.value == 1);
    CHECK(p[0].begin == sc_core::SC_ZERO_TIME);
    CHECK(p[0].end.to_seconds() == Approx(short_time));
    CHECK(p[1].begin == p[0].end);
    CHECK(p[1].end.to_seconds() == Approx(short_time + line_time(payload)));
    CHECK(p[1].header.value == payload);
    CHECK(p[1].header.type == csi2_data_type::raw10);
    for (unsigned y = 1; y < 5; ++y) {
        CHECK(p[y + 1].begin == sc_time(period * y, sc_core::SC_SEC));
        CHECK((p[y + 1].end - p[y + 1].begin).to_seconds() == Approx(line_time(payload)));
    }
    CHECK(p[6].header.type == csi2_data_type::frame_end);
    CHECK(p[6].begin == p[5].end);
    CHECK(p[7].header.value == 2);
    t.check_image(0, width, 5, 0);
    t.check_image(1, width, 5, 1);
    CHECK(t.w.receiver.errors() == 0);
    CHECK(t.tx.idle());
    CHECK(t.tx.frames_sent() == 2);
    CHECK(t.ledger.bytes(egress_port::csi2) == 2 * (5 * (payload + 6) + 8));
    CHECK(t.ledger.bytes(egress_port::csi2, egress_kind::pixels) == 2 * 5 * payload);
    CHECK(t.ledger.bytes_of_type(egress_port::csi2, 0x2B) == 2 * 5 * (payload + 6));
    CHECK(t.stats.value("egress.total.pixel_bytes") == 5000);
    CHECK(t.stats.value("csi2.wire_busy") == Approx(2 * (5 * line_time(payload) + 2 * short_time)));
}

TEST_CASE("the lines of the public full-resolution mode take 22.84 us of their 24.06 us") {
    csi2_parameters p;
    p.hs_overhead = 0;
    test_bench t(p, true);
    t.w.body = [&] { t.frame(4056, 40, 0, 17900 / 744e6); };
    sc_core::sc_start();
    REQUIRE(t.w.packets.size() == 42);
    const double line = (t.w.packets[20].end - t.w.packets[20].begin).to_seconds();
    CHECK(line == Approx(22.838e-6 + 6 / 2 * 8 / 888e6).epsilon(1e-4));
    CHECK(t.tx.lines_lost() == 0);
    // FS at the start delays the first row; later rows begin as they come.
    CHECK(t.w.packets[20].begin == sc_time(17900 / 744e6, sc_core::SC_SEC) * 19);
}

namespace {

void check_crowded_times(bool timing_only, bool ahead) {
    csi2_parameters p = simple();
    p.fifo_lines = 3;
    p.metadata_line = 100;
    test_bench t(p, timing_only);
    t.w.body = [&] {
        t.w.send_metadata(100, 450, 0);
        t.frame(400, 20, 0, 2e-6, ahead);
        sc_core::wait(100, sc_core::SC_US);
    };
    sc_core::sc_start();
    std::vector<std::pair<sc_time, sc_time>> times;
    for (const auto& s : t.w.packets) {
        times.emplace_back(s.begin, s.end);
        if (!is_short(s.header.type))
            CHECK(s.has_bytes == !timing_only);
    }
    // By hand, in ns: FS leaves at 1020, then rows every 3530 without a pause; a row at 2000 y
    // finds fewer than three held 13 times, 7 are lost. Image: 1020 + 13 * 3530 + 1020. Metadata
    // waits for all of it: FS, four lines of 1530, one of 1280, FE.
    CHECK(t.tx.lines_lost() == 7);
    REQUIRE(times.size() == 1 + 13 + 1 + 1 + 5 + 1);
    CHECK(times.back().second.to_seconds() ==
          Approx(1e-9 * (1020 + 13 * 3530 + 1020 + 1020 + 4 * 1530 + 1280 + 1020)));
    for (std::size_t i = 1; i < times.size(); ++i)
        CHECK(times[i].first == times[i - 1].second);
}

}  // namespace

TEST_CASE("times with data") {
    check_crowded_times(false, false);
}
TEST_CASE("times without data are the same") {
    check_crowded_times(true, false);
}
TEST_CASE("times of rows announced ahead are the same") {
    check_crowded_times(false, true);
}

TEST_CASE("a row that finds the FIFO full is lost, counted and flagged") {
    csi2_parameters p = simple();
    p.fifo_lines = 2;
    test_bench t(p);
    // A line takes 3.53 us, rows come every 2 us. FS first: 1.02 us.
    t.w.body = [&] {
        t.frame(400, 8, 0, 2e-6);
        sc_core::wait(50, sc_core::SC_US);
        CHECK((t.w.get(0x08) & csi2_transmitter::status_lines_lost) != 0);
        CHECK(t.w.get(0x10) == t.tx.lines_lost());
        t.frame(400, 8, 1, 10e-6);
    };
    sc_core::sc_start();
    CHECK(t.stats.value("csi2.frames_damaged") == 1);
    check_counters(t.tx.registers(), t.stats, "csi2", {{"MESSAGES", "metadata_messages"}}, 11);
    // By hand: row 0 leaves 1.02..4.55, row 1 (2 us) ..8.08; row 2 (4 us) is lost; row 3 (6 us) is
    // held (row 0 has left) ..11.61; row 4 (8 us) lost; row 5 (10 us) ..15.14; row 6 (12 us)
    // ..18.67; row 7 (14 us) lost, though it is the last: the frame end packet goes all the same.
    REQUIRE(t.w.frames.size() == 2);
    CHECK(t.tx.lines_lost() == 3);
    CHECK(t.w.frames[0]->image.size() == 5);
    CHECK(t.w.frames[0]->image[2].bytes_row == 3);
    CHECK(t.w.frames[0]->image[4].bytes_row == 6);
    CHECK(t.stats.value("csi2.frames_damaged") == 1);
    CHECK(t.stats.value("csi2.fifo_peak") == 2);
    t.check_image(1, 400, 8, 1);
}

namespace {

std::uint64_t lost_with_second_row_at(double nanoseconds) {
    csi2_parameters p = simple();
    p.fifo_lines = 1;
    test_bench t(p, true);
    t.w.body = [&] {
        row_info r;
        r.width = 400;
        r.height = 2;
        r.bits = 10;
        send_row(t.w.rows_out, r, sc_core::SC_ZERO_TIME);
        r.row = 1;
        send_row(t.w.rows_out, r, sc_time(nanoseconds, sc_core::SC_NS));
    };
    sc_core::sc_start();
    REQUIRE(t.w.frames.size() == 1);
    return t.tx.lines_lost();
}

}  // namespace

// The first row leaves 1020 + 3530 ns after its arrival.
TEST_CASE("a row that comes when the line becomes free is taken") {
    CHECK(lost_with_second_row_at(4550) == 0);
}
TEST_CASE("a row that comes just before is lost") {
    CHECK(lost_with_second_row_at(4549) == 1);
}

namespace {

/// Rows of a public mode with the default link, a FIFO of two lines, and metadata that never ends.
void check_metadata_costs_no_row(unsigned width, double line_seconds) {
    csi2_parameters p;
    p.fifo_lines = 2;
    test_bench t(p, true);
    t.w.body = [&] {
        t.w.send_metadata(0, memory_bytes, 0);
        t.frame(width, 400, 0, line_seconds);
    };
    sc_core::sc_start();
    std::size_t inside = 0;
    for (const auto& s : t.w.packets)
        if (s.header.type == csi2_data_type::embedded && s.end.to_seconds() < 400 * line_seconds)
            ++inside;
    CHECK(inside > 10);
    CHECK(t.tx.lines_lost() == 0);
    CHECK(t.w.receiver.errors() == 0);
}

}  // namespace

TEST_CASE("metadata between the rows of the full-resolution mode costs no row") {
    check_metadata_costs_no_row(4056, 17900 / 744e6);
}
TEST_CASE("metadata between the rows of the 2x2 mode costs no row") {
    check_metadata_costs_no_row(2028, 9398 / 744e6);
}

TEST_CASE("metadata is fetched, sent between rows on its own channel, and acknowledged") {
    test_bench t;
    std::iota(t.w.memory.begin(), t.w.memory.end(), std::uint8_t{1});
    double raised = 0;
    t.w.body = [&] {
        t.frame(400, 4, 0, 10e-6);
        t.w.send_metadata(0x123, 6000, 41);
        row_info r;
        r.frame = 1;
        r.width = 400;
        r.height = 10;
        r.bits = 10;
        r.raw = t.image(400, 10, 1);
        for (r.row = 0; r.row < 10; ++r.row) {
            send_row(t.w.rows_out, r, sc_core::SC_ZERO_TIME);
            sc_core::wait(10, sc_core::SC_US);
            if (t.irq.read() && raised == 0)
                raised = sc_core::sc_time_stamp().to_seconds();
        }
        CHECK(t.irq.read());
        CHECK(t.w.get(0x08) == csi2_transmitter::status_sent);
        t.w.set(0x08, csi2_transmitter::status_sent);
        sc_core::wait(1, sc_core::SC_NS);
        CHECK_FALSE(t.irq.read());
    };
    sc_core::sc_start();
    REQUIRE(t.w.frames.size() == 3);
    CHECK(t.w.receiver.errors() == 0);
    const auto& f = t.w.frames[1];
    CHECK(f->virtual_channel == 1);
    CHECK(f->number == 42);
    CHECK(f->complete);
    REQUIRE(f->embedded.size() == 3);
    CHECK(f->embedded[0].payload_bytes == 2560);
    CHECK(f->embedded[2].payload_bytes == 6000 - 2 * 2560);
    std::vector<std::uint8_t> bytes;
    CHECK(join_lines(f->embedded, bytes) == 0);
    CHECK(bytes ==
          std::vector<std::uint8_t>(t.w.memory.begin() + 0x123, t.w.memory.begin() + 0x123 + 6000));
    t.check_image(2, 400, 10, 1);
    CHECK(t.tx.lines_lost() == 0);
    // Between the image's first and last row there are metadata packets.
    std::size_t inside = 0, first_row = 0;
    for (std::size_t i = 7; i < t.w.packets.size(); ++i)
        if (t.w.packets[i].header.virtual_channel == 1)
            ++inside;
        else if (first_row == 0)
            first_row = i;
    CHECK(inside >= 3);
    CHECK(raised > 0);
    CHECK(t.ledger.bytes(egress_port::csi2, egress_kind::metadata) == 6000);
    CHECK(t.stats.value("csi2.metadata_messages") == 1);
}

TEST_CASE("without an image only metadata leaves, and no pixel byte") {
    test_bench t;
    t.w.body = [&] {
        t.w.send_metadata(0, 152, 0);
        sc_core::wait(t.irq.posedge_event());
        // One fetch of 10 ns, then FS, the line and FE without a pause.
        CHECK(sc_core::sc_time_stamp().to_seconds() ==
              Approx(10e-9 + 2 * short_time + line_time(152)).margin(15e-9));
    };
    sc_core::sc_start();
    CHECK(t.ledger.total(egress_kind::pixels) == 0);
    CHECK(t.ledger.total(egress_kind::metadata) == 152);
    CHECK(t.ledger.total() == 152 + 6 + 8);
    CHECK(t.tx.idle());
}

TEST_CASE("an input tensor in the metadata counts as pixels") {
    test_bench t;
    t.w.body = [&] {
        t.w.send_metadata(0, 3000, 0,
                          csi2_transmitter::send_start | csi2_transmitter::send_pixel_derived);
    };
    sc_core::sc_start();
    CHECK(t.ledger.total(egress_kind::pixels) == 3000);
    CHECK(t.ledger.total(egress_kind::metadata) == 0);
}

TEST_CASE("metadata that cannot be sent is refused or cut, visibly") {
    test_bench t;
    t.w.body = [&] {
        t.w.send_metadata(0, 0, 0);
        CHECK(t.w.get(0x08) == csi2_transmitter::status_rejected);
        for (unsigned i = 0; i < 5; ++i)
            t.w.send_metadata(0, 100, i);
        t.w.set(0x08, csi2_transmitter::status_rejected);
        CHECK(t.w.get(0x30) == 4);
        sc_core::wait(100, sc_core::SC_US);
        CHECK(t.w.get(0x30) == 0);
        CHECK(t.w.get(0x34) == 4);
        t.w.send_metadata(memory_bytes - 2600, 4000, 9);
        sc_core::wait(100, sc_core::SC_US);
        CHECK((t.w.get(0x08) & csi2_transmitter::status_error) != 0);
    };
    sc_core::sc_start();
    REQUIRE(t.w.frames.size() == 5);
    CHECK(t.w.frames[4]->embedded.size() == 1);
    CHECK(t.stats.value("csi2.metadata_rejected") == 2);
    CHECK(t.stats.value("csi2.metadata_failed") == 1);
    check_counters(t.tx.registers(), t.stats, "csi2", {{"MESSAGES", "metadata_messages"}}, 11);
}

TEST_CASE("LANES takes effect at the next packet and refuses nonsense") {
    test_bench t;
    t.w.body = [&] {
        t.frame(400, 1, 0, 10e-6);
        t.w.set(0x00, 4);
        t.frame(400, 1, 1, 10e-6);
        t.w.set(0x00, 3);
        CHECK(t.w.get(0x00) == 4);
    };
    sc_core::sc_start();
    const auto& p = t.w.packets;
    REQUIRE(p.size() == 6);
    CHECK((p[1].end - p[1].begin).to_seconds() == Approx(1e-6 + 253 * 10e-9));
    CHECK((p[4].end - p[4].begin).to_seconds() == Approx(1e-6 + 127 * 10e-9));
}

TEST_CASE("line synchronisation packets surround each row") {
    csi2_parameters p = simple();
    p.line_sync = true;
    test_bench t(p);
    t.w.body = [&] { t.frame(40, 3, 0, 20e-6); };
    sc_core::sc_start();
    REQUIRE(t.w.packets.size() == 2 + 3 * 3);
    CHECK(t.w.packets[4].header.type == csi2_data_type::line_start);
    CHECK(t.w.packets[4].header.value == 2);
    CHECK(t.w.packets[6].header.type == csi2_data_type::line_end);
    CHECK(t.w.receiver.errors() == 0);
    t.check_image(0, 40, 3, 0);
}

TEST_CASE("YUV420 goes out as lines of luma and of all three, by turns") {
    test_bench t;
    t.w.body = [&] {
        row_info r;
        r.width = 64;
        r.height = 6;
        r.format = row_format::yuv420;
        r.bytes = lazy_plane<std::uint8_t>::start(
            t.pool, 128, 6, 2, [](plane<std::uint8_t>& out, unsigned first, unsigned last) {
                for (unsigned y = first; y < last; ++y)
                    for (unsigned x = 0; x < 128; ++x)
                        out.row(y)[x] = static_cast<std::uint8_t>(x * 3 + y);
            });
        for (r.row = 0; r.row < 6; ++r.row) {
            r.bits = r.row % 2 ? 16 : 8;
            send_row(t.w.rows_out, r, sc_core::SC_ZERO_TIME);
            sc_core::wait(20, sc_core::SC_US);
        }
    };
    sc_core::sc_start();
    REQUIRE(t.w.frames.size() == 1);
    CHECK(t.w.receiver.errors() == 0);
    CHECK(static_cast<int>(t.w.frames[0]->image_type) == 0x18);  // MIPI CSI-2, table of data types
    REQUIRE(t.w.frames[0]->image.size() == 6);
    for (unsigned y = 0; y < 6; ++y)
        CHECK(t.w.frames[0]->image[y].payload_bytes == (y % 2 ? 128 : 64));
    auto image = decode_image(t.pool, t.w.frames[0]);
    REQUIRE(image);
    CHECK(image->crc_errors() == 0);
    CHECK(image->width == 64);
    for (unsigned y = 0; y < 6; ++y)
        for (unsigned x = 0; x < 128; ++x)
            REQUIRE(image->bytes->row(y)[x] ==
                    (y % 2 || x < 64 ? static_cast<std::uint8_t>(x * 3 + y) : 0));
}

TEST_CASE("ISP bytes pass unchanged as YUV and RGB") {
    test_bench t;
    t.w.body = [&] {
        for (unsigned f = 0; f < 2; ++f) {
            row_info r;
            r.frame = f;
            r.width = 64;
            r.height = 6;
            r.format = f == 0 ? row_format::yuv422 : row_format::rgb888;
            const unsigned n = f == 0 ? 128 : 192;
            r.bits = n * 8 / 64;
            r.bytes = lazy_plane<std::uint8_t>::start(
                t.pool, n, 6, 3, [n](plane<std::uint8_t>& out, unsigned first, unsigned last) {
                    for (unsigned y = first; y < last; ++y)
                        for (unsigned x = 0; x < n; ++x)
                            out.row(y)[x] = static_cast<std::uint8_t>(x * 3 + y);
                });
            for (r.row = 0; r.row < 6; ++r.row) {
                send_row(t.w.rows_out, r, sc_core::SC_ZERO_TIME);
                sc_core::wait(20, sc_core::SC_US);
            }
        }
    };
    sc_core::sc_start();
    REQUIRE(t.w.frames.size() == 2);
    for (unsigned f = 0; f < 2; ++f) {
        CHECK(t.w.frames[f]->image_type ==
              (f == 0 ? csi2_data_type::yuv422_8 : csi2_data_type::rgb888));
        auto image = decode_image(t.pool, t.w.frames[f]);
        REQUIRE(image);
        CHECK(image->crc_errors() == 0);
        CHECK(image->width == 64);
        for (unsigned y = 0; y < 6; ++y)
            for (unsigned x = 0; x < image->bytes->width(); ++x)
                REQUIRE(image->bytes->row(y)[x] == static_cast<std::uint8_t>(x * 3 + y));
    }
}

TEST_CASE("settings that cannot work are the user's mistakes") {
    worker_pool pool(0);
    statistics stats;
    block_context ctx{pool, stats};
    egress_ledger ledger(stats);
    csi2_parameters p;
    p.metadata_vc = 0;
    CHECK_THROWS_AS(csi2_transmitter("csi2", p, ctx, ledger), input_error);
}
