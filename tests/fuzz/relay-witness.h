#pragma once

#include "relay-stage.h"

G_BEGIN_DECLS

/**
 * RelayWitness: a client, which is its own transport. It says what it is told to, and checks all
 * that it hears against docs/relay.md and the ledgers. Nothing is checked from inside send():
 * relay_witness_listen() does, after the relay has returned.
 */
#define RELAY_TYPE_WITNESS (relay_witness_get_type())
G_DECLARE_FINAL_TYPE(RelayWitness, relay_witness, RELAY, WITNESS, GObject)

/**
 * relay_witness_new: attaches it
 * @stage: outlives it
 * @is_local: what was sent to it counts as acknowledged when it drains, until it acknowledges
 * itself
 */
RelayWitness *relay_witness_new(RelayStage *stage, SlGrant *grant, gboolean is_local);

gboolean relay_witness_is_closed(RelayWitness *self);
/** relay_witness_break: its line is cut now, or (@sends > 0) when it is sent something the so
 * many-th time */
void relay_witness_break(RelayWitness *self, guint sends);
/** relay_witness_drain: the system has taken all that was sent */
void relay_witness_drain(RelayWitness *self);
void relay_witness_set_congested(RelayWitness *self, gboolean congested);
/** relay_witness_toggle_sideline: it has one from now on; or the one it has is cut */
void relay_witness_toggle_sideline(RelayWitness *self);

/** relay_witness_hold: what it says from now on is one text, sent when it is released */
void relay_witness_hold(RelayWitness *self);
void relay_witness_release(RelayWitness *self);

typedef enum { WITNESS_FRESH, WITNESS_KNOWN, WITNESS_LOST } WitnessPosition;

/* What it says. */

/** relay_witness_subscribe: @back: how far from the end it was, where it does not know better */
void relay_witness_subscribe(RelayWitness *self, const char *channel, gboolean presence,
                             WitnessPosition position, guint back);
void relay_witness_unsubscribe(RelayWitness *self, const char *channel);
/** relay_witness_publish: @key: (nullable) */
void relay_witness_publish(RelayWitness *self, const char *channel, const char *data,
                           const char *key, gboolean answered);
/** relay_witness_command: @back: of sequence; @late_ms: how long it has been on its way */
void relay_witness_command(RelayWitness *self, const char *channel, guint back, guint late_ms);
void relay_witness_take(RelayWitness *self, const char *channel, gboolean force);
void relay_witness_yield(RelayWitness *self, const char *channel);
void relay_witness_rename(RelayWitness *self, const char *name);
/** relay_witness_ack: @less: than it has received */
void relay_witness_ack(RelayWitness *self, guint less);
void relay_witness_ack_too_much(RelayWitness *self);
/** relay_witness_say_any: unless it means something */
void relay_witness_say_any(RelayWitness *self, const char *text, gsize len);

/** relay_witness_listen: checks what it was sent since then; Returns: whether there was anything */
gboolean relay_witness_listen(RelayWitness *self);
/** relay_witness_finish: fails unless it was told everything by now, and all it asked was answered;
 * @all: (element-type RelayWitness) (array length=n_all): nullable each */
void relay_witness_finish(RelayWitness *self, RelayWitness *const *all, guint n_all);

G_END_DECLS
