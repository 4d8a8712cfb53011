/* test_journal.c - what a run did is on disk before it does it, and is read back with distrust. */
#include "agent/journal.h"

#include "agent/base/file.h"
#include "agent/base/mem.h"
#include "tests/support/folder.h"

#include <dirent.h>

#define NOW 1795403527 /* 2026-11-23T03:12:07Z */
#define SECRET "c2VjcmV0LXRoYXQtbm9ib2R5LW1heS1zZWU="
#define OLD_TEXT "myhostname = localhost\n# \xFF is no UTF-8\n"
#define NEW_TEXT "myhostname = mail.example.com\n"

static struct step *add_step(struct plan *plan, enum step_kind kind, const char *target,
                             const char *before, const char *after)
{
    struct step *step;

    plan->steps = mem_resize(plan->steps, plan->count + 1, sizeof *plan->steps);
    step = &plan->steps[plan->count++];
    *step = (struct step){.kind = kind, .action = ACTION_UPDATE, .ttl_s = 300};
    step->subject.role = kind == STEP_PTR ? ROLE_PTR : ROLE_FORWARD;
    ck_assert(ip_parse("203.0.113.25", &step->subject.ip));
    ck_assert(name_from_dns("mail.example.com", &step->subject.name));
    step->subject.owner =
        kind == STEP_PTR ? ip_reverse_name(&step->subject.ip) : step->subject.name;
    str_format(step->id, sizeof step->id, "s%zu", plan->count);
    str_cut(step->target, sizeof step->target, target);
    str_cut(step->provider, sizeof step->provider, kind == STEP_MTA ? "postfix" : "ns");
    strings_add(&step->before, before);
    strings_add(&step->after, after);
    return step;
}

/* A PTR record and a mail server; `old` makes plans that differ. */
static struct plan some_plan(const char *old)
{
    struct plan plan = {.created = NOW, .expires = NOW + PLAN_LIFETIME_S};
    struct step *step;

    step = add_step(&plan, STEP_PTR, "PTR 203.0.113.25", old, "mail.example.com");
    step->finding = FIND_PTR_MISMATCH;
    step = add_step(&plan, STEP_MTA, "postfix myhostname", "localhost", "mail.example.com");
    step->finding = FIND_HELO_INVALID;
    step->owner = OWNER_MTA;
    plan_seal(&plan);
    return plan;
}

/* Settings with an account whose secret is loaded. */
static struct config some_config(void)
{
    struct config config;
    struct account *account;
    size_t index;
    char secret[] = SECRET "\n";

    config_defaults(&config);
    config.allow_private = true;
    config.smtp_port = 2525;
    config.dns.port = 5353;
    config.resolvers = mem_new(2, sizeof *config.resolvers);
    config.resolver_count = 2;
    ck_assert(ip_port_parse("192.0.2.53", 53, &config.resolvers[0].ip, &config.resolvers[0].port));
    ck_assert(ip_port_parse("[2001:db8::53]:5353", 53, &config.resolvers[1].ip,
                            &config.resolvers[1].port));
    config.accounts = mem_new(1, sizeof *config.accounts);
    config.account_count = 1;
    account = &config.accounts[0];
    account->provider = provider_by_type("rfc2136");
    ck_assert_ptr_nonnull(account->provider);
    str_cut(account->id, sizeof account->id, "ns");
    account->roles = ROLE_PTR;
    str_cut(account->owner, sizeof account->owner, "B\xFCro, noc@colo.example"); /* no UTF-8 */
    ck_assert(provider_setting(account->provider, "nameserver", &index));
    str_cut(account->values[index].text, sizeof account->values[index].text, "192.0.2.1");
    ck_assert(provider_setting(account->provider, "tsig_secret", &index));
    account->values[index].ref.from = SECRET_FILE;
    str_cut(account->values[index].ref.place, sizeof account->values[index].ref.place,
            "/etc/namesake/credentials/tsig");
    secret_take(&account->values[index].secret, secret, strlen(secret));
    return config;
}

static struct run start(const struct folder *state, const char *old, time_t now)
{
    struct plan plan = some_plan(old);
    struct config config = some_config();
    struct run run;
    struct error e = {0};

    ck_assert_msg(journal_start(state->path, &plan, &config, now, &run, &e), "%s: %s", e.what,
                  e.why);
    config_free(&config);
    plan_free(&plan);
    return run;
}

/* The edits of one file, made by hand. */
struct edited {
    struct host_file file;
    struct mta_edit edit;
    struct mta_edits edits;
    char path[16], text[64], wanted[64];
};

