#include "sl-server-socket.h"

#include <netinet/in.h>
#include <string.h>

#include "sl-http-server.h"

/* As many as may come between two turns of the main loop. */
#define BACKLOG 1024

static GSocket *
bind_socket(const char *address, guint16 port, GError **error)
{
    g_autoptr(GInetAddress) inet = address != NULL ? g_inet_address_new_from_string(address)
                                                   : g_inet_address_new_any(G_SOCKET_FAMILY_IPV6);
    g_autoptr(GSocketAddress) socket_address = NULL;
    g_autoptr(GSocket) socket = NULL;

    if (inet == NULL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "not an IP address");
        return NULL;
    }
    socket_address = g_inet_socket_address_new(inet, port);
    socket = g_socket_new(g_inet_address_get_family(inet), G_SOCKET_TYPE_STREAM,
                          G_SOCKET_PROTOCOL_TCP, error);
    if (socket == NULL)
        return NULL;
    if (address == NULL)
        g_socket_set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, FALSE, NULL);
    g_socket_set_blocking(socket, FALSE);
    g_socket_set_listen_backlog(socket, BACKLOG);
    if (!g_socket_bind(socket, socket_address, TRUE, error) || !g_socket_listen(socket, error))
        return NULL;
    return g_steal_pointer(&socket);
}

static void
set_listen_error(GError **error, const GError *reason, const char *address, guint16 port)
{
    gboolean v6 = address != NULL && strchr(address, ':') != NULL;
    g_autofree char *shown =
        g_strdup_printf("%s%s%s", v6 ? "[" : "", address != NULL ? address : "", v6 ? "]" : "");

    if (g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_LISTEN,
                    "Port %u is in use; try --listen %s:%u", port, shown,
                    port < G_MAXUINT16 ? port + 1u : port - 1u);
    else if (g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_LISTEN,
                    "Port %u may only be used by root; try --listen %s:8080", port, shown);
    /* EADDRNOTAVAIL has no code of its own in GIO. */
    else if (address != NULL && g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_FAILED))
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_LISTEN,
                    "%s is no address of this machine; try --listen :%u, which is every address",
                    address, port);
    else
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_LISTEN,
                    "Can't listen on %s: %s; try --listen :%u, which is every address",
                    address != NULL ? address : "every address", reason->message, port);
}

GSocket *
sl_server_socket_new(const char *address, guint16 port, GError **error)
{
    g_autoptr(GError) reason = NULL;
    GSocket *socket = bind_socket(address, port, &reason);

    /* Without IPv6 in the kernel, every address is every IPv4 address. */
    if (socket == NULL && address == NULL &&
        !g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE) &&
        !g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED)) {
        g_clear_error(&reason);
        socket = bind_socket("0.0.0.0", port, &reason);
    }
    if (socket == NULL)
        set_listen_error(error, reason, address, port);
    return socket;
}
