// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/script_player.h"

#include <fmt/format.h>

#include "core/block_file.h"
#include "core/text.h"
#include "sim/cci_script.h"

namespace ocellus::sim {
namespace {

using what = script_command::what;

std::string range_text(const script_command& c) {
    return c.low == c.high ? shortest(c.low)
                           : fmt::format("{}..{}", shortest(c.low), shortest(c.high));
}

std::uint64_t picoseconds_to_units(std::uint64_t ps) {
    return sc_core::sc_time(static_cast<double>(ps), sc_core::SC_PS).value();
}

}  // namespace

script_player::script_player(const script& s, sensor& chip, session& drive, const statistics& stats,
                             sensor_control::services services, surroundings around)
    : script_(s),
      target_(chip, drive, stats, std::move(services)),
      stats_(stats),
      around_(std::move(around)) {}

void script_player::fail(const script_command& c, const std::string& text) {
    failures_.push_back(fmt::format("{}:{}: {} (at {})", c.where.file, c.where.line, text,
                                    sc_core::sc_time_stamp().to_string()));
}

void script_player::check(const script_command& c, bool good, const std::string& expected,
                          const std::string& actual) {
    ++expectations_;
    if (!good)
        fail(c, fmt::format("expected {}, is {}", expected, actual));
}

std::uint32_t script_player::address(const script_command& c) const {
    std::uint32_t at = static_cast<std::uint32_t>(c.index);
    std::string nearest;
    if (!c.name.empty())
        target_.find_register(c.name, at, nearest);
    return at;
}

void script_player::poll(unsigned) {
    while (!typed_.empty() && around_.uart_has_room()) {
        around_.type(typed_[0]);
        typed_.erase(0, 1);
    }
    if (under_way_ && !target_.busy())
        complete();
    while (!over_ && !target_.busy() && typed_.empty()) {
        if (next_ == script_.commands.size()) {
            over();
            target_.quit();
            return;
        }
        begin(script_.commands[next_++]);
        if (under_way_ && !target_.busy())
            complete();
    }
}

void script_player::over() {
    over_ = true;
}

void script_player::ended(const run_end&) {
    target_.end();
    if (!over_ && (under_way_ || next_ < script_.commands.size())) {
        const script_command& c = under_way_ ? *under_way_ : script_.commands[next_];
        fail(c, "the run ended before this was done");
    }
    over_ = true;
}

/// The access or wait that took simulated time is over.
void script_player::complete() {
    const script_command& c = *std::exchange(under_way_, nullptr);
    switch (c.kind) {
        case what::write:
        case what::read:
        case what::expect_register: {
            const auto& a = target_.last_access();
            const std::string name = c.name.empty() ? fmt::format("0x{:08x}", c.index) : c.name;
            if (!a.ok) {
                ++expectations_;
                return fail(c, fmt::format("{}: {}", name, a.error));
            }
            if (c.kind != what::expect_register)
                return;
            std::uint64_t value = 0;
            for (std::size_t i = 0; i < a.bytes.size() && i < 4; ++i)
                value |= std::uint64_t{a.bytes[i]} << (8 * i);
            const std::uint64_t masked = value & c.mask;
            const bool all = c.mask == ~std::uint64_t{0};
            return check(
                c, holds_relation(c.relation, masked, c.number),
                fmt::format("{}{} {} {}", name, all ? "" : fmt::format(" & 0x{:x}", c.mask),
                            c.relation, c.number),
                all ? fmt::format("{} (0x{:x})", value, value)
                    : fmt::format("{} (of 0x{:08x})", masked, value));
        }
        case what::wait_irq:
        case what::wait_event:
        case what::wait_frame: {
            ++expectations_;
            if (target_.run_result() == simulation_control::result::reached)
                return;
            const std::string thing = c.kind == what::wait_irq ? "interrupt " + c.name
                                      : c.kind == what::wait_event
                                          ? "event " + c.name
                                          : fmt::format("frame {}", c.number);
            fail(c, fmt::format("{} did not come within {:g} ms", thing,
                                static_cast<double>(c.limit) * 1e-6));
            // What follows relies on it.
            over();
            target_.quit();
            return;
        }
        default:
            return;
    }
}

void script_player::begin(const script_command& c) {
    simulation_control::run_request run;
    switch (c.kind) {
        case what::at:
        case what::run: {
            const std::uint64_t units = picoseconds_to_units(c.time);
            run.until = c.kind == what::at ? units : sc_core::sc_time_stamp().value() + units;
            if (run.until <= sc_core::sc_time_stamp().value())
                return;
            under_way_ = &c;
            return target_.begin_run(run);
        }
        case what::wait_irq:
            run.what = simulation_control::condition::interrupt;
            run.interrupt = c.name;
            break;
        case what::wait_event:
            run.what = simulation_control::condition::event;
            run.event = c.name;
            run.count = c.count;
            break;
        case what::wait_frame:
            run.what = simulation_control::condition::frame;
            run.frame = c.number;
            break;
        case what::write: {
            std::vector<unsigned char> bytes(4);
            for (unsigned i = 0; i < 4; ++i)
                bytes[i] = static_cast<unsigned char>(c.number >> (8 * i));
            under_way_ = &c;
            return target_.begin_access({true, address(c), std::move(bytes)});
        }
        case what::read:
        case what::expect_register:
            under_way_ = &c;
            return target_.begin_access({false, address(c), std::vector<unsigned char>(4)});
        case what::poke: {
            const std::size_t done =
                target_.poke(static_cast<std::uint32_t>(c.number),
                             reinterpret_cast<const unsigned char*>(c.text.data()), c.text.size());
            if (done < c.text.size())
                fail(c, fmt::format("nothing to be written at 0x{:08x}", c.number + done));
            return;
        }
        case what::scene:
            return target_.set_scene(c.text);
        case what::reset:
            return target_.reset();
        case what::uart:
            typed_ = c.text;
            while (!typed_.empty() && around_.uart_has_room()) {
                around_.type(typed_[0]);
                typed_.erase(0, 1);
            }
            if (!typed_.empty()) {
                fail(c, fmt::format("the UART has no room for the last {} bytes", typed_.size()));
                typed_.clear();
            }
            return;
        case what::expect_value: {
            const auto* const e = stats_.find(c.name);
            if (!e) {
                std::vector<std::string> names;
                for (const auto* known : stats_.all())
                    names.push_back(known->name);
                const auto near = nearest_name(c.name, names);
                ++expectations_;
                return fail(c, fmt::format("there is no statistic '{}'{}", c.name,
                                           near.empty() ? "" : "; did you mean " + near + "?"));
            }
            const double value = stats_.value(c.name);
            return check(c, value >= c.low && value <= c.high,
                         fmt::format("{} in {}", c.name, range_text(c)), shortest(value));
        }
        case what::expect_cycles: {
            const auto cycles = static_cast<double>(around_.job_cycles());
            return check(c, cycles >= c.low && cycles <= c.high,
                         fmt::format("cycles of the last inference in {}", range_text(c)),
                         shortest(cycles));
        }
        case what::expect_uart:
            return check(c, around_.heard().find(c.text) != std::string::npos,
                         json_string(c.text) + " on the UART",
                         around_.heard().empty()
                             ? "silent"
                             : json_string(around_.heard().substr(
                                   around_.heard().size() -
                                   std::min<std::size_t>(around_.heard().size(), 60))));
        case what::crc:
            return checksum(c);
        case what::quit:
            over();
            return target_.quit();
        case what::finish:
            target_.let_go();
            return over();
    }
    run.limit = c.limit;
    under_way_ = &c;
    target_.begin_run(run);
}

void script_player::checksum(const script_command& c) {
    std::string bytes;
    if (c.name == "frame") {
        bytes = target_.last_frame().bytes;
    } else if (c.name == "metadata") {
        bytes = target_.last_metadata();
    } else {
        const auto b = c.name == "tensor" ? target_.last_tensor() : around_.output(c.index);
        bytes.assign(b.begin(), b.end());
    }
    if (bytes.empty()) {
        ++expectations_;
        return fail(c, fmt::format("there is no {} yet", c.name));
    }
    const std::uint32_t actual = crc32_of(bytes);
    check(c, actual == c.number, fmt::format("{} with checksum 0x{:08x}", c.name, c.number),
          fmt::format("0x{:08x}", actual));
}

}  // namespace ocellus::sim
