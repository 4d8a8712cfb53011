/*
 * test_host.c - a machine's files, programs and locks, in a temporary folder. The same rows for
 * every kind of host: this machine, and with NAMESAKE_TEST_HOST=root@127.0.0.1 (see with_sshd.sh)
 * the same one over SSH.
 */
#include "agent/net/host_open.h"

#include "tests/support/folder.h"

#include <dirent.h>
#include <errno.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

#include "agent/base/mem.h"
#include "agent/base/str.h"

/* An access list with user 1 in it, as the kernel stores it (linux/posix_acl_xattr.h). */
static const unsigned char acl[] = {2, 0, 0,   0,   1,   0,   6,  0, 255, 255, 255, 255, 2,   0,  4,
                                    0, 1, 0,   0,   0,   4,   0,  4, 0,   255, 255, 255, 255, 16, 0,
                                    4, 0, 255, 255, 255, 255, 32, 0, 0,   0,   255, 255, 255, 255};

struct place {
    struct folder folder;
    struct host *host;
    struct folder_path path; /* a file with the text "old\n" and mode 0640 */
};

static bool is_remote(void)
{
    return getenv("NAMESAKE_TEST_HOST") != NULL;
}

static struct host *open_host(const char *ssh)
{
    struct error e = {0};
    struct host *host = host_open(ssh, &e);

    ck_assert_msg(host != NULL, "%s: %s", e.what, e.why);
    return host;
}

static struct host *new_host(void)
{
    return open_host(is_remote() ? getenv("NAMESAKE_TEST_HOST") : "");
}

static struct place place_new(void)
{
    struct place p = {.folder = folder_new(), .host = new_host()};

    p.path = in(&p.folder, "main.cf");
    folder_write(p.path.s, "old\n", 4, 0640);
    return p;
}

static void place_free(struct place *p)
{
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chmod(p->folder.path, 0700), 0);
    folder_free(&p->folder);
    host_free(p->host);
}

static size_t entries(const char *path)
{
    DIR *folder = opendir(path);
    size_t count = 0;

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 2; /* "." and ".." */
}

static struct host_file file_of(struct place *p, const char *path)
{
    struct host_file file = {0};
    struct error e = {0};

    ck_assert_msg(host_read(p->host, path, &file, &e), "%s", e.why);
    return file;
}

/*
 * Only root may become somebody else, until place_free; others are somebody else already. Over
 * SSH it is another user who logs in.
 */
static void become_nobody(struct place *p)
{
    if (is_remote()) {
        host_free(p->host);
        p->host = open_host("plain@127.0.0.1");
    } else if (geteuid() == 0) {
        ck_assert_int_eq(seteuid(65534), 0);
    }
}

START_TEST(read_gives_text_and_digest)
{
    struct place p = place_new();
    struct host_file file = file_of(&p, p.path.s);

    ck_assert_str_eq(file.text, "old\n");
    ck_assert_uint_eq(file.length, 4);
    ck_assert_str_eq(file.path, p.path.s);
    ck_assert_str_eq(file.target, p.path.s);
    ck_assert_str_eq(file.digest.hex, digest_of("old\n", 4).hex);
    host_file_free(&file);
    host_file_free(NULL);
    place_free(&p);
}
END_TEST

static const struct {
    const char *label, *name;
    enum err code;
} unreadable[] = {
    {"a file that is not there", "nothing", ERR_NO_INPUT},
    {"a folder", ".", ERR_SYSTEM},
    {"a FIFO, which must not hold us up", "fifo", ERR_SYSTEM},
    {"a link to nothing", "dangling", ERR_NO_INPUT},
    {"a file in a file", "main.cf/x", ERR_NO_INPUT},
    {"a file that is too large", "large", ERR_LIMIT_EXCEEDED},
    {"a file that belongs to somebody else", "private", ERR_ROOT_NEEDED},
};

START_TEST(read_refuses)
{
    struct place p = place_new();
    struct host_file file = {0};
    struct error e = {0};

    ck_assert_int_eq(mkfifo(in(&p.folder, "fifo").s, 0644), 0);
    ck_assert_int_eq(symlink("nowhere", in(&p.folder, "dangling").s), 0);
    folder_write(in(&p.folder, "large").s, "", 0, 0644);
    ck_assert_int_eq(truncate(in(&p.folder, "large").s, HOST_FILE_MAX + 1), 0);
    folder_write(in(&p.folder, "private").s, "x", 1, 0);
    ck_assert_int_eq(chmod(p.folder.path, 0755), 0);
    if (unreadable[_i].code == ERR_ROOT_NEEDED)
        become_nobody(&p);
    ck_assert_msg(!host_read(p.host, in(&p.folder, unreadable[_i].name).s, &file, &e), "%s",
                  unreadable[_i].label);
    ck_assert_msg(e.code == unreadable[_i].code, "%s: %s", unreadable[_i].label, e.why);
    ck_assert_ptr_null(file.text);
    place_free(&p);
}
END_TEST

