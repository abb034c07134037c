#include "sl-controls-api.h"

#include "sl-answer.h"
#include "sl-json.h"
#include "sl-pending.h"

/* More than any camera has. */
#define MAX_SETTINGS 256
/* A camera may take seconds; one that takes longer hangs. */
#define ANSWER_TIMEOUT_S 15
#define RETRY_AFTER_S "1"

/* --- what is answered --- */

static void
set_number(JsonObject *object, const char *name, const SlCameraControl *control, gint64 number)
{
    if (control->type == SL_CONTROL_BOOLEAN)
        json_object_set_boolean_member(object, name, number != 0);
    else
        json_object_set_int_member(object, name, number);
}

static void
add_items(JsonObject *object, const SlCameraControl *control)
{
    JsonArray *values = json_array_new();

    for (guint i = 0; i < control->items->len; i++) {
        const SlControlItem *item = &g_array_index(control->items, SlControlItem, i);
        JsonObject *value = json_object_new();

        json_object_set_int_member(value, "value", item->value);
        json_object_set_string_member(value, "label", item->label);
        json_array_add_object_element(values, value);
    }
    json_object_set_array_member(object, "values", values);
}

static JsonObject *
control_to_json(const SlCameraControl *control)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "name", control->name);
    json_object_set_string_member(object, "label", control->label);
    json_object_set_string_member(object, "type", sl_control_type_to_string(control->type));
    if (control->type == SL_CONTROL_INTEGER) {
        json_object_set_int_member(object, "min", control->min);
        json_object_set_int_member(object, "max", control->max);
        json_object_set_int_member(object, "step", (gint64)MIN(control->step, G_MAXINT64));
    }
    if (control->type == SL_CONTROL_MENU)
        add_items(object, control);
    if (control->type != SL_CONTROL_BUTTON) {
        set_number(object, "default", control, control->initial);
        if (control->has_value)
            set_number(object, "value", control, control->value);
        else
            json_object_set_null_member(object, "value");
    }
    json_object_set_boolean_member(object, "read_only", control->is_read_only);
    json_object_set_boolean_member(object, "inactive", control->is_inactive);
    json_object_set_boolean_member(object, "volatile", control->is_volatile);
    json_object_set_boolean_member(object, "grabbed", control->is_grabbed);
    return object;
}

static void
answer_controls(SoupServerMessage *msg, GPtrArray *controls)
{
    g_autoptr(JsonObject) object = json_object_new();
    JsonArray *array = json_array_new();

    for (guint i = 0; i < controls->len; i++)
        json_array_add_object_element(array, control_to_json(g_ptr_array_index(controls, i)));
    json_object_set_array_member(object, "controls", array);
    sl_answer_json(msg, sl_json_to_text(object));
}

static guint
status_of(const GError *error)
{
    if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE))
        return SOUP_STATUS_BAD_REQUEST;
    if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_REFUSED))
        return SOUP_STATUS_CONFLICT;
    return SOUP_STATUS_SERVICE_UNAVAILABLE;
}

static void
answer_error(SoupServerMessage *msg, const GError *error)
{
    if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED))
        soup_message_headers_replace(soup_server_message_get_response_headers(msg), "Retry-After",
                                     RETRY_AFTER_S);
    sl_stream_api_answer_error(msg, status_of(error), error);
}

static void
on_controls(GPtrArray *controls, const GError *error, gpointer user_data)
{
    g_autoptr(SlPending) pending = user_data;
    SoupServerMessage *msg = sl_pending_get_message(pending);

    if (msg == NULL)
        return;
    if (controls != NULL)
        answer_controls(msg, controls);
    else
        answer_error(msg, error);
}

/* --- what is asked --- */

static const char *
name_of_type(JsonNode *node)
{
    if (JSON_NODE_HOLDS_OBJECT(node))
        return "an object";
    if (JSON_NODE_HOLDS_ARRAY(node))
        return "an array";
    return JSON_NODE_HOLDS_NULL(node) ? "null" : "a number with a fraction";
}

static SlControlSetting *
setting_from_json(const char *name, JsonNode *node)
{
    GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;

    if (type == G_TYPE_INT64)
        return sl_control_setting_new(name, SL_SETTING_INTEGER, json_node_get_int(node), NULL);
    if (type == G_TYPE_BOOLEAN)
        return sl_control_setting_new(name, SL_SETTING_BOOLEAN, json_node_get_boolean(node), NULL);
    if (type == G_TYPE_STRING)
        return sl_control_setting_new(name, SL_SETTING_TEXT, 0, json_node_get_string(node));
    return sl_control_setting_new(name, SL_SETTING_OTHER, 0, name_of_type(node));
}

/* Returns: (transfer full) (nullable): NULL: it has been answered why not */
static GPtrArray *
read_settings(SoupServerMessage *msg)
{
    g_autoptr(GPtrArray) settings =
        g_ptr_array_new_with_free_func((GDestroyNotify)sl_control_setting_free);
    g_autoptr(JsonObject) object = sl_stream_api_read_body(msg, "{\"NAME\": VALUE, …}");
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    if (object == NULL)
        return NULL;
    if (json_object_get_size(object) > MAX_SETTINGS) {
        sl_answer_problem(msg, SOUP_STATUS_BAD_REQUEST, "No camera has so many controls.");
        return NULL;
    }
    json_object_iter_init_ordered(&iter, object);
    while (json_object_iter_next_ordered(&iter, &name, &node))
        g_ptr_array_add(settings, setting_from_json(name, node));
    return g_steal_pointer(&settings);
}

static void
answer_absence(SoupServerMessage *msg, SlStream *stream)
{
    const GError *fault = sl_stream_get_fault(stream);
    g_autofree char *words =
        g_strdup_printf("The camera is not there%s%s.", fault != NULL ? ": " : "",
                        fault != NULL ? fault->message : "");

    sl_answer_problem(msg, SOUP_STATUS_SERVICE_UNAVAILABLE, words);
}

void
sl_controls_api_answer(const SlStreamApi *api, SoupServerMessage *msg)
{
    SlControlKeeper *keeper = sl_stream_get_controls(api->stream);
    SlInput *camera = sl_stream_get_camera(api->stream);
    g_autoptr(GPtrArray) settings = NULL;
    g_autoptr(SlPending) pending = NULL;
    g_autoptr(GError) error = NULL;
    gboolean is_put = sl_stream_api_is_put(msg);
    gboolean is_taken;

    if (is_put && (settings = read_settings(msg)) == NULL)
        return;
    if (keeper == NULL) {
        sl_answer_problem(msg, SOUP_STATUS_NOT_FOUND,
                          "This stream does not come from a camera of this machine, so it has no "
                          "controls.");
        return;
    }
    if (camera == NULL) {
        answer_absence(msg, api->stream);
        return;
    }
    pending = sl_pending_new();
    is_taken = is_put
                   ? sl_control_keeper_set(keeper, camera, settings, on_controls, pending, &error)
                   : sl_control_keeper_read(keeper, camera, on_controls, pending, &error);
    if (is_taken)
        sl_pending_begin(g_steal_pointer(&pending), api->context, msg, ANSWER_TIMEOUT_S * 1000,
                         "The camera has not answered for " G_STRINGIFY(ANSWER_TIMEOUT_S) " s.");
    else
        answer_error(msg, error);
}
