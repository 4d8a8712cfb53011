/* dns_update.c - builds signed questions and updates, and says what an answer means. */
#include "agent/net/dns_update.h"

#include "agent/base/mem.h"
#include "agent/net/dns_tcp.h"

#include <ldns/ldns.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LABELS_MAX 128 /* RFC 1035 2.3.4: 255 bytes hold no more */

/* A verified answer. */
struct reply {
    ldns_pkt *packet;
    bool hint; /* it is not signed although the request was: an error code, worth a hint only */
};

static const char *type_text(enum dns_type type)
{
    return type == DNS_PTR ? "PTR" : type == DNS_AAAA ? "AAAA" : type == DNS_A ? "A" : "SOA";
}

static ldns_rdf *name_rdf(const struct name *name)
{
    return need(ldns_dname_new_frm_str(name->s));
}

static bool fail_unknown(const struct dns_master *master, const char *what, struct error *e)
{
    fail(e, ERR_PROTOCOL, "the answer of %s %s, so nobody knows what became of the request",
         dns_server_text(&master->server).s, what);
    return error_next(e, "namesake plan   # looks at what is there now");
}

/* One value as RDATA; NULL, with the error filled in, when it cannot be one. */
static ldns_rdf *value_rdf(enum dns_type type, const char *text, struct error *e)
{
    enum ip_family family = type == DNS_A ? IP_V4 : IP_V6;
    struct name name;
    struct ip ip;

    if (type == DNS_PTR) {
        if (name_from_dns(text, &name))
            return name_rdf(&name);
        fail(e, ERR_NAME_REFUSED, "\"%.200s\" cannot be the name in a PTR record", text);
        return NULL;
    }
    if (ip_parse(text, &ip) && ip.family == family)
        return need(ldns_rdf_new_frm_data(family == IP_V4 ? LDNS_RDF_TYPE_A : LDNS_RDF_TYPE_AAAA,
                                          family == IP_V4 ? 4 : 16, ip.bytes));
    fail(e, ERR_ADDRESS_REFUSED, "\"%.200s\" cannot be the address in an %s record", text,
         type_text(type));
    return NULL;
}

/* Add a record to a section; the data may be NULL and is handed over. */
static void add_record(ldns_rr_list *list, const struct dns_update *update, ldns_rr_class class,
                       uint32_t ttl_s, ldns_rdf *data)
{
    ldns_rr *rr = need(ldns_rr_new());

    ldns_rr_set_owner(rr, name_rdf(&update->owner));
    ldns_rr_set_type(rr, (ldns_rr_type)update->type);
    ldns_rr_set_class(rr, class);
    ldns_rr_set_ttl(rr, ttl_s);
    if (data != NULL)
        ldns_rr_push_rdf(rr, data);
    ldns_rr_list_push_rr(list, rr);
}

static bool add_values(ldns_rr_list *list, const struct dns_update *update,
                       const struct strings *values, uint32_t ttl_s, struct error *e)
{
    for (size_t i = 0; i < values->count; i++) {
        ldns_rdf *data = value_rdf(update->type, values->v[i], e);

        if (data == NULL)
            return false;
        add_record(list, update, LDNS_RR_CLASS_IN, ttl_s, data);
    }
    return true;
}

/*
 * RFC 2136 2.4 and 2.5: the prerequisite is the whole set by value, or its absence; the update
 * deletes the set and adds the new records.
 */
static ldns_pkt *build_update(const struct dns_update *update, struct error *e)
{
    ldns_rr_list *wanted = need(ldns_rr_list_new()), *changes = need(ldns_rr_list_new());
    ldns_pkt *packet = NULL;

    if (!add_values(wanted, update, update->before, 0, e))
        goto out;
    if (update->before->count == 0)
        add_record(wanted, update, LDNS_RR_CLASS_NONE, 0, NULL);
    add_record(changes, update, LDNS_RR_CLASS_ANY, 0, NULL);
    if (!add_values(changes, update, update->after, update->ttl_s, e))
        goto out;
    packet =
        need(ldns_update_pkt_new(name_rdf(&update->zone), LDNS_RR_CLASS_IN, wanted, changes, NULL));
    ldns_pkt_set_rd(packet, false); /* ldns sets it; RFC 2136 2.2 has it zero */
out:
    ldns_rr_list_deep_free(wanted);
    ldns_rr_list_deep_free(changes);
    return packet;
}

static ldns_pkt *build_question(const struct name *owner, enum dns_type type)
{
    return need(ldns_pkt_query_new(name_rdf(owner), (ldns_rr_type)type, LDNS_RR_CLASS_IN, 0));
}

