/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Exposure and gain from the ISP's statistics. Pure: also compiled for the host by the tests. */
#ifndef OCELLUS_AUTO_EXPOSURE_H
#define OCELLUS_AUTO_EXPOSURE_H

#include <stdbool.h>
#include <stdint.h>

/* Frames from writing exposure and gain to the first frame made with them. */
#define AUTO_EXPOSURE_DELAY 2u

struct auto_exposure {
    uint32_t target;                     /* mean luma of 255 */
    uint32_t exposure_min, exposure_max; /* lines */
    uint32_t gain_max;                   /* code */
    uint32_t exposure, gain;             /* as last written */
    uint32_t settled_frame;              /* the first frame made with them */
};

/* Takes the statistics of `frame`: mean luma in 256ths of 255. True when exposure or gain have
   changed and are to be written; statistics of frames before they take effect are then left alone.
 */
bool auto_exposure_step(struct auto_exposure* a, uint32_t frame, uint32_t luma_mean);

/* 1024 / (1024 - code) and back, limited to 1 .. that of `gain_max`. */
float auto_exposure_gain(uint32_t code);
uint32_t auto_exposure_code(float gain, uint32_t gain_max);

#endif
