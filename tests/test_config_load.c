/* test_config_load.c - which files are read, what the environment adds, how secrets are loaded. */
#include "agent/config.h"

#include "agent/base/file.h"
#include "agent/base/json.h"

#include "tests/support/folder.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The build compiles agent/config.c again for this test, with "etc" for /etc/namesake. */

static struct config config;
static struct config_mistakes mistakes;

static struct folder folder;

static void leave_nothing(void)
{
    folder_free(&folder);
}

/* A folder of our own as the current one, and an environment with nothing of this machine. */
static void start(void)
{
    folder = folder_new();
    ck_assert(atexit(leave_nothing) == 0);
    ck_assert(clearenv() == 0 && chmod(folder.path, 0755) == 0);
    ck_assert(chdir(folder.path) == 0);
}

static void write_file(const char *path, mode_t mode, const char *text)
{
    char parent[256];
    struct error e;

    str_cut(parent, sizeof parent, path);
    if (strrchr(parent, '/') != NULL) {
        *strrchr(parent, '/') = '\0';
        ck_assert_msg(file_make_folder(parent, 0755, &e), "%s", parent);
    }
    ck_assert_msg(file_replace(path, text, strlen(text), mode, &e), "%s", path);
}

static void load(const char *path)
{
    bool ok = config_load(path, &config, &mistakes);

    ck_assert_msg(ok, "%s:%u %s %s", mistakes.all[0].file, mistakes.all[0].line,
                  mistakes.all[0].key, mistakes.all[0].text);
}

static void refuse(const char *path)
{
    ck_assert_msg(!config_load(path, &config, &mistakes), "there is a mistake");
    ck_assert_uint_ge(mistakes.count, 1);
}

START_TEST(nothing_is_there)
{
    start();
    load(NULL);
    ck_assert_str_eq(config.path, "");
    ck_assert_uint_eq(config.max_changes, 10);
    config_free(&config);
}
END_TEST

START_TEST(standard_places)
{
    start();
    write_file("etc/namesake.conf", 0644,
               "policy = { max_changes = 1; ttl = 60; };\n"
               "hosts = ( { addresses = [ \"203.0.113.1\" ]; } );\n");
    write_file("etc/conf.d/20-b.conf", 0644, "policy = { max_changes = 3; };\n");
    write_file("etc/conf.d/10-a.conf", 0644,
               "policy = { max_changes = 2; };\n"
               "hosts = ( { addresses = [ \"203.0.113.2\" ]; } );\n");
    write_file("etc/conf.d/30-c.conf.bak", 0644, "policy = { max_changes = 4; };\n");
    write_file("etc/conf.d/.hidden.conf", 0644, "policy = { max_changes = 5; };\n");
    load(NULL);
    ck_assert_str_eq(config.path, "etc/namesake.conf");
    ck_assert_uint_eq(config.max_changes, 3);
    ck_assert_uint_eq(config.ttl_s, 60);
    ck_assert_uint_eq(config.host_count, 2);
    ck_assert_str_eq(ip_text(&config.hosts[1].addresses[0]).s, "203.0.113.2");
    config_free(&config);
}
END_TEST

START_TEST(mistakes_of_all_files)
{
    start();
    write_file("etc/namesake.conf", 0644, "name = x;\n");
    write_file("etc/conf.d/a.conf", 0644,
               "\nnme = 1;\nhosts = ( { addresses = [ \"::1\" ]; } );\n");
    write_file("etc/conf.d/b.conf", 0644, "hosts = ( { addresses = [ \"::1\" ]; } );\n\nx = 1;\n");
    refuse(NULL);
    ck_assert_uint_eq(mistakes.count, 4);
    ck_assert_str_eq(mistakes.all[0].file, "etc/namesake.conf");
    ck_assert_int_eq(mistakes.all[0].code, ERR_CONFIG_SYNTAX);
    ck_assert_str_eq(mistakes.all[1].file, "etc/conf.d/a.conf");
    ck_assert_uint_eq(mistakes.all[1].line, 2);
    ck_assert_str_eq(mistakes.all[2].file, "etc/conf.d/b.conf");
    ck_assert_str_eq(mistakes.all[2].key, "hosts.[0].addresses.[0]");
    ck_assert_str_eq(mistakes.all[2].text, "::1 is already given in line 3 of etc/conf.d/a.conf");
    ck_assert_uint_eq(mistakes.all[3].line, 3);
}
END_TEST

