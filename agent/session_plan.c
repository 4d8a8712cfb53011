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
        input->pairs[input->pair_count++] =
            (struct mta_pair){.address = facts->address, .name = facts->wanted};
    }
}

/* The edits that would give the mail server of the target's machine the target's name. */
static void find_edits(struct session *session, const struct target *target,
                       struct plan_input *input, struct mta_edits *edits)
{
    const struct machine *machine =
        target->machine != NULL ? machines_find(&session->collector.machines, target->machine)
                                : NULL;
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

static bool make_plan(struct session *session, struct plan_input *inputs, struct mta_edits *edits,
                      struct error *e)
{
    struct plan_policy policy = {.forward_replace = session->config.forward_replace,
                                 .allow_private = session->config.allow_private,
                                 .max_changes = session->config.max_changes,
                                 .ttl_s = session->config.ttl_s};

    memcpy(policy.kinds, session->options->kinds, sizeof policy.kinds);
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
