/* postfix_check.c - have Postfix itself judge a staged copy before anything live is touched. */
#include "mta/postfix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is compared: the same question to the live configuration and to the staged one. */
struct comparison {
    const struct mta_facts *facts;
    const struct mta_instance *instance;
    const struct mta_edits *edits;
    const struct mta_wish *wish;
    const char *name, *old; /* old: its myhostname */
    char stage[512];
};

static const struct mta_edit *edit_of(const struct mta_edits *edits, const struct host_file *file)
{
    for (size_t i = 0; i < edits->file_count; i++)
        if (edits->files[i].file == file)
            return &edits->files[i];
    return NULL;
}

/* Copies of all files, the edited ones with their new text. */
static bool fill_stage(struct host *host, const struct comparison *c, struct error *e)
{
    char path[512];

    for (size_t i = 0; i < c->instance->file_count; i++) {
        const struct host_file *file = &c->instance->files[i];
        const struct mta_edit *edit = edit_of(c->edits, file);
        const char *slash = strrchr(file->path, '/');

        snprintf(path, sizeof path, "%.250s/%.200s", c->stage, slash ? slash + 1 : file->path);
        if (!host_put(host, path, edit ? edit->text : file->text,
                      edit ? edit->length : file->length, e))
            return false;
    }
    return true;
}

static bool judged_bad(const struct command_result *result, const char *tool, struct error *e)
{
    char words[400];

    postfix_words(buf_string(&result->err), result->err.length, words, sizeof words);
    return fail(e, ERR_MTA_CHECK_FAILED, "%s on a copy with the change: %.380s", tool,
                words[0] ? words : "it failed without a word");
}

/* postmap parses like every daemon does; postconf -M counts the fields of master.cf (2.11). */
static bool parses(struct host *host, const struct comparison *c, struct error *e)
{
    const char *postmap[] = {"postmap", "-c", c->stage, "-q", "x", "static:ok", NULL};
    const char *const services[] = {"-M", NULL};
    struct command command = {.argv = postmap, .timeout_ms = POSTFIX_TIMEOUT_MS};
    struct command_result result;
    bool ok;

    if (!host_run(host, &command, &result, e))
        return false;
    ok = result.status == 0 || judged_bad(&result, "postmap", e);
    command_result_free(&result);
    if (!ok || !postfix_ask(host, c->stage, services, &result, e))
        return false;
    ok = result.status == 0 || judged_bad(&result, "postconf -M", e);
    command_result_free(&result);
    return ok;
}

static bool ask_all(struct host *host, const char *folder, struct postfix_values *out,
                    struct error *e)
{
    const char *const effective[] = {"-x", NULL};
    struct command_result result;
    bool ok;

    if (!postfix_ask(host, folder, effective, &result, e))
        return false;
    ok = result.status == 0 || judged_bad(&result, "postconf", e);
    if (ok)
        postfix_parse_values(buf_string(&result.out), result.out.length, out);
    command_result_free(&result);
    return ok;
}

/* Every element of the second list is in the first. */
static bool covers(const char *has, const char *wants)
{
    char one[512];

    while (*wants) {
        size_t blanks = strspn(wants, ", \t"), n = strcspn(wants + blanks, ", \t");

        wants += blanks;
        if (n >= sizeof one)
            return false;
        snprintf(one, sizeof one, "%.*s", (int)n, wants);
        wants += n;
        if (n > 0 && !postfix_list_has(has, one))
            return false;
    }
    return true;
}

/* A list may gain the two names, and what has the new one in place of the old; and lose nothing. */
static bool only_gained(const struct comparison *c, const char *before, const char *after)
{
    struct buf allowed = BUF_INIT((size_t)2 * HOST_OUTPUT_MAX);
    char *renamed = buf_replaced(before, c->old, c->name, HOST_OUTPUT_MAX);
    bool ok;

    buf_printf(&allowed, "%s %s %s %s", before, c->name, c->old, renamed);
    free(renamed);
    ok = covers(after, before) && covers(buf_string(&allowed), after);
    buf_free(&allowed);
    return ok;
}

