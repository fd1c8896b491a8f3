// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "memory/dma.h"

#include "core/payload.h"

namespace ocellus::memory {

namespace reg = registers::dma;

void dma_parameters::declare(parameter_registry& r) {
    r.integer("dma.burst", burst, 4, 4096, unit::byte)
        .must_be_power_of_two()
        .says("Longest burst of the DMA engine.")
        .from(provenance::chosen, "one interleave unit of the SRAM")
        .moves("interconnect.dma.requests", -1);
}

dma::dma(sc_core::sc_module_name name, const dma_parameters& p, block_context& ctx)
    : sc_module(name), p_(p), timing_only_(ctx.timing_only) {
    registers_in.register_b_transport(this, &dma::b_transport);
    registers_in.register_transport_dbg(this, &dma::transport_debug);
    declare_registers();
    if (!timing_only_)
        for (auto& b : buffers_)
            b.resize(p_.burst);

    SC_HAS_PROCESS(dma);
    SC_THREAD(copy);
    SC_METHOD(drive_irq);
    sensitive << irq_.changed();

    ctx.stats.add("dma.jobs", jobs_, "Copies that the DMA engine finished.");
    ctx.stats.add("dma.descriptors", descriptors_, "Descriptors of lists that were completed.");
    ctx.stats.add("dma.bytes", bytes_, "Bytes copied by the DMA engine.", "B");
    ctx.stats.add("dma.errors", errors_, "Copies that ended with an error response.");
    ctx.stats.add("dma.rejected", rejected_, "Starts while a copy was running.");
    const double resolution = sc_core::sc_get_time_resolution().to_seconds();
    ctx.stats.add_computed(
        "dma.busy_time",
        [this, resolution] { return static_cast<double>(busy_time_) * resolution; },
        "Time from start to completion, summed over all copies.", "s");
}

void dma::declare_registers() {
    registers_.on_write(reg::CONTROL, [this](std::uint32_t value) {
        registers_.set(reg::CONTROL, 0);
        if (value & control_stop)
            stop_ = true;
        if (value & (control_start | control_start_list))
            start((value & control_start_list) != 0);
    });
    registers_.on_write(reg::STATUS, [this](std::uint32_t) {
        if (busy_)
            registers_.set_bits(reg::STATUS, status_busy);
        lines_changed();
    });
    registers_.on_write(reg::IRQ_ENABLE, [this](std::uint32_t) { lines_changed(); });
    for (const unsigned r : {reg::CONTROL, reg::STATUS, reg::IRQ_ENABLE})
        registers_.acts_ahead(r);
}

void dma::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    registers_.transport(payload, delay);
}

unsigned dma::transport_debug(tlm::tlm_generic_payload& payload) {
    return registers_.transport_debug(payload);
}

void dma::start(bool list) {
    if (busy_) {
        ++rejected_;
        registers_.set_bits(reg::STATUS, status_error);
        lines_changed();
        return;
    }
    busy_ = true;
    list_ = list;
    stop_ = false;
    registers_.set(reg::DESCRIPTORS_DONE, 0);
    registers_.set_bits(reg::STATUS, status_busy);
    registers_.set(reg::BYTES_DONE, 0);
    started_.notify(registers_.ahead());
}

void dma::copy() {
    for (;;) {
        wait(started_);
        const sc_core::sc_time begin = sc_core::sc_time_stamp();
        if (list_) {
            copy_list();
        } else {
            // Sampled here: what is written during the copy belongs to the next one.
            job j;
            j.source = registers_.get(reg::SOURCE);
            j.destination = registers_.get(reg::DESTINATION);
            j.length = registers_.get(reg::LENGTH);
            j.rows = registers_.get(reg::ROWS);
            j.source_stride = registers_.get(reg::SOURCE_STRIDE);
            j.destination_stride = registers_.get(reg::DESTINATION_STRIDE);
            copy_job(j);
        }
        busy_time_ += (sc_core::sc_time_stamp() - begin).value();
        ++jobs_;
        busy_ = false;
        registers_.set(reg::STATUS, (registers_.get(reg::STATUS) & ~status_busy) | status_done);
        lines_changed();
    }
}