static const struct {
    const char *label, *option, *variable;
    uint32_t max_changes;
} orders[] = {
    {"the standard file, when nothing is said", NULL, NULL, 1},
    {"the variable before it", NULL, "variable.conf", 2},
    {"the option before both", "option.conf", "variable.conf", 3},
    {"the option says none", "none", "variable.conf", 10},
    {"the variable says none", NULL, "none", 10},
    {"an empty variable says nothing", NULL, "", 1},
};

START_TEST(order)
{
    start();
    write_file("etc/namesake.conf", 0644, "policy = { max_changes = 1; };\n");
    write_file("variable.conf", 0644, "policy = { max_changes = 2; };\n");
    write_file("option.conf", 0644, "policy = { max_changes = 3; };\n");
    if (orders[_i].variable != NULL)
        setenv("NAMESAKE_CONFIG", orders[_i].variable, 1);
    load(orders[_i].option);
    ck_assert_msg(config.max_changes == orders[_i].max_changes, "%s", orders[_i].label);
    config_free(&config);
}
END_TEST

static const struct {
    const char *label, *xdg, *home, *file;
} own_files[] = {
    {"below $XDG_CONFIG_HOME", "xdg", "home", "xdg/namesake/namesake.conf"},
    {"below ~/.config without it", "", "home", "home/.config/namesake/namesake.conf"},
};

START_TEST(own_file)
{
    start();
    write_file("etc/namesake.conf", 0644, "policy = { max_changes = 1; ttl = 60; };\n");
    write_file(own_files[_i].file, 0644, "policy = { max_changes = 7; };\n");
    setenv("XDG_CONFIG_HOME", own_files[_i].xdg, 1);
    setenv("HOME", own_files[_i].home, 1);
    if (geteuid() == 0) {
        load(NULL);
        ck_assert_msg(config.max_changes == 1, "root has no file of its own");
        config_free(&config);
        ck_assert(setuid(65534) == 0);
    }
    load(NULL);
    ck_assert_msg(config.max_changes == 7 && config.ttl_s == 60, "%s", own_files[_i].label);
    config_free(&config);
}
END_TEST

START_TEST(a_named_file_has_to_be_there)
{
    start();
    refuse("nowhere.conf");
    ck_assert_int_eq(mistakes.all[0].code, ERR_NO_INPUT);
    ck_assert_str_eq(mistakes.all[0].file, "nowhere.conf");
    refuse("/tmp");
    ck_assert_int_eq(mistakes.all[0].code, ERR_NO_INPUT);
}
END_TEST

START_TEST(includes)
{
    start();
    write_file("conf/main.conf", 0644,
               "policy = { max_changes = 4; };\n"
               "/* not this one:\n"
               "@include \"nowhere.conf\"\n"
               "*/\n"
               "  @include \"sub/hosts.conf\" policy2 = 1;\n");
    write_file("conf/sub/hosts.conf", 0644, "hosts = (\n@include \"one.conf\"\n);\nnme = 1;\n");
    write_file("conf/sub/one.conf", 0644, "{ addresses = [ \"203.0.113.1\", \"x\" ]; }");
    refuse("conf/main.conf");
    ck_assert_uint_eq(mistakes.count, 3);
    ck_assert_str_eq(mistakes.all[0].file, "conf/main.conf");
    ck_assert_uint_eq(mistakes.all[0].line, 5);
    ck_assert_str_eq(mistakes.all[1].file, "conf/sub/hosts.conf");
    ck_assert_uint_eq(mistakes.all[1].line, 4);
    ck_assert_str_eq(mistakes.all[2].file, "conf/sub/one.conf");
    ck_assert_uint_eq(mistakes.all[2].line, 1);
}
END_TEST

static void set_variables(const char *const *variables)
{
    for (; variables[0] != NULL; variables += 2)
        setenv(variables[0], variables[1], 1);
}