/* A setting of this instance that the edits change; its value shall be another one, or not. */
static bool is_planned(const struct comparison *c, const char *parameter, bool or_kept)
{
    const char *file = strchr(parameter, '/') ? "master.cf" : "main.cf";
    char path[300];

    snprintf(path, sizeof path, "%.250s/%s", c->instance->folder, file);
    for (size_t i = 0; i < c->edits->change_count; i++) {
        const struct mta_change *change = &c->edits->changes[i];

        if (str_equal(change->file, path) && str_equal(change->parameter, parameter) &&
            (or_kept || !change->follows))
            return true;
    }
    return false;
}

/*
 * A default that uses the name, also through another one (address_verify_local_transport), does
 * so by its nature. The two that must not move are set now.
 */
static bool is_default_with_name(const struct comparison *c, const struct postfix_value *live,
                                 const char *after)
{
    const struct mta_setting *s = postfix_setting(c->instance, live->parameter);
    char *expected;
    bool same;

    if ((s && s->set) || str_equal(live->parameter, "mydestination") ||
        str_equal(live->parameter, "myorigin"))
        return false;
    expected = buf_replaced(live->value, c->old, c->name, HOST_OUTPUT_MAX);
    same = str_equal(expected, after);
    free(expected);
    return same;
}

static bool is_intended(const struct comparison *c, const struct postfix_value *live,
                        const char *after)
{
    return str_equal(after, live->value) || str_equal(live->parameter, "process_id") ||
           postfix_is_name(live->parameter) || is_planned(c, live->parameter, false) ||
           is_default_with_name(c, live, after) || only_gained(c, live->value, after) ||
           (c->edits->restart && str_equal(live->parameter, "inet_interfaces"));
}

/* The stage stands for the live folder. */
static bool same_value(const struct comparison *c, const struct postfix_value *live,
                       const struct postfix_values *staged, struct error *e)
{
    const char *value = postfix_value(staged, live->parameter);
    char *after = buf_replaced(value ? value : "", c->stage, c->instance->folder, HOST_OUTPUT_MAX);
    char shown[2][150];
    bool ok = value && is_intended(c, live, after);

    if (!ok) {
        str_printable(shown[0], sizeof shown[0], live->value, strlen(live->value));
        str_printable(shown[1], sizeof shown[1], after, strlen(after));
        fail(e, ERR_MTA_CHECK_FAILED, "%.80s would change as well, from \"%s\" to \"%s\"",
             live->parameter, shown[0], shown[1]);
    }
    free(after);
    return ok;
}

static bool compare_values(struct host *host, const struct comparison *c, struct error *e)
{
    struct postfix_values live = {0}, staged = {0};
    bool ok = ask_all(host, c->instance->folder, &live, e) && ask_all(host, c->stage, &staged, e);

    for (size_t i = 0; ok && i < live.count; i++)
        ok = same_value(c, &live.v[i], &staged, e);
    postfix_values_free(&live);
    postfix_values_free(&staged);
    return ok;
}

/* --- What each service would say ----------------------------------------------------------------- */

/* Settings of services: what is not planned is as it was, and nothing has come or gone. */
static bool compare_own(const struct comparison *c, const struct mta_instance *was,
                        const struct mta_instance *is, struct error *e)
{
    for (size_t i = 0; i < was->setting_count; i++) {
        const struct mta_setting *s = &was->settings[i], *other;

        if (!strchr(s->parameter, '/') || is_planned(c, s->parameter, true))
            continue;
        other = postfix_setting(is, s->parameter);
        if (!other || !str_equal(other->raw, s->raw))
            return fail(e, ERR_MTA_CHECK_FAILED, "%.190s would change as well", s->parameter);
    }
    return true;
}

static const struct mta_service *same_service(const struct mta_facts *staged,
                                              const struct mta_service *service)
{
    for (size_t i = 0; i < staged->service_count; i++)
        if (str_equal(staged->services[i].title, service->title))
            return &staged->services[i];
    return NULL;
}

