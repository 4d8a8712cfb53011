/* journal.c - writing a run down before it acts, and reading it back with distrust. */
#include "agent/journal.h"
#include "agent/journal_backup.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/mem.h"

#define JOURNAL_MAX (16U << 20)
#define PATH_SIZE 640

static const char *const progress_texts[] = {"none", "begin", "done", "failed", "undone", "undo"};

bool journal_state_dir(char *out, size_t size, struct error *e)
{
    const char *own = getenv("NAMESAKE_STATE_DIR"), *unit = getenv("STATE_DIRECTORY");
    const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    struct cursor first;
    int length;

    if (own != NULL && own[0] != '\0')
        return str_copy(out, size, own) ||
               fail(e, ERR_CANNOT_CREATE, "the path of the state directory is too long");
    if (unit != NULL && unit[0] != '\0') { /* systemd.exec(5): several are separated by colons */
        first = cursor_of(unit, strcspn(unit, ":"));
        return cursor_copy(&first, out, size) ||
               fail(e, ERR_CANNOT_CREATE, "the path of the state directory is too long");
    }
    if (geteuid() == 0)
        return str_copy(out, size, "/var/lib/namesake");
    if (base != NULL && base[0] == '/')
        length = snprintf(out, size, "%s/namesake", base);
    else if (home != NULL && home[0] == '/')
        length = snprintf(out, size, "%s/.local/state/namesake", home);
    else
        return fail(e, ERR_CANNOT_CREATE, "neither NAMESAKE_STATE_DIR nor HOME is set");
    return (size_t)length < size ||
           fail(e, ERR_CANNOT_CREATE, "the path of the state directory is too long");
}

/* "folder/name"; what does not fit is cut, and the open that follows fails by name. */
static const char *in_run(const struct run *run, const char *name, char path[PATH_SIZE])
{
    str_format(path, PATH_SIZE, "%s/%s", run->folder, name);
    return path;
}

/* Cut off what a crash left of a line, before the next one is written behind it. */
static bool mend(struct run *run, const char *path, struct error *e)
{
    if (!run->torn)
        return true;
    if (truncate(path, (off_t)run->sound_length) != 0)
        return fail(e, ERR_CANNOT_CREATE, "%s cannot be cut: %s", path, strerror(errno));
    run->torn = false;
    return true;
}

/* One line: the event with a check of itself in front, so that a torn line is known as such. */
static bool append(struct run *run, json_t *event, struct error *e)
{
    char path[PATH_SIZE];
    char *text;
    struct buf line = BUF_INIT(JOURNAL_MAX);
    bool ok;

    json_object_set_new(event, "ts", need(json_string(time_text(time(NULL)).s)));
    text = json_canonical(event);
    buf_printf(&line, "%.16s %s\n", digest_of(text, strlen(text)).hex, text);
    in_run(run, "journal.jsonl", path);
    ok = buf_ok(&line) && mend(run, path, e) && file_append(path, line.data, line.length, e);
    buf_free(&line);
    free(text);
    json_decref(event);
    return ok || error_what(e, "cannot write the journal of the run");
}

static bool write_document(const struct run *run, const char *name, json_t *document,
                           struct error *e)
{
    char path[PATH_SIZE];
    char *text = json_text(document);
    bool ok = file_replace(in_run(run, name, path), text, strlen(text), 0600, e);

    free(text);
    json_decref(document);
    return ok;
}

static json_t *context_of(const struct config *config)
{
    json_t *accounts = need(json_array()), *resolvers = need(json_array());
    char server[80];

    for (size_t i = 0; i < config->account_count; i++)
        json_array_append_new(accounts, config_account_to_json(&config->accounts[i]));
    for (size_t i = 0; i < config->resolver_count; i++) {
        const struct dns_server *resolver = &config->resolvers[i];
        str_format(server, sizeof server, resolver->ip.family == IP_V6 ? "[%s]:%u" : "%s:%u",
                   ip_text(&resolver->ip).s, resolver->port);
        json_array_append_new(resolvers, need(json_string(server)));
    }
    return need(json_pack("{s:s, s:o, s:o, s:i, s:i, s:i, s:i, s:i, s:b}", "format",
                          "namesake.context", "accounts", accounts, "resolvers", resolvers,
                          "dns_port", (int)config->dns.port, "dns_timeout_ms",
                          (int)config->dns.timeout_ms, "dns_tries", (int)config->dns.tries,
                          "smtp_port", (int)config->smtp_port, "smtp_timeout_s",
                          (int)config->smtp_timeout_s, "allow_private", config->allow_private));
}

