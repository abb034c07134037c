#include "sl-description-ranges.h"

#include <gst/gst.h>
#include <string.h>

/* -1, 0 or 1; FALSE where they are no numbers of the same sort. */
static gboolean
compare_ends(const char *low, const char *high, int *ret_order)
{
    g_auto(GValue) a = G_VALUE_INIT;
    g_auto(GValue) b = G_VALUE_INIT;
    gint64 int_a, int_b;

    if (g_ascii_string_to_signed(low, 10, G_MININT64, G_MAXINT64, &int_a, NULL) &&
        g_ascii_string_to_signed(high, 10, G_MININT64, G_MAXINT64, &int_b, NULL)) {
        *ret_order = int_a < int_b ? -1 : int_a > int_b;
        return TRUE;
    }
    g_value_init(&a, GST_TYPE_FRACTION);
    g_value_init(&b, GST_TYPE_FRACTION);
    if (gst_value_deserialize(&a, low) && gst_value_deserialize(&b, high)) {
        int order = gst_value_compare(&a, &b);

        *ret_order = order == GST_VALUE_LESS_THAN ? -1 : order == GST_VALUE_GREATER_THAN;
        return TRUE;
    }
    return FALSE;
}

static char *
strip_quotes(char *text)
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
    int order;

    if (g_strv_length(ends) != 2)
        return FALSE;
    return compare_ends(strip_quotes(ends[0]), strip_quotes(ends[1]), &order) && order < 0;
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
