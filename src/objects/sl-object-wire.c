#include "sl-object-wire.h"

#include <string.h>

#include "sl-error.h"
#include "sl-json.h"
#include "sl-object-hash.h"

#define PROTOCOL_VERSION 1
#define MAX_TYPE_BYTES 32

/* --- what a client sends --- */

static gboolean
invalid(GError **error, const char *message)
{
    g_set_error_literal(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID, message);
    return FALSE;
}

static gboolean
parse_hash(SlObjectRequest *request, GError **error)
{
    /* Others are not shown: they may be of any length. */
    if (!sl_json_get_string(request->object, "hash", SL_OBJECT_MAX_TEXT_BYTES, &request->hash,
                            error))
        return FALSE;
    return sl_object_hash_is_valid(request->hash) ||
           invalid(error, "“hash” is not 64 digits of 0-9 and a-f");
}

static gboolean
parse_key(SlObjectRequest *request, GError **error)
{
    glong characters;

    if (!sl_json_get_string(request->object, "key", SL_OBJECT_MAX_TEXT_BYTES, &request->key, error))
        return FALSE;
    characters = g_utf8_strlen(request->key, -1);
    if (characters >= 1 && characters <= SL_OBJECT_MAX_KEY_CHARACTERS)
        return TRUE;
    g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                "“key” has %ld characters, expected 1 to %d", characters,
                SL_OBJECT_MAX_KEY_CHARACTERS);
    return FALSE;
}

static gboolean
parse_number(SlObjectRequest *request, const char *name, guint64 *ret_number, GError **error)
{
    gint64 number;

    if (!sl_json_get_integer(request->object, name, 0, SL_JSON_MAX_INTEGER, &number, error))
        return FALSE;
    *ret_number = (guint64)number;
    return TRUE;
}

static gboolean
parse_put(SlObjectRequest *request, GError **error)
{
    return parse_hash(request, error) && parse_number(request, "size", &request->size, error) &&
           parse_key(request, error);
}

static gboolean
parse_get(SlObjectRequest *request, GError **error)
{
    gint64 offset;

    if (!parse_hash(request, error) ||
        !sl_json_get_optional_integer(request->object, "offset", 0, SL_JSON_MAX_INTEGER, 0, &offset,
                                      error))
        return FALSE;
    request->offset = (guint64)offset;
    return TRUE;
}

static gboolean
parse_ack(SlObjectRequest *request, GError **error)
{
    return parse_number(request, "offset", &request->offset, error);
}

static gboolean
parse_stop(SlObjectRequest *request, GError **error)
{
    return TRUE;
}

typedef struct {
    const char *name;
    gboolean (*parse)(SlObjectRequest *request, GError **error);
} Type;

static const Type types[] = {
    [SL_OBJECT_REQUEST_PUT] = { "put", parse_put },
    [SL_OBJECT_REQUEST_GET] = { "get", parse_get },
    [SL_OBJECT_REQUEST_ACK] = { "ack", parse_ack },
    [SL_OBJECT_REQUEST_STOP] = { "stop", parse_stop },
};

static gboolean
parse_type(SlObjectRequest *request, GError **error)
{
    const char *name;

    if (!sl_json_get_string(request->object, "type", MAX_TYPE_BYTES, &name, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        if (g_str_equal(name, types[i].name)) {
            request->type = (SlObjectRequestType)i;
            return TRUE;
        }
    }
    g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_UNKNOWN_TYPE,
                "“type” is “%s”, expected “put”, “get”, “ack” or “stop”", name);
    return FALSE;
}

static gboolean
parse_members(SlObjectRequest *request, GError **error)
{
    return sl_json_get_optional_integer(request->object, "id", 0, G_MAXUINT32, -1, &request->id,
                                        error) &&
           parse_type(request, error) &&
           sl_json_get_integer(request->object, "id", 0, G_MAXUINT32, &request->id, error) &&
           types[request->type].parse(request, error);
}

static gboolean
parse_text(SlObjectRequest *request, const char *text, gsize len, GError **error)
{
    if (len > SL_OBJECT_MAX_TEXT_BYTES) {
        g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                    "a text of %" G_GSIZE_FORMAT " bytes, at most %" G_GSIZE_FORMAT " are allowed",
                    len, SL_OBJECT_MAX_TEXT_BYTES);
        return FALSE;
    }
    request->object = sl_json_parse_object(text, len, error);
    return request->object != NULL && parse_members(request, error);
}

gboolean
sl_object_request_parse(SlObjectRequest *ret_request, const char *text, gsize len, GError **error)
{
    g_autoptr(GError) problem = NULL;

    *ret_request = (SlObjectRequest){ .id = -1 };
    if (parse_text(ret_request, text, len, &problem))
        return TRUE;
    if (problem->domain == SL_OBJECT_ERROR)
        g_propagate_error(error, g_steal_pointer(&problem));
    else
        g_set_error_literal(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_BAD_MESSAGE, problem->message);
    return FALSE;
}

