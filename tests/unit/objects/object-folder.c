#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "object-fixture.h"
#include "sl-object-note.h"

static char *
note_path(ObjectFixture *self, const char *hash)
{
    return g_build_filename(self->folder, "notes", hash, NULL);
}

static void
reopen(ObjectFixture *self)
{
    object_fixture_close(self);
    object_fixture_open(self);
}

static guint
count_names(ObjectFixture *self, const char *folder)
{
    g_autofree char *path = g_build_filename(self->folder, folder, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint n = 0;

    while (g_dir_read_name(dir) != NULL)
        n++;
    return n;
}

static void
test_restart(ObjectFixture *self, gconstpointer data)
{
    static const guint ORDER[] = { 1, 0, 3, 2 };
    g_autoptr(GPtrArray) before = NULL;
    g_autoptr(GPtrArray) after = NULL;
    char *hashes[4];

    for (guint i = 0; i < 4; i++) {
        hashes[i] = object_put_made(self, i, 1000 + i);
        g_usleep(2000); /* a note's times are in ms */
    }
    g_object_unref(object_open(self, hashes[0], SL_OBJECT_USE_GET, NULL));
    g_assert_true(sl_object_store_set_pinned(self->store, hashes[1], TRUE, NULL));
    before = sl_object_store_list(self->store, 10);
    reopen(self);
    after = sl_object_store_list(self->store, 10);
    g_assert_cmpuint(after->len, ==, 4);
    for (guint i = 0; i < 4; i++) {
        const SlObjectInfo *was = g_ptr_array_index(before, i), *is = g_ptr_array_index(after, i);
        g_autoptr(GBytes) bytes = object_make(ORDER[i], 1000 + ORDER[i]);

        g_assert_cmpstr(is->hash, ==, hashes[ORDER[i]]);
        g_assert_cmpstr(is->hash, ==, was->hash);
        g_assert_cmpint(is->pinned, ==, i == 0);
        g_assert_cmpuint(is->size, ==, was->size);
        g_assert_cmpint(ABS(is->stored_ms - was->stored_ms), <, 1000);
        g_assert_cmpint(ABS(is->used_ms - was->used_ms), <, 1000);
        object_assert_is(self, is->hash, bytes);
    }
    for (guint i = 0; i < 4; i++)
        g_free(hashes[i]);
}

/* Whoever puts again what is there sends next to nothing, and the disk is not to work for it each
 * time. What is written down later comes after what would be now. */
static void
test_put_again(ObjectFixture *self, gconstpointer data)
{
    g_autofree char *hash = object_put_made(self, 1, 1000);
    g_autofree char *other = object_put_made(self, 2, 1000);
    g_autofree char *path = note_path(self, hash);
    g_autofree char *third = NULL;

    g_assert_cmpint(g_unlink(path), ==, 0);
    g_object_unref(object_open(self, hash, SL_OBJECT_USE_PUT, NULL));
    third = object_put_made(self, 3, 1000);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    reopen(self);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(object_is_listed(self, hash));
}

static void
test_modes(ObjectFixture *self, gconstpointer data)
{
    static const char *const FOLDERS[] = { ".", "objects", "notes", "partials" };
    g_autofree char *hash = object_put_made(self, 1, 1000);
    g_autofree char *object = object_path(self, hash);
    g_autofree char *note = NULL;
    struct stat file;

    for (guint i = 0; i < G_N_ELEMENTS(FOLDERS); i++) {
        g_autofree char *path = g_build_filename(self->folder, FOLDERS[i], NULL);

        g_assert_cmpint(stat(path, &file), ==, 0);
        g_assert_cmpint(file.st_mode & 07777, ==, 0700);
    }
    g_assert_cmpint(stat(object, &file), ==, 0);
    g_assert_cmpint(file.st_mode & 07777, ==, 0600);
    object_fixture_close(self);
    note = note_path(self, hash);
    g_assert_cmpint(stat(note, &file), ==, 0);
    g_assert_cmpint(file.st_mode & 07777, ==, 0600);
}

static void
write_at(const char *path, off_t offset, const char *text)
{
    int fd = open(path, O_WRONLY);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(pwrite(fd, text, strlen(text), offset), ==, strlen(text));
    close(fd);
}

static void
damage_truncate(const char *path)
{
    g_assert_cmpint(truncate(path, 99999), ==, 0);
}

static void
damage_empty(const char *path)
{
    g_assert_cmpint(truncate(path, 0), ==, 0);
}

static void
damage_grow(const char *path)
{
    g_assert_cmpint(truncate(path, 100001), ==, 0);
}

static void
damage_flip(const char *path)
{
    write_at(path, 99999, "\x01");
}

static void
damage_replace(const char *path)
{
    g_autofree char *zeros = g_malloc0(100000);

    g_assert_true(g_file_set_contents(path, zeros, 100000, NULL));
}

static void
damage_link(const char *path)
{
    g_autofree char *elsewhere = g_strconcat(path, "-elsewhere", NULL);

    g_assert_cmpint(rename(path, elsewhere), ==, 0);
    g_assert_cmpint(symlink(elsewhere, path), ==, 0);
}

static void
damage_remove(const char *path)
{
    g_assert_cmpint(unlink(path), ==, 0);
}

static void
damage_fifo(const char *path)
{
    damage_remove(path);
    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
}

static void
damage_folder(const char *path)
{
    damage_remove(path);
    g_assert_cmpint(mkdir(path, 0700), ==, 0);
}

typedef struct {
    const char *name;
    void (*damage)(const char *path);
    gboolean found; /* after a restart, by its look: the rest is not ours, or of another size */
    gboolean stays; /* and can't be put again */
} Damage;

static const Damage DAMAGES[] = {
    { "truncated", damage_truncate, TRUE, FALSE }, { "emptied", damage_empty, TRUE, FALSE },
    { "grown", damage_grow, TRUE, FALSE },         { "flipped", damage_flip, TRUE, FALSE },
    { "replaced", damage_replace, TRUE, FALSE },   { "link", damage_link, FALSE, FALSE },
    { "removed", damage_remove, FALSE, FALSE },    { "fifo", damage_fifo, FALSE, FALSE },
    { "folder", damage_folder, FALSE, TRUE },
};

static void
put_again(ObjectFixture *self, const Damage *damage, const char *hash, GBytes *bytes)
{
    g_autoptr(Upload) again = upload_begin(self, hash, 100000, "again", NULL);

    upload_append(again, bytes, 100000, 16384);
    g_assert_cmpstr(upload_wait(again), ==, damage->stays ? "failed" : "stored");
    if (!damage->stays)
        object_assert_is(self, hash, bytes);
}

/* Whether it was given to somebody before or not: it never is again. */
static void
test_damaged(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = object_make(2, 100000);
    g_autoptr(GBytes) other = object_make(3, 100);
    g_autofree char *sound = object_put(self, other);

    for (guint i = 0; i < G_N_ELEMENTS(DAMAGES); i++) {
        for (guint restart = 0; restart < 2; restart++) {
            const Damage *damage = &DAMAGES[i];
            g_autofree char *hash = object_put(self, bytes);
            g_autofree char *path = object_path(self, hash);
            guint64 damaged;
            struct stat file;

            g_test_message("%s%s", damage->name, restart ? ", before a start" : "");
            object_assert_is(self, hash, bytes);
            if (restart)
                object_fixture_close(self);
            damage->damage(path);
            if (restart)
                object_fixture_open(self);
            damaged = sl_object_store_get_figures(self->store).damaged;
            g_assert_cmpint(object_is_listed(self, hash), ==, !restart || damage->found);
            object_assert_gone(self, hash);
            g_assert_cmpuint(sl_object_store_get_figures(self->store).damaged - damaged, ==,
                             !restart || damage->found ? 1 : 0);
            g_assert_false(object_is_listed(self, hash));
            put_again(self, damage, hash, bytes);
            object_assert_is(self, sound, other);

            if (object_is_listed(self, hash))
                g_assert_true(sl_object_store_remove(self->store, hash, NULL));
            reopen(self);
            if (lstat(path, &file) == 0)
                g_assert_cmpint(g_remove(path), ==, 0);
        }
    }
}

/* What is being read when it changes. */
static void
test_changed_while_read(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = object_make(4, 100000);
    g_autofree char *hash = object_put(self, bytes);
    g_autofree char *path = object_path(self, hash);
    g_autoptr(SlObject) open = object_open(self, hash, SL_OBJECT_USE_GET, NULL);
    g_autoptr(GBytes) part = object_read(self, open, 0, 1000, NULL);
    const char *word = NULL;
    struct stat before, after;

    g_assert_cmpint(stat(path, &before), ==, 0);
    do {
        write_at(path, 500, "wrong");
        g_assert_cmpint(stat(path, &after), ==, 0);
    } while (after.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
    g_assert_null(object_read(self, open, 0, 1000, &word));
    g_assert_cmpstr(word, ==, "failed");
    object_assert_gone(self, hash);
}

/* What goes on being read when another takes its name. */
static void
test_replaced_while_read(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = object_make(5, 100000);
    g_autofree char *hash = object_put(self, bytes);
    g_autofree char *path = object_path(self, hash);
    g_autoptr(SlObject) open = object_open(self, hash, SL_OBJECT_USE_GET, NULL);
    g_autoptr(GBytes) part = NULL;
    g_autoptr(GBytes) first = g_bytes_new_from_bytes(bytes, 0, 1000);

    damage_replace(path);
    part = object_read(self, open, 0, 1000, NULL);
    g_assert_true(g_bytes_equal(part, first));
    object_assert_gone(self, hash);
    put_again(self, &DAMAGES[0], hash, bytes);
}

static void
test_lock(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(sl_object_store_new(self->context, &self->limits, self->folder, &error));
    g_assert_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_FAILED);
    g_assert_true(g_str_has_prefix(error->message, self->folder));
    g_assert_nonnull(strstr(error->message, "another server uses this cache"));
    reopen(self);
}

static void
make(ObjectFixture *self, const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(self->folder, folder, name, NULL);

    g_assert_true(g_file_set_contents(path, "x", 1, NULL));
}

static gboolean
is_there(ObjectFixture *self, const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(self->folder, folder, name, NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void
test_others_files(ObjectFixture *self, gconstpointer data)
{
    static const struct {
        const char *folder, *name;
        gboolean stays;
    } ROWS[] = {
        { ".", "README", TRUE },
        { "objects", "README", TRUE },
        { "objects", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", TRUE },
        { "notes", "README", TRUE },
        { "notes", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", FALSE },
        { "partials", "README", TRUE },
        { "partials", "12x", TRUE },
        { "partials", "12", FALSE },
        { "partials", "18446744073709551615", FALSE },
    };

    object_fixture_close(self);
    for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++)
        make(self, ROWS[i].folder, ROWS[i].name);
    object_fixture_open(self);
    for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++)
        g_assert_cmpint(is_there(self, ROWS[i].folder, ROWS[i].name), ==, ROWS[i].stays);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).objects, ==, 0);
}

static void
test_partials_go(ObjectFixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = object_make(6, 100000);
    g_autofree char *hash = object_hash(bytes);
    g_autoptr(Upload) left = upload_begin(self, hash, 100000, "left", NULL);
    g_autoptr(Upload) dropped = upload_begin(self, hash, 100000, "dropped", NULL);

    upload_append(left, bytes, 50000, 16384);
    upload_append(dropped, bytes, 50000, 16384);
    upload_wait_taken(left, 50000);
    upload_wait_taken(dropped, 50000);
    g_assert_cmpuint(count_names(self, "partials"), ==, 2);
    sl_object_writer_drop(dropped->writer);
    while (count_names(self, "partials") > 1)
        g_main_context_iteration(self->context, FALSE);
    g_clear_pointer(&left, upload_free);
    g_clear_pointer(&dropped, upload_free);
    object_fixture_close(self);
    g_assert_cmpuint(count_names(self, "partials"), ==, 0);
}

static void
test_bad_folders(ObjectFixture *self, gconstpointer data)
{
    g_autofree char *file = g_build_filename(self->parent, "file", NULL);
    g_autofree char *orphan = g_build_filename(self->parent, "no", "such", NULL);
    g_autofree char *linked = g_build_filename(self->parent, "linked", NULL);
    g_autofree char *objects = g_build_filename(linked, "objects", NULL);
    g_autofree char *device = g_strdup("/dev/null");
    const char *const PATHS[] = { file, orphan, linked, device };

    g_assert_true(g_file_set_contents(file, "x", 1, NULL));
    g_assert_cmpint(mkdir(linked, 0700), ==, 0);
    g_assert_cmpint(symlink(self->parent, objects), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(PATHS); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(sl_object_store_new(self->context, &self->limits, PATHS[i], &error));
        g_assert_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_FAILED);
        g_test_message("%s", error->message);
        g_assert_true(g_str_has_prefix(error->message, PATHS[i]));
    }
}

