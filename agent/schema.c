/* schema.c - prints the JSON Schema of a document. */
#include "agent/schema.h"

#include <stdio.h>

/* Made by CMake from templates/schema-NAME.json. */
extern const char schema_audit[], schema_plan[], schema_result[], schema_verify[], schema_events[],
    schema_facts[], schema_headers[], schema_trace[], schema_config[];

static const char *const names[] = {"audit", "plan",    "result", "verify", "events",
                                    "facts", "headers", "trace",  "config", NULL};

static const char *const texts[] = {schema_audit,   schema_plan,   schema_result,
                                    schema_verify,  schema_events, schema_facts,
                                    schema_headers, schema_trace,  schema_config};

_Static_assert(sizeof texts / sizeof texts[0] + 1 == sizeof names / sizeof names[0],
               "each name has its text");

const char *const *schema_names(void)
{
    return names;
}

const char *schema_text(const char *name)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (str_equal(names[i], name))
            return texts[i];
    return NULL;
}

/* Why nothing can be printed; ends with a command that works. */
static bool unknown(const struct options *options, struct error *e)
{
    const char *word = options->word_count > 0 ? options->words[0] : "";
    const char *nearest = str_nearest(word, names);

    if (options->word_count != 1)
        fail(e, ERR_USAGE,
             "schema needs one name: audit, plan, result, verify, events, facts, headers, trace or "
             "config");
    else if (nearest != NULL)
        fail(e, ERR_USAGE, "there is no schema \"%.60s\"; did you mean %s?", word, nearest);
    else
        fail(e, ERR_USAGE,
             "there is no schema \"%.60s\", only audit, plan, result, verify, events, facts, "
             "headers, trace and config",
             word);
    error_what(e, "cannot print the schema");
    return error_next(e, "namesake schema %s", nearest != NULL ? nearest : "audit");
}

int schema_print(struct session *session)
{
    const struct options *options = session->options;
    const char *text = options->word_count == 1 ? schema_text(options->words[0]) : NULL;
    struct error e = {0};

    if (text == NULL && !unknown(options, &e))
        return session_fail(session, &e);
    if (text == NULL || fputs(text, stdout) == EOF || fflush(stdout) != 0)
        return error_exit_code(ERR_CANNOT_CREATE);
    return EXIT_YES;
}
