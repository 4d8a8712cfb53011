/* journal_backups.c - which old contents a step that was begun more than once brings back. */
#include "agent/journal.h"

#include "agent/base/mem.h"

void backups_forget(struct step_record *record)
{
    if (record->progress != PROGRESS_BEGUN)
        record->backup_count = 0;
}

void backups_add(struct step_record *record, const struct backup *backup)
{
    for (size_t i = 0; i < record->backup_count; i++) {
        struct backup *first = &record->backups[i];

        if (!str_equal(first->path, backup->path))
            continue;
        if (str_equal(first->after.hex, backup->before.hex))
            first->after = backup->after;
        else
            *first = *backup;
        return;
    }
    record->backups = mem_resize(record->backups, record->backup_count + 1, sizeof *backup);
    record->backups[record->backup_count++] = *backup;
}
