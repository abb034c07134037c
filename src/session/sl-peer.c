#include "sl-peer.h"

#include "sl-census.h"
#include "sl-codec-probe.h"
#include "sl-context.h"
#include "sl-offer-match.h"
#include "sl-rtc.h"
#include "sl-rtp-pulse.h"
#include "sl-sdp.h"
#include "sl-sender.h"
#include "sl-session.h"

/* The first of the dynamic payload types (RFC 3551, section 6). */
#define FIRST_PAYLOAD_TYPE 96

/*
 * Who answers by HTTP is known by his RTCP alone: once there was some, and none for so long, he has
 * gone, which ICE finds after 50 s. One report or two may be lost. Who never sent any is left to
 * ICE: there are players that don't before they have a picture.
 */
#define SILENCE_MS 20000
#define WATCH_INTERVAL_MS 1000

struct _SlPeer {
    GObject parent_instance;

    GMainContext *context;
    SlStream *stream;
    guint number;

    SlRtc *rtc;
    GPtrArray *senders; /* of SlSender, as the m-lines that send */
    GArray *tracks;     /* of guint: each sender's, among the stream's codecs */
    guint n_codecs;     /* the stream had then */

    SlRtpPulse *pulse; /* NULL: there is a WebSocket that tells whether the viewer is there */
    GSource *watch;
};

G_DEFINE_FINAL_TYPE(SlPeer, sl_peer, G_TYPE_OBJECT)

enum {
    OFFER,
    ANSWER,
    CANDIDATE,
    CONNECTED,
    CHANNEL_OPENED,
    UNRELIABLE_OPENED,
    OBJECTS_OPENED,
    STUCK,
    ENDED,
    N_SIGNALS
};
static guint signals[N_SIGNALS];

/* --- media --- */

static void
on_sender_stuck(SlSender *sender, SlPeer *self)
{
    g_signal_emit(self, signals[STUCK], 0);
}

static gboolean
add_sender(SlPeer *self, GPtrArray *codecs, guint track, GstCaps *caps, GError **error)
{
    SlSender *sender = sl_sender_new(self->context, sl_rtc_get_pipeline(self->rtc),
                                     sl_rtc_get_webrtcbin(self->rtc), self->stream,
                                     g_ptr_array_index(codecs, track), caps, error);

    if (sender == NULL)
        return FALSE;
    g_signal_connect(sender, "stuck", G_CALLBACK(on_sender_stuck), self);
    g_ptr_array_add(self->senders, sender);
    g_array_append_val(self->tracks, track);
    return TRUE;
}

static const SlTrackCodec *
get_codec(SlPeer *self, GPtrArray *codecs, guint sender)
{
    return g_ptr_array_index(codecs, g_array_index(self->tracks, guint, sender));
}

static gboolean
fits(SlPeer *self, GPtrArray *codecs)
{
    if (codecs == NULL || codecs->len != self->n_codecs)
        return FALSE;
    for (guint i = 0; i < self->senders->len; i++) {
        if (!sl_sender_fits(g_ptr_array_index(self->senders, i), get_codec(self, codecs, i)))
            return FALSE;
    }
    return TRUE;
}

gboolean
sl_peer_switch(SlPeer *self, GError **error)
{
    GPtrArray *codecs = sl_stream_get_codecs(self->stream);

    if (sl_rtc_get_pipeline(self->rtc) == NULL || !fits(self, codecs))
        return TRUE;
    for (guint i = 0; i < self->senders->len; i++) {
        if (!sl_sender_switch(g_ptr_array_index(self->senders, i), self->stream,
                              get_codec(self, codecs, i), error))
            return FALSE;
    }
    return TRUE;
}

void
sl_peer_apply_live(SlPeer *self, GPtrArray *settings)
{
    for (guint i = 0; i < self->senders->len; i++)
        sl_sender_apply_live(g_ptr_array_index(self->senders, i), self->stream, settings);
}

/* --- beginning with an offer --- */

