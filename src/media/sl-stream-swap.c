#include "sl-stream-private.h"

#include "sl-live-setting.h"

/* Another setup for the place of the present one, and other values for that. */

#define STOPPING "the stream is being stopped"

/* What the stream is to run by itself from now on. Returns: whether its input is another one */
static gboolean
take_wish(SlStream *self, SlSetup *setup)
{
    const SlCapture *capture = sl_setup_get_capture(setup);

    sl_camera_wait_set_wish(self->wait, sl_setup_get_description(setup),
                            sl_setup_get_values(setup));
    return capture != NULL && sl_found_input_take(self->found, capture);
}

static void
tell_wish(SlStream *self, gboolean is_another)
{
    g_signal_emit_by_name(self, "description-changed");
    if (is_another)
        g_signal_emit_by_name(self, "input-changed");
}

/* Viewers change over to it: those of other codecs with another peer. @setup: runs */
static void
give_place(SlStream *self, SlSetup *setup)
{
    gboolean is_own = sl_setup_get_publisher(setup) == NULL;
    g_autoptr(SlSetup) former = NULL;
    gboolean is_another = FALSE;

    if (!is_own && self->own == NULL)
        self->own = sl_stream_renew(self);
    former = g_steal_pointer(&self->present);
    g_signal_handlers_disconnect_by_data(former, self);
    self->present = g_object_ref(setup);
    sl_stream_connect_setup(self, setup);
    sl_stream_retire(self, former);
    if (is_own)
        is_another = take_wish(self, setup);
    else
        sl_camera_wait_stop_looking(self->wait);
    self->attempt = 0;
    self->slow_said = FALSE;
    g_clear_pointer(&self->slow, g_free);
    sl_stream_note_live(self);
    sl_stream_handle_event(self, SL_STREAM_EVENT_REPLACED);
    if (self->n_viewers == 0)
        sl_stream_handle_event(self, SL_STREAM_EVENT_UNWATCHED);
    sl_stream_become_live(self);

    sl_stream_tell_codecs(self);
    if (is_own)
        tell_wish(self, is_another);
}

/* It works; it runs when the publisher leaves. */
static void
keep(SlStream *self, SlSetup *setup)
{
    gboolean is_another = take_wish(self, setup);

    g_object_unref(self->own);
    self->own =
        sl_setup_new(self->context, sl_stream_get_input(self), sl_setup_get_description(setup),
                     sl_setup_get_values(setup), self->flags);
    sl_retiring_add(self->retiring, setup);
    tell_wish(self, is_another);
}

/* It runs, and has a picture. */
static void
take_place(SlStream *self, SlSetup *trial)
{
    if (self->own != NULL && sl_setup_get_publisher(trial) == NULL)
        keep(self, trial);
    else
        give_place(self, trial);
}

static void begin_next(SlStream *self);

static void
on_swap_ended(SlSwap *swap, const GError *error, SlStream *self)
{
    g_autoptr(SlStream) alive = g_object_ref(self);
    g_autoptr(SlSwap) ended = g_steal_pointer(&self->swap);
    g_autoptr(GTask) task = g_steal_pointer(&self->swap_task);
    SlSetup *trial = sl_swap_get_trial(ended);
    gboolean is_wanted = self->n_viewers > 0 && !self->stopping_for_good;

    if (error == NULL) {
        take_place(self, trial);
        g_task_return_boolean(task, TRUE);
    } else {
        if (!sl_setup_is_gone(trial))
            sl_retiring_add(self->retiring, trial);
        sl_stream_handle_event(self, is_wanted ? SL_STREAM_EVENT_RESUME : SL_STREAM_EVENT_REST);
        g_task_return_error(task, g_error_copy(error));
    }
    sl_stream_go_on(self);
    begin_next(self);
    sl_stream_finish_stop(self);
}

void
sl_stream_tell_if_free(SlStream *self)
{
    SlSetup *trial = self->swap != NULL ? sl_swap_get_trial(self->swap) : NULL;
    gboolean is_held;

    if (trial == NULL)
        return;
    is_held = !sl_setup_is_stopped(self->present) && sl_setup_excludes(self->present, trial);
    if (!is_held && !sl_retiring_make_way(self->retiring, trial))
        sl_swap_tell_free(self->swap);
}

