#include "fuzz.h"
#include "relay-witness-private.h"
#include "sl-json.h"

#include <string.h>

#define MAX_TEXT_BYTES (16 * 1024)

static JsonNode *
get(JsonObject *object, const char *name, GType type)
{
    JsonNode *node = json_object_get_member(object, name);

    fuzz_check(node != NULL && json_node_get_value_type(node) == type, "“%s” is missing", name);
    return node;
}

static const char *
get_string(JsonObject *object, const char *name)
{
    return json_node_get_string(get(object, name, G_TYPE_STRING));
}

static const char *
get_name(JsonObject *object)
{
    return json_object_get_string_member_with_default(object, "name", NULL);
}

static guint64
get_number(JsonObject *object, const char *name)
{
    gint64 value = json_node_get_int(get(object, name, G_TYPE_INT64));

    fuzz_check(value >= 0, "“%s” is %" G_GINT64_FORMAT, name, value);
    return (guint64)value;
}

/* Returns: (nullable) */
static const SlRelayNamespace *
get_namespace(RelayWitness *self, const char *channel)
{
    SlChannel *real = sl_relay_get_channel(self->stage->relay, channel);

    return real != NULL ? sl_channel_get_namespace(real) : NULL;
}

/* Returns: (transfer full): what the answer is to */
static WitnessRequest *
take_request(RelayWitness *self, JsonObject *object, const char *type)
{
    gint64 id = json_node_get_int(get(object, "id", G_TYPE_INT64));
    WitnessRequest *request = g_hash_table_lookup(self->requests, GINT_TO_POINTER(id));

    fuzz_check(request != NULL, "an answer to %" G_GINT64_FORMAT ", which nobody asked", id);
    g_hash_table_steal(self->requests, GINT_TO_POINTER(id));
    if (type == NULL)
        return request;
    fuzz_check(g_str_equal(request->type, type), "an answer to “%s”, but it was “%s”", type,
               request->type);
    fuzz_check(request->channel == NULL ||
                   g_str_equal(get_string(object, "channel"), request->channel),
               "an answer for another channel than %s", request->channel);
    return request;
}

static void
hear_welcome(RelayWitness *self, JsonObject *object)
{
    fuzz_check(self->id == NULL, "welcomed twice");
    self->id = g_strdup(get_string(object, "client"));
}

/* --- subscriptions --- */

static void
set_holder(WitnessSubscription *subscription, JsonObject *object)
{
    JsonNode *node = json_object_get_member(object, "holder");

    g_free(subscription->holder);
    subscription->holder = node != NULL && JSON_NODE_HOLDS_OBJECT(node)
                               ? g_strdup(get_string(json_node_get_object(node), "client"))
                               : NULL;
}

static guint64
get_first(const WitnessRequest *request, const SlRelayNamespace *namespace_, gboolean recovered,
          guint64 last)
{
    if (namespace_ != NULL && namespace_->history == SL_HISTORY_NONE)
        return last + 1;
    if (!recovered)
        return 0;
    return request->epoch != NULL ? request->offset + 1 : 1;
}

static void
hear_subscribed(RelayWitness *self, JsonObject *object)
{
    WitnessRequest *request = take_request(self, object, "subscribe");
    const SlRelayNamespace *namespace_ = get_namespace(self, request->channel);
    gboolean recovered = json_node_get_boolean(get(object, "recovered", G_TYPE_BOOLEAN));
    WitnessSubscription *subscription = witness_subscription_new();

    get(object, "publish", G_TYPE_BOOLEAN);
    fuzz_check(!g_hash_table_contains(self->subscriptions, request->channel),
               "subscribed to %s twice", request->channel);
    subscription->epoch = g_strdup(get_string(object, "epoch"));
    subscription->presence = request->presence && namespace_ != NULL && namespace_->presence;
    subscription->next = get_first(request, namespace_, recovered, get_number(object, "offset"));
    fuzz_check(namespace_ == NULL || namespace_->holder == json_object_has_member(object, "holder"),
               "the holder of %s is told, or not", request->channel);
    set_holder(subscription, object);
    fuzz_check(!recovered || request->epoch == NULL ||
                   g_str_equal(request->epoch, subscription->epoch),
               "recovered in another epoch");
    if (request->exact)
        fuzz_check(recovered == request->recoverable,
                   "“recovered” is %d for %s after %" G_GUINT64_FORMAT, recovered, request->channel,
                   request->offset);
    g_hash_table_replace(self->subscriptions, g_strdup(request->channel), subscription);
    witness_request_free(request);
}

