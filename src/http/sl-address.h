#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** sl_address_is_loopback: IPv4 in IPv6 (::ffff:127.0.0.1) counts */
gboolean sl_address_is_loopback(GSocketAddress *address);

/**
 * sl_address_to_key:
 *
 * What limits by address count by: an IPv4 address, or the /64 of an IPv6 one, which is what one
 * household or one host is given. Returns: (transfer full) (nullable): NULL where @remote and
 * @local are one address: whoever connects from this machine itself may be a reverse proxy or a
 * tunnel, and stand for many
 */
char *sl_address_to_key(GSocketAddress *remote, GSocketAddress *local);

G_END_DECLS
