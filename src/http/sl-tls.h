#pragma once

#include <gio/gio.h>
#include <gnutls/gnutls.h>

G_BEGIN_DECLS

/**
 * SlTls: a certificate with its key, and how they are used: TLS 1.2 and 1.3, HTTP/1.1. Immutable,
 * counted; connections keep the one that they began with. Main thread only.
 */
typedef struct _SlTls SlTls;

/**
 * sl_tls_new:
 * @cert_file: PEM: the server's certificate first, then those that lead to its issuer
 * @key_file: PEM: its key, without a password
 *
 * Returns: (transfer full) (nullable): SL_HTTP_ERROR_TLS; the message begins with the file's name
 */
SlTls *sl_tls_new(const char *cert_file, const char *key_file, GError **error);

/**
 * sl_tls_new_self_signed:
 * @state_dir: made with mode 0700 where it is missing; key and certificate are kept in it, in
 * `tls.pem`, readable by their owner only
 * @names: (array zero-terminated=1): host names and IP literals that it is for
 *
 * Takes the certificate that was made before; makes another one where that one is for other names
 * or ends within a month. A file that others can read, or that is damaged, is an error that says
 * what to do, not replaced.
 * Returns: (transfer full) (nullable): SL_HTTP_ERROR_TLS
 */
SlTls *sl_tls_new_self_signed(const char *state_dir, const char *const *names, GError **error);

/**
 * sl_tls_new_from_pem: as sl_tls_new() with what is in the files, of which only the names are used
 */
SlTls *sl_tls_new_from_pem(const char *cert_file, GBytes *cert, const char *key_file, GBytes *key,
                           GError **error);

SlTls *sl_tls_ref(SlTls *self);
void sl_tls_unref(SlTls *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlTls, sl_tls_unref)

/** sl_tls_get_fingerprint: Returns: (transfer none): the certificate's SHA-256 as browsers show it,
 * `AB:CD:…` */
const char *sl_tls_get_fingerprint(SlTls *self);

/** sl_tls_find_fault: Returns: (transfer full) (nullable): why browsers will not take it now,
 * whoever issued it: it has ended, or not begun */
char *sl_tls_find_fault(SlTls *self);

/** sl_tls_make_session: Returns: (transfer full): for a server that never waits; @self outlives it
 */
gnutls_session_t sl_tls_make_session(SlTls *self);

G_END_DECLS
