/* act_mta.c - the mail server's name: nothing live before it is proven, nothing left half done. */
#include "agent/act_mta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/base/mem.h"

#define PROOF_TRIES 20 /* half a second apart: mail servers may pause two seconds after an edit */

/* The mail server that the step names; its facts as they are now. */
static bool observe(struct actor *actor, const struct step *step, struct error *e)
{
    struct collector *collector = actor->collector;
    const char *space = strchr(step->target, ' ');
    char name[32];

    str_format(name, sizeof name, "%.*s",
               space ? (int)(space - step->target) : (int)sizeof name - 1, step->target);
    if (mta_by_name(name) == NULL)
        return fail(e, ERR_PLAN_DAMAGED, "the plan names a mail server that is not known: %s",
                    name);
    collector_observe_mta(collector, name);
    if (collector->mta.unknown[0] == '\0')
        return true;
    fail(e, host_is_root(collector->host) ? ERR_MTA_CHECK_FAILED : ERR_ROOT_NEEDED, "%s",
         collector->mta.unknown);
    return error_next(e, "%s", collector->mta.unknown_next);
}

/* The configuration is as wished; a daemon that still greets otherwise has not read it yet. */
static void add_live_name(struct actor *actor, const struct step *step, struct strings *values)
{
    struct banner_facts banner;
    struct name name;

    collect_banner(actor->collector, &step->subject.ip, &banner);
    strings_add(values,
                banner_name(&banner, &name) && !name_is_empty(&name) ? name.s : step->after.v[0]);
    strings_free(&banner.lines);
    strings_free(&banner.ehlo);
}

bool act_mta_read(struct actor *actor, const struct step *step, struct reading *out,
                  struct error *e)
{
    struct mta_wish wish = {{""}};
    const struct mta *mta;

    if (!observe(actor, step, e))
        return error_what(e, "cannot read the name of %s", step->target);
    mta = actor->collector->mta.mta;
    if (!name_from_dns(step->after.v[0], &wish.name) ||
        !mta->edit(&actor->collector->mta, &wish, &out->edits, e))
        return error_what(e, "cannot edit %s", step->target);
    if (out->edits.file_count > 0)
        strings_add(&out->values, out->edits.before);
    else
        add_live_name(actor, step, &out->values);
    return true;
}

static bool is_running(const struct mta_facts *facts)
{
    for (size_t i = 0; i < facts->instance_count; i++)
        if (facts->instances[i].running)
            return true;
    return false;
}

static bool make_live(struct actor *actor, bool restart, struct error *e)
{
    const struct mta_facts *facts = &actor->collector->mta;

    return facts->mta->activate(actor->collector->host, facts, restart, e) &&
           facts->mta->alive(actor->collector->host, facts, e);
}

/* Whether the address greets with the name by now; a port that does not greet proves nothing. */
static bool greets(struct actor *actor, const struct step *step, bool *seen)
{
    struct banner_facts banner;
    struct name name;
    bool equal = false;

    collect_banner(actor->collector, &step->subject.ip, &banner);
    *seen = banner_name(&banner, &name) && !name_is_empty(&name);
    if (*seen)
        equal = str_equal(name.s, step->after.v[0]);
    strings_free(&banner.lines);
    strings_free(&banner.ehlo);
    return equal;
}

static bool prove_greeting(struct actor *actor, const struct step *step, struct error *e)
{
    bool seen = false;

    for (int i = 0; i < PROOF_TRIES; i++) {
        if (greets(actor, step, &seen))
            return true;
        act_pause(500);
    }
    return fail(e, ERR_MTA_RELOAD_FAILED,
                seen ? "it still greets with another name after %d s"
                     : "it no longer greets after %d s",
                PROOF_TRIES / 2);
}

/* Put the old text back, wherever the file is no longer as it was. */
static bool put_back(struct actor *actor, const struct mta_edits *edits, struct error *e)
{
    struct host *host = actor->collector->host;
    bool ok = true;

    for (size_t i = edits->file_count; i-- > 0;) {
        const struct host_file *old = edits->files[i].file;
        struct host_file now = {0};
        if (!host_read(host, old->path, &now, e)) {
            ok = false;
            continue;
        }
        if (!str_equal(now.digest.hex, old->digest.hex))
            ok = host_replace(host, &now, old->text, old->length, e) && ok;
        host_file_free(&now);
    }
    return ok;
}

/* The edit failed its proof: the old state comes back and is made live. Always returns false. */
static bool retreat(struct actor *actor, const struct mta_edits *edits, bool running,
                    struct error *e)
{
    struct error worse = {0};
    char why[sizeof e->why];

