// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/sequencer.h"

#include <algorithm>
#include <stdexcept>

#include "core/clock_domain.h"
#include "dsp/npu/npu.h"
#include "memory/dma.h"
#include "sim/postprocess.h"

namespace ocellus::sim {

using sc_core::sc_time;
using sc_core::sc_time_stamp;
using sc_core::SC_ZERO_TIME;

void register_directory::add(std::uint64_t base, const register_block& block) {
    windows_.push_back({base, &block});
}

std::uint64_t register_directory::address(const std::string& block, const std::string& name) const {
    for (const auto& w : windows_)
        if (w.block->name() == block)
            for (const auto& r : w.block->all())
                if (r.name == name)
                    return w.base + r.offset;
    throw std::logic_error("no register " + block + "." + name);
}

void sequencer_parameters::declare(parameter_registry& r) {
    r.choice("sequencer.late_policy", policy,
             {{"drop_new", late_policy::drop_new}, {"drop_oldest", late_policy::drop_oldest}})
        .says("Which frame goes without inference when the network takes longer than a frame.")
        .from(provenance::chosen,
              "a choice; the public part keeps the previous tensor (libcamera)");
    r.quantity("sequencer.clock", clock, unit::hertz, 1e6, 2e9)
        .says("Clock of the control processor that the sequencer stands for.")
        .from(provenance::assumed, "no public figure; the CNN processor's clock");
    r.integer("sequencer.interrupt_cycles", interrupt_cycles, 0, 1000000, unit::cycles)
        .says("From an interrupt line to the first register access of its handler.")
        .from(provenance::assumed, "a small in-order core saving its registers");
    r.integer("sequencer.access_cycles", access_cycles, 0, 1000, unit::cycles)
        .says("Instructions around one bus access, beside the access itself.")
        .from(provenance::assumed, "a small in-order core");
    r.integer("sequencer.postprocess_cycles", postprocess_cycles, 0, 100000000, unit::cycles)
        .says("Fixed cost of turning output tensors into metadata.")
        .from(provenance::assumed, "no public figure");
    r.integer("sequencer.postprocess_cycles_per_byte", postprocess_cycles_per_byte, 0, 100000,
              unit::cycles)
        .says(
            "Cost of turning output tensors into metadata, for each byte of output; it does not "
            "depend on the content.")
        .from(provenance::assumed, "no public figure");
    r.integer("sequencer.max_findings", max_findings, 1, 22)
        .says(
            "Findings that one metadata record has room for; its size never depends on the "
            "content.")
        .from(provenance::chosen,
              "two records fit the reserved kibibyte at the bottom of the SRAM");
}

const char* name_of(frame_outcome o) {
    switch (o) {
        case frame_outcome::pending:
            return "pending";
        case frame_outcome::delivered:
            return "delivered";
        case frame_outcome::dropped_no_slot:
            return "dropped: inference of earlier frames still ran";
        case frame_outcome::dropped_replaced:
            return "dropped: a newer frame took its place";
        case frame_outcome::lost:
            return "lost: rows of the frame did not arrive, or a block refused its job";
        case frame_outcome::no_network:
            return "no network";
    }
    return "";
}

sequencer::sequencer(sc_core::sc_module_name name, const sequencer_parameters& parameters,
                     const register_directory& directory, boot_settings boot,
                     std::shared_ptr<const dsp::compiled_network> network, block_context& ctx)
    : sc_module(name),
      parameters_(parameters),
      directory_(directory),
      boot_(std::move(boot)),
      network_(std::move(network)),
      ctx_(ctx) {
    for (auto address : boot_.input_slots)
        slots_.push_back({address, slot_state::free, 0});
    for (std::size_t i = 0; i < boot_.metadata_buffers.size(); ++i)
        free_outputs_.push_back(i);
    auto& s = ctx.stats;
    s.add("sequencer.accesses", accesses_, "Bus accesses of the sequencer.");
    s.add("sequencer.interrupts", interrupts_, "Interrupts handled.");
    s.add("sequencer.inferences", inferences_, "Inferences whose metadata was handed over.");
    s.add("sequencer.dropped_frames", dropped_, "Frames without inference because it was late.");
    s.add("sequencer.lost_frames", lost_, "Frames whose tensor or inference did not complete.");
    s.add("sequencer.bus_errors", bus_errors_, "Accesses that did not end with an OK response.");
    s.add("sequencer.busy_cycles", busy_cycles_, "Cycles spent in handlers, bus time not counted.",
          "cycles");
    SC_THREAD(main);
}

bool sequencer::finished() const {
    return frames_.size() == boot_.frames &&
           std::none_of(frames_.begin(), frames_.end(),
                        [](const auto& f) { return f.outcome == frame_outcome::pending; });
}

void sequencer::spend(std::uint64_t cycles) {
    busy_cycles_ += cycles;
    const sc_time t = clock_domain::from_hertz(parameters_.clock).time_of(cycles);
    if (t != SC_ZERO_TIME)
        wait(t);
}

void sequencer::move(tlm::tlm_command command, std::uint64_t address, void* data,
                     std::size_t bytes) {
    auto* p = static_cast<unsigned char*>(data);
    for (std::size_t done = 0; done < bytes;) {
        const auto piece = static_cast<std::uint32_t>(std::min<std::size_t>(bytes - done, 1024));
        sc_time delay = SC_ZERO_TIME;
        ++accesses_;
        if (burst(memory_out, command, address + done, p ? p + done : nullptr, piece, delay) !=
            tlm::TLM_OK_RESPONSE)
            ++bus_errors_;
        if (delay != SC_ZERO_TIME)
            wait(delay);
        done += piece;
    }
}

void sequencer::debug_move(tlm::tlm_command command, std::uint64_t address, void* data,
                           std::size_t bytes) {
    tlm::tlm_generic_payload p;
    p.set_command(command);
    p.set_address(address);
    p.set_data_ptr(static_cast<unsigned char*>(data));
    p.set_data_length(static_cast<unsigned>(bytes));
    p.set_streaming_width(static_cast<unsigned>(bytes));
    if (memory_out->transport_dbg(p) != bytes)
        ++bus_errors_;
}

void sequencer::write_address(std::uint64_t address, std::uint32_t value) {
    spend(parameters_.access_cycles);
    unsigned char bytes[4];
    for (unsigned i = 0; i < 4; ++i)
        bytes[i] = static_cast<unsigned char>(value >> (8 * i));
    move(tlm::TLM_WRITE_COMMAND, address, bytes, 4);
}

void sequencer::write(const std::string& block, const std::string& name, std::uint32_t value) {
    write_address(directory_.address(block, name), value);
}

std::uint32_t sequencer::read(const std::string& block, const std::string& name) {
    spend(parameters_.access_cycles);
    unsigned char bytes[4] = {};
    move(tlm::TLM_READ_COMMAND, directory_.address(block, name), bytes, 4);
    return bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
           std::uint32_t{bytes[3]} << 24;
}

void sequencer::main() {
    boot_blocks();
    for (;;) {
        // One handler at a time, most urgent first: the frame's tensor address must be set before
        // its first row reaches the ISP. Interpreting results is background work that handlers
        // interrupt.
        void (sequencer::*handler)() = frame_irq.read()    ? &sequencer::on_frame_start
                                       : tensor_irq.read() ? &sequencer::on_tensor
                                       : npu_irq.read()    ? &sequencer::on_npu_done
                                       : dma_irq.read()    ? &sequencer::on_dma_done
                                       : sent_irq.read()   ? &sequencer::on_sent
                                                           : nullptr;
        if (handler) {
            ++interrupts_;
            spend(parameters_.interrupt_cycles);
            (this->*handler)();
            wait(SC_ZERO_TIME);  // let the acknowledged line fall
            wait(SC_ZERO_TIME);
        } else if (!background_.empty()) {
            work_in_background();
        } else {
            wait(frame_irq.value_changed_event() | tensor_irq.value_changed_event() |
                 npu_irq.value_changed_event() | dma_irq.value_changed_event() |
                 sent_irq.value_changed_event());
        }
    }
}

void sequencer::boot_blocks() {
    for (const auto& w : boot_.writes)
        write_address(w.first, w.second);
    write("isp", "CONTROL", boot_.isp_control);
    arm_tensor();
    write("pixel_array", "FRAMES", boot_.frames);
    write("pixel_array", "CONTROL", 1);
}

void sequencer::arm_tensor() {
    // The ISP takes its settings at a frame's first row, so the slot is named one frame ahead.
    if (!boot_.network || armed_ || frames_.size() >= boot_.frames)
        return;
    auto slot = std::find_if(slots_.begin(), slots_.end(),
                             [](const auto& s) { return s.state == slot_state::free; });
    if (slot == slots_.end() && parameters_.policy == late_policy::drop_oldest &&
        !waiting_.empty()) {
        slot = slots_.begin() + static_cast<std::ptrdiff_t>(waiting_.front());
        waiting_.pop_front();
        record(slot->frame).outcome = frame_outcome::dropped_replaced;
        ++dropped_;
    }
    if (slot == slots_.end())
        return;
    slot->state = slot_state::armed;
    armed_ = true;
    armed_slot_ = static_cast<std::size_t>(slot - slots_.begin());
    write("isp", "TENSOR_ADDRESS", static_cast<std::uint32_t>(slot->address));
    write("isp", "CONTROL", boot_.isp_control | boot_.isp_tensor_enable);
}

void sequencer::on_frame_start() {
    const std::uint32_t frame = read("pixel_array", "FRAME_COUNT") - 1;
    const sc_time started = sc_time_stamp();
    write("pixel_array", "STATUS", read("pixel_array", "STATUS"));
    const auto no_tensor =
        boot_.network ? frame_outcome::dropped_no_slot : frame_outcome::no_network;
    while (frames_.size() <= frame) {  // more than one when handlers kept an interrupt waiting
        frame_record r;
        r.frame = static_cast<std::uint32_t>(frames_.size());
        r.start = started;
        r.outcome = no_tensor;
        dropped_ += boot_.network ? 1 : 0;
        frames_.push_back(std::move(r));
    }
    // The ISP clears the enable bit when a frame has taken it.
    if (armed_ && !(read("isp", "CONTROL") & boot_.isp_tensor_enable)) {
        armed_ = false;
        slots_[armed_slot_].state = slot_state::filling;
        slots_[armed_slot_].frame = frame;
        record(frame).outcome = frame_outcome::pending;
        --dropped_;
    }
    // A slot still filling for an earlier frame never got all its rows.
    for (auto& s : slots_)
        if (s.state == slot_state::filling && s.frame + 1 < frame) {
            s.state = slot_state::free;
            give_up(record(s.frame));
        }
    arm_tensor();
}

void sequencer::give_up(frame_record& r) {
    r.outcome = frame_outcome::lost;
    ++lost_;
}

void sequencer::settle() {
    for (auto& s : slots_)
        if (s.state == slot_state::filling && record(s.frame).outcome == frame_outcome::pending)
            give_up(record(s.frame));
}

void sequencer::on_tensor() {
    const std::uint32_t frame = read("isp", "TENSOR_FRAME");
    write("isp", "STATUS", read("isp", "STATUS"));
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i].state != slot_state::filling || slots_[i].frame != frame)
            continue;
        slots_[i].state = slot_state::full;
        record(frame).tensor_ready = sc_time_stamp();
        if (!boot_.injected_tensor.empty() && !ctx_.timing_only)
            debug_move(tlm::TLM_WRITE_COMMAND, slots_[i].address, boot_.injected_tensor.data(),
                       boot_.injected_tensor.size());
        waiting_.push_back(i);
    }
    start_inference();
}

