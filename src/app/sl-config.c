#include "sl-config.h"

#include <errno.h>
#include <stdio.h>

#include "sl-log.h"
#include "sl-options-private.h"
#include "sl-problems.h"
#include "sl-relay-namespaces.h"

#define MAX_BYTES (64 * 1024)
#define MAX_STREAMS 16
#define MAX_NAMESPACES 16

typedef struct {
    const char *path;
    GKeyFile *file;
    SlOptions *options;
} Config;

static gboolean
fail(Config *config, const char *group, const char *key, GError **error, const char *message)
{
    g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_CONFIG, "%s: [%s]%s%s: %s", config->path,
                group, key != NULL ? " " : "", key != NULL ? key : "", message);
    return FALSE;
}

/* @expected: a comma-separated list of what there is */
static gboolean
fail_unknown(Config *config, const char *group, const char *key, const char *expected,
             GError **error)
{
    g_auto(GStrv) known = g_strsplit(expected, ", ", -1);
    g_autofree char *hint = sl_problems_did_you_mean(key, (const char *const *)known);
    g_autofree char *message = g_strdup_printf("expected one of %s%s", expected, hint);

    return fail(config, group, key, error, message);
}

/* As fail(), with what another function found wrong with the value. */
static gboolean
fail_with(Config *config, const char *key, GError *fault, GError **error)
{
    g_autoptr(GError) owned = fault;

    return fail(config, "server", key, error, owned->message);
}

static char **
get_list(Config *config, const char *group, const char *key)
{
    return g_key_file_get_string_list(config->file, group, key, NULL, NULL);
}

static gboolean
read_boolean(Config *config, const char *group, const char *key, gboolean *target, GError **error)
{
    g_autoptr(GError) fault = NULL;

    *target = g_key_file_get_boolean(config->file, group, key, &fault);
    return fault == NULL || fail(config, group, key, error, "expected true or false");
}

static gboolean
read_publish(Config *config, const char *group, const char *value, SlPublishPolicy *target,
             GError **error)
{
    return sl_publish_policy_parse(value, target) ||
           fail(config, group, "publish", error, "expected replace, refuse or off");
}

/* --- [server] --- */

static gboolean
read_checked_list(Config *config, const char *key, gboolean (*check)(const char *, GError **),
                  char ***target, GError **error)
{
    g_auto(GStrv) values = get_list(config, "server", key);
    GError *fault = NULL;

    for (guint i = 0; values[i] != NULL; i++) {
        if (!check(values[i], &fault))
            return fail_with(config, key, fault, error);
    }
    g_strfreev(*target);
    *target = g_steal_pointer(&values);
    return TRUE;
}

static gboolean
read_listen(Config *config, const char *value, GError **error)
{
    SlOptions *options = config->options;
    GError *fault = NULL;

    g_clear_pointer(&options->address, g_free);
    if (sl_options_parse_listen(value, &options->address, &options->port, &fault))
        return TRUE;
    return fail_with(config, "listen", fault, error);
}

static gboolean
read_ports(Config *config, const char *value, GError **error)
{
    SlIceSettings *ice = &config->options->ice;
    GError *fault = NULL;

    if (sl_options_parse_ports(value, &ice->port_min, &ice->port_max, &fault))
        return TRUE;
    return fail_with(config, "media-ports", fault, error);
}

static gboolean
read_mode(Config *config, const char *value, GError **error)
{
    GError *fault = NULL;

    if (sl_options_parse_mode(value, &config->options->relay_socket_mode, &fault))
        return TRUE;
    return fail_with(config, "relay-socket-mode", fault, error);
}

static gboolean
read_server_key(Config *config, const char *key, const char *value, GError **error)
{
    SlOptions *options = config->options;

    if (g_str_equal(key, "listen"))
        return read_listen(config, value, error);
    if (g_str_equal(key, "media-ports"))
        return read_ports(config, value, error);
    if (g_str_equal(key, "ice-server"))
        return read_checked_list(config, key, sl_ice_server_check, &options->ice.servers, error);
    if (g_str_equal(key, "allow-host"))
        return read_checked_list(config, key, sl_options_check_host, &options->allow_hosts, error);
    if (g_str_equal(key, "allow-origin"))
        return read_checked_list(config, key, sl_options_check_origin, &options->allow_origins,
                                 error);
    if (g_str_equal(key, "no-keys"))
        return read_boolean(config, "server", key, &options->no_keys, error);
    if (g_str_equal(key, "wait"))
        return read_boolean(config, "server", key, &options->wait, error);
    if (g_str_equal(key, "allow-edit"))
        return read_boolean(config, "server", key, &options->allow_edit, error);
    if (g_str_equal(key, "publish"))
        return read_publish(config, "server", value, &options->publish, error);
    if (g_str_equal(key, "tls-self-signed"))
        return read_boolean(config, "server", key, &options->tls_self_signed, error);
    if (g_str_equal(key, "relay-socket-mode"))
        return read_mode(config, value, error);
    if (g_str_equal(key, "relay-socket"))
        options->relay_socket = g_strdup(value);
    else if (g_str_equal(key, "relay-socket-group"))
        options->relay_socket_group = g_strdup(value);
    else if (g_str_equal(key, "cache-dir"))
        options->cache_dir = g_strdup(value);
    else if (g_str_equal(key, "tls-cert"))
        options->tls_cert = g_strdup(value);
    else if (g_str_equal(key, "tls-key"))
        options->tls_key = g_strdup(value);
    else
        return fail_unknown(config, "server", key,
                            "listen, tls-self-signed, tls-cert, tls-key, media-ports, ice-server, "
                            "allow-host, allow-origin, no-keys, wait, allow-edit, publish, "
                            "relay-socket, relay-socket-mode, relay-socket-group, cache-dir",
                            error);
    return TRUE;
}

