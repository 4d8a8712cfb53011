/*
 * ssh_session.h - what the parts of an SSH session share; only agent/net/ssh*.c
 * include it.
 */
#ifndef NAMESAKE_NET_SSH_SESSION_H
#define NAMESAKE_NET_SSH_SESSION_H

#include <libssh2.h>

#include "agent/net/ssh.h"

struct ssh {
    LIBSSH2_SESSION *session; /* never blocks: its calls say EAGAIN */
    int fd;
    int64_t deadline_ms; /* of what is under way, on clock_ms */
    bool alive;
    struct ssh_target target;
};

/*
 * Wait until a call that said EAGAIN may get further; false when the deadline has passed. Also
 * acknowledges at once what was read: sshd does not switch Nagle's algorithm off, and with a
 * delayed acknowledgement each channel would cost 44 ms.
 */
bool ssh_wait(struct ssh *ssh) MUST_USE;

/* Call it again and again until it is done or the deadline has passed; that leaves EAGAIN. */
#define SSH_UNTIL_DONE(ssh, rc, call)                                                              \
    do                                                                                             \
        (rc) = (call);                                                                             \
    while ((rc) == LIBSSH2_ERROR_EAGAIN && ssh_wait(ssh))

/* Report what a call of the library returned; marks the session dead where it is. False. */
bool ssh_failed(struct ssh *ssh, long rc, const char *stage, struct error *e);

/* A file of the operator: "~/.ssh/NAME". False when there is no home. */
bool ssh_home_file(const char *name, char *path, size_t size) MUST_USE;

/* TCP to the target; the caller closes the socket. -1 on failure. Deadline on clock_ms. */
int ssh_connect(const struct ssh_target *target, int64_t deadline_ms, struct error *e);

/* Before the handshake, prefer what is known; after it, insist on it. */
bool ssh_prefer_known(struct ssh *ssh, struct error *e) MUST_USE;
bool ssh_check_host_key(struct ssh *ssh, struct error *e) MUST_USE;

/* Log in with a key. */
bool ssh_log_in(struct ssh *ssh, struct error *e) MUST_USE;

/*
 * The handshake failed: ask the server once more, in the clear, what it can do, and say what it
 * and the library do not have in common. *e stays as it is when that is not the reason.
 */
void ssh_explain_handshake(struct ssh *ssh, struct error *e);

#endif
