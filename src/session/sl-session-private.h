#pragma once

#include "sl-session.h"

G_BEGIN_DECLS

/** For SlSessionPool. @page, @address: (nullable) */
SlSession *sl_session_new(GMainContext *context, SlIce *ice, SlRelay *relay,
                          SlObjectExchange *exchange, SlStream *stream, const char *page,
                          SlGrant *grant, const char *address, const SlLimits *limits);

/** sl_session_make_id: 128 random bits in hexadecimal */
char *sl_session_make_id(void);

/** sl_session_get_address: Returns: (transfer none) (nullable): as it was given */
const char *sl_session_get_address(SlSession *self);

G_END_DECLS
