/* verify.c - the same look and the same judge, round after round. */
#include "agent/verify.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/ability.h"
#include "agent/act.h"
#include "agent/base/clock.h"
#include "agent/base/mem.h"
#include "agent/views.h"

/* Targets in an array, and the places for what is seen of them. */
struct array_look {
    const struct target *targets;
    size_t count, next;
    struct identity *identities;
};

static enum supply next_of_array(void *arg, struct target *out)
{
    struct array_look *look = arg;

    if (look->next == look->count)
        return SUPPLY_END;
    *out = look->targets[look->next++];
    return SUPPLY_TARGET;
}

static void keep_in_array(void *arg, size_t index, const struct target *target, struct facts *facts)
{
    struct array_look *look = arg;

    (void)target;
    look->identities[index].facts = *facts;
}

void identity_judge(struct config *config, struct identity *identity)
{
    ability_owners(config, &identity->facts);
    audit_target(&identity->facts, &identity->judgement);
}

void identity_free(struct identity *identity)
{
    facts_free(&identity->facts);
    judgement_free(&identity->judgement);
}

bool look_and_judge(struct collector *collector, const struct target *targets, size_t count,
                    int64_t deadline_ms, struct identity **out)
{
    struct array_look look = {.targets = targets, .count = count};
    bool complete;

    look.identities = mem_new(count + 1, sizeof *look.identities);
    complete = collect_run(collector, next_of_array, keep_in_array, &look, deadline_ms);
    for (size_t i = 0; i < count; i++) {
        struct facts *facts = &look.identities[i].facts;
        if (facts->address.family == IP_NONE) { /* not reached in time */
            str_cut(facts->vantage, sizeof facts->vantage, collector->vantage);
            facts->address = targets[i].address;
            facts->wanted = targets[i].wanted;
        }
        if (collector->proven[facts->address.family])
            facts->banner.doubted = false;
        identity_judge(collector->config, &look.identities[i]);
    }
    *out = look.identities;
    return complete;
}

void identities_free(struct identity *identities, size_t count)
{
    for (size_t i = 0; identities != NULL && i < count; i++)
        identity_free(&identities[i]);
    free(identities);
}

#define WITNESSES_MAX 128

/* A server or resolver that was asked in a round, and whether all it said was as wanted. */
struct witness {
    const char *vantage, *server;
    bool authoritative, ok;
};

struct witnesses {
    struct witness v[WITNESSES_MAX];
    size_t count;
};

static struct witness *witness_of(struct witnesses *all, const struct sighting *seen)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->v[i].authoritative == seen->authoritative &&
            str_equal(all->v[i].server, seen->server) &&
            str_equal(all->v[i].vantage, seen->vantage))
            return &all->v[i];
    if (all->count == WITNESSES_MAX)
        return NULL;
    all->v[all->count] = (struct witness){.vantage = seen->vantage,
                                          .server = seen->server,
                                          .authoritative = seen->authoritative,
                                          .ok = true};
    return &all->v[all->count++];
}

/* "seen from fra, ", or nothing of what this machine sees. */
struct from_text {
    char s[96];
};

static struct from_text from_text(const char *vantage)
{
    struct from_text text = {""};

    if (vantage[0] != '\0' && !str_equal(vantage, "here"))
        str_format(text.s, sizeof text.s, "seen from %s, ", vantage);
    return text;
}

/* Who does not have what is wanted, and what it says instead. */
static void note_other(const struct sighting *seen, const char *type, struct verify_round *round)
{
    const struct from_text from = from_text(seen->vantage);

    if (!seen->authoritative)
        str_format(round->note, sizeof round->note, "%s%s has the old %s cached, %s more", from.s,
                   seen->server, type, str_duration_text(seen->ttl_s).s);
    else if (seen->values.count > 0)
        str_format(round->note, sizeof round->note, "%s%s does not have the new %s but %.100s",
                   from.s, seen->server, type, seen->values.v[0]);
    else
        str_format(round->note, sizeof round->note, "%s%s does not have the new %s (%s)", from.s,
                   seen->server, type, dns_rcode_text(seen->rcode));
}

