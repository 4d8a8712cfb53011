/*
 * bench_dns.c - one name server for all names of the bench: a resolver to those that want
 * recursion, the authority to others. PTR of a.b.c.d is mail-a-b-c-d.example.net and back. Its socket
 * has the room that the system gives everybody: more questions at once than that are lost. TCP is
 * answered as well, but not counted, and not where faults are wanted.
 * Usage: bench_dns ADDRESS LOSS-PERCENT AUTHORITY [FAULT-PERCENT]: where it listens, and the address
 * that it gives for the authority. Ends with SIGTERM and prints how many questions came, and how
 * many it failed (faults.h).
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/bench/faults.h"
#include "tests/bench/kinds.h"

enum {
    PORT = 53,
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    NXDOMAIN = 3,
    SERVFAIL = 2,
    REFUSED = 5,
    TRUNCATED = 2, /* of the flags' first byte */
    HEADER = 12
};

static volatile sig_atomic_t stopped;

static void on_term(int number)
{
    stopped = number;
}

struct message {
    uint8_t bytes[1500];
    size_t length;
};

static void add16(struct message *m, unsigned value)
{
    m->bytes[m->length++] = (uint8_t)(value >> 8);
    m->bytes[m->length++] = (uint8_t)value;
}

static void add_name(struct message *m, const char *text)
{
    while (*text != '\0') {
        const size_t label = strcspn(text, ".");

        m->bytes[m->length++] = (uint8_t)label;
        memcpy(m->bytes + m->length, text, label);
        m->length += label;
        text += label + (text[label] == '.');
    }
    m->bytes[m->length++] = 0;
}

static void begin_record(struct message *m, const char *owner, unsigned type)
{
    add_name(m, owner);
    add16(m, type);
    add16(m, 1);
    add16(m, 0);
    add16(m, 3600);
    add16(m, 0);
}

/* Fill in the length of the data that was added since the record began. */
static void end_record(struct message *m, size_t start)
{
    m->bytes[start - 2] = (uint8_t)((m->length - start) >> 8);
    m->bytes[start - 1] = (uint8_t)(m->length - start);
}

static void add_name_record(struct message *m, const char *owner, unsigned type, const char *target)
{
    size_t start;

    begin_record(m, owner, type);
    start = m->length;
    add_name(m, target);
    end_record(m, start);
}

static void add_soa(struct message *m, const char *owner)
{
    size_t start;

    begin_record(m, owner, TYPE_SOA);
    start = m->length;
    add_name(m, "ns.example.net");
    add_name(m, "admin.example.net");
    for (int i = 0; i < 10; i++)
        add16(m, i % 2 ? 300 : 0);
    end_record(m, start);
}

static void add_address(struct message *m, const char *owner, uint32_t address)
{
    size_t start;

    begin_record(m, owner, TYPE_A);
    start = m->length;
    add16(m, address >> 16);
    add16(m, address & 0xFFFF);
    end_record(m, start);
}

struct question {
    char name[256];
    unsigned type;
    bool recurse;
    uint32_t authority;
};

static const char *zone_of(const char *name)
{
    static const char *const zones[] = {"18.198.in-addr.arpa", "19.198.in-addr.arpa",
                                        "example.net"};
    const size_t length = strlen(name);

    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        const size_t zone = strlen(zones[i]);
        if (length >= zone && strcasecmp(name + length - zone, zones[i]) == 0)
            return zones[i];
    }
    return NULL;
}

/* The rcode; one record at most is added. */
static unsigned answer_address(const struct question *q, struct message *m)
{
    unsigned a, b, c, d;
    char name[256];

    if (q->type != TYPE_A)
        return 0;
    if (strcasecmp(q->name, "ns.example.net") == 0)
        add_address(m, q->name, q->authority);
    else if (sscanf(q->name, "mail-%u-%u-%u-%u", &a, &b, &c, &d) == 4 &&
             snprintf(name, sizeof name, "mail-%u-%u-%u-%u.example.net", a, b, c, d) > 0 &&
             strcasecmp(name, q->name) == 0)
        add_address(m, q->name, a << 24 | b << 16 | c << 8 | d);
    else
        return NXDOMAIN;
    return 0;
}

static unsigned answer_pointer(const struct question *q, struct message *m)
{
    unsigned a, b, c, d;
    char name[256];
    enum kind kind;

    if (sscanf(q->name, "%u.%u.%u.%u.in-addr", &d, &c, &b, &a) != 4)
        return 0;
    kind = kind_of(a << 24 | b << 16 | c << 8 | d);
    if (kind == KIND_SERVFAIL)
        return SERVFAIL;
    if (kind == KIND_NO_PTR)
        return NXDOMAIN;
    if (q->type != TYPE_PTR)
        return 0;
    snprintf(name, sizeof name, "mail-%u-%u-%u-%u.example.net", a, b, c, d);
    add_name_record(m, q->name, TYPE_PTR, name);
    return 0;
}

static unsigned answer(const struct question *q, const char *zone, struct message *m)
{
    if (strcasecmp(q->name, zone) != 0)
        return strstr(zone, "arpa") != NULL ? answer_pointer(q, m) : answer_address(q, m);
    if (q->type == TYPE_NS)
        add_name_record(m, zone, TYPE_NS, "ns.example.net");
    else if (q->type == TYPE_SOA)
        add_soa(m, zone);
    return 0;
}