void sequencer::start_inference() {
    if (npu_busy_ || waiting_.empty())
        return;
    running_slot_ = waiting_.front();
    waiting_.pop_front();
    auto& slot = slots_[running_slot_];
    slot.state = slot_state::in_use;
    npu_busy_ = true;
    auto& r = record(slot.frame);
    if (boot_.keep(slot.frame) && !ctx_.timing_only) {
        r.tensor.resize(network_->input_bytes());
        debug_move(tlm::TLM_READ_COMMAND, slot.address, r.tensor.data(), r.tensor.size());
    }
    write("npu", "INPUT_ADDRESS", static_cast<std::uint32_t>(slot.address));
    write("npu", "JOB_ID", slot.frame);
    r.inference_start = sc_time_stamp();
    write("npu", "CONTROL", 1);
}

void sequencer::on_npu_done() {
    const std::uint32_t status = read("npu", "STATUS");
    write("npu", "STATUS", status);
    auto& slot = slots_[running_slot_];
    auto& r = record(slot.frame);
    if (!(status & registers::npu::STATUS_DONE)) {  // the job was refused or abandoned
        slot.state = slot_state::free;
        npu_busy_ = false;
        give_up(r);
        arm_tensor();
        start_inference();
        return;
    }
    r.inference_end = sc_time_stamp();
    r.inference_cycles = read("npu", "CYCLES");
    copy_job_.frame = slot.frame;
    slot.state = slot_state::free;
    arm_tensor();
    copy_wanted_ = true;
    start_copy();
}

