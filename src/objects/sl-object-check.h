#pragma once

#include "sl-object-folder.h"
#include "sl-object-hasher.h"

G_BEGIN_DECLS

/**
 * SlObjectCheck: whether a file of the cache still has the bytes that its name says. In pieces, in
 * a thread.
 */
typedef struct {
    /* set by who makes it */
    SlObjectFolder *folder;
    const char *hash;
    guint64 size;
    SlObjectIdentity known; /* of a file that need not be read again */

    /* result */
    gboolean sound;            /* it is right: identity and fd are its file's */
    gboolean damaged;          /* it is not, and never will be: error says why */
    SlObjectIdentity identity; /* of what was checked */
    int fd;                    /* to be closed by who made it, or -1 */
    GError *error;             /* owned by who made it */

    SlObjectHasher *hasher;
    guint64 offset;
} SlObjectCheck;

void sl_object_check_init(SlObjectCheck *self, SlObjectFolder *folder, const char *hash,
                          guint64 size, const SlObjectIdentity *known);
void sl_object_check_clear(SlObjectCheck *self);

/** sl_object_check_step: reads another piece. Returns: FALSE: there is a result */
gboolean sl_object_check_step(SlObjectCheck *self);

G_END_DECLS
