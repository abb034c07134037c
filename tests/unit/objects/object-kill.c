#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "object-fixture.h"

/*
 * A child that stores as fast as it can is killed at any moment; what it said is stored must be
 * there, and everything that is there must be right.
 */

#define MAX_BYTES 3000000u

static const char *program;

static gsize
size_of(guint32 seed)
{
    return seed % 3 == 0 ? seed * 7919u % MAX_BYTES : seed * 7919u % 20000u;
}

static void G_GNUC_NORETURN
run_child(const char *folder, guint32 seed)
{
    ObjectFixture fixture = { .context = g_main_context_new(), .folder = g_strdup(folder) };

    g_main_context_push_thread_default(fixture.context);
    sl_limits_init(&fixture.limits);
    fixture.limits.cache_mib = 16; /* so that some go, too */
    object_fixture_open(&fixture);
    printf("ready\n");
    fflush(stdout);
    for (;; seed++) {
        g_autoptr(GBytes) bytes = object_make(seed, size_of(seed));
        g_autofree char *hash = object_put(&fixture, bytes);

        if (seed % 5 == 0)
            g_assert_true(sl_object_store_set_pinned(fixture.store, hash, seed % 10 == 0, NULL));
        printf("%u\n", seed);
        fflush(stdout);
    }
}

/* What it said ends where it was killed. */
static gboolean
read_stored(FILE *lines, GHashTable *stored)
{
    char line[32];

    if (fgets(line, sizeof line, lines) == NULL || strchr(line, '\n') == NULL)
        return FALSE;
    g_hash_table_add(stored, GUINT_TO_POINTER(atoi(line)));
    return TRUE;
}

/* Returns: how many it stored; of all rounds at least one */
static guint
run_and_kill(const char *folder, guint32 first, guint after_us, GHashTable *stored)
{
    g_autofree char *number = g_strdup_printf("%u", first);
    const char *argv[] = { program, "--child", folder, number, NULL };
    g_autoptr(GError) error = NULL;
    char line[32];
    GPid pid;
    guint n = 0;
    int out;
    FILE *lines;

    g_assert_true(g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
                                           NULL, NULL, &pid, NULL, &out, NULL, &error));
    g_assert_no_error(error);
    lines = fdopen(out, "r");
    g_assert_nonnull(fgets(line, sizeof line, lines));
    g_assert_cmpstr(line, ==, "ready\n");
    if (g_hash_table_size(stored) == 0) {
        g_assert_true(read_stored(lines, stored));
        n++;
    }
    g_usleep(after_us); /* any moment will do */
    kill(pid, SIGKILL);
    while (read_stored(lines, stored))
        n++;
    fclose(lines);
    waitpid(pid, NULL, 0);
    g_spawn_close_pid(pid);
    return n;
}

static guint
check_all(ObjectFixture *self, GHashTable *by_hash)
{
    g_autoptr(GPtrArray) infos = sl_object_store_list(self->store, G_MAXUINT);

    for (guint i = 0; i < infos->len; i++) {
        const SlObjectInfo *info = g_ptr_array_index(infos, i);
        guint32 seed = GPOINTER_TO_UINT(g_hash_table_lookup(by_hash, info->hash));
        g_autoptr(GBytes) bytes = object_make(seed, size_of(seed));

        g_assert_cmpuint(seed, >, 0);
        object_assert_is(self, info->hash, bytes);
    }
    return infos->len;
}

static void
assert_last_is_there(ObjectFixture *self, GHashTable *stored, guint32 last)
{
    if (g_hash_table_contains(stored, GUINT_TO_POINTER(last))) {
        g_autoptr(GBytes) bytes = object_make(last, size_of(last));
        g_autofree char *hash = object_hash(bytes);

        object_assert_is(self, hash, bytes);
    }
}

static void
test_kill(void)
{
    guint rounds = g_getenv("SIGHTLINE_TEST_LONG") != NULL ? 50 : 5;
    g_autoptr(GHashTable) stored = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) by_hash = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    static const ObjectSetup SETUP = { .on_disk = TRUE };
    ObjectFixture self = { 0 };
    guint32 seed = 1;
    guint n_there = 0;

    object_fixture_set_up(&self, &SETUP);
    for (guint i = 0; i < rounds; i++) {
        guint n;

        object_fixture_close(&self);
        n = run_and_kill(self.folder, seed, (guint)g_test_rand_int_range(100, 150000), stored);
        /* One more may have been stored that it could not tell of. */
        for (guint32 made = seed; made <= seed + n + 1; made++) {
            g_autoptr(GBytes) bytes = object_make(made, size_of(made));

            g_hash_table_insert(by_hash, object_hash(bytes), GUINT_TO_POINTER(made));
        }
        object_fixture_open(&self);
        n_there = check_all(&self, by_hash);
        assert_last_is_there(&self, stored, seed + n - 1);
        g_assert_cmpuint(sl_object_store_get_figures(self.store).damaged, ==, 0);
        seed += n + 1;
    }
    g_test_message("%u times killed, %u stored, %u there at the end", rounds,
                   g_hash_table_size(stored), n_there);
    g_assert_cmpuint(g_hash_table_size(stored), >, 0);
    object_fixture_tear_down(&self, &SETUP);
}

/* A disk that takes no more, by a bound on how long a file may get. */
static void
test_full(ObjectFixture *self, gconstpointer data)
{
    struct rlimit usual, small;
    g_autoptr(GBytes) bytes = object_make(1, 200000);
    g_autofree char *hash = object_hash(bytes);
    g_autoptr(GBytes) before = object_make(2, 50000);
    g_autofree char *before_hash = object_put(self, before);
    g_autoptr(Upload) full = NULL;

    signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &usual), ==, 0);
    small = usual;
    small.rlim_cur = 100000;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
    full = upload_begin(self, hash, 200000, "key", NULL);
    upload_append(full, bytes, 200000, 16384);
    g_assert_cmpstr(upload_wait(full), ==, "no-room");
    object_assert_gone(self, hash);
    object_assert_is(self, before_hash, before);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).partial_bytes, ==, 0);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &usual), ==, 0);
    g_free(object_put(self, bytes));
    object_assert_is(self, hash, bytes);
}

int
main(int argc, char **argv)
{
    static const ObjectSetup SETUP = { .on_disk = TRUE };

    if (argc == 4 && strcmp(argv[1], "--child") == 0)
        run_child(argv[2], (guint32)atoi(argv[3]));
    program = argv[0];
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/object-kill/kill", test_kill);
    g_test_add("/object-kill/full", ObjectFixture, &SETUP, object_fixture_set_up, test_full,
               object_fixture_tear_down);
    return g_test_run();
}
