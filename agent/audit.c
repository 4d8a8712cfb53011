/* audit.c - the judge: facts to checks, edges, iprev and verdict. */
#include "agent/audit.h"

#include <stdlib.h>

#include "agent/audit_look.h"

static enum result result_of(enum match match)
{
    static const enum result results[] = {
        [MATCH_NOT_ASKED] = RESULT_SKIPPED, [MATCH_UNKNOWN] = RESULT_UNKNOWN,
        [MATCH_ABSENT] = RESULT_FAIL,       [MATCH_DIFFERS] = RESULT_FAIL,
        [MATCH_EQUAL] = RESULT_OK,
    };

    return results[match];
}

static enum result path_result(const struct look *look)
{
    if (judgement_has(look->out, FIND_PATH_OTHER_ADDRESS))
        return RESULT_FAIL;
    if (judgement_has(look->out, FIND_PATH_NAT))
        return RESULT_UNKNOWN;
    if (judgement_has(look->out, FIND_PATH_RELAY))
        return RESULT_WARN;
    return ip_equal(&look->facts->helo.seen_ip, &look->facts->address) ? RESULT_OK : RESULT_SKIPPED;
}

/* A check that is ok becomes a warning, or fails, by a finding that belongs to it. */
static void weigh_findings(struct judgement *out)
{
    for (size_t i = 0; i < out->count; i++) {
        const struct finding *finding = &out->findings[i];
        enum result *check = &out->checks[finding->check];
        if (finding->id == FIND_PTR_NOT_CONFIRMED)
            continue; /* the forward check of the name says it already, or the PTR differs */
        if (finding->severity == SEVERITY_FAIL)
            *check = RESULT_FAIL;
        else if (finding->id == FIND_DNS_TEMPORARY && finding->severity == SEVERITY_UNKNOWN &&
                 *check != RESULT_FAIL)
            *check =
                RESULT_UNKNOWN; /* what some servers say well is refused by those that validate */
        else if (finding->severity == SEVERITY_WARN && *check == RESULT_OK)
            *check = RESULT_WARN;
    }
}

static enum result edge_of(enum match match)
{
    enum result result = result_of(match);

    return result == RESULT_SKIPPED ? RESULT_UNKNOWN : result;
}

/* The base of the triangle: is what the PTR says what the server says? */
static enum result same_edge(const struct look *look)
{
    const struct facts *facts = look->facts;
    struct name said[2] = {{""}, {""}};
    bool known = false;

    if (facts->helo.state == HELO_OBSERVED || facts->helo.state == HELO_CONFIGURED)
        (void)name_parse_host(facts->helo.value, &said[0]);
    if (look->greeting == GREETING_NAME_LATER ||
        (look->greeting == GREETING_TURNED_AWAY && look->banner == MATCH_EQUAL))
        said[1] = facts->wanted;
    else if (look->greeting == GREETING_NAMED)
        (void)name_parse_host(look->greeting_word, &said[1]);
    if (facts->path.nat || !rrset_is_definite(&facts->reverse.ptr))
        return RESULT_UNKNOWN;
    for (size_t i = 0; i < 2; i++) {
        if (name_is_empty(&said[i]))
            continue;
        known = true;
        if (!strings_have(&facts->reverse.ptr.values, said[i].s))
            return RESULT_FAIL;
    }
    return known ? RESULT_OK : RESULT_UNKNOWN;
}

/* RFC 8601 2.7.3: any confirmed name passes; a pass outranks the temporary failure of another. */
static enum iprev iprev_of(const struct look *look)
{
    const struct rrset_facts *ptr = &look->facts->reverse.ptr;
    bool open = false, unseen = false;
    size_t at = 0;
    const char *name;