/* What only all of the section's keys together tell. */
static gboolean
check_server(Config *config, GError **error)
{
    const SlOptions *options = config->options;
    g_autoptr(GError) fault = NULL;

    return (sl_options_check_tls(options->tls_cert, options->tls_key, options->tls_self_signed, "",
                                 &fault) &&
            sl_options_check_relay_socket(options->relay_socket, options->relay_socket_mode,
                                          options->relay_socket_group, "", &fault)) ||
           fail(config, "server", NULL, error, fault->message);
}

/* --- [limits] --- */

/* Too many to list: the one that was meant is said, where there is one. */
static char *
limit_hint(const char *key)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    guint n;
    const SlLimitInfo *infos = sl_limits_get_infos(&n);

    for (guint i = 0; i < n; i++) {
        if (g_str_equal(infos[i].name, key))
            return g_strdup("");
        g_ptr_array_add(names, (char *)infos[i].name);
    }
    g_ptr_array_add(names, NULL);
    return sl_problems_did_you_mean(key, (const char *const *)names->pdata);
}

static gboolean
read_limit(Config *config, const char *key, const char *value, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autofree char *hint = NULL;
    g_autofree char *message = NULL;

    if (sl_limits_set(&config->options->limits, key, value, &fault))
        return TRUE;
    hint = limit_hint(key);
    message = g_strconcat(fault->message, hint, NULL);
    return fail(config, "limits", key, error, message);
}

/* --- [namespace NAME] --- */

/* One that is there, or another. Returns: (transfer none) (nullable) */
static SlRelayNamespace *
take_namespace(Config *config, const char *group, GError **error)
{
    g_autofree char *name = g_strstrip(g_strdup(group + strlen("namespace ")));
    GPtrArray *namespaces = config->options->namespaces;
    SlRelayNamespace *namespace_ = sl_relay_namespaces_find(namespaces, name);

    if (namespace_ != NULL)
        return namespace_;
    if (!sl_relay_namespace_is_name(name)) {
        fail(config, group, NULL, error,
             "expected a name of a-z, 0-9, '_' and '-' that begins with a letter");
        return NULL;
    }
    if (namespaces->len >= MAX_NAMESPACES) {
        fail(config, group, NULL, error,
             "expected 16 namespaces at most, with chat, telemetry and control");
        return NULL;
    }
    namespace_ = sl_relay_namespace_new(name);
    g_ptr_array_add(namespaces, namespace_);
    return namespace_;
}

static gboolean
read_namespace_key(Config *config, const char *group, SlRelayNamespace *namespace_, const char *key,
                   GError **error)
{
    const char *const *known = sl_relay_namespace_get_keys();
    g_autofree char *value = g_key_file_get_string(config->file, group, key, NULL);
    g_autofree char *expected = NULL;
    g_autoptr(GError) fault = NULL;

    if (!g_strv_contains(known, key)) {
        expected = g_strjoinv(", ", (char **)known);
        return fail_unknown(config, group, key, expected, error);
    }
    if (value == NULL)
        return fail(config, group, key, error, "the value can't be read");
    return sl_relay_namespace_set(namespace_, key, value, &fault) ||
           fail(config, group, key, error, fault->message);
}

