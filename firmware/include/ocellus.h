/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Registers of the chip. Made by tools/generate_registers.py from sim/device.svd: do not edit. */
#ifndef OCELLUS_H
#define OCELLUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Memories. */
#define OCELLUS_BOOT_ROM_BASE 0x00000000u /* Boot ROM: first instruction after reset. */
#define OCELLUS_BOOT_ROM_SIZE 0x8000u
#define OCELLUS_SRAM_BASE 0x04000000u /* Banked SRAM: tensors, weights, metadata. */
#define OCELLUS_SRAM_SIZE 0x800000u
#define OCELLUS_TCM_BASE 0x10000000u /* Tightly coupled memory: code, data and stack of the firmware. */
#define OCELLUS_TCM_SIZE 0x40000u

/* Sources of the interrupt controller. */
enum {
    OCELLUS_IRQ_FRAME = 1, /* Readout of a frame has begun. */
    OCELLUS_IRQ_TENSOR = 2, /* A tensor is complete. */
    OCELLUS_IRQ_NPU = 3, /* A job has ended. */
    OCELLUS_IRQ_DMA = 4, /* A copy has ended. */
    OCELLUS_IRQ_CSI2 = 5, /* A metadata message has left. */
    OCELLUS_IRQ_UART = 6, /* Serial port. */
    OCELLUS_IRQ_WATCHDOG = 7, /* The watchdog has expired. */
    OCELLUS_IRQ_ISP_STATISTICS = 8, /* Exposure statistics are complete. */
};

/* CLINT: Core-local interruptor: software interrupt and timer of the hart. */
#define OCELLUS_CLINT_BASE 0x02000000u
typedef struct {
    volatile uint32_t MSIP; /* 0x00 rw: Software interrupt of the hart. */
    uint32_t reserved0[4095];
    volatile uint32_t MTIMECMP; /* 0x4000 rw: Time of the timer interrupt, lower half: pending while mtime is not below. */
    volatile uint32_t MTIMECMPH; /* 0x4004 rw: Time of the timer interrupt, upper half. */
    uint32_t reserved1[8188];
    volatile uint32_t MTIME; /* 0xbff8 rw: Time in ticks, lower half. */
    volatile uint32_t MTIMEH; /* 0xbffc rw: Time in ticks, upper half. */
} ocellus_clint_t;
#define OCELLUS_CLINT ((ocellus_clint_t *)OCELLUS_CLINT_BASE)
#define CLINT_MSIP_PENDING_Pos 0u
#define CLINT_MSIP_PENDING_Msk (0x1u << 0) /* The software interrupt is pending. */

/* PIXEL_ARRAY: Rolling shutter of the pixel die. */
#define OCELLUS_PIXEL_ARRAY_BASE 0x40000000u
typedef struct {
    volatile uint32_t CONTROL; /* 0x00 rw: Starts and stops the rolling shutter. */
    volatile uint32_t STATUS; /* 0x04 w1c: What has happened since the bits were last cleared. */
    volatile uint32_t FRAMES; /* 0x08 rw: Frames to send before the stream stops by itself; 0: until stopped. */
    volatile uint32_t FRAME_LENGTH; /* 0x0c rw: Lines from the start of one frame to the next. */
    volatile uint32_t LINE_LENGTH; /* 0x10 rw: Pixel clocks from one row to the next. */
    volatile uint32_t EXPOSURE; /* 0x14 rw: Lines from the reset of a row to its readout; limited to 8 .. frame length - 22. */
    volatile uint32_t ANALOGUE_GAIN; /* 0x18 rw: Gain code, 0 .. 978: gain = 1024 / (1024 - code). */
    volatile const uint32_t FRAME_COUNT; /* 0x1c ro: Frames whose readout has begun since reset. */
} ocellus_pixel_array_t;
#define OCELLUS_PIXEL_ARRAY ((ocellus_pixel_array_t *)OCELLUS_PIXEL_ARRAY_BASE)
#define PIXEL_ARRAY_CONTROL_STREAM_Pos 0u
#define PIXEL_ARRAY_CONTROL_STREAM_Msk (0x1u << 0) /* 1 starts frames, 0 stops after the current one; clears itself after FRAMES frames or a mode error. */
#define PIXEL_ARRAY_STATUS_FRAME_START_Pos 0u
#define PIXEL_ARRAY_STATUS_FRAME_START_Msk (0x1u << 0) /* Readout of a frame has begun; drives frame_irq. */
#define PIXEL_ARRAY_STATUS_STOPPED_Pos 1u
#define PIXEL_ARRAY_STATUS_STOPPED_Msk (0x1u << 1) /* The stream has ended. */
#define PIXEL_ARRAY_STATUS_MODE_ERROR_Pos 2u
#define PIXEL_ARRAY_STATUS_MODE_ERROR_Msk (0x1u << 2) /* The stream was refused: frame length or line length too short for the image. */

/* COLUMN_ADC: Converters, one for each column. */
#define OCELLUS_COLUMN_ADC_BASE 0x40001000u
typedef struct {
    volatile uint32_t BLACK_LEVEL; /* 0x00 rw: Digital number of no light, counted at 10 bits, 0 .. 255; taken at a frame's first row. Reset: column_adc.black_level. */
    volatile const uint32_t RESOLUTION; /* 0x04 ro: Bits per sample, column_adc.bits. */
    volatile const uint32_t FRAME_COUNT; /* 0x08 ro: Frames whose first row has been converted since reset. */
} ocellus_column_adc_t;
#define OCELLUS_COLUMN_ADC ((ocellus_column_adc_t *)OCELLUS_COLUMN_ADC_BASE)

