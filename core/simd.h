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

namespace ocellus {

/// Instruction sets that kernels are compiled for.
enum class simd_level { plain, avx2, avx512 };

/// The widest that this processor has and the environment variable OCELLUS_SIMD (plain, avx2 or
/// avx512) allows; other values of it are ignored.
simd_level simd_in_use();

/// For tests and benchmarks: no wider than `most` from now on. Returns what is then in use.
simd_level limit_simd(simd_level most);

}  // namespace ocellus

/// As OCELLUS_SIMD_CLONES, for kernels whose instruction set can be chosen while the program runs.
/// Defines `void name parameters`, which calls the compiled version of `name##_body arguments` that
/// simd_in_use() names; the body is an always-inline function defined before.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#if defined(__clang__)
#define OCELLUS_SIMD_TARGET(set) __attribute__((target(set)))
#define OCELLUS_SIMD_WIDEST "arch=x86-64-v4"
#else
#define OCELLUS_SIMD_TARGET(set) __attribute__((target(set), optimize("O3")))
#define OCELLUS_SIMD_WIDEST "arch=x86-64-v4,prefer-vector-width=512"
#endif
#define OCELLUS_SIMD_KERNEL(name, parameters, arguments)                     \
    OCELLUS_SIMD_TARGET(OCELLUS_SIMD_WIDEST) void name##_avx512 parameters { \
        name##_body arguments;                                               \
    }                                                                        \
    OCELLUS_SIMD_TARGET("arch=x86-64-v3") void name##_avx2 parameters {      \
        name##_body arguments;                                               \
    }                                                                        \
    OCELLUS_SIMD_TARGET("arch=x86-64") void name##_plain parameters {        \
        name##_body arguments;                                               \
    }                                                                        \
    void name parameters {                                                   \
        switch (::ocellus::simd_in_use()) {                                  \
            case ::ocellus::simd_level::avx512:                              \
                return name##_avx512 arguments;                              \
            case ::ocellus::simd_level::avx2:                                \
                return name##_avx2 arguments;                                \
            case ::ocellus::simd_level::plain:                               \
                return name##_plain arguments;                               \
        }                                                                    \
    }
#else
#define OCELLUS_SIMD_KERNEL(name, parameters, arguments) \
    void name parameters {                               \
        name##_body arguments;                           \
    }
#endif
