// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dsp/network/graph.h"

namespace ocellus::dsp {

/// Which implementation computes the layers. All give the same bytes: accumulators are exact 32-bit
/// integers everywhere, and rounding is that of the reference kernels.
enum class kernel_set : std::uint8_t {
    reference,    ///< plain scalar code, the definition
    portable,     ///< packed weights, plain loops
    avx2,         ///< 16-bit multiply-add
    avx512_vnni,  ///< 8-bit dot products into 32 bits, without saturation
};

/// The fastest set that this processor can run and simd_in_use() allows.
kernel_set best_kernels();
/// Whether this processor can run `k`.
bool can_run(kernel_set k);
const char* name_of(kernel_set k);

/// Scratch memory handed to a packed layer starts at a multiple of this.
constexpr std::size_t scratch_alignment = 64;
inline std::uint8_t* aligned(std::uint8_t* p) {
    const auto address = reinterpret_cast<std::uintptr_t>(p);
    return p + (scratch_alignment - address % scratch_alignment) % scratch_alignment;
}

/// A layer with its constants in the order its kernel reads them.
class packed_layer {
  public:
    virtual ~packed_layer() = default;
    virtual std::size_t scratch_bytes() const { return 0; }
    virtual void run(const std::vector<const std::uint8_t*>& inputs, std::uint8_t* output,
                     std::uint8_t* scratch) const = 0;
};

/// Packs a layer of a checked network for `kernels`. Null for layers that have no faster kernel
/// than the reference, and always for kernel_set::reference. Keeps references to the network.
std::unique_ptr<packed_layer> pack_layer(const network& n, const layer& l, kernel_set kernels);

}  // namespace ocellus::dsp
