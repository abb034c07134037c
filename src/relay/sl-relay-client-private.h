#pragma once

#include "sl-relay-age.h"
#include "sl-relay-client.h"
#include "sl-relay-outbox.h"
#include "sl-relay-request.h"
#include "sl-relay-subscription.h"
#include "sl-relay-window.h"
#include "sl-token-bucket.h"

G_BEGIN_DECLS

/* What the files of SlRelayClient share; nobody else includes it. */

/** SlRelayLane: subscriptions that take turns. Each lane reads one at a time. */
typedef struct {
    GQueue ready; /* SlRelaySubscription, owned: there may be something to read */
    gboolean reading;
    gboolean full; /* the next message did not fit into the window; until an ack */
} SlRelayLane;

struct _SlRelayClient {
    GObject parent_instance;

    GWeakRef relay;
    char *id;
    char *name; /* nullable */
    SlRelayKind kind;
    SlGrant *grant;
    SlLimits limits;
    SlTokenBucket requests, bytes;
    GHashTable *rates; /* namespace's name → SlTokenBucket: messages published there */

    SlRelayTransport *transport; /* NULL once closed */
    gulong on_received, on_drained, on_ended, on_closed;
    SlRelayTransport *unreliable; /* nullable */
    gulong on_unreliable_received, on_unreliable_closed;
    SlRelayOutbox outbox;
    gboolean ended; /* nothing comes from it any more */
    gboolean closing;
    guint n_publishing;
    GCancellable *cancellable;

    GHashTable *subscriptions; /* channel's name → SlRelaySubscription, owned */
    guint n_made;              /* subscriptions to channels that were made for them */
    GHashTable *held;          /* channel's name → SlRelayHold, owned */
    SlRelayAge age;

    SlRelayLane reliable, loose; /* within the window; by the unreliable transport */
    SlRelayWindow window;
    gboolean acknowledges; /* it has sent an ack */
    gboolean abused;       /* it goes on publishing too fast, and is cut off */
};

/* sl-relay-client.c */

/** sl_relay_client_send: @line: (transfer full) */
void sl_relay_client_send(SlRelayClient *self, char *line);
/** sl_relay_client_send_error: closes it after `bad-message`. @id: -1 for none; @channel:
 * (nullable) */
void sl_relay_client_send_error(SlRelayClient *self, gint64 id, const char *channel,
                                const GError *error);
/** sl_relay_client_find_channel: finds or makes it. Returns: (transfer full) (nullable) */
SlChannel *sl_relay_client_find_channel(SlRelayClient *self, const char *name, gboolean to_publish,
                                        gboolean *ret_made, GError **error);
gboolean sl_relay_client_may_publish(SlRelayClient *self, SlChannel *channel);
SlRelayPerson sl_relay_client_get_person(SlRelayClient *self);

/** sl_relay_client_leave_if_done: closes it if it has ended and there is nothing left to say */
void sl_relay_client_leave_if_done(SlRelayClient *self);

/* Each handler: Returns: FALSE with the error that is answered */

/* sl-relay-client-subscribe.c */
gboolean sl_relay_client_handle_subscribe(SlRelayClient *self, const SlRelayRequest *request,
                                          GError **error);
gboolean sl_relay_client_handle_unsubscribe(SlRelayClient *self, const SlRelayRequest *request,
                                            GError **error);
/** sl_relay_client_drop_subscription: a GDestroyNotify */
void sl_relay_client_drop_subscription(gpointer subscription);
/** sl_relay_client_check_grant: whether its key still allows to read; else it ends, with an error
 */
gboolean sl_relay_client_check_grant(SlRelaySubscription *subscription);
/** sl_relay_client_tell_due_presence: to all that could not be told before */
void sl_relay_client_tell_due_presence(SlRelayClient *self);
/** sl_relay_client_rename_present: it has another name for who watches who is there */
void sl_relay_client_rename_present(SlRelayClient *self);

/* sl-relay-client-publish.c */
gboolean sl_relay_client_handle_publish(SlRelayClient *self, const SlRelayRequest *request,
                                        GError **error);

/* sl-relay-client-hold.c */
gboolean sl_relay_client_handle_take(SlRelayClient *self, const SlRelayRequest *request,
                                     GError **error);
gboolean sl_relay_client_handle_release(SlRelayClient *self, const SlRelayRequest *request,
                                        GError **error);
/** sl_relay_client_drop_hold: a GDestroyNotify: who held it has left */
void sl_relay_client_drop_hold(gpointer hold);
/** sl_relay_client_rename_held: … and for who subscribes to what it holds */
void sl_relay_client_rename_held(SlRelayClient *self);
void sl_relay_client_watch_holder(SlRelaySubscription *subscription);

/* sl-relay-client-pump.c */

/** sl_relay_client_push: there may be something to read for @subscription */
void sl_relay_client_push(SlRelaySubscription *subscription);
void sl_relay_client_pull(SlRelaySubscription *subscription);
void sl_relay_client_pump(SlRelayClient *self);
/** sl_relay_client_sort_lanes: the unreliable transport has come or gone */
void sl_relay_client_sort_lanes(SlRelayClient *self);
/** sl_relay_client_go_on: something was acknowledged, or taken */
void sl_relay_client_go_on(SlRelayClient *self);
gboolean sl_relay_client_is_slow(SlRelayClient *self);

G_END_DECLS
