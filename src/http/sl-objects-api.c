#include "sl-objects-api.h"

#include <string.h>

#include "sl-answer.h"
#include "sl-json.h"
#include "sl-object-answer.h"
#include "sl-request.h"
#include "sl-stream-api.h"

#define PATH "/api/objects"
#define EXPECTED "{\"pinned\": true or false}"
#define MAX_LISTED 1000

gboolean
sl_objects_api_has(const char *path)
{
    return g_str_has_prefix(path, PATH) &&
           (path[strlen(PATH)] == '\0' || path[strlen(PATH)] == '/');
}

/* NULL: all of them */
static const char *
hash_of(const char *path)
{
    return path[strlen(PATH)] == '/' ? path + strlen(PATH) + 1 : NULL;
}

const char *
sl_objects_api_get_methods(const char *path)
{
    return hash_of(path) != NULL ? "PUT, DELETE" : "GET, HEAD";
}

JsonObject *
sl_objects_api_totals(SlObjectStore *store)
{
    SlObjectFigures figures = sl_object_store_get_figures(store);
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "objects", figures.objects);
    json_object_set_int_member(object, "bytes", (gint64)figures.bytes);
    json_object_set_int_member(object, "pinned", figures.pinned);
    json_object_set_int_member(object, "partials", figures.partials);
    json_object_set_int_member(object, "partial_bytes", (gint64)figures.partial_bytes);
    json_object_set_int_member(object, "hits", (gint64)figures.hits);
    json_object_set_int_member(object, "misses", (gint64)figures.misses);
    json_object_set_int_member(object, "received_bytes", (gint64)figures.received_bytes);
    json_object_set_int_member(object, "served_bytes", (gint64)figures.served_bytes);
    json_object_set_int_member(object, "saved_bytes", (gint64)figures.saved_bytes);
    json_object_set_int_member(object, "dropped", (gint64)figures.dropped);
    json_object_set_int_member(object, "damaged", (gint64)figures.damaged);
    return object;
}

static JsonObject *
info_to_json(const SlObjectInfo *info)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "hash", info->hash);
    json_object_set_int_member(object, "size", (gint64)info->size);
    json_object_set_boolean_member(object, "pinned", info->pinned);
    json_object_set_int_member(object, "stored", info->stored_ms);
    json_object_set_int_member(object, "used", info->used_ms);
    json_object_set_int_member(object, "gets", (gint64)info->n_gets);
    return object;
}

static void
answer_list(SlObjectStore *store, SoupServerMessage *msg)
{
    g_autoptr(JsonObject) object = sl_objects_api_totals(store);
    g_autoptr(GPtrArray) infos = sl_object_store_list(store, MAX_LISTED);
    JsonArray *list = json_array_new();

    for (guint i = 0; i < infos->len; i++)
        json_array_add_object_element(list, info_to_json(g_ptr_array_index(infos, i)));
    json_object_set_array_member(object, "list", list);
    sl_answer_json(msg, sl_json_to_text(object));
}

/* FALSE: answered */
static gboolean
read_pinned(SoupServerMessage *msg, gboolean *ret_pinned)
{
    g_autoptr(JsonObject) body = sl_stream_api_read_body(msg, EXPECTED);
    JsonNode *pinned = body != NULL ? json_object_get_member(body, "pinned") : NULL;

    if (body == NULL)
        return FALSE;
    if (json_object_get_size(body) != 1 || pinned == NULL ||
        json_node_get_value_type(pinned) != G_TYPE_BOOLEAN) {
        sl_answer_problem(msg, SOUP_STATUS_BAD_REQUEST, "Expected " EXPECTED ".");
        return FALSE;
    }
    *ret_pinned = json_node_get_boolean(pinned);
    return TRUE;
}

static void
answer_one(SlObjectStore *store, SoupServerMessage *msg, const char *hash)
{
    g_autoptr(GError) error = NULL;
    gboolean pinned;
    gboolean done;

    if (sl_stream_api_is_put(msg)) {
        if (!read_pinned(msg, &pinned))
            return;
        done = sl_object_store_set_pinned(store, hash, pinned, &error);
    } else {
        done = sl_object_store_remove(store, hash, &error);
    }
    if (done)
        soup_server_message_set_status(msg, SOUP_STATUS_NO_CONTENT, NULL);
    else
        sl_object_answer_error(msg, error);
}

void
sl_objects_api_answer(SlObjectStore *store, SoupServerMessage *msg)
{
    const char *hash = hash_of(sl_request_get_path(msg));

    if (hash != NULL)
        answer_one(store, msg, hash);
    else
        answer_list(store, msg);
}
