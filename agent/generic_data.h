/*
 * generic_data.h - what is known of default names, apart from the code that
 * judges by it: only agent/generic.c and agent/generic_scan.c read it.
 */
#ifndef NAMESAKE_GENERIC_DATA_H
#define NAMESAKE_GENERIC_DATA_H

#include <stdbool.h>
#include <stddef.h>

/* How much a suffix alone proves (receivers sheet, 11.3 and 11.4). */
enum generic_form {
    SUFFIX_ADDRESS, /* default names below it carry the address; others were chosen */
    SUFFIX_SERIAL,  /* ... or a number or identifier of the machine in the first label */
    SUFFIX_ALWAYS,  /* everything at and below it is a default */
    SUFFIX_CHOSEN,  /* a sender's own machines: nothing below it is a default */
};

struct generic_suffix {
    const char *suffix;
    enum generic_form form;
    const char *vendor, *provider;
};

/* Rows of the tables: a suffix, its vendor, and the type of the vendor's API where there is one. */
#define ADDRESS_API(suffix, vendor, provider)                                                      \
    {                                                                                              \
        suffix, SUFFIX_ADDRESS, vendor, provider                                                   \
    }
#define SERIAL_API(suffix, vendor, provider)                                                       \
    {                                                                                              \
        suffix, SUFFIX_SERIAL, vendor, provider                                                    \
    }
#define ALWAYS_API(suffix, vendor, provider)                                                       \
    {                                                                                              \
        suffix, SUFFIX_ALWAYS, vendor, provider                                                    \
    }
#define ADDRESS(suffix, vendor) ADDRESS_API(suffix, vendor, NULL)
#define SERIAL(suffix, vendor) SERIAL_API(suffix, vendor, NULL)
#define ALWAYS(suffix, vendor) ALWAYS_API(suffix, vendor, NULL)
#define CHOSEN(suffix, vendor)                                                                     \
    {                                                                                              \
        suffix, SUFFIX_CHOSEN, vendor, NULL                                                        \
    }

/*
 * The suffixes that begin with a letter up to the one in the table's name, each table sorted by
 * text in byte order. The longest suffix of a name wins.
 */
struct generic_suffixes {
    const struct generic_suffix *row;
    size_t count;
};
extern const struct generic_suffixes generic_suffixes_c, generic_suffixes_l, generic_suffixes_r,
    generic_suffixes_z;

/* What a word says of the host whose name has it. */
enum generic_class {
    GENERIC_STRONG = 1, /* an access line, with any number beside it (11.3.4) */
    GENERIC_WEAK = 2,   /* a customer's line, with a number right beside it */
    GENERIC_VAGUE = 4,  /* may be one, beside the address' number or another such word */
    GENERIC_MAIL = 8,   /* a mail host that somebody named on purpose (11.4) */
};

struct generic_word {
    const char *text; /* NULL ends a list */
    enum generic_class class;
    bool is_beginning; /* longer words that begin with it count, too */
};

extern const struct generic_word *const generic_words[26]; /* by their first letter */
extern const struct generic_word generic_pieces[];         /* anywhere in a word */

/* Lists of words; each ends in NULL. */
extern const char *const generic_placeholders[]; /* "-" stands for any separator */
extern const char *const generic_constants[];
extern const char *const generic_seconds[]; /* public second levels below a country's domain */
extern const char *const generic_public[];  /* public domains of two labels besides them */

#endif