/* Hear what every server says of one record set; note the last one that does not have it. */
static void hear(const struct rrset_facts *set, const char *wanted, const char *type,
                 struct witnesses *all, struct verify_round *round)
{
    for (size_t i = 0; i < set->seen_count; i++) {
        const struct sighting *seen = &set->seen[i];
        bool ok = strings_have(&seen->values, wanted);
        struct witness *witness;
        /* A resolver that cannot be reached is no witness for or against. */
        if (!seen->authoritative && dns_rcode_is_temporary(seen->rcode)) {
            str_format(round->left_out, sizeof round->left_out,
                       "%sresolver %s does not answer (%s) and is not counted",
                       from_text(seen->vantage).s, seen->server, dns_rcode_text(seen->rcode));
            continue;
        }
        witness = witness_of(all, seen);
        if (witness != NULL)
            witness->ok = witness->ok && ok;
        if (!ok)
            note_other(seen, type, round);
    }
}

static void count_witnesses(const struct witnesses *all, struct verify_round *round)
{
    for (size_t i = 0; i < all->count; i++) {
        round->authority_all += all->v[i].authoritative;
        round->authority_ok += all->v[i].authoritative && all->v[i].ok;
        round->resolvers_all += !all->v[i].authoritative;
        round->resolvers_ok += !all->v[i].authoritative && all->v[i].ok;
    }
}

static enum result worse(enum result a, enum result b)
{
    static const int weight[] = {[RESULT_OK] = 0,
                                 [RESULT_SKIPPED] = 1,
                                 [RESULT_WARN] = 2,
                                 [RESULT_UNKNOWN] = 3,
                                 [RESULT_FAIL] = 4};

    return weight[a] >= weight[b] ? a : b;
}

static void judge_identity(const struct identity *identity, bool strict, struct witnesses *all,
                           struct verify_round *round)
{
    const struct facts *facts = &identity->facts;
    const struct judgement *judged = &identity->judgement;
    const struct forward_facts *forward = facts_forward(facts, &facts->wanted);
    struct ip_text address = ip_text(&facts->address);

    round->banner = worse(round->banner, judged->checks[CHECK_BANNER]);
    round->helo = worse(round->helo, judged->checks[CHECK_HELO]);
    if (judgement_verdict(judged, strict) != VERDICT_ALIGNED) {
        round->good = false;
        str_format(round->note, sizeof round->note, "%s%s is %s%s%s", from_text(facts->vantage).s,
                   address.s, verdict_text(judged->verdict), judged->count ? ": " : "",
                   judged->count ? judged->findings[0].summary : "");
    }
    hear(&facts->reverse.ptr, facts->wanted.s, "PTR", all, round);
    if (forward != NULL)
        hear(forward_set(forward, facts->address.family), address.s,
             ip_record_type(facts->address.family), all, round);
}

void verify_judge(const struct identity *identities, size_t count, bool strict,
                  struct verify_round *round)
{
    struct witnesses all = {.count = 0};

    round->good = true;
    round->banner = round->helo = RESULT_OK;
    for (size_t i = 0; i < count; i++)
        judge_identity(&identities[i], strict, &all, round);
    count_witnesses(&all, round);
    round->good = round->good && round->authority_ok == round->authority_all &&
                  round->resolvers_ok == round->resolvers_all;
}

static enum verify_outcome outcome_of(const struct identity *identities, size_t count, bool strict)
{
    bool unknown = false;

    for (size_t i = 0; i < count; i++) {
        if (identities[i].judgement.verdict == VERDICT_NOT_ALIGNED)
            return VERIFY_NOT_ALIGNED;
        unknown = unknown || judgement_verdict(&identities[i].judgement, strict) != VERDICT_ALIGNED;
    }
    return unknown ? VERIFY_UNKNOWN : VERIFY_PENDING;
}

/* The two sets of each identity whose zones a receiver depends on. */
static struct rrset_facts *set_of(struct facts *facts, size_t which)
{
    struct forward_facts *forward;

