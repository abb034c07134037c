#include "sl-relay-holder.h"

#include "sl-census.h"
#include "sl-context.h"

struct _SlRelayHolder {
    GObject parent_instance;

    GMainContext *context;
    guint silence_ms;

    char *client, *name; /* nullable */
    gint64 heard_us;
    GSource *silence; /* while somebody holds it */
};

G_DEFINE_FINAL_TYPE(SlRelayHolder, sl_relay_holder, G_TYPE_OBJECT)

static guint signal_changed;

#define NOTHING -1, NULL

static const SlHolderStep steps[][SL_HOLDER_SILENCE + 1] = {
    [SL_HOLDER_NOBODY] = {
        [SL_HOLDER_TAKE] = { SL_HOLDER_SELF, -1, "taken" },
        [SL_HOLDER_FORCE] = { SL_HOLDER_SELF, -1, "taken" },
        [SL_HOLDER_RELEASE] = { SL_HOLDER_NOBODY, SL_RELAY_ERROR_NOT_HOLDER, NULL },
        [SL_HOLDER_PUBLISH] = { SL_HOLDER_NOBODY, SL_RELAY_ERROR_NOT_HOLDER, NULL },
        [SL_HOLDER_LEAVE] = { SL_HOLDER_NOBODY, NOTHING },
        [SL_HOLDER_SILENCE] = { SL_HOLDER_NOBODY, NOTHING },
    },
    [SL_HOLDER_SELF] = {
        [SL_HOLDER_TAKE] = { SL_HOLDER_SELF, NOTHING },
        [SL_HOLDER_FORCE] = { SL_HOLDER_SELF, NOTHING },
        [SL_HOLDER_RELEASE] = { SL_HOLDER_NOBODY, -1, "released" },
        [SL_HOLDER_PUBLISH] = { SL_HOLDER_SELF, NOTHING },
        [SL_HOLDER_LEAVE] = { SL_HOLDER_NOBODY, -1, "left" },
        [SL_HOLDER_SILENCE] = { SL_HOLDER_NOBODY, -1, "silent" },
    },
    [SL_HOLDER_OTHER] = {
        [SL_HOLDER_TAKE] = { SL_HOLDER_OTHER, SL_RELAY_ERROR_HELD, NULL },
        [SL_HOLDER_FORCE] = { SL_HOLDER_SELF, -1, "overruled" },
        [SL_HOLDER_RELEASE] = { SL_HOLDER_OTHER, SL_RELAY_ERROR_NOT_HOLDER, NULL },
        [SL_HOLDER_PUBLISH] = { SL_HOLDER_OTHER, SL_RELAY_ERROR_NOT_HOLDER, NULL },
        [SL_HOLDER_LEAVE] = { SL_HOLDER_OTHER, NOTHING },
        [SL_HOLDER_SILENCE] = { SL_HOLDER_OTHER, NOTHING },
    },
};

SlHolderStep
sl_holder_next(SlHolderState state, SlHolderEvent event)
{
    return steps[state][event];
}

static gboolean on_silence(gpointer data);

/* The one timer: it looks at the clock again when it ends, rather than being set by each publish.
 */
static void
enter_state(SlRelayHolder *self, SlHolderState state, SlRelayPerson who)
{
    gboolean held = state != SL_HOLDER_NOBODY;

    g_free(self->client);
    g_free(self->name);
    self->client = held ? g_strdup(who.client) : NULL;
    self->name = held ? g_strdup(who.name) : NULL;
    self->heard_us = g_get_monotonic_time();
    sl_clear_source(&self->silence);
    if (held && self->silence_ms > 0)
        self->silence = sl_context_add_timeout(self->context, self->silence_ms, on_silence, self);
}

static void
change(SlRelayHolder *self, const SlHolderStep *step, SlRelayPerson who)
{
    g_autoptr(SlRelayHolder) alive = g_object_ref(self);
    g_autofree char *former = g_strdup(self->client);

    enter_state(self, step->state, who);
    g_signal_emit(self, signal_changed, 0, former, step->reason);
}

static gboolean
on_silence(gpointer data)
{
    SlRelayHolder *self = data;
    SlHolderStep step = sl_holder_next(SL_HOLDER_SELF, SL_HOLDER_SILENCE);
    gint64 left_ms = self->silence_ms - (g_get_monotonic_time() - self->heard_us) / 1000;

    sl_clear_source(&self->silence);
    if (left_ms > 0)
        self->silence = sl_context_add_timeout(self->context, (guint)left_ms, on_silence, self);
    else
        change(self, &step, (SlRelayPerson){ NULL });
    return G_SOURCE_REMOVE;
}

static SlHolderState
get_state(SlRelayHolder *self, const char *client)
{
    if (self->client == NULL)
        return SL_HOLDER_NOBODY;
    return g_str_equal(self->client, client) ? SL_HOLDER_SELF : SL_HOLDER_OTHER;
}

gboolean
sl_relay_holder_handle(SlRelayHolder *self, SlHolderEvent event, SlRelayPerson who, GError **error)
{
    SlHolderStep step = sl_holder_next(get_state(self, who.client), event);

    if (step.error != -1) {
        g_set_error_literal(error, SL_RELAY_ERROR, step.error,
                            step.error == SL_RELAY_ERROR_HELD ? "somebody else holds the channel"
                                                              : "this client does not hold it");
        return FALSE;
    }
    if (step.state == SL_HOLDER_SELF)
        self->heard_us = g_get_monotonic_time();
    if (step.reason != NULL)
        change(self, &step, who);
    return TRUE;
}

SlRelayPerson
sl_relay_holder_get(SlRelayHolder *self)
{
    return (SlRelayPerson){ self->client, self->name };
}

void
sl_relay_holder_rename(SlRelayHolder *self, SlRelayPerson who)
{
    if (get_state(self, who.client) != SL_HOLDER_SELF)
        return;
    g_free(self->name);
    self->name = g_strdup(who.name);
}

SlRelayHolder *
sl_relay_holder_new(GMainContext *context, guint silence_ms)
{
    SlRelayHolder *self = g_object_new(SL_TYPE_RELAY_HOLDER, NULL);

    self->context = context != NULL ? g_main_context_ref(context) : NULL;
    self->silence_ms = silence_ms;
    return self;
}

static void
sl_relay_holder_finalize(GObject *object)
{
    SlRelayHolder *self = SL_RELAY_HOLDER(object);

    sl_clear_source(&self->silence);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self->client);
    g_free(self->name);
    G_OBJECT_CLASS(sl_relay_holder_parent_class)->finalize(object);
}

static void
sl_relay_holder_init(SlRelayHolder *self)
{
    sl_census_add_object(self);
}

static void
sl_relay_holder_class_init(SlRelayHolderClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_relay_holder_finalize;

    signal_changed = g_signal_new("changed", SL_TYPE_RELAY_HOLDER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
}
