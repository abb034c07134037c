#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Launch text of where an RTSP camera's picture goes, as packets: behind that of the rtspsrc, which
 * is SL_SOUND_INPUT, and without a '!' between them. */
#define SL_RTSP_PICTURE_NAME "sl-picture"
#define SL_RTSP_PICTURE_TEXT \
    "capsfilter name=" SL_RTSP_PICTURE_NAME " caps=\"application/x-rtp,media=video\""

/**
 * sl_rtsp_picture_install:
 * @bin: a pipeline just parsed, in state NULL
 *
 * Where SL_RTSP_PICTURE_TEXT stands in it, the first picture that fits is linked to it when it
 * shows. (Not by '!': rtspsrc shows its pads on a thread each, and what gst_parse then does on two
 * of them at once may link the picture to one capsfilter, and another one to what follows.) Any
 * thread.
 */
void sl_rtsp_picture_install(GstBin *bin);

G_END_DECLS
