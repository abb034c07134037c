#include "sl-description-private.h"
#include "sl-description-placeholder.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    SlValues *values;
    const SlCapture *capture; /* NULL in [viewer TRACK] */
    SlLaunch *launch;
    SlProblems *problems;
    gboolean unquoted;
} Expansion;

void
sl_capture_free(SlCapture *self)
{
    if (self == NULL)
        return;
    g_free(self->raw);
    g_free(self->encoded);
    g_free(self->encoded_codec);
    g_free(self->audio);
    g_free(self->device);
    g_free(self->microphone);
    g_free(self->mode);
    g_free(self->wanted);
    g_free(self->offers);
    sl_input_unref(self->input);
    g_free(self);
}

static void
insert_quoted(Expansion *self, guint line, const char *text)
{
    sl_launch_append(self->launch, line, "\"", 1);
    sl_launch_append(self->launch, line, text, -1);
    sl_launch_append(self->launch, line, "\"", 1);
}

static void
insert_variable(Expansion *self, guint line, SlPlaceholder *placeholder)
{
    const SlVariable *variable =
        sl_description_get_variable(self->values->description, placeholder->name);
    const char *text = g_hash_table_lookup(self->values->texts, placeholder->name);

    if (variable->type == SL_VARIABLE_STRING && !self->unquoted) {
        insert_quoted(self, line, text);
    } else if (placeholder->divisor != 1) {
        g_autofree char *quotient = g_strdup_printf(
            "%" G_GINT64_FORMAT, g_ascii_strtoll(text, NULL, 10) / placeholder->divisor);

        sl_launch_append(self->launch, line, quotient, -1);
    } else {
        sl_launch_append(self->launch, line, text, -1);
    }
}

static void
insert_input(Expansion *self, guint line, const char *placeholder, const char *text,
             const char *what)
{
    if (text != NULL)
        sl_launch_append_input(self->launch, line, text);
    else
        sl_problems_add(self->problems, line, "found %s, but this input has no %s", placeholder,
                        what);
}

static void
insert_encoded(Expansion *self, guint line, const char *codec)
{
    const char *text = self->capture->encoded;
    const char *given = self->capture->encoded_codec;

    /* No codec: the stand-in of --check takes any. */
    if (text != NULL && (given == NULL || g_str_equal(given, codec)))
        sl_launch_append_input(self->launch, line, text);
    else if (text != NULL)
        sl_problems_add(
            self->problems, line,
            "found ${capture:%s}, but this input comes as %s; expected ${capture:%s} or "
            "${capture}",
            codec, given, given);
    else if (self->capture->offers != NULL)
        sl_problems_add(self->problems, line,
                        "found ${capture:%s}, but %s has %s; expected ${capture} and an encoder",
                        codec, self->capture->input->label, self->capture->offers);
    else
        sl_problems_add(
            self->problems, line,
            "found ${capture:%s}, but this input does not come encoded; expected ${capture} "
            "and an encoder",
            codec);
}

static void
insert_device(Expansion *self, guint line)
{
    if (self->capture->device == NULL)
        sl_problems_add(self->problems, line, "found ${device}, but this input is no device");
    else if (!sl_text_is_insertable(self->capture->device))
        sl_problems_add(self->problems, line,
                        "the device's name has '\"', '\\' or a control character, expected none");
    else
        insert_quoted(self, line, self->capture->device);
}

static void
insert(Expansion *self, guint line, SlPlaceholder *placeholder)
{
    switch (placeholder->kind) {
    case SL_PLACEHOLDER_VARIABLE:
        insert_variable(self, line, placeholder);
        break;
    case SL_PLACEHOLDER_CAPTURE:
        insert_input(self, line, "${capture}", self->capture->raw, "picture that can be decoded");
        break;
    case SL_PLACEHOLDER_ENCODED:
        insert_encoded(self, line, placeholder->name);
        break;
    case SL_PLACEHOLDER_AUDIO:
        insert_input(self, line, "${audio}", self->capture->audio, "sound");
        break;
    case SL_PLACEHOLDER_DEVICE:
        insert_device(self, line);
        break;
    case SL_PLACEHOLDER_INVALID:
        break;
    }
}

/* Copies from @from to @to, line by line. */
static void
copy_literal(Expansion *self, SlLaunch *section, const char *from, const char *to)
{
    const char *text = sl_launch_get_text(section);

    while (from < to) {
        const char *newline = memchr(from, '\n', to - from);
        const char *end = newline == NULL ? to : newline > from ? newline : newline + 1;

        sl_launch_append(self->launch, sl_launch_get_line(section, from - text), from, end - from);
        from = end;
    }
}

