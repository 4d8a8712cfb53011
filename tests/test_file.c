/* test_file.c - reading, replacing, appending, folders, locks. */
#include "agent/base/file.h"

#include "tests/support/folder.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static size_t entries_of(const struct folder *folder)
{
    DIR *entries = opendir(folder->path);
    size_t count = 0;

    ck_assert_ptr_nonnull(entries);
    while (readdir(entries) != NULL)
        count++;
    closedir(entries);
    return count - 2; /* less "." and ".." */
}

START_TEST(read_appends_a_file)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "file");
    struct buf content = BUF_INIT(10);
    struct error e = {0};

    folder_write(path.s, "5678\0", 5, 0600);
    buf_text(&content, "1234");
    ck_assert(file_read(path.s, &content, &e));
    ck_assert_uint_eq(content.length, 9);
    ck_assert_mem_eq(content.data, "12345678\0", 10);
    buf_free(&content);
    folder_free(&folder);
}
END_TEST

START_TEST(read_stops_at_the_ceiling)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "file");
    struct buf content = BUF_INIT(8);
    struct error e = {0};

    folder_write(path.s, "56789", 5, 0600);
    buf_text(&content, "1234");
    ck_assert(!file_read(path.s, &content, &e));
    ck_assert_int_eq(e.code, ERR_LIMIT_EXCEEDED);
    ck_assert_str_eq(e.why, "it is larger than 4 bytes");
    ck_assert_msg(strstr(e.what, path.s) != NULL, "the path is named: %s", e.what);
    ck_assert_str_eq(buf_string(&content), "1234");
    ck_assert(buf_ok(&content));
    buf_free(&content);
    folder_free(&folder);
}
END_TEST

START_TEST(read_of_much_and_of_nothing)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "file");
    struct buf content = BUF_INIT(200000);
    struct error e = {0};
    char *much = malloc(200000);

    ck_assert_ptr_nonnull(much);
    memset(much, 'x', 200000);
    folder_write(path.s, "", 0, 0600);
    ck_assert(file_read(path.s, &content, &e));
    ck_assert_str_eq(buf_string(&content), "");
    folder_write(path.s, much, 200000, 0600);
    ck_assert(file_read(path.s, &content, &e));
    ck_assert_uint_eq(content.length, 200000);
    ck_assert_mem_eq(content.data, much, 200000);
    free(much);
    buf_free(&content);
    folder_free(&folder);
}
END_TEST

START_TEST(read_wants_a_regular_file)
{
    struct folder folder = folder_new();
    struct folder_path pipe = in(&folder, "pipe"), none = in(&folder, "none");
    struct buf content = BUF_INIT(8);
    struct error e = {0};

    ck_assert_int_eq(mkfifo(pipe.s, 0600), 0);
    ck_assert(!file_read(pipe.s, &content, &e)); /* and does not wait for a writer */
    ck_assert_int_eq(e.code, ERR_NO_INPUT);
    ck_assert_str_eq(e.why, "it is not a regular file");
    ck_assert(!file_read(folder.path, &content, &e));
    ck_assert_int_eq(e.code, ERR_NO_INPUT);
    ck_assert(!file_read("/dev/zero", &content, &e));
    ck_assert_int_eq(e.code, ERR_NO_INPUT);
    ck_assert(!file_read(none.s, &content, &e));
    ck_assert_int_eq(e.code, ERR_NO_INPUT);
    ck_assert_str_eq(e.why, strerror(ENOENT));
    ck_assert_msg(strstr(e.what, none.s) != NULL, "the path is named: %s", e.what);
    folder_free(&folder);
}
END_TEST

START_TEST(replace_writes_whole_files)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "file");
    struct error e = {0};

    umask(077);
    ck_assert_msg(file_replace(path.s, "first", 5, 0644, &e), "%s", e.why);
    ck_assert(folder_has(path.s, "first"));
    ck_assert_uint_eq(folder_mode(path.s), 0644); /* whatever the umask */
    ck_assert(file_replace(path.s, "2", 1, 0600, &e));
    ck_assert(folder_has(path.s, "2"));
    ck_assert_uint_eq(folder_mode(path.s), 0600);
    ck_assert(file_replace(path.s, NULL, 0, 0600, &e));
    ck_assert(folder_has(path.s, ""));
    ck_assert_uint_eq(entries_of(&folder), 1);
    folder_free(&folder);
}
END_TEST

