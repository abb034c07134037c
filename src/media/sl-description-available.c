#include "sl-description-private.h"

#include <string.h>

/* Of descriptions that name one another. */
#define MAX_DEPTH 4

static void
add_missing(SlDescription *self, SlSection *section, SlProblems *problems, GPtrArray *elements)
{
    g_autoptr(SlProblems) ignored = sl_problems_new("");
    g_autoptr(GPtrArray) tokens = sl_section_read_tokens(section, ignored);

    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);
        const char *package;

        if (token->kind != SL_TOKEN_ELEMENT || sl_element_is_installed(token->name))
            continue;
        package = sl_element_package_hint(token->name);
        sl_problems_add(problems, token->line, "element '%s' is not installed, expected %s%s",
                        token->name, package != NULL ? "the package " : "it to be",
                        package != NULL ? package : "");
        if (!g_ptr_array_find_with_equal_func(elements, token->name, g_str_equal, NULL))
            g_ptr_array_add(elements, g_strdup(token->name));
    }
}

/* What is not installed: a problem a line in @problems, and (transfer full) `a, b`, or NULL. */
static char *
find_missing(SlDescription *self, SlProblems *problems)
{
    g_autoptr(GPtrArray) elements = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < self->sections->len; i++) {
        SlSection *section = g_ptr_array_index(self->sections, i);

        if (section->kind == SL_SECTION_SOURCE || section->kind == SL_SECTION_VIEWER)
            add_missing(self, section, problems, elements);
    }
    if (elements->len == 0)
        return NULL;
    g_ptr_array_add(elements, NULL);
    return g_strjoinv(", ", (char **)elements->pdata);
}

/* Beside it first: descriptions that name one another belong together. */
static char *
find_next(SlDescription *self, const char *installed_dir, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(self->file);
    g_autofree char *file = g_strconcat(self->otherwise, ".pipeline", NULL);
    g_autofree char *beside = g_build_filename(folder, file, NULL);

    if (g_file_test(beside, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer(&beside);
    return sl_description_find(self->otherwise, installed_dir, error);
}

/* The description that @self names. @files: those before it, to which it is added. */
static SlDescription *
load_next(SlDescription *self, const char *installed_dir, GPtrArray *files, SlProblems *problems)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = find_next(self, installed_dir, &error);
    SlDescription *next;

    if (path == NULL) {
        sl_problems_add(problems, self->otherwise_line, "otherwise: %s", error->message);
        return NULL;
    }
    if (g_ptr_array_find_with_equal_func(files, path, g_str_equal, NULL)) {
        sl_problems_add(problems, self->otherwise_line,
                        "otherwise is '%s', which leads back to it; expected one that does not",
                        self->otherwise);
        return NULL;
    }
    if (files->len == MAX_DEPTH) {
        sl_problems_add(problems, self->otherwise_line,
                        "otherwise is the %uth in a row, expected %u at most", files->len,
                        MAX_DEPTH - 1);
        return NULL;
    }
    next = sl_description_load(path, &error);
    if (next == NULL)
        sl_problems_add(problems, self->otherwise_line,
                        "otherwise is '%s', which has mistakes: sightline --check %s",
                        self->otherwise, self->otherwise);
    g_ptr_array_add(files, g_steal_pointer(&path));
    return next;
}

/* A file's own problems go to @text, with its name. */
static void
append_problems(GString *text, SlProblems *problems)
{
    g_autofree char *lines = sl_problems_to_text(problems);

    if (*lines != '\0')
        g_string_append_printf(text, "%s%s", text->len > 0 ? "\n" : "", lines);
}

static SlDescription *
take_available(SlDescription *first, const char *installed_dir, char **ret_instead, GError **error)
{
    g_autoptr(SlDescription) self = sl_description_ref(first);
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) why = g_string_new(NULL);
    g_autofree char *lacking = NULL;

    g_ptr_array_add(files, g_strdup(first->file));
    while (self != NULL) {
        g_autoptr(SlProblems) problems = sl_problems_new(self->file);
        g_autofree char *missing = find_missing(self, problems);
        g_autoptr(SlDescription) next = NULL;

        if (missing == NULL || (self == first && first->otherwise == NULL)) {
            if (self != first)
                *ret_instead = g_strdup_printf("%s needs %s, which this machine lacks: %s instead",
                                               first->name, lacking, self->name);
            return g_steal_pointer(&self);
        }
        if (lacking == NULL)
            lacking = g_steal_pointer(&missing);
        if (self->otherwise != NULL)
            next = load_next(self, installed_dir, files, problems);
        append_problems(why, problems);
        sl_description_unref(self);
        self = g_steal_pointer(&next);
    }
    g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_MISSING_ELEMENT, why->str);
    return NULL;
}

SlDescription *
sl_description_load_available(const char *name_or_file, const char *installed_dir,
                              char **ret_instead, GError **error)
{
    static const char *const none[] = { NULL };
    g_autofree char *path = NULL;
    g_autoptr(SlDescription) first = NULL;

    *ret_instead = NULL;
    if (g_str_equal(name_or_file, SL_DESCRIPTION_PUBLISHED))
        return sl_description_new_published(none);
    path = sl_description_find(name_or_file, installed_dir, error);
    if (path != NULL)
        first = sl_description_load(path, error);
    return first != NULL ? take_available(first, installed_dir, ret_instead, error) : NULL;
}

void
sl_description_check_otherwise(SlDescription *self, const char *installed_dir, SlProblems *problems)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(SlDescription) at = sl_description_ref(self);

    g_ptr_array_add(files, g_strdup(self->file));
    while (at != NULL && at->otherwise != NULL) {
        g_autoptr(SlProblems) of_file = at == self ? NULL : sl_problems_new(at->file);
        SlDescription *next =
            load_next(at, installed_dir, files, of_file != NULL ? of_file : problems);

        /* A mistake further on is one of this file, too: it names that one. */
        if (of_file != NULL && sl_problems_get_count(of_file) > 0) {
            g_autofree char *text = sl_problems_to_text(of_file);

            sl_problems_add(problems, self->otherwise_line, "otherwise is '%s', but %s",
                            self->otherwise, text);
        }
        sl_description_unref(at);
        at = next;
    }
}
