/* act_mta.c - the mail server's name: nothing live before it is proven, nothing left half done. */
#include "agent/act_mta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/base/mem.h"

#define PROOF_TRIES 20 /* half a second apart: mail servers may pause two seconds after an edit */
#define OLD_TRIES 3    /* of one that may have read nothing: one lost answer restarts no server */
#define ADDRESSES_MAX 64
#define SMTP_PORT 25

/* The addresses that the step is about, and with what name each greeted before it; "": it did not. */
struct proof {
    struct ip addresses[ADDRESSES_MAX];
    struct name before[ADDRESSES_MAX];
    size_t count;
};

/* What an address says: its greeting and its reply to EHLO. Empty: nothing. */
struct voice {
    struct name greeting, reply;
};

bool act_mta_open(struct actor *actor, const struct step *step, struct machine **machine,
                  struct error *e)
{
    if (!machines_open(&actor->collector->machines, step->host, machine, e))
        return false;
    str_cut((*machine)->host->mark, sizeof(*machine)->host->mark, actor->run ? actor->run : "");
    return true;
}

bool act_mta_observe(struct actor *actor, const struct step *step, struct machine **machine,
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
    if (!act_mta_open(actor, step, machine, e))
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

static void reply_name(const struct banner_facts *banner, struct name *out)
{
    char word[256];

    *out = (struct name){0};
    if (banner->ehlo.count > 0 && str_starts(banner->ehlo.v[0], "250") &&
        reply_word(banner->ehlo.v[0], word, sizeof word) && !host_word(word, out))
        *out = (struct name){0};
}

/* False when the address does not greet with any name. */
static bool listen_to(struct actor *actor, const struct ip *address, struct voice *voice)
{
    struct banner_facts banner;
    bool seen;

    *voice = (struct voice){0};
    collect_banner(actor->collector, address, &banner);
    seen = banner_name(&banner, &voice->greeting) && !name_is_empty(&voice->greeting);
    reply_name(&banner, &voice->reply);
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
    struct voice voice;

    find_addresses(actor, step, &proof);
    for (size_t i = 0; i < proof.count && str_equal(said, step->after.v[0]); i++)
        if (listen_to(actor, &proof.addresses[i], &voice))
            said = voice.greeting.s;
    strings_add(values, said);
}

bool act_mta_read(struct actor *actor, const struct step *step, struct reading *out,
                  struct error *e)
{
    struct machine *machine;
    struct mta_wish wish;

    if (!make_wish(step, &wish, e) || !act_mta_observe(actor, step, &machine, e))
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

static bool make_live(const struct machine *machine, const struct mta_edits *edits, struct error *e)
{
    const struct mta_facts *facts = &machine->mta;

    return facts->mta->activate(machine->host, facts, edits, e) &&
           facts->mta->alive(machine->host, facts, edits, e);
}

static bool go_live(const struct machine *machine, const struct mta_edits *edits, struct error *e)
{
    return edits->at_once || make_live(machine, edits, e);
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
    struct voice voice;

    find_addresses(actor, step, proof);
    for (size_t i = 0; i < proof->count; i++)
        if (listen_to(actor, &proof->addresses[i], &voice))
            proof->before[i] = voice.greeting;
}

/* Whether all that greeted before do so now, with the same names. */
static bool greets_as_before(struct actor *actor, const struct proof *proof)
{
    struct voice voice;

    for (size_t i = 0; i < proof->count; i++)
        if (!name_is_empty(&proof->before[i]) && (!listen_to(actor, &proof->addresses[i], &voice) ||
                                                  !name_equal(&voice.greeting, &proof->before[i])))
            return false;
    return true;
}

/* The same, within so many tries. */
static bool greets_again(struct actor *actor, const struct proof *proof, int tries)
{
    for (int i = 0; i < tries; i++) {
        if (i > 0)
            act_pause(500);
        if (greets_as_before(actor, proof))
            return true;
    }
    return false;
}

static bool greeted(const struct proof *proof)
{
    for (size_t i = 0; i < proof->count; i++)
        if (!name_is_empty(&proof->before[i]))
            return true;
    return false;
}

/*
 * Whether a listener of this address is one that says so, by the mail server's own tools. Where
 * they know of none, the name itself is asked for.
 */
static bool is_as_told(const struct mta_facts *facts, const struct ip *address,
                       const struct voice *voice, const char *name)
{
    bool known = false;

    for (size_t i = 0; i < facts->service_count; i++) {
        const struct mta_service *service = &facts->services[i];
        struct cursor c = cursor_of(service->says, strlen(service->says)), word;
        char greeting[sizeof service->says] = "";
        if (service->role != MTA_LISTENER || service->port != SMTP_PORT ||
            !mta_serves(facts, service, address))
            continue;
        known = true;
        if (cursor_word(&c, &word) && cursor_copy(&word, greeting, sizeof greeting) &&
            str_equal_nocase(greeting, voice->greeting.s) &&
            (name_is_empty(&voice->reply) || service->ehlo[0] == '\0' ||
             str_equal_nocase(service->ehlo, voice->reply.s)))
            return true;
    }
    return !known && str_equal(voice->greeting.s, name);
}

/* Whether all that greeted before greet by now as the mail server's tools say. */
static bool all_greet(struct actor *actor, const struct step *step, const struct mta_facts *facts,
                      const struct proof *proof, const struct ip **wrong, bool *silent)
{
    struct voice voice;

    for (size_t i = 0; i < proof->count; i++) {
        if (name_is_empty(&proof->before[i]))
            continue;
        *wrong = &proof->addresses[i];
        *silent = !listen_to(actor, *wrong, &voice);
        if (*silent || !is_as_told(facts, *wrong, &voice, step->after.v[0]))
            return false;
    }
    return true;
}

static bool prove_greetings(struct actor *actor, const struct step *step,
                            const struct mta_facts *facts, const struct proof *proof,
                            struct error *e)
{
    const struct ip *wrong = NULL;
    bool silent = false;

    for (int i = 0; i < PROOF_TRIES; i++) {
        if (all_greet(actor, step, facts, proof, &wrong, &silent))
            return true;
        act_pause(500);
    }
    return fail(e, ERR_MTA_RELOAD_FAILED,
                silent ? "%s no longer greets after %d s"
                       : "%s still greets with another name after %d s",
                ip_text(wrong).s, PROOF_TRIES / 2);
}

/* By its own tools, every service says now what the step wants: there is nothing left to edit. */
static bool prove_settings(const struct step *step, const struct mta_facts *facts, struct error *e)
{
    struct mta_edits left = {0};
    struct mta_wish wish;
    bool ok;

    if (!make_wish(step, &wish, e) || !facts->mta->edit(facts, &wish, &left, e))
        return false;
    ok = left.file_count == 0 ||
         fail(e, ERR_MTA_RELOAD_FAILED, "with the change, %s would still be %.200s", left.setting,
              left.before);
    mta_edits_free(&left);
    return ok;
}

/* Ask once more, beside the facts that the edits point into. */
static bool prove(struct actor *actor, const struct step *step, const struct machine *machine,
                  const struct proof *proof, struct error *e)
{
    struct mta_facts now = {.mta = machine->mta.mta};
    bool ok = now.mta->observe(machine->host, &now, e);

    memcpy(now.source, machine->mta.source, sizeof now.source);
    ok = ok && prove_settings(step, &now, e) && prove_greetings(actor, step, &now, proof, e);
    mta_facts_free(&now);
    return ok;
}

/*
 * Put the old text back where the file is as the edit left it, or may still leave it when the
 * connection broke. What somebody else has written since is not overwritten.
 */
static bool put_back_one(struct host *host, const struct mta_edit *edit, struct error *e)
{
    const struct host_file *old = edit->file;
    struct digest ours = {HOST_ABSENT};
    struct host_file now = {0};
    bool ok = act_mta_sweep(host, old->target, NULL, e) && host_look(host, old->path, &now, e);

    if (edit->text != NULL)
        ours = digest_of(edit->text, edit->length);
    if (ok && str_equal(now.digest.hex, ours.hex))
        ok = host_replace(host, &now, host_is_absent(old) ? NULL : old->text, old->length, e);
    else if (ok && !str_equal(now.digest.hex, old->digest.hex))
        ok = fail(e, ERR_CONFLICT, "%.200s was changed by somebody else", old->path);
    host_file_free(&now);
    return ok;
}

static bool put_back(struct host *host, const struct mta_edits *edits, struct error *e)
{
    bool ok = true;

    for (size_t i = edits->file_count; i-- > 0;)
        ok = put_back_one(host, &edits->files[i], e) && ok;
    return ok;
}

/*
 * The old state is made live: by a reload where that is enough, and by nothing where even that
 * fails and the mail server greets as before, since it has not read the edit: nobody is turned away.
 */
static bool live_again(struct actor *actor, const struct machine *machine,
                       const struct mta_edits *edits, const struct proof *proof, struct error *e)
{
    struct mta_edits again = *edits; /* the same files; nothing of it is freed */

    if (!edits->restart) {
        const bool made = make_live(machine, edits, e);

        if ((made || greeted(proof)) && greets_again(actor, proof, made ? PROOF_TRIES : OLD_TRIES))
            return true;
    }
    again.restart = true;
    return make_live(machine, &again, e);
}

/* The edit failed its proof: the old state comes back and is made live. */
static void retreat(struct actor *actor, const struct machine *machine,
                    const struct mta_edits *edits, const struct proof *proof, bool *unknown,
                    struct error *e)
{
    struct error worse = {0};
    char why[sizeof e->why];

    str_cut(why, sizeof why, e->why);
    log_line(LOG_LEVEL_NORMAL, "the proof failed (%s): the old configuration is put back", why);
    *unknown = !put_back(machine->host, edits, &worse) || !build(machine, &worse) ||
               (proof != NULL && !live_again(actor, machine, edits, proof, &worse));
    if (!*unknown)
        str_format(e->why, sizeof e->why, "%.380s; the old configuration is back%s", why,
                   proof != NULL ? " and live" : "");
    else
        str_format(e->why, sizeof e->why,
                   "%.240s; and putting the old configuration back failed: "
                   "%.180s",
                   why, worse.why);
}

static bool swap_files(struct host *host, const struct mta_edits *edits, struct error *e)
{
    for (size_t i = 0; i < edits->file_count; i++)
        if (!host_replace(host, edits->files[i].file, edits->files[i].text, edits->files[i].length,
                          e))
            return error_what(e, "cannot replace %s", edits->files[i].file->target);
    return true;
}

/* Nobody knows whether it was done: the connection broke, or there was no answer in time. */
static bool is_unknown(const struct error *e)
{
    return e->code == ERR_SSH_FAILED || e->code == ERR_TIMEOUT;
}

/* One file may be swapped and the next not: what was swapped goes back; nothing was live yet. */
static bool swap_or_leave(struct host *host, const struct mta_edits *edits, bool *unknown,
                          struct error *e)
{
    struct error worse;
    char why[sizeof e->why];

    if (swap_files(host, edits, e))
        return true;
    str_cut(why, sizeof why, e->why);
    *unknown = (is_unknown(e) || edits->file_count > 1) && !put_back(host, edits, &worse) &&
               worse.code != ERR_CONFLICT;
    if (*unknown)
        str_format(e->why, sizeof e->why, "%.240s; and putting the old files back failed: %.180s",
                   why, worse.why);
    return false;
}

bool act_mta_write(struct actor *actor, const struct step *step, const struct reading *reading,
                   enum act_left *left, struct error *e)
{
    /* Observed and opened by the reading. */
    const struct machine *machine = machines_find(&actor->collector->machines, step->host);
    const struct mta_facts *facts = &machine->mta;
    const struct mta_edits *edits = &reading->edits;
    bool running = is_running(facts), unknown = false;
    struct proof proof = {0};
    struct mta_wish wish;

    if (!make_wish(step, &wish, e))
        return false;
    if (!facts->mta->check(machine->host, facts, edits, &wish, e)) {
        *left = is_unknown(e) ? ACT_LEFT_TRACES : ACT_LEFT_NOTHING;
        return error_what(e, "%s was not changed: the staged copy does not pass", step->target);
    }
    if (running)
        note_greetings(actor, step, &proof);
    if (swap_or_leave(machine->host, edits, &unknown, e)) {
        if (build(machine, e) && (!running || go_live(machine, edits, e)) &&
            prove(actor, step, machine, &proof, e))
            return true;
        retreat(actor, machine, edits, running ? &proof : NULL, &unknown, e);
    }
    *left = unknown ? ACT_LEFT_UNKNOWN : ACT_LEFT_NOTHING;
    return false;
}

bool act_mta_settle(struct actor *actor, const struct step *step, struct error *e)
{
    const struct machine *machine = machines_find(&actor->collector->machines, step->host);
    const struct mta_edits none = {0};
    struct proof proof;

    if (!build(machine, e))
        return false;
    if (!is_running(&machine->mta))
        return true;
    note_greetings(actor, step, &proof);
    return make_live(machine, &none, e) && prove(actor, step, machine, &proof, e);
}

static bool undo_files(struct actor *actor, const struct run *run, size_t step, bool dry,
                       struct host_file *files, struct mta_edits *edits, struct error *e)
{
    const struct step *made = &run->plan.steps[step];
    struct machine *machine;
    struct error ignored;
    bool known, unknown;

    if (!act_mta_open(actor, made, &machine, e) ||
        !act_mta_edits(machine->host, run, step, files, edits, e))
        return false;
    if (dry)
        return true;
    known = act_mta_observe(actor, made, &machine, &ignored);
    if (!swap_or_leave(machine->host, edits, &unknown, e))
        return false;
    if (!build(machine, e))
        return error_what(e, "the old files are back, but what is built from them is not");
    /* What could not be asked before may be asked now; what it has read is not known: a restart. */
    edits->restart = !known;
    if ((!known && !act_mta_observe(actor, made, &machine, &ignored)) || !is_running(&machine->mta))
        return true;
    return go_live(machine, edits, e) || error_what(e, "the old files are back, but not live");
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
