// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/fast_kernels.h"
namespace ocellus::dsp {
bool can_run(kernel_set k) { return k == kernel_set::reference; }
kernel_set best_kernels() { return kernel_set::reference; }
std::unique_ptr<packed_layer> pack_layer(const network&, const layer&, kernel_set) { return nullptr; }
}  // namespace ocellus::dsp
