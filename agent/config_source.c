/* config_source.c - joins a configuration file and its includes. */
#include "agent/config_source.h"

#include "agent/base/file.h"
#include "agent/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a line may begin in (a comment or a text of several lines holds no @include). */
enum state {
    STATE_PLAIN,
    STATE_COMMENT,
    STATE_TEXT,
};

struct join {
    struct config_source *out;
    struct config_mistakes *mistakes;
    enum state state;
    unsigned depth;
};

static void join_text(struct join *j, unsigned file, const char *text, size_t length);

void config_mistake_add(struct config_mistakes *mistakes, const struct config_mistake *mistake)
{
    if (mistakes->count < CONFIG_MISTAKES_MAX)
        mistakes->all[mistakes->count] = *mistake;
    mistakes->count++;
}

static void add_mistake(struct join *j, unsigned file, unsigned line, const struct error *e)
{
    struct config_mistake mistake = {.code = e->code, .line = line};

    str_cut(mistake.file, sizeof mistake.file, j->out->files.v[file]);
    str_cut(mistake.text, sizeof mistake.text, e->why);
    str_cut(mistake.repair, sizeof mistake.repair, e->next);
    config_mistake_add(j->mistakes, &mistake);
}

static void add_line(struct join *j, unsigned file, unsigned line, const struct cursor *text)
{
    struct config_source *out = j->out;

    if (out->line_count == out->line_room) {
        out->line_room = out->line_room * 2 + 64;
        out->lines = mem_resize(out->lines, out->line_room, sizeof *out->lines);
    }
    out->lines[out->line_count++] = (struct config_origin){file, line};
    buf_add(&out->text, text->at, (size_t)(text->end - text->at));
    buf_char(&out->text, '\n');
}

static bool starts(const struct cursor *c, const char *text)
{
    size_t length = strlen(text);

    return (size_t)(c->end - c->at) >= length && memcmp(c->at, text, length) == 0;
}

/* One step of following comments and texts through a line; false: the rest is a comment. */
static bool follow_step(enum state *state, struct cursor *c)
{
    size_t step = 1;

    switch (*state) {
    case STATE_PLAIN:
        if (*c->at == '#' || starts(c, "//"))
            return false;
        if (*c->at == '"')
            *state = STATE_TEXT;
        if (starts(c, "/*")) {
            *state = STATE_COMMENT;
            step = 2;
        }
        break;
    case STATE_COMMENT:
        if (starts(c, "*/")) {
            *state = STATE_PLAIN;
            step = 2;
        }
        break;
    case STATE_TEXT:
        if (*c->at == '"')
            *state = STATE_PLAIN;
        if (*c->at == '\\' && c->at + 1 < c->end)
            step = 2;
        break;
    }
    c->at += step;
    return true;
}

static void follow(enum state *state, struct cursor line)
{
    while (line.at < line.end && follow_step(state, &line))
        continue;
}

/*
 * An @include at the beginning of a line: its path, with \\ and \" resolved. The line is left
 * at what follows the closing quote.
 */
static bool take_include(struct cursor *line, struct buf *path)
{
    struct cursor c = *line;

    while (c.at < c.end && (*c.at == ' ' || *c.at == '\t'))
        c.at++;
    if (!starts(&c, "@include"))
        return false;
    c.at += strlen("@include");
    while (c.at < c.end && (*c.at == ' ' || *c.at == '\t'))
        c.at++;
    if (c.at == c.end || *c.at != '"')
        return false;
    for (c.at++; c.at < c.end && *c.at != '"'; c.at++) {
        if (*c.at == '\\' && c.at + 1 < c.end)
            c.at++;
        buf_char(path, *c.at);
    }
    if (c.at == c.end)
        return false;
    line->at = c.at + 1;
    return true;
}

/* A relative path is meant beside the file that includes it. */
static void resolve(const char *from, const char *path, struct buf *out)
{
    const char *slash = strrchr(from, '/');

    if (path[0] != '/' && slash != NULL)
        buf_add(out, from, (size_t)(slash - from) + 1);
    buf_text(out, path);
}