/* Two ends and a step, all whole numbers: the upper end is rounded down to the step, in place. */
static void
round_range(SlLaunch *launch, gsize open, gsize close)
{
    int low, high, step, high_at, high_end, end = 0;
    const char *inside = sl_launch_get_text(launch) + open + 1;
    g_autofree char *digits = NULL;

    if (sscanf(inside, "%9d,%n%9d%n,%9d%n", &low, &high_at, &high, &high_end, &step, &end) != 3 ||
        open + 1 + end != close || step < 1 || high < step)
        return;
    digits = g_strdup_printf("%*d", high_end - high_at, high / step * step);
    for (gsize i = 0; digits[i] != '\0'; i++)
        sl_launch_mask(launch, open + 1 + high_at + i, 1, digits[i]);
}

static gboolean
are_same_numbers(const char *one, const char *other, gsize length)
{
    return length > 0 && memcmp(one, other, length) == 0;
}

/*
 * GStreamer 1.22 takes [1,1] and [2,3,2] for mistakes, and says so with a critical warning: a range
 * whose ends were made the same by a value becomes that value, and an upper end is rounded down to
 * the range's step. In place, so that lines stay known.
 */
static void
narrow_ranges(SlLaunch *launch, SlToken *caps)
{
    const char *text = sl_launch_get_text(launch);
    gsize open = caps->start;

    while (open < caps->end) {
        gsize close, comma, next;

        open += strcspn(text + open, "[");
        close = open + strcspn(text + open, "]");
        if (close >= caps->end)
            return;
        round_range(launch, open, close);
        comma = open + strcspn(text + open, ",]");
        next = comma < close ? comma + 1 + strcspn(text + comma + 1, ",]") : close;
        if (next - comma == comma - open &&
            are_same_numbers(text + open + 1, text + comma + 1, comma - open - 1)) {
            sl_launch_mask(launch, open, 1, ' ');
            sl_launch_mask(launch, comma, close - comma + 1, ' ');
        }
        open = close;
    }
}

static void
narrow_all_ranges(SlLaunch *launch)
{
    g_autoptr(SlProblems) ignored = sl_problems_new("");
    g_autoptr(GPtrArray) tokens = sl_launch_tokens_read(launch, "", ignored);

    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);

        if (token->kind == SL_TOKEN_CAPS)
            narrow_ranges(launch, token);
    }
}

static SlLaunch *
expand(SlSection *section, SlValues *values, const SlCapture *capture, SlProblems *problems)
{
    g_autoptr(SlLaunch) launch = sl_launch_new(section->line);
    Expansion self = { values, capture, launch, problems, FALSE };
    guint before = sl_problems_get_count(problems);
    const char *text = sl_launch_get_text(section->launch);
    const char *rest = text;
    SlPlaceholder next;

    while (sl_placeholder_next(rest, &next)) {
        g_auto(SlPlaceholder) placeholder = next;

        copy_literal(&self, section->launch, rest, placeholder.start);
        insert(&self, sl_launch_get_line(section->launch, placeholder.start - text), &placeholder);
        rest = placeholder.start + placeholder.length;
    }
    copy_literal(&self, section->launch, rest, rest + strlen(rest));
    if (sl_problems_get_count(problems) != before)
        return NULL;
    narrow_all_ranges(launch);
    return g_steal_pointer(&launch);
}

SlLaunch *
sl_description_expand_source(SlDescription *self, SlValues *values, const SlCapture *capture,
                             SlProblems *problems)
{
    SlSection *section = sl_sections_find(self->sections, SL_SECTION_SOURCE, NULL);

    g_return_val_if_fail(section != NULL && capture != NULL, NULL);
    return expand(section, values, capture, problems);
}

SlLaunch *
sl_description_expand_viewer(SlDescription *self, SlValues *values, const char *track,
                             SlProblems *problems)
{
    SlSection *section = sl_sections_find(self->sections, SL_SECTION_VIEWER, track);

    return section != NULL ? expand(section, values, NULL, problems) : NULL;
}

char *
sl_values_expand_text(SlValues *self, const char *text)
{
    g_autoptr(SlLaunch) launch = sl_launch_new(0);
    Expansion expansion = { .values = self, .launch = launch, .unquoted = TRUE };
    SlPlaceholder next;

    while (sl_placeholder_next(text, &next)) {
        g_auto(SlPlaceholder) placeholder = next;

        sl_launch_append(launch, 0, text, placeholder.start - text);
        if (placeholder.kind == SL_PLACEHOLDER_VARIABLE)
            insert_variable(&expansion, 0, &placeholder);
        text = placeholder.start + placeholder.length;
    }
    sl_launch_append(launch, 0, text, -1);
    return g_strdup(sl_launch_get_text(launch));
}
