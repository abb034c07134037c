#pragma once

#include <libsoup/soup.h>

#include "sl-access.h"

G_BEGIN_DECLS

/*
 * What a request carries: its path and its key, and later the grant that it was given.
 */

/** sl_request_check: asks @access about @msg; the grant stays with the message. @port: names the
 * cookie */
SlAccessVerdict sl_request_check(SoupServerMessage *msg, SlAccess *access, guint16 port,
                                 gboolean is_https);

/** sl_request_get_grant: Returns: (transfer none) (nullable): set once it was let in */
SlGrant *sl_request_get_grant(SoupServerMessage *msg);
/** sl_request_get_allow_origin: Returns: (transfer none) (nullable): the listed origin it came
 * from, whether its key was right or not */
const char *sl_request_get_allow_origin(SoupServerMessage *msg);
/** sl_request_get_path: Returns: (transfer none): without the key that it may begin with */
const char *sl_request_get_path(SoupServerMessage *msg);
/** sl_request_get_link_key: Returns: (transfer full) (nullable): the key in its address: in the
 * path, else in the query */
char *sl_request_get_link_key(SoupServerMessage *msg);

/** sl_request_get_query: Returns: (transfer full) (nullable): the value of @name in its address's
 * query */
char *sl_request_get_query(SoupServerMessage *msg, const char *name);

/** sl_request_get_address: Returns: (transfer none) (nullable): see sl_address_to_key() */
const char *sl_request_get_address(SoupServerMessage *msg);

gboolean sl_request_is_websocket(SoupServerMessage *msg);

G_END_DECLS
