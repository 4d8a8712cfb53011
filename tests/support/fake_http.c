/* fake_http.c - http.h from a list. */
#include "tests/support/fake_http.h"

#include "tests/support/unit.h"

#include "agent/base/str.h"

#include <stdio.h>
#include <string.h>

static const char *base, *header_name, *header_value;
static const struct fake_http_row *next;

void fake_http_expect(const char *endpoint, const struct fake_http_row *rows)
{
    base = endpoint;
    next = rows;
}

void fake_http_secret(const char *header, const char *value)
{
    header_name = header;
    header_value = value;
}

void fake_http_done(void)
{
    ck_assert_msg(next->request == NULL, "not asked for: %s", next->request);
}

static void check_header(const struct http_request *request)
{
    const struct http_header *header = &request->headers[0];
    char value[256];

    ck_assert_str_eq(header->name, header_name);
    snprintf(value, sizeof value, "%s%s", header->text,
             header->secret != NULL ? header->secret->bytes : "");
    ck_assert_str_eq(value, header_value);
    ck_assert_ptr_null(strstr(request->url, header->secret->bytes));
}

bool http_call(const struct http_request *request, struct http_answer *answer, struct error *e)
{
    char asked[4096];
    const struct fake_http_row *row = next;

    ck_assert_msg(str_starts(request->url, base), "another endpoint: %s", request->url);
    snprintf(asked, sizeof asked, "%s %s%s%s", request->method, request->url + strlen(base),
             request->body != NULL ? " " : "", request->body != NULL ? request->body : "");
    ck_assert_msg(row->request != NULL, "one request too many: %s", asked);
    ck_assert_str_eq(asked, row->request);
    check_header(request);
    next++;
    if (row->status == 0)
        return fail(e, row->code, "fake: %s", error_id(row->code));
    *answer = (struct http_answer){.status = row->status,
                                   .retry_after_s = row->retry_after_s,
                                   .body = BUF_INIT(HTTP_BODY_MAX)};
    str_cut(answer->type, sizeof answer->type, row->type != NULL ? row->type : "application/json");
    buf_text(&answer->body, row->body != NULL ? row->body : "");
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

static struct strings words_of(const char *text)
{
    struct strings list = {0};
    struct cursor all = cursor_of(text, strlen(text)), word;
    char copy[256];

    while (cursor_word(&all, &word)) {
        ck_assert(cursor_copy(&word, copy, sizeof copy));
        strings_add(&list, copy);
    }
    return list;
}

static struct subject subject_of(const struct vendor_row *row)
{
    struct subject subject = {.role = str_ends(row->owner, ".arpa") ? ROLE_PTR : ROLE_FORWARD};

    ck_assert(ip_parse(row->address, &subject.ip));
    ck_assert(name_from_dns(row->owner, &subject.owner));
    ck_assert(row->zone[0] == '\0' || name_from_dns(row->zone, &subject.zone));
    ck_assert(name_from_dns("mail.example.com", &subject.name));
    return subject;
}

static void check_error(const struct vendor_row *row, bool ok, const struct error *e)
{
    ck_assert_msg(ok == (row->code == ERR_NONE), "%s: %s %s", row->label,
                  ok ? "worked" : error_id(e->code), ok ? "" : e->why);
    if (ok)
        return;
    ck_assert_msg(e->code == row->code, "%s: %s: %s", row->label, error_id(e->code), e->why);
    ck_assert_msg(row->says == NULL || strstr(e->why, row->says) || strstr(e->who, row->says),
                  "%s: says %s (%s)", row->label, e->why, e->who);
    ck_assert_msg(strstr(e->why, FAKE_TOKEN) == NULL, "%s: tells the secret", row->label);
}

static void check_read(struct account *account, const struct vendor_row *row)
{
    struct subject subject = subject_of(row);
    struct holding holding = {0};
    struct error e = {0};
    bool ok = account_read(account, &subject, &holding, &e);
    char values[512];

    check_error(row, ok, &e);
    if (ok) {
        strings_join(&holding.values, " ", "", values, sizeof values);
        ck_assert_str_eq(values, row->holds);
        ck_assert_str_eq(holding.resource, row->resource);
        ck_assert_str_eq(holding.side_effect, row->side_effect != NULL ? row->side_effect : "");
        ck_assert_uint_eq(holding.ttl_s, row->ttl_s);
        ck_assert_str_eq(holding.note, row->note != NULL ? row->note : "");
    }
    holding_free(&holding);
}

static void check_write(struct account *account, const struct vendor_row *row)
{
    struct subject subject = subject_of(row);
    struct holding before = {.values = words_of(row->before)};
    struct holding after = {.values = words_of(row->after), .ttl_s = 300};
    struct error e = {0};
    bool ok;

    str_cut(before.note, sizeof before.note, row->note != NULL ? row->note : "");
    str_cut(after.note, sizeof after.note, row->restores != NULL ? row->restores : "");
    ok = account_put(account, &subject, &before, &after, &e);
    check_error(row, ok, &e);
    holding_free(&before);
    holding_free(&after);
}

void vendor_check(const char *type, const char *key, const char *header,
                  const struct vendor_row *row)
{
    struct account account = {.provider = provider_by_type(type), .id = "test"};
    char token[] = FAKE_TOKEN, value[64];
    size_t i;

    ck_assert_ptr_nonnull(account.provider);
    for (i = 0; account.provider->settings[i].key != NULL; i++)
        if (account.provider->settings[i].fallback != NULL)
            str_cut(account.values[i].text, sizeof account.values[i].text,
                    account.provider->settings[i].fallback);
    ck_assert(provider_setting(account.provider, key, &i));
    account.values[i].ref.from = SECRET_ENV;
    secret_take(&account.values[i].secret, token, strlen(token));
    str_cut(account.endpoint, sizeof account.endpoint, FAKE_ENDPOINT);
    snprintf(value, sizeof value, "%s" FAKE_TOKEN,
             str_equal(header, "Authorization") ? "Bearer " : "");
    fake_http_secret(header, value);
    fake_http_expect(FAKE_ENDPOINT, row->exchange);
    if (row->after == NULL)
        check_read(&account, row);
    else
        check_write(&account, row);
    fake_http_done();
    account_free(&account);
}
