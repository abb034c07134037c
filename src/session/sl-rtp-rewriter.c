#include "sl-rtp-rewriter.h"

#define RTP_HEADER 12

/* Older packets are not sent on. Below SRTP's window of 128 (RFC 3711, section 3.3.2, says 64). */
#define WINDOW 64
/* A larger step is not loss but another beginning (RFC 3550, A.1). */
#define MAX_DROPOUT 3000

typedef struct {
    guint8 flags; /* version, padding */
    guint8 marker;
    guint16 sequence;
    guint32 timestamp;
    guint32 ssrc;
    gsize size; /* of what the viewer's own header takes the place of */
} Header;

struct _SlRtpRewriter {
    guint8 payload_type;
    guint32 ssrc;
    guint32 clock_rate;
    gboolean keeps_extensions;

    guint16 next_sequence; /* of the first packet */
    guint32 next_timestamp;

    /* From the first packet on. */
    gboolean begun;
    gboolean begins; /* with the next packet, another source */
    Header last;     /* the newest packet of the source */
    GstClockTime last_pts;
    gint64 ahead;             /* ticks by which timestamps are, where the clock's time went back */
    guint16 sequence_offset;  /* added to the source's, modulo 2^16 */
    guint32 timestamp_offset; /* modulo 2^32 */
    guint64 sent;             /* bit n: the newest but n was sent, or must not be */
};

SlRtpRewriter *
sl_rtp_rewriter_new(guint8 payload_type, guint32 ssrc, guint32 clock_rate, guint16 first_sequence,
                    guint32 first_timestamp, gboolean keeps_extensions)
{
    SlRtpRewriter *self;

    g_return_val_if_fail(clock_rate > 0, NULL);
    self = g_new0(SlRtpRewriter, 1);
    self->payload_type = payload_type & 0x7f;
    self->ssrc = ssrc;
    self->clock_rate = clock_rate;
    self->next_sequence = first_sequence;
    self->next_timestamp = first_timestamp;
    self->keeps_extensions = keeps_extensions;
    return self;
}

void
sl_rtp_rewriter_begin(SlRtpRewriter *self)
{
    self->begins = TRUE;
}

void
sl_rtp_rewriter_free(SlRtpRewriter *self)
{
    g_free(self);
}

/* --- headers --- */

/* RFC 3550, section 5.1. Not mapped: that would merge the packet's memories. */
static gboolean
read_header(SlRtpRewriter *self, GstBuffer *packet, Header *ret_header)
{
    guint8 bytes[RTP_HEADER];
    guint8 extension[4];
    guint8 kept_flags = self->keeps_extensions ? 0xf0 : 0xe0;
    gsize size = RTP_HEADER;
    gsize size_before;

    if (gst_buffer_extract(packet, 0, bytes, sizeof bytes) != sizeof bytes ||
        (bytes[0] & 0xc0) != 0x80)
        return FALSE;
    size += 4 * (bytes[0] & 0x0f);
    size_before = size;
    if ((bytes[0] & 0x10) != 0) {
        if (gst_buffer_extract(packet, size, extension, sizeof extension) != sizeof extension)
            return FALSE;
        size += sizeof extension + 4 * (gsize)GST_READ_UINT16_BE(extension + 2);
    }
    if (size > gst_buffer_get_size(packet))
        return FALSE;

    *ret_header = (Header){
        .flags = bytes[0] & kept_flags,
        .marker = bytes[1] & 0x80,
        .sequence = GST_READ_UINT16_BE(bytes + 2),
        .timestamp = GST_READ_UINT32_BE(bytes + 4),
        .ssrc = GST_READ_UINT32_BE(bytes + 8),
        .size = self->keeps_extensions ? size_before : size,
    };
    return TRUE;
}

static GstBuffer *
make_packet(SlRtpRewriter *self, GstBuffer *packet, const Header *header)
{
    GstBuffer *made = gst_buffer_new_allocate(NULL, RTP_HEADER, NULL);
    guint8 bytes[RTP_HEADER];

    bytes[0] = header->flags;
    bytes[1] = header->marker | self->payload_type;
    GST_WRITE_UINT16_BE(bytes + 2, header->sequence + self->sequence_offset);
    GST_WRITE_UINT32_BE(bytes + 4, header->timestamp + self->timestamp_offset);
    GST_WRITE_UINT32_BE(bytes + 8, self->ssrc);
    gst_buffer_fill(made, 0, bytes, sizeof bytes);
    /* Of a region, times are not copied. */
    gst_buffer_copy_into(made, packet, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_MEMORY, header->size,
                         gst_buffer_get_size(packet) - header->size);
    GST_BUFFER_PTS(made) = GST_BUFFER_PTS(packet);
    GST_BUFFER_DTS(made) = GST_BUFFER_DTS(packet);
    GST_BUFFER_DURATION(made) = GST_BUFFER_DURATION(packet);
    return made;
}