static gboolean
read_namespace(Config *config, const char *group, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(config->file, group, NULL, NULL);
    SlRelayNamespace *namespace_ = take_namespace(config, group, error);

    if (namespace_ == NULL)
        return FALSE;
    for (guint i = 0; keys[i] != NULL; i++) {
        if (!read_namespace_key(config, group, namespace_, keys[i], error))
            return FALSE;
    }
    return TRUE;
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
has_stream(Config *config, const char *name)
{
    GPtrArray *streams = config->options->streams;

    for (guint i = 0; i < streams->len; i++) {
        if (g_str_equal(((SlStreamOptions *)g_ptr_array_index(streams, i))->name, name))
            return TRUE;
    }
    return FALSE;
}

static gboolean
read_stream_publish(Config *config, const char *group, SlStreamOptions *stream, GError **error)
{
    g_autofree char *value = g_key_file_get_string(config->file, group, "publish", NULL);

    stream->has_publish = TRUE;
    return read_publish(config, group, value != NULL ? value : "", &stream->publish, error);
}

static gboolean
read_stream(Config *config, const char *group, GError **error)
{
    g_autoptr(SlStreamOptions) stream = g_new0(SlStreamOptions, 1);
    g_auto(GStrv) keys = g_key_file_get_keys(config->file, group, NULL, NULL);

    stream->name = g_strstrip(g_strdup(group + strlen("stream ")));
    if (!is_name(stream->name))
        return fail(config, group, NULL, error,
                    "expected a name of a-z, 0-9, '_' and '-' that begins with a letter");
    if (config->options->streams->len >= MAX_STREAMS)
        return fail(config, group, NULL, error, "expected 16 streams at most");
    if (has_stream(config, stream->name))
        return fail(config, group, NULL, error, "expected a name that no other stream has");

    for (guint i = 0; keys[i] != NULL; i++) {
        if (g_str_equal(keys[i], "device"))
            stream->device = g_key_file_get_string(config->file, group, keys[i], NULL);
        else if (g_str_equal(keys[i], "pipeline"))
            stream->pipeline = g_key_file_get_string(config->file, group, keys[i], NULL);
        else if (g_str_equal(keys[i], "audio"))
            stream->audio = g_key_file_get_string(config->file, group, keys[i], NULL);
        else if (g_str_equal(keys[i], "set"))
            stream->set = get_list(config, group, keys[i]);
        else if (g_str_equal(keys[i], "publish")) {
            if (!read_stream_publish(config, group, stream, error))
                return FALSE;
        } else if (!g_str_equal(keys[i], "strict"))
            return fail_unknown(config, group, keys[i],
                                "device, audio, pipeline, publish, set, strict", error);
        else if (!read_boolean(config, group, keys[i], &stream->strict, error))
            return FALSE;
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
        return read_keys(config, group, read_server_key, error) && check_server(config, error);
    if (g_str_equal(group, "limits"))
        return read_keys(config, group, read_limit, error);
    if (g_str_has_prefix(group, "namespace "))
        return read_namespace(config, group, error);
    if (g_str_has_prefix(group, "stream "))
        return read_stream(config, group, error);
    return fail(config, group, NULL, error,
                "expected [server], [limits], [namespace NAME] or [stream NAME]");
}

/* No more of it than may be there, whatever it is. */
static gboolean
read_text(Config *config, char **ret_text, gsize *ret_len, GError **error)
{
    g_autofree char *text = g_malloc(MAX_BYTES + 1);
    FILE *file = fopen(config->path, "re");
    gsize len = file != NULL ? fread(text, 1, MAX_BYTES + 1, file) : 0;
    gboolean failed = file == NULL || ferror(file) != 0;
    int code = errno;

    if (file != NULL)
        fclose(file);
    if (failed) {
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_CONFIG, "can't read %s: %s",
                    config->path, g_strerror(code));
        return FALSE;
    }
    if (len > MAX_BYTES) {
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_CONFIG,
                    "%s: larger than %d bytes, expected a file of settings", config->path,
                    MAX_BYTES);
        return FALSE;
    }
    *ret_text = g_steal_pointer(&text);
    *ret_len = len;
    return TRUE;
}

/* Of what stands twice, GKeyFile would take the last without a word. */
static gboolean
check_lines(Config *config, const char *text, gsize len, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *copy = g_strndup(text, len);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    const char *group = "";

    for (guint i = 0; lines[i] != NULL; i++) {
        char *line = g_strstrip(lines[i]);
        g_autofree char *key = g_strndup(line, strcspn(line, "="));
        g_autofree char *what = NULL;

        if (*line == '#' || *line == '\0')
            continue;
        if (*line == '[')
            group = line;
        g_strchomp(key);
        what = *line == '[' ? g_strdup(line) : g_strconcat(group, " ", key, NULL);
        if (g_hash_table_contains(seen, what)) {
            guint first = GPOINTER_TO_UINT(g_hash_table_lookup(seen, what));

            g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_CONFIG,
                        "%s:%u: %s again, expected it once; the first is in line %u", config->path,
                        i + 1, what, first);
            return FALSE;
        }
        g_hash_table_insert(seen, g_steal_pointer(&what), GUINT_TO_POINTER(i + 1));
    }
    return TRUE;
}

/* What is wrong with the file as such. */
static gboolean
load_file(Config *config, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) fault = NULL;
    gsize len;

    if (!read_text(config, &text, &len, error))
        return FALSE;
    if (g_key_file_load_from_data(config->file, text, len, G_KEY_FILE_NONE, &fault))
        return check_lines(config, text, len, error);
    if (g_error_matches(fault, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND)) {
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_CONFIG,
                    "%s: settings before the first section, expected [server], [limits], "
                    "[namespace NAME] or [stream NAME] above them",
                    config->path);
    } else {
        g_autofree char *message = sl_log_redact_text(fault->message);
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_CONFIG, "%s: %s", config->path,
                    message);
    }
    return FALSE;
}

gboolean
sl_config_load(const char *path, SlOptions *options, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    Config config = { path, file, options };
    g_auto(GStrv) groups = NULL;

    if (!load_file(&config, error))
        return FALSE;
    groups = g_key_file_get_groups(file, NULL);
    for (guint i = 0; groups[i] != NULL; i++) {
        if (!read_group(&config, groups[i], error))
            return FALSE;
    }
    return TRUE;
}
