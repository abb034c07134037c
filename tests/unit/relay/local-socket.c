#include "sl-local-socket.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Short: a build folder's name may have more bytes than a socket's may. */
typedef struct {
    char *dir, *path;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->dir = g_dir_make_tmp("sl-XXXXXX", NULL);
    g_assert_nonnull(fixture->dir);
    fixture->path = g_build_filename(fixture->dir, "relay", NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_unlink(fixture->path);
    g_assert_no_errno(g_rmdir(fixture->dir));
    g_free(fixture->path);
    g_free(fixture->dir);
}

static int
bind_there(const char *path, int type)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, type, 0);

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    g_assert_no_errno(bind(fd, (struct sockaddr *)&address, sizeof(address)));
    return fd;
}

static gboolean
can_connect(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int status;

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    status = connect(fd, (struct sockaddr *)&address, sizeof(address));
    close(fd);
    return status == 0;
}

static SlLocalSocket *
make(const char *path)
{
    g_autoptr(GError) error = NULL;
    SlLocalSocket *self = sl_local_socket_new(path, 0660, NULL, &error);

    g_assert_no_error(error);
    return self;
}

static void G_GNUC_PRINTF(3, 4)
    expect_failure(const char *path, const char *group, const char *format, ...)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *message = NULL;
    va_list args;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    g_assert_null(sl_local_socket_new(path, 0660, group, &error));
    g_assert_true(error->domain == G_IO_ERROR);
    g_assert_cmpstr(error->message, ==, message);
}

static void
test_life(Fixture *fixture, gconstpointer data)
{
    SlLocalSocket *self = make(fixture->path);

    g_assert_true(can_connect(fixture->path));
    g_assert_false(g_socket_get_blocking(sl_local_socket_get(self)));
    sl_local_socket_free(self);
    g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
}

/* Whatever the shell that started it has set. */
static void
test_modes(Fixture *fixture, gconstpointer data)
{
    static const guint modes[] = { 0660, 0600, 0666, 0777, 0620 };
    static const guint masks[] = { 0, 022, 077, 0777 };

    for (guint i = 0; i < G_N_ELEMENTS(modes) * G_N_ELEMENTS(masks); i++) {
        guint mode = modes[i / G_N_ELEMENTS(masks)];
        mode_t before = umask(masks[i % G_N_ELEMENTS(masks)]);
        SlLocalSocket *self = sl_local_socket_new(fixture->path, mode, NULL, NULL);
        GStatBuf info;

        umask(before);
        g_assert_nonnull(self);
        g_assert_no_errno(g_stat(fixture->path, &info));
        g_assert_cmpuint(info.st_mode, ==, S_IFSOCK | mode);
        sl_local_socket_free(self);
    }
}

static void
test_group(Fixture *fixture, gconstpointer data)
{
    g_autofree char *number = g_strdup_printf("%u", getgid());
    SlLocalSocket *self = sl_local_socket_new(fixture->path, 0660, number, NULL);
    GStatBuf info;

    g_assert_nonnull(self);
    g_assert_no_errno(g_stat(fixture->path, &info));
    g_assert_cmpuint(info.st_gid, ==, getgid());
    sl_local_socket_free(self);

    expect_failure(fixture->path, "no-such-group", "%s: there is no group “no-such-group”",
                   fixture->path);
    g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
}

/* By a program that had no time to remove it. */
static void
test_left(Fixture *fixture, gconstpointer data)
{
    int fd = bind_there(fixture->path, SOCK_STREAM);
    SlLocalSocket *self;

    g_assert_no_errno(listen(fd, 1));
    close(fd);
    self = make(fixture->path);
    g_assert_true(can_connect(fixture->path));
    sl_local_socket_free(self);
}