static void edited_fill(struct edited *edited, const char *path, const char *old)
{
    str_cut(edited->path, sizeof edited->path, path);
    str_cut(edited->text, sizeof edited->text, old);
    str_cut(edited->wanted, sizeof edited->wanted, NEW_TEXT);
    edited->file = (struct host_file){.path = edited->path,
                                      .target = edited->path,
                                      .text = edited->text,
                                      .length = strlen(old),
                                      .digest = digest_of(old, strlen(old))};
    edited->edit = (struct mta_edit){
        .file = &edited->file, .text = edited->wanted, .length = strlen(NEW_TEXT)};
    edited->edits = (struct mta_edits){.files = &edited->edit, .file_count = 1};
}

static void begin(struct run *run, size_t step, const char *found, const struct mta_edits *edits)
{
    const struct holding holding = {.ttl_s = 3600, .note = "proxied 203.0.113.25"};
    struct strings values = {0};
    struct error e = {0};

    strings_add(&values, found);
    ck_assert_msg(journal_begin(run, step, &values, &holding, edits, &e), "%s: %s", e.what, e.why);
    strings_free(&values);
}

static void end(struct run *run, size_t step, enum progress progress, const char *why)
{
    struct error e = {0};

    ck_assert_msg(journal_end(run, step, progress, why, &e), "%s: %s", e.what, e.why);
}

static void finish(struct run *run, bool undone)
{
    struct error e = {0};

    ck_assert_msg(journal_finish(run, undone, &e), "%s: %s", e.what, e.why);
}

static struct run reopen(const struct folder *state, const char *id)
{
    struct run run;
    struct error e = {0};

    ck_assert_msg(journal_open(state->path, id, false, &run, &e), "%s: %s", e.what, e.why);
    return run;
}

static struct folder_path file_of(const struct run *run, const char *name)
{
    struct folder_path path;

    str_format(path.s, sizeof path.s, "%s/%s", run->folder, name);
    return path;
}

static struct buf content(const char *path)
{
    struct buf text = BUF_INIT(1U << 20);
    struct error e = {0};

    ck_assert_msg(file_read(path, &text, &e), "%s: %s", e.what, e.why);
    return text;
}

/* A run with both steps done. */
static struct run whole_run(const struct folder *state)
{
    struct run run = start(state, "old.example.net", NOW);
    struct edited edited;

    edited_fill(&edited, "/main.cf", OLD_TEXT);
    begin(&run, 0, "old.example.net", NULL);
    end(&run, 0, PROGRESS_DONE, "");
    begin(&run, 1, "localhost", &edited.edits);
    end(&run, 1, PROGRESS_DONE, "");
    finish(&run, false);
    return run;
}

START_TEST(test_round_trip)
{
    struct folder state = folder_new();
    struct run run = whole_run(&state), again = reopen(&state, run.id);
    const struct backup *backup;

    ck_assert_int_eq(strncmp(run.id, "20261123T031207Z-", 17), 0);
    ck_assert_str_eq(again.id, run.id);
    ck_assert_str_eq(again.folder, run.folder);
    ck_assert_str_eq(again.plan.id, run.plan.id);
    ck_assert_uint_eq(again.plan.count, 2);
    ck_assert(again.finished && !again.undone && !again.torn);
    ck_assert_int_eq(again.records[0].progress, PROGRESS_DONE);
    ck_assert_uint_eq(again.records[0].ttl_s, 3600);
    ck_assert_str_eq(again.records[0].note, "proxied 203.0.113.25");
    ck_assert_uint_eq(again.records[0].backup_count, 0);
    ck_assert_str_eq(again.records[0].before.v[0], "old.example.net");
    ck_assert_int_eq(again.records[1].progress, PROGRESS_DONE);
    ck_assert_uint_eq(again.records[1].backup_count, 1);
    backup = &again.records[1].backups[0];
    ck_assert_str_eq(backup->path, "/main.cf");
    ck_assert_str_eq(backup->before.hex, digest_of(OLD_TEXT, strlen(OLD_TEXT)).hex);
    ck_assert_str_eq(backup->after.hex, digest_of(NEW_TEXT, strlen(NEW_TEXT)).hex);
    run_free(&run);
    run_free(&again);
    folder_free(&state);
}
END_TEST

/* How far each journal shows that the first step got. */
static const struct {
    const char *label;
    enum progress ends[5]; /* events after the plan, PROGRESS_NONE ends them */
    enum progress want;
} stories[] = {
    {"nothing", {PROGRESS_NONE}, PROGRESS_NONE},
    {"begun", {PROGRESS_BEGUN}, PROGRESS_BEGUN},
    {"done", {PROGRESS_BEGUN, PROGRESS_DONE}, PROGRESS_DONE},
    {"failed", {PROGRESS_BEGUN, PROGRESS_FAILED}, PROGRESS_FAILED},
    {"failed and begun again", {PROGRESS_BEGUN, PROGRESS_FAILED, PROGRESS_BEGUN}, PROGRESS_BEGUN},
    {"undone", {PROGRESS_BEGUN, PROGRESS_DONE, PROGRESS_UNDONE}, PROGRESS_UNDONE},
    {"its undo begun", {PROGRESS_BEGUN, PROGRESS_DONE, PROGRESS_UNDOING}, PROGRESS_UNDOING},
};

