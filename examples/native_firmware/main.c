/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Firmware built for this machine instead of the control CPU: it plays the CPU through the control socket, with the same
   registers and interrupts. Captures one frame, runs the network on its tensor, interprets the outputs with the default
   application's own code, and sends the metadata record. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "metadata.h"
#include "ocellus.h"
#include "ocellus_boot.h"
#include "ocellus_control.h"
#include "postprocess.h"

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

/* Until the line is high; returns the time, ns. */
static uint64_t wait_for(const char *interrupt) {
    check(ocellus_wait_irq(chip, interrupt, 200 * MS), interrupt);
    printf("%s at %" PRIu64 " us\n", interrupt, ocellus_time_ns(chip) / 1000);
    return ocellus_time_ns(chip);
}

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

    if (!info.network) {
        fprintf(stderr, "this example needs a network\n");
        ocellus_close(chip);
        return 1;
    }
    set(AT(ISP, isp, TENSOR_ADDRESS), info.input_slot[0]);
    set(AT(ISP, isp, CONTROL), info.isp_control | ISP_CONTROL_TENSOR_ENABLE_Msk);
    set(AT(PIXEL_ARRAY, pixel_array, FRAMES), 1);
    set(AT(PIXEL_ARRAY, pixel_array, CONTROL), PIXEL_ARRAY_CONTROL_STREAM_Msk);

    struct metadata record = {.frame = 0};
    record.frame_start_ns = wait_for("frame");
    set(AT(PIXEL_ARRAY, pixel_array, STATUS), PIXEL_ARRAY_STATUS_FRAME_START_Msk);
    record.tensor_ready_ns = wait_for("tensor");
    set(AT(ISP, isp, STATUS), ISP_STATUS_TENSOR_DONE_Msk);

    set(AT(NPU, npu, INPUT_ADDRESS), info.input_slot[0]);
    set(AT(NPU, npu, JOB_ID), 0);
    set(AT(NPU, npu, CONTROL), NPU_CONTROL_START_Msk);
    record.inference_start_ns = ocellus_time_ns(chip);
    record.inference_end_ns = wait_for("npu");
    set(AT(NPU, npu, STATUS), NPU_STATUS_DONE_Msk);
    record.inference_cycles = reg(AT(NPU, npu, CYCLES));
    printf("inference took %" PRIu32 " cycles\n", record.inference_cycles);

    static uint8_t bytes[OCELLUS_MOST_OUTPUTS][65536];
    const uint8_t *outputs[OCELLUS_MOST_OUTPUTS];
    for (uint32_t i = 0; i < info.output_count; ++i) {
        if (info.output[i].bytes > sizeof bytes[i]) {
            fprintf(stderr, "output %" PRIu32 " is too large for this example\n", i);
            ocellus_close(chip);
            return 1;
        }
        check(ocellus_peek(chip, info.output[i].address, bytes[i], info.output[i].bytes), "output");
        outputs[i] = bytes[i];
    }
    struct finding findings[POSTPROCESS_MOST_FINDINGS];
    const uint32_t room = info.max_findings < POSTPROCESS_MOST_FINDINGS ? info.max_findings : POSTPROCESS_MOST_FINDINGS;
    postprocess_prepare(&info);
    record.count = postprocess(&info, outputs, room, findings, &record.kind);
    for (uint32_t i = 0; i < record.count; ++i)
        printf("class %" PRIu32 ", score %.3f\n", findings[i].class_id, (double)findings[i].score);

    uint8_t message[METADATA_HEAD_BYTES + METADATA_FINDING_BYTES * POSTPROCESS_MOST_FINDINGS];
    metadata_encode(&record, findings, room, message);
    check(ocellus_poke(chip, info.metadata_address[0], message, metadata_bytes(room)), "metadata");
    set(AT(CSI2, csi2, METADATA_ADDRESS), info.metadata_address[0]);
    set(AT(CSI2, csi2, METADATA_LENGTH), metadata_bytes(room));
    set(AT(CSI2, csi2, METADATA_FRAME), record.frame);
    set(AT(CSI2, csi2, METADATA_SEND), CSI2_METADATA_SEND_START_Msk);
    wait_for("csi2");
    ocellus_close(chip);
    return 0;
}
