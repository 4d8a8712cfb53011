/* exim_check.c - have Exim itself judge a staged copy before anything live is touched. */
#include "mta/exim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

struct staging {
    struct host *host;
    const struct mta_facts *facts;
    const struct mta_instance *instance;
    const struct mta_edits *edits;
    const struct mta_wish *wish;
    char stage[512];
    char config[600]; /* the staged file that Exim reads */
};

static const struct mta_edit *edit_of(const struct staging *s, const struct host_file *file)
{
    for (size_t i = 0; i < s->edits->file_count; i++)
        if (s->edits->files[i].file == file)
            return &s->edits->files[i];
    return NULL;
}

static bool run(struct host *host, const char *const *argv, struct error *e)
{
    struct command command = {.argv = argv, .timeout_ms = EXIM_TIMEOUT_MS};
    struct command_result result;
    char words[300];
    int status;

    if (!host_run(host, &command, &result, e))
        return false;
    status = result.status;
    exim_words(&result, words, sizeof words);
    command_result_free(&result);
    return status == 0 ||
           fail(e, ERR_MTA_CHECK_FAILED, "\"%.60s\" on a copy with the change: %.280s", argv[0],
                words[0] ? words : "it failed without a word");
}

/* --- The stage --------------------------------------------------------------------------------- */

/* A copy with the owner and mode of the original: Exim refuses others (section 3.1). */
static bool copy(const struct staging *s, const char *path, const char *to, struct error *e)
{
    const char *const argv[] = {"cp", "-RpL", "--", path, to, NULL};

    return run(s->host, argv, e);
}

/* Another content for a file of the stage; a file that is absent is made. */
static bool put(const struct staging *s, const char *path, const char *text, size_t length,
                struct error *e)
{
    struct host_file now = {0};
    bool ok = host_look(s->host, path, &now, e) && host_replace(s->host, &now, text, length, e);

    host_file_free(&now);
    return ok;
}

/* Where a file of /etc/exim4 is in the stage. */
static void staged_path(const struct staging *s, const char *path, char *out, size_t size)
{
    static const char folder[] = "/etc/exim4/";

    str_format(out, size, "%.300s/%.200s", s->stage,
               str_starts(path, folder) ? path + strlen(folder) : path);
}

static bool put_edits(const struct staging *s, struct error *e)
{
    char path[600];

    for (size_t i = 0; i < s->edits->file_count; i++) {
        const struct mta_edit *edit = &s->edits->files[i];

        if (!str_starts(edit->file->path, "/etc/exim4/"))
            continue;
        staged_path(s, edit->file->path, path, sizeof path);
        if (!put(s, path, edit->text, edit->length, e))
            return false;
    }
    return true;
}

/*
 * update-exim4.conf looks for the live file of local macros, and leaves the staged one out where
 * that is not there yet: it is joined with what follows it anyway.
 */
static bool join_macros(const struct staging *s, struct error *e)
{
    size_t at = exim_file(s->instance, exim_value(s->instance, ".macros"));
    size_t template = exim_file(s->instance, "/etc/exim4/exim4.conf.template");
    const struct mta_edit *macros, *other;
    const struct host_file *file;
    struct buf text = BUF_INIT((size_t)2 * HOST_FILE_MAX);
    char path[600];
    bool ok;

    if (at == EXIM_NOWHERE || template == EXIM_NOWHERE ||
        !host_is_absent(&s->instance->files[at]) || !(macros = edit_of(s, &s->instance->files[at])))
        return true;
    file = &s->instance->files[template];
    other = edit_of(s, file);
    buf_add(&text, macros->text, macros->length);
    buf_add(&text, other ? other->text : file->text, other ? other->length : file->length);
    staged_path(s, file->path, path, sizeof path);
    ok = put(s, path, buf_string(&text), text.length, e);
    buf_free(&text);
    return ok;
}

