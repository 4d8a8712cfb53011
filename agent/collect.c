/* collect.c - facts of many targets: each slot runs its pass until nothing is open. */
#include "agent/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/collect_look.h"
#include "agent/collect_mta.h"

#define JOBS_DEFAULT 256
#define HOSTS_FILE_MAX (1U << 20)

/* What to call ourselves: the host's name when it is a full one, an address literal otherwise. */
static void choose_ehlo_name(char *out, size_t size)
{
    char host[256] = "";
    struct name name;

    if (gethostname(host, sizeof host - 1) == 0 && name_parse_host(host, &name) == NAME_GOOD)
        str_cut(out, size, name.s);
    else
        str_cut(out, size, "[127.0.0.1]");
}

static void choose_probe_label(char *out, size_t size)
{
    uint64_t random = 0;

    /* Without entropy yet it is a poorer label, no worse. */
    (void)!getrandom(&random, sizeof random, GRND_NONBLOCK);
    str_format(out, size, "namesake-%016llx", (unsigned long long)random);
}

bool collector_open(struct collector *collector, struct config *config, struct error *e)
{
    *collector = (struct collector){.config = config, .jobs = JOBS_DEFAULT, .vantage = "here"};
    collector->loop = loop_new(e);
    if (collector->loop == NULL)
        return false;
    collector->resolver_count = targets_resolvers(config, collector->resolvers, RESOLVERS_MAX);
    choose_probe_label(collector->probe_label, sizeof collector->probe_label);
    choose_ehlo_name(collector->ehlo_name, sizeof collector->ehlo_name);
    return true;
}

void collector_free(struct collector *collector)
{
    machines_free(&collector->machines);
    loop_free(collector->loop);
    *collector = (struct collector){0};
}

static void start_facts(const struct collector *collector, const struct target *target,
                        struct facts *facts)
{
    enum ip_scope scope = ip_scope(&target->address);

    *facts = (struct facts){.address = target->address, .wanted = target->wanted};
    str_cut(facts->vantage, sizeof facts->vantage, collector->vantage);
    if (target->wanted_from != NULL)
        str_cut(facts->wanted_from, sizeof facts->wanted_from, target->wanted_from);
    facts->reverse.owner = ip_reverse_name(&target->address);
    facts->banner_off = target->banner == BANNER_OFF;
    facts->banner.expected = target->banner == BANNER_REQUIRED;
    if (target->cloud != NULL)
        str_cut(facts_set_owner(facts, OWNER_IP)->name, sizeof facts->owners->name, target->cloud);
    facts->path.nat = scope != IP_SCOPE_PUBLIC && !collector->config->allow_private;
    collect_take_mta(&collector->machines, target, facts);
}

static bool look_reverse(const struct dns_look *dns, struct facts *facts)
{
    struct reverse_facts *reverse = &facts->reverse;
    struct name owner = ip_reverse_name(&facts->address);
    struct dns_place place;

    if (reverse->ptr.asked)
        return true;
    if (!look_rrset(dns, &owner, DNS_PTR, &reverse->ptr, &place))
        return false;
    reverse->cname = place.cname;
    reverse->owner = place.owner;
    reverse->zone = place.zone;
    return true;
}

static enum banner_state banner_state_of(enum smtp_state state)
{
    static const enum banner_state states[] = {
        [SMTP_NOT_ASKED] = BANNER_NOT_ASKED,
        [SMTP_OPEN] = BANNER_NOT_ASKED,
        [SMTP_OK] = BANNER_OK,
        [SMTP_REFUSED] = BANNER_REFUSED,
        [SMTP_TIMEOUT] = BANNER_TIMEOUT,
        [SMTP_CLOSED] = BANNER_CLOSED,
        [SMTP_NOT_SMTP] = BANNER_NOT_SMTP,
        [SMTP_UNREACHABLE] = BANNER_TIMEOUT,
    };

    return states[state];
}

static void take_greeting(const struct smtp_greeting *greeting, struct banner_facts *banner)
{
    banner->state = banner_state_of(greeting->state);
    banner->lines = strings_copy(&greeting->lines);
    banner->ehlo = strings_copy(&greeting->ehlo);
}

