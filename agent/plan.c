/* plan.c - PURE: facts and findings to ordered steps, within the operator's limits. */
#include "agent/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/template.h"

/* What a plan is made from, and the plan that is made. */
struct planning {
    const struct plan_input *inputs; /* in the order of their addresses */
    size_t count;
    const struct plan_policy *policy;
    struct plan *plan;
};

static void add_value(struct strings *values, const char *text)
{
    strings_add_new(values, text);
    strings_sort(values);
}

/* Adding to a set, or making it exactly this address and the others that shall have the name. */
static void forward_after(const struct planning *p, const struct facts *facts,
                          const struct strings *before, struct strings *after)
{
    if (!p->policy->forward_replace)
        *after = strings_copy(before);
    for (size_t i = 0; p->policy->forward_replace && i < p->count; i++) {
        const struct facts *other = p->inputs[i].facts;
        if (other->address.family == facts->address.family &&
            name_equal(&other->wanted, &facts->wanted))
            add_value(after, ip_text(&other->address).s);
    }
    add_value(after, ip_text(&facts->address).s);
}

static struct step *add_step(struct plan *plan, enum step_kind kind, const struct plan_input *in)
{
    struct step *step;

    plan->steps = mem_resize(plan->steps, plan->count + 1, sizeof *plan->steps);
    step = &plan->steps[plan->count++];
    *step = (struct step){.kind = kind};
    step->subject.ip = in->facts->address;
    step->subject.name = in->facts->wanted;
    return step;
}

/* Where a record is written: by which account, or by whom. */
static void set_holder(struct step *step, const struct ability *ability,
                       const struct owner_facts *owner)
{
    step->owner_who = *owner;
    if (ability->account == NULL || ability->account->provider->write == NULL)
        return;
    str_cut(step->provider, sizeof step->provider, ability->account->id);
    str_cut(step->resource, sizeof step->resource, ability->holding.resource);
    str_cut(step->side_effect, sizeof step->side_effect, ability->holding.side_effect);
}

/* What else the write changes is a part of what is approved. */
static void tell_side_effect(struct step *step)
{
    size_t length = strlen(step->target);

    if (step->side_effect[0] != '\0')
        snprintf(step->target + length, sizeof step->target - length, " (%s)", step->side_effect);
}

static void set_action(struct step *step)
{
    if (step->provider[0] == '\0')
        step->action = ACTION_ASK;
    else
        step->action = step->before.count == 0 ? ACTION_CREATE : ACTION_UPDATE;
}

/* The step that already changes this record set for another address of the same name. */
static struct step *same_forward(struct plan *plan, const struct facts *facts)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct step *step = &plan->steps[i];
        if (step->kind == STEP_FORWARD && name_equal(&step->subject.name, &facts->wanted) &&
            step->subject.ip.family == facts->address.family)
            return step;
    }
    return NULL;
}

/* One address may be named twice on the command line. */
static bool ptr_is_planned(const struct plan *plan, const struct ip *address)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].kind == STEP_PTR && ip_equal(&plan->steps[i].subject.ip, address))
            return true;
    return false;
}

/* The set as it is: what the account holds, else what the servers say. */
static const struct strings *current(const struct ability *ability, const struct rrset_facts *set)
{
    return ability->account != NULL && ability->account->provider->read != NULL
               ? &ability->holding.values
               : &set->values;
}

