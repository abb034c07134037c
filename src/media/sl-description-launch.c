#include "sl-description-launch.h"

typedef struct {
    gsize offset;
    guint line;
} Mark;

typedef struct {
    gsize start, end;
} Stretch;

struct _SlLaunch {
    GString *text;
    guint first_line;
    GArray *inputs; /* Stretch: what is the input's */
    GArray *marks;  /* Mark, by offset: from here on the text comes from this line */
};

SlLaunch *
sl_launch_new(guint line)
{
    SlLaunch *self = g_new0(SlLaunch, 1);

    self->first_line = line;
    self->text = g_string_new(NULL);
    self->inputs = g_array_new(FALSE, FALSE, sizeof(Stretch));
    self->marks = g_array_new(FALSE, FALSE, sizeof(Mark));
    return self;
}

void
sl_launch_free(SlLaunch *self)
{
    if (self == NULL)
        return;
    g_string_free(self->text, TRUE);
    g_array_unref(self->inputs);
    g_array_unref(self->marks);
    g_free(self);
}

const char *
sl_launch_get_text(SlLaunch *self)
{
    return self->text->str;
}

gsize
sl_launch_get_length(SlLaunch *self)
{
    return self->text->len;
}

void
sl_launch_append(SlLaunch *self, guint line, const char *text, gssize len)
{
    Mark mark = { self->text->len, line };

    if (self->marks->len == 0 ||
        g_array_index(self->marks, Mark, self->marks->len - 1).line != line)
        g_array_append_val(self->marks, mark);
    g_string_append_len(self->text, text, len);
}

void
sl_launch_append_input(SlLaunch *self, guint line, const char *text)
{
    Stretch stretch = { .start = self->text->len };

    sl_launch_append(self, line, text, -1);
    stretch.end = self->text->len;
    g_array_append_val(self->inputs, stretch);
}

gboolean
sl_launch_is_input(SlLaunch *self, gsize offset)
{
    for (guint i = 0; i < self->inputs->len; i++) {
        const Stretch *stretch = &g_array_index(self->inputs, Stretch, i);

        if (offset >= stretch->start && offset < stretch->end)
            return TRUE;
    }
    return FALSE;
}

guint
sl_launch_get_line(SlLaunch *self, gsize offset)
{
    guint low = 0;
    guint high = self->marks->len;

    if (high == 0)
        return self->first_line;
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(self->marks, Mark, middle).offset <= offset)
            low = middle;
        else
            high = middle;
    }
    return g_array_index(self->marks, Mark, low).line;
}

void
sl_launch_mask(SlLaunch *self, gsize offset, gsize len, char with)
{
    for (gsize i = offset; i < offset + len && i < self->text->len; i++)
        self->text->str[i] = with;
}
