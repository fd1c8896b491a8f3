// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "memory/sram.h"

#include <fmt/format.h>

#include <algorithm>
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
    r.choice("sram.mapping", mapping,
             {{"linear", bank_mapping::linear}, {"xor", bank_mapping::xor_fold}})
        .says(
            "How interleave units go round the banks: one bank after the other, or the bank number "
            "XORed with all higher groups of bits, so that power-of-two strides do not fall into "
            "one bank.")
        .from(provenance::assumed, "assumed: no public figure")
        .moves("sram.wait_cycles", +1)
        .compare("linear", "xor");
    r.choice(
         "sram.ports", ports,
         {{"1rw", bank_ports::one}, {"1r1w", bank_ports::read_and_write}, {"2rw", bank_ports::two}})
        .says(
            "Ports of each bank: one for reads and writes, one for reads and one for writes, or "
            "two for both.")
        .from(provenance::assumed, "assumed: single-port cells are the densest")
        .moves("sram.wait_cycles", -1)
        .compare("1rw", "2rw");
    r.quantity("sram.clock", clock, unit::hertz, 1e6, 5e9)
        .says("Clock of the SRAM banks.")
        .from(provenance::derived, "DSP clock of ISSCC 2021 9.6; one domain assumed")
        .moves("interconnect.npu_read.latency_mean", -1);
    r.integer("sram.read_latency", read_latency, 0, 64, unit::cycles)
        .says("Cycles from a burst's last bank access to its last byte at the port, reading.")
        .from(provenance::assumed, "assumed: registered address and data of a 22 nm SRAM macro")
        .moves("interconnect.npu_read.latency_mean", +1);
    r.integer("sram.write_latency", write_latency, 0, 64, unit::cycles)
        .says("Cycles from a burst's last bank access to its acknowledge, writing.")
        .from(provenance::assumed, "assumed: registered address")
        .moves("interconnect.isp.latency_mean", +1);
    r.choice("sram.fidelity", fidelity,
             {{"loosely_timed", memory_fidelity::loosely_timed},
              {"approximately_timed", memory_fidelity::approximately_timed}})
        .says(
            "How bursts meet: in a calendar of each bank, where every access goes to the burst "
            "that "
            "was called first, or one by one as the arbiter decides, which takes longer. The bytes "
            "are the same.")
        .from(provenance::chosen, "the fast one; ocellus fidelity tells the difference")
        .moves("interconnect.npu_weight.wait_cycles", -1)
        .under("network.source=builtin:mobilenet_v1_1.0_224")
        .compare("loosely_timed", "approximately_timed");
    r.choice("sram.arbitration", policy,
             {{"round_robin", arbitration::round_robin},
              {"fixed_priority", arbitration::fixed_priority},
              {"weighted", arbitration::weighted},
              {"deadline", arbitration::deadline},
              {"first_come", arbitration::first_come}})
        .says(
            "Who gets a bank that several want, with sram.fidelity = approximately_timed: in turn, "
            "by priority, by weight, the earliest deadline (interconnect.shares), or the burst "
            "that "
            "came first.")
        .from(provenance::assumed, "assumed: no public figure")
        .moves_nothing("with the default fidelity the order of calls decides");
    r.integer("sram.longest_grant", longest_grant, 1, 4096)
        .says(
            "Accesses after which a burst asks for its bank again, with sram.fidelity = "
            "approximately_timed: burst splitting.")
        .from(provenance::chosen, "bursts are not split")
        .moves_nothing("with the default fidelity bursts are never split");
    r.choice("sram.ecc", ecc, {{"none", protection::none}, {"secded", protection::secded}})
        .says(
            "Protection after reset: none, or 8 check bits for each 8-byte word, which correct one "
            "flip and detect two. Writes of a part of a word then take one access more.")
        .from(provenance::assumed, "assumed: no public source mentions any")
        .moves("sram.read_modify_writes", +1)
        .under("network.source=builtin:mobilenet_v1_1.0_224")
        .compare("none", "secded");
    r.integer("sram.scrub_interval", scrub_interval, 0, 1u << 30, unit::cycles)
        .says(
            "Cycles from one row read by the scrubber to the next, with sram.ecc = secded; 0: no "
            "scrubbing.")
        .from(provenance::assumed, "assumed: off, as the protection is")
        .moves("sram.scrub.reads", -1)
        .under("sram.ecc=secded")
        .compare("1000", "10000");
    r.real("sram.soft_error_rate", soft_error_rate, 0, 1e24)
        .says(
            "Random flips, in FIT per Mbit: upsets of 2^20 cells in 10^9 hours. Nothing is seen in "
            "a "
            "short run below 1e15.")
        .from(provenance::chosen, "off; SRAM at sea level has some 100 to 1000")
        .moves("sram.upsets", +1)
        .compare("1e16", "1e17");
    r.text("sram.soft_errors", soft_errors)
        .says(
            "Flips at given times: TIME@OFFSET:CELL, CELL+CELL for several cells of an 8-byte word "
            "(0 .. 63 data, 64 .. 71 check bits), separated by commas; \"2 ms@0x1000:5+17\".")
        .from(provenance::chosen, "none")
        .moves("sram.upsets", +1)
        .compare("1 ms@0x1000:5", "1 ms@0x1000:5, 1 ms@0x1008:3");
    r.text("sram.stuck_rows", stuck_rows)
        .says(
            "Rows whose cells, check bits included, all read 0 or all 1: BANK:ROW=VALUE, separated "
            "by commas; \"3:17=0\". A row is sram.width bytes.")
        .from(provenance::chosen, "none")
        .moves("sram.faulty_words", +1)
        .compare("0:1=0", "0:1=0, 1:5=1");
    r.integer("sram.retention_after", retention_after, 0, 1u << 30, unit::cycles)
        .says("Idle cycles after which a bank goes into retention by itself; 0: never.")
        .from(provenance::assumed, "assumed: no public figure")
        .moves("sram.power.retention", -1)
        .compare("1000", "100000");
    r.integer("sram.wake_latency", wake_latency, 0, 1u << 20, unit::cycles)
        .says("Cycles from the access that wakes a bank in retention to its first one.")
        .from(provenance::assumed, "assumed: recharging the array's supply takes some ten ns")
        .moves("sram.wake_cycles", +1)
        .under("sram.retention_after=1000");
    r.integer("sram.power_up_latency", power_up_latency, 0, 1u << 24, unit::cycles)
        .says("Cycles from switching a bank on to its first access.")
        .from(provenance::assumed, "assumed: inrush current is limited, some 100 ns")
        .moves_nothing("only firmware switches banks off");
}

