/* test_config.c - what files say and what is wrong with them: one pair of files a case. */
#include "agent/config.h"

#include "agent/base/file.h"
#include "agent/base/mem.h"

#include "tests/support/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define FOLDER "cases/config/"

static struct config config;
static struct config_mistakes mistakes;

static struct strings cases(void)
{
    struct strings list = {.count = 0};
    DIR *folder = opendir(FOLDER);

    ck_assert_msg(folder != NULL, "%s is there", FOLDER);
    for (const struct dirent *d = readdir(folder); d != NULL; d = readdir(folder)) {
        char path[300];

        snprintf(path, sizeof path, FOLDER "%s", d->d_name);
        if (str_ends(path, ".conf"))
            strings_add(&list, path);
    }
    closedir(folder);
    strings_sort(&list);
    return list;
}

/* "3 hosts.[0].adresses [config-key] unknown key "adresses" | did you mean "addresses"?" */
static void write_mistake(const struct config_mistake *m, struct buf *out)
{
    buf_printf(out, "%u ", m->line);
    if (m->key[0] != '\0')
        buf_printf(out, "%s ", m->key);
    buf_printf(out, "[%s] %s", error_id(m->code), m->text);
    if (m->repair[0] != '\0')
        buf_printf(out, " | %s", m->repair);
    buf_char(out, '\n');
}

static void write_mistakes(struct buf *out)
{
    size_t kept = mistakes.count < CONFIG_MISTAKES_MAX ? mistakes.count : CONFIG_MISTAKES_MAX;

    for (size_t i = 0; i < kept; i++)
        write_mistake(&mistakes.all[i], out);
    if (mistakes.count > kept)
        buf_printf(out, "and %zu more\n", mistakes.count - kept);
}

static void run_case(const char *path)
{
    struct buf want = BUF_INIT(1 << 20), got = BUF_INIT(1 << 20);
    char want_path[300];
    struct error e;
    bool ok = config_load(path, &config, &mistakes);

    snprintf(want_path, sizeof want_path, "%.*s.want", (int)(strlen(path) - strlen(".conf")), path);
    ck_assert_msg(file_read(want_path, &want, &e), "%s is there", want_path);
    write_mistakes(&got);
    ck_assert_msg(str_equal(buf_string(&want), buf_string(&got)), "%s:\n%sbut got\n%s", path,
                  buf_string(&want), buf_string(&got));
    ck_assert_msg(ok == (got.length == 0), "%s: true means that there is no mistake", path);
    ck_assert_msg(strstr(buf_string(&got), "hunter2") == NULL &&
                      strstr(buf_string(&got), "aHVudGVyMg") == NULL &&
                      strstr(buf_string(&got), "4711") == NULL,
                  "%s: no message repeats a secret", path);
    if (ok)
        config_free(&config);
    buf_free(&want);
    buf_free(&got);
}

START_TEST(each_case)
{
    struct strings list = cases();

    ck_assert_uint_ge(list.count, 40);
    for (size_t i = 0; i < list.count; i++)
        run_case(list.v[i]);
    strings_free(&list);
}
END_TEST

static void load_text(const char *text)
{
    struct buf got = BUF_INIT(1 << 16);
    bool ok = config_load_text("text", text, strlen(text), &config, &mistakes);

    write_mistakes(&got);
    ck_assert_msg(ok, "%s", buf_string(&got));
    buf_free(&got);
}

START_TEST(defaults)
{
    config_defaults(&config);
    ck_assert_uint_eq(config.dns.port, 53);
    ck_assert_uint_eq(config.dns.timeout_ms, 3000);
    ck_assert_uint_eq(config.dns.tries, 3);
    ck_assert_uint_eq(config.smtp_port, 25);
    ck_assert_uint_eq(config.smtp_timeout_s, 30);
    ck_assert(!config.forward_replace && !config.strict && !config.allow_private);
    ck_assert_uint_eq(config.max_changes, 10);
    ck_assert_uint_eq(config.ttl_s, 300);
    ck_assert_uint_eq(config.window_s, 1800);
    ck_assert_uint_eq(config.interval_s, 30);
    ck_assert_uint_eq(config.passes, 3);
    ck_assert_uint_eq(config.host_count + config.account_count + config.resolver_count, 0);
    config_free(&config);
    config_free(NULL);
}
END_TEST

