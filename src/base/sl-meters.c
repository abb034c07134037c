#include "sl-meters.h"

#include "sl-context.h"
#include "sl-log.h"

#define LOG_INTERVAL_MS 10000

typedef struct {
    gint64 now; /* -1: never said */
    guint64 refused;
    guint64 not_logged;
    char *last; /* nullable: whom */
} Meter;

struct _SlMeters {
    GMainContext *context;
    SlLimits limits;
    Meter meters[SL_N_LIMITS];
    GSource *logging; /* nullable */
};

static void
log_meter(SlMeters *self, const SlLimitInfo *info)
{
    Meter *meter = &self->meters[info->limit];

    sl_log_warning("%s = %u: %" G_GUINT64_FORMAT " refused%s%s", info->name,
                   sl_limits_get(&self->limits, info->limit), meter->not_logged,
                   meter->last != NULL ? ", last from " : "",
                   meter->last != NULL ? meter->last : "");
    meter->not_logged = 0;
}

static gboolean
log_meters(SlMeters *self)
{
    guint n;
    const SlLimitInfo *infos = sl_limits_get_infos(&n);
    gboolean any = FALSE;

    for (guint i = 0; i < n; i++) {
        if (self->meters[infos[i].limit].not_logged == 0)
            continue;
        log_meter(self, &infos[i]);
        any = TRUE;
    }
    return any;
}

static gboolean
on_logging(gpointer user_data)
{
    SlMeters *self = user_data;

    if (log_meters(self))
        return G_SOURCE_CONTINUE;
    sl_clear_source(&self->logging);
    return G_SOURCE_REMOVE;
}

void
sl_limits_reached(const SlLimits *limits, guint limit, const char *whom)
{
    SlMeters *self = limits->meters;
    guint n;
    const SlLimitInfo *infos = sl_limits_get_infos(&n);
    Meter *meter;

    g_return_if_fail(limit < n);
    if (self == NULL)
        return;
    meter = &self->meters[limit];
    meter->refused++;
    if (infos[limit].kind != SL_LIMIT_LOGGED)
        return;
    meter->not_logged++;
    if (g_strcmp0(meter->last, whom) != 0) {
        g_free(meter->last);
        meter->last = g_strdup(whom);
    }
    if (self->logging != NULL)
        return;
    log_meters(self);
    self->logging = sl_context_add_timeout(self->context, LOG_INTERVAL_MS, on_logging, self);
}

void
sl_limits_set_now(const SlLimits *limits, guint limit, guint now)
{
    g_return_if_fail(limit < SL_N_LIMITS);
    if (limits->meters != NULL)
        limits->meters->meters[limit].now = now;
}

guint64
sl_meters_get_refused(const SlMeters *self, guint limit)
{
    return self->meters[limit].refused;
}

gint64
sl_meters_get_now(const SlMeters *self, guint limit)
{
    return self->meters[limit].now;
}

SlMeters *
sl_meters_new(GMainContext *context, const SlLimits *limits)
{
    SlMeters *self = g_new0(SlMeters, 1);

    self->context =
        context != NULL ? g_main_context_ref(context) : g_main_context_ref_thread_default();
    self->limits = *limits;
    for (guint i = 0; i < SL_N_LIMITS; i++)
        self->meters[i].now = -1;
    return self;
}

void
sl_meters_free(SlMeters *self)
{
    sl_clear_source(&self->logging);
    for (guint i = 0; i < SL_N_LIMITS; i++)
        g_free(self->meters[i].last);
    g_main_context_unref(self->context);
    g_free(self);
}
