/* report_json.c - the documents of interface section 10. */
#include "agent/report_parts.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/mem.h"
#include "agent/report_trace.h"

json_t *text_json(const char *text)
{
    size_t length = strlen(text), size = 4 * length + 1;
    char *printable = mem_new(size, 1);
    json_t *value;

    str_printable(printable, size, text, length);
    value = need(json_string(printable));
    free(printable);
    return value;
}

json_t *text_or_null(const char *text)
{
    return text != NULL && text[0] ? text_json(text) : need(json_null());
}

static json_t *texts_json(const struct strings *list)
{
    json_t *array = need(json_array());

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, text_json(list->v[i]));
    return array;
}

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static json_t *seen_json(const struct rrset_facts *rrset)
{
    json_t *array = need(json_array());

    for (size_t i = 0; i < rrset->seen_count; i++) {
        const struct sighting *seen = &rrset->seen[i];
        json_t *object = need(json_object());
        set(object, "vantage", text_json(seen->vantage));
        set(object, "server", text_json(seen->server));
        set(object, "authoritative", json_boolean(seen->authoritative));
        set(object, "rcode", text_json(dns_rcode_text(seen->rcode)));
        set(object, "found", texts_json(&seen->values));
        set(object, "ttl", need(json_integer(seen->ttl_s)));
        json_array_append_new(array, object);
    }
    return array;
}

static const char *helo_state(const struct helo_facts *helo)
{
    static const char *const states[HELO_STATES] = {
        [HELO_NOT_ASKED] = "",
        [HELO_OBSERVED] = "observed",
        [HELO_CONFIGURED] = "configured",
        [HELO_UNKNOWN] = "unknown",
    };

    return states[helo->state];
}

static json_t *check_json(const struct identity *identity, enum check check)
{
    struct check_view view = check_view(identity, check);
    json_t *object = need(json_object());

    set(object, "check", text_json(check_text(check)));
    set(object, "result", text_json(result_text(identity->judgement.checks[check])));
    set(object, "found", texts_json(&view.found));
    set(object, "wanted", text_or_null(view.wanted));
    if (check == CHECK_HELO)
        set(object, "helo_state", text_or_null(helo_state(&identity->facts.helo)));
    if (view.set != NULL && view.set->asked) {
        set(object, "rcode", text_json(dns_rcode_text(view.set->rcode)));
        set(object, "seen", seen_json(view.set));
    }
    strings_free(&view.found);
    return object;
}

static json_t *finding_json(const struct finding *finding)
{
    const struct owner_facts *who = &finding->owner_who;
    json_t *object = need(json_object()), *owner = need(json_object());

    set(owner, "role", text_json(owner_role_text(finding->owner)));
    set(owner, "name", text_or_null(who->name));
    set(owner, "provider", text_or_null(who->provider));
    set(owner, "can_fix", json_boolean(who->can_fix));
    set(object, "id", text_json(catalog_entry(finding->id)->id));
    set(object, "severity", text_json(severity_text(finding->severity)));
    set(object, "summary", text_json(finding->summary));
    set(object, "why", text_json(finding->why));
    set(object, "who", text_json(finding->who));
    set(object, "owner", owner);
    set(object, "next", text_or_null(finding->next));
    set(object, "or", text_or_null(finding->alt));
    return object;
}

json_t *report_identity_json(const struct identity *identity, bool strict)
{
    const struct facts *facts = &identity->facts;
    const struct judgement *judged = &identity->judgement;
    json_t *object = need(json_object()), *edges = need(json_object());
    json_t *checks = need(json_array()), *findings = need(json_array());

    for (int i = 0; i < EDGE_COUNT; i++)
        set(edges, edge_text((enum edge)i), text_json(result_text(judged->edges[i])));
    for (int i = 0; i < CHECK_COUNT; i++)
        json_array_append_new(checks, check_json(identity, (enum check)i));
    for (size_t i = 0; i < judged->count; i++)
        json_array_append_new(findings, finding_json(&judged->findings[i]));
    set(object, "address", text_json(ip_text(&facts->address).s));
    if (!facts_from_here(facts))
        set(object, "vantage", text_json(facts->vantage));
    set(object, "family", text_json(ip_family_name(facts->address.family)));
    set(object, "wanted", text_or_null(facts->wanted.s));
    set(object, "wanted_from", text_or_null(facts->wanted.s[0] ? facts->wanted_from : ""));
    set(object, "verdict", text_json(verdict_text(judgement_verdict(judged, strict))));
    set(object, "iprev", text_or_null(iprev_text(judged->iprev)));
    set(object, "edges", edges);
    set(object, "checks", checks);
    set(object, "findings", findings);
    return object;
}

