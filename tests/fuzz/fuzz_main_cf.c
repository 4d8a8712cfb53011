/* fuzz_main_cf.c - an edit of any text is read back, and no other parameter changes by it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/str.h"
#include "mta/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM (1U << 20)

static const char *const parameters[] = {"myhostname", "mydestination", "a", "relayhost"};
static const char *const values[] = {
    "mail.example.com", "", "$myhostname, a, b", "a", "a b c d", "x $mail_name", "a, b",
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* What the text sets, in the words of its logical lines; the last one of a name counts. */
static void same_value(const char *before, size_t before_length, const char *name,
                       const struct buf *after)
{
    struct buf a = BUF_INIT(ROOM), b = BUF_INIT(ROOM);
    bool was = edit_value(before, before_length, name, &a);
    bool is = edit_value(after->data, after->length, name, &b);

    if (was != is || !str_equal(buf_string(&a), buf_string(&b)))
        abort();
    buf_free(&a);
    buf_free(&b);
}

static void others_are_the_same(const char *text, size_t length, const char *parameter,
                                const struct buf *after)
{
    struct edit_entry entry;
    size_t at = 0;
    char name[64];

    while (edit_next(text, length, &at, &entry)) {
        if (entry.end > length || entry.end <= entry.at || entry.equals > entry.end)
            abort();
        if (!entry.equals || entry.name_length == 0 || entry.name_length >= sizeof name)
            continue;
        memcpy(name, text + entry.name_at, entry.name_length);
        name[entry.name_length] = '\0';
        if (!str_equal(name, parameter))
            same_value(text, length, name, after);
    }
}

static void reads_back(const struct buf *text, const char *parameter, const char *value)
{
    struct buf read = BUF_INIT(ROOM), again = BUF_INIT(ROOM), gone = BUF_INIT(ROOM);
    struct error e;

    if (!edit_value(text->data, text->length, parameter, &read) ||
        !str_equal(buf_string(&read), value))
        abort();
    if (!edit_set(text->data, text->length, parameter, value, &again, &e) ||
        again.length != text->length || memcmp(again.data, text->data, text->length) != 0)
        abort();
    buf_clear(&read);
    if (!edit_remove(text->data, text->length, parameter, &gone, &e) ||
        edit_value(buf_string(&gone), gone.length, parameter, &read))
        abort();
    others_are_the_same(text->data, text->length, parameter, &gone);
    buf_free(&read);
    buf_free(&again);
    buf_free(&gone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 2, *parameter, *value;
    struct buf out = BUF_INIT(ROOM);
    struct error e;

    if (size < 2 || size > 4096)
        return 0;
    parameter = parameters[data[0] % COUNT(parameters)];
    value = values[data[1] % COUNT(values)];
    if (edit_set(text, size - 2, parameter, value, &out, &e)) {
        others_are_the_same(text, size - 2, parameter, &out);
        reads_back(&out, parameter, value);
    }
    buf_free(&out);
    return 0;
}
