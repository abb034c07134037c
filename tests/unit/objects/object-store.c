#include "object-fixture.h"

static void
limit_to_one_mib(SlLimits *limits)
{
    limits->cache_mib = 1;
}

static void
limit_to_three(SlLimits *limits)
{
    limits->max_objects = 3;
}

static void
limit_address(SlLimits *limits)
{
    limits->address_cache_mib = 1;
}

static void
limit_time(SlLimits *limits)
{
    limits->object_seconds = 1;
    limits->partial_seconds = 1;
}

static void
limit_size(SlLimits *limits)
{
    limits->max_object_mib = 1;
}

static void
test_put_and_get(ObjectFixture *self, gconstpointer data)
{
    static const gsize SIZES[] = { 1, 2, 16384, 131071, 131072, 1048577, 5000000 };
    SlObjectFigures figures;

    for (guint i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        g_autoptr(GBytes) bytes = object_make(i, SIZES[i]);
        g_autofree char *hash = object_hash(bytes);
        g_autofree char *stored = NULL;

        object_assert_gone(self, hash);
        stored = object_put(self, bytes);
        g_assert_cmpstr(stored, ==, hash);
        object_assert_is(self, hash, bytes);
        object_assert_is(self, hash, bytes);
    }
    figures = sl_object_store_get_figures(self->store);
    g_assert_cmpuint(figures.objects, ==, 7);
    g_assert_cmpuint(figures.partials, ==, 0);
    g_assert_cmpuint(figures.bytes, ==, 6327107);
    g_assert_cmpuint(figures.partial_bytes, ==, 0);
    g_assert_cmpuint(figures.received_bytes, ==, 6327107);
    g_assert_cmpuint(figures.hits, ==, 14);
    g_assert_cmpuint(figures.misses, ==, 7);
    g_assert_cmpuint(figures.dropped, ==, 0);
    g_assert_cmpuint(figures.damaged, ==, 0);
}

static void
test_empty(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = g_bytes_new(NULL, 0);
    g_autofree char *hash = object_put(self, bytes);
    g_autofree char *other = g_strnfill(64, 'a');
    g_autoptr(SlObject) object = object_open(self, hash, SL_OBJECT_USE_GET, NULL);
    g_autoptr(Upload) wrong = upload_begin(self, other, 0, "key", NULL);
    const char *word = NULL;

    g_assert_cmpuint(sl_object_get_size(object), ==, 0);
    g_assert_null(object_read(self, object, 0, 1, &word));
    g_assert_cmpstr(word, ==, "bad-offset");
    g_assert_cmpstr(upload_wait(wrong), ==, "hash-mismatch");
}

static void
test_reads(ObjectFixture *self, gconstpointer data)
{
    static const struct {
        guint64 offset;
        gsize max, n;
    } ROWS[] = {
        { 0, 1, 1 },         { 0, 16384, 16384 },       { 4999999, 16384, 1 },
        { 4999990, 10, 10 }, { 123, 4000000, 1048576 }, { 0, G_MAXSIZE, 1048576 },
        { 5000000, 1, 0 },   { G_MAXUINT64, 1, 0 },     { 0, 0, 0 },
    };
    g_autoptr(GBytes) bytes = object_make(1, 5000000);
    g_autofree char *hash = object_put(self, bytes);
    g_autoptr(SlObject) object = object_open(self, hash, SL_OBJECT_USE_GET, NULL);

    for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        const char *word = NULL;
        g_autoptr(GBytes) part = object_read(self, object, ROWS[i].offset, ROWS[i].max, &word);

        g_assert_cmpstr(word, ==, ROWS[i].n > 0 ? NULL : "bad-offset");
        if (ROWS[i].n > 0) {
            g_autoptr(GBytes) expected = g_bytes_new_from_bytes(bytes, ROWS[i].offset, ROWS[i].n);

            g_assert_true(g_bytes_equal(part, expected));
        }
    }
}

