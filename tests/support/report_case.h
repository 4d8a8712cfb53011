/*
 * report_case.h - a report as a file: what a command found, in JSON, for tests
 * that compare what is written about it.
 */
#ifndef NAMESAKE_TESTS_SUPPORT_REPORT_CASE_H
#define NAMESAKE_TESTS_SUPPORT_REPORT_CASE_H

#include "agent/report.h"

#define CASE_STEPS_MAX 16
#define CASE_IDENTITIES_MAX 16

struct report_case {
    struct report report;
    struct identity identities[CASE_IDENTITIES_MAX];
    struct plan plan;
    struct step_outcome outcomes[CASE_STEPS_MAX];
    struct error error;
    json_t *document; /* owns texts of the report */
};

/*
 * Read one:
 * { "command": "audit", "strict": false, "facts": [ FACTS, ... ],
 *   "owners": { "ptr": { "name": "", "provider": "", "can_fix": true }, "forward": {}, "mta": {} },
 *   "plan_name": "", "steps": [ as in a plan, shorter; "outcome": { "state", "seconds", "detail" } ],
 *   "error": { "id", "what", "why", "who", "next", "or" }, "done": "", "next": "",
 *   "exit_code": 0, "changed": 0, "run": "", "streamed": false }
 * Every member may be absent. Ends the test when it cannot be read.
 */
void report_case_read(const char *path, struct report_case *out);

void report_case_free(struct report_case *given);

#endif
