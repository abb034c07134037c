#include "sl-control-keeper.h"

#include <unistd.h>

#include "sl-camera.h"
#include "sl-census.h"
#include "sl-context.h"
#include "sl-description.h"
#include "sl-log.h"
#include "sl-worker.h"

/* Requests that wait while one is under way: as many people as drag a slider at the same time. */
#define MAX_WAITING 4
/* No camera has as many controls, but this camera may be another than the last. */
#define MAX_KEPT 256

struct _SlControlKeeper {
    GObject parent_instance;

    GMainContext *context;
    char *name;
    const SlControlDevice *device;
    GPtrArray *kept;     /* of Kept: what was set, by its control's name */
    GQueue waiting;      /* of Job */
    gboolean is_running; /* a job's thread */
    SlLogRate failures_said;
};

G_DEFINE_FINAL_TYPE(SlControlKeeper, sl_control_keeper, G_TYPE_OBJECT)

typedef struct {
    SlControlSetting *setting;
    gboolean is_refusal_said;
} Kept;

typedef enum { JOB_READ, JOB_SET, JOB_RESTORE } JobKind;

/* Between start_next() and on_job_done() its thread's. */
typedef struct {
    SlControlKeeper *keeper; /* owned; only the main thread lets it go */
    const SlControlDevice *device;
    JobKind kind;
    SlInput *camera;
    GPtrArray *settings; /* of SlControlSetting; NULL for JOB_READ */
    SlControlsFunc func; /* nullable */
    gpointer user_data;

    GPtrArray *controls; /* nullable */
    GError *error;
    GPtrArray *applied;  /* of SlControlSetting: what JOB_SET set */
    GPtrArray *refusals; /* of char, as settings: why JOB_RESTORE could not; NULL where it could */
} Job;

static GPtrArray *
settings_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)sl_control_setting_free);
}

static void
add_setting(GPtrArray *settings, const SlControlSetting *setting)
{
    g_ptr_array_add(settings, sl_control_setting_new(setting->name, setting->kind, setting->number,
                                                     setting->text));
}

static void
kept_free(gpointer data)
{
    Kept *kept = data;

    sl_control_setting_free(kept->setting);
    g_free(kept);
}

static void
job_free(gpointer data)
{
    Job *job = data;

    g_clear_object(&job->keeper);
    sl_input_unref(job->camera);
    g_clear_pointer(&job->settings, g_ptr_array_unref);
    g_clear_pointer(&job->controls, g_ptr_array_unref);
    g_clear_pointer(&job->applied, g_ptr_array_unref);
    g_clear_pointer(&job->refusals, g_ptr_array_unref);
    g_clear_error(&job->error);
    g_free(job);
}

/* --- in the job's thread --- */

/* A value by its number: what a label stood for is known by now. */
static void
note_applied(Job *job, const SlControlChange *change)
{
    SlControlSetting setting = {
        .name = change->control->name,
        .kind =
            change->control->type == SL_CONTROL_BOOLEAN ? SL_SETTING_BOOLEAN : SL_SETTING_INTEGER,
        .number = change->value,
    };

    if (change->control->type != SL_CONTROL_BUTTON)
        add_setting(job->applied, &setting);
}

static void
run_set(Job *job, gpointer device)
{
    g_autoptr(GPtrArray) before = sl_camera_controls_read(job->device->ioctl, device, &job->error);
    g_autoptr(GArray) changes = NULL;
    guint n_applied = 0;

    if (before != NULL)
        changes = sl_camera_controls_plan(before, job->settings, &job->error);
    if (changes == NULL)
        return;
    sl_camera_controls_apply(job->device->ioctl, device, changes, &n_applied, &job->error);
    for (guint i = 0; i < n_applied; i++)
        note_applied(job, &g_array_index(changes, SlControlChange, i));
    /* Not only the ones that were set: automatics change others. */
    if (job->error == NULL)
        job->controls = sl_camera_controls_read(job->device->ioctl, device, &job->error);
}

