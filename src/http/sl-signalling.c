#include "sl-signalling.h"

#include <string.h>

#include "sl-census.h"
#include "sl-context.h"
#include "sl-error.h"
#include "sl-json.h"
#include "sl-meters.h"
#include "sl-pipeline-api.h"
#include "sl-signal-error.h"
#include "sl-token-bucket.h"

#define PROTOCOL_VERSION 1
#define VIEWERS_DELAY_MS 200
#define MAX_TYPE_BYTES 32
#define MIN_PAGE_BYTES 8
#define MAX_PAGE_BYTES 64

struct _SlSignalling {
    GObject parent_instance;

    SlWebsocketWatch *watch; /* nullable: closing */
    GMainContext *context;
    SlSessionPool *pool;
    SlIce *ice;
    SlLimits limits;
    SlStream *stream;
    SlPipelineSwitch *pipeline; /* of stream */
    GStrv channels;
    SlGrant *grant;
    char *address; /* nullable */

    SlSession *session; /* nullable: before hello, and after the end */
    GSource *hello_deadline;
    GSource *viewers_delay;
    SlTokenBucket signals;
};

G_DEFINE_FINAL_TYPE(SlSignalling, sl_signalling, G_TYPE_OBJECT)

static void
send_object(SlSignalling *self, JsonObject *object)
{
    g_autofree char *text = sl_json_to_text(object);

    if (self->watch != NULL)
        sl_websocket_watch_send(self->watch, text);
}

static JsonObject *
message_new(const char *type)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "type", type);
    return object;
}

static void
send_error(SlSignalling *self, const char *code, const char *message)
{
    g_autofree char *text = sl_signal_error_to_text(code, message);
    gushort close_code = sl_signal_error_close_code(code);

    if (self->watch == NULL)
        return;
    sl_websocket_watch_send(self->watch, text);
    if (close_code != 0)
        sl_websocket_watch_close(self->watch, close_code, code);
}

static void
send_session_error(SlSignalling *self, const GError *error)
{
    if (error->domain == SL_SESSION_ERROR)
        send_error(self, sl_session_error_to_code(error), error->message);
    else
        send_error(self, "bad-message", error->message);
}

static void
send_state(SlSignalling *self)
{
    g_autoptr(JsonObject) object = message_new("state");
    SlStreamState state = sl_stream_get_state(self->stream);

    /* Somebody watches now, so what rests is about to start. */
    if (state == SL_STREAM_IDLE)
        state = SL_STREAM_STARTING;
    json_object_set_string_member(object, "state", sl_stream_state_to_string(state));
    json_object_set_string_member(object, "detail", sl_stream_get_detail(self->stream));
    json_object_set_string_member(object, "title", sl_stream_get_title(self->stream));
    json_object_set_boolean_member(object, "controls",
                                   sl_stream_get_controls(self->stream) != NULL);
    send_object(self, object);
}

static void
send_viewers(SlSignalling *self)
{
    g_autoptr(JsonObject) object = message_new("viewers");

    json_object_set_int_member(object, "count",
                               sl_session_pool_get_n_viewers(self->pool, self->stream));
    send_object(self, object);
}

static gboolean
may_operate(SlSignalling *self)
{
    return sl_grant_allows(self->grant, SL_ROLE_OPERATE, sl_stream_get_name(self->stream));
}

static void
send_pipeline(SlSignalling *self)
{
    g_autoptr(JsonObject) object = message_new("pipeline");

    sl_pipeline_add_to_json(self->pipeline, object);
    send_object(self, object);
}

static JsonArray *
roles_to_json(SlSignalling *self)
{
    JsonArray *roles = json_array_new();

    for (guint role = 1; role <= SL_ROLE_ADMIN; role <<= 1) {
        if (sl_grant_allows(self->grant, (SlRoles)role, sl_stream_get_name(self->stream)))
            json_array_add_string_element(roles, sl_role_to_string((SlRoles)role));
    }
    return roles;
}

