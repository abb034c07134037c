#include "object-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#define HOUR 3600

/* As if it had been put so long ago. */
static void
make_older(ObjectFixture *self, const char *hash, gint64 seconds)
{
    g_autofree char *path = object_path(self, hash);
    g_autofree char *note = g_build_filename(self->folder, "notes", hash, NULL);
    gint64 then = g_get_real_time() / G_USEC_PER_SEC - seconds;
    struct timespec times[] = { { .tv_sec = then }, { .tv_sec = then } };

    g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
    g_assert_true(g_unlink(note) == 0 || errno == ENOENT);
}

static gboolean
is_there_after(ObjectFixture *self, gint64 seconds)
{
    g_autofree char *hash = object_put_made(self, 1, 1000);

    object_fixture_settle(self);
    object_fixture_close(self);
    make_older(self, hash, seconds);
    object_fixture_open(self);
    object_fixture_settle(self);
    return object_is_listed(self, hash);
}

/* A day by default: more microseconds than 32 bits have. */
static void
test_a_day(ObjectFixture *self, gconstpointer data)
{
    g_assert_true(is_there_after(self, 23 * HOUR));
    g_assert_false(is_there_after(self, 25 * HOUR));
}

static void
limit_to_centuries(SlLimits *limits)
{
    limits->object_seconds = 100u * 366 * 24 * HOUR;
    limits->partial_seconds = 366 * 24 * HOUR;
}

static void
test_centuries(ObjectFixture *self, gconstpointer data)
{
    g_assert_true(is_there_after(self, 20ll * 366 * 24 * HOUR));
}

int
main(int argc, char **argv)
{
    static const ObjectSetup day = { .on_disk = TRUE };
    static const ObjectSetup centuries = { .on_disk = TRUE, .limit = limit_to_centuries };

    g_test_init(&argc, &argv, NULL);
    g_test_add("/object-store-time/a-day", ObjectFixture, &day, object_fixture_set_up, test_a_day,
               object_fixture_tear_down);
    g_test_add("/object-store-time/centuries", ObjectFixture, &centuries, object_fixture_set_up,
               test_centuries, object_fixture_tear_down);
    return g_test_run();
}
