#include <glib-unix.h>
#include <gst/gst.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sl-app.h"
#include "sl-check.h"
#include "sl-worker.h"

/* A viewer costs some ten descriptors; the usual soft limit of 1,024 ends at a hundred of them. */
static void
raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/*
 * A viewer's ten threads live as long as it watches. glibc spreads them over eight arenas a
 * processor, each of which keeps what it had at its fullest: after a thousand viewers that is 20 MB
 * of nothing. One a processor is enough, since small blocks have caches in their threads.
 */
static void
limit_malloc_arenas(void)
{
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, (int)MAX(2, g_get_num_processors()));
#endif
}

/* After the last viewer their threads need not wait for another one for 15 s, GLib's time. */
static void
let_idle_threads_go(void)
{
    g_thread_pool_set_max_idle_time(2000);
}

/*
 * v4l2src before 1.22.5 forgets its buffers where it leaves them to whoever still has one, and with
 * them an open descriptor of the camera, each time it stops. It does not where it waits for them;
 * and nobody has one by then.
 */
static void
let_cameras_go(void)
{
    guint major, minor, micro, nano;

    gst_version(&major, &minor, &micro, &nano);
    if (major == 1 && (minor < 22 || (minor == 22 && micro < 5)))
        g_setenv("GST_V4L2_FORCE_DRAIN", "1", FALSE);
}

/* It would tell of its version each time it is asked for cameras. */
static void
quieten_libcamera(void)
{
    g_setenv("LIBCAMERA_LOG_LEVELS", "*:ERROR", FALSE);
}

static gboolean
on_stop_signal(gpointer app)
{
    sl_app_stop(app);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_reload_signal(gpointer app)
{
    sl_app_reload(app);
    return G_SOURCE_CONTINUE;
}

/* What is cleaned up at exit, here and in libraries, is what threads that still work use. What was
 * stored is safe, as it is when the program is killed. */
G_NORETURN static void
leave_at_once(int status)
{
    fflush(NULL);
    _exit(status);
}

static int
serve(SlOptions *options)
{
    GMainContext *context = g_main_context_default();
    g_autoptr(SlApp) app = sl_app_new(context, options);
    /* Before anything is said on standard output: whoever reads it may send a signal at once. */
    guint interrupt_id = g_unix_signal_add(SIGINT, on_stop_signal, app);
    guint terminate_id = g_unix_signal_add(SIGTERM, on_stop_signal, app);
    guint reload_id = g_unix_signal_add(SIGHUP, on_reload_signal, app);
    int status = sl_app_start(app);

    if (status == SL_EXIT_OK && !sl_app_run(app))
        leave_at_once(status);
    g_source_remove(reload_id);
    g_source_remove(interrupt_id);
    g_source_remove(terminate_id);
    return status;
}

static int
run(SlOptions *options)
{
    g_autoptr(SlOptions) owned = options;

    if (options->version) {
        printf("sightline %s\n", SL_VERSION);
        return SL_EXIT_OK;
    }
    if (options->list_pipelines)
        return sl_app_list_pipelines();
    if (options->list_devices)
        return sl_app_list_devices(options->json);
    if (options->check != NULL) {
        const SlStreamOptions *stream = g_ptr_array_index(options->streams, 0);
        return sl_check(options->check, (const char *const *)stream->set);
    }
    return serve(g_steal_pointer(&owned));
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    SlOptions *options;
    int status;

    setlocale(LC_ALL, "");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error, as a full disk is */
    raise_descriptor_limit();
    limit_malloc_arenas();
    let_idle_threads_go();
    let_cameras_go();
    quieten_libcamera();

    options = sl_options_parse((const char *const *)argv, &error);
    if (options == NULL) {
        fprintf(stderr, "sightline: %s\n", error->message);
        return error->code == SL_OPTIONS_ERROR_USAGE ? SL_EXIT_USAGE : SL_EXIT_CONFIG;
    }
    gst_init(NULL, NULL);
    g_main_context_acquire(g_main_context_default());
    status = run(options);
    if (sl_worker_get_n_running() > 0)
        leave_at_once(status);
    g_main_context_release(g_main_context_default());
    return status;
}