START_TEST(test_progress)
{
    struct folder state = folder_new();
    struct run run = start(&state, "old.example.net", NOW), again;

    for (int i = 0; i < 5 && stories[_i].ends[i] != PROGRESS_NONE; i++) {
        if (stories[_i].ends[i] == PROGRESS_BEGUN)
            begin(&run, 0, "old.example.net", NULL);
        else
            end(&run, 0, stories[_i].ends[i], "why \"not\"\n");
    }
    again = reopen(&state, run.id);
    ck_assert_msg(again.records[0].progress == stories[_i].want, "%s", stories[_i].label);
    ck_assert_msg(run.records[0].progress == stories[_i].want, "%s", stories[_i].label);
    ck_assert(!again.finished);
    run_free(&run);
    run_free(&again);
    folder_free(&state);
}
END_TEST

/* Nobody else may read what is kept. */
START_TEST(test_modes)
{
    struct folder state = folder_new();
    struct run run = whole_run(&state);
    const char *const names[] = {"plan.json", "context.json", "journal.jsonl",
                                 run.records[1].backups[0].copy};

    ck_assert_uint_eq(folder_mode(run.folder), 0700);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_msg(folder_mode(file_of(&run, names[i]).s) == 0600, "%s", names[i]);
    run_free(&run);
    folder_free(&state);
}
END_TEST

/* No file of the run holds the secret of the account; only where it is found. */
START_TEST(test_no_secret)
{
    struct folder state = folder_new();
    struct run run = whole_run(&state);
    DIR *folder = opendir(run.folder);
    struct dirent *entry;
    bool place = false;
    int files = 0;

    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        struct buf text = content(file_of(&run, entry->d_name).s);
        ck_assert_msg(memmem(text.data, text.length, SECRET, strlen(SECRET)) == NULL, "%s",
                      entry->d_name);
        place = place || strstr(buf_string(&text), "/etc/namesake/credentials/tsig") != NULL;
        buf_free(&text);
        files++;
    }
    closedir(folder);
    ck_assert_int_eq(files, 4);
    ck_assert(place);
    run_free(&run);
    folder_free(&state);
}
END_TEST

START_TEST(test_context)
{
    struct folder state = folder_new();
    struct run run = whole_run(&state);
    struct config config;
    struct error e = {0};

    ck_assert_msg(journal_context(&run, &config, &e), "%s: %s", e.what, e.why);
    ck_assert_uint_eq(config.account_count, 1);
    ck_assert_str_eq(config.accounts[0].id, "ns");
    ck_assert_str_eq(config.accounts[0].owner, "B\\xfcro, noc@colo.example");
    ck_assert_ptr_eq(config.accounts[0].provider, provider_by_type("rfc2136"));
    ck_assert_str_eq(account_text(&config.accounts[0], "nameserver"), "192.0.2.1");
    ck_assert(account_has(&config.accounts[0], "tsig_secret"));
    ck_assert_ptr_null(account_secret(&config.accounts[0], "tsig_secret"));
    ck_assert_uint_eq(config.resolver_count, 2);
    ck_assert_str_eq(ip_text(&config.resolvers[1].ip).s, "2001:db8::53");
    ck_assert_uint_eq(config.resolvers[1].port, 5353);
    ck_assert_uint_eq(config.dns.port, 5353);
    ck_assert_uint_eq(config.smtp_port, 2525);
    ck_assert(config.allow_private);
    config_free(&config);
    run_free(&run);
    folder_free(&state);
}
END_TEST

/* A crash may leave any part of the last line: it does not count, everything before it does. */
START_TEST(test_torn_line)
{
    struct folder state = folder_new();
    struct run run = start(&state, "old.example.net", NOW);
    struct folder_path path = file_of(&run, "journal.jsonl");
    struct buf before, after;

    begin(&run, 0, "old.example.net", NULL);
    before = content(path.s);
    end(&run, 0, PROGRESS_DONE, "");
    after = content(path.s);
    for (size_t length = before.length; length < after.length; length++) {
        struct run again;
        folder_write(path.s, after.data, length, 0600);
        again = reopen(&state, run.id);
        ck_assert_msg(again.records[0].progress == PROGRESS_BEGUN, "cut at %zu", length);
        ck_assert_msg(again.torn == (length > before.length), "cut at %zu", length);
        end(&again, 0, PROGRESS_FAILED, "");
        ck_assert(!again.torn);
        run_free(&again);
        again = reopen(&state, run.id);
        ck_assert_msg(again.records[0].progress == PROGRESS_FAILED, "cut at %zu", length);
        ck_assert_msg(!again.torn, "cut at %zu, then mended", length);
        run_free(&again);
    }
    buf_free(&before);
    buf_free(&after);
    run_free(&run);
    folder_free(&state);
}
END_TEST

