#pragma once

#include <glib.h>

/* Video formats of a camera, in the order in which they are told. */
typedef enum { FORMAT_MJPEG, FORMAT_YUYV, FORMAT_H264 } FormatKind;

typedef struct {
    guint width, height;
    GArray *intervals;   /* (element-type guint32): 100 ns a frame */
    GPtrArray *pictures; /* (element-type GBytes): what it shows, over and over */
    gsize largest;       /* of the pictures */
} Frame;

typedef struct {
    FormatKind kind;
    GPtrArray *frames; /* (element-type Frame) */
} Format;

/* What a transfer of the video endpoint carries at most, header and all: the driver's own buffers
 * are of 32 packets. */
#define MAX_PAYLOAD 16384u

#define CAMERA_TERMINAL 1
#define PROCESSING_UNIT 2

/* The device as it introduces itself (USB 2.0, 9.6.1), and its one configuration: a camera of the
 * USB Video Class 1.1 with one bulk endpoint. */
GByteArray *make_device_descriptor(guint16 product);
GByteArray *make_configuration(const GPtrArray *formats);
/* Index 0 is the list of languages. NULL if there is none of that index. */
GByteArray *make_string(guint index, const char *name, const char *serial);