static const struct {
    const char *label;
    const char *variables[9]; /* name, value, ... */
    const char *file;         /* "nameserver" or "update_secret" content goes through files */
    const char *want;         /* nameserver, key and where the secret is; "": no account */
} environments[] = {
    {"nothing set", {NULL}, "", ""},
    {"a name server alone is enough",
     {"DNSUPDATE_NAMESERVER", "192.0.2.1", NULL},
     "",
     "192.0.2.1  nothing"},
    {"a key alone is not", {"DNSUPDATE_TSIG_KEY", "k", NULL}, "", ""},
    {"a key without its secret is not",
     {"DNSUPDATE_NAMESERVER", "192.0.2.1", "DNSUPDATE_TSIG_KEY", "k", NULL},
     "",
     ""},
    {"all of it",
     {"DNSUPDATE_NAMESERVER", "192.0.2.1", "DNSUPDATE_TSIG_KEY", "k", "DNSUPDATE_TSIG_SECRET",
      "c2VjcmV0", NULL},
     "",
     "192.0.2.1 k variable DNSUPDATE_TSIG_SECRET"},
    {"the older names", {"RFC2136_NAMESERVER", "192.0.2.2", NULL}, "", "192.0.2.2  nothing"},
    {"the newer name wins",
     {"RFC2136_NAMESERVER", "192.0.2.2", "DNSUPDATE_NAMESERVER", "192.0.2.1", NULL},
     "",
     "192.0.2.1  nothing"},
    {"an empty variable is none",
     {"DNSUPDATE_NAMESERVER", "", "RFC2136_NAMESERVER", "192.0.2.2", NULL},
     "",
     "192.0.2.2  nothing"},
    {"files, by NAME_FILE",
     {"DNSUPDATE_NAMESERVER_FILE", "files/ns", "DNSUPDATE_TSIG_KEY", "k",
      "DNSUPDATE_TSIG_SECRET_FILE", "files/secret", NULL},
     "",
     "192.0.2.3 k file files/secret"},
    {"a systemd credential in lower case",
     {"CREDENTIALS_DIRECTORY", "credentials", "DNSUPDATE_TSIG_KEY", "k", NULL},
     "credentials/dnsupdate_tsig_secret",
     "192.0.2.3 k credential dnsupdate_tsig_secret"},
};

START_TEST(environment)
{
    char got[900] = "";

    start();
    write_file("files/ns", 0644, "192.0.2.3\n");
    write_file("files/secret", 0600, "c2VjcmV0\n");
    if (environments[_i].file[0] != '\0') {
        write_file(environments[_i].file, 0600, "c2VjcmV0");
        write_file("credentials/dnsupdate_nameserver", 0600, "192.0.2.3");
    }
    set_variables(environments[_i].variables);
    load("none");
    ck_assert_uint_le(config.account_count, 1);
    if (config.account_count == 1)
        snprintf(got, sizeof got, "%s %s %s", account_text(&config.accounts[0], "nameserver"),
                 account_text(&config.accounts[0], "tsig_key"),
                 secret_ref_text(&config.accounts[0].values[3].ref).s);
    ck_assert_msg(str_equal(got, environments[_i].want), "%s: \"%s\", not \"%s\"",
                  environments[_i].label, environments[_i].want, got);
    config_free(&config);
}
END_TEST

START_TEST(a_file_that_mentions_the_vendor_wins)
{
    start();
    setenv("DNSUPDATE_NAMESERVER", "192.0.2.1", 1);
    setenv("DNSUPDATE_TSIG_KEY", "other", 1);
    setenv("DNSUPDATE_TSIG_SECRET", "c2VjcmV0", 1);
    write_file(
        "a.conf", 0644,
        "providers = ( { id = \"a\"; type = \"rfc2136\"; nameserver = \"192.0.2.9\"; },\n"
        "  { id = \"b\"; type = \"rfc2136\"; nameserver = \"192.0.2.9\"; tsig_key = \"k\"; } );");
    load("a.conf");
    ck_assert_uint_eq(config.account_count, 2);
    ck_assert_str_eq(account_text(&config.accounts[0], "nameserver"), "192.0.2.9");
    ck_assert_msg(!account_has(&config.accounts[0], "tsig_key"), "what may be absent stays so");
    ck_assert_str_eq(account_text(&config.accounts[1], "tsig_key"), "k");
    ck_assert_msg(account_has(&config.accounts[1], "tsig_secret"), "what has to be there is found");
    config_free(&config);
}
END_TEST

