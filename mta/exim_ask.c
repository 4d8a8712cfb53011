/* exim_ask.c - questions to the Exim binary, and what it answers or complains of. */
#include "mta/exim.h"

#include <stdlib.h>
#include <string.h>

#define MARK "--namesake--"

bool exim_run(const struct exim_asking *asking, const char *const *arguments,
              struct command_result *out, struct error *e)
{
    const char *argv[EXIM_ARGUMENTS_MAX + 40] = {asking->program};
    struct command command = {.argv = argv, .input = asking->input, .timeout_ms = EXIM_TIMEOUT_MS};
    size_t count = 1;

    for (size_t i = 0; asking->config == NULL && i < asking->options.count && i < 32; i++)
        argv[count++] = asking->options.v[i];
    if (asking->config != NULL) {
        argv[count++] = "-C";
        argv[count++] = asking->config;
    }
    for (size_t i = 0; asking->config != NULL && i < asking->options.count && i < 32; i++)
        if (str_starts(asking->options.v[i], "-D"))
            argv[count++] = asking->options.v[i];
    for (size_t i = 0; i < EXIM_ARGUMENTS_MAX && arguments[i] != NULL; i++)
        argv[count++] = arguments[i];
    argv[count] = NULL;
    return host_run(asking->host, &command, out, e);
}

/* A broken configuration does not hide the version. */
bool exim_program(struct host *host, char *out, size_t size)
{
    static const char *const programs[] = {"exim4", "exim"};
    static const char *const version[] = {"-bV", NULL};
    struct exim_asking asking = {.host = host};
    struct command_result result;
    struct error ignored;
    bool found = false;

    for (size_t i = 0; !found && i < sizeof programs / sizeof programs[0]; i++) {
        str_cut(asking.program, sizeof asking.program, programs[i]);
        if (!exim_run(&asking, version, &result, &ignored))
            continue;
        found = strstr(buf_string(&result.out), "Exim version") != NULL &&
                str_copy(out, size, programs[i]);
        command_result_free(&result);
    }
    return found;
}

/* "2026-11-25 21:23:18 Exim configuration error in line 9 of FILE:" and the line after it. */
void exim_words(const struct command_result *result, char *out, size_t size)
{
    const struct buf *text = result->err.length > 0 ? &result->err : &result->out;
    const char *found = strstr(buf_string(text), "Exim configuration error"), *start;
    struct buf joined = BUF_INIT(2048);

    start = found ? found : buf_string(text);
    for (const char *at = start; *at && joined.length < 600; at++) {
        bool space = *at == ' ' || *at == '\n';

        if (!space)
            buf_char(&joined, *at);
        else if (joined.length > 0 && joined.data[joined.length - 1] != ' ')
            buf_char(&joined, ' ');
    }
    while (joined.length > 0 && joined.data[joined.length - 1] == ' ')
        joined.data[--joined.length] = '\0';
    str_printable(out, size, buf_string(&joined), joined.length);
    buf_free(&joined);
}

/* The lines up to the next mark, the line break between them a blank. */
static void take_answer(struct cursor *text, struct strings *answers)
{
    struct buf answer = BUF_INIT(HOST_OUTPUT_MAX);
    struct cursor line;

    while (cursor_line(text, &line)) {
        if (line.end - line.at == (ptrdiff_t)strlen(MARK) &&
            memcmp(line.at, MARK, strlen(MARK)) == 0)
            break;
        if (answer.length > 0)
            buf_char(&answer, '\n');
        buf_add(&answer, line.at, (size_t)(line.end - line.at));
    }
    strings_add(answers, str_starts(buf_string(&answer), "Failed: ") ? "" : buf_string(&answer));
    buf_free(&answer);
}

/* A first letter from A to Z would begin a macro's assignment: an empty verbatim part comes first. */
static void add_safe(struct strings *texts, const char *text)
{
    struct buf safe = BUF_INIT(EXIM_TEXT_MAX);

    if (*text >= 'A' && *text <= 'Z')
        buf_text(&safe, "\\N\\N");
    buf_text(&safe, text);
    strings_add(texts, buf_string(&safe));
    buf_free(&safe);
}

static bool expand_some(const struct exim_asking *asking, const struct strings *texts, size_t from,
                        size_t count, struct strings *answers, struct error *e)
{
    const char *argv[EXIM_ARGUMENTS_MAX] = {"-be"};
    struct command_result result;
    struct strings safe = {0};
    struct cursor text;
    bool ok;

    for (size_t i = 0; i < count; i++) {
        add_safe(&safe, texts->v[from + i]);
        argv[1 + 2 * i] = safe.v[i];
        argv[2 + 2 * i] = MARK;
    }
    ok = exim_run(asking, argv, &result, e);
    strings_free(&safe);
    if (!ok)
        return false;
    text = cursor_of(buf_string(&result.out), result.out.length);
    for (size_t i = 0; i < count; i++)
        take_answer(&text, answers);
    command_result_free(&result);
    return true;
}

bool exim_expand(const struct exim_asking *asking, const struct strings *texts,
                 struct strings *answers, struct error *e)
{
    const size_t most = EXIM_ARGUMENTS_MAX / 2 - 2;

    for (size_t i = 0; i < texts->count; i += most)
        if (!expand_some(asking, texts, i, texts->count - i < most ? texts->count - i : most,
                         answers, e))
            return false;
    return true;
}
