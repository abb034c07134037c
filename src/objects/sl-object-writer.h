#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SlObjectWriter: one upload that goes on, by somebody who is connected now: see
 * sl_object_store_begin(). Dropping the last reference leaves it. Main thread only.
 *
 * Signals, never from inside a call, none after leave() or drop():
 *  - `taken` (guint64 offset): what comes before @offset is written and hashed
 *  - `stored` (): the object is there. Also where it was there before, or somebody else's upload of
 *    it was whole first. The last one
 *  - `failed` (GError *error): SL_OBJECT_ERROR. The last one. What was received is kept only with
 *    `taken-over`
 */
#define SL_TYPE_OBJECT_WRITER (sl_object_writer_get_type())
G_DECLARE_FINAL_TYPE(SlObjectWriter, sl_object_writer, SL, OBJECT_WRITER, GObject)

/** sl_object_writer_get_offset: in bytes: what comes before it is taken, or is sure to be unless it
 * fails: at first, where to go on from; then as `taken` tells */
guint64 sl_object_writer_get_offset(SlObjectWriter *self);

/**
 * sl_object_writer_append:
 * @bytes: what follows after all that was appended before
 *
 * Queued without a bound: the caller sees to it that no more than a window of his is not taken yet.
 * After `stored`, `failed`, leave() and drop() it does nothing.
 * Returns: FALSE: more than the object's size, and nothing is appended
 */
gboolean sl_object_writer_append(SlObjectWriter *self, GBytes *bytes);

/** sl_object_writer_leave: what was appended stays, for who goes on with it within
 * `partial-seconds`, unless nothing else can make room for others */
void sl_object_writer_leave(SlObjectWriter *self);

/** sl_object_writer_drop: what was appended goes, at once */
void sl_object_writer_drop(SlObjectWriter *self);

G_END_DECLS
