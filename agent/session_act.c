/* session_act.c - acting for a session: progress on standard error, outcomes for the report. */
#include "agent/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/base/log.h"
#include "agent/base/mem.h"

#define TEXT_MAX (64U << 20)
#define WAIT_DEFAULT_S 300

/* Keep what became of a step for the report at the end. */
static void keep_outcome(struct session *session, const struct act_event *event)
{
    static const enum step_state states[] = {
        [ACT_START] = STEP_OPEN,   [ACT_WAIT] = STEP_PENDING,  [ACT_DONE] = STEP_DONE,
        [ACT_ALREADY] = STEP_DONE, [ACT_FAILED] = STEP_FAILED,
    };
    const struct step *step = plan_step(session->acting, event->step->id);
    struct step_outcome *outcome;

    if (step == NULL)
        return;
    outcome = &session->outcomes[step - session->acting->steps];
    outcome->state = states[event->phase];
    outcome->seconds = event->waited_s;
    str_cut(outcome->detail, sizeof outcome->detail, event->detail);
}

/*
 * Interface section 7: on a terminal a waiting step is redrawn; elsewhere it tells when it begins
 * to wait and once a minute.
 */
static bool is_quiet_now(struct session *session, const struct act_event *event)
{
    uint32_t minute = event->waited_s / 60 + 1;

    if (event->phase == ACT_START)
        return true;
    if (event->phase != ACT_WAIT || session->live_errors) {
        session->told_minute = 0;
        return false;
    }
    if (session->told_minute >= minute)
        return true;
    session->told_minute = minute;
    return false;
}

/* Write over the last lines of a waiting step. */
static void draw(struct session *session, const struct buf *text, bool again)
{
    if (session->drawn > 0)
        fprintf(stderr, "\033[%dA\033[J", session->drawn);
    fputs(buf_string(text), stderr);
    session->drawn = 0;
    for (size_t i = 0; again && session->live_errors && i < text->length; i++)
        session->drawn += text->data[i] == '\n';
}

static void print_event(void *arg, const struct act_event *event)
{
    static const char *const states[] = {
        [ACT_START] = "start",  [ACT_WAIT] = "wait",     [ACT_DONE] = "done",
        [ACT_ALREADY] = "done", [ACT_FAILED] = "failed",
    };
    struct session *session = arg;
    struct buf out = BUF_INIT(TEXT_MAX);
    char time_part[64] = "";

    keep_outcome(session, event);

    if (log_level() < LOG_LEVEL_NORMAL || is_quiet_now(session, event))
        return;
    if (event->phase == ACT_WAIT)
        str_format(time_part, sizeof time_part, "%u:%02u of %u:%02u", event->waited_s / 60,
                   event->waited_s % 60, event->limit_s / 60, event->limit_s % 60);
    else if (event->phase == ACT_ALREADY)
        str_cut(time_part, sizeof time_part, "already");
    else if (event->phase == ACT_DONE)
        str_format(time_part, sizeof time_part, "%u s", event->waited_s);
    report_step(event->step, states[event->phase], time_part, event->detail, &session->style, &out);
    draw(session, &out, event->phase == ACT_WAIT);
    buf_free(&out);
}

struct actor session_actor(struct session *session, const struct plan *plan)
{
    const struct options *options = session->options;
    uint32_t wait_s = options->wait_s >= 0 ? (uint32_t)options->wait_s : WAIT_DEFAULT_S;

    free(session->outcomes);
    session->outcomes = mem_new(plan->count + 1, sizeof *session->outcomes);
    session->acting = plan;
    return (struct actor){.collector = &session->collector,
                          .config = &session->config,
                          .wait_s = wait_s,
                          .event = print_event,
                          .arg = session};
}