static void
test_resume(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = object_make(2, 3000000);
    g_autofree char *hash = object_hash(bytes);
    guint64 from = 0;

    /* Left at any point, what was appended need not come again. */
    for (guint i = 0; i < 10; i++) {
        g_autoptr(Upload) upload = upload_begin(self, hash, 3000000, "key", NULL);

        g_assert_cmpuint(sl_object_writer_get_offset(upload->writer), ==, from);
        from += 250000 + i;
        upload_append(upload, bytes, from, 16384);
        if (i % 2 == 0)
            upload_wait_taken(upload, from);
        if (i % 3 == 0)
            sl_object_writer_leave(upload->writer);
        g_assert_cmpuint(sl_object_store_get_figures(self->store).partial_bytes, ==, from);
    }
    {
        g_autoptr(Upload) other_key = upload_begin(self, hash, 3000000, "another", NULL);
        g_autoptr(Upload) other_size = upload_begin(self, hash, 3000001, "key", NULL);

        g_assert_cmpuint(sl_object_writer_get_offset(other_key->writer), ==, 0);
        g_assert_cmpuint(sl_object_writer_get_offset(other_size->writer), ==, 0);
        sl_object_writer_drop(other_key->writer);
        sl_object_writer_drop(other_size->writer);
    }
    {
        g_autoptr(Upload) last = upload_begin(self, hash, 3000000, "key", NULL);

        upload_append(last, bytes, 3000000, 16384);
        g_assert_cmpstr(upload_wait(last), ==, "stored");
    }
    object_assert_is(self, hash, bytes);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).received_bytes, ==, 3000000);
}

static void
test_drop(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = object_make(3, 1000000);
    g_autofree char *hash = object_hash(bytes);
    g_autoptr(Upload) dropped = upload_begin(self, hash, 1000000, "key", NULL);
    g_autoptr(Upload) again = NULL;

    upload_append(dropped, bytes, 500000, 16384);
    upload_wait_taken(dropped, 100);
    sl_object_writer_drop(dropped->writer);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).partial_bytes, ==, 0);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).partials, ==, 0);
    {
        g_autoptr(GBytes) late = g_bytes_new_from_bytes(bytes, 500000, 1000);

        g_assert_true(sl_object_writer_append(dropped->writer, late));
    }
    again = upload_begin(self, hash, 1000000, "key", NULL);
    g_assert_cmpuint(sl_object_writer_get_offset(again->writer), ==, 0);
    object_fixture_settle(self);
    g_assert_cmpuint(dropped->n_ends, ==, 0);
}

static void
test_too_much(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = object_make(4, 1000);
    g_autoptr(GBytes) more = object_make(5, 1001);
    g_autofree char *hash = object_hash(bytes);
    g_autoptr(Upload) upload = upload_begin(self, hash, 1000, "key", NULL);

    g_assert_false(sl_object_writer_append(upload->writer, more));
    upload_append(upload, bytes, 999, 999);
    {
        g_autoptr(GBytes) two = g_bytes_new_from_bytes(bytes, 998, 2);

        g_assert_false(sl_object_writer_append(upload->writer, two));
    }
    upload_wait_taken(upload, 999);
    upload_append(upload, bytes, 1000, 1);
    g_assert_cmpstr(upload_wait(upload), ==, "stored");
}

static void
test_mismatch(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = object_make(6, 100000);
    g_autoptr(GBytes) other = object_make(7, 100000);
    g_autofree char *hash = object_hash(bytes);
    g_autoptr(Upload) wrong = upload_begin(self, hash, 100000, "key", NULL);
    g_autoptr(Upload) right = NULL;
    g_autoptr(Upload) size = NULL;

    upload_append(wrong, other, 100000, 16384);
    g_assert_cmpstr(upload_wait(wrong), ==, "hash-mismatch");
    object_assert_gone(self, hash);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).partials, ==, 0);

    right = upload_begin(self, hash, 100000, "key", NULL);
    g_assert_cmpuint(sl_object_writer_get_offset(right->writer), ==, 0);
    upload_append(right, bytes, 100000, 16384);
    g_assert_cmpstr(upload_wait(right), ==, "stored");
    object_assert_is(self, hash, bytes);

    size = upload_begin(self, hash, 99999, "key", NULL);
    g_assert_cmpstr(upload_wait(size), ==, "hash-mismatch");
}

static void
test_taken_over(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = object_make(8, 200000);
    g_autofree char *hash = object_hash(bytes);
    g_autoptr(Upload) first = upload_begin(self, hash, 200000, "key", NULL);
    g_autoptr(Upload) second = NULL;

    upload_append(first, bytes, 70000, 16384);
    second = upload_begin(self, hash, 200000, "key", NULL);
    g_assert_cmpuint(sl_object_writer_get_offset(second->writer), ==, 70000);
    g_assert_cmpuint(first->n_ends, ==, 0); /* not from inside begin() */
    g_assert_cmpstr(upload_wait(first), ==, "taken-over");
    sl_object_writer_drop(first->writer); /* is not its any more */
    upload_append(second, bytes, 200000, 16384);
    g_assert_cmpstr(upload_wait(second), ==, "stored");
    object_assert_is(self, hash, bytes);
}

