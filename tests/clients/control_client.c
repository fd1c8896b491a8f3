/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
/* Every function of the C client against a server with a toy simulation (tests/sim/toy_simulation.h), or against a hostile
   server. Exit code 0, or the line of the first wrong answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../clients/c/ocellus_control.h"

static struct ocellus_simulation *chip;

#define EXPECT(condition)                                                                                         \
    do {                                                                                                          \
        if (!(condition)) {                                                                                       \
            fprintf(stderr, "line %d: %s (t=%llu, '%s')\n", __LINE__, #condition,                                 \
                    chip ? (unsigned long long)ocellus_time_ns(chip) : 0ull, chip ? ocellus_error(chip) : "");    \
            exit(1);                                                                                              \
        }                                                                                                         \
    } while (0)

static void whole_conversation(const char *where) {
    char error[256];
    chip = ocellus_connect(where, 5000, error, sizeof error);
    if (!chip)
        fprintf(stderr, "%s\n", error);
    EXPECT(chip);
    uint32_t value = 0;
    EXPECT(ocellus_read_register(chip, "npu.STATUS", &value) == 0 && value == 0x500);
    EXPECT(ocellus_time_ns(chip) == 8);
    EXPECT(ocellus_write_register(chip, "npu.STATUS", 0xdeadbeef) == 0);
    EXPECT(ocellus_read(chip, 0x40003004, &value) == 0 && value == 0xdeadbeef);
    EXPECT(ocellus_write(chip, 0x40003004, 7) == 0 && ocellus_time_ns(chip) == 32);
    EXPECT(ocellus_read(chip, 0x50000000, &value) == OCELLUS_REFUSED && strcmp(ocellus_code(chip), "bus") == 0);
    EXPECT(value == 0xdeadbeef);
    EXPECT(strcmp(ocellus_error(chip), "bus: nothing at this address") == 0);
    EXPECT(ocellus_read_register(chip, "npu.STATUSS", &value) == OCELLUS_REFUSED);
    EXPECT(strstr(ocellus_error(chip), "did you mean npu.STATUS?"));
    EXPECT(ocellus_read_register(chip, "a\n2 quit", &value) == OCELLUS_REFUSED);
    EXPECT(ocellus_code(chip)[0] == 0);

    static unsigned char memory[4096], back[4096];
    for (size_t i = 0; i < sizeof memory; ++i)
        memory[i] = (unsigned char)(i * 7 + i / 256);
    EXPECT(ocellus_poke(chip, 0x1000, memory, sizeof memory) == 0 && ocellus_code(chip)[0] == 0);
    EXPECT(ocellus_peek(chip, 0x1000, back, sizeof back) == 0 && memcmp(memory, back, sizeof back) == 0);
    EXPECT(ocellus_peek(chip, 0x1ff0, back, 17) == OCELLUS_REFUSED);
    EXPECT(ocellus_poke(chip, 0x1fff, memory, 2) == OCELLUS_REFUSED);

    EXPECT(ocellus_run_for(chip, 960) == 0 && ocellus_time_ns(chip) == 1000);
    EXPECT(ocellus_run_until_event(chip, "tensor_ready", 2, 0) == 0 && ocellus_time_ns(chip) == 14000);
    int high = -1;
    EXPECT(ocellus_interrupt(chip, "tensor", &high) == 0 && high == 1);
    EXPECT(ocellus_interrupt(chip, "frame", &high) == 0 && high == 0);
    EXPECT(ocellus_interrupt(chip, "tens", &high) == OCELLUS_REFUSED);
    EXPECT(ocellus_run_until_frame(chip, 3, 0) == 0 && ocellus_time_ns(chip) == 40000);
    EXPECT(ocellus_wait_irq(chip, "tensor", 3999) == OCELLUS_REFUSED && strcmp(ocellus_code(chip), "limit") == 0);
    EXPECT(ocellus_wait_irq(chip, "tensor", 1) == 0 && ocellus_time_ns(chip) == 44000);
    EXPECT(ocellus_run_until_event(chip, "nonsense", 1, 0) == OCELLUS_REFUSED);

    double number = 0;
    EXPECT(ocellus_statistic(chip, "frames.delivered", &number) == 0 && number == 4);
    EXPECT(ocellus_statistic(chip, "none", &number) == OCELLUS_REFUSED);
    unsigned char bytes[64];
    struct ocellus_image image;
    size_t length = 3;
    EXPECT(ocellus_last_frame(chip, bytes, &length, &image) == OCELLUS_TOO_SMALL && length == 11);
    EXPECT(ocellus_last_frame(chip, bytes, &length, &image) == 0 && length == 11);
    EXPECT(image.frame == 7 && image.width == 4 && image.height == 2 && strcmp(image.format, "raw10") == 0);
    EXPECT(memcmp(bytes, "ab\n\0defghij", 11) == 0);
    length = sizeof bytes;
    EXPECT(ocellus_last_tensor(chip, bytes, &length) == 0 && length == 3 && memcmp(bytes, "\0\n\377", 3) == 0);
    length = sizeof bytes;
    EXPECT(ocellus_last_metadata(chip, bytes, &length) == 0 && memcmp(bytes, "{\"frame\":7}\n", length) == 0);
    EXPECT(ocellus_set_scene(chip, "two words.png") == 0);
    EXPECT(ocellus_set_scene(chip, "missing.png") == OCELLUS_REFUSED);
    EXPECT(ocellus_reset(chip) == 0);

    /* The simulation keeps the deadline, and the conversation goes on. */
    ocellus_set_deadline(chip, 50);
    EXPECT(ocellus_run_for(chip, 1000000000000u) == OCELLUS_REFUSED && strcmp(ocellus_code(chip), "deadline") == 0);
    ocellus_set_deadline(chip, 5000);
    EXPECT(ocellus_run_for(chip, 1) == 0);
    ocellus_close(chip);
}

/* Whatever the server says, connecting or the first request fails in time, and so does all that follows. */
static void lost_conversation(const char *where, const char *expected) {
    char error[256] = "";
    const time_t begin = time(NULL);
    chip = ocellus_connect(where, 300, error, sizeof error);
    if (chip) {
        unsigned char bytes[64];
        size_t length = sizeof bytes;
        uint32_t value = 0;
        EXPECT(ocellus_last_tensor(chip, bytes, &length) == OCELLUS_LOST);
        snprintf(error, sizeof error, "%s", ocellus_error(chip));
        EXPECT(ocellus_read(chip, 0, &value) == OCELLUS_LOST && strcmp(error, ocellus_error(chip)) == 0);
        ocellus_close(chip);
        chip = NULL;
    }
    if (!strstr(error, expected))
        fprintf(stderr, "%s instead of %s\n", error, expected);
    EXPECT(strstr(error, expected));
    EXPECT(time(NULL) - begin < 9);
}

int main(int argc, char **argv) {
    if (argc == 2)
        whole_conversation(argv[1]);
    else if (argc == 3)
        lost_conversation(argv[1], argv[2]);
    else
        return 2;
    ocellus_close(NULL);
    return 0;
}
