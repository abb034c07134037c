#include "sl-description-placeholder.h"

#include "sl-variables.h"

#include <string.h>

void
sl_placeholder_clear(SlPlaceholder *self)
{
    g_clear_pointer(&self->name, g_free);
}

static SlPlaceholderKind
read_word(const char *word)
{
    if (g_str_equal(word, "capture"))
        return SL_PLACEHOLDER_CAPTURE;
    if (g_str_equal(word, "audio"))
        return SL_PLACEHOLDER_AUDIO;
    if (g_str_equal(word, "device"))
        return SL_PLACEHOLDER_DEVICE;
    return sl_name_is_valid(word) ? SL_PLACEHOLDER_VARIABLE : SL_PLACEHOLDER_INVALID;
}

static void
read_inside(SlPlaceholder *self, const char *inside)
{
    const char *mark = strpbrk(inside, ":/");
    g_autofree char *word = mark != NULL ? g_strndup(inside, mark - inside) : g_strdup(inside);
    gint64 divisor;

    self->kind = read_word(word);
    if (mark == NULL) {
        self->name = g_steal_pointer(&word);
    } else if (*mark == ':' && self->kind == SL_PLACEHOLDER_CAPTURE && sl_name_is_valid(mark + 1)) {
        self->kind = SL_PLACEHOLDER_ENCODED;
        self->name = g_strdup(mark + 1);
    } else if (*mark == '/' && self->kind == SL_PLACEHOLDER_VARIABLE &&
               g_ascii_string_to_signed(mark + 1, 10, 1, 1000000000, &divisor, NULL)) {
        self->divisor = divisor;
        self->name = g_steal_pointer(&word);
    } else {
        self->kind = SL_PLACEHOLDER_INVALID;
    }
}

/* An invalid one ends at its brace where that is on the line, else with the word. */
gboolean
sl_placeholder_next(const char *text, SlPlaceholder *ret_placeholder)
{
    SlPlaceholder self = { .kind = SL_PLACEHOLDER_INVALID, .divisor = 1 };
    gsize length;

    self.start = strstr(text, "${");
    if (self.start == NULL)
        return FALSE;
    length = strcspn(self.start, "}\n");
    if (self.start[length] == '}') {
        g_autofree char *inside = g_strndup(self.start + 2, length - 2);

        self.length = length + 1;
        read_inside(&self, inside);
    } else {
        self.length = strcspn(self.start, " \t\r\n\v\f");
    }
    *ret_placeholder = self;
    return TRUE;
}
