#include "sl-camera-formats.h"

#include <string.h>

#define MAX_RATES_WIDTH 48
#define SENTENCE_WIDTH 72
#define SENTENCE_SIZES 4
#define SENTENCE_GROUPS 5
#define SENTENCE_NAMES 6

static void
group_free(gpointer data)
{
    SlCameraFormatGroup *self = data;
    g_ptr_array_unref(self->names);
    g_ptr_array_unref(self->sizes);
    g_free(self);
}

/* --- in order --- */

GPtrArray *
sl_camera_formats_list_names(GArray *modes)
{
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; i < modes->len; i++) {
        const char *name = g_array_index(modes, SlCameraMode, i).format->name;
        if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
            g_ptr_array_add(names, (gpointer)name);
    }
    return names;
}

static gint
compare_numbers(guint64 a, guint64 b)
{
    return (a > b) - (a < b);
}

/* Below zero where a is larger, or as large and faster. */
static gint
compare_modes(gconstpointer data_a, gconstpointer data_b)
{
    const SlCameraMode *a = data_a, *b = data_b;
    gint order = compare_numbers((guint64)b->width * b->height, (guint64)a->width * a->height);
    if (order == 0)
        order = compare_numbers(b->width, a->width);
    if (order == 0)
        order = compare_numbers((guint64)b->fps_n * a->fps_d, (guint64)a->fps_n * b->fps_d);
    return order;
}

gboolean
sl_camera_mode_has_size_of(const SlCameraMode *a, const SlCameraMode *b)
{
    return a->width == b->width && a->height == b->height &&
           memcmp(&a->sizes, &b->sizes, sizeof a->sizes) == 0;
}

static gboolean
is_same(const SlCameraMode *a, const SlCameraMode *b)
{
    return sl_camera_mode_has_size_of(a, b) && a->fps_n == b->fps_n && a->fps_d == b->fps_d;
}

GArray *
sl_camera_formats_sort(GArray *modes, const char *name)
{
    GArray *sorted = g_array_new(FALSE, FALSE, sizeof(SlCameraMode));
    for (guint i = 0; i < modes->len; i++) {
        SlCameraMode *mode = &g_array_index(modes, SlCameraMode, i);
        if (g_str_equal(mode->format->name, name))
            g_array_append_val(sorted, *mode);
    }
    g_array_sort(sorted, compare_modes);
    for (guint i = sorted->len; i-- > 1;)
        if (is_same(&g_array_index(sorted, SlCameraMode, i - 1),
                    &g_array_index(sorted, SlCameraMode, i)))
            g_array_remove_index(sorted, i);
    return sorted;
}

/* --- in words --- */

static char *
join_with(GPtrArray *parts, const char *separator)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < parts->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? separator : "", (const char *)parts->pdata[i]);
    return g_string_free(text, FALSE);
}

