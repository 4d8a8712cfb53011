/* template.c - PURE: filling in {{name}}, and the letters made with it. */
#include "agent/template.h"

#include <stdio.h>
#include <string.h>

#include "agent/plan.h"

#define LETTER_MAX 16384

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

/* "The forward record is in place: ..." with the servers that serve it, or that it is not yet. */
static void prove_forward(const struct facts *facts, time_t now, char *out, size_t size)
{
    const struct forward_facts *forward = facts_forward(facts, &facts->wanted);
    const char *type = ip_record_type(facts->address.family);
    char servers[512] = "";
    size_t used = 0;
    bool there = false;

    if (forward != NULL) {
        const struct rrset_facts *set = forward_set(forward, facts->address.family);
        for (size_t i = 0; i < set->seen_count; i++) {
            const struct sighting *seen = &set->seen[i];
            if (!seen->authoritative || !strings_have(&seen->values, ip_text(&facts->address).s))
                continue;
            there = true;
            used += (size_t)snprintf(servers + used, sizeof servers - used, "%s%s",
                                     used ? ", " : "", seen->server);
            if (used >= sizeof servers)
                break;
        }
    }
    if (there)
        snprintf(out, size, "The forward record is in place: %s has %s %s\n(%s, seen at %s).",
                 facts->wanted.s, type, ip_text(&facts->address).s, servers, time_text(now).s);
    else
        snprintf(out, size, "The forward record (%s %s, %s) is being added and will be in place\n"
                            "before you are asked to act; checked at %s.",
                 facts->wanted.s, type, ip_text(&facts->address).s, time_text(now).s);
}

static void zone_file_lines(const struct step *step, char *out, size_t size)
{
    bool ptr = step->kind == STEP_PTR;
    size_t used = 0;

    *out = '\0';
    for (size_t i = 0; i < step->after.count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s. %u IN %s %s%s", i ? "\n  " : "",
                                 step->subject.owner.s, step->ttl_s,
                                 ptr ? "PTR" : ip_record_type(step->subject.ip.family),
                                 step->after.v[i], ptr ? "." : "");
}

static const char *letter_of(enum step_kind kind)
{
    const char *const letters[STEP_KINDS] = {
        [STEP_FORWARD] = template_forward_request,
        [STEP_PTR] = template_ptr_request,
        [STEP_MTA] = template_mta_request,
    };

    return letters[kind];
}

char *template_ticket(const struct step *step, const struct facts *facts, time_t now)
{
    char before[512], after[512], record[1024], proof[1024], owner[200] = "", note[600] = "";
    struct buf out = BUF_INIT(LETTER_MAX);
    struct error e = {0};
    struct ip_text address = ip_text(&step->subject.ip);
    const struct forward_facts *forward = facts_forward(facts, &step->subject.name);

    strings_join(&step->before, ", ", "not set", before, sizeof before);
    strings_join(&step->after, ", ", "not set", after, sizeof after);
    zone_file_lines(step, record, sizeof record);
    prove_forward(facts, now, proof, sizeof proof);
    if (step->owner_who.name[0])
        snprintf(owner, sizeof owner, " %s", step->owner_who.name);
    if (step->kind == STEP_FORWARD && forward != NULL && forward->cname.count > 0)
        snprintf(note, sizeof note, "The name is an alias (CNAME) of %.200s now; the alias has to be "
                                    "removed\nfirst.\n\n", forward->cname.v[0]);
    if (step->kind == STEP_MTA && step->changes.count > 0)
        str_cut(note, sizeof note, step->changes.v[0]);
    const struct template_value values[] = {
        {"address", address.s},
        {"name", step->subject.name.s},
        {"zone", step->subject.zone.s[0] ? step->subject.zone.s : step->subject.name.s},
        {"type", ip_record_type(step->subject.ip.family)},
        {"before", before},
        {"after", after},
        {"record", record},
        {"proof", proof},
        {"owner", owner},
        {"note", note},
    };
    if (!template_fill(letter_of(step->kind), values, sizeof values / sizeof values[0], &out, &e)) {
        buf_clear(&out);
        buf_text(&out, e.why);
    }
    return buf_take(&out);
}
