#include "sl-teardown.h"

#include "sl-context.h"

/* An element that does not go down at once. */
typedef struct {
    GstElement parent_instance;

    guint n_refusals; /* left */
    GMutex *held;     /* goes down when it gets this */
} Reluctant;
typedef GstElementClass ReluctantClass;

static GType reluctant_get_type(void);
G_DEFINE_TYPE(Reluctant, reluctant, GST_TYPE_ELEMENT)

static GstStateChangeReturn
reluctant_change_state(GstElement *element, GstStateChange change)
{
    Reluctant *self = (Reluctant *)element;

    if (change == GST_STATE_CHANGE_PAUSED_TO_READY && self->held != NULL) {
        g_mutex_lock(self->held);
        g_mutex_unlock(self->held);
    }
    if (change == GST_STATE_CHANGE_PAUSED_TO_READY && self->n_refusals > 0) {
        self->n_refusals--;
        return GST_STATE_CHANGE_FAILURE;
    }
    return GST_ELEMENT_CLASS(reluctant_parent_class)->change_state(element, change);
}

static void
reluctant_class_init(ReluctantClass *klass)
{
    klass->change_state = reluctant_change_state;
    gst_element_class_set_static_metadata(klass, "Reluctant", "Test", "Refuses to go down", "-");
}

static void
reluctant_init(Reluctant *self)
{
}

static void
on_done(gpointer done)
{
    *(gboolean *)done = TRUE;
}

/* Fatal criticals see to it that nothing is dropped that is still in use. */
static void
test_down_in_the_end(gconstpointer n_refusals)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    GstElement *pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    Reluctant *reluctant = g_object_new(reluctant_get_type(), NULL);
    gboolean ended = FALSE, drained = FALSE;

    reluctant->n_refusals = GPOINTER_TO_UINT(n_refusals);
    gst_bin_add(GST_BIN(pipeline), GST_ELEMENT(reluctant));
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_object_add_weak_pointer(G_OBJECT(pipeline), (gpointer *)&pipeline);

    g_main_context_acquire(context);
    sl_teardown_element(pipeline, NULL, context, on_done, &ended);
    sl_teardown_drain_async(context, on_done, &drained);
    g_assert_cmpuint(sl_teardown_get_n_pending(), ==, 1);
    while (!drained)
        g_main_context_iteration(context, TRUE);
    g_main_context_release(context);

    g_assert_true(ended);
    g_assert_null(pipeline);
}

static GMutex gone_lock;
static GCond gone_cond;
static gboolean is_gone;

static void
on_gone(gpointer unused, GObject *pipeline)
{
    g_mutex_lock(&gone_lock);
    is_gone = TRUE;
    g_cond_signal(&gone_cond);
    g_mutex_unlock(&gone_lock);
}

/* Who waits for one that hangs goes on, and it ends in the end. */
static void
test_within(void)
{
    GstElement *pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    Reluctant *reluctant = g_object_new(reluctant_get_type(), NULL);
    GMutex held;

    g_mutex_init(&held);
    reluctant->held = &held;
    gst_bin_add(GST_BIN(pipeline), GST_ELEMENT(reluctant));
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_object_weak_ref(G_OBJECT(pipeline), on_gone, NULL);

    g_mutex_lock(&held);
    g_assert_false(sl_teardown_element_within(pipeline, 50));
    g_mutex_unlock(&held);
    g_mutex_lock(&gone_lock);
    while (!is_gone)
        g_cond_wait(&gone_cond, &gone_lock);
    g_mutex_unlock(&gone_lock);
    g_mutex_clear(&held);
    g_assert_true(sl_teardown_element_within(gst_object_ref_sink(gst_pipeline_new(NULL)), 30000));
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/teardown/at-once", GUINT_TO_POINTER(0), test_down_in_the_end);
    g_test_add_data_func("/teardown/reluctant", GUINT_TO_POINTER(3), test_down_in_the_end);
    g_test_add_func("/teardown/within", test_within);
    return g_test_run();
}
