#pragma once

#include <glib-object.h>

#include "sl-settings.h"

G_BEGIN_DECLS

/** SlIce: the only maker of ICE agents: what holds for all viewers' connections is set here. Main
 * thread only. */
typedef struct _SlIce SlIce;

/** @settings: copied; its servers have passed sl_ice_server_check() */
SlIce *sl_ice_new(const SlIceSettings *settings);
SlIce *sl_ice_ref(SlIce *self);
void sl_ice_unref(SlIce *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlIce, sl_ice_unref)

/**
 * sl_ice_make_webrtcbin:
 *
 * Returns: (transfer floating) (nullable): a webrtcbin with an agent of its own: no UPnP, no
 * ICE-TCP, consent checks on, max-bundle, the servers and ports of the settings
 */
void *sl_ice_make_webrtcbin(SlIce *self);

/**
 * sl_ice_get_servers_json:
 *
 * Returns: (transfer none): a JSON array as RTCPeerConnection's iceServers takes it:
 * `[{"urls":"turn:…","username":…,"credential":…}]`
 */
const char *sl_ice_get_servers_json(SlIce *self);

/** sl_ice_get_ports: Returns: FALSE: any UDP port may be taken; else the range's ends */
gboolean sl_ice_get_ports(SlIce *self, guint *ret_min, guint *ret_max);

G_END_DECLS
