/* report_parts.c - the pieces that more than one format shows. */
#include "agent/report_parts.h"

#include <stdio.h>
#include <string.h>

/* Whether the greeting says the wanted name, wherever it stands in it. */
static bool greets_rightly(const struct identity *identity)
{
    const enum result banner = identity->judgement.checks[CHECK_BANNER];

    return (banner == RESULT_OK || banner == RESULT_WARN) &&
           !name_is_empty(&identity->facts.wanted);
}

static void view_names(const struct identity *identity, enum check check, struct check_view *view)
{
    const struct facts *facts = &identity->facts;
    struct name name = {""};

    str_cut(view->wanted, sizeof view->wanted, facts->wanted.s);
    if (check == CHECK_BANNER && greets_rightly(identity))
        strings_add(&view->found, facts->wanted.s);
    else if (check == CHECK_BANNER && banner_name(&facts->banner, &name) && name.s[0])
        strings_add(&view->found, name.s);
    if (check == CHECK_HELO && facts->helo.value[0])
        strings_add(&view->found, facts->helo.value);
    if (check != CHECK_PTR)
        return;
    view->set = &facts->reverse.ptr;
    view->found = strings_copy(&facts->reverse.ptr.values);
}

static void view_addresses(const struct facts *facts, enum check check, struct check_view *view)
{
    const struct forward_facts *forward = facts_forward(facts, &facts->wanted);

    str_cut(view->wanted, sizeof view->wanted, ip_text(&facts->address).s);
    if (check == CHECK_FORWARD && forward != NULL && facts->wanted.s[0]) {
        view->set = forward_set(forward, facts->address.family);
        view->found = strings_copy(&view->set->values);
    }
    if (check == CHECK_PATH && facts->path.relay[0])
        strings_add(&view->found, facts->path.relay);
    else if (check == CHECK_PATH && facts->helo.seen_ip.family != IP_NONE)
        strings_add(&view->found, ip_text(&facts->helo.seen_ip).s);
}

/* Who repairs a check that is not ok: the owner of its first finding, or who usually does. */
static enum owner_role check_owner(const struct judgement *judged, enum check check)
{
    static const enum owner_role usual[CHECK_COUNT] = {
        [CHECK_PTR] = OWNER_IP,      [CHECK_BANNER] = OWNER_MTA, [CHECK_HELO] = OWNER_MTA,
        [CHECK_FORWARD] = OWNER_DNS, [CHECK_PATH] = OWNER_MTA,
    };
    enum result result = judged->checks[check];

    if (result == RESULT_OK || result == RESULT_SKIPPED)
        return OWNER_NOBODY;
    for (size_t i = 0; i < judged->count; i++) {
        const struct finding *finding = &judged->findings[i];
        if (finding->check == check && finding->id != FIND_DNS_TEMPORARY &&
            finding->severity != SEVERITY_INFO)
            return finding->owner;
    }
    return usual[check];
}

struct check_view check_view(const struct identity *identity, enum check check)
{
    struct check_view view = {.owner = check_owner(&identity->judgement, check)};

    if (check == CHECK_FORWARD || check == CHECK_PATH)
        view_addresses(&identity->facts, check, &view);
    else
        view_names(identity, check, &view);
    return view;
}

struct greeting_names greeting_names(const struct identity *identity)
{
    const struct facts *facts = &identity->facts;
    const struct helo_facts *helo = &facts->helo;
    struct greeting_names names = {{0}, {0}};
    struct name name;

    if (helo->state == HELO_OBSERVED || helo->state == HELO_CONFIGURED)
        str_cut(names.helo, sizeof names.helo,
                name_parse_host(helo->value, &name) == NAME_GOOD ? name.s : helo->value);
    if (greets_rightly(identity))
        str_cut(names.banner, sizeof names.banner, facts->wanted.s);
    else if (!facts->banner_off && banner_name(&facts->banner, &name))
        str_cut(names.banner, sizeof names.banner, name.s[0] ? name.s : "(no name)");
    return names;
}

static int gravity(enum verdict verdict)
{
    return verdict == VERDICT_NOT_ALIGNED ? 2 : verdict == VERDICT_UNKNOWN ? 1 : 0;
}

/* The worst that any place saw of an address; *first: whether it is the first that is told of it. */
static enum verdict worst_verdict(const struct report *report, size_t index, bool *first)
{
    const struct identity *all = report->identities;
    enum verdict worst = judgement_verdict(&all[index].judgement, report->strict), other;

