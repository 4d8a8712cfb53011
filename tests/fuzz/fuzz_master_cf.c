/* fuzz_master_cf.c - any output of Postfix's tools becomes services, or nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "mta/postfix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_setting(struct mta_instance *instance, const struct postfix_value *value)
{
    struct mta_setting one = {.set = true};
    char *expanded;

    if (!str_copy(one.parameter, sizeof one.parameter, value->parameter))
        return;
    one.raw = mem_text(value->value);
    one.value = mem_text(value->value);
    expanded = postfix_expand(one.raw, "myhostname", "x");
    if (postfix_use(expanded) == POSTFIX_USES_PLAINLY)
        abort();
    free(expanded);
    instance->settings = mem_resize(instance->settings, instance->setting_count + 1, sizeof one);
    instance->settings[instance->setting_count++] = one;
}

static struct mta_facts facts_from(const char *text, size_t length)
{
    struct mta_facts facts = {.instances = mem_new(1, sizeof *facts.instances)};
    struct mta_instance *instance = facts.instances;
    struct postfix_values values;
    struct postfix_service *lines;
    struct postfix_seen seen = {.instance = instance};

    facts.instance_count = 1;
    str_cut(instance->folder, sizeof instance->folder, "/etc/postfix");
    postfix_parse_values(text, length, &values);
    for (size_t i = 0; i < values.count && i < 256; i++)
        add_setting(instance, &values.v[i]);
    seen.service_count = postfix_parse_services(text, length, &lines);
    seen.services = lines;
    postfix_add_services(&seen, &facts);
    for (size_t i = 0; i < seen.service_count; i++) {
        struct mta_service *s = postfix_service_at(&facts, instance->folder, &lines[i]);

        if (s)
            postfix_apply_values(s, &values);
    }
    postfix_values_free(&values);
    free(lines);
    return facts;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const struct mta_wish wish = {.name = {"mail.example.com"}};
    struct mta_edits edits = {0};
    struct mta_facts facts;
    struct error e;
    char words[64];

    if (size > 4096)
        return 0;
    facts = facts_from(text, size);
    facts.instances[0].files = mem_new(1, sizeof *facts.instances[0].files);
    facts.instances[0].file_count = 1;
    facts.instances[0].files[0].path = mem_text("/etc/postfix/main.cf");
    facts.instances[0].files[0].text = mem_text("myhostname = a.example\n");
    facts.instances[0].files[0].length = strlen("myhostname = a.example\n");
    if (postfix_edit(&facts, &wish, &edits, &e))
        mta_edits_free(&edits);
    postfix_words(text, size, words, sizeof words);
    mta_facts_free(&facts);
    return 0;
}
