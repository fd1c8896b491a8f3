/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
#include "postprocess.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* The CPU has no floating-point unit and exp() takes thousands of cycles. Eight-bit tensors have 256 values, so what
   depends on one value alone is computed once. */
static uint16_t score_tables[OCELLUS_MOST_NETWORKS][256]; /* detection: the score of a logit, in 4096ths */
static double exp_tables[OCELLUS_MOST_NETWORKS][256]; /* classification: exp(-scale * distance from the best) */

static uint32_t table_of(const struct ocellus_boot_info *info) {
    return info->network ? (info->network - 1u) % OCELLUS_MOST_NETWORKS : 0;
}

struct candidate {
    float logit;
    uint32_t cell;
    uint32_t class_id;
};
static struct candidate candidates[POSTPROCESS_MOST_CANDIDATES];

static bool is_byte(const struct ocellus_tensor_info *t) {
    return t->type == OCELLUS_INT8 || t->type == OCELLUS_UINT8;
}

static int32_t code_at(const struct ocellus_tensor_info *t, const uint8_t *bytes, uint32_t index) {
    return t->type == OCELLUS_INT8 ? (int8_t)bytes[index] : bytes[index];
}

static float real_at(const struct ocellus_tensor_info *t, const uint8_t *bytes, uint32_t index) {
    int32_t q = 0;
    switch (t->type) {
        case OCELLUS_INT8:
        case OCELLUS_UINT8:
            q = code_at(t, bytes, index);
            break;
        case OCELLUS_INT16: {
            int16_t v;
            memcpy(&v, bytes + 2 * index, sizeof v);
            q = v;
            break;
        }
        case OCELLUS_INT32:
            memcpy(&q, bytes + 4 * index, sizeof q);
            break;
        default: {
            float v;
            memcpy(&v, bytes + 4 * index, sizeof v);
            return v;
        }
    }
    return (float)(q - t->zero_point) * t->scale;
}

/* 4096 / (1 + exp(-logit)), to the nearest. */
static uint32_t score_of_logit(float logit) {
    const double probability = 1.0 / (1.0 + exp(-(double)logit));
    return (uint32_t)(probability * 4096.0 + 0.5);
}

void postprocess_prepare(const struct ocellus_boot_info *info) {
    uint16_t *const score_of_code = score_tables[table_of(info)];
    double *const exp_of_distance = exp_tables[table_of(info)];
    if (info->task == OCELLUS_TASK_DETECTION) {
        const struct ocellus_tensor_info *const t = &info->output[info->scores_output];
        for (int32_t k = 0; is_byte(t) && k < 256; ++k) {
            const int32_t q = t->type == OCELLUS_INT8 ? (int8_t)k : k;
            score_of_code[k] = (uint16_t)score_of_logit((float)(q - t->zero_point) * t->scale);
        }
    } else if (info->task == OCELLUS_TASK_CLASSIFICATION && !info->scores_are_probabilities) {
        const struct ocellus_tensor_info *const t = &info->output[0];
        for (int32_t k = 0; is_byte(t) && k < 256; ++k)
            exp_of_distance[k] = exp(-(double)t->scale * k);
    }
}

/* Detection: the decoder "centre-grid". */

static bool better(const struct candidate *a, const struct candidate *b) {
    return a->logit > b->logit || (!(b->logit > a->logit) && a->cell < b->cell);
}

/* Lets the candidate at `at` sink to its place in a heap whose root is the worst. */
static void sink(uint32_t at, uint32_t count) {
    for (;;) {
        uint32_t worst = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; ++child)
            if (better(&candidates[worst], &candidates[child]))
                worst = child;
        if (worst == at)
            return;
        const struct candidate c = candidates[at];
        candidates[at] = candidates[worst];
        candidates[worst] = c;
        at = worst;
    }
}

static void rise(uint32_t at) {
    while (at > 0) {
        const uint32_t parent = (at - 1) / 2;
        if (!better(&candidates[parent], &candidates[at]))
            return;
        const struct candidate c = candidates[at];
        candidates[at] = candidates[parent];
        candidates[parent] = c;
        at = parent;
    }
}

/* Sorts the heap, best first. */
static void sort(uint32_t count) {
    for (uint32_t left = count; left > 1;) {
        --left;
        const struct candidate worst = candidates[0];
        candidates[0] = candidates[left];
        candidates[left] = worst;
        sink(0, left);
    }
}

static float smaller(float a, float b) {
    return b < a ? b : a;
}
static float larger(float a, float b) {
    return a < b ? b : a;
}
static float cut(float v) {
    return smaller(larger(v, 0.0f), 1.0f);
}

static float overlap(const struct finding *a, const struct finding *b) {
    const float width = smaller(a->right, b->right) - larger(a->left, b->left);
    const float height = smaller(a->bottom, b->bottom) - larger(a->top, b->top);
    if (width <= 0.0f || height <= 0.0f)
        return 0.0f;
    const float inner = width * height;
    const float outer = (a->right - a->left) * (a->bottom - a->top) + (b->right - b->left) * (b->bottom - b->top) - inner;
    return inner / outer;
}

