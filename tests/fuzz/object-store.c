#include "fuzz-clock.h"
#include "fuzz-pool.h"
#include "fuzz.h"
#include "object-pen.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The store, driven by bytes: several who write (also the same), some who read, the operator, time,
 * which of the pool's jobs are done when; in memory, or in a folder, where it is also started anew
 * and files are damaged meanwhile. What is read is right; what must hold besides, ObjectPen
 * and ObjectStage say.
 */

#define N_PENS 4
#define N_READERS 3

typedef struct {
    FuzzInput input;
    ObjectStage *stage;
    char *folder; /* nullable */
    ObjectPen *pens[N_PENS];
    SlObject *objects[N_READERS];
    GCancellable *cancellable;
    guint n_asked;
} Play;

typedef struct {
    Play *play;
    guint which;
    const ObjectContent *content;
    guint64 offset;
} Asked;

/* n: any */
typedef void (*Step)(Play *play, guint n);

static const ObjectContent *
choose_content(Play *play)
{
    return object_contents_get(fuzz_input_byte(&play->input));
}

/* --- who writes --- */

static void
step_begin(Play *play, guint n)
{
    static const char *const keys[] = { "k", "l" };
    static const char *const addresses[] = { "192.0.2.1", NULL, "192.0.2.2", "192.0.2.1" };
    static const guint64 sizes[] = { 0, 1, 100000, 1048576, 1048577, G_MAXUINT64, G_MAXINT64 };
    ObjectPen **pen = &play->pens[n % N_PENS];
    const ObjectContent *content = choose_content(play);
    guint64 size = g_bytes_get_size(content->bytes);

    if (*pen != NULL)
        object_pen_free(*pen);
    if (n / 4 % 8 == 0)
        size = sizes[fuzz_input_byte(&play->input) % G_N_ELEMENTS(sizes)];
    *pen = object_pen_new(play->stage, content, size, keys[n / 32 % 2], addresses[n / 64]);
}

static void
step_append(Play *play, guint n)
{
    if (play->pens[n % N_PENS] != NULL)
        object_pen_append(play->pens[n % N_PENS], 1 + n * n, FALSE);
}

static void
step_append_all(Play *play, guint n)
{
    for (guint i = 0; i < 20 && play->pens[n % N_PENS] != NULL; i++)
        object_pen_append(play->pens[n % N_PENS], 65536, FALSE);
}

static void
step_lie(Play *play, guint n)
{
    if (play->pens[n % N_PENS] != NULL)
        object_pen_append(play->pens[n % N_PENS], 1 + n * n, TRUE);
}

static void
step_append_too_much(Play *play, guint n)
{
    if (play->pens[n % N_PENS] != NULL)
        object_pen_append_too_much(play->pens[n % N_PENS]);
}

static void
step_leave(Play *play, guint n)
{
    if (play->pens[n % N_PENS] != NULL)
        object_pen_leave(play->pens[n % N_PENS]);
}

static void
step_drop(Play *play, guint n)
{
    if (play->pens[n % N_PENS] != NULL)
        object_pen_drop(play->pens[n % N_PENS]);
}

static void
step_let_go(Play *play, guint n)
{
    if (play->pens[n % N_PENS] != NULL)
        object_pen_let_go(play->pens[n % N_PENS]);
}

static void
step_act(Play *play, guint n)
{
    if (play->pens[n % N_PENS] != NULL)
        object_pen_set_act(play->pens[n % N_PENS], n / N_PENS % OBJECT_PEN_N_ACTS);
}

/* --- who reads --- */

static Asked *
ask(Play *play, guint which, const ObjectContent *content, guint64 offset)
{
    Asked *asked = g_new0(Asked, 1);

    *asked = (Asked){ play, which, content, offset };
    play->n_asked++;
    return asked;
}

static void
on_opened(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autofree Asked *asked = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(SlObject) object =
        sl_object_store_open_finish(SL_OBJECT_STORE(source), result, &error);

    asked->play->n_asked--;
    fuzz_check((object == NULL) == (error != NULL), "opened with an error, or neither");
    if (object == NULL)
        return;
    fuzz_check(g_str_equal(sl_object_get_hash(object), asked->content->hash), "another one");
    fuzz_check(sl_object_get_size(object) == g_bytes_get_size(asked->content->bytes),
               "it has another size");
    fuzz_check(object_stage_may_be_there(asked->play->stage, asked->content),
               "there is an object that nobody sent");
    g_set_object(&asked->play->objects[asked->which], object);
}

static void
step_open(Play *play, guint n)
{
    const ObjectContent *content = choose_content(play);

    sl_object_store_open_async(play->stage->store, content->hash, (SlObjectUse)(n / 4 % 3),
                               play->cancellable, on_opened, ask(play, n % N_READERS, content, 0));
}

static void
on_read(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autofree Asked *asked = data;

    asked->play->n_asked--;
    object_contents_check_read(asked->content, asked->offset, SL_OBJECT(source), result);
}

static void
step_read(Play *play, guint n)
{
    SlObject *object = play->objects[n % N_READERS];
    guint64 size = object != NULL ? sl_object_get_size(object) : 0, offset;
    guint8 how = fuzz_input_byte(&play->input);

    if (object == NULL)
        return;
    offset = how == 255 ? G_MAXUINT64 - n : size * how / 128;
    sl_object_read_async(object, offset, 1 + (gsize)n * n * n, play->cancellable, on_read,
                         ask(play, 0, object_contents_find(sl_object_get_hash(object)), offset));
}

static void
step_close(Play *play, guint n)
{
    g_clear_object(&play->objects[n % N_READERS]);
}

static void
step_cancel(Play *play, guint n)
{
    g_cancellable_cancel(play->cancellable);
    g_object_unref(play->cancellable);
    play->cancellable = g_cancellable_new();
}

