// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/cci_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/files.h"

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

void cci_host::set(std::uint16_t index, unsigned bytes, std::uint32_t value) {
    cci_command m;
    m.index = index;
    for (unsigned i = bytes; i-- > 0;)
        m.data.push_back(static_cast<std::uint8_t>(value >> 8 * i));
    message(m, false);
}

std::uint32_t cci_host::get(std::uint16_t index, unsigned bytes) {
    cci_command m;
    m.index = index;
    m.bytes = bytes;
    return static_cast<std::uint32_t>(value_of(message(m, true)));
}

/// The image, made or read, with what is wrong with it.
links::byte_string cci_host::image_of(const cci_load& l) const {
    links::byte_string file;
    if (l.file.empty()) {
        links::image_manifest m;
        m.kind = l.as.value_or(l.kind);
        m.version = l.version;
        m.security_version = l.security;
        static const links::signing_key stranger([] {
            std::array<std::uint8_t, 32> secret{};
            secret[0] = 1;
            return secret;
        }());
        file = links::make_image(m, around_.payload(l.kind, l.number),
                                 l.foreign_key ? stranger : links::signing_key::test_key());
    } else {
        const std::string bytes = read_file(l.file);
        file.assign(bytes.begin(), bytes.end());
    }
    for (const std::uint64_t at : l.flips)
        if (at < file.size())
            file[at] ^= 0xFFu;
    for (const std::uint64_t at : l.end_flips)
        if (at >= 1 && at <= file.size())
            file[file.size() - at] ^= 0xFFu;
    file.resize(file.size() - std::min<std::uint64_t>(l.cut, file.size()));
    return file;
}

/// The reply after the counter has gone up, looked for every 50 ms as the public driver does.
std::optional<std::uint32_t> cci_host::poll(std::uint32_t replies, unsigned most) {
    for (unsigned k = 0; k < most; ++k) {
        if (get(links::boot_controller::reference_status, 4) >> 24 != replies)
            return get(links::boot_controller::command_reply, 1);
        wait(sc_core::sc_time(50, sc_core::SC_MS));
    }
    return std::nullopt;
}

/// Registers, command, transfers and polls in the order and number of raspberrypi/linux imx500.c.
bool cci_host::load(const cci_command& c) {
    using reg = links::boot_controller;
    constexpr unsigned reply_polls = 5, download_polls = 100;
    const cci_load& l = c.image;
    const std::uint32_t type = static_cast<std::uint32_t>(l.kind);
    links::byte_string file;
    try {
        if (!l.flash)
            file = image_of(l);
    } catch (const input_error& e) {
        fail(c, e.what());
        return false;
    }
    const auto size = static_cast<std::uint32_t>(file.size());
    ++expectations_;
    set(reg::state_transition, 1, type);
    set(reg::update_target, 1, l.update ? 1 : 0);
    set(reg::update_source, 1, l.flash ? 1 : 0);
    set(reg::image_type, 1, type);
    set(reg::division_count, 1,
        l.divisions.value_or(size > 0 ? (size - 1) / links::boot_block_bytes : 0));
    set(reg::file_size, 4, size);
    std::uint32_t replies = get(reg::reference_status, 4) >> 24;
    set(reg::command_interrupt, 1, l.update ? 1 : 0);
    auto reply = poll(replies, reply_polls);
    const auto ready = static_cast<std::uint32_t>(l.update ? links::boot_reply::update_ready
                                                           : links::boot_reply::transition_ready);
    if (reply == ready) {
        replies = (replies + 1) & 0xffu;
        const std::uint64_t cuts = around_.boot->power_cuts();
        if (l.power_cut)
            around_.boot->cut_power_after(*l.power_cut);
        const std::size_t end = file.size() - std::min<std::uint64_t>(l.stop, file.size());
        for (std::size_t at = 0; at < end && get(reg::download_status, 1) == 1;
             at += links::boot_block_bytes) {
            const auto from = file.begin() + static_cast<std::ptrdiff_t>(at);
            const auto length = std::min(links::boot_block_bytes, end - at);
            wait(around_.boot->spi({from, from + static_cast<std::ptrdiff_t>(length)}));
        }
        if (around_.boot->power_cuts() != cuts)
            return true;
        // An error may have come before the last transfer was over.
        const std::uint32_t last = get(reg::reference_status, 4) >> 24;
        reply = last != replies ? std::optional<std::uint32_t>(get(reg::command_reply, 1))
                                : poll(replies, download_polls);
    }
    const auto done = static_cast<std::uint32_t>(l.update ? links::boot_reply::update_done
                                                          : links::boot_reply::transition_done);
    const std::uint32_t wanted = l.gives.value_or(done);
    if (reply == wanted)
        return true;
    fail(c, reply ? fmt::format("expected the reply 0x{:02X}, is 0x{:02X}", wanted, *reply)
                  : fmt::format("expected the reply 0x{:02X}, but none came", wanted));
    return false;
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
        case what::xclr:
            around_.boot->power_cycle();
            return true;
        case what::load:
            return load(c);
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
