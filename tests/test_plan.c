/* test_plan.c - the planner against every scenario of cases/plan, and plans as documents. */
#include "agent/plan.h"

#include "agent/base/json.h"
#include "agent/base/mem.h"
#include "tests/support/cases.h"
#include "tests/support/unit.h"

#include <string.h>

#define NOW 1795403527 /* 2026-11-23T03:12:07Z */

static struct strings files;

static bool never_read(struct account *account, const struct subject *subject,
                       struct holding *holding, struct error *e)
{
    (void)account, (void)subject, (void)holding;
    return fail(e, ERR_INTERNAL, "planning read something");
}

static bool never_write(struct account *account, const struct subject *subject,
                        const struct holding *before, const struct strings *after, uint32_t ttl_s,
                        struct error *e)
{
    (void)account, (void)subject, (void)before, (void)after, (void)ttl_s;
    return fail(e, ERR_INTERNAL, "planning wrote something");
}

static const struct provider program = {
    .type = "program", .read = never_read, .write = never_write};
static const struct provider person = {.type = "manual"};
static const struct mta postfix = {.name = "postfix", .title = "Postfix"};

/* One target of a scenario, with all that it owns. */
struct given {
    struct facts facts;
    struct judgement judgement;
    struct account forward, ptr;
    struct mta_facts mta;
    struct mta_edits edits;
    struct mta_pair pair;
    struct host_file *files;
};

#define TARGETS_MAX 64

struct scenario {
    const char *path;
    json_t *document;
    const json_t *expect;
    struct given given[TARGETS_MAX];
    struct plan_input inputs[TARGETS_MAX];
    size_t count;
    struct plan_policy policy;
};

static const char *const scenario_keys[] = {"about", "given", "expect", NULL};
static const char *const given_keys[] = {"targets", "policy", NULL};
static const char *const target_keys[] = {"facts", "forward", "ptr", "mta", NULL};
static const char *const account_keys[] = {"account",  "by_hand",     "holds", "ttl",
                                           "resource", "side_effect", NULL};
static const char *const mta_keys[] = {"host",    "setting", "before", "files",
                                       "changes", "why",     NULL};
static const char *const policy_keys[] = {"only",          "forward", "max_changes",
                                          "allow_private", "ttl",     NULL};
static const char *const expect_keys[] = {"steps", "error", "why", NULL};

static void add_texts(const json_t *list, struct strings *out)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item) strings_add(out, json_string_value(item));
}

static void read_ability(const char *path, const json_t *object, struct account *account,
                         struct ability *out)
{
    if (object == NULL)
        return;
    cases_know(path, object, account_keys);
    account->provider = json_is_true(json_at(object, "by_hand")) ? &person : &program;
    str_cut(account->id, sizeof account->id, json_string_or(object, "account", "?"));
    out->account = account;
    add_texts(json_at(object, "holds"), &out->holding.values);
    out->holding.ttl_s = (uint32_t)json_integer_value(json_at(object, "ttl"));
    str_cut(out->holding.resource, sizeof out->holding.resource,
            json_string_or(object, "resource", ""));
    str_cut(out->holding.side_effect, sizeof out->holding.side_effect,
            json_string_or(object, "side_effect", ""));
}

/* "changes": {"myhostname": "mail.example.com", ...}; a value of null removes the setting. */
static void read_edits(const json_t *object, struct given *given)
{
    const json_t *names = json_at(object, "files");
    struct mta_edits *edits = &given->edits;
    const char *parameter;
    json_t *value;

    edits->file_count = json_array_size(names);
    edits->files = mem_new(edits->file_count, sizeof *edits->files);
    given->files = mem_new(edits->file_count, sizeof *given->files);
    for (size_t i = 0; i < edits->file_count; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        given->files[i] = (struct host_file){.path = mem_text(name), .target = mem_text(name)};
        edits->files[i].file = &given->files[i];
    }
    edits->changes = mem_new(json_object_size(json_at(object, "changes")), sizeof *edits->changes);
    json_object_foreach((json_t *)(uintptr_t)json_at(object, "changes"), parameter, value)
    {
        struct mta_change *change = &edits->changes[edits->change_count++];
        str_cut(change->file, sizeof change->file, "main.cf");
        str_cut(change->parameter, sizeof change->parameter, parameter);
        change->after = mem_text(json_string_value(value));
    }
    str_cut(edits->setting, sizeof edits->setting, json_string_or(object, "setting", "myhostname"));
    str_cut(edits->before, sizeof edits->before, json_string_or(object, "before", ""));
    strings_add(&edits->commands, "postfix check");
    strings_add(&edits->commands, "postfix reload");
}