/* --- the rest of the world --- */

static void
step_remove(Play *play, guint n)
{
    sl_object_store_remove(play->stage->store, object_contents_get(n)->hash, NULL);
}

static void
step_pin(Play *play, guint n)
{
    sl_object_store_set_pinned(play->stage->store, object_contents_get(n)->hash, n / 128, NULL);
}

static void
step_work(Play *play, guint n)
{
    for (guint i = 0; i <= n / 4 % 16; i++)
        fuzz_pool_run(n % 4);
}

static void
step_iterate(Play *play, guint n)
{
    for (guint i = 0; i <= n % 16; i++)
        object_stage_turn(play->stage);
}

static void
step_settle(Play *play, guint n)
{
    object_stage_settle(play->stage);
}

static void
step_wait(Play *play, guint n)
{
    static const guint waits_s[] = { 1, 5, 19, 21, 60, 110 };

    fuzz_clock_advance((gint64)waits_s[n % G_N_ELEMENTS(waits_s)] * G_USEC_PER_SEC);
}

static void
end_all(Play *play)
{
    for (guint i = 0; i < N_PENS; i++)
        g_clear_pointer(&play->pens[i], object_pen_free);
    for (guint i = 0; i < N_READERS; i++)
        g_clear_object(&play->objects[i]);
}

static const char *damaged; /* a hash */

static int
damage(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    guint8 byte;
    int fd;

    if (type != FTW_F || !g_str_has_suffix(path, damaged) || info->st_size == 0)
        return 0;
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (pread(fd, &byte, 1, info->st_size / 2) == 1) {
        byte ^= 1;
        if (pwrite(fd, &byte, 1, info->st_size / 2) != 1)
            fuzz_fail("%s: %s", path, g_strerror(errno));
    }
    if (info->st_size % 2 == 0 && ftruncate(fd, info->st_size - 1) != 0)
        fuzz_fail("%s: %s", path, g_strerror(errno));
    close(fd);
    return 0;
}

static void
step_restart(Play *play, guint n)
{
    if (play->folder == NULL)
        return;
    play->stage->closing = TRUE;
    if (n & 1)
        end_all(play);
    sl_object_store_close(play->stage->store);
    object_stage_settle(play->stage);
    end_all(play);
    fuzz_check(play->n_asked == 0, "what was asked is never answered");
    if (n & 2) {
        damaged = choose_content(play)->hash;
        play->stage->damaged = TRUE;
        nftw(play->folder, damage, 8, FTW_PHYS);
    }
    object_stage_restart(play->stage);
}

static const Step steps[] = {
    step_begin,
    step_begin,
    step_append,
    step_append_all,
    step_append_all,
    step_lie,
    step_append_too_much,
    step_leave,
    step_drop,
    step_let_go,
    step_act,
    step_open,
    step_open,
    step_read,
    step_read,
    step_close,
    step_cancel,
    step_remove,
    step_pin,
    step_work,
    step_work,
    step_iterate,
    step_settle,
    step_settle,
    step_wait,
    step_restart,
};

/* Who is still writing comes to his end. */
static void
finish(Play *play)
{
    for (guint i = 0; i < N_PENS; i++) {
        if (play->pens[i] == NULL)
            continue;
        object_pen_set_act(play->pens[i], OBJECT_PEN_NOTHING);
        step_append_all(play, i);
        object_stage_settle(play->stage);
        fuzz_check(object_pen_is_over(play->pens[i]), "all is sent, and it never ends");
    }
    object_stage_check_objects(play->stage);
}

static void
forget(Play *play)
{
    SlObjectFigures figures;

    end_all(play);
    for (guint i = 0; i < 3; i++) {
        fuzz_clock_advance(play->stage->limits.partial_seconds * (gint64)G_USEC_PER_SEC);
        object_stage_settle(play->stage);
    }
    figures = sl_object_store_get_figures(play->stage->store);
    fuzz_check(figures.partials == 0 && figures.partial_bytes == 0,
               "%u uploads are never forgotten, %" G_GUINT64_FORMAT " bytes", figures.partials,
               figures.partial_bytes);
}

static int
delete_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    if (remove(path) != 0)
        fuzz_fail("%s: %s", path, g_strerror(errno));
    return 0;
}

/* Where there is no disk behind it, if there is such a place. */
static char *
make_folder(void)
{
    const char *parent = g_access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();
    char *path = g_build_filename(parent, "fuzz-store-XXXXXX", NULL);

    if (g_mkdtemp(path) == NULL)
        fuzz_fail("%s: %s", path, g_strerror(errno));
    return path;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize len)
{
    Play play = { .input = { data, len, 0 } };
    guint8 settings = fuzz_input_byte(&play.input), how = fuzz_input_byte(&play.input);

    fuzz_clock_reset();
    g_random_set_seed(1);
    play.folder = how & 8 ? make_folder() : NULL;
    play.stage = object_stage_new(settings, play.folder);
    play.cancellable = g_cancellable_new();
    while (!fuzz_input_is_over(&play.input)) {
        Step step = steps[fuzz_input_byte(&play.input) % G_N_ELEMENTS(steps)];

        step(&play, fuzz_input_byte(&play.input));
        object_stage_check(play.stage);
    }
    if (how & 1)
        finish(&play);
    if (how & 2)
        forget(&play);
    object_stage_close(play.stage, FALSE);
    fuzz_check(play.n_asked == 0, "what was asked is never answered");
    end_all(&play);
    g_object_unref(play.cancellable);
    object_stage_free(play.stage);
    if (play.folder != NULL)
        nftw(play.folder, delete_one, 8, FTW_DEPTH | FTW_PHYS);
    g_free(play.folder);
    return 0;
}
