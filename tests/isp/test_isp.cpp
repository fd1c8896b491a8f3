// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <systemc>
#include <vector>

#include "core/payload_checker.h"
#include "core/random.h"
#include "isp/isp.h"
#include "tests/registers/counters.h"

using namespace ocellus;
using namespace ocellus::isp;
using sc_core::sc_time;

namespace {

struct sent_row {
    row_info info;
    sc_time at;
};
struct seen_burst {
    std::uint64_t address;
    std::uint32_t bytes;
    sc_time begin, end;
    bool data;
};
struct seen_irq {
    sc_time at;
    bool level;
};

/// Plays die link, transmitter, memory and firmware around one ISP.
struct test_bench : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<test_bench> rows_out{"rows_out"};
    tlm_utils::simple_target_socket<test_bench> rows_in{"rows_in"};
    tlm_utils::simple_target_socket<test_bench> memory_in{"memory_in"};
    tlm_utils::simple_initiator_socket<test_bench> registers_out{"registers_out"};
    sc_core::sc_signal<bool> irq{"irq"};
    row_checker checker{"checker"};
    worker_pool pool;
    statistics stats;
    block_context ctx;
    ocellus::isp::isp device;

    unsigned width = 4056, height = 3040, frames = 1;
    sc_time line{5434, sc_core::SC_NS};
    unsigned blanking_lines = 10;
    bool functional = false;
    bool acknowledge = true;
    sc_time memory_time{100, sc_core::SC_NS};
    std::function<void(std::uint32_t frame)> before_frame;

    std::vector<sent_row> rows;
    std::vector<seen_burst> bursts;
    std::vector<seen_irq> irqs;
    std::map<std::uint64_t, std::uint8_t> memory;
    std::vector<std::shared_ptr<const lazy_plane<std::uint16_t>>> raws;

    SC_HAS_PROCESS(test_bench);
    explicit test_bench(sc_core::sc_module_name name, const isp_parameters& p = {},
                        unsigned threads = 2, bool timing_only = false)
        : sc_module(name), pool(threads), ctx{pool, stats, 1, timing_only}, device("isp", p, ctx) {
        rows_out.bind(device.rows_in);
        device.rows_out.bind(checker.rows_in);
        checker.rows_out.bind(rows_in);
        device.memory_out.bind(memory_in);
        registers_out.bind(device.registers_in);
        device.tensor_irq.bind(irq);
        rows_in.register_b_transport(this, &test_bench::receive);
        memory_in.register_b_transport(this, &test_bench::store);
        SC_THREAD(feed);
        SC_METHOD(watch);
        sensitive << irq.value_changed_event();
        dont_initialize();
    }

    void write(const std::string& name, std::uint32_t value) {
        REQUIRE(access(tlm::TLM_WRITE_COMMAND, name, value) == tlm::TLM_OK_RESPONSE);
    }
    std::uint32_t read(const std::string& name) {
        std::uint32_t value = 0;
        REQUIRE(access(tlm::TLM_READ_COMMAND, name, value) == tlm::TLM_OK_RESPONSE);
        return value;
    }
    tlm::tlm_response_status access(tlm::tlm_command command, const std::string& name,
                                    std::uint32_t& value) {
        for (const auto& r : device.registers().all())
            if (r.name == name) {
                sc_time none;
                return burst(registers_out, command, r.offset, &value, 4, none);
            }
        return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    }
    double stat(const std::string& name) { return stats.value("isp." + name); }
    sc_time arrival(unsigned frame, unsigned row) const {
        return line * (static_cast<double>(frame) * (height + blanking_lines) + row + 1);
    }

