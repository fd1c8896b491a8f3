/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Programs that do one thing each; the test sets MODE when it compiles. */
#include <stdio.h>

#include "hal.h"
#include "semihost.h"

static volatile int forever = 1;

static int __attribute__((noinline)) deep(volatile int *up) {
    volatile int here[64];
    here[0] = *up + 1;
    return forever ? deep(here) + here[0] : 0;
}

volatile uint32_t tohost[2], fromhost[2];

static void on_watchdog(void) {
    hal_puts("bark\r\n");
    OCELLUS_WATCHDOG->STATUS = WATCHDOG_STATUS_EXPIRED_Msk;
}

int main(void) {
    const int mode = MODE;
    volatile uint32_t *const nowhere = (volatile uint32_t *)0x60000000u;
    switch (mode) {
        case 0: /* an exit code */
            return 42;
        case 1: /* the stack leaves the memory */
            return deep((volatile int[]){1});
        case 2: /* the stack pointer runs into the code */
            __asm__ volatile("la sp, main\n addi sp, sp, 128\n sw zero, -64(sp)");
            return 0;
        case 3: /* an endless loop */
            for (;;) {
            }
        case 4: /* nothing is there */
            return (int)*nowhere;
        case 5: /* mistakes of the register map */
            OCELLUS_CSI2->LINES_LOST;
            *(volatile uint32_t *)&OCELLUS_CSI2->LINES_LOST = 1;
            return 0;
        case 6: { /* semihosting: a text, then an exit */
            semihost(0x04, (uint32_t)"hello from semihosting\n");
            const uint32_t exit_block[2] = {0x20026, 7};
            semihost(0x20, (uint32_t)exit_block);
            return 1;
        }
        case 7: /* tohost */
            tohost[0] = 5u << 1 | 1u;
            for (;;) {
            }
        case 8: /* the watchdog barks, then bites; after the reset it is told so */
            if (OCELLUS_SYSTEM->BOOT_REASON == SYSTEM_BOOT_REASON_REASON_WATCHDOG) {
                printf("back after %lu\n", (unsigned long)OCELLUS_SYSTEM->SCRATCH[0]);
                return 11;
            }
            OCELLUS_SYSTEM->SCRATCH[0] = 123;
            hal_interrupt(OCELLUS_IRQ_WATCHDOG, 1, on_watchdog);
            hal_interrupts_on();
            OCELLUS_WATCHDOG->LOAD = 24000; /* 1 ms */
            OCELLUS_WATCHDOG->CONTROL = WATCHDOG_CONTROL_ENABLE_Msk | WATCHDOG_CONTROL_RESET_ENABLE_Msk;
            for (;;) {
            }
        case 9: { /* regions, a mark, a log line, statistics */
            OCELLUS_SIMULATOR->REGION_BEGIN = 3;
            for (volatile int i = 0; i < 100; ++i) {
            }
            OCELLUS_SIMULATOR->REGION_END = 3;
            OCELLUS_SIMULATOR->MARKER = 77;
            OCELLUS_SIMULATOR->LOG = (uint32_t)"a line for the log";
            OCELLUS_SIMULATOR->RESET_STATISTICS = 1;
            OCELLUS_UART->STATUS;
            OCELLUS_SIMULATOR->DUMP_STATISTICS = 9;
            return 0;
        }
        case 12: /* answers what is typed in capitals, until q */
            for (;;) {
                while (!(OCELLUS_UART->STATUS & UART_STATUS_RX_VALID_Msk)) {
                }
                const uint32_t c = OCELLUS_UART->DATA;
                hal_putchar((char)(c >= 'a' && c <= 'z' ? c - 32 : c));
                if (c == 'q')
                    return 21;
            }
        case 10: /* waits for ever */
            for (;;)
                hal_wait();
        case 11: /* counts what its own counters say against the clock */
            for (volatile int i = 0; i < 1000; ++i) {
            }
            hal_put_number(OCELLUS_SIMULATOR->TIME_LOW);
            hal_puts(" ns\r\n");
            return 0;
    }
    return 0;
}
