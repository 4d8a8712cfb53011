/* recorded_report.c - reads saved reports back: hostile documents until they are parsed. */
#include "agent/recorded_report.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/mem.h"

#define IDENTITIES_MAX 100000
#define FINDINGS_MAX 128 /* of one identity */
#define VALUES_MAX 256
#define SEEN_MAX 256
#define TEXT_MAX 1024

/* A text, made printable and cut to size; null or absent is "". */
static bool read_text(const json_t *object, const char *key, char *out, size_t size,
                      struct error *e)
{
    const json_t *value = json_at(object, key);

    out[0] = '\0';
    if (value == NULL)
        return true;
    if (!json_is_string(value))
        return fail(e, ERR_NO_INPUT, "\"%s\" is no text", key);
    str_printable(out, size, json_string_value(value), json_string_length(value));
    return true;
}

/* The place of a text among the ones that are known. */
static bool read_choice(const json_t *object, const char *key, const char *(*text_of)(int),
                        int count, int *out, struct error *e)
{
    char text[32];

    *out = 0;
    if (!read_text(object, key, text, sizeof text, e))
        return false;
    for (int i = 0; i < count; i++)
        if (str_equal(text_of(i), text)) {
            *out = i;
            return true;
        }
    return fail(e, ERR_NO_INPUT, "\"%s\" is \"%s\", which is not known", key, text);
}

static const char *result_of(int i)
{
    return result_text((enum result)i);
}

static const char *verdict_of(int i)
{
    return verdict_text((enum verdict)i);
}

static const char *iprev_of(int i)
{
    return iprev_text((enum iprev)i);
}

static const char *severity_of(int i)
{
    return severity_text((enum severity)i);
}

static const char *role_of(int i)
{
    return owner_role_text((enum owner_role)i);
}

static const char *state_of(int i)
{
    static const char *const states[STEP_STATES] = {"open", "done", "pending", "failed"};

    return states[i];
}

static const char *helo_state_of(int i)
{
    static const char *const states[HELO_STATES] = {"", "observed", "configured", "unknown"};

    return states[i];
}

static bool read_seconds(const json_t *object, const char *key, uint32_t *out, struct error *e)
{
    int64_t value;

    if (!json_get_int(object, key, 0, UINT32_MAX, &value, e))
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool read_list(const json_t *object, const char *key, size_t max, const json_t **out,
                      struct error *e)
{
    if (!json_get_array(object, key, out, e))
        return false;
    return json_array_size(*out) <= max ||
           fail(e, ERR_NO_INPUT, "\"%s\" has more than %zu elements", key, max);
}

static bool read_texts(const json_t *object, const char *key, struct strings *out, struct error *e)
{
    const json_t *list;
    char text[TEXT_MAX];
    json_t *item;
    size_t i;

    if (!read_list(object, key, VALUES_MAX, &list, e))
        return false;
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item))
            return fail(e, ERR_NO_INPUT, "\"%s\" holds something that is no text", key);
        str_printable(text, sizeof text, json_string_value(item), json_string_length(item));
        strings_add(out, text);
    }
    return true;
}

static bool read_rcode(const json_t *object, int *out, struct error *e)
{
    char text[32];

    if (!read_text(object, "rcode", text, sizeof text, e))
        return false;
    *out = dns_rcode_from_text(text);
    return *out >= 0 || fail(e, ERR_NO_INPUT, "\"rcode\" is \"%s\", which is not known", text);
}

/* What the servers said of a record set. */
static bool read_rrset(const json_t *check, struct rrset_facts *set, struct error *e)
{
    const json_t *list;
    json_t *item;
    size_t i;

    if (!read_texts(check, "found", &set->values, e))
        return false;
    set->asked = json_at(check, "rcode") != NULL;
    if (!set->asked)
        return true;
    if (!read_rcode(check, &set->rcode, e) || !read_list(check, "seen", SEEN_MAX, &list, e))
        return false;
    set->seen = mem_new(json_array_size(list) + 1, sizeof *set->seen);
    json_array_foreach(list, i, item)
    {
        struct sighting *seen = &set->seen[set->seen_count++];
        seen->authoritative = json_is_true(json_at(item, "authoritative"));
        if (!read_text(item, "vantage", seen->vantage, sizeof seen->vantage, e) ||
            !read_text(item, "server", seen->server, sizeof seen->server, e) ||
            !read_rcode(item, &seen->rcode, e) || !read_seconds(item, "ttl", &seen->ttl_s, e) ||
            !read_texts(item, "found", &seen->values, e))
            return false;
    }
    return true;
}

