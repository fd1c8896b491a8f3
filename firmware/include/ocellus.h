/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Made from the SVD files by tools/generate_registers.py. The constants also serve assembly. */
/* clang-format off */
#ifndef OCELLUS_H
#define OCELLUS_H

#ifdef __ASSEMBLER__
#define OCELLUS_U(n) n
#else
#include <stdint.h>
#define OCELLUS_U(n) n##u
#ifdef __cplusplus
extern "C" {
#endif
#endif

/* Memories */
#define OCELLUS_ROM_BASE OCELLUS_U(0x00000000) /* Boot ROM */
#define OCELLUS_ROM_SIZE OCELLUS_U(0x8000)
#define OCELLUS_SRAM_BASE OCELLUS_U(0x04000000) /* SRAM of 8 MiB, shared with NPU, ISP, DMA and transmitter */
#define OCELLUS_SRAM_SIZE OCELLUS_U(0x800000)
#define OCELLUS_TCM_BASE OCELLUS_U(0x10000000) /* Tightly coupled RAM of the control CPU */
#define OCELLUS_TCM_SIZE OCELLUS_U(0x40000)

/* Sources of the interrupt controller */
#define OCELLUS_IRQ_FRAME OCELLUS_U(1) /* Readout of a frame has begun */
#define OCELLUS_IRQ_TENSOR OCELLUS_U(2) /* A tensor is complete in memory */
#define OCELLUS_IRQ_NPU OCELLUS_U(3) /* A job has ended */
#define OCELLUS_IRQ_DMA OCELLUS_U(4) /* A copy has ended */
#define OCELLUS_IRQ_CSI2 OCELLUS_U(5) /* A metadata message has left */
#define OCELLUS_IRQ_UART OCELLUS_U(6) /* The serial port wants attention */
#define OCELLUS_IRQ_WATCHDOG OCELLUS_U(7) /* The watchdog has expired */
#define OCELLUS_IRQ_ISP_STATISTICS OCELLUS_U(8) /* Exposure statistics are complete */
#define OCELLUS_IRQ_SRAM OCELLUS_U(9) /* The SRAM has met an error */
#define OCELLUS_IRQ_CAPTURE OCELLUS_U(10) /* The picture has lost a line on its way through the SRAM */

/* clint: Timer and software interrupt of the control CPU. */
#define OCELLUS_CLINT_BASE OCELLUS_U(0x02000000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile uint32_t MSIP; /* 0x000 rw Software interrupt of the hart. */
    uint32_t reserved_0[4095];
    volatile uint32_t MTIMECMP; /* 0x4000 rw Time of the timer interrupt, lower half: pending while mtime is not below. */
    volatile uint32_t MTIMECMPH; /* 0x4004 rw Time of the timer interrupt, upper half. */
    uint32_t reserved_1[8188];
    volatile uint32_t MTIME; /* 0xbff8 rw Time in ticks, lower half. */
    volatile uint32_t MTIMEH; /* 0xbffc rw Time in ticks, upper half. */
} ocellus_clint_t;
#define OCELLUS_CLINT ((ocellus_clint_t *)OCELLUS_CLINT_BASE)
#endif
#define CLINT_MSIP_Off OCELLUS_U(0x0)
#define CLINT_MSIP_PENDING_Pos OCELLUS_U(0)
#define CLINT_MSIP_PENDING_Msk OCELLUS_U(0x1)
#define CLINT_MTIMECMP_Off OCELLUS_U(0x4000)
#define CLINT_MTIMECMPH_Off OCELLUS_U(0x4004)
#define CLINT_MTIME_Off OCELLUS_U(0xbff8)
#define CLINT_MTIMEH_Off OCELLUS_U(0xbffc)

/* pixel_array: Rolling shutter of the pixel die. */
#define OCELLUS_PIXEL_ARRAY_BASE OCELLUS_U(0x40000000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile uint32_t CONTROL; /* 0x000 rw Starts and stops the rolling shutter. */
    volatile uint32_t STATUS; /* 0x004 w1c What has happened since the bits were last cleared. */
    volatile uint32_t FRAMES; /* 0x008 rw Frames to send before the stream stops by itself; 0 = until stopped. */
    volatile uint32_t FRAME_LENGTH; /* 0x00c rw Lines from the start of one frame to the next. */
    volatile uint32_t LINE_LENGTH; /* 0x010 rw Pixel clocks from one row to the next. */
    volatile uint32_t EXPOSURE; /* 0x014 rw Lines from the reset of a row to its readout; limited to 8 .. frame length - 22. */
    volatile uint32_t ANALOGUE_GAIN; /* 0x018 rw Gain code, 0 .. 978: gain = 1024 / (1024 - code). */
    volatile const uint32_t FRAME_COUNT; /* 0x01c ro Frames whose readout has begun since reset. */
    volatile uint32_t LONG_EXPOSURE; /* 0x020 rw Frame length and exposure are 2^this as long, 0 .. 7; set from the configuration. */
    volatile uint32_t ORIENTATION; /* 0x024 rw Bit 0 reads columns from the right, bit 1 rows from the bottom; set from the configuration. */
    volatile uint32_t TEST_PATTERN; /* 0x028 rw 0 picture, 1 solid colour, 2 colour bars, 3 bars fading to grey, 4 PN9; set from the configuration. */
    volatile uint32_t TEST_RED; /* 0x02c rw Red of the solid colour, 0 .. 1023. */
    volatile uint32_t TEST_GREEN_RED; /* 0x030 rw Green of red rows of the solid colour, 0 .. 1023. */
    volatile uint32_t TEST_BLUE; /* 0x034 rw Blue of the solid colour, 0 .. 1023. */
    volatile uint32_t TEST_GREEN_BLUE; /* 0x038 rw Green of blue rows of the solid colour, 0 .. 1023. */
    uint32_t reserved_0[1];
    volatile uint32_t PLL_PRE; /* 0x040 rw Divider before the pixel PLL; taken when a stream begins, as all of the mode that follows; set from the configuration. */
    volatile uint32_t PLL_MULT; /* 0x044 rw Multiplier of the pixel PLL. */
    volatile uint32_t PLL_SYS; /* 0x048 rw System divider after the pixel PLL. */
    volatile uint32_t PLL_PIX; /* 0x04c rw Pixel clock divider; four pixels a clock. */
    volatile uint32_t WIDTH; /* 0x050 rw Columns of the image, after binning; even. */
    volatile uint32_t HEIGHT; /* 0x054 rw Rows of the image, after binning; even. */
    volatile uint32_t X_START; /* 0x058 rw First column of the array that is read; even. */
    volatile uint32_t Y_START; /* 0x05c rw First row of the array that is read; even. */
    volatile uint32_t X_END; /* 0x060 rw Last column of the array that may be read. */
    volatile uint32_t Y_END; /* 0x064 rw Last row of the array that may be read. */
    volatile uint32_t BINNING; /* 0x068 rw 1 reads every pixel, 2 the average of 2x2 pixels of one colour. */
    volatile uint32_t STANDBY; /* 0x06c rw Software standby, which a host controls. */
} ocellus_pixel_array_t;
#define OCELLUS_PIXEL_ARRAY ((ocellus_pixel_array_t *)OCELLUS_PIXEL_ARRAY_BASE)
#endif
#define PIXEL_ARRAY_CONTROL_Off OCELLUS_U(0x0)
#define PIXEL_ARRAY_CONTROL_STREAM_Pos OCELLUS_U(0)
#define PIXEL_ARRAY_CONTROL_STREAM_Msk OCELLUS_U(0x1)
#define PIXEL_ARRAY_STATUS_Off OCELLUS_U(0x4)
#define PIXEL_ARRAY_STATUS_FRAME_START_Pos OCELLUS_U(0)
#define PIXEL_ARRAY_STATUS_FRAME_START_Msk OCELLUS_U(0x1)
#define PIXEL_ARRAY_STATUS_STOPPED_Pos OCELLUS_U(1)
#define PIXEL_ARRAY_STATUS_STOPPED_Msk OCELLUS_U(0x2)
#define PIXEL_ARRAY_STATUS_MODE_ERROR_Pos OCELLUS_U(2)
#define PIXEL_ARRAY_STATUS_MODE_ERROR_Msk OCELLUS_U(0x4)
#define PIXEL_ARRAY_FRAMES_Off OCELLUS_U(0x8)
#define PIXEL_ARRAY_FRAME_LENGTH_Off OCELLUS_U(0xc)
#define PIXEL_ARRAY_LINE_LENGTH_Off OCELLUS_U(0x10)
#define PIXEL_ARRAY_EXPOSURE_Off OCELLUS_U(0x14)
#define PIXEL_ARRAY_ANALOGUE_GAIN_Off OCELLUS_U(0x18)
#define PIXEL_ARRAY_FRAME_COUNT_Off OCELLUS_U(0x1c)
#define PIXEL_ARRAY_LONG_EXPOSURE_Off OCELLUS_U(0x20)
#define PIXEL_ARRAY_ORIENTATION_Off OCELLUS_U(0x24)
#define PIXEL_ARRAY_TEST_PATTERN_Off OCELLUS_U(0x28)
#define PIXEL_ARRAY_TEST_RED_Off OCELLUS_U(0x2c)
#define PIXEL_ARRAY_TEST_GREEN_RED_Off OCELLUS_U(0x30)
#define PIXEL_ARRAY_TEST_BLUE_Off OCELLUS_U(0x34)
#define PIXEL_ARRAY_TEST_GREEN_BLUE_Off OCELLUS_U(0x38)
#define PIXEL_ARRAY_PLL_PRE_Off OCELLUS_U(0x40)
#define PIXEL_ARRAY_PLL_MULT_Off OCELLUS_U(0x44)
#define PIXEL_ARRAY_PLL_SYS_Off OCELLUS_U(0x48)
#define PIXEL_ARRAY_PLL_PIX_Off OCELLUS_U(0x4c)
#define PIXEL_ARRAY_WIDTH_Off OCELLUS_U(0x50)
#define PIXEL_ARRAY_HEIGHT_Off OCELLUS_U(0x54)
#define PIXEL_ARRAY_X_START_Off OCELLUS_U(0x58)
#define PIXEL_ARRAY_Y_START_Off OCELLUS_U(0x5c)
#define PIXEL_ARRAY_X_END_Off OCELLUS_U(0x60)
#define PIXEL_ARRAY_Y_END_Off OCELLUS_U(0x64)
#define PIXEL_ARRAY_BINNING_Off OCELLUS_U(0x68)
#define PIXEL_ARRAY_STANDBY_Off OCELLUS_U(0x6c)
#define PIXEL_ARRAY_STANDBY_ON_Pos OCELLUS_U(0)
#define PIXEL_ARRAY_STANDBY_ON_Msk OCELLUS_U(0x1)

/* column_adc: Column converters. */
#define OCELLUS_COLUMN_ADC_BASE OCELLUS_U(0x40001000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile uint32_t BLACK_LEVEL; /* 0x000 rw Digital number of no light, counted at 10 bits, 0 .. 255; taken at a frame's first row. */
    volatile const uint32_t RESOLUTION; /* 0x004 ro Bits per sample. */
    volatile const uint32_t FRAME_COUNT; /* 0x008 ro Frames whose first row has been converted since reset. */
    volatile uint32_t BINNING; /* 0x00c rw 1: a sample is one pixel; 2: it is the average of 2x2; taken at a frame's first row; set from the configuration. */
    volatile uint32_t DIGITAL_GAIN; /* 0x010 rw Factor of what is above the black level, 8.8 fixed, 1 to 0xfff; taken at a frame's first row; set from the configuration. */
} ocellus_column_adc_t;
#define OCELLUS_COLUMN_ADC ((ocellus_column_adc_t *)OCELLUS_COLUMN_ADC_BASE)
#endif
#define COLUMN_ADC_BLACK_LEVEL_Off OCELLUS_U(0x0)
#define COLUMN_ADC_RESOLUTION_Off OCELLUS_U(0x4)
#define COLUMN_ADC_FRAME_COUNT_Off OCELLUS_U(0x8)
#define COLUMN_ADC_BINNING_Off OCELLUS_U(0xc)
#define COLUMN_ADC_DIGITAL_GAIN_Off OCELLUS_U(0x10)

