/* plan_steps.c - plans and steps as values: counted, found, copied, reversed, freed. */
#include "agent/plan.h"

#include <stdlib.h>

#include "agent/base/mem.h"

static bool is_confirmed(const struct facts *facts, const struct name *name)
{
    const struct forward_facts *forward = facts_forward(facts, name);

    return forward != NULL && strings_have(&forward_set(forward, facts->address.family)->values,
                                           ip_text(&facts->address).s);
}

bool plan_takes_ptr_name(const struct facts *facts, const struct judgement *judgement,
                         bool ptr_by_program, bool mta_by_program, struct name *out)
{
    const struct strings *ptr = &facts->reverse.ptr.values;
    struct name name;

    if (facts_name_is_declared(facts) || ptr_by_program || !mta_by_program || ptr->count != 1 ||
        !judgement_has(judgement, FIND_PTR_MISMATCH) ||
        name_parse_host(ptr->v[0], &name) != NAME_GOOD || !is_confirmed(facts, &name))
        return false;
    *out = name;
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
    to->pairs = mem_copy(from->pairs, from->pair_count, sizeof *from->pairs);
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
        struct step *step = &out->steps[out->count];
        struct strings before;
        if (plan->steps[i].action == ACTION_ASK)
            continue; /* not made by us, so not undone by us */
        out->count++;
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
    free(step->pairs);
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
