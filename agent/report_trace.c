/* report_trace.c - the ways of probes for people and for programs. */
#include "agent/report_trace.h"

#include "agent/base/json.h"
#include "agent/base/mem.h"
#include "agent/report_parts.h"

const char *trace_state_text(enum trace_state state)
{
    static const char *const texts[TRACE_STATES] = {"sent",     "arrived", "refused",
                                                    "deferred", "gone",    "late"};

    return texts[state];
}

static const char *says(const struct trace_hop *hop)
{
    return hop->helo[0] != '\0' ? " says HELO " : " says a HELO that is not told";
}

/* The first receiver saw another address than the one that the machine sends from. */
static void write_translation(struct page *page, const struct trace_probe *probe)
{
    const struct ip *seen = &probe->hops[0].from, *expected = &probe->expected;

    if (expected->family != seen->family || ip_equal(expected, seen))
        return;
    page_printf(page, "       not from %s: %s", ip_text(expected).s,
                ip_scope(expected) == IP_SCOPE_PUBLIC ? "something sends it from another address"
                                                      : "a translator (NAT) stands between");
    page_end(page);
}

static void write_hops(struct page *page, const struct trace_probe *probe)
{
    for (size_t i = 0; i < probe->hop_count; i++) {
        const struct trace_hop *hop = &probe->hops[i];

        page_printf(page, "    %zu  %s%s%s, heard by %s%s", i + 1, ip_text(&hop->from).s, says(hop),
                    hop->helo, i + 1 < probe->hop_count ? "" : "the ",
                    hop->by[0] != '\0' ? hop->by : "an unnamed host");
        page_end(page);
        if (i == 0)
            write_translation(page, probe);
    }
}

static void write_probe(struct page *page, const struct trace_probe *probe)
{
    char text[900];

    page_printf(page, "  %s, by %s%s%s%s%s to the observer at %s: ", probe->place, probe->transport,
                probe->relay[0] ? " and the relay " : "", probe->relay,
                probe->sender[0] ? ", from " : "", probe->sender, ip_text(&probe->to).s);
    page_result(page, probe->state == TRACE_ARRIVED ? RESULT_OK : RESULT_UNKNOWN);
    page_printf(page, " %s", trace_state_text(probe->state));
    if (probe->state == TRACE_ARRIVED)
        page_printf(page, " in %u.%u s", probe->took_ms / 1000, probe->took_ms % 1000 / 100);
    page_end(page);
    write_hops(page, probe);
    if (probe->state == TRACE_ARRIVED)
        return;
    str_format(text, sizeof text, "%s%s%s%s", probe->why, probe->why[0] && probe->id[0] ? "; " : "",
               probe->removed ? "removed from the queue, where it was "
               : probe->id[0] ? "it could not be removed from the queue, where it is "
                              : "",
               probe->id);
    page_field(page, 4, "why", text);
}

void report_probes(struct page *page, const struct report *report)
{
    if (report->probe_count == 0)
        return;
    page_text(page, report->probe_count == 1 ? "The probe" : "The probes");
    page_end(page);
    for (size_t i = 0; i < report->probe_count; i++)
        write_probe(page, &report->probes[i]);
    page_end(page);
}

static json_t *address_or_null(const struct ip *ip)
{
    return ip->family != IP_NONE ? need(json_string(ip_text(ip).s)) : need(json_null());
}

static json_t *hops_json(const struct trace_probe *probe)
{
    json_t *list = need(json_array());

    for (size_t i = 0; i < probe->hop_count; i++)
        json_array_append_new(
            list, need(json_pack("{s:s, s:o, s:o}", "address", ip_text(&probe->hops[i].from).s,
                                 "helo", text_or_null(probe->hops[i].helo), "heard_by",
                                 text_or_null(probe->hops[i].by))));
    return list;
}

static json_t *probe_json(const struct trace_probe *probe)
{
    const bool arrived = probe->state == TRACE_ARRIVED && probe->hop_count > 0;
    const struct trace_hop *last = arrived ? &probe->hops[probe->hop_count - 1] : NULL;

    return need(json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b}",
                          "state", trace_state_text(probe->state), "machine", probe->place,
                          "transport", text_or_null(probe->transport), "relay",
                          text_or_null(probe->relay), "observer", ip_text(&probe->to).s,
                          "recipient", probe->recipient, "token", probe->token, "expected",
                          address_or_null(&probe->expected), "seen",
                          arrived ? address_or_null(&last->from) : need(json_null()), "helo",
                          arrived ? text_or_null(last->helo) : need(json_null()), "hops",
                          hops_json(probe), "why", text_or_null(probe->why), "queue_id",
                          text_or_null(probe->id), "removed", (int)probe->removed));
}

json_t *report_probes_json(const struct report *report)
{
    json_t *list = need(json_array());

    for (size_t i = 0; i < report->probe_count; i++)
        json_array_append_new(list, probe_json(&report->probes[i]));
    return list;
}