    void feed() {
        for (unsigned f = 0; f < frames; ++f) {
            std::shared_ptr<lazy_plane<std::uint16_t>> raw;
            if (functional)
                raw = lazy_plane<std::uint16_t>::start(
                    pool, width, height, 16,
                    [f](plane<std::uint16_t>& out, unsigned first, unsigned last) {
                        for (unsigned y = first; y < last; ++y)
                            for (unsigned x = 0; x < out.width(); ++x)
                                out.row(y)[x] = static_cast<std::uint16_t>(
                                    64 + (x * 7 + y * 13 + f * 100) % 900);
                    });
            raws.push_back(raw);
            for (unsigned y = 0; y < height; ++y) {
                const sc_time due = arrival(f, y) - line;
                if (due > sc_core::sc_time_stamp())
                    wait(due - sc_core::sc_time_stamp());
                if (y == 0 && before_frame)
                    before_frame(f);
                row_info i;
                i.frame = f;
                i.row = y;
                i.width = width;
                i.height = height;
                i.bits = 10;
                i.frame_start = arrival(f, 0) - line;
                i.raw = raw;
                REQUIRE(send_row(rows_out, i, line));  // the row is complete one line from now
            }
        }
    }
    void receive(tlm::tlm_generic_payload& p, sc_time& delay) {
        if (const row_info* row = row_of(p))
            rows.push_back({*row, sc_core::sc_time_stamp() + delay});
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    }
    void store(tlm::tlm_generic_payload& p, sc_time& delay) {
        const sc_time begin = sc_core::sc_time_stamp() + delay;
        delay += memory_time;
        bursts.push_back({p.get_address(), p.get_data_length(), begin, begin + memory_time,
                          p.get_data_ptr() != nullptr});
        if (p.get_data_ptr())
            for (unsigned i = 0; i < p.get_data_length(); ++i)
                memory[p.get_address() + i] = p.get_data_ptr()[i];
        p.set_response_status(p.get_address() < 0x10000000 ? tlm::TLM_OK_RESPONSE
                                                           : tlm::TLM_ADDRESS_ERROR_RESPONSE);
    }
    void watch() {
        irqs.push_back({sc_core::sc_time_stamp(), irq.read()});
        if (irq.read() && acknowledge)
            write("STATUS", status_tensor_done);
    }
    void set_control(isp_output output, bool tensor, const isp_parameters& p = {}) {
        write("CONTROL", control_value(output, p) | (tensor ? control_tensor_enable : 0));
    }
};

/// Time of a clock number at f Hz in whole picoseconds, by long division of another kind.
sc_time clock_time(long double clock, long double hertz) {
    return sc_time::from_value(
        static_cast<std::uint64_t>(std::floor(clock / hertz * 1e12L + 1e-6L)));
}

}  // namespace

TEST_CASE("isp: 2 pixels per clock at 373 MHz sustain 60 fps of 12.3 Mpx, to the picosecond") {
    test_bench b("bench");
    b.set_control(isp_output::isp, false);
    sc_core::sc_start();
    CHECK(b.stat("rows_lost") == 0);
    CHECK(b.stat("rows_out") == 3040);
    CHECK(b.stat("busy_cycles") == (3040 + 2) * 2028.0);
    CHECK(b.checker.violations().empty());
    CHECK(b.checker.complete_frames() == 1);
    REQUIRE(b.rows.size() == 3040);
    // 2028 clocks are 5.43700 us, 3 ns more than a line: the rows fall behind by 1.7 rows in a
    // frame, and row r is out two rows and 35 clocks after its own turn.
    CHECK(latency_lines() == 2);
    CHECK(latency_clocks() == 35);
    const long double first = std::ceil(5434e-9L * 373e6L);  // clock edge of the first arrival
    for (unsigned r : {0u, 1u, 1000u, 3037u, 3038u, 3039u})
        CHECK(b.rows[r].at == clock_time(first + 2028.0L * (r + 3) + 35, 373e6L));
    CHECK(b.stat("input_rows_peak") == 3);
}

TEST_CASE("isp: 1 pixel per clock at 373 MHz loses rows") {
    isp_parameters p;
    p.pixels_per_clock = 1;
    test_bench b("bench", p);
    b.set_control(isp_output::isp, false);
    sc_core::sc_start();
    // A row takes 4056 clocks = 10.874 us, 2.0011 lines. In 3040 lines the pipeline finishes
    // floor(3039 * 5.434 / 10.874) rows and four are in the buffer at the end.
    const double taken = std::floor(3039 * 5434e-9 * 373e6 / 4056) + 4;
    CHECK(b.stat("rows_lost") == 3040 - taken);
    CHECK(b.stat("rows_out") == taken);
    CHECK(b.stat("input_rows_peak") == 4);
    check_counters(b.device.registers(), b.stats, "isp", {}, 13);
    CHECK((b.read("STATUS") & status_overflow) != 0);
    // Rows keep their numbers.
    unsigned last = 0;
    for (const auto& r : b.rows) {
        CHECK((r.info.row == 0 || r.info.row > last));
        last = r.info.row;
    }
    b.write("STATUS", status_overflow);
    CHECK(b.read("STATUS") == 0);
}

