/* test_audit.c - the judge against every scenario of cases/audit. */
#include "agent/audit.h"

#include "agent/base/error.h"
#include "tests/support/cases.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

static struct strings files;

/* What a scenario may expect. Of edges, checks, severities and owners the listed ones count. */
static const char *const scenario_keys[] = {"about", "facts", "expect", NULL};
static const char *const expect_keys[] = {"verdict",   "strict",   "wanted", "edges",      "checks",
                                          "iprev",     "findings", "absent", "severities", "owners",
                                          "summaries", "or",       NULL};

static json_t *findings_of(const struct judgement *judged, const char *field)
{
    json_t *object = json_object();

    for (size_t i = judged->count; i-- > 0;) {
        const struct finding *finding = &judged->findings[i];
        const char *value = strcmp(field, "severities") == 0 ? severity_text(finding->severity)
                            : strcmp(field, "owners") == 0   ? owner_role_text(finding->owner)
                                                             : finding->summary;
        json_object_set_new(object, catalog_entry(finding->id)->id, json_string(value));
    }
    return object;
}

static json_t *edges_of(const struct judgement *judged)
{
    json_t *object = json_object();

    for (int i = 0; i < EDGE_COUNT; i++)
        json_object_set_new(object, edge_text((enum edge)i),
                            json_string(result_text(judged->edges[i])));
    return object;
}

static json_t *checks_of(const struct judgement *judged)
{
    json_t *object = json_object();

    for (int i = 0; i < CHECK_COUNT; i++)
        json_object_set_new(object, check_text((enum check)i),
                            json_string(result_text(judged->checks[i])));
    return object;
}

/* Every member that is expected; got is given up. A summary has to hold the text. */
static void check_members(const char *path, const json_t *expect, const char *key, json_t *got)
{
    const char *name;
    json_t *want;

    json_object_foreach(json_object_get(expect, key), name, want)
    {
        const char *is = json_string_value(json_object_get(got, name));
        const char *should = json_string_value(want);
        ck_assert_msg(should != NULL, "%s: %s %s: no text is expected", path, key, name);
        ck_assert_msg(is != NULL, "%s: %s: there is no %s", path, key, name);
        if (strcmp(key, "summaries") == 0)
            ck_assert_msg(strstr(is, should) != NULL, "%s: %s says \"%s\", without \"%s\"", path,
                          name, is, should);
        else
            ck_assert_msg(strcmp(is, should) == 0, "%s: %s %s is %s, not %s", path, key, name, is,
                          should);
    }
    json_decref(got);
}

static void expect_text(const char *path, const json_t *expect, const char *key, const char *got)
{
    const json_t *want = json_object_get(expect, key);

    if (want != NULL)
        ck_assert_msg(strcmp(json_string_value(want), got) == 0, "%s: %s is \"%s\", not \"%s\"",
                      path, key, got, json_string_value(want));
}

static void check_findings(const char *path, const json_t *expect, const struct judgement *judged)
{
    struct strings got = {0};
    size_t i;
    json_t *id;

    for (size_t k = 0; k < judged->count; k++)
        strings_add(&got, catalog_entry(judged->findings[k].id)->id);
    if (json_object_get(expect, "findings") != NULL)
        cases_same_list(path, "findings", json_object_get(expect, "findings"), &got);
    json_array_foreach(json_object_get(expect, "absent"), i, id)
    {
        enum finding_id known;
        ck_assert_msg(catalog_find(json_string_value(id), &known), "%s: no finding is called %s",
                      path, json_string_value(id));
        ck_assert_msg(!judgement_has(judged, known), "%s: %s is reported", path,
                      json_string_value(id));
    }
    strings_free(&got);
}

/* What holds for every finding of every scenario: nothing that the reader needs is missing. */
static void check_manners(const char *path, const struct judgement *judged)
{
    for (size_t i = 0; i < judged->count; i++) {
        const struct finding *finding = &judged->findings[i];
        const char *id = catalog_entry(finding->id)->id;
        ck_assert_msg(i == 0 || judged->findings[i - 1].id <= finding->id,
                      "%s: %s is not in the catalogue's order", path, id);
        ck_assert_msg(finding->summary[0] != '\0', "%s: %s has no summary", path, id);
        ck_assert_msg(finding->why[0] != '\0', "%s: %s has no why", path, id);
        ck_assert_msg(finding->who[0] != '\0', "%s: %s has no who", path, id);
        ck_assert_msg(str_starts(finding->next, "namesake ") || str_starts(finding->next, "sudo "),
                      "%s: %s says next: \"%s\"", path, id, finding->next);
        ck_assert_msg(strstr(finding->summary, "(null)") == NULL, "%s: %s", path, finding->summary);
    }
}