static void plan_forward(const struct planning *p, const struct plan_input *in)
{
    const struct facts *facts = in->facts;
    const struct judgement *judged = in->judgement;
    bool elsewhere = judgement_has(judged, FIND_FORWARD_ELSEWHERE);
    const struct forward_facts *forward = facts_forward(facts, &facts->wanted);
    struct step *step = same_forward(p->plan, facts);
    const struct rrset_facts *set;
    const struct strings *now;

    if (!elsewhere && !judgement_has(judged, FIND_FORWARD_MISSING))
        return;
    if (step != NULL) {
        add_value(&step->after, ip_text(&facts->address).s);
        return;
    }
    set = forward_set(forward, facts->address.family);
    now = current(&in->forward, set);
    if (strings_have(now, ip_text(&facts->address).s))
        return; /* written already, not served yet */
    step = add_step(p->plan, STEP_FORWARD, in);
    step->subject.role = ROLE_FORWARD;
    step->subject.owner = facts->wanted;
    step->subject.zone = forward->zone;
    step->finding = elsewhere ? FIND_FORWARD_ELSEWHERE : FIND_FORWARD_MISSING;
    step->owner = OWNER_DNS;
    snprintf(step->target, sizeof step->target, "%s %s", ip_record_type(facts->address.family),
             facts->wanted.s);
    step->before = strings_copy(now);
    strings_sort(&step->before);
    forward_after(p, facts, now, &step->after);
    step->ttl_s = in->forward.holding.ttl_s ? in->forward.holding.ttl_s : p->policy->ttl_s;
    step->visible_s = set->values.count > 0 ? set->ttl_s : set->negative_ttl_s;
    set_holder(step, &in->forward, facts_owner(facts, OWNER_DNS));
    tell_side_effect(step);
    if (forward->cname.count > 0)
        step->provider[0] = '\0'; /* an alias has to go first, and only a person may decide that */
    set_action(step);
}

static bool ptr_is_wrong(const struct judgement *judged)
{
    /* A definite difference only; ptr-generic as a warning means that the name is the wanted one. */
    return judged->edges[EDGE_PTR] == RESULT_FAIL;
}

static enum finding_id ptr_finding(const struct judgement *judged)
{
    static const enum finding_id ids[] = {FIND_PTR_MISSING, FIND_PTR_GENERIC, FIND_PTR_MISMATCH};

    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        if (judgement_has(judged, ids[i]))
            return ids[i];
    return FIND_PTR_INVALID;
}

static void plan_ptr(const struct planning *p, const struct plan_input *in)
{
    const struct facts *facts = in->facts;
    const struct rrset_facts *set = &facts->reverse.ptr;
    const struct strings *now = current(&in->ptr, set);
    struct step *step;

    if (!ptr_is_wrong(in->judgement) || ptr_is_planned(p->plan, &facts->address))
        return;
    if (now->count == 1 && str_equal(now->v[0], facts->wanted.s))
        return; /* written already, not served yet */
    step = add_step(p->plan, STEP_PTR, in);
    step->subject.role = ROLE_PTR;
    step->subject.owner = facts->reverse.owner;
    step->subject.zone = facts->reverse.zone;
    step->finding = ptr_finding(in->judgement);
    step->owner = OWNER_IP;
    step->before = strings_copy(now);
    strings_sort(&step->before);
    strings_add(&step->after, facts->wanted.s);
    step->ttl_s = in->ptr.holding.ttl_s ? in->ptr.holding.ttl_s : p->policy->ttl_s;
    step->visible_s = set->values.count > 0 ? set->ttl_s : set->negative_ttl_s;
    snprintf(step->target, sizeof step->target, "PTR %s", ip_text(&facts->address).s);
    set_holder(step, &in->ptr, facts_owner(facts, OWNER_IP));
    tell_side_effect(step);
    set_action(step);
}

/* The finding that the mail server's settings can repair: no warning, and no other host's name. */
static const struct finding *mta_finding(const struct judgement *judged)
{
    static const enum finding_id ids[] = {FIND_HELO_MISMATCH, FIND_HELO_INVALID,
                                          FIND_BANNER_MISMATCH, FIND_BANNER_NO_NAME};

    for (size_t k = 0; k < sizeof ids / sizeof ids[0]; k++)
        for (size_t i = 0; i < judged->count; i++)
            if (judged->findings[i].id == ids[k] && judged->findings[i].owner == OWNER_MTA &&
                judged->findings[i].severity == SEVERITY_FAIL)
                return &judged->findings[i];
    return NULL;
}

/*
 * A name is said only when it will resolve: a HELO that does not is worse than one that differs
 * from the PTR. While the address record is not known, the mail server keeps its name.
 */
