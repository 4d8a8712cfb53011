/*
 * log_evidence.h - PURE: what the logs of this machine's mail server say of the
 * addresses that it sends from and the names that it gives itself there. They
 * say so where Exim notes its own end of a connection, where Postfix notes the
 * dialogue, and where another server's refusal is quoted that names us.
 * Visitors of ours are no evidence of that.
 */
#ifndef NAMESAKE_LOG_EVIDENCE_H
#define NAMESAKE_LOG_EVIDENCE_H

#include "agent/base/ip.h"

#define LOG_EVIDENCE_MAX 32 /* different pairs that are kept */
#define LOG_LINE_MAX 8192U  /* bytes of a line that are looked at */

struct log_sighting {
    struct ip address; /* IP_NONE: the line tells the name only */
    char helo[256];    /* "": the line tells the address only */
    char when[40];     /* of the last such line, as it was written; "" when it has none */
    char line[400];    /* that line, printable, cut */
    unsigned count;    /* how many lines say so */
};

struct log_evidence {
    struct log_sighting v[LOG_EVIDENCE_MAX]; /* in the order in which they were first seen */
    size_t count;
};

/*
 * Read lines of mail.log or maillog (old and RFC 3339 time), of Exim's mainlog, or of journalctl
 * -o json, in any mixture, and add what they tell. Start with a zeroed struct. What does not fit
 * is counted with nothing and left out.
 */
void log_evidence_read(const char *text, size_t length, struct log_evidence *out);

#endif