static bool fail_clock(const struct dns_master *master, int64_t ahead_s, struct error *e)
{
    uint64_t seconds = ahead_s < 0 ? (uint64_t)-ahead_s : (uint64_t)ahead_s;

    fail(e, ERR_PROVIDER_DENIED,
         "the clocks differ by %llu seconds (this machine is %s %s), and the signature allows %d",
         (unsigned long long)seconds, ahead_s < 0 ? "ahead of" : "behind",
         dns_server_text(&master->server).s, TSIG_FUDGE_S);
    error_who(e, "root: one of the two clocks is wrong");
    return error_next(e, "timedatectl timesync-status");
}

/* An error in the TSIG record of the answer: the server did not accept our signature. */
static bool fail_signature(const struct dns_master *master, const struct tsig_verdict *verdict,
                           struct error *e)
{
    struct dns_server_text server = dns_server_text(&master->server);
    const struct tsig_key *key = master->key;

    switch (verdict->error) {
    case TSIG_BADKEY:
        /* Knot says so, too, of a key that it knows, but not for this zone. */
        fail(e, ERR_PROVIDER_DENIED,
             "%s does not know a key \"%s\" for %s, or not for this zone (BADKEY)", server.s,
             key->name.s, key->algorithm);
        return error_who(e, "you: name, algorithm and rights of the key are the server's to say");
    case TSIG_BADSIG:
        fail(e, ERR_PROVIDER_DENIED, "%s knows the key \"%s\" with another secret (BADSIG)",
             server.s, key->name.s);
        return error_who(e, "you: the secret has to be the server's own");
    case TSIG_BADTIME:
        if (verdict->result == TSIG_GOOD)
            return fail_clock(master, verdict->ahead_s, e);
        fail(e, ERR_PROVIDER_DENIED, "for %s the time of the signature is wrong (BADTIME)",
             server.s);
        return error_who(e, "root: one of the two clocks is wrong");
    case TSIG_BADTRUNC:
        return fail(e, ERR_PROVIDER_DENIED, "%s wants longer signatures (BADTRUNC)", server.s);
    default:
        return fail(e, ERR_PROVIDER_DENIED, "%s refused the signature (TSIG error %u)", server.s,
                    verdict->error);
    }
}

/* What an answer that is not signed may still tell: why the request was turned away. */
static bool is_refusal(unsigned rcode)
{
    return rcode == DNS_REFUSED || rcode == DNS_NOTAUTH || rcode == DNS_FORMERR ||
           rcode == DNS_SERVFAIL || rcode == DNS_NOTIMP;
}

static bool check_signature(const struct dns_master *master, const struct tsig_mac *mac,
                            const struct buf *wire, struct reply *reply, struct error *e)
{
    struct tsig_verdict verdict = tsig_judge(master->key, (uint64_t)time(NULL), mac,
                                             (const uint8_t *)wire->data, wire->length);

    if (verdict.error != 0 && verdict.result != TSIG_BAD)
        return fail_signature(master, &verdict, e);
    switch (verdict.result) {
    case TSIG_GOOD:
        return true;
    case TSIG_STALE:
        return fail_unknown(master, "was signed at another time than now", e);
    case TSIG_ABSENT:
        reply->hint = is_refusal(ldns_pkt_get_rcode(reply->packet));
        return reply->hint || fail_unknown(master, "is not signed", e);
    case TSIG_UNSIGNED:
    case TSIG_BAD:
        break;
    }
    return fail_unknown(master, "carries a signature that is not the key's", e);
}

static bool is_answer_to(const ldns_pkt *answer, const ldns_pkt *question)
{
    return ldns_pkt_id(answer) == ldns_pkt_id(question) && ldns_pkt_qr(answer) &&
           ldns_pkt_get_opcode(answer) == ldns_pkt_get_opcode(question);
}

static bool make_wire(const struct dns_master *master, const ldns_pkt *packet, struct buf *wire,
                      struct tsig_mac *mac, struct error *e)
{
    uint8_t *bytes = NULL;
    size_t length = 0;

    if (ldns_pkt2wire(&bytes, packet, &length) != LDNS_STATUS_OK)
        return fail(e, ERR_INTERNAL, "the DNS message cannot be built");
    buf_add(wire, bytes, length);
    free(bytes);
    if (!buf_ok(wire))
        return fail(e, ERR_LIMIT_EXCEEDED, "the DNS message is too long");
    return master->key == NULL || tsig_sign(master->key, (uint64_t)time(NULL), NULL, wire, mac, e);
}

