#pragma once

#include "sl-description.h"
#include "sl-input.h"

G_BEGIN_DECLS

typedef enum {
    SL_CAPTURE_DEFAULT = 0,
    SL_CAPTURE_STRICT = 1 << 0, /* the nearest mode will not do: what is wanted, or an error */
} SlCaptureFlags;

/**
 * sl_capture_new:
 * @description: what it is for
 * @values: width, height and framerate are taken from here as the most that is wanted
 *
 * What the input becomes in launch text. A camera is looked for, and asked for its modes: opens and
 * closes it, which may block. The pattern that stands for a camera gives way to one that has come.
 * Any thread; @description and @values are only read.
 * Returns: (transfer full) (nullable): SL_MEDIA_ERROR_*
 */
SlCapture *sl_capture_new(SlInput *input, SlDescription *description, SlValues *values,
                          SlCaptureFlags flags, GError **error);

G_END_DECLS