static bool read_forward(const json_t *check, struct facts *facts, struct error *e)
{
    struct forward_facts *forward;

    if (facts->wanted.s[0] == '\0')
        return true;
    forward = facts_add_forward(facts, &facts->wanted);
    return read_rrset(check, facts->address.family == IP_V4 ? &forward->a : &forward->aaaa, e);
}

/* The name that was greeted with; a greeting without a name when that is what failed. */
static bool read_banner(const json_t *check, enum result result, struct facts *facts,
                        struct error *e)
{
    struct strings found = {0};
    char line[TEXT_MAX + 8];
    bool ok = read_texts(check, "found", &found, e);

    facts->banner_off = result == RESULT_SKIPPED;
    if (ok && (found.count > 0 || result == RESULT_FAIL)) {
        facts->banner.state = BANNER_OK;
        str_format(line, sizeof line, "220 %s", found.count > 0 ? found.v[0] : "");
        strings_add(&facts->banner.lines, line);
    }
    strings_free(&found);
    return ok;
}

static bool read_helo(const json_t *check, struct facts *facts, struct error *e)
{
    struct strings found = {0};
    int state = HELO_NOT_ASKED;
    bool ok = read_texts(check, "found", &found, e) &&
              read_choice(check, "helo_state", helo_state_of, HELO_STATES, &state, e);

    facts->helo.state = (enum helo_state)state;
    if (found.count > 0)
        str_cut(facts->helo.value, sizeof facts->helo.value, found.v[0]);
    strings_free(&found);
    return ok;
}

/* An address that was seen, or the name of a relay. */
static bool read_path(const json_t *check, struct facts *facts, struct error *e)
{
    struct strings found = {0};
    bool ok = read_texts(check, "found", &found, e);

    if (found.count > 0 && !ip_parse(found.v[0], &facts->helo.seen_ip))
        str_cut(facts->path.relay, sizeof facts->path.relay, found.v[0]);
    strings_free(&found);
    return ok;
}

static bool read_check(const json_t *item, bool *seen, struct identity *identity, struct error *e)
{
    struct facts *facts = &identity->facts;
    int result, check = 0;
    char name[16];

    if (!read_text(item, "check", name, sizeof name, e) ||
        !read_choice(item, "result", result_of, RESULT_SKIPPED + 1, &result, e))
        return false;
    while (check < CHECK_COUNT && !str_equal(check_text((enum check)check), name))
        check++;
    if (check == CHECK_COUNT)
        return true; /* of a newer version */
    if (seen[check])
        return fail(e, ERR_NO_INPUT, "the check %s is there twice", name);
    seen[check] = true;
    identity->judgement.checks[check] = (enum result)result;
    switch ((enum check)check) {
    case CHECK_PTR:
        return read_rrset(item, &facts->reverse.ptr, e);
    case CHECK_BANNER:
        return read_banner(item, (enum result)result, facts, e);
    case CHECK_HELO:
        return read_helo(item, facts, e);
    case CHECK_FORWARD:
        return read_forward(item, facts, e);
    case CHECK_PATH:
        return read_path(item, facts, e);
    case CHECK_COUNT:
        break;
    }
    return true;
}

static bool read_checks(const json_t *object, struct identity *identity, struct error *e)
{
    bool seen[CHECK_COUNT] = {false};
    const json_t *list;
    json_t *item;
    size_t i;

    for (int check = 0; check < CHECK_COUNT; check++)
        identity->judgement.checks[check] = RESULT_UNKNOWN;
    if (!read_list(object, "checks", FINDINGS_MAX, &list, e))
        return false;
    json_array_foreach(list, i, item)
    {
        if (!read_check(item, seen, identity, e))
            return error_what(e, "cannot read check %zu", i + 1);
    }
    return true;
}

