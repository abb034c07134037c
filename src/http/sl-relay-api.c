#include "sl-relay-api.h"

#include "sl-json.h"
#include "sl-relay-wire.h"

#define MAX_CONTENTS 10
#define MAX_CONTENT_BYTES 1024

static void
add_tally(JsonObject *object, const char *name, SlTally tally)
{
    JsonObject *member = json_object_new();

    json_object_set_int_member(member, "messages", (gint64)tally.messages);
    json_object_set_int_member(member, "bytes", (gint64)tally.bytes);
    json_object_set_object_member(object, name, member);
}

static JsonArray *
contents_to_json(SlChannel *channel)
{
    SlContentCount most[MAX_CONTENTS];
    guint n = sl_content_counts_get_most(sl_channel_get_contents(channel), most, MAX_CONTENTS);
    JsonArray *contents = json_array_new();

    for (guint i = 0; i < n; i++) {
        JsonObject *content = json_object_new();

        json_object_set_int_member(content, "count", most[i].count);
        if (most[i].length <= MAX_CONTENT_BYTES)
            json_object_set_member(content, "data", json_from_string(most[i].text, NULL));
        json_array_add_object_element(contents, content);
    }
    return contents;
}

static JsonObject *
channel_to_json(SlChannel *channel)
{
    const SlChannelFigures *figures = sl_channel_get_figures(channel);
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "channel", sl_channel_get_name(channel));
    json_object_set_string_member(object, "epoch", sl_channel_get_epoch(channel));
    json_object_set_int_member(object, "offset", (gint64)sl_channel_get_last_offset(channel));
    json_object_set_int_member(object, "subscribers", sl_channel_get_n_subscribers(channel));
    if (sl_channel_get_holder(channel) != NULL)
        sl_relay_wire_set_holder(object, sl_relay_holder_get(sl_channel_get_holder(channel)));
    add_tally(object, "kept", sl_channel_get_kept(channel));
    add_tally(object, "published", figures->published);
    add_tally(object, "delivered", figures->delivered);
    json_object_set_int_member(object, "repeated", (gint64)figures->repeated);
    json_object_set_int_member(object, "stale", (gint64)figures->stale);
    json_object_set_int_member(object, "refused", (gint64)figures->refused);
    json_object_set_array_member(object, "contents", contents_to_json(channel));
    return object;
}

static JsonObject *
transports_to_json(SlRelay *relay)
{
    static const char *const NAMES[SL_RELAY_N_KINDS] = {
        [SL_RELAY_KIND_CHANNEL] = "channel",
        [SL_RELAY_KIND_WEBSOCKET] = "websocket",
        [SL_RELAY_KIND_LOCAL] = "local",
    };
    JsonObject *transports = json_object_new();

    for (guint kind = 0; kind < SL_RELAY_N_KINDS; kind++)
        json_object_set_int_member(transports, NAMES[kind], sl_relay_get_n_clients_of(relay, kind));
    return transports;
}

char *
sl_relay_api_to_text(SlRelay *relay)
{
    g_autoptr(GPtrArray) channels = sl_relay_list_channels(relay);
    g_autoptr(JsonObject) object = json_object_new();
    JsonArray *array = json_array_new();

    json_object_set_int_member(object, "clients", sl_relay_get_n_clients(relay));
    json_object_set_object_member(object, "transports", transports_to_json(relay));
    for (guint i = 0; i < channels->len; i++)
        json_array_add_object_element(array, channel_to_json(g_ptr_array_index(channels, i)));
    json_object_set_array_member(object, "channels", array);
    return sl_json_to_text(object);
}

JsonObject *
sl_relay_api_totals(SlRelay *relay)
{
    g_autoptr(GPtrArray) channels = sl_relay_list_channels(relay);
    SlChannelFigures totals = sl_relay_get_totals(relay);
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "channels", channels->len);
    add_tally(object, "published", totals.published);
    add_tally(object, "delivered", totals.delivered);
    return object;
}
