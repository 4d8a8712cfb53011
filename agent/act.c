/* act.c - one step: records through accounts here, mail servers in act_mta.c. */
#include "agent/act.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/act_mta.h"
#include "agent/base/clock.h"

/* A request whose sender was ended may still arrive. */
#define ON_ITS_WAY_MS 1000
#define LOOK_AGAIN_MS 1000
#define ASK_AGAIN_TOP_S 8 /* a resolver of the vendor may hold its old answer for minutes */

static struct account *account_of(struct actor *actor, const struct step *step)
{
    for (size_t i = 0; i < actor->config->account_count; i++)
        if (str_equal(actor->config->accounts[i].id, step->provider))
            return &actor->config->accounts[i];
    return NULL;
}

/* The account of a step, ready for use. */
static bool open_account(struct actor *actor, const struct step *step, struct account **out,
                         struct error *e)
{
    *out = account_of(actor, step);
    if (*out == NULL || (*out)->provider->write == NULL) {
        fail(e, ERR_CREDENTIAL_MISSING, "the plan uses the account \"%s\", which is not configured",
             step->provider);
        return error_next(e, "namesake doctor");
    }
    return config_open_account(*out, e);
}

static bool record_read(struct actor *actor, const struct step *step, struct reading *out,
                        struct error *e)
{
    struct account *account;

    if (!open_account(actor, step, &account, e) ||
        !account_read(account, &step->subject, &out->holding, e))
        return error_what(e, "cannot read %s", step->target);
    out->values = strings_copy(&out->holding.values);
    strings_sort(&out->values);
    return true;
}

bool act_read(struct actor *actor, const struct step *step, struct reading *out, struct error *e)
{
    *out = (struct reading){0};
    if (step->kind == STEP_MTA ? act_mta_read(actor, step, out, e)
                               : record_read(actor, step, out, e))
        return true;
    reading_free(out);
    return false;
}

void reading_free(struct reading *reading)
{
    strings_free(&reading->values);
    holding_free(&reading->holding);
    mta_edits_free(&reading->edits);
    *reading = (struct reading){0};
}

/* Tell what the vendor waits for, and wait; false when the time is up. */
static bool wait_for_vendor(struct actor *actor, const struct step *step, const char *why,
                            uint32_t *waited_s)
{
    struct act_event event = {
        .phase = ACT_WAIT, .step = step, .waited_s = *waited_s, .limit_s = actor->wait_s};
    uint32_t wait_s = *waited_s < ASK_AGAIN_TOP_S ? *waited_s + 1 : ASK_AGAIN_TOP_S;

    if (*waited_s + wait_s > actor->wait_s || loop_stop_signal() != 0)
        return false;
    str_cut(event.detail, sizeof event.detail, why);
    actor->event(actor->arg, &event);
    act_pause((long)wait_s * 1000);
    *waited_s += wait_s;
    return true;
}

static bool record_write(struct actor *actor, const struct step *step, const struct holding *now,
                         const struct holding *wanted, struct error *e)
{
    struct account *account;
    uint32_t waited_s = 0;
    bool ok;

    if (!open_account(actor, step, &account, e))
        return error_what(e, "cannot set %s", step->target);
    do {
        ok = account_put(account, &step->subject, now, wanted, e);
    } while (!ok && e->code == ERR_NOT_YET && wait_for_vendor(actor, step, e->why, &waited_s));
    return ok || error_what(e, "cannot set %s", step->target);
}

bool act_write(struct actor *actor, const struct step *step, const struct reading *reading,
               enum act_left *left, struct error *e)
{
    const struct holding wanted = {.values = step->after, .ttl_s = step->ttl_s};

    if (step->kind == STEP_MTA)
        return act_mta_write(actor, step, reading, left, e);
    if (record_write(actor, step, &reading->holding, &wanted, e))
        return true;
    /* A vendor may have made a part of it before it failed, or all of it without an answer. */
    *left = e->code == ERR_TIMEOUT ? ACT_LEFT_UNKNOWN : ACT_LEFT_TRACES;
    return false;
}

bool act_settle(struct actor *actor, const struct step *step, struct error *e)
{
    return step->kind != STEP_MTA || act_mta_settle(actor, step, e);
}

bool act_tidy(struct actor *actor, const struct run *run, size_t step, struct error *e)
{
    if (!progress_is_open(run->records[step].progress))
        return true;
    if (run->plan.steps[step].kind == STEP_MTA)
        return act_mta_tidy(actor, run, step, e);
    act_pause(ON_ITS_WAY_MS);
    return true;
}

static bool values_equal(const struct strings *seen, const struct strings *wanted)
{
    bool equal = seen->count == wanted->count;

    for (size_t i = 0; equal && i < wanted->count; i++)
        equal = strings_have(seen, wanted->v[i]);
    return equal;
}