START_TEST(a_wrong_variable_is_a_mistake)
{
    start();
    setenv("DNSUPDATE_NAMESERVER", "ns1.example.com", 1);
    refuse("none");
    ck_assert_uint_eq(mistakes.count, 1);
    ck_assert_str_eq(mistakes.all[0].file, "the environment");
    ck_assert_str_eq(mistakes.all[0].key, "DNSUPDATE_NAMESERVER");
}
END_TEST

static const struct {
    const char *label, *secret; /* as in the file; NULL: none */
    enum err code;
    const char *says; /* a part of reason and next command */
} secrets[] = {
    {"from a variable", "env = \"OWN_SECRET\"", ERR_NONE, ""},
    {"from a file", "file = \"/proc/self/cwd/good\"", ERR_NONE, ""},
    {"from a credential", "credential = \"good\"", ERR_NONE, ""},
    {"from a command", "command = [ \"printf\", \"%s\\n\", \"c2VjcmV0\" ]", ERR_NONE, ""},
    {"a variable that is not set", "env = \"NOT_SET\"", ERR_SECRET_MISSING,
     "read -rs NOT_SET && export NOT_SET"},
    {"a file that is not there", "file = \"/nowhere/at all\"", ERR_SECRET_MISSING,
     "install -m 600 /dev/stdin '/nowhere/at all'"},
    {"a file that others may read", "file = \"/proc/self/cwd/open\"", ERR_SECRET_MODE,
     "chmod 600 /proc/self/cwd/open"},
    {"an empty file", "file = \"/proc/self/cwd/empty\"", ERR_SECRET_MISSING, "empty"},
    {"a credential that is not there", "credential = \"absent\"", ERR_SECRET_MISSING, "No such"},
    {"a command that fails", "command = [ \"false\" ]", ERR_SECRET_MISSING, "ended with status 1"},
    {"a command that prints nothing", "command = [ \"true\" ]", ERR_SECRET_MISSING,
     "printed nothing"},
    {"a command that prints a NUL byte", "command = [ \"head\", \"-c1\", \"/dev/zero\" ]",
     ERR_SECRET_MISSING, "NUL"},
    {"no such command", "command = [ \"no-such-program-here\" ]", ERR_SECRET_MISSING,
     "no-such-program-here"},
    {"no secret at all", NULL, ERR_CREDENTIAL_MISSING,
     "DNSUPDATE_TSIG_SECRET or RFC2136_TSIG_SECRET is not set"},
};

START_TEST(opening)
{
    struct buf text = BUF_INIT(4096);
    struct error e = {.code = ERR_NONE};
    char says[1000];

    start();
    setenv("OWN_SECRET", "c2VjcmV0", 1);
    setenv("CREDENTIALS_DIRECTORY", "credentials", 1);
    setenv("PATH", "/usr/bin:/bin", 1);
    write_file("good", 0600, "c2VjcmV0\n");
    write_file("open", 0644, "c2VjcmV0\n");
    write_file("empty", 0600, "");
    write_file("credentials/good", 0440, "c2VjcmV0\n");
    buf_text(&text, "providers = ( { id = \"a\"; type = \"rfc2136\"; nameserver = \"192.0.2.9\";"
                    " tsig_key = \"k\"; ");
    if (secrets[_i].secret != NULL)
        buf_printf(&text, "tsig_secret = { %s; }; ", secrets[_i].secret);
    buf_text(&text, "} );\n");
    write_file("a.conf", 0644, buf_string(&text));
    load("a.conf");
    ck_assert_msg(account_secret(&config.accounts[0], "tsig_secret") == NULL,
                  "loading the configuration opens no secret");
    (void)!config_open_account(&config.accounts[0], &e);
    ck_assert_msg(e.code == secrets[_i].code, "%s: %s %s", secrets[_i].label, error_id(e.code),
                  e.why);
    snprintf(says, sizeof says, "%s; %s", e.why, e.next);
    ck_assert_msg(strstr(says, secrets[_i].says) != NULL, "%s: \"%s\"", secrets[_i].label, says);
    ck_assert_msg(strstr(says, "c2VjcmV0") == NULL || strstr(says, "printf") != NULL,
                  "no message holds the secret");
    if (e.code == ERR_NONE)
        ck_assert_str_eq(account_secret(&config.accounts[0], "tsig_secret")->bytes, "c2VjcmV0");
    ck_assert_msg(e.code != ERR_NONE || config_open_account(&config.accounts[0], &e),
                  "opening twice is fine");
    config_free(&config);
    buf_free(&text);
}
END_TEST

