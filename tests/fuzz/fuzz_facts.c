/* fuzz_facts.c - recorded facts: read, judged, and written so that they are read as the same. */
#include <stdint.h>
#include <stdlib.h>

#include "agent/audit.h"
#include "agent/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Texts of a finding go into documents, which are UTF-8, and cite nothing that controls. */
static void check_shown(const char *text)
{
    json_t *string = json_string(text);

    if (string == NULL)
        abort();
    json_decref(string);
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            abort();
}

static void judge(const struct facts *facts)
{
    struct judgement judged;

    audit_target(facts, &judged);
    for (size_t i = 0; i < judged.count; i++) {
        check_shown(judged.findings[i].summary);
        check_shown(judged.findings[i].next);
        check_shown(judged.findings[i].alt);
    }
    if (judged.verdict == VERDICT_ALIGNED && name_is_empty(&facts->wanted))
        abort();
    judgement_free(&judged);
}

/* What is read is written so that it can be read, and is the same then. */
static void write_and_read(const struct facts *facts)
{
    json_t *written = facts_to_json(facts), *rewritten;
    struct facts again;
    struct error e;

    if (!facts_from_json(written, &again, &e))
        abort();
    rewritten = facts_to_json(&again);
    if (!json_equal(written, rewritten))
        abort();
    facts_free(&again);
    json_decref(written);
    json_decref(rewritten);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct facts facts;
    struct error e;
    json_t *document = json_parse((const char *)data, size, &e);

    if (document != NULL && facts_from_json(document, &facts, &e)) {
        write_and_read(&facts);
        judge(&facts);
        facts_decide_name(&facts);
        judge(&facts);
        facts_free(&facts);
    }
    json_decref(document);
    return 0;
}
