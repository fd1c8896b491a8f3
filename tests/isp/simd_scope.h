// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <catch2/catch.hpp>

#include "core/simd.h"

namespace ocellus {

/// Kernels no wider than `most` for as long as it lives.
class simd_scope {
  public:
    explicit simd_scope(simd_level most) : before_(simd_in_use()) { limit_simd(most); }
    ~simd_scope() { limit_simd(before_); }
    simd_scope(const simd_scope&) = delete;
    simd_scope& operator=(const simd_scope&) = delete;

  private:
    simd_level before_;
};

/// A test case that begins with it runs once for every instruction set.
inline simd_scope at_every_simd_level() {
    return simd_scope(GENERATE(simd_level::plain, simd_level::avx2, simd_level::avx512));
}

}  // namespace ocellus
