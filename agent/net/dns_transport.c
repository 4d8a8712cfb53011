/* dns_transport.c - c-ares channels, one for each server, on the event loop. */
#include "agent/net/dns_transport.h"

/* Since 1.28 ares_send() is called deprecated; 1.18 of Debian 12 has no other. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include "agent/base/mem.h"
#include "agent/net/table.h"

/* RFC 1035 4.2.1: the longest message over UDP that both sides take without EDNS. */
#define PLAIN_BYTES 512

/* An open c-ares 1.18 channel takes 72 KiB: past this many the idle ones are closed. */
#define CHANNELS_OPEN_MAX 64

/* A burst of answers must not be lost (platform sheet, section 2); the kernel may grant less. */
#define RECEIVE_BYTES (1 << 20)

/* From 1.31 on c-ares would answer from memory what a server has said within the last hour. */
#ifdef ARES_OPT_QUERY_CACHE
#define NO_QUERY_CACHE ARES_OPT_QUERY_CACHE /* with the limit 0, as all that is not set */
#else
#define NO_QUERY_CACHE 0
#endif

struct dns_transport {
    struct loop *loop;
    uint32_t udp_wait_ms, tcp_wait_ms; /* of the first try */
    unsigned tries;
    struct table channels; /* those that are open */
};

/*
 * Plain questions have a channel of their own: on a channel with EDNS c-ares takes the last
 * eleven bytes away from a message that was answered with FORMERR, whatever they are. TCP has
 * one because c-ares, when it changes to TCP by itself, gives it no more than the first wait of
 * UDP, which is too short for two round trips.
 */
struct dns_channel {
    struct table_link link;
    struct dns_transport *transport;
    struct dns_server server;
    struct dns_way way;
    uint32_t wait_ms; /* of the first try */
    ares_channel ares;
    size_t under_way;
    struct ares_socket *sockets;
    struct timer timer; /* armed while something is under way */
};

/* A descriptor that c-ares has opened. */
struct ares_socket {
    struct watch watch;
    struct dns_channel *channel;
    struct ares_socket *next;
};

static void on_ready(struct watch *watch, uint32_t events)
{
    const struct ares_socket *socket = (const struct ares_socket *)watch;
    const uint32_t broken = events & (EPOLLERR | EPOLLHUP);
    const int fd = watch->fd;

    /* The socket may be gone after this. */
    ares_process_fd(socket->channel->ares, events & EPOLLIN || broken ? fd : ARES_SOCKET_BAD,
                    events & EPOLLOUT || broken ? fd : ARES_SOCKET_BAD);
}

/* c-ares says what it waits for; nothing at all before it closes a socket. */
static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct dns_channel *channel = arg;
    struct loop *loop = channel->transport->loop;
    const uint32_t events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U);
    struct ares_socket **at = &channel->sockets, *socket;

    while (*at != NULL && (*at)->watch.fd != fd)
        at = &(*at)->next;
    if (*at == NULL) {
        *at = mem_new(1, sizeof **at);
        **at = (struct ares_socket){.watch = {.ready = on_ready, .fd = fd}, .channel = channel};
    }
    socket = *at;
    loop_watch(loop, &socket->watch, events);
    if (events == 0) {
        *at = socket->next;
        free(socket);
    }
}

/*
 * The deadline may be too early but is never too late: whatever c-ares sends, it waits at least
 * the first wait. So its list of questions is gone through only when the deadline expires.
 */
static void on_expired(struct timer *timer)
{
    struct dns_channel *channel =
        (struct dns_channel *)(void *)((char *)timer - offsetof(struct dns_channel, timer));
    struct timeval left;

    ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    if (channel->under_way == 0 || ares_timeout(channel->ares, NULL, &left) == NULL)
        return;
    loop_timer_set(channel->transport->loop, &channel->timer,
                   (int64_t)left.tv_sec * 1000 + (left.tv_usec + 999) / 1000);
}

static void watch_time(struct dns_channel *channel)
{
    struct loop *loop = channel->transport->loop;

    if (!channel->timer.armed || channel->timer.at_ms > loop_now_ms(loop) + channel->wait_ms)
        loop_timer_set(loop, &channel->timer, channel->wait_ms);
}

struct dns_transport *dns_transport_new(struct loop *loop, const struct dns_settings *settings)
{
    struct dns_transport *transport = mem_new(1, sizeof *transport);
    const unsigned tries = settings->tries < 1 ? 1 : settings->tries > 8 ? 8 : settings->tries;

    /* c-ares doubles the wait with each try: 1 + 2 + 4 + ... = 2^tries - 1 first waits. */
    transport->loop = loop;
    transport->tries = tries;
    transport->udp_wait_ms = settings->timeout_ms / ((1U << tries) - 1);
    if (transport->udp_wait_ms == 0)
        transport->udp_wait_ms = 1;
    /* What is not answered over TCP is not sent again, only what was cut off. */
    transport->tcp_wait_ms = settings->timeout_ms;
    ares_library_init(ARES_LIB_INIT_ALL);
    return transport;
}

