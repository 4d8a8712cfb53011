/*
 * cloudflare.h - what the files of this one vendor share.
 */
#ifndef NAMESAKE_PROVIDERS_CLOUDFLARE_H
#define NAMESAKE_PROVIDERS_CLOUDFLARE_H

#include "agent/base/json.h"
#include "agent/net/http.h"
#include "providers/provider.h"

#define CLOUDFLARE_TITLE "Cloudflare"
#define CLOUDFLARE_PATH_MAX ((size_t)2048)
#define CLOUDFLARE_RECORDS_MAX 64
#define CLOUDFLARE_TTL_AUTO 1 /* "automatic" */

struct cloudflare_zone {
    char id[64];
    struct name name;
};

/* The address records of one name and family. */
struct cloudflare_set {
    struct cloudflare_record {
        char id[64];
        struct ip_text address;
        bool proxied;
        uint32_t ttl_s;
    } records[CLOUDFLARE_RECORDS_MAX];
    size_t count;
};

/*
 * One call; the body is freed. *document is the envelope, also when it was so already (an
 * identical record, a repeated DELETE); the caller frees it.
 */
bool cloudflare_call(const struct account *account, const char *method, const struct buf *path,
                     json_t *body, json_t **document, struct error *e) MUST_USE;

/* Whether the envelope says that the very record is there already. */
bool cloudflare_is_identical(const json_t *document);

/* The zone that serves the owner; without knowing it, the longest suffix that is there. */
bool cloudflare_zone(const struct account *account, const struct subject *subject,
                     struct cloudflare_zone *zone, struct error *e) MUST_USE;

/* The path of the zone's records, or of one of them. */
void cloudflare_path(struct buf *path, const struct cloudflare_zone *zone, const char *id);

/* Add one record of the owner to the set; those of other types and families are passed over. */
bool cloudflare_read_record(const json_t *item, const struct subject *subject,
                            struct cloudflare_set *set, struct error *e) MUST_USE;

/* The address records of the owner as they are now. */
bool cloudflare_records(const struct account *account, const struct cloudflare_zone *zone,
                        const struct subject *subject, struct cloudflare_set *set,
                        struct error *e) MUST_USE;

#endif
