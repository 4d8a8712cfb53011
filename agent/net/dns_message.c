/* dns_message.c - questions to the wire, replies from it (RFC 1035 4), nothing taken on trust. */
#include "agent/net/dns_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

enum {
    HEADER_LENGTH = 12,
    RR_FIXED_LENGTH = 10, /* type, class, TTL, length of the data */
    CLASS_IN = 1,
    TYPE_OPT = 41, /* RFC 6891 */
    SOA_FIXED_LENGTH = 20,
    LABEL_MAX = 63,
    POINTER = 0xC0,
    FLAG_QR = 0x8000,
    FLAG_AA = 0x0400,
    FLAG_RD = 0x0100,
    FLAG_AD = 0x0020,
    FLAG_CD = 0x0010,
};

static uint8_t *put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

/* RFC 6891 6.1.2: root, type, our UDP size, no extended code, no flags, no options. */
static uint8_t *put_opt(uint8_t *at)
{
    *at++ = 0;
    at = put16(at, TYPE_OPT);
    at = put16(at, DNS_EDNS_BYTES);
    at = put16(at, 0);
    at = put16(at, 0);
    return put16(at, 0);
}

bool dns_message_ask(const struct dns_question *question, uint16_t id, bool edns,
                     struct dns_message *out)
{
    uint8_t *at = out->wire;
    size_t length;

    at = put16(at, id);
    at = put16(at, (question->recurse ? FLAG_RD : 0U) | (question->unchecked ? FLAG_CD : 0U));
    at = put16(at, 1);
    at = put16(at, 0);
    at = put16(at, 0);
    at = put16(at, edns ? 1 : 0);
    length = name_to_wire(&question->name, at);
    if (length == 0)
        return false;
    at = put16(at + length, question->type);
    at = put16(at, CLASS_IN);
    if (edns)
        at = put_opt(at);
    out->length = (size_t)(at - out->wire);
    return true;
}

/* A message and how far it has been read. */
struct reader {
    const uint8_t *wire;
    size_t length, at;
};

/* The bytes themselves; NULL when so many are not there. */
static const uint8_t *take(struct reader *r, size_t count)
{
    const uint8_t *bytes = r->wire + r->at;

    if (count > r->length - r->at)
        return NULL;
    r->at += count;
    return bytes;
}

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/*
 * A compression pointer at *at. Only back, and further back each time, so that it ends (RFC 1035
 * 4.1.4: "a prior occurrence"). *end is where reading goes on behind the first one.
 */
static bool jump(const struct reader *r, size_t *at, size_t *limit, size_t *end)
{
    size_t target;

    if (*at + 1 >= r->length)
        return false;
    target = get16(r->wire + *at) & 0x3FFF;
    if (target >= *limit)
        return false;
    if (*end == 0)
        *end = *at + 2;
    *at = *limit = target;
    return true;
}

/* A name, "" when its text, escapes included, is longer than a struct name. */
static bool read_name(struct reader *r, struct name *out)
{
    size_t at = r->at, limit = r->at, end = 0, used = 0, wire = 1;
    bool fits = true;

    out->s[0] = '\0';
    while (at < r->length && r->wire[at] != 0) {
        const size_t length = r->wire[at];

        if (length >= POINTER) {
            if (!jump(r, &at, &limit, &end))
                return false;
            continue;
        }
        wire += length + 1;
        if (length > LABEL_MAX || wire > NAME_MAX_WIRE || length >= r->length - at)
            return false;
        fits = fits && name_add_label(out, &used, r->wire + at + 1, length);
        at += length + 1;
    }
    if (at >= r->length)
        return false;
    r->at = end != 0 ? end : at + 1;
    if (!fits)
        out->s[0] = '\0';
    else if (wire == 1)
        memcpy(out->s, ".", 2);
    return true;
}

static bool read_address(struct reader *r, enum ip_family family, size_t size, struct ip *out)
{
    const uint8_t *bytes = take(r, size);

    if (bytes != NULL)
        *out = ip_from_bytes(bytes, family);
    return bytes != NULL;
}