static void
send_welcome(SlSignalling *self)
{
    g_autoptr(JsonObject) object = message_new("welcome");
    const char *servers = sl_ice_get_servers_json(self->ice);
    JsonNode *servers_node = json_from_string(servers != NULL ? servers : "[]", NULL);
    JsonArray *channels = json_array_new();

    for (guint i = 0; self->channels != NULL && self->channels[i] != NULL; i++)
        json_array_add_string_element(channels, self->channels[i]);
    json_object_set_int_member(object, "version", PROTOCOL_VERSION);
    json_object_set_string_member(object, "session", sl_session_get_id(self->session));
    json_object_set_string_member(object, "stream", sl_stream_get_name(self->stream));
    json_object_set_string_member(object, "title", sl_stream_get_title(self->stream));
    json_object_set_member(object, "iceServers", servers_node);
    json_object_set_array_member(object, "channels", channels);
    json_object_set_array_member(object, "roles", roles_to_json(self));
    send_object(self, object);
}

static void
on_session_offer(SlSession *session, guint peer, const char *sdp, SlSignalling *self)
{
    g_autoptr(JsonObject) object = message_new("offer");

    json_object_set_int_member(object, "peer", peer);
    json_object_set_string_member(object, "sdp", sdp);
    send_object(self, object);
}

static void
on_session_candidate(SlSession *session, guint peer, guint mline, const char *mid,
                     const char *candidate, SlSignalling *self)
{
    g_autoptr(JsonObject) object = message_new("candidate");

    json_object_set_int_member(object, "peer", peer);
    json_object_set_string_member(object, "candidate", candidate);
    if (mid != NULL)
        json_object_set_string_member(object, "sdpMid", mid);
    json_object_set_int_member(object, "sdpMLineIndex", mline);
    send_object(self, object);
}

static void
on_session_peer_ended(SlSession *session, guint peer, GError *reason, SlSignalling *self)
{
    g_autoptr(JsonObject) object = message_new("bye");

    json_object_set_int_member(object, "peer", peer);
    json_object_set_string_member(object, "reason", reason != NULL ? reason->message : "");
    if (reason != NULL)
        json_object_set_string_member(object, "code", sl_session_error_to_code(reason));
    send_object(self, object);
}

static void
on_session_problem(SlSession *session, GError *error, SlSignalling *self)
{
    if (error->domain == SL_SESSION_ERROR)
        send_session_error(self, error);
}

static void
on_session_ended(SlSession *session, GError *reason, SlSignalling *self)
{
    if (self->watch == NULL)
        return;
    if (reason == NULL) {
        sl_websocket_watch_close(self->watch, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, NULL);
        return;
    }
    send_session_error(self, reason);
    /* Errors that leave a session be can end one too. */
    if (self->watch != NULL)
        sl_websocket_watch_close(self->watch, SOUP_WEBSOCKET_CLOSE_SERVER_ERROR, NULL);
}

static void
on_stream_state_changed(SlStream *stream, SlSignalling *self)
{
    send_state(self);
}

static void
on_pipeline_changed(SlPipelineSwitch *pipeline, SlSignalling *self)
{
    send_pipeline(self);
}

static gboolean
on_viewers_delay(gpointer user_data)
{
    SlSignalling *self = user_data;

    sl_clear_source(&self->viewers_delay);
    send_viewers(self);
    return G_SOURCE_REMOVE;
}

/* A hundred viewers that come at once are one message to each of them, not a hundred. */
static void
on_pool_changed(SlSessionPool *pool, SlStream *stream, SlSignalling *self)
{
    if (stream == self->stream && self->viewers_delay == NULL)
        self->viewers_delay =
            sl_context_add_timeout(self->context, VIEWERS_DELAY_MS, on_viewers_delay, self);
}

static void
connect_session(SlSignalling *self)
{
    g_signal_connect(self->session, "offer", G_CALLBACK(on_session_offer), self);
    g_signal_connect(self->session, "candidate", G_CALLBACK(on_session_candidate), self);
    g_signal_connect(self->session, "peer-ended", G_CALLBACK(on_session_peer_ended), self);
    g_signal_connect(self->session, "problem", G_CALLBACK(on_session_problem), self);
    g_signal_connect(self->session, "ended", G_CALLBACK(on_session_ended), self);
    g_signal_connect(self->stream, "state-changed", G_CALLBACK(on_stream_state_changed), self);
    g_signal_connect(self->pool, "changed", G_CALLBACK(on_pool_changed), self);
    if (may_operate(self))
        g_signal_connect(self->pipeline, "changed", G_CALLBACK(on_pipeline_changed), self);
}

