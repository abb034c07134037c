#include "sl-app.h"

#include <stdio.h>
#include <sys/resource.h>

#include <gio/gio.h>
#include <gst/gst.h>

#include "sl-auto.h"
#include "sl-camera-list.h"
#include "sl-capture-ask.h"
#include "sl-census.h"
#include "sl-certificate.h"
#include "sl-context.h"
#include "sl-descriptors.h"
#include "sl-http-server.h"
#include "sl-log.h"
#include "sl-meters.h"
#include "sl-object-exchange.h"
#include "sl-own-names.h"
#include "sl-pipeline-switch.h"
#include "sl-relay-listener.h"
#include "sl-relay-namespaces.h"
#include "sl-teardown.h"
#include "sl-webrtcbin.h"

#define DEFAULT_RELAY_SOCKET_MODE 0660u

/* What stops by itself is waited for this long; SIGTERM is answered within 2 s. */
#define STOP_TIMEOUT_MS 1700

struct _SlApp {
    GObject parent_instance;

    GMainContext *context;
    SlWeak *weak;
    GMainLoop *loop;
    SlOptions *options;
    SlMeters *meters; /* nullable: not started */

    SlAccessKeys *keys; /* NULL with --no-keys */
    SlAccess *access;
    SlTls *tls; /* nullable: http */
    SlIce *ice;
    SlRelay *relay;
    SlRelayListener *listener; /* nullable: no --relay-socket */
    SlObjectStore *store;
    SlObjectExchange *exchange;
    SlSessionPool *pool;
    SlHttpServer *server;
    SlCameraMonitor *monitor;
    GPtrArray *streams;     /* of SlStream */
    GPtrArray *pipelines;   /* of SlPipelineSwitch, one for each */
    GPtrArray *awaited;     /* of Awaited: of those, whose cameras were not to be had */
    GPtrArray *remarks;     /* of char: why streams have the descriptions that they have */
    SlCaptureAnswer answer; /* to ask_input() */
    SlAutoAnswer chosen;    /* to choose_pipeline() */

    gboolean stopping;
    guint n_stopping; /* parts that have not yet stopped */
    GSource *stop_timer;
};

/* A stream whose camera is waited for, and why. */
typedef struct {
    guint index; /* of the stream */
    GError *reason;
} Awaited;

G_DEFINE_FINAL_TYPE(SlApp, sl_app, G_TYPE_OBJECT)

/* Why it does not start: plain lines on standard error, of which a description may have several. */
static void
complain(const char *message)
{
    fprintf(stderr, "%s%s\n", strchr(message, '\n') != NULL ? "" : "sightline: ", message);
}

/* --- what is missing --- */

/* What every stream needs, whatever its description says. */
static gboolean
check_elements(void)
{
    static const char *const needed[] = { "appsrc",  "appsink", "webrtcbin", "nicesrc", "nicesink",
                                          "dtlsenc", "srtpenc", "sctpenc",   "rtpbin",  NULL };
    g_autoptr(GString) missing = g_string_new(NULL);
    g_autoptr(GString) packages = g_string_new(NULL);
    g_autofree char *message = NULL;

    for (guint i = 0; needed[i] != NULL; i++) {
        const char *package = sl_element_package_hint(needed[i]);

        if (sl_element_is_installed(needed[i]))
            continue;
        g_string_append_printf(missing, "%s%s", missing->len > 0 ? ", " : "", needed[i]);
        if (package != NULL && strstr(packages->str, package) == NULL)
            g_string_append_printf(packages, " %s", package);
    }
    if (missing->len == 0)
        return TRUE;
    message =
        g_strdup_printf("GStreamer has no %s: apt-get install%s", missing->str, packages->str);
    complain(message);
    return FALSE;
}

/* --- streams --- */

