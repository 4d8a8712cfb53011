/* generic.c - default names: known suffixes first, then the address written into the name. */
#include "agent/generic.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/str.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* How much a suffix alone proves (receivers sheet, 11.3 and 11.4). */
enum suffix_form {
    WITH_ADDRESS, /* default names below it carry the address; others were chosen */
    WITH_SERIAL,  /* ... carry a number or identifier of the machine in the first label */
    ALWAYS,       /* everything below it is a default */
};

static const struct {
    const char *suffix;
    enum suffix_form form;
    const char *vendor, *provider;
} suffixes[] = {
    {"clients.your-server.de", ALWAYS, "Hetzner", "hetzner-cloud"},
    {"compute.amazonaws.com", ALWAYS, "AWS", "aws"},
    {"compute-1.amazonaws.com", ALWAYS, "AWS", "aws"},
    {"compute.amazonaws.com.cn", ALWAYS, "AWS", "aws"},
    {"bc.googleusercontent.com", ALWAYS, "Google Cloud", "google"},
    {"cloudapp.azure.com", ALWAYS, "Azure", "azure"},
    {"ip.linodeusercontent.com", ALWAYS, "Linode", "linode"},
    {"members.linode.com", ALWAYS, "Linode", "linode"},
    {"vultrusercontent.com", ALWAYS, "Vultr", "vultr"},
    {"vultr.com", WITH_ADDRESS, "Vultr", "vultr"},
    {"vps.ovh.net", ALWAYS, "OVHcloud", "ovh"},
    {"vps.ovh.ca", ALWAYS, "OVHcloud", "ovh"},
    {"vps.ovh.us", ALWAYS, "OVHcloud", "ovh"},
    {"ovh.net", WITH_SERIAL, "OVHcloud", "ovh"},
    {"kimsufi.com", WITH_SERIAL, "OVHcloud", "ovh"},
    {"instances.scw.cloud", ALWAYS, "Scaleway", "scaleway"},
    {"rev.poneytelecom.eu", ALWAYS, "Scaleway", "scaleway"},
    {"poneytelecom.eu", WITH_ADDRESS, "Scaleway", "scaleway"},
    {"upcloud.host", ALWAYS, "UpCloud", "upcloud"},
    {"contaboserver.net", WITH_SERIAL, "Contabo", NULL},
    {"pbiaas.com", WITH_ADDRESS, "IONOS Cloud", NULL},
    {"hostwindsdns.com", WITH_SERIAL, "Hostwinds", NULL},
    {"hstgr.cloud", WITH_SERIAL, "Hostinger", NULL},
    {"hosted-by.leaseweb.com", ALWAYS, "Leaseweb", "leaseweb"},
    {"unassigned.psychz.net", ALWAYS, "Psychz", NULL},
    {"stratoserver.net", WITH_SERIAL, "STRATO", NULL},
    {"secureserver.net", WITH_ADDRESS, "GoDaddy", NULL},
    {"colocrossing.com", WITH_ADDRESS, "ColoCrossing", NULL},
    {"quadranet.com", WITH_ADDRESS, "QuadraNet", NULL},
    {"transip.net", WITH_ADDRESS, "TransIP", NULL},
    {"serverdedicati.aruba.it", WITH_ADDRESS, "Aruba", NULL},
    {"rev.sfr.net", ALWAYS, "SFR", NULL},
};

/* What stands where nobody chose a name: whole names or first labels. */
static const char *const placeholders[] = {
    "localhost",  "no-reverse", "no-ptr",  "no-dns",       "no-data",        "noptr",    "norev",
    "unassigned", "undefined",  "unknown", "not-assigned", "not-configured", "reserved", "unused",
};

/* First labels that hosters give to every address. */
static const char *const constants[] = {"hosted-by", "hostedby"};

/* Words that access providers put beside a number (11.3.4). */
static const char *const access_words[] = {
    "dsl",   "adsl",  "vdsl", "xdsl",        "dhcp",       "dyn",       "dynamic", "dynamicip",
    "dynip", "cable", "cpe",  "ppp",         "pppoe",      "pool",      "pools",   "dialup",
    "dial",  "dip",   "cust", "customer",    "static",     "broadband", "ftth",    "modem",
    "catv",  "wlan",  "gprs", "residential", "unassigned",
};

