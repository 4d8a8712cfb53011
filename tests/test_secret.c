/* test_secret.c - tokens from variables, files and credentials; never in a message. */
#include "agent/base/secret.h"

#include "tests/support/folder.h"

#include "agent/base/str.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static const struct {
    const char *label, *content;
    size_t length;
    mode_t mode;
    enum err code; /* ERR_NONE: the token is "t0ken" */
} files[] = {
    {"a token and a newline", TEXT("t0ken\n"), 0600, ERR_NONE},
    {"a token without newline", TEXT("t0ken"), 0600, ERR_NONE},
    {"a token and a Windows newline", TEXT("t0ken\r\n"), 0600, ERR_NONE},
    {"a file that its owner may only read", TEXT("t0ken\n"), 0400, ERR_NONE},
    {"a file for everybody", TEXT("t0ken\n"), 0644, ERR_SECRET_MODE},
    {"a file for the group", TEXT("t0ken\n"), 0640, ERR_SECRET_MODE},
    {"a file that others may write", TEXT("t0ken\n"), 0602, ERR_SECRET_MODE},
    {"an empty file", TEXT(""), 0600, ERR_SECRET_MISSING},
    {"a newline only", TEXT("\n"), 0600, ERR_SECRET_MISSING},
    {"a Windows newline only", TEXT("\r\n"), 0600, ERR_SECRET_MISSING},
    {"a NUL byte inside", TEXT("t0\0ken\n"), 0600, ERR_SECRET_MISSING},
    {"a NUL byte at the end", TEXT("t0ken\0"), 0600, ERR_SECRET_MISSING},
};

/* No text of an error may hold the token. */
static bool shows(const struct error *e, const char *token)
{
    return strstr(e->what, token) != NULL || strstr(e->why, token) != NULL ||
           strstr(e->who, token) != NULL || strstr(e->next, token) != NULL ||
           strstr(e->alt, token) != NULL;
}

START_TEST(from_a_file)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "token");
    struct secret_ref ref = {.from = SECRET_FILE};
    struct secret secret = {0};
    struct error e = {0};

    folder_write(path.s, files[_i].content, files[_i].length, files[_i].mode);
    ck_assert(str_copy(ref.place, sizeof ref.place, path.s));
    bool loaded = secret_load(&ref, &secret, &e);
    ck_assert_msg(loaded == (files[_i].code == ERR_NONE), "%s: %s", files[_i].label, e.why);
    ck_assert_msg(e.code == files[_i].code, "%s: %s", files[_i].label, error_id(e.code));
    if (loaded) {
        ck_assert_msg(strcmp(secret.bytes, "t0ken") == 0, "%s", files[_i].label);
        ck_assert_uint_eq(secret.length, 5);
    } else {
        ck_assert_msg(secret.bytes == NULL, "%s: output touched", files[_i].label);
        ck_assert_msg(strstr(e.what, path.s) != NULL, "%s: the place is named", files[_i].label);
        ck_assert_msg(!shows(&e, "t0"), "%s: no part of the token is shown", files[_i].label);
    }
    secret_free(&secret);
    folder_free(&folder);
}
END_TEST

START_TEST(a_mode_error_says_what_to_type)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "my token");
    char expected[sizeof path + 16];
    struct secret_ref ref = {.from = SECRET_FILE};
    struct secret secret = {0};
    struct error e = {0};

    folder_write(path.s, TEXT("t0ken\n"), 0644);
    ck_assert(str_copy(ref.place, sizeof ref.place, path.s));
    ck_assert(!secret_load(&ref, &secret, &e));
    snprintf(expected, sizeof expected, "chmod 600 '%s'", path.s);
    ck_assert_str_eq(e.next, expected);
    ck_assert_msg(strstr(e.why, "0644") != NULL, "%s", e.why);
    folder_free(&folder);
}
END_TEST

