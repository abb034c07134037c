#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SlByteRange: the bytes from @begin to before @end */
typedef struct {
    guint64 begin, end;
} SlByteRange;

typedef enum {
    SL_BYTE_RANGE_WHOLE, /* nothing that is understood was asked for: all of it is given */
    SL_BYTE_RANGE_PART,
    SL_BYTE_RANGE_BEYOND, /* the end: 416 */
} SlByteRangeKind;

/**
 * sl_byte_range_parse:
 * @header: (nullable): `Range` (RFC 9110, section 14.1.2); several ranges are as none
 * @size: of the whole
 * @ret_range: what is to be given; empty where it is beyond the end
 *
 * Any thread.
 */
SlByteRangeKind sl_byte_range_parse(const char *header, guint64 size, SlByteRange *ret_range);

G_END_DECLS
