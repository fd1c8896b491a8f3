/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Captures two frames, says so, and ends the simulation. */
#include <stdio.h>

#include "hal.h"

static volatile unsigned frames;

static void on_frame(void) {
    OCELLUS_PIXEL_ARRAY->STATUS = PIXEL_ARRAY_STATUS_FRAME_START_Msk;
    ++frames;
}

int main(void) {
    printf("chip 0x%04x\n", (unsigned)OCELLUS_SYSTEM->CHIP_ID);

    /* The host's loader left the mode as register writes. */
    const struct ocellus_boot_info *info = hal_boot_info();
    if (!info)
        return 1;
    const struct ocellus_register_write *w = (const struct ocellus_register_write *)info->writes_address;
    for (uint32_t i = 0; i < info->write_count; ++i)
        *(volatile uint32_t *)w[i].address = w[i].value;

    hal_interrupt(OCELLUS_IRQ_FRAME, 1, on_frame);
    hal_interrupts_on();
    OCELLUS_ISP->CONTROL = ISP_CONTROL_OUTPUT_RAW << ISP_CONTROL_OUTPUT_Pos;
    OCELLUS_PIXEL_ARRAY->FRAMES = 2;
    OCELLUS_PIXEL_ARRAY->CONTROL = PIXEL_ARRAY_CONTROL_STREAM_Msk;

    for (unsigned seen = 0; seen < 2;) {
        hal_wait();
        if (frames != seen) {
            seen = frames;
            printf("frame %u at %lu us\n", seen, (unsigned long)(hal_ticks() / HAL_TICKS_PER_US));
        }
    }
    while (OCELLUS_CSI2->FRAMES < 2) {
    }
    printf("both have left the chip\n");
    return 0; /* the HAL writes it to SIMULATOR.EXIT */
}
