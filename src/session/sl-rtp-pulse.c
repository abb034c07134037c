#include "sl-rtp-pulse.h"

struct _SlRtpPulse {
    gatomicrefcount refs;

    guint last_ms; /* atomic; wraps */
    gint was_felt; /* atomic */
};

static guint
now_ms(void)
{
    return (guint)(g_get_monotonic_time() / 1000);
}

static GstPadProbeReturn
on_packet(GstPad *pad, GstPadProbeInfo *info, gpointer pulse)
{
    SlRtpPulse *self = pulse;

    g_atomic_int_set(&self->last_ms, now_ms());
    g_atomic_int_set(&self->was_felt, TRUE);
    return GST_PAD_PROBE_OK;
}

/* Whichever thread asks rtpbin for the pad; nothing comes before it has it. */
static void
on_rtpbin_pad_added(GstElement *rtpbin, GstPad *pad, gpointer pulse)
{
    if (g_str_has_prefix(GST_PAD_NAME(pad), "recv_rtp_sink_") ||
        g_str_has_prefix(GST_PAD_NAME(pad), "recv_rtcp_sink_"))
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
                          on_packet, sl_rtp_pulse_ref(pulse), (GDestroyNotify)sl_rtp_pulse_unref);
}

static void
unref_pulse(gpointer pulse, GClosure *closure)
{
    sl_rtp_pulse_unref(pulse);
}

gboolean
sl_rtp_pulse_was_felt(SlRtpPulse *self)
{
    return g_atomic_int_get(&self->was_felt);
}

guint
sl_rtp_pulse_get_silence_ms(SlRtpPulse *self)
{
    return now_ms() - (guint)g_atomic_int_get(&self->last_ms);
}

SlRtpPulse *
sl_rtp_pulse_new(GstElement *webrtcbin)
{
    g_autoptr(GstElement) rtpbin = gst_bin_get_by_name(GST_BIN(webrtcbin), "rtpbin");
    SlRtpPulse *self = g_new0(SlRtpPulse, 1);

    g_atomic_ref_count_init(&self->refs);
    self->last_ms = now_ms();
    if (rtpbin != NULL)
        g_signal_connect_data(rtpbin, "pad-added", G_CALLBACK(on_rtpbin_pad_added),
                              sl_rtp_pulse_ref(self), unref_pulse, 0);
    return self;
}

SlRtpPulse *
sl_rtp_pulse_ref(SlRtpPulse *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
sl_rtp_pulse_unref(SlRtpPulse *self)
{
    if (g_atomic_ref_count_dec(&self->refs))
        g_free(self);
}
