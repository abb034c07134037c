#include "sl-json.h"
#include "sl-error.h"
#include "sl-json-scan.h"

#include <string.h>

JsonObject *
sl_json_parse_object(const char *text, gsize len, GError **error)
{
    g_autoptr(JsonParser) parser = NULL;

    if (len > SL_JSON_MAX_BYTES) {
        g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_TOO_LARGE,
                    "JSON of %" G_GSIZE_FORMAT " bytes, at most %d are allowed", len,
                    SL_JSON_MAX_BYTES);
        return NULL;
    }
    if (!sl_json_scan(text, len, SL_JSON_MAX_DEPTH, error))
        return NULL;

    parser = json_parser_new();
    if (!json_parser_load_from_data(parser, text, len, NULL) ||
        !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser))) {
        g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID, "JSON could not be read");
        return NULL;
    }
    return json_object_ref(json_node_get_object(json_parser_get_root(parser)));
}

static gboolean
wrong_type(JsonNode *node, const char *name, const char *expected, GError **error)
{
    const char *found = node == NULL                                       ? "nothing"
                        : JSON_NODE_HOLDS_NULL(node)                       ? "null"
                        : JSON_NODE_HOLDS_OBJECT(node)                     ? "an object"
                        : JSON_NODE_HOLDS_ARRAY(node)                      ? "an array"
                        : json_node_get_value_type(node) == G_TYPE_STRING  ? "a string"
                        : json_node_get_value_type(node) == G_TYPE_BOOLEAN ? "a boolean"
                        : json_node_get_value_type(node) == G_TYPE_INT64   ? "an integer"
                                                                           : "a number";

    g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID, "“%s” is %s, expected %s", name, found,
                expected);
    return FALSE;
}

static gboolean
holds(JsonNode *node, GType type)
{
    return node != NULL && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type;
}

gboolean
sl_json_get_string(JsonObject *object, const char *name, gsize max_bytes, const char **ret_value,
                   GError **error)
{
    JsonNode *node = json_object_get_member(object, name);
    const char *value;

    if (!holds(node, G_TYPE_STRING))
        return wrong_type(node, name, "a string", error);
    value = json_node_get_string(node);
    if (strlen(value) > max_bytes) {
        g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                    "“%s” has %" G_GSIZE_FORMAT " bytes, expected at most %" G_GSIZE_FORMAT, name,
                    strlen(value), max_bytes);
        return FALSE;
    }
    *ret_value = value;
    return TRUE;
}

gboolean
sl_json_get_integer(JsonObject *object, const char *name, gint64 min, gint64 max, gint64 *ret_value,
                    GError **error)
{
    JsonNode *node = json_object_get_member(object, name);
    gint64 value;

    if (!holds(node, G_TYPE_INT64))
        return wrong_type(node, name, "an integer", error);
    value = json_node_get_int(node);
    if (value < min || value > max) {
        g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                    "“%s” is %" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT
                    " to %" G_GINT64_FORMAT,
                    name, value, min, max);
        return FALSE;
    }
    *ret_value = value;
    return TRUE;
}

static gboolean
is_absent(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node == NULL || JSON_NODE_HOLDS_NULL(node);
}

gboolean
sl_json_get_optional_string(JsonObject *object, const char *name, gsize max_bytes,
                            const char **ret_value, GError **error)
{
    if (!is_absent(object, name))
        return sl_json_get_string(object, name, max_bytes, ret_value, error);
    *ret_value = NULL;
    return TRUE;
}

gboolean
sl_json_get_optional_integer(JsonObject *object, const char *name, gint64 min, gint64 max,
                             gint64 fallback, gint64 *ret_value, GError **error)
{
    if (!is_absent(object, name))
        return sl_json_get_integer(object, name, min, max, ret_value, error);
    *ret_value = fallback;
    return TRUE;
}

gboolean
sl_json_get_optional_number(JsonObject *object, const char *name, double min, double max,
                            double fallback, double *ret_value, GError **error)
{
    JsonNode *node = json_object_get_member(object, name);
    double value;

    if (is_absent(object, name)) {
        *ret_value = fallback;
        return TRUE;
    }
    if (!holds(node, G_TYPE_INT64) && !holds(node, G_TYPE_DOUBLE))
        return wrong_type(node, name, "a number", error);
    value = json_node_get_double(node);
    if (value < min || value > max) {
        g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                    "“%s” is %g, expected %.0f to %.0f", name, value, min, max);
        return FALSE;
    }
    *ret_value = value;
    return TRUE;
}

gboolean
sl_json_get_optional_boolean(JsonObject *object, const char *name, gboolean fallback,
                             gboolean *ret_value, GError **error)
{
    JsonNode *node = json_object_get_member(object, name);

    if (is_absent(object, name)) {
        *ret_value = fallback;
        return TRUE;
    }
    if (!holds(node, G_TYPE_BOOLEAN))
        return wrong_type(node, name, "true or false", error);
    *ret_value = json_node_get_boolean(node);
    return TRUE;
}
