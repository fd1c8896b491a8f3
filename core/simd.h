// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

/// Compiles a function for several instruction sets and picks one at start-up. Results are the same
/// for all of them, because the whole project is built with -ffp-contract=off and without
/// reassociation: put it only on functions whose lanes are independent. Sanitizer builds and other
/// compilers use the plain version.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define OCELLUS_SIMD_CLONES \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("O3")))
#else
#define OCELLUS_SIMD_CLONES
#endif
