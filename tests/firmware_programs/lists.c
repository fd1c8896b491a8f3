/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Lists of DMA descriptors by interrupt, their errors, and a cap on the DMA's bandwidth. Returns the number of the first
   check that fails, or 42. */
#include "hal.h"

#define LIST 0x04400000u
#define FROM 0x04410000u
#define TO 0x04420000u
#define NEVER 0x70000000u /* nothing is mapped there */

static volatile uint32_t status, ends;

static void on_dma(void) {
    status = OCELLUS_DMA->STATUS;
    OCELLUS_DMA->STATUS = DMA_STATUS_DONE_Msk | DMA_STATUS_ERROR_Msk;
    ++ends;
}

static void describe(uint32_t at, uint32_t from, uint32_t to, uint32_t length, uint32_t rows, uint32_t from_stride,
                     uint32_t to_stride, uint32_t next) {
    volatile uint32_t *const d = (volatile uint32_t *)at;
    const uint32_t words[8] = {from, to, length, rows, from_stride, to_stride, next, 0};
    for (unsigned k = 0; k < 8; ++k)
        d[k] = words[k];
}

/* Cycles that the list takes. */
static uint32_t work(uint32_t first) {
    const uint32_t before = ends;
    uint32_t begin, end;
    __asm__ volatile("csrr %0, mcycle" : "=r"(begin));
    OCELLUS_DMA->DESCRIPTOR = first;
    OCELLUS_DMA->CONTROL = DMA_CONTROL_START_LIST_Msk;
    while (ends == before)
        hal_wait();
    __asm__ volatile("csrr %0, mcycle" : "=r"(end));
    return end - begin;
}

static uint32_t initiator(void) {
    /* isp, npu_read, npu_weight, npu_write, dma. */
    OCELLUS_INTERCONNECT->SELECT = 4;
    return OCELLUS_INTERCONNECT->SELECT == 4 && OCELLUS_INTERCONNECT->INITIATORS > 4;
}

int main(void) {
    hal_interrupt(OCELLUS_IRQ_DMA, 1, on_dma);
    hal_interrupts_on();
    volatile uint8_t *const from = (volatile uint8_t *)FROM, *const to = (volatile uint8_t *)TO;
    for (unsigned i = 0; i < 1024; ++i)
        from[i] = (uint8_t)(i * 7 + (i >> 8));
    describe(LIST, FROM, TO, 16, 3, 100, 32, LIST + 64);
    describe(LIST + 64, FROM + 400, TO + 1001, 300, 1, 0, 0, 0);
    work(LIST);
    if (status != DMA_STATUS_DONE_Msk || OCELLUS_DMA->DESCRIPTORS_DONE != 2 || OCELLUS_DMA->BYTES_DONE != 348)
        return 1;
    for (unsigned y = 0; y < 3; ++y)
        for (unsigned x = 0; x < 16; ++x)
            if (to[32 * y + x] != from[100 * y + x])
                return 2;
    for (unsigned x = 0; x < 300; ++x)
        if (to[1001 + x] != from[400 + x])
            return 3;
    /* The second descriptor reads where nothing is. */
    describe(LIST + 64, NEVER, TO, 16, 1, 0, 0, 0);
    work(LIST);
    if (status != (DMA_STATUS_DONE_Msk | DMA_STATUS_ERROR_Msk) || OCELLUS_DMA->ERROR_ADDRESS != NEVER ||
        OCELLUS_DMA->DESCRIPTORS_DONE != 1)
        return 4;
    work(LIST + 4);
    if (!(status & DMA_STATUS_ERROR_Msk) || OCELLUS_DMA->ERROR_ADDRESS != LIST + 4)
        return 5;
    /* 64 KiB, read and written: with 1024 bytes in 1024 cycles 131072 cycles. */
    describe(LIST, FROM, TO, 65536, 1, 0, 0, 0);
    const uint32_t free = work(LIST);
    if (!initiator())
        return 6;
    OCELLUS_INTERCONNECT->CAP = 1024;
    const uint32_t capped = work(LIST);
    OCELLUS_INTERCONNECT->CAP = 0;
    const uint32_t again = work(LIST);
    if (free > 20000 || again > free + 100 || again + 100 < free)
        return 7;
    if (capped < 131072 - 1024 || capped > 131072 + 2048)
        return 8;
    if (OCELLUS_INTERCONNECT->CAPPED < 100000)
        return 9;
    return 42;
}
