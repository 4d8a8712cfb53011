/* headers_command.c - reads a message, shows what it proves, records it as facts. */
#include "agent/headers_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/headers_report.h"

#define OUT_MAX (4U << 20)

/* The header stands in front: what a message holds beyond the limit is not read. */
static bool read_front(const char *path, struct buf *out, struct error *e)
{
    FILE *file = str_equal(path, "-") ? stdin : fopen(path, "re");
    char piece[16384];
    size_t room = HEADERS_TEXT_MAX, length = 1;
    bool ok;

    if (file == NULL)
        return fail(e, ERR_NO_INPUT, "%s", strerror(errno));
    while (room > 0 && length > 0) {
        length = fread(piece, 1, room < sizeof piece ? room : sizeof piece, file);
        buf_add(out, piece, length);
        room -= length;
    }
    ok = !ferror(file) || fail(e, ERR_NO_INPUT, "%s", strerror(errno));
    if (file != stdin)
        fclose(file);
    return ok;
}

static bool read_message(const struct options *o, struct headers *out, struct error *e)
{
    const char *path = o->word_count > 0 ? o->words[0] : "-";
    struct buf text = BUF_INIT(HEADERS_TEXT_MAX);
    bool ok = read_front(path, &text, e);

    if (ok)
        (void)!headers_read(buf_string(&text), text.length, o->receiver, out);
    buf_free(&text);
    if (ok)
        return true;
    error_what(e, "cannot read the message in %s", path);
    return error_next(e, "namesake headers < MESSAGE");
}

static bool record(const struct headers *headers, const char *path, struct error *e)
{
    struct facts facts;
    json_t *document;
    char *text;
    bool ok;

    headers_facts(headers, &facts);
    document = facts_to_json(&facts);
    text = json_text(document);
    ok = file_replace(path, text, strlen(text), 0644, e);
    free(text);
    json_decref(document);
    facts_free(&facts);
    return ok;
}

static void format_out(const struct session *session, const struct headers *headers,
                       enum format format, int exit_code, struct buf *out)
{
    json_t *document;
    char *text;

    if (format == FORMAT_TEXT) {
        headers_text(headers, &session->style, out);
        return;
    }
    document = headers_document(headers, exit_code);
    text = json_text(document);
    buf_text(out, text);
    free(text);
    json_decref(document);
}

static bool write_one(const struct session *session, const struct headers *headers,
                      const struct output *output, int exit_code, struct error *e)
{
    struct buf out = BUF_INIT(OUT_MAX);
    bool ok = true;

    format_out(session, headers, output->format, exit_code, &out);
    if (output->file != NULL)
        ok = file_replace(output->file, buf_string(&out), out.length, 0644, e);
    else
        ok = (fputs(buf_string(&out), stdout) != EOF && fflush(stdout) == 0) ||
             fail(e, ERR_CANNOT_CREATE, "standard output: %s", strerror(errno));
    buf_free(&out);
    return ok;
}

static bool write_all(const struct session *session, const struct headers *headers, int exit_code,
                      struct error *e)
{
    const struct options *o = session->options;
    const struct output text = {.format = FORMAT_TEXT};
    bool to_stdout = false, ok = true;

    for (size_t i = 0; i < o->output_count && ok; i++) {
        to_stdout = to_stdout || o->outputs[i].file == NULL;
        ok = write_one(session, headers, &o->outputs[i], exit_code, e);
    }
    return ok && (to_stdout || write_one(session, headers, &text, exit_code, e));
}

static bool check_options(const struct options *o, struct error *e)
{
    if (o->word_count > 1)
        return fail(e, ERR_USAGE, "headers reads one message");
    for (size_t i = 0; i < o->output_count; i++)
        if (o->outputs[i].format != FORMAT_TEXT && o->outputs[i].format != FORMAT_JSON)
            return fail(e, ERR_USAGE, "headers writes text and json, not %s",
                        format_text(o->outputs[i].format));
    return true;
}

int headers_run(struct session *session)
{
    const struct options *o = session->options;
    struct headers headers = {.hop_count = 0};
    struct error e = {0};
    bool ok = check_options(o, &e) && read_message(o, &headers, &e);
    const int code = headers.believed < headers.hop_count ? EXIT_YES : EXIT_UNKNOWN;

    if (ok && code == EXIT_YES && o->record != NULL)
        ok = record(&headers, o->record, &e);
    if (ok)
        ok = write_all(session, &headers, code, &e);
    headers_free(&headers);
    return ok ? code : session_fail(session, &e);
}