static bool stage_debian(struct staging *s, struct error *e)
{
    const char *const build[] = {"update-exim4.conf", "-d", s->stage, "-o", s->config, NULL};
    bool split = str_equal(exim_value(s->instance, ".scheme"), "split");

    str_format(s->config, sizeof s->config, "%s/staged", s->stage);
    if (!copy(s, EXIM_UPDATE_CONF, s->stage, e))
        return false;
    for (size_t i = 0; !split && i < s->instance->file_count; i++) {
        const struct host_file *file = &s->instance->files[i];

        if (str_starts(file->path, "/etc/exim4/exim4.conf.") && !host_is_absent(file) &&
            !copy(s, file->path, s->stage, e))
            return false;
    }
    if (split && !copy(s, "/etc/exim4/conf.d", s->stage, e))
        return false;
    return put_edits(s, e) && join_macros(s, e) && run(s->host, build, e);
}

static void copy_path(const struct staging *s, size_t index, char *out, size_t size)
{
    str_format(out, size, "%.300s/edited-%zu", s->stage, index);
}

/* Put the new content of an edited file into the stage, and its path there into the text. */
static bool lead_to_copy(const struct staging *s, size_t index, char **text, struct error *e)
{
    const struct mta_edit *edit = &s->edits->files[index];
    char to[600], *led;

    copy_path(s, index, to, sizeof to);
    if ((!host_is_absent(edit->file) && !copy(s, edit->file->path, to, e)) ||
        !put(s, to, edit->text, edit->length, e))
        return false;
    led = buf_replaced(*text, edit->file->path, to, HOST_FILE_MAX);
    free(*text);
    *text = led;
    return true;
}

/* The main file, with the paths of edited files (includes, tables) led to their copies. */
static bool stage_main(const struct staging *s, const char *main, struct error *e)
{
    const struct host_file *file = &s->instance->files[exim_file(s->instance, main)];
    const struct mta_edit *own = edit_of(s, file);
    char *text = mem_text(own ? own->text : file->text);
    bool ok = true;

    for (size_t i = 0; ok && i < s->edits->file_count; i++)
        ok = &s->edits->files[i] == own || lead_to_copy(s, i, &text, e);
    ok = ok && put(s, s->config, text, strlen(text), e);
    free(text);
    return ok;
}

static bool stage_single(struct staging *s, struct error *e)
{
    const char *main = exim_value(s->instance, ".config");

    if (exim_file(s->instance, main) == EXIM_NOWHERE)
        return fail(e, ERR_MTA_CHECK_FAILED, "%.200s was not read", main);
    str_format(s->config, sizeof s->config, "%s/staged", s->stage);
    return copy(s, main, s->config, e) && stage_main(s, main, e);
}

/* What update-exim4.conf reads itself. */
static bool is_built_in(const char *path)
{
    return str_starts(path, "/etc/exim4/exim4.conf") || str_starts(path, "/etc/exim4/conf.d/") ||
           str_equal(path, EXIM_UPDATE_CONF);
}

/* What Exim reads is led to the copy of a table that update-exim4.conf knows nothing of. */
static bool lead_to_tables(const struct staging *s, struct error *e)
{
    struct host_file now = {0};
    bool ok = host_read(s->host, s->config, &now, e);
    char *text = ok ? mem_text(now.text) : NULL;

    for (size_t i = 0; ok && i < s->edits->file_count; i++)
        ok = is_built_in(s->edits->files[i].file->path) || lead_to_copy(s, i, &text, e);
    ok = ok && (str_equal(text, now.text) || host_replace(s->host, &now, text, strlen(text), e));
    free(text);
    host_file_free(&now);
    return ok;
}

/* Deliveries are made by Exim's own user, who has to get at the copy (section 3.5). */
static bool open_stage(const struct staging *s, struct error *e)
{
    const char *const argv[] = {"chmod", "0711", s->stage, NULL};

    return run(s->host, argv, e);
}

/* --- Judging it -------------------------------------------------------------------------------- */

static bool ask(const struct exim_asking *asking, const char *const *arguments,
                struct command_result *out, struct error *e)
{
    char words[400];

    if (!exim_run(asking, arguments, out, e))
        return false;
    if (out->status == 0)
        return true;
    exim_words(out, words, sizeof words);
    command_result_free(out);
    return fail(e, ERR_MTA_CHECK_FAILED, "Exim on a copy with the change: %.380s", words);
}

