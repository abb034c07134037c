#include "sl-pipeline-api.h"

#include <string.h>

#include "sl-answer.h"
#include "sl-json.h"
#include "sl-pending.h"
#include "sl-variables-api.h"

#define EXPECTED "{\"name\": NAME, \"variables\": {…}}"

/* --- what is answered --- */

static void
set_optional(JsonObject *object, const char *name, const char *text)
{
    g_autofree char *valid = text != NULL ? g_utf8_make_valid(text, -1) : NULL;

    if (valid != NULL)
        json_object_set_string_member(object, name, valid);
    else
        json_object_set_null_member(object, name);
}

void
sl_pipeline_add_to_json(SlPipelineSwitch *pipeline, JsonObject *object)
{
    SlDescription *description = sl_stream_get_description(sl_pipeline_switch_get_stream(pipeline));

    set_optional(object, "name", sl_description_get_name(description));
    json_object_set_string_member(object, "title", sl_description_get_title(description));
    json_object_set_boolean_member(object, "auto", sl_pipeline_switch_is_auto(pipeline));
    set_optional(object, "problem", sl_pipeline_switch_get_problem(pipeline));
    json_object_set_boolean_member(object, "swapping", sl_pipeline_switch_is_busy(pipeline));
}

/* A file with mistakes is listed, too: whoever chooses it is told what they are. */
static JsonObject *
listed_to_json(const char *path)
{
    g_autoptr(SlDescription) description = sl_description_load(path, NULL);
    g_autofree char *file = g_path_get_basename(path);
    JsonObject *object = json_object_new();
    JsonArray *tracks = json_array_new();

    if (g_str_has_suffix(file, ".pipeline"))
        file[strlen(file) - strlen(".pipeline")] = '\0';
    set_optional(object, "name", file);
    json_object_set_string_member(object, "title",
                                  description != NULL ? sl_description_get_title(description)
                                                      : "(has mistakes)");
    for (const char *const *track = description != NULL ? sl_description_get_tracks(description)
                                                        : NULL;
         track != NULL && *track != NULL; track++)
        json_array_add_string_element(tracks, *track);
    json_object_set_array_member(object, "tracks", tracks);
    return object;
}

static JsonArray *
library_to_json(SlPipelineSwitch *pipeline)
{
    g_autoptr(GPtrArray) paths = sl_pipeline_switch_list(pipeline);
    JsonArray *library = json_array_new();

    for (guint i = 0; i < paths->len; i++)
        json_array_add_object_element(library, listed_to_json(g_ptr_array_index(paths, i)));
    return library;
}

static void
set_text(JsonObject *object, SlStream *stream)
{
    gsize len;
    const char *data =
        g_bytes_get_data(sl_description_get_bytes(sl_stream_get_description(stream)), &len);
    g_autofree char *text = g_strndup(data, len);

    json_object_set_string_member(object, "text", text);
}

static void
answer_pipeline(SoupServerMessage *msg, SlPipelineSwitch *pipeline)
{
    g_autoptr(JsonObject) object = json_object_new();
    gboolean may_edit = sl_pipeline_switch_may_edit(pipeline);

    sl_pipeline_add_to_json(pipeline, object);
    set_optional(object, "file", sl_pipeline_switch_get_file(pipeline));
    json_object_set_boolean_member(object, "edit", may_edit);
    /* It may hold passwords. Who may replace it can read any file anyway. */
    if (may_edit)
        set_text(object, sl_pipeline_switch_get_stream(pipeline));
    json_object_set_array_member(object, "library", library_to_json(pipeline));
    json_object_set_boolean_member(object, "published",
                                   sl_stream_is_published(sl_pipeline_switch_get_stream(pipeline)));
    sl_answer_json(msg, sl_json_to_text(object));
}

void
sl_pipeline_api_answer_undone(SoupServerMessage *msg, const GError *error)
{
    guint status = SOUP_STATUS_UNPROCESSABLE_ENTITY;

    if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE))
        status = SOUP_STATUS_BAD_REQUEST;
    else if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED))
        status = SOUP_STATUS_CONFLICT;
    sl_stream_api_answer_error(msg, status, error);
}

