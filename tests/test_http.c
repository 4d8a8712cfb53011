/* test_http.c - the HTTPS client against a server of our own that misbehaves. */
#include "agent/net/http.h"

#include "agent/base/log.h"
#include "agent/base/str.h"
#include "agent/net/loop.h"

#include "tests/support/bad_server.h"
#include "tests/support/folder.h"
#include "tests/support/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OK "HTTP/1.1 200 OK\r\n"
#define JSON "Content-Type: application/json\r\n"
#define CLOSE "Connection: close\r\n\r\n"
#define GOOD OK JSON "Content-Length: 2\r\n\r\n{}"
#define BUSY "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n"
#define DOWN "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
#define BROKEN "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
#define SENDS(t)                                                                                   \
    {                                                                                              \
        .how = BAD_SENDS, .text = t                                                                \
    }
#define ONCE " +secret \n"
#define G1 "GET /x?a=b" ONCE
#define P1 "POST /x?a=b +secret {}\n"
#define PATIENT_MS 20000
#define HASTY_MS 400 /* for servers that never answer */

struct row {
    const char *label, *method;
    struct bad_row rows[4];
    enum bad_certificate certificate;
    int64_t total_ms; /* 0: patient */
    enum err code;
    int status;
    const char *says; /* a part of reason or of who can repair it; NULL: nothing special */
    const char *came; /* what the server got */
};