START_TEST(replace_keeps_readers_of_the_old)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "file");
    struct error e = {0};
    char seen[4] = "";

    folder_write(path.s, "old", 3, 0600);
    int fd = open(path.s, O_RDONLY);
    ck_assert(file_replace(path.s, "new", 3, 0600, &e));
    ck_assert_int_eq(read(fd, seen, 3), 3);
    ck_assert_str_eq(seen, "old");
    close(fd);
    folder_free(&folder);
}
END_TEST

START_TEST(replace_works_in_the_working_folder)
{
    struct folder folder = folder_new();
    struct error e = {0};

    ck_assert_int_eq(chdir(folder.path), 0);
    ck_assert_msg(file_replace("file", "new", 3, 0600, &e), "%s", e.why);
    ck_assert(folder_has("file", "new"));
    ck_assert_msg(file_create("other", "new", 3, 0600, &e), "%s", e.why);
    ck_assert_int_eq(chdir("/"), 0);
    folder_free(&folder);
}
END_TEST

START_TEST(replace_does_not_follow_a_planted_link)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "file"), victim = in(&folder, "victim"), planted;
    struct error e = {0};

    folder_write(victim.s, "victim", 6, 0600);
    snprintf(planted.s, sizeof planted.s, "%s/.file.%ld.0.tmp", folder.path, (long)getpid());
    ck_assert_int_eq(symlink(victim.s, planted.s), 0);
    ck_assert_msg(file_replace(path.s, "new", 3, 0600, &e), "%s", e.why);
    ck_assert(folder_has(path.s, "new"));
    ck_assert(folder_has(victim.s, "victim"));
    ck_assert_uint_eq(entries_of(&folder), 3);
    folder_free(&folder);
}
END_TEST

START_TEST(replace_replaces_files_only)
{
    struct folder folder = folder_new();
    struct folder_path file = in(&folder, "file"), link = in(&folder, "link");
    struct error e = {0};

    folder_write(file.s, "old", 3, 0600);
    ck_assert_int_eq(symlink(file.s, link.s), 0);
    ck_assert(!file_replace(link.s, "new", 3, 0600, &e));
    ck_assert_int_eq(e.code, ERR_CANNOT_CREATE);
    ck_assert_msg(strstr(e.why, "symbolic link") != NULL, "%s", e.why);
    ck_assert_msg(strncmp(e.next, "ls -ld ", 7) == 0 && strstr(e.next, link.s) != NULL, "%s",
                  e.next);
    ck_assert(folder_has(file.s, "old"));
    ck_assert(!file_replace("/dev/null", "new", 3, 0600, &e));
    ck_assert_int_eq(e.code, ERR_CANNOT_CREATE);
    ck_assert(!file_replace(folder.path, "new", 3, 0600, &e));
    ck_assert_int_eq(e.code, ERR_CANNOT_CREATE);
    folder_free(&folder);
}
END_TEST

START_TEST(replace_leaves_nothing_behind_when_it_fails)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "file"), nowhere = in(&folder, "none/file");
    struct rlimit small = {.rlim_cur = 2, .rlim_max = RLIM_INFINITY};
    struct error e = {0};

    folder_write(path.s, "old", 3, 0600);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0); /* as good as a full disk */
    bool replaced = file_replace(path.s, "newer", 5, 0600, &e);
    small.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &small);
    ck_assert(!replaced);
    ck_assert_int_eq(e.code, ERR_CANNOT_CREATE);
    ck_assert_str_eq(e.why, strerror(EFBIG));
    ck_assert(folder_has(path.s, "old"));
    ck_assert_uint_eq(entries_of(&folder), 1);
    ck_assert(!file_replace(nowhere.s, "new", 3, 0600, &e));
    ck_assert_str_eq(e.why, strerror(ENOENT));
    ck_assert_msg(strstr(e.what, nowhere.s) != NULL, "the path is named: %s", e.what);
    ck_assert_msg(strncmp(e.next, "mkdir -p ", 9) == 0 && strstr(e.next, "/none ") != NULL,
                  "the folder that is missing: %s", e.next);
    folder_free(&folder);
}
END_TEST

START_TEST(create_makes_new_files_only)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "file"), dangling = in(&folder, "dangling");
    struct folder_path target = in(&folder, "target");
    struct error e = {0};

    ck_assert(file_create(path.s, "first", 5, 0640, &e));
    ck_assert_uint_eq(folder_mode(path.s), 0640);
    ck_assert(!file_create(path.s, "second", 6, 0640, &e));
    ck_assert_int_eq(e.code, ERR_CANNOT_CREATE);
    ck_assert_str_eq(e.why, strerror(EEXIST));
    ck_assert(folder_has(path.s, "first"));
    ck_assert_int_eq(symlink(target.s, dangling.s), 0);
    ck_assert(!file_create(dangling.s, "x", 1, 0640, &e));
    ck_assert_int_ne(access(target.s, F_OK), 0);
    folder_free(&folder);
}
END_TEST