/* isp: Image signal processor and tensor writer. */
#define OCELLUS_ISP_BASE OCELLUS_U(0x40002000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile uint32_t CONTROL; /* 0x000 rw What the ISP makes of the next frame. */
    volatile uint32_t STATUS; /* 0x004 w1c Events; write 1 to clear. */
    volatile const uint32_t TENSOR_FRAME; /* 0x008 ro Frame number of the last finished tensor. */
    volatile uint32_t TENSOR_ADDRESS; /* 0x00c rw Bus address of the tensor's first byte. */
    volatile uint32_t TENSOR_WIDTH; /* 0x010 rw Columns of the tensor, 1 to 4096. */
    volatile uint32_t TENSOR_HEIGHT; /* 0x014 rw Rows of the tensor, 1 to 4096. */
    volatile uint32_t TENSOR_FORMAT; /* 0x018 rw Elements of the tensor. */
    volatile uint32_t TENSOR_MULTIPLIER; /* 0x01c rw Signed factor of an 8-bit value. */
    volatile uint32_t TENSOR_BIAS; /* 0x020 rw Signed addend before the shift. */
    volatile uint32_t TENSOR_SHIFT; /* 0x024 rw Arithmetic right shift, 0 to 31. */
    volatile uint32_t TENSOR_OFFSET; /* 0x028 rw Signed addend after the shift. */
    volatile uint32_t TENSOR_CLAMP_MIN; /* 0x02c rw Smallest element, signed. */
    volatile uint32_t TENSOR_CLAMP_MAX; /* 0x030 rw Largest element, signed. */
    volatile uint32_t WINDOW_X; /* 0x034 rw First column that the tensor is made of. */
    volatile uint32_t WINDOW_Y; /* 0x038 rw First row that the tensor is made of. */
    volatile uint32_t WINDOW_WIDTH; /* 0x03c rw Columns of the window; 0: up to the border. */
    volatile uint32_t WINDOW_HEIGHT; /* 0x040 rw Rows of the window; 0: up to the border. */
    volatile uint32_t BLACK_LEVEL; /* 0x044 rw Pedestal on the 12-bit scale. */
    volatile uint32_t GAIN_R; /* 0x048 rw White balance times digital gain, 8.8 fixed, 1 to 4095. */
    volatile uint32_t GAIN_GR; /* 0x04c rw White balance times digital gain, 8.8 fixed, 1 to 4095. */
    volatile uint32_t GAIN_GB; /* 0x050 rw White balance times digital gain, 8.8 fixed, 1 to 4095. */
    volatile uint32_t GAIN_B; /* 0x054 rw White balance times digital gain, 8.8 fixed, 1 to 4095. */
    volatile uint32_t CCM_RR; /* 0x058 rw Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_RG; /* 0x05c rw Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_RB; /* 0x060 rw Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_GR; /* 0x064 rw Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_GG; /* 0x068 rw Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_GB; /* 0x06c rw Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_BR; /* 0x070 rw Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_BG; /* 0x074 rw Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t CCM_BB; /* 0x078 rw Colour matrix entry (output, input), Q10 in 13-bit two's complement. */
    volatile uint32_t STAGES; /* 0x07c rw Stages that work on the picture and the tensor; the others are bypassed. */
    volatile uint32_t DEMOSAIC; /* 0x080 rw How missing colours are found: 0 Malvar, 1 bilinear, 2 the sample is all three. */
    volatile uint32_t DEFECT_THRESHOLD; /* 0x084 rw By how much a defect sticks out, 12-bit scale. */
    volatile uint32_t SHARPENING_AMOUNT; /* 0x088 rw Share of what the blur takes away that is added, in 1/64. */
    volatile uint32_t LUMA_NOISE_SLOPE; /* 0x08c rw Loss of weight for each step of luma, 4.4 fixed. */
    volatile uint32_t YUV_MATRIX; /* 0x090 rw Coefficients of YUV: 0 BT.601, 1 BT.709. */
    volatile uint32_t ROI_X; /* 0x094 rw First column of the picture, even. */
    volatile uint32_t ROI_Y; /* 0x098 rw First row of the picture, even. */
    volatile uint32_t ROI_WIDTH; /* 0x09c rw Columns of the array in the picture, even; 0: up to the border. */
    volatile uint32_t ROI_HEIGHT; /* 0x0a0 rw Rows of the array in the picture, even; 0: up to the border. */
    volatile uint32_t PICTURE_WIDTH; /* 0x0a4 rw Columns that the picture is scaled to, even; 0: CONTROL.IMAGE_SCALE. */
    volatile uint32_t PICTURE_HEIGHT; /* 0x0a8 rw Rows that the picture is scaled to; 0: CONTROL.IMAGE_SCALE. */
    volatile uint32_t TENSOR_K00; /* 0x0ac rw Matrix of the tensor (channel, input), Q10 in 13-bit two's complement. */
    volatile uint32_t TENSOR_K01; /* 0x0b0 rw Matrix of the tensor (channel, input), Q10 in 13-bit two's complement. */
    volatile uint32_t TENSOR_K02; /* 0x0b4 rw Matrix of the tensor (channel, input), Q10 in 13-bit two's complement. */
    volatile uint32_t TENSOR_K03; /* 0x0b8 rw Offset of a channel of the tensor, 1/16 in 13-bit two's complement. */
    volatile uint32_t TENSOR_K10; /* 0x0bc rw Matrix of the tensor (channel, input), Q10 in 13-bit two's complement. */
    volatile uint32_t TENSOR_K11; /* 0x0c0 rw Matrix of the tensor (channel, input), Q10 in 13-bit two's complement. */
    volatile uint32_t TENSOR_K12; /* 0x0c4 rw Matrix of the tensor (channel, input), Q10 in 13-bit two's complement. */
    volatile uint32_t TENSOR_K13; /* 0x0c8 rw Offset of a channel of the tensor, 1/16 in 13-bit two's complement. */
    volatile uint32_t TENSOR_K20; /* 0x0cc rw Matrix of the tensor (channel, input), Q10 in 13-bit two's complement. */
    volatile uint32_t TENSOR_K21; /* 0x0d0 rw Matrix of the tensor (channel, input), Q10 in 13-bit two's complement. */
    volatile uint32_t TENSOR_K22; /* 0x0d4 rw Matrix of the tensor (channel, input), Q10 in 13-bit two's complement. */
    volatile uint32_t TENSOR_K23; /* 0x0d8 rw Offset of a channel of the tensor, 1/16 in 13-bit two's complement. */
    uint32_t reserved_0[9];
    volatile uint32_t GAMMA[57]; /* 0x100 Tone curve at its knots (docs/isp.md), 8.4 fixed. */
    uint32_t reserved_1[7];
    volatile uint32_t STATISTICS_CONTROL; /* 0x200 rw Exposure statistics of the frames to come. */
    volatile const uint32_t STATISTICS_FRAME; /* 0x204 ro Frame number of the statistics. */
    volatile const uint32_t STATISTICS_VALID; /* 0x208 ro Whether there are numbers. */
    volatile const uint32_t STATISTICS_PIXELS; /* 0x20c ro Pixels counted: 2x2 Bayer cells of the window. */
    volatile const uint32_t STATISTICS_LUMA_MEAN; /* 0x210 ro Mean luma of the cells, linear, 8.8 fixed of 255 = full scale. */
    volatile const uint32_t STATISTICS_RED_MEAN; /* 0x214 ro Mean of the red samples after white balance, 8.8 fixed. */
    volatile const uint32_t STATISTICS_GREEN_MEAN; /* 0x218 ro Mean of the green samples after white balance, 8.8 fixed. */
    volatile const uint32_t STATISTICS_BLUE_MEAN; /* 0x21c ro Mean of the blue samples after white balance, 8.8 fixed. */
    volatile const uint32_t STATISTICS_CLIPPED; /* 0x220 ro Cells with a sample at full scale before white balance. */
    volatile const uint32_t STATISTICS_DARK; /* 0x224 ro Cells with luma below 1/64 of full scale. */
    volatile uint32_t STATISTICS_ADDRESS; /* 0x228 rw Where the record of statistics is written; a multiple of 8. */
    volatile uint32_t STATISTICS_GRID; /* 0x22c rw Zones of the window. */
    volatile uint32_t STATISTICS_CLIP; /* 0x230 rw A cell with a sample at or above it does not count for white balance; 12-bit scale, black level included. */
    volatile uint32_t STATISTICS_DARK_LEVEL; /* 0x234 rw A cell whose greens are below it in the mean does not count for white balance; 12-bit scale, black level included. */
    volatile uint32_t STATISTICS_ZONE; /* 0x238 rw Zone that the STATISTICS_ZONE_ registers show, row by row. */
    uint32_t reserved_2[1];
    volatile uint32_t STATISTICS_HISTOGRAM[16]; /* 0x240 Cells by luma, 16 bins of equal width. */
    volatile const uint32_t STATISTICS_BALANCE_CELLS; /* 0x280 ro Cells of the window that count for white balance. */
    volatile const uint32_t STATISTICS_BALANCE_RED_MEAN; /* 0x284 ro Mean red of the cells that count for white balance, before gains, 8.8 fixed of 255 = full scale. */
    volatile const uint32_t STATISTICS_BALANCE_GREEN_MEAN; /* 0x288 ro Mean green of the cells that count for white balance, before gains, 8.8 fixed of 255 = full scale. */
    volatile const uint32_t STATISTICS_BALANCE_BLUE_MEAN; /* 0x28c ro Mean blue of the cells that count for white balance, before gains, 8.8 fixed of 255 = full scale. */
    volatile const uint32_t STATISTICS_FOCUS_MEAN; /* 0x290 ro Mean high-pass of green over the window, before gains, 8.8 fixed. */
    volatile const uint32_t STATISTICS_ZONE_CELLS; /* 0x294 ro Cells of the zone. */
    volatile const uint32_t STATISTICS_ZONE_CLIPPED; /* 0x298 ro Cells of the zone with a sample at full scale. */
    volatile const uint32_t STATISTICS_ZONE_RED_MEAN; /* 0x29c ro Mean red of the zone before gains, 8.8 fixed. */
    volatile const uint32_t STATISTICS_ZONE_GREEN_RED_MEAN; /* 0x2a0 ro Mean green of red rows of the zone before gains, 8.8 fixed. */
    volatile const uint32_t STATISTICS_ZONE_GREEN_BLUE_MEAN; /* 0x2a4 ro Mean green of blue rows of the zone before gains, 8.8 fixed. */
    volatile const uint32_t STATISTICS_ZONE_BLUE_MEAN; /* 0x2a8 ro Mean blue of the zone before gains, 8.8 fixed. */
    volatile const uint32_t STATISTICS_ZONE_BALANCE_CELLS; /* 0x2ac ro Cells of the zone that count for white balance. */
    volatile const uint32_t STATISTICS_ZONE_BALANCE_RED_MEAN; /* 0x2b0 ro Their mean red, 8.8 fixed. */
    volatile const uint32_t STATISTICS_ZONE_BALANCE_GREEN_MEAN; /* 0x2b4 ro Their mean green, 8.8 fixed. */
    volatile const uint32_t STATISTICS_ZONE_BALANCE_BLUE_MEAN; /* 0x2b8 ro Their mean blue, 8.8 fixed. */
    volatile const uint32_t STATISTICS_ZONE_FOCUS_MEAN; /* 0x2bc ro Mean high-pass of green over the zone, 8.8 fixed. */
    uint32_t reserved_3[16];
    volatile const uint32_t COUNTER_FRAMES; /* 0x300 ro Frames that began. */
    volatile const uint32_t COUNTER_ROWS_IN; /* 0x304 ro Rows that arrived. */
    volatile const uint32_t COUNTER_ROWS_OUT; /* 0x308 ro Rows sent to the transmitter. */
    volatile const uint32_t COUNTER_ROWS_LOST; /* 0x30c ro Rows lost because the input buffer was full. */
    volatile const uint32_t COUNTER_TENSORS; /* 0x310 ro Tensors completed. */
    volatile const uint32_t COUNTER_BUSY_CYCLES_LOW; /* 0x314 ro Clocks in which the pipeline worked. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_BUSY_CYCLES_HIGH; /* 0x318 ro Clocks in which the pipeline worked. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_TENSOR_BYTES_LOW; /* 0x31c ro Tensor bytes written to memory. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_TENSOR_BYTES_HIGH; /* 0x320 ro Tensor bytes written to memory. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_INPUT_ROWS_PEAK; /* 0x324 ro Most rows in the input buffer at once. */
    volatile const uint32_t COUNTER_TENSORS_UNFINISHED; /* 0x328 ro Tensors given up because the next frame began before their last row. */
    volatile const uint32_t COUNTER_TENSOR_ROWS; /* 0x32c ro Tensor rows written to memory. */
    volatile const uint32_t COUNTER_TENSOR_ROWS_LOST; /* 0x330 ro Tensor rows not written because the memory was too slow. */
    volatile const uint32_t COUNTER_BUS_ERRORS; /* 0x334 ro Tensor bursts that were refused. */
    volatile const uint32_t COUNTER_CONFIG_ERRORS; /* 0x338 ro Frames whose settings could not be followed. */
    volatile const uint32_t COUNTER_INPUT_WAIT_CYCLES_LOW; /* 0x33c ro Clocks that rows waited in the input buffer for the pipeline. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_INPUT_WAIT_CYCLES_HIGH; /* 0x340 ro Clocks that rows waited in the input buffer for the pipeline. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_SCALER_WAIT_CYCLES_LOW; /* 0x344 ro Clocks that tensor rows waited for the scaler. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_SCALER_WAIT_CYCLES_HIGH; /* 0x348 ro Clocks that tensor rows waited for the scaler. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_MEMORY_WAIT_CYCLES_LOW; /* 0x34c ro Clocks that tensor rows waited for the memory. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_MEMORY_WAIT_CYCLES_HIGH; /* 0x350 ro Clocks that tensor rows waited for the memory. Upper half, as held by the last read of the lower. */
} ocellus_isp_t;
#define OCELLUS_ISP ((ocellus_isp_t *)OCELLUS_ISP_BASE)
#endif
#define ISP_CONTROL_Off OCELLUS_U(0x0)
#define ISP_CONTROL_OUTPUT_Pos OCELLUS_U(0)
#define ISP_CONTROL_OUTPUT_Msk OCELLUS_U(0x3)
#define ISP_CONTROL_OUTPUT_NONE OCELLUS_U(0)
#define ISP_CONTROL_OUTPUT_RAW OCELLUS_U(1)
#define ISP_CONTROL_OUTPUT_PICTURE OCELLUS_U(2)
#define ISP_CONTROL_IMAGE_FORMAT_Pos OCELLUS_U(2)
#define ISP_CONTROL_IMAGE_FORMAT_Msk OCELLUS_U(0xc)
#define ISP_CONTROL_IMAGE_FORMAT_YUV422 OCELLUS_U(0)
#define ISP_CONTROL_IMAGE_FORMAT_RGB888 OCELLUS_U(1)
#define ISP_CONTROL_IMAGE_FORMAT_YUV420 OCELLUS_U(2)
#define ISP_CONTROL_IMAGE_SCALE_Pos OCELLUS_U(4)
#define ISP_CONTROL_IMAGE_SCALE_Msk OCELLUS_U(0x30)
#define ISP_CONTROL_IMAGE_SCALE_FULL OCELLUS_U(0)
#define ISP_CONTROL_IMAGE_SCALE_HALF OCELLUS_U(1)
#define ISP_CONTROL_IMAGE_SCALE_QUARTER OCELLUS_U(2)
#define ISP_CONTROL_COLOUR_ORDER_Pos OCELLUS_U(6)
#define ISP_CONTROL_COLOUR_ORDER_Msk OCELLUS_U(0xc0)
#define ISP_CONTROL_COLOUR_ORDER_RGGB OCELLUS_U(0)
#define ISP_CONTROL_COLOUR_ORDER_GRBG OCELLUS_U(1)
#define ISP_CONTROL_COLOUR_ORDER_GBRG OCELLUS_U(2)
#define ISP_CONTROL_COLOUR_ORDER_BGGR OCELLUS_U(3)
#define ISP_CONTROL_TENSOR_ENABLE_Pos OCELLUS_U(8)
#define ISP_CONTROL_TENSOR_ENABLE_Msk OCELLUS_U(0x100)
#define ISP_CONTROL_SCALER_Pos OCELLUS_U(9)
#define ISP_CONTROL_SCALER_Msk OCELLUS_U(0x200)
#define ISP_STATUS_Off OCELLUS_U(0x4)
#define ISP_STATUS_TENSOR_DONE_Pos OCELLUS_U(0)
#define ISP_STATUS_TENSOR_DONE_Msk OCELLUS_U(0x1)
#define ISP_STATUS_OVERFLOW_Pos OCELLUS_U(1)
#define ISP_STATUS_OVERFLOW_Msk OCELLUS_U(0x2)
#define ISP_STATUS_CONFIG_ERROR_Pos OCELLUS_U(2)
#define ISP_STATUS_CONFIG_ERROR_Msk OCELLUS_U(0x4)
#define ISP_STATUS_BUS_ERROR_Pos OCELLUS_U(3)
#define ISP_STATUS_BUS_ERROR_Msk OCELLUS_U(0x8)
#define ISP_STATUS_STATISTICS_DONE_Pos OCELLUS_U(4)
#define ISP_STATUS_STATISTICS_DONE_Msk OCELLUS_U(0x10)
#define ISP_TENSOR_FRAME_Off OCELLUS_U(0x8)
#define ISP_TENSOR_ADDRESS_Off OCELLUS_U(0xc)
#define ISP_TENSOR_WIDTH_Off OCELLUS_U(0x10)
#define ISP_TENSOR_WIDTH_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_WIDTH_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_TENSOR_HEIGHT_Off OCELLUS_U(0x14)
#define ISP_TENSOR_HEIGHT_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_HEIGHT_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_TENSOR_FORMAT_Off OCELLUS_U(0x18)
#define ISP_TENSOR_FORMAT_CHANNELS_Pos OCELLUS_U(0)
#define ISP_TENSOR_FORMAT_CHANNELS_Msk OCELLUS_U(0x3)
#define ISP_TENSOR_FORMAT_CHANNELS_LUMA OCELLUS_U(1)
#define ISP_TENSOR_FORMAT_CHANNELS_COLOUR OCELLUS_U(3)
#define ISP_TENSOR_FORMAT_BGR_Pos OCELLUS_U(2)
#define ISP_TENSOR_FORMAT_BGR_Msk OCELLUS_U(0x4)
#define ISP_TENSOR_FORMAT_SIGNED_Pos OCELLUS_U(3)
#define ISP_TENSOR_FORMAT_SIGNED_Msk OCELLUS_U(0x8)
#define ISP_TENSOR_FORMAT_ORDER_Pos OCELLUS_U(4)
#define ISP_TENSOR_FORMAT_ORDER_Msk OCELLUS_U(0x30)
#define ISP_TENSOR_FORMAT_PLANAR_Pos OCELLUS_U(6)
#define ISP_TENSOR_FORMAT_PLANAR_Msk OCELLUS_U(0x40)
#define ISP_TENSOR_FORMAT_AFFINE_Pos OCELLUS_U(7)
#define ISP_TENSOR_FORMAT_AFFINE_Msk OCELLUS_U(0x80)
#define ISP_TENSOR_MULTIPLIER_Off OCELLUS_U(0x1c)
#define ISP_TENSOR_BIAS_Off OCELLUS_U(0x20)
#define ISP_TENSOR_SHIFT_Off OCELLUS_U(0x24)
#define ISP_TENSOR_SHIFT_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_SHIFT_VALUE_Msk OCELLUS_U(0x1f)
#define ISP_TENSOR_OFFSET_Off OCELLUS_U(0x28)
#define ISP_TENSOR_CLAMP_MIN_Off OCELLUS_U(0x2c)
#define ISP_TENSOR_CLAMP_MAX_Off OCELLUS_U(0x30)
#define ISP_WINDOW_X_Off OCELLUS_U(0x34)
#define ISP_WINDOW_X_VALUE_Pos OCELLUS_U(0)
#define ISP_WINDOW_X_VALUE_Msk OCELLUS_U(0xffff)
#define ISP_WINDOW_Y_Off OCELLUS_U(0x38)
#define ISP_WINDOW_Y_VALUE_Pos OCELLUS_U(0)
#define ISP_WINDOW_Y_VALUE_Msk OCELLUS_U(0xffff)
#define ISP_WINDOW_WIDTH_Off OCELLUS_U(0x3c)
#define ISP_WINDOW_WIDTH_VALUE_Pos OCELLUS_U(0)
#define ISP_WINDOW_WIDTH_VALUE_Msk OCELLUS_U(0xffff)
#define ISP_WINDOW_HEIGHT_Off OCELLUS_U(0x40)
#define ISP_WINDOW_HEIGHT_VALUE_Pos OCELLUS_U(0)
#define ISP_WINDOW_HEIGHT_VALUE_Msk OCELLUS_U(0xffff)
#define ISP_BLACK_LEVEL_Off OCELLUS_U(0x44)
#define ISP_BLACK_LEVEL_VALUE_Pos OCELLUS_U(0)
#define ISP_BLACK_LEVEL_VALUE_Msk OCELLUS_U(0xfff)
#define ISP_GAIN_R_Off OCELLUS_U(0x48)
#define ISP_GAIN_R_VALUE_Pos OCELLUS_U(0)
#define ISP_GAIN_R_VALUE_Msk OCELLUS_U(0xfff)
#define ISP_GAIN_GR_Off OCELLUS_U(0x4c)
#define ISP_GAIN_GR_VALUE_Pos OCELLUS_U(0)
#define ISP_GAIN_GR_VALUE_Msk OCELLUS_U(0xfff)
#define ISP_GAIN_GB_Off OCELLUS_U(0x50)
#define ISP_GAIN_GB_VALUE_Pos OCELLUS_U(0)
#define ISP_GAIN_GB_VALUE_Msk OCELLUS_U(0xfff)
#define ISP_GAIN_B_Off OCELLUS_U(0x54)
#define ISP_GAIN_B_VALUE_Pos OCELLUS_U(0)
#define ISP_GAIN_B_VALUE_Msk OCELLUS_U(0xfff)
#define ISP_CCM_RR_Off OCELLUS_U(0x58)
#define ISP_CCM_RR_VALUE_Pos OCELLUS_U(0)
#define ISP_CCM_RR_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_CCM_RG_Off OCELLUS_U(0x5c)
#define ISP_CCM_RG_VALUE_Pos OCELLUS_U(0)
#define ISP_CCM_RG_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_CCM_RB_Off OCELLUS_U(0x60)
#define ISP_CCM_RB_VALUE_Pos OCELLUS_U(0)
#define ISP_CCM_RB_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_CCM_GR_Off OCELLUS_U(0x64)
#define ISP_CCM_GR_VALUE_Pos OCELLUS_U(0)
#define ISP_CCM_GR_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_CCM_GG_Off OCELLUS_U(0x68)
#define ISP_CCM_GG_VALUE_Pos OCELLUS_U(0)
#define ISP_CCM_GG_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_CCM_GB_Off OCELLUS_U(0x6c)
#define ISP_CCM_GB_VALUE_Pos OCELLUS_U(0)
#define ISP_CCM_GB_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_CCM_BR_Off OCELLUS_U(0x70)
#define ISP_CCM_BR_VALUE_Pos OCELLUS_U(0)
#define ISP_CCM_BR_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_CCM_BG_Off OCELLUS_U(0x74)
#define ISP_CCM_BG_VALUE_Pos OCELLUS_U(0)
#define ISP_CCM_BG_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_CCM_BB_Off OCELLUS_U(0x78)
#define ISP_CCM_BB_VALUE_Pos OCELLUS_U(0)
#define ISP_CCM_BB_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_STAGES_Off OCELLUS_U(0x7c)
#define ISP_STAGES_BLACK_LEVEL_Pos OCELLUS_U(0)
#define ISP_STAGES_BLACK_LEVEL_Msk OCELLUS_U(0x1)
#define ISP_STAGES_LINEARISATION_Pos OCELLUS_U(1)
#define ISP_STAGES_LINEARISATION_Msk OCELLUS_U(0x2)
#define ISP_STAGES_DEFECT_CORRECTION_Pos OCELLUS_U(2)
#define ISP_STAGES_DEFECT_CORRECTION_Msk OCELLUS_U(0x4)
#define ISP_STAGES_LENS_SHADING_Pos OCELLUS_U(3)
#define ISP_STAGES_LENS_SHADING_Msk OCELLUS_U(0x8)
#define ISP_STAGES_BAYER_NOISE_REDUCTION_Pos OCELLUS_U(4)
#define ISP_STAGES_BAYER_NOISE_REDUCTION_Msk OCELLUS_U(0x10)
#define ISP_STAGES_WHITE_BALANCE_Pos OCELLUS_U(5)
#define ISP_STAGES_WHITE_BALANCE_Msk OCELLUS_U(0x20)
#define ISP_STAGES_DEMOSAIC_Pos OCELLUS_U(6)
#define ISP_STAGES_DEMOSAIC_Msk OCELLUS_U(0x40)
#define ISP_STAGES_COLOUR_MATRIX_Pos OCELLUS_U(7)
#define ISP_STAGES_COLOUR_MATRIX_Msk OCELLUS_U(0x80)
#define ISP_STAGES_GAMMA_Pos OCELLUS_U(8)
#define ISP_STAGES_GAMMA_Msk OCELLUS_U(0x100)
#define ISP_STAGES_SHARPENING_Pos OCELLUS_U(9)
#define ISP_STAGES_SHARPENING_Msk OCELLUS_U(0x200)
#define ISP_STAGES_LUMA_NOISE_REDUCTION_Pos OCELLUS_U(10)
#define ISP_STAGES_LUMA_NOISE_REDUCTION_Msk OCELLUS_U(0x400)
#define ISP_DEMOSAIC_Off OCELLUS_U(0x80)
#define ISP_DEMOSAIC_VALUE_Pos OCELLUS_U(0)
#define ISP_DEMOSAIC_VALUE_Msk OCELLUS_U(0x3)
#define ISP_DEFECT_THRESHOLD_Off OCELLUS_U(0x84)
#define ISP_DEFECT_THRESHOLD_VALUE_Pos OCELLUS_U(0)
#define ISP_DEFECT_THRESHOLD_VALUE_Msk OCELLUS_U(0xfff)
#define ISP_SHARPENING_AMOUNT_Off OCELLUS_U(0x88)
#define ISP_SHARPENING_AMOUNT_VALUE_Pos OCELLUS_U(0)
#define ISP_SHARPENING_AMOUNT_VALUE_Msk OCELLUS_U(0xff)
#define ISP_LUMA_NOISE_SLOPE_Off OCELLUS_U(0x8c)
#define ISP_LUMA_NOISE_SLOPE_VALUE_Pos OCELLUS_U(0)
#define ISP_LUMA_NOISE_SLOPE_VALUE_Msk OCELLUS_U(0xff)
#define ISP_YUV_MATRIX_Off OCELLUS_U(0x90)
#define ISP_YUV_MATRIX_VALUE_Pos OCELLUS_U(0)
#define ISP_YUV_MATRIX_VALUE_Msk OCELLUS_U(0x1)
#define ISP_ROI_X_Off OCELLUS_U(0x94)
#define ISP_ROI_X_VALUE_Pos OCELLUS_U(0)
#define ISP_ROI_X_VALUE_Msk OCELLUS_U(0xffff)
#define ISP_ROI_Y_Off OCELLUS_U(0x98)
#define ISP_ROI_Y_VALUE_Pos OCELLUS_U(0)
#define ISP_ROI_Y_VALUE_Msk OCELLUS_U(0xffff)
#define ISP_ROI_WIDTH_Off OCELLUS_U(0x9c)
#define ISP_ROI_WIDTH_VALUE_Pos OCELLUS_U(0)
#define ISP_ROI_WIDTH_VALUE_Msk OCELLUS_U(0xffff)
#define ISP_ROI_HEIGHT_Off OCELLUS_U(0xa0)
#define ISP_ROI_HEIGHT_VALUE_Pos OCELLUS_U(0)
#define ISP_ROI_HEIGHT_VALUE_Msk OCELLUS_U(0xffff)
#define ISP_PICTURE_WIDTH_Off OCELLUS_U(0xa4)
#define ISP_PICTURE_WIDTH_VALUE_Pos OCELLUS_U(0)
#define ISP_PICTURE_WIDTH_VALUE_Msk OCELLUS_U(0xffff)
#define ISP_PICTURE_HEIGHT_Off OCELLUS_U(0xa8)
#define ISP_PICTURE_HEIGHT_VALUE_Pos OCELLUS_U(0)
#define ISP_PICTURE_HEIGHT_VALUE_Msk OCELLUS_U(0xffff)
#define ISP_TENSOR_K00_Off OCELLUS_U(0xac)
#define ISP_TENSOR_K00_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_K00_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_TENSOR_K01_Off OCELLUS_U(0xb0)
#define ISP_TENSOR_K01_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_K01_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_TENSOR_K02_Off OCELLUS_U(0xb4)
#define ISP_TENSOR_K02_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_K02_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_TENSOR_K03_Off OCELLUS_U(0xb8)
#define ISP_TENSOR_K03_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_K03_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_TENSOR_K10_Off OCELLUS_U(0xbc)
#define ISP_TENSOR_K10_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_K10_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_TENSOR_K11_Off OCELLUS_U(0xc0)
#define ISP_TENSOR_K11_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_K11_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_TENSOR_K12_Off OCELLUS_U(0xc4)
#define ISP_TENSOR_K12_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_K12_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_TENSOR_K13_Off OCELLUS_U(0xc8)
#define ISP_TENSOR_K13_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_K13_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_TENSOR_K20_Off OCELLUS_U(0xcc)
#define ISP_TENSOR_K20_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_K20_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_TENSOR_K21_Off OCELLUS_U(0xd0)
#define ISP_TENSOR_K21_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_K21_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_TENSOR_K22_Off OCELLUS_U(0xd4)
#define ISP_TENSOR_K22_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_K22_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_TENSOR_K23_Off OCELLUS_U(0xd8)
#define ISP_TENSOR_K23_VALUE_Pos OCELLUS_U(0)
#define ISP_TENSOR_K23_VALUE_Msk OCELLUS_U(0x1fff)
#define ISP_GAMMA_Off OCELLUS_U(0x100)
#define ISP_GAMMA_VALUE_Pos OCELLUS_U(0)
#define ISP_GAMMA_VALUE_Msk OCELLUS_U(0xfff)
#define ISP_STATISTICS_CONTROL_Off OCELLUS_U(0x200)
#define ISP_STATISTICS_CONTROL_ENABLE_Pos OCELLUS_U(0)
#define ISP_STATISTICS_CONTROL_ENABLE_Msk OCELLUS_U(0x1)
#define ISP_STATISTICS_CONTROL_ZONES_Pos OCELLUS_U(1)
#define ISP_STATISTICS_CONTROL_ZONES_Msk OCELLUS_U(0x2)
#define ISP_STATISTICS_CONTROL_WRITE_Pos OCELLUS_U(2)
#define ISP_STATISTICS_CONTROL_WRITE_Msk OCELLUS_U(0x4)
#define ISP_STATISTICS_FRAME_Off OCELLUS_U(0x204)
#define ISP_STATISTICS_VALID_Off OCELLUS_U(0x208)
#define ISP_STATISTICS_VALID_VALID_Pos OCELLUS_U(0)
#define ISP_STATISTICS_VALID_VALID_Msk OCELLUS_U(0x1)
#define ISP_STATISTICS_PIXELS_Off OCELLUS_U(0x20c)
#define ISP_STATISTICS_LUMA_MEAN_Off OCELLUS_U(0x210)
#define ISP_STATISTICS_RED_MEAN_Off OCELLUS_U(0x214)
#define ISP_STATISTICS_GREEN_MEAN_Off OCELLUS_U(0x218)
#define ISP_STATISTICS_BLUE_MEAN_Off OCELLUS_U(0x21c)
#define ISP_STATISTICS_CLIPPED_Off OCELLUS_U(0x220)
#define ISP_STATISTICS_DARK_Off OCELLUS_U(0x224)
#define ISP_STATISTICS_ADDRESS_Off OCELLUS_U(0x228)
#define ISP_STATISTICS_GRID_Off OCELLUS_U(0x22c)
#define ISP_STATISTICS_GRID_COLUMNS_Pos OCELLUS_U(0)
#define ISP_STATISTICS_GRID_COLUMNS_Msk OCELLUS_U(0xff)
#define ISP_STATISTICS_GRID_ROWS_Pos OCELLUS_U(8)
#define ISP_STATISTICS_GRID_ROWS_Msk OCELLUS_U(0xff00)
#define ISP_STATISTICS_CLIP_Off OCELLUS_U(0x230)
#define ISP_STATISTICS_CLIP_CODE_Pos OCELLUS_U(0)
#define ISP_STATISTICS_CLIP_CODE_Msk OCELLUS_U(0xfff)
#define ISP_STATISTICS_DARK_LEVEL_Off OCELLUS_U(0x234)
#define ISP_STATISTICS_DARK_LEVEL_CODE_Pos OCELLUS_U(0)
#define ISP_STATISTICS_DARK_LEVEL_CODE_Msk OCELLUS_U(0xfff)
#define ISP_STATISTICS_ZONE_Off OCELLUS_U(0x238)
#define ISP_STATISTICS_ZONE_INDEX_Pos OCELLUS_U(0)
#define ISP_STATISTICS_ZONE_INDEX_Msk OCELLUS_U(0x3ff)
#define ISP_STATISTICS_HISTOGRAM_Off OCELLUS_U(0x240)
#define ISP_STATISTICS_BALANCE_CELLS_Off OCELLUS_U(0x280)
#define ISP_STATISTICS_BALANCE_RED_MEAN_Off OCELLUS_U(0x284)
#define ISP_STATISTICS_BALANCE_GREEN_MEAN_Off OCELLUS_U(0x288)
#define ISP_STATISTICS_BALANCE_BLUE_MEAN_Off OCELLUS_U(0x28c)
#define ISP_STATISTICS_FOCUS_MEAN_Off OCELLUS_U(0x290)
#define ISP_STATISTICS_ZONE_CELLS_Off OCELLUS_U(0x294)
#define ISP_STATISTICS_ZONE_CLIPPED_Off OCELLUS_U(0x298)
#define ISP_STATISTICS_ZONE_RED_MEAN_Off OCELLUS_U(0x29c)
#define ISP_STATISTICS_ZONE_GREEN_RED_MEAN_Off OCELLUS_U(0x2a0)
#define ISP_STATISTICS_ZONE_GREEN_BLUE_MEAN_Off OCELLUS_U(0x2a4)
#define ISP_STATISTICS_ZONE_BLUE_MEAN_Off OCELLUS_U(0x2a8)
#define ISP_STATISTICS_ZONE_BALANCE_CELLS_Off OCELLUS_U(0x2ac)
#define ISP_STATISTICS_ZONE_BALANCE_RED_MEAN_Off OCELLUS_U(0x2b0)
#define ISP_STATISTICS_ZONE_BALANCE_GREEN_MEAN_Off OCELLUS_U(0x2b4)
#define ISP_STATISTICS_ZONE_BALANCE_BLUE_MEAN_Off OCELLUS_U(0x2b8)
#define ISP_STATISTICS_ZONE_FOCUS_MEAN_Off OCELLUS_U(0x2bc)
#define ISP_COUNTER_FRAMES_Off OCELLUS_U(0x300)
#define ISP_COUNTER_ROWS_IN_Off OCELLUS_U(0x304)
#define ISP_COUNTER_ROWS_OUT_Off OCELLUS_U(0x308)
#define ISP_COUNTER_ROWS_LOST_Off OCELLUS_U(0x30c)
#define ISP_COUNTER_TENSORS_Off OCELLUS_U(0x310)
#define ISP_COUNTER_BUSY_CYCLES_LOW_Off OCELLUS_U(0x314)
#define ISP_COUNTER_BUSY_CYCLES_HIGH_Off OCELLUS_U(0x318)
#define ISP_COUNTER_TENSOR_BYTES_LOW_Off OCELLUS_U(0x31c)
#define ISP_COUNTER_TENSOR_BYTES_HIGH_Off OCELLUS_U(0x320)
#define ISP_COUNTER_INPUT_ROWS_PEAK_Off OCELLUS_U(0x324)
#define ISP_COUNTER_TENSORS_UNFINISHED_Off OCELLUS_U(0x328)
#define ISP_COUNTER_TENSOR_ROWS_Off OCELLUS_U(0x32c)
#define ISP_COUNTER_TENSOR_ROWS_LOST_Off OCELLUS_U(0x330)
#define ISP_COUNTER_BUS_ERRORS_Off OCELLUS_U(0x334)
#define ISP_COUNTER_CONFIG_ERRORS_Off OCELLUS_U(0x338)
#define ISP_COUNTER_INPUT_WAIT_CYCLES_LOW_Off OCELLUS_U(0x33c)
#define ISP_COUNTER_INPUT_WAIT_CYCLES_HIGH_Off OCELLUS_U(0x340)
#define ISP_COUNTER_SCALER_WAIT_CYCLES_LOW_Off OCELLUS_U(0x344)
#define ISP_COUNTER_SCALER_WAIT_CYCLES_HIGH_Off OCELLUS_U(0x348)
#define ISP_COUNTER_MEMORY_WAIT_CYCLES_LOW_Off OCELLUS_U(0x34c)
#define ISP_COUNTER_MEMORY_WAIT_CYCLES_HIGH_Off OCELLUS_U(0x350)

