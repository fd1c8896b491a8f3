// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "core/events.h"
#include "core/parameter.h"
#include "core/pixel_provenance.h"
#include "core/statistics.h"
#include "dsp/compiler/compiled_network.h"
#include "links/egress_ledger.h"

namespace ocellus::sim {

/// Which bytes that derive from pixels may leave. The values are those of system.PRIVACY.
enum class privacy_mode : std::uint32_t {
    full = 0,             ///< all, by every port
    metadata_tensor = 1,  ///< as many as the network's input has, a frame, by CSI-2
    metadata_roi = 2,     ///< privacy.roi_bytes a frame, by CSI-2
    metadata_only = 3,    ///< none
};

/// What happens to a byte that may not.
enum class privacy_policy : std::uint8_t {
    report,  ///< it leaves, and is told
    block,   ///< it stays, and is told
    fail,    ///< it leaves, and the run ends with exit code 8
};

struct privacy_parameters {
    privacy_mode mode = privacy_mode::full;
    privacy_policy policy = privacy_policy::fail;
    bool locked = false;
    std::uint64_t roi_bytes = 65536;  ///< a frame
    std::uint64_t exit_bits = 0;      ///< a frame; 0: no limit
    void declare(parameter_registry& r);
};

/// Follows pixels through the chip (docs/privacy.md) and keeps the privacy mode.
///
/// The ISP's tensors derive from pixels; so does what the DMA or the CPU copies or computes from
/// such bytes, and every intermediate result of a network. The network's output is the one declared
/// exit: it does not, and its size bounds what it can tell.
class privacy_guard {
  public:
    /// How the chip reads its own memory, without time.
    using reader = std::function<void(std::uint64_t address, std::uint8_t* bytes, std::size_t n)>;

    privacy_guard(const privacy_parameters& p, statistics& stats, links::egress_ledger& ledger,
                  std::vector<std::shared_ptr<const dsp::compiled_network>> networks,
                  bool timing_only);

    pixel_provenance& map() { return map_; }

    privacy_mode mode() const { return mode_; }
    /// A write of system.PRIVACY; returns the register's value after it.
    std::uint32_t write_register(std::uint32_t value);
    std::uint32_t register_value() const;

    /// Whether `bytes` that derive from pixels may go into a CSI-2 line of a frame.
    bool csi2(std::uint32_t frame, std::uint32_t bytes);
    /// Whether they may leave by another port. `pc`: of the instruction that sends them, where one
    /// does.
    bool other(links::egress_port port, std::uint64_t bytes, const std::uint32_t* pc = nullptr);
    /// A debugger, a test bench or semihosting has read this: counts what derives from pixels, and
    /// overwrites with zeros what may not leave. Nothing else is counted: to look changes nothing.
    void looked_at(std::uint64_t address, std::uint8_t* bytes, std::size_t length);
    /// The CPU stores a value that derives from pixels in a block's register.
    void register_store(std::uint32_t pc);

    /// Initiators of the bus by what they do to bytes.
    enum class role : std::uint8_t { none, isp, dma, cpu, outside };
    /// A burst that was answered with OK.
    void burst(role who, tlm::tlm_generic_payload& payload);
    /// Follows the jobs of the NPU.
    void seen(const block_event& e, std::uint32_t network, const reader& read);

    bool violated() const { return violations_ > 0; }
    bool fails() const { return violated() && p_.policy == privacy_policy::fail; }
    /// What was found, for people, a line each. `place` names an address of an instruction.
    std::vector<std::string> findings(const std::function<std::string(std::uint32_t)>& place) const;

  private:
    struct leak {
        std::uint64_t bytes = 0;
        sc_core::sc_time first;
        std::uint32_t frame = 0, pc = 0;
        bool has_pc = false;
    };
    bool permit(bool allowed, links::egress_port port, std::uint64_t bytes,
                const std::uint32_t* pc);
    void look_for_pictures(std::uint32_t network, std::uint64_t input, const reader& read);

    const privacy_parameters p_;
    links::egress_ledger& ledger_;
    const std::vector<std::shared_ptr<const dsp::compiled_network>> networks_;
    const bool timing_only_;
    pixel_provenance map_;
    privacy_mode mode_;
    bool locked_, dma_derives_ = false;
    std::uint64_t violations_ = 0, blocked_ = 0, register_stores_ = 0, pictures_ = 0;
    std::uint64_t exit_bits_ = 0;  ///< of the largest network
    std::uint64_t tensor_bytes_ = 0;
    std::uint32_t frame_ = 0;           ///< whose readout began last
    std::uint32_t budget_frame_ = ~0u;  ///< whose CSI-2 bytes are counted
    std::uint64_t budget_used_ = 0;
    std::uint64_t job_input_ = 0;
    std::uint32_t register_pc_ = 0;
    std::array<leak, links::egress_ledger::ports> leaks_{};
    std::vector<std::string> exits_;  ///< findings about networks
};

/// Pearson's correlation of an output channel of `height` x `width` with the brightness of an input
/// of the same picture (height x width x channels, rows first), which is averaged over the cells of
/// the output's grid; 0 where one of them is constant. All values are 8 bits; `is_signed`: two's
/// complement.
double picture_correlation(const std::uint8_t* input, unsigned in_height, unsigned in_width,
                           unsigned in_channels, bool in_signed, const std::uint8_t* output,
                           unsigned height, unsigned width, unsigned channels, unsigned channel,
                           bool out_signed);

}  // namespace ocellus::sim