START_TEST(hosts)
{
    load_text("name = \"Mail.Example.com.\";\n"
              "hosts = ( { name = \"mail.example.com\";"
              "            addresses = [ \"203.0.113.25\", \"2001:DB8::25\" ]; },\n"
              "          { mta = \"exim\"; banner = \"required\"; ssh = \"root@out2\";"
              "            addresses = [ \"10.0.0.1\" ]; } );\n");
    ck_assert_str_eq(config.name.s, "mail.example.com");
    ck_assert_uint_eq(config.host_count, 2);
    ck_assert_str_eq(config.hosts[0].mta, "auto");
    ck_assert_int_eq(config.hosts[0].banner, BANNER_AUTO);
    ck_assert_uint_eq(config.hosts[0].address_count, 2);
    ck_assert_str_eq(ip_text(&config.hosts[0].addresses[1]).s, "2001:db8::25");
    ck_assert_str_eq(config.hosts[1].name.s, "");
    ck_assert_str_eq(config.hosts[1].mta, "exim");
    ck_assert_int_eq(config.hosts[1].banner, BANNER_REQUIRED);
    ck_assert_str_eq(config.hosts[1].ssh, "root@out2");
    ck_assert_str_eq(ip_text(&config.hosts[1].addresses[0]).s, "10.0.0.1");
    config_free(&config);
}
END_TEST

START_TEST(numbers)
{
    load_text("resolvers = [ \"192.0.2.53\", \"[2001:db8::53]:5353\" ];\n"
              "dns = { port = 5300; timeout = \"1m\"; tries = 5; };\n"
              "smtp = { port = 2525; timeout = 90; };\n"
              "policy = { forward = \"replace\"; max_changes = 200; strict = true; ttl = 60;"
              "           allow_private = true; };\n"
              "verify = { window = \"1h30m\"; interval = \"5s\"; passes = 1; };\n");
    ck_assert_uint_eq(config.resolver_count, 2);
    ck_assert_uint_eq(config.resolvers[0].port, 53);
    ck_assert_uint_eq(config.resolvers[1].port, 5353);
    ck_assert_uint_eq(config.dns.port, 5300);
    ck_assert_uint_eq(config.dns.timeout_ms, 60000);
    ck_assert_uint_eq(config.dns.tries, 5);
    ck_assert_uint_eq(config.smtp_port, 2525);
    ck_assert_uint_eq(config.smtp_timeout_s, 90);
    ck_assert(config.forward_replace && config.strict && config.allow_private);
    ck_assert_uint_eq(config.max_changes, 200);
    ck_assert_uint_eq(config.ttl_s, 60);
    ck_assert_uint_eq(config.window_s, 5400);
    ck_assert_uint_eq(config.interval_s, 5);
    ck_assert_uint_eq(config.passes, 1);
    config_free(&config);
}
END_TEST

START_TEST(accounts)
{
    const struct account *a;

    load_text("providers = ( { id = \"dns\"; type = \"rfc2136\"; roles = [ \"forward\" ];"
              " zones = [ \"Example.COM.\" ]; nameserver = \"192.0.2.11\"; tsig_key = \"k\";"
              " tsig_secret = { command = [ \"pass\", \"show\", \"k\" ]; }; },"
              " { type = \"manual\"; networks = [ \"198.51.100.0/24\", \"2001:db8::/32\" ];"
              "   owner = \"Example Colo\"; endpoint = \"https://api.example.com\"; } );");
    ck_assert_uint_eq(config.account_count, 2);
    a = &config.accounts[0];
    ck_assert_str_eq(a->id, "dns");
    ck_assert_uint_eq(a->roles, ROLE_FORWARD);
    ck_assert_uint_eq(a->zones.count, 1);
    ck_assert_str_eq(a->zones.v[0], "example.com");
    ck_assert_str_eq(account_text(a, "nameserver"), "192.0.2.11");
    ck_assert_str_eq(account_text(a, "tsig_algorithm"), "hmac-sha256");
    ck_assert(account_has(a, "tsig_secret") && account_secret(a, "tsig_secret") == NULL);
    ck_assert_int_eq(a->values[3].ref.from, SECRET_COMMAND);
    ck_assert_str_eq(a->values[3].ref.place, "pass");
    ck_assert_uint_eq(a->values[3].ref.arg_count, 2);
    ck_assert_str_eq(a->values[3].ref.args[1], "k");
    a = &config.accounts[1];
    ck_assert_str_eq(a->id, "manual");
    ck_assert_uint_eq(a->roles, ROLE_PTR | ROLE_FORWARD);
    ck_assert_uint_eq(a->network_count, 2);
    ck_assert_str_eq(a->owner, "Example Colo");
    ck_assert_str_eq(a->endpoint, "https://api.example.com");
    config_free(&config);
}
END_TEST