/* ISP: Image signal processor: picture for the link, tensor for the network. Settings are read at a frame's first row. */
#define OCELLUS_ISP_BASE 0x40002000u
typedef struct {
    volatile uint32_t CONTROL; /* 0x00 rw: What the ISP makes of the next frame. */
    volatile uint32_t STATUS; /* 0x04 w1c: Events; write 1 to clear. */
    volatile const uint32_t TENSOR_FRAME; /* 0x08 ro: Frame number of the last finished tensor. */
    volatile uint32_t TENSOR_ADDRESS; /* 0x0c rw: Bus address of the tensor's first byte. */
    volatile uint32_t TENSOR_WIDTH; /* 0x10 rw: Columns of the tensor, 1 to 4096. */
    volatile uint32_t TENSOR_HEIGHT; /* 0x14 rw: Rows of the tensor, 1 to 4096. */
    volatile uint32_t TENSOR_FORMAT; /* 0x18 rw: Elements of the tensor. */
    volatile uint32_t TENSOR_MULTIPLIER; /* 0x1c rw: Signed factor of an 8-bit value. */
    volatile uint32_t TENSOR_BIAS; /* 0x20 rw: Signed addend before the shift. */
    volatile uint32_t TENSOR_SHIFT; /* 0x24 rw: Arithmetic right shift, 0 to 31. */
    volatile uint32_t TENSOR_OFFSET; /* 0x28 rw: Signed addend after the shift. */
    volatile uint32_t TENSOR_CLAMP_MIN; /* 0x2c rw: Smallest element, signed. */
    volatile uint32_t TENSOR_CLAMP_MAX; /* 0x30 rw: Largest element, signed. */
    volatile uint32_t WINDOW_X; /* 0x34 rw: First column that the tensor is made of. */
    volatile uint32_t WINDOW_Y; /* 0x38 rw: First row that the tensor is made of. */
    volatile uint32_t WINDOW_WIDTH; /* 0x3c rw: Columns of the window; 0: up to the border. */
    volatile uint32_t WINDOW_HEIGHT; /* 0x40 rw: Rows of the window; 0: up to the border. */
    volatile uint32_t BLACK_LEVEL; /* 0x44 rw: Pedestal on the 12-bit scale. */
    volatile uint32_t GAIN_R; /* 0x48 rw: White balance times digital gain, 8.8 fixed, 1 to 4095. */
    volatile uint32_t GAIN_GR; /* 0x4c rw: White balance times digital gain, 8.8 fixed, 1 to 4095. */
    volatile uint32_t GAIN_GB; /* 0x50 rw: White balance times digital gain, 8.8 fixed, 1 to 4095. */
    volatile uint32_t GAIN_B; /* 0x54 rw: White balance times digital gain, 8.8 fixed, 1 to 4095. */
    volatile uint32_t CCM_RR; /* 0x58 rw: Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_RG; /* 0x5c rw: Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_RB; /* 0x60 rw: Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_GR; /* 0x64 rw: Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_GG; /* 0x68 rw: Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_GB; /* 0x6c rw: Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_BR; /* 0x70 rw: Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_BG; /* 0x74 rw: Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_BB; /* 0x78 rw: Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    uint32_t reserved0[33];
    volatile uint32_t GAMMA_00; /* 0x100 rw: Tone curve, knot 00, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_01; /* 0x104 rw: Tone curve, knot 01, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_02; /* 0x108 rw: Tone curve, knot 02, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_03; /* 0x10c rw: Tone curve, knot 03, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_04; /* 0x110 rw: Tone curve, knot 04, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_05; /* 0x114 rw: Tone curve, knot 05, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_06; /* 0x118 rw: Tone curve, knot 06, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_07; /* 0x11c rw: Tone curve, knot 07, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_08; /* 0x120 rw: Tone curve, knot 08, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_09; /* 0x124 rw: Tone curve, knot 09, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_10; /* 0x128 rw: Tone curve, knot 10, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_11; /* 0x12c rw: Tone curve, knot 11, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_12; /* 0x130 rw: Tone curve, knot 12, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_13; /* 0x134 rw: Tone curve, knot 13, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_14; /* 0x138 rw: Tone curve, knot 14, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_15; /* 0x13c rw: Tone curve, knot 15, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_16; /* 0x140 rw: Tone curve, knot 16, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_17; /* 0x144 rw: Tone curve, knot 17, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_18; /* 0x148 rw: Tone curve, knot 18, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_19; /* 0x14c rw: Tone curve, knot 19, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_20; /* 0x150 rw: Tone curve, knot 20, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_21; /* 0x154 rw: Tone curve, knot 21, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_22; /* 0x158 rw: Tone curve, knot 22, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_23; /* 0x15c rw: Tone curve, knot 23, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_24; /* 0x160 rw: Tone curve, knot 24, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_25; /* 0x164 rw: Tone curve, knot 25, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_26; /* 0x168 rw: Tone curve, knot 26, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_27; /* 0x16c rw: Tone curve, knot 27, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_28; /* 0x170 rw: Tone curve, knot 28, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_29; /* 0x174 rw: Tone curve, knot 29, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_30; /* 0x178 rw: Tone curve, knot 30, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_31; /* 0x17c rw: Tone curve, knot 31, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_32; /* 0x180 rw: Tone curve, knot 32, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_33; /* 0x184 rw: Tone curve, knot 33, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_34; /* 0x188 rw: Tone curve, knot 34, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_35; /* 0x18c rw: Tone curve, knot 35, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_36; /* 0x190 rw: Tone curve, knot 36, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_37; /* 0x194 rw: Tone curve, knot 37, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_38; /* 0x198 rw: Tone curve, knot 38, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_39; /* 0x19c rw: Tone curve, knot 39, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_40; /* 0x1a0 rw: Tone curve, knot 40, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_41; /* 0x1a4 rw: Tone curve, knot 41, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_42; /* 0x1a8 rw: Tone curve, knot 42, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_43; /* 0x1ac rw: Tone curve, knot 43, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_44; /* 0x1b0 rw: Tone curve, knot 44, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_45; /* 0x1b4 rw: Tone curve, knot 45, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_46; /* 0x1b8 rw: Tone curve, knot 46, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_47; /* 0x1bc rw: Tone curve, knot 47, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_48; /* 0x1c0 rw: Tone curve, knot 48, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_49; /* 0x1c4 rw: Tone curve, knot 49, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_50; /* 0x1c8 rw: Tone curve, knot 50, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_51; /* 0x1cc rw: Tone curve, knot 51, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_52; /* 0x1d0 rw: Tone curve, knot 52, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_53; /* 0x1d4 rw: Tone curve, knot 53, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_54; /* 0x1d8 rw: Tone curve, knot 54, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_55; /* 0x1dc rw: Tone curve, knot 55, 8.4 fixed. Reset: the curve of isp.gamma. */
    volatile uint32_t GAMMA_56; /* 0x1e0 rw: Tone curve, knot 56, 8.4 fixed. Reset: the curve of isp.gamma. */
    uint32_t reserved1[7];
    volatile const uint32_t STATISTICS_FRAME; /* 0x200 ro: Frame that the STATISTICS registers describe. */
    volatile const uint32_t STATISTICS_VALID; /* 0x204 ro: Whether the numbers were measured. */
    volatile const uint32_t STATISTICS_PIXELS; /* 0x208 ro: 2x2 cells that were measured. */
    volatile const uint32_t STATISTICS_LUMA_MEAN; /* 0x20c ro: Mean luma of the window after white balance, 8.8 fixed, 0 to 255 and a fraction. */
    volatile const uint32_t STATISTICS_CLIPPED; /* 0x210 ro: Cells with a clipped sample. */
    volatile const uint32_t STATISTICS_DARK; /* 0x214 ro: Cells at the black level. */
    volatile const uint32_t STATISTICS_MEAN_R; /* 0x218 ro: Mean of red after white balance, 8.8 fixed. */
    volatile const uint32_t STATISTICS_MEAN_G; /* 0x21c ro: Mean of green after white balance, 8.8 fixed. */
    volatile const uint32_t STATISTICS_MEAN_B; /* 0x220 ro: Mean of blue after white balance, 8.8 fixed. */
    uint32_t reserved2[7];
    volatile const uint32_t STATISTICS_HISTOGRAM_00; /* 0x240 ro: Cells whose luma is in the sixteenth 00 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_01; /* 0x244 ro: Cells whose luma is in the sixteenth 01 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_02; /* 0x248 ro: Cells whose luma is in the sixteenth 02 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_03; /* 0x24c ro: Cells whose luma is in the sixteenth 03 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_04; /* 0x250 ro: Cells whose luma is in the sixteenth 04 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_05; /* 0x254 ro: Cells whose luma is in the sixteenth 05 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_06; /* 0x258 ro: Cells whose luma is in the sixteenth 06 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_07; /* 0x25c ro: Cells whose luma is in the sixteenth 07 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_08; /* 0x260 ro: Cells whose luma is in the sixteenth 08 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_09; /* 0x264 ro: Cells whose luma is in the sixteenth 09 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_10; /* 0x268 ro: Cells whose luma is in the sixteenth 10 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_11; /* 0x26c ro: Cells whose luma is in the sixteenth 11 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_12; /* 0x270 ro: Cells whose luma is in the sixteenth 12 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_13; /* 0x274 ro: Cells whose luma is in the sixteenth 13 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_14; /* 0x278 ro: Cells whose luma is in the sixteenth 14 of the range. */
    volatile const uint32_t STATISTICS_HISTOGRAM_15; /* 0x27c ro: Cells whose luma is in the sixteenth 15 of the range. */
    uint32_t reserved3[32];
    volatile const uint32_t COUNTER_FRAMES; /* 0x300 ro: Frames that began. */
    volatile const uint32_t COUNTER_ROWS_IN; /* 0x304 ro: Rows that arrived. */
    volatile const uint32_t COUNTER_ROWS_OUT; /* 0x308 ro: Rows sent to the transmitter. */
    volatile const uint32_t COUNTER_ROWS_LOST; /* 0x30c ro: Rows lost because the input buffer was full. */
    volatile const uint32_t COUNTER_INPUT_ROWS_PEAK; /* 0x310 ro: Most rows in the input buffer at once. */
    volatile const uint32_t COUNTER_TENSORS; /* 0x314 ro: Tensors completed. */
    volatile const uint32_t COUNTER_TENSORS_UNFINISHED; /* 0x318 ro: Tensors given up because the next frame began before their last row. */
    volatile const uint32_t COUNTER_TENSOR_ROWS; /* 0x31c ro: Tensor rows written to memory. */
    volatile const uint32_t COUNTER_TENSOR_ROWS_LOST; /* 0x320 ro: Tensor rows not written because the memory was too slow. */
    volatile const uint32_t COUNTER_BUS_ERRORS; /* 0x324 ro: Tensor bursts that were refused. */
    volatile const uint32_t COUNTER_CONFIG_ERRORS; /* 0x328 ro: Frames whose settings could not be followed. */
    uint32_t reserved4[5];
    volatile const uint32_t COUNTER_BUSY_CYCLES_LOW; /* 0x340 ro: Clocks in which the pipeline worked. Lower half. */
    volatile const uint32_t COUNTER_BUSY_CYCLES_HIGH; /* 0x344 ro: Clocks in which the pipeline worked. Upper half. */
    volatile const uint32_t COUNTER_TENSOR_BYTES_LOW; /* 0x348 ro: Tensor bytes written to memory. Lower half. */
    volatile const uint32_t COUNTER_TENSOR_BYTES_HIGH; /* 0x34c ro: Tensor bytes written to memory. Upper half. */
} ocellus_isp_t;
#define OCELLUS_ISP ((ocellus_isp_t *)OCELLUS_ISP_BASE)
#define ISP_CONTROL_OUTPUT_Pos 0u
#define ISP_CONTROL_OUTPUT_Msk (0x3u << 0) /* What goes to the transmitter. */
#define ISP_CONTROL_OUTPUT_NONE 0u /* Nothing. */
#define ISP_CONTROL_OUTPUT_RAW 1u /* Raw rows. */
#define ISP_CONTROL_OUTPUT_PICTURE 2u /* The ISP's picture. */
#define ISP_CONTROL_IMAGE_FORMAT_Pos 2u
#define ISP_CONTROL_IMAGE_FORMAT_Msk (0x1u << 2) /* Pixels of the picture. */
#define ISP_CONTROL_IMAGE_FORMAT_YUV422 0u /* YUV 4:2:2. */
#define ISP_CONTROL_IMAGE_FORMAT_RGB888 1u /* RGB, 8 bits each. */
#define ISP_CONTROL_IMAGE_SCALE_Pos 4u
#define ISP_CONTROL_IMAGE_SCALE_Msk (0x3u << 4) /* Box scale of the picture. */
#define ISP_CONTROL_IMAGE_SCALE_FULL 0u /* Full size. */
#define ISP_CONTROL_IMAGE_SCALE_HALF 1u /* Half width and height. */
#define ISP_CONTROL_IMAGE_SCALE_QUARTER 2u /* A quarter of width and height. */
#define ISP_CONTROL_COLOUR_ORDER_Pos 6u
#define ISP_CONTROL_COLOUR_ORDER_Msk (0x3u << 6) /* Colours of the first pixels. */
#define ISP_CONTROL_COLOUR_ORDER_RGGB 0u /* Red first. */
#define ISP_CONTROL_COLOUR_ORDER_GRBG 1u /* Green of the red row first. */
#define ISP_CONTROL_COLOUR_ORDER_GBRG 2u /* Green of the blue row first. */
#define ISP_CONTROL_COLOUR_ORDER_BGGR 3u /* Blue first. */
#define ISP_CONTROL_TENSOR_ENABLE_Pos 8u
#define ISP_CONTROL_TENSOR_ENABLE_Msk (0x1u << 8) /* Write the scaled tensor of the next frame; cleared when a frame takes it. */
#define ISP_STATUS_TENSOR_DONE_Pos 0u
#define ISP_STATUS_TENSOR_DONE_Msk (0x1u << 0) /* The last row of a tensor is in memory; drives tensor_irq. */
#define ISP_STATUS_OVERFLOW_Pos 1u
#define ISP_STATUS_OVERFLOW_Msk (0x1u << 1) /* An input row or a tensor row was lost. */
#define ISP_STATUS_CONFIG_ERROR_Pos 2u
#define ISP_STATUS_CONFIG_ERROR_Msk (0x1u << 2) /* A frame began with settings that cannot be followed. */
#define ISP_STATUS_BUS_ERROR_Pos 3u
#define ISP_STATUS_BUS_ERROR_Msk (0x1u << 3) /* A tensor burst was refused. */
#define ISP_STATUS_STATISTICS_DONE_Pos 4u
#define ISP_STATUS_STATISTICS_DONE_Msk (0x1u << 4) /* The exposure statistics of a frame are complete; drives statistics_irq. */
#define ISP_TENSOR_WIDTH_VALUE_Pos 0u
#define ISP_TENSOR_WIDTH_VALUE_Msk (0x1fffu << 0) /* Columns. */
#define ISP_TENSOR_HEIGHT_VALUE_Pos 0u
#define ISP_TENSOR_HEIGHT_VALUE_Msk (0x1fffu << 0) /* Rows. */
#define ISP_TENSOR_FORMAT_CHANNELS_Pos 0u
#define ISP_TENSOR_FORMAT_CHANNELS_Msk (0x3u << 0) /* 3 for colour, 1 for luma. */
#define ISP_TENSOR_FORMAT_BGR_Pos 2u
#define ISP_TENSOR_FORMAT_BGR_Msk (0x1u << 2) /* Blue first. */
#define ISP_TENSOR_FORMAT_SIGNED_Pos 3u
#define ISP_TENSOR_FORMAT_SIGNED_Msk (0x1u << 3) /* Elements are int8; else uint8. For readers: the map does it all. */
#define ISP_TENSOR_SHIFT_VALUE_Pos 0u
#define ISP_TENSOR_SHIFT_VALUE_Msk (0x1fu << 0) /* Arithmetic right shift, 0 to 31. */
#define ISP_WINDOW_X_VALUE_Pos 0u
#define ISP_WINDOW_X_VALUE_Msk (0xffffu << 0) /* First column that the tensor is made of. */
#define ISP_WINDOW_Y_VALUE_Pos 0u
#define ISP_WINDOW_Y_VALUE_Msk (0xffffu << 0) /* First row that the tensor is made of. */
#define ISP_WINDOW_WIDTH_VALUE_Pos 0u
#define ISP_WINDOW_WIDTH_VALUE_Msk (0xffffu << 0) /* Columns of the window; 0: up to the border. */
#define ISP_WINDOW_HEIGHT_VALUE_Pos 0u
#define ISP_WINDOW_HEIGHT_VALUE_Msk (0xffffu << 0) /* Rows of the window; 0: up to the border. */
#define ISP_BLACK_LEVEL_VALUE_Pos 0u
#define ISP_BLACK_LEVEL_VALUE_Msk (0xfffu << 0) /* Pedestal on the 12-bit scale. */
#define ISP_GAIN_R_VALUE_Pos 0u
#define ISP_GAIN_R_VALUE_Msk (0xfffu << 0) /* White balance times digital gain, 8.8 fixed, 1 to 4095. */
#define ISP_GAIN_GR_VALUE_Pos 0u
#define ISP_GAIN_GR_VALUE_Msk (0xfffu << 0) /* White balance times digital gain, 8.8 fixed, 1 to 4095. */
#define ISP_GAIN_GB_VALUE_Pos 0u
#define ISP_GAIN_GB_VALUE_Msk (0xfffu << 0) /* White balance times digital gain, 8.8 fixed, 1 to 4095. */
#define ISP_GAIN_B_VALUE_Pos 0u
#define ISP_GAIN_B_VALUE_Msk (0xfffu << 0) /* White balance times digital gain, 8.8 fixed, 1 to 4095. */
#define ISP_CCM_RR_VALUE_Pos 0u
#define ISP_CCM_RR_VALUE_Msk (0x1fffu << 0) /* Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
#define ISP_CCM_RG_VALUE_Pos 0u
#define ISP_CCM_RG_VALUE_Msk (0x1fffu << 0) /* Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
#define ISP_CCM_RB_VALUE_Pos 0u
#define ISP_CCM_RB_VALUE_Msk (0x1fffu << 0) /* Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
#define ISP_CCM_GR_VALUE_Pos 0u
#define ISP_CCM_GR_VALUE_Msk (0x1fffu << 0) /* Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
#define ISP_CCM_GG_VALUE_Pos 0u
#define ISP_CCM_GG_VALUE_Msk (0x1fffu << 0) /* Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
#define ISP_CCM_GB_VALUE_Pos 0u
#define ISP_CCM_GB_VALUE_Msk (0x1fffu << 0) /* Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
#define ISP_CCM_BR_VALUE_Pos 0u
#define ISP_CCM_BR_VALUE_Msk (0x1fffu << 0) /* Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
#define ISP_CCM_BG_VALUE_Pos 0u
#define ISP_CCM_BG_VALUE_Msk (0x1fffu << 0) /* Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
#define ISP_CCM_BB_VALUE_Pos 0u
#define ISP_CCM_BB_VALUE_Msk (0x1fffu << 0) /* Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
#define ISP_GAMMA_00_VALUE_Pos 0u
#define ISP_GAMMA_00_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_01_VALUE_Pos 0u
#define ISP_GAMMA_01_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_02_VALUE_Pos 0u
#define ISP_GAMMA_02_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_03_VALUE_Pos 0u
#define ISP_GAMMA_03_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_04_VALUE_Pos 0u
#define ISP_GAMMA_04_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_05_VALUE_Pos 0u
#define ISP_GAMMA_05_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_06_VALUE_Pos 0u
#define ISP_GAMMA_06_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_07_VALUE_Pos 0u
#define ISP_GAMMA_07_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_08_VALUE_Pos 0u
#define ISP_GAMMA_08_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_09_VALUE_Pos 0u
#define ISP_GAMMA_09_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_10_VALUE_Pos 0u
#define ISP_GAMMA_10_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_11_VALUE_Pos 0u
#define ISP_GAMMA_11_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_12_VALUE_Pos 0u
#define ISP_GAMMA_12_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_13_VALUE_Pos 0u
#define ISP_GAMMA_13_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_14_VALUE_Pos 0u
#define ISP_GAMMA_14_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_15_VALUE_Pos 0u
#define ISP_GAMMA_15_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_16_VALUE_Pos 0u
#define ISP_GAMMA_16_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_17_VALUE_Pos 0u
#define ISP_GAMMA_17_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_18_VALUE_Pos 0u
#define ISP_GAMMA_18_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_19_VALUE_Pos 0u
#define ISP_GAMMA_19_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_20_VALUE_Pos 0u
#define ISP_GAMMA_20_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_21_VALUE_Pos 0u
#define ISP_GAMMA_21_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_22_VALUE_Pos 0u
#define ISP_GAMMA_22_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_23_VALUE_Pos 0u
#define ISP_GAMMA_23_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_24_VALUE_Pos 0u
#define ISP_GAMMA_24_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_25_VALUE_Pos 0u
#define ISP_GAMMA_25_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_26_VALUE_Pos 0u
#define ISP_GAMMA_26_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_27_VALUE_Pos 0u
#define ISP_GAMMA_27_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_28_VALUE_Pos 0u
#define ISP_GAMMA_28_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_29_VALUE_Pos 0u
#define ISP_GAMMA_29_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_30_VALUE_Pos 0u
#define ISP_GAMMA_30_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_31_VALUE_Pos 0u
#define ISP_GAMMA_31_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_32_VALUE_Pos 0u
#define ISP_GAMMA_32_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_33_VALUE_Pos 0u
#define ISP_GAMMA_33_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_34_VALUE_Pos 0u
#define ISP_GAMMA_34_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_35_VALUE_Pos 0u
#define ISP_GAMMA_35_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_36_VALUE_Pos 0u
#define ISP_GAMMA_36_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_37_VALUE_Pos 0u
#define ISP_GAMMA_37_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_38_VALUE_Pos 0u
#define ISP_GAMMA_38_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_39_VALUE_Pos 0u
#define ISP_GAMMA_39_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_40_VALUE_Pos 0u
#define ISP_GAMMA_40_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_41_VALUE_Pos 0u
#define ISP_GAMMA_41_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_42_VALUE_Pos 0u
#define ISP_GAMMA_42_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_43_VALUE_Pos 0u
#define ISP_GAMMA_43_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_44_VALUE_Pos 0u
#define ISP_GAMMA_44_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_45_VALUE_Pos 0u
#define ISP_GAMMA_45_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_46_VALUE_Pos 0u
#define ISP_GAMMA_46_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_47_VALUE_Pos 0u
#define ISP_GAMMA_47_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_48_VALUE_Pos 0u
#define ISP_GAMMA_48_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_49_VALUE_Pos 0u
#define ISP_GAMMA_49_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_50_VALUE_Pos 0u
#define ISP_GAMMA_50_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_51_VALUE_Pos 0u
#define ISP_GAMMA_51_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_52_VALUE_Pos 0u
#define ISP_GAMMA_52_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_53_VALUE_Pos 0u
#define ISP_GAMMA_53_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_54_VALUE_Pos 0u
#define ISP_GAMMA_54_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_55_VALUE_Pos 0u
#define ISP_GAMMA_55_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_GAMMA_56_VALUE_Pos 0u
#define ISP_GAMMA_56_VALUE_Msk (0xfffu << 0) /* Knot. */
#define ISP_STATISTICS_VALID_VALID_Pos 0u
#define ISP_STATISTICS_VALID_VALID_Msk (0x1u << 0) /* 0: none yet, or a timing-only run. */

