/* act_mta_record.c - what a run's record tells of a mail server's files, and what it left there. */
#include "agent/act_mta.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/mem.h"

/* What a file will be once the later steps of the run, which changed it again, are undone. */
static struct digest without_later(const struct run *run, size_t step, const char *path,
                                   struct digest now)
{
    for (size_t i = run->plan.count; i-- > step + 1;) {
        const struct step_record *later = &run->records[i];
        if (!progress_is_made(later->progress))
            continue;
        for (size_t k = 0; k < later->backup_count; k++)
            if (str_equal(later->backups[k].path, path) &&
                str_equal(later->backups[k].after.hex, now.hex))
                now = later->backups[k].before;
    }
    return now;
}

bool act_mta_edits(struct host *host, const struct run *run, size_t step, struct host_file *files,
                   struct mta_edits *edits, struct error *e)
{
    const struct step_record *record = &run->records[step];

    edits->files = mem_new(record->backup_count + 1, sizeof *edits->files);
    for (size_t i = 0; i < record->backup_count; i++) {
        const struct backup *backup = &record->backups[i];
        struct buf text = BUF_INIT(HOST_FILE_MAX);
        struct mta_edit *edit = &edits->files[edits->file_count];
        if (!host_look(host, backup->path, &files[i], e))
            return false;
        if (str_equal(files[i].digest.hex, backup->before.hex))
            continue;
        if (!str_equal(without_later(run, step, backup->path, files[i].digest).hex,
                       backup->after.hex))
            return fail(e, ERR_ROLLBACK_CONFLICT, "%s was changed by somebody else since the run",
                        backup->path);
        if (!journal_backup(run, backup, &text, e)) {
            buf_free(&text);
            return false;
        }
        edit->length = text.length;
        edit->text = str_equal(backup->before.hex, HOST_ABSENT) ? NULL : buf_take(&text);
        edit->file = &files[i];
        edits->file_count++;
    }
    return true;
}

bool act_mta_sweep(struct host *host, const char *path, struct strings *swept, struct error *e)
{
    const char *slash = strrchr(path, '/');
    char folder[512];

    str_format(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 0, path);
    if (folder[0] == '\0' || (swept != NULL && strings_have(swept, folder)))
        return true;
    if (swept != NULL)
        strings_add(swept, folder);
    return host_sweep(host, folder, e);
}

/* Stages lie beside the path, temporaries beside the file that it leads to. */
static bool sweep_facts(struct host *host, const struct mta_facts *facts, struct strings *swept,
                        struct error *e)
{
    bool ok = true;

    for (size_t i = 0; ok && i < facts->instance_count; i++) {
        const struct mta_instance *instance = &facts->instances[i];
        for (size_t k = 0; ok && k < instance->file_count; k++)
            ok = act_mta_sweep(host, instance->files[k].path, swept, e) &&
                 act_mta_sweep(host, instance->files[k].target, swept, e);
    }
    return ok;
}

bool act_mta_tidy(struct actor *actor, const struct run *run, size_t step, struct error *e)
{
    const struct step_record *record = &run->records[step];
    struct strings swept = {0};
    struct machine *machine;
    struct error unknown; /* a configuration that cannot be read is swept as far as it is known */
    bool ok;

    if (!act_mta_open(actor, &run->plan.steps[step], &machine, e))
        return false;
    ok = true;
    for (size_t i = 0; ok && i < record->backup_count; i++)
        ok = act_mta_sweep(machine->host, record->backups[i].path, &swept, e);
    if (ok && act_mta_observe(actor, &run->plan.steps[step], &machine, &unknown))
        ok = sweep_facts(machine->host, &machine->mta, &swept, e);
    strings_free(&swept);
    return ok || error_what(e, "cannot tidy up what was left on %s", machine->host->title);
}
