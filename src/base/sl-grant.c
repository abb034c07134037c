#include "sl-grant.h"

struct _SlGrant {
    gatomicrefcount refs;
    char *id;
    SlRoles roles;
    char **streams; /* nullable */
    gint64 expires_us;
};

SlGrant *
sl_grant_new(const char *id, SlRoles roles, const char *const *streams, gint64 expires_us)
{
    SlGrant *self;

    g_return_val_if_fail(id != NULL, NULL);

    self = g_new0(SlGrant, 1);
    g_atomic_ref_count_init(&self->refs);
    self->id = g_strdup(id);
    self->roles = roles;
    self->streams = g_strdupv((char **)streams);
    self->expires_us = expires_us;
    return self;
}

SlGrant *
sl_grant_ref(SlGrant *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
sl_grant_unref(SlGrant *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->refs))
        return;
    g_free(self->id);
    g_strfreev(self->streams);
    g_free(self);
}

const char *
sl_grant_get_id(SlGrant *self)
{
    return self->id;
}

SlRoles
sl_grant_get_roles(SlGrant *self)
{
    return self->roles;
}

const char *
sl_role_to_string(SlRoles role)
{
    switch (role) {
    case SL_ROLE_WATCH:
        return "watch";
    case SL_ROLE_PUBLISH:
        return "publish";
    case SL_ROLE_INGEST:
        return "ingest";
    case SL_ROLE_OPERATE:
        return "operate";
    case SL_ROLE_ADMIN:
        return "admin";
    case SL_ROLE_NONE:
        break;
    }
    return NULL;
}

gboolean
sl_grant_allows(SlGrant *self, SlRoles roles, const char *stream)
{
    if (self->expires_us != 0 && g_get_real_time() >= self->expires_us)
        return FALSE;
    if ((self->roles & roles) != roles)
        return FALSE;
    return stream == NULL || self->streams == NULL ||
           g_strv_contains((const char *const *)self->streams, stream);
}