static void
restore_one(Job *job, gpointer device, GPtrArray *controls, guint index, guint turn)
{
    const SlControlSetting *setting = g_ptr_array_index(job->settings, index);
    SlCameraControl *control = sl_camera_controls_find(controls, setting->name);
    g_autoptr(GError) error = NULL;
    gint64 value;

    if (control == NULL && turn == 0)
        g_ptr_array_index(job->refusals, index) =
            g_strdup_printf("the camera has no control “%s”", setting->name);
    if (control == NULL || sl_camera_control_get_turn(control) != turn)
        return;
    if (!sl_camera_control_check(control, setting, &value, &error) ||
        !sl_camera_controls_set_again(job->device->ioctl, device, control, value, &error))
        g_ptr_array_index(job->refusals, index) = g_strdup(error->message);
}

static void
run_restore(Job *job, gpointer device)
{
    g_autoptr(GPtrArray) controls = NULL;

    if (job->settings->len > 0)
        controls = sl_camera_controls_read(job->device->ioctl, device, &job->error);
    if (controls == NULL)
        return;
    for (guint turn = 0; turn < SL_CONTROL_N_TURNS; turn++)
        for (guint i = 0; i < job->settings->len; i++)
            restore_one(job, device, controls, i, turn);
}

static void on_job_done(gpointer object, gpointer data);

static gpointer
run_job(gpointer data)
{
    Job *job = data;
    g_autofree char *node = sl_input_find_node(job->camera, &job->error);
    gpointer device;

    if (node != NULL && job->device->open(node, &device, &job->error)) {
        switch (job->kind) {
        case JOB_READ:
            job->controls = sl_camera_controls_read(job->device->ioctl, device, &job->error);
            break;
        case JOB_SET:
            run_set(job, device);
            break;
        case JOB_RESTORE:
            run_restore(job, device);
            break;
        }
        job->device->close(device);
    }
    sl_context_post(job->keeper->context, NULL, on_job_done, job, job_free);
    return NULL;
}

/* --- in the main thread --- */

static Kept *
find_kept(SlControlKeeper *self, const char *name)
{
    for (guint i = 0; i < self->kept->len; i++) {
        Kept *kept = g_ptr_array_index(self->kept, i);
        if (g_strcmp0(kept->setting->name, name) == 0)
            return kept;
    }
    return NULL;
}

static void
keep(SlControlKeeper *self, const SlControlSetting *setting)
{
    Kept *kept = find_kept(self, setting->name);

    if (kept == NULL && self->kept->len >= MAX_KEPT)
        return;
    if (kept == NULL) {
        kept = g_new0(Kept, 1);
        g_ptr_array_add(self->kept, kept);
    }
    g_clear_pointer(&kept->setting, sl_control_setting_free);
    kept->setting = sl_control_setting_new(setting->name, setting->kind, setting->number, NULL);
    kept->is_refusal_said = FALSE;
}

static void
say_refusals(SlControlKeeper *self, Job *job)
{
    if (job->error != NULL) {
        sl_log_warning_rated(&self->failures_said, "%s: what was set could not be set again: %s",
                             self->name, job->error->message);
        return;
    }
    for (guint i = 0; i < job->refusals->len; i++) {
        const SlControlSetting *setting = g_ptr_array_index(job->settings, i);
        const char *why = g_ptr_array_index(job->refusals, i);
        Kept *kept = find_kept(self, setting->name);

        if (why != NULL && kept != NULL && !kept->is_refusal_said)
            sl_log_warning("%s: \"%s\" could not be set again: %s", self->name, setting->name, why);
        if (kept != NULL)
            kept->is_refusal_said = why != NULL;
    }
}

static void
start_next(SlControlKeeper *self)
{
    Job *job = self->is_running ? NULL : g_queue_pop_head(&self->waiting);
    g_autoptr(GError) error = NULL;

    if (job == NULL)
        return;
    self->is_running = TRUE;
    if (job->kind == JOB_RESTORE) {
        for (guint i = 0; i < self->kept->len; i++)
            add_setting(job->settings, ((Kept *)g_ptr_array_index(self->kept, i))->setting);
        g_ptr_array_set_size(job->refusals, (gint)job->settings->len);
    }
    if (sl_worker_start("controls", run_job, job, &error))
        return;
    g_set_error(&job->error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED,
                "no thread to ask the camera in: %s", error->message);
    sl_context_post(self->context, NULL, on_job_done, job, job_free);
}

