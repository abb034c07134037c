#include "sl-relay-wire.h"
#include "sl-error.h"
#include "sl-json.h"

#define PROTOCOL_VERSION 1
#define MAX_TYPE_BYTES 32
#define MAX_EPOCH_BYTES 64

G_DEFINE_QUARK(sl_relay_error, sl_relay_error)

static const char *const type_names[] = {
    [SL_RELAY_SUBSCRIBE] = "subscribe",
    [SL_RELAY_UNSUBSCRIBE] = "unsubscribe",
    [SL_RELAY_PUBLISH] = "publish",
    [SL_RELAY_ACK] = "ack",
};

static gboolean
parse_type(SlRelayRequest *request, GError **error)
{
    const char *name;

    if (!sl_json_get_string(request->object, "type", MAX_TYPE_BYTES, &name, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(type_names); i++) {
        if (g_str_equal(name, type_names[i])) {
            request->type = i;
            return TRUE;
        }
    }
    g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_UNKNOWN_TYPE,
                "“type” is “%s”, expected “subscribe”, “unsubscribe”, “publish” or “ack”", name);
    return FALSE;
}

static gboolean
parse_subscribe(SlRelayRequest *request, GError **error)
{
    gint64 offset;

    if (!sl_json_get_optional_string(request->object, "epoch", MAX_EPOCH_BYTES, &request->epoch,
                                     error) ||
        !sl_json_get_optional_integer(request->object, "offset", 0, SL_JSON_MAX_INTEGER, -1,
                                      &offset, error))
        return FALSE;
    if ((request->epoch == NULL) != (offset == -1)) {
        g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                    "“%s” without “%s”, expected both or neither",
                    request->epoch != NULL ? "epoch" : "offset",
                    request->epoch != NULL ? "offset" : "epoch");
        return FALSE;
    }
    request->offset = MAX(offset, 0);
    return TRUE;
}

static gboolean
parse_publish(SlRelayRequest *request, GError **error)
{
    glong characters;

    request->data = json_object_get_member(request->object, "data");
    if (request->data == NULL) {
        g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                    "“data” is nothing, expected any value");
        return FALSE;
    }
    if (!sl_json_get_optional_string(request->object, "key", SL_RELAY_MAX_KEY_CHARACTERS * 4,
                                     &request->key, error))
        return FALSE;
    if (request->key == NULL)
        return TRUE;
    characters = g_utf8_strlen(request->key, -1);
    if (characters < 1 || characters > SL_RELAY_MAX_KEY_CHARACTERS) {
        g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                    "“key” has %ld characters, expected 1 to %d", characters,
                    SL_RELAY_MAX_KEY_CHARACTERS);
        return FALSE;
    }
    return TRUE;
}

static gboolean
parse_ack(SlRelayRequest *request, GError **error)
{
    gint64 received;

    if (!sl_json_get_integer(request->object, "received", 0, SL_JSON_MAX_INTEGER, &received, error))
        return FALSE;
    request->received = received;
    return TRUE;
}

static gboolean
parse_members(SlRelayRequest *request, GError **error)
{
    if (!sl_json_get_optional_integer(request->object, "id", 0, SL_JSON_MAX_INTEGER, -1,
                                      &request->id, error) ||
        !parse_type(request, error))
        return FALSE;
    if (request->type == SL_RELAY_ACK)
        return parse_ack(request, error);
    if (!sl_json_get_integer(request->object, "id", 0, SL_JSON_MAX_INTEGER, &request->id, error) ||
        !sl_json_get_string(request->object, "channel", SL_RELAY_MAX_CHANNEL_BYTES,
                            &request->channel, error))
        return FALSE;
    if (request->type == SL_RELAY_SUBSCRIBE)
        return parse_subscribe(request, error);
    if (request->type == SL_RELAY_PUBLISH)
        return parse_publish(request, error);
    return TRUE;
}

