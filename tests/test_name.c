/* test_name.c - DNS names in normal form, and host names fit for HELO. */
#include "agent/base/name.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/str.h"

#define L10 "abcdefghij"
#define L63 L10 L10 L10 L10 L10 L10 "abc"
#define L61 L10 L10 L10 L10 L10 L10 "a"
#define D250 L63 "." L63 "." L63 "." L10 L10 L10 L10 L10 "abcdefgh" /* 3 * 64 + 58 */
#define B10 "\\200\\201\\202\\203\\204\\205\\206\\207\\208\\209"

static const struct {
    const char *label, *text, *normal; /* NULL: no DNS name */
} dns_rows[] = {
    {"letters become small and the final dot goes", "Mail.Example.COM.", "mail.example.com"},
    {"without a final dot it is the same", "mail.example.com", "mail.example.com"},
    {"the root stays a dot", ".", "."},
    {"a single label", "com.", "com"},
    {"nothing is no name", "", NULL},
    {"two final dots are refused", "mail.example.com..", NULL},
    {"an empty label inside is refused", "mail..example.com", NULL},
    {"a dot in front is refused", ".example.com", NULL},
    {"two dots are refused", "..", NULL},
    {"underscores are fine in the DNS", "_dmarc.example.com", "_dmarc.example.com"},
    {"slashes of RFC 2317 are fine", "0/25.113.0.203.in-addr.arpa.", "0/25.113.0.203.in-addr.arpa"},
    {"a label of 63 bytes fits", L63 ".com", L63 ".com"},
    {"a label of 64 bytes is refused", L63 "d.com", NULL},
    {"253 bytes fit", D250 ".co", D250 ".co"},
    {"253 bytes fit with the final dot", D250 ".co.", D250 ".co"},
    {"254 bytes are refused", D250 ".com", NULL},
    {"255 bytes are refused", D250 ".info", NULL},
    {"an escaped byte counts once", L61 "\\200\\201.com", L61 "\\200\\201.com"},
    {"an escaped byte counts", L63 "\\200.com", NULL},
    {"an escape for a letter becomes the letter", "\\109ail.example.com", "mail.example.com"},
    {"an escape for a capital becomes small", "\\077ail.example.com", "mail.example.com"},
    {"an escaped dot is no border", "a\\.b.example.com", "a\\.b.example.com"},
    {"an escaped dot by number neither", "a\\046b.example.com", "a\\.b.example.com"},
    {"an escaped dot at the end is no final dot", "a\\.", "a\\."},
    {"an escaped backslash stays one", "a\\\\b.com", "a\\\\b.com"},
    {"a needless escape goes", "\\mail.com", "mail.com"},
    {"a blank is escaped", "a b.com", "a\\032b.com"},
    {"NUL can be in a name", "a\\000b.com", "a\\000b.com"},
    {"raw bytes are escaped", "a\xC3\xA9.com", "a\\195\\169.com"},
    {"255 is the last byte", "\\255.com", "\\255.com"},
    {"256 is no byte", "\\256.com", NULL},
    {"999 is no byte", "\\999.com", NULL},
    {"two digits are no escape", "\\12", NULL},
    {"two digits and a letter are no escape", "\\12x.com", NULL},
    {"a lone backslash at the end is refused", "mail\\", NULL},
    {"semicolon and parentheses are escaped as ldns does", "\\;\\(\\).com", "\\;\\(\\).com"},
    {"quote, at and dollar are not", "\"@$.com", "\"@$.com"},
    {"what is short on the wire but too long as text is refused",
     B10 B10 B10 B10 B10 B10 "." B10 B10, NULL},
};

START_TEST(from_dns)
{
    struct name name = {"old"};
    bool good = name_from_dns(dns_rows[_i].text, &name);

    ck_assert_msg(good == (dns_rows[_i].normal != NULL), "%s", dns_rows[_i].label);
    ck_assert_msg(strcmp(name.s, good ? dns_rows[_i].normal : "old") == 0, "%s: %s",
                  dns_rows[_i].label, name.s);
    struct name again = {"old"};
    ck_assert_msg(!good || (name_from_dns(name.s, &again) && name_equal(&name, &again)),
                  "%s: twice is like once", dns_rows[_i].label);
}
END_TEST

