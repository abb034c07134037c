#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/*
 * What this machine is called by those who are in the same network.
 */

/** sl_own_names_get_hosts: Returns: (transfer full): localhost, its name, the name without a domain
 * and that in mDNS; lower case, each once */
GStrv sl_own_names_get_hosts(void);

/**
 * sl_own_names_get_addresses:
 *
 * Returns: (transfer full): IP literals, IPv4 first: neither loopback nor link-local, and none of
 * those that IPv6 makes for a day
 */
GStrv sl_own_names_get_addresses(void);

G_END_DECLS