/* Settings that carry the name, or were planned. The new ones of other files hold them, too. */
static bool is_intended(const struct staging *s, const struct cursor *line)
{
    static const char *const names[] = {"primary_hostname", "smtp_banner", "smtp_active_hostname",
                                        "helo_data",        "domainlist",  "MAIN_LOCAL_DOMAINS"};
    struct cursor rest = *line, word;
    char name[128], path[600];

    str_format(path, sizeof path, "%.300s/edited-", s->stage);
    if (line->end - line->at > (ptrdiff_t)strlen(path) &&
        memmem(line->at, (size_t)(line->end - line->at), path, strlen(path)) != NULL)
        return true;
    if (!cursor_word(&rest, &word) || !cursor_copy(&word, name, sizeof name))
        return false;
    name[strcspn(name, "=")] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_equal(names[i], name))
            return true;
    for (size_t i = 0; i < s->edits->change_count; i++)
        if (str_equal(s->edits->changes[i].parameter, name))
            return true;
    return false;
}

static bool is_comment(const struct cursor *line)
{
    return line->at == line->end || *line->at == '#';
}

static bool same_line(const struct cursor *a, const struct cursor *b)
{
    return a->end - a->at == b->end - b->at && memcmp(a->at, b->at, (size_t)(a->end - a->at)) == 0;
}

/* The next line that is neither a marker nor intended. */
static bool next_fixed(const struct staging *s, struct cursor *text, struct cursor *line)
{
    while (cursor_line(text, line))
        if (!is_comment(line) && !is_intended(s, line))
            return true;
    return false;
}

/* All that Exim reads, includes and macros resolved: nothing else may differ. */
static bool same_config(const struct staging *s, const struct buf *live, const struct buf *staged,
                        struct error *e)
{
    struct cursor a = cursor_of(buf_string(live), live->length), line_a = {0};
    struct cursor b = cursor_of(buf_string(staged), staged->length), line_b = {0};
    char shown[2][160];

    for (;;) {
        bool more_a = next_fixed(s, &a, &line_a), more_b = next_fixed(s, &b, &line_b);

        if (!more_a && !more_b)
            return true;
        if (more_a && more_b && same_line(&line_a, &line_b))
            continue;
        str_printable(shown[0], sizeof shown[0], more_a ? line_a.at : "",
                      more_a ? (size_t)(line_a.end - line_a.at) : 0);
        str_printable(shown[1], sizeof shown[1], more_b ? line_b.at : "",
                      more_b ? (size_t)(line_b.end - line_b.at) : 0);
        return fail(e, ERR_MTA_CHECK_FAILED,
                    "something else would change as well: \"%s\" would become \"%s\"", shown[0],
                    shown[1]);
    }
}

static bool compare(const struct staging *s, const struct exim_asking *asking, struct error *e)
{
    static const char *const all[] = {"-bP", "config", NULL};
    struct exim_asking live = *asking;
    struct command_result now, then;
    bool ok;

    live.config = NULL;
    if (!ask(&live, all, &now, e))
        return false;
    ok = ask(asking, all, &then, e);
    if (ok) {
        ok = same_config(s, &now.out, &then.out, e);
        command_result_free(&then);
    }
    command_result_free(&now);
    return ok;
}

/* --- What its services would say --------------------------------------------------------------- */

static const struct mta_service *same_service(const struct mta_facts *facts,
                                              const struct mta_service *service)
{
    for (size_t i = 0; i < facts->service_count; i++)
        if (facts->services[i].role == service->role &&
            str_equal(facts->services[i].title, service->title))
            return &facts->services[i];
    return NULL;
}

/* Those that the wish is about say the name; those that it leaves alone say what they said. */
static bool says_right(const struct staging *s, const struct mta_service *was,
                       const struct mta_service *is, struct error *e)
{
    char before[256], now[256], shown[256];
    bool ptr = str_ends(was->from, " (the PTR)");

    exim_said(was, before, sizeof before);
    exim_said(is, now, sizeof now);
    if (ptr || str_equal_nocase(now, s->wish->name.s))
        return true;
    switch (was->role == MTA_LISTENER ? mta_greeting_claim(s->facts, s->wish, was)
                                      : mta_claim(s->facts, s->wish, was, NULL)) {
    case MTA_SET:
        str_printable(shown, sizeof shown, now, strlen(now));
        return fail(e, ERR_MTA_CHECK_FAILED, "with the change, %.80s would say \"%.200s\"",
                    was->title, shown);
    case MTA_LEAVE:
    case MTA_CONTESTED:
        break;
    }
    return str_equal(before, now) ||
           fail(e, ERR_MTA_CHECK_FAILED, "with the change, %.80s would no longer say \"%.150s\"",
                was->title, before);
}

