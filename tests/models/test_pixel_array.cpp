// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <systemc>
#include <vector>

#include "core/payload.h"
#include "core/trace.h"
#include "models/charts.h"
#include "models/column_adc.h"
#include "models/exposed_frame.h"
#include "models/pixel_array.h"
#include "tests/core/temporary_folder.h"

using namespace ocellus;
using namespace ocellus::models;
using sc_core::sc_time;

namespace {

/// Takes rows, checks the contract of the protocol and keeps what came.
struct row_sink : sc_core::sc_module {
    tlm_utils::simple_target_socket<row_sink> rows_in{"rows_in"};
    struct entry {
        row_info info;
        sc_time at;
    };
    std::vector<entry> seen;
    std::function<void(const row_info&)> on_row;
    explicit row_sink(sc_core::sc_module_name name) : sc_module(name) {
        rows_in.register_b_transport(this, &row_sink::take);
    }
    void take(tlm::tlm_generic_payload& p, sc_time& delay) {
        const row_info* r = row_of(p);
        REQUIRE(r != nullptr);
        CHECK(p.is_write());
        CHECK(p.get_address() == r->row);
        CHECK(p.get_data_ptr() == nullptr);
        CHECK(p.get_streaming_width() == p.get_data_length());
        if (!seen.empty()) {
            CHECK(sc_core::sc_time_stamp() + delay >= seen.back().at);
            CHECK(r->row == (seen.back().info.last() ? 0 : seen.back().info.row + 1));
        }
        seen.push_back({*r, sc_core::sc_time_stamp() + delay});
        if (on_row)
            on_row(*r);
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

/// Writes registers as a sequencer would.
struct driver : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<driver> out{"out"};
    tlm_utils::simple_initiator_socket<driver> adc_out{"adc_out"};
    sc_core::sc_in<bool> irq{"irq"};
    std::function<void(driver&)> script;
    SC_HAS_PROCESS(driver);
    explicit driver(sc_core::sc_module_name name) : sc_module(name) { SC_THREAD(run); }
    void run() {
        if (script)
            script(*this);
    }
    template <class Socket>
    static tlm::tlm_response_status access(Socket& s, tlm::tlm_command c, std::uint32_t offset,
                                           std::uint32_t& value) {
        sc_time delay;
        return burst(s, c, offset, &value, 4, delay);
    }
    void write(std::uint32_t offset, std::uint32_t value) {
        REQUIRE(access(out, tlm::TLM_WRITE_COMMAND, offset, value) == tlm::TLM_OK_RESPONSE);
    }
    std::uint32_t read(std::uint32_t offset) {
        std::uint32_t value = 0;
        REQUIRE(access(out, tlm::TLM_READ_COMMAND, offset, value) == tlm::TLM_OK_RESPONSE);
        return value;
    }
    void write_mode(const sensor_parameters& p) {
        const mode_registers m = p.registers();
        write(pixel_array::reg_frame_length, m.frame_length);
        write(pixel_array::reg_line_length, m.line_length);
        write(pixel_array::reg_exposure, m.exposure);
        write(pixel_array::reg_analogue_gain, m.gain_code);
    }
};

struct bench {
    worker_pool pool;
    statistics stats;
    block_context context;
    pixel_array array;
    column_adc adc;
    row_sink sink{"sink"};
    driver cpu{"cpu"};
    sc_core::sc_signal<bool> irq{"irq"};
    bench(const pixel_array_parameters& p, std::shared_ptr<const scene> what, unsigned threads = 2,
          bool timing_only = false, const column_adc_parameters& a = {}, tracer* trace = nullptr)
        : pool(threads),
          context{pool, stats, 42, timing_only, nullptr, trace},
          array("array", p, std::move(what), context),
          adc("adc", a, context) {
        cpu.out.bind(array.registers_in);
        cpu.adc_out.bind(adc.registers_in);
        array.rows_out.bind(adc.rows_in);
        adc.rows_out.bind(sink.rows_in);
        array.frame_irq(irq);
        cpu.irq(irq);
    }
};

pixel_array_parameters small() {
    pixel_array_parameters p;
    p.sensor.width = 64;
    p.sensor.height = 48;
    p.sensor.line_length = 1000;
    p.sensor.frame_length = 100;
    p.sensor.exposure = 30 * 1000 / 744e6;
    return p;
}

sc_time clocks(double n) {
    return sc_time(n / 744e6, sc_core::SC_SEC);
}

bool close(const sc_time& a, const sc_time& b) {
    return std::fabs((a - b).to_seconds()) < 4e-12 || std::fabs((b - a).to_seconds()) < 4e-12;
}

}  // namespace

TEST_CASE("rows come at the rolling shutter's times") {
    const pixel_array_parameters p = small();
    bench b(p, nullptr, 0, true);
    const sc_time start(7, sc_core::SC_US);
    std::vector<sc_time> interrupts;
    b.cpu.script = [&](driver& d) {
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_frames, 3);
        sc_core::wait(start);
        d.write(pixel_array::reg_control, pixel_array::control_stream);
        for (int i = 0; i < 3; ++i) {
            sc_core::wait(d.irq.posedge_event());
            interrupts.push_back(sc_core::sc_time_stamp());
            CHECK(d.read(pixel_array::reg_frame_count) == static_cast<std::uint32_t>(i) + 1);
            CHECK((d.read(pixel_array::reg_status) & pixel_array::status_frame_start) != 0);
            d.write(pixel_array::reg_status, pixel_array::status_frame_start);
            sc_core::wait(sc_core::SC_ZERO_TIME);
            sc_core::wait(sc_core::SC_ZERO_TIME);
            CHECK(d.irq.read() == false);
        }
        sc_core::wait(1, sc_core::SC_MS);
        CHECK(d.read(pixel_array::reg_status) == pixel_array::status_stopped);
        CHECK(d.read(pixel_array::reg_control) == 0);
    };
    sc_core::sc_start();
    REQUIRE(b.sink.seen.size() == 3 * 48);
    const sc_time conversion(conversion_time({}), sc_core::SC_SEC);
    for (std::size_t i = 0; i < b.sink.seen.size(); ++i) {
        const auto& e = b.sink.seen[i];
        const double frame = static_cast<double>(i / 48), row = static_cast<double>(i % 48);
        const sc_time frame_start = start + clocks(30e3 + frame * 100e3);
        CHECK(e.info.frame == i / 48);
        CHECK(e.info.row == i % 48);
        CHECK(e.info.width == 64);
        CHECK(e.info.height == 48);
        CHECK(e.info.bits == 10);
        CHECK(e.info.format == row_format::bayer);
        CHECK(e.info.raw == nullptr);
        CHECK(close(e.info.frame_start, frame_start));
        CHECK(close(e.at, frame_start + clocks(row * 1000) + conversion));
        CHECK(close(e.info.exposure_start, frame_start + clocks(row * 1000) - clocks(30e3)));
    }
    REQUIRE(interrupts.size() == 3);
    CHECK(close(interrupts[1] - interrupts[0], clocks(100e3)));
    CHECK(b.stats.value("pixel_array.frames") == 3);
    CHECK(b.stats.value("pixel_array.rows") == 3 * 48);
    CHECK(b.stats.value("column_adc.rows") == 3 * 48);
    CHECK(b.stats.value("pixel_array.line_time") == Approx(1000 / 744e6));
    CHECK(b.stats.value("pixel_array.exposure_time") == Approx(30e3 / 744e6));
}

