// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/npu/npu.h"

#include <algorithm>
#include <utility>

#include "core/diagnostics.h"
#include "core/payload.h"
#include "core/trace.h"
#include "dsp/network/executor.h"

namespace ocellus::dsp {

namespace reg = registers::npu;

void npu_parameters::declare(parameter_registry& r) {
    r.quantity("npu.clock", clock, unit::hertz, 1e6, 5e9)
        .says("Clock of the NPU.")
        .from(provenance::published, "ISSCC 2021 9.6")
        .moves("npu.busy", -1);
    r.choice("npu.organisation", organisation,
             {{"h1", array_choice::h1},
              {"h2", array_choice::h2},
              {"h3", array_choice::h3},
              {"h4", array_choice::h4},
              {"h5", array_choice::h5},
              {"h5_dense", array_choice::h5_dense},
              {"bus16", array_choice::bus16},
              {"os48", array_choice::os48},
              {"ws48", array_choice::ws48},
              {"custom", array_choice::custom}})
        .says(
            "How the multiply-accumulators are organised: h1 32 lanes x 72 deep, one buffer; h2 48 "
            "x "
            "48 im2col, overlapped; h3 48 x 48 taps in series; h4 32 x 72 with a slow controller; "
            "h5 768 multiply-accumulates a cycle on padded channels and 1744 cycles a pass, "
            "h5_dense the same with dense depthwise layers; bus16 32 x 72 behind 16 B/cycle; os48 "
            "and "
            "ws48 plain systolic arrays, output and weight stationary; "
            "custom takes the npu parameters lanes, depth, bus, buffers, fixed_cycles, taps and "
            "depthwise.")
        .from(provenance::derived,
              "smallest worst error over all public run times (ocellus network calibrate); the "
              "internal "
              "organisation is not public")
        .moves("npu.cycles", -1)
        .compare("h1", "h2");
    r.integer("npu.local_buffer", local_buffer, 1024, 16777216, unit::byte)
        .says("Bytes of buffers beside the array; the working set of a tile fits them.")
        .from(provenance::assumed,
              "large enough that every tensor of MobileNet V1 moves once, as the calibration "
              "assumes")
        .moves("npu.memory.read", -1)
        .compare("4 KiB", "256 KiB");
    r.integer("npu.burst", burst, 32, 4096, unit::byte)
        .must_be_power_of_two()
        .says("Bytes of one burst to the SRAM.")
        .from(provenance::assumed, "no public figure; a balance of detail and speed")
        .moves("npu.memory.bursts", -1);
    r.integer("npu.input_slots", input_slots, 1, 8)
        .says("Input tensors in SRAM: one is filled by the ISP while another is read.")
        .from(provenance::chosen, "double buffering")
        .moves("frames.delivered", +1)
        .compare("1", "2")
        .under("npu.clock=2 MHz")
        .under("run.frames=4");
    r.integer("npu.output_slots", output_slots, 0, 8)
        .says("Copies of the output tensors in SRAM: one is sent while another is made.")
        .from(provenance::chosen, "double buffering")
        .moves_nothing("the built-in firmware takes an output before the next one is made");
    r.integer("npu.reserved_bottom", reserved_bottom, 0, 1048576, unit::byte)
        .says("Bytes kept free at the bottom of the SRAM.")
        .from(provenance::published, "IMX500 converter report, reservedMemorySize")
        .moves_nothing("only addresses in the memory plan");
    r.integer("npu.reserved_top", reserved_top, 0, 1048576, unit::byte)
        .says("Bytes kept free at the top of the SRAM.")
        .from(provenance::published, "IMX500 converter report, l2memory totalSize 8388480 of 8 MiB")
        .moves_nothing("only addresses in the memory plan");
    const char* custom = "used by npu.organisation = custom; the default is that of h1";
    r.integer("npu.lanes", lanes, 1, 4096)
        .says("Output channels that the array computes at a time.")
        .from(provenance::assumed, custom)
        .moves("npu.cycles.compute", -1)
        .under("npu.organisation=custom");
    r.integer("npu.depth", depth, 1, 4096)
        .says("Products that each lane sums per cycle.")
        .from(provenance::assumed, custom)
        .moves("npu.cycles.compute", -1)
        .under("npu.organisation=custom");
    r.integer("npu.bus", bus, 1, 4096, unit::byte)
        .says("Bytes per cycle between SRAM and array, both directions together.")
        .from(provenance::assumed, custom)
        .moves("npu.cycles.load", -1)
        .moves("npu.cycles.store", -1)
        .under("npu.organisation=custom");
    r.integer("npu.buffers", buffers, 1, 3)
        .says("Buffers of each stream. 1: load, compute and store take turns; 2, 3: they overlap.")
        .from(provenance::assumed, custom)
        .moves("npu.cycles", -1)
        .compare("1", "2")
        .under("npu.organisation=custom");
    r.integer("npu.weight_buffers", weight_buffers, 0, 3)
        .says("Buffers of the stream of weights; 0: npu.buffers.")
        .from(provenance::assumed, custom)
        .moves("npu.cycles", -1)
        .compare("1", "2")
        .under("npu.organisation=custom")
        .under("npu.buffers=2")
        .under("npu.local_buffer=16 KiB");
    r.integer("npu.result_buffers", result_buffers, 0, 3)
        .says("Buffers of the stream of results; 0: npu.buffers.")
        .from(provenance::assumed, custom)
        .moves("npu.cycles", -1)
        .compare("1", "2")
        .under("npu.organisation=custom")
        .under("npu.buffers=2")
        .under("npu.local_buffer=16 KiB");
    r.choice("npu.memory_timing", timing,
             {{"transfer", memory_timing::transfer}, {"burst", memory_timing::burst}})
        .says(
            "When bursts reach the memory: all of a transfer when it begins, each with the time of "
            "its own (fast), or each when its time has come (sees the conflicts of others who come "
            "later).")
        .from(provenance::chosen, "the fast way; both agree within 1 %")
        .moves_nothing("the order in which bursts are asked for, not how many there are");
    r.choice("npu.weights", weights,
             {{"resident", weight_home::resident},
              {"streamed", weight_home::streamed},
              {"automatic", weight_home::automatic}})
        .says(
            "Where weights live: resident in SRAM, streamed in from a memory outside while earlier "
            "layers run, or automatic: resident as many as fit.")
        .from(provenance::published,
              "the part has no memory outside; networks that do not fit are "
              "refused")
        .moves("npu.external.read", +1)
        .compare("resident", "streamed");
    r.quantity("npu.external_bandwidth", external_bandwidth, unit::bit_per_second, 1e3, 1e13)
        .says("What the memory outside gives when weights are streamed.")
        .from(provenance::assumed, "an octal memory of 200 MHz at double data rate")
        .moves("npu.cycles.streaming", -1)
        .under("npu.weights=streamed");
    r.integer("npu.channel_padding", channel_padding, 1, 256)
        .must_be_power_of_two()
        .says(
            "Activations take room, and are moved, for channels in multiples of this; 32 is the "
            "part's SIMD padding.")
        .from(provenance::chosen, "no padding, so that plans meet the networks' own lower bounds")
        .moves("npu.memory.read", +1)
        .compare("1", "32");
    r.integer("npu.switch_cycles", switch_cycles, 0, 100000000, unit::cycles)
        .says("What a job costs more when it runs another network than the job before.")
        .from(provenance::assumed, "no public figure; the control cost of one pass of h5_dense")
        .moves("npu.cycles.switch", +1)
        .under("network.second=builtin:mobilenet_v1_1.0_224")
        .under("run.frames=2");
    r.quantity("npu.mac_energy", mac_energy, unit::joule, 0, 1e-6)
        .says("Energy of a multiply-accumulate.")
        .from(provenance::derived,
              "0.15 pJ an operation, published model of the part (CamJ); 0.20 pJ would be all of "
              "the published 4.97 TOPS/W: +35 %")
        .moves("npu.energy", +1);
    r.quantity("npu.read_energy", read_energy, unit::joule, 0, 1e-6)
        .says("Energy of a byte read from SRAM.")
        .from(provenance::assumed,
              "1 pJ a word read in the published model (CamJ), taken as a byte; a factor of 3")
        .moves("npu.energy", +1);
    r.quantity("npu.write_energy", write_energy, unit::joule, 0, 1e-6)
        .says("Energy of a byte written to SRAM.")
        .from(provenance::assumed,
              "3 pJ a word written in the published model (CamJ), taken as a byte; a factor of 3")
        .moves("npu.energy", +1);
    r.quantity("npu.cycle_energy", cycle_energy, unit::joule, 0, 1e-6)
        .says("Energy of a cycle of a job beyond its multiplications: clock, control, buffers.")
        .from(provenance::derived,
              "243 mW at full utilisation and 262.5 MHz less 2304 multiply-accumulates; 70 mW at "
              "low utilisation are 267 pJ: +14 %")
        .moves("npu.energy", +1);
    r.integer("npu.fixed_cycles", fixed_cycles, 0, 10000000, unit::cycles)
        .says("Control cost of each pass.")
        .from(provenance::assumed, custom)
        .moves("npu.cycles.fixed", +1)
        .under("npu.organisation=custom");
    r.choice("npu.taps", taps, {{"folded", tap_mode::folded}, {"serial", tap_mode::serial}})
        .says(
            "Whether the taps of a convolution share the depth with its channels, or follow each "
            "other.")
        .from(provenance::assumed, custom)
        .moves("npu.cycles.compute", +1)
        .compare("folded", "serial")
        .under("npu.organisation=custom");
    r.choice("npu.depthwise", depthwise,
             {{"dot_product", depthwise_mode::dot_product},
              {"one_per_lane", depthwise_mode::one_per_lane}})
        .says(
            "Whether a depthwise convolution sums its taps along the depth, or one tap per cycle.")
        .from(provenance::assumed, custom)
        .moves("npu.cycles.compute", +1)
        .compare("dot_product", "one_per_lane")
        .under("npu.organisation=custom");
    r.integer("npu.function_cycles", function_cycles, 1, 1024, unit::cycles)
        .says(
            "Cycles of an exponential: logistic and the like on each lane, softmax on the scalar "
            "unit.")
        .from(provenance::assumed, "no public figure")
        .moves_nothing("the built-in networks have no softmax and no logistic");
    r.integer("npu.scalar_element_cycles", scalar_element_cycles, 1, 1024, unit::cycles)
        .says(
            "Cycles of the scalar unit, which post-processing runs on, to read, compute and write "
            "one number.")
        .from(provenance::assumed, "no public figure")
        .moves_nothing("the built-in networks have no post-processing");
    r.integer("npu.scalar_compare_cycles", scalar_compare_cycles, 1, 1024, unit::cycles)
        .says("Cycles of the scalar unit for one decision of a search, a sort or a suppression.")
        .from(provenance::assumed, "no public figure")
        .moves_nothing("the built-in networks have no post-processing");
    r.integer("npu.hang_job", hang_job, 0, 1000000)
        .says(
            "Fault injection: the job with this number, from 1, hangs until it is aborted; 0: "
            "none.")
        .from(provenance::chosen, "no fault")
        .moves("frames.lost", +1)
        .compare("0", "1")
        .under("firmware.inference_timeout=5 ms")
        .under("run.frames=2");
}

array_organisation npu_parameters::array() const {
    array_organisation a;
    if (organisation == array_choice::custom) {
        a.name = "custom";
        a.lanes = lanes;
        a.depth = depth;
        a.taps = taps;
        a.depthwise = depthwise;
        a.bus_bytes = bus;
        a.buffers = static_cast<unsigned>(buffers);
        a.fixed_cycles = fixed_cycles;
        a.weight_buffers = static_cast<unsigned>(weight_buffers);
        a.result_buffers = static_cast<unsigned>(result_buffers);
    } else {
        // The shipped ones are in the order of the choices.
        a = dsp::organisation(organisation_names().at(static_cast<std::size_t>(organisation)));
    }
    a.function_cycles = function_cycles;
    a.scalar_element_cycles = scalar_element_cycles;
    a.scalar_compare_cycles = scalar_compare_cycles;
    return a;
}

event_energies npu_parameters::energies() const {
    return event_energies::of(mac_energy, read_energy, write_energy, cycle_energy);
}

memory_budget npu_parameters::budget(std::uint64_t sram_base, std::uint64_t sram_bytes) const {
    memory_budget b;
    b.base_address = sram_base;
    b.bytes = sram_bytes > reserved_top ? sram_bytes - reserved_top : 0;
    b.reserved = reserved_bottom;
    b.input_slots = input_slots;
    b.output_slots = output_slots;
    b.weights = weights;
    b.external_bytes_per_cycle = external_bandwidth / 8 / clock;
    b.channel_padding = channel_padding;
    return b;
}

npu::npu(sc_core::sc_module_name name, const npu_parameters& parameters, block_context& context)
    : sc_module(name),
      parameters_(parameters),
      context_(context),
      clock_(clock_domain::from_hertz(parameters.clock)),
      registers_(reg::map) {
    if (context.trace) {
        tracks_[0] = context.trace->track("npu.jobs");
        tracks_[1] = context.trace->track("npu.layers");
        tracks_[2] = context.trace->track("npu.tiles");
    }
    outside_.most = ~0u;
    registers_in.register_b_transport(this, &npu::registers_transport);
    registers_in.register_transport_dbg(this, &npu::registers_debug);
    declare_registers();
    declare_statistics(context.stats);
    SC_THREAD(run);
    SC_METHOD(drive_irq);
    sensitive << irq_.changed();
}

npu::~npu() {
    // The executor may still be at work when the simulation was stopped in the middle of a job.
    try {
        functional_.wait();
    } catch (...) {
    }
}

std::uint32_t npu::load(std::shared_ptr<const compiled_network> compiled) {
    loaded_network n;
    if (!context_.timing_only)
        n.functional = std::make_unique<executor>(compiled->net);
    n.compiled = std::move(compiled);
    networks_.push_back(std::move(n));
    return static_cast<std::uint32_t>(networks_.size() - 1);
}

const compiled_network* npu::selected() const {
    const std::uint32_t number = registers_.get(reg::NETWORK);
    return number < networks_.size() ? networks_[number].compiled.get() : nullptr;
}

void npu::declare_registers() {
    auto& r = registers_;
    r.on_write(reg::CONTROL, [this](std::uint32_t value) { written_control(value); });
    r.on_write(reg::STATUS, [this](std::uint32_t mask) {
        status_ &= ~mask;
        if (mask & status_error)
            error_ = error_none;
        lines_changed();
    });
    r.on_read(reg::STATUS, [this] { return status_ | (busy_ ? std::uint32_t{status_busy} : 0u); });
    r.on_write(reg::IRQ_ENABLE, [this](std::uint32_t) { lines_changed(); });
    for (const unsigned lines : {reg::STATUS, reg::IRQ_ENABLE})
        r.acts_ahead(lines);
    r.on_read(reg::ERROR_CODE, [this] { return error_; });
    r.on_read(reg::NETWORK_COUNT, [this] { return static_cast<std::uint32_t>(networks_.size()); });
    r.on_read(reg::INPUT_BYTES, [this] {
        const auto* n = selected();
        return n ? static_cast<std::uint32_t>(n->input_bytes()) : 0u;
    });
    r.on_read(reg::DONE_ID, [this] { return last_job_.job; });
    r.on_read(reg::OUTPUT_COUNT, [this] {
        const auto* n = selected();
        return n ? static_cast<std::uint32_t>(n->outputs()) : 0u;
    });
    const auto output = [this](bool address) {
        const auto* n = selected();
        const std::uint32_t index = registers_.get(reg::OUTPUT_INDEX);
        if (!n || index >= n->outputs())
            return 0u;
        return static_cast<std::uint32_t>(address ? n->output_address(index)
                                                  : n->output_bytes(index));
    };
    r.on_read(reg::OUTPUT_ADDRESS, [output] { return output(true); });
    r.on_read(reg::OUTPUT_BYTES, [output] { return output(false); });
    // The last job.
    r.counter(reg::CYCLES, job_sum_.cycles);
    r.counter(reg::COMPUTE_CYCLES, job_sum_.compute);
    r.counter(reg::LOAD_CYCLES, job_sum_.load);
    r.counter(reg::STORE_CYCLES, job_sum_.store);
    r.counter(reg::FIXED_CYCLES, job_sum_.fixed);
    r.counter(reg::STALL_CYCLES, job_sum_.stall);
    r.counter(reg::MACS, job_sum_.macs);
    // Since reset.
    r.counter(reg::COUNTER_JOBS, jobs_);
    r.counter(reg::COUNTER_ERRORS, errors_);
    r.wide_counter(reg::COUNTER_CYCLES_LOW, cycles_);
    r.wide_counter(reg::COUNTER_COMPUTE_LOW, compute_);
    r.wide_counter(reg::COUNTER_LOAD_LOW, load_);
    r.wide_counter(reg::COUNTER_STORE_LOW, store_);
    r.wide_counter(reg::COUNTER_FIXED_LOW, fixed_);
    r.wide_counter(reg::COUNTER_STALL_LOW, stall_);
    r.wide_counter(reg::COUNTER_MACS_LOW, macs_);
    r.wide_counter(reg::COUNTER_READ_BYTES_LOW, read_bytes_);
    r.wide_counter(reg::COUNTER_WRITE_BYTES_LOW, write_bytes_);
    r.wide_counter(reg::COUNTER_BURSTS_LOW, bursts_);
}

void npu::declare_statistics(statistics& s) {
    s.add("npu.jobs", jobs_, "Finished jobs");
    s.add("npu.errors", errors_, "Refused starts and abandoned jobs");
    s.add("npu.cycles", cycles_, "NPU cycles of all finished jobs", "cycles");
    s.add("npu.cycles.compute", compute_, "Cycles in which the array computed", "cycles");
    s.add("npu.cycles.load", load_, "Bus cycles of reads, at full bus width", "cycles");
    s.add("npu.cycles.store", store_, "Bus cycles of writes, at full bus width", "cycles");
    s.add("npu.cycles.fixed", fixed_, "Control cycles, once a pass", "cycles");
    s.add("npu.cycles.stall", stall_,
          "Cycles beyond the unloaded time: latency and conflicts of the memory", "cycles");
    s.add("npu.cycles.streaming", streaming_,
          "Cycles in which a pass waited for weights from outside", "cycles");
    s.add("npu.external.read", external_bytes_, "Bytes of weights streamed in from outside", "B");
    s.add("npu.switches", switches_, "Jobs that ran another network than the job before");
    s.add("npu.cycles.switch", switching_,
          "Cycles spent on changing to another network, of the fixed ones", "cycles");
    s.add("npu.macs", macs_, "Multiply-accumulates");
    s.add("npu.memory.read", read_bytes_, "Bytes read from SRAM", "B");
    s.add("npu.memory.write", write_bytes_, "Bytes written to SRAM", "B");
    s.add("npu.memory.bursts", bursts_, "Bursts to SRAM");
    s.add_computed(
        "npu.busy", [this] { return clock_.seconds_of(cycles_); }, "Time in finished jobs", "s");
    s.add_computed(
        "npu.energy",
        [this] {
            return parameters_.energies()
                .of_events(macs_, read_bytes_, write_bytes_, cycles_)
                .joules();
        },
        "Energy of finished jobs by events (docs/npu.md)", "J");
    s.add_computed(
        "npu.utilisation",
        [this] {
            const double peak =
                static_cast<double>(cycles_) * static_cast<double>(parameters_.array().macs());
            return peak > 0 ? static_cast<double>(macs_) / peak : 0.0;
        },
        "Multiply-accumulates over what the array could have done in finished jobs", "1");
}

void npu::registers_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    if (p.get_byte_enable_ptr()) {
        p.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
        return;
    }
    registers_.transport(p, delay);
}

