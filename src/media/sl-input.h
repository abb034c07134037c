#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SlInputKind: what a DEVICE argument turned out to be. */
typedef enum {
    SL_INPUT_TEST,      /* "test": always the pattern */
    SL_INPUT_NO_CAMERA, /* nothing was named and there is none: the pattern, which says so */
    SL_INPUT_CAMERA,    /* a V4L2 node */
    SL_INPUT_FILE,      /* file://: loops, with sl_file_loop_install() on the pipeline */
    SL_INPUT_RTSP,
    SL_INPUT_URI, /* any other URI that uridecodebin plays */
} SlInputKind;

/** SlInput: where a stream's pictures come from. Immutable; counted, from any thread. */
typedef struct {
    gatomicrefcount refs;
    SlInputKind kind;
    char *location; /* the node or URI; NULL for the patterns */
    char *label;    /* for people: `Integrated Camera (/dev/video0)`; no passwords */
} SlInput;

/** sl_input_new: what sl_input_resolve() found; for tests, what it would have. */
SlInput *sl_input_new(SlInputKind kind, const char *location, const char *label);
SlInput *sl_input_ref(SlInput *self);
void sl_input_unref(SlInput *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlInput, sl_input_unref)

/**
 * sl_input_resolve:
 * @device: (nullable): the command line's DEVICE; %NULL: the first camera, or SL_INPUT_NO_CAMERA
 *
 * Refuses texts that must not stand in launch text (`"`, `\`, control characters), URIs without a
 * scheme GStreamer knows, nodes that are not V4L2 capture devices. A camera that exists and can't
 * be opened is SL_MEDIA_ERROR_PERMISSION or SL_MEDIA_ERROR_BUSY, also where nothing was named: it
 * is never replaced silently. Opens and closes the device.
 */
SlInput *sl_input_resolve(const char *device, GError **error);

G_END_DECLS
