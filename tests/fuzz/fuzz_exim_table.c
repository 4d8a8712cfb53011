/* fuzz_exim_table.c - any text as a table, and as a string with look-ups in it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mta/exim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The value that was set is there, and setting it again changes nothing. */
static void set_twice(const char *text, size_t length)
{
    struct buf once = BUF_INIT(HOST_FILE_MAX), twice = BUF_INIT(HOST_FILE_MAX);
    struct error e;

    if (exim_table_set(text, length, "192.0.2.1", "new.example", &once, &e)) {
        if (!strstr(buf_string(&once), "new.example"))
            abort();
        if (exim_table_set(once.data, once.length, "192.0.2.1", "new.example", &twice, &e) &&
            (once.length != twice.length || memcmp(once.data, twice.data, once.length) != 0))
            abort();
    }
    buf_free(&once);
    buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), one[64], *put;
    struct exim_lookup lookup;
    struct exim_list list;

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    set_twice(text, size);
    (void)exim_lookup_of(text, &lookup);
    (void)exim_asks_ptr(text);
    (void)exim_uses_message(text);
    list = exim_list_of(text);
    while (exim_list_next(&list, one, sizeof one))
        ;
    put = exim_put(text, "name", "value");
    free(put);
    free(text);
    return 0;
}
