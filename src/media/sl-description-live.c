#include "sl-description-placeholder.h"
#include "sl-description-private.h"
#include "sl-live-setting.h"

#include <string.h>

static gboolean
has_launch(SlSection *section)
{
    return section->kind == SL_SECTION_SOURCE || section->kind == SL_SECTION_VIEWER;
}

static gboolean
holds(const char *text, const char *variable)
{
    SlPlaceholder next;

    while (sl_placeholder_next(text, &next)) {
        g_auto(SlPlaceholder) placeholder = next;

        if (placeholder.kind == SL_PLACEHOLDER_VARIABLE && g_str_equal(placeholder.name, variable))
            return TRUE;
        text = placeholder.start + placeholder.length;
    }
    return FALSE;
}

/* Of the element @named, which is in @tokens. Both `a-b` and `a_b` are the property a-b. */
static SlToken *
find_property(GPtrArray *tokens, SlToken *named, const char *property)
{
    guint i = 0;

    if (!g_ptr_array_find(tokens, named, &i))
        return NULL;
    for (i++; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);
        g_autofree char *name = NULL;

        if (token->kind != SL_TOKEN_ASSIGNMENT)
            return NULL;
        name = g_strdelimit(g_strdup(token->name), "_", '-');
        if (g_str_equal(name, property))
            return token;
    }
    return NULL;
}

/* --- the file by itself --- */

typedef struct {
    SlDescription *description;
    SlVariable *variable;
    guint n_elements;   /* of that name */
    guint n_properties; /* that hold the variable */
    SlProblems *problems;
} Check;

/* The element that an assignment belongs to. */
static SlToken *
find_owner(GPtrArray *tokens, guint i)
{
    SlToken *token = g_ptr_array_index(tokens, i);

    while (i > 0 && token->kind == SL_TOKEN_ASSIGNMENT)
        token = g_ptr_array_index(tokens, --i);
    return token->kind == SL_TOKEN_ELEMENT ? token : NULL;
}

/* The element is there, but not the property with the variable in it. */
static void
complain_of_property(Check *self, GPtrArray *tokens, SlToken *element, SlToken *property)
{
    const SlVariable *variable = self->variable;

    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);

        if (token->kind != SL_TOKEN_ASSIGNMENT || find_owner(tokens, i) != element ||
            !holds(token->value, variable->name))
            continue;
        sl_problems_add(self->problems, variable->live_line,
                        "'%s' is live on %s.%s, but ${%s} stands in its %s in line %u; expected "
                        "live = %s.%s",
                        variable->name, variable->live_element, variable->live_property,
                        variable->name, token->name, token->line, variable->live_element,
                        token->name);
        return;
    }
    sl_problems_add(self->problems, variable->live_line,
                    "'%s' is live on %s.%s, expected %s=${%s} on the '%s' in line %u",
                    variable->name, variable->live_element, variable->live_property,
                    variable->live_property, variable->name, element->name,
                    property != NULL ? property->line : element->line);
}

static void
check_in_section(Check *self, SlSection *section)
{
    const SlVariable *variable = self->variable;
    g_autoptr(SlProblems) ignored = sl_problems_new("");
    g_autoptr(GPtrArray) tokens = sl_section_read_tokens(section, ignored);
    SlToken *element = sl_launch_tokens_find_named(tokens, variable->live_element);
    SlToken *property =
        element != NULL ? find_property(tokens, element, variable->live_property) : NULL;

    if (element == NULL)
        return;
    self->n_elements++;
    if (property != NULL && holds(property->value, variable->name))
        self->n_properties++;
    else
        complain_of_property(self, tokens, element, property);
}

