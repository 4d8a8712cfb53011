/* generic.c - default names: known suffixes first, then the address and the words in the name. */
#include "agent/generic.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/str.h"
#include "agent/generic_data.h"
#include "agent/generic_scan.h"

/* One name on its way through the rules. */
struct look {
    const struct name *name;
    const char *labels[6]; /* where its last labels begin, the last one first */
    size_t label_count;    /* of those */
    struct generic_part registrable;
    struct generic_scan scan; /* of what stands left of that */
    struct generic_spelling spelling;
};

static int compare_suffix(const void *key, const void *row)
{
    return strcmp(key, ((const struct generic_suffix *)row)->suffix);
}

static bool is_listed(const char *const *list, const char *text, size_t length)
{
    for (; *list != NULL; list++)
        if ((*list)[0] == text[0] && strncmp(*list, text, length) == 0 && (*list)[length] == '\0')
            return true;
    return false;
}

/* Where the last labels begin. An escaped dot ends a label here, too: no known name has one. */
static void find_labels(struct look *look)
{
    const char *text = look->name->s;

    look->label_count = 0;
    for (size_t at = strlen(text) + 1; at > 0 && look->label_count < 6; at--)
        if (at == 1 || text[at - 2] == '.')
            look->labels[look->label_count++] = text + at - 1;
}

/* How many of the last labels are a domain that somebody registered. */
static size_t registrable_labels(const struct look *look)
{
    const char *last = look->labels[0], *second;

    if (look->label_count < 3)
        return 2;
    second = look->labels[1];
    if (strlen(last) == 2 && is_listed(generic_seconds, second, (size_t)(last - second) - 1))
        return 3;
    return is_listed(generic_public, second, strlen(second)) ? 3 : 2;
}

struct name generic_registrable(const struct name *name)
{
    struct look look = {.name = name};

    find_labels(&look);
    return name_suffix(name, registrable_labels(&look));
}

static void look_at(struct look *look, const struct name *name, const struct ip *address)
{
    size_t keep, host;

    look->name = name;
    find_labels(look);
    keep = registrable_labels(look);
    host = look->label_count > keep ? (size_t)(look->labels[keep - 1] - name->s) : 0;
    look->registrable = (struct generic_part){name->s + host, strlen(name->s + host)};
    look->scan = generic_scan((struct generic_part){name->s, host > 0 ? host - 1 : 0});
    look->spelling = generic_spelling(&look->scan, address);
}

/* Known suffixes */

static const struct generic_suffix *suffix_find(const char *tail)
{
    const struct generic_suffixes *table = tail[0] <= 'c'   ? &generic_suffixes_c
                                           : tail[0] <= 'l' ? &generic_suffixes_l
                                           : tail[0] <= 'r' ? &generic_suffixes_r
                                                            : &generic_suffixes_z;

    return bsearch(tail, table->row, table->count, sizeof table->row[0], compare_suffix);
}

/* The longest known suffix of a name; *zone is where it begins. NULL when none is known. */
static const struct generic_suffix *suffix_of(const struct look *look, const char **zone)
{
    for (size_t i = look->label_count; i > 0; i--) {
        const struct generic_suffix *suffix = suffix_find(look->labels[i - 1]);
        *zone = look->labels[i - 1];
        if (suffix != NULL)
            return suffix;
    }
    return NULL;
}

/*
 * A machine's number right below the suffix: vmi12345, h2634897, ns3012345, hwsrv-123456. Further
 * left it must be longer: a fleet's machines are numbered below a site, too.
 */
static bool is_serial(const struct look *look, const char *zone)
{
    const char *text = look->name->s;
    size_t digits = 0;

    for (; *text != '.' && *text != '\0'; text++)
        digits += *text >= '0' && *text <= '9';
    return digits >= (text + 1 == zone ? 3 : 5) && look->scan.mail_end == 0;
}

static bool suffix_proves(const struct look *look, const struct generic_suffix *suffix,
                          const char *zone)
{
    /* The hoster's own mail servers may stand below the same suffix, numbered in some way. */
    if (suffix->form == SUFFIX_ALWAYS || look->spelling.octets >= 3)
        return true;
    if (look->spelling.octets == 2 && look->scan.mail_end == 0)
        return true;
    return suffix->form == SUFFIX_SERIAL && is_serial(look, zone);
}

/* 203-0-113-25-customer.example: somebody registered a domain and left its names to the address. */
static bool is_spelled_domain(const struct look *look, const struct ip *address)
{
    struct generic_scan scan;

    if (look->scan.part.length > 0)
        return false;
    scan = generic_scan(look->registrable);
    return generic_spelling(&scan, address).octets == 4;
}

/* ns3012345.ip-203-0-113.eu and its kin: the /24 stands in the domain itself. */
static bool is_ovh_block(const struct look *look)
{
    struct generic_scan scan;

    if (!str_starts(look->registrable.text, "ip-") || look->scan.part.length == 0)
        return false;
    scan = generic_scan(look->registrable);
    return scan.run_count >= 3;
}