static bool look_greeting(struct smtp *smtp, struct facts *facts)
{
    const struct smtp_greeting *greeting;

    if (facts->banner_off || facts->banner.state != BANNER_NOT_ASKED)
        return true;
    greeting = smtp_ask(smtp, &facts->address);
    if (greeting == NULL)
        return false;
    take_greeting(greeting, &facts->banner);
    return true;
}

/* The set of one family. The wanted name is asked for the family that the sender uses. */
static bool look_name(const struct dns_look *dns, struct facts *facts, const struct name *name)
{
    struct forward_facts *forward = facts_add_forward(facts, name);
    bool v6 = facts->address.family == IP_V6;
    struct rrset_facts *set = v6 ? &forward->aaaa : &forward->a;
    struct dns_place place;

    if (set->asked)
        return true;
    if (!look_rrset(dns, name, v6 ? DNS_AAAA : DNS_A, set, &place))
        return false;
    forward->cname = place.cname;
    forward->zone = place.zone;
    return true;
}

#define NAMES_MAX (3 + FACTS_PTR_EVALUATED)

/* How many names there are when the one behind the last is one more, and not one of these. */
static size_t with_next(const struct name *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (name_equal(&names[i], &names[count]))
            return count;
    return count + 1;
}

/* Every name that the target is known by so far, each once, the wanted one first. */
static size_t list_names(const struct facts *facts, struct name names[static NAMES_MAX])
{
    const struct strings *ptr = &facts->reverse.ptr.values;
    size_t count = 0;

    if (!name_is_empty(&facts->wanted))
        names[count++] = facts->wanted;
    if ((facts->helo.state == HELO_CONFIGURED || facts->helo.state == HELO_OBSERVED) &&
        name_parse_host(facts->helo.value, &names[count]) == NAME_GOOD)
        count = with_next(names, count);
    if (banner_name(&facts->banner, &names[count]) &&
        name_parse_host(names[count].s, &names[count]) == NAME_GOOD)
        count = with_next(names, count);
    for (size_t i = 0; i < ptr->count && i < FACTS_PTR_EVALUATED; i++)
        if (!str_equal(ptr->v[i], ".") && name_from_dns(ptr->v[i], &names[count]))
            count = with_next(names, count);
    return count;
}

/* All are asked before the first answer is due. */
static bool look_names(const struct dns_look *dns, struct facts *facts)
{
    struct name names[NAMES_MAX];
    size_t count = list_names(facts, names);
    bool complete = true;

    for (size_t i = 0; i < count; i++)
        complete = look_name(dns, facts, &names[i]) && complete;
    return complete;
}

/* The order of the names does not tell which answer came first. */
static void order_names(struct facts *facts)
{
    struct name names[NAMES_MAX];
    size_t count = list_names(facts, names), done = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t k = done; k < facts->forward_count; k++)
            if (name_equal(&facts->forward[k].name, &names[i])) {
                struct forward_facts swap = facts->forward[done];
                facts->forward[done++] = facts->forward[k];
                facts->forward[k] = swap;
                break;
            }
}

/* What /etc/hosts says of the wanted name, as far as it is not the address itself. */
static void look_hosts_file(struct facts *facts)
{
    struct buf text = BUF_INIT(HOSTS_FILE_MAX);
    struct cursor c, line, word;
    struct error ignored;
    char first[64], other[256];
    struct ip ip;

    if (!file_read("/etc/hosts", &text, &ignored)) {
        buf_free(&text);
        return;
    }
    c = cursor_of(buf_string(&text), text.length);
    while (cursor_line(&c, &line)) {
        if (!cursor_word(&line, &word) || !cursor_copy(&word, first, sizeof first) ||
            !ip_parse(first, &ip) || ip_equal(&ip, &facts->address) ||
            ip.family != facts->address.family)
            continue;
        while (cursor_word(&line, &word) && *word.at != '#')
            if (cursor_copy(&word, other, sizeof other) && str_equal_nocase(other, facts->wanted.s))
                strings_add(&facts->hosts_file, first);
    }
    buf_free(&text);
}

void look_open(struct look *look, struct collector *collector)
{
    const struct smtp_settings smtp = {.port = collector->config->smtp_port,
                                       .timeout_ms = collector->config->smtp_timeout_s * 1000,
                                       .ehlo_name = collector->ehlo_name,
                                       .via = collector->via};

    look->collector = collector;
    look->dns =
        (struct dns_look){.dns = dns_new(collector->loop, collector->via, &collector->config->dns),
                          .vantage = collector->vantage,
                          .resolvers = collector->resolvers,
                          .resolver_count = collector->resolver_count,
                          .probe = collector->probe_label};
    look->smtp = smtp_new(collector->loop, &smtp);
}

