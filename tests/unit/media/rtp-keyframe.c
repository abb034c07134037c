#include "sl-rtp-keyframe.h"

#define VP8 SL_RTP_CODEC_VP8
#define VP9 SL_RTP_CODEC_VP9
#define H264 SL_RTP_CODEC_H264

static const struct {
    const char *what;
    SlRtpCodec codec;
    guint size;
    guint8 payload[16];
    gboolean starts;
} cases[] = {
    { "nothing", VP8, 0, { 0 }, FALSE },
    { "short descriptor, keyframe", VP8, 2, { 0x10, 0x50 }, TRUE },
    { "short descriptor, P frame", VP8, 2, { 0x10, 0x51 }, FALSE },
    { "not the start of a partition", VP8, 2, { 0x00, 0x50 }, FALSE },
    { "the second partition", VP8, 2, { 0x11, 0x50 }, FALSE },
    { "a non-reference frame is no keyframe by that", VP8, 2, { 0x30, 0x51 }, FALSE },
    { "descriptor only", VP8, 1, { 0x10 }, FALSE },
    { "picture ID of 7 bits", VP8, 4, { 0x90, 0x80, 0x11, 0x50 }, TRUE },
    { "picture ID of 7 bits, P frame", VP8, 4, { 0x90, 0x80, 0x10, 0x51 }, FALSE },
    { "picture ID of 15 bits", VP8, 5, { 0x90, 0x80, 0x81, 0x11, 0x50 }, TRUE },
    { "picture ID of 15 bits, P frame", VP8, 5, { 0x90, 0x80, 0x80, 0x10, 0x51 }, FALSE },
    { "all of it", VP8, 7, { 0x90, 0xe0, 0x81, 0x11, 0x01, 0x20, 0x50 }, TRUE },
    { "all of it, P frame", VP8, 7, { 0x90, 0xf0, 0x81, 0x10, 0x00, 0x20, 0x51 }, FALSE },
    { "cut in the picture ID", VP8, 3, { 0x90, 0x80, 0x81 }, FALSE },
    { "cut after the picture ID", VP8, 4, { 0x90, 0x80, 0x81, 0x10 }, FALSE },
    { "cut before the extension", VP8, 1, { 0x90 }, FALSE },
    { "cut after the extension", VP8, 2, { 0x90, 0xf0 }, FALSE },

    { "nothing", VP9, 0, { 0 }, FALSE },
    { "keyframe", VP9, 2, { 0x08, 0x00 }, TRUE },
    { "P frame", VP9, 2, { 0x48, 0x00 }, FALSE },
    { "keyframe, not its beginning", VP9, 2, { 0x04, 0x00 }, FALSE },
    { "picture ID of 15 bits", VP9, 4, { 0x88, 0x80, 0x10, 0x00 }, TRUE },
    { "lowest spatial layer", VP9, 4, { 0xa8, 0x10, 0x00, 0x00 }, TRUE },
    { "lowest spatial layer, picture ID of 15 bits", VP9, 4, { 0xa8, 0x80, 0x10, 0x00 }, TRUE },
    { "higher spatial layer", VP9, 4, { 0xa8, 0x10, 0x03, 0x00 }, FALSE },
    { "temporal layer", VP9, 3, { 0x28, 0xf0, 0x00 }, TRUE },
    { "cut before the layer", VP9, 2, { 0xa8, 0x10 }, FALSE },
    { "cut after the descriptor", VP9, 1, { 0x08 }, FALSE },

    { "nothing", H264, 0, { 0 }, FALSE },
    { "SPS", H264, 2, { 0x67, 0x42 }, TRUE },
    { "IDR", H264, 2, { 0x65, 0x88 }, TRUE },
    { "PPS", H264, 2, { 0x68, 0xce }, FALSE },
    { "slice", H264, 2, { 0x41, 0x9a }, FALSE },
    { "SEI", H264, 2, { 0x06, 0x05 }, FALSE },
    { "STAP-A that begins with an SPS", H264, 8, { 0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68 }, TRUE },
    { "STAP-A: AUD, SPS", H264, 8, { 0x78, 0, 2, 0x09, 0xf0, 0, 1, 0x67 }, TRUE },
    { "STAP-A: SEI, slice", H264, 8, { 0x78, 0, 2, 0x06, 0x05, 0, 1, 0x41 }, FALSE },
    { "STAP-A whose unit is longer than it", H264, 5, { 0x78, 0xff, 0xff, 0x06, 0x05 }, FALSE },
    { "STAP-A of empty units", H264, 9, { 0x78, 0, 0, 0, 0, 0, 0, 0, 0 }, FALSE },
    { "STAP-A cut in a size", H264, 6, { 0x78, 0, 2, 0x06, 0x05, 0 }, FALSE },
    { "STAP-A cut after a size", H264, 7, { 0x78, 0, 2, 0x06, 0x05, 0, 1 }, FALSE },
    { "STAP-A, nothing in it", H264, 1, { 0x78 }, FALSE },
    { "FU-A, start of an IDR", H264, 3, { 0x7c, 0x85, 0x88 }, TRUE },
    { "FU-A, middle of an IDR", H264, 3, { 0x7c, 0x05, 0x88 }, FALSE },
    { "FU-A, end of an IDR", H264, 3, { 0x7c, 0x45, 0x88 }, FALSE },
    { "FU-A, start of a slice", H264, 3, { 0x5c, 0x81, 0x9a }, FALSE },
    { "FU-A cut before its header", H264, 1, { 0x7c }, FALSE },

    { "anything", SL_RTP_CODEC_OTHER, 1, { 0x00 }, TRUE },
    { "anything, nothing", SL_RTP_CODEC_OTHER, 0, { 0 }, TRUE },
};

