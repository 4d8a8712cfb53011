/* tsig.c - signs DNS messages and judges signatures. */
#include "agent/net/tsig.h"

#include "agent/base/str.h"

#include <ldns/ldns.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string.h>

#define HEADER_SIZE 12 /* RFC 1035 4.1.1 */
#define MESSAGE_MAX 65535
#define SECRET_MAX 1024 /* characters of base64 */
#define FIELDS 7        /* of a TSIG record's RDATA, RFC 8945 4.2 */

struct algorithm {
    const char *name;
    const EVP_MD *(*digest)(void);
};

static const struct algorithm algorithms[] = {
    {"hmac-sha256", EVP_sha256}, {"hmac-sha512", EVP_sha512}, {"hmac-sha384", EVP_sha384},
    {"hmac-sha224", EVP_sha224}, {"hmac-sha1", EVP_sha1},
};

/* What the MAC covers beside the message (RFC 8945 4.3.3), and where it was in the message. */
struct variables {
    uint64_t time_s;
    uint16_t fudge, error;
    uint8_t other[6]; /* the server's time, with BADTIME */
    uint16_t other_length;
};

static const struct algorithm *algorithm_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (str_equal_nocase(algorithms[i].name, name))
            return &algorithms[i];
    }
    return NULL;
}

bool tsig_algorithm_parse(const char *text, char out[TSIG_ALGORITHM_MAX])
{
    char plain[TSIG_ALGORITHM_MAX];
    const struct algorithm *algorithm;

    if (!str_copy(plain, sizeof plain, text))
        return false;
    if (str_ends(plain, "."))
        plain[strlen(plain) - 1] = '\0';
    algorithm = algorithm_by_name(plain);
    return algorithm != NULL && str_copy(out, TSIG_ALGORITHM_MAX, algorithm->name);
}

/* How many of the padded characters at the end carry nothing; false when it is no base64 text. */
static bool base64_padding(const char *text, size_t length, size_t *padding)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t plain = strspn(text, digits);

    *padding = length - plain;
    return length > 0 && length % 4 == 0 && plain > 0 && *padding <= 2 &&
           strspn(text + plain, "=") == *padding;
}

/* The secret's bytes; 0 when it is no base64 text. The caller wipes them. */
static size_t key_bytes(const struct tsig_key *key, uint8_t out[SECRET_MAX])
{
    const struct secret *secret = key->secret;
    size_t padding;
    int length;

    if (secret == NULL || secret->bytes == NULL || secret->length > SECRET_MAX ||
        !base64_padding(secret->bytes, secret->length, &padding))
        return 0;
    length = EVP_DecodeBlock(out, (const uint8_t *)secret->bytes, (int)secret->length);
    return length > (int)padding ? (size_t)length - padding : 0;
}

bool tsig_key_check(const struct tsig_key *key, struct error *e)
{
    uint8_t bytes[SECRET_MAX];
    size_t length = key_bytes(key, bytes);

    OPENSSL_cleanse(bytes, sizeof bytes);
    if (algorithm_by_name(key->algorithm) == NULL)
        return fail(e, ERR_CONFIG_KEY, "the TSIG algorithm \"%s\" is not known", key->algorithm);
    if (name_is_empty(&key->name))
        return fail(e, ERR_CONFIG_KEY, "the TSIG key has no name");
    if (length == 0)
        return fail(e, ERR_CONFIG_KEY, "the secret of the TSIG key \"%s\" is not base64 text",
                    key->name.s);
    return true;
}

static void put16(struct buf *b, unsigned value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};

    buf_add(b, bytes, sizeof bytes);
}

static void put48(struct buf *b, uint64_t value)
{
    put16(b, (unsigned)(value >> 32 & 0xFFFF));
    put16(b, (unsigned)(value >> 16 & 0xFFFF));
    put16(b, (unsigned)(value & 0xFFFF));
}

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static uint64_t get48(const uint8_t *at)
{
    return (uint64_t)get16(at) << 32 | (uint64_t)get16(at + 2) << 16 | get16(at + 4);
}

/* A name, uncompressed. What cannot be one turns the buffer bad. */
static void put_name(struct buf *b, const char *text)
{
    ldns_rdf *wire = ldns_dname_new_frm_str(text);

    if (wire == NULL) {
        b->bad = true;
        return;
    }
    buf_add(b, ldns_rdf_data(wire), ldns_rdf_size(wire));
    ldns_rdf_deep_free(wire);
}

static void put_other(struct buf *b, const struct variables *v)
{
    put16(b, v->error);
    put16(b, v->other_length);
    buf_add(b, v->other, v->other_length);
}

