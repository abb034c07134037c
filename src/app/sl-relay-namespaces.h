#pragma once

#include "sl-relay-namespace.h"

G_BEGIN_DECLS

/* A stream's channels: its conversation, and what steers its camera. */
#define SL_NAMESPACE_CHAT "chat"
#define SL_NAMESPACE_TELEMETRY "telemetry"
#define SL_NAMESPACE_CONTROL "control"

/** sl_relay_namespaces_new: Returns: (transfer full) (element-type SlRelayNamespace): the three
 * that are always there, as docs/relay.md has them */
GPtrArray *sl_relay_namespaces_new(void);

/** sl_relay_namespaces_find: Returns: (transfer none) (nullable) */
SlRelayNamespace *sl_relay_namespaces_find(GPtrArray *namespaces, const char *name);

G_END_DECLS
