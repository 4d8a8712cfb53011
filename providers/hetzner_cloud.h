/*
 * hetzner_cloud.h - what the files of this one vendor share.
 */
#ifndef NAMESAKE_PROVIDERS_HETZNER_CLOUD_H
#define NAMESAKE_PROVIDERS_HETZNER_CLOUD_H

#include "agent/base/json.h"
#include "agent/net/http.h"
#include "providers/provider.h"

#define HETZNER_TITLE "Hetzner Cloud"
#define HETZNER_PATH_MAX ((size_t)2048)

/*
 * One call; the body is freed, *document is the caller's. Where absence is no failure (a lookup
 * by name, a repeated DELETE), *document stays NULL.
 */
bool hetzner_call(const struct account *account, const char *method, const struct buf *path,
                  json_t *body, bool absent_ok, json_t **document, struct error *e) MUST_USE;

/* All entries of a list, whose path ends in "?" or "&"; the caller frees *out. */
bool hetzner_list(const struct account *account, const char *query, const char *key, json_t **out,
                  struct error *e) MUST_USE;

/* A write and the action that it begins, until that is over; body and path are freed. */
bool hetzner_act(const struct account *account, const char *method, struct buf *path, json_t *body,
                 struct error *e) MUST_USE;

/* ERR_CONFLICT when the values are not those of before. */
bool hetzner_check_before(const struct subject *subject, const struct holding *now,
                          const struct holding *before, struct error *e) MUST_USE;

/* The forward role: sets of records in the project's zones. As in struct provider. */
bool hetzner_zone_read(const struct account *account, const struct subject *subject,
                       struct holding *holding, struct error *e) MUST_USE;
bool hetzner_zone_write(const struct account *account, const struct subject *subject,
                        const struct holding *before, const struct strings *after, uint32_t ttl_s,
                        struct error *e) MUST_USE;

#endif