static int
exit_status_of(const GError *error)
{
    if (error->domain != SL_MEDIA_ERROR)
        return SL_EXIT_CONFIG;
    switch ((SlMediaError)error->code) {
    case SL_MEDIA_ERROR_NOT_FOUND:
    case SL_MEDIA_ERROR_BUSY:
    case SL_MEDIA_ERROR_PERMISSION:
    case SL_MEDIA_ERROR_FROZEN:
    case SL_MEDIA_ERROR_DEVICE:
    case SL_MEDIA_ERROR_NO_SENDER:
        return SL_EXIT_UNAVAILABLE;
    case SL_MEDIA_ERROR_DESCRIPTION:
    case SL_MEDIA_ERROR_VALUE:
    case SL_MEDIA_ERROR_REFUSED:
    case SL_MEDIA_ERROR_CROWDED:
    case SL_MEDIA_ERROR_PIPELINE:
    case SL_MEDIA_ERROR_ENDED:
    case SL_MEDIA_ERROR_MISSING_ELEMENT:
    case SL_MEDIA_ERROR_PUBLISHER_LEFT:
    case SL_MEDIA_ERROR_REPLACED:
    case SL_MEDIA_ERROR_UNSUPPORTED:
        break;
    }
    return SL_EXIT_CONFIG;
}

static void
on_chosen(gpointer object, gpointer data)
{
    SlApp *self = object;
    SlAutoAnswer *answer = data;

    self->chosen.name = g_steal_pointer(&answer->name);
    self->chosen.why = g_steal_pointer(&answer->why);
    self->chosen.error = g_steal_pointer(&answer->error);
}

/* Said when it has started: where it does not, the reason is all that is said. */
static void
remark(SlApp *self, const SlStreamOptions *options, const char *words)
{
    g_ptr_array_add(self->remarks, g_strdup_printf("%s: %s", options->name, words));
}

/* The name of a description. As ask_input(): NULL without an error where it ends instead. */
static char *
choose_pipeline(SlApp *self, const SlStreamOptions *options, GError **error)
{
    g_autoptr(SlInput) input = NULL;
    g_autofree char *why = NULL;

    if (!g_str_equal(options->pipeline, SL_PIPELINE_AUTO))
        return g_strdup(options->pipeline);
    input = sl_input_new_awaited(options->device);
    sl_auto_ask(self->context, self->weak, on_chosen, input, (const char *const *)options->set);
    while (self->chosen.name == NULL && self->chosen.error == NULL && !self->stopping)
        g_main_context_iteration(self->context, TRUE);
    why = g_steal_pointer(&self->chosen.why);
    if (why != NULL)
        remark(self, options, why);
    if (self->chosen.error != NULL)
        g_propagate_error(error, g_steal_pointer(&self->chosen.error));
    return g_steal_pointer(&self->chosen.name);
}

static SlDescription *
load_description(SlApp *self, const SlStreamOptions *options, const char *name, GError **error)
{
    g_autofree char *instead = NULL;
    SlDescription *description =
        sl_description_load_available(name, SL_PKGDATADIR "/pipelines", &instead, error);

    if (instead != NULL)
        remark(self, options, instead);
    return description;
}

static gboolean
check_description(SlDescription *description, SlValues *values, const SlCapture *capture,
                  GError **error)
{
    g_autoptr(SlProblems) problems = sl_problems_new(sl_description_get_file(description));
    g_autofree char *text = NULL;

    sl_description_check(description, values, capture, problems);
    if (sl_problems_get_count(problems) == 0)
        return TRUE;
    text = sl_problems_to_text(problems);
    g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION, text);
    return FALSE;
}

static void
awaited_free(gpointer data)
{
    Awaited *awaited = data;

    g_error_free(awaited->reason);
    g_free(awaited);
}

static void
on_answer(gpointer object, gpointer data)
{
    SlApp *self = object;
    SlCaptureAnswer *answer = data;

    self->answer.capture = g_steal_pointer(&answer->capture);
    self->answer.error = g_steal_pointer(&answer->error);
}

/* A driver may let it wait for ever, but not who wants to end the program: then there is neither
 * a capture nor an error. */
static SlCapture *
ask_input(SlApp *self, SlInput *input, SlDescription *description, SlValues *values,
          SlCaptureFlags flags, GError **error)
{
    sl_capture_ask(self->context, self->weak, on_answer, 0, input, description, values, flags);
    while (self->answer.capture == NULL && self->answer.error == NULL && !self->stopping)
        g_main_context_iteration(self->context, TRUE);
    if (self->answer.error != NULL)
        g_propagate_error(error, g_steal_pointer(&self->answer.error));
    return g_steal_pointer(&self->answer.capture);
}

