/* test_tsig.c - signatures of DNS messages, against exchanges recorded from Knot. */
#include "agent/base/file.h"
#include "agent/base/str.h"
#include "agent/net/tsig.h"

#include "tests/support/unit.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define FOLDER "fixtures/tsig/"

/* One recorded exchange: a line "key value" each. */
struct exchange {
    char secret_text[200], expect[64];
    struct secret secret;
    struct tsig_key key;
    uint64_t now_s;
    struct buf question, request, reply;
};

static void from_hex(const char *text, struct buf *out)
{
    unsigned byte;

    *out = BUF_INIT(65535);
    for (; sscanf(text, "%2x", &byte) == 1; text += 2)
        buf_char(out, (char)byte);
}

static void read_line(struct exchange *x, const char *key, const char *value)
{
    if (str_equal(key, "key"))
        ck_assert(name_from_dns(value, &x->key.name));
    else if (str_equal(key, "algorithm"))
        ck_assert(tsig_algorithm_parse(value, x->key.algorithm));
    else if (str_equal(key, "secret"))
        str_cut(x->secret_text, sizeof x->secret_text, value);
    else if (str_equal(key, "now"))
        ck_assert(str_uint(value, 0, UINT64_MAX, &x->now_s));
    else if (str_equal(key, "question"))
        from_hex(value, &x->question);
    else if (str_equal(key, "request"))
        from_hex(value, &x->request);
    else if (str_equal(key, "reply"))
        from_hex(value, &x->reply);
    else if (str_equal(key, "expect"))
        str_cut(x->expect, sizeof x->expect, value);
}

static void load(const char *path, struct exchange *x)
{
    struct buf text = BUF_INIT(1 << 16);
    struct cursor rest, line, word;
    char key[32], value[2048];
    struct error e;

    *x = (struct exchange){.now_s = 0};
    ck_assert_msg(file_read(path, &text, &e), "%s is there", path);
    rest = cursor_of(text.data, text.length);
    while (cursor_line(&rest, &line)) {
        if (!cursor_word(&line, &word) || !cursor_copy(&word, key, sizeof key))
            continue;
        if (line.at < line.end)
            line.at++;
        ck_assert_msg(cursor_copy(&line, value, sizeof value), "%s: a line is too long", path);
        read_line(x, key, value);
    }
    buf_free(&text);
    x->secret = (struct secret){x->secret_text, strlen(x->secret_text)};
    x->key.secret = &x->secret;
}

static void unload(struct exchange *x)
{
    buf_free(&x->question);
    buf_free(&x->request);
    buf_free(&x->reply);
}

static struct strings fixtures(void)
{
    struct strings list = {.count = 0};
    DIR *folder = opendir(FOLDER);

    ck_assert_msg(folder != NULL, "%s is there", FOLDER);
    for (const struct dirent *d = readdir(folder); d != NULL; d = readdir(folder)) {
        char path[300];

        snprintf(path, sizeof path, FOLDER "%s", d->d_name);
        if (str_ends(path, ".txt"))
            strings_add(&list, path);
    }
    closedir(folder);
    strings_sort(&list);
    return list;
}

static const char *const results[] = {
    [TSIG_ABSENT] = "absent", [TSIG_UNSIGNED] = "unsigned", [TSIG_BAD] = "bad",
    [TSIG_STALE] = "stale",   [TSIG_GOOD] = "good",
};

static void verdict_text(const struct tsig_verdict *v, char *out, size_t size)
{
    if (v->ahead_s != 0)
        snprintf(out, size, "%s %u %lld", results[v->result], v->error, (long long)v->ahead_s);
    else if (v->error != 0)
        snprintf(out, size, "%s %u", results[v->result], v->error);
    else
        snprintf(out, size, "%s", results[v->result]);
}

static struct tsig_verdict judge(const struct exchange *x, const struct tsig_mac *mac,
                                 uint64_t now_s)
{
    return tsig_judge(&x->key, now_s, mac, (const uint8_t *)x->reply.data, x->reply.length);
}

