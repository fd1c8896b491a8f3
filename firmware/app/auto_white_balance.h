/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Gains from the ISP's zones: grey world, then the mean of what is grey in its light. Pure: also
   compiled for the host by the tests. */
#ifndef OCELLUS_AUTO_WHITE_BALANCE_H
#define OCELLUS_AUTO_WHITE_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

struct auto_white_balance_zone {
    uint32_t cells;            /* that count for white balance */
    uint32_t red, green, blue; /* their means before gains, full scale 65280 */
};

struct auto_white_balance {
    uint32_t gain_min, gain_max; /* 8.8; the least of the three gains is gain_min */
    uint32_t red, green, blue;   /* as last written, 8.8 */
};

/* Takes the zones of a frame and its number of cells. True when the gains have changed and are to
   be written. */
bool auto_white_balance_step(struct auto_white_balance* a,
                             const struct auto_white_balance_zone* zones, uint32_t count,
                             uint32_t cells);

#endif