static bool read_question(const struct message *m, struct question *q, size_t *end)
{
    size_t at = HEADER, used = 0;

    while (at < m->length && m->bytes[at] != 0) {
        const size_t label = m->bytes[at];
        if (label > 63 || at + label + 1 >= m->length || used + label + 2 > sizeof q->name)
            return false;
        if (used > 0)
            q->name[used++] = '.';
        memcpy(q->name + used, m->bytes + at + 1, label);
        used += label;
        at += label + 1;
    }
    if (at + 5 > m->length)
        return false;
    q->name[used] = '\0';
    q->type = (unsigned)m->bytes[at + 1] << 8 | m->bytes[at + 2];
    q->recurse = (m->bytes[2] & 1) != 0;
    *end = at + 5;
    return true;
}

/* Turn a question into its reply. */
static bool reply(struct message *m, uint32_t authority)
{
    struct question q = {.authority = authority};
    const char *zone;
    unsigned rcode = 5, before;
    size_t end;

    if (m->length < HEADER || !read_question(m, &q, &end))
        return false;
    m->length = end;
    before = (unsigned)end;
    zone = zone_of(q.name);
    if (zone != NULL)
        rcode = answer(&q, zone, m);
    m->bytes[2] = (uint8_t)(0x80 | (q.recurse ? 1 : 4));
    m->bytes[3] = (uint8_t)((q.recurse ? 0x80 : 0) | rcode);
    memset(m->bytes + 6, 0, 6);
    m->bytes[7] = m->length > before;
    if (m->length == before && zone != NULL && rcode != SERVFAIL) {
        add_soa(m, zone);
        m->bytes[9] = 1;
    }
    return true;
}

/* Spoil a reply in one of four ways; false when there is to be none. */
static bool spoil(struct message *m)
{
    static const uint8_t ways[] = {SERVFAIL, REFUSED};
    const long way = random() % 4;
    struct question q;
    size_t end;

    if (way == 3 || !read_question(m, &q, &end))
        return false;
    m->length = end;
    memset(m->bytes + 6, 0, 6);
    if (way == 2)
        m->bytes[2] |= TRUNCATED; /* and nobody listens for TCP, where there are faults */
    else
        m->bytes[3] = (uint8_t)((m->bytes[3] & 0xF0) | ways[way]);
    return true;
}

static bool read_all(int fd, uint8_t *bytes, size_t length)
{
    for (ssize_t got; length > 0; bytes += got, length -= (size_t)got)
        if ((got = read(fd, bytes, length)) <= 0)
            return false;
    return true;
}

/* Questions and replies of one connection, each behind its length (RFC 7766). */
static void converse(int fd, uint32_t authority)
{
    const int on = 1;
    uint8_t frame[2 + sizeof((struct message *)0)->bytes];
    struct message m;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while (read_all(fd, frame, 2)) {
        m.length = (size_t)frame[0] << 8 | frame[1];
        if (m.length > sizeof m.bytes || !read_all(fd, m.bytes, m.length) || !reply(&m, authority))
            return;
        frame[0] = (uint8_t)(m.length >> 8);
        frame[1] = (uint8_t)m.length;
        memcpy(frame + 2, m.bytes, m.length);
        if (write(fd, frame, m.length + 2) < 0)
            return;
    }
}

/* A process for all of TCP, and one for each connection; they end with this one. */
static void serve_tcp(const struct sockaddr_in *here, uint32_t authority)
{
    const int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    if (fork() != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGTERM, SIG_DFL);
    signal(SIGCHLD, SIG_IGN);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (const struct sockaddr *)here, sizeof *here) != 0 ||
        listen(listener, 128) != 0)
        _exit(1);
    for (;;) {
        const int fd = accept(listener, NULL, NULL);

        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            converse(fd, authority);
            _exit(0);
        }
        close(fd);
    }
}

int main(int argc, char **argv)
{
    const struct sigaction term = {.sa_handler = on_term};
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)}, peer;
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    const long loss = argc >= 4 ? strtol(argv[2], NULL, 10) : 0;
    struct faults faults = {.percent = argc == 5 ? strtol(argv[4], NULL, 10) : 0};
    unsigned long count = 0;
    struct in_addr authority;
    struct message m;

    if (argc < 4 || argc > 5 || inet_pton(AF_INET, argv[1], &here.sin_addr) != 1 ||
        inet_pton(AF_INET, argv[3], &authority) != 1)
        return 64;
    sigaction(SIGTERM, &term, NULL);
    if (bind(fd, (struct sockaddr *)&here, sizeof here) != 0) {
        perror("bench_dns");
        return 1;
    }
    if (faults.percent == 0)
        serve_tcp(&here, ntohl(authority.s_addr));
    while (stopped == 0) {
        socklen_t size = sizeof peer;
        const ssize_t got =
            recvfrom(fd, m.bytes, sizeof m.bytes, 0, (struct sockaddr *)&peer, &size);

        if (got <= 0)
            continue;
        count++;
        m.length = (size_t)got;
        if (random() % 100 < loss || !reply(&m, ntohl(authority.s_addr)))
            continue;
        if (!fault_due(&faults) || spoil(&m))
            sendto(fd, m.bytes, m.length, 0, (struct sockaddr *)&peer, size);
    }
    printf("%lu %lu\n", count, faults.count);
    return 0;
}
