#pragma once

#include <gio/gio.h>

#include "sl-grant.h"

G_BEGIN_DECLS

/**
 * SlAccess: who may do what. Host and Origin are checked on every request; loopback needs no key,
 * every other address does. Pure: it knows nothing of libsoup. Main thread only.
 */
typedef struct _SlAccess SlAccess;

typedef struct {
    gboolean keys_required; /* FALSE with --no-keys: every address is treated like loopback is */
    const char *guest_key;  /* compared in constant time */
    const char *operator_key;
    const char *const
        *hosts; /* (nullable): host names besides IP literals, localhost and this machine's names */
    const char *const *origins; /* (nullable): origins of other sites that may embed the player */
} SlAccessConfig;

SlAccess *sl_access_new(const SlAccessConfig *config);
SlAccess *sl_access_ref(SlAccess *self);
void sl_access_unref(SlAccess *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlAccess, sl_access_unref)

/** SlAccessRequest: what matters of a request. Strings may be NULL where the header was not sent.
 */
typedef struct {
    const char *method;
    const char *host;
    const char *origin;
    const char *sec_fetch_site;
    const char *key; /* from the path, the query, `Authorization: Bearer` or a cookie */
    gboolean https;  /* to us, not to a proxy before us */
    gboolean websocket;
    gboolean local;     /* both ends of the connection are loopback addresses */
    gboolean forwarded; /* a Forwarded, X-Forwarded-For or Via header: a proxy stands between, so it
                           is not local */
} SlAccessRequest;

typedef enum {
    SL_ACCESS_OK,
    SL_ACCESS_BAD_HOST,   /* 421 */
    SL_ACCESS_BAD_ORIGIN, /* 403 */
    SL_ACCESS_NO_KEY,     /* 401 */
    SL_ACCESS_WRONG_KEY,  /* 401, "This link is no longer valid" */
} SlAccessVerdict;

/**
 * sl_access_check:
 * @ret_grant: (out) (transfer full): set with SL_ACCESS_OK only
 * @ret_allow_origin: (inout) (transfer full) (nullable): NULL before; set to what
 * Access-Control-Allow-Origin is to say, if anything. Without the right key too: a page of a listed
 * site is to see that its link is no longer valid.
 */
SlAccessVerdict sl_access_check(SlAccess *self, const SlAccessRequest *request, SlGrant **ret_grant,
                                char **ret_allow_origin);

/** sl_access_knows_key: @key (nullable) is one of the two, whatever the request needs */
gboolean sl_access_knows_key(SlAccess *self, const char *key);

/** sl_access_get_origins: Returns: (transfer none) (nullable): the sites that may embed the player
 */
const char *const *sl_access_get_origins(SlAccess *self);

/**
 * SlAccessKeys: the two keys that links carry, 128 random bits each in unpadded base64url. Made
 * once and kept in DIR/keys, mode 0600, so that shared links survive a restart.
 */
typedef struct {
    char *guest;
    char *operator_;
} SlAccessKeys;

/**
 * sl_access_keys_load:
 * @state_dir: made with mode 0700 where it is missing
 * @renew: make new ones even if there are some (--new-keys)
 *
 * A file that others can read, or that is damaged, is an error that says what to do, not replaced.
 * Returns: (transfer full) (nullable): SL_HTTP_ERROR_KEYS
 */
SlAccessKeys *sl_access_keys_load(const char *state_dir, gboolean renew, GError **error);
void sl_access_keys_free(SlAccessKeys *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlAccessKeys, sl_access_keys_free)

G_END_DECLS
