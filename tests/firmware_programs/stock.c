/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* What anybody's bare-metal program looks like: picolibc's own start-up and console, no HAL. The test sets MODE. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int initialised[] = {20, 17};
static int cleared[4];

#if MODE == 2
volatile uint32_t tohost[2], fromhost[2];
static volatile uint64_t magic[8];

static void ask_host(uint64_t number, uint64_t a, uint64_t b, uint64_t c) {
    magic[0] = number;
    magic[1] = a;
    magic[2] = b;
    magic[3] = c;
    tohost[0] = (uint32_t)magic;
    tohost[1] = 0;
    while (fromhost[0] == 0) {
    }
    fromhost[0] = 0;
}
#endif

int main(void) {
    for (int i = 0; i < 4; ++i)
        if (cleared[i])
            return 1;
    printf("stock %d\n", initialised[0]);
    fprintf(stderr, "standard error\n");
#if MODE == 1
    if (fopen("picture.raw", "rb"))
        return 2;
    remove("picture.raw");
#elif MODE == 2
    ask_host(64, 1, (uint32_t) "by tohost\n", 10);
    if (magic[0] != 10 || tohost[0])
        return 3;
    ask_host(93, 9, 0, 0);
#endif
    exit(initialised[0] + initialised[1]);
}