/* After a clock was set back, a new run is still the last one. */
static time_t after_the_last(const char *state_dir, time_t now)
{
    struct strings ids = {0};
    struct tm parts = {0};

    journal_list(state_dir, &ids);
    if (ids.count > 0 && strptime(ids.v[ids.count - 1], "%Y%m%dT%H%M%SZ", &parts) != NULL &&
        timegm(&parts) > now)
        now = timegm(&parts) + 1;
    strings_free(&ids);
    return now;
}

bool journal_start(const char *state_dir, const struct plan *plan, const struct config *config,
                   time_t now, struct run *out, struct error *e)
{
    struct run run = {0};
    struct tm parts;
    char stamp[20];
    int length;

    now = after_the_last(state_dir, now);
    gmtime_r(&now, &parts);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &parts);
    str_format(run.id, sizeof run.id, "%s-%s", stamp, plan->id);
    length = snprintf(run.folder, sizeof run.folder, "%s/runs/%s", state_dir, run.id);
    if ((size_t)length >= sizeof run.folder)
        return fail(e, ERR_CANNOT_CREATE, "the path of the state directory is too long");
    if (access(run.folder, F_OK) == 0)
        return fail(e, ERR_LOCKED,
                    "the run %s exists already: the clock stands still, or two runs "
                    "began within one second",
                    run.id);
    if (!file_make_folder(run.folder, 0700, e) ||
        !write_document(&run, "context.json", context_of(config), e) ||
        !write_document(&run, "plan.json", plan_to_json(plan), e))
        return error_what(e, "cannot keep a record of the run in %s", state_dir);
    run.plan = (struct plan){.created = plan->created, .expires = plan->expires};
    memcpy(run.plan.id, plan->id, sizeof plan->id);
    run.plan.steps = mem_new(plan->count + 1, sizeof *run.plan.steps);
    for (; run.plan.count < plan->count; run.plan.count++)
        step_copy(&plan->steps[run.plan.count], &run.plan.steps[run.plan.count]);
    run.records = mem_new(plan->count + 1, sizeof *run.records);
    *out = run;
    return true;
}

bool progress_is_made(enum progress progress)
{
    return progress == PROGRESS_DONE || progress_is_open(progress);
}

bool progress_is_open(enum progress progress)
{
    return progress == PROGRESS_BEGUN || progress == PROGRESS_UNDOING;
}

bool journal_begin(struct run *run, size_t step, const struct strings *found,
                   const struct holding *holding, const struct mta_edits *edits, struct error *e)
{
    struct step_record *record = &run->records[step];

    if (edits != NULL && !backups_save(run, step, edits, e))
        return false;
    if (!progress_is_open(record->progress)) {
        strings_free(&record->before);
        record->before = strings_copy(found);
        record->ttl_s = holding->ttl_s;
        str_cut(record->note, sizeof record->note, holding->note);
    }
    record->progress = PROGRESS_BEGUN;
    return append(
        run,
        need(json_pack("{s:s, s:s, s:o, s:I, s:s, s:o}", "event", "begin", "step",
                       run->plan.steps[step].id, "found", json_from_strings(&record->before), "ttl",
                       (json_int_t)record->ttl_s, "note", record->note, "backups",
                       backups_to_json(record))),
        e);
}

bool journal_end(struct run *run, size_t step, enum progress progress, const char *why,
                 struct error *e)
{
    run->records[step].progress = progress;
    return append(run,
                  need(json_pack("{s:s, s:s, s:s}", "event", progress_texts[progress], "step",
                                 run->plan.steps[step].id, "why", why)),
                  e);
}

bool journal_finish(struct run *run, bool undone, struct error *e)
{
    run->finished = true;
    run->undone = undone;
    return append(run, need(json_pack("{s:s, s:b}", "event", "finish", "undone", undone)), e);
}

/* Reading back. */

