#pragma once

#include "sl-object.h"

G_BEGIN_DECLS

/** ObjectContent: bytes that may be put, and what they are called. The same in each run. */
typedef struct {
    char hash[65];
    GBytes *bytes;
} ObjectContent;

#define OBJECT_N_CONTENTS 12

/** object_contents_get: @index: any; sizes from 0 to one byte more than 1 MiB */
const ObjectContent *object_contents_get(guint index);

/** object_contents_find: Returns: (nullable) */
const ObjectContent *object_contents_find(const char *hash);

/** object_contents_check: fails unless @len bytes at @offset of @content are @data */
void object_contents_check(const ObjectContent *content, guint64 offset, const guint8 *data,
                           gsize len);

/** object_contents_check_read: finishes a read at @offset, which may have failed */
void object_contents_check_read(const ObjectContent *content, guint64 offset, SlObject *object,
                                GAsyncResult *result);

G_END_DECLS