static gboolean
check_page(const char *page, GError **error)
{
    gsize len = strlen(page);

    for (const char *c = page; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && *c != '_' && *c != '-')
            len = 0;
    }
    if (len >= MIN_PAGE_BYTES && len <= MAX_PAGE_BYTES)
        return TRUE;
    g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                "\"page\" must be %d to %d characters A-Z a-z 0-9 _ -", MIN_PAGE_BYTES,
                MAX_PAGE_BYTES);
    return FALSE;
}

static gboolean
handle_hello(SlSignalling *self, JsonObject *message, GError **error)
{
    g_autoptr(SlSession) session = NULL;
    gint64 version;
    const char *page;

    if (self->session != NULL) {
        send_error(self, "repeated-hello", "hello is said once on a WebSocket");
        return TRUE;
    }
    if (!sl_json_get_integer(message, "version", 0, SL_JSON_MAX_INTEGER, &version, error))
        return FALSE;
    if (version != PROTOCOL_VERSION) {
        g_autofree char *text = g_strdup_printf(
            "Version %" G_GINT64_FORMAT " is not spoken here, %d is", version, PROTOCOL_VERSION);
        send_error(self, "bad-version", text);
        return TRUE;
    }
    if (!sl_json_get_string(message, "page", SL_JSON_MAX_BYTES, &page, error) ||
        !check_page(page, error))
        return FALSE;

    sl_clear_source(&self->hello_deadline);
    self->session =
        sl_session_pool_create(self->pool, self->stream, page, self->grant, self->address, error);
    if (self->session == NULL)
        return FALSE;
    session = g_object_ref(self->session);
    connect_session(self);
    send_welcome(self);
    send_state(self);
    send_viewers(self);
    if (may_operate(self))
        send_pipeline(self);
    /* Sending can find out that the connection is gone. */
    if (self->session != NULL)
        sl_session_start(self->session);
    return TRUE;
}

static gboolean
get_peer(JsonObject *message, guint *ret_peer, GError **error)
{
    gint64 peer;

    if (!sl_json_get_integer(message, "peer", 0, G_MAXUINT32, &peer, error))
        return FALSE;
    *ret_peer = (guint)peer;
    return TRUE;
}

static gboolean
handle_answer(SlSignalling *self, JsonObject *message, GError **error)
{
    guint peer;
    const char *sdp;

    return get_peer(message, &peer, error) &&
           sl_json_get_string(message, "sdp", SL_JSON_MAX_BYTES, &sdp, error) &&
           sl_session_answer(self->session, peer, sdp, error);
}

static gboolean
handle_candidate(SlSignalling *self, JsonObject *message, GError **error)
{
    guint peer;
    gint64 mline;
    const char *candidate;
    const char *mid;

    return get_peer(message, &peer, error) &&
           sl_json_get_string(message, "candidate", SL_JSON_MAX_BYTES, &candidate, error) &&
           sl_json_get_optional_string(message, "sdpMid", SL_JSON_MAX_BYTES, &mid, error) &&
           sl_json_get_optional_integer(message, "sdpMLineIndex", 0, G_MAXUINT16, -1, &mline,
                                        error) &&
           sl_session_add_candidate(self->session, peer, mid, (int)mline, candidate, error);
}

static gboolean
handle_bye(SlSignalling *self, JsonObject *message, GError **error)
{
    guint peer;

    if (!get_peer(message, &peer, error))
        return FALSE;
    sl_session_end_peer(self->session, peer);
    return TRUE;
}

static gboolean
handle_restart(SlSignalling *self, JsonObject *message, GError **error)
{
    sl_session_restart(self->session);
    return TRUE;
}

static const struct {
    const char *type;
    gboolean (*handle)(SlSignalling *self, JsonObject *message, GError **error);
} HANDLERS[] = {
    { "hello", handle_hello }, { "answer", handle_answer },   { "candidate", handle_candidate },
    { "bye", handle_bye },     { "restart", handle_restart },
};

static gboolean
dispatch(SlSignalling *self, JsonObject *message, GError **error)
{
    const char *type;
    g_autofree char *text = NULL;

    if (!sl_json_get_string(message, "type", SL_JSON_MAX_BYTES, &type, error))
        return FALSE;
    if (self->session == NULL && strcmp(type, "hello") != 0) {
        send_error(self, "hello-expected", "The first message is hello");
        return TRUE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(HANDLERS); i++) {
        if (strcmp(HANDLERS[i].type, type) == 0)
            return HANDLERS[i].handle(self, message, error);
    }
    if (strlen(type) <= MAX_TYPE_BYTES)
        text = g_strdup_printf("There is no message of the type \"%s\"", type);
    send_error(self, "unknown-type", text != NULL ? text : "There is no message of this type");
    return TRUE;
}