void look_close(struct look *look)
{
    smtp_free(look->smtp);
    dns_free(look->dns.dns);
    *look = (struct look){0};
}

void look_begin(const struct look *look, const struct target *target, struct looked *out)
{
    out->target = *target;
    out->brief = look->collector->brief;
    start_facts(look->collector, target, &out->facts);
}

/* What a brief look is enough for: one PTR, the greeting and the address all say the same. */
static bool is_as_wanted(const struct facts *facts)
{
    const struct forward_facts *forward = facts_forward(facts, &facts->wanted);
    const struct strings *ptr = &facts->reverse.ptr.values;
    const struct rrset_facts *set;
    struct name greeting;

    if (forward == NULL || ptr->count != 1 || !str_equal(ptr->v[0], facts->wanted.s))
        return false;
    set = forward_set(forward, facts->address.family);
    return strings_have(&set->values, ip_text(&facts->address).s) &&
           banner_name(&facts->banner, &greeting) && name_equal(&greeting, &facts->wanted);
}

/* Otherwise everybody is asked, from the start. */
static bool needs_more(const struct look *look, struct looked *looked)
{
    if (!looked->brief || is_as_wanted(&looked->facts))
        return false;
    looked->brief = false;
    facts_free(&looked->facts);
    start_facts(look->collector, &looked->target, &looked->facts);
    return true;
}

bool look_pass(const struct look *look, struct waiter *waiter, struct looked *looked)
{
    struct facts *facts = &looked->facts;
    struct dns_look dns = look->dns;
    bool reverse, greeting, names;

    dns.brief = looked->brief;
    loop_ask_for(look->collector->loop, waiter);
    reverse = look_reverse(&dns, facts);
    greeting = look_greeting(look->smtp, facts);
    if (reverse && greeting && name_is_empty(&facts->wanted))
        facts_decide_name(facts);
    names = look_names(&dns, facts);
    loop_ask_for(look->collector->loop, NULL);
    if (reverse && names)
        dns_let_go(dns.dns, waiter);
    if (!reverse || !greeting || !names)
        return false;
    if (needs_more(look, looked))
        return look_pass(look, waiter, looked);
    order_names(facts);
    if (looked->target.machine != NULL && looked->target.machine[0] == '\0')
        look_hosts_file(facts);
    return true;
}

struct rrset_look {
    struct look look;
    const struct name *owner;
    enum dns_type type;
    struct rrset_facts *out;
    struct name *zone;
};

static bool rrset_pass(void *arg)
{
    struct rrset_look *look = arg;
    struct dns_place place;

    if (!look_rrset(&look->look.dns, look->owner, look->type, look->out, &place))
        return false;
    if (look->zone != NULL)
        *look->zone = place.zone;
    strings_free(&place.cname);
    return true;
}

void collect_rrset(struct collector *collector, const struct name *owner, bool ptr,
                   enum ip_family family, struct rrset_facts *out, struct name *zone)
{
    struct rrset_look look = {.owner = owner, .out = out, .zone = zone};

    look.type = ptr ? DNS_PTR : family == IP_V6 ? DNS_AAAA : DNS_A;
    look_open(&look.look, collector);
    *out = (struct rrset_facts){.rcode = DNS_TIMEOUT};
    (void)loop_run_pass(collector->loop, rrset_pass, &look, 0);
    look_close(&look.look);
}

struct banner_look {
    struct look look;
    const struct ip *address;
    struct banner_facts *out;
};

static bool banner_pass(void *arg)
{
    struct banner_look *look = arg;
    const struct smtp_greeting *greeting = smtp_ask(look->look.smtp, look->address);

    if (greeting == NULL)
        return false;
    take_greeting(greeting, look->out);
    return true;
}

void collect_banner(struct collector *collector, const struct ip *address, struct banner_facts *out)
{
    struct banner_look look = {.address = address, .out = out};

    look_open(&look.look, collector);
    *out = (struct banner_facts){0};
    (void)loop_run_pass(collector->loop, banner_pass, &look, 0);
    look_close(&look.look);
}
