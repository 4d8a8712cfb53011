/* fuzz_config.c - configuration text: our grammar and libconfig's have to agree on what is good. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <libconfig.h>

#include "agent/config.h"
#include "agent/config_syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* libconfig 1.5 leaks the texts of a file that it refuses. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static struct config config;
static struct config_mistakes mistakes;

static bool libconfig_takes(const char *text)
{
    config_t parsed;
    bool ok;

    config_init(&parsed);
    ok = config_read_string(&parsed, text) == CONFIG_TRUE;
    config_destroy(&parsed);
    return ok;
}

/* A slip that is not silent has to be one for libconfig, too. Includes are our own affair. */
static void compare(const char *text, size_t size)
{
    struct config_slip slip;

    if (strlen(text) != size || strstr(text, "@include") != NULL)
        return;
    if (config_syntax_find(text, size, &slip) && !slip.silent && libconfig_takes(text))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    compare(text, size);
    if (config_load_text("fuzz", text, size, &config, &mistakes))
        config_free(&config);
    free(text);
    return 0;
}