static void
write_note(ObjectFixture *self, const char *hash, const char *text)
{
    g_autofree char *path = note_path(self, hash);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
test_notes(ObjectFixture *self, gconstpointer data)
{
    char *hashes[5];
    char text[SL_OBJECT_NOTE_LENGTH + 1];
    gint64 now_ms = g_get_real_time() / 1000;
    SlObjectNote old = { now_ms - 2 * G_GINT64_CONSTANT(86400000), now_ms - 1000, FALSE };
    SlObjectNote pinned = { 0, 0, TRUE };
    SlObjectNote future = { G_MAXINT64, G_MAXINT64, FALSE };

    for (guint i = 0; i < 5; i++)
        hashes[i] = object_put_made(self, 10 + i, 1000);
    object_fixture_close(self);
    sl_object_note_format(&old, text);
    write_note(self, hashes[0], text);
    sl_object_note_format(&pinned, text);
    write_note(self, hashes[1], text);
    sl_object_note_format(&future, text);
    write_note(self, hashes[2], text);
    write_note(self, hashes[3], "no note");
    {
        g_autofree char *path = note_path(self, hashes[4]);

        damage_remove(path);
    }
    object_fixture_open(self);
    /* The first one's time is over, a day after it was put; the others' times are made up. */
    while (object_is_listed(self, hashes[0]))
        g_main_context_iteration(self->context, TRUE);
    for (guint i = 1; i < 5; i++) {
        g_autoptr(GBytes) bytes = object_make(10 + i, 1000);

        object_assert_is(self, hashes[i], bytes);
    }
    g_assert_cmpuint(sl_object_store_get_figures(self->store).pinned, ==, 1);
    for (guint i = 0; i < 5; i++)
        g_free(hashes[i]);
}

/* What is longer than a note becomes one again: it is pinned after the next start, too. */
static void
test_long_note(ObjectFixture *self, gconstpointer data)
{
    g_autofree char *hash = object_put_made(self, 10, 1000), *path = note_path(self, hash);
    g_autofree char *text = NULL;
    gsize len;

    object_fixture_close(self);
    write_note(self, hash, "what is no note, but has more bytes than any note has");
    object_fixture_open(self);
    g_assert_true(sl_object_store_set_pinned(self->store, hash, TRUE, NULL));
    object_fixture_close(self);
    g_assert_true(g_file_get_contents(path, &text, &len, NULL));
    g_assert_cmpuint(len, ==, SL_OBJECT_NOTE_LENGTH);
    object_fixture_open(self);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).pinned, ==, 1);
}