unsigned npu::registers_debug(tlm::tlm_generic_payload& p) {
    return registers_.transport_debug(p);
}

void npu::written_control(std::uint32_t value) {
    if (value & reg::CONTROL_ABORT_bits)
        abort();
    if (value & reg::CONTROL_START_bits)
        start();
}

void npu::abort() {
    if (!busy_ || abort_)
        return;
    abort_ = true;
    abort_event_.notify(sc_core::SC_ZERO_TIME);
}

void npu::raise(std::uint32_t status, std::uint32_t error) {
    status_ |= status;
    if (error != error_none) {
        error_ = error;
        ++errors_;
    }
    lines_changed();
}

std::uint32_t npu::lines() const {
    return (status_ & (status_done | status_error) & registers_.get(reg::IRQ_ENABLE)) != 0;
}

void npu::drive_irq() {
    done_irq.write(irq_.drive(lines()) != 0);
}

void npu::start() {
    if (busy_)
        return raise(status_error, error_busy);
    const std::uint32_t number = registers_.get(reg::NETWORK);
    if (number >= networks_.size())
        return raise(status_error, error_network);
    job_input_ = registers_.get(reg::INPUT_ADDRESS);
    if (job_input_ % 64 != 0)
        return raise(status_error, error_input);
    job_network_ = number;
    job_ = registers_.get(reg::JOB_ID);
    if (number != last_network_)
        networks_[number].verified = false;
    if (!context_.timing_only) {
        const std::uint32_t error = start_functional(networks_[number]);
        if (error != error_none)
            return raise(status_error, error);
    }
    busy_ = true;
    start_event_.notify(sc_core::SC_ZERO_TIME);
}

