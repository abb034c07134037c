#include "fuzz.h"
#include "sl-json.h"
#include "sl-object-wire.h"

#include <string.h>

/*
 * Any bytes as a text and as a chunk. The error's code is exactly what docs/relay.md ("Objects")
 * says of this text, which is told here once more; what was read can be said again in other words
 * and means the same; a chunk that was read is made of these very bytes again; and what the server
 * makes of it is JSON.
 */

#define OK (-1)
#define MAX_TEXT 4096
#define MAX_CHUNK 16384
#define HEADER 12

static gboolean
is_absent(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node == NULL || JSON_NODE_HOLDS_NULL(node);
}

static const char *
get_string(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node != NULL && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

static gboolean
is_integer(JsonObject *object, const char *name, int bits)
{
    JsonNode *node = json_object_get_member(object, name);

    return node != NULL && json_node_get_value_type(node) == G_TYPE_INT64 &&
           json_node_get_int(node) >= 0 && json_node_get_int(node) < G_GINT64_CONSTANT(1) << bits;
}

static gboolean
is_hash(const char *text)
{
    return text != NULL && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static gboolean
is_key(const char *text)
{
    return text != NULL && *text != '\0' && g_utf8_strlen(text, -1) <= 64;
}

static int
bad_unless(gboolean good)
{
    return good ? OK : SL_OBJECT_ERROR_BAD_MESSAGE;
}

static int
expected_code(const char *text, gsize len)
{
    g_autoptr(JsonObject) object = len <= MAX_TEXT ? sl_json_parse_object(text, len, NULL) : NULL;
    gboolean has_id = object != NULL && is_integer(object, "id", 32);
    const char *type = object != NULL ? get_string(object, "type") : NULL;

    if (object == NULL || (!is_absent(object, "id") && !has_id) || type == NULL ||
        strlen(type) > 32)
        return SL_OBJECT_ERROR_BAD_MESSAGE;
    if (g_str_equal(type, "put"))
        return bad_unless(has_id && is_hash(get_string(object, "hash")) &&
                          is_integer(object, "size", 53) && is_key(get_string(object, "key")));
    if (g_str_equal(type, "get"))
        return bad_unless(has_id && is_hash(get_string(object, "hash")) &&
                          (is_absent(object, "offset") || is_integer(object, "offset", 53)));
    if (g_str_equal(type, "ack"))
        return bad_unless(has_id && is_integer(object, "offset", 53));
    if (g_str_equal(type, "stop"))
        return bad_unless(has_id);
    return SL_OBJECT_ERROR_UNKNOWN_TYPE;
}

/* Only what was read of it, in another order. */
static char *
say_again(const SlObjectRequest *request)
{
    static const char *const types[] = {
        [SL_OBJECT_REQUEST_PUT] = "put",
        [SL_OBJECT_REQUEST_GET] = "get",
        [SL_OBJECT_REQUEST_ACK] = "ack",
        [SL_OBJECT_REQUEST_STOP] = "stop",
    };
    g_autoptr(JsonObject) object = json_object_new();

    json_object_set_int_member(object, "offset", (gint64)request->offset);
    json_object_set_int_member(object, "size", (gint64)request->size);
    if (request->key != NULL)
        json_object_set_string_member(object, "key", request->key);
    if (request->hash != NULL)
        json_object_set_string_member(object, "hash", request->hash);
    json_object_set_int_member(object, "id", request->id);
    json_object_set_string_member(object, "type", types[request->type]);
    return sl_json_to_text(object);
}

static void
check_answer(char *text, const char *type, gint64 id)
{
    g_autofree char *owned = text;
    g_autoptr(JsonObject) object = sl_json_parse_object(text, strlen(text), NULL);

    fuzz_check(object != NULL && strlen(text) <= MAX_TEXT, "the server would say %s", text);
    fuzz_check(g_str_equal(json_object_get_string_member(object, "type"), type),
               "the server would say %s, expected “%s”", text, type);
    fuzz_check(json_object_get_int_member_with_default(object, "id", -1) == id,
               "the server would say %s, of another “id”", text);
}

static void
check_read(const SlObjectRequest *request)
{
    g_autofree char *text = say_again(request);
    g_auto(SlObjectRequest) again = { NULL };
    g_autoptr(GError) error = NULL;
    guint32 id = (guint32)request->id;

    fuzz_check(request->id >= 0 && request->id <= G_MAXUINT32, "an “id” out of bounds");
    /* Escapes may take more bytes than they did. */
    if (strlen(text) <= MAX_TEXT) {
        fuzz_check(sl_object_request_parse(&again, text, strlen(text), &error), "%s: %s", text,
                   error->message);
        fuzz_check(request->type == again.type && request->id == again.id &&
                       g_strcmp0(request->hash, again.hash) == 0 &&
                       g_strcmp0(request->key, again.key) == 0 && request->size == again.size &&
                       request->offset == again.offset,
                   "it means something else when it is said again as %s", text);
    }
    check_answer(sl_object_wire_putting(id, request->offset), "putting", id);
    check_answer(sl_object_wire_ack(id, request->offset), "ack", id);
    check_answer(sl_object_wire_getting(id, request->size, request->offset), "getting", id);
    check_answer(sl_object_wire_stopped(id), "stopped", id);
    if (request->hash != NULL)
        check_answer(sl_object_wire_stored(id, request->hash), "stored", id);
}

static void
check_text(const char *text, gsize len)
{
    g_auto(SlObjectRequest) request = { NULL };
    g_autoptr(GError) error = NULL;
    gboolean read = sl_object_request_parse(&request, text, len, &error);
    int code = read ? OK : error->code, expected = expected_code(text, len);

    fuzz_check(read == (error == NULL), "refused without an error, or the reverse");
    fuzz_check(read || error->domain == SL_OBJECT_ERROR, "an error of another domain: %s",
               error->message);
    fuzz_check(code == expected, "error code %d (%s), expected %d", code,
               read ? "none" : error->message, expected);
    if (read)
        check_read(&request);
    else
        check_answer(sl_object_wire_error(request.id, error), "error", request.id);
}

static guint64
get_number(const guint8 *data, gsize len)
{
    guint64 number = 0;

    for (gsize i = 0; i < len; i++)
        number = number << 8 | data[i];
    return number;
}

static void
check_chunk(const guint8 *data, gsize len)
{
    g_autoptr(GBytes) message = g_bytes_new(data, len), bytes = NULL, again = NULL;
    g_autoptr(GError) error = NULL;
    SlObjectChunk chunk;
    gboolean read = sl_object_chunk_parse(&chunk, message, &error);

    fuzz_check(read == (len > HEADER && len <= HEADER + MAX_CHUNK),
               "a chunk of %" G_GSIZE_FORMAT " bytes is %s", len, read ? "one" : "none");
    fuzz_check(read || g_error_matches(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_BAD_MESSAGE),
               "another error");
    if (!read)
        return;
    fuzz_check(chunk.id == get_number(data, 4) && chunk.offset == get_number(data + 4, 8) &&
                   chunk.size == len - HEADER,
               "chunk %u, at %" G_GUINT64_FORMAT ", of %" G_GSIZE_FORMAT " bytes", chunk.id,
               chunk.offset, chunk.size);
    bytes = g_bytes_new(data, len);
    again = sl_object_chunk_to_bytes(&chunk, bytes, HEADER);
    fuzz_check(g_bytes_equal(again, message), "it is another one when it is made again");
}

/* Longer than an input is: its last byte says by how much. */
static void
check_long(const guint8 *data, gsize len)
{
    gsize long_len = MAX_CHUNK + HEADER - 8 + (len > 0 ? data[len - 1] % 16 : 0);
    g_autofree guint8 *buffer = g_malloc0(long_len);

    memcpy(buffer, data, MIN(len, long_len));
    check_chunk(buffer, long_len);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize len)
{
    /* Not terminated, so that reading too far is found. */
    g_autofree char *text = g_memdup2(data, len);

    check_text(text != NULL ? text : "", len);
    check_chunk(data, len);
    if (len == HEADER)
        check_long(data, len);
    return 0;
}
