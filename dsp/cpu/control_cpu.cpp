// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/control_cpu.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/trace.h"

namespace ocellus::dsp {

namespace {

/// From a block's interrupt output through the interrupt controller to the CPU, with room to spare.
constexpr unsigned settling_deltas = 8;

}  // namespace

void control_cpu_parameters::declare(parameter_registry& r) {
    hart.declare(r);
    const std::uint64_t top = std::numeric_limits<std::uint32_t>::max();
    r.quantity("cpu.clock", clock, unit::hertz, 1e6, 5e9)
        .says("Clock of the control CPU.")
        .from(provenance::assumed,
              "assumed: the clock of the signal processor, 262.5 MHz, ISSCC 2021 9.6")
        .moves("interrupt_controller.latency.1.mean", -1);
    const auto place = [&](const char* name, std::uint64_t& field, const char* sentence) {
        r.integer(name, field, 0, top)
            .says(sentence)
            .from(provenance::chosen, "memory map of this simulator")
            .moves_nothing("an address; the built-in programs are made for the default");
    };
    const auto size = [&](const char* name, std::uint64_t& field, const char* sentence) {
        r.integer(name, field, 1024, 1u << 26, unit::byte)
            .must_be_power_of_two()
            .says(sentence)
            .from(provenance::assumed, "assumed: no public figure")
            .moves_nothing("it decides which programs fit");
    };
    const auto wait = [&](const char* name, std::uint64_t& field, const char* sentence) {
        r.integer(name, field, 0, 255, unit::cycles)
            .says(sentence)
            .from(provenance::assumed, "assumed: single-cycle memories beside the core")
            .moves("cpu.cycles", +1)
            .compare("0 cycles", "4 cycles");
    };
    place("cpu.rom_base", rom_base, "Address of the boot ROM, a multiple of 1 KiB.");
    size("cpu.rom_size", rom_size, "Bytes of the boot ROM.");
    wait("cpu.rom_wait", rom_wait, "Wait states of the boot ROM.");
    place("cpu.tcm_base", tcm_base, "Address of the tightly coupled RAM, a multiple of 1 KiB.");
    size("cpu.tcm_size", tcm_size, "Bytes of the tightly coupled RAM.");
    wait("cpu.tcm_wait", tcm_wait, "Wait states of the tightly coupled RAM.");
    r.quantity("cpu.run_ahead", run_ahead, unit::second, 1e-9, 1.0)
        .says("How far the CPU runs ahead when nothing else is pending; changes speed only.")
        .from(provenance::chosen, "speed")
        .moves_nothing("it changes the speed of the simulation only")
        .compare("100 us", "1 ms");
    r.boolean("cpu.decoupled", decoupled)
        .says(
            "Let bus accesses run ahead of the kernel where nothing is pending before them; "
            "changes the "
            "speed of the simulation only.")
        .from(provenance::chosen, "speed")
        .moves_nothing("it changes the speed of the simulation only")
        .compare("false", "true");
}

control_cpu::control_cpu(sc_core::sc_module_name name, const control_cpu_parameters& parameters,
                         block_context& context)
    : sc_module(name),
      parameters_(parameters),
      clock_(clock_domain::from_hertz(parameters.clock)),
      run_ahead_(parameters.run_ahead, sc_core::SC_SEC),
      hart_(parameters.hart, *this),
      trace_(context.trace) {
    rom_ = {static_cast<std::uint32_t>(parameters.rom_base),
            std::vector<unsigned char>(parameters.rom_size),
            static_cast<std::uint8_t>(parameters.rom_wait), false};
    tcm_ = {static_cast<std::uint32_t>(parameters.tcm_base),
            std::vector<unsigned char>(parameters.tcm_size),
            static_cast<std::uint8_t>(parameters.tcm_wait), true};
    map_memories();
    if (trace_)
        track_ = trace_->track("cpu.interrupts");
    statistics& stats = context.stats;
    const auto count = [&stats](const char* stat, const char* sentence, const char* symbol,
                                std::function<double()> value) {
        stats.add_computed(stat, std::move(value), sentence, symbol);
    };
    const auto number = [](std::uint64_t v) { return static_cast<double>(v); };
    count("cpu.cycles", "Cycles since reset.", "cycles", [=] { return number(hart_.cycles()); });
    count("cpu.instructions", "Instructions executed.", "1",
          [=] { return number(hart_.instructions()); });
    count("cpu.traps", "Exceptions and interrupts taken.", "1",
          [=] { return number(hart_.traps()); });
    count("cpu.interrupts", "Interrupts taken.", "1", [=] { return number(hart_.interrupts()); });
    stats.add("cpu.idle_cycles", idle_cycles_, "Cycles spent in wfi.", "cycles");
    stats.add("cpu.bus_accesses", bus_accesses_, "Accesses that left ROM and RAM.");
    stats.add("cpu.bus_errors", bus_errors_, "Accesses that were refused and trapped.");
    stats.add("cpu.protection_faults", protection_faults_,
              "Stores to the code of a loaded program, which trapped.");
    for (const auto& [line, called] : {std::pair(interrupt_line::external, "external"),
                                       std::pair(interrupt_line::timer, "timer"),
                                       std::pair(interrupt_line::software, "software")})
        latency(line).add_to(stats, std::string("cpu.interrupt_latency.") + called,
                             std::string("Rise of the ") + called + " line to its handler",
                             "cycles", true);
    stats.add("cpu.resets", resets_, "Resets after the first.");

    SC_METHOD(lines_changed);
    sensitive << software_irq_in << timer_irq_in << external_irq_in;
    SC_THREAD(run);
}

bool control_cpu::load_image(std::uint32_t address, const std::vector<unsigned char>& bytes) {
    memory_area* const a = area_of(address, bytes.size());
    if (!a)
        return false;
    std::copy(bytes.begin(), bytes.end(), a->bytes.begin() + (address - a->base));
    hart_.memory_changed(address, static_cast<std::uint32_t>(bytes.size()));
    if (provenance_)
        provenance_->mark(address, bytes.size(), false);
    return true;
}

control_cpu::memory_area* control_cpu::area_of(std::uint32_t address, std::uint64_t length) {
    for (memory_area* a : {&rom_, &tcm_})
        if (address - a->base < a->bytes.size() && a->bytes.size() - (address - a->base) >= length)
            return a;
    return nullptr;
}

bool control_cpu::fetch(std::uint32_t address, std::uint32_t& word, std::uint32_t& wait) {
    return read(fetch_out, address, 4, word, wait);
}

bool control_cpu::load(std::uint32_t address, unsigned size, std::uint32_t& value,
                       std::uint32_t& wait) {
    if (!watchpoints_.empty() && watched(address, size, false))
        return true;
    if (provenance_ && !hart_.follows() && provenance_->derived(address, size)) {
        // The instruction is made again, and followed.
        hart_.follow();
        hart_.abandon_access();
        return true;
    }
    return read(data_out, address, size, value, wait);
}

bool control_cpu::read(memory_socket& through, std::uint32_t address, unsigned size,
                       std::uint32_t& value, std::uint32_t& wait) {
    unsigned char bytes[4] = {};
    if (memory_area* const a = area_of(address, size)) {
        std::memcpy(bytes, a->bytes.data() + (address - a->base), size);
        wait = a->wait;
    } else if (!bus(through, tlm::TLM_READ_COMMAND, address, size, bytes, wait)) {
        return false;
    }
    value = bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
            std::uint32_t{bytes[3]} << 24;
    return true;
}

bool control_cpu::store(std::uint32_t address, unsigned size, std::uint32_t value,
                        std::uint32_t& wait) {
    unsigned char bytes[4];
    for (unsigned k = 0; k < 4; ++k)
        bytes[k] = static_cast<unsigned char>(value >> (8 * k));
    if (!watchpoints_.empty() && watched(address, size, true))
        return true;
    if (memory_area* const a = area_of(address, size)) {
        wait = a->wait;
        if (!a->writable)
            return false;
        if (is_protected(address)) {
            ++protection_faults_;
            refused_store_ = {hart_.pc(), address, hart_.x(2), true};
            return false;
        }
        std::memcpy(a->bytes.data() + (address - a->base), bytes, size);
    } else {
        if (hart_.store_derives() && derived_store_)
            derived_store_(address, hart_.pc());
        if (!bus(data_out, tlm::TLM_WRITE_COMMAND, address, size, bytes, wait))
            return false;
    }
    if (hook_ && address >= hooked_ && address <= hooked_last_)
        hook_(address & ~3u);
    return true;
}

void control_cpu::follow_pixels(pixel_provenance& map,
                                std::function<void(std::uint32_t, std::uint32_t)> derived_store) {
    provenance_ = &map;
    derived_store_ = std::move(derived_store);
    map.add_memory(tcm_.base, tcm_.bytes.size());
    hart_.set_provenance(&map, tcm_.base);
}

// Ranges are whole words, so that no access is half inside.
void control_cpu::protect(std::uint32_t first, std::uint32_t last) {
    protected_.emplace_back(first & ~3u, last | 3u);
    std::sort(protected_.begin(), protected_.end());
    map_memories();
}

void control_cpu::clear_protection() {
    protected_.clear();
    map_memories();
}

bool control_cpu::is_protected(std::uint32_t address) const {
    return std::any_of(protected_.begin(), protected_.end(), [address](const auto& range) {
        return range.first <= address && address <= range.second;
    });
}

void control_cpu::add_watchpoint(const watchpoint& w) {
    watchpoints_.push_back(w);
    map_memories();
}

void control_cpu::remove_watchpoint(const watchpoint& w) {
    const auto found = std::find(watchpoints_.begin(), watchpoints_.end(), w);
    if (found != watchpoints_.end())
        watchpoints_.erase(found);
    map_memories();
}

void control_cpu::hook_store(std::uint32_t address, std::uint32_t length,
                             std::function<void(std::uint32_t)> written) {
    hooked_ = address & ~3u;
    hooked_last_ = (address + length - 1) | 3u;
    hook_ = std::move(written);
    map_memories();
}

/// True when the access has to wait until somebody has looked.
bool control_cpu::watched(std::uint32_t address, unsigned size, bool write) {
    // The instruction that stopped is let through; it is still the same while none is executed.
    if (watch_passed_ == hart_.instructions() + hart_.traps())
        return false;
    for (const watchpoint& w : watchpoints_) {
        const bool apart = address - w.address >= w.length && w.address - address >= size;
        if (apart || !(write ? w.on_write : w.on_read))
            continue;
        watch_hit_ = {w, address, write, true};
        watch_passed_ = hart_.instructions() + hart_.traps();
        stop_wanted_ = true;
        hart_.abandon_access();
        return true;
    }
    return false;
}

/// Gives the hart ROM and RAM by pointer, protected ranges as pieces of their own, and words that
/// are looked at not at all.
void control_cpu::map_memories() {
    hart_.unmap_direct();
    std::vector<std::pair<std::uint32_t, std::uint32_t>> watched_words;
    for (const watchpoint& w : watchpoints_)
        watched_words.emplace_back(w.address & ~3u,
                                   (w.address + (w.length ? w.length - 1 : 0)) | 3u);
    if (hook_)
        watched_words.emplace_back(hooked_, hooked_last_);
    std::sort(watched_words.begin(), watched_words.end());
    for (memory_area* a : {&rom_, &tcm_}) {
        const auto map_piece = [&](std::uint64_t first, std::uint64_t end, bool writable) {
            if (first < end)
                hart_.map_direct(
                    {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(end - first),
                     a->bytes.data() + (first - a->base), writable, a->wait, a->wait, a->wait});
        };
        const auto map = [&](std::uint64_t first, std::uint64_t end, bool writable) {
            for (const auto& [hole, hole_last] : watched_words) {
                if (hole_last < first || hole >= end)
                    continue;
                map_piece(first, hole, writable);
                first = std::uint64_t{hole_last} + 1;
            }
            map_piece(first, end, writable);
        };
        std::uint64_t at = a->base;
        const std::uint64_t end = at + a->bytes.size();
        for (const auto& [first, last] : protected_) {
            const std::uint64_t from = std::max<std::uint64_t>(first, at);
            const std::uint64_t to = std::min<std::uint64_t>(std::uint64_t{last} + 1, end);
            if (from >= to)
                continue;
            map(at, from, a->writable);
            map(from, to, false);
            at = to;
        }
        map(at, end, a->writable);
    }
}

std::size_t control_cpu::debug_read(std::uint32_t address, unsigned char* bytes,
                                    std::size_t length) {
    const memory_area* const a = area_of(address, 1);
    if (!a)
        return 0;
    const std::size_t n = std::min<std::size_t>(length, a->bytes.size() - (address - a->base));
    std::memcpy(bytes, a->bytes.data() + (address - a->base), n);
    return n;
}

std::size_t control_cpu::debug_write(std::uint32_t address, const unsigned char* bytes,
                                     std::size_t length) {
    memory_area* const a = area_of(address, 1);
    if (!a)
        return 0;
    const std::size_t n = std::min<std::size_t>(length, a->bytes.size() - (address - a->base));
    std::memcpy(a->bytes.data() + (address - a->base), bytes, n);
    hart_.memory_changed(address, static_cast<std::uint32_t>(n));
    return n;
}

void control_cpu::request_reset(std::function<void()> at_reset) {
    at_reset_ = std::move(at_reset);
    reset_requested_ = true;
    resumed_.notify(sc_core::SC_ZERO_TIME);
    if (in_handler_) {  // it stands still between two instructions
        reset_now();
        return;
    }
    hart_.request_stop();
    wake_.notify(sc_core::SC_ZERO_TIME);
}

void control_cpu::resume(holder who) {
    const unsigned before = held_;
    held_ &= ~static_cast<unsigned>(who);
    if (before && !held_)
        resumed_.notify(sc_core::SC_ZERO_TIME);
}

void control_cpu::request_halt() {
    halt_requested_ = true;
    hart_.request_stop();
    wake_.notify(sc_core::SC_ZERO_TIME);
    resumed_.notify(sc_core::SC_ZERO_TIME);
}

void control_cpu::request_stop() {
    stop_wanted_ = true;
    hart_.request_stop();
    wake_.notify(sc_core::SC_ZERO_TIME);
}

void control_cpu::reset_now() {
    reset_requested_ = false;
    ++resets_;
    if (at_reset_)
        at_reset_();
    hart_.warm_reset();
}

/// Between two instructions.
void control_cpu::act_on_requests() {
    if (reset_requested_) {
        catch_up();
        reset_now();
    }
    if (halt_requested_) {
        catch_up();
        halted_ = true;
        halt_reason_ = stop_reason::requested;
    }
}

/// An access through the socket, at the time at which the hart makes it.
bool control_cpu::bus(memory_socket& through, tlm::tlm_command command, std::uint32_t address,
                      unsigned size, unsigned char* bytes, std::uint32_t& wait_states) {
    // Where nothing is pending until then, the kernel need not come along: the target sees how far
    // ahead the access is, and waits itself if it must.
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    sc_core::sc_time delay = clock_.time_of(hart_.cycles());
    delay = delay > now ? delay - now : sc_core::SC_ZERO_TIME;
    const sc_core::sc_time pending = sc_core::sc_time_to_pending_activity();
    bool synchronised = false;
    if (!parameters_.decoupled || sc_core::sc_pending_activity_at_current_time() ||
        pending <= delay) {
        catch_up();
        delay = sc_core::SC_ZERO_TIME;
        synchronised = true;
    }
    tlm::tlm_generic_payload& p = payload_;
    p.set_command(command);
    p.set_address(address);
    p.set_data_ptr(bytes);
    p.set_data_length(size);
    p.set_streaming_width(size);
    p.set_dmi_allowed(false);
    p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    through->b_transport(p, delay);
    const std::uint64_t complete = clock_.cycles_until(sc_core::sc_time_stamp() + delay);
    const std::uint64_t begun = hart_.cycles();
    wait_states = complete > begun
                      ? static_cast<std::uint32_t>(std::min<std::uint64_t>(
                            complete - begun, std::numeric_limits<std::uint32_t>::max()))
                      : 0;
    ++bus_accesses_;
    bus_errors_ += !p.is_response_ok();
    // What the access has caused is taken in before the CPU goes on.
    if (synchronised || held_ || sc_core::sc_time_stamp() != now ||
        sc_core::sc_pending_activity_at_current_time() ||
        sc_core::sc_time_to_pending_activity() != pending) {
        bus_accessed_ = true;
        hart_.request_stop();
    }
    return p.is_response_ok();
}

std::uint64_t control_cpu::time() {
    return time_source_ ? time_source_(clock_.time_of(hart_.cycles())) : 0;
}

/// Lets the processes that are due at the current time run.
void control_cpu::settle() {
    // Lines that change now arrive in a few delta cycles. Not without limit: two CPUs that wait for
    // each other to be done would never be.
    for (unsigned k = 0; k < settling_deltas && sc_core::sc_pending_activity_at_current_time(); ++k)
        wait(sc_core::SC_ZERO_TIME);
}

/// Lets the kernel come to the hart's time and finish what is due there.
void control_cpu::catch_up() {
    const sc_core::sc_time now = sc_core::sc_time_stamp(), target = clock_.time_of(hart_.cycles());
    if (target > now)
        wait(target - now);
    settle();
}

void control_cpu::run() {
    while (!halted_) {
        act_on_requests();
        if (halted_)
            break;
        settle();
        if (held_) {
            const bool in_reset = (held_ & static_cast<unsigned>(holder::reset)) != 0;
            wait(resumed_);
            if (in_reset)
                idle_until_now();
            continue;
        }
        const sc_core::sc_time now = sc_core::sc_time_stamp();
        const std::uint64_t until =
            clock_.cycles_until(now + std::min(sc_core::sc_time_to_pending_activity(), run_ahead_));
        if (until <= hart_.cycles() && clock_.time_of(hart_.cycles()) > now) {
            wait(clock_.time_of(hart_.cycles()) - now);
            continue;
        }
        const std::uint64_t done = hart_.instructions() + hart_.traps();
        const stop_reason reason =
            hart_.run(until > hart_.cycles() ? until - hart_.cycles() : std::uint64_t{1},
                      instruction_limit_ ? instruction_limit_ : hart::unlimited);
        const std::uint64_t more = hart_.instructions() + hart_.traps() - done;
        const bool limit_reached = instruction_limit_ && more >= instruction_limit_;
        if (instruction_limit_)
            instruction_limit_ -= std::min(more, instruction_limit_);
        if (limit_reached && (reason == stop_reason::requested || reason == stop_reason::cycles) &&
            !stop_wanted_) {
            bus_accessed_ = false;
            stop(stop_reason::instructions);
            continue;
        }
        switch (reason) {
            case stop_reason::cycles:
                break;
            case stop_reason::wfi:
                catch_up();
                sleep();
                break;
            case stop_reason::requested:
                bus_accessed_ = false;
                if (!std::exchange(stop_wanted_, false))
                    break;
                [[fallthrough]];
            default:
                stop(reason);
                break;
        }
    }
}

/// Lets somebody look; the hart is between two instructions, and the kernel at its time.
void control_cpu::stop(stop_reason why) {
    catch_up();
    in_handler_ = true;
    if (!stop_handler_ || !stop_handler_(why)) {
        halted_ = true;
        halt_reason_ = why;
    }
    in_handler_ = false;
    watch_hit_.any = false;
}

/// Waits for an interrupt that ends wfi, and lets the hart's cycles pass.
void control_cpu::sleep() {
    if (sleep_observer_ && !hart_.wakes())
        sleep_observer_();
    while (!hart_.wakes() && !reset_requested_ && !halt_requested_ && !stop_wanted_)
        wait(wake_);
    idle_until_now();
}

void control_cpu::idle_until_now() {
    const std::uint64_t now = clock_.cycles_until(sc_core::sc_time_stamp());
    if (now > hart_.cycles()) {
        idle_cycles_ += now - hart_.cycles();
        hart_.idle(now - hart_.cycles());
    }
}

void control_cpu::lines_changed() {
    line_changed(interrupt_line::software, software_irq_in.read());
    line_changed(interrupt_line::timer, timer_irq_in.read());
    line_changed(interrupt_line::external, external_irq_in.read());
    wake_.notify();
}

void control_cpu::line_changed(interrupt_line line, bool level) {
    line_latency& l = latencies_[static_cast<std::size_t>(line)];
    if (level && !l.high) {
        l.waits = true;
        l.risen = clock_.cycles_until(sc_core::sc_time_stamp());
    }
    l.high = level;
    l.waits = l.waits && level;  // one that falls before it was served was no interrupt
    hart_.set_interrupt(line, level);
}

void control_cpu::interrupted(unsigned cause, std::uint64_t cycles) {
    line_latency& l = latencies_[cause % latencies_.size()];
    if (std::exchange(l.waits, false))
        l.histogram.add(cycles > l.risen ? cycles - l.risen : 0);
    if (trace_)
        trace_->record({clock_.time_of(cycles).value(), 0, cause,
                        cycles > l.risen ? cycles - l.risen : 0, trace_event::no_flow, track_,
                        trace_type::trap, 0});
}

}  // namespace ocellus::dsp
