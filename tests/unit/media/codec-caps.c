#include <gst/gst.h>

#include "sl-codec-probe.h"

#define RTP "application/x-rtp,media=video,clock-rate=90000,"

/* Whether a viewer of one can be sent the other. */
static const struct {
    const char *what;
    const char *one, *other;
    gboolean same;
} cases[] = {
    { "one start and another",
      RTP
      "encoding-name=VP8,payload=96,ssrc=(uint)1,timestamp-offset=(uint)2,seqnum-offset=(uint)3",
      RTP
      "encoding-name=VP8,payload=97,ssrc=(uint)4,timestamp-offset=(uint)5,seqnum-offset=(uint)6",
      TRUE },
    { "sizes and rates", RTP "encoding-name=VP8,a-framerate=30,x-dimensions=\"1280,720\"",
      RTP "encoding-name=VP8,a-framerate=15", TRUE },
    { "parameter sets and levels of H.264",
      RTP "encoding-name=H264,packetization-mode=1,profile-level-id=42c01f,sprop-parameter-sets=a",
      RTP "encoding-name=H264,packetization-mode=1,profile-level-id=42c028,sprop-parameter-sets=b",
      TRUE },
    { "profiles of H.264", RTP "encoding-name=H264,profile-level-id=42c01f",
      RTP "encoding-name=H264,profile-level-id=64001f", FALSE },
    { "a profile that is none", RTP "encoding-name=H264,profile-level-id=42",
      RTP "encoding-name=H264,profile-level-id=4200", FALSE },
    { "packetization modes", RTP "encoding-name=H264,packetization-mode=1",
      RTP "encoding-name=H264,packetization-mode=0", FALSE },
    { "codecs", RTP "encoding-name=VP8", RTP "encoding-name=VP9", FALSE },
    { "one channel and two", "application/x-rtp,media=audio,encoding-name=OPUS,sprop-stereo=0",
      "application/x-rtp,media=audio,encoding-name=OPUS,sprop-stereo=1", TRUE },
    { "extensions", RTP "encoding-name=VP8,extmap-1=a", RTP "encoding-name=VP8", FALSE },
};

static GstCaps *
clean(const char *text)
{
    g_autoptr(GstCaps) caps = gst_caps_from_string(text);

    g_assert_nonnull(caps);
    return sl_codec_clean_caps(caps);
}

static void
test_same(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GstCaps) one = clean(cases[i].one);
        g_autoptr(GstCaps) other = clean(cases[i].other);

        g_test_message("%s", cases[i].what);
        g_assert_cmpint(gst_caps_is_equal(one, other), ==, cases[i].same);
    }
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/codec-caps/same", test_same);
    return g_test_run();
}
