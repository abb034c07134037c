#include "sl-frame-group.h"

void
sl_frame_group_clear(SlFrameGroup *self)
{
    gst_clear_caps(&self->caps);
    g_clear_pointer(&self->frames, g_ptr_array_unref);
    self->n_bytes = 0;
}

static void
begin(SlFrameGroup *self, GstCaps *caps)
{
    sl_frame_group_clear(self);
    if (gst_structure_has_name(gst_caps_get_structure(caps, 0), "application/x-rtp"))
        return;
    self->caps = gst_caps_ref(caps);
    self->frames = g_ptr_array_new_with_free_func((GDestroyNotify)gst_buffer_unref);
}

static GstClockTime
get_delay(GstBuffer *frame)
{
    GstClockTime now = gst_util_get_timestamp();

    return GST_BUFFER_PTS_IS_VALID(frame) && now > GST_BUFFER_PTS(frame)
               ? now - GST_BUFFER_PTS(frame)
               : 0;
}

void
sl_frame_group_add(SlFrameGroup *self, GstBuffer *frame, GstCaps *caps)
{
    gsize size = gst_buffer_get_size(frame);

    if (!GST_BUFFER_FLAG_IS_SET(frame, GST_BUFFER_FLAG_DELTA_UNIT))
        begin(self, caps);
    if (self->frames == NULL)
        return;
    if (self->frames->len >= SL_FRAME_GROUP_MAX_FRAMES ||
        self->n_bytes + size > SL_FRAME_GROUP_MAX_BYTES || !gst_caps_is_equal(self->caps, caps)) {
        sl_frame_group_clear(self);
        return;
    }
    g_ptr_array_add(self->frames, gst_buffer_ref(frame));
    self->n_bytes += size;
    self->delay = get_delay(frame);
}