static void channel_close(struct table_link *link)
{
    struct dns_channel *channel = (struct dns_channel *)link;

    ares_destroy(channel->ares);
    loop_timer_clear(channel->transport->loop, &channel->timer);
    table_remove(&channel->transport->channels, link);
    free(channel);
}

static void close_idle(struct table_link *link)
{
    if (((const struct dns_channel *)link)->under_way == 0)
        channel_close(link);
}

void dns_transport_free(struct dns_transport *transport)
{
    if (transport == NULL)
        return;
    table_each(&transport->channels, channel_close);
    table_free(&transport->channels);
    free(transport);
    ares_library_cleanup();
}

/*
 * Options that leave c-ares nothing to look up in /etc/resolv.conf or the environment. Without
 * ARES_FLAG_STAYOPEN: sockets of idle channels are closed, so that descriptors are bounded by
 * what is under way, and questions leave from changing ports.
 */
static bool open_ares(struct dns_channel *channel)
{
    const bool udp_edns = channel->way.edns && !channel->way.tcp;
    char lookups[] = "b", server[64];
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP |
                 ARES_FLAG_IGNTC | (udp_edns ? ARES_FLAG_EDNS : 0) |
                 (channel->way.tcp ? ARES_FLAG_USEVC : 0),
        .timeout = (int)channel->wait_ms,
        .tries = (int)channel->transport->tries,
        .ndots = 1,
        .socket_receive_buffer_size = RECEIVE_BYTES,
        .lookups = lookups,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = channel,
        .ednspsz = udp_edns ? DNS_EDNS_BYTES : PLAIN_BYTES,
    };
    const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
                     ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST | ARES_OPT_LOOKUPS |
                     ARES_OPT_SOCK_RCVBUF | ARES_OPT_SOCK_STATE_CB | ARES_OPT_EDNSPSZ |
                     ARES_OPT_NOROTATE | NO_QUERY_CACHE;

    if (ares_init_options(&channel->ares, &options, mask) != ARES_SUCCESS)
        return false;
    snprintf(server, sizeof server, channel->server.ip.family == IP_V6 ? "[%s]:%u" : "%s:%u",
             ip_text(&channel->server.ip).s, channel->server.port);
    if (ares_set_servers_ports_csv(channel->ares, server) == ARES_SUCCESS)
        return true;
    ares_destroy(channel->ares);
    return false;
}

struct channel_key {
    const struct dns_server *server;
    struct dns_way way;
};

static bool is_channel(const struct table_link *link, const void *key)
{
    const struct dns_channel *channel = (const struct dns_channel *)link;
    const struct channel_key *wanted = key;

    return channel->way.edns == wanted->way.edns && channel->way.tcp == wanted->way.tcp &&
           channel->server.port == wanted->server->port &&
           ip_equal(&channel->server.ip, &wanted->server->ip);
}

/* NULL when there is neither one nor any more to be had. */
static struct dns_channel *channel_of(struct dns_transport *transport,
                                      const struct dns_server *server, struct dns_way way)
{
    const struct channel_key key = {server, way};
    const uint64_t hash = table_hash(TABLE_HASH_START, server->ip.bytes, sizeof server->ip.bytes);
    struct dns_channel *channel =
        (struct dns_channel *)table_find(&transport->channels, hash, is_channel, &key);

    if (channel != NULL)
        return channel;
    if (transport->channels.count >= CHANNELS_OPEN_MAX)
        table_each(&transport->channels, close_idle);
    channel = mem_new(1, sizeof *channel);
    *channel = (struct dns_channel){
        .transport = transport,
        .server = *server,
        .way = way,
        .wait_ms = way.tcp ? transport->tcp_wait_ms : transport->udp_wait_ms,
        .timer = {.expired = on_expired},
    };
    if (!open_ares(channel)) {
        free(channel);
        return NULL;
    }
    table_add(&transport->channels, &channel->link, hash);
    return channel;
}

static void on_reply(void *arg, int status, int timeouts, unsigned char *wire, int length)
{
    struct dns_exchange *exchange = arg;
    struct dns_channel *channel = exchange->channel;

    if (status == ARES_EDESTRUCTION)
        return;
    exchange->again += (unsigned)timeouts;
    exchange->timed_out = status == ARES_ETIMEOUT;
    if (wire == NULL || length <= 0)
        exchange->replied(exchange, NULL, 0);
    else
        exchange->replied(exchange, wire, (size_t)length);
    /* Counted until here, so that nobody closes the channel that is just speaking. */
    if (--channel->under_way == 0)
        loop_timer_clear(channel->transport->loop, &channel->timer);
}

void dns_transport_send(struct dns_transport *transport, const struct dns_server *server,
                        struct dns_way way, const struct dns_message *message,
                        struct dns_exchange *exchange)
{
    struct dns_channel *channel = channel_of(transport, server, way);

    if (channel == NULL) {
        exchange->replied(exchange, NULL, 0);
        return;
    }
    exchange->channel = channel;
    channel->under_way++;
    watch_time(channel);
    ares_send(channel->ares, message->wire, (int)message->length, on_reply, exchange);
}
