/* recorded.c - reading and writing facts. */
#include "agent/recorded.h"

#include <stdlib.h>
#include <string.h>

#include "agent/ability.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/mem.h"

#define FACTS_MAX (64U << 20)

static void add_identity(struct session *session, const struct facts *facts)
{
    size_t index = session->targets.count++;

    session->identities =
        mem_resize(session->identities, session->targets.count, sizeof *session->identities);
    session->identity_count = session->targets.count;
    session->identities[index] = (struct identity){.facts = *facts};
    session->targets.v =
        mem_resize(session->targets.v, session->targets.count, sizeof *session->targets.v);
    session->targets.v[index] = (struct target){.address = facts->address, .mta = ""};
}

/* --name and the configuration win over what the facts say; a name is decided if none does. */
static bool choose_name(const struct session *session, struct facts *facts, struct error *e)
{
    const char *text = session->options->name;
    struct name name;
    enum name_fault fault;

    if (text != NULL) {
        fault = name_parse_host(text, &name);
        if (fault != NAME_GOOD && fault != NAME_PRIVATE_SUFFIX) {
            fail(e, ERR_NAME_REFUSED, "it %s", name_fault_text(fault));
            return error_what(e, "cannot use the name \"%.100s\"", text);
        }
        facts->wanted = name;
        str_cut(facts->wanted_from, sizeof facts->wanted_from, "--name");
    }
    if (name_is_empty(&facts->wanted) && !name_is_empty(&session->config.name)) {
        facts->wanted = session->config.name;
        str_cut(facts->wanted_from, sizeof facts->wanted_from, "configuration");
    }
    facts_decide_name(facts);
    return true;
}

static bool take_one(struct session *session, const json_t *document, struct error *e)
{
    struct facts facts;

    if (!facts_from_json(document, &facts, e))
        return false;
    if ((session->options->family != IP_NONE && session->options->family != facts.address.family) ||
        !choose_name(session, &facts, e)) {
        facts_free(&facts);
        return session->options->name == NULL || e->code == ERR_NONE;
    }
    add_identity(session, &facts);
    ability_owners(&session->config, &session->identities[session->targets.count - 1].facts);
    audit_target(&session->identities[session->targets.count - 1].facts,
                 &session->identities[session->targets.count - 1].judgement);
    return true;
}

static bool take_lines(struct session *session, const struct buf *text, struct error *e)
{
    struct cursor c = cursor_of(buf_string(text), text->length), line;
    size_t number = 0;

    while (cursor_line(&c, &line)) {
        json_t *document;
        bool ok;
        number++;
        if (line.at == line.end)
            continue;
        document = json_parse(line.at, (size_t)(line.end - line.at), e);
        ok = document != NULL && take_one(session, document, e);
        json_decref(document);
        if (!ok)
            return error_what(e, "cannot read line %zu", number);
    }
    return true;
}

static bool take_text(struct session *session, const struct buf *text, struct error *e)
{
    struct error whole = {0};
    json_t *document = json_parse(buf_string(text), text->length, &whole), *item;
    size_t i;
    bool ok = true;

    if (document == NULL) {
        ok = strchr(buf_string(text), '\n') != NULL && text->data[0] == '{' &&
             take_lines(session, text, e);
        if (!ok && session->targets.count == 0)
            *e = whole;
        return ok;
    }
    if (!json_is_array(document))
        ok = take_one(session, document, e);
    else
        json_array_foreach(document, i, item) ok = ok && take_one(session, item, e);
    json_decref(document);
    return ok;
}

bool recorded_read_file(struct session *session, const char *path, struct error *e)
{
    struct buf text = BUF_INIT(FACTS_MAX);
    bool ok = session_read(path, &text, e) && take_text(session, &text, e);

    buf_free(&text);
    if (ok && session->targets.count == 0)
        ok = fail(e, ERR_NO_INPUT, "it holds no facts");
    if (ok)
        return true;
    if (e->code == ERR_PROTOCOL)
        e->code = ERR_NO_INPUT;
    error_what(e, "cannot judge the facts in %s", path);
    return error_next(e, "namesake audit --record %s", path);
}

bool recorded_read(struct session *session, struct error *e)
{
    return recorded_read_file(session, session->options->facts, e);
}

enum { WRITE_AT_ONCE = 1U << 16 };

bool recorder_open(struct recorder *recorder, const char *path, struct error *e)
{
    *recorder = (struct recorder){.text = BUF_INIT(FACTS_MAX)};
    recorder->open = file_draft_open(&recorder->draft, path, e);
    return recorder->open;
}

static void write_out(struct recorder *recorder)
{
    if (recorder->failed.code == ERR_NONE)
        (void)!file_draft_add(&recorder->draft, buf_string(&recorder->text), recorder->text.length,
                              &recorder->failed);
    buf_clear(&recorder->text);
}

void recorder_add(struct recorder *recorder, const struct facts *facts, bool only)
{
    json_t *document = facts_to_json(facts);
    char *text = only ? json_text(document) : json_canonical(document);

    buf_printf(&recorder->text, "%s%s", text, only ? "" : "\n");
    free(text);
    json_decref(document);
    if (recorder->text.length >= WRITE_AT_ONCE)
        write_out(recorder);
}

bool recorder_close(struct recorder *recorder, struct error *e)
{
    if (!recorder->open)
        return true;
    recorder->open = false;
    write_out(recorder);
    buf_free(&recorder->text);
    if (recorder->failed.code == ERR_NONE)
        return file_draft_keep(&recorder->draft, 0644, e);
    file_draft_drop(&recorder->draft);
    *e = recorder->failed;
    return false;
}

bool recorded_write(const struct session *session, struct error *e)
{
    struct recorder recorder;

    if (!recorder_open(&recorder, session->options->record, e))
        return false;
    for (size_t i = 0; i < session->identity_count; i++)
        recorder_add(&recorder, &session->identities[i].facts, session->identity_count == 1);
    return recorder_close(&recorder, e);
}

bool recorded_is_facts(const char *path)
{
    struct buf text = BUF_INIT(FACTS_MAX);
    struct error ignored;
    bool facts =
        file_read(path, &text, &ignored) && strstr(buf_string(&text), "namesake.facts") != NULL;

    buf_free(&text);
    return facts;
}