/* The very first line may be torn, too; and a file system may leave zeros instead of bytes. */
START_TEST(test_torn_first_line)
{
    struct folder state = folder_new();
    struct run run = start(&state, "old.example.net", NOW), again;
    struct folder_path path = file_of(&run, "journal.jsonl");
    static const char zeros[300];

    for (size_t length = 0; length <= sizeof zeros; length += 20) {
        folder_write(path.s, zeros, length, 0600);
        again = reopen(&state, run.id);
        ck_assert_int_eq(again.records[0].progress, PROGRESS_NONE);
        ck_assert(again.torn == (length > 0));
        begin(&again, 0, "old.example.net", NULL);
        run_free(&again);
        again = reopen(&state, run.id);
        ck_assert_int_eq(again.records[0].progress, PROGRESS_BEGUN);
        run_free(&again);
    }
    run_free(&run);
    folder_free(&state);
}
END_TEST

/* Any changed byte: in the last line it is as if torn, in an earlier one nothing is believed. */
START_TEST(test_damaged_line)
{
    struct folder state = folder_new();
    struct run run = whole_run(&state), again;
    struct folder_path path = file_of(&run, "journal.jsonl");
    struct buf text = content(path.s);
    size_t last = text.length - 1;
    struct error e;

    while (last > 0 && text.data[last - 1] != '\n')
        last--;
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        text.data[i] = byte == '#' ? '%' : '#';
        folder_write(path.s, text.data, text.length, 0600);
        if (i >= last - 1) { /* the line end before it makes both one */
            again = reopen(&state, run.id);
            ck_assert_msg(again.torn, "byte %zu", i);
            run_free(&again);
        } else {
            ck_assert_msg(!journal_open(state.path, run.id, false, &again, &e),
                          "byte %zu ('%c') is not missed", i, byte);
            ck_assert_msg(e.code == ERR_PLAN_DAMAGED, "byte %zu: %s", i, error_id(e.code));
        }
        text.data[i] = byte;
    }
    buf_free(&text);
    run_free(&run);
    folder_free(&state);
}
END_TEST

/* Lines that are whole, with a check that fits, and still no lines of ours. */
static const struct {
    const char *label, *event;
    bool good;
} events[] = {
    {"an event that is not known, of a later version", "{\"event\":\"note\",\"step\":\"s1\"}",
     true},
    {"a step that the plan does not have", "{\"event\":\"done\",\"step\":\"s9\"}", false},
    {"no step", "{\"event\":\"done\"}", false},
    {"a begin without values", "{\"event\":\"begin\",\"step\":\"s1\"}", false},
    {"values that are numbers", "{\"event\":\"begin\",\"step\":\"s1\",\"found\":[1]}", false},
    {"no object", "[1,2]", false},
    {"no JSON", "hello", false},
};

START_TEST(test_events)
{
    struct folder state = folder_new();
    struct run run = start(&state, "old.example.net", NOW), again = {.finished = false};
    struct buf line = BUF_INIT(4096);
    struct error e = {.code = ERR_NONE};
    const char *event = events[_i].event;
    bool ok;

    buf_printf(&line, "%.16s %s\n", digest_of(event, strlen(event)).hex, event);
    folder_write(file_of(&run, "journal.jsonl").s, line.data, line.length, 0600);
    ok = journal_open(state.path, run.id, false, &again, &e);
    ck_assert_msg(ok == events[_i].good, "%s: %s", events[_i].label, ok ? "taken" : e.why);
    ck_assert(ok || e.code == ERR_PLAN_DAMAGED);
    buf_free(&line);
    run_free(&again);
    run_free(&run);
    folder_free(&state);
}
END_TEST

/* Runs of an hour each, oldest first: what was done with them, and which one is meant. */
enum fate {
    FATE_NO_PLAN, /* killed before it began */
    FATE_STOPPED,
    FATE_FINISHED,
    FATE_UNDONE,
};

