/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* printf and friends of picolibc over the UART. Linked only into programs that use them. */
#include <stdio.h>

#include "hal.h"

static int put(char c, FILE *file) {
    (void)file;
    if (c == '\n')
        hal_putchar('\r');
    hal_putchar(c);
    return (unsigned char)c;
}

static FILE uart = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &uart;
FILE *const stderr = &uart;
