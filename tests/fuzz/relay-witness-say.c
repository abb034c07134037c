#include "fuzz.h"
#include "relay-witness-private.h"
#include "sl-json.h"
#include "sl-relay-request.h"

#include <string.h>

static void
send_text(RelayWitness *self, const char *text, gsize len)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, len);

    fuzz_show("%s says%s %.*s", self->id, self->speaks_aside ? " aside" : "", (int)len, text);
    if (!self->closed && self->speaks_aside)
        sl_relay_transport_emit_received(SL_RELAY_TRANSPORT(self->sideline), bytes, FALSE);
    else if (!self->closed)
        sl_relay_transport_emit_received(SL_RELAY_TRANSPORT(self), bytes, FALSE);
    relay_stage_follow(self->stage, self->said);
    g_ptr_array_set_size(self->said, 0);
}

void
relay_witness_hold(RelayWitness *self)
{
    if (self->held == NULL && !self->closed)
        self->held = g_string_new(NULL);
}

void
relay_witness_release(RelayWitness *self)
{
    g_autoptr(GString) held = g_steal_pointer(&self->held);

    if (held != NULL && held->len > 0)
        send_text(self, held->str, held->len);
}

/* @publish: (nullable) (transfer full): what the text says */
static void
say_text(RelayWitness *self, const char *text, RelayPublish *publish)
{
    if (self->held != NULL &&
        self->held->len + strlen(text) >= self->stage->limits.max_message_bytes) {
        relay_witness_release(self);
        relay_witness_hold(self);
    }
    if (publish != NULL)
        g_ptr_array_add(self->said, publish);
    if (self->held == NULL) {
        send_text(self, text, strlen(text));
        return;
    }
    if (self->held->len > 0)
        g_string_append_c(self->held, '\n');
    g_string_append(self->held, text);
}

static void
say(RelayWitness *self, JsonObject *object, RelayPublish *publish)
{
    g_autofree char *text = sl_json_to_text(object);

    say_text(self, text, publish);
}

const char *
witness_get_holder(RelayWitness *self, const char *name)
{
    SlChannel *channel = sl_relay_get_channel(self->stage->relay, name);
    SlRelayHolder *holder = channel != NULL ? sl_channel_get_holder(channel) : NULL;

    return holder != NULL ? sl_relay_holder_get(holder).client : NULL;
}

gboolean
witness_is_recoverable(SlChannel *channel, const WitnessRequest *request)
{
    guint64 last = channel != NULL ? sl_channel_get_last_offset(channel) : 0;
    guint64 oldest;

    /* It comes into being. */
    if (channel == NULL)
        return request->epoch == NULL;
    oldest = sl_channel_get_namespace(channel)->history == SL_HISTORY_NONE
                 ? last
                 : sl_channel_get_first_offset(channel) - 1;
    if (request->epoch == NULL)
        return oldest == 0;
    return g_str_equal(request->epoch, sl_channel_get_epoch(channel)) &&
           request->offset >= oldest && request->offset <= last;
}

/* Returns: (transfer full): the beginning of what it says; @channel: (nullable) */
static JsonObject *
ask(RelayWitness *self, const char *type, const char *channel, WitnessRequest **ret_request)
{
    JsonObject *object = json_object_new();
    WitnessRequest *request = g_new0(WitnessRequest, 1);
    gint64 id = self->next_id++;

    request->type = type;
    request->channel = g_strdup(channel);
    request->name = g_strdup(self->name);
    request->exact = self->held == NULL;
    g_hash_table_insert(self->requests, GINT_TO_POINTER(id), request);
    json_object_set_string_member(object, "type", type);
    json_object_set_int_member(object, "id", id);
    *ret_request = request;
    if (channel == NULL)
        return object;
    json_object_set_string_member(object, "channel", channel);
    request->there = sl_relay_get_channel(self->stage->relay, channel) != NULL;
    request->is_free = !g_str_has_prefix(channel, "wheel:");
    request->holds = g_strcmp0(witness_get_holder(self, channel), self->id) == 0;
    return object;
}

void
relay_witness_subscribe(RelayWitness *self, const char *channel, gboolean presence,
                        WitnessPosition position, guint back)
{
    WitnessSubscription *known = g_hash_table_lookup(self->known, channel);
    SlChannel *real = sl_relay_get_channel(self->stage->relay, channel);
    WitnessRequest *request;
    g_autoptr(JsonObject) object = ask(self, "subscribe", channel, &request);

    request->presence = presence;
    json_object_set_boolean_member(object, "presence", presence);
    if (position == WITNESS_KNOWN && known != NULL) {
        request->epoch = g_strdup(known->epoch);
        request->offset = known->next > 0 ? known->next - 1 : 0;
    } else if (position != WITNESS_FRESH && real != NULL) {
        request->epoch =
            g_strdup(position == WITNESS_KNOWN ? sl_channel_get_epoch(real) : "another");
        request->offset = sl_channel_get_last_offset(real) + 2;
        request->offset -= MIN(request->offset, back);
    }
    request->recoverable = witness_is_recoverable(real, request);
    if (request->epoch != NULL) {
        json_object_set_string_member(object, "epoch", request->epoch);
        json_object_set_int_member(object, "offset", (gint64)request->offset);
    }
    say(self, object, NULL);
}