/* Words of a mail host that somebody named on purpose (11.4). */
static const char *const mail_words[] = {
    "mail", "smtp", "mx", "mta", "mout", "out", "relay", "outbound", "mailout", "mailer", "email",
};

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

/* The whole IPv4 address without separators: eight hex digits, zero-padded or plain decimals. */
static bool has_packed_ipv4(struct part part, const uint8_t *o)
{
    const uint8_t reversed[4] = {o[3], o[2], o[1], o[0]};
    const uint8_t *const orders[] = {o, reversed};
    char piece[16];

    for (size_t i = 0; i < 2; i++) {
        const uint8_t *p = orders[i];
        snprintf(piece, sizeof piece, "%02x%02x%02x%02x", p[0], p[1], p[2], p[3]);
        if (contains(part, piece))
            return true;
        snprintf(piece, sizeof piece, "%03u%03u%03u%03u", p[0], p[1], p[2], p[3]);
        if (contains(part, piece))
            return true;
        /* Short ones, 1234 for 1.2.3.4, are found in many names by chance. */
        if (snprintf(piece, sizeof piece, "%u%u%u%u", p[0], p[1], p[2], p[3]) >= 8 &&
            contains(part, piece))
            return true;
    }
    return false;
}

/* All nibbles, in either order, or the last sixteen, with whatever separators or none. */
static bool has_nibbles(struct part part, const uint8_t *bytes)
{
    static const char digits[] = "0123456789abcdef";
    char straight[33] = "", reversed[33] = "", packed[NAME_MAX_TEXT];
    size_t used = 0;

    for (size_t i = 0; i < 32; i++) {
        unsigned nibble = i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15U;
        straight[i] = reversed[31 - i] = digits[nibble];
    }
    for (size_t i = 0; i < part.length && used < sizeof packed; i++)
        if (isxdigit((unsigned char)part.text[i]))
            packed[used++] = part.text[i];
    struct part rest = {packed, used};
    return contains(rest, straight) || contains(rest, reversed) || contains(rest, straight + 16);
}

/* The groups with hyphens: the network's first three, the last four, or the text of RFC 5952. */
static bool has_groups(struct part part, const struct ip *ip)
{
    struct ip_text text = ip_text(ip);
    char piece[64];
    unsigned g[8];

    for (size_t i = 0; i < 8; i++)
        g[i] = (unsigned)ip->bytes[2 * i] << 8 | ip->bytes[2 * i + 1];
    for (char *p = text.s; *p != '\0'; p++)
        if (*p == ':')
            *p = '-';
    if (contains(part, text.s))
        return true;
    snprintf(piece, sizeof piece, "%x-%x-%x-%x", g[4], g[5], g[6], g[7]);
    if (contains(part, piece))
        return true;
    snprintf(piece, sizeof piece, "%x-%x-%x-", g[0], g[1], g[2]);
    return contains(part, piece);
}

/* How completely the address stands in the text: 4 whole, 3 or 2 of its octets, 0 not. */
static unsigned address_in(struct part part, const struct ip *ip)
{
    struct numbers found = numbers_of(part);

    if (ip->family == IP_V6)
        return has_nibbles(part, ip->bytes) || has_groups(part, ip) ? 4 : 0;
    if (has_run(&found, ip->bytes, 4) || has_packed_ipv4(part, ip->bytes))
        return 4;
    if (has_run(&found, ip->bytes, 3) || has_run(&found, ip->bytes + 1, 3))
        return 3;
    return has_run(&found, ip->bytes + 2, 2) ? 2 : 0;
}

/* True when one of the words stands in the text on its own: between digits, hyphens and dots. */
static bool has_word(struct part part, const char *const *words, size_t count)
{
    for (size_t i = 0; i < part.length;) {
        size_t start = i;
        while (i < part.length && isalpha((unsigned char)part.text[i]))
            i++;
        for (size_t w = 0; i > start && w < count; w++)
            if (strlen(words[w]) == i - start &&
                memcmp(words[w], part.text + start, i - start) == 0)
                return true;
        i += i == start;
    }
    return false;
}

static bool has_mail_word(struct part part)
{
    return has_word(part, mail_words, COUNT(mail_words));
}