TEST_CASE("isp: raw rows pass unchanged after the bypass latency, none sends nothing") {
    test_bench b("bench");
    b.width = 64;
    b.height = 16;
    b.frames = 3;
    b.functional = true;
    b.before_frame = [&](std::uint32_t f) {
        b.set_control(f == 1 ? isp_output::none : isp_output::raw, false);
    };
    sc_core::sc_start();
    REQUIRE(b.rows.size() == 32);
    for (const auto& r : b.rows) {
        CHECK(r.info.format == row_format::bayer);
        CHECK(r.info.bits == 10);
        CHECK(r.info.raw == b.raws[r.info.frame]);
        CHECK(r.at == b.arrival(r.info.frame, r.info.row) + clock_time(16, 373e6L));
    }
    CHECK(b.stat("busy_cycles") == 0);
    CHECK(b.checker.violations().empty());
}

TEST_CASE("isp: the tensor is written row by row, then the interrupt rises until acknowledged") {
    isp_parameters p;
    p.window_y = 40;
    p.window_height = 80;
    test_bench b("bench", p);
    b.width = 640;
    b.height = 200;
    b.functional = true;
    b.set_control(isp_output::none, true);
    b.device.set_tensor_format(make_tensor_format(32, 8, 3, true));
    b.write("TENSOR_ADDRESS", 0x1000);
    sc_core::sc_start();
    CHECK(b.rows.empty());
    REQUIRE(b.bursts.size() == 8);
    for (unsigned t = 0; t < 8; ++t) {
        CHECK(b.bursts[t].address == 0x1000 + t * 96);
        CHECK(b.bursts[t].bytes == 96);
        // Row t needs array rows up to 40 + 10 t + 9; each is done 320 clocks after its arrival,
        // the picture row two rows later, and a tensor row of 32 takes 16 clocks.
        const long double arrives =
            std::ceil(b.arrival(0, 40 + 10 * t + 9 + 2).to_seconds() * 373e6L - 1e-6L);
        CHECK(b.bursts[t].begin == clock_time(arrives + 320 + 35 + 16, 373e6L));
    }
    REQUIRE(b.irqs.size() == 2);
    CHECK(b.irqs[0].level);
    CHECK(b.irqs[0].at == b.bursts[7].end);
    CHECK_FALSE(b.irqs[1].level);
    CHECK(b.irqs[1].at == b.irqs[0].at);
    CHECK(b.stat("tensors") == 1);
    CHECK(b.stat("tensor_rows") == 8);
    CHECK(b.stat("tensor_bytes") == 768);
    CHECK(b.read("STATUS") == 0);

    // The bytes are those of the function.
    frame_request q;
    q.settings = p.settings();
    q.width = 640;
    q.height = 200;
    q.tensor = true;
    q.window = {0, 40, 640, 80, 0, 0};
    q.tensor_out = make_tensor_format(32, 8, 3, true);
    worker_pool here(0);
    const auto work = frame_work::start(
        here, [&](unsigned y) { return b.raws[0]->row(y); }, q);
    bool equal = b.memory.size() == 768;
    for (unsigned i = 0; i < 768; ++i)
        equal = equal && b.memory[0x1000 + i] == work->tensor().row(i / 96)[i % 96];
    CHECK(equal);
}

TEST_CASE("isp: picture rows carry the function's bytes, scaled, numbered and timed") {
    isp_parameters p;
    p.image_scale = 2;
    p.image_format = image_format::rgb888;
    test_bench b("bench", p);
    b.width = 64;
    b.height = 32;
    b.frames = 3;
    b.functional = true;
    b.set_control(isp_output::isp, false, p);
    sc_core::sc_start();
    CHECK(b.checker.violations().empty());
    CHECK(b.checker.complete_frames() == 3);
    REQUIRE(b.rows.size() == 48);
    for (unsigned f = 0; f < 3; ++f) {
        frame_request q;
        q.settings = p.settings();
        q.width = 64;
        q.height = 32;
        q.image = true;
        q.scale = 2;
        q.format = image_format::rgb888;
        worker_pool here(0);
        const auto work = frame_work::start(
            here, [&](unsigned y) { return b.raws[f]->row(y); }, q);
        for (unsigned i = 0; i < 16; ++i) {
            const auto& r = b.rows[f * 16 + i];
            CHECK(r.info.row == i);
            CHECK(r.info.width == 32);
            CHECK(r.info.height == 16);
            CHECK(r.info.bits == 24);
            CHECK(r.info.format == row_format::rgb888);
            CHECK(!r.info.raw);
            REQUIRE(r.info.bytes);
            CHECK(
                std::equal(r.info.bytes->row(i), r.info.bytes->row(i) + 96, work->image()->row(i)));
            // Array row 2 i + 1, seen two rows later; the last one after two flushed rows.
            const bool flushed = i == 15;
            const long double arrives =
                std::ceil(b.arrival(f, flushed ? 31 : 2 * i + 3).to_seconds() * 373e6L - 1e-6L);
            CHECK(r.at == clock_time(arrives + 32 * (flushed ? 3 : 1) + 35, 373e6L));
        }
    }
}

