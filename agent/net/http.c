/* http.c - HTTPS with libcurl: one request at a time, limits on everything. */
#include "agent/net/http.h"

#include "agent/base/clock.h"
#include "agent/base/ip.h"
#include "agent/base/log.h"
#include "agent/base/mem.h"
#include "agent/base/str.h"
#include "agent/net/http_library.h"
#include "agent/net/loop.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEADER_LINES_MAX 200
#define HEADER_BYTES_MAX ((size_t)64 << 10)
#define WAIT_SLICE_MS 50 /* how soon the stop flag is seen */
#define RETRY_AFTER_TOP_S 86400

const struct http_pace http_pace_default = {
    .tries = 4,
    .first_wait_ms = 1000,
    .retry_after_ms = 1000,
    .retry_after_max_s = 60,
    .total_ms = 30000,
    .connect_ms = 10000,
};

/* One try. */
struct transfer {
    const struct http_library *lib;
    CURL *curl;
    struct curl_slist *headers;
    struct http_answer *answer;
    size_t header_lines, header_bytes;
    bool too_much;
};

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;

    buf_add(&t->answer->body, data, size * count);
    t->too_much = t->too_much || !buf_ok(&t->answer->body);
    return t->too_much ? 0 : size * count;
}

static size_t take_header(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;

    (void)data;
    t->header_lines++;
    t->header_bytes += size * count;
    t->too_much = t->header_lines > HEADER_LINES_MAX || t->header_bytes > HEADER_BYTES_MAX;
    return t->too_much ? 0 : size * count;
}

/*
 * How far a URL of http may go: the scope of its address; unroutable for a name, "localhost" too.
 */
static enum ip_scope scope_of(const char *host)
{
    size_t length = strlen(host);
    char text[64];
    struct ip ip;

    if (length >= 2 && host[0] == '[' && host[length - 1] == ']' && length < sizeof text) {
        memcpy(text, host + 1, length - 2);
        text[length - 2] = '\0';
        host = text;
    }
    return ip_parse(host, &ip) ? ip_scope(&ip) : IP_SCOPE_UNROUTABLE;
}

/* A metadata service of a cloud is asked on this link, in plain text, without a secret of ours. */
static bool is_plain_allowed(enum ip_scope scope, bool secret)
{
    return scope == IP_SCOPE_LOOPBACK || (scope == IP_SCOPE_LINK_LOCAL && !secret);
}

static bool judge_url(const struct http_library *lib, CURLU *url, const char *text, bool secret,
                      bool *near)
{
    char *scheme = NULL, *host = NULL, *user = NULL;
    bool ok = lib->url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
              lib->url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              lib->url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
              lib->url_get(url, CURLUPART_USER, &user, 0) == CURLUE_NO_USER;

    *near = ok && is_plain_allowed(scope_of(host), secret);
    ok = ok && (str_equal(scheme, "https") || (str_equal(scheme, "http") && *near));
    lib->free(scheme);
    lib->free(host);
    lib->free(user);
    return ok;
}

static bool check_url(const struct http_library *lib, const char *text, bool secret, bool *near,
                      struct error *e)
{
    CURLU *url = need(lib->url());
    bool ok = judge_url(lib, url, text, secret, near);

    lib->url_cleanup(url);
    if (ok)
        return true;
    /* Not quoted: a user and a password may stand in it. */
    fail(e, ERR_CONFIG_KEY,
         "the address of the API is not https, or http to a loopback address, "
         "without user and password");
    return error_next(e, "endpoint = \"https://...\";   (in the entry of the account)");
}

static void add_header(struct transfer *t, const struct http_header *header)
{
    struct buf line = BUF_INIT(8192);

    buf_printf(&line, "%s: %s", header->name, header->text != NULL ? header->text : "");
    if (header->secret != NULL)
        buf_add(&line, header->secret->bytes, header->secret->length);
    t->headers = need(t->lib->slist_append(t->headers, buf_string(&line)));
    if (line.data != NULL)
        explicit_bzero(line.data, line.length);
    buf_free(&line);
}

static bool has_secret(const struct http_request *request)
{
    for (size_t i = 0; i < HTTP_HEADERS_MAX && request->headers[i].name != NULL; i++)
        if (request->headers[i].secret != NULL)
            return true;
    return false;
}

