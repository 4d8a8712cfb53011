/* plan_read.c - a plan's document, read with distrust. */
#include "agent/plan_json.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/mem.h"

#define CLOCKS_DIFFER_S 300 /* between the machine that planned and the one that applies */
#define VALUES_MAX 256      /* of one step */

static bool read_text(const json_t *object, const char *path, char *out, size_t size,
                      struct error *e)
{
    const json_t *value = json_at(object, path);
    const char *text;

    out[0] = '\0';
    if (value == NULL)
        return true;
    if (!json_get_string(object, path, &text, e))
        return false;
    if (strlen(text) >= size)
        return fail(e, ERR_PLAN_DAMAGED, "\"%s\" is too long", path);
    str_printable(out, size, text, strlen(text));
    return str_equal(out, text) ||
           fail(e, ERR_PLAN_DAMAGED, "\"%s\" has characters that do not belong there", path);
}

static bool read_choice(const json_t *object, const char *path, const char *const *choices,
                        size_t count, size_t *out, struct error *e)
{
    char text[32];

    *out = 0;
    if (!read_text(object, path, text, sizeof text, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (str_equal(choices[i], text)) {
            *out = i;
            return true;
        }
    return fail(e, ERR_PLAN_DAMAGED, "\"%s\" is \"%s\", which is not known", path, text);
}

static bool read_name(const json_t *object, const char *path, struct name *out, struct error *e)
{
    char text[NAME_MAX_TEXT];

    *out = (struct name){0};
    if (!read_text(object, path, text, sizeof text, e))
        return false;
    return text[0] == '\0' || name_from_dns(text, out) ||
           fail(e, ERR_PLAN_DAMAGED, "\"%s\" is no name", path);
}

static bool read_subject(const json_t *object, struct step *step, struct error *e)
{
    static const char *const kinds[STEP_KINDS] = {"forward", "ptr", "mta"};
    char address[64];
    size_t kind = 0;

    if (!read_choice(object, "subject.kind", kinds, STEP_KINDS, &kind, e) ||
        !read_text(object, "subject.address", address, sizeof address, e) ||
        !read_name(object, "subject.name", &step->subject.name, e) ||
        !read_name(object, "subject.record", &step->subject.owner, e) ||
        !read_name(object, "subject.zone", &step->subject.zone, e))
        return false;
    step->kind = (enum step_kind)kind;
    step->subject.role = step->kind == STEP_PTR ? ROLE_PTR : ROLE_FORWARD;
    return ip_parse(address, &step->subject.ip) ||
           fail(e, ERR_PLAN_DAMAGED, "\"subject.address\" is no address");
}

static bool read_pairs(const json_t *object, struct step *step, struct error *e)
{
    const json_t *list = json_at(object, "pairs"), *pair;
    char address[64];
    size_t i;

    if (json_array_size(list) > VALUES_MAX)
        return fail(e, ERR_PLAN_DAMAGED, "\"pairs\" has too many elements");
    step->pairs = mem_new(json_array_size(list), sizeof *step->pairs);
    json_array_foreach(list, i, pair)
    {
        struct mta_pair *out = &step->pairs[step->pair_count++];
        if (!read_text(pair, "address", address, sizeof address, e) ||
            !read_name(pair, "name", &out->name, e))
            return false;
        if (!ip_parse(address, &out->address))
            return fail(e, ERR_PLAN_DAMAGED, "\"pairs\" has an address that is none");
    }
    return true;
}

static bool read_owner(const json_t *object, struct step *step, struct error *e)
{
    char finding[64];

    for (int i = 0; i < OWNER_COUNT; i++)
        if (str_equal(json_string_or(object, "owner.role", ""),
                      owner_role_text((enum owner_role)i)))
            step->owner = (enum owner_role)i;
    step->owner_who.can_fix = json_is_true(json_at(object, "owner.can_fix"));
    if (!read_text(object, "owner.name", step->owner_who.name, sizeof step->owner_who.name, e) ||
        !read_text(object, "finding", finding, sizeof finding, e))
        return false;
    return catalog_find(finding, &step->finding) ||
           fail(e, ERR_PLAN_DAMAGED, "\"finding\" is not known: \"%s\"", finding);
}

static bool read_values(const json_t *object, const char *path, struct strings *out,
                        struct error *e)
{
    char printable[1024];

    if (!json_get_strings(object, path, out, e))
        return false;
    if (out->count > VALUES_MAX)
        return fail(e, ERR_PLAN_DAMAGED, "\"%s\" has too many values", path);
    for (size_t i = 0; i < out->count; i++) {
        str_printable(printable, sizeof printable, out->v[i], strlen(out->v[i]));
        if (!str_equal(printable, out->v[i]))
            return fail(e, ERR_PLAN_DAMAGED, "\"%s\" has characters that do not belong there",
                        path);
    }
    return true;
}

static bool read_seconds(const json_t *object, const char *path, uint32_t *out, struct error *e)
{
    int64_t value;

    if (!json_get_int(object, path, 0, UINT32_MAX, &value, e))
        return false;
    *out = (uint32_t)value;
    return true;
}

/* A letter of several lines, each of them fit to be shown. */
static bool read_ticket(const json_t *object, struct step *step, struct error *e)
{
    const char *text;
    char printable[1024];

    if (json_at(object, "ticket") == NULL)
        return true;
    if (!json_get_string(object, "ticket", &text, e))
        return false;
    struct cursor c = cursor_of(text, strlen(text)), line;
    while (cursor_line(&c, &line)) {
        size_t length = (size_t)(line.end - line.at);
        str_printable(printable, sizeof printable, line.at, length);
        if (strlen(printable) != length || memcmp(printable, line.at, length) != 0)
            return fail(e, ERR_PLAN_DAMAGED, "\"ticket\" has characters that do not belong there");
    }
    step->ticket = mem_text(text);
    return true;
}

/* Addresses of one family, or host names: nothing else may reach a provider. */
static bool values_fit(const struct step *step, const struct strings *values)
{
    struct ip ip;
    struct name name;

    for (size_t i = 0; i < values->count; i++) {
        bool fits = step->kind == STEP_FORWARD
                        ? ip_parse(values->v[i], &ip) && ip.family == step->subject.ip.family
                        : name_from_dns(values->v[i], &name);
        if (!fits)
            return false;
    }
    return true;
}

/* What a reader sees, `target`, has to be what is done, `subject`. */
static bool target_fits(const struct step *step)
{
    bool forward = step->kind == STEP_FORWARD;
    char text[sizeof step->target];
    size_t length;

    if (step->kind == STEP_MTA)
        return true;
    str_format(text, sizeof text, "%s %s",
               forward ? ip_record_type(step->subject.ip.family) : "PTR",
               forward ? step->subject.name.s : ip_text(&step->subject.ip).s);
    length = strlen(text);
    return str_starts(step->target, text) &&
           (step->target[length] == '\0' || str_starts(step->target + length, " (")) &&
           (!forward || name_equal(&step->subject.owner, &step->subject.name));
}

static bool check_step(const json_t *object, const struct step *step, struct error *e)
{
    if (!str_equal(json_string_or(object, "kind", ""), step_shown_kind(step)) || !target_fits(step))
        return fail(e, ERR_PLAN_DAMAGED, "what it says of step %.20s is not what that step does",
                    step->id);
    if ((step->action == ACTION_ASK) != (step->provider[0] == '\0'))
        return fail(e, ERR_PLAN_DAMAGED, "nobody, or somebody without need, makes step %.20s",
                    step->id);
    if (step->kind != STEP_MTA &&
        (!values_fit(step, &step->before) || !values_fit(step, &step->after)))
        return fail(e, ERR_PLAN_DAMAGED, "step %.20s sets something that no such record holds",
                    step->id);
    return true;
}

static bool read_step(const json_t *object, struct step *step, struct error *e)
{
    static const char *const actions[] = {"create", "update", "delete", "ask"};
    size_t action;

    if (!read_choice(object, "action", actions, 4, &action, e) || !read_subject(object, step, e) ||
        !read_owner(object, step, e) || !read_text(object, "id", step->id, sizeof step->id, e) ||
        !read_text(object, "target", step->target, sizeof step->target, e) ||
        !read_text(object, "provider", step->provider, sizeof step->provider, e) ||
        !read_text(object, "resource", step->resource, sizeof step->resource, e) ||
        !read_text(object, "host", step->host, sizeof step->host, e) ||
        !read_values(object, "before", &step->before, e) ||
        !read_values(object, "after", &step->after, e) ||
        !read_values(object, "requires", &step->requires, e) ||
        !read_values(object, "commands", &step->commands, e) ||
        !read_values(object, "changes", &step->changes, e) ||
        !read_seconds(object, "ttl", &step->ttl_s, e) ||
        !read_seconds(object, "visible_within_seconds", &step->visible_s, e) ||
        !read_pairs(object, step, e) || !read_ticket(object, step, e))
        return false;
    step->action = (enum step_action)action;
    return check_step(object, step, e);
}

/* Each step has an id of its own and waits only for earlier ones. */
static bool check_order(const struct plan *plan, struct error *e)
{
    const struct plan earlier = {.steps = plan->steps, .count = plan->count - 1};
    const struct step *last = &plan->steps[plan->count - 1];

    if (last->id[0] == '\0' || plan_step(&earlier, last->id) != NULL)
        return fail(e, ERR_PLAN_DAMAGED, "the step id \"%s\" is empty or there twice", last->id);
    for (size_t i = 0; i < last->requires.count; i++)
        if (plan_step(&earlier, last->requires.v[i]) == NULL)
            return fail(e, ERR_PLAN_DAMAGED,
                        "step %s waits for \"%.20s\", which is no earlier step", last->id,
                        last->requires.v[i]);
    return true;
}

static bool read_times(const json_t *document, time_t now, struct plan *plan, struct error *e)
{
    if (!time_parse(json_string_or(document, "created", ""), &plan->created) ||
        !time_parse(json_string_or(document, "expires", ""), &plan->expires) ||
        plan->expires > plan->created + PLAN_LIFETIME_S)
        return fail(e, ERR_PLAN_DAMAGED, "\"created\" and \"expires\" are not as a plan has them");
    if (now != 0 && now >= plan->expires)
        return fail(e, ERR_PLAN_EXPIRED, "it was made at %s and held until %s",
                    time_text(plan->created).s, time_text(plan->expires).s);
    if (now != 0 && now < plan->created - CLOCKS_DIFFER_S)
        return fail(e, ERR_PLAN_EXPIRED, "it was made at %s, and now it is %s: a clock is wrong",
                    time_text(plan->created).s, time_text(now).s);
    return true;
}

static bool read_steps(const json_t *document, struct plan *plan, struct error *e)
{
    const json_t *steps;
    json_t *item;
    size_t i;

    if (!json_get_array(document, "steps", &steps, e))
        return false;
    if (json_array_size(steps) > PLAN_STEPS_MAX)
        return fail(e, ERR_PLAN_DAMAGED, "it has more than %d steps", PLAN_STEPS_MAX);
    plan->steps = mem_new(json_array_size(steps) + 1, sizeof *plan->steps);
    json_array_foreach(steps, i, item)
    {
        plan->count++;
        if (!read_step(item, &plan->steps[i], e) || !check_order(plan, e))
            return error_what(e, "cannot read step %zu", i + 1);
    }
    return true;
}

static bool check_format(const json_t *document, struct error *e)
{
    if (!str_equal(json_string_or(document, "format", ""), "namesake.plan"))
        return fail(e, ERR_PLAN_DAMAGED, "it is no plan of namesake: \"format\" is \"%.40s\"",
                    json_string_or(document, "format", ""));
    if (!str_starts(json_string_or(document, "format_version", ""), "1."))
        return fail(e, ERR_PLAN_DAMAGED, "its format_version is \"%.20s\"; this program reads 1.x",
                    json_string_or(document, "format_version", ""));
    if (!str_equal(json_string_or(document, "digest", ""), plan_digest(document).hex))
        return fail(e, ERR_PLAN_DAMAGED,
                    "its digest does not fit its content: it was edited, or "
                    "came only in part");
    return true;
}

bool plan_steps_from_json(const json_t *document, struct plan *out, struct error *e)
{
    struct plan plan = {0};

    if (!read_steps(document, &plan, e)) {
        plan_free(&plan);
        return false;
    }
    plan_seal(&plan);
    *out = plan;
    return true;
}

bool plan_from_json(const json_t *document, time_t now, struct plan *out, struct error *e)
{
    struct plan plan = {0};
    const char *id = json_string_or(document, "plan_id", "");
    bool holds;

    if (!check_format(document, e))
        return false;
    if (!read_steps(document, &plan, e)) {
        e->code = ERR_PLAN_DAMAGED;
        plan_free(&plan);
        return false;
    }
    plan_seal(&plan);
    if (!str_equal(plan.id, id)) {
        fail(e, ERR_PLAN_DAMAGED, "its id is %.12s, its steps have the id %s: it was edited", id,
             plan.id);
        plan_free(&plan);
        return false;
    }
    holds = read_times(document, now, &plan, e);
    if (holds || e->code == ERR_PLAN_EXPIRED)
        *out = plan;
    else
        plan_free(&plan);
    return holds;
}
