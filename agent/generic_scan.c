/* generic_scan.c - one pass over the host part, then the address against its numbers. */
#include "agent/generic_scan.h"

#include <string.h>

#include "agent/generic_data.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z'; /* names are lower case (agent/base/name.h) */
}

/* Words */

static unsigned word_class(struct generic_part word)
{
    const struct generic_word *row = generic_words[word.text[0] - 'a'];

    for (; row != NULL && row->text != NULL; row++) {
        size_t length = strlen(row->text);
        if (length <= word.length && memcmp(row->text, word.text, length) == 0 &&
            (row->is_beginning || length == word.length))
            return row->class;
    }
    return 0;
}

/* Pieces that tell their class wherever they stand in a word: "internetdsl", "p3plsmtpa". */
static unsigned piece_class(struct generic_part word)
{
    unsigned class = 0;

    for (size_t at = 0; at < word.length; at++) {
        if (strchr("dms", word.text[at]) == NULL)
            continue; /* no piece begins with another letter */
        for (const struct generic_word *row = generic_pieces; row->text != NULL; row++) {
            size_t length = strlen(row->text);
            if (length <= word.length - at && memcmp(row->text, word.text + at, length) == 0)
                class |= row->class;
        }
    }
    return class;
}

/* True when a number is beside the word, at most one hyphen or underscore away. */
static bool has_number_beside(struct generic_part part, struct generic_part word)
{
    const char *before = word.text - 1, *after = word.text + word.length;
    const char *end = part.text + part.length;

    if (after < end && (*after == '-' || *after == '_'))
        after++;
    if (before >= part.text && (*before == '-' || *before == '_'))
        before--;
    return (after < end && is_digit(*after)) || (before >= part.text && is_digit(*before));
}

static void scan_word(struct generic_scan *scan, struct generic_part word)
{
    unsigned class = word_class(word);

    if (class == 0)
        class = piece_class(word);
    if ((class & GENERIC_MAIL) != 0)
        scan->mail_end = (size_t)(word.text - scan->part.text) + word.length;
    scan->strong += (class & GENERIC_STRONG) != 0;
    scan->weak += (class & GENERIC_WEAK) != 0;
    scan->vague += (class & GENERIC_VAGUE) != 0;
    if ((class & GENERIC_WEAK) != 0 && has_number_beside(scan->part, word))
        scan->is_numbered = true;
}

static void scan_run(struct generic_scan *scan, struct generic_part run)
{
    if (scan->run_count < GENERIC_RUNS)
        scan->run[scan->run_count++] = run;
    if (run.length > scan->longest_run)
        scan->longest_run = run.length;
}

static size_t length_of(struct generic_part part, size_t at, bool (*is_kind)(char))
{
    size_t end = at;

    while (end < part.length && is_kind(part.text[end]))
        end++;
    return end - at;
}

struct generic_scan generic_scan(struct generic_part part)
{
    struct generic_scan scan;
    size_t length;

    scan.part = part;
    scan.run_count = scan.longest_run = scan.mail_end = 0;
    scan.strong = scan.weak = scan.vague = 0;
    scan.is_numbered = false;
    for (size_t at = 0; at < part.length; at += length) {
        if ((length = length_of(part, at, is_letter)) > 0)
            scan_word(&scan, (struct generic_part){part.text + at, length});
        else if ((length = length_of(part, at, is_digit)) > 0)
            scan_run(&scan, (struct generic_part){part.text + at, length});
        else
            length = 1;
    }
    return scan;
}

/* Decimal octets */

/* How many digits at the beginning of a text are the octet: 0 when it begins with another. */
static size_t octet_at(const char *text, size_t length, uint8_t octet)
{
    const char digits[3] = {(char)('0' + octet / 100), (char)('0' + octet / 10 % 10),
                            (char)('0' + octet % 10)};
    size_t zeros = octet > 99 ? 0 : octet > 9 ? 1 : 2;

    if (length >= 3 && memcmp(text, digits, 3) == 0)
        return 3;
    if (length >= 3 - zeros && memcmp(text, digits + zeros, 3 - zeros) == 0)
        return 3 - zeros;
    return 0;
}

/* The octets, as a set of bits, that the whole run spells from one of them on, up or down. */
static unsigned packed_octets(struct generic_part run, const uint8_t *octets, int first, int step)
{
    unsigned set = 0;
    size_t at = 0;

    for (int i = first; i >= 0 && i < 4 && at < run.length; i += step) {
        size_t digits = octet_at(run.text + at, run.length - at, octets[i]);
        if (digits == 0)
            return 0;
        at += digits;
        set |= 1U << i;
    }
    return at == run.length ? set : 0;
}

