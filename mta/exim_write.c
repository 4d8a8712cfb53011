/* exim_write.c - PURE: values, list elements and options put into Exim's files, byte by byte. */
#include "mta/exim.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

static const struct host_file *file_of(const struct exim_draft *d, size_t file)
{
    return &d->instance->files[file];
}

static void note(struct exim_draft *d, size_t file, const char *parameter, const char *before,
                 const char *after, bool follows)
{
    struct mta_change change = {.follows = follows};
    struct mta_edits *edits = d->edits;

    str_cut(change.file, sizeof change.file, file_of(d, file)->path);
    str_cut(change.parameter, sizeof change.parameter, parameter);
    change.before = before ? mem_text(before) : NULL;
    change.after = mem_text(after);
    edits->changes = mem_resize(edits->changes, edits->change_count + 1, sizeof change);
    edits->changes[edits->change_count++] = change;
}

static void splice(struct exim_draft *d, size_t file, size_t at, size_t end, const char *text)
{
    struct exim_splice one = {.file = file, .at = at, .end = end, .text = mem_text(text)};

    d->splices = mem_resize(d->splices, d->splice_count + 1, sizeof one);
    d->splices[d->splice_count++] = one;
}

/* Two services may need the same change. */
static bool is_spliced(const struct exim_draft *d, size_t file, size_t at, size_t end)
{
    for (size_t i = 0; i < d->splice_count; i++)
        if (d->splices[i].file == file && d->splices[i].at == at && d->splices[i].end == end &&
            at != end)
            return true;
    return false;
}

/* --- Values ------------------------------------------------------------------------------------ */

static bool refuse(const struct exim_entry *entry, const char *why, struct error *e)
{
    char shown[200];

    str_printable(shown, sizeof shown, entry->raw, strlen(entry->raw));
    fail(e, ERR_CONFLICT, "%.60s = %.180s: %s", entry->name, shown, why);
    return error_next(e, "exim -bP config | grep -n -F %.60s", entry->name);
}

/* What a value is made of: the macro that stands for its first word or all of it, or itself. */
static const struct exim_entry *place_of(const struct exim_draft *d, const struct exim_entry *entry,
                                         bool first_word)
{
    const struct exim_entry *now = entry;
    char word[200];

    for (int i = 0; i < 10; i++) {
        const struct exim_entry *macro;
        size_t n;

        exim_unquote(now->raw, word, sizeof word);
        n = strcspn(word, " \t");
        if (first_word)
            word[n] = '\0';
        macro = exim_find(&d->config, EXIM_MACRO, NULL, NULL, word);
        if (macro == NULL || macro == now)
            return now;
        now = macro;
    }
    return now;
}

/* The text of a place that is to change; in quotes, only what is within them. */
static void bounds(const struct exim_draft *d, const struct exim_entry *place, size_t *at,
                   size_t *end)
{
    const char *text = file_of(d, place->file)->text;

    *at = place->value_at;
    *end = place->value_end;
    if (*end - *at > 1 && text[*at] == '"' && text[*end - 1] == '"') {
        ++*at;
        --*end;
    }
}

static size_t word_end(const char *text, size_t at, size_t end)
{
    while (at < end && text[at] != ' ' && text[at] != '\t' && text[at] != '\n' &&
           text[at] != '\\' && text[at] != '\r')
        at++;
    return at;
}

/* Debian's own macros are not written in Exim's files: the file for local macros overrides them. */
static bool is_generated(const struct exim_entry *place)
{
    return place->file == EXIM_NOWHERE && !str_equal(place->section, "-D");
}

bool exim_change_value(struct exim_draft *d, const struct exim_entry *entry, const char *value,
                       bool first_word, struct error *e)
{
    const struct exim_entry *place = place_of(d, entry, first_word);
    size_t at, end;
    char *raw;

    d->beside = true;
    if (is_generated(place))
        return exim_add_option(d, place->name, value, false, e);
    if (place->file == EXIM_NOWHERE)
        return refuse(place, "the daemon was started with it (-D)", e);
    bounds(d, place, &at, &end);
    if (first_word)
        end = word_end(file_of(d, place->file)->text, at, end);
    if (!first_word && !str_equal(place->raw, place->value))
        return refuse(place, "it is built from macros, and it is not clear which to change", e);
    raw = mem_copy(file_of(d, place->file)->text + at, end - at + 1, 1);
    raw[end - at] = '\0';
    if (!str_equal(raw, value) && !is_spliced(d, place->file, at, end)) {
        splice(d, place->file, at, end, value);
        note(d, place->file, place->name, raw, value, false);
    }
    free(raw);
    return true;
}

/* --- Lists ------------------------------------------------------------------------------------- */

/* "a;b" or "a:b" */
static bool has_name(const char *list, const char *name)
{
    char one[256];

    while (*list) {
        size_t n = strcspn(list, ";: ");

        str_format(one, sizeof one, "%.*s", (int)(n < sizeof one ? n : sizeof one - 1), list);
        if (str_equal_nocase(one, name))
            return true;
        list += n + (list[n] != '\0');
    }
    return false;
}

