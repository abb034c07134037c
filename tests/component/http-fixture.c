#include "http-fixture.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>

static gboolean
on_tick(gpointer user_data)
{
    return G_SOURCE_CONTINUE;
}

void
http_fixture_wake_up(void)
{
    static guint source;

    if (source == 0)
        source = g_timeout_add(5, on_tick, NULL);
}

guint
http_fixture_count_fds(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    guint n = 0;

    while (g_dir_read_name(dir) != NULL)
        n++;
    return n;
}

static void
do_nothing(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    g_task_return_boolean(task, TRUE);
}

/* GLib's first thread for tasks brings a descriptor that stays: closing a WebSocket may need one;
 * and so does its first watch of a folder. */
static void
warm_up(void)
{
    g_autoptr(GTask) task = g_task_new(NULL, NULL, NULL, NULL);
    g_autoptr(GFile) folder = g_file_new_for_path(g_get_tmp_dir());
    g_autoptr(GFileMonitor) monitor = g_file_monitor_directory(folder, 0, NULL, NULL);

    g_task_run_in_thread_sync(task, do_nothing);
    gst_init(NULL, NULL);
}

static void
make_folder(HttpFixture *self)
{
    self->folder = g_dir_make_tmp("sl-pipelines-XXXXXX", NULL);
    g_setenv("SIGHTLINE_PIPELINES", self->folder, TRUE);
}

void
http_fixture_write(HttpFixture *self, const char *name, const char *text)
{
    g_autofree char *file = g_strconcat(name, ".pipeline", NULL);
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;

    if (self->folder == NULL)
        make_folder(self);
    path = g_build_filename(self->folder, file, NULL);
    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
}

static void
remove_folder(HttpFixture *self)
{
    g_autoptr(GDir) dir = g_dir_open(self->folder, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(self->folder, name, NULL);

        g_unlink(path);
    }
    g_rmdir(self->folder);
    g_clear_pointer(&self->folder, g_free);
}

static void
make_stream(HttpFixture *self)
{
    g_autofree char *path = g_build_filename(self->folder, FIXTURE_PIPELINE ".pipeline", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SlDescription) description = sl_description_load(path, &error);
    g_autoptr(SlPipelineChoice) choice =
        sl_pipeline_choice_new(self->choose != NULL ? SL_PIPELINE_AUTO : FIXTURE_PIPELINE, NULL);
    g_autoptr(SlValues) values = NULL;

    g_assert_no_error(error);
    values = sl_values_new(description, NULL, NULL);
    self->stream = fake_stream_new("camera", "A <camera>");
    fake_stream_set_description(self->stream, description, values);
    self->pipeline =
        sl_pipeline_switch_new(NULL, &(SlPipelineSwitchConfig){ .stream = self->stream,
                                                                .choice = choice,
                                                                .choose = self->choose,
                                                                .may_edit = self->may_edit });
}

void
http_fixture_prepare(HttpFixture *self)
{
    http_fixture_wake_up();
    memset(self, 0, sizeof(*self));
    warm_up();
    sl_limits_init(&self->limits);
    self->n_fds = http_fixture_count_fds();
}

void
http_fixture_start(HttpFixture *self, const char *address, const char *web_dir)
{
    static const char *const HOSTS[] = { "cam.example.org", NULL };
    static const char *const ORIGINS[] = { "https://site.example.org", NULL };
    static const char *const CHANNELS[] = { "talk:camera", NULL };
    SlAccessConfig config = {
        .keys_required = TRUE,
        .guest_key = FIXTURE_GUEST_KEY,
        .operator_key = FIXTURE_OPERATOR_KEY,
        .hosts = HOSTS,
        .origins = ORIGINS,
    };
    SlIceSettings ice_settings = { 0 };
    g_autoptr(SlAccess) access = sl_access_new(&config);
    g_autoptr(SlIce) ice = sl_ice_new(&ice_settings);
    g_autoptr(GPtrArray) namespaces = NULL;
    g_autoptr(GError) error = NULL;

    self->meters = sl_meters_new(NULL, &self->limits);
    self->limits.meters = self->meters;
    namespaces = g_ptr_array_new_with_free_func((GDestroyNotify)sl_relay_namespace_unref);
    g_ptr_array_add(namespaces, sl_relay_namespace_new("talk"));
    self->relay = sl_relay_new(NULL, &self->limits, namespaces);
    sl_relay_add_stream(self->relay, "camera");
    sl_relay_add_channel(self->relay, "talk:camera");
    http_fixture_write(self, FIXTURE_PIPELINE,
                       "[about]\ntitle = Plain\n[source]\n"
                       "videotestsrc ! vp8enc ! appsink name=video\n");
    make_stream(self);
    self->store =
        sl_object_store_new(g_main_context_default(), &self->limits, self->cache_dir, &error);
    g_assert_no_error(error);
    self->exchange = sl_object_exchange_new(g_main_context_default(), &self->limits, self->store);
    self->pool = sl_session_pool_new(NULL, ice, self->relay, self->exchange, &self->limits);
    self->server = sl_http_server_new(&(SlHttpServerConfig){ .access = access,
                                                             .pool = self->pool,
                                                             .relay = self->relay,
                                                             .ice = ice,
                                                             .store = self->store,
                                                             .exchange = self->exchange,
                                                             .limits = &self->limits,
                                                             .web_dir = web_dir });
    sl_http_server_add_stream(self->server, self->pipeline, CHANNELS);
    if (self->tls != NULL)
        sl_http_server_set_tls(self->server, self->tls);
    g_assert_true(sl_http_server_listen(self->server, address, 0, &error));
    g_assert_no_error(error);
    self->port = sl_http_server_get_port(self->server);
    g_assert_cmpuint(self->port, !=, 0);
}

