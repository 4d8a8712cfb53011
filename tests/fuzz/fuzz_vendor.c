/* fuzz_vendor.c - answers of vendors: what one reads is addresses and names, or an error. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/net/http.h"
#include "providers/provider.h"

#define TOKEN "t0psecret"
#define CALLS_MAX 30 /* more calls than that for one operation are a loop */

/*
 * The first byte chooses vendor, operation and family. Then one answer after the other: a byte
 * for the status, and a text up to a zero byte; what comes after the last is an empty answer.
 */
static struct cursor input;
static unsigned calls;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned take_byte(void)
{
    return input.at < input.end ? (unsigned char)*input.at++ : 0;
}

bool http_call(const struct http_request *request, struct http_answer *answer, struct error *e)
{
    static const int statuses[] = {200, 201, 400, 401, 404, 409, 422, 429, 500};
    unsigned kind = take_byte();
    size_t length = 0;

    (void)request;
    if (++calls > CALLS_MAX * 20)
        abort();
    if (kind == 'x')
        return fail(e, ERR_TIMEOUT, "no answer");
    while (input.at + length < input.end && input.at[length] != '\0')
        length++;
    *answer = (struct http_answer){
        .status = statuses[kind % (sizeof statuses / sizeof statuses[0])],
        .body = BUF_INIT(HTTP_BODY_MAX),
    };
    buf_add(&answer->body, input.at, length);
    input.at += length + (input.at + length < input.end);
    return true;
}

bool http_wait(int64_t ms)
{
    (void)ms;
    return true;
}

void http_answer_free(struct http_answer *answer)
{
    buf_free(&answer->body);
    *answer = (struct http_answer){.status = 0};
}

static void check_holding(const struct subject *subject, const struct holding *holding)
{
    struct ip ip;
    struct name name;

    for (size_t i = 0; i < holding->values.count; i++) {
        const char *value = holding->values.v[i];
        if (subject->role == ROLE_PTR ? !name_from_dns(value, &name)
                                      : !ip_parse(value, &ip) || ip.family != subject->ip.family)
            abort();
    }
    if (memchr(holding->note, '\0', sizeof holding->note) == NULL)
        abort();
}

static void operate(struct account *account, const struct subject *subject, unsigned choice)
{
    struct holding now = {0}, wanted = {.ttl_s = 300};
    struct error e = {0};
    bool ok = account_read(account, subject, &now, &e);

    if (ok)
        check_holding(subject, &now);
    strings_add(&wanted.values, subject->role == ROLE_PTR     ? "mail.example.com"
                                : subject->ip.family == IP_V4 ? "203.0.113.25"
                                                              : "2001:db8:25::25");
    str_cut(wanted.note, sizeof wanted.note, choice & 8 ? "203.0.113.25" : "");
    if (ok)
        ok = account_put(account, subject, &now, &wanted, &e);
    if (!ok && (e.code == ERR_NONE || strstr(e.why, TOKEN) != NULL))
        abort();
    holding_free(&now);
    holding_free(&wanted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct account account = {.id = "fuzz", .endpoint = "http://127.0.0.1:1"};
    struct subject subject = {.role = ROLE_FORWARD};
    char token[] = TOKEN;
    unsigned choice;

    calls = 0;
    input = cursor_of((const char *)data, size);
    choice = take_byte();
    account.provider = provider_by_type(choice & 1 ? "cloudflare" : "hetzner-cloud");
    if ((choice & 3) == 2)
        subject.role = ROLE_PTR;
    secret_take(&account.values[0].secret, token, strlen(token));
    if (!ip_parse(choice & 4 ? "2001:db8:25::25" : "203.0.113.25", &subject.ip) ||
        !name_from_dns("mail.example.com", &subject.name) ||
        !name_from_dns("example.com", &subject.zone))
        abort();
    subject.owner = subject.name;
    operate(&account, &subject, choice);
    account_free(&account);
    return 0;
}
