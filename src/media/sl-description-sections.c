#include "sl-description-sections.h"

#include <string.h>

#define MAX_SECTIONS 128
#define MAX_KEYS 128

static const char *const section_names[] = {
    [SL_SECTION_ABOUT] = "about",       [SL_SECTION_VARIABLES] = "variables",
    [SL_SECTION_VARIABLE] = "variable", [SL_SECTION_SOURCE] = "source",
    [SL_SECTION_VIEWER] = "viewer",     NULL,
};

static void
section_free(gpointer data)
{
    SlSection *self = data;

    g_free(self->argument);
    g_free(self->title);
    g_clear_pointer(&self->keys, g_ptr_array_unref);
    sl_launch_free(self->launch);
    g_free(self);
}

static void
key_free(gpointer data)
{
    SlVariableKey *key = data;

    g_free(key->name);
    g_free(key->value);
    g_free(key);
}

static gboolean
has_argument(SlSectionKind kind)
{
    return kind == SL_SECTION_VARIABLE || kind == SL_SECTION_VIEWER;
}

static gboolean
has_launch(SlSectionKind kind)
{
    return kind == SL_SECTION_SOURCE || kind == SL_SECTION_VIEWER;
}

SlSection *
sl_sections_find(GPtrArray *sections, SlSectionKind kind, const char *argument)
{
    for (guint i = 0; i < sections->len; i++) {
        SlSection *section = g_ptr_array_index(sections, i);

        if (section->kind == kind && g_strcmp0(section->argument, argument) == 0)
            return section;
    }
    return NULL;
}

static SlSectionKind
find_kind(const char *word)
{
    for (guint kind = 0; section_names[kind] != NULL; kind++) {
        if (g_str_equal(section_names[kind], word))
            return kind;
    }
    return SL_SECTION_UNKNOWN;
}

#define SECTIONS_EXPECTED "[about], [variables], [variable NAME], [source] or [viewer TRACK]"

/* What stands between the brackets. Sets kind and argument; the kind stays unknown after a mistake.
 */
static void
read_header_inside(SlSection *self, const char *inside, SlProblems *problems)
{
    g_autofree char *found = sl_problems_quote(self->title);
    g_autofree char *word = g_strndup(inside, strcspn(inside, " \t"));
    const char *argument = inside + strlen(word) + strspn(inside + strlen(word), " \t");
    g_autofree char *hint = sl_problems_did_you_mean(word, section_names);
    SlSectionKind kind = find_kind(word);

    if (kind == SL_SECTION_UNKNOWN) {
        sl_problems_add(problems, self->line, "unknown section %s, expected %s%s", found,
                        SECTIONS_EXPECTED, hint);
    } else if (has_argument(kind) && !sl_name_is_valid(argument)) {
        sl_problems_add(problems, self->line, "found %s, expected [%s NAME] with %s", found,
                        section_names[kind], SL_NAME_EXPECTED);
    } else if (!has_argument(kind) && *argument != '\0') {
        sl_problems_add(problems, self->line, "found %s, expected [%s]", found,
                        section_names[kind]);
    } else {
        self->kind = kind;
        if (has_argument(kind))
            self->argument = g_strdup(argument);
    }
}

static void
read_header(SlSection *self, const char *line, SlProblems *problems)
{
    const char *close = strchr(line, ']');
    g_autofree char *inside = NULL;
    g_autofree char *found = sl_problems_quote(line);

    if (close == NULL || close[1] != '\0') {
        sl_problems_add(problems, self->line,
                        "found %s, expected %s alone on its line; launch text that begins with '[' "
                        "is indented",
                        found, SECTIONS_EXPECTED);
        return;
    }
    inside = g_strndup(line + 1, close - line - 1);
    read_header_inside(self, inside, problems);
}

static SlSection *
add_section(GPtrArray *sections, const char *line, guint line_number, SlProblems *problems)
{
    SlSection *self = g_new0(SlSection, 1);
    SlSection *first;

    self->kind = SL_SECTION_UNKNOWN;
    self->title = g_strdup(line);
    self->line = line_number;
    self->keys = g_ptr_array_new_with_free_func(key_free);
    self->launch = sl_launch_new(line_number);
    read_header(self, line, problems);

    first = sl_sections_find(sections, self->kind, self->argument);
    if (self->kind != SL_SECTION_UNKNOWN && first != NULL) {
        sl_problems_add(problems, line_number,
                        "%s again, expected it once; the first is in line %u", line, first->line);
        self->kind = SL_SECTION_UNKNOWN;
    }
    g_ptr_array_add(sections, self);
    return self;
}

static void
add_key(SlSection *self, char *line, guint line_number, SlProblems *problems)
{
    char *equals = strchr(line, '=');
    SlVariableKey *key;

    if (equals == NULL || equals == line) {
        g_autofree char *found = sl_problems_quote(line);

        sl_problems_add(problems, line_number, "found %s, expected NAME = VALUE", found);
        return;
    }
    if (self->keys->len == MAX_KEYS) {
        sl_problems_add(problems, line_number, "%s is longer than the %d lines that are read",
                        self->title, MAX_KEYS);
        return;
    }
    *equals = '\0';
    key = g_new0(SlVariableKey, 1);
    key->line = line_number;
    key->name = g_strdup(g_strstrip(line));
    key->value = g_strdup(g_strstrip(equals + 1));
    g_ptr_array_add(self->keys, key);
}

static void
add_line(SlSection *self, char *line, guint line_number, SlProblems *problems)
{
    if (self->kind == SL_SECTION_UNKNOWN)
        return;
    if (!has_launch(self->kind)) {
        add_key(self, g_strstrip(line), line_number, problems);
        return;
    }
    g_strchomp(line);
    if (sl_launch_get_length(self->launch) > 0)
        sl_launch_append(self->launch, line_number, "\n", 1);
    sl_launch_append(self->launch, line_number, line, -1);
}

/* They become spaces, so that the rest of the line can still be judged. */
static void
replace_controls(char *line, guint line_number, SlProblems *problems)
{
    for (char *p = line; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (!g_unichar_iscntrl(c) || c == '\t')
            continue;
        sl_problems_add(problems, line_number, "found the control character U+%04X, expected none",
                        c);
        memset(p, ' ', g_utf8_next_char(p) - p);
    }
}

static gboolean
is_blank_or_comment(const char *line)
{
    line += strspn(line, " \t");
    return *line == '\0' || *line == '#';
}

GPtrArray *
sl_sections_read(const char *text, SlProblems *problems)
{
    g_autoptr(GPtrArray) sections = g_ptr_array_new_with_free_func(section_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    SlSection *section = NULL;

    for (guint i = 0; lines[i] != NULL; i++) {
        gsize length = strlen(lines[i]);

        if (length > 0 && lines[i][length - 1] == '\r')
            lines[i][length - 1] = '\0';
        replace_controls(lines[i], i + 1, problems);
        if (is_blank_or_comment(lines[i]))
            continue;
        if (lines[i][0] == '[' && sections->len == MAX_SECTIONS) {
            sl_problems_add(problems, i + 1, "more than the %d sections that are read",
                            MAX_SECTIONS);
            break;
        }
        if (lines[i][0] == '[')
            section = add_section(sections, g_strchomp(lines[i]), i + 1, problems);
        else if (section != NULL)
            add_line(section, lines[i], i + 1, problems);
        else
            sl_problems_add(problems, i + 1,
                            "text before the first section, expected a header above it: [source] "
                            "for launch text");
    }
    return g_steal_pointer(&sections);
}
