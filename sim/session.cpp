// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace ocellus::sim {
namespace {

double wall_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// Pauses the kernel when simulated time reaches a limit, exactly: with its event pending the CPU
/// does not run ahead past it.
class alarm : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(alarm);
    /// `at` 0: only when it is set.
    alarm(sc_core::sc_module_name name, const sc_core::sc_time& at, std::function<void()> ring)
        : sc_module(name), at_(at), ring_(std::move(ring)) {
        SC_METHOD(fire);
        sensitive << due_;
        dont_initialize();
    }
    /// The earlier of two times holds.
    void set(const sc_core::sc_time& delay) { due_.notify(delay); }
    /// Instead of what was set before.
    void move(const sc_core::sc_time& delay) {
        due_.cancel();
        due_.notify(delay);
    }

  private:
    void start_of_simulation() override {
        if (at_ != sc_core::SC_ZERO_TIME)
            due_.notify(at_);
    }
    void fire() { ring_(); }
    sc_core::sc_time at_;
    std::function<void()> ring_;
    sc_core::sc_event due_;
};

constexpr unsigned most_deltas = 1000;
constexpr unsigned settling_deltas = 10;  // more than from a block's line to the CPU
constexpr unsigned idle_poll = 20;        // ms, while simulated time stands still

}  // namespace

int run_end::process_code() const {
    const auto number = [](exit_code c) { return static_cast<int>(c); };
    switch (reason) {
        case end_reason::rest:
        case end_reason::frames:
        case end_reason::expected:
        case end_reason::killed:
            return number(exit_code::ok);
        case end_reason::unexpected:
            return number(exit_code::mismatch);
        case end_reason::firmware:
            // A process has eight bits; a failure stays one.
            return code != 0 && (code & 0xff) == 0 ? number(exit_code::firmware) : code & 0xff;
        case end_reason::fault:
        case end_reason::violation:
            return number(exit_code::firmware);
        case end_reason::time_limit:
        case end_reason::cycle_limit:
            return number(exit_code::sim_limit);
        case end_reason::wall_limit:
            return number(exit_code::wall_limit);
        case end_reason::hang:
            return number(exit_code::hang);
    }
    return number(exit_code::internal);
}

session::session(sensor& chip, const session_limits& limits) : chip_(chip), limits_(limits) {
    // Lines may toggle for ever.
    chip_.events().subscribe([this](const block_event& e) {
        events_ += e.kind != event_kind::interrupt_line;
        frames_may_be_done();
    });
    chip_.on_silence([this] { frames_may_be_done(); });
    chip_.cpu().on_sleep([this] { frames_may_be_done(); });
}

void session::end(run_end e) {
    if (end_)
        return;
    end_ = std::move(e);
    // It would run ahead of this instant.
    chip_.cpu().hold(dsp::control_cpu::holder::end);
    if (sc_core::sc_get_status() == sc_core::SC_RUNNING)
        sc_core::sc_pause();
}

void session::wait_for(bool busy) {
    busy_ = busy;
    frames_may_be_done();
}

bool session::held() const {
    return std::any_of(outsiders_.begin(), outsiders_.end(),
                       [](const outsider* o) { return o->holds(); });
}

bool session::kept_alive() const {
    return std::any_of(outsiders_.begin(), outsiders_.end(),
                       [](const outsider* o) { return o->keeps_alive(); });
}

void session::poll(unsigned milliseconds) {
    // One of them can be waited for: the last, which is a server's socket when there is one.
    for (std::size_t i = 0; i < outsiders_.size(); ++i)
        outsiders_[i]->poll(i + 1 < outsiders_.size() ? 0 : milliseconds);
}

/// What shows that the sensor is getting somewhere. Interrupts do not: a timer may tick for ever.
std::uint64_t session::activity() const {
    return events_ + std::as_const(chip_).uart().bytes_sent();
}

std::string session::where() const {
    const auto& hart = std::as_const(chip_).cpu().core();
    return fmt::format("at {}, the CPU {} at {}", sc_core::sc_time_stamp().to_string(),
                       hart.waiting() ? "in wfi" : "running", chip_.place(hart.pc()));
}

void session::look_at_limits() {
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    if (limits_.wall > 0 && wall_now() - begun_ > limits_.wall)
        return end({end_reason::wall_limit, 0,
                    fmt::format("stopped: the limit of {:g} s of wall time is reached ({})",
                                limits_.wall, where())});
    const std::uint64_t done = activity();
    if (done != last_activity_ || kept_alive()) {
        last_activity_ = done;
        last_progress_ = now;
    } else if (limits_.hang > 0 && (now - last_progress_).to_seconds() > limits_.hang) {
        end({end_reason::hang, 0,
             fmt::format("no progress for {:g} s of simulated time: no frame, no tensor, no job, "
                         "nothing on the UART ({})",
                         limits_.hang, where())});
    }
}

bool session::frames_are_done() const {
    return !busy_ && limits_.stop_after_frames && chip_.frames().ended() >= limits_.frames &&
           chip_.silent() && chip_.finished();
}