/* The value of dc_other_hostnames, without quotes; false where a shell would compute it. */
static bool find_names(const struct host_file *conf, struct cursor *value, bool *quoted)
{
    static const char variable[] = "dc_other_hostnames=";
    struct cursor rest = cursor_of(conf->text, conf->length), line;
    size_t n = strlen(variable);
    bool found = false;

    while (cursor_line(&rest, &line))
        if ((size_t)(line.end - line.at) >= n && memcmp(line.at, variable, n) == 0) {
            *value = cursor_of(line.at + n, (size_t)(line.end - line.at) - n);
            found = true;
        }
    if (!found)
        return false;
    exim_trim(value);
    *quoted = value->end - value->at > 1 && strchr("'\"", *value->at) != NULL &&
              value->end[-1] == *value->at;
    value->at += *quoted;
    value->end -= *quoted;
    for (const char *at = value->at; at < value->end; at++)
        if (strchr("$`'\"#\\", *at) != NULL)
            return false;
    return true;
}

/* "dc_other_hostnames='a;b'" gets one more; it is read by a shell, where ";" needs quotes. */
static bool add_debian_name(struct exim_draft *d, const char *element, struct error *e)
{
    size_t file = exim_file(d->instance, EXIM_UPDATE_CONF);
    const struct host_file *conf = file_of(d, file);
    struct buf value = BUF_INIT(HOST_FILE_MAX), text = BUF_INIT(HOST_FILE_MAX);
    struct cursor names;
    bool quoted;

    if (!find_names(conf, &names, &quoted)) {
        fail(e, ERR_CONFLICT,
             "it is not clear how dc_other_hostnames in %s is set; the old name has to stay a "
             "local domain",
             EXIM_UPDATE_CONF);
        return error_next(e, "grep dc_other_hostnames %s", EXIM_UPDATE_CONF);
    }
    buf_add(&value, names.at, (size_t)(names.end - names.at));
    if (!has_name(buf_string(&value), element)) {
        if (value.length > 0)
            buf_char(&value, strchr(buf_string(&value), ':') ? ':' : ';');
        buf_text(&value, element);
        buf_printf(&text, quoted ? "%s" : "'%s'", buf_string(&value));
        note(d, file, "dc_other_hostnames", "", buf_string(&value), true);
        splice(d, file, (size_t)(names.at - conf->text), (size_t)(names.end - conf->text),
               buf_string(&text));
    }
    buf_free(&value);
    buf_free(&text);
    return true;
}

bool exim_add_element(struct exim_draft *d, const struct exim_entry *entry, const char *element,
                      struct error *e)
{
    const struct exim_entry *place = place_of(d, entry, false);
    struct exim_list list = exim_list_of(place->value);
    char text[300], after[400];
    size_t at, end;

    d->beside = true;
    if (is_generated(place) && exim_file(d->instance, EXIM_UPDATE_CONF) != EXIM_NOWHERE)
        return add_debian_name(d, element, e);
    if (place->file == EXIM_NOWHERE)
        return refuse(place, "the daemon was started with it (-D)", e);
    bounds(d, place, &at, &end);
    str_format(text, sizeof text, " %c %s", list.separator, element);
    str_format(after, sizeof after, "%.80s%s", place->raw, text);
    splice(d, place->file, end, end, text);
    note(d, place->file, place->name, place->raw, after, true);
    return true;
}

/* --- New lines --------------------------------------------------------------------------------- */

/* The end of the file; its start where the last line has no end: what follows would be part of it. */
static void append(struct exim_draft *d, size_t file, const char *line)
{
    const struct host_file *f = file_of(d, file);
    bool open = f->length > 0 && f->text[f->length - 1] != '\n';
    char text[600];

    str_format(text, sizeof text, "%s\n", line);
    splice(d, file, open ? 0 : f->length, open ? 0 : f->length, text);
}

/* Before the first "begin": behind it nothing belongs to the main section. */
static bool insert_main(struct exim_draft *d, const char *line, size_t *file, struct error *e)
{
    char text[600];

    str_format(text, sizeof text, "%s\n\n", line);
    for (size_t i = 0; i < d->config.count; i++)
        if (d->config.v[i].kind == EXIM_BEGIN) {
            *file = d->config.v[i].file;
            splice(d, *file, d->config.v[i].at, d->config.v[i].at, text);
            return true;
        }
    if (d->instance->file_count == 0)
        return fail(e, ERR_CONFLICT, "no file of the configuration was read");
    *file = 0;
    append(d, *file, line);
    return true;
}

bool exim_add_option(struct exim_draft *d, const char *name, const char *value, bool follows,
                     struct error *e)
{
    const char *macros = exim_value(d->instance, ".macros");
    char line[400];
    size_t file = 0;