/* RFC 1035 3.3.13: MNAME RNAME SERIAL REFRESH RETRY EXPIRE MINIMUM. */
static bool read_soa(struct reader *r, struct dns_rr *rr)
{
    struct name mailbox;
    const uint8_t *fixed;

    if (!read_name(r, &rr->name) || !read_name(r, &mailbox))
        return false;
    fixed = take(r, SOA_FIXED_LENGTH);
    if (fixed != NULL)
        rr->soa_minimum_s = get32(fixed + SOA_FIXED_LENGTH - 4);
    return fixed != NULL;
}

/* What we know of its type; anything else is passed over. False when it is not of this length. */
static bool read_data(struct reader *r, size_t length, struct dns_rr *rr)
{
    const size_t end = r->at + length;
    bool ok = length <= r->length - r->at;

    switch (rr->type) {
    case DNS_A:
        ok = ok && read_address(r, IP_V4, 4, &rr->ip);
        break;
    case DNS_AAAA:
        ok = ok && read_address(r, IP_V6, 16, &rr->ip);
        break;
    case DNS_SOA:
        ok = ok && read_soa(r, rr);
        break;
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
        ok = ok && read_name(r, &rr->name);
        break;
    default:
        return ok && take(r, length) != NULL;
    }
    return ok && r->at == end;
}

static void keep(struct dns_section *section, const struct dns_rr *rr, bool *cut)
{
    if (section->count == DNS_SECTION_MAX) {
        *cut = true;
        return;
    }
    section->rr = mem_resize(section->rr, section->count + 1, sizeof *section->rr);
    section->rr[section->count++] = *rr;
}

static bool read_record(struct reader *r, struct dns_section *section, struct dns_answer *out)
{
    struct dns_rr rr = {.type = 0};
    const uint8_t *fixed;
    unsigned class;

    if (!read_name(r, &rr.owner))
        return false;
    fixed = take(r, RR_FIXED_LENGTH);
    if (fixed == NULL)
        return false;
    rr.type = (uint16_t)get16(fixed);
    class = get16(fixed + 2);
    rr.ttl_s = get32(fixed + 4);
    if (!read_data(r, get16(fixed + 8), &rr))
        return false;
    if (rr.type == TYPE_OPT && section == &out->additional) /* only there, RFC 6891 6.1.1 */
        out->rcode |= (int)(rr.ttl_s >> 24) << 4;           /* 6.1.3: the upper eight bits */
    else if (class == CLASS_IN)
        keep(section, &rr, &out->cut);
    return true;
}

static bool read_section(struct reader *r, unsigned count, struct dns_section *section,
                         struct dns_answer *out)
{
    bool ok = true;

    while (ok && count-- > 0)
        ok = read_record(r, section, out);
    return ok;
}

/* The first question is kept: we ask only one. */
static bool read_questions(struct reader *r, unsigned count, struct dns_answer *out)
{
    struct name name;

    for (unsigned i = 0; i < count; i++) {
        const uint8_t *type = read_name(r, i == 0 ? &out->question : &name) ? take(r, 4) : NULL;

        if (type == NULL)
            return false;
        if (i == 0)
            out->question_type = (uint16_t)get16(type);
    }
    return true;
}

bool dns_parse(const uint8_t *wire, size_t length, struct dns_answer *out)
{
    struct reader r = {wire, length, HEADER_LENGTH};
    unsigned flags;

    if (length < HEADER_LENGTH)
        return false;
    flags = get16(wire + 2);
    if ((flags & FLAG_QR) == 0)
        return false;
    *out = (struct dns_answer){
        .rcode = (int)(flags & 0xF),
        .authoritative = (flags & FLAG_AA) != 0,
        .authentic = (flags & FLAG_AD) != 0,
    };
    if (read_questions(&r, get16(wire + 4), out) &&
        read_section(&r, get16(wire + 6), &out->answer, out) &&
        read_section(&r, get16(wire + 8), &out->authority, out) &&
        read_section(&r, get16(wire + 10), &out->additional, out))
        return true;
    dns_answer_free(out);
    return false;
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
