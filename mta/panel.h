/*
 * panel.h - programs that write a mail server's configuration by themselves:
 * what is changed behind their back is lost. They are found, never written.
 */
#ifndef NAMESAKE_MTA_PANEL_H
#define NAMESAKE_MTA_PANEL_H

#include "agent/net/host.h"

struct panel {
    const char *marker; /* a file that only it has */
    const char *name;   /* "cPanel" */
    const char *next;   /* what to type or to click there to give the mail server a name */
    const char *does;   /* how it takes a name back: "rebuilds its files at every update" */
    bool tables;        /* it fills the tables that names are looked up in, too */
};

/* The first panel or container image whose marker is on the host; NULL: none is known to be. */
const struct panel *panel_find(struct host *host);

#endif