static const struct {
    const char *label;
    enum fate fates[3];
    int count;
    int last, unfinished; /* which one; -1: none */
} histories[] = {
    {"no run at all", {0}, 0, -1, -1},
    {"one finished run", {FATE_FINISHED}, 1, 0, -1},
    {"one stopped run", {FATE_STOPPED}, 1, 0, 0},
    {"one undone run", {FATE_UNDONE}, 1, -1, -1},
    {"the newest counts", {FATE_FINISHED, FATE_STOPPED, FATE_FINISHED}, 3, 2, 1},
    {"what is undone does not", {FATE_FINISHED, FATE_STOPPED, FATE_UNDONE}, 3, 1, 1},
    {"a stopped run that was undone", {FATE_STOPPED, FATE_FINISHED, FATE_UNDONE}, 3, 1, 0},
    {"a run that never began", {FATE_FINISHED, FATE_NO_PLAN}, 2, 0, -1},
    {"nothing but a run that never began", {FATE_NO_PLAN}, 1, -1, -1},
};

static struct run run_of(const struct folder *state, int number, enum fate fate)
{
    struct run run = start(state, "old.example.net", NOW + 3600 * number);

    begin(&run, 0, "old.example.net", NULL);
    end(&run, 0, PROGRESS_DONE, "");
    if (fate == FATE_FINISHED || fate == FATE_UNDONE)
        finish(&run, false);
    if (fate == FATE_UNDONE)
        finish(&run, true);
    if (fate == FATE_NO_PLAN)
        ck_assert_int_eq(unlink(file_of(&run, "plan.json").s), 0);
    return run;
}

static void check_choice(const struct folder *state, bool unfinished, const char *want,
                         const char *label)
{
    struct run run = {.finished = false};
    struct error e = {.code = ERR_NONE};
    bool ok = journal_open(state->path, "last", unfinished, &run, &e);

    ck_assert_msg(ok == (want != NULL), "%s: %s", label, ok ? run.id : e.why);
    if (ok)
        ck_assert_msg(strcmp(run.id, want) == 0, "%s: %s", label, run.id);
    else
        ck_assert_msg(e.code == ERR_NO_INPUT, "%s: %s", label, e.why);
    run_free(&run);
}

START_TEST(test_choice)
{
    struct folder state = folder_new();
    struct run runs[3];
    struct strings ids = {0};
    size_t begun = 0;

    for (int i = 0; i < histories[_i].count; i++) {
        runs[i] = run_of(&state, i, histories[_i].fates[i]);
        begun += histories[_i].fates[i] != FATE_NO_PLAN;
    }
    check_choice(&state, false, histories[_i].last < 0 ? NULL : runs[histories[_i].last].id,
                 histories[_i].label);
    check_choice(&state, true,
                 histories[_i].unfinished < 0 ? NULL : runs[histories[_i].unfinished].id,
                 histories[_i].label);
    journal_list(state.path, &ids);
    ck_assert_uint_eq(ids.count, begun);
    for (size_t i = 1; i < ids.count; i++)
        ck_assert_int_lt(strcmp(ids.v[i - 1], ids.v[i]), 0);
    strings_free(&ids);
    for (int i = 0; i < histories[_i].count; i++)
        run_free(&runs[i]);
    folder_free(&state);
}
END_TEST

static const struct {
    const char *id;
    enum err code;
} ids[] = {
    {"20261123T031207Z-000000000000", ERR_NO_INPUT},
    {"../../etc", ERR_USAGE},
    {"..", ERR_USAGE},
    {".", ERR_USAGE},
    {"/etc", ERR_USAGE},
    {"a/b", ERR_USAGE},
    {"0123456789012345678901234567890123456789012345678901234567890123456789", ERR_USAGE},
};

START_TEST(test_ids)
{
    struct folder state = folder_new();
    struct run run;
    struct error e = {0};

    ck_assert(!journal_open(state.path, ids[_i].id, false, &run, &e));
    ck_assert_msg(e.code == ids[_i].code, "%s: %s", ids[_i].id, error_id(e.code));
    folder_free(&state);
}
END_TEST

/* The plan of a run is read with the same distrust as any other; the cut ones too. */
START_TEST(test_damaged_plan)
{
    struct folder state = folder_new();
    struct run run = whole_run(&state), again;
    struct folder_path path = file_of(&run, "plan.json");
    struct buf text = content(path.s);
    char *digit = strstr(text.data, "203.0.113.25") + 11;
    struct error e = {0};

    *digit = '6';
    folder_write(path.s, text.data, text.length, 0600);
    ck_assert(!journal_open(state.path, "last", false, &again, &e));
    ck_assert_int_eq(e.code, ERR_PLAN_DAMAGED);
    folder_write(path.s, text.data, text.length / 2, 0600);
    ck_assert(!journal_open(state.path, run.id, false, &again, &e));
    ck_assert_int_eq(e.code, ERR_PLAN_DAMAGED);
    buf_free(&text);
    run_free(&run);
    folder_free(&state);
}
END_TEST