START_TEST(replace_keeps_all_but_the_content)
{
    struct place p = place_new();
    struct host_file file;
    struct stat before, after;
    struct error e = {0};
    char value[64];
    bool has_acl = setxattr(p.path.s, "system.posix_acl_access", acl, sizeof acl, 0) == 0;
    bool has_user = setxattr(p.path.s, "user.note", "kept", 4, 0) == 0;

    if (geteuid() == 0)
        ck_assert_int_eq(chown(p.path.s, 1, 2), 0);
    ck_assert_int_eq(stat(p.path.s, &before), 0);
    file = file_of(&p, p.path.s);
    ck_assert_msg(host_replace(p.host, &file, "new\n", 4, &e), "%s", e.why);
    ck_assert_int_eq(stat(p.path.s, &after), 0);
    ck_assert(folder_has(p.path.s, "new\n"));
    ck_assert(after.st_ino != before.st_ino);
    ck_assert(after.st_mode == before.st_mode);
    ck_assert(after.st_uid == before.st_uid && after.st_gid == before.st_gid);
    ck_assert_uint_eq(entries(p.folder.path), 1);
    if (has_user)
        ck_assert_int_eq(getxattr(p.path.s, "user.note", value, sizeof value), 4);
    if (has_acl) {
        ck_assert_int_eq(getxattr(p.path.s, "system.posix_acl_access", value, sizeof value),
                         sizeof acl);
        ck_assert(memcmp(value, acl, sizeof acl) == 0);
    }
    host_file_free(&file);
    place_free(&p);
}
END_TEST

START_TEST(replace_takes_no_access_list_from_the_folder)
{
    struct place p = place_new();
    struct host_file file = file_of(&p, p.path.s);
    struct error e = {0};
    char value[64];

    /* Where the file system has no access lists there is nothing to see. */
    if (setxattr(p.folder.path, "system.posix_acl_default", acl, sizeof acl, 0) == 0) {
        ck_assert_msg(host_replace(p.host, &file, "new\n", 4, &e), "%s", e.why);
        ck_assert_int_lt(getxattr(p.path.s, "system.posix_acl_access", value, sizeof value), 0);
        ck_assert_uint_eq(folder_mode(p.path.s), 0640);
    }
    host_file_free(&file);
    place_free(&p);
}
END_TEST

START_TEST(replace_makes_the_file_look_some_seconds_old)
{
    struct place p = place_new();
    struct host_file file = file_of(&p, p.path.s);
    struct error e = {0};
    struct stat st;

    ck_assert(host_replace(p.host, &file, "new\n", 4, &e));
    ck_assert_int_eq(stat(p.path.s, &st), 0);
    ck_assert_int_ge(time(NULL) - st.st_mtime, 3);
    ck_assert_int_le(time(NULL) - st.st_mtime, 10);
    host_file_free(&file);
    place_free(&p);
}
END_TEST