/* All of them, or the first ones and the last; without the last where even that is too long. */
static char *
join(GPtrArray *parts, guint width)
{
    g_autofree char *all = join_with(parts, ", ");
    if (strlen(all) <= width || parts->len < 2)
        return g_steal_pointer(&all);
    const char *last = parts->pdata[parts->len - 1];
    g_autoptr(GString) text = g_string_new(parts->pdata[0]);
    for (guint i = 1; i + 1 < parts->len; i++) {
        const char *part = parts->pdata[i];
        if (text->len + strlen(", ") + strlen(part) + strlen(", …, ") + strlen(last) > width)
            break;
        g_string_append_printf(text, ", %s", part);
    }
    g_string_append(text, ", …");
    if (text->len + strlen(", ") + strlen(last) <= width)
        g_string_append_printf(text, ", %s", last);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *
describe_size(const SlCameraMode *mode)
{
    const SlCameraRange *range = &mode->sizes;
    if (range->max_width == 0)
        return g_strdup_printf("%ux%u", mode->width, mode->height);
    g_autofree char *steps =
        range->step_width > 1 || range->step_height > 1
            ? g_strdup_printf(" in steps of %ux%u", range->step_width, range->step_height)
            : g_strdup("");
    return g_strdup_printf("%ux%u to %ux%u%s", range->min_width, range->min_height,
                           range->max_width, range->max_height, steps);
}

static char *
describe_rate(const SlCameraMode *mode)
{
    if (mode->rates.fast_n == 0)
        return sl_camera_rate_to_text(mode->fps_n, mode->fps_d);
    g_autofree char *slow = sl_camera_rate_to_text(mode->rates.slow_n, mode->rates.slow_d);
    g_autofree char *fast = sl_camera_rate_to_text(mode->rates.fast_n, mode->rates.fast_d);
    return g_strdup_printf("%s to %s", slow, fast);
}

/* Of the size at @ret_next, which is moved to the next size. Empty where no rate is known. */
static char *
describe_rates(GArray *sorted, guint width, guint *ret_next)
{
    const SlCameraMode *first = &g_array_index(sorted, SlCameraMode, *ret_next);
    g_autoptr(GPtrArray) rates = g_ptr_array_new_with_free_func(g_free);
    for (; *ret_next < sorted->len; (*ret_next)++) {
        const SlCameraMode *mode = &g_array_index(sorted, SlCameraMode, *ret_next);
        if (!sl_camera_mode_has_size_of(mode, first))
            break;
        if (mode->fps_n != 0)
            g_ptr_array_add(rates, describe_rate(mode));
    }
    return join(rates, width);
}

static void
add_line(GPtrArray *lines, GPtrArray *sizes, const char *rates, guint width)
{
    if (sizes->len == 0)
        return;
    gsize rest = *rates != '\0' ? strlen(" at ") + strlen(rates) : 0;
    g_autofree char *text = join(sizes, width > rest ? (guint)(width - rest) : 0);
    g_ptr_array_add(lines, g_strconcat(text, *rates != '\0' ? " at " : "", rates, NULL));
    g_ptr_array_set_size(sizes, 0);
}

/* Neighbours that have the same rates share a line. */
static GPtrArray *
describe_sizes(GArray *sorted, guint width, guint max_lines)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) sizes = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *shared = g_strdup("");
    guint n_left_out = 0;
    g_autofree char *last = NULL;
    for (guint i = 0; i < sorted->len;) {
        g_autofree char *size = describe_size(&g_array_index(sorted, SlCameraMode, i));
        guint rest = (guint)(strlen(size) + strlen(", … at "));
        guint rates_width = width > rest ? MIN(width - rest, MAX_RATES_WIDTH) : 0;
        g_autofree char *rates = describe_rates(sorted, rates_width, &i);
        if (!g_str_equal(rates, shared)) {
            add_line(lines, sizes, shared, width);
            g_free(shared);
            shared = g_steal_pointer(&rates);
        }
        if (lines->len + 1 < max_lines) {
            g_ptr_array_add(sizes, g_steal_pointer(&size));
        } else {
            n_left_out++;
            g_free(last);
            last = g_steal_pointer(&size);
        }
    }
    add_line(lines, sizes, shared, width);
    if (n_left_out > 0)
        g_ptr_array_add(lines, g_strdup_printf("… and %u more, down to %s", n_left_out, last));
    return lines;
}

static gboolean
have_same_text(GPtrArray *a, GPtrArray *b)
{
    if (a->len != b->len)
        return FALSE;
    for (guint i = 0; i < a->len; i++)
        if (!g_str_equal(a->pdata[i], b->pdata[i]))
            return FALSE;
    return TRUE;
}

static void
add_to_groups(GPtrArray *groups, const char *name, GPtrArray *sizes)
{
    for (guint i = 0; i < groups->len; i++) {
        SlCameraFormatGroup *group = groups->pdata[i];
        if (have_same_text(group->sizes, sizes)) {
            g_ptr_array_add(group->names, (gpointer)name);
            g_ptr_array_unref(sizes);
            return;
        }
    }
    SlCameraFormatGroup *group = g_new0(SlCameraFormatGroup, 1);
    group->names = g_ptr_array_new();
    group->sizes = sizes;
    g_ptr_array_add(group->names, (gpointer)name);
    g_ptr_array_add(groups, group);
}

GPtrArray *
sl_camera_formats_describe(GArray *modes, guint width, guint max_sizes)
{
    GPtrArray *groups = g_ptr_array_new_with_free_func(group_free);
    g_autoptr(GPtrArray) names = sl_camera_formats_list_names(modes);
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(GArray) sorted = sl_camera_formats_sort(modes, names->pdata[i]);
        add_to_groups(groups, names->pdata[i], describe_sizes(sorted, width, max_sizes));
    }
    return groups;
}

char *
sl_camera_formats_to_sentence(GArray *modes)
{
    g_autoptr(GPtrArray) groups = sl_camera_formats_describe(modes, SENTENCE_WIDTH, SENTENCE_SIZES);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < MIN(groups->len, SENTENCE_GROUPS); i++) {
        SlCameraFormatGroup *group = groups->pdata[i];
        g_ptr_array_set_size(group->names, MIN(group->names->len, SENTENCE_NAMES + 1));
        if (group->names->len > SENTENCE_NAMES)
            group->names->pdata[SENTENCE_NAMES] = (gpointer) "…";
        g_autofree char *names = join_with(group->names, ", ");
        g_autofree char *sizes = join_with(group->sizes, "; ");
        g_string_append_printf(text, "%s%s (%s)", i > 0 ? ", " : "", names, sizes);
    }
    if (groups->len > SENTENCE_GROUPS)
        g_string_append(text, ", …");
    return g_string_free(text, FALSE);
}