/* Ask and check the answer's form and signature; the caller frees reply->packet. */
static bool ask(const struct dns_master *master, ldns_pkt *packet, struct reply *reply,
                struct error *e)
{
    struct buf out = BUF_INIT(DNS_MESSAGE_MAX), in = BUF_INIT(DNS_MESSAGE_MAX);
    struct tsig_mac mac = {.length = 0};
    bool ok = false;

    *reply = (struct reply){.packet = NULL};
    ldns_pkt_set_random_id(packet);
    if (!make_wire(master, packet, &out, &mac, e) ||
        !dns_tcp_exchange(&master->server, &out, master->timeout_ms, &in, e))
        goto out;
    if (ldns_wire2pkt(&reply->packet, (const uint8_t *)in.data, in.length) != LDNS_STATUS_OK ||
        !is_answer_to(reply->packet, packet)) {
        fail_unknown(master, "is no answer to what was asked", e);
        goto out;
    }
    ok = master->key == NULL || check_signature(master, &mac, &in, reply, e);
out:
    if (!ok) {
        ldns_pkt_free(reply->packet);
        reply->packet = NULL;
    }
    buf_free(&out);
    buf_free(&in);
    return ok;
}

/* An unsigned refusal may come from anybody on the way: say so. */
static const char *hint_text(const struct reply *reply)
{
    return reply->hint ? ", in an answer that is not signed" : "";
}

static bool fail_denied(const struct dns_master *master, const struct dns_update *update,
                        const struct reply *reply, const char *why, struct error *e)
{
    fail(e, ERR_PROVIDER_DENIED, "%s %s%s", dns_server_text(&master->server).s, why,
         hint_text(reply));
    return error_who(e, "the DNS administrator of %.80s can allow %s", update->zone.s,
                     master->key != NULL ? "updates with this key" : "updates from this address");
}

static bool fail_conflict(const struct dns_update *update, const char *rcode, struct error *e)
{
    fail(e, ERR_CONFLICT, "the %s record of %s is not what it was a moment ago (%s)",
         type_text(update->type), update->owner.s, rcode);
    return error_next(e, "namesake plan");
}

/* RFC 2136 2.2 and 3: what each code says of an update. All but NOERROR changed nothing. */
static bool read_update(const struct dns_master *master, const struct dns_update *update,
                        const struct reply *reply, struct error *e)
{
    unsigned rcode = ldns_pkt_get_rcode(reply->packet);
    struct dns_server_text server = dns_server_text(&master->server);

    switch (rcode) {
    case DNS_NOERROR:
        return true;
    case DNS_YXDOMAIN:
    case DNS_YXRRSET:
    case DNS_NXRRSET:
    case DNS_NXDOMAIN:
        return fail_conflict(update, dns_rcode_text((int)rcode), e);
    case DNS_REFUSED:
        return fail_denied(master, update, reply, "does not allow this change (REFUSED)", e);
    case DNS_NOTAUTH:
        return fail_denied(master, update, reply,
                           "takes no such update of the zone, or does not have it (NOTAUTH)", e);
    case DNS_NOTIMP:
        return fail_denied(master, update, reply, "takes no updates (NOTIMP)", e);
    case DNS_NOTZONE:
        return fail(e, ERR_PROTOCOL, "%s says that %s is not in the zone %s (NOTZONE)", server.s,
                    update->owner.s, update->zone.s);
    case DNS_SERVFAIL:
        return fail(e, ERR_PROVIDER_UNREACHABLE, "%s has a trouble of its own (SERVFAIL)",
                    server.s);
    default:
        return fail(e, ERR_PROTOCOL, "%s answered %s%s", server.s, dns_rcode_text((int)rcode),
                    hint_text(reply));
    }
}

bool dns_update_send(const struct dns_master *master, const struct dns_update *update,
                     struct error *e)
{
    struct reply reply = {.packet = NULL};
    ldns_pkt *packet;
    bool ok;

    assert(update->type == DNS_A || update->type == DNS_AAAA || update->type == DNS_PTR);
    packet = build_update(update, e);
    ok = packet != NULL && ask(master, packet, &reply, e) && read_update(master, update, &reply, e);
    ldns_pkt_free(packet);
    ldns_pkt_free(reply.packet);
    return ok || error_what(e, "cannot update %s %.200s", type_text(update->type), update->owner.s);
}

/* Ask one question; true when the server answered with authority. */
static bool ask_authority(const struct dns_master *master, const struct name *owner,
                          enum dns_type type, struct reply *reply, struct error *e)
{
    struct dns_server_text server = dns_server_text(&master->server);
    ldns_pkt *packet = build_question(owner, type);
    bool ok = ask(master, packet, reply, e);
    unsigned rcode;