/* What the input is and becomes. @ret_capture stays NULL where a camera is not to be had yet. */
static SlInput *
find_input(SlApp *self, const SlStreamOptions *options, SlDescription *description,
           SlValues *values, SlCaptureFlags flags, SlCapture **ret_capture, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(SlInput) input = sl_input_new_awaited(options->device);
    Awaited *awaited;

    sl_input_set_sound(input, options->audio);
    *ret_capture = ask_input(self, input, description, values, flags, &reason);
    if (options->device == NULL && !self->options->wait &&
        g_error_matches(reason, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND)) {
        g_autoptr(SlInput) pattern = sl_input_new_no_camera();
        sl_input_set_sound(pattern, options->audio);
        g_clear_error(&reason);
        *ret_capture = ask_input(self, pattern, description, values, flags, &reason);
    }
    if (*ret_capture != NULL)
        return sl_input_ref((*ret_capture)->input);
    if (self->stopping)
        return g_steal_pointer(&input);
    if (!sl_input_can_be_awaited(options->device, reason)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return NULL;
    }
    awaited = g_new0(Awaited, 1);
    awaited->index = self->streams->len;
    awaited->reason = g_steal_pointer(&reason);
    g_ptr_array_add(self->awaited, awaited);
    return g_steal_pointer(&input);
}

static void
add_pipeline(SlApp *self, SlStream *stream, const SlStreamOptions *options)
{
    g_autoptr(SlPipelineChoice) choice =
        sl_pipeline_choice_new(options->pipeline, (const char *const *)options->set);

    g_ptr_array_add(
        self->pipelines,
        sl_pipeline_switch_new(
            self->context, &(SlPipelineSwitchConfig){ .stream = stream,
                                                      .choice = choice,
                                                      .installed_dir = SL_PKGDATADIR "/pipelines",
                                                      .choose = sl_auto_choose,
                                                      .may_edit = self->options->allow_edit }));
}

/* Returns an exit status; whatever is wrong with file or device is found here rather than by the
 * first viewer. */
static int
add_stream(SlApp *self, const SlStreamOptions *options, GError **error)
{
    SlCaptureFlags flags = options->strict ? SL_CAPTURE_STRICT : SL_CAPTURE_DEFAULT;
    g_autofree char *name = choose_pipeline(self, options, error);
    g_autoptr(SlDescription) description = NULL;
    g_autoptr(SlValues) values = NULL;
    g_autoptr(SlInput) input = NULL;
    g_autoptr(SlCapture) capture = NULL;
    SlStream *stream;

    if (name == NULL && self->stopping)
        return SL_EXIT_OK;
    if (name != NULL)
        description = load_description(self, options, name, error);
    if (description == NULL)
        return SL_EXIT_CONFIG;
    values = sl_values_new(description, (const char *const *)options->set, error);
    if (values == NULL)
        return SL_EXIT_CONFIG;
    input = find_input(self, options, description, values, flags, &capture, error);
    if (input == NULL)
        return exit_status_of(*error);
    if (!check_description(description, values, capture, error))
        return SL_EXIT_CONFIG;

    stream = sl_stream_new(self->context, &(SlStreamConfig){ .name = options->name,
                                                             .input = input,
                                                             .description = description,
                                                             .values = values,
                                                             .flags = flags,
                                                             .publish = options->publish,
                                                             .limits = &self->options->limits,
                                                             .monitor = self->monitor });
    g_ptr_array_add(self->streams, stream);
    add_pipeline(self, stream, options);
    return SL_EXIT_OK;
}

static void
complain_of_stream(SlApp *self, const char *name, const GError *error)
{
    /* A description's problems name their file. */
    gboolean is_named = self->options->streams->len > 1 && strchr(error->message, '\n') == NULL;
    g_autofree char *message = is_named ? g_strdup_printf("stream %s: %s", name, error->message)
                                        : g_strdup(error->message);

    complain(message);
}