TEST_CASE("isp: settings are latched at a frame's first row") {
    test_bench b("bench");
    b.width = 64;
    b.height = 32;
    b.frames = 2;
    b.set_control(isp_output::isp, false);
    b.before_frame = [&](std::uint32_t f) {
        if (f == 0)
            b.write("CONTROL", control_value(isp_output::isp, {}));
        else
            b.write("CONTROL", control_value(isp_output::isp, {}) | 1u << 2);
    };
    sc_core::sc_start(b.line * 10);
    b.write("CONTROL", control_value(isp_output::raw, {}));  // in the middle of frame 0
    sc_core::sc_start();
    REQUIRE(b.rows.size() == 64);
    for (const auto& r : b.rows)
        CHECK(r.info.format == (r.info.frame == 0 ? row_format::yuv422 : row_format::rgb888));
}

TEST_CASE("isp: a memory that is too slow costs tensor rows, and the frame says so") {
    test_bench b("bench");
    b.width = 64;
    b.height = 32;
    b.memory_time = b.line * 3;
    b.set_control(isp_output::none, true);
    b.device.set_tensor_format(make_tensor_format(8, 32, 3, true));
    sc_core::sc_start();
    CHECK(b.stat("tensors") == 1);
    CHECK(b.stat("tensor_rows_lost") > 0);
    CHECK(b.stat("tensor_rows") + b.stat("tensor_rows_lost") == 32);
    check_counters(b.device.registers(), b.stats, "isp", {}, 13);
    CHECK((b.read("STATUS") & status_overflow) != 0);
}

TEST_CASE(
    "isp: planes lie one after the other, with zeros around them; the picture is a scaled part") {
    isp_parameters p;
    p.scaler = scaler_method::bilinear;
    p.roi_x = 20;
    p.roi_y = 10;
    p.roi_width = 60;
    p.roi_height = 40;
    p.picture_width = 100;
    p.picture_height = 50;
    p.image_format = image_format::yuv420;
    test_bench b("bench", p);
    b.width = 96;
    b.height = 64;
    b.functional = true;
    b.set_control(isp_output::isp, true);
    tensor_format f = make_tensor_format(20, 5, 3, true);
    f.planar = true;
    b.device.set_tensor_format(f);
    b.write("TENSOR_ADDRESS", 0x1000);
    sc_core::sc_start();
    CHECK(b.stat("config_errors") == 0);
    CHECK(b.stat("tensor_bytes") == 3 * 32 * 6);
    frame_request q;
    q.settings = p.settings();
    q.width = 96;
    q.height = 64;
    q.bits = 10;
    q.tensor = true;
    q.tensor_out = make_tensor_format(20, 5, 3, true);
    q.window = {0, 0, 96, 64, 20, 5};
    q.window.method = scaler_method::bilinear;
    const auto work = frame_work::start(
        b.pool, [&](unsigned y) { return b.raws[0]->row(y); }, q);
    for (unsigned c = 0; c < 3; ++c)
        for (unsigned y = 0; y < 6; ++y)
            for (unsigned x = 0; x < 32; ++x)
                REQUIRE(b.memory.at(0x1000 + 192 * c + 32 * y + x) ==
                        (y < 5 && x < 20 ? work->tensor_row(y)[3 * x + c] : 0));
    REQUIRE(b.rows.size() == 50);
    for (unsigned y = 0; y < 50; ++y) {
        CHECK(b.rows[y].info.format == row_format::yuv420);
        CHECK(b.rows[y].info.bits == (y % 2 ? 16 : 8));
        CHECK(b.rows[y].info.width == 100);
        // Picture row y looks at 0.8 y - 0.1 below row 10 of the array, and at the row after.
        const double place = std::fmin(39, std::fmax(0, 0.8 * y - 0.1));
        const auto last = static_cast<unsigned>(10 + std::ceil(place - 1.0 / 512));
        const long double arrives = std::ceil(b.arrival(0, last + 2).to_seconds() * 373e6L - 1e-6L);
        CHECK(b.rows[y].at == clock_time(arrives + 48 + 35, 373e6L));
    }
}

