// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/statistics.h"
#include "sim/cci_host.h"
#include "sim/cloud_link.h"
#include "sim/command_line.h"
#include "sim/control_server.h"
#include "sim/cpu_debugger.h"
#include "sim/debug_server.h"
#include "sim/firmware_profile.h"
#include "sim/inputs.h"
#include "sim/recording.h"
#include "sim/register_report.h"
#include "sim/run_trace.h"
#include "sim/script_player.h"
#include "sim/semihosting.h"
#include "sim/session.h"
#include "sim/test_host.h"
#include "sim/uart_backend.h"
#include "sim/uart_expect.h"

namespace ocellus::sim {

/// What the firmware's side of a run leaves behind.
struct guest_outputs {
    std::vector<std::pair<std::string, std::string>> files;  ///< name and content
    std::string text;                                        ///< for the end of the table
};

/// What a recording or a replay adds to a run.
struct run_extras {
    input_recorder* recorder = nullptr;  ///< is told what comes in; null: nobody
    const script* play = nullptr;        ///< what comes in; null: nothing
    std::vector<cci_command> cci;        ///< what a host does over CCI; empty: there is none
    bool console_to_stdout = false;      ///< whatever firmware.uart says
    /// A scene's file by the name that a script uses.
    std::function<std::string(const std::string&)> find_scene;
};

/// Everything that the simulation does for the firmware and those who develop it: console, exit,
/// semihosting, tohost, guest operations, register mistakes, profile, debugger.
class guest {
  public:
    guest(sensor& chip, session& drive, const run_inputs& in, const settings& s,
          const command_line& command, statistics& stats, run_trace& trace,
          const run_extras& extras, worker_pool& pool);

    /// After the run: closes what was opened. Mistakes that end a run well are added to `end`.
    guest_outputs finish(run_end& end);
    /// What a script found otherwise than expected, and how many expectations it had.
    const std::vector<std::string>& failures() const;
    /// What went wrong between the host and the cloud.
    std::vector<std::string> cloud_warnings() const {
        return cloud_ ? cloud_->warnings() : std::vector<std::string>();
    }
    std::size_t expectations() const {
        return player_ ? player_->expectations() : cci_ ? cci_->expectations() : 0;
    }

  private:
    void serve_console(const settings& s, const command_line& command);
    void serve_operations();
    void serve_debugger(const command_line& command);
    void serve_test_bench(const command_line& command);
    void serve_script();
    void serve_cci();
    void serve_cloud(const command_line& command, worker_pool& pool);
    std::string last_metadata_line() const;
    sensor_control::services control_services();
    void watch_registers(bool strict);
    void watch_profile(const command_line& command);
    void print(char c);
    void warn(const std::string& what) const;
    void exit(std::uint32_t code, const char* how);
    void fatal(const dsp::fatal_trap& t);
    void fault();
    void dump(std::uint32_t number);
    void log(std::uint32_t address);
    std::string who() const;

    sensor& chip_;
    session& drive_;
    const run_inputs& in_;
    const settings& settings_;
    statistics& stats_;
    std::unique_ptr<uart_backend> backend_;
    std::unique_ptr<uart_terminal> terminal_;
    uart_expect expect_;
    register_report registers_;
    /// Both watch the hart.
    struct observers : dsp::hart_observer {
        dsp::hart_observer *first = nullptr, *second = nullptr;
        void executed(const dsp::executed_run& run) override;
        void trapped(std::uint32_t cause, std::uint32_t epc, std::uint32_t handler,
                     std::uint64_t cycles) override;
    } observers_;
    semihosting semihosting_;
    std::optional<test_host> test_host_;
    monitor_commands monitor_;
    std::unique_ptr<cpu_debugger> debugger_;
    std::unique_ptr<debug_server> server_;
    std::unique_ptr<control_server> control_;
    std::unique_ptr<cloud_link> cloud_;
    std::unique_ptr<message_writer> messages_;
    std::unique_ptr<pacer> pacer_;
    run_extras extras_;
    std::unique_ptr<script_player> player_;
    std::unique_ptr<cci_host> cci_;
    std::string heard_;  ///< from the UART, for a script
    std::unique_ptr<firmware_profile> profile_;
    bool print_profile_ = false, coverage_ = false;
    statistics::snapshot since_;
    std::vector<std::pair<std::string, std::string>> dumps_;
    std::string log_;
};

}  // namespace ocellus::sim