static void
end_subscription(RelayWitness *self, const char *channel)
{
    gpointer name, subscription;

    fuzz_check(g_hash_table_steal_extended(self->subscriptions, channel, &name, &subscription),
               "a subscription to %s ended, which there was not", channel);
    g_hash_table_replace(self->known, name, subscription);
}

static void
hear_unsubscribed(RelayWitness *self, JsonObject *object)
{
    WitnessRequest *request = take_request(self, object, "unsubscribe");

    end_subscription(self, request->channel);
    witness_request_free(request);
}

static WitnessSubscription *
get_subscription(RelayWitness *self, JsonObject *object)
{
    const char *channel = get_string(object, "channel");
    WitnessSubscription *subscription = g_hash_table_lookup(self->subscriptions, channel);

    fuzz_check(subscription != NULL, "something of %s, which was not subscribed to", channel);
    return subscription;
}

/* --- messages --- */

static void
hear_published(RelayWitness *self, JsonObject *object)
{
    WitnessRequest *request = take_request(self, object, "publish");
    RelayLedger *ledger = relay_stage_get_ledger(self->stage, request->channel);
    guint64 offset = get_number(object, "offset");

    fuzz_check(!request->exact || request->is_free || request->holds,
               "published on %s by who does not hold it", request->channel);
    if (request->seq > 0) {
        guint64 *last = g_hash_table_lookup(self->seqs, request->channel);

        fuzz_check(last == NULL || request->seq > *last, "an older command has got through");
        g_hash_table_replace(self->seqs, g_strdup(request->channel),
                             g_memdup2(&request->seq, sizeof(request->seq)));
    }
    /* The channel may be gone since. */
    if (ledger == NULL || ledger->vague || offset > relay_ledger_get_last(ledger))
        fuzz_check(request->key == NULL || offset > 0, "no offset");
    else if (request->key != NULL)
        fuzz_check(relay_ledger_find_key(ledger, request->key) == offset,
                   "the key “%s” of %s is at %" G_GUINT64_FORMAT, request->key, request->channel,
                   offset);
    else if (request->exact)
        relay_ledger_check(ledger, offset, request->data, self->id, request->name, 0);
    witness_request_free(request);
}

static void
count_message(RelayWitness *self, gsize bytes)
{
    const SlLimits *limits = &self->stage->limits;

    self->received++;
    self->bytes += bytes;
    g_queue_push_tail(&self->sizes, GSIZE_TO_POINTER(bytes));
    fuzz_check(self->sizes.length <= limits->relay_window_messages,
               "%u messages are out, which is more than the window", self->sizes.length);
    fuzz_check(self->sizes.length == 1 || self->bytes <= limits->relay_window_bytes,
               "%" G_GSIZE_FORMAT " bytes are out, which is more than the window", self->bytes);
}

/* Where what is late is dropped, or who is slow gets the newest only, messages are left out. */
static void
check_turn(WitnessSubscription *subscription, const SlRelayNamespace *namespace_, guint64 offset)
{
    gboolean leaves_out = namespace_ != NULL &&
                          (namespace_->slow == SL_SLOW_LATEST_ONLY || namespace_->max_age_ms > 0);

    fuzz_check(subscription->next == 0 || offset == subscription->next ||
                   (leaves_out && offset > subscription->next),
               "message %" G_GUINT64_FORMAT " came, it was the turn of %" G_GUINT64_FORMAT, offset,
               subscription->next);
    subscription->next = offset + 1;
}

static void
hear_message(RelayWitness *self, JsonObject *object, gsize bytes, gboolean aside)
{
    const char *channel = get_string(object, "channel");
    const SlRelayNamespace *namespace_ = get_namespace(self, channel);
    RelayLedger *ledger = relay_stage_get_ledger(self->stage, channel);
    g_autofree char *data = sl_json_node_to_text(json_object_get_member(object, "data"));
    WitnessSubscription *subscription;

    fuzz_check(!aside || namespace_ == NULL || namespace_->unreliable, "%s goes by the sideline",
               channel);
    if (!aside)
        count_message(self, bytes);
    /* By the sideline it may overtake the answer. */
    else if (!g_hash_table_contains(self->subscriptions, channel))
        return;
    subscription = get_subscription(self, object);
    check_turn(subscription, namespace_, get_number(object, "offset"));
    if (ledger == NULL || !g_str_equal(ledger->epoch, subscription->epoch))
        return;
    relay_ledger_check(ledger, get_number(object, "offset"), data, get_string(object, "from"),
                       get_name(object), get_number(object, "count"));
}

