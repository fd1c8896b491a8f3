// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/memory_contention.h"

#include <tlm_utils/simple_initiator_socket.h>

#include <algorithm>

#include "core/block.h"
#include "core/diagnostics.h"
#include "core/payload.h"
#include "dsp/npu/npu.h"
#include "memory/interconnect.h"
#include "memory/sram.h"
#include "sim/inputs.h"

namespace ocellus::sim {
namespace {

/// Bursts of one size at regular times, walking through a window of memory again and again.
class traffic : public sc_core::sc_module {
  public:
    tlm_utils::simple_initiator_socket<traffic> memory_out{"memory_out"};

    SC_HAS_PROCESS(traffic);
    explicit traffic(sc_core::sc_module_name name) : sc_module(name) { SC_THREAD(run); }

    void begin(tlm::tlm_command command, std::uint64_t base, std::uint64_t window,
               std::uint32_t bytes, double seconds_between) {
        command_ = command;
        base_ = base;
        window_ = window;
        bytes_ = bytes;
        period_ = seconds_between;
        begun_.notify(sc_core::SC_ZERO_TIME);
    }
    void end() { running_ = false; }
    std::uint64_t moved() const { return moved_; }

  private:
    void run() {
        wait(begun_);
        const sc_core::sc_time start = sc_core::sc_time_stamp();
        tlm::tlm_generic_payload p;
        for (std::uint64_t k = 0; running_; ++k) {
            const sc_core::sc_time due =
                start + sc_core::sc_time(period_ * static_cast<double>(k), sc_core::SC_SEC);
            // A master that cannot keep up asks again when its last burst is through.
            if (due > sc_core::sc_time_stamp())
                wait(due - sc_core::sc_time_stamp());
            sc_core::sc_time delay;
            p.set_command(command_);
            p.set_address(base_ + (k * bytes_) % window_);
            p.set_data_ptr(nullptr);
            p.set_data_length(bytes_);
            p.set_streaming_width(bytes_);
            p.set_byte_enable_ptr(nullptr);
            p.set_dmi_allowed(false);
            p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
            memory_out->b_transport(p, delay);
            if (p.is_response_ok())
                moved_ += bytes_;
            wait(delay);
        }
    }

    tlm::tlm_command command_ = tlm::TLM_READ_COMMAND;
    std::uint64_t base_ = 0, window_ = 1;
    std::uint32_t bytes_ = 1;
    double period_ = 1;
    bool running_ = true;
    std::uint64_t moved_ = 0;
    sc_core::sc_event begun_;
};

class starter : public sc_core::sc_module {
  public:
    tlm_utils::simple_initiator_socket<starter> registers_out{"registers_out"};
    explicit starter(sc_core::sc_module_name name) : sc_module(name) {}
    void write(std::uint64_t offset, std::uint32_t value) {
        sc_core::sc_time delay;
        burst(registers_out, tlm::TLM_WRITE_COMMAND, offset, &value, 4, delay);
    }
};

}  // namespace

contention measure_contention(const settings& s,
                              const std::shared_ptr<const dsp::compiled_network>& network,
                              bool camera, double background) {
    worker_pool pool(1);
    statistics stats;
    block_context context{pool, stats, s.run.seed, true};
    dsp::npu_parameters parameters = s.npu;
    parameters.timing = dsp::memory_timing::burst;
    parameters.hang_job = 0;
    dsp::npu npu("npu", parameters, context);
    memory::sram sram("sram", s.sram, context);
    memory::interconnect bus("interconnect", s.interconnect, context);
    traffic isp("isp"), reader("reader"), writer("writer");
    starter host("host");
    sc_core::sc_signal<bool> done{"done"};
    npu.done_irq.bind(done);
    host.registers_out.bind(npu.registers_in);
    bus.attach_initiator("isp", isp.memory_out);
    bus.attach_initiator("npu_read", npu.read_out);
    bus.attach_initiator("npu_weight", npu.weight_out);
    bus.attach_initiator("npu_write", npu.write_out);
    bus.attach_initiator("reader", reader.memory_out);
    bus.attach_initiator("writer", writer.memory_out);
    bus.attach_target("sram", sram_base, s.sram.size, sram.memory_in, sram.protocol());
    npu.load(network);

    const auto step = sc_core::sc_time(20, sc_core::SC_US);
    const auto job = [&](std::uint64_t input) {
        host.write(0x08, 6);
        sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_NS));
        host.write(0x1c, static_cast<std::uint32_t>(input));
        host.write(0x04, 1);
        do
            sc_core::sc_start(step);
        while (npu.busy());
        if (!done.read() || npu.last_layers().size() != network->passes.size())
            throw input_error(exit_code::internal, "the job on the real memory did not end well");
        std::vector<std::uint64_t> cycles;
        for (const auto& l : npu.last_layers())
            cycles.push_back(l.cycles);
        return cycles;
    };
    contention c;
    sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_NS));
    c.alone = job(network->input_address(0));
    const sc_core::sc_time begin = sc_core::sc_time_stamp();
    const auto& shape = network->net.input().shape;
    if (camera) {
        const auto rows = static_cast<std::uint32_t>(shape.size() == 4 ? std::max(1, shape[1]) : 1);
        const auto row = static_cast<std::uint32_t>(network->input_bytes() / rows);
        const auto bytes = std::clamp(row, 1u, memory::sram::max_burst);
        const double seconds = s.pixels.sensor.timing().active_readout / rows;
        isp.begin(tlm::TLM_WRITE_COMMAND, network->input_address(network->input_slots() - 1),
                  std::uint64_t{bytes} * rows, bytes, seconds * bytes / std::max(1u, row));
    }
    if (background > 0) {
        const double seconds = 2 * 256 / background;
        reader.begin(tlm::TLM_READ_COMMAND, sram_base, s.sram.size / 2, 256, seconds);
        writer.begin(tlm::TLM_WRITE_COMMAND, sram_base + s.sram.size / 2, s.sram.size / 2, 256,
                     seconds);
    }
    c.together = job(network->input_address(0));
    const double elapsed = (sc_core::sc_time_stamp() - begin).to_seconds();
    c.camera_rate = static_cast<double>(isp.moved()) / elapsed;
    c.background_rate = static_cast<double>(reader.moved() + writer.moved()) / elapsed;
    isp.end();
    reader.end();
    writer.end();
    return c;
}

}  // namespace ocellus::sim
