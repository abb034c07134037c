#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/*
 * How many things of each kind are alive: what `GET /api/debug/objects` shows, and what tests
 * compare before and after. Any thread.
 */

/**
 * sl_census_add_object:
 *
 * Counts @object under its type's name until it is finalised. Once, from the instance's init.
 */
void sl_census_add_object(gpointer object);

/**
 * sl_census_enter: one more of @kind, which is no GObject
 * @kind: (transfer none): a literal; it is kept
 */
void sl_census_enter(const char *kind);
/** sl_census_leave: one less; it must have been entered. */
void sl_census_leave(const char *kind);

/** sl_census_get: how many of @kind are alive; 0 for one never heard of */
guint sl_census_get(const char *kind);

/**
 * sl_census_list:
 *
 * Returns: (transfer container) (element-type utf8): every kind there ever was, sorted
 */
GPtrArray *sl_census_list(void);

G_END_DECLS