void
http_fixture_stop(HttpFixture *self)
{
    gpointer server = self->server;
    gpointer relay = self->relay;
    gpointer store = self->store;

    sl_http_server_close(self->server);
    sl_relay_close(self->relay);
    sl_object_exchange_close(self->exchange);
    g_object_add_weak_pointer(server, &server);
    g_object_add_weak_pointer(relay, &relay);
    g_object_add_weak_pointer(store, &store);
    g_clear_object(&self->server);
    g_clear_object(&self->relay);
    g_clear_object(&self->pool);
    g_clear_object(&self->pipeline);
    g_clear_object(&self->stream);
    g_clear_object(&self->exchange);
    sl_object_store_close(self->store);
    g_clear_object(&self->store);
    WAIT_UNTIL(server == NULL && relay == NULL && store == NULL && fake_objects_alive() == 0);
    WAIT_UNTIL(http_fixture_count_fds() <= self->n_fds);
    g_clear_pointer(&self->tls, sl_tls_unref);
    g_clear_pointer(&self->cache_dir, g_free);
    sl_meters_free(self->meters);
    remove_folder(self);
}

GSocket *
http_fixture_connect_from(HttpFixture *self, const char *from, const char *address)
{
    g_autoptr(GSocketAddress) to = g_inet_socket_address_new_from_string(address, self->port);
    g_autoptr(GError) error = NULL;
    GSocket *socket = g_socket_new(g_socket_address_get_family(to), G_SOCKET_TYPE_STREAM,
                                   G_SOCKET_PROTOCOL_TCP, &error);

    g_assert_no_error(error);
    if (from != NULL) {
        g_autoptr(GSocketAddress) local = g_inet_socket_address_new_from_string(from, 0);
        g_socket_bind(socket, local, FALSE, &error);
        g_assert_no_error(error);
    }
    g_socket_connect(socket, to, NULL, &error);
    g_assert_no_error(error);
    g_socket_set_blocking(socket, FALSE);
    return socket;
}

GSocket *
http_fixture_connect(HttpFixture *self, const char *address)
{
    return http_fixture_connect_from(self, NULL, address);
}

void
http_fixture_send(GSocket *socket, const char *data, gssize len)
{
    gsize left = len < 0 ? strlen(data) : (gsize)len;

    while (left > 0) {
        g_autoptr(GError) error = NULL;
        gssize n = g_socket_send(socket, data, left, NULL, &error);
        /* The server may have had enough. */
        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) &&
            (g_socket_condition_check(socket, G_IO_IN) & G_IO_IN) == 0) {
            g_main_context_iteration(NULL, TRUE);
            continue;
        }
        if (error != NULL)
            return;
        data += n;
        left -= (gsize)n;
    }
}

void
http_fixture_expect(GSocket *socket, const char *text)
{
    g_autoptr(GString) found = g_string_new(NULL);

    while (found->len < strlen(text)) {
        char buffer[256];
        g_autoptr(GError) error = NULL;
        gssize n;

        WAIT_UNTIL((g_socket_condition_check(socket, G_IO_IN) & G_IO_IN) != 0);
        n = g_socket_receive(socket, buffer, MIN(sizeof(buffer), strlen(text) - found->len), NULL,
                             &error);
        g_assert_no_error(error);
        g_assert_cmpint(n, >, 0);
        g_string_append_len(found, buffer, n);
    }
    g_assert_cmpstr(found->str, ==, text);
}

char *
http_fixture_receive_until_end(GSocket *socket)
{
    g_autoptr(GString) all = g_string_new(NULL);
    gint64 end = g_get_monotonic_time() + FIXTURE_TIMEOUT_US;

    while (TRUE) {
        char buffer[4096];
        g_autoptr(GError) error = NULL;
        gssize n = g_socket_receive(socket, buffer, sizeof(buffer), NULL, &error);
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        if (n > 0)
            g_string_append_len(all, buffer, n);
        else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            g_main_context_iteration(NULL, TRUE);
        else
            break;
    }
    return g_string_free(g_steal_pointer(&all), FALSE);
}

char *
http_fixture_request(HttpFixture *self, const char *address, const char *text)
{
    g_autoptr(GSocket) socket = http_fixture_connect(self, address);

    http_fixture_send(socket, text, -1);
    return http_fixture_receive_until_end(socket);
}