/* It says the name where it shall, and where it shall not it says what it did. */
static bool is_right(const struct comparison *c, const struct mta_service *was,
                     const struct mta_service *is)
{
    bool set = postfix_claim(c->facts, c->wish, was, NULL) == MTA_SET;

    if (!was->outside)
        return true;
    if (set)
        return !postfix_is_judged(c->facts, was) || postfix_says(is, c->name);
    return str_equal(was->says, is->says);
}

static bool compare_services(const struct comparison *c, const struct mta_facts *staged,
                             struct error *e)
{
    for (size_t i = 0; i < c->facts->service_count; i++) {
        const struct mta_service *was = &c->facts->services[i], *is;
        char shown[200];

        if (!str_equal(was->instance, c->instance->folder))
            continue;
        is = same_service(staged, was);
        if (is && is_right(c, was, is))
            continue;
        str_printable(shown, sizeof shown, is ? is->says : "", is ? strlen(is->says) : 0);
        return fail(e, ERR_MTA_CHECK_FAILED, "with the change, \"%.90s\" would say \"%.190s\"",
                    was->title, shown);
    }
    return true;
}

/* Where inet_interfaces follows the name, it must lead to the addresses that shall have it. */
static bool leads_here(const struct comparison *c, const char *interfaces, struct error *e)
{
    for (size_t i = 0; c->edits->restart && i < c->wish->pair_count; i++) {
        const struct mta_pair *pair = &c->wish->pairs[i];

        if (!name_equal(&pair->name, &c->wish->name) ||
            postfix_use(postfix_raw(c->instance, "inet_interfaces")) == POSTFIX_USES_NOT ||
            postfix_list_has(interfaces, ip_text(&pair->address).s))
            continue;
        fail(e, ERR_MTA_CHECK_FAILED,
             "inet_interfaces follows the name, which leads to %.200s here and not to %s",
             interfaces, ip_text(&pair->address).s);
        return error_next(e, "getent ahosts %.200s", c->name);
    }
    return true;
}

/* The stage is asked as the live instance was. */
static bool look_at_stage(struct host *host, const struct comparison *c, struct error *e)
{
    struct mta_facts staged = {0};
    struct buf interfaces = BUF_INIT(HOST_OUTPUT_MAX);
    bool ok = postfix_observe_stage(host, c->stage, &staged, e);

    if (ok && staged.unknown[0])
        ok = fail(e, ERR_MTA_CHECK_FAILED, "a copy with the change cannot be read: %.400s",
                  staged.unknown);
    if (ok)
        postfix_resolve_interfaces(host, &staged.instances[0], &interfaces);
    ok = ok && compare_own(c, c->instance, &staged.instances[0], e) &&
         compare_services(c, &staged, e) && leads_here(c, buf_string(&interfaces), e);
    buf_free(&interfaces);
    mta_facts_free(&staged);
    return ok;
}

static bool check_instance(struct host *host, struct comparison *c, struct error *e)
{
    struct error second;
    bool ok;

    c->old = postfix_effective(c->instance, "myhostname");
    if (!host_make_stage(host, c->instance->files[0].path, c->stage, sizeof c->stage, e))
        return false;
    ok = fill_stage(host, c, e) && parses(host, c, e) && compare_values(host, c, e) &&
         look_at_stage(host, c, e);
    if (!host_remove_stage(host, c->stage, ok ? e : &second))
        ok = false;
    return ok;
}

bool postfix_check(struct host *host, const struct mta_facts *facts, const struct mta_edits *edits,
                   const struct mta_wish *wish, struct error *e)
{
    struct comparison c = {.facts = facts, .edits = edits, .wish = wish, .name = wish->name.s};

    for (size_t i = 0; i < facts->instance_count; i++) {
        c.instance = &facts->instances[i];
        if (edits->file_count > 0 && postfix_concerns(edits, c.instance) &&
            !check_instance(host, &c, e))
            return error_what(e, "cannot check the change of Postfix");
    }
    return true;
}
