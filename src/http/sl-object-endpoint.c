#include "sl-object-endpoint.h"

#include <string.h>

#include "sl-address-rate.h"
#include "sl-answer.h"
#include "sl-meters.h"
#include "sl-object-answer.h"
#include "sl-object-download.h"
#include "sl-object-hash.h"
#include "sl-object-upload.h"
#include "sl-pending.h"
#include "sl-request.h"

#define PREFIX "/objects/"
#define RETRY_AFTER_S "1"
/* An object's bytes are read before it is first given to anybody. */
#define OPEN_TIMEOUT_MS 55000
#define OPEN_TIMEOUT_WORDS "The object is still being checked. Try again in some seconds."

struct _SlObjectEndpoint {
    GMainContext *context;
    SlObjectStore *store;
    SlLimits limits;
    SlAddressRate *rate;
    SlObjectShares *shares;
};

/* A GET or HEAD whose object is being opened. */
typedef struct {
    GMainContext *context;
    SlObjectStore *store;
    SlObjectShare *share;
    SlPending *pending;
    GCancellable *cancellable;
} Request;

static void
request_free(Request *self)
{
    /* Before the message goes on: it may end at once. */
    sl_object_share_free(self->share);
    sl_pending_free(self->pending);
    g_object_unref(self->cancellable);
    g_object_unref(self->store);
    g_main_context_unref(self->context);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Request, request_free)

static const char *
hash_of(SoupServerMessage *msg)
{
    return sl_request_get_path(msg) + strlen(PREFIX);
}

/* --- what is refused --- */

static void
refuse(SoupServerMessage *msg, SlObjectError code, const char *words)
{
    g_autoptr(GError) error = g_error_new_literal(SL_OBJECT_ERROR, (gint)code, words);

    sl_object_answer_error(msg, error);
}

static gboolean
check_rate(SlObjectEndpoint *self, SoupServerMessage *msg)
{
    const char *address = sl_request_get_address(msg);
    g_autofree char *words = NULL;

    if (sl_address_rate_take(self->rate, address, g_get_monotonic_time()))
        return TRUE;
    sl_limits_reached(&self->limits, SL_LIMIT(object_requests_per_second), address);
    words = g_strdup_printf("More than %u requests a second for objects came from your address.",
                            self->limits.object_requests_per_second);
    soup_message_headers_replace(soup_server_message_get_response_headers(msg), "Retry-After",
                                 RETRY_AFTER_S);
    sl_answer_problem(msg, SL_STATUS_TOO_MANY_REQUESTS, words);
    return FALSE;
}

/* Returns: (transfer full) (nullable) */
static SlObjectShare *
take_share(SlObjectEndpoint *self, SoupServerMessage *msg, SlObjectWay way)
{
    SlObjectShare *share = sl_object_shares_take(self->shares, way, sl_request_get_address(msg));
    g_autofree char *words = NULL;

    if (share != NULL)
        return share;
    words =
        g_strdup_printf("%u %s from your address are under way, which is as many as may be.",
                        way == SL_OBJECT_WAY_PUT ? self->limits.max_puts : self->limits.max_gets,
                        way == SL_OBJECT_WAY_PUT ? "uploads" : "downloads");
    refuse(msg, SL_OBJECT_ERROR_TOO_MANY, words);
    return NULL;
}

/* --- PUT --- */

