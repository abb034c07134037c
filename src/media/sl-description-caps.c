#include "sl-description-caps.h"

#include <gst/gst.h>
#include <math.h>
#include <string.h>

static gboolean
read_end(const char *text, double *ret_value)
{
    g_auto(GValue) fraction = G_VALUE_INIT;
    char *end;

    if (g_str_equal(text, "min") || g_str_equal(text, "max")) {
        *ret_value = text[1] == 'i' ? G_MININT : G_MAXINT;
        return TRUE;
    }
    g_value_init(&fraction, GST_TYPE_FRACTION);
    if (strchr(text, '/') != NULL && gst_value_deserialize(&fraction, text)) {
        *ret_value = gst_value_get_fraction_numerator(&fraction) /
                     (double)gst_value_get_fraction_denominator(&fraction);
        return TRUE;
    }
    if (!g_ascii_isdigit(text[0]) && text[0] != '-')
        return FALSE;
    *ret_value = g_ascii_strtod(text, &end);
    return end != text && *end == '\0';
}

static char *
strip_type(char *text)
{
    g_strstrip(text);
    if (*text == '(' && strchr(text, ')') != NULL)
        text = g_strstrip(strchr(text, ')') + 1);
    return text;
}

/* 1.22 asserts that both ends are multiples of the step. */
static gboolean
is_step_sound(const char *text, double low, double high)
{
    guint64 step;

    return g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT, &step, NULL) && fmod(low, step) == 0 &&
           fmod(high, step) == 0;
}

/* What stands between the brackets: two numbers in order, and maybe a step that they are multiples
 * of. */
static gboolean
is_sound(const char *inside)
{
    g_auto(GStrv) parts = g_strsplit(inside, ",", 4);
    guint n_parts = g_strv_length(parts);
    double low, high;

    if (n_parts < 2 || n_parts > 3 || !read_end(strip_type(parts[0]), &low) ||
        !read_end(strip_type(parts[1]), &high) || low >= high)
        return FALSE;
    return n_parts == 2 || is_step_sound(g_strstrip(parts[2]), low, high);
}

gboolean
sl_ranges_are_sound(const char *text)
{
    while ((text = strchr(text, '[')) != NULL) {
        const char *close = strchr(text, ']');
        g_autofree char *inside = close != NULL ? g_strndup(text + 1, close - text - 1) : NULL;

        if (inside == NULL || !is_sound(inside))
            return FALSE;
        text = close;
    }
    return TRUE;
}

static const char *const plain_types[] = {
    "int",    "i",   "uint", "u",       "int64", "uint64", "float",   "f",        "double", "d",
    "string", "str", "s",    "boolean", "bool",  "b",      "bitmask", "fraction", NULL,
};

/* `memory:DMABuf` */
static gboolean
is_feature(const char *text)
{
    const char *colon = strchr(text, ':');
    const char *p = text;

    while (g_ascii_isalpha(*p))
        p++;
    if (p == text || p != colon)
        return FALSE;
    for (p++; g_ascii_isalnum(*p);)
        p++;
    return p > colon + 1 && *p == '\0';
}

/* What follows a media type's `(memory:DMABuf)`; NULL where that is wrong. */
static const char *
skip_features(const char *text)
{
    const char *close = strchr(text, ')');
    g_autofree char *inside = close != NULL ? g_strndup(text + 1, close - text - 1) : NULL;
    g_auto(GStrv) features = inside != NULL ? g_strsplit(inside, ",", 8) : NULL;

    if (features == NULL || features[0] == NULL)
        return NULL;
    for (guint i = 0; features[i] != NULL; i++) {
        if (!is_feature(features[i] + (i > 0 ? strspn(features[i], " ") : 0)))
            return NULL;
    }
    return close + 1;
}

static gboolean
are_types_plain(const char *text)
{
    while ((text = strchr(text, '(')) != NULL) {
        const char *close = strchr(text, ')');
        g_autofree char *type = close != NULL ? g_strndup(text + 1, close - text - 1) : NULL;

        if (type == NULL || !g_strv_contains(plain_types, g_strstrip(type)))
            return FALSE;
        text = close;
    }
    return TRUE;
}

static const char *
find_structure_fault(const char *text)
{
    text += strspn(text, " \t\n");
    if (!g_ascii_isalpha(*text))
        return "TYPE/SUBTYPE,FIELD=VALUE,…";
    /* GStreamer 0.10's names. */
    if (g_str_has_prefix(text, "video/x-raw-") || g_str_has_prefix(text, "audio/x-raw-"))
        return "video/x-raw,format=… or audio/x-raw,format=…";
    while (g_ascii_isalnum(*text) || (*text != '\0' && strchr("/-_.:+", *text) != NULL))
        text++;
    if (*text == '(')
        text = skip_features(text);
    if (text == NULL)
        return "features as (memory:DMABuf)";
    text += strspn(text, " \t\n");
    if (*text != '\0' && *text != ',')
        return "TYPE/SUBTYPE,FIELD=VALUE,…";
    return are_types_plain(text)
               ? NULL
               : "types of fields from int, uint, double, string, boolean, fraction and bitmask";
}

const char *
sl_caps_find_fault(const char *text)
{
    g_auto(GStrv) structures = g_strsplit(text, ";", -1);

    for (guint i = 0; structures[i] != NULL; i++) {
        const char *fault = find_structure_fault(structures[i]);

        if (fault != NULL)
            return fault;
    }
    return sl_ranges_are_sound(text) ? NULL : "ranges [LOW,HIGH] with LOW below HIGH";
}

static const struct {
    const char *name;
    gboolean is_fraction;
} number_fields[] = {
    { "width", FALSE },    { "height", FALSE },
    { "framerate", TRUE }, { "pixel-aspect-ratio", TRUE },
    { "rate", FALSE },     { "channels", FALSE },
};

/* Ranges and lists of them, too. */
static gboolean
is_number(const GValue *value, gboolean is_fraction)
{
    if (is_fraction)
        return GST_VALUE_HOLDS_FRACTION(value) || GST_VALUE_HOLDS_FRACTION_RANGE(value);
    return G_VALUE_HOLDS_INT(value) || GST_VALUE_HOLDS_INT_RANGE(value);
}

static char *
find_odd_field(const GstStructure *structure)
{
    for (guint i = 0; i < G_N_ELEMENTS(number_fields); i++) {
        const GValue *value = gst_structure_get_value(structure, number_fields[i].name);
        const GValue *first = value;
        g_autofree char *text = NULL;

        if (value != NULL && GST_VALUE_HOLDS_LIST(value) && gst_value_list_get_size(value) > 0)
            first = gst_value_list_get_value(value, 0);
        if (value == NULL || is_number(first, number_fields[i].is_fraction))
            continue;
        text = gst_value_serialize(value);
        return g_strdup_printf("found %s=%s in caps, expected %s", number_fields[i].name, text,
                               number_fields[i].is_fraction ? "a fraction, as 30/1"
                                                            : "a whole number");
    }
    return NULL;
}

char *
sl_caps_find_odd_field(GstCaps *caps)
{
    char *odd = NULL;

    for (guint i = 0; i < gst_caps_get_size(caps) && odd == NULL; i++)
        odd = find_odd_field(gst_caps_get_structure(caps, i));
    return odd;
}
