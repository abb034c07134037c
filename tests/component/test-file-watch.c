#include <glib/gstdio.h>
#include <sys/stat.h>

#include "proc-fixture.h"
#include "sl-file-watch.h"

#define MAX_BYTES 4096
/* Debian's vim-tiny has it by its whole name only. */
#define VIM "$(command -v vim || command -v vim.tiny)"

/* A folder of its own with a file in it, which is watched, and another that tells when what was
 * done before has been noticed. */
typedef struct {
    char *folder, *path, *other_path;
    SlFileWatch *watch, *other;
    GString *told; /* what each `changed` brought, `-` for nothing, a line each */
    guint n_told, n_other;
} Fixture;

static void
on_changed(SlFileWatch *watch, Fixture *self)
{
    GBytes *content = sl_file_watch_get_content(watch);

    if (content != NULL)
        g_string_append_len(self->told, g_bytes_get_data(content, NULL),
                            (gssize)g_bytes_get_size(content));
    else
        g_string_append(self->told, "-\n");
    self->n_told++;
}

static void
on_other_changed(SlFileWatch *watch, Fixture *self)
{
    self->n_other++;
}

static void
run(Fixture *self, const char *script)
{
    const char *argv[] = { "sh", "-euc", script, "sh", self->path, NULL };
    g_autofree char *nano = g_test_build_filename(G_TEST_DIST, "component", "nano.py", NULL);
    g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "NANO", nano, TRUE);
    g_autoptr(GError) error = NULL;
    g_autofree char *output = NULL;
    int status;

    g_spawn_sync(self->folder, (char **)argv, env, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, NULL,
                 &status, &error);
    g_assert_no_error(error);
    if (status != 0)
        g_test_message("%s", output);
    g_assert_cmpint(status, ==, 0);
}

static SlFileWatch *
watch_file(const char *path, const char *content, GCallback on_change, Fixture *self)
{
    g_autoptr(GBytes) bytes = g_bytes_new(content, strlen(content));
    SlFileWatch *watch = sl_file_watch_new(NULL, path, bytes, MAX_BYTES);

    g_signal_connect(watch, "changed", on_change, self);
    return watch;
}

static void
start(Fixture *self, const char *prepare)
{
    memset(self, 0, sizeof *self);
    self->folder = g_dir_make_tmp("sl-file-watch-XXXXXX", NULL);
    self->path = g_build_filename(self->folder, "watched", NULL);
    self->other_path = g_build_filename(self->folder, "other", NULL);
    self->told = g_string_new(NULL);
    run(self, prepare);
    self->watch = watch_file(self->path, "one\n", G_CALLBACK(on_changed), self);
    g_assert_true(g_file_set_contents(self->other_path, "0", -1, NULL));
    self->other = watch_file(self->other_path, "0", G_CALLBACK(on_other_changed), self);
}

/* Events come in the order of what was done, so that what was done before is noticed by then. */
static void
let_pass(Fixture *self)
{
    guint before = self->n_other;
    g_autofree char *text = g_strdup_printf("%u", before + 1);

    g_assert_true(g_file_set_contents(self->other_path, text, -1, NULL));
    PROC_WAIT_UNTIL(self->n_other > before);
}

static void
stop(Fixture *self)
{
    gpointer watch = self->watch;
    g_autofree char *command = g_strdup_printf("rm -r '%s'", self->folder);

    g_object_add_weak_pointer(watch, &watch);
    g_object_unref(self->watch);
    g_object_unref(self->other);
    g_assert_null(watch);
    g_chdir("/");
    g_assert_cmpint(system(command), ==, 0);
    g_string_free(self->told, TRUE);
    g_free(self->folder);
    g_free(self->path);
    g_free(self->other_path);
}

/* --- ways to save --- */

typedef struct {
    const char *name;
    const char *needs; /* nullable: a program */
    const char *save;  /* `one` becomes `two`; $1 is the file */
    const char *told;
} Way;

static const Way ways[] = {
    { "write", NULL, "echo two > \"$1\"", "two\n" },
    { "rename", NULL, "echo two > new; mv new \"$1\"", "two\n" },
    { "from another file system", NULL, "f=$(mktemp -p /dev/shm); echo two > $f; mv $f \"$1\"",
      "two\n" },
    { "copy", NULL, "echo two > new; cp new \"$1\"", "two\n" },
    { "hard link", NULL, "echo two > new; ln -f new \"$1\"", "two\n" },
    { "sed", "sed", "sed -i s/one/two/ \"$1\"", "two\n" },
    { "vim", NULL, VIM " -u NONE -es -c %s/one/two/ -c wq \"$1\"", "two\n" },
    { "vim with a backup", NULL,
      VIM " -u NONE -es -c 'set backup backupcopy=no' -c %s/one/two/ -c wq \"$1\"", "two\n" },
    { "vim in place", NULL, VIM " -u NONE -es -c 'set backupcopy=yes' -c %s/one/two/ -c wq \"$1\"",
      "two\n" },
    { "nano", "nano", "\"$NANO\" \"$1\" one two", "two\n" },
    { "python", "python3",
      "python3 -c \"import os,sys; f=open('new','w'); f.write('two\\n'); f.close(); "
      "os.replace('new', sys.argv[1])\" \"$1\"",
      "two\n" },
    { "slowly", "python3",
      "python3 -c \"import sys,time; f=open(sys.argv[1],'w',buffering=1); f.write('tw'); "
      "f.flush(); time.sleep(0.4); f.write('o\\n')\" \"$1\"",
      "two\n" },
    { "removed for a moment", NULL, "rm \"$1\"; sleep 0.3; echo two > \"$1\"", "two\n" },
    { "emptied for a moment", NULL, ": > \"$1\"; sleep 0.3; echo two > \"$1\"", "two\n" },
    { "forbidden for a moment", NULL, "chmod 0 \"$1\"; echo two > new; mv new \"$1\"", "two\n" },
};

