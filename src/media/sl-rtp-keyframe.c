#include "sl-rtp-keyframe.h"

/* Enough of a payload for every header looked at; aggregates of H.264 are as long as the packet. */
#define MAX_PAYLOAD 1500

#define RTP_HEADER 12

SlRtpCodec
sl_rtp_codec_from_caps(GstCaps *caps)
{
    static const struct {
        const char *name;
        SlRtpCodec codec;
    } codecs[] = {
        { "VP8", SL_RTP_CODEC_VP8 },
        { "VP9", SL_RTP_CODEC_VP9 },
        { "H264", SL_RTP_CODEC_H264 },
    };
    const GstStructure *structure = gst_caps_get_structure(caps, 0);
    const char *name;

    if (!gst_structure_has_name(structure, "application/x-rtp"))
        return SL_RTP_CODEC_NONE;
    name = gst_structure_get_string(structure, "encoding-name");
    for (guint i = 0; name != NULL && i < G_N_ELEMENTS(codecs); i++) {
        if (g_ascii_strcasecmp(name, codecs[i].name) == 0)
            return codecs[i].codec;
    }
    return SL_RTP_CODEC_OTHER;
}

/* --- payloads --- */

/* RFC 7741, section 4.2 and 4.3. */
static gboolean
vp8_keyframe_starts(const guint8 *payload, gsize size)
{
    gsize at = 1;

    if (size < 1 || (payload[0] & 0x17) != 0x10) /* S, and partition 0 */
        return FALSE;
    if ((payload[0] & 0x80) != 0) {
        guint8 extension = size > at ? payload[at] : 0;
        at++;
        if ((extension & 0x80) != 0) /* I: a picture ID of 7 or 15 bits */
            at += size > at && (payload[at] & 0x80) != 0 ? 2 : 1;
        if ((extension & 0x40) != 0) /* L */
            at++;
        if ((extension & 0x30) != 0) /* T, K */
            at++;
    }
    return at < size && (payload[at] & 0x01) == 0;
}

/* RFC 9628, section 4.2: not P, B, and of the spatial layers the lowest. */
static gboolean
vp9_keyframe_starts(const guint8 *payload, gsize size)
{
    gsize at = 1;

    if (size < 2 || (payload[0] & 0x48) != 0x08)
        return FALSE;
    if ((payload[0] & 0x80) != 0) /* I */
        at += (payload[at] & 0x80) != 0 ? 2 : 1;
    if ((payload[0] & 0x20) == 0) /* L */
        return TRUE;
    return at < size && (payload[at] & 0x0e) == 0;
}

static gboolean
h264_unit_starts_keyframe(guint8 header)
{
    guint8 type = header & 0x1f;

    return type == 5 || type == 7; /* IDR, SPS */
}

/* RFC 6184, sections 5.6 (a unit), 5.7.1 (STAP-A) and 5.8 (FU-A). */
static gboolean
h264_keyframe_starts(const guint8 *payload, gsize size)
{
    guint8 type = size > 0 ? payload[0] & 0x1f : 0;

    if (type == 28)
        return size > 1 && (payload[1] & 0x80) != 0 && h264_unit_starts_keyframe(payload[1]);
    if (type != 24)
        return h264_unit_starts_keyframe(type);
    for (gsize at = 1; at + 2 < size;) {
        if (h264_unit_starts_keyframe(payload[at + 2]))
            return TRUE;
        at += 2 + ((gsize)payload[at] << 8 | payload[at + 1]);
    }
    return FALSE;
}

gboolean
sl_rtp_keyframe_starts(SlRtpCodec codec, const guint8 *payload, gsize size)
{
    switch (codec) {
    case SL_RTP_CODEC_VP8:
        return vp8_keyframe_starts(payload, size);
    case SL_RTP_CODEC_VP9:
        return vp9_keyframe_starts(payload, size);
    case SL_RTP_CODEC_H264:
        return h264_keyframe_starts(payload, size);
    case SL_RTP_CODEC_NONE:
    case SL_RTP_CODEC_OTHER:
        break;
    }
    return TRUE;
}

/* --- packets --- */

/* RFC 3550, section 5.1; 0 where there is none. Mapping would merge the memories of a packet. */
static gsize
find_payload(GstBuffer *buffer, const guint8 *header)
{
    gsize at = RTP_HEADER + 4 * (header[0] & 0x0f);
    guint8 extension[4];

    if ((header[0] & 0x10) != 0) {
        if (gst_buffer_extract(buffer, at, extension, sizeof extension) != sizeof extension)
            return 0;
        at += sizeof extension + 4 * (gsize)GST_READ_UINT16_BE(extension + 2);
    }
    return at;
}

static gboolean
is_first_of_keyframe(SlRtpKeyframes *self, GstBuffer *buffer, const guint8 *header)
{
    guint8 payload[MAX_PAYLOAD];
    gsize at, size;

    if (self->codec == SL_RTP_CODEC_OTHER)
        return TRUE;
    if (self->begun)
        return FALSE;
    at = find_payload(buffer, header);
    size = at > 0 ? gst_buffer_extract(buffer, at, payload, sizeof payload) : 0;
    self->begun = sl_rtp_keyframe_starts(self->codec, payload, size);
    return self->begun;
}

static void
take_caps(SlRtpKeyframes *self, GstCaps *caps)
{
    if (self->caps == caps)
        return;
    gst_caps_replace(&self->caps, caps);
    self->codec = sl_rtp_codec_from_caps(caps);
}

gboolean
sl_rtp_keyframes_mark(SlRtpKeyframes *self, GstBuffer *buffer, GstCaps *caps)
{
    guint8 header[RTP_HEADER];
    gboolean begins;
    guint32 timestamp;

    take_caps(self, caps);
    if (self->codec == SL_RTP_CODEC_NONE)
        return TRUE;

    GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    if (gst_buffer_extract(buffer, 0, header, sizeof header) != sizeof header)
        return FALSE;
    timestamp = GST_READ_UINT32_BE(header + 4);
    begins = !self->any || timestamp != self->timestamp;
    if (begins)
        self->begun = FALSE;
    self->any = TRUE;
    self->timestamp = timestamp;
    if (is_first_of_keyframe(self, buffer, header))
        GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    return begins;
}

void
sl_rtp_keyframes_clear(SlRtpKeyframes *self)
{
    gst_clear_caps(&self->caps);
}