/* A run older than any plan may live is still undone. */
START_TEST(test_old_run)
{
    struct folder state = folder_new();
    struct run run = start(&state, "old.example.net", NOW - 400L * 86400), again;

    again = reopen(&state, "last");
    ck_assert_str_eq(again.id, run.id);
    run_free(&again);
    run_free(&run);
    folder_free(&state);
}
END_TEST

START_TEST(test_same_second)
{
    struct folder state = folder_new();
    struct run run = start(&state, "old.example.net", NOW), other = start(&state, "b.example", NOW);
    struct plan plan = some_plan("old.example.net");
    struct config config = some_config();
    struct error e = {0};
    struct run third;

    ck_assert_str_ne(run.id, other.id);
    ck_assert(!journal_start(state.path, &plan, &config, NOW, &third, &e));
    ck_assert_int_eq(e.code, ERR_LOCKED);
    config_free(&config);
    plan_free(&plan);
    run_free(&run);
    run_free(&other);
    folder_free(&state);
}
END_TEST

/* "last" is the run that was made last, whatever the clock said. */
START_TEST(test_clock_set_back)
{
    struct folder state = folder_new();
    struct run ahead = start(&state, "old.example.net", NOW + 7200), run, last;

    begin(&ahead, 0, "old.example.net", NULL);
    run = start(&state, "old.example.net", NOW);
    begin(&run, 0, "old.example.net", NULL);
    last = reopen(&state, "last");
    ck_assert_str_ne(run.id, ahead.id);
    ck_assert_str_eq(last.id, run.id);
    run_free(&last);
    run_free(&run);
    run_free(&ahead);
    folder_free(&state);
}
END_TEST

START_TEST(test_cannot_create)
{
    struct folder state = folder_new();
    struct plan plan = some_plan("old.example.net");
    struct config config = some_config();
    struct folder_path path = in(&state, "runs");
    struct error e = {0};
    struct run run;

    folder_write(path.s, "", 0, 0600); /* a file where the folder should be */
    ck_assert(!journal_start(state.path, &plan, &config, NOW, &run, &e));
    ck_assert_int_eq(e.code, ERR_CANNOT_CREATE);
    config_free(&config);
    plan_free(&plan);
    folder_free(&state);
}
END_TEST

/* Killed within a step, begun again: undo brings back what was there before the first try. */
START_TEST(test_backups_of_two_tries)
{
    struct folder state = folder_new();
    struct run run = start(&state, "old.example.net", NOW), again;
    struct edited first, second, third;
    struct buf out = BUF_INIT(4096);
    struct error e = {0};

    edited_fill(&first, "/main.cf", "first");
    edited_fill(&second, "/main.cf", NEW_TEXT);
    edited_fill(&third, "/other.cf", "other");
    begin(&run, 1, "localhost", &first.edits);
    begin(&run, 1, "localhost", &second.edits);
    begin(&run, 1, "localhost", &third.edits);
    again = reopen(&state, run.id);
    ck_assert_uint_eq(run.records[1].backup_count, 2);
    ck_assert_uint_eq(again.records[1].backup_count, 2);
    ck_assert_str_eq(again.records[1].backups[0].path, "/main.cf");
    ck_assert_msg(journal_backup(&again, &again.records[1].backups[0], &out, &e), "%s", e.why);
    ck_assert_str_eq(buf_string(&out), "first");
    buf_free(&out);
    run_free(&again);
    run_free(&run);
    folder_free(&state);
}
END_TEST

/* Ended midway, begun again: undo brings back what was there before the first write; begun anew
 * after an end, what is there now. */
static const struct {
    const char *label;
    enum progress end; /* between the two begins */
    const char *want;
} founds[] = {
    {"without an end", PROGRESS_BEGUN, "first.example.net"},
    {"its undo begun", PROGRESS_UNDOING, "first.example.net"},
    {"failed, and put back", PROGRESS_FAILED, "second.example.net"},
    {"undone", PROGRESS_UNDONE, "second.example.net"},
};

START_TEST(test_found_first)
{
    struct folder state = folder_new();
    struct run run = start(&state, "old.example.net", NOW), again;

    begin(&run, 0, "first.example.net", NULL);
    if (founds[_i].end != PROGRESS_BEGUN)
        end(&run, 0, founds[_i].end, "");
    begin(&run, 0, "second.example.net", NULL);
    again = reopen(&state, run.id);
    ck_assert_msg(str_equal(run.records[0].before.v[0], founds[_i].want), "%s", founds[_i].label);
    ck_assert_msg(str_equal(again.records[0].before.v[0], founds[_i].want), "%s", founds[_i].label);
    run_free(&again);
    run_free(&run);
    folder_free(&state);
}
END_TEST

