/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* The record that leaves the chip for one inference: docs/firmware.md has the layout. */
#ifndef OCELLUS_METADATA_H
#define OCELLUS_METADATA_H

#include <stdint.h>

enum { METADATA_NONE = 0, METADATA_DETECTION = 1, METADATA_CLASSIFICATION = 2 };

struct finding {
    uint32_t class_id;
    float score;
    float left, top, right, bottom; /* of the network's input, 0 .. 1 */
};

struct metadata {
    uint32_t kind, frame;
    uint64_t frame_start_ns, tensor_ready_ns, inference_start_ns, inference_end_ns;
    uint32_t inference_cycles;
    uint32_t network; /* number of the one that made it */
    uint32_t count;
};

#define METADATA_HEAD_BYTES 64u
#define METADATA_FINDING_BYTES 20u

static inline uint32_t metadata_bytes(uint32_t capacity) {
    return METADATA_HEAD_BYTES + METADATA_FINDING_BYTES * capacity;
}

/* Writes metadata_bytes(capacity) bytes; `out` is a multiple of 4. Findings beyond `capacity` are
 * left out. */
void metadata_encode(const struct metadata* m, const struct finding* findings, uint32_t capacity,
                     uint8_t* out);

#endif
