// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// What the SRAM does about cells that do not hold what was written, and its power states.
#include <algorithm>

#include "memory/initiator.h"
#include "memory/sram.h"

namespace ocellus::memory {

namespace reg = registers::sram_control;

namespace {

constexpr std::uint64_t word_bytes = word_faults::word_bytes;
constexpr word_faults::cells whole_word{~std::uint64_t{0}, 0xff};

/// Which bits of a word lie in the bytes `address` to `last`.
std::uint64_t bits_of(std::uint64_t word, std::uint64_t address, std::uint64_t last) {
    const std::uint64_t base = word * word_bytes;
    std::uint64_t mask = ~std::uint64_t{0};
    if (address > base)
        mask &= ~std::uint64_t{0} << 8 * (address - base);
    if (last < base + word_bytes - 1)
        mask &= ~std::uint64_t{0} >> 8 * (base + word_bytes - 1 - last);
    return mask;
}

std::uint64_t little_endian(const std::uint8_t* bytes) {
    std::uint64_t v = 0;
    for (unsigned i = 0; i < word_bytes; ++i)
        v |= std::uint64_t{bytes[i]} << 8 * i;
    return v;
}

}  // namespace

void sram::declare_control(std::uint64_t seed) {
    control_.set_reset(reg::CONTROL, p_.ecc == protection::none
                                         ? control_bus_error
                                         : control_bus_error | control_ecc |
                                               (p_.scrub_interval > 0 ? control_scrub : 0));
    control_.set_reset(reg::SCRUB_INTERVAL, static_cast<std::uint32_t>(p_.scrub_interval));
    control_.counter(reg::COUNTER_CORRECTED, corrected_);
    control_.counter(reg::COUNTER_UNCORRECTABLE, uncorrectable_);
    control_.counter(reg::COUNTER_SCRUBBED, scrubbed_);
    control_.counter(reg::COUNTER_WAKES, power_.wakes());
    control_.on_read(reg::SCRUB_ROW, [this] { return static_cast<std::uint32_t>(scrub_row_); });
    control_.on_read(reg::SCRUB_PASSES,
                     [this] { return static_cast<std::uint32_t>(scrub_passes_); });
    const auto pace_scrubber = [this](std::uint32_t) {
        scrub_event_.cancel();
        const std::uint64_t interval = control_.get(reg::SCRUB_INTERVAL);
        const auto wanted = control_ecc | control_scrub;
        if (interval > 0 && (control_.get(reg::CONTROL) & wanted) == wanted)
            scrub_event_.notify(control_.ahead() + clock_.time_of(interval));
    };
    control_.on_write(reg::CONTROL, pace_scrubber);
    control_.on_write(reg::SCRUB_INTERVAL, pace_scrubber);
    const auto lines_changed = [this](std::uint32_t) { irq_.update(lines(), control_.ahead()); };
    control_.on_write(reg::STATUS, lines_changed);
    control_.on_write(reg::IRQ_ENABLE, lines_changed);
    control_.on_write(reg::INJECT, [this](std::uint32_t value) {
        control_.set(reg::INJECT, 0);
        if (value & 1)
            inject();
    });
    control_.on_write(reg::POWER_STATE, [this](std::uint32_t value) { set_power(value); });
    control_.on_timed_read(reg::POWER_STATE, [this] {
        const std::uint32_t bank = control_.get(reg::POWER_BANK);
        return bank < p_.banks ? static_cast<std::uint32_t>(
                                     power_.state(bank, clock_.cycles_until(control_.now())))
                               : 0u;
    });
    for (const unsigned r : {reg::CONTROL, reg::SCRUB_INTERVAL, reg::STATUS, reg::IRQ_ENABLE,
                             reg::INJECT, reg::POWER_STATE})
        control_.acts_ahead(r);
    SC_METHOD(drive_irq);
    sensitive << irq_.changed();
    SC_METHOD(scrub);
    sensitive << scrub_event_;
    dont_initialize();

    std::string ignored;
    parse_upsets(p_.soft_errors, p_.size, planned_, ignored);
    if (p_.soft_error_rate > 0)
        random_ = std::make_unique<random_upsets>(seed, p_.soft_error_rate, p_.size / word_bytes,
                                                  p_.ecc == protection::none ? 64 : 72);
    if (random_)
        next_random_ = random_->next();
    if (random_ || !planned_.empty()) {
        SC_METHOD(upset_now);
    }
    std::vector<stuck_row> rows;
    parse_stuck_rows(p_.stuck_rows, p_.banks, p_.size / p_.banks / p_.width, rows, ignored);
    for (const auto& r : rows) {
        const std::uint64_t first = address_of(r.bank, r.row) / word_bytes;
        const std::uint64_t last = (address_of(r.bank, r.row) + p_.width - 1) / word_bytes;
        for (std::uint64_t w = first; w <= last; ++w)
            faults_.stick(w, whole_word, r.value ? whole_word : word_faults::cells{});
    }
}

void sram::declare_protection_statistics(statistics& s) {
    s.add("sram.read_modify_writes", read_modify_writes_,
          "Words read because a part of them was written (sram.ecc).");
    s.add("sram.ecc.corrected", corrected_, "Single errors corrected, by bursts and scrubber.");
    s.add("sram.ecc.uncorrectable", uncorrectable_,
          "Words with an error that was detected and not corrected.");
    s.add("sram.ecc.silent", silent_,
          "Words read wrong without any sign: no ECC, or three flips and more.");
    s.add("sram.scrub.reads", scrub_reads_, "Rows read by the scrubber.");
    s.add("sram.scrub.corrected", scrubbed_, "Words that the scrubber has corrected in place.");
    s.add("sram.scrub.passes", scrub_passes_, "Times the scrubber came through the memory.");
    s.add("sram.upsets", upsets_, "Soft errors, by rate and by list.");
    s.add("sram.injected", injected_, "Words that firmware flipped cells of.");
    s.add_computed(
        "sram.faulty_words", [this] { return static_cast<double>(faults_.words()); },
        "Words with flipped or stuck cells at the end.", "1");
    s.add("sram.wake_cycles", wake_cycles_, "Cycles bursts waited for a bank to be powered.",
          "cycles");
    s.add("sram.power.wakes", power_.wakes(), "Banks woken from retention.");
    s.add("sram.power.refused", off_bursts_, "Bursts to a bank that was off.");
    const auto time = [&](const char* name, bank_state state, const char* sentence) {
        s.add_computed(
            name,
            [this, state] {
                return clock_.seconds_of(power_.cycles(state, cycle_now())) /
                       static_cast<double>(p_.banks);
            },
            sentence, "s");
    };
    time("sram.power.active", bank_state::active, "Time that banks were active, mean.");
    time("sram.power.retention", bank_state::retention, "Time that banks were in retention, mean.");
    time("sram.power.off", bank_state::off, "Time that banks were off, mean.");
}

std::uint64_t sram::cycle_now() const {
    return clock_.cycles_until(sc_core::sc_time_stamp());
}

void sram::start_of_simulation() {
    const std::uint64_t interval = control_.get(reg::SCRUB_INTERVAL);
    if (interval > 0 && (control_.get(reg::CONTROL) & control_scrub))
        scrub_event_.notify(clock_.time_of(interval));
}

void sram::control_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    control_.transport(payload, delay);
}