/* Whoever comes again has a window each time, and what waits for the disk is bounded all the same:
 * nothing is taken before the loop runs. */
static void
test_again_and_again(ObjectFixture *self, gconstpointer data)
{
    guint64 size = 6 * MIB, from = 0;
    g_autoptr(GBytes) bytes = object_make(23, size);
    g_autofree char *hash = object_hash(bytes);
    g_autoptr(Upload) last = NULL;

    for (guint i = 0; i < 6; i++) {
        g_autoptr(Upload) upload = upload_begin(self, hash, size, "key", NULL);
        guint64 offset = sl_object_writer_get_offset(upload->writer);

        g_assert_cmpuint(offset, >=, from); /* of what was said to be there nothing goes */
        g_assert_cmpuint(offset, ==, MIN(i, 2) * MIB);
        g_assert_cmpuint(sl_object_store_get_figures(self->store).partial_bytes, ==, offset);
        from = offset;
        upload_append(upload, bytes, offset + MIB, i % 2 == 0 ? 16381 : 1000);
    }
    last = upload_begin(self, hash, size, "key", NULL);
    upload_append(last, bytes, size, 16384);
    g_assert_cmpstr(upload_wait(last), ==, "stored");
    object_assert_is(self, hash, bytes);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).partial_bytes, ==, 0);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).bytes, ==, size);
}

/* Pieces of any size, also such as are kept together, whoever goes on with them. */
static void
test_small_pieces(ObjectFixture *self, gconstpointer data)
{
    static const gsize PIECES[] = { 1, 2048, 3, 1, 1023, 1024, 1, 16384, 7 };
    gsize size = 100000, from = 0;
    g_autoptr(GBytes) bytes = object_make(24, size);
    g_autofree char *hash = object_hash(bytes);
    g_autoptr(Upload) last = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(PIECES); i++) {
        g_autoptr(Upload) upload = upload_begin(self, hash, size, "key", NULL);

        g_assert_cmpuint(sl_object_writer_get_offset(upload->writer), ==, from);
        from += 8191;
        upload_append(upload, bytes, from, PIECES[i]);
        if (i % 3 == 0)
            upload_wait_taken(upload, from);
    }
    last = upload_begin(self, hash, size, "key", NULL);
    upload_append(last, bytes, size, 1);
    g_assert_cmpstr(upload_wait(last), ==, "stored");
    object_assert_is(self, hash, bytes);
}

static void
test_first_wins(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = object_make(9, 2000000);
    g_autofree char *hash = object_hash(bytes);
    g_autoptr(Upload) a = upload_begin(self, hash, 2000000, "a", NULL);
    g_autoptr(Upload) b = upload_begin(self, hash, 2000000, "b", NULL);
    g_autoptr(Upload) c = upload_begin(self, hash, 2000000, "c", NULL);

    upload_append(a, bytes, 1000000, 16384);
    upload_append(b, bytes, 2000000, 16384);
    upload_append(c, bytes, 2000000, 16384);
    g_assert_cmpstr(upload_wait(b), ==, "stored");
    g_assert_cmpstr(upload_wait(a), ==, "stored");
    g_assert_cmpstr(upload_wait(c), ==, "stored");
    object_assert_is(self, hash, bytes);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).partial_bytes, ==, 0);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).bytes, ==, 2000000);
}

static void
test_already(ObjectFixture *self, gconstpointer data)
{
    g_autofree char *hash = object_put_made(self, 10, 1000);
    g_autoptr(SlObject) object = object_open(self, hash, SL_OBJECT_USE_PUT, NULL);
    g_autoptr(Upload) upload = upload_begin(self, hash, 1000, "key", NULL);
    SlObjectFigures figures;

    g_assert_cmpuint(sl_object_writer_get_offset(upload->writer), ==, 1000);
    g_assert_cmpuint(upload->n_ends, ==, 0);
    g_assert_cmpstr(upload_wait(upload), ==, "stored");
    figures = sl_object_store_get_figures(self->store);
    g_assert_cmpuint(figures.saved_bytes, ==, 2000);
    g_assert_cmpuint(figures.hits, ==, 0);
    sl_object_store_count_served(self->store, 999);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).saved_bytes, ==, 2000);
    sl_object_store_count_served(self->store, 5);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).saved_bytes, ==, 2004);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).served_bytes, ==, 1004);
}