    *first = true;
    for (size_t i = 0; report->vantage_count > 1 && i < report->identity_count; i++) {
        if (i == index || !ip_equal(&all[i].facts.address, &all[index].facts.address))
            continue;
        *first = *first && i > index;
        other = judgement_verdict(&all[i].judgement, report->strict);
        worst = gravity(other) > gravity(worst) ? other : worst;
    }
    return worst;
}

struct tally tally_of(const struct report *report)
{
    struct tally tally = {0};
    bool first;

    for (size_t i = 0; i < report->identity_count; i++) {
        enum verdict verdict = worst_verdict(report, i, &first);

        if (!first)
            continue;
        tally.all++;
        switch (verdict) {
        case VERDICT_ALIGNED:
            tally.aligned++;
            break;
        case VERDICT_NOT_ALIGNED:
            tally.failed++;
            break;
        case VERDICT_UNKNOWN:
            tally.unknown++;
            break;
        }
    }
    return tally;
}

struct count_text count_text(size_t count, const char *one, const char *many)
{
    struct count_text text;

    snprintf(text.s, sizeof text.s, "%zu %.32s", count, count == 1 ? one : many);
    return text;
}

struct count_text plan_counts_text(const struct plan *plan)
{
    struct count_text text;

    snprintf(text.s, sizeof text.s, "%zu to add, %zu to change, %zu to remove, %zu by hand",
             plan_count(plan, ACTION_CREATE), plan_count(plan, ACTION_UPDATE),
             plan_count(plan, ACTION_DELETE), plan_count(plan, ACTION_ASK));
    return text;
}

void enumerate(const struct strings *list, struct buf *out)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *separator = i + 1 == list->count ? " and " : ", ";
        buf_printf(out, "%s%s", i > 0 ? separator : "", list->v[i]);
    }
}

struct count_text changed_text(const struct report *report)
{
    struct count_text text;

    snprintf(text.s, sizeof text.s, "%s %zu of %zu.",
             is_command(report, "rollback") ? "Undid" : "Changed", report->changed,
             plan_changes(report->plan));
    return text;
}

char step_sign(enum step_action action)
{
    static const char signs[] = {
        [ACTION_CREATE] = '+', [ACTION_UPDATE] = '~', [ACTION_DELETE] = '-', [ACTION_ASK] = '@'};

    return signs[action];
}

const char *step_subject(const struct step *step)
{
    bool ptr = step->kind == STEP_PTR && str_starts(step->target, "PTR ");

    return step->target + (ptr ? strlen("PTR ") : 0);
}

struct holder_text step_holder(const struct step *step)
{
    const char *owner = step->owner_who.name;
    struct holder_text text;

    if (step->action == ACTION_ASK)
        snprintf(text.s, sizeof text.s, "%s, by hand",
                 owner[0] ? owner : owner_role_words(step->owner));
    else if (step->kind == STEP_MTA)
        str_cut(text.s, sizeof text.s, "root");
    else
        snprintf(text.s, sizeof text.s, "%s%s\"%s\"", owner, owner[0] ? " " : "", step->provider);
    return text;
}

size_t step_number(const struct step *step)
{
    uint64_t number = 0;

    if (step->id[0] != 's' || !str_uint(step->id + 1, 1, PLAN_STEPS_MAX, &number))
        return 0;
    return (size_t)number;
}

const char *step_state_text(enum step_state state)
{
    static const char *const texts[STEP_STATES] = {"open", "done", "pending", "failed"};

    return texts[state];
}

bool is_command(const struct report *report, const char *command)
{
    return report->command != NULL && str_equal(report->command, command);
}

bool is_result(const struct report *report)
{
    return is_command(report, "apply") || is_command(report, "rollback");
}

const char *undo_command(const struct report *report)
{
    return is_command(report, "apply") && report->changed > 0 ? "namesake rollback last" : "";
}

bool has_warning(const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->count; i++)
        if (judgement->findings[i].severity == SEVERITY_WARN)
            return true;
    return false;
}

const struct finding *worst_finding(const struct judgement *judgement)
{
    const struct finding *worst = NULL;

    for (size_t i = 0; i < judgement->count; i++)
        if (worst == NULL || judgement->findings[i].severity < worst->severity)
            worst = &judgement->findings[i];
    return worst;
}

const char *error_headline(const struct error *error)
{
    if (error->what[0] != '\0')
        return error->what;
    return error->why[0] != '\0' ? error->why : error_id(error->code);
}
