/*
 * rcode.h - DNS response codes: those of the wire and two of our own.
 */
#ifndef NAMESAKE_BASE_RCODE_H
#define NAMESAKE_BASE_RCODE_H

#include <stdbool.h>

/* RFC 1035 4.1.1, RFC 2136 2.2; the last two are above the wire's range. */
enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5,
    DNS_YXDOMAIN = 6,
    DNS_YXRRSET = 7,
    DNS_NXRRSET = 8,
    DNS_NOTAUTH = 9,
    DNS_NOTZONE = 10,
    DNS_TIMEOUT = 4096, /* no answer, or no way to the server */
    DNS_BADREPLY = 4097 /* an answer that cannot be parsed */
};

/* "NOERROR", "TIMEOUT", "RCODE23"; the text is static or lives until the next such call. */
const char *dns_rcode_text(int rcode);

/* The code of a text, -1 when it is none. */
int dns_rcode_from_text(const char *text);

/*
 * True for what leaves a question open: SERVFAIL, REFUSED, a time-out and everything else that is
 * neither data nor a denial.
 */
bool dns_rcode_is_temporary(int rcode);

#endif
