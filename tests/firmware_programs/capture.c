/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Streams two frames through the SRAM, watches the lines that get lost there, and tells what it saw. */
#include "hal.h"

static volatile uint32_t interrupts, first_frame, first_line, later_frame, later_line;

static void on_loss(void) {
    const uint32_t frame = OCELLUS_CAPTURE->FIRST_LOST_FRAME, line = OCELLUS_CAPTURE->FIRST_LOST_LINE;
    if (!(OCELLUS_CAPTURE->STATUS & CAPTURE_STATUS_LINES_LOST_Msk))
        hal_exit(90);
    if (interrupts++ == 0) {
        first_frame = frame;
        first_line = line;
    }
    later_frame = frame;
    later_line = line;
    OCELLUS_CAPTURE->STATUS = CAPTURE_STATUS_LINES_LOST_Msk;
}

static void tell(const char *what, uint32_t n) {
    hal_puts(what);
    hal_putchar(' ');
    hal_put_number(n);
    hal_putchar('\n');
}

int main(void) {
    const struct ocellus_boot_info *const info = hal_boot_info();
    const struct ocellus_register_write *const w = (const struct ocellus_register_write *)info->writes_address;
    for (uint32_t i = 0; i < info->write_count; ++i)
        *(volatile uint32_t *)w[i].address = w[i].value;
    hal_interrupt(OCELLUS_IRQ_CAPTURE, 3, on_loss);
    hal_interrupts_on();
    OCELLUS_CAPTURE->IRQ_ENABLE = CAPTURE_IRQ_ENABLE_LINES_LOST_Msk;
    OCELLUS_ISP->CONTROL = info->isp_control;
    OCELLUS_PIXEL_ARRAY->FRAMES = 2;
    OCELLUS_PIXEL_ARRAY->CONTROL = PIXEL_ARRAY_CONTROL_STREAM_Msk;
    /* 40 ms: both frames, and what is left in the ring. */
    const uint64_t end = hal_ticks() + 40000u * HAL_TICKS_PER_US;
    while (hal_ticks() < end) {
    }
    tell("enabled", (OCELLUS_CAPTURE->STATUS & CAPTURE_STATUS_ENABLED_Msk) != 0);
    tell("interrupts", interrupts);
    tell("first frame", first_frame);
    tell("first line", first_line);
    tell("later frame", later_frame);
    tell("later line", later_line);
    tell("lines", OCELLUS_CAPTURE->COUNTER_LINES);
    tell("lost", OCELLUS_CAPTURE->COUNTER_LINES_LOST);
    tell("fifo", OCELLUS_CAPTURE->FIFO_SIZE);
    tell("peak", OCELLUS_CAPTURE->FIFO_PEAK);
    OCELLUS_CAPTURE->FIFO_PEAK = 0;
    tell("peak after", OCELLUS_CAPTURE->FIFO_PEAK);
    tell("level", OCELLUS_CAPTURE->FIFO_LEVEL + OCELLUS_CAPTURE->RING_LEVEL);
    return 0;
}
