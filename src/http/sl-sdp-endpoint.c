#include "sl-sdp-endpoint.h"

#include <string.h>

#include "sl-address-rate.h"
#include "sl-answer.h"
#include "sl-census.h"
#include "sl-cors.h"
#include "sl-ice-link.h"
#include "sl-meters.h"
#include "sl-pending.h"
#include "sl-request.h"
#include "sl-sdp-resource.h"

#define TIMEOUT_MS 20000
#define TIMEOUT_WORDS "The answer took more than 20 seconds."
#define RATE_RETRY_AFTER_S "1"

struct _SlSdpEndpoint {
    SlSdpHost host;
    SlLimits limits;
    SlAddressRate *rate;
    GHashTable *resources; /* of its ID to SlSdpResource */
    GHashTable *attempts;  /* of Attempt */
    gboolean closed;
};

/* An offer that is being answered. */
typedef struct {
    SlSdpEndpoint *endpoint; /* NULL once that is gone */
    SlSdpResource *resource;
    SlPending *pending;
} Attempt;

static gboolean
is_method(SoupServerMessage *msg, const char *method)
{
    return strcmp(soup_server_message_get_method(msg), method) == 0;
}

/* --- sessions --- */

static void
add_resource(SlSdpEndpoint *self, SlSdpResource *resource)
{
    resource->table = self->resources;
    g_hash_table_insert(self->resources, (gpointer)resource->kind->get_id(resource->session),
                        resource);
}

/* May call on_answered(), which frees the attempt or the resource. */
static void
end_session(SlSdpResource *resource)
{
    g_autoptr(GObject) session = g_object_ref(resource->session);

    resource->kind->end(session);
}

/* Whoever has not made it learns nothing of it. */
static SlSdpResource *
find_resource(SlSdpEndpoint *self, SoupServerMessage *msg, const SlSdpAddress *address,
              SlStream *stream)
{
    SlSdpResource *resource = g_hash_table_lookup(self->resources, address->id);

    if (resource == NULL || resource->kind != address->kind || resource->stream != stream ||
        strcmp(sl_grant_get_id(resource->grant), sl_grant_get_id(sl_request_get_grant(msg))) != 0)
        return NULL;
    return resource;
}

/* --- an offer --- */

static void
attempt_free(Attempt *attempt)
{
    if (attempt->endpoint != NULL)
        g_hash_table_remove(attempt->endpoint->attempts, attempt);
    sl_pending_free(attempt->pending);
    sl_sdp_resource_free(attempt->resource);
    g_free(attempt);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Attempt, attempt_free)

/* A relative reference, which holds behind any proxy, with the key of the link that was used. */
static char *
make_location(SoupServerMessage *msg, const SlSdpResource *resource)
{
    g_autofree char *key = sl_request_get_link_key(msg);
    g_autofree char *prefix = NULL;

    if (key != NULL) {
        g_autofree char *escaped = g_uri_escape_string(key, NULL, FALSE);
        prefix = g_strdup_printf("/key/%s", escaped);
    }
    return g_strdup_printf("%s/%s/%s/%s", prefix != NULL ? prefix : "", resource->kind->name,
                           sl_stream_get_name(resource->stream),
                           resource->kind->get_id(resource->session));
}

/* Sections 4.2, 4.3.1 and 4.6 */
static void
answer_created(SlSdpEndpoint *self, SoupServerMessage *msg, const SlSdpResource *resource,
               char *answer)
{
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(msg);
    g_autofree char *location = make_location(msg, resource);

    soup_message_headers_replace(headers, "Location", location);
    soup_message_headers_replace(headers, "ETag", resource->etag);
    soup_message_headers_replace(headers, "Accept-Patch", SL_SDP_FRAGMENT_TYPE);
    sl_ice_link_add(headers, self->host.ice);
    soup_server_message_set_status(msg, SOUP_STATUS_CREATED, NULL);
    soup_server_message_set_response(msg, SL_SDP_TYPE, SOUP_MEMORY_TAKE, answer, strlen(answer));
}

static void
on_answered(GObject *session, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(Attempt) attempt = user_data;
    SlSdpEndpoint *self = attempt->endpoint;
    SlSdpResource *resource = attempt->resource;
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = resource->kind->answer_finish(session, result, &error);
    SoupServerMessage *msg = sl_pending_get_message(attempt->pending);

    if (answer == NULL || resource->has_ended || msg == NULL || self == NULL || self->closed)
        end_session(resource);
    if (msg == NULL)
        return;
    if (answer == NULL) {
        sl_sdp_kind_answer_error(resource->kind, msg, resource->stream, error);
    } else if (resource->has_ended) {
        sl_answer_problem(msg, SOUP_STATUS_SERVICE_UNAVAILABLE,
                          "The session ended while its offer was answered.");
    } else {
        answer_created(self, msg, resource, g_steal_pointer(&answer));
        add_resource(self, g_steal_pointer(&attempt->resource));
    }
}

