/* hetzner_call.c - calls of the API of Hetzner Cloud: errors, lists, actions. */
#include "providers/hetzner_cloud.h"

#include <string.h>

#define ENDPOINT "https://api.hetzner.cloud/v1"
#define PER_PAGE 50 /* the most that all lists allow */
#define PAGES_MAX 200

/* An action takes seconds; one was seen to take eight. */
#define POLL_FIRST_MS 500
#define POLL_TOP_MS 5000
#define POLL_MAX 40

static const struct {
    const char *code;
    enum err err;
} hetzner_codes[] = {
    {"unauthorized", ERR_PROVIDER_DENIED},   {"forbidden", ERR_PROVIDER_DENIED},
    {"token_readonly", ERR_PROVIDER_DENIED}, {"rate_limit_exceeded", ERR_PROVIDER_LIMITED},
    {"conflict", ERR_PROVIDER_LIMITED}, /* another action is at work: the same call again */
    {"locked", ERR_PROVIDER_LIMITED},        {"uniqueness_error", ERR_CONFLICT},
    {"protected", ERR_PROVIDER_DENIED},      {"incorrect_zone_mode", ERR_CONFLICT},
};

/*
 * A PTR refused because its name does not resolve yet. The API's description knows no such check
 * today; others make it, and it would have to come as this vendor's invalid_input does.
 */
static bool hetzner_is_not_yet(const json_t *document)
{
    const json_t *fields = json_at(document, "error.details.fields");
    size_t i, k;
    json_t *field, *message;

    json_array_foreach(fields, i, field)
    {
        json_array_foreach(json_at(field, "messages"), k, message)
        {
            if (str_equal(json_string_or(field, "name", ""), "dns_ptr") &&
                json_is_string(message) &&
                strstr(json_string_value(message), "does not resolve") != NULL)
                return true;
        }
    }
    return false;
}

static bool hetzner_refused(const struct http_api *api, const char *method,
                            const struct http_answer *answer, const json_t *document,
                            struct error *e)
{
    const char *code = json_string_or(document, "error.code", "");
    char text[256] = "";

    if (str_equal(code, "token_readonly"))
        str_cut(text, sizeof text, "this token may only read (token_readonly)");
    else if (code[0] != '\0')
        str_format(text, sizeof text, "%s (%s)",
                   json_string_or(document, "error.message", "no reason"), code);
    http_refused(api, method, answer, text, e);
    for (size_t i = 0; i < sizeof hetzner_codes / sizeof hetzner_codes[0]; i++)
        if (answer->status < 500 && str_equal(hetzner_codes[i].code, code))
            e->code = hetzner_codes[i].err;
    if (str_equal(code, "invalid_input") && hetzner_is_not_yet(document))
        e->code = ERR_NOT_YET;
    return false;
}

static bool hetzner_read_answer(const struct http_api *api, const char *method,
                                const struct http_answer *answer, bool absent_ok, json_t **document,
                                struct error *e)
{
    json_t *got = http_document(answer);
    bool ok = true;

    if (http_ok(answer) && !json_is_object(got))
        ok = http_strange(answer, HETZNER_TITLE, "not with its usual document", e);
    else if (!http_ok(answer) && !(absent_ok && answer->status == 404 && json_is_object(got)))
        ok = hetzner_refused(api, method, answer, got, e);
    if (ok && http_ok(answer))
        *document = got;
    else
        json_decref(got);
    return ok;
}

bool hetzner_call(const struct account *account, const char *method, const struct buf *path,
                  json_t *body, bool absent_ok, json_t **document, struct error *e)
{
    const struct http_api api = {HETZNER_TITLE,
                                 account->endpoint[0] != '\0' ? account->endpoint : ENDPOINT,
                                 {"Authorization", "Bearer ", account_secret(account, "token")}};
    struct http_answer answer = {0};
    bool ok = http_api_call(&api, method, path, body, &answer, e) &&
              hetzner_read_answer(&api, method, &answer, absent_ok, document, e);

    http_answer_free(&answer);
    return ok;
}

static bool hetzner_get(const void *account, const struct buf *path, json_t **document,
                        struct error *e)
{
    return hetzner_call(account, "GET", path, NULL, false, document, e);
}

bool hetzner_list(const struct account *account, const char *query, const char *key, json_t **out,
                  struct error *e)
{
    const struct http_pages pages = {.vendor = HETZNER_TITLE,
                                     .query = query,
                                     .items = key,
                                     .number = "meta.pagination.page",
                                     .next = "meta.pagination.next_page",
                                     .per_page = PER_PAGE,
                                     .most = PAGES_MAX,
                                     .get = hetzner_get,
                                     .arg = account};

    return http_list(&pages, out, e);
}

static bool hetzner_read_action(const json_t *document, int64_t *id, bool *done, struct error *e)
{
    const char *status;

    if (!json_get_int(document, "action.id", 1, INT64_MAX, id, e) ||
        !json_get_string(document, "action.status", &status, e))
        return false;
    *done = str_equal(status, "success");
    if (*done || str_equal(status, "running"))
        return true;
    return fail(e, ERR_CONFLICT, "%s began but could not do it: %.200s (%.60s)", HETZNER_TITLE,
                json_string_or(document, "action.error.message", "no reason"),
                json_string_or(document, "action.error.code", status));
}

/* Ask until the action is over. */
static bool hetzner_settle(const struct account *account, const json_t *document, struct error *e)
{
    int64_t id, other, wait_ms = POLL_FIRST_MS;
    bool done, ok = hetzner_read_action(document, &id, &done, e);

    for (int polls = 0; ok && !done; polls++) {
        struct buf path = BUF_INIT(HETZNER_PATH_MAX);
        json_t *now = NULL;

        if (polls == POLL_MAX || !http_wait(wait_ms))
            return fail(e, ERR_TIMEOUT, "%s still works on action %lld", HETZNER_TITLE,
                        (long long)id);
        buf_printf(&path, "/actions/%lld", (long long)id);
        ok = hetzner_call(account, "GET", &path, NULL, false, &now, e) &&
             hetzner_read_action(now, &other, &done, e);
        if (ok && other != id)
            ok = fail(e, ERR_PROTOCOL, "%s answers for another action", HETZNER_TITLE);
        json_decref(now);
        buf_free(&path);
        wait_ms = wait_ms * 2 < POLL_TOP_MS ? wait_ms * 2 : POLL_TOP_MS;
    }
    return ok;
}

bool hetzner_act(const struct account *account, const char *method, struct buf *path, json_t *body,
                 struct error *e)
{
    json_t *document = NULL;
    bool gone_ok = str_equal(method, "DELETE");
    bool ok = hetzner_call(account, method, path, body, gone_ok, &document, e) &&
              (document == NULL || hetzner_settle(account, document, e));

    json_decref(document);
    buf_free(path);
    return ok;
}

bool hetzner_check_before(const struct subject *subject, const struct holding *now,
                          const struct holding *before, struct error *e)
{
    char shown[256];

    if (strings_equal(&now->values, &before->values))
        return true;
    strings_join(&now->values, ", ", "nothing", shown, sizeof shown);
    return fail(e, ERR_CONFLICT, "%.200s is %.200s now", subject->owner.s, shown);
}