/* A text of count pieces, each printed with its number. */
static void repeat(struct buf *out, const char *before, unsigned count, const char *piece,
                   const char *after)
{
    buf_text(out, before);
    for (unsigned i = 0; i < count; i++)
        buf_printf(out, "%s%s%u.%u.%u\" ]; }", i == 0 ? "" : ",\n", piece, i / 65536, i / 256 % 256,
                   i % 256);
    buf_text(out, after);
}

static const struct {
    const char *label;
    unsigned hosts;
    bool good;
} fleets[] = {
    {"4096 hosts are read", 4096, true},
    {"4097 hosts are too many", 4097, false},
};

START_TEST(fleet)
{
    struct buf text = BUF_INIT(1 << 20);
    bool ok;

    repeat(&text, "hosts = (\n", fleets[_i].hosts, "{ addresses = [ \"10.", " );\n");
    ck_assert(buf_ok(&text));
    ok = config_load_text("text", text.data, text.length, &config, &mistakes);
    ck_assert_msg(ok == fleets[_i].good, "%s", fleets[_i].label);
    if (ok) {
        ck_assert_uint_eq(config.host_count, fleets[_i].hosts);
        config_free(&config);
    } else {
        ck_assert_uint_eq(mistakes.count, 1);
        ck_assert_str_eq(mistakes.all[0].text, "more than 4096 hosts");
    }
    buf_free(&text);
}
END_TEST

static const struct {
    const char *label;
    size_t length;
    char fill;
    bool good;
    enum err code;
} sizes[] = {
    {"a MiB of blank lines is read", (1 << 20), '\n', true, ERR_NONE},
    {"more is not", (1 << 20) + 1, '\n', false, ERR_LIMIT_EXCEEDED},
    {"NUL bytes are no text", 100, '\0', false, ERR_CONFIG_SYNTAX},
    {"a MiB of one word", (1 << 20) - 1, 'x', false, ERR_CONFIG_SYNTAX},
    {"a MiB of quotes", (1 << 20) - 1, '"', false, ERR_CONFIG_SYNTAX},
    {"a MiB of braces", (1 << 20) - 1, '{', false, ERR_CONFIG_SYNTAX},
    {"a MiB of parentheses", (1 << 20) - 1, '(', false, ERR_CONFIG_SYNTAX},
};

START_TEST(size)
{
    char *text = mem_new(sizes[_i].length + 1, 1);
    bool ok;

    memset(text, sizes[_i].fill, sizes[_i].length);
    ok = config_load_text("text", text, sizes[_i].length, &config, &mistakes);
    ck_assert_msg(ok == sizes[_i].good, "%s", sizes[_i].label);
    if (ok)
        config_free(&config);
    else
        ck_assert_msg(mistakes.all[0].code == sizes[_i].code, "%s: %s", sizes[_i].label,
                      error_id(mistakes.all[0].code));
    free(text);
}
END_TEST

START_TEST(depth)
{
    struct buf text = BUF_INIT(1 << 20);

    buf_text(&text, "name = ");
    for (int i = 0; i < 500000; i++)
        buf_char(&text, '(');
    ck_assert(!config_load_text("text", text.data, text.length, &config, &mistakes));
    ck_assert_str_eq(mistakes.all[0].text, "nested more than 32 deep");
    buf_free(&text);
}
END_TEST

/* Nothing of this machine may decide a test. */
static void forget_environment(void)
{
    static const char *const names[] = {
        "DNSUPDATE_NAMESERVER", "DNSUPDATE_TSIG_KEY", "DNSUPDATE_TSIG_SECRET",
        "RFC2136_NAMESERVER",   "RFC2136_TSIG_KEY",   "RFC2136_TSIG_SECRET",
        "NAMESAKE_CONFIG",      "XDG_CONFIG_HOME",    "CREDENTIALS_DIRECTORY",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
}

int main(void)
{
    const struct unit_test tests[] = {
        {"each case", each_case, 1, 0}, {"defaults", defaults, 1, 0},
        {"hosts", hosts, 1, 0},         {"numbers", numbers, 1, 0},
        {"accounts", accounts, 1, 0},   {"fleet", fleet, ROWS(fleets), 0},
        {"size", size, ROWS(sizes), 0}, {"depth", depth, 1, 0},
    };

    forget_environment();
    return unit_run("config", tests, ROWS(tests));
}