/* A MiB in quarters. */
static void
test_eviction(ObjectFixture *self, gconstpointer data)
{
    char *hashes[6];
    SlObject *open;

    for (guint i = 0; i < 4; i++)
        hashes[i] = object_put_made(self, 20 + i, MIB / 4);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).bytes, ==, MIB);

    g_object_unref(object_open(self, hashes[0], SL_OBJECT_USE_GET, NULL));
    hashes[4] = object_put_made(self, 24, 1); /* 1 was used longest ago */
    g_assert_true(object_is_listed(self, hashes[0]));
    g_assert_false(object_is_listed(self, hashes[1]));
    g_assert_true(object_is_listed(self, hashes[2]));

    open = object_open(self, hashes[2], SL_OBJECT_USE_LOOK, NULL);
    g_assert_true(sl_object_store_set_pinned(self->store, hashes[3], TRUE, NULL));
    hashes[5] = object_put_made(self, 25, MIB / 4);    /* fills it but for a byte … */
    g_assert_false(object_is_listed(self, hashes[0])); /* … which is one too few */
    g_assert_true(object_is_listed(self, hashes[2]));
    g_assert_true(object_is_listed(self, hashes[3]));
    g_assert_true(object_is_listed(self, hashes[4]));
    g_assert_cmpuint(sl_object_store_get_figures(self->store).dropped, ==, 2);
    g_object_unref(open);
    for (guint i = 0; i < 6; i++)
        g_free(hashes[i]);
}

static void
test_no_room(ObjectFixture *self, gconstpointer data)
{
    g_autofree char *pinned = object_put_made(self, 30, MIB / 2);
    g_autofree char *used = object_put_made(self, 31, MIB / 4);
    g_autoptr(SlObject) open = object_open(self, used, SL_OBJECT_USE_GET, NULL);
    g_autoptr(GBytes) quarter = object_make(32, MIB / 4);
    g_autoptr(GBytes) more = object_make(33, MIB / 4 + 1);
    g_autofree char *quarter_hash = object_hash(quarter);
    g_autofree char *more_hash = object_hash(more);
    g_autoptr(Upload) exact = NULL;
    g_autoptr(Upload) refused = NULL;
    g_autoptr(Upload) also = NULL;

    g_assert_true(sl_object_store_set_pinned(self->store, pinned, TRUE, NULL));
    refused = upload_begin(self, more_hash, MIB / 4 + 1, "key", NULL);
    g_assert_cmpstr(upload_wait(refused), ==, "no-room");

    /* Two that fit alone, and not together: who comes first has it. */
    exact = upload_begin(self, quarter_hash, MIB / 4, "key", NULL);
    also = upload_begin(self, more_hash, MIB / 4, "key", NULL);
    upload_append(exact, quarter, MIB / 4 - 1, 16384);
    upload_append(also, more, 2, 1);
    g_assert_cmpstr(upload_wait(also), ==, "no-room");
    upload_append(exact, quarter, MIB / 4, 16384);
    g_assert_cmpstr(upload_wait(exact), ==, "stored");
    g_assert_cmpuint(sl_object_store_get_figures(self->store).bytes, ==, MIB);
    object_assert_is(self, quarter_hash, quarter);
    g_assert_true(object_is_listed(self, pinned));
    g_assert_true(object_is_listed(self, used));
}

/* Uploads that were left go where nothing else can, the oldest first. */
static void
test_left(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) half = object_make(35, MIB / 2);
    g_autoptr(GBytes) whole = object_make(36, MIB * 3 / 4);
    g_autofree char *half_hash = object_hash(half);
    g_autofree char *whole_hash = object_hash(whole);
    g_autoptr(Upload) first = upload_begin(self, half_hash, MIB / 2, "first", NULL);
    g_autoptr(Upload) second = upload_begin(self, half_hash, MIB / 2, "second", NULL);
    g_autoptr(Upload) third = NULL;

    upload_append(first, half, MIB / 2 - 1, 16384);
    upload_append(second, half, MIB / 4, 16384);
    sl_object_writer_leave(first->writer);
    sl_object_writer_leave(second->writer);
    third = upload_begin(self, whole_hash, MIB * 3 / 4, "third", NULL);
    upload_append(third, whole, MIB / 4, 16384);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).partials, ==, 3);
    upload_append(third, whole, MIB * 3 / 4, 16384);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).partials, ==, 2);
    g_assert_cmpstr(upload_wait(third), ==, "stored");
    g_clear_pointer(&second, upload_free);
    second = upload_begin(self, half_hash, MIB / 2, "second", NULL);
    g_assert_cmpuint(sl_object_writer_get_offset(second->writer), ==, MIB / 4);
}

