#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * sl_file_loop_install:
 * @bin: a pipeline just parsed, in state NULL
 *
 * Makes every `uridecodebin` in @bin that plays a `file://` begin again at its end, for ever,
 * without a gap or a step back in running time: the end and the flushes of the seek stop at the
 * decoder's pad, and the segments after it are moved on. Launch text can't say that, so
 * SlPipelineSource calls this for every pipeline; it finds nothing to do in most. A file that can't
 * be played from its beginning again ends with EOS. Any thread.
 */
void sl_file_loop_install(GstBin *bin);

G_END_DECLS
