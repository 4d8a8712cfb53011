/* collect.c - facts of many targets: each slot runs its pass until nothing is open. */
#include "agent/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/base/mem.h"
#include "agent/collect_dns.h"
#include "agent/net/smtp.h"

#define JOBS_DEFAULT 256
#define HOSTS_FILE_MAX (1U << 20)

/*
 * Answers are remembered so that no question is asked twice, but not for ever: after so many
 * targets a new memory begins, and the old one goes with the last target that uses it.
 */
#define MEMORY_TARGETS 1024

struct memory {
    struct dns_look dns;
    struct smtp *smtp;
    size_t started, users;
};

/* One target in the window. */
struct slot {
    struct waiter waiter; /* awake: something that it asked for has come */
    bool busy;
    size_t index;
    struct target target;
    struct memory *memory;
    struct facts facts;
};

struct looking {
    struct collector *collector;
    struct memory *memory; /* for targets that begin now */
    size_t next_index;
    bool exhausted; /* the source has no more targets */
    struct slot *slots;
    size_t slot_count;
    collect_next *next;
    collect_done *done;
    void *arg;
};

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
    *collector = (struct collector){.config = config, .jobs = JOBS_DEFAULT};
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

static void take_mta_facts(const struct collector *collector, const struct target *target,
                           struct facts *facts)
{
    const struct machine *machine =
        target->machine != NULL ? machines_find(&collector->machines, target->machine) : NULL;
    const struct mta_facts *mta = machine != NULL ? &machine->mta : NULL;
    const struct mta_service *sender;

    if (mta == NULL || mta->mta == NULL || str_equal(target->mta, "none"))
        return;
    facts->mta_owner = (struct owner_facts){.can_fix = true};
    str_format(facts->mta_owner.name, sizeof facts->mta_owner.name, "root on %s",
               machine->host->title);
    facts->banner.expected = mta_service_of(mta, MTA_LISTENER) != NULL;
    str_cut(facts->path.relay, sizeof facts->path.relay, mta->relay);
    str_cut(facts->path.hostname_from, sizeof facts->path.hostname_from, mta->hostname_from);
    sender = mta_sender_of(mta, target_own_address(target));
    if (mta->unknown[0] || sender == NULL) {
        facts->helo.state = HELO_UNKNOWN;
        str_cut(facts->helo.why, sizeof facts->helo.why,
                mta->unknown[0] ? mta->unknown : "no service sends from this address");
        str_cut(facts->helo.next, sizeof facts->helo.next, mta->unknown_next);
        return;
    }
    facts->helo.state = HELO_CONFIGURED;
    str_printable(facts->helo.value, sizeof facts->helo.value, sender->says, strlen(sender->says));
    str_format(facts->helo.from, sizeof facts->helo.from, "%s %.80s", mta->mta->name, sender->from);
}

static void start_facts(const struct collector *collector, const struct target *target,
                        struct facts *facts)
{
    enum ip_scope scope = ip_scope(&target->address);

    *facts = (struct facts){.address = target->address, .wanted = target->wanted};
    str_cut(facts->wanted_from, sizeof facts->wanted_from, target->wanted_from);
    facts->reverse.owner = ip_reverse_name(&target->address);
    facts->banner_off = target->banner == BANNER_OFF;
    facts->banner.expected = target->banner == BANNER_REQUIRED;
    if (target->cloud != NULL)
        str_cut(facts->ptr_owner.name, sizeof facts->ptr_owner.name, target->cloud);
    facts->path.nat = scope != IP_SCOPE_PUBLIC && !collector->config->allow_private;
    take_mta_facts(collector, target, facts);
}