static void check_alternative(const char *path, const json_t *expect,
                              const struct judgement *judged)
{
    const json_t *want = json_object_get(expect, "or");
    const char *got = "";

    for (size_t i = 0; i < judged->count; i++)
        if (judged->findings[i].alt[0] != '\0')
            got = judged->findings[i].alt;
    ck_assert_msg(want == NULL || strcmp(json_string_value(want), got) == 0,
                  "%s: \"or:\" is \"%s\"", path, got);
}

START_TEST(test_scenario)
{
    const char *path = files.v[_i];
    json_t *scenario = cases_read(path);
    const json_t *expect = json_object_get(scenario, "expect");
    struct facts facts = {0};
    struct judgement judged;
    struct error e = {0};

    cases_know(path, scenario, scenario_keys);
    ck_assert_msg(json_object_size(expect) > 0, "%s expects nothing", path);
    cases_know(path, expect, expect_keys);
    ck_assert_msg(facts_from_json(json_object_get(scenario, "facts"), &facts, &e), "%s: %s: %s",
                  path, e.what, e.why);
    facts_decide_name(&facts);
    audit_target(&facts, &judged);
    expect_text(path, expect, "wanted", facts.wanted.s);
    expect_text(path, expect, "verdict", verdict_text(judgement_verdict(&judged, false)));
    expect_text(path, expect, "strict", verdict_text(judgement_verdict(&judged, true)));
    expect_text(path, expect, "iprev", iprev_text(judged.iprev));
    check_members(path, expect, "edges", edges_of(&judged));
    check_members(path, expect, "checks", checks_of(&judged));
    check_findings(path, expect, &judged);
    check_members(path, expect, "severities", findings_of(&judged, "severities"));
    check_members(path, expect, "owners", findings_of(&judged, "owners"));
    check_members(path, expect, "summaries", findings_of(&judged, "summaries"));
    check_alternative(path, expect, &judged);
    check_manners(path, &judged);
    judgement_free(&judged);
    facts_free(&facts);
    json_decref(scenario);
}
END_TEST

/* The judge changes nothing of what it reads, and says the same again. */
START_TEST(test_pure)
{
    json_t *scenario = cases_read(files.v[_i]);
    struct facts facts = {0};
    struct judgement first, second;
    struct error e = {0};
    json_t *before, *after;

    ck_assert(facts_from_json(json_object_get(scenario, "facts"), &facts, &e));
    facts_decide_name(&facts);
    before = facts_to_json(&facts);
    audit_target(&facts, &first);
    audit_target(&facts, &second);
    after = facts_to_json(&facts);
    ck_assert_msg(json_equal(before, after), "%s: the facts changed", files.v[_i]);
    ck_assert_uint_eq(first.count, second.count);
    ck_assert_int_eq(first.verdict, second.verdict);
    for (size_t i = 0; i < first.count; i++)
        ck_assert_str_eq(first.findings[i].summary, second.findings[i].summary);
    json_decref(before);
    json_decref(after);
    judgement_free(&first);
    judgement_free(&second);
    facts_free(&facts);
    json_decref(scenario);
}
END_TEST

/* Recorded and read again, facts are judged the same. */
START_TEST(test_recorded)
{
    json_t *scenario = cases_read(files.v[_i]);
    struct facts facts = {0}, again = {0};
    struct error e = {0};
    json_t *before, *after;

    ck_assert(facts_from_json(json_object_get(scenario, "facts"), &facts, &e));
    before = facts_to_json(&facts);
    ck_assert_msg(facts_from_json(before, &again, &e), "%s: %s: %s", files.v[_i], e.what, e.why);
    after = facts_to_json(&again);
    ck_assert_msg(json_equal(before, after), "%s: recorded and read, the facts are not the same",
                  files.v[_i]);
    json_decref(before);
    json_decref(after);
    facts_free(&facts);
    facts_free(&again);
    json_decref(scenario);
}
END_TEST

