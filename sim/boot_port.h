// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <systemc>
#include <vector>

#include "core/parameter.h"
#include "core/statistics.h"
#include "dsp/compiler/compiled_network.h"
#include "links/boot_controller.h"
#include "links/serial_memory.h"
#include "sim/external_port.h"

namespace ocellus::sim {

/// boot.*: how the sensor comes up.
struct cold_boot_parameters {
    bool cold = false;
    links::boot_parameters times;
    void declare(parameter_registry& r);
};

/// What an image of a network holds, big-endian: "OCNN", the network's number, the count of pieces;
/// of each its bus address, its bytes, and they themselves.
links::byte_string network_payload(std::uint32_t number, const dsp::compiled_network& c);

/// The boot controller in simulated time: registers that CCI reaches, the SPI target, and the way
/// of what was loaded to where it belongs. A network goes over the bus into SRAM once it has been
/// found genuine, like any other traffic there.
class boot_port : public sc_core::sc_module {
  public:
    struct surroundings {
        /// An ELF file for the control CPU; false: it cannot run there.
        std::function<bool(const links::byte_string&)> start_firmware;
        /// Network `number` is in SRAM, or none is any more.
        std::function<void(std::uint32_t number)> network_there;
        std::function<void()> networks_gone;
        std::function<void()> powered_down;  ///< everything outside flash has been forgotten
        links::serial_link* link = nullptr;  ///< SPI, where others use it too
    };
    SC_HAS_PROCESS(boot_port);
    /// `networks`: what the SRAM is planned for. An image of anything else is refused.
    /// There is a flash with boot.cold alone.
    boot_port(sc_core::sc_module_name name, const cold_boot_parameters& p, external_port& bus,
              std::vector<std::shared_ptr<const dsp::compiled_network>> networks, statistics& stats,
              surroundings around);

    /// Whether a CCI index belongs to the boot controller.
    static bool owns(std::uint16_t index);
    void write(std::uint16_t index, std::uint32_t value);
    std::uint32_t read(std::uint16_t index);
    /// One SPI transfer that begins now, or when the link is free; returns how long that takes.
    sc_core::sc_time spi(const links::byte_string& bytes);
    /// Pin XCLR low and high again, or power off and on: the sensor is in reset, flash keeps what
    /// it has.
    void power_cycle();
    /// Power fails, and comes back, at the `step`th byte programmed or sector erased from now.
    void cut_power_after(std::uint64_t step) {
        if (flash_)
            flash_->cut_after(step);
    }
    std::uint64_t power_cuts() const { return power_cuts_; }
    links::boot_controller& controller() { return controller_; }
    /// What images of the networks hold.
    const std::vector<links::byte_string>& networks();

  private:
    bool use(links::image_kind kind, const links::byte_string& payload);
    void look();  ///< method
    void copy();  ///< thread
    void look_again();
    /// `f`, in which power may fail.
    template <class F>
    void powered(F f) {
        try {
            f();
        } catch (const links::power_cut&) {
            ++power_cuts_;
            power_cycle();
        }
        look_again();
    }

    std::vector<std::shared_ptr<const dsp::compiled_network>> compiled_;
    std::vector<links::byte_string> networks_;  ///< made when they are first wanted
    external_port& bus_;
    surroundings around_;
    std::optional<links::boot_flash> flash_;
    std::optional<links::boot_store> store_;
    links::boot_controller controller_;
    std::deque<std::uint32_t> to_copy_;
    sc_core::sc_event look_, copy_;
    std::uint64_t transfers_ = 0, bytes_ = 0, loaded_ = 0, power_cuts_ = 0;
    double spi_time_ = 0;
};

}  // namespace ocellus::sim
