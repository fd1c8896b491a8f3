// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "core/events.h"
#include "links/cci_target.h"
#include "sim/boot_port.h"
#include "sim/cci_script.h"

namespace ocellus::sim {

/// A host that plays a .cci script: one message after another, from the start of the run, in
/// simulated time and beside everything else that happens. Results do not depend on how the run is
/// cut into steps.
class cci_host : public sc_core::sc_module {
  public:
    struct surroundings {
        std::function<void(bool quit)> done;  ///< the script is over, or asks for the end
        std::function<bool(const std::string& event, event_kind kind)> is_event;
        boot_port* boot = nullptr;
        /// What an image of the run's own holds; network `number`.
        std::function<links::byte_string(links::image_kind, unsigned number)> payload;
    };
    SC_HAS_PROCESS(cci_host);
    cci_host(sc_core::sc_module_name name, std::vector<cci_command> script,
             links::cci_target& target, event_hub& events, surroundings around);

    /// The run has ended; a script that is not over has failed.
    void ended();
    const std::vector<std::string>& failures() const { return failures_; }
    std::size_t expectations() const { return expectations_; }

  private:
    void play();  ///< thread
    bool run(const cci_command& c);
    links::cci_reply message(const cci_command& c, bool read);
    bool load(const cci_command& c);
    links::byte_string image_of(const cci_load& l) const;
    std::uint32_t get(std::uint16_t index, unsigned bytes);
    void set(std::uint16_t index, unsigned bytes, std::uint32_t value);
    std::optional<std::uint32_t> poll(std::uint32_t replies, unsigned most);
    std::uint64_t value_of(const links::cci_reply& r) const;
    void answered(const cci_command& c, const links::cci_reply& r);
    void fail(const cci_command& c, const std::string& text);
    void seen(const block_event& e);

    std::vector<cci_command> script_;
    links::cci_target& target_;
    surroundings around_;
    std::uint8_t device_ = 0x1A;
    const cci_command* under_way_ = nullptr;
    std::uint64_t frames_ = 0, left_ = 0;
    sc_core::sc_event replied_, happened_;
    bool over_ = false;
    std::size_t expectations_ = 0;
    std::vector<std::string> failures_;
};

}  // namespace ocellus::sim
