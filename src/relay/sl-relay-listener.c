#include "sl-relay-listener.h"

#include <string.h>

#include "sl-acceptor.h"
#include "sl-census.h"
#include "sl-line-transport.h"
#include "sl-local-socket.h"
#include "sl-meters.h"
#include "sl-relay-wire.h"

#define ACCEPTS_A_TURN 16

#define LOCAL_ROLES ((SlRoles)(SL_ROLES_OPERATOR & ~SL_ROLE_ADMIN))

struct _SlRelayListener {
    GObject parent_instance;

    GMainContext *context;
    SlRelay *relay;
    SlLimits limits;
    SlGrant *grant;
    SlLocalSocket *socket; /* nullable: not listening */
    SlAcceptor *acceptor;  /* likewise */
    GHashTable *clients;   /* set of SlLineTransport, owned */
};

G_DEFINE_FINAL_TYPE(SlRelayListener, sl_relay_listener, G_TYPE_OBJECT)

static void
count_clients(SlRelayListener *self)
{
    sl_limits_set_now(&self->limits, SL_LIMIT(max_local_clients), g_hash_table_size(self->clients));
}

static void
on_transport_gone(SlLineTransport *transport, SlRelayListener *self)
{
    g_hash_table_remove(self->clients, transport);
    count_clients(self);
}

/* One line fits into any socket that nothing was written to. */
static void
refuse(SlRelayListener *self, GSocket *socket)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autofree char *line = NULL;

    sl_limits_reached(&self->limits, SL_LIMIT(max_local_clients), NULL);
    g_set_error(&error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_MANY,
                "at most %u programs can be connected at once", self->limits.max_local_clients);
    text = sl_relay_wire_error(-1, NULL, error);
    line = g_strconcat(text, "\n", NULL);
    g_socket_set_blocking(socket, FALSE);
    g_socket_send(socket, line, strlen(line), NULL, NULL);
}

static void
on_connection(GSocket *socket, gpointer data)
{
    SlRelayListener *self = data;
    g_autoptr(SlLineTransport) transport = NULL;

    if (g_hash_table_size(self->clients) >= self->limits.max_local_clients) {
        refuse(self, socket);
        return;
    }
    transport = sl_line_transport_new(self->context, socket, &self->limits);
    g_hash_table_add(self->clients, g_object_ref(transport));
    count_clients(self);
    g_signal_connect_object(transport, "gone", G_CALLBACK(on_transport_gone), self, 0);
    sl_relay_attach(self->relay, SL_RELAY_TRANSPORT(transport), self->grant, SL_RELAY_KIND_LOCAL);
}

gboolean
sl_relay_listener_listen(SlRelayListener *self, const char *path, guint mode, const char *group,
                         GError **error)
{
    g_return_val_if_fail(SL_IS_RELAY_LISTENER(self) && self->socket == NULL, FALSE);

    self->socket = sl_local_socket_new(path, mode, group, error);
    if (self->socket == NULL)
        return FALSE;
    self->acceptor = sl_acceptor_new(self->context, sl_local_socket_get(self->socket),
                                     G_PRIORITY_DEFAULT, ACCEPTS_A_TURN, on_connection, self);
    return TRUE;
}

void
sl_relay_listener_close(SlRelayListener *self)
{
    g_clear_pointer(&self->acceptor, sl_acceptor_free);
    g_clear_pointer(&self->socket, sl_local_socket_free);
}

guint
sl_relay_listener_get_n_clients(SlRelayListener *self)
{
    return g_hash_table_size(self->clients);
}

static void
sl_relay_listener_dispose(GObject *object)
{
    SlRelayListener *self = SL_RELAY_LISTENER(object);

    sl_relay_listener_close(self);
    g_hash_table_remove_all(self->clients);
    g_clear_object(&self->relay);
    G_OBJECT_CLASS(sl_relay_listener_parent_class)->dispose(object);
}

static void
sl_relay_listener_finalize(GObject *object)
{
    SlRelayListener *self = SL_RELAY_LISTENER(object);

    g_hash_table_unref(self->clients);
    g_clear_pointer(&self->grant, sl_grant_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_relay_listener_parent_class)->finalize(object);
}

static void
sl_relay_listener_class_init(SlRelayListenerClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_relay_listener_dispose;
    object_class->finalize = sl_relay_listener_finalize;
}

static void
sl_relay_listener_init(SlRelayListener *self)
{
    sl_census_add_object(self);
    self->clients = g_hash_table_new_full(NULL, NULL, g_object_unref, NULL);
    self->grant = sl_grant_new("local", LOCAL_ROLES, NULL, 0);
}

SlRelayListener *
sl_relay_listener_new(GMainContext *context, SlRelay *relay, const SlLimits *limits)
{
    SlRelayListener *self = g_object_new(SL_TYPE_RELAY_LISTENER, NULL);

    self->context = context != NULL ? g_main_context_ref(context) : NULL;
    self->relay = g_object_ref(relay);
    self->limits = *limits;
    return self;
}