static const struct row rows[] = {
    /* Nothing wrong. */
    {"GET", "GET", {SENDS(GOOD)}, .status = 200, .came = G1},
    {"POST with a body", "POST", {SENDS(GOOD)}, .status = 200, .came = P1},
    {"PATCH",
     "PATCH",
     {SENDS("HTTP/1.1 204 No Content\r\n\r\n")},
     .status = 204,
     .came = "PATCH /x?a=b +secret {}\n"},
    {"over TLS", "GET", {SENDS(GOOD)}, BAD_GOOD, .status = 200, .came = G1},
    {"an answer in pieces",
     "GET",
     {SENDS(OK JSON "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")},
     .status = 200,
     .came = G1},

    /* Who is there? The secret is sent to none of these. */
    {"a certificate that signs itself",
     "GET",
     {SENDS(GOOD)},
     BAD_SELF_SIGNED,
     .code = ERR_PROVIDER_UNREACHABLE,
     .says = "certificate is not valid",
     .came = ""},
    {"a certificate of another name",
     "POST",
     {SENDS(GOOD)},
     BAD_WRONG_NAME,
     .code = ERR_PROVIDER_UNREACHABLE,
     .says = "certificate is not valid",
     .came = ""},
    {"a certificate that has expired",
     "GET",
     {SENDS(GOOD)},
     BAD_EXPIRED,
     .code = ERR_PROVIDER_UNREACHABLE,
     .says = "certificate is not valid",
     .came = ""},
    {"a certificate of tomorrow",
     "GET",
     {SENDS(GOOD)},
     BAD_NOT_YET,
     .code = ERR_PROVIDER_UNREACHABLE,
     .says = "certificate is not valid",
     .came = ""},
    {"no handshake at all",
     "POST",
     {{BAD_DEAF, NULL}},
     BAD_GOOD,
     HASTY_MS,
     ERR_PROVIDER_UNREACHABLE,
     .came = ""},

    /* A redirect is an answer like others: the secret stays here. */
    {"a redirect",
     "GET",
     {SENDS("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")},
     .status = 302,
     .came = G1},
    {"a redirect that would repeat a write",
     "POST",
     {SENDS(
         "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")},
     .status = 307,
     .came = P1},

    /* Answers that are none. */
    {"HTML",
     "GET",
     {SENDS(OK "Content-Type: text/html\r\n" CLOSE "<html>")},
     .status = 200,
     .came = G1},
    {"half an answer",
     "GET",
     {SENDS(OK JSON "Content-Length: 20\r\n\r\n{\"a\":")},
     .code = ERR_PROTOCOL,
     .says = "did not answer in full",
     .came = G1},
    {"half an answer to a write",
     "POST",
     {SENDS(OK JSON "Content-Length: 20\r\n\r\n{\"a\":")},
     .code = ERR_TIMEOUT,
     .says = "the outcome is unknown",
     .came = P1},
    {"half a chunk",
     "GET",
     {SENDS(OK "Transfer-Encoding: chunked\r\n\r\nff\r\n{")},
     .code = ERR_PROTOCOL,
     .came = G1},
    {"more than it promised",
     "GET",
     {SENDS(OK JSON "Content-Length: 1\r\n\r\n{}")},
     .status = 200,
     .came = G1},
    {"a length that is no number",
     "GET",
     {SENDS(OK "Content-Length: many\r\n\r\n{}")},
     .code = ERR_PROTOCOL,
     .came = G1},
    {"no HTTP", "GET", {SENDS("220 mail.example.com ESMTP\r\n")}, .code = ERR_PROTOCOL, .came = G1},
    {"a body without end",
     "GET",
     {{BAD_REPEATS, OK JSON CLOSE "{\r\n"}},
     .code = ERR_PROTOCOL,
     .says = "without end",
     .came = G1},
    {"a body without end to a write",
     "POST",
     {{BAD_REPEATS, OK JSON CLOSE "{\r\n"}},
     .code = ERR_TIMEOUT,
     .says = "the outcome is unknown",
     .came = P1},
    {"headers without end",
     "GET",
     {{BAD_REPEATS, OK "A: b\r\n"}},
     .code = ERR_PROTOCOL,
     .says = "without end",
     .came = G1},
    {"interim answers without end",
     "GET",
     {{BAD_REPEATS, "HTTP/1.1 100 Continue\r\nA: b\r\n"}},
     .code = ERR_PROTOCOL,
     .says = "without end",
     .came = G1},

    /* Silence. */
    {"nothing at all",
     "GET",
     {{BAD_SENDS_AND_HOLDS, NULL}},
     .total_ms = HASTY_MS,
     .code = ERR_TIMEOUT,
     .came = G1},
    {"nothing at all to a write",
     "POST",
     {{BAD_SENDS_AND_HOLDS, NULL}},
     .total_ms = HASTY_MS,
     .code = ERR_TIMEOUT,
     .says = "the outcome is unknown",
     .came = P1},
    {"half, then nothing",
     "GET",
     {{BAD_SENDS_AND_HOLDS, OK "Content-Length: 9\r\n\r\n{"}},
     .total_ms = HASTY_MS,
     .code = ERR_TIMEOUT,
     .came = G1},
    {"closed without a word", "GET", {SENDS(NULL)}, .code = ERR_PROTOCOL, .came = G1},
    {"closed without a word after a write",
     "PATCH",
     {SENDS(NULL)},
     .code = ERR_TIMEOUT,
     .came = "PATCH /x?a=b +secret {}\n"},
    {"a reset after the request", "GET", {{BAD_RESETS, NULL}}, .code = ERR_PROTOCOL, .came = G1},
    {"a reset after a write",
     "DELETE",
     {{BAD_RESETS, NULL}},
     .code = ERR_TIMEOUT,
     .came = "DELETE /x?a=b" ONCE},
    {"a reset over TLS", "POST", {{BAD_RESETS, NULL}}, BAD_GOOD, .code = ERR_TIMEOUT, .came = P1},

    /* Repeated, or not. */
    {"429, then an answer", "GET", {SENDS(BUSY "\r\n"), SENDS(GOOD)}, .status = 200, .came = G1 G1},
    {"429 with seconds to wait",
     "GET",
     {SENDS(BUSY "Retry-After: 3\r\n\r\n"), SENDS(GOOD)},
     .status = 200,
     .came = G1 G1},
    {"429 with a date that has passed",
     "GET",
     {SENDS(BUSY "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n\r\n"), SENDS(GOOD)},
     .status = 200,
     .came = G1 G1},
    {"429 with a date in the next century",
     "GET",
     {SENDS(BUSY "Retry-After: Sat, 01 Jan 2101 00:00:00 GMT\r\n\r\n"), SENDS(GOOD)},
     .status = 429,
     .came = G1},
    {"429 with the seconds of three centuries",
     "GET",
     {SENDS(BUSY "Retry-After: 9999999999\r\n\r\n"), SENDS(GOOD)},
     .status = 429,
     .came = G1},
    {"429 with what is no number of seconds any more",
     "GET",
     {SENDS(BUSY "Retry-After: 99999999999999999999\r\n\r\n"), SENDS(GOOD)},
     .status = 200,
     .came = G1 G1},
    {"429 with a negative number",
     "GET",
     {SENDS(BUSY "Retry-After: -5\r\n\r\n"), SENDS(GOOD)},
     .status = 200,
     .came = G1 G1},
    {"429 with a word",
     "GET",
     {SENDS(BUSY "Retry-After: soon\r\n\r\n"), SENDS(GOOD)},
     .status = 200,
     .came = G1 G1},
    {"500, then an answer", "GET", {SENDS(BROKEN), SENDS(GOOD)}, .status = 200, .came = G1 G1},
    {"503 for ever", "GET", {SENDS(DOWN)}, .status = 503, .came = G1 G1 G1},
    {"503 to a PUT",
     "PUT",
     {SENDS(DOWN), SENDS(GOOD)},
     .status = 200,
     .came = "PUT /x?a=b +secret {}\nPUT /x?a=b +secret {}\n"},
    {"429 to a POST",
     "POST",
     {SENDS(BUSY "Retry-After: 1\r\n\r\n"), SENDS(GOOD)},
     .status = 429,
     .came = P1},
    {"503 to a POST", "POST", {SENDS(DOWN), SENDS(GOOD)}, .status = 503, .came = P1},
    {"500 to a PATCH",
     "PATCH",
     {SENDS(BROKEN), SENDS(GOOD)},
     .status = 500,
     .came = "PATCH /x?a=b +secret {}\n"},
};