START_TEST(append_adds_or_leaves_alone)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "journal");
    struct rlimit small = {.rlim_cur = 9, .rlim_max = RLIM_INFINITY};
    struct error e = {0};

    ck_assert_msg(file_append(path.s, "one\n", 4, &e), "%s", e.why);
    ck_assert_uint_eq(folder_mode(path.s), 0600);
    ck_assert(file_append(path.s, "two\n", 4, &e));
    ck_assert(folder_has(path.s, "one\ntwo\n"));
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool appended = file_append(path.s, "three\n", 6, &e); /* only its first byte finds room */
    small.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &small);
    ck_assert(!appended);
    ck_assert_int_eq(e.code, ERR_CANNOT_CREATE);
    ck_assert_msg(folder_has(path.s, "one\ntwo\n"), "no part of a line stays");
    folder_free(&folder);
}
END_TEST

START_TEST(folders_are_made_with_their_parents)
{
    struct folder folder = folder_new();
    struct folder_path deep = in(&folder, "a/b//c/"), a = in(&folder, "a"),
                       c = in(&folder, "a/b/c");
    struct folder_path file = in(&folder, "file"), below = in(&folder, "file/x");
    struct error e = {0};

    umask(077);
    ck_assert_msg(file_make_folder(deep.s, 0750, &e), "%s", e.why);
    ck_assert_uint_eq(folder_mode(a.s), 0750);
    ck_assert_uint_eq(folder_mode(c.s), 0750);
    ck_assert_msg(file_make_folder(c.s, 0700, &e), "an existing one is fine: %s", e.why);
    ck_assert_uint_eq(folder_mode(c.s), 0750); /* and stays as it is */
    folder_write(file.s, "", 0, 0600);
    ck_assert(!file_make_folder(file.s, 0700, &e));
    ck_assert_int_eq(e.code, ERR_CANNOT_CREATE);
    ck_assert(!file_make_folder(below.s, 0700, &e));
    ck_assert(!file_make_folder("", 0700, &e));
    folder_free(&folder);
}
END_TEST

START_TEST(folder_in_the_working_folder)
{
    struct folder folder = folder_new();
    struct error e = {0};

    ck_assert_int_eq(chdir(folder.path), 0);
    ck_assert_msg(file_make_folder("x/y", 0700, &e), "%s: %s", e.what, e.why);
    ck_assert_uint_eq(folder_mode("x/y"), 0700);
    ck_assert_int_eq(chdir("/"), 0);
    folder_free(&folder);
}
END_TEST

START_TEST(lock_is_refused_while_another_process_holds_it)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "lock");
    int fd = -1, told[2], wait_for[2], status;
    struct error e = {0};
    char byte = 0;

    ck_assert(pipe(told) == 0 && pipe(wait_for) == 0);
    pid_t child = fork();
    if (child == 0) {
        bool locked = file_lock(path.s, "pid 4711, apply \033[2J", &fd, &e);

        close(wait_for[1]);
        if (write(told[1], locked ? "y" : "n", 1) != 1 || read(wait_for[0], &byte, 1) != 0)
            _exit(1);
        _exit(0);
    }
    close(wait_for[0]);
    ck_assert_int_eq(read(told[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'y');
    ck_assert(!file_lock(path.s, "me", &fd, &e));
    ck_assert_int_eq(fd, -1);
    ck_assert_int_eq(e.code, ERR_LOCKED);
    ck_assert_str_eq(e.why, "another run holds it: pid 4711, apply \\x1b[2J");
    close(wait_for[1]); /* the child ends, and with it the lock */
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_msg(file_lock(path.s, "me", &fd, &e), "%s", e.why);
    ck_assert(folder_has(path.s, "me\n"));
    ck_assert_uint_eq(folder_mode(path.s), 0600);
    close(fd);
    folder_free(&folder);
}
END_TEST

START_TEST(lock_reports_a_large_note_cut)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "lock");
    int held = -1, fd = -1;
    struct error e = {0};
    char note[4000];

    memset(note, '\033', sizeof note - 1);
    note[sizeof note - 1] = '\0';
    ck_assert(file_lock(path.s, note, &held, &e));
    ck_assert(!file_lock(path.s, "me", &fd, &e));
    ck_assert_int_eq(e.code, ERR_LOCKED);
    ck_assert_uint_lt(strlen(e.why), 450);
    ck_assert_int_eq(ftruncate(held, 0), 0);
    ck_assert(!file_lock(path.s, "me", &fd, &e));
    ck_assert_str_eq(e.why, "another run holds it");
    close(held);
    folder_free(&folder);
}
END_TEST

