#pragma once

#include <libsoup/soup.h>

#include "sl-object-shares.h"
#include "sl-object-store.h"

G_BEGIN_DECLS

/**
 * SlObjectUpload: one `PUT /objects/HASH`. What comes goes on into the store, which it waits for:
 * no more than some of it is in memory twice. Ends with its message, which it answers. Main thread
 * only.
 */
typedef struct _SlObjectUpload SlObjectUpload;

/**
 * sl_object_upload_new: looks whether the object is there already, while the message waits: who
 * asked with `Expect: 100-continue` sends nothing of what is there or is refused.
 * @msg: whose header has come; it is not answered yet
 * @hash: a valid one
 * @share: (transfer full)
 */
void sl_object_upload_new(GMainContext *context, SlObjectStore *store, SoupServerMessage *msg,
                          const char *hash, guint64 size, SlObjectShare *share);

/** sl_object_upload_find: Returns: (transfer none) (nullable): the upload that @msg is */
SlObjectUpload *sl_object_upload_find(SoupServerMessage *msg);

/** sl_object_upload_finish: the whole body has come; answers when it is stored */
void sl_object_upload_finish(SlObjectUpload *self);

G_END_DECLS
