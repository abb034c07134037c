#include "sl-description-private.h"
#include "sl-description-placeholder.h"

#include <string.h>

typedef struct {
    SlDescription *description;
    SlSection *section;
    GHashTable *used; /* SlVariable * */
    guint capture_line, audio_line;
    SlProblems *problems;
} Check;

#define PLACEHOLDERS_EXPECTED \
    "${NAME}, ${NAME/INTEGER}, ${capture}, ${capture:CODEC}, ${audio} or ${device}"

static void
complain(Check *self, guint line, SlPlaceholder *placeholder, const char *expected)
{
    g_autofree char *text = g_strndup(placeholder->start, placeholder->length);
    g_autofree char *found = sl_problems_quote(text);

    sl_problems_add(self->problems, line, "found %s, expected %s", found, expected);
}

static void
use_variable(Check *self, guint line, SlPlaceholder *placeholder)
{
    const SlVariable *variable = sl_description_get_variable(self->description, placeholder->name);
    g_autofree const char **names = sl_description_list_variables(self->description);

    if (variable == NULL) {
        g_autofree char *hint = sl_problems_did_you_mean(placeholder->name, names);
        g_autofree char *known = g_strjoinv(", ", (char **)names);

        sl_problems_add(self->problems, line,
                        "unknown variable '%s', expected %s%s%s = DEFAULT in [variables]%s",
                        placeholder->name, known, names[0] != NULL ? ", or " : "",
                        placeholder->name, hint);
        return;
    }
    g_hash_table_add(self->used, (gpointer)variable);
    if (placeholder->divisor != 1 && variable->type != SL_VARIABLE_INT)
        complain(self, line, placeholder, "a variable of type int to divide");
}

/* So that what surrounds it can still be read: `${~~~}`, without spaces and quotes. */
static void
mask(SlLaunch *launch, gsize offset, gsize length)
{
    if (length > 2)
        sl_launch_mask(launch, offset + length - 1, 1, '}');
    if (length > 3)
        sl_launch_mask(launch, offset + 2, length - 3, '~');
    if (length <= 2)
        sl_launch_mask(launch, offset, length, 'x');
}

/* Everything of the form `${…}`, wherever it stands. */
static void
check_syntax(Check *self)
{
    SlLaunch *launch = self->section->launch;
    const char *text = sl_launch_get_text(launch);
    const char *rest = text;
    SlPlaceholder next;

    while (sl_placeholder_next(rest, &next)) {
        g_auto(SlPlaceholder) placeholder = next;
        gsize offset = placeholder.start - text;
        guint line = sl_launch_get_line(launch, offset);

        rest = placeholder.start + placeholder.length;
        if (placeholder.kind == SL_PLACEHOLDER_INVALID) {
            complain(self, line, &placeholder, PLACEHOLDERS_EXPECTED);
            mask(launch, offset, placeholder.length);
        } else if (placeholder.kind == SL_PLACEHOLDER_VARIABLE) {
            use_variable(self, line, &placeholder);
        }
    }
}

static void
use_capture(Check *self, guint line, const SlPlaceholder *placeholder)
{
    if (self->capture_line == 0) {
        self->capture_line = line;
        self->description->captured_codec = g_strdup(
            placeholder->kind == SL_PLACEHOLDER_ENCODED ? placeholder->name : SL_CODEC_RAW);
    } else {
        sl_problems_add(
            self->problems, line,
            "the camera is captured again, expected it once (a camera opens once; a tee "
            "shares it); the first is in line %u",
            self->capture_line);
    }
}

static void
use_audio(Check *self, guint line)
{
    if (self->audio_line == 0) {
        self->audio_line = line;
        self->description->captures_audio = TRUE;
    } else {
        sl_problems_add(
            self->problems, line,
            "the sound is captured again, expected it once (a tee shares it); the first is "
            "in line %u",
            self->audio_line);
    }
}

