#include "sl-publisher.h"

#include <gst/webrtc/webrtc.h>

#include "sl-census.h"
#include "sl-context.h"
#include "sl-log.h"
#include "sl-publisher-choice.h"
#include "sl-publisher-source.h"
#include "sl-rtc.h"
#include "sl-rtp-guard.h"
#include "sl-rtp-pulse.h"
#include "sl-session-private.h"

/*
 * A publisher whose packets stay away for so long has gone. Who sends neither picture nor sound
 * still sends RTCP: browsers once a second with a picture, others after 7.5 s at the latest (RFC
 * 3550, section 6.2: 5 s, times 1.5).
 */
#define SILENCE_MS 7600
/* Who has said BYE may yet send something else. */
#define SILENCE_AFTER_BYE_MS 1000
#define WATCH_INTERVAL_MS 250

/* A loss can be mended for so long: a few round trips. What comes in order does not wait. */
#define JITTER_MS 200

struct _SlPublisher {
    GObject parent_instance;

    GMainContext *context;
    SlIce *ice;
    SlStream *stream;
    SlGrant *grant;
    SlLimits limits;
    char *id;
    char *address; /* nullable */

    SlRtc *rtc; /* NULL before the offer, and once it ended */
    SlPublisherSource *source;
    SlRtpGuard *guard;
    SlRtpPulse *pulse;
    GTask *task; /* the answer is being made */
    GSource *watch;
    gboolean is_connected;
    gboolean has_ended;
};

G_DEFINE_FINAL_TYPE(SlPublisher, sl_publisher, G_TYPE_OBJECT)

enum { ENDED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
end_with(SlPublisher *self, SlSessionError code, const char *message)
{
    g_autoptr(GError) error = g_error_new_literal(SL_SESSION_ERROR, (int)code, message);

    sl_publisher_end(self, error);
}

/* --- while it publishes --- */

static gboolean
on_watch(gpointer data)
{
    SlPublisher *self = data;
    guint silence_ms = sl_rtp_pulse_get_silence_ms(self->pulse);

    if (sl_rtp_guard_heard_bye(self->guard) && silence_ms >= SILENCE_AFTER_BYE_MS)
        sl_publisher_end(self, NULL);
    else if (silence_ms >= SILENCE_MS)
        end_with(self, SL_SESSION_ERROR_LOST, "Nothing comes from the publisher any more");
    return G_SOURCE_CONTINUE; /* or it is destroyed by now */
}

static const char *
name_address(SlPublisher *self)
{
    return self->address != NULL ? self->address : "this machine";
}

static void
on_published(GObject *stream, GAsyncResult *result, gpointer data)
{
    g_autoptr(SlPublisher) self = data;
    g_autoptr(GError) error = NULL;

    if (sl_stream_publish_finish(SL_STREAM(stream), result, &error)) {
        sl_log_info("%s: published from %s", sl_stream_get_name(self->stream), name_address(self));
        return;
    }
    if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_REPLACED))
        end_with(self, SL_SESSION_ERROR_REPLACED, error->message);
    else
        sl_publisher_end(self, error);
}

static void
on_dismissed(SlSource *source, const GError *reason, SlPublisher *self)
{
    if (reason != NULL)
        sl_publisher_end(self, reason);
    else
        end_with(self, SL_SESSION_ERROR_REPLACED, "Another one publishes for this stream now");
}

static void
on_connected(SlRtc *rtc, SlPublisher *self)
{
    self->is_connected = TRUE;
    self->watch = sl_context_add_timeout(self->context, WATCH_INTERVAL_MS, on_watch, self);
    sl_stream_publish_async(self->stream, SL_SOURCE(self->source), "A publisher", on_published,
                            g_object_ref(self));
}

static void
on_rtc_ended(SlRtc *rtc, GError *error, SlPublisher *self)
{
    sl_publisher_end(self, error);
}

/* --- the answer --- */

