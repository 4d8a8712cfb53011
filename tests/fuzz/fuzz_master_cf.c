/* fuzz_master_cf.c - output of Postfix's tools becomes services; edits of a master.cf change one. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "mta/edit.h"
#include "mta/master_edit.h"
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
    seen.interfaces = postfix_effective(instance, "inet_interfaces");
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

#define ROOM (1U << 20)
#define SERVICE "smtp/inet"

static const char *const values[] = {"mail.example.com", "", "a b", "a=b", "$x ESMTP y"};

/* All logical lines but those of the service are as they were, byte for byte and in order. */
static void others_are_the_same(const char *before, size_t length, const struct buf *after)
{
    size_t at = 0, now = 0, differ = 0;
    struct edit_entry a, b;

    while (edit_next(before, length, &at, &a)) {
        if (!edit_next(after->data, after->length, &now, &b))
            abort();
        differ += a.end - a.at != b.end - b.at ||
                  memcmp(before + a.at, after->data + b.at, a.end - a.at) != 0;
    }
    if (differ > 1 || edit_next(after->data, after->length, &now, &b))
        abort();
}

/* Set, read back, set again; what the service says of another parameter stays. */
static void edit_master(const char *text, size_t length, const char *value)
{
    struct buf out = BUF_INIT(ROOM), again = BUF_INIT(ROOM), read = BUF_INIT(ROOM);
    struct buf was = BUF_INIT(ROOM), is = BUF_INIT(ROOM);
    struct error e;

    if (master_set(text, length, SERVICE, "myhostname", value, &out, &e)) {
        if (!master_value(out.data, out.length, SERVICE, "myhostname", &read) ||
            !str_equal(buf_string(&read), value))
            abort();
        if (!master_set(out.data, out.length, SERVICE, "myhostname", value, &again, &e) ||
            again.length != out.length || memcmp(again.data, out.data, out.length) != 0)
            abort();
        others_are_the_same(text, length, &out);
        if (master_value(text, length, SERVICE, "a", &was) !=
                master_value(out.data, out.length, SERVICE, "a", &is) ||
            !str_equal(buf_string(&was), buf_string(&is)))
            abort();
    }
    buf_free(&out);
    buf_free(&again);
    buf_free(&read);
    buf_free(&was);
    buf_free(&is);
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
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        edit_master(text, size, values[i]);
    facts = facts_from(text, size);
    facts.instances[0].enabled = true;
    facts.instances[0].files = mem_new(2, sizeof *facts.instances[0].files);
    facts.instances[0].file_count = 2;
    facts.instances[0].files[1].path = mem_text("/etc/postfix/master.cf");
    facts.instances[0].files[1].text = mem_text("smtp inet n - n - - smtpd\n");
    facts.instances[0].files[1].length = strlen("smtp inet n - n - - smtpd\n");
    facts.instances[0].files[0].path = mem_text("/etc/postfix/main.cf");
    facts.instances[0].files[0].text = mem_text("myhostname = a.example\n");
    facts.instances[0].files[0].length = strlen("myhostname = a.example\n");
    if (postfix_edit(&facts, &wish, &edits, &e))
        mta_edits_free(&edits);
    postfix_words(text, size, words, sizeof words);
    mta_facts_free(&facts);
    return 0;
}