START_TEST(there_and_back)
{
    struct account back;
    struct error e = {.code = ERR_NONE};

    start();
    setenv("OWN_SECRET", "c2VjcmV0", 1);
    write_file("a.conf", 0644,
               "providers = ( { id = \"a\"; type = \"rfc2136\"; roles = [ \"ptr\" ]; zones = [ "
               "\"x.example\" ];"
               " networks = [ \"198.51.100.0/24\", \"2001:db8::1\" ]; nameserver = \"192.0.2.9\";"
               " tsig_key = \"k\"; tsig_secret = { env = \"OWN_SECRET\"; }; },\n"
               "{ id = \"b\"; type = \"rfc2136\"; nameserver = \"192.0.2.9\"; tsig_key = \"k\";"
               " tsig_secret = { command = [ \"pass\", \"show\", \"k\" ]; }; },\n"
               "{ id = \"c\"; type = \"manual\"; owner = \"Example Colo\";"
               " endpoint = \"https://api.example.com\"; } );");
    load("a.conf");
    ck_assert(config_open_account(&config.accounts[0], &e));
    for (size_t i = 0; i < config.account_count; i++) {
        json_t *document = config_account_to_json(&config.accounts[i]), *again;
        char *text = json_canonical(document), *other;

        ck_assert_msg(strstr(text, "c2VjcmV0") == NULL, "no secret in %s", text);
        ck_assert_msg(config_account_from_json(document, &back, &e), "%s: %s", e.what, e.why);
        again = config_account_to_json(&back);
        other = json_canonical(again);
        ck_assert_str_eq(text, other);
        account_free(&back);
        json_decref(document);
        json_decref(again);
        free(text);
        free(other);
    }
    config_free(&config);
}
END_TEST

static const struct {
    const char *label, *text;
} documents[] = {
    {"no object", "[]"},
    {"an empty object", "{}"},
    {"an unknown vendor", "{\"type\": \"nobody\"}"},
    {"no id", "{\"type\": \"manual\"}"},
    {"networks that are none",
     "{\"type\": \"manual\", \"id\": \"x\", \"roles\": [], \"zones\": [], \"networks\": [\"x\"],"
     " \"owner\": \"\", \"endpoint\": \"\", \"settings\": {}}"},
    {"a secret as text",
     "{\"type\": \"rfc2136\", \"id\": \"x\", \"roles\": [], \"zones\": [], \"networks\": [],"
     " \"owner\": \"\", \"endpoint\": \"\", \"settings\": {\"tsig_secret\": \"x\"}}"},
    {"settings that are no object",
     "{\"type\": \"manual\", \"id\": \"x\", \"roles\": [], \"zones\": [\"a\"], \"networks\": [],"
     " \"owner\": \"\", \"endpoint\": \"\", \"settings\": []}"},
};

START_TEST(damaged_document)
{
    json_t *document = json_loads(documents[_i].text, 0, NULL);
    struct account account;
    struct error e;

    ck_assert_msg(!config_account_from_json(document, &account, &e), "%s", documents[_i].label);
    ck_assert_msg(e.code == ERR_PROTOCOL, "%s: %s", documents[_i].label, error_id(e.code));
    json_decref(document);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"nothing is there", nothing_is_there, 1, 0},
        {"standard places", standard_places, 1, 0},
        {"mistakes of all files", mistakes_of_all_files, 1, 0},
        {"order", order, ROWS(orders), 0},
        {"own file", own_file, ROWS(own_files), 0},
        {"a named file has to be there", a_named_file_has_to_be_there, 1, 0},
        {"includes", includes, 1, 0},
        {"environment", environment, ROWS(environments), 0},
        {"a file that mentions the vendor wins", a_file_that_mentions_the_vendor_wins, 1, 0},
        {"a wrong variable is a mistake", a_wrong_variable_is_a_mistake, 1, 0},
        {"opening", opening, ROWS(secrets), 0},
        {"there and back", there_and_back, 1, 0},
        {"damaged document", damaged_document, ROWS(documents), 0},
    };

    return unit_run("config_load", tests, ROWS(tests));
}
