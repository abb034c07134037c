#include "fuzz.h"
#include "sl-json.h"
#include "sl-relay-request.h"
#include "sl-relay-wire.h"

#include <string.h>

/*
 * Any text as a request. The error's code is exactly what docs/relay.md says of this text, which is
 * told here once more; what was read can be said again in other words and means the same;
 * and what the server makes of it is JSON again.
 */

#define OK (-1)

static gboolean
is_absent(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node == NULL || JSON_NODE_HOLDS_NULL(node);
}

static gboolean
is_string(JsonObject *object, const char *name, glong min_characters, gsize max_bytes)
{
    JsonNode *node = json_object_get_member(object, name);

    return node != NULL && json_node_get_value_type(node) == G_TYPE_STRING &&
           strlen(json_node_get_string(node)) <= max_bytes &&
           g_utf8_strlen(json_node_get_string(node), -1) >= min_characters;
}

static gboolean
is_integer(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node != NULL && json_node_get_value_type(node) == G_TYPE_INT64 &&
           json_node_get_int(node) >= 0 && json_node_get_int(node) < G_GINT64_CONSTANT(1) << 53;
}

static gboolean
is_key(JsonObject *object)
{
    return is_absent(object, "key") ||
           (is_string(object, "key", 1, 64 * 4) &&
            g_utf8_strlen(json_object_get_string_member(object, "key"), -1) <= 64);
}

static gboolean
is_position(JsonObject *object)
{
    if (is_absent(object, "epoch"))
        return is_absent(object, "offset");
    return is_string(object, "epoch", 0, 64) && is_integer(object, "offset");
}

/* Since a client's clock may have more than milliseconds. */
static gboolean
is_clock(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    double value;

    if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) ||
        (json_node_get_value_type(node) != G_TYPE_INT64 &&
         json_node_get_value_type(node) != G_TYPE_DOUBLE))
        return FALSE;
    value = json_node_get_double(node);
    return value >= 0 && value <= 9007199254740991.0;
}

static gboolean
is_order(JsonObject *object)
{
    if (is_absent(object, "seq"))
        return is_absent(object, "at");
    return is_integer(object, "seq") && is_clock(object, "at");
}

static gboolean
is_switch(JsonObject *object, const char *name)
{
    return is_absent(object, name) ||
           json_node_get_value_type(json_object_get_member(object, name)) == G_TYPE_BOOLEAN;
}

static gboolean
is_to_a_channel(JsonObject *object)
{
    return is_string(object, "channel", 0, 128);
}

static int
bad_unless(gboolean good)
{
    return good ? OK : SL_RELAY_ERROR_BAD_MESSAGE;
}

/* Which of the characters beyond ASCII can be printed is not told here once more: of those, either
 * is right. */
static int
expected_name_code(JsonObject *object, gboolean has_id, int code)
{
    gboolean shows = FALSE;
    const char *name;

    if (!has_id || !is_string(object, "name", 0, SL_JSON_MAX_BYTES))
        return SL_RELAY_ERROR_BAD_MESSAGE;
    name = json_object_get_string_member(object, "name");
    if (*name == '\0')
        return OK;
    for (const char *at = name; *at != '\0'; at++) {
        if (g_ascii_iscntrl(*at))
            return SL_RELAY_ERROR_BAD_NAME;
        shows = shows || g_ascii_isgraph(*at);
    }
    if (g_utf8_strlen(name, -1) > 32)
        return SL_RELAY_ERROR_BAD_NAME;
    if (g_str_is_ascii(name))
        return shows ? OK : SL_RELAY_ERROR_BAD_NAME;
    return code == OK ? OK : SL_RELAY_ERROR_BAD_NAME;
}

static int
expected_code(const char *text, gsize len, int code)
{
    g_autoptr(JsonObject) object = sl_json_parse_object(text, len, NULL);
    gboolean has_id;
    const char *type;

    if (len > 64 * 1024)
        return SL_RELAY_ERROR_TOO_LARGE;
    if (object == NULL || (!is_absent(object, "id") && !is_integer(object, "id")) ||
        !is_string(object, "type", 0, 32))
        return SL_RELAY_ERROR_BAD_MESSAGE;
    has_id = is_integer(object, "id");
    type = json_object_get_string_member(object, "type");
    if (g_str_equal(type, "ack"))
        return bad_unless(is_integer(object, "received"));
    if (g_str_equal(type, "name"))
        return expected_name_code(object, has_id, code);
    if (g_str_equal(type, "subscribe"))
        return bad_unless(has_id && is_to_a_channel(object) && is_position(object) &&
                          is_switch(object, "presence"));
    if (g_str_equal(type, "unsubscribe") || g_str_equal(type, "release"))
        return bad_unless(has_id && is_to_a_channel(object));
    if (g_str_equal(type, "take"))
        return bad_unless(has_id && is_to_a_channel(object) && is_switch(object, "force"));
    if (g_str_equal(type, "publish"))
        return bad_unless(is_to_a_channel(object) && json_object_has_member(object, "data") &&
                          is_key(object) && is_order(object));
    return SL_RELAY_ERROR_UNKNOWN_TYPE;
}

static void
set_optional_string(JsonObject *object, const char *name, const char *value)
{
    if (value != NULL)
        json_object_set_string_member(object, name, value);
}

static void
add_publish(JsonObject *object, const SlRelayRequest *request)
{
    json_object_set_member(object, "data", json_node_copy(request->data));
    set_optional_string(object, "key", request->key);
    if (!request->command)
        return;
    json_object_set_int_member(object, "seq", (gint64)request->seq);
    json_object_set_double_member(object, "at", (double)request->at_us / 1000);
}