/* A secret with a line end would be a second header. */
static bool check_headers(const struct http_request *request, struct error *e)
{
    for (size_t i = 0; i < HTTP_HEADERS_MAX && request->headers[i].name != NULL; i++) {
        const struct secret *secret = request->headers[i].secret;
        if (secret != NULL && (strlen(secret->bytes) != secret->length ||
                               strpbrk(secret->bytes, "\r\n") != NULL || secret->length > 4096))
            return fail(e, ERR_SECRET_MISSING, "the secret is no single line of text");
    }
    return true;
}

static void set_headers(struct transfer *t, const struct http_request *request)
{
    const struct http_header accept = {.name = "Accept", .text = "application/json"};
    const struct http_header json = {.name = "Content-Type", .text = "application/json"};

    add_header(t, &accept);
    if (request->body != NULL)
        add_header(t, &json);
    for (size_t i = 0; i < HTTP_HEADERS_MAX && request->headers[i].name != NULL; i++)
        add_header(t, &request->headers[i]);
    t->lib->easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->headers);
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Authorities besides the system's are given as to curl(1), by variables. */
static void set_authorities(const struct transfer *t)
{
    const char *file = variable("CURL_CA_BUNDLE"), *folder = variable("SSL_CERT_DIR");

    if (file == NULL && folder != NULL)
        t->lib->easy_setopt(t->curl, CURLOPT_CAPATH, folder);
    if (file == NULL)
        file = variable("SSL_CERT_FILE");
    if (file != NULL)
        t->lib->easy_setopt(t->curl, CURLOPT_CAINFO, file);
}

static void set_up(struct transfer *t, const struct http_request *request,
                   const struct http_pace *pace, bool near)
{
    t->lib->easy_setopt(t->curl, CURLOPT_URL, request->url);
    t->lib->easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
    t->lib->easy_setopt(t->curl, CURLOPT_FOLLOWLOCATION, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500
    t->lib->easy_setopt(t->curl, CURLOPT_PROTOCOLS_STR, "http,https");
#endif
    t->lib->easy_setopt(t->curl, CURLOPT_SSL_VERIFYPEER, 1L);
    t->lib->easy_setopt(t->curl, CURLOPT_SSL_VERIFYHOST, 2L);
    set_authorities(t);
    t->lib->easy_setopt(t->curl, CURLOPT_TIMEOUT_MS, (long)pace->total_ms);
    t->lib->easy_setopt(t->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)pace->connect_ms);
    t->lib->easy_setopt(t->curl, CURLOPT_USERAGENT, "namesake/" NAMESAKE_VERSION);
    t->lib->easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, take_body);
    t->lib->easy_setopt(t->curl, CURLOPT_WRITEDATA, t);
    t->lib->easy_setopt(t->curl, CURLOPT_HEADERFUNCTION, take_header);
    t->lib->easy_setopt(t->curl, CURLOPT_HEADERDATA, t);
    if (near)
        t->lib->easy_setopt(t->curl, CURLOPT_NOPROXY, "*");
    if (request->body != NULL)
        t->lib->easy_setopt(t->curl, CURLOPT_POSTFIELDS, request->body);
    if (request->body != NULL || !str_equal(request->method, "GET"))
        t->lib->easy_setopt(t->curl, CURLOPT_CUSTOMREQUEST, request->method);
    set_headers(t, request);
}

/* Secrets are in these lines, so they are wiped before the library frees them. */
static void tear_down(struct transfer *t)
{
    for (struct curl_slist *line = t->headers; line != NULL; line = line->next)
        explicit_bzero(line->data, strlen(line->data));
    t->lib->slist_free_all(t->headers);
    t->lib->easy_cleanup(t->curl);
}

static void keep(struct transfer *t)
{
    long status = 0;
    curl_off_t retry_after = 0;
    const char *type = NULL;

    t->lib->easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    t->lib->easy_getinfo(t->curl, CURLINFO_RETRY_AFTER, &retry_after);
    t->lib->easy_getinfo(t->curl, CURLINFO_CONTENT_TYPE, &type);
    t->answer->status = (int)status;
    if (retry_after > 0)
        t->answer->retry_after_s =
            (uint32_t)(retry_after < RETRY_AFTER_TOP_S ? retry_after : RETRY_AFTER_TOP_S);
    str_cut(t->answer->type, sizeof t->answer->type, type != NULL ? type : "");
}

static bool is_certificate(CURLcode result)
{
    return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE ||
           result == CURLE_SSL_ISSUER_ERROR;
}