/* npu: CNN processor. */
#define OCELLUS_NPU_BASE OCELLUS_U(0x40003000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile const uint32_t ID; /* 0x000 ro Identifies the block: "NPU", version 1. */
    volatile uint32_t CONTROL; /* 0x004 wo Starts and aborts jobs. */
    volatile uint32_t STATUS; /* 0x008 w1c State of the engine; done_irq is high while an enabled DONE or ERROR bit is set. */
    volatile uint32_t IRQ_ENABLE; /* 0x00c rw Which STATUS bits raise done_irq. */
    volatile const uint32_t ERROR_CODE; /* 0x010 ro Why ERROR is set. */
    volatile uint32_t NETWORK; /* 0x014 rw Number of the network to run. */
    volatile const uint32_t NETWORK_COUNT; /* 0x018 ro Networks that are loaded. */
    volatile uint32_t INPUT_ADDRESS; /* 0x01c rw Bus address of the input tensor, a multiple of 64. It must stay until DONE. */
    volatile const uint32_t INPUT_BYTES; /* 0x020 ro Size of the selected network's input tensor. */
    volatile uint32_t JOB_ID; /* 0x024 rw Tag of the next job, such as its frame number. */
    volatile const uint32_t DONE_ID; /* 0x028 ro Tag of the last finished job. */
    volatile const uint32_t OUTPUT_COUNT; /* 0x02c ro Output tensors of the selected network. */
    volatile uint32_t OUTPUT_INDEX; /* 0x030 rw Which output OUTPUT_ADDRESS and OUTPUT_BYTES describe. */
    volatile const uint32_t OUTPUT_ADDRESS; /* 0x034 ro Bus address of that output; valid from DONE until the next START. 0: no such output. */
    volatile const uint32_t OUTPUT_BYTES; /* 0x038 ro Bytes of that output. */
    uint32_t reserved_0[1];
    volatile const uint32_t CYCLES; /* 0x040 ro NPU cycles of the last job. */
    volatile const uint32_t COMPUTE_CYCLES; /* 0x044 ro Array cycles of the last job. */
    volatile const uint32_t LOAD_CYCLES; /* 0x048 ro Bus cycles of the last job's reads. */
    volatile const uint32_t STORE_CYCLES; /* 0x04c ro Bus cycles of the last job's writes. */
    volatile const uint32_t FIXED_CYCLES; /* 0x050 ro Control cycles of the last job. */
    volatile const uint32_t STALL_CYCLES; /* 0x054 ro Cycles of the last job lost to the memory. */
    volatile const uint32_t MACS; /* 0x058 ro Multiply-accumulates of the last job, low 32 bits. */
    uint32_t reserved_1[9];
    volatile const uint32_t COUNTER_JOBS; /* 0x080 ro Finished jobs. */
    volatile const uint32_t COUNTER_ERRORS; /* 0x084 ro Refused starts and abandoned jobs. */
    volatile const uint32_t COUNTER_CYCLES_LOW; /* 0x088 ro NPU cycles of all finished jobs. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_CYCLES_HIGH; /* 0x08c ro NPU cycles of all finished jobs. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_COMPUTE_LOW; /* 0x090 ro Cycles in which the array computed. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_COMPUTE_HIGH; /* 0x094 ro Cycles in which the array computed. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_LOAD_LOW; /* 0x098 ro Bus cycles of reads. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_LOAD_HIGH; /* 0x09c ro Bus cycles of reads. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_STORE_LOW; /* 0x0a0 ro Bus cycles of writes. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_STORE_HIGH; /* 0x0a4 ro Bus cycles of writes. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_FIXED_LOW; /* 0x0a8 ro Control cycles. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_FIXED_HIGH; /* 0x0ac ro Control cycles. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_STALL_LOW; /* 0x0b0 ro Cycles lost to the memory. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_STALL_HIGH; /* 0x0b4 ro Cycles lost to the memory. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_MACS_LOW; /* 0x0b8 ro Multiply-accumulates. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_MACS_HIGH; /* 0x0bc ro Multiply-accumulates. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_READ_BYTES_LOW; /* 0x0c0 ro Bytes read from SRAM. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_READ_BYTES_HIGH; /* 0x0c4 ro Bytes read from SRAM. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_WRITE_BYTES_LOW; /* 0x0c8 ro Bytes written to SRAM. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_WRITE_BYTES_HIGH; /* 0x0cc ro Bytes written to SRAM. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_BURSTS_LOW; /* 0x0d0 ro Bursts to SRAM. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_BURSTS_HIGH; /* 0x0d4 ro Bursts to SRAM. Upper half, as held by the last read of the lower. */
} ocellus_npu_t;
#define OCELLUS_NPU ((ocellus_npu_t *)OCELLUS_NPU_BASE)
#endif
#define NPU_ID_Off OCELLUS_U(0x0)
#define NPU_CONTROL_Off OCELLUS_U(0x4)
#define NPU_CONTROL_START_Pos OCELLUS_U(0)
#define NPU_CONTROL_START_Msk OCELLUS_U(0x1)
#define NPU_CONTROL_ABORT_Pos OCELLUS_U(1)
#define NPU_CONTROL_ABORT_Msk OCELLUS_U(0x2)
#define NPU_STATUS_Off OCELLUS_U(0x8)
#define NPU_STATUS_BUSY_Pos OCELLUS_U(0)
#define NPU_STATUS_BUSY_Msk OCELLUS_U(0x1)
#define NPU_STATUS_DONE_Pos OCELLUS_U(1)
#define NPU_STATUS_DONE_Msk OCELLUS_U(0x2)
#define NPU_STATUS_ERROR_Pos OCELLUS_U(2)
#define NPU_STATUS_ERROR_Msk OCELLUS_U(0x4)
#define NPU_IRQ_ENABLE_Off OCELLUS_U(0xc)
#define NPU_IRQ_ENABLE_DONE_Pos OCELLUS_U(1)
#define NPU_IRQ_ENABLE_DONE_Msk OCELLUS_U(0x2)
#define NPU_IRQ_ENABLE_ERROR_Pos OCELLUS_U(2)
#define NPU_IRQ_ENABLE_ERROR_Msk OCELLUS_U(0x4)
#define NPU_ERROR_CODE_Off OCELLUS_U(0x10)
#define NPU_ERROR_CODE_CODE_Pos OCELLUS_U(0)
#define NPU_ERROR_CODE_CODE_Msk OCELLUS_U(0xf)
#define NPU_ERROR_CODE_CODE_NONE OCELLUS_U(0)
#define NPU_ERROR_CODE_CODE_BUSY OCELLUS_U(1)
#define NPU_ERROR_CODE_CODE_NETWORK OCELLUS_U(2)
#define NPU_ERROR_CODE_CODE_INPUT OCELLUS_U(3)
#define NPU_ERROR_CODE_CODE_MEMORY OCELLUS_U(4)
#define NPU_ERROR_CODE_CODE_DIRECT OCELLUS_U(5)
#define NPU_ERROR_CODE_CODE_ABORTED OCELLUS_U(6)
#define NPU_ERROR_CODE_CODE_COMMAND OCELLUS_U(7)
#define NPU_ERROR_CODE_CODE_WEIGHTS OCELLUS_U(8)
#define NPU_NETWORK_Off OCELLUS_U(0x14)
#define NPU_NETWORK_COUNT_Off OCELLUS_U(0x18)
#define NPU_INPUT_ADDRESS_Off OCELLUS_U(0x1c)
#define NPU_INPUT_BYTES_Off OCELLUS_U(0x20)
#define NPU_JOB_ID_Off OCELLUS_U(0x24)
#define NPU_DONE_ID_Off OCELLUS_U(0x28)
#define NPU_OUTPUT_COUNT_Off OCELLUS_U(0x2c)
#define NPU_OUTPUT_INDEX_Off OCELLUS_U(0x30)
#define NPU_OUTPUT_ADDRESS_Off OCELLUS_U(0x34)
#define NPU_OUTPUT_BYTES_Off OCELLUS_U(0x38)
#define NPU_CYCLES_Off OCELLUS_U(0x40)
#define NPU_COMPUTE_CYCLES_Off OCELLUS_U(0x44)
#define NPU_LOAD_CYCLES_Off OCELLUS_U(0x48)
#define NPU_STORE_CYCLES_Off OCELLUS_U(0x4c)
#define NPU_FIXED_CYCLES_Off OCELLUS_U(0x50)
#define NPU_STALL_CYCLES_Off OCELLUS_U(0x54)
#define NPU_MACS_Off OCELLUS_U(0x58)
#define NPU_COUNTER_JOBS_Off OCELLUS_U(0x80)
#define NPU_COUNTER_ERRORS_Off OCELLUS_U(0x84)
#define NPU_COUNTER_CYCLES_LOW_Off OCELLUS_U(0x88)
#define NPU_COUNTER_CYCLES_HIGH_Off OCELLUS_U(0x8c)
#define NPU_COUNTER_COMPUTE_LOW_Off OCELLUS_U(0x90)
#define NPU_COUNTER_COMPUTE_HIGH_Off OCELLUS_U(0x94)
#define NPU_COUNTER_LOAD_LOW_Off OCELLUS_U(0x98)
#define NPU_COUNTER_LOAD_HIGH_Off OCELLUS_U(0x9c)
#define NPU_COUNTER_STORE_LOW_Off OCELLUS_U(0xa0)
#define NPU_COUNTER_STORE_HIGH_Off OCELLUS_U(0xa4)
#define NPU_COUNTER_FIXED_LOW_Off OCELLUS_U(0xa8)
#define NPU_COUNTER_FIXED_HIGH_Off OCELLUS_U(0xac)
#define NPU_COUNTER_STALL_LOW_Off OCELLUS_U(0xb0)
#define NPU_COUNTER_STALL_HIGH_Off OCELLUS_U(0xb4)
#define NPU_COUNTER_MACS_LOW_Off OCELLUS_U(0xb8)
#define NPU_COUNTER_MACS_HIGH_Off OCELLUS_U(0xbc)
#define NPU_COUNTER_READ_BYTES_LOW_Off OCELLUS_U(0xc0)
#define NPU_COUNTER_READ_BYTES_HIGH_Off OCELLUS_U(0xc4)
#define NPU_COUNTER_WRITE_BYTES_LOW_Off OCELLUS_U(0xc8)
#define NPU_COUNTER_WRITE_BYTES_HIGH_Off OCELLUS_U(0xcc)
#define NPU_COUNTER_BURSTS_LOW_Off OCELLUS_U(0xd0)
#define NPU_COUNTER_BURSTS_HIGH_Off OCELLUS_U(0xd4)

