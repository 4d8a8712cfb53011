/* act.c - one step: records through accounts here, mail servers in act_mta.c. */
#include "agent/act.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/act_mta.h"

#define LOOK_AGAIN_MS 1000

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
        !account->provider->read(account, &step->subject, &out->holding, e))
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

static bool record_write(struct actor *actor, const struct step *step, const struct holding *before,
                         const struct strings *after, uint32_t ttl_s, struct error *e)
{
    struct account *account;

    if (open_account(actor, step, &account, e) &&
        account->provider->write(account, &step->subject, before, after, ttl_s, e))
        return true;
    return error_what(e, "cannot set %s", step->target);
}

bool act_write(struct actor *actor, const struct step *step, const struct reading *reading,
               struct error *e)
{
    if (step->kind == STEP_MTA)
        return act_mta_write(actor, step, reading, e);
    return record_write(actor, step, &reading->holding, &step->after, step->ttl_s, e);
}

bool act_settle(struct actor *actor, const struct step *step, struct error *e)
{
    return step->kind != STEP_MTA || act_mta_settle(actor, step, e);
}

/* How many authoritative servers serve the wanted set; who does not, and what it says. */
static size_t count_serving(const struct rrset_facts *set, const struct strings *after,
                            size_t *servers, char *detail, size_t size)
{
    size_t serving = 0;
    char says[160];

    *servers = 0;
    for (size_t i = 0; i < set->seen_count; i++) {
        const struct sighting *seen = &set->seen[i];
        bool equal = seen->values.count == after->count;
        for (size_t k = 0; equal && k < after->count; k++)
            equal = strings_have(&seen->values, after->v[k]);
        if (!seen->authoritative)
            continue;
        ++*servers;
        serving += equal && !dns_rcode_is_temporary(seen->rcode);
        if (equal && !dns_rcode_is_temporary(seen->rcode))
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

static bool is_served(struct actor *actor, const struct step *step, char *detail, size_t size)
{
    struct rrset_facts set;
    size_t servers, serving;

    collect_rrset(actor->collector, &step->subject.owner, step->kind == STEP_PTR,
                  step->subject.ip.family, &set, NULL);
    str_format(detail, size, "no authoritative server answers (%s)", dns_rcode_text(set.rcode));
    serving = count_serving(&set, &step->after, &servers, detail, size);
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
    time_t start = time(NULL);
    struct act_event event = {.phase = ACT_WAIT, .step = step, .limit_s = actor->wait_s};

    *served = true;
    if (step->kind == STEP_MTA) {
        event.phase = ACT_DONE;
        str_cut(event.detail, sizeof event.detail, "live, greeting proven");
        actor->event(actor->arg, &event);
        return;
    }
    while (!is_served(actor, step, event.detail, sizeof event.detail)) {
        event.waited_s = (uint32_t)(time(NULL) - start);
        actor->event(actor->arg, &event);
        if (event.waited_s >= actor->wait_s || loop_stop_signal() != 0) {
            *served = false;
            return;
        }
        act_pause(LOOK_AGAIN_MS);
    }
    event.phase = ACT_DONE;
    event.waited_s = (uint32_t)(time(NULL) - start);
    actor->event(actor->arg, &event);
}

/* What undoing writes: the same record set with what the step found. */
static bool record_undo(struct actor *actor, const struct run *run, size_t index, bool dry,
                        bool *changed, struct error *e)
{
    const struct step *step = &run->plan.steps[index];
    const struct step_record *record = &run->records[index];
    struct reading now;
    char text[300];
    bool ok = true;

    *changed = false;
    if (!act_read(actor, step, &now, e))
        return false;
    if (!strings_equal(&now.values, &record->before)) {
        *changed = true;
        if (!strings_equal(&now.values, &step->after)) {
            strings_join(&now.values, ", ", "nothing", text, sizeof text);
            fail(e, ERR_ROLLBACK_CONFLICT, "it is %s now, which is not what the run left", text);
            ok = error_what(e, "cannot undo %s", step->target);
        } else if (!dry) {
            ok = record_write(actor, step, &now.holding, &record->before,
                              record->ttl_s ? record->ttl_s : step->ttl_s, e);
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
