/* test_digest.c - SHA-256 against the examples of FIPS 180-4. */
#include "agent/base/digest.h"

#include "tests/support/unit.h"

#include <string.h>

static const struct {
    const char *label, *text, *hex;
} rows[] = {
    {"of nothing", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"one block", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

START_TEST(sha256)
{
    struct digest digest = digest_of(rows[_i].text, strlen(rows[_i].text));

    ck_assert_msg(strcmp(digest.hex, rows[_i].hex) == 0, "%s: %s", rows[_i].label, digest.hex);
}
END_TEST

START_TEST(no_data_at_all)
{
    ck_assert_str_eq(digest_of(NULL, 0).hex, rows[0].hex);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"sha256", sha256, ROWS(rows), 0},
        {"no data at all", no_data_at_all, 1, 0},
    };

    return unit_run("digest", tests, ROWS(tests));
}
