#include "sl-description-private.h"

#include <string.h>

#include "sl-file.h"

#define MAX_VARIABLES 64

G_DEFINE_QUARK(sl_media_error, sl_media_error)

static const char *const reserved_names[] = { "capture", "audio", "device", NULL };

static void
variable_free(gpointer data)
{
    sl_variable_free(data);
}

static SlDescription *
description_new(const char *name, const char *file)
{
    SlDescription *self = g_new0(SlDescription, 1);

    g_ref_count_init(&self->ref_count);
    self->name = g_strdup(name);
    self->file = g_strdup(file);
    self->variables = g_ptr_array_new_with_free_func(variable_free);
    self->tracks = g_ptr_array_new_with_free_func(g_free);
    self->track_lines = g_array_new(FALSE, FALSE, sizeof(guint));
    return self;
}

SlDescription *
sl_description_new_published(const char *const *tracks)
{
    SlDescription *self = description_new(SL_DESCRIPTION_PUBLISHED, SL_DESCRIPTION_PUBLISHED);
    guint line = 0;

    self->title = g_strdup("What somebody publishes");
    self->bytes = g_bytes_new_static("", 0);
    self->sections = g_ptr_array_new();
    for (; *tracks != NULL; tracks++) {
        g_ptr_array_add(self->tracks, g_strdup(*tracks));
        g_array_append_val(self->track_lines, line);
    }
    g_ptr_array_add(self->tracks, NULL);
    return self;
}

SlDescription *
sl_description_ref(SlDescription *self)
{
    g_ref_count_inc(&self->ref_count);
    return self;
}

void
sl_description_unref(SlDescription *self)
{
    if (self == NULL || !g_ref_count_dec(&self->ref_count))
        return;
    g_clear_pointer(&self->sections, g_ptr_array_unref);
    g_ptr_array_unref(self->variables);
    g_ptr_array_unref(self->tracks);
    g_array_unref(self->track_lines);
    g_free(self->title);
    g_free(self->otherwise);
    g_free(self->captured_codec);
    g_clear_pointer(&self->bytes, g_bytes_unref);
    g_free(self->file);
    g_free(self->name);
    g_free(self);
}

const SlVariable *
sl_description_get_variable(SlDescription *self, const char *name)
{
    for (guint i = 0; i < self->variables->len; i++) {
        SlVariable *variable = g_ptr_array_index(self->variables, i);

        if (g_str_equal(variable->name, name))
            return variable;
    }
    return NULL;
}

const char **
sl_description_list_variables(SlDescription *self)
{
    const char **names = g_new0(const char *, self->variables->len + 1);

    for (guint i = 0; i < self->variables->len; i++)
        names[i] = ((SlVariable *)g_ptr_array_index(self->variables, i))->name;
    return names;
}

static void
read_about(SlDescription *self, SlSection *section, SlProblems *problems)
{
    static const char *const names[] = { "title", "otherwise", NULL };

    for (guint i = 0; i < section->keys->len; i++) {
        SlVariableKey *key = g_ptr_array_index(section->keys, i);
        gboolean is_title = g_str_equal(key->name, "title");
        char **value = is_title ? &self->title : &self->otherwise;
        g_autofree char *found = sl_problems_quote(key->name);
        g_autofree char *found_value = sl_problems_quote(key->value);
        g_autofree char *hint = sl_problems_did_you_mean(key->name, names);

        if (!g_strv_contains(names, key->name)) {
            sl_problems_add(problems, key->line, "found %s, expected title or otherwise%s", found,
                            hint);
        } else if (*value != NULL) {
            sl_problems_add(problems, key->line, "%s again, expected it once", found);
        } else if (!is_title && !sl_name_is_valid(key->value)) {
            sl_problems_add(problems, key->line,
                            "otherwise is %s, expected a name that --list-pipelines lists",
                            found_value);
        } else {
            *value = g_strdup(key->value);
            if (!is_title)
                self->otherwise_line = key->line;
        }
    }
}

static gboolean
check_variable_name(SlDescription *self, const char *name, guint line, SlProblems *problems)
{
    const SlVariable *first = sl_description_get_variable(self, name);
    g_autofree char *found = sl_problems_quote(name);

    if (!sl_name_is_valid(name))
        sl_problems_add(problems, line, "found variable %s, expected %s", found, SL_NAME_EXPECTED);
    else if (g_strv_contains(reserved_names, name))
        sl_problems_add(problems, line,
                        "found variable %s, expected another name: ${%s} is the input", found,
                        name);
    else if (first != NULL)
        sl_problems_add(problems, line,
                        "variable %s again, expected it once; the first is in line %u", found,
                        first->line);
    else if (self->variables->len == MAX_VARIABLES)
        sl_problems_add(problems, line, "found variable %s, expected %d variables at most", found,
                        MAX_VARIABLES);
    else
        return TRUE;
    return FALSE;
}

static void
read_variables(SlDescription *self, SlSection *section, SlProblems *problems)
{
    for (guint i = 0; i < section->keys->len; i++) {
        SlVariableKey *key = g_ptr_array_index(section->keys, i);

        if (check_variable_name(self, key->name, key->line, problems))
            g_ptr_array_add(self->variables,
                            sl_variable_new_inferred(key->name, key->line, key->value, problems));
    }
}

