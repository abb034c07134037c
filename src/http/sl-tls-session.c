#include "sl-tls-session.h"

#include <errno.h>

#include "sl-census.h"
#include "sl-context.h"

/* RFC 8446, section 5.1 */
#define RECORD_BYTES 16384
/* A record, or a handshake's flight: the certificates of a file that may have 64 KiB. */
#define MAX_KEPT_BYTES (128 * 1024)
/* Of those that are no more than warnings (RFC 5246, section 7.2), in one go. */
#define MAX_ALERTS 8
#define LINGER_MS 60000

struct _SlTlsSession {
    grefcount refs;
    SlTls *tls;
    GSocket *socket;
    GMainContext *context;
    gnutls_session_t session;
    gboolean is_ready; /* hands were shaken */
    gboolean is_broken;
    GByteArray *kept;   /* encrypted, and not yet taken by the system */
    GSource *sending;   /* nullable: while there is some */
    GSource *lingering; /* nullable */
    SlTlsSessionFunc
        on_sent; /* nullable: it has ended, and somebody wants to know when all is sent */
    gpointer data;
};

/* --- what gnutls writes and reads --- */

static void
send_kept(SlTlsSession *self)
{
    while (self->kept->len > 0) {
        g_autoptr(GError) error = NULL;
        gssize n = g_socket_send(self->socket, (const char *)self->kept->data, self->kept->len,
                                 NULL, &error);

        if (n > 0) {
            g_byte_array_remove_range(self->kept, 0, (guint)n);
        } else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
            return;
        } else {
            self->is_broken = TRUE;
            g_byte_array_set_size(self->kept, 0);
        }
    }
}

/* May free it. */
static void
tell_sent(SlTlsSession *self)
{
    SlTlsSessionFunc func = g_steal_pointer(&self->on_sent);

    sl_clear_source(&self->sending);
    sl_clear_source(&self->lingering);
    if (func != NULL)
        func(self->data);
}

static gboolean
on_writable(GSocket *socket, GIOCondition condition, gpointer user_data)
{
    SlTlsSession *self = user_data;

    send_kept(self);
    if (self->kept->len > 0)
        return G_SOURCE_CONTINUE;
    tell_sent(self);
    return G_SOURCE_REMOVE;
}

static void
send_later(SlTlsSession *self)
{
    if (self->sending != NULL)
        return;
    self->sending = g_socket_create_source(self->socket, G_IO_OUT, NULL);
    g_source_set_callback(self->sending, G_SOURCE_FUNC(on_writable), self, NULL);
    g_source_attach(self->sending, self->context);
}

static ssize_t
push(gnutls_transport_ptr_t data, const void *bytes, size_t len)
{
    SlTlsSession *self = data;

    if (self->kept->len + len > MAX_KEPT_BYTES)
        self->is_broken = TRUE;
    if (!self->is_broken) {
        g_byte_array_append(self->kept, bytes, (guint)len);
        send_kept(self);
    }
    if (self->is_broken) {
        gnutls_transport_set_errno(self->session, EPIPE);
        return -1;
    }
    if (self->kept->len > 0)
        send_later(self);
    return (ssize_t)len;
}

static ssize_t
pull(gnutls_transport_ptr_t data, void *bytes, size_t len)
{
    SlTlsSession *self = data;
    g_autoptr(GError) error = NULL;
    gssize n = g_socket_receive(self->socket, bytes, len, NULL, &error);

    if (n < 0)
        gnutls_transport_set_errno(
            self->session,
            g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ? EAGAIN : ECONNRESET);
    return n;
}

static int
pull_timeout(gnutls_transport_ptr_t data, unsigned int timeout_ms)
{
    SlTlsSession *self = data;

    return (g_socket_condition_check(self->socket, G_IO_IN) & G_IO_IN) != 0;
}

/* --- for who reads and writes --- */

static gssize
would_block(GError **error)
{
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "TLS waits for the other side");
    return -1;
}

static gssize
fail(SlTlsSession *self, int code, GError **error)
{
    if (!self->is_broken)
        gnutls_alert_send_appropriate(self->session, code);
    self->is_broken = TRUE;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "TLS: %s", gnutls_strerror(code));
    return -1;
}

