/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* A call to the debugger's host, in the sequence that it knows. */
#ifndef SEMIHOST_H
#define SEMIHOST_H

#include <stdint.h>

static inline void semihost(uint32_t operation, uint32_t argument) {
    register uint32_t a0 __asm__("a0") = operation;
    register uint32_t a1 __asm__("a1") = argument;
    __asm__ volatile(
        ".option push\n.option norvc\nslli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
        : "+r"(a0)
        : "r"(a1)
        : "memory");
}

#endif
