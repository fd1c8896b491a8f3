/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright The Ocellus Authors */
#define _POSIX_C_SOURCE 200809L
#include "ocellus_control.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_LINE 16384
#define POKE_PIECE 4096
#define PATIENCE_MS 5000 /* beyond the deadline, which the simulation is to keep itself */

struct ocellus_simulation {
    int fd, deadline_ms;
    int lost; /* the conversation broke off: an answer that comes late would be taken for another's */
    unsigned number;
    uint64_t time_ns;
    char error[512], code[32];
    char line[LONGEST_LINE];
    char buffer[65536]; /* received, not yet looked at */
    size_t first, last;
};

static int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int fail(struct ocellus_simulation *o, int result, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(o->error, sizeof o->error, format, arguments);
    va_end(arguments);
    if (result == OCELLUS_LOST)
        o->lost = 1;
    return result;
}

static int wait_for(struct ocellus_simulation *o, short events, int64_t until) {
    for (;;) {
        const int64_t left = until - now_ms();
        if (left <= 0)
            return fail(o, OCELLUS_LOST, "no answer within the deadline");
        struct pollfd p = {o->fd, events, 0};
        const int n = poll(&p, 1, left > 1000000 ? 1000000 : (int)left);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return fail(o, OCELLUS_LOST, "%s", strerror(errno));
    }
}

static int fill(struct ocellus_simulation *o, int64_t until) {
    o->first = o->last = 0;
    for (;;) {
        const int waited = wait_for(o, POLLIN, until);
        if (waited)
            return waited;
        const ssize_t n = recv(o->fd, o->buffer, sizeof o->buffer, 0);
        if (n > 0) {
            o->last = (size_t)n;
            return 0;
        }
        if (n == 0)
            return fail(o, OCELLUS_LOST, "the simulation is gone");
        if (errno != EINTR && errno != EAGAIN)
            return fail(o, OCELLUS_LOST, "%s", strerror(errno));
    }
}

static int get_line(struct ocellus_simulation *o, int64_t until) {
    size_t length = 0;
    for (;;) {
        while (o->first < o->last) {
            const char c = o->buffer[o->first++];
            if (c == '\n') {
                o->line[length] = 0;
                return 0;
            }
            if (length + 1 < sizeof o->line)
                o->line[length++] = c;
        }
        const int filled = fill(o, until);
        if (filled)
            return filled;
    }
}

/* `bytes` may be NULL: they are passed over. */
static int get_bytes(struct ocellus_simulation *o, char *bytes, size_t length, int64_t until) {
    while (length > 0) {
        if (o->first == o->last) {
            const int filled = fill(o, until);
            if (filled)
                return filled;
        }
        size_t n = o->last - o->first;
        if (n > length)
            n = length;
        if (bytes) {
            memcpy(bytes, o->buffer + o->first, n);
            bytes += n;
        }
        o->first += n;
        length -= n;
    }
    return 0;
}

static int put(struct ocellus_simulation *o, const char *bytes, size_t length, int64_t until) {
    while (length > 0) {
        const int waited = wait_for(o, POLLOUT, until);
        if (waited)
            return waited;
        const ssize_t n = send(o->fd, bytes, length, MSG_NOSIGNAL);
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
        } else if (n < 0 && errno != EINTR && errno != EAGAIN) {
            return fail(o, OCELLUS_LOST, "%s", strerror(errno));
        }
    }
    return 0;
}

