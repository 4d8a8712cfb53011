/* report_triangle.c - one identity as a triangle, or as a list where that is too wide. */
#include "agent/report_triangle.h"

#include <string.h>

#include "agent/report_parts.h"

/*
 * The base line: PTR names end at the column before the sign, greeting names
 * begin after it; the address sits above the sign, and the sides spread from it:
 *
 *              203.0.113.25
 *       PTR x /            \ ok A
 *            /              \
 *   static-25.hoster.example = mail.example.com
 */
enum {
    MARGIN = 3,
    PTR_SHOWN = 4,   /* more names than that are counted */
    BRANCH_LABEL = 4 /* "PTR " */
};

/* What stands at the corners. */
struct corners {
    struct strings left; /* PTR names, the wanted one first */
    char right[256];     /* the greeting name that decides */
    char other[300];     /* "banner says other.example", when the two greetings differ */
    char address[48];
    char forward[300]; /* "A", with the name when it is not the one on the right */
};

static void left_corner(const struct facts *facts, struct strings *out)
{
    const struct rrset_facts *ptr = &facts->reverse.ptr;
    bool wanted = strings_have(&ptr->values, facts->wanted.s);

    if (!rrset_is_definite(ptr) || ptr->values.count == 0) {
        strings_add(out, rrset_is_definite(ptr) ? "(no PTR)" : "(not seen)");
        return;
    }
    if (wanted)
        strings_add(out, facts->wanted.s);
    for (size_t i = 0; i < ptr->values.count && out->count < PTR_SHOWN; i++)
        if (!wanted || !str_equal(ptr->values.v[i], facts->wanted.s))
            strings_add(out, ptr->values.v[i]);
    if (ptr->values.count > out->count) {
        struct count_text more = count_text(ptr->values.count - out->count, "more)", "more)");
        char text[sizeof more.s + 8] = "(and ";
        str_cut(text + strlen(text), sizeof more.s, more.s);
        strings_add(out, text);
    }
}

/* The greeting that stands on the right is the wrong one when there is one, HELO first. */
static void right_corner(const struct identity *identity, struct corners *out)
{
    const enum result *checks = identity->judgement.checks;
    struct greeting_names names = greeting_names(identity);
    bool banner_first = names.helo[0] == '\0' ||
                        (checks[CHECK_HELO] != RESULT_FAIL && checks[CHECK_BANNER] == RESULT_FAIL);
    bool by_banner = banner_first && names.banner[0] != '\0';
    const char *first = by_banner ? names.banner : names.helo;
    const char *second = by_banner ? names.helo : names.banner;

    str_cut(out->right, sizeof out->right, first[0] ? first : "(not seen)");
    if (second[0] == '\0' || str_equal(first, second))
        return;
    str_cut(out->other, sizeof out->other, by_banner ? "HELO says " : "banner says ");
    str_cut(out->other + strlen(out->other), sizeof out->other - strlen(out->other), second);
}

static void find_corners(const struct identity *identity, struct corners *out)
{
    const struct facts *facts = &identity->facts;
    size_t used;

    *out = (struct corners){0};
    left_corner(facts, &out->left);
    right_corner(identity, out);
    str_cut(out->address, sizeof out->address, ip_text(&facts->address).s);
    str_cut(out->forward, sizeof out->forward, ip_record_type(facts->address.family));
    used = strlen(out->forward);
    if (facts->wanted.s[0] == '\0' || str_equal(out->right, facts->wanted.s))
        return;
    out->forward[used++] = ' ';
    str_cut(out->forward + used, sizeof out->forward - used, facts->wanted.s);
}

static const char *base_sign(const struct page *page, enum result same)
{
    if (same == RESULT_OK)
        return "=";
    if (same != RESULT_FAIL)
        return "?";
    return page->style->ascii ? "!=" : "≠";
}

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The column of the sign on the base: as far left as names, sides and their labels allow. */
static size_t center_of(const struct page *page, const struct corners *corners,
                        const enum result *edges)
{
    size_t label = BRANCH_LABEL + page_columns(page, page_sign(page, edges[EDGE_PTR])) + 1;
    size_t widest = 0;

    for (size_t i = 0; i < corners->left.count; i++)
        widest = max_size(widest, page_columns(page, corners->left.v[i]));
    return max_size(MARGIN + widest + 1, MARGIN + label + 1 + strlen(corners->address) / 2);
}