START_TEST(a_link_to_a_file_is_fine)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "token"), link = in(&folder, "link");
    struct secret_ref ref = {.from = SECRET_FILE};
    struct secret secret = {0};
    struct error e = {0};

    folder_write(path.s, TEXT("t0ken\n"), 0600);
    ck_assert_int_eq(symlink(path.s, link.s), 0);
    ck_assert(str_copy(ref.place, sizeof ref.place, link.s));
    ck_assert_msg(secret_load(&ref, &secret, &e), "%s", e.why);
    secret_free(&secret);
    ck_assert_int_eq(chmod(path.s, 0644), 0);
    ck_assert_msg(!secret_load(&ref, &secret, &e), "the mode of the file counts, not the link's");
    folder_free(&folder);
}
END_TEST

START_TEST(only_regular_files_of_some_size)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "large"), pipe = in(&folder, "pipe");
    struct secret_ref ref = {.from = SECRET_FILE};
    struct secret secret = {0};
    struct error e = {0};
    size_t limit = 65536;
    char *large = malloc(limit + 1);

    ck_assert_ptr_nonnull(large);
    memset(large, 'x', limit + 1);
    ck_assert(str_copy(ref.place, sizeof ref.place, path.s));
    folder_write(path.s, large, limit, 0600);
    ck_assert_msg(secret_load(&ref, &secret, &e), "%s", e.why);
    ck_assert_uint_eq(secret.length, limit);
    secret_free(&secret);
    folder_write(path.s, large, limit + 1, 0600);
    ck_assert(!secret_load(&ref, &secret, &e));
    ck_assert_str_eq(e.why, "it is larger than 64 KiB");
    ck_assert_int_eq(mkfifo(pipe.s, 0600), 0);
    ck_assert(str_copy(ref.place, sizeof ref.place, pipe.s));
    ck_assert(!secret_load(&ref, &secret, &e)); /* and does not wait for a writer */
    ck_assert_str_eq(e.why, "it is not a regular file");
    ck_assert(str_copy(ref.place, sizeof ref.place, folder.path));
    ck_assert(!secret_load(&ref, &secret, &e));
    ck_assert(str_copy(ref.place, sizeof ref.place, "/nonexistent"));
    ck_assert(!secret_load(&ref, &secret, &e));
    ck_assert_int_eq(e.code, ERR_SECRET_MISSING);
    free(large);
    folder_free(&folder);
}
END_TEST

static const struct {
    const char *label, *value; /* NULL: not set */
    enum err code;
} variables[] = {
    {"a variable", "t0ken", ERR_NONE},
    {"a variable with a newline", "t0ken\n", ERR_NONE},
    {"an empty variable", "", ERR_SECRET_MISSING},
    {"a variable that is not set", NULL, ERR_SECRET_MISSING},
};

START_TEST(from_a_variable)
{
    struct secret_ref ref = {.from = SECRET_ENV, .place = "NAMESAKE_TEST_TOKEN"};
    struct secret secret = {0};
    struct error e = {0};

    if (variables[_i].value == NULL)
        unsetenv(ref.place);
    else
        setenv(ref.place, variables[_i].value, 1);
    bool loaded = secret_load(&ref, &secret, &e);
    ck_assert_msg(e.code == variables[_i].code, "%s: %s", variables[_i].label, e.why);
    if (loaded) {
        ck_assert_str_eq(secret.bytes, "t0ken");
        ck_assert_msg(strcmp(getenv(ref.place), variables[_i].value) == 0, "%s: the variable stays",
                      variables[_i].label);
    } else {
        ck_assert_msg(strstr(e.what, ref.place) != NULL, "%s: %s", variables[_i].label, e.what);
    }
    secret_free(&secret);
}
END_TEST

static const struct {
    const char *label, *name;
    bool with_folder;
    enum err code;
} credentials[] = {
    {"a credential, whatever its mode", "hcloud_token", true, ERR_NONE},
    {"an absent credential", "other", true, ERR_SECRET_MISSING},
    {"no service manager", "hcloud_token", false, ERR_SECRET_MISSING},
    {"a path for a name", "../hcloud_token", true, ERR_CONFIG_KEY},
    {"a slash in front", "/etc/shadow", true, ERR_CONFIG_KEY},
    {"the folder itself", ".", true, ERR_CONFIG_KEY},
    {"no name", "", true, ERR_CONFIG_KEY},
};