static void
read_section(SlDescription *self, SlSection *section, SlProblems *problems)
{
    switch (section->kind) {
    case SL_SECTION_ABOUT:
        read_about(self, section, problems);
        break;
    case SL_SECTION_VARIABLES:
        read_variables(self, section, problems);
        break;
    case SL_SECTION_VARIABLE:
        if (check_variable_name(self, section->argument, section->line, problems))
            g_ptr_array_add(self->variables, sl_variable_new(section->argument, section->line,
                                                             section->keys, problems));
        break;
    case SL_SECTION_SOURCE:
    case SL_SECTION_VIEWER:
    case SL_SECTION_UNKNOWN:
        break;
    }
}

/* The text as a string of its own, or NULL. */
static char *
copy_text(const char *text, gsize len, SlProblems *problems)
{
    const char *end;
    guint line = 1;

    if (len > SL_DESCRIPTION_MAX_BYTES) {
        sl_problems_add(problems, 0, "more bytes than %d, expected that at most",
                        SL_DESCRIPTION_MAX_BYTES);
        return NULL;
    }
    if (!g_utf8_validate(text, len, &end)) {
        for (const char *p = text; p < end; p++)
            line += *p == '\n';
        sl_problems_add(problems, line, "found the byte 0x%02X, expected UTF-8 text", (guchar)*end);
        return NULL;
    }
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        return g_strndup(text + 3, len - 3);
    return g_strndup(text, len);
}

/* Also with problems; without a text there is nothing. */
static SlDescription *
parse(const char *name, const char *file, const char *text, gsize len, SlProblems *problems)
{
    SlDescription *self;
    g_autofree char *copy = copy_text(text, len, problems);

    if (copy == NULL)
        return NULL;
    self = description_new(name, file);
    self->bytes = g_bytes_new(text, len);
    self->sections = sl_sections_read(copy, problems);
    for (guint i = 0; i < self->sections->len; i++)
        read_section(self, g_ptr_array_index(self->sections, i), problems);
    sl_description_check_placeholders(self, problems);
    sl_description_read_tracks(self, problems);
    return self;
}

SlDescription *
sl_description_parse(const char *name, const char *text, gsize len, SlProblems *problems)
{
    guint before = sl_problems_get_count(problems);
    g_autofree char *file = g_strconcat(name, ".pipeline", NULL);
    g_autoptr(SlDescription) self = parse(name, file, text, len, problems);

    return sl_problems_get_count(problems) == before ? g_steal_pointer(&self) : NULL;
}

SlDescription *
sl_description_read(const char *path, SlProblems *problems, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(GBytes) bytes = sl_file_read(path, SL_DESCRIPTION_MAX_BYTES, &fault);
    g_autofree char *name = g_path_get_basename(path);
    const char *text;
    gsize len;

    if (bytes == NULL) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND, "%s%s", fault->message,
                    g_error_matches(fault, G_FILE_ERROR, G_FILE_ERROR_INVAL)
                        ? ", expected a description"
                        : "");
        return NULL;
    }
    if (g_str_has_suffix(name, ".pipeline"))
        name[strlen(name) - strlen(".pipeline")] = '\0';
    text = g_bytes_get_data(bytes, &len);
    return parse(name, path, text != NULL ? text : "", len, problems);
}

SlDescription *
sl_description_load(const char *path, GError **error)
{
    g_autoptr(SlProblems) problems = sl_problems_new(path);
    g_autoptr(SlDescription) self = sl_description_read(path, problems, error);

    if (sl_problems_get_count(problems) > 0) {
        g_autofree char *all = sl_problems_to_text(problems);

        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION, all);
        return NULL;
    }
    return g_steal_pointer(&self);
}

const char *
sl_description_get_name(SlDescription *self)
{
    return self->name;
}

const char *
sl_description_get_file(SlDescription *self)
{
    return self->file;
}

GBytes *
sl_description_get_bytes(SlDescription *self)
{
    return self->bytes;
}

const char *
sl_description_get_title(SlDescription *self)
{
    return self->title != NULL ? self->title : self->name;
}

const char *const *
sl_description_get_tracks(SlDescription *self)
{
    return (const char *const *)self->tracks->pdata;
}

const char *
sl_description_get_captured_codec(SlDescription *self)
{
    return self->captured_codec;
}

gboolean
sl_description_captures_audio(SlDescription *self)
{
    return self->captures_audio;
}

guint
sl_description_get_track_line(SlDescription *self, const char *track)
{
    for (guint i = 0; i < self->track_lines->len; i++) {
        if (g_str_equal(g_ptr_array_index(self->tracks, i), track))
            return g_array_index(self->track_lines, guint, i);
    }
    return 0;
}

guint
sl_description_get_source_line(SlDescription *self)
{
    SlSection *section = sl_sections_find(self->sections, SL_SECTION_SOURCE, NULL);

    return section != NULL ? section->line : 0;
}

guint
sl_description_get_viewer_line(SlDescription *self, const char *track)
{
    SlSection *section = sl_sections_find(self->sections, SL_SECTION_VIEWER, track);

    return section != NULL ? section->line : sl_description_get_track_line(self, track);
}
