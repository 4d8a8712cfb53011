/* plan.c - PURE: facts and findings to ordered steps, within the operator's limits. */
#include "agent/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/template.h"

/* Adding to a set, or making it exactly this address and the other audited ones. */
static void forward_after(const struct strings *before, const struct ip *address, bool replace,
                          struct strings *after)
{
    struct ip_text text = ip_text(address);

    if (!replace)
        *after = strings_copy(before);
    if (!strings_have(after, text.s))
        strings_add(after, text.s);
    strings_sort(after);
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

/* The set as it is: what the account holds, else what the servers say. */
static const struct strings *current(const struct ability *ability, const struct rrset_facts *set)
{
    return ability->account != NULL && ability->account->provider->read != NULL
               ? &ability->holding.values
               : &set->values;
}

static void plan_forward(const struct plan_input *in, const struct plan_policy *policy,
                         struct plan *plan)
{
    const struct facts *facts = in->facts;
    const struct judgement *judged = in->judgement;
    bool elsewhere = judgement_has(judged, FIND_FORWARD_ELSEWHERE);
    const struct forward_facts *forward = facts_forward(facts, &facts->wanted);
    struct step *step = same_forward(plan, facts);
    const struct rrset_facts *set;
    const struct strings *now;

    if (!elsewhere && !judgement_has(judged, FIND_FORWARD_MISSING))
        return;
    if (step != NULL) {
        strings_add(&step->after, ip_text(&facts->address).s);
        strings_sort(&step->after);
        return;
    }
    set = forward_set(forward, facts->address.family);
    now = current(&in->forward, set);
    if (strings_have(now, ip_text(&facts->address).s))
        return; /* written already, not served yet */
    step = add_step(plan, STEP_FORWARD, in);
    step->subject.role = ROLE_FORWARD;
    step->subject.owner = facts->wanted;
    step->subject.zone = forward->zone;
    step->finding = elsewhere ? FIND_FORWARD_ELSEWHERE : FIND_FORWARD_MISSING;
    step->owner = OWNER_DNS;
    snprintf(step->target, sizeof step->target, "%s %s", ip_record_type(facts->address.family),
             facts->wanted.s);
    step->before = strings_copy(now);
    strings_sort(&step->before);
    forward_after(now, &facts->address, policy->forward_replace, &step->after);
    step->ttl_s = in->forward.holding.ttl_s ? in->forward.holding.ttl_s : policy->ttl_s;
    step->visible_s = set->values.count > 0 ? set->ttl_s : set->negative_ttl_s;
    set_holder(step, &in->forward, &facts->forward_owner);
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

static void plan_ptr(const struct plan_input *in, const struct plan_policy *policy,
                     struct plan *plan)
{
    const struct facts *facts = in->facts;
    const struct rrset_facts *set = &facts->reverse.ptr;
    const struct strings *now = current(&in->ptr, set);
    struct step *step;

    if (!ptr_is_wrong(in->judgement))
        return;
    if (now->count == 1 && str_equal(now->v[0], facts->wanted.s))
        return; /* written already, not served yet */
    step = add_step(plan, STEP_PTR, in);
    step->subject.role = ROLE_PTR;
    step->subject.owner = facts->reverse.owner;
    step->subject.zone = facts->reverse.zone;
    step->finding = ptr_finding(in->judgement);
    step->owner = OWNER_IP;
    step->before = strings_copy(now);
    strings_sort(&step->before);
    strings_add(&step->after, facts->wanted.s);
    step->ttl_s = in->ptr.holding.ttl_s ? in->ptr.holding.ttl_s : policy->ttl_s;
    step->visible_s = set->values.count > 0 ? set->ttl_s : set->negative_ttl_s;
    set_holder(step, &in->ptr, &facts->ptr_owner);
    snprintf(step->target, sizeof step->target, "PTR %s%s%s%s", ip_text(&facts->address).s,
             step->side_effect[0] ? " (" : "", step->side_effect, step->side_effect[0] ? ")" : "");
    set_action(step);
}

static bool greets_wrongly(const struct judgement *judged)
{
    return judgement_has(judged, FIND_HELO_MISMATCH) || judgement_has(judged, FIND_HELO_INVALID) ||
           judgement_has(judged, FIND_BANNER_MISMATCH) ||
           judgement_has(judged, FIND_BANNER_NO_NAME);
}

static enum finding_id mta_finding(const struct judgement *judged)
{
    static const enum finding_id ids[] = {FIND_HELO_MISMATCH, FIND_HELO_INVALID,
                                          FIND_BANNER_MISMATCH};

    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        if (judgement_has(judged, ids[i]))
            return ids[i];
    return FIND_BANNER_NO_NAME;
}

static bool mta_is_planned(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].kind == STEP_MTA)
            return true;
    return false;
}

static void describe_changes(const struct mta_edits *edits, struct step *step)
{
    char text[640];

    for (size_t i = 0; i < edits->change_count; i++) {
        const struct mta_change *change = &edits->changes[i];
        snprintf(text, sizeof text, "%s: %s = %.200s%s", change->file, change->parameter,
                 change->after ? change->after : "(removed)",
                 change->follows ? " (stays as it was)" : "");
        strings_add(&step->changes, text);
    }
}