/* How many authoritative servers serve the set, or another one; who does not, and what it says. */
static size_t count_serving(const struct rrset_facts *set, const struct strings *values,
                            bool another, size_t *servers, char *detail, size_t size)
{
    size_t serving = 0;
    char says[160];

    *servers = 0;
    for (size_t i = 0; i < set->seen_count; i++) {
        const struct sighting *seen = &set->seen[i];
        bool good = values_equal(&seen->values, values) != another;
        if (!seen->authoritative)
            continue;
        ++*servers;
        serving += good && !dns_rcode_is_temporary(seen->rcode);
        if (good && !dns_rcode_is_temporary(seen->rcode))
            continue;
        strings_join(&seen->values, ", ", "no record", says, sizeof says);
        if (dns_rcode_is_temporary(seen->rcode))
            str_format(detail, size, "%s does not answer (%s)", seen->server,
                       dns_rcode_text(seen->rcode));
        else
            str_format(detail, size, "%s still says %s", seen->server, says);
    }
    return serving;
}

static bool is_served(struct actor *actor, const struct step *step, bool own, char *detail,
                      size_t size)
{
    struct rrset_facts set;
    size_t servers, serving;

    collect_rrset(actor->collector, &step->subject.owner, step->kind == STEP_PTR,
                  step->subject.ip.family, &set, NULL);
    str_format(detail, size, "no authoritative server answers (%s)", dns_rcode_text(set.rcode));
    serving = count_serving(&set, own ? &step->before : &step->after, own, &servers, detail, size);
    rrset_facts_free(&set);
    if (servers == 0 || serving < servers)
        return false;
    str_format(detail, size, "%zu of %zu servers", serving, servers);
    return true;
}

void act_pause(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

void act_wait(struct actor *actor, const struct step *step, bool *served)
{
    act_wait_back(actor, step, false, served);
}

void act_wait_back(struct actor *actor, const struct step *step, bool own, bool *served)
{
    const int64_t start_ms = clock_ms();
    struct act_event event = {.phase = ACT_WAIT, .step = step, .limit_s = actor->wait_s};

    *served = true;
    if (step->kind == STEP_MTA) {
        event.phase = ACT_DONE;
        str_cut(event.detail, sizeof event.detail, "live, greeting proven");
        actor->event(actor->arg, &event);
        return;
    }
    while (!is_served(actor, step, own, event.detail, sizeof event.detail)) {
        event.waited_s = clock_seconds_since(start_ms);
        actor->event(actor->arg, &event);
        if (event.waited_s >= actor->wait_s || loop_stop_signal() != 0) {
            *served = false;
            return;
        }
        act_pause(LOOK_AGAIN_MS);
    }
    event.phase = ACT_DONE;
    event.waited_s = clock_seconds_since(start_ms);
    actor->event(actor->arg, &event);
}

bool act_is_midway(struct actor *actor, const struct run *run, size_t step,
                   const struct reading *now)
{
    const struct account *account = account_of(actor, &run->plan.steps[step]);
    const struct step_record *record = &run->records[step];

    return progress_is_open(record->progress) && account != NULL && account->provider->piecewise &&
           strings_between(&record->before, &run->plan.steps[step].after, &now->values);
}

/* What undoing writes: the same record set with what the step found. */
static bool record_undo(struct actor *actor, const struct run *run, size_t index, bool dry,
                        bool *changed, struct error *e)
{
    const struct step *step = &run->plan.steps[index];
    const struct step_record *record = &run->records[index];
    struct holding found = {.values = record->before,
                            .ttl_s = record->ttl_s ? record->ttl_s : step->ttl_s};
    struct reading now;
    char text[300];
    bool ok = true;

    *changed = false;
    str_cut(found.note, sizeof found.note, record->note);
    if (!act_read(actor, step, &now, e))
        return false;
    if (!strings_equal(&now.values, &record->before)) {
        *changed = true;
        if (!strings_equal(&now.values, &step->after) && !act_is_midway(actor, run, index, &now)) {
            strings_join(&now.values, ", ", "nothing", text, sizeof text);
            fail(e, ERR_ROLLBACK_CONFLICT, "it is %s now, which is not what the run left", text);
            ok = error_what(e, "cannot undo %s", step->target);
        } else if (!dry) {
            ok = record_write(actor, step, &now.holding, &found, e);
        }
    }
    reading_free(&now);
    return ok;
}

bool act_undo(struct actor *actor, const struct run *run, size_t step, bool dry, bool *changed,
              struct error *e)
{
    if (run->plan.steps[step].kind == STEP_MTA)
        return act_mta_undo(actor, run, step, dry, changed, e);
    return record_undo(actor, run, step, dry, changed, e);
}
