/* plan_edits.c - PURE: the edits of a mail server's files, as a plan tells them and as they are. */
#include "agent/plan.h"

#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/digest.h"

#define SHOWN_MAX 200 /* bytes of a value; of a longer one its digest stands for the rest */
#define EDITS_MAX (16U << 20)

void plan_add_text(struct strings *list, const char *text)
{
    char printable[640];

    str_printable(printable, sizeof printable, text, strlen(text));
    strings_add(list, printable);
}

static void describe_change(const struct mta_change *change, struct strings *out)
{
    const char *value = change->after != NULL ? change->after : "(removed)";
    size_t length = strlen(value);
    char text[640], rest[64] = "";

    if (length > SHOWN_MAX)
        str_format(rest, sizeof rest, "... (%zu bytes, SHA-256 %.12s)", length,
                   digest_of(value, length).hex);
    str_format(text, sizeof text, "%s: %s = %.200s%s%s", change->file, change->parameter, value,
               rest, change->follows ? " (stays as it was)" : "");
    plan_add_text(out, text);
}

/* A text with its end, or that there is none. */
static void add_part(struct buf *all, const char *text)
{
    buf_char(all, text != NULL ? '+' : '-');
    if (text != NULL)
        buf_text(all, text);
    buf_char(all, '\0');
}

static void add_parts(struct buf *all, const struct strings *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        add_part(all, texts->v[i]);
    buf_char(all, '\n');
}

/* Over everything that the edits are, the values that they replace included. */
static struct digest edits_digest(const struct mta_edits *edits)
{
    struct buf all = BUF_INIT(EDITS_MAX);
    struct digest digest;

    for (size_t i = 0; i < edits->change_count; i++) {
        add_part(&all, edits->changes[i].file);
        add_part(&all, edits->changes[i].parameter);
        add_part(&all, edits->changes[i].before);
        add_part(&all, edits->changes[i].after);
    }
    buf_char(&all, '\n');
    add_parts(&all, &edits->notes);
    add_parts(&all, &edits->commands);
    digest = digest_of(buf_string(&all), all.length);
    buf_free(&all);
    return digest;
}

void plan_describe_edits(const struct mta_edits *edits, struct step *step)
{
    char text[640];

    if (edits->file_count > 0)
        str_format(step->resource, sizeof step->resource, "edit %.12s of %s",
                   edits_digest(edits).hex, edits->files[0].file->target);
    step->commands = strings_copy(&edits->commands);
    for (size_t i = 0; i < edits->change_count; i++)
        describe_change(&edits->changes[i], &step->changes);
    for (size_t i = 0; i < edits->notes.count; i++) {
        str_format(text, sizeof text, "note: %.600s", edits->notes.v[i]);
        plan_add_text(&step->changes, text);
    }
}

bool plan_has_edits(const struct step *step, const struct mta_edits *edits, bool part,
                    struct strings *now)
{
    struct step told = {0};
    bool fits;

    plan_describe_edits(edits, &told);
    fits = part || str_equal(told.resource, step->resource);
    for (size_t i = 0; part && i < edits->change_count; i++)
        fits = fits && strings_have(&step->changes, told.changes.v[i]);
    for (size_t i = 0; part && i < told.commands.count; i++)
        fits = fits && strings_have(&step->commands, told.commands.v[i]);
    *now = strings_copy(&told.changes);
    step_free(&told);
    return fits;
}
