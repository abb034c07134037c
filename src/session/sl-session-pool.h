#pragma once

#include "sl-session.h"

G_BEGIN_DECLS

/**
 * SlSessionPool: every session there is. Main thread only.
 *
 * Signal `changed` (SlStream *stream): the number of that stream's viewers is another.
 */
#define SL_TYPE_SESSION_POOL (sl_session_pool_get_type())
G_DECLARE_FINAL_TYPE(SlSessionPool, sl_session_pool, SL, SESSION_POOL, GObject)

/** @relay, @exchange: data channels of its peers are attached to them */
SlSessionPool *sl_session_pool_new(GMainContext *context, SlIce *ice, SlRelay *relay,
                                   SlObjectExchange *exchange, const SlLimits *limits);

/**
 * sl_session_pool_create:
 * @page: (nullable): a session of this stream with the same page ID is ended with
 * SL_SESSION_ERROR_REPLACED
 * @address: (nullable): the viewer's; %NULL: not counted by address
 *
 * Returns: (transfer full) (nullable): not yet started; SL_SESSION_ERROR_FULL or
 * SL_SESSION_ERROR_FULL_ADDRESS
 */
SlSession *sl_session_pool_create(SlSessionPool *self, SlStream *stream, const char *page,
                                  SlGrant *grant, const char *address, GError **error);

guint sl_session_pool_get_n_sessions(SlSessionPool *self);
guint sl_session_pool_get_n_viewers(SlSessionPool *self, SlStream *stream);

/** sl_session_pool_foreach: @func may end sessions. */
void sl_session_pool_foreach(SlSessionPool *self, GFunc func, gpointer user_data);

/** sl_session_pool_close_async: ends all sessions, admits no more; done when the last peer's
 * pipeline is gone. */
void sl_session_pool_close_async(SlSessionPool *self, GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean sl_session_pool_close_finish(SlSessionPool *self, GAsyncResult *result, GError **error);

G_END_DECLS