/* dma: Copy engine. */
#define OCELLUS_DMA_BASE OCELLUS_U(0x40004000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile uint32_t CONTROL; /* 0x000 rw Starts a copy; reads as 0. */
    volatile uint32_t STATUS; /* 0x004 w1c State of the engine; DONE and ERROR are cleared by writing 1. */
    uint32_t reserved_0[1];
    volatile uint32_t IRQ_ENABLE; /* 0x00c rw STATUS bits that raise done_irq. */
    volatile uint32_t SOURCE; /* 0x010 rw First byte to read. */
    volatile uint32_t DESTINATION; /* 0x014 rw First byte to write. */
    volatile uint32_t LENGTH; /* 0x018 rw Bytes of one row. */
    volatile uint32_t ROWS; /* 0x01c rw Number of rows; 1 for a plain copy. */
    volatile uint32_t SOURCE_STRIDE; /* 0x020 rw Distance in bytes between the starts of source rows. */
    volatile uint32_t DESTINATION_STRIDE; /* 0x024 rw Distance in bytes between the starts of destination rows. */
    volatile const uint32_t ERROR_ADDRESS; /* 0x028 ro Address of the burst that was refused. */
    volatile const uint32_t BYTES_DONE; /* 0x02c ro Bytes written so far by the running or last copy. */
    volatile uint32_t DESCRIPTOR; /* 0x030 rw Address of a list's first descriptor, a multiple of 32: eight words with source, destination, bytes of a row, rows, stride of the source, stride of the destination, address of the next descriptor (0: the last one) and 0. */
    volatile const uint32_t DESCRIPTORS_DONE; /* 0x034 ro Descriptors of the running or last list that are complete. */
} ocellus_dma_t;
#define OCELLUS_DMA ((ocellus_dma_t *)OCELLUS_DMA_BASE)
#endif
#define DMA_CONTROL_Off OCELLUS_U(0x0)
#define DMA_CONTROL_START_Pos OCELLUS_U(0)
#define DMA_CONTROL_START_Msk OCELLUS_U(0x1)
#define DMA_CONTROL_START_LIST_Pos OCELLUS_U(1)
#define DMA_CONTROL_START_LIST_Msk OCELLUS_U(0x2)
#define DMA_CONTROL_STOP_Pos OCELLUS_U(2)
#define DMA_CONTROL_STOP_Msk OCELLUS_U(0x4)
#define DMA_STATUS_Off OCELLUS_U(0x4)
#define DMA_STATUS_BUSY_Pos OCELLUS_U(0)
#define DMA_STATUS_BUSY_Msk OCELLUS_U(0x1)
#define DMA_STATUS_DONE_Pos OCELLUS_U(1)
#define DMA_STATUS_DONE_Msk OCELLUS_U(0x2)
#define DMA_STATUS_ERROR_Pos OCELLUS_U(2)
#define DMA_STATUS_ERROR_Msk OCELLUS_U(0x4)
#define DMA_IRQ_ENABLE_Off OCELLUS_U(0xc)
#define DMA_IRQ_ENABLE_DONE_Pos OCELLUS_U(1)
#define DMA_IRQ_ENABLE_DONE_Msk OCELLUS_U(0x2)
#define DMA_IRQ_ENABLE_ERROR_Pos OCELLUS_U(2)
#define DMA_IRQ_ENABLE_ERROR_Msk OCELLUS_U(0x4)
#define DMA_SOURCE_Off OCELLUS_U(0x10)
#define DMA_DESTINATION_Off OCELLUS_U(0x14)
#define DMA_LENGTH_Off OCELLUS_U(0x18)
#define DMA_ROWS_Off OCELLUS_U(0x1c)
#define DMA_SOURCE_STRIDE_Off OCELLUS_U(0x20)
#define DMA_DESTINATION_STRIDE_Off OCELLUS_U(0x24)
#define DMA_ERROR_ADDRESS_Off OCELLUS_U(0x28)
#define DMA_BYTES_DONE_Off OCELLUS_U(0x2c)
#define DMA_DESCRIPTOR_Off OCELLUS_U(0x30)
#define DMA_DESCRIPTORS_DONE_Off OCELLUS_U(0x34)