static bool read_finding(const json_t *item, struct finding *finding, struct error *e)
{
    struct owner_facts *who = &finding->owner_who;
    int severity, role;

    if (!read_choice(item, "severity", severity_of, SEVERITY_COUNT, &severity, e) ||
        !read_choice(item, "owner.role", role_of, OWNER_COUNT, &role, e) ||
        !read_text(item, "owner.name", who->name, sizeof who->name, e) ||
        !read_text(item, "owner.provider", who->provider, sizeof who->provider, e) ||
        !read_text(item, "summary", finding->summary, sizeof finding->summary, e) ||
        !read_text(item, "why", finding->why, sizeof finding->why, e) ||
        !read_text(item, "who", finding->who, sizeof finding->who, e) ||
        !read_text(item, "next", finding->next, sizeof finding->next, e) ||
        !read_text(item, "or", finding->alt, sizeof finding->alt, e))
        return false;
    who->can_fix = json_is_true(json_at(item, "owner.can_fix"));
    finding->severity = (enum severity)severity;
    finding->owner = (enum owner_role)role;
    finding->check = catalog_entry(finding->id)->check;
    if (finding->check == CHECK_FORWARD && finding->owner == OWNER_IP) /* of the reverse zone */
        finding->check = CHECK_PTR;
    return true;
}

/* Findings that this version does not know are left out: readers ignore what is new. */
static bool read_findings(const json_t *object, struct judgement *judged, struct error *e)
{
    const json_t *list;
    json_t *item;
    size_t i;

    if (!read_list(object, "findings", FINDINGS_MAX, &list, e))
        return false;
    judged->findings = mem_new(json_array_size(list) + 1, sizeof *judged->findings);
    json_array_foreach(list, i, item)
    {
        struct finding *finding = &judged->findings[judged->count];
        if (!catalog_find(json_string_or(item, "id", ""), &finding->id))
            continue;
        if (!read_finding(item, finding, e))
            return error_what(e, "cannot read finding %zu", i + 1);
        judged->count++;
    }
    return true;
}

static bool read_judgement(const json_t *object, struct judgement *judged, struct error *e)
{
    int verdict, iprev, edge = RESULT_UNKNOWN;
    char key[32];

    if (!read_choice(object, "verdict", verdict_of, VERDICT_UNKNOWN + 1, &verdict, e) ||
        !read_choice(object, "iprev", iprev_of, IPREV_TEMPERROR + 1, &iprev, e))
        return false;
    judged->verdict = (enum verdict)verdict;
    judged->iprev = (enum iprev)iprev;
    for (int i = 0; i < EDGE_COUNT; i++) {
        str_format(key, sizeof key, "edges.%s", edge_text((enum edge)i));
        if (!read_choice(object, key, result_of, RESULT_SKIPPED + 1, &edge, e))
            return false;
        judged->edges[i] = (enum result)edge;
    }
    return read_findings(object, judged, e);
}

static bool read_identity(const json_t *object, struct identity *identity, struct error *e)
{
    struct facts *facts = &identity->facts;
    char address[64], wanted[NAME_MAX_TEXT];

    if (!read_text(object, "address", address, sizeof address, e) ||
        !read_text(object, "vantage", facts->vantage, sizeof facts->vantage, e) ||
        !read_text(object, "wanted", wanted, sizeof wanted, e) ||
        !read_text(object, "wanted_from", facts->wanted_from, sizeof facts->wanted_from, e))
        return false;
    if (!ip_parse(address, &facts->address))
        return fail(e, ERR_NO_INPUT, "\"address\" is no address");
    if (wanted[0] != '\0' && !name_from_dns(wanted, &facts->wanted))
        return fail(e, ERR_NO_INPUT, "\"wanted\" is no name");
    return read_judgement(object, &identity->judgement, e) && read_checks(object, identity, e);
}

static bool read_identities(const json_t *document, struct recorded_report *out, struct error *e)
{
    const json_t *list;
    json_t *item;
    size_t i;

    if (!read_list(document, "identities", IDENTITIES_MAX, &list, e))
        return false;
    out->identities = mem_new(json_array_size(list) + 1, sizeof *out->identities);
    json_array_foreach(list, i, item)
    {
        out->report.identity_count++;
        if (!read_identity(item, &out->identities[i], e))
            return error_what(e, "cannot read identity %zu", i + 1);
    }
    return true;
}

static const char *error_id_of(int i)
{
    return error_id((enum err)i);
}