void
relay_witness_unsubscribe(RelayWitness *self, const char *channel)
{
    WitnessRequest *request;
    g_autoptr(JsonObject) object = ask(self, "unsubscribe", channel, &request);

    say(self, object, NULL);
}

void
relay_witness_publish(RelayWitness *self, const char *channel, const char *data, const char *key,
                      gboolean answered)
{
    WitnessRequest *request;
    g_autoptr(JsonObject) object = ask(self, "publish", channel, &request);

    if (answered) {
        request->data = g_strdup(data);
        request->key = g_strdup(key);
    }
    json_object_set_member(object, "data", json_from_string(data, NULL));
    if (key != NULL)
        json_object_set_string_member(object, "key", key);
    if (!answered) {
        json_object_remove_member(object, "id");
        g_hash_table_remove(self->requests, GINT_TO_POINTER(self->next_id - 1));
        self->publishes_unasked = TRUE;
    }
    say(self, object, relay_publish_new(channel, data, self->id, self->name, key));
}

void
relay_witness_command(RelayWitness *self, const char *channel, guint back, guint late_ms)
{
    WitnessRequest *request;
    g_autoptr(JsonObject) object = ask(self, "publish", channel, &request);

    self->next_seq++;
    request->seq = self->next_seq > back ? self->next_seq - back : 1;
    request->data = g_strdup("7");
    json_object_set_int_member(object, "data", 7);
    json_object_set_int_member(object, "seq", (gint64)request->seq);
    json_object_set_double_member(object, "at", (double)(g_get_monotonic_time() / 1000 - late_ms));
    self->speaks_aside = self->sideline != NULL && !relay_sideline_is_closed(self->sideline);
    say(self, object, relay_publish_new(channel, "7", self->id, self->name, NULL));
    self->speaks_aside = FALSE;
}

void
relay_witness_take(RelayWitness *self, const char *channel, gboolean force)
{
    WitnessRequest *request;
    g_autoptr(JsonObject) object = ask(self, "take", channel, &request);

    json_object_set_boolean_member(object, "force", force);
    g_hash_table_add(self->holds, g_strdup(channel));
    say(self, object, NULL);
}

void
relay_witness_yield(RelayWitness *self, const char *channel)
{
    WitnessRequest *request;
    g_autoptr(JsonObject) object = ask(self, "release", channel, &request);

    say(self, object, NULL);
}

/* What it publishes next is under its new name, so it waits for the answer. */
void
relay_witness_rename(RelayWitness *self, const char *name)
{
    WitnessRequest *request;
    g_autoptr(JsonObject) object = NULL;

    if (self->held != NULL)
        return;
    object = ask(self, "name", NULL, &request);
    g_free(request->name);
    request->name = g_strdup(name);
    json_object_set_string_member(object, "name", name);
    say(self, object, NULL);
    relay_stage_settle(self->stage);
    relay_witness_listen(self);
}

static char *
ack_text(guint64 received)
{
    return g_strdup_printf("{\"type\":\"ack\",\"received\":%" G_GUINT64_FORMAT "}", received);
}

void
relay_witness_ack(RelayWitness *self, guint less)
{
    g_autofree char *text = NULL;

    if (self->received < less)
        return;
    text = ack_text(self->received - less);
    self->acknowledges = TRUE;
    witness_forget_acked(self, self->received - less);
    say_text(self, text, NULL);
}

/* What was said must have ended the connection, unless there was no time for it. */
static void
check_ended(RelayWitness *self, guint too_fast, const char *why)
{
    relay_stage_settle(self->stage);
    relay_witness_listen(self);
    fuzz_check(self->closed || self->too_fast > too_fast, "%s, and the connection goes on", why);
}

void
relay_witness_ack_too_much(RelayWitness *self)
{
    guint too_fast = self->too_fast;
    g_autofree char *text = NULL;

    relay_stage_settle(self->stage);
    relay_witness_listen(self);
    if (self->held != NULL || self->closed)
        return;
    text = ack_text(self->received + 1);
    self->acknowledges = TRUE;
    send_text(self, text, strlen(text));
    check_ended(self, too_fast, "more is acknowledged than was sent");
}

/* Its ID may be that of a request that waits for its answer: it is not said then. */
void
relay_witness_say_any(RelayWitness *self, const char *text, gsize len)
{
    g_auto(SlRelayRequest) request = { NULL };
    g_autoptr(GError) error = NULL;
    guint too_fast = self->too_fast;

    if (self->held != NULL || memchr(text, '\n', len) != NULL ||
        sl_relay_request_parse(&request, text, len, &error))
        return;
    if (request.id >= 0 && request.id < self->next_id)
        return;
    if (request.id >= 0) {
        WitnessRequest *mine = g_new0(WitnessRequest, 1);

        mine->type =
            g_error_matches(error, SL_RELAY_ERROR, SL_RELAY_ERROR_BAD_NAME) ? "name" : "any";
        g_hash_table_insert(self->requests, GINT_TO_POINTER(request.id), mine);
    }
    send_text(self, text, len);
    if (g_error_matches(error, SL_RELAY_ERROR, SL_RELAY_ERROR_BAD_MESSAGE))
        check_ended(self, too_fast, error->message);
}
