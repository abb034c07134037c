#pragma once

#include <glib-object.h>

#include "sl-options.h"

G_BEGIN_DECLS

/* Exit statuses, as in sysexits.h. */
#define SL_EXIT_OK 0
#define SL_EXIT_USAGE 64
#define SL_EXIT_UNAVAILABLE 69 /* a local device or port is not to be had */
#define SL_EXIT_CONFIG 78      /* config or description */

/**
 * SlApp: builds the parts, connects them, stops them in order. Main thread only.
 */
#define SL_TYPE_APP (sl_app_get_type())
G_DECLARE_FINAL_TYPE(SlApp, sl_app, SL, APP, GObject)

/** @options: (transfer full) */
SlApp *sl_app_new(GMainContext *context, SlOptions *options);

/**
 * sl_app_start:
 *
 * Builds everything and listens; prints where to watch on standard output. Says on standard error
 * what went wrong. Returns: an exit status; SL_EXIT_OK: it runs
 */
int sl_app_start(SlApp *self);

/**
 * sl_app_run:
 *
 * Until sl_app_stop(). Returns: whether all of it has ended; else other threads are still at work
 * with what is here, and the process has to be left as it is, without exit().
 */
gboolean sl_app_run(SlApp *self);

/** sl_app_reload: reads the configuration and the descriptions again; pipelines that are others
 * then are tried. Mistakes are logged, and what there was goes on. */
void sl_app_reload(SlApp *self);

/** sl_app_stop: ends viewers, sources and the loop, within 2 s. A second call ends the loop at
 * once. */
void sl_app_stop(SlApp *self);

/*
 * What needs no server. Each prints and returns an exit status.
 */
int sl_app_list_pipelines(void);
int sl_app_list_devices(gboolean as_json);

G_END_DECLS