/* One camera that is not to be had is no reason to keep the others from who wants to see them. */
static int
check_awaited(SlApp *self)
{
    gboolean goes_on = self->options->wait || self->awaited->len < self->streams->len ||
                       self->stopping; /* before there are all */

    for (guint i = 0; i < self->awaited->len; i++) {
        const Awaited *awaited = g_ptr_array_index(self->awaited, i);
        SlStream *stream = g_ptr_array_index(self->streams, awaited->index);

        if (goes_on)
            sl_stream_tell_awaited(stream, awaited->reason);
        else
            complain_of_stream(self, sl_stream_get_name(stream), awaited->reason);
    }
    return goes_on ? SL_EXIT_OK : SL_EXIT_UNAVAILABLE;
}

static int
add_streams(SlApp *self)
{
    for (guint i = 0; i < self->options->streams->len && !self->stopping; i++) {
        g_autoptr(GError) error = NULL;
        SlStreamOptions *options = g_ptr_array_index(self->options->streams, i);
        int status = add_stream(self, options, &error);

        if (status == SL_EXIT_OK)
            continue;
        complain_of_stream(self, options->name, error);
        return status;
    }
    return check_awaited(self);
}

/* --- access --- */

static gboolean
is_loopback(const char *address)
{
    g_autoptr(GInetAddress) inet = address != NULL ? g_inet_address_new_from_string(address) : NULL;

    return inet != NULL && g_inet_address_get_is_loopback(inet);
}

static gboolean
make_access(SlApp *self)
{
    g_autofree char *dir = g_build_filename(g_get_user_state_dir(), "sightline", NULL);
    g_autoptr(GError) error = NULL;
    SlAccessConfig config = { .keys_required = !self->options->no_keys,
                              .hosts = (const char *const *)self->options->allow_hosts,
                              .origins = (const char *const *)self->options->allow_origins };

    if (config.keys_required) {
        self->keys = sl_access_keys_load(dir, self->options->new_keys, &error);
        if (self->keys == NULL) {
            /* On loopback nobody needs one. */
            if (!is_loopback(self->options->address)) {
                complain(error->message);
                return FALSE;
            }
            sl_log_warning("%s", error->message);
        } else {
            config.guest_key = self->keys->guest;
            config.operator_key = self->keys->operator_;
        }
    }
    self->access = sl_access_new(&config);
    return TRUE;
}

/* Says on standard error what is wrong with it. */
static gboolean
make_tls(SlApp *self)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *fault = NULL;

    if (!sl_certificate_load(self->options, self->options->address, &self->tls, &error)) {
        complain(error->message);
        return FALSE;
    }
    fault = self->tls != NULL ? sl_tls_find_fault(self->tls) : NULL;
    if (fault != NULL)
        sl_log_warning("%s", fault);
    return TRUE;
}

/* --- where to watch --- */

/* What somebody else in the house would type. */
static char *
find_own_address(void)
{
    g_auto(GStrv) addresses = sl_own_names_get_addresses();

    return g_strdup(addresses[0] != NULL ? addresses[0] : "127.0.0.1");
}

static gboolean
is_any(const char *address)
{
    g_autoptr(GInetAddress) inet = address != NULL ? g_inet_address_new_from_string(address) : NULL;

    return inet == NULL || g_inet_address_get_is_any(inet);
}

static char *
make_url(SlApp *self, const char *key)
{
    g_autofree char *address =
        is_any(self->options->address) ? find_own_address() : g_strdup(self->options->address);
    guint16 port = sl_http_server_get_port(self->server);
    gboolean is_v6 = strchr(address, ':') != NULL;

    return g_strdup_printf("http%s://%s%s%s:%u/%s%s", self->tls != NULL ? "s" : "",
                           is_v6 ? "[" : "", address, is_v6 ? "]" : "", port,
                           key != NULL ? "?key=" : "", key != NULL ? key : "");
}

static void
say_streams(SlApp *self)
{
    for (guint i = 0; i < self->remarks->len; i++)
        sl_log_info("%s", (const char *)g_ptr_array_index(self->remarks, i));
    for (guint i = 0; i < self->streams->len; i++) {
        SlStream *stream = g_ptr_array_index(self->streams, i);

        sl_log_info("%s: %s, %s", sl_stream_get_name(stream), sl_stream_get_input_label(stream),
                    sl_description_get_title(sl_stream_get_description(stream)));
    }
}