static void
hear_gap(RelayWitness *self, JsonObject *object)
{
    WitnessSubscription *subscription = get_subscription(self, object);
    const char *name = get_string(object, "channel");
    SlChannel *channel = sl_relay_get_channel(self->stage->relay, name);
    const SlRelayNamespace *namespace_ = get_namespace(self, name);
    guint64 from = get_number(object, "from"), to = get_number(object, "to");

    fuzz_check(from <= to && (subscription->next == 0 || from == subscription->next),
               "a gap from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
               ", it was the turn of %" G_GUINT64_FORMAT,
               from, to, subscription->next);
    fuzz_check(namespace_ == NULL || namespace_->slow == SL_SLOW_DROP_OLDEST, "a gap of %s", name);
    fuzz_check(namespace_ == NULL || namespace_->max_age_ms > 0 ||
                   to < sl_channel_get_first_offset(channel),
               "a gap up to %" G_GUINT64_FORMAT ", which is kept", to);
    subscription->next = to + 1;
}

/* --- who is there, and who holds --- */

static void
add_people(WitnessSubscription *subscription, JsonArray *people)
{
    for (guint i = 0; i < json_array_get_length(people); i++) {
        JsonObject *person = json_array_get_object_element(people, i);
        const char *name = get_name(person);

        g_hash_table_replace(subscription->present, g_strdup(get_string(person, "client")),
                             g_strdup(name != NULL ? name : ""));
    }
}

static void
hear_presence(RelayWitness *self, JsonObject *object)
{
    WitnessSubscription *subscription = get_subscription(self, object);

    fuzz_check(subscription->presence, "presence, which was not asked for");
    if (json_object_has_member(object, "clients")) {
        g_hash_table_remove_all(subscription->present);
        add_people(subscription, json_object_get_array_member(object, "clients"));
        subscription->listed = TRUE;
    } else {
        JsonArray *left = json_object_get_array_member(object, "left");

        fuzz_check(subscription->listed, "who came and went, before who is there");
        add_people(subscription, json_object_get_array_member(object, "joined"));
        for (guint i = 0; i < json_array_get_length(left); i++)
            g_hash_table_remove(subscription->present, json_array_get_string_element(left, i));
    }
    fuzz_check(get_number(object, "count") == g_hash_table_size(subscription->present),
               "%" G_GUINT64_FORMAT " are there, but %u are named", get_number(object, "count"),
               g_hash_table_size(subscription->present));
}

static void
hear_holder(RelayWitness *self, JsonObject *object)
{
    static const char *const reasons[] = {
        "taken", "released", "left", "silent", "overruled", NULL
    };
    const char *channel = get_string(object, "channel");
    WitnessSubscription *subscription = g_hash_table_lookup(self->subscriptions, channel);
    const char *reason = get_string(object, "reason");

    fuzz_check(g_strv_contains(reasons, reason), "“reason” is “%s”", reason);
    fuzz_check(subscription != NULL || g_hash_table_contains(self->holds, channel),
               "the holder of %s, which is no business of it", channel);
    if (subscription != NULL)
        set_holder(subscription, object);
}

static void
hear_taken(RelayWitness *self, JsonObject *object)
{
    witness_request_free(take_request(self, object, "take"));
}

static void
hear_released(RelayWitness *self, JsonObject *object)
{
    WitnessRequest *request = take_request(self, object, "release");

    fuzz_check(!request->exact || request->holds, "released by who does not hold it");
    witness_request_free(request);
}

static void
hear_named(RelayWitness *self, JsonObject *object)
{
    WitnessRequest *request = take_request(self, object, "name");

    fuzz_check(g_str_equal(get_string(object, "name"), request->name), "another name");
    g_free(self->name);
    self->name = *request->name != '\0' ? g_strdup(request->name) : NULL;
    witness_request_free(request);
}

/* --- errors --- */

