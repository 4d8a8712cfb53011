/*
 * header_auth.h - PURE: what a receiver wrote into a message about its own
 * checks: Authentication-Results (RFC 8601), Received-SPF (RFC 7208 9.1) and
 * the reports of Exchange Online.
 */
#ifndef NAMESAKE_HEADER_AUTH_H
#define NAMESAKE_HEADER_AUTH_H

#include "agent/base/ip.h"
#include "agent/header_fields.h"

#define AUTH_RESULTS_MAX 16

/* One method's result. */
struct auth_result {
    char method[16];    /* "iprev", "spf", "dkim", "dmarc", ... in lower case */
    char result[16];    /* "pass", "fail", "permerror", ... in lower case */
    char identity[256]; /* whom it is about: of smtp.mailfrom, header.d, header.from, ...; or "" */
};

/* One field. */
struct auth {
    char server[256]; /* who says so (authserv-id, receiver=); "" when the field does not tell */
    struct auth_result results[AUTH_RESULTS_MAX];
    size_t count;
    struct ip client; /* the address that was checked; IP_NONE when it is not told */
    char helo[256];   /* the HELO that was checked, "" when it is not told */
    char ptr[256];    /* the client's name as the receiver saw it, "" when it is not told */
};

/* Read one unfolded value. What cannot be found stays empty; any text will do. */
void auth_parse(const struct header_field *field, struct auth *out);

#endif
