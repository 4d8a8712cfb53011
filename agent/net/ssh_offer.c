/* ssh_offer.c - why a handshake fails, as the server's own first packet tells it. */
#include "agent/net/ssh_offer.h"

#include "agent/net/ssh_session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/clock.h"

#define KEXINIT 20 /* RFC 4253 12 */
#define HEAD 5     /* packet length, padding length */
#define COOKIE 16
#define PACKET_MAX 35000 /* RFC 4253 6.1 */
#define ASK_MS 5000

static size_t number(const unsigned char *bytes)
{
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

size_t ssh_offer_size(const unsigned char *bytes, size_t length)
{
    return length < 4 ? 0 : number(bytes) + 4;
}

bool ssh_offer_parse(const unsigned char *packet, size_t length, struct ssh_offer *out)
{
    struct ssh_offer made;
    size_t at = HEAD + 1 + COOKIE;

    if (length < at || ssh_offer_size(packet, length) != length || packet[HEAD] != KEXINIT)
        return false;
    for (int kind = 0; kind < SSH_OFFER_KINDS; kind++) {
        size_t size;

        if (length - at < 4)
            return false;
        size = number(packet + at);
        at += 4;
        if (size > length - at)
            return false;
        made.lists[kind] = cursor_of((const char *)packet + at, size);
        at += size;
    }
    *out = made;
    return true;
}

bool ssh_offer_has(const struct cursor *list, const char *const *names, size_t count)
{
    const char *at = list->at;

    while (at < list->end) {
        const char *comma = memchr(at, ',', (size_t)(list->end - at));
        const char *end = comma ? comma : list->end;

        for (size_t i = 0; i < count; i++)
            if (strlen(names[i]) == (size_t)(end - at) &&
                memcmp(names[i], at, strlen(names[i])) == 0)
                return true;
        at = comma ? comma + 1 : end;
    }
    return false;
}

/* Our half, as the library tells it, and what to change on the server. */
static const struct {
    enum ssh_offer_kind kind;
    int method;
    const char *word, *who, *next;
} ways[] = {
    {SSH_OFFER_HOST_KEY, LIBSSH2_METHOD_HOSTKEY, "kind of host key",
     "root of that machine: it needs an ed25519 host key, and a HostKey line for it where "
     "sshd_config has any",
     "ssh-keygen -A && systemctl reload ssh   # there"},
    {SSH_OFFER_KEX, LIBSSH2_METHOD_KEX, "key exchange",
     "root of that machine: KexAlgorithms in /etc/ssh/sshd_config",
     "sshd -T | grep -i kexalgorithms   # there; add curve25519-sha256"},
    {SSH_OFFER_CIPHER, LIBSSH2_METHOD_CRYPT_CS, "cipher",
     "root of that machine: Ciphers in /etc/ssh/sshd_config",
     "sshd -T | grep -i ciphers   # there; add aes256-ctr"},
    {SSH_OFFER_MAC, LIBSSH2_METHOD_MAC_CS, "MAC",
     "root of that machine: MACs in /etc/ssh/sshd_config",
     "sshd -T | grep -i macs   # there; add hmac-sha2-256"},
};

static bool in_common(struct ssh *ssh, int method, const struct cursor *list)
{
    const char **names = NULL;
    int count = libssh2_session_supported_algs(ssh->session, method, &names);
    bool found = count <= 0 || ssh_offer_has(list, names, (size_t)count);

    if (names)
        libssh2_free(ssh->session, names);
    return found;
}

static void explain(struct ssh *ssh, const struct ssh_offer *offer, struct error *e)
{
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        const struct cursor *list = &offer->lists[ways[i].kind];
        size_t length = (size_t)(list->end - list->at);

        if (in_common(ssh, ways[i].method, list))
            continue;
        fail(e, ERR_SSH_FAILED,
             "no %s in common: the server offers %.*s, and libssh2 %s here has none of them",
             ways[i].word, length > 200 ? 200 : (int)length, list->at, libssh2_version(0));
        error_who(e, "%s", ways[i].who);
        error_next(e, "%s", ways[i].next);
        return;
    }
}

/* Where the packet begins: behind the line that begins with "SSH-", and any line before it. */
static size_t packet_start(const char *bytes, size_t length)
{
    struct cursor all = cursor_of(bytes, length), line;

    while (memchr(all.at, '\n', (size_t)(all.end - all.at)) && cursor_line(&all, &line))
        if (line.end - line.at >= 4 && memcmp(line.at, "SSH-", 4) == 0)
            return (size_t)(all.at - bytes);
    return 0;
}

static bool complete(const struct buf *got, struct ssh_offer *offer)
{
    const unsigned char *bytes = (const unsigned char *)got->data;
    size_t start = got->length > 0 ? packet_start(got->data, got->length) : 0, size;

    if (start == 0)
        return false;
    size = ssh_offer_size(bytes + start, got->length - start);
    return size > 0 && size <= got->length - start && ssh_offer_parse(bytes + start, size, offer);
}

static bool ask(int fd, int64_t deadline_ms, struct buf *got, struct ssh_offer *offer)
{
    static const char hello[] = "SSH-2.0-namesake\r\n";
    struct pollfd one = {.fd = fd, .events = POLLIN};
    char piece[4096];

    if (send(fd, hello, sizeof hello - 1, MSG_NOSIGNAL) != (ssize_t)sizeof hello - 1)
        return false;
    while (!complete(got, offer)) {
        int64_t left = deadline_ms - clock_ms();
        ssize_t n;

        if (left <= 0 || !buf_ok(got) || poll(&one, 1, (int)left) == 0)
            return false;
        n = recv(fd, piece, sizeof piece, 0);
        if (n > 0)
            buf_add(got, piece, (size_t)n);
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return false;
    }
    return true;
}

void ssh_explain_handshake(struct ssh *ssh, struct error *e)
{
    struct buf got = BUF_INIT(PACKET_MAX);
    int64_t deadline_ms = clock_ms() + ASK_MS;
    struct ssh_offer offer;
    struct error ignored;
    int fd = ssh_connect(&ssh->target, deadline_ms, &ignored);

    if (fd < 0)
        return;
    if (ask(fd, deadline_ms, &got, &offer))
        explain(ssh, &offer, e);
    close(fd);
    buf_free(&got);
}
