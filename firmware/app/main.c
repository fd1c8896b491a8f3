/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* The default application: every frame becomes a tensor, every tensor an inference, every inference a metadata record.
   Interrupt handlers move the work along, the main loop interprets results. */
#include "auto_exposure.h"
#include "auto_white_balance.h"
#include "hal.h"
#include "metadata.h"
#include "postprocess.h"

#define VERSION "1.0"

/* Interrupt priorities: a frame's tensor address must be set before its first row reaches the ISP. */
enum { PRIORITY_FRAME = 7, PRIORITY_TENSOR = 6, PRIORITY_STATISTICS = 3, PRIORITY_NPU = 5, PRIORITY_DMA = 4, PRIORITY_SENT = 2 };

#define TICKS_PER_SECOND (HAL_TICKS_PER_US * 1000000u)
#define WATCHDOG_TICKS (2u * TICKS_PER_SECOND)
#define STAGED_BYTES 65536u
#define KICK_TICKS (TICKS_PER_SECOND / 2u)
#define ZONE_COLUMNS 16u
#define ZONE_ROWS 12u
#define MOST_ZONES (ZONE_COLUMNS * ZONE_ROWS)
#define GAIN_MAX 4095u

enum slot_state { SLOT_FREE, SLOT_ARMED, SLOT_FILLING, SLOT_FULL, SLOT_IN_USE };
struct input_slot {
    uint32_t address, frame, network;
    enum slot_state state;
    uint64_t frame_start, tensor_ready; /* ticks */
};

/* An inference on its way from the NPU to the wire. */
struct job {
    uint32_t frame, network, cycles, output_slot;
    uint64_t frame_start, tensor_ready, start, end; /* ticks */
};

struct queue {
    uint8_t item[2 * OCELLUS_MOST_SLOTS];
    uint8_t first, count;
};

static const struct ocellus_boot_info *info;
static const struct ocellus_boot_info *networks[OCELLUS_MOST_NETWORKS]; /* the first is `info` itself */
static uint32_t network_count;
static uint32_t tensor_of; /* the network that the ISP's tensor registers are set for */

static struct input_slot slots[OCELLUS_MOST_SLOTS];
static struct queue waiting; /* input slots whose tensor is complete, oldest first */
static bool armed;           /* the ISP was told a slot for the next frame */
static uint32_t armed_slot;
static uint32_t frames_begun;

static bool npu_busy; /* from start until its results have left the arena */
static uint32_t running_slot;
static uint64_t npu_deadline = UINT64_MAX;

static struct job jobs[OCELLUS_MOST_SLOTS]; /* by output slot */
static struct job finished;                 /* its outputs wait for a slot, or are being copied */
static bool copy_wanted;
static uint32_t copy_index;
static struct queue free_outputs, to_interpret, to_send;
static uint32_t messages_sent;

static struct auto_exposure exposure;
/* Written before they are read; to clear them would only delay the first frame. */
static struct auto_white_balance balance __attribute__((section(".noinit")));
static struct auto_white_balance_zone zones[MOST_ZONES] __attribute__((section(".noinit")));
static uint64_t next_kick;
static uint32_t lost_jobs;

static void push(struct queue *q, uint32_t item) {
    q->item[(q->first + q->count++) % sizeof q->item] = (uint8_t)item;
}

static uint32_t pop(struct queue *q) {
    const uint32_t item = q->item[q->first];
    q->first = (uint8_t)((q->first + 1u) % sizeof q->item);
    --q->count;
    return item;
}

static void set_timer(void) {
    hal_timer_at(npu_deadline < next_kick ? npu_deadline : next_kick);
}

/* The network that the schedule gives to a frame; one that is not there yet is replaced by the first. */
static uint32_t network_of(uint32_t frame) {
    const uint32_t wanted = info->schedule_count ? info->schedule[frame % info->schedule_count] : 0;
    if (wanted >= network_count)
        return 0;
    const bool there =
        networks[wanted]->network_is_there || (OCELLUS_SYSTEM->SCRATCH[OCELLUS_SCRATCH_NETWORKS] >> wanted & 1u);
    return there ? wanted : 0;
}

