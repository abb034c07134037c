#include "sl-variables-api.h"

#include <string.h>

#include "sl-answer.h"
#include "sl-json.h"
#include "sl-pending.h"
#include "sl-pipeline-api.h"

#define EXPECTED "{\"NAME\": VALUE, …}"
/* More than any description has. */
#define MAX_SETTINGS 256

/* --- what is answered --- */

static void
set_value(JsonObject *object, const char *name, SlVariableType type, const char *text)
{
    switch (type) {
    case SL_VARIABLE_INT:
        json_object_set_int_member(object, name, g_ascii_strtoll(text, NULL, 10));
        return;
    case SL_VARIABLE_NUMBER:
        json_object_set_double_member(object, name, g_ascii_strtod(text, NULL));
        return;
    case SL_VARIABLE_BOOL:
        json_object_set_boolean_member(object, name, g_str_equal(text, "true"));
        return;
    case SL_VARIABLE_ENUM:
    case SL_VARIABLE_STRING:
        json_object_set_string_member(object, name, text);
        return;
    }
}

static JsonObject *
variable_to_json(const SlVariable *variable, SlValues *values)
{
    g_autofree char *value = sl_values_get_text(values, variable->name);
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "name", variable->name);
    json_object_set_string_member(object, "label",
                                  variable->label != NULL ? variable->label : variable->name);
    json_object_set_string_member(object, "type", sl_variable_type_to_string(variable->type));
    if (variable->unit != NULL)
        json_object_set_string_member(object, "unit", variable->unit);
    if (variable->min != NULL)
        set_value(object, "min", variable->type, variable->min);
    if (variable->max != NULL)
        set_value(object, "max", variable->type, variable->max);
    if (variable->type == SL_VARIABLE_ENUM) {
        JsonArray *array = json_array_new();

        for (guint i = 0; variable->values[i] != NULL; i++)
            json_array_add_string_element(array, variable->values[i]);
        json_object_set_array_member(object, "values", array);
    }
    set_value(object, "default", variable->type, variable->value);
    set_value(object, "value", variable->type, value);
    json_object_set_boolean_member(object, "live", variable->live_element != NULL);
    return object;
}

static void
answer_variables(SoupServerMessage *msg, SlStream *stream)
{
    SlDescription *description = sl_stream_get_description(stream);
    g_autofree const char **names = sl_description_list_variables(description);
    g_autoptr(JsonObject) object = json_object_new();
    JsonArray *array = json_array_new();

    for (guint i = 0; names[i] != NULL; i++)
        json_array_add_object_element(
            array, variable_to_json(sl_description_get_variable(description, names[i]),
                                    sl_stream_get_values(stream)));
    json_object_set_array_member(object, "variables", array);
    sl_answer_json(msg, sl_json_to_text(object));
}

static void
on_set(GObject *object, GAsyncResult *result, gpointer data)
{
    SlPipelineSwitch *pipeline = SL_PIPELINE_SWITCH(object);
    g_autoptr(SlPending) pending = data;
    SoupServerMessage *msg = sl_pending_get_message(pending);
    g_autoptr(GError) error = NULL;
    gboolean is_done = sl_pipeline_switch_finish(pipeline, result, &error);

    if (msg == NULL)
        return;
    if (is_done)
        answer_variables(msg, sl_pipeline_switch_get_stream(pipeline));
    else
        sl_pipeline_api_answer_undone(msg, error);
}

/* --- what is asked --- */

/* As it would stand after `NAME=`; NULL for what is no value. */
static char *
value_to_text(JsonNode *node)
{
    GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    if (type == G_TYPE_INT64)
        return g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
    if (type == G_TYPE_BOOLEAN)
        return g_strdup(json_node_get_boolean(node) ? "true" : "false");
    if (type == G_TYPE_STRING)
        return json_node_dup_string(node);
    /* 0.1, not 0.10000000000000001 */
    if (type == G_TYPE_DOUBLE)
        return g_strdup(
            g_ascii_formatd(number, sizeof number, "%.15g", json_node_get_double(node)));
    return NULL;
}

char **
sl_variables_from_json(JsonObject *object, GError **error)
{
    g_autoptr(GStrvBuilder) settings = g_strv_builder_new();
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    if (json_object_get_size(object) > MAX_SETTINGS) {
        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE,
                            "No description has so many variables.");
        return NULL;
    }
    json_object_iter_init_ordered(&iter, object);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        g_autofree char *found = sl_problems_quote(name);
        g_autofree char *value = value_to_text(node);
        g_autofree char *setting = g_strconcat(name, "=", value, NULL);

        if (*name == '\0' || strchr(name, '=') != NULL || value == NULL) {
            g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE, "%s is %s, expected %s", found,
                        value == NULL ? "neither a number nor true, false or a text" : "no name",
                        value == NULL ? "one of them" : "that of a variable");
            return NULL;
        }
        g_strv_builder_add(settings, setting);
    }
    return g_strv_builder_end(settings);
}

static void
put_variables(const SlStreamApi *api, SoupServerMessage *msg)
{
    g_autoptr(JsonObject) body = sl_stream_api_read_body(msg, EXPECTED);
    g_auto(GStrv) settings = NULL;
    g_autoptr(GError) error = NULL;
    SlPending *pending;

    if (body == NULL)
        return;
    settings = sl_variables_from_json(body, &error);
    if (settings == NULL) {
        sl_stream_api_answer_error(msg, SOUP_STATUS_BAD_REQUEST, error);
        return;
    }
    pending = sl_pending_new();
    sl_pending_begin(pending, api->context, msg, SL_PIPELINE_API_TIMEOUT);
    sl_pipeline_switch_set_async(api->pipeline, (const char *const *)settings, on_set, pending);
}

void
sl_variables_api_answer(const SlStreamApi *api, SoupServerMessage *msg)
{
    if (sl_stream_api_is_put(msg))
        put_variables(api, msg);
    else
        answer_variables(msg, api->stream);
}