static uint32_t collect(const struct ocellus_boot_info *info, const uint8_t *scores) {
    const struct ocellus_tensor_info *const t = &info->output[info->scores_output];
    const uint32_t cells = t->dims[1] * t->dims[2], classes = t->dims[3];
    const uint16_t *const score_of_code = score_tables[table_of(info)];
    uint32_t count = 0;
    for (uint32_t cell = 0; cell < cells; ++cell) {
        struct candidate c = {-INFINITY, cell, 0};
        uint32_t score;
        if (is_byte(t)) {
            int32_t best = INT32_MIN;
            for (uint32_t k = 0; k < classes; ++k) {
                const int32_t q = code_at(t, scores, cell * classes + k);
                if (q > best) {
                    best = q;
                    c.class_id = k;
                }
            }
            score = score_of_code[(uint8_t)best];
        } else {
            for (uint32_t k = 0; k < classes; ++k) {
                const float logit = real_at(t, scores, cell * classes + k);
                if (logit > c.logit) {
                    c.logit = logit;
                    c.class_id = k;
                }
            }
            score = score_of_logit(c.logit);
        }
        if (!((float)score / 4096.0f >= info->score_threshold))
            continue;
        if (is_byte(t))
            c.logit = real_at(t, scores, cell * classes + c.class_id);
        if (count < POSTPROCESS_MOST_CANDIDATES) {
            candidates[count] = c;
            rise(count++);
        } else if (better(&c, &candidates[0])) {
            candidates[0] = c;
            sink(0, count);
        }
    }
    sort(count);
    return count;
}

static uint32_t detect(const struct ocellus_boot_info *info, const uint8_t *const *outputs, uint32_t capacity,
                       struct finding *findings) {
    const struct ocellus_tensor_info *const grid = &info->output[info->scores_output];
    const struct ocellus_tensor_info *const boxes = &info->output[info->boxes_output];
    const uint8_t *const distances = outputs[info->boxes_output];
    const float cell_width = (float)info->stride / (float)info->input_width;
    const float cell_height = (float)info->stride / (float)info->input_height;
    const uint32_t columns = grid->dims[2], count = collect(info, outputs[info->scores_output]);
    const uint16_t *const score_of_code = score_tables[table_of(info)];
    uint32_t found = 0;
    for (uint32_t i = 0; i < count && found < capacity; ++i) {
        const struct candidate *const c = &candidates[i];
        const float x = (float)(c->cell % columns) + 0.5f, y = (float)(c->cell / columns) + 0.5f;
        float reach[4];
        for (uint32_t side = 0; side < 4; ++side)
            reach[side] = larger(real_at(boxes, distances, c->cell * 4 + side), 0.0f);
        struct finding f;
        f.class_id = c->class_id;
        f.score = (float)(is_byte(grid) ? score_of_code[(uint8_t)code_at(grid, outputs[info->scores_output],
                                                                        c->cell * grid->dims[3] + c->class_id)]
                                        : score_of_logit(c->logit)) /
                  4096.0f;
        f.left = cut((x - reach[0]) * cell_width);
        f.top = cut((y - reach[1]) * cell_height);
        f.right = cut((x + reach[2]) * cell_width);
        f.bottom = cut((y + reach[3]) * cell_height);
        bool covered = false;
        for (uint32_t k = 0; k < found && !covered; ++k)
            covered = overlap(&findings[k], &f) > info->nms_iou;
        if (!covered)
            findings[found++] = f;
    }
    return found;
}

/* Classification: the five best classes of the first output. */

#define BEST_CLASSES 5u

static uint32_t classify(const struct ocellus_boot_info *info, const uint8_t *bytes, uint32_t capacity,
                         struct finding *findings) {
    const struct ocellus_tensor_info *const t = &info->output[0];
    const uint32_t classes = t->bytes;
    if (!is_byte(t) || classes == 0)
        return 0;
    int32_t top = INT32_MIN;
    for (uint32_t k = 0; k < classes; ++k)
        if (code_at(t, bytes, k) > top)
            top = code_at(t, bytes, k);
    const double *const exp_of_distance = exp_tables[table_of(info)];
    double sum = 0;
    if (!info->scores_are_probabilities)
        for (uint32_t k = 0; k < classes; ++k)
            sum += exp_of_distance[top - code_at(t, bytes, k)];
    /* Scores by distance from the best, as far as they are asked for. */
    static double score[256];
    static uint8_t known[256];
    memset(known, 0, sizeof known);
    uint32_t best[BEST_CLASSES], count = 0;
    double best_score[BEST_CLASSES];
    const uint32_t wanted = capacity < BEST_CLASSES ? capacity : BEST_CLASSES;
    for (uint32_t k = 0; k < classes; ++k) {
        const int32_t q = code_at(t, bytes, k);
        const uint32_t d = (uint32_t)(top - q);
        if (!known[d]) {
            known[d] = 1;
            score[d] = info->scores_are_probabilities
                           ? (double)t->scale * (q - t->zero_point)
                           : (double)(uint32_t)(exp_of_distance[d] / sum * 4096 + 0.5) / 4096;
        }
        uint32_t place = count;
        while (place > 0 && score[d] > best_score[place - 1])
            --place;
        if (place >= wanted)
            continue;
        if (count < wanted)
            ++count;
        for (uint32_t i = count - 1; i > place; --i) {
            best[i] = best[i - 1];
            best_score[i] = best_score[i - 1];
        }
        best[place] = k;
        best_score[place] = score[d];
    }
    for (uint32_t i = 0; i < count; ++i) {
        const double s = best_score[i] < 0.0 ? 0.0 : best_score[i] > 1.0 ? 1.0 : best_score[i];
        findings[i] = (struct finding){best[i], (float)s, 0.0f, 0.0f, 0.0f, 0.0f};
    }
    return count;
}

uint32_t postprocess(const struct ocellus_boot_info *info, const uint8_t *const *outputs, uint32_t capacity,
                     struct finding *findings, uint32_t *kind) {
    if (info->task == OCELLUS_TASK_DETECTION) {
        *kind = METADATA_DETECTION;
        return detect(info, outputs, capacity, findings);
    }
    *kind = METADATA_CLASSIFICATION;
    return info->task == OCELLUS_TASK_CLASSIFICATION ? classify(info, outputs[0], capacity, findings) : 0;
}