static void copy_settings(const struct mta_instance *from, struct mta_instance *to)
{
    for (size_t i = 0; i < from->setting_count; i++)
        if (from->settings[i].parameter[0] == '.')
            exim_set(to, from->settings[i].parameter, from->settings[i].raw,
                     from->settings[i].value, true);
}

/* Files in which the look-ups of the copy are found: the live ones, and copies of edited tables. */
static struct host_file *files_then(const struct staging *s)
{
    const size_t live = s->instance->file_count;
    struct host_file *files = mem_new(live + s->edits->file_count, sizeof *files);

    memcpy(files, s->instance->files, live * sizeof *files);
    for (size_t i = 0; i < s->edits->file_count; i++) {
        const struct mta_edit *edit = &s->edits->files[i];
        char path[600];

        copy_path(s, i, path, sizeof path);
        files[live + i] =
            (struct host_file){.path = mem_text(path), .text = edit->text, .length = edit->length};
    }
    return files;
}

static void files_free(const struct staging *s, struct host_file *files)
{
    for (size_t i = 0; i < s->edits->file_count; i++)
        free(files[s->instance->file_count + i].path);
    free(files);
}

/* The same look at the copy as at the live files. */
static bool says_wish(const struct staging *s, const struct exim_asking *asking, struct error *e)
{
    struct mta_facts then = {.instances = mem_new(1, sizeof *then.instances), .instance_count = 1};
    bool ok;

    memcpy(then.source, s->facts->source, sizeof then.source);
    str_cut(then.instances[0].folder, sizeof then.instances[0].folder, s->instance->folder);
    copy_settings(s->instance, &then.instances[0]);
    then.instances[0].files = files_then(s);
    then.instances[0].file_count = s->instance->file_count + s->edits->file_count;
    ok = exim_look(asking, &then, e) && exim_find_services(asking, &then, e);
    for (size_t i = 0; ok && i < s->facts->service_count; i++) {
        const struct mta_service *was = &s->facts->services[i], *is = same_service(&then, was);

        ok = is != NULL ? says_right(s, was, is, e)
                        : fail(e, ERR_MTA_CHECK_FAILED, "with the change, %.80s would be gone",
                               was->title);
    }
    files_free(s, then.instances[0].files);
    then.instances[0].files = NULL;
    then.instances[0].file_count = 0;
    mta_facts_free(&then);
    return ok;
}

static bool judge(const struct staging *s, struct error *e)
{
    static const char *const version[] = {"-bV", NULL};
    struct exim_asking asking = exim_asking_of(s->host, s->facts);
    struct command_result result;
    bool ok;

    asking.config = s->config;
    ok = ask(&asking, version, &result, e);
    if (ok)
        command_result_free(&result);
    ok = ok && compare(s, &asking, e) && says_wish(s, &asking, e);
    strings_free(&asking.options);
    return ok;
}

bool exim_check(struct host *host, const struct mta_facts *facts, const struct mta_edits *edits,
                const struct mta_wish *wish, struct error *e)
{
    struct staging s = {.host = host, .facts = facts, .edits = edits, .wish = wish};
    const char *beside;
    struct error second;
    bool ok, single;

    if (edits->file_count == 0)
        return true;
    s.instance = &facts->instances[0];
    single = str_equal(exim_value(s.instance, ".scheme"), "single");
    beside = single ? exim_value(s.instance, ".config") : EXIM_UPDATE_CONF;
    if (!host_make_stage(host, beside, s.stage, sizeof s.stage, e))
        return error_what(e, "cannot check the change of Exim");
    ok = (single ? stage_single(&s, e) : stage_debian(&s, e) && lead_to_tables(&s, e)) &&
         open_stage(&s, e) && judge(&s, e);
    if (!host_remove_stage(host, s.stage, ok ? e : &second))
        ok = false;
    return ok || error_what(e, "cannot check the change of Exim");
}