/* A file that the step made is taken away by undo: its copy says that it was not there. */
START_TEST(test_backup_of_a_made_file)
{
    struct folder state = folder_new();
    struct run run = start(&state, "old.example.net", NOW), again;
    struct edited edited;
    struct buf out = BUF_INIT(4096);
    struct error e = {0};

    edited_fill(&edited, "/macros", "");
    str_cut(edited.file.digest.hex, sizeof edited.file.digest.hex, HOST_ABSENT);
    begin(&run, 1, "localhost", &edited.edits);
    again = reopen(&state, run.id);
    ck_assert_str_eq(again.records[1].backups[0].before.hex, HOST_ABSENT);
    ck_assert_msg(journal_backup(&again, &again.records[1].backups[0], &out, &e), "%s", e.why);
    ck_assert_uint_eq(out.length, 0);
    run_free(&again);
    run_free(&run);
    folder_free(&state);
}
END_TEST

/* Old contents, byte for byte, whatever they are. */
static const char *const contents[] = {OLD_TEXT, "", "no newline at the end", "\r\n"};

START_TEST(test_backup)
{
    struct folder state = folder_new();
    struct run run = start(&state, "old.example.net", NOW), again;
    struct edited edited;
    struct buf out = BUF_INIT(4096);
    struct error e = {0};

    edited_fill(&edited, "/main.cf", contents[_i]);
    begin(&run, 1, "localhost", &edited.edits);
    again = reopen(&state, run.id);
    buf_text(&out, "kept: ");
    ck_assert_msg(journal_backup(&again, &again.records[1].backups[0], &out, &e), "%s: %s", e.what,
                  e.why);
    ck_assert_int_eq(strncmp(buf_string(&out), "kept: ", 6), 0);
    ck_assert_str_eq(buf_string(&out) + 6, contents[_i]);
    buf_free(&out);
    run_free(&again);
    run_free(&run);
    folder_free(&state);
}
END_TEST

/* Ended between two files, a step begins again with the second; undo must know of both. */
START_TEST(test_backups_of_two_begins)
{
    struct folder state = folder_new();
    struct run run = start(&state, "old.example.net", NOW), again;
    struct edited first, second;
    const struct backup *backups;
    struct buf out = BUF_INIT(4096);
    struct error e = {0};

    edited_fill(&first, "/master.cf", OLD_TEXT);
    edited_fill(&second, "/main.cf", NEW_TEXT);
    begin(&run, 1, "localhost", &first.edits);
    begin(&run, 1, "localhost", &second.edits);
    again = reopen(&state, run.id);
    ck_assert_uint_eq(again.records[1].backup_count, 2);
    backups = again.records[1].backups;
    ck_assert_str_eq(backups[0].path, "/master.cf");
    ck_assert_str_eq(backups[1].path, "/main.cf");
    ck_assert(journal_backup(&again, &backups[0], &out, &e));
    ck_assert(journal_backup(&again, &backups[1], &out, &e));
    ck_assert_str_eq(buf_string(&out), OLD_TEXT NEW_TEXT);
    ck_assert(journal_end(&again, 1, PROGRESS_FAILED, "put back", &e));
    begin(&again, 1, "localhost", &second.edits);
    ck_assert_uint_eq(again.records[1].backup_count, 1);
    buf_free(&out);
    run_free(&again);
    run_free(&run);
    folder_free(&state);
}
END_TEST

START_TEST(test_damaged_backup)
{
    struct folder state = folder_new();
    struct run run = whole_run(&state);
    struct folder_path path = file_of(&run, run.records[1].backups[0].copy);
    struct backup outside = {.path = "/main.cf", .copy = "../plan.json"};
    struct buf out = BUF_INIT(4096);
    struct error e = {0};

    ck_assert(!journal_backup(&run, &outside, &out, &e));
    ck_assert_int_eq(e.code, ERR_PLAN_DAMAGED);
    folder_write(path.s, "myhostname = evil\n", 18, 0600);
    ck_assert(!journal_backup(&run, &run.records[1].backups[0], &out, &e));
    ck_assert_int_eq(e.code, ERR_PLAN_DAMAGED);
    ck_assert_int_eq(unlink(path.s), 0);
    ck_assert(!journal_backup(&run, &run.records[1].backups[0], &out, &e));
    ck_assert_int_eq(e.code, ERR_NO_INPUT);
    buf_free(&out);
    run_free(&run);
    folder_free(&state);
}
END_TEST