static void read_mta(const char *path, const json_t *object, struct given *given,
                     struct plan_input *in)
{
    if (object == NULL)
        return;
    cases_know(path, object, mta_keys);
    given->mta.mta = &postfix;
    in->mta = &given->mta;
    in->host = json_string_or(object, "host", "");
    str_cut(in->mta_reason, sizeof in->mta_reason, json_string_or(object, "why", ""));
    if (in->mta_reason[0] != '\0')
        return;
    read_edits(object, given);
    in->edits = &given->edits;
    given->pair = (struct mta_pair){given->facts.address, given->facts.wanted};
    in->pairs = &given->pair;
    in->pair_count = 1;
}

static void read_target(struct scenario *s, const json_t *object)
{
    struct given *given = &s->given[s->count];
    struct plan_input *in = &s->inputs[s->count++];
    struct error e = {0};

    cases_know(s->path, object, target_keys);
    ck_assert_msg(facts_from_json(json_at(object, "facts"), &given->facts, &e), "%s: %s: %s",
                  s->path, e.what, e.why);
    facts_decide_name(&given->facts);
    audit_target(&given->facts, &given->judgement);
    *in = (struct plan_input){.facts = &given->facts, .judgement = &given->judgement, .host = ""};
    read_ability(s->path, json_at(object, "forward"), &given->forward, &in->forward);
    read_ability(s->path, json_at(object, "ptr"), &given->ptr, &in->ptr);
    read_mta(s->path, json_at(object, "mta"), given, in);
}

static uint32_t number_or(const json_t *object, const char *key, uint32_t fallback)
{
    const json_t *value = json_at(object, key);

    return json_is_integer(value) ? (uint32_t)json_integer_value(value) : fallback;
}

static void read_policy(struct scenario *s, const json_t *object)
{
    const json_t *only = json_at(object, "only");
    struct strings kinds = {0};

    if (object != NULL)
        cases_know(s->path, object, policy_keys);
    add_texts(only, &kinds);
    for (int i = 0; i < STEP_KINDS; i++)
        s->policy.kinds[i] =
            only == NULL || strings_have(&kinds, step_kind_text((enum step_kind)i));
    strings_free(&kinds);
    s->policy.forward_replace = str_equal(json_string_or(object, "forward", "add"), "replace");
    s->policy.allow_private = json_is_true(json_at(object, "allow_private"));
    s->policy.max_changes = number_or(object, "max_changes", 10);
    s->policy.ttl_s = number_or(object, "ttl", 300);
}

static void scenario_read(const char *path, struct scenario *s)
{
    const json_t *given, *targets;
    json_t *target;
    size_t i;

    *s = (struct scenario){.path = path, .document = cases_read(path)};
    cases_know(path, s->document, scenario_keys);
    given = json_at(s->document, "given");
    s->expect = json_at(s->document, "expect");
    targets = json_at(given, "targets");
    ck_assert_msg(json_object_size(s->expect) > 0, "%s expects nothing", path);
    cases_know(path, given, given_keys);
    cases_know(path, s->expect, expect_keys);
    ck_assert_msg(json_array_size(targets) > 0 && json_array_size(targets) <= TARGETS_MAX,
                  "%s: 1 to %d targets", path, TARGETS_MAX);
    json_array_foreach(targets, i, target) read_target(s, target);
    read_policy(s, json_at(given, "policy"));
}

static void given_free(struct given *given, struct plan_input *in)
{
    for (size_t i = 0; i < given->edits.file_count; i++) {
        free(given->files[i].path);
        free(given->files[i].target);
    }
    for (size_t i = 0; i < given->edits.change_count; i++)
        free(given->edits.changes[i].after);
    free(given->files);
    free(given->edits.files);
    free(given->edits.changes);
    strings_free(&given->edits.commands);
    strings_free(&in->forward.holding.values);
    strings_free(&in->ptr.holding.values);
    judgement_free(&given->judgement);
    facts_free(&given->facts);
}

