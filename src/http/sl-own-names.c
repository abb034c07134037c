#include "sl-own-names.h"

#include <gio/gio.h>
#include <ifaddrs.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define HOST_CHARS G_CSET_a_2_z G_CSET_DIGITS "-._"

/* A name that no address can have is none. */
static void
add_host(GPtrArray *hosts, const char *host)
{
    char *lower = g_ascii_strdown(host, -1);

    if (*lower == '\0' || lower[strspn(lower, HOST_CHARS)] != '\0' ||
        g_ptr_array_find_with_equal_func(hosts, lower, g_str_equal, NULL))
        g_free(lower);
    else
        g_ptr_array_add(hosts, lower);
}

GStrv
sl_own_names_get_hosts(void)
{
    GPtrArray *hosts = g_ptr_array_new();
    const char *name = g_get_host_name();
    g_autofree char *brief = g_strndup(name, strcspn(name, "."));
    g_autofree char *mdns = g_strconcat(brief, ".local", NULL);

    add_host(hosts, "localhost");
    add_host(hosts, name);
    add_host(hosts, brief);
    if (*brief != '\0')
        add_host(hosts, mdns);
    g_ptr_array_add(hosts, NULL);
    return (GStrv)g_ptr_array_free(hosts, FALSE);
}

static void
add_v4(GStrvBuilder *builder)
{
    struct ifaddrs *entries;

    if (getifaddrs(&entries) != 0)
        return;
    for (struct ifaddrs *entry = entries; entry != NULL; entry = entry->ifa_next) {
        g_autoptr(GSocketAddress) address = NULL;
        g_autofree char *text = NULL;
        GInetAddress *inet;

        if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != AF_INET ||
            (entry->ifa_flags & IFF_UP) == 0)
            continue;
        address = g_socket_address_new_from_native(entry->ifa_addr, sizeof(struct sockaddr_in));
        inet = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address));
        if (g_inet_address_get_is_loopback(inet) || g_inet_address_get_is_link_local(inet))
            continue;
        text = g_inet_address_to_string(inet);
        g_strv_builder_add(builder, text);
    }
    freeifaddrs(entries);
}

/* proc(5), which says what getifaddrs() does not: which addresses are for a day. */
static void
add_v6(GStrvBuilder *builder)
{
    const guint passing = IFA_F_TEMPORARY | IFA_F_DADFAILED | IFA_F_DEPRECATED | IFA_F_TENTATIVE;
    g_autofree char *table = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents("/proc/net/if_inet6", &table, NULL, NULL))
        return;
    lines = g_strsplit(table, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        guint words[8], scope, flags;
        guint8 bytes[16];
        g_autoptr(GInetAddress) inet = NULL;
        g_autofree char *text = NULL;

        if (sscanf(lines[i], "%4x%4x%4x%4x%4x%4x%4x%4x %*x %*x %x %x", &words[0], &words[1],
                   &words[2], &words[3], &words[4], &words[5], &words[6], &words[7], &scope,
                   &flags) != 10 ||
            scope != 0 || (flags & passing) != 0)
            continue;
        for (guint j = 0; j < G_N_ELEMENTS(words); j++) {
            bytes[2 * j] = (guint8)(words[j] >> 8);
            bytes[2 * j + 1] = (guint8)words[j];
        }
        inet = g_inet_address_new_from_bytes(bytes, G_SOCKET_FAMILY_IPV6);
        text = g_inet_address_to_string(inet);
        g_strv_builder_add(builder, text);
    }
}

GStrv
sl_own_names_get_addresses(void)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    add_v4(builder);
    add_v6(builder);
    return g_strv_builder_end(builder);
}