void
sl_object_request_clear(SlObjectRequest *request)
{
    g_clear_pointer(&request->object, json_object_unref);
}

/* --- chunks --- */

typedef struct {
    guint32 id;
    guint32 offset[2];
} Header;
G_STATIC_ASSERT(sizeof(Header) == SL_OBJECT_CHUNK_HEADER_BYTES);

gboolean
sl_object_chunk_parse(SlObjectChunk *ret_chunk, GBytes *message, GError **error)
{
    gsize len;
    const char *data = g_bytes_get_data(message, &len);
    Header header;

    if (len <= sizeof(header) || len > sizeof(header) + SL_OBJECT_CHUNK_BYTES) {
        g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_BAD_MESSAGE,
                    "a chunk of %" G_GSIZE_FORMAT " bytes, expected %" G_GSIZE_FORMAT
                    " to %" G_GSIZE_FORMAT,
                    len, sizeof(header) + 1, sizeof(header) + SL_OBJECT_CHUNK_BYTES);
        return FALSE;
    }
    memcpy(&header, data, sizeof(header));
    ret_chunk->id = GUINT32_FROM_BE(header.id);
    ret_chunk->offset =
        (guint64)GUINT32_FROM_BE(header.offset[0]) << 32 | GUINT32_FROM_BE(header.offset[1]);
    ret_chunk->size = len - sizeof(header);
    return TRUE;
}

GBytes *
sl_object_chunk_to_bytes(const SlObjectChunk *chunk, GBytes *bytes, gsize start)
{
    Header header = { .id = GUINT32_TO_BE(chunk->id),
                      .offset = { GUINT32_TO_BE((guint32)(chunk->offset >> 32)),
                                  GUINT32_TO_BE((guint32)chunk->offset) } };
    gsize len;
    const char *data = g_bytes_get_data(bytes, &len);
    char *message;

    g_return_val_if_fail(start <= len && chunk->size <= len - start, NULL);
    message = g_malloc(sizeof(header) + chunk->size);
    memcpy(message, &header, sizeof(header));
    memcpy(message + sizeof(header), data + start, chunk->size);
    return g_bytes_new_take(message, sizeof(header) + chunk->size);
}

/* --- what the server sends --- */

static char *
answer(const char *type, gint64 id, const char *members)
{
    if (id < 0)
        return g_strdup_printf("{\"type\":\"%s\"%s}", type, members);
    return g_strdup_printf("{\"type\":\"%s\",\"id\":%" G_GINT64_FORMAT "%s}", type, id, members);
}

static char *
answer_offset(const char *type, guint32 id, guint64 offset)
{
    g_autofree char *members = g_strdup_printf(",\"offset\":%" G_GUINT64_FORMAT, offset);

    return answer(type, id, members);
}

char *
sl_object_wire_welcome(guint64 window, guint64 max_object_bytes, gboolean put)
{
    g_autofree char *members =
        g_strdup_printf(",\"version\":%d,\"window\":%" G_GUINT64_FORMAT
                        ",\"max-object-bytes\":%" G_GUINT64_FORMAT ",\"put\":%s",
                        PROTOCOL_VERSION, window, max_object_bytes, put ? "true" : "false");

    return answer("welcome", -1, members);
}

char *
sl_object_wire_putting(guint32 id, guint64 offset)
{
    return answer_offset("putting", id, offset);
}

char *
sl_object_wire_ack(guint32 id, guint64 offset)
{
    return answer_offset("ack", id, offset);
}

char *
sl_object_wire_stored(guint32 id, const char *hash)
{
    g_autofree char *members = g_strdup_printf(",\"hash\":\"%s\"", hash);

    return answer("stored", id, members);
}

char *
sl_object_wire_getting(guint32 id, guint64 size, guint64 offset)
{
    g_autofree char *members = g_strdup_printf(
        ",\"size\":%" G_GUINT64_FORMAT ",\"offset\":%" G_GUINT64_FORMAT, size, offset);

    return answer("getting", id, members);
}

char *
sl_object_wire_stopped(guint32 id)
{
    return answer("stopped", id, "");
}

char *
sl_object_wire_error(gint64 id, const GError *error)
{
    g_autoptr(JsonObject) object = json_object_new();

    json_object_set_string_member(object, "type", "error");
    if (id >= 0)
        json_object_set_int_member(object, "id", id);
    json_object_set_string_member(object, "code", sl_object_error_get_word(error));
    json_object_set_string_member(object, "message", error->message);
    return sl_json_to_text(object);
}