static void scenario_free(struct scenario *s)
{
    for (size_t i = 0; i < s->count; i++)
        given_free(&s->given[i], &s->inputs[i]);
    json_decref(s->document);
}

/* Every member of a step that is expected; of a ticket, a piece of it. */
static void check_step(const char *path, size_t number, const json_t *want, const json_t *got)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)want, key, value)
    {
        const json_t *is = json_object_get(got, key);
        char *text;
        if (strcmp(key, "ticket") == 0) {
            ck_assert_msg(json_is_string(is) &&
                              strstr(json_string_value(is), json_string_value(value)) != NULL,
                          "%s: step %zu: the ticket has no \"%s\": %s", path, number,
                          json_string_value(value),
                          json_is_string(is) ? json_string_value(is) : "");
            continue;
        }
        ck_assert_msg(is != NULL, "%s: step %zu has no \"%s\"", path, number, key);
        text = json_canonical(is);
        ck_assert_msg(json_equal((json_t *)(uintptr_t)is, value), "%s: step %zu: %s is %s", path,
                      number, key, text);
        free(text);
    }
}

static void check_steps(const struct scenario *s, const struct plan *plan)
{
    const json_t *want = json_at(s->expect, "steps");
    json_t *document = plan_to_json(plan);
    const json_t *got = json_at(document, "steps");
    char *text = json_text(got);

    ck_assert_msg(json_array_size(want) == json_array_size(got), "%s: %zu steps: %s", s->path,
                  json_array_size(got), text);
    for (size_t i = 0; i < json_array_size(want); i++)
        check_step(s->path, i + 1, json_array_get(want, i), json_array_get(got, i));
    free(text);
    json_decref(document);
}

static void check_error(const struct scenario *s, const struct error *e)
{
    const char *id = json_string_or(s->expect, "error", ""),
               *why = json_string_or(s->expect, "why", "");

    ck_assert_msg(strcmp(error_id(e->code), id) == 0, "%s: %s: %s: %s", s->path, error_id(e->code),
                  e->what, e->why);
    ck_assert_msg(strstr(e->why, why) != NULL, "%s: says \"%s\"", s->path, e->why);
    ck_assert_msg(e->next[0] != '\0', "%s: the error says nothing to type", s->path);
}

START_TEST(test_scenario)
{
    struct scenario s;
    struct plan plan = {0};
    struct error e = {0};

    scenario_read(files.v[_i], &s);
    if (plan_make(s.inputs, s.count, &s.policy, NOW, &plan, &e)) {
        ck_assert_msg(json_at(s.expect, "error") == NULL, "%s: planned", s.path);
        check_steps(&s, &plan);
    } else {
        check_error(&s, &e);
        ck_assert_msg(plan.count == 0 && plan.steps == NULL, "%s: left something", s.path);
    }
    plan_free(&plan);
    scenario_free(&s);
}
END_TEST

/* The same state and wish give the same id: again, later, and whatever the order of targets. */
START_TEST(test_same_id)
{
    struct scenario s;
    struct plan plan = {0}, again = {0};
    struct plan_input turned[TARGETS_MAX];
    struct error e = {0};

    scenario_read(files.v[_i], &s);
    for (size_t i = 0; i < s.count; i++)
        turned[i] = s.inputs[s.count - 1 - i];
    if (plan_make(s.inputs, s.count, &s.policy, NOW, &plan, &e) &&
        plan_make(turned, s.count, &s.policy, NOW + 5000, &again, &e)) {
        ck_assert_msg(strcmp(plan.id, again.id) == 0, "%s: %s, then %s", s.path, plan.id, again.id);
        ck_assert_uint_eq(strlen(plan.id), 12);
    }
    plan_free(&plan);
    plan_free(&again);
    scenario_free(&s);
}
END_TEST