TEST_CASE("thirty frames of the public mode do not drift") {
    pixel_array_parameters p;  // 4056x3040, timing only
    bench b(p, nullptr, 0, true);
    sc_time first, last;
    b.sink.on_row = [&](const row_info& r) {
        if (r.row == 0)
            (r.frame == 0 ? first : last) = r.frame_start;
        b.sink.seen.clear();
    };
    b.cpu.script = [&](driver& d) {
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_frames, 31);
        d.write(pixel_array::reg_control, 1);
    };
    sc_core::sc_start();
    const double period = (last - first).to_seconds() / 30;
    CHECK(1 / period == Approx(9.9986).margin(5e-5));
    CHECK(std::fabs((last - first).to_seconds() - 30.0 * 4157 * 17900 / 744e6) < 2e-12);
}

TEST_CASE("exposure acts two frames after it is written, the frame length three") {
    const pixel_array_parameters p = small();
    bench b(p, nullptr, 0, true);
    b.cpu.script = [&](driver& d) {
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_frames, 5);
        d.write(pixel_array::reg_control, 1);
        sc_core::wait(d.irq.posedge_event());
        sc_core::wait(clocks(5000));  // in frame 0
        d.write(pixel_array::reg_frame_length, 150);
        d.write(pixel_array::reg_exposure, 50);
    };
    sc_core::sc_start();
    REQUIRE(b.sink.seen.size() == 5 * 48);
    const auto start = [&](unsigned n) { return b.sink.seen[n * 48].info.frame_start; };
    const auto exposure = [&](unsigned n) {
        return b.sink.seen[n * 48].info.frame_start - b.sink.seen[n * 48].info.exposure_start;
    };
    CHECK(close(start(1) - start(0), clocks(100e3)));
    CHECK(close(start(2) - start(1), clocks(100e3)));
    CHECK(close(start(3) - start(2), clocks(100e3)));
    CHECK(close(start(4) - start(3), clocks(150e3)));
    CHECK(close(exposure(1), clocks(30e3)));
    CHECK(close(exposure(2), clocks(50e3)));
}

