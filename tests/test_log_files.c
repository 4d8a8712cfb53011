/* test_log_files.c - which logs of a machine are read. */
#include "agent/log_files.h"

#include <string.h>

#include "agent/base/str.h"
#include "tests/support/fake_host.h"
#include "tests/support/unit.h"

START_TEST(reads_what_is_there)
{
    struct fake_host *fake = fake_host_new();
    struct log_files files;

    fake_host_answer(
        fake, "tail -c 524288 -- /var/log/mail.log", 0,
        "Nov 25 20:56:06 h postfix/smtp[7]: > mx[192.0.2.9]:25: EHLO mail.example.com\n", "");
    fake_host_answer(fake, "tail -c 524288 -- /var/log/exim4/mainlog", 1, "",
                     "tail: cannot open '/var/log/exim4/mainlog' for reading: Permission denied\n");
    fake_host_answer(fake, "tail", 1, "", "tail: cannot open 'x' for reading: No such file\n");
    log_files_read(&fake->host, &files);
    ck_assert_uint_eq(files.read, 1);
    ck_assert_uint_eq(files.evidence.count, 1);
    ck_assert_str_eq(files.evidence.v[0].helo, "mail.example.com");
    ck_assert_str_eq(files.denied, "/var/log/exim4/mainlog");
    ck_assert(strstr(buf_string(&fake->log), "journalctl -o json") != NULL);
    host_free(&fake->host);
}
END_TEST

START_TEST(a_machine_without_logs)
{
    struct fake_host *fake = fake_host_new();
    struct log_files files;

    log_files_read(&fake->host, &files);
    ck_assert_uint_eq(files.read, 0);
    ck_assert_uint_eq(files.evidence.count, 0);
    ck_assert_str_eq(files.denied, "");
    host_free(&fake->host);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"reads what is there", reads_what_is_there, 1, 0},
        {"a machine without logs", a_machine_without_logs, 1, 0},
    };

    return unit_run("log_files", tests, ROWS(tests));
}