/* v2202011123456789.happysrv.de and its many siblings. */
static bool is_netcup_serial(const struct name *name)
{
    size_t digits = strspn(name->s + 1, "0123456789");

    return name->s[0] == 'v' && digits >= 13 && name->s[1 + digits] == '.';
}

/* Lists */

static bool same_character(char text, char listed)
{
    return text == listed || (listed == '-' && (text == '.' || text == '_'));
}

/* True when the name begins with one of the words; the end of the name ends a word, too. */
static bool begins_with_one(const struct name *name, const char *const *words)
{
    for (; *words != NULL; words++) {
        const char *word = *words, *text = name->s;

        if (*word != *text)
            continue;
        while (*word != '\0' && same_character(*text, *word)) {
            word++;
            text++;
        }
        if (*word == '\0' && strchr(".-_", *text) != NULL)
            return true;
    }
    return false;
}

/* Forms below any suffix */

static bool has_text(struct generic_part part, const char *text)
{
    return memmem(part.text, part.length, text, strlen(text)) != NULL;
}

/* Mailers and services for mail have their trade in their name. */
static bool is_mail_domain(const struct look *look)
{
    return has_text(look->registrable, "mail") || has_text(look->registrable, "smtp");
}

/*
 * True when a mail word stands in the label that completes the address, or right of it: then the
 * operator's own mail domain carries the address (o192-0-2-7.outbound-mail.example.net). Left of
 * it, it is a name put in front of a default (mail.192-0-2-7.isp.example).
 */
static bool mail_outweighs_address(const struct look *look)
{
    size_t label = look->spelling.end;

    while (label > 0 && look->name->s[label - 1] != '.')
        label--;
    return look->scan.mail_end > label;
}

/* A label that is nothing but the last octet: nobody calls a mail server "66". */
static bool is_bare_octet(const struct look *look)
{
    const struct generic_part *first = &look->scan.run[0];

    return look->spelling.last_digits > 0 && first->text == look->name->s &&
           first->text[first->length] == '.';
}

/* The last octet alone: by chance less often than not where an access provider gives the names,
 * or with three digits below an operator's further zones. */
static bool has_telling_octet(const struct look *look, const struct generic_suffix *suffix)
{
    size_t digits = look->spelling.last_digits;
    bool is_deep = memchr(look->scan.part.text, '.', look->scan.part.length) != NULL;

    return (suffix != NULL && digits >= 2) || (is_deep && digits >= 3);
}

/* Words of access lines beside a number. */
static bool has_access_form(const struct look *look)
{
    enum { SERIAL_LEAST = 5 }; /* digits of a customer's number: fleets are smaller */
    const struct generic_scan *scan = &look->scan;
    unsigned words = scan->strong + scan->weak + scan->vague;

    if (scan->run_count == 0 || words == 0)
        return false;
    if (scan->strong > 0 || words > 1 || scan->is_numbered)
        return true;
    return look->spelling.last_digits > 0 || scan->longest_run >= SERIAL_LEAST ||
           (scan->weak > 0 && scan->run[0].text == look->name->s);
}

static bool is_default_form(const struct look *look, const struct generic_suffix *suffix)
{
    enum {
        BY_CHANCE = 4, /* fewer digits than this agree with an address by chance */
        SERIAL = 7,    /* digits of a number that no fleet is large enough for */
    };
    bool spells = look->spelling.digits >= BY_CHANCE;

    if (is_mail_domain(look))
        return false;
    if (spells && look->spelling.octets >= 3)
        return !mail_outweighs_address(look);
    if (look->scan.mail_end > 0)
        return false;
    return spells || look->scan.longest_run >= SERIAL || is_bare_octet(look) ||
           has_telling_octet(look, suffix) || has_access_form(look) ||
           begins_with_one(look->name, generic_constants);
}

struct generic generic_judge(const struct name *name, const struct ip *address)
{
    struct look look;
    const char *zone = NULL;
    const struct generic_suffix *suffix;
    struct generic judged = {0};

    look_at(&look, name, address);
    suffix = suffix_of(&look, &zone);
    if (suffix != NULL && suffix->form == SUFFIX_CHOSEN)
        return judged;
    if (suffix != NULL) {
        judged = (struct generic){.vendor = suffix->vendor, .provider = suffix->provider};
        judged.is_generic = suffix_proves(&look, suffix, zone);
    }
    if (judged.is_generic)
        return judged;
    if (is_ovh_block(&look))
        return (struct generic){.is_generic = true, .vendor = "OVHcloud", .provider = "ovh"};
    if (is_netcup_serial(name))
        return (struct generic){.is_generic = true, .vendor = "netcup"};
    if (begins_with_one(name, generic_placeholders))
        return (struct generic){.is_generic = true, .is_placeholder = true};
    judged.is_generic = is_default_form(&look, suffix) || is_spelled_domain(&look, address);
    return judged.is_generic ? judged : (struct generic){0};
}
