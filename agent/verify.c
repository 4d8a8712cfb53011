/* verify.c - the same look and the same judge, round after round. */
#include "agent/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/ability.h"
#include "agent/act.h"
#include "agent/base/mem.h"

static void take(void *arg, size_t index, struct facts *facts)
{
    struct identity *identities = arg;

    identities[index].facts = *facts;
}

bool look_and_judge(struct collector *collector, const struct target *targets, size_t count,
                    int64_t deadline_ms, struct identity **out)
{
    struct identity *identities = mem_new(count + 1, sizeof *identities);
    bool complete = collect_run(collector, targets, count, deadline_ms, take, identities);

    for (size_t i = 0; i < count; i++) {
        if (identities[i].facts.address.family == IP_NONE) { /* not reached in time */
            identities[i].facts.address = targets[i].address;
            identities[i].facts.wanted = targets[i].wanted;
        }
        ability_owners(collector->config, &identities[i].facts);
        audit_target(&identities[i].facts, &identities[i].judgement);
    }
    *out = identities;
    return complete;
}

void identities_free(struct identity *identities, size_t count)
{
    for (size_t i = 0; identities != NULL && i < count; i++) {
        facts_free(&identities[i].facts);
        judgement_free(&identities[i].judgement);
    }
    free(identities);
}

/* Count who says what is wanted; note the last one that does not. */
static void count_set(const struct rrset_facts *set, const char *wanted, const char *type,
                      struct verify_round *round)
{
    for (size_t i = 0; i < set->seen_count; i++) {
        const struct sighting *seen = &set->seen[i];
        bool ok = strings_have(&seen->values, wanted);
        round->authority_all += seen->authoritative;
        round->authority_ok += seen->authoritative && ok;
        if (seen->authoritative && !ok)
            str_format(round->note, sizeof round->note, "%s does not have the new %s (%s)",
                     seen->server, type, dns_rcode_text(seen->rcode));
        /* A resolver that cannot be reached is no witness for or against. */
        if (seen->authoritative || dns_rcode_is_temporary(seen->rcode))
            continue;
        round->resolvers_all++;
        round->resolvers_ok += ok;
        if (!ok)
            str_format(round->note, sizeof round->note, "%s has the old %s cached, %s more",
                     seen->server, type, str_duration_text(seen->ttl_s).s);
    }
}

static bool is_denied(const struct identity *identity)
{
    return identity->judgement.verdict == VERDICT_NOT_ALIGNED;
}

/* What one look says as a round. */
static void judge_round(const struct identity *identities, size_t count, bool strict,
                        struct verify_round *round)
{
    round->good = true;
    for (size_t i = 0; i < count; i++) {
        const struct facts *facts = &identities[i].facts;
        const struct forward_facts *forward = facts_forward(facts, &facts->wanted);
        const char *type = ip_record_type(facts->address.family);
        struct ip_text address = ip_text(&facts->address);
        if (judgement_verdict(&identities[i].judgement, strict) != VERDICT_ALIGNED) {
            round->good = false;
            str_format(round->note, sizeof round->note, "%s is %s%s%s", address.s,
                     verdict_text(identities[i].judgement.verdict),
                     identities[i].judgement.count ? ": " : "",
                     identities[i].judgement.count ? identities[i].judgement.findings[0].summary
                                                   : "");
        }
        count_set(&facts->reverse.ptr, facts->wanted.s, "PTR", round);
        if (forward != NULL)
            count_set(forward_set(forward, facts->address.family), address.s, type, round);
    }
    round->good = round->good && round->authority_ok == round->authority_all &&
                  round->resolvers_ok == round->resolvers_all;
}

static enum verify_outcome outcome_of(const struct identity *identities, size_t count, bool strict)
{
    bool unknown = false;

    for (size_t i = 0; i < count; i++) {
        if (is_denied(&identities[i]))
            return VERIFY_NOT_ALIGNED;
        unknown = unknown ||
                  judgement_verdict(&identities[i].judgement, strict) != VERDICT_ALIGNED;
    }
    return unknown ? VERIFY_UNKNOWN : VERIFY_PENDING;
}

enum verify_outcome verify_run(struct collector *collector, const struct target *targets,
                               size_t count, const struct verify_settings *settings,
                               void (*told)(void *arg, const struct verify_round *round),
                               void *arg, struct identity **last)
{
    time_t start = time(NULL);
    unsigned in_row = 0;

    for (*last = NULL;;) {
        struct verify_round round = {.passes = settings->passes};
        identities_free(*last, count);
        if (!look_and_judge(collector, targets, count, 0, last))
            return VERIFY_UNKNOWN;
        judge_round(*last, count, settings->strict, &round);
        in_row = round.good ? in_row + 1 : 0;
        round.in_row = in_row;
        round.at_s = (uint32_t)(time(NULL) - start);
        told(arg, &round);
        if (in_row >= settings->passes)
            return VERIFY_ALIGNED;
        if (round.at_s + settings->interval_s > settings->window_s || loop_stop_signal() != 0)
            return outcome_of(*last, count, settings->strict);
        act_pause((long)settings->interval_s * 1000);
    }
}
