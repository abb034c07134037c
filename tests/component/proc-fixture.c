#include "proc-fixture.h"

#include <stdlib.h>
#include <unistd.h>

static gboolean
on_tick(gpointer data)
{
    return G_SOURCE_REMOVE;
}

void
proc_fixture_iterate(void)
{
    g_autoptr(GSource) tick = g_timeout_source_new(5);

    g_source_set_callback(tick, on_tick, NULL, NULL);
    g_source_attach(tick, NULL);
    g_main_context_iteration(NULL, TRUE);
    g_source_destroy(tick);
}

static guint
count_entries(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint n = 0;

    while (g_dir_read_name(dir) != NULL)
        n++;
    return n;
}

guint
proc_fixture_count_threads(void)
{
    return count_entries("/proc/self/task");
}

guint
proc_fixture_count_fds(void)
{
    return count_entries("/proc/self/fd");
}

/* Names of all threads but the main one. */
static GStrv
list_threads(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/task", 0, NULL);
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    const char *id;

    while ((id = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename("/proc/self/task", id, "comm", NULL);
        g_autofree char *name = NULL;
        if (atoi(id) != getpid() && g_file_get_contents(path, &name, NULL, NULL))
            g_strv_builder_add(names, g_strstrip(name));
    }
    return g_strv_builder_end(names);
}

gboolean
proc_fixture_has_thread(const char *name)
{
    g_auto(GStrv) names = list_threads();

    return g_strv_contains((const char *const *)names, name);
}

/* Those that a library keeps for as long as the process are not counted. */
static char *
name_passing_threads(void)
{
    static const char *const lasting[] = { "gmain",          "gdbus",
                                           "pool-spawner",   "dconf worker",
                                           "SCTP iterator",  "SCTP timer",
                                           "GstSystemClock", NULL };
    g_auto(GStrv) names = list_threads();
    g_autoptr(GString) passing = g_string_new(NULL);

    for (guint i = 0; names[i] != NULL; i++) {
        if (!g_strv_contains(lasting, names[i]))
            g_string_append_printf(passing, " %s", names[i]);
    }
    return g_string_free(g_steal_pointer(&passing), FALSE);
}

int
proc_fixture_run(void)
{
    int status = g_test_run();
    gint64 end_us = g_get_monotonic_time() + PROC_FIXTURE_TIMEOUT_US;

    /* GLib's idle ones, which would wait for more work. */
    g_thread_pool_set_max_unused_threads(0);
    while (TRUE) {
        g_autofree char *names = name_passing_threads();
        if (*names == '\0')
            return status;
        if (g_get_monotonic_time() > end_us)
            g_error("Threads are left:%s", names);
        proc_fixture_iterate();
    }
}
