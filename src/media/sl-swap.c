#include "sl-swap.h"

#include "sl-census.h"
#include "sl-context.h"
#include "sl-source-fault.h"
#include "sl-stream.h"
#include "sl-swap-state.h"

/* How long the present setup may take to let its device go: it is a driver that does not. */
#define YIELD_MS 5000
/* How long the trial may take to stop before the former setup is started again all the same. */
#define UNDO_MS 2000

struct _SlSwap {
    GObject parent_instance;

    GMainContext *context;
    SlSetup *trial;
    SlSwapState state;
    GSource *timer; /* this state's time */
    GError *error;  /* why it is undone */
};

G_DEFINE_FINAL_TYPE(SlSwap, sl_swap, G_TYPE_OBJECT)

enum { ENDED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void handle_event(SlSwap *self, SlSwapEvent event);

static void
note_error(SlSwap *self, const GError *error)
{
    if (self->error == NULL)
        self->error = sl_source_fault_new_undone(error);
}

static void
note_delay(SlSwap *self)
{
    g_autoptr(GError) delay = NULL;

    if (self->state == SL_SWAP_YIELDING)
        delay = g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_BUSY,
                            "%s was not let go by the pipeline before within %d s",
                            sl_setup_get_input(self->trial)->label, YIELD_MS / 1000);
    else
        delay = sl_setup_new_delay(self->trial, SL_STREAM_TRIAL_MS);
    note_error(self, delay);
}

static gboolean
on_timer(gpointer data)
{
    SlSwap *self = data;

    sl_clear_source(&self->timer);
    note_delay(self);
    handle_event(self, SL_SWAP_EVENT_LATE);
    return G_SOURCE_REMOVE;
}

static void
await(SlSwap *self, guint timeout_ms)
{
    self->timer = sl_context_add_timeout(self->context, timeout_ms, on_timer, self);
}

static void
enter_state(SlSwap *self, SlSwapState state)
{
    self->state = state;
    sl_clear_source(&self->timer);

    switch (state) {
    case SL_SWAP_YIELDING:
        await(self, YIELD_MS);
        break;
    case SL_SWAP_TRYING:
        await(self, SL_STREAM_TRIAL_MS);
        sl_setup_start(self->trial);
        break;
    case SL_SWAP_UNDOING:
        await(self, UNDO_MS);
        sl_setup_stop(self->trial);
        break;
    case SL_SWAP_ENDED:
        g_signal_handlers_disconnect_by_data(self->trial, self);
        g_signal_emit(self, signals[ENDED], 0, self->error);
        break;
    }
}

static void
handle_event(SlSwap *self, SlSwapEvent event)
{
    g_autoptr(SlSwap) alive = g_object_ref(self);
    SlSwapState next = sl_swap_state_next(self->state, event);

    if (next != self->state)
        enter_state(self, next);
}

/* --- the trial --- */

static void
on_complete(SlSetup *trial, SlSwap *self)
{
    handle_event(self, SL_SWAP_EVENT_COMPLETE);
}

static void
on_broke(SlSetup *trial, GError *error, SlSwap *self)
{
    note_error(self, error);
    handle_event(self, SL_SWAP_EVENT_FAILED);
}

static void
on_stopped(SlSetup *trial, SlSwap *self)
{
    handle_event(self, SL_SWAP_EVENT_STOPPED);
}

void
sl_swap_begin(SlSwap *self, gboolean waits)
{
    enter_state(self, waits ? SL_SWAP_YIELDING : SL_SWAP_TRYING);
}

void
sl_swap_tell_free(SlSwap *self)
{
    handle_event(self, SL_SWAP_EVENT_FREE);
}

void
sl_swap_cancel(SlSwap *self, const GError *reason)
{
    note_error(self, reason);
    handle_event(self, SL_SWAP_EVENT_FAILED);
}

SlSetup *
sl_swap_get_trial(SlSwap *self)
{
    return self->trial;
}

/* --- the object --- */

static void
sl_swap_dispose(GObject *object)
{
    SlSwap *self = SL_SWAP(object);

    sl_clear_source(&self->timer);
    if (self->trial != NULL)
        g_signal_handlers_disconnect_by_data(self->trial, self);
    g_clear_object(&self->trial);
    G_OBJECT_CLASS(sl_swap_parent_class)->dispose(object);
}

static void
sl_swap_finalize(GObject *object)
{
    SlSwap *self = SL_SWAP(object);

    g_clear_error(&self->error);
    g_main_context_unref(self->context);
    G_OBJECT_CLASS(sl_swap_parent_class)->finalize(object);
}

static void
sl_swap_class_init(SlSwapClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_swap_dispose;
    object_class->finalize = sl_swap_finalize;
    signals[ENDED] = g_signal_new("ended", SL_TYPE_SWAP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
sl_swap_init(SlSwap *self)
{
    sl_census_add_object(self);
}

SlSwap *
sl_swap_new(GMainContext *context, SlSetup *trial)
{
    SlSwap *self = g_object_new(SL_TYPE_SWAP, NULL);

    self->context = g_main_context_ref(context);
    self->trial = g_object_ref(trial);
    g_signal_connect(trial, "complete", G_CALLBACK(on_complete), self);
    g_signal_connect(trial, "broke", G_CALLBACK(on_broke), self);
    g_signal_connect(trial, "stopped", G_CALLBACK(on_stopped), self);
    return self;
}
