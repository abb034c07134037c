#include "session-fixture.h"

#include "proc-fixture.h"

static SlDescription *
parse(const char *text)
{
    g_autoptr(SlProblems) problems = sl_problems_new("test.pipeline");
    SlDescription *description = sl_description_parse("test", text, strlen(text), problems);
    g_autofree char *found = sl_problems_to_text(problems);

    g_assert_cmpstr(found, ==, "");
    return description;
}

static SlStream *
make_stream(const char *text, const SlLimits *limits)
{
    g_autoptr(SlDescription) description = parse(text);
    g_autoptr(SlInput) input = sl_input_resolve("test", NULL);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);

    return sl_stream_new(g_main_context_default(), &(SlStreamConfig){ .name = "camera",
                                                                      .input = input,
                                                                      .description = description,
                                                                      .values = values,
                                                                      .limits = limits });
}

void
session_fixture_set_up(SessionFixture *self, gconstpointer text)
{
    SlIceSettings settings = { 0 };
    g_autoptr(GPtrArray) namespaces = NULL;
    SlRelayNamespace *loose;
    g_autoptr(GError) error = NULL;

    sl_limits_init(&self->limits);
    self->limits.linger_ms = 10;
    self->limits.ice_timeout_ms = 60000; /* a machine may be busy */
    self->limits.max_sessions = 12;
    self->limits.max_sessions_per_address = 2;
    self->limits.max_sdp_bytes = 20000;
    self->ice = sl_ice_new(&settings);
    namespaces = g_ptr_array_new_with_free_func((GDestroyNotify)sl_relay_namespace_unref);
    g_ptr_array_add(namespaces, sl_relay_namespace_new("talk"));
    loose = sl_relay_namespace_new("loose");
    loose->unreliable = TRUE;
    g_ptr_array_add(namespaces, loose);
    self->relay = sl_relay_new(g_main_context_default(), &self->limits, namespaces);
    sl_relay_add_stream(self->relay, "camera");
    sl_relay_add_channel(self->relay, "talk:camera");
    self->store = sl_object_store_new(g_main_context_default(), &self->limits, NULL, &error);
    g_assert_no_error(error);
    self->exchange = sl_object_exchange_new(g_main_context_default(), &self->limits, self->store);
    self->stream = make_stream(text, &self->limits);
    self->pool = sl_session_pool_new(g_main_context_default(), self->ice, self->relay,
                                     self->exchange, &self->limits);
    self->grant = sl_grant_new("test", SL_ROLES_GUEST, NULL, 0);
}

static void
on_closed(GObject *pool, GAsyncResult *result, gpointer data)
{
    *(gboolean *)data = sl_session_pool_close_finish(SL_SESSION_POOL(pool), result, NULL);
}

static void
on_stopped(GObject *stream, GAsyncResult *result, gpointer data)
{
    *(gboolean *)data = sl_stream_stop_finish(SL_STREAM(stream), result, NULL);
}

void
session_fixture_tear_down(SessionFixture *self, gconstpointer unused)
{
    gboolean closed = FALSE, stopped = FALSE;
    gpointer stream = self->stream, pool = self->pool, relay = self->relay;
    gpointer store = self->store, exchange = self->exchange;

    g_object_add_weak_pointer(stream, &stream);
    g_object_add_weak_pointer(pool, &pool);
    g_object_add_weak_pointer(relay, &relay);
    g_object_add_weak_pointer(store, &store);
    g_object_add_weak_pointer(exchange, &exchange);

    sl_session_pool_close_async(self->pool, on_closed, &closed);
    PROC_WAIT_UNTIL(closed);
    g_assert_cmpuint(sl_session_pool_get_n_sessions(self->pool), ==, 0);
    sl_relay_close(self->relay);
    sl_object_exchange_close(self->exchange);
    g_assert_cmpuint(sl_object_exchange_get_n_clients(self->exchange), ==, 0);
    sl_object_store_close(self->store);
    sl_stream_stop_async(self->stream, on_stopped, &stopped);
    PROC_WAIT_UNTIL(stopped);

    g_object_unref(self->pool);
    g_object_unref(self->relay);
    g_object_unref(self->exchange);
    g_object_unref(self->store);
    g_object_unref(self->stream);
    sl_ice_unref(self->ice);
    sl_grant_unref(self->grant);
    PROC_WAIT_UNTIL(stream == NULL && pool == NULL && relay == NULL);
    PROC_WAIT_UNTIL(exchange == NULL && store == NULL);
}

SlSession *
session_fixture_create(SessionFixture *self, const char *page)
{
    g_autoptr(GError) error = NULL;
    SlSession *session =
        sl_session_pool_create(self->pool, self->stream, page, self->grant, NULL, &error);

    g_assert_no_error(error);
    return session;
}

void
session_fixture_end(SlSession *session)
{
    gpointer weak = session;

    g_object_add_weak_pointer(weak, &weak);
    sl_session_end(session, NULL);
    g_object_unref(session);
    PROC_WAIT_UNTIL(weak == NULL);
}

static void
on_swapped(GObject *stream, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;

    sl_stream_swap_finish(SL_STREAM(stream), result, &error);
    g_assert_no_error(error);
    *(gboolean *)data = TRUE;
}

void
session_fixture_swap(SessionFixture *self, const char *text)
{
    g_autoptr(SlDescription) description = parse(text);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    gboolean swapped = FALSE;

    sl_stream_swap_async(self->stream, description, values, on_swapped, &swapped);
    PROC_WAIT_UNTIL(swapped);
}