static gboolean
check_put(SlObjectEndpoint *self, SoupServerMessage *msg)
{
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(msg);

    if (!sl_grant_allows(sl_request_get_grant(msg), SL_ROLE_PUBLISH, NULL)) {
        refuse(msg, SL_OBJECT_ERROR_NOT_ALLOWED, "This key does not allow to send files.");
        return FALSE;
    }
    if (!sl_object_hash_is_valid(hash_of(msg))) {
        sl_answer_problem(msg, SOUP_STATUS_BAD_REQUEST,
                          "An object is called by its SHA-256: expected 64 digits of 0-9 and a-f.");
        return FALSE;
    }
    if (soup_message_headers_get_one(headers, "Content-Length") == NULL) {
        sl_answer_problem(msg, SOUP_STATUS_LENGTH_REQUIRED,
                          "How large the object is has to be said first, by Content-Length.");
        return FALSE;
    }
    if (soup_message_headers_get_one(headers, "Content-Range") != NULL ||
        soup_message_headers_get_one(headers, "Content-Encoding") != NULL) {
        sl_answer_problem(msg, SOUP_STATUS_BAD_REQUEST,
                          "An object is sent whole and as it is: without Content-Range and "
                          "Content-Encoding.");
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_size(SlObjectEndpoint *self, SoupServerMessage *msg, guint64 size)
{
    guint64 max = sl_object_store_get_max_object_bytes(self->store);
    g_autofree char *words = NULL;

    if (size <= max)
        return TRUE;
    words = g_strdup_printf("An object may have %" G_GUINT64_FORMAT " bytes.", max);
    sl_limits_reached(&self->limits, SL_LIMIT(max_object_mib), sl_request_get_address(msg));
    refuse(msg, SL_OBJECT_ERROR_TOO_LARGE, words);
    return FALSE;
}

void
sl_object_endpoint_begin(SlObjectEndpoint *self, SoupServerMessage *msg)
{
    guint64 size;
    SlObjectShare *share;

    if (!check_put(self, msg) || !check_rate(self, msg))
        return;
    size = (guint64)soup_message_headers_get_content_length(
        soup_server_message_get_request_headers(msg));
    if (!check_size(self, msg, size))
        return;
    share = take_share(self, msg, SL_OBJECT_WAY_PUT);
    if (share != NULL)
        sl_object_upload_new(self->context, self->store, msg, hash_of(msg), size, share);
}

/* --- GET and HEAD --- */

/* Whoever asked is gone, or has waited for too long. */
static void
on_pending_ended(SlPending *pending, gpointer data)
{
    g_cancellable_cancel(((Request *)data)->cancellable);
}

static void
on_opened(GObject *store, GAsyncResult *result, gpointer data)
{
    g_autoptr(Request) request = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(SlObject) object =
        sl_object_store_open_finish(SL_OBJECT_STORE(store), result, &error);
    SoupServerMessage *msg = sl_pending_get_message(request->pending);
    SlByteRange range;

    if (msg == NULL)
        return;
    if (object == NULL)
        sl_object_answer_error(msg, error);
    else if (sl_object_answer_head(msg, object, &range))
        sl_object_download_new(request->context, request->store, msg, object, &range,
                               g_steal_pointer(&request->share));
}

static SlObjectUse
use_of(SoupServerMessage *msg)
{
    return strcmp(soup_server_message_get_method(msg), SOUP_METHOD_HEAD) == 0 ||
                   soup_message_headers_get_list(soup_server_message_get_request_headers(msg),
                                                 "If-None-Match") != NULL
               ? SL_OBJECT_USE_LOOK
               : SL_OBJECT_USE_GET;
}

static void
answer_get(SlObjectEndpoint *self, SoupServerMessage *msg)
{
    SlObjectShare *share;
    Request *request;

    if (!sl_grant_allows(sl_request_get_grant(msg), SL_ROLE_WATCH, NULL)) {
        refuse(msg, SL_OBJECT_ERROR_NOT_ALLOWED, "This key does not allow to get files.");
        return;
    }
    if (!check_rate(self, msg))
        return;
    share = take_share(self, msg, SL_OBJECT_WAY_GET);
    if (share == NULL)
        return;
    request = g_new0(Request, 1);
    request->context = g_main_context_ref(self->context);
    request->store = g_object_ref(self->store);
    request->share = share;
    request->cancellable = g_cancellable_new();
    request->pending = sl_pending_new();
    sl_pending_set_ended_func(request->pending, on_pending_ended, request);
    sl_pending_begin(request->pending, self->context, msg, OPEN_TIMEOUT_MS, OPEN_TIMEOUT_WORDS);
    sl_object_store_open_async(self->store, hash_of(msg), use_of(msg), request->cancellable,
                               on_opened, request);
}

void
sl_object_endpoint_answer(SlObjectEndpoint *self, SoupServerMessage *msg)
{
    SlObjectUpload *upload = sl_object_upload_find(msg);

    if (upload != NULL)
        sl_object_upload_finish(upload);
    else
        answer_get(self, msg);
}

gboolean
sl_object_endpoint_has(const char *path)
{
    return g_str_has_prefix(path, PREFIX);
}

SlObjectEndpoint *
sl_object_endpoint_new(GMainContext *context, SlObjectStore *store, const SlLimits *limits)
{
    SlObjectEndpoint *self = g_new0(SlObjectEndpoint, 1);

    self->context = g_main_context_ref(context);
    self->store = g_object_ref(store);
    self->limits = *limits;
    self->rate =
        sl_address_rate_new(limits->object_requests_per_second, limits->object_request_burst);
    self->shares = sl_object_shares_new(limits);
    return self;
}

void
sl_object_endpoint_free(SlObjectEndpoint *self)
{
    if (self == NULL)
        return;
    sl_object_shares_free(self->shares);
    sl_address_rate_free(self->rate);
    g_object_unref(self->store);
    g_main_context_unref(self->context);
    g_free(self);
}
