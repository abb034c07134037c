#include "sl-property-value.h"

#include <gst/gst.h>

#include "sl-description-caps.h"

const char **
sl_property_list(GObjectClass *class)
{
    guint n;
    g_autofree GParamSpec **specs = g_object_class_list_properties(class, &n);
    const char **names = g_new0(const char *, n + 1);

    for (guint i = 0; i < n; i++)
        names[i] = specs[i]->name;
    return names;
}

gboolean
sl_property_is_plain(GParamSpec *spec)
{
    return !g_type_is_a(spec->value_type, G_TYPE_OBJECT) &&
           !g_type_is_a(spec->value_type, G_TYPE_POINTER) && spec->value_type != G_TYPE_VALUE;
}

static char *
describe_enum(GParamSpec *spec)
{
    GEnumClass *class = G_PARAM_SPEC_ENUM(spec)->enum_class;
    GString *text = g_string_new("one of ");

    for (guint i = 0; i < class->n_values && i < 24; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", class->values[i].value_nick);
    return g_string_free(text, FALSE);
}

/* What a property takes, in words. */
static char *
describe_values(GParamSpec *spec)
{
    if (G_IS_PARAM_SPEC_ENUM(spec))
        return describe_enum(spec);
    if (G_IS_PARAM_SPEC_BOOLEAN(spec))
        return g_strdup("true or false");
    if (G_IS_PARAM_SPEC_INT(spec))
        return g_strdup_printf("a whole number from %d to %d", G_PARAM_SPEC_INT(spec)->minimum,
                               G_PARAM_SPEC_INT(spec)->maximum);
    if (G_IS_PARAM_SPEC_UINT(spec))
        return g_strdup_printf("a whole number from %u to %u", G_PARAM_SPEC_UINT(spec)->minimum,
                               G_PARAM_SPEC_UINT(spec)->maximum);
    if (G_IS_PARAM_SPEC_FLOAT(spec) || G_IS_PARAM_SPEC_DOUBLE(spec))
        return g_strdup("a number within its limits");
    if (G_IS_PARAM_SPEC_INT64(spec))
        return g_strdup_printf("a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                               G_PARAM_SPEC_INT64(spec)->minimum,
                               G_PARAM_SPEC_INT64(spec)->maximum);
    if (G_IS_PARAM_SPEC_UINT64(spec))
        return g_strdup_printf("a whole number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
                               G_PARAM_SPEC_UINT64(spec)->minimum,
                               G_PARAM_SPEC_UINT64(spec)->maximum);
    if (G_IS_PARAM_SPEC_LONG(spec) || G_IS_PARAM_SPEC_ULONG(spec))
        return g_strdup("a whole number within its limits");
    return g_strdup_printf("a value of type %s", g_type_name(spec->value_type));
}

/* Before GStreamer reads a text that it may warn about. */
static const char *
find_fault(GParamSpec *spec, const char *text)
{
    if (G_IS_PARAM_SPEC_STRING(spec))
        return NULL;
    if (spec->value_type == GST_TYPE_CAPS && !g_str_equal(text, "ANY"))
        return sl_caps_find_fault(text);
    if (spec->value_type == GST_TYPE_STRUCTURE)
        return sl_caps_find_fault(text);
    return sl_ranges_are_sound(text) ? NULL : "ranges [LOW,HIGH] with LOW below HIGH";
}

/* gst_value_deserialize() takes numbers that the property then clamps, silently. */
static gboolean
read_value(GParamSpec *spec, const char *text, GValue *value)
{
    g_value_init(value, spec->value_type);
    if (!gst_value_deserialize_with_pspec(value, text, spec))
        return FALSE;
    return G_IS_PARAM_SPEC_STRING(spec) || !g_param_value_validate(spec, value);
}

char *
sl_property_read_value(GParamSpec *spec, const char *text, GValue *ret_value)
{
    const char *fault = find_fault(spec, text);
    GValue value = G_VALUE_INIT;

    if (fault != NULL)
        return g_strdup(fault);
    if (!read_value(spec, text, &value)) {
        g_value_unset(&value);
        return describe_values(spec);
    }
    *ret_value = value;
    return NULL;
}
