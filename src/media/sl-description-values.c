#include "sl-description-private.h"

#include <string.h>

static gboolean
set_value(SlValues *self, const char *name, const char *text, GError **error)
{
    const SlVariable *variable = sl_description_get_variable(self->description, name);
    g_autofree const char **names = sl_description_list_variables(self->description);
    g_autofree char *expected = NULL;
    g_autofree char *found = NULL;

    if (variable == NULL) {
        g_autofree char *hint = sl_problems_did_you_mean(name, names);
        g_autofree char *known = g_strjoinv(", ", (char **)names);

        found = sl_problems_quote(name);
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION,
                    "%s has no variable %s, expected %s%s", self->description->name, found,
                    names[0] != NULL ? known : "none: it has no variables", hint);
        return FALSE;
    }
    expected = sl_variable_check(variable, text);
    if (expected != NULL) {
        found = sl_problems_quote(text);
        g_set_error(
            error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION, "%s is %s, expected %s%s%s%s", name,
            found, expected, variable->unit != NULL ? " (" : "",
            variable->unit != NULL ? variable->unit : "", variable->unit != NULL ? ")" : "");
        return FALSE;
    }
    g_hash_table_insert(self->texts, variable->name, g_strdup(text));
    return TRUE;
}

static gboolean
set_setting(SlValues *self, const char *setting, GError **error)
{
    const char *equals = strchr(setting, '=');
    g_autofree char *name = NULL;

    if (equals == NULL || equals == setting) {
        g_autofree char *found = sl_problems_quote(setting);

        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION,
                    "found %s, expected NAME=VALUE", found);
        return FALSE;
    }
    name = g_strndup(setting, equals - setting);
    return set_value(self, name, equals + 1, error);
}

static SlValues *
values_new(SlDescription *description)
{
    SlValues *self = g_new0(SlValues, 1);

    g_ref_count_init(&self->ref_count);
    self->description = sl_description_ref(description);
    self->texts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    return self;
}

static SlValues *
change(SlValues *values, const char *const *settings, GError **error)
{
    g_autoptr(SlValues) self = values;

    for (; settings != NULL && *settings != NULL; settings++) {
        if (!set_setting(self, *settings, error))
            return NULL;
    }
    return g_steal_pointer(&self);
}

SlValues *
sl_values_new(SlDescription *description, const char *const *settings, GError **error)
{
    SlValues *self = values_new(description);

    for (guint i = 0; i < description->variables->len; i++) {
        SlVariable *variable = g_ptr_array_index(description->variables, i);

        g_hash_table_insert(self->texts, variable->name, g_strdup(variable->value));
    }
    return change(self, settings, error);
}

SlValues *
sl_values_new_changed(SlValues *values, const char *const *settings, GError **error)
{
    SlValues *self = values_new(values->description);
    GHashTableIter iter;
    gpointer name, text;

    g_hash_table_iter_init(&iter, values->texts);
    while (g_hash_table_iter_next(&iter, &name, &text))
        g_hash_table_insert(self->texts, name, g_strdup(text));
    return change(self, settings, error);
}

SlValues *
sl_values_ref(SlValues *self)
{
    g_ref_count_inc(&self->ref_count);
    return self;
}

void
sl_values_unref(SlValues *self)
{
    if (self == NULL || !g_ref_count_dec(&self->ref_count))
        return;
    g_hash_table_unref(self->texts);
    sl_description_unref(self->description);
    g_free(self);
}

gint64
sl_values_get_int(SlValues *self, const char *name, gint64 fallback)
{
    const SlVariable *variable = sl_description_get_variable(self->description, name);

    if (variable == NULL || variable->type != SL_VARIABLE_INT)
        return fallback;
    return g_ascii_strtoll(g_hash_table_lookup(self->texts, name), NULL, 10);
}

char *
sl_values_get_text(SlValues *self, const char *name)
{
    return g_strdup(g_hash_table_lookup(self->texts, name));
}

gboolean
sl_values_equal(SlValues *a, SlValues *b)
{
    GHashTableIter iter;
    gpointer name, text;

    if (g_hash_table_size(a->texts) != g_hash_table_size(b->texts))
        return FALSE;
    g_hash_table_iter_init(&iter, a->texts);
    while (g_hash_table_iter_next(&iter, &name, &text)) {
        if (g_strcmp0(g_hash_table_lookup(b->texts, name), text) != 0)
            return FALSE;
    }
    return TRUE;
}

SlDescription *
sl_values_get_description(SlValues *self)
{
    return self->description;
}
