#include "sl-rtc-private.h"

#include <gst/sdp/sdp.h>

#include "sl-meters.h"
#include "sl-sdp.h"

/* From both descriptions to the first candidate of our own. */
#define GATHERING_MS 3000
/* An answer waits for candidates: those of this machine are there at once, others may be late. */
#define CANDIDATES_MS 500

static GstPromise *
promise_new(SlRtc *self, GstPromiseChangeFunc func)
{
    return gst_promise_new_with_change_func(func, sl_rtc_link_new(self), sl_rtc_link_free);
}

static void
fail_without_port(SlRtc *self)
{
    sl_rtc_fail(self, SL_SESSION_ERROR_NO_PORT, "The server has no UDP port left for the picture");
}

static gboolean
on_gathering_timeout(gpointer data)
{
    SlRtc *self = data;

    sl_clear_source(&self->gathering_timer);
    if (self->n_own_candidates == 0)
        fail_without_port(self);
    return G_SOURCE_REMOVE;
}

/* Where no port is free libnice gives up without a word. Its own addresses cost it no time. */
static void
await_candidates(SlRtc *self)
{
    if (self->n_own_candidates == 0)
        self->gathering_timer =
            sl_context_add_timeout(self->context, GATHERING_MS, on_gathering_timeout, self);
}

/* --- our own candidates --- */

typedef struct {
    guint mline;
    char *text;
} LocalCandidate;

static void
local_candidate_free(gpointer data)
{
    LocalCandidate *candidate = data;

    g_free(candidate->text);
    g_free(candidate);
}

static void send_answer_if_due(SlRtc *self);

static void
on_local_candidate(gpointer object, gpointer data)
{
    SlRtc *self = object;
    LocalCandidate *candidate = data;

    self->n_own_candidates++;
    if (self->state == SL_RTC_ENDED || self->mids == NULL ||
        candidate->mline >= g_strv_length(self->mids))
        return;
    if (self->state == SL_RTC_ANSWERING) {
        g_ptr_array_add(self->candidates,
                        sl_sdp_candidate_new(self->transport_mid, -1, candidate->text));
        send_answer_if_due(self);
    } else {
        g_signal_emit_by_name(self, "candidate", candidate->mline,
                              self->transport_mid != NULL ? self->transport_mid
                                                          : self->mids[candidate->mline],
                              candidate->text);
    }
}

/* webrtcbin's thread. */
static void
on_webrtcbin_candidate(GstElement *webrtcbin, guint mline, const char *text, gpointer data)
{
    SlRtcLink *link = data;
    LocalCandidate *candidate = g_new0(LocalCandidate, 1);

    candidate->mline = mline;
    candidate->text = g_strdup(text);
    sl_context_post(link->context, link->rtc, on_local_candidate, candidate, local_candidate_free);
}

static void
on_gathered(gpointer object, gpointer unused)
{
    SlRtc *self = object;

    if (self->state == SL_RTC_ENDED || self->mids == NULL)
        return;
    self->is_gathered = TRUE;
    send_answer_if_due(self);
    g_signal_emit_by_name(self, "gathered");
}

/* webrtcbin's thread, without its lock. What was gathered has been posted before. */
static void
on_webrtcbin_gathering_state(GstElement *webrtcbin, GParamSpec *pspec, gpointer data)
{
    SlRtcLink *link = data;
    GstWebRTCICEGatheringState state;

    g_object_get(webrtcbin, "ice-gathering-state", &state, NULL);
    if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
        sl_context_post(link->context, link->rtc, on_gathered, NULL, NULL);
}

/* --- descriptions --- */

/* webrtcbin's thread. Returns: (transfer full) (nullable) */
static GstWebRTCSessionDescription *
get_description(GstPromise *promise, const char *name)
{
    const GstStructure *reply = gst_promise_get_reply(promise);
    GstWebRTCSessionDescription *description = NULL;

    if (gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED && reply != NULL)
        gst_structure_get(reply, name, GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL);
    return description;
}

