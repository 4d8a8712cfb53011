/* template.c - PURE: filling in {{name}}, and the letters made with it. */
#include "agent/template.h"

#include <stdlib.h>
#include <string.h>

#include "agent/plan.h"

#define LETTER_MAX 65536

static const char *value_of(const struct template_value *values, size_t count, const char *name,
                            size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(values[i].name) == length && memcmp(values[i].name, name, length) == 0)
            return values[i].value;
    return NULL;
}

bool template_fill(const char *text, const struct template_value *values, size_t count,
                   struct buf *out, struct error *e)
{
    const char *open, *close, *value;

    while ((open = strstr(text, "{{")) != NULL) {
        buf_add(out, text, (size_t)(open - text));
        close = strstr(open, "}}");
        if (close == NULL)
            return fail(e, ERR_INTERNAL, "the template has a \"{{\" without \"}}\"");
        value = value_of(values, count, open + 2, (size_t)(close - open - 2));
        if (value == NULL)
            return fail(e, ERR_INTERNAL, "the template asks for an unknown name: %.40s", open);
        buf_text(out, value);
        text = close + 2;
    }
    buf_text(out, text);
    return buf_ok(out) || fail(e, ERR_INTERNAL, "the text became too long");
}

/* The authoritative servers that serve the address, for a letter; "" when none was asked. */
static void list_servers(const struct rrset_facts *set, const char *address, char *out, size_t size)
{
    struct strings servers = {0};

    for (size_t i = 0; i < set->seen_count; i++)
        if (set->seen[i].authoritative && strings_have(&set->seen[i].values, address))
            strings_add(&servers, set->seen[i].server);
    strings_join(&servers, ", ", "", out, size);
    strings_free(&servers);
}

/* "The forward record is in place: ..." with the servers that serve it, or that it is not yet. */
static void prove_forward(const struct facts *facts, time_t now, char *out, size_t size)
{
    const struct forward_facts *forward = facts_forward(facts, &facts->wanted);
    const char *type = ip_record_type(facts->address.family);
    struct ip_text address = ip_text(&facts->address);
    const struct rrset_facts *set =
        forward != NULL ? forward_set(forward, facts->address.family) : NULL;
    char servers[512];

    if (set == NULL || !rrset_is_definite(set) || !strings_have(&set->values, address.s)) {
        str_format(out, size,
                   "The forward record (%s %s, %s) is being added and will be in place\n"
                   "before you are asked to act; checked at %s.",
                   type, facts->wanted.s, address.s, time_text(now).s);
        return;
    }
    list_servers(set, address.s, servers, sizeof servers);
    str_format(out, size, "The forward record is in place: %s has %s %s\n(%s%sseen at %s).",
               facts->wanted.s, type, address.s, servers, servers[0] ? ", " : "", time_text(now).s);
}

static void zone_file_lines(const struct step *step, struct buf *out)
{
    bool ptr = step->kind == STEP_PTR;

    for (size_t i = 0; i < step->after.count; i++)
        buf_printf(out, "%s%s. %u IN %s %s%s", i ? "\n  " : "", step->subject.owner.s, step->ttl_s,
                   ptr ? "PTR" : ip_record_type(step->subject.ip.family), step->after.v[i],
                   ptr ? "." : "");
}

/* What else the reader has to know: an alias in the way, or why a person has to do it. */
static void note_of(const struct step *step, const struct facts *facts, char *out, size_t size)
{
    const struct forward_facts *forward = facts_forward(facts, &step->subject.name);

    out[0] = '\0';
    if (step->kind == STEP_FORWARD && forward != NULL && forward->cname.count > 0)
        str_format(out, size,
                   "The name is an alias (CNAME) of %.200s now; the alias has to be removed\n"
                   "first.\n\n",
                   forward->cname.v[0]);
    if (step->kind == STEP_MTA && step->changes.count > 0)
        str_cut(out, size, step->changes.v[0]);
}

static const char *letter_of(enum step_kind kind)
{
    static const char *const letters[STEP_KINDS] = {
        [STEP_FORWARD] = template_forward_request,
        [STEP_PTR] = template_ptr_request,
        [STEP_MTA] = template_mta_request,
    };

    return letters[kind];
}

char *template_ticket(const struct step *step, const struct facts *facts, const struct mta *mta,
                      time_t now)
{
    char before[4096], after[4096], proof[1024], owner[200] = "", note[640];
    char *how = buf_replaced(mta != NULL && mta->by_hand != NULL ? mta->by_hand : "", "NAME",
                             step->after.count > 0 ? step->after.v[0] : "", LETTER_MAX);
    char zone[NAME_MAX_TEXT + 8];
    struct buf out = BUF_INIT(LETTER_MAX), record = BUF_INIT(LETTER_MAX);
    struct error e = {0};
    struct ip_text address = ip_text(&step->subject.ip);

    strings_join(&step->before, ", ", "not set", before, sizeof before);
    strings_join(&step->after, ", ", "not set", after, sizeof after);
    zone_file_lines(step, &record);
    prove_forward(facts, now, proof, sizeof proof);
    str_format(zone, sizeof zone, "%s%s", step->subject.zone.s[0] ? "" : "of ",
               step->subject.zone.s[0] ? step->subject.zone.s : step->subject.name.s);
    if (step->owner_who.name[0]) {
        owner[0] = ' ';
        str_printable(owner + 1, sizeof owner - 1, step->owner_who.name,
                      strlen(step->owner_who.name));
    }
    note_of(step, facts, note, sizeof note);
    const struct template_value values[] = {
        {"address", address.s},
        {"name", step->subject.name.s},
        {"zone", zone},
        {"type", ip_record_type(step->subject.ip.family)},
        {"before", before},
        {"after", after},
        {"record", buf_string(&record)},
        {"proof", proof},
        {"owner", owner},
        {"how", how},
        {"note", note},
    };
    if (!template_fill(letter_of(step->kind), values, sizeof values / sizeof values[0], &out, &e)) {
        buf_clear(&out);
        buf_text(&out, e.why);
    }
    buf_free(&record);
    free(how);
    return buf_take(&out);
}
