/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Loads for bench_cpu; MODE says which. 0: nothing, 1: arithmetic, 2: a mix like that of CoreMark, 3: reads of a peripheral's
   register, 4: writes that a block stores, 5: writes that act, 6: arithmetic while frames are captured, 7: writes that raise and
   lower an interrupt line. */
#include <string.h>

#include "hal.h"

static uint8_t buffer[4096];
static volatile uint32_t result;

static uint32_t crc(const uint8_t *p, uint32_t n, uint32_t c) {
    while (n--) {
        c ^= *p++;
        for (int k = 0; k < 8; ++k)
            c = (c >> 1) ^ (0xEDB88320u & -(c & 1u));
    }
    return c;
}

/* List, matrix, state machine and checksum, in the proportions of small embedded work. */
struct item {
    struct item *next;
    int32_t value;
};
static struct item items[64];
static int16_t a[12][12], b[12][12];

static int32_t walk(int32_t seed) {
    struct item *list = NULL;
    for (int i = 0; i < 64; ++i) {
        items[i].value = (int32_t)(((uint32_t)seed * 1103515245u + (uint32_t)i * 12345u) >> 16 & 0x7fffu);
        struct item **at = &list;
        while (*at && (*at)->value < items[i].value)
            at = &(*at)->next;
        items[i].next = *at;
        *at = &items[i];
    }
    int32_t sum = 0;
    for (struct item *i = list; i; i = i->next)
        sum = (int32_t)((uint32_t)sum * 31u) ^ i->value;
    return sum;
}

static int32_t multiply(int32_t seed) {
    int32_t sum = 0;
    for (int i = 0; i < 12; ++i)
        for (int j = 0; j < 12; ++j) {
            a[i][j] = (int16_t)(seed + i * j);
            b[i][j] = (int16_t)(seed - i + j);
        }
    for (int i = 0; i < 12; ++i)
        for (int j = 0; j < 12; ++j) {
            int32_t c = 0;
            for (int k = 0; k < 12; ++k)
                c += a[i][k] * b[k][j];
            sum ^= c;
        }
    return sum;
}

static int32_t scan(int32_t seed) {
    static const char text[] = "5012,1234,-874,+122,35.54400,.1234500,-110.700,5.500e+3,-.123e-2,T0.3e-1F,-T.T++Tq,1T3.4e4z";
    int32_t state = 0, counts[8] = {0};
    for (const char *p = text; *p; ++p) {
        switch (state) {
            case 0:
                state = *p == '-' || *p == '+' ? 1 : *p == '.' ? 3 : *p >= '0' && *p <= '9' ? 2 : 7;
                break;
            case 1:
            case 2:
                state = *p == '.' ? 3 : *p == ',' ? 0 : *p == 'e' ? 4 : *p >= '0' && *p <= '9' ? 2 : 7;
                break;
            case 3:
                state = *p == ',' ? 0 : *p == 'e' ? 4 : *p >= '0' && *p <= '9' ? 3 : 7;
                break;
            case 4:
                state = *p == '-' || *p == '+' ? 5 : 7;
                break;
            case 5:
                state = *p == ',' ? 0 : *p >= '0' && *p <= '9' ? 5 : 7;
                break;
            default:
                state = *p == ',' ? 0 : 7;
        }
        ++counts[state];
    }
    return counts[seed & 7];
}

int main(void) {
    const uint32_t rounds = ROUNDS;
    uint32_t c = 0;
    switch (MODE) {
        case 1:
            for (uint32_t i = 0; i < rounds; ++i)
                c = crc(buffer, sizeof buffer, c + i);
            break;
        case 2:
            for (uint32_t i = 0; i < rounds; ++i) {
                c += (uint32_t)(walk((int32_t)i) + multiply((int32_t)i) + scan((int32_t)i));
                c = crc((const uint8_t *)items, 128, c);
            }
            break;
        case 3:
            for (uint32_t i = 0; i < rounds; ++i)
                c += OCELLUS_NPU->STATUS;
            break;
        case 4:
            for (uint32_t i = 0; i < rounds; ++i)
                OCELLUS_DMA->SOURCE = i;
            break;
        case 5:
            for (uint32_t i = 0; i < rounds; ++i)
                OCELLUS_DMA->STATUS = 0;
            break;
        case 7:
            for (uint32_t i = 0; i < rounds; ++i)
                OCELLUS_CLINT->MSIP = i & 1;
            break;
        case 6: {
            const struct ocellus_boot_info *const info = hal_boot_info();
            const struct ocellus_register_write *const w = (const struct ocellus_register_write *)info->writes_address;
            for (uint32_t i = 0; i < info->write_count; ++i)
                *(volatile uint32_t *)w[i].address = w[i].value;
            OCELLUS_ISP->CONTROL = info->isp_control;
            OCELLUS_PIXEL_ARRAY->FRAMES = rounds;
            OCELLUS_PIXEL_ARRAY->CONTROL = PIXEL_ARRAY_CONTROL_STREAM_Msk;
            while (OCELLUS_CSI2->FRAMES < rounds)
                c = crc(buffer, sizeof buffer, c);
            break;
        }
    }
    result = c;
    return 0;
}
