#include "sl-census.h"

#include <string.h>

/* The one thing of ours that is global: it is about the whole process. */
static GMutex lock;
static GHashTable *counts; /* of kind to guint; protected by lock */

static void
add(const char *kind, int by)
{
    g_mutex_lock(&lock);
    if (counts == NULL)
        counts = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_insert(counts, (gpointer)kind,
                        GINT_TO_POINTER(GPOINTER_TO_INT(g_hash_table_lookup(counts, kind)) + by));
    g_mutex_unlock(&lock);
}

void
sl_census_enter(const char *kind)
{
    add(kind, 1);
}

void
sl_census_leave(const char *kind)
{
    add(kind, -1);
}

static void
leave(gpointer kind)
{
    sl_census_leave(kind);
}

void
sl_census_add_object(gpointer object)
{
    const char *kind = G_OBJECT_TYPE_NAME(object);

    sl_census_enter(kind);
    /* Freed while the object is finalised, so it is counted for as long as it takes memory. */
    g_object_set_qdata_full(object, g_quark_from_static_string("sl-census"), (gpointer)kind, leave);
}

guint
sl_census_get(const char *kind)
{
    guint count;

    g_mutex_lock(&lock);
    count = counts != NULL ? GPOINTER_TO_UINT(g_hash_table_lookup(counts, kind)) : 0;
    g_mutex_unlock(&lock);
    return count;
}

static gint
compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
sl_census_list(void)
{
    GPtrArray *kinds = g_ptr_array_new();
    GHashTableIter iter;
    gpointer kind;

    g_mutex_lock(&lock);
    if (counts != NULL) {
        g_hash_table_iter_init(&iter, counts);
        while (g_hash_table_iter_next(&iter, &kind, NULL))
            g_ptr_array_add(kinds, kind);
    }
    g_mutex_unlock(&lock);
    g_ptr_array_sort(kinds, compare);
    return kinds;
}
