/*
 * origin.h - what may change the system's host name behind a mail server that
 * takes its own name from it (mta facts, section 10).
 */
#ifndef NAMESAKE_MTA_ORIGIN_H
#define NAMESAKE_MTA_ORIGIN_H

#include "agent/net/host.h"

/* Who may set the host name at the next boot or lease, for people; "" when nobody is known to. */
const char *origin_of_hostname(struct host *host);

#endif
