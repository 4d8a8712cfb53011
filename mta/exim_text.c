/* exim_text.c - PURE: read Exim's configuration text as Exim does, and keep where things stand. */
#include "mta/exim.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

#define DEPTH_MAX 10 /* of includes */
#define NEST_MAX 32  /* of conditions */
#define ENTRIES_MAX 8000

enum branch {
    BRANCH_LIVE,
    BRANCH_DEAD,  /* a later branch may be the one */
    BRANCH_TAKEN, /* an earlier branch was the one */
    BRANCH_NEVER, /* within a dead branch */
};

struct reader {
    const struct exim_source *source;
    struct exim_config *out;
    enum branch nest[NEST_MAX];
    size_t depth; /* of conditions; past NEST_MAX they are only counted */
    char section[24], owner[64];
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* --- Macros ------------------------------------------------------------------------------------ */

static const struct exim_entry *macro_of(const struct exim_config *config, const char *name)
{
    return exim_find(config, EXIM_MACRO, NULL, NULL, name);
}

/* Exim replaces the names wherever they stand, in the order in which they were defined. */
static char *without_macros(const struct exim_config *config, const char *text, bool *any)
{
    char *now = mem_text(text);

    *any = false;
    for (size_t i = 0; i < config->count; i++) {
        const struct exim_entry *macro = &config->v[i];
        char *next;

        if (macro->kind != EXIM_MACRO || !strstr(now, macro->name) ||
            macro_of(config, macro->name) != macro)
            continue;
        next = buf_replaced(now, macro->name, macro->value, EXIM_LINE_MAX);
        free(now);
        now = next;
        *any = true;
    }
    return now;
}

/* --- Entries ----------------------------------------------------------------------------------- */

static struct exim_entry *add_entry(struct reader *r, enum exim_kind kind,
                                    const struct exim_line *line, const struct cursor *name)
{
    struct exim_config *out = r->out;
    struct exim_entry *entry;

    if (out->count == ENTRIES_MAX)
        return NULL;
    if (out->count == out->room) {
        out->room = out->room * 2 + 64;
        out->v = mem_resize(out->v, out->room, sizeof *out->v);
    }
    entry = &out->v[out->count];
    *entry =
        (struct exim_entry){.kind = kind, .file = line->file, .at = line->at, .end = line->end};
    str_cut(entry->section, sizeof entry->section, r->section);
    str_cut(entry->owner, sizeof entry->owner, r->owner);
    if (!cursor_copy(name, entry->name, sizeof entry->name))
        return NULL;
    out->count++;
    return entry;
}

/* Where the value stands: after the first "=" of the lines, without blanks and breaks around it. */
static void place_value(const struct reader *r, struct exim_entry *entry)
{
    const struct exim_text *file;
    const char *equals;

    if (entry->file == EXIM_NOWHERE)
        return;
    file = &r->source->files[entry->file];
    equals = memchr(file->text + entry->at, '=', entry->end - entry->at);
    entry->value_at = equals ? (size_t)(equals - file->text) + 1 : entry->end;
    if (equals && entry->kind == EXIM_MACRO && equals[1] == '=')
        entry->value_at++;
    entry->value_end = entry->end;
    while (entry->value_at < entry->end && is_blank(file->text[entry->value_at]))
        entry->value_at++;
    while (entry->value_end > entry->value_at &&
           (is_blank(file->text[entry->value_end - 1]) || file->text[entry->value_end - 1] == '\n'))
        entry->value_end--;
}

/* Takes both texts. */
static void give_value(struct reader *r, struct exim_entry *entry, char *raw, char *value)
{
    size_t cost = strlen(raw) + strlen(value);

    if (cost > r->out->budget) {
        raw[0] = value[0] = '\0';
        cost = 0;
    }
    r->out->budget -= cost;
    entry->raw = raw;
    entry->value = value;
    place_value(r, entry);
}

static bool is_given(const struct reader *r, const char *name)
{
    const struct exim_entry *macro = macro_of(r->out, name);

    return macro != NULL && macro->file == EXIM_NOWHERE && str_equal(macro->section, "-D");
}

/* "NAME = text", "NAME == text". */
static bool read_macro(struct reader *r, const struct exim_line *line)
{
    struct cursor name = {.at = line->text, .end = line->text}, value;
    struct exim_entry *entry;
    char copy[96];
    bool any;

    if (!is_capital(*line->text))
        return false;
    while (is_word(*name.end))
        name.end++;
    value = cursor_of(name.end, strlen(name.end));
    exim_trim(&value);
    if (value.at == value.end || *value.at != '=')
        return false;
    value.at += value.end - value.at > 1 && value.at[1] == '=' ? 2 : 1;
    exim_trim(&value);
    if (!cursor_copy(&name, copy, sizeof copy) || is_given(r, copy))
        return true;
    entry = add_entry(r, EXIM_MACRO, line, &name);
    if (entry != NULL) {
        char *expanded;

        r->out->count--; /* it is not defined within its own text */
        expanded = without_macros(r->out, value.at, &any);
        r->out->count++;
        give_value(r, entry, mem_text(value.at), expanded);
    }
    return true;
}

static bool is_list(const struct cursor *word)
{
    static const char *const kinds[] = {"domainlist", "hostlist", "addresslist", "localpartlist"};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if ((size_t)(word->end - word->at) == strlen(kinds[i]) &&
            memcmp(word->at, kinds[i], strlen(kinds[i])) == 0)
            return true;
    return false;
}

static bool is_hide(const struct cursor *word)
{
    return word->end - word->at == 4 && memcmp(word->at, "hide", 4) == 0;
}

/* The name of an option: "helo_data", "hide helo_data", "domainlist local_domains". */
static bool option_name(const char *text, struct cursor *name)
{
    struct cursor c = cursor_of(text, strcspn(text, "=")), word, second;

    if (!cursor_word(&c, &word) || (is_hide(&word) && !cursor_word(&c, &word)))
        return false;
    *name = word;
    if (is_list(&word) && cursor_word(&c, &second))
        name->end = second.end;
    return true;
}

static void read_option(struct reader *r, const struct exim_line *line)
{
    const char *equals = strchr(line->text, '=');
    struct cursor name,
        value = cursor_of(equals ? equals + 1 : "", equals ? strlen(equals + 1) : 0);
    struct exim_entry *entry;
    char *raw;
    bool any;

    if (!option_name(line->text, &name))
        return;
    entry = add_entry(r, EXIM_OPTION, line, &name);
    if (entry == NULL)
        return;
    exim_trim(&value);
    raw = mem_text(value.at);
    give_value(r, entry, raw, without_macros(r->out, raw, &any));
}

static bool read_begin(struct reader *r, const struct exim_line *line)
{
    struct cursor c = cursor_of(line->text, strlen(line->text)), word, name;

    if (!cursor_word(&c, &word) || word.end - word.at != 5 || memcmp(word.at, "begin", 5) != 0 ||
        !cursor_word(&c, &name))
        return false;
    r->owner[0] = '\0';
    (void)add_entry(r, EXIM_BEGIN, line, &name);
    if (!cursor_copy(&name, r->section, sizeof r->section))
        str_cut(r->section, sizeof r->section, "?");
    return true;
}

/* "remote_smtp:" */
static bool read_label(struct reader *r, const struct exim_line *line)
{
    size_t n = strspn(line->text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
                                  "-");
    struct cursor name = cursor_of(line->text, n);

    if (r->section[0] == '\0' || n == 0 || line->text[n] != ':' || line->text[n + 1] != '\0' ||
        !cursor_copy(&name, r->owner, sizeof r->owner))
        return false;
    (void)add_entry(r, EXIM_LABEL, line, &name);
    return true;
}

/* --- Conditions and includes ------------------------------------------------------------------- */

static bool is_live(const struct reader *r)
{
    return r->depth == 0 || (r->depth <= NEST_MAX && r->nest[r->depth - 1] == BRANCH_LIVE);
}

/* True when any macro stands there (section 3.3). */
static bool is_defined(const struct reader *r, const char *text)
{
    struct cursor c = cursor_of(text, strlen(text)), word;
    char name[96];
    bool any;

    free(without_macros(r->out, text, &any));
    while (!any && cursor_word(&c, &word)) {
        struct cursor all = cursor_of(r->source->builtin ? r->source->builtin : "",
                                      r->source->builtin ? strlen(r->source->builtin) : 0),
                      one;
        while (!any && cursor_copy(&word, name, sizeof name) && cursor_word(&all, &one))
            any = (size_t)(one.end - one.at) == strlen(name) &&
                  memcmp(one.at, name, strlen(name)) == 0;
    }
    return any;
}

static void open_branch(struct reader *r, bool holds)
{
    enum branch branch = !is_live(r) ? BRANCH_NEVER : holds ? BRANCH_LIVE : BRANCH_DEAD;

    if (r->depth < NEST_MAX)
        r->nest[r->depth] = branch;
    r->depth++;
}

static void next_branch(struct reader *r, bool holds)
{
    enum branch *now;

    if (r->depth == 0 || r->depth > NEST_MAX)
        return;
    now = &r->nest[r->depth - 1];
    if (*now == BRANCH_LIVE)
        *now = BRANCH_TAKEN;
    else if (*now == BRANCH_DEAD && holds)
        *now = BRANCH_LIVE;
}

static bool starts(const char *text, const char *word, const char **rest)
{
    size_t n = strlen(word);

    if (strncmp(text, word, n) != 0 || is_word(text[n]))
        return false;
    *rest = text + n;
    return true;
}

static bool read_condition(struct reader *r, const char *text)
{
    const char *rest;

    if (starts(text, ".ifdef", &rest))
        open_branch(r, is_defined(r, rest));
    else if (starts(text, ".ifndef", &rest))
        open_branch(r, !is_defined(r, rest));
    else if (starts(text, ".elifdef", &rest))
        next_branch(r, is_defined(r, rest));
    else if (starts(text, ".elifndef", &rest))
        next_branch(r, !is_defined(r, rest));
    else if (starts(text, ".else", &rest))
        next_branch(r, true);
    else if (starts(text, ".endif", &rest))
        r->depth -= r->depth > 0;
    else
        return false;
    return true;
}

static bool include_path(const struct reader *r, const char *text, char *out, size_t size)
{
    const char *rest;
    char *path;
    struct cursor c;
    bool any, ok;

    if (!starts(text, ".include", &rest) && !starts(text, ".include_if_exists", &rest))
        return false;
    path = without_macros(r->out, rest, &any);
    c = cursor_of(path, strlen(path));
    exim_trim(&c);
    if (c.end - c.at > 1 && *c.at == '"' && c.end[-1] == '"') {
        c.at++;
        c.end--;
    }
    ok = cursor_copy(&c, out, size);
    free(path);
    return ok;
}

static void read_path(struct reader *r, const char *path, size_t depth);

/* Debian's lines stand in ".ifndef": what is defined already stays. */
static void read_generated(struct reader *r)
{
    struct exim_text text = {.text = r->source->generated};
    struct exim_line line = {.file = EXIM_NOWHERE};
    size_t at = 0;

    if (text.text == NULL)
        return;
    text.length = strlen(text.text);
    while (exim_next_line(&text, &at, &line)) {
        char name[96];

        str_format(name, sizeof name, "%.*s", (int)strcspn(line.text, " ="), line.text);
        if (macro_of(r->out, name) == NULL)
            (void)read_macro(r, &line);
        free(line.text);
    }
}

static void read_line(struct reader *r, const struct exim_line *line, size_t depth)
{
    char path[256];

    if (read_condition(r, line->text) || !is_live(r))
        return;
    if (include_path(r, line->text, path, sizeof path)) {
        if (depth < DEPTH_MAX)
            read_path(r, path, depth + 1);
        return;
    }
    if (read_macro(r, line)) {
        if (str_starts(line->text, "UPEX4CmacrosUPEX4C"))
            read_generated(r);
        return;
    }
    if (!read_begin(r, line) && !read_label(r, line))
        read_option(r, line);
}

static void read_path(struct reader *r, const char *path, size_t depth)
{
    struct exim_line line = {0};
    size_t file, at = 0;

    for (file = 0; file < r->source->count; file++)
        if (str_equal(r->source->files[file].path, path))
            break;
    if (file == r->source->count)
        return;
    while (r->out->count < ENTRIES_MAX && exim_next_line(&r->source->files[file], &at, &line)) {
        line.file = file;
        read_line(r, &line, depth);
        free(line.text);
    }
}

/* What the daemon was given with -D: the files cannot change it. */
static void read_given(struct reader *r)
{
    struct exim_text text = {.text = r->source->given};
    struct exim_line line = {0};
    size_t at = 0;

    if (text.text == NULL)
        return;
    text.length = strlen(text.text);
    str_cut(r->section, sizeof r->section, "-D");
    while (exim_next_line(&text, &at, &line)) {
        line.file = EXIM_NOWHERE;
        (void)read_macro(r, &line);
        free(line.text);
    }
    r->section[0] = '\0';
}

void exim_read(const struct exim_source *source, struct exim_config *out)
{
    struct reader r = {.source = source, .out = out};

    *out = (struct exim_config){.budget = EXIM_TEXT_MAX};
    read_given(&r);
    for (size_t i = 0; source->order[i] != NULL; i++)
        read_path(&r, source->order[i], 0);
}

void exim_config_free(struct exim_config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        free(config->v[i].raw);
        free(config->v[i].value);
    }
    free(config->v);
    *config = (struct exim_config){0};
}

const struct exim_entry *exim_find(const struct exim_config *config, enum exim_kind kind,
                                   const char *section, const char *owner, const char *name)
{
    for (size_t i = config->count; i-- > 0;) {
        const struct exim_entry *entry = &config->v[i];

        if (entry->kind == kind && str_equal(entry->name, name) && entry->value != NULL &&
            (section == NULL || str_equal(entry->section, section)) &&
            (owner == NULL || str_equal(entry->owner, owner)))
            return entry;
    }
    return NULL;
}
