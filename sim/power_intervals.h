// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

namespace ocellus::sim {

/// Whether energy_report cuts the frames of this process's simulation into intervals; set before
/// the first frame. It does unless somebody outside acts between the steps of the simulation: what
/// is looked at in between must not move the steps.
void cut_frames(bool wanted);

}  // namespace ocellus::sim