/* In memory of exactly its size, so that a read beyond it is found. */
static void
test_payloads(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *payload = g_malloc(MAX(1, cases[i].size));

        memcpy(payload, cases[i].payload, cases[i].size);
        g_test_message("%d: %s", cases[i].codec, cases[i].what);
        g_assert_cmpint(sl_rtp_keyframe_starts(cases[i].codec, payload, cases[i].size), ==,
                        cases[i].starts);
    }
}

/* Whatever the bytes: no read out of bounds, and it ends. */
static void
test_any_payload(void)
{
    for (guint i = 0; i < 200000; i++) {
        gsize size = (gsize)g_test_rand_int_range(0, 24);
        g_autofree guint8 *payload = g_malloc(MAX(1, size));

        for (gsize at = 0; at < size; at++)
            payload[at] = (guint8)g_test_rand_int();
        sl_rtp_keyframe_starts((SlRtpCodec)(i % (H264 + 1)), payload, size);
    }
}

static void
test_codecs(void)
{
    static const struct {
        const char *caps;
        SlRtpCodec codec;
    } names[] = {
        { "video/x-vp8", SL_RTP_CODEC_NONE },
        { "application/x-rtp", SL_RTP_CODEC_OTHER },
        { "application/x-rtp,encoding-name=(int)3", SL_RTP_CODEC_OTHER },
        { "application/x-rtp,encoding-name=OPUS", SL_RTP_CODEC_OTHER },
        { "application/x-rtp,encoding-name=VP8", VP8 },
        { "application/x-rtp,encoding-name=vp8", VP8 },
        { "application/x-rtp,encoding-name=VP9", VP9 },
        { "application/x-rtp,encoding-name=H264", H264 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GstCaps) caps = gst_caps_from_string(names[i].caps);
        g_test_message("%s", names[i].caps);
        g_assert_cmpint(sl_rtp_codec_from_caps(caps), ==, names[i].codec);
    }
}

#define FRAME 1
#define KEY 2

