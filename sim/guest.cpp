// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/guest.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "sim/boot_info.h"

namespace ocellus::sim {
namespace {

constexpr std::size_t longest_heard = std::size_t{1} << 20;
constexpr std::size_t longest_log_line = 1024;
constexpr std::size_t most_dumps = 1000;
constexpr std::size_t table_rows = 20;  // of the profile on the terminal

const char* name_of_cause(std::uint32_t cause) {
    switch (cause) {
        case 0:
            return "misaligned fetch";
        case 1:
            return "fetch from an address without memory";
        case 2:
            return "illegal instruction";
        case 3:
            return "breakpoint";
        case 4:
            return "misaligned load";
        case 5:
            return "load from an address that refuses it";
        case 6:
            return "misaligned store";
        case 7:
            return "store to an address that refuses it";
        case 11:
            return "environment call";
        default:
            return "unknown cause";
    }
}

}  // namespace

guest::guest(sensor& chip, session& drive, const run_inputs& in, const settings& s,
             const command_line& command, statistics& stats, run_trace& trace,
             const run_extras& extras, worker_pool& pool)
    : chip_(chip),
      drive_(drive),
      in_(in),
      settings_(s),
      stats_(stats),
      expect_(command.uart_expect),
      registers_(chip.registers()),
      semihosting_({[this](unsigned n) { return chip_.cpu().core().x(n); },
                    [this](unsigned n, std::uint32_t v) { chip_.cpu().core().set_x(n, v); },
                    [this](std::uint32_t a, unsigned char* b, std::size_t n) {
                        return chip_.outside_read(a, b, n) == n;
                    },
                    [this](std::uint32_t a, const unsigned char* b, std::size_t n) {
                        return chip_.debug_write(a, b, n) == n;
                    },
                    [this](char c) { print(c); },
                    [this](std::uint32_t code) { exit(code, "semihosting"); },
                    [] {
                        return sc_core::sc_time_stamp().value() /
                               sc_core::sc_time(1, sc_core::SC_NS).value();
                    },
                    [this](const std::string& what) { warn(what); },
                    in.firmware ? in.firmware->name : std::string()}),
      monitor_(chip, stats),
      extras_(extras) {
    observers_.second = trace.observer();
    if (trace.recorder())
        chip_.simulator().set_trace(*trace.recorder());
    serve_console(s, command);
    serve_operations();
    serve_debugger(command);
    serve_test_bench(command);
    serve_script();
    serve_cci();
    serve_cloud(command, pool);
    watch_registers(command.strict);
    watch_profile(command);
}

void guest::serve_console(const settings& s, const command_line& command) {
    std::string where = s.firmware.uart;
    if (extras_.console_to_stdout)
        where = "auto";
    if (where == "auto")
        where = s.firmware.is_default() || s.firmware.is_absent() ? "none" : "stdout";
    backend_ = uart_backend::open(where);
    if (!backend_->where().empty() && !command.quiet)
        std::fprintf(stderr, "%s\n", backend_->where().c_str());
    chip_.uart().on_sent([this](char c) { print(c); });
    std::function<void(const std::string&)> journal;
    if (extras_.recorder)
        journal = [this](const std::string& typed) { extras_.recorder->typed(typed); };
    terminal_ = std::make_unique<uart_terminal>(*backend_, chip_.uart(), std::move(journal));
    drive_.attach(*terminal_);
}

void guest::print(char c) {
    backend_->put(c);
    if (player_ && heard_.size() < longest_heard)
        heard_ += c;
    if (!expect_.empty() && expect_.put(c))
        drive_.end({end_reason::expected, 0, {}});
}

void guest::serve_operations() {
    dsp::simulator_port::operations o;
    o.exit = [this](std::uint32_t code) { exit(code, "EXIT register"); };
    o.dump_statistics = [this](std::uint32_t number) { dump(number); };
    o.reset_statistics = [this] { since_ = stats_.take_snapshot(); };
    o.log = [this](std::uint32_t address) { log(address); };
    o.progress = [this] {
        return std::make_pair(chip_.cpu().core().cycles(), chip_.cpu().core().instructions());
    };
    chip_.simulator().serve(std::move(o));
    chip_.system().on_fatal([this](const dsp::fatal_trap& t) { fatal(t); });
    const auto tohost = in_.firmware ? in_.firmware->address_of("tohost") : std::nullopt;
    if (!tohost)
        return;
    test_host::machine m;
    m.read = [this](std::uint32_t a, unsigned char* b, std::size_t n) {
        return chip_.outside_read(a, b, n) == n;
    };
    m.write = [this](std::uint32_t a, const unsigned char* b, std::size_t n) {
        return chip_.debug_write(a, b, n) == n;
    };
    m.print = [this](char c) { print(c); };
    m.exit = [this](std::uint32_t code) { exit(code, "tohost"); };
    m.refused = [this](const std::string& what) { warn(what); };
    test_host_.emplace(std::move(m), *tohost, in_.firmware->address_of("fromhost"));
    chip_.cpu().hook_store(*tohost, test_host::bytes,
                           [this](std::uint32_t address) { test_host_->written(address); });
}

void guest::warn(const std::string& what) const {
    std::fprintf(stderr, "warning: %s (at %s)\n", what.c_str(),
                 chip_.place(chip_.cpu().core().pc()).c_str());
}

void guest::exit(std::uint32_t code, const char* how) {
    chip_.cpu().request_halt();
    std::string message;
    if (code != 0)
        message = fmt::format("the firmware ended the run with code {} ({}, at {})", code, how,
                              chip_.place(chip_.cpu().core().pc()));
    drive_.end({end_reason::firmware, static_cast<int>(code), message});
}

void guest::fatal(const dsp::fatal_trap& t) {
    chip_.cpu().request_halt();
    std::string message = fmt::format(
        "the firmware trapped and could not go on: {} (cause {}) at {}, "
        "address 0x{:08x}",
        name_of_cause(t.cause), t.cause, chip_.place(t.epc), t.tval);
    const auto& refused = chip_.cpu().last_refused_store();
    if (t.cause == 7 && refused.any && refused.address == t.tval)
        message += "; its code lies there and is protected";
    drive_.end({end_reason::fault, 0, message});
}

/// The trap handler traps to itself.
void guest::fault() {
    auto& hart = chip_.cpu().core();
    const auto csr = [&hart](unsigned number) {
        std::uint32_t value = 0;
        hart.read_csr(number, value);
        return value;
    };
    std::string message = fmt::format(
        "double trap: the trap handler at {} traps itself; the trap before: {} (cause {}) at {}, "
        "address 0x{:08x}, sp 0x{:08x}",
        chip_.place(hart.pc()), name_of_cause(csr(0x342) & 0x7fffffffu), csr(0x342),
        chip_.place(csr(0x341)), csr(0x343), hart.x(2));
    const auto& refused = chip_.cpu().last_refused_store();
    if (refused.any && refused.sp == hart.x(2))
        message += fmt::format("; the stack has run into the code at 0x{:08x}", refused.address);
    drive_.end({end_reason::fault, 0, message});
}

void guest::dump(std::uint32_t number) {
    if (dumps_.size() < most_dumps)
        dumps_.emplace_back(fmt::format("stats_dump_{:04}_{}.json", dumps_.size(), number),
                            stats_.json(since_));
}

void guest::log(std::uint32_t address) {
    std::string line;
    unsigned char c = 0;
    for (std::uint32_t i = 0;
         i < longest_log_line && chip_.outside_read(address + i, &c, 1) == 1 && c; ++i)
        line += c >= 32 && c < 127 ? static_cast<char>(c) : '?';
    log_ += fmt::format("{} {}\n", sc_core::sc_time_stamp().to_string(), line);
}

void guest::serve_debugger(const command_line& command) {
    cpu_debugger::surroundings around;
    around.read = [this](std::uint32_t a, unsigned char* b, std::size_t n) {
        return chip_.outside_read(a, b, n);
    };
    around.write = [this](std::uint32_t a, const unsigned char* b, std::size_t n) {
        return chip_.debug_write(a, b, n);
    };
    around.memory_map = [this] {
        std::vector<debug_memory_region> out = {
            {0, memory_map::rom_size, false},
            {static_cast<std::uint32_t>(memory_map::tcm_base), memory_map::tcm_size, true}};
        for (const auto& r : chip_.bus().memory_map())
            out.push_back({static_cast<std::uint32_t>(r.base), r.size, true});
        return out;
    };
    around.monitor = [this](const std::string& text) { return monitor_(text); };
    around.reset = [this] { chip_.reset(dsp::boot_reason::debugger); };
    around.killed = [this] { drive_.end({end_reason::killed, 0, "ended by the debugger"}); };
    around.ebreak = [this] {
        auto& hart = chip_.cpu().core();
        if (!semihosting_.is_call(hart.pc()))
            return false;
        semihosting_.call();
        hart.set_pc(hart.pc() + 4);
        return true;
    };
    around.fault = [this](dsp::stop_reason) { fault(); };
    debugger_ = std::make_unique<cpu_debugger>(chip_.cpu(), std::move(around));
    monitor_.set_debugger(*debugger_);
    if (command.gdb.empty())
        return;
    server_ = std::make_unique<debug_server>(command.gdb, *debugger_, !command.gdb_no_wait);
    std::fprintf(stderr, "waiting for: target remote %s\n", server_->where().c_str());
    drive_.attach(*server_);
    chip_.events().subscribe([this](const block_event&) { debugger_->check(); });
}

std::string guest::last_metadata_line() const {
    const auto& records = chip_.host_side().metadata();
    if (records.empty())
        return {};
    const auto& [frame, record] = *records.rbegin();
    const auto& frames = chip_.frames().frames();
    const auto& mode = settings_.pixels.sensor;
    return metadata_line(frame < frames.size() ? frames[frame] : frame_record{}, &record,
                         in_.labels_of(record.network), static_cast<unsigned>(mode.width),
                         static_cast<unsigned>(mode.height));
}

sensor_control::services guest::control_services() {
    sensor_control::services s;
    s.load_scene = [this](const std::string& name) {
        return load_scene(extras_.find_scene ? extras_.find_scene(name) : name, settings_.run);
    };
    s.last_metadata = [this] { return last_metadata_line(); };
    if (extras_.recorder)
        s.journal = [this](const std::string& line) { extras_.recorder->act(line); };
    return s;
}

void guest::serve_test_bench(const command_line& command) {
    if (command.control.empty())
        return;
    chip_.host_side().remember_last();
    control_ = std::make_unique<control_server>(command.control, chip_, drive_, stats_,
                                                control_services());
    std::fprintf(stderr, "waiting for a test bench at %s\n", control_->where().c_str());
    drive_.attach(*control_);
}

void guest::serve_script() {
    if (!extras_.play)
        return;
    chip_.host_side().remember_last();
    script_player::surroundings around;
    around.type = [this](char c) {
        chip_.uart().receive(c);
        if (extras_.recorder)
            extras_.recorder->typed(std::string(1, c));
    };
    around.uart_has_room = [this] { return chip_.uart().accepts(); };
    around.heard = [this]() -> const std::string& { return heard_; };
    around.output = [this](std::size_t index) {
        std::vector<unsigned char> bytes;
        const std::uint32_t number = chip_.job_network();
        if (number < in_.networks.size() && index < in_.networks[number]->outputs()) {
            const auto& network = *in_.networks[number];
            bytes.resize(network.output_bytes(index));
            chip_.debug_read(static_cast<std::uint32_t>(network.output_address(index)),
                             bytes.data(), bytes.size());
        }
        return bytes;
    };
    around.job_cycles = [this] { return chip_.last_job_cycles(); };
    player_ = std::make_unique<script_player>(*extras_.play, chip_, drive_, stats_,
                                              control_services(), std::move(around));
    drive_.attach(*player_);
}

void guest::serve_cci() {
    chip_.cci().space().on_warning(
        [](const std::string& what) { std::fprintf(stderr, "warning: %s\n", what.c_str()); });
    if (extras_.cci.empty())
        return;
    cci_host::surroundings around;
    around.done = [this](bool quit) {
        drive_.wait_for(false);
        if (quit)
            drive_.end({end_reason::killed, 0, {}});
    };
    around.is_event = [](const std::string& name, event_kind kind) {
        return sensor_control::is_event(name, kind);
    };
    around.boot = &chip_.boot();
    around.payload = [this](links::image_kind kind, unsigned number) {
        const auto bytes = [](const std::string& s) {
            return links::byte_string(s.begin(), s.end());
        };
        if (kind == links::image_kind::loader)
            return bytes(in_.boot_rom_file);
        if (kind == links::image_kind::main_firmware)
            return bytes(in_.firmware_file);
        const auto& all = chip_.boot().networks();
        if (number >= all.size())
            throw input_error(
                exit_code::usage,
                fmt::format("there is no network {}; the run has {}", number, all.size()));
        return all[number];
    };
    drive_.wait_for(true);
    cci_ = std::make_unique<cci_host>("cci_host", extras_.cci, chip_.cci(), chip_.events(),
                                      std::move(around));
}

void guest::serve_cloud(const command_line& command, worker_pool& pool) {
    if (!command.mqtt.empty()) {
        cloud_ = std::make_unique<cloud_link>(command.mqtt, command.mqtt_style, chip_, in_,
                                              settings_, pool);
        if (!command.quiet)
            std::fprintf(stderr, "connected to the MQTT broker at %s\n", cloud_->where().c_str());
        drive_.attach(*cloud_);
    }
    if (!command.messages.empty()) {
        messages_ =
            std::make_unique<message_writer>(command.messages, chip_.host_side(), in_, settings_);
        drive_.attach(*messages_);
    }
    if (command.pace > 0) {
        pacer_ = std::make_unique<pacer>(command.pace);
        drive_.attach(*pacer_);
    }
}

const std::vector<std::string>& guest::failures() const {
    static const std::vector<std::string> none;
    return player_ ? player_->failures() : cci_ ? cci_->failures() : none;
}

/// Who makes the access that is being made.
std::string guest::who() const {
    const auto process = sc_core::sc_get_current_process_handle();
    if (!process.valid())
        return "a debugger or test bench";
    const auto* const owner = process.get_parent_object();
    if (owner == &chip_.cpu())
        return chip_.place(chip_.cpu().core().pc());
    return owner ? std::string(owner->basename()) : std::string();
}

void guest::watch_registers(bool strict) {
    const auto noted = [this, strict](const register_report::mistake& m) {
        std::fprintf(stderr, "%s: %s\n", strict ? "strict" : "warning", m.line().c_str());
        if (strict) {
            chip_.cpu().request_halt();
            drive_.end({end_reason::violation, 0, "--strict: " + m.line()});
        }
    };
    registers_.watch([this] { return who(); }, noted);
    chip_.bus().on_unmapped(
        [this](std::uint64_t address, bool write) { registers_.unmapped(address, write); });
}

void guest::watch_profile(const command_line& command) {
    print_profile_ = command.profile;
    coverage_ = command.coverage;
    if (!print_profile_ && !coverage_) {
        chip_.cpu().core().set_observer(observers_.second);
        return;
    }
    std::vector<const firmware_image*> images;
    if (in_.firmware)
        images.push_back(in_.firmware.get());
    images.push_back(in_.boot_rom.get());
    profile_ = std::make_unique<firmware_profile>(std::move(images));
    observers_.first = profile_.get();
    chip_.cpu().core().set_observer(observers_.second ? &observers_ : observers_.first);
}

void guest::observers::executed(const dsp::executed_run& run) {
    first->executed(run);
    second->executed(run);
}

void guest::observers::trapped(std::uint32_t cause, std::uint32_t epc, std::uint32_t handler,
                               std::uint64_t cycles) {
    first->trapped(cause, epc, handler, cycles);
    second->trapped(cause, epc, handler, cycles);
}

guest_outputs guest::finish(run_end& end) {
    guest_outputs out;
    backend_->finish();
    if (cci_)
        cci_->ended();
    if (cloud_)
        out.text += cloud_->summary();
    if (!expect_.empty() && !expect_.met() && end.process_code() == 0)
        end = {end_reason::unexpected, 0,
               fmt::format("the UART did not show '{}'", expect_.missing())};
    out.files = std::move(dumps_);
    out.files.emplace_back("registers.json", registers_.json());
    std::string marks;
    for (const auto& m : chip_.simulator().marks())
        marks += fmt::format("{} {}\n", m.at.to_string(), m.number);
    if (!marks.empty())
        out.files.emplace_back("markers.txt", std::move(marks));
    if (!log_.empty())
        out.files.emplace_back("firmware.log", log_);
    const auto& regions = chip_.simulator().regions();
    for (const auto& [number, r] : regions)
        out.text += fmt::format(
            "  region {:<15} {:>14}   {} times, {} cycles, {} instructions\n", number,
            fmt::format("{:.3f} us", static_cast<double>(r.time) *
                                         sc_core::sc_get_time_resolution().to_seconds() * 1e6),
            r.count, r.cycles, r.instructions);
    for (const auto& m : registers_.mistakes())
        out.text += "  register mistake       " + m.line() + "\n";
    if (!profile_)
        return out;
    const std::uint64_t idle = chip_.cpu().idle_cycles();
    if (print_profile_) {
        std::string table = profile_->text(idle);
        out.files.emplace_back("profile.txt", table);
        out.files.emplace_back("profile.json", profile_->json(idle));
        out.files.emplace_back("profile.folded", profile_->folded());
        std::size_t end_of_rows = 0;
        for (std::size_t row = 0; row <= table_rows && end_of_rows < table.size(); ++row)
            end_of_rows = table.find('\n', end_of_rows) + 1;
        out.text += table.substr(0, end_of_rows);
    }
    if (coverage_)
        out.files.emplace_back("coverage.info", profile_->lcov());
    return out;
}

}  // namespace ocellus::sim
