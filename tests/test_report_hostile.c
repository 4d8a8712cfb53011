/* test_report_hostile.c - reports of hostile, empty, endless and many values, in every format. */
#include "agent/report.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/mem.h"
#include "tests/support/unit.h"

#define OUT_MAX (256 << 20)
#define MANY 5000

/* U+202E, which makes a terminal write from right to left. */
#define OVERRIDE "\xe2\x80\xae"

/* Texts that try to leave their place: of a terminal, a table, a comment, a plugin's line. */
static const char *const hostile[] = {
    "\033[31mred\033[0m \033]0;title\a",
    "a\tb\nc\rd",
    "x | aligned=9;;;0;9",
    "`` ` ``` </code> <script>alert(1)</script> <!-- -->",
    "[click](https://evil.example) ![i](http://evil.example/i) www.evil.example @everyone #1",
    "| a | b |\n| --- | --- |",
    "\xff\xfe\x80 broken \xe2\x82",
    "\xe2\x80\xaemoc.elpmaxe\xe2\x80\x8b",
    "# heading\n- item\n\n```\ncode",
    "\\| \\` \\\\",
    "%s%n%d",
    "</details></summary>",
    "=cmd|' /C calc'!A0",
};

static struct identity make_identity(const char *text, unsigned number)
{
    struct identity identity = {0};
    struct facts *facts = &identity.facts;
    struct forward_facts *forward;
    struct owner_facts *owner;
    uint8_t bytes[4] = {203, 0, (uint8_t)(number >> 8), (uint8_t)number};

    facts->address = ip_from_bytes(bytes, IP_V4);
    str_cut(facts->wanted.s, sizeof facts->wanted.s, text);
    str_cut(facts->wanted_from, sizeof facts->wanted_from, text);
    facts->reverse.ptr.asked = true;
    strings_add(&facts->reverse.ptr.values, text);
    strings_add(&facts->reverse.ptr.values, text);
    facts->reverse.ptr.seen = mem_new(1, sizeof *facts->reverse.ptr.seen);
    facts->reverse.ptr.seen_count = 1;
    str_cut(facts->reverse.ptr.seen[0].vantage, sizeof facts->reverse.ptr.seen[0].vantage, text);
    str_cut(facts->reverse.ptr.seen[0].server, sizeof facts->reverse.ptr.seen[0].server, text);
    forward = facts_add_forward(facts, &facts->wanted);
    forward->a.asked = true;
    strings_add(&forward->a.values, text);
    facts->banner.state = BANNER_OK;
    strings_add(&facts->banner.lines, "220 other.example.com");
    facts->helo.state = HELO_OBSERVED;
    str_cut(facts->helo.value, sizeof facts->helo.value, text);
    str_cut(facts->path.relay, sizeof facts->path.relay, text);
    owner = facts_set_owner(facts, OWNER_IP);
    str_cut(owner->name, sizeof owner->name, text);
    str_cut(owner->provider, sizeof owner->provider, text);
    audit_target(facts, &identity.judgement);
    return identity;
}

static void free_identity(struct identity *identity)
{
    facts_free(&identity->facts);
    judgement_free(&identity->judgement);
}

static void fill_step(struct step *step, size_t index, const char *text)
{
    snprintf(step->id, sizeof step->id, "s%zu", index + 1);
    step->kind = (enum step_kind)(index % STEP_KINDS);
    step->action = (enum step_action)(index % 4);
    step->subject.ip = ip_from_bytes("\xcb\x00\x71\x19", IP_V4);
    str_cut(step->target, sizeof step->target, text);
    str_cut(step->provider, sizeof step->provider, text);
    str_cut(step->host, sizeof step->host, text);
    str_cut(step->owner_who.name, sizeof step->owner_who.name, text);
    strings_add(&step->before, text);
    strings_add(&step->after, text);
    strings_add(&step->requires, text);
    strings_add(&step->commands, text);
    strings_add(&step->changes, text);
    step->ticket = mem_text(text);
}

static struct plan make_plan(const char *text, size_t count)
{
    struct plan plan = {.id = "7f3a19c2d4e5", .steps = mem_new(count, sizeof *plan.steps)};

    for (plan.count = 0; plan.count < count; plan.count++)
        fill_step(&plan.steps[plan.count], plan.count, text);
    return plan;
}

static struct error make_error(const char *text)
{
    struct error e = {.code = ERR_PROVIDER_DENIED};

    str_cut(e.what, sizeof e.what, text);
    str_cut(e.why, sizeof e.why, text);
    str_cut(e.who, sizeof e.who, text);
    str_cut(e.next, sizeof e.next, text);
    str_cut(e.alt, sizeof e.alt, text);
    return e;
}

static size_t count_char(const char *text, char c)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text == c;
    return count;
}

