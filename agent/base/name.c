/* name.c - DNS names in one normal form, and what is wrong with a host name. */
#include "agent/base/name.h"

#include "agent/base/ip.h"
#include "agent/base/str.h"

#include <string.h>

enum {
    LABEL_MAX = 63, /* RFC 1035 2.3.4 */
    WIRE_MAX = 253  /* bytes of labels and the dots between them: 255 less both ends */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What most names are made of; it stands for itself. */
static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
}

/* One byte of a label, escaped or not (RFC 1035 5.1); false when the escape is broken. */
static bool take_byte(const char **at, unsigned char *out)
{
    const char *p = *at;

    if (p[0] != '\\') {
        *out = (unsigned char)p[0];
        *at = p + 1;
        return true;
    }
    if (!is_digit(p[1])) {
        *out = (unsigned char)p[1];
        *at = p + 2;
        return p[1] != '\0';
    }
    if (!is_digit(p[2]) || !is_digit(p[3]))
        return false;
    int value = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');
    *out = (unsigned char)value;
    *at = p + 4;
    return value <= 255;
}

/* The text of one byte of a label, as ldns writes it, so that its texts are ours. */
static size_t byte_text(unsigned char byte, char text[4])
{
    if (byte <= ' ' || byte >= 0x7F) {
        text[0] = '\\';
        text[1] = (char)('0' + byte / 100);
        text[2] = (char)('0' + byte / 10 % 10);
        text[3] = (char)('0' + byte % 10);
        return 4;
    }
    if (strchr(".;()\\", byte) != NULL) {
        text[0] = '\\';
        text[1] = (char)byte;
        return 2;
    }
    text[0] = str_lower((char)byte);
    return 1;
}

/* Take the plain bytes that something begins with, as far as they fit; how many. */
static size_t put_plain(struct name *name, size_t *used, const void *bytes, size_t length)
{
    const char *at = bytes;
    const size_t room = sizeof name->s - 1 - *used, most = length < room ? length : room;
    size_t taken = 0;

    while (taken < most && is_plain(at[taken])) {
        name->s[*used + taken] = at[taken];
        taken++;
    }
    *used += taken;
    return taken;
}

static bool put_byte(struct name *name, size_t *used, unsigned char byte)
{
    char text[4];
    const size_t length = byte_text(byte, text);

    if (*used + length >= sizeof name->s)
        return false;
    memcpy(name->s + *used, text, length);
    *used += length;
    return true;
}

/* One label, up to the dot or the end; false when it is empty, too long or broken. */
static bool take_label(const char **at, struct name *name, size_t *used, size_t *wire)
{
    size_t length = put_plain(name, used, *at, LABEL_MAX + 1);

    *at += length;
    while (**at != '\0' && **at != '.') {
        unsigned char byte;

        if (!take_byte(at, &byte) || !put_byte(name, used, byte))
            return false;
        length++;
    }
    *wire += length;
    return length > 0 && length <= LABEL_MAX && *wire <= WIRE_MAX;
}

bool name_from_dns(const char *text, struct name *out)
{
    struct name name = {0};
    size_t used = 0, wire = 0;

    if (str_equal(text, ".")) {
        *out = (struct name){"."};
        return true;
    }
    if (!take_label(&text, &name, &used, &wire))
        return false;
    while (text[0] == '.' && text[1] != '\0') {
        text++;
        wire++;
        if (used + 1 >= sizeof name.s)
            return false;
        name.s[used++] = '.';
        if (!take_label(&text, &name, &used, &wire))
            return false;
    }
    *out = name;
    return true;
}

bool name_add_label(struct name *name, size_t *used, const uint8_t *bytes, size_t length)
{
    if (*used > 0 && *used + 1 < sizeof name->s)
        name->s[(*used)++] = '.';
    for (size_t i = put_plain(name, used, bytes, length); i < length; i++)
        if (!put_byte(name, used, bytes[i]))
            return false;
    name->s[*used] = '\0';
    return true;
}