    if (!ptr->asked || look->facts->path.nat)
        return IPREV_NOT_ASKED;
    if (!rrset_is_definite(ptr))
        return IPREV_TEMPERROR;
    if (look->ptr == MATCH_ABSENT)
        return IPREV_NONE;
    for (int i = 0; i < FACTS_PTR_EVALUATED && (name = look_next_ptr(look, &at)) != NULL; i++) {
        enum match confirms = look_confirms(look->facts, name);
        if (confirms == MATCH_EQUAL)
            return IPREV_PASS;
        open = open || confirms == MATCH_UNKNOWN;
        unseen = unseen || confirms == MATCH_NOT_ASKED;
    }
    if (open)
        return IPREV_TEMPERROR;
    return unseen ? IPREV_NOT_ASKED : IPREV_FAIL;
}

static bool is_good(enum result result)
{
    return result == RESULT_OK || result == RESULT_WARN;
}

static enum verdict verdict_of(const struct facts *facts, const struct judgement *out)
{
    if (name_is_empty(&facts->wanted))
        return VERDICT_UNKNOWN;
    for (int i = 0; i < CHECK_COUNT; i++)
        if (out->checks[i] == RESULT_FAIL)
            return VERDICT_NOT_ALIGNED;
    if (is_good(out->checks[CHECK_PTR]) && is_good(out->checks[CHECK_FORWARD]) &&
        (is_good(out->checks[CHECK_HELO]) || is_good(out->checks[CHECK_BANNER])) &&
        out->checks[CHECK_PATH] != RESULT_UNKNOWN)
        return VERDICT_ALIGNED;
    return VERDICT_UNKNOWN;
}

void audit_target(const struct facts *facts, struct judgement *out)
{
    struct look look;

    *out = (struct judgement){0};
    look_at(facts, out, &look);
    look_apply_rules(&look);
    out->checks[CHECK_PTR] = result_of(look.ptr);
    out->checks[CHECK_BANNER] = result_of(look.banner);
    out->checks[CHECK_HELO] = result_of(look.helo);
    out->checks[CHECK_FORWARD] = result_of(look.forward);
    out->checks[CHECK_PATH] = path_result(&look);
    weigh_findings(out);
    out->edges[EDGE_PTR] = edge_of(look.ptr);
    out->edges[EDGE_SAME] = same_edge(&look);
    out->edges[EDGE_FORWARD] = edge_of(look.forward);
    out->iprev = iprev_of(&look);
    out->greeting_unseen = !facts->banner_off && !is_good(out->checks[CHECK_BANNER]) &&
                           out->checks[CHECK_BANNER] != RESULT_FAIL;
    out->verdict = verdict_of(facts, out);
}

void judgement_free(struct judgement *judgement)
{
    free(judgement->findings);
    *judgement = (struct judgement){0};
}

bool judgement_has(const struct judgement *judgement, enum finding_id id)
{
    for (size_t i = 0; i < judgement->count; i++)
        if (judgement->findings[i].id == id)
            return true;
    return false;
}

enum verdict judgement_verdict(const struct judgement *judgement, bool strict)
{
    if (!strict || judgement->verdict != VERDICT_ALIGNED)
        return judgement->verdict;
    for (size_t i = 0; i < judgement->count; i++)
        if (judgement->findings[i].severity == SEVERITY_WARN)
            return VERDICT_NOT_ALIGNED;
    return judgement->greeting_unseen ? VERDICT_UNKNOWN : VERDICT_ALIGNED;
}

const char *verdict_text(enum verdict verdict)
{
    static const char *const texts[] = {"aligned", "not-aligned", "unknown"};

    return texts[verdict];
}

const char *result_text(enum result result)
{
    static const char *const texts[] = {"ok", "warn", "fail", "unknown", "skipped"};

    return texts[result];
}

const char *edge_text(enum edge edge)
{
    static const char *const texts[EDGE_COUNT] = {"ptr", "same", "forward"};

    return texts[edge];
}

const char *iprev_text(enum iprev iprev)
{
    static const char *const texts[] = {"", "pass", "fail", "none", "temperror"};

    return texts[iprev];
}
