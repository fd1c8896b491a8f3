// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "memory/sram.h"

#include <cstring>
#include <string>

#include "core/diagnostics.h"
#include "memory/initiator.h"

namespace ocellus::memory {

namespace reg = registers::sram_counters;

void sram_parameters::declare(parameter_registry& r) {
    r.integer("sram.size", size, 64 * 1024, 1ull << 30, unit::byte)
        .says("Size of the on-chip SRAM shared by all initiators.")
        .from(provenance::published,
              "IMX500 press release of May 2020 (8 MB); converter reports give 8 388 480 B usable")
        .moves_nothing("it decides which networks fit");
    r.integer("sram.banks", banks, 1, 256)
        .must_be_power_of_two()
        .says("Number of banks that can be accessed in the same cycle.")
        .from(provenance::assumed, "assumed: no public figure")
        .moves("interconnect.dma.wait_cycles", -1)
        .compare("1", "16");
    r.integer("sram.width", width, 4, 256, unit::byte)
        .must_be_power_of_two()
        .says("Bytes that one bank delivers or takes in one cycle.")
        .from(provenance::assumed,
              "assumed: one access is the 32-channel group in which the IMX500 stores activations")
        .moves("sram.busy_cycles", -1);
    r.integer("sram.interleave", interleave, 4, 65536, unit::byte)
        .must_be_power_of_two()
        .says(
            "Consecutive bytes that stay in one bank before the next bank follows; at least "
            "sram.width.")
        .from(provenance::assumed, "assumed: no public figure")
        .moves("sram.wait_cycles", +1)
        .compare("64 B", "1 KiB");
    r.quantity("sram.clock", clock, unit::hertz, 1e6, 5e9)
        .says("Clock of the SRAM banks.")
        .from(provenance::derived, "DSP clock of ISSCC 2021 9.6; one domain assumed")
        .moves("interconnect.npu.latency_mean", -1);
    r.integer("sram.read_latency", read_latency, 0, 64, unit::cycles)
        .says("Cycles from a burst's last bank access to its last byte at the port, reading.")
        .from(provenance::assumed, "assumed: registered address and data of a 22 nm SRAM macro")
        .moves("interconnect.npu.latency_mean", +1);
    r.integer("sram.write_latency", write_latency, 0, 64, unit::cycles)
        .says("Cycles from a burst's last bank access to its acknowledge, writing.")
        .from(provenance::assumed, "assumed: registered address")
        .moves("interconnect.isp.latency_mean", +1);
}

sram::sram(sc_core::sc_module_name name, const sram_parameters& p, block_context& ctx)
    : sc_module(name),
      p_(p),
      clock_(clock_domain::from_hertz(p.clock)),
      calendar_(static_cast<unsigned>(p.banks)),
      bank_busy_(p.banks),
      bank_wait_(p.banks) {
    if (p.interleave < p.width || p.interleave % p.width != 0)
        throw input_error(exit_code::usage, "sram.interleave (" + std::to_string(p.interleave) +
                                                " B) must be a multiple of sram.width (" +
                                                std::to_string(p.width) + " B)");
    bytes_.reset(static_cast<std::uint8_t*>(std::calloc(p.size, 1)));
    if (!bytes_)
        throw input_error(exit_code::usage, "sram.size: cannot allocate " + std::to_string(p.size) +
                                                " bytes on this machine");
    memory_in.register_b_transport(this, &sram::b_transport);
    memory_in.register_transport_dbg(this, &sram::transport_dbg);
    memory_in.register_get_direct_mem_ptr(this, &sram::get_direct_mem_ptr);

    registers_in.register_b_transport(this, &sram::register_transport);
    registers_in.register_transport_dbg(this, &sram::register_debug);
    registers_.wide_counter(reg::COUNTER_READS_LOW, reads_);
    registers_.wide_counter(reg::COUNTER_WRITES_LOW, writes_);
    registers_.wide_counter(reg::COUNTER_BYTES_READ_LOW, bytes_read_);
    registers_.wide_counter(reg::COUNTER_BYTES_WRITTEN_LOW, bytes_written_);
    registers_.wide_counter(reg::COUNTER_BUSY_CYCLES_LOW, busy_cycles_);
    registers_.wide_counter(reg::COUNTER_WAIT_CYCLES_LOW, wait_cycles_);
    registers_.counter(reg::COUNTER_REFUSED, refused_);

    auto& s = ctx.stats;
    s.add("sram.reads", reads_, "Read bursts served by the SRAM.");
    s.add("sram.writes", writes_, "Write bursts served by the SRAM.");
    s.add("sram.bytes_read", bytes_read_, "Bytes read from the SRAM by bursts.", "B");
    s.add("sram.bytes_written", bytes_written_, "Bytes written to the SRAM by bursts.", "B");
    s.add("sram.busy_cycles", busy_cycles_, "Bank accesses, one cycle of one bank each.", "cycles");
    s.add("sram.wait_cycles", wait_cycles_, "Cycles bursts waited for a busy bank.", "cycles");
    s.add("sram.refused", refused_, "Bursts answered with an error.");
    for (std::size_t b = 0; b < p.banks; ++b) {
        const std::string bank = "sram.bank." + std::to_string(b);
        s.add(bank + ".busy_cycles", bank_busy_[b], "Accesses of this bank.", "cycles");
        s.add(bank + ".wait_cycles", bank_wait_[b], "Cycles bursts waited for this bank.",
              "cycles");
    }
}

std::uint64_t sram::reserve(std::uint64_t address, std::uint32_t bytes, std::uint64_t earliest,
                            unsigned owner, std::uint64_t* waited_for) {
    const std::uint64_t last = address + bytes - 1;
    std::uint64_t cycle = earliest;
    for (std::uint64_t a = address; a <= last;) {
        const std::uint64_t unit_number = a / p_.interleave;
        const std::uint64_t unit_last = (unit_number + 1) * p_.interleave - 1;
        const std::uint64_t run_last = unit_last < last ? unit_last : last;
        const std::uint64_t accesses = run_last / p_.width - a / p_.width + 1;
        const auto bank = static_cast<unsigned>(unit_number & (p_.banks - 1));
        const std::uint64_t start = calendar_.reserve(bank, cycle, accesses, owner, waited_for);
        wait_cycles_ += start - cycle;
        bank_wait_[bank] += start - cycle;
        busy_cycles_ += accesses;
        bank_busy_[bank] += accesses;
        cycle = start + accesses;
        a = run_last + 1;
    }
    return cycle;
}

void sram::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const std::uint64_t address = payload.get_address();
    const std::uint32_t bytes = payload.get_data_length();
    const bool read = payload.is_read();
    auto refuse = [&](tlm::tlm_response_status why) {
        ++refused_;
        payload.set_response_status(why);
    };
    if (!read && !payload.is_write())
        return refuse(tlm::TLM_COMMAND_ERROR_RESPONSE);
    if (payload.get_byte_enable_ptr())
        return refuse(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    if (address >= p_.size)
        return refuse(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    if (bytes == 0 || bytes > max_burst || payload.get_streaming_width() < bytes ||
        bytes > p_.size - address)
        return refuse(tlm::TLM_BURST_ERROR_RESPONSE);

    const sc_core::sc_time now = sc_core::sc_time_stamp();
    if (now != last_now_) {
        last_now_ = now;
        calendar_.forget_before(clock_.cycles_until(now));
    }
    const auto* sender = payload.get_extension<initiator_extension>();
    const unsigned owner = sender ? sender->id : initiator_extension::unattributed;
    const std::uint64_t end = reserve(address, bytes, clock_.cycles_until(now + delay), owner,
                                      sender ? sender->waited_for : nullptr);
    delay = clock_.time_of(end + (read ? p_.read_latency : p_.write_latency)) - now;

    unsigned char* data = payload.get_data_ptr();
    if (read) {
        ++reads_;
        bytes_read_ += bytes;
        if (data)
            std::memcpy(data, bytes_.get() + address, bytes);
    } else {
        ++writes_;
        bytes_written_ += bytes;
        if (data)
            std::memcpy(bytes_.get() + address, data, bytes);
    }
    payload.set_dmi_allowed(true);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void sram::register_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    registers_.transport(payload, delay);
}

unsigned sram::register_debug(tlm::tlm_generic_payload& payload) {
    return registers_.transport_debug(payload);
}

unsigned sram::transport_dbg(tlm::tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    unsigned char* data = payload.get_data_ptr();
    if (address >= p_.size || !data)
        return 0;
    std::uint64_t bytes = payload.get_data_length();
    bytes = bytes > p_.size - address ? p_.size - address : bytes;
    if (payload.is_read())
        std::memcpy(data, bytes_.get() + address, bytes);
    else if (payload.is_write())
        std::memcpy(bytes_.get() + address, data, bytes);
    else
        return 0;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    return static_cast<unsigned>(bytes);
}

bool sram::get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
    dmi.set_dmi_ptr(bytes_.get());
    dmi.set_start_address(0);
    dmi.set_end_address(p_.size - 1);
    dmi.set_read_latency(clock_.time_of(1 + p_.read_latency));
    dmi.set_write_latency(clock_.time_of(1 + p_.write_latency));
    dmi.allow_read_write();
    return true;
}

}  // namespace ocellus::memory
