#include "sl-object-exchange.h"

#include "sl-census.h"
#include "sl-context.h"
#include "sl-object-client.h"

/* Chunks of all clients in one turn of the main loop, which has more urgent things to do. */
#define TURNS_AT_ONCE 8

struct _SlObjectExchange {
    GObject parent_instance;

    GMainContext *context;
    SlLimits limits;
    SlObjectStore *store;
    GHashTable *clients; /* SlObjectClient, owned → whether it is in `ready` */
    GQueue ready;        /* SlObjectClient: who may have a chunk to send takes turns */
    GSource *turns;      /* nullable: nobody is ready */
    gboolean closed;
};

G_DEFINE_FINAL_TYPE(SlObjectExchange, sl_object_exchange, G_TYPE_OBJECT)

/* --- turns --- */

static void
push_ready(SlObjectExchange *self, SlObjectClient *client)
{
    g_queue_push_tail(&self->ready, client);
    g_hash_table_insert(self->clients, g_object_ref(client), GINT_TO_POINTER(TRUE));
}

static SlObjectClient *
pop_ready(SlObjectExchange *self)
{
    SlObjectClient *client = g_queue_pop_head(&self->ready);

    if (client != NULL)
        g_hash_table_insert(self->clients, g_object_ref(client), GINT_TO_POINTER(FALSE));
    return client;
}

static gboolean
on_turns(gpointer user_data)
{
    SlObjectExchange *self = user_data;
    g_autoptr(SlObjectExchange) alive = g_object_ref(self);
    SlObjectClient *client;

    for (guint i = 0; i < TURNS_AT_ONCE && (client = pop_ready(self)) != NULL; i++) {
        g_autoptr(SlObjectClient) held = g_object_ref(client);

        /* It may close in it, and it may say meanwhile that it is ready. */
        if (sl_object_client_take_turn(client) && g_hash_table_contains(self->clients, client) &&
            !GPOINTER_TO_INT(g_hash_table_lookup(self->clients, client)))
            push_ready(self, client);
    }
    if (!g_queue_is_empty(&self->ready))
        return G_SOURCE_CONTINUE;
    sl_clear_source(&self->turns);
    return G_SOURCE_REMOVE;
}

static void
on_client_ready(SlObjectClient *client, SlObjectExchange *self)
{
    if (GPOINTER_TO_INT(g_hash_table_lookup(self->clients, client)))
        return;
    push_ready(self, client);
    if (self->turns != NULL)
        return;
    self->turns = g_idle_source_new();
    g_source_set_callback(self->turns, on_turns, self, NULL);
    g_source_attach(self->turns, self->context);
}

/* --- clients --- */

static void
on_client_closed(SlObjectClient *client, SlObjectExchange *self)
{
    g_signal_handlers_disconnect_by_data(client, self);
    g_queue_remove(&self->ready, client);
    g_hash_table_remove(self->clients, client);
}

void
sl_object_exchange_attach(SlObjectExchange *self, SlRelayTransport *transport, SlGrant *grant,
                          const char *address)
{
    SlObjectClient *client;

    g_return_if_fail(SL_IS_OBJECT_EXCHANGE(self) && SL_IS_RELAY_TRANSPORT(transport));
    g_return_if_fail(grant != NULL);

    if (self->closed) {
        sl_relay_transport_close(transport, "the server ends");
        return;
    }
    client =
        sl_object_client_new(self->context, &self->limits, self->store, transport, grant, address);
    g_hash_table_insert(self->clients, client, GINT_TO_POINTER(FALSE));
    g_signal_connect(client, "ready", G_CALLBACK(on_client_ready), self);
    g_signal_connect(client, "closed", G_CALLBACK(on_client_closed), self);
    sl_object_client_start(client);
}

guint
sl_object_exchange_get_n_clients(SlObjectExchange *self)
{
    return g_hash_table_size(self->clients);
}

void
sl_object_exchange_close(SlObjectExchange *self)
{
    g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func(g_object_unref);
    GHashTableIter iter;
    gpointer client;

    g_return_if_fail(SL_IS_OBJECT_EXCHANGE(self));

    self->closed = TRUE;
    g_hash_table_iter_init(&iter, self->clients);
    while (g_hash_table_iter_next(&iter, &client, NULL))
        g_ptr_array_add(clients, g_object_ref(client));
    for (guint i = 0; i < clients->len; i++)
        sl_object_client_close(clients->pdata[i], "the server ends");
}

/* --- life --- */

static void
sl_object_exchange_dispose(GObject *object)
{
    SlObjectExchange *self = SL_OBJECT_EXCHANGE(object);

    sl_object_exchange_close(self);
    sl_clear_source(&self->turns);
    G_OBJECT_CLASS(sl_object_exchange_parent_class)->dispose(object);
}

static void
sl_object_exchange_finalize(GObject *object)
{
    SlObjectExchange *self = SL_OBJECT_EXCHANGE(object);

    g_queue_clear(&self->ready);
    g_hash_table_unref(self->clients);
    g_clear_object(&self->store);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_object_exchange_parent_class)->finalize(object);
}

static void
sl_object_exchange_class_init(SlObjectExchangeClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_object_exchange_dispose;
    object_class->finalize = sl_object_exchange_finalize;
}

static void
sl_object_exchange_init(SlObjectExchange *self)
{
    sl_census_add_object(self);
    self->clients = g_hash_table_new_full(NULL, NULL, g_object_unref, NULL);
    g_queue_init(&self->ready);
}

SlObjectExchange *
sl_object_exchange_new(GMainContext *context, const SlLimits *limits, SlObjectStore *store)
{
    SlObjectExchange *self = g_object_new(SL_TYPE_OBJECT_EXCHANGE, NULL);

    self->context = context != NULL ? g_main_context_ref(context) : NULL;
    self->limits = *limits;
    self->store = g_object_ref(store);
    return self;
}
