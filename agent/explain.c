/* explain.c - one finding in words: what it means, who owns it, how it is repaired. */
#include "agent/explain.h"

#include "agent/notes.h"

/* The finding that the command line names; ERR_USAGE with the nearest known one. */
static bool find_finding(const struct options *o, enum finding_id *id, struct error *e)
{
    const char *known[FIND_COUNT + 1] = {NULL};
    const char *word = o->word_count == 1 ? o->words[0] : "", *nearest;

    if (catalog_find(word, id))
        return true;
    for (int i = 0; i < FIND_COUNT; i++)
        known[i] = catalog_entry((enum finding_id)i)->id;
    nearest = str_nearest(word, known);
    if (o->word_count != 1)
        fail(e, ERR_USAGE, "explain needs one finding");
    else if (nearest != NULL)
        fail(e, ERR_USAGE, "there is no finding \"%.60s\"; did you mean %s?", word, nearest);
    else
        fail(e, ERR_USAGE, "there is no finding \"%.60s\"", word);
    error_what(e, "cannot explain \"%.60s\"", word);
    return error_next(e, "namesake explain %s", nearest ? nearest : "ptr-generic");
}

int explain_run(struct session *s)
{
    const struct catalog_entry *entry;
    struct notes notes = {0};
    enum finding_id id;
    enum mta_saying set;
    struct error e = {0};

    if (!find_finding(s->options, &id, &e))
        return session_fail(s, &e);
    entry = catalog_entry(id);
    set = catalog_setting(id);
    notes_add(&notes, "meaning", "%s", entry->meaning);
    notes_add(&notes, "effect", "%s", entry->effect);
    notes_add(&notes, "severity", "%s, of the %s check", severity_text(entry->severity),
              check_text(entry->check));
    notes_add(&notes, "who", "%s", owner_role_words(entry->owner));
    notes_add(&notes, "by hand", "%s", entry->repair);
    for (size_t i = 0; mta_all[i] != NULL && set != MTA_SAYS_NOTHING; i++)
        notes_add(&notes, "", "%s: %s", mta_all[i]->title, mta_all[i]->settings[set]);
    notes_add(&notes, "reference", "%s", entry->reference);
    return notes_end(s, &notes, entry->id);
}
