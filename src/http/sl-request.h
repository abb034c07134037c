#pragma once

#include <libsoup/soup.h>

#include "sl-access.h"

G_BEGIN_DECLS

/*
 * What a request carries beside its path: its key, and later the grant that it was given.
 */

/** sl_request_check: asks @access about @msg; the grant stays with the message. @port: names the
 * cookie */
SlAccessVerdict sl_request_check(SoupServerMessage *msg, SlAccess *access, guint16 port);

/** sl_request_get_grant: Returns: (transfer none) (nullable): set once it was let in */
SlGrant *sl_request_get_grant(SoupServerMessage *msg);
/** sl_request_get_allow_origin: Returns: (transfer none) (nullable): the listed origin it came from
 */
const char *sl_request_get_allow_origin(SoupServerMessage *msg);
/** sl_request_get_query_key: Returns: (transfer full) (nullable): the `key` of its query */
char *sl_request_get_query_key(SoupServerMessage *msg);

gboolean sl_request_is_websocket(SoupServerMessage *msg);

G_END_DECLS
