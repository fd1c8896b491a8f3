// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <memory>

#include "models/scene.h"

namespace ocellus::models {

/// The parcels as a scene: each frame a new arrangement, drawn at half the array's resolution. On a
/// belt that runs, each row sees the parcels where they are during its own exposure; they are where
/// the arrangement says in the middle of the exposure of the array's middle.
class parcel_belt : public scene {
  public:
    using scene::frame;
    /// `speed` of the belt to the right, in picture widths a second.
    explicit parcel_belt(std::uint64_t seed, double speed = 0) : seed_(seed), speed_(speed) {}
    bool still() const override { return false; }
    bool changes_within_frame() const override { return speed_ != 0; }
    std::shared_ptr<const linear_frame> frame(std::uint32_t n, unsigned width,
                                              unsigned height) const override;
    std::shared_ptr<const linear_frame> frame(std::uint32_t n, unsigned width, unsigned height,
                                              const shutter& when) const override;

  private:
    std::uint64_t seed_;
    double speed_;
};

}  // namespace ocellus::models