static void
test_in_use(Fixture *fixture, gconstpointer data)
{
    SlLocalSocket *first = make(fixture->path);
    int fd;

    expect_failure(fixture->path, NULL, "%s is in use by another program", fixture->path);
    g_assert_true(can_connect(fixture->path));
    sl_local_socket_free(first);

    fd = bind_there(fixture->path, SOCK_DGRAM);
    expect_failure(fixture->path, NULL, "%s is in use by another program", fixture->path);
    g_assert_true(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
    close(fd);
}

/* So many wait there that one more has to wait for that. */
static void
test_crowded(Fixture *fixture, gconstpointer data)
{
    int fd = bind_there(fixture->path, SOCK_STREAM);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    GArray *waiting = g_array_new(FALSE, FALSE, sizeof(int));
    int code = 0;

    g_assert_no_errno(listen(fd, 0));
    g_strlcpy(address.sun_path, fixture->path, sizeof(address.sun_path));
    while (code == 0) {
        int one = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

        code = connect(one, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;
        g_array_append_val(waiting, one);
    }
    g_assert_cmpint(code, ==, EAGAIN);
    expect_failure(fixture->path, NULL, "%s is in use by another program", fixture->path);
    for (guint i = 0; i < waiting->len; i++)
        close(g_array_index(waiting, int, i));
    g_array_unref(waiting);
    close(fd);
}

/* Neither a file nor what a link leads to is lost. */
static void
test_no_socket(Fixture *fixture, gconstpointer data)
{
    g_autofree char *text = NULL;
    g_autofree char *other = g_build_filename(fixture->dir, "other", NULL);

    g_assert_true(g_file_set_contents(fixture->path, "precious", -1, NULL));
    expect_failure(fixture->path, NULL, "%s is there already and is no socket; it is left alone",
                   fixture->path);
    g_assert_true(g_file_get_contents(fixture->path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "precious");

    g_assert_no_errno(g_rename(fixture->path, other));
    g_assert_no_errno(symlink(other, fixture->path));
    expect_failure(fixture->path, NULL, "%s is there already and is no socket; it is left alone",
                   fixture->path);
    g_assert_no_errno(g_unlink(other));
    expect_failure(fixture->path, NULL, "%s is there already and is no socket; it is left alone",
                   fixture->path);

    expect_failure(fixture->dir, NULL, "%s is there already and is no socket; it is left alone",
                   fixture->dir);
}

static void
test_paths(Fixture *fixture, gconstpointer data)
{
    g_autofree char *nowhere = g_build_filename(fixture->dir, "nowhere", "relay", NULL);
    g_autofree char *longest = g_strnfill(SL_LOCAL_SOCKET_MAX_PATH_BYTES, 'x');
    g_autofree char *longer = g_strconcat(longest, "x", NULL);

    expect_failure(nowhere, NULL, "%s: its folder is not there", nowhere);
    expect_failure("", NULL, ": a socket's path has 1 to 107 bytes");
    expect_failure(longer, NULL, "%s: a socket's path has 1 to 107 bytes", longer);

    memcpy(longest, fixture->dir, strlen(fixture->dir));
    longest[strlen(fixture->dir)] = '/';
    sl_local_socket_free(make(longest));
}

/* Another program has taken the place meanwhile: that one's is not removed. */
static void
test_replaced(Fixture *fixture, gconstpointer data)
{
    SlLocalSocket *first = make(fixture->path);
    SlLocalSocket *second;

    g_assert_no_errno(g_unlink(fixture->path));
    second = make(fixture->path);
    sl_local_socket_free(first);
    g_assert_true(can_connect(fixture->path));
    sl_local_socket_free(second);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*func)(Fixture *, gconstpointer);
    } tests[] = {
        { "/local-socket/life", test_life },           { "/local-socket/modes", test_modes },
        { "/local-socket/group", test_group },         { "/local-socket/left", test_left },
        { "/local-socket/in-use", test_in_use },       { "/local-socket/crowded", test_crowded },
        { "/local-socket/no-socket", test_no_socket }, { "/local-socket/paths", test_paths },
        { "/local-socket/replaced", test_replaced },
    };

    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);
    return g_test_run();
}
