#include "sl-stream-api.h"

#include <string.h>

#include "sl-answer.h"
#include "sl-controls-api.h"
#include "sl-error.h"
#include "sl-json.h"
#include "sl-log.h"
#include "sl-pipeline-api.h"
#include "sl-variables-api.h"

#define PREFIX "/api/streams/"

static const SlStreamResource RESOURCES[] = {
    { "controls", "Only the operator's key shows and changes what the camera is set to.",
      sl_controls_api_answer },
    { "pipeline", "Only the operator's key shows and changes the pipeline.",
      sl_pipeline_api_answer },
    { "variables", "Only the operator's key shows and changes the pipeline's variables.",
      sl_variables_api_answer },
};

const SlStreamResource *
sl_stream_api_find(const char *path, char **ret_stream)
{
    const char *name, *end;

    if (!g_str_has_prefix(path, PREFIX))
        return NULL;
    name = path + strlen(PREFIX);
    end = strchr(name, '/');
    if (end == NULL || end == name)
        return NULL;
    for (guint i = 0; i < G_N_ELEMENTS(RESOURCES); i++) {
        if (strcmp(end + 1, RESOURCES[i].name) != 0)
            continue;
        if (ret_stream != NULL)
            *ret_stream = g_strndup(name, (gsize)(end - name));
        return &RESOURCES[i];
    }
    return NULL;
}

gboolean
sl_stream_api_is_put(SoupServerMessage *msg)
{
    return strcmp(soup_server_message_get_method(msg), SOUP_METHOD_PUT) == 0;
}

JsonObject *
sl_stream_api_read_body(SoupServerMessage *msg, const char *expected)
{
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(msg);
    g_autoptr(GBytes) body = soup_message_body_flatten(soup_server_message_get_request_body(msg));
    g_autoptr(GError) error = NULL;
    JsonObject *object;

    if (g_strcmp0(soup_message_headers_get_content_type(headers, NULL), "application/json") != 0) {
        g_autofree char *words =
            g_strdup_printf("The body is to be application/json: %s.", expected);

        sl_answer_problem(msg, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, words);
        return NULL;
    }
    object = sl_json_parse_object(g_bytes_get_data(body, NULL), g_bytes_get_size(body), &error);
    if (object == NULL)
        sl_answer_problem(msg,
                          g_error_matches(error, SL_BASE_ERROR, SL_BASE_ERROR_TOO_LARGE)
                              ? SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE
                              : SOUP_STATUS_BAD_REQUEST,
                          error->message);
    return object;
}

void
sl_stream_api_answer_error(SoupServerMessage *msg, guint status, const GError *error)
{
    g_autofree char *valid = g_utf8_make_valid(error->message, -1); /* it may hold a file name */
    g_autofree char *text = sl_log_redact_text(valid);

    sl_answer_problem(msg, status, text);
}
