/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
#include "auto_exposure.h"

/* A mean within 1/32 of the target is left alone; one step changes the light by a factor of 4 at most, since a clipped
   picture does not tell how much too bright it is. */
#define TOLERANCE 32u
#define LARGEST_STEP 4.0f

float auto_exposure_gain(uint32_t code) {
    return 1024.0f / (float)(1024u - code);
}

uint32_t auto_exposure_code(float gain, uint32_t gain_max) {
    if (!(gain > 1.0f))
        return 0;
    const uint32_t code = (uint32_t)(1024.0f - 1024.0f / gain + 0.5f);
    return code < gain_max ? code : gain_max;
}

bool auto_exposure_step(struct auto_exposure *a, uint32_t frame, uint32_t luma_mean) {
    /* Frames made with older settings say nothing about these: the loop waits instead of damping. */
    if ((int32_t)(frame - a->settled_frame) < 0)
        return false;
    const uint32_t wanted = a->target << 8;
    const uint32_t off = luma_mean > wanted ? luma_mean - wanted : wanted - luma_mean;
    if (off <= wanted / TOLERANCE)
        return false;
    float factor = luma_mean ? (float)wanted / (float)luma_mean : LARGEST_STEP;
    if (factor > LARGEST_STEP)
        factor = LARGEST_STEP;
    if (factor < 1.0f / LARGEST_STEP)
        factor = 1.0f / LARGEST_STEP;
    /* Light is exposure times gain; exposure first, since gain also amplifies noise. Gain makes up for the part of a line. */
    const float light = (float)a->exposure * auto_exposure_gain(a->gain) * factor;
    uint32_t lines = light >= (float)a->exposure_max ? a->exposure_max : (uint32_t)light;
    if (lines < a->exposure_min)
        lines = a->exposure_min;
    const uint32_t code = auto_exposure_code(light / (float)lines, a->gain_max);
    if (lines == a->exposure && code == a->gain)
        return false;
    a->exposure = lines;
    a->gain = code;
    a->settled_frame = frame + AUTO_EXPOSURE_DELAY + 1;
    return true;
}
