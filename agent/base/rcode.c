/* rcode.c - names of DNS response codes, as in dig and in the facts document. */
#include "agent/base/rcode.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/str.h"

static const struct {
    int code;
    const char *text;
} table[] = {
    {DNS_NOERROR, "NOERROR"},   {DNS_FORMERR, "FORMERR"}, {DNS_SERVFAIL, "SERVFAIL"},
    {DNS_NXDOMAIN, "NXDOMAIN"}, {DNS_NOTIMP, "NOTIMP"},   {DNS_REFUSED, "REFUSED"},
    {DNS_YXDOMAIN, "YXDOMAIN"}, {DNS_YXRRSET, "YXRRSET"}, {DNS_NXRRSET, "NXRRSET"},
    {DNS_NOTAUTH, "NOTAUTH"},   {DNS_NOTZONE, "NOTZONE"}, {DNS_TIMEOUT, "TIMEOUT"},
    {DNS_BADREPLY, "BADREPLY"},
};

#define TABLE_LENGTH (sizeof table / sizeof table[0])

const char *dns_rcode_text(int rcode)
{
    static char other[24];

    for (size_t i = 0; i < TABLE_LENGTH; i++)
        if (table[i].code == rcode)
            return table[i].text;
    snprintf(other, sizeof other, "RCODE%d", rcode);
    return other;
}

int dns_rcode_from_text(const char *text)
{
    uint64_t number;

    for (size_t i = 0; i < TABLE_LENGTH; i++)
        if (str_equal_nocase(table[i].text, text))
            return table[i].code;
    if (strncmp(text, "RCODE", 5) == 0 && str_uint(text + 5, 0, 4095, &number))
        return (int)number;
    return -1;
}

bool dns_rcode_is_temporary(int rcode)
{
    return rcode != DNS_NOERROR && rcode != DNS_NXDOMAIN;
}
