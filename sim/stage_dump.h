// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "core/files.h"
#include "core/worker_pool.h"
#include "isp/pipeline.h"

namespace ocellus::sim {

/// Writes `stages_FFFF/NN_name.png` for every stage that worked on each frame, in the order in
/// which a sample meets them, and `stages.json`: frame, stage, file, width, height, channels, bits
/// and the SHA-256 of all samples as little-endian 16-bit numbers.
///
/// Before the demosaic pictures are grey and have 16 bits, `(v << 4) | (v >> 8)` of a 12-bit
/// sample, negative ones black; after it they have 8 bits a colour, `v >> 4` until the tone curve.
/// The checksum covers every bit. Waits for the work.
void write_stage_dumps(output_folder& out,
                       const std::map<std::uint32_t, std::shared_ptr<isp::frame_work>>& frames,
                       worker_pool& pool);

}  // namespace ocellus::sim
