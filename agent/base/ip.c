/* ip.c - addresses and networks: text, bytes, socket addresses, reverse names, scopes. */
#include "agent/base/ip.h"

#include "agent/base/str.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { V4_BYTES = 4, V6_BYTES = 16 };

static size_t bytes_of(enum ip_family family)
{
    return family == IP_V6 ? V6_BYTES : family == IP_V4 ? V4_BYTES : 0;
}

struct ip ip_from_bytes(const void *bytes, enum ip_family family)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF}; /* RFC 4291 2.5.5.2 */
    struct ip ip = {.family = family};
    const uint8_t *from = bytes;

    if (family == IP_V6 && memcmp(from, mapped, sizeof mapped) == 0) {
        ip.family = IP_V4;
        from += sizeof mapped;
    }
    memcpy(ip.bytes, from, bytes_of(ip.family));
    return ip;
}

bool ip_parse(const char *text, struct ip *out)
{
    uint8_t bytes[V6_BYTES];

    /* inet_pton takes no zone, no blanks and, unlike inet_aton, no octal or short forms. */
    if (inet_pton(AF_INET, text, bytes) == 1)
        *out = ip_from_bytes(bytes, IP_V4);
    else if (inet_pton(AF_INET6, text, bytes) == 1)
        *out = ip_from_bytes(bytes, IP_V6);
    else
        return false;
    return true;
}

static char *put_octet(char *at, unsigned octet)
{
    if (octet >= 100)
        *at++ = (char)('0' + octet / 100);
    if (octet >= 10)
        *at++ = (char)('0' + octet / 10 % 10);
    *at++ = (char)('0' + octet % 10);
    return at;
}

/* Four octets with dots between them, the first at `from`. inet_ntop takes twenty times as long. */
static char *put_octets(char *at, const uint8_t *from, int step)
{
    for (size_t i = 0; i < V4_BYTES; i++, from += step) {
        if (i > 0)
            *at++ = '.';
        at = put_octet(at, *from);
    }
    return at;
}

struct ip_text ip_text(const struct ip *ip)
{
    struct ip_text text = {""};

    if (ip->family == IP_V4)
        put_octets(text.s, ip->bytes, 1);
    else if (ip->family == IP_V6)
        inet_ntop(AF_INET6, ip->bytes, text.s, sizeof text.s);
    return text;
}

int ip_compare(const struct ip *a, const struct ip *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
    return ip_compare(a, b) == 0;
}

static const struct {
    const char *name, *record;
} families[] = {
    [IP_NONE] = {"none", ""},
    [IP_V4] = {"ipv4", "A"},
    [IP_V6] = {"ipv6", "AAAA"},
};

const char *ip_family_name(enum ip_family family)
{
    return families[family].name;
}

const char *ip_record_type(enum ip_family family)
{
    return families[family].record;
}

#define NET4(length, ...)                                                                          \
    {                                                                                              \
        {IP_V4, {__VA_ARGS__}}, length                                                             \
    }
#define NET6(length, ...)                                                                          \
    {                                                                                              \
        {IP_V6, {__VA_ARGS__}}, length                                                             \
    }

/* IANA's special-purpose registries (RFC 6890 and its updates); the first match counts. */
static const struct {
    struct ip_net net;
    enum ip_scope scope;
} scopes[] = {
    {NET4(8, 0), IP_SCOPE_UNROUTABLE},
    {NET4(8, 10), IP_SCOPE_PRIVATE},
    {NET4(10, 100, 64), IP_SCOPE_SHARED},
    {NET4(8, 127), IP_SCOPE_LOOPBACK},
    {NET4(16, 169, 254), IP_SCOPE_LINK_LOCAL},
    {NET4(12, 172, 16), IP_SCOPE_PRIVATE},
    {NET4(24, 192, 0, 0), IP_SCOPE_UNROUTABLE},   /* protocol assignments */
    {NET4(24, 192, 88, 99), IP_SCOPE_UNROUTABLE}, /* 6to4 relays, RFC 7526 */
    {NET4(16, 192, 168), IP_SCOPE_PRIVATE},
    {NET4(15, 198, 18), IP_SCOPE_UNROUTABLE}, /* benchmarks, RFC 2544 */
    {NET4(3, 224), IP_SCOPE_UNROUTABLE},      /* multicast, reserved, broadcast */
    {NET4(0, 0), IP_SCOPE_PUBLIC},
    {NET6(128, [15] = 1), IP_SCOPE_LOOPBACK},
    {NET6(23, 0x20, 0x01), IP_SCOPE_UNROUTABLE}, /* protocol assignments, Teredo, ORCHID */
    {NET6(16, 0x20, 0x02), IP_SCOPE_UNROUTABLE}, /* 6to4 */
    {NET6(3, 0x20), IP_SCOPE_PUBLIC},            /* global unicast, RFC 4291 2.4 */
    {NET6(7, 0xFC), IP_SCOPE_PRIVATE},           /* unique local, RFC 4193 */
    {NET6(10, 0xFE, 0x80), IP_SCOPE_LINK_LOCAL},
    {NET6(10, 0xFE, 0xC0), IP_SCOPE_PRIVATE}, /* site-local, RFC 3879 */
    {NET6(0, 0), IP_SCOPE_UNROUTABLE},        /* 64:ff9b::/96, multicast, unassigned, ... */
};

