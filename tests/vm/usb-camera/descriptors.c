#include "descriptors.h"

#include <string.h>

enum { STRING_MANUFACTURER = 1, STRING_PRODUCT, STRING_SERIAL };

enum { DEVICE = 1, CONFIGURATION, STRING, INTERFACE, ENDPOINT, ASSOCIATION = 11 };

static void
put(GByteArray *to, const guint8 *bytes, guint count)
{
    g_byte_array_append(to, bytes, count);
}

/* A descriptor of bytes that are known; its length comes first. */
#define PUT(to, ...)                              \
    G_STMT_START                                  \
    {                                             \
        const guint8 bytes_[] = { __VA_ARGS__ };  \
        const guint8 length_ = sizeof bytes_ + 1; \
        put(to, &length_, 1);                     \
        put(to, bytes_, sizeof bytes_);           \
    }                                             \
    G_STMT_END

#define LE16(value) (guint8)((value)&0xff), (guint8)((value) >> 8 & 0xff)
#define LE32(value) LE16(value), LE16((guint32)(value) >> 16)

#define GUID_TAIL 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71

GByteArray *
make_device_descriptor(guint16 product)
{
    GByteArray *descriptor = g_byte_array_new();
    PUT(descriptor, DEVICE, LE16(0x0200), 0xef, 2, 1, 64, LE16(0x1209), LE16(product), LE16(0x0100),
        STRING_MANUFACTURER, STRING_PRODUCT, STRING_SERIAL, 1);
    return descriptor;
}

GByteArray *
make_string(guint index, const char *name, const char *serial)
{
    const char *texts[] = { "", "Sightline tests", name, serial };
    if (index >= G_N_ELEMENTS(texts))
        return NULL;
    GByteArray *descriptor = g_byte_array_new();
    if (index == 0) {
        PUT(descriptor, STRING, LE16(0x0409));
        return descriptor;
    }
    glong length = 0;
    g_autofree gunichar2 *text = g_utf8_to_utf16(texts[index], 126, NULL, &length, NULL);
    const guint8 head[] = { (guint8)(2 + 2 * length), STRING };
    put(descriptor, head, sizeof head);
    put(descriptor, (const guint8 *)text, (guint)(2 * length));
    return descriptor;
}

/* Of an embedded descriptor list whose own total length stands at @at. */
static void
set_total(GByteArray *list, guint at, guint from)
{
    guint total = list->len - from;
    list->data[at] = (guint8)(total & 0xff);
    list->data[at + 1] = (guint8)(total >> 8);
}

static void
put_control_interface(GByteArray *to)
{
    PUT(to, INTERFACE, 0, 0, 0, 0x0e, 1, 0, 0);
    guint from = to->len;
    PUT(to, 0x24, 0x01, LE16(0x0110), LE16(0), LE32(48000000), 1, 1);
    /* Exposure (mode, time) and focus (distance, automatic). */
    PUT(to, 0x24, 0x02, CAMERA_TERMINAL, LE16(0x0201), 0, 0, LE16(0), LE16(0), LE16(0), 3, 0x2a,
        0x00, 0x02);
    /* Brightness, contrast, saturation, temperature of white (and automatic), frequency of the
     * mains. */
    PUT(to, 0x24, 0x05, PROCESSING_UNIT, CAMERA_TERMINAL, LE16(0), 2, 0x4b, 0x14, 0, 0);
    PUT(to, 0x24, 0x03, 3, LE16(0x0101), 0, PROCESSING_UNIT, 0);
    set_total(to, from + 5, from);
}

static void
put_format(GByteArray *to, const Format *format, guint8 index)
{
    const guint8 count = (guint8)format->frames->len;
    switch (format->kind) {
    case FORMAT_MJPEG:
        PUT(to, 0x24, 0x06, index, count, 1, 1, 0, 0, 0, 0);
        break;
    case FORMAT_YUYV:
        PUT(to, 0x24, 0x04, index, count, 'Y', 'U', 'Y', '2', GUID_TAIL, 16, 1, 0, 0, 0, 0);
        break;
    case FORMAT_H264:
        PUT(to, 0x24, 0x10, index, count, 'H', '2', '6', '4', GUID_TAIL, 16, 1, 0, 0, 0, 0, 1);
        break;
    }
}

static void
put_frame(GByteArray *to, FormatKind kind, const Frame *frame, guint8 index)
{
    static const guint8 SUBTYPES[] = { 0x07, 0x05, 0x11 };
    const guint32 *intervals = (const guint32 *)(gpointer)frame->intervals->data;
    const guint8 count = (guint8)frame->intervals->len;
    const guint8 length = (guint8)(26 + 4 * count);
    const guint8 head[] = { length,
                            0x24,
                            SUBTYPES[kind],
                            index,
                            0,
                            LE16(frame->width),
                            LE16(frame->height),
                            LE32(1000000),
                            LE32(200000000) };
    put(to, head, sizeof head);
    const guint8 raw[] = { LE32(frame->largest), LE32(intervals[0]), count };
    const guint8 coded[] = { LE32(intervals[0]), count, LE32(0) };
    put(to, kind == FORMAT_H264 ? coded : raw, sizeof raw);
    for (guint i = 0; i < count; i++) {
        const guint8 interval[] = { LE32(intervals[i]) };
        put(to, interval, sizeof interval);
    }
}

static void
put_streaming_interface(GByteArray *to, const GPtrArray *formats)
{
    PUT(to, INTERFACE, 1, 0, 1, 0x0e, 2, 0, 0);
    guint from = to->len;
    const guint8 head[] = { (guint8)(13 + formats->len),
                            0x24,
                            0x01,
                            (guint8)formats->len,
                            LE16(0),
                            0x81,
                            0,
                            3,
                            0,
                            0,
                            0,
                            1 };
    put(to, head, sizeof head);
    for (guint i = 0; i < formats->len; i++)
        put(to, (const guint8[]){ 0 }, 1);
    for (guint i = 0; i < formats->len; i++) {
        const Format *format = g_ptr_array_index(formats, i);
        put_format(to, format, (guint8)(i + 1));
        for (guint j = 0; j < format->frames->len; j++)
            put_frame(to, format->kind, g_ptr_array_index(format->frames, j), (guint8)(j + 1));
        PUT(to, 0x24, 0x0d, 1, 1, 4);
    }
    set_total(to, from + 4, from);
    PUT(to, ENDPOINT, 0x81, 2, LE16(512), 0);
}

GByteArray *
make_configuration(const GPtrArray *formats)
{
    GByteArray *list = g_byte_array_new();
    PUT(list, CONFIGURATION, LE16(0), 2, 1, 0, 0x80, 250);
    PUT(list, ASSOCIATION, 0, 2, 0x0e, 3, 0, 0);
    put_control_interface(list);
    put_streaming_interface(list, formats);
    set_total(list, 2, 0);
    return list;
}