unsigned sram::control_debug(tlm::tlm_generic_payload& payload) {
    return control_.transport_debug(payload);
}

std::uint64_t sram::truth(std::uint64_t word) const {
    std::uint64_t v = little_endian(bytes_.get() + word * word_bytes);
    for (unsigned i = 0; !lost_.empty() && i < word_bytes; ++i)
        if (lost_[word] >> i & 1)
            v &= ~(std::uint64_t{0xff} << 8 * i);
    return v;
}

void sram::written_again(std::uint64_t address, std::uint64_t last) {
    for (std::uint64_t a = address; !lost_.empty() && a <= last; ++a)
        lost_[a / word_bytes] =
            static_cast<std::uint8_t>(lost_[a / word_bytes] & ~(1u << a % word_bytes));
}

void sram::flip(std::uint64_t address, const word_faults::cells& mask) {
    faults_.flip(address / word_bytes, mask);
}

void sram::note(std::uint32_t status, const sc_core::sc_time& after) {
    control_.set_bits(reg::STATUS, status);
    irq_.update(lines(), after);
}

void sram::without_lost(std::uint64_t address, std::uint32_t bytes, unsigned char* data) const {
    for (std::uint32_t i = 0; !lost_.empty() && i < bytes; ++i)
        if (lost_[(address + i) / word_bytes] >> (address + i) % word_bytes & 1)
            data[i] = 0;
}