static void
on_watch_text(SlWebsocketWatch *watch, GBytes *text, SlSignalling *self)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) message = NULL;
    /* Its last reference may go while it handles the message that ends it. */
    g_autoptr(SlSession) session = self->session != NULL ? g_object_ref(self->session) : NULL;
    gsize len;
    const char *data = g_bytes_get_data(text, &len);

    if (sl_token_bucket_take(&self->signals, 1, g_get_monotonic_time()) != SL_TOKEN_TAKEN) {
        g_autofree char *detail =
            g_strdup_printf("More than %u messages a second", self->limits.signals_per_second);
        sl_limits_reached(&self->limits, SL_LIMIT(signals_per_second), self->address);
        send_error(self, "too-many", detail);
        return;
    }
    message = sl_json_parse_object(data, len, &error);
    if (message == NULL || !dispatch(self, message, &error))
        send_session_error(self, error);
}

static gboolean
on_hello_deadline(gpointer user_data)
{
    SlSignalling *self = user_data;

    sl_clear_source(&self->hello_deadline);
    sl_limits_reached(&self->limits, SL_LIMIT(hello_timeout_ms), self->address);
    send_error(self, "hello-expected", "hello did not come in time");
    return G_SOURCE_REMOVE;
}

static void
detach(SlSignalling *self)
{
    g_autoptr(SlSession) session = g_steal_pointer(&self->session);

    sl_clear_source(&self->hello_deadline);
    sl_clear_source(&self->viewers_delay);
    if (self->watch != NULL)
        g_signal_handlers_disconnect_by_data(self->watch, self);
    self->watch = NULL;
    if (session == NULL)
        return;
    g_signal_handlers_disconnect_by_data(self->stream, self);
    g_signal_handlers_disconnect_by_data(self->pipeline, self);
    g_signal_handlers_disconnect_by_data(self->pool, self);
    g_signal_handlers_disconnect_by_data(session, self);
    sl_session_end(session, NULL);
}

static void
on_watch_closing(SlWebsocketWatch *watch, SlSignalling *self)
{
    detach(self);
}

static void
sl_signalling_dispose(GObject *object)
{
    SlSignalling *self = SL_SIGNALLING(object);

    detach(self);
    g_clear_object(&self->pool);
    g_clear_object(&self->stream);
    g_clear_object(&self->pipeline);
    g_clear_pointer(&self->ice, sl_ice_unref);
    g_clear_pointer(&self->grant, sl_grant_unref);
    g_clear_pointer(&self->channels, g_strfreev);
    g_clear_pointer(&self->address, g_free);
    g_clear_pointer(&self->context, g_main_context_unref);

    G_OBJECT_CLASS(sl_signalling_parent_class)->dispose(object);
}

static void
sl_signalling_class_init(SlSignallingClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = sl_signalling_dispose;
}

static void
sl_signalling_init(SlSignalling *self)
{
    sl_census_add_object(self);
}

SlSignalling *
sl_signalling_new(SlWebsocketWatch *watch, const SlSignallingConfig *config)
{
    SlSignalling *self = g_object_new(SL_TYPE_SIGNALLING, NULL);

    self->watch = watch;
    self->context = g_main_context_ref(config->context);
    self->pool = g_object_ref(config->pool);
    self->ice = sl_ice_ref(config->ice);
    self->limits = *config->limits;
    self->pipeline = g_object_ref(config->pipeline);
    self->stream = g_object_ref(sl_pipeline_switch_get_stream(config->pipeline));
    self->channels = g_strdupv((char **)config->channels);
    self->grant = sl_grant_ref(config->grant);
    self->address = g_strdup(config->address);
    sl_token_bucket_init(&self->signals, self->limits.signals_per_second, self->limits.signal_burst,
                         g_get_monotonic_time());
    self->hello_deadline = sl_context_add_timeout(self->context, self->limits.hello_timeout_ms,
                                                  on_hello_deadline, self);
    g_signal_connect(watch, "text", G_CALLBACK(on_watch_text), self);
    g_signal_connect(watch, "closing", G_CALLBACK(on_watch_closing), self);
    return self;
}