static struct folder folder;

static void leave_nothing(void)
{
    folder_free(&folder);
}

/* Everything that is logged goes to a file; the authority is trusted as for other programs. */
static void start(void)
{
    folder = folder_new();
    ck_assert(atexit(leave_nothing) == 0);
    ck_assert_ptr_nonnull(freopen(in(&folder, "log").s, "w", stderr));
    log_set_level(LOG_LEVEL_DEBUG);
    signal(SIGPIPE, SIG_IGN);
    setenv("SSL_CERT_FILE", in(&folder, "authority").s, 1);
    unsetenv("CURL_CA_BUNDLE");
    unsetenv("SSL_CERT_DIR");
}

static void check_no_secret(const char *label)
{
    char log[65536] = "";
    FILE *file = fopen(in(&folder, "log").s, "r");

    fflush(stderr);
    ck_assert_ptr_nonnull(file);
    log[fread(log, 1, sizeof log - 1, file)] = '\0';
    fclose(file);
    ck_assert_msg(strstr(log, "http ") != NULL, "%s: nothing is logged", label);
    ck_assert_msg(strstr(log, BAD_SECRET) == NULL, "%s: the log tells the secret", label);
}

static bool call(const struct bad_server *server, const char *method, bool tls,
                 const struct http_pace *pace, struct http_answer *answer, struct error *e)
{
    char url[64], token[] = BAD_SECRET;
    struct secret secret = {.length = 0};
    bool ok;

    secret_take(&secret, token, strlen(token));
    snprintf(url, sizeof url, "%s://127.0.0.1:%u/x?a=b", tls ? "https" : "http",
             (unsigned)server->port);
    ok = http_call_paced(
        &(struct http_request){
            .method = method,
            .url = url,
            .body = str_equal(method, "GET") || str_equal(method, "DELETE") ? NULL : "{}",
            .headers = {{"Authorization", "Bearer ", &secret}},
        },
        pace, answer, e);
    secret_free(&secret);
    return ok;
}