bool sram::intact(std::uint64_t address, std::uint32_t bytes) const {
    return intact() || (lost_.empty() &&
                        faults_.empty(address / word_bytes, (address + bytes - 1) / word_bytes));
}

bool sram::read_word(std::uint64_t word, std::uint64_t& data, const sc_core::sc_time& after) {
    const std::uint64_t written = truth(word);
    const auto cells = faults_.stored(word, written);
    if (!ecc()) {
        data = cells.data;
        silent_ += data != written;
        return true;
    }
    const auto d = secded::decode(cells.data, cells.check);
    data = d.data;
    const auto address = static_cast<std::uint32_t>(word * word_bytes);
    switch (d.outcome) {
        case secded::verdict::clean:
            silent_ += data != written;
            return true;
        case secded::verdict::corrected:
            silent_ += data != written;
            ++corrected_;
            control_.set(reg::CORRECTED_ADDRESS, address);
            control_.set(reg::CORRECTED_CELL, d.bit);
            note(status_corrected, after);
            return true;
        case secded::verdict::uncorrectable:
            ++uncorrectable_;
            if (!(control_.get(reg::STATUS) & status_uncorrectable)) {
                control_.set(reg::ERROR_ADDRESS, address);
                control_.set(reg::ERROR_SYNDROME, d.syndrome);
            }
            note(status_uncorrectable, after);
            return false;
    }
    return false;
}

bool sram::read_through(std::uint64_t address, std::uint32_t bytes, unsigned char* data,
                        const sc_core::sc_time& after) {
    const std::uint64_t last = address + bytes - 1;
    bool good = true;
    if (data)
        without_lost(address, bytes, data);
    faults_.each(address / word_bytes, last / word_bytes, [&](std::uint64_t word) {
        std::uint64_t value = 0;
        good &= read_word(word, value, after);
        for (unsigned i = 0; data && i < word_bytes; ++i) {
            const std::uint64_t a = word * word_bytes + i;
            if (a >= address && a <= last)
                data[a - address] = static_cast<unsigned char>(value >> 8 * i);
        }
    });
    return good || !(control_.get(reg::CONTROL) & control_bus_error);
}

bool sram::write_through(std::uint64_t address, std::uint32_t bytes,
                         const sc_core::sc_time& after) {
    const std::uint64_t last = address + bytes - 1;
    bool good = true;
    faults_.each(address / word_bytes, last / word_bytes, [&](std::uint64_t word) {
        const std::uint64_t bits = bits_of(word, address, last);
        if (bits == ~std::uint64_t{0})
            return faults_.written(word, whole_word);
        if (!ecc())
            return faults_.written(word, {bits, 0});
        // What stays is read first: corrected if that can be, and else left as it is, so that the
        // error stays visible.
        std::uint64_t value = 0;
        if (read_word(word, value, after))
            faults_.written(word, whole_word);
        else
            good = false;
    });
    if (good)
        written_again(address, last);
    return good;
}

void sram::inject() {
    const std::uint64_t address = control_.get(reg::INJECT_ADDRESS);
    if (address >= p_.size)
        return;
    ++injected_;
    flip(address, {std::uint64_t{control_.get(reg::INJECT_DATA_HIGH)} << 32 |
                       control_.get(reg::INJECT_DATA_LOW),
                   static_cast<std::uint8_t>(control_.get(reg::INJECT_CHECK))});
}

