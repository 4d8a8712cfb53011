/*
 * generic_data.h - what is known of default names, apart from the code that
 * judges by it: only agent/generic.c reads it.
 */
#ifndef NAMESAKE_GENERIC_DATA_H
#define NAMESAKE_GENERIC_DATA_H

#include <stddef.h>

/* How much a suffix alone proves (receivers sheet, 11.3 and 11.4). */
enum generic_form {
    SUFFIX_ADDRESS, /* default names below it carry the address; others were chosen */
    SUFFIX_SERIAL,  /* ... or a number or identifier of the machine in the first label */
    SUFFIX_ALWAYS,  /* everything at and below it is a default */
};

struct generic_suffix {
    const char *suffix;
    enum generic_form form;
    const char *vendor, *provider;
};

extern const struct generic_suffix generic_suffixes[];
extern const size_t generic_suffix_count;

/* Lists of words; each ends in NULL. */
extern const char *const generic_placeholders[];
extern const char *const generic_constants[];
extern const char *const generic_access_strong[];
extern const char *const generic_access_weak[];
extern const char *const generic_mail_words[];

#endif