static bool read_event(const json_t *event, struct run *run, struct error *e)
{
    const char *text = json_string_or(event, "event", "");
    const struct step *step = plan_step(&run->plan, json_string_or(event, "step", ""));
    struct step_record *record;

    if (str_equal(text, "finish")) {
        run->finished = true;
        run->undone = json_is_true(json_at(event, "undone"));
        return true;
    }
    if (step == NULL)
        return fail(e, ERR_PLAN_DAMAGED, "the journal names a step that the plan does not have");
    record = &run->records[step - run->plan.steps];
    if (str_equal(text, "begin")) {
        run->finished = false;
        record->progress = PROGRESS_BEGUN;
        record->ttl_s = (uint32_t)json_integer_value(json_at(event, "ttl"));
        str_cut(record->note, sizeof record->note, json_string_or(event, "note", ""));
        strings_free(&record->before);
        backups_from_json(json_at(event, "backups"), record);
        return json_get_strings(event, "found", &record->before, e);
    }
    for (int i = PROGRESS_DONE; i <= PROGRESS_UNDOING; i++)
        if (str_equal(text, progress_texts[i]))
            record->progress = (enum progress)i;
    return true;
}

/* A line counts when its check fits. A last line that does not is a crash; an earlier one is not. */
static bool read_lines(const struct buf *text, struct run *run, struct error *e)
{
    struct cursor c = cursor_of(buf_string(text), text->length), line;
    size_t number = 0;

    while (cursor_line(&c, &line)) {
        size_t length = (size_t)(line.end - line.at);
        bool last = c.at == c.end;
        json_t *event;
        number++;
        if (length < 18 || line.at[16] != ' ' || line.end == c.end || /* no line end */
            memcmp(digest_of(line.at + 17, length - 17).hex, line.at, 16) != 0) {
            run->torn = last;
            return last || fail(e, ERR_PLAN_DAMAGED, "line %zu of the journal is damaged", number);
        }
        event = json_parse(line.at + 17, length - 17, e);
        if (event == NULL || !read_event(event, run, e)) {
            json_decref(event);
            e->code = ERR_PLAN_DAMAGED;
            return error_what(e, "cannot read line %zu of the journal", number);
        }
        json_decref(event);
        run->sound_length = (size_t)(c.at - text->data);
    }
    return true;
}

static bool read_document(const struct run *run, const char *name, json_t **out, struct error *e)
{
    struct buf text = BUF_INIT(JOURNAL_MAX);
    char path[PATH_SIZE];
    bool ok = file_read(in_run(run, name, path), &text, e);

    *out = ok ? json_parse(buf_string(&text), text.length, e) : NULL;
    buf_free(&text);
    if (ok && *out == NULL)
        e->code = ERR_PLAN_DAMAGED;
    return *out != NULL;
}

static bool load(const char *state_dir, const char *id, struct run *out, struct error *e)
{
    struct run run = {0};
    struct buf lines = BUF_INIT(JOURNAL_MAX);
    char path[PATH_SIZE];
    json_t *document;
    bool ok;

    if (strchr(id, '/') != NULL || !str_copy(run.id, sizeof run.id, id) || id[0] == '.')
        return fail(e, ERR_USAGE, "\"%.80s\" is no run", id);
    str_format(run.folder, sizeof run.folder, "%s/runs/%s", state_dir, id);
    if (!read_document(&run, "plan.json", &document, e))
        return error_what(e, "cannot open the run %s", id);
    ok = plan_from_json(document, 0, &run.plan, e);
    json_decref(document);
    if (!ok)
        return error_what(e, "cannot read the plan of the run %s", id);
    run.records = mem_new(run.plan.count + 1, sizeof *run.records);
    in_run(&run, "journal.jsonl", path);
    ok = access(path, F_OK) != 0 || (file_read(path, &lines, e) && read_lines(&lines, &run, e));
    buf_free(&lines);
    if (!ok) {
        run_free(&run);
        return error_what(e, "cannot read the journal of the run %s", id);
    }
    *out = run;
    return true;
}

/* The plan is written last and in one piece: a folder without it was left before anything began. */
static bool has_begun(const char *state_dir, const char *id)
{
    char path[PATH_SIZE];

    str_format(path, sizeof path, "%s/runs/%s/plan.json", state_dir, id);
    return access(path, F_OK) == 0;
}

static int is_run(const struct dirent *entry)
{
    return entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && strchr(entry->d_name, 'T') != NULL;
}

