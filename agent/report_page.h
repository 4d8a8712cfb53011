/*
 * report_page.h - inside the report: writing lines of text in columns, with
 * colour where it is wanted, and nothing but printable characters.
 */
#ifndef NAMESAKE_REPORT_PAGE_H
#define NAMESAKE_REPORT_PAGE_H

#include "agent/report.h"

enum paint {
    PAINT_PLAIN,
    PAINT_RED,
    PAINT_GREEN,
    PAINT_YELLOW,
    PAINT_DIM,
};

struct page {
    struct buf *out;
    const struct style *style;
    size_t screen; /* columns there are */
    size_t width;  /* columns that running text uses: no more than the eye can follow */
    size_t column; /* where the next character goes, from 0 */
};

struct page page_open(const struct style *style, struct buf *out);

/* The columns that a text takes as this page shows it. */
size_t page_columns(const struct page *page, const char *text);

/* Write text, made printable. */
void page_text(struct page *page, const char *text);
void page_paint(struct page *page, enum paint paint, const char *text);
void page_printf(struct page *page, const char *format, ...) PRINTF_LIKE(2, 3);

/* Go to a column; nothing when it is passed already. */
void page_to(struct page *page, size_t column);

/* Write words, breaking lines at the width; the next lines start at the column `indent`. */
void page_wrap(struct page *page, size_t indent, const char *text);

/* End the line. */
void page_end(struct page *page);

/* A line of "label value": label dim at `indent`, value six columns on, wrapped. */
void page_field(struct page *page, size_t indent, const char *label, const char *value);

/* The same for commands, which are never broken, with an alternative below; "" writes nothing. */
void page_commands(struct page *page, size_t indent, const char *next, const char *alt);

/* "Next: COMMAND", "" writes nothing. */
void page_next(struct page *page, const char *command);

/* The sign of a result: ok X ! ? - as the style has it, and its colour. */
const char *page_sign(const struct page *page, enum result result);
enum paint page_sign_paint(enum result result);
void page_result(struct page *page, enum result result);

#endif
