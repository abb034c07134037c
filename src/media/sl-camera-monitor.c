#include "sl-camera-monitor.h"

#include <string.h>

#include <gudev/gudev.h>

#include "sl-camera.h"
#include "sl-camera-owner.h"
#include "sl-census.h"
#include "sl-context.h"

#define UDEV_CONTROL "/run/udev/control"
#define SUBSYSTEM "video4linux"
#define POLL_MS 1000

struct _SlCameraMonitor {
    GObject parent_instance;

    GMainContext *context;
    GUdevClient *udev; /* NULL where it does not run */
    guint n_holders;
    GSource *timer;   /* looks, where there is no udev and somebody waits */
    GHashTable *seen; /* set of char: nodes at the last look */
};

G_DEFINE_FINAL_TYPE(SlCameraMonitor, sl_camera_monitor, G_TYPE_OBJECT)

enum { CAME, WENT, N_SIGNALS };
static guint signals[N_SIGNALS];

void
sl_camera_monitor_report(SlCameraMonitor *self, const char *node, gboolean came)
{
    g_signal_emit(self, signals[came ? CAME : WENT], 0, node);
}

/* --- udev --- */

static void
on_uevent(GUdevClient *udev, const char *action, GUdevDevice *device, SlCameraMonitor *self)
{
    const char *node = g_udev_device_get_name(device);

    if (node == NULL || sl_camera_node_number(node) < 0)
        return;
    if (g_str_equal(action, "add"))
        sl_camera_monitor_report(self, node, TRUE);
    else if (g_str_equal(action, "remove"))
        sl_camera_monitor_report(self, node, FALSE);
}

/* A container that has udev's files does not hear what it says: that stays in the network namespace
 * of its own. */
static GUdevClient *
connect_udev(SlCameraMonitor *self)
{
    static const char *const subsystems[] = { SUBSYSTEM, NULL };
    GUdevClient *udev;

    if (!g_file_test(UDEV_CONTROL, G_FILE_TEST_EXISTS) || sl_camera_owner_is_in_container())
        return NULL;
    g_main_context_push_thread_default(self->context);
    udev = g_udev_client_new(subsystems);
    g_main_context_pop_thread_default(self->context);
    g_signal_connect(udev, "uevent", G_CALLBACK(on_uevent), self);
    return udev;
}

/* --- looking --- */

/* A container may have a node for longer than there is a device behind it. */
static GHashTable *
look(void)
{
    GHashTable *nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) paths = sl_camera_list_nodes(SL_CAMERA_DEV_DIR);

    for (guint i = 0; i < paths->len; i++) {
        g_autofree char *node = g_path_get_basename(paths->pdata[i]);
        g_autofree char *device = g_build_filename(SL_CAMERA_CLASS_DIR, node, NULL);
        if (g_file_test(device, G_FILE_TEST_EXISTS))
            g_hash_table_add(nodes, g_steal_pointer(&node));
    }
    return nodes;
}

static void
report_missing(SlCameraMonitor *self, GHashTable *of, GHashTable *in, gboolean came)
{
    GHashTableIter iter;
    gpointer node;

    g_hash_table_iter_init(&iter, of);
    while (g_hash_table_iter_next(&iter, &node, NULL)) {
        if (!g_hash_table_contains(in, node))
            sl_camera_monitor_report(self, node, came);
    }
}

static gboolean
on_poll(gpointer data)
{
    g_autoptr(SlCameraMonitor) self = g_object_ref(data);
    g_autoptr(GHashTable) before = g_steal_pointer(&self->seen);
    g_autoptr(GHashTable) now = look();

    self->seen = g_hash_table_ref(now);
    report_missing(self, before, now, FALSE);
    report_missing(self, now, before, TRUE);
    return G_SOURCE_CONTINUE;
}

void
sl_camera_monitor_hold(SlCameraMonitor *self)
{
    if (self->n_holders++ > 0 || self->udev != NULL)
        return;
    g_clear_pointer(&self->seen, g_hash_table_unref);
    self->seen = look();
    self->timer = sl_context_add_timeout(self->context, POLL_MS, on_poll, self);
}

void
sl_camera_monitor_release(SlCameraMonitor *self)
{
    g_return_if_fail(self->n_holders > 0);
    if (--self->n_holders == 0)
        sl_clear_source(&self->timer);
}

/* --- the object --- */

static void
sl_camera_monitor_dispose(GObject *object)
{
    SlCameraMonitor *self = SL_CAMERA_MONITOR(object);

    sl_clear_source(&self->timer);
    if (self->udev != NULL)
        g_signal_handlers_disconnect_by_data(self->udev, self);
    g_clear_object(&self->udev);
    G_OBJECT_CLASS(sl_camera_monitor_parent_class)->dispose(object);
}

static void
sl_camera_monitor_finalize(GObject *object)
{
    SlCameraMonitor *self = SL_CAMERA_MONITOR(object);

    g_clear_pointer(&self->seen, g_hash_table_unref);
    g_main_context_unref(self->context);
    G_OBJECT_CLASS(sl_camera_monitor_parent_class)->finalize(object);
}

static void
sl_camera_monitor_class_init(SlCameraMonitorClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_camera_monitor_dispose;
    object_class->finalize = sl_camera_monitor_finalize;
    signals[CAME] = g_signal_new("came", SL_TYPE_CAMERA_MONITOR, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
    signals[WENT] = g_signal_new("went", SL_TYPE_CAMERA_MONITOR, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
sl_camera_monitor_init(SlCameraMonitor *self)
{
    sl_census_add_object(self);
}

SlCameraMonitor *
sl_camera_monitor_new(GMainContext *context)
{
    SlCameraMonitor *self = g_object_new(SL_TYPE_CAMERA_MONITOR, NULL);

    self->context = g_main_context_ref(context);
    self->udev = connect_udev(self);
    return self;
}
