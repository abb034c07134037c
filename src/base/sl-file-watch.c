#include "sl-file-watch.h"

#include <string.h>

#include "sl-census.h"
#include "sl-context.h"
#include "sl-file.h"
#include "sl-log.h"

/* After the last of several events that belong together. */
#define SETTLE_MS 50
/* For a writer to close the file. */
#define WRITING_MS 3000
/* For a file that is gone, empty or not permitted to come back. */
#define ABSENT_MS 1000
#define MAX_LINKS 16

struct _SlFileWatch {
    GObject parent_instance;

    GMainContext *context;
    char *path;
    gsize max_bytes;
    GBytes *content;       /* nullable */
    GPtrArray *steps;      /* char *: the links on the way, the file, its folder */
    GPtrArray *folders;    /* char *, of steps, each once */
    GPtrArray *monitors;   /* GFileMonitor, of folders */
    GSource *settle;       /* nullable */
    gint64 latest_us;      /* by then it is read; of settle */
    gboolean is_absent;    /* it is looked at again after ABSENT_MS */
    gboolean is_unwatched; /* it has been said */
};

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(SlFileWatch, sl_file_watch, G_TYPE_OBJECT)

/* --- the way to the file --- */

static gboolean
add_once(GPtrArray *texts, char *text)
{
    if (g_ptr_array_find_with_equal_func(texts, text, g_str_equal, NULL)) {
        g_free(text);
        return FALSE;
    }
    g_ptr_array_add(texts, text);
    return TRUE;
}

/* Where the first link on the way to @path leads, with what follows it; NULL without one.
 * @ret_link: that link */
static char *
follow_link(const char *path, char **ret_link)
{
    g_auto(GStrv) names = g_strsplit(path + 1, "/", -1);
    g_autofree char *folder = g_strdup("/");

    for (guint i = 0; names[i] != NULL; i++) {
        g_autofree char *step = g_build_filename(folder, names[i], NULL);
        g_autofree char *target = g_file_read_link(step, NULL);

        if (target != NULL) {
            g_autofree char *rest = g_strjoinv("/", names + i + 1);
            g_autofree char *joined = g_build_filename(target, rest, NULL);

            *ret_link = g_steal_pointer(&step);
            return g_canonicalize_filename(joined, folder);
        }
        g_free(folder);
        folder = g_steal_pointer(&step);
    }
    return NULL;
}

static GPtrArray *
find_steps(const char *path)
{
    GPtrArray *steps = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *file = g_canonicalize_filename(path, NULL);

    for (guint i = 0; i < MAX_LINKS; i++) {
        char *link;
        char *next = follow_link(file, &link);

        if (next == NULL)
            break;
        add_once(steps, link);
        g_free(file);
        file = next;
    }
    add_once(steps, g_path_get_dirname(file));
    add_once(steps, g_steal_pointer(&file));
    return steps;
}

static gboolean
is_step(SlFileWatch *self, GFile *file)
{
    const char *path = file != NULL ? g_file_peek_path(file) : NULL;

    return path != NULL && g_ptr_array_find_with_equal_func(self->steps, path, g_str_equal, NULL);
}

/* --- what is told --- */

static gboolean on_settled(gpointer user_data);

static void
look_after(SlFileWatch *self, guint delay_ms)
{
    sl_clear_source(&self->settle);
    self->settle = sl_context_add_timeout(self->context, delay_ms, on_settled, self);
}

/* Again and again puts it off, but not for ever. */
static void
look_soon(SlFileWatch *self, guint delay_ms)
{
    gint64 now_us = g_get_monotonic_time();

    if (self->settle == NULL || self->is_absent)
        self->latest_us = now_us + WRITING_MS * G_TIME_SPAN_MILLISECOND;
    self->is_absent = FALSE;
    look_after(self, (guint)CLAMP((self->latest_us - now_us) / G_TIME_SPAN_MILLISECOND, 0,
                                  (gint64)delay_ms));
}

static void
on_monitor_changed(GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event,
                   SlFileWatch *self)
{
    if (!is_step(self, file) && !is_step(self, other))
        return;
    /* Whoever writes tells when he is done. */
    if (event == G_FILE_MONITOR_EVENT_CHANGED || event == G_FILE_MONITOR_EVENT_CREATED)
        look_soon(self, WRITING_MS);
    else
        look_soon(self, SETTLE_MS);
}

static GFileMonitor *
monitor_folder(SlFileWatch *self, const char *folder)
{
    g_autoptr(GFile) file = g_file_new_for_path(folder);
    g_autoptr(GError) error = NULL;
    GFileMonitor *monitor;

    g_main_context_push_thread_default(self->context);
    monitor = g_file_monitor_directory(file, G_FILE_MONITOR_WATCH_MOVES, NULL, &error);
    g_main_context_pop_thread_default(self->context);
    if (monitor != NULL) {
        g_signal_connect(monitor, "changed", G_CALLBACK(on_monitor_changed), self);
    } else if (!self->is_unwatched) {
        self->is_unwatched = TRUE;
        sl_log_warning("%s can't be watched (%s): SIGHUP tells of changes in it", self->path,
                       error->message);
    }
    return monitor;
}

