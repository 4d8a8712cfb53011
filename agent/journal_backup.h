/*
 * journal_backup.h - the old content of files that a step replaces, kept in the
 * run's folder; of use to journal.c only.
 */
#ifndef NAMESAKE_JOURNAL_BACKUP_H
#define NAMESAKE_JOURNAL_BACKUP_H

#include "agent/base/json.h"
#include "agent/journal.h"

/*
 * Keep the files that the edits replace. A step that was begun before and ended between two files
 * begins again with the rest: what was kept then is still what undo brings back.
 */
bool backups_save(struct run *run, size_t step, const struct mta_edits *edits,
                  struct error *e) MUST_USE;

/* As the journal has them; the caller owns the list. And back, in place of what the record has. */
json_t *backups_to_json(const struct step_record *record);
void backups_from_json(const json_t *list, struct step_record *record);

#endif