void journal_list(const char *state_dir, struct strings *out)
{
    char path[PATH_SIZE];
    struct dirent **entries;
    int count;

    str_format(path, sizeof path, "%s/runs", state_dir);
    count = scandir(path, &entries, is_run, alphasort);
    for (int i = 0; i < count; i++) {
        if (has_begun(state_dir, entries[i]->d_name))
            strings_add(out, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static bool is_wanted(const struct run *run, bool unfinished)
{
    return !unfinished || !run->finished;
}

bool journal_open(const char *state_dir, const char *id, bool unfinished, struct run *out,
                  struct error *e)
{
    struct strings ids = {0};
    bool found = false, ok = true;

    if (!str_equal(id, "last"))
        return load(state_dir, id, out, e);
    journal_list(state_dir, &ids);
    for (size_t i = ids.count; ok && !found && i-- > 0;) {
        ok = load(state_dir, ids.v[i], out, e);
        if (ok) {
            found = is_wanted(out, unfinished) && !out->undone;
            if (!found)
                run_free(out);
        }
    }
    strings_free(&ids);
    if (ok && !found)
        return fail(e, ERR_NO_INPUT, "%s holds no run that %s", state_dir,
                    unfinished ? "stopped midway" : "could be undone");
    return ok;
}

static void context_resolvers(const json_t *document, struct config *out)
{
    const json_t *list = json_at(document, "resolvers");
    json_t *item;
    size_t i;

    out->resolvers = mem_new(json_array_size(list) + 1, sizeof *out->resolvers);
    json_array_foreach(list, i, item)
    {
        struct dns_server *server = &out->resolvers[out->resolver_count];
        const char *text = json_string_value(item);
        if (text != NULL && ip_port_parse(text, 53, &server->ip, &server->port))
            out->resolver_count++;
    }
}

static bool context_accounts(const json_t *document, struct config *out, struct error *e)
{
    const json_t *list = json_at(document, "accounts");
    json_t *item;
    size_t i;

    out->accounts = mem_new(json_array_size(list) + 1, sizeof *out->accounts);
    json_array_foreach(list, i, item)
    {
        if (!config_account_from_json(item, &out->accounts[out->account_count], e))
            return error_what(e, "cannot read account %zu of the run", i + 1);
        out->account_count++;
    }
    return true;
}

static uint32_t number_or(const json_t *document, const char *path, uint32_t fallback)
{
    const json_t *value = json_at(document, path);
    json_int_t number = json_is_integer(value) ? json_integer_value(value) : 0;

    return number > 0 && number <= INT32_MAX ? (uint32_t)number : fallback;
}

bool journal_context(const struct run *run, struct config *out, struct error *e)
{
    json_t *document;
    bool ok;

    if (!read_document(run, "context.json", &document, e))
        return error_what(e, "cannot read the settings of the run %s", run->id);
    config_defaults(out);
    context_resolvers(document, out);
    out->dns.port = (uint16_t)number_or(document, "dns_port", out->dns.port);
    out->dns.timeout_ms = number_or(document, "dns_timeout_ms", out->dns.timeout_ms);
    out->dns.tries = number_or(document, "dns_tries", out->dns.tries);
    out->smtp_port = (uint16_t)number_or(document, "smtp_port", out->smtp_port);
    out->smtp_timeout_s = number_or(document, "smtp_timeout_s", out->smtp_timeout_s);
    out->allow_private = json_is_true(json_at(document, "allow_private"));
    ok = context_accounts(document, out, e);
    json_decref(document);
    if (!ok)
        config_free(out);
    return ok;
}

bool journal_backup(const struct run *run, const struct backup *backup, struct buf *out,
                    struct error *e)
{
    char path[PATH_SIZE];
    size_t before = out->length;

    if (strchr(backup->copy, '/') != NULL || backup->copy[0] == '\0')
        return fail(e, ERR_PLAN_DAMAGED, "the journal names a copy outside the run's folder");
    if (!file_read(in_run(run, backup->copy, path), out, e))
        return error_what(e, "cannot read the kept copy of %s", backup->path);
    if (!(str_equal(backup->before.hex, HOST_ABSENT) && out->length == before) &&
        !str_equal(digest_of(buf_string(out) + before, out->length - before).hex,
                   backup->before.hex))
        return fail(e, ERR_PLAN_DAMAGED, "the kept copy of %s is damaged", backup->path);
    return true;
}

void run_free(struct run *run)
{
    for (size_t i = 0; run->records != NULL && i < run->plan.count; i++) {
        strings_free(&run->records[i].before);
        free(run->records[i].backups);
    }
    free(run->records);
    plan_free(&run->plan);
    *run = (struct run){0};
}
