/* ssh_known.c - lines of known_hosts: markers, names, patterns, hashes, keys. */
#include "agent/net/ssh_known.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "agent/base/mem.h"
#include "agent/base/str.h"

/* A key of 16384 bits RSA is 2.7 KiB in base64; anything much longer is no key. */
#define KEY_TEXT_MAX 8192
#define NAME_PATTERN_MAX 4096
#define SHA1_BYTES 20

/* The bytes of a base64 text; 0 when it is none or does not fit. */
static size_t decode(const char *text, unsigned char *out, size_t size)
{
    size_t length = strlen(text), padding = 0;
    int n;

    if (length == 0 || length % 4 != 0 || length / 4 * 3 > size)
        return 0;
    while (padding < 2 && text[length - 1 - padding] == '=')
        padding++;
    n = EVP_DecodeBlock(out, (const unsigned char *)text, (int)length);
    return n < 0 ? 0 : (size_t)n - padding;
}

/* "|1|salt|hash": HMAC-SHA1 of the name, with the salt as its key. */
static bool hash_matches(const char *hashed, const char *name)
{
    unsigned char salt[64], wanted[64], made[EVP_MAX_MD_SIZE];
    const char *salt_text = hashed + 3, *bar = strchr(salt_text, '|');
    char piece[96];
    struct cursor c;
    unsigned int made_length = 0;
    size_t salt_length;

    if (!bar)
        return false;
    c = cursor_of(salt_text, (size_t)(bar - salt_text));
    if (!cursor_copy(&c, piece, sizeof piece))
        return false;
    salt_length = decode(piece, salt, sizeof salt);
    if (salt_length == 0 || decode(bar + 1, wanted, sizeof wanted) != SHA1_BYTES)
        return false;
    if (!HMAC(EVP_sha1(), salt, (int)salt_length, (const unsigned char *)name, strlen(name), made,
              &made_length))
        return false;
    return made_length == SHA1_BYTES && memcmp(made, wanted, SHA1_BYTES) == 0;
}