static bool name_is_known(const struct judgement *judged)
{
    return judged->edges[EDGE_FORWARD] != RESULT_UNKNOWN;
}

static bool mta_is_planned(const struct plan *plan, const struct plan_input *in)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].kind == STEP_MTA && str_equal(plan->steps[i].host, in->host) &&
            name_equal(&plan->steps[i].subject.name, &in->facts->wanted))
            return true;
    return false;
}

/* Why a person has to do it; NULL when the edits do. */
static const char *reason_to_ask(const struct plan_input *in)
{
    if (in->edits == NULL)
        return in->mta_reason;
    return in->edits->file_count == 0 && in->edits->notes.count > 0 ? in->edits->notes.v[0] : NULL;
}

/* What the mail server says now: of the greeting, when only that is not what it is set to. */
static const char *said_now(const struct plan_input *in, bool reload_only, struct name *greeted)
{
    if (reload_only && banner_name(&in->facts->banner, greeted))
        return greeted->s;
    return in->edits && in->edits->before[0] ? in->edits->before : in->facts->helo.value;
}

static void plan_mta(const struct planning *p, const struct plan_input *in)
{
    const struct mta_edits *edits = in->edits;
    const struct finding *finding = mta_finding(in->judgement);
    const char *reason = reason_to_ask(in);
    bool reload_only = reason == NULL && edits->file_count == 0;
    struct name greeted;
    struct step *step;

    if (in->mta == NULL || finding == NULL || mta_is_planned(p->plan, in) ||
        !name_is_known(in->judgement) ||
        (reload_only &&
         (edits->greets_by_ptr || !judgement_has(in->judgement, FIND_BANNER_MISMATCH))))
        return;
    step = add_step(p->plan, STEP_MTA, in);
    step->finding = finding->id;
    step->owner = OWNER_MTA;
    step->owner_who = *facts_owner(in->facts, OWNER_MTA);
    str_cut(step->host, sizeof step->host, in->host);
    str_format(step->target, sizeof step->target, "%s %s", in->mta->mta->name,
               reason == NULL ? edits->setting : "name");
    plan_add_text(&step->before, said_now(in, reload_only, &greeted));
    strings_add(&step->after, in->facts->wanted.s);
    if (reason != NULL) {
        step->action = ACTION_ASK;
        plan_add_text(&step->changes, reason);
        return;
    }
    step->pairs = mem_copy(in->pairs, in->pair_count, sizeof *in->pairs);
    step->pair_count = in->pair_count;
    str_cut(step->provider, sizeof step->provider, in->mta->mta->name);
    step->action = ACTION_UPDATE;
    plan_describe_edits(edits, step);
}

/*
 * RFC 1912 2.1: a PTR waits for the address record of the same name and family; the mail server
 * for those of both, since a HELO that does not resolve is refused.
 */
static bool comes_after(const struct step *step, const struct step *earlier)
{
    if (earlier->kind != STEP_FORWARD || step->kind == STEP_FORWARD ||
        !name_equal(&earlier->subject.name, &step->subject.name))
        return false;
    return step->kind == STEP_MTA || earlier->subject.ip.family == step->subject.ip.family;
}

static void link_steps(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        str_format(plan->steps[i].id, sizeof plan->steps[i].id, "s%zu", i + 1);
    for (size_t i = 0; i < plan->count; i++)
        for (size_t k = 0; k < i; k++)
            if (comes_after(&plan->steps[i], &plan->steps[k]))
                strings_add(&plan->steps[i].requires, plan->steps[k].id);
}

static bool target_is_allowed(const struct facts *facts, const struct plan_policy *policy,
                              struct error *e)
{
    enum ip_scope scope = ip_scope(&facts->address);
    struct name name;
    enum name_fault fault = name_parse_host(facts->wanted.s, &name);

