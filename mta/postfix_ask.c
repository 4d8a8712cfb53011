/* postfix_ask.c - one question to postconf, and the settings that were answered. */
#include "mta/postfix.h"

const struct host_file *postfix_main_cf(const struct mta_instance *instance)
{
    for (size_t i = 0; i < instance->file_count; i++)
        if (str_ends(instance->files[i].path, "/main.cf"))
            return &instance->files[i];
    return NULL;
}

const struct mta_setting *postfix_setting(const struct mta_instance *instance,
                                          const char *parameter)
{
    for (size_t i = 0; i < instance->setting_count; i++)
        if (str_equal(instance->settings[i].parameter, parameter))
            return &instance->settings[i];
    return NULL;
}

const char *postfix_raw(const struct mta_instance *instance, const char *parameter)
{
    const struct mta_setting *s = postfix_setting(instance, parameter);

    return s ? s->raw : "";
}

const char *postfix_effective(const struct mta_instance *instance, const char *parameter)
{
    const struct mta_setting *s = postfix_setting(instance, parameter);

    return s ? s->value : "";
}

bool postfix_ask(struct host *host, const char *folder, const char *const *more,
                 struct command_result *out, struct error *e)
{
    const char *argv[POSTFIX_ARGUMENTS_MAX + 4] = {"postconf", "-c", folder, NULL};
    struct command command = {.argv = argv, .timeout_ms = POSTFIX_TIMEOUT_MS};
    size_t count = folder ? 3 : 1;

    for (size_t i = 0; i < POSTFIX_ARGUMENTS_MAX && more[i]; i++)
        argv[count++] = more[i];
    argv[count] = NULL;
    return host_run(host, &command, out, e);
}

bool postfix_concerns(const struct mta_edits *edits, const struct mta_instance *instance)
{
    for (size_t i = 0; i < edits->file_count; i++)
        for (size_t k = 0; k < instance->file_count; k++)
            if (str_equal(edits->files[i].file->target, instance->files[k].target))
                return true;
    return edits->file_count == 0;
}