/* "*" stands for any characters, "?" for one; going back to the last star only (linear space). */
static bool pattern_matches(const char *pattern, const char *name)
{
    const char *star = NULL, *retry = NULL;

    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (*pattern == '?' || str_lower(*pattern) == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* A list of patterns; one that is negated with "!" and matches ends it. */
static bool names_match(const struct cursor *names, const char *name)
{
    char list[NAME_PATTERN_MAX], *pattern = list;
    bool found = false;

    if (!cursor_copy(names, list, sizeof list))
        return false;
    if (str_starts(list, "|1|"))
        return hash_matches(list, name);
    while (pattern) {
        char *comma = strchr(pattern, ',');
        bool negated = *pattern == '!';

        if (comma)
            *comma = '\0';
        if (pattern_matches(pattern + negated, name)) {
            if (negated)
                return false;
            found = true;
        }
        pattern = comma ? comma + 1 : NULL;
    }
    return found;
}

static bool cursor_is(const struct cursor *c, const char *text)
{
    return (size_t)(c->end - c->at) == strlen(text) && memcmp(c->at, text, strlen(text)) == 0;
}

static char *cursor_text(const struct cursor *c)
{
    size_t length = (size_t)(c->end - c->at);
    char *text = mem_new(length + 1, 1);

    memcpy(text, c->at, length);
    return text;
}

/* The first word of the key's bytes must be the type that the line claims, and more must follow. */
static bool is_key(const struct ssh_known_key *key)
{
    unsigned char blob[KEY_TEXT_MAX];
    size_t length = strlen(key->key) < KEY_TEXT_MAX ? decode(key->key, blob, sizeof blob) : 0;

    return length > strlen(key->type) + 8 && str_equal(ssh_key_type(blob, length).s, key->type);
}

static void key_free(struct ssh_known_key *key)
{
    free(key->type);
    free(key->key);
    free(key->file);
}

static void read_line(struct ssh_known *known, const char *name, const char *file, size_t number,
                      struct cursor line)
{
    struct cursor word, names, type, key;
    bool revoked = false, authority = false;
    struct ssh_known_key made;

    if (!cursor_word(&line, &word) || *word.at == '#')
        return;
    if (*word.at == '@') {
        revoked = cursor_is(&word, "@revoked");
        authority = cursor_is(&word, "@cert-authority");
        if ((!revoked && !authority) || !cursor_word(&line, &word))
            return;
    }
    names = word;
    if (!names_match(&names, name) || !cursor_word(&line, &type) || !cursor_word(&line, &key))
        return;
    made = (struct ssh_known_key){.type = cursor_text(&type), .key = cursor_text(&key)};
    made.revoked = revoked;
    made.file = mem_text(file);
    made.line = number;
    if (!is_key(&made) || authority) {
        known->authority = known->authority || authority;
        key_free(&made);
        return;
    }
    known->v = mem_resize(known->v, known->count + 1, sizeof *known->v);
    known->v[known->count++] = made;
}

void ssh_known_read(struct ssh_known *known, const char *name, const char *file, const char *text,
                    size_t length)
{
    struct cursor all = cursor_of(text, length), line;

    for (size_t number = 1; cursor_line(&all, &line); number++)
        read_line(known, name, file, number, line);
}

void ssh_known_free(struct ssh_known *known)
{
    for (size_t i = 0; i < known->count; i++)
        key_free(&known->v[i]);
    free(known->v);
    *known = (struct ssh_known){0};
}

static bool same_key(const struct ssh_known_key *key, const void *blob, size_t length)
{
    unsigned char known[KEY_TEXT_MAX];
    size_t known_length = decode(key->key, known, sizeof known);

    return known_length == length && memcmp(known, blob, length) == 0;
}

enum ssh_known_answer ssh_known_judge(const struct ssh_known *known, const void *blob,
                                      size_t length, const struct ssh_known_key **which)
{
    struct ssh_key_type type = ssh_key_type(blob, length);
    enum ssh_known_answer answer = SSH_KNOWN_NOT;

    *which = NULL;
    for (size_t i = 0; i < known->count; i++) {
        const struct ssh_known_key *key = &known->v[i];
        bool same = same_key(key, blob, length);
        enum ssh_known_answer says = same                           ? SSH_KNOWN_SAME
                                     : str_equal(key->type, type.s) ? SSH_KNOWN_OTHER
                                                                    : SSH_KNOWN_OTHER_TYPE;
        if (same && key->revoked) {
            *which = key;
            return SSH_KNOWN_REVOKED;
        }
        /* The words are in the order of their weight but for the first two: "same" wins. */
        if (key->revoked || answer == SSH_KNOWN_SAME ||
            (answer == SSH_KNOWN_OTHER && says == SSH_KNOWN_OTHER_TYPE))
            continue;
        answer = says;
        *which = key;
    }
    return answer;
}

struct ssh_key_type ssh_key_type(const void *blob, size_t length)
{
    const unsigned char *bytes = blob;
    struct ssh_key_type type = {""};
    size_t word;

    if (length < 4)
        return type;
    word = (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
    if (word <= length - 4 && word < sizeof type.s && !memchr(bytes + 4, '\0', word))
        memcpy(type.s, bytes + 4, word);
    return type;
}

struct ssh_fingerprint ssh_fingerprint(const void *blob, size_t length)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int hash_length = 0;
    struct ssh_fingerprint print = {"SHA256:"};
    size_t at = strlen(print.s);

    if (EVP_Digest(blob, length, hash, &hash_length, EVP_sha256(), NULL) != 1)
        return print;
    EVP_EncodeBlock((unsigned char *)print.s + at, hash, (int)hash_length);
    print.s[strcspn(print.s, "=")] = '\0';
    return print;
}

struct ssh_fingerprint ssh_known_fingerprint(const struct ssh_known_key *key)
{
    unsigned char blob[KEY_TEXT_MAX];

    return ssh_fingerprint(blob, decode(key->key, blob, sizeof blob));
}

const char *ssh_key_word(const char *type)
{
    static const struct {
        const char *prefix, *word;
    } words[] = {
        {"ssh-ed25519", "ED25519"}, {"ecdsa-", "ECDSA"}, {"ssh-rsa", "RSA"}, {"ssh-dss", "DSA"}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_starts(type, words[i].prefix))
            return words[i].word;
    return type;
}
