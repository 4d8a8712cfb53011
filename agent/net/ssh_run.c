/* ssh_run.c - one shell line on the other machine: its input, its two outputs, its end. */
#include "agent/net/ssh_session.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/str.h"

/* The other side must not keep us waiting when we are done with a channel. */
#define CLOSE_MS 1000

#define TRAILER_MAX 96
#define BEGINS 999 /* the status of the mark that comes first */

/* One output: what is kept, and the last bytes, where its end shows. */
struct stream {
    int id;
    struct buf *out;
    bool drops; /* what does not fit, instead of failing */
    bool ended;
    int status;
    char tail[TRAILER_MAX];
    size_t tail_length, after; /* after: where a trailer ends in it */
};

struct line {
    struct ssh *ssh;
    LIBSSH2_CHANNEL *channel;
    const char *mark;
    const char *input;
    size_t left;
    bool input_closed;
    struct stream streams[2];
};

/* The trailer within the last bytes: "\nMARK STATUS\n". */
static bool find_trailer(struct stream *s, const char *mark)
{
    char head[TRAILER_MAX], text[8];
    const char *at, *end;
    struct cursor digits;
    uint64_t status;

    snprintf(head, sizeof head, "\n%.64s ", mark);
    at = memmem(s->tail, s->tail_length, head, strlen(head));
    if (!at)
        return false;
    at += strlen(head);
    end = memchr(at, '\n', (size_t)(s->tail + s->tail_length - at));
    if (!end)
        return false;
    digits = cursor_of(at, (size_t)(end - at));
    if (!cursor_copy(&digits, text, sizeof text) || !str_uint(text, 0, 999, &status))
        return false;
    s->status = (int)status;
    s->after = (size_t)(end + 1 - s->tail);
    s->ended = true;
    return true;
}

/* Where the trailer began is where the output ends. */
static void cut_trailer(struct stream *s, const char *mark)
{
    size_t start = s->out->length > TRAILER_MAX ? s->out->length - TRAILER_MAX : 0;
    char head[TRAILER_MAX];
    char *at;

    snprintf(head, sizeof head, "\n%.64s ", mark);
    at = s->out->data ? memmem(s->out->data + start, s->out->length - start, head, strlen(head))
                      : NULL;
    if (!at)
        return;
    *at = '\0';
    s->out->length = (size_t)(at - s->out->data);
}

static void keep_tail(struct stream *s, const char *bytes, size_t length)
{
    size_t take = length < TRAILER_MAX ? length : TRAILER_MAX;
    size_t keep = s->tail_length + take > TRAILER_MAX ? TRAILER_MAX - take : s->tail_length;

    memmove(s->tail, s->tail + s->tail_length - keep, keep);
    memcpy(s->tail + keep, bytes + length - take, take);
    s->tail_length = keep + take;
}

/* What came before is of the log-in shell: what its start-up files print. */
static void begin(struct stream *s)
{
    s->ended = false;
    s->tail_length -= s->after;
    memmove(s->tail, s->tail + s->after, s->tail_length);
    buf_clear(s->out);
    buf_add(s->out, s->tail, s->tail_length);
}

/* In pieces smaller than the tail, so that no trailer is stepped over. */
static bool take(struct line *l, struct stream *s, const char *bytes, size_t length)
{
    for (size_t at = 0; at < length && !s->ended;) {
        size_t piece = length - at < TRAILER_MAX / 4 ? length - at : TRAILER_MAX / 4;
        size_t room = s->out->ceiling - s->out->length;

        if (piece > room && !s->drops)
            return false;
        buf_add(s->out, bytes + at, piece < room ? piece : room);
        keep_tail(s, bytes + at, piece);
        at += piece;
        if (!find_trailer(s, l->mark))
            continue;
        if (s->status == BEGINS)
            begin(s);
        else
            cut_trailer(s, l->mark);
    }
    return true;
}

static bool broke(struct line *l, long rc, struct error *e)
{
    if (rc == 0)
        return fail(e, ERR_SSH_FAILED, "the command there ended before it was done");
    return ssh_failed(l->ssh, rc, "running a command", e);
}