static void
on_described(SlRtc *rtc, const char *sdp, SlPublisher *self)
{
    g_autoptr(GTask) task = g_steal_pointer(&self->task);

    if (task != NULL)
        g_task_return_pointer(task, g_strdup(sdp), g_free);
}

static gboolean
add_medium(SlPublisher *self, const SlSdpChoice *choice, GError **error)
{
    g_autoptr(GstCaps) caps = sl_publisher_make_preferences(choice->media, choice->format);
    g_autoptr(GstWebRTCRTPTransceiver) transceiver = NULL;

    g_signal_emit_by_name(sl_rtc_get_webrtcbin(self->rtc), "add-transceiver",
                          GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps, &transceiver);
    if (transceiver == NULL) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_INTERNAL,
                            "webrtcbin makes no transceiver");
        return FALSE;
    }
    g_object_set(transceiver, "do-nack", choice->format->nack, NULL);
    sl_rtp_guard_allow(self->guard, choice->media, choice->format);
    return sl_publisher_source_add_track(self->source, sl_rtc_get_pipeline(self->rtc),
                                         choice->media, choice->format, error);
}

static gboolean
open_connection(SlPublisher *self, GError **error)
{
    SlRtcConfig config = { .ice = self->ice, .limits = &self->limits, .who = "publisher" };

    self->rtc = sl_rtc_new(self->context, &config);
    g_signal_connect(self->rtc, "described", G_CALLBACK(on_described), self);
    g_signal_connect(self->rtc, "connected", G_CALLBACK(on_connected), self);
    g_signal_connect(self->rtc, "ended", G_CALLBACK(on_rtc_ended), self);
    if (!sl_rtc_open(self->rtc, error))
        return FALSE;
    g_object_set(sl_rtc_get_webrtcbin(self->rtc), "latency", JITTER_MS, NULL);
    self->source = sl_publisher_source_new(self->context);
    g_signal_connect(self->source, "dismissed", G_CALLBACK(on_dismissed), self);
    self->guard = sl_rtp_guard_new();
    return TRUE;
}

static gboolean
begin(SlPublisher *self, SlSdpOffer *offer, GError **error)
{
    g_autoptr(GArray) choices = sl_publisher_choose(offer, error);
    g_autoptr(GError) refused = NULL;

    if (choices == NULL)
        return FALSE;
    if (!sl_stream_may_publish(self->stream, &refused)) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BUSY, refused->message);
        return FALSE;
    }
    if (!open_connection(self, error))
        return FALSE;
    for (guint i = 0; i < choices->len; i++) {
        if (!add_medium(self, &g_array_index(choices, SlSdpChoice, i), error))
            return FALSE;
    }
    /* Before the guard, which drops packets. */
    self->pulse = sl_rtp_pulse_new(sl_rtc_get_webrtcbin(self->rtc));
    sl_rtp_guard_install(self->guard, sl_rtc_get_webrtcbin(self->rtc));
    sl_publisher_source_listen(self->source, sl_rtc_get_webrtcbin(self->rtc));
    return sl_rtc_answer(self->rtc, offer, (const SlSdpChoice *)(gpointer)choices->data,
                         choices->len, error);
}

void
sl_publisher_answer_offer_async(SlPublisher *self, SlSdpOffer *offer, GAsyncReadyCallback callback,
                                gpointer user_data)
{
    g_autoptr(GError) error = NULL;

    g_return_if_fail(self->task == NULL && self->rtc == NULL);

    self->task = g_task_new(self, NULL, callback, user_data);
    if (self->has_ended || !begin(self, offer, &error))
        sl_publisher_end(self, error);
}