/* Whoever asked is gone, or has waited for too long. */
static void
on_pending_ended(SlPending *pending, gpointer user_data)
{
    end_session(((Attempt *)user_data)->resource);
}

static gboolean
check_rate(SlSdpEndpoint *self, SoupServerMessage *msg)
{
    const char *address = sl_request_get_address(msg);
    g_autofree char *words = NULL;

    if (sl_address_rate_take(self->rate, address, g_get_monotonic_time()))
        return TRUE;
    sl_limits_reached(&self->limits, SL_LIMIT(offers_per_second), address);
    words = g_strdup_printf("More than %u offers a second came from your address.",
                            self->limits.offers_per_second);
    soup_message_headers_replace(soup_server_message_get_response_headers(msg), "Retry-After",
                                 RATE_RETRY_AFTER_S);
    sl_answer_problem(msg, SL_STATUS_TOO_MANY_REQUESTS, words);
    return FALSE;
}

static gboolean
is_of(const SlSdpResource *resource, const SlSdpKind *kind, SlStream *stream)
{
    return resource->kind == kind && resource->stream == stream;
}

static guint
count_sessions(SlSdpEndpoint *self, const SlSdpKind *kind, SlStream *stream)
{
    GHashTableIter iter;
    gpointer key, value;
    guint n = 0;

    g_hash_table_iter_init(&iter, self->resources);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        n += is_of(value, kind, stream);
    g_hash_table_iter_init(&iter, self->attempts);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        n += is_of(((Attempt *)key)->resource, kind, stream);
    return n;
}

/* Returns: (transfer full) (nullable) */
static GObject *
create_session(SlSdpEndpoint *self, SoupServerMessage *msg, const SlSdpKind *kind, SlStream *stream,
               GError **error)
{
    if (kind->max_per_stream > 0 && count_sessions(self, kind, stream) >= kind->max_per_stream) {
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_FULL,
                    "%u have offered to publish to this stream, which is as many as may be there "
                    "at once. Try again in some seconds.",
                    kind->max_per_stream);
        return NULL;
    }
    return kind->create(&self->host, stream, sl_request_get_grant(msg), sl_request_get_address(msg),
                        error);
}

static void
post(SlSdpEndpoint *self, SoupServerMessage *msg, const SlSdpAddress *address, SlStream *stream)
{
    SlGrant *grant = sl_request_get_grant(msg);
    g_autofree char *body = check_rate(self, msg) ? sl_sdp_read_body(msg, SL_SDP_TYPE) : NULL;
    g_autoptr(SlSdpOffer) offer = NULL;
    g_autoptr(GObject) session = NULL;
    g_autoptr(GError) error = NULL;
    Attempt *attempt;

    if (body == NULL)
        return;
    offer = sl_sdp_offer_new(body, self->limits.max_sdp_bytes, &error);
    if (offer != NULL)
        session = create_session(self, msg, address->kind, stream, &error);
    if (session == NULL) {
        sl_sdp_kind_answer_error(address->kind, msg, stream, error);
        return;
    }
    attempt = g_new0(Attempt, 1);
    attempt->endpoint = self;
    attempt->resource =
        sl_sdp_resource_new(address->kind, session, stream, grant, offer, &self->limits);
    attempt->pending = sl_pending_new();
    g_hash_table_add(self->attempts, attempt);
    sl_pending_set_ended_func(attempt->pending, on_pending_ended, attempt);
    sl_pending_begin(attempt->pending, self->host.context, msg, TIMEOUT_MS, TIMEOUT_WORDS);
    address->kind->answer_async(session, offer, on_answered, attempt);
}

/* --- the other methods --- */

static void
answer_empty(SoupServerMessage *msg, guint status)
{
    soup_server_message_set_status(msg, status, NULL);
}

/* Section 4.1: a GET succeeds and gives nothing. A player may ask by HEAD what an address is
 * (draft-ietf-wish-whep, "WHEP Endpoint URL Discoverability"). */
static void
describe(SoupServerMessage *msg)
{
    soup_message_headers_replace(soup_server_message_get_response_headers(msg), "Accept-Post",
                                 SL_SDP_TYPE);
    soup_message_headers_replace(soup_server_message_get_response_headers(msg), "Content-Type",
                                 SL_SDP_TYPE);
    answer_empty(msg, SOUP_STATUS_OK);
}

/* Sections 4.2 and 4.6: clients that can't learn of servers once they have made their offer ask
 * before. Without a body: GStreamer's whipsink takes 204 only. */
