/* observer_lines.c - visitors of an observer elsewhere, from its JSON Lines. */
#include "agent/observer_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agent/base/json.h"
#include "agent/base/mem.h"

#define LINE_MAX_BYTES (1U << 17) /* of one event: sixteen Received fields and more */

struct observer_lines {
    struct watch watch; /* the first member: a watch is its observer */
    struct loop *loop;
    struct observer_settings settings;
    struct buf line;
    bool ended;
};

static void read_list(const json_t *object, const char *key, struct strings *out)
{
    const json_t *list = json_at(object, key);
    char shown[SMTP_RECEIVED_MAX];

    for (size_t i = 0; i < json_array_size(list) && i < SMTP_NOTED_MAX; i++) {
        const json_t *text = json_array_get(list, i);
        if (!json_is_string(text))
            continue;
        str_printable(shown, sizeof shown, json_string_value(text), json_string_length(text));
        strings_add(out, shown);
    }
}

static bool is_visit(const json_t *object, struct smtp_visit *visit)
{
    return str_equal(json_string_or(object, "event", ""), "observed") &&
           ip_parse(json_string_or(object, "address", ""), &visit->peer);
}

bool observer_line_read(const char *line, size_t length, struct smtp_visit *visit,
                        struct smtp_heard *heard)
{
    struct error ignored;
    json_t *object = json_parse(line, length, &ignored);
    const char *token = json_string_or(object, "probe", "");
    bool ok;

    *visit = (struct smtp_visit){.heard = heard};
    *heard = (struct smtp_heard){.probes = 0};
    ok = is_visit(object, visit);
    if (ok) {
        (void)!ip_parse(json_string_or(object, "local", ""), &visit->local);
        read_list(object, "hellos", &heard->hellos);
        read_list(object, "senders", &heard->senders);
        read_list(object, "recipients", &heard->recipients);
        read_list(object, "received", &heard->received);
        heard->probes = smtp_token_is_good(token);
        str_cut(heard->token, sizeof heard->token, heard->probes > 0 ? token : "");
    }
    json_decref(object);
    return ok;
}

static void on_line(struct observer_lines *lines)
{
    struct smtp_heard heard;
    struct smtp_visit visit;

    if (buf_ok(&lines->line) &&
        observer_line_read(buf_string(&lines->line), lines->line.length, &visit, &heard)) {
        lines->settings.seen(lines->settings.arg, &visit);
        smtp_heard_free(&heard);
    }
    buf_clear(&lines->line);
}

static void on_ready(struct watch *watch, uint32_t events)
{
    struct observer_lines *lines = (struct observer_lines *)(void *)watch;
    char piece[4096];
    ssize_t got = read(watch->fd, piece, sizeof piece);

    (void)events;
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    for (ssize_t i = 0; i < got; i++)
        if (piece[i] == '\n')
            on_line(lines);
        else
            buf_char(&lines->line, piece[i]);
    if (got > 0)
        return;
    lines->ended = true;
    loop_watch(lines->loop, watch, 0);
}

struct observer_lines *observer_lines_new(struct loop *loop, int fd,
                                          const struct observer_settings *settings)
{
    struct observer_lines *lines = mem_new(1, sizeof *lines);

    *lines = (struct observer_lines){.watch = {.ready = on_ready, .fd = fd},
                                     .loop = loop,
                                     .settings = *settings,
                                     .line = BUF_INIT(LINE_MAX_BYTES)};
    loop_watch(loop, &lines->watch, EPOLLIN);
    return lines;
}

void observer_lines_free(struct observer_lines *lines)
{
    if (lines == NULL)
        return;
    if (!lines->ended)
        loop_watch(lines->loop, &lines->watch, 0);
    buf_free(&lines->line);
    free(lines);
}

bool observer_lines_ended(const struct observer_lines *lines)
{
    return lines != NULL && lines->ended;
}
