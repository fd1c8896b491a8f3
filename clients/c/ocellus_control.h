/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Drives an Ocellus simulation over its control socket. C99 and POSIX sockets, nothing else. The
   protocol: docs/control-protocol.md.

   Every call returns 0, or a negative number with a text in ocellus_error(). Every call has a
   deadline in milliseconds of wall time (the simulation answers by then; a dead one is given up 5 s
   later), and leaves the simulated time of its reply in
   ocellus_time_ns(). Simulated time stands still between calls. */
#ifndef OCELLUS_CONTROL_H
#define OCELLUS_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ocellus_simulation;

enum {
    OCELLUS_REFUSED =
        -1, /* the simulation said no: ocellus_error() says why, ocellus_code() in one word */
    OCELLUS_LOST =
        -2, /* no answer within the deadline, or no connection; so are all calls that follow */
    OCELLUS_TOO_SMALL = -3 /* the buffer; the data is gone */
};

/* `where`: "unix:PATH", a path with a slash, "PORT" or "127.0.0.1:PORT". NULL on failure, with a
 * text in `error`. */
struct ocellus_simulation* ocellus_connect(const char* where, int deadline_ms, char* error,
                                           size_t error_size);
/* Ends the conversation; the simulation ends too. NULL is fine. */
void ocellus_close(struct ocellus_simulation* o);

const char* ocellus_error(const struct ocellus_simulation* o);
/* syntax, verb, parameter, busy, bus, limit, deadline, stopped, ended, none; "" when the last call
 * did not fail so. */
const char* ocellus_code(const struct ocellus_simulation* o);
uint64_t ocellus_time_ns(const struct ocellus_simulation* o);
/* Of all calls that follow. */
void ocellus_set_deadline(struct ocellus_simulation* o, int deadline_ms);

/* A register or word by bus address, with bus time and side effects. */
int ocellus_read(struct ocellus_simulation* o, uint32_t address, uint32_t* value);
int ocellus_write(struct ocellus_simulation* o, uint32_t address, uint32_t value);
/* The same by name: "npu.STATUS". */
int ocellus_read_register(struct ocellus_simulation* o, const char* name, uint32_t* value);
int ocellus_write_register(struct ocellus_simulation* o, const char* name, uint32_t value);
/* Memory without time. */
int ocellus_peek(struct ocellus_simulation* o, uint32_t address, void* bytes, size_t length);
int ocellus_poke(struct ocellus_simulation* o, uint32_t address, const void* bytes, size_t length);

int ocellus_run_for(struct ocellus_simulation* o, uint64_t ns);
/* `limit_ns` of simulated time; 0: none. */
int ocellus_run_until_frame(struct ocellus_simulation* o, uint32_t frame, uint64_t limit_ns);
int ocellus_run_until_event(struct ocellus_simulation* o, const char* event, unsigned count,
                            uint64_t limit_ns);
int ocellus_wait_irq(struct ocellus_simulation* o, const char* name, uint64_t limit_ns);

/* One statistic by name. */
int ocellus_statistic(struct ocellus_simulation* o, const char* name, double* value);
/* Whether a line into the interrupt controller is high: "frame", "tensor", "npu", ... */
int ocellus_interrupt(struct ocellus_simulation* o, const char* name, int* high);

struct ocellus_image {
    uint32_t frame; /* counted from 0 */
    unsigned width, height;
    char format[16]; /* "raw10", "raw12", "yuv422", "rgb888" */
};
/* The bytes of the last image as packed on the wire, of the last tensor, or of the last metadata
   line (JSON); `*length`: in: of the buffer, out: of the data. */
int ocellus_last_frame(struct ocellus_simulation* o, void* bytes, size_t* length,
                       struct ocellus_image* image);
int ocellus_last_tensor(struct ocellus_simulation* o, void* bytes, size_t* length);
int ocellus_last_metadata(struct ocellus_simulation* o, void* bytes, size_t* length);
int ocellus_set_scene(struct ocellus_simulation* o, const char* name);
/* Resets the control CPU and loads the firmware again. */
int ocellus_reset(struct ocellus_simulation* o);

#ifdef __cplusplus
}
#endif

#endif