TEST_CASE("isp: bursts are at most 4096 bytes, refused bursts are counted") {
    test_bench b("bench");
    b.width = 256;
    b.height = 32;
    b.set_control(isp_output::none, true);
    b.device.set_tensor_format(make_tensor_format(2000, 2, 3, false));
    b.write("TENSOR_ADDRESS", 0x10000000 - 6000);
    sc_core::sc_start();
    REQUIRE(b.bursts.size() == 4);
    CHECK(b.bursts[0].bytes == 4096);
    CHECK(b.bursts[1].bytes == 6000 - 4096);
    CHECK(b.bursts[1].address == b.bursts[0].address + 4096);
    CHECK(b.bursts[1].begin == b.bursts[0].end);
    CHECK_FALSE(b.bursts[0].data);
    CHECK(b.stat("bus_errors") == 2);
    check_counters(b.device.registers(), b.stats, "isp", {}, 13);
    CHECK((b.read("STATUS") & status_bus_error) != 0);
}

TEST_CASE("isp: settings that cannot be followed are reported and leave the tensor out") {
    test_bench b("bench");
    b.width = 64;
    b.height = 32;
    b.frames = 3;
    b.before_frame = [&](std::uint32_t f) {
        b.set_control(isp_output::raw, true);
        b.device.set_tensor_format(make_tensor_format(f == 0 ? 0 : 8, 8, f == 1 ? 2 : 3, true));
        b.write("WINDOW_X", f == 2 ? 64 : 0);
    };
    sc_core::sc_start();
    CHECK(b.stat("config_errors") == 3);
    CHECK(b.stat("tensors") == 0);
    CHECK(b.rows.size() == 96);
    CHECK((b.read("STATUS") & status_config_error) != 0);
}

TEST_CASE("isp: times are the same with and without samples, for any number of threads") {
    test_bench a("a", {}, 2), b("b", {}, 0), c("c", {}, 2, true);
    for (test_bench* t : {&a, &b, &c}) {
        t->width = 128;
        t->height = 96;
        t->frames = 4;
        t->functional = true;
        t->before_frame = [t](std::uint32_t f) {
            t->write("CONTROL",
                     control_value(isp_output::isp, {}) | (f == 2 ? 0 : control_tensor_enable));
        };
        t->device.set_tensor_format(make_tensor_format(40, 30, 3, true));
    }
    sc_core::sc_start();
    const auto times_of = [](const test_bench& t) {
        std::vector<std::uint64_t> out;
        for (const auto& r : t.rows)
            out.push_back(r.at.value());
        for (const auto& r : t.bursts)
            out.insert(out.end(), {r.begin.value(), r.end.value(), r.address});
        for (const auto& i : t.irqs)
            out.push_back(i.at.value());
        return out;
    };
    CHECK(a.read("TENSOR_FRAME") == 3);
    CHECK(times_of(a).size() == 4 * 96 + 3 * (3 * 30 + 2));
    CHECK(times_of(a) == times_of(b));
    CHECK(times_of(a) == times_of(c));
    CHECK(a.memory == b.memory);
    CHECK(a.memory.size() == 40 * 30 * 3);
    CHECK(c.memory.empty());
    for (const auto& r : c.rows)
        CHECK(!r.info.bytes);
    for (unsigned i = 0; i < a.rows.size(); ++i)
        CHECK(std::equal(a.rows[i].info.bytes->row(i % 96), a.rows[i].info.bytes->row(i % 96) + 256,
                         b.rows[i].info.bytes->row(i % 96)));
}

TEST_CASE("isp: registers can be written, read back and refuse what is wrong") {
    test_bench b("bench");
    std::uint32_t value = 0x123;
    for (const auto& r : b.device.registers().all()) {
        CHECK(std::string(r.sentence) != "");
        if (r.mode != access::read_write)
            continue;
        b.write(r.name, 5);
        CHECK(b.read(r.name) == (5u & r.writable_bits()));
    }
    CHECK(b.access(tlm::TLM_WRITE_COMMAND, "TENSOR_FRAME", value) ==
          tlm::TLM_COMMAND_ERROR_RESPONSE);
    // Reset values are the parameters: reading them gives the settings back.
    b.device.registers().reset();
    const auto s = read_settings(b.device.registers(), 64, 32, 10).request.settings;
    const isp_settings d = isp_parameters().settings();
    CHECK(s.gains == d.gains);
    CHECK(s.matrix == d.matrix);
    CHECK(s.gamma == d.gamma);
    CHECK(s.black_level == d.black_level);
}