static bool look_reverse(const struct memory *memory, struct facts *facts)
{
    struct reverse_facts *reverse = &facts->reverse;
    struct name owner = ip_reverse_name(&facts->address);
    struct dns_place place;

    if (!look_rrset(&memory->dns, &owner, DNS_PTR, &reverse->ptr, &place))
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

static bool look_greeting(const struct memory *memory, struct facts *facts)
{
    const struct smtp_greeting *greeting;

    if (facts->banner_off)
        return true;
    greeting = smtp_ask(memory->smtp, &facts->address);
    if (greeting == NULL)
        return false;
    take_greeting(greeting, &facts->banner);
    return true;
}

/* The set of one family. The wanted name is asked for the family that the sender uses. */
static bool look_name(const struct memory *memory, struct facts *facts, const struct name *name)
{
    struct forward_facts *forward = facts_add_forward(facts, name);
    bool v6 = facts->address.family == IP_V6;
    struct rrset_facts *set = v6 ? &forward->aaaa : &forward->a;
    struct dns_place place;

    if (set->asked)
        return true;
    if (!look_rrset(&memory->dns, name, v6 ? DNS_AAAA : DNS_A, set, &place))
        return false;
    forward->cname = place.cname;
    forward->zone = place.zone;
    return true;
}

/* Every name that the target is known by so far. All are asked before the first answer is due. */
static bool look_names(const struct memory *memory, struct facts *facts)
{
    const struct strings *ptr = &facts->reverse.ptr.values;
    struct name name;
    bool complete = true;

    if (!name_is_empty(&facts->wanted))
        complete = look_name(memory, facts, &facts->wanted) && complete;
    if (facts->helo.state == HELO_CONFIGURED &&
        name_parse_host(facts->helo.value, &name) == NAME_GOOD)
        complete = look_name(memory, facts, &name) && complete;
    if (banner_name(&facts->banner, &name) && name_parse_host(name.s, &name) == NAME_GOOD)
        complete = look_name(memory, facts, &name) && complete;
    for (size_t i = 0; i < ptr->count && i < FACTS_PTR_EVALUATED; i++)
        if (!str_equal(ptr->v[i], ".") && name_from_dns(ptr->v[i], &name))
            complete = look_name(memory, facts, &name) && complete;
    return complete;
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

/*
 * One pass over a target: from top to bottom, asking for what is needed; true when nothing is
 * open any more. What is known already is remembered by dns and smtp.
 */
static bool slot_pass(const struct collector *collector, struct slot *slot)
{
    struct facts *facts = &slot->facts;
    bool reverse, greeting, names;

    facts_free(facts);
    start_facts(collector, &slot->target, facts);
    reverse = look_reverse(slot->memory, facts);
    greeting = look_greeting(slot->memory, facts);
    if (reverse && greeting)
        facts_decide_name(facts);
    names = look_names(slot->memory, facts);
    if (!reverse || !greeting || !names)
        return false;
    if (slot->target.machine != NULL && slot->target.machine[0] == '\0')
        look_hosts_file(facts);
    return true;
}

static struct memory *memory_new(struct collector *collector)
{
    const struct smtp_settings smtp = {.port = collector->config->smtp_port,
                                       .timeout_ms = collector->config->smtp_timeout_s * 1000,
                                       .ehlo_name = collector->ehlo_name};
    struct memory *memory = mem_new(1, sizeof *memory);

    memory->dns = (struct dns_look){.dns = dns_new(collector->loop, &collector->config->dns),
                                    .resolvers = collector->resolvers,
                                    .resolver_count = collector->resolver_count,
                                    .probe = collector->probe_label};
    memory->smtp = smtp_new(collector->loop, &smtp);
    memory->users = 1;
    return memory;
}

static void memory_leave(struct memory *memory)
{
    if (--memory->users > 0)
        return;
    smtp_free(memory->smtp);
    dns_free(memory->dns.dns);
    free(memory);
}

/* The memory for one more target. */
static struct memory *memory_join(struct looking *looking)
{
    if (looking->memory->started == MEMORY_TARGETS) {
        memory_leave(looking->memory);
        looking->memory = memory_new(looking->collector);
    }
    looking->memory->started++;
    looking->memory->users++;
    return looking->memory;
}

/* Put the next target into a free slot; false when there is none. */
static bool slot_start(struct looking *looking, struct slot *slot)
{
    struct target target;

    if (looking->exhausted || !looking->next(looking->arg, &target)) {
        looking->exhausted = true;
        return false;
    }
    *slot = (struct slot){
        .waiter = {.awake = true}, .busy = true, .index = looking->next_index++, .target = target};
    slot->memory = memory_join(looking);
    return true;
}

/* A slot that was never used is not touched: of a wide window for few targets most are such. */
static void slot_free(struct slot *slot)
{
    if (!slot->busy)
        return;
    facts_free(&slot->facts);
    memory_leave(slot->memory);
    *slot = (struct slot){.busy = false};
}

/* Hand a complete target over and free its slot. */
static void slot_done(struct looking *looking, struct slot *slot)
{
    looking->done(looking->arg, slot->index, &slot->target, &slot->facts);
    slot->facts = (struct facts){0};
    slot_free(slot);
}

/* Run the pass of a slot if it has something new to read; true when its target is complete. */
static bool slot_run(struct looking *looking, struct slot *slot)
{
    if (!slot->waiter.awake)
        return false;
    slot->waiter.awake = false;
    loop_ask_for(looking->collector->loop, &slot->waiter);
    return slot_pass(looking->collector, slot);
}

/* Fill free slots with the next targets and run the passes that can go on. True when all is done. */
static bool window_pass(void *arg)
{
    struct looking *looking = arg;
    bool busy = false;

    for (size_t i = 0; i < looking->slot_count; i++) {
        struct slot *slot = &looking->slots[i];
        while ((slot->busy || slot_start(looking, slot)) && slot_run(looking, slot))
            slot_done(looking, slot);
        busy = busy || slot->busy;
    }
    loop_ask_for(looking->collector->loop, NULL);
    return !busy;
}

bool collect_run(struct collector *collector, collect_next *next, collect_done *done, void *arg,
                 int64_t deadline_ms)
{
    struct looking looking = {.collector = collector, .next = next, .done = done, .arg = arg};
    bool complete;

    looking.memory = memory_new(collector);
    looking.slot_count = collector->jobs;
    looking.slots = mem_new(looking.slot_count, sizeof *looking.slots);
    complete = loop_run_pass(collector->loop, window_pass, &looking, deadline_ms);
    for (size_t i = 0; i < looking.slot_count; i++)
        slot_free(&looking.slots[i]);
    memory_leave(looking.memory); /* before the slots: questions may still know who asked */
    free(looking.slots);
    return complete;
}

struct rrset_look {
    struct memory *memory;
    const struct name *owner;
    enum dns_type type;
    struct rrset_facts *out;
    struct name *zone;
};

static bool rrset_pass(void *arg)
{
    struct rrset_look *look = arg;
    struct dns_place place;

    if (!look_rrset(&look->memory->dns, look->owner, look->type, look->out, &place))
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
    look.memory = memory_new(collector);
    *out = (struct rrset_facts){.rcode = DNS_TIMEOUT};
    (void)loop_run_pass(collector->loop, rrset_pass, &look, 0);
    memory_leave(look.memory);
}

struct banner_look {
    struct memory *memory;
    const struct ip *address;
    struct banner_facts *out;
};

static bool banner_pass(void *arg)
{
    struct banner_look *look = arg;
    const struct smtp_greeting *greeting = smtp_ask(look->memory->smtp, look->address);

    if (greeting == NULL)
        return false;
    take_greeting(greeting, look->out);
    return true;
}

void collect_banner(struct collector *collector, const struct ip *address, struct banner_facts *out)
{
    struct banner_look look = {.address = address, .out = out, .memory = memory_new(collector)};

    *out = (struct banner_facts){0};
    (void)loop_run_pass(collector->loop, banner_pass, &look, 0);
    memory_leave(look.memory);
}