/* A cell's bar is escaped or it is markup: every row of a table has as many as its head. */
static void check_rows(const char *text)
{
    struct cursor c = cursor_of(text, strlen(text)), line;
    size_t bars = 0;

    while (cursor_line(&c, &line)) {
        size_t here = 0;
        for (const char *p = line.at; p < line.end; p++)
            here += *p == '|';
        if (line.at == line.end || *line.at != '|')
            bars = 0;
        else if (bars == 0)
            bars = here;
        if (bars > 0 && here != bars)
            ck_abort_msg("a row has %zu bars, its head %zu", here, bars);
    }
}

/* Inside a code span it is text: an odd number of backticks comes before it on its line. */
static bool is_inside_code(const char *text, const char *at)
{
    size_t ticks = 0;

    for (; at > text && at[-1] != '\n'; at--)
        ticks += at[-1] == '`';
    return ticks % 2 == 1;
}

static void check_markdown(const char *text)
{
    static const char *const never[] = {"<script", "](h", "</details></summary>"};

    ck_assert_uint_le(strlen(text), REPORT_MARKDOWN_MAX);
    ck_assert(str_starts(text, "<!-- namesake:"));
    ck_assert_uint_eq(count_char(text, '`') % 2, 0);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        for (const char *at = text; (at = strstr(at, never[i])) != NULL; at++)
            if (!is_inside_code(text, at))
                ck_abort_msg("%s in %s", never[i], text);
    check_rows(text);
}

static void check_tabs(const char *text)
{
    struct cursor c = cursor_of(text, strlen(text)), line;

    while (cursor_line(&c, &line)) {
        size_t tabs = 0;
        for (const char *p = line.at; p < line.end; p++)
            tabs += *p == '\t';
        if (tabs != 6)
            ck_abort_msg("%zu tabs in %s", tabs, text);
    }
}

static void check_document(const char *text)
{
    json_error_t e;
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, &e);

    ck_assert_msg(document != NULL, "%s", e.text);
    ck_assert_ptr_nonnull(json_object_get(document, "diagnostics"));
    json_decref(document);
}

/* The first byte that has no place in a format; the end of the text when there is none. */
static const char *first_control(enum format format, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        bool breaks = c == '\n' || (c == '\t' && format == FORMAT_TABLE);
        if ((c < 0x20 && !breaks) || c == 0x7f)
            break;
    }
    return text;
}

static void check_nagios(const char *text)
{
    ck_assert_uint_eq(count_char(text, '|'), 1);
    ck_assert_uint_eq(count_char(text, '\n'), 1);
}

static void check_events(const char *text)
{
    struct cursor c = cursor_of(text, strlen(text)), line;

    while (cursor_line(&c, &line)) {
        json_t *event =
            json_loadb(line.at, (size_t)(line.end - line.at), JSON_REJECT_DUPLICATES, NULL);
        ck_assert_ptr_nonnull(event);
        json_decref(event);
    }
}

static void check_lines(const char *text)
{
    ck_assert(str_ends(text, "\n"));
}

/* What holds for any text in a format, whatever was reported. */
static void check_output(enum format format, const char *text)
{
    static void (*const checks[FORMAT_COUNT])(const char *) = {
        [FORMAT_TEXT] = check_lines,    [FORMAT_TABLE] = check_tabs,
        [FORMAT_JSON] = check_document, [FORMAT_MARKDOWN] = check_markdown,
        [FORMAT_NAGIOS] = check_nagios, [FORMAT_TICKET] = check_lines,
        [FORMAT_JSONL] = check_events,
    };

    ck_assert(str_ends(text, "\n"));
    ck_assert_msg(*first_control(format, text) == '\0', "control character in %s", text);
    ck_assert_ptr_null(strstr(text, OVERRIDE));
    checks[format](text);
}

/*
 * A plan's document holds its values byte for byte, because its digest covers them; plans are
 * made of printable values, and plan_from_json refuses others.
 */
static bool is_plain(const struct report *report)
{
    const char *text = report->plan_name != NULL ? report->plan_name : "";
    char printable[16384];

    str_printable(printable, sizeof printable, text, strlen(text));
    return report->plan == NULL || str_equal(printable, text);
}

static void check_all_formats(const struct report *report)
{
    struct style style = {.width = 80};

    for (int format = 0; format < FORMAT_COUNT; format++) {
        struct buf out = BUF_INIT(OUT_MAX);
        if (format == FORMAT_JSON && !is_plain(report))
            continue;
        if (report->error != NULL && (format == FORMAT_TEXT || format == FORMAT_TABLE))
            report_error(report->error, report->done, &style, &out);
        else
            report_write(report, (enum format)format, &style, &out);
        ck_assert(buf_ok(&out));
        if (report->error == NULL || format != FORMAT_TABLE)
            check_output((enum format)format, buf_string(&out));
        buf_free(&out);
    }
}

