#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * SlPending: a message whose answer comes later: from a camera, or when a pipeline has been tried.
 * Main thread only.
 */
typedef struct _SlPending SlPending;

/** sl_pending_new: of a message that does not wait yet */
SlPending *sl_pending_new(void);

/**
 * sl_pending_begin: pauses @msg until it is answered, or its client has closed the connection.
 * @timeout_words: after so long it is answered so, with 504
 */
void sl_pending_begin(SlPending *self, GMainContext *context, SoupServerMessage *msg,
                      guint timeout_ms, const char *timeout_words);

/** SlPendingEndedFunc: the message waits no more and has not been answered by its owner: whoever
 * asked is gone, or it took too long. It may free the SlPending. */
typedef void (*SlPendingEndedFunc)(SlPending *self, gpointer user_data);

/** sl_pending_set_ended_func: before it waits */
void sl_pending_set_ended_func(SlPending *self, SlPendingEndedFunc func, gpointer user_data);

/** sl_pending_get_message: (transfer none) (nullable): to be answered; NULL where it does not wait
 * any more: it took too long, or whoever asked is gone */
SoupServerMessage *sl_pending_get_message(SlPending *self);

/** sl_pending_free: a message that waited goes on with its answer */
void sl_pending_free(SlPending *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlPending, sl_pending_free)

G_END_DECLS
