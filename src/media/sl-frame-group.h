#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * SlFrameGroup: the frames of a track since its last keyframe, by reference: what a viewer who
 * joins can begin with at once. At most SL_FRAME_GROUP_MAX_FRAMES and SL_FRAME_GROUP_MAX_BYTES;
 * beyond them there is none until the next keyframe. Of packets of RTP there is none: their
 * timestamps can't be set anew. Zero-initialised; one thread at a time.
 */
#define SL_FRAME_GROUP_MAX_FRAMES 300
#define SL_FRAME_GROUP_MAX_BYTES (8 * 1024 * 1024)

typedef struct {
    GstCaps *caps;     /* of all of them */
    GPtrArray *frames; /* of GstBuffer; NULL: none */
    gsize n_bytes;
    GstClockTime delay; /* by how much the latest was behind its time */
} SlFrameGroup;

/** sl_frame_group_add: @frame: (transfer none): with absolute times */
void sl_frame_group_add(SlFrameGroup *self, GstBuffer *frame, GstCaps *caps);
/** sl_frame_group_clear: lets go of them; it can be used again */
void sl_frame_group_clear(SlFrameGroup *self);

G_END_DECLS
