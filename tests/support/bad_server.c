/* bad_server.c - answers that no server should give. */
#include "tests/support/bad_server.h"

#include "tests/support/child.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DAY_S 86400L

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

struct script {
    const struct bad_row *rows;
    int listener;
    SSL_CTX *tls; /* NULL: plain */
};

/* A connection, with or without TLS. */
struct line {
    int fd;
    SSL *tls;
};

/* --- Certificates --------------------------------------------------------------------------------- */

static void *sure(void *thing)
{
    if (thing == NULL)
        abort();
    return thing;
}

static void extend(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = sure(X509V3_EXT_conf_nid(NULL, &context, nid, value));
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/* Signed by the issuer; NULL: by itself. Valid from and to are seconds from now. */
static struct identity make(const char *title, const char *alt, const struct identity *issuer,
                            long from, long to)
{
    struct identity made = {sure(EVP_EC_gen("P-256")), sure(X509_new())};
    const struct identity *signer = issuer != NULL ? issuer : &made;
    X509_NAME *name = X509_get_subject_name(made.certificate);
    static long serial;

    X509_set_version(made.certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.certificate), from);
    X509_gmtime_adj(X509_getm_notAfter(made.certificate), to);
    X509_set_pubkey(made.certificate, made.key);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)title, -1, -1, 0);
    X509_set_issuer_name(made.certificate, X509_get_subject_name(signer->certificate));
    extend(made.certificate, NID_basic_constraints, alt == NULL ? "critical,CA:TRUE" : "CA:FALSE");
    if (alt != NULL)
        extend(made.certificate, NID_subject_alt_name, alt);
    if (X509_sign(made.certificate, signer->key, EVP_sha256()) == 0)
        abort();
    return made;
}

static void forget(struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
}

static struct identity server_identity(enum bad_certificate kind, const struct identity *authority)
{
    switch (kind) {
    case BAD_SELF_SIGNED:
        return make("self", "IP:127.0.0.1", NULL, -DAY_S, DAY_S);
    case BAD_WRONG_NAME:
        return make("other", "DNS:other.example,IP:127.0.0.2", authority, -DAY_S, DAY_S);
    case BAD_EXPIRED:
        return make("expired", "IP:127.0.0.1", authority, -2 * DAY_S, -DAY_S);
    case BAD_NOT_YET:
        return make("not yet", "IP:127.0.0.1", authority, DAY_S, 2 * DAY_S);
    case BAD_PLAIN:
    case BAD_GOOD:
        break;
    }
    return make("good", "IP:127.0.0.1", authority, -DAY_S, DAY_S);
}

static SSL_CTX *make_tls(enum bad_certificate kind, const char *authority_file)
{
    struct identity authority = make("authority", NULL, NULL, -DAY_S, DAY_S);
    struct identity own = server_identity(kind, &authority);
    SSL_CTX *tls = sure(SSL_CTX_new(TLS_server_method()));
    FILE *out = sure(fopen(authority_file, "w"));

    PEM_write_X509(out, authority.certificate);
    fclose(out);
    if (SSL_CTX_use_certificate(tls, own.certificate) != 1 ||
        SSL_CTX_use_PrivateKey(tls, own.key) != 1)
        abort();
    forget(&own);
    forget(&authority);
    return tls;
}

/* --- Connections ---------------------------------------------------------------------------------- */

static ssize_t get(const struct line *line, void *data, size_t size)
{
    return line->tls != NULL ? SSL_read(line->tls, data, (int)size) : recv(line->fd, data, size, 0);
}

static bool put(const struct line *line, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = line->tls != NULL ? SSL_write(line->tls, data, (int)size)
                                      : send(line->fd, data, size, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        data += n;
        size -= (size_t)n;
    }
    return true;
}

/* Until the end of head and body; false when the client went away. */
static bool get_request(const struct line *line, char *text, size_t size, char **body)
{
    size_t length = 0, wanted = 0;

    *body = NULL;
    while (*body == NULL || length < (size_t)(*body - text) + wanted) {
        ssize_t n = get(line, text + length, size - 1 - length);
        const char *field;

        if (n <= 0)
            return false;
        length += (size_t)n;
        text[length] = '\0';
        *body = strstr(text, "\r\n\r\n");
        if (*body == NULL)
            continue;
        *body += 4;
        field = strcasestr(text, "\r\nContent-Length:");
        wanted = field != NULL ? strtoul(field + 17, NULL, 10) : 0;
    }
    return true;
}

static void log_request(int log_fd, const char *text, const char *body)
{
    bool secret = strstr(text, "\r\nAuthorization: Bearer " BAD_SECRET "\r\n") != NULL;
    int length = (int)strcspn(text, "\r");

    if (length > 9) /* less " HTTP/1.1" */
        length -= 9;
    dprintf(log_fd, "%.*s %csecret %s\n", length, text, secret ? '+' : '-', body);
}

/* The last line of the text again and again, in pieces of some size. */
static void repeat(const struct line *line, const char *text)
{
    const char *last = text + strlen(text) - 1;
    char piece[16384];
    size_t length = 0;

    while (last > text && last[-1] != '\n')
        last--;
    while (length + strlen(last) <= sizeof piece) {
        memcpy(piece + length, last, strlen(last));
        length += strlen(last);
    }
    while (put(line, piece, length))
        ;
}

static void answer(const struct line *line, const struct bad_row *row)
{
    const char *text = row->text != NULL ? row->text : "";
    const struct linger at_once = {.l_onoff = 1};

    if (!put(line, text, strlen(text)))
        return;
    if (row->how == BAD_REPEATS)
        repeat(line, text);
    if (row->how == BAD_SENDS_AND_HOLDS)
        pause();
    if (row->how == BAD_RESETS)
        setsockopt(line->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static void serve_one(const struct script *script, int fd, const struct bad_row *row, int log_fd)
{
    struct line line = {.fd = fd};
    char text[65536], *body;

    if (row->how == BAD_DEAF)
        pause();
    if (script->tls != NULL) {
        line.tls = sure(SSL_new(script->tls));
        SSL_set_fd(line.tls, fd);
    }
    if ((line.tls == NULL || SSL_accept(line.tls) == 1) &&
        get_request(&line, text, sizeof text, &body)) {
        log_request(log_fd, text, body);
        answer(&line, row);
    }
    if (line.tls != NULL && row->how == BAD_SENDS)
        SSL_shutdown(line.tls);
    SSL_free(line.tls);
}

static void serve(const void *arg, int log_fd)
{
    const struct script *script = arg;
    const struct bad_row *row = script->rows;

    for (;;) {
        int fd = accept(script->listener, NULL, NULL);

        serve_one(script, fd, row, log_fd);
        close(fd);
        if (row[1].how != BAD_END)
            row++;
    }
}

struct bad_server bad_server_start(const struct bad_row *rows, enum bad_certificate certificate,
                                   const char *authority_file)
{
    struct script script = {.rows = rows, .listener = child_bind("127.0.0.1", 0, SOCK_STREAM)};
    struct bad_server server = {.port = child_port(script.listener)};

    if (certificate != BAD_PLAIN)
        script.tls = make_tls(certificate, authority_file);
    server.child = child_start(serve, &script, &server.log_fd);
    SSL_CTX_free(script.tls);
    close(script.listener);
    return server;
}

void bad_server_stop(struct bad_server *server, char *got, size_t size)
{
    child_stop(server->child, server->log_fd, got, size);
}
