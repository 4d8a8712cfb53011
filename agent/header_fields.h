/*
 * header_fields.h - PURE: the fields of a message's header (RFC 5322 2.2) that
 * tell of its way: unfolded, in order, within limits. What is read was written
 * by strangers, in part.
 */
#ifndef NAMESAKE_HEADER_FIELDS_H
#define NAMESAKE_HEADER_FIELDS_H

#include "agent/base/str.h"

#define HEADER_FIELDS_MAX 256  /* of the kinds below; a real message has some ten */
#define HEADER_VALUE_MAX 8192U /* bytes of one unfolded value; what is longer is cut */

enum header_kind {
    HEADER_RECEIVED,
    HEADER_AUTH_RESULTS, /* Authentication-Results, RFC 8601 */
    HEADER_RECEIVED_SPF, /* RFC 7208 9.1 */
    HEADER_FOREFRONT,    /* X-Forefront-Antispam-Report, Exchange Online */
    HEADER_SENDER_IP,    /* X-Sender-IP, Exchange Online */
    HEADER_KINDS
};

struct header_field {
    enum header_kind kind;
    char *value; /* unfolded; tabs and NUL bytes are blanks, other control characters "?" */
};

struct header_fields {
    struct header_field *v; /* topmost first: the newest */
    size_t count;
    bool cut; /* there were more */
};

/*
 * Read the header of one message: up to the first empty line, or the first line that is no field.
 * LF or CR LF; an mbox "From " line in front is passed over. *out is overwritten; the caller
 * calls header_fields_free.
 */
void header_fields_read(const char *text, size_t length, struct header_fields *out);
void header_fields_free(struct header_fields *fields);

/*
 * The inside of the comment at whose parenthesis the cursor is; it may hold others, and quoted
 * parentheses (RFC 5322 3.2.2). The cursor moves behind it.
 */
struct cursor header_comment(struct cursor *c);

/* The name of a kind's field, as it is written. */
const char *header_kind_text(enum header_kind kind);

#endif