/* Written and read, a plan is the same plan; so is the reverse of its reverse. */
START_TEST(test_round_trip)
{
    struct scenario s;
    struct plan plan = {0}, again = {0};
    struct error e = {0};
    json_t *written, *rewritten;

    scenario_read(files.v[_i], &s);
    if (plan_make(s.inputs, s.count, &s.policy, NOW, &plan, &e)) {
        written = plan_to_json(&plan);
        ck_assert_msg(plan_from_json(written, NOW + 60, &again, &e), "%s: %s: %s", s.path, e.what,
                      e.why);
        rewritten = plan_to_json(&again);
        ck_assert_msg(json_equal(written, rewritten), "%s: it is another plan now", s.path);
        json_decref(written);
        json_decref(rewritten);
    }
    plan_free(&plan);
    plan_free(&again);
    scenario_free(&s);
}
END_TEST

/* Steps come as forward, ptr, mta; each waits for earlier ones only. */
START_TEST(test_order)
{
    struct scenario s;
    struct plan plan = {0};
    struct error e = {0};

    scenario_read(files.v[_i], &s);
    if (plan_make(s.inputs, s.count, &s.policy, NOW, &plan, &e))
        for (size_t i = 0; i < plan.count; i++) {
            ck_assert_msg(i == 0 || plan.steps[i - 1].kind <= plan.steps[i].kind, "%s", s.path);
            for (size_t k = 0; k < plan.steps[i].requires.count; k++) {
                const struct step *first = plan_step(&plan, plan.steps[i].requires.v[k]);
                ck_assert_msg(first != NULL && first < &plan.steps[i], "%s", s.path);
            }
        }
    plan_free(&plan);
    scenario_free(&s);
}
END_TEST

/* The plan of the main case, as a document to damage. */
#define MAIN_CASE "cases/plan/order.json"

static json_t *main_document(void)
{
    struct scenario s;
    struct plan plan = {0};
    struct error e = {0};
    json_t *document;

    scenario_read(MAIN_CASE, &s);
    ck_assert_msg(plan_make(s.inputs, s.count, &s.policy, NOW, &plan, &e), "%s", e.why);
    document = plan_to_json(&plan);
    plan_free(&plan);
    scenario_free(&s);
    return document;
}

