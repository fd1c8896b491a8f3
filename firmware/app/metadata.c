/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
#include "metadata.h"

static void put(uint8_t *at, uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* 0 .. 1 as 65535ths, to the nearest. */
static uint16_t fraction(float v) {
    if (!(v > 0.0f))
        v = 0.0f;
    if (v > 1.0f)
        v = 1.0f;
    return (uint16_t)(v * 65535.0f + 0.5f);
}

void metadata_encode(const struct metadata *m, const struct finding *findings, uint32_t capacity, uint8_t *out) {
    const uint32_t bytes = metadata_bytes(capacity);
    const uint32_t count = m->count < capacity ? m->count : capacity;
    for (uint32_t i = 0; i < bytes; ++i)
        out[i] = 0;
    out[0] = 'O';
    out[1] = 'C';
    out[2] = 'M';
    out[3] = 'D';
    put(out + 4, 1, 2);
    put(out + 6, m->kind, 2);
    put(out + 8, m->frame, 4);
    put(out + 12, count, 2);
    put(out + 14, capacity, 2);
    put(out + 16, m->frame_start_ns, 8);
    put(out + 24, m->tensor_ready_ns, 8);
    put(out + 32, m->inference_start_ns, 8);
    put(out + 40, m->inference_end_ns, 8);
    put(out + 48, m->inference_cycles, 4);
    put(out + 52, m->network, 4);
    for (uint32_t i = 0; i < count; ++i) {
        uint8_t *const at = out + METADATA_HEAD_BYTES + METADATA_FINDING_BYTES * i;
        const struct finding *const f = &findings[i];
        put(at, f->class_id, 2);
        put(at + 4, fraction(f->score), 2);
        put(at + 6, fraction(f->left), 2);
        put(at + 8, fraction(f->top), 2);
        put(at + 10, fraction(f->right), 2);
        put(at + 12, fraction(f->bottom), 2);
    }
    uint32_t sum = 0;
    for (uint32_t i = 0; i < bytes; ++i)
        sum += out[i];
    put(out + 56, sum, 4);
}
