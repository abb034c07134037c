#include "sl-options.h"

#include <gio/gio.h>

#include "sl-config.h"
#include "sl-options-private.h"
#include "sl-relay-namespaces.h"

#define DEFAULT_LISTEN "127.0.0.1:8080"
#define DEFAULT_STREAM "camera"
#define DEFAULT_PIPELINE "auto"

#define HOST_NAME_CHARS G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-._"

G_DEFINE_QUARK(sl_options_error, sl_options_error)

static const char summary[] = "Puts a camera into a browser. DEVICE is /dev/videoN, "
                              "/dev/v4l/by-id/…, part of a camera's name, a URI\n"
                              "(rtsp://, file://, …), \"test\" (always the test pattern) or "
                              "\"publish\" (nothing of its own); "
                              "without one: the first camera, or the pattern if there is none.";

static const char description[] = "Exit status: 0 on SIGINT or SIGTERM; 64 for a wrong option; 69 "
                                  "for a device, port, socket or folder that is not to be had;\n"
                                  "78 for a mistake in a config or description file.";

/* What GOption fills in, before it is checked. */
typedef struct {
    char *listen, *media_ports, *config, *pipeline, *audio, *web_dir, *check, *tls_cert, *tls_key,
        *publish, *relay_socket, *relay_socket_mode, *relay_socket_group, *cache_dir;
    char **set, **ice_servers, **allow_hosts, **allow_origins, **rest;
    gboolean strict, wait, allow_edit, new_keys, no_keys, tls_self_signed, list_devices, json,
        list_pipelines, version;
} RawOptions;

static void
raw_options_clear(RawOptions *raw)
{
    g_free(raw->listen);
    g_free(raw->media_ports);
    g_free(raw->config);
    g_free(raw->pipeline);
    g_free(raw->audio);
    g_free(raw->web_dir);
    g_free(raw->check);
    g_free(raw->tls_cert);
    g_free(raw->tls_key);
    g_free(raw->publish);
    g_free(raw->relay_socket);
    g_free(raw->relay_socket_mode);
    g_free(raw->relay_socket_group);
    g_free(raw->cache_dir);
    g_strfreev(raw->set);
    g_strfreev(raw->ice_servers);
    g_strfreev(raw->allow_hosts);
    g_strfreev(raw->allow_origins);
    g_strfreev(raw->rest);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RawOptions, raw_options_clear)

void
sl_stream_options_free(SlStreamOptions *self)
{
    g_free(self->name);
    g_free(self->device);
    g_free(self->audio);
    g_free(self->pipeline);
    g_strfreev(self->set);
    g_free(self);
}

void
sl_options_free(SlOptions *self)
{
    g_free(self->address);
    g_free(self->tls_cert);
    g_free(self->tls_key);
    g_strfreev(self->ice.servers);
    g_strfreev(self->allow_hosts);
    g_strfreev(self->allow_origins);
    g_strfreev(self->argv);
    g_clear_pointer(&self->streams, g_ptr_array_unref);
    g_clear_pointer(&self->namespaces, g_ptr_array_unref);
    g_free(self->relay_socket);
    g_free(self->relay_socket_group);
    g_free(self->cache_dir);
    g_free(self->web_dir);
    g_free(self->check);
    g_free(self);
}

const SlStreamOptions *
sl_options_find_stream(const SlOptions *self, const char *name)
{
    for (guint i = 0; i < self->streams->len; i++) {
        const SlStreamOptions *stream = g_ptr_array_index(self->streams, i);

        if (g_str_equal(stream->name, name))
            return stream;
    }
    return NULL;
}

/* --- values --- */

static gboolean
parse_port(const char *text, guint64 min, guint16 *ret_port)
{
    guint64 port;

    if (!g_ascii_string_to_unsigned(text, 10, min, G_MAXUINT16, &port, NULL))
        return FALSE;
    *ret_port = (guint16)port;
    return TRUE;
}

/* Without a scope: GLib would take `fe80::1%eth0` for a host's name later. */
static gboolean
is_ip_address(const char *text)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(text);

    return address != NULL;
}