static void write_registers(uint32_t address, uint32_t count) {
    const struct ocellus_register_write *const w = (const struct ocellus_register_write *)address;
    for (uint32_t i = 0; i < count; ++i)
        *(volatile uint32_t *)w[i].address = w[i].value;
}

/* The ISP takes its settings at a frame's first row, so the slot is named one frame ahead. */
static void arm_tensor(void) {
    if (!info->network || armed || (info->frames && frames_begun >= info->frames))
        return;
    uint32_t s = 0;
    while (s < info->input_slot_count && slots[s].state != SLOT_FREE)
        ++s;
    if (s == info->input_slot_count) {
        if (info->late_policy != OCELLUS_DROP_OLDEST || waiting.count == 0)
            return;
        s = pop(&waiting);
    }
    slots[s].state = SLOT_ARMED;
    if (network_count > 1) {
        slots[s].network = network_of(frames_begun);
        if (slots[s].network != tensor_of) {
            tensor_of = slots[s].network;
            write_registers(networks[tensor_of]->tensor_writes_address, networks[tensor_of]->tensor_write_count);
        }
    }
    armed = true;
    armed_slot = s;
    OCELLUS_ISP->TENSOR_ADDRESS = slots[s].address;
    OCELLUS_ISP->CONTROL = info->isp_control | ISP_CONTROL_TENSOR_ENABLE_Msk;
}

static void start_inference(void) {
    if (npu_busy || waiting.count == 0)
        return;
    running_slot = pop(&waiting);
    struct input_slot *const s = &slots[running_slot];
    s->state = SLOT_IN_USE;
    npu_busy = true;
    if (network_count > 1)
        OCELLUS_NPU->NETWORK = s->network;
    OCELLUS_NPU->INPUT_ADDRESS = s->address;
    OCELLUS_NPU->JOB_ID = s->frame;
    finished.start = hal_ticks();
    OCELLUS_NPU->CONTROL = NPU_CONTROL_START_Msk;
    if (info->npu_timeout_us) {
        npu_deadline = finished.start + (uint64_t)info->npu_timeout_us * HAL_TICKS_PER_US;
        set_timer();
    }
}

/* Starts the copy of the next output out of the arena. */
static void copy_output(void) {
    const struct ocellus_boot_info *const n = networks[finished.network];
    OCELLUS_DMA->SOURCE = n->output[copy_index].address;
    OCELLUS_DMA->DESTINATION = n->output_slot[finished.output_slot][copy_index];
    OCELLUS_DMA->LENGTH = n->output[copy_index].bytes;
    OCELLUS_DMA->CONTROL = DMA_CONTROL_START_Msk;
}

static void start_copy(void) {
    if (!copy_wanted || free_outputs.count == 0)
        return;
    copy_wanted = false;
    finished.output_slot = pop(&free_outputs);
    copy_index = 0;
    copy_output();
}

static void on_frame(void) {
    const uint64_t now = hal_ticks();
    const uint32_t frame = OCELLUS_PIXEL_ARRAY->FRAME_COUNT - 1;
    OCELLUS_PIXEL_ARRAY->STATUS = OCELLUS_PIXEL_ARRAY->STATUS;
    frames_begun = frame + 1;
    /* The ISP clears the enable bit when a frame has taken it. */
    if (armed && !(OCELLUS_ISP->CONTROL & ISP_CONTROL_TENSOR_ENABLE_Msk)) {
        armed = false;
        slots[armed_slot].state = SLOT_FILLING;
        slots[armed_slot].frame = frame;
        slots[armed_slot].frame_start = now;
    }
    /* A slot still filling for an earlier frame never got all its rows. */
    for (uint32_t s = 0; s < info->input_slot_count; ++s)
        if (slots[s].state == SLOT_FILLING && slots[s].frame + 1 < frame)
            slots[s].state = SLOT_FREE;
    arm_tensor();
}

