// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/debug_server.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <sstream>
#include <thread>

#include "core/text.h"

namespace ocellus::sim {

debug_server::debug_server(const std::string& where, cpu_debugger& target, bool wait)
    : target_(target),
      protocol_(target),
      transport_(socket_address::parse(where), protocol_),
      waits_(wait) {
    if (wait)
        target_.halt();
}

void debug_server::poll(unsigned milliseconds) {
    transport_.poll(std::chrono::milliseconds(milliseconds));
    protocol_.update();
    if (protocol_.attached())
        waits_ = false;
    target_.set_attached(protocol_.attached() || waits_);
    target_.check();
}

void debug_server::ended(const run_end& e) {
    target_.ended(e.process_code());
    // The debugger is told, and has a moment to say goodbye.
    protocol_.update();
    for (int k = 0; k < 25 && transport_.connected(); ++k)
        transport_.poll(std::chrono::milliseconds(20));
}

std::string monitor_commands::statistics_text(const std::string& glob) const {
    std::string out;
    for (const auto* e : stats_.all())
        if (matches_glob(glob, e->name))
            out += e->integral ? fmt::format("{} {} {}\n", e->name, e->integer(), e->unit)
                               : fmt::format("{} {} {}\n", e->name, e->real(), e->unit);
    if (out.empty())
        throw input_error(exit_code::usage, "no statistic fits '" + glob + "'");
    return out;
}

std::string monitor_commands::registers_text(const std::string& block) const {
    std::string out;
    std::vector<std::string> names;
    for (const auto& w : chip_.registers().windows()) {
        names.push_back(w.block->name());
        if (!block.empty() && block != w.block->name())
            continue;
        for (unsigned i = 0; i < w.block->all().size(); ++i) {
            const auto& r = w.block->all()[i];
            out += fmt::format("{}.{} 0x{:08x}", w.block->name(), r.name, w.block->peek(i));
            for (const auto& f : r.fields)
                if (f.width < 32)
                    out += fmt::format(" {}={}", f.name, (w.block->peek(i) & f.mask()) >> f.low);
            out += "\n";
        }
    }
    if (out.empty()) {
        const auto near = nearest_name(block, names);
        throw input_error(
            exit_code::usage,
            "no block '" + block + "'" + (near.empty() ? "" : "; did you mean " + near + "?"));
    }
    return out;
}

std::string monitor_commands::run_until_frame(const std::string& number) {
    if (number.empty() || number.size() > 9 ||
        number.find_first_not_of("0123456789") != std::string::npos)
        throw input_error(exit_code::usage, "frame needs a number, such as: monitor frame 3");
    const std::uint64_t wanted = std::stoull(number);
    debugger_->stop_when([this, wanted] { return chip_.frames().frames().size() > wanted; },
                         fmt::format("frame {} has started", wanted));
    return fmt::format("continue: the CPU stops when frame {} starts\n", wanted);
}

std::string monitor_commands::operator()(const std::string& command) {
    std::istringstream in(command);
    std::string verb, argument, rest;
    in >> verb >> argument >> rest;
    if (!rest.empty())
        throw input_error(exit_code::usage, "too many words; monitor help lists the commands");
    if (verb.empty() || verb == "help")
        return "stats [GLOB]   statistics until now\n"
               "regs [BLOCK]   registers by name, with their fields\n"
               "frame N        stop when frame N, from 0, starts; then continue\n"
               "time           simulated time and cycles\n"
               "reset          reset the CPU and load the firmware again\n";
    if (verb == "stats")
        return statistics_text(argument.empty() ? "*" : argument);
    if (verb == "regs")
        return registers_text(argument);
    if (verb == "frame")
        return run_until_frame(argument);
    if (verb == "time")
        return fmt::format("{}, {} cycles, {} instructions\n", sc_core::sc_time_stamp().to_string(),
                           chip_.cpu().core().cycles(), chip_.cpu().core().instructions());
    if (verb == "reset") {
        debugger_->reset();
        return "reset\n";
    }
    const auto near = nearest_name(verb, {"stats", "regs", "frame", "time", "reset", "help"});
    throw input_error(exit_code::usage, "no command '" + verb + "'" +
                                            (near.empty() ? "; monitor help lists them"
                                                          : "; did you mean " + near + "?"));
}

void uart_terminal::poll(unsigned milliseconds) {
    std::string typed;
    backend_.poll([this] { return device_.accepts(); },
                  [this, &typed](char c) {
                      device_.receive(c);
                      typed += c;
                  });
    if (journal_ && !typed.empty())
        journal_(typed);
    if (milliseconds)
        std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

}  // namespace ocellus::sim
