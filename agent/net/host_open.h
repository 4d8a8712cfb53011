/*
 * host_open.h - the machine that a mail server runs on, by how it is reached.
 */
#ifndef NAMESAKE_NET_HOST_OPEN_H
#define NAMESAKE_NET_HOST_OPEN_H

#include "agent/net/host.h"

/*
 * This machine (""), or "[USER@]HOST[:PORT]" over SSH. NULL after an error: ERR_SSH_FAILED. The
 * caller frees it with host_free.
 */
struct host *host_open(const char *ssh, struct error *e) MUST_USE;

#endif