/* No element has the name: the one that was meant may have none. */
static void
complain_of_element(Check *self)
{
    const SlVariable *variable = self->variable;
    SlDescription *description = self->description;

    for (guint i = 0; i < description->sections->len; i++) {
        SlSection *section = g_ptr_array_index(description->sections, i);
        g_autoptr(SlProblems) ignored = sl_problems_new("");
        g_autoptr(GPtrArray) tokens =
            has_launch(section) ? sl_section_read_tokens(section, ignored) : g_ptr_array_new();

        for (guint j = 0; j < tokens->len; j++) {
            SlToken *token = g_ptr_array_index(tokens, j);
            SlToken *owner = find_owner(tokens, j);

            if (token->kind != SL_TOKEN_ASSIGNMENT || owner == NULL ||
                !holds(token->value, variable->name))
                continue;
            sl_problems_add(self->problems, variable->live_line,
                            "'%s' is live on '%s', but no element has that name; expected name=%s "
                            "on the '%s' in line %u, which has ${%s}",
                            variable->name, variable->live_element, variable->live_element,
                            owner->name, owner->line, variable->name);
            return;
        }
    }
    sl_problems_add(self->problems, variable->live_line,
                    "'%s' is live on '%s', expected an element with name=%s in [source] or a "
                    "[viewer TRACK]",
                    variable->name, variable->live_element, variable->live_element);
}

/* Where it stands besides, it would stay as it was. */
static void
check_other_uses(Check *self, SlSection *section)
{
    const SlVariable *variable = self->variable;
    g_autoptr(SlProblems) ignored = sl_problems_new("");
    g_autoptr(GPtrArray) tokens = sl_section_read_tokens(section, ignored);
    SlToken *element = sl_launch_tokens_find_named(tokens, variable->live_element);
    SlToken *own = element != NULL ? find_property(tokens, element, variable->live_property) : NULL;

    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);

        if (token != own && (token->kind == SL_TOKEN_ASSIGNMENT || token->kind == SL_TOKEN_CAPS) &&
            holds(token->value, variable->name))
            sl_problems_add(self->problems, variable->live_line,
                            "'%s' is live on %s.%s, but ${%s} stands in line %u too, where it "
                            "can't change while it runs; expected a variable of its own there, or "
                            "no live",
                            variable->name, variable->live_element, variable->live_property,
                            variable->name, token->line);
    }
}

/* `${capture}` asks the camera for these. */
static gboolean
is_asked_for(SlDescription *self, const char *name)
{
    return self->captured_codec != NULL &&
           (g_str_equal(name, "width") || g_str_equal(name, "height") ||
            g_str_equal(name, "framerate"));
}

static void
check_variable(Check *self)
{
    GPtrArray *sections = self->description->sections;

    for (guint i = 0; i < sections->len; i++) {
        if (has_launch(g_ptr_array_index(sections, i)))
            check_in_section(self, g_ptr_array_index(sections, i));
    }
    if (self->n_elements == 0)
        complain_of_element(self);
    if (self->n_properties == 0)
        return;
    for (guint i = 0; i < sections->len; i++) {
        if (has_launch(g_ptr_array_index(sections, i)))
            check_other_uses(self, g_ptr_array_index(sections, i));
    }
    if (is_asked_for(self->description, self->variable->name))
        sl_problems_add(self->problems, self->variable->live_line,
                        "'%s' is live, but the camera is asked for it, too; expected no live, or "
                        "another name",
                        self->variable->name);
}

static void
check_shared(SlDescription *self, guint n, SlProblems *problems)
{
    SlVariable *variable = g_ptr_array_index(self->variables, n);

    for (guint i = 0; i < n; i++) {
        SlVariable *first = g_ptr_array_index(self->variables, i);

        if (g_strcmp0(first->live_element, variable->live_element) == 0 &&
            g_strcmp0(first->live_property, variable->live_property) == 0)
            sl_problems_add(problems, variable->live_line,
                            "'%s' is live on %s.%s, as '%s' in line %u is; expected one variable "
                            "for it",
                            variable->name, variable->live_element, variable->live_property,
                            first->name, first->live_line);
    }
}

void
sl_description_check_live(SlDescription *self, SlProblems *problems)
{
    for (guint i = 0; i < self->variables->len; i++) {
        SlVariable *variable = g_ptr_array_index(self->variables, i);
        Check check = { .description = self, .variable = variable, .problems = problems };

        if (variable->live_element == NULL)
            continue;
        check_variable(&check);
        check_shared(self, i, problems);
    }
}

/* --- with GStreamer --- */