gboolean
sl_options_parse_listen(const char *text, char **ret_address, guint16 *ret_port, GError **error)
{
    const char *colon = strrchr(text, ':');
    g_autofree char *address = NULL;
    guint16 port;
    gsize len;

    if (colon == NULL || !parse_port(colon + 1, 0, &port)) {
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                    "%s: expected [ADDRESS]:PORT, such as 127.0.0.1:8080, or :8080 for every "
                    "address",
                    text);
        return FALSE;
    }
    len = (gsize)(colon - text);
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']')
        address = g_strndup(text + 1, len - 2);
    else
        address = g_strndup(text, len);
    if (g_str_equal(address, "localhost")) {
        g_free(address);
        address = g_strdup("127.0.0.1");
    }
    if (*address != '\0' && !is_ip_address(address)) {
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                    "%s: \"%s\" is no IP address of this machine; use :%u for every address", text,
                    address, port);
        return FALSE;
    }
    *ret_address = *address != '\0' ? g_steal_pointer(&address) : NULL;
    *ret_port = port;
    return TRUE;
}

gboolean
sl_options_parse_ports(const char *text, guint16 *ret_min, guint16 *ret_max, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, "-", 2);
    guint16 min, max;

    if (g_strv_length(parts) != 2 || !parse_port(parts[0], 1024, &min) ||
        !parse_port(parts[1], 1024, &max) || min > max) {
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                    "%s: expected MIN-MAX, from 1024 to 65535, such as 50000-50100", text);
        return FALSE;
    }
    *ret_min = min;
    *ret_max = max;
    return TRUE;
}

gboolean
sl_options_parse_mode(const char *text, guint *ret_mode, GError **error)
{
    guint64 mode;

    if (!g_ascii_string_to_unsigned(text, 8, 1, 0777, &mode, NULL)) {
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                    "%s: expected permissions in octal, such as 0660", text);
        return FALSE;
    }
    *ret_mode = (guint)mode;
    return TRUE;
}

gboolean
sl_options_check_host(const char *text, GError **error)
{
    if (*text != '\0' && text[strspn(text, HOST_NAME_CHARS)] == '\0')
        return TRUE;
    g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                "%s: expected a host name alone, such as camera.example.org", text);
    return FALSE;
}

gboolean
sl_options_check_origin(const char *text, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);

    if (uri != NULL &&
        (g_str_equal(g_uri_get_scheme(uri), "https") ||
         g_str_equal(g_uri_get_scheme(uri), "http")) &&
        g_uri_get_userinfo(uri) == NULL && g_strcmp0(g_uri_get_host(uri), "") > 0 &&
        *g_uri_get_path(uri) == '\0' && g_uri_get_query(uri) == NULL &&
        g_uri_get_fragment(uri) == NULL)
        return TRUE;
    g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                "%s: expected a scheme and a host, such as https://www.example.org", text);
    return FALSE;
}

/* Checks each of a repeatable option's values; the message begins with @option. */
static gboolean
check_each(const char *option, char **values, gboolean (*check)(const char *, GError **),
           GError **error)
{
    g_autoptr(GError) fault = NULL;

    for (guint i = 0; values != NULL && values[i] != NULL; i++) {
        if (check(values[i], &fault))
            continue;
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE, "%s %s", option,
                    fault->message);
        return FALSE;
    }
    return TRUE;
}

gboolean
sl_options_check_tls(const char *cert, const char *key, gboolean self_signed, const char *dashes,
                     GError **error)
{
    if (self_signed && (cert != NULL || key != NULL)) {
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                    "%stls-self-signed makes a certificate, %stls-cert brings one: expected one of "
                    "them",
                    dashes, dashes);
        return FALSE;
    }
    if ((cert == NULL) == (key == NULL))
        return TRUE;
    g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                "%stls-%s alone, expected %stls-%s with it", dashes, cert == NULL ? "key" : "cert",
                dashes, cert == NULL ? "cert" : "key");
    return FALSE;
}

gboolean
sl_options_check_relay_socket(const char *path, guint mode, const char *group, const char *dashes,
                              GError **error)
{
    if (path != NULL || (mode == 0 && group == NULL))
        return TRUE;
    g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                "%srelay-socket-%s alone, expected %srelay-socket with it", dashes,
                mode != 0 ? "mode" : "group", dashes);
    return FALSE;
}

static gboolean
check_publish(const char *word, SlPublishPolicy *ret_policy, GError **error)
{
    if (sl_publish_policy_parse(word, ret_policy))
        return TRUE;
    g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                "--publish %s: expected replace, refuse or off", word);
    return FALSE;
}

