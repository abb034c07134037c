#include "sl-ledbat.h"

#define KIB 1024
#define CHUNK (16 * KIB)
#define MS 1000
#define MIN_WINDOW (16 * KIB)
#define MAX_WINDOW (1024 * KIB)

/* A path with a queue, one chunk after the other, and whoever keeps to the window. */
typedef struct {
    SlLedbat ledbat;
    double bytes_per_us;
    gint64 round_trip_us;
    gint64 now_us, free_us; /* … and when the path has sent all it was given */
    GQueue under_way;       /* Flight */
    gsize n_under_way;
    guint64 acked;
    gint64 worst_us; /* queueing, since it was reset */
} Path;

typedef struct {
    gint64 sent_us, acked_us;
} Flight;

static void
path_init(Path *self, double mbit, guint round_trip_ms)
{
    *self = (Path){ .bytes_per_us = mbit / 8, .round_trip_us = round_trip_ms * MS };
    sl_ledbat_init(&self->ledbat, 0);
    g_queue_init(&self->under_way);
}

static void
fill(Path *self)
{
    while (self->n_under_way == 0 ||
           self->n_under_way + CHUNK <= sl_ledbat_get_window(&self->ledbat)) {
        Flight *flight = g_new0(Flight, 1);
        gint64 queued_us = MAX(self->free_us - self->now_us, 0);

        self->worst_us = MAX(self->worst_us, queued_us);
        self->free_us = self->now_us + queued_us + (gint64)(CHUNK / self->bytes_per_us);
        *flight = (Flight){ self->now_us, self->free_us + self->round_trip_us };
        g_queue_push_tail(&self->under_way, flight);
        self->n_under_way += CHUNK;
    }
}

static void
path_run(Path *self, gint64 us)
{
    gint64 end_us = self->now_us + us;

    while (self->now_us < end_us) {
        g_autofree Flight *flight = NULL;
        gsize window;

        fill(self);
        flight = g_queue_pop_head(&self->under_way);
        self->now_us = MAX(self->now_us, flight->acked_us);
        sl_ledbat_acked(&self->ledbat, CHUNK, self->n_under_way, self->now_us - flight->sent_us,
                        self->now_us);
        self->n_under_way -= CHUNK;
        self->acked += CHUNK;
        window = sl_ledbat_get_window(&self->ledbat);
        g_assert_cmpuint(window, >=, MIN_WINDOW);
        g_assert_cmpuint(window, <=, MAX_WINDOW);
    }
}

static void
path_clear(Path *self)
{
    g_queue_clear_full(&self->under_way, g_free);
}

/* Each path is used, and nothing waits there for long. */
static void
test_paths(void)
{
    static const struct {
        double mbit;
        guint round_trip_ms;
        double share; /* of the path: one chunk at a time is the least there is */
    } paths[] = {
        { 0.5, 40, 0.8 }, { 2, 40, 0.7 },   { 2, 200, 0.7 },  { 10, 20, 0.9 },
        { 20, 40, 0.9 },  { 100, 20, 0.9 }, { 100, 60, 0.9 }, { 1000, 2, 0.9 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        Path path;
        double share;
        gint64 chunk_us;

        path_init(&path, paths[i].mbit, paths[i].round_trip_ms);
        chunk_us = (gint64)(CHUNK / path.bytes_per_us);
        path_run(&path, 5 * G_USEC_PER_SEC);
        path.acked = 0;
        path.worst_us = 0;
        path_run(&path, 5 * G_USEC_PER_SEC);
        share = (double)path.acked / (path.bytes_per_us * 5 * G_USEC_PER_SEC);
        g_test_message("%g Mbit/s, %u ms: %.2f of it, %.1f ms queued", paths[i].mbit,
                       paths[i].round_trip_ms, share, (double)path.worst_us / MS);
        g_assert_cmpfloat(share, >, paths[i].share);
        g_assert_cmpint(path.worst_us, <, 50 * MS + 3 * chunk_us / 2);
        path_clear(&path);
    }
}

/* Somebody else takes most of it, and leaves again. */
static void
test_others(void)
{
    Path path;
    guint64 alone;

    path_init(&path, 50, 20);
    path_run(&path, 5 * G_USEC_PER_SEC);
    path.bytes_per_us /= 10;
    path_run(&path, 2 * G_USEC_PER_SEC);
    path.worst_us = 0;
    path_run(&path, 5 * G_USEC_PER_SEC);
    g_assert_cmpint(path.worst_us, <, 100 * MS);
    path.bytes_per_us *= 10;
    path_run(&path, 5 * G_USEC_PER_SEC);
    alone = path.acked;
    path_run(&path, G_USEC_PER_SEC);
    g_assert_cmpuint(path.acked - alone, >, 4 * MAX_WINDOW);
    path_clear(&path);
}

/* What takes longer from now on is the path's, after some minutes. */
static void
test_other_path(void)
{
    Path path;
    guint64 before;

    path_init(&path, 50, 20);
    path_run(&path, 5 * G_USEC_PER_SEC);
    path.round_trip_us = 120 * MS;
    path_run(&path, (SL_LEDBAT_N_BASE + 1) * 60 * G_USEC_PER_SEC);
    before = path.acked;
    path_run(&path, G_USEC_PER_SEC);
    g_assert_cmpuint(path.acked - before, >, 4 * MAX_WINDOW);
    path_clear(&path);
}

/* Who has nothing to send does not save it up. */
static void
test_idle(void)
{
    SlLedbat ledbat;

    sl_ledbat_init(&ledbat, 0);
    for (gint64 i = 1; i < 1000; i++)
        sl_ledbat_acked(&ledbat, CHUNK, CHUNK, 10 * MS, i * 20 * MS);
    g_assert_cmpuint(sl_ledbat_get_window(&ledbat), ==, 2 * CHUNK);
    sl_ledbat_acked(&ledbat, 100, 100, -1, G_USEC_PER_SEC);
    g_assert_cmpuint(sl_ledbat_get_window(&ledbat), ==, 2 * CHUNK);
    /* A day later */
    sl_ledbat_acked(&ledbat, CHUNK, 4 * CHUNK, 500 * MS, (gint64)86400 * G_USEC_PER_SEC);
    g_assert_cmpuint(sl_ledbat_get_window(&ledbat), >=, 2 * CHUNK);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ledbat/paths", test_paths);
    g_test_add_func("/ledbat/others", test_others);
    g_test_add_func("/ledbat/other-path", test_other_path);
    g_test_add_func("/ledbat/idle", test_idle);
    return g_test_run();
}
