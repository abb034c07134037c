#pragma once

#include <libsoup/soup.h>

#include "sl-byte-range.h"
#include "sl-object-error.h"
#include "sl-object.h"

G_BEGIN_DECLS

/* What is said by HTTP of objects (docs/relay.md, "By HTTP"). Main thread only. */

/** sl_object_answer_error: @error: SL_OBJECT_ERROR; any other counts as `failed` */
void sl_object_answer_error(SoupServerMessage *msg, const GError *error);

/** sl_object_answer_stored: @status: 201, or 200 where it was there already */
void sl_object_answer_stored(SoupServerMessage *msg, guint status, const char *hash);

/**
 * sl_object_answer_head: status and header of what was asked for by GET or HEAD
 * @ret_range: what of it follows
 *
 * Returns: whether a body follows
 */
gboolean sl_object_answer_head(SoupServerMessage *msg, SlObject *object, SlByteRange *ret_range);

G_END_DECLS