/* Sign the question again; the caller has *mac afterwards. */
static void sign(const struct exchange *x, struct tsig_mac *mac, struct buf *signed_text)
{
    struct error e;

    *signed_text = BUF_INIT(65535);
    buf_add(signed_text, x->question.data, x->question.length);
    ck_assert(tsig_sign(&x->key, x->now_s, NULL, signed_text, mac, &e));
}

START_TEST(recorded_exchanges)
{
    struct strings list = fixtures();

    ck_assert_uint_ge(list.count, 8);
    for (size_t i = 0; i < list.count; i++) {
        struct exchange x;
        struct tsig_mac mac;
        struct tsig_verdict verdict;
        struct buf ours;
        char got[64];

        load(list.v[i], &x);
        sign(&x, &mac, &ours);
        ck_assert_msg(ours.length == x.request.length &&
                          memcmp(ours.data, x.request.data, ours.length) == 0,
                      "%s: the request is signed as it was then", list.v[i]);
        verdict = judge(&x, &mac, x.now_s);
        verdict_text(&verdict, got, sizeof got);
        ck_assert_msg(str_equal(got, x.expect), "%s: %s, not %s", list.v[i], x.expect, got);
        buf_free(&ours);
        unload(&x);
    }
    strings_free(&list);
}
END_TEST

/* The id may change on the way (RFC 8945 4.3.2), and letters of names their case. */
static bool may_change(const struct exchange *x, size_t bit)
{
    return bit / 8 < 2 || (bit % 8 == 5 && isalpha((unsigned char)x->reply.data[bit / 8]));
}

START_TEST(every_bit_of_a_reply_counts)
{
    struct exchange x;
    struct tsig_mac mac;
    struct buf ours;

    load(FOLDER "knot-hmac-sha256.txt", &x);
    sign(&x, &mac, &ours);
    for (size_t bit = 0; bit < 8 * x.reply.length; bit++) {
        const char flip = (char)(1U << bit % 8);

        x.reply.data[bit / 8] = (char)(x.reply.data[bit / 8] ^ flip);
        ck_assert_msg(judge(&x, &mac, x.now_s).result != TSIG_GOOD || may_change(&x, bit),
                      "a reply with bit %zu changed is not taken", bit);
        x.reply.data[bit / 8] = (char)(x.reply.data[bit / 8] ^ flip);
    }
    ck_assert_int_eq(judge(&x, &mac, x.now_s).result, TSIG_GOOD);
    buf_free(&ours);
    unload(&x);
}
END_TEST

START_TEST(every_shorter_reply_is_refused)
{
    struct exchange x;
    struct tsig_mac mac;
    struct buf ours;

    load(FOLDER "knot-hmac-sha256.txt", &x);
    sign(&x, &mac, &ours);
    while (x.reply.length > 0) {
        x.reply.length--;
        ck_assert_msg(judge(&x, &mac, x.now_s).result != TSIG_GOOD,
                      "the first %zu bytes of a reply are not taken", x.reply.length);
    }
    buf_free(&ours);
    unload(&x);
}
END_TEST

static const struct {
    const char *label;
    int64_t later_s;
    enum tsig_result want;
} clocks[] = {
    {"the same second", 0, TSIG_GOOD},
    {"at the end of the fudge", 300, TSIG_GOOD},
    {"after the fudge", 301, TSIG_STALE},
    {"before the fudge", -301, TSIG_STALE},
};

START_TEST(clock_difference)
{
    struct exchange x;
    struct tsig_mac mac;
    struct buf ours;
    struct tsig_verdict verdict;

    load(FOLDER "knot-hmac-sha256.txt", &x);
    sign(&x, &mac, &ours);
    verdict = judge(&x, &mac, (uint64_t)((int64_t)x.now_s + clocks[_i].later_s));
    ck_assert_msg(verdict.result == clocks[_i].want, "%s: %s", clocks[_i].label,
                  results[clocks[_i].want]);
    if (verdict.result == TSIG_STALE)
        ck_assert_int_eq(verdict.ahead_s, -clocks[_i].later_s);
    buf_free(&ours);
    unload(&x);
}
END_TEST

