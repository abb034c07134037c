#include "sl-rtp-rewriter.h"

#define RATE 90000
#define FIRST_SEQUENCE 65533
#define FIRST_TIMESTAMP 4294960000u
#define NO_PTS (-1)

/* A packet of the source, and what the viewer gets: sequence and timestamp from the first on. */
typedef struct {
    guint32 ssrc;
    guint16 sequence;
    guint32 timestamp;
    gint pts_ms;
    gboolean delta;
    int ret_sequence; /* NONE: nothing is sent */
    guint32 ret_timestamp;
} Step;

#define NONE (-1)
#define N_STEPS 8

static const struct {
    const char *what;
    Step steps[N_STEPS];
} cases[] = {
    { "goes on over the wraps of both",
      { { 1, 65534, 4294966000u, 1000, FALSE, 0, 0 },
        { 1, 65535, 4294966000u, 1000, TRUE, 1, 0 },
        { 1, 0, 4294966000u + 3000, 1033, TRUE, 2, 3000 },
        { 1, 1, 4294966000u + 6000, 1067, TRUE, 3, 6000 },
        { 1, 2, 4294966000u + 9000, 1100, TRUE, 4, 9000 } } },
    { "what the feed left out is no loss",
      { { 1, 10, 0, 0, FALSE, 0, 0 },
        { 1, 11, 3000, 33, TRUE, 1, 3000 },
        { 1, 500, 90000 * 5, 5000, FALSE, 2, 90000 * 5 },
        { 1, 501, 90000 * 5, 5000, TRUE, 3, 90000 * 5 },
        { 1, 499, 90000 * 5 - 3000, 4967, TRUE, NONE, 0 } } },
    { "what the source lost is loss, and may come late, once",
      { { 1, 10, 0, 0, FALSE, 0, 0 },
        { 1, 13, 3000, 33, TRUE, 3, 3000 },
        { 1, 12, 3000, 33, TRUE, 2, 3000 },
        { 1, 12, 3000, 33, TRUE, NONE, 0 },
        { 1, 13, 3000, 33, TRUE, NONE, 0 },
        { 1, 14, 6000, 67, TRUE, 4, 6000 },
        { 1, 11, 0, 0, TRUE, 1, 0 },
        { 1, 9, 0, 0, TRUE, NONE, 0 } } },
    { "late over the wrap",
      { { 1, 65535, 0, 0, FALSE, 0, 0 },
        { 1, 2, 3000, 33, TRUE, 3, 3000 },
        { 1, 0, 0, 0, TRUE, 1, 0 },
        { 1, 65535, 0, 0, TRUE, NONE, 0 } } },
    { "another source",
      { { 1, 10, 7, 1000, FALSE, 0, 0 },
        { 1, 11, 3007, 1033, TRUE, 1, 3000 },
        { 2, 40000, 3000000000u, 3033, FALSE, 2, 3000 + 2 * RATE },
        { 2, 40001, 3000003000u, 3066, TRUE, 3, 6000 + 2 * RATE },
        { 1, 12, 6007, 1067, TRUE, 4, 6001 + 2 * RATE } } },
    { "another beginning of the same source, behind",
      { { 1, 1000, 90000, 1000, FALSE, 0, 0 },
        { 1, 1001, 93000, 1033, TRUE, 1, 3000 },
        { 1, 1, 5, 2033, FALSE, 2, 3000 + RATE },
        { 1, 2, 3005, 2066, TRUE, 3, 6000 + RATE } } },
    { "another beginning of the same source, far ahead",
      { { 1, 1, 0, 0, FALSE, 0, 0 },
        { 1, 5000, 777, 1000, TRUE, 1, RATE },
        { 1, 5001, 3777, 1033, TRUE, 2, RATE + 3000 } } },
    { "timestamps that jump while the sequence goes on",
      { { 1, 1, 0, 0, FALSE, 0, 0 },
        { 1, 2, 3000, 33, TRUE, 1, 3000 },
        { 1, 3, 2000000000u, 133, TRUE, 2, 12000 },
        { 1, 4, 2000003000u, 166, TRUE, 3, 15000 },
        { 1, 5, 100, 266, TRUE, 4, 24000 } } },
    { "a pause is no jump",
      { { 1, 1, 0, 0, FALSE, 0, 0 },
        { 1, 2, 60 * RATE, 60000, TRUE, 1, 60 * RATE },
        { 1, 3, 60 * RATE + 3000, 60033, TRUE, 2, 60 * RATE + 3000 } } },
    { "pictures out of order are no jump",
      { { 1, 1, 9000, 100, FALSE, 0, 0 },
        { 1, 2, 18000, 200, TRUE, 1, 9000 },
        { 1, 3, 12000, 133, TRUE, 2, 3000 },
        { 1, 4, 15000, 167, TRUE, 3, 6000 } } },
    { "without the clock's time",
      { { 1, 1, 500, NO_PTS, FALSE, 0, 0 },
        { 1, 2, 3500, NO_PTS, TRUE, 1, 3000 },
        { 2, 9, 77, NO_PTS, FALSE, 2, 3001 },
        { 2, 10, 3077, NO_PTS, TRUE, 3, 6001 } } },
    { "another source whose time is not later",
      { { 1, 1, 500, 1000, FALSE, 0, 0 },
        { 2, 1, 500, 1000, FALSE, 1, 1 },
        { 3, 1, 500, 500, FALSE, 2, 2 } } },
    { "what time went back does not add up",
      { { 1, 1, 0, 1000, FALSE, 0, 0 },
        { 2, 1, 0, 900, FALSE, 1, 1 },
        { 2, 2, 9000, 1000, TRUE, 2, 9001 },
        { 1, 2, 0, 1100, FALSE, 3, 9002 },
        { 2, 3, 0, 1200, FALSE, 4, 18000 } } },
};