enum ip_scope ip_scope(const struct ip *ip)
{
    for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++)
        if (ip_net_has(&scopes[i].net, ip))
            return scopes[i].scope;
    return IP_SCOPE_UNROUTABLE;
}

const char *ip_scope_text(enum ip_scope scope)
{
    static const char *const texts[] = {
        [IP_SCOPE_PUBLIC] = "a public address",
        [IP_SCOPE_PRIVATE] = "a private address",
        [IP_SCOPE_SHARED] = "a shared address of a carrier's NAT",
        [IP_SCOPE_LOOPBACK] = "a loopback address",
        [IP_SCOPE_LINK_LOCAL] = "a link-local address",
        [IP_SCOPE_UNROUTABLE] = "an address that the Internet does not route",
    };
    _Static_assert(sizeof texts / sizeof texts[0] == IP_SCOPE_UNROUTABLE + 1, "all scopes");

    return texts[scope];
}

struct name ip_reverse_name(const struct ip *ip)
{
    static const char digits[] = "0123456789abcdef";
    struct name name = {0};
    size_t used = 0;

    if (ip->family == IP_V4)
        memcpy(put_octets(name.s, ip->bytes + V4_BYTES - 1, -1), ".in-addr.arpa",
               sizeof ".in-addr.arpa");
    if (ip->family != IP_V6)
        return name;
    for (size_t i = V6_BYTES; i-- > 0;) {
        name.s[used++] = digits[ip->bytes[i] & 15];
        name.s[used++] = '.';
        name.s[used++] = digits[ip->bytes[i] >> 4];
        name.s[used++] = '.';
    }
    snprintf(name.s + used, sizeof name.s - used, "ip6.arpa");
    return name;
}

bool ip_from_sockaddr(const struct sockaddr *sa, struct ip *out)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    if (sa->sa_family == AF_INET) {
        memcpy(&in, sa, sizeof in);
        *out = ip_from_bytes(&in.sin_addr, IP_V4);
        return true;
    }
    if (sa->sa_family != AF_INET6)
        return false;
    memcpy(&in6, sa, sizeof in6);
    *out = ip_from_bytes(&in6.sin6_addr, IP_V6);
    return true;
}

socklen_t ip_to_sockaddr(const struct ip *ip, uint16_t port, struct sockaddr_storage *out)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

    memset(out, 0, sizeof *out);
    if (ip->family == IP_V4) {
        memcpy(&in.sin_addr, ip->bytes, V4_BYTES);
        memcpy(out, &in, sizeof in);
        return sizeof in;
    }
    memcpy(&in6.sin6_addr, ip->bytes, V6_BYTES);
    memcpy(out, &in6, sizeof in6);
    return sizeof in6;
}

/* True when the first bits of both are the same. */
static bool same_prefix(const uint8_t *a, const uint8_t *b, uint8_t bits)
{
    size_t whole = bits / 8;
    uint8_t mask = (uint8_t)(0xFF00 >> bits % 8);

    if (memcmp(a, b, whole) != 0)
        return false;
    return bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0;
}

bool ip_net_has(const struct ip_net *net, const struct ip *ip)
{
    return net->base.family == ip->family && same_prefix(net->base.bytes, ip->bytes, net->bits);
}

static bool host_bits_are_zero(const struct ip_net *net)
{
    size_t width = bytes_of(net->base.family) * 8;

    for (size_t bit = net->bits; bit < width; bit++)
        if ((net->base.bytes[bit / 8] >> (7 - bit % 8) & 1) != 0)
            return false;
    return true;
}

bool ip_net_parse(const char *text, struct ip_net *out)
{
    const char *slash = strchr(text, '/');
    size_t length = slash == NULL ? strlen(text) : (size_t)(slash - text);
    struct cursor address = cursor_of(text, length);
    struct ip_net net;
    char copy[sizeof(struct ip_text)];

    if (!cursor_copy(&address, copy, sizeof copy) || !ip_parse(copy, &net.base))
        return false;
    uint64_t width = bytes_of(net.base.family) * 8, bits = width;
    bool is_mapped = net.base.family == IP_V4 && strchr(copy, ':') != NULL;
    if (slash != NULL && (is_mapped || !str_uint(slash + 1, 0, width, &bits)))
        return false;
    net.bits = (uint8_t)bits;
    if (!host_bits_are_zero(&net))
        return false;
    *out = net;
    return true;
}

bool ip_port_parse(const char *text, uint16_t default_port, struct ip *ip, uint16_t *port)
{
    bool bracketed = text[0] == '[';
    const char *start = bracketed ? text + 1 : text;
    const char *end = bracketed ? strchr(start, ']') : strrchr(start, ':');
    char copy[sizeof(struct ip_text)];
    uint64_t number = default_port;
    struct ip parsed;

    if (ip_parse(text, &parsed)) {
        *ip = parsed;
        *port = default_port;
        return true;
    }
    if (end == NULL)
        return false;
    struct cursor address = cursor_of(start, (size_t)(end - start));
    const char *tail = bracketed ? end + 1 : end; /* "" or ":port" */
    if (!cursor_copy(&address, copy, sizeof copy) || !ip_parse(copy, &parsed))
        return false;
    if ((strchr(copy, ':') != NULL) != bracketed) /* brackets are for IPv6, and IPv6 needs them */
        return false;
    if (tail[0] != '\0' && (tail[0] != ':' || !str_uint(tail + 1, 1, UINT16_MAX, &number)))
        return false;
    *ip = parsed;
    *port = (uint16_t)number;
    return true;
}