namespace {

/// Times at which statistics_irq rose in two frames, and what firmware read then.
struct measured_run {
    std::vector<sc_time> rises;
    std::vector<std::uint32_t> frames, valid, cells, luma;

    measured_run(bool timing_only, unsigned threads) {
        isp_parameters p;
        p.black_level = 0;
        p.white_balance_red = p.white_balance_blue = p.digital_gain = 1;
        p.window_x = 8;
        p.window_y = 4;
        p.window_width = 100;
        p.window_height = 30;
        test_bench b("bench", p, threads, timing_only);
        sc_core::sc_signal<bool> line{"line"};
        b.device.statistics_irq.bind(line);
        b.width = 128;
        b.height = 48;
        b.frames = 2;
        b.functional = !timing_only;
        b.set_control(isp_output::raw, false, p);
        b.write("STATISTICS_CONTROL", 1);
        for (unsigned f = 0; f < 2; ++f) {
            while (!line.read() && sc_core::sc_time_stamp() < b.arrival(2, 0))
                sc_core::sc_start(sc_time(1, sc_core::SC_NS));
            rises.push_back(sc_core::sc_time_stamp());
            frames.push_back(b.read("STATISTICS_FRAME"));
            valid.push_back(b.read("STATISTICS_VALID"));
            cells.push_back(b.read("STATISTICS_PIXELS"));
            luma.push_back(b.read("STATISTICS_LUMA_MEAN"));
            b.write("STATUS", 1u << 4);
            sc_core::sc_start(sc_time(1, sc_core::SC_NS));
            CHECK_FALSE(line.read());
        }
        for (unsigned f = 0; f < 2; ++f) {
            // Row 33 is the window's last: then its clocks and those of the first two stages.
            const auto arrival = b.arrival(f, 33);
            const auto edge =
                static_cast<std::uint64_t>(std::ceil(arrival.to_seconds() * 373e6 - 1e-6));
            const sc_time due = clock_time(static_cast<long double>(edge + 64 + 7), 373e6L);
            CHECK(rises[f] >= due);
            CHECK(rises[f] <= due + sc_time(2, sc_core::SC_NS));
        }
        if (!timing_only)
            for (unsigned f = 0; f < 2; ++f) {
                isp_settings s = p.settings();
                const auto& raw = *b.raws[f];
                const auto direct = measure_exposure([&](unsigned y) { return raw.row(y); },
                                                     {8, 4, 100, 30}, 10, s);
                CHECK(direct.mean(direct.luma) == luma[f]);
            }
        sc_core::sc_start();  // the bench's process lets go of the frame it sends
    }
};

}  // namespace

TEST_CASE("isp: statistics are there when the window's last row has passed the white balance") {
    const measured_run r(false, 2);
    CHECK(r.frames == std::vector<std::uint32_t>{0, 1});
    CHECK(r.valid == std::vector<std::uint32_t>{1, 1});
    CHECK(r.cells == std::vector<std::uint32_t>{50 * 15, 50 * 15});
    CHECK(r.luma[0] != r.luma[1]);
}

TEST_CASE("isp: without samples statistics come at the same time and say that they are none") {
    const measured_run r(true, 0);
    CHECK(r.frames == std::vector<std::uint32_t>{0, 1});
    CHECK(r.valid == std::vector<std::uint32_t>{0, 0});
    CHECK(r.cells == std::vector<std::uint32_t>{0, 0});
}

namespace {

/// Runs two frames whose record of statistics goes to memory beside a tensor.
struct recorded_run {
    std::vector<std::uint8_t> record;
    sc_time done, last_burst;
    unsigned bursts = 0;
    double bytes = 0, luma = 0;

