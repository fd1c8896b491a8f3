// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "memory/interconnect.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "core/diagnostics.h"
#include "core/payload.h"
#include "core/trace.h"

namespace ocellus::memory {

void interconnect_parameters::declare(parameter_registry& r) {
    r.quantity("interconnect.clock", clock, unit::hertz, 1e6, 5e9)
        .says("Clock of the interconnect.")
        .from(provenance::derived, "DSP clock of ISSCC 2021 9.6; one domain assumed")
        .moves("interconnect.npu_read.latency_mean", -1);
    r.integer("interconnect.latency", latency, 0, 256, unit::cycles)
        .says("Cycles from an initiator's port to the target.")
        .from(provenance::assumed,
              "assumed: one register stage each for address decoding and routing")
        .moves("interconnect.npu_read.latency_mean", +1);
    r.text("interconnect.shares", shares)
        .says(
            "What the arbiter of an approximately timed memory gives each initiator: NAME: and any "
            "of priority=N (0 first, default 8), weight=N (default 1), deadline=N (cycles from "
            "arrival; 0, the default: it can wait), separated by commas. In both fidelities: "
            "cap=N, "
            "bytes in 1024 cycles of the interconnect (0, the default: no cap).")
        .from(provenance::chosen, "all alike")
        .moves_nothing("with the default fidelity the order of calls decides");
}

bool parse_shares(const std::string& text, std::map<std::string, initiator_share>& out,
                  std::string& why) {
    out.clear();
    std::istringstream all(text);
    for (std::string item; std::getline(all, item, ',');) {
        std::istringstream words(item);
        std::string name, setting;
        words >> name;
        if (name.empty() || name.back() != ':') {
            why = fmt::format(
                "'{}' does not begin with an initiator's name and a colon, such as "
                "isp: deadline=2000 priority=0 weight=4",
                item);
            return false;
        }
        name.pop_back();
        if (out.count(name)) {
            why = fmt::format("'{}' is there twice", name);
            return false;
        }
        initiator_share& s = out[name];
        while (words >> setting) {
            const auto equals = setting.find('=');
            const std::string key = setting.substr(0, equals);
            std::uint32_t value = 0;
            const char* const first =
                setting.data() + (equals == std::string::npos ? 0 : equals + 1);
            const char* const last = setting.data() + setting.size();
            const auto r = std::from_chars(first, last, value);
            const bool known =
                key == "priority" || key == "weight" || key == "deadline" || key == "cap";
            if (equals == std::string::npos || !known || r.ec != std::errc() || r.ptr != last ||
                (key == "weight" && value == 0)) {
                why = fmt::format(
                    "'{}' of {} is not priority=N, weight=N (from 1), deadline=N (cycles) or "
                    "cap=N (bytes in 1024 cycles)",
                    setting, name);
                return false;
            }
            (key == "priority" ? s.priority
             : key == "weight" ? s.weight
             : key == "cap"    ? s.cap
                               : s.deadline) = value;
        }
    }
    return true;
}

interconnect::interconnect(sc_core::sc_module_name name, const interconnect_parameters& p,
                           block_context& ctx)
    : sc_module(name),
      p_(p),
      clock_(clock_domain::from_hertz(p.clock)),
      stats_(ctx.stats),
      trace_(ctx.trace) {
    std::string why;
    if (!parse_shares(p.shares, shares_, why))
        throw input_error(exit_code::usage, "error: interconnect.shares: " + why);
    initiators_in.register_b_transport(this, &interconnect::b_transport);
    initiators_in.register_transport_dbg(this, &interconnect::transport_dbg);
    initiators_in.register_get_direct_mem_ptr(this, &interconnect::get_direct_mem_ptr);
    registers_in.register_b_transport(this, &interconnect::register_transport);
    registers_in.register_transport_dbg(this, &interconnect::register_debug);
    declare_registers();
    targets_out.register_invalidate_direct_mem_ptr(this, &interconnect::invalidate_direct_mem_ptr);
    initiators_in.register_nb_transport_fw(this, &interconnect::nb_transport_fw);
    targets_out.register_nb_transport_bw(this, &interconnect::nb_transport_bw);
    SC_METHOD(pass_on);
    sensitive << pass_on_event_;
    dont_initialize();
    stats_.add("interconnect.unmapped", unmapped_, "Bursts to an address where nothing is mapped.");
    stats_.add("interconnect.crossing", crossing_, "Bursts that leave the region they begin in.");
}

void interconnect::declare_registers() {
    namespace reg = registers::interconnect;
    auto& r = registers_;
    r.on_read(reg::INITIATORS, [this] { return static_cast<std::uint32_t>(initiators_.size()); });
    r.on_write(reg::SELECT, [this](std::uint32_t value) {
        if (value < initiators_.size())
            selected_ = value;
        registers_.set(reg::SELECT, static_cast<std::uint32_t>(selected_));
    });
    const auto share = [this, &r](unsigned index, std::uint32_t initiator_share::*member) {
        r.on_read(index, [this, member]() -> std::uint32_t {
            return initiators_.empty() ? 0 : initiators_[selected_]->share.*member;
        });
        r.on_write(index, [this, member](std::uint32_t value) {
            if (!initiators_.empty())
                initiators_[selected_]->share.*member = value;
        });
    };
    share(reg::CAP, &initiator_share::cap);
    share(reg::PRIORITY, &initiator_share::priority);
    share(reg::WEIGHT, &initiator_share::weight);
    share(reg::DEADLINE, &initiator_share::deadline);
    r.on_read(reg::CAPPED, [this] {
        return static_cast<std::uint32_t>(
            initiators_.empty() ? 0 : initiators_[selected_]->capped_cycles);
    });
}

std::uint64_t interconnect::admit(initiator_state& i, std::uint64_t cycle, std::uint64_t bytes) {
    constexpr unsigned fraction_bits = 10;
    const std::uint64_t wanted = cycle << fraction_bits;
    const std::uint64_t begin = std::max(wanted, i.paid_until);
    i.paid_until = begin + (bytes << 2 * fraction_bits) / i.share.cap;
    const std::uint64_t at = (begin + (1u << fraction_bits) - 1) >> fraction_bits;
    i.capped_cycles += at - cycle;
    return at;
}

unsigned interconnect::add_initiator(const std::string& initiator_name) {
    const auto id = static_cast<unsigned>(initiators_.size());
    if (id >= initiator_extension::scrubber)
        throw input_error(exit_code::internal, fmt::format("interconnect: more than {} initiators",
                                                           initiator_extension::scrubber));
    initiators_.push_back(std::make_unique<initiator_state>());
    initiator_state* const i = initiators_.back().get();
    i->name = initiator_name;
    const auto share = shares_.find(initiator_name);
    if (share != shares_.end())
        i->share = share->second;
    i->extension.id = id;
    i->extension.waited_for = i->waited_for.data();
    i->extension.share = &i->share;
    i->track = trace_ ? trace_->track("bus." + initiator_name) : std::uint16_t{0};

    const std::string prefix = "interconnect." + initiator_name;
    stats_.add(prefix + ".requests", i->requests, "Bursts sent by this initiator.");
    stats_.add(prefix + ".bytes", i->bytes, "Bytes in bursts of this initiator.", "B");
    stats_.add(prefix + ".capped_cycles", i->capped_cycles,
               "Cycles that bursts of this initiator were held back by its cap.", "cycles");
    stats_.add(prefix + ".errors", i->errors, "Bursts of this initiator answered with an error.");
    stats_.add_computed(
        prefix + ".wait_cycles", [this, id] { return static_cast<double>(wait_cycles(id)); },
        "Cycles this initiator's bursts waited for busy banks.", "cycles");
    const double resolution = sc_core::sc_get_time_resolution().to_seconds();
    stats_.add_computed(
        prefix + ".latency_max",
        [i, resolution] { return static_cast<double>(i->latency.longest()) * resolution; },
        "Longest time from a burst's request to its completion.", "s");
    stats_.add_computed(
        prefix + ".latency_mean",
        [i, resolution] {
            return i->requests == 0 ? 0.0
                                    : static_cast<double>(i->latency.total()) * resolution /
                                          static_cast<double>(i->requests);
        },
        "Mean time from a burst's request to its completion.", "s");
    stats_.add_computed(
        prefix + ".latency_p99",
        [i, resolution] { return static_cast<double>(i->latency.percentile(0.99)) * resolution; },
        "Time from request to completion that 99 % of the bursts do not exceed, up to an eighth.",
        "s");
    auto pair = [this](const initiator_state& who, const initiator_state& whom) {
        stats_.add("interconnect.conflict." + who.name + "." + whom.name,
                   who.waited_for[whom.extension.id],
                   "Cycles the first initiator waited for a bank that served the second.",
                   "cycles");
    };
    for (unsigned other = 0; other < id; ++other) {
        pair(*i, *initiators_[other]);
        pair(*initiators_[other], *i);
    }
    pair(*i, *i);
    stats_.add("interconnect.conflict." + initiator_name + ".scrubber",
               i->waited_for[initiator_extension::scrubber],
               "Cycles the initiator waited for a bank that the scrubber read.", "cycles");
    return id;
}

void interconnect::map(const std::string& target_name, std::uint64_t base, std::uint64_t size,
                       transport protocol) {
    if (size == 0 || base + (size - 1) < base)
        throw input_error(exit_code::usage,
                          fmt::format("memory map: {} at {:#x} has the impossible size {:#x}",
                                      target_name, base, size));
    if (base % map_alignment != 0 || size % map_alignment != 0)
        throw input_error(exit_code::usage,
                          fmt::format("memory map: {} at {:#x}, {:#x} bytes, is not aligned: "
                                      "multiples of {} B were expected",
                                      target_name, base, size, map_alignment));
    const mapped_region added{target_name, base, size, protocol};
    for (const auto& r : regions_)
        if (added.base <= r.last() && r.base <= added.last())
            throw input_error(
                exit_code::usage,
                fmt::format("memory map: {} ({:#x} to {:#x}) overlaps {} ({:#x} to {:#x})",
                            added.name, added.base, added.last(), r.name, r.base, r.last()));
    regions_.push_back(added);
    targets_.emplace_back();
}

void interconnect::end_of_elaboration() {
    for (const auto& [share, values] : shares_)
        if (std::none_of(initiators_.begin(), initiators_.end(),
                         [&name = share](const auto& i) { return i->name == name; })) {
            std::vector<std::string> names;
            for (const auto& i : initiators_)
                names.push_back(i->name);
            throw input_error(exit_code::usage,
                              fmt::format("error: interconnect.shares: there is no initiator '{}': "
                                          "{}",
                                          share, fmt::join(names, ", ")));
        }
    if (initiators_in.size() != initiators_.size() || targets_out.size() != regions_.size())
        throw input_error(
            exit_code::internal,
            fmt::format("interconnect: {} initiators named and {} bound, {} targets mapped and {} "
                        "bound",
                        initiators_.size(), initiators_in.size(), regions_.size(),
                        targets_out.size()));
}

std::uint64_t interconnect::wait_cycles(unsigned who) const {
    std::uint64_t sum = 0;
    for (const auto w : initiators_[who]->waited_for)
        sum += w;
    return sum;
}

int interconnect::find(std::uint64_t address) const {
    for (std::size_t i = 0; i < regions_.size(); ++i)
        if (address - regions_[i].base < regions_[i].size)
            return static_cast<int>(i);
    return -1;
}

int interconnect::route(unsigned initiator, tlm::tlm_generic_payload& payload,
                        const sc_core::sc_time& delay) {
    auto& i = *initiators_[initiator];
    const std::uint64_t address = payload.get_address();
    ++i.requests;
    i.bytes += payload.get_data_length();
    series_.add((sc_core::sc_time_stamp() + delay).value(), initiator, payload.get_data_length());
    const int target = find(address);
    if (target < 0) {
        ++unmapped_;
        ++i.errors;
        if (unmapped_observer_)
            unmapped_observer_(address, payload.is_write());
        payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return -1;
    }
    const auto& region = regions_[static_cast<std::size_t>(target)];
    if (payload.get_data_length() > region.size - (address - region.base)) {
        ++crossing_;
        ++i.errors;
        payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
        return -1;
    }
    return target;
}

sc_core::sc_time interconnect::arrival(initiator_state& i, const tlm::tlm_generic_payload& payload,
                                       const sc_core::sc_time& delay) {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    std::uint64_t cycle = clock_.cycles_until(now + delay);
    if (i.share.cap != 0)
        cycle = admit(i, cycle, payload.get_data_length());
    return clock_.time_of(cycle + p_.latency) - now;
}

void interconnect::account(unsigned initiator, tlm::tlm_generic_payload& payload,
                           const sc_core::sc_time& asked, const sc_core::sc_time& at) {
    auto& i = *initiators_[initiator];
    if (!payload.is_response_ok())
        ++i.errors;
    else if (burst_observer_)
        burst_observer_(initiator, payload);
    const std::uint64_t latency = (at - asked).value();
    i.latency.add(latency);
    // Told when it ends: how far ahead of the kernel it is made changes nothing then.
    if (trace_)
        trace_->record({asked.value(), latency,
                        payload.get_address() | std::uint64_t{payload.get_data_length()} << 32 |
                            std::uint64_t{payload.is_write()} << 48 |
                            std::uint64_t{!payload.is_response_ok()} << 49,
                        0, trace_event::no_flow, i.track, trace_type::burst, 1});
}

void interconnect::b_transport(int initiator, tlm::tlm_generic_payload& payload,
                               sc_core::sc_time& delay) {
    const auto id = static_cast<unsigned>(initiator);
    auto& i = *initiators_[id];
    const int target = route(id, payload, delay);
    if (target < 0)
        return;
    const auto& region = regions_[static_cast<std::size_t>(target)];
    const sc_core::sc_time now = sc_core::sc_time_stamp(), asked = now + delay;
    auto* const posted = payload.get_extension<posted_bursts>();
    const bool phases = region.protocol == transport::phases;
    if (posted && !phases)
        delay = std::max(asked, posted->room()) - now;
    delay = arrival(i, payload, delay);
    if (phases)
        return by_phases(id, target, payload, delay, asked);
    const std::uint64_t address = payload.get_address();
    payload.set_address(address - region.base);
    {
        const carried<initiator_extension> on_payload(payload, i.extension);
        targets_out[target]->b_transport(payload, delay);
    }
    payload.set_address(address);
    // The target may have let the kernel come along.
    const sc_core::sc_time end = sc_core::sc_time_stamp() + delay;
    if (posted)
        posted->until(end);
    account(id, payload, asked, end);
}

interconnect::~interconnect() {
    for (const auto& t : transits_)
        if (t->payload)
            t->payload->set_extension<initiator_extension>(t->outer);
}

/// A burst of b_transport for a target that is asked by phases.
void interconnect::by_phases(unsigned initiator, int target, tlm::tlm_generic_payload& payload,
                             sc_core::sc_time& delay, const sc_core::sc_time& asked) {
    auto* const posted = payload.get_extension<posted_bursts>();
    const sc_core::sc_time at = sc_core::sc_time_stamp() + delay;
    // BEGIN_REQ leaves when the initiator asks, with the way to the target ahead of it: so the
    // target knows what arrives in a cycle before it decides. Posted bursts may lie further ahead.
    if (!posted && asked > sc_core::sc_time_stamp())
        sc_core::wait(asked - sc_core::sc_time_stamp());
    while (posted && posted->in_flight >= posted->most)
        sc_core::wait(posted->changed);
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    delay = at > now ? at - now : sc_core::SC_ZERO_TIME;

    tlm::tlm_generic_payload& own = payloads_.take();
    own.set_command(payload.get_command());
    own.set_address(payload.get_address());
    own.set_data_ptr(payload.get_data_ptr());
    own.set_data_length(payload.get_data_length());
    own.set_streaming_width(payload.get_streaming_width());
    own.set_byte_enable_ptr(payload.get_byte_enable_ptr());
    own.set_byte_enable_length(payload.get_byte_enable_length());
    own.set_dmi_allowed(false);
    own.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    transit& t = begin(initiator, target, own, asked);
    t.from = posted ? transit::way::posted : transit::way::blocking;
    t.posted = posted;
    if (posted)
        ++posted->in_flight;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time taken = delay;
    const tlm::tlm_sync_enum answer = request(t, phase, taken);
    const bool at_once = answer == tlm::TLM_COMPLETED;
    if (at_once) {
        // Nothing is under way: the answer and its time are those of b_transport.
        account(initiator, own, asked, now + taken);
        delay = taken;
        if (posted)
            --posted->in_flight;
    } else if (posted) {
        payload.set_response_status(tlm::TLM_OK_RESPONSE);
        return;
    } else {
        if (!t.done)
            t.done = std::make_unique<sc_core::sc_event>();
        while (!t.answered)
            sc_core::wait(*t.done);
        const sc_core::sc_time end = sc_core::sc_time_stamp();
        delay = t.due > end ? t.due - end : sc_core::SC_ZERO_TIME;
    }
    payload.set_response_status(own.get_response_status());
    payload.set_dmi_allowed(own.is_dmi_allowed());
    finish(t);
    own.release();
}

interconnect::transit& interconnect::begin(unsigned initiator, int target,
                                           tlm::tlm_generic_payload& payload,
                                           const sc_core::sc_time& asked) {
    if (free_transits_.empty()) {
        transits_.push_back(std::make_unique<transit>());
        free_transits_.push_back(transits_.back().get());
    }
    transit& t = *free_transits_.back();
    free_transits_.pop_back();
    const initiator_extension& who = initiators_[initiator]->extension;
    t.id = who.id;
    t.waited_for = who.waited_for;
    t.share = who.share;
    t.payload = &payload;
    t.initiator = initiator;
    t.target = static_cast<unsigned>(target);
    t.address = payload.get_address();
    t.asked = asked;
    t.answered = false;
    t.outer = payload.set_extension<initiator_extension>(&t);
    return t;
}

/// The payload is again what it was.
void interconnect::finish(transit& t) {
    t.payload->set_extension<initiator_extension>(t.outer);
    t.payload = nullptr;
    free_transits_.push_back(&t);
}

/// BEGIN_REQ, now or when the target has ended the one before.
tlm::tlm_sync_enum interconnect::request(transit& t, tlm::tlm_phase& phase,
                                         sc_core::sc_time& delay) {
    target_state& to = targets_[t.target];
    if (to.requesting || !to.waiting.empty()) {
        t.due = sc_core::sc_time_stamp() + delay;
        to.waiting.push_back(&t);
        return tlm::TLM_ACCEPTED;
    }
    return send(t, phase, delay);
}

/// Returns TLM_COMPLETED, TLM_UPDATED with END_REQ, or TLM_ACCEPTED.
tlm::tlm_sync_enum interconnect::send(transit& t, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    target_state& to = targets_[t.target];
    to.requesting = &t;
    const auto socket = static_cast<int>(t.target);
    t.payload->set_address(t.address - regions_[t.target].base);
    const tlm::tlm_sync_enum answer =
        targets_out[socket]->nb_transport_fw(*t.payload, phase, delay);
    if (answer == tlm::TLM_ACCEPTED)
        return answer;
    target_free(t.target);
    if (answer == tlm::TLM_COMPLETED) {
        t.payload->set_address(t.address);
        return answer;
    }
    if (phase == tlm::BEGIN_RESP) {
        tlm::tlm_phase end = tlm::END_RESP;
        sc_core::sc_time when = delay;
        targets_out[socket]->nb_transport_fw(*t.payload, end, when);
        answered(t, delay);
        phase = tlm::END_REQ;
    }
    return tlm::TLM_UPDATED;
}

void interconnect::target_free(unsigned target) {
    targets_[target].requesting = nullptr;
    if (!targets_[target].waiting.empty())
        pass_on_event_.notify(sc_core::SC_ZERO_TIME);
}

/// The target has answered; its part is over.
void interconnect::answered(transit& t, const sc_core::sc_time& delay) {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    tlm::tlm_generic_payload& payload = *t.payload;
    payload.set_address(t.address);
    t.due = now + delay;
    account(t.initiator, payload, t.asked, t.due);
    switch (t.from) {
        case transit::way::blocking:
            t.answered = true;
            if (t.done)
                t.done->notify(sc_core::SC_ZERO_TIME);
            break;
        case transit::way::posted:
            --t.posted->in_flight;
            t.posted->failed += !payload.is_response_ok();
            t.posted->last = std::max(t.posted->last, t.due);
            t.posted->changed.notify(sc_core::SC_ZERO_TIME);
            finish(t);
            payload.release();
            break;
        case transit::way::phases:
            initiators_[t.initiator]->responses.push_back(&t);
            break;
    }
}

/// BEGIN_RESP to an initiator that may take one.
void interconnect::respond(transit& t, const sc_core::sc_time& delay) {
    initiator_state& i = *initiators_[t.initiator];
    tlm::tlm_generic_payload& payload = *t.payload;
    i.responding = &t;
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time when = delay;
    const tlm::tlm_sync_enum answer =
        initiators_in[static_cast<int>(t.initiator)]->nb_transport_bw(payload, phase, when);
    const bool ended =
        answer == tlm::TLM_COMPLETED || (answer == tlm::TLM_UPDATED && phase == tlm::END_RESP);
    if (!ended || i.responding != &t)
        return;
    i.responding = nullptr;
    finish(t);
    payload.release();
}

/// What had to wait: requests whose target is free again, responses to initiators that have ended
/// the one before.
void interconnect::pass_on() {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    for (target_state& to : targets_)
        while (!to.requesting && !to.waiting.empty()) {
            transit& t = *to.waiting.front();
            to.waiting.pop_front();
            tlm::tlm_phase phase = tlm::BEGIN_REQ;
            sc_core::sc_time delay = t.due > now ? t.due - now : sc_core::SC_ZERO_TIME;
            const tlm::tlm_sync_enum answer = send(t, phase, delay);
            if (answer == tlm::TLM_COMPLETED)
                answered(t, delay);
            else if (answer == tlm::TLM_UPDATED && t.from == transit::way::phases)
                initiators_in[static_cast<int>(t.initiator)]->nb_transport_bw(*t.payload, phase,
                                                                              delay);
        }
    for (const auto& i : initiators_)
        while (!i->responding && !i->responses.empty()) {
            transit& t = *i->responses.front();
            i->responses.pop_front();
            respond(t, t.due > now ? t.due - now : sc_core::SC_ZERO_TIME);
        }
}

tlm::tlm_sync_enum interconnect::nb_transport_fw(int initiator, tlm::tlm_generic_payload& payload,
                                                 tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    const auto id = static_cast<unsigned>(initiator);
    initiator_state& i = *initiators_[id];
    if (phase == tlm::END_RESP) {
        transit* const t = i.responding;
        if (t && t->payload == &payload) {
            i.responding = nullptr;
            finish(*t);
            payload.release();
            if (!i.responses.empty())
                pass_on_event_.notify(sc_core::SC_ZERO_TIME);
        }
        return tlm::TLM_COMPLETED;
    }
    if (phase != tlm::BEGIN_REQ)
        return tlm::TLM_ACCEPTED;  // of another protocol, and of no concern
    const int target = route(id, payload, delay);
    if (target < 0)
        return tlm::TLM_COMPLETED;
    const sc_core::sc_time now = sc_core::sc_time_stamp(), asked = now + delay;
    delay = arrival(i, payload, delay);
    payload.acquire();
    transit& t = begin(id, target, payload, asked);
    t.from = transit::way::phases;
    const tlm::tlm_sync_enum answer = request(t, phase, delay);
    if (answer == tlm::TLM_COMPLETED) {
        account(id, payload, asked, now + delay);
        finish(t);
        payload.release();
    } else if (!i.responses.empty()) {
        // The target has answered already.
        pass_on_event_.notify(sc_core::SC_ZERO_TIME);
    }
    return answer;
}

tlm::tlm_sync_enum interconnect::nb_transport_bw(int target, tlm::tlm_generic_payload& payload,
                                                 tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    transit& t = static_cast<transit&>(*payload.get_extension<initiator_extension>());
    const bool ends_request = targets_[static_cast<std::size_t>(target)].requesting == &t;
    if (ends_request)
        target_free(static_cast<unsigned>(target));
    if (phase == tlm::END_REQ) {
        if (t.from == transit::way::phases)
            initiators_in[static_cast<int>(t.initiator)]->nb_transport_bw(payload, phase, delay);
        return tlm::TLM_ACCEPTED;
    }
    if (phase != tlm::BEGIN_RESP)
        return tlm::TLM_ACCEPTED;
    initiator_state& i = *initiators_[t.initiator];
    const bool passes = t.from == transit::way::phases && !i.responding && i.responses.empty();
    answered(t, delay);
    if (passes) {
        i.responses.pop_front();
        respond(t, delay);
    }
    return tlm::TLM_COMPLETED;
}

unsigned interconnect::transport_dbg(int, tlm::tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    const int target = find(address);
    if (target < 0)
        return 0;
    payload.set_address(address - regions_[static_cast<std::size_t>(target)].base);
    const unsigned moved = targets_out[target]->transport_dbg(payload);
    payload.set_address(address);
    return moved;
}

bool interconnect::get_direct_mem_ptr(int, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
    const std::uint64_t address = payload.get_address();
    const int target = find(address);
    if (target < 0)
        return false;
    const std::uint64_t base = regions_[static_cast<std::size_t>(target)].base;
    payload.set_address(address - base);
    const bool granted = targets_out[target]->get_direct_mem_ptr(payload, dmi);
    payload.set_address(address);
    dmi.set_start_address(dmi.get_start_address() + base);
    dmi.set_end_address(dmi.get_end_address() + base);
    return granted;
}

void interconnect::invalidate_direct_mem_ptr(int target, sc_dt::uint64 first, sc_dt::uint64 last) {
    const std::uint64_t base = regions_[static_cast<std::size_t>(target)].base;
    for (unsigned i = 0; i < initiators_in.size(); ++i)
        initiators_in[static_cast<int>(i)]->invalidate_direct_mem_ptr(first + base, last + base);
}

}  // namespace ocellus::memory
