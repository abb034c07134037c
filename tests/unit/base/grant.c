#include "sl-grant.h"

static const char *const only_a[] = { "a", "c", NULL };
static const char *const none[] = { NULL };

typedef struct {
    SlRoles roles;
    const char *const *streams;
    gint64 expires_in_us; /* 0: never */
    SlRoles wanted;
    const char *stream;
    gboolean allowed;
} Case;

static const Case cases[] = {
    { SL_ROLES_GUEST, NULL, 0, SL_ROLE_WATCH, "a", TRUE },
    { SL_ROLES_GUEST, NULL, 0, SL_ROLE_PUBLISH, NULL, TRUE },
    { SL_ROLES_GUEST, NULL, 0, SL_ROLES_GUEST, NULL, TRUE },
    { SL_ROLES_GUEST, NULL, 0, SL_ROLE_OPERATE, NULL, FALSE },
    { SL_ROLE_WATCH, NULL, 0, SL_ROLES_GUEST, NULL, FALSE }, /* every one of them */
    { SL_ROLE_NONE, NULL, 0, SL_ROLE_NONE, NULL, TRUE },
    { SL_ROLES_OPERATOR, NULL, 0, SL_ROLE_ADMIN, "z", TRUE },
    { SL_ROLES_GUEST, only_a, 0, SL_ROLE_WATCH, "a", TRUE },
    { SL_ROLES_GUEST, only_a, 0, SL_ROLE_WATCH, "c", TRUE },
    { SL_ROLES_GUEST, only_a, 0, SL_ROLE_WATCH, "b", FALSE },
    { SL_ROLES_GUEST, only_a, 0, SL_ROLE_WATCH, NULL, TRUE },
    { SL_ROLES_GUEST, none, 0, SL_ROLE_WATCH, "a", FALSE },
    { SL_ROLES_GUEST, NULL, 60 * G_USEC_PER_SEC, SL_ROLE_WATCH, "a", TRUE },
    { SL_ROLES_GUEST, NULL, -1, SL_ROLE_WATCH, "a", FALSE },
    { SL_ROLES_OPERATOR, only_a, -1, SL_ROLE_NONE, NULL, FALSE },
};

static void
test_allows(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *c = &cases[i];
        gint64 expires_us = c->expires_in_us == 0 ? 0 : g_get_real_time() + c->expires_in_us;
        g_autoptr(SlGrant) grant = sl_grant_new("g", c->roles, c->streams, expires_us);
        g_autoptr(SlGrant) other = sl_grant_ref(grant);

        g_test_message("case %u", i);
        g_assert_cmpstr(sl_grant_get_id(grant), ==, "g");
        g_assert_cmpuint(sl_grant_get_roles(grant), ==, c->roles);
        g_assert_cmpint(sl_grant_allows(other, c->wanted, c->stream), ==, c->allowed);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/grant/allows", test_allows);
    return g_test_run();
}