gssize
sl_tls_session_read(SlTlsSession *self, void *buffer, gsize count, GError **error)
{
    int code = GNUTLS_E_INVALID_SESSION;

    for (guint i = 0; i < MAX_ALERTS && !self->is_broken; i++) {
        gssize n = self->is_ready ? gnutls_record_recv(self->session, buffer, count)
                                  : gnutls_handshake(self->session);

        code = (int)n;
        if (n == GNUTLS_E_AGAIN)
            return would_block(error);
        if (n >= 0 && self->is_ready)
            return n;
        if (n == GNUTLS_E_SUCCESS)
            self->is_ready = TRUE;
        /* HTTP and WebSocket know where they end. */
        else if (n == GNUTLS_E_PREMATURE_TERMINATION && self->is_ready)
            return 0;
        else if (n != GNUTLS_E_WARNING_ALERT_RECEIVED && n != GNUTLS_E_INTERRUPTED)
            break;
    }
    return fail(self, code, error);
}

gboolean
sl_tls_session_can_read(SlTlsSession *self)
{
    return gnutls_record_check_pending(self->session) > 0;
}

gssize
sl_tls_session_write(SlTlsSession *self, const void *buffer, gsize count, GError **error)
{
    gssize n;

    send_kept(self);
    if (self->kept->len > 0)
        return would_block(error);
    n = self->is_broken || self->on_sent != NULL
            ? GNUTLS_E_INVALID_SESSION
            : gnutls_record_send(self->session, buffer, MIN(count, RECORD_BYTES));
    return n >= 0 ? n : fail(self, (int)n, error);
}

static gboolean
on_lingered(gpointer user_data)
{
    SlTlsSession *self = user_data;

    sl_tls_session_drop(self);
    tell_sent(self);
    return G_SOURCE_REMOVE;
}

gboolean
sl_tls_session_end(SlTlsSession *self, SlTlsSessionFunc func, gpointer data)
{
    g_return_val_if_fail(self->on_sent == NULL, TRUE);

    if (self->is_ready && !self->is_broken)
        gnutls_bye(self->session, GNUTLS_SHUT_WR);
    if (self->kept->len == 0)
        return TRUE;
    sl_clear_source(&self->lingering);
    self->on_sent = func;
    self->data = data;
    self->lingering = sl_context_add_timeout(self->context, LINGER_MS, on_lingered, self);
    return FALSE;
}

void
sl_tls_session_drop(SlTlsSession *self)
{
    self->is_broken = TRUE;
    g_byte_array_set_size(self->kept, 0);
    sl_clear_source(&self->sending);
}

GSocket *
sl_tls_session_get_socket(SlTlsSession *self)
{
    return self->socket;
}

SlTlsSession *
sl_tls_session_new(SlTls *tls, GSocket *socket, GMainContext *context)
{
    SlTlsSession *self = g_new0(SlTlsSession, 1);

    sl_census_enter("SlTlsSession");
    g_ref_count_init(&self->refs);
    self->tls = sl_tls_ref(tls);
    self->socket = g_object_ref(socket);
    self->context = g_main_context_ref(context);
    self->kept = g_byte_array_new();
    self->session = sl_tls_make_session(tls);
    gnutls_transport_set_ptr(self->session, self);
    gnutls_transport_set_push_function(self->session, push);
    gnutls_transport_set_pull_function(self->session, pull);
    gnutls_transport_set_pull_timeout_function(self->session, pull_timeout);
    return self;
}

SlTlsSession *
sl_tls_session_ref(SlTlsSession *self)
{
    g_ref_count_inc(&self->refs);
    return self;
}

void
sl_tls_session_unref(SlTlsSession *self)
{
    if (self == NULL || !g_ref_count_dec(&self->refs))
        return;
    sl_clear_source(&self->sending);
    sl_clear_source(&self->lingering);
    gnutls_deinit(self->session);
    g_byte_array_unref(self->kept);
    g_main_context_unref(self->context);
    g_object_unref(self->socket);
    sl_tls_unref(self->tls);
    g_free(self);
    sl_census_leave("SlTlsSession");
}
