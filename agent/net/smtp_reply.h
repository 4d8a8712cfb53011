/*
 * smtp_reply.h - PURE: SMTP replies (RFC 5321 4.2) as they come in, byte by
 * byte from somebody we do not trust.
 */
#ifndef NAMESAKE_NET_SMTP_REPLY_H
#define NAMESAKE_NET_SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/name.h"
#include "agent/base/str.h"

#define SMTP_LINE_MAX 512 /* RFC 5321 4.5.3.1.5, CR LF included */
#define SMTP_REPLY_LINES 64
#define SMTP_REPLY_BYTES 8192

enum smtp_parse {
    SMTP_MORE, /* the reply is not complete */
    SMTP_COMPLETE,
    SMTP_INVALID, /* not SMTP: another protocol, or beyond the limits above */
};

/*
 * Judge what has arrived so far. On SMTP_COMPLETE *used is the length of the reply, all lines and
 * the final line end included; otherwise it is left alone. Bare LF is accepted as line end, and
 * lines may differ in their code: postscreen's 220-teaser may be followed by its 521. What cannot
 * become a reply any more is invalid at once, not only at its line end.
 */
enum smtp_parse smtp_reply_parse(const char *data, size_t length, size_t *used);

/* Add the lines of a complete reply to a list: made printable, without line ends. */
void smtp_reply_lines(const char *data, size_t length, struct strings *lines);

/* The code of a reply, which is that of its last line: 220. 0 when there are no lines. */
int smtp_reply_code(const struct strings *lines);

/*
 * The host name that a greeting or EHLO reply carries: the first word after the code of one
 * line. NAME_GOOD or why it is no host name; *out is "" when there is no word.
 */
enum name_fault smtp_reply_name(const char *line, struct name *out);

/*
 * True when a firewall has rewritten the greeting: "220 ****2****0****" (receivers sheet,
 * section 7).
 */
bool smtp_reply_is_masked(const char *line);

#endif
