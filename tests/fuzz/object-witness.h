#pragma once

#include "object-stage.h"

G_BEGIN_DECLS

/**
 * ObjectWitness: a client, which is its own transport. It says what it is told to, and checks all
 * that it hears against docs/relay.md ("Objects"), the contents and what is known of uploads.
 * Nothing is checked from inside send(): object_witness_listen() does, after the exchange has
 * returned.
 */
#define OBJECT_TYPE_WITNESS (object_witness_get_type())
G_DECLARE_FINAL_TYPE(ObjectWitness, object_witness, OBJECT, WITNESS, GObject)

/** object_witness_new: attaches it; @stage: outlives it */
ObjectWitness *object_witness_new(ObjectStage *stage, SlGrant *grant, const char *address);

gboolean object_witness_is_closed(ObjectWitness *self);
/** object_witness_break: its line is cut now, or (@sends > 0) when it is sent something the so
 * many-th time */
void object_witness_break(ObjectWitness *self, guint sends);
void object_witness_drain(ObjectWitness *self);
/** object_witness_set_capacity: congested from so many bytes on, till it drains; 0: never */
void object_witness_set_capacity(ObjectWitness *self, gsize bytes);

/* What it says. Of transfers it is told about one of those it has, by any number. */

/** object_witness_put: @size: what it says; its own is the content's */
void object_witness_put(ObjectWitness *self, const ObjectContent *content, guint64 size,
                        const char *key);
/** object_witness_chunk: what comes next of a put, as far as it may; @lies: other bytes */
void object_witness_chunk(ObjectWitness *self, guint which, gsize len, gboolean lies);
/** object_witness_pump: all of it that it may send now */
void object_witness_pump(ObjectWitness *self, guint which);
void object_witness_get(ObjectWitness *self, const char *hash, guint64 offset);
/** object_witness_ack: of a get, all but @less bytes of what has come */
void object_witness_ack(ObjectWitness *self, guint which, gsize less);
void object_witness_stop(ObjectWitness *self, guint which);

/** object_witness_break_rule: says what is no message, in one of several ways: it must be told so
 */
void object_witness_break_rule(ObjectWitness *self, guint how, guint which);
/** object_witness_say_any: anything at all, of which nothing is known */
void object_witness_say_any(ObjectWitness *self, GBytes *bytes, gboolean is_binary);

/** object_witness_listen: checks what it was sent since then; Returns: whether there was anything
 */
gboolean object_witness_listen(ObjectWitness *self);
/** object_witness_help: does what brings all that it has begun to an end */
void object_witness_help(ObjectWitness *self);
/** object_witness_finish: fails unless all has ended */
void object_witness_finish(ObjectWitness *self);

G_END_DECLS
