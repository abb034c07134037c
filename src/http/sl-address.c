#include "sl-address.h"

#include <string.h>

static const guint8 MAPPED[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static GInetAddress *
get_inet(GSocketAddress *address)
{
    if (!G_IS_INET_SOCKET_ADDRESS(address))
        return NULL;
    return g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address));
}

/* IPv4 in IPv6 as IPv4. Returns: (transfer full) */
static GInetAddress *
unmap(GInetAddress *inet)
{
    const guint8 *bytes = g_inet_address_to_bytes(inet);

    if (g_inet_address_get_family(inet) == G_SOCKET_FAMILY_IPV6 &&
        memcmp(bytes, MAPPED, sizeof(MAPPED)) == 0)
        return g_inet_address_new_from_bytes(bytes + sizeof(MAPPED), G_SOCKET_FAMILY_IPV4);
    return g_object_ref(inet);
}

gboolean
sl_address_is_loopback(GSocketAddress *address)
{
    GInetAddress *inet = get_inet(address);
    g_autoptr(GInetAddress) plain = inet != NULL ? unmap(inet) : NULL;

    return plain != NULL && g_inet_address_get_is_loopback(plain);
}

static char *
network_to_string(GInetAddress *inet)
{
    guint8 bytes[16] = { 0 };
    g_autoptr(GInetAddress) network = NULL;
    g_autofree char *text = NULL;

    memcpy(bytes, g_inet_address_to_bytes(inet), 8);
    network = g_inet_address_new_from_bytes(bytes, G_SOCKET_FAMILY_IPV6);
    text = g_inet_address_to_string(network);
    return g_strconcat(text, "/64", NULL);
}

char *
sl_address_to_key(GSocketAddress *remote, GSocketAddress *local)
{
    GInetAddress *inet = get_inet(remote);
    GInetAddress *own = get_inet(local);
    g_autoptr(GInetAddress) plain = NULL;

    if (inet == NULL || (own != NULL && g_inet_address_equal(inet, own)))
        return NULL;
    plain = unmap(inet);
    return g_inet_address_get_family(plain) == G_SOCKET_FAMILY_IPV6
               ? network_to_string(plain)
               : g_inet_address_to_string(plain);
}