/* How many octets are in a set. */
static unsigned count_of(unsigned set)
{
    return (set & 1U) + (set >> 1 & 1U) + (set >> 2 & 1U) + (set >> 3 & 1U);
}

enum { PACKED_LEAST = 5 }; /* shorter numbers are octets in a row by chance: host1234 */

/* What a run spells: every octet that it may be, or the longest row of them packed into it. */
static unsigned run_octets(struct generic_part run, const uint8_t *octets, unsigned *spelled)
{
    unsigned set = 0;

    *spelled = 1;
    for (int i = 0; run.length <= 3 && i < 4; i++)
        set |= octet_at(run.text, run.length, octets[i]) == run.length ? 1U << i : 0;
    if (set != 0 || run.length < PACKED_LEAST || run.length > 12)
        return set;
    for (int i = 0; i < 3; i++) {
        set = packed_octets(run, octets, i, 1);
        set = set != 0 ? set : packed_octets(run, octets, 3 - i, -1);
        *spelled = count_of(set);
        if (set != 0)
            return set;
    }
    return 0;
}

static void keep_better(struct generic_spelling *best, struct generic_spelling other)
{
    if (other.octets > best->octets ||
        (other.octets == best->octets && other.digits > best->digits)) {
        other.last_digits = best->last_digits;
        *best = other;
    }
}

/* Rows of runs that all spell octets; the last two octets are the fewest that tell anything. */
static struct generic_spelling spelling_in_runs(const struct generic_scan *scan,
                                                const uint8_t *octets)
{
    struct generic_spelling best = {0}, row = {0};
    unsigned set = 0, spelled = 0;

    for (size_t i = 0; i < scan->run_count; i++) {
        const struct generic_part *run = &scan->run[i];
        unsigned in_run = 1, octets_of_run = run_octets(*run, octets, &in_run);
        if (octets_of_run == 0) {
            set = spelled = 0;
            row.digits = 0;
            continue;
        }
        set |= octets_of_run;
        spelled += in_run;
        row.digits += run->length;
        row.octets = count_of(set) < spelled ? count_of(set) : spelled;
        row.end = (size_t)(run->text - scan->part.text) + run->length;
        if ((octets_of_run & 8U) != 0 && run->length > best.last_digits)
            best.last_digits = run->length;
        if (row.octets > 2 || (row.octets == 2 && (set & 12U) == 12U))
            keep_better(&best, row);
    }
    return best;
}

static bool could_be_octet(struct generic_part run)
{
    return run.length < 3 || (run.length == 3 && memcmp(run.text, "255", 3) <= 0);
}

/* Four numbers with a separator between them: an address, if not the one that was asked for. */
static struct generic_spelling spelling_of_any(const struct generic_scan *scan)
{
    size_t in_row = 0;

    for (size_t i = 0; i < scan->run_count; i++) {
        const struct generic_part *run = &scan->run[i];
        bool follows = in_row > 0 && run->text == run[-1].text + run[-1].length + 1 &&
                       strchr("-._x", run->text[-1]) != NULL;
        in_row = !could_be_octet(*run) ? 0 : follows ? in_row + 1 : 1;
        if (in_row == 4)
            return (struct generic_spelling){
                .octets = 3,
                .digits = 4,
                .end = (size_t)(run->text - scan->part.text) + run->length,
            };
    }
    return (struct generic_spelling){0};
}

/* Hex */

/* The hex digits of a part, whatever stands between them, and where each came from. */
struct nibbles {
    char text[NAME_MAX_TEXT];
    uint8_t from[NAME_MAX_TEXT];
    size_t count;
};

static void nibbles_of(struct generic_part part, struct nibbles *nibbles)
{
    nibbles->count = 0;
    for (size_t i = 0; i < part.length && nibbles->count < NAME_MAX_TEXT; i++)
        if (is_digit(part.text[i]) || (part.text[i] >= 'a' && part.text[i] <= 'f')) {
            nibbles->from[nibbles->count] = (uint8_t)i;
            nibbles->text[nibbles->count++] = part.text[i];
        }
}

static struct generic_spelling find_nibbles(const struct nibbles *nibbles, const char *wanted,
                                            size_t length, unsigned octets)
{
    const char *found = memmem(nibbles->text, nibbles->count, wanted, length);

    if (found == NULL)
        return (struct generic_spelling){0};
    return (struct generic_spelling){
        .octets = octets,
        .digits = length,
        .end = nibbles->from[(size_t)(found - nibbles->text) + length - 1] + 1U,
    };
}

