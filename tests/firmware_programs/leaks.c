/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Takes one frame for the network's input and lets 16 bytes of it out, each time in another way. The test sets MODE. */
#include <string.h>

#include "hal.h"
#include "semihost.h"

#define COUNT 16

static volatile unsigned tensors;
unsigned char table[256], copy[COUNT];

static void on_tensor(void) {
    OCELLUS_ISP->STATUS = ISP_STATUS_TENSOR_DONE_Msk;
    ++tensors;
}

static const struct ocellus_boot_info *capture(void) {
    const struct ocellus_boot_info *info = hal_boot_info();
    const struct ocellus_register_write *w = (const struct ocellus_register_write *)info->writes_address;
    for (uint32_t i = 0; i < info->write_count; ++i)
        *(volatile uint32_t *)w[i].address = w[i].value;
    hal_interrupt(OCELLUS_IRQ_TENSOR, 1, on_tensor);
    hal_interrupts_on();
    OCELLUS_ISP->TENSOR_ADDRESS = info->input_slot[0];
    OCELLUS_ISP->CONTROL = info->isp_control | ISP_CONTROL_TENSOR_ENABLE_Msk;
    OCELLUS_PIXEL_ARRAY->FRAMES = 1;
    OCELLUS_PIXEL_ARRAY->CONTROL = PIXEL_ARRAY_CONTROL_STREAM_Msk;
    while (!tensors)
        hal_wait();
    return info;
}

void leak(unsigned char c);
void __attribute__((noinline)) leak(unsigned char c) {
    while (!(OCELLUS_UART->STATUS & UART_STATUS_TX_READY_Msk)) {
    }
    OCELLUS_UART->DATA = c;
}

static inline void send(uint32_t address, uint32_t length) {
    OCELLUS_CSI2->METADATA_ADDRESS = address;
    OCELLUS_CSI2->METADATA_LENGTH = length;
    OCELLUS_CSI2->METADATA_FRAME = 0;
    OCELLUS_CSI2->METADATA_SEND = CSI2_METADATA_SEND_START_Msk;
    while (!OCELLUS_CSI2->METADATA_SENT) {
    }
}

int main(void) {
#if MODE == 7 /* locks, and tries to loosen */
    OCELLUS_SYSTEM->PRIVACY = SYSTEM_PRIVACY_MODE_METADATA_ONLY | SYSTEM_PRIVACY_LOCK_Msk;
    OCELLUS_SYSTEM->PRIVACY = 0;
    if (OCELLUS_SYSTEM->PRIVACY != (SYSTEM_PRIVACY_MODE_METADATA_ONLY | SYSTEM_PRIVACY_LOCK_Msk))
        return 33;
#endif
    const struct ocellus_boot_info *info = capture();
    const volatile unsigned char *pixels = (const volatile unsigned char *)info->input_slot[0];
    (void)pixels;
#if MODE == 0 /* nothing leaks: a text, and what else a program does with pixels in between */
    unsigned sum = 0;
    for (unsigned i = 0; i < 64; ++i)
        sum += pixels[i];
    memset(copy, (int)(sum & 1), COUNT);
    memset(copy, 'x', COUNT);
    sum = 0;
    for (unsigned i = 0; i < COUNT; ++i)
        leak(copy[i]);
#elif MODE == 1 || MODE == 7 /* straight to the UART */
    for (unsigned i = 0; i < COUNT; ++i)
        leak(pixels[i]);
#elif MODE == 2 /* through RAM of the CPU, word by word */
    for (unsigned i = 0; i < COUNT / 4; ++i)
        ((volatile uint32_t *)copy)[i] = ((const volatile uint32_t *)pixels)[i];
    for (unsigned i = 0; i < COUNT; ++i)
        leak(copy[i]);
#elif MODE == 3 /* in disguise: a table, arithmetic, and a register of the machine */
    for (unsigned i = 0; i < 256; ++i)
        table[i] = (unsigned char)(i * 7u + 3u);
    for (unsigned i = 0; i < COUNT; ++i) {
        uint32_t v = table[pixels[i]], old;
        __asm__ volatile("csrrw zero, mscratch, %1\n csrrw %0, mscratch, zero" : "=r"(old) : "r"(v));
        leak((unsigned char)((old ^ 0x5au) - i));
    }
#elif MODE == 4 /* copied by the DMA, sent as metadata */
    const uint32_t there = info->metadata_address[0];
    OCELLUS_DMA->SOURCE = info->input_slot[0];
    OCELLUS_DMA->DESTINATION = there;
    OCELLUS_DMA->LENGTH = COUNT;
    OCELLUS_DMA->ROWS = 1;
    OCELLUS_DMA->CONTROL = DMA_CONTROL_START_Msk;
    while (!(OCELLUS_DMA->STATUS & DMA_STATUS_DONE_Msk)) {
    }
    send(there, COUNT);
#elif MODE == 5 /* written through the debugger's door */
    for (unsigned i = 0; i < COUNT; ++i)
        copy[i] = pixels[i];
    const uint32_t block[3] = {2, (uint32_t)copy, COUNT};
    semihost(0x05, (uint32_t)block);
#elif MODE == 6 /* the network's input itself, called metadata */
    send(info->input_slot[0], COUNT);
#endif
    while (!(OCELLUS_UART->STATUS & UART_STATUS_TX_EMPTY_Msk)) {
    }
    return 0;
}
