/* fake_dns.c - name servers on loopback that answer from a table. */
#include "tests/support/fake_dns.h"

#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/str.h"
#include "tests/support/child.h"

#define SERVERS_MAX 16
#define MESSAGE_MAX 65535

struct server {
    const char *address;
    int udp, tcp;
};

/* What the child needs; its memory is a copy of the parent's. */
struct setup {
    const struct fake_dns_row *rows;
    struct server servers[SERVERS_MAX];
    size_t count;
    int log_fd;
};

/* One question and the way back to who asked. */
struct question {
    const struct setup *setup;
    const struct server *server;
    ldns_pkt *packet;
    char name[1100], type[16];
    bool tcp, again;
    int fd;
    struct sockaddr_in from;
};

static void transmit(const struct question *q, const uint8_t *wire, size_t length)
{
    const uint8_t prefix[2] = {(uint8_t)(length >> 8), (uint8_t)length};

    if (!q->tcp) {
        (void)!sendto(q->fd, wire, length, 0, (const struct sockaddr *)&q->from, sizeof q->from);
        return;
    }
    (void)!write(q->fd, prefix, sizeof prefix);
    (void)!write(q->fd, wire, length);
}

static void push(ldns_pkt *packet, ldns_pkt_section section, const char *records)
{
    struct cursor all = cursor_of(records, records != NULL ? strlen(records) : 0), line;
    char text[1024];

    while (cursor_line(&all, &line)) {
        ldns_rr *rr;

        if (!cursor_copy(&line, text, sizeof text) ||
            ldns_rr_new_frm_str(&rr, text, 300, NULL, NULL) != LDNS_STATUS_OK) {
            fprintf(stderr, "fake_dns: bad record: %.*s\n", (int)(line.end - line.at), line.at);
            abort();
        }
        ldns_pkt_push_rr(packet, section, rr);
    }
}

static ldns_pkt_rcode rcode_of(const char *text)
{
    const ldns_lookup_table *row = text != NULL ? ldns_lookup_by_name(ldns_rcodes, text) : NULL;

    if (text != NULL && row == NULL)
        abort();
    return row != NULL ? (ldns_pkt_rcode)row->id : LDNS_RCODE_NOERROR;
}

/* A reply: the question, flags, an OPT record when one came. */
static ldns_pkt *reply_to(const struct question *q, const char *rcode)
{
    ldns_pkt *reply = ldns_pkt_new();

    ldns_pkt_push_rr_list(reply, LDNS_SECTION_QUESTION,
                          ldns_rr_list_clone(ldns_pkt_question(q->packet)));
    ldns_pkt_set_id(reply, ldns_pkt_id(q->packet));
    ldns_pkt_set_qr(reply, true);
    ldns_pkt_set_rd(reply, ldns_pkt_rd(q->packet));
    ldns_pkt_set_rcode(reply, (uint8_t)rcode_of(rcode));
    return reply;
}

static void transmit_reply(const struct question *q, ldns_pkt *reply, size_t cut)
{
    uint8_t *wire = NULL;
    size_t length = 0;

    if (ldns_pkt2wire(&wire, reply, &length) != LDNS_STATUS_OK)
        abort();
    transmit(q, wire, cut != 0 ? length / cut : length);
    free(wire);
    ldns_pkt_free(reply);
}

static ldns_pkt *reply_from_row(const struct question *q, const struct fake_dns_row *row)
{
    ldns_pkt *reply = reply_to(q, row->rcode);

    ldns_pkt_set_aa(reply, row->aa);
    push(reply, LDNS_SECTION_ANSWER, row->answer);
    push(reply, LDNS_SECTION_AUTHORITY, row->authority);
    push(reply, LDNS_SECTION_ADDITIONAL, row->additional);
    if (ldns_pkt_edns(q->packet))
        ldns_pkt_set_edns_udp_size(reply, 1232);
    return reply;
}

static void send_bare(const struct question *q, const char *rcode)
{
    transmit_reply(q, reply_to(q, rcode), 0);
}

