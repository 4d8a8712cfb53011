/*
 * report_triangle.h - inside the report: the picture of one identity.
 */
#ifndef NAMESAKE_REPORT_TRIANGLE_H
#define NAMESAKE_REPORT_TRIANGLE_H

#include "agent/report_page.h"

/*
 * Address on top, PTR names left, greeting name right, a sign on each side (interface section 8).
 * Where the base line is wider than the page: the same facts as a list, one edge a line.
 */
void triangle_write(struct page *page, const struct identity *identity);

#endif
