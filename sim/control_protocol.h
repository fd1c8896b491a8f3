// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/byte_protocol.h"
#include "sim/simulation_control.h"

namespace ocellus::sim {

/// The server's side of the control protocol, version 1 (docs/control-protocol.md): lines of text
/// for test benches in any language. One request at a time takes simulated time; others that need
/// none are answered meanwhile. Whatever the bytes, memory is bounded and the next valid line is
/// answered.
class control_protocol : public byte_protocol {
  public:
    static constexpr unsigned version = 1;
    static constexpr std::size_t longest_line = 16384;
    static constexpr std::size_t longest_transfer = std::size_t{1} << 20;  ///< bytes of memory
    using clock = std::function<double()>;

    /// `wall`: seconds of a steady clock, for deadlines.
    control_protocol(simulation_control& target, clock wall);

    void connect() override;
    void disconnect() override;
    std::size_t receive(std::string_view bytes) override;
    void update() override;
    const std::string& output() const override { return output_; }
    void sent(std::size_t count) override { output_.erase(0, count); }
    bool closing() const override { return closing_; }
    bool connected() const { return connected_; }

  private:
    struct request {
        std::string id, verb;
        std::vector<std::string> words;              ///< after the verb
        std::map<std::string, std::string> options;  ///< key=value
    };
    enum class pending { none, run, read, write, cci_read, cci_write };
    using handler = void (control_protocol::*)(const request&);
    struct verb_info {
        const char* name;
        handler handle;
        unsigned least, most;  ///< words
        const char* options;   ///< names with commas before and after
        bool takes_time;
        const char* usage;
        bool rest = false;  ///< the only word is what is left of the line, blanks included
    };
    static const std::vector<verb_info>& verbs();

    void line(std::string_view text);
    void answer(const std::string& id, const std::string& rest);
    void refuse(const std::string& id, const std::string& code, const std::string& message);
    [[noreturn]] static void wrong(const std::string& message);
    std::uint64_t number(const std::string& text, std::uint64_t most, const char* what) const;
    std::uint64_t nanoseconds(const std::string& text, const char* what) const;
    std::uint32_t address(const std::string& text) const;
    void start_run(const request& r, simulation_control::run_request run);
    void start_access(const request& r, bool write, std::uint32_t at,
                      std::vector<unsigned char> bytes);
    void set_deadline(const request& r);
    void payload(const std::string& id, const std::string& head, const std::string& bytes);

    void help(const request& r);
    void status(const request& r);
    void read(const request& r);
    void write(const request& r);
    void cci(const request& r);
    void peek(const request& r);
    void poke(const request& r);
    void run_for(const request& r);
    void run_until(const request& r);
    void wait_irq(const request& r);
    void irq(const request& r);
    void stats(const request& r);
    void frame(const request& r);
    void tensor(const request& r);
    void metadata(const request& r);
    void scene(const request& r);
    void reset(const request& r);
    void stop(const request& r);
    void quit(const request& r);

    simulation_control& target_;
    clock wall_;
    std::string line_, output_;
    bool overlong_ = false, connected_ = false, closing_ = false;
    pending pending_ = pending::none;
    std::string pending_id_;
    double deadline_ = 0;
};

}  // namespace ocellus::sim
