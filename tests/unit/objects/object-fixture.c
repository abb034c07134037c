#include "object-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#include "sl-census.h"
#include "sl-object-hash.h"

#define TIMEOUT_US (60 * G_USEC_PER_SEC)

static void
iterate(ObjectFixture *self, gint64 end_us)
{
    g_assert_cmpint(g_get_monotonic_time(), <, end_us);
    if (!g_main_context_iteration(self->context, FALSE))
        g_usleep(200);
}

#define WAIT_UNTIL(fixture, condition)                       \
    G_STMT_START                                             \
    {                                                        \
        gint64 end_us = g_get_monotonic_time() + TIMEOUT_US; \
        while (!(condition))                                 \
            iterate(fixture, end_us);                        \
    }                                                        \
    G_STMT_END

void
object_fixture_open(ObjectFixture *self)
{
    g_autoptr(GError) error = NULL;

    self->store = sl_object_store_new(self->context, &self->limits, self->folder, &error);
    g_assert_no_error(error);
}

void
object_fixture_close(ObjectFixture *self)
{
    SlObjectStore *store = self->store;

    sl_object_store_close(store);
    g_object_add_weak_pointer(G_OBJECT(store), (gpointer *)&store);
    g_clear_object(&self->store);
    WAIT_UNTIL(self, store == NULL);
}

static guint
count_descriptors(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    guint n = 0;

    while (g_dir_read_name(dir) != NULL)
        n++;
    return n;
}

void
object_fixture_set_up(ObjectFixture *self, gconstpointer data)
{
    const ObjectSetup *setup = data;

    g_main_context_default(); /* GLib's own come with their first use */
    g_type_ensure(G_TYPE_TASK);
    self->n_descriptors = count_descriptors();
    self->context = g_main_context_new();
    g_main_context_push_thread_default(self->context);
    sl_limits_init(&self->limits);
    if (setup->limit != NULL)
        setup->limit(&self->limits);
    if (setup->on_disk) {
        self->parent = g_dir_make_tmp("object-store-XXXXXX", NULL);
        self->folder = g_build_filename(self->parent, "cache", NULL);
    }
    object_fixture_open(self);
}

static void
remove_all(const char *path)
{
    g_autoptr(GDir) dir =
        g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        remove_all(child);
    }
    g_remove(path);
}

void
object_fixture_tear_down(ObjectFixture *self, gconstpointer data)
{
    if (self->store != NULL)
        object_fixture_close(self);
    g_assert_cmpuint(sl_census_get("SlObject"), ==, 0);
    g_assert_cmpuint(sl_census_get("SlObjectWriter"), ==, 0);
    g_assert_cmpuint(sl_census_get("SlObjectStore"), ==, 0);
    g_assert_cmpuint(sl_census_get("timeout"), ==, 0);
    if (self->parent != NULL)
        remove_all(self->parent);
    g_free(self->parent);
    g_free(self->folder);
    g_main_context_pop_thread_default(self->context);
    g_main_context_unref(self->context);
    g_assert_cmpuint(count_descriptors(), ==, self->n_descriptors);
}

GBytes *
object_make(guint32 seed, gsize n)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    guint8 *bytes = g_malloc(n);

    for (gsize i = 0; i < n; i += 4) {
        guint32 word = g_rand_int(random);

        memcpy(bytes + i, &word, MIN(4, n - i));
    }
    return g_bytes_new_take(bytes, n);
}

char *
object_hash(GBytes *bytes)
{
    return g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
}

char *
object_path(ObjectFixture *self, const char *hash)
{
    return g_build_filename(self->folder, "objects", hash, NULL);
}

static void
on_taken(SlObjectWriter *writer, guint64 offset, Upload *self)
{
    g_assert_cmpuint(offset, >, self->taken);
    g_assert_cmpuint(offset, ==, sl_object_writer_get_offset(writer));
    g_assert_cmpuint(self->n_ends, ==, 0);
    self->taken = offset;
    self->n_taken++;
}

static void
on_stored(SlObjectWriter *writer, Upload *self)
{
    self->n_ends++;
    self->end = g_strdup("stored");
}

static void
on_failed(SlObjectWriter *writer, GError *error, Upload *self)
{
    g_test_message("failed: %s", error->message);
    self->n_ends++;
    self->end = g_strdup(sl_object_error_get_word(error));
}

Upload *
upload_begin(ObjectFixture *fixture, const char *hash, guint64 size, const char *key,
             const char *address)
{
    Upload *self = g_new0(Upload, 1);
    g_autoptr(GError) error = NULL;

    self->fixture = fixture;
    self->writer = sl_object_store_begin(fixture->store, hash, size, key, address, &error);
    if (self->writer == NULL) {
        g_test_message("not begun: %s", error->message);
        self->n_ends = 1;
        self->end = g_strdup(sl_object_error_get_word(error));
        return self;
    }
    g_assert_no_error(error);
    self->taken = self->appended = sl_object_writer_get_offset(self->writer);
    g_signal_connect(self->writer, "taken", G_CALLBACK(on_taken), self);
    g_signal_connect(self->writer, "stored", G_CALLBACK(on_stored), self);
    g_signal_connect(self->writer, "failed", G_CALLBACK(on_failed), self);
    return self;
}