TEST_CASE("the trace tells of every row when it was read and how long it was exposed") {
    const temporary_folder folder;
    const std::string path = folder.path().string() + "/rows.otr";
    tracer trace(path, path, {}, nullptr);
    const pixel_array_parameters p = small();
    bench b(p, nullptr, 0, true, {}, &trace);
    b.cpu.script = [&](driver& d) {
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_frames, 4);
        d.write(pixel_array::reg_control, 1);
        sc_core::wait(d.irq.posedge_event());
        sc_core::wait(clocks(5000));             // in frame 0
        d.write(pixel_array::reg_exposure, 50);  // from frame 2 on
    };
    sc_core::sc_start();
    trace.close("");
    unsigned rows = 0;
    trace_reader(path).for_each([&](const trace_event& e) {
        if (e.type != trace_type::row_read)
            return true;
        const unsigned frame = rows / 48, row = rows % 48;
        INFO("frame " << frame << ", row " << row);
        CHECK(e.flow == frame);
        CHECK(std::uint32_t(e.a) == row);
        const double exposure = frame < 2 ? 30 : 50;  // lines
        CHECK(double(e.a >> 32) == exposure);
        // Picoseconds: frames of 100 lines, the first read 30 lines after the start.
        const double line = 1000 / 744e6 * 1e12;
        CHECK(double(e.start) == Approx((30 + frame * 100 + row) * line).margin(4));
        CHECK(double(e.duration) == Approx(line).margin(2));
        // So exposures begin where the rows' own headers say.
        CHECK(close(b.sink.seen[rows].info.exposure_start,
                    clocks((30 + frame * 100 + row - exposure) * 1000)));
        ++rows;
        return true;
    });
    CHECK(rows == 4 * 48);
}

