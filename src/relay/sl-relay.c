#include "sl-relay.h"
#include "sl-census.h"
#include "sl-context.h"
#include "sl-relay-client.h"
#include "sl-relay-wire.h"

#include <string.h>

struct _SlRelay {
    GObject parent_instance;

    GMainContext *context;
    SlLimits limits;
    GHashTable *channels; /* name → Entry */
    GHashTable *clients;  /* set of SlRelayClient, owned */
    gboolean closed;
};

G_DEFINE_FINAL_TYPE(SlRelay, sl_relay, G_TYPE_OBJECT)

typedef struct {
    SlChannel *channel;
    char *stream; /* nullable */
} Entry;

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    g_object_unref(entry->channel);
    g_free(entry->stream);
    g_free(entry);
}

static const char *
skip_word(const char *text)
{
    if (!g_ascii_islower(*text))
        return NULL;
    while (g_ascii_islower(*text) || g_ascii_isdigit(*text) || *text == '_' || *text == '-')
        text++;
    return text;
}

static gboolean
is_channel_name(const char *name)
{
    const char *end = strlen(name) <= SL_RELAY_MAX_CHANNEL_BYTES ? skip_word(name) : NULL;

    if (end == NULL || *end != ':')
        return FALSE;
    end = skip_word(end + 1);
    return end != NULL && *end == '\0';
}

SlChannel *
sl_relay_add_channel(SlRelay *self, const char *name, const char *stream)
{
    Entry *entry;

    g_return_val_if_fail(SL_IS_RELAY(self) && is_channel_name(name), NULL);
    g_return_val_if_fail(!g_hash_table_contains(self->channels, name), NULL);

    entry = g_new0(Entry, 1);
    entry->channel = sl_channel_new(self->context, name, self->limits.history_messages,
                                    self->limits.history_bytes);
    entry->stream = g_strdup(stream);
    g_hash_table_insert(self->channels, g_strdup(name), entry);
    return entry->channel;
}

SlChannel *
sl_relay_get_channel(SlRelay *self, const char *name)
{
    Entry *entry = g_hash_table_lookup(self->channels, name);

    return entry != NULL ? entry->channel : NULL;
}

const char *
sl_relay_get_channel_stream(SlRelay *self, const char *name)
{
    Entry *entry = g_hash_table_lookup(self->channels, name);

    return entry != NULL ? entry->stream : NULL;
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
    if (g_hash_table_steal(self->clients, client))
        sl_context_post(self->context, NULL, post_nothing, client, g_object_unref);
}

void
sl_relay_attach(SlRelay *self, SlRelayTransport *transport, SlGrant *grant)
{
    SlRelayClient *client;

    g_return_if_fail(SL_IS_RELAY(self) && SL_IS_RELAY_TRANSPORT(transport) && grant != NULL);

    if (self->closed) {
        sl_relay_transport_close(transport, "the server ends");
        return;
    }
    client = sl_relay_client_new(self, &self->limits, transport, grant);
    g_signal_connect_object(client, "closed", G_CALLBACK(on_client_closed), self, 0);
    g_hash_table_add(self->clients, client);
    sl_relay_client_start(client);
}

guint
sl_relay_get_n_clients(SlRelay *self)
{
    return g_hash_table_size(self->clients);
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
sl_relay_new(GMainContext *context, const SlLimits *limits)
{
    SlRelay *self = g_object_new(SL_TYPE_RELAY, NULL);

    self->context = context != NULL ? g_main_context_ref(context) : NULL;
    self->limits = *limits;
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
    g_clear_pointer(&self->channels, g_hash_table_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_relay_parent_class)->finalize(object);
}

static void
sl_relay_init(SlRelay *self)
{
    sl_census_add_object(self);
    self->channels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    self->clients = g_hash_table_new_full(NULL, NULL, g_object_unref, NULL);
}

static void
sl_relay_class_init(SlRelayClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = sl_relay_dispose;
    G_OBJECT_CLASS(klass)->finalize = sl_relay_finalize;
}
