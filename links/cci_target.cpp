// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/cci_target.h"

#include <algorithm>
#include <utility>

namespace ocellus::links {
namespace {

constexpr std::uint8_t address_low = 0x1A, address_high = 0x10, second_address = 0x36;

}  // namespace

void cci_parameters::declare(parameter_registry& r) {
    const char* binding = "IMX500 Linux device tree binding sony,imx500.yaml";
    const char* silent = "only when a host talks over CCI, which no run without one does";
    r.choice("cci.clock", speed,
             {{"100kHz", cci_speed::standard},
              {"400kHz", cci_speed::fast},
              {"1MHz", cci_speed::fast_plus}})
        .says("Clock of the camera control interface: I2C standard, fast or fast-plus mode.")
        .from(provenance::chosen, "what most boards run cameras at")
        .moves_nothing(silent)
        .compare("100kHz", "1MHz");
    r.boolean("cci.slasel", slasel)
        .says("Pin SLASEL: the first device address is 0x10 instead of 0x1A.")
        .from(provenance::published, binding)
        .moves_nothing(silent);
    r.choice("cci.unknown", unknown,
             {{"read_back", unknown_register::read_back},
              {"warn", unknown_register::warn},
              {"refuse", unknown_register::refuse}})
        .says(
            "Accesses where no register is known: keep the byte, warn of each index once, or do "
            "not acknowledge.")
        .from(provenance::chosen, "public drivers write registers that nothing public explains")
        .moves_nothing(silent)
        .compare("read_back", "refuse");
    r.quantity("cci.stretch", stretch, unit::second, 0, 1e-3)
        .says("How long the target holds the bus clock low for each data byte.")
        .from(provenance::assumed, "assumed: no public figure")
        .moves_nothing(silent)
        .compare("0 us", "10 us");
}

cci_target::cci_target(sc_core::sc_module_name name, const cci_parameters& p, block_context& ctx,
                       egress_ledger& ledger)
    : sc_module(name),
      p_(p),
      ledger_(ledger),
      space_(p.unknown),
      bit_(1.0 / hertz_of(p.speed), sc_core::SC_SEC),
      stretch_(p.stretch, sc_core::SC_SEC) {
    SC_THREAD(serve);
    statistics& s = ctx.stats;
    s.add("cci.messages", messages_, "Messages on the camera control interface.");
    s.add("cci.bytes_written", written_, "Data bytes that a host wrote over CCI, the index aside.",
          "B");
    s.add("cci.bytes_read", read_, "Data bytes that a host read over CCI.", "B");
    s.add("cci.unanswered", unanswered_, "Messages to an address that was not acknowledged.");
    s.add("cci.refused", refused_, "Messages with a data byte that was not acknowledged.");
    s.add("cci.registers_acted", space_.acted, "Registers that acted after a write over CCI.");
    s.add("cci.unknown_reads", space_.unknown_reads, "Bytes read where no register is known.", "B");
    s.add("cci.unknown_writes", space_.unknown_writes, "Bytes written where no register is known.",
          "B");
    s.add("cci.read_only_writes", space_.read_only_writes,
          "Bytes written to read-only registers, and dropped.", "B");
    s.add("cci.busy", busy_, "Time that messages took on the bus.", "s");
    s.add("cci.stretched", stretched_, "Part of it in which the target stretched the clock.", "s");
}

bool cci_target::answers(std::uint8_t device) const {
    return !in_reset_ &&
           (device == (p_.slasel ? address_high : address_low) || device == second_address);
}

void cci_target::submit(cci_message m, completion done) {
    queue_.emplace_back(std::move(m), std::move(done));
    submitted_.notify(sc_core::SC_ZERO_TIME);
}

/// Lets simulated time come to where the message is.
void cci_target::arrive() {
    if (due_ != sc_core::SC_ZERO_TIME)
        sc_core::wait(std::exchange(due_, sc_core::SC_ZERO_TIME));
}

/// One data byte with its acknowledgement, and the clock stretched.
bool cci_target::byte(const cci_message& m, std::uint8_t& value) {
    access_ = stretch_;
    if (m.read)
        arrive();  // it shows what is there when its first bit goes
    spend(9);
    const bool last_of_register = [&] {
        const cci_register* const r = cci_register_at(index_);
        return r && (index_ - r->index) % r->bytes + 1 == r->bytes;
    }();
    if (!m.read && last_of_register)
        arrive();
    const sc_core::sc_time before = access_;
    const bool good = m.read ? space_.read(index_, value) : space_.write(index_, value);
    const sc_core::sc_time slow = access_ - before, half = bit_ / 2;
    const sc_core::sc_time held = before + (slow > half ? slow - half : sc_core::SC_ZERO_TIME);
    stretched_ += held.to_seconds();
    due_ += held;
    if (good)
        ++index_;
    return good;
}

cci_reply cci_target::transfer(const cci_message& m) {
    cci_reply reply;
    spend(1 + 9);
    if (!answers(m.device)) {
        spend(1);
        ++unanswered_;
        reply.answer = cci_answer::no_device;
        return reply;
    }
    if (m.index || !m.read) {
        spend(2 * std::uint64_t{9});
        index_ = m.index.value_or(0);
        if (m.read)
            spend(1 + 9);
    }
    const std::size_t count =
        m.read ? std::max<std::uint32_t>(m.length, 1) : static_cast<std::uint32_t>(m.bytes.size());
    for (std::size_t i = 0; i < count; ++i) {
        std::uint8_t value = m.read ? std::uint8_t{0} : m.bytes[i];
        if (!byte(m, value)) {
            ++refused_;
            reply.answer = cci_answer::refused;
            break;
        }
        ++reply.acknowledged;
        if (m.read) {
            reply.bytes.push_back(value);
            ++read_;
            ledger_.count(egress_port::cci, 0, egress_kind::metadata, 1);
        } else {
            ++written_;
        }
    }
    spend(1);
    return reply;
}

void cci_target::serve() {
    for (;;) {
        while (queue_.empty())
            wait(submitted_);
        const sc_core::sc_time begin = sc_core::sc_time_stamp();
        ++messages_;
        const cci_reply reply = transfer(queue_.front().first);
        arrive();
        busy_ += (sc_core::sc_time_stamp() - begin).to_seconds();
        const auto finished = std::move(queue_.front());
        queue_.pop_front();
        if (finished.second)
            finished.second(reply);
    }
}

}  // namespace ocellus::links