    d->beside = true;
    str_format(line, sizeof line, "%.90s = %.260s", name, value);
    if (macros[0] != '\0') {
        file = exim_file(d->instance, macros);
        append(d, file, line);
    } else if (!insert_main(d, line, &file, e)) {
        return false;
    }
    note(d, file, name, NULL, value, follows);
    return true;
}

bool exim_add_transport_option(struct exim_draft *d, const char *transport, const char *name,
                               const char *value, bool follows, struct error *e)
{
    const struct exim_entry *driver =
        exim_find(&d->config, EXIM_OPTION, "transports", transport, "driver");
    char text[400];

    d->beside = true;
    if (driver == NULL || driver->file == EXIM_NOWHERE) {
        fail(e, ERR_CONFLICT, "the transport %.60s is in none of the files that were read",
             transport);
        return error_next(e, "exim -bP transport %.60s", transport);
    }
    str_format(text, sizeof text, "  %.90s = %.260s\n", name, value);
    splice(d, driver->file, driver->end, driver->end, text);
    note(d, driver->file, name, NULL, value, follows);
    return true;
}

/* --- Tables ------------------------------------------------------------------------------------ */

/* A table is rewritten as a whole: several keys of it may change. */
static struct exim_splice *whole(struct exim_draft *d, size_t file)
{
    const struct host_file *f = file_of(d, file);

    for (size_t i = 0; i < d->splice_count; i++)
        if (d->splices[i].file == file)
            return &d->splices[i];
    splice(d, file, 0, f->length, f->text);
    d->splices[d->splice_count - 1].table = true;
    return &d->splices[d->splice_count - 1];
}

bool exim_change_table(struct exim_draft *d, size_t file, const char *key, const char *value,
                       bool follows, struct error *e)
{
    struct exim_splice *now = whole(d, file);
    struct buf text = BUF_INIT(HOST_FILE_MAX);
    bool ok = exim_table_set(now->text, strlen(now->text), key, value, &text, e);

    if (ok && !str_equal(buf_string(&text), now->text)) {
        free(now->text);
        now->text = buf_take(&text);
        note(d, file, key, NULL, value, follows);
    }
    buf_free(&text);
    return ok || error_what(e, "cannot edit %.200s", file_of(d, file)->path);
}

/* --- The new texts ----------------------------------------------------------------------------- */

/* In the order of the files' bytes; what was asked for first comes first at one place. */
static void sort(struct exim_draft *d)
{
    for (size_t i = 1; i < d->splice_count; i++)
        for (size_t k = i; k > 0 && d->splices[k].at < d->splices[k - 1].at; k--) {
            struct exim_splice swap = d->splices[k];

            d->splices[k] = d->splices[k - 1];
            d->splices[k - 1] = swap;
        }
}

static bool build(const struct exim_draft *d, size_t file, struct buf *out, bool *any)
{
    const struct host_file *f = file_of(d, file);
    size_t at = 0;

    *any = false;
    for (size_t i = 0; i < d->splice_count; i++) {
        const struct exim_splice *s = &d->splices[i];

        if (s->file != file || s->at < at)
            continue;
        buf_add(out, f->text + at, s->at - at);
        buf_text(out, s->text);
        at = s->end;
        *any = true;
    }
    buf_add(out, f->text + at, f->length - at);
    return buf_ok(out);
}

static bool finish_file(struct exim_draft *d, size_t file, struct error *e)
{
    const struct host_file *f = file_of(d, file);
    struct mta_edit *edit = &d->edits->files[d->edits->file_count];
    struct buf text = BUF_INIT(HOST_FILE_MAX);
    bool any;

    if (!build(d, file, &text, &any)) {
        buf_free(&text);
        return fail(e, ERR_LIMIT_EXCEEDED, "%.200s would be too long", f->path);
    }
    if (!any || (text.length == f->length && memcmp(buf_string(&text), f->text, f->length) == 0)) {
        buf_free(&text);
        return true;
    }
    edit->file = f;
    edit->length = text.length;
    edit->text = buf_take(&text);
    d->edits->file_count++;
    return true;
}

static bool is_table(const struct exim_draft *d, size_t file)
{
    for (size_t i = 0; i < d->splice_count; i++)
        if (d->splices[i].file == file && d->splices[i].table)
            return true;
    return false;
}

static bool finish_files(struct exim_draft *d, bool tables, struct error *e)
{
    for (size_t i = 0; i < d->instance->file_count; i++)
        if (is_table(d, i) == tables && !finish_file(d, i, e))
            return false;
    return true;
}

/* Tables first: what follows the name is kept there before the name changes. */
bool exim_finish(struct exim_draft *d, struct error *e)
{
    sort(d);
    d->edits->files = mem_new(d->instance->file_count + 1, sizeof *d->edits->files);
    return finish_files(d, true, e) && finish_files(d, false, e);
}

void exim_draft_free(struct exim_draft *d)
{
    for (size_t i = 0; i < d->splice_count; i++)
        free(d->splices[i].text);
    free(d->splices);
    exim_config_free(&d->config);
}