void check(const sram_parameters& p, const parameter_registry& r, diagnostics& problems) {
    if (p.interleave < p.width)
        problems.error(r.where("sram.interleave"),
                       fmt::format("sram.interleave ({} B) is less than sram.width ({} B)",
                                   p.interleave, p.width),
                       "at least one access");
    if (p.size % (p.banks * p.interleave) != 0)
        problems.error(
            r.where("sram.size"),
            fmt::format("sram.size ({} B) is no multiple of sram.banks x sram.interleave ({} B)",
                        p.size, p.banks * p.interleave),
            "all banks have the same number of rows");
    std::string why;
    std::vector<upset> upsets;
    if (!parse_upsets(p.soft_errors, p.size, upsets, why))
        problems.error(r.where("sram.soft_errors"), "sram.soft_errors: " + why);
    std::vector<stuck_row> rows;
    if (!parse_stuck_rows(p.stuck_rows, p.banks, p.size / p.banks / p.width, rows, why))
        problems.error(r.where("sram.stuck_rows"), "sram.stuck_rows: " + why);
}

namespace {

const sram_parameters& with_banks(const sram_parameters& p) {
    if (p.banks == 0)
        throw input_error(exit_code::usage, "sram.banks is 0: at least one bank was expected");
    return p;
}

}  // namespace

