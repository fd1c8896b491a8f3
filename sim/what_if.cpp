// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <functional>

#include "core/diagnostics.h"
#include "core/units.h"
#include "sim/settings.h"
#include "sim/trial.h"
#include "sim/verbs.h"

namespace ocellus::sim {
namespace {

/// Something that is made harder step by step: step 0 is the configuration as it is.
struct ladder {
    int steps = 0;
    std::function<std::string(int)> setting;  ///< of a step
    std::function<std::string(int)> shown;
};

ladder ladder_of(const std::string& what, const settings& s) {
    ladder l;
    if (what == "npu.clock") {
        // Down to 1 MHz, 1 % a step.
        const double from = s.npu.clock;
        const auto clock = [from](int step) { return std::round(from * std::pow(0.99, step)); };
        l.steps = static_cast<int>(std::log(1e6 / from) / std::log(0.99));
        l.shown = [clock](int step) { return format_quantity(clock(step), unit::hertz); };
        l.setting = [clock](int step) { return fmt::format("npu.clock={:.0f} Hz", clock(step)); };
    } else if (what == "sram.banks") {
        const std::uint64_t from = s.sram.banks;
        while (from >> (l.steps + 1))
            ++l.steps;
        l.shown = [from](int step) { return std::to_string(from >> step); };
        l.setting = [shown = l.shown](int step) { return "sram.banks=" + shown(step); };
    } else if (what == "sensor.fps") {
        // Shorter frames, a line a step; down to what no sensor could read out.
        const std::uint64_t from = s.pixels.sensor.frame_length;
        const double line = s.pixels.sensor.timing().line_time;
        l.steps = static_cast<int>(from) - 1;
        const auto length = [from](int step) { return from - static_cast<std::uint64_t>(step); };
        l.shown = [length, line](int step) {
            return fmt::format("{:.3f} (sensor.frame_length = {})",
                               1 / (line * static_cast<double>(length(step))), length(step));
        };
        l.setting = [length](int step) {
            return fmt::format("sensor.frame_length={}", length(step));
        };
    } else {
        throw input_error(
            exit_code::usage,
            fmt::format("error: --until-fails {}: npu.clock, sram.banks or sensor.fps "
                        "was expected",
                        what));
    }
    return l;
}

void print(const std::string& text) {
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
}

}  // namespace

/// `ocellus what-if --until-fails`: by bisection, the first value with which something is lost.
int what_if(const command_line& command) {
    parameter_registry registry;
    settings s;
    resolve_settings(command, s, registry);
    const std::string& what = command.until_fails;
    const ladder l = ladder_of(what, s);
    const auto fails = [&](int step) {
        const std::string why = failure_of(run_trial(
            command,
            {step == 0 ? std::string("run.seed=") + std::to_string(s.run.seed) : l.setting(step)}));
        print(fmt::format("  {:<44} {}\n", l.shown(step), why.empty() ? "works" : why));
        return why;
    };
    print(what + ":\n");
    if (!fails(0).empty()) {
        print("fails as it is\n");
        return static_cast<int>(exit_code::mismatch);
    }
    int good = 0, bad = l.steps;
    std::string why = bad > 0 ? fails(bad) : std::string();
    if (why.empty()) {
        print(fmt::format("works down to the last: {}\n", l.shown(l.steps)));
        return static_cast<int>(exit_code::ok);
    }
    while (bad - good > 1) {
        const int middle = good + (bad - good) / 2;
        const std::string here = fails(middle);
        (here.empty() ? good : bad) = middle;
        if (!here.empty())
            why = here;
    }
    print(fmt::format("{} works with {} and fails with {}: {}\n", what, l.shown(good), l.shown(bad),
                      why));
    return static_cast<int>(exit_code::ok);
}

}  // namespace ocellus::sim
