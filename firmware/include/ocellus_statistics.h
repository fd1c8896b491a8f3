/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* What the ISP writes at STATISTICS_ADDRESS at the end of a frame with STATISTICS_CONTROL.WRITE:
   one ocellus_statistics_header and rows x columns ocellus_statistics_zone, row by row.
   Little-endian. Formulas: docs/isp.md. */
#ifndef OCELLUS_STATISTICS_H
#define OCELLUS_STATISTICS_H

#include <stdint.h>

#define OCELLUS_STATISTICS_MAGIC 0x54415453u /* "STAT" */
#define OCELLUS_STATISTICS_VERSION 1u

struct ocellus_statistics_header {
    uint32_t magic;
    uint16_t version, header_bytes;
    uint32_t bytes; /* of the whole record */
    uint32_t frame;
    uint16_t columns, rows;       /* of the grid of zones */
    uint16_t zone_bytes, bits;    /* of a zone; of the samples */
    uint16_t x, y, width, height; /* of the window, pixels of the array */
    uint32_t black, full_scale;   /* on the scale of the samples; full_scale is above black */
    uint32_t clip, dark;          /* thresholds of white balance, on the 12-bit scale */
    uint32_t cells, clipped, dark_cells, balance_cells;
    uint64_t luma, red, green, blue; /* sums after black level and white balance, clamped */
    uint64_t balance_red, balance_green, balance_blue; /* sums of samples; green: both sites */
    uint64_t focus;
    uint32_t histogram[16]; /* cells by luma after white balance */
    uint32_t reserved[16];  /* 0 */
};

/* Sums of samples as they arrived, black level included. */
struct ocellus_statistics_zone {
    uint32_t cells, clipped, balance_cells, reserved;
    uint64_t red, green_red, green_blue, blue;
    uint64_t balance_red, balance_green, balance_blue;
    uint64_t focus;
};

#endif