/* webrtcbin's thread. Returns: (transfer full) (nullable): what @promise was broken with */
static char *
get_error(GstPromise *promise)
{
    const GstStructure *reply = gst_promise_get_reply(promise);
    g_autoptr(GError) error = NULL;

    if (reply != NULL && gst_structure_has_field(reply, "error"))
        gst_structure_get(reply, "error", G_TYPE_ERROR, &error, NULL);
    return error != NULL ? g_strdup(error->message) : NULL;
}

static void
on_description_refused(gpointer object, gpointer data)
{
    sl_rtc_fail(object, SL_SESSION_ERROR_BAD_SDP, "%s", (const char *)data);
}

/* --- offering --- */

static char **
read_mids(const GstSDPMessage *sdp)
{
    guint n_media = gst_sdp_message_medias_len(sdp);
    char **mids = g_new0(char *, n_media + 1);

    for (guint i = 0; i < n_media; i++) {
        const char *mid = gst_sdp_media_get_attribute_val(gst_sdp_message_get_media(sdp, i), "mid");
        mids[i] = g_strdup(mid != NULL ? mid : "");
    }
    return mids;
}

static void
on_offer_ready(gpointer object, gpointer data)
{
    SlRtc *self = object;
    GstWebRTCSessionDescription *description = data;

    if (!sl_rtc_advance(self, SL_RTC_EVENT_OFFER))
        return;
    sl_rtc_set_sctp_id(self);
    self->mids = read_mids(description->sdp);
    self->offer = gst_sdp_message_as_text(description->sdp);
    g_signal_emit_by_name(self->webrtcbin, "set-local-description", description, NULL);
    g_signal_emit_by_name(self, "described", self->offer);
}

static void
on_offer_failed(gpointer object, gpointer unused)
{
    sl_rtc_fail(object, SL_SESSION_ERROR_INTERNAL, "The offer could not be made");
}

/* webrtcbin's thread. */
static void
on_offer_created(GstPromise *promise, gpointer data)
{
    SlRtcLink *link = data;
    GstWebRTCSessionDescription *offer = get_description(promise, "offer");

    sl_context_post(link->context, link->rtc, offer != NULL ? on_offer_ready : on_offer_failed,
                    offer, (GDestroyNotify)gst_webrtc_session_description_free);
    gst_promise_unref(promise);
}

gboolean
sl_rtc_offer(SlRtc *self, GError **error)
{
    g_return_val_if_fail(self->pipeline != NULL, FALSE);

    if (!sl_rtc_advance(self, SL_RTC_EVENT_START))
        return TRUE;
    if (self->channel_label != NULL && !sl_rtc_add_channel(self, error))
        return FALSE;
    sl_rtc_await_channels(self, NULL);
    sl_rtc_play(self);
    g_signal_emit_by_name(self->webrtcbin, "create-offer", NULL,
                          promise_new(self, on_offer_created));
    return TRUE;
}

char *
sl_rtc_check_answer(SlRtc *self, const char *sdp, GError **error)
{
    g_autofree char *clean = NULL;
    g_autoptr(GError) fault = NULL;

    if (self->state != SL_RTC_OFFERED) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_SDP,
                            "No answer is expected from this peer now");
        return NULL;
    }
    if (strlen(sdp) > self->limits.max_sdp_bytes) {
        sl_limits_reached(&self->limits, SL_LIMIT(max_sdp_bytes), NULL);
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_SDP,
                    "SDP of %" G_GSIZE_FORMAT " bytes, at most %u are allowed", strlen(sdp),
                    self->limits.max_sdp_bytes);
        return NULL;
    }
    clean = sl_sdp_clean_answer(sdp);
    if (!sl_sdp_check_answer(clean, self->offer, &fault)) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_SDP, fault->message);
        return NULL;
    }
    return g_steal_pointer(&clean);
}

