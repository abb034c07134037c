#include "sl-message.h"

#include <string.h>

#include "sl-census.h"

SlMessage *
sl_message_new(guint64 offset, gint64 made_us, char *json)
{
    SlMessage *self = g_new(SlMessage, 1);

    sl_census_enter("SlMessage");
    g_atomic_ref_count_init(&self->refs);
    self->offset = offset;
    self->made_us = made_us;
    self->json = json;
    self->length = strlen(json);
    self->bytes = sizeof *self + self->length;
    return self;
}

SlMessage *
sl_message_ref(SlMessage *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
sl_message_unref(SlMessage *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->refs))
        return;
    g_free(self->json);
    g_free(self);
    sl_census_leave("SlMessage");
}
