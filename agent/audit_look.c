/* audit_look.c - how each side of the identity matches the wanted name. */
#include "agent/audit_look.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/mem.h"

const char *look_next_ptr(const struct look *look, size_t *at)
{
    const struct rrset_facts *ptr = &look->facts->reverse.ptr;

    if (look->facts->path.nat || !rrset_is_definite(ptr))
        return NULL;
    while (*at < ptr->values.count) {
        const char *value = ptr->values.v[(*at)++];
        if (value[0] != '\0' && !str_equal(value, "."))
            return value;
    }
    return NULL;
}

const char *look_ptr_text(const struct look *look)
{
    size_t at = 0;
    const char *name = look_next_ptr(look, &at);

    return name != NULL ? name : "(none)";
}

static enum match look_ptr(const struct look *look)
{
    const struct facts *facts = look->facts;
    const struct rrset_facts *ptr = &facts->reverse.ptr;
    size_t at = 0;

    if (!ptr->asked)
        return MATCH_NOT_ASKED;
    if (facts->path.nat || !rrset_is_definite(ptr))
        return MATCH_UNKNOWN;
    if (look_next_ptr(look, &at) == NULL)
        return MATCH_ABSENT;
    if (name_is_empty(&facts->wanted))
        return MATCH_UNKNOWN;
    return strings_have(&ptr->values, facts->wanted.s) ? MATCH_EQUAL : MATCH_DIFFERS;
}

/* Answers that a DNS64 resolver makes up (RFC 6052 2.1) are no addresses of the name. */
static bool is_synthetic(const char *value)
{
    static const uint8_t prefix[12] = {0x00, 0x64, 0xFF, 0x9B};
    struct ip ip;

    return ip_parse(value, &ip) && ip.family == IP_V6 &&
           memcmp(ip.bytes, prefix, sizeof prefix) == 0;
}

size_t look_count_values(const struct strings *values)
{
    size_t count = 0;

    for (size_t i = 0; i < values->count; i++)
        count += !is_synthetic(values->v[i]);
    return count;
}

bool look_same_values(const struct strings *a, const struct strings *b)
{
    if (look_count_values(a) != look_count_values(b))
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!is_synthetic(a->v[i]) && !strings_have(b, a->v[i]))
            return false;
    return true;
}

enum match look_confirms(const struct facts *facts, const char *text)
{
    struct name name;
    const struct forward_facts *forward;
    const struct rrset_facts *set;
    enum match found = MATCH_ABSENT;

    if (!name_from_dns(text, &name) || (forward = facts_forward(facts, &name)) == NULL)
        return MATCH_NOT_ASKED;
    set = forward_set(forward, facts->address.family);
    if (!set->asked)
        return MATCH_NOT_ASKED;
    if (!rrset_is_definite(set))
        return MATCH_UNKNOWN;
    for (size_t i = 0; i < set->values.count; i++) {
        if (str_equal(set->values.v[i], ip_text(&facts->address).s))
            return MATCH_EQUAL;
        if (!is_synthetic(set->values.v[i]))
            found = MATCH_DIFFERS;
    }
    return found;
}

static enum match look_helo(struct look *look)
{
    const struct helo_facts *helo = &look->facts->helo;
    struct name said;

    if (helo->state == HELO_NOT_ASKED)
        return MATCH_NOT_ASKED;
    if (helo->state == HELO_UNKNOWN)
        return MATCH_UNKNOWN;
    look->helo_fault = name_parse_host(helo->value, &said);
    if (name_is_empty(&look->facts->wanted))
        return look->helo_fault == NAME_GOOD ? MATCH_UNKNOWN : MATCH_DIFFERS;
    return look->helo_fault == NAME_GOOD && name_equal(&said, &look->facts->wanted) ? MATCH_EQUAL
                                                                                    : MATCH_DIFFERS;
}

/* What a line says behind its code. */
static const char *line_text(const char *line)
{
    return strlen(line) > 4 ? line + 4 : "";
}

static bool has_wanted_word(const char *line, const struct name *wanted)
{
    const char *text = line_text(line);
    struct cursor c = cursor_of(text, strlen(text)), w;
    char word[256];
    struct name name;

    while (cursor_word(&c, &w))
        if (cursor_copy(&w, word, sizeof word) && name_parse_host(word, &name) == NAME_GOOD &&
            name_equal(&name, wanted))
            return true;
    return false;
}

/* A firewall that masks leaves nothing readable in any line. */
static bool is_masked(const struct strings *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        const char *text = line_text(lines->v[i]);

        if (strspn(text, "*0123456789 ") != strlen(text) || strstr(text, "**") == NULL)
            return false;
    }
    return true;
}

static enum greeting look_greeting(struct look *look)
{
    const struct banner_facts *banner = &look->facts->banner;
    struct name said;
    const char *last;

