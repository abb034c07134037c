#include "fuzz.h"
#include "relay-witness-private.h"

static void relay_witness_iface_init(SlRelayTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(RelayWitness, relay_witness, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(SL_TYPE_RELAY_TRANSPORT,
                                                    relay_witness_iface_init))

void
witness_request_free(gpointer data)
{
    WitnessRequest *request = data;

    g_free(request->channel);
    g_free(request->data);
    g_free(request->key);
    g_free(request->name);
    g_free(request->epoch);
    g_free(request);
}

WitnessSubscription *
witness_subscription_new(void)
{
    WitnessSubscription *self = g_new0(WitnessSubscription, 1);

    self->present = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return self;
}

void
witness_subscription_free(gpointer data)
{
    WitnessSubscription *subscription = data;

    g_hash_table_unref(subscription->present);
    g_free(subscription->holder);
    g_free(subscription->epoch);
    g_free(subscription);
}

void
witness_forget_acked(RelayWitness *self, guint64 received)
{
    for (; self->acked < received && self->sizes.length > 0; self->acked++)
        self->bytes -= GPOINTER_TO_SIZE(g_queue_pop_head(&self->sizes));
}

/* --- the transport --- */

void
relay_witness_break(RelayWitness *self, guint sends)
{
    self->break_after = sends;
    if (sends > 0 || self->closed)
        return;
    fuzz_show("%s is cut off", self->id);
    self->closed = TRUE;
    sl_relay_transport_emit_closed(SL_RELAY_TRANSPORT(self));
    if (self->sideline != NULL)
        relay_sideline_cut(self->sideline);
}

gboolean
relay_witness_is_closed(RelayWitness *self)
{
    return self->closed;
}

void
relay_witness_drain(RelayWitness *self)
{
    relay_witness_listen(self);
    if (self->closed)
        return;
    if (self->is_local && !self->acknowledges)
        witness_forget_acked(self, self->received);
    sl_relay_transport_emit_drained(SL_RELAY_TRANSPORT(self));
}

void
relay_witness_set_congested(RelayWitness *self, gboolean congested)
{
    self->congested = congested;
    if (self->sideline != NULL)
        relay_sideline_set_congested(self->sideline, congested);
}

void
relay_witness_toggle_sideline(RelayWitness *self)
{
    if (self->sideline != NULL) {
        relay_sideline_cut(self->sideline);
        g_clear_object(&self->sideline);
        return;
    }
    if (self->closed)
        return;
    self->sideline = relay_sideline_new(&self->heard);
    sl_relay_client_set_unreliable(self->client, SL_RELAY_TRANSPORT(self->sideline));
}

static void
relay_witness_send(SlRelayTransport *transport, const char *text)
{
    RelayWitness *self = RELAY_WITNESS(transport);

    if (self->closed)
        return;
    g_queue_push_tail(&self->heard, g_strdup(text));
    if (self->break_after > 0 && --self->break_after == 0)
        relay_witness_break(self, 0);
}

static void
relay_witness_close(SlRelayTransport *transport, const char *reason)
{
    fuzz_check(reason != NULL, "closed without a reason");
    relay_witness_break(RELAY_WITNESS(transport), 0);
}

static gboolean
relay_witness_is_acknowledging(SlRelayTransport *transport)
{
    return RELAY_WITNESS(transport)->is_local;
}

static gboolean
relay_witness_is_congested(SlRelayTransport *transport)
{
    return RELAY_WITNESS(transport)->congested;
}

static void
relay_witness_iface_init(SlRelayTransportInterface *iface)
{
    iface->send = relay_witness_send;
    iface->close = relay_witness_close;
    iface->is_acknowledging = relay_witness_is_acknowledging;
    iface->is_congested = relay_witness_is_congested;
}

/* --- what must hold in the end --- */

/* @channel: there, and it is one where nothing is left out */
static void
check_complete(const WitnessSubscription *subscription, SlChannel *channel)
{
    guint64 last = sl_channel_get_last_offset(channel);
    const SlRelayNamespace *namespace_ = sl_channel_get_namespace(channel);

    if (subscription->next == last + 1 || namespace_->max_age_ms > 0 || namespace_->unreliable)
        return;
    /* What it misses is too old by now, or it came late and nothing is kept. */
    fuzz_check(sl_channel_get_first_offset(channel) > last,
               "of %s, nothing came from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
               sl_channel_get_name(channel), subscription->next, last);
}

static void
check_present(const WitnessSubscription *subscription, const char *channel, const RelayWitness *who)
{
    const char *name = g_hash_table_lookup(subscription->present, who->id);
    gboolean is_there = !who->closed && g_hash_table_contains(who->subscriptions, channel);

    fuzz_check((name != NULL) == is_there, "%s is on %s: %d, it was told %d", who->id, channel,
               is_there, name != NULL);
    fuzz_check(name == NULL || g_str_equal(name, who->name != NULL ? who->name : ""),
               "%s is called “%s”", who->id, name);
}

gboolean
witness_may_read(RelayWitness *self, SlChannel *channel)
{
    return channel != NULL &&
           sl_grant_allows(self->grant, sl_channel_get_namespace(channel)->subscribe,
                           sl_channel_get_stream(channel));
}

/* Who may not read any more is told when there would be something else to tell. */
static void
finish_subscription(RelayWitness *self, const char *name, const WitnessSubscription *subscription,
                    RelayWitness *const *all, guint n_all)
{
    SlChannel *channel = sl_relay_get_channel(self->stage->relay, name);

    fuzz_check(channel != NULL, "%s is gone, and nobody was told", name);
    if (!witness_may_read(self, channel))
        return;
    fuzz_check(g_str_equal(subscription->epoch, sl_channel_get_epoch(channel)),
               "%s has begun anew, and nobody was told", name);
    check_complete(subscription, channel);
    fuzz_check(g_strcmp0(subscription->holder, witness_get_holder(self, name)) == 0,
               "%s is held by %s, it was told %s", name, witness_get_holder(self, name),
               subscription->holder);
    if (!subscription->presence || self->congested)
        return;
    for (guint i = 0; i < n_all; i++) {
        if (all[i] != NULL)
            check_present(subscription, name, all[i]);
    }
}

void
relay_witness_finish(RelayWitness *self, RelayWitness *const *all, guint n_all)
{
    GHashTableIter iter;
    gpointer channel, subscription;

    if (self->closed)
        return;
    fuzz_check(!self->refused, "it was refused, and the connection goes on");
    fuzz_check(g_hash_table_size(self->requests) == 0, "%u requests were never answered",
               g_hash_table_size(self->requests));
    g_hash_table_iter_init(&iter, self->subscriptions);
    while (g_hash_table_iter_next(&iter, &channel, &subscription))
        finish_subscription(self, channel, subscription, all, n_all);
}

/* --- the object --- */

RelayWitness *
relay_witness_new(RelayStage *stage, SlGrant *grant, gboolean is_local)
{
    RelayWitness *self = g_object_new(RELAY_TYPE_WITNESS, NULL);

    self->stage = stage;
    self->grant = sl_grant_ref(grant);
    self->is_local = is_local;
    self->client = sl_relay_attach(stage->relay, SL_RELAY_TRANSPORT(self), grant,
                                   is_local ? SL_RELAY_KIND_LOCAL : SL_RELAY_KIND_WEBSOCKET);
    relay_witness_listen(self);
    fuzz_check(self->id != NULL || self->closed, "nobody welcomes it");
    return self;
}

static void
relay_witness_finalize(GObject *object)
{
    RelayWitness *self = RELAY_WITNESS(object);

    g_clear_object(&self->sideline);
    g_queue_clear_full(&self->heard, g_free);
    g_queue_clear(&self->sizes);
    g_hash_table_unref(self->requests);
    g_hash_table_unref(self->subscriptions);
    g_hash_table_unref(self->known);
    g_hash_table_unref(self->holds);
    g_hash_table_unref(self->seqs);
    g_ptr_array_unref(self->said);
    if (self->held != NULL)
        g_string_free(self->held, TRUE);
    sl_grant_unref(self->grant);
    g_free(self->name);
    g_free(self->id);
    G_OBJECT_CLASS(relay_witness_parent_class)->finalize(object);
}

static void
relay_witness_init(RelayWitness *self)
{
    self->said = g_ptr_array_new_with_free_func((GDestroyNotify)relay_publish_free);
    self->requests = g_hash_table_new_full(NULL, NULL, NULL, witness_request_free);
    self->subscriptions =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, witness_subscription_free);
    self->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, witness_subscription_free);
    self->holds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->seqs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static void
relay_witness_class_init(RelayWitnessClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = relay_witness_finalize;
}
