/* lines.c - a buffer of two lines, filled only when reading does not wait. */
#include "agent/net/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/str.h"

static void on_ready(struct watch *watch, uint32_t events)
{
    struct lines *lines = (struct lines *)(void *)((char *)watch - offsetof(struct lines, watch));

    (void)events;
    lines->more = true;
    loop_watch(lines->loop, watch, 0);
    loop_progress(lines->loop);
}

/* Files and devices like /dev/null have no waiting, and epoll does not take them. */
static bool may_wait(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(fd));
}

bool lines_open(struct lines *lines, struct loop *loop, const char *path, struct error *e)
{
    /* Opening a FIFO for reading would wait for a writer. */
    const int fd =
        str_equal(path, "-") ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        fail(e, ERR_NO_INPUT, "%s", strerror(errno));
        error_next(e, "ls -ld %s   # or - for standard input", path);
        return error_what(e, "cannot read the targets in %s", path);
    }
    memset(lines, 0, offsetof(struct lines, data));
    lines->loop = loop;
    lines->watch = (struct watch){.ready = on_ready, .fd = fd};
    lines->pollable = may_wait(fd);
    lines->more = !lines->pollable;
    return true;
}

void lines_close(struct lines *lines)
{
    loop_watch(lines->loop, &lines->watch, 0);
    if (lines->watch.fd != STDIN_FILENO)
        close(lines->watch.fd);
}

/* Read once. An error ends the input, as its end does. */
static void fill(struct lines *lines)
{
    ssize_t got;

    memmove(lines->data, lines->data + lines->at, lines->length);
    lines->at = 0;
    got = read(lines->watch.fd, lines->data + lines->length, sizeof lines->data - lines->length);
    lines->more = !lines->pollable;
    if (got > 0)
        lines->length += (size_t)got;
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        lines->ended = true;
}

/* Take so many bytes, of which the last is a line's end. */
static enum lines_got take(struct lines *lines, size_t count, const char **line)
{
    char *text = lines->data + lines->at;
    const bool skipped = lines->skipping;

    lines->at += count;
    lines->length -= count;
    lines->skipping = false;
    lines->number++;
    text[--count] = '\0';
    if (count > 0 && text[count - 1] == '\r')
        text[--count] = '\0';
    *line = text;
    return skipped || count >= LINES_MAX_BYTES || strlen(text) != count ? LINES_TOO_LONG
                                                                        : LINES_ONE;
}

/* Make room in a buffer that is full and holds no end of a line. */
static void skip(struct lines *lines)
{
    lines->skipping = true;
    lines->at = lines->length = 0;
}

/* At the end of the input, what has no line end is a line all the same. */
static bool finish_last(struct lines *lines)
{
    if (!lines->ended || (lines->length == 0 && !lines->skipping))
        return false;
    if (lines->at + lines->length == sizeof lines->data)
        skip(lines);
    lines->data[lines->at + lines->length++] = '\n';
    return true;
}

enum lines_got lines_next(struct lines *lines, const char **line)
{
    for (;;) {
        const char *start = lines->data + lines->at;
        const char *end = memchr(start, '\n', lines->length);

        if (end != NULL)
            return take(lines, (size_t)(end - start) + 1, line);
        if (finish_last(lines))
            continue;
        if (lines->ended)
            return LINES_END;
        if (!lines->more) {
            loop_watch(lines->loop, &lines->watch, EPOLLIN);
            return LINES_LATER;
        }
        if (lines->length == sizeof lines->data)
            skip(lines);
        fill(lines);
    }
}
