/* test_trace.c - what the arrival of probes proves. */
#include "agent/trace.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "tests/support/unit.h"

#define LOCAL "by vm25.localdomain (Postfix, from userid 0) id 4F2; Wed, 25 Nov 2026 22:00:00 +0000"
#define AT_RELAY                                                                                   \
    "from mail.example.com (static-25.hoster.example [203.0.113.25]) by relay.example.net "        \
    "(Postfix) with ESMTP id 5A1; Wed, 25 Nov 2026 22:00:01 +0000"
#define FILTER                                                                                     \
    "from localhost (localhost [127.0.0.1]) by mail.example.com (Postfix) with ESMTP id 7; "       \
    "Wed, 25 Nov 2026 22:00:00 +0000"

struct arrival {
    const char *peer, *helo;
    const char *received[3]; /* topmost first */
};

static const struct {
    const char *label;
    const char *targets[3], *expected, *relay;
    bool allow_private;
    struct arrival arrivals[2];
    const char *judged; /* "address<inside helo@seen via relay;" of each target */
} rows[] = {
    {"straight from the address",
     {"203.0.113.25"},
     "203.0.113.25",
     "",
     false,
     {{"203.0.113.25", "mail.example.com", {LOCAL}}},
     "203.0.113.25 mail.example.com@203.0.113.25;"},
    {"from another address",
     {"203.0.113.25"},
     "203.0.113.25",
     "",
     false,
     {{"203.0.113.26", "mail.example.com", {LOCAL}}},
     "203.0.113.25 mail.example.com@203.0.113.26;"},
    {"a translator makes the private address public",
     {"10.0.0.2"},
     "10.0.0.2",
     "",
     false,
     {{"203.0.113.60", "mail.example.com", {LOCAL}}},
     "203.0.113.60<10.0.0.2 mail.example.com@203.0.113.60;"},
    {"unless private addresses are as good",
     {"10.0.0.2"},
     "10.0.0.2",
     "",
     true,
     {{"203.0.113.60", "mail.example.com", {LOCAL}}},
     "10.0.0.2 mail.example.com@203.0.113.60;"},
    {"a filter on the machine is no way out",
     {"203.0.113.25"},
     "203.0.113.25",
     "",
     false,
     {{"203.0.113.25", "mail.example.com", {FILTER, LOCAL}}},
     "203.0.113.25 mail.example.com@203.0.113.25;"},
    {"a relay is a target of its own",
     {"203.0.113.25"},
     "203.0.113.25",
     "[relay.example.net]",
     false,
     {{"198.51.100.7", "relay.example.net", {AT_RELAY, LOCAL}}},
     "203.0.113.25 mail.example.com@203.0.113.25 via [relay.example.net];"
     "198.51.100.7 relay.example.net@198.51.100.7;"},
    {"a relay that nobody has configured",
     {"203.0.113.25"},
     "203.0.113.25",
     "",
     false,
     {{"198.51.100.7", "relay.example.net", {AT_RELAY, LOCAL}}},
     "203.0.113.25 mail.example.com@203.0.113.25 via relay.example.net;"
     "198.51.100.7 relay.example.net@198.51.100.7;"},
    {"two transports, two addresses",
     {"203.0.113.25", "203.0.113.26"},
     "203.0.113.25",
     "",
     false,
     {{"203.0.113.25", "a.example", {LOCAL}}, {"203.0.113.26", "b.example", {LOCAL}}},
     "203.0.113.25 a.example@203.0.113.25;203.0.113.26 b.example@203.0.113.26;"},
    {"two names at one address",
     {"203.0.113.25"},
     "203.0.113.25",
     "",
     false,
     {{"203.0.113.25", "a.example", {LOCAL}}, {"203.0.113.25", "b.example", {LOCAL}}},
     "203.0.113.25 a.example@203.0.113.25;203.0.113.25 b.example@203.0.113.25;"},
    {"twice the same is once",
     {"203.0.113.25"},
     "203.0.113.25",
     "",
     false,
     {{"203.0.113.25", "a.example", {LOCAL}}, {"203.0.113.25", "A.example", {LOCAL}}},
     "203.0.113.25 a.example@203.0.113.25;"},
    {"an address that nobody named",
     {"203.0.113.25"},
     "203.0.113.99",
     "",
     false,
     {{"203.0.113.98", "a.example", {LOCAL}}},
     "203.0.113.25 -;203.0.113.98 a.example@203.0.113.98;"},
    {"nothing arrived",
     {"203.0.113.25"},
     "203.0.113.25",
     "",
     false,
     {{NULL, NULL, {NULL}}},
     "203.0.113.25 -;"},
};

static struct ip address(const char *text)
{
    struct ip ip;

    ck_assert_msg(ip_parse(text, &ip), "%s", text);
    return ip;
}

static void arrive(struct trace *trace, int row, struct machine *machine)
{
    trace->probes = mem_new(2, sizeof *trace->probes);
    for (size_t i = 0; i < 2 && rows[row].arrivals[i].peer != NULL; i++) {
        const struct arrival *arrival = &rows[row].arrivals[i];
        struct trace_probe *probe = &trace->probes[trace->count++];
        struct smtp_heard heard = {.probes = 1};
        struct smtp_visit visit = {.peer = address(arrival->peer), .heard = &heard};

        *probe = (struct trace_probe){.machine = machine, .expected = address(rows[row].expected)};
        str_cut(probe->relay, sizeof probe->relay, rows[row].relay);
        strings_add(&heard.hellos, arrival->helo);
        for (size_t k = 0; k < 3 && arrival->received[k] != NULL; k++)
            strings_add(&heard.received, arrival->received[k]);
        trace_take(probe, &visit, 100);
        smtp_heard_free(&heard);
    }
}

static void describe(const struct targets *targets, struct buf *out)
{
    for (size_t i = 0; i < targets->count; i++) {
        const struct target *t = &targets->v[i];

        buf_printf(out, "%s", ip_text(&t->address).s);
        if (t->inside.family != IP_NONE)
            buf_printf(out, "<%s", ip_text(&t->inside).s);
        if (t->heard == NULL)
            buf_text(out, " -");
        else
            buf_printf(out, " %s@%s%s%s", t->heard->helo, ip_text(&t->heard->from).s,
                       t->heard->relay[0] ? " via " : "", t->heard->relay);
        buf_char(out, ';');
    }
}

START_TEST(arrivals_are_judged)
{
    struct machine machine = {.ssh = ""};
    struct trace trace = {.count = 0};
    struct targets targets = {.count = 0};
    struct buf judged = BUF_INIT(4096);

    targets.v = mem_new(3, sizeof *targets.v);
    for (size_t i = 0; i < 3 && rows[_i].targets[i] != NULL; i++)
        targets.v[targets.count++] =
            (struct target){.address = address(rows[_i].targets[i]), .machine = ""};
    arrive(&trace, _i, &machine);
    trace_judge(&trace, rows[_i].allow_private, &targets);
    describe(&targets, &judged);
    ck_assert_msg(str_equal(buf_string(&judged), rows[_i].judged), "%s: %s", rows[_i].label,
                  buf_string(&judged));
    buf_free(&judged);
    targets_free(&targets);
    trace_free(&trace);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"arrivals are judged", arrivals_are_judged, ROWS(rows), 0},
    };

    return unit_run("trace", tests, ROWS(tests));
}
