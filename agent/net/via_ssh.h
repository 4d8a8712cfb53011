/*
 * via_ssh.h - a viewpoint behind an SSH server that forwards connections
 * (direct-tcpip, RFC 4254 7.2), over a few sessions.
 */
#ifndef NAMESAKE_NET_VIA_SSH_H
#define NAMESAKE_NET_VIA_SSH_H

#include "agent/net/via.h"

/*
 * At most so many sessions: one, and more while addresses that do not answer hold up others. A
 * session opens one connection at a time (libssh2), and the server gives no answer before its
 * own system has given up, minutes later.
 */
#define VIA_SSH_SESSIONS 8

/* A session that has been opening one connection for so long gets no others, ms. */
#define VIA_SSH_STUCK_MS 1000

/* A connection that has not come about by then does not, ms: the fourth SYN was not answered. */
#define VIA_SSH_CONNECT_MS 10000

/* As via_open. */
struct via *via_ssh(const char *target, struct loop *loop, struct error *e) MUST_USE;

/* How many sessions there are now. */
size_t via_ssh_sessions(const struct via *via);

#endif
