#include "sl-config.h"

#include "sl-options-private.h"

#define MAX_BYTES (64 * 1024)
#define MAX_STREAMS 16

typedef struct {
    const char *path;
    GKeyFile *file;
    SlOptions *options;
} Config;

static gboolean
fail(Config *config, const char *group, const char *key, GError **error, const char *message)
{
    g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_CONFIG, "%s: [%s] %s: %s", config->path,
                group, key, message);
    return FALSE;
}

static char **
get_list(Config *config, const char *group, const char *key)
{
    return g_key_file_get_string_list(config->file, group, key, NULL, NULL);
}

/* --- [server] --- */

static gboolean
read_ice_servers(Config *config, GError **error)
{
    g_auto(GStrv) servers = get_list(config, "server", "ice-server");

    for (guint i = 0; servers[i] != NULL; i++) {
        if (!sl_ice_server_check(servers[i], error))
            return FALSE;
    }
    g_strfreev(config->options->ice.servers);
    config->options->ice.servers = g_steal_pointer(&servers);
    return TRUE;
}

static gboolean
read_server_key(Config *config, const char *key, const char *value, GError **error)
{
    SlOptions *options = config->options;

    if (g_str_equal(key, "listen")) {
        g_clear_pointer(&options->address, g_free);
        return sl_options_parse_listen(value, &options->address, &options->port, error);
    }
    if (g_str_equal(key, "media-ports"))
        return sl_options_parse_ports(value, &options->ice.port_min, &options->ice.port_max, error);
    if (g_str_equal(key, "ice-server"))
        return read_ice_servers(config, error);
    if (g_str_equal(key, "allow-host")) {
        options->allow_hosts = get_list(config, "server", key);
        return TRUE;
    }
    if (g_str_equal(key, "allow-origin")) {
        options->allow_origins = get_list(config, "server", key);
        return TRUE;
    }
    if (g_str_equal(key, "no-keys")) {
        g_autoptr(GError) fault = NULL;
        options->no_keys = g_key_file_get_boolean(config->file, "server", key, &fault);
        if (fault == NULL)
            return TRUE;
        return fail(config, "server", key, error, "expected true or false");
    }
    return fail(config, "server", key, error, "there is no such setting");
}

/* --- [limits] --- */

static gboolean
read_limit(Config *config, const char *key, const char *value, GError **error)
{
    SlLimits *limits = &config->options->limits;
    const struct {
        const char *key;
        guint *value;
    } counts[] = {
        { "max-sessions", &limits->max_sessions },
        { "linger-ms", &limits->linger_ms },
        { "hello-timeout-ms", &limits->hello_timeout_ms },
        { "ping-interval-ms", &limits->ping_interval_ms },
        { "pong-timeout-ms", &limits->pong_timeout_ms },
        { "ice-timeout-ms", &limits->ice_timeout_ms },
        { "max-candidates", &limits->max_candidates },
        { "max-signals", &limits->max_signals },
        { "relay-requests-per-second", &limits->relay_requests_per_second },
        { "relay-request-burst", &limits->relay_request_burst },
        { "history-messages", &limits->history_messages },
    };
    guint64 number;

    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        if (!g_str_equal(key, counts[i].key))
            continue;
        if (!g_ascii_string_to_unsigned(value, 10, 1, 10 * 1000 * 1000, &number, NULL))
            return fail(config, "limits", key, error, "expected a number from 1 to 10000000");
        *counts[i].value = (guint)number;
        return TRUE;
    }
    if (g_str_equal(key, "history-bytes")) {
        if (!g_ascii_string_to_unsigned(value, 10, 1, 1 << 30, &number, NULL))
            return fail(config, "limits", key, error, "expected a number from 1 to 1073741824");
        limits->history_bytes = (gsize)number;
        return TRUE;
    }
    return fail(config, "limits", key, error, "there is no such limit");
}

/* --- [stream NAME] --- */

static gboolean
is_name(const char *text)
{
    if (!g_ascii_islower(*text) || strlen(text) > 64)
        return FALSE;
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

static gboolean
read_stream(Config *config, const char *group, GError **error)
{
    g_autoptr(SlStreamOptions) stream = g_new0(SlStreamOptions, 1);
    g_auto(GStrv) keys = g_key_file_get_keys(config->file, group, NULL, NULL);

    stream->name = g_strstrip(g_strdup(group + strlen("stream ")));
    if (!is_name(stream->name))
        return fail(config, group, "name", error, "expected letters a-z, digits, _ or -");
    if (config->options->streams->len >= MAX_STREAMS)
        return fail(config, group, "name", error, "more than 16 streams");

    for (guint i = 0; keys[i] != NULL; i++) {
        if (g_str_equal(keys[i], "device"))
            stream->device = g_key_file_get_string(config->file, group, keys[i], NULL);
        else if (g_str_equal(keys[i], "pipeline"))
            stream->pipeline = g_key_file_get_string(config->file, group, keys[i], NULL);
        else if (g_str_equal(keys[i], "set"))
            stream->set = get_list(config, group, keys[i]);
        else
            return fail(config, group, keys[i], error, "expected device, pipeline or set");
    }
    g_ptr_array_add(config->options->streams, g_steal_pointer(&stream));
    return TRUE;
}

/* --- the file --- */

static gboolean
read_keys(Config *config, const char *group,
          gboolean (*read_key)(Config *, const char *, const char *, GError **), GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(config->file, group, NULL, NULL);

    for (guint i = 0; keys[i] != NULL; i++) {
        g_autofree char *value = g_key_file_get_string(config->file, group, keys[i], NULL);
        if (value == NULL)
            return fail(config, group, keys[i], error, "the value can't be read");
        if (!read_key(config, keys[i], value, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_group(Config *config, const char *group, GError **error)
{
    if (g_str_equal(group, "server"))
        return read_keys(config, group, read_server_key, error);
    if (g_str_equal(group, "limits"))
        return read_keys(config, group, read_limit, error);
    if (g_str_has_prefix(group, "stream "))
        return read_stream(config, group, error);
    return fail(config, group, "", error, "expected [server], [limits] or [stream NAME]");
}

/* GKeyFile gives no lines and would stop at nothing: what can be wrong with the file as such is
 * said here. */
static gboolean
load_file(Config *config, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) fault = NULL;
    gsize len;

    if (!g_file_get_contents(config->path, &text, &len, &fault) ||
        !g_key_file_load_from_data(config->file, text, MIN(len, MAX_BYTES), G_KEY_FILE_NONE,
                                   &fault)) {
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_CONFIG, "%s: %s", config->path,
                    fault->message);
        return FALSE;
    }
    if (len > MAX_BYTES) {
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_CONFIG, "%s: larger than %d bytes",
                    config->path, MAX_BYTES);
        return FALSE;
    }
    return TRUE;
}

gboolean
sl_config_load(const char *path, SlOptions *options, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    Config config = { path, file, options };
    g_auto(GStrv) groups = NULL;
    g_autoptr(GError) fault = NULL;

    if (!load_file(&config, error))
        return FALSE;
    groups = g_key_file_get_groups(file, NULL);
    for (guint i = 0; groups[i] != NULL; i++) {
        if (read_group(&config, groups[i], &fault))
            continue;
        if (fault->domain == SL_OPTIONS_ERROR && fault->code == SL_OPTIONS_ERROR_CONFIG)
            g_propagate_error(error, g_steal_pointer(&fault));
        else
            g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_CONFIG, "%s: %s", path,
                        fault->message);
        return FALSE;
    }
    return TRUE;
}