START_TEST(exchange)
{
    const struct row *row = &rows[_i];
    const struct http_pace pace = {.tries = 3,
                                   .first_wait_ms = 1,
                                   .retry_after_ms = 1,
                                   .retry_after_max_s = 60,
                                   .total_ms = row->total_ms ? row->total_ms : PATIENT_MS,
                                   .connect_ms = row->total_ms ? row->total_ms : PATIENT_MS};
    struct http_answer answer = {.status = 0};
    struct error e = {.code = ERR_NONE};
    struct bad_server server;
    char got[4096], says[1000];
    bool ok;

    start();
    server = bad_server_start(row->rows, row->certificate, in(&folder, "authority").s);
    ok = call(&server, row->method, row->certificate != BAD_PLAIN, &pace, &answer, &e);
    bad_server_stop(&server, got, sizeof got);
    ck_assert_msg(ok == (row->code == ERR_NONE) && (ok || e.code == row->code), "%s: %d %s %s",
                  row->label, answer.status, error_id(e.code), e.why);
    ck_assert_msg(answer.status == row->status, "%s: %d", row->label, answer.status);
    snprintf(says, sizeof says, "%s; %s; %s", e.why, e.who, e.next);
    ck_assert_msg(row->says == NULL || strstr(says, row->says), "%s: says %s", row->label, says);
    ck_assert_msg(strstr(says, BAD_SECRET) == NULL, "%s: tells the secret", row->label);
    ck_assert_msg(str_equal(got, row->came), "%s: came\n%s", row->label, got);
    check_no_secret(row->label);
    http_answer_free(&answer);
}
END_TEST

/* A header of 60 lines' length in one, and a last one past the limit. */
START_TEST(huge_header)
{
    char *text = calloc(1, 200000);
    const struct bad_row script[] = {{BAD_SENDS, text}, {BAD_END, NULL}};
    struct http_answer answer = {.status = 0};
    struct error e = {.code = ERR_NONE};
    struct bad_server server;
    char got[256];

    ck_assert_ptr_nonnull(text);
    strcpy(text, OK "A: ");
    memset(text + strlen(text), 'b', 190000);
    strcat(text, "\r\n\r\n{}");
    start();
    server = bad_server_start(script, BAD_PLAIN, NULL);
    ck_assert(!call(&server, "GET", false, &http_pace_default, &answer, &e));
    ck_assert_int_eq(e.code, ERR_PROTOCOL);
    bad_server_stop(&server, got, sizeof got);
    free(text);
}
END_TEST

START_TEST(stop_flag_ends_the_wait)
{
    const struct bad_row script[] = {{BAD_SENDS, DOWN}, {BAD_END, NULL}};
    const struct http_pace pace = {.tries = 3,
                                   .first_wait_ms = 100000,
                                   .retry_after_ms = 1000,
                                   .retry_after_max_s = 60,
                                   .total_ms = PATIENT_MS,
                                   .connect_ms = PATIENT_MS};
    struct http_answer answer = {.status = 0};
    struct error e = {.code = ERR_NONE};
    struct bad_server server;
    time_t begun = time(NULL);
    char got[4096];
    pid_t child;

    start();
    loop_catch_signals();
    server = bad_server_start(script, BAD_PLAIN, NULL);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
        kill(getppid(), SIGTERM);
        _exit(0);
    }
    ck_assert(call(&server, "GET", false, &pace, &answer, &e));
    waitpid(child, NULL, 0);
    bad_server_stop(&server, got, sizeof got);
    ck_assert_int_eq(answer.status, 503);
    ck_assert_str_eq(got, G1);
    ck_assert_int_lt(time(NULL) - begun, 60);
    http_answer_free(&answer);
}
END_TEST

static const struct {
    const char *label, *bundle, *file; /* variables; "good": the authority's file */
    bool trusted;
} authorities[] = {
    {"SSL_CERT_FILE", NULL, "good", true},
    {"CURL_CA_BUNDLE", "good", NULL, true},
    {"CURL_CA_BUNDLE is asked first", "/dev/null", "good", false},
    {"an empty variable is none", "", "good", true},
    {"none: the system's own authorities", NULL, NULL, false},
};