/* csi2: CSI-2 transmitter. */
#define OCELLUS_CSI2_BASE OCELLUS_U(0x40005000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile uint32_t LANES; /* 0x000 rw Data lanes: 1, 2 or 4; other values are ignored. Used from the next packet on. */
    volatile const uint32_t VC; /* 0x004 ro Virtual channels. */
    volatile uint32_t STATUS; /* 0x008 w1c What happened since the bits were last cleared. */
    volatile uint32_t IRQ_ENABLE; /* 0x00c rw STATUS bits that raise sent_irq. */
    volatile const uint32_t LINES_LOST; /* 0x010 ro Image rows lost since reset. */
    volatile const uint32_t FRAMES; /* 0x014 ro Image frames sent since reset. */
    uint32_t reserved_0[2];
    volatile uint32_t METADATA_ADDRESS; /* 0x020 rw Bus address of the first byte of the next message. */
    volatile uint32_t METADATA_LENGTH; /* 0x024 rw Bytes of the next message. */
    volatile uint32_t METADATA_FRAME; /* 0x028 rw Frame the next message belongs to, counted from 0. */
    volatile uint32_t METADATA_SEND; /* 0x02c wo Queues a message; its address, length and frame are sampled now, its bytes when they are sent. */
    volatile const uint32_t METADATA_QUEUED; /* 0x030 ro Messages waiting or being sent. */
    volatile const uint32_t METADATA_SENT; /* 0x034 ro Messages whose last bit has left since reset, those cut short included. */
    volatile uint32_t TENSOR_REGION; /* 0x038 rw Lines that follow each inference; set from the configuration. */
    volatile uint32_t TENSOR_TYPES; /* 0x03c rw Data types of these lines: 0x30 to 0x37, or 0x12 for embedded data. */
    uint32_t reserved_1[16];
    volatile const uint32_t COUNTER_PACKETS; /* 0x080 ro Packets sent. */
    volatile const uint32_t COUNTER_FRAMES; /* 0x084 ro Image frames sent. */
    volatile const uint32_t COUNTER_LINES; /* 0x088 ro Image rows sent. */
    volatile const uint32_t COUNTER_LINES_LOST; /* 0x08c ro Image rows lost. */
    volatile const uint32_t COUNTER_MESSAGES; /* 0x090 ro Metadata messages sent. */
    volatile const uint32_t COUNTER_WIRE_BYTES_LOW; /* 0x094 ro Bytes sent, headers and checksums included. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_WIRE_BYTES_HIGH; /* 0x098 ro Bytes sent, headers and checksums included. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_FRAMES_DAMAGED; /* 0x09c ro Image frames that lost at least one row. */
    volatile const uint32_t COUNTER_FIFO_PEAK; /* 0x0a0 ro Most rows held at once, the one being sent included. */
    volatile const uint32_t COUNTER_METADATA_LINES; /* 0x0a4 ro Metadata lines sent. */
    volatile const uint32_t COUNTER_METADATA_REJECTED; /* 0x0a8 ro Metadata messages refused: queue full or length 0. */
    volatile const uint32_t COUNTER_METADATA_FAILED; /* 0x0ac ro Metadata messages cut short because memory answered with an error. */
} ocellus_csi2_t;
#define OCELLUS_CSI2 ((ocellus_csi2_t *)OCELLUS_CSI2_BASE)
#endif
#define CSI2_LANES_Off OCELLUS_U(0x0)
#define CSI2_VC_Off OCELLUS_U(0x4)
#define CSI2_VC_IMAGE_Pos OCELLUS_U(0)
#define CSI2_VC_IMAGE_Msk OCELLUS_U(0x3)
#define CSI2_VC_METADATA_Pos OCELLUS_U(4)
#define CSI2_VC_METADATA_Msk OCELLUS_U(0x30)
#define CSI2_VC_TENSOR_Pos OCELLUS_U(8)
#define CSI2_VC_TENSOR_Msk OCELLUS_U(0x300)
#define CSI2_STATUS_Off OCELLUS_U(0x8)
#define CSI2_STATUS_SENT_Pos OCELLUS_U(0)
#define CSI2_STATUS_SENT_Msk OCELLUS_U(0x1)
#define CSI2_STATUS_REJECTED_Pos OCELLUS_U(1)
#define CSI2_STATUS_REJECTED_Msk OCELLUS_U(0x2)
#define CSI2_STATUS_ERROR_Pos OCELLUS_U(2)
#define CSI2_STATUS_ERROR_Msk OCELLUS_U(0x4)
#define CSI2_STATUS_LINES_LOST_Pos OCELLUS_U(3)
#define CSI2_STATUS_LINES_LOST_Msk OCELLUS_U(0x8)
#define CSI2_IRQ_ENABLE_Off OCELLUS_U(0xc)
#define CSI2_IRQ_ENABLE_SENT_Pos OCELLUS_U(0)
#define CSI2_IRQ_ENABLE_SENT_Msk OCELLUS_U(0x1)
#define CSI2_IRQ_ENABLE_REJECTED_Pos OCELLUS_U(1)
#define CSI2_IRQ_ENABLE_REJECTED_Msk OCELLUS_U(0x2)
#define CSI2_IRQ_ENABLE_ERROR_Pos OCELLUS_U(2)
#define CSI2_IRQ_ENABLE_ERROR_Msk OCELLUS_U(0x4)
#define CSI2_IRQ_ENABLE_LINES_LOST_Pos OCELLUS_U(3)
#define CSI2_IRQ_ENABLE_LINES_LOST_Msk OCELLUS_U(0x8)
#define CSI2_LINES_LOST_Off OCELLUS_U(0x10)
#define CSI2_FRAMES_Off OCELLUS_U(0x14)
#define CSI2_METADATA_ADDRESS_Off OCELLUS_U(0x20)
#define CSI2_METADATA_LENGTH_Off OCELLUS_U(0x24)
#define CSI2_METADATA_FRAME_Off OCELLUS_U(0x28)
#define CSI2_METADATA_SEND_Off OCELLUS_U(0x2c)
#define CSI2_METADATA_SEND_START_Pos OCELLUS_U(0)
#define CSI2_METADATA_SEND_START_Msk OCELLUS_U(0x1)
#define CSI2_METADATA_SEND_PIXEL_DERIVED_Pos OCELLUS_U(1)
#define CSI2_METADATA_SEND_PIXEL_DERIVED_Msk OCELLUS_U(0x2)
#define CSI2_METADATA_QUEUED_Off OCELLUS_U(0x30)
#define CSI2_METADATA_SENT_Off OCELLUS_U(0x34)
#define CSI2_TENSOR_REGION_Off OCELLUS_U(0x38)
#define CSI2_TENSOR_REGION_PARTS_Pos OCELLUS_U(0)
#define CSI2_TENSOR_REGION_PARTS_Msk OCELLUS_U(0x3)
#define CSI2_TENSOR_REGION_PARTS_NONE OCELLUS_U(0)
#define CSI2_TENSOR_REGION_PARTS_OUTPUTS OCELLUS_U(1)
#define CSI2_TENSOR_REGION_PARTS_ALL OCELLUS_U(2)
#define CSI2_TENSOR_TYPES_Off OCELLUS_U(0x3c)
#define CSI2_TENSOR_TYPES_KPI_Pos OCELLUS_U(0)
#define CSI2_TENSOR_TYPES_KPI_Msk OCELLUS_U(0x3f)
#define CSI2_TENSOR_TYPES_INPUT_Pos OCELLUS_U(8)
#define CSI2_TENSOR_TYPES_INPUT_Msk OCELLUS_U(0x3f00)
#define CSI2_TENSOR_TYPES_OUTPUT_Pos OCELLUS_U(16)
#define CSI2_TENSOR_TYPES_OUTPUT_Msk OCELLUS_U(0x3f0000)
#define CSI2_TENSOR_TYPES_PQ_Pos OCELLUS_U(24)
#define CSI2_TENSOR_TYPES_PQ_Msk OCELLUS_U(0x3f000000)
#define CSI2_COUNTER_PACKETS_Off OCELLUS_U(0x80)
#define CSI2_COUNTER_FRAMES_Off OCELLUS_U(0x84)
#define CSI2_COUNTER_LINES_Off OCELLUS_U(0x88)
#define CSI2_COUNTER_LINES_LOST_Off OCELLUS_U(0x8c)
#define CSI2_COUNTER_MESSAGES_Off OCELLUS_U(0x90)
#define CSI2_COUNTER_WIRE_BYTES_LOW_Off OCELLUS_U(0x94)
#define CSI2_COUNTER_WIRE_BYTES_HIGH_Off OCELLUS_U(0x98)
#define CSI2_COUNTER_FRAMES_DAMAGED_Off OCELLUS_U(0x9c)
#define CSI2_COUNTER_FIFO_PEAK_Off OCELLUS_U(0xa0)
#define CSI2_COUNTER_METADATA_LINES_Off OCELLUS_U(0xa4)
#define CSI2_COUNTER_METADATA_REJECTED_Off OCELLUS_U(0xa8)
#define CSI2_COUNTER_METADATA_FAILED_Off OCELLUS_U(0xac)

