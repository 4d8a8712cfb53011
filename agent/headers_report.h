/*
 * headers_report.h - PURE: what a message tells of its sender, as text and as a
 * document (namesake.headers).
 */
#ifndef NAMESAKE_HEADERS_REPORT_H
#define NAMESAKE_HEADERS_REPORT_H

#include <jansson.h>

#include "agent/facts.h"
#include "agent/headers.h"
#include "agent/report.h"

/* "mx.example.net saw 203.0.113.25 say mail.example.com" */
void headers_summary(const struct headers *headers, char *out, size_t size);

/* The text for people; it ends with a newline. */
void headers_text(const struct headers *headers, const struct style *style, struct buf *out);

/* The document; the caller owns it. */
json_t *headers_document(const struct headers *headers, int exit_code);

/* The facts that a believed line proves: the address, and the HELO as observed. */
void headers_facts(const struct headers *headers, struct facts *out);

/* The command to go on with. */
void headers_next(const struct headers *headers, char *out, size_t size);

#endif
