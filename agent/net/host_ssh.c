/* host_ssh.c - another machine over SSH: log in, run its programs. */
#include "agent/net/host_ssh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "agent/base/clock.h"
#include "agent/base/mem.h"
#include "agent/base/str.h"

/* A line of the shell must fit into one argument of the kernel (MAX_ARG_STRLEN, 128 KiB). */
#define LINE_MAX_BYTES ((128U << 10) - 1)

/* What the mark and a status take, beside what is printed. */
#define TRAILER_ROOM 128

/* As on this machine: more than this of what a program says on standard error is dropped. */
#define ERRORS_MAX (64U << 10)

/* The other side ends a program in time; the connection gets some seconds more to say so. */
#define GRACE_MS 10000

#define HELLO_MS 10000
#define NO_PROGRAM 300 /* a status of host_ssh.sh */
#define KILLED 137     /* 128 + SIGKILL */

static void add_word(struct buf *line, const char *word)
{
    size_t size = strlen(word) * 4 + 3; /* every byte may be a quote */
    char *quoted = mem_new(size, 1);

    str_shell_quote(quoted, size, word);
    buf_char(line, ' ');
    buf_text(line, quoted);
    free(quoted);
}

static bool make_mark(char *mark, size_t size, struct error *e)
{
    unsigned long long random[2];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return fail(e, ERR_SYSTEM, "no random numbers");
    str_format(mark, size, "%016llx%016llx", random[0], random[1]);
    return true;
}

static bool make_line(const struct host_ssh *host, const char *mark,
                      const struct host_ssh_call *call, struct buf *line, struct error *e)
{
    buf_text(line, host->sudo ? "exec sudo -n sh -c" : "exec sh -c");
    add_word(line, host_ssh_script);
    add_word(line, "sh");
    add_word(line, mark);
    for (const char *const *word = call->words; *word; word++)
        add_word(line, *word);
    for (const char *const *word = call->more; word && *word; word++)
        add_word(line, *word);
    return buf_ok(line) ||
           fail(e, ERR_LIMIT_EXCEEDED, "the command is longer than a shell over SSH takes");
}

static bool connect_again(struct host_ssh *host, struct error *e)
{
    if (ssh_is_alive(host->ssh))
        return true;
    /* Putting back takes several operations: each of them shall not wait in vain again. */
    if (host->lost_ms != 0 && clock_ms() - host->lost_ms < SSH_OPEN_MS)
        return fail(e, ERR_SSH_FAILED, "the connection was lost and does not come about again");
    ssh_free(host->ssh);
    host->ssh = ssh_open(&host->target, SSH_OPEN_MS, e);
    host->lost_ms = host->ssh == NULL ? clock_ms() : 0;
    return host->ssh != NULL;
}

void host_ssh_output_free(struct ssh_output *output)
{
    buf_free(&output->out);
    buf_free(&output->err);
}

bool host_ssh_call(struct host_ssh *host, const struct host_ssh_call *call,
                   struct ssh_output *output, struct error *e)
{
    struct ssh_output made = {.out = BUF_INIT(call->output_max + TRAILER_ROOM),
                              .err = BUF_INIT(ERRORS_MAX)};
    struct buf line = BUF_INIT(LINE_MAX_BYTES);
    char mark[40];
    bool ok;

    ok = make_mark(mark, sizeof mark, e) && make_line(host, mark, call, &line, e) &&
         connect_again(host, e) &&
         ssh_run(host->ssh, line.data, mark, call->input, call->length, call->timeout_ms + GRACE_MS,
                 &made, e);
    if (ok && made.out.length > call->output_max)
        ok = fail(e, ERR_LIMIT_EXCEEDED, "it is more than %zu bytes", call->output_max);
    buf_free(&line);
    if (ok)
        *output = made;
    else
        host_ssh_output_free(&made);
    return ok;
}

/* What the output and the clock tell about the end of a program. */
static bool judge_end(const struct ssh_output *output, const struct command *command,
                      int64_t took_ms, struct error *e)
{
    if (output->status == NO_PROGRAM)
        return fail(e, ERR_NO_INPUT, "there is no program %.200s", command->argv[0]);
    if (output->status == KILLED && took_ms >= command->timeout_ms)
        return fail(e, ERR_TIMEOUT, "%.100s did not end within %u s", command->argv[0],
                    (command->timeout_ms + 999) / 1000);
    return true;
}

