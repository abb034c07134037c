#include "relay-stage.h"
#include "fuzz.h"

static const char *const channels[] = {
    "room:a", "room:b", "free:all", "room:c",  "room:d", "room:e", "last:x", "last:a.y",
    "none:x", "back:x", "wheel:x",  "wheel:a", "aged:x", "Room:a", "no:x",   "room:",
};

const char *
relay_stage_get_channel(guint index)
{
    return channels[index % G_N_ELEMENTS(channels)];
}

static SlRelayNamespace *
add_namespace(GPtrArray *namespaces, const char *name, guint8 settings)
{
    SlRelayNamespace *namespace_ = sl_relay_namespace_new(name);

    namespace_->history_messages = settings & 4 ? 5 : 200;
    namespace_->history_bytes = settings & 8 ? 2000 : 65536;
    namespace_->max_message_bytes = 100;
    namespace_->max_channels = 2;
    namespace_->presence = TRUE;
    g_ptr_array_add(namespaces, namespace_);
    return namespace_;
}

/* Returns: (transfer full): one of each kind */
static GPtrArray *
make_namespaces(guint8 settings)
{
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)sl_relay_namespace_unref);
    SlRelayNamespace *one;

    add_namespace(all, "room", settings);
    one = add_namespace(all, "free", settings);
    one->messages_per_second = 5;
    one->message_burst = 5;
    one = add_namespace(all, "last", settings);
    one->history = SL_HISTORY_LAST;
    one->slow = SL_SLOW_LATEST_ONLY;
    one->presence = FALSE;
    one = add_namespace(all, "none", settings);
    one->history = SL_HISTORY_NONE;
    one = add_namespace(all, "back", settings | 4);
    one->slow = SL_SLOW_RECOVER;
    one = add_namespace(all, "aged", settings);
    one->history_seconds = 3;
    one = add_namespace(all, "wheel", settings);
    one->history = SL_HISTORY_NONE;
    one->slow = SL_SLOW_LATEST_ONLY;
    one->holder = TRUE;
    one->unreliable = TRUE;
    one->max_age_ms = settings & 64 ? 300 : 0;
    return all;
}

RelayStage *
relay_stage_new(guint8 settings)
{
    g_autoptr(GPtrArray) namespaces = make_namespaces(settings);
    RelayStage *self = g_new0(RelayStage, 1);

    self->context = g_main_context_new();
    sl_limits_init(&self->limits);
    self->limits.relay_window_messages = settings & 1 ? 4 : 32;
    self->limits.relay_window_bytes = settings & 2 ? 1500 : 65536;
    self->limits.max_message_bytes = settings & 32 ? 1000 : 65536;
    if (settings & 16) {
        self->limits.relay_request_burst = 8;
        self->limits.relay_byte_burst = 2000;
    }
    self->relay = sl_relay_new(self->context, &self->limits, namespaces);
    sl_relay_add_stream(self->relay, "a");
    sl_relay_add_stream(self->relay, "b");
    sl_relay_add_channel(self->relay, "room:a");
    sl_relay_add_channel(self->relay, "room:b");
    sl_relay_add_channel(self->relay, "free:all");
    self->ledgers =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)relay_ledger_free);
    return self;
}

void
relay_stage_free(RelayStage *self)
{
    gpointer relay = self->relay;

    g_object_add_weak_pointer(relay, &relay);
    g_object_unref(self->relay);
    relay_stage_settle(self);
    fuzz_check(relay == NULL, "something holds the relay");
    fuzz_check_census();
    g_hash_table_unref(self->ledgers);
    g_main_context_unref(self->context);
    g_free(self);
}

void
relay_stage_settle(RelayStage *self)
{
    guint turns = 0;

    while (g_main_context_iteration(self->context, FALSE))
        fuzz_check(turns++ < 100000, "it never comes to rest");
}

RelayLedger *
relay_stage_get_ledger(RelayStage *self, const char *name)
{
    SlChannel *channel = sl_relay_get_channel(self->relay, name);
    RelayLedger *ledger = g_hash_table_lookup(self->ledgers, name);

    if (channel == NULL)
        return NULL;
    if (ledger == NULL || !g_str_equal(ledger->epoch, sl_channel_get_epoch(channel))) {
        ledger = relay_ledger_new(sl_channel_get_epoch(channel));
        g_hash_table_replace(self->ledgers, g_strdup(name), ledger);
    }
    return ledger;
}

RelayPublish *
relay_publish_new(const char *channel, const char *data, const char *from, const char *name,
                  const char *key)
{
    RelayPublish *self = g_new0(RelayPublish, 1);

    self->channel = g_strdup(channel);
    self->data = g_strdup(data);
    self->from = g_strdup(from);
    self->name = g_strdup(name);
    self->key = g_strdup(key);
    return self;
}

void
relay_publish_free(RelayPublish *self)
{
    g_free(self->channel);
    g_free(self->data);
    g_free(self->from);
    g_free(self->name);
    g_free(self->key);
    g_free(self);
}

static guint
count_new(const RelayLedger *ledger, GPtrArray *said, const char *channel)
{
    g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
    guint n = 0;

    for (guint i = 0; i < said->len; i++) {
        const RelayPublish *publish = said->pdata[i];

        if (!g_str_equal(publish->channel, channel) ||
            relay_ledger_find_key(ledger, publish->key) != 0 ||
            (publish->key != NULL && !g_hash_table_add(keys, publish->key)))
            continue;
        n++;
    }
    return n;
}

static void
add(RelayLedger *ledger, const RelayPublish *publish)
{
    if (relay_ledger_find_key(ledger, publish->key) == 0)
        relay_ledger_add(ledger, publish->data, publish->from, publish->name, publish->key);
}

static void
follow(RelayStage *self, const char *name, GPtrArray *said)
{
    RelayLedger *ledger = relay_stage_get_ledger(self, name);
    guint64 grown, last;

    if (ledger == NULL)
        return;
    last = sl_channel_get_last_offset(sl_relay_get_channel(self->relay, name));
    fuzz_check(last >= relay_ledger_get_last(ledger), "%s went back to %" G_GUINT64_FORMAT, name,
               last);
    grown = last - relay_ledger_get_last(ledger);
    if (grown == 0)
        return;
    fuzz_check(grown <= count_new(ledger, said, name),
               "%s has grown by %" G_GUINT64_FORMAT ", which is more than was said", name, grown);
    if (grown == count_new(ledger, said, name)) {
        for (guint i = 0; i < said->len; i++) {
            if (g_str_equal(((RelayPublish *)said->pdata[i])->channel, name))
                add(ledger, said->pdata[i]);
        }
        return;
    }
    /* Of several, some were refused. */
    ledger->vague = TRUE;
    while (relay_ledger_get_last(ledger) < last)
        relay_ledger_add(ledger, "", "", NULL, NULL);
}

void
relay_stage_follow(RelayStage *self, GPtrArray *said)
{
    for (guint i = 0; i < G_N_ELEMENTS(channels); i++)
        follow(self, channels[i], said);
}