/// Submits the functional job. Offsets of all tensors, the input's among them, are made relative to
/// the start of the network's memory.
std::uint32_t npu::start_functional(loaded_network& n) {
    const compiled_network& c = *n.compiled;
    const std::uint64_t base = c.plan.budget.base_address, bytes = c.plan.budget.bytes;
    if (job_input_ < base || job_input_ + c.input_bytes() > base + bytes)
        return error_direct;
    const auto covered = [&] {
        return have_direct_ && direct_.get_start_address() <= base &&
               base + bytes - 1 <= direct_.get_end_address();
    };
    if (!covered()) {
        payload_.set_command(tlm::TLM_READ_COMMAND);
        payload_.set_address(base);
        direct_.init();
        have_direct_ =
            read_out->get_direct_mem_ptr(payload_, direct_) && direct_.is_read_write_allowed();
        if (!covered())
            return error_direct;
    }
    std::uint8_t* memory = direct_.get_dmi_ptr() + (base - direct_.get_start_address());
    // A network that is selected anew must be there: its upload may be under way.
    if (!n.verified) {
        const auto in_place = [&](std::size_t t, const tensor& x) {
            const std::uint8_t* const there = memory + c.plan.constant_offset[t];
            if (x.bits == 8)
                return std::equal(x.data.begin(), x.data.end(), there);
            const std::vector<std::uint8_t> packed = stored_data(x);
            return std::equal(packed.begin(), packed.end(), there);
        };
        for (std::size_t l = 0; l < c.net.layers.size(); ++l)
            for (const int i : c.net.layers[l].inputs) {
                if (i < 0 || c.plan.streamed_bytes[l] > 0)
                    continue;
                const auto t = static_cast<std::size_t>(i);
                if (c.net.tensors[t].constant() && !in_place(t, c.net.tensors[t]))
                    return error_weights;
            }
        n.verified = true;
    }
    std::vector<std::size_t> offsets = c.plan.tensor_offsets;
    for (std::size_t t = 0; t < offsets.size(); ++t)
        if (c.plan.in_arena[t])
            offsets[t] += c.plan.arena_offset;
    offsets[static_cast<std::size_t>(c.net.inputs[0])] = job_input_ - base;
    const executor* run = n.functional.get();
    functional_ = context_.pool.submit(
        [run, memory, offsets = std::move(offsets)] { run->run(nullptr, memory, offsets); });
    return error_none;
}

