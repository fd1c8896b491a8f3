// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/cci_host.h"

#include <fmt/format.h>

#include <utility>

namespace ocellus::sim {
namespace {

using what = cci_command::what;

sc_core::sc_time picoseconds(std::uint64_t ps) {
    return sc_core::sc_time::from_value(ps * sc_core::sc_time(1, sc_core::SC_PS).value());
}

std::string condition_text(const cci_command& c) {
    const std::string mask =
        c.mask == ~std::uint64_t{0} ? std::string() : fmt::format(" & 0x{:x}", c.mask);
    return fmt::format("{}{} {} {}", c.name, mask, c.relation, c.number);
}

}  // namespace

cci_host::cci_host(sc_core::sc_module_name name, std::vector<cci_command> script,
                   links::cci_target& target, event_hub& events, surroundings around)
    : sc_module(name), script_(std::move(script)), target_(target), around_(std::move(around)) {
    SC_THREAD(play);
    events.subscribe([this](const block_event& e) { seen(e); });
    if (!target_.answers(device_))
        device_ = 0x10;  // SLASEL
}

void cci_host::seen(const block_event& e) {
    if (e.kind == event_kind::frame_started)
        frames_ = std::uint64_t{e.id} + 1;
    if (!under_way_)
        return;
    const bool hit = under_way_->kind == what::wait_frame
                         ? frames_ > under_way_->number
                         : under_way_->kind == what::wait_event &&
                               around_.is_event(under_way_->name, e.kind) && left_ > 0 &&
                               --left_ == 0;
    if (hit)
        happened_.notify(sc_core::SC_ZERO_TIME);
}

void cci_host::fail(const cci_command& c, const std::string& text) {
    failures_.push_back(fmt::format("{}:{}: {} (at {})", c.where.file, c.where.line, text,
                                    sc_core::sc_time_stamp().to_string()));
}

void cci_host::ended() {
    if (!over_ && under_way_)
        fail(*under_way_, "the run ended before this was done");
    over_ = true;
}

links::cci_reply cci_host::message(const cci_command& c, bool read) {
    links::cci_message m;
    m.device = device_;
    m.read = read;
    m.index = c.index;
    m.bytes = c.data;
    m.length = c.bytes;
    links::cci_reply reply;
    target_.submit(std::move(m), [&](const links::cci_reply& r) {
        reply = r;
        replied_.notify(sc_core::SC_ZERO_TIME);
    });
    wait(replied_);
    return reply;
}

std::uint64_t cci_host::value_of(const links::cci_reply& r) const {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : r.bytes)
        value = value << 8 | byte;
    return value;
}

/// A message is expected to be acknowledged, or not to be.
void cci_host::answered(const cci_command& c, const links::cci_reply& r) {
    const bool good = r.answer == links::cci_answer::ok;
    if (good && !c.refused)
        return;
    if (c.refused)
        ++expectations_;
    if (good == c.refused)
        fail(c, c.refused ? fmt::format("{} was acknowledged", c.name)
                : r.answer == links::cci_answer::no_device
                    ? fmt::format("nobody answers at device address 0x{:02X}", device_)
                    : fmt::format("{}: byte {} was not acknowledged", c.name, r.acknowledged));
}

/// Returns false when what follows relies on what did not come.
bool cci_host::run(const cci_command& c) {
    switch (c.kind) {
        case what::device:
            device_ = static_cast<std::uint8_t>(c.number);
            return true;
        case what::write:
        case what::read:
            answered(c, message(c, c.kind == what::read));
            return true;
        case what::expect: {
            const auto reply = message(c, true);
            ++expectations_;
            if (reply.answer != links::cci_answer::ok) {
                answered(c, reply);
                return true;
            }
            const std::uint64_t value = value_of(reply);
            if (!holds_relation(c.relation, value & c.mask, c.number))
                fail(c,
                     fmt::format("expected {}, is {} (0x{:x})", condition_text(c), value, value));
            return true;
        }
        case what::until: {
            ++expectations_;
            const sc_core::sc_time last = sc_core::sc_time_stamp() + picoseconds(c.limit);
            for (;;) {
                const auto reply = message(c, true);
                if (reply.answer == links::cci_answer::ok &&
                    holds_relation(c.relation, value_of(reply) & c.mask, c.number))
                    return true;
                if (sc_core::sc_time_stamp() >= last) {
                    fail(c,
                         fmt::format("{} did not come within {:g} ms; is 0x{:x}", condition_text(c),
                                     static_cast<double>(c.limit) * 1e-9, value_of(reply)));
                    return false;
                }
                wait(picoseconds(c.interval));
            }
        }
        case what::wait:
            wait(picoseconds(c.time));
            return true;
        case what::wait_frame:
        case what::wait_event: {
            ++expectations_;
            left_ = c.count;
            if (c.kind == what::wait_frame && frames_ > c.number)
                return true;
            bool timed_out = false;
            {
                const sc_core::sc_time last = sc_core::sc_time_stamp() + picoseconds(c.limit);
                wait(picoseconds(c.limit), happened_);
                timed_out = sc_core::sc_time_stamp() >= last &&
                            (c.kind == what::wait_frame ? frames_ <= c.number : left_ > 0);
            }
            if (!timed_out)
                return true;
            fail(c, fmt::format("{} did not come within {:g} ms",
                                c.kind == what::wait_frame ? fmt::format("frame {}", c.number)
                                                           : "event " + c.name,
                                static_cast<double>(c.limit) * 1e-9));
            return false;
        }
        case what::quit:
            return false;
    }
    return true;
}

void cci_host::play() {
    bool quit = false;
    for (const auto& c : script_) {
        under_way_ = &c;
        if (!run(c)) {
            quit = true;
            break;
        }
    }
    over_ = true;
    under_way_ = nullptr;
    around_.done(quit);
}

}  // namespace ocellus::sim
