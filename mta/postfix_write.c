/* postfix_write.c - PURE: planned changes become new texts, and what people are told of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "mta/edit.h"
#include "mta/master_edit.h"
#include "mta/postfix_draft.h"

#define HEADER_MAX 2048 /* bytes at the top of a file in which its maker says who it is */

struct postfix_key postfix_key_of(const struct mta_service *service)
{
    struct postfix_key key;
    char *blank;

    str_cut(key.s, sizeof key.s, service->title);
    blank = strrchr(key.s, ' ');
    if (blank)
        *blank = '/';
    return key;
}

const struct mta_setting *postfix_own(const struct mta_instance *instance,
                                      const struct mta_service *service, const char *parameter)
{
    char full[256];

    snprintf(full, sizeof full, "%s/%.80s", postfix_key_of(service).s, parameter);
    return postfix_setting(instance, full);
}

static const struct host_file *file_of(const struct mta_instance *instance, bool master)
{
    for (size_t i = 0; i < instance->file_count; i++)
        if (str_ends(instance->files[i].path, master ? "/master.cf" : "/main.cf"))
            return &instance->files[i];
    return NULL;
}

static bool is_same(const struct mta_change *a, const struct mta_change *b)
{
    return str_equal(a->file, b->file) && str_equal(a->parameter, b->parameter);
}

void postfix_change_at(struct postfix_draft *d, const char *key, const char *parameter,
                       const char *after, bool follows)
{
    struct mta_change change = {.follows = follows};
    struct mta_edits *edits = d->edits;
    const struct mta_setting *s;
    const struct host_file *file = file_of(d->instance, key != NULL);

    str_cut(change.file, sizeof change.file, file ? file->path : "");
    snprintf(change.parameter, sizeof change.parameter, "%s%s%.80s", key ? key : "", key ? "/" : "",
             parameter);
    for (size_t i = 0; i < edits->change_count; i++)
        if (is_same(&edits->changes[i], &change))
            return;
    s = postfix_setting(d->instance, change.parameter);
    change.before = s && s->set ? mem_text(s->raw) : NULL;
    change.after = mem_text(after);
    edits->changes = mem_resize(edits->changes, edits->change_count + 1, sizeof change);
    edits->changes[edits->change_count++] = change;
}

void postfix_change(struct postfix_draft *d, const struct mta_service *service,
                    const char *parameter, const char *after, bool follows)
{
    struct postfix_key key = {""};

    if (service)
        key = postfix_key_of(service);
    postfix_change_at(d, service ? key.s : NULL, parameter, after, follows);
}

/* The service of a change and its parameter; false for one of main.cf. */
static bool split(const struct mta_change *change, struct postfix_key *key, const char **parameter)
{
    const char *slash = strrchr(change->parameter, '/');

    *parameter = slash ? slash + 1 : change->parameter;
    if (!slash)
        return false;
    snprintf(key->s, sizeof key->s, "%.*s", (int)(slash - change->parameter), change->parameter);
    return true;
}

static bool same_words(const char *a, size_t a_length, const char *b)
{
    struct cursor left = cursor_of(a, a_length), right = cursor_of(b, strlen(b)), x, y;

    while (cursor_word(&left, &x))
        if (!cursor_word(&right, &y) || x.end - x.at != y.end - y.at ||
            memcmp(x.at, y.at, (size_t)(x.end - x.at)) != 0)
            return false;
    return !cursor_word(&right, &y);
}

/* Two ways to read the file must agree, else our edit would not be what Postfix sees. */
static bool agrees(const struct mta_change *change, const struct host_file *file, struct error *e)
{
    struct buf mine = BUF_INIT(HOST_FILE_MAX);
    struct postfix_key key;
    const char *parameter;
    bool own = split(change, &key, &parameter), set, same;

    set = own ? master_value(file->text, file->length, key.s, parameter, &mine)
              : edit_value(file->text, file->length, parameter, &mine);
    same = set == (change->before != NULL) &&
           (!set || same_words(buf_string(&mine), mine.length, change->before));
    buf_free(&mine);
    return same || fail(e, ERR_CONFLICT, "%.150s: what Postfix reads is not what %.200s says",
                        change->parameter, file->path);
}

static bool apply(const struct mta_change *change, const struct host_file *file, struct buf *text,
                  struct error *e)
{
    struct buf next = BUF_INIT(HOST_FILE_MAX);
    struct postfix_key key;
    const char *parameter;
    bool ok = agrees(change, file, e);

    if (ok && split(change, &key, &parameter))
        ok = master_set(buf_string(text), text->length, key.s, parameter, change->after, &next, e);
    else if (ok)
        ok = edit_set(buf_string(text), text->length, parameter, change->after, &next, e);
    if (!ok) {
        buf_free(&next);
        return error_what(e, "cannot edit %.200s", file->path);
    }
    buf_free(text);
    *text = next;
    return true;
}