/* --- sequence --- */

/* How far after the newest packet; 0 and below: not after it. */
static gint
get_step(SlRtpRewriter *self, const Header *header)
{
    return (gint16)(header->sequence - self->last.sequence);
}

static gboolean
is_other_beginning(SlRtpRewriter *self, const Header *header)
{
    gint step = get_step(self, header);

    return !self->begun || self->begins || header->ssrc != self->last.ssrc || step > MAX_DROPOUT ||
           step <= -WINDOW;
}

/* What was not sent may still come late; what lies before another beginning may not. */
static void
note_newest(SlRtpRewriter *self, guint step)
{
    self->sent = step < WINDOW ? self->sent << step | 1 : 1;
}

static gboolean
note_late(SlRtpRewriter *self, guint step_back)
{
    guint64 bit = G_GUINT64_CONSTANT(1) << step_back;

    if ((self->sent & bit) != 0)
        return FALSE;
    self->sent |= bit;
    return TRUE;
}

static void
begin_sequence(SlRtpRewriter *self, const Header *header)
{
    self->sequence_offset = self->next_sequence - header->sequence;
    self->sent = G_MAXUINT64;
}

/* --- timestamps --- */

/* How much time passed since the newest packet by the clock, in ticks; FALSE where that is not
 * known. */
static gboolean
get_passed(SlRtpRewriter *self, GstClockTime pts, gint64 *ret_ticks)
{
    GstClockTimeDiff passed;

    if (!GST_CLOCK_TIME_IS_VALID(pts) || !GST_CLOCK_TIME_IS_VALID(self->last_pts))
        return FALSE;
    passed = GST_CLOCK_DIFF(self->last_pts, pts);
    *ret_ticks = (gint64)gst_util_uint64_scale((guint64)ABS(passed), self->clock_rate, GST_SECOND);
    if (passed < 0)
        *ret_ticks = -*ret_ticks;
    return TRUE;
}

/* By how much they go on from the newest packet's: as the clock did, never back. What they were
 * ahead of it for that is made up for at the next occasion, so that it does not add up. */
static guint32
take_ticks(SlRtpRewriter *self, GstClockTime pts)
{
    gint64 ticks;

    if (!get_passed(self, pts, &ticks))
        return 1;
    ticks -= self->ahead;
    self->ahead = ticks < 1 ? 1 - ticks : 0;
    return (guint32)MAX(1, ticks);
}

/* From one packet to the next the two agree within a second, however far they drift apart in the
 * end. */
static gboolean
has_jumped(SlRtpRewriter *self, const Header *header, GstClockTime pts)
{
    gint64 passed, off;

    if (!get_passed(self, pts, &passed))
        return FALSE;
    off = (gint32)(header->timestamp - self->last.timestamp - (guint32)passed);
    return ABS(off) > self->clock_rate;
}

static void
begin_timestamps(SlRtpRewriter *self, const Header *header, GstClockTime pts)
{
    guint32 timestamp = self->begun
                            ? self->last.timestamp + self->timestamp_offset + take_ticks(self, pts)
                            : self->next_timestamp;

    self->timestamp_offset = timestamp - header->timestamp;
}

/* --- a packet --- */

static gboolean
is_left_out_before(SlRtpRewriter *self, GstBuffer *packet, const Header *header)
{
    return get_step(self, header) > 1 &&
           !GST_BUFFER_FLAG_IS_SET(packet, GST_BUFFER_FLAG_DELTA_UNIT);
}

GstBuffer *
sl_rtp_rewriter_rewrite(SlRtpRewriter *self, GstBuffer *packet)
{
    GstClockTime pts = GST_BUFFER_PTS(packet);
    Header header;
    gint step;

    if (!read_header(self, packet, &header))
        return NULL;
    step = get_step(self, &header);

    if (is_other_beginning(self, &header)) {
        begin_timestamps(self, &header, pts);
        begin_sequence(self, &header);
    } else if (step <= 0) {
        return note_late(self, (guint)-step) ? make_packet(self, packet, &header) : NULL;
    } else {
        if (has_jumped(self, &header, pts))
            begin_timestamps(self, &header, pts);
        if (is_left_out_before(self, packet, &header))
            begin_sequence(self, &header);
        else
            note_newest(self, (guint)step);
    }
    self->begun = TRUE;
    self->begins = FALSE;
    self->last = header;
    self->last_pts = pts;
    self->next_sequence = header.sequence + self->sequence_offset + 1;
    return make_packet(self, packet, &header);
}