static gboolean
add_offered_senders(SlPeer *self, GPtrArray *codecs, GError **error)
{
    for (guint i = 0; i < codecs->len; i++) {
        const SlTrackCodec *codec = g_ptr_array_index(codecs, i);
        g_autoptr(GstCaps) caps = gst_caps_copy(codec->rtp_caps);

        gst_caps_set_simple(caps, "payload", G_TYPE_INT, (gint)(FIRST_PAYLOAD_TYPE + i), NULL);
        if (!add_sender(self, codecs, i, caps, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
open_rtc(SlPeer *self, GPtrArray **ret_codecs, GError **error)
{
    GPtrArray *codecs = sl_stream_get_codecs(self->stream);

    if (codecs == NULL) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_INTERNAL,
                            "The stream's codecs are not known");
        return FALSE;
    }
    self->n_codecs = codecs->len;
    *ret_codecs = codecs;
    return sl_rtc_open(self->rtc, error);
}

gboolean
sl_peer_start(SlPeer *self, GError **error)
{
    GPtrArray *codecs;

    g_return_val_if_fail(sl_peer_get_state(self) == SL_RTC_NEW, FALSE);

    return open_rtc(self, &codecs, error) && add_offered_senders(self, codecs, error) &&
           sl_rtc_offer(self->rtc, error);
}

static void
append_codec(SlPeer *self, GString *names, guint i)
{
    GPtrArray *codecs = sl_stream_get_codecs(self->stream);
    const SlTrackCodec *codec =
        codecs != NULL && i < codecs->len ? g_ptr_array_index(codecs, i) : NULL;
    const char *name = codec != NULL ? sl_codec_get_name(codec->rtp_caps) : NULL;

    g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", name != NULL ? name : "?");
}

/* A viewer that takes none of what the tracks are encoded in is told so: there is no picture for
 * it. Nor is there for one that takes the sound alone. */
static gboolean
check_codecs_taken(SlPeer *self, const char *sdp, GError **error)
{
    char **mids = sl_rtc_get_mids(self->rtc);
    g_autoptr(GString) refused = g_string_new(NULL);
    gboolean video = FALSE, taken = FALSE, video_taken = FALSE;

    for (guint i = 0; i < self->senders->len; i++) {
        gboolean is_video = g_str_has_prefix(mids[i], "video"); /* as webrtcbin makes them */

        video = video || is_video;
        if (sl_sdp_get_media_result(sdp, mids[i]) != SL_SDP_MEDIA_ACCEPTED) {
            append_codec(self, refused, i);
        } else {
            taken = TRUE;
            video_taken = video_taken || is_video;
        }
    }
    if (video ? video_taken : taken)
        return TRUE;
    g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_CODEC_UNSUPPORTED,
                "The stream is encoded in %s, which this browser did not accept", refused->str);
    return FALSE;
}

gboolean
sl_peer_take_answer(SlPeer *self, const char *sdp, GError **error)
{
    g_autofree char *clean = sl_rtc_check_answer(self->rtc, sdp, error);

    return clean != NULL && check_codecs_taken(self, clean, error) &&
           sl_rtc_take_answer(self->rtc, clean, error);
}

/* --- beginning with an answer --- */

static gboolean
add_matched_senders(SlPeer *self, GPtrArray *codecs, GPtrArray *matches, GError **error)
{
    for (guint i = 0; i < matches->len; i++) {
        const SlOfferMatch *match = g_ptr_array_index(matches, i);

        if (match->caps != NULL && !add_sender(self, codecs, match->track, match->caps, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
sl_peer_answer(SlPeer *self, SlSdpOffer *offer, GError **error)
{
    g_autoptr(GPtrArray) matches = NULL;
    g_autofree SlSdpChoice *choices = NULL;
    GPtrArray *codecs;

    g_return_val_if_fail(sl_peer_get_state(self) == SL_RTC_NEW, FALSE);

    if (!open_rtc(self, &codecs, error))
        return FALSE;
    self->pulse = sl_rtp_pulse_new(sl_rtc_get_webrtcbin(self->rtc));
    matches = sl_offer_match(offer, codecs, error);
    if (matches == NULL || !add_matched_senders(self, codecs, matches, error))
        return FALSE;
    choices = g_new0(SlSdpChoice, matches->len);
    for (guint i = 0; i < matches->len; i++)
        choices[i] = ((const SlOfferMatch *)g_ptr_array_index(matches, i))->choice;
    return sl_rtc_answer(self->rtc, offer, choices, matches->len, error);
}

gboolean
sl_peer_add_candidate(SlPeer *self, const char *mid, int mline, const char *candidate,
                      GError **error)
{
    return sl_rtc_add_candidate(self->rtc, mid, mline, candidate, error);
}

/* --- from the connection --- */

static void
on_rtc_described(SlRtc *rtc, const char *sdp, SlPeer *self)
{
    gboolean is_offer = sl_rtc_get_state(rtc) == SL_RTC_OFFERED;

    g_signal_emit(self, signals[is_offer ? OFFER : ANSWER], 0, sdp);
}

static void
on_rtc_candidate(SlRtc *rtc, guint mline, const char *mid, const char *candidate, SlPeer *self)
{
    g_signal_emit(self, signals[CANDIDATE], 0, mline, mid, candidate);
}

static void
on_rtc_gathered(SlRtc *rtc, SlPeer *self)
{
    g_signal_emit(self, signals[CANDIDATE], 0, 0, sl_rtc_get_mids(rtc)[0], "");
}

static gboolean
on_watch(gpointer data)
{
    g_autoptr(SlPeer) self = g_object_ref(data);
    g_autoptr(GError) error = NULL;

    if (!sl_rtp_pulse_was_felt(self->pulse) ||
        sl_rtp_pulse_get_silence_ms(self->pulse) < SILENCE_MS)
        return G_SOURCE_CONTINUE;
    error = g_error_new_literal(SL_SESSION_ERROR, SL_SESSION_ERROR_LOST,
                                "Nothing comes from the viewer any more");
    sl_peer_end(self, error);
    return G_SOURCE_REMOVE;
}

static void
on_rtc_connected(SlRtc *rtc, SlPeer *self)
{
    if (self->pulse != NULL)
        self->watch = sl_context_add_timeout(self->context, WATCH_INTERVAL_MS, on_watch, self);
    for (guint i = 0; i < self->senders->len; i++)
        sl_sender_start(g_ptr_array_index(self->senders, i));
    g_signal_emit(self, signals[CONNECTED], 0);
}

static void
on_rtc_data_channel(SlRtc *rtc, SlDataChannel *channel, SlPeer *self)
{
    g_signal_emit(self, signals[CHANNEL_OPENED], 0, channel);
}

static void
on_rtc_unreliable_channel(SlRtc *rtc, SlDataChannel *channel, SlPeer *self)
{
    g_signal_emit(self, signals[UNRELIABLE_OPENED], 0, channel);
}

static void
on_rtc_objects_channel(SlRtc *rtc, SlDataChannel *channel, SlPeer *self)
{
    g_signal_emit(self, signals[OBJECTS_OPENED], 0, channel);
}

static void
drop_senders(SlPeer *self)
{
    for (guint i = 0; i < self->senders->len; i++)
        g_signal_handlers_disconnect_by_data(g_ptr_array_index(self->senders, i), self);
    g_ptr_array_set_size(self->senders, 0);
}

static void
on_rtc_ended(SlRtc *rtc, GError *error, SlPeer *self)
{
    g_autoptr(SlPeer) alive = g_object_ref(self);

    sl_clear_source(&self->watch);
    drop_senders(self);
    g_signal_emit(self, signals[ENDED], 0, error);
}

void
sl_peer_end(SlPeer *self, const GError *error)
{
    sl_rtc_end(self->rtc, error);
}

/* --- the object --- */

guint
sl_peer_get_number(SlPeer *self)
{
    return self->number;
}

SlRtcState
sl_peer_get_state(SlPeer *self)
{
    return sl_rtc_get_state(self->rtc);
}

static void
sl_peer_dispose(GObject *object)
{
    SlPeer *self = SL_PEER(object);

    if (self->rtc != NULL)
        g_signal_handlers_disconnect_by_data(self->rtc, self);
    sl_clear_source(&self->watch);
    drop_senders(self);
    g_clear_object(&self->rtc);
    g_clear_object(&self->stream);
    G_OBJECT_CLASS(sl_peer_parent_class)->dispose(object);
}

static void
sl_peer_finalize(GObject *object)
{
    SlPeer *self = SL_PEER(object);

    g_clear_pointer(&self->pulse, sl_rtp_pulse_unref);
    g_ptr_array_unref(self->senders);
    g_array_unref(self->tracks);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_peer_parent_class)->finalize(object);
}

static void
sl_peer_class_init(SlPeerClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_peer_dispose;
    object_class->finalize = sl_peer_finalize;
    signals[OFFER] = g_signal_new("offer", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_STRING);
    signals[ANSWER] = g_signal_new("answer", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_STRING);
    signals[CANDIDATE] =
        g_signal_new("candidate", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                     3, G_TYPE_UINT, G_TYPE_STRING, G_TYPE_STRING);
    signals[CONNECTED] = g_signal_new("connected", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                      NULL, G_TYPE_NONE, 0);
    signals[CHANNEL_OPENED] =
        g_signal_new("channel-opened", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                     G_TYPE_NONE, 1, SL_TYPE_RELAY_TRANSPORT);
    signals[UNRELIABLE_OPENED] =
        g_signal_new("unreliable-opened", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                     G_TYPE_NONE, 1, SL_TYPE_RELAY_TRANSPORT);
    signals[OBJECTS_OPENED] =
        g_signal_new("objects-opened", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                     G_TYPE_NONE, 1, SL_TYPE_RELAY_TRANSPORT);
    signals[STUCK] =
        g_signal_new("stuck", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[ENDED] = g_signal_new("ended", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
sl_peer_init(SlPeer *self)
{
    sl_census_add_object(self);
    self->senders = g_ptr_array_new_with_free_func(g_object_unref);
    self->tracks = g_array_new(FALSE, FALSE, sizeof(guint));
}

SlPeer *
sl_peer_new(GMainContext *context, SlIce *ice, SlStream *stream, const SlLimits *limits,
            guint number)
{
    SlPeer *self = g_object_new(SL_TYPE_PEER, NULL);
    SlRtcConfig config = { .ice = ice,
                           .limits = limits,
                           .who = "viewer",
                           .channel = "relay",
                           .unreliable_channel = "control",
                           .objects_channel = "objects",
                           .number = number };

    self->context = g_main_context_ref(context);
    self->stream = g_object_ref(stream);
    self->number = number;
    self->rtc = sl_rtc_new(context, &config);
    g_signal_connect(self->rtc, "described", G_CALLBACK(on_rtc_described), self);
    g_signal_connect(self->rtc, "candidate", G_CALLBACK(on_rtc_candidate), self);
    g_signal_connect(self->rtc, "gathered", G_CALLBACK(on_rtc_gathered), self);
    g_signal_connect(self->rtc, "connected", G_CALLBACK(on_rtc_connected), self);
    g_signal_connect(self->rtc, "data-channel", G_CALLBACK(on_rtc_data_channel), self);
    g_signal_connect(self->rtc, "unreliable-channel", G_CALLBACK(on_rtc_unreliable_channel), self);
    g_signal_connect(self->rtc, "objects-channel", G_CALLBACK(on_rtc_objects_channel), self);
    g_signal_connect(self->rtc, "ended", G_CALLBACK(on_rtc_ended), self);
    return self;
}
