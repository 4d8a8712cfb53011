/* journal_backup.c - the old content of files that a step replaces, kept in the run's folder. */
#include "agent/journal_backup.h"

#include "agent/base/file.h"
#include "agent/base/mem.h"

static struct backup *backup_of(struct step_record *record, const char *path)
{
    for (size_t i = 0; i < record->backup_count; i++)
        if (str_equal(record->backups[i].path, path))
            return &record->backups[i];
    return NULL;
}

static bool save_backup(struct run *run, size_t step, const struct mta_edit *edit, struct error *e)
{
    struct step_record *record = &run->records[step];
    struct backup backup = {.before = edit->file->digest}, *earlier;
    char path[sizeof run->folder + sizeof backup.copy];

    if (!str_copy(backup.path, sizeof backup.path, edit->file->target))
        return fail(e, ERR_CANNOT_CREATE, "the path %.200s is too long to be kept",
                    edit->file->target);
    backup.after = digest_of(edit->text, edit->length);
    earlier = backup_of(record, backup.path);
    if (earlier != NULL && (str_equal(earlier->before.hex, backup.before.hex) ||
                            str_equal(earlier->after.hex, backup.before.hex))) {
        earlier->after = backup.after;
        return true;
    }
    str_format(backup.copy, sizeof backup.copy, "backup-%zu-%.16s", step + 1, backup.before.hex);
    str_format(path, sizeof path, "%s/%s", run->folder, backup.copy);
    if (!file_replace(path, edit->file->text, edit->file->length, 0600, e))
        return error_what(e, "cannot keep the old %s", edit->file->target);
    if (earlier != NULL) { /* somebody else has changed it since */
        *earlier = backup;
        return true;
    }
    record->backups =
        mem_resize(record->backups, record->backup_count + 1, sizeof *record->backups);
    record->backups[record->backup_count++] = backup;
    return true;
}

bool backups_save(struct run *run, size_t step, const struct mta_edits *edits, struct error *e)
{
    if (!progress_is_open(run->records[step].progress))
        run->records[step].backup_count = 0;
    for (size_t i = 0; i < edits->file_count; i++)
        if (!save_backup(run, step, &edits->files[i], e))
            return false;
    return true;
}

json_t *backups_to_json(const struct step_record *record)
{
    json_t *list = need(json_array());

    for (size_t i = 0; i < record->backup_count; i++) {
        const struct backup *backup = &record->backups[i];
        json_array_append_new(
            list, need(json_pack("{s:s, s:s, s:s, s:s}", "path", backup->path, "copy", backup->copy,
                                 "before", backup->before.hex, "after", backup->after.hex)));
    }
    return list;
}

void backups_from_json(const json_t *list, struct step_record *record)
{
    json_t *item;
    size_t i;

    record->backups =
        mem_resize(record->backups, json_array_size(list) + 1, sizeof *record->backups);
    record->backup_count = 0;
    json_array_foreach(list, i, item)
    {
        struct backup *backup = &record->backups[record->backup_count++];
        *backup = (struct backup){.copy = ""};
        str_cut(backup->path, sizeof backup->path, json_string_or(item, "path", ""));
        str_cut(backup->copy, sizeof backup->copy, json_string_or(item, "copy", ""));
        str_cut(backup->before.hex, sizeof backup->before.hex, json_string_or(item, "before", ""));
        str_cut(backup->after.hex, sizeof backup->after.hex, json_string_or(item, "after", ""));
    }
}