static GstBuffer *
make_packet(guint8 flags, const Step *step, gsize rest)
{
    guint8 header[12] = { flags, 0x80 | 33 };
    GstBuffer *packet = gst_buffer_new_memdup(header, sizeof header);

    GST_WRITE_UINT16_BE(header + 2, step->sequence);
    GST_WRITE_UINT32_BE(header + 4, step->timestamp);
    GST_WRITE_UINT32_BE(header + 8, step->ssrc);
    gst_buffer_fill(packet, 0, header, sizeof header);
    if (rest > 0)
        gst_buffer_append_memory(packet, gst_allocator_alloc(NULL, rest, NULL));
    GST_BUFFER_PTS(packet) =
        step->pts_ms != NO_PTS ? (GstClockTime)step->pts_ms * GST_MSECOND : GST_CLOCK_TIME_NONE;
    if (step->delta)
        GST_BUFFER_FLAG_SET(packet, GST_BUFFER_FLAG_DELTA_UNIT);
    return packet;
}

static SlRtpRewriter *
make_rewriter(void)
{
    return sl_rtp_rewriter_new(97, 0xcafe0001, RATE, FIRST_SEQUENCE, FIRST_TIMESTAMP, FALSE);
}

static void
check_step(SlRtpRewriter *rewriter, const Step *step)
{
    g_autoptr(GstBuffer) packet = make_packet(0x80, step, 20);
    g_autoptr(GstBuffer) own = sl_rtp_rewriter_rewrite(rewriter, packet);
    guint8 header[12];

    if (step->ret_sequence == NONE) {
        g_assert_null(own);
        return;
    }
    g_assert_nonnull(own);
    gst_buffer_extract(own, 0, header, sizeof header);
    g_assert_cmphex(header[0], ==, 0x80);
    g_assert_cmphex(header[1], ==, 0x80 | 97);
    g_assert_cmpuint(GST_READ_UINT16_BE(header + 2), ==,
                     (guint16)(FIRST_SEQUENCE + step->ret_sequence));
    g_assert_cmpuint(GST_READ_UINT32_BE(header + 4), ==,
                     (guint32)(FIRST_TIMESTAMP + step->ret_timestamp));
    g_assert_cmphex(GST_READ_UINT32_BE(header + 8), ==, 0xcafe0001);
    g_assert_cmpuint(GST_BUFFER_PTS(own), ==, GST_BUFFER_PTS(packet));
}

