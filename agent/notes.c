/* notes.c - pairs of words and texts, for people and for programs. */
#include "agent/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/mem.h"

void notes_add(struct notes *notes, const char *what, const char *text, ...)
{
    struct note *note;
    char said[sizeof note->text];
    va_list args;

    notes->v = mem_resize(notes->v, notes->count + 1, sizeof *notes->v);
    note = &notes->v[notes->count++];
    str_cut(note->what, sizeof note->what, what);
    va_start(args, text);
    (void)vsnprintf(said, sizeof said, text, args);
    va_end(args);
    str_printable(note->text, sizeof note->text, said, strlen(said));
}

static void print_text(const struct notes *notes, const char *headline)
{
    size_t width = 0;

    for (size_t i = 0; i < notes->count; i++)
        if (strlen(notes->v[i].what) > width)
            width = strlen(notes->v[i].what);
    printf("%s\n\n", headline);
    for (size_t i = 0; i < notes->count; i++)
        printf("  %-*s  %s\n", (int)width, notes->v[i].what, notes->v[i].text);
}

static void print_json(const struct session *session, const struct notes *notes,
                       const char *headline)
{
    char format[64];
    const char *key = "";
    json_t *document;
    char *text;

    str_format(format, sizeof format, "namesake.%s", command_name(session->options->command));
    document =
        need(json_pack("{s:s, s:s, s:s, s:b, s:i, s:s}", "format", format, "format_version", "1.0",
                       "namesake", NAMESAKE_VERSION, "ok", 1, "exit_code", 0, "summary", headline));
    for (size_t i = 0; i < notes->count; i++) {
        json_t *value = need(json_string(notes->v[i].text));
        key = notes->v[i].what[0] ? notes->v[i].what : key;
        if (json_object_get(document, key) == NULL)
            json_object_set_new(document, key, need(json_array()));
        json_array_append_new(json_object_get(document, key), value);
    }
    text = json_text(document);
    fputs(text, stdout);
    free(text);
    json_decref(document);
}

int notes_end(const struct session *session, struct notes *notes, const char *headline)
{
    bool json = false;

    for (size_t i = 0; i < session->options->output_count; i++)
        json = json || session->options->outputs[i].format == FORMAT_JSON;
    if (json)
        print_json(session, notes, headline);
    else
        print_text(notes, headline);
    free(notes->v);
    *notes = (struct notes){.count = 0};
    return fflush(stdout) == 0 ? EXIT_YES : error_exit_code(ERR_CANNOT_CREATE);
}
