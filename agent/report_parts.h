/*
 * report_parts.h - inside the report: what its formats share.
 */
#ifndef NAMESAKE_REPORT_PARTS_H
#define NAMESAKE_REPORT_PARTS_H

#include "agent/report.h"

/* One check as documents and tables show it. */
struct check_view {
    struct strings found;
    char wanted[NAME_MAX_TEXT];    /* "" while undecided */
    enum owner_role owner;         /* who can repair it; OWNER_NOBODY when it is ok or skipped */
    const struct rrset_facts *set; /* what the servers said; NULL where no DNS is asked */
};

/* The caller calls strings_free on found. */
struct check_view check_view(const struct identity *identity, enum check check);

/* The names that the server says, as they compare; "" when not seen. Of a greeting that has the
 * wanted name somewhere it is that one. */
struct greeting_names {
    char helo[256], banner[256];
};
struct greeting_names greeting_names(const struct identity *identity);

/* How many addresses have each verdict; of one that several places saw, the worst counts. */
struct tally {
    size_t all, aligned, failed, unknown;
};
struct tally tally_of(const struct report *report);

/* "1 address", "2 addresses". */
struct count_text {
    char s[64];
};
struct count_text count_text(size_t count, const char *one, const char *many);

/* "1 to add, 2 to change, 0 to remove, 1 by hand" */
struct count_text plan_counts_text(const struct plan *plan);

/* "Changed 3 of 3."; of a rollback "Undid 3 of 3." The report has a plan. */
struct count_text changed_text(const struct report *report);

/* "a, b and c" */
void enumerate(const struct strings *list, struct buf *out);

/* "update" as a sign: + ~ - @ */
char step_sign(enum step_action action);

/* What a step is about: "A mail.example.com", "203.0.113.25", "postfix myhostname". */
const char *step_subject(const struct step *step);

/* Who makes it: Cloudflare "cf"; root; Example Colo, by hand. */
struct holder_text {
    char s[320];
};
struct holder_text step_holder(const struct step *step);

/* The number of a step in its plan: "s2" is 2; 0 when the id is of another form. */
size_t step_number(const struct step *step);

/* "open", "done", "pending", "failed" */
const char *step_state_text(enum step_state state);

/* The command that undoes the run that is reported; "" when there is nothing to undo. */
const char *undo_command(const struct report *report);

/* apply or rollback: there are results, not intentions. */
bool is_result(const struct report *report);
bool is_command(const struct report *report, const char *command);

/* A check of which something is worth a warning only, at most; and the worst finding. */
bool has_warning(const struct judgement *judgement);
const struct finding *worst_finding(const struct judgement *judgement);

/* What an error says first: what was attempted, else the reason, else its id. */
const char *error_headline(const struct error *error);

/* The formats, each in its own file. */
void write_text(const struct report *report, const struct style *style, struct buf *out);
void write_table(const struct report *report, const struct style *style, struct buf *out);
void write_json(const struct report *report, const struct style *style, struct buf *out);
void write_markdown(const struct report *report, const struct style *style, struct buf *out);
/* Text made printable, so that it is UTF-8 whatever it was; the caller owns it. */
json_t *text_json(const char *text);
json_t *text_or_null(const char *text); /* null for "" and NULL */

void write_jsonl(const struct report *report, const struct style *style, struct buf *out);
void write_nagios(const struct report *report, const struct style *style, struct buf *out);
void write_ticket(const struct report *report, const struct style *style, struct buf *out);

#endif
