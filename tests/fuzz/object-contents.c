#include "object-contents.h"
#include "fuzz.h"

#include <string.h>

static const gsize sizes[OBJECT_N_CONTENTS] = {
    1, 7, 16384, 16385, 30000, 66000, 150000, 300000, 524288, 1048576, 1048577, 0,
};

static ObjectContent contents[OBJECT_N_CONTENTS];

static GBytes *
make_bytes(guint32 seed, gsize size)
{
    guint8 *data = g_malloc(MAX(size, 1));
    guint32 state = seed * 2654435761u + 1;

    for (gsize i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        data[i] = (guint8)state;
    }
    return g_bytes_new_take(data, size);
}

static void
make_all(void)
{
    for (guint i = 0; i < OBJECT_N_CONTENTS; i++) {
        g_autofree char *hash = NULL;

        contents[i].bytes = make_bytes(i, sizes[i]);
        hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, contents[i].bytes);
        g_strlcpy(contents[i].hash, hash, sizeof(contents[i].hash));
    }
}

const ObjectContent *
object_contents_get(guint index)
{
    if (contents[0].bytes == NULL)
        make_all();
    return &contents[index % OBJECT_N_CONTENTS];
}

const ObjectContent *
object_contents_find(const char *hash)
{
    for (guint i = 0; i < OBJECT_N_CONTENTS; i++) {
        if (g_str_equal(object_contents_get(i)->hash, hash))
            return &contents[i];
    }
    return NULL;
}

void
object_contents_check(const ObjectContent *content, guint64 offset, const guint8 *data, gsize len)
{
    gsize size;
    const guint8 *expected = g_bytes_get_data(content->bytes, &size);

    fuzz_check(len <= size && offset <= size - len,
               "%" G_GSIZE_FORMAT " bytes at %" G_GUINT64_FORMAT " of %" G_GSIZE_FORMAT, len,
               offset, size);
    fuzz_check(len == 0 || memcmp(expected + offset, data, len) == 0,
               "wrong bytes at %" G_GUINT64_FORMAT " of %s", offset, content->hash);
}

void
object_contents_check_read(const ObjectContent *content, guint64 offset, SlObject *object,
                           GAsyncResult *result)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = sl_object_read_finish(object, result, &error);
    gsize len = 0;
    const guint8 *start = bytes != NULL ? g_bytes_get_data(bytes, &len) : NULL;

    fuzz_check((bytes == NULL) == (error != NULL), "read with an error, or neither");
    fuzz_check((bytes == NULL) == (len == 0), "read nothing");
    if (bytes != NULL)
        object_contents_check(content, offset, start, len);
}
