/*
 * fake_smtp.h - a server on loopback that follows a script with its first
 * client, in a child process.
 */
#ifndef NAMESAKE_TESTS_FAKE_SMTP_H
#define NAMESAKE_TESTS_FAKE_SMTP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum fake_smtp_act {
    FAKE_END,   /* close */
    FAKE_SAY,   /* send text; what the client has said before is noted as EARLY */
    FAKE_PAUSE, /* wait ms */
    FAKE_HEAR,  /* receive one segment */
    FAKE_FLOOD, /* send text for ever */
    FAKE_DRIP,  /* send text byte by byte */
    FAKE_HOLD,  /* be silent until the client leaves */
    FAKE_RESET, /* close with RST */
};

struct fake_smtp_step {
    enum fake_smtp_act act;
    const char *text;
    int ms;
};

struct fake_smtp {
    uint16_t port;
    pid_t child;
    int log_fd;
};

/* Steps end in {0}. */
struct fake_smtp fake_smtp_start(const struct fake_smtp_step *steps);

/* End it. What the client said is written to `heard`, each segment as "[EHLO probe.example]". */
void fake_smtp_stop(struct fake_smtp *fake, char *heard, size_t size);

#endif
