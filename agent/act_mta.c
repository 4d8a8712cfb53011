/* act_mta.c - the mail server's name: nothing live before it is proven, nothing left half done. */
#include "agent/act_mta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/base/mem.h"

#define PROOF_TRIES 20 /* half a second apart: mail servers may pause two seconds after an edit */
#define ADDRESSES_MAX 64

/* The addresses that shall greet with the step's name, and which of them greeted before it. */
struct proof {
    struct ip addresses[ADDRESSES_MAX];
    bool greeted[ADDRESSES_MAX];
    size_t count;
};

/* The mail server that the step names, on its machine; its facts as they are now. */
static bool observe(struct actor *actor, const struct step *step, struct machine **machine,
                    struct error *e)
{
    const char *space = strchr(step->target, ' ');
    const struct mta_facts *facts;
    char name[32];

    str_format(name, sizeof name, "%.*s",
               space ? (int)(space - step->target) : (int)sizeof name - 1, step->target);
    if (mta_by_name(name) == NULL)
        return fail(e, ERR_PLAN_DAMAGED, "the plan names a mail server that is not known: %s",
                    name);
    if (!machines_open(&actor->collector->machines, step->host, machine, e))
        return false;
    machine_observe(*machine, name);
    facts = &(*machine)->mta;
    if (facts->unknown[0] == '\0')
        return true;
    fail(e, host_is_root((*machine)->host) ? ERR_MTA_CHECK_FAILED : ERR_ROOT_NEEDED, "%s",
         facts->unknown);
    return error_next(e, "%s", facts->unknown_next);
}

static bool make_wish(const struct step *step, struct mta_wish *wish, struct error *e)
{
    *wish = (struct mta_wish){.pairs = step->pairs, .pair_count = step->pair_count};
    return name_from_dns(step->after.v[0], &wish->name) ||
           fail(e, ERR_PLAN_DAMAGED, "the plan's name is no name");
}

/* The name in the greeting of an address; false when it does not greet with any. */
static bool read_greeting(struct actor *actor, const struct ip *address, struct name *name)
{
    struct banner_facts banner;
    bool seen;

    collect_banner(actor->collector, address, &banner);
    seen = banner_name(&banner, name) && !name_is_empty(name);
    strings_free(&banner.lines);
    strings_free(&banner.ehlo);
    return seen;
}

static void find_addresses(struct actor *actor, const struct step *step, struct proof *proof)
{
    const struct machine *machine = machines_find(&actor->collector->machines, step->host);
    struct mta_wish wish;
    struct error ignored;

    *proof = (struct proof){0};
    if (!make_wish(step, &wish, &ignored))
        return;
    for (size_t i = 0; i < step->pair_count && proof->count < ADDRESSES_MAX; i++)
        if (name_equal(&step->pairs[i].name, &wish.name) &&
            mta_must_greet(&machine->mta, &wish, &step->pairs[i].address))
            proof->addresses[proof->count++] = step->pairs[i].address;
    if (step->pair_count == 0)
        proof->addresses[proof->count++] = step->subject.ip;
}

/*
 * The configuration is as wished; a daemon that still greets otherwise has not read it yet: the
 * first other name is the step's value.
 */
static void add_live_name(struct actor *actor, const struct step *step, struct strings *values)
{
    const char *said = step->after.v[0];
    struct proof proof;
    struct name name;

    find_addresses(actor, step, &proof);
    for (size_t i = 0; i < proof.count && str_equal(said, step->after.v[0]); i++)
        if (read_greeting(actor, &proof.addresses[i], &name))
            said = name.s;
    strings_add(values, said);
}

bool act_mta_read(struct actor *actor, const struct step *step, struct reading *out,
                  struct error *e)
{
    struct machine *machine;
    struct mta_wish wish;