    if (scope != IP_SCOPE_PUBLIC && !policy->allow_private) {
        fail(e, ERR_ADDRESS_REFUSED, "%s is %s; receivers never see it", ip_text(&facts->address).s,
             ip_scope_text(scope));
        error_what(e, "cannot plan for %s", ip_text(&facts->address).s);
        return error_next(e, "namesake plan PUBLIC-ADDRESS   (or policy.allow_private = true; in "
                             "the configuration of a test network)");
    }
    if (fault == NAME_GOOD || fault == NAME_PRIVATE_SUFFIX)
        return true;
    fail(e, ERR_NAME_REFUSED, "the name %s", name_fault_text(fault));
    error_what(e, "cannot use the name \"%s\" for %s", facts->wanted.s, ip_text(&facts->address).s);
    return error_next(e, "namesake plan %s --name mail.example.com", ip_text(&facts->address).s);
}

static bool within_limit(const struct plan *plan, const struct plan_policy *policy, struct error *e)
{
    size_t changes = plan_changes(plan);

    if (changes <= policy->max_changes)
        return true;
    fail(e, ERR_LIMIT_EXCEEDED, "the plan has %zu changes, policy.max_changes allows %u", changes,
         policy->max_changes);
    error_what(e, "refused to plan so many changes at once");
    error_next(e, "namesake plan ADDRESS   (fewer targets at a time)");
    return error_next(e, "policy = { max_changes = %zu; };   (in the configuration)", changes);
}

static void write_tickets(struct plan *plan, const struct plan_input *inputs, size_t count,
                          time_t now)
{
    for (size_t i = 0; i < plan->count; i++)
        for (size_t k = 0; plan->steps[i].action == ACTION_ASK && k < count; k++)
            if (ip_equal(&inputs[k].facts->address, &plan->steps[i].subject.ip)) {
                plan->steps[i].ticket =
                    template_ticket(&plan->steps[i], inputs[k].facts,
                                    inputs[k].mta != NULL ? inputs[k].mta->mta : NULL, now);
                break;
            }
}

static int by_address(const void *a, const void *b)
{
    const struct plan_input *x = a, *y = b;

    return ip_compare(&x->facts->address, &y->facts->address);
}

/* The order in which targets were named must not change a plan, nor its id. */
static struct plan_input *sort_inputs(const struct plan_input *inputs, size_t count)
{
    struct plan_input *sorted = mem_new(count, sizeof *sorted);

    for (size_t i = 0; i < count; i++)
        sorted[i] = inputs[i];
    qsort(sorted, count, sizeof *sorted, by_address);
    return sorted;
}

static bool check_targets(const struct planning *p, struct error *e)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->inputs[i].judgement->verdict != VERDICT_ALIGNED &&
            !name_is_empty(&p->inputs[i].facts->wanted) &&
            !target_is_allowed(p->inputs[i].facts, p->policy, e))
            return false;
    return true;
}

static void plan_kind(const struct planning *p, enum step_kind kind)
{
    static void (*const planners[STEP_KINDS])(const struct planning *,
                                              const struct plan_input *) = {
        [STEP_FORWARD] = plan_forward,
        [STEP_PTR] = plan_ptr,
        [STEP_MTA] = plan_mta,
    };

    for (size_t i = 0; p->policy->kinds[kind] && i < p->count; i++)
        if (!name_is_empty(&p->inputs[i].facts->wanted))
            planners[kind](p, &p->inputs[i]);
}

bool plan_make(const struct plan_input *inputs, size_t count, const struct plan_policy *policy,
               time_t now, struct plan *out, struct error *e)
{
    struct plan plan = {.created = now, .expires = now + PLAN_LIFETIME_S};
    struct plan_input *sorted = sort_inputs(inputs, count);
    struct planning p = {sorted, count, policy, &plan};
    bool ok = check_targets(&p, e);

    for (int kind = 0; ok && kind < STEP_KINDS; kind++)
        plan_kind(&p, (enum step_kind)kind);
    link_steps(&plan);
    write_tickets(&plan, inputs, count, now);
    plan_seal(&plan);
    ok = ok && within_limit(&plan, policy, e);
    free(sorted);
    if (ok)
        *out = plan;
    else
        plan_free(&plan);
    return ok;
}
