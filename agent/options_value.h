/*
 * options_value.h - how the values of options are read. Inside of the options;
 * others include options.h.
 */
#ifndef NAMESAKE_OPTIONS_VALUE_H
#define NAMESAKE_OPTIONS_VALUE_H

#include "agent/options.h"
#include "mta/mta.h"

#define COLORS "auto|always|never"
#define MTAS MTA_CHOICES
#define FORWARDS "add|replace"

/* Read one value into the options; ERR_USAGE says what the option takes. Flags ignore the value. */
typedef bool option_reader(struct options *out, const char *value, struct error *e);

option_reader value_color, value_forward, value_json, value_kinds, value_listen, value_observer,
    value_more, value_mta, value_much_more, value_output, value_quiet, value_resolver, value_v4,
    value_v6, value_via;

/* The same for a plain member: seconds from min on; a whole number from 1 to max. */
bool value_duration(const char *option, const char *value, uint32_t min, int64_t *out,
                    struct error *e) MUST_USE;
bool value_number(const char *option, const char *value, uint64_t max, int64_t *out,
                  struct error *e) MUST_USE;

#endif