/// Ends the run when the frames that were asked for have come to their end and the firmware is done
/// with them: it sleeps, and no interrupt is on its way. One that never sleeps has the time of
/// another frame. Called whenever one of these comes true, so that the end does not depend on how
/// the run is cut into steps.
void session::frames_may_be_done() {
    if (end_ || !ask_again_)
        return;
    if (!frames_are_done()) {
        deltas_ = 0;
        return;
    }
    // Lines that change now arrive in a few delta cycles.
    if (deltas_ < settling_deltas) {
        ++deltas_;
        return ask_again_(true);
    }
    deltas_ = 0;
    if (chip_.cpu().rests())
        return end({end_reason::frames, 0, {}});
    if (!std::exchange(in_grace_, true))
        ask_again_(false);
}

void session::look_at_rest() {
    if (chip_.finished() &&
        (!limits_.stop_after_frames || chip_.frames().ended() >= limits_.frames))
        return end({end_reason::rest, 0, {}});
    end({end_reason::hang, 0,
         fmt::format("no progress: the simulation came to rest before every frame was delivered or "
                     "dropped ({})",
                     where())});
}

void session::step(const sc_core::sc_time& most) {
    sc_core::sc_start(most, sc_core::SC_EXIT_ON_STARVATION);
    // A pause may come in the middle of an instant. Whoever acts next finds it over.
    for (unsigned k = 0; k < most_deltas && sc_core::sc_pending_activity_at_current_time(); ++k)
        sc_core::sc_start(sc_core::SC_ZERO_TIME);
}

run_end session::run() {
    begun_ = wall_now();
    std::vector<std::unique_ptr<alarm>> alarms;
    // An alarm that rings when nothing else is left to happen has only kept the kernel awake.
    if (limits_.until)
        alarms.push_back(std::make_unique<alarm>("until", *limits_.until, [this] {
            if (!sc_core::sc_pending_activity())
                return look_at_rest();
            end({end_reason::time_limit, 0,
                 fmt::format("stopped: simulated time has reached {} ({})",
                             sc_core::sc_time_stamp().to_string(), where())});
        }));
    if (limits_.cycles)
        alarms.push_back(std::make_unique<alarm>(
            "max_cycles", chip_.cpu().clock().time_of(*limits_.cycles), [this] {
                if (!sc_core::sc_pending_activity())
                    return look_at_rest();
                end({end_reason::cycle_limit, 0,
                     fmt::format("stopped: {} cycles of the control CPU have passed ({})",
                                 *limits_.cycles, where())});
            }));
    alarms.push_back(std::make_unique<alarm>("grace", sc_core::SC_ZERO_TIME, [this] {
        end({end_reason::frames, 0, {}});
    }));
    alarm* const grace = alarms.back().get();
    alarms.push_back(std::make_unique<alarm>("settled", sc_core::SC_ZERO_TIME,
                                             [this] { frames_may_be_done(); }));
    ask_again_ = [this, grace, soon = alarms.back().get()](bool at_once) {
        if (at_once)
            soon->set(sc_core::SC_ZERO_TIME);
        else
            grace->set(sc_core::sc_time(chip_.frame_time(), sc_core::SC_SEC));
    };
    alarms.push_back(std::make_unique<alarm>("pace", sc_core::SC_ZERO_TIME, [this] {
        chip_.cpu().hold(dsp::control_cpu::holder::pace);
    }));
    alarm* const pace = alarms.back().get();
    sc_core::sc_time most = sc_core::sc_time(chip_.frame_time(), sc_core::SC_SEC);
    // Whoever acts between two steps acts at a time that the CPU has not passed.
    bool paced = false;
    for (const outsider* o : outsiders_) {
        most = std::min(most, o->patience());
        paced = paced || o->patience() != sc_core::sc_max_time();
    }
    if (paced)
        chip_.cpu().hold(dsp::control_cpu::holder::pace);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    while (!end_) {
        poll(0);
        if (progress_)
            progress_(chip_.frames().frames().size());
        while (held() && !end_) {
            poll(idle_poll);
            if (progress_)
                progress_(chip_.frames().frames().size());
            if (limits_.wall > 0 && wall_now() - begun_ > limits_.wall)
                look_at_limits();
        }
        if (end_)
            break;
        chip_.cpu().resume(dsp::control_cpu::holder::pace);
        if (!sc_core::sc_pending_activity()) {
            if (!kept_alive())
                look_at_rest();
            else
                poll(idle_poll);
            continue;
        }
        // From the next thing that happens on: the kernel does not like steps in which nothing
        // does.
        const sc_core::sc_time length = sc_core::sc_time_to_pending_activity() + most;
        // A step that was cut short has left its alarm behind.
        if (paced)
            pace->move(length);
        step(length);
        if (!end_)
            look_at_limits();
    }
    for (outsider* o : outsiders_)
        o->ended(*end_);
    return *end_;
}

}  // namespace ocellus::sim