json_t *report_error_json(const struct error *error, const char *done)
{
    bool has_what = error->what[0] != '\0';
    json_t *object = need(json_object());

    set(object, "id", text_json(error_id(error->code)));
    set(object, "error", text_json(error_headline(error)));
    set(object, "why", text_or_null(has_what ? error->why : ""));
    set(object, "who", text_json(error->who[0] ? error->who : error_default_who(error->code)));
    set(object, "done", text_json(done[0] ? done : "nothing was changed"));
    set(object, "next", text_or_null(error->next));
    set(object, "or", text_or_null(error->alt));
    return object;
}

/* The format of a command's document (interface section 10). */
static const char *format_of(const struct report *report)
{
    if (is_command(report, "plan") || is_command(report, "ticket"))
        return "namesake.plan";
    if (is_result(report))
        return "namesake.result";
    if (report->probe_count > 0)
        return "namesake.trace";
    return is_command(report, "verify") ? "namesake.verify" : "namesake.audit";
}

static json_t *start_document(const struct report *report)
{
    json_t *document = need(json_object());

    set(document, "format", text_json(format_of(report)));
    set(document, "format_version", text_json("1.0"));
    set(document, "namesake", text_json(NAMESAKE_VERSION));
    return document;
}

static json_t *diagnostics_json(const struct report *report)
{
    json_t *array = need(json_array());

    if (report->error != NULL)
        json_array_append_new(array, report_error_json(report->error, report->done));
    return array;
}

static void set_outcome(json_t *step, const struct step_outcome *outcome)
{
    set(step, "state", text_json(step_state_text(outcome->state)));
    set(step, "seconds", need(json_integer(outcome->seconds)));
    set(step, "detail", text_or_null(outcome->detail));
}

static json_t *steps_json(const struct report *report)
{
    json_t *plan, *steps, *step;
    size_t i;

    if (report->plan == NULL)
        return need(json_array());
    plan = plan_to_json(report->plan);
    steps = need(json_incref(json_object_get(plan, "steps")));
    json_array_foreach(steps, i, step)
    {
        if (report->outcomes != NULL)
            set_outcome(step, &report->outcomes[i]);
    }
    json_decref(plan);
    return steps;
}

static void set_outcome_of_run(json_t *document, const struct report *report)
{
    bool has_id = report->plan != NULL && report->plan->count > 0;

    set(document, "changed", need(json_integer((json_int_t)report->changed)));
    set(document, "run", text_or_null(report->run));
    set(document, "plan_id", text_or_null(has_id ? report->plan->id : ""));
    set(document, "steps", steps_json(report));
    set(document, "undo", text_or_null(undo_command(report)));
}

static json_t *identities_json(const struct report *report)
{
    json_t *array = need(json_array());

    for (size_t i = 0; i < report->identity_count; i++)
        json_array_append_new(array, report_identity_json(&report->identities[i], report->strict));
    return array;
}

static json_t *vantages_json(const struct report *report)
{
    json_t *array = need(json_array());

    for (size_t i = 0; i < report->vantage_count; i++) {
        const struct vantage *vantage = report->vantages[i];
        json_t *object = need(json_object());
        set(object, "vantage", text_json(vantage->id));
        set(object, "reached", json_boolean(vantage->reached));
        set(object, "why", text_or_null(vantage->why));
        json_array_append_new(array, object);
    }
    return array;
}

/* The document of a plan that could not be made. */
static void set_no_plan(json_t *document)
{
    static const char *const counts[] = {"create", "update", "delete", "manual"};
    static const char *const absent[] = {"plan_id", "created", "expires"};

    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        set(document, absent[i], need(json_null()));
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        set(document, counts[i], need(json_integer(0)));
    set(document, "steps", need(json_array()));
}

json_t *report_document(const struct report *report)
{
    bool plan = str_equal(format_of(report), "namesake.plan");
    char summary[1024], next[384];
    json_t *document;

    if (plan && report->error == NULL && report->plan != NULL)
        return plan_to_json(report->plan);
    report_summary(report, summary, sizeof summary);
    report_next(report, next, sizeof next);
    document = start_document(report);
    set(document, "ok", json_boolean(report->exit_code == 0 && report->error == NULL));
    set(document, "exit_code", need(json_integer(report->exit_code)));
    set(document, "summary", text_json(summary));
    set(document, "next", text_or_null(next));
    if (plan)
        set_no_plan(document);
    if (is_result(report))
        set_outcome_of_run(document, report);
    if (report->probe_count > 0)
        set(document, "probes", report_probes_json(report));
    set(document, "identities", plan ? need(json_array()) : identities_json(report));
    set(document, "diagnostics", diagnostics_json(report));
    if (report->vantages != NULL)
        set(document, "vantages", vantages_json(report));
    return document;
}

void write_json(const struct report *report, const struct style *style, struct buf *out)
{
    json_t *document = report_document(report);
    char *text = json_text(document);

    (void)style;
    buf_text(out, text);
    free(text);
    json_decref(document);
}