START_TEST(from_a_credential)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "hcloud_token");
    struct secret_ref ref = {.from = SECRET_CREDENTIAL};
    struct secret secret = {0};
    struct error e = {0};

    folder_write(path.s, TEXT("t0ken\n"), 0440);
    unsetenv("CREDENTIALS_DIRECTORY");
    if (credentials[_i].with_folder)
        setenv("CREDENTIALS_DIRECTORY", folder.path, 1);
    ck_assert(str_copy(ref.place, sizeof ref.place, credentials[_i].name));
    bool loaded = secret_load(&ref, &secret, &e);
    ck_assert_msg(e.code == credentials[_i].code, "%s: %s", credentials[_i].label, e.why);
    ck_assert_msg(!loaded || strcmp(secret.bytes, "t0ken") == 0, "%s", credentials[_i].label);
    secret_free(&secret);
    folder_free(&folder);
}
END_TEST

START_TEST(commands_are_not_run_here)
{
    struct secret_ref ref = {.from = SECRET_COMMAND, .place = "/usr/bin/pass"};
    struct secret secret = {0};
    struct error e = {0};

    ck_assert(!secret_load(&ref, &secret, &e));
    ck_assert_int_eq(e.code, ERR_INTERNAL);
    ref.from = SECRET_NONE;
    ck_assert(!secret_load(&ref, &secret, &e));
    ck_assert_int_eq(e.code, ERR_INTERNAL);
}
END_TEST

START_TEST(take_wipes_its_source)
{
    char text[] = "t0ken\n\n", wiped[sizeof text] = "";
    struct secret secret = {0};

    secret_take(&secret, text, sizeof text - 1);
    ck_assert_str_eq(secret.bytes, "t0ken\n"); /* one newline goes, not two */
    ck_assert_uint_eq(secret.length, 6);
    ck_assert_mem_eq(text, wiped, sizeof text);
    secret_free(&secret);
    ck_assert(secret.bytes == NULL && secret.length == 0);
    secret_free(&secret);
    secret_free(NULL);
    secret_take(&secret, text, 0);
    ck_assert_str_eq(secret.bytes, "");
    secret_free(&secret);
}
END_TEST

static const struct {
    struct secret_ref ref;
    const char *text;
} refs[] = {
    {{.from = SECRET_NONE}, "nothing"},
    {{.from = SECRET_ENV, .place = "HCLOUD_TOKEN"}, "variable HCLOUD_TOKEN"},
    {{.from = SECRET_FILE, .place = "/etc/namesake/x"}, "file /etc/namesake/x"},
    {{.from = SECRET_CREDENTIAL, .place = "hcloud_token"}, "credential hcloud_token"},
    {{.from = SECRET_COMMAND, .place = "pass", .args = {"show"}, .arg_count = 1}, "command pass"},
};

START_TEST(places_as_text)
{
    ck_assert_str_eq(secret_ref_text(&refs[_i].ref).s, refs[_i].text);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"from a file", from_a_file, ROWS(files), 0},
        {"a mode error", a_mode_error_says_what_to_type, 1, 0},
        {"a link to a file", a_link_to_a_file_is_fine, 1, 0},
        {"only regular files of some size", only_regular_files_of_some_size, 1, 0},
        {"from a variable", from_a_variable, ROWS(variables), 0},
        {"from a credential", from_a_credential, ROWS(credentials), 0},
        {"commands are not run here", commands_are_not_run_here, 1, 0},
        {"take wipes its source", take_wipes_its_source, 1, 0},
        {"places as text", places_as_text, ROWS(refs), 0},
    };

    return unit_run("secret", tests, ROWS(tests));
}