/* A path that cannot be kept whole must not be written at all: undo would write somewhere else. */
START_TEST(test_long_path)
{
    struct folder state = folder_new();
    struct run run = start(&state, "old.example.net", NOW), again;
    struct edited edited;
    struct strings found = {0};
    const struct holding none = {.ttl_s = 0};
    struct error e = {0};
    char path[700];

    edited_fill(&edited, "/main.cf", OLD_TEXT);
    memset(path, 'a', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    edited.file.target = path;
    ck_assert(!journal_begin(&run, 1, &found, &none, &edited.edits, &e));
    ck_assert_int_eq(e.code, ERR_CANNOT_CREATE);
    again = reopen(&state, run.id);
    ck_assert_int_eq(again.records[1].progress, PROGRESS_NONE);
    run_free(&again);
    run_free(&run);
    folder_free(&state);
}
END_TEST

static const struct {
    const char *label, *own, *unit, *xdg, *home;
    const char *as_root, *as_user; /* NULL: refused */
} places[] = {
    {"its own variable", "/a", "/b", "/c", "/d", "/a", "/a"},
    {"of the unit", "", "/b", "/c", "/d", "/b", "/b"},
    {"the first of the unit", NULL, "/b:/b2", "/c", "/d", "/b", "/b"},
    {"XDG", NULL, NULL, "/c", "/d", "/var/lib/namesake", "/c/namesake"},
    {"XDG has to be absolute", NULL, "", "c", "/d", "/var/lib/namesake",
     "/d/.local/state/namesake"},
    {"home", NULL, NULL, NULL, "/d", "/var/lib/namesake", "/d/.local/state/namesake"},
    {"nothing", NULL, NULL, NULL, NULL, "/var/lib/namesake", NULL},
};

static void set(const char *name, const char *value)
{
    ck_assert_int_eq(value == NULL ? unsetenv(name) : setenv(name, value, 1), 0);
}

START_TEST(test_state_dir)
{
    const char *want = geteuid() == 0 ? places[_i].as_root : places[_i].as_user;
    char out[64];
    struct error e = {0};
    bool ok;

    set("NAMESAKE_STATE_DIR", places[_i].own);
    set("STATE_DIRECTORY", places[_i].unit);
    set("XDG_STATE_HOME", places[_i].xdg);
    set("HOME", places[_i].home);
    ok = journal_state_dir(out, sizeof out, &e);
    ck_assert_msg(ok == (want != NULL), "%s", places[_i].label);
    if (ok)
        ck_assert_msg(strcmp(out, want) == 0, "%s: %s", places[_i].label, out);
    set("NAMESAKE_STATE_DIR", "/a/path/that/is/longer/than/the/place/that/there/is/for/it/here/x");
    ck_assert(!journal_state_dir(out, sizeof out, &e));
    ck_assert_int_eq(e.code, ERR_CANNOT_CREATE);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {.name = "round trip", .test = test_round_trip, .rows = 1},
        {.name = "progress", .test = test_progress, .rows = ROWS(stories)},
        {.name = "modes", .test = test_modes, .rows = 1},
        {.name = "no secret", .test = test_no_secret, .rows = 1},
        {.name = "context", .test = test_context, .rows = 1},
        {.name = "torn line", .test = test_torn_line, .rows = 1},
        {.name = "torn first line", .test = test_torn_first_line, .rows = 1},
        {.name = "damaged line", .test = test_damaged_line, .rows = 1},
        {.name = "events", .test = test_events, .rows = ROWS(events)},
        {.name = "choice", .test = test_choice, .rows = ROWS(histories)},
        {.name = "ids", .test = test_ids, .rows = ROWS(ids)},
        {.name = "damaged plan", .test = test_damaged_plan, .rows = 1},
        {.name = "old run", .test = test_old_run, .rows = 1},
        {.name = "same second", .test = test_same_second, .rows = 1},
        {.name = "clock set back", .test = test_clock_set_back, .rows = 1},
        {.name = "cannot create", .test = test_cannot_create, .rows = 1},
        {.name = "backup", .test = test_backup, .rows = ROWS(contents)},
        {.name = "backups of two begins", .test = test_backups_of_two_begins, .rows = 1},
        {.name = "backups of two tries", .test = test_backups_of_two_tries, .rows = 1},
        {.name = "found first", .test = test_found_first, .rows = ROWS(founds)},
        {.name = "backup of a made file", .test = test_backup_of_a_made_file, .rows = 1},
        {.name = "damaged backup", .test = test_damaged_backup, .rows = 1},
        {.name = "long path", .test = test_long_path, .rows = 1},
        {.name = "state dir", .test = test_state_dir, .rows = ROWS(places)},
    };

    return unit_run("journal", tests, ROWS(tests));
}
