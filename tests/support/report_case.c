/* report_case.c - reading a report from JSON, for tests. */
#include "tests/support/report_case.h"

#include <check.h>
#include <stdio.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/mem.h"

static void text(const json_t *object, const char *path, char *out, size_t size)
{
    str_cut(out, size, json_string_or(object, path, ""));
}

static uint32_t number(const json_t *object, const char *path)
{
    return (uint32_t)json_integer_value(json_at(object, path));
}

static size_t choice(const json_t *object, const char *path, const char *const *choices,
                     size_t count)
{
    const char *word = json_string_or(object, path, choices[0]);

    for (size_t i = 0; i < count; i++)
        if (str_equal(choices[i], word))
            return i;
    ck_abort_msg("%s: \"%s\" is not known", path, word);
    return 0;
}

static void texts(const json_t *object, const char *path, struct strings *out)
{
    const json_t *list = json_at(object, path), *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        strings_add(out, json_string_value(item));
    }
}

static void read_owner(const json_t *document, const char *role, struct owner_facts *out)
{
    const json_t *owner = json_at(json_at(document, "owners"), role);

    text(owner, "name", out->name, sizeof out->name);
    text(owner, "provider", out->provider, sizeof out->provider);
    out->can_fix = json_is_true(json_at(owner, "can_fix"));
}

static void read_identities(const json_t *document, struct report_case *out)
{
    const json_t *list = json_at(document, "facts"), *item;
    struct error e = {0};
    size_t i;

    ck_assert_uint_le(json_array_size(list), CASE_IDENTITIES_MAX);
    json_array_foreach(list, i, item)
    {
        struct identity *identity = &out->identities[i];
        ck_assert_msg(facts_from_json(item, &identity->facts, &e), "%s: %s", e.what, e.why);
        read_owner(document, "ptr", facts_set_owner(&identity->facts, OWNER_IP));
        read_owner(document, "forward", facts_set_owner(&identity->facts, OWNER_DNS));
        read_owner(document, "mta", facts_set_owner(&identity->facts, OWNER_MTA));
        facts_decide_name(&identity->facts);
        audit_target(&identity->facts, &identity->judgement);
        out->report.identity_count++;
    }
    out->report.identities = out->identities;
}

static void read_outcome(const json_t *item, struct step_outcome *out, struct report_case *given)
{
    static const char *const states[] = {"open", "done", "pending", "failed"};
    const json_t *outcome = json_at(item, "outcome");

    if (outcome == NULL)
        return;
    out->state = (enum step_state)choice(outcome, "state", states, STEP_STATES);
    out->seconds = number(outcome, "seconds");
    text(outcome, "detail", out->detail, sizeof out->detail);
    given->report.outcomes = given->outcomes;
}

static void read_step(const json_t *item, size_t index, struct step *step)
{
    static const char *const kinds[] = {"forward", "ptr", "mta"};
    static const char *const actions[] = {"update", "create", "delete", "ask"};
    static const enum step_action meant[] = {ACTION_UPDATE, ACTION_CREATE, ACTION_DELETE,
                                             ACTION_ASK};
    static const enum owner_role owners[] = {OWNER_DNS, OWNER_IP, OWNER_MTA};

    step->kind = (enum step_kind)choice(item, "kind", kinds, STEP_KINDS);
    step->action = meant[choice(item, "action", actions, 4)];
    snprintf(step->id, sizeof step->id, "s%zu", index + 1);
    text(item, "target", step->target, sizeof step->target);
    text(item, "provider", step->provider, sizeof step->provider);
    text(item, "host", step->host, sizeof step->host);
    text(item, "name", step->subject.name.s, sizeof step->subject.name.s);
    step->subject.owner = step->subject.name;
    text(item, "owner", step->owner_who.name, sizeof step->owner_who.name);
    ck_assert(ip_parse(json_string_or(item, "address", "203.0.113.25"), &step->subject.ip));
    texts(item, "before", &step->before);
    texts(item, "after", &step->after);
    texts(item, "requires", &step->requires);
    texts(item, "commands", &step->commands);
    texts(item, "changes", &step->changes);
    step->ttl_s = number(item, "ttl");
    step->visible_s = number(item, "visible");
    step->owner = owners[step->kind];
    step->finding = FIND_PTR_GENERIC;
    if (json_at(item, "ticket") != NULL)
        step->ticket = mem_text(json_string_or(item, "ticket", ""));
}

static void read_plan(const json_t *document, struct report_case *out)
{
    const json_t *list = json_at(document, "steps"), *item;
    size_t i;

    if (list == NULL)
        return;
    ck_assert_uint_le(json_array_size(list), CASE_STEPS_MAX);
    out->plan.steps = mem_new(CASE_STEPS_MAX, sizeof *out->plan.steps);
    ck_assert(time_parse("2026-11-23T03:12:07Z", &out->plan.created));
    out->plan.expires = out->plan.created + (time_t)PLAN_LIFETIME_S;
    json_array_foreach(list, i, item)
    {
        read_step(item, i, &out->plan.steps[out->plan.count++]);
        read_outcome(item, &out->outcomes[i], out);
    }
    text(document, "plan_id", out->plan.id, sizeof out->plan.id);
    if (out->plan.id[0] == '\0')
        plan_seal(&out->plan);
    out->report.plan = &out->plan;
}

static void read_error(const json_t *document, struct report_case *out)
{
    const json_t *object = json_at(document, "error");
    int code = 0;

    if (object == NULL)
        return;
    while (code < ERR_COUNT &&
           !str_equal(error_id((enum err)code), json_string_or(object, "id", "")))
        code++;
    ck_assert_int_lt(code, ERR_COUNT);
    out->error.code = (enum err)code;
    text(object, "what", out->error.what, sizeof out->error.what);
    text(object, "why", out->error.why, sizeof out->error.why);
    text(object, "who", out->error.who, sizeof out->error.who);
    text(object, "next", out->error.next, sizeof out->error.next);
    text(object, "or", out->error.alt, sizeof out->error.alt);
    out->report.error = &out->error;
}

static json_t *read_document(const char *path)
{
    struct buf content = BUF_INIT((size_t)1 << 20);
    struct error e = {0};
    json_t *document;

    ck_assert_msg(file_read(path, &content, &e), "%s: %s", path, e.why);
    document = json_parse(buf_string(&content), content.length, &e);
    ck_assert_msg(document != NULL, "%s: %s", path, e.why);
    buf_free(&content);
    return document;
}

void report_case_read(const char *path, struct report_case *out)
{
    json_t *document = read_document(path);
    struct report *report = &out->report;

    *out = (struct report_case){.document = document};
    report->command = json_string_or(document, "command", "audit");
    report->strict = json_is_true(json_at(document, "strict"));
    report->streamed = json_is_true(json_at(document, "streamed"));
    report->plan_name = json_string_or(document, "plan_name", NULL);
    report->run = json_string_or(document, "run", NULL);
    report->exit_code = (int)number(document, "exit_code");
    report->changed = number(document, "changed");
    text(document, "done", report->done, sizeof report->done);
    text(document, "next", report->next, sizeof report->next);
    read_identities(document, out);
    read_plan(document, out);
    read_error(document, out);
}

void report_case_free(struct report_case *given)
{
    for (size_t i = 0; i < given->report.identity_count; i++) {
        facts_free(&given->identities[i].facts);
        judgement_free(&given->identities[i].judgement);
    }
    plan_free(&given->plan);
    json_decref(given->document);
}
