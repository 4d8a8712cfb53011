/* dns.c - questions that were asked and their answers, remembered in a table. */
#include "agent/net/dns.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/log.h"
#include "agent/base/mem.h"
#include "agent/net/dns_lane.h"
#include "agent/net/dns_pipe.h"
#include "agent/net/dns_transport.h"
#include "agent/net/memo.h"

/* Answers that are kept while nobody uses them: zones and servers of the targets to come. */
#define IDLE_MAX 1024

#define IDS 64
#define LOG_RECORDS 8 /* as many of an answer are shown in its log line */

enum route {
    ROUTE_UNKNOWN,
    ROUTE_YES,
    ROUTE_NO,
};

struct dns {
    struct loop *loop;
    struct dns_settings settings;
    struct via *via;
    struct dns_transport *transport; /* here; NULL at a viewpoint */
    struct dns_pipes *pipes;         /* at a viewpoint; NULL here */
    struct memo entries;
    struct dns_lanes lanes;
    size_t open, sent;
    uint16_t ids[IDS];
    size_t ids_left;
    enum route routes[IP_V6 + 1][IP_SCOPE_UNROUTABLE + 1];
};

/* One question and what became of it. */
struct entry {
    struct memo_entry memo;
    struct dns_exchange exchange;
    struct dns_turn turn;
    struct dns *dns;
    struct dns_question question;
    struct dns_answer answer;
    int64_t sent_ms;
    struct dns_way way;
    int64_t way_ms; /* when it was first sent this way */
};

static void entry_free(struct table_link *link)
{
    struct entry *entry = (struct entry *)link;

    dns_answer_free(&entry->answer);
    free(entry);
}

struct dns *dns_new(struct loop *loop, struct via *via, const struct dns_settings *settings)
{
    struct dns *dns = mem_new(1, sizeof *dns);

    dns->loop = loop;
    dns->settings = *settings;
    dns->entries = (struct memo){.loop = loop, .idle_max = IDLE_MAX, .forget = entry_free};
    dns->via = via;
    if (via != NULL)
        dns->pipes = dns_pipes_new(loop, via, settings);
    else
        dns->transport = dns_transport_new(loop, settings);
    return dns;
}

void dns_free(struct dns *dns)
{
    if (dns == NULL)
        return;
    dns_transport_free(dns->transport);
    dns_pipes_free(dns->pipes);
    memo_free(&dns->entries);
    dns_lanes_free(&dns->lanes);
    free(dns);
}

const struct dns_settings *dns_settings_of(const struct dns *dns)
{
    return &dns->settings;
}

size_t dns_open(const struct dns *dns)
{
    return dns->open;
}

size_t dns_sent(const struct dns *dns)
{
    return dns->sent;
}

static void log_record(struct buf *line, const struct dns_rr *rr)
{
    const bool is_address = rr->type == DNS_A || rr->type == DNS_AAAA;

    buf_printf(line, "%s (%u s)",
               is_address                  ? ip_text(&rr->ip).s
               : !name_is_empty(&rr->name) ? rr->name.s
                                           : dns_type_text(rr->type),
               rr->ttl_s);
}

static void log_answer(const struct dns_question *question, const struct dns_answer *answer)
{
    const struct dns_section *section = &answer->answer;
    struct buf line = BUF_INIT(16384);

    if (log_level() < LOG_LEVEL_VERBOSE)
        return;
    buf_printf(&line, "dns %s %s %s: %s", ip_text(&question->server.ip).s,
               dns_type_text(question->type), question->name.s, dns_rcode_text(answer->rcode));
    if (section->count == 0 && answer->authority.count > 0) {
        buf_printf(&line, ", see %s:", answer->authority.rr[0].owner.s);
        section = &answer->authority;
    }
    for (size_t i = 0; i < section->count && i < LOG_RECORDS; i++) {
        buf_text(&line, i > 0 ? ", " : " ");
        log_record(&line, &section->rr[i]);
    }
    if (section->count > LOG_RECORDS)
        buf_printf(&line, " and %zu more", section->count - LOG_RECORDS);
    log_line(LOG_LEVEL_VERBOSE, "%s, %u ms", buf_string(&line), answer->took_ms);
    buf_free(&line);
}

static void finish(struct entry *entry)
{
    struct dns *dns = entry->dns;
    const bool answered = entry->answer.rcode != DNS_TIMEOUT;

    entry->answer.took_ms = (uint32_t)(loop_now_ms(dns->loop) - entry->sent_ms);
    dns->open--;
    dns_lane_leave(&dns->lanes, &entry->turn, answered, entry->exchange.again);
    log_answer(&entry->question, &entry->answer);
    memo_settle(&dns->entries, &entry->memo);
}

/* Ids that nobody can guess, fetched from the kernel many at a time. */
static uint16_t random_id(struct dns *dns)
{
    while (dns->ids_left == 0) /* a signal, before the system has gathered entropy */
        if (getrandom(dns->ids, sizeof dns->ids, 0) == (ssize_t)sizeof dns->ids)
            dns->ids_left = IDS;
    return dns->ids[--dns->ids_left];
}