static void
print_links(SlApp *self)
{
    gboolean with_keys = self->keys != NULL && !is_loopback(self->options->address);
    g_autofree char *guest = make_url(self, with_keys ? self->keys->guest : NULL);

    printf("Watch at %s\n", guest);
    if (with_keys) {
        g_autofree char *operator_url = make_url(self, self->keys->operator_);
        printf("For whoever runs it: %s\n", operator_url);
    }
    if (self->options->tls_self_signed)
        printf(
            "Browsers warn of its certificate, since nobody vouches for it. Go on if its SHA-256 "
            "fingerprint is %s\n",
            sl_tls_get_fingerprint(self->tls));
    fflush(stdout);
    if (self->options->no_keys && !is_loopback(self->options->address))
        sl_log_warning("--no-keys: everybody who reaches this address may watch and operate");
}

/* --- start --- */

static void
connect_streams(SlApp *self)
{
    for (guint i = 0; i < self->streams->len; i++) {
        SlStream *stream = g_ptr_array_index(self->streams, i);
        const char *name = sl_stream_get_name(stream);
        g_autofree char *chat = g_strdup_printf(SL_NAMESPACE_CHAT ":%s", name);
        g_autofree char *control = g_strdup_printf(SL_NAMESPACE_CONTROL ":%s", name);
        const char *const channels[] = { chat, control, NULL };

        sl_relay_add_stream(self->relay, name);
        for (guint j = 0; channels[j] != NULL; j++)
            sl_relay_add_channel(self->relay, channels[j]);
        sl_http_server_add_stream(self->server, g_ptr_array_index(self->pipelines, i), channels);
    }
}

static gboolean
fit_descriptors(SlApp *self, GError **error)
{
    struct rlimit limit;

    guint n_local =
        self->options->relay_socket != NULL ? self->options->limits.max_local_clients : 0;

    return getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
           sl_descriptors_fit(&self->options->limits, n_local, limit.rlim_cur, error);
}

/* Where programs of this machine connect. */
static gboolean
listen_locally(SlApp *self, GError **error)
{
    const SlOptions *options = self->options;
    guint mode = options->relay_socket_mode;

    if (options->relay_socket == NULL)
        return TRUE;
    self->listener = sl_relay_listener_new(self->context, self->relay, &options->limits);
    if (sl_relay_listener_listen(self->listener, options->relay_socket,
                                 mode != 0 ? mode : DEFAULT_RELAY_SOCKET_MODE,
                                 options->relay_socket_group, error))
        return TRUE;
    g_prefix_error(error, "--relay-socket ");
    return FALSE;
}

/* Where files are kept that are sent. */
static gboolean
make_objects(SlApp *self, GError **error)
{
    const SlOptions *options = self->options;

    self->store = sl_object_store_new(self->context, &options->limits, options->cache_dir, error);
    if (self->store == NULL) {
        g_prefix_error(error, "--cache-dir ");
        return FALSE;
    }
    self->exchange = sl_object_exchange_new(self->context, &options->limits, self->store);
    return TRUE;
}

int
sl_app_start(SlApp *self)
{
    SlOptions *options = self->options;
    g_autoptr(GError) error = NULL;
    int status;

    if (!check_elements())
        return SL_EXIT_CONFIG;
    if (!fit_descriptors(self, &error)) {
        complain(error->message);
        return SL_EXIT_CONFIG;
    }
    self->meters = sl_meters_new(self->context, &options->limits);
    options->limits.meters = self->meters;
    self->monitor = sl_camera_monitor_new(self->context);
    if ((status = add_streams(self)) != SL_EXIT_OK || self->stopping)
        return status;
    if (!make_access(self) || !make_tls(self))
        return SL_EXIT_CONFIG;
    if (!make_objects(self, &error)) {
        complain(error->message);
        return SL_EXIT_UNAVAILABLE;
    }

    self->ice = sl_ice_new(&options->ice);
    self->relay = sl_relay_new(self->context, &options->limits, options->namespaces);
    self->pool = sl_session_pool_new(self->context, self->ice, self->relay, self->exchange,
                                     &options->limits);
    self->server = sl_http_server_new(&(SlHttpServerConfig){ .context = self->context,
                                                             .access = self->access,
                                                             .pool = self->pool,
                                                             .relay = self->relay,
                                                             .ice = self->ice,
                                                             .store = self->store,
                                                             .exchange = self->exchange,
                                                             .limits = &options->limits,
                                                             .web_dir = options->web_dir });
    if (self->tls != NULL)
        sl_http_server_set_tls(self->server, self->tls);
    connect_streams(self);
    if (!sl_http_server_listen(self->server, options->address, options->port, &error) ||
        !listen_locally(self, &error)) {
        complain(error->message);
        return SL_EXIT_UNAVAILABLE;
    }
    say_streams(self);
    print_links(self);
    sl_webrtcbin_warm_up(self->ice, self->context);
    return SL_EXIT_OK;
}

