/* generic.c - default names: known suffixes first, then the address written into the name. */
#include "agent/generic.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/str.h"
#include "agent/generic_data.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The numbers of a text: "static-25.0" holds 25 and 0. */
struct numbers {
    unsigned value[16];
    size_t count;
};

/* A piece of a name: one label, or everything left of the registrable domain. */
struct part {
    const char *text;
    size_t length;
};

static struct numbers numbers_of(struct part part)
{
    struct numbers found = {.count = 0};

    for (size_t i = 0; i < part.length && found.count < 16;) {
        if (!isdigit((unsigned char)part.text[i])) {
            i++;
            continue;
        }
        unsigned value = 0;
        for (; i < part.length && isdigit((unsigned char)part.text[i]); i++)
            value = value > 100000 ? value : value * 10 + (unsigned)(part.text[i] - '0');
        found.value[found.count++] = value;
    }
    return found;
}

/* Whether a run of numbers is the octets, straight or reversed. */
static bool is_run(const unsigned *numbers, const uint8_t *octets, size_t count)
{
    size_t straight = 0, reversed = 0;

    for (size_t i = 0; i < count; i++) {
        straight += numbers[i] == octets[i];
        reversed += numbers[i] == octets[count - 1 - i];
    }
    return straight == count || reversed == count;
}

static bool has_run(const struct numbers *found, const uint8_t *octets, size_t count)
{
    for (size_t start = 0; start + count <= found->count; start++)
        if (is_run(found->value + start, octets, count))
            return true;
    return false;
}

static bool contains(struct part part, const char *piece)
{
    return piece[0] != '\0' && memmem(part.text, part.length, piece, strlen(piece)) != NULL;
}

enum { FORM_SIZE = 48 };

/* The texts that an address is written as, in one piece; made once for each judgement. */
struct forms {
    const struct ip *ip;
    char piece[6][FORM_SIZE];
    size_t count;
    char nibbles[3][33]; /* IPv6: all, all reversed, the last sixteen */
};

/* Without separators: eight hex digits, zero-padded or plain decimals, in both orders. */
static void forms_of_ipv4(struct forms *forms)
{
    const uint8_t *o = forms->ip->bytes;
    const unsigned orders[2][4] = {{o[0], o[1], o[2], o[3]}, {o[3], o[2], o[1], o[0]}};

    for (size_t i = 0; i < 2; i++) {
        const unsigned *v = orders[i];
        char(*next)[FORM_SIZE] = &forms->piece[forms->count];

        snprintf(next[0], FORM_SIZE, "%02x%02x%02x%02x", v[0], v[1], v[2], v[3]);
        snprintf(next[1], FORM_SIZE, "%03u%03u%03u%03u", v[0], v[1], v[2], v[3]);
        forms->count += 2;
        /* Short ones, 1234 for 1.2.3.4, are found in many names by chance. */
        if (snprintf(next[2], FORM_SIZE, "%u%u%u%u", v[0], v[1], v[2], v[3]) >= 8)
            forms->count++;
    }
}

/* The text of RFC 5952 with hyphens, the last four groups, the network's first three. */
static void forms_of_ipv6(struct forms *forms)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = forms->ip->bytes;
    struct ip_text text = ip_text(forms->ip);
    unsigned g[8];

    for (size_t i = 0; i < 32; i++) {
        unsigned nibble = i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15U;
        forms->nibbles[0][i] = forms->nibbles[1][31 - i] = digits[nibble];
    }
    memcpy(forms->nibbles[2], forms->nibbles[0] + 16, 16);
    for (size_t i = 0; i < 8; i++)
        g[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    for (char *p = text.s; *p != '\0'; p++)
        if (*p == ':')
            *p = '-';
    str_cut(forms->piece[0], FORM_SIZE, text.s);
    snprintf(forms->piece[1], FORM_SIZE, "%x-%x-%x-%x", g[4], g[5], g[6], g[7]);
    snprintf(forms->piece[2], FORM_SIZE, "%x-%x-%x-", g[0], g[1], g[2]);
    snprintf(forms->piece[3], FORM_SIZE, "%04x%04x%04x%04x", g[0], g[1], g[2], g[3]);
    forms->count = 4;
}