/* True: go on; *moved when something came. */
static bool read_stream(struct line *l, struct stream *s, bool *moved, struct error *e)
{
    char piece[16384];
    ssize_t n;

    if (s->ended)
        return true;
    n = libssh2_channel_read_ex(l->channel, s->id, piece, sizeof piece);
    if (n == LIBSSH2_ERROR_EAGAIN)
        return true;
    if (n == 0 && !libssh2_channel_eof(l->channel))
        return true;
    if (n <= 0)
        return broke(l, n, e);
    *moved = true;
    return take(l, s, piece, (size_t)n) ||
           fail(e, ERR_LIMIT_EXCEEDED, "it said more than %zu bytes", s->out->ceiling);
}

static bool write_input(struct line *l, bool *moved, struct error *e)
{
    ssize_t n = 0;

    if (l->input_closed)
        return true;
    if (l->left > 0)
        n = libssh2_channel_write(l->channel, l->input, l->left);
    if (n > 0) {
        l->input += n;
        l->left -= (size_t)n;
        *moved = true;
    }
    if (n == LIBSSH2_ERROR_EAGAIN || l->left > 0)
        return n >= 0 || n == LIBSSH2_ERROR_EAGAIN || broke(l, n, e);
    n = libssh2_channel_send_eof(l->channel);
    l->input_closed = n != LIBSSH2_ERROR_EAGAIN;
    return n == 0 || n == LIBSSH2_ERROR_EAGAIN || broke(l, n, e);
}

static bool follow(struct line *l, uint32_t timeout_ms, struct error *e)
{
    struct stream *out = &l->streams[0], *err = &l->streams[1];

    while (!out->ended || !err->ended) {
        bool moved = false;

        /* Whoever does not read its input is not forced to. */
        if (!read_stream(l, out, &moved, e) || !read_stream(l, err, &moved, e) ||
            ((!out->ended || !err->ended) && !write_input(l, &moved, e)))
            return false;
        if (!moved && (!out->ended || !err->ended) && !ssh_wait(l->ssh))
            return fail(e, ERR_TIMEOUT, "it did not end within %u s", (timeout_ms + 999) / 1000);
    }
    return true;
}

static bool open_channel(struct line *l, const char *text, struct error *e)
{
    LIBSSH2_SESSION *session = l->ssh->session;
    long rc;

    do
        l->channel = libssh2_channel_open_session(session);
    while (!l->channel && libssh2_session_last_errno(session) == LIBSSH2_ERROR_EAGAIN &&
           ssh_wait(l->ssh));
    if (!l->channel)
        return ssh_failed(l->ssh, libssh2_session_last_errno(session), "opening a channel", e);
    SSH_UNTIL_DONE(l->ssh, rc, libssh2_channel_exec(l->channel, text));
    return rc == 0 || ssh_failed(l->ssh, rc, "starting a command", e);
}

static void close_channel(struct line *l)
{
    long rc;

    if (!l->channel || !l->ssh->alive)
        return;
    l->ssh->deadline_ms = clock_ms() + CLOSE_MS;
    /* One that is not closed by then goes with the session. */
    SSH_UNTIL_DONE(l->ssh, rc, libssh2_channel_free(l->channel));
}

bool ssh_run(struct ssh *ssh, const char *text, const char *mark, const void *input, size_t length,
             uint32_t timeout_ms, struct ssh_output *output, struct error *e)
{
    struct line line = {.ssh = ssh, .mark = mark, .input = input, .left = length};
    bool ok;

    line.streams[0] = (struct stream){.id = 0, .out = &output->out};
    line.streams[1] =
        (struct stream){.id = SSH_EXTENDED_DATA_STDERR, .out = &output->err, .drops = true};
    ssh->deadline_ms = clock_ms() + timeout_ms;
    ok = open_channel(&line, text, e) && follow(&line, timeout_ms, e);
    if (ok)
        output->status = line.streams[0].status;
    /* Whoever does not answer in time is not asked again. */
    if (!ok && e->code != ERR_LIMIT_EXCEEDED)
        ssh->alive = false;
    close_channel(&line);
    return ok;
}