sram::sram(sc_core::sc_module_name name, const sram_parameters& p, block_context& ctx)
    : sc_module(name),
      p_(p),
      clock_(clock_domain::from_hertz(p.clock)),
      geometry_(with_banks(p).banks, p.width, std::max(p.interleave, p.width), p.mapping),
      ports_per_bank_(p.ports == bank_ports::one ? 1 : 2),
      calendar_(static_cast<unsigned>(p.banks) * ports_per_bank_),
      power_(static_cast<unsigned>(p.banks), p.retention_after, p.wake_latency, p.power_up_latency),
      bank_busy_(p.banks),
      bank_wait_(p.banks),
      conflicts_(p.banks * bank_calendar::max_owners * bank_calendar::max_owners) {
    if (p.interleave < p.width || p.interleave % p.width != 0)
        throw input_error(exit_code::usage, "sram.interleave (" + std::to_string(p.interleave) +
                                                " B) must be a multiple of sram.width (" +
                                                std::to_string(p.width) + " B)");
    bytes_.reset(static_cast<std::uint8_t*>(std::calloc(p.size, 1)));
    if (!bytes_)
        throw input_error(exit_code::usage, "sram.size: cannot allocate " + std::to_string(p.size) +
                                                " bytes on this machine");
    memory_in.register_b_transport(this, &sram::b_transport);
    memory_in.register_nb_transport_fw(this, &sram::nb_transport_fw);
    memory_in.register_transport_dbg(this, &sram::transport_dbg);
    memory_in.register_get_direct_mem_ptr(this, &sram::get_direct_mem_ptr);
    control_in.register_b_transport(this, &sram::control_transport);
    control_in.register_transport_dbg(this, &sram::control_debug);
    declare_control(ctx.seed);

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
    declare_protection_statistics(s);
    if (p.fidelity == memory_fidelity::approximately_timed)
        begin_arbitration();
}

unsigned sram::port_of(unsigned bank, bool write, std::uint64_t cycle,
                       std::uint64_t accesses) const {
    const unsigned first = bank * ports_per_bank_;
    if (p_.ports != bank_ports::two)
        return ports_per_bank_ == 1 ? first : first + write;
    return calendar_.end_of(first, cycle, accesses) <= calendar_.end_of(first + 1, cycle, accesses)
               ? first
               : first + 1;
}

/// Words of which a part is written are read first.
sram::part_words sram::parts_of(std::uint64_t address, std::uint32_t bytes, bool write) {
    part_words p;
    if (!write || !ecc())
        return p;
    constexpr auto w = word_faults::word_bytes;
    const std::uint64_t last = address + bytes - 1;
    p.after = last % w != w - 1;
    p.before = address % w != 0 && (address / w != last / w || p.after == 0);
    read_modify_writes_ += p.before + p.after;
    return p;
}

std::uint64_t sram::reserve(std::uint64_t address, std::uint32_t bytes, bool write,
                            std::uint64_t earliest, unsigned owner, std::uint64_t* waited_for) {
    const std::uint64_t last = address + bytes - 1;
    const part_words part = parts_of(address, bytes, write);
    std::uint64_t cycle = earliest;
    for (std::uint64_t a = address; a <= last;) {
        const bank_run run = geometry_.run_at(a, last);
        const std::uint64_t accesses =
            run.accesses + (a == address ? part.before : 0) + (run.next > last ? part.after : 0);
        const unsigned bank = run.bank;
        if (power_.managed()) {
            const std::uint64_t ready = power_.ready(bank, cycle);
            wake_cycles_ += ready - cycle;
            cycle = ready;
        }
        const std::uint64_t end =
            calendar_.reserve(port_of(bank, write, cycle, accesses), cycle, accesses, owner,
                              waited_for, conflicts_of(bank, owner));
        const std::uint64_t waited = end - cycle - accesses;
        wait_cycles_ += waited;
        bank_wait_[bank] += waited;
        busy_cycles_ += accesses;
        bank_busy_[bank] += accesses;
        if (waited != 0)
            note_occupancy(cycle, occupancy_column::waits, waited);
        note_occupancy(cycle + waited, occupancy_column::accesses, accesses);
        cycle = end;
        if (power_.managed())
            power_.used(bank, cycle);
        a = run.next;
    }
    return cycle;
}

