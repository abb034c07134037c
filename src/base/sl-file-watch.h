#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SlFileWatch: tells when what a small file holds becomes something else, however it is saved:
 * written in place, replaced by a rename, or by another link on the way to it. Main thread only.
 *
 * It is read when its writer has closed it, or has taken 3 s; where it is gone, can't be read or is
 * empty, a second later once more, since editors leave it so for a moment.
 *
 * Signals:
 *  - `changed` (): sl_file_watch_get_content() is another than before
 */
#define SL_TYPE_FILE_WATCH (sl_file_watch_get_type())
G_DECLARE_FINAL_TYPE(SlFileWatch, sl_file_watch, SL, FILE_WATCH, GObject)

/**
 * sl_file_watch_new:
 * @content: what @path was found to hold; where that is no longer so, `changed` comes soon
 * @max_bytes: what is beyond that is not looked at
 */
SlFileWatch *sl_file_watch_new(GMainContext *context, const char *path, GBytes *content,
                               gsize max_bytes);

const char *sl_file_watch_get_path(SlFileWatch *self);

/** sl_file_watch_get_content: (transfer none) (nullable): NULL where it can't be read */
GBytes *sl_file_watch_get_content(SlFileWatch *self);

G_END_DECLS
