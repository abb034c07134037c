#pragma once

#include <glib.h>

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
} SlStreamOptions;

/** SlOptions: command line and config file together: the command line counts for more. */
typedef struct {
    char *address; /* nullable: every address */
    guint16 port;
    SlIceSettings ice;
    SlLimits limits;
    char **allow_hosts;
    char **allow_origins;
    GPtrArray *streams; /* of SlStreamOptions; at least one */
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

/** sl_options_check_host: a name as it stands in a Host header, without a port */
gboolean sl_options_check_host(const char *text, GError **error);

/** sl_options_check_origin: `https://HOST[:PORT]` or `http://…` (RFC 6454, section 6.2) */
gboolean sl_options_check_origin(const char *text, GError **error);

G_END_DECLS
