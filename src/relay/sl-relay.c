#include "sl-relay.h"
#include "sl-census.h"
#include "sl-channel-set.h"
#include "sl-context.h"
#include "sl-relay-client.h"

struct _SlRelay {
    GObject parent_instance;

    GMainContext *context;
    SlLimits limits;
    SlChannelSet *channels;
    GHashTable *clients; /* set of SlRelayClient, owned */
    guint n_clients[SL_RELAY_N_KINDS];
    gboolean closed;
};

G_DEFINE_FINAL_TYPE(SlRelay, sl_relay, G_TYPE_OBJECT)

void
sl_relay_add_stream(SlRelay *self, const char *name)
{
    g_return_if_fail(SL_IS_RELAY(self) && name != NULL);
    sl_channel_set_add_stream(self->channels, name);
}

SlChannel *
sl_relay_add_channel(SlRelay *self, const char *name)
{
    g_return_val_if_fail(SL_IS_RELAY(self), NULL);
    return sl_channel_set_add(self->channels, name);
}

SlChannel *
sl_relay_get_channel(SlRelay *self, const char *name)
{
    return sl_channel_set_find(self->channels, name);
}

SlChannel *
sl_relay_open_channel(SlRelay *self, const char *name, SlGrant *grant, gboolean to_publish,
                      gboolean *ret_made, GError **error)
{
    g_return_val_if_fail(SL_IS_RELAY(self) && name != NULL && grant != NULL, NULL);
    return sl_channel_set_open(self->channels, name, grant, to_publish, ret_made, error);
}

GPtrArray *
sl_relay_list_channels(SlRelay *self)
{
    return sl_channel_set_list(self->channels);
}

SlChannelFigures
sl_relay_get_totals(SlRelay *self)
{
    return sl_channel_set_get_totals(self->channels);
}

static void
post_nothing(gpointer object, gpointer data)
{
}

/* We may be inside a signal of the client's transport, which nobody else may hold: the last
 * reference to it goes when that has returned. */
static void
on_client_closed(SlRelayClient *client, SlRelay *self)
{
    if (!g_hash_table_steal(self->clients, client))
        return;
    self->n_clients[sl_relay_client_get_kind(client)]--;
    sl_context_post(self->context, NULL, post_nothing, client, g_object_unref);
}

SlRelayClient *
sl_relay_attach(SlRelay *self, SlRelayTransport *transport, SlGrant *grant, SlRelayKind kind)
{
    SlRelayClient *client;

    g_return_val_if_fail(SL_IS_RELAY(self) && SL_IS_RELAY_TRANSPORT(transport) && grant != NULL,
                         NULL);
    g_return_val_if_fail(kind < SL_RELAY_N_KINDS, NULL);

    if (self->closed) {
        sl_relay_transport_close(transport, "the server ends");
        return NULL;
    }
    client = sl_relay_client_new(self, self->context, &self->limits, transport, grant, kind);
    self->n_clients[kind]++;
    g_signal_connect_object(client, "closed", G_CALLBACK(on_client_closed), self, 0);
    g_hash_table_add(self->clients, client);
    sl_relay_client_start(client);
    return g_hash_table_contains(self->clients, client) ? client : NULL;
}

guint
sl_relay_get_n_clients(SlRelay *self)
{
    return g_hash_table_size(self->clients);
}

guint
sl_relay_get_n_clients_of(SlRelay *self, SlRelayKind kind)
{
    g_return_val_if_fail(kind < SL_RELAY_N_KINDS, 0);
    return self->n_clients[kind];
}

void
sl_relay_close(SlRelay *self)
{
    g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func(g_object_unref);
    GHashTableIter iter;
    gpointer client;

    g_return_if_fail(SL_IS_RELAY(self));

    self->closed = TRUE;
    g_hash_table_iter_init(&iter, self->clients);
    while (g_hash_table_iter_next(&iter, &client, NULL))
        g_ptr_array_add(clients, g_object_ref(client));
    for (guint i = 0; i < clients->len; i++)
        sl_relay_client_close(clients->pdata[i], "the server ends");
}

SlRelay *
sl_relay_new(GMainContext *context, const SlLimits *limits, GPtrArray *namespaces)
{
    SlRelay *self = g_object_new(SL_TYPE_RELAY, NULL);

    self->context = context != NULL ? g_main_context_ref(context) : NULL;
    self->limits = *limits;
    self->channels = sl_channel_set_new(context, namespaces);
    return self;
}

static void
sl_relay_dispose(GObject *object)
{
    SlRelay *self = SL_RELAY(object);

    sl_relay_close(self);
    g_hash_table_remove_all(self->clients);
    G_OBJECT_CLASS(sl_relay_parent_class)->dispose(object);
}

static void
sl_relay_finalize(GObject *object)
{
    SlRelay *self = SL_RELAY(object);

    g_clear_pointer(&self->clients, g_hash_table_unref);
    g_clear_pointer(&self->channels, sl_channel_set_free);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_relay_parent_class)->finalize(object);
}

static void
sl_relay_init(SlRelay *self)
{
    sl_census_add_object(self);
    self->clients = g_hash_table_new_full(NULL, NULL, g_object_unref, NULL);
}

static void
sl_relay_class_init(SlRelayClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = sl_relay_dispose;
    G_OBJECT_CLASS(klass)->finalize = sl_relay_finalize;
}