void npu::wait_until(std::uint64_t cycle) {
    const sc_core::sc_time target = job_start_ + clock_.time_of(cycle);
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    // Time that is left may be cut short by an abort.
    if (target > now && !abort_)
        wait(target - now, abort_event_);
}

/// One burst of the command that the payload holds.
void npu::request(const stream& s, std::uint64_t address, std::uint64_t bytes, std::uint8_t* data,
                  sc_core::sc_time& delay) {
    payload_.set_address(address);
    payload_.set_data_ptr(data);
    payload_.set_data_length(static_cast<unsigned>(bytes));
    payload_.set_streaming_width(static_cast<unsigned>(bytes));
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    payload_.set_dmi_allowed(false);  // a hint of the last answer
    const carried<posted_bursts> on_payload(payload_, s.posted);
    s.through->b_transport(payload_, delay);
    refused_ |= !payload_.is_response_ok();
    ++bursts_;
}

/// Moves the streams' ranges, one stream after the other, as bursts that the bus requests back to
/// back from cycle `start` of the pass on, and returns the cycle in which the last one is complete,
/// at least `start + unloaded`.
std::uint64_t npu::transfer(tlm::tlm_command command, std::initializer_list<stream> streams,
                            std::uint64_t start, std::uint64_t unloaded, std::uint8_t* data) {
    const compiled_network& c = *networks_[job_network_].compiled;
    const std::uint64_t begin = pass_start_ + start;
    wait_until(begin);
    if (abort_)
        return start + unloaded;
    sc_core::sc_time now = sc_core::sc_time_stamp(), last = now;
    const bool each = parameters_.timing == memory_timing::burst;
    payload_.set_command(command);
    std::uint64_t position = 0;
    for (const stream& s : streams)
        for (const byte_range* range = s.first; range != s.last; ++range) {
            const byte_range& r = *range;
            const std::uint64_t base =
                (r.network_input ? job_input_ : c.plan.budget.base_address) + r.offset;
            for (std::uint64_t done = 0; done < r.bytes;) {
                // Bursts end at multiples of their size, so that they never straddle one more bank.
                const std::uint64_t address = base + done;
                const std::uint64_t room = parameters_.burst - address % parameters_.burst;
                const std::uint64_t bytes = std::min(room, r.bytes - done);
                if (each && position > 0) {
                    wait_until(begin + position / c.array.bus_bytes);
                    if (abort_)
                        return start + unloaded;
                    now = sc_core::sc_time_stamp();
                    payload_.set_command(command);
                }
                const sc_core::sc_time due =
                    job_start_ + clock_.time_of(begin + position / c.array.bus_bytes);
                sc_core::sc_time delay = due > now ? due - now : sc_core::SC_ZERO_TIME;
                request(s, address, bytes, data ? data + position : nullptr, delay);
                now = sc_core::sc_time_stamp();
                if (now + delay > last)
                    last = now + delay;
                done += bytes;
                position += bytes;
            }
        }
    for (const stream& s : streams) {
        last = std::max(last, s.posted.drain());
        refused_ |= s.posted.refused() > 0;
    }
    refused_ |= outside_.refused() > 0;
    (command == tlm::TLM_READ_COMMAND ? read_bytes_ : write_bytes_) += position;
    // Sums of times that were each rounded to the kernel's resolution may be a few units late.
    const sc_core::sc_time slack = 4 * sc_core::sc_get_time_resolution();
    sc_core::sc_time completion = last - job_start_;
    completion = completion > slack ? completion - slack : sc_core::SC_ZERO_TIME;
    return std::max(begin + unloaded, clock_.cycles_until(completion)) - pass_start_;
}