static gboolean
check_web_dir(const char *dir, GError **error)
{
    g_autofree char *page = g_build_filename(dir, "index.html", NULL);

    if (g_file_test(page, G_FILE_TEST_IS_REGULAR))
        return TRUE;
    g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                "--web %s: no index.html in there; expected the folder of the page, such as the "
                "checkout's web",
                dir);
    return FALSE;
}

/* --- command line --- */

static gboolean
parse_command_line(const char *const *argv, RawOptions *raw, GError **error)
{
    const GOptionEntry entries[] = {
        { "pipeline", 'p', 0, G_OPTION_ARG_STRING, &raw->pipeline,
          "Description of the pipeline: a name from --list-pipelines, a file, or \"auto\": passes "
          "H.264 on, encodes the rest (default " DEFAULT_PIPELINE ")",
          "NAME|FILE|auto" },
        { "audio", 'a', 0, G_OPTION_ARG_STRING, &raw->audio,
          "Where ${audio} comes from: \"default\" is the system's microphone, or what PulseAudio "
          "or "
          "ALSA calls one; \"test\", \"none\" (default: the input's own; a camera's is "
          "\"default\")",
          "DEVICE|test|none" },
        { "set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &raw->set,
          "Set a variable of the description (repeatable)", "NAME=VALUE" },
        { "strict", 0, 0, G_OPTION_ARG_NONE, &raw->strict,
          "Take no nearest mode of a camera: the wanted size and rate, or an error", NULL },
        { "wait", 0, 0, G_OPTION_ARG_NONE, &raw->wait,
          "Wait for cameras that are missing, busy or forbidden, rather than exit", NULL },
        { "publish", 0, 0, G_OPTION_ARG_STRING, &raw->publish,
          "Who publishes in a stream takes the place of who did before, is refused while somebody "
          "does, or always (default replace)",
          "replace|refuse|off" },
        { "listen", 'l', 0, G_OPTION_ARG_STRING, &raw->listen,
          "Where to serve pages; \":8080\" is every address, port 0 picks one "
          "(default " DEFAULT_LISTEN ")",
          "[ADDRESS]:PORT" },
        { "tls-self-signed", 0, 0, G_OPTION_ARG_NONE, &raw->tls_self_signed,
          "Serve https with a certificate of its own, which browsers warn of", NULL },
        { "tls-cert", 0, 0, G_OPTION_ARG_FILENAME, &raw->tls_cert,
          "Serve https with this certificate (PEM, then those that lead to its issuer)", "FILE" },
        { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &raw->tls_key, "The key of --tls-cert", "FILE" },
        { "media-ports", 0, 0, G_OPTION_ARG_STRING, &raw->media_ports, "UDP ports for media",
          "MIN-MAX" },
        { "ice-server", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->ice_servers,
          "stun:HOST[:PORT] or turn:USER:PASSWORD@HOST[:PORT] (repeatable; none by default)",
          "URL" },
        { "relay-socket", 0, 0, G_OPTION_ARG_FILENAME, &raw->relay_socket,
          "Let programs of this machine send and receive messages on this Unix socket", "PATH" },
        { "relay-socket-mode", 0, 0, G_OPTION_ARG_STRING, &raw->relay_socket_mode,
          "Its permissions, in octal (default 0660)", "MODE" },
        { "relay-socket-group", 0, 0, G_OPTION_ARG_STRING, &raw->relay_socket_group, "Its group",
          "GROUP" },
        { "cache-dir", 0, 0, G_OPTION_ARG_FILENAME, &raw->cache_dir,
          "Keep files that were sent in this folder rather than in memory; they outlive a restart",
          "DIR" },
        { "config", 'c', 0, G_OPTION_ARG_FILENAME, &raw->config,
          "Key file with the same settings and several streams", "FILE" },
        { "allow-host", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->allow_hosts,
          "Also answer to this host name (repeatable)", "NAME" },
        { "allow-origin", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->allow_origins,
          "Let pages of this origin embed the player (repeatable)", "ORIGIN" },
        { "allow-edit", 0, 0, G_OPTION_ARG_NONE, &raw->allow_edit,
          "Let operators send whole descriptions, which can read and write files", NULL },
        { "new-keys", 0, 0, G_OPTION_ARG_NONE, &raw->new_keys,
          "Make new guest and operator keys: links shared before are no longer valid", NULL },
        { "no-keys", 0, 0, G_OPTION_ARG_NONE, &raw->no_keys,
          "Ask nobody for a key: whoever reaches the address may do everything", NULL },
        { "list-devices", 0, 0, G_OPTION_ARG_NONE, &raw->list_devices,
          "List the cameras with their sizes and rates and exit", NULL },
        { "json", 0, 0, G_OPTION_ARG_NONE, &raw->json, "With --list-devices: for programs", NULL },
        { "list-pipelines", 0, 0, G_OPTION_ARG_NONE, &raw->list_pipelines,
          "List the descriptions that are found by name and exit", NULL },
        { "check", 0, 0, G_OPTION_ARG_STRING, &raw->check,
          "Report all mistakes in a description, try it with the test picture and exit",
          "NAME|FILE" },
        { "web", 0, 0, G_OPTION_ARG_FILENAME, &raw->web_dir,
          "Serve the page from this folder instead of the built-in one", "DIR" },
        { "version", 'V', 0, G_OPTION_ARG_NONE, &raw->version, "Print the version and exit", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->rest, NULL, "[DEVICE]" },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_auto(GStrv) args = g_strdupv((char **)argv);
    g_autoptr(GError) fault = NULL;

    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, description);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse_strv(context, &args, &fault)) {
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE, "%s; see --help",
                    fault->message);
        return FALSE;
    }
    if (raw->new_keys && raw->no_keys) {
        g_set_error_literal(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                            "--new-keys makes keys, --no-keys does without: expected one of them");
        return FALSE;
    }
    if (raw->json && !raw->list_devices) {
        g_set_error_literal(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                            "--json is how --list-devices answers: expected --list-devices --json");
        return FALSE;
    }
    if (!sl_options_check_tls(raw->tls_cert, raw->tls_key, raw->tls_self_signed, "--", error))
        return FALSE;
    if (raw->check != NULL && raw->rest != NULL) {
        g_set_error(
            error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
            "--check reads one description: found \"%s\" and \"%s\", expected one NAME or FILE",
            raw->check, raw->rest[0]);
        return FALSE;
    }
    if (raw->rest != NULL && g_strv_length(raw->rest) > 1) {
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
                    "One DEVICE at most: found \"%s\" and \"%s\"; several streams go into --config",
                    raw->rest[0], raw->rest[1]);
        return FALSE;
    }
    return TRUE;
}

