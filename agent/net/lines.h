/*
 * lines.h - the lines of a file or a pipe, as they come: never waits for the
 * next one, so that others can go on while a pipe is slow.
 */
#ifndef NAMESAKE_NET_LINES_H
#define NAMESAKE_NET_LINES_H

#include "agent/net/loop.h"

#define LINES_MAX_BYTES 4096 /* of one line; a longer one is passed over */

enum lines_got {
    LINES_ONE,
    LINES_TOO_LONG, /* or with a NUL in it: no text */
    LINES_LATER,    /* none yet; there is progress (loop_progress) when more has come */
    LINES_END,
};

/* Must not be moved while open. */
struct lines {
    struct watch watch;
    struct loop *loop;
    bool pollable;     /* a pipe, socket or terminal: reading may have to wait */
    bool more;         /* reading will not wait now */
    bool ended;        /* nothing more will come */
    bool skipping;     /* in the rest of a line that is too long */
    size_t number;     /* of the last line that was given, from 1 */
    size_t at, length; /* of data: what was not given yet */
    char data[2 * LINES_MAX_BYTES];
};

/* Open the file; "-" is standard input. ERR_NO_INPUT. lines_close frees. */
bool lines_open(struct lines *lines, struct loop *loop, const char *path, struct error *e) MUST_USE;
void lines_close(struct lines *lines);

/* The next line without its end; *line is valid until the next call. */
enum lines_got lines_next(struct lines *lines, const char **line);

#endif
