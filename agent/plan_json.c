/* plan_json.c - a plan as a document, for people and machines. */
#include "agent/plan_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/digest.h"
#include "agent/base/json.h"
#include "agent/base/mem.h"

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

const char *step_shown_kind(const struct step *step)
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
    return need(json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "kind", step_shown_kind(step),
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

/* The addresses of the mail server and their names, which decide what its services shall say. */
static json_t *pairs_to_json(const struct step *step)
{
    json_t *list = need(json_array());

    for (size_t i = 0; i < step->pair_count; i++)
        json_array_append_new(
            list, need(json_pack("{s:s, s:s}", "address", ip_text(&step->pairs[i].address).s,
                                 "name", step->pairs[i].name.s)));
    return list;
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
    if (step->pair_count > 0)
        json_object_set_new(object, "pairs", pairs_to_json(step));
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
struct digest plan_digest(const json_t *document)
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
    json_object_set_new(document, "digest", need(json_string(plan_digest(document).hex)));
    return document;
}
