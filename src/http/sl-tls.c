#include "sl-tls.h"

#include <gnutls/x509.h>
#include <string.h>

#include "sl-census.h"
#include "sl-file.h"
#include "sl-http-server.h"

#define MAX_FILE_BYTES (64 * 1024)
/* Before 1.2 browsers don't talk, and since then nothing weak is among what GnuTLS calls normal. */
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct _SlTls {
    grefcount refs;
    char *file; /* of the certificate */
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priorities;
    gnutls_datum_t ticket_key; /* who comes again needs no signature: a page is many connections */
    char *fingerprint;
    gint64 begins_s, ends_s; /* since 1970 */
};

/* What is read of the two files. */
typedef struct {
    gnutls_x509_crt_t *chain;
    guint n_chain;
    gnutls_x509_privkey_t key;
} Pair;

static void
pair_clear(Pair *pair)
{
    for (guint i = 0; i < pair->n_chain; i++)
        gnutls_x509_crt_deinit(pair->chain[i]);
    gnutls_free(pair->chain);
    if (pair->key != NULL)
        gnutls_x509_privkey_deinit(pair->key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_clear)

static gboolean
fail(GError **error, const char *file, const char *words)
{
    g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_TLS, "%s: %s", file, words);
    return FALSE;
}

static gboolean
has_pem(const gnutls_datum_t *data, const char *what)
{
    return g_strstr_len((const char *)data->data, data->size, what) != NULL;
}

static gnutls_datum_t
get_datum(GBytes *bytes)
{
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);

    return (gnutls_datum_t){ (unsigned char *)(data != NULL ? data : ""), (guint)size };
}

static gboolean
read_chain(Pair *pair, const char *file, GBytes *bytes, GError **error)
{
    gnutls_datum_t data = get_datum(bytes);
    int result = data.size > 0
                     ? gnutls_x509_crt_list_import2(&pair->chain, &pair->n_chain, &data,
                                                    GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_SORT)
                     : GNUTLS_E_NO_CERTIFICATE_FOUND;

    if (result >= 0 && pair->n_chain > 0)
        return TRUE;
    if (!has_pem(&data, "-----BEGIN CERTIFICATE-----"))
        return fail(error, file,
                    has_pem(&data, "PRIVATE KEY-----")
                        ? "a key, expected a certificate; the key is for --tls-key"
                        : "no certificate, expected a PEM file with -----BEGIN CERTIFICATE-----");
    g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_TLS, "%s: the certificate can't be read: %s",
                file, gnutls_strerror(result));
    return FALSE;
}

static gboolean
read_key(Pair *pair, const char *file, GBytes *bytes, GError **error)
{
    gnutls_datum_t data = get_datum(bytes);
    int result;

    if (!has_pem(&data, "PRIVATE KEY-----"))
        return fail(error, file,
                    has_pem(&data, "-----BEGIN CERTIFICATE-----")
                        ? "a certificate, expected its key; the certificate is for --tls-cert"
                        : "no key, expected a PEM file with -----BEGIN PRIVATE KEY-----");
    if (has_pem(&data, "ENCRYPTED"))
        return fail(error, file,
                    "the key has a password, expected one without: openssl pkey -in FILE -out "
                    "OTHER writes it");
    gnutls_x509_privkey_init(&pair->key);
    result =
        gnutls_x509_privkey_import2(pair->key, &data, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN);
    if (result >= 0)
        return TRUE;
    g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_TLS, "%s: the key can't be read: %s", file,
                gnutls_strerror(result));
    return FALSE;
}

static gboolean
take_pair(SlTls *self, const Pair *pair, const char *key_file, GError **error)
{
    guint8 digest[32];
    gsize size = sizeof(digest);
    GString *fingerprint = g_string_new(NULL);
    int result = gnutls_certificate_set_x509_key(self->credentials, pair->chain, (int)pair->n_chain,
                                                 pair->key);

    gnutls_x509_crt_get_fingerprint(pair->chain[0], GNUTLS_DIG_SHA256, digest, &size);
    for (gsize i = 0; i < size; i++)
        g_string_append_printf(fingerprint, "%s%02X", i > 0 ? ":" : "", digest[i]);
    self->fingerprint = g_string_free(fingerprint, FALSE);
    self->begins_s = gnutls_x509_crt_get_activation_time(pair->chain[0]);
    self->ends_s = gnutls_x509_crt_get_expiration_time(pair->chain[0]);
    if (result >= 0)
        return TRUE;
    if (result == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_TLS,
                    "%s: not the key of the first certificate in %s", key_file, self->file);
    else
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_TLS, "%s: can't be used: %s", self->file,
                    gnutls_strerror(result));
    return FALSE;
}

