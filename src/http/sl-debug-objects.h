#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * sl_debug_objects_to_text:
 *
 * What is alive in this process, as `GET /api/debug/objects` says it: `objects` counts ours by
 * type, timers and pipelines on their way out included; `threads`, `descriptors` and
 * `resident_bytes` are from /proc. With GST_TRACERS=leaks in the environment, `gstreamer` counts
 * GStreamer's objects by type.
 *
 * Returns: (transfer full): JSON
 */
char *sl_debug_objects_to_text(void);

G_END_DECLS
