/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* What the host's loader leaves in memory for the firmware, at the bus address in SYSTEM.BOOT_INFO.
   Little-endian; all members are 32 bits wide. */
#ifndef OCELLUS_BOOT_H
#define OCELLUS_BOOT_H

#include <stdint.h>

#define OCELLUS_BOOT_MAGIC 0x4f43424fu
#define OCELLUS_BOOT_VERSION 1u

enum {
    OCELLUS_INT8 = 0,
    OCELLUS_UINT8 = 1,
    OCELLUS_INT16 = 2,
    OCELLUS_INT32 = 3,
    OCELLUS_FLOAT32 = 4
};
enum { OCELLUS_TASK_RAW = 0, OCELLUS_TASK_CLASSIFICATION = 1, OCELLUS_TASK_DETECTION = 2 };
enum { OCELLUS_AUTO_EXPOSURE = 1, OCELLUS_AUTO_WHITE_BALANCE = 2 };
enum { OCELLUS_DROP_NEW = 0, OCELLUS_DROP_OLDEST = 1 };

/* Most slots, outputs and buffers that the structure has room for. */
#define OCELLUS_MOST_SLOTS 8
#define OCELLUS_MOST_OUTPUTS 8
#define OCELLUS_MOST_NETWORKS 2
#define OCELLUS_MOST_SCHEDULE 32

/* Scratch register of SYSTEM in which the host tells, bit by bit, which networks it has uploaded
 * since boot. */
#define OCELLUS_SCRATCH_NETWORKS 3

struct ocellus_register_write {
    uint32_t address, value;
};

/* One output tensor of the network: real value = (q - zero_point) * scale. */
struct ocellus_tensor_info {
    uint32_t address; /* where a job leaves it; the next job overwrites it */
    uint32_t bytes;
    uint32_t type;
    uint32_t dims[4]; /* batch, rows, columns, channels; missing leading ones are 1 */
    float scale;
    int32_t zero_point;
};

struct ocellus_boot_info {
    uint32_t magic, size, version;
    uint32_t frames; /* to capture; 0: until stopped */
    uint32_t writes_address,
        write_count; /* ocellus_register_write[]: the mode, the ISP and the tensor, in this order */
    uint32_t isp_control;    /* ISP CONTROL without TENSOR_ENABLE */
    uint32_t late_policy;    /* when inference takes longer than a frame */
    uint32_t max_findings;   /* a metadata record has room for */
    uint32_t npu_timeout_us; /* of one inference; 0: none */
    uint32_t auto_exposure;  /* OCELLUS_AUTO_ bits: what follows the ISP's statistics; 0: nothing */
    uint32_t ae_target;      /* mean luma, linear, of 255 */
    uint32_t exposure_min, exposure_max; /* lines */
    uint32_t gain_max;                   /* code */
    uint32_t metadata_count;
    uint32_t metadata_address[OCELLUS_MOST_SLOTS]; /* buffers, one for each output slot */
    uint32_t network; /* 0: there is none, and what follows is zero; else its number in the NPU,
                         from 1 */
    uint32_t input_slot_count;
    uint32_t input_slot[OCELLUS_MOST_SLOTS];
    uint32_t output_count;
    struct ocellus_tensor_info output[OCELLUS_MOST_OUTPUTS];
    uint32_t output_slot_count;
    uint32_t output_slot[OCELLUS_MOST_SLOTS]
                        [OCELLUS_MOST_OUTPUTS]; /* where copies of the outputs belong */
    uint32_t input_width, input_height;
    uint32_t task;
    uint32_t scores_are_probabilities; /* classification: the network ends in softmax or logistic */
    uint32_t stride, scores_output, boxes_output; /* detection */
    float score_threshold, nms_iou;
    uint32_t tensor_writes_address,
        tensor_write_count; /* ocellus_register_write[]: how the ISP makes this network's input */
    uint32_t network_is_there; /* 1: uploaded before boot; 0: see OCELLUS_SCRATCH_NETWORKS */
    uint32_t next_network; /* address of another ocellus_boot_info, of the next network; 0: none */
    uint32_t schedule_count; /* networks of successive frames, repeated: 0 the first, 1 the next */
    uint32_t schedule[OCELLUS_MOST_SCHEDULE];
};

#endif