/* A report has one error at most. */
static bool read_error(const json_t *document, struct recorded_report *out, struct error *e)
{
    const json_t *list, *item;
    struct error *error = &out->error;
    int code;

    if (!read_list(document, "diagnostics", VALUES_MAX, &list, e))
        return false;
    item = json_array_get(list, 0);
    if (item == NULL)
        return true;
    if (!read_choice(item, "id", error_id_of, ERR_COUNT, &code, e) ||
        !read_text(item, "error", error->what, sizeof error->what, e) ||
        !read_text(item, "why", error->why, sizeof error->why, e) ||
        !read_text(item, "who", error->who, sizeof error->who, e) ||
        !read_text(item, "next", error->next, sizeof error->next, e) ||
        !read_text(item, "or", error->alt, sizeof error->alt, e) ||
        !read_text(item, "done", out->report.done, sizeof out->report.done, e))
        return error_what(e, "cannot read the diagnostics");
    error->code = (enum err)code;
    if (error->why[0] == '\0') { /* the headline was the reason */
        str_cut(error->why, sizeof error->why, error->what);
        error->what[0] = '\0';
    }
    out->report.error = error;
    return true;
}

static bool read_outcomes(const json_t *document, struct recorded_report *out, struct error *e)
{
    const json_t *steps = json_at(document, "steps");
    json_t *item;
    size_t i;
    int state = STEP_OPEN;

    out->outcomes = mem_new(out->plan.count + 1, sizeof *out->outcomes);
    json_array_foreach(steps, i, item)
    {
        struct step_outcome *outcome = &out->outcomes[i];
        if (json_at(item, "state") == NULL)
            return true; /* the run ended before its first step */
        if (!read_choice(item, "state", state_of, STEP_STATES, &state, e) ||
            !read_seconds(item, "seconds", &outcome->seconds, e) ||
            !read_text(item, "detail", outcome->detail, sizeof outcome->detail, e))
            return error_what(e, "cannot read step %zu", i + 1);
        outcome->state = (enum step_state)state;
    }
    if (i > 0)
        out->report.outcomes = out->outcomes;
    return true;
}

static bool read_result(const json_t *document, struct recorded_report *out, struct error *e)
{
    int64_t changed;

    if (!read_text(document, "run", out->run, sizeof out->run, e) ||
        !read_text(document, "undo", out->undo, sizeof out->undo, e) ||
        !json_get_int(document, "changed", 0, PLAN_STEPS_MAX, &changed, e) ||
        !plan_steps_from_json(document, &out->plan, e) ||
        !read_text(document, "plan_id", out->plan.id, sizeof out->plan.id, e))
        return false;
    out->report.changed = (size_t)changed;
    out->report.run = out->run[0] != '\0' ? out->run : NULL;
    out->report.plan = &out->plan;
    return read_outcomes(document, out, e);
}

static bool read_format(const json_t *document, struct report *report, struct error *e)
{
    const char *format = json_string_or(document, "format", "");

    if (!str_starts(json_string_or(document, "format_version", ""), "1."))
        return fail(e, ERR_NO_INPUT, "its format_version is \"%.20s\"; this program reads 1.x",
                    json_string_or(document, "format_version", ""));
    if (str_equal(format, "namesake.audit"))
        report->command = "audit";
    else if (str_equal(format, "namesake.verify"))
        report->command = "verify";
    else if (str_equal(format, "namesake.result"))
        report->command =
            str_starts(json_string_or(document, "summary", ""), "Undid") ? "rollback" : "apply";
    else
        return fail(e, ERR_NO_INPUT, "its format is \"%.40s\", which is no report", format);
    return true;
}

static bool read_document(const json_t *document, struct recorded_report *out, struct error *e)
{
    struct report *report = &out->report;
    int64_t code;

    if (!read_format(document, report, e) ||
        !json_get_int(document, "exit_code", 0, 255, &code, e) ||
        !read_text(document, "next", report->next, sizeof report->next, e) ||
        !read_identities(document, out, e) || !read_error(document, out, e))
        return false;
    report->exit_code = (int)code;
    report->identities = out->identities;
    if (!str_equal(json_string_or(document, "format", ""), "namesake.result"))
        return true;
    if (!read_result(document, out, e))
        return false;
    if (out->plan.count == 0 && report->error != NULL)
        report->plan = NULL; /* it failed before there was a plan */
    return true;
}

bool recorded_report_from_json(const json_t *document, struct recorded_report *out, struct error *e)
{
    *out = (struct recorded_report){.run = ""};
    if (read_document(document, out, e))
        return true;
    recorded_report_free(out);
    e->code = ERR_NO_INPUT;
    return false;
}

void recorded_report_free(struct recorded_report *saved)
{
    identities_free(saved->identities, saved->report.identity_count);
    plan_free(&saved->plan);
    free(saved->outcomes);
    *saved = (struct recorded_report){.run = ""};
}