static void check_every_format(const char *text)
{
    static const char *const commands[] = {"audit",    "plan",   "apply",
                                           "rollback", "verify", "ticket"};
    struct identity identities[2] = {make_identity(text, 1), make_identity(text, 2)};
    struct plan plan = make_plan(text, 9);
    struct error error = make_error(text);
    struct step_outcome outcomes[9] = {0};

    for (size_t i = 0; i < 9; i++)
        str_cut(outcomes[i].detail, sizeof outcomes[i].detail, text);
    for (size_t i = 0; i < 4 * sizeof commands / sizeof commands[0]; i++) {
        struct report report = {.command = commands[i / 4],
                                .identities = identities,
                                .identity_count = 2,
                                .plan = i % 2 ? &plan : NULL,
                                .plan_name = text,
                                .outcomes = i % 2 ? outcomes : NULL,
                                .run = text,
                                .error = i % 4 > 1 ? &error : NULL};
        str_cut(report.next, sizeof report.next, text);
        str_cut(report.done, sizeof report.done, text);
        check_all_formats(&report);
    }
    for (size_t i = 0; i < 2; i++)
        free_identity(&identities[i]);
    plan_free(&plan);
}

START_TEST(stays_in_its_place)
{
    check_every_format(hostile[_i]);
}
END_TEST

/* A name as long as the DNS allows, one endless word, and as many words. */
START_TEST(endless)
{
    char text[4096];

    memset(text, 'a', sizeof text);
    text[_i == 0 ? 253 : sizeof text - 1] = '\0';
    for (size_t i = 5; _i == 2 && i < sizeof text - 1; i += 6)
        text[i] = ' ';
    check_every_format(text);
}
END_TEST

START_TEST(ascii_means_ascii)
{
    struct identity identity = make_identity("mäil.example ✗ 日本", 1);
    struct plan plan = make_plan("mäil.example ✗ 日本", 4);
    struct error error = make_error("mäil ✗");
    struct style style = {.width = 80, .ascii = true};
    struct buf out = BUF_INIT(OUT_MAX);

    report_identity(&identity, false, &style, &out);
    report_plan(&plan, "näme", &style, &out);
    report_error(&error, "ö", &style, &out);
    report_step(&plan.steps[0], "done", "1 s", "ü", &style, &out);
    for (const char *p = buf_string(&out); *p != '\0'; p++)
        ck_assert_uint_lt((unsigned char)*p, 0x80);
    buf_free(&out);
    plan_free(&plan);
    free_identity(&identity);
}
END_TEST

START_TEST(nothing_at_all)
{
    static const char *const commands[] = {"audit",  "plan",   "apply",  "rollback",
                                           "verify", "ticket", "doctor", NULL};
    struct plan empty = {.id = "7f3a19c2d4e5"};
    struct report report = {.command = commands[_i]};

    check_all_formats(&report);
    report.plan = &empty;
    check_all_formats(&report);
    report.error = &(struct error){.code = ERR_INTERNAL};
    check_all_formats(&report);
}
END_TEST

START_TEST(five_thousand)
{
    struct identity *identities = mem_new(MANY, sizeof *identities);
    struct plan plan = make_plan("mail.example.com", 4096);
    struct report report = {.command = "audit", .identities = identities};
    struct buf out = BUF_INIT(OUT_MAX);

    for (; report.identity_count < MANY; report.identity_count++)
        identities[report.identity_count] =
            make_identity("mail.example.com", (unsigned)report.identity_count);
    check_all_formats(&report);
    report.command = "plan";
    report.plan = &plan;
    check_all_formats(&report);
    report_write(&report, FORMAT_MARKDOWN, &(struct style){0}, &out);
    ck_assert_ptr_nonnull(strstr(buf_string(&out), "more steps are not shown here."));
    ck_assert_ptr_nonnull(strstr(buf_string(&out), "more addresses are not shown here."));
    ck_assert(str_ends(buf_string(&out), "\nNext: `namesake apply --approve 7f3a19c2d4e5`\n"));
    buf_free(&out);
    for (size_t i = 0; i < MANY; i++)
        free_identity(&identities[i]);
    free(identities);
    plan_free(&plan);
}
END_TEST

/* A buffer that is too small turns bad; nothing else happens. */
START_TEST(ceiling)
{
    struct identity identity = make_identity("mail.example.com", 1);
    struct report report = {.command = "audit", .identities = &identity, .identity_count = 1};
    struct style style = {.width = 80};

    for (int format = 0; format < FORMAT_COUNT; format++) {
        struct buf out = BUF_INIT(16);
        report_write(&report, (enum format)format, &style, &out);
        ck_assert(!buf_ok(&out));
        buf_free(&out);
    }
    free_identity(&identity);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"stays in its place", stays_in_its_place, ROWS(hostile), 0},
        {"endless", endless, 3, 0},
        {"ascii means ASCII", ascii_means_ascii, 1, 0},
        {"nothing at all", nothing_at_all, 8, 0},
        {"five thousand", five_thousand, 1, 0},
        {"ceiling", ceiling, 1, 0},
    };

    return unit_run("report, hostile", tests, ROWS(tests));
}
