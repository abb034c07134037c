#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SlAssets: the files of the page, from the program or from a folder. Main thread only. */
typedef struct _SlAssets SlAssets;

/** SlAsset: one file as it is served. */
typedef struct {
    GBytes *bytes;
    const char *content_type;
    char *etag; /* strong, with its quotes (RFC 9110, section 8.8.3) */
} SlAsset;

/** @web_dir: (nullable): a folder that is read at each request, rather than what the program
 * carries */
SlAssets *sl_assets_new(const char *web_dir);
void sl_assets_free(SlAssets *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlAssets, sl_assets_free)

/**
 * sl_assets_load:
 * @name: a file's name, as it stood in the path; anything may come
 *
 * Names are `[A-Za-z0-9_-][A-Za-z0-9._-]*`, so none leads out of the folder; links and files over 4
 * MiB are not followed. Returns: (transfer full) (nullable):
 */
SlAsset *sl_assets_load(SlAssets *self, const char *name);

/** sl_assets_load_page: the same, with each `%BASE%` replaced by @base (what the addresses of the
 * page's parts begin with) and each `%STREAM%` by @stream (a stream's name). Nothing in them needs
 * escaping. */
SlAsset *sl_assets_load_page(SlAssets *self, const char *name, const char *base,
                             const char *stream);

void sl_asset_free(SlAsset *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlAsset, sl_asset_free)

G_END_DECLS
