/*
 * fake_dns.h - name servers on loopback that answer from a table, in a child
 * process; every address of 127.0.0.0/8 in the table is a server of its own.
 */
#ifndef NAMESAKE_TESTS_FAKE_DNS_H
#define NAMESAKE_TESTS_FAKE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum fake_dns_how {
    FAKE_ANSWERS,
    FAKE_SILENT,
    FAKE_GARBAGE,          /* ten bytes */
    FAKE_CUT_SHORT,        /* half of a message */
    FAKE_WRONG_ID,         /* then the right answer */
    FAKE_WRONG_QUESTION,   /* then the right answer */
    FAKE_TRUNCATES,        /* TC over UDP, all of it over TCP */
    FAKE_TRUNCATES_SLOWLY, /* and takes 150 ms over TCP */
    FAKE_LOSES_FIRST,      /* the first copy of the question */
    FAKE_THINKS_FIRST,     /* for 1.2 s, and then answers each copy of the question */
    FAKE_FORMERR_TO_EDNS,
    FAKE_NOTIMP_TO_EDNS,
    FAKE_OLD_FORMERR, /* FORMERR, always, without OPT */
};

/* The first row that matches answers; a question without a row is REFUSED. */
struct fake_dns_row {
    const char *server; /* "127.0.0.1" */
    const char *name;   /* "mail.example.com"; NULL: any */
    const char *type;   /* "A"; NULL: any */
    enum fake_dns_how how;
    const char *rcode; /* NULL: NOERROR */
    bool aa;
    const char *answer, *authority, *additional; /* records as in a zone file, one a line */
};

struct fake_dns {
    uint16_t port; /* the same at all addresses */
    pid_t child;
    int log_fd;
};

/* Rows end in {0} and must live until fake_dns_stop. */
struct fake_dns fake_dns_start(const struct fake_dns_row *rows);

/*
 * End it. The questions that came, in order, are written to `asked`, one a line:
 * "127.0.0.1 udp SOA example.com rd cd edns".
 */
void fake_dns_stop(struct fake_dns *fake, char *asked, size_t size);

/* How often a line with this beginning or this text is in the list. */
size_t fake_dns_count(const char *asked, const char *text);

#endif
