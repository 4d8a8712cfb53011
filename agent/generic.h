/*
 * generic.h - PURE: names that a hoster or access provider gives an address
 * by default, told from names that somebody chose.
 */
#ifndef NAMESAKE_GENERIC_H
#define NAMESAKE_GENERIC_H

#include "agent/base/ip.h"
#include "agent/base/name.h"

struct generic {
    bool is_generic;
    bool is_placeholder;  /* names no host at all: "unassigned.example.net" */
    const char *vendor;   /* "Hetzner"; NULL when the form does not tell */
    const char *provider; /* type of the vendor's API: "hetzner-cloud"; NULL when there is none */
};

/* Judge one PTR name of an address (receivers sheet, section 11). */
struct generic generic_judge(const struct name *name, const struct ip *address);

/*
 * The domain that somebody registered: the last two labels, or three below a second level such as
 * co.uk; the name itself when it is shorter. An estimate without the list of public suffixes.
 */
struct name generic_registrable(const struct name *name);

#endif