/* The part left of the registrable domain, taken as the last two labels, or three below a second
 * level such as co.uk. */
static struct part host_part(const struct name *name)
{
    static const char *const seconds[] = {"co",  "com", "net", "org", "ac",
                                          "gov", "edu", "ne",  "or"};
    size_t labels = name_labels(name), keep = 2;
    struct name two = name_suffix(name, 2);
    size_t first = strcspn(two.s, ".");

    for (size_t i = 0; i < COUNT(seconds); i++)
        if (strlen(two.s) == first + 3 && strlen(seconds[i]) == first &&
            memcmp(two.s, seconds[i], first) == 0)
            keep = 3;
    if (labels <= keep)
        return (struct part){name->s, 0};
    return (struct part){name->s, strlen(name->s) - strlen(name_suffix(name, keep).s) - 1};
}

static struct part first_label(const struct name *name)
{
    return (struct part){name->s, strcspn(name->s, ".")};
}

/* A machine's number right below the suffix: vmi12345, h2634897, ns3012345, hwsrv-123456. */
static bool is_serial(const struct name *name, const struct name *zone)
{
    struct part label = first_label(name);
    size_t digits = 0;

    for (size_t i = 0; i < label.length; i++)
        digits += isdigit((unsigned char)label.text[i]) != 0;
    return digits >= 3 && name_labels(name) == name_labels(zone) + 1 && !has_mail_word(label);
}

static bool begins_with_one(const struct name *name, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_starts(name->s, words[i]) && strchr(".-", name->s[strlen(words[i])]) != NULL)
            return true; /* the end of the name counts, too */
    return false;
}

static bool suffix_proves(enum suffix_form form, const struct name *name, const struct name *zone,
                          const struct ip *address)
{
    struct part host = {name->s, strlen(name->s) - strlen(zone->s)};
    unsigned octets = form == ALWAYS ? 4 : address_in(host, address);

    /* The hoster's own mail servers may stand below the same suffix, numbered in some way. */
    if (octets >= 3 || (octets == 2 && !has_mail_word(host)))
        return true;
    return form == WITH_SERIAL && is_serial(name, zone);
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
static bool mail_outweighs_address(struct part host, const struct ip *address)
{
    size_t label = 0, end;

    for (end = 0; end < host.length; end++) {
        end += strcspn(host.text + end, ".");
        if (address_in((struct part){host.text, end}, address) >= 3)
            return has_mail_word((struct part){host.text + label, host.length - label});
        label = end + 1;
    }
    return false;
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

/* An access word beside a number: in one label, or in the label right of a numbered one. */
static bool has_access_form(struct part host, const struct ip *address)
{
    struct part before = {host.text, 0};
    size_t at = 0;

    while (at < host.length) {
        size_t length = strcspn(host.text + at, ".");
        struct part label = {host.text + at, length < host.length - at ? length : host.length - at};
        if (has_word(label, access_words, COUNT(access_words)) &&
            (numbers_of(label).count > 0 || is_numbered(before, address)))
            return !has_mail_word(host);
        before = label;
        at += label.length + 1;
    }
    return false;
}

static bool is_default_form(const struct name *name, const struct ip *address)
{
    struct part host = host_part(name);

    if (address_in(host, address) >= 3)
        return !mail_outweighs_address(host, address);
    return has_access_form(host, address) || begins_with_one(name, constants, COUNT(constants));
}

struct generic generic_judge(const struct name *name, const struct ip *address)
{
    struct name zone;

    for (size_t i = 0; i < COUNT(suffixes); i++)
        if (name_from_dns(suffixes[i].suffix, &zone) && name_within(name, &zone) &&
            suffix_proves(suffixes[i].form, name, &zone, address))
            return (struct generic){
                .is_generic = true, .vendor = suffixes[i].vendor, .provider = suffixes[i].provider};
    if (is_ovh_block(name))
        return (struct generic){.is_generic = true, .vendor = "OVHcloud", .provider = "ovh"};
    if (is_netcup_serial(name))
        return (struct generic){.is_generic = true, .vendor = "netcup"};
    if (begins_with_one(name, placeholders, COUNT(placeholders)))
        return (struct generic){.is_generic = true, .is_placeholder = true};
    return (struct generic){.is_generic = is_default_form(name, address)};
}
