/* report_plan.c - a plan as people read it before they say yes, and its steps as they are made. */
#include "agent/report_parts.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "agent/report_page.h"

enum {
    KIND_WIDTH = 9,     /* "forward" and two blanks */
    HOLDER_COLUMN = 59, /* the right column begins here at the latest, in 80 columns */
    HOLDER_LEAST = 44,  /* and here at the earliest */
    STATE_COLUMN = 52,
    DETAIL_COLUMN = 64,
};

/* Where the parts of a plan's lines stand. */
struct layout {
    size_t digits; /* of step numbers, with the blanks before them */
    size_t text;   /* where the second and further lines of a step begin */
    size_t right;  /* where the right column begins */
};

static enum paint action_paint(enum step_action action)
{
    static const enum paint paints[] = {
        [ACTION_CREATE] = PAINT_GREEN,
        [ACTION_UPDATE] = PAINT_YELLOW,
        [ACTION_DELETE] = PAINT_RED,
        [ACTION_ASK] = PAINT_YELLOW,
    };

    return paints[action];
}

static size_t digits_of(size_t number)
{
    size_t digits = 1;

    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

/* The right column is where the longest holder ends at the right edge, within bounds. */
static struct layout layout_of(const struct page *page, const struct plan *plan)
{
    size_t digits = digits_of(plan->count) + 1;
    struct layout layout = {.digits = digits < 3 ? 3 : digits, .right = HOLDER_COLUMN};

    layout.text = layout.digits + strlen(" ~ ") + KIND_WIDTH;
    for (size_t i = 0; i < plan->count; i++) {
        size_t end = layout.right + page_columns(page, step_holder(&plan->steps[i]).s);
        size_t over = end > page->width ? end - page->width : 0;
        if (layout.right >= HOLDER_LEAST + over)
            layout.right -= over;
    }
    return layout;
}

/* Finish a line with its right part: in the right column, at the right edge, or on a next line. */
static void end_with(struct page *page, const struct layout *layout, const char *right)
{
    size_t length = page_columns(page, right);
    size_t edge = page->width > length ? page->width - length : 0;
    size_t at = layout->right < edge ? layout->right : edge;

    if (length == 0) {
        page_end(page);
        return;
    }
    if (page->column + 2 > at)
        at = edge;
    if (page->column + 2 > at) {
        page_end(page);
        at = layout->text > edge ? layout->text : edge;
    }
    page_to(page, at);
    page_paint(page, PAINT_DIM, right);
    page_end(page);
}

static void write_first_line(struct page *page, const struct layout *layout,
                             const struct step *step, size_t number)
{
    char sign[2] = {step_sign(step->action), '\0'};

    page_to(page, layout->digits - digits_of(number));
    page_printf(page, "%zu ", number);
    page_paint(page, action_paint(step->action), sign);
    page_printf(page, " %s", step_kind_text(step->kind));
    page_to(page, layout->text);
    page_text(page, step_subject(step));
    if (step->kind == STEP_MTA)
        page_printf(page, " on %s", step->host[0] ? step->host : "this machine");
    end_with(page, layout, step_holder(step).s);
}

static void join(const struct strings *values, struct buf *out)
{
    if (values->count == 0)
        buf_text(out, "(none)");
    for (size_t i = 0; i < values->count; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", values->v[i]);
}

static void write_change(struct page *page, const struct layout *layout, const struct step *step)
{
    struct buf text = BUF_INIT(SIZE_MAX - 1);
    char right[32] = "";

    join(&step->before, &text);
    buf_text(&text, " -> ");
    join(&step->after, &text);
    page_wrap(page, layout->text, buf_string(&text));
    if (step->action == ACTION_CREATE && step->ttl_s > 0)
        snprintf(right, sizeof right, "TTL %u", step->ttl_s);
    if (step->action == ACTION_ASK)
        str_cut(right, sizeof right, "namesake ticket");
    end_with(page, layout, right);
    buf_free(&text);
}

/* Addresses that go are said in so many words (interface section 2.3). */
static void write_removed(struct page *page, const struct layout *layout, const struct step *step)
{
    struct buf text = BUF_INIT(SIZE_MAX - 1);
    const char *separator = "removes ";

    if (step->kind != STEP_FORWARD)
        return;
    for (size_t i = 0; i < step->before.count; i++) {
        if (strings_have(&step->after, step->before.v[i]))
            continue;
        buf_printf(&text, "%s%s", separator, step->before.v[i]);
        separator = ", ";
    }
    if (text.length > 0) {
        page_wrap(page, layout->text, buf_string(&text));
        page_end(page);
    }
    buf_free(&text);
}

static void say_after(const struct step *step, struct buf *out)
{
    struct strings numbers = {0};

    for (size_t i = 0; i < step->requires.count; i++) {
        const char *id = step->requires.v[i];
        strings_add(&numbers, id[0] == 's' ? id + 1 : id);
    }
    if (numbers.count > 0)
        buf_text(out, numbers.count == 1 ? "after step " : "after steps ");
    enumerate(&numbers, out);
    strings_free(&numbers);
}

/* When the step begins, and until when others may not see it. */
static void write_time(struct page *page, const struct layout *layout, const struct step *step)
{
    const char *what = step->kind == STEP_PTR ? "name" : "addresses";
    struct buf text = BUF_INIT(SIZE_MAX - 1);

    if (step->kind == STEP_MTA)
        return; /* it comes last anyway, and shows at once */
    say_after(step, &text);
    if (step->visible_s > 0) {
        struct str_duration_text up_to = str_duration_text(step->visible_s);
        buf_text(&text, text.length > 0 ? "; others may see " : "others may see ");
        if (step->before.count == 0)
            buf_printf(&text, "no %s for up to %s", step->kind == STEP_PTR ? what : "address",
                       up_to.s);
        else
            buf_printf(&text, "the old %s for up to %s", what, up_to.s);
    }
    if (text.length > 0) {
        page_wrap(page, layout->text, buf_string(&text));
        page_end(page);
    }
    buf_free(&text);
}

/* The change of the setting that the step is named after is on the line before already. */
static bool is_told(const struct step *step, const char *change)
{
    const char *setting = strrchr(step->target, ' ');
    char told[640];

    if (setting == NULL || step->after.count != 1 || step->action == ACTION_ASK)
        return false;
    snprintf(told, sizeof told, ":%s = %s", setting, step->after.v[0]);
    return str_ends(change, told);
}

static void write_mta(struct page *page, const struct layout *layout, const struct step *step)
{
    struct buf text = BUF_INIT(SIZE_MAX - 1);

    for (size_t i = 0; i < step->changes.count; i++) {
        if (is_told(step, step->changes.v[i]))
            continue;
        page_to(page, layout->text);
        page_text(page, step->action == ACTION_ASK ? "because" : "also");
        page_to(page, page->column + 1);
        page_wrap(page, layout->text + 2, step->changes.v[i]);
        page_end(page);
    }
    for (size_t i = 0; i < step->commands.count; i++)
        buf_printf(&text, "%s%s", i > 0 ? ", " : "then: ", step->commands.v[i]);
    if (text.length > 0) {
        page_wrap(page, layout->text, buf_string(&text));
        page_end(page);
    }
    buf_free(&text);
}

static void write_title(struct page *page, const struct plan *plan, const char *name)
{
    static const char unchanged[] = "(nothing has been changed)";

    page_printf(page, "Plan %s   %s", plan->id,
                name != NULL && name[0] ? name : plan->steps[0].subject.name.s);
    if (page->column + 3 + strlen(unchanged) > page->width)
        page_end(page);
    page_text(page, page->column > 0 ? "   " : "");
    page_paint(page, PAINT_DIM, unchanged);
    page_end(page);
    page_end(page);
}

void report_plan(const struct plan *plan, const char *name, const struct style *style,
                 struct buf *out)
{
    struct page page = page_open(style, out);
    struct layout layout = layout_of(&page, plan);

    if (plan->count == 0) {
        page_text(&page, "No changes.");
        page_end(&page);
        return;
    }
    write_title(&page, plan, name);
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        size_t number = step_number(step);
        write_first_line(&page, &layout, step, number > 0 ? number : i + 1);
        write_change(&page, &layout, step);
        write_removed(&page, &layout, step);
        write_time(&page, &layout, step);
        write_mta(&page, &layout, step);
    }
    page_end(&page);
    page_printf(&page, "%s.", plan_counts_text(plan).s);
    page_end(&page);
}

static enum paint state_paint(const char *state)
{
    if (str_equal(state, "done"))
        return PAINT_GREEN;
    return str_starts(state, "fail") ? PAINT_RED : PAINT_YELLOW;
}

void report_step(const struct step *step, const char *state, const char *time_part,
                 const char *detail, const struct style *style, struct buf *out)
{
    struct page page = page_open(style, out);
    size_t number = step_number(step), digits = digits_of(number);
    size_t text = (digits < 2 ? 2 : digits) + 2 + KIND_WIDTH + (digits > 2);
    struct buf value = BUF_INIT(SIZE_MAX - 1);

    page_to(&page, digits < 3 ? 3 - digits : 0);
    page_printf(&page, "%zu %s", number, step_kind_text(step->kind));
    page_to(&page, text);
    join(&step->after, &value);
    page_printf(&page, "%s = %s", step_subject(step), buf_string(&value));
    if (page.column + 2 > STATE_COLUMN)
        page_end(&page);
    page_to(&page, STATE_COLUMN);
    page_paint(&page, state_paint(state), state);
    if (time_part[0])
        page_printf(&page, "  %s", time_part);
    if (detail[0] && !str_equal(state, "wait") &&
        DETAIL_COLUMN + page_columns(&page, detail) <= page.width) {
        page_to(&page, page.column + 2 > DETAIL_COLUMN ? page.column + 2 : DETAIL_COLUMN);
        page_text(&page, detail);
    } else if (detail[0]) {
        page_end(&page);
        page_to(&page, text);
        page_wrap(&page, text, detail);
    }
    page_end(&page);
    buf_free(&value);
}