static void
test_series(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SlRtpRewriter) rewriter = make_rewriter();

        for (guint j = 0; j < N_STEPS && cases[i].steps[j].ssrc != 0; j++) {
            g_test_message("%s: %u", cases[i].what, j);
            check_step(rewriter, &cases[i].steps[j]);
        }
    }
}

/* The source's clock may drift from the system's: that alone is never a jump. */
static void
test_drift(void)
{
    g_autoptr(SlRtpRewriter) rewriter = make_rewriter();

    for (guint i = 0; i < 200000; i++) {
        Step step = { 1, (guint16)i, i * 3000, (gint)(i * 33), i > 0, (int)i, i * 3000 };
        check_step(rewriter, &step);
    }
}

/* Two that can't be told from each other by their headers. */
static void
test_told_of_another_source(void)
{
    static const Step steps[] = {
        { 1, 100, 5000, 1000, FALSE, 0, 0 },
        { 1, 101, 8000, 1033, TRUE, 1, 3000 },
        { 1, 99, 5500, 1133, FALSE, 2, 12000 },
        { 1, 100, 8500, 1166, TRUE, 3, 15000 },
    };
    g_autoptr(SlRtpRewriter) rewriter = make_rewriter();

    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (i == 2)
            sl_rtp_rewriter_begin(rewriter);
        check_step(rewriter, &steps[i]);
    }
}

static void
test_kept_extensions(void)
{
    static const Step step = { 1, 1, 1, 1, FALSE, 0, 0 };
    static const guint8 rest[] = { 9, 9, 9, 9, 0xbe, 0xde, 0, 1, 5, 6, 7, 8, 1 };
    g_autoptr(SlRtpRewriter) rewriter =
        sl_rtp_rewriter_new(97, 0xcafe0001, RATE, FIRST_SEQUENCE, FIRST_TIMESTAMP, TRUE);
    g_autoptr(GstBuffer) packet = make_packet(0x91, &step, sizeof rest);
    g_autoptr(GstBuffer) own = NULL;
    guint8 bytes[32];

    gst_buffer_fill(packet, 12, rest, sizeof rest);
    own = sl_rtp_rewriter_rewrite(rewriter, packet);
    g_assert_nonnull(own);
    g_assert_cmpuint(gst_buffer_extract(own, 0, bytes, sizeof bytes), ==, 12 + 9);
    g_assert_cmphex(bytes[0], ==, 0x90);
    g_assert_cmpmem(bytes + 12, 9, rest + 4, 9);
}

/* Contributing sources and extensions go, padding stays with the payload. */
static void
test_headers(void)
{
    static const struct {
        const char *what;
        guint8 flags;
        guint size;
        guint8 rest[20]; /* after the first 12 bytes */
        int ret_size;    /* of the payload */
    } headers[] = {
        { "plain", 0x80, 3, { 1, 2, 3 }, 3 },
        { "empty", 0x80, 0, { 0 }, 0 },
        { "padded", 0xa0, 3, { 1, 2, 2 }, 3 },
        { "contributing sources", 0x82, 11, { 9, 9, 9, 9, 8, 8, 8, 8, 1, 2, 3 }, 3 },
        { "contributing sources cut", 0x82, 7, { 9, 9, 9, 9, 8, 8, 8 }, NONE },
        { "extension", 0x90, 11, { 0xbe, 0xde, 0, 1, 5, 5, 5, 5, 1, 2, 3 }, 3 },
        { "empty extension", 0x90, 7, { 0xbe, 0xde, 0, 0, 1, 2, 3 }, 3 },
        { "extension cut", 0x90, 7, { 0xbe, 0xde, 0, 1, 5, 5, 5 }, NONE },
        { "extension's length cut", 0x90, 3, { 0xbe, 0xde, 0 }, NONE },
        { "extension of 256 KiB", 0x90, 6, { 0xbe, 0xde, 0xff, 0xff, 1, 2 }, NONE },
        { "both", 0x91, 13, { 9, 9, 9, 9, 0xbe, 0xde, 0, 1, 5, 5, 5, 5, 1 }, 1 },
        { "another version", 0x40, 3, { 1, 2, 3 }, NONE },
    };
    static const Step step = { 1, 1, 1, 1, FALSE, 0, 0 };

    for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autoptr(SlRtpRewriter) rewriter = make_rewriter();
        g_autoptr(GstBuffer) packet = make_packet(headers[i].flags, &step, headers[i].size);
        g_autoptr(GstBuffer) own = NULL;
        guint8 bytes[32];

        g_test_message("%s", headers[i].what);
        gst_buffer_fill(packet, 12, headers[i].rest, headers[i].size);
        own = sl_rtp_rewriter_rewrite(rewriter, packet);
        if (headers[i].ret_size == NONE) {
            g_assert_null(own);
            continue;
        }
        g_assert_cmpuint(gst_buffer_extract(own, 0, bytes, sizeof bytes), ==,
                         12 + headers[i].ret_size);
        g_assert_cmphex(bytes[0], ==, headers[i].flags & 0xe0);
        g_assert_cmpmem(bytes + 12, (gsize)headers[i].ret_size,
                        headers[i].rest + headers[i].size - headers[i].ret_size,
                        (gsize)headers[i].ret_size);
    }
}

