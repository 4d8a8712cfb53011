/*
 * master_edit.h - PURE: set one parameter of one service in the text of a
 * master.cf, "-o name=value", and keep every other byte.
 *
 * What a master.cf means (mta facts, section 2.4): logical lines as in main.cf
 * (edit.h); eight fields, the first two of which name the service; then
 * arguments, in which braces hold blanks together: "-o { name = value }". Of
 * several settings of one parameter the last one counts.
 */
#ifndef NAMESAKE_MTA_MASTER_EDIT_H
#define NAMESAKE_MTA_MASTER_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/buf.h"
#include "agent/base/error.h"

/*
 * Append the value that a service, "smtp/inet", sets for a parameter: its words with one blank in
 * between. False when it sets none, or there is no such service.
 */
bool master_value(const char *text, size_t length, const char *service, const char *parameter,
                  struct buf *out) MUST_USE;

/*
 * Append the text to out, with the service's own value of the parameter changed to `value`: only
 * words that differ are touched, and braces come where the value has blanks. A parameter that the
 * service does not set gets a continuation line behind its last argument, indented as others are.
 *
 * ERR_CONFLICT when that cannot be done: no such service or two of them, arguments that are no
 * options, a value that spreads over several lines, control characters or loose braces in the new
 * one, a NUL byte in the text.
 */
bool master_set(const char *text, size_t length, const char *service, const char *parameter,
                const char *value, struct buf *out, struct error *e) MUST_USE;

#endif
