/* test_mta_facts.c - which services a wish is about: bound ones, the kernel's choice, the rest. */
#include "mta/mta.h"

#include <string.h>

#include "tests/support/unit.h"

#define A "203.0.113.25"
#define B "203.0.113.26"
#define A6 "2001:db8:25::25"

/* "out1@203.0.113.26 smtp": senders by title, those with @ bound to that address. */
static void read_services(const char *text, enum mta_role role, struct mta_facts *facts)
{
    static struct mta_service services[8];
    struct cursor c = cursor_of(text, strlen(text)), word;
    char copy[96];

    facts->services = services;
    while (cursor_word(&c, &word)) {
        struct mta_service *service = &services[facts->service_count++];
        char *at;
        struct ip ip;

        *service = (struct mta_service){.role = role, .outside = true};
        ck_assert(cursor_copy(&word, copy, sizeof copy));
        at = strchr(copy, '@');
        if (at != NULL) {
            *at = '\0';
            ck_assert(ip_parse(at + 1, &ip));
            service->bind[ip.family == IP_V6] = ip;
        }
        str_cut(service->title, sizeof service->title, copy);
    }
}

static const struct {
    const char *label, *services;
    enum mta_role role;
    const char *kernel, *pairs, *service;
    enum mta_claim want;
} claims[] = {
    {"without pairs every service is meant", "smtp", MTA_SENDER, "", "", "smtp", MTA_SET},
    {"the only sender serves the address", "smtp", MTA_SENDER, A, A "=x", "smtp", MTA_SET},
    {"a bound sender serves its address", "smtp out@" B, MTA_SENDER, A, B "=x", "out", MTA_SET},
    {"the unbound one does not then", "smtp out@" B, MTA_SENDER, A, B "=x", "smtp", MTA_LEAVE},
    {"unless the kernel sends from it as well", "smtp out@" B, MTA_SENDER, B, B "=x", "smtp",
     MTA_SET},
    {"one sender, two addresses, one name", "smtp", MTA_SENDER, A, A "=x " B "=x", "smtp", MTA_SET},
    {"one sender, two addresses, two names", "smtp", MTA_SENDER, A, A "=x " B "=y", "smtp",
     MTA_CONTESTED},
    {"each its own: the other name is no rival", "smtp out@" B, MTA_SENDER, A, A "=x " B "=y",
     "smtp", MTA_SET},
    {"a sender of another name is left alone", "smtp out@" B, MTA_SENDER, A, A "=x " B "=y", "out",
     MTA_LEAVE},
    {"bound for IPv4, it serves what the kernel chooses for IPv6", "out@" A, MTA_SENDER, "",
     A6 "=x", "out", MTA_SET},
    {"behind NAT the kernel's address is another one", "smtp", MTA_SENDER, "10.0.0.5", A "=x",
     "smtp", MTA_SET},
    {"a listener of one address is preferred there", "smtpd two@" B, MTA_LISTENER, "", B "=x",
     "smtpd", MTA_LEAVE},
    {"a listener on all addresses serves the rest", "smtpd two@" B, MTA_LISTENER, "", A "=x",
     "smtpd", MTA_SET},
};

/* "203.0.113.25=x": x is the wished name, y another one. */
static size_t read_pairs(const char *text, struct mta_pair *pairs)
{
    struct cursor c = cursor_of(text, strlen(text)), word;
    size_t count = 0;
    char copy[96];

    while (cursor_word(&c, &word)) {
        ck_assert(cursor_copy(&word, copy, sizeof copy));
        char *equals = strchr(copy, '=');
        *equals = '\0';
        ck_assert(ip_parse(copy, &pairs[count].address));
        ck_assert(name_from_dns(equals[1] == 'x' ? "x.example.com" : "y.example.com",
                                &pairs[count++].name));
    }
    return count;
}

START_TEST(a_service_is_claimed_by_its_addresses)
{
    struct mta_facts facts = {0};
    struct mta_pair pairs[4] = {0};
    struct mta_wish wish = {.name = {"x.example.com"}, .pairs = pairs};
    const struct mta_service *service = NULL;
    struct ip kernel;

    read_services(claims[_i].services, claims[_i].role, &facts);
    wish.pair_count = read_pairs(claims[_i].pairs, pairs);
    if (ip_parse(claims[_i].kernel, &kernel))
        facts.source[kernel.family == IP_V6] = kernel;
    for (size_t i = 0; i < facts.service_count; i++)
        if (str_equal(facts.services[i].title, claims[_i].service))
            service = &facts.services[i];
    ck_assert_msg(mta_claim(&facts, &wish, service, NULL) == claims[_i].want, "%s",
                  claims[_i].label);
}
END_TEST