static void plan_mta(const struct plan_input *in, struct plan *plan)
{
    const struct facts *facts = in->facts;
    const struct mta_edits *edits = in->edits;
    struct name greeted;
    struct step *step;

    bool reload_only = edits != NULL && edits->file_count == 0;

    if (in->mta == NULL || !greets_wrongly(in->judgement) || mta_is_planned(plan) ||
        (reload_only && !judgement_has(in->judgement, FIND_BANNER_MISMATCH)))
        return;
    step = add_step(plan, STEP_MTA, in);
    step->finding = mta_finding(in->judgement);
    step->owner = OWNER_MTA;
    step->owner_who = facts->mta_owner;
    str_cut(step->host, sizeof step->host, in->host);
    snprintf(step->target, sizeof step->target, "%s %s", in->mta->mta->name,
             edits ? edits->setting : "name");
    if (reload_only && banner_name(&facts->banner, &greeted))
        strings_add(&step->before, greeted.s);
    else
        strings_add(&step->before, edits ? edits->before : facts->helo.value);
    strings_add(&step->after, facts->wanted.s);
    if (edits == NULL) {
        step->action = ACTION_ASK;
        strings_add(&step->changes, in->mta_reason);
        return;
    }
    str_cut(step->provider, sizeof step->provider, in->mta->mta->name);
    if (!reload_only)
        str_cut(step->resource, sizeof step->resource, edits->files[0].file->target);
    step->action = ACTION_UPDATE;
    step->commands = strings_copy(&edits->commands);
    describe_changes(edits, step);
}

/* RFC 1912 2.1: a PTR waits for the address record of the same name; the mail server for both. */
static void link_steps(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        snprintf(plan->steps[i].id, sizeof plan->steps[i].id, "s%zu", i + 1);
    for (size_t i = 0; i < plan->count; i++)
        for (size_t k = 0; k < i; k++)
            if (plan->steps[k].kind == STEP_FORWARD && plan->steps[i].kind != STEP_FORWARD &&
                name_equal(&plan->steps[k].subject.name, &plan->steps[i].subject.name))
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
    error_what(e, "cannot use the name \"%s\" for %s", facts->wanted.s,
               ip_text(&facts->address).s);
    return error_next(e, "namesake plan %s --name mail.example.com", ip_text(&facts->address).s);
}

static bool within_limit(const struct plan *plan, const struct plan_policy *policy,
                         struct error *e)
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
                plan->steps[i].ticket = template_ticket(&plan->steps[i], inputs[k].facts, now);
                break;
            }
}

bool plan_make(const struct plan_input *inputs, size_t count, const struct plan_policy *policy,
               time_t now, struct plan *out, struct error *e)
{
    struct plan plan = {.created = now, .expires = now + PLAN_LIFETIME_S};

    for (size_t i = 0; i < count; i++) {
        if (inputs[i].judgement->verdict != VERDICT_ALIGNED &&
            !name_is_empty(&inputs[i].facts->wanted) &&
            !target_is_allowed(inputs[i].facts, policy, e))
            return false;
    }
    for (size_t i = 0; policy->kinds[STEP_FORWARD] && i < count; i++)
        plan_forward(&inputs[i], policy, &plan);
    for (size_t i = 0; policy->kinds[STEP_PTR] && i < count; i++)
        plan_ptr(&inputs[i], policy, &plan);
    for (size_t i = 0; policy->kinds[STEP_MTA] && i < count; i++)
        plan_mta(&inputs[i], &plan);
    link_steps(&plan);
    write_tickets(&plan, inputs, count, now);
    plan_seal(&plan);
    if (!within_limit(&plan, policy, e)) {
        plan_free(&plan);
        return false;
    }
    *out = plan;
    return true;
}

size_t plan_count(const struct plan *plan, enum step_action action)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        count += plan->steps[i].action == action;
    return count;
}

size_t plan_changes(const struct plan *plan)
{
    return plan->count - plan_count(plan, ACTION_ASK);
}

const struct step *plan_step(const struct plan *plan, const char *id)
{
    for (size_t i = 0; i < plan->count; i++)
        if (str_equal(plan->steps[i].id, id))
            return &plan->steps[i];
    return NULL;
}

void step_copy(const struct step *from, struct step *to)
{
    *to = *from;
    to->before = strings_copy(&from->before);
    to->after = strings_copy(&from->after);
    to->requires = strings_copy(&from->requires);
    to->commands = strings_copy(&from->commands);
    to->changes = strings_copy(&from->changes);
    to->ticket = mem_text(from->ticket);
}

/* What undoes a step: creating becomes deleting, and the other way round. */
static enum step_action reverse_action(const struct step *step)
{
    if (step->action == ACTION_ASK || step->kind == STEP_MTA)
        return step->action;
    if (step->before.count == 0)
        return ACTION_DELETE;
    return step->after.count == 0 ? ACTION_CREATE : ACTION_UPDATE;
}

void plan_reverse(const struct plan *plan, struct plan *out)
{
    *out = (struct plan){.created = plan->created, .expires = plan->expires};
    out->steps = mem_new(plan->count + 1, sizeof *out->steps);
    for (size_t i = plan->count; i-- > 0;) {
        struct step *step = &out->steps[out->count++];
        struct strings before;
        step_copy(&plan->steps[i], step);
        step->action = reverse_action(step);
        before = step->before;
        step->before = step->after;
        step->after = before;
        strings_free(&step->requires);
        strings_free(&step->changes);
    }
    plan_seal(out);
}

void step_free(struct step *step)
{
    strings_free(&step->before);
    strings_free(&step->after);
    strings_free(&step->requires);
    strings_free(&step->commands);
    strings_free(&step->changes);
    free(step->ticket);
    *step = (struct step){0};
}

void plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        step_free(&plan->steps[i]);
    free(plan->steps);
    *plan = (struct plan){0};
}

const char *step_kind_text(enum step_kind kind)
{
    static const char *const texts[STEP_KINDS] = {"forward", "ptr", "mta"};

    return texts[kind];
}

const char *step_action_text(enum step_action action)
{
    static const char *const texts[] = {"create", "update", "delete", "ask"};

    return texts[action];
}
