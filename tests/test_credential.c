/* test_credential.c - every way to hand an account its credential, for each vendor that proves it in the lab. */
#include "agent/config.h"

#include "agent/base/file.h"

#include "tests/support/folder.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET "c2VjcmV0"
#define HERE "/proc/self/cwd/" /* the test's own folder; a secret's path is absolute */

/* A vendor: what it takes besides the secret, and the names of both. */
static const struct {
    const char *type, *key, *secret_key; /* settings */
    const char *entry;                   /* of the configuration, less the secret */
    const char *value;                   /* of the key */
    const char *variable, *secret_variable;
    const char *more[3]; /* another variable that has to be there; NULL: none */
} vendors[] = {
    {"rfc2136",
     "nameserver",
     "tsig_secret",
     "nameserver = \"192.0.2.1\"; tsig_key = \"k\";",
     "192.0.2.1",
     "DNSUPDATE_NAMESERVER",
     "DNSUPDATE_TSIG_SECRET",
     {"DNSUPDATE_TSIG_KEY", "k"}},
    {"rfc2136",
     "nameserver",
     "tsig_secret",
     "nameserver = \"192.0.2.1\"; tsig_key = \"k\";",
     "192.0.2.1",
     "RFC2136_NAMESERVER",
     "RFC2136_TSIG_SECRET",
     {"RFC2136_TSIG_KEY", "k"}},
    {"powerdns",
     "endpoint",
     "api_key",
     "endpoint = \"https://ns1.example.com\";",
     "https://ns1.example.com",
     "PDNS_API_URL",
     "PDNS_API_KEY",
     {NULL}},
};

/* A form: how the secret is given. */
enum form { ENTRY_ENV, ENTRY_FILE, ENTRY_CREDENTIAL, ENTRY_COMMAND, NAME, NAME_FILE, LOWER_CASE };

static const struct {
    const char *label;
    enum form form;
    const char *entry; /* of the configuration */
    enum secret_from from;
} forms[] = {
    {"env", ENTRY_ENV, "{ env = \"OWN\"; }", SECRET_ENV},
    {"file", ENTRY_FILE, "{ file = \"" HERE "own\"; }", SECRET_FILE},
    {"credential", ENTRY_CREDENTIAL, "{ credential = \"own\"; }", SECRET_CREDENTIAL},
    {"command", ENTRY_COMMAND, "{ command = [ \"printf\", \"%s\\n\", \"" SECRET "\" ]; }",
     SECRET_COMMAND},
    {"the vendor's variable", NAME, NULL, SECRET_ENV},
    {"NAME_FILE", NAME_FILE, NULL, SECRET_FILE},
    {"a systemd credential in lower case", LOWER_CASE, NULL, SECRET_CREDENTIAL},
};

#define FORMS (int)(sizeof forms / sizeof forms[0])
#define VENDORS (int)(sizeof vendors / sizeof vendors[0])

static struct folder folder;

static void leave_nothing(void)
{
    folder_free(&folder);
}

static void start(void)
{
    folder = folder_new();
    ck_assert(atexit(leave_nothing) == 0);
    ck_assert(clearenv() == 0 && chdir(folder.path) == 0);
    ck_assert(setenv("PATH", "/usr/bin:/bin", 1) == 0);
}

static void put(const char *path, const char *text)
{
    folder_write(path, text, strlen(text), 0600);
}

/* As the vendor's own tools have it: NAME, NAME_FILE or a credential. */
static void give(const char *name, const char *value, enum form form)
{
    char text[64], lower[64];
    size_t i;

    snprintf(text, sizeof text, "%s_FILE", name);
    for (i = 0; name[i] != '\0'; i++)
        lower[i] = str_lower(name[i]);
    lower[i] = '\0';
    if (form == NAME) {
        setenv(name, value, 1);
    } else if (form == NAME_FILE) {
        put(name, value);
        setenv(text, name, 1);
    } else {
        put(lower, value);
        setenv("CREDENTIALS_DIRECTORY", folder.path, 1);
    }
}

static void give_environment(int vendor, enum form form)
{
    give(vendors[vendor].variable, vendors[vendor].value, form);
    give(vendors[vendor].secret_variable, form == NAME ? SECRET : SECRET "\n", form);
    if (vendors[vendor].more[0] != NULL)
        give(vendors[vendor].more[0], vendors[vendor].more[1], form);
}

static void give_entry(int vendor, const char *entry)
{
    char text[512];

    snprintf(text, sizeof text, "providers = ( { id = \"a\"; type = \"%s\"; %s %s = %s; } );\n",
             vendors[vendor].type, vendors[vendor].entry, vendors[vendor].secret_key, entry);
    put("a.conf", text);
    put("own", SECRET "\n");
    setenv("OWN", SECRET, 1);
    setenv("CREDENTIALS_DIRECTORY", folder.path, 1);
}