    recorded_run(bool timing_only, unsigned threads, bool tensor) {
        const isp_parameters p;
        test_bench b("bench", p, threads, timing_only);
        sc_core::sc_signal<bool> line{"line"};
        b.device.statistics_irq.bind(line);
        b.width = 256;
        b.height = 192;
        b.functional = !timing_only;
        b.device.set_tensor_format(make_tensor_format(64, 48, 3, true));
        b.set_control(isp_output::isp, tensor, p);
        b.write("STATISTICS_ADDRESS", 0x8000);
        b.write("STATISTICS_CONTROL", 7);
        while (!line.read() && sc_core::sc_time_stamp() < b.arrival(1, 20))
            sc_core::sc_start(sc_time(1, sc_core::SC_NS));
        done = sc_core::sc_time_stamp();
        for (const auto& s : b.bursts)
            if (s.address >= 0x8000) {
                ++bursts;
                last_burst = s.end;
                CHECK(s.data == !timing_only);
            }
        for (std::uint32_t k = 0; k < statistics_record_bytes(16, 12); ++k)
            record.push_back(b.memory[0x8000 + k]);
        bytes = b.stat("statistics_bytes");
        if (timing_only)
            return;
        const auto& raw = *b.raws[0];
        const auto rows = [&](unsigned y) { return raw.row(y); };
        const isp_settings s = p.settings();
        const statistics_window w{0, 0, 256, 192};
        const auto zones = measure_zones(rows, w, 10, s, {});
        CHECK(record == statistics_record(0, 10, w, {}, measure_exposure(rows, w, 10, s), zones));
        const zone all = zones.total();
        CHECK(b.read("STATISTICS_BALANCE_CELLS") == all.balance_cells);
        CHECK(b.read("STATISTICS_BALANCE_BLUE_MEAN") ==
              zones.mean(all.balance_blue, all.balance_cells));
        for (const unsigned k : {0u, 17u, 191u}) {
            const zone& z = zones.zones[k];
            b.write("STATISTICS_ZONE", k);
            CHECK(b.read("STATISTICS_ZONE_CELLS") == 8 * 8);
            CHECK(b.read("STATISTICS_ZONE_RED_MEAN") == zones.mean(z.red, z.cells));
            CHECK(b.read("STATISTICS_ZONE_GREEN_RED_MEAN") == zones.mean(z.green_red, z.cells));
            CHECK(b.read("STATISTICS_ZONE_GREEN_BLUE_MEAN") == zones.mean(z.green_blue, z.cells));
            CHECK(b.read("STATISTICS_ZONE_BLUE_MEAN") == zones.mean(z.blue, z.cells));
            CHECK(b.read("STATISTICS_ZONE_BALANCE_GREEN_MEAN") ==
                  zones.mean(z.balance_green, 2 * std::uint64_t{z.balance_cells}));
            CHECK(b.read("STATISTICS_ZONE_FOCUS_MEAN") == zones.focus_mean(z));
        }
        b.write("STATISTICS_ZONE", 192);
        CHECK(b.read("STATISTICS_ZONE_CELLS") == 0);
    }
};

}  // namespace

TEST_CASE("isp: the record of statistics is in memory when STATISTICS_DONE is set") {
    const recorded_run r(false, 2, false);
    CHECK(r.bursts == 4);  // 256 + 192 * 80 bytes
    CHECK(r.bytes == 256 + 192 * 80);
    CHECK(r.done >= r.last_burst);
    CHECK(r.done <= r.last_burst + sc_time(2, sc_core::SC_NS));
}

TEST_CASE("isp: the record of statistics is the same beside a tensor and without threads") {
    const recorded_run r(false, 0, true);
    CHECK(r.bursts == 4);
    CHECK(r.done >= r.last_burst);
}

TEST_CASE("isp: without samples the record takes the same bursts and moves no bytes") {
    const recorded_run r(true, 0, true);
    CHECK(r.bursts == 4);
    CHECK(r.done <= r.last_burst + sc_time(2, sc_core::SC_NS));
}

namespace {

void refuse_statistics(std::uint32_t control, std::uint32_t address, std::uint32_t grid) {
    const isp_parameters p;
    test_bench b("bench", p, 0, true);
    b.width = 64;
    b.height = 48;
    b.set_control(isp_output::raw, false, p);
    b.write("STATISTICS_CONTROL", control);
    b.write("STATISTICS_ADDRESS", address);
    b.write("STATISTICS_GRID", grid);
    sc_core::sc_start(b.arrival(0, 47) + b.line * 3.0);
    CHECK((b.read("STATUS") & status_config_error) != 0);
    CHECK(b.stat("config_errors") == 1);
    CHECK(b.bursts.empty());
    CHECK(b.stat("statistics") == 1);  // those of the exposure are made
}

}  // namespace

