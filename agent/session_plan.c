/* session_plan.c - what the planner needs to know of each target, and the plan. */
#include "agent/session.h"

#include <stdlib.h>
#include <string.h>

#include "agent/ability.h"
#include "agent/base/mem.h"

/* Whether the target needs a record of this kind, so that its account has to be asked. */
static bool needs(const struct judgement *judged, enum role role)
{
    return judged->edges[role == ROLE_PTR ? EDGE_PTR : EDGE_FORWARD] == RESULT_FAIL;
}

static bool find_abilities(struct session *session, struct plan_input *input, struct error *e)
{
    struct subject subject;

    if (name_is_empty(&input->facts->wanted))
        return true;
    subject = ability_subject(input->facts, ROLE_FORWARD);
    if (session->options->kinds[STEP_FORWARD] && needs(input->judgement, ROLE_FORWARD) &&
        !ability_find(&session->config, &subject, &input->forward, e))
        return false;
    subject = ability_subject(input->facts, ROLE_PTR);
    return !session->options->kinds[STEP_PTR] || !needs(input->judgement, ROLE_PTR) ||
           ability_find(&session->config, &subject, &input->ptr, e);
}

/* All addresses of the target's machine whose names are known by now. */
static void find_pairs(const struct session *session, const char *machine, struct plan_input *input)
{
    input->pairs = mem_new(session->targets.count, sizeof *input->pairs);
    for (size_t i = 0; i < session->targets.count; i++) {
        const struct facts *facts = &session->identities[i].facts;
        if (session->targets.v[i].machine == NULL ||
            !str_equal(session->targets.v[i].machine, machine) || name_is_empty(&facts->wanted))
            continue;
        input->pairs[input->pair_count++] = (struct mta_pair){
            .address = *target_own_address(&session->targets.v[i]), .name = facts->wanted};
    }
}

static const struct machine *machine_of(const struct session *session, const struct target *target)
{
    return target->machine != NULL ? machines_find(&session->collector.machines, target->machine)
                                   : NULL;
}

/* The edits that would give the mail server of the target's machine the target's name. */
static void find_edits(struct session *session, const struct target *target,
                       struct plan_input *input, struct mta_edits *edits)
{
    const struct machine *machine = machine_of(session, target);
    struct mta_wish wish = {.name = input->facts->wanted};
    struct error e = {0};

    if (machine == NULL || machine->mta.mta == NULL || str_equal(target->mta, "none") ||
        name_is_empty(&wish.name))
        return;
    input->mta = &machine->mta;
    input->host = machine->ssh;
    find_pairs(session, machine->ssh, input);
    wish.pairs = input->pairs;
    wish.pair_count = input->pair_count;
    if (machine->mta.unknown[0] != '\0')
        str_cut(input->mta_reason, sizeof input->mta_reason, machine->mta.unknown);
    else if (machine->mta.mta->edit(&machine->mta, &wish, edits, &e))
        input->edits = edits;
    else
        str_cut(input->mta_reason, sizeof input->mta_reason, e.why);
}

/* Whether an account of ours may write the PTR; nothing is asked of the vendor. */
static bool ptr_by_program(struct session *session, const struct facts *facts)
{
    const struct subject subject = ability_subject(facts, ROLE_PTR);

    return ability_by_program(&session->config, &subject);
}

static bool mta_by_program(const struct session *session, const struct target *target)
{
    const struct machine *machine = machine_of(session, target);

    return machine != NULL && machine->mta.mta != NULL && machine->mta.unknown[0] == '\0' &&
           !str_equal(target->mta, "none") && host_is_root(machine->host);
}

/*
 * The repair that needs fewer people. All addresses of a machine that have one name now have to
 * come to the same new one, or each keeps its own.
 */
static bool choose_names(struct session *session, size_t target, struct name *name)
{
    const struct facts *first = &session->identities[target].facts;
    struct name other;
    bool any = false;

    for (size_t i = 0; i < session->targets.count; i++) {
        const struct target *t = &session->targets.v[i];
        const struct identity *identity = &session->identities[i];
        if (t->machine == NULL || session->targets.v[target].machine == NULL ||
            !str_equal(t->machine, session->targets.v[target].machine) ||
            !name_equal(&identity->facts.wanted, &first->wanted))
            continue;
        if (!plan_takes_ptr_name(&identity->facts, &identity->judgement,
                                 ptr_by_program(session, &identity->facts),
                                 mta_by_program(session, t), &other) ||
            (any && !name_equal(&other, name)))
            return false;
        *name = other;
        any = true;
    }
    return any;
}

static void prefer_fewer_people(struct session *session)
{
    const size_t count = session->targets.count;
    struct name *names = mem_new(count + 1, sizeof *names);

    for (size_t i = 0; i < count; i++)
        if (!choose_names(session, i, &names[i]))
            names[i] = (struct name){""};
    for (size_t i = 0; i < count; i++) {
        struct identity *identity = &session->identities[i];
        if (name_is_empty(&names[i]))
            continue;
        identity->facts.wanted = names[i];
        str_cut(identity->facts.wanted_from, sizeof identity->facts.wanted_from,
                "PTR: nobody else is needed for it");
        judgement_free(&identity->judgement);
        audit_target(&identity->facts, &identity->judgement);
    }
    free(names);
}

static bool make_plan(struct session *session, struct plan_input *inputs, struct mta_edits *edits,
                      struct error *e)
{
    struct plan_policy policy = {.forward_replace = session->config.forward_replace,
                                 .allow_private = session->config.allow_private,
                                 .max_changes = session->config.max_changes,
                                 .ttl_s = session->config.ttl_s};

    memcpy(policy.kinds, session->options->kinds, sizeof policy.kinds);
    prefer_fewer_people(session);
    for (size_t i = 0; i < session->targets.count; i++) {
        inputs[i].facts = &session->identities[i].facts;
        inputs[i].judgement = &session->identities[i].judgement;
        inputs[i].host = "";
        if (!find_abilities(session, &inputs[i], e))
            return false;
        find_edits(session, &session->targets.v[i], &inputs[i], &edits[i]);
    }
    return plan_make(inputs, session->targets.count, &policy, time(NULL), &session->plan, e);
}

bool session_plan(struct session *session, struct error *e)
{
    size_t count = session->targets.count;
    struct plan_input *inputs = mem_new(count + 1, sizeof *inputs);
    struct mta_edits *edits = mem_new(count + 1, sizeof *edits);
    bool ok = make_plan(session, inputs, edits, e);

    for (size_t i = 0; i < count; i++) {
        ability_free(&inputs[i].forward);
        ability_free(&inputs[i].ptr);
        mta_edits_free(&edits[i]);
        free(inputs[i].pairs);
    }
    free(inputs);
    free(edits);
    return ok;
}
