/*
 * burnclock: writes the wall clock into each frame, to be read from the picture where it is shown
 * (tests/bench/latency.mjs).
 *
 * A row of 32 squares as wide as the picture, black for 0 and white for 1: 24 bits of tenths of a
 * millisecond since 1970, then 8 of a checksum (the three bytes' sum). Squares of a picture 640
 * wide are 20 pixels large, and survive any bitrate.
 */

#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

#define PACKAGE "sightline"
#define N_SQUARES 32
#define BLACK 16
#define WHITE 235

#define BURN_TYPE_CLOCK (burn_clock_get_type())
G_DECLARE_FINAL_TYPE(BurnClock, burn_clock, BURN, CLOCK, GstVideoFilter)

struct _BurnClock {
    GstVideoFilter parent_instance;
};

G_DEFINE_FINAL_TYPE(BurnClock, burn_clock, GST_TYPE_VIDEO_FILTER)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE("I420")));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE("I420")));

static guint32
make_code(void)
{
    guint32 time = (guint32)(g_get_real_time() / 100) & 0xffffff;
    guint32 sum = (time >> 16) + (time >> 8) + time;

    return time << 8 | (sum & 0xff);
}

static GstFlowReturn
burn_clock_transform_frame_ip(GstVideoFilter *filter, GstVideoFrame *frame)
{
    guint32 code = make_code();
    gsize size = (gsize)GST_VIDEO_FRAME_WIDTH(frame) / N_SQUARES;
    gsize height = MIN(size, (gsize)GST_VIDEO_FRAME_HEIGHT(frame));
    gsize stride = (gsize)GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0);
    guint8 *luma = GST_VIDEO_FRAME_PLANE_DATA(frame, 0);

    for (gsize y = 0; y < height; y++) {
        for (gsize i = 0; i < N_SQUARES; i++)
            memset(luma + y * stride + i * size, code >> (N_SQUARES - 1 - i) & 1 ? WHITE : BLACK,
                   size);
    }
    for (guint plane = 1; plane <= 2; plane++) {
        stride = (gsize)GST_VIDEO_FRAME_PLANE_STRIDE(frame, plane);
        for (gsize y = 0; y < height / 2; y++)
            memset((guint8 *)GST_VIDEO_FRAME_PLANE_DATA(frame, plane) + y * stride, 128,
                   size * N_SQUARES / 2);
    }
    return GST_FLOW_OK;
}

static void
burn_clock_class_init(BurnClockClass *klass)
{
    GstElementClass *element_class = GST_ELEMENT_CLASS(klass);

    gst_element_class_set_static_metadata(
        element_class, "Burns the clock", "Filter/Video",
        "Writes the wall clock into each frame, for a machine to read", "Sightline");
    gst_element_class_add_static_pad_template(element_class, &sink_template);
    gst_element_class_add_static_pad_template(element_class, &src_template);
    GST_VIDEO_FILTER_CLASS(klass)->transform_frame_ip = burn_clock_transform_frame_ip;
}

static void
burn_clock_init(BurnClock *self)
{
}

static gboolean
plugin_init(GstPlugin *plugin)
{
    return gst_element_register(plugin, "burnclock", GST_RANK_NONE, BURN_TYPE_CLOCK);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, burnclock,
                  "Writes the wall clock into frames, for tests/bench", plugin_init, "0.1.0",
                  "MIT/X11", PACKAGE, "-")
