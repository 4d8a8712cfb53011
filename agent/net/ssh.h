/*
 * ssh.h - one SSH session that never asks a person anything (libssh2): to run
 * a line on another machine, and to open streams from there.
 *
 * The host key must stand in ~/.ssh/known_hosts or /etc/ssh/ssh_known_hosts. Keys are those of
 * the agent ($SSH_AUTH_SOCK), then ~/.ssh/id_ed25519, id_ecdsa and id_rsa; with NAMESAKE_SSH_KEY
 * it is that file only. A key file has no passphrase; one that has belongs into the agent.
 */
#ifndef NAMESAKE_NET_SSH_H
#define NAMESAKE_NET_SSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/error.h"
#include "agent/base/ip.h"
#include "agent/net/loop.h"

/* All of connecting, agreeing on keys and logging in must be done by then. */
#define SSH_OPEN_MS 20000

struct ssh_target {
    char user[64];
    char host[256]; /* in lower case, without brackets */
    uint16_t port;
};

/*
 * Parse "[USER@]HOST[:PORT]"; an IPv6 address with a port, or with a zone, stands in brackets.
 * The user is the one who runs this program when none is given. ERR_USAGE.
 */
bool ssh_target_parse(const char *text, struct ssh_target *out, struct error *e) MUST_USE;

/* "root@out2.example.com", with ":PORT" when it is not 22: what a person types after ssh -p. */
struct ssh_target_text {
    char s[360];
};
struct ssh_target_text ssh_target_text(const struct ssh_target *target);

/* A command for the operator's own client: "ssh root@out2", "ssh -p 2222 root@out2". */
struct ssh_target_text ssh_target_command(const struct ssh_target *target);

struct ssh;

/*
 * Open a session within timeout_ms, whatever stage the other side hangs in. ERR_USAGE,
 * ERR_SSH_FAILED with what to do. The caller frees it with ssh_free; NULL on failure.
 */
struct ssh *ssh_open(const struct ssh_target *target, uint32_t timeout_ms,
                     struct error *e) MUST_USE;
void ssh_free(struct ssh *ssh);

/* False once the connection broke: nothing more can be done with the session. */
bool ssh_is_alive(const struct ssh *ssh);

/* What was printed by a line that ran on the other side. */
struct ssh_output {
    int status; /* as its trailer said, see ssh_run */
    struct buf out, err;
};

/*
 * Run a shell line there with these bytes as its input, and wait for its end within timeout_ms.
 * Beginning and end are what the line itself prints to both of its outputs: a newline, the mark,
 * a blank, a status of up to three digits and a newline; the status of the beginning is 999. So
 * what a log-in shell prints is no part of the output, a daemon that keeps an output open is not waited for, and a line
 * that was cut off is not taken for one that is done. Bytes of err past its ceiling are dropped;
 * ERR_LIMIT_EXCEEDED past that of out. ERR_TIMEOUT; ERR_SSH_FAILED when the connection broke.
 */
bool ssh_run(struct ssh *ssh, const char *line, const char *mark, const void *input, size_t length,
             uint32_t timeout_ms, struct ssh_output *output, struct error *e) MUST_USE;

enum ssh_stream_state {
    SSH_STREAM_OPENING,
    SSH_STREAM_OPEN,
    SSH_STREAM_REFUSED,   /* the far side could not connect: refused or not reachable */
    SSH_STREAM_FORBIDDEN, /* the SSH server does not forward (AllowTcpForwarding, PermitOpen) */
    SSH_STREAM_TIMEOUT,   /* not connected in time */
    SSH_STREAM_CLOSED,    /* the other side has closed it; what it sent first was read */
    SSH_STREAM_BROKEN,    /* the session is gone */
};

/*
 * A TCP connection from the other machine, on our loop; embedded in its owner, which outlives it
 * and calls ssh_stream_close in the end. Zero-initialise all but `ready`, which is called after
 * every change: connected, failed, something to read, room to write, closed.
 */
struct ssh_stream {
    void (*ready)(struct ssh_stream *stream);
    enum ssh_stream_state state;
    /* the session's own: */
    struct ssh_streams *of;
    void *channel;
    struct ssh_stream *before, *after;
    struct ip ip;
    uint16_t port;
    struct timer timer;
    bool listed, wants_room, end_told;
};

struct ssh_streams; /* the streams of one session */

/*
 * From now on the session hangs on the loop, which outlives it. One connection is opened at a
 * time, the others wait for their turn; a connection that does not come about within
 * connect_ms holds up those behind it for as long. The caller frees it, before the session.
 */
struct ssh_streams *ssh_streams_new(struct ssh *ssh, struct loop *loop, uint32_t connect_ms);
void ssh_streams_free(struct ssh_streams *streams);

/* Begin to connect. The stream's `ready` tells how it went, never from inside of this call. */
void ssh_stream_open(struct ssh_streams *streams, struct ssh_stream *stream, const struct ip *ip,
                     uint16_t port);

/* For how long the session has been opening one connection, ms; 0 when it opens none. */
int64_t ssh_streams_stuck_ms(const struct ssh_streams *streams);

/* Whether the stream waits for its turn: closing it then costs nothing. */
bool ssh_stream_is_queued(const struct ssh_stream *stream);

/* Take or give bytes: how many, 0 when there are none or no room for now. See `state` for the end. */
size_t ssh_stream_read(struct ssh_stream *stream, void *bytes, size_t size);
size_t ssh_stream_write(struct ssh_stream *stream, const void *bytes, size_t size);

/* Give the connection up; fine in every state, also in its own `ready`. */
void ssh_stream_close(struct ssh_stream *stream);

#endif
