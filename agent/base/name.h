/*
 * name.h - a DNS name as a value, normalised when it is made: lower case, no
 * final dot, A-labels. Two names are equal when their texts are.
 */
#ifndef NAMESAKE_BASE_NAME_H
#define NAMESAKE_BASE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/error.h"

#define NAME_MAX_TEXT 254 /* RFC 1035 2.3.4: 255 bytes on the wire, 253 characters and a NUL */

struct name {
    char s[NAME_MAX_TEXT]; /* "" is no name at all; the root is "." */
};

/* How a name falls short of a host name that may be said in SMTP (receivers sheet, section 5). */
enum name_fault {
    NAME_GOOD,
    NAME_EMPTY,
    NAME_BAD_CHARACTER, /* blanks, quotes, U-labels, ... */
    NAME_UNDERSCORE,
    NAME_BAD_LABEL, /* empty, longer than 63, a hyphen first or last */
    NAME_TOO_LONG,
    NAME_SINGLE_LABEL,
    NAME_NUMERIC, /* an address, or a last label of digits */
    NAME_LITERAL, /* [192.0.2.1] */
    NAME_LOCALHOST,
    NAME_PRIVATE_SUFFIX, /* .local, .localdomain, .lan, .home, .internal, ... */
    NAME_REVERSE,        /* below in-addr.arpa or ip6.arpa */
};

/*
 * Normalise a name from the DNS, where labels may hold any byte (escaped as \DDD by the
 * parser): lengths are checked, characters are not. False when it cannot be a DNS name, or when
 * its escapes need more room than a name has.
 */
bool name_from_dns(const char *text, struct name *out) MUST_USE;

/*
 * Append one label as it is on the wire to a name that is being made, *used characters so far;
 * false when its text does not fit.
 */
bool name_add_label(struct name *name, size_t *used, const uint8_t *bytes, size_t length) MUST_USE;

/* The labels on the wire, root included (RFC 1035 3.1). Returns the length; 0 for no name. */
#define NAME_MAX_WIRE 255
size_t name_to_wire(const struct name *name, uint8_t out[static NAME_MAX_WIRE]);

/*
 * Read a host name that a person or a mail server wrote. On NAME_GOOD it is fit for HELO;
 * otherwise *out holds the normalised text as far as there is one, and the fault says why it is
 * not (RFC 5321 2.3.5, RFC 952, RFC 1123 2.1).
 */
enum name_fault name_parse_host(const char *text, struct name *out);

/* The fault in words: "has an underscore, which is not allowed in host names". */
const char *name_fault_text(enum name_fault fault);

bool name_equal(const struct name *a, const struct name *b);
bool name_is_empty(const struct name *name);
size_t name_labels(const struct name *name); /* "." and "" have none */

/* True when name is zone or below it. Every name is below the root. */
bool name_within(const struct name *name, const struct name *zone);

/* The last n labels; all of it when there are fewer; the root for 0. */
struct name name_suffix(const struct name *name, size_t n);

/* The name less its first label; the root has itself as parent. */
struct name name_parent(const struct name *name);

#endif
