/*
 * headers.h - PURE: a delivered message, to the address and the HELO that the
 * last outside receiver saw, and what that receiver thought of them. Only lines
 * written by hosts that one trusts count: those on the receiving side, from the
 * top down to the first peer that is a stranger to it. Everything below was
 * written by somebody else and proves nothing.
 */
#ifndef NAMESAKE_HEADERS_H
#define NAMESAKE_HEADERS_H

#include "agent/header_auth.h"
#include "agent/header_received.h"

#define HEADERS_TEXT_MAX (1U << 20) /* bytes of a message that are read: the header is in front */

enum hop_role {
    HOP_INSIDE,   /* handed on within the receiving side */
    HOP_BELIEVED, /* where the receiving side took the message from outside */
    HOP_UNPROVEN, /* below: anybody may have written it */
    HOP_ROLES
};

struct hop_seen {
    struct hop hop;
    enum hop_role role;
    const char *why; /* HOP_INSIDE: what shows it */
    size_t field;    /* its place among the fields that were read */
};

struct headers {
    struct hop_seen *hops; /* topmost first */
    size_t hop_count;
    size_t top;      /* the first field that the receiving side may have written */
    size_t believed; /* number of the believed one; hop_count when there is none */
    char why[512];   /* why that line, or why none */
    struct ip address;
    char helo[256], ptr[256];
    char receiver[256];          /* who wrote the believed line */
    struct auth_result *results; /* of that receiver, or of the hosts behind it */
    size_t result_count;
    struct strings notes; /* what contradicts, what was left out */
};

/*
 * Read a message. receiver: a host name or domain whose lines are the ones to believe; NULL: find
 * out. *out is overwritten; the caller calls headers_free. True when a line can be believed.
 */
bool headers_read(const char *text, size_t length, const char *receiver,
                  struct headers *out) MUST_USE;
void headers_free(struct headers *headers);

const char *hop_role_text(enum hop_role role); /* "inside", "believed", "unproven" */

#endif
