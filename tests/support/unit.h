/*
 * unit.h - one Check program per module, without the ceremony: a list of
 * tests, each run once or once for every row of its table.
 */
#ifndef NAMESAKE_TESTS_SUPPORT_UNIT_H
#define NAMESAKE_TESTS_SUPPORT_UNIT_H

#include <check.h>
#include <stdlib.h>

/* check.h has an old macro of this name; ours is the function of agent/base/error.h. */
#undef fail

struct unit_test {
    const char *name;
    const TTest *test;
    int rows;        /* the test runs for _i from 0 to rows - 1 */
    int exit_status; /* what the test's process must end with */
};

#define ROWS(table) ((int)(sizeof(table) / sizeof(table)[0]))

/* Runs all tests and returns main's exit status. */
static inline int unit_run(const char *module, const struct unit_test *tests, int count)
{
    Suite *suite = suite_create(module);
    SRunner *runner;
    int failed;

    for (int i = 0; i < count; i++) {
        TCase *tcase = tcase_create(tests[i].name);

        tcase_add_loop_exit_test(tcase, tests[i].test, tests[i].exit_status, 0, tests[i].rows);
        suite_add_tcase(suite, tcase);
    }
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