    if (which == 0)
        return &facts->reverse.ptr;
    for (size_t i = 0; i < facts->forward_count; i++) {
        forward = &facts->forward[i];
        if (name_equal(&forward->name, &facts->wanted))
            return facts->address.family == IP_V6 ? &forward->aaaa : &forward->a;
    }
    return NULL;
}

void verify_remember(struct identity *identities, size_t count, struct verify_memory *memories)
{
    for (size_t i = 0; identities != NULL && i < 2 * count; i++) {
        const struct rrset_facts *set = set_of(&identities[i / 2].facts, i % 2);
        struct zone_spell *spell = &memories[i / 2].zones[i % 2];
        enum zone_fault fault = set != NULL ? rrset_zone_fault(set) : ZONE_SOUND;
        if (fault != spell->fault || spell->rounds == 0)
            *spell = (struct zone_spell){.fault = fault, .since_ms = clock_ms()};
        spell->rounds++;
    }
}

/* What was broken in every round of the window is broken: judge with that. */
static void judge_spells(struct identity *identities, size_t count,
                         const struct verify_memory *memories, unsigned rounds)
{
    for (size_t i = 0; i < 2 * count; i++) {
        struct identity *identity = &identities[i / 2];
        struct rrset_facts *set = set_of(&identity->facts, i % 2);
        const struct zone_spell *spell = &memories[i / 2].zones[i % 2];
        if (set == NULL || spell->fault == ZONE_SOUND || spell->rounds < rounds)
            continue;
        set->broken_s = clock_seconds_since(spell->since_ms) + 1;
        judgement_free(&identity->judgement);
        audit_target(&identity->facts, &identity->judgement);
    }
}

enum verify_outcome verify_conclude(struct identity *identities, size_t count,
                                    const struct verify_memory *memories, size_t remembered,
                                    unsigned rounds, const struct verify_settings *settings)
{
    if (rounds >= settings->passes && loop_stop_signal() == 0)
        judge_spells(identities, remembered, memories, rounds);
    return outcome_of(identities, count, settings->strict);
}

/* Places that could not look are told, and not counted. */
static void note_unreached(const struct views *views, struct verify_round *round)
{
    for (size_t i = 0; i < views->count; i++)
        if (!views->v[i].vantage.reached)
            str_format(round->left_out, sizeof round->left_out, "not counted: %s: %s",
                       views->v[i].vantage.id, views->v[i].vantage.why);
}

/* One look from everywhere, judged. False when it was stopped. */
static bool make_round(const struct verify_run *run, struct verify_memory *memories,
                       struct sights *last, struct verify_round *round)
{
    identities_free(last->identities, last->count);
    if (!views_look(run->views, run->collector, run->targets, run->count, 0, last))
        return false;
    verify_judge(last->identities, last->count, run->settings->strict, round);
    note_unreached(run->views, round);
    verify_remember(last->identities, run->count, memories);
    return true;
}

static enum verify_outcome rounds(const struct verify_run *run, struct verify_memory *memories,
                                  struct sights *last)
{
    const struct verify_settings *settings = run->settings;
    const int64_t start_ms = clock_ms();
    unsigned in_row = 0, made = 0;

    for (;;) {
        struct verify_round round = {.passes = settings->passes};
        if (!make_round(run, memories, last, &round))
            return VERIFY_UNKNOWN;
        made++;
        in_row = round.good ? in_row + 1 : 0;
        round.in_row = in_row;
        round.at_s = clock_seconds_since(start_ms);
        run->told(run->arg, &round);
        if (in_row >= settings->passes)
            return VERIFY_ALIGNED;
        if (round.at_s + settings->interval_s > settings->window_s || loop_stop_signal() != 0)
            break;
        act_pause((long)settings->interval_s * 1000);
    }
    return verify_conclude(last->identities, last->count, memories, run->count, made, settings);
}

enum verify_outcome verify_run(const struct verify_run *run, struct sights *last)
{
    struct verify_memory *memories = mem_new(run->count + 1, sizeof *memories);
    enum verify_outcome outcome;

    *last = (struct sights){.count = 0};
    outcome = rounds(run, memories, last);
    free(memories);
    return outcome;
}
