#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SlRoles: what a grant allows. */
typedef enum {
    SL_ROLE_NONE = 0,
    SL_ROLE_WATCH = 1 << 0,
    SL_ROLE_CHAT = 1 << 1, /* publish messages */
    SL_ROLE_INGEST = 1 << 2,
    SL_ROLE_OPERATE = 1 << 3,
    SL_ROLE_ADMIN = 1 << 4,
    SL_ROLE_PUBLISH = SL_ROLE_CHAT, /* what the relay, to which all channels are alike, calls it */
} SlRoles;

#define SL_ROLES_GUEST ((SlRoles)(SL_ROLE_WATCH | SL_ROLE_CHAT))
#define SL_ROLES_OPERATOR \
    ((SlRoles)(SL_ROLES_GUEST | SL_ROLE_INGEST | SL_ROLE_OPERATE | SL_ROLE_ADMIN))

/**
 * SlGrant: what somebody may do. It accompanies every request, session and relay client.
 * Immutable and reference-counted (any thread).
 */
typedef struct _SlGrant SlGrant;

/**
 * sl_grant_new:
 * @id: names the grant in logs; never a secret
 * @streams: (nullable) (array zero-terminated=1): the streams it holds for; %NULL for all
 * @expires_us: g_get_real_time() at which it ends; 0 for never
 */
SlGrant *sl_grant_new(const char *id, SlRoles roles, const char *const *streams, gint64 expires_us);
SlGrant *sl_grant_ref(SlGrant *self);
void sl_grant_unref(SlGrant *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlGrant, sl_grant_unref)

const char *sl_grant_get_id(SlGrant *self);
SlRoles sl_grant_get_roles(SlGrant *self);

/** sl_role_to_string: the word of docs/signalling.md; %NULL unless @role is a single one */
const char *sl_role_to_string(SlRoles role);

/** sl_grant_allows: whether it holds now, has every one of @roles, and (if not %NULL) covers
 * @stream. */
gboolean sl_grant_allows(SlGrant *self, SlRoles roles, const char *stream);

G_END_DECLS
