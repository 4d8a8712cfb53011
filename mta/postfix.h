/*
 * postfix.h - what the parts of the Postfix module share; only mta/postfix*.c
 * and their tests include it. Section numbers are those of the MTA facts.
 */
#ifndef NAMESAKE_MTA_POSTFIX_H
#define NAMESAKE_MTA_POSTFIX_H

#include "mta/mta.h"

#define POSTFIX_TIMEOUT_MS 20000 /* a query takes 10 ms; a fatal error sleeps for a second */
#define POSTFIX_ARGUMENTS_MAX 92 /* of one question */
#define POSTFIX_SERVICES_MAX 512
#define POSTFIX_SETTINGS_MAX 4096

/* --- postfix_parse.c: PURE, what Postfix's own tools print ---------------------------------- */

/* One line of "postconf -M": the fields that matter here. */
struct postfix_service {
    char name[160];   /* "smtp", "192.0.2.11:smtp", "[::1]:10025" */
    char type[16];    /* "inet", "unix", "pass", ... */
    char program[64]; /* "smtpd" */
};

/* One line "parameter = value" of postconf, or of "postconf -P": service/type/parameter. */
struct postfix_value {
    char *parameter, *value;
};

struct postfix_values {
    struct postfix_value *v;
    size_t count;
};

/* All lines that make sense, within the limits above. The caller frees both with free and
 * postfix_values_free. */
size_t postfix_parse_services(const char *text, size_t length, struct postfix_service **out);
void postfix_parse_values(const char *text, size_t length, struct postfix_values *out);
void postfix_values_free(struct postfix_values *values);

/* The value of a parameter, NULL when it is not there. */
const char *postfix_value(const struct postfix_values *values, const char *parameter);

/* The parameter of a "-P" line when it belongs to that service, else NULL. */
const char *postfix_override_of(const char *parameter, const struct postfix_service *service);

/* What a Postfix program died of: its last fatal, else its last line, made printable. */
void postfix_words(const char *text, size_t length, char *out, size_t size);

/* How a raw value uses $myhostname. */
enum postfix_use {
    POSTFIX_USES_NOT,
    POSTFIX_USES_PLAINLY, /* $myhostname, ${myhostname}, $(myhostname) */
    POSTFIX_USES_ODDLY,   /* in a condition */
};
enum postfix_use postfix_use(const char *raw);

/* True when the first word of a raw value is nothing but such a reference to the parameter. */
bool postfix_starts_with(const char *raw, const char *parameter);

/* The raw value with its plain references to one parameter replaced; the caller frees it. */
char *postfix_expand(const char *raw, const char *parameter, const char *value);

/* True when a list (blanks and commas) has the element, letter case aside. */
bool postfix_list_has(const char *list, const char *element);

/* The first word, cut to size. */
void postfix_first_word(const char *text, char *out, size_t size);

/* --- postfix_services.c: PURE, who listens and who sends ------------------------------------- */

struct postfix_seen {
    const struct mta_instance *instance;
    const struct postfix_service *services;
    size_t service_count;
    const char
        *interfaces; /* inet_interfaces, with addresses in place of names that lead to some */
};

/* The services of an instance that greet or are heard, with the values of main.cf, and for each
 * the -M line that it was made from. Added to facts. */
void postfix_add_services(const struct postfix_seen *seen, struct mta_facts *facts);

/* The effective values on one service: a query's answer in place of main.cf's. */
void postfix_apply_values(struct mta_service *service, const struct postfix_values *effective);

/* Whether a transport, by its name, is a sender of the instance: smtp(8), not local or a pipe. */
bool postfix_sends(const struct mta_facts *facts, const struct mta_instance *instance,
                   const char *transport, size_t length);

/* The service of facts that belongs to a -M line, NULL when it was of no interest. */
struct mta_service *postfix_service_at(struct mta_facts *facts, const char *instance,
                                       const struct postfix_service *line);

/* --- postfix_observe.c ------------------------------------------------------------------------ */

bool postfix_observe(struct host *host, struct mta_facts *facts, struct error *e);

/* One instance: a copy of an enabled one, with files that are not live. */
bool postfix_observe_stage(struct host *host, const char *stage, struct mta_facts *facts,
                           struct error *e);