void
upload_append(Upload *self, GBytes *bytes, gsize end, gsize piece)
{
    while (self->appended < end) {
        g_autoptr(GBytes) part =
            g_bytes_new_from_bytes(bytes, self->appended, MIN(piece, end - self->appended));
        guint n_ends = self->n_ends, n_taken = self->n_taken;

        g_assert_true(sl_object_writer_append(self->writer, part));
        self->appended += g_bytes_get_size(part);
        /* Never from inside a call. */
        g_assert_cmpuint(self->n_ends, ==, n_ends);
        g_assert_cmpuint(self->n_taken, ==, n_taken);
    }
}

void
upload_wait_taken(Upload *self, guint64 offset)
{
    WAIT_UNTIL(self->fixture, self->n_ends > 0 || self->taken >= offset);
    g_assert_cmpuint(self->taken, >=, offset);
}

const char *
upload_wait(Upload *self)
{
    WAIT_UNTIL(self->fixture, self->n_ends > 0);
    object_fixture_settle(self->fixture);
    g_assert_cmpuint(self->n_ends, ==, 1);
    return self->end;
}

void
upload_free(Upload *self)
{
    if (self->writer != NULL) {
        g_signal_handlers_disconnect_by_data(self->writer, self);
        g_object_unref(self->writer);
    }
    g_free(self->end);
    g_free(self);
}

char *
object_put(ObjectFixture *self, GBytes *bytes)
{
    g_autofree char *hash = object_hash(bytes);
    g_autoptr(Upload) upload = upload_begin(self, hash, g_bytes_get_size(bytes), "key", NULL);

    g_assert_nonnull(upload->writer);
    upload_append(upload, bytes, g_bytes_get_size(bytes), 65536);
    g_assert_cmpstr(upload_wait(upload), ==, "stored");
    return g_steal_pointer(&hash);
}

char *
object_put_made(ObjectFixture *self, guint32 seed, gsize n)
{
    g_autoptr(GBytes) bytes = object_make(seed, n);

    return object_put(self, bytes);
}

static void
on_result(GObject *source, GAsyncResult *result, gpointer data)
{
    GAsyncResult **ret_result = data;

    g_assert_null(*ret_result);
    *ret_result = g_object_ref(result);
}

static void
take_word(const char **ret_word, const GError *error)
{
    if (error != NULL)
        g_test_message("%s", error->message);
    if (ret_word != NULL)
        *ret_word = error != NULL ? sl_object_error_get_word(error) : NULL;
    else
        g_assert_no_error(error);
}

SlObject *
object_open(ObjectFixture *self, const char *hash, SlObjectUse use, const char **ret_word)
{
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;
    SlObject *object;

    sl_object_store_open_async(self->store, hash, use, NULL, on_result, &result);
    g_assert_null(result);
    WAIT_UNTIL(self, result != NULL);
    object = sl_object_store_open_finish(self->store, result, &error);
    take_word(ret_word, error);
    return object;
}

GBytes *
object_read(ObjectFixture *self, SlObject *object, guint64 offset, gsize max, const char **ret_word)
{
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;
    GBytes *bytes;

    sl_object_read_async(object, offset, max, NULL, on_result, &result);
    g_assert_null(result);
    WAIT_UNTIL(self, result != NULL);
    bytes = sl_object_read_finish(object, result, &error);
    take_word(ret_word, error);
    return bytes;
}

void
object_assert_is(ObjectFixture *self, const char *hash, GBytes *bytes)
{
    g_autoptr(SlObject) object = object_open(self, hash, SL_OBJECT_USE_GET, NULL);
    gsize size = g_bytes_get_size(bytes);

    g_assert_cmpstr(sl_object_get_hash(object), ==, hash);
    g_assert_cmpuint(sl_object_get_size(object), ==, size);
    for (gsize at = 0; at < size;) {
        g_autoptr(GBytes) part = object_read(self, object, at, 300001, NULL);
        g_autoptr(GBytes) expected = g_bytes_new_from_bytes(bytes, at, MIN(300001, size - at));

        g_assert_true(g_bytes_equal(part, expected));
        at += g_bytes_get_size(part);
    }
}

void
object_assert_gone(ObjectFixture *self, const char *hash)
{
    const char *word = NULL;

    g_assert_null(object_open(self, hash, SL_OBJECT_USE_GET, &word));
    g_assert_cmpstr(word, ==, "unknown-object");
}

gboolean
object_is_listed(ObjectFixture *self, const char *hash)
{
    g_autoptr(GPtrArray) infos = sl_object_store_list(self->store, G_MAXUINT);

    for (guint i = 0; i < infos->len; i++)
        if (strcmp(((SlObjectInfo *)g_ptr_array_index(infos, i))->hash, hash) == 0)
            return TRUE;
    return FALSE;
}

static void
on_nothing(gpointer object, gpointer data)
{
}

void
object_fixture_settle(ObjectFixture *self)
{
    while (g_main_context_iteration(self->context, FALSE))
        on_nothing(NULL, NULL);
}
