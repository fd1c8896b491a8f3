/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* From a network's output tensors to findings. Pure: also compiled for the host by the tests. */
#ifndef OCELLUS_POSTPROCESS_H
#define OCELLUS_POSTPROCESS_H

#include <stdint.h>

#include "metadata.h"
#include "ocellus_boot.h"

#define POSTPROCESS_MOST_CANDIDATES 2048u
#define POSTPROCESS_MOST_FINDINGS 22u

/* Tables for the network that `info` describes: once, at boot. */
void postprocess_prepare(const struct ocellus_boot_info* info);

/* `outputs`: the bytes of each output tensor, in order. Writes at most `capacity` findings, best
   first, and returns how many; `kind` says what they are. */
uint32_t postprocess(const struct ocellus_boot_info* info, const uint8_t* const* outputs,
                     uint32_t capacity, struct finding* findings, uint32_t* kind);

#endif
