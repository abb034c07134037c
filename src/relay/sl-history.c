#include "sl-history.h"

#define MIN_SIZE 8

void
sl_history_init(SlHistory *self, const SlRelayNamespace *namespace_)
{
    gboolean one = namespace_->history != SL_HISTORY_ALL && namespace_->slow == SL_SLOW_LATEST_ONLY;

    *self = (SlHistory){
        .mode = namespace_->history,
        .max_messages = one ? 1 : namespace_->history_messages,
        .max_bytes = namespace_->history_bytes,
        .max_age_us = (gint64)namespace_->history_seconds * G_USEC_PER_SEC,
        .first_offset = 1,
    };
}

static SlMessage **
slot(const SlHistory *self, guint64 offset)
{
    return &self->ring[offset & (self->size - 1)];
}

static void
drop_oldest(SlHistory *self)
{
    SlMessage **oldest = slot(self, self->first_offset++);

    self->bytes -= (*oldest)->bytes;
    g_clear_pointer(oldest, sl_message_unref);
}

void
sl_history_clear(SlHistory *self)
{
    while (sl_history_get_length(self) > 0)
        drop_oldest(self);
    g_clear_pointer(&self->ring, g_free);
    self->size = 0;
}

guint
sl_history_get_length(const SlHistory *self)
{
    return (guint)(self->last_offset - self->first_offset + 1);
}

SlMessage *
sl_history_get(const SlHistory *self, guint64 offset)
{
    return *slot(self, offset);
}

static void
make_room(SlHistory *self)
{
    SlHistory old = *self;

    if (sl_history_get_length(self) < self->size)
        return;
    self->size = self->size > 0 ? self->size * 2 : MIN_SIZE;
    self->ring = g_new0(SlMessage *, self->size);
    for (guint64 offset = old.first_offset; offset <= old.last_offset; offset++)
        *slot(self, offset) = *slot(&old, offset);
    g_free(old.ring);
}

void
sl_history_append(SlHistory *self, SlMessage *message)
{
    g_return_if_fail(message->offset == self->last_offset + 1);

    while (sl_history_get_length(self) > 0 && (sl_history_get_length(self) >= self->max_messages ||
                                               self->bytes + message->bytes > self->max_bytes))
        drop_oldest(self);
    make_room(self);
    *slot(self, message->offset) = message;
    self->last_offset = message->offset;
    self->bytes += message->bytes;
}

void
sl_history_expire(SlHistory *self, gint64 now_us)
{
    if (self->max_age_us == 0)
        return;
    while (sl_history_get_length(self) > 0 &&
           sl_history_get(self, self->first_offset)->made_us < now_us - self->max_age_us)
        drop_oldest(self);
}

/* After which message somebody begins who has not been here before. */
static guint64
newcomer_cursor(const SlHistory *self)
{
    switch (self->mode) {
    case SL_HISTORY_ALL:
        return self->first_offset - 1;
    case SL_HISTORY_LAST:
        return sl_history_get_length(self) > 0 ? self->last_offset - 1 : self->last_offset;
    case SL_HISTORY_NONE:
        break;
    }
    return self->last_offset;
}

gboolean
sl_history_start_after(const SlHistory *self, const guint64 *known, guint64 *ret_cursor)
{
    guint64 oldest = self->mode == SL_HISTORY_NONE ? self->last_offset : self->first_offset - 1;

    *ret_cursor = newcomer_cursor(self);
    if (known == NULL)
        return *ret_cursor == 0;
    /* One that was never given out tells as little as none. */
    if (*known > self->last_offset || *known < oldest)
        return FALSE;
    *ret_cursor = *known;
    return TRUE;
}

gboolean
sl_history_holds(const SlHistory *self)
{
    return self->mode != SL_HISTORY_NONE && sl_history_get_length(self) > 0;
}
