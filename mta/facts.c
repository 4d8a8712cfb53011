/* facts.c - what was seen of a mail server, and what shall be changed: finding and freeing. */
#include "mta/mta.h"

#include <stdlib.h>

const struct mta_service *mta_service_of(const struct mta_facts *facts, enum mta_role role)
{
    for (size_t i = 0; i < facts->service_count; i++)
        if (facts->services[i].role == role && facts->services[i].outside)
            return &facts->services[i];
    return NULL;
}

static void instance_free(struct mta_instance *instance)
{
    for (size_t i = 0; i < instance->file_count; i++)
        host_file_free(&instance->files[i]);
    for (size_t i = 0; i < instance->setting_count; i++) {
        free(instance->settings[i].raw);
        free(instance->settings[i].value);
    }
    free(instance->files);
    free(instance->settings);
}

void mta_facts_free(struct mta_facts *facts)
{
    if (!facts)
        return;
    for (size_t i = 0; i < facts->instance_count; i++)
        instance_free(&facts->instances[i]);
    free(facts->instances);
    free(facts->services);
    *facts = (struct mta_facts){0};
}

void mta_edits_free(struct mta_edits *edits)
{
    if (!edits)
        return;
    for (size_t i = 0; i < edits->file_count; i++)
        free(edits->files[i].text);
    for (size_t i = 0; i < edits->change_count; i++) {
        free(edits->changes[i].before);
        free(edits->changes[i].after);
    }
    free(edits->files);
    free(edits->changes);
    strings_free(&edits->commands);
    *edits = (struct mta_edits){0};
}
