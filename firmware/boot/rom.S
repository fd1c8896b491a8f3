/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Boot ROM: jumps to the program that the host has loaded, or waits for ever. */
#include "ocellus.h"

    .file "firmware/boot/rom.S"
    .section .text.reset, "ax"
    .globl _start
_start:
    la t0, fatal
    csrw mtvec, t0
    li t0, OCELLUS_SYSTEM_BASE
    lw t1, SYSTEM_BOOT_ENTRY_Off(t0)
    beqz t1, wait
    jr t1
wait:
    wfi
    j wait

/* A trap before the program has set its own handler. It uses no memory but the registers that it reports to, so that it
   cannot trap again. */
    .balign 4
    .globl fatal
fatal:
    li t0, OCELLUS_SYSTEM_BASE
    csrr t1, mepc
    sw t1, SYSTEM_FATAL_EPC_Off(t0)
    csrr t1, mtval
    sw t1, SYSTEM_FATAL_TVAL_Off(t0)
    csrr t1, mcause
    sw t1, SYSTEM_FATAL_CAUSE_Off(t0)
stop:
    csrw mie, zero
    wfi
    j stop