/* Only what was read of it, in another order. */
static char *
say_again(const SlRelayRequest *request)
{
    static const char *const types[] = {
        [SL_RELAY_SUBSCRIBE] = "subscribe",
        [SL_RELAY_UNSUBSCRIBE] = "unsubscribe",
        [SL_RELAY_PUBLISH] = "publish",
        [SL_RELAY_TAKE] = "take",
        [SL_RELAY_RELEASE] = "release",
        [SL_RELAY_NAME] = "name",
        [SL_RELAY_ACK] = "ack",
    };
    g_autoptr(JsonObject) object = json_object_new();

    if (request->type == SL_RELAY_ACK)
        json_object_set_int_member(object, "received", (gint64)request->received);
    if (request->type == SL_RELAY_PUBLISH)
        add_publish(object, request);
    json_object_set_boolean_member(object, "presence", request->presence);
    json_object_set_boolean_member(object, "force", request->force);
    set_optional_string(object, "name", request->name);
    set_optional_string(object, "epoch", request->epoch);
    if (request->epoch != NULL)
        json_object_set_int_member(object, "offset", (gint64)request->offset);
    set_optional_string(object, "channel", request->channel);
    if (request->id >= 0)
        json_object_set_int_member(object, "id", request->id);
    json_object_set_string_member(object, "type", types[request->type]);
    return sl_json_to_text(object);
}

/* The clock is cut to microseconds each time. */
static gboolean
is_same_command(const SlRelayRequest *one, const SlRelayRequest *other)
{
    return one->command == other->command && one->seq == other->seq &&
           ABS(one->at_us - other->at_us) <=
               MAX(1, one->at_us / G_GINT64_CONSTANT(1000000000000000));
}

static void
check_same(const SlRelayRequest *one, const SlRelayRequest *other, const char *text)
{
    fuzz_check(one->type == other->type && one->id == other->id &&
                   g_strcmp0(one->channel, other->channel) == 0 &&
                   one->presence == other->presence && one->force == other->force &&
                   g_strcmp0(one->epoch, other->epoch) == 0 && one->offset == other->offset &&
                   g_strcmp0(one->key, other->key) == 0 && is_same_command(one, other) &&
                   g_strcmp0(one->name, other->name) == 0 && one->received == other->received,
               "it means something else when it is said again as %s", text);
    fuzz_check((one->data == NULL) == (other->data == NULL) &&
                   (one->data == NULL || json_node_equal(one->data, other->data)),
               "“data” is another one when it is said again as %s", text);
}

/* Returns: (transfer full) */
static JsonObject *
parse_answer(char *text, const char *type)
{
    g_autofree char *owned = text;
    JsonObject *object = sl_json_parse_object(text, strlen(text), NULL);

    fuzz_check(object != NULL, "the server would say %s", text);
    fuzz_check(g_str_equal(json_object_get_string_member(object, "type"), type),
               "the server would say %s, expected “%s”", text, type);
    return object;
}

static void
check_message(const SlRelayRequest *request)
{
    g_autofree char *data = sl_json_node_to_text(request->data);
    char *text = sl_relay_wire_message(request->channel, 1, 2, "from", request->key, 3, data);
    g_autoptr(JsonObject) object = NULL;

    /* With what is around it, it may be longer than what was allowed as a request. */
    if (strlen(text) > SL_JSON_MAX_BYTES) {
        g_free(text);
        return;
    }
    object = parse_answer(text, "message");
    fuzz_check(json_node_equal(json_object_get_member(object, "data"), request->data),
               "“data” is not what was published");
    fuzz_check(g_str_equal(json_object_get_string_member(object, "channel"), request->channel),
               "“channel” is another one");
    fuzz_check(g_strcmp0(json_object_get_string_member_with_default(object, "name", NULL),
                         request->key) == 0,
               "“name” is another one");
}

static void
check_read(const SlRelayRequest *request)
{
    g_autofree char *text = say_again(request);
    g_auto(SlRelayRequest) again = { NULL };
    g_autoptr(GError) error = NULL;

    /* Numbers and escapes may take more bytes than they did. */
    if (strlen(text) > SL_JSON_MAX_BYTES)
        return;
    fuzz_check(sl_relay_request_parse(&again, text, strlen(text), &error), "%s: %s", text,
               error->message);
    check_same(request, &again, text);
    if (request->data != NULL)
        check_message(request);
}

static void
check_refused(const SlRelayRequest *request, const GError *error)
{
    g_autoptr(JsonObject) object =
        parse_answer(sl_relay_wire_error(request->id, request->channel, error), "error");

    fuzz_check(json_object_has_member(object, "id") == (request->id >= 0) &&
                   json_object_get_int_member_with_default(object, "id", -1) == request->id,
               "the error has another “id”");
    fuzz_check(g_str_equal(json_object_get_string_member(object, "message"), error->message),
               "the error has other words");
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize len)
{
    /* Not terminated, so that reading too far is found. */
    g_autofree char *text = g_memdup2(data, len);
    g_auto(SlRelayRequest) request = { NULL };
    g_autoptr(GError) error = NULL;
    gboolean read = sl_relay_request_parse(&request, text != NULL ? text : "", len, &error);
    int expected = expected_code(text != NULL ? text : "", len, read ? OK : error->code);

    fuzz_check(read == (error == NULL), "refused without an error, or the reverse");
    fuzz_check(read || error->domain == SL_RELAY_ERROR, "an error of another domain: %s",
               error->message);
    fuzz_check((read ? OK : error->code) == expected, "error code %d (%s), expected %d",
               read ? OK : error->code, read ? "none" : error->message, expected);
    if (read)
        check_read(&request);
    else
        check_refused(&request, error);
    return 0;
}