static bool ssh_host_run(struct host *base, const struct command *command,
                         struct command_result *out, struct error *e)
{
    struct host_ssh *host = (struct host_ssh *)base;
    const char *input = command->input ? command->input : "";
    char seconds[32];
    const char *words[] = {"run", seconds, NULL};
    const struct host_ssh_call call = {words,         command->argv,       input,
                                       strlen(input), command->timeout_ms, HOST_OUTPUT_MAX};
    struct ssh_output output;
    int64_t started_ms = clock_ms();

    str_format(seconds, sizeof seconds, "%u.%03u", command->timeout_ms / 1000,
               command->timeout_ms % 1000);
    if (!host_ssh_call(host, &call, &output, e))
        return error_what(e, "cannot run %.100s on %s", command->argv[0], base->title);
    if (!judge_end(&output, command, clock_ms() - started_ms, e)) {
        host_ssh_output_free(&output);
        return error_what(e, "cannot run %.100s on %s", command->argv[0], base->title);
    }
    *out = (struct command_result){output.status, output.out, output.err};
    return true;
}

static bool ssh_host_is_root(struct host *base)
{
    return ((struct host_ssh *)base)->root;
}

static void ssh_host_free(struct host *base)
{
    struct host_ssh *host = (struct host_ssh *)base;

    ssh_free(host->ssh);
    free(host);
}

static const struct host_ops ssh_ops = {
    .read = host_ssh_read,
    .replace = host_ssh_replace,
    .make_stage = host_ssh_make_stage,
    .put = host_ssh_put,
    .remove_stage = host_ssh_remove_stage,
    .sweep = host_ssh_sweep,
    .run = ssh_host_run,
    .is_locked = host_ssh_is_locked,
    .is_root = ssh_host_is_root,
    .free = ssh_host_free,
};

/* Its lines: our number, that of sudo (not when we are root), programs that are missing. */
static bool read_hello(struct host_ssh *host, const struct ssh_output *output, struct error *e)
{
    struct cursor all = cursor_of(buf_string(&output->out), output->out.length), line;
    char text[64], missing[200] = "";
    size_t number = 0, used = 0;

    while (cursor_line(&all, &line) && cursor_copy(&line, text, sizeof text)) {
        if (number == 0)
            host->root = str_equal(text, "0");
        else if (number == 1 && !host->root)
            host->root = host->sudo = str_equal(text, "0");
        else if (used < sizeof missing)
            used += (size_t)snprintf(missing + used, sizeof missing - used, " %s", text);
        number++;
    }
    if (output->status != 0 || number == 0)
        return fail(e, ERR_SSH_FAILED, "its shell does not do as a POSIX shell does: %.200s",
                    buf_string(&output->err));
    if (!missing[0])
        return true;
    fail(e, ERR_SSH_FAILED, "it lacks programs that are needed there:%s", missing);
    return error_who(e, "root of that machine: packages coreutils and util-linux");
}

static bool say_hello(struct host_ssh *host, struct error *e)
{
    static const char *const words[] = {"hello", NULL};
    const struct host_ssh_call call = {
        .words = words, .timeout_ms = HELLO_MS, .output_max = ERRORS_MAX};
    struct ssh_output output;
    bool ok;

    if (!host_ssh_call(host, &call, &output, e))
        return false;
    ok = read_hello(host, &output, e);
    host_ssh_output_free(&output);
    return ok;
}

struct host *host_ssh(const char *target, struct error *e)
{
    struct host_ssh *host = mem_new(1, sizeof *host);

    host->host.ops = &ssh_ops;
    if (!ssh_target_parse(target, &host->target, e)) {
        free(host);
        return NULL;
    }
    str_cut(host->host.title, sizeof host->host.title, ssh_target_text(&host->target).s);
    if (connect_again(host, e)) {
        if (say_hello(host, e))
            return &host->host;
        error_what(e, "cannot work on %s", host->host.title);
    }
    ssh_host_free(&host->host);
    return NULL;
}
