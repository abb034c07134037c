#pragma once

#include <libsoup/soup.h>

#include "sl-byte-range.h"
#include "sl-object-shares.h"
#include "sl-object-store.h"

G_BEGIN_DECLS

/**
 * sl_object_download_new: the body of an answer to GET, read as it is taken by the other side. It
 * ends with its message. Main thread only.
 * @msg: whose status and header are set, and which waits
 * @range: not empty
 * @share: (transfer full)
 */
void sl_object_download_new(GMainContext *context, SlObjectStore *store, SoupServerMessage *msg,
                            SlObject *object, const SlByteRange *range, SlObjectShare *share);

G_END_DECLS
