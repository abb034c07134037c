#include "sl-relay-request.h"

#include "sl-error.h"
#include "sl-json.h"

#define MAX_TYPE_BYTES 32
#define MAX_EPOCH_BYTES 64

static gboolean
invalid(GError **error, const char *message)
{
    g_set_error_literal(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID, message);
    return FALSE;
}

static gboolean
parse_subscribe(SlRelayRequest *request, GError **error)
{
    gint64 offset;

    if (!sl_json_get_optional_boolean(request->object, "presence", FALSE, &request->presence,
                                      error) ||
        !sl_json_get_optional_string(request->object, "epoch", MAX_EPOCH_BYTES, &request->epoch,
                                     error) ||
        !sl_json_get_optional_integer(request->object, "offset", 0, SL_JSON_MAX_INTEGER, -1,
                                      &offset, error))
        return FALSE;
    if ((request->epoch == NULL) != (offset == -1))
        return invalid(error, offset == -1 ? "“epoch” without “offset”, expected both or neither"
                                           : "“offset” without “epoch”, expected both or neither");
    request->offset = (guint64)MAX(offset, 0);
    return TRUE;
}

static gboolean
parse_key(SlRelayRequest *request, GError **error)
{
    glong characters;

    if (!sl_json_get_optional_string(request->object, "key", SL_RELAY_MAX_KEY_CHARACTERS * 4,
                                     &request->key, error))
        return FALSE;
    if (request->key == NULL)
        return TRUE;
    characters = g_utf8_strlen(request->key, -1);
    if (characters >= 1 && characters <= SL_RELAY_MAX_KEY_CHARACTERS)
        return TRUE;
    g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                "“key” has %ld characters, expected 1 to %d", characters,
                SL_RELAY_MAX_KEY_CHARACTERS);
    return FALSE;
}

static gboolean
parse_command(SlRelayRequest *request, GError **error)
{
    gint64 seq;
    double at_ms;

    if (!sl_json_get_optional_integer(request->object, "seq", 0, SL_JSON_MAX_INTEGER, -1, &seq,
                                      error) ||
        !sl_json_get_optional_number(request->object, "at", 0, (double)SL_JSON_MAX_INTEGER, -1,
                                     &at_ms, error))
        return FALSE;
    if ((seq == -1) != (at_ms == -1))
        return invalid(error, seq == -1 ? "“at” without “seq”, expected both or neither"
                                        : "“seq” without “at”, expected both or neither");
    request->command = seq != -1;
    request->seq = (guint64)MAX(seq, 0);
    request->at_us = (gint64)(MAX(at_ms, 0) * 1000);
    return TRUE;
}

static gboolean
parse_publish(SlRelayRequest *request, GError **error)
{
    request->data = json_object_get_member(request->object, "data");
    if (request->data == NULL)
        return invalid(error, "“data” is nothing, expected any value");
    return parse_key(request, error) && parse_command(request, error);
}

static gboolean
parse_take(SlRelayRequest *request, GError **error)
{
    return sl_json_get_optional_boolean(request->object, "force", FALSE, &request->force, error);
}

static gboolean
parse_nothing(SlRelayRequest *request, GError **error)
{
    return TRUE;
}

/*
 * What shows, on one line. Of what only steers how text is laid out (marks of direction, …) the two
 * joiners are let through: emoji and several scripts are written with them.
 */
static gboolean
is_printable(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);

    if (c == 0x200C || c == 0x200D)
        return TRUE;
    return g_unichar_isprint(c) && type != G_UNICODE_LINE_SEPARATOR &&
           type != G_UNICODE_PARAGRAPH_SEPARATOR;
}

static gboolean
is_name(const char *text)
{
    gboolean shows = FALSE;
    guint n = 0;

    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);

        if (++n > SL_RELAY_MAX_NAME_CHARACTERS || !is_printable(c))
            return FALSE;
        shows = shows || g_unichar_isgraph(c);
    }
    return n == 0 || shows;
}

static gboolean
parse_name(SlRelayRequest *request, GError **error)
{
    if (!sl_json_get_string(request->object, "name", SL_JSON_MAX_BYTES, &request->name, error))
        return FALSE;
    if (is_name(request->name))
        return TRUE;
    g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_BAD_NAME,
                "a name has 1 to %d printable characters on one line",
                SL_RELAY_MAX_NAME_CHARACTERS);
    return FALSE;
}

static gboolean
parse_ack(SlRelayRequest *request, GError **error)
{
    gint64 received;

    if (!sl_json_get_integer(request->object, "received", 0, SL_JSON_MAX_INTEGER, &received, error))
        return FALSE;
    request->received = (guint64)received;
    return TRUE;
}

typedef struct {
    const char *name;
    gboolean needs_id, needs_channel;
    gboolean (*parse)(SlRelayRequest *request, GError **error);
} Type;

static const Type types[] = {
    [SL_RELAY_SUBSCRIBE] = { "subscribe", TRUE, TRUE, parse_subscribe },
    [SL_RELAY_UNSUBSCRIBE] = { "unsubscribe", TRUE, TRUE, parse_nothing },
    [SL_RELAY_PUBLISH] = { "publish", FALSE, TRUE, parse_publish },
    [SL_RELAY_TAKE] = { "take", TRUE, TRUE, parse_take },
    [SL_RELAY_RELEASE] = { "release", TRUE, TRUE, parse_nothing },
    [SL_RELAY_NAME] = { "name", TRUE, FALSE, parse_name },
    [SL_RELAY_ACK] = { "ack", FALSE, FALSE, parse_ack },
};

static gboolean
parse_type(SlRelayRequest *request, GError **error)
{
    const char *name;

    if (!sl_json_get_string(request->object, "type", MAX_TYPE_BYTES, &name, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        if (g_str_equal(name, types[i].name)) {
            request->type = (SlRelayRequestType)i;
            return TRUE;
        }
    }
    g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_UNKNOWN_TYPE,
                "“type” is “%s”, expected “subscribe”, “unsubscribe”, “publish”, “take”, "
                "“release”, “name” or “ack”",
                name);
    return FALSE;
}

static gboolean
parse_members(SlRelayRequest *request, GError **error)
{
    const Type *type;

    if (!sl_json_get_optional_integer(request->object, "id", 0, SL_JSON_MAX_INTEGER, -1,
                                      &request->id, error) ||
        !parse_type(request, error))
        return FALSE;
    type = &types[request->type];
    if (type->needs_id && request->id == -1 &&
        !sl_json_get_integer(request->object, "id", 0, SL_JSON_MAX_INTEGER, &request->id, error))
        return FALSE;
    if (type->needs_channel &&
        !sl_json_get_string(request->object, "channel", SL_RELAY_MAX_CHANNEL_BYTES,
                            &request->channel, error))
        return FALSE;
    return type->parse(request, error);
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