/* Who says at the top of a file that it is his, and not to be edited by hand. */
static const char *maker_of(const struct host_file *file)
{
    static const char *const marks[][2] = {{"ansible", "Ansible"},
                                           {"puppet", "Puppet"},
                                           {"chef", "Chef"},
                                           {"salt ", "Salt"},
                                           {"cpanel", "cPanel"},
                                           {"plesk", "Plesk"},
                                           {"ispconfig", "ISPConfig"},
                                           {"iredmail", "iRedMail"},
                                           {"do not edit", "a program"},
                                           {"do not modify", "a program"},
                                           {"generated by", "a program"}};
    const char *at = file->text,
               *end = at + (file->length < HEADER_MAX ? file->length : HEADER_MAX);
    struct cursor c = cursor_of(at, (size_t)(end - at)), line;
    char text[512];

    while (cursor_line(&c, &line)) {
        if (line.at == line.end || line.at[0] != '#')
            continue;
        str_printable(text, sizeof text, line.at, (size_t)(line.end - line.at));
        for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
            if (strcasestr(text, marks[i][0]))
                return marks[i][1];
    }
    return NULL;
}

static void add_note(struct mta_edits *edits, const char *a, const char *b, const char *c)
{
    struct buf text = BUF_INIT(1024);

    buf_printf(&text, "%.300s%.100s%.300s", a, b, c);
    if (!strings_have(&edits->notes, buf_string(&text)))
        strings_add(&edits->notes, buf_string(&text));
    buf_free(&text);
}

static bool write_file(struct mta_edits *edits, const struct host_file *file, struct error *e)
{
    struct buf text = BUF_INIT(HOST_FILE_MAX);
    const char *maker = maker_of(file);
    struct mta_edit *edit;
    bool ok = true, any = false;

    buf_add(&text, file->text, file->length);
    for (size_t i = 0; ok && i < edits->change_count; i++)
        if (str_equal(edits->changes[i].file, file->path)) {
            ok = apply(&edits->changes[i], file, &text, e);
            any = true;
        }
    if (ok && any) {
        edits->files = mem_resize(edits->files, edits->file_count + 1, sizeof *edits->files);
        edit = &edits->files[edits->file_count++];
        *edit = (struct mta_edit){.file = file, .length = text.length};
        edit->text = buf_take(&text);
        if (maker)
            add_note(edits, file->path, " says that it is written by ", maker);
    }
    buf_free(&text);
    return ok;
}

/* --- What people are told ------------------------------------------------------------------------ */

static bool concerns(const struct mta_change *change, const struct host_file *file)
{
    return file && str_equal(change->file, file->path) && !change->follows;
}

/* The change that the plan names: myhostname, else the first one of the file. */
static const struct mta_change *leading(const struct mta_edits *edits, const struct host_file *file)
{
    const struct mta_change *found = NULL;

    for (size_t i = 0; i < edits->change_count; i++) {
        const struct mta_change *change = &edits->changes[i];

        if (concerns(change, file) && (!found || str_equal(change->parameter, "myhostname")))
            found = change;
    }
    return found;
}

static void tell_before(const struct mta_facts *facts, const struct mta_instance *instance,
                        const struct mta_change *change, struct mta_edits *edits)
{
    const char *value = postfix_effective(instance, change->parameter), *parameter;
    struct postfix_key key;

    if (!split(change, &key, &parameter)) {
        if (str_ends(parameter, "_banner"))
            postfix_first_word(value, edits->before, sizeof edits->before);
        else
            str_cut(edits->before, sizeof edits->before, value);
        return;
    }
    for (size_t i = 0; i < facts->service_count; i++) {
        const struct mta_service *s = &facts->services[i];

        if (!str_equal(s->instance, instance->folder) || !str_equal(postfix_key_of(s).s, key.s))
            continue;
        postfix_said_name(s, edits->before, sizeof edits->before);
        if (s->role == MTA_LISTENER && postfix_says(s, change->after))
            str_cut(edits->before, sizeof edits->before, s->ehlo);
    }
}

static void tell_commands(const struct postfix_draft *d, const struct mta_instance *instance)
{
    static const char *const reload[] = {"check", "reload", NULL};
    static const char *const restart[] = {"check", "stop", "start", NULL};
    bool usual = d->facts->instance_count == 1; /* without -c it acts on all of them */
    char text[300];

    for (const char *const *what = d->edits->restart ? restart : reload; *what; what++) {
        snprintf(text, sizeof text, usual ? "postfix %s%s" : "postfix -c %s %s",
                 usual ? "" : instance->folder, *what);
        strings_add(&d->edits->commands, text);
    }
}

/* Verdicts in headers are trusted by the name of who gave them; milters take it from the host's. */
static void tell_of_milters(struct mta_edits *edits, const struct mta_instance *instance)
{
    const char *milters = postfix_effective(instance, "smtpd_milters");

    if (milters[0])
        add_note(edits, "milters may put the new name into Authentication-Results: ", milters, "");
}

static bool write_instance(struct postfix_draft *d, const struct mta_instance *instance,
                           struct error *e)
{
    const struct mta_change *named = NULL;
    size_t had = d->edits->file_count;

    for (size_t i = 0; i < instance->file_count; i++) {
        const struct mta_change *here = leading(d->edits, &instance->files[i]);

        if (!write_file(d->edits, &instance->files[i], e))
            return false;
        named = here ? here : named;
    }
    if (d->edits->file_count == had)
        return true;
    tell_commands(d, instance);
    if (named) {
        str_cut(d->edits->setting, sizeof d->edits->setting, named->parameter);
        tell_before(d->facts, instance, named, d->edits);
        if (str_equal(named->parameter, "myhostname"))
            tell_of_milters(d->edits, instance);
    }
    return true;
}

bool postfix_write(struct postfix_draft *d, struct error *e)
{
    for (size_t i = 0; i < d->facts->instance_count; i++)
        if (!write_instance(d, &d->facts->instances[i], e))
            return false;
    return true;
}