static void
test_short_packets(void)
{
    g_autoptr(SlRtpRewriter) rewriter = make_rewriter();

    for (gsize size = 0; size < 12; size++) {
        g_autoptr(GstBuffer) packet = gst_buffer_new_allocate(NULL, size, NULL);
        gst_buffer_memset(packet, 0, 0x80, size);
        g_assert_null(sl_rtp_rewriter_rewrite(rewriter, packet));
    }
}

static void
test_payload_is_shared(void)
{
    static const Step step = { 1, 1, 1, 1, FALSE, 0, 0 };
    g_autoptr(SlRtpRewriter) one = make_rewriter();
    g_autoptr(SlRtpRewriter) other = make_rewriter();
    g_autoptr(GstBuffer) packet = make_packet(0x80, &step, 1000);
    g_autoptr(GstBuffer) for_one = sl_rtp_rewriter_rewrite(one, packet);
    g_autoptr(GstBuffer) for_other = sl_rtp_rewriter_rewrite(other, packet);

    g_assert_cmpuint(gst_buffer_n_memory(for_one), ==, 2);
    g_assert_true(gst_buffer_peek_memory(for_one, 0) != gst_buffer_peek_memory(for_other, 0));
    g_assert_true(gst_buffer_peek_memory(for_one, 1) == gst_buffer_peek_memory(for_other, 1));
    g_assert_true(gst_buffer_peek_memory(for_one, 1) == gst_buffer_peek_memory(packet, 1));
}

/* As from a network: header and payload in one piece. */
static void
test_payload_of_one_piece_is_shared(void)
{
    g_autoptr(SlRtpRewriter) one = make_rewriter();
    g_autoptr(SlRtpRewriter) other = make_rewriter();
    g_autoptr(GstBuffer) packet = gst_buffer_new_allocate(NULL, 1000, NULL);
    g_autoptr(GstBuffer) for_one = NULL;
    g_autoptr(GstBuffer) for_other = NULL;
    GstMemory *whole = gst_buffer_peek_memory(packet, 0);

    gst_buffer_memset(packet, 0, 0x80, 1000);
    for_one = sl_rtp_rewriter_rewrite(one, packet);
    for_other = sl_rtp_rewriter_rewrite(other, packet);
    g_assert_true(gst_buffer_peek_memory(for_one, 1)->parent == whole);
    g_assert_true(gst_buffer_peek_memory(for_other, 1)->parent == whole);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rtp-rewriter/series", test_series);
    g_test_add_func("/rtp-rewriter/drift", test_drift);
    g_test_add_func("/rtp-rewriter/told-of-another-source", test_told_of_another_source);
    g_test_add_func("/rtp-rewriter/headers", test_headers);
    g_test_add_func("/rtp-rewriter/kept-extensions", test_kept_extensions);
    g_test_add_func("/rtp-rewriter/short-packets", test_short_packets);
    g_test_add_func("/rtp-rewriter/payload-is-shared", test_payload_is_shared);
    g_test_add_func("/rtp-rewriter/payload-of-one-piece-is-shared",
                    test_payload_of_one_piece_is_shared);
    return g_test_run();
}