static void
on_chosen(GObject *object, GAsyncResult *result, gpointer data)
{
    SlPipelineSwitch *pipeline = SL_PIPELINE_SWITCH(object);
    g_autoptr(SlPending) pending = data;
    SoupServerMessage *msg = sl_pending_get_message(pending);
    g_autoptr(GError) error = NULL;
    gboolean is_done = sl_pipeline_switch_finish(pipeline, result, &error);

    if (msg == NULL)
        return;
    if (is_done)
        answer_pipeline(msg, pipeline);
    else
        sl_pipeline_api_answer_undone(msg, error);
}

/* --- what is asked --- */

static gboolean
check_members(JsonObject *body, GError **error)
{
    g_autoptr(GList) names = json_object_get_members(body);

    for (GList *l = names; l != NULL; l = l->next) {
        g_autofree char *found = NULL;

        if (g_str_equal(l->data, "name") || g_str_equal(l->data, "text") ||
            g_str_equal(l->data, "variables"))
            continue;
        found = sl_problems_quote(l->data);
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE,
                    "found %s, expected name, text or variables", found);
        return FALSE;
    }
    if (json_object_has_member(body, "name") != json_object_has_member(body, "text"))
        return TRUE;
    g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE,
                        "expected one of name and text");
    return FALSE;
}

static gboolean
read_variables(JsonObject *body, SlPipelineChoice *choice, GError **error)
{
    JsonNode *node = json_object_get_member(body, "variables");

    if (node == NULL)
        return TRUE;
    if (!JSON_NODE_HOLDS_OBJECT(node)) {
        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE,
                            "\"variables\" must be an object: {\"NAME\": VALUE, …}");
        return FALSE;
    }
    g_strfreev(choice->settings);
    choice->settings = sl_variables_from_json(json_node_get_object(node), error);
    return choice->settings != NULL;
}

static gboolean
read_name(JsonObject *body, SlPipelineSwitch *pipeline, SlPipelineChoice *choice, GError **error)
{
    const char *name;

    if (!sl_json_get_string(body, "name", SL_JSON_MAX_BYTES, &name, error))
        return FALSE;
    choice->name = sl_pipeline_switch_find(pipeline, name, error);
    return choice->name != NULL;
}

static gboolean
read_text(JsonObject *body, SlPipelineSwitch *pipeline, SlPipelineChoice *choice, GError **error)
{
    const char *text;

    if (!sl_pipeline_switch_may_edit(pipeline)) {
        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION,
                            "A description can read and write files: texts are taken where the "
                            "server was started with --allow-edit.");
        return FALSE;
    }
    if (!sl_json_get_string(body, "text", SL_JSON_MAX_BYTES, &text, error))
        return FALSE;
    choice->text = g_bytes_new(text, strlen(text));
    return TRUE;
}

static guint
status_of(const GError *error)
{
    if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND))
        return SOUP_STATUS_NOT_FOUND;
    if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION))
        return SOUP_STATUS_FORBIDDEN;
    return SOUP_STATUS_BAD_REQUEST;
}

static void
put_pipeline(const SlStreamApi *api, SoupServerMessage *msg)
{
    g_autoptr(JsonObject) body = sl_stream_api_read_body(msg, EXPECTED);
    g_autoptr(SlPipelineChoice) choice = sl_pipeline_choice_new(NULL, NULL);
    g_autoptr(GError) error = NULL;
    SlPending *pending;

    if (body == NULL)
        return;
    if (!check_members(body, &error) || !read_variables(body, choice, &error) ||
        !(json_object_has_member(body, "name") ? read_name : read_text)(body, api->pipeline, choice,
                                                                        &error)) {
        sl_stream_api_answer_error(msg, status_of(error), error);
        return;
    }
    pending = sl_pending_new();
    sl_pending_begin(pending, api->context, msg, SL_PIPELINE_API_TIMEOUT);
    sl_pipeline_switch_choose_async(api->pipeline, choice, on_chosen, pending);
}

void
sl_pipeline_api_answer(const SlStreamApi *api, SoupServerMessage *msg)
{
    if (sl_stream_api_is_put(msg))
        put_pipeline(api, msg);
    else
        answer_pipeline(msg, api->pipeline);
}
