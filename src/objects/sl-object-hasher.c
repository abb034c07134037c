#include "sl-object-hasher.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "sl-object-hash.h"

#define DIGEST_BYTES (SL_OBJECT_HASH_LENGTH / 2)

struct _SlObjectHasher {
    gnutls_hash_hd_t handle; /* NULL when it has ended, or could not begin: then it is no hash */
    char text[SL_OBJECT_HASH_LENGTH + 1];
};

SlObjectHasher *
sl_object_hasher_new(void)
{
    SlObjectHasher *self = g_new0(SlObjectHasher, 1);

    if (gnutls_hash_init(&self->handle, GNUTLS_DIG_SHA256) < 0)
        self->handle = NULL;
    return self;
}

void
sl_object_hasher_free(SlObjectHasher *self)
{
    if (self->handle != NULL)
        gnutls_hash_deinit(self->handle, NULL);
    g_free(self);
}

void
sl_object_hasher_update(SlObjectHasher *self, gconstpointer bytes, gsize n)
{
    if (self->handle != NULL)
        gnutls_hash(self->handle, bytes, n);
}

const char *
sl_object_hasher_get_text(SlObjectHasher *self)
{
    static const char DIGITS[] = "0123456789abcdef";
    guint8 digest[DIGEST_BYTES];

    if (self->handle == NULL)
        return self->text;
    gnutls_hash_deinit(self->handle, digest);
    self->handle = NULL;
    for (guint i = 0; i < DIGEST_BYTES; i++) {
        self->text[2 * i] = DIGITS[digest[i] >> 4];
        self->text[2 * i + 1] = DIGITS[digest[i] & 15];
    }
    return self->text;
}