/* NPU: CNN processor: runs the networks that the host has loaded. */
#define OCELLUS_NPU_BASE 0x40003000u
typedef struct {
    volatile const uint32_t ID; /* 0x00 ro: Identifies the block: "NPU", version 1. */
    volatile uint32_t CONTROL; /* 0x04 wo: Starts and aborts jobs. */
    volatile uint32_t STATUS; /* 0x08 w1c: State of the engine; done_irq is high while an enabled DONE or ERROR bit is set. */
    volatile uint32_t IRQ_ENABLE; /* 0x0c rw: Which STATUS bits raise done_irq. */
    volatile const uint32_t ERROR_CODE; /* 0x10 ro: Why ERROR is set. */
    volatile uint32_t NETWORK; /* 0x14 rw: Number of the network to run. */
    volatile const uint32_t NETWORK_COUNT; /* 0x18 ro: Networks that are loaded. */
    volatile uint32_t INPUT_ADDRESS; /* 0x1c rw: Bus address of the input tensor, a multiple of 64. It must stay until DONE. */
    volatile const uint32_t INPUT_BYTES; /* 0x20 ro: Size of the selected network's input tensor. */
    volatile uint32_t JOB_ID; /* 0x24 rw: Tag of the next job, such as its frame number. */
    volatile const uint32_t DONE_ID; /* 0x28 ro: Tag of the last finished job. */
    volatile const uint32_t OUTPUT_COUNT; /* 0x2c ro: Output tensors of the selected network. */
    volatile uint32_t OUTPUT_INDEX; /* 0x30 rw: Which output OUTPUT_ADDRESS and OUTPUT_BYTES describe. */
    volatile const uint32_t OUTPUT_ADDRESS; /* 0x34 ro: Bus address of that output; valid from DONE until the next START. 0: no such output. */
    volatile const uint32_t OUTPUT_BYTES; /* 0x38 ro: Bytes of that output. */
    uint32_t reserved0[1];
    volatile const uint32_t CYCLES; /* 0x40 ro: NPU cycles of the last job. */
    volatile const uint32_t COMPUTE_CYCLES; /* 0x44 ro: Array cycles of the last job. */
    volatile const uint32_t LOAD_CYCLES; /* 0x48 ro: Bus cycles of the last job's reads. */
    volatile const uint32_t STORE_CYCLES; /* 0x4c ro: Bus cycles of the last job's writes. */
    volatile const uint32_t FIXED_CYCLES; /* 0x50 ro: Control cycles of the last job. */
    volatile const uint32_t STALL_CYCLES; /* 0x54 ro: Cycles of the last job lost to the memory. */
    volatile const uint32_t MACS; /* 0x58 ro: Multiply-accumulates of the last job, low 32 bits. */
    uint32_t reserved1[9];
    volatile const uint32_t COUNTER_JOBS; /* 0x80 ro: Finished jobs. */
    volatile const uint32_t COUNTER_ERRORS; /* 0x84 ro: Refused starts and abandoned jobs. */
    volatile const uint32_t COUNTER_CYCLES_LOW; /* 0x88 ro: NPU cycles of all finished jobs. Lower half. */
    volatile const uint32_t COUNTER_CYCLES_HIGH; /* 0x8c ro: NPU cycles of all finished jobs. Upper half. */
    volatile const uint32_t COUNTER_CYCLES_COMPUTE_LOW; /* 0x90 ro: Cycles in which the array computed. Lower half. */
    volatile const uint32_t COUNTER_CYCLES_COMPUTE_HIGH; /* 0x94 ro: Cycles in which the array computed. Upper half. */
    volatile const uint32_t COUNTER_CYCLES_LOAD_LOW; /* 0x98 ro: Bus cycles of reads, at full bus width. Lower half. */
    volatile const uint32_t COUNTER_CYCLES_LOAD_HIGH; /* 0x9c ro: Bus cycles of reads, at full bus width. Upper half. */
    volatile const uint32_t COUNTER_CYCLES_STORE_LOW; /* 0xa0 ro: Bus cycles of writes, at full bus width. Lower half. */
    volatile const uint32_t COUNTER_CYCLES_STORE_HIGH; /* 0xa4 ro: Bus cycles of writes, at full bus width. Upper half. */
    volatile const uint32_t COUNTER_CYCLES_FIXED_LOW; /* 0xa8 ro: Control cycles, once a pass. Lower half. */
    volatile const uint32_t COUNTER_CYCLES_FIXED_HIGH; /* 0xac ro: Control cycles, once a pass. Upper half. */
    volatile const uint32_t COUNTER_CYCLES_STALL_LOW; /* 0xb0 ro: Cycles beyond the unloaded time: latency and conflicts of the memory. Lower half. */
    volatile const uint32_t COUNTER_CYCLES_STALL_HIGH; /* 0xb4 ro: Cycles beyond the unloaded time: latency and conflicts of the memory. Upper half. */
    volatile const uint32_t COUNTER_MACS_LOW; /* 0xb8 ro: Multiply-accumulates. Lower half. */
    volatile const uint32_t COUNTER_MACS_HIGH; /* 0xbc ro: Multiply-accumulates. Upper half. */
    volatile const uint32_t COUNTER_MEMORY_READ_LOW; /* 0xc0 ro: Bytes read from SRAM. Lower half. */
    volatile const uint32_t COUNTER_MEMORY_READ_HIGH; /* 0xc4 ro: Bytes read from SRAM. Upper half. */
    volatile const uint32_t COUNTER_MEMORY_WRITE_LOW; /* 0xc8 ro: Bytes written to SRAM. Lower half. */
    volatile const uint32_t COUNTER_MEMORY_WRITE_HIGH; /* 0xcc ro: Bytes written to SRAM. Upper half. */
    volatile const uint32_t COUNTER_MEMORY_BURSTS_LOW; /* 0xd0 ro: Bursts to SRAM. Lower half. */
    volatile const uint32_t COUNTER_MEMORY_BURSTS_HIGH; /* 0xd4 ro: Bursts to SRAM. Upper half. */
} ocellus_npu_t;
#define OCELLUS_NPU ((ocellus_npu_t *)OCELLUS_NPU_BASE)
#define NPU_CONTROL_START_Pos 0u
#define NPU_CONTROL_START_Msk (0x1u << 0) /* Starts the selected network on the tensor at INPUT_ADDRESS. */
#define NPU_CONTROL_ABORT_Pos 1u
#define NPU_CONTROL_ABORT_Msk (0x1u << 1) /* Ends the running job with ERROR and code 6; without a job it does nothing. */
#define NPU_STATUS_BUSY_Pos 0u
#define NPU_STATUS_BUSY_Msk (0x1u << 0) /* A job runs. Writing has no effect. */
#define NPU_STATUS_DONE_Pos 1u
#define NPU_STATUS_DONE_Msk (0x1u << 1) /* A job has finished and its results are in memory. Write 1 to clear. */
#define NPU_STATUS_ERROR_Pos 2u
#define NPU_STATUS_ERROR_Msk (0x1u << 2) /* See ERROR_CODE. Write 1 to clear both. */
#define NPU_IRQ_ENABLE_DONE_Pos 1u
#define NPU_IRQ_ENABLE_DONE_Msk (0x1u << 1) /* Raise the interrupt when a job has finished. */
#define NPU_IRQ_ENABLE_ERROR_Pos 2u
#define NPU_IRQ_ENABLE_ERROR_Msk (0x1u << 2) /* Raise the interrupt on an error. */
#define NPU_ERROR_CODE_CODE_Pos 0u
#define NPU_ERROR_CODE_CODE_Msk (0xffu << 0) /* The last error. */
#define NPU_ERROR_CODE_CODE_NONE 0u /* No error. */
#define NPU_ERROR_CODE_CODE_BUSY 1u /* START while a job ran; the job goes on. */
#define NPU_ERROR_CODE_CODE_NETWORK 2u /* NETWORK names none. */
#define NPU_ERROR_CODE_CODE_INPUT 3u /* INPUT_ADDRESS is not aligned to 64 bytes. */
#define NPU_ERROR_CODE_CODE_MEMORY 4u /* The memory refused a burst. */
#define NPU_ERROR_CODE_CODE_DIRECT 5u /* No direct access to the network's memory, or INPUT_ADDRESS outside it. */
#define NPU_ERROR_CODE_CODE_ABORTED 6u /* The job was aborted. */