static void on_tensor(void) {
    const uint64_t now = hal_ticks();
    const uint32_t frame = OCELLUS_ISP->TENSOR_FRAME;
    OCELLUS_ISP->STATUS = ISP_STATUS_TENSOR_DONE_Msk | (OCELLUS_ISP->STATUS & ~ISP_STATUS_STATISTICS_DONE_Msk);
    for (uint32_t s = 0; s < info->input_slot_count; ++s) {
        if (slots[s].state != SLOT_FILLING || slots[s].frame != frame)
            continue;
        slots[s].state = SLOT_FULL;
        slots[s].tensor_ready = now;
        push(&waiting, s);
    }
    start_inference();
}

static void balance_white(void) {
    for (uint32_t i = 0; i < MOST_ZONES; ++i) {
        OCELLUS_ISP->STATISTICS_ZONE = i;
        zones[i].cells = OCELLUS_ISP->STATISTICS_ZONE_BALANCE_CELLS;
        zones[i].red = OCELLUS_ISP->STATISTICS_ZONE_BALANCE_RED_MEAN;
        zones[i].green = OCELLUS_ISP->STATISTICS_ZONE_BALANCE_GREEN_MEAN;
        zones[i].blue = OCELLUS_ISP->STATISTICS_ZONE_BALANCE_BLUE_MEAN;
    }
    if (!auto_white_balance_step(&balance, zones, MOST_ZONES, OCELLUS_ISP->STATISTICS_PIXELS))
        return;
    OCELLUS_ISP->GAIN_R = balance.red;
    OCELLUS_ISP->GAIN_GR = balance.green;
    OCELLUS_ISP->GAIN_GB = balance.green;
    OCELLUS_ISP->GAIN_B = balance.blue;
}

static void on_statistics(void) {
    const uint32_t frame = OCELLUS_ISP->STATISTICS_FRAME;
    const uint32_t valid = OCELLUS_ISP->STATISTICS_VALID, mean = OCELLUS_ISP->STATISTICS_LUMA_MEAN;
    OCELLUS_ISP->STATUS = ISP_STATUS_STATISTICS_DONE_Msk;
    if (valid && info->auto_exposure & OCELLUS_AUTO_EXPOSURE && auto_exposure_step(&exposure, frame, mean)) {
        OCELLUS_PIXEL_ARRAY->EXPOSURE = exposure.exposure;
        OCELLUS_PIXEL_ARRAY->ANALOGUE_GAIN = exposure.gain;
    }
    if (valid && info->auto_exposure & OCELLUS_AUTO_WHITE_BALANCE)
        balance_white();
}

static void on_npu(void) {
    const uint64_t now = hal_ticks();
    const uint32_t status = OCELLUS_NPU->STATUS;
    OCELLUS_NPU->STATUS = status;
    npu_deadline = UINT64_MAX;
    struct input_slot *const s = &slots[running_slot];
    s->state = SLOT_FREE;
    if (!(status & NPU_STATUS_DONE_Msk)) { /* refused, given up by the memory, or aborted */
        ++lost_jobs;
        npu_busy = false;
        arm_tensor();
        start_inference();
        return;
    }
    finished.frame = s->frame;
    finished.network = s->network;
    finished.frame_start = s->frame_start;
    finished.tensor_ready = s->tensor_ready;
    finished.end = now;
    finished.cycles = OCELLUS_NPU->CYCLES;
    arm_tensor();
    copy_wanted = true;
    start_copy();
}

static void on_dma(void) {
    const uint32_t status = OCELLUS_DMA->STATUS;
    OCELLUS_DMA->STATUS = status;
    if (status & DMA_STATUS_ERROR_Msk) {
        push(&free_outputs, finished.output_slot);
        ++lost_jobs;
    } else if (++copy_index < networks[finished.network]->output_count) {
        copy_output();
        return;
    } else {
        jobs[finished.output_slot] = finished;
        push(&to_interpret, finished.output_slot);
    }
    /* The arena is free: the next inference starts before this one's result is interpreted. */
    npu_busy = false;
    start_inference();
}