static void send_misleading(const struct question *q, bool wrong_id)
{
    ldns_pkt *reply = reply_to(q, "NXDOMAIN");
    ldns_rdf *other;

    if (wrong_id) {
        ldns_pkt_set_id(reply, (uint16_t)(ldns_pkt_id(q->packet) ^ 1));
    } else {
        other = ldns_dname_new_frm_str("other.example.");
        ldns_rdf_deep_free(ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(reply), 0)));
        ldns_rr_set_owner(ldns_rr_list_rr(ldns_pkt_question(reply), 0), other);
    }
    transmit_reply(q, reply, 0);
}

static void send_truncated(const struct question *q)
{
    ldns_pkt *reply = reply_to(q, NULL);

    ldns_pkt_set_tc(reply, true);
    transmit_reply(q, reply, 0);
}

/* True when this way of answering is done with; false when the row's answer is to follow. */
static bool misbehave(const struct question *q, const struct fake_dns_row *row)
{
    const bool edns = ldns_pkt_edns(q->packet);

    switch (row->how) {
    case FAKE_ANSWERS:
        return false;
    case FAKE_SILENT:
        return true;
    case FAKE_GARBAGE:
        transmit(q, (const uint8_t *)"not a DNS", 10);
        return true;
    case FAKE_CUT_SHORT:
        transmit_reply(q, reply_from_row(q, row), 2);
        return true;
    case FAKE_WRONG_ID:
    case FAKE_WRONG_QUESTION:
        send_misleading(q, row->how == FAKE_WRONG_ID);
        return false;
    case FAKE_TRUNCATES:
    case FAKE_TRUNCATES_SLOWLY:
        if (!q->tcp)
            send_truncated(q);
        else if (row->how == FAKE_TRUNCATES_SLOWLY)
            usleep(150000);
        return !q->tcp;
    case FAKE_LOSES_FIRST:
        return !q->again;
    case FAKE_THINKS_FIRST:
        if (!q->again)
            usleep(1200000);
        return false;
    case FAKE_FORMERR_TO_EDNS:
    case FAKE_NOTIMP_TO_EDNS:
        if (edns)
            send_bare(q, row->how == FAKE_FORMERR_TO_EDNS ? "FORMERR" : "NOTIMPL");
        return edns;
    case FAKE_OLD_FORMERR:
        send_bare(q, "FORMERR");
        return true;
    }
    return true;
}

static bool matches(const struct question *q, const struct fake_dns_row *row)
{
    return strcmp(q->server->address, row->server) == 0 &&
           (row->name == NULL || strcasecmp(q->name, row->name) == 0) &&
           (row->type == NULL || strcasecmp(q->type, row->type) == 0);
}

static void answer(struct question *q)
{
    static char last[1200]; /* of the child only: to notice a question that is sent again */
    const struct fake_dns_row *row = q->setup->rows;
    char line[1200];

    snprintf(line, sizeof line, "%s %s %s %s%s%s%s\n", q->server->address, q->tcp ? "tcp" : "udp",
             q->type, q->name, ldns_pkt_rd(q->packet) ? " rd" : "",
             ldns_pkt_cd(q->packet) ? " cd" : "", ldns_pkt_edns(q->packet) ? " edns" : "");
    (void)!write(q->setup->log_fd, line, strlen(line));
    q->again = strcmp(line, last) == 0;
    memcpy(last, line, sizeof last);

    while (row->server != NULL && !matches(q, row))
        row++;
    if (row->server == NULL)
        send_bare(q, "REFUSED");
    else if (!misbehave(q, row))
        transmit_reply(q, reply_from_row(q, row), 0);
}

static void take(struct question *q, const uint8_t *wire, size_t length)
{
    char *name, *type;
    const ldns_rr *rr;
    size_t end;

    if (ldns_wire2pkt(&q->packet, wire, length) != LDNS_STATUS_OK)
        return;
    rr = ldns_rr_list_rr(ldns_pkt_question(q->packet), 0);
    name = ldns_rdf2str(ldns_rr_owner(rr));
    type = ldns_rr_type2str(ldns_rr_get_type(rr));
    snprintf(q->name, sizeof q->name, "%s", name);
    snprintf(q->type, sizeof q->type, "%s", type);
    end = strlen(q->name);
    if (end > 1)
        q->name[end - 1] = '\0';
    answer(q);
    free(name);
    free(type);
    ldns_pkt_free(q->packet);
}