static bool read_include(struct join *j, const char *path, struct buf *text, struct error *e)
{
    if (j->depth == CONFIG_INCLUDE_DEPTH)
        return fail(e, ERR_CONFIG_SYNTAX, "@include more than %d deep", CONFIG_INCLUDE_DEPTH);
    if (strpbrk(path, "*?[") != NULL) {
        fail(e, ERR_CONFIG_SYNTAX, "@include takes no patterns");
        return error_next(e, "name each file, or put the files into /etc/namesake/conf.d");
    }
    return file_read(path, text, e);
}

static void include(struct join *j, unsigned file, unsigned line, const char *path)
{
    struct buf full = BUF_INIT(4096), text = BUF_INIT(CONFIG_FILE_MAX);
    struct error e = {.code = ERR_NONE};

    resolve(j->out->files.v[file], path, &full);
    if (!buf_ok(&full))
        fail(&e, ERR_CONFIG_SYNTAX, "the path of @include is too long");
    if (e.code == ERR_NONE && read_include(j, buf_string(&full), &text, &e)) {
        strings_add(&j->out->files, buf_string(&full));
        j->depth++;
        join_text(j, (unsigned)j->out->files.count - 1, buf_string(&text), text.length);
        j->depth--;
    } else {
        add_mistake(j, file, line, &e);
    }
    buf_free(&full);
    buf_free(&text);
}

static void join_line(struct join *j, unsigned file, unsigned number, struct cursor line)
{
    struct buf path = BUF_INIT(4096);

    if (j->state == STATE_PLAIN && take_include(&line, &path))
        include(j, file, number, buf_string(&path));
    buf_free(&path);
    follow(&j->state, line);
    add_line(j, file, number, &line);
}

static void join_text(struct join *j, unsigned file, const char *text, size_t length)
{
    struct cursor rest = cursor_of(text, length), line;
    struct error e;

    if (memchr(text, '\0', length) != NULL) {
        fail(&e, ERR_CONFIG_SYNTAX, "the file holds a NUL byte: it is no text");
        add_mistake(j, file, 1, &e);
        return;
    }
    for (unsigned number = 1; cursor_line(&rest, &line) && buf_ok(&j->out->text); number++)
        join_line(j, file, number, line);
}

void config_source_text(const char *name, const char *text, size_t length,
                        struct config_source *out, struct config_mistakes *mistakes)
{
    struct join j = {.out = out, .mistakes = mistakes};
    struct error e;

    *out = (struct config_source){.text = BUF_INIT(CONFIG_FILE_MAX)};
    strings_add(&out->files, name);
    join_text(&j, 0, text, length);
    if (!buf_ok(&out->text)) {
        fail(&e, ERR_LIMIT_EXCEEDED, "the file and what it includes are longer than %u bytes",
             CONFIG_FILE_MAX);
        add_mistake(&j, 0, 1, &e);
        buf_free(&out->text);
    }
}

bool config_source_read(const char *path, struct config_source *out,
                        struct config_mistakes *mistakes)
{
    struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    struct config_mistake mistake = {.line = 0};
    struct error e;
    bool ok = file_read(path, &text, &e);

    if (ok) {
        config_source_text(path, buf_string(&text), text.length, out, mistakes);
    } else {
        *out = (struct config_source){.line_count = 0};
        mistake.code = e.code;
        str_cut(mistake.file, sizeof mistake.file, path);
        str_cut(mistake.text, sizeof mistake.text, e.why);
        str_cut(mistake.repair, sizeof mistake.repair, e.next);
        config_mistake_add(mistakes, &mistake);
    }
    buf_free(&text);
    return ok;
}

struct config_origin config_source_origin(const struct config_source *source, size_t line)
{
    if (source->line_count == 0)
        return (struct config_origin){0, 0};
    if (line > source->line_count)
        line = source->line_count;
    return source->lines[line == 0 ? 0 : line - 1];
}

void config_source_free(struct config_source *source)
{
    buf_free(&source->text);
    strings_free(&source->files);
    free(source->lines);
    *source = (struct config_source){.line_count = 0};
}