/* The digits of the first count bytes, and of the same bytes last first. */
static void hex_of(const uint8_t *bytes, size_t count, char *straight, char *bytes_reversed)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        size_t mirror = 2 * (count - 1 - i);
        straight[2 * i] = bytes_reversed[mirror] = digits[bytes[i] >> 4];
        straight[2 * i + 1] = bytes_reversed[mirror + 1] = digits[bytes[i] & 15U];
    }
}

static void hex_ipv4(const struct generic_scan *scan, const struct ip *address,
                     struct generic_spelling *best)
{
    struct nibbles nibbles;
    char straight[8], reversed[8];

    nibbles_of(scan->part, &nibbles);
    if (nibbles.count < 4)
        return;
    hex_of(address->bytes, 4, straight, reversed);
    keep_better(best, find_nibbles(&nibbles, straight, 8, 4));
    keep_better(best, find_nibbles(&nibbles, reversed, 8, 4));
    keep_better(best, find_nibbles(&nibbles, straight + 4, 4, 2)); /* the last two octets */
}

/* Twelve nibbles of either end, in either order: the network's or the interface's. */
static void hex_ipv6(const struct generic_scan *scan, const struct ip *address,
                     struct generic_spelling *best)
{
    enum { ALL = 32, ENOUGH = 12 };
    struct nibbles nibbles;
    char straight[ALL], reversed[ALL], by_byte[ALL];

    nibbles_of(scan->part, &nibbles);
    if (nibbles.count < ENOUGH)
        return;
    hex_of(address->bytes, 16, straight, by_byte);
    for (size_t i = 0; i < ALL; i++)
        reversed[i] = straight[ALL - 1 - i];
    keep_better(best, find_nibbles(&nibbles, straight, ENOUGH, 4));
    keep_better(best, find_nibbles(&nibbles, straight + ALL - ENOUGH, ENOUGH, 4));
    keep_better(best, find_nibbles(&nibbles, reversed, ENOUGH, 4));
    keep_better(best, find_nibbles(&nibbles, reversed + ALL - ENOUGH, ENOUGH, 4));
}

/* Groups of IPv6 */

struct groups {
    unsigned value[64];
    size_t end[64];
    size_t count;
};

static unsigned hex_value(char c)
{
    return is_digit(c) ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

/* The pieces of at most four hex digits that stand alone between other characters. */
static void groups_of(struct generic_part part, struct groups *groups)
{
    size_t length;

    groups->count = 0;
    for (size_t at = 0; at < part.length && groups->count < 64; at += length + 1) {
        unsigned value = 0;
        for (length = 0; at + length < part.length; length++) {
            char c = part.text[at + length];
            if (!is_digit(c) && !(c >= 'a' && c <= 'f'))
                break;
            value = value > 0xffff ? value : value << 4 | hex_value(c);
        }
        if (length == 0 || length > 4)
            continue;
        groups->end[groups->count] = at + length;
        groups->value[groups->count++] = value;
    }
}

/*
 * How many groups from here on are those of the address from the first on; "--" stands for a row
 * of zeros. Zeros agree by chance: three others must, or all up to the last group.
 */
static size_t groups_that_follow(const struct groups *groups, size_t from, const unsigned *address,
                                 size_t first)
{
    size_t at = from, others = 0, i;

    for (i = first; i < 8; i++) {
        bool same = at < groups->count && groups->value[at] == address[i];
        if (!same && address[i] != 0)
            break;
        at += same;
        others += same && address[i] != 0;
    }
    return others >= 3 || (i == 8 && others > 0) ? at - from : 0;
}

static void groups_ipv6(const struct generic_scan *scan, const struct ip *address,
                        struct generic_spelling *best)
{
    struct groups groups;
    unsigned wanted[8];

    groups_of(scan->part, &groups);
    for (size_t i = 0; i < 8; i++)
        wanted[i] = (unsigned)address->bytes[2 * i] << 8 | address->bytes[2 * i + 1];
    for (size_t at = 0; at < 6 * groups.count; at++) {
        size_t from = at / 6, same = groups_that_follow(&groups, from, wanted, at % 6);
        if (same >= 3)
            keep_better(best, (struct generic_spelling){.octets = 4,
                                                        .digits = 4 * same,
                                                        .end = groups.end[from + same - 1]});
    }
}

struct generic_spelling generic_spelling(const struct generic_scan *scan, const struct ip *address)
{
    struct generic_spelling best = {0};

    if (address->family == IP_V6) {
        hex_ipv6(scan, address, &best);
        groups_ipv6(scan, address, &best);
    } else {
        best = spelling_in_runs(scan, address->bytes);
        if (best.octets < 4)
            hex_ipv4(scan, address, &best);
    }
    if (best.octets < 3)
        keep_better(&best, spelling_of_any(scan));
    return best;
}
