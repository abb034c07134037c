#include "sl-assets.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sl-web-resources.h"

#define MAX_NAME_BYTES 64
#define MAX_FILE_BYTES (4 * 1024 * 1024)

struct _SlAssets {
    char *web_dir; /* nullable */
};

static const struct {
    const char *suffix;
    const char *content_type;
} TYPES[] = {
    { ".html", "text/html; charset=utf-8" },
    { ".js", "text/javascript; charset=utf-8" },
    { ".mjs", "text/javascript; charset=utf-8" },
    { ".css", "text/css; charset=utf-8" },
    { ".json", "application/json" },
    { ".webmanifest", "application/manifest+json" },
    { ".svg", "image/svg+xml" },
    { ".png", "image/png" },
    { ".ico", "image/x-icon" },
    { ".woff2", "font/woff2" },
    { ".txt", "text/plain; charset=utf-8" },
};

SlAssets *
sl_assets_new(const char *web_dir)
{
    SlAssets *self = g_new0(SlAssets, 1);

    self->web_dir = g_strdup(web_dir);
    return self;
}

void
sl_assets_free(SlAssets *self)
{
    if (self == NULL)
        return;
    g_free(self->web_dir);
    g_free(self);
}

void
sl_asset_free(SlAsset *self)
{
    if (self == NULL)
        return;
    g_bytes_unref(self->bytes);
    g_free(self->etag);
    g_free(self);
}

static gboolean
is_asset_name(const char *name)
{
    if (*name == '.' || *name == '\0' || strlen(name) > MAX_NAME_BYTES)
        return FALSE;
    for (const char *c = name; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && strchr("._-", *c) == NULL)
            return FALSE;
    }
    return TRUE;
}

static const char *
content_type_of(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(TYPES); i++) {
        if (g_str_has_suffix(name, TYPES[i].suffix))
            return TYPES[i].content_type;
    }
    return "application/octet-stream";
}

static SlAsset *
asset_new(const char *name, GBytes *bytes)
{
    SlAsset *self = g_new0(SlAsset, 1);
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);

    self->bytes = bytes;
    self->content_type = content_type_of(name);
    self->etag = g_strdup_printf("\"%.32s\"", digest);
    return self;
}

static GBytes *
read_all(int fd, gsize size)
{
    g_autofree char *data = g_malloc(size + 1);
    gsize len = 0;

    /* A file that shrinks while it is read ends early; one that grows is cut. */
    while (len < size) {
        gssize n = read(fd, data + len, size - len);
        if (n < 0)
            return NULL;
        if (n == 0)
            break;
        len += (gsize)n;
    }
    return g_bytes_new_take(g_steal_pointer(&data), len);
}

static GBytes *
read_from_folder(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    struct stat info;
    GBytes *bytes = NULL;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return NULL;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= MAX_FILE_BYTES)
        bytes = read_all(fd, (gsize)info.st_size);
    close(fd);
    return bytes;
}

static GBytes *
read_from_program(const char *name)
{
    g_autofree char *path = g_strconcat("/sightline/web/", name, NULL);

    return g_resource_lookup_data(sl_web_get_resource(), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
}

static GBytes *
read_file(SlAssets *self, const char *name)
{
    if (!is_asset_name(name))
        return NULL;
    return self->web_dir != NULL ? read_from_folder(self->web_dir, name) : read_from_program(name);
}

SlAsset *
sl_assets_load(SlAssets *self, const char *name)
{
    GBytes *bytes = read_file(self, name);

    return bytes != NULL ? asset_new(name, bytes) : NULL;
}

SlAsset *
sl_assets_load_page(SlAssets *self, const char *name, const char *base, const char *stream)
{
    g_autoptr(GBytes) bytes = read_file(self, name);
    g_autoptr(GString) page = NULL;

    if (bytes == NULL)
        return NULL;
    page = g_string_new_len(g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes));
    g_string_replace(page, "%BASE%", base, 0);
    g_string_replace(page, "%STREAM%", stream, 0);
    return asset_new(name, g_string_free_to_bytes(g_steal_pointer(&page)));
}