static void
test_removed_while_read(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = object_make(40, MIB);
    g_autofree char *hash = object_put(self, bytes);
    SlObject *open = object_open(self, hash, SL_OBJECT_USE_GET, NULL);
    g_autoptr(GBytes) part = NULL;
    g_autoptr(GBytes) first = g_bytes_new_from_bytes(bytes, 1000, 1000);
    g_autofree char *other_hash = NULL;
    g_autoptr(Upload) refused = NULL;

    g_assert_true(sl_object_store_remove(self->store, hash, NULL));
    g_assert_false(sl_object_store_remove(self->store, hash, NULL));
    object_assert_gone(self, hash);
    object_fixture_settle(self);
    part = object_read(self, open, 1000, 1000, NULL);
    g_assert_true(g_bytes_equal(part, first));

    /* Its room is not free before it is. */
    g_assert_cmpuint(sl_object_store_get_figures(self->store).bytes, ==, MIB);
    other_hash = g_strnfill(64, 'b');
    refused = upload_begin(self, other_hash, 1, "key", NULL);
    g_assert_cmpstr(upload_wait(refused), ==, "no-room");
    g_assert_finalize_object(open);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).bytes, ==, 0);
    g_free(object_put(self, bytes));
    object_assert_is(self, hash, bytes);
}

static void
test_max_objects(ObjectFixture *self, gconstpointer data)
{
    char *hashes[5];
    g_autoptr(GBytes) bytes = object_make(55, 10);
    g_autofree char *hash = object_hash(bytes);
    g_autoptr(Upload) refused = NULL;

    for (guint i = 0; i < 5; i++)
        hashes[i] = object_put_made(self, 50 + i, 10);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).objects, ==, 3);
    for (guint i = 0; i < 5; i++)
        g_assert_cmpint(object_is_listed(self, hashes[i]), ==, i >= 2);
    for (guint i = 2; i < 5; i++)
        g_assert_true(sl_object_store_set_pinned(self->store, hashes[i], TRUE, NULL));
    refused = upload_begin(self, hash, 10, "key", NULL);
    upload_append(refused, bytes, 10, 10);
    g_assert_cmpstr(upload_wait(refused), ==, "no-room");
    g_assert_cmpuint(sl_object_store_get_figures(self->store).bytes, ==, 30);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).partial_bytes, ==, 0);
    for (guint i = 0; i < 5; i++)
        g_free(hashes[i]);
}

static void
test_address(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = object_make(60, MIB);
    g_autofree char *hash = object_hash(bytes);
    g_autofree char *other = g_strnfill(64, 'c');
    g_autoptr(Upload) all = upload_begin(self, hash, MIB, "key", "192.0.2.1");
    g_autoptr(Upload) more = NULL;
    g_autoptr(Upload) else_ = NULL;

    upload_append(all, bytes, MIB, 16384);
    more = upload_begin(self, other, 1, "key", "192.0.2.1");
    g_assert_cmpstr(upload_wait(more), ==, "no-room");
    else_ = upload_begin(self, other, 1, "key", "192.0.2.2");
    g_assert_nonnull(else_->writer);
    g_assert_cmpstr(upload_wait(all), ==, "stored");
    g_clear_pointer(&more, upload_free);
    more = upload_begin(self, other, 1, "key1", "192.0.2.1");
    g_assert_cmpstr(upload_wait(more), ==, "no-room");
    g_assert_true(sl_object_store_remove(self->store, hash, NULL));
    g_clear_pointer(&more, upload_free);
    more = upload_begin(self, other, 1, "key2", "192.0.2.1");
    g_assert_nonnull(more->writer);
}