bool sram::any_bank_off(std::uint64_t address, std::uint32_t bytes, std::uint64_t cycle) const {
    const std::uint64_t last = (address + bytes - 1) / p_.interleave;
    for (std::uint64_t u = address / p_.interleave; u <= last; ++u)
        if (power_.state(geometry_.bank_of(u * p_.interleave), cycle) == bank_state::off)
            return true;
    return false;
}

bool sram::accepts(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay) {
    const std::uint64_t address = payload.get_address();
    const std::uint32_t bytes = payload.get_data_length();
    auto refuse = [&](tlm::tlm_response_status why) {
        ++refused_;
        payload.set_response_status(why);
        return false;
    };
    if (!payload.is_read() && !payload.is_write())
        return refuse(tlm::TLM_COMMAND_ERROR_RESPONSE);
    if (payload.get_byte_enable_ptr())
        return refuse(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    if (address >= p_.size)
        return refuse(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    if (bytes == 0 || bytes > max_burst || payload.get_streaming_width() < bytes ||
        bytes > p_.size - address)
        return refuse(tlm::TLM_BURST_ERROR_RESPONSE);
    if (power_.managed() &&
        any_bank_off(address, bytes, clock_.cycles_until(sc_core::sc_time_stamp() + delay))) {
        ++off_bursts_;
        note(status_bank_off, delay);
        return refuse(tlm::TLM_GENERIC_ERROR_RESPONSE);
    }
    return true;
}

void sram::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    if (!accepts(payload, delay))
        return;
    if (arbiter_)
        return arbitrated(payload, delay);
    reserved(payload, delay);
}

/// Finds the time of a burst in the calendar.
void sram::reserved(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    if (now != last_now_) {
        last_now_ = now;
        calendar_.forget_before(clock_.cycles_until(now));
    }
    const bool read = payload.is_read();
    const auto* sender = payload.get_extension<initiator_extension>();
    const unsigned owner = sender ? sender->id : initiator_extension::unattributed;
    const std::uint64_t end =
        reserve(payload.get_address(), payload.get_data_length(), !read,
                clock_.cycles_until(now + delay), owner, sender ? sender->waited_for : nullptr);
    delay = clock_.time_of(end + (read ? p_.read_latency : p_.write_latency)) - now;

    move(payload, delay);
}

/// Counts a burst that is served, moves its bytes and answers it.
void sram::move(tlm::tlm_generic_payload& payload, const sc_core::sc_time& after) {
    const std::uint64_t address = payload.get_address();
    const std::uint32_t bytes = payload.get_data_length();
    unsigned char* data = payload.get_data_ptr();
    bool good = true;
    if (payload.is_read()) {
        ++reads_;
        bytes_read_ += bytes;
        if (data)
            std::memcpy(data, bytes_.get() + address, bytes);
        if (!intact())
            good = read_through(address, bytes, data, after);
    } else {
        ++writes_;
        bytes_written_ += bytes;
        if (!intact())
            good = write_through(address, bytes, after);
        if (data && good)
            std::memcpy(bytes_.get() + address, data, bytes);
    }
    payload.set_dmi_allowed(true);
    payload.set_response_status(good ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE);
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
    if (payload.is_read()) {
        std::memcpy(data, bytes_.get() + address, bytes);
        without_lost(address, static_cast<std::uint32_t>(bytes), data);
    } else if (payload.is_write()) {
        std::memcpy(bytes_.get() + address, data, bytes);
        // A debugger writes whole words: what lies around its bytes is written as it was meant.
        if (bytes > 0 && !intact()) {
            written_again(address, address + bytes - 1);
            faults_.written(address / word_faults::word_bytes,
                            (address + bytes - 1) / word_faults::word_bytes);
        }
    } else {
        return 0;
    }
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
