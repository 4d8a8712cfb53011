/*
 * dns_pipe.h - messages to DNS servers and their replies over streams (RFC
 * 7766): one connection to each server, several questions on it at once. What
 * dns_transport.h is for UDP; this is how questions go from a viewpoint.
 */
#ifndef NAMESAKE_NET_DNS_PIPE_H
#define NAMESAKE_NET_DNS_PIPE_H

#include "agent/net/dns_transport.h"
#include "agent/net/stream.h"

struct dns_pipes;

/*
 * The caller frees it with dns_pipes_free; what is under way then is never replied to. The loop
 * and the viewpoint (NULL: here) outlive it.
 */
struct dns_pipes *dns_pipes_new(struct loop *loop, struct via *via,
                                const struct dns_settings *settings);
void dns_pipes_free(struct dns_pipes *pipes);

/*
 * As dns_transport_send. The time limit of the settings counts from the moment that the message
 * goes out; at a viewpoint, waiting for a connection may take longer. A connection that is closed before its replies
 * came is opened once more for each of them.
 */
void dns_pipes_send(struct dns_pipes *pipes, const struct dns_server *server,
                    const struct dns_message *message, struct dns_exchange *exchange);

#endif
