/* test_ip.c - addresses, networks, scopes, reverse names. */
#include "agent/base/ip.h"

#include "tests/support/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static struct ip ip_of(const char *text)
{
    struct ip ip = {0};

    ck_assert_msg(ip_parse(text, &ip), "%s is an address", text);
    return ip;
}

static const struct {
    const char *label, *text, *canonical; /* NULL: not an address */
    enum ip_family family;
} texts[] = {
    {"an IPv4 address stays as it is", "203.0.113.25", "203.0.113.25", IP_V4},
    {"the least IPv4 address", "0.0.0.0", "0.0.0.0", IP_V4},
    {"the greatest IPv4 address", "255.255.255.255", "255.255.255.255", IP_V4},
    {"an octet over 255 is refused", "203.0.113.256", NULL, IP_NONE},
    {"a leading zero is refused, it might be octal", "203.0.113.025", NULL, IP_NONE},
    {"a double zero is refused", "203.0.113.00", NULL, IP_NONE},
    {"three octets are refused", "203.0.113", NULL, IP_NONE},
    {"five octets are refused", "203.0.113.25.1", NULL, IP_NONE},
    {"a bare number is refused", "3405803801", NULL, IP_NONE},
    {"hexadecimal octets are refused", "0xcb.0.113.25", NULL, IP_NONE},
    {"a blank in front is refused", " 203.0.113.25", NULL, IP_NONE},
    {"a blank behind is refused", "203.0.113.25 ", NULL, IP_NONE},
    {"a newline behind is refused", "203.0.113.25\n", NULL, IP_NONE},
    {"a final dot is refused", "203.0.113.25.", NULL, IP_NONE},
    {"a sign is refused", "+203.0.113.25", NULL, IP_NONE},
    {"nothing is refused", "", NULL, IP_NONE},
    {"a name is refused", "mail.example.com", NULL, IP_NONE},
    {"IPv6 is shortened", "2001:0DB8:0:0:0:0:0:0025", "2001:db8::25", IP_V6},
    {"the longest run of zeros goes", "2001:db8:0:0:1:0:0:0", "2001:db8:0:0:1::", IP_V6},
    {"of two equal runs the first goes", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", IP_V6},
    {"a single zero group stays", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", IP_V6},
    {"letters become small", "2001:DB8::ABCD", "2001:db8::abcd", IP_V6},
    {"all zeros", "::", "::", IP_V6},
    {"loopback", "0:0:0:0:0:0:0:1", "::1", IP_V6},
    {"a full address", "2001:db8:1111:2222:3333:4444:5555:6666",
     "2001:db8:1111:2222:3333:4444:5555:6666", IP_V6},
    {"IPv4-mapped becomes IPv4", "::ffff:203.0.113.25", "203.0.113.25", IP_V4},
    {"IPv4-mapped in hexadecimal too", "::FFFF:cb00:7119", "203.0.113.25", IP_V4},
    {"IPv4-mapped written out too", "0:0:0:0:0:ffff:cb00:7119", "203.0.113.25", IP_V4},
    {"nearly IPv4-mapped stays IPv6", "::fffe:cb00:7119", "::fffe:cb00:7119", IP_V6},
    {"a leading zero in the IPv4 part is refused", "::ffff:203.0.113.025", NULL, IP_NONE},
    {"a zone is refused", "fe80::1%eth0", NULL, IP_NONE},
    {"brackets are refused", "[2001:db8::25]", NULL, IP_NONE},
    {"two abbreviations are refused", "2001::db8::25", NULL, IP_NONE},
    {"five digits in a group are refused", "2001:db8::00025", NULL, IP_NONE},
    {"nine groups are refused", "1:2:3:4:5:6:7:8:9", NULL, IP_NONE},
    {"seven groups are refused", "1:2:3:4:5:6:7", NULL, IP_NONE},
    {"three colons are refused", ":::", NULL, IP_NONE},
    {"a colon alone in front is refused", ":1:2:3:4:5:6:7:8", NULL, IP_NONE},
    {"an RFC 5321 tag is refused", "IPv6:2001:db8::25", NULL, IP_NONE},
};

START_TEST(parse_and_text)
{
    struct ip ip = {.family = IP_NONE, .bytes = {7}};
    bool parsed = ip_parse(texts[_i].text, &ip);

    ck_assert_msg(parsed == (texts[_i].canonical != NULL), "%s", texts[_i].label);
    if (parsed)
        ck_assert_msg(strcmp(ip_text(&ip).s, texts[_i].canonical) == 0, "%s: %s", texts[_i].label,
                      ip_text(&ip).s);
    else
        ck_assert_msg(ip.bytes[0] == 7, "%s: output touched", texts[_i].label);
    ck_assert_msg(ip.family == texts[_i].family, "%s", texts[_i].label);
}
END_TEST

static const struct {
    const char *label, *text;
    enum ip_scope scope;
} scopes[] = {
    {"an ordinary address is public", "8.8.8.8", IP_SCOPE_PUBLIC},
    {"documentation 1 counts as public", "192.0.2.1", IP_SCOPE_PUBLIC},
    {"documentation 2 counts as public", "198.51.100.1", IP_SCOPE_PUBLIC},
    {"documentation 3 counts as public", "203.0.113.25", IP_SCOPE_PUBLIC},
    {"documentation of IPv6 counts as public", "2001:db8::25", IP_SCOPE_PUBLIC},
    {"newer documentation of IPv6 too", "3fff::25", IP_SCOPE_PUBLIC},
    {"just below 10/8 is public", "9.255.255.255", IP_SCOPE_PUBLIC},
    {"10/8 begins", "10.0.0.0", IP_SCOPE_PRIVATE},
    {"10/8 ends", "10.255.255.255", IP_SCOPE_PRIVATE},
    {"just above 10/8 is public", "11.0.0.0", IP_SCOPE_PUBLIC},
    {"just below 172.16/12 is public", "172.15.255.255", IP_SCOPE_PUBLIC},
    {"172.16/12 begins", "172.16.0.0", IP_SCOPE_PRIVATE},
    {"172.16/12 ends", "172.31.255.255", IP_SCOPE_PRIVATE},
    {"just above 172.16/12 is public", "172.32.0.0", IP_SCOPE_PUBLIC},
    {"192.168/16 is private", "192.168.255.1", IP_SCOPE_PRIVATE},
    {"just above 192.168/16 is public", "192.169.0.0", IP_SCOPE_PUBLIC},
    {"just below 100.64/10 is public", "100.63.255.255", IP_SCOPE_PUBLIC},
    {"100.64/10 begins", "100.64.0.0", IP_SCOPE_SHARED},
    {"100.64/10 ends", "100.127.255.255", IP_SCOPE_SHARED},
    {"just above 100.64/10 is public", "100.128.0.0", IP_SCOPE_PUBLIC},
    {"all of 127/8 is loopback", "127.255.255.255", IP_SCOPE_LOOPBACK},
    {"169.254/16 is link-local", "169.254.169.254", IP_SCOPE_LINK_LOCAL},
    {"0/8 goes nowhere", "0.1.2.3", IP_SCOPE_UNROUTABLE},
    {"benchmarks go nowhere", "198.19.255.255", IP_SCOPE_UNROUTABLE},
    {"just above the benchmarks is public", "198.20.0.0", IP_SCOPE_PUBLIC},
    {"protocol assignments go nowhere", "192.0.0.1", IP_SCOPE_UNROUTABLE},
    {"multicast goes nowhere", "224.0.0.1", IP_SCOPE_UNROUTABLE},
    {"240/4 goes nowhere", "240.0.0.1", IP_SCOPE_UNROUTABLE},
    {"broadcast goes nowhere", "255.255.255.255", IP_SCOPE_UNROUTABLE},
    {"just below multicast is public", "223.255.255.255", IP_SCOPE_PUBLIC},
    {"IPv4-mapped counts as its IPv4", "::ffff:10.0.0.1", IP_SCOPE_PRIVATE},
    {"global unicast is public", "2a01:4f8::1", IP_SCOPE_PUBLIC},
    {"IPv6 unspecified goes nowhere", "::", IP_SCOPE_UNROUTABLE},
    {"IPv6 loopback", "::1", IP_SCOPE_LOOPBACK},
    {"next to loopback goes nowhere", "::2", IP_SCOPE_UNROUTABLE},
    {"NAT64 goes nowhere", "64:ff9b::cb00:7119", IP_SCOPE_UNROUTABLE},
    {"local NAT64 goes nowhere", "64:ff9b:1::1", IP_SCOPE_UNROUTABLE},
    {"discard goes nowhere", "100::1", IP_SCOPE_UNROUTABLE},
    {"Teredo goes nowhere", "2001::1", IP_SCOPE_UNROUTABLE},
    {"ORCHIDv2 goes nowhere", "2001:20::1", IP_SCOPE_UNROUTABLE},
    {"just above protocol assignments is public", "2001:200::1", IP_SCOPE_PUBLIC},
    {"6to4 goes nowhere", "2002:cb00:7119::1", IP_SCOPE_UNROUTABLE},
    {"unique local, lower half", "fc00::1", IP_SCOPE_PRIVATE},
    {"unique local, upper half", "fdff::1", IP_SCOPE_PRIVATE},
    {"IPv6 link-local begins", "fe80::1", IP_SCOPE_LINK_LOCAL},
    {"IPv6 link-local ends", "febf:ffff::1", IP_SCOPE_LINK_LOCAL},
    {"IPv6 site-local is private", "fec0::1", IP_SCOPE_PRIVATE},
    {"IPv6 multicast goes nowhere", "ff02::1", IP_SCOPE_UNROUTABLE},
    {"unassigned IPv6 goes nowhere", "4000::1", IP_SCOPE_UNROUTABLE},
    {"segment routing goes nowhere", "5f00::1", IP_SCOPE_UNROUTABLE},
};

START_TEST(scope)
{
    struct ip ip = ip_of(scopes[_i].text);
    enum ip_scope seen = ip_scope(&ip);

    ck_assert_msg(seen == scopes[_i].scope, "%s: %s is %s", scopes[_i].label, scopes[_i].text,
                  ip_scope_text(seen));
}
END_TEST

static const struct {
    const char *label, *text, *name;
} reverses[] = {
    {"IPv4 is turned around", "203.0.113.25", "25.113.0.203.in-addr.arpa"},
    {"IPv4 with the longest octets", "255.254.253.252", "252.253.254.255.in-addr.arpa"},
    {"IPv6 is turned around by half bytes", "2001:db8::25",
     "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"},
    {"IPv4-mapped is looked for as IPv4", "::ffff:192.0.2.1", "1.2.0.192.in-addr.arpa"},
};

START_TEST(reverse_name)
{
    struct ip ip = ip_of(reverses[_i].text);

    ck_assert_msg(strcmp(ip_reverse_name(&ip).s, reverses[_i].name) == 0, "%s", reverses[_i].label);
}
END_TEST

static const struct {
    const char *label, *text, *base; /* NULL: not a network */
    unsigned bits;
} nets[] = {
    {"an IPv4 network", "198.51.100.0/24", "198.51.100.0", 24},
    {"an IPv6 network", "2001:db8::/32", "2001:db8::", 32},
    {"one IPv4 address is a network of one", "198.51.100.7", "198.51.100.7", 32},
    {"one IPv6 address is a network of one", "2001:db8::7", "2001:db8::7", 128},
    {"everything in IPv4", "0.0.0.0/0", "0.0.0.0", 0},
    {"a length that is no multiple of eight", "198.51.96.0/19", "198.51.96.0", 19},
    {"all bits", "198.51.100.7/32", "198.51.100.7", 32},
    {"host bits are refused", "198.51.100.7/24", NULL, 0},
    {"one host bit is refused", "198.51.97.0/23", NULL, 0},
    {"IPv6 host bits are refused", "2001:db8::1/64", NULL, 0},
    {"a length over 32 is refused", "198.51.100.0/33", NULL, 0},
    {"a length over 128 is refused", "2001:db8::/129", NULL, 0},
    {"an empty length is refused", "198.51.100.0/", NULL, 0},
    {"a negative length is refused", "198.51.100.0/-1", NULL, 0},
    {"two lengths are refused", "198.51.100.0/24/24", NULL, 0},
    {"a netmask is refused", "198.51.100.0/255.255.255.0", NULL, 0},
    {"a mapped network is refused", "::ffff:198.51.100.0/120", NULL, 0},
    {"a mapped network with a length of IPv4 too", "::ffff:198.51.100.0/24", NULL, 0},
    {"an empty text is refused", "", NULL, 0},
    {"a length alone is refused", "/24", NULL, 0},
    {"what is too long for an address is refused",
     "2001:db8:1111:2222:3333:4444:5555:6666:7777:8888:9999/64", NULL, 0},
};

START_TEST(net_parse)
{
    struct ip_net net = {.bits = 77};
    bool parsed = ip_net_parse(nets[_i].text, &net);

    ck_assert_msg(parsed == (nets[_i].base != NULL), "%s", nets[_i].label);
    if (parsed) {
        ck_assert_msg(strcmp(ip_text(&net.base).s, nets[_i].base) == 0, "%s", nets[_i].label);
        ck_assert_msg(net.bits == nets[_i].bits, "%s", nets[_i].label);
    } else {
        ck_assert_msg(net.bits == 77, "%s: output touched", nets[_i].label);
    }
}
END_TEST

static const struct {
    const char *label, *net, *ip;
    bool has;
} members[] = {
    {"the first address is in", "198.51.100.0/24", "198.51.100.0", true},
    {"the last address is in", "198.51.100.0/24", "198.51.100.255", true},
    {"the next address is out", "198.51.100.0/24", "198.51.101.0", false},
    {"/19 ends where it should", "198.51.96.0/19", "198.51.127.255", true},
    {"/19 goes no further", "198.51.96.0/19", "198.51.128.0", false},
    {"everything of IPv4 is in /0", "0.0.0.0/0", "203.0.113.25", true},
    {"no IPv6 is in IPv4's /0", "0.0.0.0/0", "2001:db8::1", false},
    {"no IPv4 is in IPv6's /0", "::/0", "203.0.113.25", false},
    {"a network of one has that one", "2001:db8::7", "2001:db8::7", true},
    {"a network of one has no other", "2001:db8::7", "2001:db8::8", false},
    {"IPv6 /33 splits inside a byte", "2001:db8:8000::/33", "2001:db8:7fff::", false},
};

START_TEST(net_has)
{
    struct ip ip = ip_of(members[_i].ip);
    struct ip_net net;

    ck_assert(ip_net_parse(members[_i].net, &net));
    ck_assert_msg(ip_net_has(&net, &ip) == members[_i].has, "%s", members[_i].label);
}
END_TEST

static const struct {
    const char *label, *text, *ip; /* NULL: refused */
    unsigned port;
} ports[] = {
    {"IPv4 without a port takes the default", "192.0.2.53", "192.0.2.53", 53},
    {"IPv4 with a port", "192.0.2.53:5353", "192.0.2.53", 5353},
    {"IPv6 without a port and brackets", "2001:db8::53", "2001:db8::53", 53},
    {"IPv6 in brackets", "[2001:db8::53]", "2001:db8::53", 53},
    {"IPv6 in brackets with a port", "[2001:db8::53]:5353", "2001:db8::53", 5353},
    {"the greatest port", "192.0.2.53:65535", "192.0.2.53", 65535},
    {"port 0 is refused", "192.0.2.53:0", NULL, 0},
    {"port 65536 is refused", "192.0.2.53:65536", NULL, 0},
    {"an empty port is refused", "192.0.2.53:", NULL, 0},
    {"an empty port after brackets is refused", "[2001:db8::53]:", NULL, 0},
    {"text after brackets is refused", "[2001:db8::53]5353", NULL, 0},
    {"an open bracket is refused", "[2001:db8::53", NULL, 0},
    {"IPv4 in brackets is refused", "[192.0.2.53]:53", NULL, 0},
    {"a name is refused", "ns.example.com:53", NULL, 0},
    {"a port with a sign is refused", "192.0.2.53:+53", NULL, 0},
    {"a port alone is refused", ":53", NULL, 0},
    {"nothing is refused", "", NULL, 0},
};

START_TEST(port_parse)
{
    struct ip ip = {0};
    uint16_t port = 7;
    bool parsed = ip_port_parse(ports[_i].text, 53, &ip, &port);

    ck_assert_msg(parsed == (ports[_i].ip != NULL), "%s", ports[_i].label);
    if (parsed)
        ck_assert_msg(strcmp(ip_text(&ip).s, ports[_i].ip) == 0 && port == ports[_i].port, "%s",
                      ports[_i].label);
    else
        ck_assert_msg(ip.family == IP_NONE && port == 7, "%s: output touched", ports[_i].label);
}
END_TEST

static const char *const round_trips[] = {"203.0.113.25", "2001:db8::25"};

START_TEST(sockaddr_and_back)
{
    struct ip ip = ip_of(round_trips[_i]), back;
    struct sockaddr_storage storage;
    socklen_t length = ip_to_sockaddr(&ip, 25, &storage);

    ck_assert_uint_eq(length, _i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
    ck_assert(ip_from_sockaddr((const struct sockaddr *)&storage, &back));
    ck_assert(ip_equal(&ip, &back));
    in_port_t port = _i == 0 ? ((const struct sockaddr_in *)&storage)->sin_port
                             : ((const struct sockaddr_in6 *)&storage)->sin6_port;
    ck_assert_uint_eq(ntohs(port), 25);
}
END_TEST

START_TEST(sockaddr_of_other_kinds)
{
    struct sockaddr_storage storage = {.ss_family = AF_UNIX};
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6};
    struct ip ip;

    ck_assert(!ip_from_sockaddr((const struct sockaddr *)&storage, &ip));
    ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:192.0.2.1", &mapped.sin6_addr), 1);
    ck_assert(ip_from_sockaddr((const struct sockaddr *)&mapped, &ip));
    ck_assert_str_eq(ip_text(&ip).s, "192.0.2.1");
}
END_TEST

START_TEST(order_and_words)
{
    struct ip four = ip_of("203.0.113.25"), next = ip_of("203.0.113.26"), six = ip_of("::1");
    struct ip none = {0};

    ck_assert_int_lt(ip_compare(&four, &next), 0);
    ck_assert_int_gt(ip_compare(&six, &four), 0);
    ck_assert_int_eq(ip_compare(&six, &six), 0);
    ck_assert_str_eq(ip_text(&none).s, "");
    ck_assert_str_eq(ip_family_name(IP_V4), "ipv4");
    ck_assert_str_eq(ip_family_name(IP_V6), "ipv6");
    ck_assert_str_eq(ip_record_type(IP_V4), "A");
    ck_assert_str_eq(ip_record_type(IP_V6), "AAAA");
    ck_assert_str_eq(ip_scope_text(IP_SCOPE_PRIVATE), "a private address");
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"parse and text", parse_and_text, ROWS(texts), 0},
        {"scope", scope, ROWS(scopes), 0},
        {"reverse name", reverse_name, ROWS(reverses), 0},
        {"net parse", net_parse, ROWS(nets), 0},
        {"net has", net_has, ROWS(members), 0},
        {"port parse", port_parse, ROWS(ports), 0},
        {"sockaddr and back", sockaddr_and_back, ROWS(round_trips), 0},
        {"sockaddr of other kinds", sockaddr_of_other_kinds, 1, 0},
        {"order and words", order_and_words, 1, 0},
    };

    return unit_run("ip", tests, ROWS(tests));
}