char *
sl_publisher_answer_offer_finish(SlPublisher *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

gboolean
sl_publisher_add_candidate(SlPublisher *self, const char *mid, int mline, const char *candidate,
                           GError **error)
{
    return self->rtc == NULL || sl_rtc_add_candidate(self->rtc, mid, mline, candidate, error);
}

/* --- the end --- */

static void
refuse_task(SlPublisher *self, const GError *reason)
{
    g_autoptr(GTask) task = g_steal_pointer(&self->task);

    if (task == NULL)
        return;
    if (reason != NULL)
        g_task_return_error(task, g_error_copy(reason));
    else
        g_task_return_new_error(task, SL_SESSION_ERROR, SL_SESSION_ERROR_LOST,
                                "The publisher has left");
}

static void
leave(SlPublisher *self)
{
    g_autoptr(GError) left = g_error_new_literal(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PUBLISHER_LEFT,
                                                 "The publisher has left");

    if (self->source == NULL)
        return;
    g_signal_handlers_disconnect_by_data(self->source, self);
    sl_publisher_source_leave(self->source, left);
    g_clear_object(&self->source);
}

static void
close_connection(SlPublisher *self)
{
    if (self->rtc == NULL)
        return;
    g_signal_handlers_disconnect_by_data(self->rtc, self);
    sl_rtc_end(self->rtc, NULL);
    g_clear_object(&self->rtc);
}

void
sl_publisher_end(SlPublisher *self, const GError *reason)
{
    g_autoptr(SlPublisher) alive = g_object_ref(self);
    g_autoptr(GError) copy = reason != NULL ? g_error_copy(reason) : NULL;

    if (self->has_ended) {
        refuse_task(self, reason);
        return;
    }
    if (copy != NULL && self->is_connected)
        sl_log_warning("%s: publisher at %s: %s", sl_stream_get_name(self->stream),
                       name_address(self), copy->message);
    self->has_ended = TRUE;
    self->is_connected = FALSE;
    sl_clear_source(&self->watch);
    leave(self);
    close_connection(self);
    refuse_task(self, copy);
    g_signal_emit(self, signals[ENDED], 0, copy);
}

/* --- the object --- */

const char *
sl_publisher_get_id(SlPublisher *self)
{
    return self->id;
}

SlStream *
sl_publisher_get_stream(SlPublisher *self)
{
    return self->stream;
}

SlGrant *
sl_publisher_get_grant(SlPublisher *self)
{
    return self->grant;
}

const char *
sl_publisher_get_address(SlPublisher *self)
{
    return self->address;
}

gboolean
sl_publisher_is_connected(SlPublisher *self)
{
    return self->is_connected;
}

static void
sl_publisher_dispose(GObject *object)
{
    SlPublisher *self = SL_PUBLISHER(object);

    if (self->stream != NULL)
        sl_publisher_end(self, NULL);
    g_clear_object(&self->stream);
    G_OBJECT_CLASS(sl_publisher_parent_class)->dispose(object);
}

static void
sl_publisher_finalize(GObject *object)
{
    SlPublisher *self = SL_PUBLISHER(object);

    g_clear_pointer(&self->guard, sl_rtp_guard_unref);
    g_clear_pointer(&self->pulse, sl_rtp_pulse_unref);
    g_clear_pointer(&self->ice, sl_ice_unref);
    g_clear_pointer(&self->grant, sl_grant_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self->id);
    g_free(self->address);
    G_OBJECT_CLASS(sl_publisher_parent_class)->finalize(object);
}

static void
sl_publisher_class_init(SlPublisherClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_publisher_dispose;
    object_class->finalize = sl_publisher_finalize;
    signals[ENDED] = g_signal_new("ended", SL_TYPE_PUBLISHER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
sl_publisher_init(SlPublisher *self)
{
    sl_census_add_object(self);
}

SlPublisher *
sl_publisher_new(GMainContext *context, SlIce *ice, SlStream *stream, SlGrant *grant,
                 const char *address, const SlLimits *limits)
{
    SlPublisher *self = g_object_new(SL_TYPE_PUBLISHER, NULL);

    self->context = g_main_context_ref(context);
    self->ice = sl_ice_ref(ice);
    self->stream = g_object_ref(stream);
    self->grant = sl_grant_ref(grant);
    self->limits = *limits;
    self->id = sl_session_make_id();
    self->address = g_strdup(address);
    return self;
}