/* --- SIGHUP --- */

/* One port speaks one protocol until the end: http stays http. */
static void
reload_tls(SlApp *self, const SlOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SlTls) tls = NULL;
    g_autofree char *fault = NULL;
    gboolean is_same;

    if (!sl_certificate_load(options, self->options->address, &tls, &error)) {
        sl_log_warning("%s; %s", error->message,
                       self->tls != NULL ? "the former certificate goes on" : "http goes on");
        return;
    }
    if ((tls != NULL) != (self->tls != NULL))
        sl_log_warning("%s goes on until the end", self->tls != NULL ? "https" : "http");
    if (tls == NULL || self->tls == NULL)
        return;
    fault = sl_tls_find_fault(tls);
    if (fault != NULL)
        sl_log_warning("%s", fault);
    /* Of the same certificate what leads to its issuer may be another. */
    is_same = strcmp(sl_tls_get_fingerprint(tls), sl_tls_get_fingerprint(self->tls)) == 0;
    sl_http_server_set_tls(self->server, tls);
    sl_tls_unref(self->tls);
    self->tls = g_steal_pointer(&tls);
    if (!is_same)
        sl_log_info("Another certificate from now on, SHA-256 %s",
                    sl_tls_get_fingerprint(self->tls));
}

void
sl_app_reload(SlApp *self)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SlOptions) options =
        sl_options_parse((const char *const *)self->options->argv, &error);

    if (self->server == NULL || self->stopping)
        return;
    if (options == NULL) {
        sl_log_warning("%s; the former configuration goes on", error->message);
        return;
    }
    for (guint i = 0; i < self->pipelines->len; i++) {
        SlPipelineSwitch *pipeline = g_ptr_array_index(self->pipelines, i);
        const char *name = sl_stream_get_name(sl_pipeline_switch_get_stream(pipeline));
        const SlStreamOptions *stream = sl_options_find_stream(options, name);
        g_autoptr(SlPipelineChoice) choice = NULL;

        if (stream == NULL) {
            sl_log_warning("%s is not in the configuration any more, and goes on until the end",
                           name);
            continue;
        }
        choice = sl_pipeline_choice_new(stream->pipeline, (const char *const *)stream->set);
        sl_pipeline_switch_configure(pipeline, choice);
        sl_stream_set_publish_policy(sl_pipeline_switch_get_stream(pipeline), stream->publish);
    }
    reload_tls(self, options);
}

gboolean
sl_app_run(SlApp *self)
{
    if (!self->stopping)
        g_main_loop_run(self->loop);
    return self->n_stopping == 0;
}

/* --- stop: whom viewers talk to first, what they look at last --- */

static void
on_part_stopped(SlApp *self)
{
    if (--self->n_stopping == 0)
        g_main_loop_quit(self->loop);
}

static void
on_drained(gpointer data)
{
    g_autoptr(SlApp) self = data;

    on_part_stopped(self);
}

static void
on_stream_stopped(GObject *stream, GAsyncResult *result, gpointer data)
{
    g_autoptr(SlApp) self = data;

    on_part_stopped(self);
}

static void
on_pool_closed(GObject *pool, GAsyncResult *result, gpointer data)
{
    g_autoptr(SlApp) self = data;

    for (guint i = 0; i < self->streams->len; i++) {
        self->n_stopping++;
        sl_stream_stop_async(g_ptr_array_index(self->streams, i), on_stream_stopped,
                             g_object_ref(self));
    }
    self->n_stopping++;
    sl_teardown_drain_async(self->context, on_drained, g_object_ref(self));
    on_part_stopped(self);
}