void sram::set_power(std::uint32_t value) {
    const std::uint32_t bank = control_.get(reg::POWER_BANK);
    if (bank >= p_.banks || value >= bank_power::states)
        return;
    const auto state = static_cast<bank_state>(value);
    power_.set(bank, state, clock_.cycles_until(control_.now()));
    if (state != bank_state::off)
        return;
    // Its cells lose what they hold: they read as words of zeros until they are written.
    if (lost_.empty())
        lost_.resize(p_.size / word_bytes);
    for (std::uint64_t row = 0, rows = p_.size / p_.banks / p_.width; row < rows;
         row += p_.interleave / p_.width) {
        const std::uint64_t first = address_of(bank, row) / word_bytes,
                            last = (address_of(bank, row) + p_.interleave - 1) / word_bytes;
        std::fill(lost_.begin() + static_cast<std::ptrdiff_t>(first),
                  lost_.begin() + static_cast<std::ptrdiff_t>(last) + 1, std::uint8_t{0xff});
        faults_.written(first, last);
    }
}

/// Flips what is due now; comes back when the next is.
void sram::upset_now() {
    const auto time_of = [](const upset& u) {
        return sc_core::sc_time(std::min(u.at, 1e6), sc_core::SC_SEC);
    };
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    while (planned_done_ < planned_.size() && time_of(planned_[planned_done_]) <= now) {
        const upset& u = planned_[planned_done_++];
        faults_.flip(u.word, u.mask);
        ++upsets_;
    }
    while (random_ && time_of(next_random_) <= now) {
        faults_.flip(next_random_.word, next_random_.mask);
        ++upsets_;
        next_random_ = random_->next();
    }
    sc_core::sc_time next = sc_core::sc_max_time();
    if (planned_done_ < planned_.size())
        next = time_of(planned_[planned_done_]);
    if (random_)
        next = std::min(next, time_of(next_random_));
    if (next != sc_core::sc_max_time())
        next_trigger(next - now);
}

/// Reads one row and writes back what can be corrected.
void sram::scrub() {
    const std::uint64_t address = scrub_row_ * p_.width;
    const unsigned bank = bank_of(address);
    const std::uint64_t now = cycle_now();
    if (power_.state(bank, now) == bank_state::active) {
        std::uint64_t accesses = 1;
        const std::uint64_t first = address / word_bytes,
                            last = (address + p_.width - 1) / word_bytes;
        const std::uint64_t before = scrubbed_;
        faults_.each(first, last, [&](std::uint64_t word) {
            std::uint64_t value = 0;
            const std::uint64_t corrected = corrected_;
            if (read_word(word, value, sc_core::SC_ZERO_TIME) && corrected_ != corrected) {
                ++scrubbed_;
                faults_.written(word, whole_word);
            }
        });
        accesses += scrubbed_ != before;
        if (arbiter_) {
            bank_arbiter::request q;
            q.owner = initiator_extension::scrubber;
            q.address = address;
            q.last = address + p_.width - 1;
            q.arrival = now;
            q.after = accesses - 1;
            q.cookie = bank_arbiter::never;
            arbiter_->submit(q);
            rearm();
        } else {
            calendar_.reserve(port_of(bank, false, now, accesses), now, accesses,
                              initiator_extension::scrubber);
            busy_cycles_ += accesses;
            bank_busy_[bank] += accesses;
        }
        ++scrub_reads_;
    }
    if (++scrub_row_ == p_.size / p_.width) {
        scrub_row_ = 0;
        ++scrub_passes_;
    }
    scrub_event_.notify(clock_.time_of(control_.get(reg::SCRUB_INTERVAL)));
}

std::uint32_t sram::lines() const {
    return (control_.get(reg::STATUS) & control_.get(reg::IRQ_ENABLE)) != 0;
}

void sram::drive_irq() {
    const bool level = irq_.drive(lines()) != 0;
    if (error_irq.size() > 0)
        error_irq->write(level);
}

}  // namespace ocellus::memory
