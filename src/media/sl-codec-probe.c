#include "sl-codec-probe.h"

#include <gst/app/gstappsrc.h>

#include "sl-census.h"
#include "sl-context.h"
#include "sl-description-viewer.h"
#include "sl-launch-elements.h"
#include "sl-teardown.h"

#define TIMEOUT_MS 5000

/* Shared with the probe's streaming thread. */
typedef struct {
    gatomicrefcount refs;
    GMainContext *context;
    gint done;           /* atomic: what the streaming thread found has been posted */
    GstCaps *caps;       /* what comes out; the streaming thread's */
    SlCodecProbe *probe; /* main thread; NULL once it is over */
} ProbeLink;

struct _SlCodecProbe {
    GMainContext *context;
    GstElement *pipeline;
    ProbeLink *link;
    GSource *timer;
    SlCodecProbeDone done;
    gpointer user_data;
};

typedef struct {
    ProbeLink *link;
    GstCaps *caps; /* nullable */
    GError *error; /* nullable */
    guint line;
} ProbeNews;

static void
link_unref(ProbeLink *link)
{
    if (!g_atomic_ref_count_dec(&link->refs))
        return;
    gst_clear_caps(&link->caps);
    g_main_context_unref(link->context);
    g_free(link);
}

static ProbeLink *
link_ref(ProbeLink *link)
{
    g_atomic_ref_count_inc(&link->refs);
    return link;
}

static void
link_unref_notify(gpointer link)
{
    link_unref(link);
}

/* --- the viewer's section --- */

static const char *
default_payloader(GstCaps *caps)
{
    static const struct {
        const char *media;
        const char *launch;
    } payloaders[] = {
        { "video/x-vp8", "rtpvp8pay picture-id-mode=15-bit mtu=1200" },
        { "video/x-vp9", "rtpvp9pay picture-id-mode=15-bit mtu=1200" },
        { "video/x-h264", "rtph264pay aggregate-mode=zero-latency config-interval=-1 mtu=1200" },
        { "audio/x-opus", "rtpopuspay mtu=1200" },
        { "application/x-rtp", "identity silent=true" }, /* packets already */
    };
    const char *media = gst_structure_get_name(gst_caps_get_structure(caps, 0));

    for (guint i = 0; i < G_N_ELEMENTS(payloaders); i++) {
        if (g_str_equal(media, payloaders[i].media))
            return payloaders[i].launch;
    }
    return NULL;
}

GstElement *
sl_codec_make_viewer_bin(SlLaunch *launch, GstCaps *caps, GError **error)
{
    const char *payloader;

    if (launch != NULL)
        return sl_launch_make_viewer_bin(launch, error);

    payloader = default_payloader(caps);
    if (payloader == NULL) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE,
                    "%s needs a section of its own, with a payloader: there is no standard one",
                    gst_structure_get_name(gst_caps_get_structure(caps, 0)));
        return NULL;
    }
    return gst_parse_bin_from_description(payloader, TRUE, error);
}

/* --- probing --- */

static void
news_free(gpointer data)
{
    ProbeNews *news = data;

    gst_clear_caps(&news->caps);
    g_clear_error(&news->error);
    link_unref(news->link);
    g_free(news);
}

void
sl_codec_probe_cancel(SlCodecProbe *self)
{
    sl_clear_source(&self->timer);
    self->link->probe = NULL;
    g_clear_pointer(&self->link, link_unref);
    sl_teardown_element(g_steal_pointer(&self->pipeline), NULL, self->context, NULL, NULL);
    g_main_context_unref(self->context);
    g_free(self);
    sl_census_leave("SlCodecProbe");
}

static void
finish(SlCodecProbe *self, GstCaps *caps, const GError *error, guint line)
{
    SlCodecProbeDone done = self->done;
    gpointer user_data = self->user_data;

    sl_codec_probe_cancel(self);
    done(caps, error, line, user_data);
}

static gboolean
on_timeout(gpointer data)
{
    g_autoptr(GError) error = g_error_new(
        SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE,
        "it gave nothing for a frame within %d s; does it end in a payloader?", TIMEOUT_MS / 1000);

    finish(data, NULL, error, 0);
    return G_SOURCE_REMOVE;
}

static void
on_news(gpointer object, gpointer data)
{
    ProbeNews *news = data;

    if (news->link->probe != NULL)
        finish(news->link->probe, news->caps, news->error, news->line);
}

static void
post_news_of_line(ProbeLink *link, GstCaps *caps, GError *error, guint line)
{
    ProbeNews *news;

    if (!g_atomic_int_compare_and_exchange(&link->done, FALSE, TRUE)) {
        gst_clear_caps(&caps);
        g_clear_error(&error);
        return;
    }
    news = g_new0(ProbeNews, 1);
    news->link = link_ref(link);
    news->caps = caps;
    news->error = error;
    news->line = line;
    sl_context_post(link->context, NULL, on_news, news, news_free);
}

static void
post_news(ProbeLink *link, GstCaps *caps, GError *error)
{
    post_news_of_line(link, caps, error, 0);
}

static gboolean
is_viewers_own(const char *field)
{
    static const char *const own[] = { "payload",      "ssrc",       "timestamp-offset",
                                       "seqnum-base",  "clock-base", "seqnum-offset",
                                       "x-dimensions", NULL };

    return g_strv_contains(own, field) || g_str_has_prefix(field, "sprop-") ||
           g_str_has_prefix(field, "a-");
}