/// Fetches `words` more of the stream, as bursts. `changed` is set when they differ from what lay
/// there in the job before.
bool npu::fetch(loaded_network& n, std::size_t words, std::size_t& at, bool& changed) {
    const compiled_network& c = *n.compiled;
    constexpr std::uint64_t size = sizeof(std::uint32_t);
    if (words > c.plan.commands_bytes / size - at)
        return false;
    std::vector<std::uint32_t> now(words);
    const byte_range range{false, c.plan.commands_offset + at * size, words * size};
    // Without data in memory the commands are those that the compiler made.
    if (context_.timing_only && at + words <= c.commands.size())
        std::copy_n(c.commands.begin() + static_cast<std::ptrdiff_t>(at), words, now.begin());
    fetch_end_ =
        transfer(tlm::TLM_READ_COMMAND, {{read_out, reads_, &range, &range + 1}}, fetch_end_,
                 bus_cycles(range.bytes, c.array),
                 context_.timing_only ? nullptr : reinterpret_cast<std::uint8_t*>(now.data()));
    if (n.fetched.size() < at + words) {
        n.fetched.resize(at + words);
        changed = true;
    }
    const auto old = n.fetched.begin() + static_cast<std::ptrdiff_t>(at);
    if (!std::equal(now.begin(), now.end(), old)) {
        std::copy(now.begin(), now.end(), old);
        changed = true;
    }
    at += words;
    return true;
}