static void
test_smaller(ObjectFixture *self, gconstpointer data)
{
    char *hashes[4];

    for (guint i = 0; i < 4; i++) {
        hashes[i] = object_put_made(self, 20 + i, MIB);
        g_usleep(2000); /* a note's times are in ms */
    }
    g_object_unref(object_open(self, hashes[0], SL_OBJECT_USE_GET, NULL));
    object_fixture_close(self);
    self->limits.cache_mib = 2;
    object_fixture_open(self);
    g_assert_true(object_is_listed(self, hashes[0]));
    g_assert_true(object_is_listed(self, hashes[3]));
    g_assert_cmpuint(sl_object_store_get_figures(self->store).bytes, ==, 2 * MIB);
    g_assert_cmpuint(sl_object_store_get_figures(self->store).dropped, ==, 2);
    object_fixture_close(self);
    g_assert_cmpuint(count_names(self, "objects"), ==, 2);
    for (guint i = 0; i < 4; i++)
        g_free(hashes[i]);
}

static void
test_note(void)
{
    static const struct {
        const char *text;
        gboolean valid;
    } ROWS[] = {
        { "0000000000000000001 0000000000000000002 p\n", TRUE },
        { "9223372036854775807 0000000000000000002 -\n", TRUE },
        { "9223372036854775808 0000000000000000002 -\n", FALSE },
        { "-000000000000000001 0000000000000000002 p\n", FALSE },
        { " 000000000000000001 0000000000000000002 p\n", FALSE },
        { "0000000000000000001 000000000000000000x p\n", FALSE },
        { "0000000000000000001 0000000000000000002 x\n", FALSE },
        { "0000000000000000001 0000000000000000002 p", FALSE },
        { "0000000000000000001 0000000000000000002 p\n\n", FALSE },
        { "", FALSE },
    };
    SlObjectNote note;
    char text[SL_OBJECT_NOTE_LENGTH + 1];

    for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        note = (SlObjectNote){ 7, 7, FALSE };
        g_assert_cmpint(sl_object_note_parse(&note, ROWS[i].text, strlen(ROWS[i].text)), ==,
                        ROWS[i].valid);
        if (ROWS[i].valid) {
            sl_object_note_format(&note, text);
            g_assert_cmpstr(text, ==, ROWS[i].text);
        } else {
            g_assert_cmpint(note.stored_ms, ==, 7);
        }
    }
}

static void
add(const char *path, void (*test)(ObjectFixture *, gconstpointer))
{
    static const ObjectSetup SETUP = { .on_disk = TRUE };

    g_test_add(path, ObjectFixture, &SETUP, object_fixture_set_up, test, object_fixture_tear_down);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/object-folder/restart", test_restart);
    add("/object-folder/put-again", test_put_again);
    add("/object-folder/modes", test_modes);
    add("/object-folder/damaged", test_damaged);
    add("/object-folder/changed-while-read", test_changed_while_read);
    add("/object-folder/replaced-while-read", test_replaced_while_read);
    add("/object-folder/lock", test_lock);
    add("/object-folder/others-files", test_others_files);
    add("/object-folder/partials-go", test_partials_go);
    add("/object-folder/bad-folders", test_bad_folders);
    add("/object-folder/notes", test_notes);
    add("/object-folder/long-note", test_long_note);
    add("/object-folder/smaller", test_smaller);
    g_test_add_func("/object-folder/note", test_note);
    return g_test_run();
}
