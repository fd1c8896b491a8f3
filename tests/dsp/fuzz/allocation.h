// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>

/// Counts what operator new holds (what malloc holds, under AddressSanitizer).
namespace fuzz {

/// From here on, the most counts again.
void begin_counting();
/// The most that was held at once since then, beyond what was held then.
std::size_t most_held();

}  // namespace fuzz