/* Sends "NUMBER format..." and takes the reply's line; the values follow "ok" in o->line at the returned place. */
static int request(struct ocellus_simulation *o, const char **values, const char *format, ...) {
    char text[2 * POKE_PIECE + 256];
    const int64_t until = now_ms() + o->deadline_ms + PATIENCE_MS;
    int length = snprintf(text, sizeof text, "%u ", ++o->number);
    va_list arguments;
    va_start(arguments, format);
    const int more = vsnprintf(text + length, sizeof text - (size_t)length, format, arguments);
    va_end(arguments);
    o->code[0] = 0;
    if (o->lost)
        return OCELLUS_LOST; /* with the text of the first failure */
    o->error[0] = 0;
    if (more < 0 || (size_t)(length + more) + 1 >= sizeof text || strchr(text, '\n'))
        return fail(o, OCELLUS_REFUSED, "the request is too long or has a line end");
    length += more;
    text[length++] = '\n';
    int result = put(o, text, (size_t)length, until);
    if (!result)
        result = get_line(o, until);
    if (result)
        return result;
    unsigned number = 0;
    char verdict[16];
    int at = 0;
    if (sscanf(o->line, "%u %15s t=%" SCNu64 "%n", &number, verdict, &o->time_ns, &at) < 3 || number != o->number ||
        (strcmp(verdict, "ok") != 0 && strcmp(verdict, "error") != 0))
        return fail(o, OCELLUS_LOST, "an answer to nothing: %.200s", o->line);
    if (strcmp(verdict, "ok") != 0) {
        int end = 0;
        if (sscanf(o->line + at, "%31s%n", o->code, &end) == 1)
            at += end;
        return fail(o, OCELLUS_REFUSED, "%s:%.400s", o->code, o->line + at);
    }
    if (values)
        *values = o->line + at;
    return 0;
}

/* The number after " key=" in a reply. */
static int value_of(struct ocellus_simulation *o, const char *values, const char *key, uint64_t *value) {
    char wanted[64];
    snprintf(wanted, sizeof wanted, " %.60s=", key);
    const char *const found = strstr(values, wanted);
    if (!found)
        return fail(o, OCELLUS_LOST, "the answer has no %s", key);
    *value = strtoull(found + strlen(wanted), NULL, 0);
    return 0;
}

static int get_payload(struct ocellus_simulation *o, const char *values, void *bytes, size_t *length) {
    uint64_t size = 0;
    int result = value_of(o, values, "bytes", &size);
    if (result)
        return result;
    const int64_t until = now_ms() + o->deadline_ms + PATIENCE_MS;
    const int fits = size <= *length;
    result = get_bytes(o, fits ? bytes : NULL, (size_t)size, until);
    *length = (size_t)size;
    if (result)
        return result;
    return fits ? 0 : fail(o, OCELLUS_TOO_SMALL, "%" PRIu64 " bytes do not fit the buffer", size);
}