START_TEST(lock_needs_a_place)
{
    struct error e = {0};
    int fd = -1;

    ck_assert(!file_lock("/nonexistent/lock", "me", &fd, &e));
    ck_assert_int_eq(e.code, ERR_CANNOT_CREATE);
    ck_assert_str_eq(e.why, strerror(ENOENT));
    ck_assert_int_eq(fd, -1);
}
END_TEST

/* In a folder that others may write to, the lock might be a link to any file of root's. */
START_TEST(lock_does_not_follow_a_planted_link)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "lock"), victim = in(&folder, "victim");
    struct error e = {0};
    int fd = -1;

    folder_write(victim.s, "precious", 8, 0600);
    ck_assert_int_eq(symlink(victim.s, path.s), 0);
    ck_assert(!file_lock(path.s, "me", &fd, &e));
    ck_assert_int_eq(e.code, ERR_CANNOT_CREATE);
    ck_assert(folder_has(victim.s, "precious"));
    folder_free(&folder);
}
END_TEST

static const struct {
    const char *label;
    uid_t owner;
    mode_t mode;
    bool link, safe;
} owners[] = {
    {"our own", 0, 0700, false, true},
    {"our own, which others may look into", 0, 0755, false, true},
    {"through a link of ours", 0, 0700, true, true},
    {"the group may write", 0, 0770, false, false},
    {"everybody may write", 0, 01777, false, false},
    {"somebody else's", 65534, 0700, false, false},
    {"somebody else's, through a link", 65534, 0755, true, false},
};

START_TEST(folder_that_others_may_write_to)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "state"), link = in(&folder, "link");
    struct error e = {0};
    bool safe = owners[_i].safe;

    if (geteuid() != 0 && owners[_i].owner != 0)
        safe = true; /* nobody but root can give a folder away, so it stays ours */
    ck_assert_int_eq(mkdir(path.s, 0700), 0);
    ck_assert_int_eq(symlink(path.s, link.s), 0);
    if (geteuid() == 0)
        ck_assert_int_eq(chown(path.s, owners[_i].owner, (gid_t)-1), 0);
    ck_assert_int_eq(chmod(path.s, owners[_i].mode), 0);
    ck_assert_msg(file_folder_is_safe(owners[_i].link ? link.s : path.s, &e) == safe, "%s: %s",
                  owners[_i].label, e.why);
    ck_assert(safe || e.code == ERR_CANNOT_CREATE);
    folder_free(&folder);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"read appends a file", read_appends_a_file, 1, 0},
        {"read stops at the ceiling", read_stops_at_the_ceiling, 1, 0},
        {"read of much and of nothing", read_of_much_and_of_nothing, 1, 0},
        {"read wants a regular file", read_wants_a_regular_file, 1, 0},
        {"replace writes whole files", replace_writes_whole_files, 1, 0},
        {"replace keeps readers of the old", replace_keeps_readers_of_the_old, 1, 0},
        {"replace in the working folder", replace_works_in_the_working_folder, 1, 0},
        {"replace and a planted link", replace_does_not_follow_a_planted_link, 1, 0},
        {"replace replaces files only", replace_replaces_files_only, 1, 0},
        {"replace fails cleanly", replace_leaves_nothing_behind_when_it_fails, 1, 0},
        {"create makes new files only", create_makes_new_files_only, 1, 0},
        {"append adds or leaves alone", append_adds_or_leaves_alone, 1, 0},
        {"folders with their parents", folders_are_made_with_their_parents, 1, 0},
        {"folder in the working folder", folder_in_the_working_folder, 1, 0},
        {"lock held by another process", lock_is_refused_while_another_process_holds_it, 1, 0},
        {"lock with a large note", lock_reports_a_large_note_cut, 1, 0},
        {"lock needs a place", lock_needs_a_place, 1, 0},
        {"lock and a planted link", lock_does_not_follow_a_planted_link, 1, 0},
        {"a folder of others", folder_that_others_may_write_to, ROWS(owners), 0},
    };

    return unit_run("file", tests, ROWS(tests));
}
