#include "sl-session-private.h"

#include <stdarg.h>
#include <unistd.h>

#include "sl-census.h"
#include "sl-context.h"
#include "sl-log.h"
#include "sl-peer-log.h"
#include "sl-peer.h"
#include "sl-relay-client.h"
#include "sl-session-state.h"

/* A viewer that asks for new peers gets one a second at the most: each costs half a dozen threads
 * for a while. */
#define RESTART_INTERVAL_US G_USEC_PER_SEC
/* How long an old peer may stay beside the one that takes over, once that one had its time to
 * connect. */
#define CHANGE_OVER_MS 5000

/* Who offers waits for an answer meanwhile, and HTTP for no longer. */
#define PICTURE_MS 10000

/* Who asks for another peer sooner has other reasons than that there is no path. */
#define VAIN_WAIT_US (4 * G_USEC_PER_SEC)

struct _SlSession {
    GObject parent_instance;

    GMainContext *context;
    SlIce *ice;
    SlRelay *relay;
    SlObjectExchange *exchange;
    SlStream *stream;
    SlGrant *grant;
    SlLimits limits;
    char *id;
    char *page;
    char *address; /* nullable */

    SlSessionState state;
    GPtrArray *peers;    /* of SlPeer: the newest last */
    GHashTable *clients; /* SlPeer → SlRelayClient, owned: of those that have a channel */
    guint last_number;
    gint64 offered_us;    /* when the newest peer was made */
    GSource *offer_timer; /* the next one may be made then */
    GSource *change_timer;

    SlSdpOffer *viewers_offer; /* NULL: we offer */
    GTask *answering;          /* nullable: who waits for the answer */
    GSource *picture_timer;
};

G_DEFINE_FINAL_TYPE(SlSession, sl_session, G_TYPE_OBJECT)

