/*
 * cloud.h - the cloud that this machine runs in, as its firmware tells, and the
 * public address behind which that cloud hides it.
 */
#ifndef NAMESAKE_CLOUD_H
#define NAMESAKE_CLOUD_H

#include <stddef.h>

#include "agent/base/error.h"
#include "agent/base/ip.h"

/* What the firmware says of the machine (DMI, no network needed); "" where it says nothing. */
struct dmi {
    char sys_vendor[64], product_name[64], product_serial[64], chassis_asset_tag[64],
        product_uuid[64];
};

/* Read the DMI strings of a folder, /sys/class/dmi/id on a real machine. */
void dmi_read(const char *folder, struct dmi *out);

/* One cloud: its name, and how it tells the public address of a machine that has a private one. */
struct cloud;

/* PURE: the cloud that made the machine; NULL when the firmware names none that is known. */
const struct cloud *cloud_of(const struct dmi *dmi);
const char *cloud_name(const struct cloud *cloud); /* "Google Cloud" */

/*
 * Ask the cloud's metadata service for the public IPv4 address. Link-local, plain HTTP, one second
 * to connect, no proxy; an answer that is none of that cloud's is refused. ERR_NO_INPUT: it has
 * none, or the cloud does not tell; ERR_PROVIDER_UNREACHABLE and the like otherwise.
 */
bool cloud_public_address(const struct cloud *cloud, struct ip *out, struct error *e) MUST_USE;

/*
 * PURE: the first public IPv4 address in the answer of a metadata service: plain text when path is
 * NULL, else JSON; "network.interface[].ipv4.ipAddress[].publicIpAddress": [] is every element.
 */
bool cloud_find_address(const char *text, size_t length, const char *path, struct ip *out) MUST_USE;

#endif