    ldns_pkt_free(packet);
    if (!ok)
        return false;
    rcode = ldns_pkt_get_rcode(reply->packet);
    if ((rcode == DNS_NOERROR || rcode == DNS_NXDOMAIN) && ldns_pkt_aa(reply->packet))
        return true;
    if (rcode == DNS_SERVFAIL)
        fail(e, ERR_PROVIDER_UNREACHABLE, "%s has a trouble of its own (SERVFAIL)", server.s);
    else if (rcode == DNS_FORMERR || rcode == DNS_NOTIMP)
        fail(e, ERR_PROTOCOL, "%s answered %s", server.s, dns_rcode_text((int)rcode));
    else
        fail(e, ERR_NO_INPUT, "%s is not an authoritative server of %s (%s%s)", server.s, owner->s,
             dns_rcode_text((int)rcode), hint_text(reply));
    ldns_pkt_free(reply->packet);
    reply->packet = NULL;
    return false;
}

static bool rdf_name(const ldns_rdf *rdf, struct name *out)
{
    char *text = need(ldns_rdf2str(rdf));
    bool ok = name_from_dns(text, out);

    free(text);
    return ok;
}

static void add_value(const ldns_rr *rr, struct dns_set *set)
{
    const ldns_rdf *data = ldns_rr_rdf(rr, 0);
    struct name name;
    struct ip ip;

    set->ttl_s = ldns_rr_ttl(rr);
    if (ldns_rdf_get_type(data) == LDNS_RDF_TYPE_DNAME) {
        if (rdf_name(data, &name))
            strings_add(&set->values, name.s);
        return;
    }
    ip = ip_from_bytes(ldns_rdf_data(data), ldns_rdf_size(data) == 4 ? IP_V4 : IP_V6);
    strings_add(&set->values, ip_text(&ip).s);
}

static void read_set(const ldns_pkt *packet, const struct name *owner, enum dns_type type,
                     struct dns_set *set)
{
    const ldns_rr_list *answer = ldns_pkt_answer(packet);
    ldns_rdf *wanted = name_rdf(owner);

    for (size_t i = 0; i < ldns_rr_list_rr_count(answer); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(answer, i);

        if (ldns_rr_rd_count(rr) != 1 || ldns_dname_compare(ldns_rr_owner(rr), wanted) != 0)
            continue;
        if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME) {
            if (!rdf_name(ldns_rr_rdf(rr, 0), &set->alias))
                set->alias = (struct name){"."};
        } else if (ldns_rr_get_type(rr) == (ldns_rr_type)type) {
            add_value(rr, set);
        }
    }
    ldns_rdf_deep_free(wanted);
    strings_sort(&set->values);
}

bool dns_update_read(const struct dns_master *master, const struct name *owner, enum dns_type type,
                     struct dns_set *set, struct error *e)
{
    struct reply reply;

    if (!ask_authority(master, owner, type, &reply, e))
        return error_what(e, "cannot read %s %.200s", type_text(type), owner->s);
    *set = (struct dns_set){.ttl_s = 0};
    read_set(reply.packet, owner, type, set);
    ldns_pkt_free(reply.packet);
    return true;
}

/* The owner of a SOA record in a section that is the name or above it. */
static bool find_soa(const ldns_rr_list *list, const struct name *name, struct name *zone)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(list, i);
        struct name owner;

        if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA && rdf_name(ldns_rr_owner(rr), &owner) &&
            name_within(name, &owner)) {
            *zone = owner;
            return true;
        }
    }
    return false;
}

/* A CNAME at the name gives an answer without SOA record: then its parent is asked. */
bool dns_update_zone(const struct dns_master *master, const struct name *owner, struct name *zone,
                     struct error *e)
{
    struct name at = *owner;

    for (int i = 0; i < LABELS_MAX && name_labels(&at) > 0; i++) {
        struct reply reply;
        bool found;

        if (!ask_authority(master, &at, DNS_SOA, &reply, e))
            return error_what(e, "cannot find the zone of %.200s", owner->s);
        found = find_soa(ldns_pkt_answer(reply.packet), &at, zone) ||
                find_soa(ldns_pkt_authority(reply.packet), &at, zone);
        ldns_pkt_free(reply.packet);
        if (found)
            return true;
        at = name_parent(&at);
    }
    fail(e, ERR_NO_INPUT, "%s shows no SOA record above it", dns_server_text(&master->server).s);
    return error_what(e, "cannot find the zone of %.200s", owner->s);
}
