#include "sl-description-ranges.h"

#include <gst/gst.h>
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

/* What stands between the brackets: two numbers in order, and no step: 1.22 asserts on wrong ones.
 */
static gboolean
is_sound(const char *inside)
{
    g_auto(GStrv) ends = g_strsplit(inside, ",", 4);
    double low, high;

    if (g_strv_length(ends) != 2)
        return FALSE;
    return read_end(strip_type(ends[0]), &low) && read_end(strip_type(ends[1]), &high) &&
           low < high;
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
