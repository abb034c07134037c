#include "sl-pipeline-choice.h"

#include <string.h>

SlPipelineChoice *
sl_pipeline_choice_new(const char *name, const char *const *settings)
{
    SlPipelineChoice *self = g_new0(SlPipelineChoice, 1);

    self->name = g_strdup(name);
    self->settings = sl_settings_merge(settings, NULL);
    return self;
}

SlPipelineChoice *
sl_pipeline_choice_copy(const SlPipelineChoice *self)
{
    SlPipelineChoice *copy =
        sl_pipeline_choice_new(self->name, (const char *const *)self->settings);

    copy->text = self->text != NULL ? g_bytes_ref(self->text) : NULL;
    return copy;
}

void
sl_pipeline_choice_free(SlPipelineChoice *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_strfreev(self->settings);
    g_clear_pointer(&self->text, g_bytes_unref);
    g_free(self);
}

gboolean
sl_pipeline_choice_is_auto(const SlPipelineChoice *self)
{
    return g_strcmp0(self->name, SL_PIPELINE_AUTO) == 0;
}

gboolean
sl_pipeline_choice_equal(const SlPipelineChoice *a, const SlPipelineChoice *b)
{
    gboolean has_same_text = a->text == b->text || (a->text != NULL && b->text != NULL &&
                                                    g_bytes_equal(a->text, b->text));

    return has_same_text && g_strcmp0(a->name, b->name) == 0 &&
           g_strv_equal((const char *const *)a->settings, (const char *const *)b->settings);
}

/* --- settings --- */

static gboolean
have_same_name(const char *a, const char *b)
{
    gsize len = strcspn(a, "=");

    return len == strcspn(b, "=") && strncmp(a, b, len) == 0;
}

static void
add_settings(GPtrArray *all, const char *const *settings)
{
    for (; settings != NULL && *settings != NULL; settings++) {
        for (guint i = 0; i < all->len; i++) {
            if (have_same_name(g_ptr_array_index(all, i), *settings))
                g_ptr_array_remove_index(all, i);
        }
        g_ptr_array_add(all, g_strdup(*settings));
    }
}

char **
sl_settings_merge(const char *const *settings, const char *const *over)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);

    add_settings(all, settings);
    add_settings(all, over);
    g_ptr_array_add(all, NULL);
    return (char **)g_ptr_array_steal(all, NULL);
}

char **
sl_settings_keep(const char *const *settings, SlDescription *description, char **ret_left_out)
{
    g_autoptr(GStrvBuilder) kept = g_strv_builder_new();
    g_autoptr(GString) left_out = g_string_new(NULL);

    for (; settings != NULL && *settings != NULL; settings++) {
        const char *const one[] = { *settings, NULL };
        g_autoptr(SlValues) values = sl_values_new(description, one, NULL);

        if (values != NULL)
            g_strv_builder_add(kept, *settings);
        else
            g_string_append_printf(left_out, "%s%s", left_out->len > 0 ? ", " : "", *settings);
    }
    *ret_left_out = left_out->len > 0 ? g_strdup(left_out->str) : NULL;
    return g_strv_builder_end(kept);
}

/* --- what is next --- */

guint
sl_switch_take(guint *due, const SlPipelineChoice *present, gboolean is_busy)
{
    guint taken;

    if (is_busy)
        return 0;
    /* Who chose by name has chosen; a text has no file. */
    if (!sl_pipeline_choice_is_auto(present))
        *due &= ~(guint)SL_SWITCH_DUE_INPUT;
    if (present->text != NULL)
        *due &= ~(guint)SL_SWITCH_DUE_FILE;

    for (taken = SL_SWITCH_DUE_CHOICE; taken <= SL_SWITCH_DUE_FILE; taken <<= 1) {
        if ((*due & taken) == 0)
            continue;
        *due = 0; /* all of it reads the files anew */
        return taken;
    }
    return 0;
}