TEST_CASE("a long exposure's shift multiplies frame length and exposure") {
    pixel_array_parameters p = small();
    p.sensor.long_exposure_shift = 3;
    p.sensor.exposure = 8 * 30 * 1000 / 744e6;
    bench b(p, nullptr, 0, true);
    CHECK(p.sensor.registers().exposure == 30);
    CHECK(p.sensor.timing().frame_time == Approx(8 * 100 * 1000 / 744e6));
    CHECK(p.sensor.timing().exposure_time == Approx(8 * 30 * 1000 / 744e6));
    b.cpu.script = [&](driver& d) {
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_frames, 2);
        d.write(pixel_array::reg_control, 1);
    };
    sc_core::sc_start();
    REQUIRE(b.sink.seen.size() == 2 * 48);
    CHECK(close(b.sink.seen[48].info.frame_start - b.sink.seen[0].info.frame_start, clocks(800e3)));
    CHECK(
        close(b.sink.seen[0].info.frame_start - b.sink.seen[0].info.exposure_start, clocks(240e3)));
    CHECK(close(b.sink.seen[5].at - b.sink.seen[4].at, clocks(1000)));
    // The longest of the full mode: about 201.7 s.
    sensor_parameters full;
    full.frame_length = 0xFFDC;
    full.exposure = 400;
    full.long_exposure_shift = 7;
    CHECK(full.timing().exposure_time == Approx(201.7).epsilon(0.001));
    // Per-row times.
    CHECK(b.stats.value("pixel_array.skew") == Approx(47 * 1000 / 744e6));
    CHECK(b.stats.value("pixel_array.last_row_read") -
              b.stats.value("pixel_array.last_row_reset") ==
          Approx(240e3 / 744e6));
    CHECK(b.stats.value("pixel_array.last_row_read") ==
          Approx(b.sink.seen.back().info.frame_start.to_seconds() + 47 * 1000 / 744e6));
}

TEST_CASE("flips by register mirror the picture and turn the order of colours") {
    pixel_array_parameters p = small();
    p.noise.enable = false;
    bench b(p, make_chart("slanted-edge"));
    b.cpu.script = [&](driver& d) {
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_frames, 5);
        d.write(pixel_array::reg_control, 1);
        for (std::uint32_t n = 0; n < 3; ++n) {
            sc_core::wait(d.irq.posedge_event());
            d.write(pixel_array::reg_status, pixel_array::status_frame_start);
            sc_core::wait(clocks(5000));
            d.write(pixel_array::reg_orientation, n + 1);
        }
    };
    sc_core::sc_start();
    REQUIRE(b.sink.seen.size() == 5 * 48);
    for (unsigned n = 0; n < 3; ++n)
        for (unsigned y = 0; y < 48; ++y) {
            const auto& now = b.sink.seen[(n + 2) * 48 + y].info;
            CHECK(now.flips == n + 1);
            const unsigned from = (n + 1) & 2 ? 47 - y : y;
            const std::uint16_t* a = b.sink.seen[from].info.raw->row(from);
            const std::uint16_t* m = now.raw->row(y);
            for (unsigned x = 0; x < 64; ++x)
                REQUIRE(m[x] == a[(n + 1) & 1 ? 63 - x : x]);
        }
}

TEST_CASE("test patterns stand in place of the picture") {
    pixel_array_parameters p = small();
    bench b(p, std::make_shared<uniform_scene>(0.5f, 0.5f, 0.5f));
    b.cpu.script = [&](driver& d) {
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_test_red, 100);
        d.write(pixel_array::reg_test_red + 4, 200);
        d.write(pixel_array::reg_test_red + 8, 300);
        d.write(pixel_array::reg_test_red + 12, 400);
        d.write(pixel_array::reg_frames, 6);
        d.write(pixel_array::reg_control, 1);
        for (std::uint32_t n = 0; n < 4; ++n) {
            sc_core::wait(d.irq.posedge_event());
            d.write(pixel_array::reg_status, pixel_array::status_frame_start);
            sc_core::wait(clocks(5000));
            d.write(pixel_array::reg_test_pattern, n + 1);
        }
    };
    sc_core::sc_start();
    REQUIRE(b.sink.seen.size() == 6 * 48);
    const auto row = [&](unsigned frame, unsigned y) {
        return b.sink.seen[frame * 48 + y].info.raw->row(y);
    };
    const unsigned solid[2][2] = {{100, 200}, {400, 300}};
    const unsigned red[8] = {1, 1, 0, 0, 1, 1, 0, 0}, green[8] = {1, 1, 1, 1, 0, 0, 0, 0},
                   blue[8] = {1, 0, 1, 0, 1, 0, 1, 0};
    for (unsigned y = 0; y < 48; ++y)
        for (unsigned x = 0; x < 64; ++x) {
            REQUIRE(row(2, y)[x] == solid[y & 1][x & 1]);
            const unsigned bar = x / 8;
            const unsigned on = (x + y) & 1 ? green[bar] : y & 1 ? blue[bar] : red[bar];
            REQUIRE(row(3, y)[x] == 1023 * on);
            REQUIRE(row(4, y)[x] == Approx(1023 * on + (511.0 - 1023 * on) * y / 47).margin(1));
        }
    // The published start of PN9 (Texas Instruments DN509), low bits first.
    const unsigned char pn9[10] = {0xFF, 0xE1, 0x1D, 0x9A, 0xED, 0x85, 0x33, 0x24, 0xEA, 0x7A};
    for (unsigned i = 0; i < 80; ++i)
        CHECK((row(5, 7)[i / 10] >> (9 - i % 10) & 1) == (pn9[i / 8] >> (i % 8) & 1));
}

