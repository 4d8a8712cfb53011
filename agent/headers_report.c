/* headers_report.c - the findings of headers.c for people and for programs. */
#include "agent/headers_report.h"

#include <string.h>

#include "agent/base/json.h"
#include "agent/base/mem.h"
#include "agent/report_page.h"
#include "agent/report_parts.h"

#define VALUE_COLUMN 11

static bool is_found(const struct headers *headers)
{
    return headers->believed < headers->hop_count;
}

void headers_summary(const struct headers *headers, char *out, size_t size)
{
    if (!is_found(headers))
        str_cut(out, size, "no line of the header can be believed");
    else if (headers->helo[0] == '\0')
        str_format(out, size, "%s took it from %s, and does not tell the HELO", headers->receiver,
                   ip_text(&headers->address).s);
    else
        str_format(out, size, "%s saw %s say HELO %s", headers->receiver,
                   ip_text(&headers->address).s, headers->helo);
}

void headers_next(const struct headers *headers, char *out, size_t size)
{
    if (is_found(headers))
        str_format(out, size, "namesake audit %s", ip_text(&headers->address).s);
    else if (headers->hop_count == 0)
        str_cut(out, size,
                "namesake headers FILE   (the message as it was delivered, header and all)");
    else
        str_cut(out, size, "namesake headers --receiver NAME FILE");
}

/* "mail.example.com [203.0.113.25] -> mx.example.net" */
static void describe_hop(const struct hop *hop, char *out, size_t size)
{
    const struct ip_text address = ip_text(&hop->peer);

    str_format(out, size, "%s%s%s%s%s-> %s", hop->helo, hop->helo[0] ? " " : "",
               hop->peer.family != IP_NONE ? "[" : "", hop->peer.family != IP_NONE ? address.s : "",
               hop->peer.family != IP_NONE ? "] " : "", hop->by[0] ? hop->by : "?");
}

static void write_hops(struct page *page, const struct headers *headers)
{
    char text[800];

    if (headers->hop_count == 0)
        return;
    page_end(page);
    page_text(page, "  Received lines, the newest first:");
    page_end(page);
    for (size_t i = 0; i < headers->hop_count; i++) {
        const struct hop_seen *seen = &headers->hops[i];
        describe_hop(&seen->hop, text, sizeof text);
        page_printf(page, "  %3zu ", i + 1);
        page_paint(page, seen->role == HOP_BELIEVED ? PAINT_GREEN : PAINT_DIM,
                   hop_role_text(seen->role));
        page_to(page, 16);
        page_text(page, text);
        if (seen->role == HOP_INSIDE && seen->why != NULL)
            page_printf(page, "  (%s)", seen->why);
        page_end(page);
    }
}

/* "label    value", wrapped. */
static void write_field(struct page *page, const char *label, const char *value)
{
    page_to(page, 2);
    page_paint(page, PAINT_DIM, label);
    page_to(page, strlen(label) < 8 ? VALUE_COLUMN : 3 + strlen(label));
    page_wrap(page, VALUE_COLUMN, value);
    page_end(page);
}

static void write_found(struct page *page, const struct headers *headers)
{
    char text[320];

    write_field(page, "address", ip_text(&headers->address).s);
    write_field(page, "HELO", headers->helo[0] ? headers->helo : "not told");
    write_field(page, "PTR", headers->ptr[0] ? headers->ptr : "not found, or not told");
    for (size_t i = 0; i < headers->result_count; i++) {
        const struct auth_result *result = &headers->results[i];
        str_format(text, sizeof text, "%s%s%s", result->result, result->identity[0] ? " " : "",
                   result->identity);
        write_field(page, result->method, text);
    }
}

void headers_text(const struct headers *headers, const struct style *style, struct buf *out)
{
    struct page page = page_open(style, out);
    char text[1024];

    headers_summary(headers, text, sizeof text);
    page_text(&page, text);
    page_end(&page);
    page_end(&page);
    if (is_found(headers))
        write_found(&page, headers);
    write_field(&page, "why", headers->why);
    for (size_t i = 0; i < headers->notes.count; i++)
        write_field(&page, "note", headers->notes.v[i]);
    write_hops(&page, headers);
    headers_next(headers, text, sizeof text);
    page_end(&page);
    page_next(&page, text);
}

static json_t *address_json(const struct ip *ip)
{
    return ip->family != IP_NONE ? text_json(ip_text(ip).s) : need(json_null());
}

static json_t *hops_json(const struct headers *headers)
{
    json_t *list = need(json_array());

    for (size_t i = 0; i < headers->hop_count; i++) {
        const struct hop_seen *seen = &headers->hops[i];
        json_array_append_new(
            list, need(json_pack(
                      "{s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "line", (int)i + 1, "role",
                      hop_role_text(seen->role), "address", address_json(&seen->hop.peer), "helo",
                      text_or_null(seen->hop.helo), "ptr", text_or_null(seen->hop.ptr), "by",
                      text_or_null(seen->hop.by), "with", text_or_null(seen->hop.with), "date",
                      text_or_null(seen->hop.when), "why",
                      text_or_null(seen->role == HOP_INSIDE && seen->why ? seen->why : ""))));
    }
    return list;
}

static json_t *results_json(const struct headers *headers)
{
    json_t *list = need(json_array());

    for (size_t i = 0; i < headers->result_count; i++) {
        const struct auth_result *result = &headers->results[i];
        json_array_append_new(
            list, need(json_pack("{s:o, s:o, s:o}", "method", text_json(result->method), "result",
                                 text_json(result->result), "of", text_or_null(result->identity))));
    }
    return list;
}

json_t *headers_document(const struct headers *headers, int exit_code)
{
    const bool found = is_found(headers);
    char summary[1024], next[384];

    headers_summary(headers, summary, sizeof summary);
    headers_next(headers, next, sizeof next);
    return need(json_pack(
        "{s:s, s:s, s:s, s:b, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:[]}",
        "format", "namesake.headers", "format_version", "1.0", "namesake", NAMESAKE_VERSION, "ok",
        exit_code == 0, "exit_code", exit_code, "summary", text_json(summary), "next",
        text_json(next), "address", address_json(&headers->address), "helo",
        text_or_null(headers->helo), "ptr", text_or_null(headers->ptr), "receiver",
        text_or_null(headers->receiver), "line",
        found ? need(json_integer((json_int_t)headers->believed + 1)) : need(json_null()), "why",
        text_json(headers->why), "results", results_json(headers), "hops", hops_json(headers),
        "notes", json_from_strings(&headers->notes), "diagnostics"));
}

void headers_facts(const struct headers *headers, struct facts *out)
{
    char writer[160];

    *out = (struct facts){.address = headers->address};
    str_printable(writer, sizeof writer, headers->receiver, strlen(headers->receiver));
    out->helo.seen_ip = headers->address;
    out->helo.state = headers->helo[0] != '\0' ? HELO_OBSERVED : HELO_NOT_ASKED;
    str_printable(out->helo.value, sizeof out->helo.value, headers->helo, strlen(headers->helo));
    str_format(out->helo.from, sizeof out->helo.from, "header written by %.70s",
               writer[0] ? writer : "an unnamed host");
}
