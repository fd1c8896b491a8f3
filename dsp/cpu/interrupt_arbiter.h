// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

namespace ocellus::dsp {

/// Which of 31 level-sensitive interrupt sources (1 to 31) a hart should serve next. A source that
/// was claimed does not interrupt again before it is completed. Among equal priorities the lowest
/// number wins; priority 0 never interrupts.
class interrupt_arbiter {
  public:
    static constexpr unsigned sources = 32;  ///< source 0 does not exist

    void set_level(unsigned source, bool level) {
        level_ = level ? level_ | 1u << source : level_ & ~(1u << source);
    }
    void enable(std::uint32_t mask) { enabled_ = mask & ~1u; }
    void set_priority(unsigned source, std::uint32_t priority) {
        priority_[source] = priority & 7u;
    }
    void set_threshold(std::uint32_t threshold) { threshold_ = threshold & 7u; }

    std::uint32_t enabled() const { return enabled_; }
    std::uint32_t priority(unsigned source) const { return priority_[source]; }
    std::uint32_t threshold() const { return threshold_; }
    std::uint32_t pending() const { return level_ & ~in_service_; }
    std::uint32_t in_service() const { return in_service_; }

    /// The source to serve, or 0.
    unsigned best() const;
    /// As best(), and takes it into service.
    unsigned claim();
    /// Ends the service of a source; other numbers do nothing.
    void complete(std::uint32_t source);

  private:
    std::uint32_t level_ = 0, enabled_ = 0, in_service_ = 0, threshold_ = 0;
    std::array<std::uint32_t, sources> priority_{};
};

}  // namespace ocellus::dsp