static const struct {
    const char *label, *text;
    enum name_fault fault;
    const char *out;
} host_rows[] = {
    {"a host name", "mail.example.com", NAME_GOOD, "mail.example.com"},
    {"a final dot goes", "mail.example.com.", NAME_GOOD, "mail.example.com"},
    {"letters become small", "MAIL.Example.Com", NAME_GOOD, "mail.example.com"},
    {"two labels are enough", "example.com", NAME_GOOD, "example.com"},
    {"digits in front are fine", "25-113.example.com", NAME_GOOD, "25-113.example.com"},
    {"an A-label is fine", "xn--mil-ina.example.com", NAME_GOOD, "xn--mil-ina.example.com"},
    {"names for documentation are fine", "mail.hoster.example", NAME_GOOD, "mail.hoster.example"},
    {"names for tests are fine", "mail.lab.test", NAME_GOOD, "mail.lab.test"},
    {"invalid is left to the DNS", "mail.invalid", NAME_GOOD, "mail.invalid"},
    {"253 characters are fine", D250 ".co", NAME_GOOD, D250 ".co"},
    {"253 characters and a final dot are fine", D250 ".co.", NAME_GOOD, D250 ".co"},
    {"nothing is empty", "", NAME_EMPTY, ""},
    {"a dot is empty", ".", NAME_EMPTY, ""},
    {"a blank", "mail example.com", NAME_BAD_CHARACTER, "mail example.com"},
    {"a blank behind", "mail.example.com ", NAME_BAD_CHARACTER, "mail.example.com "},
    {"a U-label", "m\xC3\xA4il.example.com", NAME_BAD_CHARACTER, "m\xC3\xA4il.example.com"},
    {"quotes", "\"mail.example.com\"", NAME_BAD_CHARACTER, "\"mail.example.com\""},
    {"a newline is made visible", "mail.example.com\n", NAME_BAD_CHARACTER,
     "mail.example.com\\x0a"},
    {"a macro that was not expanded", "$myhostname", NAME_BAD_CHARACTER, "$myhostname"},
    {"a mail address", "root@example.com", NAME_BAD_CHARACTER, "root@example.com"},
    {"a star", "*.example.com", NAME_BAD_CHARACTER, "*.example.com"},
    {"an underscore", "mail_1.Example.com", NAME_UNDERSCORE, "mail_1.example.com"},
    {"an underscore in front", "_mail.example.com", NAME_UNDERSCORE, "_mail.example.com"},
    {"an empty label", "mail..example.com", NAME_BAD_LABEL, "mail..example.com"},
    {"a dot in front", ".example.com", NAME_BAD_LABEL, ".example.com"},
    {"two final dots", "mail.example.com..", NAME_BAD_LABEL, "mail.example.com."},
    {"a hyphen in front", "-mail.example.com", NAME_BAD_LABEL, "-mail.example.com"},
    {"a hyphen behind", "mail-.example.com", NAME_BAD_LABEL, "mail-.example.com"},
    {"a hyphen at the very end", "mail.example.com-", NAME_BAD_LABEL, "mail.example.com-"},
    {"a label of 64 characters", L63 "d.com", NAME_BAD_LABEL, L63 "d.com"},
    {"a label of 63 characters", L63 ".com", NAME_GOOD, L63 ".com"},
    {"254 characters", D250 ".com", NAME_TOO_LONG, D250 ".co"},
    {"255 characters", D250 ".com1", NAME_TOO_LONG, D250 ".co"},
    {"a single label", "mail", NAME_SINGLE_LABEL, "mail"},
    {"a single label with a dot", "mail.", NAME_SINGLE_LABEL, "mail"},
    {"an IPv4 address", "203.0.113.25", NAME_NUMERIC, "203.0.113.25"},
    {"an IPv6 address", "2001:DB8::25", NAME_NUMERIC, "2001:db8::25"},
    {"something like an address", "999.0.113.25", NAME_NUMERIC, "999.0.113.25"},
    {"a number for top-level domain", "mail.example.25", NAME_NUMERIC, "mail.example.25"},
    {"a number alone", "25", NAME_NUMERIC, "25"},
    {"a literal", "[203.0.113.25]", NAME_LITERAL, "[203.0.113.25]"},
    {"an IPv6 literal", "[IPv6:2001:db8::25]", NAME_LITERAL, "[ipv6:2001:db8::25]"},
    {"half a literal", "[203.0.113.25", NAME_BAD_CHARACTER, "[203.0.113.25"},
    {"localhost", "localhost", NAME_LOCALHOST, "localhost"},
    {"localhost with a domain", "localhost.example.com", NAME_LOCALHOST, "localhost.example.com"},
    {"localhost.localdomain", "LocalHost.LocalDomain", NAME_LOCALHOST, "localhost.localdomain"},
    {"nearly localhost", "localhosting.example.com", NAME_GOOD, "localhosting.example.com"},
    {".local", "mail.local", NAME_PRIVATE_SUFFIX, "mail.local"},
    {".localdomain", "mail.localdomain", NAME_PRIVATE_SUFFIX, "mail.localdomain"},
    {".lan", "mail.lan", NAME_PRIVATE_SUFFIX, "mail.lan"},
    {".home", "mail.home", NAME_PRIVATE_SUFFIX, "mail.home"},
    {".home.arpa", "mail.home.arpa", NAME_PRIVATE_SUFFIX, "mail.home.arpa"},
    {".internal", "ip-10-0-0-1.ec2.internal", NAME_PRIVATE_SUFFIX, "ip-10-0-0-1.ec2.internal"},
    {".intranet", "mail.intranet", NAME_PRIVATE_SUFFIX, "mail.intranet"},
    {".corp", "mail.corp", NAME_PRIVATE_SUFFIX, "mail.corp"},
    {".private", "mail.private", NAME_PRIVATE_SUFFIX, "mail.private"},
    {".localhost", "mail.localhost", NAME_PRIVATE_SUFFIX, "mail.localhost"},
    {"local in the middle is fine", "mail.local.example.com", NAME_GOOD, "mail.local.example.com"},
    {"a suffix that only ends alike is fine", "mail.notlocal", NAME_GOOD, "mail.notlocal"},
    {"a reverse name", "25.113.0.203.in-addr.arpa", NAME_REVERSE, "25.113.0.203.in-addr.arpa"},
    {"the reverse tree of IPv6", "8.b.d.0.1.0.0.2.ip6.arpa", NAME_REVERSE,
     "8.b.d.0.1.0.0.2.ip6.arpa"},
    {"a private suffix weighs more than an underscore", "mail_1.local", NAME_PRIVATE_SUFFIX,
     "mail_1.local"},
    {"a bad character weighs more than an underscore", "mail_1.exa mple.com", NAME_BAD_CHARACTER,
     "mail_1.exa mple.com"},
};

