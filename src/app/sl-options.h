#pragma once

#include <glib.h>

#include "sl-publish-policy.h"
#include "sl-settings.h"

G_BEGIN_DECLS

/**
 * SL_OPTIONS_ERROR: @SL_OPTIONS_ERROR_USAGE: the command line (exit status 64);
 * @SL_OPTIONS_ERROR_CONFIG: the file named with --config (78).
 */
#define SL_OPTIONS_ERROR (sl_options_error_quark())
GQuark sl_options_error_quark(void);

typedef enum {
    SL_OPTIONS_ERROR_USAGE,
    SL_OPTIONS_ERROR_CONFIG,
} SlOptionsError;

/** SlStreamOptions: one stream, as it is asked for. */
typedef struct {
    char *name;
    char *device;    /* nullable: the first camera, or the pattern */
    char *audio;     /* nullable: as sl_input_set_sound() */
    char *pipeline;  /* a name or a file */
    char **set;      /* NAME=VALUE; NULL where there is none */
    gboolean strict; /* a camera gives exactly what is wanted, or nothing */
    SlPublishPolicy publish;
    gboolean has_publish; /* its own, rather than the server's */
} SlStreamOptions;

/** SlOptions: command line and config file together: the command line counts for more. */
typedef struct {
    char *address; /* nullable: every address */
    guint16 port;
    SlIceSettings ice;
    SlLimits limits;
    GPtrArray *namespaces;    /* of SlRelayNamespace */
    char *tls_cert, *tls_key; /* nullable, both or none */
    gboolean tls_self_signed; /* neither: http */
    char **allow_hosts;
    char **allow_origins;
    SlPublishPolicy publish;  /* of streams that don't have their own */
    GPtrArray *streams;       /* of SlStreamOptions; at least one */
    char *relay_socket;       /* nullable: none */
    guint relay_socket_mode;  /* 0: not given */
    char *relay_socket_group; /* nullable */
    char *cache_dir;          /* nullable: objects are kept in memory */
    char *web_dir;
    char *check;
    char **argv;         /* what it was parsed from */
    gboolean allow_edit; /* operators may send whole descriptions */
    gboolean wait;       /* for cameras that can't be had yet, rather than to exit */
    gboolean new_keys, no_keys;
    gboolean list_devices, json, list_pipelines, version;
} SlOptions;

/**
 * sl_options_parse:
 * @argv: (array zero-terminated=1): not changed; --help prints and exits
 *
 * Returns: (transfer full) (nullable): SL_OPTIONS_ERROR
 */
SlOptions *sl_options_parse(const char *const *argv, GError **error);
/** sl_options_check_tls: one way to have a certificate, and that one whole. @dashes: before the
 * options' names in the message: "--", or "" in a file */
gboolean sl_options_check_tls(const char *cert, const char *key, gboolean self_signed,
                              const char *dashes, GError **error);
/** sl_options_check_relay_socket: @mode (0: none) and @group (nullable) are of one that there is;
 * @dashes as above */
gboolean sl_options_check_relay_socket(const char *path, guint mode, const char *group,
                                       const char *dashes, GError **error);
/** sl_options_find_stream: (nullable) */
const SlStreamOptions *sl_options_find_stream(const SlOptions *self, const char *name);
void sl_options_free(SlOptions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlOptions, sl_options_free)

/**
 * sl_options_parse_listen:
 * @text: `[ADDRESS]:PORT`: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, `:8080`
 * @ret_address: (transfer full) (nullable): an IP literal; %NULL for every address
 *
 * This and what follows return FALSE with SL_OPTIONS_ERROR_USAGE; the message begins with @text,
 * not with the option's name.
 */
gboolean sl_options_parse_listen(const char *text, char **ret_address, guint16 *ret_port,
                                 GError **error);

/** sl_options_parse_ports: `MIN-MAX`, both from 1024, MIN ≤ MAX */
gboolean sl_options_parse_ports(const char *text, guint16 *ret_min, guint16 *ret_max,
                                GError **error);

/** sl_options_parse_mode: permissions in octal, such as `0660`: with something in them, at most
 * `0777` */
gboolean sl_options_parse_mode(const char *text, guint *ret_mode, GError **error);

/** sl_options_check_host: a name as it stands in a Host header, without a port */
gboolean sl_options_check_host(const char *text, GError **error);

/** sl_options_check_origin: `https://HOST[:PORT]` or `http://…` (RFC 6454, section 6.2) */
gboolean sl_options_check_origin(const char *text, GError **error);

G_END_DECLS
