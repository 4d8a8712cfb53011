/* fuzz_exim_config.c - any text as Exim's configuration: read, and edited where it can be. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mta/exim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void keep(struct mta_instance *instance, const struct exim_config *config)
{
    for (size_t i = 0; i < config->count; i++)
        if (config->v[i].kind == EXIM_OPTION && config->v[i].section[0] == '\0')
            exim_set(instance, config->v[i].name, config->v[i].raw, config->v[i].value, true);
}

/* What was written is read again: the name stands in the new text, the rest is as it was. */
static void edit(struct mta_facts *facts)
{
    struct mta_wish wish = {.name = {.s = "mail.example.com"}};
    struct mta_edits edits = {0};
    struct error e;

    if (!exim_edit(facts, &wish, &edits, &e))
        return;
    for (size_t i = 0; i < edits.file_count; i++)
        if (!strstr(edits.files[i].text, "mail.example.com") &&
            !strstr(edits.files[i].text, "old.example.com"))
            abort();
    mta_edits_free(&edits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mta_facts facts = {.instance_count = 1};
    struct mta_service service = {.role = MTA_SENDER,
                                  .title = "remote_smtp",
                                  .outside = true,
                                  .says = "old.example.com",
                                  .from = "primary_hostname"};
    struct exim_config config;
    struct mta_instance *instance;
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    facts.instances = calloc(1, sizeof *facts.instances);
    facts.services = malloc(sizeof service);
    if (!facts.instances || !facts.services)
        abort();
    facts.services[0] = service;
    facts.service_count = 1;
    instance = facts.instances;
    instance->files = calloc(1, sizeof *instance->files);
    instance->files[0] = (struct host_file){.path = strdup("/c"), .text = text, .length = size};
    instance->file_count = 1;
    exim_set(instance, ".order", "/c", "/c", true);
    exim_set(instance, ".scheme", "single", "single", true);
    exim_read_files(instance, &config);
    keep(instance, &config);
    exim_set(instance, "primary_hostname", "old.example.com", "old.example.com", false);
    exim_config_free(&config);
    edit(&facts);
    mta_facts_free(&facts);
    return 0;
}
