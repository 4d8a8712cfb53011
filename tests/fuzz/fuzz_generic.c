/* fuzz_generic.c - names from strangers' reverse zones: an address, a blank, a name. */
#include <stdlib.h>
#include <string.h>

#include "agent/generic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cut off the text up to a blank; false when it is too long or holds a NUL. */
static bool take(const uint8_t **data, size_t *size, char *text, size_t text_size)
{
    const uint8_t *blank = memchr(*data, ' ', *size);
    size_t length = blank == NULL ? *size : (size_t)(blank - *data);

    if (length >= text_size || memchr(*data, '\0', length) != NULL)
        return false;
    memcpy(text, *data, length);
    text[length] = '\0';
    *data += length + (blank != NULL);
    *size -= length + (blank != NULL);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char address_text[64], name_text[1024];
    struct ip address;
    struct name name;
    struct generic judged;

    if (size == 0 || !take(&data, &size, address_text, sizeof address_text) ||
        !take(&data, &size, name_text, sizeof name_text))
        return 0;
    if (!ip_parse(address_text, &address) || !name_from_dns(name_text, &name))
        return 0;
    judged = generic_judge(&name, &address);
    if ((judged.is_placeholder || judged.vendor != NULL) && !judged.is_generic)
        abort();
    if (judged.provider != NULL && judged.vendor == NULL)
        abort();
    return 0;
}