TEST_CASE("every row sees the light of its own exposure") {
    // In a window that is read from the bottom: the time of a row is that of its readout.
    constexpr unsigned top = 6;
    constexpr bool flip = true;
    pixel_array_parameters p = small();
    p.noise.enable = false;
    p.sensor.line_length = 60000;
    p.sensor.exposure = 30 * 60000 / 744e6;
    p.sensor.flip_vertical = flip;
    p.sensor.crop_top = top;
    p.sensor.array_height = 60;
    column_adc_parameters a;
    a.bits = 12;
    bench b(p, make_chart("flicker-100"), 2, false, a);
    b.cpu.script = [&](driver& d) {
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_frames, 3);
        sc_core::wait(3.7, sc_core::SC_MS);
        d.write(pixel_array::reg_control, 1);
    };
    sc_core::sc_start();
    REQUIRE(b.sink.seen.size() == 3 * 48);
    // Green of one row in two, so that its column and the place in the mosaic are the same.
    const auto level = [&](std::size_t i, unsigned x) {
        const auto& r = b.sink.seen[i].info;
        const bool even_of_array = (flip ? r.row + 1 : r.row) % 2 == 0;
        return r.raw->row(r.row)[even_of_array ? x | 1u : x & ~1u] - 256.0;
    };
    double most = 0, scale = 0;
    for (std::size_t i = 0; i < b.sink.seen.size(); ++i) {
        const auto& r = b.sink.seen[i].info;
        const double from = r.exposure_start.to_seconds(), to = from + p.sensor.exposure;
        INFO("frame " << r.frame << " row " << r.row << " from " << from << " s");
        const double w = 2 * 3.14159265358979323846 * 100;
        const double light =
            0.5 * (1 + (std::sin(w * to) - std::sin(w * from)) / (w * (to - from)));
        if (i == 0)
            scale = level(i, 30) / light;
        most = std::max(most, level(i, 30));
        // Half a count, and that of the row to which the others are held.
        CHECK(std::fabs(level(i, 30) - scale * light) < 2.5);
    }
    CHECK(most > 300);
}

