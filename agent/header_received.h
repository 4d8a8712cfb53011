/*
 * header_received.h - PURE: one Received line as the mail servers of this world
 * write it, to the address and the HELO of the peer (RFC 5321 4.4).
 *
 * Sendmail, Postfix,   from HELO (PTR [ADDRESS]) by HOST ...
 * Google, OpenSMTPD    from HELO ([ADDRESS]) by HOST ...
 * Exim                 from PTR ([ADDRESS] helo=HELO) by HOST ...
 *                      from [ADDRESS] (helo=HELO) by HOST ...
 * Microsoft            from HELO (ADDRESS) by HOST (ADDRESS) with Microsoft SMTP Server ...
 * qmail, Yahoo         from PTR (HELO HELO) (ADDRESS) by HOST ...
 */
#ifndef NAMESAKE_HEADER_RECEIVED_H
#define NAMESAKE_HEADER_RECEIVED_H

#include "agent/base/ip.h"

struct hop {
    struct ip peer;     /* IP_NONE: none is named, as for a message that was made on the host */
    char helo[256];     /* what the peer said, "" when the line does not tell */
    char ptr[256];      /* the peer's name as the writer found it; "": not found, or not told */
    bool ptr_confirmed; /* the writer looked whether that name leads back to the address */
    char by[256];       /* who wrote the line */
    char with[64];      /* "ESMTPS"; Microsoft's are "Microsoft SMTP Server" */
    char when[64];      /* the date, as it was written */
    bool microsoft;
};

/* Read one unfolded value. What cannot be found stays empty; any text will do. */
void hop_parse(const char *value, struct hop *out);

#endif
