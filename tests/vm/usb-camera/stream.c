#include "stream.h"

#include "controls.h"

#include <string.h>

enum { PROBE = 1, COMMIT };

/* Places in the structure. */
enum {
    FORMAT_INDEX = 2,
    FRAME_INDEX = 3,
    INTERVAL = 4,
    LARGEST = 18,
    PAYLOAD = 22,
    CLOCK = 26,
    FRAMING = 30
};

static void
put32(guint8 *to, guint32 value)
{
    guint32 le = GUINT32_TO_LE(value);
    memcpy(to, &le, sizeof le);
}

static guint32
get32(const guint8 *from)
{
    guint32 le;
    memcpy(&le, from, sizeof le);
    return GUINT32_FROM_LE(le);
}

static guint32
nearest(const GArray *intervals, guint32 wanted)
{
    guint32 best = g_array_index(intervals, guint32, 0);
    for (guint i = 1; i < intervals->len; i++) {
        guint32 interval = g_array_index(intervals, guint32, i);
        if (ABS((gint64)interval - wanted) < ABS((gint64)best - wanted))
            best = interval;
    }
    return best;
}

static const Frame *
frame_of(const Stream *self, const guint8 *structure)
{
    const Format *format = g_ptr_array_index(self->formats, structure[FORMAT_INDEX] - 1u);
    return g_ptr_array_index(format->frames, structure[FRAME_INDEX] - 1u);
}

/* Makes of what is wanted what there is. */
static void
propose(Stream *self, const guint8 *wanted)
{
    guint8 *to = self->proposed;
    to[FORMAT_INDEX] = (guint8)CLAMP(wanted[FORMAT_INDEX], 1, self->formats->len);
    const Format *format = g_ptr_array_index(self->formats, to[FORMAT_INDEX] - 1u);
    to[FRAME_INDEX] = (guint8)CLAMP(wanted[FRAME_INDEX], 1, format->frames->len);
    const Frame *frame = frame_of(self, to);
    put32(to + INTERVAL, nearest(frame->intervals, get32(wanted + INTERVAL)));
    put32(to + LARGEST, (guint32)frame->largest);
    put32(to + PAYLOAD, MAX_PAYLOAD);
    put32(to + CLOCK, 48000000);
    to[FRAMING] = 3; /* frame identifier and end of frame */
}

void
stream_init(Stream *self, const GPtrArray *formats)
{
    static const guint8 NOTHING[PROBE_SIZE];
    *self = (Stream){ .formats = formats, .every = 1 };
    propose(self, NOTHING);
    memcpy(self->agreed, self->proposed, PROBE_SIZE);
}

static void
commit(Stream *self)
{
    memcpy(self->agreed, self->proposed, PROBE_SIZE);
    self->frame = frame_of(self, self->agreed);
    self->interval = get32(self->agreed + INTERVAL);
    self->next_us = g_get_monotonic_time();
    self->sending = FALSE;
}

gboolean
stream_request(Stream *self, guint selector, guint request, const guint8 *data, guint length,
               GByteArray *answer)
{
    guint8 structure[PROBE_SIZE] = { 0 };
    if (selector != PROBE && selector != COMMIT)
        return FALSE;
    switch (request) {
    case SET_CUR:
        memcpy(structure, data, MIN(length, PROBE_SIZE));
        propose(self, structure);
        if (selector == COMMIT)
            commit(self);
        break;
    case GET_LEN:
        g_byte_array_append(answer, (const guint8[]){ PROBE_SIZE, 0 }, 2);
        break;
    case GET_INFO:
        g_byte_array_append(answer, (const guint8[]){ 3 }, 1);
        break;
    default:
        g_byte_array_append(answer, selector == PROBE ? self->proposed : self->agreed, PROBE_SIZE);
    }
    return TRUE;
}

gint64
stream_wait_us(const Stream *self)
{
    if (self->frame == NULL)
        return -1;
    return MAX(self->next_us - g_get_monotonic_time(), 0);
}

void
stream_advance(Stream *self)
{
    gint64 now_us = g_get_monotonic_time();
    if (self->frame == NULL || now_us < self->next_us)
        return;
    guint32 interval_us = self->interval / 10;
    self->next_us += interval_us;
    if (self->next_us < now_us) /* late by more than a picture: those are left out */
        self->next_us = now_us + interval_us;
    self->count++;
    if (self->sending || self->every == 0 || self->count % self->every != 0)
        return;
    self->sending = TRUE;
    self->sent = 0;
    self->toggle ^= 1;
}

gboolean
stream_fill(Stream *self, GByteArray *transfer, guint max)
{
    if (!self->sending)
        return FALSE;
    GPtrArray *pictures = self->frame->pictures;
    gsize size;
    const guint8 *picture = g_bytes_get_data(
        g_ptr_array_index(pictures, self->count / MAX(self->every, 1) % pictures->len), &size);
    guint length = (guint)MIN(size - self->sent, MIN(max, MAX_PAYLOAD) - 2);
    gboolean last = self->sent + length == size;
    const guint8 head[] = { 2, (guint8)(0x80 | (last ? 2 : 0) | self->toggle) };
    g_byte_array_append(transfer, head, sizeof head);
    g_byte_array_append(transfer, picture + self->sent, length);
    self->sent += length;
    self->sending = !last;
    return TRUE;
}
