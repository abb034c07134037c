#pragma once

#include "sl-ledbat.h"
#include "sl-object-client.h"
#include "sl-object-get.h"
#include "sl-object-put.h"
#include "sl-token-bucket.h"

G_BEGIN_DECLS

/* What the files of SlObjectClient share; nobody else includes it. */

/* What a client may have sent of an upload, and not yet been told is taken. */
#define SL_OBJECT_PUT_WINDOW ((gsize)(1024 * 1024))

struct _SlObjectClient {
    GObject parent_instance;

    GMainContext *context;
    SlLimits limits;
    SlObjectStore *store;
    SlGrant *grant;
    char *address;               /* nullable */
    SlRelayTransport *transport; /* NULL once closed */
    gboolean closing;

    SlTokenBucket requests, put_bytes, get_bytes;
    gint64 last_id; /* -1: none */
    GQueue puts;    /* SlObjectPut, owned */
    GQueue gets;    /* SlObjectGet, owned: the next one that has a chunk is at its head */

    SlLedbat ledbat;
    gsize under_way; /* bytes of all gets together */

    GSource *timer; /* nullable */
    gint64 timer_us;
};

/* sl-object-client.c */

/** sl_object_client_send: @text: (transfer full); it may close */
void sl_object_client_send(SlObjectClient *self, char *text);
/** sl_object_client_send_error: closes it after `bad-message`. @id: -1 for none */
void sl_object_client_send_error(SlObjectClient *self, gint64 id, const GError *error);
/** sl_object_client_check_role: FALSE with SL_OBJECT_ERROR_NOT_ALLOWED */
gboolean sl_object_client_check_role(SlObjectClient *self, SlRoles role, GError **error);

/* sl-object-client-put.c */
gboolean sl_object_client_begin_put(SlObjectClient *self, const SlObjectRequest *request,
                                    GError **error);
SlObjectPut *sl_object_client_find_put(SlObjectClient *self, gint64 id);
/** sl_object_client_end_put: without a word */
void sl_object_client_end_put(SlObjectClient *self, SlObjectPut *put);
/** sl_object_client_acknowledge: as much as may be now */
void sl_object_client_acknowledge(SlObjectClient *self, SlObjectPut *put, gint64 now_us);

/* sl-object-client-get.c */
gboolean sl_object_client_begin_get(SlObjectClient *self, const SlObjectRequest *request,
                                    GError **error);
SlObjectGet *sl_object_client_find_get(SlObjectClient *self, gint64 id);
void sl_object_client_end_get(SlObjectClient *self, SlObjectGet *get);
/** sl_object_client_take_ack: FALSE with SL_OBJECT_ERROR_BAD_MESSAGE */
gboolean sl_object_client_take_ack(SlObjectClient *self, SlObjectGet *get, guint64 offset,
                                   GError **error);
/** sl_object_client_check_stalled: ends it if it is */
void sl_object_client_check_stalled(SlObjectClient *self, SlObjectGet *get, gint64 now_us);

/* sl-object-client.c */

/** sl_object_client_wake_at: looks then what there is to do, if not before */
void sl_object_client_wake_at(SlObjectClient *self, gint64 at_us);

G_END_DECLS