/* Who is meant is named, and whether namesake can do it: also where a finding changes hands. */
static const struct {
    const char *label, *facts, *who;
} owners[] = {
    {"a PTR record is the IP owner's",
     "{\"address\":\"203.0.113.25\",\"wanted\":\"mail.example.com\","
     "\"reverse\":{\"rcode\":\"NXDOMAIN\",\"ptr\":[]}}",
     "the IP owner, Hetzner Cloud (account \"hz\": namesake can do it)"},
    {"a reverse zone that fails is the IP owner's",
     "{\"address\":\"203.0.113.25\",\"wanted\":\"mail.example.com\","
     "\"reverse\":{\"rcode\":\"SERVFAIL\",\"ptr\":[]}}",
     "the IP owner, Hetzner Cloud (account \"hz\": namesake can do it)"},
    {"an address record is the DNS admin's",
     "{\"address\":\"203.0.113.25\",\"wanted\":\"mail.example.com\","
     "\"forward\":{\"mail.example.com\":{\"A\":{\"rcode\":\"NXDOMAIN\",\"rr\":[]}}}}",
     "the DNS admin, Example Registry"},
    {"HELO is the mail server's admin's",
     "{\"address\":\"203.0.113.25\",\"wanted\":\"mail.example.com\","
     "\"helo\":{\"state\":\"configured\",\"value\":\"localhost\"}}",
     "the mail server's admin, root on this machine (namesake can do it)"},
    {"a relay is its admin's, whom nobody knows",
     "{\"address\":\"203.0.113.25\",\"wanted\":\"mail.example.com\","
     "\"path\":{\"relay\":\"relay.example.net\"}}",
     "the relay's or firewall's admin"},
};

START_TEST(test_owner)
{
    json_t *document = json_loads(owners[_i].facts, 0, NULL);
    struct facts facts;
    struct judgement judged;
    struct error e = {0};

    ck_assert_msg(facts_from_json(document, &facts, &e), "%s: %s", owners[_i].label, e.why);
    *facts_set_owner(&facts, OWNER_IP) = (struct owner_facts){"Hetzner Cloud", "hz", true};
    *facts_set_owner(&facts, OWNER_DNS) = (struct owner_facts){"Example Registry", "", false};
    *facts_set_owner(&facts, OWNER_MTA) = (struct owner_facts){"root on this machine", "", true};
    audit_target(&facts, &judged);
    ck_assert_msg(judged.count == 1, "%s: %zu findings", owners[_i].label, judged.count);
    ck_assert_msg(strcmp(judged.findings[0].who, owners[_i].who) == 0, "%s: %s", owners[_i].label,
                  judged.findings[0].who);
    judgement_free(&judged);
    facts_free(&facts);
    json_decref(document);
}
END_TEST

/* A text that was cut in the middle of a sentence helps nobody. */
START_TEST(test_catalog)
{
    const struct catalog_entry *entry = catalog_entry((enum finding_id)_i);
    struct finding finding;
    enum finding_id found;

    ck_assert_msg(strlen(entry->effect) < sizeof finding.why, "%s: %zu characters", entry->id,
                  strlen(entry->effect));
    ck_assert_str_ne(entry->meaning, "");
    ck_assert_str_ne(entry->repair, "");
    ck_assert_str_ne(entry->reference, "");
    ck_assert(catalog_find(entry->id, &found) && found == (enum finding_id)_i);
    ck_assert(!catalog_find("ptr", &found));
}
END_TEST

int main(void)
{
    files = cases_find("cases/audit");
    const struct unit_test tests[] = {
        {.name = "scenarios", .test = test_scenario, .rows = (int)files.count},
        {.name = "pure", .test = test_pure, .rows = (int)files.count},
        {.name = "recorded", .test = test_recorded, .rows = (int)files.count},
        {.name = "owner", .test = test_owner, .rows = ROWS(owners)},
        {.name = "catalog", .test = test_catalog, .rows = FIND_COUNT},
    };
    int status = unit_run("audit", tests, ROWS(tests));

    strings_free(&files);
    return status;
}
