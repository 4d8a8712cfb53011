/*
 * report_trace.h - inside the report: the probes of trace, as text and as JSON.
 */
#ifndef NAMESAKE_REPORT_TRACE_H
#define NAMESAKE_REPORT_TRACE_H

#include <jansson.h>

#include "agent/report_page.h"

/* The way of each probe, hop by hop, and why one did not arrive. */
void report_probes(struct page *page, const struct report *report);

/* The same as an array; the caller owns it. */
json_t *report_probes_json(const struct report *report);

#endif
