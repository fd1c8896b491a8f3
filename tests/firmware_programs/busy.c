/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Starts two frames and never sleeps. */
#include "hal.h"
int main(void) {
    const struct ocellus_boot_info *const info = hal_boot_info();
    const struct ocellus_register_write *const w = (const struct ocellus_register_write *)info->writes_address;
    for (uint32_t i = 0; i < info->write_count; ++i)
        *(volatile uint32_t *)w[i].address = w[i].value;
    OCELLUS_ISP->CONTROL = info->isp_control;
    OCELLUS_PIXEL_ARRAY->FRAMES = 2;
    OCELLUS_PIXEL_ARRAY->CONTROL = PIXEL_ARRAY_CONTROL_STREAM_Msk;
    for (volatile uint32_t i = 0;; ++i) {
    }
}
