#include "sl-context.h"
#include "sl-meters.h"
#include "sl-object-error.h"
#include "sl-object-store-private.h"

/* However far off what is next. */
#define MAX_WAIT_MS (3600u * 1000u)

static gint64
expire_objects(SlObjectStore *self, gint64 now_us)
{
    gint64 life_us = SL_OBJECT_SECONDS_US(self->limits.object_seconds);
    SlObjectEntry *oldest;

    while (life_us > 0 && (oldest = sl_object_shelf_get_oldest(self->shelf)) != NULL) {
        g_autoptr(SlObjectEntry) entry = NULL;

        if (oldest->stored_us + life_us > now_us)
            return oldest->stored_us + life_us;
        entry = sl_object_entry_ref(oldest);
        self->dropped++;
        sl_object_shelf_remove(self->shelf, entry);
        sl_object_store_discard(self, entry);
    }
    return G_MAXINT64;
}

static gint64
expire_partials(SlObjectStore *self, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    gint64 next_us = G_MAXINT64;

    for (guint i = self->partials->len; i > 0; i--) {
        SlObjectPartial *partial = g_ptr_array_index(self->partials, i - 1);
        gint64 due_us = sl_object_partial_get_touched_us(partial) +
                        SL_OBJECT_SECONDS_US(self->limits.partial_seconds);

        if (sl_object_partial_is_storing(partial))
            continue;
        if (due_us > now_us) {
            next_us = MIN(next_us, due_us);
            continue;
        }
        if (error == NULL)
            error = g_error_new(SL_OBJECT_ERROR, SL_OBJECT_ERROR_EXPIRED,
                                "Nobody went on with this upload for %u s",
                                self->limits.partial_seconds);
        sl_limits_reached(&self->limits, SL_LIMIT(partial_seconds), NULL);
        sl_object_partial_end(partial, error);
    }
    return next_us;
}

static gboolean
on_timer(gpointer data)
{
    SlObjectStore *self = data;
    gint64 now_us = g_get_monotonic_time();
    gint64 next_us;

    sl_clear_source(&self->timer);
    next_us = expire_objects(self, now_us);
    next_us = MIN(next_us, expire_partials(self, now_us));
    if (next_us < G_MAXINT64)
        sl_object_store_schedule(self, next_us);
    return G_SOURCE_REMOVE;
}

void
sl_object_store_schedule(SlObjectStore *self, gint64 due_us)
{
    gint64 wait_ms = (due_us - g_get_monotonic_time()) / 1000 + 1;

    if (self->closed || (self->timer != NULL && self->timer_us <= due_us))
        return;
    sl_clear_source(&self->timer);
    self->timer_us = due_us;
    self->timer = sl_context_add_timeout(self->context, (guint)CLAMP(wait_ms, 0, MAX_WAIT_MS),
                                         on_timer, self);
}

void
sl_object_store_schedule_object(SlObjectStore *self, gint64 stored_us)
{
    gint64 life_us = SL_OBJECT_SECONDS_US(self->limits.object_seconds);

    if (life_us > 0)
        sl_object_store_schedule(self, stored_us + life_us);
}
