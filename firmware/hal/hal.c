/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
#include "hal.h"

#define SOURCES 32u
#define MCAUSE_INTERRUPT 0x80000000u
#define CAUSE_TIMER 7u
#define CAUSE_EXTERNAL 11u

static hal_handler handlers[SOURCES];
static hal_handler timer_handler;

void hal_interrupt(unsigned source, unsigned priority, hal_handler handler) {
    handlers[source] = handler;
    OCELLUS_INTERRUPT_CONTROLLER->PRIORITY[source - 1] = priority;
    OCELLUS_INTERRUPT_CONTROLLER->ENABLE |= 1u << source;
    __asm__ volatile("csrs mie, %0" ::"r"(1u << CAUSE_EXTERNAL));
}

void hal_timer_interrupt(hal_handler handler) {
    timer_handler = handler;
    hal_timer_at(UINT64_MAX);
    __asm__ volatile("csrs mie, %0" ::"r"(1u << CAUSE_TIMER));
}

uint64_t hal_ticks(void) {
    uint32_t high, low, again;
    do {
        __asm__ volatile("csrr %0, timeh" : "=r"(high));
        __asm__ volatile("csrr %0, time" : "=r"(low));
        __asm__ volatile("csrr %0, timeh" : "=r"(again));
    } while (high != again);
    return (uint64_t)high << 32 | low;
}

uint64_t hal_nanoseconds(uint64_t ticks) {
    return ticks * 1000u / HAL_TICKS_PER_US;
}

void hal_timer_at(uint64_t ticks) {
    /* The upper half first, and never a time in the past in between. */
    OCELLUS_CLINT->MTIMECMPH = UINT32_MAX;
    OCELLUS_CLINT->MTIMECMP = (uint32_t)ticks;
    OCELLUS_CLINT->MTIMECMPH = (uint32_t)(ticks >> 32);
}

void hal_putchar(char c) {
    while (!(OCELLUS_UART->STATUS & UART_STATUS_TX_READY_Msk)) {
    }
    OCELLUS_UART->DATA = (uint8_t)c;
}

void hal_puts(const char *text) {
    while (*text)
        hal_putchar(*text++);
}

void hal_put_number(uint32_t n) {
    char digits[10];
    unsigned count = 0;
    do {
        digits[count++] = (char)('0' + n % 10u);
        n /= 10u;
    } while (n);
    while (count)
        hal_putchar(digits[--count]);
}

void hal_put_hex(uint32_t n) {
    for (int shift = 28; shift >= 0; shift -= 4)
        hal_putchar("0123456789abcdef"[n >> shift & 15u]);
}

void hal_exit(int code) {
    while (!(OCELLUS_UART->STATUS & UART_STATUS_TX_EMPTY_Msk)) {
    }
    OCELLUS_SIMULATOR->EXIT = (uint32_t)code;
    for (;;)
        hal_wait();
}

const struct ocellus_boot_info *hal_boot_info(void) {
    const struct ocellus_boot_info *info = (const struct ocellus_boot_info *)OCELLUS_SYSTEM->BOOT_INFO;
    if (!info || info->magic != OCELLUS_BOOT_MAGIC || info->version != OCELLUS_BOOT_VERSION ||
        info->size < sizeof *info)
        return NULL;
    return info;
}

/* An exception that firmware did not ask for. */
static void fatal(uint32_t cause, uint32_t epc, uint32_t tval) __attribute__((noreturn));
static void fatal(uint32_t cause, uint32_t epc, uint32_t tval) {
    OCELLUS_SYSTEM->FATAL_EPC = epc;
    OCELLUS_SYSTEM->FATAL_TVAL = tval;
    OCELLUS_SYSTEM->FATAL_CAUSE = cause;
    __asm__ volatile("csrw mie, zero");
    for (;;)
        hal_wait();
}

void hal_trap(uint32_t cause, uint32_t epc, uint32_t tval) {
    if (cause == (MCAUSE_INTERRUPT | CAUSE_EXTERNAL)) {
        const uint32_t source = OCELLUS_INTERRUPT_CONTROLLER->CLAIM;
        if (source) {
            if (source < SOURCES && handlers[source])
                handlers[source]();
            OCELLUS_INTERRUPT_CONTROLLER->CLAIM = source;
        }
    } else if (cause == (MCAUSE_INTERRUPT | CAUSE_TIMER)) {
        hal_timer_at(UINT64_MAX);
        if (timer_handler)
            timer_handler();
    } else {
        fatal(cause, epc, tval);
    }
}
