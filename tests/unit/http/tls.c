#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sl-census.h"
#include "sl-http-server.h"

static const char *const NAMES[] = { "localhost", "192.0.2.1", "2001:db8::1", NULL };

typedef struct {
    char *dir, *own; /* the file of certificates that are made */
    char *cert, *key;
} Fixture;

static char *
read_text(const char *path)
{
    g_autoptr(GError) error = NULL;
    char *text;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

static void
write_text(const char *path, const char *text)
{
    g_autoptr(GError) error = NULL;

    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_chmod(path, 0600), ==, 0);
}

static char *
read_sample(const char *name)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "fixtures", "tls", name, NULL);

    return read_text(path);
}

static SlTls *
make_own(Fixture *self, const char *const *names)
{
    g_autoptr(GError) error = NULL;
    SlTls *tls = sl_tls_new_self_signed(self->dir, names, &error);

    g_assert_no_error(error);
    return tls;
}

/* The two halves of one that was made, as files of their own. */
static void
set_up(Fixture *self, gconstpointer data)
{
    g_autofree char *both = NULL;
    const char *key;

    self->dir = g_dir_make_tmp("sightline-tls-XXXXXX", NULL);
    self->own = g_build_filename(self->dir, "tls.pem", NULL);
    self->cert = g_build_filename(self->dir, "cert.pem", NULL);
    self->key = g_build_filename(self->dir, "key.pem", NULL);
    sl_tls_unref(make_own(self, NAMES));
    both = read_text(self->own);
    key = strstr(both, "-----BEGIN PRIVATE KEY-----");
    g_assert_nonnull(key);
    write_text(self->key, key);
    both[key - both] = '\0';
    write_text(self->cert, both);
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    g_unlink(self->own);
    g_unlink(self->cert);
    g_unlink(self->key);
    g_assert_cmpint(g_rmdir(self->dir), ==, 0);
    g_free(self->own);
    g_free(self->cert);
    g_free(self->key);
    g_free(self->dir);
    g_assert_cmpuint(sl_census_get("SlTls"), ==, 0);
}

/* --- files --- */

static void
test_files(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SlTls) tls = sl_tls_new(self->cert, self->key, &error);
    g_autoptr(SlTls) own = make_own(self, NAMES);

    g_assert_no_error(error);
    g_assert_cmpstr(sl_tls_get_fingerprint(tls), ==, sl_tls_get_fingerprint(own));
    g_assert_cmpuint(strlen(sl_tls_get_fingerprint(tls)), ==, 32 * 3 - 1);
    g_assert_null(sl_tls_find_fault(tls));
}

/* @expected: CERT and KEY stand for the files */
static void
assert_refused(Fixture *self, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) message = g_string_new(expected);

    g_string_replace(message, "CERT", self->cert, 1);
    g_string_replace(message, "KEY", self->key, 1);
    g_assert_null(sl_tls_new(self->cert, self->key, &error));
    g_assert_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_TLS);
    g_assert_cmpstr(error->message, ==, message->str);
}

