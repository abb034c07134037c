#include "sl-relay-outbox.h"

#include "sl-context.h"

#include <string.h>

void
sl_relay_outbox_init(SlRelayOutbox *self, GMainContext *context, SlRelayTransport *transport)
{
    *self = (SlRelayOutbox){ .context = context != NULL ? g_main_context_ref(context) : NULL,
                             .transport = g_object_ref(transport) };
}

void
sl_relay_outbox_clear(SlRelayOutbox *self)
{
    sl_clear_source(&self->flushing);
    if (self->text != NULL)
        g_string_free(g_steal_pointer(&self->text), TRUE);
    g_clear_object(&self->transport);
    g_clear_pointer(&self->context, g_main_context_unref);
}

/* Sending may close the client, which clears the outbox: nothing of it is touched afterwards. */
void
sl_relay_outbox_flush(SlRelayOutbox *self)
{
    g_autoptr(SlRelayTransport) transport = NULL;
    g_autofree char *text = NULL;

    sl_clear_source(&self->flushing);
    if (self->text == NULL)
        return;
    self->flushed_us = g_get_monotonic_time();
    transport = g_object_ref(self->transport);
    text = g_string_free(g_steal_pointer(&self->text), FALSE);
    sl_relay_transport_send(transport, text);
}

static gboolean
on_turn(gpointer data)
{
    sl_relay_outbox_flush(data);
    return G_SOURCE_REMOVE;
}

/* What comes after a pause goes at once. */
static guint
time_until_next_ms(SlRelayOutbox *self)
{
    gint64 since_ms = (g_get_monotonic_time() - self->flushed_us) / 1000;
    guint pause_ms = sl_relay_transport_get_pause_ms(self->transport);

    return since_ms < pause_ms ? pause_ms - (guint)since_ms : 0;
}

void
sl_relay_outbox_add(SlRelayOutbox *self, const char *line)
{
    gsize len = strlen(line);

    if (self->text != NULL && self->text->len + 1 + len > SL_RELAY_MAX_JOINED_BYTES)
        sl_relay_outbox_flush(self);
    if (self->transport == NULL)
        return;
    if (self->text == NULL)
        self->text = g_string_sized_new(len + 1);
    else
        g_string_append_c(self->text, '\n');
    g_string_append_len(self->text, line, (gssize)len);
    if (self->flushing == NULL)
        self->flushing =
            sl_context_add_timeout(self->context, time_until_next_ms(self), on_turn, self);
}