static void
check_input(Check *self, SlToken *token)
{
    g_auto(SlPlaceholder) placeholder = { 0 };

    if (!sl_placeholder_next(token->value, &placeholder))
        return;
    switch (placeholder.kind) {
    case SL_PLACEHOLDER_CAPTURE:
    case SL_PLACEHOLDER_ENCODED:
        if (self->section->kind == SL_SECTION_SOURCE)
            use_capture(self, token->line, &placeholder);
        else
            complain(self, token->line, &placeholder, "it in [source] only");
        break;
    case SL_PLACEHOLDER_AUDIO:
        if (self->section->kind == SL_SECTION_SOURCE)
            use_audio(self, token->line);
        else
            complain(self, token->line, &placeholder, "it in [source] only");
        break;
    case SL_PLACEHOLDER_VARIABLE:
    case SL_PLACEHOLDER_DEVICE:
        complain(self, token->line, &placeholder,
                 "an element: a variable stands in a property's value or in caps");
        break;
    case SL_PLACEHOLDER_INVALID:
        break;
    }
}

static gboolean
is_string(Check *self, SlPlaceholder *placeholder)
{
    const SlVariable *variable = sl_description_get_variable(self->description, placeholder->name);

    return variable != NULL && variable->type == SL_VARIABLE_STRING;
}

static void
check_value_placeholder(Check *self, SlToken *token, SlPlaceholder *placeholder)
{
    gboolean is_whole = token->kind == SL_TOKEN_ASSIGNMENT && !token->quoted &&
                        placeholder->length == strlen(token->value);

    switch (placeholder->kind) {
    case SL_PLACEHOLDER_VARIABLE:
        if (is_string(self, placeholder) && !is_whole)
            complain(
                self, token->line, placeholder,
                "it as a whole value, PROPERTY=${NAME}: it is a string, and is quoted when it is "
                "inserted");
        break;
    case SL_PLACEHOLDER_DEVICE:
        if (self->section->kind != SL_SECTION_SOURCE)
            complain(self, token->line, placeholder, "it in [source] only");
        else if (!is_whole)
            complain(self, token->line, placeholder, "it as a whole value, PROPERTY=${device}");
        break;
    case SL_PLACEHOLDER_CAPTURE:
    case SL_PLACEHOLDER_ENCODED:
    case SL_PLACEHOLDER_AUDIO:
        complain(self, token->line, placeholder,
                 "it at the beginning of a chain: it stands for elements");
        break;
    case SL_PLACEHOLDER_INVALID:
        break;
    }
}

static void
check_value(Check *self, SlToken *token)
{
    const char *rest = token->value;
    SlPlaceholder next;

    while (sl_placeholder_next(rest, &next)) {
        g_auto(SlPlaceholder) placeholder = next;

        check_value_placeholder(self, token, &placeholder);
        rest = placeholder.start + placeholder.length;
    }
}

static void
check_places(Check *self)
{
    /* Problems of syntax are reported where tracks are read. */
    g_autoptr(SlProblems) ignored = sl_problems_new("");
    g_autoptr(GPtrArray) tokens = sl_section_read_tokens(self->section, ignored);

    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);

        if (token->kind == SL_TOKEN_INPUT)
            check_input(self, token);
        else if (token->kind == SL_TOKEN_ASSIGNMENT || token->kind == SL_TOKEN_CAPS)
            check_value(self, token);
    }
}

/* `${capture}` asks the camera for these, whether or not the text does. */
static gboolean
is_used_by_capture(Check *self, SlVariable *variable)
{
    return self->capture_line != 0 &&
           (g_str_equal(variable->name, "width") || g_str_equal(variable->name, "height") ||
            g_str_equal(variable->name, "framerate"));
}

static void
check_use(Check *self)
{
    for (guint i = 0; i < self->description->variables->len; i++) {
        SlVariable *variable = g_ptr_array_index(self->description->variables, i);

        if (!g_hash_table_contains(self->used, variable) && !is_used_by_capture(self, variable))
            sl_problems_add(self->problems, variable->line,
                            "variable '%s' is not used, expected ${%s} in a section",
                            variable->name, variable->name);
    }
}

void
sl_description_check_placeholders(SlDescription *self, SlProblems *problems)
{
    g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL);
    Check check = { .description = self, .used = used, .problems = problems };

    for (guint i = 0; i < self->sections->len; i++) {
        check.section = g_ptr_array_index(self->sections, i);
        if (check.section->kind != SL_SECTION_SOURCE && check.section->kind != SL_SECTION_VIEWER)
            continue;
        check_syntax(&check);
        check_places(&check);
    }
    check_use(&check);
}
