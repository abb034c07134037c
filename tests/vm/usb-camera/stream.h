#pragma once

#include "descriptors.h"

/* What the video interface is asked for and sends: the negotiation of the USB Video Class 1.1
 * (4.3.1), and pictures cut into payloads (2.4.3). */

/* Of the structure that is negotiated. */
#define PROBE_SIZE 34u

typedef struct {
    const GPtrArray *formats; /* (element-type Format) */
    guint8 proposed[PROBE_SIZE], agreed[PROBE_SIZE];
    const Frame *frame; /* NULL until something is agreed on */
    guint32 interval;   /* 100 ns */
    gint64 next_us;     /* when the next picture is due */
    guint count;        /* of pictures that were due */
    guint sent;         /* bytes of the one on its way, which ends with its last */
    gboolean sending;
    guint8 toggle;

    guint every; /* of the pictures, one in so many is sent; 0: none */
} Stream;

void stream_init(Stream *self, const GPtrArray *formats);
gboolean stream_request(Stream *self, guint selector, guint request, const guint8 *data,
                        guint length, GByteArray *answer);

/* Microseconds until the next picture is due; -1 where none is asked for. */
gint64 stream_wait_us(const Stream *self);

/* Begins the picture that is due, if it is time. */
void stream_advance(Stream *self);

/* Fills a transfer of at most @max bytes, if there is something to send. */
gboolean stream_fill(Stream *self, GByteArray *transfer, guint max);