static void on_sent(void) {
    OCELLUS_CSI2->STATUS = OCELLUS_CSI2->STATUS;
    for (const uint32_t sent = OCELLUS_CSI2->METADATA_SENT; messages_sent != sent && to_send.count; ++messages_sent)
        push(&free_outputs, pop(&to_send));
    start_copy();
}

static void on_timer(void) {
    const uint64_t now = hal_ticks();
    if (now >= npu_deadline) {
        npu_deadline = UINT64_MAX;
        OCELLUS_NPU->CONTROL = NPU_CONTROL_ABORT_Msk; /* its interrupt comes at once */
    }
    if (now >= next_kick)
        next_kick = now + KICK_TICKS; /* wakes the main loop, which kicks */
    set_timer();
}

/* Outputs are looked at byte by byte, so small ones are first brought from the SRAM into this CPU's own memory. */
static uint32_t staged[STAGED_BYTES / 4] __attribute__((section(".noinit")));

static const uint8_t *stage(uint32_t address, uint32_t bytes, uint32_t *used) {
    const uint32_t words = (bytes + 3) / 4;
    if (address % 4 != 0 || *used + words > STAGED_BYTES / 4)
        return (const uint8_t *)address;
    const volatile uint32_t *const from = (const volatile uint32_t *)address;
    uint32_t *const to = staged + *used;
    for (uint32_t i = 0; i < words; ++i)
        to[i] = from[i];
    *used += words;
    return (const uint8_t *)to;
}

/* In the main loop, with interrupts on. */
static void interpret(uint32_t slot) {
    static struct finding findings[POSTPROCESS_MOST_FINDINGS];
    const uint8_t *outputs[OCELLUS_MOST_OUTPUTS];
    const struct job *const j = &jobs[slot];
    const struct ocellus_boot_info *const n = networks[j->network];
    uint32_t used = 0;
    for (uint32_t i = 0; i < n->output_count; ++i)
        outputs[i] = stage(n->output_slot[slot][i], n->output[i].bytes, &used);
    struct metadata m = {.frame = j->frame,
                         .frame_start_ns = hal_nanoseconds(j->frame_start),
                         .tensor_ready_ns = hal_nanoseconds(j->tensor_ready),
                         .inference_start_ns = hal_nanoseconds(j->start),
                         .inference_end_ns = hal_nanoseconds(j->end),
                         .inference_cycles = j->cycles,
                         .network = j->network};
    const uint32_t room = info->max_findings < POSTPROCESS_MOST_FINDINGS ? info->max_findings : POSTPROCESS_MOST_FINDINGS;
    m.count = postprocess(n, outputs, room, findings, &m.kind);
    metadata_encode(&m, findings, room, (uint8_t *)info->metadata_address[slot]);
    const uint32_t on = hal_interrupts_off();
    OCELLUS_CSI2->METADATA_ADDRESS = info->metadata_address[slot];
    OCELLUS_CSI2->METADATA_LENGTH = metadata_bytes(room);
    OCELLUS_CSI2->METADATA_FRAME = j->frame;
    OCELLUS_CSI2->METADATA_SEND = CSI2_METADATA_SEND_START_Msk;
    push(&to_send, slot);
    hal_interrupts_restore(on);
}

/* What the ISP is to measure. */
static __attribute__((noinline)) uint32_t prepare_statistics(void) {
    if (!(info->auto_exposure & OCELLUS_AUTO_WHITE_BALANCE))
        return ISP_STATISTICS_CONTROL_ENABLE_Msk;
    balance.gain_min = balance.green = OCELLUS_ISP->GAIN_GR;
    balance.gain_max = GAIN_MAX;
    balance.red = OCELLUS_ISP->GAIN_R;
    balance.blue = OCELLUS_ISP->GAIN_B;
    OCELLUS_ISP->STATISTICS_GRID =
        ZONE_COLUMNS << ISP_STATISTICS_GRID_COLUMNS_Pos | ZONE_ROWS << ISP_STATISTICS_GRID_ROWS_Pos;
    return ISP_STATISTICS_CONTROL_ENABLE_Msk | ISP_STATISTICS_CONTROL_ZONES_Msk;
}