static void
answer_options(SlSdpEndpoint *self, SoupServerMessage *msg, const SlSdpAddress *address)
{
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(msg);

    soup_message_headers_replace(headers, "Allow", sl_sdp_address_get_methods(address));
    if (address->id == NULL) {
        soup_message_headers_replace(headers, "Accept-Post", SL_SDP_TYPE);
        sl_ice_link_add(headers, self->host.ice);
    } else {
        soup_message_headers_replace(headers, "Accept-Patch", SL_SDP_FRAGMENT_TYPE);
    }
    answer_empty(msg, SOUP_STATUS_NO_CONTENT);
}

static void
answer_endpoint(SlSdpEndpoint *self, SoupServerMessage *msg, const SlSdpAddress *address,
                SlStream *stream)
{
    if (is_method(msg, "POST"))
        post(self, msg, address, stream);
    else if (is_method(msg, "OPTIONS"))
        answer_options(self, msg, address);
    else
        describe(msg);
}

static void
answer_session(SlSdpEndpoint *self, SoupServerMessage *msg, const SlSdpAddress *address,
               SlStream *stream)
{
    SlSdpResource *resource = find_resource(self, msg, address, stream);

    if (resource == NULL) {
        sl_answer_problem(msg, SOUP_STATUS_NOT_FOUND,
                          "There is no such session: it has ended, or never was.");
    } else if (is_method(msg, "PATCH")) {
        sl_sdp_resource_patch(resource, msg);
    } else if (is_method(msg, "DELETE")) {
        resource->kind->end(resource->session);
        answer_empty(msg, SOUP_STATUS_OK);
    } else if (is_method(msg, "OPTIONS")) {
        answer_options(self, msg, address);
    } else {
        answer_empty(msg, SOUP_STATUS_NO_CONTENT);
    }
}

void
sl_sdp_endpoint_answer(SlSdpEndpoint *self, SoupServerMessage *msg, const SlSdpAddress *address,
                       SlStream *stream)
{
    if (sl_cors_is_preflight(msg))
        sl_cors_answer_preflight(msg, sl_sdp_address_get_methods(address));
    else if (stream == NULL)
        sl_answer_problem(msg, SOUP_STATUS_NOT_FOUND, "There is no stream of this name here.");
    else if (!sl_grant_allows(sl_request_get_grant(msg), address->kind->role, address->stream))
        sl_answer_problem(msg, SOUP_STATUS_FORBIDDEN, address->kind->forbidden);
    else if (address->id == NULL)
        answer_endpoint(self, msg, address, stream);
    else
        answer_session(self, msg, address, stream);
}

/* --- the whole --- */

/* Out of the table first: ends change it. */
static GPtrArray *
take_resources(SlSdpEndpoint *self)
{
    GPtrArray *taken = g_ptr_array_new_with_free_func((GDestroyNotify)sl_sdp_resource_free);
    GHashTableIter iter;
    gpointer resource;

    g_hash_table_iter_init(&iter, self->resources);
    while (g_hash_table_iter_next(&iter, NULL, &resource)) {
        ((SlSdpResource *)resource)->table = NULL;
        g_ptr_array_add(taken, resource);
        g_hash_table_iter_steal(&iter);
    }
    return taken;
}

void
sl_sdp_endpoint_close(SlSdpEndpoint *self)
{
    g_autoptr(GPtrArray) resources = take_resources(self);
    g_autoptr(GList) attempts = g_hash_table_get_keys(self->attempts);

    self->closed = TRUE;
    for (guint i = 0; i < resources->len; i++)
        end_session(g_ptr_array_index(resources, i));
    for (GList *l = attempts; l != NULL; l = l->next) {
        if (g_hash_table_contains(self->attempts, l->data))
            end_session(((Attempt *)l->data)->resource);
    }
}

static void
forget_endpoint(gpointer attempt, gpointer value, gpointer unused)
{
    ((Attempt *)attempt)->endpoint = NULL;
}

void
sl_sdp_endpoint_free(SlSdpEndpoint *self)
{
    if (self == NULL)
        return;
    sl_sdp_endpoint_close(self);
    g_hash_table_foreach(self->attempts, forget_endpoint, NULL);
    g_hash_table_unref(self->attempts);
    g_hash_table_unref(self->resources);
    sl_address_rate_free(self->rate);
    g_free(self);
}

SlSdpEndpoint *
sl_sdp_endpoint_new(const SlSdpHost *host)
{
    SlSdpEndpoint *self = g_new0(SlSdpEndpoint, 1);

    self->limits = *host->limits;
    self->host = *host;
    self->host.limits = &self->limits;
    self->rate = sl_address_rate_new(host->limits->offers_per_second, host->limits->offer_burst);
    self->resources =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)sl_sdp_resource_free);
    self->attempts = g_hash_table_new(NULL, NULL);
    return self;
}