TEST_CASE("a window of the array is that part of the whole, noise, defects and all") {
    worker_pool pool(2);
    pixel_noise_parameters noise;
    defect_parameters defects;
    defects.hot = 0.01;
    defects.dead = 0.01;
    const camera_parameters camera;
    const auto chart = make_chart("checkerboard");
    const auto frame_of = [&](unsigned width, unsigned height) {
        scene_mosaic mosaic(chart, camera, width, height, 1, pool, 96, 64);
        exposed_frame::settings s;
        s.seed = 5;
        s.frame = 3;
        s.exposure_time = 0.016;
        s.white_rate = white_rate(camera);
        return std::make_shared<exposed_frame>(
            s, noise, mosaic.frame(0),
            pixel_differences::make(noise, defects, 5, width, height, 1, pool));
    };
    const auto whole = frame_of(96, 64), part = frame_of(10 + 40, 8 + 20);
    const window_rows window(part, {10, 8, 40, 20, 0}), turned(part, {10, 8, 40, 20, 3});
    for (unsigned y = 0; y < 20; ++y) {
        std::vector<float> all(96), cut(40), back(40);
        whole->expose(8 + y, all.data());
        window.expose(y, cut.data());
        turned.expose(19 - y, back.data());
        for (unsigned x = 0; x < 40; ++x) {
            REQUIRE(cut[x] == all[10 + x]);
            REQUIRE(back[39 - x] == cut[x]);
        }
    }
}

TEST_CASE("a noisy window that starts below the first band of rows has the bytes of the frame") {
    worker_pool pool(2);
    pixel_noise_parameters noise;
    noise.prnu = 0.01;
    noise.dsnu = 2;
    const camera_parameters camera;
    const auto chart = make_chart("slanted-edge");
    constexpr unsigned width = 128, height = 320, top = 150, rows = 130;
    const auto frame_of = [&](unsigned last, unsigned first) {
        scene_mosaic mosaic(chart, camera, width, last, 1, pool, width, height, first);
        exposed_frame::settings s;
        s.seed = 9;
        s.frame = 4;
        s.exposure_time = 0.016;
        s.white_rate = white_rate(camera);
        return std::make_shared<exposed_frame>(
            s, noise, mosaic.frame(0),
            pixel_differences::make(noise, {}, 9, width, last, 1, pool, first));
    };
    const auto whole = frame_of(height, 0);
    const window_rows window(frame_of(top + rows, top), {0, top, width, rows, 0});
    for (unsigned y = 0; y < rows; ++y) {
        std::vector<float> all(width), cut(width);
        whole->expose(top + y, all.data());
        window.expose(y, cut.data());
        REQUIRE(std::equal(cut.begin(), cut.end(), all.begin()));
    }
}

TEST_CASE("the stream stops after the frame under way, or at once before the first") {
    const pixel_array_parameters p = small();
    bench b(p, nullptr, 0, true);
    b.cpu.script = [&](driver& d) {
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_control, 1);
        sc_core::wait(clocks(1000));  // row 0 is still being exposed
        d.write(pixel_array::reg_control, 0);
        CHECK(d.read(pixel_array::reg_status) == pixel_array::status_stopped);
        sc_core::wait(clocks(1e6));
        CHECK(b.sink.seen.empty());
        d.write(pixel_array::reg_control, 1);
        sc_core::wait(d.irq.posedge_event());
        sc_core::wait(clocks(10.5e3));
        d.write(pixel_array::reg_control, 0);
        CHECK(b.sink.seen.size() == 11);
        sc_core::wait(clocks(1e6));
        CHECK(b.sink.seen.size() == 48);
        d.write(pixel_array::reg_control, 1);  // a second stream goes on counting
        d.write(pixel_array::reg_frames, 1);
        sc_core::wait(clocks(1e6));
        REQUIRE(b.sink.seen.size() == 96);
        CHECK(b.sink.seen.back().info.frame == 1);
    };
    sc_core::sc_start();
    CHECK(b.sink.seen.size() == 96);
}

