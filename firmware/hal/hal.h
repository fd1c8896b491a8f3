/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* The little that every firmware needs around the registers of ocellus.h. */
#ifndef OCELLUS_HAL_H
#define OCELLUS_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ocellus.h"
#include "ocellus_boot.h"

/* Interrupts. Handlers run one at a time, with interrupts off. */
typedef void (*hal_handler)(void);
/* `source`: OCELLUS_IRQ_...; priority 1 (least urgent) to 7. */
void hal_interrupt(unsigned source, unsigned priority, hal_handler handler);
void hal_timer_interrupt(hal_handler handler);

static inline void hal_interrupts_on(void) {
    __asm__ volatile("csrsi mstatus, 8" ::: "memory");
}
/* Returns what hal_interrupts_restore wants. */
static inline uint32_t hal_interrupts_off(void) {
    uint32_t old;
    __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(old)::"memory");
    return old & 8u;
}
static inline void hal_interrupts_restore(uint32_t old) {
    __asm__ volatile("csrs mstatus, %0" ::"r"(old) : "memory");
}
/* Sleeps until an enabled interrupt is pending, whether interrupts are on or off. */
static inline void hal_wait(void) {
    __asm__ volatile("wfi" ::: "memory");
}

/* Time: ticks of mtime, 24 per microsecond. */
#define HAL_TICKS_PER_US 24u
uint64_t hal_ticks(void);
uint64_t hal_nanoseconds(uint64_t ticks);
/* The timer interrupt comes when mtime reaches this; UINT64_MAX: never. */
void hal_timer_at(uint64_t ticks);

/* Text. */
void hal_putchar(char c);
void hal_puts(const char* text); /* without a line end of its own */
void hal_put_number(uint32_t n);
void hal_put_hex(uint32_t n);

/* Ends the simulation with this exit code. */
void hal_exit(int code) __attribute__((noreturn));
/* The boot information; NULL when the host has left none that this header knows. */
const struct ocellus_boot_info* hal_boot_info(void);

#endif
