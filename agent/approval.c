/* approval.c - plan files, the question, the rights, the lock. */
#include "agent/approval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/base/json.h"

#define PLAN_MAX (16U << 20)
#define APPROVE_DIGITS 8 /* of a plan's id that --approve needs at least */

bool approval_is_file(const struct options *options)
{
    const char *word = options->word_count == 1 ? options->words[0] : "";
    struct ip ip;

    return !ip_parse(word, &ip) && (str_equal(word, "-") || strchr(word, '/') != NULL ||
                                    str_ends(word, ".json") || access(word, F_OK) == 0);
}

static bool load(const char *path, time_t now, struct plan *out, struct error *e)
{
    struct buf text = BUF_INIT(PLAN_MAX);
    json_t *document = NULL;
    bool ok = session_read(path, &text, e);

    if (ok) {
        document = json_parse(buf_string(&text), text.length, e);
        if (document == NULL)
            e->code = ERR_PLAN_DAMAGED;
        ok = document != NULL && plan_from_json(document, now, out, e);
        if (!ok)
            error_next(e, "namesake plan --save %s", path);
    }
    json_decref(document);
    buf_free(&text);
    return ok || error_what(e, "cannot use the plan %s", path);
}

bool approval_load_plan(const char *path, struct plan *out, struct error *e)
{
    return load(path, time(NULL), out, e);
}

bool approval_show_plan(const char *path, struct plan *out, struct error *e)
{
    return load(path, 0, out, e);
}

bool approval_save_plan(const struct plan *plan, const char *path, struct error *e)
{
    json_t *document = plan_to_json(plan);
    char *text = json_text(document);
    bool ok = file_replace(path, text, strlen(text), 0600, e);

    free(text);
    json_decref(document);
    return ok;
}

static void show_plan(const struct session *session, FILE *where)
{
    struct buf out = BUF_INIT(PLAN_MAX);
    const char *name = session->plan.count > 0 ? session->plan.steps[0].subject.name.s : "";

    report_plan(&session->plan, name, &session->style, &out);
    fputs(buf_string(&out), where);
    buf_free(&out);
}

/* The addresses that a plan is about. */
static void addresses_of(const struct plan *plan, struct strings *out)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];

        strings_add_new(out, ip_text(&step->subject.ip).s);
        for (size_t k = 0; k < step->pair_count; k++)
            strings_add_new(out, ip_text(&step->pairs[k].address).s);
    }
}

/* The names that a plan gave to its addresses, where the configuration has no other. */
static void name_targets(const struct plan *plan, struct targets *targets)
{
    for (size_t i = 0; i < targets->count; i++)
        for (size_t k = 0; k < plan->count && name_is_empty(&targets->v[i].wanted); k++)
            if (ip_equal(&plan->steps[k].subject.ip, &targets->v[i].address)) {
                targets->v[i].wanted = plan->steps[k].subject.name;
                targets->v[i].wanted_from = "plan";
            }
}

bool approval_find_targets(struct session *session, const struct plan *plan, struct error *e)
{
    const struct options *given = session->options;
    struct options options = *given;
    struct strings words = {0};
    bool ok;

    addresses_of(plan, &words);
    options.word_count = words.count < WORDS_MAX ? words.count : WORDS_MAX;
    for (size_t i = 0; i < options.word_count; i++)
        options.words[i] = words.v[i];
    session->options = &options;
    targets_free(&session->targets);
    ok = session_find_targets(session, e);
    if (ok)
        name_targets(plan, &session->targets);
    options_again(&options, session->again);
    session->options = given;
    strings_free(&words);
    return ok;
}

void approval_show_now(struct session *session)
{
    struct plan old = session->plan;
    struct error ignored = {0};

    session->plan = (struct plan){0};
    /* Of what is not known well enough to act on, "no changes" would be the wrong answer. */
    if (approval_find_targets(session, &old, &ignored) && session_look(session, &ignored) &&
        session_plan(session, &ignored) && session->plan.count > 0)
        show_plan(session, stderr);
    plan_free(&old);
}

static bool approved_by_id(const struct session *session, struct error *e)
{
    const char *given = session->options->approve, *id = session->plan.id;

    if (strlen(given) >= APPROVE_DIGITS && str_starts(id, given))
        return true;
    show_plan(session, stderr);
    if (strlen(given) < APPROVE_DIGITS)
        fail(e, ERR_PLAN_NOT_APPROVED, "--approve needs at least %d digits of the plan's id",
             APPROVE_DIGITS);
    else
        fail(e, ERR_PLAN_NOT_APPROVED,
             "the plan is %s now, not %.40s: something has changed since it was approved, or it "
             "was asked for with other targets or options",
             id, given);
    error_what(e, "the plan was not approved");
    return error_next(e, "namesake apply --approve %s%s", id, session->again);
}

bool approval_given(struct session *session, struct error *e)
{
    const struct options *options = session->options;

    if (options->approve != NULL)
        return approved_by_id(session, e);
    if (options->yes || (options->command == CMD_APPLY && approval_is_file(options)))
        return true;
    if (!session_can_ask(session)) {
        fail(e, ERR_USAGE, "nobody can be asked: this is no terminal, or --no-input was given");
        error_what(e, "the plan was not approved");
        error_next(e, "namesake %s --yes%s", command_name(options->command), session->again);
        if (options->command == CMD_APPLY)
            error_next(e, "namesake apply --approve %s%s", session->plan.id, session->again);
        return false;
    }
    show_plan(session, stdout);
    if (session_confirm(session, "Make these changes?"))
        return true;
    fail(e, ERR_PLAN_NOT_APPROVED, "the answer was not yes");
    error_what(e, "the plan was not approved");
    return error_next(e, "namesake %s%s", command_name(options->command), session->again);
}

bool approval_check_rights(const struct session *session, const struct plan *plan, struct error *e)
{
    if (geteuid() == 0)
        return true;
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        if (step->kind != STEP_MTA || step->action == ACTION_ASK || step->host[0] != '\0')
            continue;
        fail(e, ERR_ROOT_NEEDED, "step %zu edits and reloads %s on this machine", i + 1,
             step->target);
        error_what(e, "cannot apply the plan as this user");
        error_next(e, "sudo namesake %s%s", command_name(session->options->command),
                   session->again);
        return error_next(e, "namesake apply --only forward,ptr");
    }
    return true;
}

bool approval_lock(const char *state_dir, const char *command, int *fd, struct error *e)
{
    char path[600], holder[160];

    str_format(path, sizeof path, "%s/lock", state_dir);
    str_format(holder, sizeof holder, "pid %ld, namesake %s, since %s", (long)getpid(), command,
               time_text(time(NULL)).s);
    if (!file_make_folder(state_dir, 0700, e) || !file_folder_is_safe(state_dir, e))
        return error_what(e, "cannot use the state directory %s", state_dir);
    if (file_lock(path, holder, fd, e))
        return true;
    if (e->code == ERR_LOCKED)
        error_what(e, "another run is under way");
    return false;
}