/* A connected socket, or -1 with errno. */
static int open_socket(const char *where, int64_t until) {
    const char *const path = strncmp(where, "unix:", 5) == 0 ? where + 5 : strchr(where, '/') ? where : NULL;
    union {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_in tcp;
    } a;
    socklen_t size = 0;
    memset(&a, 0, sizeof a);
    if (path) {
        if (strlen(path) >= sizeof a.local.sun_path) {
            errno = ENAMETOOLONG;
            return -1;
        }
        a.local.sun_family = AF_UNIX;
        strcpy(a.local.sun_path, path);
        size = sizeof a.local;
    } else {
        const char *const colon = strrchr(where, ':');
        char *end = NULL;
        const unsigned long port = strtoul(colon ? colon + 1 : where, &end, 10);
        if (!end || *end || port == 0 || port > 65535) {
            errno = EINVAL;
            return -1;
        }
        a.tcp.sin_family = AF_INET;
        a.tcp.sin_port = htons((uint16_t)port);
        a.tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        size = sizeof a.tcp;
    }
    const int fd = socket(a.any.sa_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    int error = 0;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        error = errno;
    /* EAGAIN: so many wait at a Unix socket that there is no room for another. */
    while (!error && connect(fd, &a.any, size) != 0 && errno != EISCONN) {
        if (errno != EINPROGRESS && errno != EAGAIN && errno != EINTR && errno != EALREADY) {
            error = errno;
        } else if (now_ms() >= until) {
            error = ETIMEDOUT;
        } else {
            struct pollfd p = {fd, POLLOUT, 0};
            socklen_t length = sizeof error;
            if (errno == EAGAIN)
                poll(NULL, 0, 10);
            else if (poll(&p, 1, 100) > 0)
                getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
        }
    }
    if (!error)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

struct ocellus_simulation *ocellus_connect(const char *where, int deadline_ms, char *error, size_t error_size) {
    struct ocellus_simulation *const o = calloc(1, sizeof *o);
    if (!o) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    o->deadline_ms = deadline_ms;
    const int64_t until = now_ms() + deadline_ms;
    o->fd = open_socket(where, until);
    unsigned version = 0;
    if (o->fd < 0)
        fail(o, OCELLUS_LOST, "cannot connect to %s: %s", where, strerror(errno));
    else if (get_line(o, until) == 0 &&
             (sscanf(o->line, "ocellus-control %u t=%" SCNu64, &version, &o->time_ns) != 2 || version != 1))
        fail(o, OCELLUS_LOST, "not an Ocellus control socket of version 1: %.200s", o->line);
    if (!o->error[0])
        return o;
    snprintf(error, error_size, "%s", o->error);
    if (o->fd >= 0)
        close(o->fd);
    free(o);
    return NULL;
}

void ocellus_close(struct ocellus_simulation *o) {
    if (!o)
        return;
    request(o, NULL, "quit"); /* says nothing to a conversation that is lost */
    close(o->fd);
    free(o);
}

const char *ocellus_error(const struct ocellus_simulation *o) {
    return o->error;
}
const char *ocellus_code(const struct ocellus_simulation *o) {
    return o->code;
}
uint64_t ocellus_time_ns(const struct ocellus_simulation *o) {
    return o->time_ns;
}
void ocellus_set_deadline(struct ocellus_simulation *o, int deadline_ms) {
    o->deadline_ms = deadline_ms;
}

int ocellus_read_register(struct ocellus_simulation *o, const char *name, uint32_t *value) {
    const char *values = NULL;
    uint64_t v = 0;
    int result = request(o, &values, "read %s deadline=%dms", name, o->deadline_ms);
    if (!result)
        result = value_of(o, values, "value", &v);
    if (!result)
        *value = (uint32_t)v;
    return result;
}

int ocellus_write_register(struct ocellus_simulation *o, const char *name, uint32_t value) {
    return request(o, NULL, "write %s 0x%" PRIx32 " deadline=%dms", name, value, o->deadline_ms);
}

int ocellus_read(struct ocellus_simulation *o, uint32_t address, uint32_t *value) {
    char text[16];
    snprintf(text, sizeof text, "0x%08" PRIx32, address);
    return ocellus_read_register(o, text, value);
}

int ocellus_write(struct ocellus_simulation *o, uint32_t address, uint32_t value) {
    char text[16];
    snprintf(text, sizeof text, "0x%08" PRIx32, address);
    return ocellus_write_register(o, text, value);
}

int ocellus_peek(struct ocellus_simulation *o, uint32_t address, void *bytes, size_t length) {
    const char *values = NULL;
    const int result = request(o, &values, "peek 0x%08" PRIx32 " %zu", address, length);
    return result ? result : get_payload(o, values, bytes, &length);
}

int ocellus_poke(struct ocellus_simulation *o, uint32_t address, const void *bytes, size_t length) {
    const unsigned char *b = bytes;
    while (length > 0) {
        char hex[2 * POKE_PIECE + 1];
        const size_t n = length < POKE_PIECE ? length : POKE_PIECE;
        for (size_t i = 0; i < n; ++i)
            snprintf(hex + 2 * i, 3, "%02x", b[i]);
        const int result = request(o, NULL, "poke 0x%08" PRIx32 " %s", address, hex);
        if (result)
            return result;
        b += n;
        address += (uint32_t)n;
        length -= n;
    }
    return 0;
}

int ocellus_run_for(struct ocellus_simulation *o, uint64_t ns) {
    return request(o, NULL, "run_for %" PRIu64 "ns deadline=%dms", ns, o->deadline_ms);
}

/* " limit=...ns", or nothing. */
static const char *limit_text(uint64_t limit_ns, char *text, size_t size) {
    if (limit_ns)
        snprintf(text, size, " limit=%" PRIu64 "ns", limit_ns);
    else
        text[0] = 0;
    return text;
}

int ocellus_run_until_frame(struct ocellus_simulation *o, uint32_t frame, uint64_t limit_ns) {
    char limit[40];
    return request(o, NULL, "run_until frame %" PRIu32 " deadline=%dms%s", frame, o->deadline_ms,
                   limit_text(limit_ns, limit, sizeof limit));
}

int ocellus_run_until_event(struct ocellus_simulation *o, const char *event, unsigned count, uint64_t limit_ns) {
    char limit[40];
    return request(o, NULL, "run_until event %s count=%u deadline=%dms%s", event, count, o->deadline_ms,
                   limit_text(limit_ns, limit, sizeof limit));
}

int ocellus_wait_irq(struct ocellus_simulation *o, const char *name, uint64_t limit_ns) {
    char limit[40];
    return request(o, NULL, "wait_irq %s deadline=%dms%s", name, o->deadline_ms, limit_text(limit_ns, limit, sizeof limit));
}

int ocellus_statistic(struct ocellus_simulation *o, const char *name, double *value) {
    char text[512];
    size_t length = sizeof text - 1;
    const char *values = NULL;
    int result = request(o, &values, "stats %s", name);
    if (!result)
        result = get_payload(o, values, text, &length);
    if (result)
        return result;
    text[length] = 0;
    const char *const space = strchr(text, ' ');
    if (!space)
        return fail(o, OCELLUS_REFUSED, "no statistic %s", name);
    *value = strtod(space + 1, NULL);
    return 0;
}

int ocellus_interrupt(struct ocellus_simulation *o, const char *name, int *high) {
    const char *values = NULL;
    uint64_t level = 0;
    int result = request(o, &values, "irq");
    if (result)
        return result;
    char wanted[64];
    snprintf(wanted, sizeof wanted, " %.60s=", name);
    if (!strstr(values, wanted))
        return fail(o, OCELLUS_REFUSED, "no interrupt %.100s", name);
    result = value_of(o, values, name, &level);
    if (!result)
        *high = level != 0;
    return result;
}

int ocellus_last_frame(struct ocellus_simulation *o, void *bytes, size_t *length, struct ocellus_image *image) {
    const char *values = NULL;
    uint64_t frame = 0, width = 0, height = 0;
    int result = request(o, &values, "frame");
    if (!result)
        result = value_of(o, values, "frame", &frame);
    if (!result)
        result = value_of(o, values, "width", &width);
    if (!result)
        result = value_of(o, values, "height", &height);
    if (result)
        return result;
    image->frame = (uint32_t)frame;
    image->width = (unsigned)width;
    image->height = (unsigned)height;
    image->format[0] = 0;
    const char *const format = strstr(values, " format=");
    if (format)
        sscanf(format, " format=%15s", image->format);
    return get_payload(o, values, bytes, length);
}

int ocellus_last_tensor(struct ocellus_simulation *o, void *bytes, size_t *length) {
    const char *values = NULL;
    const int result = request(o, &values, "tensor");
    return result ? result : get_payload(o, values, bytes, length);
}

int ocellus_last_metadata(struct ocellus_simulation *o, void *bytes, size_t *length) {
    const char *values = NULL;
    const int result = request(o, &values, "metadata");
    return result ? result : get_payload(o, values, bytes, length);
}

int ocellus_set_scene(struct ocellus_simulation *o, const char *name) {
    return request(o, NULL, "scene %s", name);
}

int ocellus_reset(struct ocellus_simulation *o) {
    return request(o, NULL, "reset");
}
