/* ssh.c - a session from the first byte to the last. */
#include "agent/net/ssh_session.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/mem.h"
#include "agent/base/str.h"

/* A server that does not answer to our farewell is left without one. */
#define FAREWELL_MS 500

bool ssh_wait(struct ssh *ssh)
{
    const int on = 1;
    int blocked = libssh2_session_block_directions(ssh->session);
    struct pollfd one = {.fd = ssh->fd};
    int64_t left = ssh->deadline_ms - clock_ms();

    (void)setsockopt(ssh->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    if (left <= 0)
        return false;
    if (blocked == 0 || (blocked & LIBSSH2_SESSION_BLOCK_INBOUND))
        one.events |= POLLIN;
    if (blocked & LIBSSH2_SESSION_BLOCK_OUTBOUND)
        one.events |= POLLOUT;
    (void)poll(&one, 1, left > 60000 ? 60000 : (int)left);
    return true;
}

bool ssh_failed(struct ssh *ssh, long rc, const char *stage, struct error *e)
{
    char *text = NULL;

    if (rc == LIBSSH2_ERROR_EAGAIN)
        return fail(e, ERR_SSH_FAILED, "it does not answer any more (%s)", stage);
    (void)libssh2_session_last_error(ssh->session, &text, NULL, 0);
    switch (rc) {
    case LIBSSH2_ERROR_SOCKET_DISCONNECT:
    case LIBSSH2_ERROR_SOCKET_RECV:
    case LIBSSH2_ERROR_SOCKET_SEND:
    case LIBSSH2_ERROR_SOCKET_TIMEOUT:
    case LIBSSH2_ERROR_BAD_SOCKET:
        ssh->alive = false;
        return fail(e, ERR_SSH_FAILED, "the connection broke (%s): %s", stage,
                    text && *text ? text : "closed by the other side");
    default:
        return fail(e, ERR_SSH_FAILED, "%s: %s", stage,
                    text && *text ? text : "the SSH library gives no reason");
    }
}

bool ssh_home_file(const char *name, char *path, size_t size)
{
    const char *home = getenv("HOME");
    const struct passwd *me;

    if (!home || home[0] != '/') {
        me = getpwuid(geteuid());
        home = me ? me->pw_dir : "";
    }
    return snprintf(path, size, "%s/.ssh/%s", home, name) < (int)size && path[0] == '/';
}

static bool shake_hands(struct ssh *ssh, struct error *e)
{
    long rc;

    if (!ssh_prefer_known(ssh, e))
        return false;
    SSH_UNTIL_DONE(ssh, rc, libssh2_session_handshake(ssh->session, ssh->fd));
    if (rc == 0)
        return true;
    (void)ssh_failed(ssh, rc, "agreeing on keys", e);
    if (!ssh->alive && libssh2_session_banner_get(ssh->session) == NULL) {
        fail(e, ERR_SSH_FAILED,
             "it hangs up before it has said a word: a firewall, too many log-ins at once "
             "(MaxStartups), or failed ones from here a moment ago (PerSourcePenalties)");
        return error_next(e, "%s true", ssh_target_command(&ssh->target).s);
    }
    if (rc != LIBSSH2_ERROR_EAGAIN && ssh->alive)
        ssh_explain_handshake(ssh, e);
    return false;
}

static bool start(struct ssh *ssh, struct error *e)
{
    ssh->fd = ssh_connect(&ssh->target, ssh->deadline_ms, e);
    if (ssh->fd < 0)
        return false;
    ssh->session = need(libssh2_session_init());
    libssh2_session_set_blocking(ssh->session, 0);
    ssh->alive = true;
    return shake_hands(ssh, e) && ssh_check_host_key(ssh, e) && ssh_log_in(ssh, e);
}

struct ssh *ssh_open(const struct ssh_target *target, uint32_t timeout_ms, struct error *e)
{
    struct ssh *ssh = mem_new(1, sizeof *ssh);

    ssh->target = *target;
    ssh->fd = -1;
    ssh->deadline_ms = clock_ms() + timeout_ms;
    if (start(ssh, e))
        return ssh;
    ssh_free(ssh);
    error_what(e, "cannot log in to %s over SSH", ssh_target_text(target).s);
    return NULL;
}

bool ssh_is_alive(const struct ssh *ssh)
{
    return ssh && ssh->alive;
}

void ssh_free(struct ssh *ssh)
{
    long rc;

    if (!ssh)
        return;
    if (ssh->session) {
        ssh->deadline_ms = clock_ms() + FAREWELL_MS;
        if (ssh->alive)
            SSH_UNTIL_DONE(ssh, rc, libssh2_session_disconnect(ssh->session, "done"));
        /* Channels that are still there are closed by this, which may have to send something. */
        if (!ssh->alive)
            (void)shutdown(ssh->fd, SHUT_RDWR);
        SSH_UNTIL_DONE(ssh, rc, libssh2_session_free(ssh->session));
    }
    if (ssh->fd >= 0)
        close(ssh->fd);
    free(ssh);
}
