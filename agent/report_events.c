/* report_events.c - a report as a stream of events. */
#include "agent/report_events.h"

#include <stdlib.h>

#include "agent/base/json.h"
#include "agent/base/mem.h"
#include "agent/report_parts.h"

void events_add(struct events *events, const char *event, const char *level, const char *message,
                json_t *more)
{
    json_t *object = need(json_pack("{s:s, s:i, s:s, s:s, s:o}", "ts", time_text(events->now).s,
                                    "seq", (int)++events->seq, "event", event, "level", level,
                                    "message", text_json(message)));
    char *line;

    if (more != NULL)
        json_object_update(object, more);
    json_decref(more);
    line = json_canonical(object);
    buf_printf(events->out, "%s\n", line);
    free(line);
    json_decref(object);
}

void events_start(struct events *events, const char *command)
{
    events_add(events, "start", "info", command ? command : "namesake",
               need(json_pack("{s:s, s:s, s:s}", "format", "namesake.events", "format_version",
                              "1.0", "namesake", NAMESAKE_VERSION)));
}

void events_identity(struct events *events, const struct identity *identity, bool strict)
{
    static const char *const levels[SEVERITY_COUNT] = {"error", "warn", "warn", "info"};
    const struct facts *facts = &identity->facts;
    enum verdict verdict = judgement_verdict(&identity->judgement, strict);
    struct ip_text address = ip_text(&facts->address);
    char message[400];

    str_format(message, sizeof message, "%s %s is %s", address.s, facts->wanted.s,
               verdict_text(verdict));
    events_add(events, "observed", verdict == VERDICT_ALIGNED ? "info" : "warn", message,
               need(json_pack("{s:s, s:o, s:s, s:s}", "address", address.s, "wanted",
                              text_json(facts->wanted.s), "verdict", verdict_text(verdict), "iprev",
                              iprev_text(identity->judgement.iprev))));
    for (size_t i = 0; i < identity->judgement.count; i++) {
        const struct finding *finding = &identity->judgement.findings[i];
        const struct catalog_entry *entry = catalog_entry(finding->id);
        events_add(
            events, "finding", levels[finding->severity], finding->summary,
            need(json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "address", address.s, "finding",
                           entry->id, "check", check_text(finding->check), "severity",
                           severity_text(finding->severity), "owner",
                           owner_role_text(finding->owner), "next", text_json(finding->next))));
    }
}

void events_error(struct events *events, const struct error *error, const char *done)
{
    events_add(events, "diagnostic", "error", error->what[0] ? error->what : error->why,
               report_error_json(error, done));
}

void events_end(struct events *events, const char *summary, int exit_code)
{
    events_add(events, "end", exit_code == 0 ? "info" : "warn", summary,
               need(json_pack("{s:i}", "exit_code", exit_code)));
}

static void add_plan(struct events *events, const struct report *report)
{
    static const char *const kinds[STEP_STATES] = {"plan", "step_done", "step_wait", "step_failed"};

    for (size_t i = 0; i < report->plan->count; i++) {
        const struct step *step = &report->plan->steps[i];
        enum step_state state = report->outcomes ? report->outcomes[i].state : STEP_OPEN;
        events_add(
            events, kinds[state], state == STEP_FAILED ? "error" : "info", step->target,
            need(json_pack("{s:s, s:s, s:s, s:s}", "step", step->id, "action",
                           step_action_text(step->action), "address", ip_text(&step->subject.ip).s,
                           "finding", catalog_entry(step->finding)->id)));
    }
}

void write_jsonl(const struct report *report, const struct style *style, struct buf *out)
{
    struct events events = {.out = out, .now = report->now};
    char summary[512];

    (void)style;
    events_start(&events, report->command);
    for (size_t i = 0; i < report->identity_count; i++)
        events_identity(&events, &report->identities[i], report->strict);
    if (report->plan != NULL)
        add_plan(&events, report);
    if (report->error != NULL)
        events_error(&events, report->error, report->done);
    report_summary(report, summary, sizeof summary);
    events_end(&events, summary, report->exit_code);
}