/* DMA: Copies bytes in memory, in one piece or row by row. */
#define OCELLUS_DMA_BASE 0x40004000u
typedef struct {
    volatile uint32_t CONTROL; /* 0x00 rw: Starts a copy; reads as 0. */
    volatile uint32_t STATUS; /* 0x04 w1c: State of the engine; DONE and ERROR are cleared by writing 1. */
    uint32_t reserved0[1];
    volatile uint32_t IRQ_ENABLE; /* 0x0c rw: STATUS bits that raise done_irq. */
    volatile uint32_t SOURCE; /* 0x10 rw: First byte to read. */
    volatile uint32_t DESTINATION; /* 0x14 rw: First byte to write. */
    volatile uint32_t LENGTH; /* 0x18 rw: Bytes of one row. */
    volatile uint32_t ROWS; /* 0x1c rw: Number of rows; 1 for a plain copy. */
    volatile uint32_t SOURCE_STRIDE; /* 0x20 rw: Distance in bytes between the starts of source rows. */
    volatile uint32_t DESTINATION_STRIDE; /* 0x24 rw: Distance in bytes between the starts of destination rows. */
    volatile const uint32_t ERROR_ADDRESS; /* 0x28 ro: Address of the burst that was refused. */
    volatile const uint32_t BYTES_DONE; /* 0x2c ro: Bytes written so far by the running or last copy. */
} ocellus_dma_t;
#define OCELLUS_DMA ((ocellus_dma_t *)OCELLUS_DMA_BASE)
#define DMA_CONTROL_START_Pos 0u
#define DMA_CONTROL_START_Msk (0x1u << 0) /* Write 1 to start the copy that the registers describe. */
#define DMA_STATUS_BUSY_Pos 0u
#define DMA_STATUS_BUSY_Msk (0x1u << 0) /* A copy is running. */
#define DMA_STATUS_DONE_Pos 1u
#define DMA_STATUS_DONE_Msk (0x1u << 1) /* A copy is complete. */
#define DMA_STATUS_ERROR_Pos 2u
#define DMA_STATUS_ERROR_Msk (0x1u << 2) /* A copy met an error response, or START came while busy. */
#define DMA_IRQ_ENABLE_DONE_Pos 1u
#define DMA_IRQ_ENABLE_DONE_Msk (0x1u << 1) /* A copy is complete. */
#define DMA_IRQ_ENABLE_ERROR_Pos 2u
#define DMA_IRQ_ENABLE_ERROR_Msk (0x1u << 2) /* An error was met. */

