/* test_table.c - the hash table of what was asked. */
#include "agent/net/table.h"

#include "tests/support/unit.h"

#define MANY 1000

struct number {
    struct table_link link;
    int n;
    bool visited;
};

static struct number numbers[MANY];

static bool is_number(const struct table_link *link, const void *key)
{
    return ((const struct number *)link)->n == *(const int *)key;
}

static void visit(struct table_link *link)
{
    struct number *number = (struct number *)link;

    ck_assert(!number->visited);
    number->visited = true;
}

/* A hash that is the same for many numbers must do as well. */
static uint64_t hash_of(int n, int spread)
{
    const int key = n % spread;

    return table_hash(TABLE_HASH_START, &key, sizeof key);
}

static const int spreads[] = {1, 7, MANY};

START_TEST(what_was_added_is_found)
{
    const int spread = spreads[_i], absent = MANY;
    struct table table = {0};

    for (int n = 0; n < MANY; n++) {
        ck_assert_ptr_null(table_find(&table, hash_of(n, spread), is_number, &n));
        numbers[n] = (struct number){.n = n};
        table_add(&table, &numbers[n].link, hash_of(n, spread));
    }
    for (int n = 0; n < MANY; n++)
        ck_assert_ptr_eq(table_find(&table, hash_of(n, spread), is_number, &n), &numbers[n].link);
    ck_assert_ptr_null(table_find(&table, hash_of(absent, spread), is_number, &absent));
    table_each(&table, visit);
    for (int n = 0; n < MANY; n++)
        ck_assert(numbers[n].visited);
    table_free(&table);
    ck_assert_uint_eq(table.count, 0);
}
END_TEST

START_TEST(an_empty_table_has_nothing)
{
    struct table table = {0};
    const int n = 1;

    ck_assert_ptr_null(table_find(&table, 1, is_number, &n));
    table_each(&table, visit);
    table_free(&table);
}
END_TEST

START_TEST(a_hash_depends_on_all_bytes)
{
    const uint64_t whole = table_hash(TABLE_HASH_START, "abcd", 4);

    ck_assert_uint_ne(table_hash(TABLE_HASH_START, "abce", 4), whole);
    ck_assert_uint_ne(table_hash(TABLE_HASH_START, "bbcd", 4), whole);
    ck_assert_uint_ne(table_hash(TABLE_HASH_START, "abc", 3), whole);
    ck_assert_uint_ne(table_hash(TABLE_HASH_START, "abcdefghi", 9),
                      table_hash(TABLE_HASH_START, "abcdefghj", 9));
    ck_assert_uint_ne(table_hash(TABLE_HASH_START, "abcdefghi", 9),
                      table_hash(TABLE_HASH_START, "bbcdefghi", 9));
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"what was added is found", what_was_added_is_found, ROWS(spreads), 0},
        {"an empty table has nothing", an_empty_table_has_nothing, 1, 0},
        {"a hash depends on all bytes", a_hash_depends_on_all_bytes, 1, 0},
    };

    return unit_run("table", tests, ROWS(tests));
}