/* All nibbles, in either order, or the last sixteen, with whatever separators or none. */
static bool has_nibbles(struct part part, const struct forms *forms)
{
    char packed[NAME_MAX_TEXT];
    size_t used = 0;

    for (size_t i = 0; i < part.length && used < sizeof packed; i++)
        if (isxdigit((unsigned char)part.text[i]))
            packed[used++] = part.text[i];
    for (size_t i = 0; i < 3; i++)
        if (contains((struct part){packed, used}, forms->nibbles[i]))
            return true;
    return false;
}

/* How completely the address stands in the text: 4 whole, 3 or 2 of its octets, 0 not. */
static unsigned address_in(struct part part, const struct forms *forms)
{
    struct numbers found = numbers_of(part);
    const uint8_t *o = forms->ip->bytes;

    for (size_t i = 0; i < forms->count; i++)
        if (contains(part, forms->piece[i]))
            return 4;
    if (forms->ip->family == IP_V6)
        return has_nibbles(part, forms) ? 4 : 0;
    if (has_run(&found, o, 4))
        return 4;
    if (has_run(&found, o, 3) || has_run(&found, o + 1, 3))
        return 3;
    return has_run(&found, o + 2, 2) ? 2 : 0;
}

static bool is_word(struct part part, const char *const *words)
{
    for (size_t w = 0; words[w] != NULL; w++)
        if (words[w][0] == part.text[0] && strlen(words[w]) == part.length &&
            memcmp(words[w], part.text, part.length) == 0)
            return true;
    return false;
}

/* True when one of the words stands in the text on its own: between digits, hyphens and dots. */
static bool has_word(struct part part, const char *const *words)
{
    for (size_t i = 0; i < part.length;) {
        size_t start = i;
        while (i < part.length && isalpha((unsigned char)part.text[i]))
            i++;
        if (i > start && is_word((struct part){part.text + start, i - start}, words))
            return true;
        i += i == start;
    }
    return false;
}

static bool has_mail_word(struct part part)
{
    return has_word(part, generic_mail_words);
}

/* The part left of the registrable domain. */
static struct part host_part(const struct name *name)
{
    const struct name domain = name_registrable(name);
    const size_t length = strlen(name->s), kept = strlen(domain.s);

    return (struct part){name->s, length > kept ? length - kept - 1 : 0};
}

static struct part first_label(const struct name *name)
{
    // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): an array is never NULL
    return (struct part){name->s, strcspn(name->s, ".")};
}

/* A machine's number right below the suffix: vmi12345, h2634897, ns3012345, hwsrv-123456. */
static bool is_serial(const struct name *name, const char *zone)
{
    struct part label = first_label(name);
    size_t digits = 0;

    for (size_t i = 0; i < label.length; i++)
        digits += isdigit((unsigned char)label.text[i]) != 0;
    return digits >= 3 && name->s + label.length + 1 == zone && !has_mail_word(label);
}

static bool begins_with_one(const struct name *name, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (str_starts(name->s, words[i]) && strchr(".-", name->s[strlen(words[i])]) != NULL)
            return true; /* the end of the name counts, too */
    return false;
}

static int compare_suffix(const void *key, const void *row)
{
    return strcmp(key, ((const struct generic_suffix *)row)->suffix);
}

static const struct generic_suffix *suffix_find(const char *tail)
{
    return bsearch(tail, generic_suffixes, generic_suffix_count, sizeof generic_suffixes[0],
                   compare_suffix);
}

/* The longest known suffix of a name; *zone is where it begins. NULL when none is known. */
static const struct generic_suffix *suffix_of(const struct name *name, const char **zone)
{
    enum { DEEPEST = 5 }; /* no suffix of the table has more labels */
    size_t labels = name_labels(name);
    const char *tail = name->s;

    for (; labels > DEEPEST && strchr(tail, '.') != NULL; labels--)
        tail = strchr(tail, '.') + 1;
    for (; tail != NULL; tail = strchr(tail, '.'), tail = tail == NULL ? NULL : tail + 1) {
        const struct generic_suffix *suffix = suffix_find(tail);
        if (suffix != NULL) {
            *zone = tail;
            return suffix;
        }
    }
    return NULL;
}

static bool suffix_proves(const struct generic_suffix *suffix, const struct name *name,
                          const char *zone, const struct forms *forms)
{
    struct part host = {name->s, (size_t)(zone - name->s)};
    unsigned octets = suffix->form == SUFFIX_ALWAYS ? 4 : address_in(host, forms);

    /* The hoster's own mail servers may stand below the same suffix, numbered in some way. */
    if (octets >= 3 || (octets == 2 && !has_mail_word(host)))
        return true;
    return suffix->form == SUFFIX_SERIAL && is_serial(name, zone);
}