START_TEST(each_form_for_each_vendor)
{
    const int vendor = _i / FORMS, form = _i % FORMS;
    static struct config config;
    static struct config_mistakes mistakes;
    struct account *account;
    const struct secret *secret;
    struct error e = {0};
    size_t i;

    start();
    if (forms[form].entry != NULL)
        give_entry(vendor, forms[form].entry);
    else
        give_environment(vendor, forms[form].form);
    ck_assert_msg(config_load(forms[form].entry != NULL ? "a.conf" : "none", &config, &mistakes),
                  "%s, %s: %s %s", vendors[vendor].type, forms[form].label, mistakes.all[0].key,
                  mistakes.all[0].text);
    account = &config.accounts[0];
    ck_assert_msg(config.account_count == 1, "%s, %s: no account", vendors[vendor].secret_variable,
                  forms[form].label);
    ck_assert_str_eq(account->provider->type, vendors[vendor].type);
    ck_assert_str_eq(account_text(account, vendors[vendor].key), vendors[vendor].value);
    ck_assert(provider_setting(account->provider, vendors[vendor].secret_key, &i));
    ck_assert_msg(account->values[i].ref.from == forms[form].from, "%s, %s: from %s",
                  vendors[vendor].secret_variable, forms[form].label,
                  secret_ref_text(&account->values[i].ref).s);
    ck_assert_msg(config_open_account(account, &e), "%s, %s: %s", vendors[vendor].secret_variable,
                  forms[form].label, e.why);
    secret = account_secret(account, vendors[vendor].secret_key);
    ck_assert(secret != NULL);
    ck_assert_str_eq(secret->bytes, SECRET);
    config_free(&config);
}
END_TEST

static const struct {
    const char *label, *url, *key; /* variables; NULL: not set */
    const char *entry;             /* a configuration; NULL: none */
    const char *endpoint;          /* of the account; NULL: there is none */
    const char *mistake;           /* the key that is wrong; NULL: none */
} powerdns[] = {
    {"both variables", "https://a.example", "k", NULL, "https://a.example", NULL},
    {"an address alone is no account", "https://a.example", NULL, NULL, NULL, NULL},
    {"a key alone is no account", NULL, "k", NULL, NULL, NULL},
    {"this machine over http", "http://[::1]:8081", "k", NULL, "http://[::1]:8081", NULL},
    {"another machine over http", "http://192.0.2.11:8081", "k", NULL, NULL, "PDNS_API_URL"},
    {"the file wins", "https://a.example", "k", "endpoint = \"https://b.example\";",
     "https://b.example", NULL},
    {"the file lacks what a variable has", "https://a.example", "k", "", "https://a.example", NULL},
    {"an address of the file is enough", NULL, NULL,
     "endpoint = \"https://b.example\"; api_key = { env = \"X\"; };", "https://b.example", NULL},
    {"the file lacks what nobody has", NULL, "k", "", NULL, "providers.[0]"},
    {"the file names another machine over http", NULL, "k",
     "endpoint = \"http://ns1.example.com:8081\";", NULL, "providers.[0].endpoint"},
    {"no name of a server", NULL, "k", "endpoint = \"https://b.example\"; server = \"\";", NULL,
     "providers.[0].server"},
};

START_TEST(powerdns_account)
{
    static struct config config;
    static struct config_mistakes mistakes;
    char text[512];
    bool ok;

    start();
    if (powerdns[_i].url != NULL)
        setenv("PDNS_API_URL", powerdns[_i].url, 1);
    if (powerdns[_i].key != NULL)
        setenv("PDNS_API_KEY", powerdns[_i].key, 1);
    snprintf(text, sizeof text, "providers = ( { type = \"powerdns\"; %s } );\n",
             powerdns[_i].entry != NULL ? powerdns[_i].entry : "");
    put("a.conf", text);
    ok = config_load(powerdns[_i].entry != NULL ? "a.conf" : "none", &config, &mistakes);
    ck_assert_msg(ok == (powerdns[_i].mistake == NULL), "%s: %s: %s", powerdns[_i].label,
                  mistakes.all[0].key, mistakes.all[0].text);
    if (!ok) {
        ck_assert_uint_eq(mistakes.count, 1);
        ck_assert_str_eq(mistakes.all[0].key, powerdns[_i].mistake);
        return;
    }
    ck_assert_msg(config.account_count == (powerdns[_i].endpoint != NULL), "%s",
                  powerdns[_i].label);
    if (powerdns[_i].endpoint != NULL) {
        ck_assert_str_eq(config.accounts[0].endpoint, powerdns[_i].endpoint);
        ck_assert_str_eq(account_text(&config.accounts[0], "server"), "localhost");
    }
    config_free(&config);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"each form for each vendor", each_form_for_each_vendor, VENDORS * FORMS, 0},
        {"the account of PowerDNS", powerdns_account, ROWS(powerdns), 0},
    };

    return unit_run("credential", tests, ROWS(tests));
}
