#include "sl-stream-private.h"

#include "sl-source-fault.h"

/* Cameras that come and go. */

/* Whether what comes might end what is wrong. */
static gboolean
waits_for_camera(SlStream *self)
{
    const SlInput *input = sl_stream_get_input(self);
    const GError *fault = sl_fault_log_get(self->faults);

    if (self->phase == SL_STREAM_PHASE_IDLE || self->own != NULL)
        return FALSE;
    return input->kind == SL_INPUT_NO_CAMERA ||
           (sl_input_is_camera(input) && fault != NULL && !sl_source_fault_is_pipelines(fault));
}

void
sl_stream_update_wait(SlStream *self)
{
    sl_camera_wait_set(self->wait, waits_for_camera(self));
}

void
sl_stream_look_behind_pattern(SlStream *self)
{
    if (sl_stream_get_input(self)->kind == SL_INPUT_NO_CAMERA && self->own == NULL)
        sl_camera_wait_look(self->wait);
}

/* What is being tried is not begun anew: a camera has several nodes, and others may come, too. */
static void
on_camera_came(SlCameraWait *wait, SlStream *self)
{
    sl_found_input_meet(self->found);
    sl_setup_set_input(sl_stream_get_own(self), sl_stream_get_input(self));
    if (!waits_for_camera(self))
        return;
    self->attempt = 0;
    if (self->phase != SL_STREAM_PHASE_RUNNING)
        sl_stream_handle_event(self, SL_STREAM_EVENT_CAME);
    else
        sl_stream_look_behind_pattern(self);
}

/* The test pattern stands in for it. */
static void
on_camera_there(SlCameraWait *wait, SlStream *self)
{
    sl_stream_handle_event(self, SL_STREAM_EVENT_CAME);
}

static void
on_camera_refused(SlCameraWait *wait, GError *error, SlStream *self)
{
    sl_fault_log_say(self->faults, error->message, "");
}

static gboolean
is_seen_at(const SlInput *input, const char *node)
{
    return input->identity != NULL && g_str_equal(input->identity->node, node);
}

/* Nothing is heard of some drivers when their device goes, and something else of others. */
static void
on_camera_went(SlCameraWait *wait, const char *node, SlStream *self)
{
    g_autoptr(SlStream) alive = g_object_ref(self);
    g_autoptr(GError) error = sl_source_fault_new_unplugged(sl_stream_get_input(self));
    const GError *fault;

    if (self->swap != NULL && is_seen_at(sl_setup_get_input(sl_swap_get_trial(self->swap)), node))
        sl_swap_cancel(self->swap, error);
    fault = sl_fault_log_get(self->faults);
    if (self->own != NULL || !is_seen_at(sl_stream_get_input(self), node) ||
        (fault != NULL && sl_source_fault_is_pipelines(fault)))
        return;
    if (sl_stream_phase_has_source(self->phase)) {
        sl_stream_break(self, error);
    } else if (fault != NULL) {
        sl_fault_log_set(self->faults, error);
        sl_stream_report(self);
    }
}

void
sl_stream_connect_wait(SlStream *self)
{
    g_signal_connect(self->wait, "came", G_CALLBACK(on_camera_came), self);
    g_signal_connect(self->wait, "went", G_CALLBACK(on_camera_went), self);
    g_signal_connect(self->wait, "there", G_CALLBACK(on_camera_there), self);
    g_signal_connect(self->wait, "refused", G_CALLBACK(on_camera_refused), self);
}