START_TEST(replace_follows_a_symbolic_link)
{
    struct place p = place_new();
    struct folder_path link = in(&p.folder, "link");
    struct host_file file;
    struct stat st;
    struct error e = {0};

    ck_assert_int_eq(symlink("main.cf", link.s), 0);
    file = file_of(&p, link.s);
    ck_assert_str_eq(file.path, link.s);
    ck_assert_str_eq(file.target, p.path.s);
    ck_assert_msg(host_replace(p.host, &file, "new\n", 4, &e), "%s", e.why);
    ck_assert_int_eq(lstat(link.s, &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
    ck_assert(folder_has(p.path.s, "new\n"));
    host_file_free(&file);
    place_free(&p);
}
END_TEST

static void written_by_another(struct place *p)
{
    folder_write(p->path.s, "other\n", 6, 0640);
}

static void given_a_second_name(struct place *p)
{
    ck_assert_int_eq(link(p->path.s, in(&p->folder, "second").s), 0);
}

static void made_a_link(struct place *p)
{
    ck_assert_int_eq(rename(p->path.s, in(&p->folder, "second").s), 0);
    ck_assert_int_eq(symlink("second", p->path.s), 0);
}

static void removed(struct place *p)
{
    ck_assert_int_eq(unlink(p->path.s), 0);
}

static void taken_from_us(struct place *p)
{
    ck_assert_int_eq(chmod(p->folder.path, 0555), 0);
    ck_assert_int_eq(chmod(p->path.s, 0644), 0);
    become_nobody(p);
}

static const struct {
    const char *label;
    void (*happens)(struct place *p);
    enum err code;
    const char *text; /* of main.cf afterwards */
} accidents[] = {
    {"somebody wrote to it in the meantime", written_by_another, ERR_CONFLICT, "other\n"},
    {"it has a second name", given_a_second_name, ERR_CONFLICT, "old\n"},
    {"it became a link", made_a_link, ERR_CONFLICT, "old\n"},
    {"it is gone", removed, ERR_NO_INPUT, NULL},
    {"its folder is not ours", taken_from_us, ERR_ROOT_NEEDED, "old\n"},
};

START_TEST(replace_refuses)
{
    struct place p = place_new();
    struct host_file file = file_of(&p, p.path.s);
    struct error e = {0};
    size_t count;

    accidents[_i].happens(&p);
    count = entries(p.folder.path);
    ck_assert_msg(!host_replace(p.host, &file, "new\n", 4, &e), "%s", accidents[_i].label);
    ck_assert_msg(e.code == accidents[_i].code, "%s: %s", accidents[_i].label, e.why);
    if (accidents[_i].text)
        ck_assert_msg(folder_has(p.path.s, accidents[_i].text), "%s", accidents[_i].label);
    ck_assert_uint_eq(entries(p.folder.path), count);
    host_file_free(&file);
    place_free(&p);
}
END_TEST

START_TEST(replace_says_that_a_file_is_immutable)
{
    struct place p = place_new();
    struct host_file file = file_of(&p, p.path.s);
    struct error e = {0};
    int fd = open(p.path.s, O_RDONLY), flags = FS_IMMUTABLE_FL, none = 0;

    /* Only root can mark a file so, and not on every file system. */
    if (ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0) {
        ck_assert(!host_replace(p.host, &file, "new\n", 4, &e));
        ck_assert_int_eq(ioctl(fd, FS_IOC_SETFLAGS, &none), 0);
        ck_assert_int_eq(e.code, ERR_SYSTEM);
        ck_assert_ptr_nonnull(strstr(e.why, "chattr +i"));
        ck_assert_ptr_nonnull(strstr(e.next, "chattr -i"));
        ck_assert(folder_has(p.path.s, "old\n"));
    }
    close(fd);
    host_file_free(&file);
    place_free(&p);
}
END_TEST

START_TEST(stage_is_private_and_goes_away)
{
    struct place p = place_new();
    char stage[256], path[300];
    struct error e = {0};

    ck_assert_msg(host_make_stage(p.host, p.path.s, stage, sizeof stage, &e), "%s", e.why);
    ck_assert(str_starts(stage, p.folder.path));
    ck_assert_uint_eq(folder_mode(stage), 0700);
    snprintf(path, sizeof path, "%s/main.cf", stage);
    ck_assert(host_put(p.host, path, "text", 4, &e));
    ck_assert(folder_has(path, "text"));
    ck_assert(!host_put(p.host, path, "again", 5, &e));
    ck_assert(host_remove_stage(p.host, stage, &e));
    ck_assert_uint_eq(entries(p.folder.path), 1);
    ck_assert(host_remove_stage(p.host, stage, &e));
    place_free(&p);
}
END_TEST

START_TEST(nothing_but_a_stage_is_removed)
{
    struct place p = place_new();
    struct error e = {0};

    ck_assert(!host_remove_stage(p.host, p.folder.path, &e));
    ck_assert_int_eq(e.code, ERR_INTERNAL);
    ck_assert(folder_has(p.path.s, "old\n"));
    place_free(&p);
}
END_TEST

START_TEST(what_a_run_has_left_is_swept_and_nothing_else)
{
    struct place p = place_new();
    char ours[256], others[256], path[300];
    struct error e = {0};

    ck_assert(host_make_stage(p.host, p.path.s, others, sizeof others, &e));
    ck_assert(host_sweep(p.host, p.folder.path, &e)); /* without a mark: nothing */
    str_cut(p.host->mark, sizeof p.host->mark, "20261123T031207Z-7f3a19c2d4e5");
    ck_assert(host_make_stage(p.host, p.path.s, ours, sizeof ours, &e));
    snprintf(path, sizeof path, "%s/main.cf", ours);
    ck_assert(host_put(p.host, path, "text", 4, &e));
    ck_assert_uint_eq(entries(p.folder.path), 3);
    ck_assert_msg(host_sweep(p.host, p.folder.path, &e), "%s", e.why);
    ck_assert_uint_eq(entries(p.folder.path), 2);
    ck_assert_uint_eq(folder_mode(others), 0700);
    ck_assert(folder_has(p.path.s, "old\n"));
    ck_assert(host_sweep(p.host, p.folder.path, &e)); /* there is nothing left to do */
    ck_assert(host_sweep(p.host, "/no/such/folder", &e));
    ck_assert(host_remove_stage(p.host, others, &e));
    place_free(&p);
}
END_TEST

START_TEST(stage_needs_a_writable_folder)
{
    struct place p = place_new();
    char stage[256] = "";
    struct error e = {0};

    taken_from_us(&p);
    ck_assert(!host_make_stage(p.host, p.path.s, stage, sizeof stage, &e));
    ck_assert_int_eq(e.code, ERR_ROOT_NEEDED);
    ck_assert_str_eq(stage, "");
    place_free(&p);
}
END_TEST

static const struct {
    const char *label, *script, *input;
    int status;
    const char *out, *err;
} programs[] = {
    {"its two outputs are kept apart", "echo out; echo err >&2", NULL, 0, "out\n", "err\n"},
    {"its status is kept", "exit 7", NULL, 7, "", ""},
    {"a signal is 128 and its number", "kill -9 $$", NULL, 137, "", ""},
    {"it has a small and known environment", "env -u PWD -u SHLVL -u _ env | sort", NULL, 0,
     "HOME=/\nLC_ALL=C\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n", ""},
    {"its input is what was given", "cat", "two\nlines\n", 0, "two\nlines\n", ""},
    {"without input there is none", "cat", NULL, 0, "", ""},
    {"it has no descriptor but three, ls opens the fourth", "exec ls /proc/self/fd", NULL, 0,
     "0\n1\n2\n3\n", ""},
    {"it has no terminal", "(cat </dev/tty) || exit 1", NULL, 1, "", "why"},
    {"it is in the root folder", "pwd", NULL, 0, "/\n", ""},
    {"a broken pipe ends it as usual", "yes | head -n 1", NULL, 0, "y\n", ""},
};

START_TEST(run)
{
    const char *argv[] = {"/bin/sh", "-c", programs[_i].script, NULL};
    struct command command = {.argv = argv, .input = programs[_i].input, .timeout_ms = 10000};
    struct command_result r;
    struct host *host = new_host();
    struct error e = {0};
    int spare = open("/dev/null", O_RDONLY);

    signal(SIGPIPE, SIG_IGN);
    setenv("PATH", "/nowhere", 1);
    setenv("SECRET", "x", 1);
    ck_assert_msg(host_run(host, &command, &r, &e), "%s: %s", programs[_i].label, e.why);
    ck_assert_msg(r.status == programs[_i].status, "%s: %d", programs[_i].label, r.status);
    ck_assert_msg(str_equal(buf_string(&r.out), programs[_i].out), "%s: %s", programs[_i].label,
                  buf_string(&r.out));
    /* How a shell words its errors is its own affair. */
    ck_assert_msg((r.err.length > 0) == (programs[_i].err[0] != '\0'), "%s: %s", programs[_i].label,
                  buf_string(&r.err));
    command_result_free(&r);
    host_free(host);
    close(spare);
}
END_TEST

START_TEST(run_finds_programs_of_the_system_only)
{
    const char *argv[] = {"env", "true", NULL};
    struct command command = {.argv = argv, .timeout_ms = 10000};
    struct command_result r;
    struct host *host = new_host();
    struct error e = {0};

    ck_assert(host_run(host, &command, &r, &e));
    ck_assert_int_eq(r.status, 0);
    command_result_free(&r);
    host_free(host);
}
END_TEST

START_TEST(run_gives_a_program_the_descriptors_it_needs_even_without_ours)
{
    const char *argv[] = {"/bin/sh", "-c", "cat; echo err >&2", NULL};
    struct command command = {.argv = argv, .input = "in", .timeout_ms = 10000};
    struct command_result r;
    struct host *host = new_host();
    struct error e = {0};

    close(0);
    close(1);
    close(2);
    ck_assert(host_run(host, &command, &r, &e));
    ck_assert_str_eq(buf_string(&r.out), "in");
    ck_assert_str_eq(buf_string(&r.err), "err\n");
    command_result_free(&r);
    host_free(host);
}
END_TEST

static const struct {
    const char *label, *program, *script;
    uint32_t timeout_ms;
    enum err code;
} failures[] = {
    {"no such program", "no-such-program", "", 10000, ERR_NO_INPUT},
    {"no such path", "/nowhere/program", "", 10000, ERR_NO_INPUT},
    {"a file that is no program", "/etc/passwd", "", 10000, ERR_NO_INPUT},
    {"a folder", "/usr", "", 10000, ERR_NO_INPUT},
    {"too slow", "/bin/sh", "sleep 100", 200, ERR_TIMEOUT},
    {"too slow, and deaf", "/bin/sh", "trap '' TERM HUP; while :; do sleep 1; done", 200,
     ERR_TIMEOUT},
    {"too slow, with closed outputs", "/bin/sh", "exec >&- 2>&-; sleep 100", 200, ERR_TIMEOUT},
    {"a flood of output", "/bin/sh", "yes", 10000, ERR_LIMIT_EXCEEDED},
    {"a flood of errors ends in time", "/bin/sh", "yes >&2", 200, ERR_TIMEOUT},
};

START_TEST(run_fails)
{
    const char *argv[] = {failures[_i].program, "-c", failures[_i].script, NULL};
    struct command command = {.argv = argv, .timeout_ms = failures[_i].timeout_ms};
    struct command_result r = {.status = 99};
    struct host *host = new_host();
    struct error e = {0};

    ck_assert_msg(!host_run(host, &command, &r, &e), "%s", failures[_i].label);
    ck_assert_msg(e.code == failures[_i].code, "%s: %s", failures[_i].label, e.why);
    ck_assert_int_eq(r.status, 99);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    host_free(host);
}
END_TEST

START_TEST(run_drops_errors_that_are_too_long)
{
    const char *argv[] = {"/bin/sh", "-c", "yes | head -c 300000 >&2; echo done", NULL};
    struct command command = {.argv = argv, .timeout_ms = 10000};
    struct command_result r;
    struct host *host = new_host();
    struct error e = {0};

    ck_assert_msg(host_run(host, &command, &r, &e), "%s", e.why);
    ck_assert_str_eq(buf_string(&r.out), "done\n");
    ck_assert_uint_gt(r.err.length, 1000);
    ck_assert_uint_lt(r.err.length, 300000);
    command_result_free(&r);
    host_free(host);
}
END_TEST

START_TEST(run_kills_the_whole_group)
{
    struct place p = place_new();
    char script[256];
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct command command = {.argv = argv, .timeout_ms = 200};
    struct command_result r;
    struct error e = {0};

    snprintf(script, sizeof script, "(sleep 0.6; echo late > %s/late) & wait", p.folder.path);
    ck_assert(!host_run(p.host, &command, &r, &e));
    usleep(800000);
    ck_assert_uint_eq(entries(p.folder.path), 1);
    place_free(&p);
}
END_TEST

START_TEST(run_does_not_wait_for_a_daemon)
{
    const char *argv[] = {"/bin/sh", "-c", "setsid sleep 5 & echo started", NULL};
    struct command command = {.argv = argv, .timeout_ms = 4000};
    struct command_result r;
    struct host *host = new_host();
    struct error e = {0};

    ck_assert_msg(host_run(host, &command, &r, &e), "%s", e.why);
    ck_assert_str_eq(buf_string(&r.out), "started\n");
    command_result_free(&r);
    host_free(host);
}
END_TEST

enum holder {
    HOLDS_NOTHING,
    HOLDS_FLOCK,
    HOLDS_RECORD,
};

static const struct {
    const char *label;
    enum holder holder;
    const char *name;
    bool locked;
} locks[] = {
    {"nobody holds it", HOLDS_NOTHING, "main.cf", false},
    {"flock, as Postfix does", HOLDS_FLOCK, "main.cf", true},
    {"fcntl", HOLDS_RECORD, "main.cf", true},
    {"no such file", HOLDS_NOTHING, "nothing", false},
};

static pid_t hold(const char *path, enum holder holder)
{
    struct flock record = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int ready[2];
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        int fd = open(path, O_RDWR);

        if (holder == HOLDS_FLOCK)
            (void)flock(fd, LOCK_EX);
        if (holder == HOLDS_RECORD)
            (void)fcntl(fd, F_SETLK, &record);
        (void)!write(ready[1], "x", 1);
        pause();
        _exit(0);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

START_TEST(lock_is_seen)
{
    struct place p = place_new();
    struct error e = {0};
    bool locked = !locks[_i].locked;
    pid_t pid = hold(p.path.s, locks[_i].holder);

    ck_assert(host_is_locked(p.host, in(&p.folder, locks[_i].name).s, &locked, &e));
    ck_assert_msg(locked == locks[_i].locked, "%s", locks[_i].label);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    place_free(&p);
}
END_TEST

START_TEST(lock_of_a_file_that_is_not_ours_is_not_known)
{
    struct place p = place_new();
    struct error e = {0};
    bool locked;

    ck_assert_int_eq(chmod(p.folder.path, 0755), 0);
    ck_assert_int_eq(chmod(p.path.s, 0), 0);
    become_nobody(&p);
    ck_assert(!host_is_root(p.host));
    ck_assert(!host_is_locked(p.host, p.path.s, &locked, &e));
    ck_assert_int_eq(e.code, ERR_ROOT_NEEDED);
    place_free(&p);
}
END_TEST

START_TEST(a_file_is_made_and_removed)
{
    struct place p = place_new();
    struct host_file file = {0}, made = {0};
    struct error e = {0};
    char path[512];
    struct stat st;

    snprintf(path, sizeof path, "%s", in(&p.folder, "new").s);
    ck_assert_msg(host_look(p.host, path, &file, &e), "%s", e.why);
    ck_assert(host_is_absent(&file));
    ck_assert_msg(host_replace(p.host, &file, "text\n", 5, &e), "%s", e.why);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0644);
    ck_assert_uint_eq(st.st_nlink, 1);
    ck_assert(!host_replace(p.host, &file, "other\n", 6, &e));
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    made = file_of(&p, path);
    ck_assert_str_eq(made.text, "text\n");
    folder_write(path, "theirs", 6, 0644);
    ck_assert(!host_replace(p.host, &made, NULL, 0, &e));
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    host_file_free(&made);
    made = file_of(&p, path);
    ck_assert_msg(host_replace(p.host, &made, NULL, 0, &e), "%s", e.why);
    ck_assert_int_ne(stat(path, &st), 0);
    host_file_free(&made);
    host_file_free(&file);
    place_free(&p);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"read", read_gives_text_and_digest, 1, 0},
        {"read refuses", read_refuses, ROWS(unreadable), 0},
        {"replace", replace_keeps_all_but_the_content, 1, 0},
        {"replace and default ACL", replace_takes_no_access_list_from_the_folder, 1, 0},
        {"replace back-dates", replace_makes_the_file_look_some_seconds_old, 1, 0},
        {"replace follows a link", replace_follows_a_symbolic_link, 1, 0},
        {"replace refuses", replace_refuses, ROWS(accidents), 0},
        {"replace and immutable", replace_says_that_a_file_is_immutable, 1, 0},
        {"made and removed", a_file_is_made_and_removed, 1, 0},
        {"stage", stage_is_private_and_goes_away, 1, 0},
        {"stage only", nothing_but_a_stage_is_removed, 1, 0},
        {"swept", what_a_run_has_left_is_swept_and_nothing_else, 1, 0},
        {"stage not writable", stage_needs_a_writable_folder, 1, 0},
        {"run", run, ROWS(programs), 0},
        {"run system path", run_finds_programs_of_the_system_only, 1, 0},
        {"run without descriptors", run_gives_a_program_the_descriptors_it_needs_even_without_ours,
         1, 0},
        {"run fails", run_fails, ROWS(failures), 0},
        {"run drops errors", run_drops_errors_that_are_too_long, 1, 0},
        {"run kills the group", run_kills_the_whole_group, 1, 0},
        {"run and daemons", run_does_not_wait_for_a_daemon, 1, 0},
        {"lock", lock_is_seen, ROWS(locks), 0},
        {"lock not known", lock_of_a_file_that_is_not_ours_is_not_known, 1, 0},
    };

    return unit_run(is_remote() ? "host_ssh" : "host_local", tests, ROWS(tests));
}
