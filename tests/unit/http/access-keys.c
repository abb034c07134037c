#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sl-http-server.h"

#define GUEST "abcdefghijklmnopqrstu-"
#define OPERATOR "ABCDEFGHIJKLMNOPQRSTU_"
#define GOOD "guest=" GUEST "\noperator=" OPERATOR "\n"

typedef struct {
    char *dir;
    char *path;
} Fixture;

static void
set_up(Fixture *self, gconstpointer data)
{
    self->dir = g_dir_make_tmp("sightline-keys-XXXXXX", NULL);
    self->path = g_build_filename(self->dir, "keys", NULL);
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    g_chmod(self->dir, 0700);
    g_unlink(self->path);
    g_rmdir(self->path);
    g_rmdir(self->dir);
    g_free(self->path);
    g_free(self->dir);
}

static void
write_keys(Fixture *self, const char *text, int mode)
{
    g_assert_true(g_file_set_contents(self->path, text, -1, NULL));
    g_assert_cmpint(g_chmod(self->path, mode), ==, 0);
}

/* @expected: with %s for the file */
static void
assert_refused(Fixture *self, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) message = g_string_new(expected);
    g_autofree char *before = NULL, *after = NULL;

    g_string_replace(message, "%s", self->path, 0);
    g_file_get_contents(self->path, &before, NULL, NULL);
    g_assert_null(sl_access_keys_load(self->dir, FALSE, &error));
    g_assert_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS);
    g_assert_cmpstr(error->message, ==, message->str);
    g_file_get_contents(self->path, &after, NULL, NULL);
    g_assert_cmpstr(after, ==, before);
}