static void set_up(void) {
    write_registers(info->writes_address, info->write_count);
    for (const struct ocellus_boot_info *n = info; n && n->network && network_count < OCELLUS_MOST_NETWORKS;
         n = (const struct ocellus_boot_info *)n->next_network)
        networks[network_count++] = n;
    OCELLUS_ISP->CONTROL = info->isp_control;
    for (uint32_t s = 0; s < info->input_slot_count; ++s)
        slots[s].address = info->input_slot[s];
    for (uint32_t k = 0; k < info->output_slot_count && k < info->metadata_count; ++k)
        push(&free_outputs, k);
    hal_interrupt(OCELLUS_IRQ_FRAME, PRIORITY_FRAME, on_frame);
    hal_timer_interrupt(on_timer);
    if (info->network) {
        for (uint32_t k = 0; k < network_count; ++k)
            postprocess_prepare(networks[k]);
        hal_interrupt(OCELLUS_IRQ_TENSOR, PRIORITY_TENSOR, on_tensor);
        hal_interrupt(OCELLUS_IRQ_NPU, PRIORITY_NPU, on_npu);
        hal_interrupt(OCELLUS_IRQ_DMA, PRIORITY_DMA, on_dma);
        hal_interrupt(OCELLUS_IRQ_CSI2, PRIORITY_SENT, on_sent);
    }
    if (info->auto_exposure) {
        exposure = (struct auto_exposure){.target = info->ae_target,
                                          .exposure_min = info->exposure_min,
                                          .exposure_max = info->exposure_max,
                                          .gain_max = info->gain_max,
                                          .exposure = OCELLUS_PIXEL_ARRAY->EXPOSURE,
                                          .gain = OCELLUS_PIXEL_ARRAY->ANALOGUE_GAIN};
        OCELLUS_ISP->STATISTICS_CONTROL = prepare_statistics();
        hal_interrupt(OCELLUS_IRQ_ISP_STATISTICS, PRIORITY_STATISTICS, on_statistics);
    }
    arm_tensor();
    OCELLUS_PIXEL_ARRAY->FRAMES = info->frames;
    OCELLUS_WATCHDOG->LOAD = WATCHDOG_TICKS;
    OCELLUS_WATCHDOG->CONTROL = WATCHDOG_CONTROL_ENABLE_Msk | WATCHDOG_CONTROL_RESET_ENABLE_Msk;
    next_kick = hal_ticks() + KICK_TICKS;
    set_timer();
    OCELLUS_PIXEL_ARRAY->CONTROL = PIXEL_ARRAY_CONTROL_STREAM_Msk;
}

/* Everything that was begun has come to its end, and nothing new begins. */
static bool at_rest(void) {
    return !(OCELLUS_PIXEL_ARRAY->CONTROL & PIXEL_ARRAY_CONTROL_STREAM_Msk) && !npu_busy && waiting.count == 0 &&
           to_interpret.count == 0 && to_send.count == 0;
}

int main(void) {
    hal_puts("ocellus firmware " VERSION "\r\n");
    info = hal_boot_info();
    if (!info) {
        hal_puts("no boot information\r\n");
        return 1;
    }
    set_up();
    bool resting = false;
    for (;;) {
        hal_interrupts_off();
        const bool work = to_interpret.count != 0;
        const uint32_t slot = work ? pop(&to_interpret) : 0;
        if (work) {
            hal_interrupts_on();
            OCELLUS_WATCHDOG->KICK = 0x5AFE;
            interpret(slot);
            continue;
        }
        if (!resting && at_rest()) {
            /* A tensor may still be on its way to memory; its interrupt is served as before. */
            resting = true;
            OCELLUS_WATCHDOG->CONTROL = 0;
            next_kick = UINT64_MAX;
            set_timer();
        } else if (!resting) {
            OCELLUS_WATCHDOG->KICK = 0x5AFE;
        }
        hal_wait();
        hal_interrupts_on();
    }
}
