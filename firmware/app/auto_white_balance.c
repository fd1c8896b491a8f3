/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
#include "auto_white_balance.h"

/* Zones below 1/510 of full scale are noise. The light is estimated from at least 1/16 of the picture. Zones whose ratios
   are within 1/4 of the estimate are taken for grey. Gains within 1/64 of the estimate are left alone; up to 1/8 off they go
   a quarter of the way, since in the dark estimates differ by some percent from frame to frame; beyond, the light is
   another and they go all the way. */
#define DARK 128u
#define LEAST_SHARE 16u
#define ROUNDS 3u

struct sums {
    uint64_t cells, red, green, blue;
};

/* Whether value / green is within 1/4 of ratio, 16.16. */
static bool near(uint32_t value, uint32_t green, uint32_t ratio) {
    const uint64_t v = (uint64_t)value << 16, expected = (uint64_t)green * ratio;
    return 4 * v >= 3 * expected && 4 * v <= 5 * expected;
}

/* The zones near the ratios; all of them when red is 0. */
static struct sums add(const struct auto_white_balance_zone *zones, uint32_t count, uint32_t red, uint32_t blue) {
    struct sums s = {0, 0, 0, 0};
    for (uint32_t i = 0; i < count; ++i) {
        const struct auto_white_balance_zone *const z = &zones[i];
        if (z->cells == 0 || z->green < DARK || z->red == 0 || z->blue == 0)
            continue;
        if (red && !(near(z->red, z->green, red) && near(z->blue, z->green, blue)))
            continue;
        s.cells += z->cells;
        s.red += (uint64_t)z->red * z->cells;
        s.green += (uint64_t)z->green * z->cells;
        s.blue += (uint64_t)z->blue * z->cells;
    }
    return s;
}

/* a / b in 16.16, at least 1. Sums are below 2^32 cells x 2^16: they lose low bits rather than overflow. */
static uint32_t ratio(uint64_t a, uint64_t b) {
    while (a >> 47) {
        a >>= 1;
        b >>= 1;
    }
    const uint64_t r = b ? (a << 16) / b : 0;
    return r == 0 ? 1 : r > 0xFFFFFFFFu ? 0xFFFFFFFFu : (uint32_t)r;
}

static uint32_t clipped(uint64_t v, uint32_t most) {
    return v < most ? (uint32_t)v : most;
}

static bool differ(uint32_t a, uint32_t b, uint32_t part) {
    const uint32_t off = a > b ? a - b : b - a;
    return off * part > b;
}

static uint32_t quarter_way(uint32_t from, uint32_t to) {
    return to > from ? from + (to - from + 3) / 4 : from - (from - to + 3) / 4;
}

bool auto_white_balance_step(struct auto_white_balance *a, const struct auto_white_balance_zone *zones, uint32_t count,
                             uint32_t cells) {
    struct sums s = add(zones, count, 0, 0);
    if (s.cells == 0 || s.cells * LEAST_SHARE < cells)
        return false;
    uint32_t red = ratio(s.red, s.green), blue = ratio(s.blue, s.green);
    for (uint32_t k = 0; k < ROUNDS; ++k) {
        s = add(zones, count, red, blue);
        if (s.cells == 0 || s.cells * LEAST_SHARE < cells)
            break;
        red = ratio(s.red, s.green);
        blue = ratio(s.blue, s.green);
    }
    /* The brightest channel gets the least gain: what is saturated stays white. */
    uint32_t most = red > blue ? red : blue;
    if (most < 65536u)
        most = 65536u;
    const uint32_t r = clipped(((uint64_t)a->gain_min * most + red / 2) / red, a->gain_max);
    const uint32_t g = clipped(((uint64_t)a->gain_min * most + 32768u) >> 16, a->gain_max);
    const uint32_t b = clipped(((uint64_t)a->gain_min * most + blue / 2) / blue, a->gain_max);
    if (!differ(r, a->red, 64) && !differ(g, a->green, 64) && !differ(b, a->blue, 64))
        return false;
    const bool far = differ(r, a->red, 8) || differ(g, a->green, 8) || differ(b, a->blue, 8);
    a->red = far ? r : quarter_way(a->red, r);
    a->green = far ? g : quarter_way(a->green, g);
    a->blue = far ? b : quarter_way(a->blue, b);
    return true;
}
