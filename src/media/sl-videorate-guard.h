#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * sl_videorate_guard_install:
 * @bin: a pipeline just parsed, in state NULL
 *
 * videorate 1.22 with drop-only aborts the program at a frame without a duration in a stream of
 * variable rate, which some network cameras are. Every `videorate` in @bin gets frames that have
 * one; frames without a time are dropped. Any thread.
 */
void sl_videorate_guard_install(GstBin *bin);

G_END_DECLS
