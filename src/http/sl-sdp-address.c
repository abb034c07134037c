#include "sl-sdp-address.h"

#include <string.h>

static const SlSdpKind *const KINDS[] = { &sl_whep, &sl_whip };

static const SlSdpKind *
find_kind(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(KINDS); i++) {
        if (strcmp(KINDS[i]->name, name) == 0)
            return KINDS[i];
    }
    return NULL;
}

/* /KIND/STREAM or /KIND/STREAM/ID */
gboolean
sl_sdp_address_parse(const char *path, SlSdpAddress *ret_address)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", 5);
    guint n = g_strv_length(parts);

    if ((n != 3 && n != 4) || *parts[0] != '\0' || *parts[2] == '\0' || *parts[n - 1] == '\0')
        return FALSE;
    ret_address->kind = find_kind(parts[1]);
    if (ret_address->kind == NULL)
        return FALSE;
    ret_address->stream = g_strdup(parts[2]);
    ret_address->id = g_strdup(parts[3]);
    return TRUE;
}

void
sl_sdp_address_clear(SlSdpAddress *self)
{
    g_clear_pointer(&self->stream, g_free);
    g_clear_pointer(&self->id, g_free);
}

const char *
sl_sdp_address_get_methods(const SlSdpAddress *self)
{
    return self->id == NULL ? "GET, HEAD, OPTIONS, POST" : "DELETE, GET, HEAD, OPTIONS, PATCH";
}
