/* hetzner_call.c - calls of the API of Hetzner Cloud: errors, lists, actions. */
#include "providers/hetzner_cloud.h"

#include "agent/base/mem.h"

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
    {"unauthorized", ERR_PROVIDER_DENIED},
    {"forbidden", ERR_PROVIDER_DENIED},
    {"token_readonly", ERR_PROVIDER_DENIED},
    {"rate_limit_exceeded", ERR_PROVIDER_LIMITED},
    {"conflict", ERR_CONFLICT},
    {"locked", ERR_CONFLICT},
    {"uniqueness_error", ERR_CONFLICT},
    {"protected", ERR_PROVIDER_DENIED},
    {"incorrect_zone_mode", ERR_CONFLICT},
};

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

/* The page must be the one that was asked for, so that a list has an end. */
static bool hetzner_read_page(const json_t *document, const char *key, int page, json_t *items,
                              bool *last, struct error *e)
{
    const json_t *list, *next = json_at(document, "meta.pagination.next_page");
    int64_t number = page;
    size_t i;
    json_t *item;

    if (!json_get_array(document, key, &list, e))
        return false;
    if (json_at(document, "meta.pagination") != NULL &&
        !json_get_int(document, "meta.pagination.page", 1, PAGES_MAX, &number, e))
        return false;
    if (number != page || page == PAGES_MAX ||
        (next != NULL && json_integer_value(next) != page + 1))
        return fail(e, ERR_PROTOCOL, "%s repeats its pages: page %lld for page %d", HETZNER_TITLE,
                    (long long)number, page);
    json_array_foreach(list, i, item) json_array_append(items, item);
    *last = next == NULL;
    return true;
}

bool hetzner_list(const struct account *account, const char *query, const char *key, json_t **out,
                  struct error *e)
{
    json_t *items = need(json_array());
    bool ok = true, last = false;

    for (int page = 1; ok && !last; page++) {
        struct buf path = BUF_INIT(HETZNER_PATH_MAX);
        json_t *document = NULL;

        buf_printf(&path, "%spage=%d&per_page=%d", query, page, PER_PAGE);
        ok = hetzner_call(account, "GET", &path, NULL, false, &document, e) &&
             hetzner_read_page(document, key, page, items, &last, e);
        json_decref(document);
        buf_free(&path);
    }
    if (ok)
        *out = items;
    else
        json_decref(items);
    return ok;
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