    if (look->facts->banner_off || banner->state != BANNER_OK || banner->lines.count == 0)
        return GREETING_NONE;
    (void)reply_word(banner->lines.v[0], look->greeting_word, sizeof look->greeting_word);
    /* After a teaser ("220-") the last line decides. */
    last = banner->lines.v[banner->lines.count - 1];
    if (!str_starts(last, "220"))
        return last[0] == '4' ? GREETING_BUSY : GREETING_TURNED_AWAY;
    if (is_masked(&banner->lines))
        return GREETING_MASKED;
    if (name_parse_host(look->greeting_word, &said) == NAME_GOOD)
        return GREETING_NAMED;
    for (size_t i = 0; i < banner->lines.count; i++)
        if (has_wanted_word(banner->lines.v[i], &look->facts->wanted))
            return GREETING_NAME_LATER;
    return host_word(look->greeting_word, &said) ? GREETING_NAMED : GREETING_NO_NAME;
}

static enum match look_banner(struct look *look)
{
    const struct facts *facts = look->facts;
    struct name name;

    if (facts->banner_off || facts->banner.state == BANNER_NOT_ASKED ||
        (facts->banner.state == BANNER_REFUSED && !facts->banner.expected &&
         !facts->banner.doubted))
        return MATCH_NOT_ASKED;
    if (facts->banner.state == BANNER_NOT_SMTP)
        return MATCH_DIFFERS;
    (void)name_parse_host(look->greeting_word, &name);
    switch (look->greeting) {
    case GREETING_NONE:
    case GREETING_MASKED:
    case GREETING_BUSY:
        return MATCH_UNKNOWN;
    case GREETING_TURNED_AWAY:
        return name_equal(&name, &facts->wanted) ? MATCH_EQUAL : MATCH_NOT_ASKED;
    case GREETING_NO_NAME:
        return MATCH_DIFFERS;
    case GREETING_NAME_LATER:
        return MATCH_EQUAL;
    case GREETING_NAMED:
        break;
    }
    if (name_is_empty(&facts->wanted))
        return MATCH_UNKNOWN;
    return name_equal(&name, &facts->wanted) ? MATCH_EQUAL : MATCH_DIFFERS;
}

void look_at(const struct facts *facts, struct judgement *out, struct look *look)
{
    *look = (struct look){.facts = facts, .out = out};
    look->ptr = look_ptr(look);
    if (!name_is_empty(&facts->wanted)) {
        look->forward = facts->path.nat ? MATCH_UNKNOWN : look_confirms(facts, facts->wanted.s);
        look->forward_facts = facts_forward(facts, &facts->wanted);
    }
    if (look->forward_facts != NULL)
        look->forward_set = forward_set(look->forward_facts, facts->address.family);
    look->helo = look_helo(look);
    look->greeting = look_greeting(look);
    look->banner = look_banner(look);
}

static void say_who(struct finding *finding)
{
    const struct owner_facts *owner = &finding->owner_who;
    const char *words = owner_role_words(finding->owner);
    const char *comma = owner->name[0] ? ", " : "";

    if (owner->can_fix && owner->provider[0])
        snprintf(finding->who, sizeof finding->who, "%s%s%s (account \"%s\": namesake can do it)",
                 words, comma, owner->name, owner->provider);
    else if (owner->can_fix)
        snprintf(finding->who, sizeof finding->who, "%s%s%s (namesake can do it)", words, comma,
                 owner->name);
    else
        snprintf(finding->who, sizeof finding->who, "%s%s%s", words, comma, owner->name);
}

/* What to type: the plan when a repair is due, an explanation otherwise. */
static void say_next(const struct facts *facts, struct finding *finding)
{
    bool by_option =
        str_equal(facts->wanted_from, "--name") || str_equal(facts->wanted_from, "target");

    if (finding->severity != SEVERITY_FAIL || name_is_empty(&facts->wanted))
        snprintf(finding->next, sizeof finding->next, "namesake explain %s",
                 catalog_entry(finding->id)->id);
    else
        snprintf(finding->next, sizeof finding->next, "namesake plan %s%s%s",
                 ip_text(&facts->address).s, by_option ? " --name " : "",
                 by_option ? facts->wanted.s : "");
}

struct finding *look_add(struct look *look, enum finding_id id, const char *summary, ...)
{
    struct judgement *out = look->out;
    const struct catalog_entry *entry = catalog_entry(id);
    struct finding *finding;
    char text[sizeof finding->summary];
    va_list args;

    out->findings = mem_resize(out->findings, out->count + 1, sizeof *out->findings);
    finding = &out->findings[out->count++];
    *finding = (struct finding){.id = id, .check = entry->check};
    str_cut(finding->why, sizeof finding->why, entry->effect);
    va_start(args, summary);
    vsnprintf(text, sizeof text, summary, args);
    va_end(args);
    /* A cut may have left half of a character. */
    str_printable(finding->summary, sizeof finding->summary, text, strlen(text));
    look_give_to(look, finding, entry->owner);
    look_weigh(look, finding, entry->severity);
    return finding;
}

void look_weigh(struct look *look, struct finding *finding, enum severity severity)
{
    finding->severity = severity;
    say_next(look->facts, finding);
}

void look_give_to(struct look *look, struct finding *finding, enum owner_role owner)
{
    finding->owner = owner;
    finding->owner_who = *facts_owner(look->facts, owner);
    say_who(finding);
}