static void
on_answer_taken(gpointer object, gpointer unused)
{
    SlRtc *self = object;

    if (self->state == SL_RTC_CONNECTING)
        await_candidates(self);
}

/* webrtcbin's thread. */
static void
on_answer_set(GstPromise *promise, gpointer data)
{
    SlRtcLink *link = data;
    char *error = get_error(promise);

    sl_context_post(link->context, link->rtc,
                    error != NULL ? on_description_refused : on_answer_taken, error, g_free);
    gst_promise_unref(promise);
}

static gboolean
set_remote_description(SlRtc *self, GstWebRTCSDPType type, const char *sdp,
                       GstPromiseChangeFunc func, GError **error)
{
    g_autoptr(GstWebRTCSessionDescription) description = NULL;
    GstSDPMessage *message = NULL;

    if (gst_sdp_message_new_from_text(sdp, &message) != GST_SDP_OK) {
        gst_sdp_message_free(message);
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_SDP,
                    "The %s can't be read as SDP",
                    type == GST_WEBRTC_SDP_TYPE_OFFER ? "offer" : "answer");
        return FALSE;
    }
    description = gst_webrtc_session_description_new(type, message);
    g_signal_emit_by_name(self->webrtcbin, "set-remote-description", description,
                          promise_new(self, func));
    return TRUE;
}

gboolean
sl_rtc_take_answer(SlRtc *self, const char *sdp, GError **error)
{
    if (!set_remote_description(self, GST_WEBRTC_SDP_TYPE_ANSWER, sdp, on_answer_set, error))
        return FALSE;
    sl_rtc_advance(self, SL_RTC_EVENT_ANSWER);
    return TRUE;
}

/* --- answering --- */

/* With a candidate at least: who answers without has to tell them later, which WHEP and WHIP have
 * no way for. */
static void
send_answer_if_due(SlRtc *self)
{
    g_autofree char *sdp = NULL;

    if (self->state != SL_RTC_ANSWERING || self->answer == NULL ||
        (!self->is_gathered && (self->candidates_timer != NULL || self->candidates->len == 0)))
        return;
    if (self->candidates->len == 0) {
        fail_without_port(self);
        return;
    }
    sl_clear_source(&self->candidates_timer);
    sdp = sl_sdp_clean_local_answer(self->answer, self->taken_offer, self->candidates,
                                    self->is_gathered);
    sl_rtc_advance(self, SL_RTC_EVENT_ANSWER);
    g_signal_emit_by_name(self, "described", sdp);
}

static gboolean
on_candidates_timeout(gpointer data)
{
    g_autoptr(SlRtc) self = g_object_ref(data);

    sl_clear_source(&self->candidates_timer);
    send_answer_if_due(self);
    return G_SOURCE_REMOVE;
}

static void
on_answer_ready(gpointer object, gpointer data)
{
    SlRtc *self = object;
    GstWebRTCSessionDescription *description = data;

    if (self->state != SL_RTC_ANSWERING)
        return;
    sl_rtc_set_sctp_id(self);
    self->answer = gst_sdp_message_as_text(description->sdp);
    self->candidates_timer =
        sl_context_add_timeout(self->context, CANDIDATES_MS, on_candidates_timeout, self);
    g_signal_emit_by_name(self->webrtcbin, "set-local-description", description, NULL);
    await_candidates(self);
}

static void
on_answer_failed(gpointer object, gpointer unused)
{
    sl_rtc_fail(object, SL_SESSION_ERROR_INTERNAL, "The answer could not be made");
}

/* webrtcbin's thread. */
static void
on_answer_created(GstPromise *promise, gpointer data)
{
    SlRtcLink *link = data;
    GstWebRTCSessionDescription *answer = get_description(promise, "answer");

    sl_context_post(link->context, link->rtc, answer != NULL ? on_answer_ready : on_answer_failed,
                    answer, (GDestroyNotify)gst_webrtc_session_description_free);
    gst_promise_unref(promise);
}