void sequencer::start_copy() {
    if (!copy_wanted_ || free_outputs_.empty())
        return;
    copy_wanted_ = false;
    copy_job_.slot = free_outputs_.front();
    free_outputs_.pop_front();
    copy_index_ = 0;
    copy_output();
}

void sequencer::copy_output() {
    // Starts the copy of output tensor `copy_index_` out of the arena.
    const auto destination = network_->output_slot_address(copy_job_.slot, copy_index_);
    write("dma", "SOURCE", static_cast<std::uint32_t>(network_->output_address(copy_index_)));
    write("dma", "DESTINATION", static_cast<std::uint32_t>(destination));
    write("dma", "LENGTH", static_cast<std::uint32_t>(network_->output_bytes(copy_index_)));
    write("dma", "CONTROL", 1);
}

void sequencer::on_dma_done() {
    const std::uint32_t status = read("dma", "STATUS");
    write("dma", "STATUS", status);
    if (!(status & registers::dma::STATUS_DONE)) {
        free_outputs_.push_back(copy_job_.slot);
        npu_busy_ = false;
        give_up(record(copy_job_.frame));
        start_inference();
        return;
    }
    if (++copy_index_ < network_->outputs()) {
        copy_output();
        return;
    }
    // The arena is free: the next inference starts before this one's result is interpreted.
    npu_busy_ = false;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < network_->outputs(); ++i)
        bytes += network_->output_bytes(i);
    output_job job;
    job.frame = copy_job_.frame;
    job.slot = copy_job_.slot;
    job.cycles_left =
        parameters_.postprocess_cycles + parameters_.postprocess_cycles_per_byte * bytes;
    background_.push_back(std::move(job));
    start_inference();
}