START_TEST(authority)
{
    const struct bad_row script[] = {SENDS(GOOD), {BAD_END, NULL}};
    struct http_answer answer = {.status = 0};
    struct error e = {.code = ERR_NONE};
    struct folder_path good;
    struct bad_server server;
    char got[256];

    start();
    good = in(&folder, "authority");
    unsetenv("SSL_CERT_FILE");
    if (authorities[_i].bundle != NULL)
        setenv("CURL_CA_BUNDLE",
               str_equal(authorities[_i].bundle, "good") ? good.s : authorities[_i].bundle, 1);
    if (authorities[_i].file != NULL)
        setenv("SSL_CERT_FILE", good.s, 1);
    server = bad_server_start(script, BAD_GOOD, good.s);
    ck_assert_msg(call(&server, "GET", true, &http_pace_default, &answer, &e) ==
                      authorities[_i].trusted,
                  "%s: %s", authorities[_i].label, e.why);
    bad_server_stop(&server, got, sizeof got);
    ck_assert_str_eq(got, authorities[_i].trusted ? G1 : "");
    http_answer_free(&answer);
}
END_TEST

static const struct {
    const char *label, *url;
} places[] = {
    {"plain http to another machine", "http://192.0.2.1/x"},
    {"plain http to a name", "http://localhost/x"},
    {"a user in the URL", "https://me:pass@127.0.0.1/x"},
    {"another protocol", "file:///etc/passwd"},
    {"no URL", "127.0.0.1"},
};

START_TEST(no_place_for_a_secret)
{
    const struct http_request request = {.method = "GET", .url = places[_i].url};
    struct http_answer answer = {.status = 0};
    struct error e = {.code = ERR_NONE};

    ck_assert_msg(!http_call(&request, &answer, &e) && e.code == ERR_CONFIG_KEY, "%s: %s",
                  places[_i].label, error_id(e.code));
    ck_assert_ptr_null(strstr(e.why, "pass@"));
}
END_TEST

START_TEST(nobody_listens)
{
    const struct http_pace pace = {.tries = 2, .first_wait_ms = 1, .total_ms = PATIENT_MS};
    const struct bad_row script[] = {SENDS(GOOD), {BAD_END, NULL}};
    struct http_answer answer = {.status = 0};
    struct error e = {.code = ERR_NONE};
    struct bad_server server;
    char got[256];

    start();
    server = bad_server_start(script, BAD_PLAIN, NULL);
    bad_server_stop(&server, got, sizeof got);
    ck_assert(!call(&server, "POST", false, &pace, &answer, &e));
    ck_assert_int_eq(e.code, ERR_PROVIDER_UNREACHABLE);
    check_no_secret("nobody listens");
}
END_TEST

START_TEST(a_secret_of_two_lines)
{
    char token[] = "a\r\nX-Admin: yes";
    struct secret secret = {.length = 0};
    struct http_answer answer;
    struct error e = {.code = ERR_NONE};

    secret_take(&secret, token, strlen(token));
    ck_assert(!http_call(&(struct http_request){.method = "GET",
                                                .url = "http://127.0.0.1:1/",
                                                .headers = {{"Authorization", "", &secret}}},
                         &answer, &e));
    ck_assert_int_eq(e.code, ERR_SECRET_MISSING);
    secret_free(&secret);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"exchange", exchange, ROWS(rows), 0},
        {"huge header", huge_header, 1, 0},
        {"the stop flag ends the wait", stop_flag_ends_the_wait, 1, 0},
        {"authority", authority, ROWS(authorities), 0},
        {"no place for a secret", no_place_for_a_secret, ROWS(places), 0},
        {"nobody listens", nobody_listens, 1, 0},
        {"a secret of two lines", a_secret_of_two_lines, 1, 0},
    };

    return unit_run("http", tests, ROWS(tests));
}