static gboolean
apply_stream_options(SlOptions *self, const RawOptions *raw, GError **error)
{
    const char *device = raw->rest != NULL ? raw->rest[0] : NULL;
    SlStreamOptions *stream;

    if (self->streams->len == 0) {
        stream = g_new0(SlStreamOptions, 1);
        stream->name = g_strdup(DEFAULT_STREAM);
        g_ptr_array_add(self->streams, stream);
    }
    if (self->streams->len > 1 &&
        (device != NULL || raw->pipeline != NULL || raw->audio != NULL || raw->set != NULL)) {
        g_set_error_literal(
            error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE,
            "DEVICE, --pipeline, --audio and --set are for one stream; --config has several");
        return FALSE;
    }

    stream = g_ptr_array_index(self->streams, 0);
    if (device != NULL) {
        g_free(stream->device);
        stream->device = g_strdup(device);
    }
    if (raw->pipeline != NULL) {
        g_free(stream->pipeline);
        stream->pipeline = g_strdup(raw->pipeline);
    }
    if (raw->audio != NULL) {
        g_free(stream->audio);
        stream->audio = g_strdup(raw->audio);
    }
    if (raw->set != NULL) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        if (stream->set != NULL)
            g_strv_builder_addv(builder, (const char **)stream->set);
        g_strv_builder_addv(builder, (const char **)raw->set);
        g_strfreev(stream->set);
        stream->set = g_strv_builder_end(builder);
    }
    for (guint i = 0; i < self->streams->len; i++) {
        stream = g_ptr_array_index(self->streams, i);
        stream->strict |= raw->strict;
        if (raw->publish != NULL || !stream->has_publish)
            stream->publish = self->publish;
        if (stream->pipeline == NULL)
            stream->pipeline = g_strdup(DEFAULT_PIPELINE);
    }
    return TRUE;
}

