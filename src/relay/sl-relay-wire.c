#include "sl-relay-wire.h"

#include "sl-json.h"

#include <string.h>

#define PROTOCOL_VERSION 1

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

static char *
answer(const char *type, gint64 id, const char *channel)
{
    g_autoptr(JsonObject) object = new_message(type, id, channel);

    return sl_json_to_text(object);
}

/* Returns: (transfer full) (nullable) */
static JsonObject *
new_person(SlRelayPerson person)
{
    JsonObject *object;

    if (person.client == NULL)
        return NULL;
    object = json_object_new();
    json_object_set_string_member(object, "client", person.client);
    if (person.name != NULL)
        json_object_set_string_member(object, "name", person.name);
    return object;
}

void
sl_relay_wire_set_holder(JsonObject *object, SlRelayPerson holder)
{
    JsonObject *person = new_person(holder);

    if (person != NULL)
        json_object_set_object_member(object, "holder", person);
    else
        json_object_set_null_member(object, "holder");
}

static void
set_people(JsonObject *object, const char *name, GArray *people)
{
    JsonArray *array = json_array_sized_new(people->len);

    for (guint i = 0; i < people->len; i++)
        json_array_add_object_element(array, new_person(g_array_index(people, SlRelayPerson, i)));
    json_object_set_array_member(object, name, array);
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
sl_relay_wire_subscribed(gint64 id, const SlRelaySubscribed *what)
{
    g_autoptr(JsonObject) object = new_message("subscribed", id, what->channel);

    json_object_set_string_member(object, "epoch", what->epoch);
    json_object_set_int_member(object, "offset", (gint64)what->last);
    json_object_set_boolean_member(object, "recovered", what->recovered);
    json_object_set_boolean_member(object, "publish", what->publish);
    if (what->has_holder)
        sl_relay_wire_set_holder(object, what->holder);
    return sl_json_to_text(object);
}

char *
sl_relay_wire_unsubscribed(gint64 id, const char *channel)
{
    return answer("unsubscribed", id, channel);
}

char *
sl_relay_wire_taken(gint64 id, const char *channel)
{
    return answer("taken", id, channel);
}

char *
sl_relay_wire_released(gint64 id, const char *channel)
{
    return answer("released", id, channel);
}

char *
sl_relay_wire_named(gint64 id, const char *name)
{
    g_autoptr(JsonObject) object = new_message("named", id, NULL);

    json_object_set_string_member(object, "name", name);
    return sl_json_to_text(object);
}

char *
sl_relay_wire_published(gint64 id, const char *channel, guint64 offset)
{
    g_autoptr(JsonObject) object = new_message("published", id, channel);

    json_object_set_int_member(object, "offset", (gint64)offset);
    return sl_json_to_text(object);
}

char *
sl_relay_wire_message(const char *channel, guint64 offset, gint64 time_ms, const char *from,
                      const char *name, guint count, const char *data)
{
    g_autoptr(JsonObject) object = new_message("message", -1, channel);
    g_autofree char *head = NULL;

    json_object_set_int_member(object, "offset", offset);
    json_object_set_int_member(object, "time", time_ms);
    json_object_set_string_member(object, "from", from);
    if (name != NULL)
        json_object_set_string_member(object, "name", name);
    json_object_set_int_member(object, "count", count);
    head = sl_json_to_text(object);
    head[strlen(head) - 1] = '\0';
    return g_strconcat(head, ",\"data\":", data, "}", NULL);
}

char *
sl_relay_wire_gap(const char *channel, guint64 from, guint64 to)
{
    g_autoptr(JsonObject) object = new_message("gap", -1, channel);

    json_object_set_int_member(object, "from", (gint64)from);
    json_object_set_int_member(object, "to", (gint64)to);
    return sl_json_to_text(object);
}

char *
sl_relay_wire_presence(const char *channel, guint count, GArray *clients)
{
    g_autoptr(JsonObject) object = new_message("presence", -1, channel);

    json_object_set_int_member(object, "count", count);
    set_people(object, "clients", clients);
    return sl_json_to_text(object);
}

char *
sl_relay_wire_presence_change(const char *channel, guint count, GArray *joined, GPtrArray *left)
{
    g_autoptr(JsonObject) object = new_message("presence", -1, channel);
    JsonArray *array = json_array_sized_new(left->len);

    json_object_set_int_member(object, "count", count);
    set_people(object, "joined", joined);
    for (guint i = 0; i < left->len; i++)
        json_array_add_string_element(array, left->pdata[i]);
    json_object_set_array_member(object, "left", array);
    return sl_json_to_text(object);
}

char *
sl_relay_wire_holder(const char *channel, SlRelayPerson holder, const char *reason)
{
    g_autoptr(JsonObject) object = new_message("holder", -1, channel);

    sl_relay_wire_set_holder(object, holder);
    json_object_set_string_member(object, "reason", reason);
    return sl_json_to_text(object);
}

char *
sl_relay_wire_error(gint64 id, const char *channel, const GError *error)
{
    g_autoptr(JsonObject) object = new_message("error", id, channel);

    json_object_set_string_member(object, "code", sl_relay_error_to_code(error));
    json_object_set_string_member(object, "message", error->message);
    return sl_json_to_text(object);
}