/* CSI2: CSI-2 transmitter: image rows and metadata messages on one link. */
#define OCELLUS_CSI2_BASE 0x40005000u
typedef struct {
    volatile uint32_t LANES; /* 0x00 rw: Data lanes: 1, 2 or 4; other values are ignored. Used from the next packet on. Reset: csi2.lanes. */
    volatile const uint32_t VC; /* 0x04 ro: Virtual channels, csi2.image_vc and csi2.metadata_vc. */
    volatile uint32_t STATUS; /* 0x08 w1c: What happened since the bits were last cleared. */
    volatile uint32_t IRQ_ENABLE; /* 0x0c rw: STATUS bits that raise sent_irq. */
    volatile const uint32_t LINES_LOST; /* 0x10 ro: Image rows lost since reset. */
    volatile const uint32_t FRAMES; /* 0x14 ro: Image frames sent since reset. */
    uint32_t reserved0[2];
    volatile uint32_t METADATA_ADDRESS; /* 0x20 rw: Bus address of the first byte of the next message. */
    volatile uint32_t METADATA_LENGTH; /* 0x24 rw: Bytes of the next message. */
    volatile uint32_t METADATA_FRAME; /* 0x28 rw: Frame the next message belongs to, counted from 0. */
    volatile uint32_t METADATA_SEND; /* 0x2c wo: Queues a message; its address, length and frame are sampled now, its bytes when they are sent. */
    volatile const uint32_t METADATA_QUEUED; /* 0x30 ro: Messages waiting or being sent. */
    volatile const uint32_t METADATA_SENT; /* 0x34 ro: Messages whose last bit has left since reset, those cut short included. */
    uint32_t reserved1[18];
    volatile const uint32_t COUNTER_PACKETS; /* 0x80 ro: Packets sent. */
    volatile const uint32_t COUNTER_FRAMES; /* 0x84 ro: Image frames sent (frame end packets). */
    volatile const uint32_t COUNTER_LINES; /* 0x88 ro: Image rows sent. */
    volatile const uint32_t COUNTER_LINES_LOST; /* 0x8c ro: Image rows lost because the line FIFO was full. */
    volatile const uint32_t COUNTER_FRAMES_DAMAGED; /* 0x90 ro: Image frames that lost at least one row. */
    volatile const uint32_t COUNTER_FIFO_PEAK; /* 0x94 ro: Most rows held at once, the one being sent included. */
    volatile const uint32_t COUNTER_METADATA_MESSAGES; /* 0x98 ro: Metadata messages sent. */
    volatile const uint32_t COUNTER_METADATA_LINES; /* 0x9c ro: Metadata lines sent. */
    volatile const uint32_t COUNTER_METADATA_REJECTED; /* 0xa0 ro: Metadata messages refused: queue full or length 0. */
    volatile const uint32_t COUNTER_METADATA_FAILED; /* 0xa4 ro: Metadata messages cut short because memory answered with an error. */
    volatile const uint32_t COUNTER_WIRE_BYTES_LOW; /* 0xa8 ro: Bytes sent, headers and checksums included. Lower half. */
    volatile const uint32_t COUNTER_WIRE_BYTES_HIGH; /* 0xac ro: Bytes sent, headers and checksums included. Upper half. */
} ocellus_csi2_t;
#define OCELLUS_CSI2 ((ocellus_csi2_t *)OCELLUS_CSI2_BASE)
#define CSI2_VC_IMAGE_Pos 0u
#define CSI2_VC_IMAGE_Msk (0x3u << 0) /* Channel of the image. */
#define CSI2_VC_METADATA_Pos 4u
#define CSI2_VC_METADATA_Msk (0x3u << 4) /* Channel of the metadata. */
#define CSI2_STATUS_SENT_Pos 0u
#define CSI2_STATUS_SENT_Msk (0x1u << 0) /* The last bit of a metadata message has left. */
#define CSI2_STATUS_REJECTED_Pos 1u
#define CSI2_STATUS_REJECTED_Msk (0x1u << 1) /* METADATA_SEND came while the queue was full, or with LENGTH 0. */
#define CSI2_STATUS_ERROR_Pos 2u
#define CSI2_STATUS_ERROR_Msk (0x1u << 2) /* Memory answered with an error; the message was cut short. */
#define CSI2_STATUS_LINES_LOST_Pos 3u
#define CSI2_STATUS_LINES_LOST_Msk (0x1u << 3) /* An image row was lost: the line FIFO was full. */
#define CSI2_IRQ_ENABLE_SENT_Pos 0u
#define CSI2_IRQ_ENABLE_SENT_Msk (0x1u << 0) /* The last bit of a metadata message has left. */
#define CSI2_IRQ_ENABLE_REJECTED_Pos 1u
#define CSI2_IRQ_ENABLE_REJECTED_Msk (0x1u << 1) /* METADATA_SEND came while the queue was full, or with LENGTH 0. */
#define CSI2_IRQ_ENABLE_ERROR_Pos 2u
#define CSI2_IRQ_ENABLE_ERROR_Msk (0x1u << 2) /* Memory answered with an error; the message was cut short. */
#define CSI2_IRQ_ENABLE_LINES_LOST_Pos 3u
#define CSI2_IRQ_ENABLE_LINES_LOST_Msk (0x1u << 3) /* An image row was lost: the line FIFO was full. */
#define CSI2_METADATA_SEND_START_Pos 0u
#define CSI2_METADATA_SEND_START_Msk (0x1u << 0) /* Write 1 to queue the message. */
#define CSI2_METADATA_SEND_PIXEL_DERIVED_Pos 1u
#define CSI2_METADATA_SEND_PIXEL_DERIVED_Msk (0x1u << 1) /* The message holds an input tensor or other pixels. */