/* interrupt_controller: Collects the blocks' interrupts for the control CPU. */
#define OCELLUS_INTERRUPT_CONTROLLER_BASE OCELLUS_U(0x40006000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile const uint32_t PENDING; /* 0x000 ro Sources that ask for service, one bit each, and are not in service. */
    volatile uint32_t ENABLE; /* 0x004 rw Sources that may interrupt, one bit each; bit 0 does not exist. */
    volatile uint32_t THRESHOLD; /* 0x008 rw Only sources of a higher priority interrupt. */
    volatile uint32_t CLAIM; /* 0x00c rw Reading claims the most urgent source (0: none); writing its number completes it. */
    uint32_t reserved_0[29];
    volatile uint32_t PRIORITY[10]; /* 0x084 Priority of a source. */
} ocellus_interrupt_controller_t;
#define OCELLUS_INTERRUPT_CONTROLLER ((ocellus_interrupt_controller_t *)OCELLUS_INTERRUPT_CONTROLLER_BASE)
#endif
#define INTERRUPT_CONTROLLER_PENDING_Off OCELLUS_U(0x0)
#define INTERRUPT_CONTROLLER_ENABLE_Off OCELLUS_U(0x4)
#define INTERRUPT_CONTROLLER_ENABLE_SOURCES_Pos OCELLUS_U(1)
#define INTERRUPT_CONTROLLER_ENABLE_SOURCES_Msk OCELLUS_U(0xfffffffe)
#define INTERRUPT_CONTROLLER_THRESHOLD_Off OCELLUS_U(0x8)
#define INTERRUPT_CONTROLLER_THRESHOLD_PRIORITY_Pos OCELLUS_U(0)
#define INTERRUPT_CONTROLLER_THRESHOLD_PRIORITY_Msk OCELLUS_U(0x7)
#define INTERRUPT_CONTROLLER_CLAIM_Off OCELLUS_U(0xc)
#define INTERRUPT_CONTROLLER_CLAIM_SOURCE_Pos OCELLUS_U(0)
#define INTERRUPT_CONTROLLER_CLAIM_SOURCE_Msk OCELLUS_U(0x1f)
#define INTERRUPT_CONTROLLER_PRIORITY_Off OCELLUS_U(0x84)
#define INTERRUPT_CONTROLLER_PRIORITY_PRIORITY_Pos OCELLUS_U(0)
#define INTERRUPT_CONTROLLER_PRIORITY_PRIORITY_Msk OCELLUS_U(0x7)

