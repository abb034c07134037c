#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/*
 * All of Sightline's own state lives on one thread, the one that runs the main context. Code that
 * runs elsewhere (webrtcbin, appsinks, data channels) copies what it needs, posts it here, returns.
 */

/**
 * SlContextFunc:
 * @object: (transfer none): alive for the call
 * @data: (transfer none): what was posted
 */
typedef void (*SlContextFunc)(gpointer object, gpointer data);

/**
 * sl_context_post:
 * @context: where @func runs
 * @object: (nullable): a weak reference made with sl_weak_new(); @func is not called if the object
 *   is gone by then
 * @data: (transfer full): freed with @destroy after the call, and also if there is none
 *
 * Runs @func once in @context, in the order of posting. Any thread. Never runs @func before it
 * returns.
 */
typedef struct _SlWeak SlWeak;
void sl_context_post(GMainContext *context, SlWeak *object, SlContextFunc func, gpointer data,
                     GDestroyNotify destroy);

/**
 * SlWeak: a reference-counted weak reference to a GObject, for closures that live on other threads.
 * The object is only ever resolved on the main thread, so its last reference is dropped there too.
 */
SlWeak *sl_weak_new(gpointer object);
SlWeak *sl_weak_ref(SlWeak *self);
void sl_weak_unref(SlWeak *self);
/** sl_weak_closure_notify: a GClosureNotify for signal handlers that carry an SlWeak. */
void sl_weak_closure_notify(gpointer weak, GClosure *closure);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlWeak, sl_weak_unref)

/**
 * sl_context_add_timeout:
 *
 * A timeout in @context rather than in the default one. Main thread.
 * Returns: (transfer full): free with sl_clear_source()
 */
GSource *sl_context_add_timeout(GMainContext *context, guint interval_ms, GSourceFunc func,
                                gpointer data);

/** sl_clear_source: destroys and unrefs @source, if there is one, and clears the pointer. */
void sl_clear_source(GSource **source);

/** sl_context_assert: this code runs in @context's thread. */
#define sl_context_assert(context) g_assert(g_main_context_is_owner(context))

G_END_DECLS