size_t name_to_wire(const struct name *name, uint8_t out[static NAME_MAX_WIRE])
{
    const char *at = str_equal(name->s, ".") ? "" : name->s;
    size_t length = 0;

    while (*at != '\0') {
        size_t start = length++;

        for (; *at != '\0' && *at != '.'; length++)
            if (length >= NAME_MAX_WIRE - 1 || !take_byte(&at, &out[length]))
                return 0;
        if (length - start - 1 == 0 || length - start - 1 > LABEL_MAX)
            return 0;
        out[start] = (uint8_t)(length - start - 1);
        at += *at == '.';
    }
    if (length >= NAME_MAX_WIRE || name->s[0] == '\0')
        return 0;
    out[length] = 0;
    return length + 1;
}

/* The dot that ends the label at the start, or the end of the text. */
static const char *label_end(const char *text)
{
    while (*text != '\0' && *text != '.')
        text += text[0] == '\\' && text[1] != '\0' ? 2 : 1;
    return text;
}

/* The text after the first label; "" when it was the last. */
static const char *after_label(const char *text)
{
    const char *end = label_end(text);

    return *end == '.' ? end + 1 : end;
}

static bool has_empty(const char *text)
{
    return text[0] == '\0';
}

static bool has_literal(const char *text)
{
    return text[0] == '[' && str_ends(text, "]");
}

static bool has_bad_label(const char *text)
{
    while (true) {
        size_t length = strcspn(text, ".");

        if (length == 0 || length > LABEL_MAX || text[0] == '-' || text[length - 1] == '-')
            return true;
        if (text[length] == '\0')
            return false;
        text += length + 1;
    }
}

static bool has_address(const char *text)
{
    struct ip address;

    return ip_parse(text, &address);
}

static const char *last_label(const char *text)
{
    const char *dot = strrchr(text, '.');

    return dot == NULL ? text : dot + 1;
}

/* RFC 1123 2.1, RFC 3696 2: the last label of a host name is not all digits. IPv4, too. */
static bool has_final_number(const char *text)
{
    const char *last = last_label(text);

    return last[strspn(last, "0123456789")] == '\0';
}

static bool has_localhost(const char *text)
{
    return str_equal(text, "localhost") || str_starts(text, "localhost.");
}

static bool has_single_label(const char *text)
{
    return strchr(text, '.') == NULL;
}

/* True when the character before this place is a dot that ends a label, not one within it. */
static bool is_label_start(const char *text, size_t at)
{
    size_t escapes = 0;

    if (text[at - 1] != '.')
        return false;
    while (at - 1 - escapes > 0 && text[at - 2 - escapes] == '\\')
        escapes++;
    return escapes % 2 == 0;
}

/* True when the text, of this length, is the name or below it. */
static bool is_within(const char *text, size_t length, const char *zone)
{
    const size_t zone_length = strlen(zone);

    if (zone_length > length || text[length - 1] != zone[zone_length - 1] ||
        memcmp(text + length - zone_length, zone, zone_length) != 0)
        return false;
    return zone_length == length || is_label_start(text, length - zone_length);
}

static bool has_reverse(const char *text)
{
    const size_t length = strlen(text);

    return is_within(text, length, "in-addr.arpa") || is_within(text, length, "ip6.arpa");
}

static bool has_private_suffix(const char *text)
{
    /* Receivers sheet, section 5; RFC 6761, 6762, 8375; the names of RFC 2606 are not here. */
    static const char *const tops[] = {"corp",  "home",        "internal",  "intranet", "lan",
                                       "local", "localdomain", "localhost", "private"};
    const char *last = last_label(text);

    for (size_t i = 0; i < sizeof tops / sizeof tops[0]; i++)
        if (tops[i][0] == last[0] && str_equal(tops[i], last))
            return true;
    return is_within(text, strlen(text), "home.arpa");
}

static bool has_underscore(const char *text)
{
    return strchr(text, '_') != NULL;
}

struct check {
    enum name_fault fault;
    bool (*has)(const char *text);
};

/* What is told of a text with a character that no host name has. */
static const struct check of_others[] = {
    {NAME_LITERAL, has_literal}, {NAME_NUMERIC, has_address}, /* IPv6 */
};