    str_cut(why, sizeof why, e->why);
    log_line(LOG_LEVEL_NORMAL, "the proof failed (%s): the old configuration is put back", why);
    if (put_back(actor, edits, &worse) && (!running || make_live(actor, true, &worse)))
        str_format(e->why, sizeof e->why, "%.380s; the old configuration is back%s", why,
                   running ? " and live" : "");
    else
        str_format(e->why, sizeof e->why,
                   "%.240s; and putting the old configuration back failed: "
                   "%.180s",
                   why, worse.why);
    return false;
}

static bool swap_files(struct actor *actor, const struct mta_edits *edits, struct error *e)
{
    for (size_t i = 0; i < edits->file_count; i++)
        if (!host_replace(actor->collector->host, edits->files[i].file, edits->files[i].text,
                          edits->files[i].length, e))
            return error_what(e, "cannot replace %s", edits->files[i].file->target);
    return true;
}

bool act_mta_write(struct actor *actor, const struct step *step, const struct reading *reading,
                   struct error *e)
{
    struct collector *collector = actor->collector;
    const struct mta_facts *facts = &collector->mta;
    struct mta_wish wish = {{""}};
    bool running = is_running(facts), greeted = false;

    if (!name_from_dns(step->after.v[0], &wish.name))
        return fail(e, ERR_PLAN_DAMAGED, "the plan's name is no name");
    if (!facts->mta->check(collector->host, facts, &reading->edits, &wish, e))
        return error_what(e, "%s was not changed: the staged copy does not pass", step->target);
    if (running)
        (void)greets(actor, step, &greeted);
    if (!swap_files(actor, &reading->edits, e)) {
        struct error ignored;
        (void)put_back(actor, &reading->edits, &ignored);
        return false;
    }
    if (running && (!make_live(actor, reading->edits.restart, e) ||
                    (greeted && !prove_greeting(actor, step, e))))
        return retreat(actor, &reading->edits, running, e);
    return true;
}

bool act_mta_settle(struct actor *actor, const struct step *step, struct error *e)
{
    bool greeted = false;

    if (!is_running(&actor->collector->mta))
        return true;
    (void)greets(actor, step, &greeted);
    return make_live(actor, false, e) && (!greeted || prove_greeting(actor, step, e));
}

/* The journal's copies as edits: from the file as the step left it to the file as it was. */
static bool edits_from_backups(struct actor *actor, const struct run *run, size_t step,
                               struct host_file *files, struct mta_edits *edits, struct error *e)
{
    const struct step_record *record = &run->records[step];

    edits->files = mem_new(record->backup_count + 1, sizeof *edits->files);
    for (size_t i = 0; i < record->backup_count; i++) {
        const struct backup *backup = &record->backups[i];
        struct buf text = BUF_INIT(HOST_FILE_MAX);
        struct mta_edit *edit = &edits->files[edits->file_count];
        if (!host_read(actor->collector->host, backup->path, &files[i], e))
            return false;
        if (str_equal(files[i].digest.hex, backup->before.hex))
            continue;
        if (!str_equal(files[i].digest.hex, backup->after.hex))
            return fail(e, ERR_ROLLBACK_CONFLICT, "%s was changed by somebody else since the run",
                        backup->path);
        if (!journal_backup(run, backup, &text, e)) {
            buf_free(&text);
            return false;
        }
        edit->length = text.length;
        edit->text = buf_take(&text);
        edit->file = &files[i];
        edits->file_count++;
    }
    return true;
}

static bool undo_files(struct actor *actor, const struct run *run, size_t step, bool dry,
                       struct host_file *files, struct mta_edits *edits, struct error *e)
{
    struct error unknown;
    bool running;

    if (!edits_from_backups(actor, run, step, files, edits, e))
        return false;
    if (dry || edits->file_count == 0)
        return true;
    /* With a broken or stopped mail server the files still go back; there is nothing to reload. */
    running =
        observe(actor, &run->plan.steps[step], &unknown) && is_running(&actor->collector->mta);
    if (!swap_files(actor, edits, e))
        return false;
    if (!running)
        return true;
    return make_live(actor, edits->restart, e) ||
           error_what(e, "the old files are back, but not live");
}

bool act_mta_undo(struct actor *actor, const struct run *run, size_t step, bool dry, bool *changed,
                  struct error *e)
{
    const struct step_record *record = &run->records[step];
    struct host_file *files = mem_new(record->backup_count + 1, sizeof *files);
    struct mta_edits edits = {0};
    bool ok;

    if (actor->collector->host == NULL)
        actor->collector->host = host_local();
    ok = undo_files(actor, run, step, dry, files, &edits, e);
    *changed = ok && edits.file_count > 0;
    mta_edits_free(&edits);
    for (size_t i = 0; i < record->backup_count; i++)
        host_file_free(&files[i]);
    free(files);
    return ok;
}
