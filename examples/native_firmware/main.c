/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Firmware built for this machine instead of the control CPU: it plays the CPU through the control socket, with the same
   registers and interrupts. Captures one frame, runs the network on its tensor, and sends what the first output holds. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../clients/c/ocellus_control.h"
#include "../../firmware/include/ocellus.h"
#include "../../firmware/include/ocellus_boot.h"

#define MS 1000000u /* ns */

static struct ocellus_simulation *chip;

static void check(int result, const char *what) {
    if (result == 0)
        return;
    fprintf(stderr, "%s: %s\n", what, ocellus_error(chip));
    ocellus_close(chip);
    exit(1);
}

static uint32_t reg(uint32_t address) {
    uint32_t value = 0;
    check(ocellus_read(chip, address, &value), "read");
    return value;
}
static void set(uint32_t address, uint32_t value) {
    check(ocellus_write(chip, address, value), "write");
}
#define AT(block, type, name) (OCELLUS_##block##_BASE + (uint32_t)offsetof(ocellus_##type##_t, name))

int main(int argc, char **argv) {
    char error[256];
    if (argc != 2) {
        fprintf(stderr, "usage: native_firmware WHERE\n");
        return 2;
    }
    chip = ocellus_connect(argv[1], 20000, error, sizeof error);
    if (!chip) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }

    /* What the host's loader left: the mode and the ISP as register writes, and where the network's tensors are. */
    struct ocellus_boot_info info;
    check(ocellus_peek(chip, reg(AT(SYSTEM, system, BOOT_INFO)), &info, sizeof info), "boot information");
    for (uint32_t i = 0; i < info.write_count; ++i) {
        struct ocellus_register_write w;
        check(ocellus_peek(chip, info.writes_address + i * (uint32_t)sizeof w, &w, sizeof w), "boot information");
        set(w.address, w.value);
    }

    set(AT(ISP, isp, TENSOR_ADDRESS), info.input_slot[0]);
    set(AT(ISP, isp, CONTROL), info.isp_control | ISP_CONTROL_TENSOR_ENABLE_Msk);
    set(AT(PIXEL_ARRAY, pixel_array, FRAMES), 1);
    set(AT(PIXEL_ARRAY, pixel_array, CONTROL), PIXEL_ARRAY_CONTROL_STREAM_Msk);

    check(ocellus_wait_irq(chip, "frame", 200 * MS), "frame");
    set(AT(PIXEL_ARRAY, pixel_array, STATUS), PIXEL_ARRAY_STATUS_FRAME_START_Msk);
    printf("frame starts at %" PRIu64 " us\n", ocellus_time_ns(chip) / 1000);

    check(ocellus_wait_irq(chip, "tensor", 200 * MS), "tensor");
    set(AT(ISP, isp, STATUS), ISP_STATUS_TENSOR_DONE_Msk);
    printf("tensor complete at %" PRIu64 " us\n", ocellus_time_ns(chip) / 1000);

    set(AT(NPU, npu, INPUT_ADDRESS), info.input_slot[0]);
    set(AT(NPU, npu, JOB_ID), 0);
    set(AT(NPU, npu, CONTROL), NPU_CONTROL_START_Msk);
    check(ocellus_wait_irq(chip, "npu", 200 * MS), "npu");
    set(AT(NPU, npu, STATUS), NPU_STATUS_DONE_Msk);
    printf("inference took %" PRIu32 " cycles\n", reg(AT(NPU, npu, CYCLES)));

    int8_t scores[4096];
    const uint32_t bytes = info.output[0].bytes < sizeof scores ? info.output[0].bytes : (uint32_t)sizeof scores;
    check(ocellus_peek(chip, info.output[0].address, scores, bytes), "output");
    int best = -128;
    for (uint32_t i = 0; i < bytes; ++i)
        best = scores[i] > best ? scores[i] : best;
    printf("best score of %" PRIu32 ": code %d\n", bytes, best);

    /* The message is the output as it is, from the arena. */
    set(AT(CSI2, csi2, METADATA_ADDRESS), info.output[0].address);
    set(AT(CSI2, csi2, METADATA_LENGTH), bytes);
    set(AT(CSI2, csi2, METADATA_FRAME), 0);
    set(AT(CSI2, csi2, METADATA_SEND), CSI2_METADATA_SEND_START_Msk);
    check(ocellus_wait_irq(chip, "csi2", 200 * MS), "csi2");
    printf("message sent at %" PRIu64 " us\n", ocellus_time_ns(chip) / 1000);
    ocellus_close(chip);
    return 0;
}
