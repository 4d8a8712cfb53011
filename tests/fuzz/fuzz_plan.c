/* fuzz_plan.c - plan files with a digest that fits: what is taken does what it says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Without the right digest nothing else would be read. */
static void seal(json_t *document)
{
    char *text;

    json_object_del(document, "digest");
    text = json_canonical(document);
    json_object_set_new(document, "digest", json_string(digest_of(text, strlen(text)).hex));
    free(text);
}

static void check(const struct plan *plan)
{
    json_t *written = plan_to_json(plan);
    struct plan again, back;
    struct error e;

    if (!plan_from_json(written, 0, &again, &e) || strcmp(again.id, plan->id) != 0)
        abort();
    plan_reverse(plan, &back);
    if (back.count != plan_changes(plan))
        abort();
    plan_free(&back);
    plan_free(&again);
    json_decref(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plan plan;
    struct error e;
    json_t *document = json_parse((const char *)data, size, &e);

    if (document != NULL)
        seal(document);
    if (document != NULL && plan_from_json(document, 0, &plan, &e)) {
        check(&plan);
        plan_free(&plan);
    } else if (document != NULL && e.code != ERR_PLAN_DAMAGED) {
        abort();
    }
    json_decref(document);
    return 0;
}