START_TEST(test_document)
{
    json_t *document = main_document();
    static const char *const keys[] = {
        "format", "format_version", "namesake", "plan_id",    "created",     "expires", "create",
        "update", "delete",         "manual",   "identities", "diagnostics", "steps"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        ck_assert_msg(json_object_get(document, keys[i]) != NULL, "no \"%s\"", keys[i]);
    ck_assert_str_eq(json_string_or(document, "format", ""), "namesake.plan");
    ck_assert_str_eq(json_string_or(document, "created", ""), "2026-11-23T03:12:07Z");
    ck_assert_str_eq(json_string_or(document, "expires", ""), "2026-11-24T03:12:07Z");
    ck_assert_int_eq(json_integer_value(json_at(document, "create")), 1);
    ck_assert_int_eq(json_integer_value(json_at(document, "update")), 2);
    json_decref(document);
}
END_TEST

/* The recipe of interface section 10, done here by other means. */
START_TEST(test_id_recipe)
{
    static const char *const keys[] = {"kind",     "action", "target", "provider",
                                       "resource", "host",   "before", "after"};
    json_t *document = main_document(), *steps = json_array(), *step, *content;
    struct digest digest;
    char *text;
    size_t i;

    json_array_foreach(json_object_get(document, "steps"), i, step)
    {
        json_t *part = json_object();
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
            json_object_set(part, keys[k], json_object_get(step, keys[k]));
        json_array_append_new(steps, part);
    }
    content = json_pack("{s:s, s:o}", "format_version", "1.0", "steps", steps);
    text = json_dumps(content, JSON_SORT_KEYS | JSON_COMPACT);
    digest = digest_of(text, strlen(text));
    ck_assert_int_eq(strncmp(digest.hex, json_string_or(document, "plan_id", ""), PLAN_ID_SIZE - 1),
                     0);
    free(text);
    json_decref(content);
    json_decref(document);
}
END_TEST

/* Give a document its digest again, as somebody would who means harm. */
static void reseal(json_t *document)
{
    json_t *copy = json_deep_copy(document);
    char *text;

    json_object_del(copy, "digest");
    text = json_canonical(copy);
    json_object_set_new(document, "digest", json_string(digest_of(text, strlen(text)).hex));
    free(text);
    json_decref(copy);
}

/* One value of the document, or of its second step (the PTR), replaced by another. */
static const struct {
    const char *label, *place, *value; /* value: JSON; NULL removes it */
    bool in_step, resealed;
    enum err code;
} edits[] = {
    {"an edited value", "after", "[\"evil.example.net\"]", true, false, ERR_PLAN_DAMAGED},
    {"an edited value with a new digest", "after", "[\"evil.example.net\"]", true, true,
     ERR_PLAN_DAMAGED},
    {"an edited `before`", "before", "[]", true, true, ERR_PLAN_DAMAGED},
    {"an edited provider", "provider", "\"other\"", true, true, ERR_PLAN_DAMAGED},
    {"an edited resource", "resource", "\"server/1\"", true, true, ERR_PLAN_DAMAGED},
    {"another subject than the one shown", "subject",
     "{\"kind\":\"ptr\",\"address\":\"203.0.113.99\",\"name\":\"mail.example.com\","
     "\"record\":\"99.113.0.203.in-addr.arpa\",\"zone\":\"\"}",
     true, true, ERR_PLAN_DAMAGED},
    {"another kind than the one shown", "subject",
     "{\"kind\":\"mta\",\"address\":\"203.0.113.25\",\"name\":\"mail.example.com\","
     "\"record\":\"\",\"zone\":\"\"}",
     true, true, ERR_PLAN_DAMAGED},
    {"an edited TTL", "ttl", "0", true, false, ERR_PLAN_DAMAGED},
    {"a TTL that is a text", "ttl", "\"300\"", true, true, ERR_PLAN_DAMAGED},
    {"a TTL below zero", "ttl", "-1", true, true, ERR_PLAN_DAMAGED},
    {"commands of somebody else", "commands", "[\"rm -rf /\"]", true, false, ERR_PLAN_DAMAGED},
    {"an unknown action", "action", "\"replace\"", true, true, ERR_PLAN_DAMAGED},
    {"an action that is a number", "action", "1", true, true, ERR_PLAN_DAMAGED},
    {"a finding that does not exist", "finding", "\"ptr-boring\"", true, true, ERR_PLAN_DAMAGED},
    {"no subject", "subject", NULL, true, true, ERR_PLAN_DAMAGED},
    {"no values", "after", NULL, true, true, ERR_PLAN_DAMAGED},
    {"values that are a text", "after", "\"mail.example.com\"", true, true, ERR_PLAN_DAMAGED},
    {"values that are numbers", "after", "[1]", true, true, ERR_PLAN_DAMAGED},
    {"a value with an escape", "after", "[\"\\u001b[2J\"]", true, true, ERR_PLAN_DAMAGED},
    {"a target with an escape", "target", "\"PTR \\u001b[2J\"", true, true, ERR_PLAN_DAMAGED},
    {"a ticket with an escape", "ticket", "\"Hello\\n\\u001b[2J\"", true, true, ERR_PLAN_DAMAGED},
    {"a ticket that is a list", "ticket", "[\"Hello\"]", true, true, ERR_PLAN_DAMAGED},
    {"an id that is there already", "id", "\"s1\"", true, true, ERR_PLAN_DAMAGED},
    {"an id that is empty", "id", "\"\"", true, true, ERR_PLAN_DAMAGED},
    {"a step that waits for itself", "requires", "[\"s2\"]", true, true, ERR_PLAN_DAMAGED},
    {"a step that waits for a later one", "requires", "[\"s3\"]", true, true, ERR_PLAN_DAMAGED},
    {"a step that waits for nothing known", "requires", "[\"s9\"]", true, true, ERR_PLAN_DAMAGED},
    {"another format", "format", "\"namesake.audit\"", false, true, ERR_PLAN_DAMAGED},
    {"another major version", "format_version", "\"2.0\"", false, true, ERR_PLAN_DAMAGED},
    {"no version", "format_version", NULL, false, true, ERR_PLAN_DAMAGED},
    {"another id", "plan_id", "\"000000000000\"", false, true, ERR_PLAN_DAMAGED},
    {"no id", "plan_id", NULL, false, true, ERR_PLAN_DAMAGED},
    {"no digest", "digest", NULL, false, false, ERR_PLAN_DAMAGED},
    {"a digest that is a number", "digest", "5", false, false, ERR_PLAN_DAMAGED},
    {"no steps", "steps", NULL, false, true, ERR_PLAN_DAMAGED},
    {"steps that are an object", "steps", "{}", false, true, ERR_PLAN_DAMAGED},
    {"steps that are numbers", "steps", "[1,2]", false, true, ERR_PLAN_DAMAGED},
    {"fewer steps", "steps", "[]", false, true, ERR_PLAN_DAMAGED},
    {"a later end", "expires", "\"2027-11-24T03:12:07Z\"", false, false, ERR_PLAN_DAMAGED},
    {"a later end with a new digest", "expires", "\"2027-11-24T03:12:07Z\"", false, true,
     ERR_PLAN_DAMAGED},
    {"a time that is none", "created", "\"yesterday\"", false, true, ERR_PLAN_DAMAGED},
    {"an unknown member, not resealed", "comment", "\"looks good\"", false, false,
     ERR_PLAN_DAMAGED},
    {"an unknown member of a later version", "comment", "\"looks good\"", false, true, ERR_NONE},
    {"the same again", "format", "\"namesake.plan\"", false, false, ERR_NONE},
};

START_TEST(test_edited)
{
    json_t *document = main_document();
    json_t *object =
        edits[_i].in_step ? json_array_get(json_object_get(document, "steps"), 1) : document;
    struct plan plan = {0};
    struct error e = {.code = ERR_NONE};
    bool ok;

    if (edits[_i].value == NULL)
        json_object_del(object, edits[_i].place);
    else
        json_object_set_new(object, edits[_i].place,
                            json_loads(edits[_i].value, JSON_DECODE_ANY, NULL));
    if (edits[_i].resealed)
        reseal(document);
    ok = plan_from_json(document, NOW + 60, &plan, &e);
    ck_assert_msg(ok == (edits[_i].code == ERR_NONE), "%s: %s", edits[_i].label,
                  ok ? "taken" : e.why);
    ck_assert_msg(e.code == edits[_i].code, "%s: %s: %s", edits[_i].label, error_id(e.code), e.why);
    ck_assert(ok || (plan.count == 0 && plan.steps == NULL));
    plan_free(&plan);
    json_decref(document);
}
END_TEST

/* Cut anywhere, the text is no document any more, or one that is refused. */
START_TEST(test_truncated)
{
    json_t *document = main_document(), *empty = json_object();
    char *text = json_canonical(document);
    size_t length = strlen(text);
    struct plan plan = {0};
    struct error e;

    for (size_t cut = 0; cut < length; cut++) {
        json_t *part = json_parse(text, cut, &e);
        ck_assert_msg(part == NULL, "cut at %zu it is still a document", cut);
    }
    ck_assert(!plan_from_json(empty, NOW, &plan, &e));
    ck_assert_int_eq(e.code, ERR_PLAN_DAMAGED);
    free(text);
    json_decref(empty);
    json_decref(document);
}
END_TEST

static const struct {
    const char *label;
    time_t now;
    enum err code;
} ages[] = {
    {"at once", NOW, ERR_NONE},
    {"one second before its end", NOW + PLAN_LIFETIME_S - 1, ERR_NONE},
    {"at its end", NOW + PLAN_LIFETIME_S, ERR_PLAN_EXPIRED},
    {"five minutes before it was made", NOW - 300, ERR_NONE},
    {"an hour before it was made", NOW - 3600, ERR_PLAN_EXPIRED},
    {"a year later", NOW + 365 * 86400, ERR_PLAN_EXPIRED},
    {"at any age, to be shown", 0, ERR_NONE},
};

START_TEST(test_age)
{
    json_t *document = main_document();
    struct plan plan = {0};
    struct error e = {.code = ERR_NONE};
    bool ok = plan_from_json(document, ages[_i].now, &plan, &e);

    ck_assert_msg(ok == (ages[_i].code == ERR_NONE) && e.code == ages[_i].code, "%s: %s",
                  ages[_i].label, ok ? "taken" : e.why);
    plan_free(&plan);
    json_decref(document);
}
END_TEST

/* Another `before` is another plan; another TTL or a later time is not. */
START_TEST(test_id_depends)
{
    struct scenario s;
    struct plan plan = {0}, other = {0};
    struct error e = {0};

    scenario_read(MAIN_CASE, &s);
    ck_assert(plan_make(s.inputs, s.count, &s.policy, NOW, &plan, &e));
    s.policy.ttl_s = 7200;
    ck_assert(plan_make(s.inputs, s.count, &s.policy, NOW + 7, &other, &e));
    ck_assert_str_eq(plan.id, other.id);
    plan_free(&other);
    strings_add(&s.inputs[0].ptr.holding.values, "second.example.net");
    ck_assert(plan_make(s.inputs, s.count, &s.policy, NOW, &other, &e));
    ck_assert_str_ne(plan.id, other.id);
    plan_free(&other);
    plan_free(&plan);
    scenario_free(&s);
}
END_TEST

START_TEST(test_reverse)
{
    struct scenario s;
    struct plan plan = {0}, back = {0}, forth = {0};
    struct error e = {0};

    scenario_read(MAIN_CASE, &s);
    ck_assert(plan_make(s.inputs, s.count, &s.policy, NOW, &plan, &e));
    plan_reverse(&plan, &back);
    ck_assert_uint_eq(back.count, 3);
    ck_assert_str_eq(back.steps[0].id, "s3");
    ck_assert_str_eq(back.steps[2].id, "s1");
    ck_assert_int_eq(back.steps[2].action, ACTION_DELETE);
    ck_assert_int_eq(back.steps[1].action, ACTION_UPDATE);
    ck_assert_str_eq(back.steps[1].before.v[0], "mail.example.com");
    ck_assert_str_eq(back.steps[1].after.v[0], "static-25.hoster.example");
    ck_assert_uint_eq(back.steps[0].requires.count, 0);
    plan_reverse(&back, &forth);
    ck_assert_str_eq(forth.id, plan.id);
    plan_free(&plan);
    plan_free(&back);
    plan_free(&forth);
    scenario_free(&s);
}
END_TEST

START_TEST(test_reverse_leaves_people_out)
{
    struct scenario s;
    struct plan plan = {0}, back = {0};
    struct error e = {0};

    scenario_read("cases/plan/by-hand.json", &s);
    ck_assert(plan_make(s.inputs, s.count, &s.policy, NOW, &plan, &e));
    ck_assert_uint_gt(plan_count(&plan, ACTION_ASK), 0);
    plan_reverse(&plan, &back);
    ck_assert_uint_eq(plan_count(&back, ACTION_ASK), 0);
    ck_assert_uint_eq(back.count, plan_changes(&plan));
    plan_free(&plan);
    plan_free(&back);
    scenario_free(&s);
}
END_TEST

static const struct {
    const char *text;
    bool good;
} times[] = {
    {"2026-11-23T03:12:07Z", true},
    {"1970-01-01T00:00:00Z", true},
    {"2026-11-23T03:12:07", false},
    {"2026-11-23 03:12:07Z", false},
    {"2026-11-23T03:12:07Z ", false},
    {"2026-13-23T03:12:07Z", false},
    {"", false},
    {"now", false},
};

START_TEST(test_times)
{
    time_t when;
    bool good = time_parse(times[_i].text, &when);

    ck_assert_msg(good == times[_i].good, "\"%s\"", times[_i].text);
    if (good)
        ck_assert_str_eq(time_text(when).s, times[_i].text);
}
END_TEST

#define LONG_VALUE                                                                                 \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"  \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"  \
    "0123456789012345678901234567890123456789"

/* The edits at apply beside those that were approved, which set a name and keep a list. */
static const struct {
    const char *label;
    const char *name_before, *name, *list_before, *list, *note, *command;
    bool same, part; /* as a whole; as what is left of a step that was begun */
} edit_rows[] = {
    {"the same", "old", "new", "$name, a", "old, a", NULL, "reload", true, true},
    {"one of two files is written already", NULL, NULL, "$name, a", "old, a", NULL, "reload", false,
     true},
    {"another list to be kept", "old", "new", "$name, b", "old, b", NULL, "reload", false, false},
    {"another list that comes to the same", "old", "new", "$name,a", "old, a", NULL, "reload",
     false, true},
    {"nothing set before", NULL, "new", "$name, a", "old, a", NULL, "reload", false, true},
    {"a note more", "old", "new", "$name, a", "old, a", "mind this", "reload", false, true},
    {"a restart", "old", "new", "$name, a", "old, a", NULL, "restart", false, false},
    {"the end of a long value", "old", "new", "$name, a", LONG_VALUE "a", NULL, "reload", false,
     false},
};

static void add_change(struct mta_edits *made, const char *parameter, const char *before,
                       const char *after)
{
    struct mta_change *change;

    if (after == NULL)
        return;
    change = &made->changes[made->change_count++];
    *change = (struct mta_change){.file = "main.cf"};
    str_cut(change->parameter, sizeof change->parameter, parameter);
    change->before = mem_text(before);
    change->after = mem_text(after);
}

static struct mta_edits some_edits(size_t row, const char *list)
{
    static char path[] = "/main.cf";
    static const struct host_file file = {.path = path, .target = path};
    struct mta_edits made = {.file_count = 1};

    made.files = mem_new(1, sizeof *made.files);
    made.files[0].file = &file;
    made.changes = mem_new(2, sizeof *made.changes);
    add_change(&made, "name", edit_rows[row].name_before, edit_rows[row].name);
    add_change(&made, "list", edit_rows[row].list_before, list);
    if (edit_rows[row].note != NULL)
        strings_add(&made.notes, edit_rows[row].note);
    strings_add(&made.commands, edit_rows[row].command);
    return made;
}

START_TEST(test_edits)
{
    const bool is_long = strlen(edit_rows[_i].list) > 200;
    struct mta_edits approved = some_edits(0, is_long ? LONG_VALUE "b" : edit_rows[0].list);
    struct mta_edits now = some_edits((size_t)_i, edit_rows[_i].list);
    struct step step = {.kind = STEP_MTA};
    struct strings texts;

    plan_describe_edits(&approved, &step);
    ck_assert_msg(plan_has_edits(&step, &now, false, &texts) == edit_rows[_i].same, "%s",
                  edit_rows[_i].label);
    strings_free(&texts);
    ck_assert_msg(plan_has_edits(&step, &now, true, &texts) == edit_rows[_i].part, "%s, in part",
                  edit_rows[_i].label);
    ck_assert_uint_eq(texts.count, now.change_count + now.notes.count);
    strings_free(&texts);
    step_free(&step);
    mta_edits_free(&approved);
    mta_edits_free(&now);
}
END_TEST

int main(void)
{
    files = cases_find("cases/plan");
    const struct unit_test tests[] = {
        {.name = "scenarios", .test = test_scenario, .rows = (int)files.count},
        {.name = "same id", .test = test_same_id, .rows = (int)files.count},
        {.name = "round trip", .test = test_round_trip, .rows = (int)files.count},
        {.name = "order", .test = test_order, .rows = (int)files.count},
        {.name = "document", .test = test_document, .rows = 1},
        {.name = "id recipe", .test = test_id_recipe, .rows = 1},
        {.name = "edited", .test = test_edited, .rows = ROWS(edits)},
        {.name = "truncated", .test = test_truncated, .rows = 1},
        {.name = "age", .test = test_age, .rows = ROWS(ages)},
        {.name = "id depends", .test = test_id_depends, .rows = 1},
        {.name = "reverse", .test = test_reverse, .rows = 1},
        {.name = "people", .test = test_reverse_leaves_people_out, .rows = 1},
        {.name = "edits", .test = test_edits, .rows = ROWS(edit_rows)},
        {.name = "times", .test = test_times, .rows = ROWS(times)},
    };
    int status = unit_run("plan", tests, ROWS(tests));

    strings_free(&files);
    return status;
}