START_TEST(parse_host)
{
    struct name name = {"old"};
    enum name_fault fault = name_parse_host(host_rows[_i].text, &name);

    ck_assert_msg(fault == host_rows[_i].fault, "%s: %s %s", host_rows[_i].label,
                  host_rows[_i].text, name_fault_text(fault));
    ck_assert_msg(strcmp(name.s, host_rows[_i].out) == 0, "%s: %s", host_rows[_i].label, name.s);
}
END_TEST

START_TEST(fault_texts)
{
    for (int fault = NAME_GOOD; fault <= NAME_REVERSE; fault++)
        ck_assert_msg(name_fault_text((enum name_fault)fault)[0] != '\0', "fault %d", fault);
    ck_assert_ptr_nonnull(strstr(name_fault_text(NAME_BAD_CHARACTER), "xn--"));
}
END_TEST

static struct name name_of(const char *text)
{
    struct name name = {0};

    ck_assert_msg(text[0] == '\0' || name_from_dns(text, &name), "%s is a name", text);
    return name;
}

static const struct {
    const char *label, *name, *zone;
    bool within;
} within_rows[] = {
    {"a name is within its zone", "mail.example.com", "example.com", true},
    {"a zone is within itself", "example.com", "example.com", true},
    {"everything is within the root", "mail.example.com", ".", true},
    {"the root is within itself", ".", ".", true},
    {"the root is within nothing else", ".", "com", false},
    {"a zone is not within its child", "example.com", "mail.example.com", false},
    {"equal ends are not enough", "badexample.com", "example.com", false},
    {"an escaped dot is no border", "a\\.example.com", "example.com", false},
    {"an escaped backslash and a border", "a\\\\.example.com", "example.com", true},
    {"no name is within nothing", "", ".", false},
    {"nothing is within no name", "mail.example.com", "", false},
};

START_TEST(within)
{
    struct name name = name_of(within_rows[_i].name), zone = name_of(within_rows[_i].zone);

    ck_assert_msg(name_within(&name, &zone) == within_rows[_i].within, "%s", within_rows[_i].label);
}
END_TEST

static const struct {
    const char *name;
    size_t labels;
    const char *parent, *last, *last_two;
} label_rows[] = {
    {"mail.example.com", 3, "example.com", "com", "example.com"},
    {"example.com", 2, "com", "com", "example.com"},
    {"com", 1, ".", "com", "com"},
    {".", 0, ".", ".", "."},
    {"", 0, "", "", ""},
    {"a\\.b.example", 2, "example", "example", "a\\.b.example"},
    {"a\\\\.b.example", 3, "b.example", "example", "b.example"},
};

START_TEST(labels)
{
    struct name name = name_of(label_rows[_i].name);

    ck_assert_uint_eq(name_labels(&name), label_rows[_i].labels);
    ck_assert_str_eq(name_parent(&name).s, label_rows[_i].parent);
    ck_assert_str_eq(name_suffix(&name, 1).s, label_rows[_i].last);
    ck_assert_str_eq(name_suffix(&name, 2).s, label_rows[_i].last_two);
    ck_assert_str_eq(name_suffix(&name, 9).s, label_rows[_i].name);
    ck_assert_str_eq(name_suffix(&name, 0).s, ".");
    ck_assert(name_is_empty(&name) == (label_rows[_i].name[0] == '\0'));
}
END_TEST

START_TEST(values_of_equal_names_are_equal_bytes)
{
    struct name full = name_of("mail.example.com"), other = name_of("com.");
    struct name suffix = name_suffix(&full, 1);

    ck_assert(name_equal(&suffix, &other) && !name_equal(&full, &other));
    ck_assert_mem_eq(&suffix, &other, sizeof suffix);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"from the DNS", from_dns, ROWS(dns_rows), 0},
        {"parse host", parse_host, ROWS(host_rows), 0},
        {"fault texts", fault_texts, 1, 0},
        {"within", within, ROWS(within_rows), 0},
        {"labels", labels, ROWS(label_rows), 0},
        {"equal bytes", values_of_equal_names_are_equal_bytes, 1, 0},
    };

    return unit_run("name", tests, ROWS(tests));
}
