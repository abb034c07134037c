#include "sl-pending.h"

#include "sl-answer.h"
#include "sl-context.h"

struct _SlPending {
    SoupServerMessage *msg; /* NULL before it waits, and once it is answered or its client gone */
    GSource *deadline;
    char *timeout_words;
};

SlPending *
sl_pending_new(void)
{
    return g_new0(SlPending, 1);
}

static void
end(SlPending *self)
{
    sl_clear_source(&self->deadline);
    if (self->msg != NULL)
        g_signal_handlers_disconnect_by_data(self->msg, self);
    g_clear_object(&self->msg);
}

/* Answered otherwise, or its connection is gone. */
static void
on_message_ended(SoupServerMessage *msg, SlPending *self)
{
    end(self);
}

static void
resume(SlPending *self)
{
    g_autoptr(SoupServerMessage) msg = g_object_ref(self->msg);

    end(self);
    soup_server_message_unpause(msg);
}

static gboolean
on_deadline(gpointer user_data)
{
    SlPending *self = user_data;

    sl_answer_problem(self->msg, SOUP_STATUS_GATEWAY_TIMEOUT, self->timeout_words);
    resume(self);
    return G_SOURCE_REMOVE;
}

void
sl_pending_begin(SlPending *self, GMainContext *context, SoupServerMessage *msg, guint timeout_ms,
                 const char *timeout_words)
{
    self->msg = g_object_ref(msg);
    self->timeout_words = g_strdup(timeout_words);
    self->deadline = sl_context_add_timeout(context, timeout_ms, on_deadline, self);
    g_signal_connect(msg, "finished", G_CALLBACK(on_message_ended), self);
    g_signal_connect(msg, "disconnected", G_CALLBACK(on_message_ended), self);
    soup_server_message_pause(msg);
}

SoupServerMessage *
sl_pending_get_message(SlPending *self)
{
    return self->msg;
}

void
sl_pending_free(SlPending *self)
{
    if (self->msg != NULL)
        resume(self);
    g_free(self->timeout_words);
    g_free(self);
}