static bool report(const struct transfer *t, const struct http_request *request, CURLcode result,
                   struct error *e)
{
    long sent = 0;
    const char *why = t->too_much ? "an answer without end" : t->lib->easy_strerror(result);
    const int host = (int)strcspn(request->url, "?");

    t->lib->easy_getinfo(t->curl, CURLINFO_REQUEST_SIZE, &sent);
    if (sent == 0) {
        fail(e, ERR_PROVIDER_UNREACHABLE, "%.*s cannot be reached: %s", host, request->url, why);
        return is_certificate(result)
                   ? error_who(e, "whoever runs that server: its certificate is not valid")
                   : false;
    }
    if (str_equal(request->method, "GET") && result != CURLE_OPERATION_TIMEDOUT)
        return fail(e, ERR_PROTOCOL, "%.*s did not answer in full: %s", host, request->url, why);
    return fail(e, ERR_TIMEOUT, "%.*s did not answer in full, the outcome is unknown: %s", host,
                request->url, why);
}

static void log_try(const struct http_request *request, const struct transfer *t, CURLcode result)
{
    size_t length = request->secret_query ? strcspn(request->url, "?") : strlen(request->url);

    if (result == CURLE_OK)
        log_line(LOG_LEVEL_DEBUG, "http %s %.*s: %d, %zu bytes", request->method, (int)length,
                 request->url, t->answer->status, t->answer->body.length);
    else
        log_line(LOG_LEVEL_DEBUG, "http %s %.*s: %s", request->method, (int)length, request->url,
                 t->lib->easy_strerror(result));
}

/* *again tells whether a failure may pass: nothing was sent, and no certificate was wrong. */
static bool try_once(const struct http_library *lib, const struct http_request *request,
                     const struct http_pace *pace, bool near, struct http_answer *answer,
                     bool *again, struct error *e)
{
    struct transfer t = {.lib = lib, .curl = need(lib->easy_init()), .answer = answer};
    CURLcode result;
    bool ok;

    *answer = (struct http_answer){.body = BUF_INIT(HTTP_BODY_MAX)};
    set_up(&t, request, pace, near);
    result = lib->easy_perform(t.curl);
    if (result == CURLE_OK)
        keep(&t);
    log_try(request, &t, result);
    ok = result == CURLE_OK || report(&t, request, result, e);
    *again = ok ? answer->status == 429 || answer->status >= 500
                : e->code == ERR_PROVIDER_UNREACHABLE && !is_certificate(result);
    tear_down(&t);
    if (!ok)
        http_answer_free(answer);
    return ok;
}

bool http_wait(int64_t ms)
{
    const int64_t end = clock_ms() + ms;

    for (int64_t left = ms; left > 0 && loop_stop_signal() == 0; left = end - clock_ms()) {
        int64_t slice = left < WAIT_SLICE_MS ? left : WAIT_SLICE_MS;
        nanosleep(&(struct timespec){.tv_nsec = (long)slice * 1000000}, NULL);
    }
    return loop_stop_signal() == 0;
}

static bool may_repeat(const char *method)
{
    return str_equal(method, "GET") || str_equal(method, "PUT") || str_equal(method, "DELETE");
}

bool http_call_paced(const struct http_request *request, const struct http_pace *pace,
                     struct http_answer *answer, struct error *e)
{
    const struct http_library *lib = http_library(e);
    unsigned tries = may_repeat(request->method) ? pace->tries : 1;
    int64_t wait_ms = pace->first_wait_ms;
    bool near = false;

    if (lib == NULL || !check_url(lib, request->url, has_secret(request), &near, e) ||
        !check_headers(request, e))
        return false;
    for (;;) {
        struct http_answer got;
        struct error failed;
        bool again, ok = try_once(lib, request, pace, near, &got, &again, &failed);
        uint32_t asked_s = ok ? got.retry_after_s : 0;
        bool last = !again || --tries == 0 || asked_s > pace->retry_after_max_s ||
                    !http_wait(asked_s > 0 ? asked_s * pace->retry_after_ms : wait_ms);

        if (last && ok)
            *answer = got;
        if (last && !ok)
            *e = failed;
        if (last)
            return ok;
        http_answer_free(&got);
        wait_ms *= 2;
    }
}

bool http_call(const struct http_request *request, struct http_answer *answer, struct error *e)
{
    return http_call_paced(request, &http_pace_default, answer, e);
}

void http_answer_free(struct http_answer *answer)
{
    buf_free(&answer->body);
    *answer = (struct http_answer){.status = 0};
}