/* system: Identity, boot and reset. */
#define OCELLUS_SYSTEM_BASE OCELLUS_U(0x40007000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile const uint32_t CHIP_ID; /* 0x000 ro Identifies the chip, as register 0x0016 of the public part. */
    volatile const uint32_t VERSION; /* 0x004 ro Version of this register map. */
    volatile uint32_t BOOT_ENTRY; /* 0x008 rw Where the boot ROM jumps to; 0: it waits. */
    volatile uint32_t BOOT_INFO; /* 0x00c rw Bus address of the boot information; 0: there is none. */
    volatile const uint32_t BOOT_REASON; /* 0x010 ro Why the CPU was last reset. */
    volatile uint32_t RESET; /* 0x014 wo Resets the CPU and its peripherals. */
    uint32_t reserved_0[2];
    volatile uint32_t SCRATCH[4]; /* 0x020 Left alone by the hardware, also at a reset of the CPU. */
    volatile uint32_t FATAL_CAUSE; /* 0x030 rw mcause of a trap that nobody could handle; writing it reports the failure. */
    volatile uint32_t FATAL_EPC; /* 0x034 rw mepc of that trap. */
    volatile uint32_t FATAL_TVAL; /* 0x038 rw mtval of that trap. */
    volatile uint32_t PRIVACY; /* 0x03c rw What may leave the chip. A reset of the CPU leaves it alone. */
} ocellus_system_t;
#define OCELLUS_SYSTEM ((ocellus_system_t *)OCELLUS_SYSTEM_BASE)
#endif
#define SYSTEM_CHIP_ID_Off OCELLUS_U(0x0)
#define SYSTEM_VERSION_Off OCELLUS_U(0x4)
#define SYSTEM_VERSION_MINOR_Pos OCELLUS_U(0)
#define SYSTEM_VERSION_MINOR_Msk OCELLUS_U(0xff)
#define SYSTEM_VERSION_MAJOR_Pos OCELLUS_U(8)
#define SYSTEM_VERSION_MAJOR_Msk OCELLUS_U(0xff00)
#define SYSTEM_BOOT_ENTRY_Off OCELLUS_U(0x8)
#define SYSTEM_BOOT_INFO_Off OCELLUS_U(0xc)
#define SYSTEM_BOOT_REASON_Off OCELLUS_U(0x10)
#define SYSTEM_BOOT_REASON_REASON_Pos OCELLUS_U(0)
#define SYSTEM_BOOT_REASON_REASON_Msk OCELLUS_U(0x3)
#define SYSTEM_BOOT_REASON_REASON_POWER_ON OCELLUS_U(0)
#define SYSTEM_BOOT_REASON_REASON_WATCHDOG OCELLUS_U(1)
#define SYSTEM_BOOT_REASON_REASON_SOFTWARE OCELLUS_U(2)
#define SYSTEM_BOOT_REASON_REASON_DEBUGGER OCELLUS_U(3)
#define SYSTEM_RESET_Off OCELLUS_U(0x14)
#define SYSTEM_RESET_KEY_Pos OCELLUS_U(0)
#define SYSTEM_RESET_KEY_Msk OCELLUS_U(0xffff)
#define SYSTEM_SCRATCH_Off OCELLUS_U(0x20)
#define SYSTEM_FATAL_CAUSE_Off OCELLUS_U(0x30)
#define SYSTEM_FATAL_EPC_Off OCELLUS_U(0x34)
#define SYSTEM_FATAL_TVAL_Off OCELLUS_U(0x38)
#define SYSTEM_PRIVACY_Off OCELLUS_U(0x3c)
#define SYSTEM_PRIVACY_MODE_Pos OCELLUS_U(0)
#define SYSTEM_PRIVACY_MODE_Msk OCELLUS_U(0x3)
#define SYSTEM_PRIVACY_MODE_FULL OCELLUS_U(0)
#define SYSTEM_PRIVACY_MODE_METADATA_TENSOR OCELLUS_U(1)
#define SYSTEM_PRIVACY_MODE_METADATA_ROI OCELLUS_U(2)
#define SYSTEM_PRIVACY_MODE_METADATA_ONLY OCELLUS_U(3)
#define SYSTEM_PRIVACY_LOCK_Pos OCELLUS_U(8)
#define SYSTEM_PRIVACY_LOCK_Msk OCELLUS_U(0x100)
#define SYSTEM_PRIVACY_VIOLATED_Pos OCELLUS_U(16)
#define SYSTEM_PRIVACY_VIOLATED_Msk OCELLUS_U(0x10000)

/* uart: Serial port. */
#define OCELLUS_UART_BASE OCELLUS_U(0x40008000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile uint32_t DATA; /* 0x000 rw Writing sends a byte, reading takes the oldest received one (0 when there is none). */
    volatile const uint32_t STATUS; /* 0x004 ro State of the FIFOs. */
    volatile uint32_t IRQ_ENABLE; /* 0x008 rw Which states raise the interrupt. */
    volatile uint32_t BAUD; /* 0x00c rw Bits per second, 300 to 10 000 000; others are ignored. */
    volatile const uint32_t COUNTER_SENT; /* 0x010 ro Bytes sent. */
    volatile const uint32_t COUNTER_LOST; /* 0x014 ro Bytes written while the FIFO was full, and lost. */
} ocellus_uart_t;
#define OCELLUS_UART ((ocellus_uart_t *)OCELLUS_UART_BASE)
#endif
#define UART_DATA_Off OCELLUS_U(0x0)
#define UART_DATA_BYTE_Pos OCELLUS_U(0)
#define UART_DATA_BYTE_Msk OCELLUS_U(0xff)
#define UART_STATUS_Off OCELLUS_U(0x4)
#define UART_STATUS_TX_READY_Pos OCELLUS_U(0)
#define UART_STATUS_TX_READY_Msk OCELLUS_U(0x1)
#define UART_STATUS_TX_EMPTY_Pos OCELLUS_U(1)
#define UART_STATUS_TX_EMPTY_Msk OCELLUS_U(0x2)
#define UART_STATUS_RX_VALID_Pos OCELLUS_U(2)
#define UART_STATUS_RX_VALID_Msk OCELLUS_U(0x4)
#define UART_STATUS_RX_OVERRUN_Pos OCELLUS_U(3)
#define UART_STATUS_RX_OVERRUN_Msk OCELLUS_U(0x8)
#define UART_IRQ_ENABLE_Off OCELLUS_U(0x8)
#define UART_IRQ_ENABLE_TX_EMPTY_Pos OCELLUS_U(1)
#define UART_IRQ_ENABLE_TX_EMPTY_Msk OCELLUS_U(0x2)
#define UART_IRQ_ENABLE_RX_VALID_Pos OCELLUS_U(2)
#define UART_IRQ_ENABLE_RX_VALID_Msk OCELLUS_U(0x4)
#define UART_BAUD_Off OCELLUS_U(0xc)
#define UART_COUNTER_SENT_Off OCELLUS_U(0x10)
#define UART_COUNTER_LOST_Off OCELLUS_U(0x14)

/* watchdog: Watchdog timer. */
#define OCELLUS_WATCHDOG_BASE OCELLUS_U(0x40009000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile uint32_t LOAD; /* 0x000 rw Ticks of mtime from a kick to expiry. */
    volatile uint32_t CONTROL; /* 0x004 rw What it does. */
    volatile uint32_t KICK; /* 0x008 wo Starts the count again. */
    volatile const uint32_t VALUE; /* 0x00c ro Ticks left. */
    volatile uint32_t STATUS; /* 0x010 w1c Events; write 1 to clear. */
} ocellus_watchdog_t;
#define OCELLUS_WATCHDOG ((ocellus_watchdog_t *)OCELLUS_WATCHDOG_BASE)
#endif
#define WATCHDOG_LOAD_Off OCELLUS_U(0x0)
#define WATCHDOG_CONTROL_Off OCELLUS_U(0x4)
#define WATCHDOG_CONTROL_ENABLE_Pos OCELLUS_U(0)
#define WATCHDOG_CONTROL_ENABLE_Msk OCELLUS_U(0x1)
#define WATCHDOG_CONTROL_RESET_ENABLE_Pos OCELLUS_U(1)
#define WATCHDOG_CONTROL_RESET_ENABLE_Msk OCELLUS_U(0x2)
#define WATCHDOG_KICK_Off OCELLUS_U(0x8)
#define WATCHDOG_KICK_KEY_Pos OCELLUS_U(0)
#define WATCHDOG_KICK_KEY_Msk OCELLUS_U(0xffff)
#define WATCHDOG_VALUE_Off OCELLUS_U(0xc)
#define WATCHDOG_STATUS_Off OCELLUS_U(0x10)
#define WATCHDOG_STATUS_EXPIRED_Pos OCELLUS_U(0)
#define WATCHDOG_STATUS_EXPIRED_Msk OCELLUS_U(0x1)

/* sram_counters: Performance counters of the SRAM. */
#define OCELLUS_SRAM_COUNTERS_BASE OCELLUS_U(0x4000a000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile const uint32_t COUNTER_READS_LOW; /* 0x000 ro Read bursts served. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_READS_HIGH; /* 0x004 ro Read bursts served. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_WRITES_LOW; /* 0x008 ro Write bursts served. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_WRITES_HIGH; /* 0x00c ro Write bursts served. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_BYTES_READ_LOW; /* 0x010 ro Bytes read by bursts. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_BYTES_READ_HIGH; /* 0x014 ro Bytes read by bursts. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_BYTES_WRITTEN_LOW; /* 0x018 ro Bytes written by bursts. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_BYTES_WRITTEN_HIGH; /* 0x01c ro Bytes written by bursts. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_BUSY_CYCLES_LOW; /* 0x020 ro Bank accesses, one cycle of one bank each. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_BUSY_CYCLES_HIGH; /* 0x024 ro Bank accesses, one cycle of one bank each. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_WAIT_CYCLES_LOW; /* 0x028 ro Cycles bursts waited for a busy bank. Lower half; reading it holds the upper half. */
    volatile const uint32_t COUNTER_WAIT_CYCLES_HIGH; /* 0x02c ro Cycles bursts waited for a busy bank. Upper half, as held by the last read of the lower. */
    volatile const uint32_t COUNTER_REFUSED; /* 0x030 ro Bursts answered with an error. */
} ocellus_sram_counters_t;
#define OCELLUS_SRAM_COUNTERS ((ocellus_sram_counters_t *)OCELLUS_SRAM_COUNTERS_BASE)
#endif
#define SRAM_COUNTERS_COUNTER_READS_LOW_Off OCELLUS_U(0x0)
#define SRAM_COUNTERS_COUNTER_READS_HIGH_Off OCELLUS_U(0x4)
#define SRAM_COUNTERS_COUNTER_WRITES_LOW_Off OCELLUS_U(0x8)
#define SRAM_COUNTERS_COUNTER_WRITES_HIGH_Off OCELLUS_U(0xc)
#define SRAM_COUNTERS_COUNTER_BYTES_READ_LOW_Off OCELLUS_U(0x10)
#define SRAM_COUNTERS_COUNTER_BYTES_READ_HIGH_Off OCELLUS_U(0x14)
#define SRAM_COUNTERS_COUNTER_BYTES_WRITTEN_LOW_Off OCELLUS_U(0x18)
#define SRAM_COUNTERS_COUNTER_BYTES_WRITTEN_HIGH_Off OCELLUS_U(0x1c)
#define SRAM_COUNTERS_COUNTER_BUSY_CYCLES_LOW_Off OCELLUS_U(0x20)
#define SRAM_COUNTERS_COUNTER_BUSY_CYCLES_HIGH_Off OCELLUS_U(0x24)
#define SRAM_COUNTERS_COUNTER_WAIT_CYCLES_LOW_Off OCELLUS_U(0x28)
#define SRAM_COUNTERS_COUNTER_WAIT_CYCLES_HIGH_Off OCELLUS_U(0x2c)
#define SRAM_COUNTERS_COUNTER_REFUSED_Off OCELLUS_U(0x30)

/* simulator: Operations of the simulation that no silicon has. */
#define OCELLUS_SIMULATOR_BASE OCELLUS_U(0x4000b000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile uint32_t EXIT; /* 0x000 wo Ends the run; the value is the exit code. */
    volatile uint32_t MARKER; /* 0x004 wo Leaves a mark with this number in the results. */
    volatile uint32_t REGION_BEGIN; /* 0x008 wo Begins a region of interest with this number. */
    volatile uint32_t REGION_END; /* 0x00c wo Ends the region with this number. */
    volatile uint32_t DUMP_STATISTICS; /* 0x010 wo Writes the statistics since the last reset, under this number. */
    volatile uint32_t RESET_STATISTICS; /* 0x014 wo Begins the statistics of the next dump anew; any value. */
    volatile const uint32_t TIME_LOW; /* 0x018 ro Simulated time in ns, lower half; reading it holds the upper half. */
    volatile const uint32_t TIME_HIGH; /* 0x01c ro Simulated time in ns, upper half, as held. */
    volatile uint32_t LOG; /* 0x020 wo Bus address of a text that ends with 0: it goes to the log. */
} ocellus_simulator_t;
#define OCELLUS_SIMULATOR ((ocellus_simulator_t *)OCELLUS_SIMULATOR_BASE)
#endif
#define SIMULATOR_EXIT_Off OCELLUS_U(0x0)
#define SIMULATOR_MARKER_Off OCELLUS_U(0x4)
#define SIMULATOR_REGION_BEGIN_Off OCELLUS_U(0x8)
#define SIMULATOR_REGION_END_Off OCELLUS_U(0xc)
#define SIMULATOR_DUMP_STATISTICS_Off OCELLUS_U(0x10)
#define SIMULATOR_RESET_STATISTICS_Off OCELLUS_U(0x14)
#define SIMULATOR_TIME_LOW_Off OCELLUS_U(0x18)
#define SIMULATOR_TIME_HIGH_Off OCELLUS_U(0x1c)
#define SIMULATOR_LOG_Off OCELLUS_U(0x20)