/// Fetches and decodes the section of pass `index`, BEGIN before the first and END behind the last.
/// Null when the stream is over, or cannot be executed.
const pass* npu::fetch_pass(std::size_t index) {
    loaded_network& n = networks_[job_network_];
    const compiled_network& c = *n.compiled;
    fetch_end_ = 0;
    const auto illegal = [this](const std::string& why) {
        illegal_ = true;
        illegal_command_ = why;
        return nullptr;
    };
    try {
        bool changed = false;
        if (index == 0) {
            fetched_words_ = 0;
            if (!fetch(n, begin_words, fetched_words_, changed))
                return illegal("no room for BEGIN");
            if (refused_ || abort_)
                return nullptr;
            const command_header h = decode_begin(n.fetched.data(), begin_words);
            passes_ = h.passes;
            section_words_ = h.first_section;
        }
        if (index >= passes_)
            return nullptr;
        changed = false;
        const std::size_t base = fetched_words_;
        const bool last = index + 1 == passes_;
        if (!fetch(n, std::size_t{section_words_} + (last ? end_words : 0), fetched_words_,
                   changed))
            return illegal("a section beyond the stream");
        if (refused_ || abort_)
            return nullptr;
        if (changed || index >= n.decoded.size()) {
            n.decoded.resize(index);  // what lies behind has moved
            n.next_section.resize(index);
            std::uint32_t next = 0;
            pass p = decode_section(n.fetched.data() + base, section_words_, base, c.limits(),
                                    c.array, next);
            if (last &&
                read_command(n.fetched.data(), fetched_words_, base + section_words_, 0).code !=
                    opcode::end)
                return illegal("expected END");
            p.control_cycles = std::max(c.array.fixed_cycles,
                                        fetch_cycles(section_words_, index == 0, last, c.array));
            if (index < c.passes.size())
                p.name = c.passes[index].name;
            const auto times = schedule(p, c.array);
            p.unloaded_cycles = times.empty() ? p.control_cycles : times.back().store_end;
            n.decoded.push_back(std::move(p));
            n.next_section.push_back(next);
        }
        section_words_ = n.next_section[index];
        return &n.decoded[index];
    } catch (const command_error& e) {
        return illegal(e.what());
    }
}

