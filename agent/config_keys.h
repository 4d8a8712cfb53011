/*
 * config_keys.h - the keys of the configuration as tables, and how a parsed
 * file becomes values by them. Inside of the configuration; others include
 * config.h.
 */
#ifndef NAMESAKE_CONFIG_KEYS_H
#define NAMESAKE_CONFIG_KEYS_H

#include <libconfig.h>

#include "agent/config.h"
#include "agent/config_source.h"

/* What is known while one file after another is read. */
struct config_reading {
    struct config *config;
    struct config_mistakes *mistakes;
    const struct config_source *source; /* the file that is being read */
    struct strings files;               /* all files so far, for the order of mistakes */
    struct config_place {               /* where each address of a host was written */
        struct ip ip;
        unsigned file; /* place in files */
        unsigned line;
        char key[96];
    } * places;
    size_t place_count;
};

enum field {
    FIELD_TEXT,
    FIELD_PATH,   /* an absolute path */
    FIELD_CHOICE, /* one of a few words: its text into a char array, else its number */
    FIELD_NAME,   /* a host name fit for HELO */
    FIELD_NUMBER,
    FIELD_DURATION, /* text as on the command line, or seconds */
    FIELD_FLAG,
    FIELD_TEXTS,  /* [ "a", "b" ] */
    FIELD_GROUP,  /* { ... } */
    FIELD_GROUPS, /* ( { ... }, { ... } ) */
};

/* One key; in a table the row with a NULL key is the end. */
struct config_key {
    const char *key;
    enum field field;
    size_t offset, width;             /* where the value goes; width 0: checked, then dropped */
    uint64_t min, max, fallback;      /* NUMBER and DURATION: range and default in that unit */
    uint64_t scale;                   /* DURATION: what a second counts; 0 means 1 */
    const char *const *choices;       /* CHOICE: NULL-terminated */
    const struct config_key *members; /* GROUP */
    const char *help;

    /* TEXTS: takes one element; NULL: any text will do, and is dropped. */
    void (*text)(struct config_reading *, const config_setting_t *, const char *, void *target);
    /* GROUPS: takes one element that is a group. */
    void (*group)(struct config_reading *, const config_setting_t *);
};

#define FIELD_AT(type, member)                                                                     \
    .offset = offsetof(type, member), .width = sizeof(((const type *)NULL)->member)

extern const struct config_key config_keys[];

/* Store the defaults of all keys. */
void config_keys_defaults(const struct config_key *keys, void *target);

/* Read all keys of a group. */
void config_keys_read(struct config_reading *r, const config_setting_t *group,
                      const struct config_key *keys, void *target);

/* Read one key that is known; the table's row for a name, or NULL. */
void config_key_read(struct config_reading *r, const config_setting_t *setting,
                     const struct config_key *key, void *target);
const struct config_key *config_key_find(const struct config_key *keys, const char *name);

/* The text of a setting; NULL, with a mistake noted, when it is something else. */
const char *config_text(struct config_reading *r, const config_setting_t *setting);

/* Note a mistake at a setting. The repair may be "". */
void config_note(struct config_reading *r, const config_setting_t *at, enum err code,
                 const char *repair, const char *text, ...) PRINTF_LIKE(5, 6);

/* The path of a setting: "providers.[0].token". */
void config_key_text(const config_setting_t *setting, char *out, size_t size);

/* "did you mean "addresses"?", or "" when nothing is near. */
struct config_repair {
    char s[160];
};
struct config_repair config_suggest(const char *word, const char *const *candidates);

/* Room for one element more: the array doubles, so that adding many stays cheap. */
void *config_room(void *array, size_t count, size_t size) MUST_USE;

/* Note the addresses that two hosts claim, after all files were read. */
void config_check_addresses(struct config_reading *r);

#endif
