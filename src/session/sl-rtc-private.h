#pragma once

#include "sl-channel-taker.h"
#include "sl-context.h"
#include "sl-rtc.h"
#include "sl-session.h"

G_BEGIN_DECLS

/* Of SlRtc, for its own files: sl-rtc.c has its life, sl-rtc-describe.c offers, answers and
 * candidates. */

/* What webrtcbin's threads hold of it. */
typedef struct {
    GMainContext *context;
    SlWeak *rtc;
} SlRtcLink;

struct _SlRtc {
    GObject parent_instance;

    GMainContext *context;
    SlWeak *weak;
    SlIce *ice;
    SlLimits limits;
    const char *who;
    const char *channel_label;    /* nullable */
    const char *unreliable_label; /* nullable */
    const char *objects_label;    /* nullable */
    guint number;

    SlRtcState state;
    GstElement *pipeline;              /* NULL once ended */
    GstElement *webrtcbin;             /* borrowed from the pipeline */
    SlDataChannel *channel;            /* nullable: ours, or the other side's that was taken */
    SlDataChannel *unreliable_channel; /* nullable: the other side's */
    SlDataChannel *objects_channel;    /* nullable: the other side's */
    gboolean is_channel_open, is_unreliable_open;
    SlChannelTaker *taker;
    guint sctp_id; /* 0: none */
    char **mids;   /* of the offer's m-lines */
    guint n_candidates;
    guint n_own_candidates;
    GSource *timer;           /* not connected by then: failed */
    GSource *gathering_timer; /* nothing gathered by then: failed */

    char *offer; /* ours, or NULL */

    SlSdpOffer *taken_offer; /* the other side's, or NULL */
    char *transport_mid;     /* of the m-line that webrtcbin takes for the first */
    char *answer;            /* ours, as webrtcbin made it */
    GPtrArray *candidates;   /* of SlSdpCandidate: our own, for the answer */
    gboolean is_gathered;
    GSource *candidates_timer; /* the answer goes out then, with those that there are */
};

/** sl_rtc_link_new, _free: for closures of webrtcbin's threads */
SlRtcLink *sl_rtc_link_new(SlRtc *self);
void sl_rtc_link_free(gpointer link);
void sl_rtc_connect_webrtcbin(SlRtc *self, const char *signal, GCallback callback);

/** sl_rtc_advance: Returns: whether the state is another */
gboolean sl_rtc_advance(SlRtc *self, SlRtcEvent event);
/** sl_rtc_fail: ends it with an SL_SESSION_ERROR */
void sl_rtc_fail(SlRtc *self, SlSessionError code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/** sl_rtc_play: everything is there that descriptions are made of */
void sl_rtc_play(SlRtc *self);
/** sl_rtc_connect_candidates: before sl_rtc_play() */
void sl_rtc_connect_candidates(SlRtc *self);

/** sl_rtc_add_channel: our own; FALSE with SL_SESSION_ERROR_INTERNAL */
gboolean sl_rtc_add_channel(SlRtc *self, GError **error);
/** sl_rtc_await_channels: the other side's, the unreliable one among them. @label: (nullable): of
 * the other one */
void sl_rtc_await_channels(SlRtc *self, const char *label);
/** sl_rtc_set_sctp_id: when there is a description with data channels, if there will be one */
void sl_rtc_set_sctp_id(SlRtc *self);

G_END_DECLS