TEST_CASE("an impossible mode is refused, and the exposure register is limited") {
    const pixel_array_parameters p = small();
    bench b(p, nullptr, 0, true);
    b.cpu.script = [&](driver& d) {
        d.write(pixel_array::reg_control, 1);  // all registers are zero
        CHECK(d.read(pixel_array::reg_control) == 0);
        CHECK(d.read(pixel_array::reg_status) == pixel_array::status_mode_error);
        d.write(pixel_array::reg_status, pixel_array::status_mode_error);
        CHECK(d.read(pixel_array::reg_status) == 0);
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_exposure, 5000);
        d.write(pixel_array::reg_frames, 1);
        d.write(pixel_array::reg_control, 1);
        std::uint32_t value = 1;
        CHECK(driver::access(d.out, tlm::TLM_WRITE_COMMAND, pixel_array::reg_frame_count, value) ==
              tlm::TLM_COMMAND_ERROR_RESPONSE);
        CHECK(driver::access(d.out, tlm::TLM_READ_COMMAND, 0x100, value) ==
              tlm::TLM_ADDRESS_ERROR_RESPONSE);
    };
    sc_core::sc_start();
    REQUIRE(b.sink.seen.size() == 48);
    CHECK(close(b.sink.seen[0].info.frame_start, clocks((100 - 22) * 1000)));
    CHECK(b.stats.value("pixel_array.mode_errors") == 1);
    CHECK(b.stats.value("pixel_array.exposures_clipped") == 1);
}

TEST_CASE("samples without noise are what the formulas say") {
    pixel_array_parameters p = small();
    p.noise.enable = false;
    p.noise.dark_current = 0;
    p.sensor.exposure = 1;  // clipped to 78 lines
    p.sensor.analogue_gain_code = 512;
    p.camera.illuminance = 60000;
    bench b(p, std::make_shared<uniform_scene>(0.3f, 0.3f, 0.3f));
    b.cpu.script = [&](driver& d) {
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_frames, 1);
        d.write(pixel_array::reg_control, 1);
    };
    sc_core::sc_start();
    REQUIRE(b.sink.seen.size() == 48);
    const colour_matrix raw = raw_from_srgb(p.camera);
    const double white = 60000.0 * 0.9 / (4 * 1.79 * 1.79) * 8728 * 78 * 1000 / 744e6;
    for (const auto& e : b.sink.seen) {
        REQUIRE(e.info.raw != nullptr);
        const std::uint16_t* dn = e.info.raw->row(e.info.row);
        for (unsigned x = 0; x < 64; ++x) {
            const auto& m = raw[(e.info.row & 1) + (x & 1)];
            const double electrons = white * 0.3 * (m[0] + m[1] + m[2]);
            CHECK(dn[x] == Approx(2 * 0.1179 * electrons + 64).margin(0.75));
        }
    }
}

TEST_CASE("noisy samples have the statistics of the photon transfer model") {
    pixel_array_parameters p = small();
    p.sensor.width = 512;
    p.sensor.height = 256;
    p.sensor.frame_length = 700;
    p.sensor.exposure = 1;
    p.camera.illuminance = 7000;
    p.noise.dsnu = p.noise.prnu = p.noise.row_noise = p.noise.column_offset = 0;
    bench b(p, std::make_shared<uniform_scene>(0.5f, 0.5f, 0.5f));
    b.cpu.script = [&](driver& d) {
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_frames, 2);
        d.write(pixel_array::reg_control, 1);
    };
    sc_core::sc_start();
    REQUIRE(b.sink.seen.size() == 2 * 256);
    double sum = 0, squares = 0, differences = 0, n = 0;
    for (unsigned y = 0; y < 256; ++y) {
        const std::uint16_t* first = b.sink.seen[y].info.raw->row(y);
        const std::uint16_t* second = b.sink.seen[256 + y].info.raw->row(y);
        for (unsigned x = 1 - (y & 1); x < 512; x += 2) {  // green
            sum += first[x];
            squares += double{1} * first[x] * first[x];
            differences += (first[x] - second[x]) * (first[x] - second[x]);
            n += 1;
        }
    }
    const colour_matrix raw = raw_from_srgb(p.camera);
    const double electrons =
        white_rate(p.camera) * 678 * 1000 / 744e6 * 0.5 * (raw[1][0] + raw[1][1] + raw[1][2]);
    const double slope = 0.1179;
    const double variance = slope * slope * (electrons + 3.0 * 3.0) + 1.0 / 12;
    const double mean = sum / n;
    CHECK(mean == Approx(slope * electrons + 64).margin(0.05));
    CHECK(squares / n - mean * mean == Approx(variance).epsilon(0.03));
    CHECK(differences / n / 2 == Approx(variance).epsilon(0.03));  // frames are independent
}

