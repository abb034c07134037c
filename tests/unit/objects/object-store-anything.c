#include "object-fixture.h"

#define N_OBJECTS 6
#define N_UPLOADS 12
#define N_STEPS 10000

/*
 * Uploads of few objects by many, which they leave, drop, take from each other and finish in any
 * order, while others read them: whatever comes out is right, and within the bounds.
 */
typedef struct {
    ObjectFixture *fixture;
    GBytes *bytes[N_OBJECTS];
    char *hashes[N_OBJECTS];
    Upload *uploads[N_UPLOADS]; /* nullable */
    guint of[N_UPLOADS];
    guint n_ends[6];
} World;

/* It has failed where it was there already, and was removed while its file was looked at. */
static const char *const ENDS[] = { "stored",        "taken-over", "no-room",
                                    "hash-mismatch", "failed",     NULL };

static void
limit(SlLimits *limits)
{
    limits->cache_mib = 1;
    limits->max_objects = 4;
}

static void
end_upload(World *self, guint i)
{
    Upload *upload = self->uploads[i];
    guint end = 0;

    if (upload->end != NULL) {
        while (ENDS[end] != NULL && g_strcmp0(ENDS[end], upload->end) != 0)
            end++;
        g_assert_nonnull(ENDS[end]);
        self->n_ends[end]++;
    }
    g_clear_pointer(&self->uploads[i], upload_free);
}

static void
begin(World *self, guint i)
{
    guint which = (guint)g_random_int_range(0, N_OBJECTS);
    g_autofree char *key = g_strdup_printf("%d", g_random_int_range(0, 3));

    if (self->uploads[i] != NULL)
        end_upload(self, i);
    self->of[i] = which;
    self->uploads[i] = upload_begin(self->fixture, self->hashes[which],
                                    g_bytes_get_size(self->bytes[which]), key, NULL);
}

static void
append(World *self, guint i)
{
    Upload *upload = self->uploads[i];
    GBytes *bytes = self->bytes[self->of[i]];
    gsize size = g_bytes_get_size(bytes), n = g_random_int() % 100000;

    if (upload == NULL || upload->n_ends > 0)
        return;
    if (g_random_int_range(0, 10) == 0 && upload->appended < size) {
        g_autoptr(GBytes) wrong = g_bytes_new("?", 1);

        g_assert_true(sl_object_writer_append(upload->writer, wrong));
        upload->appended++;
        return;
    }
    upload_append(upload, bytes, MIN(size, upload->appended + n), 16384);
}

static void
get(World *self, guint which)
{
    const char *word = NULL;
    g_autoptr(SlObject) object =
        object_open(self->fixture, self->hashes[which], SL_OBJECT_USE_GET, &word);

    if (object == NULL)
        g_assert_cmpstr(word, ==, "unknown-object");
    else
        object_assert_is(self->fixture, self->hashes[which], self->bytes[which]);
}

static void
step(World *self)
{
    guint i = (guint)g_random_int_range(0, N_UPLOADS);
    guint which = (guint)g_random_int_range(0, N_OBJECTS);
    SlObjectFigures figures;

    switch (g_random_int_range(0, 20)) {
    case 0:
    case 1:
    case 2:
        begin(self, i);
        break;
    case 3:
        if (self->uploads[i] != NULL && self->uploads[i]->writer != NULL) {
            sl_object_writer_drop(self->uploads[i]->writer);
            end_upload(self, i);
        }
        break;
    case 4:
        if (self->uploads[i] != NULL)
            end_upload(self, i);
        break;
    case 5:
        sl_object_store_remove(self->fixture->store, self->hashes[which], NULL);
        break;
    case 6:
        get(self, which);
        break;
    case 7:
        object_fixture_settle(self->fixture);
        break;
    case 8:
        if (self->uploads[i] != NULL &&
            self->uploads[i]->appended == g_bytes_get_size(self->bytes[self->of[i]]))
            upload_wait(self->uploads[i]);
        break;
    default:
        append(self, i);
    }
    figures = sl_object_store_get_figures(self->fixture->store);
    g_assert_cmpuint(figures.bytes + figures.partial_bytes, <=, MIB);
    g_assert_cmpuint(figures.objects, <=, 4);
    g_assert_cmpuint(figures.damaged, ==, 0);
}

static void
test_anything(ObjectFixture *fixture, gconstpointer data)
{
    World self = { .fixture = fixture };

    g_random_set_seed((guint32)g_test_rand_int());
    for (guint i = 0; i < N_OBJECTS; i++) {
        self.bytes[i] = object_make(i, i * 40000);
        self.hashes[i] = object_hash(self.bytes[i]);
    }
    for (guint i = 0; i < N_STEPS; i++)
        step(&self);
    for (guint i = 0; i < N_UPLOADS; i++)
        if (self.uploads[i] != NULL)
            end_upload(&self, i);
    for (guint i = 0; i < N_OBJECTS; i++) {
        get(&self, i);
        g_bytes_unref(self.bytes[i]);
        g_free(self.hashes[i]);
    }
    for (guint i = 0; ENDS[i] != NULL; i++)
        g_test_message("%s: %u", ENDS[i], self.n_ends[i]);
    g_assert_cmpuint(self.n_ends[0], >, 10);
    g_assert_cmpuint(self.n_ends[1], >, 10);
    g_assert_cmpuint(self.n_ends[3], >, 0);
}

int
main(int argc, char **argv)
{
    static const ObjectSetup MEMORY = { FALSE, limit }, FOLDER = { TRUE, limit };

    g_test_init(&argc, &argv, NULL);
    g_test_add("/object-store-anything/memory", ObjectFixture, &MEMORY, object_fixture_set_up,
               test_anything, object_fixture_tear_down);
    g_test_add("/object-store-anything/folder", ObjectFixture, &FOLDER, object_fixture_set_up,
               test_anything, object_fixture_tear_down);
    return g_test_run();
}