/* The MAC of a message without its TSIG record (RFC 8945 4.3). */
static bool compute(const struct tsig_key *key, const struct tsig_mac *request,
                    const struct buf *message, const struct variables *v, struct tsig_mac *out)
{
    const struct algorithm *algorithm = algorithm_by_name(key->algorithm);
    struct buf covered = BUF_INIT(2UL * MESSAGE_MAX);
    uint8_t bytes[SECRET_MAX];
    size_t length = key_bytes(key, bytes);
    unsigned made = 0;
    bool ok;

    if (request != NULL) {
        put16(&covered, (unsigned)request->length);
        buf_add(&covered, request->bytes, request->length);
    }
    buf_add(&covered, message->data, message->length);
    put_name(&covered, key->name.s);
    put16(&covered, LDNS_RR_CLASS_ANY);
    put16(&covered, 0); /* TTL, high half */
    put16(&covered, 0);
    put_name(&covered, key->algorithm);
    put48(&covered, v->time_s);
    put16(&covered, v->fudge);
    put_other(&covered, v);
    ok = algorithm != NULL && length > 0 && buf_ok(&covered) &&
         HMAC(algorithm->digest(), bytes, (int)length, (const uint8_t *)covered.data,
              covered.length, out->bytes, &made) != NULL;
    out->length = made;
    OPENSSL_cleanse(bytes, sizeof bytes);
    buf_free(&covered);
    return ok;
}

static void put_record(struct buf *message, const struct tsig_key *key, const struct variables *v,
                       const struct tsig_mac *mac)
{
    struct buf data = BUF_INIT(MESSAGE_MAX);
    unsigned id = get16((const uint8_t *)message->data);

    put_name(&data, key->algorithm);
    put48(&data, v->time_s);
    put16(&data, v->fudge);
    put16(&data, (unsigned)mac->length);
    buf_add(&data, mac->bytes, mac->length);
    put16(&data, id);
    put_other(&data, v);

    put_name(message, key->name.s);
    put16(message, LDNS_RR_TYPE_TSIG);
    put16(message, LDNS_RR_CLASS_ANY);
    put16(message, 0);
    put16(message, 0);
    put16(message, (unsigned)data.length);
    buf_add(message, data.data, data.length);
    buf_free(&data);
}

static void set_additional_count(struct buf *message, unsigned count)
{
    message->data[10] = (char)(count >> 8);
    message->data[11] = (char)(count & 0xFF);
}

bool tsig_sign(const struct tsig_key *key, uint64_t now_s, const struct tsig_mac *request,
               struct buf *message, struct tsig_mac *mac, struct error *e)
{
    struct variables v = {.time_s = now_s, .fudge = TSIG_FUDGE_S};
    unsigned additional;

    if (!tsig_key_check(key, e))
        return false;
    if (message->length < HEADER_SIZE || !compute(key, request, message, &v, mac))
        return fail(e, ERR_INTERNAL, "the DNS message cannot be signed");
    additional = get16((const uint8_t *)message->data + 10);
    put_record(message, key, &v, mac);
    if (!buf_ok(message))
        return fail(e, ERR_LIMIT_EXCEEDED, "the DNS message is too long");
    set_additional_count(message, additional + 1);
    return true;
}

/* Skip all records of a message but the last of the additional section; where that one begins. */
static bool find_last(const uint8_t *wire, size_t length, size_t *start)
{
    static const ldns_pkt_section sections[] = {LDNS_SECTION_QUESTION, LDNS_SECTION_ANSWER,
                                                LDNS_SECTION_AUTHORITY, LDNS_SECTION_ADDITIONAL};
    size_t at = HEADER_SIZE;

    if (length < HEADER_SIZE || get16(wire + 10) == 0)
        return false;
    for (size_t s = 0; s < 4; s++) {
        unsigned count = get16(wire + 4 + 2 * s) - (s == 3);

        for (unsigned i = 0; i < count; i++) {
            ldns_rr *rr = NULL;

            if (ldns_wire2rr(&rr, wire, length, &at, sections[s]) != LDNS_STATUS_OK)
                return false;
            ldns_rr_free(rr);
        }
    }
    *start = at;
    return true;
}

/*
 * The TSIG record of a message (RFC 8945 4.2), NULL when the last record is none; the caller frees
 * it.
 */
static ldns_rr *find_record(const uint8_t *wire, size_t length, size_t *start)
{
    ldns_rr *rr = NULL;
    size_t at;

    if (!find_last(wire, length, start))
        return NULL;
    at = *start;
    if (ldns_wire2rr(&rr, wire, length, &at, LDNS_SECTION_ADDITIONAL) != LDNS_STATUS_OK)
        return NULL;
    if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_TSIG || ldns_rr_rd_count(rr) != FIELDS ||
        ldns_rr_get_class(rr) != LDNS_RR_CLASS_ANY || ldns_rr_ttl(rr) != 0) {
        ldns_rr_free(rr);
        return NULL;
    }
    return rr;
}

