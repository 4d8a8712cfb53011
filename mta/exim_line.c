/* exim_line.c - PURE: the logical lines of Exim's configuration text (section 3.3). */
#include "mta/exim.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

void exim_trim(struct cursor *c)
{
    while (c->at < c->end && is_blank(*c->at))
        c->at++;
    while (c->end > c->at && is_blank(c->end[-1]))
        c->end--;
}

bool exim_next_line(const struct exim_text *file, size_t *at, struct exim_line *line)
{
    struct buf text = BUF_INIT(EXIM_LINE_MAX);
    struct cursor rest = cursor_of(file->text + *at, file->length - *at), part;
    bool more = true, begun = false;

    while (more && rest.at < rest.end) {
        size_t start = (size_t)(rest.at - file->text);

        if (!cursor_line(&rest, &part))
            break;
        exim_trim(&part);
        if (part.at == part.end ? !begun : *part.at == '#')
            continue;
        if (!begun)
            line->at = start;
        begun = true;
        more = part.end > part.at && part.end[-1] == '\\';
        buf_add(&text, part.at, (size_t)(part.end - part.at) - more);
        line->end = (size_t)(rest.at - file->text);
    }
    *at = (size_t)(rest.at - file->text);
    if (begun)
        line->text = buf_take(&text);
    buf_free(&text);
    return begun;
}
