#include "sl-session-pool.h"

#include "sl-census.h"
#include "sl-context.h"
#include "sl-meters.h"
#include "sl-session-private.h"
#include "sl-teardown.h"

struct _SlSessionPool {
    GObject parent_instance;

    GMainContext *context;
    SlIce *ice;
    SlRelay *relay;
    SlObjectExchange *exchange;
    SlLimits limits;
    GPtrArray *sessions; /* of SlSession */
    gboolean closed;
};

G_DEFINE_FINAL_TYPE(SlSessionPool, sl_session_pool, G_TYPE_OBJECT)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
on_session_ended(SlSession *session, GError *reason, SlSessionPool *self)
{
    g_autoptr(SlStream) stream = g_object_ref(sl_session_get_stream(session));

    g_signal_handlers_disconnect_by_data(session, self);
    g_ptr_array_remove_fast(self->sessions, session);
    sl_limits_set_now(&self->limits, SL_LIMIT(max_sessions), self->sessions->len);
    g_signal_emit(self, signals[CHANGED], 0, stream);
}

static void
end_replaced(SlSessionPool *self, SlStream *stream, const char *page)
{
    g_autoptr(GError) reason = NULL;

    for (guint i = 0; page != NULL && i < self->sessions->len; i++) {
        SlSession *session = g_ptr_array_index(self->sessions, i);
        if (sl_session_get_stream(session) != stream ||
            g_strcmp0(sl_session_get_page(session), page) != 0)
            continue;
        reason = g_error_new_literal(SL_SESSION_ERROR, SL_SESSION_ERROR_REPLACED,
                                     "The same page connected again");
        sl_session_end(session, reason);
        return;
    }
}

static guint
count_address(SlSessionPool *self, const char *address)
{
    guint n = 0;

    for (guint i = 0; i < self->sessions->len; i++)
        n += g_strcmp0(sl_session_get_address(g_ptr_array_index(self->sessions, i)), address) == 0;
    return n;
}

static gboolean
check_room(SlSessionPool *self, const char *address, GError **error)
{
    guint here = address != NULL ? count_address(self, address) : 0;

    if (self->closed || self->sessions->len >= self->limits.max_sessions) {
        sl_limits_reached(&self->limits, SL_LIMIT(max_sessions), address);
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_FULL,
                    "%u viewers are connected, which is as many as this server admits",
                    self->sessions->len);
        return FALSE;
    }
    if (here >= self->limits.max_sessions_per_address) {
        sl_limits_reached(&self->limits, SL_LIMIT(max_sessions_per_address), address);
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_FULL_ADDRESS,
                    "%u viewers are connected from your address, which is as many as this server "
                    "admits from one",
                    here);
        return FALSE;
    }
    return TRUE;
}

SlSession *
sl_session_pool_create(SlSessionPool *self, SlStream *stream, const char *page, SlGrant *grant,
                       const char *address, GError **error)
{
    SlSession *session;

    end_replaced(self, stream, page);
    if (!check_room(self, address, error))
        return NULL;
    session = sl_session_new(self->context, self->ice, self->relay, self->exchange, stream, page,
                             grant, address, &self->limits);
    g_signal_connect(session, "ended", G_CALLBACK(on_session_ended), self);
    g_ptr_array_add(self->sessions, g_object_ref(session));
    sl_limits_set_now(&self->limits, SL_LIMIT(max_sessions), self->sessions->len);
    g_signal_emit(self, signals[CHANGED], 0, stream);
    return session;
}

guint
sl_session_pool_get_n_sessions(SlSessionPool *self)
{
    return self->sessions->len;
}

guint
sl_session_pool_get_n_viewers(SlSessionPool *self, SlStream *stream)
{
    guint n = 0;

    for (guint i = 0; i < self->sessions->len; i++)
        n += sl_session_get_stream(g_ptr_array_index(self->sessions, i)) == stream;
    return n;
}

void
sl_session_pool_foreach(SlSessionPool *self, GFunc func, gpointer user_data)
{
    g_autoptr(GPtrArray) sessions = g_ptr_array_new_full(self->sessions->len, g_object_unref);

    for (guint i = 0; i < self->sessions->len; i++)
        g_ptr_array_add(sessions, g_object_ref(g_ptr_array_index(self->sessions, i)));
    g_ptr_array_foreach(sessions, func, user_data);
}

static void
end_session(gpointer session, gpointer unused)
{
    sl_session_end(session, NULL);
}

static void
on_drained(gpointer data)
{
    g_autoptr(GTask) task = data;

    g_task_return_boolean(task, TRUE);
}

void
sl_session_pool_close_async(SlSessionPool *self, GAsyncReadyCallback callback, gpointer user_data)
{
    GTask *task = g_task_new(self, NULL, callback, user_data);

    self->closed = TRUE;
    sl_session_pool_foreach(self, end_session, NULL);
    sl_teardown_drain_async(self->context, on_drained, task);
}

gboolean
sl_session_pool_close_finish(SlSessionPool *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

static void
sl_session_pool_dispose(GObject *object)
{
    SlSessionPool *self = SL_SESSION_POOL(object);

    if (self->sessions != NULL)
        sl_session_pool_foreach(self, end_session, NULL);
    g_clear_pointer(&self->sessions, g_ptr_array_unref);
    g_clear_object(&self->relay);
    g_clear_object(&self->exchange);
    G_OBJECT_CLASS(sl_session_pool_parent_class)->dispose(object);
}

static void
sl_session_pool_finalize(GObject *object)
{
    SlSessionPool *self = SL_SESSION_POOL(object);

    g_clear_pointer(&self->ice, sl_ice_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_session_pool_parent_class)->finalize(object);
}

static void
sl_session_pool_class_init(SlSessionPoolClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_session_pool_dispose;
    object_class->finalize = sl_session_pool_finalize;
    signals[CHANGED] = g_signal_new("changed", SL_TYPE_SESSION_POOL, G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 1, SL_TYPE_STREAM);
}

static void
sl_session_pool_init(SlSessionPool *self)
{
    sl_census_add_object(self);
    self->sessions = g_ptr_array_new_with_free_func(g_object_unref);
}

SlSessionPool *
sl_session_pool_new(GMainContext *context, SlIce *ice, SlRelay *relay, SlObjectExchange *exchange,
                    const SlLimits *limits)
{
    SlSessionPool *self = g_object_new(SL_TYPE_SESSION_POOL, NULL);

    self->context = g_main_context_ref(context);
    self->ice = sl_ice_ref(ice);
    self->relay = g_object_ref(relay);
    self->exchange = g_object_ref(exchange);
    self->limits = *limits;
    sl_limits_set_now(limits, SL_LIMIT(max_sessions), 0);
    return self;
}