/* A slider's end that the element refuses would be found by whoever drags it there. */
static void
check_limit(SlDescription *self, const SlVariable *variable, const char *limit, SlToken *element,
            SlToken *property, SlProblems *problems)
{
    g_autofree char *setting = g_strconcat(variable->name, "=", limit, NULL);
    const char *const settings[] = { setting, NULL };
    g_autoptr(SlValues) values = sl_values_new(self, settings, NULL);
    g_autofree char *text = values != NULL ? sl_values_expand_text(values, property->value) : NULL;
    g_autofree char *expected =
        text != NULL ? sl_element_find_value_fault(element->name, variable->live_property, text)
                     : NULL;

    if (expected != NULL)
        sl_problems_add(problems, variable->live_line,
                        "'%s' may be %s, which makes %s=%s of it; '%s' expects %s", variable->name,
                        limit, variable->live_property, text, element->name, expected);
}

static void
check_live_property(SlDescription *self, SlSection *section, const SlVariable *variable,
                    SlProblems *problems)
{
    g_autoptr(SlProblems) ignored = sl_problems_new("");
    g_autoptr(GPtrArray) tokens = sl_section_read_tokens(section, ignored);
    SlToken *element = sl_launch_tokens_find_named(tokens, variable->live_element);
    SlToken *property =
        element != NULL ? find_property(tokens, element, variable->live_property) : NULL;
    g_autofree char *fault =
        property != NULL ? sl_element_find_live_fault(element->name, variable->live_property)
                         : NULL;

    if (fault != NULL)
        sl_problems_add(problems, variable->live_line, "'%s' is live, but %s", variable->name,
                        fault);
    if (property != NULL && variable->min != NULL)
        check_limit(self, variable, variable->min, element, property, problems);
    if (property != NULL && variable->max != NULL)
        check_limit(self, variable, variable->max, element, property, problems);
}

void
sl_description_check_live_properties(SlDescription *self, SlSection *section, SlProblems *problems)
{
    for (guint i = 0; i < self->variables->len; i++) {
        const SlVariable *variable = g_ptr_array_index(self->variables, i);

        if (variable->live_element != NULL)
            check_live_property(self, section, variable, problems);
    }
}

/* --- changes --- */

static void
setting_free(gpointer data)
{
    sl_live_setting_free(data);
}

static void
add_setting(GPtrArray *settings, SlDescription *self, SlSection *section,
            const SlVariable *variable, SlValues *values)
{
    g_autoptr(SlProblems) ignored = sl_problems_new("");
    g_autoptr(GPtrArray) tokens = sl_section_read_tokens(section, ignored);
    SlToken *element = sl_launch_tokens_find_named(tokens, variable->live_element);
    SlToken *property =
        element != NULL ? find_property(tokens, element, variable->live_property) : NULL;
    SlLiveSetting *setting;

    if (property == NULL)
        return;
    setting = g_new0(SlLiveSetting, 1);
    setting->file = g_strdup(self->file);
    setting->line = property->line;
    setting->track = g_strdup(section->argument);
    setting->element = g_strdup(variable->live_element);
    setting->property = g_strdup(variable->live_property);
    setting->text = sl_values_expand_text(values, property->value);
    g_ptr_array_add(settings, setting);
}

GPtrArray *
sl_description_get_live_settings(SlDescription *self, SlValues *from, SlValues *to, GError **error)
{
    g_autoptr(GPtrArray) settings = g_ptr_array_new_with_free_func(setting_free);

    for (guint i = 0; i < self->variables->len; i++) {
        const SlVariable *variable = g_ptr_array_index(self->variables, i);
        g_autofree char *before = sl_values_get_text(from, variable->name);
        g_autofree char *after = sl_values_get_text(to, variable->name);

        if (g_strcmp0(before, after) == 0)
            continue;
        if (variable->live_element == NULL) {
            g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE,
                        "%s is not live: it takes another pipeline", variable->name);
            return NULL;
        }
        for (guint j = 0; j < self->sections->len; j++) {
            SlSection *section = g_ptr_array_index(self->sections, j);

            if (has_launch(section))
                add_setting(settings, self, section, variable, to);
        }
    }
    return g_steal_pointer(&settings);
}
