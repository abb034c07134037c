#pragma once

#include "sl-live-setting.h"
#include "sl-publisher.h"
#include "sl-session-pool.h"

/* Streams, sessions and their pool as http/ sees them, without media: what a viewer sends is
 * recorded, what a session would say is said by the test. They are linked in place of the real
 * ones. */

SlStream *fake_stream_new(const char *name, const char *title);
void fake_stream_set_state(SlStream *stream, SlStreamState state, const char *detail);

/** fake_stream_set_controls: @controls: (nullable) (transfer none); @device: (nullable): none of
 * both until then */
void fake_stream_set_controls(SlStream *stream, SlControlKeeper *controls, const char *device);

/** fake_stream_set_description: what it is made with; without one it has none */
void fake_stream_set_description(SlStream *stream, SlDescription *description, SlValues *values);

/** fake_stream_refuse_publishers: who wants to publish is told this; NULL: nobody is */
void fake_stream_refuse_publishers(SlStream *stream, SlMediaError code, const char *message);

/** fake_stream_hold: swaps wait until this is called again with FALSE */
void fake_stream_hold(SlStream *stream, gboolean hold);
/** fake_stream_fail: swaps fail with this message; NULL: they succeed */
void fake_stream_fail(SlStream *stream, const char *message);
guint fake_stream_get_n_swaps(SlStream *stream);
/** fake_stream_get_n_live: how often live values were set */
guint fake_stream_get_n_live(SlStream *stream);

/** fake_pool_get_last: (nullable) (transfer none): the session made last, if it still is */
SlSession *fake_pool_get_last(SlSessionPool *pool);

/** fake_session_get_log: what was called, one line each */
const char *fake_session_get_log(SlSession *session);

/** fake_session_fail_next: the next answer or candidate gives this error */
void fake_session_fail_next(SlSession *session, SlSessionError code, const char *message);

/*
 * Offers: sessions and publishers answer them alike.
 */
#define FAKE_ANSWER "v=0\r\ns=the answer\r\n"
/** fake_offers_hold: those that come while they are held are answered never: their sessions can end
 */
void fake_offers_hold(gboolean hold);
/** fake_offers_fail_next: the next offer, or candidate of one who made an offer, gives this error
 */
void fake_offers_fail_next(GQuark domain, int code, const char *message);
/** fake_offers_take_log: (transfer full): what was called since it was taken, one line each */
char *fake_offers_take_log(void);

/** fake_publisher_get_last: (nullable) (transfer none): the one made last, if it still is */
SlPublisher *fake_publisher_get_last(void);

/** fake_objects_alive: streams, sessions and pools that are not finalised */
guint fake_objects_alive(void);