TEST_CASE("isp: an address of statistics that is no multiple of 8 is a configuration error") {
    refuse_statistics(7, 0x8004, 0x0c10);
}
TEST_CASE("isp: a grid of statistics without rows is a configuration error") {
    refuse_statistics(7, 0x8000, 0x0010);
}
TEST_CASE("isp: a grid of 33 rows is a configuration error") {
    refuse_statistics(3, 0x8000, 0x2110);
}
TEST_CASE("isp: a record without zones is a configuration error") {
    refuse_statistics(5, 0x8000, 0x0c10);
}

namespace {

enum class slow { nothing, pipeline, scaler, memory };

void name_the_slow_part(slow part) {
    isp_parameters p;
    p.input_rows = 64;
    p.tensor_rows = 512;
    if (part == slow::pipeline)
        p.pixels_per_clock = 1;
    test_bench b("bench", p, 0, true);
    b.width = 256;
    b.height = 64;
    // A row takes 343 ns, at 1 pixel a clock 686 ns.
    b.line = sc_time(part == slow::pipeline ? 500 : 1000, sc_core::SC_NS);
    if (part == slow::memory)
        b.memory_time = sc_time(3500, sc_core::SC_NS);
    if (part == slow::scaler)
        b.memory_time = sc_time(20, sc_core::SC_NS);  // a tensor row takes 86 ns
    // Enlarged, a source row completes several tensor rows at once.
    b.device.set_tensor_format(make_tensor_format(64, part == slow::scaler ? 256 : 32, 3, true));
    b.set_control(isp_output::none, true, p);
    sc_core::sc_start(b.arrival(0, 63) + b.line * 300.0);
    const double input = b.stat("input_wait_cycles"), scaler = b.stat("scaler_wait_cycles"),
                 memory = b.stat("memory_wait_cycles");
    INFO(input << ' ' << scaler << ' ' << memory);
    CHECK(b.read("COUNTER_INPUT_WAIT_CYCLES_LOW") == input);
    CHECK(b.read("COUNTER_SCALER_WAIT_CYCLES_LOW") == scaler);
    CHECK(b.read("COUNTER_MEMORY_WAIT_CYCLES_LOW") == memory);
    CHECK(b.stat("rows_lost") == 0);
    CHECK((input > 1000) == (part == slow::pipeline));
    CHECK((scaler > 1000) == (part == slow::scaler));
    CHECK((memory > 1000) == (part == slow::memory));
    if (part == slow::nothing) {
        CHECK(input == 0);
        CHECK(memory == 0);
    }
    if (part == slow::pipeline)  // row y begins y (256 clocks - 500 ns) after it arrived
        CHECK(input == Approx(63 * 64 / 2 * (256 - 500e-9 * 373e6)).epsilon(0.02));
}

}  // namespace

TEST_CASE("isp: nothing waits where everything keeps up") {
    name_the_slow_part(slow::nothing);
}
TEST_CASE("isp: rows that wait for the pipeline are counted as such") {
    name_the_slow_part(slow::pipeline);
}
TEST_CASE("isp: tensor rows that wait for the scaler are counted as such") {
    name_the_slow_part(slow::scaler);
}
TEST_CASE("isp: tensor rows that wait for the memory are counted as such") {
    name_the_slow_part(slow::memory);
}

TEST_CASE("isp: energy is that of the rows that went through, stage by stage") {
    isp_parameters p;
    p.sharpening = true;
    test_bench b("bench", p, 0, true);
    b.width = 256;
    b.height = 64;
    b.frames = 2;
    b.set_control(isp_output::isp, false, p);
    sc_core::sc_start(b.arrival(1, 63) + b.line * 20.0);
    const double pixels = 2.0 * 256 * 64;
    CHECK(b.stat("pixels") == pixels);
    CHECK(b.stat("demosaic_energy") == Approx(pixels * (48 * 0.15e-12 + 4 * 4e-12)));
    CHECK(b.stat("sharpening_energy") == Approx(pixels * (63 * 0.15e-12 + 20 * 4e-12)));
    CHECK(b.stat("luma_noise_reduction_energy") == 0);
    CHECK(b.stat("scaler_energy") == 0);
    double sum = 0;
    for (std::size_t w = 0; w < worker_count; ++w)
        sum += b.stat(worker_name(w) + std::string("_energy"));
    CHECK(b.stat("energy") == Approx(sum));
    CHECK(b.stat("energy_per_pixel") == Approx(sum / pixels));
}