/* INTERRUPT_CONTROLLER: Collects the interrupt lines of the blocks into the external interrupt of the hart. */
#define OCELLUS_INTERRUPT_CONTROLLER_BASE 0x40006000u
typedef struct {
    volatile const uint32_t PENDING; /* 0x00 ro: Sources that ask for service, one bit each, and are not in service. */
    volatile uint32_t ENABLE; /* 0x04 rw: Sources that may interrupt, one bit each. */
    volatile uint32_t THRESHOLD; /* 0x08 rw: Only sources of a higher priority interrupt. */
    volatile uint32_t CLAIM; /* 0x0c rw: Reading claims the most urgent source (0: none); writing its number completes it. */
    uint32_t reserved0[29];
    volatile uint32_t PRIORITY1; /* 0x84 rw: Priority of source 1; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY2; /* 0x88 rw: Priority of source 2; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY3; /* 0x8c rw: Priority of source 3; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY4; /* 0x90 rw: Priority of source 4; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY5; /* 0x94 rw: Priority of source 5; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY6; /* 0x98 rw: Priority of source 6; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY7; /* 0x9c rw: Priority of source 7; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY8; /* 0xa0 rw: Priority of source 8; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY9; /* 0xa4 rw: Priority of source 9; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY10; /* 0xa8 rw: Priority of source 10; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY11; /* 0xac rw: Priority of source 11; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY12; /* 0xb0 rw: Priority of source 12; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY13; /* 0xb4 rw: Priority of source 13; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY14; /* 0xb8 rw: Priority of source 14; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY15; /* 0xbc rw: Priority of source 15; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY16; /* 0xc0 rw: Priority of source 16; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY17; /* 0xc4 rw: Priority of source 17; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY18; /* 0xc8 rw: Priority of source 18; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY19; /* 0xcc rw: Priority of source 19; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY20; /* 0xd0 rw: Priority of source 20; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY21; /* 0xd4 rw: Priority of source 21; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY22; /* 0xd8 rw: Priority of source 22; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY23; /* 0xdc rw: Priority of source 23; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY24; /* 0xe0 rw: Priority of source 24; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY25; /* 0xe4 rw: Priority of source 25; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY26; /* 0xe8 rw: Priority of source 26; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY27; /* 0xec rw: Priority of source 27; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY28; /* 0xf0 rw: Priority of source 28; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY29; /* 0xf4 rw: Priority of source 29; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY30; /* 0xf8 rw: Priority of source 30; of a source without a line it has no effect. */
    volatile uint32_t PRIORITY31; /* 0xfc rw: Priority of source 31; of a source without a line it has no effect. */
} ocellus_interrupt_controller_t;
#define OCELLUS_INTERRUPT_CONTROLLER ((ocellus_interrupt_controller_t *)OCELLUS_INTERRUPT_CONTROLLER_BASE)
#define INTERRUPT_CONTROLLER_THRESHOLD_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_THRESHOLD_PRIORITY_Msk (0x7u << 0) /* 0 lets all pass, 7 none. */
#define INTERRUPT_CONTROLLER_CLAIM_SOURCE_Pos 0u
#define INTERRUPT_CONTROLLER_CLAIM_SOURCE_Msk (0x1fu << 0) /* Number of the source. */
#define INTERRUPT_CONTROLLER_PRIORITY1_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY1_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY2_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY2_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY3_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY3_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY4_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY4_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY5_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY5_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY6_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY6_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY7_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY7_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY8_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY8_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY9_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY9_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY10_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY10_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY11_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY11_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY12_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY12_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY13_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY13_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY14_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY14_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY15_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY15_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY16_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY16_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY17_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY17_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY18_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY18_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY19_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY19_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY20_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY20_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY21_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY21_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY22_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY22_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY23_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY23_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY24_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY24_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY25_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY25_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY26_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY26_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY27_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY27_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY28_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY28_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY29_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY29_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY30_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY30_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */
#define INTERRUPT_CONTROLLER_PRIORITY31_PRIORITY_Pos 0u
#define INTERRUPT_CONTROLLER_PRIORITY31_PRIORITY_Msk (0x7u << 0) /* 0 never interrupts, 7 is the highest. */