namespace {

/// Digital numbers of six frames with everything switched on, and the count of clipped samples.
std::vector<std::uint16_t> all_samples(unsigned threads) {
    pixel_array_parameters p = small();
    p.sensor.width = 300;
    p.sensor.height = 70;
    p.sensor.frame_length = 120;
    p.camera.illuminance = 60000;
    const auto render = [](std::uint32_t frame) {
        rgb8_image image(90, 70);
        for (unsigned i = 0; i < 90 * 70 * 3; ++i)
            image.data[i] = static_cast<std::uint8_t>(i * 3 + frame * 40);
        return image;
    };
    bench b(p, std::make_shared<rendered_scene>(render), threads);
    b.cpu.script = [&](driver& d) {
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_frames, 6);
        d.write(pixel_array::reg_control, 1);
    };
    std::vector<std::uint16_t> all;
    b.sink.on_row = [&](const row_info& r) {
        if (r.last())
            for (unsigned y = 0; y < r.height; ++y)
                all.insert(all.end(), r.raw->row(y), r.raw->row(y) + r.width);
        b.sink.seen.clear();
    };
    sc_core::sc_start();
    all.push_back(static_cast<std::uint16_t>(b.stats.value("column_adc.clipped_samples")));
    return all;
}

/// FNV-1a, fixed in the test so that the samples cannot change unnoticed.
std::uint64_t fingerprint(const std::vector<std::uint16_t>& v) {
    std::uint64_t h = 14695981039346656037ull;
    for (const std::uint16_t s : v)
        h = (h ^ s) * 1099511628211ull;
    return h;
}

constexpr std::uint64_t golden_fingerprint = 0x4554af2cd2387190ull;

}  // namespace

TEST_CASE("samples are the same without workers") {
    CHECK(fingerprint(all_samples(0)) == golden_fingerprint);
}
TEST_CASE("samples are the same with one worker") {
    CHECK(fingerprint(all_samples(1)) == golden_fingerprint);
}
TEST_CASE("samples are the same with eight workers") {
    CHECK(fingerprint(all_samples(8)) == golden_fingerprint);
}

TEST_CASE("black level is a register of the converter") {
    pixel_array_parameters p = small();
    p.noise.enable = false;
    p.noise.dark_current = 0;
    bench b(p, std::make_shared<uniform_scene>(0.0f, 0.0f, 0.0f));
    b.cpu.script = [&](driver& d) {
        std::uint32_t value = 0;
        CHECK(driver::access(d.adc_out, tlm::TLM_READ_COMMAND, 0x0, value) == tlm::TLM_OK_RESPONSE);
        CHECK(value == 64);
        value = 100;
        CHECK(driver::access(d.adc_out, tlm::TLM_WRITE_COMMAND, 0x0, value) ==
              tlm::TLM_OK_RESPONSE);
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_frames, 1);
        d.write(pixel_array::reg_control, 1);
    };
    sc_core::sc_start();
    REQUIRE(b.sink.seen.size() == 48);
    CHECK(b.sink.seen[5].info.raw->row(5)[17] == 100);
}

TEST_CASE("a binned mode delivers the binned size") {
    pixel_array_parameters p = small();
    p.sensor.binning = 2;
    bench b(p, std::make_shared<uniform_scene>(0.5f, 0.5f, 0.5f));
    b.cpu.script = [&](driver& d) {
        d.write_mode(p.sensor);
        d.write(pixel_array::reg_frames, 1);
        d.write(pixel_array::reg_control, 1);
    };
    sc_core::sc_start();
    REQUIRE(b.sink.seen.size() == 48);
    CHECK(b.sink.seen[0].info.raw->width() == 64);
    CHECK(b.sink.seen[0].info.raw->height() == 48);
}