static void
test_partials(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GPtrArray) uploads = g_ptr_array_new_with_free_func((GDestroyNotify)upload_free);
    g_autofree char *hash = g_strnfill(64, 'd');
    g_autoptr(Upload) one = NULL;
    g_autoptr(Upload) another = NULL;

    for (guint i = 0; i < 64; i++) {
        g_autofree char *key = g_strdup_printf("%u", i);

        g_ptr_array_add(uploads, upload_begin(self, hash, 10, key, NULL));
        g_assert_nonnull(((Upload *)g_ptr_array_index(uploads, i))->writer);
    }
    one = upload_begin(self, hash, 10, "one more", NULL);
    g_assert_cmpstr(upload_wait(one), ==, "too-many");
    sl_object_writer_leave(((Upload *)g_ptr_array_index(uploads, 7))->writer);
    another = upload_begin(self, hash, 10, "another", NULL);
    g_assert_nonnull(another->writer);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).partials, ==, 64);
}

static void
test_expiry(ObjectFixture *self, gconstpointer data)
{
    g_autofree char *hash = object_put_made(self, 70, 100);
    g_autofree char *pinned = object_put_made(self, 71, 100);
    g_autoptr(GBytes) bytes = object_make(72, 100);
    g_autofree char *other = object_hash(bytes);
    g_autoptr(Upload) left = upload_begin(self, other, 100, "left", NULL);
    g_autoptr(Upload) silent = upload_begin(self, other, 100, "silent", NULL);

    g_assert_true(sl_object_store_set_pinned(self->store, pinned, TRUE, NULL));
    upload_append(left, bytes, 50, 50);
    sl_object_writer_leave(left->writer);
    g_assert_cmpstr(upload_wait(silent), ==, "expired");
    while (object_is_listed(self, hash) || sl_object_store_get_figures(self->store).partials > 0)
        g_main_context_iteration(self->context, TRUE);
    g_assert_cmpuint(left->n_ends, ==, 0);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).partial_bytes, ==, 0);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).dropped, ==, 1);
    g_assert_true(object_is_listed(self, pinned));
    g_assert_true(sl_object_store_set_pinned(self->store, pinned, FALSE, NULL));
    while (object_is_listed(self, pinned))
        g_main_context_iteration(self->context, TRUE);
}

static void
test_too_large(ObjectFixture *self, gconstpointer data)
{
    static const guint64 SIZES[] = { MIB + 1, G_MAXUINT64 };
    g_autofree char *hash = g_strnfill(64, 'e');
    g_autoptr(Upload) largest = upload_begin(self, hash, MIB, "key", NULL);

    g_assert_nonnull(largest->writer);
    g_assert_cmpuint(sl_object_store_get_max_object_bytes(self->store), ==, MIB);
    for (guint i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        g_autoptr(Upload) larger = upload_begin(self, hash, SIZES[i], "key", NULL);

        g_assert_cmpstr(upload_wait(larger), ==, "too-large");
    }
}

static void
test_close(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = object_make(80, 3000000);
    g_autofree char *hash = object_put(self, bytes);
    g_autoptr(GBytes) other = object_make(81, 3000000);
    g_autofree char *other_hash = object_hash(other);
    g_autoptr(SlObject) open = object_open(self, hash, SL_OBJECT_USE_GET, NULL);
    g_autoptr(Upload) upload = upload_begin(self, other_hash, 3000000, "key", NULL);
    g_autoptr(Upload) late = NULL;
    const char *word = NULL;

    upload_append(upload, other, 2900000, 16384);
    sl_object_store_close(self->store);
    g_assert_cmpstr(upload_wait(upload), ==, "failed");
    g_assert_null(object_read(self, open, 0, 10, &word));
    g_assert_cmpstr(word, ==, "failed");
    g_assert_null(object_open(self, hash, SL_OBJECT_USE_GET, &word));
    g_assert_cmpstr(word, ==, "failed");
    late = upload_begin(self, other_hash, 3000000, "key", NULL);
    g_assert_cmpstr(upload_wait(late), ==, "failed");
}

