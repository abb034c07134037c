#include "sl-certificate.h"

#include "sl-own-names.h"

/* What people may type to get here. Where one address is listened on, the machine's others, which
 * come and go, are none of them: each new certificate has to be accepted again. */
static GStrv
find_names(const SlOptions *options, const char *address)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(GInetAddress) inet = address != NULL ? g_inet_address_new_from_string(address) : NULL;
    g_auto(GStrv) hosts = sl_own_names_get_hosts();
    g_auto(GStrv) addresses = sl_own_names_get_addresses();

    g_strv_builder_addv(builder, (const char **)hosts);
    if (options->allow_hosts != NULL)
        g_strv_builder_addv(builder, (const char **)options->allow_hosts);
    g_strv_builder_add_many(builder, "127.0.0.1", "::1", NULL);
    if (inet == NULL || g_inet_address_get_is_any(inet))
        g_strv_builder_addv(builder, (const char **)addresses);
    else if (!g_inet_address_get_is_loopback(inet))
        g_strv_builder_add(builder, address);
    return g_strv_builder_end(builder);
}

gboolean
sl_certificate_load(const SlOptions *options, const char *address, SlTls **ret_tls, GError **error)
{
    g_autofree char *dir = NULL;
    g_auto(GStrv) names = NULL;

    *ret_tls = NULL;
    if (options->tls_cert != NULL) {
        *ret_tls = sl_tls_new(options->tls_cert, options->tls_key, error);
        return *ret_tls != NULL;
    }
    if (!options->tls_self_signed)
        return TRUE;
    dir = g_build_filename(g_get_user_state_dir(), "sightline", NULL);
    names = find_names(options, address);
    *ret_tls = sl_tls_new_self_signed(dir, (const char *const *)names, error);
    return *ret_tls != NULL;
}