/* sram_control: Error correction, error injection, scrubbing and power states of the SRAM. */
#define OCELLUS_SRAM_CONTROL_BASE OCELLUS_U(0x40010000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile uint32_t CONTROL; /* 0x000 rw Switches of the protection. */
    volatile uint32_t STATUS; /* 0x004 w1c What has happened; bits are cleared by writing 1. */
    volatile uint32_t IRQ_ENABLE; /* 0x008 rw Which bits of STATUS raise the interrupt. */
    volatile const uint32_t COUNTER_CORRECTED; /* 0x00c ro Words corrected, by bursts and by the scrubber. */
    volatile const uint32_t COUNTER_UNCORRECTABLE; /* 0x010 ro Uncorrectable words met, by bursts and by the scrubber. */
    volatile const uint32_t COUNTER_SCRUBBED; /* 0x014 ro Words that the scrubber has corrected in place. */
    volatile const uint32_t CORRECTED_ADDRESS; /* 0x018 ro Offset in the SRAM of the word corrected last. */
    volatile const uint32_t CORRECTED_CELL; /* 0x01c ro Which of its cells was wrong: 0 to 63 data, 64 to 71 check bits. */
    volatile const uint32_t ERROR_ADDRESS; /* 0x020 ro Offset in the SRAM of the first uncorrectable word since STATUS.UNCORRECTABLE was cleared. */
    volatile const uint32_t ERROR_SYNDROME; /* 0x024 ro Its syndrome. */
    volatile uint32_t INJECT_ADDRESS; /* 0x028 rw Offset in the SRAM of the word whose cells INJECT flips. */
    volatile uint32_t INJECT_DATA_LOW; /* 0x02c rw Cells of data bits 0 to 31 to flip. */
    volatile uint32_t INJECT_DATA_HIGH; /* 0x030 rw Cells of data bits 32 to 63 to flip. */
    volatile uint32_t INJECT_CHECK; /* 0x034 rw Cells of the check bits to flip. */
    volatile uint32_t INJECT; /* 0x038 rw Flips cells; reads as 0. */
    volatile uint32_t SCRUB_INTERVAL; /* 0x03c rw SRAM cycles from one row read by the scrubber to the next; 0: it rests. */
    volatile const uint32_t SCRUB_ROW; /* 0x040 ro Row that the scrubber reads next, counted in the order of addresses. */
    volatile const uint32_t SCRUB_PASSES; /* 0x044 ro Times that the scrubber has come through the whole memory. */
    volatile uint32_t POWER_BANK; /* 0x048 rw Bank that POWER_STATE shows and sets. */
    volatile uint32_t POWER_STATE; /* 0x04c rw Power state of that bank. In retention it keeps its contents and an access wakes it; off, it loses them and answers with an error. */
    volatile const uint32_t COUNTER_WAKES; /* 0x050 ro Times that an access or a write of POWER_STATE woke a bank from retention. */
} ocellus_sram_control_t;
#define OCELLUS_SRAM_CONTROL ((ocellus_sram_control_t *)OCELLUS_SRAM_CONTROL_BASE)
#endif
#define SRAM_CONTROL_CONTROL_Off OCELLUS_U(0x0)
#define SRAM_CONTROL_CONTROL_ECC_Pos OCELLUS_U(0)
#define SRAM_CONTROL_CONTROL_ECC_Msk OCELLUS_U(0x1)
#define SRAM_CONTROL_CONTROL_SCRUB_Pos OCELLUS_U(1)
#define SRAM_CONTROL_CONTROL_SCRUB_Msk OCELLUS_U(0x2)
#define SRAM_CONTROL_CONTROL_BUS_ERROR_Pos OCELLUS_U(2)
#define SRAM_CONTROL_CONTROL_BUS_ERROR_Msk OCELLUS_U(0x4)
#define SRAM_CONTROL_STATUS_Off OCELLUS_U(0x4)
#define SRAM_CONTROL_STATUS_CORRECTED_Pos OCELLUS_U(0)
#define SRAM_CONTROL_STATUS_CORRECTED_Msk OCELLUS_U(0x1)
#define SRAM_CONTROL_STATUS_UNCORRECTABLE_Pos OCELLUS_U(1)
#define SRAM_CONTROL_STATUS_UNCORRECTABLE_Msk OCELLUS_U(0x2)
#define SRAM_CONTROL_STATUS_BANK_OFF_Pos OCELLUS_U(2)
#define SRAM_CONTROL_STATUS_BANK_OFF_Msk OCELLUS_U(0x4)
#define SRAM_CONTROL_IRQ_ENABLE_Off OCELLUS_U(0x8)
#define SRAM_CONTROL_IRQ_ENABLE_CORRECTED_Pos OCELLUS_U(0)
#define SRAM_CONTROL_IRQ_ENABLE_CORRECTED_Msk OCELLUS_U(0x1)
#define SRAM_CONTROL_IRQ_ENABLE_UNCORRECTABLE_Pos OCELLUS_U(1)
#define SRAM_CONTROL_IRQ_ENABLE_UNCORRECTABLE_Msk OCELLUS_U(0x2)
#define SRAM_CONTROL_IRQ_ENABLE_BANK_OFF_Pos OCELLUS_U(2)
#define SRAM_CONTROL_IRQ_ENABLE_BANK_OFF_Msk OCELLUS_U(0x4)
#define SRAM_CONTROL_COUNTER_CORRECTED_Off OCELLUS_U(0xc)
#define SRAM_CONTROL_COUNTER_UNCORRECTABLE_Off OCELLUS_U(0x10)
#define SRAM_CONTROL_COUNTER_SCRUBBED_Off OCELLUS_U(0x14)
#define SRAM_CONTROL_CORRECTED_ADDRESS_Off OCELLUS_U(0x18)
#define SRAM_CONTROL_CORRECTED_CELL_Off OCELLUS_U(0x1c)
#define SRAM_CONTROL_ERROR_ADDRESS_Off OCELLUS_U(0x20)
#define SRAM_CONTROL_ERROR_SYNDROME_Off OCELLUS_U(0x24)
#define SRAM_CONTROL_INJECT_ADDRESS_Off OCELLUS_U(0x28)
#define SRAM_CONTROL_INJECT_DATA_LOW_Off OCELLUS_U(0x2c)
#define SRAM_CONTROL_INJECT_DATA_HIGH_Off OCELLUS_U(0x30)
#define SRAM_CONTROL_INJECT_CHECK_Off OCELLUS_U(0x34)
#define SRAM_CONTROL_INJECT_CHECK_MASK_Pos OCELLUS_U(0)
#define SRAM_CONTROL_INJECT_CHECK_MASK_Msk OCELLUS_U(0xff)
#define SRAM_CONTROL_INJECT_Off OCELLUS_U(0x38)
#define SRAM_CONTROL_INJECT_FLIP_Pos OCELLUS_U(0)
#define SRAM_CONTROL_INJECT_FLIP_Msk OCELLUS_U(0x1)
#define SRAM_CONTROL_SCRUB_INTERVAL_Off OCELLUS_U(0x3c)
#define SRAM_CONTROL_SCRUB_ROW_Off OCELLUS_U(0x40)
#define SRAM_CONTROL_SCRUB_PASSES_Off OCELLUS_U(0x44)
#define SRAM_CONTROL_POWER_BANK_Off OCELLUS_U(0x48)
#define SRAM_CONTROL_POWER_STATE_Off OCELLUS_U(0x4c)
#define SRAM_CONTROL_POWER_STATE_STATE_Pos OCELLUS_U(0)
#define SRAM_CONTROL_POWER_STATE_STATE_Msk OCELLUS_U(0x3)
#define SRAM_CONTROL_POWER_STATE_STATE_ACTIVE OCELLUS_U(0)
#define SRAM_CONTROL_POWER_STATE_STATE_RETENTION OCELLUS_U(1)
#define SRAM_CONTROL_POWER_STATE_STATE_OFF OCELLUS_U(2)
#define SRAM_CONTROL_COUNTER_WAKES_Off OCELLUS_U(0x50)

/* interconnect: Shares and bandwidth caps of the initiators. */
#define OCELLUS_INTERCONNECT_BASE OCELLUS_U(0x40012000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile const uint32_t INITIATORS; /* 0x000 ro Number of initiators. */
    volatile uint32_t SELECT; /* 0x004 rw Number of the initiator that the other registers are of; one that does not exist is not taken. */
    volatile uint32_t CAP; /* 0x008 rw Bytes that the initiator may move in 1024 cycles; 0: as many as it can. */
    volatile uint32_t PRIORITY; /* 0x00c rw Priority of the initiator, 0 first. */
    volatile uint32_t WEIGHT; /* 0x010 rw Weight of the initiator; 0 counts as 1. */
    volatile uint32_t DEADLINE; /* 0x014 rw Cycles from the arrival of a burst of the initiator to its deadline; 0: it can wait. */
    volatile const uint32_t CAPPED; /* 0x018 ro Cycles that bursts of the initiator were held back by its cap, modulo 2^32. */
} ocellus_interconnect_t;
#define OCELLUS_INTERCONNECT ((ocellus_interconnect_t *)OCELLUS_INTERCONNECT_BASE)
#endif
#define INTERCONNECT_INITIATORS_Off OCELLUS_U(0x0)
#define INTERCONNECT_SELECT_Off OCELLUS_U(0x4)
#define INTERCONNECT_CAP_Off OCELLUS_U(0x8)
#define INTERCONNECT_PRIORITY_Off OCELLUS_U(0xc)
#define INTERCONNECT_WEIGHT_Off OCELLUS_U(0x10)
#define INTERCONNECT_DEADLINE_Off OCELLUS_U(0x14)
#define INTERCONNECT_CAPPED_Off OCELLUS_U(0x18)

/* capture: The picture's way through the SRAM: its writer, its ring of lines and what was lost there. */
#define OCELLUS_CAPTURE_BASE OCELLUS_U(0x40013000)
#ifndef __ASSEMBLER__
typedef struct {
    volatile uint32_t STATUS; /* 0x000 w1c What has gone wrong, cleared by writing 1, and how full it is. */
    volatile uint32_t IRQ_ENABLE; /* 0x004 rw STATUS bits that raise error_irq. */
    volatile const uint32_t FIRST_LOST_FRAME; /* 0x008 ro Frame of the first line that was lost since STATUS.LINES_LOST was clear; valid while it is set. */
    volatile const uint32_t FIRST_LOST_LINE; /* 0x00c ro Line of that frame. */
    volatile const uint32_t FIFO_LEVEL; /* 0x010 ro Lines in the writer's FIFO, the one being written included. */
    volatile uint32_t FIFO_PEAK; /* 0x014 rw Most lines in the FIFO at once; any write starts again from FIFO_LEVEL. */
    volatile const uint32_t FIFO_SIZE; /* 0x018 ro Lines that the FIFO can hold. */
    volatile const uint32_t RING_LEVEL; /* 0x01c ro Lines in the SRAM's ring. */
    uint32_t reserved_0[24];
    volatile const uint32_t COUNTER_LINES; /* 0x080 ro Lines written to the ring, modulo 2^32. */
    volatile const uint32_t COUNTER_LINES_LOST; /* 0x084 ro Lines lost, modulo 2^32. */
} ocellus_capture_t;
#define OCELLUS_CAPTURE ((ocellus_capture_t *)OCELLUS_CAPTURE_BASE)
#endif
#define CAPTURE_STATUS_Off OCELLUS_U(0x0)
#define CAPTURE_STATUS_LINES_LOST_Pos OCELLUS_U(0)
#define CAPTURE_STATUS_LINES_LOST_Msk OCELLUS_U(0x1)
#define CAPTURE_STATUS_REFUSED_Pos OCELLUS_U(1)
#define CAPTURE_STATUS_REFUSED_Msk OCELLUS_U(0x2)
#define CAPTURE_STATUS_ENABLED_Pos OCELLUS_U(8)
#define CAPTURE_STATUS_ENABLED_Msk OCELLUS_U(0x100)
#define CAPTURE_IRQ_ENABLE_Off OCELLUS_U(0x4)
#define CAPTURE_IRQ_ENABLE_LINES_LOST_Pos OCELLUS_U(0)
#define CAPTURE_IRQ_ENABLE_LINES_LOST_Msk OCELLUS_U(0x1)
#define CAPTURE_IRQ_ENABLE_REFUSED_Pos OCELLUS_U(1)
#define CAPTURE_IRQ_ENABLE_REFUSED_Msk OCELLUS_U(0x2)
#define CAPTURE_FIRST_LOST_FRAME_Off OCELLUS_U(0x8)
#define CAPTURE_FIRST_LOST_LINE_Off OCELLUS_U(0xc)
#define CAPTURE_FIFO_LEVEL_Off OCELLUS_U(0x10)
#define CAPTURE_FIFO_PEAK_Off OCELLUS_U(0x14)
#define CAPTURE_FIFO_SIZE_Off OCELLUS_U(0x18)
#define CAPTURE_RING_LEVEL_Off OCELLUS_U(0x1c)
#define CAPTURE_COUNTER_LINES_Off OCELLUS_U(0x80)
#define CAPTURE_COUNTER_LINES_LOST_Off OCELLUS_U(0x84)

#if defined(__cplusplus) && !defined(__ASSEMBLER__)
}
#endif

#endif