    if (!make_wish(step, &wish, e) || !observe(actor, step, &machine, e))
        return error_what(e, "cannot read the name of %s", step->target);
    if (!machine->mta.mta->edit(&machine->mta, &wish, &out->edits, e))
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

static bool make_live(const struct machine *machine, bool restart, struct error *e)
{
    const struct mta_facts *facts = &machine->mta;

    return facts->mta->activate(machine->host, facts, restart, e) &&
           facts->mta->alive(machine->host, facts, e);
}

static bool go_live(const struct machine *machine, const struct mta_edits *edits, struct error *e)
{
    return edits->at_once || make_live(machine, edits->restart, e);
}

/* What the mail server reads may be built from what is edited, whether it runs or not. */
static bool build(const struct machine *machine, struct error *e)
{
    const struct mta_facts *facts = &machine->mta;

    return facts->mta->build == NULL || facts->mta->build(machine->host, facts, e);
}

/* Which addresses greet now: a port that does not greet proves nothing later. */
static void note_greetings(struct actor *actor, const struct step *step, struct proof *proof)
{
    struct name name;

    find_addresses(actor, step, proof);
    for (size_t i = 0; i < proof->count; i++)
        proof->greeted[i] = read_greeting(actor, &proof->addresses[i], &name);
}

/* Whether all that greeted before greet with the name by now; *silent: one no longer greets. */
static bool all_greet(struct actor *actor, const struct step *step, const struct proof *proof,
                      const struct ip **wrong, bool *silent)
{
    struct name name;

    for (size_t i = 0; i < proof->count; i++) {
        if (!proof->greeted[i])
            continue;
        *wrong = &proof->addresses[i];
        *silent = !read_greeting(actor, *wrong, &name);
        if (*silent || !str_equal(name.s, step->after.v[0]))
            return false;
    }
    return true;
}

static bool prove_greetings(struct actor *actor, const struct step *step, const struct proof *proof,
                            struct error *e)
{
    const struct ip *wrong = NULL;
    bool silent = false;

    for (int i = 0; i < PROOF_TRIES; i++) {
        if (all_greet(actor, step, proof, &wrong, &silent))
            return true;
        act_pause(500);
    }
    return fail(e, ERR_MTA_RELOAD_FAILED,
                silent ? "%s no longer greets after %d s"
                       : "%s still greets with another name after %d s",
                ip_text(wrong).s, PROOF_TRIES / 2);
}

/* Put the old text back, wherever the file is no longer as it was. */
static bool put_back(struct host *host, const struct mta_edits *edits, struct error *e)
{
    bool ok = true;

    for (size_t i = edits->file_count; i-- > 0;) {
        const struct host_file *old = edits->files[i].file;
        struct host_file now = {0};
        if (!host_look(host, old->path, &now, e)) {
            ok = false;
            continue;
        }
        if (!str_equal(now.digest.hex, old->digest.hex))
            ok = host_replace(host, &now, host_is_absent(old) ? NULL : old->text, old->length, e) &&
                 ok;
        host_file_free(&now);
    }
    return ok;
}

/* The edit failed its proof: the old state comes back and is made live. Always returns false. */
static bool retreat(const struct machine *machine, const struct mta_edits *edits, bool running,
                    struct error *e)
{
    struct error worse = {0};
    char why[sizeof e->why];

    str_cut(why, sizeof why, e->why);
    log_line(LOG_LEVEL_NORMAL, "the proof failed (%s): the old configuration is put back", why);
    if (put_back(machine->host, edits, &worse) && build(machine, &worse) &&
        (!running || make_live(machine, true, &worse)))
        str_format(e->why, sizeof e->why, "%.380s; the old configuration is back%s", why,
                   running ? " and live" : "");
    else
        str_format(e->why, sizeof e->why,
                   "%.240s; and putting the old configuration back failed: "
                   "%.180s",
                   why, worse.why);
    return false;
}

static bool swap_files(struct host *host, const struct mta_edits *edits, struct error *e)
{
    for (size_t i = 0; i < edits->file_count; i++)
        if (!host_replace(host, edits->files[i].file, edits->files[i].text, edits->files[i].length,
                          e))
            return error_what(e, "cannot replace %s", edits->files[i].file->target);
    return true;
}

bool act_mta_write(struct actor *actor, const struct step *step, const struct reading *reading,
                   struct error *e)
{
    /* Observed and opened by the reading. */
    const struct machine *machine = machines_find(&actor->collector->machines, step->host);
    const struct mta_facts *facts = &machine->mta;
    bool running = is_running(facts);
    struct proof proof;
    struct mta_wish wish;

