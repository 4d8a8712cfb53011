/*
 * json.h - reading documents that somebody else wrote: limits, and errors that
 * name the path. Writing uses jansson itself with need().
 */
#ifndef NAMESAKE_BASE_JSON_H
#define NAMESAKE_BASE_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/error.h"
#include "agent/base/str.h"

/*
 * Parse one document. Duplicate keys and NUL bytes in strings are refused; nesting is limited by
 * jansson. NULL with ERR_PROTOCOL, line and column in the reason, which quotes no part of the
 * document. The caller calls json_decref.
 */
json_t *json_parse(const char *text, size_t length, struct error *e) MUST_USE;

/*
 * Members of an object by dotted path ("public_net.ipv4.ip"). A wrong type or
 * an absent member is ERR_PROTOCOL and names the path. Strings stay owned by the document.
 */
bool json_get_string(const json_t *object, const char *path, const char **out,
                     struct error *e) MUST_USE;
bool json_get_int(const json_t *object, const char *path, int64_t min, int64_t max, int64_t *out,
                  struct error *e) MUST_USE;
bool json_get_array(const json_t *object, const char *path, const json_t **out,
                    struct error *e) MUST_USE;
bool json_get_strings(const json_t *object, const char *path, struct strings *out,
                      struct error *e) MUST_USE;

/* The member at a path, or NULL when absent or null. */
const json_t *json_at(const json_t *object, const char *path);

/* The string at a path, or the fallback when absent, null or of another type. */
const char *json_string_or(const json_t *object, const char *path, const char *fallback);

/* An array of the strings; the caller owns it. */
json_t *json_from_strings(const struct strings *list);

/* The text of a document: keys in the order written, indented, final newline. Caller frees. */
char *json_text(const json_t *document) MUST_USE;

/* The canonical text: keys sorted, no white space. The caller frees it. */
char *json_canonical(const json_t *document) MUST_USE;

#endif