void sequencer::work_in_background() {
    constexpr std::uint64_t piece = 1024;        // bytes read before interrupts are looked at
    constexpr std::uint64_t slice_cycles = 256;  // and cycles computed
    output_job& job = background_.front();
    std::uint64_t offset = job.bytes_read;
    for (std::size_t i = 0; i < network_->outputs(); ++i) {
        const std::uint64_t size = network_->output_bytes(i);
        if (offset >= size) {
            offset -= size;
            continue;
        }
        if (job.outputs.size() <= i)
            job.outputs.emplace_back(ctx_.timing_only ? 0 : size);
        const auto n = std::min(piece, size - offset);
        move(tlm::TLM_READ_COMMAND, network_->output_slot_address(job.slot, i) + offset,
             ctx_.timing_only ? nullptr : job.outputs[i].data() + offset, n);
        job.bytes_read += n;
        return;
    }
    if (job.cycles_left > 0) {
        const auto n = std::min(slice_cycles, job.cycles_left);
        job.cycles_left -= n;
        spend(n);
        return;
    }
    output_job done = std::move(job);
    background_.pop_front();
    hand_over(done);
}

void sequencer::hand_over(output_job& job) {
    auto& outputs = job.outputs;
    auto& r = record(job.frame);
    const auto capacity = static_cast<unsigned>(parameters_.max_findings);
    metadata_record m;
    if (!ctx_.timing_only)
        m = interpret(network_->net, outputs, capacity);
    const auto nanoseconds = [](const sc_time& t) {
        return t.value() / static_cast<std::uint64_t>(sc_time(1, sc_core::SC_NS).value());
    };
    m.frame = job.frame;
    m.frame_start_ns = nanoseconds(r.start);
    m.tensor_ready_ns = nanoseconds(r.tensor_ready);
    m.inference_start_ns = nanoseconds(r.inference_start);
    m.inference_end_ns = nanoseconds(r.inference_end);
    m.inference_cycles = static_cast<std::uint32_t>(r.inference_cycles);
    auto record_data = encode(m, capacity);
    if (boot_.keep(job.frame))
        r.outputs = std::move(outputs);
    const std::uint64_t buffer = boot_.metadata_buffers[job.slot];
    move(tlm::TLM_WRITE_COMMAND, buffer, record_data.data(), record_data.size());
    write("csi2", "METADATA_ADDRESS", static_cast<std::uint32_t>(buffer));
    write("csi2", "METADATA_LENGTH", static_cast<std::uint32_t>(record_data.size()));
    write("csi2", "METADATA_FRAME", job.frame);
    write("csi2", "METADATA_SEND", 1);
    r.metadata_queued = sc_time_stamp();
    ++inferences_;
    sending_.push_back(std::move(job));
}

void sequencer::on_sent() {
    write("csi2", "STATUS", read("csi2", "STATUS"));
    const std::uint32_t sent = read("csi2", "METADATA_SENT");
    for (; messages_sent_ != sent && !sending_.empty(); ++messages_sent_) {
        const output_job job = std::move(sending_.front());
        sending_.pop_front();
        free_outputs_.push_back(job.slot);
        auto& r = record(job.frame);
        r.metadata_sent = sc_time_stamp();
        r.outcome = frame_outcome::delivered;
    }
    start_copy();
}

}  // namespace ocellus::sim