/* Of letters, digits, hyphens, dots and underscores. */
static const struct check of_plain[] = {
    {NAME_EMPTY, has_empty},
    {NAME_BAD_LABEL, has_bad_label}, /* the checks below rely on good labels */
    {NAME_NUMERIC, has_final_number},
    {NAME_LOCALHOST, has_localhost}, /* before it counts as a single label */
    {NAME_SINGLE_LABEL, has_single_label},
    {NAME_REVERSE, has_reverse},
    {NAME_PRIVATE_SUFFIX, has_private_suffix},
    {NAME_UNDERSCORE, has_underscore}, /* the only one that the DNS and some receivers accept */
};

/* The first that is found is reported: what can be no name at all before what half may accept. */
static enum name_fault first_fault(const struct check *checks, size_t count, const char *text,
                                   enum name_fault none)
{
    for (size_t i = 0; i < count; i++)
        if (checks[i].has(text))
            return checks[i].fault;
    return none;
}

enum name_fault name_parse_host(const char *text, struct name *out)
{
    size_t length = strlen(text), kept;
    char raw[NAME_MAX_TEXT];
    bool plain = true;

    if (length > 0 && text[length - 1] == '.')
        length--;
    kept = length < sizeof raw ? length : sizeof raw - 1;
    for (size_t i = 0; i < kept; i++) {
        raw[i] = str_lower(text[i]);
        plain = plain && (is_plain(raw[i]) || raw[i] == '.' || raw[i] == '_');
    }
    raw[kept] = '\0';
    if (plain)
        memcpy(out->s, raw, kept + 1);
    else
        str_printable(out->s, sizeof out->s, raw, kept);
    if (length > WIRE_MAX)
        return NAME_TOO_LONG;
    return plain ? first_fault(of_plain, sizeof of_plain / sizeof of_plain[0], raw, NAME_GOOD)
                 : first_fault(of_others, sizeof of_others / sizeof of_others[0], raw,
                               NAME_BAD_CHARACTER);
}

static const char *const fault_texts[] = {
    [NAME_GOOD] = "is a good host name",
    [NAME_EMPTY] = "is empty",
    [NAME_BAD_CHARACTER] = "has a character that host names do not have; an international name is "
                           "written as its A-label (xn--...)",
    [NAME_UNDERSCORE] = "has an underscore, which is not allowed in host names",
    [NAME_BAD_LABEL] = "has a label that is empty, longer than 63 characters, or begins or ends "
                       "with a hyphen",
    [NAME_TOO_LONG] = "is longer than 253 characters",
    [NAME_SINGLE_LABEL] = "has no dot: a full name with its domain is needed",
    [NAME_NUMERIC] = "is an address or ends in a number, and is not a host name",
    [NAME_LITERAL] = "is an address literal, not a host name",
    [NAME_LOCALHOST] = "means the machine itself, everywhere",
    [NAME_PRIVATE_SUFFIX] = "ends in a suffix for private networks, which the Internet does not "
                            "know",
    [NAME_REVERSE] = "is a name of the reverse tree, not of a host",
};

_Static_assert(sizeof fault_texts / sizeof fault_texts[0] == NAME_REVERSE + 1, "all faults");

const char *name_fault_text(enum name_fault fault)
{
    return fault_texts[fault];
}

bool name_equal(const struct name *a, const struct name *b)
{
    return str_equal(a->s, b->s);
}

bool name_is_empty(const struct name *name)
{
    return name->s[0] == '\0';
}

static bool is_root(const struct name *name)
{
    return str_equal(name->s, ".");
}

size_t name_labels(const struct name *name)
{
    size_t count = 0;

    if (is_root(name))
        return 0;
    for (const char *p = name->s; *p != '\0'; p = after_label(p))
        count++;
    return count;
}

bool name_within(const struct name *name, const struct name *zone)
{
    if (name_is_empty(name) || name_is_empty(zone))
        return false;
    return is_root(zone) || is_within(name->s, strlen(name->s), zone->s);
}

struct name name_suffix(const struct name *name, size_t n)
{
    size_t labels = name_labels(name);
    const char *rest = name->s;
    struct name out = {"."};

    if (n == 0)
        return out;
    for (; labels > n; labels--)
        rest = after_label(rest);
    memset(&out, 0, sizeof out);
    memcpy(out.s, rest, strlen(rest));
    return out;
}

struct name name_parent(const struct name *name)
{
    size_t labels = name_labels(name);

    return labels == 0 ? *name : name_suffix(name, labels - 1);
}
