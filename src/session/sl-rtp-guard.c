#include "sl-rtp-guard.h"

#include <string.h>

#include <gst/rtp/rtp.h>

#include "sl-publisher-choice.h"

/* Two media, each with its RTX, and what comes of a publisher that restarts one. */
#define MAX_SSRCS 8
/* So many that follow each other are the beginning. */
#define FIRST_IN_ORDER 2
/* How far back a packet is looked for: a power of two. */
#define WINDOW 1024

typedef struct {
    guint32 ssrc;
    gboolean is_rtx;
    gboolean said_bye; /* and has sent nothing since */
} Sender;

struct _SlRtpGuard {
    gatomicrefcount refs;

    /* By payload type; fixed once installed. */
    gboolean is_allowed[128];
    gboolean is_rtx[128];
    guint transport_cc_id; /* of the header extension; 0: none. Likewise */

    /* webrtcbin's receiving thread. */
    Sender senders[MAX_SSRCS];
    guint n_senders;
    gboolean has_number;
    guint16 last_number; /* the highest of transport-cc so far */
    guint8 seen[WINDOW / 8];

    gint said_bye; /* atomic */
};

/* --- packets --- */

/* Returns: (nullable) */
static Sender *
find_sender(SlRtpGuard *self, guint32 ssrc)
{
    for (guint i = 0; i < self->n_senders; i++) {
        if (self->senders[i].ssrc == ssrc)
            return &self->senders[i];
    }
    return NULL;
}

static gboolean
note_sender(SlRtpGuard *self, guint32 ssrc, gboolean is_rtx)
{
    Sender *sender = find_sender(self, ssrc);

    if (sender == NULL && self->n_senders == MAX_SSRCS)
        return FALSE;
    if (sender == NULL)
        sender = &self->senders[self->n_senders++];
    *sender = (Sender){ ssrc, is_rtx, FALSE };
    return TRUE;
}

static gboolean
read_number(SlRtpGuard *self, GstRTPBuffer *packet, guint16 *ret_number)
{
    gpointer data;
    guint size;
    guint8 bits;

    if (self->transport_cc_id == 0)
        return FALSE;
    if (!gst_rtp_buffer_get_extension_onebyte_header(packet, (guint8)self->transport_cc_id, 0,
                                                     &data, &size) &&
        !gst_rtp_buffer_get_extension_twobytes_header(packet, &bits, (guint8)self->transport_cc_id,
                                                      0, &data, &size))
        return FALSE;
    if (size < 2)
        return FALSE;
    *ret_number = (guint16)(((guint8 *)data)[0] << 8 | ((guint8 *)data)[1]);
    return TRUE;
}

static gboolean
test_and_set(SlRtpGuard *self, guint16 number)
{
    guint8 *byte = &self->seen[number % WINDOW / 8];
    guint8 bit = (guint8)(1 << number % 8);
    gboolean was_set = (*byte & bit) != 0;

    *byte |= bit;
    return was_set;
}

static void
forget(SlRtpGuard *self, guint16 number)
{
    self->seen[number % WINDOW / 8] &= (guint8) ~(1 << number % 8);
}

/* Returns: whether this packet came before. */
static gboolean
is_double(SlRtpGuard *self, guint16 number)
{
    gint16 ahead = (gint16)(number - self->last_number);

    if (!self->has_number || ahead >= WINDOW) {
        memset(self->seen, 0, sizeof self->seen);
        self->has_number = TRUE;
        self->last_number = number;
    } else if (ahead > 0) {
        while (self->last_number != number)
            forget(self, ++self->last_number);
    } else if (ahead <= -WINDOW) {
        return FALSE; /* too old to be told; rtpsession leaves it out of its feedback */
    }
    return test_and_set(self, number);
}

static gboolean
may_pass(SlRtpGuard *self, GstBuffer *buffer)
{
    GstRTPBuffer packet = GST_RTP_BUFFER_INIT;
    gboolean passes;
    guint16 number;
    guint8 type;

    if (!gst_rtp_buffer_map(buffer, GST_MAP_READ, &packet))
        return FALSE;
    type = gst_rtp_buffer_get_payload_type(&packet);
    passes = self->is_allowed[type] &&
             note_sender(self, gst_rtp_buffer_get_ssrc(&packet), self->is_rtx[type]) &&
             !(read_number(self, &packet, &number) && is_double(self, number));
    gst_rtp_buffer_unmap(&packet);
    return passes;
}

static gboolean
keep_packet(GstBuffer **buffer, guint index, gpointer guard)
{
    if (!may_pass(guard, *buffer))
        gst_clear_buffer(buffer);
    return TRUE;
}

static GstPadProbeReturn
on_rtp(GstPad *pad, GstPadProbeInfo *info, gpointer guard)
{
    SlRtpGuard *self = guard;

    if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0)
        return may_pass(self, GST_PAD_PROBE_INFO_BUFFER(info)) ? GST_PAD_PROBE_OK
                                                               : GST_PAD_PROBE_DROP;
    info->data = gst_buffer_list_make_writable(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
    gst_buffer_list_foreach(info->data, keep_packet, self);
    return GST_PAD_PROBE_OK;
}