static void
test_way(gconstpointer data)
{
    const Way *way = data;
    g_autofree char *program = way->needs != NULL ? g_find_program_in_path(way->needs) : NULL;
    Fixture self;

    if (way->needs != NULL && program == NULL) {
        g_autofree char *words = g_strdup_printf("%s is not installed", way->needs);

        g_test_skip(words);
        return;
    }
    start(&self, "echo one > \"$1\"");
    let_pass(&self);
    g_assert_cmpuint(self.n_told, ==, 0);
    run(&self, way->save);
    PROC_WAIT_UNTIL(g_str_has_suffix(self.told->str, "two\n"));
    let_pass(&self);
    if (way->told != NULL)
        g_assert_cmpstr(self.told->str, ==, way->told);
    stop(&self);
}

/* --- what is no change, and what is one in the end --- */

typedef struct {
    const char *name;
    const char *prepare;
    const char *save;
    const char *told; /* "": nothing happens */
} Case;

static const Case cases[] = {
    { "the same", "echo one > \"$1\"", "echo one > \"$1\"; echo one > new; mv new \"$1\"", "" },
    { "touched", "echo one > \"$1\"", "touch \"$1\"; chmod 600 \"$1\"", "" },
    { "moved away and back", "echo one > \"$1\"", "mv \"$1\" away; sleep 0.2; mv away \"$1\"", "" },
    { "its neighbour", "echo one > \"$1\"", "echo two > watched.new; echo two > .watched.swp", "" },
    { "twice at once", "echo one > \"$1\"", "echo half > \"$1\"; echo two > \"$1\"", "two\n" },
    { "removed", "echo one > \"$1\"", "rm \"$1\"", "-\n" },
    { "emptied", "echo one > \"$1\"", ": > \"$1\"; echo 1 > new", "" },
    { "a folder", "echo one > \"$1\"", "rm \"$1\"; mkdir \"$1\"", "-\n" },
    { "a pipe", "echo one > \"$1\"", "rm \"$1\"; mkfifo \"$1\"", "-\n" },
    { "a link to nowhere", "echo one > \"$1\"", "ln -sf nowhere \"$1\"", "-\n" },
    { "a link to itself", "echo one > \"$1\"", "rm \"$1\"; ln -s watched \"$1\"", "-\n" },
    { "its folder is replaced", "echo one > \"$1\"",
      "d=$(dirname \"$1\"); cp -r $d $d.new; echo two > $d.new/watched; mv $d $d.old; "
      "mv $d.new $d; rm -r $d.old",
      "two\n" },
    { "what it links to", "mkdir a; echo one > a/file; ln -s a/file \"$1\"", "echo two > a/file",
      "two\n" },
    { "what it links to is replaced", "mkdir a; echo one > a/file; ln -s a/file \"$1\"",
      "echo two > a/new; mv a/new a/file", "two\n" },
    { "another link", "mkdir a b; echo one > a/file; echo two > b/file; ln -s a/file \"$1\"",
      "ln -s b/file new; mv -T new \"$1\"", "two\n" },
    { "another folder by a link",
      "mkdir a b; echo one > a/file; echo two > b/file; ln -s a data; ln -s data/file \"$1\"",
      "ln -s b new; mv -T new data", "two\n" },
    { "before it was watched", "echo two > \"$1\"", "true", "two\n" },
    { "more than is looked at", "echo one > \"$1\"",
      "{ echo two; head -c 100000 /dev/zero | tr '\\0' x; } > \"$1\"", NULL },
};

static void
test_case(gconstpointer data)
{
    const Case *c = data;
    Fixture self;

    start(&self, c->prepare);
    run(&self, c->save);
    if (c->told == NULL || *c->told != '\0')
        PROC_WAIT_UNTIL(self.n_told > 0);
    let_pass(&self);
    if (c->told != NULL)
        g_assert_cmpstr(self.told->str, ==, c->told);
    else
        g_assert_cmpuint(self.told->len, ==, MAX_BYTES + 1);

    /* It goes on from there. */
    if (c->told != NULL && *c->told != '\0') {
        g_string_truncate(self.told, 0);
        run(&self, "rm -rf \"$1\"; echo three > \"$1\"");
        PROC_WAIT_UNTIL(g_str_has_suffix(self.told->str, "three\n"));
    }
    stop(&self);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autofree char *path = g_strdup_printf("/file-watch/saved/%s", ways[i].name);

        g_test_add_data_func(path, &ways[i], test_way);
    }
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/file-watch/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    return proc_fixture_run();
}