/* ns3012345.ip-203-0-113.eu and its kin: the /24 stands in the domain itself. */
static bool is_ovh_block(const struct name *name)
{
    struct name two = name_suffix(name, 2);

    return str_starts(two.s, "ip-") && name_labels(name) > 2 &&
           numbers_of((struct part){two.s, strlen(two.s)}).count >= 3;
}

/* v2202011123456789.happysrv.de and its many siblings. */
static bool is_netcup_serial(const struct name *name)
{
    struct part label = first_label(name);

    return label.length >= 14 && label.text[0] == 'v' &&
           strspn(label.text + 1, "0123456789") == label.length - 1;
}

/*
 * True when a mail word stands in the label that completes the address, or right of it: then the
 * operator's own mail domain carries the address (o192-0-2-7.outbound-mail.example.net). Left of
 * it, it is a name put in front of a default (mail.192-0-2-7.isp.example).
 */
static bool mail_outweighs_address(struct part host, const struct forms *forms)
{
    size_t low = 0, label = host.length;

    /* The shortest beginning of the host part that has the address: by bisection. */
    while (low < label) {
        size_t middle = low + (label - low) / 2;
        if (address_in((struct part){host.text, middle}, forms) >= 3)
            label = middle;
        else
            low = middle + 1;
    }
    while (label > 0 && host.text[label - 1] != '.')
        label--;
    return has_mail_word((struct part){host.text + label, host.length - label});
}

/* A label with a number that belongs to an address rather than to a fleet: 25, host-25, not web1. */
static bool is_numbered(struct part label, const struct ip *address)
{
    struct numbers found = numbers_of(label);

    if (label.length > 0 && isdigit((unsigned char)label.text[0]))
        return true;
    for (size_t i = 0; address->family == IP_V4 && i < found.count; i++)
        if (found.value[i] == address->bytes[3])
            return true;
    return false;
}

static bool is_access_label(struct part label, struct part left, bool beside)
{
    bool digits = numbers_of(label).count > 0;

    if (has_word(label, generic_access_strong))
        return digits || numbers_of(left).count > 0;
    if (!digits && !beside)
        return false;
    return has_word(label, generic_access_weak);
}

/* An access word beside a number: in one label, or in a label right of a numbered one. */
static bool has_access_form(struct part host, const struct forms *forms)
{
    struct part before = {host.text, 0};
    size_t at = 0;

    while (at < host.length) {
        size_t length = strcspn(host.text + at, ".");
        struct part label = {host.text + at, length < host.length - at ? length : host.length - at};
        if (is_access_label(label, (struct part){host.text, at}, is_numbered(before, forms->ip)))
            return !has_mail_word(host);
        before = label;
        at += label.length + 1;
    }
    return false;
}

static bool is_default_form(const struct name *name, const struct forms *forms)
{
    struct part host = host_part(name);

    if (address_in(host, forms) >= 3)
        return !mail_outweighs_address(host, forms);
    return has_access_form(host, forms) || begins_with_one(name, generic_constants);
}

struct generic generic_judge(const struct name *name, const struct ip *address)
{
    struct forms forms = {.ip = address};
    const char *zone = NULL;
    const struct generic_suffix *suffix = suffix_of(name, &zone);
    struct generic judged = {0};

    if (address->family == IP_V6)
        forms_of_ipv6(&forms);
    else
        forms_of_ipv4(&forms);
    if (suffix != NULL) {
        judged = (struct generic){.vendor = suffix->vendor, .provider = suffix->provider};
        judged.is_generic = suffix_proves(suffix, name, zone, &forms);
    }
    if (judged.is_generic)
        return judged;
    if (is_ovh_block(name))
        return (struct generic){.is_generic = true, .vendor = "OVHcloud", .provider = "ovh"};
    if (is_netcup_serial(name))
        return (struct generic){.is_generic = true, .vendor = "netcup"};
    if (begins_with_one(name, generic_placeholders))
        return (struct generic){.is_generic = true, .is_placeholder = true};
    judged.is_generic = is_default_form(name, &forms);
    return judged.is_generic ? judged : (struct generic){0};
}
