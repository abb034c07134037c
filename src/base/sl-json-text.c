#include "sl-json.h"

#include <math.h>

/* json-glib 1.6 writes 1e20 as `1e+20.0`, which is not JSON, and 0.1 with 17 digits. */

static void append_node(GString *text, JsonNode *node);

static void
append_string(GString *text, const char *string)
{
    g_string_append_c(text, '"');
    for (const char *p = string; *p != '\0'; p++) {
        switch (*p) {
        case '"':
        case '\\':
            g_string_append_c(text, '\\');
            g_string_append_c(text, *p);
            break;
        case '\n':
            g_string_append(text, "\\n");
            break;
        default:
            if ((guchar)*p < 0x20)
                g_string_append_printf(text, "\\u%04x", (guchar)*p);
            else
                g_string_append_c(text, *p);
        }
    }
    g_string_append_c(text, '"');
}

static void
append_double(GString *text, double value)
{
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];

    if (!isfinite(value)) {
        g_string_append(text, "null"); /* as JavaScript does */
        return;
    }
    g_ascii_formatd(buffer, sizeof buffer, "%.15g", value);
    if (g_ascii_strtod(buffer, NULL) != value)
        g_ascii_formatd(buffer, sizeof buffer, "%.17g", value);
    g_string_append(text, buffer);
}

static void
append_value(GString *text, JsonNode *node)
{
    GType type = json_node_get_value_type(node);

    if (type == G_TYPE_STRING)
        append_string(text, json_node_get_string(node));
    else if (type == G_TYPE_BOOLEAN)
        g_string_append(text, json_node_get_boolean(node) ? "true" : "false");
    else if (type == G_TYPE_DOUBLE)
        append_double(text, json_node_get_double(node));
    else
        g_string_append_printf(text, "%" G_GINT64_FORMAT, json_node_get_int(node));
}

static void
append_array(GString *text, JsonArray *array)
{
    g_string_append_c(text, '[');
    for (guint i = 0; i < json_array_get_length(array); i++) {
        if (i > 0)
            g_string_append_c(text, ',');
        append_node(text, json_array_get_element(array, i));
    }
    g_string_append_c(text, ']');
}

static void
append_object(GString *text, JsonObject *object)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;
    const char *separator = "{";

    json_object_iter_init_ordered(&iter, object);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        g_string_append(text, separator);
        append_string(text, name);
        g_string_append_c(text, ':');
        append_node(text, node);
        separator = ",";
    }
    g_string_append(text, *separator == '{' ? "{}" : "}");
}

static void
append_node(GString *text, JsonNode *node)
{
    switch (json_node_get_node_type(node)) {
    case JSON_NODE_OBJECT:
        append_object(text, json_node_get_object(node));
        break;
    case JSON_NODE_ARRAY:
        append_array(text, json_node_get_array(node));
        break;
    case JSON_NODE_VALUE:
        append_value(text, node);
        break;
    case JSON_NODE_NULL:
        g_string_append(text, "null");
        break;
    }
}

char *
sl_json_to_text(JsonObject *object)
{
    GString *text = g_string_new(NULL);

    append_object(text, object);
    return g_string_free(text, FALSE);
}

char *
sl_json_node_to_text(JsonNode *node)
{
    GString *text = g_string_new(NULL);

    append_node(text, node);
    return g_string_free(text, FALSE);
}
