#include <errno.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/random.h>

#include "sl-http-server.h"
#include "sl-private-file.h"

#define FILE_NAME "tls.pem"
#define MAX_FILE_BYTES (64 * 1024)
#define DAY_S (24 * 3600)
/* Apple's systems take no longer than 825 days, whoever issued it. */
#define VALID_S (800 * DAY_S)
#define RENEW_S (30 * DAY_S)
/* Where a clock is behind the one that this was made by. */
#define EARLIER_S (2 * DAY_S)
#define SERIAL_BYTES 16
#define MAX_COMMON_NAME_BYTES 64 /* X.520, upper bound ub-common-name */
#define ADVICE "remove it, and another one is made"

typedef struct gnutls_x509_crt_int Certificate;
typedef struct gnutls_x509_privkey_int Key;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Certificate, gnutls_x509_crt_deinit)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Key, gnutls_x509_privkey_deinit)

/* --- the one that there is --- */

static gboolean
is_for(Certificate *certificate, const char *name)
{
    g_autoptr(GInetAddress) inet = g_inet_address_new_from_string(name);

    if (inet == NULL)
        return gnutls_x509_crt_check_hostname(certificate, name) != 0;
    return gnutls_x509_crt_check_ip(certificate, g_inet_address_to_bytes(inet),
                                    (guint)g_inet_address_get_native_size(inet), 0) != 0;
}

static gboolean
is_good(GBytes *pem, const char *const *names)
{
    gsize size;
    const void *data = g_bytes_get_data(pem, &size);
    const gnutls_datum_t datum = { (unsigned char *)data, (guint)size };
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    g_autoptr(Certificate) certificate = NULL;

    gnutls_x509_crt_init(&certificate);
    if (gnutls_x509_crt_import(certificate, &datum, GNUTLS_X509_FMT_PEM) < 0 ||
        gnutls_x509_crt_get_expiration_time(certificate) - now_s < RENEW_S)
        return FALSE;
    for (guint i = 0; names[i] != NULL; i++) {
        if (!is_for(certificate, names[i]))
            return FALSE;
    }
    return TRUE;
}

/* --- another one --- */

static int
add_name(Certificate *certificate, const char *name)
{
    g_autoptr(GInetAddress) inet = g_inet_address_new_from_string(name);

    if (inet == NULL)
        return gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, name,
                                                    (guint)strlen(name), GNUTLS_FSAN_APPEND);
    return gnutls_x509_crt_set_subject_alt_name(
        certificate, GNUTLS_SAN_IPADDRESS, g_inet_address_to_bytes(inet),
        (guint)g_inet_address_get_native_size(inet), GNUTLS_FSAN_APPEND);
}

static int
set_subject(Certificate *certificate)
{
    g_autofree char *name = g_strdup_printf("Sightline on %s", g_get_host_name());

    return gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                         (guint)MIN(strlen(name), MAX_COMMON_NAME_BYTES));
}

static int
set_serial(Certificate *certificate)
{
    guint8 serial[SERIAL_BYTES];

    if (getrandom(serial, sizeof(serial), 0) != sizeof(serial))
        return GNUTLS_E_RANDOM_FAILED;
    serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and as long as it is */
    return gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial));
}

/* RFC 5280, section 4.2: what a server's certificate says of itself, and nothing of an issuer's. */
static int
fill(Certificate *certificate, Key *key, const char *const *names)
{
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    int result = gnutls_x509_crt_set_version(certificate, 3);

    if (result >= 0)
        result = set_serial(certificate);
    if (result >= 0)
        result = set_subject(certificate);
    for (guint i = 0; names[i] != NULL && result >= 0; i++)
        result = add_name(certificate, names[i]);
    if (result >= 0)
        result = gnutls_x509_crt_set_activation_time(certificate, now_s - EARLIER_S);
    if (result >= 0)
        result = gnutls_x509_crt_set_expiration_time(certificate, now_s - EARLIER_S + VALID_S);
    if (result >= 0)
        result = gnutls_x509_crt_set_basic_constraints(certificate, 0, -1);
    if (result >= 0)
        result = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (result >= 0)
        result = gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0);
    if (result >= 0)
        result = gnutls_x509_crt_set_key(certificate, key);
    if (result >= 0)
        result = gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
    return result;
}

static int export(Certificate *certificate, Key *key, GBytes **ret_pem)
{
    gnutls_datum_t crt_pem = { NULL }, key_pem = { NULL };
    int result = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &crt_pem);

    if (result >= 0)
        result = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
                                                   GNUTLS_PKCS_PLAIN, &key_pem);
    if (result >= 0) {
        char *text = g_strdup_printf("%s%s", (char *)crt_pem.data, (char *)key_pem.data);
        *ret_pem = g_bytes_new_take(text, strlen(text));
        gnutls_memset(key_pem.data, 0, key_pem.size);
    }
    gnutls_free(crt_pem.data);
    gnutls_free(key_pem.data);
    return result;
}

static GBytes *
make(const char *const *names, GError **error)
{
    g_autoptr(Certificate) certificate = NULL;
    g_autoptr(Key) key = NULL;
    GBytes *pem = NULL;
    int result;

    gnutls_x509_crt_init(&certificate);
    gnutls_x509_privkey_init(&key);
    result = gnutls_x509_privkey_generate2(
        key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0, NULL, 0);
    if (result >= 0)
        result = fill(certificate, key, names);
    if (result >= 0)
        result = export(certificate, key, &pem);
    if (result < 0)
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_TLS, "No certificate could be made: %s",
                    gnutls_strerror(result));
    return pem;
}

static void
set_not_kept(const char *reason, GError **error)
{
    g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_TLS,
                "The certificate can't be kept: %s; set XDG_STATE_HOME to a folder that can be "
                "written",
                reason);
}

static SlTls *
make_and_keep(const char *path, const char *const *names, GError **error)
{
    g_autoptr(GBytes) pem = make(names, error);
    g_autoptr(GError) fault = NULL;

    if (pem == NULL)
        return NULL;
    if (!sl_private_file_write(path, g_bytes_get_data(pem, NULL), &fault)) {
        set_not_kept(fault->message, error);
        return NULL;
    }
    return sl_tls_new_from_pem(path, pem, path, pem, error);
}

SlTls *
sl_tls_new_self_signed(const char *state_dir, const char *const *names, GError **error)
{
    g_autofree char *path = g_build_filename(state_dir, FILE_NAME, NULL);
    g_autoptr(GError) fault = NULL;
    g_autoptr(GBytes) pem = NULL;
    SlTls *self;

    if (g_mkdir_with_parents(state_dir, 0700) != 0) {
        g_autofree char *reason = g_strdup_printf("%s: %s", state_dir, g_strerror(errno));
        set_not_kept(reason, error);
        return NULL;
    }
    pem = sl_private_file_read(path, MAX_FILE_BYTES, ADVICE, &fault);
    if (fault != NULL) {
        g_set_error_literal(error, SL_HTTP_ERROR, SL_HTTP_ERROR_TLS, fault->message);
        return NULL;
    }
    if (pem == NULL)
        return make_and_keep(path, names, error);
    self = sl_tls_new_from_pem(path, pem, path, pem, NULL);
    if (self == NULL) {
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_TLS, "%s is damaged; " ADVICE, path);
        return NULL;
    }
    if (is_good(pem, names))
        return self;
    sl_tls_unref(self);
    return make_and_keep(path, names, error);
}
