/* http_text.c - the vendors' half of http.h: text of a URL, meaning of an answer. */
#include "agent/net/http.h"

#include "agent/base/json.h"
#include "agent/base/mem.h"
#include "agent/base/str.h"

#include <stdlib.h>
#include <string.h>

#define URL_MAX ((size_t)4096)

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

void http_encode(struct buf *url, const char *text)
{
    for (; *text != '\0'; text++) {
        if (is_unreserved(*text))
            buf_char(url, *text);
        else
            buf_printf(url, "%%%02X", (unsigned)(unsigned char)*text);
    }
}

bool http_ok(const struct http_answer *answer)
{
    return answer->status >= 200 && answer->status < 300;
}

json_t *http_document(const struct http_answer *answer)
{
    struct error ignored;

    return json_parse(buf_string(&answer->body), answer->body.length, &ignored);
}

static enum err code_of(const char *method, int status)
{
    switch (status) {
    case 401:
    case 403:
        return ERR_PROVIDER_DENIED;
    case 409:
    case 412:
    case 423:
        return ERR_CONFLICT;
    case 429:
        return ERR_PROVIDER_LIMITED;
    default:
        break;
    }
    if (status < 500)
        return ERR_PROTOCOL;
    return str_equal(method, "GET") ? ERR_PROVIDER_UNREACHABLE : ERR_TIMEOUT;
}

bool http_api_call(const struct http_api *api, const char *method, const struct buf *path,
                   json_t *body, struct http_answer *answer, struct error *e)
{
    struct buf url = BUF_INIT(URL_MAX);
    char *text = body != NULL ? json_canonical(body) : NULL;
    struct http_request request = {.method = method, .body = text, .headers = {api->key}};
    bool ok;

    buf_text(&url, api->endpoint);
    buf_text(&url, buf_string(path));
    request.url = buf_string(&url);
    if (api->key.secret == NULL)
        ok = fail(e, ERR_CREDENTIAL_MISSING, "the key for %s is not loaded", api->title);
    else if (!buf_ok(&url) || !buf_ok(path))
        ok = fail(e, ERR_CONFIG_KEY, "the endpoint of %s or a name is too long", api->title);
    else
        ok = http_call(&request, answer, e);
    buf_free(&url);
    free(text);
    json_decref(body);
    return ok;
}

bool http_tells(const struct secret *secret, const char *text)
{
    return secret != NULL && secret->length > 0 && strstr(text, secret->bytes) != NULL;
}

bool http_refused(const struct http_api *api, const char *method, const struct http_answer *answer,
                  const char *text, struct error *e)
{
    enum err code = code_of(method, answer->status);
    const char *vendor = api->title;

    if (http_tells(api->key.secret, text))
        text = "its reason repeats the secret, so it is not shown";
    if (answer->status >= 300 && answer->status < 400)
        text = "a redirect, which is not followed with a secret";
    fail(e, code, "%s answered %d%s%.300s", vendor, answer->status, text[0] != '\0' ? ": " : "",
         text);
    if (code == ERR_PROVIDER_DENIED)
        error_who(e, "whoever manages the %s account can make a token that may do this", vendor);
    if (code == ERR_PROVIDER_LIMITED && answer->retry_after_s > 0)
        error_next(e, "the same command again in %u s", (unsigned)answer->retry_after_s);
    return false;
}

bool http_strange(const struct http_answer *answer, const char *vendor, const char *what,
                  struct error *e)
{
    return fail(e, ERR_PROTOCOL, "%s answered %d, but %.200s (%.60s, %zu bytes)", vendor,
                answer->status, what, answer->type[0] != '\0' ? answer->type : "of no type",
                answer->body.length);
}

/* A page that begins with an entry that was there before has been seen before. */
static bool repeats(const json_t *items, const json_t *list)
{
    const json_t *id = json_at(json_array_get(list, 0), "id");
    size_t i;
    json_t *item;

    json_array_foreach(items, i, item)
    {
        if (id != NULL && json_equal(json_at(item, "id"), id))
            return true;
    }
    return false;
}

/* Which page it says it is, and which one it says is the last that can be told from here. */
static bool read_place(const struct http_pages *pages, const json_t *document, int64_t page,
                       int64_t *number, int64_t *last, struct error *e)
{
    const char *end = pages->next != NULL ? pages->next : pages->total;

    *number = *last = page;
    return (json_at(document, pages->number) == NULL ||
            json_get_int(document, pages->number, 0, INT32_MAX, number, e)) &&
           (json_at(document, end) == NULL || json_get_int(document, end, 0, INT32_MAX, last, e));
}

static bool read_page(const struct http_pages *pages, const json_t *document, int64_t page,
                      json_t *items, bool *done, struct error *e)
{
    int64_t number, last;
    const json_t *list;
    json_t *item;
    size_t i;
    bool odd_next;

    if (!json_get_array(document, pages->items, &list, e) ||
        !read_place(pages, document, page, &number, &last, e))
        return false;
    *done = pages->next != NULL ? json_at(document, pages->next) == NULL : last <= page;
    odd_next = pages->next != NULL && !*done && last != page + 1;
    if (number != page || odd_next || last > (int64_t)pages->most || repeats(items, list) ||
        (!*done && json_array_size(list) == 0))
        return fail(e, ERR_PROTOCOL,
                    "%s repeats its pages, or they have no end: %lld of %lld for %lld",
                    pages->vendor, (long long)number, (long long)last, (long long)page);
    json_array_foreach(list, i, item) json_array_append(items, item);
    return true;
}

bool http_list(const struct http_pages *pages, json_t **out, struct error *e)
{
    json_t *items = need(json_array());
    bool ok = true, done = false;

    for (int page = 1; ok && !done; page++) {
        struct buf path = BUF_INIT(URL_MAX);
        json_t *document = NULL;

        buf_printf(&path, "%spage=%d&per_page=%u", pages->query, page, pages->per_page);
        ok = pages->get(pages->arg, &path, &document, e) &&
             read_page(pages, document, page, items, &done, e);
        json_decref(document);
        buf_free(&path);
    }
    if (ok)
        *out = items;
    else
        json_decref(items);
    return ok;
}