static gboolean
on_stop_timeout(gpointer data)
{
    SlApp *self = data;

    sl_log_warning("Something did not stop in time; leaving anyway");
    sl_clear_source(&self->stop_timer);
    g_main_loop_quit(self->loop);
    return G_SOURCE_REMOVE;
}

void
sl_app_stop(SlApp *self)
{
    if (self->stopping) {
        g_main_loop_quit(self->loop);
        return;
    }
    self->stopping = TRUE;
    if (self->server == NULL) /* it is still starting */
        return;
    self->stop_timer =
        sl_context_add_timeout(self->context, STOP_TIMEOUT_MS, on_stop_timeout, self);
    sl_http_server_close(self->server);
    if (self->listener != NULL)
        sl_relay_listener_close(self->listener);
    sl_relay_close(self->relay);
    sl_object_exchange_close(self->exchange);
    self->n_stopping = 1;
    sl_session_pool_close_async(self->pool, on_pool_closed, g_object_ref(self));
}

/* --- what needs no server --- */

int
sl_app_list_pipelines(void)
{
    g_autoptr(GPtrArray) paths = sl_description_list(SL_PKGDATADIR "/pipelines");

    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);
        g_autoptr(GError) error = NULL;
        g_autoptr(SlDescription) description = sl_description_load(path, &error);
        g_autofree char *base = g_path_get_basename(path);

        base[strlen(base) - strlen(".pipeline")] = '\0';
        printf("%-20s %s\n", base,
               description != NULL ? sl_description_get_title(description)
                                   : "(has mistakes: see --check)");
    }
    if (paths->len == 0)
        printf("No description was found. Set SIGHTLINE_PIPELINES to a folder that has some.\n");
    return SL_EXIT_OK;
}

int
sl_app_list_devices(gboolean as_json)
{
    g_autoptr(GPtrArray) entries = sl_camera_list();
    g_autofree char *text =
        as_json ? sl_camera_list_to_json(entries) : sl_camera_list_to_text(entries);

    printf("%s", text);
    return SL_EXIT_OK;
}

/* --- the object --- */

static void
sl_app_dispose(GObject *object)
{
    SlApp *self = SL_APP(object);

    sl_clear_source(&self->stop_timer);
    g_clear_object(&self->server);
    g_clear_object(&self->pool);
    g_clear_object(&self->listener);
    g_clear_object(&self->relay);
    g_clear_object(&self->exchange);
    if (self->store != NULL)
        sl_object_store_close(self->store);
    g_clear_object(&self->store);
    g_clear_pointer(&self->pipelines, g_ptr_array_unref);
    g_clear_pointer(&self->streams, g_ptr_array_unref);
    g_clear_object(&self->monitor);
    g_clear_pointer(&self->ice, sl_ice_unref);
    g_clear_pointer(&self->tls, sl_tls_unref);
    g_clear_pointer(&self->access, sl_access_unref);
    g_clear_pointer(&self->keys, sl_access_keys_free);
    G_OBJECT_CLASS(sl_app_parent_class)->dispose(object);
}

static void
sl_app_finalize(GObject *object)
{
    SlApp *self = SL_APP(object);

    g_ptr_array_unref(self->awaited);
    g_ptr_array_unref(self->remarks);
    g_clear_pointer(&self->weak, sl_weak_unref);
    g_clear_pointer(&self->meters, sl_meters_free);
    g_clear_pointer(&self->options, sl_options_free);
    g_clear_pointer(&self->loop, g_main_loop_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_app_parent_class)->finalize(object);
}

static void
sl_app_class_init(SlAppClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_app_dispose;
    object_class->finalize = sl_app_finalize;
}

static void
sl_app_init(SlApp *self)
{
    sl_census_add_object(self);
    self->weak = sl_weak_new(self);
    self->streams = g_ptr_array_new_with_free_func(g_object_unref);
    self->pipelines = g_ptr_array_new_with_free_func(g_object_unref);
    self->awaited = g_ptr_array_new_with_free_func(awaited_free);
    self->remarks = g_ptr_array_new_with_free_func(g_free);
}

SlApp *
sl_app_new(GMainContext *context, SlOptions *options)
{
    SlApp *self = g_object_new(SL_TYPE_APP, NULL);

    self->context = g_main_context_ref(context);
    self->loop = g_main_loop_new(context, FALSE);
    self->options = options;
    return self;
}