static void send_question(struct entry *entry)
{
    struct dns_message message;

    if (!dns_message_ask(&entry->question, random_id(entry->dns), entry->way.edns, &message)) {
        entry->answer.rcode = DNS_FORMERR;
        finish(entry);
        return;
    }
    if (entry->dns->pipes != NULL)
        dns_pipes_send(entry->dns->pipes, &entry->question.server, &message, &entry->exchange);
    else
        dns_transport_send(entry->dns->transport, &entry->question.server, entry->way, &message,
                           &entry->exchange);
}

static void on_turn(struct dns_turn *turn)
{
    struct entry *entry = (struct entry *)(void *)((char *)turn - offsetof(struct entry, turn));

    entry->sent_ms = entry->way_ms = loop_now_ms(entry->dns->loop);
    send_question(entry);
}

/* A reply without a question section can only be to ours: the transport has compared the id. */
static bool answers(const struct dns_answer *answer, const struct dns_question *question)
{
    return name_is_empty(&answer->question) || (answer->question_type == question->type &&
                                                name_equal(&answer->question, &question->name));
}

/* Another way that the reply asks for. Each is taken at most once. */
static bool change_way(struct dns_way *way, const struct dns_answer *answer, bool truncated)
{
    /* RFC 6891 7: servers older than EDNS say so in these ways. */
    if (way->edns && (answer->rcode == DNS_FORMERR || answer->rcode == DNS_NOTIMP)) {
        way->edns = false;
        return true;
    }
    if (truncated && !way->tcp) {
        way->tcp = true;
        return true;
    }
    return false;
}

/* RFC 1035 4.1.1: the TC bit. What is truncated need not be parseable. */
static bool is_truncated(const uint8_t *wire, size_t length)
{
    return wire != NULL && length > 2 && (wire[2] & 0x02) != 0;
}

/*
 * From 1.22 on c-ares waits as long as it has measured that a server needs, and less by chance: a
 * resolver that answers from memory and then has to ask others would be given up too soon.
 */
static bool is_given_up_early(const struct entry *entry)
{
    const int64_t took = loop_now_ms(entry->dns->loop) - entry->way_ms;

    return entry->exchange.timed_out && 3 * took < 2 * (int64_t)entry->dns->settings.timeout_ms;
}

static void on_replied(struct dns_exchange *exchange, const uint8_t *wire, size_t length)
{
    struct entry *entry =
        (struct entry *)(void *)((char *)exchange - offsetof(struct entry, exchange));
    struct dns_answer answer = {.rcode = DNS_TIMEOUT};

    if (wire == NULL && is_given_up_early(entry)) {
        send_question(entry);
        return;
    }
    if (wire != NULL && !dns_parse(wire, length, &answer))
        answer = (struct dns_answer){.rcode = DNS_BADREPLY};
    if (!answers(&answer, &entry->question)) {
        dns_answer_free(&answer);
        answer.rcode = DNS_BADREPLY;
    }
    if (change_way(&entry->way, &answer, is_truncated(wire, length))) {
        dns_answer_free(&answer);
        entry->way_ms = loop_now_ms(entry->dns->loop);
        send_question(entry);
        return;
    }
    entry->answer = answer;
    finish(entry);
}

static bool is_entry(const struct table_link *link, const void *key)
{
    const struct dns_question *a = &((const struct entry *)link)->question, *b = key;

    return a->type == b->type && a->recurse == b->recurse && a->unchecked == b->unchecked &&
           a->server.port == b->server.port && ip_equal(&a->server.ip, &b->server.ip) &&
           name_equal(&a->name, &b->name);
}

static uint64_t hash_of(const struct dns_question *question)
{
    uint64_t hash = table_hash(TABLE_HASH_START, question->name.s, strlen(question->name.s));

    hash = table_hash(hash, question->server.ip.bytes, sizeof question->server.ip.bytes);
    return table_hash(hash, &question->type, sizeof question->type);
}

const struct dns_answer *dns_ask(struct dns *dns, const struct dns_question *question)
{
    const uint64_t hash = hash_of(question);
    struct entry *entry = (struct entry *)memo_find(&dns->entries, hash, is_entry, question);

    if (entry == NULL) {
        entry = mem_new(1, sizeof *entry);
        *entry = (struct entry){
            .exchange = {.replied = on_replied},
            .turn = {.go = on_turn},
            .dns = dns,
            .question = *question,
            .way = {.edns = true, .tcp = dns->via != NULL},
        };
        memo_add(&dns->entries, &entry->memo, hash);
        dns->open++;
        dns->sent++;
        dns_lane_enter(&dns->lanes, &question->server, &entry->turn);
    }
    return entry->memo.settled ? &entry->answer : NULL;
}

void dns_let_go(struct dns *dns, struct waiter *waiter)
{
    memo_let_go(&dns->entries, waiter);
}

/* Connecting a datagram socket looks for a route and sends nothing. */
static enum route find_route(const struct ip *ip)
{
    struct sockaddr_storage to;
    const socklen_t length = ip_to_sockaddr(ip, 53, &to);
    const int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    enum route route = ROUTE_NO;

    if (fd < 0)
        return ROUTE_NO;
    if (connect(fd, (const struct sockaddr *)&to, length) == 0)
        route = ROUTE_YES;
    close(fd);
    return route;
}

bool dns_has_route(struct dns *dns, const struct ip *ip)
{
    enum route *route = &dns->routes[ip->family][ip_scope(ip)];

    if (dns->via != NULL)
        return true;
    if (*route == ROUTE_UNKNOWN)
        *route = find_route(ip);
    return *route == ROUTE_YES;
}