static void
note_bye(SlRtpGuard *self, GstRTCPPacket *bye)
{
    for (guint i = 0; i < gst_rtcp_packet_bye_get_ssrc_count(bye); i++) {
        Sender *sender = find_sender(self, gst_rtcp_packet_bye_get_nth_ssrc(bye, i));

        if (sender != NULL)
            sender->said_bye = TRUE;
    }
}

/* A BYE is one sender's (RFC 3550, section 6.6): who mutes the sound may say it of that alone. Few
 * say it of their RTX. */
static gboolean
have_all_left(SlRtpGuard *self)
{
    gboolean any = FALSE;

    for (guint i = 0; i < self->n_senders; i++) {
        if (self->senders[i].is_rtx)
            continue;
        if (!self->senders[i].said_bye)
            return FALSE;
        any = TRUE;
    }
    return any;
}

static void
look_for_bye(SlRtpGuard *self, GstBuffer *buffer)
{
    GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
    GstRTCPPacket packet;

    if (!gst_rtcp_buffer_validate_reduced(buffer) ||
        !gst_rtcp_buffer_map(buffer, GST_MAP_READ, &rtcp))
        return;
    for (gboolean more = gst_rtcp_buffer_get_first_packet(&rtcp, &packet); more;
         more = gst_rtcp_packet_move_to_next(&packet)) {
        if (gst_rtcp_packet_get_type(&packet) == GST_RTCP_TYPE_BYE)
            note_bye(self, &packet);
    }
    gst_rtcp_buffer_unmap(&rtcp);
    g_atomic_int_set(&self->said_bye, have_all_left(self));
}

static GstPadProbeReturn
on_rtcp(GstPad *pad, GstPadProbeInfo *info, gpointer guard)
{
    if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0)
        look_for_bye(guard, GST_PAD_PROBE_INFO_BUFFER(info));
    return GST_PAD_PROBE_OK;
}

/* --- where they come in --- */

static void
add_probe(SlRtpGuard *self, GstPad *pad, GstPadProbeCallback callback)
{
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, callback,
                      sl_rtp_guard_ref(self), (GDestroyNotify)sl_rtp_guard_unref);
}

/* Whichever thread asks rtpbin for the pad; nothing comes before it has it. */
static void
on_rtpbin_pad_added(GstElement *rtpbin, GstPad *pad, gpointer guard)
{
    if (g_str_has_prefix(GST_PAD_NAME(pad), "recv_rtp_sink_"))
        add_probe(guard, pad, on_rtp);
    else if (g_str_has_prefix(GST_PAD_NAME(pad), "recv_rtcp_sink_"))
        add_probe(guard, pad, on_rtcp);
}

/* It would wait for all of its latency before the first packet. */
static void
on_new_jitterbuffer(GstElement *rtpbin, GstElement *jitterbuffer, guint session, guint ssrc,
                    gpointer unused)
{
    g_object_set(jitterbuffer, "faststart-min-packets", FIRST_IN_ORDER, NULL);
}

static void
unref_guard(gpointer guard, GClosure *closure)
{
    sl_rtp_guard_unref(guard);
}

void
sl_rtp_guard_install(SlRtpGuard *self, GstElement *webrtcbin)
{
    g_autoptr(GstElement) rtpbin = gst_bin_get_by_name(GST_BIN(webrtcbin), "rtpbin");

    if (rtpbin == NULL)
        return;
    g_signal_connect(rtpbin, "new-jitterbuffer", G_CALLBACK(on_new_jitterbuffer), NULL);
    g_signal_connect_data(rtpbin, "pad-added", G_CALLBACK(on_rtpbin_pad_added),
                          sl_rtp_guard_ref(self), unref_guard, 0);
}

void
sl_rtp_guard_allow(SlRtpGuard *self, const SlSdpMedia *media, const SlSdpFormat *format)
{
    self->is_allowed[format->payload_type & 127] = TRUE;
    if (format->rtx >= 0)
        self->is_allowed[format->rtx & 127] = self->is_rtx[format->rtx & 127] = TRUE;
    if (self->transport_cc_id == 0) /* the same in all of a bundle (RFC 8843, section 9.1) */
        self->transport_cc_id = sl_sdp_media_find_extension(media, SL_PUBLISHER_TRANSPORT_CC);
}

gboolean
sl_rtp_guard_heard_bye(SlRtpGuard *self)
{
    return g_atomic_int_get(&self->said_bye);
}

SlRtpGuard *
sl_rtp_guard_new(void)
{
    SlRtpGuard *self = g_new0(SlRtpGuard, 1);

    g_atomic_ref_count_init(&self->refs);
    return self;
}

SlRtpGuard *
sl_rtp_guard_ref(SlRtpGuard *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
sl_rtp_guard_unref(SlRtpGuard *self)
{
    if (g_atomic_ref_count_dec(&self->refs))
        g_free(self);
}
