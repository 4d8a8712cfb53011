/* plan_json.c - a plan as a document: written for people and machines, read with distrust. */
#include "agent/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/digest.h"
#include "agent/base/json.h"
#include "agent/base/mem.h"

#define VALUES_MAX 256 /* of one step */

struct time_text time_text(time_t when)
{
    struct time_text text;
    struct tm parts;

    gmtime_r(&when, &parts);
    strftime(text.s, sizeof text.s, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

bool time_parse(const char *text, time_t *out)
{
    struct tm parts = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);

    if (end == NULL || *end != '\0')
        return false;
    *out = timegm(&parts);
    return true;
}

static const char *kind_text(const struct step *step)
{
    return step->action == ACTION_ASK ? "manual" : step_kind_text(step->kind);
}

/* Names of people and machines come from a configuration in any encoding; a document is UTF-8. */
static json_t *text_or_null(const char *text)
{
    char printable[1024];

    if (text[0] == '\0')
        return need(json_null());
    str_printable(printable, sizeof printable, text, strlen(text));
    return need(json_string(printable));
}

/* The part of a step that the plan's id stands for. */
static json_t *step_identity(const struct step *step)
{
    return need(json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "kind", kind_text(step),
                          "action", step_action_text(step->action), "target", step->target,
                          "provider", text_or_null(step->provider), "resource",
                          text_or_null(step->resource), "host", text_or_null(step->host), "before",
                          json_from_strings(&step->before), "after",
                          json_from_strings(&step->after)));
}

void plan_seal(struct plan *plan)
{
    json_t *steps = need(json_array());
    json_t *content;
    struct digest digest;
    char *text;

    for (size_t i = 0; i < plan->count; i++)
        json_array_append_new(steps, step_identity(&plan->steps[i]));
    content = need(json_pack("{s:s, s:o}", "format_version", "1.0", "steps", steps));
    text = json_canonical(content);
    digest = digest_of(text, strlen(text));
    snprintf(plan->id, sizeof plan->id, "%.12s", digest.hex);
    free(text);
    json_decref(content);
}

static json_t *undo_to_json(const struct step *step)
{
    const char *action = "update";

    if (step->action == ACTION_ASK)
        return need(json_null());
    if (step->kind != STEP_MTA && step->before.count == 0)
        action = "delete";
    return need(
        json_pack("{s:s, s:o}", "action", action, "value", json_from_strings(&step->before)));
}

static json_t *owner_to_json(const struct step *step)
{
    return need(json_pack("{s:s, s:o, s:b}", "role", owner_role_text(step->owner), "name",
                          text_or_null(step->owner_who.name), "can_fix",
                          step->action != ACTION_ASK));
}

static json_t *step_to_json(const struct step *step)
{
    json_t *object = step_identity(step);

    json_object_set_new(object, "id", need(json_string(step->id)));
    json_object_set_new(object, "ttl", json_integer(step->ttl_s));
    json_object_set_new(object, "requires", json_from_strings(&step->requires));
    json_object_set_new(object, "finding", need(json_string(catalog_entry(step->finding)->id)));
    json_object_set_new(object, "visible_within_seconds", json_integer(step->visible_s));
    json_object_set_new(object, "commands", json_from_strings(&step->commands));
    json_object_set_new(object, "changes", json_from_strings(&step->changes));
    json_object_set_new(object, "owner", owner_to_json(step));
    json_object_set_new(object, "undo", undo_to_json(step));
    json_object_set_new(
        object, "subject",
        need(json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", step_kind_text(step->kind), "address",
                       ip_text(&step->subject.ip).s, "name", step->subject.name.s, "record",
                       step->subject.owner.s, "zone", step->subject.zone.s)));
    if (step->ticket != NULL)
        json_object_set_new(object, "ticket", need(json_string(step->ticket)));
    return object;
}

static json_t *identities_of(const struct plan *plan)
{
    json_t *list = need(json_array());

    for (size_t i = 0; i < plan->count; i++) {
        const struct subject *subject = &plan->steps[i].subject;
        bool known = false;
        for (size_t k = 0; k < i; k++)
            known = known || ip_equal(&plan->steps[k].subject.ip, &subject->ip);
        if (!known)
            json_array_append_new(list,
                                  need(json_pack("{s:s, s:s}", "address", ip_text(&subject->ip).s,
                                                 "wanted", subject->name.s)));
    }
    return list;
}

/*
 * A digest over the whole document but itself, so that an edit is noticed wherever it is: the
 * plan's id stands for what the steps do, not for every detail of how.
 */
static struct digest document_digest(const json_t *document)
{
    json_t *copy = need(json_copy((json_t *)(uintptr_t)document));
    struct digest digest;
    char *text;

    json_object_del(copy, "digest");
    text = json_canonical(copy);
    digest = digest_of(text, strlen(text));
    free(text);
    json_decref(copy);
    return digest;
}

json_t *plan_to_json(const struct plan *plan)
{
    json_t *steps = need(json_array()), *document;

    for (size_t i = 0; i < plan->count; i++)
        json_array_append_new(steps, step_to_json(&plan->steps[i]));
    document = need(json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:[], s:o}",
                              "format", "namesake.plan", "format_version", "1.0", "namesake",
                              NAMESAKE_VERSION, "plan_id", plan->id, "created",
                              time_text(plan->created).s, "expires", time_text(plan->expires).s,
                              "create", (json_int_t)plan_count(plan, ACTION_CREATE), "update",
                              (json_int_t)plan_count(plan, ACTION_UPDATE), "delete",
                              (json_int_t)plan_count(plan, ACTION_DELETE), "manual",
                              (json_int_t)plan_count(plan, ACTION_ASK), "identities",
                              identities_of(plan), "diagnostics", "steps", steps));
    json_object_set_new(document, "digest", need(json_string(document_digest(document).hex)));
    return document;
}

/* Reading. */

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
    size_t kind;

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
    char text[sizeof step->target];
    size_t length;

    if (step->kind == STEP_MTA)
        return true;
    if (step->kind == STEP_FORWARD) {
        str_format(text, sizeof text, "%s %s", ip_record_type(step->subject.ip.family),
                   step->subject.name.s);
        return str_equal(step->target, text) &&
               name_equal(&step->subject.owner, &step->subject.name);
    }
    str_format(text, sizeof text, "PTR %s", ip_text(&step->subject.ip).s);
    length = strlen(text);
    return str_starts(step->target, text) &&
           (step->target[length] == '\0' || str_starts(step->target + length, " ("));
}

static bool check_step(const json_t *object, const struct step *step, struct error *e)
{
    if (!str_equal(json_string_or(object, "kind", ""), kind_text(step)) || !target_fits(step))
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
        !read_ticket(object, step, e))
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
    if (!str_equal(json_string_or(document, "digest", ""), document_digest(document).hex))
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
    if (!read_times(document, now, &plan, e)) {
        plan_free(&plan);
        return false;
    }
    *out = plan;
    return true;
}
