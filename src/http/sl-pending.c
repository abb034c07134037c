#include "sl-pending.h"

#include <glib-unix.h>
#include <poll.h>

#include "sl-answer.h"
#include "sl-context.h"
#include "sl-listener.h"

struct _SlPending {
    SoupServerMessage *msg; /* NULL before it waits, and once it is answered or its client gone */
    GSource *deadline;
    GSource *hang_up;         /* nullable */
    SlPendingEndedFunc ended; /* nullable */
    gpointer ended_data;
    char *timeout_words;
};

SlPending *
sl_pending_new(void)
{
    return g_new0(SlPending, 1);
}

void
sl_pending_set_ended_func(SlPending *self, SlPendingEndedFunc func, gpointer user_data)
{
    self->ended = func;
    self->ended_data = user_data;
}

static void
end(SlPending *self)
{
    sl_clear_source(&self->deadline);
    sl_clear_source(&self->hang_up);
    if (self->msg != NULL)
        g_signal_handlers_disconnect_by_data(self->msg, self);
    g_clear_object(&self->msg);
}

/* Last of all: it may be freed. */
static void
tell_ended(SlPending *self)
{
    if (self->ended != NULL)
        self->ended(self, self->ended_data);
}

/* Answered otherwise, or its connection is gone. */
static void
on_message_ended(SoupServerMessage *msg, SlPending *self)
{
    end(self);
    tell_ended(self);
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
    tell_ended(self);
    return G_SOURCE_REMOVE;
}

/* libsoup does not look at the connection while a message waits: it finds out when it writes. */
static gboolean
on_hung_up(int fd, GIOCondition condition, gpointer user_data)
{
    SlPending *self = user_data;

    sl_answer_problem(self->msg, SOUP_STATUS_REQUEST_TIMEOUT, "Whoever asked is gone.");
    resume(self);
    tell_ended(self);
    return G_SOURCE_REMOVE;
}

static GSource *
watch_hang_up(SlPending *self, GMainContext *context)
{
    GSocket *socket = sl_listener_get_socket(self->msg);
    GSource *source;

    if (socket == NULL)
        return NULL;
    source = g_unix_fd_source_new(g_socket_get_fd(socket), (GIOCondition)POLLRDHUP);
    g_source_set_callback(source, G_SOURCE_FUNC(on_hung_up), self, NULL);
    g_source_attach(source, context);
    return source;
}

void
sl_pending_begin(SlPending *self, GMainContext *context, SoupServerMessage *msg, guint timeout_ms,
                 const char *timeout_words)
{
    self->msg = g_object_ref(msg);
    self->timeout_words = g_strdup(timeout_words);
    self->deadline = sl_context_add_timeout(context, timeout_ms, on_deadline, self);
    self->hang_up = watch_hang_up(self, context);
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