static void
test_made_once(Fixture *self, gconstpointer data)
{
    g_autofree char *below = g_build_filename(self->dir, "a", "b", NULL);
    g_autofree char *a = g_build_filename(self->dir, "a", NULL);
    g_autofree char *path = g_build_filename(below, "keys", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SlAccessKeys) first = sl_access_keys_load(below, FALSE, &error);
    g_autoptr(SlAccessKeys) second = NULL;
    g_autoptr(SlAccessKeys) renewed = NULL;
    struct stat info;

    g_assert_no_error(error);
    g_assert_cmpuint(strlen(first->guest), ==, 22);
    g_assert_cmpuint(strlen(first->operator_), ==, 22);
    g_assert_cmpstr(first->guest, !=, first->operator_);
    g_assert_cmpint(stat(path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 07777, ==, 0600);
    g_assert_cmpint(stat(below, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 07777, ==, 0700);

    second = sl_access_keys_load(below, FALSE, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(second->guest, ==, first->guest);
    g_assert_cmpstr(second->operator_, ==, first->operator_);

    renewed = sl_access_keys_load(below, TRUE, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(renewed->guest, !=, first->guest);
    g_assert_cmpstr(renewed->operator_, !=, first->operator_);
    g_unlink(path);
    g_rmdir(below);
    g_rmdir(a);
}

static void
test_read(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SlAccessKeys) keys = NULL;

    write_keys(self, "# comment\n\n  operator=" OPERATOR " \r\nguest=" GUEST, 0400);
    keys = sl_access_keys_load(self->dir, FALSE, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(keys->guest, ==, GUEST);
    g_assert_cmpstr(keys->operator_, ==, OPERATOR);
}

#define EXPECTED                                                                                   \
    ": expected guest=KEY and operator=KEY, each once, with keys of 22 characters; make new ones " \
    "with --new-keys"

static const struct {
    const char *text;
    const char *message;
} DAMAGED[] = {
    { "", "%s has no guest key; make new ones with --new-keys" },
    { "guest=" GUEST "\n", "%s has no operator key; make new ones with --new-keys" },
    { "operator=" OPERATOR "\n", "%s has no guest key; make new ones with --new-keys" },
    { GOOD "guest=" GUEST "\n", "%s:3" EXPECTED },
    { "guest=\noperator=" OPERATOR "\n", "%s:1" EXPECTED },
    { "guest=" GUEST "x\n", "%s:1" EXPECTED },
    { "guest=abcdefghijklmnopqrstu+\n", "%s:1" EXPECTED },
    { "guest = " GUEST "\n", "%s:1" EXPECTED },
    { GOOD "admin=" GUEST "\n", "%s:3" EXPECTED },
    { "{}", "%s:1" EXPECTED },
};

static void
test_damaged(Fixture *self, gconstpointer data)
{
    for (guint i = 0; i < G_N_ELEMENTS(DAMAGED); i++) {
        write_keys(self, DAMAGED[i].text, 0600);
        assert_refused(self, DAMAGED[i].message);
    }
}

static void
test_too_large(Fixture *self, gconstpointer data)
{
    g_autofree char *text = g_strnfill(5000, '\n');

    write_keys(self, text, 0600);
    assert_refused(self, "%s is not a file of keys; make new ones with --new-keys");
}

static void
test_modes(Fixture *self, gconstpointer data)
{
    const int MODES[] = { 0644, 0640, 0604, 0620, 0601 };

    for (guint i = 0; i < G_N_ELEMENTS(MODES); i++) {
        g_autofree char *message =
            g_strdup_printf("%%s can be read by others (mode %04o): chmod 600 it, or make new ones "
                            "with --new-keys",
                            (guint)MODES[i]);
        write_keys(self, GOOD, MODES[i]);
        assert_refused(self, message);
    }
}

static void
test_link(Fixture *self, gconstpointer data)
{
    g_autofree char *target = g_build_filename(self->dir, "elsewhere", NULL);
    g_autofree char *kept = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(SlAccessKeys) keys = NULL;
    struct stat info;

    g_assert_true(g_file_set_contents(target, GOOD, -1, NULL));
    g_assert_cmpint(symlink(target, self->path), ==, 0);
    assert_refused(self, "%s can't be read: it is a symbolic link");

    /* New ones take the link's place, and leave alone what it led to. */
    keys = sl_access_keys_load(self->dir, TRUE, &error);
    g_assert_no_error(error);
    g_assert_cmpint(lstat(self->path, &info), ==, 0);
    g_assert_true(S_ISREG(info.st_mode));
    g_assert_true(g_file_get_contents(target, &kept, NULL, NULL));
    g_assert_cmpstr(kept, ==, GOOD);
    g_unlink(target);
}

static void
test_no_file(Fixture *self, gconstpointer data)
{
    g_assert_cmpint(g_mkdir(self->path, 0700), ==, 0);
    assert_refused(self, "%s is not a file");
}

static void
test_other_owner(Fixture *self, gconstpointer data)
{
    if (geteuid() != 0) {
        g_test_skip("only root can give a file away");
        return;
    }
    write_keys(self, GOOD, 0600);
    g_assert_cmpint(chown(self->path, 12345, 12345), ==, 0);
    assert_refused(self, "%s belongs to another user (12345); make new ones with --new-keys");
}

static void
test_no_folder(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *below = g_build_filename(self->path, "below", NULL);
    g_autofree char *message = g_strdup_printf(
        "Keys can't be kept in %s: Not a directory; set XDG_STATE_HOME to a folder that can be "
        "written, or use --no-keys",
        below);

    write_keys(self, GOOD, 0600);
    g_assert_null(sl_access_keys_load(below, FALSE, &error));
    g_assert_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS);
    g_assert_cmpstr(error->message, ==, message);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*func)(Fixture *self, gconstpointer data);
    } TESTS[] = {
        { "/access-keys/made-once", test_made_once },
        { "/access-keys/read", test_read },
        { "/access-keys/damaged", test_damaged },
        { "/access-keys/too-large", test_too_large },
        { "/access-keys/modes", test_modes },
        { "/access-keys/link", test_link },
        { "/access-keys/no-file", test_no_file },
        { "/access-keys/other-owner", test_other_owner },
        { "/access-keys/no-folder", test_no_folder },
    };

    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(TESTS); i++)
        g_test_add(TESTS[i].path, Fixture, NULL, set_up, TESTS[i].func, tear_down);
    return g_test_run();
}
