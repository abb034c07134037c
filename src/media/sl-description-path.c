#include "sl-description-private.h"

#include <string.h>

#define SUFFIX ".pipeline"

/* Bounds what a folder that is not ours can make us hold. */
#define MAX_LISTED 1000

static void
add_data_dir(GPtrArray *folders, const char *data_dir)
{
    g_ptr_array_add(folders, g_build_filename(data_dir, "sightline", "pipelines", NULL));
}

/* In the order of the search, each once. */
static GPtrArray *
list_folders(const char *installed_dir)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);
    const char *own = g_getenv("SIGHTLINE_PIPELINES");
    g_auto(GStrv) own_folders = g_strsplit(own != NULL ? own : "", ":", -1);

    for (guint i = 0; own_folders[i] != NULL; i++) {
        if (own_folders[i][0] != '\0')
            g_ptr_array_add(all, g_strdup(own_folders[i]));
    }
    add_data_dir(all, g_get_user_data_dir());
    for (const char *const *dir = g_get_system_data_dirs(); *dir != NULL; dir++)
        add_data_dir(all, *dir);
    if (installed_dir != NULL)
        g_ptr_array_add(all, g_strdup(installed_dir));

    for (guint i = 0; i < all->len; i++) {
        const char *folder = g_ptr_array_index(all, i);

        if (!g_ptr_array_find_with_equal_func(folders, folder, g_str_equal, NULL))
            g_ptr_array_add(folders, g_strdup(folder));
    }
    return folders;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    g_autofree char *name_a = g_path_get_basename(*(const char *const *)a);
    g_autofree char *name_b = g_path_get_basename(*(const char *const *)b);

    return strcmp(name_a, name_b);
}

/* The name that @file is found by, or NULL. */
static char *
name_of_file(const char *file)
{
    g_autofree char *name = NULL;

    if (!g_str_has_suffix(file, SUFFIX))
        return NULL;
    name = g_strndup(file, strlen(file) - strlen(SUFFIX));
    return sl_name_is_valid(name) ? g_steal_pointer(&name) : NULL;
}

static void
list_folder(const char *folder, GHashTable *seen, GPtrArray *paths)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *file;

    while (dir != NULL && (file = g_dir_read_name(dir)) != NULL && paths->len < MAX_LISTED) {
        g_autofree char *name = name_of_file(file);
        g_autofree char *path = g_build_filename(folder, file, NULL);

        if (name != NULL && !g_hash_table_contains(seen, name) &&
            g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
            g_hash_table_add(seen, g_steal_pointer(&name));
            g_ptr_array_add(paths, g_steal_pointer(&path));
        }
    }
}

GPtrArray *
sl_description_list(const char *installed_dir)
{
    g_autoptr(GPtrArray) folders = list_folders(installed_dir);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < folders->len; i++)
        list_folder(g_ptr_array_index(folders, i), seen, paths);
    g_ptr_array_sort(paths, compare_names);
    return paths;
}

static char *
find_file(const char *path, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return g_strdup(path);
    g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND, "%s: %s", path,
                g_file_test(path, G_FILE_TEST_EXISTS) ? "not a regular file, expected a description"
                                                      : "no such file");
    return NULL;
}

static char *
guess_name(const char *name, const char *installed_dir)
{
    g_autoptr(GPtrArray) paths = sl_description_list(installed_dir);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < paths->len; i++) {
        g_autofree char *file = g_path_get_basename(g_ptr_array_index(paths, i));

        g_ptr_array_add(names, name_of_file(file));
    }
    g_ptr_array_add(names, NULL);
    return sl_problems_did_you_mean(name, (const char *const *)names->pdata);
}

static char *
find_name(const char *name, const char *installed_dir, GError **error)
{
    g_autoptr(GPtrArray) folders = list_folders(installed_dir);
    g_autofree char *file = g_strconcat(name, SUFFIX, NULL);
    g_autofree char *looked_in = NULL;
    g_autofree char *hint = NULL;

    for (guint i = 0; i < folders->len; i++) {
        g_autofree char *path = g_build_filename(g_ptr_array_index(folders, i), file, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
            return g_steal_pointer(&path);
    }
    g_ptr_array_add(folders, NULL);
    looked_in = g_strjoinv(", ", (char **)folders->pdata);
    hint = guess_name(name, installed_dir);
    g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND, "no description '%s' in %s%s",
                name, looked_in, hint);
    return NULL;
}

char *
sl_description_find(const char *name_or_file, const char *installed_dir, GError **error)
{
    g_autofree char *found = NULL;

    if (strchr(name_or_file, '/') != NULL || g_str_has_suffix(name_or_file, SUFFIX))
        return find_file(name_or_file, error);
    if (sl_name_is_valid(name_or_file))
        return find_name(name_or_file, installed_dir, error);
    found = sl_problems_quote(name_or_file);
    g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                "found description %s, expected %s, or a file with '/' or ending in " SUFFIX, found,
                SL_NAME_EXPECTED);
    return NULL;
}