static gboolean
is_fit(RelayWitness *self, const WitnessRequest *request, const char *code)
{
    gboolean subscribed =
        request->channel != NULL && g_hash_table_contains(self->subscriptions, request->channel);

    if (g_str_equal(code, "too-fast"))
        return TRUE;
    if (g_str_equal(code, "already-subscribed"))
        return g_str_equal(request->type, "subscribe") && subscribed;
    if (g_str_equal(code, "not-subscribed"))
        return g_str_equal(request->type, "unsubscribe") && !subscribed;
    if (g_str_equal(code, "unknown-type"))
        return g_str_equal(request->type, "any");
    if (g_str_equal(code, "bad-name"))
        return g_str_equal(request->type, "name");
    if (g_str_equal(code, "unknown-channel"))
        return request->channel != NULL && (!request->exact || !request->there);
    if (g_str_equal(code, "too-large"))
        return request->data != NULL;
    if (g_str_equal(code, "stale"))
        return request->seq > 0;
    if (g_str_equal(code, "held"))
        return g_str_equal(request->type, "take") && (!request->exact || !request->holds);
    if (g_str_equal(code, "not-holder"))
        return (request->data != NULL || g_str_equal(request->type, "release")) &&
               (!request->exact || !request->holds);
    return (g_str_equal(code, "not-allowed") || g_str_equal(code, "too-many")) &&
           request->channel != NULL;
}

static void
hear_of_end(RelayWitness *self, const char *channel, const char *code)
{
    WitnessSubscription *subscription = g_hash_table_lookup(self->subscriptions, channel);
    SlChannel *real = sl_relay_get_channel(self->stage->relay, channel);

    fuzz_check(subscription != NULL &&
                   (self->refused || !witness_may_read(self, real) ||
                    !g_str_equal(sl_channel_get_epoch(real), subscription->epoch)),
               "“%s” ends the subscription to %s", code, channel);
    end_subscription(self, channel);
}

static void
hear_error(RelayWitness *self, JsonObject *object)
{
    const char *code = get_string(object, "code");
    WitnessRequest *request;

    get_string(object, "message");
    if (g_str_equal(code, "bad-message") || g_str_equal(code, "slow"))
        self->refused = TRUE;
    if (g_str_equal(code, "too-fast"))
        self->too_fast++;
    if (json_object_has_member(object, "id")) {
        request = take_request(self, object, NULL);
        fuzz_check(self->refused || is_fit(self, request, code), "“%s” for a “%s” of %s", code,
                   request->type, request->channel);
        witness_request_free(request);
    } else if (json_object_has_member(object, "channel")) {
        hear_of_end(self, get_string(object, "channel"), code);
    } else if (!self->refused) {
        fuzz_check(self->publishes_unasked || g_str_equal(code, "too-fast") ||
                       g_str_equal(code, "unknown-type"),
                   "“%s”, and nothing was published without an id", code);
    }
}

static void
hear(RelayWitness *self, const char *line, gsize len, gboolean aside)
{
    static const struct {
        const char *type;
        void (*hear)(RelayWitness *self, JsonObject *object);
    } kinds[] = {
        { "welcome", hear_welcome },
        { "subscribed", hear_subscribed },
        { "unsubscribed", hear_unsubscribed },
        { "published", hear_published },
        { "gap", hear_gap },
        { "presence", hear_presence },
        { "holder", hear_holder },
        { "taken", hear_taken },
        { "released", hear_released },
        { "named", hear_named },
        { "error", hear_error },
    };
    g_autoptr(JsonObject) object = sl_json_parse_object(line, len, NULL);
    const char *type;

    fuzz_check(object != NULL, "the server says %s", line);
    type = get_string(object, "type");
    fuzz_check(self->id != NULL || g_str_equal(type, "welcome"), "“%s” before “welcome”", type);
    fuzz_check(!self->refused, "“%s” after an error that ends it", type);
    if (g_str_equal(type, "message")) {
        hear_message(self, object, len, aside);
        return;
    }
    fuzz_check(!aside, "“%s” goes by the sideline", type);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_str_equal(type, kinds[i].type)) {
            kinds[i].hear(self, object);
            return;
        }
    }
    fuzz_fail("the server says “%s”", type);
}

gboolean
relay_witness_listen(RelayWitness *self)
{
    gboolean any = FALSE;
    char *text;

    while ((text = g_queue_pop_head(&self->heard)) != NULL) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        fuzz_show("%s hears %s", self->id, text);
        fuzz_check(lines[1] == NULL || strlen(text) <= MAX_TEXT_BYTES,
                   "a text of %" G_GSIZE_FORMAT " bytes", strlen(text));
        for (guint i = 0; lines[i] != NULL; i++)
            hear(self, lines[i], strlen(lines[i]), text[0] == ' ');
        g_free(text);
        any = TRUE;
    }
    return any;
}
