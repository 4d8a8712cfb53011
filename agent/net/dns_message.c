/* dns_message.c - build questions and parse replies, with ldns. */
#include "agent/net/dns_message.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

bool dns_message_ask(const struct dns_question *question, uint16_t id, bool edns,
                     struct dns_message *out)
{
    uint16_t flags =
        (uint16_t)((question->recurse ? LDNS_RD : 0) | (question->unchecked ? LDNS_CD : 0));
    ldns_pkt *packet = NULL;
    uint8_t *wire = NULL;
    size_t length = 0;
    bool ok = false;

    if (ldns_pkt_query_new_frm_str(&packet, question->name.s, (ldns_rr_type)question->type,
                                   LDNS_RR_CLASS_IN, flags) != LDNS_STATUS_OK)
        return false;
    ldns_pkt_set_id(packet, id);
    if (edns)
        ldns_pkt_set_edns_udp_size(packet, DNS_EDNS_BYTES);
    if (ldns_pkt2wire(&wire, packet, &length) == LDNS_STATUS_OK && length <= sizeof out->wire) {
        memcpy(out->wire, wire, length);
        out->length = length;
        ok = true;
    }
    free(wire);
    ldns_pkt_free(packet);
    return ok;
}

static struct name to_name(const ldns_rdf *dname)
{
    struct name name = {""};
    char *text = dname != NULL ? ldns_rdf2str(dname) : NULL;

    if (text == NULL || !name_from_dns(text, &name))
        name.s[0] = '\0';
    free(text);
    return name;
}

static struct ip to_ip(const ldns_rdf *address, enum ip_family family, size_t size)
{
    if (address == NULL || ldns_rdf_size(address) != size)
        return (struct ip){.family = IP_NONE};
    return ip_from_bytes(ldns_rdf_data(address), family);
}

static void convert_data(const ldns_rr *from, struct dns_rr *to)
{
    /* RFC 1035 3.3.13: MNAME RNAME SERIAL REFRESH RETRY EXPIRE MINIMUM. */
    const ldns_rdf *first = ldns_rr_rdf(from, 0), *minimum = ldns_rr_rdf(from, 6);

    switch (to->type) {
    case DNS_A:
        to->ip = to_ip(first, IP_V4, 4);
        break;
    case DNS_AAAA:
        to->ip = to_ip(first, IP_V6, 16);
        break;
    case DNS_SOA:
        to->soa_minimum_s = minimum != NULL ? ldns_rdf2native_int32(minimum) : 0;
        to->name = to_name(first);
        break;
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
        to->name = to_name(first);
        break;
    default:
        break;
    }
}

static struct dns_section convert_section(const ldns_rr_list *list, bool *cut)
{
    size_t there = ldns_rr_list_rr_count(list);
    struct dns_section section = {0};

    if (there == 0)
        return section;
    section.rr = mem_new(there < DNS_SECTION_MAX ? there : DNS_SECTION_MAX, sizeof *section.rr);
    for (size_t i = 0; i < there; i++) {
        const ldns_rr *from = ldns_rr_list_rr(list, i);
        struct dns_rr *to = &section.rr[section.count];

        if (ldns_rr_get_class(from) != LDNS_RR_CLASS_IN)
            continue;
        if (section.count == DNS_SECTION_MAX) {
            *cut = true;
            break;
        }
        to->owner = to_name(ldns_rr_owner(from));
        to->type = (uint16_t)ldns_rr_get_type(from);
        to->ttl_s = ldns_rr_ttl(from);
        convert_data(from, to);
        section.count++;
    }
    return section;
}

static void convert(const ldns_pkt *packet, struct dns_answer *out)
{
    const ldns_rr_list *questions = ldns_pkt_question(packet);

    *out = (struct dns_answer){
        /* RFC 6891 6.1.3: the OPT record carries the upper eight bits. */
        .rcode = (int)ldns_pkt_get_rcode(packet) | ldns_pkt_edns_extended_rcode(packet) << 4,
        .authoritative = ldns_pkt_aa(packet),
        .authentic = ldns_pkt_ad(packet),
    };
    if (ldns_rr_list_rr_count(questions) > 0) {
        const ldns_rr *question = ldns_rr_list_rr(questions, 0);

        out->question = to_name(ldns_rr_owner(question));
        out->question_type = (uint16_t)ldns_rr_get_type(question);
    }
    out->answer = convert_section(ldns_pkt_answer(packet), &out->cut);
    out->authority = convert_section(ldns_pkt_authority(packet), &out->cut);
    out->additional = convert_section(ldns_pkt_additional(packet), &out->cut);
}

bool dns_parse(const uint8_t *wire, size_t length, struct dns_answer *out)
{
    ldns_pkt *packet = NULL;
    bool is_reply;

    if (ldns_wire2pkt(&packet, wire, length) != LDNS_STATUS_OK)
        return false;
    is_reply = ldns_pkt_qr(packet);
    if (is_reply)
        convert(packet, out);
    ldns_pkt_free(packet);
    return is_reply;
}

void dns_answer_free(struct dns_answer *answer)
{
    if (answer == NULL)
        return;
    free(answer->answer.rr);
    free(answer->authority.rr);
    free(answer->additional.rr);
    *answer = (struct dns_answer){0};
}

const char *dns_type_text(unsigned type)
{
    static const struct {
        unsigned type;
        const char *text;
    } table[] = {{DNS_A, "A"},     {DNS_NS, "NS"},   {DNS_CNAME, "CNAME"}, {DNS_SOA, "SOA"},
                 {DNS_PTR, "PTR"}, {DNS_TXT, "TXT"}, {DNS_AAAA, "AAAA"}};
    static char other[16];

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].type == type)
            return table[i].text;
    snprintf(other, sizeof other, "TYPE%u", type);
    return other;
}
