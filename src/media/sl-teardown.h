#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * Ending pipelines: setting one to NULL may block (webrtcbin joins its threads, a camera drains),
 * so it happens neither on the main loop nor on a streaming thread but on a small pool of its own.
 */

/** SlTeardownPrepare: called on the pool's thread before the pipeline is set to NULL. */
typedef void (*SlTeardownPrepare)(GstElement *element);

/** SlTeardownDone: called on the main thread when the pipeline is gone. */
typedef void (*SlTeardownDone)(gpointer user_data);

/**
 * sl_teardown_element:
 * @element: (transfer full): a pipeline; nobody else may use it any more
 * @prepare: (nullable): what has to be done first and may block, too
 * @done: (nullable): (scope async)
 *
 * Sets @element to NULL and drops it on the pool, then calls @done in @context. Main thread.
 */
void sl_teardown_element(GstElement *element, SlTeardownPrepare prepare, GMainContext *context,
                         SlTeardownDone done, gpointer user_data);

/**
 * sl_teardown_element_within:
 * @element: (transfer full): as above
 *
 * The same for who works on a thread of his own: returns when @element is gone, or after
 * @timeout_ms, and what has not stopped by then is left to the pool. It is not counted by what
 * follows. Any thread. Returns: whether it is gone
 */
gboolean sl_teardown_element_within(GstElement *element, guint timeout_ms);

/** sl_teardown_get_n_pending: begun and not ended. Main thread. */
guint sl_teardown_get_n_pending(void);

/**
 * sl_teardown_drain_async:
 *
 * @done is called in @context when nothing is pending any more, at the earliest in the next
 * iteration. Main thread.
 */
void sl_teardown_drain_async(GMainContext *context, SlTeardownDone done, gpointer user_data);

G_END_DECLS