static void
on_cancelled(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    gboolean *ret_cancelled = data;

    if (SL_IS_OBJECT(source))
        g_assert_null(sl_object_read_finish(SL_OBJECT(source), result, &error));
    else
        g_assert_null(sl_object_store_open_finish(SL_OBJECT_STORE(source), result, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    *ret_cancelled = TRUE;
}

static void
test_cancel(ObjectFixture *self, gconstpointer data)
{
    g_autofree char *hash = object_put_made(self, 95, 1000);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    gboolean opened = FALSE, read = FALSE;
    SlObject *object = object_open(self, hash, SL_OBJECT_USE_GET, NULL);

    sl_object_store_open_async(self->store, hash, SL_OBJECT_USE_GET, cancellable, on_cancelled,
                               &opened);
    sl_object_read_async(object, 0, 10, cancellable, on_cancelled, &read);
    g_cancellable_cancel(cancellable);
    while (!opened || !read)
        g_main_context_iteration(self->context, TRUE);
    object_fixture_settle(self);
    g_assert_finalize_object(object);
    /* Nobody has it open any more. */
    g_assert_true(sl_object_store_remove(self->store, hash, NULL));
    g_assert_cmpuint(sl_object_store_get_figures(self->store).bytes, ==, 0);
}

static void
test_list(ObjectFixture *self, gconstpointer data)
{
    char *hashes[4];
    g_autoptr(GPtrArray) infos = NULL;
    g_autoptr(GPtrArray) two = NULL;
    static const guint ORDER[] = { 2, 0, 3, 1 };
    gint64 now_ms = g_get_real_time() / 1000;

    for (guint i = 0; i < 4; i++)
        hashes[i] = object_put_made(self, 90 + i, 100 + i);
    g_object_unref(object_open(self, hashes[0], SL_OBJECT_USE_GET, NULL));
    g_assert_true(sl_object_store_set_pinned(self->store, hashes[2], TRUE, NULL));
    infos = sl_object_store_list(self->store, 100);
    g_assert_cmpuint(infos->len, ==, 4);
    for (guint i = 0; i < 4; i++) {
        const SlObjectInfo *info = g_ptr_array_index(infos, i);

        g_assert_cmpstr(info->hash, ==, hashes[ORDER[i]]);
        g_assert_cmpuint(info->size, ==, 100 + ORDER[i]);
        g_assert_cmpint(info->pinned, ==, ORDER[i] == 2);
        g_assert_cmpuint(info->n_gets, ==, ORDER[i] == 0 ? 1 : 0);
        g_assert_cmpint(info->stored_ms, >=, now_ms - 60000);
        g_assert_cmpint(info->used_ms, >=, info->stored_ms);
    }
    g_assert_cmpuint(sl_object_store_get_figures(self->store).pinned, ==, 1);
    two = sl_object_store_list(self->store, 2);
    g_assert_cmpuint(two->len, ==, 2);
    for (guint i = 0; i < 4; i++)
        g_free(hashes[i]);
}

static void
add(const char *name, void (*limit)(SlLimits *), void (*test)(ObjectFixture *, gconstpointer))
{
    static ObjectSetup setups[64];
    static guint n;

    for (guint disk = 0; disk < 2; disk++) {
        g_autofree char *path =
            g_strdup_printf("/object-store/%s/%s", disk ? "folder" : "memory", name);

        g_assert_cmpuint(n, <, G_N_ELEMENTS(setups));
        setups[n] = (ObjectSetup){ disk == 1, limit };
        g_test_add(path, ObjectFixture, &setups[n++], object_fixture_set_up, test,
                   object_fixture_tear_down);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("put-and-get", NULL, test_put_and_get);
    add("empty", NULL, test_empty);
    add("reads", NULL, test_reads);
    add("resume", NULL, test_resume);
    add("drop", NULL, test_drop);
    add("too-much", NULL, test_too_much);
    add("mismatch", NULL, test_mismatch);
    add("taken-over", NULL, test_taken_over);
    add("again-and-again", NULL, test_again_and_again);
    add("small-pieces", NULL, test_small_pieces);
    add("first-wins", NULL, test_first_wins);
    add("already", NULL, test_already);
    add("eviction", limit_to_one_mib, test_eviction);
    add("no-room", limit_to_one_mib, test_no_room);
    add("left", limit_to_one_mib, test_left);
    add("removed-while-read", limit_to_one_mib, test_removed_while_read);
    add("max-objects", limit_to_three, test_max_objects);
    add("address", limit_address, test_address);
    add("partials", NULL, test_partials);
    add("expiry", limit_time, test_expiry);
    add("too-large", limit_size, test_too_large);
    add("close", NULL, test_close);
    add("cancel", NULL, test_cancel);
    add("list", NULL, test_list);
    return g_test_run();
}