gboolean
sl_relay_request_parse(SlRelayRequest *ret_request, const char *text, gsize len, GError **error)
{
    g_autoptr(GError) problem = NULL;

    *ret_request = (SlRelayRequest){ .id = -1 };
    ret_request->object = sl_json_parse_object(text, len, &problem);
    if (ret_request->object != NULL && parse_members(ret_request, &problem))
        return TRUE;
    if (problem->domain != SL_RELAY_ERROR) {
        problem->code = g_error_matches(problem, SL_BASE_ERROR, SL_BASE_ERROR_TOO_LARGE)
                            ? SL_RELAY_ERROR_TOO_LARGE
                            : SL_RELAY_ERROR_BAD_MESSAGE;
        problem->domain = SL_RELAY_ERROR;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

void
sl_relay_request_clear(SlRelayRequest *request)
{
    g_clear_pointer(&request->object, json_object_unref);
}

static JsonObject *
new_message(const char *type, gint64 id, const char *channel)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "type", type);
    if (id >= 0)
        json_object_set_int_member(object, "id", id);
    if (channel != NULL)
        json_object_set_string_member(object, "channel", channel);
    return object;
}

char *
sl_relay_wire_welcome(const char *client)
{
    g_autoptr(JsonObject) object = new_message("welcome", -1, NULL);

    json_object_set_int_member(object, "version", PROTOCOL_VERSION);
    json_object_set_string_member(object, "client", client);
    return sl_json_to_text(object);
}

char *
sl_relay_wire_subscribed(gint64 id, const char *channel, const char *epoch, guint64 last,
                         gboolean recovered)
{
    g_autoptr(JsonObject) object = new_message("subscribed", id, channel);

    json_object_set_string_member(object, "epoch", epoch);
    json_object_set_int_member(object, "offset", last);
    json_object_set_boolean_member(object, "recovered", recovered);
    return sl_json_to_text(object);
}

char *
sl_relay_wire_unsubscribed(gint64 id, const char *channel)
{
    g_autoptr(JsonObject) object = new_message("unsubscribed", id, channel);

    return sl_json_to_text(object);
}

char *
sl_relay_wire_published(gint64 id, const char *channel, guint64 offset)
{
    g_autoptr(JsonObject) object = new_message("published", id, channel);

    json_object_set_int_member(object, "offset", offset);
    return sl_json_to_text(object);
}

char *
sl_relay_wire_message(const char *channel, guint64 offset, gint64 time_ms, const char *from,
                      JsonNode *data)
{
    g_autoptr(JsonObject) object = new_message("message", -1, channel);

    json_object_set_int_member(object, "offset", offset);
    json_object_set_int_member(object, "time", time_ms);
    json_object_set_string_member(object, "from", from);
    json_object_set_member(object, "data", json_node_copy(data));
    return sl_json_to_text(object);
}

char *
sl_relay_wire_gap(const char *channel, guint64 from, guint64 to)
{
    g_autoptr(JsonObject) object = new_message("gap", -1, channel);

    json_object_set_int_member(object, "from", from);
    json_object_set_int_member(object, "to", to);
    return sl_json_to_text(object);
}

static const char *
error_code(const GError *error)
{
    if (error->domain != SL_RELAY_ERROR)
        return "bad-message";
    switch ((SlRelayError)error->code) {
    case SL_RELAY_ERROR_BAD_MESSAGE:
        return "bad-message";
    case SL_RELAY_ERROR_UNKNOWN_TYPE:
        return "unknown-type";
    case SL_RELAY_ERROR_UNKNOWN_CHANNEL:
        return "unknown-channel";
    case SL_RELAY_ERROR_NOT_ALLOWED:
        return "not-allowed";
    case SL_RELAY_ERROR_TOO_LARGE:
        return "too-large";
    case SL_RELAY_ERROR_TOO_MANY:
        return "too-many";
    case SL_RELAY_ERROR_TOO_FAST:
        return "too-fast";
    case SL_RELAY_ERROR_ALREADY_SUBSCRIBED:
        return "already-subscribed";
    case SL_RELAY_ERROR_NOT_SUBSCRIBED:
        return "not-subscribed";
    }
    return "bad-message";
}

char *
sl_relay_wire_error(gint64 id, const GError *error)
{
    g_autoptr(JsonObject) object = new_message("error", id, NULL);

    json_object_set_string_member(object, "code", error_code(error));
    json_object_set_string_member(object, "message", error->message);
    return sl_json_to_text(object);
}