/* The address, and the two sides that leave it. */
static void draw_roof(struct page *page, const struct corners *corners, const enum result *edges,
                      size_t center)
{
    const char *rise = page->style->ascii ? "/" : "╱", *fall = page->style->ascii ? "\\" : "╲";
    size_t from = center - strlen(corners->address) / 2, to = from + strlen(corners->address);
    size_t sign = page_columns(page, page_sign(page, edges[EDGE_PTR]));

    page_to(page, from);
    page_text(page, corners->address);
    page_end(page);
    page_to(page, from - 1 - (BRANCH_LABEL + sign + 1));
    page_text(page, "PTR ");
    page_result(page, edges[EDGE_PTR]);
    page_to(page, from - 1);
    page_text(page, rise);
    page_to(page, to);
    page_printf(page, "%s ", fall);
    page_result(page, edges[EDGE_FORWARD]);
    page_printf(page, " %s", corners->forward);
    page_end(page);
    page_to(page, from - 2);
    page_text(page, rise);
    page_to(page, to + 1);
    page_text(page, fall);
    page_end(page);
}

static void write_greeting_signs(struct page *page, const enum result *checks)
{
    page_text(page, "HELO ");
    page_result(page, checks[CHECK_HELO]);
    page_text(page, "  banner ");
    page_result(page, checks[CHECK_BANNER]);
}

/* What stands to the right of the base, line by line: the greeting, its signs, the other one. */
static void draw_right(struct page *page, const struct corners *corners,
                       const struct judgement *judged, size_t row, size_t at)
{
    if (row == 0) {
        page_to(page, at);
        page_text(page, corners->right);
    } else if (row == 1) {
        page_to(page, at);
        write_greeting_signs(page, judged->checks);
    } else if (row == 2 && corners->other[0]) {
        page_to(page, at);
        page_text(page, corners->other);
    }
}

static void draw_base(struct page *page, const struct corners *corners,
                      const struct judgement *judged, size_t center)
{
    enum result same = judged->edges[EDGE_SAME];
    const char *sign = base_sign(page, same);
    size_t right = center + page_columns(page, sign) + 1;
    size_t rows = max_size(corners->left.count, corners->other[0] ? 3 : 2);

    for (size_t row = 0; row < rows; row++) {
        if (row < corners->left.count) {
            page_to(page, center - 1 - page_columns(page, corners->left.v[row]));
            page_text(page, corners->left.v[row]);
        }
        if (row == 0) {
            page_to(page, center);
            page_paint(page, page_sign_paint(same), sign);
        }
        draw_right(page, corners, judged, row, right);
        page_end(page);
    }
}

static void list_edge(struct page *page, const char *label, enum result result, const char *sign)
{
    page_to(page, MARGIN);
    page_text(page, label);
    page_to(page, MARGIN + 8);
    page_paint(page, page_sign_paint(result), sign);
    page_to(page, MARGIN + 12);
}

static void list_names(struct page *page, const struct strings *names)
{
    for (size_t i = 0; i < names->count; i++) {
        page_to(page, MARGIN + 12);
        page_text(page, names->v[i]);
        page_end(page);
    }
}

static void write_list(struct page *page, const struct identity *identity,
                       const struct corners *corners)
{
    const struct facts *facts = &identity->facts;
    const struct judgement *judged = &identity->judgement;
    const enum result *edges = judged->edges;
    struct greeting_names names = greeting_names(identity);
    enum result helo = judged->checks[CHECK_HELO], banner = judged->checks[CHECK_BANNER];

    list_edge(page, "PTR", edges[EDGE_PTR], page_sign(page, edges[EDGE_PTR]));
    list_names(page, &corners->left);
    list_edge(page, "same", edges[EDGE_SAME], base_sign(page, edges[EDGE_SAME]));
    page_text(page, corners->right);
    page_end(page);
    list_edge(page, ip_record_type(facts->address.family), edges[EDGE_FORWARD],
              page_sign(page, edges[EDGE_FORWARD]));
    page_text(page, facts->wanted.s[0] ? facts->wanted.s : "(undecided)");
    page_end(page);
    list_edge(page, "HELO", helo, page_sign(page, helo));
    page_text(page, names.helo[0] ? names.helo : "(not seen)");
    page_end(page);
    list_edge(page, "banner", banner, page_sign(page, banner));
    page_text(page, names.banner[0] ? names.banner : "(not seen)");
    page_end(page);
}

/* The column after the last one that the triangle needs. */
static size_t end_of(const struct page *page, const struct corners *corners,
                     const enum result *edges, size_t center)
{
    size_t right = center + page_columns(page, base_sign(page, edges[EDGE_SAME])) + 1;
    size_t side = center + (strlen(corners->address) + 1) / 2 + strlen("/ ok ");
    size_t names = max_size(page_columns(page, corners->right), page_columns(page, corners->other));

    return max_size(right + names, side + page_columns(page, corners->forward));
}

void triangle_write(struct page *page, const struct identity *identity)
{
    struct corners corners;
    size_t center;

    find_corners(identity, &corners);
    center = center_of(page, &corners, identity->judgement.edges);
    if (end_of(page, &corners, identity->judgement.edges, center) > page->screen) {
        write_list(page, identity, &corners);
    } else {
        draw_roof(page, &corners, identity->judgement.edges, center);
        draw_base(page, &corners, &identity->judgement, center);
    }
    strings_free(&corners.left);
}
