/*
 * catalog.h - every finding that can be made: its stable id, how much it
 * weighs, who owns the repair, and what it means. `explain` prints it.
 */
#ifndef NAMESAKE_CATALOG_H
#define NAMESAKE_CATALOG_H

#include <stdbool.h>

#include "mta/mta.h"

/* Interface section 6. The order here is the order of a report. */
enum finding_id {
    FIND_NAME_UNDECIDED,
    FIND_PATH_NAT,
    FIND_PATH_OTHER_ADDRESS,
    FIND_PATH_RELAY,
    FIND_PATH_OTHER_ROUTE,
    FIND_PTR_MISSING,
    FIND_PTR_INVALID,
    FIND_PTR_GENERIC,
    FIND_PTR_MISMATCH,
    FIND_PTR_NOT_CONFIRMED,
    FIND_PTR_MULTIPLE,
    FIND_FORWARD_MISSING,
    FIND_FORWARD_ELSEWHERE,
    FIND_FORWARD_CNAME,
    FIND_FORWARD_MULTIPLE,
    FIND_HELO_MISMATCH,
    FIND_HELO_INVALID,
    FIND_HELO_UNKNOWN,
    FIND_HELO_FROM_HOSTNAME,
    FIND_NAME_MANAGED,
    FIND_BANNER_MISMATCH,
    FIND_BANNER_NO_NAME,
    FIND_BANNER_MASKED,
    FIND_BANNER_REFUSED,
    FIND_BANNER_EHLO_DIFFER,
    FIND_BANNER_UNREACHABLE,
    FIND_DNS_TEMPORARY,
    FIND_ZONE_BROKEN,
    FIND_RESOLVER_ODD,
    FIND_SERVERS_DIFFER,
    FIND_HOSTS_FILE_DIFFERS,
    FIND_COUNT
};

enum severity { SEVERITY_FAIL, SEVERITY_UNKNOWN, SEVERITY_WARN, SEVERITY_INFO, SEVERITY_COUNT };

enum owner_role {
    OWNER_IP,    /* ip-owner */
    OWNER_DNS,   /* dns-admin */
    OWNER_MTA,   /* mta-admin */
    OWNER_RELAY, /* relay-admin */
    OWNER_NOBODY,
    OWNER_COUNT
};

/* The sides of the examination; interface section 1. */
enum check { CHECK_PTR, CHECK_BANNER, CHECK_HELO, CHECK_FORWARD, CHECK_PATH, CHECK_COUNT };

struct catalog_entry {
    const char *id;
    enum severity severity;
    enum owner_role owner;
    enum check check;      /* the check that it belongs to */
    const char *meaning;   /* one or two sentences: what is wrong */
    const char *effect;    /* what it leads to, as a clause */
    const char *repair;    /* by hand, for somebody without namesake */
    const char *reference; /* RFC and section */
};

const struct catalog_entry *catalog_entry(enum finding_id id);

/* The mail server's setting that the repair is about. */
enum mta_saying catalog_setting(enum finding_id id);

/* Find by text id; false when there is none. */
bool catalog_find(const char *text, enum finding_id *out);

const char *severity_text(enum severity severity);  /* "fail" */
const char *owner_role_text(enum owner_role role);  /* "ip-owner" */
const char *owner_role_words(enum owner_role role); /* "the IP owner" */
const char *check_text(enum check check);           /* "ptr" */

#endif