static void serve_udp(const struct setup *setup, const struct server *server)
{
    struct question q = {.setup = setup, .server = server, .fd = server->udp};
    static uint8_t wire[MESSAGE_MAX];
    socklen_t size = sizeof q.from;
    const ssize_t got =
        recvfrom(server->udp, wire, sizeof wire, 0, (struct sockaddr *)&q.from, &size);

    if (got > 0)
        take(&q, wire, (size_t)got);
}

static void serve_tcp(const struct setup *setup, const struct server *server)
{
    struct question q = {
        .setup = setup, .server = server, .tcp = true, .fd = accept(server->tcp, NULL, NULL)};
    struct pollfd more = {.fd = q.fd, .events = POLLIN};
    static uint8_t wire[MESSAGE_MAX];

    /* A client that has nothing to say for a while makes room for others. */
    while (poll(&more, 1, 50) > 0 && recv(q.fd, wire, 2, MSG_WAITALL) == 2) {
        const size_t length = (size_t)wire[0] << 8 | wire[1];

        if (recv(q.fd, wire, length, MSG_WAITALL) == (ssize_t)length)
            take(&q, wire, length);
    }
    close(q.fd);
}

static void serve(const void *arg, int log_fd)
{
    struct setup setup = *(const struct setup *)arg;
    struct pollfd fds[2 * SERVERS_MAX];

    setup.log_fd = log_fd;
    for (size_t i = 0; i < setup.count; i++) {
        fds[2 * i] = (struct pollfd){.fd = setup.servers[i].udp, .events = POLLIN};
        fds[2 * i + 1] = (struct pollfd){.fd = setup.servers[i].tcp, .events = POLLIN};
    }
    while (poll(fds, 2 * setup.count, -1) > 0)
        for (size_t i = 0; i < setup.count; i++) {
            if (fds[2 * i].revents != 0)
                serve_udp(&setup, &setup.servers[i]);
            if (fds[2 * i + 1].revents != 0)
                serve_tcp(&setup, &setup.servers[i]);
        }
}

static bool knows(const struct setup *setup, const char *address)
{
    for (size_t i = 0; i < setup->count; i++)
        if (strcmp(setup->servers[i].address, address) == 0)
            return true;
    return false;
}

static void close_all(struct setup *setup)
{
    for (size_t i = 0; i < setup->count; i++) {
        close(setup->servers[i].udp);
        close(setup->servers[i].tcp);
    }
}

/* All addresses at one port; false when that is not free at one of them. */
static bool bind_all(struct setup *setup, uint16_t *port)
{
    for (size_t i = 0; i < setup->count; i++) {
        struct server *server = &setup->servers[i];

        server->udp = child_bind(server->address, *port, SOCK_DGRAM);
        if (server->udp < 0)
            return false;
        *port = child_port(server->udp);
        server->tcp = child_bind(server->address, *port, SOCK_STREAM);
        if (server->tcp < 0)
            return false;
    }
    return true;
}

struct fake_dns fake_dns_start(const struct fake_dns_row *rows)
{
    struct setup setup = {.rows = rows};
    struct fake_dns fake = {0};

    for (const struct fake_dns_row *row = rows; row->server != NULL; row++)
        if (!knows(&setup, row->server))
            setup.servers[setup.count++] = (struct server){row->server, -1, -1};
    while (!bind_all(&setup, &fake.port)) {
        close_all(&setup);
        fake.port = 0;
    }
    fake.child = child_start(serve, &setup, &fake.log_fd);
    close_all(&setup);
    return fake;
}

void fake_dns_stop(struct fake_dns *fake, char *asked, size_t size)
{
    child_stop(fake->child, fake->log_fd, asked, size);
}

size_t fake_dns_count(const char *asked, const char *text)
{
    size_t count = 0;

    for (const char *at = asked; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}