/* --- one after the other --- */

static gboolean
fail(GTask *task, const char *message)
{
    g_task_return_new_error(task, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED, "%s", message);
    return FALSE;
}

static gboolean
is_pipelines(GTask *task)
{
    return sl_setup_get_publisher(g_task_get_task_data(task)) == NULL;
}

static gboolean
may_begin(SlStream *self, GTask *task)
{
    if (self->stopping_for_good)
        return fail(task, STOPPING);
    if (is_pipelines(task) && sl_retiring_is_full(self->retiring))
        return fail(task, "earlier pipelines have not stopped yet; try again later");
    return TRUE;
}

/* @task: (transfer full) */
static void
begin(SlStream *self, GTask *task)
{
    g_autoptr(GTask) owned = task;
    SlSetup *trial = g_task_get_task_data(task);
    gboolean excludes;

    if (!may_begin(self, task))
        return;
    if (sl_setup_get_tracks(trial)->len == 0) { /* there is nothing to try */
        sl_setup_start(trial);
        take_place(self, trial);
        g_task_return_boolean(task, TRUE);
        return;
    }
    if (is_pipelines(task)) /* more may be known of it than when it began to wait */
        sl_setup_set_input(trial, sl_stream_get_input(self));
    excludes = sl_setup_excludes(self->present, trial);
    self->swap_task = g_steal_pointer(&owned);
    self->swap = sl_swap_new(self->context, trial);
    g_signal_connect(self->swap, "ended", G_CALLBACK(on_swap_ended), self);
    sl_swap_begin(self->swap, sl_retiring_make_way(self->retiring, trial) || excludes);
    if (excludes)
        sl_stream_handle_event(self, SL_STREAM_EVENT_YIELD);
}

static void
begin_next(SlStream *self)
{
    while (self->swap == NULL && self->waiting->len > 0)
        begin(self, g_ptr_array_steal_index(self->waiting, 0));
}

void
sl_stream_try(SlStream *self, GTask *task)
{
    if (self->swap == NULL)
        begin(self, task);
    else
        g_ptr_array_add(self->waiting, task);
}

static const char *
find_hindrance(SlStream *self)
{
    gboolean is_tried = self->swap != NULL && is_pipelines(self->swap_task);

    if (self->stopping_for_good)
        return STOPPING;
    for (guint i = 0; i < self->waiting->len; i++)
        is_tried |= is_pipelines(g_ptr_array_index(self->waiting, i));
    return is_tried ? "another pipeline is being tried; try again" : NULL;
}

void
sl_stream_swap_async(SlStream *self, SlDescription *description, SlValues *values,
                     GAsyncReadyCallback callback, gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
    const char *hindrance = find_hindrance(self);

    if (hindrance != NULL) {
        fail(task, hindrance);
        return;
    }
    g_task_set_task_data(
        task,
        sl_setup_new(self->context, sl_stream_get_input(self), description, values, self->flags),
        g_object_unref);
    sl_stream_try(self, g_steal_pointer(&task));
}

void
sl_stream_call_off_swap(SlStream *self)
{
    g_autoptr(GError) error = g_error_new_literal(SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED, STOPPING);

    if (self->swap != NULL)
        sl_swap_cancel(self->swap, error);
}

gboolean
sl_stream_swap_finish(SlStream *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

gboolean
sl_stream_is_swapping(SlStream *self)
{
    return self->swap != NULL;
}

gboolean
sl_stream_set_live(SlStream *self, SlValues *values, GError **error)
{
    SlDescription *description = sl_stream_get_description(self);
    const char *hindrance = find_hindrance(self);
    g_autoptr(GPtrArray) settings = NULL;

    if (hindrance != NULL) {
        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED, hindrance);
        return FALSE;
    }
    settings =
        sl_description_get_live_settings(description, sl_stream_get_values(self), values, error);
    if (settings == NULL || !sl_setup_set_live(sl_stream_get_own(self), values, settings, error))
        return FALSE;
    sl_camera_wait_set_wish(self->wait, description, values);
    if (self->own == NULL) /* else nobody has its viewers' sections */
        g_signal_emit_by_name(self, "values-changed", settings);
    g_signal_emit_by_name(self, "description-changed");
    return TRUE;
}
