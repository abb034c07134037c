#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * sl_shm_sender_check:
 * @bin: a pipeline in state NULL
 *
 * Whether a program answers at the socket of every `shmsrc` in @bin; one for which none does posts
 * an error. shmsrc 1.22 does, too, but with a critical warning beside it. May block for a second:
 * not for the main thread.
 */
gboolean sl_shm_sender_check(GstBin *bin);

G_END_DECLS