START_TEST(reply_to_another_request)
{
    struct exchange x;
    struct tsig_mac mac;
    struct buf ours;

    load(FOLDER "knot-hmac-sha256.txt", &x);
    x.now_s++;
    sign(&x, &mac, &ours);
    ck_assert_int_eq(judge(&x, &mac, x.now_s).result, TSIG_BAD);
    buf_free(&ours);
    unload(&x);
}
END_TEST

static const struct {
    const char *label, *text, *want; /* NULL: refused */
} algorithms[] = {
    {"as it is", "hmac-sha256", "hmac-sha256"},
    {"with a final dot, as lego has it", "hmac-sha256.", "hmac-sha256"},
    {"in capitals", "HMAC-SHA512", "hmac-sha512"},
    {"sha1", "hmac-sha1", "hmac-sha1"},
    {"sha224", "hmac-sha224", "hmac-sha224"},
    {"sha384", "hmac-sha384", "hmac-sha384"},
    {"md5 is obsolete (RFC 8945 6)", "hmac-md5.sig-alg.reg.int", NULL},
    {"two dots", "hmac-sha256..", NULL},
    {"nothing", "", NULL},
    {"a dot", ".", NULL},
    {"without hmac", "sha256", NULL},
};

START_TEST(algorithm)
{
    char out[TSIG_ALGORITHM_MAX] = "untouched";
    bool ok = tsig_algorithm_parse(algorithms[_i].text, out);
    const char *want = algorithms[_i].want;

    ck_assert_msg(ok == (want != NULL), "%s: %s", algorithms[_i].label,
                  want != NULL ? "is taken" : "is refused");
    ck_assert_str_eq(out, want != NULL ? want : "untouched");
}
END_TEST

static const struct {
    const char *label, *secret;
    bool good;
} secrets[] = {
    {"base64", "c2VjcmV0", true},
    {"base64 with one filler", "c2VjcmU=", true},
    {"base64 with two fillers", "c2VjcmV0cw==", true},
    {"three fillers", "c2Vjc===", false},
    {"a filler in the middle", "c2Vj=mV0", false},
    {"a filler missing", "c2VjcmU", false},
    {"a blank", "c2Vj mV0", false},
    {"nothing", "", false},
    {"plain text", "my secret key!", false},
};

START_TEST(secret)
{
    char text[64];
    struct secret s = {text, strlen(secrets[_i].secret)};
    struct tsig_key key = {.name = {"k"}, .algorithm = "hmac-sha256", .secret = &s};
    struct error e;

    str_cut(text, sizeof text, secrets[_i].secret);
    ck_assert_msg(tsig_key_check(&key, &e) == secrets[_i].good, "%s: %s", secrets[_i].label,
                  secrets[_i].good ? "is taken" : "is refused");
    if (!secrets[_i].good) {
        ck_assert_int_eq(e.code, ERR_CONFIG_KEY);
        ck_assert_msg(strlen(text) < 4 || strstr(e.why, text) == NULL,
                      "the message does not repeat the secret");
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"recorded exchanges", recorded_exchanges, 1, 0},
        {"every bit of a reply counts", every_bit_of_a_reply_counts, 1, 0},
        {"every shorter reply is refused", every_shorter_reply_is_refused, 1, 0},
        {"clock", clock_difference, ROWS(clocks), 0},
        {"reply to another request", reply_to_another_request, 1, 0},
        {"algorithm", algorithm, ROWS(algorithms), 0},
        {"secret", secret, ROWS(secrets), 0},
    };

    return unit_run("tsig", tests, ROWS(tests));
}
