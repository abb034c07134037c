#include "sl-stream-private.h"

#include "sl-live-setting.h"

/* Another setup for the place of the present one, and other values for that. */

/* Viewers change over to it: those of other codecs with another peer. */
static void
give_place(SlStream *self, SlSetup *setup)
{
    g_autoptr(SlSetup) former = g_steal_pointer(&self->present);
    gboolean is_same =
        sl_track_codecs_are_equal(sl_setup_get_codecs(former), sl_setup_get_codecs(setup));
    gboolean is_another;

    self->present = g_object_ref(setup);
    sl_stream_connect_setup(self, setup);
    g_signal_handlers_disconnect_by_data(former, self);
    sl_retiring_add(self->retiring, former);
    sl_camera_wait_set_wish(self->wait, sl_setup_get_description(setup),
                            sl_setup_get_values(setup));
    is_another = sl_found_input_take(self->found, sl_setup_get_capture(setup));
    self->attempt = 0;
    self->slow_said = FALSE;
    g_clear_pointer(&self->slow, g_free);
    sl_stream_note_live(self);
    sl_stream_handle_event(self, SL_STREAM_EVENT_REPLACED);
    if (self->n_viewers == 0)
        sl_stream_handle_event(self, SL_STREAM_EVENT_UNWATCHED);
    sl_stream_become_live(self);

    g_signal_emit_by_name(self, is_same ? "tracks-changed" : "codecs-changed");
    g_signal_emit_by_name(self, "description-changed");
    if (is_another)
        g_signal_emit_by_name(self, "input-changed");
}

static void
on_swap_ended(SlSwap *swap, const GError *error, SlStream *self)
{
    g_autoptr(SlStream) alive = g_object_ref(self);
    g_autoptr(SlSwap) ended = g_steal_pointer(&self->swap);
    g_autoptr(GTask) task = g_steal_pointer(&self->swap_task);
    SlSetup *trial = sl_swap_get_trial(ended);
    gboolean is_wanted = self->n_viewers > 0 && !self->stopping_for_good;

    if (error == NULL) {
        give_place(self, trial);
        g_task_return_boolean(task, TRUE);
        return;
    }
    if (!sl_setup_is_gone(trial))
        sl_retiring_add(self->retiring, trial);
    sl_stream_handle_event(self, is_wanted ? SL_STREAM_EVENT_RESUME : SL_STREAM_EVENT_REST);
    g_task_return_error(task, g_error_copy(error));
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

static const char *
find_hindrance(SlStream *self)
{
    if (self->stopping_for_good)
        return "the stream is being stopped";
    return self->swap != NULL ? "another pipeline is being tried; try again" : NULL;
}

static gboolean
check_may(const char *hindrance, GError **error)
{
    if (hindrance != NULL)
        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED, hindrance);
    return hindrance == NULL;
}

void
sl_stream_swap_async(SlStream *self, SlDescription *description, SlValues *values,
                     GAsyncReadyCallback callback, gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
    g_autoptr(SlSetup) trial = NULL;
    g_autoptr(GError) error = NULL;
    const char *hindrance = find_hindrance(self);
    gboolean excludes;

    if (hindrance == NULL && sl_retiring_is_full(self->retiring))
        hindrance = "earlier pipelines have not stopped yet; try again later";
    if (!check_may(hindrance, &error)) {
        g_task_return_error(task, g_steal_pointer(&error));
        return;
    }
    trial =
        sl_setup_new(self->context, sl_stream_get_input(self), description, values, self->flags);
    excludes = sl_setup_excludes(self->present, trial);
    self->swap_task = g_steal_pointer(&task);
    self->swap = sl_swap_new(self->context, trial);
    g_signal_connect(self->swap, "ended", G_CALLBACK(on_swap_ended), self);
    sl_swap_begin(self->swap, sl_retiring_make_way(self->retiring, trial) || excludes);
    if (excludes)
        sl_stream_handle_event(self, SL_STREAM_EVENT_YIELD);
}

void
sl_stream_call_off_swap(SlStream *self)
{
    g_autoptr(GError) error =
        g_error_new_literal(SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED, "the stream is being stopped");

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
    g_autoptr(GPtrArray) settings = NULL;

    if (!check_may(find_hindrance(self), error))
        return FALSE;
    settings =
        sl_description_get_live_settings(description, sl_stream_get_values(self), values, error);
    if (settings == NULL || !sl_setup_set_live(self->present, values, settings, error))
        return FALSE;
    sl_camera_wait_set_wish(self->wait, description, values);
    g_signal_emit_by_name(self, "values-changed", settings);
    g_signal_emit_by_name(self, "description-changed");
    return TRUE;
}