static void
test_wrong_certificate(Fixture *self, gconstpointer data)
{
    g_autofree char *key = read_text(self->key);
    g_autofree char *large = g_strnfill(64 * 1024 + 1, 'a');

    g_unlink(self->cert);
    assert_refused(self, "CERT: No such file or directory");
    write_text(self->cert, "");
    assert_refused(self,
                   "CERT: no certificate, expected a PEM file with -----BEGIN CERTIFICATE-----");
    write_text(self->cert, key);
    assert_refused(self, "CERT: a key, expected a certificate; the key is for --tls-key");
    write_text(self->cert, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    assert_refused(self, "CERT: the certificate can't be read: ASN1 parser: Error in DER parsing.");
    write_text(self->cert, large);
    assert_refused(self, "CERT: larger than 65536 bytes, expected a PEM file");
}

static void
test_wrong_key(Fixture *self, gconstpointer data)
{
    g_autofree char *cert = read_text(self->cert);
    g_autofree char *with_password = read_sample("key-with-password.pem");
    g_autofree char *other = read_sample("later.pem");

    g_unlink(self->key);
    assert_refused(self, "KEY: No such file or directory");
    g_assert_cmpint(g_mkdir(self->key, 0700), ==, 0);
    assert_refused(self, "KEY: not a regular file");
    g_assert_cmpint(g_rmdir(self->key), ==, 0);
    write_text(self->key, "secret");
    assert_refused(self, "KEY: no key, expected a PEM file with -----BEGIN PRIVATE KEY-----");
    write_text(self->key, cert);
    assert_refused(self, "KEY: a certificate, expected its key; the certificate is for --tls-cert");
    write_text(self->key, with_password);
    assert_refused(self,
                   "KEY: the key has a password, expected one without: openssl pkey -in FILE -out "
                   "OTHER writes it");
    write_text(self->key, "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
    assert_refused(self, "KEY: the key can't be read: ASN1 parser: Error in DER parsing.");
    write_text(self->key, other);
    assert_refused(self, "KEY: not the key of the first certificate in CERT");
}

static void
test_fault(Fixture *self, gconstpointer data)
{
    static const struct {
        const char *name, *words;
    } cases[] = {
        { "ended.pem", "CERT: the certificate ended on 2020-01-01: browsers don't accept it" },
        { "later.pem",
          "CERT: the certificate is not valid before 2090-01-01: browsers don't accept it" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SlTls) tls = NULL;
        g_autofree char *text = read_sample(cases[i].name);
        g_autofree char *fault = NULL;
        g_autoptr(GString) words = g_string_new(cases[i].words);

        g_string_replace(words, "CERT", self->cert, 1);
        write_text(self->cert, text);
        tls = sl_tls_new(self->cert, self->cert, &error);
        g_assert_no_error(error);
        fault = sl_tls_find_fault(tls);
        g_assert_cmpstr(fault, ==, words->str);
    }
}

/* --- one that is made --- */

static void
test_kept(Fixture *self, gconstpointer data)
{
    static const char *const fewer[] = { "192.0.2.1", NULL };
    static const char *const more[] = { "localhost", "192.0.2.2", NULL };
    g_autoptr(SlTls) first = make_own(self, NAMES);
    g_autoptr(SlTls) again = make_own(self, NAMES);
    g_autoptr(SlTls) enough = make_own(self, fewer);
    g_autoptr(SlTls) other = make_own(self, more);
    g_autoptr(SlTls) back = make_own(self, NAMES);
    struct stat info;

    g_assert_cmpstr(sl_tls_get_fingerprint(again), ==, sl_tls_get_fingerprint(first));
    g_assert_cmpstr(sl_tls_get_fingerprint(enough), ==, sl_tls_get_fingerprint(first));
    g_assert_cmpstr(sl_tls_get_fingerprint(other), !=, sl_tls_get_fingerprint(first));
    g_assert_cmpstr(sl_tls_get_fingerprint(back), !=, sl_tls_get_fingerprint(first));
    g_assert_cmpint(stat(self->own, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 07777, ==, 0600);
}

/* Of what it is made. */
static void
test_made(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GTlsCertificate) certificate = g_tls_certificate_new_from_file(self->own, &error);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GDateTime) end = NULL;
    g_autoptr(GPtrArray) names = NULL;
    g_autoptr(GPtrArray) addresses = NULL;

    g_assert_no_error(error);
    end = g_tls_certificate_get_not_valid_after(certificate);
    names = g_tls_certificate_get_dns_names(certificate);
    addresses = g_tls_certificate_get_ip_addresses(certificate);
    g_assert_cmpint(g_date_time_difference(end, now) / G_TIME_SPAN_DAY, ==, 797);
    g_assert_cmpuint(names->len, ==, 1);
    g_assert_cmpuint(addresses->len, ==, 2);
    for (guint i = 0; NAMES[i] != NULL; i++) {
        g_autoptr(GSocketConnectable) identity = g_network_address_new(NAMES[i], 443);

        g_assert_cmpint(g_tls_certificate_verify(certificate, identity, certificate), ==, 0);
    }
}

static void
test_ended(Fixture *self, gconstpointer data)
{
    static const char *const none[] = { NULL };
    g_autofree char *ended = read_sample("ended.pem");
    g_autoptr(SlTls) tls = NULL;
    g_autofree char *text = NULL;

    write_text(self->own, ended);
    tls = make_own(self, none);
    g_assert_null(sl_tls_find_fault(tls));
    text = read_text(self->own);
    g_assert_cmpstr(text, !=, ended);
}

static void
assert_own_refused(Fixture *self, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *message = g_strconcat(self->own, expected, NULL);

    g_assert_null(sl_tls_new_self_signed(self->dir, NAMES, &error));
    g_assert_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_TLS);
    g_assert_cmpstr(error->message, ==, message);
}

static void
test_not_ours(Fixture *self, gconstpointer data)
{
    g_assert_cmpint(g_chmod(self->own, 0644), ==, 0);
    assert_own_refused(self, " can be read by others (mode 0644): chmod 600 it, or remove it, and "
                             "another one is made");
    write_text(self->own, "-----BEGIN CERTIFICATE-----\n");
    assert_own_refused(self, " is damaged; remove it, and another one is made");
    g_unlink(self->own);
    g_assert_cmpint(symlink(self->cert, self->own), ==, 0);
    assert_own_refused(self, " can't be read: it is a symbolic link");
}

static void
test_not_kept(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(sl_tls_new_self_signed("/proc/nowhere", NAMES, &error));
    g_assert_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_TLS);
    g_assert_cmpstr(error->message, ==,
                    "The certificate can't be kept: /proc/nowhere: No such file or directory; set "
                    "XDG_STATE_HOME to a folder that can be written");
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(Fixture *, gconstpointer);
    } cases[] = {
        { "/tls/files", test_files },
        { "/tls/wrong-certificate", test_wrong_certificate },
        { "/tls/wrong-key", test_wrong_key },
        { "/tls/fault", test_fault },
        { "/tls/self-signed/made", test_made },
        { "/tls/self-signed/kept", test_kept },
        { "/tls/self-signed/ended", test_ended },
        { "/tls/self-signed/not-ours", test_not_ours },
    };

    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_test_add(cases[i].name, Fixture, NULL, set_up, cases[i].func, tear_down);
    g_test_add_func("/tls/self-signed/not-kept", test_not_kept);
    return g_test_run();
}