static void
on_offer_taken(gpointer object, gpointer unused)
{
    SlRtc *self = object;

    if (self->state == SL_RTC_ANSWERING)
        g_signal_emit_by_name(self->webrtcbin, "create-answer", NULL,
                              promise_new(self, on_answer_created));
}

/* webrtcbin's thread. */
static void
on_offer_set(GstPromise *promise, gpointer data)
{
    SlRtcLink *link = data;
    char *error = get_error(promise);

    sl_context_post(link->context, link->rtc,
                    error != NULL ? on_description_refused : on_offer_taken, error, g_free);
    gst_promise_unref(promise);
}

static char **
get_mids(SlSdpOffer *offer)
{
    GPtrArray *medias = sl_sdp_offer_get_medias(offer);
    char **mids = g_new0(char *, medias->len + 1);

    for (guint i = 0; i < medias->len; i++)
        mids[i] = g_strdup(((const SlSdpMedia *)g_ptr_array_index(medias, i))->mid);
    return mids;
}

gboolean
sl_rtc_answer(SlRtc *self, SlSdpOffer *offer, const SlSdpChoice *choices, guint n_choices,
              GError **error)
{
    g_autofree char *text = sl_sdp_offer_make_text(offer, choices, n_choices);

    g_return_val_if_fail(self->pipeline != NULL && n_choices > 0, FALSE);

    if (!sl_rtc_advance(self, SL_RTC_EVENT_TAKE))
        return TRUE;
    self->taken_offer = sl_sdp_offer_ref(offer);
    self->mids = get_mids(offer);
    self->transport_mid = g_strdup(choices[0].media->mid);
    sl_rtc_await_channels(self, self->channel_label);
    sl_rtc_play(self);
    return set_remote_description(self, GST_WEBRTC_SDP_TYPE_OFFER, text, on_offer_set, error);
}

/* --- the other side's candidates --- */

static int
find_mline(SlRtc *self, const char *mid, int mline)
{
    if (mid != NULL) {
        for (int i = 0; self->mids[i] != NULL; i++) {
            if (g_str_equal(self->mids[i], mid))
                return i;
        }
        return -1;
    }
    return mline < (int)g_strv_length(self->mids) ? mline : -1;
}

gboolean
sl_rtc_add_candidate(SlRtc *self, const char *mid, int mline, const char *candidate, GError **error)
{
    g_autoptr(GError) fault = NULL;
    gboolean usable;

    if (self->webrtcbin == NULL || self->mids == NULL || *candidate == '\0')
        return TRUE;
    if (++self->n_candidates > self->limits.max_candidates) {
        sl_limits_reached(&self->limits, SL_LIMIT(max_candidates), NULL);
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_TOO_MANY,
                    "More than %u candidates for one peer", self->limits.max_candidates);
        return FALSE;
    }
    if (!sl_sdp_check_candidate(candidate, &usable, &fault)) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_CANDIDATE,
                            fault->message);
        return FALSE;
    }
    /* Of an offer webrtcbin sees the m-lines that are answered, in one bundle: its transport is the
     * first's. A candidate may name none (RFC 8840): there is only that one. */
    if (self->taken_offer != NULL && mid == NULL && mline < 0)
        mline = 0;
    else
        mline = find_mline(self, mid, mline);
    if (mline < 0) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_CANDIDATE,
                            "sdpMid or sdpMLineIndex names none of the offer's media");
        return FALSE;
    }
    if (usable)
        g_signal_emit_by_name(self->webrtcbin, "add-ice-candidate",
                              self->taken_offer != NULL ? 0 : (guint)mline, candidate);
    return TRUE;
}

void
sl_rtc_connect_candidates(SlRtc *self)
{
    sl_rtc_connect_webrtcbin(self, "on-ice-candidate", G_CALLBACK(on_webrtcbin_candidate));
    sl_rtc_connect_webrtcbin(self, "notify::ice-gathering-state",
                             G_CALLBACK(on_webrtcbin_gathering_state));
}
