#include "sl-stream-private.h"

/* A publisher's source in the place of the stream's own. */

SlSetup *
sl_stream_get_own(SlStream *self)
{
    return self->own != NULL ? self->own : self->present;
}

SlSetup *
sl_stream_renew(SlStream *self)
{
    return sl_setup_new(self->context, sl_stream_get_input(self), sl_stream_get_description(self),
                        sl_stream_get_values(self), self->flags);
}

/* --- who loses the place --- */

/* Nobody takes its frames any more. */
static void
on_former_stopped(SlSetup *former, SlStream *self)
{
    sl_source_dismiss(sl_setup_get_publisher(former), NULL);
}

void
sl_stream_retire(SlStream *self, SlSetup *former)
{
    sl_retiring_add(self->retiring, former);
    if (sl_setup_get_publisher(former) == NULL)
        return;
    if (sl_setup_is_stopped(former))
        on_former_stopped(former, self);
    else
        g_signal_connect_object(former, "stopped", G_CALLBACK(on_former_stopped), self, 0);
}

static GError *
new_reason(const GError *error)
{
    if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PUBLISHER_LEFT))
        return g_error_copy(error);
    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PUBLISHER_LEFT,
                       "what the publisher sends can't be used: %s", error->message);
}

void
sl_stream_leave(SlStream *self, const GError *error)
{
    g_autoptr(SlStream) alive = g_object_ref(self);
    g_autoptr(SlSetup) former = g_steal_pointer(&self->present);
    g_autoptr(GError) reason = new_reason(error);

    g_signal_handlers_disconnect_by_data(former, self);
    self->present = g_steal_pointer(&self->own);
    sl_stream_connect_setup(self, self->present);
    if (sl_setup_is_running(former))
        sl_setup_stop(former);
    sl_retiring_add(self->retiring, former);

    self->live_since_us = 0;
    self->attempt = 0;
    g_clear_pointer(&self->slow, g_free);
    sl_fault_log_set(self->faults, reason);
    if (self->phase == SL_STREAM_PHASE_IDLE)
        sl_fault_log_clear(self->faults);
    sl_stream_handle_event(self, SL_STREAM_EVENT_LEFT);
    sl_stream_go_on(self);
    sl_stream_update_wait(self);
    sl_stream_report(self);
    if (!self->stopping_for_good)
        sl_source_dismiss(sl_setup_get_publisher(former), reason);
}

void
sl_stream_dismiss(SlStream *self)
{
    g_autoptr(GError) reason =
        g_error_new_literal(SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED, "the stream is being stopped");

    if (self->own != NULL)
        sl_source_dismiss(sl_setup_get_publisher(self->present), reason);
}

/* --- who gets it --- */

static gboolean
is_publishers(GTask *task)
{
    return sl_setup_get_publisher(g_task_get_task_data(task)) != NULL;
}

/* Somebody publishes, or is about to. */
static gboolean
is_taken(SlStream *self)
{
    if (self->own != NULL || (self->swap_task != NULL && is_publishers(self->swap_task)))
        return TRUE;
    for (guint i = 0; i < self->waiting->len; i++) {
        if (is_publishers(g_ptr_array_index(self->waiting, i)))
            return TRUE;
    }
    return FALSE;
}

gboolean
sl_stream_may_publish(SlStream *self, GError **error)
{
    const char *hindrance = NULL;

    if (self->publish == SL_PUBLISH_OFF) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_UNSUPPORTED,
                    "nobody may publish in the stream %s", self->name);
        return FALSE;
    }
    if (self->stopping_for_good)
        hindrance = "is being stopped";
    else if (self->publish == SL_PUBLISH_REFUSE && is_taken(self))
        hindrance = "has a publisher already";
    if (hindrance != NULL)
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED, "the stream %s %s", self->name,
                    hindrance);
    return hindrance == NULL;
}

/* The latest counts: what came before and shows nothing yet may be gone already. */
static void
give_up_others(SlStream *self)
{
    g_autoptr(GError) reason =
        g_error_new_literal(SL_MEDIA_ERROR, SL_MEDIA_ERROR_REPLACED, "another publisher has come");

    for (guint i = self->waiting->len; i > 0; i--) {
        GTask *task = g_ptr_array_index(self->waiting, i - 1);

        if (is_publishers(task)) {
            g_task_return_error(task, g_error_copy(reason));
            g_ptr_array_remove_index(self->waiting, i - 1);
        }
    }
    if (self->swap_task != NULL && is_publishers(self->swap_task))
        sl_swap_cancel(self->swap, reason);
}

void
sl_stream_publish_async(SlStream *self, SlSource *source, const char *title,
                        GAsyncReadyCallback callback, gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
    GError *error = NULL;

    if (!sl_stream_may_publish(self, &error)) {
        g_task_return_error(task, error);
        return;
    }
    give_up_others(self);
    g_task_set_task_data(task, sl_setup_new_published(self->context, source, title),
                         g_object_unref);
    sl_stream_try(self, g_steal_pointer(&task));
}

gboolean
sl_stream_publish_finish(SlStream *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

void
sl_stream_set_publish_policy(SlStream *self, SlPublishPolicy policy)
{
    self->publish = policy;
}

/* --- what is told --- */

gboolean
sl_stream_is_published(SlStream *self)
{
    return self->own != NULL;
}

const char *
sl_stream_get_source_word(SlStream *self)
{
    SlDescription *description = sl_setup_get_description(self->present);

    if (self->own != NULL)
        return "publisher";
    if (sl_setup_get_tracks(self->present)->len == 0)
        return "none";
    if (sl_description_get_captured_codec(description) == NULL)
        return "pipeline";
    switch (sl_stream_get_input(self)->kind) {
    case SL_INPUT_CAMERA:
    case SL_INPUT_LIBCAMERA:
        return "camera";
    case SL_INPUT_FILE:
        return "file";
    case SL_INPUT_RTSP:
    case SL_INPUT_URI:
        return "address";
    case SL_INPUT_TEST:
    case SL_INPUT_NO_CAMERA:
    case SL_INPUT_PUBLISHER:
        break;
    }
    return "test";
}