static guint
mark(SlRtpKeyframes *keyframes, GstCaps *caps, const guint8 *packet, gsize size)
{
    g_autoptr(GstBuffer) buffer = gst_buffer_new_memdup(packet, size);
    gboolean begins = sl_rtp_keyframes_mark(keyframes, buffer, caps);

    return (begins ? FRAME : 0) |
           (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT) ? 0 : KEY);
}

/* Only the first packet of a keyframe is where a viewer may begin. */
static void
test_packets(void)
{
    static const struct {
        const char *what;
        guint size;
        guint8 packet[28];
        guint expected;
    } packets[] = {
        { "slice", 14, { 0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x41, 0x9a }, FRAME },
        { "AUD", 14, { 0x80, 96, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0x09, 0xf0 }, FRAME },
        { "SPS", 14, { 0x80, 96, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0x67, 0x42 }, KEY },
        { "PPS", 14, { 0x80, 96, 0, 4, 0, 0, 0, 2, 0, 0, 0, 1, 0x68, 0xce }, 0 },
        { "IDR", 14, { 0x80, 96, 0, 5, 0, 0, 0, 2, 0, 0, 0, 1, 0x65, 0x88 }, 0 },
        { "slice", 14, { 0x80, 96, 0, 6, 0, 0, 0, 3, 0, 0, 0, 1, 0x41, 0x9a }, FRAME },
        { "IDR", 14, { 0x80, 96, 0, 7, 0, 0, 0, 4, 0, 0, 0, 1, 0x65, 0x88 }, FRAME | KEY },
        { "CSRC",
          18,
          { 0x81, 96, 0, 8, 0, 0, 0, 5, 0, 0, 0, 1, 9, 9, 9, 9, 0x65, 1 },
          FRAME | KEY },
        { "extension",
          22,
          { 0x90, 96, 0, 9, 0, 0, 0, 6, 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 1, 1, 1, 1, 0x65, 1 },
          FRAME | KEY },
        { "extension longer than the packet",
          18,
          { 0x90, 96, 0, 9, 0, 0, 0, 7, 0, 0, 0, 1, 0xbe, 0xde, 0xff, 0xff, 0x65, 1 },
          FRAME },
        { "no extension", 13, { 0x90, 96, 0, 9, 0, 0, 0, 8, 0, 0, 0, 1, 0x65 }, FRAME },
        { "no payload", 12, { 0x80, 96, 0, 10, 0, 0, 0, 9, 0, 0, 0, 1 }, FRAME },
        { "no header", 11, { 0x80, 96, 0, 10, 0, 0, 0, 9, 0, 0, 0 }, 0 },
    };
    g_autoptr(GstCaps) caps = gst_caps_from_string("application/x-rtp,encoding-name=H264");
    SlRtpKeyframes keyframes = { 0 };

    for (guint i = 0; i < G_N_ELEMENTS(packets); i++) {
        g_test_message("%s", packets[i].what);
        g_assert_cmpuint(mark(&keyframes, caps, packets[i].packet, packets[i].size), ==,
                         packets[i].expected);
    }
    sl_rtp_keyframes_clear(&keyframes);
}

/* What is no RTP keeps the flags that it came with. */
static void
test_frames(void)
{
    g_autoptr(GstCaps) caps = gst_caps_from_string("video/x-vp8");
    g_autoptr(GstBuffer) buffer = gst_buffer_new();
    SlRtpKeyframes keyframes = { 0 };

    g_assert_true(sl_rtp_keyframes_mark(&keyframes, buffer, caps));
    g_assert_false(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT));
    GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    g_assert_true(sl_rtp_keyframes_mark(&keyframes, buffer, caps));
    g_assert_true(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT));
    sl_rtp_keyframes_clear(&keyframes);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rtp-keyframe/payloads", test_payloads);
    g_test_add_func("/rtp-keyframe/any-payload", test_any_payload);
    g_test_add_func("/rtp-keyframe/codecs", test_codecs);
    g_test_add_func("/rtp-keyframe/packets", test_packets);
    g_test_add_func("/rtp-keyframe/frames", test_frames);
    return g_test_run();
}
