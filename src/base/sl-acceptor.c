#include "sl-acceptor.h"

#include "sl-context.h"

#define RETRY_MS 200

struct _SlAcceptor {
    grefcount refs; /* one more while connections are taken */
    gboolean is_over;
    GMainContext *context; /* nullable */
    GSocket *listening;
    int priority;
    guint max_a_turn;
    SlAcceptFunc func;
    gpointer data;
    GSource *accepting, *retrying; /* one of them */
};

static gboolean on_acceptable(GSocket *listening, GIOCondition condition, gpointer user_data);

static void
start(SlAcceptor *self)
{
    self->accepting = g_socket_create_source(self->listening, G_IO_IN, NULL);
    g_source_set_callback(self->accepting, G_SOURCE_FUNC(on_acceptable), self, NULL);
    g_source_set_priority(self->accepting, self->priority);
    g_source_attach(self->accepting, self->context);
}

static gboolean
on_retry(gpointer user_data)
{
    SlAcceptor *self = user_data;

    sl_clear_source(&self->retrying);
    start(self);
    return G_SOURCE_REMOVE;
}

static void
unref(SlAcceptor *self)
{
    if (!g_ref_count_dec(&self->refs))
        return;
    g_object_unref(self->listening);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self);
}

static void
take(SlAcceptor *self)
{
    for (guint i = 0; i < self->max_a_turn && !self->is_over; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GSocket) socket = g_socket_accept(self->listening, NULL, &error);

        if (socket != NULL) {
            self->func(socket, self->data);
            continue;
        }
        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            return;
        /* Out of descriptors, most likely: the socket stays readable, so wait instead of spinning.
         */
        sl_clear_source(&self->accepting);
        self->retrying = sl_context_add_timeout(self->context, RETRY_MS, on_retry, self);
        return;
    }
}

static gboolean
on_acceptable(GSocket *listening, GIOCondition condition, gpointer user_data)
{
    SlAcceptor *self = user_data;
    gboolean goes_on;

    g_ref_count_inc(&self->refs);
    take(self);
    goes_on = self->accepting != NULL;
    unref(self);
    return goes_on ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

SlAcceptor *
sl_acceptor_new(GMainContext *context, GSocket *listening, int priority, guint max_a_turn,
                SlAcceptFunc func, gpointer data)
{
    SlAcceptor *self = g_new0(SlAcceptor, 1);

    g_ref_count_init(&self->refs);
    self->context = context != NULL ? g_main_context_ref(context) : NULL;
    self->listening = g_object_ref(listening);
    self->priority = priority;
    self->max_a_turn = max_a_turn;
    self->func = func;
    self->data = data;
    start(self);
    return self;
}

void
sl_acceptor_free(SlAcceptor *self)
{
    if (self == NULL)
        return;
    self->is_over = TRUE;
    sl_clear_source(&self->accepting);
    sl_clear_source(&self->retrying);
    unref(self);
}