/// Weights from outside: written to SRAM as they come, behind those that are on their way already.
void npu::bring(const external_fetch& f) {
    const compiled_network& c = *networks_[job_network_].compiled;
    std::uint64_t begin = std::max(outside_free_, pass_start_);
    if (outside_begin_) {
        const sc_core::sc_time earliest = job_start_ + clock_.time_of(begin);
        const sc_core::sc_time first = outside_begin_(job_network_, f, earliest);
        if (first > earliest)
            begin = clock_.cycles_until(first - job_start_);
    }
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    sc_core::sc_time last = now;
    payload_.set_command(tlm::TLM_WRITE_COMMAND);
    const stream outside{write_out, outside_, nullptr, nullptr};
    for (std::uint64_t done = 0; done < f.bytes;) {
        const std::uint64_t address = c.plan.address(f.offset + done);
        const std::uint64_t bytes =
            std::min(parameters_.burst - address % parameters_.burst, f.bytes - done);
        done += bytes;
        const sc_core::sc_time at =
            job_start_ + clock_.time_of(begin + static_cast<std::uint64_t>(external_position(
                                                    done - bytes, c.plan.budget)));
        sc_core::sc_time delay = at > now ? at - now : sc_core::SC_ZERO_TIME;
        request(outside, address, bytes, nullptr, delay);
        last = std::max(last, now + delay);
    }
    write_bytes_ += f.bytes;
    external_bytes_ += f.bytes;
    // As in transfer().
    const sc_core::sc_time slack = 4 * sc_core::sc_get_time_resolution();
    const sc_core::sc_time completion =
        last - job_start_ > slack ? last - job_start_ - slack : sc_core::SC_ZERO_TIME;
    outside_free_ =
        std::max(begin + external_cycles(f.bytes, c.plan.budget), clock_.cycles_until(completion));
    arrivals_.push_back(outside_free_);
}

void npu::tell_tile(const pass& p, std::size_t index, const tile_times& t) {
    if (!context_.trace || abort_)
        return;
    const sc_core::sc_time start = job_start_ + clock_.time_of(pass_start_ + t.compute_start);
    const sc_core::sc_time end = job_start_ + clock_.time_of(pass_start_ + t.compute_end);
    context_.trace->record(spanning(tracks_[2], trace_type::tile, start, end - start, job_,
                                    context_.trace->name(p.name) | std::uint64_t{index} << 32,
                                    t.compute_end - t.compute_start));
}

