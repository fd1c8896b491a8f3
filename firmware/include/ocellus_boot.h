/* SPDX-License-Identifier: Apache-2.0
   Copyright The Ocellus Authors */

/// Boot information: what the host's loader leaves in the tightly coupled RAM for the firmware.
///
/// SYSTEM.BOOT_INFO holds its bus address. All fields are little-endian and 32 bits wide, so that
/// the layout is the same for every compiler. Valid C and C++.
#ifndef OCELLUS_BOOT_H
#define OCELLUS_BOOT_H

#include <stdint.h>

#define OCELLUS_BOOT_MAGIC 0x4f43424fu
#define OCELLUS_BOOT_VERSION 1u

/// The loader uses the top of the tightly coupled RAM; firmware links for what is below.
#define OCELLUS_BOOT_BYTES 0x2000u

#define OCELLUS_MAX_SLOTS 8u
#define OCELLUS_MAX_OUTPUTS 8u

/// What a tensor's elements are (ocellus_tensor_info.type).
enum ocellus_element {
    OCELLUS_INT8 = 0,
    OCELLUS_UINT8 = 1,
    OCELLUS_INT16 = 2,
    OCELLUS_INT32 = 3,
    OCELLUS_FLOAT32 = 4
};

/// Which frame goes without inference when inference is late (ocellus_boot_info.late_policy).
enum ocellus_late_policy {
    OCELLUS_DROP_NEW = 0,    ///< the new frame's tensor is not written
    OCELLUS_DROP_OLDEST = 1  ///< the new frame replaces the oldest tensor that still waits
};

/// How outputs become findings (ocellus_boot_info.task).
enum ocellus_task {
    OCELLUS_TASK_RAW = 0,
    OCELLUS_TASK_CLASSIFICATION = 1,
    OCELLUS_TASK_DETECTION =
        2  ///< centre-grid: class logits and distances left, top, right, bottom
};

/// One register write of the set-up: mode, ISP, tensor.
struct ocellus_register_write {
    uint32_t address, value;
};

/// One output tensor of the network.
struct ocellus_tensor_info {
    uint32_t address;  ///< in the arena, where a job leaves it
    uint32_t bytes;
    uint32_t type;     ///< ocellus_element
    uint32_t dims[4];  ///< outermost first (NHWC); unused ones are 1
    float scale;       ///< real = scale * (stored - zero_point)
    int32_t zero_point;
};

struct ocellus_boot_info {
    uint32_t magic, size, version;         ///< OCELLUS_BOOT_MAGIC, sizeof this structure, 1
    uint32_t frames;                       ///< 0: until stopped
    uint32_t writes_address, write_count;  ///< ocellus_register_write[], executed in order
    uint32_t isp_control;                  ///< ISP CONTROL without TENSOR_ENABLE
    uint32_t late_policy;                  ///< ocellus_late_policy
    uint32_t max_findings;                 ///< room in a metadata record
    uint32_t npu_timeout_us;               ///< watchdog of one inference; 0: none
    uint32_t auto_exposure, ae_target;     ///< on; target mean luma 0 .. 255
    uint32_t exposure_min, exposure_max, gain_max;  ///< lines, lines, gain code
    uint32_t metadata_count;
    uint32_t metadata_address[8];  ///< buffers in SRAM, one for each output slot in use

    uint32_t network;  ///< 0 none; the rest is unused then
    uint32_t input_slot_count;
    uint32_t input_slot[8];  ///< bus addresses
    uint32_t output_count;
    struct ocellus_tensor_info output[8];
    uint32_t output_slot_count;
    uint32_t output_slot[8][8];  ///< [slot][output]: bus address of a copy
    uint32_t input_width, input_height;
    uint32_t task;                      ///< ocellus_task
    uint32_t scores_are_probabilities;  ///< classification: the network ends in softmax or logistic
    uint32_t stride, scores_output, boxes_output;  ///< detection
    float score_threshold, nms_iou;                ///< detection
};

#endif