static void
drop_monitors(SlFileWatch *self)
{
    for (guint i = 0; i < self->monitors->len; i++) {
        GFileMonitor *monitor = g_ptr_array_index(self->monitors, i);

        g_signal_handlers_disconnect_by_data(monitor, self);
        g_file_monitor_cancel(monitor);
    }
    g_ptr_array_set_size(self->monitors, 0);
}

/* Links may lead elsewhere by now. */
static void
watch_steps(SlFileWatch *self)
{
    g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func(g_free);
    gboolean is_same;

    g_clear_pointer(&self->steps, g_ptr_array_unref);
    self->steps = find_steps(self->path);
    for (guint i = 0; i < self->steps->len; i++)
        add_once(folders, g_path_get_dirname(g_ptr_array_index(self->steps, i)));
    is_same = self->folders != NULL && folders->len == self->folders->len;
    for (guint i = 0; is_same && i < folders->len; i++)
        is_same = g_str_equal(g_ptr_array_index(folders, i), g_ptr_array_index(self->folders, i));
    if (is_same)
        return;

    drop_monitors(self);
    g_clear_pointer(&self->folders, g_ptr_array_unref);
    self->folders = g_steal_pointer(&folders);
    for (guint i = 0; i < self->folders->len; i++) {
        GFileMonitor *monitor = monitor_folder(self, g_ptr_array_index(self->folders, i));

        if (monitor != NULL)
            g_ptr_array_add(self->monitors, monitor);
    }
}

/* --- what is read --- */

static gboolean
is_content(SlFileWatch *self, GBytes *bytes)
{
    if (bytes == NULL || self->content == NULL)
        return bytes == self->content;
    return g_bytes_equal(bytes, self->content);
}

static gboolean
on_settled(gpointer user_data)
{
    SlFileWatch *self = user_data;
    g_autoptr(GBytes) bytes = NULL;
    gboolean may_pass;

    sl_clear_source(&self->settle);
    watch_steps(self); /* first: what changes from here on is told */
    bytes = sl_file_read(self->path, self->max_bytes, NULL);
    may_pass = bytes == NULL || g_bytes_get_size(bytes) == 0;
    if (may_pass && !self->is_absent && !is_content(self, bytes)) {
        self->is_absent = TRUE;
        look_after(self, ABSENT_MS);
        return G_SOURCE_REMOVE;
    }
    self->is_absent = FALSE;
    if (is_content(self, bytes))
        return G_SOURCE_REMOVE;
    g_clear_pointer(&self->content, g_bytes_unref);
    self->content = g_steal_pointer(&bytes);
    g_signal_emit(self, signals[CHANGED], 0);
    return G_SOURCE_REMOVE;
}

/* --- the object --- */

const char *
sl_file_watch_get_path(SlFileWatch *self)
{
    return self->path;
}

GBytes *
sl_file_watch_get_content(SlFileWatch *self)
{
    return self->content;
}

static void
sl_file_watch_dispose(GObject *object)
{
    SlFileWatch *self = SL_FILE_WATCH(object);

    sl_clear_source(&self->settle);
    drop_monitors(self);
    G_OBJECT_CLASS(sl_file_watch_parent_class)->dispose(object);
}

static void
sl_file_watch_finalize(GObject *object)
{
    SlFileWatch *self = SL_FILE_WATCH(object);

    g_ptr_array_unref(self->monitors);
    g_clear_pointer(&self->steps, g_ptr_array_unref);
    g_clear_pointer(&self->folders, g_ptr_array_unref);
    g_clear_pointer(&self->content, g_bytes_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self->path);
    G_OBJECT_CLASS(sl_file_watch_parent_class)->finalize(object);
}

static void
sl_file_watch_class_init(SlFileWatchClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_file_watch_dispose;
    object_class->finalize = sl_file_watch_finalize;
    signals[CHANGED] = g_signal_new("changed", SL_TYPE_FILE_WATCH, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                    NULL, G_TYPE_NONE, 0);
}

static void
sl_file_watch_init(SlFileWatch *self)
{
    sl_census_add_object(self);
    self->monitors = g_ptr_array_new_with_free_func(g_object_unref);
}

SlFileWatch *
sl_file_watch_new(GMainContext *context, const char *path, GBytes *content, gsize max_bytes)
{
    SlFileWatch *self = g_object_new(SL_TYPE_FILE_WATCH, NULL);

    self->context =
        context != NULL ? g_main_context_ref(context) : g_main_context_ref_thread_default();
    self->path = g_canonicalize_filename(path, NULL);
    self->max_bytes = max_bytes;
    self->content = g_bytes_ref(content);
    watch_steps(self);
    look_soon(self, SETTLE_MS);
    return self;
}