bool npu::run_job() {
    const compiled_network& c = *networks_[job_network_].compiled;
    job_start_ = sc_core::sc_time_stamp();
    pass_start_ = 0;
    refused_ = illegal_ = false;
    outside_free_ = 0;
    arrivals_.clear();
    const bool switched = last_network_ != no_network && last_network_ != job_network_;
    const std::uint64_t switch_cost = switched ? parameters_.switch_cycles : 0;
    switches_ += switched;
    switching_ += switch_cost;
    last_network_ = job_network_;
    context_.publish(event_kind::job_started, job_, job_input_);
    last_layers_.clear();
    layer_timing sum;
    if (++started_ == parameters_.hang_job)
        while (!abort_)
            wait(abort_event_);
    for (std::size_t index = 0; !abort_; ++index) {
        const pass* const section = fetch_pass(index);
        if (!section)
            break;
        const pass& p = *section;
        for (const external_fetch& f : p.fetches)
            bring(f);
        if (p.awaits > arrivals_.size()) {
            illegal_ = true;
            illegal_command_ = "AWAIT for more fetches than there were";
            break;
        }
        const std::uint64_t arrival = p.awaits > 0 ? arrivals_[p.awaits - 1] : 0;
        const std::uint64_t waited = arrival > pass_start_ ? arrival - pass_start_ : 0;
        const std::uint64_t switching = index == 0 ? switch_cost : 0;
        const std::uint64_t control =
            waited + switching + std::max(c.array.fixed_cycles, fetch_end_);
        const auto times = walk(
            p, c.array, control,
            [this](const tile& t, std::uint64_t start, load_part part) {
                const byte_range* first = t.loads.data();
                const byte_range *middle = first + t.activation_ranges,
                                 *last = first + t.loads.size();
                const bool weights = part != load_part::activations,
                           activations = part != load_part::weights;
                return transfer(tlm::TLM_READ_COMMAND,
                                {{read_out, reads_, activations ? first : middle, middle},
                                 {weight_out, weights_, middle, weights ? last : middle}},
                                start,
                                part == load_part::all ? t.load_cycles
                                : part == load_part::activations
                                    ? t.activation_cycles
                                    : t.load_cycles - t.activation_cycles);
            },
            [this](const tile& t, std::uint64_t start) {
                const byte_range* const first = t.stores.data();
                return transfer(tlm::TLM_WRITE_COMMAND,
                                {{write_out, writes_, first, first + t.stores.size()}}, start,
                                t.store_cycles);
            },
            [this, &p](std::size_t i, const tile_times& t) { tell_tile(p, i, t); });
        layer_timing y;
        y.name = p.name;
        y.kind = p.kind;
        y.start = pass_start_;
        y.cycles = times.empty() ? control : times.back().store_end;
        for (const tile& t : p.tiles) {
            y.compute += t.compute;
            y.load += t.load_cycles;
            y.store += t.store_cycles;
        }
        y.fixed = p.control_cycles + switching;
        y.streaming = waited;
        y.stall = y.cycles - waited - switching - p.unloaded_cycles;
        y.macs = p.macs;
        y.bytes = p.moved_bytes;
        if (context_.trace) {
            const auto tell = [&](const std::string& what, std::uint64_t from, std::uint64_t cycles,
                                  std::uint64_t stall) {
                context_.trace->record(
                    {(job_start_ + clock_.time_of(from)).value(),
                     (clock_.time_of(from + cycles) - clock_.time_of(from)).value(),
                     context_.trace->name(what), cycles | stall << 32, job_, tracks_[1],
                     trace_type::layer, 1});
            };
            if (switched && index == 0)
                tell("switch to " + c.net.name, pass_start_, switching, 0);
            tell(y.name, pass_start_ + switching, y.cycles - switching, y.stall);
        }
        pass_start_ += y.cycles;
        sum.cycles += y.cycles;
        sum.compute += y.compute;
        sum.load += y.load;
        sum.store += y.store;
        sum.fixed += y.fixed;
        sum.stall += y.stall;
        sum.streaming += y.streaming;
        sum.macs += y.macs;
        sum.bytes += y.bytes;
        last_layers_.push_back(std::move(y));
        if (refused_ || abort_)
            break;
    }
    wait_until(pass_start_);
    // The workers' bytes are made whatever becomes of the job: nobody else may touch the memory
    // while they are at it.
    functional_.wait();
    functional_ = {};
    if (abort_)
        return false;
    job_sum_ = sum;
    return !refused_ && !illegal_;
}

void npu::run() {
    for (;;) {
        wait(start_event_);
        const bool complete = run_job();
        busy_ = false;
        if (context_.trace)
            context_.trace->record(ended(tracks_[0], trace_type::job, job_start_, job_,
                                         job_ | std::uint64_t{!complete} << 32,
                                         complete ? job_sum_.cycles : 0));
        if (!complete) {
            context_.publish(event_kind::job_failed, job_);
            raise(status_error, abort_ ? error_aborted : refused_ ? error_memory : error_command);
            abort_ = false;
            continue;
        }
        abort_ = false;
        last_job_ = {job_, job_network_, job_start_, sc_core::sc_time_stamp(), job_sum_.cycles};
        ++jobs_;
        cycles_ += job_sum_.cycles;
        compute_ += job_sum_.compute;
        load_ += job_sum_.load;
        store_ += job_sum_.store;
        fixed_ += job_sum_.fixed;
        stall_ += job_sum_.stall;
        streaming_ += job_sum_.streaming;
        macs_ += job_sum_.macs;
        context_.publish(event_kind::job_ended, job_, job_sum_.cycles);
        raise(status_done, error_none);
    }
}

}  // namespace ocellus::dsp
