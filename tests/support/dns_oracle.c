/* dns_oracle.c - the same message by ldns and by us, field by field. */
#include "tests/support/dns_oracle.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

#include "agent/net/dns.h"

static bool same_name(const ldns_rdf *theirs, const struct name *ours)
{
    struct name name = {""};
    char *text = theirs != NULL ? ldns_rdf2str(theirs) : NULL;
    bool same;

    if (text == NULL || !name_from_dns(text, &name))
        name.s[0] = '\0';
    same = strcmp(name.s, ours->s) == 0;
    free(text);
    return same;
}

static bool same_data(const ldns_rr *theirs, const struct dns_rr *ours)
{
    const ldns_rdf *first = ldns_rr_rdf(theirs, 0), *minimum = ldns_rr_rdf(theirs, 6);

    switch (ours->type) {
    case DNS_A:
        return memcmp(ldns_rdf_data(first), ours->ip.bytes, 4) == 0;
    case DNS_SOA:
        return same_name(first, &ours->name) &&
               ours->soa_minimum_s == ldns_rdf2native_int32(minimum);
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
        return same_name(first, &ours->name);
    default:
        return true;
    }
}

static bool same_section(const ldns_rr_list *theirs, const struct dns_section *ours)
{
    size_t kept = 0;

    for (size_t i = 0; i < ldns_rr_list_rr_count(theirs); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(theirs, i);

        if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
            continue;
        if (kept == DNS_SECTION_MAX)
            return true;
        if (kept == ours->count || ours->rr[kept].type != ldns_rr_get_type(rr) ||
            ours->rr[kept].ttl_s != ldns_rr_ttl(rr) ||
            !same_name(ldns_rr_owner(rr), &ours->rr[kept].owner) || !same_data(rr, &ours->rr[kept]))
            return false;
        kept++;
    }
    return kept == ours->count;
}

/* ldns takes the OPT record out of its list, and keeps only the last one's code. */
static bool same_packet(const ldns_pkt *theirs, const struct dns_answer *ours)
{
    return ldns_pkt_aa(theirs) == ours->authoritative && ldns_pkt_ad(theirs) == ours->authentic &&
           (int)ldns_pkt_get_rcode(theirs) == (ours->rcode & 0xF) &&
           same_section(ldns_pkt_answer(theirs), &ours->answer) &&
           same_section(ldns_pkt_authority(theirs), &ours->authority) &&
           same_section(ldns_pkt_additional(theirs), &ours->additional);
}

/* Of a type that we pass over, ldns reads the fields that it knows, and goes on behind the last of
 * them, wherever the record says that it ends. */
static bool strays(const ldns_rr_list *list)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
        switch (ldns_rr_get_type(ldns_rr_list_rr(list, i))) {
        case LDNS_RR_TYPE_A:
        case LDNS_RR_TYPE_AAAA:
        case LDNS_RR_TYPE_CNAME:
        case LDNS_RR_TYPE_NS:
        case LDNS_RR_TYPE_PTR:
        case LDNS_RR_TYPE_SOA:
        case LDNS_RR_TYPE_TXT:
            break;
        default:
            return true;
        }
    return false;
}

static bool comparable(const ldns_pkt *packet)
{
    return !strays(ldns_pkt_answer(packet)) && !strays(ldns_pkt_authority(packet)) &&
           !strays(ldns_pkt_additional(packet));
}

bool dns_oracle_agrees(const uint8_t *wire, size_t length, bool both)
{
    ldns_pkt *packet = NULL;
    const bool theirs = length > 0 && ldns_wire2pkt(&packet, wire, length) == LDNS_STATUS_OK;
    struct dns_answer answer;
    const bool ours = dns_parse(wire, length, &answer);
    bool agrees = !both || (ours && theirs);

    if (ours && theirs && comparable(packet))
        agrees = same_packet(packet, &answer);
    if (ours)
        dns_answer_free(&answer);
    if (theirs)
        ldns_pkt_free(packet);
    return agrees;
}
