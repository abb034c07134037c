#pragma once

#include "sl-relay-transport.h"

G_BEGIN_DECLS

/**
 * RelaySideline: a witness' transport without order or retransmits. What is sent on it is put where
 * its owner listens.
 */
#define RELAY_TYPE_SIDELINE (relay_sideline_get_type())
G_DECLARE_FINAL_TYPE(RelaySideline, relay_sideline, RELAY, SIDELINE, GObject)

/** relay_sideline_new: @heard: (transfer none): of texts; is there until the sideline is cut */
RelaySideline *relay_sideline_new(GQueue *heard);

gboolean relay_sideline_is_closed(RelaySideline *self);
void relay_sideline_set_congested(RelaySideline *self, gboolean congested);
/** relay_sideline_cut: Idempotent. */
void relay_sideline_cut(RelaySideline *self);

G_END_DECLS