static gboolean
keep_field(GQuark field, GValue *value, gpointer data)
{
    return !is_viewers_own(g_quark_to_string(field));
}

/* The level of H.264 (RFC 6184, section 8.1) goes with the size and rate of the picture. Browsers
 * do not look at it, and libwebrtc itself says 3.1 whatever it sends. */
static void
set_common_level(GstStructure *rtp)
{
    const char *profile_level = gst_structure_get_string(rtp, "profile-level-id");
    g_autofree char *common = NULL;

    if (profile_level == NULL || strlen(profile_level) != 6)
        return;
    common = g_strdup_printf("%.4s1f", profile_level);
    gst_structure_set(rtp, "profile-level-id", G_TYPE_STRING, common, NULL);
}

GstCaps *
sl_codec_clean_caps(GstCaps *rtp_caps)
{
    GstCaps *caps = gst_caps_copy(rtp_caps);

    gst_structure_filter_and_map_in_place(gst_caps_get_structure(caps, 0), keep_field, NULL);
    set_common_level(gst_caps_get_structure(caps, 0));
    return caps;
}

const char *
sl_codec_get_name(GstCaps *rtp_caps)
{
    return gst_structure_get_string(gst_caps_get_structure(rtp_caps, 0), "encoding-name");
}

static void
note_caps(ProbeLink *link, GstCaps *caps)
{
    if (gst_structure_has_name(gst_caps_get_structure(caps, 0), "application/x-rtp"))
        gst_caps_replace(&link->caps, caps);
    else
        post_news(link, NULL,
                  g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE,
                              "it ends in %s, expected RTP, from a payloader",
                              gst_structure_get_name(gst_caps_get_structure(caps, 0))));
}

/* Caps alone are not enough: what follows them may fail. An encoder that wants more frames gives
 * what it has at the end. */
static GstPadProbeReturn
on_sink_data(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    ProbeLink *link = data;
    GstEvent *event = (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) != 0
                          ? GST_PAD_PROBE_INFO_EVENT(info)
                          : NULL;
    GstCaps *caps;

    if (event != NULL && GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
        gst_event_parse_caps(event, &caps);
        note_caps(link, caps);
    } else if (link->caps != NULL && (event == NULL || GST_EVENT_TYPE(event) == GST_EVENT_EOS)) {
        post_news(link, sl_codec_clean_caps(link->caps), NULL);
    }
    return GST_PAD_PROBE_OK;
}

static GError *
describe_error(const SlPlace *place, const char *message)
{
    if (place == NULL)
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE, "%s", message);
    if (place->is_stuck)
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE,
                           "'%s' does not take the format of what comes to it", place->element);
    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE, "'%s' failed (%s)", place->element,
                       message);
}

static GstBusSyncReply
on_bus_message(GstBus *bus, GstMessage *message, gpointer data)
{
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        g_autoptr(SlPlace) place = sl_place_find(message);
        g_autoptr(GError) error = NULL;

        gst_message_parse_error(message, &error, NULL);
        post_news_of_line(data, NULL, describe_error(place, error->message),
                          place != NULL ? place->line : 0);
    }
    gst_message_unref(message);
    return GST_BUS_DROP;
}

static void
run_sample(SlCodecProbe *self, GstElement *viewer_bin, GstSample *sample)
{
    GstElement *appsrc = gst_element_factory_make("appsrc", NULL);
    GstElement *fakesink = gst_element_factory_make("fakesink", NULL);
    g_autoptr(GstBus) bus = gst_pipeline_get_bus(GST_PIPELINE(self->pipeline));
    g_autoptr(GstPad) pad = gst_element_get_static_pad(fakesink, "sink");

    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM, on_sink_data, link_ref(self->link),
                      link_unref_notify);
    gst_bus_set_sync_handler(bus, on_bus_message, link_ref(self->link), link_unref_notify);

    g_object_set(appsrc, "format", GST_FORMAT_TIME, "is-live", TRUE, NULL);
    g_object_set(fakesink, "sync", FALSE, "async", FALSE, NULL);
    gst_bin_add_many(GST_BIN(self->pipeline), appsrc, viewer_bin, fakesink, NULL);
    if (!gst_element_link_many(appsrc, viewer_bin, fakesink, NULL)) {
        post_news(self->link, NULL,
                  g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE,
                              "it does not take what the track carries"));
        return;
    }
    gst_element_set_state(self->pipeline, GST_STATE_PLAYING);
    gst_app_src_push_sample(GST_APP_SRC(appsrc), sample);
    gst_app_src_end_of_stream(GST_APP_SRC(appsrc));
}

SlCodecProbe *
sl_codec_probe(GMainContext *context, GstElement *viewer_bin, GstSample *sample,
               SlCodecProbeDone done, gpointer user_data)
{
    SlCodecProbe *self = g_new0(SlCodecProbe, 1);

    sl_census_enter("SlCodecProbe");
    self->context = g_main_context_ref(context);
    self->done = done;
    self->user_data = user_data;
    self->pipeline = gst_object_ref_sink(gst_pipeline_new("codec-probe"));
    self->link = g_new0(ProbeLink, 1);
    g_atomic_ref_count_init(&self->link->refs);
    self->link->context = g_main_context_ref(context);
    self->link->probe = self;
    self->timer = sl_context_add_timeout(context, TIMEOUT_MS, on_timeout, self);
    run_sample(self, viewer_bin, sample);
    return self;
}