static void
take_strv(char ***target, char ***source)
{
    if (*source == NULL)
        return;
    g_strfreev(*target);
    *target = g_steal_pointer(source);
}

/* One way takes the place of the other. */
static void
apply_tls_options(SlOptions *self, RawOptions *raw)
{
    if (raw->tls_cert == NULL && !raw->tls_self_signed)
        return;
    g_free(self->tls_cert);
    g_free(self->tls_key);
    self->tls_cert = g_steal_pointer(&raw->tls_cert);
    self->tls_key = g_steal_pointer(&raw->tls_key);
    self->tls_self_signed = raw->tls_self_signed;
}

static void
take_string(char **target, char **source)
{
    if (*source == NULL)
        return;
    g_free(*target);
    *target = g_steal_pointer(source);
}

static gboolean
apply_relay_socket(SlOptions *self, RawOptions *raw, GError **error)
{
    take_string(&self->relay_socket, &raw->relay_socket);
    take_string(&self->relay_socket_group, &raw->relay_socket_group);
    if (raw->relay_socket_mode != NULL &&
        !sl_options_parse_mode(raw->relay_socket_mode, &self->relay_socket_mode, error)) {
        g_prefix_error(error, "--relay-socket-mode ");
        return FALSE;
    }
    return sl_options_check_relay_socket(self->relay_socket, self->relay_socket_mode,
                                         self->relay_socket_group, "--", error);
}

/* The command line over what the config file has set. */
static gboolean
apply_command_line(SlOptions *self, RawOptions *raw, GError **error)
{
    g_autofree char *address = NULL;

    if (raw->listen != NULL) {
        if (!sl_options_parse_listen(raw->listen, &address, &self->port, error)) {
            g_prefix_error(error, "--listen ");
            return FALSE;
        }
        g_free(self->address);
        self->address = g_steal_pointer(&address);
    }
    if (raw->media_ports != NULL && !sl_options_parse_ports(raw->media_ports, &self->ice.port_min,
                                                            &self->ice.port_max, error)) {
        g_prefix_error(error, "--media-ports ");
        return FALSE;
    }
    /* What is wrong with a server does not quote it: it holds a password. */
    if (!check_each("--ice-server:", raw->ice_servers, sl_ice_server_check, error) ||
        !check_each("--allow-host", raw->allow_hosts, sl_options_check_host, error) ||
        !check_each("--allow-origin", raw->allow_origins, sl_options_check_origin, error) ||
        (raw->publish != NULL && !check_publish(raw->publish, &self->publish, error)) ||
        (raw->web_dir != NULL && !check_web_dir(raw->web_dir, error)))
        return FALSE;
    if (!apply_relay_socket(self, raw, error))
        return FALSE;
    apply_tls_options(self, raw);
    take_string(&self->cache_dir, &raw->cache_dir);
    take_strv(&self->ice.servers, &raw->ice_servers);
    take_strv(&self->allow_hosts, &raw->allow_hosts);
    take_strv(&self->allow_origins, &raw->allow_origins);
    self->no_keys |= raw->no_keys;
    self->wait |= raw->wait;
    self->allow_edit |= raw->allow_edit;
    self->new_keys = raw->new_keys;
    self->list_devices = raw->list_devices;
    self->json = raw->json;
    self->list_pipelines = raw->list_pipelines;
    self->version = raw->version;
    self->web_dir = g_steal_pointer(&raw->web_dir);
    self->check = g_steal_pointer(&raw->check);
    return apply_stream_options(self, raw, error);
}

SlOptions *
sl_options_parse(const char *const *argv, GError **error)
{
    g_auto(RawOptions) raw = { NULL };
    g_autoptr(SlOptions) self = g_new0(SlOptions, 1);

    self->streams = g_ptr_array_new_with_free_func((GDestroyNotify)sl_stream_options_free);
    self->argv = g_strdupv((char **)argv);
    sl_limits_init(&self->limits);
    self->namespaces = sl_relay_namespaces_new();
    if (!sl_options_parse_listen(DEFAULT_LISTEN, &self->address, &self->port, error) ||
        !parse_command_line(argv, &raw, error))
        return NULL;
    if (raw.config != NULL && !sl_config_load(raw.config, self, error))
        return NULL;
    if (!apply_command_line(self, &raw, error))
        return NULL;
    return g_steal_pointer(&self);
}