START_TEST(a_loopback_service_is_never_meant)
{
    struct mta_service inner = {.role = MTA_LISTENER, .outside = false};
    struct mta_facts facts = {.services = &inner, .service_count = 1};
    struct mta_wish wish = {.name = {"x.example.com"}};

    ck_assert_int_eq(mta_claim(&facts, &wish, &inner, NULL), MTA_LEAVE);
}
END_TEST

START_TEST(a_rival_is_named)
{
    struct mta_facts facts = {0};
    struct mta_pair pairs[2] = {0};
    struct mta_wish wish = {.name = {"x.example.com"}, .pairs = pairs};
    const struct mta_pair *rival = NULL;

    read_services("smtp", MTA_SENDER, &facts);
    wish.pair_count = read_pairs(A "=x " B "=y", pairs);
    ck_assert_int_eq(mta_claim(&facts, &wish, &facts.services[0], &rival), MTA_CONTESTED);
    ck_assert_str_eq(ip_text(&rival->address).s, B);
}
END_TEST

START_TEST(a_sender_is_found_by_its_address)
{
    struct mta_facts facts = {0};
    struct ip ip;

    read_services("smtp out@" B, MTA_SENDER, &facts);
    ck_assert(ip_parse(B, &ip));
    ck_assert_str_eq(mta_sender_of(&facts, &ip)->title, "out");
    ck_assert(ip_parse(A, &ip));
    ck_assert_str_eq(mta_sender_of(&facts, &ip)->title, "smtp");
}
END_TEST

START_TEST(a_sender_that_says_another_name_is_found)
{
    const struct name name = {"x.example.com"};
    struct mta_facts facts = {0};
    struct ip ip;

    read_services("smtp bulk out@" B, MTA_SENDER, &facts);
    for (size_t i = 0; i < facts.service_count; i++)
        str_cut(facts.services[i].says, sizeof facts.services[i].says, "X.example.com");
    ck_assert(ip_parse(A, &ip));
    ck_assert_ptr_null(mta_odd_sender(&facts, &ip, &name));
    str_cut(facts.services[2].says, sizeof facts.services[2].says, "y.example.com");
    ck_assert_ptr_null(mta_odd_sender(&facts, &ip, &name)); /* it serves another address */
    str_cut(facts.services[1].says, sizeof facts.services[1].says, "y.example.com");
    ck_assert_str_eq(mta_odd_sender(&facts, &ip, &name)->title, "bulk");
}
END_TEST

static const struct {
    const char *hop, *name;
    bool inside;
} hops[] = {
    {"[127.0.0.1]:10024", "127.0.0.1", true},
    {"[::1]:10025", "::1", true},
    {"[IPv6:::1]:10025", "::1", true},
    {"localhost:10024", "localhost", true},
    {"[LocalHost]", "LocalHost", true},
    {" localhost, relay.example.net", "localhost", true},
    {"localhost.example.com", "localhost.example.com", false},
    {"[localhost-relay.example.net]:587", "localhost-relay.example.net", false},
    {"127.example.net", "127.example.net", false},
    {"[2001:db8::25]:25", "2001:db8::25", false},
    {"relay.example.net:587", "relay.example.net", false},
    {"relay.example.net, backup.example.net", "relay.example.net", false},
    {"[relay.example.net", "relay.example.net", false},
    {"", "", false},
};

START_TEST(a_next_hop_names_a_host)
{
    char name[256];

    mta_hop_name(hops[_i].hop, name, sizeof name);
    ck_assert_str_eq(name, hops[_i].name);
    ck_assert_msg(mta_hop_is_inside(hops[_i].hop) == hops[_i].inside, "%s", hops[_i].hop);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"claims", a_service_is_claimed_by_its_addresses, ROWS(claims), 0},
        {"loopback", a_loopback_service_is_never_meant, 1, 0},
        {"rival", a_rival_is_named, 1, 0},
        {"sender", a_sender_is_found_by_its_address, 1, 0},
        {"next hop", a_next_hop_names_a_host, ROWS(hops), 0},
        {"odd sender", a_sender_that_says_another_name_is_found, 1, 0},
    };

    return unit_run("mta_facts", tests, ROWS(tests));
}