static SlTls *
tls_alloc(const char *cert_file)
{
    SlTls *self = g_new0(SlTls, 1);

    sl_census_enter("SlTls");
    g_ref_count_init(&self->refs);
    self->file = g_strdup(cert_file);
    gnutls_certificate_allocate_credentials(&self->credentials);
    gnutls_priority_init(&self->priorities, PRIORITIES, NULL);
    gnutls_session_ticket_key_generate(&self->ticket_key);
    return self;
}

SlTls *
sl_tls_new_from_pem(const char *cert_file, GBytes *cert, const char *key_file, GBytes *key,
                    GError **error)
{
    g_autoptr(SlTls) self = tls_alloc(cert_file);
    g_auto(Pair) pair = { NULL };

    if (!read_chain(&pair, cert_file, cert, error) || !read_key(&pair, key_file, key, error) ||
        !take_pair(self, &pair, key_file, error))
        return NULL;
    return g_steal_pointer(&self);
}

static GBytes *
read_file(const char *path, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(GBytes) bytes = sl_file_read(path, MAX_FILE_BYTES, &fault);

    if (bytes == NULL) {
        g_set_error_literal(error, SL_HTTP_ERROR, SL_HTTP_ERROR_TLS, fault->message);
        return NULL;
    }
    if (g_bytes_get_size(bytes) > MAX_FILE_BYTES) {
        fail(error, path, "larger than 65536 bytes, expected a PEM file");
        return NULL;
    }
    return g_steal_pointer(&bytes);
}

SlTls *
sl_tls_new(const char *cert_file, const char *key_file, GError **error)
{
    g_autoptr(GBytes) cert = read_file(cert_file, error);
    g_autoptr(GBytes) key = cert != NULL ? read_file(key_file, error) : NULL;

    return key != NULL ? sl_tls_new_from_pem(cert_file, cert, key_file, key, error) : NULL;
}

SlTls *
sl_tls_ref(SlTls *self)
{
    g_ref_count_inc(&self->refs);
    return self;
}

void
sl_tls_unref(SlTls *self)
{
    if (self == NULL || !g_ref_count_dec(&self->refs))
        return;
    gnutls_certificate_free_credentials(self->credentials);
    gnutls_priority_deinit(self->priorities);
    gnutls_memset(self->ticket_key.data, 0, self->ticket_key.size);
    gnutls_free(self->ticket_key.data);
    g_free(self->fingerprint);
    g_free(self->file);
    g_free(self);
    sl_census_leave("SlTls");
}

const char *
sl_tls_get_fingerprint(SlTls *self)
{
    return self->fingerprint;
}

char *
sl_tls_find_fault(SlTls *self)
{
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    gboolean has_ended = now_s > self->ends_s;
    g_autoptr(GDateTime) date = NULL;
    g_autofree char *day = NULL;

    if (!has_ended && now_s >= self->begins_s)
        return NULL;
    date = g_date_time_new_from_unix_utc(has_ended ? self->ends_s : self->begins_s);
    day = date != NULL ? g_date_time_format(date, "%F") : g_strdup("?");
    return g_strdup_printf("%s: the certificate %s %s: browsers don't accept it", self->file,
                           has_ended ? "ended on" : "is not valid before", day);
}

gnutls_session_t
sl_tls_make_session(SlTls *self)
{
    static const gnutls_datum_t http = { (unsigned char *)"http/1.1", strlen("http/1.1") };
    gnutls_session_t session;

    gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
    gnutls_priority_set(session, self->priorities);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, self->credentials);
    gnutls_session_ticket_enable_server(session, &self->ticket_key);
    gnutls_alpn_set_protocols(session, &http, 1, 0);
    return session;
}