    if (!make_wish(step, &wish, e))
        return false;
    if (!facts->mta->check(machine->host, facts, &reading->edits, &wish, e))
        return error_what(e, "%s was not changed: the staged copy does not pass", step->target);
    if (running)
        note_greetings(actor, step, &proof);
    if (!swap_files(machine->host, &reading->edits, e)) {
        struct error ignored;
        (void)put_back(machine->host, &reading->edits, &ignored);
        return false;
    }
    if (!build(machine, e) || (running && (!go_live(machine, &reading->edits, e) ||
                                           !prove_greetings(actor, step, &proof, e))))
        return retreat(machine, &reading->edits, running, e);
    return true;
}

bool act_mta_settle(struct actor *actor, const struct step *step, struct error *e)
{
    const struct machine *machine = machines_find(&actor->collector->machines, step->host);
    struct proof proof;

    if (!build(machine, e))
        return false;
    if (!is_running(&machine->mta))
        return true;
    note_greetings(actor, step, &proof);
    return make_live(machine, false, e) && prove_greetings(actor, step, &proof, e);
}

/* The journal's copies as edits: from the file as the step left it to the file as it was. */
static bool edits_from_backups(struct host *host, const struct run *run, size_t step,
                               struct host_file *files, struct mta_edits *edits, struct error *e)
{
    const struct step_record *record = &run->records[step];

    edits->files = mem_new(record->backup_count + 1, sizeof *edits->files);
    for (size_t i = 0; i < record->backup_count; i++) {
        const struct backup *backup = &record->backups[i];
        struct buf text = BUF_INIT(HOST_FILE_MAX);
        struct mta_edit *edit = &edits->files[edits->file_count];
        if (!host_look(host, backup->path, &files[i], e))
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
        edit->text = str_equal(backup->before.hex, HOST_ABSENT) ? NULL : buf_take(&text);
        edit->file = &files[i];
        edits->file_count++;
    }
    return true;
}

static bool undo_files(struct actor *actor, const struct run *run, size_t step, bool dry,
                       struct host_file *files, struct mta_edits *edits, struct error *e)
{
    const struct step *made = &run->plan.steps[step];
    struct machine *machine;
    struct error unknown;
    bool running;

    if (!machines_open(&actor->collector->machines, made->host, &machine, e) ||
        !edits_from_backups(machine->host, run, step, files, edits, e))
        return false;
    if (dry || edits->file_count == 0)
        return true;
    /* With a broken or stopped mail server the files still go back; there is nothing to reload. */
    running = observe(actor, made, &machine, &unknown) && is_running(&machine->mta);
    if (!swap_files(machine->host, edits, e))
        return false;
    return (build(machine, e) && (!running || make_live(machine, edits->restart, e))) ||
           error_what(e, "the old files are back, but not live");
}

bool act_mta_undo(struct actor *actor, const struct run *run, size_t step, bool dry, bool *changed,
                  struct error *e)
{
    const struct step_record *record = &run->records[step];
    struct host_file *files = mem_new(record->backup_count + 1, sizeof *files);
    struct mta_edits edits = {0};
    bool ok = undo_files(actor, run, step, dry, files, &edits, e);

    *changed = ok && edits.file_count > 0;
    mta_edits_free(&edits);
    for (size_t i = 0; i < record->backup_count; i++)
        host_file_free(&files[i]);
    free(files);
    return ok;
}