static void
on_job_done(gpointer object, gpointer data)
{
    Job *job = data;
    SlControlKeeper *self = job->keeper;

    self->is_running = FALSE;
    for (guint i = 0; i < job->applied->len; i++)
        keep(self, g_ptr_array_index(job->applied, i));
    if (job->kind == JOB_RESTORE)
        say_refusals(self, job);
    if (job->func != NULL)
        job->func(job->controls, job->error, job->user_data);
    start_next(self);
}

static Job *
job_new(SlControlKeeper *self, JobKind kind, SlInput *camera)
{
    Job *job = g_new0(Job, 1);

    job->keeper = g_object_ref(self);
    job->device = self->device;
    job->kind = kind;
    job->camera = sl_input_ref(camera);
    job->settings = settings_new();
    job->applied = settings_new();
    job->refusals = g_ptr_array_new_with_free_func(g_free);
    return job;
}

static gboolean
take_request(SlControlKeeper *self, Job *job, SlControlsFunc func, gpointer user_data,
             GError **error)
{
    if (g_queue_get_length(&self->waiting) >= MAX_WAITING) {
        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED,
                            "the camera is still busy with earlier requests; try again");
        job_free(job);
        return FALSE;
    }
    job->func = func;
    job->user_data = user_data;
    g_queue_push_tail(&self->waiting, job);
    start_next(self);
    return TRUE;
}

gboolean
sl_control_keeper_read(SlControlKeeper *self, SlInput *camera, SlControlsFunc func,
                       gpointer user_data, GError **error)
{
    return take_request(self, job_new(self, JOB_READ, camera), func, user_data, error);
}

gboolean
sl_control_keeper_set(SlControlKeeper *self, SlInput *camera, GPtrArray *settings,
                      SlControlsFunc func, gpointer user_data, GError **error)
{
    Job *job = job_new(self, JOB_SET, camera);

    for (guint i = 0; i < settings->len; i++)
        add_setting(job->settings, g_ptr_array_index(settings, i));
    return take_request(self, job, func, user_data, error);
}

/* One of them waits at most: it sets what is kept when its turn comes. */
void
sl_control_keeper_restore(SlControlKeeper *self, SlInput *camera)
{
    if (self->kept->len == 0 && !self->is_running)
        return;
    for (GList *l = self->waiting.head; l != NULL; l = l->next) {
        Job *job = l->data;
        if (job->kind != JOB_RESTORE)
            continue;
        sl_input_unref(job->camera);
        job->camera = sl_input_ref(camera);
        return;
    }
    g_queue_push_tail(&self->waiting, job_new(self, JOB_RESTORE, camera));
    start_next(self);
}

static void
sl_control_keeper_finalize(GObject *object)
{
    SlControlKeeper *self = SL_CONTROL_KEEPER(object);

    g_ptr_array_unref(self->kept);
    g_main_context_unref(self->context);
    g_free(self->name);
    G_OBJECT_CLASS(sl_control_keeper_parent_class)->finalize(object);
}

static void
sl_control_keeper_class_init(SlControlKeeperClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_control_keeper_finalize;
}

static void
sl_control_keeper_init(SlControlKeeper *self)
{
    sl_census_add_object(self);
    self->kept = g_ptr_array_new_with_free_func(kept_free);
    g_queue_init(&self->waiting);
}

SlControlKeeper *
sl_control_keeper_new(GMainContext *context, const char *name, const SlControlDevice *device)
{
    SlControlKeeper *self = g_object_new(SL_TYPE_CONTROL_KEEPER, NULL);

    self->context = g_main_context_ref(context);
    self->name = g_strdup(name);
    self->device = device;
    return self;
}

/* --- V4L2 nodes --- */

static gboolean
open_node(const char *node, gpointer *ret_device, GError **error)
{
    int fd = sl_camera_open(node, error);

    if (fd < 0)
        return FALSE;
    *ret_device = GINT_TO_POINTER(fd);
    return TRUE;
}

static void
close_node(gpointer device)
{
    close(GPOINTER_TO_INT(device));
}

const SlControlDevice *
sl_control_device_get_real(void)
{
    static const SlControlDevice REAL = { open_node, sl_camera_ioctl, close_node };

    return &REAL;
}
