#include "sl-live-setting.h"

#include <string.h>

#include "sl-property-value.h"

#define CHANGEABLE (GST_PARAM_MUTABLE_PLAYING | GST_PARAM_CONTROLLABLE)
#define MUTABLE (GST_PARAM_MUTABLE_READY | GST_PARAM_MUTABLE_PAUSED | GST_PARAM_MUTABLE_PLAYING)

void
sl_live_setting_free(SlLiveSetting *self)
{
    if (self == NULL)
        return;
    g_free(self->file);
    g_free(self->track);
    g_free(self->element);
    g_free(self->property);
    g_free(self->text);
    g_free(self);
}

/* --- may it be changed? --- */

/* Some authors of elements flag what changes while they run, others never flag anything. */
static gboolean
has_flagged(GObjectClass *class, GType owner)
{
    guint n;
    g_autofree GParamSpec **specs = g_object_class_list_properties(class, &n);

    for (guint i = 0; i < n; i++) {
        if (specs[i]->owner_type == owner && (specs[i]->flags & GST_PARAM_MUTABLE_PLAYING) != 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_changeable(GObjectClass *class, GParamSpec *spec)
{
    if ((spec->flags & G_PARAM_CONSTRUCT_ONLY) != 0)
        return FALSE;
    if ((spec->flags & CHANGEABLE) != 0)
        return TRUE;
    return (spec->flags & MUTABLE) == 0 && !has_flagged(class, spec->owner_type);
}

/* Whether there is such a property is said where it is set. */
static GParamSpec *
find_property(const char *factory, const char *property, GstElement **ret_example)
{
    GstElement *made = gst_element_factory_make(factory, NULL);

    *ret_example = made != NULL ? gst_object_ref_sink(made) : NULL;
    return made != NULL ? g_object_class_find_property(G_OBJECT_GET_CLASS(made), property) : NULL;
}

char *
sl_element_find_live_fault(const char *factory, const char *property)
{
    g_autoptr(GstElement) example = NULL;
    GParamSpec *spec = find_property(factory, property, &example);

    if (spec == NULL || is_changeable(G_OBJECT_GET_CLASS(example), spec))
        return NULL;
    return g_strdup_printf("'%s' takes '%s' only before it runs; expected no live: a change "
                           "then builds the pipeline anew",
                           factory, property);
}

char *
sl_element_find_value_fault(const char *factory, const char *property, const char *text)
{
    g_autoptr(GstElement) example = NULL;
    GParamSpec *spec = find_property(factory, property, &example);
    g_auto(GValue) value = G_VALUE_INIT;

    return spec != NULL && sl_property_is_plain(spec) ? sl_property_read_value(spec, text, &value)
                                                      : NULL;
}

/* --- changing it --- */

static gboolean
fail(const SlLiveSetting *self, GError **error, const char *found, const char *expected)
{
    g_autofree char *text = sl_problems_quote(self->text);

    g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE, "%s:%u: %s.%s=%s: %s%s", self->file,
                self->line, self->element, self->property, text, found, expected);
    return FALSE;
}

/* An element that takes a property only before it runs keeps what it had, with a warning in
 * GStreamer's log at most. What it rounds, it has taken. */
static gboolean
set_property(GstElement *element, GParamSpec *spec, const GValue *value)
{
    g_auto(GValue) before = G_VALUE_INIT;
    g_auto(GValue) after = G_VALUE_INIT;

    if ((spec->flags & G_PARAM_READABLE) == 0) {
        g_object_set_property(G_OBJECT(element), spec->name, value);
        return TRUE;
    }
    g_value_init(&before, spec->value_type);
    g_value_init(&after, spec->value_type);
    g_object_get_property(G_OBJECT(element), spec->name, &before);
    g_object_set_property(G_OBJECT(element), spec->name, value);
    g_object_get_property(G_OBJECT(element), spec->name, &after);
    return g_param_values_cmp(spec, &after, &before) != 0 ||
           gst_value_compare(&before, value) == GST_VALUE_EQUAL;
}

gboolean
sl_live_setting_apply(const SlLiveSetting *self, GstBin *bin, GError **error)
{
    g_autoptr(GstElement) element = gst_bin_get_by_name(bin, self->element);
    GParamSpec *spec =
        element != NULL ? g_object_class_find_property(G_OBJECT_GET_CLASS(element), self->property)
                        : NULL;
    g_auto(GValue) value = G_VALUE_INIT;
    g_autofree char *expected = NULL;

    if (spec == NULL || (spec->flags & G_PARAM_WRITABLE) == 0 || !sl_property_is_plain(spec))
        return fail(self, error, "nothing that runs has this property", "");
    expected = sl_property_read_value(spec, self->text, &value);
    if (expected != NULL)
        return fail(self, error, "expected ", expected);
    if (!set_property(element, spec, &value))
        return fail(self, error, "the element does not take it while it runs", "");
    return TRUE;
}