enum { OFFER, CANDIDATE, PEER_ENDED, PROBLEM, ENDED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void offer_peer_when_due(SlSession *self);

/* --- peers --- */

static SlPeer *
find_peer(SlSession *self, guint number)
{
    for (guint i = 0; i < self->peers->len; i++) {
        SlPeer *peer = g_ptr_array_index(self->peers, i);
        if (sl_peer_get_number(peer) == number)
            return peer;
    }
    return NULL;
}

static void
on_peer_offer(SlPeer *peer, const char *sdp, SlSession *self)
{
    g_signal_emit(self, signals[OFFER], 0, sl_peer_get_number(peer), sdp);
}

static void
on_peer_candidate(SlPeer *peer, guint mline, const char *mid, const char *candidate,
                  SlSession *self)
{
    g_signal_emit(self, signals[CANDIDATE], 0, sl_peer_get_number(peer), mline, mid, candidate);
}

static void
on_peer_channel_opened(SlPeer *peer, SlRelayTransport *channel, SlSession *self)
{
    SlRelayClient *client =
        sl_relay_attach(self->relay, channel, self->grant, SL_RELAY_KIND_CHANNEL);

    if (client != NULL)
        g_hash_table_insert(self->clients, peer, g_object_ref(client));
}

static void
on_peer_unreliable_opened(SlPeer *peer, SlRelayTransport *channel, SlSession *self)
{
    SlRelayClient *client = g_hash_table_lookup(self->clients, peer);

    if (client != NULL)
        sl_relay_client_set_unreliable(client, channel);
}

static void
on_peer_objects_opened(SlPeer *peer, SlRelayTransport *channel, SlSession *self)
{
    sl_object_exchange_attach(self->exchange, channel, self->grant, self->address);
}

/* What a viewer is told by more than the peer's end. */
static gboolean
is_problem(const GError *error)
{
    if (error == NULL)
        return FALSE;
    return error->domain != SL_SESSION_ERROR ||
           (error->code != SL_SESSION_ERROR_LOST && error->code != SL_SESSION_ERROR_NO_PATH);
}

static void
on_peer_ended(SlPeer *peer, GError *error, SlSession *self)
{
    g_autoptr(SlSession) alive = g_object_ref(self);
    guint number = sl_peer_get_number(peer);

    g_signal_handlers_disconnect_by_data(peer, self);
    g_hash_table_remove(self->clients, peer);
    g_ptr_array_remove(self->peers, peer);
    if (self->state == SL_SESSION_ENDED)
        return;
    g_signal_emit(self, signals[PEER_ENDED], 0, number, error);
    sl_peer_log_error(self->ice, self->address, error);
    if (self->viewers_offer != NULL)
        sl_session_end(self, error);
    else if (is_problem(error))
        g_signal_emit(self, signals[PROBLEM], 0, error);
}

static void
end_all_peers(SlSession *self)
{
    while (self->peers->len > 0)
        sl_peer_end(g_ptr_array_index(self->peers, 0), NULL);
}

/* All but the newest. */
static void
end_old_peers(SlSession *self)
{
    while (self->peers->len > 1)
        sl_peer_end(g_ptr_array_index(self->peers, 0), NULL);
}

/* A page that has waited for a path in vain asks for another peer before the time is up here. */
static void
log_vain_wait(SlSession *self)
{
    SlPeer *newest =
        self->peers->len > 0 ? g_ptr_array_index(self->peers, self->peers->len - 1) : NULL;

    if (newest != NULL && sl_peer_get_state(newest) == SL_RTC_CONNECTING &&
        g_get_monotonic_time() - self->offered_us > VAIN_WAIT_US)
        sl_peer_log_no_path(self->ice, self->address);
}

/* What shows no picture yet is of no use once another peer is on its way. */
static void
end_unconnected_peers(SlSession *self)
{
    for (guint i = self->peers->len; i > 0; i--) {
        SlPeer *peer = i <= self->peers->len ? g_ptr_array_index(self->peers, i - 1) : NULL;
        if (peer != NULL && sl_peer_get_state(peer) != SL_RTC_CONNECTED)
            sl_peer_end(peer, NULL);
    }
}

static gboolean
on_change_timer(gpointer data)
{
    g_autoptr(SlSession) self = g_object_ref(data);

    sl_clear_source(&self->change_timer);
    end_old_peers(self);
    return G_SOURCE_REMOVE;
}

/* What the viewer has can't be kept: it is offered another peer, or offers again itself. */
static void
replace_peer(SlSession *self)
{
    g_autoptr(GError) reason = NULL;

    if (self->viewers_offer == NULL) {
        offer_peer_when_due(self);
        return;
    }
    reason = g_error_new_literal(SL_SESSION_ERROR, SL_SESSION_ERROR_CODECS_CHANGED,
                                 "The stream has become another one; connect again");
    sl_session_end(self, reason);
}

static void
on_peer_stuck(SlPeer *peer, SlSession *self)
{
    g_autoptr(SlSession) alive = g_object_ref(self);

    replace_peer(self);
}

static void
connect_peer(SlSession *self, SlPeer *peer)
{
    g_signal_connect(peer, "offer", G_CALLBACK(on_peer_offer), self);
    g_signal_connect(peer, "candidate", G_CALLBACK(on_peer_candidate), self);
    g_signal_connect(peer, "channel-opened", G_CALLBACK(on_peer_channel_opened), self);
    g_signal_connect(peer, "unreliable-opened", G_CALLBACK(on_peer_unreliable_opened), self);
    g_signal_connect(peer, "objects-opened", G_CALLBACK(on_peer_objects_opened), self);
    g_signal_connect(peer, "stuck", G_CALLBACK(on_peer_stuck), self);
    g_signal_connect(peer, "ended", G_CALLBACK(on_peer_ended), self);
}

static SlPeer *
add_peer(SlSession *self)
{
    SlPeer *peer =
        sl_peer_new(self->context, self->ice, self->stream, &self->limits, ++self->last_number);

    g_ptr_array_add(self->peers, peer);
    connect_peer(self, peer);
    return peer;
}

/* The caller holds a reference: telling the viewer of a peer's end may end the session. */
static void
offer_peer(SlSession *self)
{
    g_autoptr(GError) error = NULL;
    SlPeer *peer;

    end_unconnected_peers(self);
    end_old_peers(self); /* two at the most: the present one, and the new one */
    if (self->state != SL_SESSION_ACTIVE || sl_stream_get_codecs(self->stream) == NULL)
        return; /* they are told when they are known again */

    peer = add_peer(self);
    self->offered_us = g_get_monotonic_time();
    sl_clear_source(&self->change_timer);
    if (self->peers->len > 1)
        self->change_timer = sl_context_add_timeout(
            self->context, self->limits.ice_timeout_ms + CHANGE_OVER_MS, on_change_timer, self);
    if (!sl_peer_start(peer, &error))
        sl_peer_end(peer, error);
}

static gboolean
on_offer_timer(gpointer data)
{
    g_autoptr(SlSession) self = g_object_ref(data);

    sl_clear_source(&self->offer_timer);
    offer_peer(self);
    return G_SOURCE_REMOVE;
}

static void
offer_peer_when_due(SlSession *self)
{
    gint64 wait_us = self->offered_us + RESTART_INTERVAL_US - g_get_monotonic_time();

    if (self->offer_timer != NULL || self->state != SL_SESSION_ACTIVE)
        return;
    if (self->offered_us == 0 || wait_us <= 0)
        offer_peer(self);
    else
        self->offer_timer = sl_context_add_timeout(self->context, (guint)(wait_us / 1000) + 1,
                                                   on_offer_timer, self);
}

/* --- a viewer who offers --- */

/* @error: (nullable): NULL where it was ended without a reason */
static void
fail_answer(SlSession *self, const GError *error)
{
    g_autoptr(GTask) task = g_steal_pointer(&self->answering);

    sl_clear_source(&self->picture_timer);
    if (task == NULL)
        return;
    if (error == NULL)
        g_task_return_new_error(task, SL_SESSION_ERROR, SL_SESSION_ERROR_LOST,
                                "The session has ended");
    else if (error->domain == SL_SESSION_ERROR)
        g_task_return_error(task, g_error_copy(error));
    else
        g_task_return_new_error(task, SL_SESSION_ERROR, SL_SESSION_ERROR_INTERNAL, "%s",
                                error->message);
}

static void
on_peer_answer(SlPeer *peer, const char *sdp, SlSession *self)
{
    g_autoptr(GTask) task = g_steal_pointer(&self->answering);

    if (task != NULL)
        g_task_return_pointer(task, g_strdup(sdp), g_free);
}

static void
answer_peer(SlSession *self)
{
    g_autoptr(GError) error = NULL;
    SlPeer *peer = add_peer(self);

    sl_clear_source(&self->picture_timer);
    g_signal_connect(peer, "answer", G_CALLBACK(on_peer_answer), self);
    if (!sl_peer_answer(peer, self->viewers_offer, &error))
        sl_peer_end(peer, error);
}

static gboolean
on_picture_timer(gpointer data)
{
    g_autoptr(SlSession) self = g_object_ref(data);
    const char *detail = sl_stream_get_detail(self->stream);
    g_autoptr(GError) reason = NULL;

    sl_clear_source(&self->picture_timer);
    reason = g_error_new(SL_SESSION_ERROR, SL_SESSION_ERROR_NO_PICTURE,
                         "The stream gave no picture within %d s%s%s", PICTURE_MS / 1000,
                         *detail != '\0' ? ": " : "", detail);
    sl_session_end(self, reason);
    return G_SOURCE_REMOVE;
}

/* --- the session --- */

static void
advance(SlSession *self, SlSessionEvent event)
{
    SlSessionState next = sl_session_state_next(self->state, event);

    if (next == self->state)
        return;
    self->state = next;

    switch (next) {
    case SL_SESSION_NEW:
        break;
    case SL_SESSION_WAITING:
        sl_stream_acquire(self->stream);
        break;
    case SL_SESSION_ACTIVE:
        if (self->viewers_offer != NULL)
            answer_peer(self);
        else
            offer_peer(self);
        break;
    case SL_SESSION_ENDED:
        sl_clear_source(&self->offer_timer);
        sl_clear_source(&self->change_timer);
        end_all_peers(self);
        break;
    }
}

static void
on_codecs_changed(SlStream *stream, SlSession *self)
{
    g_autoptr(SlSession) alive = g_object_ref(self);

    if (self->state == SL_SESSION_ACTIVE)
        replace_peer(self);
    else
        advance(self, SL_SESSION_EVENT_CODECS);
}

/* Two peers at the most, of which an old one may have other codecs. */
static void
on_tracks_changed(SlStream *stream, SlSession *self)
{
    g_autoptr(SlSession) alive = g_object_ref(self);
    gboolean switched = TRUE;

    if (self->state != SL_SESSION_ACTIVE || self->peers->len == 0) {
        on_codecs_changed(stream, self); /* it asked for them when none were known */
        return;
    }

    for (guint i = 0; i < self->peers->len; i++) {
        g_autoptr(GError) error = NULL;

        if (!sl_peer_switch(g_ptr_array_index(self->peers, i), &error)) {
            sl_log_warning("A viewer's connection can't be switched: %s", error->message);
            switched = FALSE;
        }
    }
    if (!switched)
        replace_peer(self);
}

static void
on_values_changed(SlStream *stream, GPtrArray *settings, SlSession *self)
{
    for (guint i = 0; i < self->peers->len; i++)
        sl_peer_apply_live(g_ptr_array_index(self->peers, i), settings);
}

static void
begin(SlSession *self)
{
    g_autoptr(SlSession) alive = g_object_ref(self);

    g_signal_connect(self->stream, "codecs-changed", G_CALLBACK(on_codecs_changed), self);
    g_signal_connect(self->stream, "tracks-changed", G_CALLBACK(on_tracks_changed), self);
    g_signal_connect(self->stream, "values-changed", G_CALLBACK(on_values_changed), self);
    advance(self, SL_SESSION_EVENT_START);
    if (sl_stream_get_codecs(self->stream) != NULL)
        advance(self, SL_SESSION_EVENT_CODECS);
}

void
sl_session_start(SlSession *self)
{
    g_return_if_fail(self->state == SL_SESSION_NEW);

    begin(self);
}

void
sl_session_answer_offer_async(SlSession *self, SlSdpOffer *offer, GAsyncReadyCallback callback,
                              gpointer user_data)
{
    g_return_if_fail(self->state == SL_SESSION_NEW);

    self->viewers_offer = sl_sdp_offer_ref(offer);
    self->answering = g_task_new(self, NULL, callback, user_data);
    self->picture_timer = sl_context_add_timeout(self->context, PICTURE_MS, on_picture_timer, self);
    begin(self);
}

char *
sl_session_answer_offer_finish(SlSession *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

gboolean
sl_session_answer(SlSession *self, guint number, const char *sdp, GError **error)
{
    SlPeer *peer = find_peer(self, number);
    g_autoptr(GError) fault = NULL;
    g_autoptr(GError) reason = NULL;

    if (peer == NULL || sl_peer_take_answer(peer, sdp, &fault))
        return TRUE;
    /* The caller tells the viewer what was wrong: `problem` is for what is found later. */
    reason = g_error_new_literal(SL_SESSION_ERROR, SL_SESSION_ERROR_LOST, fault->message);
    sl_peer_end(peer, reason);
    g_propagate_error(error, g_steal_pointer(&fault));
    return FALSE;
}

gboolean
sl_session_add_candidate(SlSession *self, guint number, const char *mid, int mline,
                         const char *candidate, GError **error)
{
    SlPeer *peer = find_peer(self, number);

    return peer == NULL || sl_peer_add_candidate(peer, mid, mline, candidate, error);
}

void
sl_session_end_peer(SlSession *self, guint number)
{
    SlPeer *peer = find_peer(self, number);

    if (peer != NULL)
        sl_peer_end(peer, NULL);
}

void
sl_session_restart(SlSession *self)
{
    g_autoptr(SlSession) alive = g_object_ref(self);

    if (self->state != SL_SESSION_ACTIVE || self->viewers_offer != NULL)
        return;
    log_vain_wait(self);
    end_all_peers(self);
    offer_peer_when_due(self);
}

void
sl_session_end(SlSession *self, const GError *reason)
{
    g_autoptr(SlSession) alive = g_object_ref(self);
    gboolean held_stream = self->state == SL_SESSION_WAITING || self->state == SL_SESSION_ACTIVE;

    if (self->state == SL_SESSION_ENDED)
        return;
    g_signal_handlers_disconnect_by_data(self->stream, self);
    advance(self, SL_SESSION_EVENT_END);
    if (held_stream)
        sl_stream_release(self->stream);
    fail_answer(self, reason);
    g_signal_emit(self, signals[ENDED], 0, reason);
}

gboolean
sl_session_is_connected(SlSession *self)
{
    for (guint i = 0; i < self->peers->len; i++) {
        if (sl_peer_get_state(g_ptr_array_index(self->peers, i)) == SL_RTC_CONNECTED)
            return TRUE;
    }
    return FALSE;
}

const char *
sl_session_get_id(SlSession *self)
{
    return self->id;
}

const char *
sl_session_get_page(SlSession *self)
{
    return self->page;
}

const char *
sl_session_get_address(SlSession *self)
{
    return self->address;
}

SlStream *
sl_session_get_stream(SlSession *self)
{
    return self->stream;
}

SlGrant *
sl_session_get_grant(SlSession *self)
{
    return self->grant;
}

/* --- the object --- */

static void
sl_session_dispose(GObject *object)
{
    SlSession *self = SL_SESSION(object);

    if (self->stream != NULL)
        sl_session_end(self, NULL);
    sl_clear_source(&self->offer_timer);
    sl_clear_source(&self->change_timer);
    sl_clear_source(&self->picture_timer);
    g_clear_object(&self->relay);
    g_clear_object(&self->exchange);
    g_clear_object(&self->stream);
    G_OBJECT_CLASS(sl_session_parent_class)->dispose(object);
}

static void
sl_session_finalize(GObject *object)
{
    SlSession *self = SL_SESSION(object);

    g_clear_pointer(&self->clients, g_hash_table_unref);
    g_clear_pointer(&self->peers, g_ptr_array_unref);
    g_clear_pointer(&self->viewers_offer, sl_sdp_offer_unref);
    g_clear_pointer(&self->ice, sl_ice_unref);
    g_clear_pointer(&self->grant, sl_grant_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self->id);
    g_free(self->page);
    g_free(self->address);
    G_OBJECT_CLASS(sl_session_parent_class)->finalize(object);
}

static void
add_signal(guint index, const char *name, guint n_params, ...)
{
    va_list types;

    va_start(types, n_params);
    signals[index] = g_signal_new_valist(name, SL_TYPE_SESSION, G_SIGNAL_RUN_LAST, NULL, NULL, NULL,
                                         NULL, G_TYPE_NONE, n_params, types);
    va_end(types);
}

static void
sl_session_class_init(SlSessionClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_session_dispose;
    object_class->finalize = sl_session_finalize;
    add_signal(OFFER, "offer", 2, G_TYPE_UINT, G_TYPE_STRING);
    add_signal(CANDIDATE, "candidate", 4, G_TYPE_UINT, G_TYPE_UINT, G_TYPE_STRING, G_TYPE_STRING);
    add_signal(PEER_ENDED, "peer-ended", 2, G_TYPE_UINT, G_TYPE_ERROR);
    add_signal(PROBLEM, "problem", 1, G_TYPE_ERROR);
    add_signal(ENDED, "ended", 1, G_TYPE_ERROR);
}

static void
sl_session_init(SlSession *self)
{
    sl_census_add_object(self);
    self->peers = g_ptr_array_new_with_free_func(g_object_unref);
    self->clients = g_hash_table_new_full(NULL, NULL, NULL, g_object_unref);
}

char *
sl_session_make_id(void)
{
    guint64 random[2];

    if (getentropy(random, sizeof random) != 0)
        random[0] = random[1] = (guint64)g_get_monotonic_time(); /* no kernel that runs this */
    return g_strdup_printf("%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", random[0],
                           random[1]);
}

SlSession *
sl_session_new(GMainContext *context, SlIce *ice, SlRelay *relay, SlObjectExchange *exchange,
               SlStream *stream, const char *page, SlGrant *grant, const char *address,
               const SlLimits *limits)
{
    SlSession *self = g_object_new(SL_TYPE_SESSION, NULL);

    self->context = g_main_context_ref(context);
    self->ice = sl_ice_ref(ice);
    self->relay = g_object_ref(relay);
    self->exchange = g_object_ref(exchange);
    self->stream = g_object_ref(stream);
    self->grant = sl_grant_ref(grant);
    self->limits = *limits;
    self->id = sl_session_make_id();
    self->page = g_strdup(page);
    self->address = g_strdup(address);
    return self;
}