/* SYSTEM: Identity, boot and reset of the chip. */
#define OCELLUS_SYSTEM_BASE 0x40007000u
typedef struct {
    volatile const uint32_t CHIP_ID; /* 0x00 ro: Identifies the chip. */
    volatile const uint32_t VERSION; /* 0x04 ro: Version of the register map. */
    volatile uint32_t BOOT_ENTRY; /* 0x08 rw: Where the boot ROM jumps to; 0: it waits. */
    volatile uint32_t BOOT_INFO; /* 0x0c rw: Bus address of the boot information; 0: none. */
    volatile const uint32_t BOOT_REASON; /* 0x10 ro: Why the chip last left reset. */
    volatile uint32_t RESET; /* 0x14 wo: Resets the CPU and the blocks when the key 0x5AFE is written. */
    uint32_t reserved0[2];
    volatile uint32_t SCRATCH0; /* 0x20 rw: Kept over a reset, for software to use. */
    volatile uint32_t SCRATCH1; /* 0x24 rw: Kept over a reset, for software to use. */
    volatile uint32_t SCRATCH2; /* 0x28 rw: Kept over a reset, for software to use. */
    volatile uint32_t SCRATCH3; /* 0x2c rw: Kept over a reset, for software to use. */
    volatile uint32_t FATAL_CAUSE; /* 0x30 rw: mcause of a trap that nobody handled; the boot ROM's trap handler leaves it. */
    volatile uint32_t FATAL_EPC; /* 0x34 rw: mepc of that trap. */
    volatile uint32_t FATAL_TVAL; /* 0x38 rw: mtval of that trap. */
} ocellus_system_t;
#define OCELLUS_SYSTEM ((ocellus_system_t *)OCELLUS_SYSTEM_BASE)
#define SYSTEM_BOOT_REASON_REASON_Pos 0u
#define SYSTEM_BOOT_REASON_REASON_Msk (0x3u << 0) /* The reason. */
#define SYSTEM_BOOT_REASON_REASON_POWER_ON 0u /* Power came on. */
#define SYSTEM_BOOT_REASON_REASON_WATCHDOG 1u /* The watchdog expired twice. */
#define SYSTEM_BOOT_REASON_REASON_SOFTWARE 2u /* Software wrote RESET. */
#define SYSTEM_BOOT_REASON_REASON_DEBUGGER 3u /* A debugger reset the chip. */

