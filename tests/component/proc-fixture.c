#include "proc-fixture.h"

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

char *
proc_fixture_thread_names(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/task", 0, NULL);
    g_autoptr(GString) names = g_string_new(NULL);
    const char *entry;

    while ((entry = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename("/proc/self/task", entry, "comm", NULL);
        g_autofree char *name = NULL;
        if (g_file_get_contents(path, &name, NULL, NULL))
            g_string_append_printf(names, "%s ", g_strstrip(name));
    }
    return g_string_free(g_steal_pointer(&names), FALSE);
}