static bool same_name(const ldns_rdf *name, const char *text)
{
    ldns_rdf *other = ldns_dname_new_frm_str(text);
    bool same = other != NULL && ldns_rdf_get_type(name) == LDNS_RDF_TYPE_DNAME &&
                ldns_dname_compare(name, other) == 0;

    ldns_rdf_deep_free(other);
    return same;
}

/* A field with a length in front; false when it is longer than there is room. */
static bool read_counted(const ldns_rdf *field, uint8_t *out, size_t room, size_t *length)
{
    size_t size = ldns_rdf_size(field);

    if (size < 2 || size - 2 > room || get16(ldns_rdf_data(field)) != size - 2)
        return false;
    *length = size - 2;
    memcpy(out, ldns_rdf_data(field) + 2, size - 2);
    return true;
}

static bool read_fields(const ldns_rr *rr, struct variables *v, struct tsig_mac *mac,
                        unsigned *original_id)
{
    static const size_t sizes[FIELDS] = {[1] = 6, [2] = 2, [4] = 2, [5] = 2};
    size_t other = 0;

    for (size_t i = 0; i < FIELDS; i++) {
        if (sizes[i] != 0 && ldns_rdf_size(ldns_rr_rdf(rr, i)) != sizes[i])
            return false;
    }
    v->time_s = get48(ldns_rdf_data(ldns_rr_rdf(rr, 1)));
    v->fudge = (uint16_t)get16(ldns_rdf_data(ldns_rr_rdf(rr, 2)));
    v->error = (uint16_t)get16(ldns_rdf_data(ldns_rr_rdf(rr, 5)));
    *original_id = get16(ldns_rdf_data(ldns_rr_rdf(rr, 4)));
    if (!read_counted(ldns_rr_rdf(rr, 3), mac->bytes, sizeof mac->bytes, &mac->length) ||
        !read_counted(ldns_rr_rdf(rr, 6), v->other, sizeof v->other, &other))
        return false;
    v->other_length = (uint16_t)other;
    return true;
}

/* The message as it was before its TSIG record was put in. */
static void strip(const uint8_t *wire, size_t start, unsigned original_id, struct buf *out)
{
    buf_add(out, wire, start);
    out->data[0] = (char)(original_id >> 8);
    out->data[1] = (char)(original_id & 0xFF);
    set_additional_count(out, get16(wire + 10) - 1);
}

/* RFC 8945 5.3: the clock is looked at only after the MAC was found right. */
static void judge_time(const struct variables *v, uint64_t now_s, struct tsig_verdict *verdict)
{
    int64_t ahead = (int64_t)v->time_s - (int64_t)now_s;

    if (v->error == TSIG_BADTIME && v->other_length == 6) {
        verdict->ahead_s = (int64_t)get48(v->other) - (int64_t)now_s;
        return;
    }
    if (ahead > v->fudge || -ahead > v->fudge) {
        verdict->result = TSIG_STALE;
        verdict->ahead_s = ahead;
    }
}

struct tsig_verdict tsig_judge(const struct tsig_key *key, uint64_t now_s,
                               const struct tsig_mac *request, const uint8_t *wire, size_t length)
{
    struct tsig_verdict verdict = {.result = TSIG_ABSENT};
    struct buf plain = BUF_INIT(MESSAGE_MAX);
    struct tsig_mac mac, ours;
    struct variables v = {.fudge = 0};
    unsigned original_id;
    size_t start = 0;
    ldns_rr *rr = find_record(wire, length, &start);

    if (rr == NULL)
        return verdict;
    verdict.result = TSIG_BAD;
    if (!same_name(ldns_rr_owner(rr), key->name.s) ||
        !same_name(ldns_rr_rdf(rr, 0), key->algorithm) || !read_fields(rr, &v, &mac, &original_id))
        goto out;
    verdict.error = v.error;
    if (mac.length == 0) {
        verdict.result = v.error != 0 ? TSIG_UNSIGNED : TSIG_BAD;
        goto out;
    }
    strip(wire, start, original_id, &plain);
    if (!compute(key, request, &plain, &v, &ours) || ours.length != mac.length ||
        CRYPTO_memcmp(ours.bytes, mac.bytes, mac.length) != 0)
        goto out;
    verdict.result = TSIG_GOOD;
    judge_time(&v, now_s, &verdict);
out:
    ldns_rr_free(rr);
    buf_free(&plain);
    return verdict;
}
