#include "sl-admission.h"
#include "sl-meters.h"

/* Addresses are only names here. */

typedef struct {
    SlLimits limits;
    SlMeters *meters;
    SlAdmission *admission;
    SlPlace places[32];
} Fixture;

static void
set_up(Fixture *self, gconstpointer data)
{
    sl_limits_init(&self->limits);
    self->limits.max_connections = 4;
    self->limits.max_connections_per_address = 2;
    self->limits.max_waiting = 6;
    self->limits.max_waiting_per_address = 3;
    self->meters = sl_meters_new(NULL, &self->limits);
    self->limits.meters = self->meters;
    self->admission = sl_admission_new(&self->limits);
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    for (guint i = 0; i < G_N_ELEMENTS(self->places); i++)
        sl_admission_leave(self->admission, &self->places[i]);
    g_assert_cmpuint(sl_admission_get_n_waiting(self->admission), ==, 0);
    g_assert_cmpuint(sl_admission_get_n_admitted(self->admission), ==, 0);
    g_assert_cmpint(sl_meters_get_now(self->meters, SL_LIMIT(max_waiting)), ==, 0);
    g_assert_cmpint(sl_meters_get_now(self->meters, SL_LIMIT(max_connections)), ==, 0);
    sl_admission_free(self->admission);
    sl_meters_free(self->meters);
}

/* Returns: the number of who had to go, or -1 */
static int
come(Fixture *self, guint i, const char *address)
{
    SlPlace *gone = sl_admission_make_room(self->admission, address);

    sl_admission_wait(self->admission, &self->places[i], address);
    g_assert_cmpstr(sl_admission_get_address(&self->places[i]), ==, address);
    return gone != NULL ? (int)(gone - self->places) : -1;
}

static guint64
refused(Fixture *self, guint limit)
{
    return sl_meters_get_refused(self->meters, limit);
}

static void
test_oldest_goes(Fixture *self, gconstpointer data)
{
    for (guint i = 0; i < 6; i++)
        g_assert_cmpint(come(self, i, NULL), ==, -1);
    g_assert_cmpint(come(self, 6, NULL), ==, 0);
    g_assert_cmpint(come(self, 7, "b"), ==, 1);
    g_assert_cmpuint(sl_admission_get_n_waiting(self->admission), ==, 6);
    g_assert_cmpuint(refused(self, SL_LIMIT(max_waiting)), ==, 2);

    /* Who was let in or left is no longer the oldest. */
    g_assert_true(sl_admission_admit(self->admission, &self->places[2], NULL));
    sl_admission_leave(self->admission, &self->places[3]);
    g_assert_cmpint(come(self, 8, NULL), ==, -1);
    g_assert_cmpint(come(self, 9, NULL), ==, -1);
    g_assert_cmpint(come(self, 10, NULL), ==, 4);
}

/* An address that has its share makes room by itself: it evicts nobody else. */
static void
test_share_of_an_address(Fixture *self, gconstpointer data)
{
    g_assert_cmpint(come(self, 0, "viewer"), ==, -1);
    for (guint i = 1; i < 4; i++)
        g_assert_cmpint(come(self, i, "flood"), ==, -1);
    for (guint i = 4; i < 30; i++)
        g_assert_cmpint(come(self, i, "flood"), ==, (int)i - 3);
    g_assert_cmpuint(refused(self, SL_LIMIT(max_waiting_per_address)), ==, 26);
    g_assert_cmpuint(refused(self, SL_LIMIT(max_waiting)), ==, 0);
    g_assert_true(sl_admission_admit(self->admission, &self->places[0], NULL));
}

static void
test_admitted(Fixture *self, gconstpointer data)
{
    static const char *const addresses[] = { "a", "a", "a", "b", NULL, "c" };
    guint limit = G_MAXUINT;

    for (guint i = 0; i < G_N_ELEMENTS(addresses); i++)
        come(self, i, addresses[i]);
    g_assert_true(sl_admission_admit(self->admission, &self->places[0], &limit));
    g_assert_true(sl_admission_admit(self->admission, &self->places[1], &limit));
    g_assert_false(sl_admission_admit(self->admission, &self->places[2], &limit));
    g_assert_cmpuint(limit, ==, SL_LIMIT(max_connections_per_address));
    g_assert_true(sl_admission_admit(self->admission, &self->places[3], &limit));
    g_assert_true(sl_admission_admit(self->admission, &self->places[4], &limit));
    g_assert_false(sl_admission_admit(self->admission, &self->places[5], &limit));
    g_assert_cmpuint(limit, ==, SL_LIMIT(max_connections));
    g_assert_cmpuint(refused(self, SL_LIMIT(max_connections)), ==, 1);
    g_assert_cmpuint(refused(self, SL_LIMIT(max_connections_per_address)), ==, 1);
    g_assert_cmpint(sl_meters_get_now(self->meters, SL_LIMIT(max_connections)), ==, 4);
    g_assert_cmpint(sl_meters_get_now(self->meters, SL_LIMIT(max_waiting)), ==, 2);

    sl_admission_leave(self->admission, &self->places[0]);
    g_assert_true(sl_admission_admit(self->admission, &self->places[2], &limit));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/admission/" name, Fixture, NULL, set_up, func, tear_down)
    ADD("oldest-goes", test_oldest_goes);
    ADD("share-of-an-address", test_share_of_an_address);
    ADD("admitted", test_admitted);
    return g_test_run();
}