/* A setting of an instance, NULL when it was not read. Its raw and effective value, "" if not. */
const struct mta_setting *postfix_setting(const struct mta_instance *instance,
                                          const char *parameter);
const char *postfix_raw(const struct mta_instance *instance, const char *parameter);
const char *postfix_effective(const struct mta_instance *instance, const char *parameter);

/* The instance's main.cf as it was read, NULL when it was not. */
const struct host_file *postfix_main_cf(const struct mta_instance *instance);

/* --- postfix_inside.c: several instances together ----------------------------------------------- */

/* PURE: senders of an instance that hands everything to another one here are no longer outside;
 * then the families over which nothing is sent. */
void postfix_find_outside(struct mta_facts *facts);

/* Whether an instance hands everything to another one here. */
bool postfix_hands_on(const struct mta_facts *facts, const struct mta_instance *instance);

/* The addresses of a name as the host's own resolver has them, a blank behind each. False: none. */
bool postfix_resolve(struct host *host, const char *name, struct buf *out);

/* inet_interfaces of an instance with addresses in place of names. */
void postfix_resolve_interfaces(struct host *host, const struct mta_instance *instance,
                                struct buf *out);

/* Whether edits change files of the instance; those that change none are about all of them. */
bool postfix_concerns(const struct mta_edits *edits, const struct mta_instance *instance);

/* --- postfix_route.c, postfix_routes.c, postfix_probe.c ------------------------------------------ */

/* The ways of all instances that send by themselves, the relay and the peers. */
void postfix_find_routes(struct host *host, struct mta_facts *facts);

/* The tables of a parameter: "hash:/etc/postfix/transport". */
#define POSTFIX_MAPS_MAX 16
struct postfix_maps {
    char v[POSTFIX_MAPS_MAX][256];
    size_t count;
};
struct postfix_maps postfix_maps_of(const struct mta_instance *instance, const char *parameter);

/* Elements are parted by blanks and commas, but not within braces: "randmap:{a:, b:}". */
bool postfix_next_element(const char **at, const char *separators, char *out, size_t size);

/* Read a transport in front of a colon, a next hop behind it (transport(5)). */
void postfix_take_transport(const char *value, const char *from, struct mta_route *out);

/*
 * The way of one message through an instance, in the order of section 2.8; sender "": one that no
 * table knows. The tables are asked with postmap. What cannot be asked is left out.
 */
void postfix_route(struct host *host, const struct mta_facts *facts,
                   const struct mta_instance *instance, const char *sender, const char *recipient,
                   struct mta_route *out);

bool postfix_submit(struct host *host, const char *instance, const char *sender,
                    const char *recipient, const char *message, struct error *e);
bool postfix_queued(struct host *host, const char *instance, const char *recipient,
                    struct mta_queued *out, struct error *e);
bool postfix_forget(struct host *host, const char *instance, const char *id, struct error *e);

/* Ask postconf, in a folder; more is NULL-terminated. The values are the caller's to free. */
bool postfix_ask(struct host *host, const char *folder, const char *const *more,
                 struct command_result *out, struct error *e);

/* --- postfix_edit.c, postfix_check.c ----------------------------------------------------------- */

bool postfix_edit(const struct mta_facts *facts, const struct mta_wish *wish,
                  struct mta_edits *edits, struct error *e);

/* Parameters that carry the name itself: they shall follow it. */
bool postfix_is_name(const char *parameter);

/* What a service says its name is: a HELO argument, or the first word of a greeting. */
void postfix_said_name(const struct mta_service *service, char *out, size_t size);
bool postfix_says(const struct mta_service *service, const char *name); /* letter case aside */

/*
 * What the wish means for the service. A sender that several names claim has the one of the
 * addresses that it is known to send from, if that is one; a listener has the one that it greets
 * with, else the first. MTA_LEAVE with a rival means that it is the rival's.
 */
enum mta_claim postfix_claim(const struct mta_facts *facts, const struct mta_wish *wish,
                             const struct mta_service *service, const struct mta_pair **rival);

/* The services that must say the name: on port 25, or what there is where nobody listens there. */
bool postfix_is_judged(const struct mta_facts *facts, const struct mta_service *service);

bool postfix_check(struct host *host, const struct mta_facts *facts, const struct mta_edits *edits,
                   const struct mta_wish *wish, struct error *e);

#endif