bool dma::fail(std::uint64_t address) {
    ++errors_;
    registers_.set(reg::ERROR_ADDRESS, static_cast<std::uint32_t>(address));
    registers_.set_bits(reg::STATUS, status_error);
    return false;
}

void dma::copy_list() {
    std::uint64_t at = registers_.get(reg::DESCRIPTOR);
    do {
        std::uint32_t words[descriptor_bytes / 4] = {};
        if (at % descriptor_bytes != 0) {
            fail(at);
            return;
        }
        sc_core::sc_time delay;
        if (burst(memory_out, tlm::TLM_READ_COMMAND, at, words, descriptor_bytes, delay) !=
            tlm::TLM_OK_RESPONSE) {
            fail(at);
            return;
        }
        if (delay > sc_core::SC_ZERO_TIME)
            wait(delay);
        if (words[7] != 0) {
            fail(at);
            return;
        }
        if (!copy_job({words[0], words[1], words[2], words[3], words[4], words[5]}))
            return;
        ++descriptors_;
        registers_.set(reg::DESCRIPTORS_DONE, registers_.get(reg::DESCRIPTORS_DONE) + 1);
        at = words[6];
    } while (at != 0 && !stop_);
}

/// False: the memory refused a burst.
bool dma::copy_job(const job& j) {
    using sc_core::sc_time;
    using sc_core::sc_time_stamp;
    const std::uint64_t source = j.source, destination = j.destination;
    const std::uint32_t length = j.length, rows = j.rows;
    const std::uint64_t source_stride = j.source_stride, destination_stride = j.destination_stride;

    // Absolute times: the last read is complete, and each buffer has been written.
    sc_time read_done = sc_time_stamp(), free_at[2] = {read_done, read_done};
    unsigned which = 0;
    auto copy_all = [&] {
        for (std::uint32_t row = 0; row < rows; ++row) {
            const std::uint64_t from = source + row * source_stride;
            const std::uint64_t to = destination + row * destination_stride;
            for (std::uint32_t done = 0; done < length; which ^= 1) {
                const auto to_boundary =
                    static_cast<std::uint32_t>(p_.burst - ((from + done) & (p_.burst - 1)));
                const std::uint32_t bytes =
                    length - done < to_boundary ? length - done : to_boundary;
                const sc_time issue = read_done > free_at[which] ? read_done : free_at[which];
                if (issue > sc_time_stamp())
                    wait(issue - sc_time_stamp());
                void* data = timing_only_ ? nullptr : buffers_[which].data();
                sc_time delay = sc_core::SC_ZERO_TIME;
                if (burst(memory_out, tlm::TLM_READ_COMMAND, from + done, data, bytes, delay) !=
                    tlm::TLM_OK_RESPONSE)
                    return fail(from + done);
                read_done = sc_time_stamp() + delay;
                // The write port is busy until the other buffer is written.
                const sc_time other = free_at[which ^ 1];
                const sc_time write_at = read_done > other ? read_done : other;
                delay = write_at - sc_time_stamp();
                if (burst(memory_out, tlm::TLM_WRITE_COMMAND, to + done, data, bytes, delay) !=
                    tlm::TLM_OK_RESPONSE)
                    return fail(to + done);
                free_at[which] = sc_time_stamp() + delay;
                done += bytes;
                bytes_ += bytes;
                registers_.set(reg::BYTES_DONE, registers_.get(reg::BYTES_DONE) + bytes);
            }
        }
        return true;
    };
    const bool good = copy_all();
    sc_time end = read_done > free_at[0] ? read_done : free_at[0];
    end = end > free_at[1] ? end : free_at[1];
    if (end > sc_time_stamp())
        wait(end - sc_time_stamp());
    return good;
}

std::uint32_t dma::lines() const {
    const std::uint32_t raised = registers_.get(reg::STATUS) & registers_.get(reg::IRQ_ENABLE);
    return (raised & (status_done | status_error)) != 0;
}

void dma::drive_irq() {
    done_irq.write(irq_.drive(lines()) != 0);
}

}  // namespace ocellus::memory