/* UART: Serial port: 8 data bits, no parity, 1 stop bit, FIFOs of 16 bytes. */
#define OCELLUS_UART_BASE 0x40008000u
typedef struct {
    volatile uint32_t DATA; /* 0x00 rw: Writing sends a byte, lost and counted when the transmit FIFO is full; reading takes the oldest received byte (0: none). */
    volatile const uint32_t STATUS; /* 0x04 ro: State of the FIFOs. */
    volatile uint32_t IRQ_ENABLE; /* 0x08 rw: STATUS bits that raise the interrupt. */
    volatile uint32_t BAUD; /* 0x0c rw: Bits per second; a byte takes 10 bit times. */
    volatile uint32_t CONTROL; /* 0x10 rw: Switches. */
} ocellus_uart_t;
#define OCELLUS_UART ((ocellus_uart_t *)OCELLUS_UART_BASE)
#define UART_DATA_DATA_Pos 0u
#define UART_DATA_DATA_Msk (0xffu << 0) /* The byte. */
#define UART_STATUS_TX_READY_Pos 0u
#define UART_STATUS_TX_READY_Msk (0x1u << 0) /* The transmit FIFO has room. */
#define UART_STATUS_TX_EMPTY_Pos 1u
#define UART_STATUS_TX_EMPTY_Msk (0x1u << 1) /* All bytes have left. */
#define UART_STATUS_RX_VALID_Pos 2u
#define UART_STATUS_RX_VALID_Msk (0x1u << 2) /* A received byte waits. */
#define UART_STATUS_RX_OVERRUN_Pos 3u
#define UART_STATUS_RX_OVERRUN_Msk (0x1u << 3) /* A received byte was lost; cleared by CONTROL.CLEAR_OVERRUN. */
#define UART_IRQ_ENABLE_TX_EMPTY_Pos 1u
#define UART_IRQ_ENABLE_TX_EMPTY_Msk (0x1u << 1) /* All bytes have left. */
#define UART_IRQ_ENABLE_RX_VALID_Pos 2u
#define UART_IRQ_ENABLE_RX_VALID_Msk (0x1u << 2) /* A received byte waits. */
#define UART_CONTROL_ENABLE_Pos 0u
#define UART_CONTROL_ENABLE_Msk (0x1u << 0) /* Sends and receives. */
#define UART_CONTROL_CLEAR_OVERRUN_Pos 1u
#define UART_CONTROL_CLEAR_OVERRUN_Msk (0x1u << 1) /* Write 1 to clear RX_OVERRUN; reads as 0. */

/* WATCHDOG: Interrupts, then resets, a chip whose software has stopped to care. */
#define OCELLUS_WATCHDOG_BASE 0x40009000u
typedef struct {
    volatile uint32_t LOAD; /* 0x00 rw: Ticks of mtime from a kick to the expiry. */
    volatile uint32_t CONTROL; /* 0x04 rw: Switches. */
    volatile uint32_t KICK; /* 0x08 wo: Starts over from LOAD when the key 0x5AFE is written. */
    volatile const uint32_t VALUE; /* 0x0c ro: Ticks left. */
    volatile uint32_t STATUS; /* 0x10 w1c: What has happened. */
} ocellus_watchdog_t;
#define OCELLUS_WATCHDOG ((ocellus_watchdog_t *)OCELLUS_WATCHDOG_BASE)
#define WATCHDOG_CONTROL_ENABLE_Pos 0u
#define WATCHDOG_CONTROL_ENABLE_Msk (0x1u << 0) /* Counts. */
#define WATCHDOG_CONTROL_RESET_ENABLE_Pos 1u
#define WATCHDOG_CONTROL_RESET_ENABLE_Msk (0x1u << 1) /* A second expiry without a kick resets the system. */
#define WATCHDOG_STATUS_EXPIRED_Pos 0u
#define WATCHDOG_STATUS_EXPIRED_Msk (0x1u << 0) /* The count reached 0; drives the interrupt. */

/* SRAM_CONTROL: Banked on-chip memory: its size and its counters. */
#define OCELLUS_SRAM_CONTROL_BASE 0x4000a000u
typedef struct {
    volatile const uint32_t SIZE; /* 0x00 ro: Bytes, sram.size. */
    volatile const uint32_t BANKS; /* 0x04 ro: Banks, sram.banks. */
    uint32_t reserved0[2];
    volatile const uint32_t COUNTER_READS_LOW; /* 0x10 ro: Read bursts served by the SRAM. Lower half. */
    volatile const uint32_t COUNTER_READS_HIGH; /* 0x14 ro: Read bursts served by the SRAM. Upper half. */
    volatile const uint32_t COUNTER_WRITES_LOW; /* 0x18 ro: Write bursts served by the SRAM. Lower half. */
    volatile const uint32_t COUNTER_WRITES_HIGH; /* 0x1c ro: Write bursts served by the SRAM. Upper half. */
    volatile const uint32_t COUNTER_BYTES_READ_LOW; /* 0x20 ro: Bytes read from the SRAM by bursts. Lower half. */
    volatile const uint32_t COUNTER_BYTES_READ_HIGH; /* 0x24 ro: Bytes read from the SRAM by bursts. Upper half. */
    volatile const uint32_t COUNTER_BYTES_WRITTEN_LOW; /* 0x28 ro: Bytes written to the SRAM by bursts. Lower half. */
    volatile const uint32_t COUNTER_BYTES_WRITTEN_HIGH; /* 0x2c ro: Bytes written to the SRAM by bursts. Upper half. */
    volatile const uint32_t COUNTER_BUSY_CYCLES_LOW; /* 0x30 ro: Bank accesses, one cycle of one bank each. Lower half. */
    volatile const uint32_t COUNTER_BUSY_CYCLES_HIGH; /* 0x34 ro: Bank accesses, one cycle of one bank each. Upper half. */
    volatile const uint32_t COUNTER_WAIT_CYCLES_LOW; /* 0x38 ro: Cycles bursts waited for a busy bank. Lower half. */
    volatile const uint32_t COUNTER_WAIT_CYCLES_HIGH; /* 0x3c ro: Cycles bursts waited for a busy bank. Upper half. */
    volatile const uint32_t COUNTER_REFUSED_LOW; /* 0x40 ro: Bursts answered with an error. Lower half. */
    volatile const uint32_t COUNTER_REFUSED_HIGH; /* 0x44 ro: Bursts answered with an error. Upper half. */
} ocellus_sram_control_t;
#define OCELLUS_SRAM_CONTROL ((ocellus_sram_control_t *)OCELLUS_SRAM_CONTROL_BASE)

/* SIMULATOR: Guest operations: what software can ask of the simulator. No silicon has them. */
#define OCELLUS_SIMULATOR_BASE 0x4000b000u
typedef struct {
    volatile uint32_t EXIT; /* 0x00 wo: Ends the run with this exit code. */
    volatile uint32_t MARKER; /* 0x04 wo: Puts this number into the trace. */
    volatile uint32_t REGION_BEGIN; /* 0x08 wo: Begins the region of this number. */
    volatile uint32_t REGION_END; /* 0x0c wo: Ends the region of this number. */
    volatile uint32_t DUMP_STATISTICS; /* 0x10 wo: Writes the statistics of now, under this number. */
    volatile uint32_t RESET_STATISTICS; /* 0x14 wo: Statistics count from here on. */
    volatile const uint32_t TIME_LOW; /* 0x18 ro: Simulated nanoseconds, lower half; reading it latches the upper half. */
    volatile const uint32_t TIME_HIGH; /* 0x1c ro: Upper half, of when TIME_LOW was read. */
    volatile uint32_t LOG; /* 0x20 wo: Bus address of a string that ends with 0: a line of the log. */
} ocellus_simulator_t;
#define OCELLUS_SIMULATOR ((ocellus_simulator_t *)OCELLUS_SIMULATOR_BASE)

#ifdef __cplusplus
}
#endif

#endif
